"""What routing knows as messages of its interface. It decides nothing and asks nobody."""

from collections.abc import Iterable
from contextlib import suppress

from chassis.clock import Instant, to_timestamp
from chassis.commits import Entry, Position
from chassis.layout import UnreadableEvent
from google.protobuf.timestamp_pb2 import Timestamp
from msgspec.structs import asdict
from switchboard.routing.v1 import events_pb2, service_pb2

from routing.agents import Agent, Policy, Queue
from routing.cases import (
    Accepted,
    Case,
    Joined,
    Lease,
    Offered,
    Pending,
    Queued,
    etag,
    holder,
    lease_of,
    lenders_of,
    offers_of,
    place_of,
)
from routing.events import CaseOffered
from routing.explain import Explanation
from routing.reputation import Tally, score
from routing.terms import (
    AgentTerms,
    ClaimTerms,
    Escalation,
    GeoPoint,
    Interrupts,
    Near,
    Relaxation,
    Requirement,
    Rule,
    ShiftPlan,
)
from routing.views.cases import CasePost, state_of
from routing.views.threads import Unattributed

CANDIDATES_MAX = 200
"""Candidates of one explanation. Against: an answer travels from its owner in a message of half a megabyte."""


def case_message(tenant: str, case: Case) -> service_pb2.Case:
    """The case."""
    at = f"tenants/{tenant}"
    stage, lease = case.stage, lease_of(case)
    agent = holder(case) if isinstance(stage, Accepted | Pending) else case.agent_id
    place = place_of(case)
    offers = [offer_message(tenant, case, offer) for offer in offers_of(case)]
    waits = (isinstance(stage, Queued) or bool(offers)) and place is not None
    owed = waits or case.owed_since is not None
    interrupted_by = stage.interrupted_by if isinstance(stage, Pending) else ""
    return service_pb2.Case(
        name=f"{at}/cases/{case.case_id}",
        state=f"CASE_STATE_{state_of(case)}",
        origin=f"CASE_ORIGIN_{case.origin.name}",
        direction=f"DIRECTION_{case.direction.name}",
        channel=case.channel,
        source=f"{at}/sources/{case.source_id}" if case.source_id else "",
        identity=f"{at}/identities/{case.identity_id}" if case.identity_id else "",
        language=case.language,
        queue=f"{at}/queues/{case.queue}" if case.queue else "",
        urgency=case.urgency,
        requirements=requirement_messages(case.requirements),
        weight=case.weight,
        agent=f"{at}/agents/{agent}" if agent else "",
        offer=offers[0] if offers else None,
        episode=case.episode,
        post_count=case.post_count,
        opened_at=to_timestamp(case.opened_at),
        waiting_since=_stamp(place.waiting_since if waits and place is not None else None),
        due_at=_stamp(place.due_at if owed and place is not None else None),
        window_expires_at=_stamp(case.window_expires_at),
        accepted_at=_stamp(case.accepted_at),
        answered_at=_stamp(case.answered_at),
        waiting_for=f"WAITING_FOR_{stage.waiting_for.name}" if isinstance(stage, Pending) else None,
        pending_until=_stamp(stage.until if isinstance(stage, Pending) else None),
        resolved_at=_stamp(case.resolved_at),
        disposition=case.disposition,
        tags=case.tags,
        joined_into=f"{at}/cases/{stage.into}" if isinstance(stage, Joined) else "",
        updated_at=to_timestamp(case.updated_at),
        latest_post=f"{at}/posts/{case.latest_post_id}" if case.latest_post_id else "",
        desk=case.desk,
        joined_cases=[f"{at}/cases/{joined.case_id}" for joined in case.joined],
        reply_due_at=_stamp(stage.reply_due_at if isinstance(stage, Accepted) else None),
        returns=case.returns,
        supervised_reason=stage.supervised if isinstance(stage, Queued) else "",
        etag=etag(case),
        task_of=f"{at}/cases/{case.parent_id}" if case.parent_id else "",
        open_tasks=[f"{at}/cases/{task_id}" for task_id in case.tasks],
        escalation=None if case.escalation is None else _escalation_message(at, case.escalation),
        offers=offers,
        claim=None if lease is None else _claim_message(tenant, case, lease),
        returned_by=[f"{at}/agents/{agent_id}" for agent_id, _ in case.refusals],
        rule_ids=case.rule_ids,
        rules_version=case.rules_version,
        asked_requirements=requirement_messages(() if case.relaxed is None else case.relaxed.asked),
        lending_queues=[f"{at}/queues/{queue}" for queue in lenders_of(case)],
        answers=_answer_messages(at, case),
        agents=None if case.agent_terms is None else _agents_message(at, case.agent_terms),
        tier=case.tier,
        near=_near_message(case.near),
        asked_near=None if case.relaxed is None else _near_message(case.relaxed.near),
        interrupted_by=f"{at}/cases/{interrupted_by}" if interrupted_by else "",
        interrupts=[f"{at}/cases/{case_id}" for case_id in (stage.interrupts if isinstance(stage, Accepted) else ())],
        kind=f"POST_KIND_{case.kind.name}",
        uninterruptible=case.is_uninterruptible,
    )


