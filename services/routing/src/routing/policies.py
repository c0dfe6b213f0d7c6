"""Which waiting case is served first, and which agent serves it. Pure; it knows nothing of offers, heaps or logs.

A tenant has one order for all its work, because an agent who serves two queues is offered the first of both; how one of
several agents is chosen may differ by queue. The default is earliest deadline first within urgency, then the best fit,
then the longest idle.

Nobody waits for ever while agents are free, whatever the order. What arrives later stands behind a case in the orders
by age from some moment on; of the others any case becomes late in the end, the late are served oldest deadline first,
and every so many offers one is theirs whatever their urgency.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar, NamedTuple, Protocol, assert_never

from chassis.clock import MICROS, Instant

from routing.agents import NEVER, Agent, Policy
from routing.cases import URGENCY_MAX, Broadcast, Case, Wait, place_of
from routing.geo import is_near
from routing.terms import Near, Ordering, Requirement, Selection


class Waiting(NamedTuple):
    """A waiting case as far as its order is concerned; as a tuple it sorts by what the order goes by, then age, then
    id.
    """

    by: Instant
    waiting_since: Instant
    case_id: str


class Rank(NamedTuple):
    """An agent's standing for a kind of work; the least is served first."""

    score: float
    released_at: Instant
    agent_id: str


FAR = 1e6
"""What being too far away adds to a score. Against: no choice's score is as large, and its digits are kept."""
HeadStarts = tuple[tuple[str, int], ...]
"""Tiers, and by how many seconds their cases stand earlier in line."""
OrderKey = tuple[int, int, float, float, Instant, Instant, str]


class Crowd(NamedTuple):
    """How crowded a kind of work is, seen from one of its cases."""

    waiting: int
    """It, and those of its urgency who wait for the same and come after it."""
    hands: int
    """What the agents who are there have for it: the sum of their shares."""
    turns: int
    """The sum of each one's share times its turn."""


_TURNS = 2**64
_SPREAD = 0x9E3779B97F4A7C15
"""`_TURNS` over the golden ratio: its multiples are spread evenly, and so are each second or third of them (H. Weyl,
"Über die Gleichverteilung von Zahlen mod. Eins", 1916; D. E. Knuth, The Art of Computer Programming 3, 6.4).
"""

NOBODY = Crowd(0, 1, 0)
"""Where it is no matter."""


class Order(Protocol):
    """Which waiting case is served first.

    Cases wait in so many lines, each sorted by `Waiting`. Of a line only two can be first, whatever the time: its
    first, and the first of those that are not late; so a look at each is enough.
    """

    by_crowd: ClassVar[bool]
    """Whether it matters how many wait for the same, and how many are there for it."""

    @property
    def lines(self) -> int:
        """How many."""

    def place(self, wait: Wait, urgency: int, case_id: str, tier: str = "") -> tuple[int, Waiting]:
        """(the line a case waits in, as what); it stays so while the case waits."""

    def alongside(self, line: int, waiting: Waiting) -> Sequence[tuple[int, Waiting]]:
        """The lines a case is in one order with, its own among them, each with what would stand there where it does."""

    def late_before(self, now: Instant) -> Instant:
        """What of a line goes by an earlier instant than this is late; `NEVER` where nothing is."""

    def is_floor_turn(self, offers_made: int) -> bool:
        """Whether the next offer belongs to late work."""

    def key(self, line: int, waiting: Waiting, now: Instant, floor_turn: bool, crowd: Crowd = NOBODY) -> OrderKey:
        """What all cases are ordered by; the least is served first. Total: no two cases have the same key."""


class Choice(Protocol):
    """Which of the agents who could take a case is offered it."""

    def by_skills(self, agent: Agent, requirements: Sequence[Requirement]) -> float:
        """What its skills alone make of an agent, the least first; kept while they are the same."""

    def rank(self, agent: Agent, by_skills: float) -> Rank:
        """The agent's standing as it is now. Total: ties end at the longest idle, then at the id."""

    @property
    def offers(self) -> bool:
        """Whether anybody is chosen at all; nobody is where cases are claimed."""


