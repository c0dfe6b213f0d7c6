"""Contacts: what happened in each episode of each case, folded from the facts of `post` and `work`.

It says what is in the tables; what a number means is in `metrics`, what a contact is in `episodes`.
"""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from chassis.clock import from_timestamp
from chassis.commits import Recorded
from chassis.database import Connection, Database, queries
from chassis.view import Founding
from switchboard.ingest.v1 import events_pb2 as post
from switchboard.ingest.v1 import post_pb2
from switchboard.routing.v1 import events_pb2 as work

from kpi.episodes import (
    Case,
    Fact,
    Posted,
    Reopened,
    Sent,
    Settled,
    Took,
    Withdrew,
    Wrote,
    episodes,
    joined,
    load_facts,
    reference,
    split,
    with_fact,
)
from kpi.metrics.contact import Act, Contact
from kpi.query import Known, Refs
from kpi.views.contact_rows import Values, contact_values, rows_of

SQL = queries(__file__, "contacts.sql")


@dataclass(frozen=True, slots=True)
class Source:
    """A source's labels as JSON, each with the reference of the event since which they hold; ascending."""

    versions: tuple[tuple[int, str], ...] = ()


Row = Case | Source
Rows = dict[str, Row]


def case_key(tenant: str, case_id: str) -> str:
    """The key of a case's row."""
    return f"case/{tenant}/{case_id}"


def source_key(tenant: str, source_id: str) -> str:
    """The key of a source's row."""
    return f"source/{tenant}/{source_id}"


_UNKNOWN = Case()


def _case(rows: Rows, tenant: str, case_id: str) -> Case:
    row = rows.get(case_key(tenant, case_id))
    return row if isinstance(row, Case) else _UNKNOWN


def _standing(rows: Rows, tenant: str, case_id: str) -> tuple[str, Case]:
    """The case that goes on for this one: itself, or what it was joined into, however often."""
    case = _case(rows, tenant, case_id)
    seen = {case_id}
    while case.joined_into and case.joined_into not in seen:
        case_id = case.joined_into
        seen.add(case_id)
        case = _case(rows, tenant, case_id)
    return case_id, case


def _add(rows: Rows, event: Recorded, case_id: str, fact: Fact) -> None:
    key = case_key(event.tenant, case_id)
    case = rows.get(key, _UNKNOWN)
    if not isinstance(case, Case):
        raise TypeError(f"{key} is no case")
    if case.joined_into:
        standing_id, case = _standing(rows, event.tenant, case_id)
        key = case_key(event.tenant, standing_id)
        fact = fact._replace(origin=case_id)
    rows[key] = with_fact(case, fact)


def _ref(event: Recorded) -> int:
    return reference(event.position, event.index)


def _on_source(rows: Rows, event: Recorded) -> None:
    body = event.body
    key = source_key(event.tenant, body.source_id)
    known = rows.get(key)
    versions = known.versions if isinstance(known, Source) else ()
    labels = json.dumps({one.key: one.value for one in body.labels}, ensure_ascii=False, sort_keys=True)
    rows[key] = Source(tuple(sorted({**dict(versions), _ref(event): labels}.items())))


def _on_opened(rows: Rows, event: Recorded) -> None:
    body = event.body
    known = _case(rows, event.tenant, body.case_id)
    rows[case_key(event.tenant, body.case_id)] = known._replace(channel=body.channel, source=body.source_id)


def _on_attached(rows: Rows, event: Recorded) -> None:
    body = event.body
    at = from_timestamp(body.published_at)
    if body.direction == post_pb2.DIRECTION_INBOUND:
        if body.author_kind == post_pb2.AUTHOR_KIND_CUSTOMER:
            case = _case(rows, event.tenant, body.case_id)
            direct = body.kind == post_pb2.POST_KIND_DIRECT_MESSAGE
            _add(rows, event, body.case_id, Wrote(_ref(event), at, "", body.post_id, direct, case.channel, case.source))
    elif body.author_kind in (post_pb2.AUTHOR_KIND_BRAND_HUMAN, post_pb2.AUTHOR_KIND_BRAND_BOT):
        human = body.author_kind == post_pb2.AUTHOR_KIND_BRAND_HUMAN
        _add(rows, event, body.case_id, Posted(_ref(event), at, "", body.post_id, human))


