"""The tables of customers: what the facts of `crm` leave behind, and the questions they answer.

Personal values stay sealed here as in the log, so a replay never needs a key, and a person erased years ago leaves the
same rows as one erased a second ago.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, NamedTuple

from chassis.commits import Recorded
from chassis.database import Connection, Database, queries
from chassis.filters import Expression, bound, where
from chassis.parts import row_of
from chassis.view import Founding
from switchboard.crm.v1 import events_structs as crm

from crm_sync import events, kept

NAME = "customers_v2"
SQL = queries(__file__, "customers.sql")


class Identity(NamedTuple):
    """One identity; instants are microseconds."""

    tenant: str
    identity_id: str
    founded_customer_id: str
    founded_at: int
    customer_id: str
    channel: str
    source: str
    facts: bytes
    """What `kept` writes; empty after erasure."""
    asserted: int
    """How many values were ever asserted of it; stays after erasure."""
    erased_at: int | None


class Contact(NamedTuple):
    """An identity has this contact point."""

    tenant: str
    contact: bytes
    identity_id: str
    verified: bool
    uniq: bool


class Link(NamedTuple):
    """What was ever said between two identities. Event ids are empty where there was no event."""

    tenant: str
    identity_a: str
    identity_b: str
    active: bool = False
    reason: int = 0
    attribute: str = ""
    ruleset: str = ""
    actor: str = ""
    linked_at: int | None = None
    linked_event_id: bytes = b""
    unlinked_at: int | None = None
    unlinked_event_id: bytes = b""
    forbidden_event_id: bytes = b""


class Conflict(NamedTuple):
    """Evidence that a rule overruled."""

    tenant: str
    identity_a: str
    identity_b: str
    reason: int
    attribute: str
    disputed: str
    at: int
    event_id: bytes


@dataclass(frozen=True, slots=True)
class Contacts:
    """The contact points a batch of events gives an identity; each takes the place of its row in the table.

    `are_all`: the identity has no others.
    """

    contacts: tuple[Contact, ...]
    are_all: bool = False


Row = Identity | Contacts | Link | Conflict


def _identity_key(tenant: str, identity_id: str) -> str:
    return f"identity/{tenant}/{identity_id}"


def _link_key(tenant: str, body: Any) -> str:
    return f"link/{tenant}/{body.identity_a}/{body.identity_b}"


def _contacts_key(tenant: str, identity_id: str) -> str:
    return f"contacts/{tenant}/{identity_id}"


def _conflict_key(event: Recorded) -> str:
    body = event.body
    return f"conflict/{event.tenant}/{body.identity_a}/{body.identity_b}/{body.reason}/{body.attribute}"


Rows = dict[str, Row]


def _known(rows: Rows, tenant: str, identity_id: str) -> tuple[str, Identity]:
    key = _identity_key(tenant, identity_id)
    row = rows[key]
    assert isinstance(row, Identity)
    return key, row


def _on_observed(rows: Rows, event: Recorded) -> None:
    body = event.body
    tenant, identity_id, founded = event.tenant, body.identity_id, body.founded_customer_id
    if not founded:
        _on_asserted(rows, event)
        return
    said = body.said
    rows[_identity_key(tenant, identity_id)] = Identity(
        tenant,
        identity_id,
        founded,
        body.at,
        founded,
        body.channel,
        body.source,
        kept.first(event.event_id, body),
        0 if said is None else len(said.names),
        None,
    )
    if said is not None and said.standings:
        _meet(rows, tenant, identity_id, said)


def _on_asserted(rows: Rows, event: Recorded) -> None:
    body = event.body
    key, row = _known(rows, event.tenant, body.identity_id)
    said = body.said
    asserted = row.asserted + (0 if said is None else len(said.names))
    if row.erased_at is not None:
        rows[key] = row._replace(asserted=asserted)
        return
    rows[key] = row._replace(asserted=asserted, facts=kept.added(row.facts, event.event_id, body))
    if said is not None and said.standings:
        _meet(rows, event.tenant, body.identity_id, said)


def _meet(rows: Rows, tenant: str, identity_id: str, said: crm.Assertion) -> None:
    if found := _points(tenant, identity_id, said):
        key = _contacts_key(tenant, identity_id)
        before = rows.get(key)
        known = before if isinstance(before, Contacts) else Contacts(())
        rows[key] = Contacts((*known.contacts, *found), known.are_all)


def _points(tenant: str, identity_id: str, said: crm.Assertion | events.Assertion) -> list[Contact]:
    return [
        Contact(tenant, one.contact, identity_id, one.verified, one.unique) for one in said.standings if one.contact
    ]


def _link(rows: Rows, event: Recorded) -> Link:
    body = event.body
    row = rows.get(_link_key(event.tenant, body))
    return row if isinstance(row, Link) else Link(event.tenant, body.identity_a, body.identity_b)


def _move(rows: Rows, event: Recorded) -> None:
    for identity_id in event.body.moved:
        key, row = _known(rows, event.tenant, identity_id)
        rows[key] = row._replace(customer_id=event.body.customer_id)


def _on_linked(rows: Rows, event: Recorded) -> None:
    body = event.body
    _move(rows, event)
    rows[_link_key(event.tenant, body)] = _link(rows, event)._replace(
        active=True,
        reason=body.reason,
        attribute=body.attribute,
        ruleset=body.ruleset,
        actor=event.event.actor,
        linked_at=body.at,
        linked_event_id=event.event_id,
    )


def _on_unlinked(rows: Rows, event: Recorded) -> None:
    body = event.body
    _move(rows, event)
    rows[_link_key(event.tenant, body)] = _link(rows, event)._replace(
        active=False,
        unlinked_at=body.at,
        unlinked_event_id=event.event_id,
    )


def _on_forbidden(rows: Rows, event: Recorded) -> None:
    forbidden = _link(rows, event)._replace(forbidden_event_id=event.event_id)
    rows[_link_key(event.tenant, event.body)] = forbidden


def _on_conflict(rows: Rows, event: Recorded) -> None:
    body = event.body
    rows[_conflict_key(event)] = Conflict(
        event.tenant,
        body.identity_a,
        body.identity_b,
        body.reason,
        body.attribute,
        body.disputed,
        body.at,
        event.event_id,
    )


def _on_withdrawn(rows: Rows, event: Recorded) -> None:
    tenant, identity_id = event.tenant, event.body.identity_id
    key, row = _known(rows, tenant, identity_id)
    left = kept.without_shown(row.facts)
    rows[key] = row._replace(facts=left)
    said = [fact.said for _, fact in kept.facts(left) if fact.said is not None]
    points = [point for one in said for point in _points(tenant, identity_id, one)]
    rows[_contacts_key(tenant, identity_id)] = Contacts(tuple(points), are_all=True)


def _on_erased(rows: Rows, event: Recorded) -> None:
    key, row = _known(rows, event.tenant, event.body.identity_id)
    rows[key] = row._replace(facts=b"", erased_at=event.body.at)


_FOLDS: Mapping[str, Callable[[Rows, Recorded], None]] = {
    crm.IdentityObserved.NAME: _on_observed,
    crm.AttributesAsserted.NAME: _on_asserted,
    crm.IdentitiesLinked.NAME: _on_linked,
    crm.IdentitiesUnlinked.NAME: _on_unlinked,
    crm.LinkForbidden.NAME: _on_forbidden,
    crm.ConflictRaised.NAME: _on_conflict,
    crm.ProfileWithdrawn.NAME: _on_withdrawn,
    crm.SubjectErased.NAME: _on_erased,
}
_OBSERVED = crm.IdentityObserved.NAME
_SAYING = frozenset((_OBSERVED, crm.AttributesAsserted.NAME))
_WITHDRAWN = crm.ProfileWithdrawn.NAME
_CONFLICT = crm.ConflictRaised.NAME
_LINKS = frozenset((crm.IdentitiesLinked.NAME, crm.IdentitiesUnlinked.NAME, crm.LinkForbidden.NAME))


def keys(event: Recorded) -> Sequence[str]:
    """What an event touches. Contacts hang on their identity: what is parked with it stays behind an erasure."""
    body, tenant = event.body, event.tenant
    if event.type in _SAYING:
        key = _identity_key(tenant, body.identity_id)
        if event.type == _OBSERVED and body.founded_customer_id:
            key = Founding(key)
        meets = body.said is not None and body.said.standings
        return [key, _contacts_key(tenant, body.identity_id)] if meets else [key]
    if event.type == _WITHDRAWN:
        return [_identity_key(tenant, body.identity_id), _contacts_key(tenant, body.identity_id)]
    if event.type == _CONFLICT:
        return [_conflict_key(event)]
    if event.type in _LINKS:
        moved = getattr(body, "moved", ())
        return [_link_key(tenant, body), *(_identity_key(tenant, one) for one in moved)]
    return [_identity_key(tenant, body.identity_id)]


class Customers:
    """The view customers_v2."""

    name = NAME
    contexts = frozenset({"crm"})
    handles = frozenset(_FOLDS)
    ignores: frozenset[str] = frozenset()
    schema = SQL["schema"]
    dumps: Mapping[str, str] = MappingProxyType(
        {
            "customers_v2_identities": "tenant, identity_id",
            "customers_v2_contacts": "tenant, contact, identity_id, verified",
            "customers_v2_links": "tenant, identity_a, identity_b",
            "customers_v2_conflicts": "tenant, identity_a, identity_b, reason, attribute",
        }
    )

    def keys(self, event: Recorded) -> Sequence[str]:
        """See `keys`."""
        return keys(event)

    async def load(self, connection: Connection, keys: Sequence[str]) -> dict[str, Row]:
        """Identities and links; contacts and conflicts are only ever replaced as a whole."""
        parts = [key.split("/") for key in keys]
        rows: dict[str, Row] = {}
        if found := [part[1:] for part in parts if part[0] == "identity"]:
            for record in await connection.fetch(SQL["load_identities"], *_columns(found, 2)):
                identity = Identity(*record)
                rows[_identity_key(identity.tenant, identity.identity_id)] = identity
        if found := [part[1:] for part in parts if part[0] == "link"]:
            for record in await connection.fetch(SQL["load_links"], *_columns(found, 3)):
                link = Link(*record)
                rows[_link_key(link.tenant, link)] = link
        return rows

    def fold(self, rows: dict[str, Row], event: Recorded) -> None:
        """One event onto its rows."""
        _FOLDS[event.type](rows, event)

    async def save(self, connection: Connection, rows: Mapping[str, Row], touched: Sequence[str]) -> None:
        """One statement per table; the contacts of the erased go last. Identities that are new go in by COPY."""
        changed = [(key, rows[key]) for key in touched if key in rows]
        identities = [(key, row) for key, row in changed if isinstance(row, Identity)]
        founded = [row for key, row in identities if type(key) is Founding]
        if founded:
            await connection.copy_records_to_table("customers_v2_identities", records=founded, columns=Identity._fields)
        known = [row for key, row in identities if type(key) is not Founding]
        if known:
            await connection.execute(SQL["save_identities"], known)
        alone = [key.split("/")[1:] for key, row in changed if isinstance(row, Contacts) and row.are_all]
        if alone:
            await connection.execute(SQL["forget"], *_columns(alone, 2))
        contacts = {
            (one.tenant, one.contact, one.identity_id, one.verified): one
            for _, row in changed
            if isinstance(row, Contacts)
            for one in row.contacts
        }
        for statement, found in (
            ("save_contacts", list(contacts.values())),
            ("save_links", [row for _, row in changed if isinstance(row, Link)]),
            ("save_conflicts", [row for _, row in changed if isinstance(row, Conflict)]),
        ):
            if found:
                await connection.execute(SQL[statement], found)
        erased = [(row.tenant, row.identity_id) for _, row in identities if row.erased_at is not None]
        if erased:
            await connection.execute(SQL["forget"], *_columns(erased, 2))


def _columns(rows: Sequence[Sequence[Any]], width: int) -> list[list[Any]]:
    return [[row[column] for row in rows] for column in range(width)]


@dataclass(frozen=True, slots=True)
class Record:
    """Everything the tables have about some customers."""

    identities: Sequence[Identity]
    candidates: Sequence[kept.Candidate]
    links: Sequence[Link]
    conflicts: Sequence[Conflict]

    def of(self, customer_id: str) -> Record:
        """The part about one customer; links and conflicts that reach out of it included."""
        mine = {row.identity_id for row in self.identities if row.customer_id == customer_id}
        return Record(
            [row for row in self.identities if row.identity_id in mine],
            [row for row in self.candidates if row.identity_id in mine],
            [row for row in self.links if row.identity_a in mine or row.identity_b in mine],
            [row for row in self.conflicts if row.identity_a in mine or row.identity_b in mine],
        )


async def position(connection: Connection | Database, tenant: str) -> int:
    """Log position of a tenant's rows as this connection sees them, 0 before the first event."""
    return int(await connection.fetchval(SQL["position"], row_of(NAME, tenant)) or 0)


