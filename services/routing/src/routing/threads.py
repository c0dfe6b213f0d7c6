"""Which posts are one matter: how a post finds, opens, extends and joins cases, and what its withdrawal undoes. Pure.

Two posts belong to one case when a chain of shared thread keys (own id, parent, links, conversation) connects them. A
case is such a connected component, so the partition of posts into cases does not depend on the order of their arrival.
"""

from collections.abc import Iterator, Sequence
from heapq import merge
from typing import assert_never

from chassis.clock import LAST, MICROS, Instant

from routing import commands, events
from routing.case_decider import queue_up, rescind
from routing.cases import (
    Accepted,
    Case,
    Confirmed,
    Idle,
    Joined,
    Offered,
    Pending,
    Queued,
    Resolved,
    Withdrawn,
    absorb,
    answered_by,
    attach,
    detach,
    has_customer,
    is_closed,
    needs_agent,
    of_customer,
    of_our_human,
)
from routing.matching import Decision
from routing.posts import Post
from routing.recall import recall
from routing.shard import Shard
from routing.terms import CaseOrigin, PostKind

PRIVATE_URGENCY = 1
"""A private message comes before public posts: its writer waits in a conversation."""
_WEIGHT = 1


def attach_post(decision: Decision, command: commands.AttachPost) -> None:
    """Decides which case a post belongs to and what that changes. A post that is known changes nothing."""
    shard, post_id = decision.shard, command.post_id
    if post_id in shard.posts.posts or post_id in shard.fetched.posts:
        return
    case_ids = connected(shard, command.thread_keys)
    if not case_ids:
        _open(decision, command)
        return
    cases = [_present(decision, case_id) for case_id in case_ids]
    cases.sort(key=_survival)
    survivor, others = cases[0], cases[1:]
    together, part_ids = survivor, [survivor.case_id]
    for other in others:
        part_ids.append(other.case_id)
        answered = answered_by(together, other)
        owed = None
        if together.owed_since is not None or other.owed_since is not None:
            owed = _owed_after(shard, part_ids, answered)
        joined = events.CasesJoined(survivor.case_id, other.case_id, post_id, command.at, owed)
        together = absorb(together, other, joined)
        rescind(decision, other)
        decision.emit(joined)
    attached = _attached(command, survivor.case_id, _owed_with(shard, together, part_ids, command))
    after = attach(together, attached)
    if not needs_agent(after):
        rescind(decision, survivor)
    decision.emit(attached)
    case = decision.case(survivor.case_id) or after
    _go_on(decision, case, command)


def _owed_with(shard: Shard, case: Case, part_ids: Sequence[str], c: commands.AttachPost) -> Instant | None:
    """Since when the customer is owed an answer once the post is part of the case, which had these parts before."""
    owed, until = case.owed_since, case.answered_until
    if of_customer(c.direction, c.author_kind) and (until is None or c.published_at > until):
        return c.published_at if owed is None else min(owed, c.published_at)
    if of_our_human(c.direction, c.author_kind) and owed is not None and (until is None or c.published_at > until):
        return _owed_after(shard, part_ids, c.published_at)
    return owed


def _owed_after(shard: Shard, part_ids: Sequence[str], until: Instant | None) -> Instant | None:
    """Publication of the earliest contact in these cases later than that. What memory lacks of them was answered."""
    contacts = (shard.posts.contact_after(case_id, until) for case_id in part_ids)
    return min((at for at in contacts if at is not None), default=None)


def detach_post(decision: Decision, command: commands.DetachPost) -> None:
    """Decides what a withdrawal undoes: the post, and the case when no customer's post is left in it."""
    shard, post_id = decision.shard, command.post_id
    post = shard.posts.posts.get(post_id) or shard.fetched.posts.get(post_id)
    if post is None or post.is_withdrawn:
        return
    for case_id in connected(shard, (post_id,)):
        case = _present(decision, case_id)
        detached = _detached(shard, case, post, command.at)
        after = detach(case, detached)
        withdrawn = has_customer(case) and not has_customer(after) and not is_closed(case)
        if withdrawn or not needs_agent(after):
            rescind(decision, case)
        decision.emit(detached)
        if withdrawn:
            decision.emit(events.CaseWithdrawn(case_id, "post_withdrawn", command.at))


def _detached(shard: Shard, case: Case, post: Post, at: Instant) -> events.PostDetached:
    owed = case.owed_since
    if post.by_customer and owed is not None:
        owed = shard.posts.contact_after(case.case_id, case.answered_until, without=post.post_id)
    latest = case.latest_post_id, case.latest_published_at, case.window_expires_at
    if case.latest_post_id == post.post_id:
        latest = next(_latest_without(shard, case.case_id, post.post_id), ("", None, None))
    return events.PostDetached(case.case_id, post.post_id, at, post.direction, post.author_kind, owed, *latest)


