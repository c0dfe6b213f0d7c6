"""What the log says of a tenant: its settings. Facts and their fold; it reads and appends nothing.

They stand on one subject per tenant, of a context that is no service's: any of them may append, guarded like a shard's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from google.protobuf.message import Message
from switchboard.log.v1 import log_pb2, tenants_pb2

from chassis.clock import Instant, to_timestamp
from chassis.commits import Entry, Subject, UnreadableEvent
from chassis.identity import uuid5_bytes, uuid7_bytes

CONTEXT: Final = "tenant"
EVERY_TENANT: Final = f"ev.{CONTEXT}.*.*"


@dataclass(frozen=True, slots=True)
class TenantSettings:
    """What a tenant says of itself; "" where it says nothing."""

    display_name: str = ""
    default_region: str = ""
    """ISO 3166-1 alpha-2: whose a phone number is that does not say it."""
    time_zone: str = ""
    """IANA name."""


@dataclass(frozen=True, slots=True)
class TenantState:
    """A tenant as its facts up to `position` say; position 0 for one that has none."""

    position: int = 0
    settings: TenantSettings = TenantSettings()


def subject_of(tenant: str) -> Subject:
    """Where a tenant's facts stand."""
    return Subject(CONTEXT, tenant, "0")


def folded(state: TenantState, entry: Entry) -> TenantState:
    """The state after a commit of the tenant's subject; one that is included already, or unreadable, changes nothing
    else. A fact that a later release has and this one does not know is passed over.
    """
    if entry.position <= state.position:
        return state
    state = replace(state, position=entry.position)
    for recorded in entry.recorded():
        try:
            body = recorded.body
        except UnreadableEvent:
            continue
        if isinstance(body, tenants_pb2.TenantChanged):
            state = replace(state, settings=TenantSettings(body.display_name, body.default_region, body.time_zone))
    return state


def changed(settings: TenantSettings) -> tenants_pb2.TenantChanged:
    """The fact that a tenant's settings are these."""
    return tenants_pb2.TenantChanged(
        display_name=settings.display_name, default_region=settings.default_region, time_zone=settings.time_zone
    )


def commit_of(subject: Subject, facts: Sequence[Message], now: Instant) -> log_pb2.Commit:
    """Facts as one commit of a subject."""
    commit = log_pb2.Commit(
        commit_id=uuid7_bytes(now), tenant=subject.tenant, shard=subject.shard, decided_at=to_timestamp(now)
    )
    for number, fact in enumerate(facts):
        event = commit.events.add(event_id=uuid5_bytes(commit.commit_id, str(number)), occurred_at=to_timestamp(now))
        event.body.Pack(fact, deterministic=True)
    return commit
