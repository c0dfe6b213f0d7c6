"""The exporters to a collector, and one log line a minute while it does not take what it is sent. It records nothing.

Everything about them that OpenTelemetry has a variable for (headers, certificates, compression, time limits, an address
per signal) is read by the exporters themselves.
"""

import logging
import math
import os
import time
from collections.abc import Callable

from grpc import StatusCode
from opentelemetry.sdk.metrics.export import MetricExporter
from opentelemetry.sdk.trace.export import SpanExporter

EXPORT_MAX_S = 2
"""What one export may take, retries included, unless OTEL_EXPORTER_OTLP_TIMEOUT says otherwise: a collector that is
away must not hold up the end of a process."""
AGAIN_S = 60.0
"""How long a collector that is away is not named again."""

_LOGGER = logging.getLogger(__name__)
_SIGNALS = ("traces", "metrics")
_SIGNS = {
    "refused": "nobody listens there",
    "resolution": "its name is not known",
    "dns": "its name is not known",
    "ssl": "it speaks TLS and we do not, or the other way round; the address begins with https:// or http://",
    "tls": "it speaks TLS and we do not, or the other way round; the address begins with https:// or http://",
    "handshake": "it speaks TLS and we do not, or the other way round; the address begins with https:// or http://",
    "timed out": "it does not answer",
    "unreachable": "there is no way to it",
}
"""What gRPC says of a connection that does not come about."""
_CAUSES = {
    StatusCode.UNAUTHENTICATED: "it does not let us in; OTEL_EXPORTER_OTLP_HEADERS holds its token",
    StatusCode.PERMISSION_DENIED: "it does not let us in; OTEL_EXPORTER_OTLP_HEADERS holds its token",
    StatusCode.DEADLINE_EXCEEDED: "it does not answer in time",
    StatusCode.UNAVAILABLE: "it is away",
    StatusCode.UNIMPLEMENTED: "what listens there takes no OTLP",
    StatusCode.RESOURCE_EXHAUSTED: "it takes no more for now",
}
_EXPORTING = (
    "opentelemetry.exporter.otlp",
    "opentelemetry.sdk._shared_internal",
    "opentelemetry.sdk.metrics._internal.export",
)
"""The loggers of exporters and of the threads that drive them."""


def spans(endpoint: str) -> SpanExporter:
    """Sends spans to what OTEL_EXPORTER_OTLP_TRACES_ENDPOINT names, else to `endpoint`."""
    from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter

    address = _address("TRACES", endpoint)
    return OTLPSpanExporter(address, insecure=address.startswith("http://"), timeout=_timeout_s("TRACES"))


def metrics(endpoint: str) -> MetricExporter:
    """Sends metrics to what OTEL_EXPORTER_OTLP_METRICS_ENDPOINT names, else to `endpoint`."""
    from opentelemetry.exporter.otlp.proto.grpc.metric_exporter import OTLPMetricExporter

    address = _address("METRICS", endpoint)
    return OTLPMetricExporter(address, insecure=address.startswith("http://"), timeout=_timeout_s("METRICS"))


_NAMED_BY: dict[str, str] = {}
"""The variable that names the address of "traces" and of "metrics"."""


def _address(signal: str, endpoint: str) -> str:
    _name_collector()
    own = f"OTEL_EXPORTER_OTLP_{signal}_ENDPOINT"
    address = os.environ.get(own, "")
    _NAMED_BY[signal.lower()] = own if address else "OTEL_EXPORTER_OTLP_ENDPOINT"
    return address or endpoint


def _timeout_s(signal: str) -> int | None:
    """None where a variable says it."""
    said = (f"OTEL_EXPORTER_OTLP_{signal}_TIMEOUT", "OTEL_EXPORTER_OTLP_TIMEOUT")
    return None if any(os.environ.get(name) for name in said) else EXPORT_MAX_S


class CollectorAway(logging.Handler):
    """Takes what the exporters say when something goes wrong: a line of ours instead, at most one a minute."""

    def __init__(self, now_s: Callable[[], float] = time.monotonic) -> None:
        super().__init__(logging.WARNING)
        self._now_s = now_s
        self._named_s = -math.inf
        self._failures = 0

    def emit(self, record: logging.LogRecord) -> None:
        """Exporters run in threads of their own; a handler is called by one at a time."""
        self._failures += 1
        now_s = self._now_s()
        if now_s - self._named_s >= AGAIN_S:
            self._named_s, count, self._failures = now_s, self._failures, 0
            _LOGGER.warning(complaint(record), extra={"fields": {"count": count}})


def complaint(record: logging.LogRecord) -> str:
    """The sentence for what an exporter says: where it sends to, which variable names that, and why it fails."""
    said = record.args if isinstance(record.args, tuple) else ()
    signal = next((one for one in said if one in _SIGNALS), None)
    code = next((one for one in said if isinstance(one, StatusCode)), None)
    if signal is None or code is None:
        return (
            f"what is measured is not sent ({record.name}); check the collector and the OTEL_EXPORTER_OTLP_ variables"
        )
    place = next((str(one) for one in said[said.index(signal) + 1 :][:1]), "")
    variable = _NAMED_BY.get(str(signal), "OTEL_EXPORTER_OTLP_ENDPOINT")
    return (
        f"the collector at {place.rpartition('@')[2]} does not take {signal}: {_cause(code, str(said[-1]))};"
        f" see it, or {variable}"
    )


def _cause(code: StatusCode, details: str) -> str:
    told = details.lower()
    for sign, meaning in _SIGNS.items():
        if code is StatusCode.UNAVAILABLE and sign in told:
            return meaning
    return _CAUSES.get(code, code.name.lower().replace("_", " "))


_COLLECTOR_AWAY = CollectorAway()


def _name_collector() -> None:
    for name in _EXPORTING:
        logger = logging.getLogger(name)
        logger.addHandler(_COLLECTOR_AWAY)
        logger.propagate = False
