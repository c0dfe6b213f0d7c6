"""What a view's functions make of a round of events, and what becomes of an event they cannot take.

It knows PostgreSQL only as the connection it is handed, within whose transaction all of it happens; positions, reading
and outages are the projection's.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence, Set
from itertools import chain
from typing import Generic, NamedTuple, Protocol, TypeVar

import asyncpg
from switchboard.log.v1 import log_pb2

from chassis.commits import Entry, Recorded, Subject, UnknownEvent
from chassis.database import Connection

R = TypeVar("R")
_Waiting = tuple[Recorded, Sequence[str], str]

_LOGGER = logging.getLogger(__name__)
SCHEMA = """
create table if not exists parked (
    projection text not null,
    key text not null,
    position bigint not null,
    event_index integer not null,
    subject text not null,
    error text not null,
    event bytea not null,
    primary key (projection, key, position, event_index)
)
"""
REFUSED = (
    asyncpg.DataError,
    asyncpg.IntegrityConstraintViolationError,
    asyncpg.ProgramLimitExceededError,
    ValueError,
)
"""What tables, or asyncpg's encoders (ValueError), say to a value they cannot hold."""
PREPARED_AT_ONCE = 64
"""Events prepared before PostgreSQL's answers are taken. Against: a transaction is some six of them."""


class Founding(str):
    """A row's key as the event that founds it names it: there is nothing to load, and `save` may insert it unseen."""

    __slots__ = ()


class View(Protocol[R]):
    """What a service says about one read model. Rows are values: `fold` replaces them, it never changes one."""

    name: str
    """The projection's name and version, such as "cases_v1". A changed view is a new name with new tables."""
    contexts: frozenset[str]
    """The contexts whose events it decodes; commits of others only move its position."""
    handles: frozenset[str]
    """Full names of the events it folds."""
    ignores: frozenset[str]
    """Full names of events of its contexts that it knows and needs not; any other event halts it."""
    schema: str
    """SQL that creates its tables where they are missing, unqualified names."""
    dumps: Mapping[str, str]
    """Its tables and the columns that order each of them completely, for the replay proof."""

    def keys(self, event: Recorded) -> Sequence[str]:
        """The keys of the rows an event touches; they are parked together when the event cannot be folded."""

    async def load(self, connection: Connection, keys: Sequence[str]) -> dict[str, R]:
        """The rows of these keys, in one query per table; missing ones are left out. No founding key is asked for."""

    def fold(self, rows: dict[str, R], event: Recorded) -> None:
        """Applies one event to the rows. Pure: no clock, no IO. An exception parks the event's keys; which event it was
        is found by folding the round once more, onto the rows as they were loaded.
        """

    async def save(self, connection: Connection, rows: Mapping[str, R], touched: Sequence[str]) -> None:
        """Writes the touched rows, one statement per table; a key that is missing in `rows` is deleted."""


class Prepared(NamedTuple, Generic[R]):
    """What is known of a round before its transaction: each event's keys, and the rows if none had to be loaded."""

    keys_of: Sequence[Sequence[str]]
    rows: dict[str, R] | None


