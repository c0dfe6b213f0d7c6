"""One case: what it remembers, where it stands, and what each fact makes of it. It knows no other case and no agent.

A case stands in exactly one stage. `Accepted` and `Pending` name the one agent who has it, `Offered` the one to whom it
is offered, and only `Broadcast` has several offers, and nobody who has it; that a case has at most one open offer or
assignment, or as many offers as its queue is wide (I6), is therefore a matter of type. The values are msgspec structs:
frozen as data classes are, made in a thirtieth of the time, and their own canonical bytes.
"""

from collections.abc import Callable, Collection
from hashlib import blake2b
from sys import intern
from typing import assert_never

from chassis.clock import LAST, MICROS, Instant
from chassis.identity import uuid5
from msgspec import Struct
from msgspec.structs import astuple, replace

from routing import events
from routing.terms import (
    AgentTerms,
    AuthorKind,
    CaseOrigin,
    Direction,
    Escalation,
    GivenAnswer,
    GoodwillGrant,
    GoodwillState,
    Near,
    PostKind,
    PostRole,
    Requirement,
    Verdict,
    Vote,
    WaitingFor,
)


class Idle(Struct, frozen=True, array_like=True, tag=True, gc=False):
    """Nobody owes anything."""


class Queued(Struct, frozen=True, array_like=True, tag=True, gc=False):
    """Waits for an agent; since when, says the case's `wait`."""

    supervised: str = ""
    """Why it waits for a supervisor instead, "" while it is in line."""


class Offered(Struct, frozen=True, array_like=True, tag=True, gc=False):
    """Reserved for an agent until `expires_at`."""

    agent_id: str
    offer_id: str
    token: int
    at: Instant
    expires_at: Instant
    interrupts: tuple[str, ...] = ()
    """Cases of the agent that would wait for this one."""


class Broadcast(Struct, frozen=True, array_like=True, tag=True, gc=False):
    """Offered to up to `width` agents at once, each of whom is reserved; who accepts first has it."""

    width: int
    """2 or more."""
    offers: tuple[Offered, ...]
    """At least one, in the order in which they were made; no agent has two."""


class Lease(Struct, frozen=True, array_like=True, gc=False):
    """What a claim gives; its fencing token is the case's."""

    expires_at: Instant
    signature: str = ""
    """What is appended to replies."""
    opinion_due_at: Instant | None = None
    """Until when a reply needs a second opinion, None for never."""
    seconded_by: str = ""
    """Who gave it for the next reply."""


class Accepted(Struct, frozen=True, array_like=True, tag=True, gc=False):
    """With an agent."""

    agent_id: str
    reply_due_at: Instant | None = None
    """Until when it is to act, None without limit and once it has."""
    waiting_since: Instant | None = None
    """Where it waited, while that limit stands."""
    lease: Lease | None = None
    """What it was claimed under. A claimed case keeps its place, as an offered one does."""
    token: int = 0
    """Of the offer that was accepted, 0 for none: by this one alone accepting twice is accepting once."""
    interrupts: tuple[str, ...] = ()
    """Cases of the agent that were interrupted for it."""


class Pending(Struct, frozen=True, array_like=True, tag=True, gc=False):
    """With an agent, waiting for somebody else until `until`."""

    agent_id: str
    waiting_for: WaitingFor
    until: Instant
    percent: int = 100
    """Of its units, what it takes of its agent meanwhile."""
    token: int = 0
    """As of Accepted."""
    interrupted_by: str = ""
    """The case that interrupted it, "" where it waits for somebody else."""
    reply_left: int | None = None
    """Of an interrupted case, how many microseconds its agent had left to act, None without limit and once it has."""
    waiting_since: Instant | None = None
    """Where an interrupted case waited, while that limit stands."""


class Resolved(Struct, frozen=True, array_like=True, tag=True, gc=False):
    """Settled at `at`; the confirm window runs."""

    at: Instant


class Confirmed(Struct, frozen=True, array_like=True, tag=True, gc=False):
    """Settled at `at`, and nobody objected."""

    at: Instant


class Withdrawn(Struct, frozen=True, array_like=True, tag=True, gc=False):
    """The customer took it back at `at`."""

    at: Instant


class Joined(Struct, frozen=True, array_like=True, tag=True, gc=False):
    """Goes on in another case. Where `actor` joined it, `apart` is where it would stand on its own; None where a link
    showed that it is another's.
    """

    into: str
    apart: Idle | Queued | Resolved | Confirmed | Withdrawn | None = None
    actor: str = ""


