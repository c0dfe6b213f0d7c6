"""Estimates from waiting times of which some were cut short. Exact integers in, exact decisions out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
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
"""Below this distance from one half a product of doubles decides nothing: 10^6 factors err by less than 10^-9."""


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


def median(table: Sequence[Risk]) -> int | None:
    """The smallest t with S(t) <= 1/2, None when S never falls that far.

    Doubles do the walking; wherever they come near one half, exact integers decide, so that a tie is a tie.
    """
    value = 1.0
    for index, risk in enumerate(table):
        value *= (risk.at_risk - risk.happened) / risk.at_risk
        if value < 0.5 - NEAR or (value <= 0.5 + NEAR and _at_most_half(table[: index + 1])):
            return risk.time
    return None


def _at_most_half(table: Sequence[Risk]) -> bool:
    above = below = left = 1
    for risk in table:
        if risk.at_risk != left:  # somebody was censored in between: the factors do not telescope
            above *= left
            below *= risk.at_risk
        left = risk.at_risk - risk.happened
    return 2 * above * left <= below
