"""One round of a shard: what was asked and fed, decided in order into one commit.

It knows the decider's functions and the commit envelope. It knows no queue, no append and no clock; what it decides
becomes true when its bytes are in the log, and only then does it tell anybody.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Generic, TypeVar

from google.protobuf.message import Message
from msgspec import Raw
from switchboard.log.v1 import operations_pb2

from chassis.clock import Instant, to_timestamp
from chassis.commands import InputCommand, InputCommit, Origin, Outcome, PendingCommand, Request
from chassis.commits import (
    ANSWER_BYTES_MAX,
    COMMIT_BYTES_MAX,
    ENCODED_BYTES_MAX,
    EVENTS_MAX,
    Answer,
    Commit,
    Event,
    Subject,
    encode,
)
from chassis.decider import Decider, Measurement
from chassis.errors import InvalidRequest, Rejected, RequestIdReused
from chassis.identity import uuid7_bytes
from chassis.layout import decoded, pack
from chassis.shard_state import InputPosition, Place, ShardState

C = TypeVar("C")
S = TypeVar("S")
E = TypeVar("E")

_ENVELOPE_BYTES = 180
"""What the envelope adds to an event, besides actor and trace context: ids, times and a name of 60 bytes."""
_BESIDE_ANSWER = 80
"""What an answer has beside its response."""
_NOBODY = Origin()


class TooLarge(InvalidRequest):
    """What a command leads to is more than a commit holds; nothing was done."""

    def __init__(self, detail: str) -> None:
        super().__init__([("", f"{detail}; ask for less at once")])


class Undecidable(Exception):
    """Deciding one item failed unforeseen, or went too far; the state may be half changed and is read again.

    `item` is the caller's command, or the commit of inputs whose command at `index` it was; None for a tick.
    """

    def __init__(self, item: object, error: Exception, index: int = 0) -> None:
        super().__init__(type(error).__name__)
        self.item = item
        self.error = error
        self.index = index


class CommitTooLarge(RuntimeError):
    """A commit came out larger than it was weighed; it was not appended."""


class Batch(Generic[C, S, E]):
    """One round: decides what waits until the commit is full, and remembers whom to tell what."""

    def __init__(self, decider: Decider[C, S, E], current: ShardState[S], subject: Subject, now: Instant) -> None:
        self._decider = decider
        self._current = current
        self._now = now
        self._outcomes: list[tuple[PendingCommand[C, S, E], Outcome[E] | None, Sequence[E], Message | None]] = []
        self._refusals: list[tuple[PendingCommand[C, S, E], Exception]] = []
        self._answered: dict[bytes, Answer] = {}
        self._measured: list[Measurement] = []
        self.commit = Commit(uuid7_bytes(now), subject.tenant, subject.shard, 0, 0, now, [])
        self.size = 0
        """Upper bound of the commit's bytes so far."""
        self.released = 0
        """Parked inputs that were taken after all."""

    @property
    def empty(self) -> bool:
        return not self.commit.events and not self.commit.answers

    @property
    def tells(self) -> bool:
        """Whether a caller is told something."""
        return bool(self._outcomes or self._refusals)

    def decide_tick(self, command: C) -> bool:
        """Decides what time itself brings; returns whether it decided anything. Raises Undecidable."""
        try:
            with suppress(Rejected):
                return bool(self._decided(command, _NOBODY))
        except Exception as error:
            raise Undecidable(None, error) from error
        return False

    def decide_ticks(self, command: C) -> None:
        """Decides what time brings at once now that more is decided, while there is room.

        What cannot be decided is left to a round of its own, so that it takes nobody down who was decided here.
        """
        decider = self._decider
        with suppress(Undecidable):
            while self.size < COMMIT_BYTES_MAX and (due := decider.next_due(self._current.state)) is not None:
                if due > self._now or not self.decide_tick(command):
                    return

    def decide(self, taken: Sequence[PendingCommand[C, S, E] | InputCommit[C]]) -> int:
        """Decides in order; returns how many fitted. Raises Undecidable."""
        for used, item in enumerate(taken):
            if self.size >= COMMIT_BYTES_MAX or len(self.commit.answers) >= EVENTS_MAX:
                return used
            fitted = self._decide_inputs(item) if isinstance(item, InputCommit) else self._decide_command(item)
            if not fitted:
                return used
        return len(taken)

    def encode(self) -> bytes:
        """The commit's bytes; what was decided is final now. Raises CommitTooLarge."""
        self.commit.input_position = self._current.input.position
        self.commit.input_offset = self._current.input.offset
        data = encode(self.commit)
        if len(data) > ENCODED_BYTES_MAX:
            raise CommitTooLarge
        return data

    def conclude(self, position: int) -> None:
        """Tells every caller, now that what they are told is durable."""
        for answer in self.commit.answers:
            self._current.answers.remember(self._now, answer, position)
        for instrument, value in self._measured:
            instrument.record(value)
        for pending, before, events, response in self._outcomes:
            if not pending.outcome.done():
                pending.outcome.set_result(before or Outcome(position, events, response))
        for pending, refusal in self._refusals:
            pending.refuse(refusal)

    def _decide_inputs(self, inputs: InputCommit[C]) -> bool:
        """Decides what inputs lead to, from where the shard has got to with them."""
        current = self._current
        reached = current.input
        if inputs.position <= reached.position:
            return True  # included before a crash or by another writer
        included = reached.offset if reached.position == inputs.position - 1 else 0
        offset = included
        for place, command in enumerate(inputs.commands):
            if command.index < included:
                continue
            try:
                if not self._decide_input(inputs, command):
                    if offset > included:
                        current.input = InputPosition(inputs.position - 1, offset)
                    return False
            except Exception as error:
                raise Undecidable(inputs, error, place) from error
            offset = command.index + 1
        current.input = InputPosition(inputs.position)
        return True

    def _decide_input(self, inputs: InputCommit[C], input_command: InputCommand[C]) -> bool:
        failure = input_command.failure
        if input_command.command is not None and not failure:
            try:
                return self._decided(input_command.command, input_command.origin) is not None
            except Rejected:
                return True
            except TooLarge:
                failure = TooLarge.__name__
        fact = operations_pb2.InputParked(
            input_position=inputs.position,
            input_index=input_command.index,
            subject=inputs.subject,
            type=input_command.type,
            error=failure,
            at=to_timestamp(self._now),
        )
        if len(self.commit.events) >= EVENTS_MAX:
            return False
        self._append_shard_event(fact, input_command.origin)
        self._current.parked[inputs.position, input_command.index] = fact
        return True

    def _decide_command(self, pending: PendingCommand[C, S, E]) -> bool:
        if pending.outcome.done():
            return True  # the caller went away while it waited
        request = pending.request
        if request is not None and self._repeats(pending, request):
            return True
        try:
            events = (
                self._decided(pending.command, pending.origin)  # type: ignore[arg-type]  # only a release has none
                if pending.releases is None
                else self._released(pending, pending.releases)
            )
        except (Rejected, TooLarge) as refusal:
            self._refusals.append((pending, refusal))
            return True
        except Exception as error:
            raise Undecidable(pending, error) from error
        if events is None:
            return False
        response: Message | None = None
        if pending.respond is not None:
            try:
                response = pending.respond(self._current.state, events)
            except Exception as error:
                raise Undecidable(pending, error) from error
        if request is not None and response is not None:
            self._keep(pending, request, response)
        self._outcomes.append((pending, None, events, response))
        return True

    def _released(self, pending: PendingCommand[C, S, E], place: Place) -> Sequence[E] | None:
        """What a parked input leads to now, and with it the fact that it is released; None when there is no room."""
        if place not in self._current.parked:
            return ()
        if len(self.commit.events) >= EVENTS_MAX - 1:
            return None
        events: Sequence[E] | None = ()
        if pending.command is not None:
            with suppress(Rejected):
                events = self._decided(pending.command, pending.origin, spare=1)
        if events is None:
            return None
        position, index = place
        fact = operations_pb2.InputReleased(input_position=position, input_index=index, at=to_timestamp(self._now))
        self._append_shard_event(fact, pending.origin)
        del self._current.parked[place]
        self.released += 1
        return events

    def _decided(self, command: C, origin: Origin, *, spare: int = 0) -> Sequence[E] | None:
        """The facts of a command, recorded and applied; None when the commit has no room for them and `spare` more.

        Raises TooLarge, with nothing changed, when no commit has.
        """
        current, decider = self._current, self._decider
        events = decider.decide(command, current.state)
        if not events:
            return events
        encoded = [decider.encode(event) for event in events]
        size = sum([len(fact) for _, fact in encoded]) + _beside_bytes(origin) * len(encoded)
        if len(events) + spare > EVENTS_MAX or size > COMMIT_BYTES_MAX:
            raise TooLarge(
                f"this leads to {len(events)} facts of {size} bytes, and {EVENTS_MAX} of {COMMIT_BYTES_MAX} may be"
                " decided at once"
            )
        if len(self.commit.events) + len(events) + spare > EVENTS_MAX or self.size + size > COMMIT_BYTES_MAX:
            return None
        state, append = current.state, self.commit.events.append
        occurred_at, evolve, measure = decider.occurred_at, decider.evolve, decider.measure
        asked = origin.correlation_id, origin.causation_id, origin.actor, origin.traceparent
        for event, (name, fact) in zip(events, encoded, strict=True):
            append(Event(occurred_at(event), name, Raw(fact), *asked))
            if measure is not None and (measured := measure(state, event)) is not None:
                self._measured.append(measured)
            state = evolve(state, event)
        self.size += size
        current.state = state
        return events

    def _append_shard_event(self, fact: Message, origin: Origin) -> None:
        """Records a fact about the shard itself."""
        data, name = pack(fact), fact.DESCRIPTOR.full_name
        asked = origin.correlation_id, origin.causation_id, origin.actor, origin.traceparent
        self.commit.events.append(Event(self._now, name, Raw(data), *asked))
        self.size += len(data) + _beside_bytes(origin)

    def _repeats(self, pending: PendingCommand[C, S, E], request: Request) -> bool:
        """Whether the request was answered before, or its id belongs to another; the caller is told then."""
        before = self._current.answers.find(request.request_id)
        if before is not None:
            if not before.is_for(request.digest):
                self._refusals.append((pending, RequestIdReused()))
                return True
            self._outcomes.append((pending, Outcome(before.position, (), None, in_log=True), (), None))
            return True
        answer = self._answered.get(request.request_id)
        if answer is None:
            return False
        if answer.request_digest != request.digest:
            self._refusals.append((pending, RequestIdReused()))
        else:
            self._outcomes.append((pending, None, (), decoded(answer.type, answer.value)))
        return True

    def _keep(self, pending: PendingCommand[C, S, E], request: Request, response: Message) -> None:
        """Keeps what a request is answered."""
        name, data = response.DESCRIPTOR.full_name, response.SerializeToString(deterministic=True)
        answer = Answer(request.request_id, request.digest, name, data)
        size = len(name) + len(data) + _BESIDE_ANSWER
        if size > ANSWER_BYTES_MAX:
            raise Undecidable(pending, TooLarge(f"the answer has {size} bytes, and {ANSWER_BYTES_MAX} are kept"))
        self._answered[request.request_id] = answer
        self.commit.answers.append(answer)
        self.size += size


def _beside_bytes(origin: Origin) -> int:
    return _ENVELOPE_BYTES + 4 * len(origin.actor) + len(origin.traceparent)
