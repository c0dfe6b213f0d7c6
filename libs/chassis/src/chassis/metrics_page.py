"""The page Prometheus scrapes: every metric as text, over plain HTTP. It measures nothing itself.

Names follow OpenTelemetry's rules for Prometheus: dots become underscores, seconds and totals are said in the name.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from opentelemetry.sdk.metrics.export import (
    Gauge,
    Histogram,
    InMemoryMetricReader,
    Metric,
    MetricsData,
    Sum,
)

REQUEST_BYTES_MAX = 8192
REQUEST_MAX_S = 5.0

_UNITS = {"s": "_seconds", "By": "_bytes"}


@asynccontextmanager
async def metrics_page(host: str, port: int, reader: InMemoryMetricReader) -> AsyncIterator[int]:
    """Serves GET /metrics while entered; gives the port. Raises OSError when the address is taken."""

    async def answer(incoming: asyncio.StreamReader, outgoing: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(REQUEST_MAX_S):
                head = await incoming.readuntil(b"\r\n\r\n")
                status, body = "404 Not Found", "only GET /metrics is here\n"
                if re.match(rb"GET /metrics(\?[^ ]*)? HTTP/1\.[01]\r\n", head):
                    status, body = "200 OK", exposition(reader.get_metrics_data())
                data = body.encode()
                outgoing.write(
                    f"HTTP/1.1 {status}\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\n"
                    f"Content-Length: {len(data)}\r\nConnection: close\r\n\r\n".encode()
                    + data
                )
                await outgoing.drain()
        except (TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, ConnectionError):
            pass  # whoever scrapes like this gets nothing
        finally:
            outgoing.close()

    server = await asyncio.start_server(answer, host, port, limit=REQUEST_BYTES_MAX)
    async with server:
        yield server.sockets[0].getsockname()[1]


def exposition(data: MetricsData | None) -> str:
    """Prometheus text format 0.0.4 of what was measured so far."""
    lines: list[str] = []
    for resource in data.resource_metrics if data is not None else ():
        described = {
            key: str(value) for key, value in resource.resource.attributes.items() if key.startswith("service.")
        }
        lines += ["# TYPE target_info gauge", f"target_info{_labels(described)} 1"]
        for scope in resource.scope_metrics:
            for metric in scope.metrics:
                lines += _lines(metric)
    return "\n".join(lines) + "\n"


def _lines(metric: Metric) -> Iterator[str]:
    name = re.sub(r"[^A-Za-z0-9_]", "_", metric.name) + _UNITS.get(metric.unit or "", "")
    match metric.data:
        case Histogram():
            yield f"# HELP {name} {metric.description}"
            yield f"# TYPE {name} histogram"
            for point in metric.data.data_points:
                below = 0
                bounds = [*(f"{bound:g}" for bound in point.explicit_bounds), "+Inf"]
                for bound, count in zip(bounds, point.bucket_counts, strict=True):
                    below += count
                    yield f"{name}_bucket{_labels(point.attributes, le=bound)} {below}"
                yield f"{name}_sum{_labels(point.attributes)} {point.sum}"
                yield f"{name}_count{_labels(point.attributes)} {point.count}"
        case Sum():
            name += "_total"
            yield f"# HELP {name} {metric.description}"
            yield f"# TYPE {name} counter"
            for counted in metric.data.data_points:
                yield f"{name}{_labels(counted.attributes)} {counted.value}"
        case Gauge():
            yield f"# HELP {name} {metric.description}"
            yield f"# TYPE {name} gauge"
            for last in metric.data.data_points:
                yield f"{name}{_labels(last.attributes)} {last.value}"


def _labels(attributes: Mapping[str, Any] | None, **more: str) -> str:
    pairs = {re.sub(r"[^A-Za-z0-9_]", "_", key): str(value) for key, value in (attributes or {}).items()} | more
    if not pairs:
        return ""
    return "{" + ",".join(f'{key}="{_escaped(value)}"' for key, value in sorted(pairs.items())) + "}"


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