def _on_sent(rows: Rows, event: Recorded) -> None:
    body = event.body
    human = body.author_kind == post_pb2.AUTHOR_KIND_BRAND_HUMAN
    fact = Sent(_ref(event), from_timestamp(body.at), "", body.post_id, human, body.agent_id)
    _add(rows, event, body.case_id, fact)


def _on_taken(rows: Rows, event: Recorded) -> None:
    body = event.body
    _add(rows, event, body.case_id, Took(_ref(event), from_timestamp(body.at), "", body.agent_id))


def _on_resolved(rows: Rows, event: Recorded) -> None:
    body = event.body
    _add(rows, event, body.case_id, Settled(_ref(event), from_timestamp(body.at), "", body.agent_id))


def _on_reopened(rows: Rows, event: Recorded) -> None:
    _add(rows, event, event.body.case_id, Reopened(_ref(event), from_timestamp(event.body.at), ""))


def _on_withdrawn(rows: Rows, event: Recorded) -> None:
    _add(rows, event, event.body.case_id, Withdrew(_ref(event), from_timestamp(event.body.at), ""))


def _on_joined(rows: Rows, event: Recorded) -> None:
    body, tenant = event.body, event.tenant
    into_id, into = _standing(rows, tenant, body.case_id)
    other_id, other = _standing(rows, tenant, body.joined_case_id)
    if into_id == other_id:
        return
    into, other = joined(into_id, into, other_id, other)
    rows[case_key(tenant, into_id)] = into
    rows[case_key(tenant, other_id)] = other


def _on_split(rows: Rows, event: Recorded) -> None:
    body, tenant = event.body, event.tenant
    from_id, from_case = _standing(rows, tenant, body.case_id)
    if from_id == body.new_case_id:
        return
    other = _case(rows, tenant, body.new_case_id)
    if not other.source and not other.channel:
        other = other._replace(channel=from_case.channel, source=from_case.source)
    from_case, other = split(from_id, from_case, body.new_case_id, other, frozenset(body.post_ids))
    rows[case_key(tenant, from_id)] = from_case
    rows[case_key(tenant, body.new_case_id)] = other


_FOLDS: Mapping[str, Callable[[Rows, Recorded], None]] = {
    post.SourceConnected.DESCRIPTOR.full_name: _on_source,
    post.SourceChanged.DESCRIPTOR.full_name: _on_source,
    work.CaseOpened.DESCRIPTOR.full_name: _on_opened,
    work.PostAttached.DESCRIPTOR.full_name: _on_attached,
    work.ReplySent.DESCRIPTOR.full_name: _on_sent,
    work.OfferAccepted.DESCRIPTOR.full_name: _on_taken,
    work.CaseClaimed.DESCRIPTOR.full_name: _on_taken,
    work.CaseResolved.DESCRIPTOR.full_name: _on_resolved,
    work.CaseReopened.DESCRIPTOR.full_name: _on_reopened,
    work.CaseWithdrawn.DESCRIPTOR.full_name: _on_withdrawn,
    work.CasesJoined.DESCRIPTOR.full_name: _on_joined,
    work.CaseSplit.DESCRIPTOR.full_name: _on_split,
}
_IGNORED = (
    post.SourceDisconnected,
    post.PostReceived,
    post.PostSighted,
    post.PostEdited,
    post.PostWithdrawn,
    post.DeliveryQuarantined,
    post.DeliveryRequeued,
    post.GapDetected,
    post.GapFilled,
    work.CaseClassified,
    work.CaseQueued,
    work.RequirementRelaxed,
    work.CaseOffered,
    work.OfferDeclined,
    work.OfferExpired,
    work.OfferRescinded,
    work.ClaimLapsed,
    work.CaseReleased,
    work.ReplyRequested,
    work.ReplyFailed,
    work.CaseNoted,
    work.CasePended,
    work.CaseResumed,
    work.CaseTransferred,
    work.CaseEscalated,
    work.TaskOpened,
    work.TaskClosed,
    work.ResolutionConfirmed,
    work.CaseRecalled,
    work.PostDetached,
    work.AgentRegistered,
    work.AgentChanged,
    work.PresenceChanged,
    work.QueueChanged,
    work.PolicyChanged,
    work.SourceQueueChanged,
)
_SOURCES = frozenset((post.SourceConnected.DESCRIPTOR.full_name, post.SourceChanged.DESCRIPTOR.full_name))
_OPENED = work.CaseOpened.DESCRIPTOR.full_name
_JOINED = work.CasesJoined.DESCRIPTOR.full_name
_SPLIT = work.CaseSplit.DESCRIPTOR.full_name


