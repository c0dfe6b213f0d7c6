"""The archive: every commit of the log, byte for byte, under a rolling SHA-256. Knows no event.

digest(n) = sha256(digest(n-1) || subject(n) || data(n)), digest(0) = 32 zero bytes. Whoever keeps one digest can prove
that nothing up to its position was changed, and `verify` shows that the log still says the same.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from chassis.commits import Entry, Recorded, Subject
from chassis.cursor import Fenced
from chassis.database import Connection, Database, queries
from chassis.log import Log
from chassis.membership import Membership
from chassis.projection import Projection
from chassis.tail import Tail
from chassis.view import View
from switchboard.log.v1 import log_pb2

SQL = queries(__file__, "archive.sql")
NAME = "archive_v1"
FIRST_DIGEST = bytes(32)
POSITIONS_PER_PARTITION = 1_000_000
"""Against: a partition of 2 kB commits is 2 GB then, which dumps and detaches within minutes."""


def rolled(digest: bytes, subject: str, data: bytes) -> bytes:
    """The digest after one more commit."""
    sha = hashlib.sha256(digest)
    sha.update(subject.encode())
    sha.update(data)
    return sha.digest()


class ArchiveView:
    """Name and tables of the archive; it folds no events, whole commits are written instead."""

    name = NAME
    contexts: frozenset[str] = frozenset()
    handles: frozenset[str] = frozenset()
    ignores: frozenset[str] = frozenset()
    schema = SQL["schema"]
    dumps: Mapping[str, str] = {NAME: "position"}

    def keys(self, event: Recorded) -> Sequence[str]:
        """None: no event is folded."""
        return ()

    async def load(self, connection: Connection, keys: Sequence[str]) -> dict[str, None]:
        """Nothing."""
        return {}

    def fold(self, rows: dict[str, None], event: Recorded) -> None:
        """Nothing."""

    async def save(self, connection: Connection, rows: Mapping[str, None], touched: Sequence[str]) -> None:
        """Nothing."""


class Archive(Projection[None]):
    """Writes commits instead of folding events; position, hand-over and outages as for every projection."""

    def __init__(
        self, log: Log, database: Database, membership: Membership | None = None, tail: Tail | None = None
    ) -> None:
        super().__init__(ArchiveView(), log, database, membership, tail)
        self._end = 0, FIRST_DIGEST
        """Position and digest of the last commit this instance archived; its partition is there."""

    async def apply(self, entries: Sequence[Entry], ahead: object = None) -> None:
        """Appends commits and moves the position, in one transaction. Raises Fenced when the position was elsewhere."""
        entries = [entry for entry in entries if entry.position > self._position]
        if not entries:
            return
        first, last = entries[0].position, entries[-1].position
        if first != self._position + 1 or last != self._position + len(entries):
            raise Fenced(f"{NAME} at {self._position} was handed {first}")
        async with self._database.transaction() as connection:
            if await connection.execute(SQL["advance"], NAME, self._position, last) != "UPDATE 1":
                raise Fenced(NAME)
            end, digest = self._end
            if end != self._position:
                digest = await connection.fetchval(SQL["last_digest"], self._position)
            rows = []
            for entry in entries:
                subject = str(entry.subject)
                digest = rolled(digest, subject, entry.data)
                rows.append((entry.position, subject, entry.data, digest))
            there = end // POSITIONS_PER_PARTITION if end else -1
            for number in range(first // POSITIONS_PER_PARTITION, last // POSITIONS_PER_PARTITION + 1):
                if number != there:
                    await self._partition(connection, number)
            await connection.copy_records_to_table(
                NAME, records=rows, columns=["position", "subject", "data", "digest"]
            )
        self._position = last
        self._end = last, digest

    async def _partition(self, connection: Connection, number: int) -> None:
        name = f"{NAME}_p{number}"
        if await connection.fetchval("select to_regclass($1)", name) is None:
            first = number * POSITIONS_PER_PARTITION
            await connection.execute(
                SQL["partition"].format(name=name, first=first, beyond=first + POSITIONS_PER_PARTITION)
            )


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether log and archive agree and the chain holds; `detail` is the first difference or the last digest."""

    ok: bool
    detail: str
    compared: int


async def verify(log: Log, database: Database, until: int | None = None) -> Verdict:
    """I2: from the first position to `until` (default: where the archive is) the archive has every commit of the log,
    byte for byte, without gaps, and its chain of digests recomputes. Reads everything; changes nothing.
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
                if kept[index]["subject"] != subject or kept[index]["data"] != entry.data:
                    return Verdict(False, f"log and archive differ at {entry.position}", compared)
                digest = rolled(digest, subject, entry.data)
                if kept[index]["digest"] != digest:
                    return Verdict(False, f"the chain of digests breaks at {entry.position}", compared)
                compared += 1
    if compared != until:
        return Verdict(False, f"the log ends at {compared}, the archive at {until}", compared)
    return Verdict(True, f"{compared} commits in log and archive, digest {digest.hex()}", compared)


async def commits(connection: Connection, positions: Collection[int]) -> dict[int, log_pb2.Commit]:
    """The commits at these positions; those the archive has not reached are left out."""
    rows = await connection.fetch(SQL["at"], sorted(set(positions)))
    return {row["position"]: log_pb2.Commit.FromString(row["data"]) for row in rows}


R = TypeVar("R")
COMMITS_PER_READ = 100
"""Against: a commit has at most 512 KiB, so a read takes at most 50 MiB."""


async def refolded(database: Database, tenant: str, position: int, view: View[R]) -> dict[str, R]:
    """The rows of a view for one tenant as they were at a position, folded in memory from the archived commits.

    The archive must have reached the position. An event the view's tables would refuse is folded all the same.
    """
    rows: dict[str, R] = {}
    after = 0
    patterns = [f"ev.{context}.{tenant}.%" for context in sorted(view.contexts)]
    while True:
        found = await database.fetch(SQL["of_tenant"], after, position, patterns, COMMITS_PER_READ)
        # In a thread, so that other calls are answered meanwhile.
        await asyncio.to_thread(_fold, view, rows, found)
        if len(found) < COMMITS_PER_READ:
            return rows
        after = found[-1]["position"]


def _fold(view: View[R], rows: dict[str, R], found: Sequence[Any]) -> None:
    for record in found:
        entry = Entry(record["position"], Subject.parse(record["subject"]), record["data"])
        for event in entry.events():
            if event.type in view.handles:
                view.fold(rows, event)