Stage = Idle | Queued | Offered | Broadcast | Accepted | Pending | Resolved | Confirmed | Withdrawn | Joined
IDLE, QUEUED = Idle(), Queued()
CASES = bytes.fromhex("1c5c41b0f6c85be2a5c86b7a1c0f7d61")
"""Namespace of case ids: a case is named by its tenant and the post or request that opened it."""
_DORMANT = frozenset({Idle, Confirmed, Withdrawn, Joined})
"""Stages out of which nothing but a post, or somebody asking, brings a case."""
NEVER = Instant(0)
URGENCY_MAX = 3
WEIGHT_MAX = 10
"""Units of an agent that a case takes at most."""
REFUSALS_MAX = 100
"""Refusals a case remembers, the latest: who refused before so many others may be offered it again."""
JOINED_MAX = 20
"""Cases that may be joined into one. Against: resolving it is one decision about all of them."""
SOLE_COOLDOWN_S = 10
"""How long who refused a case is spared it while nobody else is there who could take it. Against: a desktop that
declines by itself would be asked again as fast as it answers.
"""
TASKS_MAX = 20
"""Tasks of a case that may be open. Against: cancelling them with it is one decision about all of them."""
BY_HAND = frozenset({CaseOrigin.MANUAL, CaseOrigin.TASK})
"""Origins of cases that somebody asked for and no customer's post."""
ANSWERS_MAX = 10
"""Replies that a case remembers, the latest: later ones are compared with them, and votes are on them."""
VOTES_MAX = 20
"""Votes on an answer at most. Against: they travel with their case."""
UNSENT_MAX = 50
"""Replies of a case that may be on their way at once."""


GRANTS_MAX = 20
"""Grants of goodwill in a case, and requests for them. Against: all of them are in memory with it."""


class Wait(Struct, frozen=True, array_like=True, gc=False):
    """Since when a case waits and what it was promised; kept when an offer fails, so that it keeps its place."""

    due_at: Instant
    deadline: Instant
    """The earlier of `due_at` and the end of the platform's reply window."""
    waiting_since: Instant


class JoinedCase(Struct, frozen=True, array_like=True, gc=False):
    """A case that somebody joined into this one."""

    case_id: str
    wait: Wait | None
    """Where it waits, None when it does not."""
    urgency: int


class Relaxed(Struct, frozen=True, array_like=True, gc=False):
    """What a case asks for less because it waited."""

    asked: tuple[Requirement, ...]
    """What it asked when it began to wait."""
    queues: tuple[str, ...]
    """Queues beside its own whose agents may take it, sorted."""
    near: Near | None = None
    """Where an agent was to be when it began to wait."""


class Unsent(Struct, frozen=True, array_like=True, gc=False):
    """A reply that was asked for and not yet taken by the channel."""

    reply_id: str
    agent_id: str
    author_kind: AuthorKind
    answers_published_at: Instant | None = None
    """Publication of the post it answers."""


class Case(Struct, frozen=True, array_like=True, gc=False):
    """A customer's matter. What it remembers of its posts does not grow with them: how many there are, and the latest
    one of the customer; which they are, the shard's index and the read model know.
    """

    case_id: str
    origin: CaseOrigin
    direction: Direction
    channel: str
    source_id: str
    identity_id: str
    language: str
    weight: int
    episode: int = 1
    token: int = 0
    agent_id: str = ""
    """Who has it, or had it last."""
    post_count: int = 0
    """Its posts, withdrawn ones left out."""
    customer_post_count: int = 0
    """The customer's among them."""
    latest_post_id: str = ""
    """The customer's latest post by publication, then id; "" when there is none."""
    latest_published_at: Instant | None = None
    window_expires_at: Instant | None = None
    """Until when the platform lets us reply to that post, None without limit."""
    owed_since: Instant | None = None
    """Publication of the customer's earliest post no human has answered; None when nothing is owed."""
    answered_until: Instant | None = None
    """Up to which time of publication customer posts are answered: by a human's post or reply, or by resolving."""
    acted_until: Instant | None = None
    """Up to which time of publication acts of ours answer them: resolving, replies sent through us."""
    is_requested: bool = False
    """Somebody opened or reopened it by hand, and no human has answered since."""
    queue: str = ""
    """The queue it waits in, or waited in last; "" before it was queued."""
    urgency: int = 0
    requirements: tuple[Requirement, ...] = ()
    wait: Wait | None = None
    refusals: tuple[tuple[str, Instant], ...] = ()
    """Agents who declined, missed or gave it back while it waits, and when."""
    unsent: tuple[Unsent, ...] = ()
    stage: Stage = IDLE
    opened_at: Instant = NEVER
    updated_at: Instant = NEVER
    accepted_at: Instant | None = None
    """When an agent took it last."""
    answered_at: Instant | None = None
    """When a human of ours answered a customer first in this episode."""
    resolved_at: Instant | None = None
    disposition: str = ""
    tags: tuple[str, ...] = ()
    desk: str = ""
    """Who answers for it; "" for a manual case without one."""
    joined: tuple[JoinedCase, ...] = ()
    """What somebody joined into it, by id."""
    returns: int = 0
    """How often it came back from agents since it began to wait, was moved or was answered."""
    escalation: Escalation | None = None
    """Who escalated it last, and how often that was; None when nobody did."""
    parent_id: str = ""
    """Of a task: the case it was made a part of; "" for one that is none."""
    tasks: tuple[str, ...] = ()
    """Its open tasks, by id."""
    answers: tuple[GivenAnswer, ...] = ()
    """Its latest replies."""
    rule_ids: tuple[str, ...] = ()
    """Rules that shaped it when it waited for the first time."""
    rules_version: int = 0
    """Version of the policy they are of, 0 when none did."""
    relaxed: Relaxed | None = None
    """None while it asks what it asked when it began to wait."""
    agent_terms: AgentTerms | None = None
    """Which agents it is for first, and which it is not for; None where nobody said."""
    tier: str = ""
    """Its customer's, "" where nobody said."""
    goodwill: tuple[GoodwillGrant, ...] = ()
    """What was granted its customer, and asked for, in its order."""
    near: Near | None = None
    """Where an agent is to be, None for anywhere."""
    kind: PostKind = PostKind.UNSPECIFIED
    """Of the post that began it, unspecified without one."""
    is_uninterruptible: bool = False
    """Whether a rule says that its agent is not interrupted for another case."""
    was_interrupted: bool = False
    """Whether its agent was interrupted for another case since its customer was answered last."""


def case_id_of(tenant: str, opener: str) -> str:
    """The id of the case that a request opens, or a post: of a post the opener is its desk, a line break and its id."""
    return uuid5(CASES, f"{tenant}/{opener}")


def accepted_token(case: Case) -> int:
    """Of the offer under which the one who has the case took it; 0 where nobody has it, or by no offer."""
    return case.stage.token if isinstance(case.stage, Accepted | Pending) else 0


def lease_of(case: Case) -> Lease | None:
    """What a case is claimed under, None when it is not."""
    return case.stage.lease if isinstance(case.stage, Accepted) else None


def holder(case: Case) -> str:
    """The agent whose capacity the case takes, "" for none, and where it is offered to several."""
    match case.stage:
        case Queued():  # most cases wait when they are written
            return ""
        case Offered(agent_id=agent_id) | Accepted(agent_id=agent_id) | Pending(agent_id=agent_id):
            return agent_id
        case _:
            return ""


def holders(case: Case) -> tuple[str, ...]:
    """All agents whose capacity the case takes."""
    if isinstance(case.stage, Broadcast):
        return tuple([offer.agent_id for offer in case.stage.offers])
    held = holder(case)
    return (held,) if held else ()


def offers_of(case: Case) -> tuple[Offered, ...]:
    """Its open offers, in the order in which they were made."""
    match case.stage:
        case Offered():
            return (case.stage,)
        case Broadcast(offers=offers):
            return offers
        case _:
            return ()


def offer_to(case: Case, agent_id: str) -> Offered | None:
    """The open offer of a case to an agent."""
    return next((offer for offer in offers_of(case) if offer.agent_id == agent_id), None)


def asked_of(case: Case) -> tuple[Requirement, ...]:
    """What a case asked of an agent when it began to wait."""
    return case.requirements if case.relaxed is None else case.relaxed.asked


def asked_near(case: Case) -> Near | None:
    """Where an agent was to be for a case when it began to wait."""
    return case.near if case.relaxed is None else case.relaxed.near


def lenders_of(case: Case) -> tuple[str, ...]:
    """Queues beside its own whose agents may take a case."""
    return () if case.relaxed is None else case.relaxed.queues


def forbidden_of(case: Case) -> tuple[str, ...]:
    """The agents whom a case is not for."""
    return () if case.agent_terms is None else case.agent_terms.forbidden_ids


def latest_answer(case: Case) -> GivenAnswer | None:
    """Its latest reply that was taken by its channel and can be voted on."""
    unsent = {reply.reply_id for reply in case.unsent}
    given = (one for one in reversed(case.answers) if one.agent_id and one.reply_id not in unsent)
    return next(given, None)


def is_closed(case: Case) -> bool:
    """Whether it is settled for now."""
    return isinstance(case.stage, Resolved | Confirmed | Withdrawn | Joined)


def is_dormant(case: Case) -> bool:
    """Whether nothing is expected to happen to it, by anybody or by time, unless somebody writes. Joined cases stay in
    memory together: what happens to one may be the other's concern.
    """
    if type(case.stage) not in _DORMANT or case.joined or case.tasks or is_apart(case):
        return False
    if case.goodwill and any(one.state is GoodwillState.WAITING for one in case.goodwill):
        return False
    return not case.unsent and not needs_agent(case)


