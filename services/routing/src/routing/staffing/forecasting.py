"""How many will come in a half-hour of a week that is like the weeks before: a mean and an interval. Pure.

The mean is that of the same half-hour of the same weekday. The interval is of a negative binomial distribution: what
comes is Poisson around a rate that differs from week to week with the variance phi * mean^2, and the mean of n weeks is
itself known with an error. Without such differences (phi = 0) it is exactly what a Bayesian expects who begins with
Jeffreys' prior: of S customers in n weeks, negative binomial with r = S + 1/2 and p = n / (n + 1) (Gelman et al.,
Bayesian Data Analysis, 2.6). It knows no season, no holiday and no growth, and says nothing about them.
"""

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from statistics import fmean, variance

from routing.staffing.demand import HalfHour, Slot

CONFIDENCE = 0.9
"""What comes lies in the interval with this probability, as far as weeks are alike."""


@dataclass(frozen=True, slots=True)
class Forecast:
    """Of one half-hour: customers who come."""

    mean: float
    low: int
    high: int
    """What comes is below `low`, and above `high`, with a probability of (1 - CONFIDENCE) / 2 each at most."""
    weeks: int
    """So many it is from."""


def forecasts(half_hours: Sequence[HalfHour], arrived: Callable[[HalfHour], int]) -> dict[Slot, Forecast]:
    """Of every half-hour of the week that was seen at least once."""
    seen: dict[Slot, list[int]] = defaultdict(list)
    for half in half_hours:
        seen[half.slot].append(arrived(half))
    phi = dispersion(seen)
    return {slot: forecast(counts, phi) for slot, counts in sorted(seen.items())}


def forecast(counts: Sequence[int], phi: float) -> Forecast:
    """From what came in the same half-hour of one or more weeks."""
    weeks = len(counts)
    likely = (sum(counts) + 0.5) / weeks
    spread = (likely + phi * likely * likely) * (1 + 1 / weeks)
    tail = (1 - CONFIDENCE) / 2
    return Forecast(fmean(counts), _quantile(likely, spread, tail), _quantile(likely, spread, 1 - tail), weeks)


def dispersion(seen: dict[Slot, list[int]]) -> float:
    """phi, 0 or more: how much more counts differ than Poisson's would, one number for all half-hours, by moments: the
    sum of (s^2 - mean) over the sum of mean^2. Where no half-hour was seen twice, other weekdays stand for other weeks,
    if anybody came then; that is too wide rather than too narrow, as weekdays differ more than weeks do.
    """
    repeats: Iterable[list[int]] = [counts for counts in seen.values() if len(counts) > 1]
    if not repeats:
        by_time: dict[int, list[int]] = defaultdict(list)
        for slot, counts in seen.items():
            by_time[slot.half_hour] += [count for count in counts if count]
        repeats = [counts for counts in by_time.values() if len(counts) > 1]
    over = sum(variance(counts) - fmean(counts) for counts in repeats)
    scale = sum(fmean(counts) ** 2 for counts in repeats)
    return max(0.0, over / scale) if scale else 0.0


def _quantile(mean: float, spread: float, share: float) -> int:
    """The least count that a share of a negative binomial distribution of this mean and variance does not exceed."""
    size = mean * mean / (spread - mean)
    p = mean / spread
    term = math.exp(size * math.log(p))
    count, below = 0, term
    if not term:  # far from 0: nothing worth counting lies there
        count = max(0, math.floor(mean - 12 * math.sqrt(spread)))
        log_term = math.lgamma(count + size) - math.lgamma(size) - math.lgamma(count + 1)
        term = below = math.exp(log_term + size * math.log(p) + count * math.log1p(-p))
    while below < share and count < mean + 60 * math.sqrt(spread):
        count += 1
        term *= (count - 1 + size) / count * (1 - p)
        below += term
    return count
