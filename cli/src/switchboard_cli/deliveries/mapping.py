"""`--map`: one row of any CSV file as one post and, where its reply columns are filled, one reply. It knows no file.

What a row holds is read by ingest, by the mapping that goes along; what it refuses can be read again by another one.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from chassis.clock import is_time_format
from switchboard.ingest.v1.post_pb2 import Row as RowMessage
from switchboard.ingest.v1.post_pb2 import RowMapping
from switchboard.ingest.v1.service_pb2 import Delivery

from switchboard_cli.deliveries.addressed import Addressed, SourceSettings
from switchboard_cli.deliveries.rounded import REASON, RoundedIds, problem
from switchboard_cli.deliveries.rows import CsvFile, Row

REQUIRED = ("id", "author", "text", "at")
FORMATS = ("iso", "unix", "unix_ms")
OPTIONAL = ("reply", "replied_at", "subject", "parent", "language")


class MapError(ValueError):
    """The mapping cannot be used; the message says why and what can be mapped."""


def mapping_of(text: str, time_formats: Sequence[str], time_zone: str) -> RowMapping:
    """From `id=message_id,author=user_id,...`, formats as `--time-format` takes them, an IANA zone. Raises MapError."""
    for one in time_formats:
        if one not in FORMATS and not is_time_format(one):
            raise MapError(f"--time-format {one!r} is no strptime format and none of {', '.join(FORMATS)}")
    mapping = RowMapping(time_formats=time_formats, time_zone=time_zone)
    named = set()
    for part in text.split(","):
        name, equals, column = part.partition("=")
        name, column = name.strip(), column.strip()
        if not equals or not column or name not in (*REQUIRED, *OPTIONAL):
            known = ", ".join((*REQUIRED, *OPTIONAL))
            raise MapError(f"--map has {part.strip()!r}; write NAME=COLUMN with NAME one of {known}")
        if name in named:
            raise MapError(f"--map names {name!r} twice")
        named.add(name)
        setattr(mapping, name, column)
    if missing := [name for name in REQUIRED if name not in named]:
        raise MapError(f"--map says no column for {', '.join(missing)}; {', '.join(REQUIRED)} are needed")
    if ("reply" in named) != ("replied_at" in named):
        raise MapError("--map needs both reply= and replied_at=, or neither")
    return mapping


def columns_of(mapping: RowMapping) -> set[str]:
    """The columns a mapping names."""
    return {column for name in (*REQUIRED, *OPTIONAL) if (column := getattr(mapping, name))}


@dataclass(frozen=True, slots=True)
class MappedReading:
    """A file and how to read it, for one source."""

    file: CsvFile
    source: SourceSettings
    mapping: RowMapping
    expected: int
    rounded: frozenset[str] = frozenset()
    """Columns of ids that a spreadsheet rounded."""

    @property
    def sources(self) -> Sequence[SourceSettings]:
        return (self.source,)

    def deliveries(self) -> Iterator[Addressed]:
        """One or two per row, in file order."""
        for row in self.file.rows():
            for delivery in deliveries_of(self.file, row, self.mapping, self.rounded):
                yield Addressed(self.source.source_id, delivery)


def read_mapped(file: CsvFile, source: SourceSettings, mapping: RowMapping) -> MappedReading:
    """Counts the rows and checks the header. Raises like `CsvFile.rows`, and MapError when a column is not there."""
    if missing := sorted(columns_of(mapping) - set(file.header)):
        raise MapError(f"{file.name} has no column {', '.join(missing)}; it has {', '.join(file.header) or 'none'}")
    ids = RoundedIds(mapping.id, {column for column in (mapping.author, mapping.parent) if column} - {mapping.id})
    rows = 0
    for row in file.rows():
        rows += 1
        ids.see(row.fields or {})
    per_row = 2 if mapping.reply else 1
    return MappedReading(file, source, mapping, per_row * rows, ids.columns())


def deliveries_of(
    file: CsvFile, row: Row, mapping: RowMapping, rounded: frozenset[str] = frozenset()
) -> Iterator[Delivery]:
    """The row for its post and, where both reply columns are filled, once more for its reply; or refused."""
    if refusal := problem(rounded, row.fields or {}):
        yield file.delivery(row, RowMessage(mapping=mapping, reason=REASON, detail=refusal))
        return
    yield file.delivery(row, RowMessage(mapping=mapping))
    cells = row.fields or {}
    if cells.get(mapping.reply, "").strip() and cells.get(mapping.replied_at, "").strip():
        yield file.delivery(row, RowMessage(mapping=mapping, is_reply=True))
