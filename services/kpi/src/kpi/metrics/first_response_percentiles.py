"""frt_any_p50, frt_any_p90, frt_human_p50, frt_human_p90: the waits of those who got an answer, by share.

Formula: the wait at place `ceil(p n)` of the n waits in ascending order (nearest rank).
Unit: seconds.
Edge cases: exact of up to 100,000 contacts; of more it is estimated by a DDSketch and within 1 % of the exact one. Who
never heard anything is left out, as of the mean: see the Kaplan-Meier quantiles. No value without answers.
Source: Hyndman and Fan, *Sample quantiles in statistical packages*, 1996, definition 1; Masson, Rim and Lee,
*DDSketch*, 2019.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from kpi.metrics import first_response_mean
from kpi.metrics.contact import Contact, any_answer_at, human_answer_at
from kpi.metrics.metric import Agent, Definition, Metric, Part, Unit
from kpi.metrics.waits import percentile


def _metric(who: str, words: str, part: Callable[[Contact], Part | None], agent: Agent, percent: int) -> Metric:
    return Metric(
        Definition(
            id=f"frt_{who}_p{percent}",
            version=1,
            name=f"First response time, {percent}th percentile, {words} answer",
            description=(
                f"Wait for the first {words} answer that {percent} % of the answered contacts did not exceed (nearest "
                "rank); of more than 100,000 contacts within 1 % of it."
            ),
            unit=Unit.SECONDS,
            numerator=f"contacts with {words} answer",
            denominator=f"contacts with {words} answer",
            source=first_response_mean.SOURCE,
            agent=agent,
        ),
        part,
        percentile(Fraction(percent, 100)),
        any_answer_at if agent is Agent.ANY_ANSWERER else human_answer_at,
    )


METRICS = tuple(
    _metric(who, words, part, agent, percent)
    for who, words, part, agent in (
        ("any", "any", first_response_mean.part_any, Agent.ANY_ANSWERER),
        ("human", "human", first_response_mean.part_human, Agent.HUMAN_ANSWERER),
    )
    for percent in (50, 90)
)
