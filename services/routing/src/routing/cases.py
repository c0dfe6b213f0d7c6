"""One case: what it remembers, where it stands, and what each fact makes of it. It knows no other case and no agent.

A case stands in exactly one stage, and only `Offered`, `Accepted` and `Pending` name an agent who has it; that a case
has at most one open offer or assignment (I6) is therefore a matter of type. The values are msgspec structs: frozen as
data classes are, made in a thirtieth of the time, and their own canonical bytes.
"""

from typing import assert_never

from chassis.clock import LAST, Instant
from msgspec import Struct
from msgspec.structs import replace

from routing import events
from routing.terms import AuthorKind, CaseOrigin, Direction, Requirement, WaitingFor


class Idle(Struct, frozen=True, array_like=True, tag=True, gc=False):
    """Nobody owes anything."""


class Queued(Struct, frozen=True, array_like=True, tag=True, gc=False):
    """Waits for an agent; where, says the case's line."""


class Offered(Struct, frozen=True, array_like=True, tag=True, gc=False):
    """Reserved for an agent until `expires_at`."""

    agent_id: str
    offer_id: str
    token: int
    at: Instant
    expires_at: Instant


class Accepted(Struct, frozen=True, array_like=True, tag=True, gc=False):
    """With an agent."""

    agent_id: str


class Pending(Struct, frozen=True, array_like=True, tag=True, gc=False):
    """With an agent, waiting for somebody else until `until`."""

    agent_id: str
    waiting_for: WaitingFor
    until: Instant


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
    """Went on in another case."""

    into: str


Stage = Idle | Queued | Offered | Accepted | Pending | Resolved | Confirmed | Withdrawn | Joined
IDLE, QUEUED = Idle(), Queued()
_RESTING = frozenset({Idle, Confirmed, Withdrawn, Joined})
"""Stages out of which nothing but a post, or somebody asking, brings a case."""
NEVER = Instant(0)


class Line(Struct, frozen=True, array_like=True, gc=False):
    """Where in its line a case waits; kept when an offer fails, so that it comes back to the same place."""

    due_at: Instant
    deadline: Instant
    """The earlier of `due_at` and the end of the platform's reply window."""
    waiting_since: Instant


class Unsent(Struct, frozen=True, array_like=True, gc=False):
    """A reply that was asked for and not yet taken by the channel."""

    reply_id: str
    agent_id: str
    author_kind: AuthorKind


class Post(Struct, frozen=True, array_like=True, gc=False):
    """What a case remembers of a post."""

    post_id: str
    direction: Direction
    author_kind: AuthorKind
    identity_id: str
    thread_keys: tuple[str, ...]
    published_at: Instant
    window_expires_at: Instant | None
    withdrawn: bool = False


class Case(Struct, frozen=True, array_like=True, gc=False):
    """A customer's matter. Its posts are in order of arrival."""

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
    posts: tuple[Post, ...] = ()
    owed_since: Instant | None = None
    """Publication of the customer's earliest post no human has answered; None when nothing is owed."""
    answered_until: Instant | None = None
    """Up to which time of publication customer posts are answered: by a human's post or reply, or by resolving."""
    asked: bool = False
    """Somebody opened or reopened it by hand, and no human has answered since."""
    queue: str = ""
    """The queue it waits in, or waited in last; "" before it was queued."""
    urgency: int = 0
    requirements: tuple[Requirement, ...] = ()
    line: Line | None = None
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


# Both are asked of every post several times, and a member of an enum is dear to look up.
_CONTACT = (Direction.INBOUND, AuthorKind.CUSTOMER)
_ANSWER = (Direction.OUTBOUND, AuthorKind.BRAND_HUMAN)


def of_customer(direction: Direction, author_kind: AuthorKind) -> bool:
    """Whether such a post is a contact."""
    return (direction, author_kind) == _CONTACT


def of_our_human(direction: Direction, author_kind: AuthorKind) -> bool:
    """Whether such a post answers a customer; a bot's does not."""
    return (direction, author_kind) == _ANSWER


def holder(case: Case) -> str:
    """The agent whose capacity the case takes, "" for none."""
    match case.stage:
        case Offered(agent_id=agent_id) | Accepted(agent_id=agent_id) | Pending(agent_id=agent_id):
            return agent_id
        case _:
            return ""


def is_closed(case: Case) -> bool:
    """Whether it is settled for now."""
    return isinstance(case.stage, Resolved | Confirmed | Withdrawn | Joined)


