"""Sentences about how refusals cross the wire."""

from collections.abc import Mapping
from enum import StrEnum

import grpc
import pytest
from chassis import errors
from google.protobuf.message import Message
from google.rpc import error_details_pb2 as details
from google.rpc.status_pb2 import Status


class Reason(StrEnum):
    OFFER_GONE = "OFFER_GONE"
    NOT_YOURS = "NOT_YOURS"
    BAD_SKILL = "BAD_SKILL"


CODES: Mapping[str, grpc.StatusCode] = {
    Reason.NOT_YOURS: grpc.StatusCode.PERMISSION_DENIED,
    Reason.BAD_SKILL: grpc.StatusCode.INVALID_ARGUMENT,
}


LONG = "很" * 999


def unpacked(status: Status) -> dict[str, Message]:
    found = {}
    for detail in status.details:
        message = getattr(details, detail.type_url.rpartition(".")[2])()
        assert detail.Unpack(message)
        found[type(message).__name__] = message
    return found


@pytest.mark.parametrize(
    ("error", "code", "reason", "extra"),
    [
        pytest.param(
            errors.Rejected(Reason.OFFER_GONE, "offer 1 is gone"),
            grpc.StatusCode.FAILED_PRECONDITION,
            "OFFER_GONE",
            {"PreconditionFailure"},
            id="a refusal of the business is a failed precondition",
        ),
        pytest.param(
            errors.Rejected(Reason.NOT_YOURS, "case 1 is with mia", resource="tenants/a/cases/1"),
            grpc.StatusCode.PERMISSION_DENIED,
            "NOT_YOURS",
            {"ResourceInfo"},
            id="unless its reason maps to another code",
        ),
        pytest.param(
            errors.Rejected(Reason.BAD_SKILL, "bad skill", violations=(("skills[0]", "unknown"),)),
            grpc.StatusCode.INVALID_ARGUMENT,
            "BAD_SKILL",
            {"BadRequest"},
            id="one that maps to INVALID_ARGUMENT says which fields",
        ),
        pytest.param(
            errors.InvalidRequest([("a", "is empty"), ("b", "is too long")]),
            grpc.StatusCode.INVALID_ARGUMENT,
            "INVALID_REQUEST",
            {"BadRequest"},
            id="an invalid request names its fields",
        ),
        pytest.param(
            errors.NotFound("Post", "tenants/a/posts/1"),
            grpc.StatusCode.NOT_FOUND,
            "POST_UNKNOWN",
            {"ResourceInfo"},
            id="a missing resource is named",
        ),
        pytest.param(
            errors.Unavailable("no owner", 0.25),
            grpc.StatusCode.UNAVAILABLE,
            "UNAVAILABLE",
            {"RetryInfo"},
            id="what is away for now says when to come back",
        ),
        pytest.param(
            errors.Moved("ev.work.acme.0"),
            grpc.StatusCode.UNAVAILABLE,
            "SHARD_MOVED",
            {"RetryInfo"},
            id="a shard that moves is away for a moment, and says that nothing was done",
        ),
        pytest.param(
            errors.Overloaded("queue full", 2),
            grpc.StatusCode.RESOURCE_EXHAUSTED,
            "OVERLOADED",
            {"RetryInfo"},
            id="a full queue says when to come back",
        ),
        pytest.param(
            errors.StorageExhausted("the database has no room", 5),
            grpc.StatusCode.RESOURCE_EXHAUSTED,
            "OVERLOADED",
            {"RetryInfo"},
            id="so does a full disk",
        ),
        pytest.param(
            errors.RequestIdReused(),
            grpc.StatusCode.ALREADY_EXISTS,
            "REQUEST_ID_REUSED",
            set(),
            id="a request id with another body already exists",
        ),
        pytest.param(
            errors.ResumeTokenExpired(),
            grpc.StatusCode.OUT_OF_RANGE,
            "RESUME_TOKEN_EXPIRED",
            set(),
            id="a token too old is out of range",
        ),
        pytest.param(
            TimeoutError(),
            grpc.StatusCode.DEADLINE_EXCEEDED,
            "DEADLINE_EXCEEDED",
            set(),
            id="a wait that took too long is an exceeded deadline",
        ),
    ],
)
def test_refusals_have_a_code_a_reason_and_details(
    error: Exception, code: grpc.StatusCode, reason: str, extra: set[str]
) -> None:
    status = errors.to_status(error, CODES)
    assert errors.code_of(status) is code
    found = unpacked(status)
    assert found.keys() == {"ErrorInfo"} | extra
    assert found["ErrorInfo"] == details.ErrorInfo(reason=reason, domain="switchboard")