def _point_message(point: GeoPoint | None) -> events_pb2.GeoPoint | None:
    return None if point is None else events_pb2.GeoPoint(latitude=point.latitude, longitude=point.longitude)


def _near_message(near: Near | None) -> events_pb2.Near | None:
    if near is None:
        return None
    point = _point_message(near.point)
    return events_pb2.Near(place_id=near.place_id, point=point, radius_km=near.radius_km, hard=near.hard)


def _agents_message(at: str, terms: AgentTerms) -> service_pb2.CaseAgents:
    return service_pb2.CaseAgents(
        preferred=[f"{at}/agents/{agent_id}" for agent_id in terms.preferred_ids],
        preferred_s=terms.preferred_s,
        forbidden=[f"{at}/agents/{agent_id}" for agent_id in terms.forbidden_ids],
    )


def _answer_messages(at: str, case: Case) -> list[service_pb2.Answer]:
    """Its answers that can be voted on: those that were taken."""
    unsent = {reply.reply_id for reply in case.unsent}
    return [
        service_pb2.Answer(
            reply_id=one.reply_id,
            agent=f"{at}/agents/{one.agent_id}",
            topics=one.topics,
            votes=[
                service_pb2.AnswerVote(
                    agent=f"{at}/agents/{vote.agent_id}",
                    verdict=f"VERDICT_{vote.verdict.name}",
                    is_expert=vote.is_expert,
                )
                for vote in one.votes
            ],
            customer=f"VERDICT_{one.customer.name}",
        )
        for one in case.answers
        if one.agent_id and one.reply_id not in unsent
    ]


def _escalation_message(at: str, how: Escalation) -> service_pb2.CaseEscalation:
    return service_pb2.CaseEscalation(
        level=how.level,
        agent=f"{at}/agents/{how.agent_id}" if how.agent_id else "",
        from_queue=f"{at}/queues/{how.from_queue}" if how.from_queue else "",
        reason=how.reason,
        escalated_at=to_timestamp(how.escalated_at),
    )


def _claim_message(tenant: str, case: Case, lease: Lease) -> service_pb2.Claim:
    return service_pb2.Claim(
        agent=f"tenants/{tenant}/agents/{case.agent_id}",
        token=case.token,
        claimed_at=_stamp(case.accepted_at),
        expires_at=to_timestamp(lease.expires_at),
        signature=lease.signature,
        opinion_due_at=_stamp(lease.opinion_due_at),
        seconded_by=f"tenants/{tenant}/agents/{lease.seconded_by}" if lease.seconded_by else "",
    )


def post_message(tenant: str, post: CasePost) -> service_pb2.CasePost:
    """One post of a case."""
    return service_pb2.CasePost(
        post=f"tenants/{tenant}/posts/{post.post_id}",
        direction=f"DIRECTION_{post.direction.name}",
        author_kind=f"AUTHOR_KIND_{post.author_kind.name}",
        published_at=to_timestamp(post.published_at),
        window_expires_at=_stamp(post.window_expires_at),
        role=f"POST_ROLE_{post.role.name}",
    )


