"""How an agent leaves without leaving work behind: what it has goes back to its place in line, then or later. Pure."""

from chassis.clock import MICROS, Instant

from routing import commands, events
from routing.agents import ABSENT, DRAIN, DRAINED, Agent
from routing.case_decider import known_agent, put_back, rescind_one
from routing.cases import Accepted, Pending, offer_to
from routing.matching import Decision
from routing.shard import Shard
from routing.terms import Presence, RescindReason


def drain_agent(decision: Decision, c: commands.DrainAgent) -> None:
    """Lets an agent finish until a time. Raises Rejected when there is none."""
    drain(decision, known_agent(decision, c.agent_id), c.until)


def drain(decision: Decision, agent: Agent, until: Instant) -> None:
    """An agent gets no more offers and keeps its cases until a time, past or to come. Told twice it is told once; a
    later time or an earlier one is another.
    """
    if agent.presence == Presence.OFFLINE and not agent.work:
        return
    rescind_offers(decision, agent)
    kept = [case for held in agent.work if (case := decision.case(held.case_id)) and _has(case.stage)]
    if not kept or until <= decision.at:
        _leave(decision, agent, DRAINED)
    elif (agent.presence, agent.presence_reason, agent.leaves_at) != (Presence.BUSY, DRAIN, until):
        decision.emit(events.PresenceChanged(agent.agent_id, Presence.BUSY, DRAIN, decision.at, until))


def leave(decision: Decision, agent_id: str) -> None:
    """The time is up until which an agent keeps what it has."""
    agent = decision.agent(agent_id)
    if agent is not None:
        _leave(decision, agent, DRAINED if agent.presence_reason == DRAIN else ABSENT)


def leaves_at(shard: Shard, agent: Agent, presence: Presence, at: Instant) -> Instant | None:
    """When what an agent has goes back if it becomes that now: who was to leave does so all the same."""
    if presence not in (Presence.AWAY, Presence.OFFLINE):
        return None
    absence_s = shard.policy.absence_s
    times = [agent.leaves_at, Instant(at + absence_s * MICROS) if absence_s > 0 else None]
    return min((time for time in times if time is not None), default=None)


def rescind_offers(decision: Decision, agent: Agent, but_of: tuple[str, ...] = ()) -> None:
    """Takes back every open offer of an agent who has left, or takes those of some channels only."""
    for held in agent.work:
        case = decision.case(held.case_id)
        offer = None if case is None else offer_to(case, agent.agent_id)
        if case is not None and offer is not None and held.channel not in but_of:
            rescind_one(decision, case, offer, RescindReason.AGENT_LEFT)


def _leave(decision: Decision, agent: Agent, reason: str) -> None:
    """What an agent has goes back, and it is offline."""
    decision.emit(events.PresenceChanged(agent.agent_id, Presence.OFFLINE, reason, decision.at))
    for held in agent.work:
        case = decision.case(held.case_id)
        if case is not None and _has(case.stage):
            put_back(decision, case, reason)


def _has(stage: object) -> bool:
    return isinstance(stage, Accepted | Pending)
