"""A reactor: facts of the log that make something happen outside of it, effectively once.

It knows its own durable reader. It is never replayed: its position lives in NATS, not in a table that can be dropped.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing

from chassis import telemetry
from chassis.cancellation import raise_if_cancelled
from chassis.commits import Entry, Recorded, events_of
from chassis.errors import Overloaded, Rejected, Unavailable
from chassis.log import Log
from chassis.membership import Membership

RETRY_MAX_S = 30.0
AT_ONCE = 32
"""Keys worked on side by side; the others wait."""
_LOGGER = logging.getLogger(__name__)


class Reactor:
    """Calls `act` for the events of one context that `keys` names, on the replica that owns it.

    `keys` gives, by full name of the event, what it concerns: events of one key are acted on in order, those of
    different keys side by side. After a crash the events of the last unacknowledged commits come again; `act` derives
    its ids from `event.event.event_id`, so that doing it twice is doing it once. An outage is waited for; the order
    is never given up.
    """

    def __init__(
        self,
        name: str,
        context: str,
        act: Callable[[Recorded], Awaitable[None]],
        *,
        keys: Mapping[str, Callable[[Recorded], str]],
        log: Log,
        membership: Membership,
    ) -> None:
        self.name = name
        self._context = context
        self._act = act
        self._keys = keys
        self._names = tuple(name.encode() for name in keys)
        """What a commit's bytes contain if it concerns this; most concern nobody here, and are not decoded."""
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
                    await self._side_by_side(batch)
                    await self._log.ack(batch[-1])
                    if not self._membership.owns(key):
                        break

    async def _side_by_side(self, batch: Sequence[Entry]) -> None:
        lines: dict[str, list[Recorded]] = {}
        for event in events_of([entry for entry in batch if any(name in entry.data for name in self._names)]):
            if event.type in self._keys:
                key = f"{event.tenant} {self._keys[event.type](event)}"
                lines.setdefault(key, []).append(event)
        room = asyncio.Semaphore(AT_ONCE)

        async def in_order(line: list[Recorded]) -> None:
            async with room:
                for event in line:
                    await self._until_done(event)

        async with asyncio.TaskGroup() as tasks:
            for line in lines.values():
                tasks.create_task(in_order(line))

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
