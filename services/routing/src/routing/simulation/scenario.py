"""A made-up operation: customers by the hour, agents by the shift, and one day of it for a seed. It reads no file."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

from chassis.clock import LAST

from routing.agents import Policy, Queue
from routing.simulation.chance import Distribution, chosen, quantile, uniform
from routing.simulation.world import ORDINARY, START, Arrival, Pace, Shift, Staff, World, after
from routing.terms import Requirement, Skill

HOUR_S = 3600.0


@dataclass(frozen=True, slots=True)
class Customers:
    """One group of customers: they come as a Poisson process whose rate is the same for an hour."""

    name: str
    per_hour: tuple[float, ...]
    """Of each hour in turn, from the first again after the last; each 0 or more."""
    handling_s: Distribution
    first_response_s: int = 3600
    """What they are promised."""
    patience_s: Distribution | None = None
    urgency: int = 0
    """0..3"""
    skills: tuple[tuple[str, float], ...] = ()
    """Each asks for one of these, as likely as its weight; for none where there are none."""
    least_level: int = 1
    """1..5"""


@dataclass(frozen=True, slots=True)
class Team:
    """Agents who are alike."""

    name: str
    count: int
    skills: tuple[tuple[str, int], ...] = ()
    capacity: int = 1
    shift_h: tuple[float, float] | None = None
    """From and until, in hours after the beginning; None for always."""
    accepts_after_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Named:
    """A policy and what it is called."""

    name: str
    policy: Policy


@dataclass(frozen=True, slots=True)
class Scenario:
    """Who comes and who is there, for some hours; before those are counted, others fill the system."""

    hours: float
    customers: tuple[Customers, ...]
    teams: tuple[Team, ...]
    warm_up_h: float = 0.0
    offer_timeout_s: int = 60
    pace: Pace = ORDINARY
    policies: tuple[Named, ...] = (Named("default", Policy()),)
    """To be compared."""
    offer_width: int = 1
    """To how many agents at once a customer is offered."""

    def expected(self) -> float:
        """Customers of a replication, on average."""
        return sum(_expected(c.per_hour, self.warm_up_h + self.hours) for c in self.customers)

    def load(self) -> float:
        """Work that arrives over what all agents can do in the time they are there, at ordinary pace."""
        total_h = self.warm_up_h + self.hours
        work = sum(_expected(c.per_hour, total_h) * c.handling_s.mean for c in self.customers)
        there_h = sum(t.count * t.capacity * _within(t.shift_h, total_h) for t in self.teams)
        return work / (there_h * HOUR_S) if there_h else math.inf

    def at_load(self, load: float) -> "Scenario":
        """The same with as many more or fewer customers, in every group and hour, as make the load this."""
        factor = load / self.load()
        scaled = (replace(c, per_hour=tuple(rate * factor for rate in c.per_hour)) for c in self.customers)
        return replace(self, customers=tuple(scaled))


def world(scenario: Scenario, seed: int) -> World:
    """What happens in one replication."""
    end_s = (scenario.warm_up_h + scenario.hours) * HOUR_S
    queues = tuple(
        Queue(
            _queue_of(c, skill),
            "",
            c.first_response_s,
            scenario.offer_timeout_s,
            _asks(c, skill),
            offer_width=scenario.offer_width,
        )
        for c in scenario.customers
        for skill, _ in c.skills or (("", 1.0),)
    )
    staff = tuple(
        Staff(
            f"{team.name}-{number}",
            (_shift(team.shift_h),),
            tuple(Skill(name, level) for name, level in sorted(team.skills)),
            team.capacity,
            accepts_after_s=team.accepts_after_s,
        )
        for team in scenario.teams
        for number in range(1, team.count + 1)
    )
    arrivals = sorted(
        (arrival for customers in scenario.customers for arrival in _arrivals(customers, seed, end_s)),
        key=lambda arrival: (arrival.at, arrival.case_id),
    )
    counted = Shift(after(scenario.warm_up_h * HOUR_S), after(end_s))
    return World(queues, staff, tuple(arrivals), counted, scenario.pace)


def _arrivals(customers: Customers, seed: int, end_s: float) -> Iterator[Arrival]:
    """A Poisson process of rate 1 on a clock that goes as fast as customers come (Law, 8.6.2)."""
    name, rates = customers.name, customers.per_hour
    number, hour = 0, 0
    at_s = 0.0
    while True:
        number += 1
        left = -math.log(uniform(seed, name, number, "arrival"))
        while True:
            rate = rates[hour % len(rates)] / HOUR_S
            rest_s = (hour + 1) * HOUR_S - at_s
            if left < rate * rest_s:
                at_s += left / rate
                break
            left -= rate * rest_s
            hour += 1
            at_s = hour * HOUR_S
            if at_s >= end_s:
                return
        if at_s >= end_s:
            return
        skill = ""
        if customers.skills:
            share = uniform(seed, name, number, "skill")
            skill = customers.skills[chosen([weight for _, weight in customers.skills], share)][0]
        patience = customers.patience_s
        yield Arrival(
            case_id=f"{name}-{number:07d}",
            at=after(at_s),
            group=name,
            queue=_queue_of(customers, skill),
            handling_s=quantile(customers.handling_s, uniform(seed, name, number, "handling")),
            patience_s=None if patience is None else quantile(patience, uniform(seed, name, number, "patience")),
            urgency=customers.urgency,
        )


def _queue_of(customers: Customers, skill: str) -> str:
    return f"{customers.name}.{skill}" if skill else customers.name


def _asks(customers: Customers, skill: str) -> tuple[Requirement, ...]:
    return (Requirement(skill, customers.least_level, hard=True),) if skill else ()


def _shift(shift_h: tuple[float, float] | None) -> Shift:
    if shift_h is None:
        return Shift(START, LAST)
    return Shift(after(shift_h[0] * HOUR_S), after(shift_h[1] * HOUR_S))


def _within(shift_h: tuple[float, float] | None, total_h: float) -> float:
    return total_h if shift_h is None else max(0.0, min(shift_h[1], total_h) - shift_h[0])


def _expected(per_hour: tuple[float, ...], total_h: float) -> float:
    """Customers in so many hours."""
    whole = int(total_h)
    rates = [per_hour[hour % len(per_hour)] for hour in range(whole + 1)]
    return sum(rates[:whole]) + rates[whole] * (total_h - whole)
