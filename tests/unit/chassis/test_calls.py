"""Sentences about calls that no client on loopback can be made to send."""

from types import SimpleNamespace
from typing import Any

import grpc
import pytest
from chassis.admission import Admission, Limits
from chassis.call_streams import Streams
from chassis.calls import CallInterceptor
from chassis.message_limits import MessageLimits


class Late:
    """The context of a call whose deadline passed on its way."""

    def __init__(self) -> None:
        self.status: Any = None

    def peer(self) -> str:
        return "ipv4:192.0.2.1:5000"

    def time_remaining(self) -> float:
        return 0.0

    def done(self) -> bool:
        return False

    async def abort_with_status(self, status: Any) -> None:
        self.status = status
        raise grpc.aio.AbortError


@pytest.mark.parametrize("streaming", [False, True], ids=["a unary call", "a stream"])
async def test_a_call_that_arrives_too_late_does_no_work(streaming: bool) -> None:
    worked = []

    async def work(request: bytes, context: Any) -> bytes:
        worked.append(request)
        return request

    make = grpc.unary_stream_rpc_method_handler if streaming else grpc.unary_unary_rpc_method_handler

    async def continuation(_: Any) -> Any:
        return make(work)

    details: Any = SimpleNamespace(method="/test.Echo/One", invocation_metadata=())
    admission = Admission(Limits(calls=1, streams=1, bytes=1))
    interceptor = CallInterceptor({}, Streams(), admission=admission, limits=MessageLimits())
    handler = await interceptor.intercept_service(continuation, details)
    context = Late()
    with pytest.raises(grpc.aio.AbortError):
        await (handler.unary_stream if streaming else handler.unary_unary)(b"x", context)
    assert context.status.code is grpc.StatusCode.DEADLINE_EXCEEDED
    assert worked == []
