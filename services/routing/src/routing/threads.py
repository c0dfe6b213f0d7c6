"""How a post finds its thread and its part in cases, and what its withdrawal or a late link undoes. Pure.

What a post is to be, `roles.py` says; here that becomes facts. A decision is about one post: what its arrival makes
different for others is looked at right after it, one post at a time (`review`), so no decision outgrows a commit.
"""

from collections.abc import Sequence
from typing import assert_never

from chassis.clock import LAST, MICROS, Instant
from msgspec.structs import replace

from routing import commands, events
from routing.agents import units_of
from routing.case_decider import queue_up, rescind, resume, take_from
from routing.cases import (
    Accepted,
    Broadcast,
    Case,
    Confirmed,
    Idle,
    Joined,
    Offered,
    Pending,
    Queued,
    Resolved,
    Withdrawn,
    alone,
    evolve_case,
    forbidden_of,
    has_customer,
    is_closed,
    needs_agent,
    owes,
    wants_agent,
)
from routing.contacts import answered_without, contact_after, latest_contact
from routing.join_decider import part_from_all, renew
from routing.joins import absorb, answered_by
from routing.lines import line_of_post
from routing.matching import Decision
from routing.posts import Part, Post, Sight, threaded
from routing.remembering import customers_of, find_post, present, threads_of
from routing.roles import Together, Wanted, is_addressed, wanted
from routing.tasks import WITHDRAWN, close_tasks
from routing.terms import CaseOrigin, PostKind, PostRole

PRIVATE_URGENCY = 1
"""A private message comes before public posts: its writer waits in a conversation."""
REVIEWS_MAX = 200
"""Posts that one decision finds to be as they should. Against: their ids are in one fact."""
WAITING_MAX = 20
"""Answers that came before their question and are attached with it, so that nobody is offered what is answered."""


def attach_post(decision: Decision, c: commands.AttachPost) -> None:
    """Decides which thread a post belongs to, and its part in cases. A post that is known changes nothing."""
    if find_post(decision, c.post_id) is not None:
        return
    together = Together(threads_of(decision, c.thread_keys), c.post_id)
    post = Post(
        c.post_id,
        c.channel,
        c.direction,
        c.author_kind,
        c.identity_id,
        c.handle_id,
        c.parent,
        c.is_repost,
        c.mentioned_ids,
        c.alias_ids,
        c.language,
        c.published_at,
        c.window_expires_at,
        reach=c.reach,
    )
    sight = Sight(c.desk, c.source_id, c.kind, c.received_at, c.case_id, c.is_addressed)
    _see(decision, together, post, sight, c.thread_keys)


def sight_post(decision: Decision, c: commands.SightPost) -> None:
    """Decides what it changes that a further source brought a post. Nothing when we do not have it, or not any more."""
    post = find_post(decision, c.post_id)
    if post is None or post.is_ours or post.is_withdrawn:
        return
    known, together = post.sight(c.desk), Together(threads_of(decision, (post.post_id,)))
    if known is None:
        sight = Sight(c.desk, c.source_id, c.kind, c.received_at, c.case_id, c.is_addressed)
        _see(decision, together, post, sight, (post.post_id,))
    elif c.is_addressed and not known.is_addressed:
        become_addressed(decision, together, post, known)


def alias_post(decision: Decision, c: commands.AliasPost) -> None:
    """Decides what it changes that a post has further ids. Nothing when we do not have it."""
    post = find_post(decision, c.post_id)
    if post is None or set(c.alias_ids) <= {*post.alias_ids, post.post_id}:
        return
    together = Together(threads_of(decision, (post.post_id, *c.alias_ids)))
    ids = tuple(sorted({*post.alias_ids, *c.alias_ids} - {post.post_id}))
    decision.emit(events.PostAliased(post.post_id, ids, together.thread_id, together.joined_thread_ids, c.at))


def detach_post(decision: Decision, c: commands.DetachPost) -> None:
    """Decides what a withdrawal undoes: the post, and a case when no customer's post is left in it."""
    post = find_post(decision, c.post_id)
    if post is None or post.is_withdrawn:
        return
    together = Together(threads_of(decision, (post.post_id,)))
    decision.emit(events.PostUnthreaded(post.post_id, together.thread_id, c.at))
    for sight in post.sights:
        for part in sight.parts:
            _unhang(decision, together, post, part, is_moved=False)


