"""Up to where everything is done, when things are begun in order and end in any order. Pure; it knows no log."""

from __future__ import annotations

from collections import deque


class Watermark:
    """The highest position below which nothing that was begun is still under way.

    Positions are begun in ascending order, each with the number of parts it has; a part is done once.
    """

    def __init__(self, position: int) -> None:
        self.position = position
        """Everything up to here is done."""
        self._begun: deque[int] = deque()
        self._parts: dict[int, int] = {}

    def __len__(self) -> int:
        """Positions that are kept because an earlier one is under way; at most twice those that had parts."""
        return len(self._begun)

    @property
    def last(self) -> int:
        """The last position that was begun."""
        return self._begun[-1] if self._begun else self.position

    def begin(self, position: int, parts: int) -> None:
        """A position is under way until `parts` of it are done. ValueError unless it comes after the last one."""
        if position <= self.last:
            raise ValueError(f"{position} does not come after {self.last}")
        if not parts and self._begun and not self._parts[self._begun[-1]]:  # this one stands for the one before
            del self._parts[self._begun.pop()]
        self._begun.append(position)
        self._parts[position] = parts
        self._advance()

    def done(self, position: int) -> bool:
        """One part of a position is done; answers whether the watermark moved."""
        self._parts[position] -= 1
        return self._advance()

    def _advance(self) -> bool:
        before = self.position
        while self._begun and not self._parts[self._begun[0]]:
            self.position = self._begun.popleft()
            del self._parts[self.position]
        return self.position != before
