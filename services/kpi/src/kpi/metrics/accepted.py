"""accepted: the contacts somebody took.

Formula: contacts with an act of taking: the earliest of an accepted offer, a claim and the first human answer. The
voice word is *answered by an agent*.
Unit: contacts.
Edge cases: a machine's answer takes nothing. Who takes a case has taken those that somebody joined into it.
Source: 受理 of the seed reports.
"""

from __future__ import annotations

from kpi.metrics.contact import Contact, accepted_at
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
    accepted_at,
)
