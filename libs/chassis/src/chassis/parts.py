"""The parts of a view: a tenant is in one of them, and each has a position of its own. Pure; knows no log, no table."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from itertools import pairwise
from typing import Final, NamedTuple
from zlib import crc32

PARTS: Final = 8
"""Of a view. Against: the replicas that share them are a few, and each part is a row that a transaction moves. Another
number is another version of every view: the rows of the old one say nothing about it."""


@lru_cache(maxsize=4096)
def part_of(tenant: str, parts: int = PARTS) -> int:
    """The part a tenant is in, from 0; the same in all processes and releases, for it stands in databases."""
    return crc32(tenant.encode()) % parts


def row_of(name: str, tenant: str, parts: int = PARTS) -> str:
    """The row of `projections` that says how far a view is for a tenant, such as "cases_v5#3"."""
    return rows_of(name, parts)[part_of(tenant, parts)]


@lru_cache(maxsize=256)
def rows_of(name: str, parts: int = PARTS) -> tuple[str, ...]:
    """The rows of all parts; what is not divided has the one of its own name."""
    return (name,) if parts == 1 else tuple(f"{name}#{part}" for part in range(parts))


class Stage(NamedTuple):
    """A stretch of the log, and the parts that are moved along it together: all of them stand at its begin then."""

    parts: frozenset[int]
    after: int
    upto: int


def stages(at: Mapping[int, int], until: Mapping[int, int]) -> list[Stage]:
    """How parts are moved from where they are (`at`) to where each is to stop (`until`), in the order of the log: who
    is behind goes alone up to where the next one is, and from there they go together. Where all are at one place and
    have one goal that is a single stage. Who is at his goal, or beyond, stays.
    """
    marks = sorted({*at.values(), *until.values()})
    found = []
    for after, upto in pairwise(marks):
        parts = frozenset([part for part, place in at.items() if place <= after and upto <= until[part]])
        if parts:
            found.append(Stage(parts, after, upto))
    return found
