"""What can go wrong, as exceptions, and how each of them crosses the wire. It knows no service's reasons.

A refusal leaves as a `google.rpc.Status`: code, message and details (`ErrorInfo` always; `BadRequest`,
`PreconditionFailure`, `ResourceInfo`, `RetryInfo` where fitting). The same bytes cross the bus when a command was
forwarded to its shard's owner, so the caller sees the same refusal wherever the call arrived.
"""

from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from typing import NoReturn, TypeVar

import grpc
from google.protobuf.duration_pb2 import Duration
from google.protobuf.message import DecodeError, Message
from google.rpc import error_details_pb2 as details  # type: ignore[import-untyped]
from google.rpc.status_pb2 import Status  # type: ignore[import-untyped]

DOMAIN = "switchboard"

M = TypeVar("M", bound=Message)

TEXT_BYTES_MAX = 500
"""UTF-8 bytes of one text in a status. All of it shares the 8 KiB of trailers that any client accepts."""

VIOLATIONS_BYTES_MAX = 2500
"""Bytes of violations in one status; what does not fit is counted, not sent."""


class Reason(StrEnum):
    """Every `ErrorInfo.reason` of the chassis but `<KIND>_UNKNOWN`, see NotFound; those of the business are in the
    services' own enumerations.
    """

    INVALID_REQUEST = "INVALID_REQUEST"
    REQUEST_ID_REUSED = "REQUEST_ID_REUSED"
    RESUME_TOKEN_EXPIRED = "RESUME_TOKEN_EXPIRED"  # noqa: S105
    POSITION_OUT_OF_RANGE = "POSITION_OUT_OF_RANGE"
    UNAVAILABLE = "UNAVAILABLE"
    SHARD_MOVED = "SHARD_MOVED"
    SHARD_RESTING = "SHARD_RESTING"
    OUTCOME_UNKNOWN = "OUTCOME_UNKNOWN"
    OVERLOADED = "OVERLOADED"
    MESSAGE_TOO_LARGE = "MESSAGE_TOO_LARGE"
    STREAM_IDLE = "STREAM_IDLE"
    DEADLINE_EXCEEDED = "DEADLINE_EXCEEDED"
    UNIMPLEMENTED = "UNIMPLEMENTED"
    INTERNAL = "INTERNAL"
    KEY_LOST = "KEY_LOST"
    KEY_IN_FILE = "KEY_IN_FILE"
    KEY_GIVEN_UP = "KEY_GIVEN_UP"
    TENANT_EXISTS = "TENANT_EXISTS"
    TENANT_DELETED = "TENANT_DELETED"


class Rejected(Exception):
    """The business says no: `reason` from the service's own enumeration, `detail` a sentence that names things by id.

    `violations` are (subject, description) pairs; `resource` is what it was about, as `<collection>/<id>`: the tenant
    before it is the call's, and where it is left out, the resource is the one that the request names.
    """

    def __init__(
        self, reason: StrEnum, detail: str, *, resource: str = "", violations: tuple[tuple[str, str], ...] = ()
    ) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail
        self.resource = resource
        self.violations = violations


class TenantDeleted(Rejected):
    """The tenant was deleted, for ever: nothing of it is answered, and its id is never used again."""

    def __init__(self, tenant: str) -> None:
        super().__init__(
            Reason.TENANT_DELETED,
            f"tenant {tenant} is deleted, for ever; use another id",
            resource=f"tenants/{tenant}",
        )


class Unavailable(Exception):
    """The world says not now: something we depend on is away. Worth repeating after `retry_after_s` seconds.

    `REASON` says whether the request may have been executed: nothing was done but for OUTCOME_UNKNOWN. Repeating with
    the same request id is safe in any case.
    """

    REASON: Reason = Reason.UNAVAILABLE

    def __init__(self, detail: str, retry_after_s: float = 1.0) -> None:
        super().__init__(detail)
        self.detail = detail
        self.retry_after_s = retry_after_s


class Moved(Unavailable):
    """A shard goes to another replica; nothing was done. `ShardHost.call` asks its new owner."""

    REASON = Reason.SHARD_MOVED

    def __init__(self, subject: object) -> None:
        super().__init__(f"shard {subject} moves to another replica; try again", 0.25)


class StorageExhausted(Unavailable):
    """A store we depend on has no room; nothing was done, and waiting helps as soon as somebody makes some."""


class Resting(Unavailable):
    """A shard failed several times in a row and waits to be woken; nothing was done."""

    REASON = Reason.SHARD_RESTING

    def __init__(self, subject: object) -> None:
        super().__init__(f"shard {subject} rests after it failed again and again; `switchboard shards` says why", 10.0)


class Interrupted(Unavailable):
    """A shard stopped while a command was on its way into the log: it may have been executed."""

    REASON = Reason.OUTCOME_UNKNOWN

    def __init__(self, subject: object) -> None:
        super().__init__(f"shard {subject} stopped before it had an answer; repeat with the same request_id", 0.5)


