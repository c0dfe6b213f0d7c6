"""What a metric is made of, and the ways to make one number of many contacts, or of what is inside them. Knows no
particular metric.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Generic, NamedTuple, TypeAlias, TypeVar, assert_never

from kpi.metrics.contact import Contact

SECOND = 1_000_000


class Unit(IntEnum):
    """What a value counts; the numbers are those of the contract."""

    CONTACTS = 1
    SECONDS = 2
    RATIO = 3
    NUMBER = 4
    ITEMS = 5


COUNTS = frozenset((Unit.CONTACTS, Unit.ITEMS))
"""Units of plain counts, which have no denominator."""


class Basis(IntEnum):
    """When a thing is booked; the numbers are those of the contract."""

    COHORT = 1
    """When its contact started."""
    COMPLETION = 2
    """When the event happened that completed it."""


class Agent(IntEnum):
    """Whose name a contact is booked under; the numbers are those of the contract."""

    ACCEPTER = 1
    HUMAN_ANSWERER = 2
    ANY_ANSWERER = 3
    RESOLVER = 4
    OWN = 5
    """Each item has one of its own."""


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
    """What one contact adds to a metric, or one thing inside it: whether it is in the numerator, microseconds where
    time is measured, and whether it is in the denominator.
    """

    numerator: bool
    us: int | None = None
    denominator: bool = True


IN = Part(True)
OUT = Part(False)


class Measure(NamedTuple):
    """A number and where it comes from. Value None: not defined. Denominator None: a plain count. Seconds, not us."""

    value: float | None
    numerator: float | None
    denominator: float | None


Kept = TypeVar("Kept")
Sums: TypeAlias = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Combine(Generic[Kept]):
    """How all parts of a group become one number, in any order and in any portions.

    `empty` makes what is kept of no parts, `add` what is kept with some more (it may change what it is given), and
    `measure` the number of it. What is kept is small: sums, or eight bytes of each time.
    """

    empty: Callable[[], Kept]
    add: Callable[[Kept, Sequence[Part]], Kept]
    measure: Callable[[Kept], Measure]

    def __call__(self, parts: Sequence[Part]) -> Measure:
        """The number of these parts alone."""
        return self.measure(self.add(self.empty(), parts))


class Item(NamedTuple):
    """A thing inside a contact, as of its own event: what it adds, the agent and the queue it had then, and when it was
    completed (microseconds, None while it is not). `queue` None: its contact's.
    """

    part: Part
    agent: str = ""
    queue: str | None = None
    at: int | None = None
    events: tuple[tuple[str, int], ...] = ()
    """(role, reference) of the events that made it."""


@dataclass(frozen=True, slots=True)
class Metric:
    """A definition with its arithmetic, about whole contacts.

    `part` says what an observed contact adds, None when it is in neither numerator nor denominator.
    `combine` makes the number of all parts of a group; it is never applied to other numbers.
    `completed` says when it was completed, for the basis COMPLETION; without it the metric is of a cohort only.
    `inside`: it looks at what happened inside the contact, and at what came after.
    """

    definition: Definition
    part: Callable[[Contact], Part | None]
    combine: Combine[Any]
    completed: Callable[[Contact], int | None] | None = None
    inside: bool = False


@dataclass(frozen=True, slots=True)
class ItemMetric:
    """The same about things inside contacts, any number in one: turns, stays in queues, offers, holdings.

    `items` says what an observed contact adds, each with its own agent, queue and time. One that `is_of_cohort` counts
    what is not completed as well; one that `is_shared` needs what else the agents of a contact had in hand.
    """

    definition: Definition
    items: Callable[[Contact], Iterable[Item]]
    combine: Combine[Any]
    is_of_cohort: bool = False
    is_shared: bool = False


AnyMetric: TypeAlias = Metric | ItemMetric


def has_completion(metric: AnyMetric) -> bool:
    """Whether the metric can be asked for by the time of its events."""
    return not metric.is_of_cohort if isinstance(metric, ItemMetric) else metric.completed is not None


def looks_inside(metric: AnyMetric) -> bool:
    """Whether the metric needs to know what happened inside contacts."""
    return isinstance(metric, ItemMetric) or metric.inside


def items_of(metric: AnyMetric, contact: Contact) -> Iterable[Item]:
    """What an observed contact adds to any metric, each thing with its agent and when it was completed."""
    if isinstance(metric, ItemMetric):
        return metric.items(contact)
    part = metric.part(contact)
    if part is None:
        return ()
    at = None if metric.completed is None else metric.completed(contact)
    return (Item(part, agent_of(contact, metric.definition.agent), None, at),)


def _sums(of: Callable[[Sequence[Part]], Sums], measure: Callable[[int, int], Measure]) -> Combine[Sums]:
    """What needs two sums over the parts, whole numbers, and nothing else of them."""

    def add(kept: Sums, parts: Sequence[Part]) -> Sums:
        above, below = of(parts)
        return kept[0] + above, kept[1] + below

    return Combine(lambda: (0, 0), add, lambda kept: measure(*kept))


def _divided(above: int, below: int) -> Measure:
    return Measure(above / below if below else None, above, below)


count = _sums(lambda parts: (len(parts), 0), lambda above, _: Measure(above, above, None))
"""How many."""

ratio = _sums(lambda parts: (sum([part.numerator for part in parts]), len(parts)), _divided)
"""Which share is in the numerator; no value without contacts."""

per = _sums(
    lambda parts: (sum([part.numerator for part in parts]), sum([part.denominator for part in parts])), _divided
)
"""How many in the numerator by how many in the denominator, which may be others; no value without those."""

mean = _sums(
    lambda parts: (sum([part.us or 0 for part in parts]), len(parts)),
    lambda total, below: Measure(total / (SECOND * below) if below else None, total / SECOND, below),
)
"""Sum of the times by their number, one rounding at the end; no value without contacts."""

time_share = _sums(
    lambda parts: (
        sum([part.us or 0 for part in parts if part.numerator]),
        sum([part.us or 0 for part in parts if part.denominator]),
    ),
    lambda above, below: Measure(above / below if below else None, above / SECOND, below / SECOND),
)
"""Time in the numerator by time in the denominator, both in seconds; no value without time."""


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
            done = contact.resolved or contact.settled
        case Agent.OWN:
            done = None
        case _:
            assert_never(act)
    return "" if done is None else done.agent
