"""Rows of a CSV file with the very text they were read from. It knows no column."""

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePath

from switchboard.ingest.v1.post_pb2 import Row as RowMessage
from switchboard.ingest.v1.service_pb2 import Delivery

from switchboard_cli.deliveries.addressed import CSV, PLACE_NAME_MAX
from switchboard_cli.deliveries.files import FileError, InputFile

FIELD_MAX = 16 * 1024 * 1024
"""Characters of one field; the csv module's own limit of 131,072 is less than a mail can have."""

DELIMITERS = (",", ";", "\t", "|")
"""What columns are parted by, unless something else is said; of several that fit, the first."""


@dataclass(frozen=True, slots=True)
class Row:
    """One record of the file. `fields` is None when the record is broken; then `problem` says why, in words.

    `number` counts records from 1, `line` is the line of the file where it begins.
    """

    number: int
    line: int
    raw: str
    fields: dict[str, str] | None
    problem: str = ""

    def raw_bytes(self) -> bytes:
        """The record's bytes as the file has them, without the line end."""
        return self.raw.rstrip("\r\n").encode("utf-8", "surrogateescape")


class _Recorded:
    """Lines of a file that remember what was taken since the last look, and how many were taken before it."""

    def __init__(self, lines: Iterator[str]) -> None:
        self._lines = lines
        self._taken: list[str] = []
        self.before = 0

    def __iter__(self) -> "_Recorded":
        return self

    def __next__(self) -> str:
        line = next(self._lines)
        self._taken.append(line)
        return line

    def take(self) -> str:
        raw = "".join(self._taken)
        self.before += len(self._taken)
        self._taken = []
        return raw


@dataclass(frozen=True, slots=True)
class CsvFile:
    """A CSV file: its header, and its records as often as they are asked for."""

    file: InputFile
    delimiter: str
    header: Sequence[str]

    @property
    def name(self) -> str:
        """For sentences about it."""
        return self.file.name

    def place(self, row: Row) -> str:
        """Where a record stands, for who looks for it; without the directories, which say more than the file."""
        return f"{PurePath(self.name).name[-PLACE_NAME_MAX:]}, line {row.line}"

    def delivery(self, row: Row, form: RowMessage) -> Delivery:
        """A record on its way, with its place; `form` says how to read it and is left as it is."""
        delivery = Delivery(content_type=CSV, place=self.place(row))
        delivery.row.CopyFrom(form)
        delivery.row.record = row.raw_bytes()
        delivery.row.columns.extend(self.header)
        delivery.row.delimiter = self.delimiter
        return delivery

    def rows(self) -> Iterator[Row]:
        """The records after the header, in order, numbered from 1; lines without any character are no records.

        A record with too few or too many fields, or with bytes that are no text, is broken, and the ones after it are
        read. Raises FileError and OSError when the file cannot be read.
        """
        with self.file.open_text() as text:
            yield from parse_rows(text, self.delimiter)


def csv_file(file: InputFile, delimiter: str | None = None) -> CsvFile:
    """Reads the header; a delimiter that is not said is the one of DELIMITERS that gives it the most columns.

    Raises FileError and OSError when the file cannot be read.
    """
    with file.open_text() as text:
        first = text.readline()
    csv.field_size_limit(FIELD_MAX)
    if delimiter is None:
        delimiter = max(DELIMITERS, key=lambda each: len(next(csv.reader([first], delimiter=each), [])))
    with file.open_text() as text:
        try:
            header = next(csv.reader(text, delimiter=delimiter), [])
        except csv.Error as error:
            raise FileError(f"{file.name} has no header that can be read: {error}") from None
    return CsvFile(file, delimiter, header)


def parse_rows(file: io.TextIOBase | Iterator[str], delimiter: str = ",") -> Iterator[Row]:
    """`CsvFile.rows` for lines already open."""
    csv.field_size_limit(FIELD_MAX)
    lines = _Recorded(iter(file))
    reader = csv.reader(lines, delimiter=delimiter)
    header = next(reader, [])
    lines.take()
    number = 0
    while True:
        line = lines.before + 1
        try:
            record = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            number += 1
            yield Row(number, line, lines.take(), None, str(error))
            continue
        raw = lines.take()
        if not record:
            continue
        number += 1
        if len(record) != len(header):
            yield Row(number, line, raw, None, f"has {len(record)} fields, the header {len(header)}")
        elif not _is_unicode(raw):
            yield Row(
                number,
                line,
                raw,
                None,
                "has bytes that are no text of the file's encoding; say another with --encoding",
            )
        else:
            yield Row(number, line, raw, dict(zip(header, record, strict=True)))


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
