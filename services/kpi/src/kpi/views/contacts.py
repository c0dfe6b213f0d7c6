"""Contacts: what happened in each episode of each case, folded from the facts of `post` and `work`.

It says what is in the tables; what a number means is in `metrics`, what a contact is in `episodes`.
"""

from __future__ import annotations

import asyncio
import json
from bisect import bisect_right
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

from chassis.commits import Recorded
from chassis.database import Connection, Database, queries
from chassis.parts import row_of
from chassis.view import Founding
from msgspec.structs import replace

from kpi.episodes import Case, Fact, episodes, load_facts
from kpi.journeys import divided, journeys
from kpi.metrics.contact import RECONTACT_WINDOW, Act, Contact
from kpi.query import END, Known, Refs
from kpi.views import contact_folds
from kpi.views.contact_folds import Agent, Row, Rows, Source, agent_key, case_key, source_key
from kpi.views.contact_rows import Values, contact_values, rows_of

SQL = queries(__file__, "contacts.sql")
_START_AT = 2
"""Where a contact's row has its start."""


class Contacts:
    """The view `contacts_v6`."""

    name = "contacts_v6"
    contexts = frozenset(("post", "work"))
    handles = contact_folds.HANDLED
    ignores = contact_folds.IGNORED
    schema = SQL["schema"]
    founds_late = True
    dumps: Mapping[str, str] = {
        "contacts_v6": "tenant, case_id, episode",
        "contacts_v6_agents": "tenant, agent_id",
        "contacts_v6_cases": "tenant, case_id",
        "contacts_v6_parts": "tenant, case_id, part",
        "contacts_v6_sources": "tenant, source_id, since_ref",
    }

    def keys(self, event: Recorded) -> Sequence[str]:
        """The rows the event concerns (`contact_folds.keys_of`)."""
        return contact_folds.keys_of(event)

    async def load(self, connection: Connection, keys: Sequence[str]) -> Rows:
        """The rows of the keys, and of every case they have been joined into."""
        rows: Rows = {}
        parts = [key.split("/", 2) for key in keys]
        whole = {(tenant, id_) for kind, tenant, id_ in parts if kind == "whole"}
        wanted = [(tenant, id_) for kind, tenant, id_ in parts if kind == "case"]
        while wanted:
            further: dict[tuple[str, str], None] = {}
            for found in await connection.fetch(SQL["load_cases"], *_columns(wanted)):
                tenant, case_id, channel, source_id, joined_into, desk, customer, agent_id, weight, *kept = found
                facts, before, summary, last_at, language = kept
                case = Case(channel, source_id, joined_into, desk, customer, agent_id, weight)
                case = replace(case, facts=load_facts(facts), before=before, summary=summary, last_at=last_at)
                case = replace(case, language=language)
                if before and (tenant, case_id) in whole:
                    case = replace(case, earlier=await _earlier(connection, tenant, case_id))
                rows[case_key(tenant, case_id)] = case
                if joined_into:
                    further[tenant, joined_into] = None
                    if (tenant, case_id) in whole:
                        whole.add((tenant, joined_into))
            wanted = [one for one in further if case_key(*one) not in rows]
        sources = [(tenant, id_) for kind, tenant, id_ in parts if kind == "source"]
        if sources:
            for tenant, source_id, since_ref, labels in await connection.fetch(SQL["load_sources"], *_columns(sources)):
                key = source_key(tenant, source_id)
                known = rows.get(key)
                versions = known.versions if isinstance(known, Source) else ()
                rows[key] = Source((*versions, (since_ref, labels)))
        agents = [(tenant, id_) for kind, tenant, id_ in parts if kind == "agent"]
        if agents:
            for tenant, agent_id, presence, capacity in await connection.fetch(SQL["load_agents"], *_columns(agents)):
                rows[agent_key(tenant, agent_id)] = Agent(presence, capacity)
        return rows

    def fold(self, rows: Rows, event: Recorded) -> None:
        """Adds the event's fact to the case it concerns now."""
        contact_folds.fold(rows, event)

    async def save(self, connection: Connection, rows: Mapping[str, Row], touched: Sequence[str]) -> None:
        """Writes the touched cases, those they have been joined into, their contacts, and the touched sources and
        agents. What is new goes in by COPY.
        """
        changed: dict[str, list[Values]] = {name: [] for name in ("new", "cases", "parts", "new_contacts", "contacts")}
        regrouped: list[Values] = []
        lost: list[Values] = []
        sources: list[Values] = []
        agents: list[Values] = []
        # What was loaded beside the touched rows they have been joined into, or were when the round began.
        for key in dict.fromkeys((*(key for key in touched if key in rows), *rows)):
            row = rows[key]
            _, tenant, id_ = key.split("/", 2)
            if isinstance(row, Source):
                sources.extend((tenant, id_, since, labels) for since, labels in row.versions)
                continue
            if isinstance(row, Agent):
                agents.append((tenant, id_, row.presence, row.capacity))
                continue
            written = rows_of(tenant, id_, row)
            if written is None:
                row = replace(row, earlier=await _earlier(connection, tenant, id_))
                written = rows_of(tenant, id_, row)
                assert written is not None, "who has all facts can tell"
            founding = type(key) is Founding
            changed["new" if founding else "cases"].append(written.case)
            changed["new_contacts" if founding else "contacts"] += written.contacts
            changed["parts"] += written.parts
            if row.regrouped:
                regrouped.append((tenant, id_))
            if written.lost_from is not None and not founding:
                lost.append((tenant, id_, written.lost_from))
        if sources:
            await connection.execute(SQL["save_sources"], sources)
        if agents:
            await connection.execute(SQL["save_agents"], agents)
        if changed["new"]:
            await connection.copy_records_to_table("contacts_v6_cases", records=changed["new"])
        if regrouped:
            await connection.execute(SQL["delete_parts"], *_columns(regrouped))
        if changed["parts"]:
            await connection.copy_records_to_table("contacts_v6_parts", records=changed["parts"])
        if lost:
            await connection.execute(SQL["delete_contacts"], *_columns(lost))
        if changed["new_contacts"]:
            await connection.copy_records_to_table("contacts_v6", records=changed["new_contacts"])
        if changed["cases"]:
            await connection.execute(SQL["save"], changed["cases"], changed["contacts"])


