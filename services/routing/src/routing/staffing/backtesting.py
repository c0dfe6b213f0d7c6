"""What a forecast would have been worth: the last weeks of a record against what is forecast from those before. Pure.

Half-hours in which nobody came and nobody was there are closed, and not judged.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from statistics import fmean

from routing.simulation.driving import Contact
from routing.staffing.demand import HALF_HOUR_S, HalfHour, History, times
from routing.staffing.erlang import erlang_a
from routing.staffing.forecasting import CONFIDENCE, forecasts

WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Judged:
    """A forecast of all customers against what came."""

    half_hours: int
    arrived: int
    expected: float
    covered: float
    """The share of half-hours whose count lay in the interval; CONFIDENCE is meant."""
    wape: float
    """Weighted absolute percentage error: all misses together over all who came."""
    wape_yesterday: float
    """The same of a forecast that says: as many as in this half-hour of the day before."""
    wape_mean: float
    """The same of one that says: as many as in any half-hour that was open, on average."""
    confidence: float = CONFIDENCE


def split(found: History) -> tuple[History, History] | None:
    """A record as (what comes before its last seven days, those); None where before them there is no whole week."""
    if not found.half_hours:
        return None
    last = found.half_hours[-1]
    first = found.half_hours[0]
    held_out_from = last.day - WEEK + timedelta(days=1)
    if held_out_from - first.day < WEEK:
        return None
    at = next(half.start for half in found.half_hours if half.day >= held_out_from)
    return found.since(first.start, at), found.since(at, last.end)


def judge(before: History, after: History) -> Judged | None:
    """Forecasts `after` from `before` and says how it was; None where nobody came."""
    expected = forecasts(before.half_hours, before.arrived)
    whole = {(half.day, half.slot.half_hour): half for half in [*before.half_hours, *after.half_hours]}
    usual = fmean([before.arrived(half) for half in before.half_hours if before.is_open(half)] or [0])
    judged = [half for half in after.half_hours if half.slot in expected and after.is_open(half)]
    arrived = sum(map(after.arrived, judged))
    if not arrived:
        return None
    covered = sum(expected[h.slot].low <= after.arrived(h) <= expected[h.slot].high for h in judged)

    def yesterday(half: HalfHour) -> float:
        before_it = whole.get((half.day - timedelta(days=1), half.slot.half_hour))
        return before.arrived(before_it) + after.arrived(before_it) if before_it else usual

    def wape(said: Sequence[float]) -> float:
        return sum(abs(after.arrived(half) - each) for half, each in zip(judged, said, strict=True)) / arrived

    means = [expected[half.slot].mean for half in judged]
    return Judged(
        len(judged),
        arrived,
        sum(means),
        covered / len(judged),
        wape(means),
        wape([yesterday(half) for half in judged]),
        wape([usual] * len(judged)),
    )


@dataclass(frozen=True, slots=True)
class Waited:
    """What Erlang A says of the agents who were there, and what was; shares of all who came, seconds on average."""

    arrived: int
    abandoned: float
    abandoned_really: float
    mean_wait_s: float
    mean_wait_really_s: float


def with_who_was_there(before: History, after: History) -> Waited | None:
    """Half-hour by half-hour: as many as came, served by as many as were there, in times that `before` knows; everybody
    is of one kind and anybody serves them. Between two whole numbers of agents is what lies evenly between both. None
    where nobody came while somebody was there, or nobody had been served.
    """
    known = times(before.contacts)
    arrived, gave_up, waited_s = 0, 0.0, 0.0
    really: list[Contact] = []
    for half in after.half_hours:
        count, there = after.arrived(half), after.there.get(half.start, 0.0)
        if not count or there <= 0 or not known.handling_s > 0:
            continue
        few, part = math.floor(there), there % 1
        of_few, of_more = (
            erlang_a(n, count / HALF_HOUR_S, known.handling_s, known.patience_s, 0) for n in (few, few + 1)
        )
        arrived += count
        gave_up += count * ((1 - part) * of_few.abandoned + part * of_more.abandoned)
        waited_s += count * ((1 - part) * of_few.mean_wait_s + part * of_more.mean_wait_s)
        really += [c for demand in after.kinds.values() for c in demand.came.get(half.start, ())]
    if not arrived:
        return None
    return Waited(
        arrived,
        gave_up / arrived,
        sum(contact.gave_up_at is not None for contact in really) / arrived,
        waited_s / arrived,
        sum(contact.wait_s or 0.0 for contact in really) / arrived,
    )
