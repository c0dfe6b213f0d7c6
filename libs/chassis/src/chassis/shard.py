"""One shard: a queue of commands, a pure decider, and one guarded append for all that waits.

It knows the decider's functions and the log. It knows no network call of its own, no view, and nothing about which
service runs. A commit is decided against a state that runs ahead of the log while the append is under way; callers
hear nothing before it is durable.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Generic, Protocol, TypeVar

from google.protobuf.message import Message

from chassis import telemetry
from chassis.batch import Batch, InputCommands, Origin, Outcome, PendingCommand, Request
from chassis.cancellation import raise_if_cancelled
from chassis.clock import Clock
from chassis.commits import EVENTS_MAX, Subject
from chassis.decider import Decider
from chassis.errors import Moved, Overloaded, Unavailable
from chassis.log import Conflict, Log, LogFull, OutcomeUnknown, Withheld
from chassis.shard_state import Answers, InputPosition, ShardState, Snapshot, SnapshotStore, apply_commit

C = TypeVar("C")
S = TypeVar("S")
E = TypeVar("E")
_C = TypeVar("_C", contravariant=True)
_S = TypeVar("_S", contravariant=True)

QUEUE_MAX = 10_000
"""Commands waiting at one shard before callers are told to come back."""
FED_MAX = 2_000
"""Input events with consequences waiting at one shard before its feeder waits: two full commits are at hand."""
SNAPSHOT_EVERY = 50_000
"""Events between two snapshots of a small state: about a second of refolding after a restart."""
BYTES_PER_EVENT = 100
"""A large state waits longer: writing it then costs less than deciding what came since, and recovery stays in
proportion.
"""
_DEPTH = telemetry.Instrument("switchboard.shard.queue.depth")
_TICK_LATE_S = telemetry.Instrument("switchboard.tick.lateness")
_LOOK_UP_S = 30.0
"""How long an idle shard sleeps at most; a clock that was set back or forth is noticed then."""
_AWAY_S = 0.2
"""Pause before asking again for something that is away."""


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


class ShardWriter(Generic[C, S, E]):
    """The single writer of one shard. `run` owns it; everybody else calls `submit` or `feed`."""

    def __init__(
        self,
        subject: Subject,
        decider: Decider[C, S, E],
        log: Log,
        clock: Clock,
        snapshots: SnapshotStore,
        *,
        backing: BackingStore[C, S] | None = None,
        queue_max: int = QUEUE_MAX,
        snapshot_every: int = SNAPSHOT_EVERY,
    ) -> None:
        self.subject = subject
        self._decider = decider
        self._log = log
        self._clock = clock
        self._snapshots = snapshots
        self._backing = backing
        self._queue_max = queue_max
        self._snapshot_every = snapshot_every
        self._queue: deque[PendingCommand[C, S, E] | InputCommands[C]] = deque()
        self._fed = 0
        self._fed_position = 0
        self._read_position = 0
        self._known = 0
        self._over = False
        self._work = asyncio.Event()
        self._room = asyncio.Event()
        self._room.set()
        self._advanced = asyncio.Condition()
        self._current: ShardState[S] = ShardState(decider.initial())
        self._durable_input = InputPosition()
        self._since_snapshot = 0
        self._snapshot_bytes = 0
        self.ready = asyncio.Event()
        """Set while the state is recovered and commands are being decided."""
        self.commit_lock = asyncio.Lock()
        """Held while a batch is decided and appended; hold it to see state and log agree."""

    @property
    def state(self) -> S:
        """The state, possibly ahead of the log by the commit under way. Read only."""
        return self._current.state

    @property
    def position(self) -> int:
        """Position of the shard's last durable commit."""
        return self._current.position

    @property
    def input(self) -> InputPosition:
        """Up to where inputs are durably included."""
        return self._durable_input

    @property
    def depth(self) -> int:
        """Commands waiting; a commit of inputs counts as one."""
        return len(self._queue)

    async def submit(
        self,
        command: C,
        *,
        origin: Origin | None = None,
        request: Request | None = None,
        respond: Callable[[S, Sequence[E]], Message] | None = None,
    ) -> Outcome[E]:
        """Decides a command and waits until its events are durable.

        `respond` builds the answer right after the decision from the state it led to; with `request` that answer is
        kept in the commit and given again when the request is repeated. Raises Rejected, RequestIdReused, Overloaded
        when the queue is full, Moved when the shard goes elsewhere, and OutcomeUnknown when the log stays silent
        (repeating is safe).
        """
        if self._over:
            raise Moved(self.subject)
        if len(self._queue) >= self._queue_max:
            raise Overloaded(f"shard {self.subject} has {self._queue_max} commands waiting; slow down", 0.25)
        done: asyncio.Future[Outcome[E]] = asyncio.get_running_loop().create_future()
        self._queue.append(
            PendingCommand(command, origin or Origin(traceparent=telemetry.inject()), request, respond, done)
        )
        self._work.set()
        return await done

    async def feed(self, consequences: InputCommands[C]) -> None:
        """Queues what a commit of inputs leads to, one after the other; waits for room instead of refusing."""
        while self._fed >= FED_MAX:
            self._room.clear()
            await self._room.wait()
        self._fed += len(consequences.steps)
        self._fed_position = consequences.position
        self._queue.append(consequences)
        self._work.set()

    async def read_inputs(self, position: int) -> None:
        """Says that the log holds no inputs up to a position but those that were fed."""
        self._read_position = position
        async with self._advanced:
            self._advanced.notify_all()

    async def reached_input(self, position: int) -> int:
        """Waits until inputs up to a position are durably included; returns the shard's own position then."""

        def includes() -> bool:
            included = self._durable_input.position
            return included >= position or (self._read_position >= position and included >= self._fed_position)

        async with self._advanced:
            await self._advanced.wait_for(includes)
        return self.position

    async def reached(self, position: int) -> None:
        """Waits until the state includes the shard's own commit at a position; one that somebody else appended is read.

        Without it an owner whose shard has moved without its noticing would decide about a fact it does not know, and
        where it decides nothing no append would tell it. Raises Unavailable when the log has no such commit.
        """
        if self._current.position >= position:
            return
        self._known = max(self._known, position)
        self._work.set()
        async with self._advanced:
            await self._advanced.wait_for(lambda: self._current.position >= position or self._known < position)
        if self._current.position < position:
            raise Unavailable(f"shard {self.subject} is behind the log; try again", 0.25)

    async def run(self) -> None:
        """Recovers, then decides until cancelled. What waits when it stops is answered Moved; so that nothing is under
        way, cancel it while holding `commit_lock`.
        """
        snapshot: asyncio.Task[None] | None = None
        try:
            await self._recover()
            while True:
                raise_if_cancelled()
                await self._wait()
                async with self.commit_lock:
                    if self._known > self._current.position:
                        await self._recover()
                    self._known = 0
                    await self._commit_batch()
                if snapshot is not None and snapshot.done():
                    snapshot.result()  # what went wrong in it ends the shard
                    snapshot = None
                due = max(self._snapshot_every, self._snapshot_bytes // BYTES_PER_EVENT)
                if snapshot is None and self._since_snapshot >= due:
                    snapshot = self._snapshot()
        finally:
            if snapshot is not None:
                snapshot.cancel()
            self.ready.clear()
            self._over = True
            self._fail(self._queue, Moved(self.subject))

    async def _recover(self) -> None:
        self.ready.clear()
        while True:
            raise_if_cancelled()
            try:
                self._current = await self._refold_from_snapshot()
                break
            except (Unavailable, TimeoutError):
                await asyncio.sleep(_AWAY_S)
        self._durable_input = self._current.input
        self.ready.set()

    async def _refold_from_snapshot(self) -> ShardState[S]:
        decider, current = self._decider, ShardState(self._decider.initial())
        snapshot = await self._snapshots.latest(self.subject)
        if snapshot is not None and snapshot.version == decider.version:
            current.position, current.input = snapshot.position, snapshot.input
            current.answers = Answers.load(snapshot.answers)
            if decider.load is not None:
                current.state = decider.load(snapshot.state)
        state_after = current.position
        if self._backing is not None and decider.load is None:
            state_after = await self._backing.position(self.subject.tenant)
        async for batch in self._log.read(min(current.position, state_after), str(self.subject)):
            for entry in batch:
                apply_commit(decider, current, entry, state_after=state_after)
        return current

    async def _wait(self) -> None:
        while not self._queue and self._known <= self._current.position:
            due = self._decider.next_due(self._current.state)
            wait_s = _LOOK_UP_S if due is None else min(self._clock.seconds_until(due), _LOOK_UP_S)
            if wait_s <= 0:
                return
            self._work.clear()
            try:
                async with asyncio.timeout(wait_s):
                    await self._work.wait()
            except TimeoutError:
                continue

    async def _commit_batch(self) -> None:
        decider, current = self._decider, self._current
        now = self._clock.now()
        labels = {"switchboard.context": self.subject.context, "switchboard.shard": self.subject.shard}
        _DEPTH.record(len(self._queue), labels)
        taken = self._take()
        due = decider.next_due(current.state)
        if due is not None and due <= now and decider.tick is not None:
            taken.insert(0, PendingCommand(decider.tick(now), Origin()))
            _TICK_LATE_S.record((now - due) / 1e6, labels)
        if not await self._loaded(taken):
            return
        batch = Batch(decider, current, self.subject, now)
        try:
            used = batch.decide(taken)
            self._put_back(taken[used:])
            del taken[used:]
            if batch.empty:
                batch.conclude(current.position)
            else:
                data = batch.encode()
                position = await self._log.append(self.subject, batch.commit, current.position, data=data)
                current.position = position
                batch.conclude(position)
                self._since_snapshot += len(batch.commit.events)
        except (Conflict, OutcomeUnknown, LogFull, Withheld) as not_now:
            self._take_back(taken, None if isinstance(not_now, Conflict) else not_now)
            await self._recover()
            return
        except BaseException as broken:
            self._fail(taken, _lost(broken, self.subject))
            raise
        if self._backing is not None:
            self._backing.evict(current.state, current.position)
        if self._fed < FED_MAX:
            self._room.set()
        self._durable_input = max(self._durable_input, current.input)
        async with self._advanced:
            self._advanced.notify_all()

    def _take(self) -> list[PendingCommand[C, S, E] | InputCommands[C]]:
        """What is decided next: as much of what waits as one commit could hold if each command led to one event."""
        taken: list[PendingCommand[C, S, E] | InputCommands[C]] = []
        room = EVENTS_MAX
        while self._queue and room > 0:
            one = self._queue.popleft()
            if isinstance(one, InputCommands):
                self._fed -= len(one.steps)
                room -= len(one.steps)
            else:
                room -= 1
            taken.append(one)
        return taken

    def _put_back(self, taken: Sequence[PendingCommand[C, S, E] | InputCommands[C]]) -> None:
        self._queue.extendleft(reversed(taken))
        self._fed += sum([len(one.steps) for one in taken if isinstance(one, InputCommands)])

    async def _loaded(self, taken: Sequence[PendingCommand[C, S, E] | InputCommands[C]]) -> bool:
        """Brings what the round touches into memory. While the read model is away callers are told, and inputs wait."""
        if self._backing is None:
            return True
        commands: list[C] = []
        for one in taken:
            if isinstance(one, InputCommands):
                commands += [command for _, _, command in one.steps]
            else:
                commands.append(one.command)
        try:
            await self._backing.load(self.subject.tenant, self._current.state, commands)
        except (Unavailable, TimeoutError) as away:
            failure = away if isinstance(away, Unavailable) else Unavailable("the database is slow; try again", 1.0)
            self._take_back(taken, failure)
            await asyncio.sleep(_AWAY_S)
            return False
        except BaseException as broken:
            self._fail(taken, _lost(broken, self.subject))
            raise
        return True

    def _take_back(
        self, taken: Sequence[PendingCommand[C, S, E] | InputCommands[C]], failure: Exception | None
    ) -> None:
        """After a conflict all is decided again; after silence callers are told, and inputs wait for the log."""
        again: list[PendingCommand[C, S, E] | InputCommands[C]] = []
        for one in taken:
            if isinstance(one, InputCommands):
                again.append(one)
            elif one.done is not None:  # a tick is left out: the state asks for it again
                if failure is None:
                    again.append(one)
                elif not one.done.done():
                    one.done.set_exception(failure)
        self._put_back(again)

    def _fail(self, waiting: Iterable[PendingCommand[C, S, E] | InputCommands[C]], failure: Exception) -> None:
        for one in waiting:
            if isinstance(one, PendingCommand) and one.done is not None and not one.done.done():
                one.done.set_exception(failure)

    def _snapshot(self) -> asyncio.Task[None]:
        """Begins to keep the shard as it is now; it is written beside the rounds that follow."""
        current, dump = self._current, self._decider.dump
        parts = () if dump is None else dump(current.state)
        kept = Snapshot(self._decider.version, current.position, self._durable_input, b"", current.answers.dump())
        self._since_snapshot = 0
        return asyncio.create_task(self._save(kept, parts), name=f"snapshot {self.subject}")

    async def _save(self, snapshot: Snapshot, parts: Iterable[bytes]) -> None:
        state = bytearray()
        for part in parts:
            state += part
            await asyncio.sleep(0)  # the others first
        self._snapshot_bytes = len(state)
        try:
            await self._snapshots.save(self.subject, replace(snapshot, state=bytes(state)))
        except (Unavailable, TimeoutError):
            return  # the database is away; the tail grows until the next one


def _lost(broken: BaseException, subject: Subject) -> Exception:
    if isinstance(broken, Exception):
        return broken
    return Unavailable(f"shard {subject} stops here; try again", 0.25)
