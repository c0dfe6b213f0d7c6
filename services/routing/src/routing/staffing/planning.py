"""A day ahead, half-hour by half-hour: who is expected, how many agents that takes by Erlang C, by Erlang A and by the
production decider, and who is to be there. Pure.
"""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from statistics import fmean
from zoneinfo import ZoneInfo

from chassis.clock import MICROS, Instant

from routing.agents import Agent, Policy
from routing.shifts import next_shift
from routing.staffing.demand import (
    HALF_HOUR_S,
    Demand,
    HalfHour,
    History,
    Kind,
    Slot,
    Times,
    half_hours,
    share_of,
    times,
)
from routing.staffing.erlang import Target, agents_needed
from routing.staffing.forecasting import Forecast, forecasts
from routing.staffing.searching import Profile, Traffic, alone, at_a_time, profiles, shared

SEEN_MIN = 24
"""Half-hours of a weekday that a record holds at least: with fewer, a part of the day would be planned for nobody."""


class TooLittle(ValueError):
    """A record that no plan can be made from; the message is a sentence for whoever has it."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a plan is to keep; `within_s` None for what each queue promises."""

    service_level: float = 0.8
    within_s: float | None = None
    occupancy_max: float | None = None
    abandoned_max: float | None = None
    mean_wait_max_s: float | None = None

    def of(self, demand: Demand) -> Target:
        """What that is for one kind."""
        within_s = demand.queue.first_response_s if self.within_s is None else self.within_s
        return Target(self.service_level, within_s, self.occupancy_max, self.abandoned_max, self.mean_wait_max_s)


@dataclass(frozen=True, slots=True)
class Needs:
    """Agents; None where no number of them would do, and of `simulated` also where nothing was simulated."""

    erlang_c: int | None
    erlang_a: int | None
    simulated: int | None = None


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a kind."""

    demand: Demand
    times: Times
    target: Target
    at_a_time: int
    """An agent serves so many at once."""
    agents: int
    """So many in the record can serve it."""
    forecasts: Mapping[Slot, Forecast]


@dataclass(frozen=True, slots=True)
class Planned:
    """One half-hour of the day."""

    half_hour: HalfHour
    forecast: Forecast
    """Of everybody."""
    kinds: Mapping[Kind, tuple[Forecast, Needs]]
    """Each as if its agents did nothing else; nobody is expected of a kind that is not there."""
    needs: Needs
    """Of everybody: the sums for Erlang, which shares no agent between kinds; simulated with agents as they are."""
    there: float
    """Agents who are to be there."""


@dataclass(slots=True)
class Plan:
    """A day, and the week it is of."""

    day: date
    kinds: Mapping[Kind, Known]
    team: Sequence[Profile]
    half_hours: list[Planned] = field(default_factory=list)
    """Those in which somebody is expected, or to be there."""
    week: dict[Slot, tuple[Forecast, Needs, float]] = field(default_factory=dict)
    """Of every half-hour that was seen: everybody's forecast, needs by Erlang, and who was there on average."""
    is_by_shifts: bool = False
    """Whether `there` is by shifts that are planned, not by who was there in the weeks before."""


def day_to_plan(found: History, weekday: int | None) -> date:
    """The next day after a record, or the next such weekday. Raises TooLittle where the record does not hold one."""
    if not found.half_hours or not found.contacts:
        raise TooLittle("it holds nobody who came in a half-hour that it has from end to end; export a longer log")
    first, last = found.half_hours[0], found.half_hours[-1]
    day = last.day + timedelta(days=1 if weekday is None else (weekday - last.day.isoweekday() - 1) % 7 + 1)
    seen: dict[int, int] = {}
    for half in found.half_hours:
        seen[half.slot.weekday] = seen.get(half.slot.weekday, 0) + 1
    if seen.get(day.isoweekday(), 0) >= SEEN_MIN:
        return day
    has = [f"{date(2024, 1, number):%A}" for number, count in sorted(seen.items()) if count >= SEEN_MIN]
    advice = f"ask for a day it has ({', '.join(has)}) with --day, or export" if has else "export"
    raise TooLittle(
        f"a {day:%A} is forecast from earlier ones, and it goes from {first.day} {first.slot} to {last.day}"
        f" {last.slot}, without half of a {day:%A}; {advice} a longer log"
    )


def plan(
    found: History,
    asked: Asked,
    day: Sequence[HalfHour],
    *,
    agents: Iterable[Agent] = (),
    policy: Policy | None = None,
    simulate: bool = True,
    done: Callable[[int, int], None] = lambda done, of: None,
) -> Plan:
    """Plans the half-hours of a day. The shifts of `agents` say who will be there, or else who was there before does.
    `done` hears how many half-hours are. Raises TooLittle where nobody was served to the end.
    """
    team, expected, there = profiles(found), forecasts(found.half_hours, found.arrived), usually_there(found)
    shifts = planned_shifts(agents, day)
    made = Plan(day[0].day, known(found, asked, team), team, is_by_shifts=shifts is not None)
    for slot, one in expected.items():
        needs = total(needs_of(kind, kind.forecasts[slot].mean) for kind in made.kinds.values())
        made.week[slot] = one, needs, there[slot]
    open_ones = [half for half in day if half.slot in expected and (expected[half.slot].mean or there[half.slot])]
    finding = _Finding(made, policy or Policy(), simulate=simulate)
    for number, half in enumerate(open_ones, 1):
        of_kinds, of_all = finding.needs(half.slot)
        kinds = {kind: (made.kinds[kind].forecasts[half.slot], needs) for kind, needs in of_kinds.items()}
        will_be_there = there[half.slot] if shifts is None else shifts[half.start]
        made.half_hours.append(Planned(half, expected[half.slot], kinds, of_all, will_be_there))
        done(number, len(open_ones))
    return made


