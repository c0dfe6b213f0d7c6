"""Which posts are one matter: how a post finds, opens, extends and joins cases, and what its withdrawal undoes. Pure.

Two posts belong to one case when a chain of shared thread keys (own id, parent, links, conversation) connects them. A
case is such a connected component, so the partition of posts into cases does not depend on the order of their arrival.
"""

from functools import reduce
from typing import assert_never

from chassis.clock import LAST, MICROS, Instant

from routing import commands, events
from routing.agents import DEFAULT_QUEUE
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
    attach,
    detach,
    has_customer,
    is_closed,
    needs_agent,
    of_customer,
)
from routing.matching import Draft
from routing.recall import recall
from routing.shard import Shard
from routing.terms import CaseOrigin, PostKind

PRIVATE_URGENCY = 1
"""A private message comes before public posts: its writer waits in a conversation."""
_WEIGHT = 1


def attach_post(draft: Draft, command: commands.AttachPost) -> None:
    """Decides which case a post belongs to and what that changes. A post that is known changes nothing."""
    shard = draft.shard
    case_ids = connected(shard, command.thread_keys)
    if not case_ids:
        _open(draft, command)
        return
    cases = [_present(draft, case_id) for case_id in case_ids]
    named = command.post_id in shard.threads or command.post_id in shard.loaned_threads
    if named and any(post.post_id == command.post_id for case in cases for post in case.posts):
        draft.events.clear()  # nothing is recalled for a post that is known
        return
    cases.sort(key=_survival)
    survivor, others = cases[0], cases[1:]
    together = reduce(lambda one, other: absorb(one, other, command.at), others, survivor)
    attached = _attached(command, survivor.case_id)
    after = attach(together, attached)
    for other in others:
        rescind(draft, other)
        draft.emit(events.CasesJoined(survivor.case_id, other.case_id, command.post_id, command.at))
    if not needs_agent(after):
        rescind(draft, survivor)
    draft.emit(attached)
    case = draft.case(survivor.case_id) or after
    _go_on(draft, case, command)


def detach_post(draft: Draft, command: commands.DetachPost) -> None:
    """Decides what a withdrawal undoes: the post, and the case when no customer's post is left in it."""
    for case_id in connected(draft.shard, (command.post_id,)):
        case = _present(draft, case_id)
        post = next((p for p in case.posts if p.post_id == command.post_id and not p.withdrawn), None)
        if post is None:
            draft.events.clear()
            return
        after = detach(case, command.post_id)
        withdrawn = has_customer(case) and not has_customer(after) and not is_closed(case)
        if withdrawn or not needs_agent(after):
            rescind(draft, case)
        draft.emit(events.PostDetached(case_id, command.post_id, command.at))
        if withdrawn:
            draft.emit(events.CaseWithdrawn(case_id, "post_withdrawn", command.at))


def connected(shard: Shard, thread_keys: tuple[str, ...]) -> list[str]:
    """The cases these keys lead to, in memory or on loan from the read model, each once."""
    threads, archived = shard.threads, shard.loaned_threads
    found: dict[str, None] = {}
    for key in thread_keys:
        case_id = threads.get(key) or archived.get(key)
        if case_id is not None:
            found[case_id] = None
    return list(found)


def _attached(c: commands.AttachPost, case_id: str) -> events.PostAttached:
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
    )


def _open(draft: Draft, c: commands.AttachPost) -> None:
    """A post nothing is known about opens a case; a customer's is lined up at once."""
    shard, by_customer = draft.shard, of_customer(c.direction, c.author_kind)
    identity = c.identity_id if by_customer else ""
    opened = events.CaseOpened(
        c.case_id, CaseOrigin.POST, c.direction, c.channel, c.source_id, identity, c.language, _WEIGHT, "", c.at
    )
    draft.emit(opened, _attached(c, c.case_id))
    if not by_customer:
        draft.is_settled = True  # nobody waits for anybody, and nobody got room
    else:
        queue_id = shard.sources.get(c.source_id) or DEFAULT_QUEUE
        queue = shard.queue(queue_id)
        due_at = Instant(min(c.published_at, c.at) + queue.first_response_s * MICROS)
        queued = events.CaseQueued(c.case_id, queue_id, _urgency(c), queue.requirements, due_at, c.at, c.at)
        draft.emit(queued)
        draft.offer_at_once(opened, queued)


def _present(draft: Draft, case_id: str) -> Case:
    """The case, recalled when memory has forgotten it."""
    case = draft.case(case_id)
    if case is None:
        case = draft.shard.loaned[case_id]
        draft.emit(recall(case, draft.at))
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
    return stage, LAST if case.line is None else case.line.waiting_since, case.case_id


def _urgency(c: commands.AttachPost) -> int:
    return PRIVATE_URGENCY if c.kind == PostKind.DIRECT_MESSAGE else 0


def _go_on(draft: Draft, case: Case, c: commands.AttachPost) -> None:
    """What a post's arrival means for the case it arrived in."""
    by_customer = of_customer(c.direction, c.author_kind)
    urgency = _urgency(c) if by_customer else 0
    match case.stage:
        case Idle():
            if needs_agent(case):
                queue_up(draft, case, urgency)
        case Pending():
            if by_customer:
                draft.emit(events.CaseResumed(case.case_id, "customer", draft.at))
        case Resolved() | Confirmed() | Withdrawn():
            if case.owed_since is not None:
                draft.emit(events.CaseReopened(case.case_id, "customer", case.episode + 1, draft.at))
                queue_up(draft, case, urgency)
        case Queued() | Offered() | Accepted() | Joined():
            pass
        case _:
            assert_never(case.stage)
