"""A question about contacts and its answer. Pure: contacts in, rows out; knows no table, no request and no clock."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import lru_cache, partial
from typing import Any, NamedTuple

from chassis.filters import EVERYTHING, Expression, conditions, holds

from kpi.metrics import on_time, waiting
from kpi.metrics.contact import Contact, observed
from kpi.metrics.metric import AnyMetric, Basis, Item, Measure, Metric, Part, items_of

DIMENSIONS = frozenset(
    (
        *("channel", "source", "desk", "queue", "agent", "language", "tier", "brand"),
        *("hour", "day", "week", "month"),
    )
)
"""What every tenant's contacts can be cut by; any other dimension is a label that one of its sources has or had.
`brand` is a label too, known before the first source has it: it names a desk.
"""
KEY = re.compile(r"[a-z][a-z0-9_]{0,39}\Z")
"""What a dimension may be called."""
GROUP_BY_MAX = 8
BEGINNING, END = -(2**63), 2**63 - 1
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Refs(NamedTuple):
    """References of the events that decided a contact, None for what did not happen."""

    start: int
    accepted: int | None
    answered_any: int | None
    answered_human: int | None
    resolved: int | None
    withdrawn: int | None


class Known(NamedTuple):
    """A contact with its place in the world. Labels are those of its source when its first post came in."""

    case_id: str
    episode: int
    contact: Contact
    channel: str
    source: str
    labels: Mapping[str, str]
    refs: Refs
    desk: str = ""
    queue: str = ""
    language: str = ""
    """Of the post its case began with."""
    tier: str = ""
    """Of its customer when it was lined up first."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked: which metrics, cut how, observed until when (microseconds)."""

    metrics: tuple[AnyMetric, ...]
    group_by: tuple[str, ...]
    zone: tzinfo
    until: int
    wanted: Expression = EVERYTHING
    """Conditions on dimensions; a contact without the label has the value ""."""
    basis: Basis = Basis.COHORT
    since: int = BEGINNING
    """On the basis COMPLETION: what was completed at or after this, and before `before` (microseconds)."""
    before: int = END


Group = tuple[str, ...]
Answer = list[tuple[Group, list[Measure]]]


