"""Several cases for several agents at once. It knows neither: rows ask, columns serve.

Rows are added in the order in which they are to be served. A row is served if it can be without leaving out one that
was added before, so whoever is first is served if anybody can do it, and as many are served as can be at all: the sets
of rows that can be served together are a transversal matroid (Edmonds and Fulkerson, 1965), where going by order gives
both. Of all ways to serve these rows it is one of least cost. Each row is a shortest augmenting path over reduced costs
(Jonker and Volgenant, 1987), which takes time quadratic in what was served before. The same rows in the same order give
the same pairs.
"""

from collections.abc import Iterable, Mapping
from math import inf


class Pairing:
    """Rows and columns that were brought together so far."""

    def __init__(self) -> None:
        self._costs: list[Mapping[int, int]] = []
        self._row_of: dict[int, int] = {}
        self._prices: dict[int, float] = {}
        """What a column costs beside its costs, as others want it: 0 or less, 0 while nobody has it."""
        self._closed: set[int] = set()
        """Columns that no row more can have: nobody who has one of them could have another."""

    def add(self, costs: Mapping[int, int]) -> bool:
        """Serves one row more, by one of the columns it names at that cost, 0 or more. False when that would leave out
        one that is served; then nothing has changed.
        """
        row = len(self._costs)
        self._costs.append({column: cost for column, cost in costs.items() if column not in self._closed})
        reached: dict[int, float] = {}
        came_from: dict[int, int | None] = {}
        done: dict[int, float] = {}
        length, column = 0.0, None
        while True:
            paid = 0 if column is None else self._costs[row][column] - self._price(column)
            for other, cost in self._costs[row].items():
                if other not in done and (far := length + cost - self._price(other) - paid) < reached.get(other, inf):
                    reached[other], came_from[other] = far, column
            if not reached:
                self._costs.pop()
                self._closed.update(done)
                return False
            column = min(reached, key=lambda one: (reached[one], one))
            length = done[column] = reached.pop(column)
            if column not in self._row_of:
                break
            row = self._row_of[column]
        for one, far in done.items():
            self._prices[one] = self._price(one) + far - length
        row = len(self._costs) - 1
        while column is not None:
            before = came_from[column]
            moved = row if before is None else self._row_of[before]
            self._row_of[column], column = moved, before
        return True

    def pairs(self) -> Iterable[tuple[int, int]]:
        """(row, its column) of every row that is served, numbered from 0 as they were added, those that were not left
        out.
        """
        return sorted((row, column) for column, row in self._row_of.items())

    def _price(self, column: int) -> float:
        return self._prices.get(column, 0)
