"""One number of many waits, some of them cut short: ways to combine parts that have a share, a horizon or a threshold.
Knows no particular metric.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction

from kpi.metrics import estimators, percentiles
from kpi.metrics.estimators import Followed
from kpi.metrics.metric import SECOND, Measure, Part

Combine = Callable[[Sequence[Part]], Measure]


def percentile(share: Fraction) -> Combine:
    """The percentile of nearest rank of the times; numerator and denominator are how many there are."""

    def combine(parts: Sequence[Part]) -> Measure:
        found = percentiles.percentile([part.us or 0 for part in parts], share)
        return Measure(_seconds(found), len(parts), len(parts))

    return combine


def km_quantile(share: Fraction) -> Combine:
    """Kaplan-Meier quantile of the times; parts outside the numerator are censored. No value while S stays above."""

    def combine(parts: Sequence[Part]) -> Measure:
        return _measured(_seconds(estimators.quantile(estimators.risks(_followed(parts)), share)), parts)

    return combine


def restricted_mean(horizon: int) -> Combine:
    """RMST up to a horizon in microseconds; parts outside the numerator are censored."""

    def combine(parts: Sequence[Part]) -> Measure:
        return _measured(_seconds(estimators.restricted_mean(_followed(parts), horizon)), parts)

    return combine


def km_within(threshold: int) -> Combine:
    """The share that Kaplan-Meier says is answered within a threshold in microseconds."""

    def combine(parts: Sequence[Part]) -> Measure:
        return _measured(estimators.happened_within(_followed(parts), threshold), parts)

    return combine


def _followed(parts: Sequence[Part]) -> list[Followed]:
    return [Followed(part.us or 0, part.numerator) for part in parts]


def _measured(value: float | None, parts: Sequence[Part]) -> Measure:
    return Measure(value, sum(part.numerator for part in parts), len(parts))


def _seconds(us: float | None) -> float | None:
    return None if us is None else us / SECOND