def unattributed_message(tenant: str, found: Unattributed) -> service_pb2.UnattributedPost:
    """A post of ours that answers nobody."""
    post, sight = found
    return service_pb2.UnattributedPost(
        post=f"tenants/{tenant}/posts/{post.post_id}",
        desk=sight.desk,
        source=f"tenants/{tenant}/sources/{sight.source_id}" if sight.source_id else "",
        in_reply_to=f"tenants/{tenant}/posts/{post.parent}" if post.parent else "",
        author_kind=f"AUTHOR_KIND_{post.author_kind.name}",
        published_at=to_timestamp(post.published_at),
    )


def case_event_message(tenant: str, case_id: str, place: tuple[int, int], entry: Entry | None) -> service_pb2.CaseEvent:
    """One fact of a case's history as it stands in the log; one that cannot be read keeps its place, and this case."""
    position, index = place
    shown = service_pb2.CaseEvent(position=Position.encode(position), case=f"tenants/{tenant}/cases/{case_id}")
    events = [] if entry is None else entry.recorded()
    if index < len(events):
        shown.type = events[index].type
        shown.event.CopyFrom(events[index].message())
        with suppress(UnreadableEvent):
            shown.case = f"tenants/{tenant}/cases/{events[index].body.case_id}"
    return shown


def offer_message(tenant: str, case: Case, offer: Offered) -> service_pb2.Offer:
    """An open offer of a case."""
    return service_pb2.Offer(
        offer_id=offer.offer_id,
        case=f"tenants/{tenant}/cases/{case.case_id}",
        agent=f"tenants/{tenant}/agents/{offer.agent_id}",
        token=offer.token,
        weight=case.weight,
        offered_at=to_timestamp(offer.at),
        expires_at=to_timestamp(offer.expires_at),
        interrupts=[f"tenants/{tenant}/cases/{case_id}" for case_id in offer.interrupts],
    )


def agent_message(tenant: str, agent: Agent, tallies: Iterable[Tally]) -> service_pb2.Agent:
    """The agent with its load, and what votes on its answers say."""
    place = f"tenants/{tenant}"
    return service_pb2.Agent(
        name=f"{place}/agents/{agent.agent_id}",
        display_name=agent.display_name,
        skills=[events_pb2.Skill(name=s.name, level=s.level) for s in agent.granted],
        capacity=agent.capacity,
        queues=[f"{place}/queues/{q}" for q in agent.queues],
        presence=f"PRESENCE_{agent.presence.name}",
        load=agent.load,
        missed_offers=agent.missed,
        cases=[f"{place}/cases/{case_id}" for case_id in sorted(held.case_id for held in agent.work)],
        released_at=_stamp(agent.released_at or None),
        presence_reason=agent.presence_reason,
        leaves_at=_stamp(agent.leaves_at if agent.work else None),
        channel_capacity=channel_messages((one.channel, one.units) for one in agent.channel_capacity),
        channels=agent.channels,
        shifts=None if agent.shifts is None else shift_message(agent.shifts),
        shift_phase=f"SHIFT_PHASE_{agent.phase.name}",
        shift_starts_at=_stamp(agent.shift_starts_at),
        shift_ends_at=_stamp(agent.shift_ends_at),
        channel_load=channel_messages((name, agent.load_of(name)) for name in sorted({h.channel for h in agent.work})),
        tag=agent.tag,
        reputations=_reputation_messages(agent, tallies),
        pinned_skills=agent.pinned_skills,
        location=_point_message(agent.location),
    )


def _reputation_messages(agent: Agent, tallies: Iterable[Tally]) -> list[service_pb2.AgentReputation]:
    levels, earned = ({one.name: one.level for one in skills} for skills in (agent.skills, agent.earned))
    return [
        service_pb2.AgentReputation(
            topic=tally.topic,
            helpful=tally.helpful,
            not_helpful=tally.unhelpful,
            score=score(tally),
            earned_level=earned.get(tally.topic, 0),
            level=levels.get(tally.topic, 0),
        )
        for tally in sorted(tallies, key=lambda tally: tally.topic)
    ]


