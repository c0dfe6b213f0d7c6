"""Waiting cases and ready agents, indexed so that a match costs a look, not a search. It decides nothing.

A queue segment is one kind of work: a queue, what its cases ask of an agent, how many units each takes, of which
channel they are, where an agent makes a difference of it, which queues lend their agents for them, whom they are
not for, where an agent is to be, and what they may interrupt. Every waiting case is in one segment; every agent who
could take one more case of a segment now is ready in it.
Both sides are sorted lists: the first element is the answer, an insertion is a `bisect` and a move of pointers, and
reading changes nothing.
"""

from bisect import bisect_left, insort
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from chassis.clock import Instant

from routing.agents import Agent
from routing.cases import Case, Wait, forbidden_of, lenders_of, urgency_of
from routing.geo import is_near
from routing.interrupting import row_of
from routing.policies import (
    NOBODY,
    Choice,
    Crowd,
    EarliestDeadline,
    Order,
    OrderKey,
    Rank,
    Waiting,
    is_skilled,
    near_first,
    serves,
    share_of,
)
from routing.terms import Interrupts, Near, Requirement

SegmentKey = tuple[
    str, tuple[Requirement, ...], int, str, tuple[str, ...], tuple[str, ...], Near | None, Interrupts | None
]
OTHERS = ""
"""The channel of a segment whose cases may be of any that no agent makes a difference of."""


