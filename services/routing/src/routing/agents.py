"""One agent and one queue: what they are and what each fact makes of them. It knows no case but by id and weight."""

from typing import assert_never

from chassis.clock import Instant
from msgspec import Struct
from msgspec.structs import replace

from routing import events
from routing.terms import Ordering, Presence, Requirement, Selection, Skill, SkillWeight

NEVER = Instant(0)
CAPACITY_MAX = 100
"""Units of an agent at most: so many offers one decision makes to it, or takes back."""
BY_AGENT, MISSED_OFFERS = "agent", "missed_offers"
"""Reasons of a presence: it was asked for; too many offers were missed in a row."""
DRAIN, DRAINED, ABSENT = "drain", "drained", "absent"
"""More of them: it finishes what it has; that is over; it was away for too long."""
DEFAULT_QUEUE = "default"
"""The queue that is there before anybody creates it."""


class Agent(Struct, frozen=True, array_like=True, gc=False):
    """Somebody who works cases."""

    agent_id: str
    display_name: str = ""
    skills: tuple[Skill, ...] = ()
    capacity: int = 0
    queues: tuple[str, ...] = ()
    presence: Presence = Presence.OFFLINE
    missed: int = 0
    """Offers missed in a row."""
    released_at: Instant = NEVER
    """When work was last taken off it, 0 before; an offer that came to nothing is no work."""
    work: tuple[tuple[str, int], ...] = ()
    """Cases offered to it or with it, and the units each takes."""
    load: int = 0
    """Units in use: the sum over `work`."""
    presence_reason: str = ""
    """Why its presence is what it is."""
    turn: int = 0
    """Which of the tenant's offers was made to it last, counted from 1; 0 before."""
    leaves_at: Instant | None = None
    """When what it has goes back to the line, None for never."""

    @property
    def free(self) -> int:
        """Units an offer may take now: none unless available."""
        return max(0, self.capacity - self.load) if self.presence == Presence.AVAILABLE else 0


class Queue(Struct, frozen=True, array_like=True, gc=False):
    """A line of waiting cases with one promise."""

    queue_id: str
    display_name: str = ""
    first_response_s: int = 3600
    offer_timeout_s: int = 60
    requirements: tuple[Requirement, ...] = ()
    selection: Selection = Selection.UNSPECIFIED
    """How its cases choose an agent; unspecified as the policy says."""
    reply_timeout_s: int = 0
    supervise_after_returns: int = 0
    supervise_after_s: int = 0
    escalates_to: str = ""
    """The queue its cases are escalated to, "" for none; as it was said, whatever became of that one since."""


class Policy(Struct, frozen=True, array_like=True, gc=False):
    """What holds for the whole tenant."""

    version: int = 0
    max_missed_offers: int = 3
    decline_cooldown_s: int = 300
    confirm_window_s: int = 86_400
    ordering: Ordering = Ordering.EARLIEST_DEADLINE
    selection: Selection = Selection.BEST_FIT
    late_share: int = 5
    """Of so many offers one goes to late work first: enough to end a backlog, little enough to keep promises."""
    urgency_head_start_s: int = 1_800
    skill_weights: tuple[SkillWeight, ...] = ()
    preferred_s: int = 300
    since: Instant = NEVER
    """When it became so."""
    absence_s: int = 0
    """How long who is away or offline keeps its cases, 0 for ever."""


def evolve_agent(agent: Agent, event: events.AgentFact) -> Agent:
    """What a fact about an agent makes of it. Never raises."""
    match event:
        case events.AgentRegistered() | events.AgentChanged():
            return replace(
                agent,
                display_name=event.display_name,
                skills=event.skills,
                capacity=max(0, min(event.capacity, CAPACITY_MAX)),
                queues=event.queues,
            )
        case events.PresenceChanged():
            leaves_at = event.leaves_at
            return replace(agent, presence=event.presence, missed=0, presence_reason=event.reason, leaves_at=leaves_at)
        case events.AgentDeleted():
            return replace(agent, presence=Presence.OFFLINE, missed=0)  # whoever keeps agents drops it after this
        case _:
            assert_never(event)


def gives_back_at(agent: Agent) -> Instant | None:
    """When an agent is to leave: at a time while it has something, and who drains as soon as it has nothing."""
    if agent.leaves_at is None or agent.presence == Presence.AVAILABLE:
        return None
    if agent.work:
        return agent.leaves_at
    return min(agent.released_at, agent.leaves_at) if agent.presence_reason == DRAIN else None


def reserve(agent: Agent, case_id: str, weight: int) -> Agent:
    """The agent with one case more."""
    return replace(agent, work=(*agent.work, (case_id, weight)), load=agent.load + weight)


def unreserve(agent: Agent, case_id: str) -> Agent:
    """The agent with one case less, after an offer that came to nothing."""
    work = tuple(w for w in agent.work if w[0] != case_id)
    return replace(agent, work=work, load=sum(weight for _, weight in work))


def release(agent: Agent, case_id: str, at: Instant) -> Agent:
    """The agent with one case less, after work on it; idle from now."""
    return replace(unreserve(agent, case_id), released_at=at)


def queue_of(event: events.QueueChanged) -> Queue:
    """The queue as the fact says it is."""
    return Queue(
        event.queue_id,
        event.display_name,
        event.first_response_s,
        event.offer_timeout_s,
        event.requirements,
        event.selection,
        max(0, event.reply_timeout_s),
        max(0, event.supervise_after_returns),
        max(0, event.supervise_after_s),
        event.escalates_to,
    )


def policy_of(event: events.PolicyChanged) -> Policy:
    """The policy as the fact says it is; what it leaves open is as without a policy."""
    usual = Policy()
    return Policy(
        event.version,
        event.max_missed_offers,
        event.decline_cooldown_s,
        event.confirm_window_s,
        event.ordering or usual.ordering,
        event.selection or usual.selection,
        event.late_share or usual.late_share,
        event.urgency_head_start_s or usual.urgency_head_start_s,
        event.skill_weights,
        event.preferred_s,
        event.at,
        max(0, event.absence_s),
    )
