"""Facts as they stand in the log, made of messages or of what a codec wrote."""

from __future__ import annotations

from chassis import layout
from chassis.clock import Instant
from chassis.commits import Commit, Event, Recorded, Subject, commit_of
from google.protobuf.message import Message
from msgspec import Raw
from switchboard.log.v1 import log_pb2


def event(fact: Message | tuple[str, bytes], at: int = 0) -> Event:
    """An event without anybody behind it."""
    name, data = packed(fact) if isinstance(fact, Message) else fact
    return Event(Instant(at), name, Raw(data))


def recorded(subject: Subject, fact: Message | tuple[str, bytes], position: int = 1, index: int = 0) -> Recorded:
    """One that stands in a commit at a position."""
    return Recorded.of(position, index, subject, event(fact), position.to_bytes(16, "big"))


def written(commit: log_pb2.Commit) -> Commit:
    """A commit that was put together as a message, for `Log.append`; its facts stay the messages they are."""
    return commit_of(commit)


def packed(message: Message) -> tuple[str, bytes]:
    """(full name, bytes in the log) of a message, as a decider encodes."""
    return message.DESCRIPTOR.full_name, layout.pack(message)
