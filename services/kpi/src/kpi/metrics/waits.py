"""One number of many waits, some of them cut short: ways to combine parts that have a share, a horizon or a threshold.
Knows no particular metric.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import NamedTuple

from kpi.metrics import estimators, percentiles
from kpi.metrics.estimators import Followed
from kpi.metrics.metric import SECOND, Combine, Measure, Part


def percentile(share: Fraction) -> Combine[array[int]]:
    """The percentile of nearest rank of the times; numerator and denominator are how many there are."""

    def add(times: array[int], parts: Sequence[Part]) -> array[int]:
        times.extend([part.us or 0 for part in parts])
        return times

    def measure(times: array[int]) -> Measure:
        return Measure(_seconds(percentiles.percentile(times, share)), len(times), len(times))

    return Combine(lambda: array("q"), add, measure)


class _Times(NamedTuple):
    """How long each was followed, microseconds: those to whom it happened, and those that were censored."""

    happened: array[int]
    censored: array[int]


def _followed(estimate: Callable[[Sequence[Followed]], float | None]) -> Combine[_Times]:
    """An estimate from all times; parts outside the numerator are censored."""

    def add(times: _Times, parts: Sequence[Part]) -> _Times:
        times.happened.extend([part.us or 0 for part in parts if part.numerator])
        times.censored.extend([part.us or 0 for part in parts if not part.numerator])
        return times

    def measure(times: _Times) -> Measure:
        happened, censored = times
        sample = [*(Followed(time, True) for time in happened), *(Followed(time, False) for time in censored)]
        return Measure(estimate(sample), len(happened), len(sample))

    return Combine(lambda: _Times(array("q"), array("q")), add, measure)


def km_quantile(share: Fraction) -> Combine[_Times]:
    """Kaplan-Meier quantile of the times; parts outside the numerator are censored. No value while S stays above."""
    return _followed(lambda sample: _seconds(estimators.quantile(estimators.risks(sample), share)))


km_median = _followed(lambda sample: _seconds(estimators.median(estimators.risks(sample))))
"""Kaplan-Meier median of the times; parts outside the numerator are censored. No value while S stays over 1/2."""


def restricted_mean(horizon: int) -> Combine[_Times]:
    """RMST up to a horizon in microseconds; parts outside the numerator are censored."""
    return _followed(lambda sample: _seconds(estimators.restricted_mean(sample, horizon)))


def km_within(threshold: int) -> Combine[_Times]:
    """The share that Kaplan-Meier says is answered within a threshold in microseconds."""
    return _followed(lambda sample: estimators.happened_within(sample, threshold))


def _seconds(us: float | None) -> float | None:
    return None if us is None else us / SECOND
