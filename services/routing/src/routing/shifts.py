"""When an agent works: weekly hours of a time zone and exceptions, as intervals between instants. It knows no agent and
decides nothing.

What a wall clock says in a zone is a matter of tables that governments change. So this is asked when a shift is
planned, and what it says stands in the fact; whoever folds or reads facts asks no table.
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from chassis.clock import MICROS, Instant
from chassis.zones import zone

from routing.terms import ShiftPlan

AHEAD_DAYS = (15, 400)
"""How far the next shift is looked for: first as far as it mostly is, then as far as a long absence goes."""
SHIFT_MAX_S = 7 * 86_400
"""A shift lasts no longer; who works round the clock has one after the other."""

Interval = tuple[Instant, Instant]
"""From the first instant to before the second."""


def next_shift(plan: ShiftPlan, after: Instant) -> Interval | None:
    """The shift that is on at an instant, or the next one; None when there is none within `AHEAD_DAYS`."""
    off = _merged((one.starts_at, one.ends_at) for one in plan.exceptions if one.is_off)
    for days in AHEAD_DAYS:
        worked = [(one.starts_at, one.ends_at) for one in plan.exceptions if not one.is_off]
        worked += _weekly(plan, after, days)
        for starts, ends in _without(_merged(worked), off):
            if ends > after:
                return starts, min(ends, Instant(max(starts, after) + SHIFT_MAX_S * MICROS))
    return None


def _weekly(plan: ShiftPlan, after: Instant, days: int) -> Iterator[Interval]:
    """The weekly hours from two days before an instant on. A wall-clock time that the zone leaves out is the one as
    much later; of one that it has twice the first is meant.
    """
    if not plan.weekly:
        return
    there = _zone(plan.time_zone)
    today = datetime.fromtimestamp(after // MICROS, there).replace(hour=0, minute=0, second=0, tzinfo=None)
    for day in range(-2, days):
        midnight = today + timedelta(days=day)
        for hours in plan.weekly:
            if hours.weekday == midnight.isoweekday():
                ends = midnight + timedelta(minutes=hours.end_minute)
                yield _instant(midnight + timedelta(minutes=hours.start_minute), there), _instant(ends, there)


def _zone(name: str) -> ZoneInfo:
    """The zone of a name. One that the tables here do not have (another release's had it) is taken for UTC: its agents
    work at odd hours, and everybody else goes on.
    """
    try:
        return zone(name or "UTC")
    except ZoneInfoNotFoundError:
        return zone("UTC")


def _instant(wall: datetime, there: ZoneInfo) -> Instant:
    return Instant(int(wall.replace(tzinfo=there).astimezone(UTC).timestamp()) * MICROS)


def _merged(intervals: Iterable[Interval]) -> list[Interval]:
    """The same time in as few intervals as there can be, in order."""
    found: list[Interval] = []
    for starts, ends in sorted(one for one in intervals if one[0] < one[1]):
        if found and starts <= found[-1][1]:
            found[-1] = found[-1][0], max(ends, found[-1][1])
        else:
            found.append((starts, ends))
    return found


def _without(intervals: Iterable[Interval], off: list[Interval]) -> Iterator[Interval]:
    """What is left of them, in order."""
    for starts, ends in intervals:
        left = starts
        for gone_at, back_at in off:
            if back_at <= left or gone_at >= ends:
                continue
            if gone_at > left:
                yield left, gone_at
            left = max(left, back_at)
        if left < ends:
            yield left, ends
