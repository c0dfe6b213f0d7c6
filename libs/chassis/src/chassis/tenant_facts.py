"""What the log says of a tenant: its settings, and that it is deleted. Facts and their fold; it does nothing itself.

They stand on one subject per tenant, of a context that is no service's: any of them may append, guarded like a shard's.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from google.protobuf.message import Message
from msgspec import Raw
from switchboard.log.v1 import tenants_pb2

from chassis.clock import Instant
from chassis.commands import Request
from chassis.commits import Answer, Commit, Entry, Event, Subject
from chassis.identity import uuid7_bytes
from chassis.layout import UnreadableEvent, pack

CONTEXT: Final = "tenant"
ASKED_MAX: Final = 1000
"""Requests of one tenant that are recognised when they come again."""
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
class Purged:
    """What a service has deleted of a tenant."""

    at: Instant
    rows: tuple[tuple[str, int], ...]
    """(table, rows)."""
    left: int
    keys: int


@dataclass(frozen=True, slots=True)
class Deletion:
    """How far the deletion of a tenant is."""

    position: int
    """Where the log says it; whoever has read up to there takes nothing of the tenant any more."""
    at: Instant
    requested_by: str
    services: tuple[str, ...]
    """Those that have to delete what they have."""
    purged: Mapping[str, Purged] = field(default_factory=dict)
    """By service."""

    @property
    def missing(self) -> tuple[str, ...]:
        """The services that are not through."""
        return tuple(service for service in self.services if service not in self.purged)

    @property
    def done_at(self) -> Instant | None:
        """When the last of them was through."""
        return None if self.missing else max((one.at for one in self.purged.values()), default=self.at)


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that was done, or is to be: its id, what tells its body from another, and the settings it led to."""

    request_id: bytes
    digest: bytes
    settings: TenantSettings = TenantSettings()


@dataclass(frozen=True, slots=True)
class TenantState:
    """A tenant as its facts up to `position` say; position 0 for one that has none."""

    position: int = 0
    settings: TenantSettings = TenantSettings()
    deletion: Deletion | None = None
    asked: Mapping[bytes, Asked] = field(default_factory=dict)
    """Requests that were done by their ids, the latest ASKED_MAX."""


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
            state = _applied(state, recorded.body, recorded.event.occurred_at)
        except UnreadableEvent:
            continue
    for answer in entry.commit.answers:
        done = Asked(answer.request_id, answer.request_digest, state.settings)
        latest = [*state.asked.values(), done][-ASKED_MAX:]
        state = replace(state, asked={one.request_id: one for one in latest})
    return state


def _applied(state: TenantState, fact: Message, at: Instant) -> TenantState:
    deletion = state.deletion
    match fact:
        case tenants_pb2.TenantChanged() if deletion is None:
            return replace(state, settings=TenantSettings(fact.display_name, fact.default_region, fact.time_zone))
        case tenants_pb2.TenantDeleted() if deletion is None:
            begun = Deletion(state.position, at, fact.requested_by, tuple(fact.services))
            return TenantState(state.position, deletion=begun)
        case tenants_pb2.TenantPurged() if deletion is not None and fact.deletion.service not in deletion.purged:
            done = fact.deletion
            rows = tuple((one.table, one.rows) for one in done.deleted)
            purged = Purged(at, rows, done.rows_left, done.keys_destroyed)
            return replace(state, deletion=replace(deletion, purged={**deletion.purged, done.service: purged}))
        case _:
            return state


def is_deleted_by(entry: Entry) -> bool:
    """Whether a commit says that its tenant is deleted. Most commits are of other contexts and are not decoded."""
    return entry.subject.context == CONTEXT and folded(TenantState(), entry).deletion is not None


def changed(settings: TenantSettings) -> tenants_pb2.TenantChanged:
    """The fact that a tenant's settings are these."""
    return tenants_pb2.TenantChanged(
        display_name=settings.display_name, default_region=settings.default_region, time_zone=settings.time_zone
    )


def purged(service: str, rows: Iterable[tuple[str, int]], left: int, keys: int) -> tenants_pb2.TenantPurged:
    """The fact that a service has nothing of a deleted tenant any more."""
    deleted = [tenants_pb2.DeletedRows(table=table, rows=count) for table, count in rows if count]
    return tenants_pb2.TenantPurged(
        deletion=tenants_pb2.ServiceDeletion(service=service, deleted=deleted, rows_left=left, keys_destroyed=keys)
    )


def commit_of(subject: Subject, facts: Sequence[Message], now: Instant, asked: Request | None = None) -> Commit:
    """Facts as one commit of a subject, and the request they were asked for by."""
    events = [Event(now, fact.DESCRIPTOR.full_name, Raw(pack(fact))) for fact in facts]
    answers = [] if asked is None else [Answer(asked.request_id, asked.digest)]
    return Commit(uuid7_bytes(now), subject.tenant, subject.shard, 0, 0, now, events, answers)
