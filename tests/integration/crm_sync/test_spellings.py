"""One contact point in two spellings is one customer, by whichever way it came and by whichever it is looked for."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import grpc
import pytest
from crm_sync.naming import identity_id
from switchboard.crm.v1 import service_pb2 as pb
from switchboard.ingest.v1 import post_pb2
from switchboard.log.v1 import tenants_pb2

sys.path.insert(0, str(Path(__file__).parent))

if TYPE_CHECKING:
    from conftest import Stack

PARENT = "tenants/acme"
PAIRS = [
    pytest.param("phone", "\u202a+49 30 87654021\u202c", "+49\u201130\u201187654021", id="marks and dashes"),
    pytest.param("phone", "tel:+49-30-87654021", "00493087654021", id="a link and a row of digits"),
    pytest.param("email", "noa@k\u00fcche.example", "NOA@xn--kche-0ra.example", id="a domain and its ASCII form"),
    pytest.param("email", "\uff4e\uff4f\uff41\uff20mail.example", "noa@mail.example", id="full-width letters"),
    pytest.param("email", "noa@mail.example\u200b", "mailto:noa@mail.example", id="a blank nobody sees"),
    pytest.param("member_id", "\u2066A-17\u2069", "A-17", id="an id between isolates"),
]


def asserted(who: str, kind: str, value: str, region: str = "") -> pb.AssertAttributesRequest:
    return pb.AssertAttributesRequest(
        parent=PARENT,
        identity_key=pb.IdentityKey(channel="shop", external_id=who),
        source="shop",
        attributes=[pb.AttributeAssertion(attribute=kind, value=value, verified=True, region=region)],
        request_id=str(uuid4()),
    )


async def found(stack: Stack, kind: str, value: str, at: str, region: str = "") -> pb.Customer:
    key = pb.ContactKey(kind=kind, value=value, region=region)
    answer = await stack.api.LookupCustomer(pb.LookupCustomerRequest(parent=PARENT, contact=key, min_position=at))
    assert not answer.others
    return answer.customer


@pytest.mark.parametrize(("kind", "one", "other"), PAIRS)
async def test_two_spellings_are_one_customer_and_stay_as_they_were_written(
    stack: Stack, kind: str, one: str, other: str
) -> None:
    await stack.api.AssertAttributes(asserted("p1", kind, one))
    answer = await stack.api.AssertAttributes(asserted("p2", kind, other))
    assert [link.attribute for link in answer.links] == [kind]
    assert not answer.unlinkable
    for spelling in (one, other):
        customer = await found(stack, kind, spelling, answer.position)
        assert len(customer.identities) == 2
    values = await stack.api.ListAttributeValues(pb.ListAttributeValuesRequest(parent=customer.name))
    assert sorted(value.value for value in values.values) == sorted([one.strip(), other.strip()])
    assert {value.defect for value in values.values} == {pb.CONTACT_DEFECT_UNSPECIFIED}
    for narrowed, expected in ((f"attribute = {kind}", len(values.values)), (f"NOT attribute = {kind}", 0)):
        request = pb.ListAttributeValuesRequest(parent=customer.name, filter=narrowed)
        assert len((await stack.api.ListAttributeValues(request)).values) == expected


async def test_what_a_post_vouches_for_goes_the_same_way(stack: Stack) -> None:
    author = post_pb2.Author(external_id="mia", handle="@mia")
    author.contact_points.add(kind="phone", value="030\u200e 87654021", verified=True, region="DE")
    await stack.see(author)
    answer = await stack.api.AssertAttributes(asserted("p1", "phone", "+49 30 87654021"))
    customer = await found(stack, "phone", "(030) 87654021", answer.position, region="DE")
    names = {one.name.rpartition("/")[2] for one in customer.identities}
    assert names == {identity_id("x", "", "mia"), identity_id("shop", "", "p1")}


async def test_a_number_that_nobody_says_the_country_of_is_of_the_tenants(stack: Stack) -> None:
    german = tenants_pb2.Tenant(name=PARENT, default_region="DE")
    await stack.tenants.UpdateTenant(tenants_pb2.UpdateTenantRequest(tenant=german))
    author = post_pb2.Author(external_id="mia", handle="@mia")
    author.contact_points.add(kind="phone", value="030 87654021", verified=True)
    await stack.see(author)
    await stack.api.AssertAttributes(asserted("p1", "phone", "+49 30 87654021"))
    answer = await stack.api.AssertAttributes(asserted("p2", "phone", "(030) 87654021"))
    assert not answer.unlinkable
    customer = await found(stack, "phone", "030/87654021", answer.position)
    assert {one.name.rpartition("/")[2] for one in customer.identities} == {
        identity_id("x", "", "mia"),
        identity_id("shop", "", "p1"),
        identity_id("shop", "", "p2"),
    }
    elsewhere = await stack.api.AssertAttributes(asserted("p3", "phone", "030 87654021", region="AT"))
    assert not elsewhere.links, "who says a region means it"


@pytest.mark.parametrize(
    ("kind", "value", "defect"),
    [
        pytest.param("phone", "030 87654021", pb.CONTACT_DEFECT_NATIONAL, id="a number without country"),
        pytest.param("phone", "ask at the desk", pb.CONTACT_DEFECT_MALFORMED, id="no number"),
        pytest.param("email", "noa at mail.example", pb.CONTACT_DEFECT_MALFORMED, id="no address"),
        pytest.param("email", "support@mail.example", pb.CONTACT_DEFECT_ROLE, id="a role"),
        pytest.param("email", "noa@shop.test", pb.CONTACT_DEFECT_RESERVED, id="a test domain"),
        pytest.param("member_id", "n/a", pb.CONTACT_DEFECT_FILLER, id="a filler"),
    ],
)
async def test_what_links_nobody_is_kept_and_says_why(stack: Stack, kind: str, value: str, defect: int) -> None:
    first = await stack.api.AssertAttributes(asserted("p1", kind, value))
    request = asserted("p2", kind, value)
    second = await stack.api.AssertAttributes(request)
    assert not second.links
    assert [(one.index, one.defect) for one in second.unlinkable] == [(0, defect)]
    assert await stack.api.AssertAttributes(request) == second, "a repetition is told the same"
    answer = await stack.api.LookupCustomer(
        pb.LookupCustomerRequest(
            parent=PARENT, contact=pb.ContactKey(kind=kind, value=value), min_position=second.position
        )
    )
    assert {answer.customer.name, *answer.others} == {first.customer, second.customer}
    assert [(one.value, one.defect) for one in answer.customer.attributes] == [(value, defect)]


async def test_a_number_nobody_has_says_what_it_lacks_and_a_region_there_is_not_is_refused(stack: Stack) -> None:
    at = (await stack.api.AssertAttributes(asserted("p1", "phone", "+49 30 87654021"))).position
    with pytest.raises(grpc.aio.AioRpcError, match="no country: say its region"):
        await found(stack, "phone", "030 87654021", at)
    with pytest.raises(grpc.aio.AioRpcError, match=r"contact\.region"):
        await found(stack, "phone", "030 87654021", at, region="Germany")
    with pytest.raises(grpc.aio.AioRpcError, match=r"attributes\[0\]\.region"):
        await stack.api.AssertAttributes(asserted("p1", "phone", "030 87654021", region="DEU"))


async def test_a_name_in_another_case_is_no_other_candidate(stack: Stack) -> None:
    first = asserted("p1", "given_name", "Mia  M\u00fcller")
    await stack.api.AssertAttributes(first)
    again = await stack.api.AssertAttributes(asserted("p1", "given_name", "MIA M\u00dcLLER\u200b"))
    assert again.asserted == 0
    other = await stack.api.AssertAttributes(asserted("p1", "given_name", "Mia Muller"))
    assert other.asserted == 1
