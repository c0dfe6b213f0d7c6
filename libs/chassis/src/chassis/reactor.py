"""A reactor: facts of the log that make something happen outside of it, effectively once.

It reads the log from a position it keeps in PostgreSQL and moves by compare-and-set after the effects. What the effects
are it never asks; how far a fact that cannot be acted on holds up others is decided here: its own key, nobody else.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import Awaitable, Callable, Collection, Mapping
from contextlib import aclosing, suppress
from typing import TypeVar
from weakref import WeakValueDictionary

import asyncpg

from chassis import telemetry
from chassis.calls import deadline_s
from chassis.cancellation import raise_if_cancelled
from chassis.commits import Entry, Recorded
from chassis.cursor import Cursor, Fenced
from chassis.database import Database
from chassis.errors import Overloaded, Unavailable
from chassis.logs import where
from chassis.membership import Membership
from chassis.parked_facts import ParkedFacts
from chassis.parking import SCHEMA as PARKED
from chassis.parking import Released, own_key, stored_key
from chassis.settlement import Verdict, verdict_on
from chassis.tail import Tail
from chassis.watermark import Watermark

ACT_S = 15.0
"""How long one attempt may take; then it counts as an outage."""
AT_ONCE = 32
"""Facts acted on side by side."""
AT_ONCE_OF_TENANT = 8
"""How many of them may be one tenant's: where one tenant's effects hang, the others' go on."""
WINDOW = 512
"""Facts taken from the log and not yet done; the reader waits then."""
WINDOW_POSITIONS = 10_000
"""Commits with facts that may be done before an earlier one is. Against: after a crash they are acted on again."""
WINDOW_BYTES = 8 * 1024 * 1024
"""What their commits weigh together, and one commit more."""
TRIES = 3
"""How often a fact that fails unforeseen is tried before its key is parked."""
RETRY_S, RETRY_MAX_S = 0.1, 5.0
"""The first and the longest pause before a fact is tried again."""
HOLD_S = 10.0
"""How long a fact may wait for an outage to end once the window is full; then it waits in the table, others go on."""
WAITING_S = 5.0
"""How often those are tried again."""
SAVE_S = 0.05
"""How soon after the position was moved it is moved again."""
SAVE_IDLE_S = 5.0
"""The same while nothing in the log concerns this reactor."""
LEAVE_S = 2.0
"""How long who stops owning a reactor tries to note how far it came."""
_AWAY_S = 0.2
_MAY_PASS = (Unavailable, Overloaded, TimeoutError, asyncpg.PostgresError)
"""What the database says that is waited for: it is away, full, read-only for a while, busy with somebody else. None of
it speaks of a fact's values: keys, subjects and bytes are what the table holds."""

_LOGGER = logging.getLogger(__name__)
_LAG_EVENTS = telemetry.Instrument("switchboard.projection.lag.events")
_PARKED_KEYS = telemetry.Instrument("switchboard.projection.parked")

R = TypeVar("R")
Act = Callable[[Recorded], Awaitable[None]]


