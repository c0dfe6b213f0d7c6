"""A question about contacts and its answer. Pure: contacts in, rows out; knows no table, no request and no clock."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, tzinfo
from functools import partial
from typing import NamedTuple

from chassis.filters import EVERYTHING, Expression, conditions, holds

from kpi.metrics import on_time, waiting
from kpi.metrics.contact import Contact, observed
from kpi.metrics.metric import Measure, Metric, Part, agent_of

DIMENSIONS = frozenset(("channel", "source", "desk", "queue", "agent", "hour", "day", "brand"))
"""What every tenant's contacts can be cut by; any other dimension is a label that one of its sources has or had.
`brand` is a label too, known before the first source has it: it names a desk.
"""
KEY = re.compile(r"[a-z][a-z0-9_]{0,39}\Z")
"""What a dimension may be called."""
GROUP_BY_MAX = 8
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


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked: which metrics, cut how, observed until when (microseconds)."""

    metrics: tuple[Metric, ...]
    group_by: tuple[str, ...]
    zone: tzinfo
    until: int
    wanted: Expression = EVERYTHING
    """Conditions on dimensions; a contact without the label has the value ""."""


Group = tuple[str, ...]
Answer = list[tuple[Group, list[Measure]]]


def local_time(at: int, zone: tzinfo) -> datetime:
    """An instant on the clocks of a zone, whole seconds; on those of UTC where the zone's calendar ends."""
    moment = _EPOCH + timedelta(seconds=at // 1_000_000)
    try:
        return moment.astimezone(zone)
    except OverflowError:
        return moment


def _value(known: Known, key: str, zone: tzinfo) -> str:
    match key:
        case "channel":
            return known.channel
        case "source":
            return known.source
        case "desk":
            return known.desk
        case "queue":
            return known.queue
        case "hour":
            return local_time(known.contact.start, zone).replace(minute=0, second=0).isoformat(timespec="minutes")
        case "day":
            return local_time(known.contact.start, zone).date().isoformat()
        case _:
            return known.labels.get(key, "")


def _value_for(agent: str, known: Known, key: str, zone: tzinfo) -> str:
    """The same where the agent is the one of an act."""
    return agent if key == "agent" else _value(known, key, zone)


class _Booked(NamedTuple):
    """What a contact adds to the cells of a group: parts of successive metrics from index `first` on."""

    group: Group
    known: Known
    contact: Contact
    first: int
    parts: list[Part | None]


def _booked(question: Question, contacts: Iterable[Known]) -> Iterable[_Booked]:
    """Books every contact: once for all metrics, or once per metric where agents matter, since acts have their own."""
    zone, until = question.zone, question.until
    wanted = question.wanted
    of_agent = any(one.field == "agent" for one in conditions(wanted))
    agent_at = question.group_by.index("agent") if "agent" in question.group_by else None
    keys = [key for key in question.group_by if key != "agent"]
    part_functions = [metric.part for metric in question.metrics]
    acts = sorted({metric.definition.agent for metric in question.metrics})
    act_of = [acts.index(metric.definition.agent) for metric in question.metrics]
    for known in contacts:
        contact = observed(known.contact, until)
        if contact is None:
            continue
        if not of_agent and wanted is not EVERYTHING and not holds(wanted, partial(_value, known, zone=zone)):
            continue
        group = tuple([_value(known, key, zone) for key in keys])
        parts = [part_of(contact) for part_of in part_functions]
        if agent_at is None and not of_agent:
            yield _Booked(group, known, contact, 0, parts)
            continue
        agents = [agent_of(contact, act) for act in acts]
        for index, act in enumerate(act_of):
            agent = agents[act]
            if parts[index] is None:
                continue
            if of_agent and not holds(wanted, partial(_value_for, agent, known, zone=zone)):
                continue
            at = group if agent_at is None else (*group[:agent_at], agent, *group[agent_at:])
            yield _Booked(at, known, contact, index, parts[index : index + 1])


def answer(question: Question, contacts: Iterable[Known]) -> Answer:
    """The measures of every group, ascending by group; the total, when nothing is grouped, is always there."""
    width = range(len(question.metrics))
    cells: dict[Group, list[list[Part]]] = {}
    if not question.group_by:
        cells[()] = [[] for _ in width]
    for group, _, _, first, parts in _booked(question, contacts):
        cell = cells.get(group)
        if cell is None:
            cell = cells[group] = [[] for _ in width]
        for index, part in enumerate(parts, first):
            if part is not None:
                cell[index].append(part)
    return [
        (group, [metric.combine(parts) for metric, parts in zip(question.metrics, cells[group], strict=True)])
        for group in sorted(cells)
    ]


class Waiting(NamedTuple):
    """Who waits, and how well promises were kept: contacts waiting, the earliest start of them in microseconds (None
    when nobody waits), contacts answered on time, contacts that had to be.
    """

    contacts: int
    since: int | None
    on_time: int
    due: int


def waiting_of(question: Question, contacts: Iterable[Known]) -> Waiting:
    """What the metrics `waiting` and `on_time` say of all contacts that hold the question's conditions together."""
    asked = replace(question, metrics=(waiting.METRIC, on_time.METRIC), group_by=())
    count, since, kept, due = 0, None, 0, 0
    for booked in _booked(asked, contacts):
        for index, part in enumerate(booked.parts, booked.first):
            if part is None:
                continue
            if index == 0:
                count += 1
                since = booked.contact.start if since is None else min(since, booked.contact.start)
            else:
                kept, due = kept + part.numerator, due + 1
    return Waiting(count, since, kept, due)


class Contribution(NamedTuple):
    """A contact of a cell: as it is known, as it was observed, and what it adds."""

    known: Known
    contact: Contact
    part: Part


def contributions(question: Question, group: Group, contacts: Iterable[Known]) -> list[Contribution]:
    """The contacts behind one cell of the question's one metric, ordered by start, case and episode."""
    found = [
        Contribution(known, contact, part)
        for at, known, contact, _, parts in _booked(question, contacts)
        for part in parts
        if at == group and part is not None
    ]
    return sorted(found, key=lambda one: (one.contact.start, one.known.case_id, one.known.episode))
