"""The end of the log, read once per process and shown to all of its watches, views and shards."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

from chassis.cancellation import raise_if_cancelled
from chassis.commits import EVERYTHING, Entry, Recorded, events_of
from chassis.errors import ResumeTokenExpired
from chassis.log import Log

KEPT = 2_000
"""Commits kept for watches that are a little behind; one further behind reads the log itself."""
KEPT_BYTES = 32 * 1024 * 1024
"""What they may weigh together. Against: under load a commit has half a megabyte, two thousand of them a gigabyte."""
BATCH_BYTES = 2 * 1024 * 1024
"""What one batch of commits weighs at most, and one commit more."""
BEHIND_MAX = 200_000
"""Positions a watch may ask to catch up from its token; further back a new snapshot is cheaper than the history."""


class Tail:
    """One follower of the log, fanned out. A watch that reads slowly costs no memory: it catches up from the log."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self._kept: deque[Entry] = deque()
        self._bytes = 0
        self._from = -1
        self._last = -1
        self._moved = asyncio.Condition()

    async def run(self) -> None:
        """Follows the log from its end until cancelled."""
        self._from = self._last = await self._log.last_position()
        async with self._moved:
            self._moved.notify_all()
        async with aclosing(self._log.follow(self._last)) as batches:
            async for batch in batches:
                self._keep(batch)
                self._from = self._kept[0].position - 1
                self._last = batch[-1].position
                async with self._moved:
                    self._moved.notify_all()

    def _keep(self, batch: Sequence[Entry]) -> None:
        kept = self._kept
        kept.extend(batch)
        self._bytes += sum([len(entry.data) for entry in batch])
        while len(kept) > KEPT or (self._bytes > KEPT_BYTES and len(kept) > 1):
            self._bytes -= len(kept.popleft().data)

    @property
    def last(self) -> int:
        """Position of the last commit read, -1 before the first look."""
        return self._last

    async def entries(self, after: int) -> AsyncGenerator[Sequence[Entry], None]:
        """The commits of the whole log after a position, for ever, in order and without gaps.

        Like `Log.follow`, but who is at the end shares one reader and its decoded commits; who is behind what is kept
        reads the log until it is not.
        """
        async with aclosing(self.of(after)) as batches:
            async for _, batch in batches:
                if batch:
                    yield batch

    async def of(
        self, after: int, context: str = "", tenant: str = ""
    ) -> AsyncGenerator[tuple[int, Sequence[Entry]], None]:
        """Like `entries`, of one context and tenant where they are named: (a position, such commits up to there)."""
        subject_filter = f"ev.{context}.{tenant or '*'}.>" if context else EVERYTHING
        while True:
            raise_if_cancelled()
            async with self._moved:
                await self._moved.wait_for(lambda at=after: self._last > at)  # type: ignore[misc]
            if after < self._from:
                upto = self._last
                async with aclosing(self._log.read(after, subject_filter, upto)) as missed:
                    async for batch in missed:
                        yield batch[-1].position, batch
                after = upto
                yield after, ()
                continue
            fresh = self._after(after)
            after = fresh[-1].position
            if context:
                fresh = [one for one in fresh if one.subject.context == context and tenant in ("", one.subject.tenant)]
            yield after, fresh

    async def next(self, after: int, context: str, tenant: str) -> tuple[int, Sequence[Entry]]:
        """(a position, a tenant's commits of a context up to there) after a position, as soon as the log has moved.

        Like one step of `of`, for a caller that keeps nothing of the log between two steps.
        """
        await self.moved(after)
        if after < self._from:
            upto = self._last
            async with aclosing(self._log.read(after, f"ev.{context}.{tenant}.>", upto)) as missed:
                async for batch in missed:
                    return batch[-1].position, batch
            return upto, ()
        fresh = self._after(after)
        own = [one for one in fresh if one.subject.context == context and one.subject.tenant == tenant]
        return fresh[-1].position, own

    async def moved(self, after: int) -> None:
        """Waits until there are commits after a position."""
        async with self._moved:
            await self._moved.wait_for(lambda: self._last > after)

    async def require_near(self, after: int) -> None:
        """Raises ResumeTokenExpired when a position lies further back than BEHIND_MAX."""
        async with self._moved:
            await self._moved.wait_for(lambda: self._last >= 0)
        if self._last - after > BEHIND_MAX:
            raise ResumeTokenExpired

    def _after(self, position: int) -> list[Entry]:
        """The next of the kept commits, about BATCH_BYTES of them; the log has no gaps, so their places are known."""
        fresh: list[Entry] = []
        size = 0
        for place in range(position - self._from, len(self._kept)):
            entry = self._kept[place]  # a deque reaches what is near an end at once, and walks from its begin
            fresh.append(entry)
            size += len(entry.data)
            if size > BATCH_BYTES:
                break
        return fresh

    async def follow(self, context: str, tenant: str, after: int) -> AsyncGenerator[Sequence[Recorded], None]:
        """A tenant's events of a context after a position, for ever: first what was, then what comes, in batches.

        An empty batch says that the position moved without such events; its watchers may send a bookmark. Raises
        ResumeTokenExpired when `after` lies further back than BEHIND_MAX.
        """
        async with self._moved:
            await self._moved.wait_for(lambda: self._last >= 0)
        if self._last - after > BEHIND_MAX:
            raise ResumeTokenExpired
        async with aclosing(self.of(after, context, tenant)) as batches:
            async for _, batch in batches:
                yield events_of(batch)