@dataclass(slots=True)
class Segment:
    """One kind of work, who waits for it and who is ready for it."""

    queue: str
    requirements: tuple[Requirement, ...]
    weight: int
    channel: str
    lenders: tuple[str, ...]
    forbidden: tuple[str, ...]
    """Agents whom its cases are not for."""
    near: Near | None
    """Where an agent is to be for them, None for anywhere."""
    row: Interrupts | None
    """What its cases may interrupt, None for nothing."""
    order: Order
    choice: Choice
    waiting: tuple[list[Waiting], ...] = field(init=False)
    """The lines of the order, each sorted."""
    ready: list[Rank] = field(default_factory=list)
    """Sorted."""
    thin: tuple[list[Waiting], ...] = ()
    """The same lines of cases that are offered to fewer agents than they may be; none before there is such a case."""
    present: set[str] = field(default_factory=set)
    """Agents who take offers and could do it, were they free."""
    refused: dict[str, bool] = field(default_factory=dict)
    """Waiting cases that somebody refused, and whether everybody present has."""
    hands: int = 0
    """The sum of the shares of who is present, where the order goes by it."""
    turns: int = 0
    """The sum of each one's share times its turn."""
    alike: list["Segment"] = field(default_factory=list)
    """This, and the segments that differ from it in nothing but the channel, where the order goes by who waits."""

    def __post_init__(self) -> None:
        self.waiting = tuple([] for _ in range(self.order.lines))
        self.choice = near_first(self.choice, self.near)

    @property
    def count(self) -> int:
        """How many cases wait in it."""
        return sum(map(len, self.waiting))

    @property
    def is_empty(self) -> bool:
        """Whether no case is kept in it."""
        return not any(self.waiting) and not any(self.thin)

    def suits(self, agent: Agent) -> bool:
        """Whether the agent may be offered this kind of work at all."""
        if not self.choice.offers or agent.agent_id in self.forbidden:
            return False
        if self.near is not None and self.near.hard and not is_near(agent.location, self.near):
            return False
        serving = serves(agent, self.queue) or (self.lenders and any(serves(agent, queue) for queue in self.lenders))
        return bool(serving) and is_skilled(agent, self.requirements)

    def has_present(self, agent: Agent, channel: str) -> bool:
        """Whether the agent takes offers and could do a case of it of a channel, were it free."""
        if not agent.takes_offers or min(agent.capacity, agent.limit(channel)) < self.weight:
            return False
        return self.suits(agent)

    def is_open_to(self, agent: Agent, channel: str) -> bool:
        """Whether the agent could take one more case of it of a channel now."""
        return agent.room(channel) >= self.weight and self.suits(agent)

    def rank(self, agent: Agent) -> Rank:
        """The agent's standing for this kind of work."""
        return self.choice.rank(agent, self.choice.by_skills(agent, self.requirements))

    def crowd(self, line: int, waiting: Waiting, now: Instant) -> Crowd:
        """How crowded this is from a case on that waits here, or is about to."""
        late_before, behind = self.order.late_before(now), 0
        for other, there in self.order.alongside(line, waiting):
            for cases in [one.waiting[other] for one in self.alike]:
                at, on_time = bisect_left(cases, there), bisect_left(cases, (late_before,))
                if waiting.by < late_before:
                    behind += max(0, on_time - at)
                else:
                    behind += len(cases) - max(at, on_time) + on_time  # the late come last
        mine = self.waiting[line]
        at = bisect_left(mine, waiting)
        is_here = at < len(mine) and mine[at] == waiting
        return Crowd(behind if is_here else behind + 1, self.hands, self.turns)

    def heads(
        self, now: Instant, floor_turn: bool, skip: Iterable[str], most: int = 1
    ) -> Iterable[tuple[OrderKey, str]]:
        """The cases that can be first: of each line the first on time and the first late, but for those to skip; or so
        many of each, where so many are served at once.
        """
        is_barred, by_crowd = frozenset(skip).__contains__, self.order.by_crowd
        return self._heads(self.waiting, now, floor_turn, is_barred, most, by_crowd=by_crowd)

    def before(self, key: OrderKey, now: Instant, floor_turn: bool) -> int:
        """How many of its cases are served before what has this key; found in its lines, not counted."""
        order, late_before, found = self.order, self.order.late_before(now), 0
        for line, cases in enumerate(self.waiting):
            on_time = bisect_left(cases, (late_before,))

            def key_of(waiting: Waiting, line: int = line) -> OrderKey:
                crowd = self.crowd(line, waiting, now) if order.by_crowd else NOBODY
                return order.key(line, waiting, now, floor_turn, crowd)

            found += bisect_left(cases, key, 0, on_time, key=key_of)
            found += bisect_left(cases, key, on_time, key=key_of) - on_time
        return found

    def thin_heads(self, now: Instant, is_barred: Callable[[str], bool]) -> Iterable[tuple[OrderKey, str]]:
        """The same of the cases that may be offered to more agents, but for those that are barred."""
        return self._heads(self.thin, now, False, is_barred)

    def _heads(
        self,
        lines: Iterable[list[Waiting]],
        now: Instant,
        floor_turn: bool,
        is_barred: Callable[[str], bool],
        most: int = 1,
        *,
        by_crowd: bool = False,
    ) -> list[tuple[OrderKey, str]]:
        late_before = self.order.late_before(now)
        found = []
        for line, cases in enumerate(lines):
            if not cases:
                continue
            on_time = bisect_left(cases, (late_before,))
            for start, end in ((0, on_time), (on_time, len(cases))):
                left = most
                for i in range(start, end):
                    if not is_barred(cases[i].case_id):
                        crowd = self.crowd(line, cases[i], now) if by_crowd else NOBODY
                        found.append((self.order.key(line, cases[i], now, floor_turn, crowd), cases[i].case_id))
                        left -= 1
                        if not left:
                            break
        return found


SEGMENTS_MAX = 256
"""Segments that are kept although nobody waits in them: the next case of their kind finds them ready. Cases opened by
hand may each ask for something else.
"""


