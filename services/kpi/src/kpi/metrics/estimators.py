"""Estimates from waiting times of which some were cut short. Exact integers in, exact decisions out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from math import fsum
from typing import NamedTuple


class Followed(NamedTuple):
    """How long something was followed, 0 or more in any unit, and whether it happened (False: censored)."""

    time: int
    happened: bool


class Risk(NamedTuple):
    """At one time: how many were still followed just before it, and to how many it happened then."""

    time: int
    at_risk: int
    happened: int


NEAR = 1e-9
"""Below this distance from a level a product of doubles decides nothing: 10^6 factors err by less than 10^-9."""


def risks(sample: Iterable[Followed]) -> list[Risk]:
    """The distinct times at which it happened, ascending. Whoever is censored at a time is still at risk at it."""
    ordered = sorted(sample)
    total = len(ordered)
    table: list[Risk] = []
    first = 0
    while first < total:
        time = ordered[first].time
        last, happened = first, 0
        while last < total and ordered[last].time == time:
            happened += ordered[last].happened
            last += 1
        if happened:
            table.append(Risk(time, total - first, happened))
        first = last
    return table


def survival(table: Sequence[Risk]) -> list[tuple[int, Fraction]]:
    """S(t) after each time of the table, exact: S(t) = prod over t_j <= t of (1 - d_j / n_j) (Kaplan, Meier 1958)."""
    curve: list[tuple[int, Fraction]] = []
    value = Fraction(1)
    for risk in table:
        value *= Fraction(risk.at_risk - risk.happened, risk.at_risk)
        curve.append((risk.time, value))
    return curve


HALF = Fraction(1, 2)


def median(table: Sequence[Risk]) -> int | None:
    """The smallest t with S(t) <= 1/2, None when S never falls that far."""
    return quantile(table, HALF)


def quantile(table: Sequence[Risk], share: Fraction) -> int | None:
    """The smallest t by which it had happened to that share, S(t) <= 1 - share; None when S never falls that far.

    Doubles do the walking; wherever they come near the level, exact integers decide, so that a tie is a tie.
    """
    level = 1 - share
    value = 1.0
    for index, risk in enumerate(table):
        value *= (risk.at_risk - risk.happened) / risk.at_risk
        if value < level - NEAR or (value <= level + NEAR and _at_most(table[: index + 1], level)):
            return risk.time
    return None


def _at_most(table: Sequence[Risk], level: Fraction) -> bool:
    above = below = left = 1
    for risk in table:
        if risk.at_risk != left:  # somebody was censored in between: the factors do not telescope
            above *= left
            below *= risk.at_risk
        left = risk.at_risk - risk.happened
    return level.denominator * above * left <= level.numerator * below


def restricted_mean(sample: Sequence[Followed], horizon: int) -> float | None:
    """RMST(H), the integral of S(t) from 0 to H: the mean wait where nobody waits longer than H (Irwin 1949).

    None where S is not known up to H: nobody was followed that long, and it had not happened to all before.
    """
    steps, last = _curve(sample)
    if not _known_at(steps, last, horizon):
        return None
    areas, since, value = [], 0, 1.0
    for time, after in steps:
        if time >= horizon:
            break
        areas.append(value * (time - since))
        since, value = time, after
    return fsum((*areas, value * (horizon - since)))


def happened_within(sample: Sequence[Followed], threshold: int) -> float | None:
    """1 - S(T), the share to whom it happened by T; None where S is not known up to T."""
    steps, last = _curve(sample)
    if not _known_at(steps, last, threshold):
        return None
    return 1 - next((value for time, value in reversed(steps) if time <= threshold), 1.0)


def _curve(sample: Sequence[Followed]) -> tuple[list[tuple[int, float]], int]:
    """S after each time in doubles, and the longest time anybody was followed, -1 of nobody."""
    value, steps = 1.0, []
    for risk in risks(sample):
        value *= (risk.at_risk - risk.happened) / risk.at_risk
        steps.append((risk.time, value))
    return steps, max((one.time for one in sample), default=-1)


def _known_at(steps: Sequence[tuple[int, float]], last: int, time: int) -> bool:
    return last >= time or (bool(steps) and steps[-1][1] == 0)