def is_dormant(case: Case) -> bool:
    """Whether nothing is expected to happen to it, by anybody or by time, unless somebody writes."""
    return type(case.stage) in _RESTING and not case.unsent


def has_customer(case: Case) -> bool:
    """Whether a customer's post of it is still there."""
    return any(of_customer(p.direction, p.author_kind) and not p.withdrawn for p in case.posts)


def needs_agent(case: Case) -> bool:
    """Whether somebody must act: a customer waits for an answer, or somebody asked by hand."""
    return case.asked or case.owed_since is not None


def window_of(case: Case) -> Instant:
    """Until when the platform lets us reply: the widest window of the customer's posts, LAST without limit."""
    windows = [
        p.window_expires_at
        for p in case.posts
        if p.window_expires_at is not None and not p.withdrawn and of_customer(p.direction, p.author_kind)
    ]
    return max(windows) if windows else LAST


def latest_customer_post(case: Case) -> str:
    """The customer's last post by publication, "" when there is none."""
    posts = [
        (p.published_at, p.post_id) for p in case.posts if of_customer(p.direction, p.author_kind) and not p.withdrawn
    ]
    return max(posts)[1] if posts else ""


def owed_since_in(posts: tuple[Post, ...], answered_until: Instant | None) -> Instant | None:
    """Publication of the customer's earliest post after that time, None when there is none."""
    owed = [
        p.published_at
        for p in posts
        if of_customer(p.direction, p.author_kind)
        and not p.withdrawn
        and (answered_until is None or p.published_at > answered_until)
    ]
    return min(owed, default=None)


def _answered(case: Case, until: Instant) -> Case:
    if case.answered_until is not None and case.answered_until >= until:
        return case
    owed = case.owed_since if case.owed_since is None else owed_since_in(case.posts, until)
    return replace(case, answered_until=until, owed_since=owed, asked=False)


def _first_answer(case: Case, at: Instant) -> Case:
    if case.answered_at is None and (case.asked or has_customer(case)):
        return replace(case, answered_at=at)
    return case


def _relieved(case: Case) -> Case:
    """Takes a case out of line when what it waited for is no longer owed."""
    if isinstance(case.stage, Queued) and not needs_agent(case):
        return replace(case, stage=IDLE, line=None, refusals=())
    return case


def attach(case: Case, event: events.PostAttached) -> Case:
    """The case with one post more; answered and relieved by it where that is so."""
    post = Post(
        event.post_id,
        event.direction,
        event.author_kind,
        event.identity_id,
        event.thread_keys,
        event.published_at,
        event.window_expires_at,
    )
    posts = (*case.posts, post)
    if of_our_human(event.direction, event.author_kind):
        answered = _answered(replace(case, posts=posts, updated_at=event.at), event.published_at)
        return _relieved(_first_answer(answered, event.published_at))
    if not of_customer(event.direction, event.author_kind):
        return replace(case, posts=posts, updated_at=event.at)
    owed = case.owed_since
    if (case.answered_until is None or event.published_at > case.answered_until) and (
        owed is None or event.published_at < owed
    ):
        owed = event.published_at
    return replace(
        case, posts=posts, owed_since=owed, identity_id=case.identity_id or event.identity_id, updated_at=event.at
    )


def detach(case: Case, post_id: str) -> Case:
    """The case without a post; its thread keys stay, because they still tie the others together."""
    posts = tuple(replace(p, withdrawn=True) if p.post_id == post_id else p for p in case.posts)
    owed = owed_since_in(posts, case.answered_until)
    return _relieved(replace(case, posts=posts, owed_since=owed))


def absorb(case: Case, joined: Case, at: Instant) -> Case:
    """The case that goes on after a join: both histories, its own stage. Nobody has the other one any more."""
    answered = max((t for t in (case.answered_until, joined.answered_until) if t is not None), default=None)
    posts = case.posts + joined.posts
    merged = replace(
        case,
        identity_id=case.identity_id or joined.identity_id,
        posts=posts,
        answered_until=answered,
        owed_since=owed_since_in(posts, answered),
        episode=max(case.episode, joined.episode),
        unsent=case.unsent + joined.unsent,
        opened_at=min(case.opened_at, joined.opened_at),
        updated_at=at,
    )
    return _relieved(merged)


def gone_into(case: Case, survivor_id: str, at: Instant) -> Case:
    """What is left of a case that was joined into another: a pointer."""
    return replace(
        case,
        posts=(),
        unsent=(),
        owed_since=None,
        asked=False,
        line=None,
        refusals=(),
        stage=Joined(survivor_id),
        updated_at=at,
    )