def review(decision: Decision) -> None:
    """Looks again at posts and cases that something later may have made different, until one of them is.

    That they were looked at is said first: what then follows may be a reason to look at one of them once more.
    """
    done: list[str] = []
    for key in decision.shard.threads.todo:
        done.append(key)
        found = Decision(decision.shard, decision.at)
        _review(found, key)
        if found.events or len(done) >= REVIEWS_MAX:
            decision.emit(events.ThreadReviewed(tuple(done), decision.at), *found.events)
            return
    decision.emit(events.ThreadReviewed(tuple(done), decision.at))


def _review(decision: Decision, key: str) -> None:
    threads = decision.shard.threads
    for customer in threads.customers_of(key):
        if len(customer.case_ids) > 1:
            _joined(decision, customer.case_ids, "")
    thread = threads.by_key.get(key)
    post = None if thread is None else thread.find(key)
    if thread is not None and post is not None:
        _review_post(decision, Together((thread,)), post)


def _review_post(decision: Decision, together: Together, post: Post) -> None:
    for sight in post.sights:
        if not (post.is_withdrawn or sight.is_addressed) and _speaks(decision, together, post, sight.desk):
            become_addressed(decision, together, post, sight)
        else:
            _rehang(decision, together, post, sight)


def _see(decision: Decision, together: Together, post: Post, sight: Sight, keys: tuple[str, ...]) -> None:
    """A desk is brought a post it does not know."""
    if not sight.is_addressed and post.by_customer and _speaks(decision, together, post, sight.desk):
        sight = replace(sight, is_addressed=True)
    told = threaded(post, sight, together.thread_id, together.joined_thread_ids, keys, decision.at)
    wants = wanted(together, post, sight)
    if _begins(together, post, sight, wants):
        _begin(decision, told, _urgency(sight))
        return
    decision.emit(told)
    for want in wants:
        _hang(decision, together, post, sight, want)


def _begins(together: Together, post: Post, sight: Sight, wants: Sequence[Wanted]) -> bool:
    """Whether a post opens its author's case, and nothing but that it waits comes of it."""
    if len(wants) != 1 or wants[0].role != PostRole.CONTACT:
        return False
    if not together.threads:
        return True
    return not (together.case_ids(sight.desk, post.identity_id) or _waiting_answers(together, post, sight.desk))


def _begin(decision: Decision, told: events.PostThreaded, urgency: int) -> None:
    """A customer gets a case, which is lined up at once."""
    line = line_of_post(decision.shard, told, urgency)
    due_at = Instant(min(told.published_at, decision.at) + line.first_response_s * MICROS)
    begun = events.CaseBegun(
        told.opens_case_id,
        told,
        line.weight,
        line.queue,
        line.urgency,
        line.requirements,
        due_at,
        decision.at,
        line.rule_ids,
        line.policy_version,
        line.agent_terms,
        line.tier,
        line.near,
        line.is_uninterruptible,
    )
    is_all = not decision.events
    decision.emit(begun)
    if is_all:
        decision.offer_at_once(begun)


def become_addressed(decision: Decision, together: Together, post: Post, sight: Sight) -> None:
    """A customer's post speaks to a desk from now on."""
    decision.emit(events.PostAddressed(post.post_id, sight.desk, together.thread_id, decision.at))
    _rehang(decision, together, post, replace(sight, is_addressed=True))


def _speaks(decision: Decision, together: Together, post: Post, desk: str) -> bool:
    """Whether what a customer's post answers or repeats makes it speak to the desk."""
    if not post.by_customer or not post.parent:
        return False
    parent = find_post(decision, post.parent) if post.is_repost else together.find(post.parent)
    return is_addressed(post, desk, parent)


def _rehang(decision: Decision, together: Together, post: Post, sight: Sight) -> None:
    """Makes a post what it is to be, where it is something else."""
    want = {one.customer_id: one for one in wanted(together, post, sight)}
    parts = {part.customer_id: part for part in sight.parts}
    for customer_id, part in parts.items():
        if not _is_so(post, part, want.get(customer_id)):
            _unhang(decision, together, post, part, is_moved=True)
    for customer_id, one in want.items():
        known = parts.get(customer_id)
        if known is None or not _is_so(post, known, one):
            _hang(decision, together, post, sight, one)


