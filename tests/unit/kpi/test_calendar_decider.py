"""Calendars: defined, changed version by version, asked for in which form, and kept in the table."""

from __future__ import annotations

from typing import Any

import pytest
import recording
from chassis.clock import MICROS, Instant
from chassis.commits import Subject
from chassis.errors import InvalidRequest, Rejected
from chassis.zones import VERSION
from google.protobuf.duration_pb2 import Duration
from google.protobuf.field_mask_pb2 import FieldMask
from google.protobuf.timestamp_pb2 import Timestamp
from hypothesis import given
from hypothesis import strategies as st
from kpi.calendar_requests import command_of, import_of, measure_of, message
from kpi.calendars.hours import (
    EXCEPTIONS_MAX,
    CalendarException,
    ExceptionKind,
    Schedule,
    WeeklyHours,
    in_order,
    wrong_in,
)
from kpi.decider import (
    CALENDARS_MAX,
    AddExceptions,
    Calendars,
    ChangeCalendar,
    Command,
    CreateCalendar,
    Reason,
    decide,
    evolve,
)
from kpi.events import CalendarDefined
from kpi.shards import dump, load
from kpi.views.calendars import CODEC, CalendarsView
from switchboard.kpi.v1 import events_pb2
from switchboard.kpi.v1 import service_pb2 as api

PLACE = "tenants/acme"
AN_ID = "01890a5d-ac96-774b-bcce-b302099a8001"
T0 = Instant(1_790_000_000 * MICROS)
OFFICE = Schedule("Europe/Berlin", tuple(WeeklyHours(day, 540, 1_020) for day in range(1, 6)))
XMAS = CalendarException("2026-12-25T00:00", "2026-12-26T00:00", ExceptionKind.CLOSED, "Christmas Day")
NEW_YEAR = CalendarException("2027-01-01T00:00", "2027-01-02T00:00", ExceptionKind.CLOSED, "New Year")


def create(calendar_id: str = "default", schedule: Schedule = OFFICE, tables: str = VERSION) -> CreateCalendar:
    """A calendar of these hours."""
    return CreateCalendar(calendar_id, "Office", schedule, tables, T0)


def change(calendar_id: str = "default", expected: int = 0, tables: str = VERSION, **settings: Any) -> ChangeCalendar:
    """Some of what it says."""
    given: dict[str, Any] = {"display_name": None, "time_zone": None, "weekly": None, "exceptions": None} | settings
    return ChangeCalendar(
        calendar_id=calendar_id, expected_version=expected, tzdata_version=tables, at=Instant(T0 + 1), **given
    )


def add(*exceptions: CalendarException, time_zone: str = "Europe/Berlin") -> AddExceptions:
    return AddExceptions("default", time_zone, exceptions, VERSION, Instant(T0 + 1))


def many(count: int) -> tuple[CalendarException, ...]:
    closed = ExceptionKind.CLOSED
    return tuple(
        CalendarException(f"{1970 + n // 12}-{n % 12 + 1:02}-01T00:00", "2199-01-01T00:00", closed, "")
        for n in range(count)
    )


DECIDED = [
    pytest.param([], create(), ["default 1"], id="a calendar is defined"),
    pytest.param([create()], create(), Reason.CALENDAR_EXISTS, id="once"),
    pytest.param([create()], change(time_zone="UTC"), ["default 2"], id="a change is another version"),
    pytest.param(
        [create()], change(time_zone="Europe/Berlin", display_name="Office"), [], id="what it is changes nothing"
    ),
    pytest.param(
        [create()], change(weekly=OFFICE.weekly[::-1] * 2), [], id="hours in another order are the same hours"
    ),
    pytest.param(
        [create(tables="2020a")], change(), ["default 2"], id="the same hours by other tables are another version"
    ),
    pytest.param([create()], change(expected=1, time_zone="UTC"), ["default 2"], id="at the version that was read"),
    pytest.param(
        [create(), change(time_zone="UTC")],
        change(expected=1, display_name="x"),
        Reason.CALENDAR_CHANGED,
        id="not at one that is past",
    ),
    pytest.param([], change(), Reason.CALENDAR_UNKNOWN, id="only what is there is changed"),
    pytest.param([create()], add(XMAS, NEW_YEAR), ["default 2"], id="holidays are added"),
    pytest.param([create(), add(XMAS)], add(XMAS), [], id="adding twice is adding once"),
    pytest.param([create(), add(XMAS)], add(XMAS, NEW_YEAR), ["default 3"], id="to those there are"),
    pytest.param([], add(XMAS), Reason.CALENDAR_UNKNOWN, id="to a calendar there is"),
    pytest.param([create()], add(XMAS, time_zone="UTC"), Reason.CALENDAR_CHANGED, id="by the clock they were read by"),
    pytest.param(
        [create(), change(exceptions=many(EXCEPTIONS_MAX))], add(XMAS), Reason.CALENDAR_FULL, id="while there is room"
    ),
    pytest.param(
        [create(f"c{n}") for n in range(CALENDARS_MAX)],
        create("more"),
        Reason.TOO_MANY_CALENDARS,
        id="there is a limit",
    ),
]