def is_apart(case: Case) -> bool:
    """Whether somebody joined it into another case, and it has a life of its own underneath."""
    return isinstance(case.stage, Joined) and case.stage.apart is not None


def alone(case: Case) -> Case:
    """The case as it would be, had nobody joined it into another."""
    stage = case.stage
    return replace(case, stage=stage.apart) if isinstance(stage, Joined) and stage.apart is not None else case


def underneath(case: Case, change: Callable[[Case], Case]) -> Case:
    """The case after a change; of one that somebody joined it happens to what it would be on its own."""
    stage = case.stage
    if not isinstance(stage, Joined) or stage.apart is None:
        return change(case)
    changed = change(replace(case, stage=stage.apart))
    apart = changed.stage
    if apart is stage.apart:
        return replace(changed, stage=stage)
    return replace(changed, stage=Joined(stage.into, unheld(apart), stage.actor))


def etag(case: Case) -> str:
    """Names what was said in a case so far, by anybody: another one, and something was said since."""
    said = (
        case.post_count,
        case.customer_post_count,
        case.latest_post_id,
        case.answered_until,
        case.acted_until,
        *(unsent.reply_id for unsent in case.unsent),
    )
    return blake2b(repr(said).encode(), digest_size=8).hexdigest()


def unheld(stage: Stage) -> Idle | Queued | Resolved | Confirmed | Withdrawn:
    """Where a case stands that nobody has any more."""
    match stage:
        case Offered() | Broadcast():
            return QUEUED
        case Accepted() | Pending() | Joined():
            return IDLE
        case _:
            return stage


def has_customer(case: Case) -> bool:
    """Whether a customer's post of it is still there."""
    return case.customer_post_count > 0


def needs_agent(case: Case) -> bool:
    """Whether somebody must act: a customer waits for an answer, or somebody asked by hand, here or in a case joined
    into it.
    """
    return owes(case) or (bool(case.joined) and any(joined.wait is not None for joined in case.joined))


def owes(case: Case) -> bool:
    """Whether somebody must act for this case itself."""
    return case.is_requested or case.owed_since is not None or _is_unanswered_request(case)


def _is_unanswered_request(case: Case) -> bool:
    """Whether somebody opened it by hand, and nobody has answered or settled it since."""
    return case.origin in BY_HAND and case.answered_until is None


def wants_agent(case: Case) -> bool:
    """Whether a case that nobody has is to be lined up: a reply on its way is an answer until it fails."""
    return needs_agent(case) and (not case.unsent or any(joined.wait is not None for joined in case.joined))


def place_of(case: Case) -> Wait | None:
    """Where a case waits: nobody loses a place because cases were joined. None when it does not wait."""
    if not case.joined:
        return case.wait
    waits = [wait for wait in (case.wait, *(joined.wait for joined in case.joined)) if wait is not None]
    if len(waits) < 2:
        return waits[0] if waits else None
    return Wait(*(Instant(min(times)) for times in zip(*map(astuple, waits), strict=True)))


def place_in_line(case: Case) -> Wait | None:
    """Where a case waits to be offered, None when it does not."""
    return place_of(case) if isinstance(case.stage, Queued) and not case.stage.supervised else None


def urgency_of(case: Case) -> int:
    """How urgent a case is, with what is joined into it."""
    if not case.joined:
        return case.urgency
    return max((case.urgency, *(joined.urgency for joined in case.joined if joined.wait is not None)))


def is_refused_by_all(case: Case, present: Collection[str]) -> bool:
    """Whether all of these agents have refused a case since it began to wait."""
    return len(case.refusals) >= len(present) and {agent_id for agent_id, _ in case.refusals}.issuperset(present)


def again_at(refused_at: Instant, cooldown_s: int, *, by_all: bool) -> Instant:
    """From when a case may be offered again to an agent who refused it; sooner where all who are there have."""
    return Instant(refused_at + (min(cooldown_s, SOLE_COOLDOWN_S) if by_all else cooldown_s) * MICROS)


def window_of(case: Case) -> Instant:
    """Until when the platform lets us reply to the customer's latest post, LAST without limit."""
    return LAST if case.window_expires_at is None else case.window_expires_at


def _answered(case: Case, until: Instant, owed_since: Instant | None) -> Case:
    if case.answered_until is not None and case.answered_until >= until:
        return replace(case, owed_since=owed_since)
    answered = replace(case, answered_until=until, owed_since=owed_since, is_requested=False)
    return replace(answered, was_interrupted=False) if case.was_interrupted else answered


def _acted(case: Case, until: Instant, owed_since: Instant | None) -> Case:
    """An act of ours answers what the customer has written until then."""
    acted = case if case.acted_until is not None and case.acted_until >= until else replace(case, acted_until=until)
    return _answered(acted, until, owed_since)


