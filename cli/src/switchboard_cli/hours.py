"""Hours of the week as people write and read them: `mon-fri=09:00-17:30`. It knows nobody who keeps them."""

import re
from collections.abc import Iterable
from typing import Any

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_HOURS = re.compile(r"([a-z]{3})(?:-([a-z]{3}))?=([0-2]\d):([0-5]\d)-([0-2]\d):([0-5]\d)")


def read(given: Iterable[str]) -> list[tuple[int, int, int]]:
    """(weekday, start minute, end minute), of DAYS=FROM-TO; an end before its start is on the next day. Raises
    ValueError.
    """
    found = []
    for one in given:
        parts = _HOURS.fullmatch(one.lower())
        first, last = (parts[1], parts[2] or parts[1]) if parts else ("", "")
        if parts is None or first not in DAYS or last not in DAYS or max(parts[3], parts[5]) > "24":
            raise ValueError(f"{one!r} is not DAYS=FROM-TO, such as mon-fri=09:00-17:30")
        starts, ends = 60 * int(parts[3]) + int(parts[4]), 60 * int(parts[5]) + int(parts[6])
        ends += 1_440 if ends <= starts else 0
        length = (DAYS.index(last) - DAYS.index(first)) % 7
        found += [((DAYS.index(first) + day) % 7 + 1, starts, ends) for day in range(length + 1)]
    return found


def span(one: Any) -> str:
    """From when to when: 09:00-17:30, 22:00-06:00; what is longer than a day says how many days later it ends."""
    starts, ends = (f"{minute // 60 % 24:02}:{minute % 60:02}" for minute in (one.start_minute, one.end_minute))
    later = f"+{(one.end_minute - 1) // 1_440}d" if one.end_minute - one.start_minute > 1_440 else ""
    return f"{starts}-{'24:00' if ends == '00:00' else ends}{later}"
