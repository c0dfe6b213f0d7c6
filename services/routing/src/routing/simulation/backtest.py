"""What was recorded as a world, to be served by another policy: who came, who was there, how long everything took.

Each time a case began to wait and was accepted is one arrival: what came to it while it waited or was with somebody is
no other. It takes as long as it did, whoever takes it. Who left the queue without being accepted, because the customer
took the post back or was answered elsewhere, waits as long as it did and no longer; of who was accepted it is not known
how long it would have waited, so it waits for ever. Agents are there when they were, with the skills and capacity they
had last, and take as long to accept as they did on average. Nobody is there after the last fact, so that who is left
over then is so under every policy.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from chassis.clock import MICROS, Instant
from msgspec.structs import replace

from routing import events
from routing.agents import DEFAULT_QUEUE, NEVER, Queue
from routing.cases import Accepted, Broadcast, Case, Offered, Pending, Queued, holder
from routing.changes import changes
from routing.shard import Shard, evolve
from routing.simulation.driving import Contact, Run
from routing.simulation.recording import Fact
from routing.simulation.world import Arrival, Shift, Staff, World
from routing.terms import Presence, Requirement

_WAITS, _HELD = (Queued, Offered, Broadcast), (Accepted, Pending)


@dataclass(slots=True)
class Episode:
    """A case from when it began to wait until its agent was done with it."""

    case: Case
    began: Instant
    offered_at: Instant | None = None
    agent_id: str = ""
    accepted_at: Instant | None = None
    left_at: Instant | None = None
    """It left the queue without being accepted."""
    ended_at: Instant | None = None


@dataclass(slots=True)
class _Record:
    """What is gathered from the facts."""

    episodes: list[Episode] = field(default_factory=list)
    open: dict[str, Episode] = field(default_factory=dict)
    came: dict[str, Instant] = field(default_factory=dict)
    shifts: dict[str, list[Shift]] = field(default_factory=lambda: defaultdict(list))
    last: Instant = NEVER


def recorded(facts: Sequence[Fact], shard: Shard | None = None) -> Run:
    """The world of some facts, and what really became of everybody in it. Cases that never waited are not there. A
    shard that is given, an empty one, is afterwards as the facts leave it.
    """
    shard, record = shard or Shard(), _Record()
    for fact in facts:
        event = fact.event
        record.last = max(record.last, event.at)
        for before, after in changes(event, shard.cases.get, shard.agents.get).cases:
            _follow(record, before, after, event.at)
        if isinstance(event, events.CaseOffered) and event.case_id in record.open:
            record.open[event.case_id].offered_at = event.at
        if isinstance(event, events.PresenceChanged | events.AgentDeleted):
            available = isinstance(event, events.PresenceChanged) and event.presence == Presence.AVAILABLE
            _presence(record, event.agent_id, event.at, available=available)
        evolve(shard, event)
    for agent_id, since in record.came.items():
        record.shifts[agent_id].append(Shift(since, Instant(record.last + 1)))
    return _run(shard, record, facts[0].event.at)


def _follow(record: _Record, before: Case | None, after: Case, at: Instant) -> None:
    """How a fact moves a case between waiting, being with somebody and neither."""
    waited = before is not None and isinstance(before.stage, _WAITS)
    held = before is not None and isinstance(before.stage, _HELD)
    if isinstance(after.stage, _WAITS):
        if held:
            _end(record, after.case_id, at)
        if after.case_id not in record.open:
            record.open[after.case_id] = Episode(after, at)
            record.episodes.append(record.open[after.case_id])
        else:
            record.open[after.case_id].case = after
    elif isinstance(after.stage, _HELD):
        if waited and after.case_id in record.open:
            episode = record.open[after.case_id]
            episode.agent_id, episode.accepted_at = holder(after), at
    elif held:
        _end(record, after.case_id, at)
    elif waited and after.case_id in record.open:
        record.open.pop(after.case_id).left_at = at


def _end(record: _Record, case_id: str, at: Instant) -> None:
    episode = record.open.pop(case_id, None)
    if episode is not None:
        episode.ended_at = at


def _presence(record: _Record, agent_id: str, at: Instant, *, available: bool) -> None:
    if available:
        record.came.setdefault(agent_id, at)
    elif (since := record.came.pop(agent_id, None)) is not None and since < at:
        record.shifts[agent_id].append(Shift(since, at))


def _run(shard: Shard, record: _Record, first: Instant) -> Run:
    queues = _queues(shard, record.episodes)
    took = [(e.ended_at - e.accepted_at) / MICROS for e in record.episodes if e.ended_at and e.accepted_at]
    usual_s = sum(took) / len(took) if took else 0.0
    run = Run(World((), (), (), Shift(first, Instant(record.last + 1))))
    for number, episode in enumerate(sorted(record.episodes, key=lambda episode: episode.began), 1):
        contact = _contact(episode, f"{number:07d}", queues[_kind(episode.case)], usual_s)
        run.contacts[contact.arrival.case_id] = contact
    arrivals = tuple(contact.arrival for contact in run.contacts.values())
    staff = tuple(_staff(shard, record, queues.values()))
    run.world = World(tuple(queues.values()), staff, arrivals, run.world.counted)
    return run


def _contact(episode: Episode, case_id: str, queue: Queue, usual_s: float) -> Contact:
    """Who was still with somebody at the end takes as long as others do."""
    accepted, left = episode.accepted_at, episode.left_at
    handling_s = (episode.ended_at - accepted) / MICROS if accepted is not None and episode.ended_at else usual_s
    case = episode.case
    patience_s = (left - episode.began) / MICROS if left is not None and case.weight == 1 else None
    arrival = Arrival(
        case_id, episode.began, case.queue, queue.queue_id, handling_s, patience_s, case.urgency, (), case.weight
    )
    return Contact(arrival, queue.first_response_s, episode.agent_id, accepted, left, episode.ended_at)


def _kind(case: Case) -> tuple[str, tuple[Requirement, ...]]:
    return case.queue, case.requirements


def _queues(shard: Shard, episodes: Iterable[Episode]) -> dict[tuple[str, tuple[Requirement, ...]], Queue]:
    """A queue of its own for every kind of case: what one asks for beyond its queue is asked by that."""
    found: dict[tuple[str, tuple[Requirement, ...]], Queue] = {}
    for episode in episodes:
        kind = _kind(episode.case)
        if kind not in found:
            settings = shard.queue(kind[0])
            found[kind] = replace(settings, queue_id=f"{kind[0]}.{len(found)}", requirements=kind[1])
    return found


def _staff(shard: Shard, record: _Record, queues: Iterable[Queue]) -> Iterable[Staff]:
    delays: dict[str, list[float]] = defaultdict(list)
    for episode in record.episodes:
        if episode.accepted_at is not None and episode.offered_at is not None:
            delays[episode.agent_id].append((episode.accepted_at - episode.offered_at) / MICROS)
    kinds = list(queues)
    for agent_id, shifts in sorted(record.shifts.items()):
        agent = shard.agents.get(agent_id)
        if agent is None:
            continue  # deleted, and nobody knows any more what it could
        theirs = tuple(sorted(q.queue_id for q in kinds if q.queue_id.rpartition(".")[0] in agent.queues))
        delay = delays[agent_id]
        yield Staff(
            agent_id,
            tuple(shifts),
            agent.skills,
            agent.capacity,
            theirs or (() if not agent.queues else (DEFAULT_QUEUE,)),
            sum(delay) / len(delay) if delay else 0.0,
        )
