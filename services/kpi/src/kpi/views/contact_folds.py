"""Events into rows: what each fact of `post` and `work` makes of a case, a source or an agent. Pure; knows no table."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec
from chassis.commits import Recorded
from chassis.view import Founding
from msgspec.structs import replace
from switchboard.ingest.v1 import events_structs as post
from switchboard.ingest.v1 import post_pb2
from switchboard.routing.v1 import events_pb2 as enums
from switchboard.routing.v1 import events_structs as work

from kpi.episodes import (
    Began,
    Case,
    Delegated,
    Delivered,
    Ended,
    Fact,
    Gone,
    Interrupted,
    LetGo,
    Moved,
    Offered,
    Parked,
    Posted,
    Queued,
    Reopened,
    Sent,
    Settled,
    Took,
    Unoffered,
    Withdrew,
    Woke,
    Wrote,
    joined,
    last_moment,
    reference,
    with_fact,
)


class Source(msgspec.Struct, frozen=True):
    """A source's labels as JSON, each with the reference of the event since which they hold; ascending."""

    versions: tuple[tuple[int, str], ...] = ()


class Agent(msgspec.Struct, frozen=True):
    """Whether somebody takes work, a number of the contract's `Presence`, and for how many units at a time."""

    presence: int = enums.PRESENCE_OFFLINE
    capacity: int = 0


Row = Case | Source | Agent
Rows = dict[str, Row]


def case_key(tenant: str, case_id: str) -> str:
    """The key of a case's row."""
    return f"case/{tenant}/{case_id}"


def source_key(tenant: str, source_id: str) -> str:
    """The key of a source's row."""
    return f"source/{tenant}/{source_id}"


def agent_key(tenant: str, agent_id: str) -> str:
    """The key of an agent's row."""
    return f"agent/{tenant}/{agent_id}"


_UNKNOWN = Case()


def _case(rows: Rows, tenant: str, case_id: str) -> Case:
    row = rows.get(case_key(tenant, case_id))
    return row if isinstance(row, Case) else _UNKNOWN


def _standing(rows: Rows, tenant: str, case_id: str) -> tuple[str, Case]:
    """The case that goes on for this one: itself, or what it was joined into, however often."""
    case = _case(rows, tenant, case_id)
    seen = {case_id}
    while case.joined_into and case.joined_into not in seen:
        case_id = case.joined_into
        seen.add(case_id)
        case = _case(rows, tenant, case_id)
    return case_id, case


def _add(rows: Rows, event: Recorded, case_id: str, fact: Fact) -> None:
    key = case_key(event.tenant, case_id)
    case = rows.get(key, _UNKNOWN)
    if not isinstance(case, Case):
        raise TypeError(f"{key} is no case")
    if case.joined_into:
        standing_id, case = _standing(rows, event.tenant, case_id)
        key = case_key(event.tenant, standing_id)
        fact = replace(fact, origin=case_id)
    rows[key] = with_fact(case, fact)


def _ref(event: Recorded) -> int:
    return reference(event.position, event.index)


def _on_source(rows: Rows, event: Recorded) -> None:
    body = event.body
    key = source_key(event.tenant, body.source_id)
    known = rows.get(key)
    versions = known.versions if isinstance(known, Source) else ()
    labels = json.dumps({one.key: one.value for one in body.labels}, ensure_ascii=False, sort_keys=True)
    rows[key] = Source(tuple(sorted({**dict(versions), _ref(event): labels}.items())))


def _on_opened(rows: Rows, event: Recorded) -> None:
    body = event.body
    known = _case(rows, event.tenant, body.case_id)
    rows[case_key(event.tenant, body.case_id)] = replace(
        known,
        channel=body.channel,
        source=body.source_id,
        desk=body.desk,
        customer=body.identity_id,
        weight=body.weight,
        language=_language(body.language),
    )


