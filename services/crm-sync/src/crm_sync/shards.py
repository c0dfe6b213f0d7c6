"""The shard of customers between its tables and its callers: what is brought into memory, forgotten, asked.

It decides nothing. Everything the shard ever decided is in memory or in the tables: a customer is forgotten only after
the tables have reached the last commit that changed one of its identities.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from chassis.clock import Clock, Instant, from_timestamp
from chassis.commands import Origin, Request, request_of
from chassis.database import Connection, Database
from chassis.decider import Decider
from chassis.identity import uuid_bytes
from chassis.layout import struct_of
from chassis.shard import ShardWriter
from chassis.vault import KeyVault
from google.protobuf.message import Message
from switchboard.crm.v1 import internal_pb2, service_pb2

from crm_sync import contract, decider, events
from crm_sync import kept as facts
from crm_sync.decider import Command, Erase, Forbid, Link, Observe, Unlink, Withdraw
from crm_sync.matching import HOLDERS_MAX, PARTNERS_MAX
from crm_sync.state import Customers, Identity, Tie, evolve
from crm_sync.views import customers as tables

IDENTITIES_MAX = 200_000
"""Identities kept in memory before those the tables have are forgotten. Against: about 1.5 KB each."""

Writer = ShardWriter[Command, Customers, events.Event]


def differs(live: Customers, again: Customers) -> str | None:
    """I1 for a shard that keeps only some rows: each of them is as the fold of all facts says."""
    for identity_id, identity in live.identities.items():
        if identity != again.identities.get(identity_id):
            return f"identity {identity_id} differs from its refolded self"
        ours, theirs = live.group(identity_id), again.group(identity_id)
        # While facts wait for rows that were not brought in yet, a customer in memory may lack members.
        if not ours <= theirs or (ours != theirs and not live.unfolded):
            return f"the customer of identity {identity_id} differs from the refolded one"
    return None


DECIDER: Decider[Command, Customers, events.Event] = Decider(
    initial=Customers,
    decide=decider.decide,
    evolve=evolve,
    encode=contract.encode,
    decode=contract.decode,
    occurred_at=events.occurred_at,
    differs=differs,
)


class CustomersBacking:
    """The view of customers as the memory behind the shard."""

    def __init__(self, database: Database, identities_max: int = IDENTITIES_MAX) -> None:
        self._database = database
        self._identities_max = identities_max

    async def position(self, tenant: str) -> int:
        """Log position the view has reached."""
        return await tables.position(self._database, tenant)

    async def load(self, tenant: str, state: Customers, commands: Sequence[Command]) -> None:
        """Brings whole customers in: those of every identity, id and proved contact point the commands name."""
        if len(state.identities) > self._identities_max:
            state.seen = max(state.seen, await tables.position(self._database, tenant))
        ids, contacts, founded = _wanted(state, commands)
        if not (contacts or founded) and not await self._known(tenant, ids):
            return
        async with self._database.transaction(isolation="repeatable_read", readonly=True) as connection:
            if contacts:
                found = await tables.holders(connection, tenant, contacts, HOLDERS_MAX)
                ids |= {one.identity_id for one in found if one.verified and one.uniq} - state.identities.keys()
            wanted = set((await tables.customers_founded(connection, tenant, founded)).values()) if founded else set()
            if ids:
                wanted |= set((await tables.customers_of(connection, tenant, ids)).values())
            if wanted:
                await _bring(connection, tenant, state, wanted)
        state.complete |= contacts

    async def _known(self, tenant: str, ids: set[str]) -> bool:
        """Whether the tables have any of these identities. Mostly they have none, and one question tells."""
        if not ids:
            return False
        async with self._database.acquire() as connection:
            return bool(await tables.customers_of(connection, tenant, ids))

    def evict(self, state: Customers, position: int) -> None:
        """Notes what the last commits changed, and forgets the longest known customers when there are too many."""
        if state.touched:
            state.changed_at.update(dict.fromkeys(state.touched, position))
            state.touched.clear()
        if len(state.identities) <= self._identities_max:
            return
        for identity_id in list(state.identities):
            if len(state.identities) <= self._identities_max * 3 // 4:
                return
            if identity_id in state.identities:
                group = set(state.group(identity_id))
                if all(state.changed_at.get(one, 0) <= state.seen for one in group):
                    state.drop(group)


def _wanted(state: Customers, commands: Sequence[Command]) -> tuple[set[str], set[bytes], set[str]]:
    """(identities, proved contact points, customer ids) that the commands touch and memory lacks."""
    ids: set[str] = set(state.unfolded)
    contacts: set[bytes] = set()
    founded: set[str] = set()
    known = state.identities
    for command in commands:
        match command:
            case Observe(profile=profile):
                if profile.identity_id not in known:
                    ids.add(profile.identity_id)
                if profile.proves:
                    contacts.update(profile.proves)
            case Withdraw(identity_id=identity_id):
                if identity_id not in known:
                    ids.add(identity_id)
            case Link() | Unlink() | Forbid():
                ids.update(one for one in (command.a, command.b) if one not in known)
            case Erase():
                if command.identity_id and command.identity_id not in known:
                    ids.add(command.identity_id)
                if command.customer_id and command.customer_id not in state.founders:
                    founded.add(command.customer_id)
    return ids, contacts - state.complete, founded


async def _bring(connection: Connection, tenant: str, state: Customers, customer_ids: set[str]) -> None:
    record = await tables.record(connection, tenant, customer_ids, PARTNERS_MAX)
    rows = {
        row.identity_id: Identity(
            identity_id=row.identity_id,
            founded_customer_id=row.founded_customer_id,
            founded_at=Instant(row.founded_at),
            customer_id=row.customer_id,
            names_digest=b"",
            names_at=Instant(0),
            names_source="",
            erased=row.erased_at is not None,
        )
        for row in record.identities
        if row.identity_id not in state.identities
    }
    for row in record.identities:
        if (identity := rows.get(row.identity_id)) is None:
            continue
        for _, fact in facts.facts(row.facts):
            if isinstance(fact, events.IdentityObserved):
                identity.names_digest, identity.names_at = fact.names_digest, fact.at
                identity.names_source = fact.source
            if fact.said is not None:
                at = fact.at if isinstance(fact, events.IdentityObserved) else fact.observed_at
                identity.take(fact.source, fact.said, at, fact.content)
    for link in record.links:
        for mine, other in ((link.identity_a, link.identity_b), (link.identity_b, link.identity_a)):
            if (identity := rows.get(mine)) is None:
                continue
            if link.linked_event_id:
                last = link.linked_at if link.active else link.unlinked_at
                tie = Tie(events.LinkReason(link.reason), link.active, Instant(last or 0))
                identity.ties = {**identity.ties, other: tie}
            if link.forbidden_event_id:
                identity.barred = identity.barred | {other}
    for conflict in record.conflicts:
        for mine, other in ((conflict.identity_a, conflict.identity_b), (conflict.identity_b, conflict.identity_a)):
            if (identity := rows.get(mine)) is not None:
                said = (other, events.ConflictReason(conflict.reason), conflict.attribute)
                identity.conflicts = identity.conflicts | {said}
    for identity in rows.values():
        state.put(identity)


class Requests:
    """What requests mean to the shard, at its owner. Answers carry their position as a decimal number."""

    def __init__(self, vault: KeyVault, clock: Clock) -> None:
        self._vault = vault
        self._clock = clock

    async def __call__(self, writer: Writer, request: Message) -> Message:
        """Executes one request. Raises Rejected."""
        at = self._clock.now()
        match request:
            case internal_pb2.ObserveIdentityRequest():
                return await _observe(writer, request, at)
            case service_pb2.EraseSubjectRequest():
                return await self._erase(writer, request, at)
            case service_pb2.LinkIdentitiesRequest():
                link = Link(*_ends(request), at)
                return await _submit(writer, request, link, lambda state: _linked(writer, link, state))
            case service_pb2.UnlinkIdentitiesRequest():
                unlink = Unlink(*_ends(request), at)
                return await _submit(writer, request, unlink, lambda state: _unlinked(writer, unlink, state))
            case service_pb2.ForbidLinkRequest():
                forbid = Forbid(*_ends(request), at)
                return await _submit(writer, request, forbid, lambda state: _forbidden(writer, forbid, state))
            case _:
                raise TypeError(f"{type(request).__name__} is no request to a shard of customers")

    async def _erase(self, writer: Writer, request: service_pb2.EraseSubjectRequest, at: Instant) -> Message:
        """The fact first, then the keys: after a crash in between, the reactor on the fact destroys them."""
        tenant = writer.subject.tenant
        _, _, kind, name = request.name.split("/")
        identity_id, customer_id = (name, "") if kind == "identities" else ("", name)
        command = Erase(identity_id, customer_id, request.reason or "request", uuid_bytes(request.request_id), at)

        def erased(state: Customers) -> Message:
            names = [f"tenants/{tenant}/identities/{one}" for one in decider.subjects(command, state)]
            return service_pb2.EraseSubjectResponse(identities=names)

        answer = await _submit(writer, request, command, erased)
        assert isinstance(answer, service_pb2.EraseSubjectResponse)
        for subject in answer.identities:
            await self._vault.destroy(tenant, subject.rpartition("/")[2])
        return answer


def _ends(request: Any) -> tuple[str, str, bytes]:
    a, b = (name.rpartition("/")[2] for name in (request.identity_a, request.identity_b))
    return a, b, uuid_bytes(request.request_id)


def _customer(writer: Writer, state: Customers, identity_id: str) -> str:
    return f"tenants/{writer.subject.tenant}/customers/{state.identities[identity_id].customer_id}"


def _linked(writer: Writer, command: Link, state: Customers) -> Message:
    return service_pb2.LinkIdentitiesResponse(customer=_customer(writer, state, command.a))


def _unlinked(writer: Writer, command: Unlink, state: Customers) -> Message:
    return service_pb2.UnlinkIdentitiesResponse(
        customer_a=_customer(writer, state, command.a), customer_b=_customer(writer, state, command.b)
    )


def _forbidden(writer: Writer, command: Forbid, state: Customers) -> Message:
    return service_pb2.ForbidLinkResponse(
        customer_a=_customer(writer, state, command.a), customer_b=_customer(writer, state, command.b)
    )


async def _submit(writer: Writer, request: Message, command: Command, respond: Any) -> Message:
    outcome = await writer.submit(command, request=request_of(request), respond=lambda state, _: respond(state))
    answer = outcome.response
    assert answer is not None
    answer.position = str(outcome.position)  # type: ignore[attr-defined]
    return answer


async def _observe(writer: Writer, request: internal_pb2.ObserveIdentityRequest, at: Instant) -> Message:
    tenant = writer.subject.tenant
    said = contract.said_of(request.said)
    profile = decider.Profile(
        identity_id=request.identity_id,
        founded_customer_id=request.founded_customer_id,
        channel=request.channel,
        source=request.source,
        names_digest=request.names_digest,
        content=struct_of(request.content) if request.HasField("content") else None,
        said=said,
        renames=False,
        proves=frozenset(one.contact for one in decider.proofs(said.attributes)),
    )
    observed_at = from_timestamp(request.observed_at) if request.HasField("observed_at") else at
    command = Observe(profile, request.request_id, observed_at, insists=True)

    def asserted(state: Customers, decided: Sequence[events.Event]) -> Message:
        return service_pb2.AssertAttributesResponse(
            identity=f"tenants/{tenant}/identities/{request.identity_id}",
            customer=_customer(writer, state, request.identity_id),
            asserted=sum(
                len(one.said.names)
                for one in decided
                if isinstance(one, events.IdentityObserved | events.AttributesAsserted) and one.said is not None
            ),
            links=[link for one in decided if (link := _outcome(tenant, one)) is not None],
        )

    outcome = await writer.submit(
        command,
        origin=Origin(causation_id=request.request_id),
        request=Request(request.request_id, request.request_digest),
        respond=asserted,
    )
    answer = outcome.response
    assert isinstance(answer, service_pb2.AssertAttributesResponse)
    answer.position = str(outcome.position)
    return answer


def _outcome(tenant: str, event: events.Event) -> service_pb2.Link | None:
    """A link that was made or a conflict that was raised; event ids are not known before the commit is durable."""
    if not isinstance(event, events.IdentitiesLinked | events.ConflictRaised):
        return None
    link = service_pb2.Link(
        identity_a=f"tenants/{tenant}/identities/{event.identity_a}",
        identity_b=f"tenants/{tenant}/identities/{event.identity_b}",
    )
    if isinstance(event, events.IdentitiesLinked):
        link.active, link.attribute, link.ruleset = True, event.attribute, event.ruleset
        reason: Any = int(event.reason)
        link.reason = reason
    else:
        link.conflicts.add(
            reason=f"CONFLICT_REASON_{event.reason.name}",
            attribute=event.attribute,
            disputed=event.disputed,
        )
    return link
