"""`--map`: one row of any CSV file as one post and, where its reply columns are filled, one reply. It knows no file.

Times without a zone are local times of the zone given: an hour that exists twice means its first pass, and a time that
a clock change skips is read with the offset before the change (PEP 495 with fold 0). `iso`, `unix` and `unix_ms` are
time formats too.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from decimal import Decimal, InvalidOperation

from chassis.clock import FIRST, LAST, MICROS, Instant, from_datetime, to_timestamp
from switchboard.ingest.v1.post_pb2 import AuthorKind, NormalizedPost
from switchboard.ingest.v1.service_pb2 import Delivery

from switchboard_cli.deliveries.addressed import RAW_ROW, Addressed, SourceSettings
from switchboard_cli.deliveries.rows import CsvFile, Row

REQUIRED = ("id", "author", "text", "at")
OPTIONAL = ("reply", "replied_at", "subject", "parent", "language")
TEAM = "team"
"""Account that stands for the unnamed human who replies."""


class MapError(ValueError):
    """The mapping cannot be used; the message says why and what can be mapped."""


@dataclass(frozen=True, slots=True)
class ColumnMap:
    """Which column holds what, in which formats its times are written and where they are local."""

    columns: Mapping[str, str]
    time_formats: Sequence[str]
    zone: tzinfo

    @classmethod
    def parse(cls, text: str, time_formats: Sequence[str], zone: tzinfo) -> "ColumnMap":
        """From `id=message_id,author=user_id,...`. Raises MapError."""
        columns: dict[str, str] = {}
        for part in text.split(","):
            name, equals, column = part.partition("=")
            name, column = name.strip(), column.strip()
            if not equals or not column or name not in (*REQUIRED, *OPTIONAL):
                known = ", ".join((*REQUIRED, *OPTIONAL))
                raise MapError(f"--map has {part.strip()!r}; write NAME=COLUMN with NAME one of {known}")
            if name in columns:
                raise MapError(f"--map names {name!r} twice")
            columns[name] = column
        if missing := [name for name in REQUIRED if name not in columns]:
            raise MapError(f"--map says no column for {', '.join(missing)}; {', '.join(REQUIRED)} are needed")
        if ("reply" in columns) != ("replied_at" in columns):
            raise MapError("--map needs both reply= and replied_at=, or neither")
        return cls(columns, time_formats, zone)

    def instant(self, text: str) -> Instant | None:
        """The instant a cell says in the first format that fits, None when none does."""
        found = (self._read(text.strip(), time_format) for time_format in self.time_formats)
        return next((at for at in found if at is not None), None)

    def _read(self, text: str, time_format: str) -> Instant | None:
        try:
            match time_format:
                case "unix":
                    at = Instant(int(Decimal(text) * MICROS))
                case "unix_ms":
                    at = Instant(int(Decimal(text) * 1000))
                case "iso":
                    at = self._local(datetime.fromisoformat(text))
                case _:
                    at = self._local(datetime.strptime(text, time_format))  # noqa: DTZ007 (the zone is added next)
        except (ValueError, OverflowError, InvalidOperation):
            return None
        return at if FIRST <= at <= LAST else None

    def _local(self, moment: datetime) -> Instant:
        aware = moment if moment.tzinfo is not None else moment.replace(tzinfo=self.zone)
        return from_datetime(aware.astimezone(UTC))


@dataclass(frozen=True, slots=True)
class MappedReading:
    """A file and how to read it, for one source."""

    file: CsvFile
    source: SourceSettings
    columns: ColumnMap
    expected: int

    @property
    def sources(self) -> Sequence[SourceSettings]:
        return (self.source,)

    def deliveries(self) -> Iterator[Addressed]:
        """One or two per row, in file order."""
        for row in self.file.rows():
            for delivery in deliveries_of(row, self.columns):
                yield Addressed(self.source.source_id, delivery)


def read_mapped(file: CsvFile, source: SourceSettings, columns: ColumnMap) -> MappedReading:
    """Counts the rows and checks the header. Raises like `CsvFile.rows`, and MapError when a column is not there."""
    if missing := sorted({column for column in columns.columns.values() if column not in file.header}):
        raise MapError(f"{file.name} has no column {', '.join(missing)}; it has {', '.join(file.header) or 'none'}")
    per_row = 2 if "reply" in columns.columns else 1
    return MappedReading(file, source, columns, per_row * sum(1 for _ in file.rows()))


def deliveries_of(row: Row, columns: ColumnMap) -> Iterator[Delivery]:
    """The post and, where both reply columns are filled, the reply; the row as it stands where either is broken."""
    broken = Delivery(payload=row.raw_bytes(), content_type=RAW_ROW)
    if row.fields is None:
        yield broken
        return
    cells = {name: row.fields[column] for name, column in columns.columns.items()}
    at = columns.instant(cells["at"])
    external_id, author = cells["id"].strip(), cells["author"].strip()
    if at is None or not external_id or not author:
        yield broken
        return
    post = NormalizedPost(
        external_id=external_id,
        author_kind=AuthorKind.AUTHOR_KIND_CUSTOMER,
        text=cells["text"],
        subject=cells.get("subject", ""),
        language=cells.get("language", "").strip(),
        in_reply_to=cells.get("parent", "").strip(),
        published_at=to_timestamp(at),
    )
    post.author.external_id = author
    yield Delivery(normalized_post=post)
    if not cells.get("reply", "").strip() or not cells.get("replied_at", "").strip():
        return
    replied_at = columns.instant(cells["replied_at"])
    if replied_at is None:
        yield broken
        return
    reply = NormalizedPost(
        external_id=f"{external_id}/reply",
        author_kind=AuthorKind.AUTHOR_KIND_BRAND_HUMAN,
        text=cells["reply"],
        in_reply_to=external_id,
        published_at=to_timestamp(replied_at),
    )
    reply.author.external_id = TEAM
    yield Delivery(normalized_post=reply)
