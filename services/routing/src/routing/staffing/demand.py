"""What came and who was there, by half-hour of the wall clock: counted from a run, a recorded log's or any other.

A half-hour is an interval between instants that begins where the wall clock of a zone shows a full or half hour, so a
day of 23 or 25 hours has 46 or 50 of them. Only half-hours are counted that the record holds from end to end.
"""

import math
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from statistics import fmean, pstdev
from zoneinfo import ZoneInfo

from chassis.clock import MICROS, Instant

from routing.agents import Queue
from routing.simulation.driving import Contact, Run
from routing.simulation.world import Staff
from routing.terms import Requirement

HALF_HOUR_S = 1_800


@dataclass(frozen=True, slots=True, order=True)
class Slot:
    """A half-hour of the week."""

    weekday: int
    """1, Monday, to 7"""
    half_hour: int
    """0..47, of the wall clock"""

    def __str__(self) -> str:
        return f"{self.half_hour // 2:02}:{self.half_hour % 2 * 30:02}"


@dataclass(frozen=True, slots=True, order=True)
class HalfHour:
    """One that was: when it began, and what the wall clock called it."""

    start: Instant
    day: date
    slot: Slot

    @property
    def end(self) -> Instant:
        """When the next one begins."""
        return Instant(self.start + HALF_HOUR_S * MICROS)


@dataclass(frozen=True, slots=True)
class Kind:
    """Customers who can be served by the same agents: of one queue, with the same hard requirements."""

    queue: str
    skills: tuple[Requirement, ...]

    def __str__(self) -> str:
        skills = (
            "/".join([one.skill, *one.or_skills]) + (f"≥{one.min_level}" if one.min_level > 1 else "")
            for one in self.skills
        )
        return " ".join([self.queue, *skills])


@dataclass(frozen=True, slots=True)
class Demand:
    """Who came of one kind."""

    queue: Queue
    """Its settings; of the first where several are of one kind."""
    queue_ids: frozenset[str]
    came: Mapping[Instant, Sequence[Contact]]
    """By the start of their half-hour."""

    def arrived(self, half_hour: HalfHour) -> int:
        """So many in a half-hour."""
        return len(self.came.get(half_hour.start, ()))

    @property
    def contacts(self) -> list[Contact]:
        """All of them."""
        return [contact for theirs in self.came.values() for contact in theirs]

    @property
    def units(self) -> float:
        """Of an agent's room, what one takes on average; 1 where nobody came."""
        weights = [contact.arrival.weight for contact in self.contacts]
        return fmean(weights) if weights else 1.0

    def since(self, start: Instant, end: Instant) -> "Demand":
        """Those of the half-hours that begin from one instant to before another."""
        return replace(self, came={at: theirs for at, theirs in self.came.items() if start <= at < end})


@dataclass(frozen=True, slots=True)
class History:
    """A record by half-hours, which ascend."""

    half_hours: Sequence[HalfHour]
    kinds: Mapping[Kind, Demand]
    staff: Sequence[Staff]
    there: Mapping[Instant, float]
    """Agents at work, on average over the half-hour that begins then; who was there for a third of it is a third."""

    def since(self, start: Instant, end: Instant) -> "History":
        """The same, of the half-hours that begin from one instant to before another."""
        kept = [half for half in self.half_hours if start <= half.start < end]
        kinds = {kind: demand.since(start, end) for kind, demand in self.kinds.items()}
        return History(kept, kinds, self.staff, self.there)

    @property
    def contacts(self) -> list[Contact]:
        """Everybody who came."""
        return [contact for demand in self.kinds.values() for contact in demand.contacts]

    def arrived(self, half_hour: HalfHour) -> int:
        """Of every kind."""
        return sum(demand.arrived(half_hour) for demand in self.kinds.values())

    def is_open(self, half_hour: HalfHour) -> bool:
        """Somebody came, or somebody was there for them."""
        return self.arrived(half_hour) > 0 or self.there.get(half_hour.start, 0) > 0


