"""What a check of an invariant says, and how checks read the log: gently, in bounded memory."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass

from chassis.commits import EVERYTHING, Entry
from chassis.log import Log

YIELD_BYTES = 64 * 1024
"""Bytes of commits a check takes before the others have their turn. Against: decoding that much takes a millisecond."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Whether one invariant holds for one thing, and the counts that show it."""

    invariant: str
    subject: str
    ok: bool
    detail: str
    compared: int


Check = Callable[[], Awaitable[Sequence[Finding]]]


async def entries(log: Log, subject_filter: str = EVERYTHING, until: int | None = None) -> AsyncGenerator[Entry, None]:
    """The commits of the log up to `until` (default: the last one now), in order; the loop is left in between."""
    taken = 0
    async with aclosing(log.read(subject_filter=subject_filter, until=until)) as batches:
        async for batch in batches:
            for entry in batch:
                yield entry
                taken += len(entry.data)
                if taken >= YIELD_BYTES:
                    taken = 0
                    await asyncio.sleep(0)
