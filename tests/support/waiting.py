"""Waiting for a condition that nobody signals: another process's file, a service's answer, another task's state."""

import asyncio
import time
from collections.abc import Callable

LOOK_S = 0.05


def until(holds: Callable[[], bool], patience_s: float) -> None:
    """Looks until it holds. Fails after `patience_s` seconds."""
    ends = time.monotonic() + patience_s
    while not holds():
        assert time.monotonic() < ends, "it did not come to pass"
        time.sleep(LOOK_S)


async def becomes(holds: Callable[[], bool], patience_s: float) -> None:
    """The same for what other tasks of this loop do. Raises TimeoutError."""
    async with asyncio.timeout(patience_s):
        while not holds():  # noqa: ASYNC110  # many things may make it so
            await asyncio.sleep(LOOK_S)
