"""Why a case is, or is not, with whom it is, computed from the shard as it is, or as it was before an offer. Pure; it
decides nothing.

Every agent has a standing: all that keeps it from the case, and how it ranks. What else would have been decided had one
thing been otherwise follows from the same policy that decides, of the agent as it would be then.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import IntEnum

from chassis.clock import MICROS, Instant
from msgspec.structs import replace as changed

from routing import events
from routing.agents import Agent
from routing.case_decider import name, standing
from routing.cases import (
    NEVER,
    Accepted,
    Broadcast,
    Case,
    Joined,
    Pending,
    Queued,
    Relaxed,
    again_at,
    asked_near,
    asked_of,
    forbidden_of,
    holders,
    lenders_of,
    offer_to,
    offers_of,
    place_in_line,
    place_of,
    urgency_of,
)
from routing.geo import distance_m, is_near
from routing.interrupting import named, row_of, to_interrupt, why_not
from routing.policies import (
    FAR,
    SHARES,
    Balanced,
    Rank,
    is_skilled,
    level_for,
    near_first,
    preferred,
    serves,
    skill_score,
    weights_of,
)
from routing.relaxation import due_at, eased, farther, lends, relaxed
from routing.shard import Shard
from routing.terms import ChannelCapacity, Near, Presence, Relaxation, Selection, ShiftPhase, Skill

NAMED_MAX = 3
"""Cases of an agent of which it is said why they are not interrupted."""
_BEHIND = 1_000
"""Added to the place of who would be interrupted: behind all who have room. Against: fewer are asked before others."""
ALTERNATIVES_MAX = 5
"""Sentences about what would have been otherwise: those about the agents who come first."""


class Constraint(IntEnum):
    """What keeps an agent from a case, in the order they are looked at; the numbers are the contract's."""

    UNSPECIFIED = 0
    PRESENCE = 1
    CAPACITY = 2
    QUEUE = 3
    SKILL = 4
    COOLDOWN = 5
    OUTRANKED = 6
    ORDER = 7
    SUPERVISED = 8
    SHIFT = 9
    OFFERED = 10
    FORBIDDEN = 11
    PLACE = 12


@dataclass(frozen=True, slots=True)
class Obstacle:
    """One thing that keeps an agent from a case."""

    constraint: Constraint
    sentence: str
    unless: str
    """What would have to be otherwise, "" where nothing about the agent would."""
    agent: Agent
    """The agent as it would be then."""
    later_s: int = 0
    """Seconds after which it is otherwise by itself, 0 where it is not."""
    case: Case | None = None
    """The case as it would be then, None where it would be as it is."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How one agent stands to one case."""

    agent_id: str
    eligible: bool
    constraint: Constraint
    sentence: str
    skill_score: float
    free_units: int
    released_at: Instant
    constraints: tuple[Constraint, ...]
    """All that keeps the agent from the case."""
    score: float
    """What the policy ranks by, the least first."""
    interrupts: tuple[str, ...] = ()
    """The agent's cases that would wait for this one, were it to take it."""


@dataclass(frozen=True, slots=True)
class Alternative:
    """What would have been decided had one thing been otherwise."""

    sentence: str
    agent: Agent
    """Who would have been offered the case, as it would have been."""
    without: str = ""
    """Who would not have been there, "" where something else is otherwise."""
    later_s: int = 0
    """How much later it would have been."""
    case: Case | None = None
    """The case as it would have been, None where that is not otherwise."""


