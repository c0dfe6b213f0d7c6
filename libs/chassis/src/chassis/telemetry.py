"""Spans and metrics: what is measured, and the trace that goes through the log. Names come from `attributes`.

Nothing is recorded until `start` was given somewhere to send it; until then, and for whatever is not sampled, every
helper here costs a microsecond or less. Exceptions leave their type in a span, never their text.
"""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from contextvars import Token
from dataclasses import dataclass
from types import TracebackType

from opentelemetry import context as otel
from opentelemetry.context import Context
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import MetricReader, PeriodicExportingMetricReader
from opentelemetry.sdk.resources import OTELResourceDetector, Resource
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import (
    ALWAYS_OFF,
    ALWAYS_ON,
    Decision,
    ParentBased,
    Sampler,
    SamplingResult,
    TraceIdRatioBased,
)
from opentelemetry.trace import (
    Link,
    NonRecordingSpan,
    SpanContext,
    SpanKind,
    Status,
    StatusCode,
    TraceFlags,
    Tracer,
    TraceState,
    get_current_span,
    set_span_in_context,
)
from opentelemetry.trace import Span as OtelSpan
from opentelemetry.util.types import Attributes

from chassis import attributes as names
from chassis import otlp

Value = str | int | float | bool

LINKS_MAX = 128
"""Links a span carries; a batch may hold more messages, and the SDK keeps no more than these."""


class Span:
    """What a helper hands out. This one records nothing."""

    __slots__ = ()

    def set(self, name: str, value: Value) -> None:
        """Sets an attribute of the allow-list; raises KeyError for any other."""

    def fail(self, error_type: str) -> None:
        """Marks the span as failed; `error_type` is a class name or code, never a message."""


class _Silent(Span, AbstractContextManager[Span]):
    __slots__ = ()

    def __enter__(self) -> Span:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        return None


class _Recording(Span, AbstractContextManager[Span]):
    __slots__ = ("_span", "_token")

    def __init__(self, span: OtelSpan) -> None:
        self._span = span
        self._token: Token[Context] | None = None

    def set(self, name: str, value: Value) -> None:
        if name not in names.SPAN_ATTRIBUTES:
            raise KeyError(name)
        self._span.set_attribute(name, value)

    def fail(self, error_type: str) -> None:
        self._span.set_attribute(names.ERROR_TYPE, error_type)
        self._span.set_status(Status(StatusCode.ERROR))

    def __enter__(self) -> Span:
        self._token = otel.attach(set_span_in_context(self._span))
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._token is not None:
            otel.detach(self._token)
        if error is not None:
            self.fail(type(error).__name__)
        self._span.end()


SILENT: AbstractContextManager[Span] = _Silent()


class _RootSampler(Sampler):
    """Samples a root by ratio, and always when it continues sampled work through a link."""

    def __init__(self, ratio: float) -> None:
        self._by_ratio = TraceIdRatioBased(ratio)

    def should_sample(  # noqa: PLR0917 (the SDK's signature)
        self,
        parent_context: Context | None,
        trace_id: int,
        name: str,
        kind: SpanKind | None = None,
        attributes: Attributes = None,
        links: Sequence[Link] | None = None,
        trace_state: TraceState | None = None,
    ) -> SamplingResult:
        if links and any(link.context.trace_flags.sampled for link in links):
            return SamplingResult(Decision.RECORD_AND_SAMPLE, attributes, trace_state)
        return self._by_ratio.should_sample(parent_context, trace_id, name, kind, attributes, links, trace_state)

    def get_description(self) -> str:
        return f"linked or {self._by_ratio.get_description()}"


