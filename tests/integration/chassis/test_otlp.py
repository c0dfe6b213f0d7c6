"""Sentences about what arrives at a collector: a real OTLP receiver on loopback."""

import asyncio
import logging
from collections.abc import AsyncIterator
from typing import Any

import grpc
import pytest
from chassis import attributes, otlp, telemetry
from grpc import StatusCode
from opentelemetry.proto.collector.metrics.v1 import metrics_service_pb2, metrics_service_pb2_grpc
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2, trace_service_pb2_grpc

AWAY = telemetry.Export("http://127.0.0.1:1", traces=True, metrics=True)


class Sink(trace_service_pb2_grpc.TraceServiceServicer):
    """Keeps the spans it is sent."""

    def __init__(self) -> None:
        self.spans: list[Any] = []
        self.resources: list[dict[str, str]] = []

    async def Export(self, request: Any, context: Any) -> Any:
        for resource in request.resource_spans:
            self.resources.append({a.key: a.value.string_value for a in resource.resource.attributes})
            self.spans += [span for scope in resource.scope_spans for span in scope.spans]
        return trace_service_pb2.ExportTraceServiceResponse()


class MetricSink(metrics_service_pb2_grpc.MetricsServiceServicer):
    """Keeps the names of the metrics it is sent."""

    def __init__(self) -> None:
        self.names: set[str] = set()

    async def Export(self, request: Any, context: Any) -> Any:
        for resource in request.resource_metrics:
            self.names |= {metric.name for scope in resource.scope_metrics for metric in scope.metrics}
        return metrics_service_pb2.ExportMetricsServiceResponse()


Collector = tuple[str, Sink, MetricSink]


