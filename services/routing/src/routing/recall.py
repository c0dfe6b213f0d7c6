"""A dormant case summed up in a fact, and the case of such a fact. It knows not where it was kept meanwhile."""

from chassis.clock import Instant

from routing import events
from routing.cases import (
    ANSWERS_MAX,
    GRANTS_MAX,
    IDLE,
    URGENCY_MAX,
    WEIGHT_MAX,
    Case,
    Confirmed,
    Stage,
    Withdrawn,
    asked_near,
    asked_of,
)


def recall(case: Case, thread_id: str, at: Instant) -> events.CaseRecalled:
    """The fact that brings a dormant case back, "" for one without a thread; `recalled` of it is the case again."""
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
        asked_of(case),
        case.post_count,
        at,
        case.opened_at,
        case.accepted_at,
        case.answered_at,
        case.resolved_at,
        case.disposition,
        case.tags,
        case.customer_post_count,
        case.latest_post_id,
        case.latest_published_at,
        case.window_expires_at,
        case.desk,
        thread_id,
        case.acted_until,
        case.escalation,
        case.parent_id,
        case.answers,
        case.rule_ids,
        case.rules_version,
        case.agent_terms,
        case.tier,
        case.goodwill,
        asked_near(case),
        case.kind,
        case.is_uninterruptible,
    )


def recalled(event: events.CaseRecalled) -> Case:
    """The case a recall sums up."""
    stage: Stage = IDLE
    if event.closed_at is not None:
        stage = Withdrawn(event.closed_at) if event.stage == "withdrawn" else Confirmed(event.closed_at)
    return Case(
        event.case_id,
        event.origin,
        event.direction,
        event.channel,
        event.source_id,
        event.identity_id,
        event.language,
        max(1, min(event.weight, WEIGHT_MAX)),
        event.episode,
        event.token,
        event.agent_id,
        event.post_count,
        event.customer_post_count,
        event.latest_post_id,
        event.latest_published_at,
        event.window_expires_at,
        answered_until=event.answered_until,
        acted_until=event.acted_until,
        queue=event.queue,
        urgency=max(0, min(event.urgency, URGENCY_MAX)),
        requirements=event.requirements,
        stage=stage,
        opened_at=event.opened_at,
        updated_at=event.at,
        accepted_at=event.accepted_at,
        answered_at=event.answered_at,
        resolved_at=event.resolved_at,
        disposition=event.disposition,
        tags=event.tags,
        desk=event.desk,
        escalation=event.escalation,
        parent_id=event.parent_id,
        answers=event.answers[-ANSWERS_MAX:],
        rule_ids=event.rule_ids,
        rules_version=event.policy_version,
        agent_terms=event.agent_terms,
        tier=event.tier,
        goodwill=event.goodwill[-GRANTS_MAX:],
        near=event.near,
        kind=event.kind,
        is_uninterruptible=event.is_uninterruptible,
    )
