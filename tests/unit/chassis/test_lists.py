"""What every list and every mutation has, found in the contracts, not listed here, or a reason to have none."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from switchboard.crm.v1 import service_pb2 as crm
from switchboard.ingest.v1 import service_pb2 as ingest
from switchboard.kpi.v1 import service_pb2 as kpi
from switchboard.log.v1 import keys_pb2, operations_pb2, tenants_pb2
from switchboard.routing.v1 import service_pb2 as routing

WITHOUT = {
    "ListCaseEvents": "a history is read from its beginning",
    "ListCalendars": "at most 200",
    "ListLinks": "of one customer, at most a few",
    "ListKeys": "a handful",
    "ListParked": "narrowed by its consumer",
    "ListUnreadable": "a stream of what cannot be read has no fields",
}


HARMLESS = {
    "IngestPosts": "a repeated delivery is a duplicate, by its own id",
    "WakeShard": "repeating is harmless",
    "ReleaseParked": "repeating is harmless",
    "RotateKeys": "goes on where it stopped",
    "DeclareKeyLost": "repeating is harmless",
    "DeleteTenant": "repeating answers how far it is",
}
READS = ("Get", "List", "Watch", "Query", "Lookup", "Explain", "Check", "Measure", "Restate")


def methods() -> Iterator[Any]:
    """Every method that callers use."""
    for contract in (ingest, routing, crm, kpi, keys_pb2, operations_pb2, tenants_pb2):
        for service in contract.DESCRIPTOR.services_by_name.values():
            yield from service.methods


def lists() -> Iterator[Any]:
    """The request of every List method."""
    yield from (method.input_type for method in methods() if method.name.startswith("List"))


@pytest.mark.parametrize("request_type", [pytest.param(one, id=one.name) for one in lists()])
def test_every_list_has_a_filter(request_type: Any) -> None:
    has = "filter" in request_type.fields_by_name
    assert has is (request_type.name.removesuffix("Request") not in WITHOUT)


@pytest.mark.parametrize("method", [pytest.param(one, id=one.name) for one in methods()])
def test_every_mutation_takes_a_request_id(method: Any) -> None:
    has = "request_id" in method.input_type.fields_by_name
    assert has is not (method.name.startswith(READS) or method.name in HARMLESS)
