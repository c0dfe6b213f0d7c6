"""What a view is, and how a round of events becomes its rows.

A view's functions may raise whatever they like for a value they cannot take: the event waits in the parking lot with
its keys, and the rest goes on. It knows PostgreSQL only as the connection it is handed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Final, Generic, Protocol, TypeVar

from switchboard.log.v1 import operations_pb2

from chassis.commits import Entry, Recorded
from chassis.database import Connection
from chassis.layout import UnknownEvent
from chassis.parking import (
    BEHIND,
    ParkingLot,
    Place,
    Waiting,
    block,
    is_blocked,
    is_poison,
    own_key,
)
from chassis.parking import SCHEMA as PARKED
from chassis.parts import PARTS
from chassis.sink import NOTHING, Apart, Weight
from chassis.storable import check_storable

R = TypeVar("R")

PREPARED_AT_ONCE: Final = 64
"""Events prepared before PostgreSQL's answers are taken. Against: a transaction is some six of them."""
CHASSIS_FACTS: Final = frozenset(
    fact.DESCRIPTOR.full_name for fact in (operations_pb2.InputParked, operations_pb2.InputReleased)
)
"""Facts that any shard may state about itself; no view takes them."""


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
    """Full names of events of its contexts that it knows and needs not; any other event is parked, and listed until a
    release knows it."""
    schema: str
    """SQL that creates its tables where they are missing, unqualified names."""
    dumps: Mapping[str, str]
    """Its tables and the columns that order each of them completely, for the replay proof.

    A view may say `founds_late = True`: facts that it takes of a row nobody founded make the row, and a founding event
    that had to wait alone takes in what is there of it.
    """

    def keys(self, event: Recorded) -> Sequence[str]:
        """The keys of the rows an event touches, which are rows of its tenant; they are parked together when the event
        cannot be taken. Whatever it raises parks the event alone.
        """

    async def load(self, connection: Connection, keys: Sequence[str]) -> dict[str, R]:
        """The rows of these keys, in one query per table; missing ones are left out. No founding key is asked for."""

    def fold(self, rows: dict[str, R], event: Recorded) -> None:
        """Applies one event to the rows. Pure: no clock, no IO. Whatever it, `load` or `save` raises for an event parks
        the event's keys; which event it was is found by taking ever smaller parts of the round.
        """

    async def save(self, connection: Connection, rows: Mapping[str, R], touched: Sequence[str]) -> None:
        """Writes the touched rows, one statement per table; a key that is missing in `rows` is deleted."""


def fold(view: View[R], rows: dict[str, R], event: Recorded) -> None:
    """Applies one event to rows. Raises whatever the view does, and NotStorable before it is asked."""
    check_storable(event.body if event.own is None else event.own, event.type)
    view.fold(rows, event)