SAMPLER = "parentbased_traceidratio"
SAMPLERS: Mapping[str, Callable[[float], Sampler]] = {
    "always_on": lambda _: ALWAYS_ON,
    "always_off": lambda _: ALWAYS_OFF,
    "traceidratio": TraceIdRatioBased,
    "parentbased_always_on": lambda _: ParentBased(_RootSampler(1.0)),
    "parentbased_always_off": lambda _: ParentBased(_RootSampler(0.0)),
    SAMPLER: lambda ratio: ParentBased(_RootSampler(ratio)),
}
"""The samplers that OTEL_TRACES_SAMPLER may name, made for a ratio. Those based on the parent follow links as well."""


@dataclass(frozen=True, slots=True)
class Export:
    """What goes to a collector by OTLP over gRPC, and where: "" leaves the address to OTEL_ variables per signal."""

    endpoint: str = ""
    traces: bool = False
    metrics: bool = False
    disabled: bool = False
    """Nothing is recorded at all, not even for the page of metrics."""


NOWHERE = Export()


class _Metering:
    """The instruments of one meter provider, made when they are first used."""

    def __init__(self, provider: MeterProvider) -> None:
        self.provider = provider
        meter = provider.get_meter("switchboard")
        self._record = {}
        for name, metric in names.METRICS.items():
            match metric.kind:
                case "histogram":
                    bounds = metric.buckets
                    self._record[name] = meter.create_histogram(
                        name, metric.unit, metric.description, explicit_bucket_boundaries_advisory=bounds
                    ).record
                case "counter":
                    self._record[name] = meter.create_counter(name, metric.unit, metric.description).add
                case "gauge":
                    self._record[name] = meter.create_gauge(name, metric.unit, metric.description).set

    def record(self, name: str, value: float, attributes: Mapping[str, Value]) -> None:
        if not attributes.keys() <= names.METRIC_ATTRIBUTES:
            raise KeyError(*(attributes.keys() - names.METRIC_ATTRIBUTES))
        self._record[name](value, attributes)


@dataclass(slots=True)
class _Live:
    """What `start` set up; a process has one."""

    tracer: Tracer | None = None
    provider: TracerProvider | None = None
    metering: _Metering | None = None


_live = _Live()


def start(
    service: str,
    *,
    version: str = "",
    member: str = "",
    trace_ratio: float = 0.0,
    sampler: str = "",
    export: Export = NOWHERE,
    span_processors: Iterable[SpanProcessor] = (),
    metric_readers: Iterable[MetricReader] = (),
) -> None:
    """Begins recording; without an export, processor or reader there is nothing to begin.

    `sampler` is one of SAMPLERS and "" for `parentbased_traceidratio`; where it names a ratio, that is `trace_ratio`.
    OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES, as the downward API fills it, come before what is said here; the
    exporters, the batches of spans and the interval of metrics read their own OTEL_ variables.
    """
    stop()
    if export.disabled:
        return
    processors, readers = list(span_processors), list(metric_readers)
    if export.traces:
        processors.append(BatchSpanProcessor(otlp.spans(export.endpoint)))
    if export.metrics:
        readers.append(PeriodicExportingMetricReader(otlp.metrics(export.endpoint)))
    described = {"service.name": service, "service.namespace": "switchboard"}
    described |= {"service.version": version} if version else {}
    described |= {"service.instance.id": member} if member else {}
    resource = Resource.create(described).merge(OTELResourceDetector().detect())
    if processors:
        provider = TracerProvider(SAMPLERS[sampler or SAMPLER](trace_ratio), resource, shutdown_on_exit=False)
        for processor in processors:
            provider.add_span_processor(processor)
        _live.provider, _live.tracer = provider, provider.get_tracer("switchboard")
    if readers:
        _live.metering = _Metering(MeterProvider(readers, resource, shutdown_on_exit=False))


def stop() -> None:
    """Sends what is left and ends recording. Blocks up to the exporters' own time limits; harmless when repeated."""
    provider, metering = _live.provider, _live.metering
    _live.tracer = _live.provider = _live.metering = None
    if provider is not None:
        provider.shutdown()
    if metering is not None:
        metering.provider.shutdown()


