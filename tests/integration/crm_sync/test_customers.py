"""From posts and other systems to customers that explain themselves, on real servers."""

from __future__ import annotations

import sys
from collections.abc import Awaitable
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import grpc
import pytest
from chassis.errors import reason_of
from chassis.integrity import views_replay
from chassis.projection import Projection
from crm_sync.naming import identity_id
from crm_sync.views.customers import Customers
from grpc_status import rpc_status
from switchboard.crm.v1 import service_pb2 as pb
from switchboard.ingest.v1 import post_pb2
from switchboard.log.v1 import integrity_pb2

sys.path.insert(0, str(Path(__file__).parent))

from conftest import stacked

if TYPE_CHECKING:
    from conftest import Stack

PARENT = "tenants/acme"


def author(who: str, *, mail: str = "", verified: bool = True, member: str = "", **attributes: str) -> post_pb2.Author:
    made = post_pb2.Author(external_id=who, handle=f"@{who}", display_name=f"Name of {who}")
    for name, value in attributes.items():
        made.attributes.add(name=name, value=value)
    if mail:
        made.contact_points.add(kind="email", value=mail, verified=verified)
    if member:
        made.contact_points.add(kind="member_id", value=member, verified=True)
    return made


def name(who: str) -> str:
    return f"{PARENT}/identities/{identity_id('x', '', who)}"


def key(who: str) -> pb.IdentityKey:
    return pb.IdentityKey(channel="x", external_id=who)


async def lookup(stack: Stack, who: str, at: str = "") -> pb.Customer:
    request = pb.LookupCustomerRequest(parent=PARENT, identity_key=key(who), min_position=at)
    return (await stack.api.LookupCustomer(request)).customer


def shown(customer: pb.Customer) -> dict[str, str]:
    return {one.attribute: one.value for one in customer.attributes}


async def refused(call: Awaitable[Any]) -> tuple[grpc.StatusCode, str]:
    with pytest.raises(grpc.aio.AioRpcError) as error:
        await call
    status = rpc_status.from_call(error.value)
    return error.value.code(), "" if status is None else reason_of(status)


def assertion(who: str, source: str = "crm", **values: str) -> pb.AssertAttributesRequest:
    return pb.AssertAttributesRequest(
        parent=PARENT,
        identity_key=key(who),
        source=source,
        attributes=[pb.AttributeAssertion(attribute=n, value=v, verified=True) for n, v in values.items()],
        request_id=str(uuid4()),
    )


async def test_posts_become_customers_with_provenance(stack: Stack) -> None:
    at = await stack.see(author("mia", mail="Mia@Mail.Example", location="Berlin", followers_count="7"))
    customer = await lookup(stack, "mia", at)
    assert shown(customer) == {"display_name": "Name of mia", "email": "Mia@Mail.Example", "location": "Berlin"}
    assert [one.handle for one in customer.identities] == ["@mia"]
    place = next(one for one in customer.attributes if one.attribute == "location")
    assert (place.source, place.confidence, place.verified, place.identity) == (
        "source/x-main",
        0.5,
        False,
        name("mia"),
    )
    assert len(place.event_id) == len(place.cause_id) == 36
    found = await stack.api.LookupCustomer(
        pb.LookupCustomerRequest(parent=PARENT, contact=pb.ContactKey(kind="email", value=" MIA@mail.example"))
    )
    assert found.customer == customer


async def test_an_unchanged_profile_leaves_no_trace_and_a_changed_one_does(stack: Stack) -> None:
    await stack.see(*[author("mia", location="Berlin", followers_count=str(n)) for n in range(20)])
    first = await stack.log.last("ev.crm.acme.0")
    assert first is not None
    assert len(first.commit.events) == 1
    await stack.see(author("mia", location="Berlin"), minute=1)
    at = await stack.see(author("mia", location="Paris"), minute=2)
    assert shown(await lookup(stack, "mia", at))["location"] == "Paris"
    last = await stack.log.last("ev.crm.acme.0")
    assert last is not None
    assert len(last.commit.events) == 1


async def test_own_posts_and_other_peoples_notices_found_nobody(stack: Stack) -> None:
    ours = await stack.post(
        author("brand"), direction=post_pb2.DIRECTION_OUTBOUND, author_kind=post_pb2.AUTHOR_KIND_BRAND_HUMAN
    )
    notice = await stack.post(author("platform"), author_kind=post_pb2.AUTHOR_KIND_OTHER)
    at = await stack.taken_in(await stack.write([ours, notice]))
    listed = await stack.api.ListCustomers(pb.ListCustomersRequest(parent=PARENT, min_position=at))
    assert list(listed.customers) == []