def queue_message(tenant: str, queue: Queue, waiting: int, supervised: int) -> service_pb2.Queue:
    """The queue, how many cases wait in it, and how many for a supervisor."""
    return service_pb2.Queue(
        name=f"tenants/{tenant}/queues/{queue.queue_id}",
        display_name=queue.display_name,
        first_response_s=queue.first_response_s,
        offer_timeout_s=queue.offer_timeout_s,
        requirements=requirement_messages(queue.requirements),
        waiting=waiting,
        reply_timeout_s=queue.reply_timeout_s,
        supervise_after_returns=queue.supervise_after_returns,
        supervise_after_s=queue.supervise_after_s,
        supervised=supervised,
        selection=f"SELECTION_{queue.selection.name}",
        escalates_to=f"tenants/{tenant}/queues/{queue.escalates_to}" if queue.escalates_to else "",
        language_level=queue.language_level,
        offer_width=queue.offer_width,
        tier_level=queue.tier_level,
        uninterruptible=queue.is_uninterruptible,
        claim_mode=None if queue.claim_terms is None else _claim_mode_message(tenant, queue.claim_terms),
    )


def _claim_mode_message(tenant: str, terms: ClaimTerms) -> service_pb2.ClaimMode:
    goes = terms.fall_through_queue
    return service_pb2.ClaimMode(
        lease_s=terms.lease_s,
        fall_through_s=terms.fall_through_s,
        fall_through_queue=f"tenants/{tenant}/queues/{goes}" if goes else "",
        append_agent_tag=terms.append_agent_tag,
        reply_length_max=terms.reply_length_max,
        second_opinion_s=terms.second_opinion_s,
    )


def policy_message(tenant: str, policy: Policy) -> service_pb2.RoutingPolicy:
    """The tenant's routing policy."""
    return service_pb2.RoutingPolicy(
        name=f"tenants/{tenant}/routingPolicy",
        version=policy.version,
        since=_stamp(policy.since or None),
        ordering=f"ORDERING_{policy.ordering.name}",
        selection=f"SELECTION_{policy.selection.name}",
        late_share=policy.late_share,
        urgency_head_start_s=policy.urgency_head_start_s,
        rescue_s=policy.rescue_s,
        skill_weights=[events_pb2.SkillWeight(skill=one.skill, weight=one.weight) for one in policy.skill_weights],
        preferred_s=policy.preferred_s,
        max_missed_offers=policy.max_missed_offers,
        decline_cooldown_s=policy.decline_cooldown_s,
        confirm_window_s=policy.confirm_window_s,
        absence_s=policy.absence_s,
        pending_percent=policy.pending_percent,
        resume_percent=policy.resume_percent,
        wind_down_s=policy.wind_down_s,
        channel_units=[
            events_pb2.ChannelUnits(channel=one.channel, kind=f"POST_KIND_{one.kind.name}", units=one.units)
            for one in policy.channel_units
        ],
        rules=[_rule_message(tenant, rule) for rule in policy.rules],
        relaxations=[_step_message(tenant, step) for step in policy.relaxations],
        places=[events_pb2.Place(place_id=one.place_id, point=_point_message(one.point)) for one in policy.places],
        tier_head_starts=[
            events_pb2.TierHeadStart(tier=one.tier, head_start_s=one.head_start_s) for one in policy.tier_head_starts
        ],
        earned_levels=[
            events_pb2.EarnedLevel(level=one.level, min_votes=one.min_votes, percent=one.percent)
            for one in policy.earned_levels
        ],
        interrupts=[_interrupts_message(row) for row in policy.interrupts],
        interrupted_s=policy.interrupted_s,
    )


def _interrupts_message(row: Interrupts) -> events_pb2.Interrupts:
    return events_pb2.Interrupts(
        channel=row.channel,
        kind=f"POST_KIND_{row.kind.name}",
        interrupted=[
            events_pb2.ChannelKind(channel=one.channel, kind=f"POST_KIND_{one.kind.name}") for one in row.interrupted
        ],
    )


def _step_message(tenant: str, step: Relaxation) -> service_pb2.RelaxationStep:
    return service_pb2.RelaxationStep(
        queue=f"tenants/{tenant}/queues/{step.queue}" if step.queue else "",
        after_s=step.after_s,
        skill=step.skill,
        min_level=step.min_level,
        queues=[f"tenants/{tenant}/queues/{queue}" for queue in step.queues],
        lend_waiting_max=step.lend_waiting_max,
        radius_km=step.radius_km,
        language_level=step.language_level,
        languages=step.languages,
    )


