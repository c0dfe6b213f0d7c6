"""A case as rows: its own, the parts of its facts that no longer fit there, its contacts. Pure; it knows no statement.

Most cases have a few facts and one row. A long case moves whole parts of its first facts into rows of their own, which
are never read again for another post: a summary says what they amount to. So the thousandth post costs what the first
did, and the rows are the same however the facts were batched.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from kpi.episodes import (
    COURSE,
    PART,
    Began,
    Case,
    Done,
    Episode,
    Fact,
    Gone,
    Reopened,
    Wrote,
    dump_facts,
    episodes,
    overflowing,
)
from kpi.running import Running, advance, contact_of, dump_running, load_running, running_of, tells

Values = tuple[Any, ...]


class CaseRows(NamedTuple):
    """What is written for one case."""

    case: Values
    parts: Sequence[Values]
    """New parts of its facts."""
    contacts: Sequence[Values]
    lost_from: int | None
    """The first episode that may have ceased to be a contact: rows from there on go before the new ones come."""


def rows_of(tenant: str, case_id: str, case: Case) -> CaseRows | None:
    """The rows of a case that changed; None when its facts in parts have to be loaded first (`Case.earlier`)."""
    if (began := _only_began(case)) is not None:
        row = _case_values(tenant, case_id, case, case.facts, 0, "")
        return CaseRows(row, (), [_begun_values(tenant, case_id, began)], None)
    found = _contacts(case)
    if found is None:
        return None
    contacts, lost_from = found
    count = overflowing(case.facts)
    summary, before = case.summary, case.before
    parts: list[Values] = []
    if count:
        moved = case.facts[:count]
        running = _advanced(load_running(summary), moved) if before else running_of(moved)
        if running is None:
            if case.earlier is None:
                return None
            running = running_of((*case.earlier, *moved))
        summary = dump_running(running)
        parts = [
            (tenant, case_id, (before + at) // PART, dump_facts(moved[at : at + PART])) for at in range(0, count, PART)
        ]
        before += count
    row = _case_values(tenant, case_id, case, case.facts[count:], before, summary)
    return CaseRows(row, parts, [contact_values(tenant, case_id, one) for one in contacts], lost_from)


def _only_began(case: Case) -> Began | None:
    """What began a case of which nothing has become yet but that it was offered, as most are when they are written."""
    facts = case.facts
    if not facts or case.before or case.regrouped or len(facts) >= PART:
        return None
    began, *others = facts
    return began if type(began) is Began and COURSE.issuperset(map(type, others)) else None


def _case_values(  # noqa: PLR0917  (all that a row is made of)
    tenant: str, case_id: str, case: Case, facts: Sequence[Fact], before: int, summary: str
) -> Values:
    return (
        tenant,
        case_id,
        case.channel,
        case.source,
        case.joined_into,
        case.desk,
        case.customer,
        case.agent,
        case.weight,
        dump_facts(facts),
        before,
        summary,
        case.last_at,
        case.language,
    )


def _advanced(running: Running, facts: Sequence[Fact]) -> Running | None:
    for fact in facts:
        taken = advance(running, fact)
        if taken is None:
            return None
        running = taken[0]
    return running


def _contacts(case: Case) -> tuple[list[Episode], int | None] | None:
    """The contacts that the case's facts may have changed, and from which episode on others are none any more."""
    if case.before and case.earlier is None:
        return _contacts_of_long(case)
    facts = case.all_facts
    # A case that was never reopened has one episode, a contact as long as a customer's post is in it.
    kinds = {type(fact) for fact in facts}
    keeps = not case.regrouped and not case.before and kinds.isdisjoint((Gone, Reopened))
    keeps = keeps and not kinds.isdisjoint((Began, Wrote))
    return episodes(facts), None if keeps else 1


def _contacts_of_long(case: Case) -> tuple[list[Episode], int | None] | None:
    running = load_running(case.summary)
    first = running.number
    concluded: list[Episode] = []
    for fact in case.facts:
        taken = advance(running, fact)
        if taken is None:
            return None
        running, ended = taken
        concluded += [] if ended is None else [ended]
    if not tells(running):
        return None
    current = contact_of(running)
    keeps = running.number == first and current is not None
    return [*concluded, *([] if current is None else [current])], None if keeps else first


_NOBODY: Values = (None, "", None)


def _act(done: Done | None) -> Values:
    return _NOBODY if done is None else (done.at, done.agent, done.ref)


def contact_values(tenant: str, case_id: str, one: Episode) -> Values:
    """A contact in the order of the table's columns."""
    start, withdrawn, queued = one.start, one.withdrawn, one.queued
    return (
        tenant,
        case_id,
        one.number,
        start.at,
        start.ref,
        start.channel,
        start.source,
        start.direct,
        *_act(one.accepted),
        *_act(one.answered_any),
        *_act(one.answered_human),
        *_act(one.resolved),
        one.reopened_at,
        None if withdrawn is None else withdrawn.at,
        None if withdrawn is None else withdrawn.ref,
        start.desk,
        "" if queued is None else queued.queue,
        start.published,
        None if queued is None else queued.due,
        one.skewed,
        start.language,
        "" if queued is None else queued.tier,
    )


def _begun_values(tenant: str, case_id: str, began: Began) -> Values:
    """The same of a case that has only begun, as most are when they are written: nobody has done anything yet."""
    return (
        tenant,
        case_id,
        1,
        began.at,
        began.ref,
        began.channel,
        began.source,
        began.direct,
        *_NOBODY,
        *_NOBODY,
        *_NOBODY,
        *_NOBODY,
        None,
        None,
        None,
        began.desk,
        began.queue,
        began.published,
        began.due,
        False,
        began.language,
        began.tier,
    )