class Contacts:
    """The view `contacts_v2`."""

    name = "contacts_v2"
    contexts = frozenset(("post", "work"))
    handles = frozenset(_FOLDS)
    ignores = frozenset(message.DESCRIPTOR.full_name for message in _IGNORED)
    schema = SQL["schema"]
    dumps: Mapping[str, str] = {
        "contacts_v2": "tenant, case_id, episode",
        "contacts_v2_cases": "tenant, case_id",
        "contacts_v2_parts": "tenant, case_id, part",
        "contacts_v2_sources": "tenant, source_id, since_ref",
    }

    def keys(self, event: Recorded) -> Sequence[str]:
        """The event's case, both cases of a join or split and all their facts, or its source. A case opens but once."""
        body = event.body
        if event.type == _OPENED:
            return (Founding(case_key(event.tenant, body.case_id)),)
        if event.type in _SOURCES:
            return (source_key(event.tenant, body.source_id),)
        if event.type == _JOINED:
            return _whole_keys(event.tenant, body.case_id, body.joined_case_id)
        if event.type == _SPLIT:
            return _whole_keys(event.tenant, body.case_id, body.new_case_id)
        return (case_key(event.tenant, body.case_id),)

    async def load(self, connection: Connection, keys: Sequence[str]) -> Rows:
        """The rows of the keys, and of every case they have been joined into."""
        rows: Rows = {}
        parts = [key.split("/", 2) for key in keys]
        whole = {(tenant, id_) for kind, tenant, id_ in parts if kind == "whole"}
        wanted = [(tenant, id_) for kind, tenant, id_ in parts if kind == "case"]
        while wanted:
            further: dict[tuple[str, str], None] = {}
            for found in await connection.fetch(SQL["load_cases"], *_columns(wanted)):
                tenant, case_id, channel, source_id, joined_into, facts, before, summary = found
                case = Case(channel, source_id, joined_into, load_facts(facts), before, summary)
                if before and (tenant, case_id) in whole:
                    case = case._replace(earlier=await _earlier(connection, tenant, case_id))
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
        return rows

    def fold(self, rows: Rows, event: Recorded) -> None:
        """Adds the event's fact to the case it concerns now."""
        _FOLDS[event.type](rows, event)

    async def save(self, connection: Connection, rows: Mapping[str, Row], touched: Sequence[str]) -> None:
        """Writes the touched cases, those they have been joined into, their contacts, and the touched sources. What is
        new goes in by COPY.
        """
        changed: dict[str, list[Values]] = {name: [] for name in ("new", "cases", "parts", "new_contacts", "contacts")}
        regrouped: list[Values] = []
        lost: list[Values] = []
        sources: list[Values] = []
        for key in _with_standing(rows, touched):
            row = rows[key]
            _, tenant, id_ = key.split("/", 2)
            if isinstance(row, Source):
                sources.extend((tenant, id_, since, labels) for since, labels in row.versions)
                continue
            written = rows_of(tenant, id_, row)
            if written is None:
                row = row._replace(earlier=await _earlier(connection, tenant, id_))
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
        if changed["new"]:
            await connection.copy_records_to_table("contacts_v2_cases", records=changed["new"])
        if changed["cases"]:
            await connection.execute(SQL["save_cases"], changed["cases"])
        if regrouped:
            await connection.execute(SQL["delete_parts"], *_columns(regrouped))
        if changed["parts"]:
            await connection.copy_records_to_table("contacts_v2_parts", records=changed["parts"])
        if lost:
            await connection.execute(SQL["delete_contacts"], *_columns(lost))
        if changed["new_contacts"]:
            await connection.copy_records_to_table("contacts_v2", records=changed["new_contacts"])
        if changed["contacts"]:
            await connection.execute(SQL["save_contacts"], changed["contacts"])


