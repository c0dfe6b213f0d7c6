"""Streams that are open, and the requests of one of them: both end when the server drains, or when nobody uses them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

from google.protobuf.message import Message

_END = object()


class Streams:
    """The streams that are open, so that draining can end them."""

    def __init__(self) -> None:
        self.draining = asyncio.Event()
        self._with_requests: set[asyncio.Task[Any]] = set()
        self._without: set[asyncio.Task[Any]] = set()
        self._asked: dict[asyncio.Task[Any], Any] = {}
        self._refusals: dict[asyncio.Task[Any], Exception] = {}

    async def end(self, grace_s: float) -> None:
        """Ends every stream. Those that read requests see no further one and may finish what they have begun."""
        self.draining.set()
        for task in tuple(self._without):
            task.cancel()
        waiting = tuple(self._with_requests)
        if waiting:
            await asyncio.wait(waiting, timeout=grace_s)
        left = tuple(self._with_requests | self._without)
        for task in left:
            task.cancel()
        if left:
            await asyncio.wait(left, timeout=1.0)

    def opened(self, source: Any) -> Callable[[], None]:
        """Registers the current task and what it was asked; the answer takes it off again."""
        task = asyncio.current_task()
        assert task is not None
        kind = self._with_requests if isinstance(source, Requests) else self._without
        kind.add(task)
        self._asked[task] = source

        def closed() -> None:
            kind.discard(task)
            self._asked.pop(task, None)
            self._refusals.pop(task, None)

        return closed

    def look_again(self, refuse: Callable[[Message], None]) -> None:
        """Ends the streams without requests whose request `refuse` raises for by now, with what it raises."""
        for task in tuple(self._without):
            if not isinstance(self._asked[task], Message):
                continue
            try:
                refuse(self._asked[task])
            except Exception as refusal:  # noqa: BLE001  # whatever it is, it is the answer
                self._refusals[task] = refusal
                task.cancel()

    def refusal(self, task: asyncio.Task[Any] | None) -> Exception | None:
        """Why `look_again` ended the stream of this task, once; None when it did not."""
        return None if task is None else self._refusals.pop(task, None)


class Requests:
    """The requests of a stream, up to the moment of draining or until none has come for `idle_s` seconds.

    `cut` says that draining ended them and that there might have been more, `idle` that none came.
    """

    def __init__(self, requests: AsyncIterator[Any], draining: asyncio.Event, idle_s: float) -> None:
        self._requests = aiter(requests)
        self._draining = asyncio.ensure_future(draining.wait())
        self._idle_s = idle_s
        self.cut = False
        self.idle = False

    def __aiter__(self) -> Requests:
        return self

    async def __anext__(self) -> Any:
        request = asyncio.ensure_future(anext(self._requests, _END))
        try:
            if not self._draining.done():
                await asyncio.wait((request, self._draining), timeout=self._idle_s, return_when=asyncio.FIRST_COMPLETED)
        finally:
            if not request.done():
                request.cancel()
        if not request.done():
            self.cut = self._draining.done()
            self.idle = not self.cut
            raise StopAsyncIteration
        message = request.result()
        if message is _END:
            raise StopAsyncIteration
        return message

    def close(self) -> None:
        self._draining.cancel()