@dataclass(frozen=True, slots=True)
class EarliestDeadline:
    """Urgency first, then the earlier of promise and reply window. What is late stands behind what can still be kept,
    so that it does not crowd that out, and has every `late_share`-th offer for itself. Cases of a tier with a head
    start wait in lines of their own: where they stand is one thing, when they are late another.
    """

    by_crowd: ClassVar[bool] = False
    late_share: int = 5
    head_starts: HeadStarts = ()

    @property
    def lines(self) -> int:
        """Of each urgency one for each tier with a head start, and one for all others."""
        return 4 * (1 + len(self.head_starts))

    def place(self, wait: Wait, urgency: int, case_id: str, tier: str = "") -> tuple[int, Waiting]:
        """By urgency, then tier."""
        waiting = Waiting(wait.deadline, wait.waiting_since, case_id)
        if not self.head_starts:
            return urgency, waiting
        number = next((n for n, (named, _) in enumerate(self.head_starts, 1) if named == tier), 0)
        return urgency * (1 + len(self.head_starts)) + number, waiting

    def late_before(self, now: Instant) -> Instant:
        """A deadline that has passed is missed."""
        return now

    def is_floor_turn(self, offers_made: int) -> bool:
        """One of so many, spread so that whoever gets each second or fifth offer has its part of them: were they
        counted off, agents who work in step would have all of them, or none, and work that only they can do would wait
        for ever.
        """
        return (offers_made + 1) * _SPREAD % _TURNS < _TURNS // self.late_share

    def standing(self, line: int, waiting: Waiting) -> tuple[int, Waiting]:
        """(urgency, as what it stands there): due earlier by the head start of its tier."""
        if not self.head_starts:
            return line, waiting
        urgency, number = divmod(line, 1 + len(self.head_starts))
        earlier_s = self.head_starts[number - 1][1] if number else 0
        return urgency, waiting._replace(by=Instant(waiting.by - earlier_s * MICROS))

    def alongside(self, line: int, waiting: Waiting) -> Sequence[tuple[int, Waiting]]:
        """The lines of all tiers of its urgency, each with what would stand there where the case does."""
        if not self.head_starts:
            return ((line, waiting),)
        urgency, here = self.standing(line, waiting)
        first = urgency * (1 + len(self.head_starts))
        earlier = (0, *(seconds for _, seconds in self.head_starts))
        return [(first + n, here._replace(by=Instant(here.by + s * MICROS))) for n, s in enumerate(earlier)]

    def key(self, line: int, waiting: Waiting, now: Instant, floor_turn: bool, crowd: Crowd = NOBODY) -> OrderKey:
        """On a floor turn the latest of the late first, whatever its urgency."""
        late = waiting.by < now
        urgency, waiting = self.standing(line, waiting)
        if floor_turn:
            return (0 if late else 1, 0 if late else -urgency, 0.0, 0.0, *waiting)
        return (-urgency, 1 if late else 0, 0.0, 0.0, *waiting)


@dataclass(frozen=True, slots=True)
class Balanced(EarliestDeadline):
    """Urgency first, then earliest deadline of what is due within `rescue_s`. What can wait longer, and what is late,
    goes by how many wait for the same and how many are there to do it: an agent who can do much takes what those who
    can do little else would be last to reach. Of equals it is the work whose agents were offered something last, for
    they will be at it longest. The late have every `late_share`-th offer for themselves.
    """

    by_crowd: ClassVar[bool] = True
    rescue_s: int = 120

    def key(self, line: int, waiting: Waiting, now: Instant, floor_turn: bool, crowd: Crowd = NOBODY) -> OrderKey:
        """Of a line the first on time and the first late have most behind them."""
        late = waiting.by < now
        urgency, waiting = self.standing(line, waiting)
        if floor_turn and late:
            return (-URGENCY_MAX - 1, 0, 0.0, 0.0, *waiting)
        if not late and waiting.by < now + self.rescue_s * MICROS:
            return (-urgency, 0, 0.0, 0.0, *waiting)
        hands = max(1, crowd.hands)
        return (-urgency, 1, -crowd.waiting / hands, -crowd.turns / hands, *waiting)


@dataclass(frozen=True, slots=True)
class LongestWait:
    """Whoever has waited longest, each step of urgency counting as `head_start_s` seconds of waiting. It is a score of
    urgency that grows with every minute; as it grows alike for all, their order never changes.
    """

    lines: ClassVar[int] = 1
    by_crowd: ClassVar[bool] = False
    head_start_s: int = 0
    head_starts: HeadStarts = ()

    def place(self, wait: Wait, urgency: int, case_id: str, tier: str = "") -> tuple[int, Waiting]:
        """All in one line, by when it would have begun to wait without urgency and tier."""
        earlier_s = urgency * self.head_start_s + sum(seconds for named, seconds in self.head_starts if named == tier)
        return 0, Waiting(Instant(wait.waiting_since - earlier_s * MICROS), wait.waiting_since, case_id)

    def alongside(self, line: int, waiting: Waiting) -> Sequence[tuple[int, Waiting]]:
        """Its own."""
        return ((line, waiting),)

    def late_before(self, now: Instant) -> Instant:
        """Deadlines are no matter here."""
        return NEVER

    def is_floor_turn(self, offers_made: int) -> bool:
        """Nobody needs one."""
        return False

    def key(self, line: int, waiting: Waiting, now: Instant, floor_turn: bool, crowd: Crowd = NOBODY) -> OrderKey:
        """As it stands in its line."""
        return (0, 0, 0.0, 0.0, *waiting)