def _latest_without(shard: Shard, case_id: str, post_id: str) -> Iterator[tuple[str, Instant, Instant | None]]:
    """The case's contacts but that one, the latest first: those in memory together with those of the read model."""
    known = shard.posts.posts
    parts = (posts for part, posts in shard.fetched.latest.items() if went_on_in(shard, part) == case_id)
    earlier = ([post for post in posts if post.post_id not in known] for posts in parts)
    contacts = merge(shard.posts.latest_contacts(case_id), *earlier, key=_by_publication, reverse=True)
    return ((p.post_id, p.published_at, p.window_expires_at) for p in contacts if p.post_id != post_id)


def _by_publication(post: Post) -> tuple[Instant, str]:
    return post.published_at, post.post_id


def connected(shard: Shard, thread_keys: tuple[str, ...]) -> list[str]:
    """The cases these keys lead to, in memory or in the read model, each once."""
    threads, fetched = shard.posts.cases, shard.fetched
    found: dict[str, None] = {}
    for key in thread_keys:
        case_id = threads.get(key) or fetched.threads.get(key)
        if case_id is not None:
            found[went_on_in(shard, case_id)] = None
    return list(found)


def went_on_in(shard: Shard, case_id: str) -> str:
    """The case that a case was joined into; itself when it was not. The read model may not know of a join yet."""
    while True:
        case = shard.cases.get(case_id) or shard.fetched.cases.get(case_id)
        if case is None or not isinstance(case.stage, Joined):
            return case_id
        case_id = case.stage.into


def _attached(c: commands.AttachPost, case_id: str, owed: Instant | None) -> events.PostAttached:
    return events.PostAttached(
        case_id,
        c.post_id,
        c.direction,
        c.author_kind,
        c.kind,
        c.identity_id,
        c.thread_keys,
        c.published_at,
        c.received_at,
        c.window_expires_at,
        c.at,
        owed,
    )


def _open(decision: Decision, c: commands.AttachPost) -> None:
    """A post nothing is known about opens a case; a customer's is lined up at once."""
    shard, by_customer = decision.shard, of_customer(c.direction, c.author_kind)
    identity = c.identity_id if by_customer else ""
    opened = events.CaseOpened(
        c.case_id, CaseOrigin.POST, c.direction, c.channel, c.source_id, identity, c.language, _WEIGHT, "", c.at
    )
    decision.emit(opened, _attached(c, c.case_id, c.published_at if by_customer else None))
    if not by_customer:
        decision.is_matched = True  # nobody waits for anybody, and nobody got room
    else:
        queue_id = shard.queue_of_source(c.source_id)
        queue = shard.queue(queue_id)
        due_at = Instant(min(c.published_at, c.at) + queue.first_response_s * MICROS)
        queued = events.CaseQueued(c.case_id, queue_id, _urgency(c), queue.requirements, due_at, c.at, c.at)
        decision.emit(queued)
        decision.offer_at_once(opened, queued)


def _present(decision: Decision, case_id: str) -> Case:
    """The case, recalled when memory has forgotten it."""
    case = decision.case(case_id)
    if case is None:
        case = decision.shard.fetched.cases[case_id]
        decision.emit(recall(case, decision.at))
    return case


def _survival(case: Case) -> tuple[int, Instant, str]:
    """Which of joined cases goes on, the least first: the one furthest on, then the one waiting longest, then by id."""
    match case.stage:
        case Accepted() | Pending():
            stage = 0
        case Offered():
            stage = 1
        case Queued():
            stage = 2
        case Idle():
            stage = 3
        case Resolved():
            stage = 4
        case Confirmed() | Withdrawn() | Joined():
            stage = 5
        case _:
            assert_never(case.stage)
    return stage, LAST if case.wait is None else case.wait.waiting_since, case.case_id


def _urgency(c: commands.AttachPost) -> int:
    return PRIVATE_URGENCY if c.kind == PostKind.DIRECT_MESSAGE else 0


def _go_on(decision: Decision, case: Case, c: commands.AttachPost) -> None:
    """What a post's arrival means for the case it arrived in."""
    by_customer = of_customer(c.direction, c.author_kind)
    urgency = _urgency(c) if by_customer else 0
    match case.stage:
        case Idle():
            if needs_agent(case):
                queue_up(decision, case, urgency)
        case Pending():
            if by_customer:
                decision.emit(events.CaseResumed(case.case_id, "customer", decision.at))
        case Resolved() | Confirmed() | Withdrawn():
            if case.owed_since is not None:
                decision.emit(events.CaseReopened(case.case_id, "customer", case.episode + 1, decision.at))
                queue_up(decision, case, urgency)
        case Queued() | Offered() | Accepted() | Joined():
            pass
        case _:
            assert_never(case.stage)