async def _earlier(connection: Connection, tenant: str, case_id: str) -> tuple[Fact, ...]:
    """The facts of a long case that are not in its row."""
    parts = await connection.fetch(SQL["load_parts"], tenant, case_id)
    return tuple(fact for part in parts for fact in load_facts(part["facts"]))


def _columns(values: Sequence[Values]) -> list[list[Any]]:
    return [list(column) for column in zip(*values, strict=True)]


@dataclass(frozen=True, slots=True)
class Contents:
    """Contacts of a tenant, and the log position they stand for; with the facts of their cases, and who came again,
    where somebody asks what happened inside.
    """

    position: int
    rows: Sequence[Any]
    labels: Labels
    facts_of: Callable[[str], Sequence[Fact]] | None = None
    beside: Collection[str] = ()
    """Cases whose agents may have had them in hand beside those of the contacts; these among them."""
    returns: Returns | None = None

    def known(self) -> Iterator[Known]:
        """The contacts, in no particular order."""
        facts_of = self.facts_of
        if facts_of is None:
            yield from (_known(row, self.labels) for row in self.rows)
            return
        inside = lru_cache(JOURNEYS_KEPT)(lambda case_id: journeys(facts_of(case_id)))
        shares = divided(((case_id, inside(case_id).values()) for case_id in self.beside), END)
        for row in self.rows:
            known = _known(row, self.labels)
            journey = inside(known.case_id)[known.episode]
            if (workloads := shares.get(known.case_id)) is not None:
                journey = journey._replace(workloads=workloads)
            again_at = None if self.returns is None else self.returns.after(known)
            yield known._replace(contact=known.contact._replace(journey=journey, again_at=again_at))


class Returns:
    """When customers came to a desk: whether somebody came again after a contact was resolved."""

    def __init__(self, rows: Iterable[Any], customers: Mapping[str, str]) -> None:
        """Rows of contacts; `customers` by case, "" where nobody is known."""
        self._customers = customers
        self._starts: dict[tuple[str, str], list[int]] = {}
        for known in (_known(row, _NO_LABELS) for row in rows):
            self._starts.setdefault(self._who(known), []).append(known.contact.start)
        for starts in self._starts.values():
            starts.sort()

    def _who(self, known: Known) -> tuple[str, str]:
        return self._customers[known.case_id], known.desk

    def after(self, known: Known) -> int | None:
        """When its customer came to its desk for the first time after the contact was resolved; None where nobody did,
        and of a contact that was not resolved or is of nobody known.
        """
        customer, desk = self._who(known)
        if known.contact.resolved is None or not customer:
            return None
        starts = self._starts[customer, desk]
        index = bisect_right(starts, known.contact.resolved.at)
        return starts[index] if index < len(starts) else None