@pytest.fixture
async def collector() -> AsyncIterator[Collector]:
    server, sink, metrics = grpc.aio.server(), Sink(), MetricSink()
    trace_service_pb2_grpc.add_TraceServiceServicer_to_server(sink, server)
    metrics_service_pb2_grpc.add_MetricsServiceServicer_to_server(metrics, server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    yield f"http://127.0.0.1:{port}", sink, metrics
    await asyncio.to_thread(telemetry.stop)
    await server.stop(0)


async def test_one_customer_turn_is_one_trace_through_the_log(collector: Collector) -> None:
    endpoint, sink, metrics = collector
    telemetry.start(
        "routing", member="r0", trace_ratio=1.0, export=telemetry.Export(endpoint, traces=True, metrics=True)
    )
    # A post is received and appended; its event carries the trace; another service processes it and appends again.
    with telemetry.server_span("switchboard.ingest.v1.IngestService/IngestPost"):
        received = telemetry.inject()
    with telemetry.append_span("ev.post.*", [received]):
        pass
    with telemetry.process_span("ev.post.*", [received], 1, "work"):
        opened = telemetry.inject()
    with telemetry.append_span("ev.work.*", [opened]):
        pass
    telemetry.Instrument("switchboard.ingest.lag").record(1.5)
    await asyncio.to_thread(telemetry.stop)

    assert [span.name.split("/")[-1] for span in sink.spans] == [
        "IngestPost", "send ev.post.*", "process ev.post.*", "send ev.work.*",
    ]  # fmt: skip
    assert len({span.trace_id for span in sink.spans}) == 1
    assert {a.key for span in sink.spans for a in span.attributes} <= attributes.SPAN_ATTRIBUTES
    assert sink.resources[0]["service.name"] == "routing"
    assert sink.resources[0]["service.namespace"] == "switchboard"
    assert metrics.names == {"switchboard.ingest.lag"}


async def test_a_ratio_of_nothing_sends_no_span(collector: Collector) -> None:
    endpoint, sink, _ = collector
    telemetry.start("routing", trace_ratio=0.0, export=telemetry.Export(endpoint, traces=True, metrics=True))
    with telemetry.server_span("a.B/C"), telemetry.internal_span("x"):
        pass
    await asyncio.to_thread(telemetry.stop)
    assert sink.spans == []


async def test_a_collector_that_is_away_does_not_hold_up_the_end() -> None:
    telemetry.start("routing", trace_ratio=1.0, export=AWAY)
    with telemetry.server_span("a.B/C"):
        telemetry.Instrument("switchboard.ingest.lag").record(1.5)
    async with asyncio.timeout(4 * otlp.EXPORT_MAX_S):
        await asyncio.to_thread(telemetry.stop)


def failures(away: otlp.CollectorAway, count: int) -> None:
    for _ in range(count):
        away.handle(logging.LogRecord("opentelemetry.exporter", logging.ERROR, "x", 1, "%s", ("UNAVAILABLE",), None))


def test_a_collector_that_is_away_is_named_once_a_minute(caplog: pytest.LogCaptureFixture) -> None:
    now_s = 0.0
    away = otlp.CollectorAway(lambda: now_s)
    with caplog.at_level(logging.WARNING, "chassis"):
        failures(away, 5)
        now_s = otlp.AGAIN_S - 1
        failures(away, 5)
        now_s = otlp.AGAIN_S
        failures(away, 1)
    assert [record.fields["count"] for record in caplog.records] == [1, 10]  # type: ignore[attr-defined]
    assert {record.levelname for record in caplog.records} == {"WARNING"}


async def test_what_the_exporters_say_of_a_collector_that_is_away_is_our_one_line(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(otlp._COLLECTOR_AWAY, "_named_s", -otlp.AGAIN_S)
    written = Written()
    logging.getLogger().addHandler(written)
    try:
        telemetry.start("routing", trace_ratio=1.0, export=AWAY)
        with telemetry.server_span("a.B/C"):
            telemetry.Instrument("switchboard.ingest.lag").record(1.5)
        await asyncio.to_thread(telemetry.stop)
    finally:
        logging.getLogger().removeHandler(written)
    assert [record.name for record in written.records] == ["chassis.otlp"]
    told = written.records[0].getMessage()
    assert AWAY.endpoint.removeprefix("http://") in told
    assert "nobody listens there" in told
    assert told.endswith("or OTEL_EXPORTER_OTLP_ENDPOINT")


@pytest.mark.parametrize(
    ("code", "details", "cause"),
    [
        pytest.param(StatusCode.UNAVAILABLE, "Connection refused (111)", "nobody listens there", id="refused"),
        pytest.param(StatusCode.UNAVAILABLE, "DNS resolution failed", "its name is not known", id="no such name"),
        pytest.param(StatusCode.UNAUTHENTICATED, "no token", "OTEL_EXPORTER_OTLP_HEADERS", id="unauthorised"),
        pytest.param(StatusCode.DEADLINE_EXCEEDED, "Deadline Exceeded", "does not answer in time", id="slow"),
        pytest.param(StatusCode.UNIMPLEMENTED, "", "takes no OTLP", id="something else"),
        pytest.param(StatusCode.DATA_LOSS, "", "data loss", id="whatever else"),
    ],
)
@pytest.mark.parametrize("signal", ["traces", "metrics"])
def test_the_line_names_the_address_the_variable_and_the_cause(
    monkeypatch: pytest.MonkeyPatch, signal: str, code: StatusCode, details: str, cause: str
) -> None:
    own = f"OTEL_EXPORTER_OTLP_{signal.upper()}_ENDPOINT"
    monkeypatch.setenv(own, "http://user:secret@127.0.0.1:9")
    made = (otlp.spans if signal == "traces" else otlp.metrics)("http://127.0.0.1:4317")
    try:
        place = made._endpoint  # type: ignore[union-attr]
        for args in ((signal, place, code, details), (code, signal, place, 0.1, details)):
            told = otlp.complaint(logging.LogRecord("opentelemetry.exporter", logging.ERROR, "x", 1, "%s", args, None))
            assert "at 127.0.0.1:9 " in told
            assert cause in told
            assert told.endswith(own)
            assert "secret" not in told
    finally:
        made.shutdown()


class Written(logging.Handler):
    """Keeps what reaches the root logger, as the log of a process does."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)
