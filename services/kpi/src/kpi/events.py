"""The facts of the `kpi` context as frozen data. Units, ranges and meanings of the fields: see events.proto."""

from typing import TypeAlias

from chassis.clock import Instant
from msgspec import Struct

from kpi.calendars.hours import CalendarException, Schedule, WeeklyHours


class CalendarDefined(Struct, frozen=True, array_like=True, gc=False):
    """A calendar means this from now on; its earlier versions stay what they were."""

    calendar_id: str
    version: int
    display_name: str
    time_zone: str
    weekly: tuple[WeeklyHours, ...]
    exceptions: tuple[CalendarException, ...]
    tzdata_version: str
    at: Instant

    @property
    def schedule(self) -> Schedule:
        """What it says of opening hours."""
        return Schedule(self.time_zone, self.weekly, self.exceptions)


Event: TypeAlias = CalendarDefined
