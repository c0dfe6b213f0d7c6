"""What a service answers about itself: how far it has read, and whether its state and its tables can be recomputed.

It knows shards, projections and the log in general; what a row or an event means it never asks.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections import Counter
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from contextlib import aclosing
from functools import partial
from typing import Any

import grpc
from switchboard.log.v1 import integrity_pb2, integrity_pb2_grpc

from chassis.commits import EVERYTHING, Event, Position
from chassis.database import Connection, Database
from chassis.duplicates import Seen, shortened
from chassis.errors import Overloaded, Unavailable
from chassis.export import pages
from chassis.findings import Check, Finding, entries
from chassis.host import ShardHost
from chassis.identity import uuid5_bytes
from chassis.log import Log
from chassis.logs import where
from chassis.obligations import Obligation, met
from chassis.parked_facts import WAITS
from chassis.projection import Projector
from chassis.reactor import Reactor
from chassis.serving import check_tenant, deadline_s
from chassis.shadow import shadow_of

_LOGGER = logging.getLogger(__name__)
_PARKED = """
with waiting as (select distinct key from parked where projection = $1 and starts_with(error, $2))
select count(distinct (position, event_index)) filter (where key not in (select key from waiting)) as parked,
    count(distinct (position, event_index)) filter (where key in (select key from waiting)) as waiting
from parked where projection = $1
"""
_PLACES = """
select count(*) as rows, min(position) as least, max(position) as most from projections where name = any($1)
"""
EXPORTED_MAX = 500
EXPORTED_BYTES = 1024 * 1024
"""What one message of an export holds, and one commit more. Against: a client takes 4 MiB unless it says otherwise, a
commit has at most 512 KiB."""
VERIFIED_AT_ONCE = 2
"""Checks a process works on at a time, whoever asked; the others wait. Against: one reads the whole log."""


async def shards_refold(host: ShardHost[Any, Any, Any]) -> list[Finding]:
    """I1: the live state of every owned shard equals the fold of its events."""
    findings = []
    for subject, position, difference in await host.differences():
        detail = difference or f"live state equals the refolded one at {position}"
        findings.append(Finding("I1", str(subject), difference is None, detail, position))
    return findings


async def log_gapless(log: Log) -> list[Finding]:
    """I2: no position up to the last one is missing, and event ids derive from their commit's. What is no commit is
    counted: every reader steps over it.
    """
    end, last = await log.last_position(), await log.last()
    until = 0 if last is None else last.position
    at, commits, events, missing, first_missing, wrong, unreadable = 0, 0, 0, 0, 0, 0, 0
    async with aclosing(entries(log, until=until)) as all_entries:
        async for entry in all_entries:
            commit = entry.commit
            commits += 1
            events += len(commit.events)
            unreadable += bool(entry.unreadable)
            if entry.position != at + 1:
                first_missing = first_missing or at + 1
                missing += entry.position - at - 1
            wrong += sum(not _is_of(event, commit.commit_id, index) for index, event in enumerate(commit.events))
            at = entry.position
    if end > at:
        first_missing = first_missing or at + 1
        missing += end - at
    detail = f"{commits} commits with {events} events up to {at}, {wrong} malformed event ids"
    detail += f", {missing} positions are missing, the first of them {first_missing}" if missing else ", no gap"
    if unreadable:
        detail += f"; {unreadable} of them are no commits (`switchboard log unreadable`)"
    return [Finding("I2", "log", not wrong and not missing, detail, commits)]


def _is_of(event: Event, commit_id: bytes, index: int) -> bool:
    """Whether an event's id derives from its commit's: today's does by itself."""
    return not event.event_id or event.event_id == uuid5_bytes(commit_id, str(index))


async def commits_once(log: Log, context: str) -> list[Finding]:
    """I3: no commit id stands in the log twice. Eight bytes of memory for each commit."""
    seen = Seen()
    wanted = f"ev.{context}.>"
    async with aclosing(entries(log, wanted)) as commits:
        async for entry in commits:
            if not entry.unreadable:
                seen.add(entry.commit.commit_id)
    again = 0
    if suspects := await seen.suspects():  # read once more: only equal ids count
        counted: Counter[bytes] = Counter()
        async with aclosing(entries(log, wanted)) as commits:
            async for entry in commits:
                if not entry.unreadable and shortened(entry.commit.commit_id) in suspects:
                    counted[entry.commit.commit_id] += 1
        again = sum(1 for number in counted.values() if number > 1)
    return [Finding("I3", wanted, not again, f"{seen.count} commits, {again} ids more than once", seen.count)]


async def positions_agree(
    log: Log, database: Database, projections: Sequence[Projector], reactors: Sequence[Reactor] = ()
) -> list[Finding]:
    """I4: every cursor has its row, or one for each part, none of them beyond the log, and nothing is parked under it;
    what a reactor tries again by itself is counted, and is I9's matter.
    """
    end = await log.last_position()
    findings = []
    for kind, name, rows in [
        *(("view", p.name, p.cursor.rows) for p in projections),
        *(("reactor", r.name, (r.name,)) for r in reactors),
    ]:
        found = await database.fetchrow(_PLACES, rows)
        row = await database.fetchrow(_PARKED, name, WAITS)
        assert found is not None, "an aggregate has one row"
        assert row is not None, "an aggregate has one row"
        ok = found["rows"] == len(rows) and 0 <= found["least"] <= found["most"] <= end and row["parked"] == 0
        detail = f"at {_between(found['least'], found['most'])} of {end}, {row['parked']} events parked"
        if found["rows"] != len(rows):
            detail += f", {len(rows) - found['rows']} of {len(rows)} positions are missing"
        if row["waiting"]:
            detail += f", {row['waiting']} wait for somebody who is away"
        findings.append(Finding("I4", f"{kind} {name}", ok, detail, found["least"] or 0))
    return findings


