"""What may become of calendars: they are defined, and every change makes another version. Pure.

A calendar is never deleted: a number says by which version it was computed, and has to be computed by it again.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeAlias, assert_never

from chassis.clock import Instant
from chassis.errors import Rejected
from msgspec import Struct, structs

from kpi import events
from kpi.calendars.hours import EXCEPTIONS_MAX, CalendarException, Schedule, WeeklyHours, in_order

CALENDARS_MAX = 200
"""Calendars of a tenant. Against: all of them are in the memory of its shard."""


class Reason(StrEnum):
    """Why the business says no."""

    CALENDAR_CHANGED = "CALENDAR_CHANGED"
    CALENDAR_EXISTS = "CALENDAR_EXISTS"
    CALENDAR_FULL = "CALENDAR_FULL"
    CALENDAR_NOT_COMPUTABLE = "CALENDAR_NOT_COMPUTABLE"
    CALENDAR_UNKNOWN = "CALENDAR_UNKNOWN"
    TOO_MANY_CALENDARS = "TOO_MANY_CALENDARS"


class CreateCalendar(Struct, frozen=True, gc=False):
    """Define a calendar. `tzdata_version` names the zone tables there are."""

    calendar_id: str
    display_name: str
    schedule: Schedule
    tzdata_version: str
    at: Instant


class ChangeCalendar(Struct, frozen=True, gc=False):
    """Change what is not None, if the calendar is at `expected_version` (0: at any)."""

    calendar_id: str
    expected_version: int
    display_name: str | None
    time_zone: str | None
    weekly: tuple[WeeklyHours, ...] | None
    exceptions: tuple[CalendarException, ...] | None
    tzdata_version: str
    at: Instant


class AddExceptions(Struct, frozen=True, gc=False):
    """Add exceptions to those a calendar has, which is in `time_zone`; one that is there already is the same one."""

    calendar_id: str
    time_zone: str
    exceptions: tuple[CalendarException, ...]
    tzdata_version: str
    at: Instant


Command: TypeAlias = CreateCalendar | ChangeCalendar | AddExceptions


@dataclass(slots=True)
class Calendars:
    """The latest version of each calendar of a tenant, by id."""

    defined: dict[str, events.CalendarDefined] = field(default_factory=dict)


def decide(command: Command, calendars: Calendars) -> Sequence[events.Event]:
    """What a command leads to; nothing where all is so already. Raises Rejected."""
    match command:
        case CreateCalendar(calendar_id, display_name, schedule, tzdata_version, at):
            if calendar_id in calendars.defined:
                detail = f"calendar {calendar_id} is there already; change it with UpdateCalendar, or take another id"
                raise Rejected(Reason.CALENDAR_EXISTS, detail, resource=f"calendars/{calendar_id}")
            if len(calendars.defined) >= CALENDARS_MAX:
                raise Rejected(Reason.TOO_MANY_CALENDARS, f"there are {CALENDARS_MAX} calendars; change one of them")
            said = in_order(schedule)
            what = said.time_zone, said.weekly, said.exceptions
            return [events.CalendarDefined(calendar_id, 1, display_name, *what, tzdata_version, at)]
        case ChangeCalendar(calendar_id, expected_version):
            now = known(calendars, calendar_id)
            if expected_version not in (0, now.version):
                detail = f"calendar {calendar_id} is at version {now.version}, not {expected_version}; read it again"
                raise Rejected(Reason.CALENDAR_CHANGED, detail, resource=f"calendars/{calendar_id}")
            said = in_order(
                Schedule(
                    now.time_zone if command.time_zone is None else command.time_zone,
                    now.weekly if command.weekly is None else command.weekly,
                    now.exceptions if command.exceptions is None else command.exceptions,
                )
            )
            named = now.display_name if command.display_name is None else command.display_name
            return _changed(now, named, said, command.tzdata_version, command.at)
        case AddExceptions(calendar_id, time_zone, exceptions, tzdata_version, at):
            now = known(calendars, calendar_id)
            if time_zone != now.time_zone:
                detail = f"calendar {calendar_id} is in {now.time_zone} by now, not in {time_zone}; import again"
                raise Rejected(Reason.CALENDAR_CHANGED, detail, resource=f"calendars/{calendar_id}")
            if set(exceptions) <= set(now.exceptions):
                return []
            said = in_order(Schedule(now.time_zone, now.weekly, (*now.exceptions, *exceptions)))
            if len(said.exceptions) > EXCEPTIONS_MAX:
                detail = (
                    f"calendar {calendar_id} would have {len(said.exceptions)} exceptions, and has {EXCEPTIONS_MAX} at"
                    " most; drop those that are past"
                )
                raise Rejected(Reason.CALENDAR_FULL, detail, resource=f"calendars/{calendar_id}")
            return _changed(now, now.display_name, said, tzdata_version, at)
        case _:
            assert_never(command)


def evolve(calendars: Calendars, event: events.Event) -> Calendars:
    """The calendars after a fact."""
    calendars.defined[event.calendar_id] = event
    return calendars


def known(calendars: Calendars, calendar_id: str) -> events.CalendarDefined:
    """A calendar as it is. Raises Rejected."""
    found = calendars.defined.get(calendar_id)
    if found is None:
        detail = f"there is no calendar {calendar_id}"
        raise Rejected(Reason.CALENDAR_UNKNOWN, detail, resource=f"calendars/{calendar_id}")
    return found


def _changed(
    now: events.CalendarDefined, display_name: str, said: Schedule, tzdata_version: str, at: Instant
) -> Sequence[events.Event]:
    """The next version, where anything differs. Other zone tables may mean other instants: that is a difference."""
    what = said.time_zone, said.weekly, said.exceptions
    after = events.CalendarDefined(now.calendar_id, now.version, display_name, *what, tzdata_version, now.at)
    return [] if after == now else [structs.replace(after, version=now.version + 1, at=at)]
