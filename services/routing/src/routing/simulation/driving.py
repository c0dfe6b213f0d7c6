"""The production decider driven by a discrete-event clock: a world and a policy in, what became of everybody out.

What happens is asked of `decide` as it would be in production, by commands; what it answers is recorded by `evolve`.
Nothing of who gets what is decided here. Pure: the same world and policy give the same facts, to the last byte.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from heapq import heapify, heappop, heappush

from chassis.clock import LAST, MICROS, Instant
from chassis.errors import Rejected

from routing import commands, events
from routing.agents import DEFAULT_QUEUE, Agent, Policy
from routing.commands import Command
from routing.decider import decide
from routing.policies import skill_score
from routing.shard import Shard, evolve, next_due, refill
from routing.simulation.world import Arrival, Staff, World, after
from routing.terms import AuthorKind, Direction, PostKind, Presence

DRAIN_S = 4 * 3600
"""So long after the last thing that was to happen somebody may still be served; who waits then is left over."""


@dataclass(slots=True)
class Contact:
    """What became of one arrival."""

    arrival: Arrival
    target_s: int
    """What its queue promises."""
    agent_id: str = ""
    accepted_at: Instant | None = None
    gave_up_at: Instant | None = None
    ended_at: Instant | None = None
    """When its agent was done with it."""

    @property
    def wait_s(self) -> float | None:
        """From arrival until it was accepted or gave up, None for one who is left over."""
        end = self.gave_up_at if self.accepted_at is None else self.accepted_at
        return None if end is None else (end - self.arrival.at) / MICROS


@dataclass(slots=True)
class Run:
    """What became of everybody under one policy."""

    world: World
    contacts: dict[str, Contact] = field(default_factory=dict)
    """By case, in the order of arrival."""


Told = Callable[[Command, Sequence[events.Event]], None]
"""Hears every command and the facts it led to."""


def drive(world: World, policy: Policy, told: Told | None = None) -> Run:
    """Lets a world happen under a policy."""
    return _Drive(world, policy, told).run()


class _Drive:
    """One run under way: the shard, and what is still to happen, by when and in the order it came up."""

    def __init__(self, world: World, policy: Policy, told: Told | None) -> None:
        self._shard = refill(Shard(policy=policy))
        self._told = told
        self._run = Run(world)
        self._staff = {one.agent_id: one for one in world.staff}
        self._to_come: list[tuple[Instant, int, Command]] = []
        self._numbered = 0
        self._waiting = 0
        self._now = world.counted.start
        for command in _given(world):
            self._later(command)
        heapify(self._to_come)

    def run(self) -> Run:
        """Goes from what happens to what happens next until nothing does."""
        promised = {queue.queue_id: queue.first_response_s for queue in self._run.world.queues}
        for arrival in self._run.world.arrivals:
            self._run.contacts[arrival.case_id] = Contact(arrival, promised[arrival.queue])
        while self._to_come:
            due = next_due(self._shard)
            if due is not None and due <= self._to_come[0][0]:
                self._ask(commands.Tick(max(due, self._now)))
            else:
                self._ask(heappop(self._to_come)[2])
            if not self._to_come:
                self._drain()
        return self._run

    def _drain(self) -> None:
        """Lets time alone pass while somebody waits, until it makes something happen."""
        last = after(DRAIN_S, self._now)
        while self._waiting and not self._to_come:
            due = next_due(self._shard)
            if due is None or due > last:
                return
            self._ask(commands.Tick(max(due, self._now)))

    def _later(self, command: Command) -> None:
        heappush(self._to_come, (command.at, self._numbered, command))
        self._numbered += 1

    def _ask(self, command: Command) -> None:
        self._now = command.at
        if isinstance(command, commands.DetachPost) and self._run.contacts[command.post_id].accepted_at is not None:
            return  # who was accepted no longer gives up
        try:
            decided = decide(command, self._shard)
        except Rejected:
            return  # an offer that lapsed before it was accepted
        for fact in decided:
            evolve(self._shard, fact)
        if self._told is not None:
            self._told(command, decided)
        for fact in decided:
            self._follow(fact)

    def _follow(self, fact: events.Event) -> None:
        """What people do about a fact."""
        match fact:
            case events.CaseBegun(case_id=case_id) | events.CaseOpened(case_id=case_id):
                self._waiting += 1
                arrival = self._run.contacts[case_id].arrival
                if arrival.urgency and isinstance(fact, events.CaseBegun):
                    self._ask(commands.TransferCase(case_id, "", "", arrival.urgency, "", fact.at))
                if arrival.patience_s is not None:
                    self._later(commands.DetachPost(case_id, after(arrival.patience_s, arrival.at)))
            case events.CaseOffered(case_id, agent_id, _, token):
                delay_s = self._staff[agent_id].accepts_after_s
                self._later(commands.AcceptOffer(case_id, agent_id, token, after(delay_s, fact.at)))
            case events.OfferAccepted(case_id, agent_id):
                self._waiting -= 1
                contact = self._run.contacts[case_id]
                contact.agent_id, contact.accepted_at = agent_id, fact.at
                end = after(self._handling_s(contact.arrival, self._shard.agents[agent_id]), fact.at)
                self._later(commands.ResolveCase(case_id, agent_id, "solved", (), end))
            case events.CaseResolved(case_id=case_id):
                self._run.contacts[case_id].ended_at = fact.at
            case events.CaseWithdrawn(case_id=case_id):
                self._waiting -= 1
                self._run.contacts[case_id].gave_up_at = fact.at
            case _:
                pass

    def _handling_s(self, arrival: Arrival, agent: Agent) -> float:
        asked = self._shard.cases[arrival.case_id].requirements
        return arrival.handling_s * (self._run.world.pace.at(skill_score(agent, asked)) if asked else 1.0)


def _given(world: World) -> Sequence[Command]:
    """What is asked whatever the policy decides."""
    begins = [world.counted.start, *(s.shifts[0].start for s in world.staff if s.shifts)]
    first = min([*begins, *(arrival.at for arrival in world.arrivals[:1])])
    given: list[Command] = []
    for queue in world.queues:
        settings = queue.display_name, queue.first_response_s, queue.offer_timeout_s, queue.requirements, first
        given.append(commands.CreateQueue(queue.queue_id, *settings, offer_width=queue.offer_width))
        given.append(commands.SetSourceQueue(queue.queue_id, queue.queue_id, first))
    for one in world.staff:
        given.append(commands.RegisterAgent(one.agent_id, "", one.skills, one.capacity, one.queues, first))
        given.extend(_presence(one))
    given.extend(_arriving(arrival) for arrival in world.arrivals)
    return given


def _presence(one: Staff) -> Sequence[Command]:
    said: list[Command] = []
    for shift in one.shifts:
        said.append(commands.SetPresence(one.agent_id, Presence.AVAILABLE, shift.start))
        if shift.end != LAST:
            said.append(commands.SetPresence(one.agent_id, Presence.OFFLINE, shift.end))
    return said


def _arriving(arrival: Arrival) -> Command:
    """A customer's post, named as its case; a case by hand where somebody asks for more than a post can."""
    case_id, queue, at = arrival.case_id, arrival.queue, arrival.at
    if arrival.requirements or arrival.weight != 1:
        asks = arrival.urgency, arrival.requirements, arrival.weight, Direction.INBOUND, ""
        return commands.OpenCase(case_id, queue, "", "", "", "", "und", *asks, at)
    return commands.AttachPost(
        post_id=case_id,
        case_id=case_id,
        desk=DEFAULT_QUEUE,
        channel="simulated",
        source_id=queue,
        kind=PostKind.POST,
        direction=Direction.INBOUND,
        author_kind=AuthorKind.CUSTOMER,
        identity_id=case_id,
        handle_id="",
        parent="",
        is_addressed=True,
        is_repost=False,
        mentioned_ids=(),
        alias_ids=(),
        language="und",
        thread_keys=(case_id,),
        published_at=at,
        received_at=at,
        window_expires_at=None,
        at=at,
    )
