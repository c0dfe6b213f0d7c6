"""A dormant case as a fact that repeats it, and the case of such a fact. It knows not where it was kept meanwhile."""

from chassis.clock import Instant

from routing import events
from routing.cases import IDLE, Case, Confirmed, Post, Stage, Withdrawn, owed_since_in
from routing.terms import RememberedPost


def recall(case: Case, at: Instant) -> events.CaseRecalled:
    """The fact that brings a dormant case back; `recalled` of it is the case again."""
    stage, closed_at = "idle", None
    match case.stage:
        case Confirmed(at=closed):
            stage, closed_at = "confirmed", closed
        case Withdrawn(at=closed):
            stage, closed_at = "withdrawn", closed
        case _:
            pass
    return events.CaseRecalled(
        case.case_id,
        case.origin,
        case.direction,
        case.channel,
        case.source_id,
        case.identity_id,
        case.language,
        case.weight,
        case.episode,
        case.token,
        stage,
        case.agent_id,
        closed_at,
        case.answered_until,
        case.queue,
        case.urgency,
        case.requirements,
        tuple(
            RememberedPost(
                p.post_id,
                p.direction,
                p.author_kind,
                p.identity_id,
                p.thread_keys,
                p.published_at,
                p.window_expires_at,
                p.withdrawn,
            )
            for p in case.posts
        ),
        at,
        case.opened_at,
        case.accepted_at,
        case.answered_at,
        case.resolved_at,
        case.disposition,
        case.tags,
    )


def recalled(event: events.CaseRecalled) -> Case:
    """The case a recall repeats."""
    stage: Stage = IDLE
    if event.closed_at is not None:
        stage = Withdrawn(event.closed_at) if event.stage == "withdrawn" else Confirmed(event.closed_at)
    posts = tuple(
        Post(
            p.post_id,
            p.direction,
            p.author_kind,
            p.identity_id,
            p.thread_keys,
            p.published_at,
            p.window_expires_at,
            p.withdrawn,
        )
        for p in event.posts
    )
    return Case(
        event.case_id,
        event.origin,
        event.direction,
        event.channel,
        event.source_id,
        event.identity_id,
        event.language,
        event.weight,
        event.episode,
        event.token,
        event.agent_id,
        posts,
        owed_since_in(posts, event.answered_until),
        event.answered_until,
        queue=event.queue,
        urgency=event.urgency,
        requirements=event.requirements,
        stage=stage,
        opened_at=event.opened_at,
        updated_at=event.at,
        accepted_at=event.accepted_at,
        answered_at=event.answered_at,
        resolved_at=event.resolved_at,
        disposition=event.disposition,
        tags=event.tags,
    )
