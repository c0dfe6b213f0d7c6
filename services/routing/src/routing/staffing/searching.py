"""How many agents the production decider needs: the fewest with whom simulated customers are served as the target says.

A half-hour is simulated as if it lasted for ever (stationary, independent period by period, as Erlang's formulas take
it too; Green, Kolesar, Soares, "Improving the SIPP approach", Operations Research 49, 2001), with warm-up, in a few
replications. Draws are named (simulation/chance.py), so every staff that is tried meets the same customers. What is
found is an estimate from some hundred customers: near a target it may be an agent off.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import fmean

from chassis.clock import LAST, MICROS
from msgspec.structs import replace as with_fields

from routing.agents import Agent, Policy, Queue
from routing.policies import is_skilled
from routing.simulation.chance import Constant, Exponential, LogNormal
from routing.simulation.driving import drive
from routing.simulation.measuring import Measures, measure
from routing.simulation.scenario import HOUR_S, Customers, Scenario, world
from routing.simulation.world import START, Shift, Staff, World
from routing.staffing.demand import HALF_HOUR_S, Demand, History, Kind, Times
from routing.staffing.erlang import Target, Waiting, fewest
from routing.terms import Skill

CUSTOMERS = 300
"""Of a replication, besides those of the warm-up."""
REPLICATIONS = 2
AGENTS_MAX = 2_000


@dataclass(frozen=True, slots=True)
class Profile:
    """Agents who are alike."""

    skills: tuple[Skill, ...]
    kinds: frozenset[Kind]
    """Those they serve, as far as queues go."""
    capacity: int
    accepts_after_s: float
    """On average."""
    agents: int
    """So many."""
    there_h: float
    """All of them together."""

    def can(self, kind: Kind) -> bool:
        """Whether they may serve somebody of a kind."""
        return kind in self.kinds and is_skilled(Agent("", skills=self.skills), kind.skills)


@dataclass(frozen=True, slots=True)
class Traffic:
    """Customers of one kind in one half-hour."""

    kind: Kind
    queue: Queue
    arrivals: float
    """In a half-hour, more than 0."""
    times: Times
    target: Target
    units: float = 1.0
    """Of an agent's room, what one takes on average."""


def profiles(found: History) -> list[Profile]:
    """The agents of a record by what they can do, who can serve nobody left out; who was there most comes first."""
    alike: dict[tuple[tuple[Skill, ...], frozenset[Kind], int], list[Staff]] = {}
    for one in found.staff:
        kinds = frozenset(k for k, d in found.kinds.items() if not one.queues or d.queue_ids & set(one.queues))
        alike.setdefault((one.skills, kinds, one.capacity), []).append(one)
    there = [
        Profile(skills, kinds, capacity, fmean(one.accepts_after_s for one in theirs), len(theirs), _there_h(theirs))
        for (skills, kinds, capacity), theirs in alike.items()
    ]
    able = [one for one in there if one.there_h and any(one.can(kind) for kind in one.kinds)]
    return sorted(able, key=lambda one: -one.there_h)


def _there_h(staff: Sequence[Staff]) -> float:
    return sum(shift.end - shift.start for one in staff for shift in one.shifts) / (HOUR_S * MICROS)


def at_a_time(kind: Kind, demand: Demand, team: Sequence[Profile]) -> int:
    """How many of a kind an agent serves at a time: of those who can, the mean room over the mean units of a
    customer, 1 or more."""
    able = [profile for profile in team if profile.can(kind)]
    there_h = sum(profile.there_h for profile in able)
    if not there_h:
        return 1
    room = sum(profile.there_h * profile.capacity for profile in able) / there_h
    return max(1, math.floor(room / demand.units))


def alone(traffic: Traffic, capacity: int, policy: Policy, guess: int) -> int | None:
    """The fewest agents who can do this and nothing else."""
    skills = tuple(Skill(one.skill, max(1, one.min_level)) for one in traffic.kind.skills)
    profile = Profile(skills, frozenset([traffic.kind]), capacity, accepts_after_s=0.0, agents=1, there_h=1.0)
    return shared([replace(traffic, units=1.0)], [profile], policy, guess)