async def _earlier(connection: Connection, tenant: str, case_id: str) -> tuple[Fact, ...]:
    """The facts of a long case that are not in its row."""
    parts = await connection.fetch(SQL["load_parts"], tenant, case_id)
    return tuple(fact for part in parts for fact in load_facts(part["facts"]))


def _whole_keys(tenant: str, *case_ids: str) -> tuple[str, ...]:
    """The keys of cases all of whose facts are needed."""
    return tuple(f"{kind}/{tenant}/{case_id}" for case_id in case_ids for kind in ("case", "whole"))


def _with_standing(rows: Mapping[str, Row], touched: Sequence[str]) -> Iterable[str]:
    found: dict[str, None] = {}
    for key in touched:
        at = key
        while at in rows and at not in found:
            found[at] = None
            row = rows[at]
            if isinstance(row, Case) and row.joined_into:
                at = case_key(at.split("/", 2)[1], row.joined_into)
    return found


def _columns(values: Sequence[Values]) -> list[list[Any]]:
    return [list(column) for column in zip(*values, strict=True)]


@dataclass(frozen=True, slots=True)
class Contents:
    """Contacts of a tenant, and the log position they stand for."""

    position: int
    rows: Sequence[Any]
    labels: Labels

    def known(self) -> Iterator[Known]:
        """The contacts, in no particular order."""
        return (_known(row, self.labels) for row in self.rows)


BEGINNING, END = -(2**63), 2**63 - 1


async def read(database: Database, tenant: str, start: int, end: int, until: int) -> Contents:
    """The contacts that start in [start, end) and not after `until`, as of one position; microseconds."""
    async with database.transaction(isolation="repeatable_read", readonly=True) as connection:
        position = await connection.fetchval(SQL["position"])
        sources = await connection.fetch(SQL["sources"], tenant)
        rows = await connection.fetch(SQL["contacts"], tenant, start, end, until)
    return Contents(position or 0, rows, Labels((source_id, since, text) for source_id, since, text in sources))


async def label_keys(database: Database, tenant: str) -> frozenset[str]:
    """The keys of the labels that a source of the tenant has, or had."""
    async with database.acquire() as connection:
        return frozenset(key for (key,) in await connection.fetch(SQL["label_keys"], tenant))


def contents_of(rows: Mapping[str, Row], position: int, start: int, end: int, until: int) -> Contents:
    """What `read` would answer if these rows were in the tables."""
    found: list[Values] = []
    versions: list[tuple[str, int, str]] = []
    for key, row in rows.items():
        _, tenant, id_ = key.split("/", 2)
        if isinstance(row, Source):
            versions.extend((id_, since, labels) for since, labels in row.versions)
            continue
        for episode in episodes(row.facts):
            if start <= episode.start.at < end and episode.start.at <= until:
                found.append(contact_values(tenant, id_, episode)[1:])
    return Contents(position, found, Labels(versions))


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
    )
    refs = Refs(start_ref, accepted_ref, any_ref, human_ref, resolved_ref, withdrawn_ref)
    return Known(case_id, episode, contact, channel, source_id, labels.at(source_id, start_ref), refs)
