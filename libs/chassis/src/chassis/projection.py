"""A projection: the log written into tables, exactly once, what is written and the position in one transaction.

It reads the log once for all parts of a cursor that this replica owns, waits out outages and tells who waits where the
tables are; what becomes of the commits is its sink's. It has no side effect but its tables.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, Callable, Collection, Iterator, Mapping, Sequence
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
from chassis.parts import part_of, stages
from chassis.sink import NOTHING, Apart, Round, Sink, Weight, portions
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
"""How often a replica looks where the parts are that it does not move, while somebody waits for them; one look for all.
"""
PASSED_S = 0.5
"""How long commits that hold nothing for the parts of a replica may be passed before their positions are moved.
Against: a move alone is a transaction with its sync, and of three replicas two had ten a second for each view and the
commits of one tenant. Somebody who waits here, or anything to write, moves them at once."""
RETRY_S = 0.2
RETRY_MAX_S = 5.0
"""How soon what failed for a reason that may pass is tried again, doubled each time up to the latter."""
PARKED_KEYS_COUNTED = 10_000
"""Keys the metric counts up to."""
_TRANSIENT = (Unavailable, Overloaded, TimeoutError, asyncpg.PostgresError)


class Projector:
    """Moves the parts of a sink's cursor along the log, on the replica that owns them.

    All parts that stand at one position are moved in one transaction, with what is of their tenants. A part that came
    from another replica and is behind is moved alone until it is where the others are; where it is ahead, the others
    come to it.
    """

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
        self.cursor = Cursor(sink.name, database, sink.parts)
        self._log = log
        self._database = database
        self._membership = membership
        self._tail = tail
        self._tenants = tenants
        self._gone: frozenset[str] = frozenset()
        """Deleted tenants: all whose deletion stands before the cursor, and any that are known besides."""
        self._keys = {part: f"view.{row}" for part, row in enumerate(self.cursor.rows)}
        """What membership says the owners of."""
        self._held: frozenset[int] = frozenset()
        """The parts that are moved here; nobody else here says where they are."""
        self._passed = 0
        """Up to here there is nothing for the parts that are moved here, all of which are at one place."""
        self._passed_at = 0.0
        """When that began to be further than they were moved, by the loop's clock."""
        self._marked_at = 0.0
        self._moved = asyncio.Condition()
        self._waiting = [0] * sink.parts
        """How many wait here for each part."""
        self._hurry = asyncio.Event()
        self._sought = asyncio.Event()
        self._wake = asyncio.Event()
        self._following: asyncio.Timeout | None = None
        """Set while there is nothing to do but wait for commits."""
        if membership is not None:
            membership.on_change(self._on_change)

    @property
    def name(self) -> str:
        """Name of its cursor."""
        return self.sink.name

    @property
    def position(self) -> int:
        """Log position the tables are at for every tenant as far as this replica knows, -1 before it has looked."""
        return self.cursor.position

    def position_of(self, tenant: str) -> int:
        """The same for a tenant."""
        return self.cursor.positions[part_of(tenant, self.sink.parts)]

    def row_of(self, tenant: str) -> str:
        """The row of `projections` that says it."""
        return self.cursor.rows[part_of(tenant, self.sink.parts)]

    def in_database(self, database: Database) -> Projector:
        """The same sink with the tables of another database or schema, to `replay` into; any number may do so."""
        return Projector(self.sink, self._log, database, tenants=self._tenants)

    async def run(self) -> None:
        """Projects what this replica owns, until cancelled. Nothing that stands in the log ends it, nor does anything
        that PostgreSQL may recover from.
        """
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._look_elsewhere())
            tasks.create_task(self._keep_projecting())

    async def _keep_projecting(self) -> None:
        retry_s = RETRY_S
        while True:
            raise_if_cancelled()
            try:
                await self.attach()
                retry_s = RETRY_S
                while True:
                    raise_if_cancelled()
                    await (self._project() if self._owned() else self._idle())
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

    async def reached(self, position: int, timeout_s: float, tenant: str = "") -> None:
        """Waits until the tables are at a position, for a tenant where one is named. Raises Unavailable when they are
        not within the time.
        """
        if self.cursor.least(self._parts_of(tenant)) >= position:
            return
        try:
            async with asyncio.timeout(timeout_s):
                await self.wait_beyond(position - 1, tenant)
        except TimeoutError:
            raise Unavailable(f"read model {self.name} has not caught up yet; try again", 0.5) from None

    async def wait_beyond(self, position: int, tenant: str = "") -> int:
        """Waits until the tables are past a position, whoever projects them, for a tenant where one is named; returns
        where they are. Any number may wait: they cost PostgreSQL no more than one.
        """
        parts = self._parts_of(tenant)
        self._await(parts, 1)
        try:
            async with self._moved:
                await self._moved.wait_for(lambda: self.cursor.least(parts) > position)
            return self.cursor.least(parts)
        finally:
            self._await(parts, -1)

    def _parts_of(self, tenant: str) -> Collection[int]:
        return (part_of(tenant, self.sink.parts),) if tenant else self.cursor.parts

    def _await(self, parts: Collection[int], more: int) -> None:
        for part in parts:
            self._waiting[part] += more
        self._adjust()

    def _hold(self, parts: frozenset[int]) -> None:
        self._held, self._passed = parts, 0
        self._adjust()

    def _adjust(self) -> None:
        """To who waits, and for what: transactions that are moved here hurry, others are looked at."""
        awaited = {part for part, waiting in enumerate(self._waiting) if waiting}
        for event, wanted in ((self._hurry, awaited & self._held), (self._sought, awaited - self._held)):
            if wanted:
                event.set()
            else:
                event.clear()
        if self._hurry.is_set() and self._overdue_at() is not None:
            self._interrupt()

    def _interrupt(self) -> None:
        """Ends the wait for commits."""
        if self._following is not None and not self._following.expired():
            self._following.reschedule(0.0)

    def _owned(self) -> frozenset[int]:
        """The parts this replica should move."""
        owns = self._membership.owns if self._membership is not None else lambda key: False
        return frozenset([part for part, key in self._keys.items() if owns(key)])

    def _on_change(self) -> None:
        self._wake.set()
        if self._owned() != self._held:
            self._interrupt()

    async def _idle(self) -> None:
        """While others project everything."""
        self._wake.clear()
        if not self._owned():
            await self._wake.wait()

    async def _look_elsewhere(self) -> None:
        """Looks where the parts are that others move as long as somebody waits here for one of them, once for all."""
        retry_s = RETRY_S
        while True:
            raise_if_cancelled()
            await self._sought.wait()
            try:
                await self._look()
                retry_s = RETRY_S
            except _TRANSIENT as error:
                retry_s = await self._back_off(error, retry_s)
            await asyncio.sleep(POLL_S)

    async def _look(self) -> None:
        """Learns where the parts are that others move."""
        found = await self.cursor.where()
        for part in found.keys() - self._held:  # what is held has moved meanwhile
            self.cursor.positions[part] = found[part]
        await self._notify()

    async def _notify(self) -> None:
        async with self._moved:
            self._moved.notify_all()

    async def _project(self) -> None:
        """Moves the parts this replica owns until it owns others."""
        owned = self._owned()
        self._hold(owned)
        try:
            await self.cursor.reread()
            await self._learn()
            await self._notify()
            follow = self._log.follow if self._tail is None else self._tail.entries
            while self._owned() == owned:
                async with aclosing(follow(max(self._passed, self.cursor.least(owned)))) as batches:
                    while (batch := await self._next(batches)) is not None and self._owned() == owned:
                        began_at = time.monotonic()
                        await self._take(batch)
                        await self._report(batch[-1])
                        await self._notify()
                        await self._gather(began_at)
                if self._owned() == owned:
                    await self._move_to_passed()
        finally:
            self._hold(frozenset())

    async def _next(self, batches: AsyncGenerator[Sequence[Entry], None]) -> Sequence[Entry] | None:
        """The next commits; None, and there will be no more, when this replica owns other parts than it holds, or when
        it is time to move them to what they have passed.
        """
        try:
            async with asyncio.timeout_at(self._overdue_at()) as self._following:
                if self._owned() != self._held:
                    return None
                return await anext(batches)
        except TimeoutError:
            if self._following is None or not self._following.expired():
                raise
            return None
        finally:
            self._following = None

    async def _take(self, batch: Sequence[Entry]) -> None:
        """Writes what is of the parts that are held. Where there is nothing for any of them they pass, and are moved
        with what comes next.
        """
        at = {part: max(self._passed, self.cursor.positions[part]) for part in self._held}
        for parts, portion in self._portions(batch, at, dict.fromkeys(at, batch[-1].position)):
            weigh = self._weigh_of(parts)
            if parts == self._held and all(weigh(entry) is NOTHING for entry in portion):
                if self._overdue_at() is None:
                    self._passed_at = asyncio.get_running_loop().time()
                self._passed = portion[-1].position
            else:
                await self._until_written(portion, parts)
        overdue_at = self._overdue_at()
        if overdue_at is not None and overdue_at <= asyncio.get_running_loop().time():
            await self._move_to_passed()

    def _overdue_at(self) -> float | None:
        """When the parts that are held have to be moved to what they have passed, by the loop's clock; None where they
        are there.
        """
        if not self._held or self._passed <= self.cursor.least(self._held):
            return None
        return 0.0 if self._hurry.is_set() else self._passed_at + PASSED_S

    async def _move_to_passed(self) -> None:
        if self._overdue_at() is not None:
            await self.cursor.skip(self._passed, self._held)
            await self._notify()

    def _portions(
        self, batch: Sequence[Entry], at: Mapping[int, int], until: Mapping[int, int]
    ) -> Iterator[tuple[frozenset[int], Sequence[Entry]]]:
        """Commits in portions of one transaction each, with the parts that take them: those that are at the first, and
        not at their goal.
        """
        living, first = self._living(batch), batch[0].position
        for parts, after, upto in stages(at, until):
            stretch = living[max(0, after + 1 - first) : upto + 1 - first]
            weigh = self._weigh_of(parts)
            for portion in portions(stretch, weigh, self._limits()):
                yield parts, portion

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

    def _weigh_of(self, parts: frozenset[int]) -> Callable[[Entry], Weight]:
        """What a commit costs these parts: one of another's tenant is not looked into."""
        if parts == self.cursor.parts:
            return self.sink.weigh
        return lambda entry: self.sink.weigh(entry) if self._is_of(entry, parts) else NOTHING

    def _is_of(self, entry: Entry, parts: frozenset[int]) -> bool:
        return part_of(entry.subject.tenant, self.sink.parts) in parts

    @staticmethod
    def _limits() -> Weight:
        return Weight(EVENTS_PER_TRANSACTION, BYTES_PER_TRANSACTION)

    async def _report(self, done: Entry) -> None:
        """Lag as metrics; every MARK_S that of the least part as the pending messages of a consumer in NATS."""
        labels = {"switchboard.projection": self.name}
        behind = done.behind if self._tail is None else max(done.behind, self._tail.last - done.position)
        _LAG_EVENTS.record(behind, labels)
        _LAG_S.record(max(0.0, time.time() - done.appended_at_s) if behind else 0.0, labels)
        if 0 in self._held and time.monotonic() - self._marked_at > MARK_S:  # one replica says it for all
            self._marked_at = time.monotonic()
            if self._held != self.cursor.parts:
                await self._look()
            await self._log.mark(self.name, self.position)
            _PARKED.record(await self._parked_keys(), labels)

    async def _parked_keys(self) -> int:
        return await ParkingLot(self.name).keys(self._database, PARKED_KEYS_COUNTED)

    async def _until_written(self, portion: Sequence[Entry], parts: frozenset[int]) -> None:
        """Writes commits; while PostgreSQL is away or full it waits, the log goes on and the lag shows.

        A transaction that took too long is tried with half of its commits, so that a slow disk slows and never halts.
        """
        most, retry_s = len(portion), RETRY_S
        while portion:
            raise_if_cancelled()
            try:
                await self.apply(portion[:most], parts=parts)
                portion, retry_s = portion[most:], RETRY_S
            except _TRANSIENT as error:
                if isinstance(error, TimeoutError):
                    most = max(1, most // 2)
                retry_s = await self._back_off(error, retry_s)
                await self._reread_when_back(parts)

    async def _back_off(self, error: Exception, retry_s: float) -> float:
        """Waits after a failure that may pass; returns how long to wait after the next one."""
        fields = {"projection": self.name, "error": type(error).__name__, "seconds": retry_s}
        _LOGGER.warning("a projection waits and tries again", extra={"fields": fields})
        await asyncio.sleep(retry_s)
        return min(2 * retry_s, RETRY_MAX_S)

    async def _reread_when_back(self, parts: frozenset[int]) -> None:
        """A commit whose outcome was lost may have happened: the positions in the table decide."""
        before = self.cursor.positions
        await self.cursor.reread()
        if any(self.cursor.positions[part] != before[part] for part in parts):
            raise Fenced(f"{self.name} has moved from where it was")

    async def apply(
        self, entries: Sequence[Entry], prepared: Round | None = None, *, parts: frozenset[int] | None = None
    ) -> None:
        """Writes commits and moves parts (default: all) past them, in one transaction; those they have passed already
        are skipped. Raises Fenced when a part is elsewhere. `prepared` is what `_prepare` made of exactly these.
        """
        parts = self.cursor.parts if parts is None else parts
        at = max(self.cursor.least(parts), self._passed if parts == self._held else 0)
        fresh = [entry for entry in entries if entry.position > at]
        if not fresh:
            return
        if fresh[0].position != at + 1 or fresh[-1].position != at + len(fresh):
            raise Fenced(f"{self.name} at {at} was handed {fresh[0].position}")
        if prepared is None or len(fresh) != len(entries):
            prepared = await self._prepare(fresh, parts)
        upto = fresh[-1].position
        with telemetry.process_span("ev.>", prepared.traceparents if prepared else (), len(fresh), self.name):
            if prepared is None:
                await self.cursor.skip(upto, parts)
            else:
                try:
                    async with self.cursor.moving(upto, WRITE_S, parts) as connection:
                        await prepared.write(connection)
                except Apart:
                    async with self.cursor.moving(upto, WRITE_S, parts) as connection:
                        await prepared.write(connection, apart=True)

    async def _prepare(self, entries: Sequence[Entry], parts: frozenset[int]) -> Round | None:
        if parts != self.cursor.parts:
            entries = [entry for entry in entries if self._is_of(entry, parts)]
        return await self.sink.prepare(entries) if entries else None

    async def replay(self, until: int | Mapping[int, int]) -> None:
        """Writes the log from where the tables are up to a position, or for each part up to its own, without owning
        anything: for a proof or a rebuild. The next round is prepared while PostgreSQL writes the one before.
        """
        await self.prepare()
        await self._learn()
        ends = until if isinstance(until, Mapping) else dict.fromkeys(self.cursor.parts, until)
        at = {part: self.cursor.positions[part] for part in ends}
        writing = asyncio.create_task(asyncio.sleep(0))
        try:
            async for batch in self._log.read(min(at.values()), until=max(ends.values())):
                goals = {part: max(place, min(ends[part], batch[-1].position)) for part, place in at.items()}
                for parts, portion in self._portions(batch, at, goals):
                    prepared = await self._prepare(portion, parts)
                    await writing
                    writing = asyncio.create_task(self.apply(portion, prepared, parts=parts))
                at = goals
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
        replica may do it, whoever owns the part.
        """

        async def take(connection: Connection, events: Sequence[Recorded]) -> None:
            await (await self._view_sink.prepare_again(events)).write(connection, apart=True)

        return await self._view_sink.lot.release(self.cursor, key, take)


async def drop(database: Database, name: str, tables: Sequence[str]) -> None:
    """Removes an old version of a view once nobody reads it: its position, its parked events, its tables."""
    async with database.transaction() as connection:
        for table in tables:
            await connection.execute(f'drop table if exists "{table}"')
        await connection.execute("delete from projections where split_part(name, '#', 1) = $1", name)
        await connection.execute("delete from parked where projection = $1", name)