class Instrument:
    """One metric of `attributes.METRICS`. Raises KeyError when it is made for a name that is not there."""

    __slots__ = ("_name",)

    def __init__(self, name: str) -> None:
        if name not in names.METRICS:
            raise KeyError(name)
        self._name = name

    def record(self, value: float, attributes: Mapping[str, Value] | None = None) -> None:
        """A histogram takes the value, a counter adds it, a gauge is set to it."""
        metering = _live.metering
        if metering is not None:
            metering.record(self._name, value, attributes or {})


_STATEMENT_S = Instrument("db.client.operation.duration")


def inject() -> str:
    """The current span as a `traceparent`, "" when it is not sampled: what goes into events and requests."""
    if _live.tracer is None:
        return ""
    at = get_current_span().get_span_context()
    return f"00-{at.trace_id:032x}-{at.span_id:016x}-01" if at.trace_flags.sampled and at.is_valid else ""


def extract(traceparent: str) -> Context | None:
    """The context a `traceparent` describes; None when it is empty or malformed."""
    at = _span_context(traceparent)
    return None if at is None else set_span_in_context(NonRecordingSpan(at), Context())


def span_ids() -> tuple[str, str]:
    """(trace id, span id) of the current span in hexadecimal, ("", "") when there is none: for log lines."""
    if _live.tracer is None:
        return "", ""
    at = get_current_span().get_span_context()
    return (f"{at.trace_id:032x}", f"{at.span_id:016x}") if at.is_valid else ("", "")


def server_span(method: str, traceparent: str = "", system: str = "grpc") -> AbstractContextManager[Span]:
    """A call being served; `method` is package.Service/Method. Begins a trace unless the caller's goes on."""
    tracer = _live.tracer
    if tracer is None:
        return SILENT
    attributes: dict[str, Value] = {names.RPC_SYSTEM: system, names.RPC_METHOD: method}
    parent = extract(traceparent) or Context()
    return _begun(tracer.start_span(method, parent, SpanKind.SERVER, attributes))


def client_span(name: str, attributes: Mapping[str, Value] | None = None) -> AbstractContextManager[Span]:
    """Something asked of another process within sampled work, such as forwarding a command to its owner."""
    return _within(name, SpanKind.CLIENT, attributes or {})


def internal_span(name: str, attributes: Mapping[str, Value] | None = None) -> AbstractContextManager[Span]:
    """A part of sampled work that deserves its own line."""
    return _within(name, SpanKind.INTERNAL, attributes or {})


def statement(operation: str, summary: str, elapsed_s: float, error: BaseException | None = None) -> None:
    """Records a database statement that has just ended: its duration always, a span within sampled work.

    `operation` is the statement's verb, `summary` the name it has in its file; neither holds a value.
    """
    attributes: dict[str, Value] = {
        names.DB_SYSTEM: "postgresql",
        names.DB_OPERATION: operation,
        names.DB_SUMMARY: summary,
    }
    if error is not None:
        attributes[names.ERROR_TYPE] = type(error).__name__
        if isinstance(sqlstate := getattr(error, "sqlstate", None), str):
            attributes[names.DB_STATUS] = sqlstate
    _STATEMENT_S.record(elapsed_s, attributes)
    tracer = _live.tracer
    if tracer is None or not get_current_span().is_recording():
        return
    ended_ns = time.time_ns()
    span = tracer.start_span(summary, None, SpanKind.CLIENT, attributes, start_time=ended_ns - int(elapsed_s * 1e9))
    if error is not None:
        span.set_status(Status(StatusCode.ERROR))
    span.end(ended_ns)


def observes_statements() -> bool:
    """Whether `statement` would record anything now: asking a connection for its statements costs a little."""
    return _live.metering is not None or (_live.tracer is not None and get_current_span().is_recording())


def append_span(template: str, traceparents: Iterable[str], messages: int = 1) -> AbstractContextManager[Span]:
    """An append to the log for these commands. `template` is the subject without its ids, such as "ev.work.*"."""
    return _linked("send", template, SpanKind.PRODUCER, traceparents=traceparents, messages=messages)


