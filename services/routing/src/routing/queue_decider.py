"""What may become of queues: created, changed, and deleted when nothing is in them or something stands for them. Pure.

A deleted queue is gone at once, and its id means its successor wherever it is still named. The open cases and the
agents that name it follow in portions, each a decision of its own, until nothing is left.
"""

from __future__ import annotations

from chassis.errors import Rejected
from msgspec.structs import replace

from routing import commands, events
from routing.agents import DEFAULT_QUEUE, Agent, Queue, agent_changed
from routing.case_decider import move
from routing.cases import Accepted, Broadcast, Case, Offered, Pending, Queued, alone, offers_of
from routing.commands import Reason
from routing.matching import Decision
from routing.shard import Shard
from routing.terms import ClaimTerms

OPEN = (Queued, Offered, Broadcast, Accepted, Pending)
"""Stages in which a case waits in a queue, or is with an agent of one."""
NAMED_MAX = 10
"""Of each kind, what a refusal to delete a queue names; the sentence says how many there are."""
DELETED = "queue_deleted"
"""The reason of a transfer that nobody asked for."""


def known_queue(shard: Shard, queue_id: str) -> None:
    """Raises Rejected when there is no such queue."""
    if not shard.has_queue(queue_id):
        raise Rejected(Reason.QUEUE_UNKNOWN, f"there is no queue {queue_id}", resource=f"queues/{queue_id}")


def known_queues(shard: Shard, queue_ids: tuple[str, ...]) -> None:
    """Raises Rejected, naming each, when some of these queues are not there."""
    unknown = [queue_id for queue_id in queue_ids if not shard.has_queue(queue_id)]
    if unknown:
        raise Rejected(
            Reason.QUEUE_UNKNOWN, f"there is no queue {' or '.join(unknown)}", resource=f"queues/{unknown[0]}"
        )


def higher_queue(shard: Shard, queue_id: str) -> str:
    """The queue that cases of one are escalated to, "" for none."""
    settings = shard.queues.get(queue_id)
    if settings is None or not settings.escalates_to:
        return ""
    above = shard.standing_queue(settings.escalates_to)
    return "" if above == queue_id else above


def _demand_a_way_up(shard: Shard, queue_id: str, above: str) -> None:
    """Raises Rejected when a queue would escalate to none that is there, or round in a circle."""
    if not above:
        return
    if above != queue_id:
        known_queue(shard, above)
    way = [queue_id]
    while above and above not in way:
        way.append(above)
        settings = shard.queues.get(above)
        named = "" if settings is None else settings.escalates_to
        above = named if named == queue_id else higher_queue(shard, above)
    if above == queue_id:
        raise Rejected(
            Reason.ESCALATION_CIRCLE,
            f"queue {queue_id} would escalate to itself: {' to '.join([*way, queue_id])}; let one of them escalate to"
            " no other, or to one that is not among them",
            resource=f"queues/{queue_id}",
        )


def create_queue(decision: Decision, c: commands.CreateQueue) -> None:
    """Decides a queue, unless there is one of that id."""
    if c.queue_id in decision.shard.queues and decision.shard.has_queue(c.queue_id):
        detail = f"queue {c.queue_id} is there already; change it with UpdateQueue, or take another id"
        raise Rejected(Reason.QUEUE_EXISTS, detail, resource=f"queues/{c.queue_id}")
    _demand_a_way_up(decision.shard, c.queue_id, c.escalates_to)
    _demand_offered(decision.shard, c.queue_id, c.claim_terms)
    decision.emit(
        events.QueueChanged(
            c.queue_id,
            c.display_name,
            c.first_response_s,
            c.offer_timeout_s,
            c.requirements,
            c.at,
            c.selection,
            c.reply_timeout_s,
            c.supervise_after_returns,
            c.supervise_after_s,
            c.escalates_to,
            c.language_level,
            c.offer_width,
            c.claim_terms,
            c.tier_level,
            c.is_uninterruptible,
        )
    )


