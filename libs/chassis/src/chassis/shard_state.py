"""A shard's state as the fold of its commits, with its inputs' position and the answers given: from zero or from a
snapshot.

It knows the commit envelope and a decider's pure half. It knows no queue, no append and no database.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Any, Generic, Protocol, TypeVar

from switchboard.log.v1 import log_pb2

from chassis.clock import Instant, from_timestamp, to_timestamp
from chassis.commits import Entry, Subject
from chassis.decider import Decider
from chassis.log import Log

S = TypeVar("S")
E = TypeVar("E")

ANSWERS_KEPT_US = 24 * 3600 * 1_000_000
"""How long a repeated request is recognised."""


@dataclass(frozen=True, slots=True, order=True)
class InputPosition:
    """Up to where a shard's inputs are included: whole commits up to `position`, and `offset` events of the next
    one.
    """

    position: int = 0
    offset: int = 0


class SnapshotStore(Protocol):
    """Where snapshots are kept; losing one costs time, never facts."""

    async def latest(self, subject: Subject) -> Snapshot | None: ...

    async def save(self, subject: Subject, snapshot: Snapshot) -> None: ...


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A shard as of a position."""

    version: str
    position: int
    input: InputPosition
    state: bytes
    answers: bytes


@dataclass(slots=True)
class Answers:
    """The answers of the last day by request id, oldest first."""

    kept: OrderedDict[bytes, tuple[Instant, log_pb2.Answer, int]] = field(default_factory=OrderedDict)

    def remember(self, at: Instant, answer: log_pb2.Answer, position: int) -> None:
        self.kept[answer.request_id] = (at, answer, position)
        while self.kept:
            oldest = next(iter(self.kept))
            if self.kept[oldest][0] > at - ANSWERS_KEPT_US:
                break
            del self.kept[oldest]

    def dump(self) -> bytes:
        commits = [
            log_pb2.Commit(decided_at=to_timestamp(at), input_position=position, answers=[answer])
            for at, answer, position in self.kept.values()
        ]
        return b"".join(len(raw).to_bytes(4, "big") + raw for raw in (c.SerializeToString() for c in commits))

    @staticmethod
    def load(raw: bytes) -> Answers:
        answers = Answers()
        at = 0
        while at < len(raw):
            size = int.from_bytes(raw[at : at + 4], "big")
            commit = log_pb2.Commit.FromString(raw[at + 4 : at + 4 + size])
            answers.remember(from_timestamp(commit.decided_at), commit.answers[0], commit.input_position)
            at += 4 + size
        return answers


@dataclass(slots=True)
class ShardState(Generic[S]):
    """A shard's state as of a position, with all that comes with it."""

    state: S
    position: int = 0
    input: InputPosition = InputPosition()
    answers: Answers = field(default_factory=Answers)


def apply_commit(decider: Decider[Any, S, E], current: ShardState[S], entry: Entry, *, state_after: int = 0) -> None:
    """Folds one commit; the state itself only takes events after `state_after`."""
    commit = entry.commit
    if entry.position > state_after:
        state = current.state
        for recorded in entry.events():
            state = decider.evolve(state, decider.decode(recorded.body))
        current.state = state
    current.position = entry.position
    reached = InputPosition(commit.input_position, commit.input_offset)
    current.input = max(current.input, reached)
    at = from_timestamp(commit.decided_at)
    for answer in commit.answers:
        current.answers.remember(at, answer, entry.position)


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
