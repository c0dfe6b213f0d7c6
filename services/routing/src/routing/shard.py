"""Everything one tenant's routing keeps in memory, and how a fact changes it. It decides nothing.

Kept: every case that somebody or time is still going to act on, all agents, queues and sources. Forgotten: dormant
cases, once `keep_events` further case facts have been recorded. Forgetting is itself a function of the facts, so a
refolded shard forgets the same and equals the live one (I1). What is forgotten is in the read model by then: the loader
(`recall.py`) makes sure of it before a decision relies on the read model, and a case that comes back does so by a fact,
`CaseRecalled`.
"""

from bisect import bisect_left, insort
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from chassis.clock import MICROS, Instant
from msgspec.structs import replace

from routing import events
from routing.agents import (
    DEFAULT_QUEUE,
    Agent,
    Policy,
    Queue,
    evolve_agent,
    queue_of,
    release,
    reserve,
    unreserve,
)
from routing.cases import (
    Accepted,
    Case,
    Offered,
    Pending,
    Queued,
    Resolved,
    absorb,
    evolve_case,
    gone_into,
    holder,
    is_dormant,
    opened,
)
from routing.lanes import Lanes
from routing.recall import recalled

KEEP_EVENTS = 20_000
"""How many case facts a dormant case outlives in memory: so far the read model may lag before anybody waits for it."""

Timer = tuple[Instant, str]
_HELD = frozenset({Offered, Accepted, Pending})
"""Stages in which an agent has the case."""
_INDEXED = frozenset({Queued, Offered, Pending, Resolved})
"""Stages in which the case stands in a line, or has a timer."""


@dataclass(slots=True)
class Timers:
    """When which case's time is up, each sorted."""

    offers: list[Timer] = field(default_factory=list)
    """When an open offer lapses."""
    pends: list[Timer] = field(default_factory=list)
    """When a pending case wakes up."""
    resolved: list[Timer] = field(default_factory=list)
    """When a case was resolved; the confirm window is added on reading."""


@dataclass(slots=True)
class Shard:
    """One tenant's open cases, agents, queues and sources, with the indexes over them."""

    keep_events: int = KEEP_EVENTS
    cases: dict[str, Case] = field(default_factory=dict)
    agents: dict[str, Agent] = field(default_factory=dict)
    queues: dict[str, Queue] = field(default_factory=dict)
    sources: dict[str, str] = field(default_factory=dict)
    """Source to queue."""
    policy: Policy = field(default_factory=Policy)
    dormant: dict[str, int] = field(default_factory=dict)
    """Dormant cases and the number of the fact that touched each last, oldest first."""
    case_events: int = 0
    """How many case facts there have been."""
    offers_made: int = 0
    forgotten: int = 0
    """How often a case was forgotten; while it is 0 the read model knows nothing that memory does not."""

    threads: dict[str, str] = field(default_factory=dict)
    """Derived: thread key to case."""
    lanes: Lanes = field(default_factory=Lanes)
    """Derived."""
    timers: Timers = field(default_factory=Timers)
    """Derived."""
    refused: dict[str, dict[str, Instant]] = field(default_factory=dict)
    """Derived: agent to waiting cases it refused, and when."""
    resting: deque[tuple[int, str]] = field(default_factory=deque)
    """Derived: the entries of `dormant` and some that have been overtaken, oldest first. The first of a dictionary
    whose first entries keep being deleted would be found by passing over all of those."""

    loaned: dict[str, Case] = field(default_factory=dict)
    """On loan from the read model for the batch in hand; no part of the state."""
    loaned_threads: dict[str, str] = field(default_factory=dict)
    """Likewise."""

    def queue(self, queue_id: str) -> Queue:
        """A queue's settings; one nobody created has the default's."""
        known = self.queues.get(queue_id) or self.queues.get(DEFAULT_QUEUE)
        return known if known is not None else Queue(queue_id)


