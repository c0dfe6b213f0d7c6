"""What an error says about a fact somebody tried to act on: it is settled, somebody is away, or it failed.

A refusal of a shard's owner says the same here as from another replica, where it arrives as a status.
"""

from __future__ import annotations

from enum import StrEnum

import grpc

from chassis.errors import NotFound, Overloaded, Rejected, RequestIdReused, StatusError, Unavailable


class Verdict(StrEnum):
    SETTLED = "settled"
    """There is nothing left to do about it."""
    AWAY = "away"
    """Somebody does not answer, or has no room; it works once that is over."""
    FAILED = "failed"
    """It does not work, and nobody knows why."""


_SETTLED = frozenset({grpc.StatusCode.NOT_FOUND, grpc.StatusCode.FAILED_PRECONDITION, grpc.StatusCode.ALREADY_EXISTS})
_AWAY = frozenset(
    {
        grpc.StatusCode.UNAVAILABLE,
        grpc.StatusCode.RESOURCE_EXHAUSTED,
        grpc.StatusCode.DEADLINE_EXCEEDED,
        grpc.StatusCode.ABORTED,
        grpc.StatusCode.CANCELLED,
    }
)


def verdict_on(error: Exception) -> Verdict:
    """What becomes of a fact whose effect ended with this."""
    match error:
        case StatusError():
            code = error.code
            if code in _SETTLED:
                return Verdict.SETTLED
            return Verdict.AWAY if code in _AWAY else Verdict.FAILED
        case Rejected() | NotFound() | RequestIdReused():
            return Verdict.SETTLED
        case Unavailable() | Overloaded() | TimeoutError() | ConnectionError():
            return Verdict.AWAY
        case _:
            return Verdict.FAILED
