"""What a metric is made of, and the four ways to make one number of many contacts. Knows no particular metric."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import NamedTuple, assert_never

from kpi.metrics import estimators
from kpi.metrics.contact import Contact

SECOND = 1_000_000


class Unit(IntEnum):
    """What a value counts; the numbers are those of the contract."""

    CONTACTS = 1
    SECONDS = 2
    RATIO = 3


class Agent(IntEnum):
    """Whose name a contact is booked under; the numbers are those of the contract."""

    ACCEPTER = 1
    HUMAN_ANSWERER = 2
    ANY_ANSWERER = 3
    RESOLVER = 4


@dataclass(frozen=True, slots=True)
class Definition:
    """What a metric means. Id and version together never change their meaning; `parameters` are microseconds."""

    id: str
    version: int
    name: str
    description: str
    unit: Unit
    numerator: str
    denominator: str
    source: str
    agent: Agent
    parameters: tuple[tuple[str, int], ...] = ()


class Part(NamedTuple):
    """What one contact adds to a metric: whether it is in the numerator, and microseconds where time is measured."""

    numerator: bool
    us: int | None = None


IN = Part(True)
OUT = Part(False)


class Measure(NamedTuple):
    """A number and where it comes from. Value None: not defined. Denominator None: a plain count. Seconds, not us."""

    value: float | None
    numerator: float | None
    denominator: float | None


@dataclass(frozen=True, slots=True)
class Metric:
    """A definition with its arithmetic.

    `part` says what an observed contact adds, None when it is in neither numerator nor denominator.
    `combine` makes the number of all parts of a group, in any order; it is never applied to other numbers.
    """

    definition: Definition
    part: Callable[[Contact], Part | None]
    combine: Callable[[Sequence[Part]], Measure]


def count(parts: Sequence[Part]) -> Measure:
    """How many."""
    return Measure(len(parts), len(parts), None)


def ratio(parts: Sequence[Part]) -> Measure:
    """Which share is in the numerator; no value without contacts."""
    above = sum([part.numerator for part in parts])
    return Measure(above / len(parts) if parts else None, above, len(parts))


def mean(parts: Sequence[Part]) -> Measure:
    """Sum of the times by their number, one rounding at the end; no value without contacts."""
    total = sum(part.us or 0 for part in parts)
    return Measure(total / (SECOND * len(parts)) if parts else None, total / SECOND, len(parts))


def km_median(parts: Sequence[Part]) -> Measure:
    """Kaplan-Meier median of the times; parts outside the numerator are censored. No value while S stays over 1/2."""
    table = estimators.risks(estimators.Followed(part.us or 0, part.numerator) for part in parts)
    middle = estimators.median(table)
    return Measure(
        None if middle is None else middle / SECOND, sum(part.numerator for part in parts), float(len(parts))
    )


def agent_of(contact: Contact, act: Agent) -> str:
    """The agent of an act of an observed contact, "" when it did not happen or nobody is named."""
    match act:
        case Agent.ACCEPTER:
            done = contact.accepted
        case Agent.HUMAN_ANSWERER:
            done = contact.answered_human
        case Agent.ANY_ANSWERER:
            done = contact.answered_any
        case Agent.RESOLVER:
            done = contact.resolved
        case _:
            assert_never(act)
    return "" if done is None else done.agent
