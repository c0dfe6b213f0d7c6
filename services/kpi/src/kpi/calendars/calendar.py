"""Business time: how much of an interval is open, and by when so much will have been. It reads no wall clock itself.

What is open is laid out once per month of UTC, as sorted spans with their running sum. After that a question is two
binary searches and a sum over the months between, wherever its instants are.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from itertools import accumulate
from typing import NamedTuple

from chassis.clock import MICROS, Instant
from chassis.zones import zone

from kpi.calendars.hours import DAY_MINUTES, YEARS, ExceptionKind, Schedule, wall_of
from kpi.calendars.walls import reached

Span = tuple[Instant, Instant]
"""From the first instant to before the second."""

_MONTHS = [datetime(year, month, 1) for year in YEARS for month in range(1, 13)]  # noqa: DTZ001 (UTC)
_BEGINS = [(month - datetime(1970, 1, 1)) // timedelta(seconds=1) * MICROS for month in _MONTHS]  # noqa: DTZ001
_END = _BEGINS[-1] + 31 * 86_400 * MICROS


class _Month(NamedTuple):
    """What is open in a month: spans in order that do not touch, and how much that is by the end of each, in µs."""

    starts: list[Instant]
    ends: list[Instant]
    sums: list[int]

    @property
    def total(self) -> int:
        return self.sums[-1] if self.sums else 0

    def until(self, at: int) -> int:
        """How much of the month was open before an instant."""
        found = bisect_right(self.starts, at) - 1
        return 0 if found < 0 else self.sums[found] - max(0, self.ends[found] - at)


class Calendar:
    """A schedule on the line of instants. All lengths are in microseconds.

    Raises ValueError for a schedule whose exceptions are no wall times, KeyError for a zone that nobody has.
    """

    def __init__(self, schedule: Schedule) -> None:
        self._zone = zone(schedule.time_zone)
        self._weekly = schedule.weekly
        spans: dict[ExceptionKind, list[Span]] = {kind: [] for kind in ExceptionKind}
        for one in schedule.exceptions:
            spans[one.kind].append((self._reached(wall_of(one.start)), self._reached(wall_of(one.end))))
        self._closed = merged(spans[ExceptionKind.CLOSED])
        self._opened = merged(spans[ExceptionKind.OPEN])
        self._months: dict[int, _Month] = {}

    def elapsed(self, start: Instant, end: Instant) -> int:
        """How much of [start, end) is open, 0 where it has no length or ends before it begins."""
        if end <= start:
            return 0
        first, last = _month_of(start), _month_of(end)
        between = sum(self._month(number).total for number in range(first, last))
        return between + self._month(last).until(end) - self._month(first).until(start)

    def due(self, start: Instant, length: int) -> Instant | None:
        """The first instant by which so much has been open since `start`: `elapsed(start, due(start, d)) == d`.

        That is `start` for no length. None when there will never be so much, or not before the year 2200.
        """
        if length <= 0:
            return start
        first = _month_of(start)
        owed = length + self._month(first).until(start)
        for number in range(first, len(_BEGINS)):
            month = self._month(number)
            if owed <= month.total:
                found = bisect_left(month.sums, owed)
                return Instant(month.ends[found] - (month.sums[found] - owed))
            owed -= month.total
        return None

    def spans(self, start: Instant, end: Instant) -> Iterator[Span]:
        """What is open in [start, end), in order; no two touch."""
        if end <= start:
            return
        open_from = open_until = start
        for number in range(_month_of(start), _month_of(end) + 1):
            month = self._month(number)
            for index in range(bisect_right(month.ends, start), bisect_left(month.starts, end)):
                opens, closes = max(start, month.starts[index]), min(end, month.ends[index])
                if opens > open_until:  # a span that goes on over the first of a month stands in two
                    if open_from < open_until:
                        yield open_from, open_until
                    open_from = opens
                open_until = closes
        if open_from < open_until:
            yield open_from, open_until

    def _month(self, number: int) -> _Month:
        found = self._months.get(number)
        if found is None:
            found = self._months[number] = self._laid_out(number)
        return found

    def _laid_out(self, number: int) -> _Month:
        begins = Instant(_BEGINS[number])
        ends = Instant(_BEGINS[number + 1] if number + 1 < len(_BEGINS) else _END)
        weekly = _without(merged(self._weekly_from(_MONTHS[number])), self._closed)
        inside = [(max(opens, begins), min(closes, ends)) for opens, closes in merged([*weekly, *self._opened])]
        found = [(opens, closes) for opens, closes in inside if opens < closes]
        sums = accumulate(closes - opens for opens, closes in found)
        return _Month([opens for opens, _ in found], [closes for _, closes in found], list(sums))

    def _weekly_from(self, month: datetime) -> Iterator[Span]:
        """The weekly hours that a month of UTC may have a part of. Against: no zone is more than a day from it."""
        longest = max((hours.end_minute for hours in self._weekly), default=0)
        midnight = month - timedelta(days=2 + longest // DAY_MINUTES)
        while self._weekly and midnight < month + timedelta(days=33):
            for hours in self._weekly:
                if hours.weekday == midnight.isoweekday():
                    opens = midnight + timedelta(minutes=hours.start_minute)
                    closes = midnight + timedelta(minutes=hours.end_minute)
                    yield self._reached(opens), self._reached(closes)
            midnight += timedelta(days=1)

    def _reached(self, wall: datetime) -> Instant:
        return reached(wall, self._zone)


def _month_of(at: int) -> int:
    """The number of the month an instant is in, from 0; the nearest one for an instant that is in none."""
    return max(bisect_right(_BEGINS, at) - 1, 0)


def merged(spans: Iterable[Span]) -> list[Span]:
    """The same time in as few spans as there can be, in order; what has no length is left out."""
    found: list[Span] = []
    for opens, closes in sorted(one for one in spans if one[0] < one[1]):
        if found and opens <= found[-1][1]:
            found[-1] = found[-1][0], max(closes, found[-1][1])
        else:
            found.append((opens, closes))
    return found


def _without(spans: Iterable[Span], closed: list[Span]) -> Iterator[Span]:
    """What is left of spans, in order."""
    for opens, closes in spans:
        left = opens
        for index in range(bisect_right(closed, left, key=lambda one: one[1]), len(closed)):
            gone_at, back_at = closed[index]
            if gone_at >= closes:
                break
            if gone_at > left:
                yield left, gone_at
            left = max(left, back_at)
        if left < closes:
            yield left, closes
