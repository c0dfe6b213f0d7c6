"""How an agent's time is divided among what it has in hand at once. Pure; knows no case and no metric."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple


class Active(NamedTuple):
    """Something an agent works on during half-open intervals, disjoint; microseconds. Keys of one agent differ."""

    key: tuple[str, int]
    intervals: Sequence[tuple[int, int]]


def workloads(active: Iterable[Active]) -> dict[tuple[str, int], int]:
    """`∫ 1/n(t) dt` of each thing of one agent, microseconds, where n(t) things are active at t.

    What does not divide goes to the first by key, a microsecond each: the sum is `busy`, exactly.
    """
    shares: dict[tuple[str, int], int] = {}
    changes: list[tuple[int, int, tuple[str, int]]] = []
    for one in active:
        shares[one.key] = 0
        for begin, end in one.intervals:
            if begin < end:
                changes += [(begin, 1, one.key), (end, 0, one.key)]
    at = 0
    going_on: set[tuple[str, int]] = set()
    for moment, begins, key in sorted(changes):
        if moment > at and going_on:
            each, rest = divmod(moment - at, len(going_on))
            for index, other in enumerate(sorted(going_on) if rest else going_on):
                shares[other] += each + (index < rest)
        at = moment
        if begins:
            going_on.add(key)
        else:
            going_on.discard(key)
    return shares


def busy(active: Iterable[Active]) -> int:
    """How long an agent has anything in hand, microseconds: the measure of the union of all intervals."""
    total, until = 0, None
    for begin, end in sorted(interval for one in active for interval in one.intervals):
        if until is None or begin > until:
            until = begin
        if end > until:
            total, until = total + end - until, end
    return total


def without(begin: int, end: int, breaks: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """An interval less others: what is left of it, ascending."""
    left: list[tuple[int, int]] = []
    for first, last in sorted(breaks):
        if begin < min(first, end):
            left.append((begin, min(first, end)))
        begin = max(begin, last)
    if begin < end:
        left.append((begin, end))
    return left
