"""The form of a source's settings, as its caller hears of it."""

import pytest
from ingest.checks import change_violations, creation_violations
from switchboard.ingest.v1 import service_pb2

QUEUES = [
    pytest.param("", [], id="no queue"),
    pytest.param("billing", ["source.default_queue"], id="an id, which is another spelling of the name"),
    pytest.param("tenants/acme/queues/billing", [], id="a name"),
    pytest.param("tenants/other/queues/billing", ["source.default_queue"], id="another tenant's queue"),
    pytest.param("tenants/acme-2/queues/billing", ["source.default_queue"], id="a tenant that begins the same"),
]


@pytest.mark.parametrize(("queue", "wrong"), QUEUES)
def test_cases_go_to_a_queue_of_the_sources_own_tenant(queue: str, wrong: list[str]) -> None:
    source = service_pb2.Source(name="tenants/acme/sources/shop", channel="x", default_queue=queue)
    created = service_pb2.CreateSourceRequest(parent="tenants/acme", source_id="shop", source=source)
    assert [field for field, _ in creation_violations(created)] == wrong
    found = change_violations(service_pb2.UpdateSourceRequest(source=source))
    assert [field for field, _ in found] == wrong
