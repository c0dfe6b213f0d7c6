"""nrt_mean, nrt_km_median: how long customers wait for the next word of a human, turn by turn.

Formula: a turn starts with the earliest post of the customer that is unanswered and ends with the first human answer
after it; `NRT_i = max(0, t(answer) - t(that post))`. `nrt_mean` over the answered turns, `nrt_km_median` the
Kaplan-Meier median over all of them (`frt_human_km_median` has the formula).
Unit: seconds.
Edge cases: several posts in a row are one turn, and the first of several answers ends it. A turn that is open at the
end of the observation is followed until then, one that was resolved or withdrawn without a word until that: both are
in the median and not in the mean. The first turn of a contact is its first response, whatever the clocks say.
Source: Zammad, issue 3410, with every turn kept; Chatwoot, issue 10178, for what a resolution ends.
"""

from __future__ import annotations

from collections.abc import Iterator

from kpi.journeys import Kind
from kpi.metrics.contact import Contact
from kpi.metrics.metric import Agent, Definition, Item, ItemMetric, Part, Unit, mean
from kpi.metrics.spans import item_of, spans_of
from kpi.metrics.waits import km_median

SOURCE = "docs/metrics.md#next-response-time"


def answered(contact: Contact) -> Iterator[Item]:
    """The answered turns, each with its wait."""
    return (item for item in followed(contact) if item.part.numerator)


def followed(contact: Contact) -> Iterator[Item]:
    """Every turn, with its wait or how long it was followed without an answer."""
    for turn in spans_of(contact, Kind.TURN):
        end = contact.until if turn.end is None else turn.end
        yield item_of(turn, Part(turn.how == "replied", max(0, end - turn.since)))


MEAN = ItemMetric(
    Definition(
        id="nrt_mean",
        version=1,
        name="Next response time, mean",
        description="Mean wait for the next human answer over the answered turns only.",
        unit=Unit.SECONDS,
        numerator="sum of the waits in seconds",
        denominator="turns answered by a human",
        source=SOURCE,
        agent=Agent.OWN,
    ),
    answered,
    mean,
)

KM_MEDIAN = ItemMetric(
    Definition(
        id="nrt_km_median",
        version=1,
        name="Next response time, Kaplan-Meier median",
        description="How long half of the turns wait for a human answer, those without one included.",
        unit=Unit.SECONDS,
        numerator="turns answered by a human",
        denominator="turns followed",
        source=SOURCE,
        agent=Agent.OWN,
    ),
    followed,
    km_median,
    is_of_cohort=True,
)
