"""How a shard gets its state: from its latest snapshot and the log after it; and how it keeps snapshots.

A snapshot saves time only. One that cannot be written is written later, one that cannot be read is left aside.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Generic, Protocol, TypeVar

from switchboard.log.v1 import operations_pb2

from chassis import attributes as names
from chassis import telemetry
from chassis.answers import Answers
from chassis.commits import Subject
from chassis.decider import Decider
from chassis.errors import Unavailable
from chassis.log import Log
from chassis.logs import where
from chassis.shard_state import InputPosition, Parked, ShardState, Snapshot, SnapshotStore, apply_commit

_C = TypeVar("_C", contravariant=True)
_S = TypeVar("_S", contravariant=True)
S = TypeVar("S")

SNAPSHOT_EVERY = 100_000
"""Events between two snapshots of a small state: about a second of refolding after a restart."""
BYTES_PER_EVENT = 50
"""A large state waits longer: writing it then costs less than deciding what came since, and recovery stays in
proportion.
"""
LAYOUT = "2"
"""Names the form of what the chassis itself keeps in a snapshot."""
PARKED_PER_PART = 500

_LOGGER = logging.getLogger(__name__)
_UNFORESEEN = telemetry.Instrument("switchboard.unforeseen")


class BackingStore(Protocol[_C, _S]):
    """The read model behind a shard that keeps only recent things in memory.

    Everything the shard ever decided is in memory or in the read model: memory forgets a thing only after the read
    model has reached the commit that made it, and rows and position of a read model commit together.
    """

    async def position(self, tenant: str) -> int:
        """Log position the read model has reached."""

    async def load(self, tenant: str, state: _S, commands: Sequence[_C]) -> None:
        """Brings what these commands touch, and the state lacks, from the read model into the state."""

    def evict(self, state: _S, position: int) -> None:
        """Forgets what the read model has at this position and no command in hand needs."""


class Recovery(Generic[S]):
    """Reads and keeps the state of one shard."""

    def __init__(
        self,
        subject: Subject,
        decider: Decider[Any, S, Any],
        log: Log,
        snapshots: SnapshotStore,
        backing: BackingStore[Any, S] | None,
        *,
        every: int = SNAPSHOT_EVERY,
    ) -> None:
        self._subject = subject
        self._decider = decider
        self._log = log
        self._snapshots = snapshots
        self._backing = backing
        self._every = every
        self._version = f"{decider.version}/{LAYOUT}"
        self._since = 0
        self._bytes = 0
        self._saving: asyncio.Task[None] | None = None

    async def state(self) -> ShardState[S]:
        """The shard as the log has it. Raises Unavailable, and whatever a commit makes the decider raise."""
        decider = self._decider
        current = await self._from_snapshot() or ShardState(decider.initial())
        state_after = current.position
        if self._backing is not None and decider.load is None:
            state_after = await self._backing.position(self._subject.tenant)
        async for batch in self._log.read(min(current.position, state_after), str(self._subject)):
            for entry in batch:
                apply_commit(decider, current, entry, state_after=state_after)
        return current

    def committed(self, events: int) -> None:
        """Counts events towards the next snapshot."""
        self._since += events

    def save_when_due(self, current: ShardState[S], included: InputPosition) -> None:
        """Begins to keep the shard as it is now, when it is time to; it is written beside the rounds that follow."""
        if self._saving is not None:
            if not self._saving.done():
                return
            self._saving = None
        if self._since < max(self._every, self._bytes // BYTES_PER_EVENT):
            return
        self._since = 0
        try:
            dump = self._decider.dump
            sections: dict[str, Iterable[bytes]] = {
                "state": () if dump is None else dump(current.state),
                "answers": current.answers.dump(),
                "parked": _dump_parked(dict(current.parked)),
            }
        except Exception as error:  # noqa: BLE001  # a snapshot saves time only
            _report(self._subject, error, "a snapshot could not be made")
            return
        snapshot = Snapshot(self._version, current.position, included, sections)
        self._saving = asyncio.create_task(self._save(snapshot), name=f"snapshot {self._subject}")

    def stop(self) -> None:
        """Gives up the snapshot that is being written."""
        if self._saving is not None:
            self._saving.cancel()
            self._saving = None

    async def _save(self, snapshot: Snapshot) -> None:
        try:
            self._bytes = await self._snapshots.save(self._subject, snapshot)
        except (Unavailable, TimeoutError):
            return  # the database is away; the tail grows until the next one
        except Exception as error:  # noqa: BLE001  # a snapshot saves time only
            _report(self._subject, error, "a snapshot could not be written")

    async def _from_snapshot(self) -> ShardState[S] | None:
        try:
            snapshot = await self._snapshots.latest(self._subject, self._version)
            if snapshot is None:
                return None
            state = self._decider.initial()
            if self._decider.load is not None:
                state = self._decider.load(b"".join(snapshot.sections.get("state", ())))
            answers, parked = Answers(), Parked()
            for part in snapshot.sections.get("answers", ()):
                answers.load(part)
                await asyncio.sleep(0)  # the others first
            for part in snapshot.sections.get("parked", ()):
                parked |= _load_parked(part)
            return ShardState(state, snapshot.position, snapshot.input, answers, parked)
        except (Unavailable, TimeoutError):
            raise
        except Exception as error:  # noqa: BLE001  # the log has it all
            _report(self._subject, error, "a snapshot could not be read; the shard is read from the log")
            return None


def _dump_parked(parked: Parked) -> Iterator[bytes]:
    facts = list(parked.values())
    for at in range(0, len(facts), PARKED_PER_PART):
        encoded = [fact.SerializeToString() for fact in facts[at : at + PARKED_PER_PART]]
        yield b"".join([len(data).to_bytes(4, "big") + data for data in encoded])


def _load_parked(part: bytes) -> Parked:
    parked: Parked = {}
    at = 0
    while at < len(part):
        size = int.from_bytes(part[at : at + 4], "big")
        fact = operations_pb2.InputParked.FromString(part[at + 4 : at + 4 + size])
        parked[fact.input_position, fact.input_index] = fact
        at += 4 + size
    return parked


def _report(subject: Subject, error: Exception, sentence: str) -> None:
    fields = {"subject": str(subject), "error": type(error).__name__, "at": where(error.__traceback__)}
    _LOGGER.error(sentence, extra={"fields": fields})
    _UNFORESEEN.record(1, {names.CONTEXT: subject.context, names.ERROR_TYPE: type(error).__name__})