class Reactor:
    """Calls `act` for the events of one context that `keys` names, on the replica that owns the reactor.

    `keys` gives, by full name of the event, what it concerns: events of one key are acted on in order, those of
    different keys side by side. After a crash, or while two replicas both take themselves for the owner, facts are
    acted on again, in the same order; `act` derives its ids from the fact, so that doing it twice is doing it once.

    What `act` raises decides what becomes of the fact (`settlement.verdict_on`): it is settled; or somebody is away,
    and it is tried again until it works; or it failed, and after TRIES attempts its key is parked until it is released.
    """

    def __init__(
        self,
        name: str,
        context: str,
        act: Act,
        *,
        keys: Mapping[str, Callable[[Recorded], str]],
        tail: Tail,
        database: Database,
        membership: Membership,
        deleted: Callable[[], Collection[str]] = tuple,
    ) -> None:
        """Of tenants that are `deleted` nothing is acted on."""
        self.name = name
        self.context = context
        self._act = act
        self._keys = keys
        self._names = tuple(name.encode() for name in keys)
        """What a commit's bytes contain if it concerns this; most concern nobody here, and are not decoded."""
        self._tail = tail
        self._database = database
        self._parked = ParkedFacts(name, database)
        self._membership = membership
        self._deleted = deleted
        self._ownership = asyncio.Event()
        membership.on_change(self._ownership.set)

    async def prepare(self) -> None:
        """Creates its tables where they are missing and notes a position where there is none yet: a new reactor begins
        at the first commit. Idempotent.
        """
        await Cursor(self.name, self._database).create((PARKED,))

    async def attach(self) -> None:
        """The same on tables that are there, as a service's are."""
        await Cursor(self.name, self._database).attach()

    async def run(self) -> None:
        """Reacts while this replica owns the reactor, until cancelled."""
        while True:
            raise_if_cancelled()
            self._ownership.clear()
            if not self._owned():
                await self._ownership.wait()
                continue
            try:
                await self._while_owned()
            except* Fenced:
                _LOGGER.warning("another instance moved a reactor", extra={"fields": {"subject": self.name}})
            except* _NotOwned:
                pass
            except* _MAY_PASS:
                await asyncio.sleep(_AWAY_S)

    async def release(self, key: str) -> Released:
        """Acts on what is parked under a key, in order, for as long as a call may take.

        Any replica may; the owner notices. What fails stays parked with what is behind it.
        """
        key = stored_key(key)
        ends_at = time.monotonic() + 0.7 * deadline_s()
        released = 0
        fact = await self._parked.first(key)
        while fact is not None and time.monotonic() < ends_at:
            try:
                await self._attempt(fact)
            except Exception as error:  # noqa: BLE001  # it stays parked, with what it says now
                if verdict_on(error) is not Verdict.SETTLED:
                    await self._parked.again(key, fact, verdict_on(error), error)
                    break
            released += 1
            fact = await self._parked.done(key, fact)
        return Released(released, await self._parked.count(key))

    def key_of(self, event: Recorded) -> str:
        """What an event is kept in order by: its tenant and what it concerns. One that cannot say what is alone."""
        try:
            return stored_key(f"{event.tenant} {self._keys[event.type](event)}")
        except Exception:  # noqa: BLE001  # `act` will say what is wrong with it
            return own_key(event)

    def _owned(self) -> bool:
        return self._membership.owns(f"reactor.{self.name}")

    async def _attempt(self, event: Recorded) -> None:
        async with asyncio.timeout(ACT_S):
            with telemetry.process_span(f"ev.{self.context}.*", (event.event.traceparent,), 1, self.name):
                await self._act(event)

    def _concerned(self, entry: Entry) -> list[Recorded]:
        if entry.subject.tenant in self._deleted():
            return []
        if entry.subject.context != self.context or not any(name in entry.data for name in self._names):
            return []
        return [event for event in entry.events() if event.type in self._keys]

    async def _while_owned(self) -> None:
        cursor = Cursor(self.name, self._database)
        term = _Term(self, cursor, await cursor.reread(), await self._parked.keys())
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(term.save())
                tasks.create_task(term.try_waiting())
                tasks.create_task(self._until_not_owned())
                await term.read(tasks)
        finally:
            await term.leave()

    async def _until_not_owned(self) -> None:
        while self._owned():
            await self._ownership.wait()
            self._ownership.clear()
        raise _NotOwned


class _NotOwned(Exception):
    """Ends a term."""


