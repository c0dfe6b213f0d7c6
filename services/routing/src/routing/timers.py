"""When whose time is up: one heap of timers, each set, moved and cancelled by what it is for. It decides nothing.

Entries that were moved or cancelled stay in the heap until they come up, or until they are more than those that stand;
so setting and cancelling cost a logarithm, and an empty table of timers is an empty heap again.
"""

from collections.abc import Iterator
from heapq import heapify, heappop, heappush

from chassis.clock import Instant

TimerKey = tuple[str, str]
"""(kind, id) of what a timer is for."""
CASE, AGENT, QUEUE, LEAVES, SHIFT, LEND, EARN = "case", "agent", "queue", "leaves", "shift", "lend", "earn"
_SLACK = 64
"""Overtaken entries that are not worth a tidying."""


class Timers:
    """At most one timer for each key."""

    __slots__ = ("_at", "_heap")

    def __init__(self) -> None:
        self._at: dict[TimerKey, Instant] = {}
        self._heap: list[tuple[Instant, TimerKey]] = []

    def __len__(self) -> int:
        return len(self._at)

    def __eq__(self, other: object) -> bool:
        return self._at == other._at if isinstance(other, Timers) else NotImplemented

    __hash__ = None  # type: ignore[assignment]

    @property
    def entries(self) -> int:
        """Entries of the heap, overtaken ones included: what the timers take of memory."""
        return len(self._heap)

    def set(self, key: TimerKey, at: Instant) -> None:
        """Sets the key's timer, or moves it."""
        if self._at.get(key) == at:
            return
        self._at[key] = at
        heappush(self._heap, (at, key))
        self._tidy()

    def cancel(self, key: TimerKey) -> None:
        """Takes the key's timer away, if it has one."""
        if self._at.pop(key, None) is not None:
            self._tidy()

    def first(self) -> Instant | None:
        """When the next time is up, None when no timer is set."""
        heap = self._heap
        while heap and self._at.get(heap[0][1]) != heap[0][0]:
            heappop(heap)
        return heap[0][0] if heap else None

    def due(self, now: Instant) -> Iterator[TimerKey]:
        """Whose time is up by then, the earliest first; each costs a logarithm. It takes nothing away."""
        heap, seen = self._heap, set[TimerKey]()
        frontier = [(heap[0], 0)] if heap else []
        while frontier and frontier[0][0][0] <= now:
            (at, key), place = heappop(frontier)
            for below in (2 * place + 1, 2 * place + 2):
                if below < len(heap):
                    heappush(frontier, (heap[below], below))
            if self._at.get(key) == at and key not in seen:  # a timer set twice to one time stands twice
                seen.add(key)
                yield key

    def _tidy(self) -> None:
        if len(self._heap) > 2 * len(self._at) + _SLACK:
            self._heap = [(at, key) for key, at in self._at.items()]
            heapify(self._heap)
