"""The archive: every commit of the log, byte for byte, under a rolling SHA-256. Knows no event.

digest(n) = sha256(digest(n-1) || subject(n) || data(n)), digest(0) = 32 zero bytes. Whoever keeps one digest can prove
that nothing up to its position was changed, and `verify` shows that the log still says the same.

A commit of a deleted tenant keeps its place and its digest and nothing else: the log has what the digest is of.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeVar

from chassis import telemetry
from chassis.clock import Instant
from chassis.commits import Entry, Subject
from chassis.database import Connection, Database, queries
from chassis.errors import Unavailable
from chassis.log import Log
from chassis.sink import Weight
from chassis.view import View, fold

_LOGGER = logging.getLogger(__name__)
_UNREADABLE = telemetry.Instrument("switchboard.archive.unreadable")
SQL = queries(__file__, "archive.sql")
NAME = "archive_v2"
REST = f"{NAME}_rest"
FIRST_DIGEST = bytes(32)
EMPTIED = "bytes = 0, subject = '', data = ''"
"""What becomes of a deleted tenant's commits; the rest of each goes."""
PART_BYTES = 3_900
"""What stands in one row of a commit. Against: a page of 8 kB has room for two, whatever the tenant is called."""
POSITIONS_PER_PARTITION = 1_000_000
"""Against: a partition of 2 kB commits is 2 GB then, which dumps and detaches within minutes."""


def rolled(digest: bytes, subject: str, data: bytes) -> bytes:
    """The digest after one more commit."""
    sha = hashlib.sha256(digest)
    sha.update(subject.encode())
    sha.update(data)
    return sha.digest()


class ArchiveSink:
    """The archive as a sink: whole commits are written, whatever is in them."""

    name = NAME
    parts = 1
    """Its digests are one chain."""
    schema = SQL["schema"]
    dumps: Mapping[str, str] = {NAME: "position", REST: "position, part"}

    def weigh(self, entry: Entry) -> Weight:
        """Its bytes; its events are not looked at."""
        return Weight(1, len(entry.data))

    async def prepare(self, entries: Sequence[Entry]) -> ArchiveRound:
        """Nothing can be done before the digest is known that the round goes on from."""
        return ArchiveRound(entries)


