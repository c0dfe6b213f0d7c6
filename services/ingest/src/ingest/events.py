"""The facts of the `post` context: about sources as frozen data, about posts as the messages they are stored as.

Why the two differ: docs/adr says what mirroring a post's messages would cost on the hot path.
"""

from dataclasses import dataclass

from chassis.clock import Instant
from switchboard.ingest.v1 import events_pb2

PostEvent = (
    events_pb2.PostReceived
    | events_pb2.PostEdited
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
    at: Instant


@dataclass(frozen=True, slots=True)
class SourceDisconnected:
    """It was disconnected; its posts stay."""

    source_id: str
    at: Instant


SourceEvent = SourceConnected | SourceChanged | SourceDisconnected