class ViewUpdater(Generic[R]):
    """Folds rounds into the tables of one view."""

    def __init__(self, view: View[R]) -> None:
        self.view = view
        self.parked: set[str] = set()
        """Keys whose events wait because one of them could not be folded; who commits a round adds what it parked."""

    def relevant(self, entry: Entry) -> list[Recorded]:
        """The events of a commit that the view folds. Raises UnknownEvent for one it has never heard of."""
        if entry.subject.context not in self.view.contexts:
            return []
        found = []
        for event in entry.events():
            if event.type in self.view.handles:
                found.append(event)
            elif event.type not in self.view.ignores:
                raise UnknownEvent(
                    f"{self.view.name} does not know {event.type} at {entry.position}; deploy the release that does"
                )
        return found

    async def update_each(self, connection: Connection, events: Sequence[Recorded]) -> set[str]:
        """Takes each event alone and parks those that the tables refuse."""
        parked: set[str] = set()
        for event in events:
            try:
                async with connection.transaction():
                    parked |= await self.update_all(connection, [event], parked)
            except REFUSED as poison:
                parked |= await self._park(connection, [(event, self.view.keys(event), _names(poison))])
        return parked

    async def update_all(
        self,
        connection: Connection,
        events: Sequence[Recorded],
        parked: Set[str] = frozenset(),
        prepared: Prepared[R] | None = None,
    ) -> set[str]:
        """Takes a round at once and parks what cannot be folded; returns the keys that wait from now on. Raises
        REFUSED when the tables refuse a row: one event is poison, and nothing of the round is written.
        """
        view, blocked = self.view, self.parked | parked
        keys_of = [view.keys(event) for event in events] if prepared is None else prepared.keys_of
        touched = dict.fromkeys(chain.from_iterable(keys_of))
        if prepared is not None and prepared.rows is not None and not blocked & touched.keys():
            await view.save(connection, prepared.rows, list(touched))
            return set()
        wanted = [key for key in touched if type(key) is not Founding and key not in blocked]
        known = await view.load(connection, wanted)
        rows = dict(known)
        waiting: list[_Waiting] = []
        if blocked & touched.keys() or not self._fold(rows, events):
            rows = known
            touched, waiting = self._fold_around(rows, events, keys_of, blocked)
        if touched:
            await view.save(connection, rows, list(touched))
        if waiting:
            await self._park(connection, waiting)
        return {key for _, keys, _ in waiting for key in keys}

    def _fold(self, rows: dict[str, R], events: Sequence[Recorded]) -> bool:
        """Whether all events could be folded; if not, the rows are spoilt."""
        fold = self.view.fold
        try:
            for event in events:
                fold(rows, event)
        except Exception:  # noqa: BLE001  # whose event it is, `_fold_around` finds
            return False
        return True

    def _fold_around(
        self, rows: dict[str, R], events: Sequence[Recorded], keys_of: Sequence[Sequence[str]], blocked: Set[str]
    ) -> tuple[dict[str, None], list[_Waiting]]:
        """Folds what can be folded. Returns the keys it touched, and what must wait with its keys and the error."""
        touched: dict[str, None] = {}
        waiting: list[_Waiting] = []
        for event, keys in zip(events, keys_of, strict=True):
            if not blocked.isdisjoint(keys):
                waiting.append((event, keys, "an earlier event of this key is parked"))
                blocked = blocked | set(keys)
                continue
            before = [(key, rows.get(key)) for key in keys]
            try:
                self.view.fold(rows, event)
            except Exception as poison:  # noqa: BLE001  # parked with its key, an alarm rings, the rest goes on
                for key, row in before:
                    if row is None:
                        rows.pop(key, None)
                    else:
                        rows[key] = row
                waiting.append((event, keys, _names(poison)))
                blocked = blocked | set(keys)
            else:
                touched.update(dict.fromkeys(keys))
        return touched, waiting

    async def _park(self, connection: Connection, waiting: Sequence[_Waiting]) -> set[str]:
        rows = [
            (self.view.name, key, event.position, event.index, _subject(event), error, event.event.SerializeToString())
            for event, keys, error in waiting
            for key in keys
        ]
        await connection.executemany(
            "insert into parked (projection, key, position, event_index, subject, error, event)"
            " values ($1, $2, $3, $4, $5, $6, $7) on conflict do nothing",
            rows,
        )
        keys = {row[1] for row in rows}
        _LOGGER.error(
            "a projection parked events",
            extra={"fields": {"projection": self.view.name, "count": len(waiting), "position": waiting[0][0].position}},
        )
        return keys

    async def prepare_round(self, entries: Sequence[Entry]) -> Prepared[R]:
        """What can be done for a part while PostgreSQL writes the one before: all but what needs rows of the tables."""
        events = [event for entry in entries for event in self.relevant(entry)]
        keys_of: list[Sequence[str]] = []
        for at in range(0, len(events), PREPARED_AT_ONCE):
            keys_of += [self.view.keys(event) for event in events[at : at + PREPARED_AT_ONCE]]
            await asyncio.sleep(0)
        if not all(type(key) is Founding for keys in keys_of for key in keys):
            return Prepared(keys_of, None)
        rows: dict[str, R] = {}
        for at in range(0, len(events), PREPARED_AT_ONCE):
            if not self._fold(rows, events[at : at + PREPARED_AT_ONCE]):
                return Prepared(keys_of, None)
            await asyncio.sleep(0)
        return Prepared(keys_of, rows)

    async def unpark(self, connection: Connection, key: str) -> int:
        """Replays what waits under a key, in order, with the code as it is now; returns how many events went through.

        Keys that were parked together come back together. What still fails stays parked, with what is behind it.
        """
        together = await self._parked_with(connection, key)
        rows = await connection.fetch(
            "select distinct on (position, event_index) position, event_index, subject, event from parked"
            " where projection = $1 and key = any($2) order by position, event_index",
            self.view.name,
            list(together),
        )
        events = [
            Recorded(r["position"], r["event_index"], Subject.parse(r["subject"]), log_pb2.Event.FromString(r["event"]))
            for r in rows
        ]
        await connection.execute(
            "delete from parked where projection = $1 and key = any($2)", self.view.name, list(together)
        )
        self.parked -= together
        again = await self.update_each(connection, events)
        self.parked |= again
        still = await connection.fetchval(
            "select count(distinct (position, event_index)) from parked where projection = $1 and key = any($2)",
            self.view.name,
            list(together),
        )
        return len(events) - int(still)

    async def _parked_with(self, connection: Connection, key: str) -> set[str]:
        together, frontier = {key}, {key}
        while frontier:
            rows = await connection.fetch(
                "select distinct b.key from parked a join parked b using (projection, position, event_index)"
                " where a.projection = $1 and a.key = any($2)",
                self.view.name,
                list(frontier),
            )
            frontier = {row["key"] for row in rows} - together
            together |= frontier
        return together


def _subject(event: Recorded) -> str:
    return str(Subject(event.context, event.tenant, event.shard))


def _names(poison: Exception) -> str:
    """An error without its text: the text may quote a personal value."""
    return type(poison).__name__
