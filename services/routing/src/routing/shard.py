"""Everything one tenant's routing keeps in memory, and how a fact changes it. It decides nothing.

Kept: every case that somebody or time is still going to act on, all agents, queues and sources. Forgotten: dormant
cases, once `keep_events` further case facts have been recorded. Forgetting is itself a function of the facts, so a
refolded shard forgets the same and equals the live one (I1). What is forgotten is in the read model by then: the loader
(`recall.py`) makes sure of it before a decision relies on the read model, and a case that comes back does so by a fact,
`CaseRecalled`.
"""

from bisect import bisect_left, insort
from collections import deque
from collections.abc import Callable, Mapping, Sequence
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
from routing.timers import AGENT, CASE, Timers

KEEP_EVENTS = 20_000
"""How many case facts a dormant case outlives in memory: so far the read model may lag before anybody waits for it."""

_HELD = frozenset({Offered, Accepted, Pending})
"""Stages in which an agent has the case."""
_INDEXED = frozenset({Queued, Offered, Pending, Resolved})
"""Stages in which the case stands in a line, or has a timer."""


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
    """Derived: when an offer lapses, a pending case wakes up, a resolution is confirmed; and when an agent who is ready
    may first be offered again what it refused.
    """
    refused: dict[str, list[tuple[Instant, str]]] = field(default_factory=dict)
    """Derived: agent to the waiting cases it refused, by the time it did."""
    resting: deque[tuple[int, str]] = field(default_factory=deque)
    """Derived: the entries of `dormant` and some that have been overtaken, oldest first. The first of a dictionary
    whose first entries keep being deleted would be found by passing over all of those."""

    unsent: dict[str, str] = field(default_factory=dict)
    """Derived: reply that was asked for and not settled to the case it is with, which is another one after a join."""

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
    refill(shard)


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
    shard.cases[case_id] = after
    if before is None or before.stage is not after.stage or before.line is not after.line:
        if before is not None and type(before.stage) in _INDEXED:
            _unindex(shard, before)
        if type(after.stage) in _INDEXED:
            _index(shard, after)
    if before is None or before.unsent is not after.unsent:
        for reply in () if before is None else before.unsent:
            if shard.unsent.get(reply.reply_id) == case_id:
                del shard.unsent[reply.reply_id]
        shard.unsent.update((reply.reply_id, case_id) for reply in after.unsent)
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
    key = (CASE, case.case_id)
    match case.stage:
        case Queued() if case.line is not None:
            shard.lanes.put_case(case, case.line, shard.agents.values())
            for agent_id, at in case.refusals:
                insort(shard.refused.setdefault(agent_id, []), (at, case.case_id))
                _set_cooldown(shard, agent_id)
        case Offered(expires_at=at) | Pending(until=at):
            shard.timers.set(key, at)
        case Resolved(at=at):
            shard.timers.set(key, Instant(at + shard.policy.confirm_window_s * MICROS))
        case _:
            pass


def _unindex(shard: Shard, case: Case) -> None:
    match case.stage:
        case Queued() if case.line is not None:
            shard.lanes.take_case(case, case.line)
            for agent_id, at in case.refusals:
                cases = shard.refused[agent_id]
                del cases[bisect_left(cases, (at, case.case_id))]
                if not cases:
                    del shard.refused[agent_id]
                _set_cooldown(shard, agent_id)
        case _:
            shard.timers.cancel((CASE, case.case_id))


def _set_cooldown(shard: Shard, agent_id: str) -> None:
    """Sets the timer at which an agent who is ready may first be offered again something it refused."""
    agent, key = shard.agents.get(agent_id), (AGENT, agent_id)
    if agent is not None and agent.free > 0:
        for at, case_id in shard.refused.get(agent_id, ()):
            lane = shard.lanes.find(shard.cases[case_id])
            if lane is not None and lane.is_open_to(agent):
                shard.timers.set(key, Instant(at + shard.policy.decline_cooldown_s * MICROS))
                return
    shard.timers.cancel(key)


def _put_agent(shard: Shard, agent: Agent) -> None:
    shard.agents[agent.agent_id] = agent
    shard.lanes.put_agent(agent)
    _set_cooldown(shard, agent.agent_id)


def refill(shard: Shard) -> Shard:
    """Builds every derived index anew from what is kept; for a shard that was just loaded."""
    shard.unsent = {reply.reply_id: case.case_id for case in shard.cases.values() for reply in case.unsent}
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
    return shard.timers.first()