JOURNEYS_KEPT = 1024
"""Cases whose journeys are kept for their next episode. Against: a case has some ten spans of 200 bytes each."""


async def read(
    database: Database,
    tenant: str,
    start: int,
    end: int,
    until: int,
    *,
    since: int | None = None,
    inside: bool = False,
    shared: bool = False,
) -> Contents:
    """The contacts that start in [start, end) and not after `until`, as of one position; microseconds. With `since`
    those that start before `end`, but for some in which nothing happened since. `inside`: with what happened in them,
    and who came again; `shared`: and what else their agents had in hand.
    """
    facts_of, returns = None, None
    async with database.transaction(isolation="repeatable_read", readonly=True) as connection:
        position = await connection.fetchval(SQL["position"], row_of(Contacts.name, tenant))
        labels = await _labels(connection, tenant)
        rows = await connection.fetch(*_query(tenant, start, _looked_at(end, inside), until, since))
        beside: set[str] = set()
        case_ids = {row["case_id"] for row in rows}
        if shared and rows:
            first = min(row["start_at"] for row in rows)
            beside = case_ids | {case_id for (case_id,) in await connection.fetch(SQL["beside"], tenant, first)}
        if inside:
            facts_of, customers = await _inside(connection, tenant, case_ids | beside)
            returns = Returns(rows, customers)
            rows = [row for row in rows if row["start_at"] < end]
    return Contents(position or 0, rows, labels, facts_of, beside, returns)


ROWS_AT_ONCE = 2_000
"""Rows that are in memory at a time. Against: a contact and its row have 3 KiB."""


async def read_into(
    database: Database,
    tenant: str,
    start: int,
    end: int,
    until: int,
    *,
    take: Callable[[Iterable[Known]], object],
    since: int | None = None,
    inside: bool = False,
    shared: bool = False,
) -> int:
    """Gives `take` the contacts that `read` would answer, in portions, and in a thread so that other calls are answered
    meanwhile; the log position they stand for. What happened inside needs all of them in memory, and is one portion.
    """
    if inside:
        contents = await read(database, tenant, start, end, until, since=since, inside=True, shared=shared)
        await asyncio.to_thread(lambda: take(contents.known()))
        return contents.position
    async with database.transaction(isolation="repeatable_read", readonly=True) as connection:
        position = await connection.fetchval(SQL["position"], row_of(Contacts.name, tenant))
        labels = await _labels(connection, tenant)
        rows = await connection.cursor(*_query(tenant, start, end, until, since))
        while portion := await rows.fetch(ROWS_AT_ONCE):
            await asyncio.to_thread(_take, take, portion, labels)
    return position or 0


def _query(tenant: str, start: int, end: int, until: int, since: int | None) -> tuple[Any, ...]:
    """The statement that finds contacts, and its arguments."""
    if since is None:
        return SQL["contacts"], tenant, start, end, until
    return SQL["contacts_until"], tenant, since, end, until


async def _labels(connection: Connection, tenant: str) -> Labels:
    return Labels([(*version,) for version in await connection.fetch(SQL["sources"], tenant)])


def _take(take: Callable[[Iterable[Known]], object], rows: Sequence[Any], labels: Labels) -> None:
    take([_known(row, labels) for row in rows])


def _looked_at(end: int, inside: bool) -> int:
    """Up to when contacts are read: whether somebody came again is told by later ones."""
    return min(end + RECONTACT_WINDOW, END) if inside else end


async def _inside(
    connection: Connection, tenant: str, case_ids: Collection[str]
) -> tuple[Callable[[str], Sequence[Fact]], Mapping[str, str]]:
    """All facts of these cases, read now and decoded when they are asked for, and their customers."""
    last = await connection.fetch(SQL["last_facts"], tenant, list(case_ids))
    long = [case_id for case_id, _, before, _ in last if before]
    texts: dict[str, list[str]] = {}
    for case_id, text in await connection.fetch(SQL["facts"], tenant, long) if long else ():
        texts.setdefault(case_id, []).append(text)
    for case_id, text, _, _ in last:
        texts.setdefault(case_id, []).append(text)
    customers = {case_id: customer for case_id, _, _, customer in last}
    return lambda case_id: [fact for text in texts[case_id] for fact in load_facts(text)], customers


