"""Texts as people read them: escapes and markup undone, offsets moved along. It knows no platform."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Callable
from html.parser import HTMLParser
from typing import NamedTuple

_ESCAPE = re.compile(r"&(amp|lt|gt|quot|#39|#x27);")
_WIDE = re.compile("[\U00010000-\U0010ffff]")
"""A code point of two UTF-16 units."""
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


def code_points(text: str) -> Callable[[object], tuple[int, int] | None] | None:
    """Turns pairs of offsets in UTF-16 units of this text into pairs in code points; None for one not inside it.

    There is none where both count the same.
    """
    wide = [match.start() + before for before, match in enumerate(_WIDE.finditer(text))]  # in units
    if not wide:
        return None
    length = len(text)

    def point(unit: int) -> int | None:
        before = bisect_left(wide, unit)
        between_halves = before and wide[before - 1] == unit - 1
        return None if between_halves or unit - before > length else unit - before

    def converted(span: object) -> tuple[int, int] | None:
        if type(span) is list and len(span) == 2:
            start, end = span
            if type(start) is int and type(end) is int and 0 <= start < end:
                first, last = point(start), point(end)
                return None if first is None or last is None else (first, last)
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


class Anchor(NamedTuple):
    """A link of a marked-up text: where it stands in the readable one, and its attributes."""

    start: int
    end: int
    attributes: dict[str, str]


class Readable(NamedTuple):
    """A marked-up text as people read it."""

    text: str
    anchors: list[Anchor]


_MARKUP = re.compile(r"<(?:/?(?:a|b|div|em|i|p|span|strong)|br|img)\b[^<>]*>", re.IGNORECASE)
_TAG = re.compile(r"""<(?:/?[A-Za-z][A-Za-z0-9-]{0,20}(?=[\s/>])(?:[^<>"']|"[^"<]*"|'[^'<]*')*|!--[^<>]*--)>""")
_BLOCKS = frozenset({"p", "div", "li", "blockquote", "h1", "h2", "h3"})
_UNREAD = frozenset({"script", "style", "template"})


def is_marked_up(text: str) -> bool:
    """Whether a text is HTML; one with a `<` of its author's is not."""
    return "<" in text and _MARKUP.search(text) is not None


def readable(markup: str) -> Readable:
    """HTML as text: breaks become line breaks, pictures what they are said to show, escapes their characters.

    Whatever stands there is read somehow: a `<` that begins no whole tag is a character of the text. The parser is
    given nothing else, since it takes minutes over what 100,000 of them promise and do not keep.
    """
    pieces, at = [], 0
    for tag in _TAG.finditer(markup):
        pieces += [markup[at : tag.start()].replace("<", "&lt;"), tag[0]]
        at = tag.end()
    pieces.append(markup[at:].replace("<", "&lt;"))
    reader = _Reader()
    reader.feed("".join(pieces))
    reader.close()
    return Readable("".join(reader.pieces), reader.anchors)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self.anchors: list[Anchor] = []
        self._length = 0
        self._unread = 0
        self._open: tuple[int, dict[str, str]] | None = None

    def _say(self, text: str) -> None:
        if text and not self._unread:
            self.pieces.append(text)
            self._length += len(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "br":
            self._say("\n")
        elif tag == "img":
            self._say(next((value for name, value in attrs if name == "alt" and value), ""))
        elif tag == "a":
            self._end_anchor()
            self._open = (self._length, {name: value or "" for name, value in attrs})
        elif tag in _BLOCKS:
            self._break()
        elif tag in _UNREAD:
            self._unread += 1

    def handle_endtag(self, tag: str) -> None:
        if tag == "a":
            self._end_anchor()
        elif tag in _BLOCKS:
            self._break()
        elif tag in _UNREAD:
            self._unread = max(0, self._unread - 1)

    def handle_data(self, data: str) -> None:
        self._say(data)

    def _break(self) -> None:
        if self.pieces and not self.pieces[-1].endswith("\n"):
            self._say("\n")

    def _end_anchor(self) -> None:
        if self._open is not None:
            start, attributes = self._open
            self._open = None
            if start < self._length:
                self.anchors.append(Anchor(start, self._length, attributes))
