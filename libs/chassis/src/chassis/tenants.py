"""The tenants there are: a key-value bucket that every service looks at, so that a shard begins to work when its
tenant appears, and what the log says of them.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Sequence

import nats.errors
from google.protobuf.message import Message
from nats.js.errors import APIError, NotFoundError
from nats.js.errors import Error as JetStreamError

from chassis.cancellation import raise_if_cancelled
from chassis.clock import Clock, SystemClock
from chassis.errors import InvalidRequest, NotFound, Overloaded, Reason, Rejected, Unavailable
from chassis.log import FULL, Conflict, Log
from chassis.streams import TENANTS
from chassis.tenant_facts import (
    EVERY_TENANT,
    TenantSettings,
    TenantState,
    changed,
    commit_of,
    folded,
    subject_of,
)

LOOK_S = 0.5
_BUCKET = TENANTS.name
_KEYS = f"$KV.{_BUCKET}."
_TENANT = re.compile(r"[a-z][a-z0-9-]{0,39}\Z")
_UNSAID = TenantState()


class Tenants:
    """The tenants as this process sees them; at most LOOK_S behind another process that registers or changes one."""

    def __init__(self, log: Log, allow: Callable[[int], None] | None = None, clock: Clock | None = None) -> None:
        """`allow` is asked, with the number of tenants there are, before a new one is registered; it raises."""
        self._log = log
        self._allow = allow
        self._clock = clock or SystemClock()
        self._known: frozenset[str] = frozenset()
        self._states: dict[str, TenantState] = {}
        self._scanned = False
        self._read_upto = 0
        self._reading = asyncio.Lock()
        self._listeners: list[Callable[[], None]] = []

    @property
    def known(self) -> frozenset[str]:
        """All tenants seen so far."""
        return self._known

    def settings(self, tenant: str) -> TenantSettings:
        """What a tenant says of itself as far as this process has seen."""
        return self._states.get(tenant, _UNSAID).settings

    def on_change(self, listener: Callable[[], None]) -> None:
        """Calls `listener` when a tenant appears."""
        self._listeners.append(listener)

    async def ensure(self, tenant: str, settings: TenantSettings | None = None) -> None:
        """Registers a tenant, with settings where they are given. Idempotent. Raises InvalidRequest for a name no
        tenant may have, Rejected with TENANT_EXISTS for one that has other settings, Overloaded while the storage is
        full.
        """
        if tenant not in self._known or settings is not None:
            await self._ensure(tenant, settings)

    async def _ensure(self, tenant: str, settings: TenantSettings | None) -> None:
        if not _TENANT.match(tenant):
            raise InvalidRequest([("tenant", f"{tenant[:60]!r} is no tenant id; use [a-z][a-z0-9-]{{0,39}}")])
        if self._allow is not None or settings is not None:
            await self._look()
        there = tenant in self._known
        if not there and self._allow is not None:
            self._allow(len(self._known))

        def founded(state: TenantState) -> Sequence[Message]:
            if state.settings == settings:
                return ()
            if there or state.position:
                raise Rejected(
                    Reason.TENANT_EXISTS,
                    f"tenant {tenant} is there with other settings; change them with UpdateTenant",
                    resource=f"tenants/{tenant}",
                )
            assert settings is not None
            return (changed(settings),)

        if settings is not None:  # before the key: a repetition finds settings it gave
            await self._append(tenant, founded)
        if there:
            return
        try:
            await self._log.js.publish(f"{_KEYS}{tenant}", b"")
        except (TimeoutError, nats.errors.Error, JetStreamError) as refused:
            if isinstance(refused, APIError) and refused.err_code in FULL:
                raise Overloaded("the storage of the log is full; add storage, then try again", 5.0) from None
            raise Unavailable("the log does not answer; try again", 1.0) from None
        self._see(self._known | {tenant})

    async def change(self, tenant: str, change: Callable[[TenantSettings], TenantSettings]) -> TenantSettings:
        """Gives a tenant the settings that `change` makes of those it has, and returns them. Raises NotFound."""
        await self.require(tenant)

        def decide(state: TenantState) -> Sequence[Message]:
            after = change(state.settings)
            return () if after == state.settings else (changed(after),)

        return (await self._append(tenant, decide)).settings

    async def require(self, tenant: str) -> None:
        """Raises NotFound for a tenant nobody has registered, Unavailable when nobody can be asked about it."""
        if tenant not in self._known:
            looked = await self._look()
            if tenant not in self._known:
                if not looked:
                    raise Unavailable("the log does not answer; try again", 1.0)
                raise NotFound("tenant", f"tenants/{tenant}")

    async def run(self) -> None:
        """Looks for new tenants until cancelled. Tenants whose shards are in the log are known even if the bucket was
        lost.
        """
        while True:
            raise_if_cancelled()
            await self._look()
            await asyncio.sleep(LOOK_S)

    async def _append(self, tenant: str, decide: Callable[[TenantState], Sequence[Message]]) -> TenantState:
        """Decides on what the log says of a tenant, and appends it exactly once; returns what is so then."""
        subject = subject_of(tenant)
        while True:
            raise_if_cancelled()
            await self._read()
            state = self._states.get(tenant, _UNSAID)
            facts = decide(state)
            if not facts:
                return state
            try:
                await self._log.append(subject, commit_of(subject, facts, self._clock.now()), state.position)
            except Conflict:
                continue  # another change came first: decided again, on top of it
            await self._read()
            return self._states[tenant]

    async def _read(self) -> None:
        """Takes in what the log says of tenants, up to its end. Raises Unavailable and what NATS does."""
        async with self._reading:
            async for batch in self._log.read(self._read_upto, EVERY_TENANT):
                for entry in batch:
                    tenant = entry.subject.tenant
                    self._states[tenant] = folded(self._states.get(tenant, _UNSAID), entry)
                self._read_upto = batch[-1].position
        self._see(self._known | self._states.keys())

    async def _look(self) -> bool:
        """Whether there was an answer. A bucket's subjects are its keys: asking for them leaves no consumer behind."""
        try:
            try:
                info = await self._log.js.stream_info(f"KV_{_BUCKET}", subjects_filter=f"{_KEYS}>")
                keys = frozenset(subject.removeprefix(_KEYS) for subject in info.state.subjects or ())
            except NotFoundError:
                keys = frozenset()  # no tenant has been registered yet
            if not self._scanned:
                keys |= {subject.tenant for subject in await self._log.subjects()}
                self._scanned = True
            await self._read()
        except (TimeoutError, nats.errors.Error, JetStreamError, Unavailable):
            return False  # NATS is away; what is known stays known
        self._see(self._known | keys)
        return True

    def _see(self, tenants: frozenset[str]) -> None:
        if tenants != self._known:
            self._known = tenants
            for listener in self._listeners:
                listener()