def local_time(at: int, zone: tzinfo) -> datetime:
    """An instant on the clocks of a zone, whole seconds; on those of UTC where the zone's calendar ends."""
    moment = _EPOCH + timedelta(seconds=at // 1_000_000)
    try:
        return moment.astimezone(zone)
    except OverflowError:
        return moment


def week_of(day: date) -> str:
    """The week of ISO 8601 that a day lies in: from Monday on, and of the year that most of its days are in."""
    year, week, _ = day.isocalendar()
    return f"{year:04}-W{week:02}"


def month_of(day: date) -> str:
    """The month that a day lies in."""
    return day.isoformat()[:7]


class _Place(NamedTuple):
    """Where something counts: its contact, and the agent, the queue and the time (microseconds) that are its own."""

    known: Known
    agent: str
    queue: str
    at: int


QUARTER_S = 900
"""What the offsets of clocks are multiples of nearly everywhere, and since long ago."""


def _time_named(at: int, key: str, zone: tzinfo) -> str:
    """The hour, day, week or month of an instant."""
    name = _quarter_named(at // (QUARTER_S * 1_000_000), key, zone)
    return _named(local_time(at, zone), key) if name is None else name


@lru_cache(1 << 14)  # Against: the hours and the days of a month are 6,000 of 200 bytes.
def _quarter_named(quarter: int, key: str, zone: tzinfo) -> str | None:
    """The name that all instants of a quarter of an hour have, counted since 1970; None where they may have several."""
    try:
        begin = local_time(quarter * QUARTER_S * 1_000_000, zone)
        end = local_time(((quarter + 1) * QUARTER_S - 1) * 1_000_000, zone)
    except OverflowError:
        return None
    offset = begin.utcoffset()
    if offset is None or offset != end.utcoffset() or offset % timedelta(seconds=QUARTER_S):
        return None
    return _named(begin, key)


def _named(local: datetime, key: str) -> str:
    match key:
        case "hour":
            return local.replace(minute=0, second=0).isoformat(timespec="minutes")
        case "day":
            return local.date().isoformat()
        case "week":
            return week_of(local.date())
        case _:
            return month_of(local.date())


def _value(place: _Place, key: str, zone: tzinfo) -> str:
    match key:
        case "channel":
            return place.known.channel
        case "source":
            return place.known.source
        case "desk":
            return place.known.desk
        case "queue":
            return place.queue
        case "agent":
            return place.agent
        case "language":
            return place.known.language
        case "tier":
            return place.known.tier
        case "hour" | "day" | "week" | "month":
            return _time_named(place.at, key, zone)
        case _:
            return place.known.labels.get(key, "")


class _Booked(NamedTuple):
    """What a contact, or one thing inside it, adds to the cells of a group: parts of the metrics at `indices`."""

    group: Group
    known: Known
    contact: Contact
    indices: Sequence[int]
    parts: Sequence[Part | None]
    item: Item | None = None


def _booked(question: Question, contacts: Iterable[Known]) -> Iterable[_Booked]:
    """Books every contact: once for all metrics that count contacts where all of these stand in one place, and each
    thing by itself where it has an agent, a queue or a time of its own.
    """
    of_agent = "agent" in question.group_by or any(one.field == "agent" for one in conditions(question.wanted))
    is_cohort = question.basis is Basis.COHORT
    together = [
        (index, metric.part)
        for index, metric in enumerate(question.metrics)
        if isinstance(metric, Metric) and is_cohort and not of_agent
    ]
    indices, part_functions = [index for index, _ in together], [part for _, part in together]
    distinct = list(dict.fromkeys(part_functions))  # several metrics are of the same parts, as a mean and percentiles
    apart = [(index, metric) for index, metric in enumerate(question.metrics) if index not in indices]
    for known in contacts:
        contact = observed(known.contact, question.until)
        if contact is None:
            continue
        if together:
            group = _group(question, _Place(known, "", known.queue, contact.start))
            if group is not None:
                found = {part_of: part_of(contact) for part_of in distinct}
                yield _Booked(group, known, contact, indices, [found[part_of] for part_of in part_functions])
        groups: dict[tuple[str, str, int], Group | None] = {}
        for index, metric in apart:
            for item in items_of(metric, contact):
                at = contact.start if is_cohort else item.at
                if at is None or not (is_cohort or question.since <= at < question.before):
                    continue
                where = item.agent, known.queue if item.queue is None else item.queue, at
                if where not in groups:
                    groups[where] = _group(question, _Place(known, *where))
                group = groups[where]
                if group is not None:
                    yield _Booked(group, known, contact, (index,), (item.part,), item)


def _group(question: Question, place: _Place) -> Group | None:
    """The group of what stands in this place, None where it is not wanted."""
    zone, wanted = question.zone, question.wanted
    if wanted is not EVERYTHING and not holds(wanted, partial(_value, place, zone=zone)):
        return None
    return tuple([_value(place, key, zone) for key in question.group_by])


PARTS_HELD = 50_000
"""Parts that are held until they are added to what is kept of their cells. Against: one with a time has 150 bytes."""


class Tally:
    """The answer to a question, while contacts come in portions.

    What it holds grows with the groups, and by eight bytes with each time where the order of times is asked for.
    """

    def __init__(self, question: Question) -> None:
        self._question = question
        self._kept: dict[Group, list[Any]] = {}
        self._held: dict[Group, list[list[Part]]] = {}
        if not question.group_by:
            self._begin(())

    def _begin(self, group: Group) -> list[list[Part]]:
        """Holds parts for a group, and knows it from now on."""
        metrics = self._question.metrics
        if group not in self._kept:
            self._kept[group] = [metric.combine.empty() for metric in metrics]
        held = self._held[group] = [[] for _ in metrics]
        return held

    def add(self, contacts: Iterable[Known]) -> None:
        """Adds contacts, each once, in any order."""
        held, count = self._held, 0
        for group, _, _, indices, parts, _ in _booked(self._question, contacts):
            cell = held.get(group)
            if cell is None:
                cell = self._begin(group)
            for index, part in zip(indices, parts, strict=True):
                if part is not None:
                    cell[index].append(part)
            count += len(parts)
            if count >= PARTS_HELD:
                self._settle()
                count = 0
        self._settle()

    def _settle(self) -> None:
        metrics = self._question.metrics
        for group, cell in self._held.items():
            kept = self._kept[group]
            for index, parts in enumerate(cell):
                if parts:
                    kept[index] = metrics[index].combine.add(kept[index], parts)
        self._held.clear()

    def answer(self) -> Answer:
        """The measures of every group, ascending by group; the total, when nothing is grouped, is always there."""
        metrics = self._question.metrics
        return [
            (group, [metric.combine.measure(kept) for metric, kept in zip(metrics, self._kept[group], strict=True)])
            for group in sorted(self._kept)
        ]


def answer(question: Question, contacts: Iterable[Known]) -> Answer:
    """What a tally of these contacts alone answers."""
    tally = Tally(question)
    tally.add(contacts)
    return tally.answer()


def by_group(question: Question, contacts: Iterable[Known]) -> list[tuple[Group, list[Contact]]]:
    """The contacts of every group as they are known, ascending by group; nobody's acts are asked for."""
    groups: dict[Group, list[Contact]] = {} if question.group_by else {(): []}
    for known in contacts:
        if known.contact.start <= question.until:
            group = _group(question, _Place(known, "", known.queue, known.contact.start))
            if group is not None:
                groups.setdefault(group, []).append(known.contact)
    return sorted(groups.items())


class Waiting(NamedTuple):
    """Who waits, and how well promises were kept: contacts waiting, the earliest start of them in microseconds (None
    when nobody waits), contacts answered on time, contacts that had to be.
    """

    contacts: int
    since: int | None
    on_time: int
    due: int

    def with_more(self, others: Waiting) -> Waiting:
        """Both together; they have no contact in common."""
        since = min((one.since for one in (self, others) if one.since is not None), default=None)
        return Waiting(self.contacts + others.contacts, since, self.on_time + others.on_time, self.due + others.due)


NOBODY_WAITS = Waiting(0, None, 0, 0)


def waiting_of(question: Question, contacts: Iterable[Known]) -> Waiting:
    """What the metrics `waiting` and `on_time` say of all contacts that hold the question's conditions together."""
    asked = replace(question, metrics=(waiting.METRIC, on_time.METRIC), group_by=())
    count, since, kept, due = 0, None, 0, 0
    for booked in _booked(asked, contacts):
        for index, part in zip(booked.indices, booked.parts, strict=True):
            if part is None:
                continue
            if index == 0:
                count += 1
                since = booked.contact.start if since is None else min(since, booked.contact.start)
            else:
                kept, due = kept + part.numerator, due + 1
    return Waiting(count, since, kept, due)


class Contribution(NamedTuple):
    """A contact of a cell, or one thing inside it: the contact as it is known and as it was observed, what it adds, and
    which of the contact's things in the cell it is, from 0. `item` None: the whole contact.
    """

    known: Known
    contact: Contact
    part: Part
    item: Item | None
    number: int


def contributions(question: Question, group: Group, contacts: Iterable[Known]) -> list[Contribution]:
    """What stands behind one cell of the question's one metric, ordered by start, case, episode and number."""
    found: list[Contribution] = []
    counted: dict[tuple[str, int], int] = {}
    for at, known, contact, _, (part,), item in _booked(question, contacts):
        if at == group and part is not None:
            number = counted.get((known.case_id, known.episode), 0)
            counted[known.case_id, known.episode] = number + 1
            found.append(Contribution(known, contact, part, item, number))
    return sorted(found, key=lambda one: (one.contact.start, one.known.case_id, one.known.episode, one.number))
