"""Times as platforms write them, in microseconds since 1970; none before the platforms, none after tomorrow."""

from __future__ import annotations

import calendar
import re
from datetime import date
from functools import lru_cache

from chassis.clock import MICROS, Instant

from ingest.normalise import Reason, Unreadable

FUTURE_MAX_US = 24 * 3600 * MICROS
EARLIEST = Instant(946_684_800 * MICROS)
"""2000-01-01: before every platform, so an earlier time is a defect."""
_DAY_S = 86_400
_MONTHS = {month: number for number, month in enumerate(calendar.month_abbr)}
_EPOCH_DAY = date(1970, 1, 1).toordinal()
_PLATFORM_TIME = re.compile(
    r"[A-Z][a-z]{2} ([A-Z][a-z]{2}) +(\d{1,2}) (\d\d):(\d\d):(\d\d) ([+-])(\d\d)(\d\d) (\d{4})", re.ASCII
)
_RFC3339 = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?(?:([Zz])|([+-])(\d\d):?(\d\d))", re.ASCII
)


@lru_cache(maxsize=4096)
def _midnight(year: int, month: int, day: int) -> int:
    return (date(year, month, day).toordinal() - _EPOCH_DAY) * _DAY_S


_SECONDS = {f"{second:02}": second * MICROS for second in range(60)}


@lru_cache(maxsize=4096)
def _minute(value: str) -> int | None:
    """When a minute in UTC began, None for whatever needs a closer look."""
    match = _PLATFORM_TIME.fullmatch(value)
    if match is None or int(match[3]) > 23 or int(match[4]) > 59:
        return None
    try:
        midnight = _midnight(int(match[9]), _MONTHS.get(match[1], 0), int(match[2]))
        ahead = _ahead_us(match[6], match[7], match[8], "")
    except (ValueError, Unreadable):
        return None
    return (midnight + int(match[3]) * 3600 + int(match[4]) * 60) * MICROS - ahead


@lru_cache(maxsize=1024)
def _second(value: str) -> Instant | None:
    """A time that needs no closer look, None for any other. A busy stream's posts share their second, others at least
    their minute.
    """
    into = _SECONDS.get(value[17:19])
    begins = None if into is None else _minute(value[:17] + "00" + value[19:])
    return None if begins is None or into is None else Instant(begins + into)


def platform_time(value: object, where: str, now: Instant) -> Instant:
    """`Wed Apr 06 19:13:37 +0000 2011`, as X v1.1 and Weibo write it. Raises Unreadable."""
    if type(value) is str and len(value) == 30 and (at := _second(value)) is not None:
        return plausible(at, where, now)
    match = _PLATFORM_TIME.fullmatch(value) if type(value) is str else None
    if match is None:
        raise _no_time(value, where)
    month, day, hour, minute, second, sign, zone_h, zone_m, year = match.groups()
    ahead = 0 if zone_h == zone_m == "00" else _ahead_us(sign, zone_h, zone_m, where)
    date_of = (int(year), _MONTHS.get(month, 0), int(day))
    return _assembled(date_of, (int(hour), int(minute), int(second)), -ahead, where, now)


def rfc3339(value: object, where: str, now: Instant) -> Instant:
    """`2021-02-24T02:13:43.000Z`, with or without fraction, with Z or an offset. Raises Unreadable."""
    match = _RFC3339.fullmatch(value) if type(value) is str else None
    if match is None:
        raise _no_time(value, where)
    year, month, day, hour, minute, second, fraction, _, sign, zone_h, zone_m = match.groups()
    micros = int((fraction + "000000")[:6]) if fraction else 0
    ahead = _ahead_us(sign, zone_h, zone_m, where) if sign else 0
    date_of = (int(year), int(month), int(day))
    return _assembled(date_of, (int(hour), int(minute), int(second)), micros - ahead, where, now)


def epoch_ms(value: object, where: str, now: Instant) -> Instant:
    """Milliseconds since 1970, as a number or decimal text. Raises Unreadable."""
    if type(value) is str and value.isascii() and value.isdigit() and len(value) < 20:
        value = int(value)
    if type(value) is not int:
        raise _no_time(value, where)
    return plausible(Instant(value * 1000), where, now)


def plausible(at: Instant, where: str, now: Instant) -> Instant:
    """The same instant, if it is not before 2000 and at most 24 h ahead of `now`. Raises Unreadable."""
    if at < EARLIEST:
        raise Unreadable(Reason.IMPOSSIBLE_TIME, f"{where} is before the year 2000")
    if at > now + FUTURE_MAX_US:
        raise Unreadable(Reason.IMPOSSIBLE_TIME, f"{where} is more than 24 h in the future")
    return at


def _assembled(
    day: tuple[int, int, int], clock: tuple[int, int, int], micros: int, where: str, now: Instant
) -> Instant:
    hour, minute, second = clock
    if hour > 23 or minute > 59 or second > 60:
        raise Unreadable(Reason.IMPOSSIBLE_TIME, f"{where} names a time that no day has")
    try:
        seconds = _midnight(*day)
    except ValueError:
        raise Unreadable(Reason.IMPOSSIBLE_TIME, f"{where} names a day that no calendar has") from None
    # A leap second is told as :60 and counts as the second before it.
    seconds += hour * 3600 + minute * 60 + min(second, 59)
    return plausible(Instant(seconds * MICROS + micros), where, now)


def _ahead_us(sign: str, hours: str, minutes: str, where: str) -> int:
    """How far a zone is ahead of UTC."""
    offset_s = int(hours) * 3600 + int(minutes) * 60
    if offset_s > 64_800:
        raise Unreadable(Reason.IMPOSSIBLE_TIME, f"{where} names a zone that no place has")
    return (-offset_s if sign == "-" else offset_s) * MICROS


def _no_time(value: object, where: str) -> Unreadable:
    if value is None:
        return Unreadable(Reason.MISSING_FIELD, f"{where} is missing")
    return Unreadable(Reason.IMPOSSIBLE_TIME, f"{where} is not written as the platform writes times")
