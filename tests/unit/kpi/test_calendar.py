"""Business time: how much of an interval is open, when so much has been open, and the laws both keep."""

from datetime import datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfoNotFoundError

import pytest
from chassis.clock import FIRST, LAST, MICROS, Instant, from_datetime
from chassis.zones import NAMES, zone
from hypothesis import given, settings
from hypothesis import strategies as st
from kpi.calendars.calendar import Calendar
from kpi.calendars.hours import (
    DAY_MINUTES,
    WEEK_MINUTES,
    YEARS,
    CalendarException,
    ExceptionKind,
    Schedule,
    WeeklyHours,
    wall_of,
)
from kpi.calendars.walls import reached

BERLIN = "Europe/Berlin"
OFFICE = tuple(WeeklyHours(day, 540, 1_020) for day in range(1, 6))
NIGHTS = tuple(WeeklyHours(day, 1_320, 1_800) for day in range(1, 8))
ALWAYS = (WeeklyHours(1, 0, WEEK_MINUTES),)
HOUR = 3_600 * MICROS
CLOSED, OPEN = ExceptionKind.CLOSED, ExceptionKind.OPEN


def at(text: str, name: str = BERLIN) -> Instant:
    """An instant of a text such as "2026-03-29T01:00", by the clock of a place."""
    return from_datetime(datetime.fromisoformat(text).replace(tzinfo=zone(name)))


def otherwise(start: str, end: str, kind: ExceptionKind) -> CalendarException:
    return CalendarException(start, end, kind, "")


