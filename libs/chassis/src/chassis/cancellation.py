"""Keeps a cancellation from being lost.

In Python 3.11 `asyncio.wait_for` returns normally when its awaitable finishes in the same turn as the task is
cancelled; nats-py waits that way. A loop that went on then would never end, so every endless loop asks here once a
round. `asyncio.timeout`, which our own code waits with, does not have the flaw.
"""

import asyncio


def raise_if_cancelled() -> None:
    """Raises CancelledError when this task was cancelled and nobody has answered to it yet."""
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError
