"""What a service answers about itself: how far it has read, and whether its state and its tables can be recomputed.

It knows shards, projections and the log in general; what a row or an event means it never asks.
"""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import grpc
from switchboard.log.v1 import integrity_pb2, integrity_pb2_grpc

from chassis.commits import EVERYTHING, Entry, Position
from chassis.database import Connection, Database
from chassis.host import ShardHost
from chassis.identity import uuid5_bytes
from chassis.log import Log
from chassis.projection import SCHEMA as PROJECTION_SCHEMA
from chassis.projection import Projector
from chassis.serving import check_tenant, deadline_s


@dataclass(frozen=True, slots=True)
class Finding:
    """Whether one invariant holds for one thing, and the counts that show it."""

    invariant: str
    subject: str
    ok: bool
    detail: str
    compared: int


EXPORTED_MAX = 500
EXPORTED_BYTES = 1024 * 1024
"""What one message of an export holds, and one commit more. Against: a client takes 4 MiB unless it says otherwise, a
commit has at most 512 KiB."""

Check = Callable[[], Awaitable[Sequence[Finding]]]


async def shards_refold(hosts: Sequence[ShardHost[Any, Any, Any]]) -> list[Finding]:
    """I1: the live state of every owned shard equals the fold of its events."""
    findings = []
    for host in hosts:
        for subject, position, difference in await host.differences():
            detail = difference or f"live state equals the refolded one at {position}"
            findings.append(Finding("I1", str(subject), difference is None, detail, position))
    return findings


async def log_gapless(log: Log) -> list[Finding]:
    """I2: positions of the log follow each other, event ids derive from their commit's. What is no commit is counted:
    every reader steps over it.
    """
    last, commits, events, wrong, unreadable = 0, 0, 0, 0, 0
    first = None
    async for batch in log.read():
        for entry in batch:
            first = entry.position if first is None else first
            commits += 1
            commit = entry.commit
            events += len(commit.events)
            wrong += last not in (0, entry.position - 1)
            wrong += sum(e.event_id != uuid5_bytes(commit.commit_id, str(i)) for i, e in enumerate(commit.events))
            unreadable += bool(entry.unreadable)
            last = entry.position
    detail = f"{commits} commits with {events} events from {first or 0} to {last}, {wrong} gaps or malformed ids"
    if unreadable:
        detail += f"; {unreadable} of them are no commits (`switchboard log unreadable`)"
    return [Finding("I2", "log", wrong == 0, detail, commits)]


async def commits_once(log: Log, context: str) -> list[Finding]:
    """I3: no commit id stands in the log twice."""
    seen: set[bytes] = set()
    commits = 0
    async for batch in log.read(subject_filter=f"ev.{context}.>"):
        for entry in batch:
            if not entry.unreadable:
                commits += 1
                seen.add(entry.commit.commit_id)
    again = commits - len(seen)
    return [Finding("I3", f"ev.{context}.>", again == 0, f"{commits} commits, {again} ids more than once", commits)]


async def positions_agree(log: Log, database: Database, projections: Sequence[Projector]) -> list[Finding]:
    """I4: every view's position is one row, not beyond the log, and nothing is parked."""
    end = await log.last_position()
    findings = []
    for projection in projections:
        name = projection.name
        position = await database.fetchval("select position from projections where name = $1", name)
        parked = await database.fetchval("select count(*) from parked where projection = $1", name)
        ok = position is not None and 0 <= position <= end and parked == 0
        findings.append(
            Finding("I4", f"view {name}", ok, f"at {position} of {end}, {parked} events parked", position or 0)
        )
    return findings


async def _digest(connection: Connection, dumps: Mapping[str, str]) -> tuple[str, int]:
    """SHA-256 over the ordered rows of tables as PostgreSQL prints them, and their number."""
    total, rows = hashlib.sha256(), 0
    for table, order in sorted(dumps.items()):
        total.update(table.encode())
        # Digested where it lies: a row of an archive is a megabyte as text.
        lines = f"select sha256(convert_to(t::text, 'UTF8')) as line from {table} t order by {order}"  # noqa: S608  # names a view of ours declares
        async for record in connection.cursor(lines, prefetch=5_000):
            total.update(record["line"])
            rows += 1
    return total.hexdigest(), rows


async def views_replay(log: Log, database: Database, projections: Sequence[Projector]) -> list[Finding]:
    """I5: every view refilled from the first commit, in a schema of its own, is byte for byte the live one."""
    return [await _replay(log, database, projection) for projection in projections]


