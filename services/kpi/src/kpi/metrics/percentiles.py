"""Percentiles of times that are all known: exact of as many as are sorted, of more by a sketch that can be merged.

A percentile is the one of nearest rank: of n times in ascending order the one at ceil(share * n), so that it is always
a time that somebody waited.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from math import ceil

from ddsketch import DDSketch

EXACT_MAX = 100_000
"""So many times are sorted."""
RELATIVE_ERROR = 0.01
"""How far from the exact percentile that of a sketch may be, as a share of it."""


def percentile(times: Sequence[int], share: Fraction) -> float | None:
    """The percentile of nearest rank, None of no times. `share` lies in (0, 1]."""
    if not times:
        return None
    if len(times) <= EXACT_MAX:
        return float(sorted(times)[rank(len(times), share)])
    return estimate(sketched(times), share)


def rank(count: int, share: Fraction) -> int:
    """Where the percentile stands among so many sorted times, from 0."""
    return ceil(share * count) - 1


def sketched(times: Iterable[int]) -> DDSketch:
    """A sketch of times (Masson, Rim and Lee 2019). `merge` of two is the sketch of both, in whatever order."""
    sketch = DDSketch(RELATIVE_ERROR)
    for time in times:
        sketch.add(time)
    return sketch


def estimate(sketch: DDSketch, share: Fraction) -> float | None:
    """The percentile of nearest rank, but for RELATIVE_ERROR; None of no times."""
    count = int(sketch.count)
    if not count:
        return None
    # The sketch takes the time at floor(q * (count - 1)): half a rank more, and rounding moves it to no other.
    return sketch.get_quantile_value(min(1.0, (rank(count, share) + 0.5) / max(1, count - 1)))