def test_every_violation_is_told_at_once() -> None:
    status = errors.to_status(errors.InvalidRequest([("a", "is empty"), ("b", "is too long")]))
    bad = unpacked(status)["BadRequest"]
    assert [(v.field, v.description) for v in bad.field_violations] == [("a", "is empty"), ("b", "is too long")]


def test_retry_delays_keep_their_fractions() -> None:
    retry = unpacked(errors.to_status(errors.Unavailable("x", 1.25)))["RetryInfo"].retry_delay
    assert (retry.seconds, retry.nanos) == (1, 250_000_000)


def test_an_unforeseen_exception_keeps_its_text_to_itself() -> None:
    status = errors.to_status(KeyError("mia.miller@example.com"))
    assert errors.code_of(status) is grpc.StatusCode.INTERNAL
    assert b"mia" not in status.SerializeToString()


@pytest.mark.parametrize(
    "error",
    [
        pytest.param(errors.InvalidRequest([(f"deliveries[{i}]", "is wrong " * 9) for i in range(5000)]), id="many"),
        pytest.param(errors.InvalidRequest([("a", "很" * 100_000)]), id="one that is long"),
        pytest.param(errors.InvalidRequest([("很" * 100_000, "?")]), id="a long field"),
        pytest.param(errors.Rejected(Reason.OFFER_GONE, "x" * 100_000), id="a long detail"),
        pytest.param(
            errors.Rejected(
                Reason.OFFER_GONE, "很" * 999, resource="很" * 999, violations=(("很" * 999, "很" * 999),) * 9
            ),
            id="everything at once",
        ),
        pytest.param(errors.NotFound("Post", "\ud800"), id="what is no Unicode"),
        pytest.param(errors.NotFound("Post", "x" * 100_000), id="a long name"),
    ],
)
def test_a_status_always_fits_the_trailers_of_any_client(error: Exception) -> None:
    status = errors.to_status(error)
    # Base64 of the status and the percent-encoded message travel together in at most 8 KiB.
    assert status.ByteSize() * 4 / 3 + 3 * len(status.message.encode()) < 8192


def test_what_does_not_fit_is_counted() -> None:
    status = errors.to_status(errors.InvalidRequest([(f"f{i}", "is wrong") for i in range(5000)]))
    shown = unpacked(status)["BadRequest"].field_violations
    assert shown[-1].description == f"and {5000 - len(shown) + 1} more"


def test_a_refusal_crosses_the_bus_unchanged() -> None:
    data = errors.status_bytes(errors.Rejected(Reason.NOT_YOURS, "case 1 is with mia"), CODES)
    with pytest.raises(errors.StatusError) as caught:
        errors.raise_from_status_bytes(data)
    assert caught.value.code is grpc.StatusCode.PERMISSION_DENIED
    assert caught.value.reason == "NOT_YOURS"
    assert errors.status_bytes(caught.value) == data


def test_bytes_that_are_no_status_are_an_unavailable_owner() -> None:
    with pytest.raises(errors.Unavailable):
        errors.raise_from_status_bytes(b"\xff\xff")


def test_a_code_grpc_does_not_have_is_unknown() -> None:
    assert errors.StatusError(Status(code=99)).code is grpc.StatusCode.UNKNOWN
