"""One shard: a queue of commands, a pure decider, and one guarded append for all that waits.

It knows the decider's functions and the log. It knows no network call of its own, no view, and nothing about which
service runs. A commit is decided against a state that runs ahead of the log while the append is under way; callers
hear nothing before it is durable.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from google.protobuf.any_pb2 import Any as AnyMessage
from google.protobuf.message import Message
from switchboard.log.v1 import log_pb2

from chassis import telemetry
from chassis.cancellation import raise_if_cancelled
from chassis.clock import MICROS, Clock, Instant, to_timestamp
from chassis.decider import Decider
from chassis.errors import InvalidRequest, Overloaded, Rejected, RequestIdReused, Unavailable
from chassis.fold import Answers, Folded, InputPosition, Snapshot, SnapshotStore, apply_commit
from chassis.identity import uuid5_bytes, uuid7_bytes, uuid_bytes
from chassis.log import (
    COMMIT_BYTES_MAX,
    EVENTS_MAX,
    Conflict,
    Log,
    LogFull,
    OutcomeUnknown,
    Subject,
    message_class,
)

C = TypeVar("C")
S = TypeVar("S")
E = TypeVar("E")
_C = TypeVar("_C", contravariant=True)
_S = TypeVar("_S", contravariant=True)

QUEUE_MAX = 10_000
"""Commands waiting at one shard before callers are told to come back."""
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
_ENVELOPE_BYTES = 160
"""Upper bound of what the envelope adds to an event body, for the size check before encoding."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Who asked, and for what; copied into every event a command leads to."""

    actor: str = ""
    correlation_id: bytes = b""
    causation_id: bytes = b""
    traceparent: str = ""


@dataclass(frozen=True, slots=True)
class Request:
    """A caller's request id (16 bytes) and the digest of what was asked (32 bytes)."""

    request_id: bytes
    digest: bytes


def request_of(message: Message) -> Request | None:
    """The idempotency key of a request with a `request_id` field; None when the caller sent none.

    Raises InvalidRequest when the id is no UUID. Equal requests have equal digests, whatever their id.
    """
    text: str = message.request_id  # type: ignore[attr-defined]
    if not text:
        return None
    try:
        request_id = uuid_bytes(text)
    except ValueError:
        raise InvalidRequest([("request_id", "is not a UUID; send one such as 6f1c..., or none")]) from None
    copy = type(message)()
    copy.CopyFrom(message)
    copy.ClearField("request_id")
    digest = hashlib.sha256(message.DESCRIPTOR.full_name.encode() + b"\0" + copy.SerializeToString(deterministic=True))
    return Request(request_id, digest.digest())


@dataclass(frozen=True, slots=True)
class Outcome(Generic[E]):
    """What a command led to. `events` is empty for a command that decides nothing and for a repeated request."""

    position: int
    events: Sequence[E]
    response: Message | None


@dataclass(slots=True)
class _Pending(Generic[C, S, E]):
    command: C | None
    """None only marks that inputs up to `input` need nothing."""
    origin: Origin
    request: Request | None = None
    respond: Callable[[S, Sequence[E]], Message] | None = None
    done: asyncio.Future[Outcome[E]] | None = None
    input: InputPosition | None = None
    completes: bool = False
    """Whether `input` is reached once this is decided."""