def _on_begun(rows: Rows, event: Recorded) -> None:
    body, post = event.body, event.body.post
    place = _is_direct(post), post.channel, post.source_id, post.desk
    at, published = min(post.published_at, post.received_at), post.published_at
    lag = max(0, post.received_at - at)
    promise, language = (body.queue, body.due_at, body.at), _language(post.language)
    fact = Began(_ref(event), at, "", post.post_id, *place, published, *promise, lag, language, body.tier)
    key = case_key(event.tenant, body.case_id)
    known = rows.get(key)
    if isinstance(known, Case):
        rows[key] = _begun_before(known, body)
        _add(rows, event, body.case_id, fact)
        return
    rows[key] = Case(
        *(post.channel, post.source_id, "", post.desk, post.identity_id, "", body.weight, (fact,)),
        language=language,
        last_at=last_moment(fact),
    )


def _begun_before(case: Case, body: Any) -> Case:
    """A case of which something was taken while what began it waited, since a release did not know that."""
    post = body.post
    named = replace(
        case,
        channel=post.channel,
        source=post.source_id,
        desk=post.desk,
        customer=post.identity_id,
        weight=0 if case.joined_into else case.weight or body.weight,
        language=_language(post.language),
    )
    facts = [
        replace(
            one,
            channel=post.channel,
            source=one.source or post.source_id,
            desk=post.desk,
            language=named.language,
        )
        if type(one) is Wrote and not one.channel
        else one
        for one in case.all_facts
    ]
    return named.regrouped_with(tuple(facts), case.joined_into)


def _on_attached(rows: Rows, event: Recorded) -> None:
    _attach(rows, event, event.body)


def _on_post_placed(rows: Rows, event: Recorded) -> None:
    _attach(rows, event, event.body.post)


def _attach(rows: Rows, event: Recorded, post: Any) -> None:
    body = event.body
    if body.role == enums.POST_ROLE_CONTEXT:
        return
    published, received = post.published_at, post.received_at
    if post.direction == post_pb2.DIRECTION_INBOUND:
        if post.author_kind == post_pb2.AUTHOR_KIND_CUSTOMER:
            case = _case(rows, event.tenant, body.case_id)
            place = (_is_direct(post), case.channel, post.source_id or case.source, case.desk)
            start = min(published, received)
            said = published, max(0, received - start), case.language
            _add(rows, event, body.case_id, Wrote(_ref(event), start, "", post.post_id, *place, *said))
    elif post.author_kind in (post_pb2.AUTHOR_KIND_BRAND_HUMAN, post_pb2.AUTHOR_KIND_BRAND_BOT):
        human = post.author_kind == post_pb2.AUTHOR_KIND_BRAND_HUMAN
        asked = _asked(body)
        # The question is older than its answer; how much older no clock tells that is ahead of ours.
        at = max(published, min(asked, received))
        _add(rows, event, body.case_id, Posted(_ref(event), at, "", post.post_id, human, asked, published < asked))


def _language(tag: str) -> str:
    """The language of a post, "" where nobody knows."""
    return "" if tag == "und" else tag


def _is_direct(post: Any) -> bool:
    return bool(post.kind == post_pb2.POST_KIND_DIRECT_MESSAGE)


def _asked(body: Any) -> int:
    """Publication of the post an answer names, 0 when it names none."""
    return body.answers_published_at or 0


def _on_detached(rows: Rows, event: Recorded) -> None:
    body = event.body
    # That a customer spoke to us stays true when they delete it; a post that is moved was never said here.
    if body.role != enums.POST_ROLE_CONTEXT and (body.is_moved or body.direction == post_pb2.DIRECTION_OUTBOUND):
        _add(rows, event, body.case_id, Gone(_ref(event), body.at, "", body.post_id))


def _on_queued(rows: Rows, event: Recorded) -> None:
    body = event.body
    if body.for_joined:
        return  # that its own customer is promised something says the other fact
    times = body.at, body.due_at
    _add(rows, event, body.case_id, Queued(_ref(event), times[0], "", body.queue, times[1], body.tier))


def _on_sent(rows: Rows, event: Recorded) -> None:
    body = event.body
    human = body.author_kind == post_pb2.AUTHOR_KIND_BRAND_HUMAN
    at = body.at
    fact = Sent(_ref(event), at, "", body.post_id, human, body.agent_id, at < _asked(body))
    _add(rows, event, body.case_id, fact)


def _on_taken(rows: Rows, event: Recorded) -> None:
    body = event.body
    _hold(rows, event, body.agent_id)
    _take(rows, event, body.case_id, claimed=event.type == _CLAIMED)
    for case_id in body.joined_case_ids:
        _take(rows, event, case_id, along=True)


def _on_placed(rows: Rows, event: Recorded) -> None:
    """Whoever has a case has those that somebody joined into it."""
    if event.body.agent_id:
        _take(rows, event, event.body.joined_case_id, along=True)


def _take(rows: Rows, event: Recorded, case_id: str, *, claimed: bool = False, along: bool = False) -> None:
    _add(rows, event, case_id, Took(_ref(event), event.body.at, "", event.body.agent_id, claimed, along))


def _on_offered(rows: Rows, event: Recorded) -> None:
    body = event.body
    agents = (body.agent_id,) if body.width <= 1 else (*_others(rows, event), body.agent_id)
    _hold(rows, event, " ".join(agents), body.weight)
    _add(rows, event, body.case_id, Offered(_ref(event), body.at, "", body.agent_id))


def _on_offer_ended(rows: Rows, event: Recorded) -> None:
    """The others to whom it is offered are still reserved."""
    body = event.body
    _hold(rows, event, " ".join(_others(rows, event)))
    _add(rows, event, body.case_id, Unoffered(_ref(event), body.at, "", body.agent_id, _ENDINGS[event.type]))


def _others(rows: Rows, event: Recorded) -> list[str]:
    """Whom the event's case is with or offered to, but for its agent."""
    agents = _case(rows, event.tenant, event.body.case_id).agent.split()
    return [agent for agent in agents if agent != event.body.agent_id]


def _on_freed(rows: Rows, event: Recorded) -> None:
    body = event.body
    _hold(rows, event, "")
    _add(rows, event, body.case_id, LetGo(_ref(event), body.at, "", body.agent_id, _ENDINGS[event.type]))


def _on_moved(rows: Rows, event: Recorded) -> None:
    body = event.body
    if body.queue:  # an escalation of an earlier release moved none
        _add(rows, event, body.case_id, Moved(_ref(event), body.at, "", body.agent_id, body.queue))


def _on_pended(rows: Rows, event: Recorded) -> None:
    body = event.body
    if body.waiting_for == enums.WAITING_FOR_INTERRUPTED:
        _add(rows, event, body.case_id, Interrupted(_ref(event), body.at, ""))
        return
    for_customer = body.waiting_for != enums.WAITING_FOR_THIRD_PARTY
    _add(rows, event, body.case_id, Parked(_ref(event), body.at, "", for_customer))


def _on_resumed(rows: Rows, event: Recorded) -> None:
    _add(rows, event, event.body.case_id, Woke(_ref(event), event.body.at, ""))


def _on_task_opened(rows: Rows, event: Recorded) -> None:
    body = event.body
    _add(rows, event, body.case_id, Delegated(_ref(event), body.at, "", body.task_id, body.queue))


def _on_task_closed(rows: Rows, event: Recorded) -> None:
    _add(rows, event, event.body.case_id, Delivered(_ref(event), event.body.at, "", event.body.task_id))


def _hold(rows: Rows, event: Recorded, agent_id: str, weight: int | None = None) -> None:
    case = _case(rows, event.tenant, event.body.case_id)
    if not case.joined_into:
        weight = case.weight if weight is None else weight
        rows[case_key(event.tenant, event.body.case_id)] = replace(case, agent=agent_id, weight=weight)


def _on_agent(rows: Rows, event: Recorded) -> None:
    key = agent_key(event.tenant, event.body.agent_id)
    known = rows.get(key)
    agent = known if isinstance(known, Agent) else Agent()
    if event.type == _DELETED:
        rows[key] = Agent()  # as one who is not signed in: nobody counts those
    elif event.type == _PRESENCE:
        rows[key] = replace(agent, presence=event.body.presence)
    else:
        rows[key] = replace(agent, capacity=event.body.capacity)


def _on_resolved(rows: Rows, event: Recorded) -> None:
    body = event.body
    _hold(rows, event, "")
    _add(rows, event, body.case_id, Settled(_ref(event), body.at, "", body.agent_id))


def _on_reopened(rows: Rows, event: Recorded) -> None:
    _add(rows, event, event.body.case_id, Reopened(_ref(event), event.body.at, ""))


def _on_withdrawn(rows: Rows, event: Recorded) -> None:
    _hold(rows, event, "")
    _add(rows, event, event.body.case_id, Withdrew(_ref(event), event.body.at, ""))


def _on_joined(rows: Rows, event: Recorded) -> None:
    body, tenant = event.body, event.tenant
    if body.actor:  # somebody's act moves no fact: each keeps its contact, its answers and its promise
        _on_placed(rows, event)
        return
    into_id, into = _standing(rows, tenant, body.case_id)
    other_id, other = _standing(rows, tenant, body.joined_case_id)
    if into_id == other_id:
        return
    if into.customer and other.customer and into.customer != other.customer:
        # Two people's matters are handled as one; each keeps a contact.
        other = replace(other, agent="", weight=0)
    else:
        into, other = joined(into_id, into, other_id, other)
        into = with_fact(into, Ended(_ref(event), body.at, other_id))
    rows[case_key(tenant, into_id)] = into
    rows[case_key(tenant, other_id)] = other


_CLAIMED = work.CaseClaimed.NAME
_ENDINGS: Mapping[str, str] = {
    work.OfferDeclined.NAME: "declined",
    work.OfferExpired.NAME: "expired",
    work.OfferRescinded.NAME: "rescinded",
    work.CaseReleased.NAME: "released",
    work.ClaimLapsed.NAME: "lapsed",
}
"""What journeys call the events that end an offer or a holding."""

_FOLDS: Mapping[str, Callable[[Rows, Recorded], None]] = {
    post.SourceConnected.NAME: _on_source,
    post.SourceChanged.NAME: _on_source,
    work.CaseBegun.NAME: _on_begun,
    work.CaseOpened.NAME: _on_opened,
    work.PostPlaced.NAME: _on_post_placed,
    work.PostAttached.NAME: _on_attached,
    work.PostDetached.NAME: _on_detached,
    work.CaseQueued.NAME: _on_queued,
    work.CaseOffered.NAME: _on_offered,
    work.OfferDeclined.NAME: _on_offer_ended,
    work.OfferExpired.NAME: _on_offer_ended,
    work.OfferRescinded.NAME: _on_offer_ended,
    work.ClaimLapsed.NAME: _on_freed,
    work.CaseReleased.NAME: _on_freed,
    work.AgentRegistered.NAME: _on_agent,
    work.AgentChanged.NAME: _on_agent,
    work.PresenceChanged.NAME: _on_agent,
    work.AgentDeleted.NAME: _on_agent,
    work.ReplySent.NAME: _on_sent,
    work.OfferAccepted.NAME: _on_taken,
    work.CaseAssigned.NAME: _on_taken,
    work.CaseClaimed.NAME: _on_taken,
    work.CaseResolved.NAME: _on_resolved,
    work.CaseReopened.NAME: _on_reopened,
    work.CaseWithdrawn.NAME: _on_withdrawn,
    work.CasesJoined.NAME: _on_joined,
    work.CaseTransferred.NAME: _on_moved,
    work.CaseEscalated.NAME: _on_moved,
    work.CasePended.NAME: _on_pended,
    work.CaseResumed.NAME: _on_resumed,
    work.TaskOpened.NAME: _on_task_opened,
    work.TaskClosed.NAME: _on_task_closed,
    work.JoinedCasePlaced.NAME: _on_placed,
}
_IGNORED = (
    post.SourceDisconnected,
    post.PostReceived,
    post.PostSighted,
    post.PostEdited,
    post.PostCompleted,
    post.PostAliased,
    post.AuthorWithdrawn,
    post.AuthorLocationRemoved,
    post.PostLocationRemoved,
    post.PostWithdrawn,
    post.DeliveryQuarantined,
    post.DeliveryRequeued,
    post.GapDetected,
    post.GapFilled,
    work.CaseSplit,  # what somebody joined was no fact of its contacts, and each kept its own
    work.CaseClassified,
    work.RequirementRelaxed,
    work.ReplyRequested,
    work.ReplyFailed,
    work.CaseNoted,
    work.ClaimRenewed,
    work.ClaimSeconded,
    work.AnswerVoted,
    work.CaseAgentsChanged,
    work.CaseTierChanged,
    work.CaseNearChanged,
    work.ResolutionConfirmed,
    work.CaseRecalled,
    work.PostThreaded,
    work.PostAliased,
    work.PostAddressed,
    work.PostUnthreaded,
    work.ThreadReviewed,
    work.ThreadRecalled,
    work.QueueChanged,
    work.QueueDeleted,
    work.QueueCleared,
    work.PolicyChanged,
    work.ShiftChanged,
    work.SkillEarned,
    work.SourceLabelsChanged,
    work.SourceQueueChanged,
    work.DraftSaved,
    work.DraftDiscarded,
    work.CannedTextChanged,
    work.CannedTextDeleted,
    work.GoodwillGranted,
    work.GoodwillAsked,
    work.GoodwillApproved,
    work.GoodwillRefused,
    work.DeskPolicyChanged,
    work.CaseSupervised,  # it waits as it did, for somebody else
)
HANDLED = frozenset(_FOLDS)
"""Full names of the events that make something."""
IGNORED = frozenset(fact.NAME for fact in _IGNORED)
"""And of those that make nothing."""
_SOURCES = frozenset(type_ for type_, on in _FOLDS.items() if on is _on_source)
_AGENTS = frozenset(type_ for type_, on in _FOLDS.items() if on is _on_agent)
_DELETED = work.AgentDeleted.NAME
_PRESENCE = work.PresenceChanged.NAME
_FOUNDS = frozenset((work.CaseBegun.NAME, work.CaseOpened.NAME))
_JOINED = work.CasesJoined.NAME
_PLACED = work.JoinedCasePlaced.NAME
_TAKING = frozenset((work.OfferAccepted.NAME, work.CaseAssigned.NAME, work.CaseClaimed.NAME))


def fold(rows: Rows, event: Recorded) -> None:
    """What the event makes of the rows of its keys. Changes `rows`; the event is one of HANDLED."""
    _FOLDS[event.type](rows, event)


def keys_of(event: Recorded) -> Sequence[str]:
    """The event's case, both cases of a join by a link and all their facts, what is joined into it where it is of that,
    its source, or its agent. A case opens but once.
    """
    body = event.body
    if event.type in _FOUNDS:
        return (Founding(case_key(event.tenant, body.case_id)),)
    if event.type in _SOURCES:
        return (source_key(event.tenant, body.source_id),)
    if event.type in _AGENTS:
        return (agent_key(event.tenant, body.agent_id),)
    if event.type == _JOINED and not body.actor:
        return _whole_keys(event.tenant, body.case_id, body.joined_case_id)
    if event.type in (_JOINED, _PLACED):
        return (case_key(event.tenant, body.joined_case_id),)
    if event.type in _TAKING:
        return tuple(case_key(event.tenant, case_id) for case_id in (body.case_id, *body.joined_case_ids))
    return (case_key(event.tenant, body.case_id),)


def _whole_keys(tenant: str, *case_ids: str) -> tuple[str, ...]:
    """The keys of cases all of whose facts are needed."""
    return tuple(f"{kind}/{tenant}/{case_id}" for case_id in case_ids for kind in ("case", "whole"))
