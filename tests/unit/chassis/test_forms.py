"""What the contracts say of requests, and that it is what callers meet: on every request of every method there is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from chassis.annotations import REQUIRED, behaviors, patterns, reference
from chassis.errors import InvalidRequest
from chassis.forms import judged, together
from google.protobuf import message_factory
from google.protobuf.message import Message
from switchboard.crm.v1 import service_pb2 as crm
from switchboard.ingest.v1 import service_pb2 as ingest
from switchboard.kpi.v1 import service_pb2 as kpi
from switchboard.log.v1 import integrity_pb2, operations_pb2, tenants_pb2
from switchboard.routing.v1 import service_pb2 as routing

CONTRACTS = (ingest, routing, crm, kpi, operations_pb2, integrity_pb2, tenants_pb2)
AN_ID = "01890a5d-ac96-774b-bcce-b302099a8001"


def requests() -> Iterator[type[Message]]:
    for contract in CONTRACTS:
        for service in contract.DESCRIPTOR.services_by_name.values():
            yield from (message_factory.GetMessageClass(method.input_type) for method in service.methods)


REQUESTS = [pytest.param(kind, id=kind.DESCRIPTOR.name) for kind in requests()]


@pytest.mark.parametrize("contract", CONTRACTS, ids=lambda contract: contract.DESCRIPTOR.name)
def test_every_name_a_contract_mentions_has_a_pattern(contract: Any) -> None:
    known = patterns(contract.DESCRIPTOR)
    for message in contract.DESCRIPTOR.message_types_by_name.values():
        for field in message.fields:
            assert reference(field) in ("", "*", *known), field.full_name


@pytest.mark.parametrize("kind", REQUESTS)
def test_what_is_required_is_named_and_nothing_else_is(kind: type[Message]) -> None:
    required = {field.name for field in kind.DESCRIPTOR.fields if REQUIRED in behaviors(field)}
    assert {field for field, _ in judged(kind(), {})} == required


@pytest.mark.parametrize("kind", REQUESTS)
def test_a_comment_that_says_required_and_the_annotation_agree(kind: type[Message]) -> None:
    fields = {field.name: behaviors(field) for field in kind.DESCRIPTOR.fields}
    for name in ("parent", "name"):
        assert REQUIRED in fields.get(name, {REQUIRED}), f"{kind.DESCRIPTOR.name}.{name}"


def test_everything_is_said_at_once() -> None:
    request = routing.TransferCaseRequest(
        name="cases/1", queue="tenants/acme/queues/a/b", agent="tenants/acme/agents/mia", request_id="1"
    )
    assert [field for field, _ in judged(request, {})] == ["name", "queue", "request_id"]


def test_names_of_one_request_are_of_one_tenant() -> None:
    request = routing.TransferCaseRequest(
        name=f"tenants/acme/cases/{AN_ID}", queue="tenants/other/queues/vip", request_id=AN_ID
    )
    assert judged(request, {}) == [("queue", "is of another tenant than acme")]


def test_what_a_message_in_a_request_requires_is_required_once_it_is_there() -> None:
    request = crm.LookupCustomerRequest(parent="tenants/acme", contact=crm.ContactKey(kind="email"))
    assert judged(request, {}) == [("contact.value", "is required")]


def test_a_service_adds_what_it_knows_and_says_nothing_twice() -> None:
    def judge(request: Any) -> None:
        together(lambda: wrong("parent"), lambda: wrong("filter"), lambda: None, lambda: wrong("order_by"))

    def wrong(field: str) -> None:
        raise InvalidRequest([(field, "is odd")])

    found = judged(ingest.ListPostsRequest(page_size=-1), {ingest.ListPostsRequest: judge})
    assert [field for field, _ in found] == ["parent", "page_size", "filter", "order_by"]