def folded(*commands: Command) -> Calendars:
    """What these commands lead to."""
    calendars = Calendars()
    for command in commands:
        for event in decide(command, calendars):
            calendars = evolve(calendars, event)
    return calendars


@pytest.mark.parametrize(("given", "when", "then"), DECIDED)
def test_decide(given: list[Command], when: Command, then: list[str] | Reason) -> None:
    calendars = folded(*given)
    if isinstance(then, Reason):
        with pytest.raises(Rejected) as refused:
            decide(when, calendars)
        assert refused.value.reason == then
    else:
        assert [f"{one.calendar_id} {one.version}" for one in decide(when, calendars)] == then


def test_a_snapshot_is_the_state_it_was_made_of() -> None:
    calendars = folded(create("b"), create("a"), create(), add(XMAS))
    assert load(b"".join(dump(calendars))) == calendars


def test_what_was_added_is_said_beside_what_was_there() -> None:
    calendars = folded(create(), add(NEW_YEAR), add(XMAS))
    assert calendars.defined["default"].exceptions == (XMAS, NEW_YEAR)


def calendar(**settings: Any) -> api.Calendar:
    return api.Calendar(**{"time_zone": "Europe/Berlin"} | settings)


def hours(weekday: int = 1, start: int = 540, end: int = 1_020) -> list[events_pb2.WeeklyHours]:
    return [events_pb2.WeeklyHours(weekday=weekday, start_minute=start, end_minute=end)]


def otherwise(**settings: Any) -> list[events_pb2.CalendarException]:
    usual: dict[str, Any] = {
        "start": "2026-12-24T14:00",
        "end": "2026-12-25T00:00",
        "kind": events_pb2.EXCEPTION_KIND_CLOSED,
    }
    return [events_pb2.CalendarException(**usual | settings)]


@pytest.mark.parametrize(
    ("settings", "field"),
    [
        pytest.param({"time_zone": "Mars/Base"}, "calendar.time_zone", id="a zone that nobody has"),
        pytest.param({"display_name": "x" * 101}, "calendar.display_name", id="a long name"),
        pytest.param({"weekly": hours(0)}, "calendar.weekly[0].weekday", id="day 0"),
        pytest.param({"weekly": hours(8)}, "calendar.weekly[0].weekday", id="day 8"),
        pytest.param({"weekly": hours(1, -1)}, "calendar.weekly[0].start_minute", id="before the day"),
        pytest.param({"weekly": hours(1, 1_440, 1_500)}, "calendar.weekly[0].start_minute", id="the next day"),
        pytest.param({"weekly": hours(1, 600, 600)}, "calendar.weekly[0].end_minute", id="no length"),
        pytest.param({"weekly": hours(1, 600, 10_681)}, "calendar.weekly[0].end_minute", id="more than a week"),
        pytest.param({"weekly": hours() * 201}, "calendar.weekly", id="too many hours"),
        pytest.param({"exceptions": otherwise() * 1_001}, "calendar.exceptions", id="too many exceptions"),
        pytest.param({"exceptions": otherwise(start="24.12.")}, "calendar.exceptions[0].start", id="no wall time"),
        pytest.param({"exceptions": otherwise(end="2026-12-24T24:00")}, "calendar.exceptions[0].end", id="hour 24"),
        pytest.param(
            {"exceptions": otherwise(start="1969-12-31T00:00")}, "calendar.exceptions[0].start", id="too early"
        ),
        pytest.param(
            {"exceptions": otherwise(end="2026-12-24T14:00")}, "calendar.exceptions[0].end", id="no length then"
        ),
        pytest.param({"exceptions": otherwise(kind=0)}, "calendar.exceptions[0].kind", id="no kind"),
        pytest.param({"exceptions": otherwise(kind=7)}, "calendar.exceptions[0].kind", id="a kind that nobody has"),
    ],
)
def test_what_is_wrong_is_named(settings: dict[str, Any], field: str) -> None:
    asked = api.CreateCalendarRequest(
        parent=PLACE, calendar_id="default", calendar=calendar(**settings), request_id=AN_ID
    )
    with pytest.raises(InvalidRequest) as refused:
        command_of(asked, T0)
    assert [name for name, _ in refused.value.violations] == [field]


