"""The facts of the `post` context: the contract's own structs. The commonest of them, PostReceived, is encoded where it
arrives, and decided upon by a few of its fields.
"""

from __future__ import annotations

from enum import IntEnum

import msgspec
from chassis.clock import Instant
from switchboard.ingest.v1 import events_structs


class Location(IntEnum):
    """What a delivery says of where a post was written."""

    UNTOLD = 0
    TOLD = 1
    NONE = 2


class PostReceived(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A post came: what is decided upon, and the fact as it is stored."""

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


decode_received = msgspec.msgpack.Decoder(events_structs.PostReceived).decode
"""The whole of a PostReceived's `encoded`."""

PostEvent = (
    PostReceived
    | events_structs.PostSighted
    | events_structs.PostEdited
    | events_structs.PostCompleted
    | events_structs.PostAliased
    | events_structs.AuthorWithdrawn
    | events_structs.AuthorLocationRemoved
    | events_structs.PostLocationRemoved
    | events_structs.PostWithdrawn
    | events_structs.DeliveryQuarantined
    | events_structs.DeliveryRequeued
)


Label = events_structs.Label
SourceConnected = events_structs.SourceConnected
SourceChanged = events_structs.SourceChanged
SourceDisconnected = events_structs.SourceDisconnected
SourceEvent = SourceConnected | SourceChanged | SourceDisconnected