@dataclass(frozen=True, slots=True)
class Times:
    """How long things take: of handling the mean and its coefficient of variation, of patience the mean."""

    handling_s: float
    """nan where nobody was served to the end, 0 where that took no time."""
    handling_cv: float
    patience_s: float
    """Of an exponential time: all waiting over all who gave up, so that who was answered is one who had not given up
    yet (the maximum likelihood under censoring; Mandelbaum and Zeltyn 2007, section 5). Infinite where nobody gave up.
    """


def times(contacts: Iterable[Contact]) -> Times:
    """What some customers say of them."""
    handled_s: list[float] = []
    waited_s, gave_up = 0.0, 0
    for contact in contacts:
        if contact.accepted_at is not None and contact.ended_at is not None:
            handled_s.append((contact.ended_at - contact.accepted_at) / MICROS)
        waited_s += contact.wait_s or 0.0
        gave_up += contact.gave_up_at is not None
    mean_s = fmean(handled_s) if handled_s else math.nan
    return Times(
        mean_s,
        pstdev(handled_s) / mean_s if mean_s > 0 else 0.0,
        waited_s / gave_up if gave_up and waited_s else math.inf,
    )


def history(run: Run, there: ZoneInfo) -> History:
    """Counts a run in the half-hours of a zone."""
    counted = run.world.counted
    halves = list(half_hours(counted.start, counted.end, there))
    starts = {half.start for half in halves}
    queues = {queue.queue_id: queue for queue in run.world.queues}
    came: dict[Kind, dict[Instant, list[Contact]]] = defaultdict(lambda: defaultdict(list))
    queue_ids: dict[Kind, set[str]] = defaultdict(set)
    for contact in run.contacts.values():
        kind, began = kind_of(contact, queues[contact.arrival.queue]), floor(contact.arrival.at, there)
        if began in starts:
            came[kind][began].append(contact)
            queue_ids[kind].add(contact.arrival.queue)
    kinds = {
        kind: Demand(queues[min(queue_ids[kind])], frozenset(queue_ids[kind]), came[kind])
        for kind in sorted(came, key=str)
    }
    return History(halves, kinds, run.world.staff, _present(run.world.staff, halves))


def kind_of(contact: Contact, queue: Queue) -> Kind:
    """Of which kind somebody is."""
    hard = tuple(sorted((one for one in queue.requirements if one.hard), key=lambda one: one.skill))
    return Kind(contact.arrival.group, hard)


def half_hours(start: Instant, end: Instant, there: ZoneInfo) -> Iterator[HalfHour]:
    """Those that lie between two instants from end to end."""
    at = floor(start, there)
    while at < end:
        wall = _wall(at, there)
        half = HalfHour(at, wall.date(), Slot(wall.isoweekday(), wall.hour * 2 + wall.minute // 30))
        if start <= half.start and half.end <= end:
            yield half
        at = floor(half.end, there)


def floor(at: Instant, there: ZoneInfo) -> Instant:
    """When the half-hour of an instant began; zones are set by a multiple of half an hour, whatever their offset."""
    wall = _wall(at, there)
    into_s = wall.minute % 30 * 60 + wall.second
    return Instant((at // MICROS - into_s) * MICROS)


def _wall(at: Instant, there: ZoneInfo) -> datetime:
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=at // MICROS)).astimezone(there)


def share_of(half_hour: HalfHour, start: Instant, end: Instant) -> float:
    """Which share of a half-hour lies between two instants."""
    return max(0, min(end, half_hour.end) - max(start, half_hour.start)) / (HALF_HOUR_S * MICROS)


def _present(staff: Iterable[Staff], halves: Sequence[HalfHour]) -> dict[Instant, float]:
    found: dict[Instant, float] = defaultdict(float)
    starts = [half.start for half in halves]
    for shift in (shift for one in staff for shift in one.shifts):
        first = max(0, bisect_right(starts, shift.start) - 1)
        for half in halves[first : bisect_left(starts, shift.end)]:
            found[half.start] += share_of(half, shift.start, shift.end)
    return found