async def label_keys(database: Database, tenant: str) -> frozenset[str]:
    """The keys of the labels that a source of the tenant has, or had."""
    async with database.acquire() as connection:
        return frozenset(key for (key,) in await connection.fetch(SQL["label_keys"], tenant))


class Agents(NamedTuple):
    """Who can take work, has all they can take or takes no offers, is away from the desk."""

    free: int
    busy: int
    away: int


NOBODY = Agents(0, 0, 0)


async def agents(database: Database, tenants: Sequence[str]) -> dict[str, Agents]:
    """How many agents of each tenant that has any are free, busy and away now; who is not signed in is none of them."""
    async with database.acquire() as connection:
        return {tenant: Agents(*counts) for tenant, *counts in await connection.fetch(SQL["agents"], tenants)}


async def waiting(database: Database, tenants: Sequence[str]) -> dict[str, tuple[int, int]]:
    """Of each tenant where anybody does: how many contacts wait for their first answer, and since when the first one
    (microseconds).
    """
    async with database.acquire() as connection:
        return {tenant: (count, since) for tenant, count, since in await connection.fetch(SQL["waiting"], tenants)}


def contents_of(
    rows: Mapping[str, Row],
    position: int,
    start: int,
    end: int,
    until: int,
    *,
    inside: bool = False,
    shared: bool = False,
) -> Contents:
    """What `read` would answer if these rows were in the tables."""
    found: list[Values] = []
    facts: dict[str, Sequence[Fact]] = {}
    customers: dict[str, str] = {}
    versions: list[tuple[str, int, str]] = []
    for key, row in rows.items():
        _, tenant, id_ = key.split("/", 2)
        if isinstance(row, Source):
            versions.extend((id_, since, labels) for since, labels in row.versions)
            continue
        if isinstance(row, Agent):
            continue
        facts[id_], customers[id_] = row.facts, row.customer
        for episode in episodes(row.facts):
            if start <= episode.start.at < _looked_at(end, inside) and episode.start.at <= until:
                found.append(contact_values(tenant, id_, episode)[1:])
    labels = Labels(versions)
    if not inside:
        return Contents(position, found, labels)
    within = [values for values in found if values[_START_AT] < end]
    beside = facts.keys() if shared else ()
    return Contents(position, within, labels, facts.__getitem__, beside, Returns(found, customers))


class Labels:
    """The labels of sources at any time of the log."""

    def __init__(self, versions: Iterable[tuple[str, int, str]]) -> None:
        """Versions (source, reference since which they hold, JSON), ascending by reference within each source."""
        self._since: dict[str, list[int]] = {}
        self._labels: dict[str, list[Mapping[str, str]]] = {}
        for source_id, since, text in versions:
            self._since.setdefault(source_id, []).append(since)
            self._labels.setdefault(source_id, []).append(json.loads(text))

    def at(self, source_id: str, ref: int) -> Mapping[str, str]:
        """What held when the event `ref` happened; nothing for an unknown source."""
        since = self._since.get(source_id)
        if since is None:
            return {}
        index = bisect_right(since, ref) - 1
        return self._labels[source_id][index] if index >= 0 else {}


_NO_LABELS = Labels(())


def _act(at: int | None, agent: str) -> Act | None:
    return None if at is None else Act(at, agent)


def _known(row: Any, labels: Labels) -> Known:
    (
        case_id,
        episode,
        start_at,
        start_ref,
        channel,
        source_id,
        direct,
        accepted_at,
        accepted_by,
        accepted_ref,
        any_at,
        any_by,
        any_ref,
        human_at,
        human_by,
        human_ref,
        resolved_at,
        resolved_by,
        resolved_ref,
        reopened_at,
        withdrawn_at,
        withdrawn_ref,
        desk,
        queue,
        published_at,
        due_at,
        skewed,
        language,
        tier,
    ) = row
    contact = Contact(
        start_at,
        direct,
        _act(accepted_at, accepted_by),
        _act(any_at, any_by),
        _act(human_at, human_by),
        _act(resolved_at, resolved_by),
        reopened_at,
        withdrawn_at,
        published_at=published_at,
        due_at=due_at,
        skewed=skewed,
    )
    refs = Refs(start_ref, accepted_ref, any_ref, human_ref, resolved_ref, withdrawn_ref)
    place = labels.at(source_id, start_ref), refs, desk, queue, language, tier
    return Known(case_id, episode, contact, channel, source_id, *place)