def half_hours_of(day: date, there: ZoneInfo) -> list[HalfHour]:
    """Those of a day in a zone, from midnight to midnight."""
    edges = (datetime(one.year, one.month, one.day, tzinfo=there) for one in (day, day + timedelta(days=1)))
    start, end = (Instant(int(edge.timestamp()) * MICROS) for edge in edges)
    return list(half_hours(start, end, there))


def known(found: History, asked: Asked, team: Sequence[Profile]) -> dict[Kind, Known]:
    """What a record says of each kind. One nobody of whom was served to the end takes as long as others do."""
    usual = times(found.contacts)
    if not usual.handling_s > 0:
        raise TooLittle("nobody in it was served to the end, so how long that takes is not known; export a longer log")
    kinds = {}
    for kind, demand in found.kinds.items():
        theirs = times(demand.contacts)
        if not theirs.handling_s > 0:
            theirs = replace(usual, patience_s=theirs.patience_s)
        able = sum(profile.agents for profile in team if profile.can(kind))
        expected = forecasts(found.half_hours, demand.arrived)
        kinds[kind] = Known(demand, theirs, asked.of(demand), at_a_time(kind, demand, team), able, expected)
    return kinds


def needs_of(one: Known, arrivals: float) -> Needs:
    """By Erlang, for so many in a half-hour; agents who serve several at a time are as many servers."""
    rate, room = arrivals / HALF_HOUR_S, one.at_a_time

    def agents(patience_s: float) -> int | None:
        servers = agents_needed(one.target, rate, one.times.handling_s, patience_s, room)
        return None if servers is None else servers // room

    return Needs(agents(math.inf), agents(one.times.patience_s))


def total(needs: Iterable[Needs]) -> Needs:
    """As many as all of them together, where agents are not shared."""
    c, a = 0, 0
    for one in needs:
        if one.erlang_c is None or one.erlang_a is None:
            return Needs(None, None)
        c, a = c + one.erlang_c, a + one.erlang_a
    return Needs(c, a)


class _Finding:
    """Finds needs, each simulation once: many half-hours of a week are alike."""

    def __init__(self, made: Plan, policy: Policy, *, simulate: bool) -> None:
        self._made, self._policy, self._simulate = made, policy, simulate
        self._alone: dict[tuple[Kind, float], int | None] = {}
        self._shared: dict[tuple[tuple[Kind, float], ...], int | None] = {}

    def needs(self, slot: Slot) -> tuple[dict[Kind, Needs], Needs]:
        """Of each kind that is expected, and of everybody."""
        traffic = [
            Traffic(kind, one.demand.queue, arrivals, one.times, one.target, one.demand.units)
            for kind, one in self._made.kinds.items()
            if (arrivals := one.forecasts[slot].mean) > 0
        ]
        of_kinds = {one.kind: needs_of(self._made.kinds[one.kind], one.arrivals) for one in traffic}
        of_all = total(of_kinds.values())
        if not self._simulate:
            return of_kinds, of_all
        of_kinds = {one.kind: replace(of_kinds[one.kind], simulated=self._one(one, of_kinds)) for one in traffic}
        return of_kinds, replace(of_all, simulated=self._all(traffic, of_all) if traffic else 0)

    def _one(self, traffic: Traffic, needs: Mapping[Kind, Needs]) -> int | None:
        asked, guess = (traffic.kind, traffic.arrivals), needs[traffic.kind].erlang_a
        if guess is not None and asked not in self._alone:
            self._alone[asked] = alone(traffic, self._made.kinds[traffic.kind].at_a_time, self._policy, guess)
        return self._alone.get(asked)

    def _all(self, traffic: Sequence[Traffic], needs: Needs) -> int | None:
        asked = tuple((one.kind, one.arrivals) for one in traffic)
        if needs.erlang_a is not None and asked not in self._shared:
            self._shared[asked] = shared(traffic, self._made.team, self._policy, needs.erlang_a)
        return self._shared.get(asked)


def usually_there(found: History) -> dict[Slot, float]:
    """Agents who were there in each half-hour of the week, on average over the weeks."""
    seen: dict[Slot, list[float]] = {}
    for half in found.half_hours:
        seen.setdefault(half.slot, []).append(found.there.get(half.start, 0.0))
    return {slot: fmean(counts) for slot, counts in seen.items()}


def planned_shifts(agents: Iterable[Agent], halves: Sequence[HalfHour]) -> dict[Instant, float] | None:
    """Agents whose shifts say that they will be there, on average over each half-hour; None where nobody has shifts."""
    planned = [one.shifts for one in agents if one.shifts is not None]
    if not planned or not halves:
        return None
    found = {half.start: 0.0 for half in halves}
    for shifts in planned:
        at = halves[0].start
        while at < halves[-1].end and (shift := next_shift(shifts, at)) is not None:
            for half in halves:
                found[half.start] += share_of(half, *shift)
            at = shift[1]
    return found