async def _replay(log: Log, database: Database, projection: Projector) -> Finding:
    name, dumps = projection.name, projection.sink.dumps
    async with database.transaction(isolation="repeatable_read", readonly=True, timeout_s=600) as connection:
        position = await connection.fetchval("select position from projections where name = $1", name)
        live, rows = await _digest(connection, dumps)
    schema = f"{database.schema}_replay_{name}"
    shadow = database.sibling(schema)
    await database.execute(f"drop schema if exists {schema} cascade")
    async with shadow:
        try:
            await shadow.execute(PROJECTION_SCHEMA)
            await projection.elsewhere(shadow).replay(until=position)
            async with shadow.transaction(readonly=True, timeout_s=600) as connection:
                replayed, replayed_rows = await _digest(connection, dumps)
        finally:
            await shadow.execute(f"drop schema if exists {schema} cascade")
    ok = (live, rows) == (replayed, replayed_rows)
    detail = f"{rows} rows at {position}, live {live[:12]}, replayed {replayed[:12]} ({replayed_rows} rows)"
    return Finding("I5", f"view {name}", ok, detail, rows)


class IntegrityServicer(integrity_pb2_grpc.IntegrityServiceServicer):
    """switchboard.log.v1.IntegrityService for one service."""

    def __init__(
        self,
        *,
        context: str,
        log: Log,
        database: Database,
        hosts: Sequence[ShardHost[Any, Any, Any]],
        projections: Sequence[Projector],
        checks: Sequence[tuple[str, Check]] = (),
    ) -> None:
        self._log = log
        self._hosts = hosts
        self._projections = projections
        self._checks: list[tuple[str, Check]] = [
            ("I1", lambda: shards_refold(hosts)),
            ("I2", lambda: log_gapless(log)),
            ("I3", lambda: commits_once(log, context)),
            ("I4", lambda: positions_agree(log, database, projections)),
            ("I5", lambda: views_replay(log, database, projections)),
            *checks,
        ]

    async def WaitUntil(  # noqa: N802  # gRPC names it
        self,
        request: integrity_pb2.WaitUntilRequest,
        context: grpc.aio.ServicerContext[integrity_pb2.WaitUntilRequest, integrity_pb2.WaitUntilResponse],
    ) -> integrity_pb2.WaitUntilResponse:
        position = Position.decode(request.position, "position") or await self._log.last_position()
        if request.tenant:
            for host in self._hosts:
                position = max(position, await host.caught_up(request.tenant, position))
        for projection in self._projections:
            await projection.reached(position, deadline_s())
        return integrity_pb2.WaitUntilResponse(position=Position.encode(position))

    async def VerifyIntegrity(  # noqa: N802
        self,
        request: integrity_pb2.VerifyIntegrityRequest,
        context: grpc.aio.ServicerContext[integrity_pb2.VerifyIntegrityRequest, integrity_pb2.VerifyIntegrityResponse],
    ) -> AsyncIterator[integrity_pb2.VerifyIntegrityResponse]:
        for invariant, check in self._checks:
            if request.invariants and invariant not in request.invariants:
                continue
            for finding in await check():
                yield integrity_pb2.VerifyIntegrityResponse(
                    invariant=finding.invariant,
                    subject=finding.subject,
                    ok=finding.ok,
                    detail=finding.detail,
                    compared=finding.compared,
                )

    async def ExportLog(  # noqa: N802
        self,
        request: integrity_pb2.ExportLogRequest,
        context: grpc.aio.ServicerContext[integrity_pb2.ExportLogRequest, integrity_pb2.ExportLogResponse],
    ) -> AsyncIterator[integrity_pb2.ExportLogResponse]:
        after = Position.decode(request.after, "after")
        if request.tenant:
            check_tenant(request.tenant)
        wanted = f"ev.*.{request.tenant}.*" if request.tenant else EVERYTHING
        async for batch in self._log.read(after, wanted):
            for page in pages([entry for entry in batch if not entry.unreadable]):
                yield integrity_pb2.ExportLogResponse(
                    commits=[
                        integrity_pb2.ExportedCommit(
                            position=Position.encode(entry.position), subject=str(entry.subject), commit=entry.commit
                        )
                        for entry in page
                    ]
                )


def pages(batch: Sequence[Entry]) -> Iterator[list[Entry]]:
    """Cuts a batch so that a page holds at most EXPORTED_MAX commits and EXPORTED_BYTES, and one commit more."""
    page: list[Entry] = []
    size = 0
    for entry in batch:
        page.append(entry)
        size += len(entry.data)
        if len(page) == EXPORTED_MAX or size >= EXPORTED_BYTES:
            yield page
            page, size = [], 0
    if page:
        yield page