Pair = tuple[str, str]
"""Two identities in the order of their ids."""


async def record(connection: Connection, tenant: str, customer_ids: Collection[str], links_max: int) -> Record:
    """Everything about these customers but at most so many links and conflicts to each side of an identity.

    Call it inside one transaction, or the parts may not fit together.
    """
    identities = [Identity(*row) for row in await connection.fetch(SQL["identities_of"], tenant, list(customer_ids))]
    ids = [row.identity_id for row in identities]
    links = [Link(*row) for row in await connection.fetch(SQL["links_of"], tenant, ids, links_max)]
    conflicts = [Conflict(*row) for row in await connection.fetch(SQL["conflicts_of"], tenant, ids, links_max)]
    return Record(
        identities,
        [one for row in identities for one in kept.candidates(tenant, row.identity_id, row.facts)],
        list(dict.fromkeys(links)),  # a pair within a customer is found from both ends
        list(dict.fromkeys(conflicts)),
    )


async def pairs(connection: Connection, tenant: str, ids: Collection[str], after: Pair, limit: int) -> list[Pair]:
    """Pairs between which anything was ever said with one end among these identities, in order, after a pair."""
    rows = await connection.fetch(SQL["pairs_of"], tenant, list(ids), *after, limit)
    return [(row["identity_a"], row["identity_b"]) for row in rows]