def _first_answer(case: Case, at: Instant) -> Case:
    if case.answered_at is None and (case.is_requested or has_customer(case)):
        return replace(case, answered_at=at)
    return case


def relieved(case: Case) -> Case:
    """Takes a case out of its queue when what it waited for is no longer owed; a joined case may wait on."""
    if isinstance(case.stage, Queued) and not needs_agent(case):
        return replace(case, stage=IDLE, wait=None, refusals=(), returns=0)
    if isinstance(case.stage, Accepted) and case.wait is not None and not owes(case):
        case = replace(case, wait=None)
    if isinstance(case.stage, Accepted) and not needs_agent(case):
        return _attended(case, case.stage.agent_id)
    if case.joined and isinstance(case.stage, Queued | Offered | Broadcast) and not owes(case):
        return replace(case, wait=None)
    return case


def _attended(case: Case, agent_id: str) -> Case:
    """The agent who has the case has done something with it."""
    stage = case.stage
    if isinstance(stage, Accepted) and stage.reply_due_at is not None and stage.agent_id == agent_id:
        return replace(case, stage=replace(stage, reply_due_at=None, waiting_since=None))
    if isinstance(stage, Pending) and stage.reply_left is not None and stage.agent_id == agent_id:
        return replace(case, stage=replace(stage, reply_left=None, waiting_since=None))
    return case


def _pended(case: Case, event: events.CasePended) -> Case:
    """The case that waits for somebody; an interrupted one goes on later with the time its agent had left to act."""
    percent = min(event.weight_percent, 100) if event.weight_percent > 0 else 100
    pending = Pending(event.agent_id, event.waiting_for, event.until, percent, accepted_token(case))
    if not event.interrupted_by:
        return replace(case, stage=pending)
    pending = replace(pending, interrupted_by=event.interrupted_by)
    stage = case.stage
    if isinstance(stage, Accepted) and stage.reply_due_at is not None:
        left = max(0, stage.reply_due_at - event.at)
        pending = replace(pending, reply_left=left, waiting_since=stage.waiting_since)
    return replace(case, stage=pending, was_interrupted=True)


def _resumed(case: Case, event: events.CaseResumed) -> Case:
    stage = case.stage
    if not isinstance(stage, Pending) or stage.reply_left is None:
        return replace(case, stage=Accepted(holder(case), token=accepted_token(case)))
    due_at = Instant(event.at + stage.reply_left)
    return replace(case, stage=Accepted(stage.agent_id, due_at, stage.waiting_since, token=stage.token))


def _unclaimed(case: Case, agent_id: str, at: Instant) -> Case:
    """A claim is over: the case stands in its old place again, where somebody still waits for an answer."""
    if not wants_agent(case) or place_of(case) is None:
        refusals, returns = ((agent_id, at),), 1 if wants_agent(case) else 0
        return replace(case, stage=IDLE, wait=None, refusals=refusals, returns=returns)
    return replace(case, stage=QUEUED, refusals=_refused(case, agent_id, at), returns=case.returns + 1)


def _refused(case: Case, agent_id: str, at: Instant) -> tuple[tuple[str, Instant], ...]:
    others = tuple(r for r in case.refusals if r[0] != agent_id)
    return (*others, (agent_id, at))[-REFUSALS_MAX:]


def _requested(case: Case, event: events.ReplyRequested) -> Case:
    """A reply is on its way; a second opinion was of this one, and under a lease it is remembered."""
    after = _attended(case, event.agent_id)
    lease = lease_of(after)
    if lease is not None and lease.seconded_by and event.agent_id == case.agent_id:
        after = _leased(after, replace(lease, seconded_by=""))
    unsent = Unsent(event.reply_id, event.agent_id, event.author_kind, event.answers_published_at)
    answers = case.answers
    if event.sketch or event.topics:
        given = GivenAnswer(event.reply_id, event.sketch)
        if event.topics:  # before there were votes, answers were nobody's
            given = replace(given, agent_id=event.agent_id, topics=event.topics, given_at=event.at)
        answers = (*answers, given)[-ANSWERS_MAX:]
    return replace(after, unsent=(*case.unsent, unsent), answers=answers)


def _voted(case: Case, event: events.AnswerVoted) -> Case:
    """The case after a vote on one of its answers, if it remembers that."""
    answer = next((one for one in case.answers if one.reply_id == event.reply_id), None)
    if answer is None:
        return case
    votes = tuple(one for one in answer.votes if one.agent_id != event.agent_id)
    if event.verdict != Verdict.WITHDRAWN:
        votes = (*votes, Vote(event.agent_id, event.verdict, event.is_expert))[-VOTES_MAX:]
    voted = replace(answer, votes=votes)
    return replace(case, answers=tuple(voted if one is answer else one for one in case.answers))


