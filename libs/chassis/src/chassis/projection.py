"""A projection: the log written into tables, exactly once, what is written and the position in one transaction.

It reads the log, owns a cursor among the replicas, waits out outages and tells who waits where the tables are; what
becomes of the commits is its sink's. It has no side effect but its tables.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Sequence
from contextlib import aclosing, suppress
from typing import Generic, TypeVar

import asyncpg

from chassis import telemetry
from chassis.cancellation import raise_if_cancelled
from chassis.commits import Entry, Recorded
from chassis.cursor import SCHEMA as CURSORS
from chassis.cursor import Cursor, Fenced
from chassis.database import Connection, Database
from chassis.errors import Overloaded, Unavailable
from chassis.log import Log
from chassis.membership import Membership
from chassis.parking import SCHEMA as PARKED
from chassis.parking import ParkingLot, Released
from chassis.sink import Apart, Round, Sink, Weight, portions
from chassis.tail import Tail
from chassis.tenant_facts import is_deleted_by
from chassis.tenants import Tenants
from chassis.view import View, ViewSink

R = TypeVar("R")

_LOGGER = logging.getLogger(__name__)
_LAG_EVENTS = telemetry.Instrument("switchboard.projection.lag.events")
_LAG_S = telemetry.Instrument("switchboard.projection.lag")
_PARKED = telemetry.Instrument("switchboard.projection.parked")

SCHEMA = f"{CURSORS};{PARKED}"
EVENTS_PER_TRANSACTION = 2_000
"""How many events one transaction takes at most. Against: unnest of 500 rows reaches 48 k/s, of 1,000 rows 71 k/s."""
BYTES_PER_TRANSACTION = 4 * 1024 * 1024
"""What their commits weigh at most. Against: a commit has at most half a megabyte, and decoded five times that."""
WRITE_S = 60.0
"""How long one transaction may take; one that takes longer is tried with half of its commits."""
MARK_S = 5.0
"""How often operators are shown a position in NATS. Against: each time costs the server two writes, each with an fsync.
"""
PACE_S = 0.1
"""How soon after a transaction the next one begins. Alone a fact is in the tables at once; in a stream of commits of a
few events each, gathering for so long saves most of the round trips, and nobody reads a screen faster."""
HURRIED_S = 0.01
"""The same while somebody waits for the tables to reach a position."""
POLL_S = 0.05
"""How often a replica that does not project looks where the tables are while somebody waits there; one look for all."""
RETRY_S = 0.2
RETRY_MAX_S = 5.0
"""How soon what failed for a reason that may pass is tried again, doubled each time up to the latter."""
PARKED_KEYS_COUNTED = 10_000
"""Keys the metric counts up to."""
_TRANSIENT = (Unavailable, Overloaded, TimeoutError, asyncpg.PostgresError)


class Projector:
    """Moves a sink's cursor along the log on the replica that owns it."""

    def __init__(
        self,
        sink: Sink,
        log: Log,
        database: Database,
        membership: Membership | None = None,
        tail: Tail | None = None,
        *,
        tenants: Tenants | None = None,
    ) -> None:
        """Without a membership it only replays; it never runs and never waits. With a tail it shares that reader. What
        is of a tenant that `tenants` says is deleted is passed.
        """
        self.sink = sink
        self.cursor = Cursor(sink.name, database)
        self._log = log
        self._database = database
        self._membership = membership
        self._tail = tail
        self._tenants = tenants
        self._gone: frozenset[str] = frozenset()
        """Deleted tenants: all whose deletion stands before the cursor, and any that are known besides."""
        self._key = f"view.{sink.name}"
        self._marked_at = 0.0
        self._moved = asyncio.Condition()
        self._waiting = 0
        self._hurry = asyncio.Event()
        self._wake = asyncio.Event()
        if membership is not None:
            membership.on_change(self._wake.set)

    @property
    def name(self) -> str:
        """Name of its cursor."""
        return self.sink.name

    @property
    def position(self) -> int:
        """Log position the tables are at as far as this replica knows, -1 before it has looked."""
        return self.cursor.position

    def in_database(self, database: Database) -> Projector:
        """The same sink with the tables of another database or schema, to `replay` into; any number may do so."""
        return Projector(self.sink, self._log, database, tenants=self._tenants)

    async def run(self) -> None:
        """Projects while this replica owns the cursor, until cancelled. Nothing that stands in the log ends it, nor
        does anything that PostgreSQL may recover from.
        """
        retry_s = RETRY_S
        while True:
            raise_if_cancelled()
            try:
                await self.attach()
                retry_s = RETRY_S
                while True:
                    await (self._project() if self._owned() else self._watch())
            except Fenced:
                _LOGGER.warning("another instance moved a projection", extra={"fields": {"projection": self.name}})
            except _TRANSIENT as error:
                retry_s = await self._back_off(error, retry_s)

    async def prepare(self) -> None:
        """Creates the tables where they are missing, for who replays into a schema of its own, and attaches. Those of a
        service are provisioned. Idempotent.
        """
        await self.cursor.create([PARKED, self.sink.schema])

    async def attach(self) -> None:
        """Begins at the first commit, or where it was, on tables that are there. Idempotent."""
        await self.cursor.attach()

    async def reached(self, position: int, timeout_s: float) -> None:
        """Waits until the tables are at a position. Raises Unavailable when they are not within the time."""
        if self.position >= position:
            return
        try:
            async with asyncio.timeout(timeout_s):
                await self.wait_beyond(position - 1)
        except TimeoutError:
            raise Unavailable(f"read model {self.name} has not caught up yet; try again", 0.5) from None

    async def wait_beyond(self, position: int) -> int:
        """Waits until the tables are past a position, whoever projects them; returns where they are. Any number may
        wait: they cost PostgreSQL no more than one.
        """
        self._waiting += 1
        self._hurry.set()
        self._wake.set()
        try:
            async with self._moved:
                await self._moved.wait_for(lambda: self.position > position)
            return self.position
        finally:
            self._waiting -= 1
            if not self._waiting:
                self._hurry.clear()

    def _owned(self) -> bool:
        return self._membership is not None and self._membership.owns(self._key)

    async def _watch(self) -> None:
        """While another replica projects: looks where the tables are as long as somebody waits here, once for all."""
        while not self._owned():
            self._wake.clear()
            if self._waiting:
                await self.cursor.reread()
                await self._notify()
                await asyncio.sleep(POLL_S)
            else:
                await self._wake.wait()

    async def _notify(self) -> None:
        async with self._moved:
            self._moved.notify_all()

    async def _project(self) -> None:
        await self.cursor.reread()
        await self._learn()
        await self._notify()
        follow = self._log.follow if self._tail is None else self._tail.entries
        async with aclosing(follow(self.position)) as batches:
            async for batch in batches:
                if not self._owned():
                    return
                began_at = time.monotonic()
                for part in portions(self._living(batch), self.sink, self._limits()):
                    await self._until_written(part)
                await self._report(batch[-1])
                await self._notify()
                await self._gather(began_at)

    async def _learn(self) -> None:
        """Asks which tenants are deleted, once the cursor is known: no deletion before it is missed."""
        if self._tenants is not None:
            await self._tenants.read()
            self._gone |= self._tenants.deleted

    def _living(self, batch: Sequence[Entry]) -> Sequence[Entry]:
        """The commits, those of deleted tenants without what is in them. A deletion holds from its fact on, whatever
        else this process has heard: when the cursor is past it, no row of that tenant is written any more.
        """
        if self._tenants is not None:
            self._gone |= self._tenants.deleted
        living = []
        for entry in batch:
            if is_deleted_by(entry):
                self._gone |= {entry.subject.tenant}
            living.append(entry.without_tenant() if entry.subject.tenant in self._gone else entry)
        return living

    async def _gather(self, began_at: float) -> None:
        """Lets commits gather since a transaction began, less long while somebody waits for them."""
        await asyncio.sleep(max(0.0, began_at + HURRIED_S - time.monotonic()))
        with suppress(TimeoutError):
            async with asyncio.timeout(max(0.0, began_at + PACE_S - time.monotonic())):
                await self._hurry.wait()

    @staticmethod
    def _limits() -> Weight:
        return Weight(EVENTS_PER_TRANSACTION, BYTES_PER_TRANSACTION)

    async def _report(self, done: Entry) -> None:
        """Lag as metrics, and every MARK_S as the pending messages of a consumer in NATS."""
        labels = {"switchboard.projection": self.name}
        behind = done.behind if self._tail is None else max(done.behind, self._tail.last - done.position)
        _LAG_EVENTS.record(behind, labels)
        _LAG_S.record(max(0.0, time.time() - done.appended_at_s) if behind else 0.0, labels)
        if time.monotonic() - self._marked_at > MARK_S:
            self._marked_at = time.monotonic()
            await self._log.mark(self.name, done.position)
            _PARKED.record(await self._parked_keys(), labels)

    async def _parked_keys(self) -> int:
        return await ParkingLot(self.name).keys(self._database, PARKED_KEYS_COUNTED)

    async def _until_written(self, part: Sequence[Entry]) -> None:
        """Writes commits; while PostgreSQL is away or full it waits, the log goes on and the lag shows.

        A transaction that took too long is tried with half of its commits, so that a slow disk slows and never halts.
        """
        most, retry_s = len(part), RETRY_S
        while part:
            raise_if_cancelled()
            try:
                await self.apply(part[:most])
                part, retry_s = part[most:], RETRY_S
            except _TRANSIENT as error:
                if isinstance(error, TimeoutError):
                    most = max(1, most // 2)
                retry_s = await self._back_off(error, retry_s)
                await self._reread_when_back()

    async def _back_off(self, error: Exception, retry_s: float) -> float:
        """Waits after a failure that may pass; returns how long to wait after the next one."""
        fields = {"projection": self.name, "error": type(error).__name__, "seconds": retry_s}
        _LOGGER.warning("a projection waits and tries again", extra={"fields": fields})
        await asyncio.sleep(retry_s)
        return min(2 * retry_s, RETRY_MAX_S)

    async def _reread_when_back(self) -> None:
        """A commit whose outcome was lost may have happened: the position in the table decides."""
        before = self.position
        if await self.cursor.reread() != before:
            raise Fenced(f"{self.name} is no longer at {before}")

    async def apply(self, entries: Sequence[Entry], prepared: Round | None = None) -> None:
        """Writes commits and moves the position, in one transaction; those it has passed already are skipped. Raises
        Fenced when the position is elsewhere. `prepared` is what the sink made of exactly these commits.
        """
        fresh = [entry for entry in entries if entry.position > self.position]
        if not fresh:
            return
        if fresh[0].position != self.position + 1 or fresh[-1].position != self.position + len(fresh):
            raise Fenced(f"{self.name} at {self.position} was handed {fresh[0].position}")
        if prepared is None or len(fresh) != len(entries):
            prepared = await self.sink.prepare(fresh)
        upto = fresh[-1].position
        with telemetry.process_span("ev.>", prepared.traceparents if prepared else (), len(fresh), self.name):
            if prepared is None:
                await self.cursor.move(upto)
            else:
                try:
                    async with self.cursor.moving(upto, WRITE_S) as connection:
                        await prepared.write(connection)
                except Apart:
                    async with self.cursor.moving(upto, WRITE_S) as connection:
                        await prepared.write(connection, apart=True)

    async def replay(self, until: int) -> None:
        """Writes the log from where the tables are up to a position, without owning anything: for a proof or a
        rebuild. The next round is prepared while PostgreSQL writes the one before.
        """
        await self.prepare()
        await self._learn()
        writing = asyncio.create_task(asyncio.sleep(0))
        try:
            async for batch in self._log.read(self.position, until=until):
                for part in portions(self._living(batch), self.sink, self._limits()):
                    prepared = await self.sink.prepare(part)
                    await writing
                    writing = asyncio.create_task(self.apply(part, prepared))
            await writing
        finally:
            writing.cancel()
            await asyncio.gather(writing, return_exceptions=True)


class Projection(Projector, Generic[R]):
    """The projector of one view: what its functions cannot take waits in a parking lot."""

    def __init__(
        self,
        view: View[R],
        log: Log,
        database: Database,
        membership: Membership | None = None,
        tail: Tail | None = None,
        *,
        tenants: Tenants | None = None,
    ) -> None:
        """See `Projector`."""
        self._view_sink = ViewSink(view)
        super().__init__(self._view_sink, log, database, membership, tail, tenants=tenants)
        self.view = view

    async def parked(self) -> frozenset[str]:
        """Keys whose events wait because one of them could not be taken, as they are kept."""
        rows = await self._database.fetch("select distinct key from parked where projection = $1", self.name)
        return frozenset(row["key"] for row in rows)

    async def release(self, key: str) -> Released:
        """Takes what waits under a key again, in order, with the code as it is now; see `ParkingLot.release`. Any
        replica may do it, whoever owns the cursor.
        """

        async def take(connection: Connection, events: Sequence[Recorded]) -> None:
            await (await self._view_sink.prepare_again(events)).write(connection, apart=True)

        return await self._view_sink.lot.release(self.cursor, key, take)


async def drop(database: Database, name: str, tables: Sequence[str]) -> None:
    """Removes an old version of a view once nobody reads it: its position, its parked events, its tables."""
    async with database.transaction() as connection:
        for table in tables:
            await connection.execute(f'drop table if exists "{table}"')
        await connection.execute("delete from projections where name = $1", name)
        await connection.execute("delete from parked where projection = $1", name)
