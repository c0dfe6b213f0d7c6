"""A case given to an agent by hand, whoever had it. Pure."""

from chassis.errors import Rejected

from routing import commands, events
from routing.agents import Agent
from routing.case_decider import find, known_agent, name, reply_due, rescind, standing
from routing.cases import Accepted, Case, Joined, Pending, forbidden_of, holder, is_closed, lease_of
from routing.commands import Reason
from routing.matching import Decision
from routing.terms import Presence, RescindReason

REASSIGNED = "reassigned"
"""The reason of the release that an agent hears of whose case somebody gave to another."""


def assign_case(decision: Decision, c: commands.AssignCase) -> None:
    """Gives an open case to an agent; who has it already keeps it, and who claimed it has it without an end. Skills,
    queues and what the agent refused count for nothing: a person has decided. Raises Rejected.
    """
    case, agent = find(decision, c.case_id), known_agent(decision, c.to_agent_id)
    if c.agent_id:
        known_agent(decision, c.agent_id)
    if is_closed(case):
        what = "assign that one" if isinstance(case.stage, Joined) else "reopen it to assign it"
        detail = f"{name(case.case_id)} {standing(case)}; {what}"
        raise Rejected(Reason.CASE_CLOSED, detail, resource=f"cases/{case.case_id}")
    if isinstance(case.stage, Accepted | Pending) and holder(case) == c.to_agent_id and lease_of(case) is None:
        return
    is_over = _is_over(agent, case)
    is_forbidden = agent.agent_id in forbidden_of(case)
    if not c.is_forced:
        _demand_room(agent, case, is_over=is_over)
        if is_forbidden:
            detail = f"{name(case.case_id)} is not for agent {agent.agent_id}; change whom it is for, or use force"
            raise Rejected(Reason.AGENT_FORBIDDEN, detail, resource=f"agents/{agent.agent_id}")
    rescind(decision, case, RescindReason.TAKEN)
    if isinstance(case.stage, Accepted | Pending):
        decision.emit(events.CaseReleased(case.case_id, holder(case), REASSIGNED, c.at))
    also = tuple(joined.case_id for joined in case.joined if joined.wait is not None)
    due_at = reply_due(decision, case)
    given = c.to_agent_id, c.agent_id, c.reason, is_over, c.at, also, due_at, is_forbidden
    decision.emit(events.CaseAssigned(case.case_id, *given))


def _is_over(agent: Agent, case: Case) -> bool:
    """Whether the agent has more than it is to have, in total or of the channel, with all of the case; what it has or
    is offered of that already is no other.
    """
    others = [held for held in agent.work if held.case_id != case.case_id]
    limits = [one.units for one in agent.channel_capacity if one.channel == case.channel]
    of_channel = sum(held.share for held in others if held.channel == case.channel) + 100 * case.weight
    load = sum(held.share for held in others) + 100 * case.weight
    return load > 100 * agent.capacity or any(of_channel > 100 * limit for limit in limits)


def _demand_room(agent: Agent, case: Case, *, is_over: bool) -> None:
    if agent.presence == Presence.OFFLINE:
        detail = f"agent {agent.agent_id} is not signed in, and nobody would see {name(case.case_id)}; or use force"
        raise Rejected(Reason.AGENT_OFFLINE, detail, resource=f"agents/{agent.agent_id}")
    if is_over:
        detail = (
            f"agent {agent.agent_id} has {agent.load} of {agent.capacity} units in use, and {name(case.case_id)} takes"
            f" {case.weight}; or use force"
        )
        raise Rejected(Reason.AGENT_FULL, detail, resource=f"agents/{agent.agent_id}")
