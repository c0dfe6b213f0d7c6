"""switchboard/kpi/v1/events.proto as structs: see protos/structs.py. Written by `make generate`."""

from typing import ClassVar

from msgspec import Struct

from switchboard.structs import STRUCTS, Instant


class WeeklyHours(Struct, frozen=True, array_like=True, gc=False):
    """One span of every week. A night shift is one span, and so is a whole week that is always open."""

    NAME: ClassVar[str] = "switchboard.kpi.v1.WeeklyHours"
    """Full name of its message."""
    weekday: int = 0
    """1 (Monday) to 7 (Sunday)."""
    start_minute: int = 0
    """First minute, counted from that day's midnight, 0..1439."""
    end_minute: int = 0
    """First minute after it, counted from the same midnight, more than `start_minute` and at most a week (10080) more."""


class CalendarException(Struct, frozen=True, array_like=True, gc=False):
    """A time that is otherwise than the weekly hours: for a part of a day or for days. A day of other hours is a closing of it and an opening in it."""

    NAME: ClassVar[str] = "switchboard.kpi.v1.CalendarException"
    """Full name of its message."""
    start: str = ""
    """Wall time in the calendar's zone at which it begins, such as "2026-12-24T14:00"; years 1970..2199."""
    end: str = ""
    """Wall time before which it ends, after `start`."""
    kind: int = 0
    """Which of both."""
    display_name: str = ""
    """What it is called, 0..100 code points."""


class CalendarDefined(Struct, frozen=True, array_like=True, gc=False):
    """A calendar of business time means this from now on. Its earlier versions stay what they were."""

    NAME: ClassVar[str] = "switchboard.kpi.v1.CalendarDefined"
    """Full name of its message."""
    calendar_id: str = ""
    """Its id, `[a-z0-9][a-z0-9-]{0,62}`."""
    version: int = 0
    """From 1, one more with each change."""
    display_name: str = ""
    """What it is called, 0..100 code points."""
    time_zone: str = ""
    """IANA name of the zone whose wall clock is meant."""
    weekly: tuple[WeeklyHours, ...] = ()
    """Weekly hours, sorted, at most 200."""
    exceptions: tuple[CalendarException, ...] = ()
    """Exceptions, sorted, at most 1000."""
    tzdata_version: str = ""
    """Release of the zone tables it was defined with, such as "2026b"."""
    at: Instant = Instant(0)
    """When."""


STRUCTS |= {cls.NAME: cls for cls in (WeeklyHours, CalendarException, CalendarDefined,)}
