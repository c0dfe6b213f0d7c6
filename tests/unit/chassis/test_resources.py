"""Given a refusal and the request it refuses, when it leaves, then its resource is named in full."""

from __future__ import annotations

from enum import StrEnum

import pytest
from chassis import errors
from chassis.resources import completed, names_in, tenant_in, type_of
from google.protobuf.message import Message
from google.rpc import error_details_pb2 as details
from google.rpc.status_pb2 import Status
from hypothesis import given
from hypothesis import strategies as st
from switchboard.crm.v1 import service_pb2 as crm
from switchboard.ingest.v1 import service_pb2 as ingest
from switchboard.kpi.v1 import service_pb2 as kpi
from switchboard.routing.v1 import service_pb2 as routing

CASE = "tenants/acme/cases/1"


class Reason(StrEnum):
    NO = "NO"


def resource(status: Status) -> tuple[str, str] | None:
    info = details.ResourceInfo()
    return next(((info.resource_type, info.resource_name) for one in status.details if one.Unpack(info)), None)


@pytest.mark.parametrize(
    ("error", "request_", "named"),
    [
        pytest.param(
            errors.Rejected(Reason.NO, "no", resource="agents/mia"),
            routing.AcceptOfferRequest(name=CASE),
            ("agent", "tenants/acme/agents/mia"),
            id="what a decider names by its collection is of the call's tenant",
        ),
        pytest.param(
            errors.Rejected(Reason.NO, "no"),
            routing.AcceptOfferRequest(name=CASE, agent="tenants/acme/agents/mia"),
            ("case", CASE),
            id="without one it is what the request names first",
        ),
        pytest.param(
            errors.Rejected(Reason.NO, "no"),
            routing.UpdateQueueRequest(queue=routing.Queue(name="tenants/acme/queues/vip")),
            ("queue", "tenants/acme/queues/vip"),
            id="in a message of the request, too",
        ),
        pytest.param(
            errors.Rejected(Reason.NO, "no"),
            ingest.CreateSourceRequest(parent="tenants/acme"),
            ("tenant", "tenants/acme"),
            id="or the tenant, where it names nothing else",
        ),
        pytest.param(
            errors.NotFound("identity", "tenants/acme/identities/7"),
            crm.ExplainLinkRequest(identity_a="tenants/acme/identities/8"),
            ("identity", "tenants/acme/identities/7"),
            id="a full name stays as it is",
        ),
        pytest.param(
            errors.NotFound("Quarantined", "tenants/acme/quarantined/7"),
            ingest.RequeueQuarantinedRequest(name="tenants/acme/quarantined/7"),
            ("quarantined", "tenants/acme/quarantined/7"),
            id="a type has one spelling, its collection's",
        ),
        pytest.param(
            errors.RequestIdReused(), routing.AcceptOfferRequest(name=CASE), None, id="a request id is no resource"
        ),
        pytest.param(
            errors.InvalidRequest([("a", "b")]), routing.AcceptOfferRequest(name=CASE), None, id="nor is a wrong field"
        ),
    ],
)
def test_a_refusal_names_its_resource_in_full(
    error: Exception, request_: Message, named: tuple[str, str] | None
) -> None:
    status = completed(errors.to_status(error), request_)
    assert resource(status) == named
    assert errors.reason_of(status) == errors.reason_of(errors.to_status(error)), "the rest of it stays"


def test_a_failed_precondition_is_about_the_same_resource() -> None:
    error = errors.Rejected(Reason.NO, "no", resource="cases/1")
    status = completed(errors.to_status(error), routing.ReopenCaseRequest(name=CASE))
    failure = details.PreconditionFailure()
    assert any(one.Unpack(failure) for one in status.details)
    assert [violation.subject for violation in failure.violations] == [CASE]


@pytest.mark.parametrize(
    ("name", "kind"),
    [("tenants/acme/cases/1", "case"), ("tenants/acme/identities/1", "identity"), ("tenants/acme", "tenant"),
     ("tenants/acme/cannedTexts/hi", "canned text"), ("views/x", "view"), ("x", ""), ("", "")],
)  # fmt: skip
def test_a_type_follows_from_the_name(name: str, kind: str) -> None:
    assert type_of(name) == kind


@given(st.text(max_size=50), st.text(max_size=50))
def test_whatever_a_request_names_is_read_without_failing(name: str, agent: str) -> None:
    request = routing.AcceptOfferRequest(name=f"tenants/{name}", agent=agent)
    assert f"tenants/{name}" in list(names_in(request))
    assert tenant_in(request) == name.split("/", maxsplit=1)[0]
    status = completed(errors.to_status(errors.Rejected(Reason.NO, "no")), request)
    assert resource(status) is not None
    assert tenant_in(kpi.QueryMetricsRequest(parent=agent)) in ("", *agent.split("/"))
