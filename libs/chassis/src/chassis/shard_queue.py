"""The queue of one shard: callers' commands and commits of inputs in the order they came, bounded in items and bytes.

It knows weights and limits. It knows no decider and no log.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Generic, TypeVar

from chassis.commands import InputCommit, PendingCommand
from chassis.commits import COMMIT_BYTES_MAX, EVENTS_MAX
from chassis.errors import Overloaded

C = TypeVar("C")
S = TypeVar("S")
E = TypeVar("E")

QUEUE_MAX = 10_000
"""Commands waiting at one shard before callers are told to come back."""
QUEUE_BYTES_MAX = 64 * 1024 * 1024
"""Bytes of requests that one shard has in hand before callers are told to come back."""
FED_MAX = 2_000
"""Input events with consequences waiting at one shard before its feeder waits: two full commits are at hand."""
FED_BYTES_MAX = 4 * 1024 * 1024
"""What they may weigh together, and one commit more."""
RETRY_S = 0.25
_SLACK = 1.25
"""How much more is taken than fitted into the last commits: what does not fit waits for the next one."""


class ShardQueue(Generic[C, S, E]):
    """What waits to be decided."""

    def __init__(self, subject: object, commands_max: int = QUEUE_MAX, bytes_max: int = QUEUE_BYTES_MAX) -> None:
        self._subject = subject
        self._commands_max = commands_max
        self._bytes_max = bytes_max
        self._waiting: deque[PendingCommand[C, S, E] | InputCommit[C]] = deque()
        self._commands = 0
        self._request_bytes = 0
        self._fed = 0
        self._fed_bytes = 0
        self._events_each = 1.0
        self._bytes_each = COMMIT_BYTES_MAX / EVENTS_MAX
        self._room = asyncio.Event()
        self._filled = asyncio.Event()

    def __len__(self) -> int:
        return len(self._waiting)

    @property
    def bytes(self) -> int:
        """What the requests in hand and the inputs that wait weigh."""
        return self._request_bytes + self._fed_bytes

    @contextmanager
    def admitted(self, size: int) -> Iterator[None]:
        """Counts the bytes of a request while it is in hand. Raises Overloaded when there is no room for it."""
        if self._request_bytes and self._request_bytes + size > self._bytes_max:
            raise Overloaded(f"shard {self._subject} has {self._bytes_max} bytes of requests; slow down", RETRY_S)
        self._request_bytes += size
        try:
            yield
        finally:
            self._request_bytes -= size

    def push(self, command: PendingCommand[C, S, E]) -> None:
        """Queues a caller's command. Raises Overloaded when as many wait as may."""
        if self._commands >= self._commands_max:
            raise Overloaded(f"shard {self._subject} has {self._commands_max} commands waiting; slow down", RETRY_S)
        self._commands += 1
        self._waiting.append(command)
        self._filled.set()

    async def feed(self, inputs: InputCommit[C]) -> None:
        """Queues what a commit of inputs leads to; waits for room instead of refusing."""
        while self._fed >= FED_MAX or self._fed_bytes >= FED_BYTES_MAX:
            self._room.clear()
            await self._room.wait()
        self._weigh(inputs, 1)
        self._waiting.append(inputs)
        self._filled.set()

    async def wait(self) -> None:
        """Waits until something is queued, or `wake` is called."""
        self._filled.clear()
        if not self._waiting:
            await self._filled.wait()

    def wake(self) -> None:
        """Ends a `wait`."""
        self._filled.set()

    def take(self) -> list[PendingCommand[C, S, E] | InputCommit[C]]:
        """What is decided next: as much as one commit will hold if it is like what was decided last.

        Callers that have gone are left out, and those whose deadline has passed are told; nothing was done for them.
        """
        taken: list[PendingCommand[C, S, E] | InputCommit[C]] = []
        fitting = _SLACK * min(EVENTS_MAX / self._events_each, COMMIT_BYTES_MAX / self._bytes_each)
        commands = min(fitting, EVENTS_MAX)
        now = time.monotonic()
        while self._waiting and (commands > 0 or not taken):
            item = self._waiting.popleft()
            if isinstance(item, InputCommit):
                self._weigh(item, -1)
                commands -= len(item.commands)
            else:
                self._commands -= 1
                if item.expires_at <= now:
                    item.refuse(TimeoutError())
                if item.outcome.done():
                    continue
                commands -= 1
            taken.append(item)
        self._make_room()
        return taken

    def learn(self, decided: Sequence[PendingCommand[C, S, E] | InputCommit[C]], events: int, size: int) -> None:
        """Says what became of what was taken last, so that what is taken next is no more than fits."""
        commands = sum([len(item.commands) if isinstance(item, InputCommit) else 1 for item in decided])
        if commands:
            self._events_each = max((self._events_each + events / commands) / 2, 1e-3)
            self._bytes_each = max((self._bytes_each + size / commands) / 2, 1.0)

    def put_back(self, items: Sequence[PendingCommand[C, S, E] | InputCommit[C]]) -> None:
        """Puts what was taken back to the front."""
        self._waiting.extendleft(reversed(items))
        for item in items:
            self._weigh(item, 1)

    def drop_inputs(self) -> None:
        """Forgets the inputs that wait: they are fed again."""
        inputs = [item for item in self._waiting if isinstance(item, InputCommit)]
        self._waiting = deque([item for item in self._waiting if not isinstance(item, InputCommit)])
        for item in inputs:
            self._weigh(item, -1)
        self._make_room()

    def refuse(self, failure: Exception) -> None:
        """Tells every caller that waits, and forgets the rest."""
        waiting = list(self._waiting)
        self._waiting.clear()
        for item in waiting:
            self._weigh(item, -1)
            if isinstance(item, PendingCommand):
                item.refuse(failure)
        self._make_room()

    def _weigh(self, item: PendingCommand[C, S, E] | InputCommit[C], sign: int) -> None:
        if isinstance(item, InputCommit):
            self._fed += sign * len(item.commands)
            self._fed_bytes += sign * item.size
        else:
            self._commands += sign

    def _make_room(self) -> None:
        if self._fed < FED_MAX and self._fed_bytes < FED_BYTES_MAX:
            self._room.set()
