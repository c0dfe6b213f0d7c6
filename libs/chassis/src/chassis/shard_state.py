"""A shard's state as the fold of its commits, with its inputs' position, the requests answered and the inputs parked.

It knows the commit envelope and a decider's pure half. It knows no queue, no append and no database.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, Protocol, TypeVar

from switchboard.log.v1 import operations_pb2

from chassis.answers import Answers
from chassis.commits import SHARD_CLOSED, SHARD_EVENTS, Entry, Recorded, Subject
from chassis.decider import Decider
from chassis.log import Log

S = TypeVar("S")
E = TypeVar("E")


@dataclass(frozen=True, slots=True, order=True)
class InputPosition:
    """Up to where a shard's inputs are included: whole commits up to `position`, and `offset` events of the next
    one.
    """

    position: int = 0
    offset: int = 0


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A shard as of a position, in sections that come in parts."""

    version: str
    position: int
    input: InputPosition
    sections: Mapping[str, Iterable[bytes]]
    """"state", "answers" and "parked"; a part is a few milliseconds' work."""


class SnapshotStore(Protocol):
    """Where snapshots are kept; losing one costs time, never facts."""

    async def latest(self, subject: Subject, version: str) -> Snapshot | None:
        """The latest of a version."""

    async def save(self, subject: Subject, snapshot: Snapshot) -> int:
        """Keeps a snapshot unless there is a later one; returns its size in bytes."""


Place = tuple[int, int]
"""(position of a commit, index of an event in it)."""
Parked = dict[Place, operations_pb2.InputParked]
"""Inputs that could not be taken and have not been released, by their place in the log."""


@dataclass(slots=True)
class ShardState(Generic[S]):
    """A shard's state as of a position, with all that comes with it."""

    state: S
    position: int = 0
    input: InputPosition = InputPosition()
    answers: Answers = field(default_factory=Answers)
    parked: Parked = field(default_factory=dict)
    closed: bool = False
    """Whether its tenant is deleted; it decides nothing more."""


def apply_commit(decider: Decider[Any, S, E], current: ShardState[S], entry: Entry, *, state_after: int = 0) -> None:
    """Folds one commit; the state itself only takes events after `state_after`."""
    commit = entry.commit
    state = current.state
    for recorded in entry.recorded():
        if recorded.type == SHARD_CLOSED:
            current.closed = True
        elif recorded.type in SHARD_EVENTS:
            apply_shard_event(current.parked, recorded)
        elif entry.position > state_after:
            state = decider.evolve(state, decider.decode(recorded))
    current.state = state
    current.position = entry.position
    reached = InputPosition(commit.input_position, commit.input_offset)
    current.input = max(current.input, reached)
    for answer in commit.answers:
        current.answers.remember(commit.decided_at, answer, entry.position)


def apply_shard_event(parked: Parked, recorded: Recorded) -> None:
    """Folds one fact about the shard itself."""
    match recorded.body:
        case operations_pb2.InputParked() as fact:
            parked[fact.input_position, fact.input_index] = fact
        case operations_pb2.InputReleased() as fact:
            parked.pop((fact.input_position, fact.input_index), None)


async def refold(
    decider: Decider[Any, S, E],
    log: Log,
    subject: Subject,
    until: int | None = None,
    *,
    onto: ShardState[S] | None = None,
) -> ShardState[S]:
    """The state of a shard recomputed from the first commit of the log, or from `onto`: what I1 compares against."""
    current = onto or ShardState(decider.initial())
    async for batch in log.read(current.position, str(subject), until):
        for entry in batch:
            apply_commit(decider, current, entry)
            await asyncio.sleep(0)  # a commit takes milliseconds, and nobody waits for this
    return current
