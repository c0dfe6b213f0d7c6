"""Closings and openings of an iCalendar file (RFC 5545), as exceptions of a calendar. It trusts nothing in the file.

The libraries read it and expand what recurs. What would keep them busy for ever, or longer than a call may take, is
refused before: rules that recur within a day, rules that no day satisfies, steps of 0, and more than fits a calendar.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import lru_cache
from threading import Lock
from typing import Any
from zoneinfo import ZoneInfo

import icalendar
import recurring_ical_events
from chassis.zones import NAMES, zone
from dateutil.rrule import rrulestr
from icalendar.parser import Contentlines
from icalendar.timezone import tzp

from kpi.calendars.hours import EXCEPTIONS_MAX, NAME_MAX, WALL_FORMAT, CalendarException, ExceptionKind

FILE_BYTES_MAX = 256 * 1024
"""Against: it is read in half a second, and is sent on to the owner of a shard in one message."""
EVENTS_MAX = 2_000
RULES_MAX = 300
"""Against: one that has recurred since 1900 is counted through in five milliseconds."""
OCCURRENCES_MAX = 20_000
"""What all rules together may make of the years asked for. Against: they are expanded in a second."""
YEARS_MAX = 10
STEP_MAX = 1_000
EARLIEST = 1900
"""The first year in which something that recurs may have begun. Against: every time since then is counted through."""
_PARTS: Mapping[str, frozenset[str]] = {
    "DAILY": frozenset(),
    "WEEKLY": frozenset({"BYDAY"}),
    "MONTHLY": frozenset({"BYDAY", "BYMONTHDAY", "BYSETPOS"}),
    "YEARLY": frozenset({"BYMONTH", "BYDAY", "BYMONTHDAY", "BYSETPOS"}),
}
"""What a rule may say of its days, by how often it recurs."""
_COMMON = frozenset({"FREQ", "INTERVAL", "COUNT", "UNTIL", "WKST"})
ZONE_RULES_MAX = 30
"""Against: the library lays each out from its beginning to 2038 while it reads the file, in tens of milliseconds."""
_ZONE_PARTS: Mapping[str, re.Pattern[str]] = {
    "FREQ": re.compile("YEARLY"),
    "INTERVAL": re.compile("1"),
    "COUNT": re.compile("[0-9]{1,4}"),
    "UNTIL": re.compile("[0-9TZ]{8,16}"),
    "WKST": re.compile("[A-Z]{2}"),
    "BYMONTH": re.compile("0?[1-9]|1[0-2]"),
    "BYDAY": re.compile("[+-]?[1-5]?[A-Z]{2}"),
    "BYMONTHDAY": re.compile("([1-9]|[12][0-9])(,([1-9]|[12][0-9])){0,6}"),
}
"""What a rule may say by which the clock of a zone that a file brings along is set."""
_READING = Lock()
"""The library keeps the zones that files bring along for the whole process, by the names that the files give them."""


class Unreadable(ValueError):
    """The file is none, or has something that cannot be taken; the sentence says what."""


def exceptions_of(raw: bytes, time_zone: str, kind: ExceptionKind, years: range) -> tuple[CalendarException, ...]:
    """What a file says of some years, by the wall clock of a zone. Raises Unreadable.

    Whole days stay whole days, times without a zone are the calendar's, others are what its clock shows then; seconds
    are rounded outwards. What is cancelled or has no length is left out, whether it is shown as busy or free.
    """
    calendars = _read(raw)
    events = [event for calendar in calendars for event in calendar.walk("VEVENT")]
    if not events:
        raise Unreadable("has no VEVENT, so there is nothing to import")
    if (count := sum(len(_rules(event)) for event in events)) > RULES_MAX:
        raise Unreadable(f"has {count} rules by which something recurs; {RULES_MAX} are taken at most")
    for event in events:
        _check(event)
    if (expected := sum(_per_year(rule) for event in events for rule in _rules(event)) * len(years)) > OCCURRENCES_MAX:
        raise Unreadable(f"recurs about {expected} times in these years; {OCCURRENCES_MAX} are taken at most")
    found = dict.fromkeys(_expanded(calendars, zone(time_zone), kind, years))
    if len(found) > EXCEPTIONS_MAX:
        raise Unreadable(f"has {len(found)} times in these years; a calendar has {EXCEPTIONS_MAX} exceptions at most")
    return tuple(found)


def _read(raw: bytes) -> Sequence[Any]:
    if len(raw) > FILE_BYTES_MAX:
        raise Unreadable(f"has {len(raw)} bytes; {FILE_BYTES_MAX} are taken at most")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Unreadable(f"is not UTF-8 (byte {error.start})") from None
    if not text.lstrip().upper().startswith("BEGIN:VCALENDAR"):
        raise Unreadable("is no iCalendar file: it begins with BEGIN:VCALENDAR")
    if (count := text.upper().count("BEGIN:")) > EVENTS_MAX:
        raise Unreadable(f"has {count} components; {EVENTS_MAX} are taken at most")
    try:
        _check_zones(text)
        with _READING:
            tzp.use_zoneinfo()  # forgets the zones of other files, which are other tenants'
            calendars = icalendar.Calendar.from_ical(text, multiple=True)
    except Unreadable:
        raise
    except Exception as error:  # noqa: BLE001  # whatever a parser raises for a file that somebody made up
        raise Unreadable(f"is no iCalendar file: {_sentence(error)}") from None
    if not calendars:
        raise Unreadable("is cut off: a component has no END")
    return calendars


def _check_zones(text: str) -> None:
    """Raises Unreadable for a zone in a file whose clock is set otherwise than on a day of a month, every year."""
    within: list[str] = []
    count = 0
    for line in Contentlines.from_ical(text):  # type: ignore[no-untyped-call]
        if not line.upper().startswith(("BEGIN", "END", "RRULE")):
            continue
        try:
            name, _, value = line.parts()
        except ValueError:
            continue
        match name.upper():
            case "BEGIN":
                within.append(value.upper())
            case "END" if within:
                within.pop()
            case "RRULE" if "VTIMEZONE" in within:
                count += 1
                said = [part.partition("=")[::2] for part in value.upper().split(";")]
                is_taken = all(part in _ZONE_PARTS and _ZONE_PARTS[part].fullmatch(of) for part, of in said)
                if not is_taken or not {"FREQ", "BYMONTH"} <= dict(said).keys():
                    why = "a clock is set on a day of a month, YEARLY"
                    raise Unreadable(f"has a VTIMEZONE with RRULE:{' '.join(value[:60].split())}; {why}")
            case _:
                pass
    if count > ZONE_RULES_MAX:
        raise Unreadable(f"has {count} rules in VTIMEZONE; {ZONE_RULES_MAX} are taken at most")


def _check(event: Any) -> None:
    """Raises Unreadable for an event that cannot be taken."""
    called = f"event {str(event.get('UID', event.get('SUMMARY', '')))[:60]!r}"
    for name, why in event.errors:
        raise Unreadable(f"has an {called} whose {name} cannot be read: {why[:100]}")
    if not isinstance(getattr(event.get("DTSTART"), "dt", None), date):
        raise Unreadable(f"has an {called} without one DTSTART")
    if "EXRULE" in event:
        raise Unreadable(f"has an {called} with EXRULE, which RFC 5545 took out; write EXDATE")
    rules = _rules(event)
    if rules and event["DTSTART"].dt.year < EARLIEST:
        raise Unreadable(f"has an {called} that recurs since before {EARLIEST}")
    for rule in rules:
        for why in _wrong_in(rule):
            raise Unreadable(f"has an {called} whose RRULE {why}")
        if not _comes(rule.to_ical().decode()):
            raise Unreadable(f"has an {called} whose RRULE no day satisfies")


def _rules(event: Any) -> Sequence[Any]:
    found = event.get("RRULE", [])
    return found if isinstance(found, list) else [found]


def _wrong_in(rule: Any) -> Iterator[str]:
    often = str(rule.get("FREQ", [""])[0]).upper()
    if often not in _PARTS:
        yield f"recurs {often or 'at no FREQ'}; a day recurs {', '.join(_PARTS)}"
        return
    if other := {str(part).upper() for part in rule} - _PARTS[often] - _COMMON:
        yield f"has {min(other)}, which is not taken with {often}"
    for part in ("INTERVAL", "COUNT"):
        for value in rule.get(part, []):
            if not isinstance(value, int) or not 1 <= value <= STEP_MAX:
                yield f"has {part} {value}; it is 1 to {STEP_MAX}"


@lru_cache(maxsize=1_024)
def _comes(rule: str) -> bool:
    """Whether a rule ever has a day. Against: it takes half a second to find that one has none, and then it is over."""
    parts = [part for part in rule.split(";") if not part.startswith(("COUNT", "UNTIL", "INTERVAL"))]
    try:
        return next(iter(rrulestr(";".join(parts), dtstart=datetime(EARLIEST, 1, 1))), None) is not None  # noqa: DTZ001
    except (ValueError, TypeError, IndexError):  # the last of "the 99th Monday"
        return False


def _per_year(rule: Any) -> int:
    """How many days of a year a rule has at most."""
    named = sum(1 if str(day)[:1] in "+-0123456789" else 5 for day in rule.get("BYDAY", []))
    days = len(rule.get("BYMONTHDAY", [])) or named
    match str(rule["FREQ"][0]).upper():
        case "DAILY":
            return 366
        case "WEEKLY":
            return 53 * (len(rule.get("BYDAY", [])) or 1)
        case "MONTHLY":
            return 12 * (days or 1)
        case _:
            return (len(rule.get("BYMONTH", [])) or (12 if days else 1)) * (days or 1)


def _expanded(
    calendars: Sequence[Any], there: ZoneInfo, kind: ExceptionKind, years: range
) -> Iterator[CalendarException]:
    begins, ends = datetime(years.start, 1, 1, tzinfo=there), datetime(years.stop, 1, 1, tzinfo=there)
    for calendar in calendars:
        try:
            occurrences = recurring_ical_events.of(calendar).between(begins, ends)
            walls = [(one, _wall(one.start, there), _wall(one.end, there)) for one in occurrences]
        except Exception as error:  # noqa: BLE001  # likewise
            raise Unreadable(f"cannot be expanded: {_sentence(error)}") from None
        for one, opens, closes in walls:
            starts, until = opens.replace(second=0, microsecond=0), _minute_after(closes)
            if str(one.get("STATUS", "")).upper() != "CANCELLED" and opens < closes:
                called = " ".join(str(one.get("SUMMARY", "")).split())[:NAME_MAX]
                yield CalendarException(starts.strftime(WALL_FORMAT), until.strftime(WALL_FORMAT), kind, called)


def _wall(moment: date, there: ZoneInfo) -> datetime:
    """What a zone's clock shows at a moment, of a day at its beginning."""
    if not isinstance(moment, datetime):
        return datetime(moment.year, moment.month, moment.day)  # noqa: DTZ001 (a wall time)
    if moment.tzinfo is None:
        return moment
    name = getattr(moment.tzinfo, "key", "")
    known = moment.replace(tzinfo=zone(name)) if name in NAMES else moment
    return known.astimezone(there).replace(tzinfo=None, fold=0)


def _minute_after(wall: datetime) -> datetime:
    cut = wall.replace(second=0, microsecond=0)
    return cut if cut == wall else cut + timedelta(minutes=1)


def _sentence(error: Exception) -> str:
    return " ".join(str(error).split())[:120] or type(error).__name__