class Overloaded(Exception):
    """A bounded queue is full; nothing was done. Worth repeating after `retry_after_s` seconds."""

    def __init__(self, detail: str, retry_after_s: float = 1.0) -> None:
        super().__init__(detail)
        self.detail = detail
        self.retry_after_s = retry_after_s


class InvalidRequest(Exception):
    """The request itself is wrong: every (field, description) at once."""

    def __init__(self, violations: Iterable[tuple[str, str]]) -> None:
        self.violations = tuple(violations)
        super().__init__("; ".join(f"{field}: {description}" for field, description in self.violations))


class OutOfRange(Exception):
    """The request is right in form and names places there are not: every (field, description) at once."""

    def __init__(self, violations: Iterable[tuple[str, str]]) -> None:
        self.violations = tuple(violations)
        super().__init__("; ".join(f"{field} {description}" for field, description in self.violations))


class TooLarge(Exception):
    """A message is larger than a server reads or a client has to; repeating it does not help."""

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


class StreamIdle(Exception):
    """A stream was not used for so long that its place is given to others; what was sent on it is done."""

    def __init__(self, detail: str, retry_after_s: float = 1.0) -> None:
        super().__init__(detail)
        self.detail = detail
        self.retry_after_s = retry_after_s


class Unimplemented(Exception):
    """There is no such method here."""

    def __init__(self, method: str) -> None:
        super().__init__(f"this server has no method {method}")


class NotFound(Exception):
    """There is no such resource. The reason says of which kind: AGENT_UNKNOWN for an agent, whoever finds that out."""

    def __init__(self, resource_type: str, resource_name: str) -> None:
        super().__init__(f"{resource_type} {resource_name} does not exist")
        self.resource_type = resource_type
        self.resource_name = resource_name

    @property
    def reason(self) -> str:
        """`<KIND>_UNKNOWN`."""
        return f"{self.resource_type.upper().replace(' ', '_')}_UNKNOWN"


class RequestIdReused(Exception):
    """A request id came back with another body than the first time."""

    def __init__(
        self, detail: str = "this request_id was used for another request; give a new request a new one"
    ) -> None:
        super().__init__(detail)
        self.detail = detail


class KeyUnusable(Exception):
    """The key of one data subject is there and cannot be used; what concerns nobody else is refused."""

    def __init__(self, subject_id: str, why: str) -> None:
        super().__init__(f"the key of subject {subject_id} cannot be used: {why}")
        self.detail = (
            f"the key of subject {subject_id} cannot be used; put its key-encryption key back into the key file"
        )
        self.subject_id = subject_id


class ResumeTokenExpired(Exception):
    """A watch cannot go on from this token; the caller begins again with a snapshot."""

    def __init__(self, detail: str = "this resume token is too old; watch again without it") -> None:
        super().__init__(detail)
        self.detail = detail


class StatusError(Exception):
    """A refusal that already has its status, such as one the owner of a shard gave. Serving sends exactly it."""

    def __init__(self, status: Status) -> None:
        super().__init__(f"{code_of(status).name}: {status.message}")
        self.status = status

    @property
    def code(self) -> grpc.StatusCode:
        """The status code; UNKNOWN for a number gRPC does not have."""
        return code_of(self.status)

    @property
    def reason(self) -> str:
        """`ErrorInfo.reason`, "" when there is none."""
        return reason_of(self.status)


RETRY_S = 1.0
"""When to repeat what a service refuses for the moment without saying for how long."""
_WORTH_REPEATING = frozenset({grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.RESOURCE_EXHAUSTED, grpc.StatusCode.ABORTED})
_CODES: Mapping[int, grpc.StatusCode] = {code.value[0]: code for code in grpc.StatusCode}
_NO_CODES: Mapping[str, grpc.StatusCode] = {}


def code_of(status: Status) -> grpc.StatusCode:
    """The code of a status; UNKNOWN for a number gRPC does not have."""
    return _CODES.get(status.code, grpc.StatusCode.UNKNOWN)


def reason_of(status: Status) -> str:
    """`ErrorInfo.reason` of a status, "" when there is none."""
    info = details.ErrorInfo()
    for detail in status.details:
        if detail.Unpack(info):
            return str(info.reason)
    return ""


