"""A projection: the log folded into tables, exactly once, rows and position in one transaction.

It knows the log, PostgreSQL and the position; what becomes of the events is `folding`'s. It has no side effect but its
tables.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import aclosing, suppress
from functools import partial
from typing import Generic, TypeVar

from chassis import telemetry
from chassis.cancellation import raise_if_cancelled
from chassis.commits import Entry, Recorded
from chassis.cursor import SCHEMA as POSITIONS
from chassis.cursor import Fenced
from chassis.database import Connection, Database
from chassis.errors import Unavailable
from chassis.log import Log
from chassis.membership import Membership
from chassis.tail import Tail
from chassis.view import REFUSED, Prepared, View, ViewUpdater
from chassis.view import SCHEMA as PARKED

R = TypeVar("R")

_LOGGER = logging.getLogger(__name__)
_LAG_EVENTS = telemetry.Instrument("switchboard.projection.lag.events")
_LAG_S = telemetry.Instrument("switchboard.projection.lag")
_PARKED = telemetry.Instrument("switchboard.projection.parked")

SCHEMA = f"{POSITIONS};{PARKED}"
EVENTS_PER_TRANSACTION = 2_000
"""How many events one transaction takes at most. Against: unnest of 500 rows reaches 48 k/s, of 1,000 rows 71 k/s."""


MARK_S = 5.0
"""How often operators are shown a position in NATS. Against: each time costs the server two writes, each with an fsync.
"""
PACE_S = 0.1
"""How soon after a transaction the next one begins. Alone a fact is in the tables at once; in a stream of commits of a
few events each, gathering for so long saves most of the round trips, and nobody reads a screen faster."""
HURRIED_S = 0.01
"""The same while somebody waits for the tables to reach a position."""
_MOVE = "update projections set position = $3 where name = $1 and position = $2"
_MOVED = "UPDATE 1"


class Projection(Generic[R]):
    """Runs one view on the replica that owns it."""

    def __init__(
        self,
        view: View[R],
        log: Log,
        database: Database,
        membership: Membership | None = None,
        tail: Tail | None = None,
    ) -> None:
        """Without a membership it only replays; it never runs and never waits. With a tail it shares that reader."""
        self.view = view
        self._log = log
        self._database = database
        self._membership = membership
        self._tail = tail
        self._key = f"view.{view.name}"
        self._position = -1
        self._marked_at = 0.0
        self._updater = ViewUpdater(view)
        self._moved = asyncio.Condition()
        self._waiting = 0
        self._hurry = asyncio.Event()
        self._turn = asyncio.Lock()
        self._ownership = asyncio.Event()
        if membership is not None:
            membership.on_change(self._ownership.set)

    @property
    def position(self) -> int:
        """Log position the tables are at as far as this replica knows, -1 before it has looked."""
        return self._position

    @property
    def parked(self) -> frozenset[str]:
        """Keys whose events wait because one of them could not be folded."""
        return frozenset(self._updater.parked)

    async def run(self) -> None:
        """Projects while this replica owns the view, until cancelled. Raises UnknownEvent: a newer release is
        needed.
        """
        await self.prepare()
        while True:
            raise_if_cancelled()
            self._ownership.clear()
            if not self._owned():
                await self._ownership.wait()
                continue
            try:
                await self._project()
            except Fenced:
                _LOGGER.warning("another instance moved a projection", extra={"fields": {"projection": self.view.name}})
            except (Unavailable, TimeoutError):
                await asyncio.sleep(0.2)

    async def prepare(self) -> None:
        """Creates the tables where they are missing. Idempotent."""
        async with self._database.transaction() as connection:
            # Two that create the same table at once would fail on the catalogue's unique index.
            await connection.execute("select pg_advisory_xact_lock(hashtext('chassis.views'))")
            await connection.execute(SCHEMA)
            await connection.execute(self.view.schema)
            await connection.execute(
                "insert into projections (name, position) values ($1, 0) on conflict (name) do nothing", self.view.name
            )
        await self._reread()

    async def reached(self, position: int, timeout_s: float) -> None:
        """Waits until the tables are at a position. Raises Unavailable when they are not within the time."""
        if self._position >= position:
            return
        try:
            async with asyncio.timeout(timeout_s):
                await self.wait_beyond(position - 1)
        except TimeoutError:
            raise Unavailable(f"read model {self.view.name} has not caught up yet; try again", 0.5) from None

    async def wait_beyond(self, position: int) -> int:
        """Waits until the tables are past a position, whoever projects them; returns where they are."""
        self._waiting += 1
        self._hurry.set()
        try:
            while self._position <= position:
                if self._owned():
                    async with self._moved:
                        await self._moved.wait_for(lambda: self._position > position or not self._owned())
                else:
                    await asyncio.sleep(0.05)
                    await self._reread(position_only=True)
            return self._position
        finally:
            self._waiting -= 1
            if not self._waiting:
                self._hurry.clear()

    def _owned(self) -> bool:
        return self._membership is not None and self._membership.owns(self._key)

    async def _reread(self, *, position_only: bool = False) -> None:
        row = await self._database.fetchrow("select position from projections where name = $1", self.view.name)
        self._position = 0 if row is None else row["position"]
        if not position_only:
            rows = await self._database.fetch("select distinct key from parked where projection = $1", self.view.name)
            self._updater.parked = {row["key"] for row in rows}

    async def _project(self) -> None:
        await self._reread()
        async with self._moved:
            self._moved.notify_all()
        follow = self._log.follow if self._tail is None else self._tail.entries
        async with aclosing(follow(self._position)) as batches:
            async for batch in batches:
                if not self._owned():
                    return
                began_at = time.monotonic()
                for part in _transactions(batch, self.view.contexts):
                    await self._retrying(part)
                await self._show(batch[-1])
                async with self._moved:
                    self._moved.notify_all()
                await self._gather(began_at)

    async def _gather(self, began_at: float) -> None:
        """Lets commits gather since a transaction began, less long while somebody waits for them."""
        await asyncio.sleep(max(0.0, began_at + HURRIED_S - time.monotonic()))
        with suppress(TimeoutError):
            async with asyncio.timeout(max(0.0, began_at + PACE_S - time.monotonic())):
                await self._hurry.wait()

    async def _show(self, done: Entry) -> None:
        """Lag as metrics, and every MARK_S as the pending messages of a consumer in NATS."""
        if time.monotonic() - self._marked_at > MARK_S:
            self._marked_at = time.monotonic()
            await self._log.mark(self.view.name, done.position)
        labels = {"switchboard.projection": self.view.name}
        behind = done.behind if self._tail is None else max(done.behind, self._tail.last - done.position)
        _LAG_EVENTS.record(behind, labels)
        _LAG_S.record(max(0.0, time.time() - done.appended_at_s) if behind else 0.0, labels)
        _PARKED.record(len(self._updater.parked), labels)

    async def _retrying(self, part: Sequence[Entry]) -> None:
        """One transaction; while PostgreSQL is away it waits, the log goes on and the lag shows."""
        while True:
            raise_if_cancelled()
            try:
                async with self._turn:
                    await self.apply(part)
                return
            except (Unavailable, TimeoutError):
                await asyncio.sleep(0.2)
                await self._reread_when_back()

    async def _reread_when_back(self) -> None:
        """A commit whose outcome was lost may have happened: the position in the table decides."""
        before = self._position
        await self._reread()
        if self._position != before:
            raise Fenced(self.view.name)

    async def apply(self, entries: Sequence[Entry], prepared: Prepared[R] | None = None) -> None:
        """Folds commits and moves the position, in one transaction. Raises Fenced when the position was elsewhere."""
        handed = len(entries)
        entries = [entry for entry in entries if entry.position > self._position]
        if not entries:
            return
        if entries[0].position != self._position + 1 or entries[-1].position != self._position + len(entries):
            raise Fenced(f"{self.view.name} at {self._position} was handed {entries[0].position}")
        events = [event for entry in entries for event in self._updater.relevant(entry)]
        traceparents = (event.event.traceparent for event in events)
        with telemetry.process_span("ev.>", traceparents, len(entries), self.view.name):
            upto = entries[-1].position
            try:
                fold = partial(self._updater.update_all, prepared=prepared if len(entries) == handed else None)
                parked = await self._transact(events, upto, fold)
            except REFUSED:  # one of them is poison; found by trying each alone
                parked = await self._transact(events, upto, self._updater.update_each)
        self._position = upto
        self._updater.parked |= parked

    async def _transact(
        self,
        events: Sequence[Recorded],
        upto: int,
        fold: Callable[[Connection, Sequence[Recorded]], Awaitable[set[str]]],
    ) -> set[str]:
        move = (_MOVE, self.view.name, self._position, upto)
        if not events:
            moved, parked = await self._database.execute(*move), set[str]()
        else:
            async with self._database.transaction() as connection:
                moved = await connection.execute(*move)
                parked = await fold(connection, events) if moved == _MOVED else set()
        if moved != _MOVED:
            raise Fenced(self.view.name)
        return parked

    async def replay(self, until: int) -> None:
        """Folds the log from where the tables are up to a position, without owning anything: for a proof or a
        rebuild.
        """
        await self.prepare()
        writing = asyncio.create_task(asyncio.sleep(0))
        try:
            async for batch in self._log.read(self._position, until=until):
                for part in _transactions(batch, self.view.contexts):
                    prepared = await self._updater.prepare_round(part)
                    await writing
                    writing = asyncio.create_task(self.apply(part, prepared))
            await writing
        finally:
            writing.cancel()
            await asyncio.gather(writing, return_exceptions=True)

    async def unpark(self, key: str) -> int:
        """Takes what waits under a key, with the code as it is now; returns how many events went through."""
        async with self._turn, self._database.transaction() as connection:
            return await self._updater.unpark(connection, key)


async def drop(database: Database, name: str, tables: Sequence[str]) -> None:
    """Removes an old version of a view once nobody reads it: its position, its parked events, its tables."""
    async with database.transaction() as connection:
        for table in tables:
            await connection.execute(f'drop table if exists "{table}"')
        await connection.execute("delete from projections where name = $1", name)
        await connection.execute("delete from parked where projection = $1", name)


def _transactions(batch: Sequence[Entry], contexts: frozenset[str]) -> list[list[Entry]]:
    """Cuts a batch into parts of about EVENTS_PER_TRANSACTION events of these contexts; a commit is never cut, and one
    of another context is not even decoded.
    """
    parts: list[list[Entry]] = [[]]
    size = 0
    for entry in batch:
        events = len(entry.commit.events) if entry.subject.context in contexts else 0
        if parts[-1] and size + events > EVENTS_PER_TRANSACTION:
            parts.append([])
            size = 0
        parts[-1].append(entry)
        size += events
    return parts
