"""Texts as people read them: escapes undone, offsets moved along. It knows no platform."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Callable

_ESCAPE = re.compile(r"&(amp|lt|gt|quot|#39|#x27);")
_PLAIN = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "#39": "'", "#x27": "'"}


class Offsets:
    """Maps offsets of an escaped text to offsets of the plain one."""

    __slots__ = ("_ends", "_removed")

    def __init__(self, ends: list[int], removed: list[int]) -> None:
        """`ends` grow: where each escape ended; `removed`: how many code points were gone by then, its own included."""
        self._ends = ends
        self._removed = removed

    def __call__(self, offset: int) -> int:
        escapes = bisect_right(self._ends, offset)
        return offset - self._removed[escapes - 1] if escapes else offset


def unescaped(text: str) -> tuple[str, Offsets]:
    """The text with `&amp;`, `&lt;`, `&gt;`, `&quot;`, `&#39;` as its author wrote them, and where offsets moved to.

    One pass: `&amp;lt;` is `&lt;`, as the author wrote it.
    """
    ends: list[int] = []
    removed: list[int] = []

    def plain(match: re.Match[str]) -> str:
        ends.append(match.end())
        removed.append((removed[-1] if removed else 0) + match.end() - match.start() - 1)
        return _PLAIN[match[1]]

    return _ESCAPE.sub(plain, text), Offsets(ends, removed)


def code_points(text: str) -> Callable[[object], tuple[int, int] | None]:
    """Turns pairs of offsets in UTF-16 units of this text into pairs in code points; None for one not inside it."""
    starts = [0]
    for character in text:
        starts.append(starts[-1] + (2 if character > "\uffff" else 1))
    at = {unit: index for index, unit in enumerate(starts)}

    def converted(span: object) -> tuple[int, int] | None:
        if type(span) is list and len(span) == 2:
            start, end = span
            if type(start) is int and type(end) is int and 0 <= start < end and start in at and end in at:
                return at[start], at[end]
        return None

    return converted


def marks() -> str:
    """All combining marks as the inside of a regular expression's class: `\\w` ends at a Thai or Hindi vowel sign."""
    ranges: list[list[int]] = []
    for number in range(0x1_F000):  # behind it only selectors that no hashtag holds
        if unicodedata.category(chr(number))[0] == "M":
            if ranges and ranges[-1][1] == number - 1:
                ranges[-1][1] = number
            else:
                ranges.append([number, number])
    return "".join(f"\\U{first:08x}-\\U{last:08x}" for first, last in ranges)