def change_queue(decision: Decision, c: commands.ChangeQueue) -> None:
    """Decides other settings; the default queue has some before anybody gives it any."""
    known_queue(decision.shard, c.queue_id)
    queue = decision.shard.queues.get(c.queue_id) or Queue(c.queue_id)
    changed = Queue(
        c.queue_id,
        queue.display_name if c.display_name is None else c.display_name,
        queue.first_response_s if c.first_response_s is None else c.first_response_s,
        queue.offer_timeout_s if c.offer_timeout_s is None else c.offer_timeout_s,
        queue.requirements if c.requirements is None else c.requirements,
        queue.selection if c.selection is None else c.selection,
        queue.reply_timeout_s if c.reply_timeout_s is None else c.reply_timeout_s,
        queue.supervise_after_returns if c.supervise_after_returns is None else c.supervise_after_returns,
        queue.supervise_after_s if c.supervise_after_s is None else c.supervise_after_s,
        queue.escalates_to if c.escalates_to is None else c.escalates_to,
        queue.language_level if c.language_level is None else c.language_level,
        queue.offer_width if c.offer_width is None else c.offer_width,
        c.claim_terms or (None if c.claims_end else queue.claim_terms),
        queue.tier_level if c.tier_level is None else c.tier_level,
        queue.is_uninterruptible if c.is_uninterruptible is None else c.is_uninterruptible,
    )
    if changed.escalates_to != queue.escalates_to:
        _demand_a_way_up(decision.shard, c.queue_id, changed.escalates_to)
    if changed.claim_terms != queue.claim_terms:
        _demand_offered(decision.shard, c.queue_id, changed.claim_terms)
    if changed != queue:
        decision.emit(
            events.QueueChanged(
                c.queue_id,
                changed.display_name,
                changed.first_response_s,
                changed.offer_timeout_s,
                changed.requirements,
                c.at,
                changed.selection,
                changed.reply_timeout_s,
                changed.supervise_after_returns,
                changed.supervise_after_s,
                changed.escalates_to,
                changed.language_level,
                changed.offer_width,
                changed.claim_terms,
                changed.tier_level,
                changed.is_uninterruptible,
            )
        )


def _demand_offered(shard: Shard, queue_id: str, terms: ClaimTerms | None) -> None:
    """Raises Rejected unless what falls through a queue that is claimed, or into it, ends with somebody it is offered
    to.
    """
    if terms is None:
        return
    goes = terms.fall_through_queue
    if goes:
        known_queue(shard, goes)
        if goes == queue_id or shard.queue(goes).claim_terms is not None:
            detail = f"queue {goes} is in claim mode itself; what nobody claims goes to a queue whose cases are offered"
            raise Rejected(Reason.QUEUE_CLAIMED, detail, resource=f"queues/{goes}")
    others = [q.queue_id for q in shard.queues.values() if _falls_into(q, queue_id) and shard.has_queue(q.queue_id)]
    if others:
        named = ", ".join(sorted(others)[:NAMED_MAX])
        detail = f"what nobody claims in {named} goes to queue {queue_id}, so its cases have to be offered"
        raise Rejected(Reason.QUEUE_CLAIMED, detail, resource=f"queues/{queue_id}")


def _falls_into(queue: Queue, queue_id: str) -> bool:
    return queue.claim_terms is not None and queue.claim_terms.fall_through_queue == queue_id


def offer_again(decision: Decision, queue_id: str, room: int) -> int:
    """Has the agents looked at who could be offered something of a queue that is claimed no more, as many as there is
    room for; returns how many facts that can lead to.
    """
    cost = 0
    for agent_id in sorted(decision.shard.agents):
        agent = decision.shard.agents[agent_id]
        if cost >= room:
            return cost
        if decision.could_take_more(agent):
            decision.look_at(agent_id)
            cost += agent.free
    decision.emit(events.QueueCleared(queue_id, decision.at))
    return cost + 1


