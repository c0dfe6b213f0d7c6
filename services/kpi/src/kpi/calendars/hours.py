"""What is said of opening hours, all of it by the wall clock of one zone. It knows no instant."""

from datetime import datetime, timedelta
from enum import IntEnum

from msgspec import Struct

DAY_MINUTES = 1_440
WEEK_MINUTES = 7 * DAY_MINUTES


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


def day_of(midnight: datetime, name: str, kind: ExceptionKind, days: int = 1) -> CalendarException:
    """Whole days from a midnight on."""
    ends = midnight + timedelta(days=days)
    return CalendarException(midnight.strftime(WALL_FORMAT), ends.strftime(WALL_FORMAT), kind, name)