def _judged(case: Case, verdict: Verdict) -> Case:
    """The case once its customer has shown what the latest answer was worth; the last act counts."""
    latest = latest_answer(case)
    if latest is None or latest.customer == verdict:
        return case
    judged = replace(latest, customer=verdict)
    return replace(case, answers=tuple(judged if one is latest else one for one in case.answers))


def _leased(case: Case, lease: Lease) -> Case:
    """A claimed case under another lease; any other one stays as it is."""
    stage = case.stage
    return replace(case, stage=replace(stage, lease=lease)) if isinstance(stage, Accepted) and stage.lease else case


def attach(case: Case, event: events.PostAttached) -> Case:
    """The case with one post more; answered and relieved by it where that is so."""
    count = case.post_count + 1
    if event.role == PostRole.ANSWER and event.author_kind == AuthorKind.BRAND_HUMAN:
        more = replace(case, post_count=count, updated_at=event.at)
        until = max(event.published_at, event.answers_published_at or event.published_at)
        return relieved(_first_answer(_answered(more, until, event.owed_since), until))
    if event.role != PostRole.CONTACT:
        return replace(case, post_count=count, updated_at=event.at)
    latest = case.latest_post_id, case.latest_published_at, case.window_expires_at
    if latest[1] is None or (latest[1], latest[0]) < (event.published_at, event.post_id):
        latest = event.post_id, event.published_at, event.window_expires_at
    return replace(
        case,
        post_count=count,
        customer_post_count=case.customer_post_count + 1,
        latest_post_id=latest[0],
        latest_published_at=latest[1],
        window_expires_at=latest[2],
        source_id=case.source_id or event.source_id,
        owed_since=event.owed_since,
        updated_at=event.at,
        kind=case.kind or (event.kind if case.origin is CaseOrigin.POST else case.kind),
    )


def detach(case: Case, event: events.PostDetached) -> Case:
    """The case without a post; its place in the thread stays, because it still ties the others together."""
    fewer = replace(case, post_count=case.post_count - 1)
    if event.role == PostRole.CONTEXT:
        return fewer
    return relieved(
        replace(
            fewer,
            customer_post_count=case.customer_post_count - (event.role == PostRole.CONTACT),
            latest_post_id=event.latest_post_id,
            latest_published_at=event.latest_published_at,
            window_expires_at=event.window_expires_at,
            owed_since=event.owed_since,
            answered_until=event.answered_until,
            answered_at=event.answered_at,
        )
    )


def evolve_case(case: Case, event: events.CaseFact) -> Case:
    """What a fact makes of a case that is there. Never raises."""
    if isinstance(case.stage, Joined):
        return underneath(case, lambda own: _evolve_alone(own, event))
    return _evolve_alone(case, event)


def _evolve_alone(case: Case, event: events.CaseFact) -> Case:
    match event:  # what happens to every case comes first, and copies it once
        case events.PostAttached():
            return attach(case, event)
        case events.PostPlaced():
            return attach(case, event.attached)
        case events.CaseQueued(for_joined=True):
            line = case.stage if isinstance(case.stage, Queued) else QUEUED
            asked = event.requirements
            anew = replace(case, queue=event.queue, requirements=asked, stage=line, updated_at=event.at)
            return replace(anew, relaxed=None, near=asked_near(case))
        case events.CaseQueued():
            return replace(
                case,
                queue=event.queue,
                urgency=max(0, min(event.urgency, URGENCY_MAX)),
                requirements=event.requirements,
                weight=min(event.weight, WEIGHT_MAX) or case.weight,
                rule_ids=event.rule_ids or case.rule_ids,
                rules_version=event.policy_version or case.rules_version,
                agent_terms=event.agent_terms or case.agent_terms,
                tier=event.tier or case.tier,
                near=event.near or asked_near(case),
                is_uninterruptible=event.is_uninterruptible or case.is_uninterruptible,
                relaxed=None,
                wait=Wait(event.due_at, min(event.due_at, window_of(case)), event.waiting_since),
                # Offered for what is joined into it only, it begins to wait for itself: the offer stays. What waits for
                # a supervisor does so still.
                stage=case.stage if isinstance(case.stage, Offered | Broadcast | Queued) else QUEUED,
                updated_at=event.at,
            )
        case events.CaseOffered():
            offer = Offered(event.agent_id, event.offer_id, event.token, event.at, event.expires_at, event.interrupts)
            stage = offer if event.width <= 1 else Broadcast(event.width, (*_others(case, event.agent_id), offer))
            return replace(case, token=event.token, stage=stage, updated_at=event.at)
        case _:
            return replace(_evolve(case, event), updated_at=event.at)