class Backing(Protocol[_C, _S]):
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
        backing: Backing[C, S] | None = None,
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
        self._queue: deque[_Pending[C, S, E]] = deque()
        self._work = asyncio.Event()
        self._room = asyncio.Event()
        self._room.set()
        self._advanced = asyncio.Condition()
        self._folded: Folded[S] = Folded(decider.initial())
        self._durable_input = InputPosition()
        self._since_snapshot = 0
        self._snapshot_bytes = 0
        self.ready = asyncio.Event()
        """Set while the state is recovered and commands are being decided."""
        self.quiet = asyncio.Lock()
        """Held while a batch is decided and appended; hold it to see state and log agree."""

    @property
    def state(self) -> S:
        """The state, possibly ahead of the log by the commit under way. Read only."""
        return self._folded.state

    @property
    def position(self) -> int:
        """Position of the shard's last durable commit."""
        return self._folded.position

    @property
    def input(self) -> InputPosition:
        """Up to where inputs are durably included."""
        return self._durable_input

    @property
    def depth(self) -> int:
        """Commands waiting."""
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
        when the queue is full, and OutcomeUnknown when the log stays silent (repeating is safe).
        """
        if len(self._queue) >= self._queue_max:
            raise Overloaded(f"shard {self.subject} has {self._queue_max} commands waiting; slow down", 0.25)
        done: asyncio.Future[Outcome[E]] = asyncio.get_running_loop().create_future()
        self._queue.append(_Pending(command, origin or Origin(traceparent=telemetry.inject()), request, respond, done))
        self._work.set()
        return await done

    async def feed(self, commands: Sequence[C], origin: Origin, upto: InputPosition) -> None:
        """Queues what an input event leads to; waits for room instead of refusing. `upto` is reached when all are
        decided.
        """
        while len(self._queue) >= self._queue_max:
            self._room.clear()
            await self._room.wait()
        for command in commands[:-1]:
            self._queue.append(_Pending(command, origin, input=upto))
        last = commands[-1] if commands else None
        self._queue.append(_Pending(last, origin, input=upto, completes=True))
        self._work.set()

    async def reached_input(self, position: int) -> int:
        """Waits until inputs up to a position are durably included; returns the shard's own position then."""
        async with self._advanced:
            await self._advanced.wait_for(lambda: self._durable_input >= InputPosition(position))
        return self.position

    async def skip_input(self, position: int) -> None:
        """Says that the log holds no input up to a position that has not been fed."""
        await self.feed((), Origin(), InputPosition(position))

    async def run(self) -> None:
        """Recovers, then decides until cancelled. What waits when it stops is answered Unavailable."""
        try:
            await self._recover()
            while True:
                raise_if_cancelled()
                await self._wait()
                async with self.quiet:
                    await self._commit_batch()
                if self._since_snapshot >= max(self._snapshot_every, self._snapshot_bytes // BYTES_PER_EVENT):
                    await self._snapshot()
        finally:
            self.ready.clear()
            self._fail(self._queue, Unavailable(f"shard {self.subject} moves to another replica; try again", 0.25))

    async def _recover(self) -> None:
        self.ready.clear()
        while True:
            raise_if_cancelled()
            try:
                self._folded = await self._refold_from_snapshot()
                break
            except (Unavailable, TimeoutError):
                await asyncio.sleep(_AWAY_S)
        self._durable_input = self._folded.input
        self.ready.set()

    async def _refold_from_snapshot(self) -> Folded[S]:
        decider, folded = self._decider, Folded(self._decider.initial())
        snapshot = await self._snapshots.latest(self.subject)
        if snapshot is not None and snapshot.version == decider.version:
            folded.position, folded.input = snapshot.position, snapshot.input
            folded.answers = Answers.load(snapshot.answers)
            if decider.load is not None:
                folded.state = decider.load(snapshot.state)
        state_after = folded.position
        if self._backing is not None and decider.load is None:
            state_after = await self._backing.position(self.subject.tenant)
        async for batch in self._log.read(min(folded.position, state_after), str(self.subject)):
            for entry in batch:
                apply_commit(decider, folded, entry, state_after=state_after)
        return folded

    async def _wait(self) -> None:
        while not self._queue:
            due = self._decider.next_due(self._folded.state)
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
        decider, folded = self._decider, self._folded
        now = self._clock.now()
        labels = {"switchboard.context": self.subject.context, "switchboard.shard": self.subject.shard}
        _DEPTH.record(len(self._queue), labels)
        taken = [self._queue.popleft() for _ in range(min(len(self._queue), EVENTS_MAX))]
        due = decider.next_due(folded.state)
        if due is not None and due <= now and decider.tick is not None:
            taken.insert(0, _Pending(decider.tick(now), Origin()))
            _TICK_LATE_S.record((now - due) / 1e6, labels)
        if not await self._loaded(taken):
            return
        batch = _Batch(decider, folded, self.subject, now)
        try:
            used = batch.decide(taken)
            self._queue.extendleft(reversed(taken[used:]))
            del taken[used:]
            if batch.empty:
                batch.conclude(folded.position)
            else:
                data = batch.encode()
                position = await self._log.append(self.subject, batch.commit, folded.position, data=data)
                folded.position = position
                batch.conclude(position)
                self._since_snapshot += len(batch.commit.events)
        except (Conflict, OutcomeUnknown, LogFull) as not_now:
            self._take_back(taken, None if isinstance(not_now, Conflict) else not_now)
            await self._recover()
            return
        except BaseException as broken:
            self._fail(taken, _lost(broken, self.subject))
            raise
        if self._backing is not None:
            self._backing.evict(folded.state, folded.position)
        if len(self._queue) < self._queue_max:
            self._room.set()
        self._durable_input = max(self._durable_input, folded.input)
        async with self._advanced:
            self._advanced.notify_all()

    async def _loaded(self, taken: Sequence[_Pending[C, S, E]]) -> bool:
        """Brings what the round touches into memory. While the read model is away callers are told, and inputs wait."""
        if self._backing is None:
            return True
        commands = [pending.command for pending in taken if pending.command is not None]
        try:
            await self._backing.load(self.subject.tenant, self._folded.state, commands)
        except (Unavailable, TimeoutError) as away:
            failure = away if isinstance(away, Unavailable) else Unavailable("the database is slow; try again", 1.0)
            self._take_back(taken, failure)
            await asyncio.sleep(_AWAY_S)
            return False
        except BaseException as broken:
            self._fail(taken, _lost(broken, self.subject))
            raise
        return True

    def _take_back(self, taken: Sequence[_Pending[C, S, E]], failure: Exception | None) -> None:
        """After a conflict all is decided again; after silence callers are told, and inputs wait for the log."""
        for pending in reversed(taken):
            if pending.done is not None and failure is not None:
                if not pending.done.done():
                    pending.done.set_exception(failure)
            elif pending.done is not None or pending.input is not None:
                self._queue.appendleft(pending)  # a tick is left out: the state asks for it again

    def _fail(self, waiting: Iterable[_Pending[C, S, E]], failure: Exception) -> None:
        for pending in waiting:
            if pending.done is not None and not pending.done.done():
                pending.done.set_exception(failure)

    async def _snapshot(self) -> None:
        folded, dump = self._folded, self._decider.dump
        snapshot = Snapshot(
            self._decider.version,
            folded.position,
            self._durable_input,
            b"" if dump is None else dump(folded.state),
            folded.answers.dump(),
        )
        self._snapshot_bytes = len(snapshot.state)
        try:
            await self._snapshots.save(self.subject, snapshot)
        except (Unavailable, TimeoutError):
            return  # the database is away; the tail grows until it is back
        self._since_snapshot = 0


def _lost(broken: BaseException, subject: Subject) -> Exception:
    if isinstance(broken, Exception):
        return broken
    return Unavailable(f"shard {subject} stops here; try again", 0.25)


class _Batch(Generic[C, S, E]):
    """One round: decides what waits until the commit is full, and remembers whom to tell what."""

    def __init__(self, decider: Decider[C, S, E], folded: Folded[S], subject: Subject, now: Instant) -> None:
        self._decider = decider
        self._folded = folded
        self._now = now
        self._tells: list[tuple[_Pending[C, S, E], Sequence[E], Message | None, int | None]] = []
        self._refusals: list[tuple[_Pending[C, S, E], Exception]] = []
        self._bytes = 0
        self._answered: dict[bytes, log_pb2.Answer] = {}
        commit_id = uuid7_bytes(now)
        self.commit = log_pb2.Commit(commit_id=commit_id, tenant=subject.tenant, shard=subject.shard)

    @property
    def empty(self) -> bool:
        return not self.commit.events and not self.commit.answers

    def decide(self, taken: Sequence[_Pending[C, S, E]]) -> int:
        """Decides in order; returns how many fitted."""
        for used, pending in enumerate(taken):
            if not self._decide_one(pending):
                return used
        return len(taken)

    def _decide_one(self, pending: _Pending[C, S, E]) -> bool:
        folded, decider = self._folded, self._decider
        if pending.done is not None and pending.done.done():
            return True  # the caller went away while it waited
        if pending.input is not None and pending.input <= folded.input:
            return True  # included before a crash or by another writer
        if pending.command is None:
            self._progress(pending)
            return True
        if pending.request is not None and self._repeats(pending, pending.request):
            return True
        try:
            events = decider.decide(pending.command, folded.state)
        except Rejected as refusal:
            self._refusals.append((pending, refusal))
            self._progress(pending)
            return True
        if events:
            encoded = [
                (body.DESCRIPTOR.full_name, body.SerializeToString(deterministic=True))
                for body in map(decider.encode, events)
            ]
            size = sum([len(data) for _, data in encoded]) + _ENVELOPE_BYTES * len(encoded)
            if len(self.commit.events) + len(events) > EVENTS_MAX or self._bytes + size > COMMIT_BYTES_MAX:
                if self.commit.events:
                    return False
                raise ValueError(f"one command decided {len(events)} events of {size} bytes, more than a commit holds")
            self._bytes += size
            state = folded.state
            for event, (name, data) in zip(events, encoded, strict=True):
                self._record(event, name, data, pending.origin)
                state = decider.evolve(state, event)
            folded.state = state
        self._progress(pending)
        if pending.done is not None:
            response = None if pending.respond is None else pending.respond(folded.state, events)
            if pending.request is not None and response is not None:
                self._keep(pending.request, response)
            self._tells.append((pending, events, response, None))
        return True

    def _progress(self, pending: _Pending[C, S, E]) -> None:
        if pending.input is not None and pending.completes:
            self._folded.input = max(self._folded.input, pending.input)

    def _record(self, event: E, name: str, data: bytes, origin: Origin) -> None:
        # Set field by field: building nested messages from keywords costs twice as much.
        events = self.commit.events
        event_id = uuid5_bytes(self.commit.commit_id, str(len(events)))
        recorded = events.add()
        recorded.event_id = event_id
        occurred_at, body = recorded.occurred_at, recorded.body
        occurred_at.seconds, micros = divmod(self._decider.occurred_at(event), MICROS)
        occurred_at.nanos = 1000 * micros
        body.type_url = "type.googleapis.com/" + name
        body.value = data
        if origin.correlation_id:
            recorded.correlation_id = origin.correlation_id
        if origin.causation_id:
            recorded.causation_id = origin.causation_id
        if origin.actor:
            recorded.actor = origin.actor
        if origin.traceparent:
            recorded.traceparent = origin.traceparent

    def _repeats(self, pending: _Pending[C, S, E], request: Request) -> bool:
        """Whether the request was answered before; if so it is told the same, or that the id is taken."""
        before = self._folded.answers.kept.get(request.request_id)
        position: int | None = None
        if before is not None:
            answer, position = before[1], before[2]
        elif request.request_id in self._answered:
            answer = self._answered[request.request_id]
        else:
            return False
        if answer.request_digest != request.digest:
            self._refusals.append((pending, RequestIdReused()))
        else:
            self._tells.append((pending, (), _unpack(answer.response), position))
        return True

    def _keep(self, request: Request, response: Message) -> None:
        packed = AnyMessage()
        packed.Pack(response, deterministic=True)
        answer = self.commit.answers.add(request_id=request.request_id, request_digest=request.digest, response=packed)
        self._answered[request.request_id] = answer
        self._bytes += answer.ByteSize()

    def encode(self) -> bytes:
        """The commit's bytes; what was decided is final now."""
        self.commit.input_position = self._folded.input.position
        self.commit.input_offset = self._folded.input.offset
        self.commit.decided_at.CopyFrom(to_timestamp(self._now))
        return self.commit.SerializeToString(deterministic=True)

    def conclude(self, position: int) -> None:
        """Tells every caller, now that what they are told is durable."""
        for answer in self.commit.answers:
            self._folded.answers.remember(self._now, answer, position)
        for pending, events, response, earlier in self._tells:
            if pending.done is not None and not pending.done.done():
                pending.done.set_result(Outcome(position if earlier is None else earlier, events, response))
        for pending, refusal in self._refusals:
            if pending.done is not None and not pending.done.done():
                pending.done.set_exception(refusal)


def _unpack(packed: AnyMessage) -> Message:
    message = message_class(packed.TypeName())()
    packed.Unpack(message)
    return message
