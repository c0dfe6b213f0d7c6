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


@dataclass(frozen=True, slots=True)
class Consequences(Generic[C]):
    """What one commit of other people's facts leads to in a shard."""

    position: int
    steps: Sequence[tuple[int, Origin, Sequence[C]]]
    """(index of an input event, where its consequences come from, the commands), for those that lead to any."""


@dataclass(slots=True)
class _Asked(Generic[C, S, E]):
    command: C
    origin: Origin
    request: Request | None = None
    respond: Callable[[S, Sequence[E]], Message] | None = None
    done: asyncio.Future[Outcome[E]] | None = None
    """Whom to tell; None for a tick."""


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
        self._queue: deque[_Asked[C, S, E] | Consequences[C]] = deque()
        self._fed = 0
        self._fed_position = 0
        self._read_position = 0
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
        when the queue is full, and OutcomeUnknown when the log stays silent (repeating is safe).
        """
        if len(self._queue) >= self._queue_max:
            raise Overloaded(f"shard {self.subject} has {self._queue_max} commands waiting; slow down", 0.25)
        done: asyncio.Future[Outcome[E]] = asyncio.get_running_loop().create_future()
        self._queue.append(_Asked(command, origin or Origin(traceparent=telemetry.inject()), request, respond, done))
        self._work.set()
        return await done

    async def feed(self, consequences: Consequences[C]) -> None:
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
        taken = self._take()
        due = decider.next_due(folded.state)
        if due is not None and due <= now and decider.tick is not None:
            taken.insert(0, _Asked(decider.tick(now), Origin()))
            _TICK_LATE_S.record((now - due) / 1e6, labels)
        if not await self._loaded(taken):
            return
        batch = _Batch(decider, folded, self.subject, now)
        try:
            used = batch.decide(taken)
            self._put_back(taken[used:])
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
        if self._fed < FED_MAX:
            self._room.set()
        self._durable_input = max(self._durable_input, folded.input)
        async with self._advanced:
            self._advanced.notify_all()

    def _take(self) -> list[_Asked[C, S, E] | Consequences[C]]:
        """What is decided next: as much of what waits as one commit could hold if each command led to one event."""
        taken: list[_Asked[C, S, E] | Consequences[C]] = []
        room = EVENTS_MAX
        while self._queue and room > 0:
            one = self._queue.popleft()
            if isinstance(one, Consequences):
                self._fed -= len(one.steps)
                room -= len(one.steps)
            else:
                room -= 1
            taken.append(one)
        return taken

    def _put_back(self, taken: Sequence[_Asked[C, S, E] | Consequences[C]]) -> None:
        self._queue.extendleft(reversed(taken))
        self._fed += sum([len(one.steps) for one in taken if isinstance(one, Consequences)])

    async def _loaded(self, taken: Sequence[_Asked[C, S, E] | Consequences[C]]) -> bool:
        """Brings what the round touches into memory. While the read model is away callers are told, and inputs wait."""
        if self._backing is None:
            return True
        commands: list[C] = []
        for one in taken:
            if isinstance(one, Consequences):
                for _, _, led in one.steps:
                    commands.extend(led)
            else:
                commands.append(one.command)
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

    def _take_back(self, taken: Sequence[_Asked[C, S, E] | Consequences[C]], failure: Exception | None) -> None:
        """After a conflict all is decided again; after silence callers are told, and inputs wait for the log."""
        again: list[_Asked[C, S, E] | Consequences[C]] = []
        for one in taken:
            if isinstance(one, Consequences):
                again.append(one)
            elif one.done is not None:  # a tick is left out: the state asks for it again
                if failure is None:
                    again.append(one)
                elif not one.done.done():
                    one.done.set_exception(failure)
        self._put_back(again)

    def _fail(self, waiting: Iterable[_Asked[C, S, E] | Consequences[C]], failure: Exception) -> None:
        for one in waiting:
            if isinstance(one, _Asked) and one.done is not None and not one.done.done():
                one.done.set_exception(failure)

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
        self._tells: list[tuple[_Asked[C, S, E], Sequence[E], Message | None, int | None]] = []
        self._refusals: list[tuple[_Asked[C, S, E], Exception]] = []
        self._bytes = 0
        self._answered: dict[bytes, log_pb2.Answer] = {}
        self._commit_id = uuid7_bytes(now)
        self.commit = log_pb2.Commit(commit_id=self._commit_id, tenant=subject.tenant, shard=subject.shard)

    @property
    def empty(self) -> bool:
        return not self.commit.events and not self.commit.answers

    def decide(self, taken: Sequence[_Asked[C, S, E] | Consequences[C]]) -> int:
        """Decides in order; returns how many fitted."""
        for used, one in enumerate(taken):
            if not (self._follow(one) if isinstance(one, Consequences) else self._answer(one)):
                return used
        return len(taken)

    def _follow(self, consequences: Consequences[C]) -> bool:
        """Decides what inputs lead to, from where the shard has got to with them."""
        folded = self._folded
        reached = folded.input
        if consequences.position <= reached.position:
            return True  # included before a crash or by another writer
        done = reached.offset if reached.position == consequences.position - 1 else 0
        for index, origin, commands in consequences.steps:
            if index < done:
                continue
            for command in commands:
                try:
                    fitting = self._decide(command, origin)
                except Rejected:
                    continue
                if fitting is None:
                    return False
            folded.input = InputPosition(consequences.position - 1, index + 1)
        folded.input = InputPosition(consequences.position)
        return True

    def _answer(self, asked: _Asked[C, S, E]) -> bool:
        if asked.done is not None and asked.done.done():
            return True  # the caller went away while it waited
        if asked.request is not None and self._repeats(asked, asked.request):
            return True
        try:
            events = self._decide(asked.command, asked.origin)
        except Rejected as refusal:
            self._refusals.append((asked, refusal))
            return True
        if events is None:
            return False
        if asked.done is not None:
            response = None if asked.respond is None else asked.respond(self._folded.state, events)
            if asked.request is not None and response is not None:
                self._keep(asked.request, response)
            self._tells.append((asked, events, response, None))
        return True

    def _decide(self, command: C, origin: Origin) -> Sequence[E] | None:
        """The facts of a command, recorded and applied; None when the commit has no room for them."""
        folded, decider = self._folded, self._decider
        events = decider.decide(command, folded.state)
        if not events:
            return events
        bodies = [decider.encode(event) for event in events]
        encoded = [body.SerializeToString(deterministic=True) for body in bodies]
        size = sum([len(data) for data in encoded]) + _ENVELOPE_BYTES * len(encoded)
        if len(self.commit.events) + len(events) > EVENTS_MAX or self._bytes + size > COMMIT_BYTES_MAX:
            if self.commit.events:
                return None
            raise ValueError(f"one command decided {len(events)} events of {size} bytes, more than a commit holds")
        self._bytes += size
        state = folded.state
        for event, body, data in zip(events, bodies, encoded, strict=True):
            self._record(decider.occurred_at(event), body.DESCRIPTOR.full_name, data, origin)
            state = decider.evolve(state, event)
        folded.state = state
        return events

    def _record(self, at: Instant, name: str, data: bytes, origin: Origin) -> None:
        # Set field by field: building nested messages from keywords costs half as much again.
        events = self.commit.events
        event_id = uuid5_bytes(self._commit_id, str(len(events)))
        recorded = events.add()
        recorded.event_id = event_id
        occurred_at, body = recorded.occurred_at, recorded.body
        occurred_at.seconds, micros = divmod(at, MICROS)
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

    def _repeats(self, asked: _Asked[C, S, E], request: Request) -> bool:
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
            self._refusals.append((asked, RequestIdReused()))
        else:
            self._tells.append((asked, (), _unpack(answer.response), position))
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
        for asked, events, response, earlier in self._tells:
            if asked.done is not None and not asked.done.done():
                asked.done.set_result(Outcome(position if earlier is None else earlier, events, response))
        for asked, refusal in self._refusals:
            if asked.done is not None and not asked.done.done():
                asked.done.set_exception(refusal)


def _unpack(packed: AnyMessage) -> Message:
    message = message_class(packed.TypeName())()
    packed.Unpack(message)
    return message
