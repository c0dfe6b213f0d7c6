"""Draws that depend on what they are for and on nothing else, so that every policy meets the same world.

A draw is named by the seed, whom it is about and its purpose. So it is the same whatever was drawn before it: common
random numbers, however differently two policies go about their work (Law, Simulation Modeling and Analysis, 11.2).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from statistics import NormalDist
from typing import assert_never

_NORMAL = NormalDist()
_BITS = 52
"""With one more, the greatest draw would be rounded to 1."""


def uniform(seed: int, name: str, number: int, purpose: str) -> float:
    """A draw above 0 and below 1."""
    digest = blake2b(f"{seed}\n{name}\n{number}\n{purpose}".encode(), digest_size=8).digest()
    return ((int.from_bytes(digest, "big") >> 64 - _BITS) + 0.5) / 2.0**_BITS


@dataclass(frozen=True, slots=True)
class Constant:
    """Always the same."""

    mean: float


@dataclass(frozen=True, slots=True)
class Exponential:
    """Without memory."""

    mean: float


@dataclass(frozen=True, slots=True)
class LogNormal:
    """`cv` is the coefficient of variation, the standard deviation over the mean."""

    mean: float
    cv: float


Distribution = Constant | Exponential | LogNormal


def quantile(distribution: Distribution, share: float) -> float:
    """The value that a share, above 0 and below 1, of all lie below."""
    match distribution:
        case Constant(mean):
            return mean
        case Exponential(mean):
            return -mean * math.log1p(-share)
        case LogNormal(mean, cv):
            variance = math.log1p(cv * cv)
            return mean * math.exp(math.sqrt(variance) * _NORMAL.inv_cdf(share) - variance / 2)
        case _:
            assert_never(distribution)


def chosen(weights: Sequence[float], share: float) -> int:
    """Which of several that are as likely as their weights, of which one at least is above 0."""
    left = share * sum(weights)
    for index, weight in enumerate(weights):
        left -= weight
        if left < 0:
            return index
    return max(index for index, weight in enumerate(weights) if weight > 0)
