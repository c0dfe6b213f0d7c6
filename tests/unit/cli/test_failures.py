"""Errors of the services as one sentence with the fix."""

import grpc
import pytest
from google.protobuf.any_pb2 import Any
from google.protobuf.duration_pb2 import Duration
from google.rpc import error_details_pb2 as known
from google.rpc.status_pb2 import Status
from grpc.aio import AioRpcError, Metadata
from switchboard_cli.failures import sentence


def failed(code: grpc.StatusCode, text: str, *details: object) -> AioRpcError:
    status = Status(code=code.value[0], message=text)
    for detail in details:
        packed = Any()
        packed.Pack(detail)
        status.details.append(packed)
    trailers = Metadata(("grpc-status-details-bin", status.SerializeToString())) if details else Metadata()
    return AioRpcError(code, Metadata(), trailers, text)


Code = grpc.StatusCode
INFO = known.ErrorInfo(domain="switchboard", reason="OFFER_GONE")
VIOLATION = known.BadRequest.FieldViolation


@pytest.mark.parametrize(
    ("error", "says"),
    [
        pytest.param(
            failed(Code.UNAVAILABLE, "failed to connect to all addresses; last error: ..."),
            "cannot reach routing at h:1: start it with `switchboard up`, or say where it is with --routing HOST:PORT",
            id="nobody is there",
        ),
        pytest.param(
            failed(
                Code.UNAVAILABLE,
                "the shard has no owner.",
                known.ErrorInfo(reason="UNAVAILABLE"),
                known.RetryInfo(retry_delay=Duration(seconds=1, nanos=500_000_000)),
            ),
            "routing cannot take this now (the shard has no owner); try again in 1.5 s",
            id="somebody is there, and not ready",
        ),
        pytest.param(
            failed(Code.RESOURCE_EXHAUSTED, "the request is 5 MB.", known.ErrorInfo(reason="MESSAGE_TOO_LARGE")),
            "routing does not take this: the request is 5 MB; send or ask for less at a time",
            id="what is too large will be so again",
        ),
        pytest.param(
            failed(
                Code.INVALID_ARGUMENT,
                "2 violations",
                known.BadRequest(
                    field_violations=[
                        VIOLATION(field="page_size", description="must be at most 1000"),
                        VIOLATION(field="filter", description="unreadable."),
                    ]
                ),
            ),
            "routing cannot use this request: page_size: must be at most 1000; filter: unreadable",
            id="every violation at once",
        ),
        pytest.param(
            failed(
                Code.NOT_FOUND,
                "no such case",
                known.ResourceInfo(resource_type="switchboard.routing.v1.Case", resource_name="tenants/a/cases/1"),
            ),
            "routing has no case tenants/a/cases/1 (no such case); check its name and the tenant",
            id="what is not there is named",
        ),
        pytest.param(
            failed(Code.FAILED_PRECONDITION, "offer 7 is no longer open", INFO),
            "routing refused: offer 7 is no longer open (OFFER_GONE)",
            id="a refusal gives its reason",
        ),
        pytest.param(
            failed(Code.DEADLINE_EXCEEDED, "Deadline Exceeded"),
            "routing did not answer in time; it may be busy or behind: try again, or give it longer with --timeout",
            id="too slow",
        ),
        pytest.param(
            failed(
                Code.OUT_OF_RANGE,
                "after lies beyond the end of the log",
                known.BadRequest(field_violations=[VIOLATION(field="after", description="lies beyond the end")]),
            ),
            "routing cannot use this request: after: lies beyond the end",
            id="a position of another log is the caller's",
        ),
        pytest.param(failed(Code.INTERNAL, "boom"), "routing failed: boom; its own log says more", id="its fault"),
    ],
)
def test_sentence(error, says):
    assert sentence("routing", "h:1", error) == says


def test_details_that_cannot_be_read_are_left_out():
    error = AioRpcError(Code.NOT_FOUND, Metadata(), Metadata(("grpc-status-details-bin", b"\xff\xff")), "gone")
    assert sentence("kpi", "h:1", error) == "kpi has no gone; check its name and the tenant"


def test_a_sentence_is_said_once():
    violation = known.PreconditionFailure.Violation(type="CASE_CLOSED", description="case 42 is resolved")
    error = failed(
        Code.FAILED_PRECONDITION, "case 42 is resolved", INFO, known.PreconditionFailure(violations=[violation])
    )
    assert sentence("routing", "h:1", error).count("is resolved") == 1