def to_status(error: BaseException, codes: Mapping[str, grpc.StatusCode] = _NO_CODES) -> Status:
    """The status an exception leaves with. `codes` maps a service's reasons, default FAILED_PRECONDITION.

    An exception nobody foresaw becomes INTERNAL and says nothing of itself: its text may hold personal values.
    """
    match error:
        case StatusError():
            return error.status
        case Rejected():
            return _rejected(error, codes.get(error.reason, grpc.StatusCode.FAILED_PRECONDITION))
        case InvalidRequest():
            message = str(error) or "the request is invalid"
            bad = _bad_request(error.violations)
            return _status(grpc.StatusCode.INVALID_ARGUMENT, Reason.INVALID_REQUEST, message, bad)
        case OutOfRange():
            bad = _bad_request(error.violations)
            return _status(grpc.StatusCode.OUT_OF_RANGE, Reason.POSITION_OUT_OF_RANGE, str(error), bad)
        case TooLarge():
            return _status(grpc.StatusCode.RESOURCE_EXHAUSTED, Reason.MESSAGE_TOO_LARGE, error.detail)
        case StreamIdle():
            return _status(grpc.StatusCode.ABORTED, Reason.STREAM_IDLE, error.detail, _retry(error.retry_after_s))
        case Unimplemented():
            return _status(grpc.StatusCode.UNIMPLEMENTED, Reason.UNIMPLEMENTED, str(error))
        case NotFound():
            info = details.ResourceInfo(
                resource_type=error.resource_type,
                resource_name=_short(error.resource_name),
                description=_short(str(error)),
            )
            return _status(grpc.StatusCode.NOT_FOUND, error.reason, str(error), info)
        case RequestIdReused():
            return _status(grpc.StatusCode.ALREADY_EXISTS, Reason.REQUEST_ID_REUSED, error.detail)
        case KeyUnusable():
            violation = details.PreconditionFailure.Violation(
                type=Reason.KEY_LOST, subject=error.subject_id, description=error.detail
            )
            failed = details.PreconditionFailure(violations=[violation])
            return _status(grpc.StatusCode.FAILED_PRECONDITION, Reason.KEY_LOST, error.detail, failed)
        case ResumeTokenExpired():
            return _status(grpc.StatusCode.OUT_OF_RANGE, Reason.RESUME_TOKEN_EXPIRED, error.detail)
        case StorageExhausted():
            return _status(
                grpc.StatusCode.RESOURCE_EXHAUSTED, Reason.OVERLOADED, error.detail, _retry(error.retry_after_s)
            )
        case Unavailable():
            return _status(grpc.StatusCode.UNAVAILABLE, error.REASON, error.detail, _retry(error.retry_after_s))
        case Overloaded():
            return _status(
                grpc.StatusCode.RESOURCE_EXHAUSTED, Reason.OVERLOADED, error.detail, _retry(error.retry_after_s)
            )
        case TimeoutError():
            message = "the deadline passed before there was an answer; repeat with the same request_id"
            return _status(grpc.StatusCode.DEADLINE_EXCEEDED, Reason.DEADLINE_EXCEEDED, message)
        case _:
            return _status(grpc.StatusCode.INTERNAL, Reason.INTERNAL, "internal error")


def status_bytes(error: BaseException, codes: Mapping[str, grpc.StatusCode] = _NO_CODES) -> bytes:
    """`to_status` as bytes, for the bus."""
    return bytes(to_status(error, codes).SerializeToString())


def raise_from_status_bytes(data: bytes) -> NoReturn:
    """Raises the StatusError whose status these bytes are; Unavailable when they are none."""
    try:
        status = Status.FromString(data)
    except DecodeError:
        raise Unavailable("the owner's answer could not be read") from None
    raise StatusError(status)


def _bad_request(pairs: Sequence[tuple[str, str]]) -> details.BadRequest:
    fields = _fitting(details.BadRequest.FieldViolation(field=_short(f), description=_short(d)) for f, d in pairs)
    if len(fields) < len(pairs):
        fields.append(details.BadRequest.FieldViolation(description=f"and {len(pairs) - len(fields)} more"))
    return details.BadRequest(field_violations=fields)


def _rejected(error: Rejected, code: grpc.StatusCode) -> Status:
    extra: list[Message] = []
    pairs = error.violations
    if code is grpc.StatusCode.INVALID_ARGUMENT and pairs:
        extra.append(_bad_request(pairs))
    elif code is grpc.StatusCode.FAILED_PRECONDITION:
        violations = _fitting(
            details.PreconditionFailure.Violation(type=error.reason, subject=_short(s), description=_short(d))
            for s, d in pairs or ((error.resource, error.detail),)
        )
        extra.append(details.PreconditionFailure(violations=violations))
    if error.resource:
        extra.append(details.ResourceInfo(resource_name=_short(error.resource), description=_short(error.detail)))
    if code in _WORTH_REPEATING:
        extra.append(_retry(RETRY_S))
    return _status(code, str(error.reason), error.detail, *extra)


def _status(code: grpc.StatusCode, reason: str, message: str, *extra: Message) -> Status:
    status = Status(code=code.value[0], message=_short(message))
    for detail in (details.ErrorInfo(reason=reason, domain=DOMAIN), *extra):
        status.details.add().Pack(detail)
    return status


def _retry(after_s: float) -> details.RetryInfo:
    seconds, fraction = divmod(max(0.0, after_s), 1.0)
    return details.RetryInfo(retry_delay=Duration(seconds=int(seconds), nanos=int(fraction * 1e9)))


def _short(text: str) -> str:
    data = text.encode("utf-8", "replace")
    return data.decode() if len(data) <= TEXT_BYTES_MAX else data[: TEXT_BYTES_MAX - 3].decode("utf-8", "ignore") + "…"


def _fitting(violations: Iterable[M]) -> list[M]:
    fitting: list[M] = []
    room = VIOLATIONS_BYTES_MAX
    for violation in violations:
        room -= violation.ByteSize()
        if room < 0:
            break
        fitting.append(violation)
    return fitting