async def test_proved_addresses_join_and_a_person_takes_them_apart_again(stack: Stack) -> None:
    before = await stack.see(author("mia", location="Berlin"), author("ann", location="Paris"))
    mia, ann = await lookup(stack, "mia", before), await lookup(stack, "ann", before)
    at = await stack.see(author("mia", mail="m@mail.example"), author("ann", mail="m@mail.example"), minute=1)
    both = await lookup(stack, "ann", at)
    assert {one.name for one in both.identities} == {name("mia"), name("ann")}
    older = both.name
    merged = next(one.name for one in (mia, ann) if one.name != older)
    assert list(both.merged) == [merged]
    assert (await stack.api.GetCustomer(pb.GetCustomerRequest(name=merged))).customer == both
    why = await stack.api.ExplainLink(pb.ExplainLinkRequest(identity_a=name("mia"), identity_b=name("ann")))
    assert why.linked
    assert [(link.attribute, link.ruleset) for link in why.path] == [("email", "verified-contact-2")]

    apart = await stack.api.UnlinkIdentities(
        pb.UnlinkIdentitiesRequest(identity_a=name("mia"), identity_b=name("ann"), request_id=str(uuid4()))
    )
    assert {apart.customer_a, apart.customer_b} == {mia.name, ann.name}
    again = await lookup(stack, "mia", apart.position)
    assert (again.name, shown(again)["location"]) == (mia.name, "Berlin")
    assert [one.name for one in again.identities] == [name("mia")]


async def test_different_member_ids_stay_two_customers_with_a_conflict(stack: Stack) -> None:
    at = await stack.see(
        author("mia", mail="m@mail.example", member="1"), author("ann", mail="m@mail.example", member="2")
    )
    why = await stack.api.ExplainLink(
        pb.ExplainLinkRequest(identity_a=name("mia"), identity_b=name("ann"), min_position=at)
    )
    assert not why.linked
    assert [(one.reason, one.disputed) for one in why.direct.conflicts] == [(1, "member_id")]
    found = await stack.api.LookupCustomer(
        pb.LookupCustomerRequest(parent=PARENT, contact=pb.ContactKey(kind="email", value="m@mail.example"))
    )
    assert len(found.others) == 1


async def test_other_systems_assert_and_every_candidate_is_explained(stack: Stack) -> None:
    at = await stack.see(author("mia"))
    answer = await stack.api.AssertAttributes(assertion("mia", display_name="Mia Muster", tier="gold", empty=" "))
    assert (answer.asserted, answer.identity) == (2, name("mia"))
    customer = await lookup(stack, "mia", answer.position)
    assert shown(customer) == {"display_name": "Mia Muster", "tier": "gold"}
    assert customer.identities[0].handle == "@mia", "a CRM does not know handles and takes none away"
    explained = await stack.api.ExplainAttribute(
        pb.ExplainAttributeRequest(name=customer.name, attribute="display_name", min_position=at)
    )
    assert [(c.value.value, c.winner, c.behind_by) for c in explained.candidates] == [
        ("Mia Muster", True, pb.DECIDED_BY_UNSPECIFIED),
        ("Name of mia", False, pb.DECIDED_BY_VERIFIED),
    ]
    assert explained.survivorship == pb.SURVIVORSHIP_VERIFIED_FIRST


async def test_a_request_is_answered_once_and_its_id_is_not_lent(stack: Stack) -> None:
    request = assertion("mia", tier="gold")
    first = await stack.api.AssertAttributes(request)
    assert await stack.api.AssertAttributes(request) == first
    request.attributes[0].value = "silver"
    assert await refused(stack.api.AssertAttributes(request)) == (grpc.StatusCode.ALREADY_EXISTS, "REQUEST_ID_REUSED")


async def test_bars_are_kept_and_refusals_are_precise(stack: Stack) -> None:
    await stack.see(author("mia"), author("ann"))
    ends = {"identity_a": name("mia"), "identity_b": name("ann")}
    await stack.api.ForbidLink(pb.ForbidLinkRequest(**ends, request_id=str(uuid4())))
    failed, missing = grpc.StatusCode.FAILED_PRECONDITION, grpc.StatusCode.NOT_FOUND
    link = pb.LinkIdentitiesRequest(**ends, request_id=str(uuid4()))
    assert await refused(stack.api.LinkIdentities(link)) == (failed, "LINK_FORBIDDEN")
    unlink = pb.UnlinkIdentitiesRequest(**ends, request_id=str(uuid4()))
    assert await refused(stack.api.UnlinkIdentities(unlink)) == (failed, "NOT_LINKED")
    link = pb.LinkIdentitiesRequest(identity_a=name("mia"), identity_b=name("nobody"), request_id=str(uuid4()))
    assert await refused(stack.api.LinkIdentities(link)) == (missing, "IDENTITY_UNKNOWN")
    unknown = pb.GetCustomerRequest(name=f"{PARENT}/customers/{uuid4()}")
    assert await refused(stack.api.GetCustomer(unknown)) == (missing, "CUSTOMER_UNKNOWN")
    elsewhere = pb.ListCustomersRequest(parent="tenants/nobody")
    assert await refused(stack.api.ListCustomers(elsewhere)) == (missing, "TENANT_UNKNOWN")
    known = pb.AssertAttributesRequest(
        parent=PARENT,
        identity=name("nobody"),
        source="crm",
        attributes=[pb.AttributeAssertion(attribute="tier", value="x")],
        request_id=str(uuid4()),
    )
    assert await refused(stack.api.AssertAttributes(known)) == (missing, "IDENTITY_UNKNOWN")


