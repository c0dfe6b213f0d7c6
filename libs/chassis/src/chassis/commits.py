"""What stands in the log: commits on subjects at positions, and the events in them. It reads and writes nothing.

A message may be no commit (`Entry.unreadable`): everybody hands it on as an entry without events, so that positions
stay without gaps and nobody stops at it. An event within a commit may be unreadable to this release
(`UnreadableEvent`); what becomes of it is for its consumer to say.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from dataclasses import field as attribute
from functools import lru_cache
from typing import Any, NamedTuple

from google.protobuf.any_pb2 import Any as AnyMessage
from google.protobuf.message import DecodeError, Message
from google.protobuf.timestamp_pb2 import Timestamp
from msgspec import Raw, Struct, field, msgpack, structs
from switchboard.log.v1 import log_pb2

from chassis import layout
from chassis.clock import FIRST, LAST, Instant, from_timestamp, to_timestamp
from chassis.errors import InvalidRequest

STREAM = "EVENTS"
EVERYTHING = "ev.>"
"""The subjects of all shards, and of what got into the log before it took no others."""
EVENTS_MAX = 1_000
"""Events in one commit."""
_EVENTS_TOLD_APART = 1 << 16
"""More have no ids of their own."""
_POSITIONS = range(1 << 63)
COMMIT_BYTES_MAX = 512 * 1024
"""Encoded size of the events of one commit."""
ANSWER_BYTES_MAX = 384 * 1024
"""Encoded size of one answer that is kept."""
ENCODED_BYTES_MAX = COMMIT_BYTES_MAX + ANSWER_BYTES_MAX + 64 * 1024
"""Encoded size of a whole commit, answers included. Against: a server's default payload limit of 1 MiB."""
SHARD_CLOSED = "switchboard.log.v1.ShardClosed"
SHARD_EVENTS = frozenset({"switchboard.log.v1.InputParked", "switchboard.log.v1.InputReleased", SHARD_CLOSED})
"""Facts about a shard itself. They are no service's: neither deciders nor views see them."""
_INDEX = re.compile(r"0|[1-9][0-9]{0,4}")
_SUBJECT = re.compile(r"ev\.([a-z]+)\.([a-z][a-z0-9-]{0,39})\.([a-z0-9-]+)\Z")


_URL = "type.googleapis.com/"
NO_SHARD = "its subject is no shard"
NO_COMMIT = "its bytes are no commit"
NO_ID = "its commit id is not 16 bytes"
OTHER_SHARD = "it names another tenant or shard than its subject"


class Event(Struct, array_like=True, gc=False):
    """One fact with all that the envelope says of it."""

    occurred_at: Instant
    """When it happened in the world, as far as the decider was told."""
    type: str
    """Full name of the fact's message."""
    value: Raw
    """The fact, see `chassis.layout`."""
    correlation_id: bytes = b""
    causation_id: bytes = b""
    actor: str = ""
    traceparent: str = ""
    event_id: bytes = b""
    """Where it is not that of its place in the commit: of events written before those had one form."""


class Answer(Struct, array_like=True, gc=False):
    """What a caller was told; `type` and `value` are the response's full name and bytes."""

    request_id: bytes
    request_digest: bytes
    type: str = ""
    value: bytes = b""


class Commit(Struct, array_like=True, gc=False):
    """One message of the log: log.proto's Commit, as it is written. The meaning of each field is said there."""

    commit_id: bytes
    tenant: str
    shard: str
    input_position: int
    input_offset: int
    decided_at: Instant
    events: list[Event]
    answers: list[Answer] = field(default_factory=list)


_encode = msgpack.Encoder().encode
_decode_commit = msgpack.Decoder(Commit).decode
_decode_event = msgpack.Decoder(Event).decode


def encode(commit: Commit) -> bytes:
    """The bytes of a commit."""
    return _encode(commit)


def event_id(commit_id: bytes, index: int) -> bytes:
    """The id of an event: its commit's with its index, a UUIDv7 of 16 bytes."""
    return commit_id[:14] + index.to_bytes(2, "big")


class Position:
    """A place in the log at the API: an opaque token that callers keep and hand back."""

    @staticmethod
    def encode(position: int) -> str:
        """The token of a stream sequence (0 stands before the first commit)."""
        return base64.urlsafe_b64encode(b"p" + position.to_bytes(8, "big").lstrip(b"\0")).decode().rstrip("=")

    @staticmethod
    def decode(token: str, field: str = "min_position") -> int:
        """The stream sequence of a token; "" is 0. Raises InvalidRequest for anything this class did not make."""
        if not token:
            return 0
        try:
            raw = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            raw = b""
        if not raw.startswith(b"p") or len(raw) > 9:
            raise InvalidRequest(
                [(field, "is not a position; pass one exactly as a response gave it, or leave it empty")]
            )
        return int.from_bytes(raw[1:], "big")