@dataclass(slots=True)
class Segments:
    """All segments of a shard."""

    order: Order = field(default_factory=EarliestDeadline)
    channels: frozenset[str] = frozenset()
    """Channels that some agent makes, or has made, a difference of; cases of all others are told apart by none."""
    guarded: frozenset[str] = frozenset()
    """Queues that lend their agents while few wait for them: those are counted."""
    rows: tuple[Interrupts, ...] = ()
    """Of the interrupt matrix."""
    _by_key: dict[SegmentKey, Segment] = field(default_factory=dict)
    _changed: dict[str, Agent] = field(default_factory=dict)
    """Agents as they are now who are ready elsewhere than is noted: seen to when somebody looks. Whoever is done with a
    case and is offered the next in one decision changes twice and is ready nowhere before and after.
    """
    _ready: dict[str, tuple[tuple[Segment, Rank], ...]] = field(default_factory=dict)
    """Where each agent with free units is ready."""
    _suited: dict[str, tuple[object, object, object, list[tuple[Segment, float]]]] = field(default_factory=dict)
    """Per agent: its skills, queues and location when last looked at, and the segments it suits, with what its skills
    make of it there.
    """
    _present: dict[str, tuple[object, ...]] = field(default_factory=dict)
    """Per agent: what decided when last looked at where it is present."""
    _claims: dict[str, tuple[int, int]] = field(default_factory=dict)
    """Per agent, where the order goes by it: its share and turn as they count where it is present."""
    _counts: dict[str, int] = field(default_factory=dict)
    """Per guarded queue: how many cases in line its agents may take."""
    _limit: int = SEGMENTS_MAX
    _thin: dict[str, None] = field(default_factory=dict)
    """Cases that may be offered to more agents at once than they are."""
    _alike: dict[tuple[object, ...], list[Segment]] = field(default_factory=dict)
    """By the key but for the channel."""

    @property
    def has_thin(self) -> bool:
        """Whether a case may be offered to more agents at once than it is."""
        return bool(self._thin)

    @property
    def by_key(self) -> Mapping[SegmentKey, Segment]:
        """What there is, with everybody where it is ready now."""
        if self._changed:
            self._settle()
        return self._by_key

    def key(self, queue: str, requirements: tuple[Requirement, ...], weight: int, channel: str) -> SegmentKey:
        """Where such a case waits that is for everybody of its queue alone, and interrupts nobody."""
        return queue, requirements, weight, self._told(channel), (), (), None, None

    def key_of(self, case: Case) -> SegmentKey:
        """Where a case waits."""
        channel, row = self._told(case.channel), row_of(self.rows, case) if self.rows else None
        return case.queue, case.requirements, case.weight, channel, lenders_of(case), forbidden_of(case), case.near, row

    def _told(self, channel: str) -> str:
        """The channel of the segment for cases of one. How many wait for the same must not depend on whether an agent
        once made a difference of it, so where the order goes by that all are told apart.
        """
        return channel if self.order.by_crowd or channel in self.channels else OTHERS

    def tells_apart(self, agent: Agent) -> bool:
        """Whether every channel that the agent makes a difference of has segments of its own."""
        known = self.order.by_crowd or not agent.is_limited
        return known or self.channels.issuperset(agent.channels_named)

    def suited(self, agent: Agent) -> Iterator[Segment]:
        """The kinds of work an agent may do at all."""
        if self._changed:
            self._settle()
        return (segment for segment, _ in self._segments_for(agent))

    def put_case(self, case: Case, wait: Wait, agents: Iterable[Agent], choice: Callable[[str], Choice]) -> Segment:
        """Puts a case where it waits, and returns that; who is chosen for its queue, `choice` says."""
        segment = self._segment_of(case, agents, choice)
        line, entry = self.order.place(wait, urgency_of(case), case.case_id, case.tier)
        waiting = segment.waiting[line]
        start, step = len(waiting), 16
        while start > 0 and entry < waiting[max(0, start - 1)]:  # what comes last is mostly due about last
            start, step = start - step, 4 * step
        insort(waiting, entry, max(0, start))
        if self.guarded:
            self._count(segment, 1)
        return segment

    def take_case(self, case: Case, wait: Wait) -> Segment:
        """Takes a case out of where it waits, and returns that."""
        line, entry = self.order.place(wait, urgency_of(case), case.case_id, case.tier)
        segment = self._by_key[self.key_of(case)]
        waiting = segment.waiting[line]
        at = bisect_left(waiting, entry)
        if at < len(waiting) and waiting[at] == entry:
            del waiting[at]
            if self.guarded:
                self._count(segment, -1)
        return segment

    def put_thin(self, case: Case, wait: Wait, agents: Iterable[Agent], choice: Callable[[str], Choice]) -> None:
        """Puts a case that is offered where it waits for further agents."""
        segment = self._segment_of(case, agents, choice)
        line, entry = self.order.place(wait, urgency_of(case), case.case_id, case.tier)
        if not segment.thin:
            segment.thin = tuple([] for _ in range(self.order.lines))
        insort(segment.thin[line], entry)
        self._thin[case.case_id] = None

    def take_thin(self, case: Case, wait: Wait) -> None:
        """Takes a case out of where it waits for further agents, if it is there."""
        if case.case_id in self._thin:
            del self._thin[case.case_id]
            line, entry = self.order.place(wait, urgency_of(case), case.case_id, case.tier)
            waiting = self._by_key[self.key_of(case)].thin[line]
            del waiting[bisect_left(waiting, entry)]

    def waiting_for(self, queue: str) -> int:
        """How many cases in line agents of a guarded queue may take: its own, and those it lends them for."""
        return self._counts.get(queue, 0)

    def _count(self, segment: Segment, more: int) -> None:
        for queue in (segment.queue, *segment.lenders):
            if queue in self.guarded:
                self._counts[queue] = self._counts.get(queue, 0) + more

    def put_presence(self, agent: Agent) -> list[Segment]:
        """Puts an agent, as it is now, where it is present, and nowhere else; returns where that is news."""
        able = agent.skills, agent.queues, agent.location
        now = agent.takes_offers, agent.capacity, *able, agent.channel_capacity, agent.channels
        if self._present.get(agent.agent_id) == now:
            if self.order.by_crowd:
                self._count_turn(agent)
            return []
        self._present[agent.agent_id] = now
        if self.order.by_crowd:
            self._claim(agent, self._by_key.values(), -1)
            self._claims[agent.agent_id] = share_of(agent), agent.turn
        news = []
        for segment in self._by_key.values():
            if segment.has_present(agent, segment.channel) != (agent.agent_id in segment.present):
                segment.present ^= {agent.agent_id}
                news.append(segment)
        if self.order.by_crowd:
            self._claim(agent, self._by_key.values(), 1)
        return news

    def _count_turn(self, agent: Agent) -> None:
        """Counts that an agent was offered something where it is present."""
        share, before = self._claims[agent.agent_id]
        if agent.turn != before:
            self._claims[agent.agent_id] = share, agent.turn
            for segment, _ in self._segments_for(agent):
                if agent.agent_id in segment.present:
                    segment.turns += share * (agent.turn - before)

    def _claim(self, agent: Agent, segments: Iterable[Segment], sign: int) -> None:
        """Counts an agent where it is present, or no longer."""
        share, turn = self._claims.get(agent.agent_id, (0, 0))
        for segment in segments:
            if agent.agent_id in segment.present:
                segment.hands += sign * share
                segment.turns += sign * share * turn

    def put_agent(self, agent: Agent) -> None:
        """Puts an agent, as it is now, where it is ready, and nowhere else."""
        self._changed[agent.agent_id] = agent

    def forget_agent(self, agent_id: str) -> None:
        """Keeps nothing of an agent that is gone, and was put where it is ready and present as one who is offline:
        whoever is registered under its id suits what was opened meanwhile too.
        """
        self._suited.pop(agent_id, None)
        self._present.pop(agent_id, None)
        self._claims.pop(agent_id, None)

    def find(self, case: Case) -> Segment | None:
        """The segment a case would wait in, None when no case has been there yet."""
        return self.by_key.get(self.key_of(case))

    def crowd(
        self, case: Case, wait: Wait, now: Instant, agents: Iterable[Agent], choice: Callable[[str], Choice]
    ) -> Crowd:
        """How crowded what a case asks for is from it on, whether it waits there already or not."""
        if not self.order.by_crowd:
            return NOBODY
        segment = self.find(case)
        if segment is None:
            key = self.key_of(case)
            segment = Segment(*key, self.order, choice(case.queue))
            segment.alike = [*self._alike.get(_but_for_channel(key), ()), segment]
            there = [agent for agent in agents if segment.has_present(agent, segment.channel)]
            segment.hands = sum(share_of(agent) for agent in there)
            segment.turns = sum(share_of(agent) * agent.turn for agent in there)
        return segment.crowd(*self.order.place(wait, urgency_of(case), case.case_id, case.tier), now)

    def has_ready(self, queue: str, requirements: tuple[Requirement, ...], weight: int, channel: str) -> bool:
        """Whether somebody might take such a case now, were it for everybody; of a kind not seen before, whether
        anybody is free.
        """
        segment = self.by_key.get(self.key(queue, requirements, weight, channel))
        return bool(self._ready if segment is None else segment.ready)

    def case_ids(self) -> list[str]:
        """Every case that waits."""
        lines = (line for segment in self._by_key.values() for line in segment.waiting)
        return [waiting.case_id for line in lines for waiting in line]

    def thin_ids(self) -> list[str]:
        """Every case that may be offered to more agents at once than it is."""
        return list(self._thin)

    def waiting(self, queue: str | None = None) -> int:
        """How many cases wait, in one queue or in all."""
        segments = self._by_key.values()
        return sum(segment.count for segment in segments if queue in (None, segment.queue))

    def _settle(self) -> None:
        """Puts all who have changed where they are ready."""
        changed, self._changed = self._changed, {}
        for agent_id, agent in changed.items():
            for segment, rank in self._ready.pop(agent_id, ()):
                del segment.ready[bisect_left(segment.ready, rank)]
            free = agent.free
            if free <= 0:
                continue
            standing, is_limited = [], agent.is_limited
            for segment, by_skills in self._segments_for(agent):
                if (free if not is_limited else agent.room(segment.channel)) >= segment.weight:
                    rank = segment.choice.rank(agent, by_skills)
                    insort(segment.ready, rank)
                    standing.append((segment, rank))
            self._ready[agent_id] = tuple(standing)

    def _segment_of(self, case: Case, agents: Iterable[Agent], choice: Callable[[str], Choice]) -> Segment:
        key = self.key_of(case)
        return self._by_key.get(key) or self._open(key, agents, choice(case.queue))

    def _open(self, key: SegmentKey, agents: Iterable[Agent], choice: Choice) -> Segment:
        self._settle()
        if len(self._by_key) >= self._limit:
            self._drop_empty()
        segment = self._by_key[key] = Segment(*key, self.order, choice)
        if self.order.by_crowd:
            segment.alike = self._alike.setdefault(_but_for_channel(key), [])
            segment.alike.append(segment)
        for agent in agents:
            if segment.has_present(agent, segment.channel):
                segment.present.add(agent.agent_id)
                self._claim(agent, (segment,), 1)
            suited = self._suited.get(agent.agent_id)
            if suited is not None and not _is_of(suited, agent):
                del self._suited[agent.agent_id]  # else it would lack this segment when its settings are those again
                continue
            if suited is None or not segment.suits(agent):
                continue
            by_skills = segment.choice.by_skills(agent, segment.requirements)
            suited[3].append((segment, by_skills))
            if agent.room(segment.channel) >= segment.weight:
                rank = segment.choice.rank(agent, by_skills)
                insort(segment.ready, rank)
                self._ready[agent.agent_id] = (*self._ready.get(agent.agent_id, ()), (segment, rank))
        return segment

    def _drop_empty(self) -> None:
        """Forgets the segments nobody waits in; their agents are ready in the others still."""
        self._by_key = {key: segment for key, segment in self._by_key.items() if not segment.is_empty}
        self._limit = max(SEGMENTS_MAX, 2 * len(self._by_key))
        for alike in self._alike.values():
            alike[:] = [segment for segment in alike if not segment.is_empty]
        self._alike = {key: alike for key, alike in self._alike.items() if alike}
        for agent_id, standing in self._ready.items():
            self._ready[agent_id] = tuple(place for place in standing if not place[0].is_empty)
        for *_, suited in self._suited.values():
            suited[:] = [place for place in suited if not place[0].is_empty]

    def _segments_for(self, agent: Agent) -> list[tuple[Segment, float]]:
        known = self._suited.get(agent.agent_id)
        if known is not None and _is_of(known, agent):
            return known[3]
        suited = [
            (segment, segment.choice.by_skills(agent, segment.requirements))
            for segment in self._by_key.values()
            if segment.suits(agent)
        ]
        self._suited[agent.agent_id] = (agent.skills, agent.queues, agent.location, suited)
        return suited


def _is_of(known: tuple[object, object, object, object], agent: Agent) -> bool:
    """Whether what is known of an agent is of its settings as they are."""
    return known[0] is agent.skills and known[1] is agent.queues and known[2] is agent.location


def _but_for_channel(key: SegmentKey) -> tuple[object, ...]:
    """What segments have in common that differ in nothing but the channel, and what that may interrupt."""
    return key[:3] + key[4:-1]