def delete_queue(decision: Decision, c: commands.DeleteQueue) -> None:
    """Decides that a queue is gone, and the first portion of what follows."""
    shard = decision.shard
    if c.queue_id == DEFAULT_QUEUE:
        detail = "the default queue is always there: nothing else is said of some cases; delete another one"
        raise Rejected(Reason.QUEUE_PERMANENT, detail, resource=f"queues/{c.queue_id}")
    known_queue(shard, c.queue_id)
    if c.force:
        known_queue(shard, c.successor)
    else:
        _demand_unused(shard, c.queue_id)
    decision.emit(events.QueueDeleted(c.queue_id, c.successor, c.at))
    # The shard does not know of the deletion yet, so the successor is said here; from now on a tick finds the rest.
    clear(decision, c.queue_id, c.successor or DEFAULT_QUEUE, room=0)


def clear(decision: Decision, queue_id: str, successor: str, room: int) -> int:
    """Decides that agents and open cases of a deleted queue go to the one that stands for it, so many facts and offers
    as there is room for; returns how many that can lead to.
    """
    cost = 0
    for agent in _agents_of(decision.shard, queue_id):
        if cost >= room:
            return cost
        queues = tuple(sorted({successor if one == queue_id else one for one in agent.queues}))
        decision.emit(agent_changed(replace(agent, queues=queues), decision.at))
        cost += 1 + agent.free
    width = decision.shard.queue(successor).offer_width
    for case in _cases_of(decision.shard, queue_id):
        if cost >= room:
            return cost
        move(decision, decision.case(case.case_id) or case, successor, case.urgency, reason=DELETED)
        cost += 2 + max(width, len(offers_of(case)))
    decision.emit(events.QueueCleared(queue_id, decision.at))
    return cost + 1


def _demand_unused(shard: Shard, queue_id: str) -> None:
    """Raises Rejected, naming what is there, while sources, agents, open cases, rules or steps name a queue."""
    sources = sorted(source for source, queue in shard.sources.items() if shard.standing_queue(queue) == queue_id)
    agents = [agent.agent_id for agent in _agents_of(shard, queue_id)]
    cases = [case.case_id for case in _cases_of(shard, queue_id)]
    below = sorted(one for one in shard.queues if shard.has_queue(one) and higher_queue(shard, one) == queue_id)
    rules = [rule.rule_id for rule in shard.policy.rules if rule.queue and shard.standing_queue(rule.queue) == queue_id]
    steps = [str(number) for number, step in shard.steps if queue_id in (step.queue, *step.queues)]
    above = (("queues", below), ("rules", rules), ("relaxations", steps))
    found = (("sources", sources), ("agents", agents), ("cases", cases), *above)
    if any(ids for _, ids in found):
        counted = ", ".join(f"{len(ids)} {kind if len(ids) > 1 else kind[:-1]}" for kind, ids in found if ids)
        raise Rejected(
            Reason.QUEUE_IN_USE,
            f"queue {queue_id} is in use by {counted}; move them, or delete it with force and a successor",
            resource=f"queues/{queue_id}",
            violations=tuple(
                (f"{kind}/{one}", f"uses queue {queue_id}") for kind, ids in found for one in ids[:NAMED_MAX]
            ),
        )


def _agents_of(shard: Shard, queue_id: str) -> list[Agent]:
    """By id: a shard that was loaded has met them in another order."""
    return sorted((a for a in shard.agents.values() if queue_id in a.queues), key=lambda agent: agent.agent_id)


def _cases_of(shard: Shard, queue_id: str) -> list[Case]:
    """By id as well. One that somebody joined into another waits where it would alone."""
    found = (case for case in shard.cases.values() if case.queue == queue_id and isinstance(alone(case).stage, OPEN))
    return sorted(found, key=lambda case: case.case_id)
