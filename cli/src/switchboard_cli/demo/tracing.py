"""A collector small enough for the demo: takes OTLP over gRPC, keeps the spans, draws a trace. It stores nothing."""

import secrets
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

import grpc.aio
from opentelemetry.proto.collector.metrics.v1 import metrics_service_pb2, metrics_service_pb2_grpc
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2, trace_service_pb2_grpc
from rich.tree import Tree

SPANS_MAX = 20_000


@dataclass(frozen=True, slots=True)
class Span:
    """One span; ids in hexadecimal, times in nanoseconds of unix time."""

    trace_id: str
    span_id: str
    parent_id: str
    service: str
    name: str
    began: int
    ended: int
    failed: bool = False

    @property
    def ms(self) -> float:
        return (self.ended - self.began) / 1e6


@dataclass(slots=True)
class Story:
    """A trace the demo began: one customer's turn. Spans of the demo's own are noted here, the services send theirs."""

    title: str
    trace_id: str = field(default_factory=lambda: secrets.token_hex(16))
    root_id: str = field(default_factory=lambda: secrets.token_hex(8))
    post: str = ""
    case: str = ""
    own: list[Span] = field(default_factory=list)

    def traceparent(self, span_id: str = "") -> str:
        """For the metadata of a call."""
        return f"00-{self.trace_id}-{span_id or self.root_id}-01"

    @contextmanager
    def act(self, who: str, name: str, *, root: bool = False) -> Iterator[str]:
        """A span of the demo's own; gives the traceparent for the calls inside."""
        span_id = self.root_id if root else secrets.token_hex(8)
        began = time.time_ns()
        try:
            yield self.traceparent(span_id)
        finally:
            parent = "" if root else self.root_id
            self.own.append(Span(self.trace_id, span_id, parent, who, name, began, time.time_ns()))


class Collector(trace_service_pb2_grpc.TraceServiceServicer):
    """Serves OTLP on a free port of loopback; the latest SPANS_MAX spans are kept, metrics are thanked for."""

    def __init__(self) -> None:
        self.spans: dict[str, list[Span]] = defaultdict(list)
        self.endpoint = ""
        self._count = 0
        self._server = grpc.aio.server()

    async def start(self) -> None:
        """Listens; `endpoint` says where."""
        trace_service_pb2_grpc.add_TraceServiceServicer_to_server(self, self._server)  # type: ignore[no-untyped-call]
        metrics_service_pb2_grpc.add_MetricsServiceServicer_to_server(_Thanks(), self._server)  # type: ignore[no-untyped-call]
        port = self._server.add_insecure_port("127.0.0.1:0")
        await self._server.start()
        self.endpoint = f"http://127.0.0.1:{port}"

    async def stop(self) -> None:
        """At once."""
        await self._server.stop(None)

    async def Export(self, request: Any, context: Any) -> Any:  # noqa: N802 (the contract's name)
        """Keeps the spans."""
        for resource in request.resource_spans:
            service = next((a.value.string_value for a in resource.resource.attributes if a.key == "service.name"), "?")
            for scope in resource.scope_spans:
                for span in scope.spans:
                    if self._count < SPANS_MAX:
                        self._count += 1
                        self._keep(service, span)
        return trace_service_pb2.ExportTraceServiceResponse()

    def _keep(self, service: str, span: Any) -> None:
        trace_id = span.trace_id.hex()
        self.spans[trace_id].append(
            Span(
                trace_id,
                span.span_id.hex(),
                span.parent_span_id.hex(),
                service,
                span.name,
                span.start_time_unix_nano,
                span.end_time_unix_nano,
                failed=span.status.code == 2,
            )
        )

    def of(self, story: Story) -> list[Span]:
        """All spans of a story by time of beginning."""
        return sorted([*story.own, *self.spans.get(story.trace_id, [])], key=lambda span: (span.began, span.span_id))


class _Thanks(metrics_service_pb2_grpc.MetricsServiceServicer):
    async def Export(self, request: Any, context: Any) -> Any:  # noqa: N802 (the contract's name)
        return metrics_service_pb2.ExportMetricsServiceResponse()


COLORS = {"ingest": "cyan", "routing": "magenta", "crm-sync": "yellow", "crm": "yellow", "kpi": "green"}
LINES_MAX = 40


def draw(title: str, spans: list[Span]) -> Tree:
    """The spans as a tree, each with its service, its duration and when it began after the first one."""
    tree = Tree(f"[head]{title}[/]", guide_style="quiet")
    known = {span.span_id for span in spans}
    below: defaultdict[str, list[Span]] = defaultdict(list)
    for span in spans:
        below[span.parent_id if span.parent_id in known else ""].append(span)
    began = spans[0].began if spans else 0
    lines = 0

    def grow(branch: Tree, parent: str) -> None:
        nonlocal lines
        for alike in _runs(below[parent]):
            if lines >= LINES_MAX:
                return
            lines += 1
            first = alike[0]
            color = COLORS.get(first.service, "white")
            name = first.name.rpartition(".")[2] if "/" in first.name else first.name
            if any(span.failed for span in alike):
                name = f"[bad]{name}[/]"
            times = f" ×{len(alike)}" if len(alike) > 1 else ""
            took = f"{sum(span.ms for span in alike):.1f} ms, +{(first.began - began) / 1e6:,.0f} ms"
            twig = branch.add(f"[{color}]{first.service:<9}[/] {name}{times}  [quiet]{took}[/]")
            for span in alike:
                grow(twig, span.span_id)

    grow(tree, "")
    if lines >= LINES_MAX:
        tree.add(f"[quiet]and more; {len(spans)} spans in all[/]")
    return tree


def _runs(spans: list[Span]) -> Iterator[list[Span]]:
    """Neighbours of one service and name together."""
    for _, alike in groupby(spans, key=lambda span: (span.service, span.name)):
        yield list(alike)