class Mark(NamedTuple):
    """How far a reader has come: it has seen the log up to a position, and of the commit there the facts up to an
    index, the last one's. Marks are ordered as the log is.
    """

    position: int
    last: int = _EVENTS_TOLD_APART
    """The whole commit, unless another index is given."""

    @property
    def read_after(self) -> int:
        """The position behind which what is new to the reader begins; some of the first commit there may not be."""
        return self.position if self.last >= _EVENTS_TOLD_APART else max(0, self.position - 1)

    def encode(self) -> str:
        """The token of it; of a whole commit the position's."""
        token = Position.encode(self.position)
        return token if self.last >= _EVENTS_TOLD_APART else f"{token}.{self.last}"

    @staticmethod
    def decode(token: str, field: str) -> Mark:
        """The mark of a token, which may be a position's. Raises InvalidRequest for anything else."""
        position, point, index = token.partition(".")
        if point and (_INDEX.fullmatch(index) is None or int(index) >= _EVENTS_TOLD_APART):
            raise InvalidRequest([(field, "is not a token; pass one exactly as a response gave it, or leave it empty")])
        whole = Position.decode(position, field)
        return Mark(whole, int(index)) if point else Mark(whole)


@dataclass(frozen=True, slots=True)
class Subject:
    """Where a shard lives."""

    context: str
    tenant: str
    shard: str

    def __str__(self) -> str:
        return f"ev.{self.context}.{self.tenant}.{self.shard}" if self.context else self.shard

    @staticmethod
    @lru_cache(maxsize=4096)
    def parse(text: str) -> Subject:
        """The shard of a subject. Raises ValueError for any other text."""
        match = _SUBJECT.match(text)
        if match is None:
            raise ValueError(f"{text[:200]!r} is no subject of the log; expected ev.<context>.<tenant>.<shard>")
        return Subject(*match.groups())

    @staticmethod
    def of(text: str) -> Subject:
        """The same for a subject as it stands in the log: one that is no shard has neither context nor tenant, and its
        text stays the same.
        """
        try:
            return Subject.parse(text)
        except ValueError:
            return Subject("", "", text)


def unpacked(packed: AnyMessage) -> Message:
    """The message in an `Any`. Raises UnknownEvent when no contract defines it, and UnreadableEvent when
    its bytes are none of that type.
    """
    return layout.decoded(packed.TypeName(), packed.value)


class Recorded(Struct, eq=False, gc=False):
    """One event as it stands in the log."""

    position: int
    index: int
    subject: Subject
    event: Event
    type: str
    """The event's."""
    commit_id: bytes = b""
    own: Any = None
    """The fact as the service that owns it has it, once its codec has read it."""
    _body: Any = None

    @staticmethod
    def of(position: int, index: int, subject: Subject, event: Event, commit_id: bytes = b"") -> Recorded:
        """An event at its place; its id is its own where no commit is named."""
        return Recorded(position, index, subject, event, event.type, commit_id)

    @property
    def context(self) -> str:
        """Of its subject."""
        return self.subject.context

    @property
    def tenant(self) -> str:
        """Of its subject."""
        return self.subject.tenant

    @property
    def shard(self) -> str:
        """Of its subject."""
        return self.subject.shard

    @property
    def body(self) -> Any:
        """The fact as its struct, decoded once; as its message where it has none. Raises UnknownEvent when no contract
        defines it, and UnreadableEvent when its bytes are no such fact.
        """
        if self._body is None:
            self._body = layout.struct(self.type, memoryview(self.event.value))
        return self._body

    @property
    def event_id(self) -> bytes:
        """16 bytes, its own in the whole log."""
        return self.event.event_id or event_id(self.commit_id, self.index)

    @property
    def wire(self) -> bytes:
        """The fact as the bytes of its message. Raises UnreadableEvent."""
        return layout.wire(self.type, memoryview(self.event.value))

    def message(self) -> log_pb2.Event:
        """The event as callers are shown it. A fact that is none of its type is shown without its bytes."""
        event = self.event
        shown = log_pb2.Event(
            event_id=self.event_id,
            occurred_at=to_timestamp(event.occurred_at),
            correlation_id=event.correlation_id,
            causation_id=event.causation_id,
            actor=event.actor,
            traceparent=event.traceparent,
        )
        shown.body.type_url = _URL + self.type
        with suppress(layout.UnreadableEvent):
            shown.body.value = self.wire
        return shown

    def dump(self) -> bytes:
        """The event by itself, for `load`."""
        return _encode(structs.replace(self.event, event_id=self.event_id))

    @staticmethod
    def load(position: int, index: int, subject: Subject, data: bytes) -> Recorded:
        """What `dump` made bytes of, or an event that was parked as a message. Raises DecodeError or one of
        BAD_BYTES for anything else.
        """
        event = _decode_event(data) if layout.is_array(data) else event_of(log_pb2.Event.FromString(data))
        return Recorded.of(position, index, subject, event)


