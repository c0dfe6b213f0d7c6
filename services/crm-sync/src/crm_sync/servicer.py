"""switchboard.crm.v1.CustomerService: a request in, a question to the view or a command to the shard, an answer out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from itertools import accumulate
from typing import Any, TypeVar

import grpc
from chassis.clock import Clock, to_timestamp
from chassis.commands import request_of
from chassis.commits import Position
from chassis.database import Connection, Database
from chassis.errors import InvalidRequest, NotFound, Rejected
from chassis.filters import holds, parse
from chassis.host import ShardHost
from chassis.layout import message_of
from chassis.message_limits import MessageLimits
from chassis.projection import Projection
from chassis.requests import Uuid, optional_instant, page, parse_name, request_uuid
from chassis.sealing import SubjectKey
from chassis.serving import deadline_s
from chassis.tenants import Tenants
from chassis.vault import KeyVault
from google.protobuf.message import Message
from switchboard.crm.v1 import internal_pb2, service_pb2_grpc
from switchboard.crm.v1 import service_pb2 as pb

from crm_sync import survivorship, wire
from crm_sync.contact_points import Defect, contact
from crm_sync.contract import said_into
from crm_sync.decider import Command, Reason
from crm_sync.events import Event
from crm_sync.judges import (
    FIELDS,
    VALUE_FIELDS,
    assertion_of,
    identity_of,
    mutation_of,
    name_of,
    resource_of,
    two_identities,
)
from crm_sync.kept import Candidate
from crm_sync.matching import HOLDERS_MAX, contact_class
from crm_sync.naming import founded_customer_id
from crm_sync.reactions import VALUE_BYTES_MAX, Claim, assertion, sealed_content
from crm_sync.state import Customers
from crm_sync.views import customers as tables

SHARD = "0"
CONTEXT = "crm"
FACTS_BYTES_MAX = 4 * 1024 * 1024
"""Facts that one page of customers is made of."""
OTHERS_MAX = 100
LIMITS = MessageLimits(
    texts={"switchboard.crm.v1.AttributeAssertion.value": 4 * VALUE_BYTES_MAX},
    totals={"switchboard.crm.v1.AssertAttributesRequest": 256 * 1024},
)
"""What requests may carry beyond the usual: values are sealed one by one, and all of a request fit a commit. A value
that is a little too long is named together with whatever else is wrong.
"""

_HINTS: Mapping[Defect | None, str] = {
    Defect.NATIONAL: ", which has no country: say its region",
    Defect.MALFORMED: ", which has not the form of one",
}
"""What is wrong with a contact point that was looked for and not found."""
_NOBODY = "00000000-0000-0000-0000-000000000000"

Context = grpc.aio.ServicerContext[Any, Any]
M = TypeVar("M", bound=Message)
R = TypeVar("R")

CODES: Mapping[str, grpc.StatusCode] = {
    Reason.IDENTITY_UNKNOWN: grpc.StatusCode.NOT_FOUND,
    Reason.CUSTOMER_UNKNOWN: grpc.StatusCode.NOT_FOUND,
}
"""Reasons that are no FAILED_PRECONDITION."""


class CustomerServicer(service_pb2_grpc.CustomerServiceServicer):
    """Reads from the tables of this replica's database; commands go to the owner of the tenant's shard."""

    def __init__(
        self,
        *,
        host: ShardHost[Command, Customers, Event],
        database: Database,
        projection: Projection[tables.Row],
        tenants: Tenants,
        vault: KeyVault,
        clock: Clock,
    ) -> None:
        self._host = host
        self._database = database
        self._projection = projection
        self._tenants = tenants
        self._vault = vault
        self._clock = clock

    async def LookupCustomer(  # noqa: N802  # gRPC names it
        self, request: pb.LookupCustomerRequest, context: Context
    ) -> pb.LookupCustomerResponse:
        tenant = parse_name("tenants/{tenant}", request.parent, "parent")["tenant"]
        match request.WhichOneof("by"):
            case "identity":
                wanted = resource_of("identities", request.identity, "identity", tenant)
            case "identity_key":
                wanted = identity_of(request.identity_key)
            case "contact":
                return await self._by_contact(tenant, request)
            case _:
                raise InvalidRequest([("by", "one of identity, identity_key, contact is required")])

        async def found(connection: Connection) -> tuple[str, tables.Record]:
            known = await tables.customers_of(connection, tenant, [wanted])
            if not known:
                raise NotFound("identity", f"tenants/{tenant}/identities/{wanted}")
            customer_id = known[wanted]
            return customer_id, await _record(connection, tenant, [customer_id])

        customer_id, record = await self._read(tenant, request.min_position, found)
        return pb.LookupCustomerResponse(customer=await self._customer(tenant, customer_id, record))

    async def _by_contact(self, tenant: str, request: pb.LookupCustomerRequest) -> pb.LookupCustomerResponse:
        kind = request.contact.kind
        region = request.contact.region or self._tenants.settings(tenant).default_region
        point = contact(kind, request.contact.value, region)
        if point is None:
            raise InvalidRequest([("contact.value", "is required")])
        index = self._vault.blind(tenant, point.indexed)

        async def found(connection: Connection) -> tuple[list[str], tables.Record]:
            holders = await tables.holders(connection, tenant, [index], HOLDERS_MAX)
            if not holders:
                raise NotFound("customer", f"tenants/{tenant}/customers with this {kind}{_HINTS.get(point.defect, '')}")
            ids = list(dict.fromkeys(holder.customer_id for holder in holders))
            return ids, await _record(connection, tenant, ids[:1])

        ids, record = await self._read(tenant, request.min_position, found)
        return pb.LookupCustomerResponse(
            customer=await self._customer(tenant, ids[0], record),
            others=[f"tenants/{tenant}/customers/{one}" for one in ids[1 : OTHERS_MAX + 1]],
        )

    async def GetCustomer(  # noqa: N802
        self, request: pb.GetCustomerRequest, context: Context
    ) -> pb.GetCustomerResponse:
        tenant, asked = name_of("customers", request.name)
        customer_id, record = await self._read(tenant, request.min_position, _one(tenant, asked))
        return pb.GetCustomerResponse(customer=await self._customer(tenant, customer_id, record))

    async def ListCustomers(  # noqa: N802
        self, request: pb.ListCustomersRequest, context: Context
    ) -> pb.ListCustomersResponse:
        tenant = parse_name("tenants/{tenant}", request.parent, "parent")["tenant"]
        wanted = parse(request.filter, FIELDS)
        asked = page(request, (Uuid,))
        after = str(asked.cursor[0]) if asked.cursor else _NOBODY

        async def found(connection: Connection) -> tuple[Sequence[str], str, tables.Record]:
            rows = await tables.page(connection, tenant, wanted, after, asked.size + 1)
            weights = accumulate(facts_bytes for _, facts_bytes in rows)
            fitting = max(1, sum(1 for weight in weights if weight <= FACTS_BYTES_MAX))
            ids, token = asked.cut([one for one, _ in rows], lambda one: (one,))
            if fitting < len(ids):
                ids, token = ids[:fitting], asked.token_after((ids[fitting - 1],))
            return ids, token, await _record(connection, tenant, ids)

        ids, token, record = await self._read(tenant, request.min_position, found)
        keys = await self._keys(tenant, record)
        customers = [wire.customer(tenant, one, record.of(one), keys) for one in ids]
        shown, token = asked.within(ids, customers, token, lambda one: (one,))
        return pb.ListCustomersResponse(customers=shown, next_page_token=token)

    async def ListAttributeValues(  # noqa: N802
        self, request: pb.ListAttributeValuesRequest, context: Context
    ) -> pb.ListAttributeValuesResponse:
        tenant, customer_id = name_of("customers", request.parent, "parent")
        wanted, only = page(request, (str, str, str, int, str)), parse(request.filter, VALUE_FIELDS)
        _, record = await self._read(tenant, request.min_position, _one(tenant, customer_id))
        counts = Counter(row.attribute for row in record.candidates)
        after = wanted.cursor or ("", "", "", 0, "")
        narrowed = [row for row in record.candidates if holds(only, partial(getattr, row))]
        left = sorted((row for row in narrowed if _place(row) > after), key=_place)
        rows, token = wanted.cut(left[: wanted.size + 1], _place)
        opened = wire.values(rows, await self._keys(tenant, record), counts)
        values, token = wanted.within(rows, opened, token, _place)
        return pb.ListAttributeValuesResponse(values=values, next_page_token=token)

    async def ListLinks(  # noqa: N802
        self, request: pb.ListLinksRequest, context: Context
    ) -> pb.ListLinksResponse:
        tenant, asked = name_of("customers", request.parent, "parent")
        wanted = page(request, (Uuid, Uuid))
        after = (_NOBODY, _NOBODY) if wanted.cursor is None else (str(wanted.cursor[0]), str(wanted.cursor[1]))

        async def found(connection: Connection) -> tuple[Sequence[tables.Pair], str, tables.Record]:
            customer_id = await _standing(connection, tenant, asked)
            ids = await tables.identities_of(connection, tenant, customer_id)
            pairs = await tables.pairs(connection, tenant, ids, after, wanted.size + 1)
            shown, token = wanted.cut(pairs, lambda pair: pair)
            return shown, token, await tables.between(connection, tenant, shown)

        pairs, token, record = await self._read(tenant, request.min_position, found)
        links, token = wanted.within(pairs, wire.links(record), token, lambda pair: pair)
        return pb.ListLinksResponse(links=links, next_page_token=token)

    async def ExplainAttribute(  # noqa: N802
        self, request: pb.ExplainAttributeRequest, context: Context
    ) -> pb.ExplainAttributeResponse:
        tenant, asked = name_of("customers", request.name)
        attribute = request.attribute
        wanted = page(request, (int,))
        first = int(wanted.cursor[0]) if wanted.cursor else 0
        customer_id, record = await self._read(tenant, request.min_position, _one(tenant, asked))
        rows = [row for row in record.candidates if row.attribute == attribute]
        keys = await self._keys(tenant, record)
        ranked = wire.explained(attribute, rows, keys, max(0, first), wanted.size + 1)
        numbers = range(first + 1, first + 1 + len(ranked))
        token = wanted.cut(numbers, lambda number: (number,))[1]
        candidates, token = wanted.within(numbers, ranked[: wanted.size], token, lambda number: (number,))
        how = survivorship.rule(attribute)
        return pb.ExplainAttributeResponse(
            name=f"tenants/{tenant}/customers/{customer_id}",
            attribute=attribute,
            survivorship=f"SURVIVORSHIP_{how.mode.name}",
            half_life_days=how.half_life_days,
            candidates=candidates,
            next_page_token=token,
        )

    async def ExplainLink(  # noqa: N802
        self, request: pb.ExplainLinkRequest, context: Context
    ) -> pb.ExplainLinkResponse:
        tenant, a, b = two_identities(request)

        async def found(connection: Connection) -> tuple[dict[str, str], list[tables.Pair], tables.Record]:
            customers = await tables.customers_of(connection, tenant, {a, b})
            for one in (a, b):
                if one not in customers:
                    raise NotFound("identity", f"tenants/{tenant}/identities/{one}")
            path: list[tables.Pair] = []
            if customers[a] == customers[b]:
                ids = await tables.identities_of(connection, tenant, customers[a])
                path = wire.path(await tables.active_pairs(connection, tenant, ids), a, b)
            direct = (min(a, b), max(a, b))
            return customers, path, await tables.between(connection, tenant, list({*path, direct}))

        customers, path, record = await self._read(tenant, request.min_position, found)
        prefix = f"tenants/{tenant}/identities/"
        by_pair = {(link.identity_a, link.identity_b): link for link in wire.links(record)}
        return pb.ExplainLinkResponse(
            linked=customers[a] == customers[b],
            customer_a=f"tenants/{tenant}/customers/{customers[a]}",
            customer_b=f"tenants/{tenant}/customers/{customers[b]}",
            path=[by_pair[prefix + one, prefix + other] for one, other in path],
            direct=by_pair.get((prefix + min(a, b), prefix + max(a, b))),
        )

    async def AssertAttributes(  # noqa: N802
        self, request: pb.AssertAttributesRequest, context: Context
    ) -> pb.AssertAttributesResponse:
        tenant, subject = assertion_of(request, self._clock)
        await self._tenants.require(tenant)
        key = await self._key(tenant, subject, founds=request.WhichOneof("subject") == "identity_key")
        # The digest of the request stays in the log: keyed, or it would let anybody test guesses of what was said.
        seen = request_of(request)
        assert seen is not None
        digest = b"".join(self._vault.blind(tenant, f"request {half}\0{seen.digest.hex()}") for half in "ab")
        by_default = self._tenants.settings(tenant).default_region
        claims = [
            Claim(
                one.attribute, one.value, one.verified, round((one.confidence or 1.0) * 1000), one.region or by_default
            )
            for one in request.attributes
        ]
        said, values = assertion(self._vault, tenant, key, request.purpose, claims, whole=False)
        by = request.identity_key
        founds = request.WhichOneof("subject") == "identity_key"
        content, names_digest = sealed_content(key, values, (by.account_scope, by.external_id) if founds else None)
        asked = internal_pb2.ObserveIdentityRequest(
            request_id=seen.request_id,
            request_digest=digest,
            tenant=tenant,
            identity_id=subject,
            source=request.source,
            names_digest=names_digest,
            content=message_of(content),
        )
        said_into(asked.said, said)
        if (at := optional_instant(request, "observed_at")) is not None:
            asked.observed_at.CopyFrom(to_timestamp(at))
        if founds:
            asked.channel = by.channel
            asked.founded_customer_id = founded_customer_id(subject)
        answer = await self._command(tenant, asked, pb.AssertAttributesResponse)
        for index, one in enumerate(claims):
            if contact_class(one.name) is not None:
                against = wire.defect(contact(one.name, one.value, one.region))
                if against != pb.CONTACT_DEFECT_UNSPECIFIED:
                    answer.unlinkable.add(index=index, defect=against)
        return answer

    async def _key(self, tenant: str, subject: str, founds: bool) -> SubjectKey:
        """The key of an identity, made for one that nobody knows if it may be founded. Raises Rejected, NotFound."""
        key = (await (self._vault.keys if founds else self._vault.existing)(tenant, [subject]))[subject]
        if key is not None:
            return key
        name = f"tenants/{tenant}/identities/{subject}"
        async with self._database.acquire() as connection:
            known = await tables.customers_of(connection, tenant, [subject])
        if not founds and not known:
            raise NotFound("identity", name)
        key = (await self._vault.keys(tenant, [subject]))[subject]  # another one, where it was given up as lost
        if key is not None:
            return key
        raise Rejected(Reason.SUBJECT_ERASED, f"identity {subject} is erased", resource=name)

    async def LinkIdentities(  # noqa: N802
        self, request: pb.LinkIdentitiesRequest, context: Context
    ) -> pb.LinkIdentitiesResponse:
        tenant = mutation_of(request)
        return await self._command(tenant, request, pb.LinkIdentitiesResponse)

    async def UnlinkIdentities(  # noqa: N802
        self, request: pb.UnlinkIdentitiesRequest, context: Context
    ) -> pb.UnlinkIdentitiesResponse:
        tenant = mutation_of(request)
        return await self._command(tenant, request, pb.UnlinkIdentitiesResponse)

    async def ForbidLink(  # noqa: N802
        self, request: pb.ForbidLinkRequest, context: Context
    ) -> pb.ForbidLinkResponse:
        tenant = mutation_of(request)
        return await self._command(tenant, request, pb.ForbidLinkResponse)

    async def EraseSubject(  # noqa: N802
        self, request: pb.EraseSubjectRequest, context: Context
    ) -> pb.EraseSubjectResponse:
        kind = "identities" if "/identities/" in request.name else "customers"
        tenant, _ = name_of(kind, request.name)
        request_uuid(request.request_id)
        return await self._command(tenant, request, pb.EraseSubjectResponse)

    async def _command(self, tenant: str, request: Message, response: type[M]) -> M:
        answer = await self._host.call(tenant, SHARD, request, response)
        answer.position = Position.encode(int(answer.position))  # type: ignore[attr-defined]
        return answer

    async def _read(self, tenant: str, min_position: str, found: Callable[[Connection], Awaitable[R]]) -> R:
        """One consistent look at the tables, no earlier than the caller asks for."""
        await self._tenants.require(tenant)
        if min_position:
            await self._projection.reached(Position.decode(min_position), deadline_s(), tenant)
        async with self._database.transaction(isolation="repeatable_read", readonly=True) as connection:
            return await found(connection)

    async def _keys(self, tenant: str, record: tables.Record) -> wire.Keys:
        living = {row.identity_id for row in record.identities if row.erased_at is None}
        return await self._vault.existing(tenant, living)

    async def _customer(self, tenant: str, customer_id: str, record: tables.Record) -> pb.Customer:
        return wire.customer(tenant, customer_id, record, await self._keys(tenant, record))


async def _record(connection: Connection, tenant: str, customer_ids: Sequence[str]) -> tables.Record:
    return await tables.record(connection, tenant, customer_ids, wire.LINKS_SHOWN_MAX)


async def _standing(connection: Connection, tenant: str, customer_id: str) -> str:
    """The customer a customer id leads to now."""
    found = (await tables.customers_founded(connection, tenant, [customer_id])).get(customer_id)
    if found is None:
        raise NotFound("customer", f"tenants/{tenant}/customers/{customer_id}")
    return found


def _one(tenant: str, asked: str) -> Callable[[Connection], Awaitable[tuple[str, tables.Record]]]:
    """Reads the customer a customer id leads to now."""

    async def found(connection: Connection) -> tuple[str, tables.Record]:
        customer_id = await _standing(connection, tenant, asked)
        return customer_id, await _record(connection, tenant, [customer_id])

    return found


def _place(row: Candidate) -> tuple[str, str, str, int, str]:
    """Where a value stands in the list of all that are kept."""
    return row.attribute, row.identity_id, row.source, int(row.verified), row.contact.hex()
