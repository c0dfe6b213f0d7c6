"""confirmed: the contacts whose resolution is final.

Formula: contacts resolved, not reopened within the confirm window of 72 hours, and observed to its end.
Unit: contacts.
Edge cases: observed for exactly 72 hours since the resolution is confirmed. Reopened later stays confirmed.
Source: the last step of the funnel: `resolved` is provisional, this is not.
"""

from __future__ import annotations

from kpi.metrics.contact import CONFIRM_WINDOW, Contact
from kpi.metrics.metric import IN, Agent, Definition, Metric, Part, Unit, count


def part(contact: Contact) -> Part | None:
    """Contacts with a standing resolution as old as the window."""
    resolved = contact.resolved
    return IN if resolved is not None and contact.until - resolved.at >= CONFIRM_WINDOW else None


METRIC = Metric(
    Definition(
        id="confirmed",
        version=1,
        name="Contacts confirmed",
        description="Contacts an agent resolved and that nothing reopened within the confirm window, which has passed.",
        unit=Unit.CONTACTS,
        numerator="contacts resolved, not reopened within the confirm window and observed to its end",
        denominator="",
        source="docs/metrics.md#contact-funnel",
        agent=Agent.RESOLVER,
        parameters=(("confirm_window", CONFIRM_WINDOW),),
    ),
    part,
    count,
)
