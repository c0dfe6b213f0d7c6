"""The exporters to a collector, and one log line a minute while it does not take what it is sent. It records nothing.

Everything about them that OpenTelemetry has a variable for (headers, certificates, compression, time limits, an address
per signal) is read by the exporters themselves.
"""

import logging
import math
import os
import time
from collections.abc import Callable

from opentelemetry.sdk.metrics.export import MetricExporter
from opentelemetry.sdk.trace.export import SpanExporter

EXPORT_MAX_S = 2
"""What one export may take, retries included, unless OTEL_EXPORTER_OTLP_TIMEOUT says otherwise: a collector that is
away must not hold up the end of a process."""
AGAIN_S = 60.0
"""How long a collector that is away is not named again."""

_LOGGER = logging.getLogger(__name__)
_EXPORTING = (
    "opentelemetry.exporter.otlp",
    "opentelemetry.sdk._shared_internal",
    "opentelemetry.sdk.metrics._internal.export",
)
"""The loggers of exporters and of the threads that drive them."""


def spans(endpoint: str) -> SpanExporter:
    """Sends spans; `endpoint` "" leaves the address to OTEL_EXPORTER_OTLP_TRACES_ENDPOINT."""
    from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter

    _name_collector()
    return OTLPSpanExporter(endpoint or None, insecure=_insecure(endpoint), timeout=_timeout_s("TRACES"))


def metrics(endpoint: str) -> MetricExporter:
    """Sends metrics; `endpoint` "" leaves the address to OTEL_EXPORTER_OTLP_METRICS_ENDPOINT."""
    from opentelemetry.exporter.otlp.proto.grpc.metric_exporter import OTLPMetricExporter

    _name_collector()
    return OTLPMetricExporter(endpoint or None, insecure=_insecure(endpoint), timeout=_timeout_s("METRICS"))


def _insecure(endpoint: str) -> bool | None:
    return endpoint.startswith("http://") if endpoint else None


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
            _LOGGER.warning(
                "the collector does not take what is measured; check OTEL_EXPORTER_OTLP_ENDPOINT and the collector",
                extra={"fields": {"count": count}},
            )


_COLLECTOR_AWAY = CollectorAway()


def _name_collector() -> None:
    for name in _EXPORTING:
        logger = logging.getLogger(name)
        logger.addHandler(_COLLECTOR_AWAY)
        logger.propagate = False
