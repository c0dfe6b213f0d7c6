"""Records of CSV files by a mapping: which column is what, how times are written. Pure; any channel takes them.

A cell that a spreadsheet has changed is refused by name (`spreadsheets`). Times without a zone are local times of the
mapping's zone: an hour that exists twice means its first pass, and a time that a clock change skips is read with the
offset before the change (PEP 495 with fold 0).
"""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from decimal import Decimal
from functools import lru_cache
from io import StringIO
from zoneinfo import ZoneInfoNotFoundError

from chassis import zones
from chassis.clock import FIRST, LAST, MICROS, Instant, from_datetime, is_time_format, to_timestamp
from switchboard.ingest.v1 import post_pb2

from ingest.channels import normalized
from ingest.instants import EARLIEST
from ingest.normalise import Account, Item, Reason, Unreadable
from ingest.spreadsheets import cell_id, is_nothing, no_serial, whole_text

FIELD_MAX = 4 * 1024 * 1024
"""Characters of one field; the csv module's own limit of 131,072 is less than a mail can have."""
COLUMNS_MAX = 1_000
NAME_LENGTH_MAX = 200
FORMATS_MAX = 10
FORMAT_LENGTH_MAX = 100
TIME_LENGTH_MAX = 100
DETAIL_LENGTH_MAX = 500
TEAM = "team"
"""Account that stands for whoever replied."""
_REQUIRED = ("id", "author", "text", "at")
_UNIX = re.compile(r"-?\d{1,20}(?:\.\d{1,9})?", re.ASCII)
_NAMED = ("iso", "unix", "unix_ms")
_ROLES = (*_REQUIRED, "reply", "replied_at", "subject", "parent", "language")

csv.field_size_limit(FIELD_MAX)


@dataclass(frozen=True, slots=True)
class Columns:
    """A mapping that can be read by: column of each role that has one."""

    of: dict[str, str]
    reply_author: str
    time_formats: tuple[str, ...]
    zone: tzinfo | None


@dataclass(frozen=True, slots=True)
class _Cells:
    """One record: the cell of each role, and what to call its place."""

    columns: Columns
    values: dict[str, str]

    def __getitem__(self, role: str) -> str:
        return self.values.get(role, "")

    def place(self, role: str) -> str:
        return f'column "{self.columns.of[role]}"'

    def identifier(self, role: str) -> str:
        """A cell that is an id, "" for none (an author may be called None). Raises Unreadable where it is none now."""
        value = self[role].strip()
        if not value or (role != "author" and is_nothing(value)):
            return ""
        return cell_id(value, self.place(role))

    def required(self, role: str) -> str:
        value = self.identifier(role)
        if not value:
            raise Unreadable(Reason.MISSING_FIELD, f"{self.place(role)} is empty")
        return value

    def text(self, role: str) -> str:
        value = self[role]
        if value:
            whole_text(value, self.place(role))
        return value

    def instant(self, role: str) -> Instant:
        """What a cell says in the first format that fits. Raises Unreadable when none does."""
        value, where = self[role].strip(), self.place(role)
        if not value:
            raise Unreadable(Reason.MISSING_FIELD, f"{where} is empty")
        if len(value) <= TIME_LENGTH_MAX:
            for time_format in self.columns.time_formats:
                at = _read(value, time_format, self.columns.zone, where)
                if at is not None:
                    if at < EARLIEST:
                        no_serial(value, where)
                    return at
        no_serial(value, where)
        formats = " or ".join(self.columns.time_formats)
        raise Unreadable(Reason.IMPOSSIBLE_TIME, f"{where} is no time written as {formats}")


def read(row: post_pb2.Row, account: Account, now: Instant, *, again: bool = False) -> list[Item]:
    """The items of a record: its post, or its reply, or both where it is read `again`. Raises Unreadable."""
    try:
        if not row.HasField("mapping"):
            raise _told(row)
        cells = _cells(row)
        post = _post(cells)
        if row.reason:
            raise _told(row)
    except Unreadable:
        if row.is_reply and not again:
            return []  # the reply stays with its post, which is refused for the same
        raise
    items = [] if row.is_reply and not again else normalized.read(post, account, now)
    if (row.is_reply or again) and cells["reply"].strip() and cells["replied_at"].strip():
        items += normalized.read(_reply(cells), account, now)
    return items


def _told(row: post_pb2.Row) -> Unreadable:
    """The caller's own refusal of a record."""
    if not row.reason:
        return Unreadable(Reason.MISSING_FIELD, "row.mapping is missing")
    reason = Reason(row.reason) if row.reason in set(Reason) else Reason.INVALID_VALUE
    return Unreadable(reason, row.detail[:DETAIL_LENGTH_MAX] or "the caller could not read it")


def _cells(row: post_pb2.Row) -> _Cells:
    columns = columns_of(row.mapping)
    names = list(row.columns)
    if len(names) > COLUMNS_MAX:
        raise Unreadable(Reason.TOO_LARGE, f"more than {COLUMNS_MAX} columns")
    if missing := sorted({column for column in columns.of.values() if column not in names}):
        raise Unreadable(Reason.MISSING_FIELD, f"there is no column {', '.join(missing)}")
    record = _split(row)
    if len(record) != len(names):
        raise Unreadable(Reason.ROW_SHAPE, f"the record has {len(record)} fields, the header {len(names)}")
    found = dict(zip(names, record, strict=True))
    return _Cells(columns, {role: found[column] for role, column in columns.of.items()})


