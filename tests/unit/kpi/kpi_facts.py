"""Events of `post` and `work` as the log would hand them out, for tests of kpi. Knows no log."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import recording
from chassis.clock import Instant, to_timestamp
from chassis.commits import Commit, Recorded, Subject
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp
from switchboard.ingest.v1 import events_pb2 as post
from switchboard.ingest.v1 import post_pb2
from switchboard.routing.v1 import events_pb2 as work

SECOND = 1_000_000
T0 = 1_790_000_000 * SECOND


def ts(after_s: float) -> Timestamp:
    return to_timestamp(Instant(T0 + round(after_s * SECOND)))


def commit(tenant: str, shard: str, events: Sequence[Message], salt: str = "") -> Commit:
    """A commit whose id is a digest of its contents."""
    digest = hashlib.sha256(salt.encode() + b"".join(one.SerializeToString(deterministic=True) for one in events))
    made = [recording.event(body, T0) for body in events]
    return Commit(digest.digest()[:16], tenant, shard, 0, 0, Instant(T0), made)


def recorded(events: Sequence[Message], tenant: str = "acme", first: int = 1) -> list[Recorded]:
    """Events at successive positions."""
    found = []
    for position, body in enumerate(events, start=first):
        context = "post" if type(body).DESCRIPTOR.file.package.startswith("switchboard.ingest") else "work"
        made = commit(tenant, "0", [body], str(position))
        found.append(Recorded.of(position, 0, Subject(context, tenant, "0"), made.events[0], made.commit_id))
    return found


def source(source_id: str, **labels: str) -> Message:
    pairs = [post.Label(key=key, value=value) for key, value in sorted(labels.items())]
    return post.SourceConnected(source_id=source_id, channel="x", labels=pairs, at=ts(0))


def relabelled(source_id: str, **labels: str) -> Message:
    pairs = [post.Label(key=key, value=value) for key, value in sorted(labels.items())]
    return post.SourceChanged(source_id=source_id, labels=pairs, at=ts(0))


def opened(case: str, source_id: str = "air", desk: str = "", customer: str = "") -> Message:
    return work.CaseOpened(case_id=case, channel="x", source_id=source_id, desk=desk, identity_id=customer, at=ts(0))


def inbound(
    case: str,
    post_id: str,
    at: float,
    kind: post_pb2.PostKind = post_pb2.POST_KIND_POST,
    *,
    received: float | None = None,
) -> work.PostAttached:
    return work.PostAttached(
        case_id=case,
        post_id=post_id,
        direction=post_pb2.DIRECTION_INBOUND,
        author_kind=post_pb2.AUTHOR_KIND_CUSTOMER,
        role=work.POST_ROLE_CONTACT,
        kind=kind,
        published_at=ts(at),
        received_at=ts(at if received is None else received),
        at=ts(at),
    )


def outbound(case: str, post_id: str, at: float, *, human: bool = True, asked: float | None = None) -> Message:
    return work.PostAttached(
        case_id=case,
        post_id=post_id,
        direction=post_pb2.DIRECTION_OUTBOUND,
        author_kind=post_pb2.AUTHOR_KIND_BRAND_HUMAN if human else post_pb2.AUTHOR_KIND_BRAND_BOT,
        role=work.POST_ROLE_ANSWER,
        answers_published_at=None if asked is None else ts(asked),
        published_at=ts(at),
        received_at=ts(at if asked is None else max(at, asked)),
        at=ts(at),
    )


def context(case: str, post_id: str, at: float) -> Message:
    made = inbound(case, post_id, at)
    made.role = work.POST_ROLE_CONTEXT
    return made


def detached(
    case: str, post_id: str, at: float, role: work.PostRole = work.POST_ROLE_ANSWER, *, moved: bool = False
) -> Message:
    ours = role == work.POST_ROLE_ANSWER
    direction = post_pb2.DIRECTION_OUTBOUND if ours else post_pb2.DIRECTION_INBOUND
    return work.PostDetached(case_id=case, post_id=post_id, direction=direction, role=role, is_moved=moved, at=ts(at))


def queued(case: str, queue: str, at: float, due: float) -> Message:
    return work.CaseQueued(case_id=case, queue=queue, at=ts(at), due_at=ts(due))


def registered(agent: str, capacity: int = 1) -> Message:
    return work.AgentRegistered(agent_id=agent, capacity=capacity, at=ts(0))


def present(agent: str, presence: work.Presence) -> Message:
    return work.PresenceChanged(agent_id=agent, presence=presence, at=ts(0))


def offered(case: str, agent: str, at: float, weight: int = 1, width: int = 0) -> Message:
    return work.CaseOffered(case_id=case, agent_id=agent, weight=weight, at=ts(at), width=width)


def declined(case: str, agent: str, at: float) -> Message:
    return work.OfferDeclined(case_id=case, agent_id=agent, at=ts(at))


def rescinded(case: str, agent: str, at: float) -> Message:
    return work.OfferRescinded(case_id=case, agent_id=agent, reason=work.RESCIND_REASON_TAKEN, at=ts(at))


def expired(case: str, agent: str, at: float) -> Message:
    return work.OfferExpired(case_id=case, agent_id=agent, at=ts(at))


def accepted(case: str, agent: str, at: float, also: Sequence[str] = ()) -> Message:
    return work.OfferAccepted(case_id=case, agent_id=agent, at=ts(at), joined_case_ids=also)


def claimed(case: str, agent: str, at: float) -> Message:
    return work.CaseClaimed(case_id=case, agent_id=agent, at=ts(at))


def lapsed(case: str, agent: str, at: float) -> Message:
    return work.ClaimLapsed(case_id=case, agent_id=agent, at=ts(at))


def released(case: str, agent: str, at: float) -> Message:
    return work.CaseReleased(case_id=case, agent_id=agent, at=ts(at))


def transferred(case: str, agent: str, queue: str, at: float) -> Message:
    return work.CaseTransferred(case_id=case, agent_id=agent, queue=queue, at=ts(at))


def pended(case: str, agent: str, at: float, *, for_customer: bool = True) -> Message:
    whom = work.WAITING_FOR_CUSTOMER if for_customer else work.WAITING_FOR_THIRD_PARTY
    return work.CasePended(case_id=case, agent_id=agent, waiting_for=whom, at=ts(at))


def interrupted(case: str, agent: str, by: str, at: float) -> Message:
    whom = work.WAITING_FOR_INTERRUPTED
    return work.CasePended(case_id=case, agent_id=agent, waiting_for=whom, interrupted_by=by, at=ts(at))


def resumed(case: str, at: float) -> Message:
    return work.CaseResumed(case_id=case, reason="customer", at=ts(at))


def task(case: str, task_id: str, queue: str, at: float) -> Message:
    return work.TaskOpened(case_id=case, task_id=task_id, queue=queue, at=ts(at))


def task_closed(case: str, task_id: str, at: float) -> Message:
    return work.TaskClosed(case_id=case, task_id=task_id, at=ts(at))


def sent(case: str, agent: str, at: float, post_id: str = "", *, human: bool = True) -> Message:
    kind = post_pb2.AUTHOR_KIND_BRAND_HUMAN if human else post_pb2.AUTHOR_KIND_BRAND_BOT
    return work.ReplySent(case_id=case, agent_id=agent, author_kind=kind, post_id=post_id, at=ts(at))


def resolved(case: str, agent: str, at: float) -> Message:
    return work.CaseResolved(case_id=case, agent_id=agent, at=ts(at))


def reopened(case: str, at: float, episode: int = 2) -> Message:
    return work.CaseReopened(case_id=case, reason="customer", episode=episode, at=ts(at))


def withdrawn(case: str, at: float) -> Message:
    return work.CaseWithdrawn(case_id=case, at=ts(at))


def joined(case: str, other: str, at: float = 0) -> Message:
    return work.CasesJoined(case_id=case, joined_case_id=other, at=ts(at))


def joined_by(case: str, other: str, at: float = 0, agent: str = "") -> Message:
    """Somebody joined them; `agent` has the one that goes on."""
    return work.CasesJoined(case_id=case, joined_case_id=other, at=ts(at), actor="client", agent_id=agent)


def placed(case: str, other: str, at: float = 0, agent: str = "") -> Message:
    return work.JoinedCasePlaced(case_id=case, joined_case_id=other, at=ts(at), agent_id=agent)


def split(case: str, other: str, at: float = 0) -> Message:
    return work.CaseSplit(case_id=case, new_case_id=other, actor="client", at=ts(at))
