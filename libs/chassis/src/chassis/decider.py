"""The pure half of a shard: what a service's `decider.py` spells out, as one value.

It knows no log, no clock and no transport. `decide` is a function of command and state, `evolve` of state and event;
both give the same answer for the same input, always.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from chassis.clock import Instant
from chassis.commits import Recorded
from chassis.telemetry import Instrument

C = TypeVar("C")
S = TypeVar("S")
E = TypeVar("E")

Measurement = tuple[Instrument, float]

PORTION_EVENTS = 500
"""Facts of one portion of a decision that continues. Against: half a commit, so that callers get on between two."""


@dataclass(frozen=True, slots=True)
class Decider(Generic[C, S, E]):
    """What the shard machinery needs to know about one kind of shard."""

    initial: Callable[[], S]
    """The state before the first event."""
    decide: Callable[[C, S], Sequence[E]]
    """Pure. Raises `errors.Rejected` when the business says no; returns nothing for a repeated command.

    Everything it returns goes into one commit; more than a commit holds is refused INVALID_ARGUMENT to the caller. A
    command that may lead to more decides a first portion of at most PORTION_EVENTS, with a fact that says what is
    left; `next_due` is not later than now then, and each `tick` decides the next portion."""
    evolve: Callable[[S, E], S]
    """Never raises. A shard has one owner, so it may update the state in place and return it."""
    encode: Callable[[E], tuple[str, bytes]]
    """(full name of its message, the fact as it stands in the log)."""
    decode: Callable[[Recorded], E]
    occurred_at: Callable[[E], Instant]
    next_due: Callable[[S], Instant | None] = lambda _: None
    """When time itself next changes something; None when it does not. What has begun and has to go on is due at an
    instant that has passed, such as `clock.FIRST`."""
    tick: Callable[[Instant], C] | None = None
    """The command that says which time it is. It decides nothing that `decide` would refuse, and always something
    when it is due: a tick that leaves `next_due` where it was would come again for ever, so the shard rests."""
    dump: Callable[[S], Iterable[bytes]] | None = None
    """Canonical bytes of a state: equal states, equal bytes. They come in parts, each a few milliseconds' work, and are
    those of the state as it is when this is called. None for a shard backed by a read model."""
    load: Callable[[bytes], S] | None = None
    version: str = "1"
    """Names the form of `dump`; a snapshot of another version is ignored and the shard refolded."""
    measure: Callable[[S, E], Measurement | None] | None = None
    """What a fact says about time that only the state before it knows; recorded once, when the fact is durable."""
    differs: Callable[[S, S], str | None] | None = None
    """Says how a live state differs from the refolded one, None when it does not. Only for shards that forget what is
    settled; the others are compared by the bytes of `dump`."""
