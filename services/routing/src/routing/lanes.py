"""Waiting cases and ready agents, indexed so that a match costs a look, not a search. It decides nothing.

A lane is one kind of work: a queue, what its cases ask of an agent, and how many units each takes. Every waiting case
is in one lane; every agent who could take one more case of a lane now is ready in it. Both sides are sorted lists: the
first element is the answer, an insertion is a `bisect` and a move of pointers, and reading changes nothing.
"""

from bisect import bisect_left, insort
from collections.abc import Iterable
from dataclasses import dataclass, field

from chassis.clock import Instant

from routing.agents import Agent
from routing.cases import Case, Line
from routing.policies import OrderKey, Rank, Waiting, is_skilled, order_key, serves, skill_score
from routing.terms import Requirement

URGENCIES = (3, 2, 1, 0)

LaneKey = tuple[str, tuple[Requirement, ...], int]


@dataclass(slots=True)
class Lane:
    """One kind of work, who waits for it and who is ready for it."""

    queue: str
    requirements: tuple[Requirement, ...]
    weight: int
    waiting: tuple[list[Waiting], ...] = field(default_factory=lambda: ([], [], [], []))
    """By urgency, each sorted."""
    ready: list[Rank] = field(default_factory=list)
    """Sorted."""

    def suits(self, agent: Agent) -> bool:
        """Whether the agent may do this kind of work at all."""
        return serves(agent, self.queue) and is_skilled(agent, self.requirements)

    def is_open_to(self, agent: Agent) -> bool:
        """Whether the agent could take one more case of it now."""
        return agent.free >= self.weight and self.suits(agent)

    def heads(self, now: Instant, floor_turn: bool, skip: Iterable[str]) -> Iterable[tuple[OrderKey, str]]:
        """The cases that can be first: of each urgency the first on time and the first late, but for those to skip."""
        skipped = frozenset(skip)
        for urgency in URGENCIES:
            line = self.waiting[urgency]
            if not line:
                continue
            on_time = bisect_left(line, (now,))
            for start, end in ((0, on_time), (on_time, len(line))):
                for i in range(start, end):
                    if line[i].case_id not in skipped:
                        yield order_key(line[i], urgency, now, floor_turn), line[i].case_id
                        break


@dataclass(slots=True)
class Lanes:
    """All lanes of a shard."""

    lanes: dict[LaneKey, Lane] = field(default_factory=dict)
    _ready: dict[str, tuple[tuple[Lane, Rank], ...]] = field(default_factory=dict)
    """Where each agent with free units is ready."""
    _suited: dict[str, tuple[object, object, list[tuple[Lane, float]]]] = field(default_factory=dict)
    """Per agent: its skills and queues when last looked at, and the lanes it suits with minus its skill score."""

    def put_case(self, case: Case, line: Line, agents: Iterable[Agent]) -> None:
        """Lines a case up."""
        key = (case.queue, case.requirements, case.weight)
        lane = self.lanes.get(key)
        if lane is None:
            lane = self._open(key, agents)
        waiting, entry = lane.waiting[case.urgency], Waiting(line.deadline, line.waiting_since, case.case_id)
        if waiting and entry < waiting[-1]:
            insort(waiting, entry)
        else:  # what comes last is mostly due last
            waiting.append(entry)

    def take_case(self, case: Case, line: Line) -> None:
        """Takes a case out of its line."""
        waiting = self.lanes[case.queue, case.requirements, case.weight].waiting[case.urgency]
        entry = Waiting(line.deadline, line.waiting_since, case.case_id)
        at = bisect_left(waiting, entry)
        if at < len(waiting) and waiting[at] == entry:
            del waiting[at]

    def put_agent(self, agent: Agent) -> None:
        """Puts an agent, as it is now, where it is ready, and nowhere else."""
        for lane, rank in self._ready.pop(agent.agent_id, ()):
            del lane.ready[bisect_left(lane.ready, rank)]
        free = agent.free
        if free <= 0:
            return
        standing = []
        for lane, unskilled in self._lanes_for(agent):
            if free >= lane.weight:
                rank = Rank(unskilled, agent.released_at, agent.agent_id)
                insort(lane.ready, rank)
                standing.append((lane, rank))
        self._ready[agent.agent_id] = tuple(standing)

    def find(self, case: Case) -> Lane | None:
        """The lane a case would wait in, None when no case has been there yet."""
        return self.lanes.get((case.queue, case.requirements, case.weight))

    def has_ready(self, queue: str, requirements: tuple[Requirement, ...], weight: int) -> bool:
        """Whether somebody might take such a case now; of a kind not seen before, whether anybody is free."""
        lane = self.lanes.get((queue, requirements, weight))
        return bool(self._ready if lane is None else lane.ready)

    def waiting(self, queue: str | None = None) -> int:
        """How many cases wait, in one queue or in all."""
        lanes = self.lanes.values()
        return sum(len(line) for lane in lanes if queue in (None, lane.queue) for line in lane.waiting)

    def _open(self, key: LaneKey, agents: Iterable[Agent]) -> Lane:
        lane = self.lanes[key] = Lane(*key)
        for agent in agents:
            suited = self._suited.get(agent.agent_id)
            if suited is None or not lane.suits(agent):
                continue
            unskilled = -skill_score(agent, lane.requirements)
            suited[2].append((lane, unskilled))
            if agent.free >= lane.weight:
                rank = Rank(unskilled, agent.released_at, agent.agent_id)
                insort(lane.ready, rank)
                self._ready[agent.agent_id] = (*self._ready.get(agent.agent_id, ()), (lane, rank))
        return lane

    def _lanes_for(self, agent: Agent) -> list[tuple[Lane, float]]:
        known = self._suited.get(agent.agent_id)
        if known is not None and known[0] is agent.skills and known[1] is agent.queues:
            return known[2]
        suited = [(lane, -skill_score(agent, lane.requirements)) for lane in self.lanes.values() if lane.suits(agent)]
        self._suited[agent.agent_id] = (agent.skills, agent.queues, suited)
        return suited