def _evolve(case: Case, event: events.CaseFact) -> Case:
    match event:
        case events.OfferAccepted() | events.CaseAssigned():
            since = None if event.reply_due_at is None or case.wait is None else case.wait.waiting_since
            token, interrupts = (event.token, event.interrupts) if isinstance(event, events.OfferAccepted) else (0, ())
            return replace(
                case,
                agent_id=event.agent_id,
                stage=Accepted(event.agent_id, event.reply_due_at, since, token=token, interrupts=interrupts),
                wait=None,
                refusals=(),
                accepted_at=event.at,
            )
        case events.OfferDeclined() | events.OfferExpired():
            refusals = _refused(case, event.agent_id, event.at)
            stage = _without_offer(case, event.agent_id)
            returns = case.returns + 1 if stage is QUEUED else case.returns  # while others are asked, it is not back
            return replace(case, stage=stage, refusals=refusals, returns=returns)
        case events.OfferRescinded():
            return replace(case, stage=_without_offer(case, event.agent_id))
        case events.CaseReleased(is_crowded_out=True):
            return replace(case, stage=IDLE, refusals=(), is_requested=case.is_requested or not needs_agent(case))
        case events.CaseClaimed():
            lease = Lease(event.expires_at, event.signature, event.opinion_due_at)
            return replace(
                case,
                agent_id=event.agent_id,
                token=event.token,
                stage=Accepted(event.agent_id, lease=lease),
                accepted_at=event.at,
            )
        case events.ClaimRenewed():
            lease_ = lease_of(case)
            return case if lease_ is None else _leased(case, replace(lease_, expires_at=event.expires_at))
        case events.ClaimSeconded():
            lease_ = lease_of(case)
            return case if lease_ is None else _leased(case, replace(lease_, seconded_by=event.agent_id))
        case events.ClaimLapsed():
            return _unclaimed(case, event.agent_id, event.at)
        case events.CaseReleased(is_joined=True) if lease_of(case) is None:
            return replace(case, stage=IDLE, refusals=())
        case events.CaseReleased() if lease_of(case) is not None:
            return _unclaimed(case, event.agent_id, event.at)
        case events.CaseReleased():
            left = replace(case, is_requested=case.is_requested or event.is_asked)
            returns = left.returns + 1 if wants_agent(left) else 0
            return replace(left, stage=IDLE, refusals=((event.agent_id, event.at),), returns=returns)
        case events.RequirementRelaxed():
            less = Relaxed(asked_of(case), event.queues, asked_near(case))
            return replace(case, requirements=event.requirements, relaxed=less, near=event.near)
        case events.CaseAgentsChanged():
            return replace(case, agent_terms=event.agent_terms)
        case events.CaseTierChanged():
            near = asked_near(case)
            return replace(case, tier=event.tier, requirements=event.requirements, relaxed=None, near=near)
        case events.CaseNearChanged():
            return replace(case, requirements=event.requirements, relaxed=None, near=event.near)
        case events.CaseSupervised():
            return replace(case, stage=Queued(event.reason)) if isinstance(case.stage, Queued) else case
        case events.ReplyRequested():
            return _requested(case, event)
        case events.ReplySent():
            sent = replace(case, unsent=tuple(u for u in case.unsent if u.reply_id != event.reply_id))
            if event.author_kind != AuthorKind.BRAND_HUMAN:
                return sent
            said_at, asked = event.at if event.asked_at is None else event.asked_at, event.answers_published_at
            acted = _acted(sent, max(said_at, asked or said_at), event.owed_since)
            return relieved(_first_answer(acted, max(event.at, asked or event.at)))
        case events.ReplyFailed():
            unsent = tuple(u for u in case.unsent if u.reply_id != event.reply_id)
            answers = case.answers and tuple(a for a in case.answers if a.reply_id != event.reply_id)
            return replace(case, unsent=unsent, answers=answers)
        case events.CaseTransferred():
            return _moved(case, event)
        case events.CaseEscalated():
            how = Escalation(event.level, event.agent_id, event.from_queue, event.reason, event.at)
            return replace(_moved(case, event) if event.queue else case, escalation=how)
        case events.CasePended():
            return _pended(case, event)
        case events.CaseResumed():
            return _resumed(case, event)
        case events.CaseResolved():
            return replace(
                _acted(case, max(event.at, case.latest_published_at or event.at), None),
                stage=Resolved(event.at),
                wait=None,
                refusals=(),
                returns=0,
                resolved_at=event.at,
                disposition=event.disposition,
                tags=event.tags,
            )
        case events.AnswerVoted():
            return _voted(case, event)
        case events.ResolutionConfirmed():
            confirmed = Confirmed(case.stage.at if isinstance(case.stage, Resolved) else event.at)
            return replace(_judged(case, Verdict.HELPFUL), stage=confirmed)
        case events.CaseReopened():
            if event.reason == "customer" and isinstance(case.stage, Resolved):
                case = _judged(case, Verdict.NOT_HELPFUL)  # later it is another matter that brings the customer back
            requested = event.reason != "customer"
            return replace(case, episode=event.episode, is_requested=requested, answered_at=None, stage=IDLE)
        case events.CaseWithdrawn():
            return replace(case, stage=Withdrawn(event.at), wait=None, refusals=(), returns=0)
        case events.PostDetached():
            return detach(case, event)
        case events.PostAttached() | events.PostPlaced() | events.CaseQueued() | events.CaseOffered():
            return case  # seen to above
        case events.CaseNoted():
            return _attended(case, event.agent_id)
        case events.CaseClassified():
            return case  # they are in the contract and nobody decides them yet
        case events.GoodwillGranted() | events.GoodwillAsked():
            state = GoodwillState.GRANTED if isinstance(event, events.GoodwillGranted) else GoodwillState.WAITING
            what = event.grant_id, event.agent_id, event.unit, event.amount, event.reason, state, event.at
            return replace(case, goodwill=(*case.goodwill, GoodwillGrant(*what))[-GRANTS_MAX:])
        case events.GoodwillApproved() | events.GoodwillRefused():
            state = GoodwillState.GRANTED if isinstance(event, events.GoodwillApproved) else GoodwillState.REFUSED
            word = {"state": state, "by_agent_id": event.by_agent_id, "decision_reason": event.reason}
            decided = [
                replace(one, **word, decided_at=event.at) if one.grant_id == event.grant_id else one
                for one in case.goodwill
            ]
            return replace(case, goodwill=tuple(decided))
        case events.TaskOpened():
            return replace(case, tasks=tuple(sorted({*case.tasks, event.task_id})))
        case events.TaskClosed():
            return replace(case, tasks=tuple(one for one in case.tasks if one != event.task_id))
        case _:
            assert_never(event)


