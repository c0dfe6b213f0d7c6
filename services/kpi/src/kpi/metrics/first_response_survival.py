"""frt_any_km_p90, frt_human_km_p90, frt_any_rmst_24h, frt_human_rmst_24h: tail and mean, the unanswered included.

Formula: with `S(t)` of Kaplan and Meier, p90 is the smallest `t` at which `S(t) ≤ 1/10`, and the restricted mean is
`RMST(H) = ∫ S(t) dt` from 0 to H = 24 hours: what customers wait on average where no wait counts for more than H.
Unit: seconds.
Edge cases: followed as for the median. p90 has no value while `S` stays above 1/10: more than the window. RMST has none
when nobody was followed for H and somebody still waits; an answer at or after H adds H.
Source: Kaplan and Meier 1958; Royston and Parmar, *Restricted mean survival time*, 2013.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from kpi.metrics import first_response_km_median as km
from kpi.metrics.contact import DAY, Contact
from kpi.metrics.metric import Agent, Definition, Metric, Part, Unit
from kpi.metrics.waits import km_quantile, restricted_mean

P90 = Fraction(9, 10)
WHO = (
    ("any", "any", "by person or machine", km.part_any, Agent.ANY_ANSWERER),
    ("human", "human", "by a human", km.part_human, Agent.HUMAN_ANSWERER),
)


def _p90(who: str, words: str, by: str, part: Callable[[Contact], Part], agent: Agent) -> Metric:
    return Metric(
        Definition(
            id=f"frt_{who}_km_p90",
            version=1,
            name=f"First response time, Kaplan-Meier 90th percentile, {words} answer",
            description=(
                f"Smallest t by which, as Kaplan-Meier estimates, 90 % of all contacts are answered {by}; who has no "
                "answer was followed so long without one. No value when that is beyond the window."
            ),
            unit=Unit.SECONDS,
            numerator=f"contacts answered {by}",
            denominator="contacts followed",
            source=km.SOURCE,
            agent=agent,
        ),
        part,
        km_quantile(P90),
    )


def _rmst(who: str, words: str, by: str, part: Callable[[Contact], Part], agent: Agent) -> Metric:
    return Metric(
        Definition(
            id=f"frt_{who}_rmst_24h",
            version=1,
            name=f"First response time, restricted mean, {words} answer",
            description=(
                f"Mean wait until answered {by} in which no wait counts for more than 24 hours, the area under the "
                "Kaplan-Meier curve; who has no answer was followed so long without one."
            ),
            unit=Unit.SECONDS,
            numerator=f"contacts answered {by}",
            denominator="contacts followed",
            source=km.SOURCE,
            agent=agent,
            parameters=(("horizon", DAY),),
        ),
        part,
        restricted_mean(DAY),
    )


METRICS = tuple(make(*who) for make in (_p90, _rmst) for who in WHO)
