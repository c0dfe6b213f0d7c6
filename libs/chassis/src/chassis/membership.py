"""Who is alive, and who owns what: heartbeats in a key-value bucket and rendezvous hashing.

Two members may disagree for a moment; nothing here is a lock. The log's expected sequence is the fence.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import math
import time
from collections.abc import Callable
from functools import lru_cache

import nats.errors
from nats.js.errors import Error as JetStreamError

from chassis.cancellation import raise_if_cancelled
from chassis.log import Log
from chassis.streams import members, subjects_of

HEARTBEAT_S = 1.0
BEAT_TIMEOUT_S = 2.0
"""How long one heartbeat waits for its acknowledgement; it is tried again at once."""
LATE_S = 2.5
"""A member whose own heartbeats did not get through for so long knows that others' did not either."""
GRACE_S = 4.0
"""How long nobody is taken for dead after that: everybody beats within it. Against: a bucket whose leader is lost takes
longer to elect another than a key lives."""


@lru_cache(maxsize=1 << 14)
def owner_of(key: str, members: frozenset[str]) -> str:
    """The member with the highest rendezvous weight for a key: when one leaves, only its own keys move."""
    return max(members, key=lambda member: hashlib.blake2b(f"{member}\0{key}".encode(), digest_size=8).digest())


class Membership:
    """The live replicas of one service. `run` keeps the heartbeat and the view of the others current."""

    def __init__(self, log: Log, service: str, member: str) -> None:
        self.service = service
        self.member = member
        self._log = log
        self._members: frozenset[str] = frozenset()
        self._listeners: list[Callable[[], None]] = []
        self._leaving = False
        self._turn = asyncio.Lock()
        self._bucket = members(service).name
        self._keys = f"$KV.{self._bucket}."
        self._beat_at = 0.0
        self._trusted_from = -math.inf

    @property
    def members(self) -> frozenset[str]:
        """The live members as this one sees them; empty before the first look."""
        return self._members

    def owns(self, key: str) -> bool:
        """Whether this member is the owner of a key as far as it can tell."""
        return bool(self._members) and not self._leaving and owner_of(key, self._members) == self.member

    def on_change(self, listener: Callable[[], None]) -> None:
        """Calls `listener` whenever ownership may have changed."""
        self._listeners.append(listener)

    async def run(self) -> None:
        """Looks once a second, and beats until it leaves, at the latest when it is cancelled: nobody waits for the
        expiry then.
        """
        try:
            while True:
                raise_if_cancelled()
                # While NATS is away members stay as they were; nobody can append anyway.
                with contextlib.suppress(TimeoutError, nats.errors.Error, JetStreamError):
                    async with self._turn:
                        await self._beat()
                await asyncio.sleep(HEARTBEAT_S)
        finally:
            await self.leave()

    async def leave(self) -> None:
        """Gives up everything this member owns. Idempotent."""
        if self._leaving:
            return
        self._leaving = True
        self._tell()
        if self._log.nc.is_connected:
            # Should it not get through, the others notice when the heartbeat expires.
            with contextlib.suppress(TimeoutError, nats.errors.Error, JetStreamError):
                async with asyncio.timeout(1.0), self._turn:  # a beat under way would bring the key back
                    await self._log.js.purge_stream(f"KV_{self._bucket}", subject=f"{self._keys}{self.member}")

    def _tell(self) -> None:
        for listener in self._listeners:
            listener()

    async def _beat(self) -> None:
        if not self._leaving:
            await self._log.js.publish(f"{self._keys}{self.member}", b"", timeout=BEAT_TIMEOUT_S)
            now = time.monotonic()
            if self._beat_at and now - self._beat_at > LATE_S:
                self._trusted_from = now + GRACE_S
            self._beat_at = now
        # The bucket's subjects are its live keys: asking for them leaves no consumer behind, as a watch of keys does.
        there = await subjects_of(self._log.nc, f"KV_{self._bucket}", f"{self._keys}>")
        members = frozenset(subject.removeprefix(self._keys) for subject in there)
        if time.monotonic() < self._trusted_from:
            members |= self._members
        if members != self._members and self.member in members:
            self._members = members
            self._tell()
