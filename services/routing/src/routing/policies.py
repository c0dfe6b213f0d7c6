"""Which waiting case is served first, and which agent serves it. Pure; it knows nothing of offers, heaps or logs.

The default is earliest deadline first within urgency, then the most skilled agent, then the longest idle. Work that is
already late stands in a second band, so that it does not crowd out what can still be kept; every `LATE_SHARE`-th offer
goes to the latest of the late ones first, whatever its urgency. Any waiting case becomes late in the end, the late are
served oldest deadline first, and their share never ends: nobody waits for ever while agents are free.
"""

from collections.abc import Sequence
from typing import NamedTuple

from chassis.clock import Instant

from routing.agents import Agent
from routing.terms import Requirement

LATE_SHARE = 5
"""Of so many offers one goes to late work first: enough to end a backlog, little enough to keep promises."""


class Waiting(NamedTuple):
    """A waiting case as far as its order is concerned; as a tuple it sorts by deadline, then age, then id."""

    deadline: Instant
    waiting_since: Instant
    case_id: str


class Rank(NamedTuple):
    """An agent's standing for a kind of work; the least is served first."""

    unskilled: float
    """Minus the skill score."""
    released_at: Instant
    agent_id: str


OrderKey = tuple[int, int, Instant, Instant, str]


def is_floor_turn(offers_made: int) -> bool:
    """Whether the next offer belongs to late work."""
    return offers_made % LATE_SHARE == LATE_SHARE - 1


def order_key(waiting: Waiting, urgency: int, now: Instant, floor_turn: bool) -> OrderKey:
    """What cases are ordered by; the least is served first. Total: no two cases have the same key."""
    late = waiting.deadline < now
    if floor_turn:
        return (0 if late else 1, 0 if late else -urgency, *waiting)
    return (-urgency, 1 if late else 0, *waiting)


def is_skilled(agent: Agent, requirements: Sequence[Requirement]) -> bool:
    """Whether an agent has every hard skill at its least level."""
    if not requirements:
        return True
    levels = {skill.name: skill.level for skill in agent.skills}
    return all(levels.get(r.skill, 0) >= r.min_level for r in requirements if r.hard)


def serves(agent: Agent, queue: str) -> bool:
    """Whether an agent works this queue."""
    return not agent.queues or queue in agent.queues


def skill_score(agent: Agent, requirements: Sequence[Requirement]) -> float:
    """Mean level, 0..5, over the skills asked for; 0 when none is asked for, so that idleness alone decides."""
    if not requirements:
        return 0.0
    levels = {skill.name: skill.level for skill in agent.skills}
    return sum(levels.get(r.skill, 0) for r in requirements) / len(requirements)


def rank(agent: Agent, requirements: Sequence[Requirement]) -> Rank:
    """The agent's standing for work that asks for these skills. Total: ties end at the id."""
    return Rank(-skill_score(agent, requirements), agent.released_at, agent.agent_id)
