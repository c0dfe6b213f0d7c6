"""One agent and one queue: what they are and what each fact makes of them. It knows no case but by id and weight."""

from collections.abc import Iterable
from typing import assert_never

from chassis.clock import Instant
from msgspec import Struct
from msgspec.structs import replace

from routing import events
from routing.reputation import effective
from routing.terms import (
    ChannelCapacity,
    ChannelUnits,
    ClaimTerms,
    EarnedLevel,
    GeoPoint,
    Interrupts,
    Ordering,
    Place,
    PostKind,
    Presence,
    Relaxation,
    Requirement,
    Rule,
    Selection,
    ShiftPhase,
    ShiftPlan,
    Skill,
    SkillWeight,
    TierHeadStart,
    most_exact,
)

NEVER = Instant(0)
LEVEL_MAX = 5
"""Of a skill."""
CAPACITY_MAX = 100
"""Units of an agent at most: so many offers one decision makes to it, or takes back."""
BY_AGENT, MISSED_OFFERS = "agent", "missed_offers"
"""Reasons of a presence: it was asked for; too many offers were missed in a row."""
DRAIN, DRAINED, ABSENT = "drain", "drained", "absent"
"""More of them: it finishes what it has; that is over; it was away for too long."""
OFFER_WIDTH_MAX = 10
"""Agents to whom a case is offered at once at most: each but one is held up for nothing."""
NO_SHIFT, ON_SHIFT, AVAILABLE = ShiftPhase.UNSPECIFIED, ShiftPhase.ON, Presence.AVAILABLE
"""Looked at for every match, and an enumeration's members are slow to look up."""
DEFAULT_QUEUE = "default"
"""The queue that is there before anybody creates it."""


