"""Whose time each moment of a contact is: a partition of its elapsed time, in whole microseconds. Knows no metric."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum
from typing import NamedTuple

from kpi.journeys import Journey, Kind, Span
from kpi.metrics.contact import Contact


class Who(Enum):
    """Whose time it is."""

    PLATFORM = 1
    DEPARTMENT = 2
    CUSTOMER = 3
    AGENT = 4
    QUEUE = 5


class Piece(NamedTuple):
    """An interval [at, end) that is one's, with the agent whose it is, its queue (None: the contact's), and the
    span that makes it so (None: nothing goes on).
    """

    who: Who
    at: int
    end: int
    agent: str
    queue: str | None
    span: Span | None


_DEPARTMENTS = (Kind.TASK, Kind.PARKED)
_HOLDERS = (Kind.HOLDING, Kind.ALONG)
_KINDS = frozenset((*_DEPARTMENTS, *_HOLDERS, Kind.LAG, Kind.TURN, Kind.PARKED_FOR_CUSTOMER, Kind.STAY))


def elapsed(contact: Contact, journey: Journey) -> tuple[int, int]:
    """From when to when an observed contact took."""
    end = contact.until if journey.closed_at is None else journey.closed_at
    return contact.start, max(contact.start, end)


def pieces(contact: Contact, journey: Journey) -> list[Piece]:
    """The pieces of an observed contact, one after the other from its start to its end. Linear in its spans, but for
    sorting and for those that go on at once.
    """
    begin, end = elapsed(contact, journey)
    changes: list[tuple[int, bool, int]] = []
    for index, span in enumerate(journey.spans):
        first, last = max(span.at, begin), end if span.end is None else min(span.end, end)
        if span.kind in _KINDS and first < last:
            changes += [(first, True, index), (last, False, index)]
    going_on: dict[int, Span] = {}
    found: list[Piece] = []
    at = begin
    for moment, begins, index in sorted(changes):
        if moment > at:
            _add(found, at, moment, going_on.values())
            at = moment
        if begins:
            going_on[index] = journey.spans[index]
        else:
            del going_on[index]
    if at < end:
        _add(found, at, end, going_on.values())
    return found


def _add(found: list[Piece], at: int, end: int, going_on: Iterable[Span]) -> None:
    who, span = _whose(going_on)
    last = found[-1] if found else None
    if last is not None and (last.who, last.span) == (who, span):
        found[-1] = last._replace(end=end)
        return
    agent = span.agent if span is not None and who is Who.AGENT else ""
    queue = span.queue if span is not None and span.kind not in (Kind.LAG, Kind.TURN) else None
    found.append(Piece(who, at, end, agent, queue, span))


def _whose(going_on: Iterable[Span]) -> tuple[Who, Span | None]:
    latest: dict[Kind, Span] = {}
    for span in going_on:
        known = latest.get(span.kind)
        if known is None or known.ref < span.ref:
            latest[span.kind] = span
    if (lag := latest.get(Kind.LAG)) is not None:
        return Who.PLATFORM, lag
    for kind in _DEPARTMENTS:
        if kind in latest:
            return Who.DEPARTMENT, latest[kind]
    if (parked := latest.get(Kind.PARKED_FOR_CUSTOMER)) is not None:
        return Who.CUSTOMER, parked
    if Kind.TURN not in latest:
        return Who.CUSTOMER, None
    for kind in _HOLDERS:
        if kind in latest:
            return Who.AGENT, latest[kind]
    return Who.QUEUE, latest.get(Kind.STAY, latest[Kind.TURN])
