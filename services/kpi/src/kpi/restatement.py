"""What a metric says by another version of its definition. Pure; nothing is replaced: both numbers stay."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import NamedTuple

from kpi.metrics.metric import Measure
from kpi.query import Answer, Group, Known, Question, Tally


class RestatedGroup(NamedTuple):
    """A group by both versions, and after minus before: None where one of both has no such number."""

    group: Group
    before: Measure
    after: Measure
    difference: Measure


class Restatement(NamedTuple):
    """All groups that either version has something in, ascending, and what both say of the contacts as a whole."""

    rows: list[RestatedGroup]
    total: RestatedGroup


class Restating:
    """The answer to a question whose metrics are two, the version before and the one after, while contacts come.

    Differences of numerators and denominators add up to those of the total; a value is computed from its own contacts
    in each group, so its differences do not, but for counts.
    """

    def __init__(self, question: Question) -> None:
        self._groups, self._total = Tally(question), Tally(replace(question, group_by=()))

    def add(self, contacts: Iterable[Known]) -> None:
        """Adds contacts, each once, in any order."""
        known = list(contacts)
        self._groups.add(known)
        self._total.add(known)

    def answer(self) -> Restatement:
        """What both versions say of the contacts so far."""
        (total,) = _rows(self._total.answer())
        return Restatement(_rows(self._groups.answer()), total)


def _rows(answer: Answer) -> list[RestatedGroup]:
    return [
        RestatedGroup(group, before, after, Measure(*map(_more, before, after))) for group, (before, after) in answer
    ]


def _more(before: float | None, after: float | None) -> float | None:
    return None if before is None or after is None else after - before