@dataclass(slots=True)
class Entry:
    """One message as it stands in the log, its bytes not yet decoded: a commit, or something that is none."""

    position: int
    subject: Subject
    data: bytes
    behind: int = 0
    """Commits that waited behind it for the same reader when it was handed out."""
    appended_at_s: float = 0.0
    """When the log took it, unix seconds by the server's clock; for measuring lag only."""
    report: Callable[[Entry], None] | None = attribute(default=None, repr=False)
    """Told once that the message turned out to be unreadable."""
    gone: bool = False
    """Whether its tenant is deleted: it keeps its place, and nobody takes anything from it."""
    _commit: Commit | None = None
    _unreadable: str = ""
    _recorded: list[Recorded] | None = None
    _events: list[Recorded] | None = None

    def without_tenant(self) -> Entry:
        """The same message, of a tenant that is deleted."""
        return Entry(self.position, self.subject, self.data, self.behind, self.appended_at_s, gone=True)

    @property
    def commit(self) -> Commit:
        """The commit; an empty one in place of what is unreadable."""
        if self._commit is None:
            self._commit, self._unreadable = _read(self.subject, self.data)
            if self._unreadable and self.report is not None:
                self.report(self)
        return self._commit

    @property
    def unreadable(self) -> str:
        """Why the message is no commit, "" for a commit; never a value of it. It depends on subject and bytes only, so
        every reader says the same.
        """
        _ = self.commit
        return self._unreadable

    def events(self) -> list[Recorded]:
        """The service's events of the commit in their order, none of what is unreadable; bodies are decoded once."""
        if self._events is None:
            recorded = self.recorded()
            if SHARD_EVENTS.isdisjoint([one.type for one in recorded]):
                self._events = recorded
            else:
                self._events = [one for one in recorded if one.type not in SHARD_EVENTS]
        return self._events

    def recorded(self) -> list[Recorded]:
        """All events of the commit, with those about the shard itself."""
        if self.gone:
            return []
        if self._recorded is None:
            commit, position, subject = self.commit, self.position, self.subject
            commit_id = commit.commit_id
            self._recorded = [
                Recorded(position, index, subject, event, event.type, commit_id)
                for index, event in enumerate(commit.events)
            ]
        return self._recorded


def _read(subject: Subject, data: bytes) -> tuple[Commit, str]:
    """The commit and "", or an empty one and what keeps the message from being one."""
    if not subject.context:
        return _nothing(), NO_SHARD
    try:
        is_message = data and not layout.is_array(data)
        commit = commit_of(log_pb2.Commit.FromString(data)) if is_message else _decode_commit(data)
    except (DecodeError, *layout.BAD_BYTES):
        return _nothing(), NO_COMMIT
    if (
        commit.input_position not in _POSITIONS
        or not 0 <= commit.input_offset <= _EVENTS_TOLD_APART
        or len(commit.events) > _EVENTS_TOLD_APART
    ):
        return _nothing(), NO_COMMIT
    if len(commit.commit_id) != 16:
        return _nothing(), NO_ID
    if commit.tenant != subject.tenant or commit.shard != subject.shard:
        return _nothing(), OTHER_SHARD
    commit.decided_at = _near(commit.decided_at)
    for event in commit.events:
        if not FIRST <= event.occurred_at <= LAST:
            event.occurred_at = _near(event.occurred_at)
    return commit, ""


def _nothing() -> Commit:
    return Commit(b"", "", "", 0, 0, FIRST, [])


def commit_of(commit: log_pb2.Commit) -> Commit:
    """The commit of a message: its facts stay the messages they are."""
    return Commit(
        commit.commit_id,
        commit.tenant,
        commit.shard,
        commit.input_position,
        commit.input_offset,
        _instant(commit.decided_at),
        [event_of(event) for event in commit.events],
        [
            Answer(answer.request_id, answer.request_digest, answer.response.TypeName(), answer.response.value)
            for answer in commit.answers
        ],
    )


def event_of(event: log_pb2.Event) -> Event:
    """The event of a message; its fact stays the message it is."""
    return Event(
        _instant(event.occurred_at),
        event.body.type_url.rpartition("/")[2],
        Raw(layout.as_bin(event.body.value)),
        event.correlation_id,
        event.causation_id,
        event.actor,
        event.traceparent,
        event.event_id,
    )


def _instant(at: Timestamp) -> Instant:
    return _near(from_timestamp(at))


def _near(at: Instant) -> Instant:
    """An instant of the calendar, the nearest one where it is none: nothing is ordered by it."""
    return max(FIRST, min(LAST, at))


def answer_message(answer: Answer) -> log_pb2.Answer:
    """An answer as callers are shown it."""
    shown = log_pb2.Answer(request_id=answer.request_id, request_digest=answer.request_digest)
    if answer.type:
        shown.response.type_url, shown.response.value = _URL + answer.type, answer.value
    return shown


def events_of(batch: Sequence[Entry]) -> list[Recorded]:
    """All events of a batch of commits, in log order."""
    return [recorded for entry in batch for recorded in entry.events()]
