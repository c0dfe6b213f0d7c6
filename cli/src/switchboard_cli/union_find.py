"""Connected components of things that are linked pairwise. It knows nothing about what they are."""

from collections import defaultdict
from collections.abc import Hashable, Iterable
from typing import Generic, TypeVar

T = TypeVar("T", bound=Hashable)


class UnionFind(Generic[T]):
    """Disjoint sets; nearly constant time per link (path halving, union by size)."""

    __slots__ = ("_parent", "_size")

    def __init__(self, items: Iterable[T] = ()) -> None:
        self._parent: dict[T, T] = {item: item for item in items}
        self._size: dict[T, int] = {}

    def find(self, item: T) -> T:
        """The set's representative; any member's answer is the same until the next `join`. Unknown items are new."""
        parent = self._parent
        parent.setdefault(item, item)
        while (above := parent[item]) != item:
            parent[item] = item = parent[above]
        return item

    def join(self, one: T, other: T) -> None:
        """Makes one set of two; joining twice is joining once."""
        a, b = self.find(one), self.find(other)
        if a == b:
            return
        size_a, size_b = self._size.get(a, 1), self._size.get(b, 1)
        if size_a < size_b:
            a, b = b, a
        self._parent[b] = a
        self._size[a] = size_a + size_b

    def components(self) -> list[list[T]]:
        """All sets, members and sets in the order in which their items were first named."""
        members: defaultdict[T, list[T]] = defaultdict(list)
        for item in self._parent:
            members[self.find(item)].append(item)
        return list(members.values())