def _is_so(post: Post, part: Part, want: Wanted | None) -> bool:
    """Whether a post is what it is to be. That an answer names its question matters where the question is the later."""
    if want is None or part.role != want.role:
        return False
    named = max(part.answers_published_at or post.published_at, post.published_at)
    return named == max(want.answers_published_at or post.published_at, post.published_at)


def _hang(decision: Decision, together: Together, post: Post, sight: Sight, want: Wanted) -> None:
    """A post becomes part of a customer's case, which it opens where there is none."""
    case_ids = together.case_ids(sight.desk, want.customer_id)
    is_contact = want.role == PostRole.CONTACT
    if not case_ids:
        _open(decision, together, post, sight, want)
        return
    case = _joined(decision, case_ids, post.post_id)
    customers = customers_of(decision, case_ids)
    owed, until = case.owed_since, case.answered_until
    if is_contact and (until is None or post.published_at > until):
        owed = post.published_at if owed is None else min(owed, post.published_at)
    attached = _attached(decision, post, sight, want, case.case_id, owed)
    if attached.role == PostRole.ANSWER and owed is not None:
        counts = max(post.published_at, want.answers_published_at or post.published_at)
        if evolve_case(case, attached).answered_until == counts:
            attached = _attached(decision, post, sight, want, case.case_id, contact_after(customers, counts))
    if not needs_agent(evolve_case(case, attached)):
        rescind(decision, case)
    decision.attach(attached)
    now = decision.case(case.case_id) or case
    if is_contact:
        _go_on(decision, now, _urgency(sight), is_contact=True, kind=sight.kind, reach=post.reach)
    else:
        _go_on(decision, now, 0, is_contact=False)


def _unhang(decision: Decision, together: Together, post: Post, part: Part, *, is_moved: bool) -> None:
    """A post is no part of a case any more; when no contact is left of the case, its customer took it back."""
    case = present(decision, together.case_of(part))
    if case is None:
        return
    customers = customers_of(decision, [case.case_id])
    owed, until, answered_at = case.owed_since, case.answered_until, case.answered_at
    latest = case.latest_post_id, case.latest_published_at, case.window_expires_at
    if part.role == PostRole.CONTACT:
        if owed is not None:
            owed = contact_after(customers, until, without=post.post_id)
        if case.latest_post_id == post.post_id:
            latest = latest_contact(customers, together.find, without=post.post_id)
    elif part.role == PostRole.ANSWER:
        until, answered_at = answered_without(case, customers, post, part)
        if until != case.answered_until:
            owed = contact_after(customers, until)
    detached = events.PostDetached(
        case.case_id,
        post.post_id,
        decision.at,
        post.direction,
        post.author_kind,
        owed,
        *latest,
        part.role,
        is_moved,
        until,
        answered_at,
    )
    after = evolve_case(case, detached)
    withdrawn = has_customer(case) and not has_customer(after) and not is_closed(alone(case))
    if withdrawn or not needs_agent(after):
        rescind(decision, case)
    decision.emit(detached)
    if withdrawn:
        decision.emit(events.CaseWithdrawn(case.case_id, "post_withdrawn", decision.at))
        close_tasks(decision, case, "", WITHDRAWN)
    elif part.role == PostRole.ANSWER:
        _go_on(decision, decision.case(case.case_id) or after, 0, is_contact=False)


def _joined(decision: Decision, case_ids: Sequence[str], post_id: str) -> Case:
    """The case that cases of one customer are from now on."""
    cases = [case for case_id in dict.fromkeys(case_ids) if (case := present(decision, case_id)) is not None]
    cases.sort(key=_survival)
    acts = [act for other in cases[1:] for act in part_from_all(decision, other)]
    survivor, *others = (decision.case(case.case_id) or case for case in cases)
    together = survivor
    for other in others:
        answered = answered_by(together, other)
        owed = None
        if together.owed_since is not None or other.owed_since is not None:
            owed = contact_after(customers_of(decision, case_ids), answered)
        joined = events.CasesJoined(survivor.case_id, other.case_id, post_id, decision.at, owed)
        together = absorb(together, other, joined)
        rescind(decision, other)
        if not needs_agent(together):
            rescind(decision, survivor)
        decision.emit(joined)
    if barred := set(forbidden_of(together)).difference(forbidden_of(survivor)):
        take_from(decision, decision.case(survivor.case_id) or survivor, barred)
    if len(cases) > 1:
        renew(decision, survivor.case_id, acts)
        together = decision.case(survivor.case_id) or together
        _go_on(decision, together, 0, is_contact=False)
        together = decision.case(survivor.case_id) or together
    return together