class ViewSink(Generic[R]):
    """The tables of one view as a sink."""

    def __init__(self, view: View[R]) -> None:
        self.view = view
        self.lot = ParkingLot(view.name)

    @property
    def name(self) -> str:
        """The view's."""
        return self.view.name

    @property
    def parts(self) -> int:
        """Every view's rows are of one tenant each."""
        return PARTS

    @property
    def schema(self) -> str:
        """The view's tables, and where events wait."""
        return f"{self.view.schema};{PARKED}"

    @property
    def dumps(self) -> Mapping[str, str]:
        """The view's."""
        return self.view.dumps

    def weigh(self, entry: Entry) -> Weight:
        """A commit of another context is not even decoded."""
        if entry.subject.context not in self.view.contexts:
            return NOTHING
        return Weight(len(entry.events()), len(entry.data))

    async def prepare(self, entries: Sequence[Entry]) -> ViewRound[R] | None:
        """Decodes the events that concern the view."""
        mine = [entry for entry in entries if entry.subject.context in self.view.contexts]
        events = self._wanted(chain.from_iterable(entry.events() for entry in mine))
        return await self._round(events) if events else None

    async def prepare_again(self, events: Sequence[Recorded]) -> ViewRound[R]:
        """The same for events that waited; what the view ignores by now is through."""
        return await self._round(self._wanted(events), late=getattr(self.view, "founds_late", False))

    def _wanted(self, events: Iterable[Recorded]) -> list[Recorded]:
        passed = self.view.ignores | CHASSIS_FACTS
        return [event for event in events if event.type not in passed]

    async def _round(self, events: Sequence[Recorded], *, late: bool = False) -> ViewRound[R]:
        """All that can be done for events without rows of the tables. `late`: what they found may be there already."""
        keyed: list[Keyed] = []
        waiting: list[Waiting] = []
        for at in range(0, len(events), PREPARED_AT_ONCE):
            for event in events[at : at + PREPARED_AT_ONCE]:
                try:
                    keys = self._keys(event)
                    keyed.append((event, [str(key) for key in keys] if late else keys))
                except Exception as error:  # noqa: BLE001  # parked alone, an alarm rings, the rest goes on
                    waiting.append(Waiting(event, (own_key(event),), type(error).__name__))
            await asyncio.sleep(0)
        rows: dict[str, R] | None = None
        if all(type(key) is Founding for _, keys in keyed for key in keys):
            rows = {}
            for at in range(0, len(keyed), PREPARED_AT_ONCE):
                try:
                    for event, _ in keyed[at : at + PREPARED_AT_ONCE]:
                        fold(self.view, rows, event)
                except Exception:  # noqa: BLE001  # whose event it is, `apply` finds
                    rows = None
                    break
                await asyncio.sleep(0)
        return ViewRound(self, keyed, waiting, rows)

    def _keys(self, event: Recorded) -> Sequence[str]:
        if event.type not in self.view.handles:
            raise UnknownEvent(f"{self.view.name} does not know {event.type}; a later release does")
        return self.view.keys(event)

    async def apply_all(
        self, connection: Connection, events: Sequence[Keyed], blocked: dict[str, Place], rows: dict[str, R] | None
    ) -> list[Waiting]:
        """Takes events in the order of the log, all at once; returns what has to wait. `rows` are those of all events
        where nothing had to be loaded. Raises Apart where one of them cannot be taken.
        """
        try:
            if rows is not None and not blocked:
                await self.view.save(connection, rows, _touched(events))
                return []
            free, behind = _split(events, blocked)
            await self._fold(connection, free)
        except Exception as error:
            if is_poison(error, connection):
                raise Apart from error
            raise
        return behind

    async def apply(self, connection: Connection, events: Sequence[Keyed], blocked: dict[str, Place]) -> list[Waiting]:
        """Takes events in the order of the log, all at once if that goes well, else in halves of halves until those are
        alone that cannot be taken. Returns what has to wait; `blocked` knows their keys then.
        """
        if not events:
            return []
        try:
            async with connection.transaction():
                beyond = dict(blocked)
                free, behind = _split(events, beyond)
                await self._fold(connection, free)
        except Exception as error:
            if not is_poison(error, connection):
                raise
            if len(events) == 1:
                [(event, keys)] = events
                block(blocked, event, keys)
                return [Waiting(event, keys, type(error).__name__)]
        else:
            blocked.update(beyond)
            return behind
        half = len(events) // 2
        waiting = await self.apply(connection, events[:half], blocked)
        return waiting + await self.apply(connection, events[half:], blocked)

    async def _fold(self, connection: Connection, events: Sequence[Keyed]) -> None:
        if not events:
            return
        touched = _touched(events)
        rows = dict(await self.view.load(connection, [key for key in touched if type(key) is not Founding]))
        for event, _ in events:
            fold(self.view, rows, event)
        if touched:
            await self.view.save(connection, rows, touched)


Keyed = tuple[Recorded, Sequence[str]]
"""An event with the keys of the rows it touches."""


@dataclass(frozen=True, slots=True)
class ViewRound(Generic[R]):
    """A round of events that concern a view; `rows` are theirs where none of them had to be loaded."""

    sink: ViewSink[R]
    events: Sequence[Keyed]
    unkeyed: Sequence[Waiting]
    rows: dict[str, R] | None

    @property
    def traceparents(self) -> Iterable[str]:
        """Of its events."""
        return (event.event.traceparent for event, _ in self.events)

    async def write(self, connection: Connection, *, apart: bool = False) -> None:
        """Takes what can be taken and parks the rest; what cannot be taken is only found apart."""
        lot = self.sink.lot
        blocked = await lot.blocked(connection, chain.from_iterable(keys for _, keys in self.events))
        if apart:
            behind = await self.sink.apply(connection, self.events, blocked)
        else:
            behind = await self.sink.apply_all(connection, self.events, blocked, self.rows)
        waiting = [*self.unkeyed, *behind]
        if waiting:
            await lot.park(connection, waiting)


class FoundedAgain(ValueError):
    """A row's founding event comes after other events of that row; within a round the table could not tell."""


def _touched(events: Sequence[Keyed]) -> list[str]:
    """The keys of events, in the order they come. Raises FoundedAgain: such events are taken apart, so that what the
    table says to the later one does not depend on where a round ends.
    """
    touched: dict[str, None] = {}
    for _, keys in events:
        for key in keys:
            if key not in touched:
                touched[key] = None
            elif type(key) is Founding:
                raise FoundedAgain(key)
    return list(touched)


def _split(events: Sequence[Keyed], blocked: dict[str, Place]) -> tuple[list[Keyed], list[Waiting]]:
    """What can be applied, and what is behind an event that waits; `blocked` has their keys as well then."""
    if not blocked:
        return list(events), []
    free: list[Keyed] = []
    behind: list[Waiting] = []
    for event, keys in events:
        if is_blocked(blocked, event, keys):
            block(blocked, event, keys)
            behind.append(Waiting(event, keys, BEHIND))
        else:
            free.append((event, keys))
    return free, behind
