"""One round of a shard: what was asked and fed, decided in order into one commit.

It knows the decider's functions and the commit envelope. It knows no queue, no append and no clock; what it decides
becomes true when its bytes are in the log, and only then does it tell anybody.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Generic, TypeVar

from google.protobuf.any_pb2 import Any as AnyMessage
from google.protobuf.message import Message
from switchboard.log.v1 import log_pb2

from chassis.clock import MICROS, Instant, to_timestamp
from chassis.commits import COMMIT_BYTES_MAX, EVENTS_MAX, Subject, unpacked
from chassis.decider import Decider
from chassis.errors import InvalidRequest, Rejected, RequestIdReused
from chassis.identity import uuid5_bytes, uuid7_bytes, uuid_bytes
from chassis.shard_state import InputPosition, ShardState

C = TypeVar("C")
S = TypeVar("S")
E = TypeVar("E")

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
class InputCommands(Generic[C]):
    """What one commit of other people's facts leads to in a shard."""

    position: int
    steps: Sequence[tuple[int, Origin, C]]
    """(index of an input event, where its consequences come from, the command), for those that lead to one."""


@dataclass(slots=True)
class PendingCommand(Generic[C, S, E]):
    """A command that waits for its round."""

    command: C
    origin: Origin
    request: Request | None = None
    respond: Callable[[S, Sequence[E]], Message] | None = None
    done: asyncio.Future[Outcome[E]] | None = None
    """Whom to tell; None for a tick."""


class Batch(Generic[C, S, E]):
    """One round: decides what waits until the commit is full, and remembers whom to tell what."""

    def __init__(self, decider: Decider[C, S, E], current: ShardState[S], subject: Subject, now: Instant) -> None:
        self._decider = decider
        self._current = current
        self._now = now
        self._tells: list[tuple[PendingCommand[C, S, E], Sequence[E], Message | None, int | None]] = []
        self._refusals: list[tuple[PendingCommand[C, S, E], Exception]] = []
        self._bytes = 0
        self._answered: dict[bytes, log_pb2.Answer] = {}
        self._commit_id = uuid7_bytes(now)
        self.commit = log_pb2.Commit(commit_id=self._commit_id, tenant=subject.tenant, shard=subject.shard)

    @property
    def empty(self) -> bool:
        return not self.commit.events and not self.commit.answers

    def decide(self, taken: Sequence[PendingCommand[C, S, E] | InputCommands[C]]) -> int:
        """Decides in order; returns how many fitted."""
        for used, one in enumerate(taken):
            if not (self._follow(one) if isinstance(one, InputCommands) else self._answer(one)):
                return used
        return len(taken)

    def _follow(self, consequences: InputCommands[C]) -> bool:
        """Decides what inputs lead to, from where the shard has got to with them."""
        current = self._current
        reached = current.input
        if consequences.position <= reached.position:
            return True  # included before a crash or by another writer
        done = reached.offset if reached.position == consequences.position - 1 else 0
        for index, origin, command in consequences.steps:
            if index < done:
                continue
            with suppress(Rejected):
                if self._decide(command, origin) is None:
                    return False
            current.input = InputPosition(consequences.position - 1, index + 1)
        current.input = InputPosition(consequences.position)
        return True

    def _answer(self, pending: PendingCommand[C, S, E]) -> bool:
        if pending.done is not None and pending.done.done():
            return True  # the caller went away while it waited
        if pending.request is not None and self._repeats(pending, pending.request):
            return True
        try:
            events = self._decide(pending.command, pending.origin)
        except Rejected as refusal:
            self._refusals.append((pending, refusal))
            return True
        if events is None:
            return False
        if pending.done is not None:
            response = None if pending.respond is None else pending.respond(self._current.state, events)
            if pending.request is not None and response is not None:
                self._keep(pending.request, response)
            self._tells.append((pending, events, response, None))
        return True

    def _decide(self, command: C, origin: Origin) -> Sequence[E] | None:
        """The facts of a command, recorded and applied; None when the commit has no room for them."""
        current, decider = self._current, self._decider
        events = decider.decide(command, current.state)
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
        state = current.state
        for event, body, data in zip(events, bodies, encoded, strict=True):
            self._record(decider.occurred_at(event), body.DESCRIPTOR.full_name, data, origin)
            state = decider.evolve(state, event)
        current.state = state
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

    def _repeats(self, pending: PendingCommand[C, S, E], request: Request) -> bool:
        """Whether the request was answered before; if so it is told the same, or that the id is taken."""
        before = self._current.answers.kept.get(request.request_id)
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
            self._tells.append((pending, (), unpacked(answer.response), position))
        return True

    def _keep(self, request: Request, response: Message) -> None:
        packed = AnyMessage()
        packed.Pack(response, deterministic=True)
        answer = self.commit.answers.add(request_id=request.request_id, request_digest=request.digest, response=packed)
        self._answered[request.request_id] = answer
        self._bytes += answer.ByteSize()

    def encode(self) -> bytes:
        """The commit's bytes; what was decided is final now."""
        self.commit.input_position = self._current.input.position
        self.commit.input_offset = self._current.input.offset
        self.commit.decided_at.CopyFrom(to_timestamp(self._now))
        return self.commit.SerializeToString(deterministic=True)

    def conclude(self, position: int) -> None:
        """Tells every caller, now that what they are told is durable."""
        for answer in self.commit.answers:
            self._current.answers.remember(self._now, answer, position)
        for pending, events, response, earlier in self._tells:
            if pending.done is not None and not pending.done.done():
                pending.done.set_result(Outcome(position if earlier is None else earlier, events, response))
        for pending, refusal in self._refusals:
            if pending.done is not None and not pending.done.done():
                pending.done.set_exception(refusal)
