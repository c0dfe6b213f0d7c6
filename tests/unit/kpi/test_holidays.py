"""What an iCalendar file says of opening hours, and what is said of one that nobody should have sent."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kpi.calendars.calendar import Calendar
from kpi.calendars.holidays import EVENTS_MAX, FILE_BYTES_MAX, RULES_MAX, Unreadable, exceptions_of
from kpi.calendars.hours import ExceptionKind, Schedule, wrong_in

CLOSED = ExceptionKind.CLOSED
YEARS = range(2026, 2029)
BERLIN = "Europe/Berlin"


def file(*events: str, before: str = "") -> bytes:
    """A file with these events, each of lines that are separated by spaces in front of a name and a colon."""
    body = "".join(f"BEGIN:VEVENT\nUID:{number}\n{event}\nEND:VEVENT\n" for number, event in enumerate(events))
    return f"BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//x//y//EN\n{before}{body}END:VCALENDAR\n".replace(
        "\n", "\r\n"
    ).encode()


def day(text: str, *more: str) -> str:
    return "\n".join((f"DTSTART;VALUE=DATE:{text}", *more))


def read(raw: bytes, time_zone: str = BERLIN) -> list[tuple[str, str, str]]:
    found = exceptions_of(raw, time_zone, CLOSED, YEARS)
    return [(one.start, one.end, one.display_name) for one in found]


OUTLOOK_ZONE = """BEGIN:VTIMEZONE
TZID:Our Own
BEGIN:STANDARD
DTSTART:16010101T000000
TZOFFSETFROM:+0200
TZOFFSETTO:+0200
END:STANDARD
END:VTIMEZONE
"""


@pytest.mark.parametrize(
    ("raw", "found"),
    [
        pytest.param(
            file(day("20261225", "SUMMARY:Christmas  Day")),
            [("2026-12-25T00:00", "2026-12-26T00:00", "Christmas Day")],
            id="a day",
        ),
        pytest.param(
            file(day("20261224", "DTEND;VALUE=DATE:20270102")),
            [("2026-12-24T00:00", "2027-01-02T00:00", "")],
            id="days over New Year are one time",
        ),
        pytest.param(
            file("DTSTART;TZID=Europe/Berlin:20261224T140000\nDTEND;TZID=Europe/Berlin:20261225T000000"),
            [("2026-12-24T14:00", "2026-12-25T00:00", "")],
            id="a part of a day in its zone",
        ),
        pytest.param(
            file("DTSTART:20261224T130000Z\nDURATION:PT1H"),
            [("2026-12-24T14:00", "2026-12-24T15:00", "")],
            id="an hour of UTC",
        ),
        pytest.param(
            file("DTSTART:20261224T140000\nDTEND:20261224T235959"),
            [("2026-12-24T14:00", "2026-12-25T00:00", "")],
            id="a time of no zone is the calendar's, and its seconds are rounded outwards",
        ),
        pytest.param(
            file("DTSTART;TZID=Our Own:20261224T140000\nDTEND;TZID=Our Own:20261224T150000", before=OUTLOOK_ZONE),
            [("2026-12-24T13:00", "2026-12-24T14:00", "")],
            id="a zone that the file brings along",
        ),
        pytest.param(
            file(day("20000501", "RRULE:FREQ=YEARLY")),
            [(f"{year}-05-01T00:00", f"{year}-05-02T00:00", "") for year in YEARS],
            id="for ever is as far as was asked for",
        ),
        pytest.param(
            file(day("20261126", "RRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=4TH;COUNT=2")),
            [("2026-11-26T00:00", "2026-11-27T00:00", ""), ("2027-11-25T00:00", "2027-11-26T00:00", "")],
            id="the fourth Thursday, twice",
        ),
        pytest.param(
            file(day("20260501", "RRULE:FREQ=YEARLY;UNTIL=20280501", "EXDATE;VALUE=DATE:20270501")),
            [("2026-05-01T00:00", "2026-05-02T00:00", ""), ("2028-05-01T00:00", "2028-05-02T00:00", "")],
            id="but for one year",
        ),
        pytest.param(file(day("20261225", "STATUS:CANCELLED")), [], id="what is cancelled is not there"),
        pytest.param(file("DTSTART:20261224T140000"), [], id="what has no length closes nothing"),
        pytest.param(file(day("20201225")), [], id="what is in other years was not asked for"),
        pytest.param(
            file(day("20261225"), day("20261225")), [("2026-12-25T00:00", "2026-12-26T00:00", "")], id="twice is once"
        ),
    ],
)
def test_what_a_file_says(raw: bytes, found: list[tuple[str, str, str]]) -> None:
    assert read(raw) == found
    said = Schedule(BERLIN, (), exceptions_of(raw, BERLIN, CLOSED, YEARS))
    assert list(wrong_in(said)) == []
    Calendar(said)


def own_zone(offset: str = "+0200", rule: str = "FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3", count: int = 1) -> bytes:
    """A file with an hour from 08:00, in a zone of its own whose clock is set by a rule to what it shows already."""
    part = "BEGIN:{0}\nDTSTART:16010101T000000\nTZOFFSETFROM:{1}\nTZOFFSETTO:{1}\n{2}END:{0}\n"
    parts = part.format("STANDARD", offset, "") + part.format("DAYLIGHT", offset, f"RRULE:{rule}\n") * count
    event = "DTSTART;TZID=Our Own:20260105T080000\nDTEND;TZID=Our Own:20260105T090000"
    return file(event, before=f"BEGIN:VTIMEZONE\nTZID:Our Own\n{parts}END:VTIMEZONE\n")


def test_a_zone_of_one_file_is_not_the_zone_of_another_that_calls_its_own_the_same() -> None:
    (east,), (west,) = read(own_zone("+0200")), read(own_zone("-0500"))
    assert (east[0], west[0]) == ("2026-01-05T07:00", "2026-01-05T14:00")


def recurring(rule: str, since: str = "20260101") -> bytes:
    return file(day(since, f"RRULE:{rule}"))


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        pytest.param(own_zone(rule="FREQ=SECONDLY"), "VTIMEZONE with RRULE", id="a clock that is set every second"),
        pytest.param(own_zone(rule="FREQ=YEARLY;INTERVAL=0;BYMONTH=3"), "VTIMEZONE", id="a clock set for ever at once"),
        pytest.param(own_zone(rule="FREQ=YEARLY;BYMONTH=3;BYHOUR=1,2"), "VTIMEZONE", id="a clock set twice a day"),
        pytest.param(own_zone(rule="FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30"), "VTIMEZONE", id="a clock set never"),
        pytest.param(own_zone(rule="FREQ=YEARLY;BYMONTH=3", count=31), "31 rules", id="thirty-one clocks"),
        pytest.param(b"", "begins with BEGIN:VCALENDAR", id="nothing"),
        pytest.param(b"Date,Holiday\n2026-12-25,Christmas\n", "begins with BEGIN:VCALENDAR", id="a table"),
        pytest.param(file(day("20261225")).decode().encode("utf-16"), "is not UTF-8", id="another encoding"),
        pytest.param(file("SUMMARY:\xe4").decode().encode("latin-1"), "is not UTF-8", id="and another"),
        pytest.param(b"BEGIN:VCALENDAR\r\n", "is cut off", id="a file that is cut off"),
        pytest.param(b"BEGIN:VCALENDAR\r\nEND:VEVENT\r\n", "", id="an end of what did not begin"),
        pytest.param(b"BEGIN:VCALENDAR\r\n\x00\x01nonsense\r\nEND:VCALENDAR\r\n", "", id="a line that is none"),
        pytest.param(file(), "has no VEVENT", id="a calendar of nothing"),
        pytest.param(file(before="BEGIN:VTODO\nUID:1\nEND:VTODO\n"), "has no VEVENT", id="what there is to do"),
        pytest.param(file("SUMMARY:x"), "without one DTSTART", id="no beginning"),
        pytest.param(file("DTSTART:20261341T000000"), "DTSTART cannot be read", id="month 13"),
        pytest.param(file("DTSTART:20261224T140000\nDTEND:yesterday"), "DTEND cannot be read", id="no end"),
        pytest.param(recurring("FREQ=SECONDLY"), "recurs SECONDLY", id="every second"),
        pytest.param(recurring("FREQ=HOURLY;COUNT=3"), "recurs HOURLY", id="every hour"),
        pytest.param(recurring("BANANA"), "RRULE", id="a rule that is none"),
        pytest.param(recurring("FREQ=YEARLY;INTERVAL=0"), "INTERVAL 0", id="a step of nothing, which never ends"),
        pytest.param(recurring("FREQ=YEARLY;INTERVAL=-1"), "INTERVAL -1", id="a step back"),
        pytest.param(recurring("FREQ=DAILY;INTERVAL=99999999999999999999"), "cannot be read", id="a step too far"),
        pytest.param(recurring("FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30"), "is not taken with DAILY", id="looked for daily"),
        pytest.param(recurring("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30"), "no day satisfies", id="30 February"),
        pytest.param(recurring("FREQ=MONTHLY;BYDAY=6MO"), "no day satisfies", id="the sixth Monday"),
        pytest.param(recurring("FREQ=YEARLY;BYDAY=99MO"), "no day satisfies", id="the 99th Monday"),
        pytest.param(recurring("FREQ=YEARLY;BYWEEKNO=1"), "BYWEEKNO", id="a part that holidays do not need"),
        pytest.param(recurring("FREQ=DAILY", since="00010101"), "before 1900", id="since ever"),
        pytest.param(recurring("FREQ=DAILY"), "exceptions at most", id="every day"),
        pytest.param(file(*[day("20260101", "RRULE:FREQ=DAILY")] * 50), "recurs about", id="every day, often"),
        pytest.param(file(*[day("20260101", "RRULE:FREQ=YEARLY")] * (RULES_MAX + 1)), "rules", id="hundreds of rules"),
        pytest.param(file(*[day("20260101")] * (EVENTS_MAX + 1)), "components", id="thousands of events"),
        pytest.param(file(day("20260101", "X:" + "a" * FILE_BYTES_MAX)), "bytes", id="a large file"),
        pytest.param(
            file(day("20260101", "EXRULE:FREQ=YEARLY")), "EXRULE", id="what is no longer of the standard"
        ),
        pytest.param(file(day("20260101", "DTSTART;VALUE=DATE:20260102")), "DTSTART", id="two beginnings"),
    ],
)  # fmt: skip
def test_what_cannot_be_taken_is_said(raw: bytes, why: str) -> None:
    with pytest.raises(Unreadable, match=r".+") as refused:
        exceptions_of(raw, BERLIN, CLOSED, YEARS)
    assert why in str(refused.value)
    assert "\n" not in str(refused.value)


LINES = st.sampled_from([
    "BEGIN:VEVENT", "END:VEVENT", "BEGIN:VTIMEZONE", "END:VTIMEZONE", "BEGIN:VCALENDAR", "END:VCALENDAR", "UID:1",
    "DTSTART:20260101T000000", "DTSTART;VALUE=DATE:20260101", "DTEND:20250101T000000Z", "DTEND;VALUE=DATE:20260103",
    "DTSTART;TZID=Mars/Base:20260101T000000", "DURATION:-P1D", "DURATION:P99999999D", "RRULE:FREQ=YEARLY;BYDAY=MO",
    "RRULE:FREQ=MONTHLY;BYSETPOS=-1;BYDAY=FR", "RDATE:20260301T000000", "EXDATE:x", "RECURRENCE-ID:20260101",
    "RRULE:FREQ=WEEKLY;UNTIL=99991231T235959Z;COUNT=4", "SUMMARY:\x7f\u202e", "X-WR-TIMEZONE:Nowhere", "STATUS:X", ":",
])  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(st.lists(LINES | st.text(max_size=20), max_size=25))
def test_any_lines_are_read_or_refused(lines: list[str]) -> None:
    raw = "\r\n".join(("BEGIN:VCALENDAR", "BEGIN:VEVENT", *lines, "END:VEVENT", "END:VCALENDAR")).encode(
        errors="replace"
    )
    try:
        found = exceptions_of(raw, BERLIN, CLOSED, YEARS)
    except Unreadable:
        return
    assert all("kind" not in name and "display_name" not in name for name, _ in wrong_in(Schedule(BERLIN, (), found)))
