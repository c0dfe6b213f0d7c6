"""Business time in every zone there is, second by second around its transitions, against a clock that is only read.

The oracle asks what the wall clock of a zone shows at an instant, one second after the other, and remembers the latest
time it has shown. It turns no wall time into an instant, which is what the calendar does and where it can be wrong.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib import resources
from itertools import accumulate, pairwise
from random import Random
from typing import NamedTuple
from zoneinfo import ZoneInfo, available_timezones

import pytest
from chassis.clock import MICROS, Instant
from chassis.zones import NAMES, zone
from kpi.calendars.calendar import Calendar
from kpi.calendars.hours import (
    DAY_MINUTES,
    WEEK_MINUTES,
    CalendarException,
    ExceptionKind,
    Schedule,
    WeeklyHours,
    wall_of,
)

THURSDAY_MINUTES = 3 * DAY_MINUTES
"""1970 began on one."""
WALL_EPOCH, A_MINUTE = wall_of("1970-01-01T00:00"), timedelta(minutes=1)
NEAR_S, FAR_S = 2 * 3_600, 30 * 3_600
"""How far around a transition every second is looked at, and how far every minute."""
LOOK_BACK_S = 50 * 3_600
"""From how long before it is known what the clock has shown. Against: no clock was ever set back by more than a day."""
HOURS = ((0, 31), (45, 90), (95, 121), (150, 185), (200, 470), (555, 1_020), (1_021, 1_080), (1_290, 1_560))
"""Spans of every day in its minutes. The last is a night's; edges lie before, in and after what clocks leave out."""
DAILY = tuple(WeeklyHours(day, opens, closes) for day in range(1, 8) for opens, closes in HOURS)
WEEKEND = (WeeklyHours(5, 1_080, 1_080 + 3 * DAY_MINUTES - 17),)


class Step(NamedTuple):
    """A clock is set: at a second, from one offset to another, both in seconds."""

    at: int
    before: int
    after: int


def offset_at(second: int, there: ZoneInfo) -> int:
    offset = datetime.fromtimestamp(second, there).utcoffset()
    assert offset is not None
    return int(offset.total_seconds())


def steps_of(there: ZoneInfo) -> list[Step]:
    """Every change of the offset from 1970 to 2040, found by looking once a week."""
    found = []
    looks = ((second, offset_at(second, there)) for second in range(86_400, 71 * 365 * 86_400, 7 * 86_400))
    for (early, before), (late, after) in pairwise(looks):
        if before != after:
            at = early + bisect_right(range(early, late), False, key=lambda s: offset_at(s, there) != before)
            found.append(Step(at, before, after))
    return found


def worth_a_look(steps: Sequence[Step]) -> set[Step]:
    """The first, the last, the next two, and the furthest forward and back."""
    if not steps:
        return set()
    by_size = sorted(steps, key=lambda step: step.after - step.before)
    now = bisect_right(steps, datetime(2026, 1, 1, tzinfo=UTC).timestamp(), key=lambda step: step.at)
    return {steps[0], steps[-1], by_size[0], by_size[-1], *steps[now : now + 2]}


def zones_by_step() -> dict[Step, str]:
    """A zone for every step worth a look. Names with the same table are one zone."""
    tables = {resources.files("tzdata").joinpath("zoneinfo", *name.split("/")).read_bytes(): name for name in NAMES}
    return {step: name for name in sorted(tables.values()) for step in worth_a_look(steps_of(zone(name)))}


def latest_shown(there: ZoneInfo, seconds: range) -> list[int]:
    """The latest time the clock has shown by each of these seconds, in seconds of its own."""
    before = range(seconds.start - LOOK_BACK_S, seconds.start, 60)
    shown = [second + offset_at(second, there) for second in (*before, *seconds)]
    return list(accumulate(shown, max))[len(before) :]


@cache
def weekly_minutes(weekly: tuple[WeeklyHours, ...]) -> frozenset[int]:
    """The minutes of a week, from Monday's midnight, that lie within its hours."""
    spans = (((one.weekday - 1) * DAY_MINUTES, one.start_minute, one.end_minute) for one in weekly)
    return frozenset((day + minute) % WEEK_MINUTES for day, opens, closes in spans for minute in range(opens, closes))