class _Term:
    """What is under way while this replica owns the reactor; nothing of it outlives the ownership."""

    def __init__(self, reactor: Reactor, cursor: Cursor, position: int, parked: set[str]) -> None:
        self._reactor = reactor
        self._cursor = cursor
        self._watermark = Watermark(position)
        self._parked = parked
        self._lines: dict[str, deque[tuple[Recorded, int]]] = {}
        """Facts that were taken, by key, in order, with what each weighs."""
        self._lost = False
        self._facts = 0
        self._bytes = 0
        self._room = asyncio.Event()
        self._advanced = asyncio.Event()
        self._slots = asyncio.Semaphore(AT_ONCE)
        self._slots_of: WeakValueDictionary[str, asyncio.Semaphore] = WeakValueDictionary()
        """One for each tenant whose facts are in hand."""

    async def read(self, tasks: asyncio.TaskGroup) -> None:
        """Takes facts from the log as long as there is room."""
        reactor, watermark = self._reactor, self._watermark
        async with aclosing(reactor._tail.of(watermark.position, reactor.context)) as batches:
            async for upto, batch in batches:
                raise_if_cancelled()
                for entry in batch:
                    facts = reactor._concerned(entry)
                    watermark.begin(entry.position, len(facts))
                    for fact in facts:
                        await self._take(fact, len(entry.data) // len(facts), tasks)
                if upto > watermark.last:
                    watermark.begin(upto, 0)
                _LAG_EVENTS.record(
                    max(0, reactor._tail.last - watermark.position), {"switchboard.projection": reactor.name}
                )

    async def save(self) -> None:
        """Moves the position after what is done, one write for all that was done meanwhile. Raises Fenced."""
        while True:
            raise_if_cancelled()
            with suppress(TimeoutError):  # the log went on without this reactor
                async with asyncio.timeout(SAVE_IDLE_S):
                    await self._advanced.wait()
            self._advanced.clear()
            await self._save()
            await asyncio.sleep(SAVE_S)

    async def leave(self) -> None:
        """Notes how far this owner came, if that is to be had at once; what is not noted, the next one does again."""
        if self._lost:
            return
        with suppress(*_MAY_PASS, Fenced):
            async with asyncio.timeout(LEAVE_S):
                await self._save()

    async def _save(self) -> None:
        before, upto = self._cursor.position, self._watermark.position
        while self._cursor.position < upto:
            try:
                await self._cursor.move(upto)
            except _MAY_PASS:
                await asyncio.sleep(_AWAY_S)
                if await _insisting(self._cursor.reread) not in (before, upto):
                    self._lost = True  # what was parked since may be gone as well: nothing of this term counts
                    raise Fenced(f"{self._reactor.name} is no longer at {before}") from None

    async def try_waiting(self) -> None:
        """Tries what waits in the table for an outage to end, one key of each tenant first."""
        reactor = self._reactor
        while True:
            raise_if_cancelled()
            await asyncio.sleep(WAITING_S)
            try:
                self._parked |= await reactor._parked.keys()
                _PARKED_KEYS.record(len(self._parked), {"switchboard.projection": reactor.name})
                for keys in (await reactor._parked.waiting()).values():
                    for key in keys:
                        _, still = await reactor.release(key)
                        if still:
                            break  # the tenant's others wait for the same, most likely
            except _MAY_PASS:
                continue

    async def _take(self, fact: Recorded, size: int, tasks: asyncio.TaskGroup) -> None:
        while self._full():
            self._room.clear()
            await self._room.wait()
        self._facts += 1
        self._bytes += size
        key = self._reactor.key_of(fact)
        if (line := self._lines.get(key)) is not None:
            line.append((fact, size))
            return
        self._lines[key] = deque([(fact, size)])
        tasks.create_task(self._work_off(key, fact.tenant))

    def _full(self) -> bool:
        return self._facts >= WINDOW or self._bytes >= WINDOW_BYTES or len(self._watermark) >= WINDOW_POSITIONS

    async def _work_off(self, key: str, tenant: str) -> None:
        line = self._lines[key]
        slots = self._slots_of.setdefault(tenant, asyncio.Semaphore(AT_ONCE_OF_TENANT))  # held by those that use it
        while line:
            fact, size = line[0]
            if not await self._is_parked_behind(key, fact):
                await self._until_over(key, fact, slots)
            line.popleft()
            self._facts -= 1
            self._bytes -= size
            self._room.set()
            if self._watermark.done(fact.position):
                self._advanced.set()
        del self._lines[key]

    async def _is_parked_behind(self, key: str, fact: Recorded) -> bool:
        if key not in self._parked:
            return False
        if await _insisting(lambda: self._reactor._parked.behind(key, fact)):
            return True
        self._parked.discard(key)  # somebody released it
        return False

    async def _until_over(self, key: str, fact: Recorded, slots: asyncio.Semaphore) -> None:
        """Acts on a fact until it is settled, or parks its key."""
        began_at, failures, pause_s = time.monotonic(), 0, RETRY_S
        while True:
            raise_if_cancelled()
            try:
                async with slots, self._slots:
                    await self._reactor._attempt(fact)
                return
            except Exception as error:  # noqa: BLE001  # what becomes of it is decided by what it says
                verdict = verdict_on(error)
                if verdict is Verdict.SETTLED:
                    return
                failures += verdict is Verdict.FAILED
                held_up = self._full() and time.monotonic() - began_at > HOLD_S
                _LOGGER.warning("a reactor could not act on a fact", extra={"fields": self._fields(fact, error)})
                if failures >= TRIES or (verdict is Verdict.AWAY and held_up):
                    await _insisting(lambda v=verdict, e=error: self._reactor._parked.park(key, fact, v, e))  # type: ignore[misc]
                    self._parked.add(key)
                    return
            await asyncio.sleep(pause_s)
            pause_s = min(2 * pause_s, RETRY_MAX_S)

    def _fields(self, fact: Recorded, error: Exception) -> dict[str, object]:
        return {
            "subject": self._reactor.name,
            "tenant": fact.tenant,
            "position": fact.position,
            "event_type": fact.type,
            "error": type(error).__name__,
            "at": where(error.__traceback__),
        }


async def _insisting(ask: Callable[[], Awaitable[R]]) -> R:
    """What the database answers, however long it is away."""
    while True:
        raise_if_cancelled()
        try:
            return await ask()
        except _MAY_PASS:
            await asyncio.sleep(_AWAY_S)
