"""Spans that end a moment after whoever caused them was answered, in the same loop."""

import asyncio
from collections.abc import Sequence

from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter


async def ended(exporter: InMemorySpanExporter, count: int = 1) -> Sequence[ReadableSpan]:
    """The spans that have ended, once there are that many. Raises TimeoutError after ten seconds."""
    loop = asyncio.get_running_loop()
    async with asyncio.timeout(10):
        while len(exporter.get_finished_spans()) < count:
            turn = loop.create_future()
            loop.call_soon(turn.set_result, None)
            await turn
    return exporter.get_finished_spans()
