"""Finds out whether ids occur twice, in eight bytes each: a set of them would not fit beside a long log."""

from __future__ import annotations

import asyncio
from array import array
from collections.abc import Iterable

_DRAWERS = 256


class Seen:
    """The last eight bytes of each id (of a UUIDv7: chance), in drawers, so that one drawer is sorted at a time."""

    def __init__(self) -> None:
        self.count = 0
        self._drawers = [array("Q") for _ in range(_DRAWERS)]

    def add(self, identifier: bytes) -> None:
        """Notes an id."""
        self.count += 1
        self._drawers[identifier[-1] if identifier else 0].append(shortened(identifier))

    async def suspects(self) -> set[int]:
        """The short forms that occur more than once: those of equal ids, and hardly ever of others."""
        found: set[int] = set()
        for drawer in self._drawers:
            found |= _twice(sorted(drawer))
            await asyncio.sleep(0)
        return found


def shortened(identifier: bytes) -> int:
    """The short form of an id."""
    return int.from_bytes(identifier[-8:], "big")


def _twice(ordered: Iterable[int]) -> set[int]:
    found, before = set(), -1
    for number in ordered:
        if number == before:
            found.add(number)
        before = number
    return found
