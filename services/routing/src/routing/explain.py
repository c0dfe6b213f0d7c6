"""Why a case is, or is not, with whom it is, computed from the shard as it is. Pure; it decides nothing."""

from collections import Counter
from dataclasses import dataclass, replace
from enum import IntEnum

from chassis.clock import MICROS, Instant

from routing.agents import Agent
from routing.case_decider import name, standing
from routing.cases import (
    NEVER,
    Accepted,
    Case,
    Joined,
    Offered,
    Pending,
    Queued,
    again_at,
    holder,
    place_in_line,
    place_of,
    urgency_of,
)
from routing.policies import Rank, is_skilled, preferred, serves, skill_score, weights_of
from routing.shard import Shard
from routing.terms import Presence


class Constraint(IntEnum):
    """What keeps an agent from a case, in the order they are looked at; the numbers are the contract's."""

    UNSPECIFIED = 0
    PRESENCE = 1
    CAPACITY = 2
    QUEUE = 3
    SKILL = 4
    COOLDOWN = 5
    OUTRANKED = 6
    ORDER = 7
    SUPERVISED = 8


@dataclass(frozen=True, slots=True)
class Standing:
    """How one agent stands to one case."""

    agent_id: str
    eligible: bool
    constraint: Constraint
    sentence: str
    skill_score: float
    free_units: int
    released_at: Instant


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a case is with whom it is."""

    summary: str
    binding: Constraint
    candidates: tuple[Standing, ...]
    rank: int
    """Place in line from 1, 0 when it does not wait."""


def explain(shard: Shard, case: Case, now: Instant) -> Explanation:
    """Every agent's standing, best first, and what keeps the case waiting when it waits; of a joined one those of the
    case it goes on in.
    """
    if isinstance(case.stage, Joined):
        survivor = shard.cases.get(case.stage.into)
        told = f"{name(case.case_id)} {standing(case)}"
        if survivor is None:
            return Explanation(told, Constraint.UNSPECIFIED, (), 0)
        there = explain(shard, survivor, now)
        return replace(there, summary=f"{told}; {there.summary}")
    choice = shard.choice(case.queue)

    first = preferred(shard.policy, case, now)

    def rank(agent: Agent) -> tuple[bool, Rank]:
        return agent.agent_id != first, choice.rank(agent, choice.by_skills(agent, case.requirements))

    ranked = sorted(shard.agents.values(), key=rank)
    candidates = sorted(
        (_standing(shard, case, agent, now) for agent in ranked), key=lambda standing_: not standing_.eligible
    )
    waits = place_in_line(case) is not None
    binding = Constraint.UNSPECIFIED
    summary = f"{name(case.case_id)} {standing(case)}"
    if waits:
        failures = Counter(c.constraint for c in candidates if not c.eligible)
        if failures:
            binding = max(failures, key=lambda constraint: (failures[constraint], constraint))
        why = "nobody is registered" if not candidates else _WHY[binding]
        summary = f"{summary}: {why}"
    elif isinstance(case.stage, Queued):
        binding = Constraint.SUPERVISED
        summary = f"{summary}; TransferCase moves it on"
    if case.joined:
        summary = f"{summary}; joined into it: {', '.join(joined.case_id for joined in case.joined)}"
    return Explanation(summary, binding, tuple(candidates), _place(shard, case, now) if waits else 0)


_WHY = {
    Constraint.UNSPECIFIED: "it is about to be offered",
    Constraint.PRESENCE: "most agents are not available",
    Constraint.CAPACITY: "most agents have no room",
    Constraint.QUEUE: "most agents do not serve the queue",
    Constraint.SKILL: "most agents lack a skill it asks for",
    Constraint.COOLDOWN: "most agents declined or missed it a moment ago",
    Constraint.OUTRANKED: "it is about to be offered",
    Constraint.ORDER: "it is about to be offered",
    Constraint.SUPERVISED: "it waits for a supervisor",
}


def _standing(shard: Shard, case: Case, agent: Agent, now: Instant) -> Standing:
    constraint, sentence = _constraint(shard, case, agent, now)
    eligible = constraint in (Constraint.UNSPECIFIED, Constraint.OUTRANKED)
    score = skill_score(agent, case.requirements, weights_of(shard.policy))
    return Standing(agent.agent_id, eligible, constraint, sentence, score, agent.free, agent.released_at)


def _constraint(shard: Shard, case: Case, agent: Agent, now: Instant) -> tuple[Constraint, str]:
    if holder(case) == agent.agent_id:
        has = "has it" if isinstance(case.stage, Accepted | Pending) else "is offered it"
        return Constraint.UNSPECIFIED, has
    if agent.presence != Presence.AVAILABLE:
        return Constraint.PRESENCE, f"is {agent.presence.name.lower()}"
    if not serves(agent, case.queue):
        return Constraint.QUEUE, f"does not serve queue {case.queue}"
    if not is_skilled(agent, case.requirements):
        levels = {skill.name: skill.level for skill in agent.skills}
        lacks = [r.skill for r in case.requirements if r.hard and levels.get(r.skill, 0) < r.min_level]
        return Constraint.SKILL, f"lacks {', '.join(lacks)}"
    if agent.free < case.weight:
        return Constraint.CAPACITY, f"has {agent.load} of {agent.capacity} units in use"
    if isinstance(case.stage, Queued) and case.stage.supervised:
        return Constraint.SUPERVISED, "could take it; it waits for a supervisor"
    wait_s = -(-(_again_at(shard, case, agent) - now) // MICROS)
    if wait_s > 0:
        return Constraint.COOLDOWN, f"declined, missed or gave it back a moment ago; may be offered it in {wait_s} s"
    if isinstance(case.stage, Offered | Accepted | Pending):
        return Constraint.OUTRANKED, f"could take it; {holder(case)} ranked before"
    return Constraint.UNSPECIFIED, "could take it"


def _again_at(shard: Shard, case: Case, agent: Agent) -> Instant:
    """From when the agent may be offered the case again, NEVER when it has not refused it."""
    segment = shard.segments.find(case)
    by_all = segment is not None and segment.refused.get(case.case_id, False)
    for agent_id, at in case.refusals:
        if agent_id == agent.agent_id:
            return again_at(at, shard.policy.decline_cooldown_s, by_all=by_all)
    return NEVER


def _place(shard: Shard, case: Case, now: Instant) -> int:
    """How many waiting cases come before this one, plus one."""
    wait = place_of(case)
    if wait is None:
        return 0
    order = shard.segments.order
    turn = order.is_floor_turn(shard.offers_made)
    mine = order.key(*order.place(wait, urgency_of(case), case.case_id), now, turn)
    return 1 + sum(
        order.key(line, waiting, now, turn) < mine
        for segment in shard.segments.by_key.values()
        for line, cases in enumerate(segment.waiting)
        for waiting in cases
    )