async def test_every_mistake_of_a_request_is_told_at_once(stack: Stack) -> None:
    request = pb.AssertAttributesRequest(
        parent=PARENT,
        source="Not a source",
        attributes=[pb.AttributeAssertion(attribute="Bad", value="x" * 5000, confidence=2)],
    )
    with pytest.raises(grpc.aio.AioRpcError) as error:
        await stack.api.AssertAttributes(request)
    assert error.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    for field in ("subject", "source", "attributes[0].attribute", "attributes[0].value", "attributes[0].confidence"):
        assert field in (error.value.details() or ""), field


async def test_customers_are_listed_page_by_page(stack: Stack) -> None:
    at = await stack.see(*[author(f"who{n}") for n in range(5)], author("a", mail="m@m.example"))
    at = await stack.see(author("b", mail="m@m.example"), minute=1)
    found: list[str] = []
    request = pb.ListCustomersRequest(parent=PARENT, page_size=4, min_position=at)
    while True:
        answer = await stack.api.ListCustomers(request)
        found += [customer.name for customer in answer.customers]
        request.page_token = answer.next_page_token
        if not answer.next_page_token:
            break
    assert len(found) == len(set(found)) == 6
    assert found == sorted(found)
    pairs = await stack.api.ListCustomers(pb.ListCustomersRequest(parent=PARENT, filter="identities>=2"))
    assert [len(customer.identities) for customer in pairs.customers] == [2]
    for text, count in (("identities = 1", 5), ("NOT identities = 1 OR identities > 5", 1), ("channels:fax", 0)):
        narrowed = await stack.api.ListCustomers(pb.ListCustomersRequest(parent=PARENT, filter=text))
        assert len(narrowed.customers) == count, text


async def test_an_erased_person_is_gone_from_everywhere_and_stays_gone(stack: Stack) -> None:
    canary = "Canary7Q"
    someone = author(canary, mail=f"{canary}@mail.example", location=canary)
    await stack.see(someone, author("other", location="Berlin"))
    answer = await stack.api.AssertAttributes(assertion(canary, nickname=canary, phone="+49 30 12359871"))
    customer = await lookup(stack, canary, answer.position)
    assert canary in str(customer)
    late = await stack.post(someone, minute=9)

    erase = pb.EraseSubjectRequest(name=customer.name, request_id=str(uuid4()))
    erased = await stack.api.EraseSubject(erase)
    assert list(erased.identities) == [name(canary)]
    assert await stack.api.EraseSubject(erase) == erased
    at = await stack.taken_in(await stack.write([late]))
    after = await lookup(stack, canary, at)
    assert after.HasField("erased_at")
    assert (len(after.identities), list(after.attributes)) == (1, [])
    assert canary not in str(after)
    assert await refused(stack.api.AssertAttributes(assertion(canary, tier="x"))) == (
        grpc.StatusCode.FAILED_PRECONDITION,
        "SUBJECT_ERASED",
    )
    lost = pb.LookupCustomerRequest(parent=PARENT, contact=pb.ContactKey(kind="email", value=f"{canary}@mail.example"))
    assert (await refused(stack.api.LookupCustomer(lost)))[0] is grpc.StatusCode.NOT_FOUND

    async for batch in stack.log.read(0, "ev.crm.>"):
        assert all(canary.encode() not in entry.data and b"12359871" not in entry.data for entry in batch)
    dump = Customers().dumps
    for table in [*dump, "shard_snapshots", "shard_snapshot_parts", "projections", "parked"]:
        rows = await stack.database.fetch(f"select t::text as line from {table} t")
        for row in rows:
            assert canary not in row["line"]
            assert canary.encode().hex() not in row["line"]
    [finding] = await views_replay(stack.log, stack.database, [Projection(Customers(), stack.log, stack.database)])
    assert finding.ok, finding.detail
    stack.vault.forget(identity_id("x", "", canary))
    assert (await stack.vault.existing("acme", [identity_id("x", "", canary)])) == {identity_id("x", "", canary): None}


async def test_after_a_restart_rows_come_from_the_tables_and_agree_with_the_log(
    nats_url: str, database_url: str, kek_file: Path
) -> None:
    async with stacked(nats_url, database_url, kek_file) as stack:
        at = await stack.see(author("mia", mail="m@mail.example", location="Berlin"), author("ann"))
        before = await lookup(stack, "mia", at)
    async with stacked(nats_url, database_url, kek_file) as stack:
        await stack.see(author("mia", mail="m@mail.example", location="Berlin"), minute=1)
        at = await stack.see(author("bob", mail="m@mail.example"), minute=2)
        both = await lookup(stack, "bob", at)
        assert both.name == before.name
        assert {one.name for one in both.identities} == {name("mia"), name("bob")}
        verdict = stack.integrity.VerifyIntegrity(integrity_pb2.VerifyIntegrityRequest())
        found = [(one.invariant, one.ok, one.detail) async for one in verdict]
        assert {invariant for invariant, _, _ in found} >= {"I1", "I4", "I5", "I9"}
        assert all(ok for _, ok, _ in found), found