def agents_after(
    agents: Mapping[str, Agent], before: Case, after: Case, event: events.CaseFact | events.CasesJoined
) -> Sequence[Agent]:
    """Agents whom it changes that a case goes from `before` to `after`."""
    if before.stage is after.stage or not (type(before.stage) in _HELD or type(after.stage) in _HELD):
        return ()
    had, has = holder(before), holder(after)
    if had == has:
        taken = isinstance(event, events.OfferAccepted) and has in agents and agents[has].missed
        return (replace(agents[has], missed=0),) if taken else ()
    changed = []
    loser, winner = agents.get(had), agents.get(has)
    if loser is not None:
        if isinstance(before.stage, Offered):
            freed = unreserve(loser, before.case_id)
            match event:
                case events.OfferExpired(missed=missed):
                    freed = replace(freed, missed=missed)
                case events.OfferDeclined():
                    freed = replace(freed, missed=0)
                case _:
                    pass
            changed.append(freed)
        else:
            changed.append(release(loser, before.case_id, event.at))
    if winner is not None:
        changed.append(reserve(winner, after.case_id, after.weight))
    return changed


def evolve(shard: Shard, event: events.Event) -> Shard:
    """What a fact makes of the shard; updates it in place and returns it. Never raises."""
    _EVOLVE.get(type(event), _evolve_case)(shard, event)
    return shard


def _open(shard: Shard, event: events.CaseOpened) -> None:
    _place(shard, None, opened(event))


def _recall(shard: Shard, event: events.CaseRecalled) -> None:
    case = recalled(event)
    for post in case.posts:
        shard.threads.update(dict.fromkeys(post.thread_keys, case.case_id))
    _place(shard, None, case)


def _change_agent(shard: Shard, event: events.AgentFact) -> None:
    known = shard.agents.get(event.agent_id) or Agent(event.agent_id)
    _put_agent(shard, evolve_agent(known, event))


def _change_queue(shard: Shard, event: events.QueueChanged) -> None:
    shard.queues[event.queue_id] = queue_of(event)


def _change_source(shard: Shard, event: events.SourceQueueChanged) -> None:
    shard.sources[event.source_id] = event.queue


def _change_policy(shard: Shard, event: events.PolicyChanged) -> None:
    shard.policy = Policy(event.version, event.max_missed_offers, event.decline_cooldown_s, event.confirm_window_s)


def _evolve_case(shard: Shard, event: events.CaseFact) -> None:
    before = shard.cases.get(event.case_id)
    if before is None:
        return  # only a log that was not written by this decider says so
    after = evolve_case(before, event)
    kind = type(event)
    if kind is events.PostAttached:
        for key in event.thread_keys:  # type: ignore[union-attr]
            shard.threads[key] = event.case_id
    elif kind is events.CaseOffered:
        shard.offers_made += 1
    for agent in agents_after(shard.agents, before, after, event):
        _put_agent(shard, agent)
    _place(shard, before, after)


def _join(shard: Shard, event: events.CasesJoined) -> None:
    survivor, joined = shard.cases.get(event.case_id), shard.cases.get(event.joined_case_id)
    if survivor is None or joined is None:
        return
    for post in joined.posts:
        shard.threads.update(dict.fromkeys(post.thread_keys, event.case_id))
    gone = gone_into(joined, event.case_id, event.at)
    for agent in agents_after(shard.agents, joined, gone, event):
        _put_agent(shard, agent)
    _place(shard, joined, gone)
    _place(shard, survivor, absorb(survivor, joined, event.at))


_EVOLVE: Mapping[type[events.Event], Callable[[Shard, Any], None]] = {
    events.CaseOpened: _open,
    events.CaseRecalled: _recall,
    events.CasesJoined: _join,
    events.AgentRegistered: _change_agent,
    events.AgentChanged: _change_agent,
    events.PresenceChanged: _change_agent,
    events.QueueChanged: _change_queue,
    events.SourceQueueChanged: _change_source,
    events.PolicyChanged: _change_policy,
}
"""What each fact does to the shard; the others happen to one case that is there."""


def _place(shard: Shard, before: Case | None, after: Case) -> None:
    """Puts a case where its stage says, in every index, and forgets what has been dormant long enough."""
    case_id = after.case_id
    if before is None or before.stage is not after.stage or before.line is not after.line:
        if before is not None and type(before.stage) in _INDEXED:
            _unindex(shard, before)
        if type(after.stage) in _INDEXED:
            _index(shard, after)
    shard.cases[case_id] = after
    shard.case_events += 1
    dormant = shard.dormant
    if case_id in dormant:
        del dormant[case_id]
    if is_dormant(after):
        dormant[case_id] = shard.case_events
        shard.resting.append((shard.case_events, case_id))
    forgotten = shard.case_events - shard.keep_events
    while shard.resting and shard.resting[0][0] <= forgotten:
        since, oldest = shard.resting.popleft()
        if dormant.get(oldest) == since:
            _forget(shard, oldest)


