"""Keeps a cancellation from being lost.

In Python 3.11 `asyncio.wait_for` returns normally when its awaitable finishes in the same turn as the task is
cancelled; nats-py waits that way, so our client keeps a cancellation by this. A loop that lost one would never end, so
a loop that outlives failures asks once a round as well. `asyncio.timeout`, which our own code waits with, does not have
the flaw, nor does asyncpg.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager


def raise_if_cancelled() -> None:
    """Raises CancelledError when this task was cancelled and nobody has answered to it yet."""
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError


@contextmanager
def cancellation_kept() -> Iterator[None]:
    """Raises CancelledError after a block that this task was cancelled in, where the block did not. One that was
    cancelled before, and tidies up, goes on.
    """
    task = asyncio.current_task()
    before = task.cancelling() if task is not None else 0
    yield
    if task is not None and task.cancelling() > before:
        raise asyncio.CancelledError
