"""A reactor: facts of the log that make something happen outside of it, effectively once.

It knows its own durable reader. It is never replayed: its position lives in NATS, not in a table that can be dropped.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import aclosing

from chassis import telemetry
from chassis.cancellation import raise_if_cancelled
from chassis.errors import Overloaded, Rejected, Unavailable
from chassis.log import Log, Recorded
from chassis.membership import Membership

RETRY_MAX_S = 30.0
_LOGGER = logging.getLogger(__name__)


class Reactor:
    """Calls `act` for every event of one context, in order, on the replica that owns it.

    After a crash the events of the last unacknowledged commits come again; `act` derives its ids from
    `event.event.event_id`, so that doing it twice is doing it once. An outage is waited for; the order is never given
    up.
    """

    def __init__(
        self, name: str, context: str, act: Callable[[Recorded], Awaitable[None]], log: Log, membership: Membership
    ) -> None:
        self.name = name
        self._context = context
        self._act = act
        self._log = log
        self._membership = membership
        self._ownership = asyncio.Event()
        membership.on_change(self._ownership.set)

    async def run(self) -> None:
        """Reacts while this replica owns the reactor, until cancelled."""
        key = f"reactor.{self.name}"
        while True:
            raise_if_cancelled()
            self._ownership.clear()
            if not self._membership.owns(key):
                await self._ownership.wait()
                continue
            name = f"ev.{self._context}.>"
            async with aclosing(self._log.consume(self.name, name)) as batches:
                async for batch in batches:
                    for entry in batch:
                        for event in entry.events():
                            await self._until_done(event)
                        await self._log.ack(entry)
                    if not self._membership.owns(key):
                        break

    async def _until_done(self, event: Recorded) -> None:
        wait_s = 0.1
        while True:
            try:
                with telemetry.process_span(f"ev.{self._context}.*", (event.event.traceparent,), 1, self.name):
                    await self._act(event)
                return
            except Rejected:
                return  # the matter is settled; there is nothing left to do
            except (Unavailable, Overloaded) as away:
                _LOGGER.warning(
                    "a reactor waits", extra={"fields": {"subject": self.name, "error": type(away).__name__}}
                )
                await asyncio.sleep(wait_s)
                wait_s = min(2 * wait_s, RETRY_MAX_S)
