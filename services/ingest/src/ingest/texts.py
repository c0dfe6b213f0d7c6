"""Texts as people read them: escapes undone, offsets moved along. It knows no platform."""

from __future__ import annotations

import re
from bisect import bisect_right

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