async def between(connection: Connection, tenant: str, pairs: Sequence[Pair]) -> Record:
    """What was said between the two identities of each pair; no identities and no values."""
    ends = _columns(pairs, 2)
    return Record(
        (),
        (),
        [Link(*row) for row in await connection.fetch(SQL["links_between"], tenant, *ends)],
        [Conflict(*row) for row in await connection.fetch(SQL["conflicts_between"], tenant, *ends)],
    )


async def active_pairs(connection: Connection, tenant: str, ids: Collection[str]) -> list[Pair]:
    """The active links both of whose ends are among these identities."""
    rows = await connection.fetch(SQL["active_pairs"], tenant, list(ids))
    return [(row["identity_a"], row["identity_b"]) for row in rows]


async def identities_of(connection: Connection, tenant: str, customer_id: str) -> list[str]:
    """The ids of a customer's identities, oldest first."""
    return [row["identity_id"] for row in await connection.fetch(SQL["identities_of"], tenant, [customer_id])]


async def customers_of(connection: Connection, tenant: str, identity_ids: Collection[str]) -> dict[str, str]:
    """The customer of each identity; unknown ones are left out."""
    rows = await connection.fetch(SQL["customers_of"], tenant, ",".join(identity_ids))
    return {row["identity_id"]: row["customer_id"] for row in rows}


