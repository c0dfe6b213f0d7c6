"""A sink: what becomes of a round of commits within the transaction that moves a cursor past them.

A view is one (`view.ViewSink`), an archive of whole commits another. Where the commits come from, who owns the cursor
and what happens in an outage is the same for all of them and theirs to ignore: see `projection`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple, Protocol

from chassis.commits import Entry
from chassis.database import Connection


class Weight(NamedTuple):
    """What a commit costs a transaction: events and bytes that are kept in memory until it is through."""

    events: int
    bytes: int


NOTHING = Weight(0, 0)


class Apart(Exception):
    """Something in a round cannot be written, and its transaction is lost; in another one, `apart`, the rest of it can.
    Against: a savepoint in each round, two of its ten round trips, for what hardly ever happens.
    """


class Round(Protocol):
    """A round of commits, decoded as far as that is possible without a table."""

    @property
    def traceparents(self) -> Iterable[str]:
        """The traces it belongs to."""

    async def write(self, connection: Connection, *, apart: bool = False) -> None:
        """Writes it. The cursor is locked and moves with what is written; written again after that was taken back, it
        writes the same. Raises Apart, and else only what may pass: outages, a full disk, a schema that is not there.
        """


class Sink(Protocol):
    """What becomes of commits in the transaction that moves a cursor past them.

    It keeps nothing between two rounds: everything it goes on from is in its tables.
    """

    @property
    def name(self) -> str:
        """Name of its cursor, with its version, such as "cases_v1"."""

    @property
    def parts(self) -> int:
        """How many parts it has, `parts.PARTS` or 1. Replicas share the parts, each with the tenants it is of; so no
        row may be of two tenants. What needs the whole log in one order has one part.
        """

    @property
    def schema(self) -> str:
        """SQL that creates its tables where they are missing, unqualified names."""

    @property
    def dumps(self) -> Mapping[str, str]:
        """Its tables and the columns that order each of them completely, for the replay proof."""

    def weigh(self, entry: Entry) -> Weight:
        """What a commit costs; nothing for one it only passes."""

    async def prepare(self, entries: Sequence[Entry]) -> Round | None:
        """All that can be done before the transaction, also while PostgreSQL writes the round before; None when there
        is nothing to write. The commits are those of one part's or more parts' tenants, in the order of the log.
        """


def portions(batch: Sequence[Entry], weigh: Callable[[Entry], Weight], most: Weight) -> list[list[Entry]]:
    """Cuts commits into parts of at most so many events and bytes, and one commit more; a commit is never cut."""
    parts: list[list[Entry]] = [[]]
    events = size = 0
    for entry in batch:
        weight = weigh(entry)
        if parts[-1] and (events + weight.events > most.events or size + weight.bytes > most.bytes):
            parts.append([])
            events = size = 0
        parts[-1].append(entry)
        events += weight.events
        size += weight.bytes
    return parts
