"""What went wrong, as one sentence a person can act on. It knows gRPC's codes and Google's error details, no command.

Exit codes: 1 the request failed (`Failure`), 2 wrong usage (click's own `UsageError`).
"""

from collections.abc import Sequence
from typing import IO, Any

import click

from switchboard_cli.hints import typed


class Failure(click.ClickException):
    """The request failed: the message is one sentence with the fix. Exit code 1, on standard error."""

    exit_code = 1

    def show(self, file: IO[Any] | None = None) -> None:
        told = typed(self.format_message())
        click.echo(f"{click.style('error:', fg='red', bold=True)} {told}", err=True, file=file)


SERVICES = ("ingest", "routing", "crm", "kpi")
"""As `--state` and the options of the same names know them."""


def sentence(service: str, target: str, error: Exception, *, act: str = "") -> str:
    """One sentence for a failed call to `service` at `target` (host:port); `act` says what was tried, "to list cases".

    Any other exception than gRPC's is told by its own words.
    """
    import grpc

    if not isinstance(error, grpc.RpcError):
        return f"{service} at {target}: {error}"
    code = error.code()
    said = (error.details() or "").strip().rstrip(".")
    details = _details(error)
    tried = f" {act}" if act else ""
    match code:
        case grpc.StatusCode.UNAVAILABLE if not details.reason:
            return (
                f"cannot reach {service} at {target}{tried}: start it with `switchboard up`, or say where it is with "
                f"--{service} HOST:PORT"
            )
        case grpc.StatusCode.RESOURCE_EXHAUSTED if not details.retry_after_s:
            return f"{service} does not take this{tried}: {said or 'it is too large'}; send or ask for less at a time"
        case grpc.StatusCode.UNAVAILABLE | grpc.StatusCode.RESOURCE_EXHAUSTED:
            again = f"in {details.retry_after_s:g} s" if details.retry_after_s else "in a moment"
            return f"{service} cannot take this now ({said or code.name.lower()}); try again {again}"
        case grpc.StatusCode.DEADLINE_EXCEEDED:
            return (
                f"{service} did not answer in time{tried}{_because(said, 'Deadline Exceeded')}; "
                "it may be busy or behind: try again, or give it longer with --timeout"
            )
        case grpc.StatusCode.INVALID_ARGUMENT | grpc.StatusCode.OUT_OF_RANGE if details.violations:
            wrong = "; ".join(f"{field}: {text}".rstrip(".") for field, text in details.violations)
            return f"{service} cannot use this request{tried}: {wrong}"
        case grpc.StatusCode.NOT_FOUND:
            what = details.resource or said or "what was asked for"
            return f"{service} has no {what}{_because(said, what)}; check its name and the tenant"
        case grpc.StatusCode.ALREADY_EXISTS:
            return (
                f"{service} refused{tried}: {said or 'it exists already'}; choose another id, or change the one there"
            )
        case grpc.StatusCode.FAILED_PRECONDITION | grpc.StatusCode.ABORTED:
            reason = f" ({details.reason})" if details.reason else ""
            more = "; ".join(text for _, text in details.violations if text.strip().rstrip(".") != said)
            return f"{service} refused{tried}: {said}{reason}" + (f"; {more}" if more else "")
        case grpc.StatusCode.UNIMPLEMENTED:
            return f"{service} at {target} does not know this call: it is of another version than this command"
        case grpc.StatusCode.UNAUTHENTICATED | grpc.StatusCode.PERMISSION_DENIED:
            return f"{service} does not let you{tried}: {said or 'no permission'}; use credentials for this tenant"
        case _:
            reason = f" ({details.reason})" if details.reason else ""
            return f"{service} failed{tried}: {said or code.name}{reason}; its own log says more"


def first_line(told: str) -> str:
    """The sentence of a failure whose further lines are the end of somebody's log."""
    return next(iter(told.splitlines()), "")


def silence(service: str, target: str, waited_s: float, *, act: str = "") -> str:
    """One sentence for an address that takes a connection and says nothing."""
    tried = f" {act}" if act else ""
    return (
        f"{service} at {target} did not answer within {waited_s:g} s{tried}: it hangs, or something else listens there;"
        f" start it again, say where it is with --{service} HOST:PORT, or wait longer with --timeout"
    )


def passes(error: Any) -> bool:
    """Whether a refusal passes by itself: who is away, or says when to come back. A message that is too large never
    does, and nobody says when.
    """
    import grpc

    return error.code() is grpc.StatusCode.UNAVAILABLE or bool(_details(error).retry_after_s)


class _Details:
    __slots__ = ("reason", "resource", "retry_after_s", "violations")

    def __init__(self) -> None:
        self.reason = ""
        self.resource = ""
        self.retry_after_s = 0.0
        self.violations: Sequence[tuple[str, str]] = ()


def _details(error: Any) -> _Details:
    """What `google.rpc.Status` in the trailers says; empty when there is none or it cannot be read."""
    from google.protobuf.message import DecodeError
    from google.rpc import error_details_pb2 as known  # type: ignore[import-untyped]
    from google.rpc.status_pb2 import Status  # type: ignore[import-untyped]

    told = _Details()
    trailers = error.trailing_metadata() if hasattr(error, "trailing_metadata") else None
    status = Status()
    for key, value in trailers or ():
        if key == "grpc-status-details-bin":
            try:
                status.ParseFromString(value)
            except DecodeError:
                return told
    for item in status.details:
        info, bad, unmet = known.ErrorInfo(), known.BadRequest(), known.PreconditionFailure()
        retry, resource = known.RetryInfo(), known.ResourceInfo()
        if item.Unpack(info):
            told.reason = info.reason
        elif item.Unpack(bad):
            told.violations = [(v.field, v.description) for v in bad.field_violations]
        elif item.Unpack(unmet):
            told.violations = [(v.subject, v.description) for v in unmet.violations]
        elif item.Unpack(retry):
            told.retry_after_s = retry.retry_delay.ToMilliseconds() / 1000
        elif item.Unpack(resource):
            kind = resource.resource_type.rsplit("/", 1)[-1].rsplit(".", 1)[-1].lower()
            told.resource = f"{kind} {resource.resource_name}".strip()
    return told


def _because(said: str, known: str) -> str:
    return f" ({said})" if said and said.lower() != known.lower() and known.lower() not in said.lower() else ""