async def customers_founded(connection: Connection, tenant: str, customer_ids: Collection[str]) -> dict[str, str]:
    """The customer each customer id leads to now: itself, or the one it was merged into."""
    rows = await connection.fetch(SQL["founders"], tenant, list(customer_ids))
    return {row["founded_customer_id"]: row["customer_id"] for row in rows}


@dataclass(frozen=True, slots=True)
class Holder:
    """An identity that has a contact point."""

    contact: bytes
    identity_id: str
    verified: bool
    uniq: bool
    customer_id: str


async def holders(connection: Connection, tenant: str, contacts: Iterable[bytes], limit: int) -> list[Holder]:
    """Who has these contact points, at most so many of each: proved before claimed, then oldest first."""
    rows = await connection.fetch(SQL["holders"], tenant, list(contacts), limit)
    return [
        Holder(row["contact"], row["identity_id"], row["verified"], row["uniq"], row["customer_id"]) for row in rows
    ]


_COLUMNS = {"identities": "count(*)", "channels": "array_agg(channel)"}
"""What customers can be filtered by, and where it stands."""


async def page(
    connection: Connection, tenant: str, wanted: Expression, after: str, limit: int
) -> list[tuple[str, int]]:
    """Ids of customers that satisfy an expression in order, and what the facts about each weigh in bytes."""
    values: list[object] = [tenant, after]
    statement = f"{SQL['page']} having {where(wanted, _COLUMNS, bound(values))}\norder by customer_id limit {limit:d}"
    rows = await connection.fetch(statement, *values)
    return [(row["customer_id"], row["facts_bytes"]) for row in rows]
