"""Two cases as one: what a link that shows it makes of them, and what somebody's act does. It decides nothing.

A link moves everything to one of them, for good. Somebody's act moves nothing: underneath, the joined case goes on as
it would alone, and the other one keeps beside it where it waits. So taking the act back needs to know nothing.
"""

from chassis.clock import Instant
from msgspec.structs import replace

from routing import events
from routing.cases import (
    ANSWERS_MAX,
    GRANTS_MAX,
    IDLE,
    NEVER,
    URGENCY_MAX,
    Accepted,
    Case,
    Joined,
    JoinedCase,
    Queued,
    Wait,
    alone,
    needs_agent,
    place_of,
    relieved,
    underneath,
    unheld,
)
from routing.terms import GoodwillGrant, GoodwillState, both


def absorb(case: Case, joined: Case, event: events.CasesJoined) -> Case:
    """The case that goes on after a link: both histories, its own stage. Nobody has the other one any more."""
    return underneath(case, lambda own: _absorb(own, joined, event))


def _absorb(case: Case, joined: Case, event: events.CasesJoined) -> Case:
    latest = max(case, joined, key=lambda c: (c.latest_published_at or NEVER, c.latest_post_id))
    merged = replace(
        case,
        identity_id=case.identity_id or joined.identity_id,
        post_count=case.post_count + joined.post_count,
        customer_post_count=case.customer_post_count + joined.customer_post_count,
        latest_post_id=latest.latest_post_id,
        latest_published_at=latest.latest_published_at,
        window_expires_at=latest.window_expires_at,
        acted_until=max((t for t in (case.acted_until, joined.acted_until) if t is not None), default=None),
        answered_until=answered_by(case, joined),
        owed_since=event.owed_since,
        episode=max(case.episode, joined.episode),
        unsent=case.unsent + joined.unsent,
        answers=(*joined.answers, *case.answers)[-ANSWERS_MAX:],
        opened_at=min(case.opened_at, joined.opened_at),
        updated_at=event.at,
        escalation=case.escalation or joined.escalation,
        tasks=tuple(sorted({*case.tasks, *joined.tasks})),
        agent_terms=both(joined.agent_terms, case.agent_terms),
        tier=case.tier or joined.tier,
        goodwill=_granted(case, joined),
    )
    return relieved(merged)


def _granted(case: Case, joined: Case) -> tuple[GoodwillGrant, ...]:
    """What was granted in both, in its order: what counts for one limit counts for it still, and what waits, waits."""
    if not joined.goodwill:
        return case.goodwill
    every = (*joined.goodwill, *case.goodwill)
    kept = sorted(every, key=lambda one: (one.state is GoodwillState.WAITING, one.at, one.grant_id))[-GRANTS_MAX:]
    return tuple(sorted(kept, key=lambda one: (one.at, one.grant_id)))


def answered_by(case: Case, joined: Case) -> Instant | None:
    """Up to which time of publication the customer's posts of two cases are answered once they are one."""
    return max((t for t in (case.answered_until, joined.answered_until) if t is not None), default=None)


def gone_into(case: Case, survivor_id: str, at: Instant) -> Case:
    """What is left of a case that a link showed to be another's: a pointer."""
    return replace(
        case,
        post_count=0,
        customer_post_count=0,
        latest_post_id="",
        latest_published_at=None,
        window_expires_at=None,
        unsent=(),
        answers=(),
        goodwill=(),
        owed_since=None,
        is_requested=False,
        wait=None,
        refusals=(),
        joined=(),
        tasks=(),
        stage=Joined(survivor_id),
        updated_at=at,
    )


def placed(event: events.JoinedCasePlaced) -> JoinedCase:
    """What the fact says of a joined case."""
    urgency = max(0, min(event.urgency, URGENCY_MAX))
    if event.waiting_since is None or event.due_at is None:
        return JoinedCase(event.joined_case_id, None, urgency)
    deadline = event.due_at if event.deadline is None else event.deadline
    return JoinedCase(event.joined_case_id, Wait(event.due_at, deadline, event.waiting_since), urgency)


def as_joined(case: Case) -> JoinedCase:
    """What a joined case is to the one it was joined into."""
    own = alone(case)
    waits = own.wait if isinstance(own.stage, Queued) else None
    return JoinedCase(case.case_id, waits, case.urgency if waits is not None else 0)


def with_joined(case: Case, case_id: str, joined: JoinedCase | None, *, keeps_limit: bool = False) -> Case:
    """The case with another one joined into it, None for no longer; in its queue as long as anybody waits there. Its
    agent has acted by that, unless the time to act is to go on and somebody waits still.
    """
    others = {one.case_id: one for one in case.joined if one.case_id != case_id}
    if joined is not None:
        others[case_id] = joined
    after = replace(case, joined=tuple(others[one] for one in sorted(others)))
    if isinstance(after.stage, Queued) and place_of(after) is None:
        return replace(after, stage=IDLE, refusals=(), returns=0)
    is_limited = isinstance(after.stage, Accepted) and after.stage.reply_due_at is not None
    if isinstance(after.stage, Accepted) and is_limited and not (keeps_limit and needs_agent(after)):
        return replace(after, stage=replace(after.stage, reply_due_at=None, waiting_since=None))
    return after


def join_into(case: Case, event: events.CasesJoined) -> Case:
    """The case when somebody joined it into another: nobody has it, all else goes on underneath."""
    return replace(case, stage=Joined(event.case_id, unheld(case.stage), event.actor), updated_at=event.at)