def open_minutes(shown: Iterable[int], schedule: Schedule) -> set[int]:
    """Those of some minutes of a wall clock, counted from 1970, that a person reads off the schedule as open."""
    weekly = weekly_minutes(schedule.weekly)
    found = {minute for minute in shown if (minute + THURSDAY_MINUTES) % WEEK_MINUTES in weekly}
    for kind, change in ((ExceptionKind.CLOSED, found.difference_update), (ExceptionKind.OPEN, found.update)):
        for one in schedule.exceptions:
            if one.kind == kind:
                opens, closes = ((wall_of(text) - WALL_EPOCH) // A_MINUTE for text in (one.start, one.end))
                change(range(opens, closes))
    return found


def said(calendar: Calendar, seconds: range) -> list[bool]:
    """Whether the calendar has it open in each of these seconds."""
    spans = calendar.spans(Instant(seconds.start * MICROS), Instant(seconds.stop * MICROS))
    found = [False] * len(seconds)
    for span in spans:
        # Of seconds that are a step apart, those from the first at or after an edge on.
        first, last = (-(-(edge // MICROS - seconds.start) // seconds.step) for edge in span)
        found[first:last] = [True] * (last - first)
    return found


def schedules(name: str, step: Step) -> Iterator[Schedule]:
    """Hours of every day, the same with exceptions on the day the clock is set, and a span of days."""
    day = (WALL_EPOCH + timedelta(seconds=step.at + step.before)).replace(hour=0, minute=0, second=0)

    def of_day(opens: int, closes: int, kind: ExceptionKind) -> CalendarException:
        walls = [(day + timedelta(minutes=minute)).strftime("%Y-%m-%dT%H:%M") for minute in (opens, closes)]
        return CalendarException(walls[0], walls[1], kind, "")

    otherwise = (
        of_day(100, 170, ExceptionKind.CLOSED),
        of_day(130, 155, ExceptionKind.OPEN),
        of_day(960, 1_440, ExceptionKind.CLOSED),
    )
    yield Schedule(name, DAILY)
    yield Schedule(name, DAILY, otherwise)
    yield Schedule(name, WEEKEND)


ZONES_BY_STEP = zones_by_step()


def test_there_is_a_table_for_every_zone_this_machine_knows() -> None:
    assert available_timezones() - NAMES <= {"localtime", "posixrules"}
    assert len(ZONES_BY_STEP) > 500


@pytest.mark.parametrize("part", range(4), ids="a quarter of all steps, the {}. one".format)
def test_what_is_open_is_what_a_clock_shows(part: int) -> None:
    chance = Random(part)
    for step, name in sorted(ZONES_BY_STEP.items())[part::4]:
        there = zone(name)
        near = range(step.at - NEAR_S, step.at + NEAR_S)
        far = range(step.at - FAR_S, step.at + FAR_S, 60)
        minutes = {seconds: [wall // 60 for wall in latest_shown(there, seconds)] for seconds in (near, far)}
        for schedule in schedules(name, step):
            calendar = Calendar(schedule)
            for seconds in (far, near):
                is_open = open_minutes(set(minutes[seconds]), schedule)
                expected = [minute in is_open for minute in minutes[seconds]]
                assert said(calendar, seconds) == expected, f"{name} {step} {schedule}"
            sums = [0, *accumulate(expected)]
            for _ in range(20):
                a, b = chance.randrange(len(near)), chance.randrange(len(near))
                length = max(0, sums[b] - sums[a]) if a < b else 0
                start, end = Instant(near[a] * MICROS), Instant(near[b] * MICROS)
                assert calendar.elapsed(start, end) == length * MICROS, f"{name} {step} {schedule} {a} {b}"
                due = calendar.due(start, length * MICROS)
                assert due is not None
                assert due <= max(start, end)
                assert calendar.elapsed(start, due) == length * MICROS
