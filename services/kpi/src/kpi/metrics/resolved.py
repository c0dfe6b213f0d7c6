"""resolved: the contacts that were settled and stayed so.

Formula: contacts of which an agent said that they are settled, and that were not reopened within the confirm window of
72 hours.
Unit: contacts.
Edge cases: reopened exactly 72 hours later is reopened within the window. Provisional until the window has passed.
Source: 解決 of the seed reports.
"""

from __future__ import annotations

from kpi.metrics.contact import CONFIRM_WINDOW, Contact, resolved_at
from kpi.metrics.metric import IN, Agent, Definition, Metric, Part, Unit, count


def part(contact: Contact) -> Part | None:
    """Contacts with a standing resolution."""
    return None if contact.resolved is None else IN


METRIC = Metric(
    Definition(
        id="resolved",
        version=1,
        name="Contacts resolved",
        description=(
            "Contacts an agent resolved and that were not reopened within the confirm window. "
            "Provisional until the window has passed."
        ),
        unit=Unit.CONTACTS,
        numerator="contacts resolved by the end of the observation and not reopened",
        denominator="",
        source="docs/metrics.md#contact-funnel",
        agent=Agent.RESOLVER,
        parameters=(("confirm_window", CONFIRM_WINDOW),),
    ),
    part,
    count,
    resolved_at,
)