def shared(traffic: Sequence[Traffic], team: Sequence[Profile], policy: Policy, guess: int) -> int | None:
    """The fewest agents, mixed as the team is, who serve everybody as each one's target says. None where no number of
    them does: somebody can be served by nobody, or by so few that the rest would have to be hired for nothing.
    """
    if not all(any(profile.can(one.kind) for profile in team) for one in traffic):
        return None
    usual = without_cases(policy)
    worlds = [_world(traffic, seed) for seed in range(1, REPLICATIONS + 1)]

    def is_enough(agents: int) -> bool:
        staff = _staff(team, mixed(team, agents), traffic)
        runs = [measure(drive(replace(one, staff=staff), usual)) for one in worlds]
        return all(one.target.is_met(_met(runs, _queue(i))) for i, one in enumerate(traffic))

    return fewest(is_enough, guess, min(AGENTS_MAX, 4 * guess + 20))


def without_cases(policy: Policy) -> Policy:
    """The policy without what it says of single queues, channels and posts: kinds are what that has made of cases
    already, and room is counted in customers here.
    """
    of_all = tuple(step for step in policy.relaxations if not step.queue and not step.queues)
    return with_fields(policy, rules=(), interrupts=(), channel_units=(), relaxations=of_all)


def mixed(team: Sequence[Profile], agents: int) -> list[int]:
    """So many agents by profile, of each as near to its share of the time as whole numbers allow, and of none fewer
    than among fewer agents (Webster's method).
    """
    counts = [0] * len(team)
    for _ in range(agents):
        counts[max(range(len(team)), key=lambda i: (team[i].there_h / (2 * counts[i] + 1), -i))] += 1
    return counts


def _staff(team: Sequence[Profile], counts: Sequence[int], traffic: Sequence[Traffic]) -> tuple[Staff, ...]:
    here = [one.kind for one in traffic]
    units = sum(one.arrivals * one.units for one in traffic) / sum(one.arrivals for one in traffic)
    return tuple(
        Staff(
            f"agent-{group}-{number}",
            (Shift(START, LAST),),
            profile.skills,
            max(1, math.floor(profile.capacity / units)),
            tuple(_queue(i) for i, kind in enumerate(here) if kind in profile.kinds) or ("none",),
            profile.accepts_after_s,
        )
        for group, (profile, count) in enumerate(zip(team, counts, strict=True))
        for number in range(count)
    )


def _world(traffic: Sequence[Traffic], seed: int) -> World:
    """Everybody's traffic, for as long as CUSTOMERS need to come; nobody is there yet."""
    hours = CUSTOMERS / sum(one.arrivals * HOUR_S / HALF_HOUR_S for one in traffic)
    warm_up_h = max(hours / 5, 4 * max(one.times.handling_s for one in traffic) / HOUR_S)
    customers = tuple(_customers(i, one) for i, one in enumerate(traffic))
    made = world(Scenario(hours, customers, (), warm_up_h), seed)
    queues = tuple(
        with_fields(
            one.queue,
            queue_id=_queue(i),
            requirements=one.kind.skills,
            first_response_s=max(1, round(one.target.within_s)),
        )
        for i, one in enumerate(traffic)
    )
    return replace(made, queues=queues)


def _customers(number: int, one: Traffic) -> Customers:
    spread = one.times.handling_cv
    return Customers(
        _queue(number),
        (one.arrivals * HOUR_S / HALF_HOUR_S,),
        LogNormal(one.times.handling_s, spread) if spread > 0 else Constant(one.times.handling_s),
        patience_s=None if math.isinf(one.times.patience_s) else Exponential(one.times.patience_s),
    )


def _queue(number: int) -> str:
    return f"kind-{number}"


def _met(runs: Sequence[Mapping[str, Measures]], group: str) -> Waiting:
    """What a group met in all replications, each customer counting as much."""
    came = sum(run[group]["arrived"] for run in runs if group in run)

    def mean(name: str) -> float:
        return sum(run[group]["arrived"] * run[group][name] for run in runs if name in run.get(group, {})) / came

    occupancy = sum(run[""].get("occupancy", 0.0) for run in runs) / len(runs)
    if not came:
        return Waiting(0.0, 1.0, 0.0, 0.0, occupancy)
    return Waiting(mean("waited"), mean("service_level"), mean("mean_wait_s"), mean("abandoned"), occupancy)
