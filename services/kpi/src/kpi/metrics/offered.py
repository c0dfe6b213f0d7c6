"""offered: the contacts there were.

Formula: contacts that start by the end of the observation.
Unit: contacts.
Edge cases: gross: nothing is excluded. A contact starts at its earliest customer post, on the customer's clock, or when
that reached us if the clock is ahead of ours.
Source: offered contacts of the call-centre literature, per episode.
"""

from __future__ import annotations

from kpi.metrics.contact import Contact, started_at
from kpi.metrics.metric import IN, Agent, Definition, Metric, Part, Unit, count


def part(_contact: Contact) -> Part:
    """Every observed contact."""
    return IN


METRIC = Metric(
    Definition(
        id="offered",
        version=1,
        name="Contacts offered",
        description=(
            "Episodes of cases in which a customer wrote and that started by the end of the observation. "
            "An episode starts at its earliest customer post, on the customer's clock, or when that reached us if the "
            "clock is ahead."
        ),
        unit=Unit.CONTACTS,
        numerator="contacts",
        denominator="",
        source="docs/metrics.md#contact-funnel",
        agent=Agent.ACCEPTER,
    ),
    part,
    count,
    started_at,
)
