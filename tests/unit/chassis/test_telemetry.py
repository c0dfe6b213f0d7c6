"""Sentences about spans and metrics."""

import re
import timeit
from collections.abc import Iterator
from pathlib import Path

import pytest
from chassis import attributes, telemetry
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode

REPOSITORY = Path(__file__).resolve().parents[3]
SOURCES = [REPOSITORY / "libs", *sorted((REPOSITORY / "services").glob("*/src"))]
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
SAMPLED = f"00-{TRACE}-00f067aa0ba902b7-01"
OTHER = "00-11111111111111111111111111111111-2222222222222222-01"
UNSAMPLED = f"00-{TRACE}-00f067aa0ba902b7-00"


@pytest.fixture
def spans() -> Iterator[InMemorySpanExporter]:
    exporter = InMemorySpanExporter()
    telemetry.start("ingest", trace_ratio=0.0, span_processors=[SimpleSpanProcessor(exporter)])
    yield exporter
    telemetry.stop()


@pytest.fixture
def everything() -> Iterator[InMemorySpanExporter]:
    exporter = InMemorySpanExporter()
    telemetry.start("ingest", trace_ratio=1.0, span_processors=[SimpleSpanProcessor(exporter)])
    yield exporter
    telemetry.stop()


def only(exporter: InMemorySpanExporter) -> ReadableSpan:
    (span,) = exporter.get_finished_spans()
    return span


def test_a_sampled_caller_s_trace_goes_on(spans: InMemorySpanExporter) -> None:
    with telemetry.server_span("a.B/C", SAMPLED):
        onwards = telemetry.inject()
    span = only(spans)
    assert span.context is not None
    assert onwards == f"00-{TRACE}-{span.context.span_id:016x}-01"
    assert span.kind is SpanKind.SERVER
    assert span.parent is not None


def test_an_unsampled_caller_s_trace_leaves_nothing(everything: InMemorySpanExporter) -> None:
    with telemetry.server_span("a.B/C", UNSAMPLED):
        telemetry.statement("SELECT", "cases.find", 0.001)
        assert telemetry.inject() == ""
    assert everything.get_finished_spans() == ()


def test_a_call_nobody_sampled_begins_no_trace_further_down(spans: InMemorySpanExporter) -> None:
    with telemetry.server_span("a.B/C"), telemetry.client_span("x"), telemetry.internal_span("y"):
        assert telemetry.inject() == ""
    assert spans.get_finished_spans() == ()


def test_parts_of_sampled_work_are_its_children(everything: InMemorySpanExporter) -> None:
    with telemetry.server_span("a.B/C"):
        telemetry.statement("SELECT", "cases.find", 0.25)
        assert telemetry.span_ids()[0] != ""
    child, parent = everything.get_finished_spans()
    assert child.parent == parent.context
    assert child.start_time is not None
    assert child.end_time == child.start_time + 250_000_000
    assert dict(child.attributes or {}) == {
        "db.system.name": "postgresql",
        "db.operation.name": "SELECT",
        "db.query.summary": "cases.find",
    }


def test_an_exception_leaves_its_type_and_code_but_not_its_text(everything: InMemorySpanExporter) -> None:
    class UniqueViolation(Exception):
        sqlstate = "23505"

    broken = UniqueViolation("Key (email)=(mia@example.com) already exists")

    def insert() -> None:
        with telemetry.server_span("a.B/C"):
            telemetry.statement("INSERT", "customers.put", 0.001, broken)
            raise broken

    with pytest.raises(UniqueViolation):
        insert()
    child, parent = everything.get_finished_spans()
    assert child.attributes is not None
    assert child.attributes["db.response.status_code"] == "23505"
    for span in (child, parent):
        assert span.attributes is not None
        assert span.attributes["error.type"] == "UniqueViolation"
        assert span.status.status_code is StatusCode.ERROR
        assert not span.events
        assert "mia@" not in span.to_json()