class Held(Struct, frozen=True, array_like=True, gc=False):
    """A case that an agent has or is offered, as far as its capacity is concerned."""

    case_id: str
    units: int
    channel: str = ""
    percent: int = 100
    """Of its units, what it takes now; 0 of one that is offered and would interrupt others."""
    interrupted_by: str = ""
    """The case that interrupted it, "" for none."""

    @property
    def share(self) -> int:
        """Hundredths of a unit that it takes now."""
        return self.units * self.percent


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
    work: tuple[Held, ...] = ()
    """Cases offered to it or with it."""
    load: int = 0
    """Units in use: the sum over `work`, rounded up."""
    presence_reason: str = ""
    """Why its presence is what it is."""
    turn: int = 0
    """Which of the tenant's offers was made to it last, counted from 1; 0 before."""
    leaves_at: Instant | None = None
    """When what it has goes back to the line, None for never."""
    channel_capacity: tuple[ChannelCapacity, ...] = ()
    """Limits of single channels."""
    channels: tuple[str, ...] = ()
    """Channels it takes offers of while available; of all when there are none."""
    shifts: ShiftPlan | None = None
    """When it works; None for whenever it is available."""
    phase: ShiftPhase = ShiftPhase.UNSPECIFIED
    shift_starts_at: Instant | None = None
    """When its shift, or the next one, begins."""
    shift_ends_at: Instant | None = None
    offers_until: Instant | None = None
    """When the last part of that shift begins, in which nothing new is offered."""
    tag: str = ""
    """What marks its replies where a queue asks for it."""
    granted: tuple[Skill, ...] = ()
    """Skills as somebody gave them to it; `skills` are those it has, with what it has earned."""
    earned: tuple[Skill, ...] = ()
    """What votes on its answers have earned, sorted."""
    pinned_skills: tuple[str, ...] = ()
    """Skills of which only the granted level counts."""
    registered_at: Instant = NEVER
    """When an agent of this id was registered last."""
    location: GeoPoint | None = None
    """Where it is, None for nowhere."""
    interrupted_for: str = ""
    """The case it is asked to interrupt something for, or has; "" for none. Meanwhile it is offered nothing else."""

    @property
    def takes_offers(self) -> bool:
        """Whether it is there for new work: available, and in a shift where it has shifts."""
        return self.presence is AVAILABLE and (self.phase is NO_SHIFT or self.phase is ON_SHIFT)

    @property
    def free(self) -> int:
        """Units an offer may take now: none unless it takes offers, and nothing of it is interrupted or to be."""
        return max(0, self.capacity - self.load) if self.takes_offers and not self.interrupted_for else 0

    @property
    def shift_due(self) -> Instant | None:
        """When its shift comes to the next step, None when time brings none."""
        match self.phase:
            case ShiftPhase.UNSPECIFIED:
                return None
            case ShiftPhase.PLANNED:
                return self.shift_starts_at
            case ShiftPhase.ON:
                return self.offers_until
            case ShiftPhase.CLOSING:
                return self.shift_ends_at
            case _:
                assert_never(self.phase)

    @property
    def is_limited(self) -> bool:
        """Whether a case's channel makes a difference to it."""
        return bool(self.channel_capacity or self.channels)

    @property
    def channels_named(self) -> frozenset[str]:
        """The channels it makes a difference of."""
        return frozenset((*self.channels, *(one.channel for one in self.channel_capacity)))

    def limit(self, channel: str) -> int:
        """Units of a channel it works at a time, whatever it has now."""
        if self.channels and channel not in self.channels:
            return 0
        return min((one.units for one in self.channel_capacity if one.channel == channel), default=self.capacity)

    def load_of(self, channel: str) -> int:
        """Units of a channel in use, rounded up."""
        return -(-sum(held.share for held in self.work if held.channel == channel) // 100)

    def may_resume(self, case_id: str, percent: int) -> bool:
        """Whether a pending case may take all of its units again, so many percent of capacity and limits allowed."""
        found = next((held for held in self.work if held.case_id == case_id), None)
        return found is None or found.percent >= 100 or self.fits(found, percent)

    def fits(self, new: Held, percent: int) -> bool:
        """Whether all units of a case fit beside the others it has, so many percent of capacity and limits allowed."""
        others = [held for held in self.work if held.case_id != new.case_id]
        load = sum(held.share for held in others) + 100 * new.units
        theirs = sum(held.share for held in others if held.channel == new.channel) + 100 * new.units
        limits = [one.units for one in self.channel_capacity if one.channel == new.channel]
        return load <= percent * self.capacity and all(theirs <= percent * limit for limit in limits)

    def room(self, channel: str) -> int:
        """Units an offer of a channel may take now. One that no agent has a limit for may go by any other such name."""
        free = self.free
        if free <= 0 or not self.is_limited:
            return free
        return max(0, min(free, self.limit(channel) - self.load_of(channel)))


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
    language_level: int = 0
    """At which level its cases ask for the language they are in, 0 for not at all."""
    offer_width: int = 1
    """To how many agents at once a case is offered."""
    claim_terms: ClaimTerms | None = None
    """How its cases are claimed, None where they are offered."""
    tier_level: int = 0
    """At which level its cases ask for the tier they are of, 0 for not at all."""
    is_uninterruptible: bool = False
    """Whether the agents of its cases are never interrupted for others."""


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
    channel_units: tuple[ChannelUnits, ...] = ()
    pending_percent: int = 100
    resume_percent: int = 100
    wind_down_s: int = 0
    since: Instant = NEVER
    """When it became so."""
    absence_s: int = 0
    """How long who is away or offline keeps its cases, 0 for ever."""
    rules: tuple[Rule, ...] = ()
    relaxations: tuple[Relaxation, ...] = ()
    tier_head_starts: tuple[TierHeadStart, ...] = ()
    earned_levels: tuple[EarnedLevel, ...] = ()
    places: tuple[Place, ...] = ()
    rescue_s: int = 120
    """How long before its deadline a case goes before all that can wait. Against: with ten at work somebody gets free
    twice a minute, and several cases may be due at once.
    """
    interrupts: tuple[Interrupts, ...] = ()
    interrupted_s: int = 900
    """How long an interrupted case waits at most. Against: a call rarely takes longer."""


def evolve_agent(agent: Agent, event: events.AgentFact) -> Agent:
    """What a fact about an agent makes of it. Never raises."""
    match event:
        case events.AgentRegistered() | events.AgentChanged():
            if event.shifts is None and agent.shifts is not None:
                agent = replace(agent, phase=NO_SHIFT, shift_starts_at=None, shift_ends_at=None, offers_until=None)
            is_new = isinstance(event, events.AgentRegistered)
            return replace(
                agent,
                registered_at=event.at if is_new else agent.registered_at,
                display_name=event.display_name,
                skills=effective(event.skills, agent.earned, event.pinned_skills),
                granted=event.skills,
                pinned_skills=event.pinned_skills,
                capacity=max(0, min(event.capacity, CAPACITY_MAX)),
                queues=event.queues,
                channel_capacity=event.channel_capacity,
                shifts=event.shifts,
                tag=event.tag,
                location=event.location if event.location != agent.location else agent.location,
            )
        case events.SkillEarned():
            levels = {skill.name: skill for skill in agent.earned if skill.name != event.skill}
            if event.level > 0:
                levels[event.skill] = Skill(event.skill, min(event.level, LEVEL_MAX))
            earned = tuple(levels[name] for name in sorted(levels))
            return replace(agent, earned=earned, skills=effective(agent.granted, earned, agent.pinned_skills))
        case events.ShiftChanged():
            starts, ends, until = event.starts_at, event.ends_at, event.offers_until
            return replace(agent, phase=event.phase, shift_starts_at=starts, shift_ends_at=ends, offers_until=until)
        case events.PresenceChanged():
            return replace(
                agent,
                presence=event.presence,
                missed=0,
                presence_reason=event.reason,
                leaves_at=event.leaves_at,
                channels=event.channels,
            )
        case events.AgentDeleted():
            return replace(
                agent, presence=Presence.OFFLINE, missed=0, phase=NO_SHIFT
            )  # whoever keeps agents drops it after this
        case _:
            assert_never(event)


def gives_back_at(agent: Agent) -> Instant | None:
    """When an agent is to leave: at a time while it has something, and who drains as soon as it has nothing."""
    if agent.leaves_at is None or agent.presence == Presence.AVAILABLE:
        return None
    if agent.work:
        return agent.leaves_at
    return min(agent.released_at, agent.leaves_at) if agent.presence_reason == DRAIN else None


def agent_changed(agent: Agent, at: Instant) -> events.AgentChanged:
    """The fact that an agent's settings are these."""
    settings = agent.display_name, agent.granted, agent.capacity, agent.queues, at, agent.channel_capacity, agent.shifts
    return events.AgentChanged(agent.agent_id, *settings, agent.tag, agent.pinned_skills, agent.location)


def units_of(policy: Policy, channel: str, kind: PostKind) -> int:
    """What a case takes of an agent, where nobody says it of the case itself."""
    if not policy.channel_units:
        return 1
    said = most_exact(policy.channel_units, channel, kind)
    return 1 if said is None else said.units


def reserve(agent: Agent, case_id: str, weight: int, channel: str) -> Agent:
    """The agent with one case more."""
    return replace(agent, work=(*agent.work, Held(case_id, weight, channel)), load=agent.load + weight)  # whole units


def ask(agent: Agent, case_id: str, weight: int, channel: str) -> Agent:
    """The agent with an offer for which it would interrupt something: that takes nothing before it is accepted."""
    return replace(agent, work=(*agent.work, Held(case_id, weight, channel, 0)), interrupted_for=case_id)


def unreserve(agent: Agent, case_id: str) -> Agent:
    """The agent with one case less, after an offer that came to nothing."""
    work = tuple([held for held in agent.work if held.case_id != case_id])
    return _working(agent, work) if agent.interrupted_for else replace(agent, work=work, load=load_of(work))


def reweigh(agent: Agent, case_id: str, percent: int, interrupted_by: str = "") -> Agent:
    """The agent with one case taking another part of its units, because another one interrupted it or not."""
    change = {"percent": percent, "interrupted_by": interrupted_by}
    work = tuple([replace(held, **change) if held.case_id == case_id else held for held in agent.work])
    return _working(agent, work)


def _working(agent: Agent, work: tuple[Held, ...]) -> Agent:
    """The agent with other work."""
    interrupted_for = next((one.interrupted_by or one.case_id for one in work if _is_of_interruption(one)), "")
    return replace(agent, work=work, load=load_of(work), interrupted_for=interrupted_for)


def _is_of_interruption(held: Held) -> bool:
    return held.percent == 0 or held.interrupted_by != ""


def load_of(work: Iterable[Held]) -> int:
    """Units in use, rounded up."""
    return -(-sum([held.share for held in work]) // 100)


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
        max(0, min(event.language_level, 5)),
        max(1, min(event.offer_width, OFFER_WIDTH_MAX)),
        event.claim_terms if event.claim_terms is not None and event.claim_terms.lease_s > 0 else None,
        max(0, min(event.tier_level, 5)),
        event.is_uninterruptible,
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
        event.channel_units,
        event.pending_percent or usual.pending_percent,
        event.resume_percent or usual.resume_percent,
        event.wind_down_s,
        event.at,
        max(0, event.absence_s),
        event.rules,
        event.relaxations,
        event.tier_head_starts,
        earned_levels=event.earned_levels,
        places=event.places,
        rescue_s=event.rescue_s or usual.rescue_s,
        interrupts=event.interrupts,
        interrupted_s=event.interrupted_s or usual.interrupted_s,
    )
