"""accepted: the contacts somebody took."""

from __future__ import annotations

from kpi.metrics.contact import Contact
from kpi.metrics.metric import IN, Agent, Definition, Metric, Part, Unit, count


def part(contact: Contact) -> Part | None:
    """Contacts with an acceptance."""
    return None if contact.accepted is None else IN


METRIC = Metric(
    Definition(
        id="accepted",
        version=1,
        name="Contacts accepted",
        description=(
            "Contacts that an agent took: the earliest of an accepted offer, a claim and the first human answer."
        ),
        unit=Unit.CONTACTS,
        numerator="contacts accepted by the end of the observation",
        denominator="",
        source="docs/metrics.md#contact-funnel",
        agent=Agent.ACCEPTER,
    ),
    part,
    count,
)