@pytest.mark.parametrize(
    ("traceparents", "trace", "links"),
    [
        pytest.param([SAMPLED, SAMPLED, ""], TRACE, 1, id="work for one trace stays in that trace"),
        pytest.param([SAMPLED, OTHER, UNSAMPLED], None, 2, id="work for several links to each sampled one"),
    ],
)
def test_a_batch_is_linked_to_its_messages(
    spans: InMemorySpanExporter, traceparents: list[str], trace: str | None, links: int
) -> None:
    with telemetry.process_span("ev.work.*", traceparents, 3, group="cases_v1"):
        assert telemetry.inject() != ""
    span = only(spans)
    assert span.context is not None
    assert span.kind is SpanKind.CONSUMER
    assert len(span.links) == links
    if trace is None:
        assert span.parent is None
    else:
        assert f"{span.context.trace_id:032x}" == trace
    assert span.attributes is not None
    assert span.attributes["messaging.batch.message_count"] == 3
    assert span.attributes["messaging.consumer.group.name"] == "cases_v1"


def test_append_and_fetch_are_producer_and_client(spans: InMemorySpanExporter) -> None:
    telemetry.fetched("ev.work.*", [SAMPLED], 1, "cases_v1", began_unix_ns=1)
    with telemetry.append_span("ev.work.*", [SAMPLED]):
        pass
    receive, send = spans.get_finished_spans()
    assert (receive.kind, receive.start_time, send.kind) == (SpanKind.CLIENT, 1, SpanKind.PRODUCER)


def test_a_batch_without_sampled_messages_leaves_nothing(everything: InMemorySpanExporter) -> None:
    with telemetry.process_span("ev.work.*", ["", UNSAMPLED], 2), telemetry.append_span("ev.work.*", [""]):
        pass
    telemetry.fetched("ev.work.*", [""], 2, "g", began_unix_ns=1)
    assert everything.get_finished_spans() == ()


def test_a_huge_batch_keeps_its_links_bounded(spans: InMemorySpanExporter) -> None:
    with telemetry.process_span("ev.work.*", [f"00-{i:032x}-00f067aa0ba902b7-01" for i in range(1, 1001)], 1000):
        pass
    assert len(only(spans).links) == telemetry.LINKS_MAX


@pytest.mark.parametrize(
    "traceparent",
    [
        pytest.param("", id="empty"),
        pytest.param("00-" + "0" * 32 + "-00f067aa0ba902b7-01", id="a trace id of zeros"),
        pytest.param(f"00-{TRACE}-{'0' * 16}-01", id="a span id of zeros"),
        pytest.param(f"ff-{TRACE}-00f067aa0ba902b7-01", id="the forbidden version"),
        pytest.param(f"00-{TRACE.upper()}-00f067aa0ba902b7-01", id="upper case"),
        pytest.param(f"00-{TRACE}-00f067aa0ba902b7-01-more", id="version 00 with more"),
        pytest.param(f"00-{TRACE}-00f067aa0ba902b7-0", id="too short"),
        pytest.param("x" * 10_000, id="something else"),
    ],
)
def test_what_is_no_traceparent_is_ignored(traceparent: str) -> None:
    assert telemetry.extract(traceparent) is None


def test_a_later_version_is_read_as_far_as_it_is_known() -> None:
    assert telemetry.extract(f"01-{TRACE}-00f067aa0ba902b7-01-more") is not None


def test_attributes_outside_the_list_are_refused(everything: InMemorySpanExporter) -> None:
    with telemetry.server_span("a.B/C") as span:
        span.set(attributes.CASE_ID, "1")
        with pytest.raises(KeyError, match="customer"):
            span.set("customer.email", "mia@example.com")
        with pytest.raises(KeyError, match="customer"):
            telemetry.internal_span("x", {"customer.email": "mia@example.com"})


def test_metrics_outside_the_list_are_refused() -> None:
    with pytest.raises(KeyError):
        telemetry.Instrument("switchboard.surprise")
    telemetry.start("ingest", metric_readers=[InMemoryMetricReader()])
    with pytest.raises(KeyError, match="handle"):
        telemetry.Instrument("switchboard.ingest.results").record(1, {"handle": "@mia"})
    telemetry.stop()