def whole_day(text: str) -> CalendarException:
    midnight = wall_of(f"{text}T00:00")
    return otherwise(f"{text}T00:00", (midnight + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M"), CLOSED)


CHRISTMAS_EVE = otherwise("2026-12-24T14:00", "2026-12-25T00:00", CLOSED)
SUNDAY = [whole_day("2026-11-29"), otherwise("2026-11-29T13:00", "2026-11-29T18:00", OPEN)]


@pytest.mark.parametrize(
    ("weekly", "exceptions", "start", "end", "hours"),
    [
        pytest.param(OFFICE, [], "2026-11-30T00:00", "2026-12-07T00:00", 40, id="a week of office hours"),
        pytest.param(OFFICE, [], "2026-11-27T16:00", "2026-11-30T10:00", 2, id="over a weekend"),
        pytest.param(OFFICE, [], "2026-11-30T17:00", "2026-12-01T09:00", 0, id="from closing to opening"),
        pytest.param(
            OFFICE, [], "2026-11-30T12:00", "2026-11-30T10:00", 0, id="an interval that ends before it begins"
        ),
        pytest.param(OFFICE, [], "2026-11-30T12:00", "2026-11-30T12:00", 0, id="an interval without a length"),
        pytest.param(ALWAYS, [], "2026-03-29T00:00", "2026-03-30T00:00", 23, id="a day of 23 hours"),
        pytest.param(ALWAYS, [], "2026-10-25T00:00", "2026-10-26T00:00", 25, id="a day of 25 hours"),
        pytest.param(
            NIGHTS, [], "2026-03-28T12:00", "2026-03-29T12:00", 7, id="the night in which the clock is set forward"
        ),
        pytest.param(NIGHTS, [], "2026-10-24T12:00", "2026-10-25T12:00", 9, id="the night in which it is set back"),
        pytest.param(NIGHTS, [], "2026-11-30T12:00", "2026-12-01T12:00", 8, id="any other night"),
        pytest.param(
            NIGHTS, [whole_day("2026-12-01")], "2026-11-30T12:00", "2026-12-01T12:00", 2, id="a night into a holiday"
        ),
        pytest.param(
            OFFICE, [CHRISTMAS_EVE], "2026-12-24T00:00", "2026-12-25T00:00", 5, id="a holiday from two o'clock on"
        ),
        pytest.param(
            OFFICE, SUNDAY, "2026-11-28T00:00", "2026-11-30T00:00", 5, id="an opening on a Sunday that is closed"
        ),
        pytest.param(
            OFFICE,
            [whole_day("2026-12-01"), otherwise("2026-12-01T10:00", "2026-12-01T13:00", OPEN)],
            "2026-12-01T00:00",
            "2026-12-02T00:00",
            3,
            id="a day of other hours",
        ),
        pytest.param(
            [WeeklyHours(7, 150, 170)],
            [],
            "2026-03-29T00:00",
            "2026-03-30T00:00",
            0,
            id="hours that the clock leaves out",
        ),
        pytest.param(
            [WeeklyHours(7, 150, 190)],
            [],
            "2026-03-29T00:00",
            "2026-03-30T00:00",
            1 / 6,
            id="hours that begin left out",
        ),
        pytest.param(
            [WeeklyHours(7, 60, 150)], [], "2026-03-29T00:00", "2026-03-30T00:00", 1, id="hours that end left out"
        ),
        pytest.param(
            [WeeklyHours(7, 150, 180)],
            [],
            "2026-10-25T00:00",
            "2026-10-26T00:00",
            1.5,
            id="hours that begin when first said",
        ),
        pytest.param(
            [WeeklyHours(7, 120, 150)], [], "2026-10-25T00:00", "2026-10-26T00:00", 0.5, id="and end when first said"
        ),
        pytest.param([], [], "2026-01-01T00:00", "2027-01-01T00:00", 0, id="a calendar without hours"),
    ],
)
def test_business_time(
    weekly: tuple[WeeklyHours, ...], exceptions: list[CalendarException], start: str, end: str, hours: float
) -> None:
    calendar = Calendar(Schedule(BERLIN, tuple(weekly), tuple(exceptions)))
    assert calendar.elapsed(at(start), at(end)) == hours * HOUR


@pytest.mark.parametrize(
    ("weekly", "exceptions", "start", "hours", "due"),
    [
        pytest.param(OFFICE, [], "2026-11-27T16:00", 2, "2026-11-30T10:00", id="over a weekend"),
        pytest.param(OFFICE, [], "2026-11-27T16:00", 1, "2026-11-27T17:00", id="at the closing, not the next opening"),
        pytest.param(OFFICE, [], "2026-11-28T12:00", 0, "2026-11-28T12:00", id="no length is at once, closed or not"),
        pytest.param(OFFICE, [], "2026-11-28T12:00", 1, "2026-11-30T10:00", id="from a time that is closed"),
        pytest.param(OFFICE, [CHRISTMAS_EVE], "2026-12-24T13:00", 2, "2026-12-25T10:00", id="over a holiday's part"),
        pytest.param(NIGHTS, [], "2026-03-28T22:00", 4, "2026-03-29T03:00", id="through the hour that is left out"),
        pytest.param(NIGHTS, [], "2026-10-24T22:00", 8, "2026-10-25T05:00", id="through the hour that comes twice"),
        pytest.param(OFFICE, [], "2026-01-01T00:00", 8 * 261 * 20, "2046-01-03T17:00", id="twenty years ahead"),
        pytest.param([], [], "2026-01-01T00:00", 1, None, id="never, where it never opens"),
        pytest.param([], SUNDAY, "2026-01-01T00:00", 6, None, id="never, where it opens no more"),
        pytest.param(OFFICE, [otherwise("2026-01-01T00:00", "2200-01-01T00:00", CLOSED)], "2026-02-01T00:00", 1, None,
                     id="never, where it is closed for good"),
    ],
)  # fmt: skip
def test_due(
    weekly: tuple[WeeklyHours, ...], exceptions: list[CalendarException], start: str, hours: float, due: str | None
) -> None:
    calendar = Calendar(Schedule(BERLIN, tuple(weekly), tuple(exceptions)))
    assert calendar.due(at(start), int(hours * HOUR)) == (None if due is None else at(due))


def test_what_is_open_over_the_first_of_a_month_is_one_span() -> None:
    calendar = Calendar(Schedule(BERLIN, NIGHTS))
    found = list(calendar.spans(at("2026-12-31T12:00"), at("2027-01-01T12:00")))
    assert found == [(at("2026-12-31T22:00"), at("2027-01-01T06:00"))]


def test_an_answer_is_the_same_at_either_end_of_all_time() -> None:
    calendar = Calendar(Schedule("UTC", ALWAYS))
    known = at(f"{YEARS.stop}-01-01", "UTC") - at(f"{YEARS.start}-01-01", "UTC")
    assert calendar.elapsed(FIRST, LAST) == known
    assert calendar.elapsed(LAST, FIRST) == calendar.elapsed(FIRST, FIRST) == calendar.elapsed(LAST, LAST) == 0
    assert calendar.due(LAST, 1) is None


@pytest.mark.parametrize("name", ["", "Europe/Atlantis", "europe/berlin", "../zones", "/etc/passwd", "Europe", "\0"])
def test_a_name_that_is_no_zone_is_refused(name: str) -> None:
    with pytest.raises(ZoneInfoNotFoundError):
        zone(name)


@pytest.mark.parametrize(
    "text", ["", "2026-12-24", "2026-12-24T14:00:00", "2026-2-4T14:00", "2026-02-30T00:00", "2026-12-24T24:00"]
)
def test_a_text_that_is_no_wall_time_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        wall_of(text)


MINUTES = st.integers(0, DAY_MINUTES - 1)
WEEKLY = st.lists(
    st.builds(
        lambda day, opens, length: WeeklyHours(day, opens, opens + length),
        st.integers(1, 7),
        MINUTES,
        st.integers(1, 600) | st.integers(1, WEEK_MINUTES),
    ),
    max_size=9,
).map(tuple)


@st.composite
def exceptions(draw: st.DrawFn) -> CalendarException:
    begins = wall_of("2025-12-20T00:00") + timedelta(days=draw(st.integers(0, 400)), minutes=draw(MINUTES))
    ends = begins + timedelta(minutes=draw(st.integers(1, 5 * DAY_MINUTES)))
    texts = [one.strftime("%Y-%m-%dT%H:%M") for one in (begins, ends)]
    return otherwise(texts[0], texts[1], draw(st.sampled_from([CLOSED, OPEN])))


SCHEDULES = st.builds(Schedule, st.sampled_from(sorted(NAMES)), WEEKLY, st.lists(exceptions(), max_size=6).map(tuple))
INSTANTS = st.integers(from_datetime(datetime.fromisoformat("2025-12-01T00:00:00Z")), 1_800_000_000 * MICROS).map(
    Instant
)
LENGTHS = st.integers(0, 100 * HOUR) | st.integers(0, 4_000 * HOUR)


@settings(max_examples=150)
@given(SCHEDULES, st.lists(INSTANTS, min_size=3, max_size=3).map(sorted))
def test_business_time_adds_up_and_is_never_more_than_time(schedule: Schedule, instants: list[Instant]) -> None:
    calendar, (a, b, c) = Calendar(schedule), instants
    assert calendar.elapsed(a, b) + calendar.elapsed(b, c) == calendar.elapsed(a, c)
    assert 0 <= calendar.elapsed(a, c) <= c - a
    assert calendar.elapsed(c, a) == 0
    spans = list(calendar.spans(a, c))
    assert sum(closes - opens for opens, closes in spans) == calendar.elapsed(a, c)
    assert all(before[1] < after[0] for before, after in pairwise(spans))


@settings(max_examples=150)
@given(SCHEDULES, INSTANTS, LENGTHS, LENGTHS)
def test_when_it_is_due_so_much_has_been_open_and_not_before(
    schedule: Schedule, start: Instant, length: int, more: int
) -> None:
    calendar = Calendar(schedule)
    due = calendar.due(start, length)
    if due is None:
        assert calendar.elapsed(start, LAST) < length
        return
    assert calendar.elapsed(start, due) == length
    assert length == 0 or calendar.elapsed(start, Instant(due - 1)) == length - 1
    later = calendar.due(start, length + more)
    assert later is None or later >= due
    after = calendar.due(Instant(start + more), length)
    assert length == 0 or after is None or after >= due


@settings(max_examples=60)
@given(st.sampled_from(sorted(NAMES)), INSTANTS, INSTANTS)
def test_always_open_is_time_itself(name: str, a: Instant, b: Instant) -> None:
    assert Calendar(Schedule(name, ALWAYS)).elapsed(a, b) == max(0, b - a)


@settings(max_examples=200)
@given(
    st.sampled_from(sorted(NAMES)),
    st.datetimes(wall_of("1970-01-02T00:00"), wall_of("2199-12-30T00:00")).map(
        lambda wall: wall.replace(microsecond=0)
    ),
    st.integers(0, 200_000),
)
def test_a_later_wall_time_is_no_earlier_instant(name: str, wall: datetime, seconds: int) -> None:
    assert reached(wall, zone(name)) <= reached(wall + timedelta(seconds=seconds), zone(name))
