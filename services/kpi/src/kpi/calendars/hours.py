"""What is said of opening hours, all of it by the wall clock of one zone. It knows no instant."""

from collections.abc import Iterator
from datetime import datetime
from enum import IntEnum

from chassis.zones import NAMES, VERSION
from msgspec import Struct

DAY_MINUTES = 1_440
WEEK_MINUTES = 7 * DAY_MINUTES
WEEKLY_MAX = 200
EXCEPTIONS_MAX = 1_000
"""Against: a calendar is one fact, and all exceptions are instants before the first question is answered."""
NAME_MAX = 100
"""Code points of what something is called."""
YEARS = range(1970, 2200)
"""The years a calendar knows; before and after them nothing is open."""


class WeeklyHours(Struct, frozen=True, array_like=True, gc=False):
    """One span of every week: from `start_minute` of a day to before `end_minute`, both after that day's midnight.

    `weekday` is 1 (Monday) to 7, `start_minute` 0..1439, `end_minute` more than that and at most a week more: a night
    shift from 22:00 to 06:00 is 1320 to 1800, and always open is one span of 10080 minutes.
    """

    weekday: int
    start_minute: int
    end_minute: int


class ExceptionKind(IntEnum):
    """What is otherwise than the weekly hours."""

    UNSPECIFIED = 0
    CLOSED = 1
    OPEN = 2


class CalendarException(Struct, frozen=True, array_like=True, gc=False):
    """A time that is otherwise than the weekly hours; `start` and `end` are wall times such as "2026-12-24T14:00".

    Of a time that is both closed and open, open holds: a day of other hours is closed as a whole and open for a part.
    """

    start: str
    end: str
    kind: ExceptionKind
    display_name: str


class Schedule(Struct, frozen=True, array_like=True, gc=False):
    """Weekly hours and what is otherwise, by the wall clock of the IANA zone `time_zone`. The order says nothing."""

    time_zone: str
    weekly: tuple[WeeklyHours, ...] = ()
    exceptions: tuple[CalendarException, ...] = ()


WALL_FORMAT = "%Y-%m-%dT%H:%M"


def wall_of(text: str) -> datetime:
    """The wall time of a text such as "2026-12-24T14:00", without a zone. Raises ValueError for any other form."""
    wall = datetime.strptime(text, WALL_FORMAT)  # noqa: DTZ007 (it has no zone: its calendar has)
    if wall.strftime(WALL_FORMAT) != text:
        raise ValueError(f"{text!r} is no wall time such as 2026-12-24T14:00")
    return wall


def in_order(schedule: Schedule) -> Schedule:
    """What says the same in the one order that facts have it in, each thing once."""
    return Schedule(
        schedule.time_zone,
        tuple(sorted(set(schedule.weekly), key=lambda one: (one.weekday, one.start_minute, one.end_minute))),
        tuple(sorted(set(schedule.exceptions), key=lambda one: (one.start, one.end, one.kind, one.display_name))),
    )


def wrong_in(schedule: Schedule) -> Iterator[tuple[str, str]]:
    """What is wrong with a schedule: (field, sentence). Nothing where it can be laid out on instants."""
    if schedule.time_zone not in NAMES:
        yield "time_zone", f"is an IANA time zone such as Asia/Shanghai; tzdata {VERSION} has no other"
    if len(schedule.weekly) > WEEKLY_MAX:
        yield "weekly", f"are at most {WEEKLY_MAX}"
    for number, hours in enumerate(schedule.weekly[:WEEKLY_MAX]):
        if not 1 <= hours.weekday <= 7:
            yield f"weekly[{number}].weekday", "is 1 (Monday) to 7 (Sunday)"
        if not 0 <= hours.start_minute < DAY_MINUTES:
            yield f"weekly[{number}].start_minute", f"is 0 to {DAY_MINUTES - 1}"
        elif not 0 < hours.end_minute - hours.start_minute <= WEEK_MINUTES:
            yield f"weekly[{number}].end_minute", f"is after start_minute, by {WEEK_MINUTES} at most"
    if len(schedule.exceptions) > EXCEPTIONS_MAX:
        yield "exceptions", f"are at most {EXCEPTIONS_MAX}"
    for number, one in enumerate(schedule.exceptions[:EXCEPTIONS_MAX]):
        for field, why in _wrong_of(one):
            yield f"exceptions[{number}].{field}", why


def _wrong_of(one: CalendarException) -> Iterator[tuple[str, str]]:
    walls = []
    for field, text in (("start", one.start), ("end", one.end)):
        try:
            walls.append(wall_of(text))
        except ValueError:
            yield field, "is a wall time such as 2026-12-24T14:00"
            continue
        if walls[-1].year not in YEARS:
            yield field, f"is of the years {YEARS.start} to {YEARS.stop - 1}"
    if len(walls) == 2 and walls[0] >= walls[1]:
        yield "end", "is after start"
    if one.kind not in (ExceptionKind.CLOSED, ExceptionKind.OPEN):
        yield "kind", "is CLOSED or OPEN"
    if len(one.display_name) > NAME_MAX:
        yield "display_name", f"has at most {NAME_MAX} code points"