@dataclass(frozen=True, slots=True)
class BySkills:
    """What an agent's skills are worth for the work decides."""

    offers: ClassVar[bool] = True

    measure: Callable[[Agent, Sequence[Requirement]], float]
    """The least first."""

    def by_skills(self, agent: Agent, requirements: Sequence[Requirement]) -> float:
        """All there is to it."""
        return self.measure(agent, requirements)

    def rank(self, agent: Agent, by_skills: float) -> Rank:
        """As its skills have it."""
        return Rank(by_skills, agent.released_at, agent.agent_id)


@dataclass(frozen=True, slots=True)
class ByState:
    """How an agent stands now decides, whatever its skills."""

    offers: ClassVar[bool] = True

    measure: Callable[[Agent], float]
    """The least first."""

    def by_skills(self, agent: Agent, requirements: Sequence[Requirement]) -> float:
        """They are no matter here."""
        return 0.0

    def rank(self, agent: Agent, by_skills: float) -> Rank:
        """As its state has it."""
        return Rank(self.measure(agent), agent.released_at, agent.agent_id)


@dataclass(frozen=True, slots=True)
class BestFit:
    """The highest mean level over the skills asked for, each counting with its weight."""

    offers: ClassVar[bool] = True
    weights: Mapping[str, int] = field(default_factory=dict)

    def by_skills(self, agent: Agent, requirements: Sequence[Requirement]) -> float:
        """Minus the mean."""
        return -skill_score(agent, requirements, self.weights)

    def rank(self, agent: Agent, by_skills: float) -> Rank:
        """As its skills have it."""
        return Rank(by_skills, agent.released_at, agent.agent_id)


@dataclass(frozen=True, slots=True)
class Unoffered:
    """Nobody is chosen: who may do the work claims it. Agents rank as they would."""

    offers: ClassVar[bool] = False
    would: Choice

    def by_skills(self, agent: Agent, requirements: Sequence[Requirement]) -> float:
        """As it would be."""
        return self.would.by_skills(agent, requirements)

    def rank(self, agent: Agent, by_skills: float) -> Rank:
        """As it would be."""
        return self.would.rank(agent, by_skills)


@dataclass(frozen=True, slots=True)
class NearFirst:
    """Who is not near comes after all who are; among each as it would be."""

    would: Choice
    near: Near

    @property
    def offers(self) -> bool:
        """As it would be."""
        return self.would.offers

    def by_skills(self, agent: Agent, requirements: Sequence[Requirement]) -> float:
        """As it would be."""
        return self.would.by_skills(agent, requirements)

    def rank(self, agent: Agent, by_skills: float) -> Rank:
        """As it would be, behind all others where it is too far away."""
        rank = self.would.rank(agent, by_skills)
        return rank if is_near(agent.location, self.near) else rank._replace(score=rank.score + FAR)


def near_first(choice: Choice, near: Near | None) -> Choice:
    """The choice for cases that ask for who is near, and would take others."""
    return choice if near is None or near.hard else NearFirst(choice, near)


def order_of(policy: Policy) -> Order:
    """The order that a policy names."""
    head_starts = tuple([(one.tier, one.head_start_s) for one in policy.tier_head_starts])
    match policy.ordering:
        case Ordering.UNSPECIFIED | Ordering.EARLIEST_DEADLINE:
            return EarliestDeadline(policy.late_share, head_starts)
        case Ordering.FIFO:
            return LongestWait(0, head_starts)
        case Ordering.PRIORITY:
            return LongestWait(policy.urgency_head_start_s, head_starts)
        case Ordering.BALANCED:
            return Balanced(policy.late_share, head_starts, policy.rescue_s)
        case _:
            assert_never(policy.ordering)


