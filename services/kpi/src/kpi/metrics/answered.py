"""answered: the contacts a human replied to.

Formula: contacts with a public or private answer of a human of ours at or after their start.
Unit: contacts.
Edge cases: a machine's reply is none (`frt_any_mean` counts it apart). An answer that was withdrawn is none.
Source: 應答 of the seed reports.
"""

from __future__ import annotations

from kpi.metrics.contact import Contact, human_answer_at
from kpi.metrics.metric import IN, Agent, Definition, Metric, Part, Unit, count


def part(contact: Contact) -> Part | None:
    """Contacts with a human answer."""
    return None if contact.answered_human is None else IN


METRIC = Metric(
    Definition(
        id="answered",
        version=1,
        name="Contacts answered",
        description=(
            "Contacts with a public or private answer by a human of the brand at or after their start. "
            "Answers by machines do not count."
        ),
        unit=Unit.CONTACTS,
        numerator="contacts answered by a human by the end of the observation",
        denominator="",
        source="docs/metrics.md#contact-funnel",
        agent=Agent.HUMAN_ANSWERER,
    ),
    part,
    count,
    human_answer_at,
)