def dormant_since(shard: Shard) -> int | None:
    """The number of the fact that last touched the case dormant longest, None when none is dormant."""
    resting = shard.resting
    while resting and shard.dormant.get(resting[0][1]) != resting[0][0]:
        resting.popleft()
    return resting[0][0] if resting else None


def _forget(shard: Shard, case_id: str) -> None:
    del shard.dormant[case_id]
    shard.forgotten += 1
    for post in shard.cases.pop(case_id).posts:
        for key in post.thread_keys:
            if shard.threads.get(key) == case_id:
                del shard.threads[key]


def _index(shard: Shard, case: Case) -> None:
    match case.stage:
        case Queued() if case.line is not None:
            shard.lanes.put_case(case, case.line, shard.agents.values())
            for agent_id, at in case.refusals:
                shard.refused.setdefault(agent_id, {})[case.case_id] = at
        case Offered(expires_at=at):
            insort(shard.timers.offers, (at, case.case_id))
        case Pending(until=at):
            insort(shard.timers.pends, (at, case.case_id))
        case Resolved(at=at):
            insort(shard.timers.resolved, (at, case.case_id))
        case _:
            pass


def _unindex(shard: Shard, case: Case) -> None:
    match case.stage:
        case Queued() if case.line is not None:
            shard.lanes.take_case(case, case.line)
            for agent_id, _ in case.refusals:
                cases = shard.refused.get(agent_id, {})
                cases.pop(case.case_id, None)
                if not cases:
                    shard.refused.pop(agent_id, None)
        case Offered(expires_at=at):
            _drop(shard.timers.offers, (at, case.case_id))
        case Pending(until=at):
            _drop(shard.timers.pends, (at, case.case_id))
        case Resolved(at=at):
            _drop(shard.timers.resolved, (at, case.case_id))
        case _:
            pass


def _drop(timers: list[Timer], timer: Timer) -> None:
    at = bisect_left(timers, timer)
    if at < len(timers) and timers[at] == timer:
        del timers[at]


def _put_agent(shard: Shard, agent: Agent) -> None:
    shard.agents[agent.agent_id] = agent
    shard.lanes.put_agent(agent)


def refill(shard: Shard) -> Shard:
    """Builds every derived index anew from what is kept; for a shard that was just loaded."""
    shard.threads, shard.lanes, shard.timers, shard.refused = {}, Lanes(), Timers(), {}
    shard.resting = deque((since, case_id) for case_id, since in shard.dormant.items())
    for agent in shard.agents.values():
        shard.lanes.put_agent(agent)
    for case in shard.cases.values():
        for post in case.posts:
            shard.threads.update(dict.fromkeys(post.thread_keys, case.case_id))
        _index(shard, case)
    return shard


def next_due(shard: Shard) -> Instant | None:
    """When time itself next changes something; a tick at that time always decides something.

    An offer lapses, a pending case wakes, a resolution is confirmed, or an agent who is ready may be offered again what
    it refused.
    """
    timers = shard.timers
    dues = [*timers.offers[:1], *timers.pends[:1]]
    due = min(dues)[0] if dues else None
    if timers.resolved:
        confirm = Instant(timers.resolved[0][0] + shard.policy.confirm_window_s * MICROS)
        due = confirm if due is None else min(due, confirm)
    for at, _ in cooled(shard):
        due = at if due is None else min(due, at)
    return due


def cooled(shard: Shard) -> Iterator[tuple[Instant, str]]:
    """Waiting cases with the time from which an agent who refused them, and is ready now, may be offered them again."""
    cooldown = shard.policy.decline_cooldown_s * MICROS
    for agent_id, cases in shard.refused.items():
        agent = shard.agents.get(agent_id)
        if agent is None or agent.free <= 0:
            continue
        for case_id, at in cases.items():
            lane = shard.lanes.find(shard.cases[case_id])
            if lane is not None and lane.is_open_to(agent):
                yield Instant(at + cooldown), case_id