def test_a_mask_says_what_is_changed() -> None:
    changed = calendar(name=f"{PLACE}/calendars/default", weekly=hours())
    asked = api.UpdateCalendarRequest(
        calendar=changed, update_mask=FieldMask(paths=["exceptions"]), expected_version=3, request_id=AN_ID
    )
    assert command_of(asked, Instant(T0 + 1)) == change(expected=3, exceptions=())


@pytest.mark.parametrize(
    ("first", "last", "years"),
    [
        pytest.param(0, 0, range(2026, 2029), id="this year and the next two"),
        pytest.param(0, 2030, range(2026, 2031), id="from this year on"),
        pytest.param(1999, 0, range(1999, 2002), id="three years"),
        pytest.param(2026, 2035, range(2026, 2036), id="ten years"),
        pytest.param(2026, 2036, "last_year", id="not eleven"),
        pytest.param(2026, 2025, "last_year", id="not backwards"),
        pytest.param(1066, 0, "first_year", id="not before there was a clock"),
    ],
)
def test_which_years_of_a_file_are_taken(first: int, last: int, years: range | str) -> None:
    asked = api.ImportCalendarExceptionsRequest(
        name=f"{PLACE}/calendars/default", ical=b"x", first_year=first, last_year=last
    )
    if isinstance(years, range):
        assert import_of(asked, T0) == ("default", ExceptionKind.CLOSED, years)
    else:
        with pytest.raises(InvalidRequest) as refused:
            import_of(asked, T0)
        assert [name for name, _ in refused.value.violations] == [years]


def measure(**settings: Any) -> api.MeasureBusinessTimeRequest:
    usual: dict[str, Any] = {"name": f"{PLACE}/calendars/default", "start_time": Timestamp(seconds=1_790_000_000)}
    return api.MeasureBusinessTimeRequest(**usual | settings)


@pytest.mark.parametrize(
    ("settings", "field"),
    [
        pytest.param({}, "until", id="nothing about the end"),
        pytest.param({"end_time": Timestamp(seconds=10_000_000_000)}, "end_time", id="centuries"),
        pytest.param({"business_time": Duration(seconds=-1)}, "business_time", id="a length below 0"),
        pytest.param({"business_time": Duration(seconds=10**10)}, "business_time", id="centuries of work"),
        pytest.param({"end_time": Timestamp(seconds=1), "version": -1}, "version", id="a version below 0"),
    ],
)
def test_what_cannot_be_measured_is_refused(settings: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        measure_of(measure(**settings))
    assert [name for name, _ in refused.value.violations] == [field]


def test_a_calendar_is_shown_as_it_can_be_sent_back() -> None:
    defined = folded(create(), add(XMAS)).defined["default"]
    shown = message("acme", defined)
    again = command_of(
        api.CreateCalendarRequest(parent=PLACE, calendar_id="default", calendar=shown, request_id=AN_ID), T0
    )
    assert isinstance(again, CreateCalendar)
    assert again.schedule == defined.schedule


@pytest.mark.parametrize("schedule", [OFFICE, Schedule("Mars/Base"), Schedule("UTC", (WeeklyHours(9, 0, 2**31 - 1),))])
def test_the_table_has_each_version_as_it_was_said_whatever_it_means(schedule: Schedule) -> None:
    fact = CalendarDefined("default", 1, "", schedule.time_zone, schedule.weekly, schedule.exceptions, VERSION, T0)
    rows: dict[str, CalendarDefined] = {}
    recorded = recording.recorded(Subject("kpi", "acme", "0"), CODEC.encode(fact))
    assert CalendarsView().keys(recorded) == ("acme/default/1",)
    CalendarsView().fold(rows, recorded)
    assert rows == {"acme/default/1": fact}


@pytest.mark.parametrize(
    ("schedule", "field"),
    [
        pytest.param(Schedule("Mars/Base"), "time_zone", id="a zone that this release does not have"),
        pytest.param(Schedule("UTC", (WeeklyHours(1, 0, 2**31 - 1),)), "weekly[0].end_minute", id="hours without end"),
        pytest.param(
            Schedule("UTC", (), (CalendarException("", "2026-01-01T00:00", ExceptionKind.OPEN, ""),)),
            "exceptions[0].start",
            id="no wall times",
        ),
    ],
)
def test_what_nothing_can_be_computed_by_is_known_before(schedule: Schedule, field: str) -> None:
    assert [name for name, _ in wrong_in(schedule)] == [field]


@given(st.permutations(OFFICE.weekly), st.permutations((XMAS, NEW_YEAR)))
def test_a_schedule_has_one_order(weekly: list[WeeklyHours], exceptions: list[CalendarException]) -> None:
    said = Schedule("UTC", tuple(weekly), tuple(exceptions))
    assert in_order(said) == in_order(in_order(said)) == Schedule("UTC", OFFICE.weekly, (XMAS, NEW_YEAR))
