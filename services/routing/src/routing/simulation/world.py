"""What a simulation is about: who comes when and wants what, who is there to help. It knows no policy and no chance."""

from dataclasses import dataclass

from chassis.clock import MICROS, Instant

from routing.agents import Queue
from routing.terms import Requirement, Skill

START = Instant(1_767_571_200 * MICROS)
"""When simulated time begins: Monday, 2026-01-05T00:00:00Z. Nothing depends on it."""


def after(seconds: float, since: Instant = START) -> Instant:
    """The instant so many seconds later, to the microsecond."""
    return Instant(since + round(seconds * MICROS))


@dataclass(frozen=True, slots=True)
class Shift:
    """When an agent takes offers: from the first instant to before the second, which is LAST for one who stays."""

    start: Instant
    end: Instant


@dataclass(frozen=True, slots=True)
class Staff:
    """One agent. Shifts ascend and do not meet."""

    agent_id: str
    shifts: tuple[Shift, ...]
    skills: tuple[Skill, ...] = ()
    capacity: int = 1
    queues: tuple[str, ...] = ()
    accepts_after_s: float = 0.0
    """From the offer to its acceptance."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """One customer who begins to wait."""

    case_id: str
    at: Instant
    group: str
    """What it is counted under."""
    queue: str
    handling_s: float
    """From acceptance to the end, by an agent of ordinary pace."""
    patience_s: float | None = None
    """How long it waits to be accepted before it gives up, None for ever."""
    urgency: int = 0
    """0..3"""
    requirements: tuple[Requirement, ...] = ()
    """What it asks for beyond what its queue asks; only of one who has no patience."""
    weight: int = 1
    """Units; other than 1 only of one who has no patience."""


@dataclass(frozen=True, slots=True)
class Pace:
    """By what the handling time is multiplied, by the agent's mean level in what the case asks for; in between it
    changes evenly.
    """

    at_level_1: float = 1.0
    at_level_5: float = 1.0

    def at(self, level: float) -> float:
        """The factor at a level."""
        return self.at_level_1 + (min(max(level, 1.0), 5.0) - 1) / 4 * (self.at_level_5 - self.at_level_1)


ORDINARY = Pace()
"""Everybody takes as long."""


@dataclass(frozen=True, slots=True)
class World:
    """Everything that happens whatever the policy. Arrivals ascend; each names one of the queues."""

    queues: tuple[Queue, ...]
    staff: tuple[Staff, ...]
    arrivals: tuple[Arrival, ...]
    counted: Shift
    """Arrivals within it are counted, and agents' time; before it the system fills."""
    pace: Pace = ORDINARY
