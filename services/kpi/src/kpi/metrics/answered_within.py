"""answered_within_15m, answered_within_1h: the share of contacts a human answered within a threshold.

Formula: `answered within T / (answered + observed for at least T without an answer)`, T = 15 minutes or 1 hour.
Unit: a share, 0 to 1.
Edge cases: those who were never answered count against it. An answer exactly at T is in time. A contact younger than T
without an answer is undecided and on neither side.
Source: the variant "abandons count against" of ICMI, *Service Level Calculations*.
"""

from __future__ import annotations

from collections.abc import Callable

from kpi.metrics.contact import HOUR, MINUTE, Contact
from kpi.metrics.metric import IN, OUT, Agent, Definition, Metric, Part, Unit, ratio


def part_within(threshold: int) -> Callable[[Contact], Part | None]:
    """The arithmetic for one threshold in microseconds; an answer exactly at it is in time."""

    def part(contact: Contact) -> Part | None:
        answer = contact.answered_human
        if answer is not None:
            return IN if contact.waited(answer.at) <= threshold else OUT
        return OUT if contact.waited(contact.until) >= threshold else None

    return part


def _metric(id_: str, words: str, threshold: int) -> Metric:
    return Metric(
        Definition(
            id=id_,
            version=1,
            name=f"Answered within {words}",
            description=(
                f"Share of contacts answered by a human within {words} of their start. An unanswered contact counts "
                "against it once it has been observed for that long; until then it is on neither side."
            ),
            unit=Unit.RATIO,
            numerator=f"contacts answered by a human within {words}",
            denominator=f"contacts answered by a human, or observed for at least {words}",
            source="docs/metrics.md#service-level",
            agent=Agent.HUMAN_ANSWERER,
            parameters=(("threshold", threshold),),
        ),
        part_within(threshold),
        ratio,
    )


QUARTER = _metric("answered_within_15m", "15 minutes", 15 * MINUTE)
FULL_HOUR = _metric("answered_within_1h", "1 hour", HOUR)