def _between(least: int | None, most: int | None) -> str:
    """Where the parts of a cursor are."""
    return f"{least}" if least == most else f"{least} to {most}"


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


async def views_replay(
    log: Log, database: Database, projections: Sequence[Projector], settled: Callable[[], Collection[str]] = tuple
) -> list[Finding]:
    """I5: every view refilled from the first commit, in a schema of its own, is byte for byte the live one. Raises
    Unavailable while a tenant is being deleted: the tables are on their way then.
    """
    before = settled()
    findings = [await _replay(log, database, projection) for projection in projections]
    if settled() != before:
        raise Unavailable("a tenant was deleted meanwhile; verify again", 1.0)
    return findings


async def _replay(log: Log, database: Database, projection: Projector) -> Finding:
    name, dumps, cursor = projection.name, projection.sink.dumps, projection.cursor
    async with database.transaction(isolation="repeatable_read", readonly=True, timeout_s=600) as connection:
        positions = dict.fromkeys(cursor.parts, 0) | await cursor.where(connection)
        live, rows = await _digest(connection, dumps)
    async with shadow_of(database) as shadow:
        await projection.in_database(shadow).replay(until=positions)
        async with shadow.transaction(readonly=True, timeout_s=600) as connection:
            replayed, replayed_rows = await _digest(connection, dumps)
    ok = (live, rows) == (replayed, replayed_rows)
    at = _between(min(positions.values()), max(positions.values()))
    detail = f"{rows} rows at {at}, live {live[:12]}, replayed {replayed[:12]} ({replayed_rows} rows)"
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
        reactors: Sequence[Reactor] = (),
        obligations: Sequence[Obligation] = (),
        checks: Sequence[tuple[str, str, Check]] = (),
        settled: Callable[[], Collection[str]] = tuple,
    ) -> None:
        """`checks` are further ones: (invariant, what is checked, the check). `settled` are the deleted tenants; it
        raises Unavailable while one of them is still being deleted here.
        """

        async def owed(obligation: Obligation) -> list[Finding]:
            return [await met(log, context, obligation, settled())]

        self._log = log
        self._hosts = hosts
        self._projections = projections
        self._room = asyncio.Semaphore(VERIFIED_AT_ONCE)
        self._checks: list[tuple[str, str, Check]] = [
            *(("I1", f"shards of {host.context}", partial(shards_refold, host)) for host in hosts),
            ("I2", "log", partial(log_gapless, log)),
            ("I3", f"ev.{context}.>", partial(commits_once, log, context)),
            ("I4", "cursors", partial(positions_agree, log, database, projections, reactors)),
            *(
                ("I5", f"view {view.name}", partial(views_replay, log, database, (view,), settled))
                for view in projections
            ),
            *(("I9", obligation.name, partial(owed, obligation)) for obligation in obligations),
            *checks,
        ]

    async def WaitUntil(  # noqa: N802  # gRPC names it
        self,
        request: integrity_pb2.WaitUntilRequest,
        context: grpc.aio.ServicerContext[integrity_pb2.WaitUntilRequest, integrity_pb2.WaitUntilResponse],
    ) -> integrity_pb2.WaitUntilResponse:
        if request.tenant:
            check_tenant(request.tenant)
        position = Position.decode(request.position, "position") or await self._log.last_position()
        if request.tenant:
            for host in self._hosts:
                position = max(position, await host.caught_up(request.tenant, position))
        for projection in self._projections:
            await projection.reached(position, deadline_s(), request.tenant)
        return integrity_pb2.WaitUntilResponse(position=Position.encode(position))

    async def VerifyIntegrity(  # noqa: N802
        self,
        request: integrity_pb2.VerifyIntegrityRequest,
        context: grpc.aio.ServicerContext[integrity_pb2.VerifyIntegrityRequest, integrity_pb2.VerifyIntegrityResponse],
    ) -> AsyncIterator[integrity_pb2.VerifyIntegrityResponse]:
        away: Exception | None = None
        for invariant, subject, check in self._checks:
            if request.invariants and invariant not in request.invariants:
                continue
            try:
                findings = await self._findings(invariant, subject, check)
            except (Unavailable, Overloaded, TimeoutError) as error:
                away = error  # says nothing about the invariant; the others are checked all the same
                continue
            for finding in findings:
                yield integrity_pb2.VerifyIntegrityResponse(
                    invariant=finding.invariant,
                    subject=finding.subject,
                    ok=finding.ok,
                    detail=finding.detail,
                    compared=finding.compared,
                )
        if away is not None:
            raise away

    async def _findings(self, invariant: str, subject: str, check: Check) -> Sequence[Finding]:
        """What a check finds; one that fails unforeseen is a finding of its own, and the others go on."""
        async with self._room:
            try:
                return await check()
            except (Unavailable, Overloaded, TimeoutError):
                raise
            except Exception as error:  # noqa: BLE001  # nobody can say that it holds
                kind, at = type(error).__name__, where(error.__traceback__)
                _LOGGER.error(
                    "a check failed unforeseen", extra={"fields": {"subject": subject, "error": kind, "at": at}}
                )
                return [Finding(invariant, subject, False, f"the check itself failed: {kind} at {at}", 0)]

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
            for page in pages(batch):
                yield page