def _moved(case: Case, event: events.CaseTransferred | events.CaseEscalated) -> Case:
    """The case in another queue, or of another urgency."""
    # What nobody has and nobody waits for is asked of its new queue all the same: somebody sent it there.
    waits = case.owed_since is not None or any(joined.wait is not None for joined in case.joined)
    asked = isinstance(case.stage, Idle) and event.queue != case.queue and not waits
    urgency = max(0, min(event.urgency, URGENCY_MAX))
    moved = _attended(case, event.agent_id)
    if isinstance(case.stage, Queued) and case.stage.supervised:
        moved = replace(case, stage=QUEUED)
    return replace(
        moved,
        queue=event.queue,
        urgency=urgency,
        is_requested=case.is_requested or asked,
        returns=0,
    )


def _others(case: Case, agent_id: str) -> tuple[Offered, ...]:
    """The offers to others than the agent, of a case that is offered to several."""
    if not isinstance(case.stage, Broadcast):
        return ()
    return tuple([offer for offer in case.stage.offers if offer.agent_id != agent_id])


def _without_offer(case: Case, agent_id: str) -> Queued | Broadcast:
    """Where a case stands when the offer to an agent has come to nothing."""
    others = _others(case, agent_id)
    return replace(case.stage, offers=others) if others and isinstance(case.stage, Broadcast) else QUEUED


def opened(event: events.CaseOpened) -> Case:
    """The case as it begins."""
    return Case(
        event.case_id,
        event.origin,
        event.direction,
        event.channel,
        event.source_id,
        event.identity_id,
        event.language,
        max(1, min(event.weight, WEIGHT_MAX)),
        opened_at=event.at,
        updated_at=event.at,
        desk=event.desk,
    )


def begun(event: events.CaseBegun) -> Case:
    """The case as a customer's post makes it: it waits for its answer. What many cases say alike is kept once."""
    post = event.post
    deadline = event.due_at if post.window_expires_at is None else min(event.due_at, post.window_expires_at)
    return Case(
        event.case_id,
        CaseOrigin.POST,
        post.direction,
        intern(post.channel),
        intern(post.source_id),
        post.identity_id,
        intern(post.language),
        max(1, min(event.weight, WEIGHT_MAX)),
        post_count=1,
        customer_post_count=1,
        latest_post_id=post.post_id,
        latest_published_at=post.published_at,
        window_expires_at=post.window_expires_at,
        owed_since=post.published_at,
        queue=intern(event.queue),
        urgency=max(0, min(event.urgency, URGENCY_MAX)),
        requirements=event.requirements,
        wait=Wait(event.due_at, Instant(deadline), event.at),
        stage=QUEUED,
        opened_at=event.at,
        updated_at=event.at,
        desk=intern(post.desk),
        rule_ids=event.rule_ids,
        rules_version=event.policy_version,
        agent_terms=event.agent_terms,
        tier=event.tier,
        near=event.near,
        kind=post.kind,
        is_uninterruptible=event.is_uninterruptible,
    )