def evolve_case(case: Case, event: events.CaseFact) -> Case:
    """What a fact makes of a case that is there. Never raises."""
    match event:  # what happens to every case comes first, and copies it once
        case events.PostAttached():
            return attach(case, event)
        case events.CaseQueued():
            return replace(
                case,
                queue=event.queue,
                urgency=event.urgency,
                requirements=event.requirements,
                line=Line(event.due_at, min(event.due_at, window_of(case)), event.waiting_since),
                stage=QUEUED,
                updated_at=event.at,
            )
        case events.CaseOffered():
            stage = Offered(event.agent_id, event.offer_id, event.token, event.at, event.expires_at)
            return replace(case, token=event.token, stage=stage, updated_at=event.at)
        case _:
            return replace(_evolve(case, event), updated_at=event.at)


_RareFact = (
    events.OfferAccepted
    | events.OfferDeclined
    | events.OfferExpired
    | events.OfferRescinded
    | events.CaseReleased
    | events.ReplyRequested
    | events.ReplySent
    | events.ReplyFailed
    | events.CasePended
    | events.CaseResumed
    | events.CaseResolved
    | events.ResolutionConfirmed
    | events.CaseReopened
    | events.CaseWithdrawn
    | events.PostDetached
    | events.CaseNoted
    | events.CaseSplit
    | events.CaseClassified
    | events.RequirementRelaxed
    | events.CaseClaimed
    | events.ClaimLapsed
    | events.CaseTransferred
    | events.CaseEscalated
    | events.TaskOpened
    | events.TaskClosed
)


def _evolve(case: Case, event: _RareFact) -> Case:
    match event:
        case events.OfferAccepted():
            return replace(
                case,
                agent_id=event.agent_id,
                stage=Accepted(event.agent_id),
                line=None,
                refusals=(),
                accepted_at=event.at,
            )
        case events.OfferDeclined() | events.OfferExpired():
            others = tuple(r for r in case.refusals if r[0] != event.agent_id)
            return replace(case, stage=QUEUED, refusals=(*others, (event.agent_id, event.at)))
        case events.OfferRescinded():
            return replace(case, stage=QUEUED)
        case events.CaseReleased():
            return replace(case, stage=IDLE, refusals=((event.agent_id, event.at),))
        case events.ReplyRequested():
            return replace(case, unsent=(*case.unsent, Unsent(event.reply_id, event.agent_id, event.author_kind)))
        case events.ReplySent():
            unsent = tuple(u for u in case.unsent if u.reply_id != event.reply_id)
            sent = replace(case, unsent=unsent)
            if event.author_kind != AuthorKind.BRAND_HUMAN:
                return sent
            return _relieved(_first_answer(_answered(sent, event.at), event.at))
        case events.ReplyFailed():
            return replace(case, unsent=tuple(u for u in case.unsent if u.reply_id != event.reply_id))
        case events.CasePended():
            return replace(case, stage=Pending(event.agent_id, event.waiting_for, event.until))
        case events.CaseResumed():
            return replace(case, stage=Accepted(holder(case)))
        case events.CaseResolved():
            return replace(
                _answered(case, event.at),
                stage=Resolved(event.at),
                line=None,
                refusals=(),
                resolved_at=event.at,
                disposition=event.disposition,
                tags=event.tags,
            )
        case events.ResolutionConfirmed():
            return replace(case, stage=Confirmed(case.stage.at if isinstance(case.stage, Resolved) else event.at))
        case events.CaseReopened():
            asked = event.reason != "customer"
            return replace(case, episode=event.episode, asked=asked, answered_at=None, stage=IDLE)
        case events.CaseWithdrawn():
            return replace(case, stage=Withdrawn(event.at), line=None, refusals=())
        case events.PostDetached():
            return detach(case, event.post_id)
        case (
            events.CaseNoted()
            | events.CaseSplit()
            | events.CaseClassified()
            | events.RequirementRelaxed()
            | events.CaseClaimed()
            | events.ClaimLapsed()
            | events.CaseTransferred()
            | events.CaseEscalated()
            | events.TaskOpened()
            | events.TaskClosed()
        ):
            return case  # a note changes nothing; the others are in the contract and nobody decides them yet
        case _:
            assert_never(event)


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
        event.weight,
        opened_at=event.at,
        updated_at=event.at,
    )
