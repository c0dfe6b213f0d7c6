"""What becomes of a fact says its error, the same from here as from another replica."""

from enum import StrEnum

import grpc
import pytest
from chassis.errors import (
    Interrupted,
    InvalidRequest,
    Moved,
    NotFound,
    Overloaded,
    Rejected,
    RequestIdReused,
    Resting,
    StatusError,
    StorageExhausted,
    Unavailable,
    to_status,
)
from chassis.log import LogFull, OutcomeUnknown
from chassis.settlement import Verdict, verdict_on


class Reason(StrEnum):
    NO = "NO"


SETTLED, AWAY, FAILED = Verdict.SETTLED, Verdict.AWAY, Verdict.FAILED

ERRORS = [
    pytest.param(Rejected(Reason.NO, "no"), SETTLED, id="the business says no"),
    pytest.param(NotFound("case", "c"), SETTLED, id="there is no such thing"),
    pytest.param(RequestIdReused(), SETTLED, id="it was done under this id"),
    pytest.param(Unavailable("away"), AWAY, id="somebody is away"),
    pytest.param(Moved("ev.tally.acme.0"), AWAY, id="the shard moves"),
    pytest.param(Resting("ev.tally.acme.0"), AWAY, id="the shard rests"),
    pytest.param(Interrupted("ev.tally.acme.0"), AWAY, id="it may have been done"),
    pytest.param(OutcomeUnknown("ev.tally.acme.0"), AWAY, id="the log stays silent"),
    pytest.param(StorageExhausted("full"), AWAY, id="the disk is full"),
    pytest.param(LogFull("full", 1.0), AWAY, id="the log is full"),
    pytest.param(Overloaded("full"), AWAY, id="a queue is full"),
    pytest.param(TimeoutError(), AWAY, id="the time is up"),
    pytest.param(InvalidRequest([("f", "wrong")]), FAILED, id="we asked for nonsense"),
    pytest.param(ZeroDivisionError(), FAILED, id="nobody foresaw it"),
]


@pytest.mark.parametrize(("error", "verdict"), ERRORS)
def test_an_error_says_the_same_from_here_and_from_afar(error: Exception, verdict: Verdict) -> None:
    assert verdict_on(error) is verdict
    assert verdict_on(StatusError(to_status(error))) is verdict


WAITED_FOR = {"UNAVAILABLE", "RESOURCE_EXHAUSTED", "DEADLINE_EXCEEDED", "ABORTED", "CANCELLED"}
OVER = {"NOT_FOUND", "FAILED_PRECONDITION", "ALREADY_EXISTS"}


@pytest.mark.parametrize("code", [code for code in grpc.StatusCode if code is not grpc.StatusCode.OK], ids=str)
def test_every_status_has_a_verdict(code: grpc.StatusCode) -> None:
    status = to_status(ZeroDivisionError())
    status.code = code.value[0]
    expected = AWAY if code.name in WAITED_FOR else SETTLED if code.name in OVER else FAILED
    assert verdict_on(StatusError(status)) is expected
