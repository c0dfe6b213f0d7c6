"""The tenants there are: a key-value bucket that every service looks at, so that a shard begins to work when its
tenant appears, and what the log says of them. One that the log says is deleted is refused, for ever.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress

import nats.errors
from google.protobuf.message import Message
from nats.js.errors import APIError, NotFoundError
from nats.js.errors import Error as JetStreamError
from switchboard.log.v1 import tenants_pb2

from chassis.cancellation import raise_if_cancelled
from chassis.clock import Clock, SystemClock
from chassis.closing import close_shard
from chassis.commands import Request
from chassis.commits import Subject
from chassis.errors import (
    InvalidRequest,
    NotFound,
    Overloaded,
    Reason,
    Rejected,
    RequestIdReused,
    TenantDeleted,
    Unavailable,
)
from chassis.log import FULL, Conflict, Log
from chassis.streams import TENANTS, provisioned_services, subjects_of
from chassis.tenant_facts import (
    CONTEXT,
    EVERY_TENANT,
    Deletion,
    TenantSettings,
    TenantState,
    changed,
    commit_of,
    folded,
    purged,
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
        self._registered: frozenset[str] = frozenset()
        self._known: frozenset[str] = frozenset()
        self._deleted: frozenset[str] = frozenset()
        self._states: dict[str, TenantState] = {}
        self._scanned = False
        self._read_upto = 0
        self._counts: dict[Subject, int] = {}
        self._reading = asyncio.Lock()
        self._listeners: list[Callable[[], None]] = []

    @property
    def known(self) -> frozenset[str]:
        """All tenants seen so far that are not deleted."""
        return self._known

    @property
    def deleted(self) -> frozenset[str]:
        """All tenants that were deleted, as far as this process has seen."""
        return self._deleted

    def deletion(self, tenant: str) -> Deletion | None:
        """How far a tenant's deletion is as far as this process has seen; None for one that is not deleted."""
        return self._states.get(tenant, _UNSAID).deletion

    def settled(self, service: str) -> frozenset[str]:
        """All deleted tenants, as far as this process has seen. Raises Unavailable while this service still deletes
        what it has of one.
        """
        for tenant in sorted(self._deleted):
            deletion = self.deletion(tenant)
            if deletion is not None and service not in deletion.purged:
                raise Unavailable(f"tenant {tenant} is being deleted; try again when it is gone", 1.0)
        return self._deleted

    def refuse_deleted(self, tenant: str) -> None:
        """Raises TenantDeleted for a tenant that was deleted, as far as this process has seen. Costs nothing."""
        if tenant in self._deleted:
            raise TenantDeleted(tenant)

    def settings(self, tenant: str) -> TenantSettings:
        """What a tenant says of itself as far as this process has seen."""
        return self._states.get(tenant, _UNSAID).settings

    def on_change(self, listener: Callable[[], None]) -> None:
        """Calls `listener` when a tenant appears, or is deleted."""
        self._listeners.append(listener)

    async def ensure(
        self, tenant: str, settings: TenantSettings | None = None, request: Request | None = None
    ) -> TenantSettings:
        """Registers a tenant, with settings where they are given, and returns those it then has. Idempotent. Raises
        InvalidRequest for a name no tenant may have, Rejected with TENANT_EXISTS for one that has other settings,
        TenantDeleted, RequestIdReused, Overloaded while the storage is full.
        """
        self.refuse_deleted(tenant)
        if tenant not in self._known or settings is not None or request is not None:
            return await self._ensure(tenant, settings, request)
        return self.settings(tenant)

    async def _ensure(self, tenant: str, settings: TenantSettings | None, request: Request | None) -> TenantSettings:
        if not _TENANT.match(tenant):
            raise InvalidRequest([("tenant", f"{tenant[:60]!r} is no tenant id; use [a-z][a-z0-9-]{{0,39}}")])
        await self._look()
        self.refuse_deleted(tenant)
        there = tenant in self._known
        if not there and self._allow is not None:
            self._allow(len(self._known))

        def founded(state: TenantState) -> Sequence[Message]:
            if state.deletion is not None:
                raise TenantDeleted(tenant)
            if settings is None or state.settings == settings:
                return ()
            if there or state.position:
                raise Rejected(
                    Reason.TENANT_EXISTS,
                    f"tenant {tenant} is there with other settings; change them with UpdateTenant",
                    resource=f"tenants/{tenant}",
                )
            return (changed(settings),)

        after = self.settings(tenant)
        if settings is not None or request is not None:  # before the key: a repetition finds settings it gave
            after = await self._append(tenant, founded, request)
        if there:
            return after
        try:
            await self._log.js.publish(f"{_KEYS}{tenant}", b"")
        except (TimeoutError, nats.errors.Error, JetStreamError) as refused:
            if isinstance(refused, APIError) and refused.err_code in FULL:
                raise Overloaded("the storage of the log is full; add storage, then try again", 5.0) from None
            raise Unavailable("the log does not answer; try again", 1.0) from None
        self._see(self._registered | {tenant})
        return after

    async def change(
        self, tenant: str, change: Callable[[TenantSettings], TenantSettings], request: Request | None = None
    ) -> TenantSettings:
        """Gives a tenant the settings that `change` makes of those it has, and returns them. Raises NotFound,
        TenantDeleted and RequestIdReused.
        """
        await self.require(tenant)

        def decide(state: TenantState) -> Sequence[Message]:
            if state.deletion is not None:
                raise TenantDeleted(tenant)
            after = change(state.settings)
            return () if after == state.settings else (changed(after),)

        return await self._append(tenant, decide, request)

    async def delete(self, tenant: str, requested_by: str = "") -> Deletion:
        """Deletes a tenant for ever: when this returns, the log says so and none of its shards takes anything more.

        Idempotent; returns how far the deletion is. Raises NotFound. What the services do then is `tenant_deletion`'s.
        """
        if tenant not in self._deleted:
            with suppress(TenantDeleted):  # elsewhere, a moment ago
                await self.require(tenant)
        if tenant not in self._deleted:
            services = await provisioned_services(self._log.nc)

            def decide(state: TenantState) -> Sequence[Message]:
                fact = tenants_pb2.TenantDeleted(requested_by=requested_by, services=services)
                return (fact,) if state.deletion is None else ()

            await self._append(tenant, decide)
        for subject in sorted(await self._log.subjects(f"ev.*.{tenant}.*"), key=str):
            if subject.context != CONTEXT:
                await close_shard(self._log, subject, self._clock)
        await self.read()
        deletion = self.deletion(tenant)
        assert deletion is not None, "the log says so"
        return deletion

    async def purged(self, tenant: str, service: str, rows: Iterable[tuple[str, int]], keys: int) -> None:
        """Says in the log that a service has nothing of a deleted tenant any more. Idempotent."""
        fact = purged(service, rows, 0, keys)

        def decide(state: TenantState) -> Sequence[Message]:
            return () if state.deletion is None or service in state.deletion.purged else (fact,)

        await self._append(tenant, decide)

    async def require(self, tenant: str) -> None:
        """Raises NotFound for a tenant nobody has registered, TenantDeleted for one that was deleted, Unavailable when
        nobody can be asked about it.
        """
        self.refuse_deleted(tenant)
        if tenant not in self._known:
            looked = await self._look()
            self.refuse_deleted(tenant)
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

    async def _append(
        self, tenant: str, decide: Callable[[TenantState], Sequence[Message]], request: Request | None = None
    ) -> TenantSettings:
        """Decides on what the log says of a tenant, and appends it exactly once; returns the settings it then has, of a
        repeated request those it had then.
        """
        subject = subject_of(tenant)
        while True:
            raise_if_cancelled()
            await self.read()
            state = self._states.get(tenant, _UNSAID)
            if request is not None and (done := state.asked.get(request.request_id)) is not None:
                if done.digest != request.digest:
                    raise RequestIdReused
                return done.settings
            facts = decide(state)
            if not facts and request is None:
                return state.settings
            try:
                await self._log.append(subject, commit_of(subject, facts, self._clock.now(), request), state.position)
            except Conflict:
                continue  # another change came first: decided again, on top of it
            await self.read()
            return self._states[tenant].settings

    async def read(self) -> None:
        """Takes in what the log says of tenants, up to its end. Raises Unavailable and TimeoutError.

        How many facts there are the server knows without looking at one; they are read when there are more.
        """
        async with self._reading:
            try:
                counts = await self._log.subjects(EVERY_TENANT)
                if counts != self._counts:
                    await self._read_facts()
                    self._counts = counts
            except (nats.errors.Error, JetStreamError):
                raise Unavailable("the log does not answer; try again", 1.0) from None
        self._see(self._registered | self._states.keys())

    async def _read_facts(self) -> None:
        async for batch in self._log.read(self._read_upto, EVERY_TENANT):
            for entry in batch:
                tenant = entry.subject.tenant
                self._states[tenant] = folded(self._states.get(tenant, _UNSAID), entry)
            self._read_upto = batch[-1].position

    async def _look(self) -> bool:
        """Whether there was an answer. A bucket's subjects are its keys: asking for them leaves no consumer behind."""
        try:
            try:
                there = await subjects_of(self._log.nc, f"KV_{_BUCKET}", f"{_KEYS}>")
                keys = frozenset(subject.removeprefix(_KEYS) for subject in there)
            except NotFoundError:
                keys = frozenset()  # no tenant has been registered yet
            if not self._scanned:
                keys |= {subject.tenant for subject in await self._log.subjects()}
            await self.read()
            self._scanned = True
        except (TimeoutError, nats.errors.Error, JetStreamError, Unavailable):
            return False  # NATS is away; what is known stays known
        self._see(self._registered | keys)
        return True

    def _see(self, registered: frozenset[str]) -> None:
        self._registered = registered
        deleted = frozenset(tenant for tenant, state in self._states.items() if state.deletion is not None)
        known = registered - deleted
        if (known, deleted) != (self._known, self._deleted):
            self._known, self._deleted = known, deleted
            for listener in self._listeners:
                listener()
