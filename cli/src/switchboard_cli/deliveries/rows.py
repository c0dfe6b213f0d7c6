"""Rows of a CSV file with the very text they were read from. It knows no column."""

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

FIELD_MAX = 16 * 1024 * 1024
"""Characters of one field; the csv module's own limit of 131,072 is less than a mail can have."""


@dataclass(frozen=True, slots=True)
class Row:
    """One record of the file. `fields` is None when the record is broken; then `problem` says why, in words."""

    number: int
    raw: str
    fields: dict[str, str] | None
    problem: str = ""

    def raw_bytes(self) -> bytes:
        """The record's bytes as the file has them, without the line end."""
        return self.raw.rstrip("\r\n").encode("utf-8", "surrogateescape")


class _Recorded:
    """Lines of a file that remember what was taken since the last look."""

    def __init__(self, lines: Iterator[str]) -> None:
        self._lines = lines
        self._taken: list[str] = []

    def __iter__(self) -> "_Recorded":
        return self

    def __next__(self) -> str:
        line = next(self._lines)
        self._taken.append(line)
        return line

    def take(self) -> str:
        raw, self._taken = "".join(self._taken), []
        return raw


def header_of(path: Path) -> Sequence[str]:
    """The column names; empty for an empty file."""
    with path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as file:
        return next(csv.reader(file), [])


def read_rows(path: Path) -> Iterator[Row]:
    """The records after the header, in order, numbered from 1; lines without any character are no records.

    Raises OSError when the file cannot be read. A record with too few or too many fields, or with bytes that are no
    UTF-8, is broken, and the ones after it are read.
    """
    with path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as file:
        yield from parse_rows(file)


def parse_rows(file: io.TextIOBase | Iterator[str]) -> Iterator[Row]:
    """`read_rows` for lines already open."""
    csv.field_size_limit(FIELD_MAX)
    lines = _Recorded(iter(file))
    reader = csv.reader(lines)
    header = next(reader, [])
    lines.take()
    number = 0
    while True:
        try:
            record = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            number += 1
            yield Row(number, lines.take(), None, str(error))
            continue
        raw = lines.take()
        if not record:
            continue
        number += 1
        if len(record) != len(header):
            yield Row(number, raw, None, f"has {len(record)} fields, the header {len(header)}")
        elif not _is_unicode(raw):
            yield Row(number, raw, None, "is not UTF-8")
        else:
            yield Row(number, raw, dict(zip(header, record, strict=True)))


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