def _rule_message(tenant: str, rule: Rule) -> service_pb2.RequirementRule:
    return service_pb2.RequirementRule(
        rule_id=rule.rule_id,
        condition=rule.condition,
        queue=f"tenants/{tenant}/queues/{rule.queue}" if rule.queue else "",
        urgency=rule.urgency,
        weight=rule.weight,
        first_response_s=rule.first_response_s,
        requirements=requirement_messages(rule.requirements),
        stop=rule.stop,
        agents=None if rule.agent_terms is None else _agents_message(f"tenants/{tenant}", rule.agent_terms),
        tier=rule.tier,
        within=None if rule.within is None else events_pb2.Within(**asdict(rule.within)),
        uninterruptible=rule.is_uninterruptible,
    )


def explanation_message(tenant: str, case: Case, said: Explanation) -> service_pb2.ExplainDecisionResponse:
    """Why a case is with whom it is; the caller sets the position."""
    return service_pb2.ExplainDecisionResponse(
        state=f"CASE_STATE_{state_of(case)}",
        summary=said.summary,
        binding_constraint=f"CONSTRAINT_{said.binding.name}",
        candidates=[
            service_pb2.Candidate(
                agent=f"tenants/{tenant}/agents/{c.agent_id}",
                eligible=c.eligible,
                constraint=f"CONSTRAINT_{c.constraint.name}",
                explanation=c.sentence,
                skill_score=c.skill_score,
                free_units=c.free_units,
                released_at=_stamp(c.released_at or None),
                constraints=[f"CONSTRAINT_{one.name}" for one in c.constraints],
                rank_score=c.score,
                interrupts=[f"tenants/{tenant}/cases/{case_id}" for case_id in c.interrupts],
            )
            for c in said.candidates[:CANDIDATES_MAX]
        ],
        rank=said.rank,
        candidate_count=len(said.candidates),
        alternatives=[one.sentence for one in said.alternatives],
        policy_version=said.policy_version,
        relaxations=[
            service_pb2.PlannedRelaxation(step=one.step, due_at=to_timestamp(one.due_at), explanation=one.sentence)
            for one in said.planned
        ],
    )


def past_explanation_message(
    tenant: str, case: Case, offered: CaseOffered, said: Explanation
) -> service_pb2.ExplainDecisionResponse:
    """Why a case, as it was before, was offered to whom it was; the caller sets the position."""
    message = explanation_message(tenant, case, said)
    message.offer.CopyFrom(
        service_pb2.Offer(
            offer_id=offered.offer_id,
            case=f"tenants/{tenant}/cases/{offered.case_id}",
            agent=f"tenants/{tenant}/agents/{offered.agent_id}",
            token=offered.token,
            weight=offered.weight,
            offered_at=to_timestamp(offered.at),
            expires_at=to_timestamp(offered.expires_at),
            interrupts=[f"tenants/{tenant}/cases/{case_id}" for case_id in offered.interrupts],
        )
    )
    return message


def requirement_messages(requirements: tuple[Requirement, ...]) -> list[events_pb2.Requirement]:
    """What is asked of an agent."""
    return [events_pb2.Requirement(**asdict(r)) for r in requirements]


def shift_message(plan: ShiftPlan) -> events_pb2.ShiftPlan:
    """When an agent works."""
    return events_pb2.ShiftPlan(
        time_zone=plan.time_zone,
        weekly=[
            events_pb2.WeeklyShift(weekday=w.weekday, start_minute=w.start_minute, end_minute=w.end_minute)
            for w in plan.weekly
        ],
        exceptions=[
            events_pb2.ShiftException(
                starts_at=to_timestamp(one.starts_at), ends_at=to_timestamp(one.ends_at), is_off=one.is_off
            )
            for one in plan.exceptions
        ],
    )


def channel_messages(units: Iterable[tuple[str, int]]) -> list[events_pb2.ChannelCapacity]:
    """Units by channel."""
    return [events_pb2.ChannelCapacity(channel=channel, units=count) for channel, count in units if channel]


def _stamp(at: Instant | None) -> Timestamp | None:
    return None if at is None else to_timestamp(at)
