"""The facts of the `post` context: about sources as frozen data, about posts as the messages they are stored as.

Why the two differ: docs/adr says what mirroring a post's messages would cost on the hot path. The commonest of them is
encoded where it arrives and decided upon by a few of its fields.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import ClassVar

import msgspec
from chassis.clock import Instant
from switchboard.ingest.v1 import events_pb2


class Location(IntEnum):
    """What a delivery says of where a post was written."""

    UNTOLD = 0
    TOLD = 1
    NONE = 2


class PostReceived(msgspec.Struct, frozen=True, gc=False):
    """A post came: what is decided upon, and the message as it is stored."""

    DESCRIPTOR: ClassVar = events_pb2.PostReceived.DESCRIPTOR

    post_id: str
    identity_id: str
    platform_revision: int
    content_digest: bytes
    direction: int
    published_at: Instant
    encoded: bytes
    desk: str = ""
    is_addressed: bool = False
    edited_at: Instant | None = None
    """When the platform says this version was written: for the edit this is where the post is known already."""
    cut_length: int = 0
    """Length of the text where the platform cut it, 0 for a whole one."""
    location: int = 0
    """Whether its content has a location: Location."""
    extent: int = 0
    """How much of its version it shows, 0 where a changed content may be an edit."""

    def SerializeToString(self, *, deterministic: bool = True) -> bytes:  # noqa: N802  (as messages name it)
        """The bytes of the message."""
        return self.encoded


PostEvent = (
    PostReceived
    | events_pb2.PostSighted
    | events_pb2.PostEdited
    | events_pb2.PostCompleted
    | events_pb2.PostAliased
    | events_pb2.AuthorWithdrawn
    | events_pb2.AuthorLocationRemoved
    | events_pb2.PostLocationRemoved
    | events_pb2.PostWithdrawn
    | events_pb2.DeliveryQuarantined
    | events_pb2.DeliveryRequeued
)


@dataclass(frozen=True, slots=True)
class Label:
    """A key and a value of a source."""

    key: str
    value: str


@dataclass(frozen=True, slots=True)
class SourceConnected:
    """A source was connected."""

    source_id: str
    channel: str
    account_scope: str
    display_name: str
    owned_accounts: tuple[str, ...]
    labels: tuple[Label, ...]
    secrets_ref: str
    default_queue: str
    desk: str
    listening: bool | None
    at: Instant


@dataclass(frozen=True, slots=True)
class SourceChanged:
    """Its settings changed; these are all of them now."""

    source_id: str
    display_name: str
    owned_accounts: tuple[str, ...]
    labels: tuple[Label, ...]
    secrets_ref: str
    default_queue: str
    desk: str
    listening: bool | None
    at: Instant


@dataclass(frozen=True, slots=True)
class SourceDisconnected:
    """It was disconnected; its posts stay."""

    source_id: str
    at: Instant


SourceEvent = SourceConnected | SourceChanged | SourceDisconnected
