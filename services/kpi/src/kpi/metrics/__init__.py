"""The table of all metrics. A metric that is not in it does not exist."""

from __future__ import annotations

from collections.abc import Mapping

from kpi.metrics import (
    abandonment,
    accepted,
    answered,
    answered_within,
    first_response_km_median,
    first_response_mean,
    offered,
    on_time,
    pending,
    resolution,
    resolved,
    waiting,
)
from kpi.metrics.metric import Metric

METRICS: Mapping[str, Metric] = {
    metric.definition.id: metric
    for metric in (
        abandonment.METRIC,
        accepted.METRIC,
        answered.METRIC,
        answered_within.QUARTER,
        answered_within.FULL_HOUR,
        first_response_km_median.ANY,
        first_response_mean.ANY,
        first_response_km_median.HUMAN,
        first_response_mean.HUMAN,
        offered.METRIC,
        on_time.METRIC,
        pending.METRIC,
        resolution.OF_ACCEPTED,
        resolution.OF_OFFERED,
        resolved.METRIC,
        waiting.METRIC,
    )
}
"""By id, sorted by id."""
