"""Claims: an employee leases a case that nobody is offered, goes on with it, and another one seconds it. Pure.

A claim is an assignment with an end. The case keeps its place meanwhile, so a lease that runs out, or is given back,
costs it nothing; what runs out by itself is `case_decider.lapse`. A lease that is over acts no more: every command
finds the case as it is at the command's time.
"""

from collections.abc import Iterator

from chassis.clock import MICROS, Instant
from chassis.errors import Rejected

from routing import commands, events
from routing.agents import Agent
from routing.case_decider import demand_lease, find, known_agent, name, standing
from routing.cases import Case, Lease, Queued, forbidden_of, is_closed, lease_of, place_in_line
from routing.commands import Reason
from routing.geo import is_near
from routing.matching import Decision
from routing.policies import level_for, serves
from routing.shard import falls_through_at
from routing.terms import ClaimTerms, Presence


def claim_case(decision: Decision, c: commands.ClaimCase) -> None:
    """Leases a case to an employee. Raises Rejected; doing it twice is doing it once."""
    case, agent = find(decision, c.case_id), known_agent(decision, c.agent_id)
    lease = lease_of(case)
    if lease is not None and case.agent_id == c.agent_id:
        return
    terms = _claimable(decision, case, lease)
    obstacles = [*_unable(agent, case), *_unready(agent, case, terms)]
    if obstacles:
        _refuse_agent(case, c.agent_id, "claim", obstacles)
    opinion_due_at = Instant(c.at + terms.second_opinion_s * MICROS) if terms.second_opinion_s > 0 else None
    decision.emit(
        events.CaseClaimed(
            case.case_id,
            c.agent_id,
            case.token + 1,
            Instant(c.at + terms.lease_s * MICROS),
            c.at,
            tuple(joined.case_id for joined in case.joined if joined.wait is not None),
            f" {agent.tag}" if terms.append_agent_tag else "",
            opinion_due_at,
        )
    )


def renew_claim(decision: Decision, c: commands.RenewClaim) -> None:
    """Lets a lease begin anew; one that has waited for too long goes on for one lease more at most. Raises Rejected."""
    case = find(decision, c.case_id)
    lease = demand_lease(case, c.agent_id, c.token)
    terms, falls_at = decision.shard.queue(case.queue).claim_terms, falls_through_at(decision.shard, case)
    if terms is None:
        return  # the queue is claimed no more: what is leased still ends when it was to end
    until = Instant((c.at if falls_at is None else min(c.at, falls_at)) + terms.lease_s * MICROS)
    if until > lease.expires_at:
        decision.emit(events.ClaimRenewed(case.case_id, c.agent_id, c.token, until, c.at))


def second_claim(decision: Decision, c: commands.SecondClaim) -> None:
    """Another employee agrees with what is about to be replied. Raises Rejected; twice is once."""
    case, agent = find(decision, c.case_id), known_agent(decision, c.agent_id)
    lease = demand_lease(case, case.agent_id, c.token)
    if case.agent_id == c.agent_id:
        detail = f"{name(case.case_id)} is with {c.agent_id}; a second opinion is somebody else's"
        raise Rejected(Reason.OPINION_OWN, detail, resource=f"cases/{case.case_id}")
    obstacles = list(_unable(agent, case))
    if obstacles:
        _refuse_agent(case, c.agent_id, "second", obstacles)
    if not lease.seconded_by:
        decision.emit(events.ClaimSeconded(case.case_id, c.agent_id, c.token, c.at))


def _claimable(decision: Decision, case: Case, lease: Lease | None) -> ClaimTerms:
    """How a case is claimed. Raises Rejected unless it waits to be."""
    resource = f"cases/{case.case_id}"
    if lease is not None:
        raise Rejected(Reason.CASE_CLAIMED, f"{name(case.case_id)} {standing(case)}", resource=resource)
    if is_closed(case):
        raise Rejected(Reason.CASE_CLOSED, f"{name(case.case_id)} {standing(case)}", resource=resource)
    terms, falls_at = decision.shard.queue(case.queue).claim_terms, falls_through_at(decision.shard, case)
    why = ""
    if not isinstance(case.stage, Queued) or place_in_line(case) is None:
        why = f"it {standing(case)}"
    elif terms is None:
        why = f"queue {case.queue} offers its cases; accept the offer"
    elif falls_at is not None and falls_at <= decision.at:
        why = f"it was there for {terms.fall_through_s} seconds and goes to queue {terms.fall_through_queue}"
    if terms is None or why:
        detail = f"{name(case.case_id)} cannot be claimed: {why}"
        raise Rejected(Reason.NOT_CLAIMABLE, detail, resource=resource)
    return terms


def _unable(agent: Agent, case: Case) -> Iterator[str]:
    """What keeps an agent from this kind of work: what is restricted is asked for as a hard skill."""
    if not serves(agent, case.queue):
        yield f"does not serve queue {case.queue}"
    if agent.agent_id in forbidden_of(case):
        yield "is forbidden for it"
    if case.near is not None and case.near.hard and not is_near(agent.location, case.near):
        yield f"is not within {case.near.radius_km} km of {case.near.place_id}"
    levels = {skill.name: skill.level for skill in agent.skills}
    for r in case.requirements:
        if r.hard and level_for(levels, r) < r.min_level:
            yield f"has {' or '.join((r.skill, *r.or_skills))} at {level_for(levels, r)}, not at {r.min_level}"


def _unready(agent: Agent, case: Case, terms: ClaimTerms) -> Iterator[str]:
    """What keeps an agent from taking more work, or from answering under its own name."""
    if agent.presence != Presence.AVAILABLE:
        yield f"is {agent.presence.name.lower()}; SetPresence says when it is available"
    elif not agent.takes_offers:
        yield "is outside the hours in which its shift takes new work"
    elif agent.room(case.channel) < case.weight:
        room, channel = agent.room(case.channel), case.channel or "no channel"
        yield f"has room for {room} units of {channel}, and the case takes {case.weight}"
    if terms.append_agent_tag and not agent.tag:
        yield f"has no tag, and queue {case.queue} appends it to replies"


def _refuse_agent(case: Case, agent_id: str, act: str, obstacles: list[str]) -> None:
    raise Rejected(
        Reason.NOT_ELIGIBLE,
        f"{agent_id} cannot {act} {name(case.case_id)}: it {', '.join(obstacles)}",
        resource=f"agents/{agent_id}",
        violations=tuple((f"agents/{agent_id}", obstacle) for obstacle in obstacles),
    )
