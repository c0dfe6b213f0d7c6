"""What waits at a shard to be decided: callers' commands, and those that other people's facts lead to.

It knows who asked and for what. It knows no queue, no decider and no log.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from google.protobuf.message import Message
from msgspec import Struct

from chassis.errors import InvalidRequest
from chassis.identity import uuid_bytes

C = TypeVar("C")
S = TypeVar("S")
E = TypeVar("E")


class Origin(Struct, frozen=True, gc=False):
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


class Unsent(Protocol):
    """A request that becomes a message only where another replica owns its shard."""

    @property
    def size(self) -> int:
        """Bytes it weighs while it is in hand."""

    def message(self) -> Message:
        """The request as it is sent."""


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
    in_log: bool = False
    """The request was answered before; the answer stands in the commit at `position`."""


@dataclass(slots=True)
class PendingCommand(Generic[C, S, E]):
    """A caller's command that waits to be decided."""

    command: C | None
    """None only releases an input that leads to no command."""
    origin: Origin
    outcome: asyncio.Future[Outcome[E]]
    request: Request | None = None
    respond: Callable[[S, Sequence[E]], Message] | None = None
    releases: tuple[int, int] | None = None
    """The parked input, (position, index), that this command is taken from."""
    expires_at: float = float("inf")
    """When its caller stops waiting, by the monotonic clock in seconds; it is not decided after that."""

    def refuse(self, failure: BaseException) -> None:
        """Tells the caller, unless the caller has gone."""
        if not self.outcome.done():
            self.outcome.set_exception(failure)


class InputCommand(Struct, Generic[C], gc=False):
    """What one event of an input commit leads to: a command, or to being parked."""

    index: int
    """Of the event in its commit."""
    type: str
    """Full name of the event."""
    origin: Origin
    command: C | None
    failure: str = ""
    """Kind of the error that keeps it from being taken, "" for none."""


@dataclass(frozen=True, slots=True)
class InputCommit(Generic[C]):
    """What one commit of other people's facts leads to in a shard."""

    position: int
    subject: str
    commands: list[InputCommand[C]]
    """For those events that lead to something, in their order."""
    size: int = 0
    """Bytes it weighs while it waits."""
