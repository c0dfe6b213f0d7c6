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
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from google.protobuf import descriptor_pool, message_factory
from google.protobuf.any_pb2 import Any as AnyMessage
from google.protobuf.message import DecodeError, Message
from switchboard.log.v1 import log_pb2

from chassis.errors import InvalidRequest

STREAM = "EVENTS"
EVERYTHING = "ev.>"
"""The subjects of all shards, and of what got into the log before it took no others."""
EVENTS_MAX = 1_000
"""Events in one commit."""
COMMIT_BYTES_MAX = 512 * 1024
"""Encoded size of the events of one commit."""
ANSWER_BYTES_MAX = 384 * 1024
"""Encoded size of one answer that is kept."""
ENCODED_BYTES_MAX = COMMIT_BYTES_MAX + ANSWER_BYTES_MAX + 64 * 1024
"""Encoded size of a whole commit, answers included. Against: a server's default payload limit of 1 MiB."""
SHARD_CLOSED = "switchboard.log.v1.ShardClosed"
SHARD_EVENTS = frozenset({"switchboard.log.v1.InputParked", "switchboard.log.v1.InputReleased", SHARD_CLOSED})
"""Facts about a shard itself. They are no service's: neither deciders nor views see them."""
_SUBJECT = re.compile(r"ev\.([a-z]+)\.([a-z][a-z0-9-]{0,39})\.([a-z0-9-]+)\Z")


NO_SHARD = "its subject is no shard"
NO_COMMIT = "its bytes are no commit"
NO_ID = "its commit id is not 16 bytes"
OTHER_SHARD = "it names another tenant or shard than its subject"


class UnreadableEvent(DecodeError):
    """An event of a commit cannot be read by this process: its bytes are no message of its type."""


class UnknownEvent(UnreadableEvent):
    """An event's type is not known to this process: it was written by a newer version, or a contract is not
    imported.
    """


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


@lru_cache(maxsize=1024)
def message_class(full_name: str) -> type[Message]:
    """The class of a message by its full name. Raises UnknownEvent when no contract imported here defines it."""
    try:
        return message_factory.GetMessageClass(descriptor_pool.Default().FindMessageTypeByName(full_name))
    except KeyError:
        raise UnknownEvent(f"event type {full_name} is unknown here; deploy the release that knows it first") from None


def unpacked(packed: AnyMessage) -> Message:
    """The message in an `Any`. Raises UnknownEvent when no contract imported here defines it, and UnreadableEvent when
    its bytes are none of that type.
    """
    return _decoded(packed.TypeName(), packed.value)


def _decoded(full_name: str, data: bytes) -> Message:
    try:
        return message_class(full_name).FromString(data)
    except UnreadableEvent:
        raise
    except DecodeError:
        raise UnreadableEvent(f"its bytes are no {full_name}") from None


@lru_cache(maxsize=1024)
def _name(type_url: str) -> str:
    return type_url.rpartition("/")[2]


class Recorded:
    """One event as it stands in the log."""

    __slots__ = ("_body", "context", "event", "index", "position", "shard", "tenant", "type")

    def __init__(self, position: int, index: int, subject: Subject, event: log_pb2.Event) -> None:
        self.position = position
        self.index = index
        self.context = subject.context
        self.tenant = subject.tenant
        self.shard = subject.shard
        self.event = event
        self.type = _name(event.body.type_url)
        self._body: Message | None = None

    @property
    def body(self) -> Any:
        """The fact, decoded once. Raises UnknownEvent when its contract is not imported in this process, and
        UnreadableEvent when its bytes are no such message.
        """
        if self._body is None:
            self._body = _decoded(self.type, self.event.body.value)
        return self._body


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
    report: Callable[[Entry], None] | None = field(default=None, repr=False)
    """Told once that the message turned out to be unreadable."""
    gone: bool = False
    """Whether its tenant is deleted: it keeps its place, and nobody takes anything from it."""
    _commit: log_pb2.Commit | None = None
    _unreadable: str = ""
    _recorded: list[Recorded] | None = None
    _events: list[Recorded] | None = None

    def without_tenant(self) -> Entry:
        """The same message, of a tenant that is deleted."""
        return Entry(self.position, self.subject, self.data, self.behind, self.appended_at_s, gone=True)

    @property
    def commit(self) -> log_pb2.Commit:
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
            self._events = [recorded for recorded in self.recorded() if recorded.type not in SHARD_EVENTS]
        return self._events

    def recorded(self) -> list[Recorded]:
        """All events of the commit, with those about the shard itself."""
        if self.gone:
            return []
        if self._recorded is None:
            self._recorded = [Recorded(self.position, i, self.subject, e) for i, e in enumerate(self.commit.events)]
        return self._recorded


def _read(subject: Subject, data: bytes) -> tuple[log_pb2.Commit, str]:
    """The commit and "", or an empty one and what keeps the message from being one."""
    if not subject.context:
        return log_pb2.Commit(), NO_SHARD
    try:
        commit = log_pb2.Commit.FromString(data)
    except DecodeError:
        return log_pb2.Commit(), NO_COMMIT
    if len(commit.commit_id) != 16:
        return log_pb2.Commit(), NO_ID
    if commit.tenant != subject.tenant or commit.shard != subject.shard:
        return log_pb2.Commit(), OTHER_SHARD
    return commit, ""


def events_of(batch: Sequence[Entry]) -> list[Recorded]:
    """All events of a batch of commits, in log order."""
    return [recorded for entry in batch for recorded in entry.events()]
