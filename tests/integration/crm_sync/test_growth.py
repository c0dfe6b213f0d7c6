"""What grows about a customer is read in pages, and no answer outgrows a message. On real servers."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import grpc
import pytest
from chassis.errors import reason_of
from crm_sync.matching import VALUES_MAX
from crm_sync.wire import ATTRIBUTE_SHOWN_MAX, ATTRIBUTES_SHOWN_MAX, LINKS_SHOWN_MAX
from grpc_status import rpc_status
from switchboard.crm.v1 import service_pb2 as pb
from switchboard.ingest.v1 import post_pb2

sys.path.insert(0, str(Path(__file__).parent))

from crm_sync.naming import identity_id

if TYPE_CHECKING:
    from conftest import Stack

PARENT = "tenants/acme"
MIB = 1024 * 1024


def name(who: str) -> str:
    return f"{PARENT}/identities/{identity_id('x', '', who)}"


def asserting(who: str, values: list[tuple[str, str]], source: str = "crm") -> pb.AssertAttributesRequest:
    return pb.AssertAttributesRequest(
        parent=PARENT,
        identity_key=pb.IdentityKey(channel="x", external_id=who),
        source=source,
        request_id=str(uuid4()),
        attributes=[pb.AttributeAssertion(attribute=attribute, value=value) for attribute, value in values],
    )


async def pages(call: Any, request: Any, field: str) -> tuple[list[Any], int]:
    """Everything a list has, and the size of its largest page."""
    found: list[Any] = []
    largest = 0
    while True:
        answer = await call(request)
        found += getattr(answer, field)
        largest = max(largest, answer.ByteSize())
        request.page_token = answer.next_page_token
        if not answer.next_page_token:
            return found, largest


async def test_a_customer_with_all_the_values_that_are_kept_can_be_read(stack: Stack) -> None:
    for start in range(0, VALUES_MAX - 200, 100):
        mails = [("email", f"m{number}@mail.example") for number in range(start, start + 100)]
        answer = await stack.api.AssertAttributes(asserting("mia", mails))
    for source in ("shop", "erp"):
        answer = await stack.api.AssertAttributes(asserting("mia", [(f"a{n}", "v" * 300) for n in range(100)], source))
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await stack.api.AssertAttributes(asserting("mia", [("email", "one-more@mail.example")]))
    assert reason_of(rpc_status.from_call(refused.value)) == "TOO_MANY_VALUES"
    customer = (
        await stack.api.GetCustomer(pb.GetCustomerRequest(name=answer.customer, min_position=answer.position))
    ).customer
    assert len(customer.attributes) == ATTRIBUTES_SHOWN_MAX
    assert sum(one.attribute == "email" for one in customer.attributes) <= ATTRIBUTE_SHOWN_MAX
    assert customer.ByteSize() < MIB
    values, largest = await pages(
        stack.api.ListAttributeValues, pb.ListAttributeValuesRequest(parent=answer.customer, page_size=300), "values"
    )
    assert len(values) == VALUES_MAX
    assert len({(one.attribute, one.source, one.value) for one in values}) == VALUES_MAX
    assert largest < 4 * MIB
    assert {one.candidates for one in values if one.attribute == "email"} == {VALUES_MAX - 200}
    candidates, _ = await pages(
        stack.api.ExplainAttribute,
        pb.ExplainAttributeRequest(name=answer.customer, attribute="email", page_size=300),
        "candidates",
    )
    assert len({one.value.value for one in candidates}) == VALUES_MAX - 200
    assert [bool(one.behind_by) for one in candidates] == [False] + [True] * (VALUES_MAX - 201), "over page borders too"


async def test_bars_without_end_are_listed_in_pages(stack: Stack) -> None:
    others = [f"b{number}" for number in range(LINKS_SHOWN_MAX + 20)]
    at = await stack.see(*[post_pb2.Author(external_id=who, handle=who) for who in ("mia", *others)])
    for who in others:
        forbid = pb.ForbidLinkRequest(identity_a=name("mia"), identity_b=name(who), request_id=str(uuid4()))
        at = (await stack.api.ForbidLink(forbid)).position
    await stack.api.LinkIdentities(
        pb.LinkIdentitiesRequest(identity_a=name("b0"), identity_b=name("b1"), request_id=str(uuid4()))
    )
    found = await stack.api.LookupCustomer(
        pb.LookupCustomerRequest(parent=PARENT, identity=name("mia"), min_position=at)
    )
    assert len(found.customer.links) == LINKS_SHOWN_MAX
    links, _ = await pages(stack.api.ListLinks, pb.ListLinksRequest(parent=found.customer.name, page_size=50), "links")
    ends = {one.identity_a for one in links} | {one.identity_b for one in links}
    assert ends == {name(who) for who in ("mia", *others)}
    assert len(links) == len(others)
    assert all(one.forbidden for one in links)


async def test_a_page_of_heavy_customers_is_cut_by_bytes(stack: Stack) -> None:
    for number in range(60):
        for source in ("crm", "shop"):
            heavy = asserting(f"who{number}", [(f"a{n}", "v" * 600) for n in range(100)], source)
            answer = await stack.api.AssertAttributes(heavy)
    customers, largest = await pages(
        stack.api.ListCustomers,
        pb.ListCustomersRequest(parent=PARENT, page_size=1000, min_position=answer.position),
        "customers",
    )
    assert len({one.name for one in customers}) == 60
    assert largest <= 4 * MIB