def _split(row: post_pb2.Row) -> Sequence[str]:
    try:
        text = row.record.decode()
    except UnicodeDecodeError as wrong:
        raise Unreadable(Reason.INVALID_UTF8, f"byte {wrong.start} of the record is not valid UTF-8") from None
    delimiter = row.delimiter or ","
    if len(delimiter) != 1 or delimiter in '"\r\n\0 ':
        raise Unreadable(Reason.INVALID_VALUE, "row.delimiter is no single character that parts columns")
    try:
        records = list(csv.reader(StringIO(text, newline=""), delimiter=delimiter))
    except csv.Error as error:
        raise Unreadable(Reason.ROW_SHAPE, f"the record is no CSV: {error}") from None
    if len(records) != 1:
        raise Unreadable(Reason.ROW_SHAPE, f"there are {len(records)} records where one is expected")
    return records[0]


def columns_of(mapping: post_pb2.RowMapping) -> Columns:
    """A mapping checked. Raises Unreadable, naming the field."""
    return _columns_of(mapping.SerializeToString(deterministic=True))


@lru_cache(maxsize=64)
def _columns_of(encoded: bytes) -> Columns:
    mapping = post_pb2.RowMapping.FromString(encoded)
    of = {role: name for role in _ROLES if (name := getattr(mapping, role))}
    if missing := [role for role in _REQUIRED if role not in of]:
        raise Unreadable(Reason.MISSING_FIELD, f"mapping.{missing[0]} names no column")
    if ("reply" in of) != ("replied_at" in of):
        raise Unreadable(Reason.MISSING_FIELD, "mapping.reply and mapping.replied_at go together")
    for role, name in of.items():
        if len(name) > NAME_LENGTH_MAX:
            raise Unreadable(Reason.TOO_LARGE, f"mapping.{role} is longer than {NAME_LENGTH_MAX} code points")
    formats = tuple(mapping.time_formats)
    if not 1 <= len(formats) <= FORMATS_MAX or not all(1 <= len(one) <= FORMAT_LENGTH_MAX for one in formats):
        raise Unreadable(
            Reason.INVALID_VALUE, f"mapping.time_formats are 1 to {FORMATS_MAX} of 1 to {FORMAT_LENGTH_MAX} code points"
        )
    for number, one in enumerate(formats):
        if one not in _NAMED and not is_time_format(one):
            raise Unreadable(Reason.INVALID_VALUE, f"mapping.time_formats[{number}] is no strptime format")
    return Columns(of, mapping.reply_author or TEAM, formats, _zone(mapping.time_zone) if mapping.time_zone else None)


def _zone(name: str) -> tzinfo:
    try:
        return zones.zone(name)
    except ZoneInfoNotFoundError:
        raise Unreadable(Reason.INVALID_VALUE, "mapping.time_zone is no IANA time zone") from None


def _read(text: str, time_format: str, zone: tzinfo | None, where: str) -> Instant | None:
    try:
        match time_format:
            case "unix" | "unix_ms":
                if not _UNIX.fullmatch(text):
                    return None
                at = Instant(int(Decimal(text) * (MICROS if time_format == "unix" else 1000)))
            case "iso":
                at = _local(datetime.fromisoformat(text), zone, where)
            case _:
                at = _local(datetime.strptime(text, time_format), zone, where)  # noqa: DTZ007 (the zone is added next)
    except (ValueError, OverflowError):
        return None
    return at if FIRST <= at <= LAST else None


def _local(moment: datetime, zone: tzinfo | None, where: str) -> Instant:
    if moment.tzinfo is None:
        if zone is None:
            raise Unreadable(
                Reason.TIME_WITHOUT_ZONE, f"{where} is a time without a zone, and mapping.time_zone does not say whose"
            )
        moment = moment.replace(tzinfo=zone)
    return from_datetime(moment.astimezone(UTC))


def _post(cells: _Cells) -> post_pb2.NormalizedPost:
    post = post_pb2.NormalizedPost(
        external_id=cells.required("id"),
        author_kind=post_pb2.AUTHOR_KIND_CUSTOMER,
        text=cells.text("text"),
        subject=cells.text("subject"),
        language=cells["language"].strip(),
        in_reply_to=cells.identifier("parent"),
        published_at=to_timestamp(cells.instant("at")),
    )
    post.author.external_id = cells.required("author")
    return post


def _reply(cells: _Cells) -> post_pb2.NormalizedPost:
    external_id = cells.required("id")
    reply = post_pb2.NormalizedPost(
        external_id=f"{external_id}/reply",
        author_kind=post_pb2.AUTHOR_KIND_BRAND_HUMAN,
        text=cells.text("reply"),
        in_reply_to=external_id,
        published_at=to_timestamp(cells.instant("replied_at")),
    )
    reply.author.external_id = cells.columns.reply_author
    return reply