def process_span(
    template: str, traceparents: Iterable[str], messages: int, group: str = ""
) -> AbstractContextManager[Span]:
    """The processing of a batch from the log, linked to the trace of each sampled message in it."""
    return _linked("process", template, SpanKind.CONSUMER, traceparents=traceparents, messages=messages, group=group)


def fetched(template: str, traceparents: Iterable[str], messages: int, group: str, began_unix_ns: int) -> None:
    """Records a fetch from the log that has just ended; fetches that brought nothing sampled leave no trace."""
    span = _linked(
        "receive",
        template,
        SpanKind.CLIENT,
        traceparents=traceparents,
        messages=messages,
        group=group,
        began_unix_ns=began_unix_ns,
    )
    if isinstance(span, _Recording):
        span.__exit__(None, None, None)


def _linked(
    operation: str,
    template: str,
    kind: SpanKind,
    *,
    traceparents: Iterable[str],
    messages: int,
    group: str = "",
    began_unix_ns: int | None = None,
) -> AbstractContextManager[Span]:
    tracer = _live.tracer
    if tracer is None:
        return SILENT
    distinct = [
        at for at in map(_span_context, dict.fromkeys(filter(None, traceparents))) if at and at.trace_flags.sampled
    ]
    if not distinct:
        return SILENT
    attributes: dict[str, Value] = {
        names.MESSAGING_SYSTEM: "nats",
        names.MESSAGING_OPERATION: operation,
        names.MESSAGING_OPERATION_TYPE: operation,
        names.MESSAGING_TEMPLATE: template,
        names.MESSAGING_COUNT: messages,
    }
    if group:
        attributes[names.MESSAGING_GROUP] = group
    # Work for one trace alone stays in that trace; work for several begins its own and links to each.
    parent = set_span_in_context(NonRecordingSpan(distinct[0]), Context()) if len(distinct) == 1 else Context()
    links = [Link(at) for at in distinct[:LINKS_MAX]]
    return _begun(tracer.start_span(f"{operation} {template}", parent, kind, attributes, links, began_unix_ns))


def _within(name: str, kind: SpanKind, attributes: Mapping[str, Value]) -> AbstractContextManager[Span]:
    tracer = _live.tracer
    if tracer is None or not get_current_span().is_recording():
        return SILENT
    if not attributes.keys() <= names.SPAN_ATTRIBUTES:
        raise KeyError(*(attributes.keys() - names.SPAN_ATTRIBUTES))
    return _begun(tracer.start_span(name, None, kind, attributes))


def _begun(span: OtelSpan) -> AbstractContextManager[Span]:
    return _Recording(span) if span.is_recording() else _Unsampled(span)


class _Unsampled(_Silent):
    """Carries the decision not to sample, so that nothing below it begins a trace of its own."""

    __slots__ = ("_span", "_token")

    def __init__(self, span: OtelSpan) -> None:
        self._span = span
        self._token: Token[Context] | None = None

    def __enter__(self) -> Span:
        self._token = otel.attach(set_span_in_context(self._span))
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._token is not None:
            otel.detach(self._token)


_HEX = frozenset("0123456789abcdef")


def _span_context(traceparent: str) -> SpanContext | None:
    """W3C trace context, version 00 and whatever later versions keep of it."""
    if len(traceparent) < 55 or traceparent[2] != "-" or traceparent[35] != "-" or traceparent[52] != "-":
        return None
    version, trace, span, flags = traceparent[:2], traceparent[3:35], traceparent[36:52], traceparent[53:55]
    if not _HEX.issuperset(version + trace + span + flags) or version == "ff":
        return None
    if len(traceparent) > 55 and (version == "00" or traceparent[55] != "-"):
        return None
    at = SpanContext(int(trace, 16), int(span, 16), is_remote=True, trace_flags=TraceFlags(int(flags, 16) & 1))
    return at if at.is_valid else None
