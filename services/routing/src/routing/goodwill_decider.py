"""Goodwill: what an agent grants a customer by itself, what waits for somebody else's word, and the limits. Pure."""

from chassis.errors import Rejected

from routing import commands, events
from routing.case_decider import demand_holder, find, known_agent, name, refuse_task
from routing.cases import GRANTS_MAX, Case
from routing.commands import Reason
from routing.goodwill import GRANTS_OF_DAY_MAX, limit_of, of_the_day
from routing.matching import Decision
from routing.queue_decider import known_queues
from routing.terms import GoodwillGrant, GoodwillState


def grant_goodwill(decision: Decision, c: commands.GrantGoodwill) -> None:
    """Grants an amount within the agent's limit; one above it waits for approval where that is asked for. Raises
    Rejected; doing it twice is doing it once.
    """
    case, policy, shard = find(decision, c.case_id), decision.shard.desk_policy, decision.shard
    if any(one.grant_id == c.grant_id for one in case.goodwill):
        return
    known_agent(decision, c.agent_id)
    demand_holder(case, c.agent_id)
    refuse_task(case, "grant it in that one")
    resource = f"cases/{case.case_id}"
    if not case.identity_id:
        raise Rejected(
            Reason.NO_CUSTOMER,
            f"{name(case.case_id)} has no customer to grant anything; note it (NoteCase)",
            resource=resource,
        )
    if len(case.goodwill) >= GRANTS_MAX:
        full = f"{GRANTS_MAX} grants and requests, the most there may be; grant at once what is due"
        detail = f"{name(case.case_id)} has {full}"
        raise Rejected(Reason.TOO_MUCH_GOODWILL, detail, resource=resource)
    day = of_the_day(shard.granted.get(c.agent_id, ()), c.at)
    limit = limit_of(policy, (c.agent_id, case.queue), c.unit, case.goodwill, day)
    fact = c.case_id, c.agent_id, c.grant_id, c.unit, c.amount, c.reason, c.at
    if c.amount <= limit.left and len(day) < GRANTS_OF_DAY_MAX:
        decision.emit(events.GoodwillGranted(*fact))
    elif c.asks_approval:
        decision.emit(events.GoodwillAsked(*fact))
    else:
        detail = (
            f"{c.amount} {c.unit} is more than {c.agent_id} may grant here: {limit.left} {c.unit} are left, of"
            f" {limit.per_case} a case and {limit.per_day} a day; grant less, or ask for approval"
        )
        raise Rejected(Reason.OVER_LIMIT, detail, resource=resource)


def decide_goodwill(decision: Decision, c: commands.DecideGoodwill) -> None:
    """Approves or refuses what waits: never who asked for it. Raises Rejected; the same word twice is one."""
    case = find(decision, c.case_id)
    asked, resource = _found(case, c.grant_id), f"goodwill/{c.grant_id}"
    known_agent(decision, c.by_agent_id)
    state = GoodwillState.GRANTED if c.approves else GoodwillState.REFUSED
    if asked.state is state and asked.by_agent_id == c.by_agent_id:
        return
    if asked.state is not GoodwillState.WAITING:
        by = f" by {asked.by_agent_id}" if asked.by_agent_id else ""
        detail = f"goodwill {c.grant_id} was {asked.state.name.lower()}{by} already; ask anew where more is due"
        raise Rejected(Reason.GOODWILL_DECIDED, detail, resource=resource)
    approvers = decision.shard.desk_policy.approvers
    if asked.agent_id == c.by_agent_id:
        detail = f"goodwill {c.grant_id} was asked for by {c.by_agent_id}; somebody else decides it"
        raise Rejected(Reason.GOODWILL_OWN, detail, resource=resource)
    if approvers and c.by_agent_id not in approvers:
        detail = f"{c.by_agent_id} is none of those who may decide goodwill; ask {', '.join(approvers[:10])}"
        raise Rejected(Reason.NOT_APPROVER, detail, resource=f"agents/{c.by_agent_id}")
    fact = c.case_id, asked.agent_id, c.grant_id, c.by_agent_id, c.reason, c.at
    decision.emit(events.GoodwillApproved(*fact) if c.approves else events.GoodwillRefused(*fact))


def change_desk_policy(decision: Decision, c: commands.ChangeDeskPolicy) -> None:
    """Decides other settings of desks, unless they are so already. Raises Rejected for agents and queues there are
    not.
    """
    shard, now = decision.shard, decision.shard.desk_policy
    known_queues(shard, tuple(sorted({one.queue for one in c.limits or () if one.queue})))
    for agent_id in sorted({*(one.agent_id for one in c.limits or ()), *(c.approvers or ())} - {""}):
        known_agent(decision, agent_id)
    changed = events.DeskPolicyChanged(
        now.limits if c.limits is None else c.limits,
        now.approvers if c.approvers is None else c.approvers,
        now.jargon if c.jargon is None else c.jargon,
        c.at,
    )
    if (changed.limits, changed.approvers, changed.jargon) != (now.limits, now.approvers, now.jargon):
        decision.emit(changed)


def _found(case: Case, grant_id: str) -> GoodwillGrant:
    for one in case.goodwill:
        if one.grant_id == grant_id:
            return one
    detail = f"there is no goodwill {grant_id} in {name(case.case_id)}"
    raise Rejected(Reason.GOODWILL_UNKNOWN, detail, resource=f"goodwill/{grant_id}")
