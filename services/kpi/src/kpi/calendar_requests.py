"""Requests about calendars as commands, and calendars as they are shown. Asks nobody and decides nothing."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias

from chassis.clock import FIRST, MICROS, Clock, Instant, to_datetime, to_timestamp
from chassis.errors import InvalidRequest
from chassis.forms import Judge, together
from chassis.masks import changed_fields
from chassis.message_limits import MessageLimits
from chassis.requests import instant, page, parse_name
from chassis.zones import VERSION
from google.protobuf.duration_pb2 import Duration
from google.protobuf.message import Message
from switchboard.kpi.v1 import events_pb2
from switchboard.kpi.v1 import service_pb2 as api

from kpi import events
from kpi.calendars import holidays
from kpi.calendars.hours import NAME_MAX, YEARS, CalendarException, ExceptionKind, Schedule, WeeklyHours, wrong_in
from kpi.decider import AddExceptions, ChangeCalendar, Command, CreateCalendar

NAME = "tenants/{tenant}/calendars/{calendar}"
INTERVAL_MAX_S = 50 * 366 * 86_400
"""How long an interval may be. Against: each month of it is laid out once, in milliseconds."""
BUSINESS_MAX_S = 10 * 366 * 86_400
"""How much business time can be asked for."""
_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
Changing: TypeAlias = api.CreateCalendarRequest | api.UpdateCalendarRequest
LIMITS = MessageLimits(
    totals={f"switchboard.kpi.v1.{name}CalendarRequest": 512 * 1024 for name in ("Create", "Update")},
)
"""What requests may carry beyond the usual: a thousand exceptions with their names."""


def judges(clock: Clock) -> Mapping[type[Message], Judge]:
    """What is wrong with the form of requests, beyond what the contract says of their fields."""
    return {
        **dict.fromkeys((api.CreateCalendarRequest, api.UpdateCalendarRequest), lambda asked: command_of(asked, FIRST)),
        api.GetCalendarRequest: lambda asked: together(lambda: _named(asked.name), lambda: _version(asked.version)),
        api.ListCalendarsRequest: page,
        api.ImportCalendarExceptionsRequest: lambda asked: import_of(asked, clock.now()),
        api.MeasureBusinessTimeRequest: measure_of,
    }


def tenant_of(request: Changing) -> str:
    """Whose calendar a request changes."""
    if isinstance(request, api.CreateCalendarRequest):
        return parse_name("tenants/{tenant}", request.parent, "parent")["tenant"]
    return _named(request.calendar.name, "calendar.name")[0]


def command_of(request: Changing, now: Instant) -> Command:
    """What a request asks for. Raises InvalidRequest with everything that is wrong with it."""
    wrong: list[tuple[str, str]] = []
    calendar = request.calendar
    said = Schedule(calendar.time_zone or "UTC", _weekly_of(calendar.weekly), _exceptions_of(calendar.exceptions))
    wrong += ((f"calendar.{field}", why) for field, why in wrong_in(said))
    if len(calendar.display_name) > NAME_MAX:
        wrong.append(("calendar.display_name", f"has at most {NAME_MAX} code points"))
    command: Command
    match request:
        case api.CreateCalendarRequest():
            if _ID.fullmatch(request.calendar_id) is None:
                wrong.append(("calendar_id", f"has the form {_ID.pattern}"))
            command = CreateCalendar(request.calendar_id, calendar.display_name, said, VERSION, now)
        case api.UpdateCalendarRequest():
            mask, complaints = changed_fields(calendar, request.update_mask)
            wrong += complaints
            if request.expected_version < 0:
                wrong.append(("expected_version", "is 1 or more, or 0 for any"))
            calendar_id = ""
            try:
                calendar_id = _named(calendar.name, "calendar.name")[1]
            except InvalidRequest as invalid:
                wrong += invalid.violations
            command = ChangeCalendar(
                calendar_id,
                request.expected_version,
                calendar.display_name if "display_name" in mask else None,
                said.time_zone if "time_zone" in mask else None,
                said.weekly if "weekly" in mask else None,
                said.exceptions if "exceptions" in mask else None,
                VERSION,
                now,
            )
    if wrong:
        raise InvalidRequest(wrong)
    return command


class Import(NamedTuple):
    """What is to be read from a file, and into which calendar."""

    calendar_id: str
    kind: ExceptionKind
    years: range


def import_of(request: api.ImportCalendarExceptionsRequest, now: Instant) -> Import:
    """What a request asks for; the file is not looked into. Raises InvalidRequest."""
    wrong: list[tuple[str, str]] = []
    if len(request.ical) > holidays.FILE_BYTES_MAX:
        wrong.append(("ical", f"has {len(request.ical)} bytes; {holidays.FILE_BYTES_MAX} are taken at most"))
    first = request.first_year or to_datetime(now).year
    last = request.last_year or first + 2
    if first not in YEARS:
        wrong.append(("first_year", f"is {YEARS.start} to {YEARS.stop - 1}, or 0 for this year"))
    elif not first <= last < first + holidays.YEARS_MAX:
        wrong.append(("last_year", f"is first_year to {holidays.YEARS_MAX - 1} later, or 0 for 2 later"))
    if wrong:
        raise InvalidRequest(wrong)
    kind = _kind(request.kind) or ExceptionKind.CLOSED
    return Import(_named(request.name)[1], kind, range(first, last + 1))


def adding(asked: Import, ical: bytes, time_zone: str, now: Instant) -> AddExceptions:
    """The command to add what a file says, by the clock of a zone; it takes up to seconds. Raises InvalidRequest."""
    try:
        found = holidays.exceptions_of(ical, time_zone, asked.kind, asked.years)
    except holidays.Unreadable as unreadable:
        raise InvalidRequest([("ical", str(unreadable))]) from None
    for _, why in wrong_in(Schedule(time_zone, (), found)):
        raise InvalidRequest([("ical", f"has a time that {why}")])
    return AddExceptions(asked.calendar_id, time_zone, found, VERSION, now)


class Measure(NamedTuple):
    """What is asked of a calendar: exactly one of `end` and `length` (µs) is there."""

    tenant: str
    calendar_id: str
    version: int
    start: Instant
    end: Instant | None
    length: int | None


def measure_of(request: api.MeasureBusinessTimeRequest) -> Measure:
    """The question of a request. Raises InvalidRequest."""
    wrong: list[tuple[str, str]] = []

    def take(read: Callable[[], Any], otherwise: Any) -> Any:
        try:
            return read()
        except InvalidRequest as invalid:
            wrong.extend(invalid.violations)
            return otherwise

    tenant, calendar_id = take(lambda: _named(request.name), ("", ""))
    take(lambda: _version(request.version), None)
    start = take(lambda: instant(request, "start_time"), FIRST)
    end = length = None
    match request.WhichOneof("until"):
        case "end_time":
            end = take(lambda: instant(request, "end_time"), FIRST)
            if not wrong and end - start > INTERVAL_MAX_S * MICROS:
                wrong.append(("end_time", "is at most 50 years after start_time"))
        case "business_time":
            length = request.business_time.seconds * MICROS + request.business_time.nanos // 1_000
            if not 0 <= length <= BUSINESS_MAX_S * MICROS:
                wrong.append(("business_time", "is 0 to 10 years"))
        case _:
            wrong.append(("until", "one of end_time, business_time is required"))
    if wrong:
        raise InvalidRequest(wrong)
    return Measure(tenant, calendar_id, request.version, start, end, length)


def calendar_named(request: api.GetCalendarRequest | api.ImportCalendarExceptionsRequest) -> tuple[str, str]:
    """(tenant, id) of a calendar that is asked for."""
    return _named(request.name)


def message(tenant: str, defined: events.CalendarDefined) -> api.Calendar:
    """A calendar as it is shown."""
    return api.Calendar(
        name=f"tenants/{tenant}/calendars/{defined.calendar_id}",
        display_name=defined.display_name,
        time_zone=defined.time_zone,
        weekly=[
            events_pb2.WeeklyHours(weekday=one.weekday, start_minute=one.start_minute, end_minute=one.end_minute)
            for one in defined.weekly
        ],
        exceptions=[
            events_pb2.CalendarException(
                start=one.start,
                end=one.end,
                kind=f"EXCEPTION_KIND_{one.kind.name}",
                display_name=one.display_name,
            )
            for one in defined.exceptions
        ],
        version=defined.version,
        tzdata_version=defined.tzdata_version,
        defined_at=to_timestamp(defined.at),
    )


def duration(micros: int) -> Duration:
    """A length in microseconds, exact."""
    return Duration(seconds=micros // MICROS, nanos=micros % MICROS * 1_000)


def _named(name: str, field: str = "name") -> tuple[str, str]:
    found = parse_name(NAME, name, field)
    return found["tenant"], found["calendar"]


def _version(version: int) -> None:
    if version < 0:
        raise InvalidRequest([("version", "is 1 or more, or 0 for the latest")])


def _weekly_of(given: Sequence[events_pb2.WeeklyHours]) -> tuple[WeeklyHours, ...]:
    return tuple(WeeklyHours(one.weekday, one.start_minute, one.end_minute) for one in given)


def _exceptions_of(given: Sequence[events_pb2.CalendarException]) -> tuple[CalendarException, ...]:
    return tuple(CalendarException(one.start, one.end, _kind(one.kind), one.display_name) for one in given)


def _kind(number: int) -> ExceptionKind:
    """The kind of a number; of one that is none, none."""
    return ExceptionKind(number) if number in set(ExceptionKind) else ExceptionKind.UNSPECIFIED