@dataclass(frozen=True, slots=True)
class Planned:
    """What a waiting case will ask for less."""

    step: int
    """Its number in the policy."""
    due_at: Instant
    sentence: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a case is with whom it is."""

    summary: str
    binding: Constraint
    candidates: tuple[Standing, ...]
    rank: int
    """Place in line from 1, 0 when it does not wait."""
    alternatives: tuple[Alternative, ...] = ()
    policy_version: int = 0
    planned: tuple[Planned, ...] = ()


def explain(shard: Shard, case: Case, now: Instant) -> Explanation:
    """Every agent's standing, best first, and what keeps the case waiting when it waits; of a joined one those of the
    case it goes on in.
    """
    if isinstance(case.stage, Joined):
        survivor = shard.cases.get(case.stage.into)
        told = f"{name(case.case_id)} {standing(case)}"
        if survivor is None:
            return Explanation(told, Constraint.UNSPECIFIED, (), 0, (), shard.policy.version)
        there = explain(shard, survivor, now)
        return replace(there, summary=f"{told}; {there.summary}")
    view = _View(shard, case, now)
    candidates = tuple(view.standings())
    waits = place_in_line(case) is not None
    binding = Constraint.UNSPECIFIED
    summary = f"{name(case.case_id)} {standing(case)}"
    claimed = shard.queue(case.queue).claim_terms is not None
    if waits and claimed:
        summary = f"{summary}, which is in claim mode: nobody is offered it, and whoever could take it may claim it"
    elif waits:
        failures = Counter(c.constraint for c in candidates if not c.eligible)
        if failures:
            binding = max(failures, key=lambda constraint: (failures[constraint], constraint))
        why = "nobody is registered" if not candidates else _WHY[binding]
        summary = f"{summary}: {why}"
        if by := _goes_by(shard, case, now):
            summary = f"{summary}; its place in line goes{by.removeprefix(',')}"
    elif isinstance(case.stage, Queued):
        binding = Constraint.SUPERVISED
        summary = f"{summary}; TransferCase moves it on"
    interrupts = tuple(one for offer in offers_of(case) for one in offer.interrupts)
    if interrupts:
        summary = f"{summary}; once it is accepted, {_would_wait(interrupts)}"
    for case_id in shard.interrupted.get(case.case_id, ()):
        summary = f"{summary}; {name(case_id)} {standing(shard.cases[case_id])}"
    if case.joined:
        summary = f"{summary}; joined into it: {', '.join(joined.case_id for joined in case.joined)}"
    alternatives = view.alternatives(None) if waits and not claimed else ()
    line = place(shard, case, now) if waits else 0
    planned = tuple(_planned(shard, case, now)) if waits else ()
    return Explanation(summary, binding, candidates, line, alternatives, shard.policy.version, planned)


def explain_offer(shard: Shard, offered: events.CaseOffered) -> Explanation:
    """Why a case was offered to whom it was; of the shard as it was before the fact. Needs the case to be there."""
    case, now = shard.cases[offered.case_id], offered.at
    view = _View(shard, case, now, chosen=offered.agent_id)
    candidates = tuple(view.standings())
    able, line = sum(one.eligible for one in candidates), place(shard, case, now)
    waiting = shard.segments.waiting()
    why = view.why_first(offered.agent_id) or "ranked first"
    whom = "of 1 who could take it" if able == 1 else f"of {able} who could take it"
    where = f"it was number {line} of {waiting} in line{_goes_by(shard, case, now)}"
    if isinstance(case.stage, Broadcast):
        others = ", ".join(offer.agent_id for offer in case.stage.offers)
        where = f"it was offered to {others} already, and may be to {case.stage.width} at once"
    if offered.interrupts:
        where = f"{_would_wait(offered.interrupts)}; {where}"
    summary = (
        f"{name(case.case_id)} was offered to {offered.agent_id}, who {why} {whom}; {where}"
        f" (offer {offered.token}, policy version {offered.policy_version})"
    )
    alternatives = view.alternatives(shard.agents.get(offered.agent_id))
    return Explanation(summary, Constraint.UNSPECIFIED, candidates, line, alternatives, offered.policy_version)


_WHY = {
    Constraint.UNSPECIFIED: "it is about to be offered",
    Constraint.PRESENCE: "most agents are not available",
    Constraint.CAPACITY: "most agents have no room",
    Constraint.QUEUE: "most agents do not serve the queue",
    Constraint.SKILL: "most agents lack a skill it asks for",
    Constraint.COOLDOWN: "most agents declined or missed it a moment ago",
    Constraint.OUTRANKED: "it is about to be offered",
    Constraint.ORDER: "it is about to be offered",
    Constraint.SUPERVISED: "it waits for a supervisor",
    Constraint.SHIFT: "most agents are in no shift",
    Constraint.OFFERED: "it is about to be offered",
    Constraint.FORBIDDEN: "it is not for most agents",
    Constraint.PLACE: "most agents are too far away",
}


class _View:
    """A case and all agents, as a moment's decision sees them; `chosen` is whom it was offered to then, "" where it is
    looked at as it stands.
    """

    def __init__(self, shard: Shard, case: Case, now: Instant, chosen: str = "") -> None:
        self._shard = shard
        self._case = case
        self._now = now
        self._chosen = chosen
        self._holding = () if chosen else holders(case)
        """Who has it, or is offered it."""
        self._choice = near_first(shard.choice(case.queue), case.near)
        self.first = preferred(shard.policy, case, now)
        """Who is asked before all others, in this order."""
        self._order = {agent_id: number for number, agent_id in enumerate(self.first)}
        self._ranked = sorted(shard.agents.values(), key=self.rank)

    def rank(self, agent: Agent, later_s: int = 0) -> tuple[int, Rank]:
        """An agent's standing so many seconds later; the least is asked first."""
        by_skills, order = self._choice.by_skills(agent, self._case.requirements), self._order
        if later_s and order:  # nobody is asked first for ever
            first = preferred(self._shard.policy, self._case, Instant(self._now + later_s * MICROS))
            order = {agent_id: number for number, agent_id in enumerate(first)}
        behind = _BEHIND if self._interrupts(agent) else 0
        return behind + order.get(agent.agent_id, len(order)), self._choice.rank(agent, by_skills)

    def _interrupts(self, agent: Agent) -> tuple[str, ...]:
        """The agent's cases that would wait for the case; none where it has room, or that would not make it."""
        shard, case = self._shard, self._case
        if not shard.policy.interrupts or agent.agent_id in self._holding or not self._choice.offers:
            return ()
        if agent.room(case.channel) >= case.weight:
            return ()
        if case.weight > agent.limit(case.channel) or any(one == agent.agent_id for one, _ in case.refusals):
            return ()
        return to_interrupt(shard.policy, agent, case, shard.cases.get, shard.queue)

    def _why_not(self, agent: Agent) -> str:
        """Why an agent without room is not interrupted for the case, as a further part of a sentence; "" where nobody
        ever is.
        """
        shard, case = self._shard, self._case
        if not shard.policy.interrupts:
            return ""
        if agent.interrupted_for:
            return f", and is not interrupted again before {name(agent.interrupted_for)} is done"
        if case.was_interrupted:
            return ", and is not interrupted for it, which was interrupted itself and is not answered since"
        row = row_of(shard.policy.interrupts, case)
        if row is None:
            return f", and {named(case.channel, case.kind)} interrupts nothing"
        if any(one == agent.agent_id for one, _ in case.refusals):
            return ", and is not asked again to be interrupted for it"
        held = [one for held in agent.work if (one := shard.cases.get(held.case_id)) is not None]
        told = [(one, why_not(one, row, shard.queue(one.queue))) for one in held]
        why = [f"{name(one.case_id)} {reason}" for one, reason in told if reason][:NAMED_MAX]
        if len(why) < len(told):
            why.append("what could wait makes no room")
        return f", and is not interrupted for it: {', '.join(why)}" if why else ""

    def why_first(self, agent_id: str) -> str:
        """Why an agent is asked before all others, "" where it is not."""
        terms = self._case.agent_terms
        if agent_id not in self.first:
            return ""
        if terms is not None and agent_id in terms.preferred_ids:
            return "is named for it and is asked first"
        return "had it before and is asked first"

    def standings(self) -> list[Standing]:
        """Who can take it by rank, then the others."""
        chosen = self._chosen or ", ".join(sorted(self._holding))
        found = [self._standing(agent, chosen) for agent in self._ranked]
        return sorted(found, key=lambda one: not one.eligible)

    def alternatives(self, chosen: Agent | None) -> tuple[Alternative, ...]:
        """What one thing that was otherwise would have changed, about those who come first; `chosen` is who was offered
        the case, None where nobody was.
        """
        found: list[Alternative] = []
        soonest: Alternative | None = None
        for agent in self._ranked:
            obstacles = list(self._obstacles(agent))
            if not obstacles and chosen is not None and agent.agent_id != chosen.agent_id:
                sentence = f"without {chosen.agent_id} it would have been offered to {agent.agent_id}"
                found.insert(0, Alternative(sentence, agent, without=chosen.agent_id))
                break  # who ranks behind that one would not have been asked
            if len(obstacles) != 1 or not obstacles[0].unless:
                continue
            [only] = obstacles
            if chosen is None or self.rank(only.agent, only.later_s) < self.rank(chosen, only.later_s):
                would = "would be" if chosen is None else "would have been"
                sentence = f"{agent.agent_id} {would} offered it {only.unless}"
                told = Alternative(sentence, only.agent, later_s=only.later_s, case=only.case)
                if not told.later_s:
                    found.append(told)
                elif soonest is None or told.later_s < soonest.later_s:
                    soonest = told
        if soonest is not None:  # only of one: with time the others' cool-downs end as well
            found.append(soonest)
        return tuple(found[:ALTERNATIVES_MAX])

    def _standing(self, agent: Agent, chosen: str) -> Standing:
        case, obstacles = self._case, list(self._obstacles(agent))
        _, rank = self.rank(agent)
        score = skill_score(agent, case.requirements, weights_of(self._shard.policy))
        eligible, constraint, sentence = not obstacles, Constraint.UNSPECIFIED, "could take it"
        interrupts = () if obstacles else self._interrupts(agent)
        if interrupts:
            sentence = f"could take it, and {_would_wait(interrupts)}"
        if agent.agent_id in self._holding:
            eligible, obstacles = True, []
            sentence = "has it" if isinstance(case.stage, Accepted | Pending) else "is offered it"
        elif chosen == agent.agent_id:
            sentence = f"was offered it, and {_would_wait(interrupts)}" if interrupts else "was offered it"
        elif obstacles:
            constraint, sentence = obstacles[0].constraint, obstacles[0].sentence
        elif chosen:
            constraint, sentence = Constraint.OUTRANKED, f"{sentence}; {self._before(chosen, agent, rank)}"
        constraints = tuple([one.constraint for one in obstacles])
        return Standing(
            agent.agent_id,
            eligible,
            constraint,
            "; ".join((sentence, *_earned(agent, case))),
            score,
            agent.room(case.channel),
            agent.released_at,
            constraints,
            rank.score,
            interrupts,
        )

    def _before(self, chosen: str, agent: Agent, rank: Rank) -> str:
        """Why somebody came before an agent, who has this rank."""
        winner = self._shard.agents.get(chosen)
        if winner is None or self._holding:
            return f"{chosen} ranked before"  # as they were then; how both stand now is another matter
        if self._interrupts(agent) and not self._interrupts(winner):
            return f"{chosen} has room"
        if self.rank(winner)[0] < self.rank(agent)[0]:
            return f"{chosen} {self.why_first(chosen)}"
        _, theirs = self.rank(winner)
        near = self._case.near
        if near is not None and is_near(winner.location, near) != is_near(agent.location, near):
            return f"{chosen} is within {near.radius_km} km of {near.place_id}"
        if theirs.score != rank.score:
            away = FAR if near is not None and not near.hard and not is_near(agent.location, near) else 0.0
            return f"{chosen} {self._by_score(theirs.score - away, rank.score - away)}"
        if theirs.released_at != rank.released_at:
            return f"{chosen} has been idle for longer"
        return f"{chosen} is first by id"

    def _by_score(self, theirs: float, other: float) -> str:
        """What a lower score means, of one who came before another, in the words of the choice."""
        match self._shard.queue(self._case.queue).selection or self._shard.policy.selection:
            case Selection.ROUND_ROBIN:
                return "has been offered nothing for longer"
            case Selection.LEAST_BUSY:
                return f"has more free: {-theirs:g} units against {-other:g}"
            case Selection.LEAST_BUSY_SHARE:
                return f"is less busy: {theirs:.0%} against {other:.0%}"
            case Selection.LEAST_SUFFICIENT:
                return "has less skill to spare, or lacks less of what is asked for"
            case _:
                return f"fits better: {-theirs:g} against {-other:g}"

    def _obstacles(self, agent: Agent) -> Iterator[Obstacle]:
        """All that keeps an agent from the case, in the order of `Constraint` but for capacity, which is looked at
        when the agent may do the work at all.
        """
        case = self._case
        if offer_to(case, agent.agent_id) is not None:
            yield Obstacle(Constraint.OFFERED, "is offered it already", "", agent)
            return
        if agent.presence != Presence.AVAILABLE:
            there = changed(agent, presence=Presence.AVAILABLE)
            yield Obstacle(Constraint.PRESENCE, f"is {agent.presence.name.lower()}", "were it available", there)
        if agent.channels and case.channel not in agent.channels:
            there = changed(agent, channels=tuple(sorted({*agent.channels, case.channel})))
            sentence = f"takes offers of {', '.join(agent.channels)} only"
            yield Obstacle(Constraint.PRESENCE, sentence, f"did it take {_of_channel(case)}", there)
        if agent.phase not in (ShiftPhase.UNSPECIFIED, ShiftPhase.ON):
            yield _off_shift(agent, self._now)
        if not any(serves(agent, queue) for queue in (case.queue, *lenders_of(case))):
            queues = (*agent.queues, case.queue)
            sentence, unless = f"does not serve queue {case.queue}", f"did it serve queue {case.queue}"
            yield Obstacle(Constraint.QUEUE, sentence, unless, changed(agent, queues=queues))
        if not is_skilled(agent, case.requirements):
            yield _lack(agent, case)
        if agent.agent_id in forbidden_of(case):
            yield _forbidden(agent, case)
        if case.near is not None and case.near.hard and not is_near(agent.location, case.near):
            yield _too_far(agent, case.near)
        if self._interrupts(agent):
            pass
        elif (lacking := case.weight - (agent.capacity - agent.load)) > 0:
            sentence = f"has {agent.load} of {agent.capacity} units in use{self._why_not(agent)}"
            roomier = changed(agent, capacity=agent.capacity + lacking)
            units = "1 unit" if lacking == 1 else f"{lacking} units"
            yield Obstacle(Constraint.CAPACITY, sentence, f"had it {units} more free", roomier)
        elif agent.interrupted_for and agent.agent_id not in self._holding:
            sentence = f"works {name(agent.interrupted_for)} before all else, or is asked to"
            yield Obstacle(Constraint.CAPACITY, sentence, "", agent)
        if not self._interrupts(agent):
            yield from _limited(agent, case)
        if isinstance(case.stage, Queued) and case.stage.supervised:
            sentence = "could take it; it waits for a supervisor"
            yield Obstacle(Constraint.SUPERVISED, sentence, "were it not with a supervisor", agent)
        if isinstance(case.stage, Broadcast):
            if any(refuser == agent.agent_id for refuser, _ in case.refusals):
                yield Obstacle(Constraint.COOLDOWN, "declined or missed it, and others are still asked", "", agent)
            return
        wait_s = -(-(self._again_at(agent) - self._now) // MICROS)
        if wait_s > 0 and self._choice.offers:
            sentence = f"declined, missed or gave it back a moment ago; may be offered it in {wait_s} s"
            yield Obstacle(Constraint.COOLDOWN, sentence, f"{wait_s} s later", agent, wait_s)

    def _again_at(self, agent: Agent) -> Instant:
        """From when the agent may be offered the case again, NEVER when it has not refused it."""
        segment = self._shard.segments.find(self._case)
        by_all = segment is not None and segment.refused.get(self._case.case_id, False)
        for agent_id, at in self._case.refusals:
            if agent_id == agent.agent_id:
                return again_at(at, self._shard.policy.decline_cooldown_s, by_all=by_all)
        return NEVER


def _would_wait(interrupts: tuple[str, ...]) -> str:
    """What an interruption means, as a part of a sentence."""
    if len(interrupts) == 1:
        return f"{name(interrupts[0])} would wait for it"
    return f"cases {', '.join(interrupts)} would wait for it"


def _earned(agent: Agent, case: Case) -> Iterator[str]:
    """Of what a case asks for, that an agent has more of it by votes on its answers than it was granted."""
    granted, has = ({one.name: one.level for one in skills} for skills in (agent.granted, agent.skills))
    if agent.earned:
        for r in case.requirements:
            if has.get(r.skill, 0) > granted.get(r.skill, 0):
                yield f"has {r.skill} at {has[r.skill]} by votes, granted at {granted.get(r.skill, 0)}"


def _off_shift(agent: Agent, now: Instant) -> Obstacle:
    """That an agent is not in a shift, or not for long."""
    there = changed(agent, phase=ShiftPhase.ON)
    if agent.phase == ShiftPhase.CLOSING and agent.shift_ends_at is not None:
        sentence = f"has a shift that ends in {max(0, -(-(agent.shift_ends_at - now) // MICROS))} s"
        return Obstacle(Constraint.SHIFT, sentence, "were its shift longer", there)
    if agent.shift_starts_at is None:
        return Obstacle(Constraint.SHIFT, "has no shift planned", "were it in a shift", there)
    wait_s = max(1, -(-(agent.shift_starts_at - now) // MICROS))
    return Obstacle(Constraint.SHIFT, f"is in no shift for {wait_s} s", f"{wait_s} s later", there, wait_s)


def _forbidden(agent: Agent, case: Case) -> Obstacle:
    """That a case is not for an agent, and the case were it for it as for others."""
    terms = case.agent_terms
    others = tuple([one for one in forbidden_of(case) if one != agent.agent_id])
    open_to_it = None if terms is None else changed(terms, forbidden_ids=others)
    freed = changed(case, agent_terms=open_to_it)
    return Obstacle(Constraint.FORBIDDEN, "is forbidden for it", "were it not forbidden for it", agent, case=freed)


def _too_far(agent: Agent, near: Near) -> Obstacle:
    """That an agent is not near enough, and the agent in that place."""
    sentence = f"is nowhere, and not within {near.radius_km} km of {near.place_id}"
    if agent.location is not None:
        away_km = -(-distance_m(agent.location, near.point) // 1_000)
        sentence = f"is {away_km} km away from {near.place_id}, and not within {near.radius_km} km"
    there = changed(agent, location=near.point)
    return Obstacle(Constraint.PLACE, sentence, f"were it within {near.radius_km} km of {near.place_id}", there)


def _limited(agent: Agent, case: Case) -> Iterator[Obstacle]:
    """That an agent works no more of a case's channel, and the agent with just enough room for it."""
    for limit in agent.channel_capacity:
        load = agent.load_of(limit.channel)
        if limit.channel == case.channel and (lacking := case.weight - (limit.units - load)) > 0:
            others = [one for one in agent.channel_capacity if one.channel != case.channel]
            wider = sorted([*others, ChannelCapacity(case.channel, limit.units + lacking)], key=lambda one: one.channel)
            roomier = changed(agent, channel_capacity=tuple(wider))
            sentence = f"has {load} of {limit.units} units of {_of_channel(case)} in use"
            units = "1 unit" if lacking == 1 else f"{lacking} units"
            yield Obstacle(Constraint.CAPACITY, sentence, f"had it {units} of {_of_channel(case)} more free", roomier)


def _of_channel(case: Case) -> str:
    return f"channel {case.channel}" if case.channel else "work without a channel"


def _lack(agent: Agent, case: Case) -> Obstacle:
    """The skills an agent lacks, and the agent with just enough of them."""
    levels = {skill.name: skill.level for skill in agent.skills}
    lacks = [r for r in case.requirements if r.hard and level_for(levels, r) < r.min_level]
    enough = levels | {r.skill: r.min_level for r in lacks}
    skilled = changed(agent, skills=tuple([Skill(skill, level) for skill, level in sorted(enough.items())]))
    sentence = f"lacks {', '.join(' or '.join((r.skill, *r.or_skills)) for r in lacks)}"
    unless = f"with {', '.join(f'{r.skill} at {r.min_level}' for r in lacks)}"
    return Obstacle(Constraint.SKILL, sentence, unless, skilled)


def _planned(shard: Shard, case: Case, now: Instant) -> Iterator[Planned]:
    """The steps to come, each with what it changes of the case after those before it; a guard may keep one back."""
    wait = place_in_line(case)
    for number, step in shard.steps_of(case.queue) if wait is not None else ():
        lent, less, wider = lends(case, step), relaxed(case.requirements, step), farther(case.near, step)
        if wait is None or not (lent or less is not case.requirements or wider is not case.near):
            continue
        due = due_at(wait.waiting_since, step)
        when = f"in {-(-(due - now) // MICROS)} s" if due > now else "now"
        if step.queues:
            sentence = f"would be offered to agents of queue {' and '.join(lent)} {when}"
            if step.lend_waiting_max is not None:
                counts = ", ".join(f"{shard.segments.waiting_for(queue)} for {queue}" for queue in lent)
                sentence += f", once at most {step.lend_waiting_max} wait for them; now it is {counts}"
        elif case.near is not None and wider is not case.near:
            instead = f"{wider.radius_km} km" if wider is not None else "anywhere"
            sentence = f"would ask for who is within {instead} instead of {case.near.radius_km} km {when}"
            if wider is None:
                sentence = f"would no longer ask for who is near {case.near.place_id} {when}"
        else:
            sentence = f"would {_easing(case, step)} {when}"
        yield Planned(number, due, sentence)
        queues = tuple(sorted({*lenders_of(case), *lent}))
        case = changed(case, requirements=less, relaxed=Relaxed(asked_of(case), queues, asked_near(case)), near=wider)


def _easing(case: Case, step: Relaxation) -> str:
    """What a step about skills changes, as the rest of a sentence."""
    asked, less = eased(case.requirements, step) or (None, None)
    if asked is None or less is None:
        return f"no longer ask for {step.skill if asked is None else asked.skill}"
    if less.or_skills != asked.or_skills:
        return f"take {' or '.join(less.or_skills)} as well as {asked.skill}"
    return f"ask for {asked.skill} at {less.min_level} instead of {asked.min_level}"


def _goes_by(shard: Shard, case: Case, now: Instant) -> str:
    """What the place of a case in line goes by, where that is not the same for all; else ""."""
    order, wait = shard.segments.order, place_of(case)
    if not isinstance(order, Balanced) or wait is None:
        return ""
    if wait.deadline < now and order.is_floor_turn(shard.offers_made):
        return ", by its deadline: it is late, and the next offer is for late work"
    _, stands = order.standing(*order.place(wait, urgency_of(case), case.case_id, case.tier))
    if now <= wait.deadline and stands.by < now + order.rescue_s * MICROS:
        return f", by its deadline, which is within {order.rescue_s} s"
    crowd = shard.segments.crowd(case, wait, now, shard.agents.values(), shard.choice)
    agents = f"{crowd.hands / SHARES:.1f}".removesuffix(".0")
    return f", by how crowded it is: {crowd.waiting} from it on for the attention of {agents} agents"


def place(shard: Shard, case: Case, now: Instant, queue: str = "") -> int:
    """How many waiting cases come before this one, plus one; of one queue, where it is named."""
    wait = place_of(case)
    if wait is None:
        return 0
    order = shard.segments.order
    turn = order.is_floor_turn(shard.offers_made)
    crowd = shard.segments.crowd(case, wait, now, shard.agents.values(), shard.choice)
    mine = order.key(*order.place(wait, urgency_of(case), case.case_id, case.tier), now, turn, crowd)
    segments = (one for one in shard.segments.by_key.values() if queue in ("", one.queue))
    return 1 + sum(segment.before(mine, now, turn) for segment in segments)