def test_every_metric_leaves_as_it_is_declared() -> None:
    reader = InMemoryMetricReader()
    telemetry.start("ingest", member="m1", metric_readers=[reader])
    for name in attributes.METRICS:
        telemetry.Instrument(name).record(1, {attributes.TENANT: "demo"})
    data = reader.get_metrics_data()
    telemetry.stop()
    assert data is not None
    (resource,) = data.resource_metrics
    assert resource.resource.attributes["service.name"] == "ingest"
    assert resource.resource.attributes["service.instance.id"] == "m1"
    (scope,) = resource.scope_metrics
    assert {(m.name, m.unit) for m in scope.metrics} == {(n, m.unit) for n, m in attributes.METRICS.items()}
    for metric in scope.metrics:
        for point in metric.data.data_points:
            assert (point.attributes or {}).keys() <= attributes.METRIC_ATTRIBUTES


def test_every_declared_metric_is_recorded_somewhere() -> None:
    made = set()
    for source in SOURCES:
        for path in source.rglob("*.py"):
            made |= set(re.findall(r'\bInstrument\("([a-z._]+)"\)', path.read_text(encoding="utf-8")))
    assert made == attributes.METRICS.keys()


def test_the_deployment_says_who_a_service_is_before_we_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_SERVICE_NAME", "their-ingest")
    monkeypatch.setenv("OTEL_RESOURCE_ATTRIBUTES", "deployment.environment.name=production")
    exporter = InMemorySpanExporter()
    telemetry.start("ingest", version="1.2.3", trace_ratio=1.0, span_processors=[SimpleSpanProcessor(exporter)])
    with telemetry.server_span("a.B/C"):
        pass
    telemetry.stop()
    described = only(exporter).resource.attributes
    assert described["service.name"] == "their-ingest"
    assert described["service.version"] == "1.2.3"
    assert described["deployment.environment.name"] == "production"


@pytest.mark.parametrize(
    ("sampler", "ratio", "caller", "sampled"),
    [
        ("always_on", 0.0, UNSAMPLED, True),
        ("always_off", 1.0, SAMPLED, False),
        ("traceidratio", 1.0, UNSAMPLED, True),
        ("parentbased_always_on", 0.0, "", True),
        ("parentbased_always_on", 0.0, UNSAMPLED, False),
        ("parentbased_always_off", 1.0, "", False),
        ("parentbased_always_off", 1.0, SAMPLED, True),
        ("parentbased_traceidratio", 1.0, "", True),
        ("", 0.0, "", False),
    ],
)
def test_the_sampler_that_is_named_decides(sampler: str, ratio: float, caller: str, sampled: bool) -> None:
    exporter = InMemorySpanExporter()
    telemetry.start("ingest", sampler=sampler, trace_ratio=ratio, span_processors=[SimpleSpanProcessor(exporter)])
    with telemetry.server_span("a.B/C", caller):
        pass
    telemetry.stop()
    assert bool(exporter.get_finished_spans()) is sampled


def test_a_disabled_sdk_records_nothing() -> None:
    reader = InMemoryMetricReader()
    telemetry.start("ingest", export=telemetry.Export(disabled=True), metric_readers=[reader])
    telemetry.Instrument("switchboard.ingest.lag").record(1)
    telemetry.stop()
    assert reader.get_metrics_data() is None


@pytest.mark.parametrize("started", [False, True], ids=["when nothing is started", "when nothing is sampled"])
def test_guards_are_nearly_free(started: bool) -> None:
    if started:
        telemetry.start("ingest", span_processors=[SimpleSpanProcessor(InMemorySpanExporter())])
    unsampled = [""] * 10
    instrument = telemetry.Instrument("switchboard.log.append.duration")
    for guard in (
        telemetry.inject,
        telemetry.observes_statements,
        lambda: telemetry.append_span("ev.work.*", unsampled),
        lambda: instrument.record(1),
    ):
        best_s = min(timeit.repeat(guard, number=2000, repeat=5)) / 2000
        # 2 microseconds is the goal; ten times that tells a slow machine from a span that is made after all.
        assert best_s < 20e-6
    telemetry.stop()