def _open(decision: Decision, together: Together, post: Post, sight: Sight, want: Wanted) -> None:
    """A customer gets a case; who speaks to us is lined up, unless what answers it came before it."""
    is_contact = want.role == PostRole.CONTACT
    opened = events.CaseOpened(
        sight.opens_case_id,
        CaseOrigin.POST,
        post.direction,
        post.channel,
        sight.source_id,
        want.customer_id,
        post.language,
        units_of(decision.shard.policy, post.channel, sight.kind),
        "",
        decision.at,
        sight.desk,
        together.thread_id,
    )
    owed = post.published_at if is_contact else None
    decision.emit(opened, _attached(decision, post, sight, want, opened.case_id, owed))
    if not is_contact:
        return
    for answer, known in _waiting_answers(together, post, sight.desk):
        case = decision.case(opened.case_id)
        if case is not None:
            named = Wanted(want.customer_id, PostRole.ANSWER, post.published_at)
            counts = max(answer.published_at, post.published_at)
            left = None if case.owed_since is None or counts >= case.owed_since else case.owed_since
            decision.emit(_attached(decision, answer, known, named, opened.case_id, left))
    case = decision.case(opened.case_id)
    if case is not None and needs_agent(case):
        queue_up(decision, case, _urgency(sight), sight.kind, post.reach)


def _waiting_answers(together: Together, post: Post, desk: str) -> list[tuple[Post, Sight]]:
    """Posts of our people that answer a post by name and came before it."""
    found = []
    for thread in together.threads:
        for key in post.ids:
            for post_id in thread.children.get(key, ())[:WAITING_MAX]:
                answer = thread.posts[post_id]
                sight = answer.sight(desk)
                if answer.is_ours and not answer.is_withdrawn and sight is not None and not sight.parts:
                    found.append((answer, sight))
    return found[:WAITING_MAX]


def _attached(  # noqa: PLR0917  (all that a fact is made of)
    decision: Decision, post: Post, sight: Sight, want: Wanted, case_id: str, owed: Instant | None
) -> events.PostAttached:
    return events.PostAttached(
        case_id,
        post.post_id,
        post.direction,
        post.author_kind,
        sight.kind,
        post.identity_id,
        post.published_at,
        sight.received_at,
        post.window_expires_at,
        decision.at,
        sight.source_id,
        owed,
        want.role,
        want.answers_published_at,
        want.customer_id,
    )


def _survival(case: Case) -> tuple[int, Instant, str]:
    """Which of joined cases goes on, the least first: the one furthest on, then the one waiting longest, then by id."""
    match alone(case).stage:
        case Accepted() | Pending():
            stage = 0
        case Offered() | Broadcast():
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


def _urgency(sight: Sight) -> int:
    return PRIVATE_URGENCY if sight.kind == PostKind.DIRECT_MESSAGE else 0


def _go_on(
    decision: Decision,
    case: Case,
    urgency: int,
    *,
    is_contact: bool,
    kind: PostKind = PostKind.UNSPECIFIED,
    reach: int = 0,
) -> None:
    """What it means for a case that a post came or went, or another case joined it."""
    stage = alone(case).stage
    match stage:
        case Idle():
            if wants_agent(case) or (is_contact and needs_agent(case)):
                queue_up(decision, case, urgency, kind, reach)
        case Queued() | Offered() | Broadcast():
            if case.wait is None and owes(case):  # it waited for what is joined into it only
                queue_up(decision, case, urgency, kind, reach)
        case Pending(interrupted_by=interrupted_by):
            if is_contact and not interrupted_by:
                resume(decision, case, stage, "customer")
        case Resolved() | Confirmed() | Withdrawn():
            if case.owed_since is not None:
                episode = case.episode if isinstance(stage, Withdrawn) else case.episode + 1
                decision.emit(events.CaseReopened(case.case_id, "customer", episode, decision.at))
                queue_up(decision, case, urgency, kind, reach)
        case Accepted() | Joined():
            pass
        case _:
            assert_never(stage)
