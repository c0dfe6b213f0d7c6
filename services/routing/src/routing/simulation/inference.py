"""What several runs say together: means with confidence intervals, and differences between policies. Pure.

A run is one replication: another seed, everything else alike. Means of replications are nearly normal and independent,
so the half width of an interval is t * s / sqrt(n) with Student's t for n - 1 degrees of freedom (Law, Simulation
Modeling and Analysis, 9.4). Two policies are compared replication by replication (paired-t, same book, 10.2): what the
common world adds to both falls out.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from statistics import fmean, stdev

CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean over replications; it is within `half_width` of the truth with a probability of CONFIDENCE."""

    mean: float
    half_width: float | None
    """None of one replication alone."""
    replications: int

    def holds(self, truth: float) -> bool:
        """Whether the interval holds a value."""
        return self.half_width is not None and abs(self.mean - truth) <= self.half_width


def estimate(values: Sequence[float]) -> Estimate:
    """The mean of one or more independent values."""
    if len(values) < 2:
        return Estimate(fmean(values), None, len(values))
    spread = stdev(values) / math.sqrt(len(values))
    return Estimate(fmean(values), student_t(CONFIDENCE, len(values) - 1) * spread, len(values))


def difference(ours: Sequence[float], theirs: Sequence[float]) -> Estimate:
    """Ours minus theirs, of the same replications in the same order."""
    return estimate([a - b for a, b in zip(ours, theirs, strict=True)])


@lru_cache(maxsize=256)
def student_t(confidence: float, degrees: int) -> float:
    """The t that Student's distribution stays within on both sides with a probability, by bisection."""
    low, high = 0.0, 1.0
    while _within(high, degrees) < confidence:
        high *= 2
    for _ in range(80):
        middle = (low + high) / 2
        low, high = (middle, high) if _within(middle, degrees) < confidence else (low, middle)
    return high


def _within(t: float, degrees: int) -> float:
    """The probability of -t to t, 1 degree of freedom or more (Abramowitz and Stegun, 26.7.3 and 26.7.4)."""
    angle = math.atan(t / math.sqrt(degrees))
    cosine, sine = math.cos(angle), math.sin(angle)
    if degrees == 1:
        return 2 * angle / math.pi
    odd = degrees % 2
    term = total = cosine if odd else 1.0
    for k in range(2 + odd, degrees - 1, 2):
        term *= cosine * cosine * (k - 1) / k
        total += term
    return 2 / math.pi * (angle + sine * total) if odd else sine * total
