"""One customer's key is lost: that customer is shown without values, is refused by name, and hides nobody else."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import grpc
import pytest
from chassis.errors import reason_of
from crm_sync.naming import identity_id
from grpc_status import rpc_status
from switchboard.crm.v1 import service_pb2 as pb
from switchboard.ingest.v1 import post_pb2
from switchboard.log.v1 import log_pb2

sys.path.insert(0, str(Path(__file__).parent))

from conftest import stacked

if TYPE_CHECKING:
    from conftest import Stack

PARENT = "tenants/acme"
ROWS, DERIVED = "delete from vault.derivation", "insert into vault.derivation default values"
"""What is done to one person's key is done to a row: whoever had one before keys were derived keeps it."""


def author(who: str) -> post_pb2.Author:
    made = post_pb2.Author(external_id=who, handle=f"@{who}", display_name=f"Name of {who}")
    made.attributes.add(name="location", value=f"town of {who}")
    return made


@pytest.fixture
async def lost(nats_url: str, database_url: str, kek_file: Path) -> AsyncIterator[Stack]:
    """A stack that knew mia and ann, as after a restore without the right key file: mia's key does not unwrap."""
    async with stacked(nats_url, database_url, kek_file) as stack:
        await stack.database.execute(ROWS)
        await stack.see(author("mia"), author("ann"))
        await stack.database.execute(DERIVED)
        mia = identity_id("x", "", "mia")
        await stack.database.execute("update vault.subject_keys set wrapped = '\\x00' where subject_id = $1", mia)
    async with stacked(nats_url, database_url, kek_file) as stack:
        yield stack


async def customers(stack: Stack, at: str = "") -> dict[str, pb.Customer]:
    """All of them by handle; who cannot be read has none."""
    answer = await stack.api.ListCustomers(pb.ListCustomersRequest(parent=PARENT, min_position=at))
    return {one.identities[0].handle: one for one in answer.customers}


async def test_who_cannot_be_opened_is_listed_and_says_why_among_the_others(lost: Stack) -> None:
    found = await customers(lost)
    assert set(found) == {"", "@ann"}
    assert [one.value for one in found[""].attributes] == ["", ""]
    assert found[""].identities[0].readability == log_pb2.READABILITY_KEY_LOST
    assert {one.readability for one in found[""].attributes} == {log_pb2.READABILITY_KEY_LOST}
    assert {one.readability for one in found["@ann"].attributes} == {log_pb2.READABILITY_OPENED}
    assert found["@ann"].identities[0].readability == log_pb2.READABILITY_OPENED
    assert [one.value for one in found["@ann"].attributes] == ["Name of ann", "town of ann"]
    one = await lost.api.GetCustomer(pb.GetCustomerRequest(name=found[""].name))
    assert one.customer.identities[0].display_name == ""
    why = pb.ExplainAttributeRequest(name=found[""].name, attribute="location")
    assert [one.value.value for one in (await lost.api.ExplainAttribute(why)).candidates] == [""]


OF_MIA = "where subject_id = $1"
KEY_LOST, OPENED = log_pb2.READABILITY_KEY_LOST, log_pb2.READABILITY_OPENED
ANOTHERS = "update vault.subject_keys k set wrapped = o.wrapped from vault.subject_keys o"


@pytest.mark.parametrize(
    ("damage", "readability"),
    [
        (f"update vault.subject_keys set wrapped = '\\x00' {OF_MIA}", KEY_LOST),
        (f"update vault.subject_keys set kek_id = 'nobody' {OF_MIA}", KEY_LOST),
        (f"{ANOTHERS} where k.subject_id = $1 and o.subject_id <> $1", KEY_LOST),
        (f"delete from vault.subject_keys {OF_MIA}", log_pb2.READABILITY_ERASED),
        ("", log_pb2.READABILITY_BROKEN),
    ],
    ids=["a key that does not unwrap", "under an unknown key", "somebody else's key", "no key", "another key"],
)
async def test_one_who_cannot_be_read_fails_no_list_and_says_why_in_each(
    nats_url: str, database_url: str, kek_file: Path, damage: str, readability: int
) -> None:
    mia, ann = (identity_id("x", "", who) for who in ("mia", "ann"))
    async with stacked(nats_url, database_url, kek_file) as stack:
        await stack.database.execute(ROWS)
        await stack.see(author("mia"), author("ann"))
        await stack.database.execute(DERIVED)
        await stack.database.execute(damage or f"delete from vault.subject_keys {OF_MIA}", mia)
    async with stacked(nats_url, database_url, kek_file) as stack:
        if not damage:
            await stack.vault.keys("acme", [mia])
        listed = (await stack.api.ListCustomers(pb.ListCustomersRequest(parent=PARENT))).customers
        assert {one.identities[0].readability for one in listed} == {readability, OPENED}
        for who, expected in ((mia, readability), (ann, OPENED)):
            asked = pb.LookupCustomerRequest(parent=PARENT, identity=f"{PARENT}/identities/{who}")
            found = (await stack.api.LookupCustomer(asked)).customer
            got = (await stack.api.GetCustomer(pb.GetCustomerRequest(name=found.name))).customer
            values = (await stack.api.ListAttributeValues(pb.ListAttributeValuesRequest(parent=found.name))).values
            why = pb.ExplainAttributeRequest(name=found.name, attribute="location")
            explained = [one.value for one in (await stack.api.ExplainAttribute(why)).candidates]
            shown = [*found.attributes, *got.attributes, *values, *explained]
            assert len(shown) == 7
            assert {one.readability for one in shown} == {expected}
            assert {bool(one.value) for one in shown} == {expected == OPENED}
            links = await stack.api.ListLinks(pb.ListLinksRequest(parent=found.name))
            assert not links.links


async def test_nothing_is_said_of_who_has_lost_the_key_and_the_reason_is_told(lost: Stack) -> None:
    request = pb.AssertAttributesRequest(
        parent=PARENT,
        identity_key=pb.IdentityKey(channel="x", external_id="mia"),
        source="crm",
        attributes=[pb.AttributeAssertion(attribute="tier", value="gold")],
        request_id=str(uuid4()),
    )
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await lost.api.AssertAttributes(request)
    assert refused.value.code() is grpc.StatusCode.FAILED_PRECONDITION
    assert reason_of(rpc_status.from_call(refused.value)) == "KEY_LOST"


async def test_a_post_of_an_author_whose_key_is_lost_stops_no_other(stack: Stack) -> None:
    await stack.see(author("mia"))
    late = await stack.post(author("mia"), minute=1)
    late.personal.ciphertext = b"not what was sealed"  # type: ignore[attr-defined]
    position = await stack.write([late, await stack.post(author("ann"), minute=2)])
    found = await customers(stack, await stack.taken_in(position))
    assert set(found) == {"@mia", "@ann"}