def choice_of(policy: Policy, selection: Selection = Selection.UNSPECIFIED) -> Choice:
    """The choice that a policy names, or a queue instead of it."""
    named = selection or policy.selection
    match named:
        case Selection.UNSPECIFIED | Selection.BEST_FIT:
            return BestFit(weights_of(policy))
        case Selection.LONGEST_IDLE:
            return ByState(lambda agent: 0.0)
        case Selection.ROUND_ROBIN:
            return ByState(lambda agent: agent.turn)
        case Selection.LEAST_BUSY:
            return ByState(lambda agent: agent.load - agent.capacity)
        case Selection.LEAST_BUSY_SHARE:
            return ByState(lambda agent: agent.load / max(1, agent.capacity))
        case Selection.MOST_SKILLED:
            return BySkills(lambda agent, requirements: -skill_score(agent, requirements))
        case Selection.LEAST_SUFFICIENT:
            return BySkills(_surplus)
        case _:
            assert_never(named)


def weights_of(policy: Policy) -> Mapping[str, int]:
    """What skills count in a best fit, where it is not 1."""
    return {one.skill: max(1, one.weight) for one in policy.skill_weights}


def is_skilled(agent: Agent, requirements: Sequence[Requirement]) -> bool:
    """Whether an agent has every hard skill at its least level."""
    if not requirements:
        return True
    levels = {skill.name: skill.level for skill in agent.skills}
    return all(level_for(levels, r) >= r.min_level for r in requirements if r.hard)


def level_for(levels: Mapping[str, int], asked: Requirement) -> int:
    """The level of what is asked for, or of what does as well, where that is higher."""
    level = levels.get(asked.skill, 0)
    return max(level, *(levels.get(skill, 0) for skill in asked.or_skills)) if asked.or_skills else level


def serves(agent: Agent, queue: str) -> bool:
    """Whether an agent works this queue."""
    return not agent.queues or queue in agent.queues


SHARES = 720_720
"""An agent's attention, in parts that up to sixteen skills divide without a rest: sums of them are exact, whatever the
order they are made in.
"""


def share_of(agent: Agent) -> int:
    """What an agent has for each thing it can do: who can do one thing all of its attention, who can do eight an
    eighth.
    """
    return SHARES // max(1, sum(skill.level > 0 for skill in agent.skills))


def skill_score(agent: Agent, requirements: Sequence[Requirement], weights: Mapping[str, int] | None = None) -> float:
    """Mean level, 0..5, over the skills asked for; 0 when none is asked for, so that idleness alone decides. A skill
    that has no weight counts once.
    """
    if not requirements:
        return 0.0
    levels = {skill.name: skill.level for skill in agent.skills}
    if not weights:
        return sum(level_for(levels, r) for r in requirements) / len(requirements)
    counts = [weights.get(r.skill, 1) for r in requirements]
    total = sum(level_for(levels, r) * count for r, count in zip(requirements, counts, strict=True))
    return total / sum(counts)


def preferred(policy: Policy, case: Case, now: Instant) -> Mapping[str, int]:
    """Who is offered a waiting case before all others, if it could take it, and for how many seconds such an offer
    stands at most; in this order: those whom somebody or a rule named, then who had it before. Whoever gave it back is
    not among them, nor is anybody when their time is over.
    """
    if (case.agent_terms is None and not case.agent_id) or isinstance(case.stage, Broadcast):
        return _NOBODY  # others are asked already
    terms, wait = case.agent_terms, place_of(case)
    if wait is None:
        return _NOBODY
    found: dict[str, int] = {}
    if terms is not None and now < max(wait.waiting_since, terms.said_at or NEVER) + terms.preferred_s * MICROS:
        found = dict.fromkeys(terms.preferred_ids, terms.preferred_s)
    if case.agent_id and now < wait.waiting_since + policy.preferred_s * MICROS:
        found.setdefault(case.agent_id, policy.preferred_s)
    for agent_id, _ in case.refusals:
        found.pop(agent_id, None)
    return found


_NOBODY: Mapping[str, int] = {}


_SHORT = 1_000
"""A level too little against one too much. Against: twenty skills are asked for at most, each exceeded by four."""


def _surplus(agent: Agent, requirements: Sequence[Requirement]) -> float:
    """Levels beyond what is asked for, over all skills asked for; whoever has too little of a soft one stands behind
    all who have enough.
    """
    levels = {skill.name: skill.level for skill in agent.skills}
    over = [level_for(levels, r) - r.min_level for r in requirements]
    return float(sum(one if one >= 0 else -one * _SHORT for one in over))
