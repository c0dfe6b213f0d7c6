"""The tenants there are: a key-value bucket that every service looks at, so that a shard begins to work when its
tenant appears.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable

import nats.errors
from nats.js.errors import APIError, NotFoundError
from nats.js.errors import Error as JetStreamError

from chassis.cancellation import raise_if_cancelled
from chassis.errors import InvalidRequest, NotFound, Overloaded, Unavailable
from chassis.log import FULL, Log
from chassis.streams import TENANTS

LOOK_S = 0.5
_BUCKET = TENANTS.name
_KEYS = f"$KV.{_BUCKET}."
_TENANT = re.compile(r"[a-z][a-z0-9-]{0,39}\Z")


class Tenants:
    """The tenants as this process sees them; at most LOOK_S behind another process that registers one."""

    def __init__(self, log: Log, allow: Callable[[int], None] | None = None) -> None:
        """`allow` is asked, with the number of tenants there are, before a new one is registered; it raises."""
        self._log = log
        self._allow = allow
        self._known: frozenset[str] = frozenset()
        self._listeners: list[Callable[[], None]] = []

    @property
    def known(self) -> frozenset[str]:
        """All tenants seen so far."""
        return self._known

    def on_change(self, listener: Callable[[], None]) -> None:
        """Calls `listener` when a tenant appears."""
        self._listeners.append(listener)

    async def ensure(self, tenant: str) -> None:
        """Registers a tenant. Idempotent. Raises InvalidRequest for a name no tenant may have, Overloaded while
        the storage is full.
        """
        if tenant in self._known:
            return
        if not _TENANT.match(tenant):
            raise InvalidRequest([("tenant", f"{tenant[:60]!r} is no tenant id; use [a-z][a-z0-9-]{{0,39}}")])
        if self._allow is not None:
            await self._look()
            if tenant in self._known:
                return
            self._allow(len(self._known))
        try:
            await self._log.js.publish(f"{_KEYS}{tenant}", b"")
        except (TimeoutError, nats.errors.Error, JetStreamError) as refused:
            if isinstance(refused, APIError) and refused.err_code in FULL:
                raise Overloaded("the storage of the log is full; add storage, then try again", 5.0) from None
            raise Unavailable("the log does not answer; try again", 1.0) from None
        self._see(self._known | {tenant})

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

    async def _look(self) -> bool:
        """Whether there was an answer. A bucket's subjects are its keys: asking for them leaves no consumer behind."""
        try:
            try:
                info = await self._log.js.stream_info(f"KV_{_BUCKET}", subjects_filter=f"{_KEYS}>")
                keys = frozenset(subject.removeprefix(_KEYS) for subject in info.state.subjects or ())
            except NotFoundError:
                keys = frozenset()  # no tenant has been registered yet
            if not self._known:
                keys |= {subject.tenant for subject in await self._log.subjects()}
        except (TimeoutError, nats.errors.Error, JetStreamError):
            return False  # NATS is away; what is known stays known
        self._see(self._known | keys)
        return True

    def _see(self, tenants: frozenset[str]) -> None:
        if tenants != self._known:
            self._known = tenants
            for listener in self._listeners:
                listener()