@dataclass(frozen=True, slots=True)
class ArchiveRound:
    """Commits that follow each other."""

    entries: Sequence[Entry]
    traceparents: Sequence[str] = ()

    async def write(self, connection: Connection, *, apart: bool = False) -> None:
        """Appends them under the chain of digests, in partitions that are made as they are needed."""
        first, last = self.entries[0].position, self.entries[-1].position
        numbers = range(first // POSITIONS_PER_PARTITION, last // POSITIONS_PER_PARTITION + 1)
        [(is_there, digest)] = await connection.fetch(SQL["begin"], f"{REST}_p{numbers[-1]}", first - 1)
        if not is_there:
            for number in numbers:
                await _partition(connection, number)
        if first == 1:
            digest = FIRST_DIGEST
        if digest is None:
            raise Unavailable(f"{NAME} lacks position {first - 1}; restore it, or drop it and let it be refilled", 5.0)
        rows: list[tuple[Any, ...]] = []
        rest: list[tuple[Any, ...]] = []
        for entry in self.entries:
            subject = str(entry.subject)
            digest = rolled(digest, subject, entry.data)
            subject, data = ("", b"") if entry.gone else (subject, entry.data)
            rows.append((entry.position, len(data), subject, data[:PART_BYTES], digest))
            rest += [
                (entry.position, at // PART_BYTES, entry.subject.tenant, data[at : at + PART_BYTES])
                for at in range(PART_BYTES, len(data), PART_BYTES)
            ]
        await connection.copy_records_to_table(NAME, records=rows)
        if rest:
            await connection.copy_records_to_table(REST, records=rest)


async def _partition(connection: Connection, number: int) -> None:
    first = number * POSITIONS_PER_PARTITION
    for table in (NAME, REST):
        await connection.execute(
            SQL["partition"].format(table=table, number=number, first=first, beyond=first + POSITIONS_PER_PARTITION)
        )


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether log and archive agree and the chain holds; `detail` is the first difference or the last digest."""

    ok: bool
    detail: str
    compared: int


async def verify(log: Log, database: Database, until: int | None = None, deleted: Collection[str] = ()) -> Verdict:
    """I2: from the first position to `until` (default: where the archive is) the archive has every commit of the log,
    byte for byte, without gaps, and its chain of digests recomputes; of `deleted` tenants it has the digests and
    nothing else. Reads everything; changes nothing.
    """
    if until is None:
        until = await database.fetchval("select position from projections where name = $1", NAME) or 0
    digest, compared = FIRST_DIGEST, 0
    if until:
        async for batch in log.read(0, until=until):
            kept = await database.fetch(SQL["between"], batch[0].position, batch[-1].position)
            for index, entry in enumerate(batch):
                subject = str(entry.subject)
                if entry.position != compared + 1:
                    return Verdict(False, f"the log jumps from {compared} to {entry.position}", compared)
                if index >= len(kept) or kept[index]["position"] != entry.position:
                    return Verdict(False, f"the archive lacks position {entry.position}", compared)
                expected = ("", b"") if entry.subject.tenant in deleted else (subject, entry.data)
                if (kept[index]["subject"], kept[index]["data"]) != expected:
                    return Verdict(False, f"log and archive differ at {entry.position}", compared)
                digest = rolled(digest, subject, entry.data)
                if kept[index]["digest"] != digest:
                    return Verdict(False, f"the chain of digests breaks at {entry.position}", compared)
                compared += 1
    if compared != until:
        return Verdict(False, f"the log ends at {compared}, the archive at {until}", compared)
    return Verdict(True, f"{compared} commits in log and archive, digest {digest.hex()}", compared)


async def fits(log: Log, database: Database) -> str | None:
    """Whether the archive's last commit is the one the log has there, under its digest; a sentence where it is not.

    Reads two rows. Raises Unavailable and TimeoutError.
    """
    if await database.fetchval("select to_regclass($1)", NAME) is None:
        return None
    rows = await database.fetch(SQL["last_two"])
    if not rows:
        return None
    position, before = rows[0]["position"], rows[1]["digest"] if len(rows) > 1 else FIRST_DIGEST
    there = await log.raw(position)
    if there is not None and rolled(before, *there) == rows[0]["digest"]:
        return None
    return (
        f"the archive belongs to another log: the digest of its last commit, {position}, is not that of the log there;"
        " give kpi the NATS and the PostgreSQL that belong together, or refill the tables: switchboard rebuild kpi"
    )


class Evidence(NamedTuple):
    """What is shown of an archived event."""

    event_id: bytes
    type: str
    occurred_at: Instant


Place = tuple[int, int]
"""(position, index) of an event."""


async def evidence(connection: Connection, places: Collection[Place]) -> dict[Place, Evidence]:
    """The events at these places. One that the archive does not have whole is left out, said in the log and counted: a
    report shows the others. Reads COMMITS_PER_READ at a time.
    """
    found: dict[Place, Evidence] = {}
    wanted: dict[int, list[int]] = {}
    for position, index in places:
        wanted.setdefault(position, []).append(index)
    positions = sorted(wanted)
    for at in range(0, len(positions), COMMITS_PER_READ):
        rows = await connection.fetch(SQL["at"], positions[at : at + COMMITS_PER_READ])
        found |= await asyncio.to_thread(_evidence, rows, wanted)
    for position in sorted({position for position, index in places if (position, index) not in found}):
        _UNREADABLE.record(1)
        _LOGGER.warning("the archive has no whole commit there", extra={"fields": {"position": position}})
    return found


def _evidence(rows: Sequence[Any], wanted: Mapping[int, Sequence[int]]) -> dict[Place, Evidence]:
    found = {}
    for row in rows:
        events = Entry(row["position"], Subject.of(row["subject"]), row["data"]).recorded()
        for index in wanted[row["position"]]:
            if index < len(events):
                event = events[index]
                found[row["position"], index] = Evidence(event.event_id, event.type, event.event.occurred_at)
    return found


R = TypeVar("R")
COMMITS_PER_READ = 20
"""Commits looked up at once. Against: one has at most 512 KiB, so a read takes at most 10 MiB."""
BYTES_PER_READ = 4 * 1024 * 1024
"""What commits read in their order weigh together, and one commit more."""


async def refolded(database: Database, tenant: str, position: int, view: View[R]) -> dict[str, R]:
    """The rows of a view for one tenant as they were at a position, folded in memory from the archived commits.

    The archive must have reached the position. What cannot be folded is left out with what follows it under its keys,
    as it is parked in the tables; an event that only the tables would refuse is folded all the same.
    """
    rows: dict[str, R] = {}
    blocked: set[str] = set()
    after = 0
    patterns = [f"ev.{context}.{tenant}.%" for context in sorted(view.contexts)]
    while found := await database.fetch(SQL["of_tenant"], after, position, patterns, BYTES_PER_READ):
        # In a thread, so that other calls are answered meanwhile.
        await asyncio.to_thread(_fold, view, rows, found, blocked)
        after = found[-1]["position"]
    return rows


def _fold(view: View[R], rows: dict[str, R], found: Sequence[Any], blocked: set[str]) -> None:
    for record in found:
        entry = Entry(record["position"], Subject.of(record["subject"]), record["data"])
        for event in entry.events():
            if event.type not in view.handles:
                continue
            keys: Sequence[str] = ()
            try:
                keys = view.keys(event)
                if blocked.isdisjoint(keys):
                    fold(view, rows, event)
                else:
                    blocked.update(keys)
            except Exception:  # noqa: BLE001  # the tables' projection has parked it and rung
                blocked.update(keys)
