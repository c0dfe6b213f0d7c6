"""Keeps one owned shard going: begins again after a failure, and lets it rest when failures come one after the other.

It knows the shard's parts (its writer, its feeder) as coroutines that run until they fail. A shard that rests refuses
its callers with SHARD_RESTING until somebody wakes it; nobody else notices.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import nats.errors

from chassis import attributes as names
from chassis import telemetry
from chassis.cancellation import raise_if_cancelled
from chassis.clock import Clock, Instant
from chassis.errors import Overloaded, Resting, Unavailable
from chassis.logs import where
from chassis.shard import ShardWriter

FAILURES_MAX = 3
"""Failures in a row after which a shard rests."""
ROW_S = 60.0
"""A shard that has worked this long since its last failure begins to count anew."""
PAUSE_S = 0.2
"""Before the second attempt; twice as long before the third."""
AWAY_S = 0.5
"""Before the next attempt while something a shard needs is away: that is nobody's failure, however long it takes."""
_AWAY = (Unavailable, Overloaded, TimeoutError, ConnectionError, nats.errors.Error)

_LOGGER = logging.getLogger(__name__)
_FAILURES = telemetry.Instrument("switchboard.shard.failures")
_RESTING = telemetry.Instrument("switchboard.shard.resting")


class Supervision:
    """See the top of the file. `parts` run together; when one of them fails all of them begin again."""

    def __init__(
        self, writer: ShardWriter[Any, Any, Any], parts: Sequence[Callable[[], Awaitable[None]]], clock: Clock
    ) -> None:
        self._writer = writer
        self._parts = parts
        self._clock = clock
        self._running: list[asyncio.Task[None]] = []
        self._woken = asyncio.Event()
        self.failures = 0
        """In a row."""
        self.failure = ""
        """Kind and place of the last one, such as "ZeroDivisionError at routing.matching:120"."""
        self.resting_since: Instant | None = None

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            raise_if_cancelled()
            self._writer.refuse(None)
            began_at = time.monotonic()
            error = await self._first_failure()
            if isinstance(error, _AWAY):
                await asyncio.sleep(AWAY_S)
                continue
            if time.monotonic() - began_at > ROW_S:
                self.failures = 0
            self._count(error)
            if self.failures >= FAILURES_MAX:
                await self._rest()
            else:
                await asyncio.sleep(PAUSE_S * self.failures)

    def wake(self) -> None:
        """Lets a resting shard begin again. Idempotent."""
        self._woken.set()

    def cancel_parts(self) -> None:
        """Ends the parts at once; for whoever holds the shard's `commit_lock`."""
        for task in self._running:
            task.cancel()

    async def _first_failure(self) -> BaseException:
        self._running = [asyncio.ensure_future(part()) for part in self._parts]
        try:
            done, _ = await asyncio.wait(self._running, return_when=asyncio.FIRST_COMPLETED)
            async with self._writer.commit_lock:  # whoever is being answered is answered
                self.cancel_parts()
        finally:
            self.cancel_parts()
            await asyncio.gather(*self._running, return_exceptions=True)
        for task in done:
            if not task.cancelled() and (error := task.exception()) is not None:
                return error
        raise asyncio.CancelledError  # they were ended, not broken

    def _count(self, error: BaseException) -> None:
        self.failures += 1
        self.failure = f"{type(error).__name__} at {where(error.__traceback__)}"
        subject = self._writer.subject
        fields = {
            "subject": str(subject),
            "error": type(error).__name__,
            "at": where(error.__traceback__),
            "count": self.failures,
        }
        _LOGGER.error("a shard failed", extra={"fields": fields})
        labels = {names.CONTEXT: subject.context, names.SHARD: subject.shard}
        _FAILURES.record(1, labels | {names.ERROR_TYPE: type(error).__name__})

    async def _rest(self) -> None:
        subject = self._writer.subject
        labels = {names.CONTEXT: subject.context, names.TENANT: subject.tenant, names.SHARD: subject.shard}
        self._woken.clear()
        self.resting_since = self._clock.now()
        self._writer.refuse(lambda: Resting(subject))
        _LOGGER.error("a shard rests until it is woken", extra={"fields": {"subject": str(subject)}})
        _RESTING.record(1, labels)
        try:
            await self._woken.wait()
        finally:
            _RESTING.record(0, labels)
        self.resting_since, self.failures = None, 0
        _LOGGER.warning("a shard was woken", extra={"fields": {"subject": str(subject)}})
