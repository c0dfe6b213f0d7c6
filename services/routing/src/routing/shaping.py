"""What somebody says of one case, as rules do of those that begin to wait. Pure."""

from chassis.errors import Rejected
from msgspec.structs import replace

from routing import commands, events
from routing.case_decider import (
    asked_anew,
    find,
    known_agent,
    known_agents,
    name,
    standing,
    take_from,
    wait_on,
)
from routing.cases import Case, Joined, asked_near, asked_of, is_closed
from routing.commands import Reason
from routing.lines import near_said
from routing.matching import Decision
from routing.policy_decider import known_places
from routing.terms import AgentTerms, Near


def shape_case(decision: Decision, c: commands.ShapeCase) -> None:
    """Decides what is said of an open case and is not so already. Raises Rejected."""
    if c.agent_id:
        known_agent(decision, c.agent_id)
    case = find(decision, c.case_id)
    if is_closed(case):
        what = "say it of that one" if isinstance(case.stage, Joined) else "reopen it first"
        detail = f"{name(case.case_id)} {standing(case)}; {what}"
        raise Rejected(Reason.CASE_CLOSED, detail, resource=f"cases/{case.case_id}")
    if c.agent_terms is not None:
        _say_agents(decision, case, c.agent_id, c.agent_terms)
    if c.within is not None:
        known_place(decision, c.within)
        _say_near(decision, decision.case(c.case_id) or case, c.agent_id, near_said(decision.shard.policy, c.within))
    if c.tier is not None and c.tier != case.tier:
        _say_tier(decision, decision.case(c.case_id) or case, c.agent_id, c.tier)


def _say_agents(decision: Decision, case: Case, by_agent_id: str, given: AgentTerms) -> None:
    known_agents(decision, (*given.preferred_ids, *given.forbidden_ids))
    terms = given if given.preferred_ids or given.forbidden_ids else None
    if _unsaid(terms) == _unsaid(case.agent_terms):
        return
    decision.emit(events.CaseAgentsChanged(case.case_id, by_agent_id, terms, decision.at))
    take_from(decision, case, given.forbidden_ids)


def _say_tier(decision: Decision, case: Case, by_agent_id: str, tier: str) -> None:
    """What the queue asks of a tier is asked from now on; an offer that is open stands."""
    asked = asked_anew(decision.shard, case, case.queue, tier) if case.queue else case.requirements
    decision.emit(events.CaseTierChanged(case.case_id, by_agent_id, tier, asked, decision.at))
    wait_on(decision, case.case_id)


def known_place(decision: Decision, said: commands.CaseWithin) -> None:
    """Raises Rejected unless the policy has the place that is named, or any that a point could be nearest to."""
    policy = decision.shard.policy
    if said.place_id:
        known_places(policy, (said.place_id,))
    elif said.point is not None and not policy.places:
        detail = "the policy has no places, and a point means the nearest of them; UpdateRoutingPolicy sets some"
        raise Rejected(Reason.PLACE_UNKNOWN, detail)


def _say_near(decision: Decision, case: Case, by_agent_id: str, near: Near | None) -> None:
    """It is asked from now on, as all that was asked at first; an offer that is open stands."""
    if near != asked_near(case):
        decision.emit(events.CaseNearChanged(case.case_id, by_agent_id, near, asked_of(case), decision.at))
        wait_on(decision, case.case_id)


def _unsaid(terms: AgentTerms | None) -> AgentTerms | None:
    """What they are, whenever it was said."""
    return None if terms is None else replace(terms, said_at=None)
