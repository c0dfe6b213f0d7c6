"""What happens around every call: deadline, span, duration, refusals as statuses, an end to streams when draining.

One interceptor covers the four shapes of RPC. Handlers may be coroutines, asynchronous generators or coroutines that
write to their context; they raise the exceptions of `chassis.errors` and know nothing of this.
"""

import asyncio
import inspect
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import aclosing
from contextvars import ContextVar
from typing import Any

import grpc
from google.protobuf.message import DecodeError
from google.rpc.status_pb2 import Status  # type: ignore[import-untyped]
from grpc_status import rpc_status  # type: ignore[import-untyped]

from chassis import attributes as names
from chassis import telemetry
from chassis.errors import InvalidRequest, Unavailable, to_status
from chassis.logs import where

_Behaviour = Callable[..., Any]
_Read = Callable[[bytes], Any]

DEADLINE_S = 30.0
"""What a call gets whose client set no deadline. Streams go on beyond it; what they wait for in between does not."""

RESUME_AFTER_S = 0.5
"""When a client whose stream was ended may open it again, somewhere else."""

_log = logging.getLogger("chassis.calls")
_duration = telemetry.Instrument("rpc.server.call.duration")
_unforeseen = telemetry.Instrument("switchboard.unforeseen")
_ends_at: ContextVar[float | None] = ContextVar("ends_at", default=None)

# Codes that are the server's fault; the others are answers (OpenTelemetry conventions for RPC servers).
_FAULTS = frozenset({"UNKNOWN", "DEADLINE_EXCEEDED", "UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE", "DATA_LOSS"})
_NAMES: Mapping[int, str] = {code.value[0]: code.name for code in grpc.StatusCode}


def deadline_s() -> float:
    """Seconds left of the current call, never negative; 30 where there is no call or it has no deadline."""
    ends_at = _ends_at.get()
    return DEADLINE_S if ends_at is None else max(0.0, ends_at - time.monotonic())


class Streams:
    """The streams that are open, so that draining can end them."""

    def __init__(self) -> None:
        self.draining = asyncio.Event()
        self._with_requests: set[asyncio.Task[Any]] = set()
        self._without: set[asyncio.Task[Any]] = set()

    async def end(self, grace_s: float) -> None:
        """Ends every stream. Those that read requests see no further one and may finish what they have begun."""
        self.draining.set()
        for task in tuple(self._without):
            task.cancel()
        waiting = tuple(self._with_requests)
        if waiting:
            await asyncio.wait(waiting, timeout=grace_s)
        left = tuple(self._with_requests | self._without)
        for task in left:
            task.cancel()
        if left:
            await asyncio.wait(left, timeout=1.0)

    def opened(self, reads_requests: bool) -> Callable[[], None]:
        """Registers the current task; the answer takes it off again."""
        task = asyncio.current_task()
        assert task is not None
        kind = self._with_requests if reads_requests else self._without
        kind.add(task)
        return lambda: kind.discard(task)


_END = object()


class _Requests:
    """The requests of a stream, up to the moment of draining; `cut` says that there might have been more."""

    def __init__(self, requests: AsyncIterator[Any], draining: asyncio.Event) -> None:
        self._requests = aiter(requests)
        self._draining = asyncio.ensure_future(draining.wait())
        self.cut = False

    def __aiter__(self) -> "_Requests":
        return self

    async def __anext__(self) -> Any:
        request = asyncio.ensure_future(anext(self._requests, _END))
        try:
            if not self._draining.done():
                await asyncio.wait((request, self._draining), return_when=asyncio.FIRST_COMPLETED)
        finally:
            if not request.done():
                request.cancel()
        if not request.done():
            self.cut = True
            raise StopAsyncIteration
        message = request.result()
        if message is _END:
            raise StopAsyncIteration
        return message

    def close(self) -> None:
        self._draining.cancel()


class CallInterceptor(grpc.aio.ServerInterceptor):
    """See the top of the file. `codes` maps the service's reasons to status codes."""

    def __init__(self, codes: Mapping[str, grpc.StatusCode], streams: Streams) -> None:
        self._codes = codes
        self._streams = streams

    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable[Any]],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> Any:
        handler = await continuation(handler_call_details)
        if handler is None:
            return None
        method = handler_call_details.method.removeprefix("/")
        traceparent = ""
        for key, value in handler_call_details.invocation_metadata or ():
            if key == "traceparent" and isinstance(value, str):
                traceparent = value
        # Requests are read within the call, so that bytes which are none of them are refused like any other mistake.
        read = handler.request_deserializer or _as_it_is
        coder = {"response_serializer": handler.response_serializer}
        match handler.request_streaming, handler.response_streaming:
            case False, False:
                unary = self._unary(handler.unary_unary, read, method, traceparent)
                return grpc.unary_unary_rpc_method_handler(unary, **coder)
            case True, False:
                unary = self._unary(handler.stream_unary, read, method, traceparent, reads_requests=True)
                return grpc.stream_unary_rpc_method_handler(unary, **coder)
            case False, True:
                stream = self._stream(handler.unary_stream, read, method, traceparent)
                return grpc.unary_stream_rpc_method_handler(stream, **coder)
            case _:
                stream = self._stream(handler.stream_stream, read, method, traceparent, reads_requests=True)
                return grpc.stream_stream_rpc_method_handler(stream, **coder)

    def _unary(
        self, behaviour: _Behaviour, read: _Read, method: str, traceparent: str, *, reads_requests: bool = False
    ) -> _Behaviour:
        async def call(request: Any, context: Any) -> Any:
            async with _Call(self._codes, context, method, traceparent) as this:
                left_s = this.begin(DEADLINE_S)
                source = _each_read(request, read) if reads_requests else _read_one(request, read)
                if left_s is None:
                    async with asyncio.timeout(DEADLINE_S):
                        return await _answer(behaviour, source, context)
                return await _answer(behaviour, source, context)

        return call

    def _stream(
        self, behaviour: _Behaviour, read: _Read, method: str, traceparent: str, *, reads_requests: bool = False
    ) -> _Behaviour:
        async def call(request: Any, context: Any) -> None:
            async with _Call(self._codes, context, method, traceparent) as this:
                this.begin(None)
                draining = self._streams.draining
                requests = _Requests(_each_read(request, read), draining) if reads_requests else None
                closed = self._streams.opened(reads_requests)
                cut = False
                try:
                    responses = behaviour(_read_one(request, read) if requests is None else requests, context)
                    if inspect.isawaitable(responses):
                        await responses
                    else:
                        async with aclosing(responses):
                            async for response in responses:
                                await context.write(response)
                except asyncio.CancelledError:
                    task = asyncio.current_task()
                    if not draining.is_set() or task is None or context.cancelled():
                        raise
                    task.uncancel()
                    cut = True
                finally:
                    closed()
                    if requests is not None:
                        requests.close()
                if cut or (requests is not None and requests.cut):
                    raise Unavailable("this server is going away; resume elsewhere", RESUME_AFTER_S)

        return call


def _as_it_is(data: bytes) -> bytes:
    return data


def _read_one(data: bytes, read: _Read) -> Any:
    try:
        return read(data)
    except DecodeError:
        raise InvalidRequest([("", "the bytes are no message of this method's request type")]) from None


async def _each_read(requests: AsyncIterator[bytes], read: _Read) -> AsyncIterator[Any]:
    async for data in requests:
        yield _read_one(data, read)


async def _answer(behaviour: _Behaviour, request: Any, context: Any) -> Any:
    answer = behaviour(request, context)
    return await answer if inspect.isawaitable(answer) else answer


class _Call:
    """One call: its deadline, its span, and the status it ends with."""

    __slots__ = ("_began", "_codes", "_context", "_method", "_scope", "_span", "_traceparent")

    def __init__(self, codes: Mapping[str, grpc.StatusCode], context: Any, method: str, traceparent: str) -> None:
        self._codes = codes
        self._context = context
        self._method = method
        self._traceparent = traceparent

    async def __aenter__(self) -> "_Call":
        self._began = time.monotonic()
        self._scope = telemetry.server_span(self._method, self._traceparent)
        self._span = self._scope.__enter__()
        return self

    def begin(self, default_s: float | None) -> float | None:
        """Notes when the call ends; answers the client's own time left. Raises TimeoutError when it is already over."""
        left_s: float | None = self._context.time_remaining()
        if left_s is not None and left_s <= 0:
            raise TimeoutError
        allowed_s = default_s if left_s is None else left_s
        _ends_at.set(None if allowed_s is None else self._began + allowed_s)
        return left_s

    async def __aexit__(self, kind: Any, error: BaseException | None, at: Any) -> None:
        status: Status | None = None
        if isinstance(error, asyncio.CancelledError):
            code = "CANCELLED" if deadline_s() > 0 else "DEADLINE_EXCEEDED"
        elif isinstance(error, grpc.aio.AbortError):
            code = _NAMES.get(_number(self._context.code()), "UNKNOWN")
        elif isinstance(error, Exception):
            status = to_status(error, self._codes)
            code = _NAMES.get(status.code, "UNKNOWN")
            if code == "INTERNAL":
                self._unforeseen(error)
        elif error is None:
            code = _NAMES.get(_number(self._context.code()), "OK")
        else:
            code = "UNKNOWN"
        self._finish(code, error)
        if status is not None and not self._context.done():
            await self._context.abort_with_status(rpc_status.to_status(status))

    def _unforeseen(self, error: Exception) -> None:
        trace_id, span_id = telemetry.span_ids()
        _log.error(
            "call failed unforeseen",
            extra={
                "fields": {
                    "method": self._method,
                    "error": type(error).__name__,
                    "at": where(error.__traceback__),
                    "trace_id": trace_id,
                    "span_id": span_id,
                }
            },
        )
        _unforeseen.record(1, {names.RPC_METHOD: self._method, names.ERROR_TYPE: type(error).__name__})

    def _finish(self, code: str, error: BaseException | None) -> None:
        self._span.set(names.RPC_STATUS, code)
        self._span.set(names.RPC_RESPONSE_STATUS, code)
        if code in _FAULTS:
            self._span.fail(type(error).__name__ if code == "INTERNAL" else code)
        described: dict[str, telemetry.Value] = {
            names.RPC_SYSTEM: "grpc",
            names.RPC_METHOD: self._method,
            names.RPC_STATUS: code,
            names.RPC_RESPONSE_STATUS: code,
        }
        if code in _FAULTS:
            described[names.ERROR_TYPE] = code
        # Within the span's scope, so that the measurement carries it as its exemplar.
        _duration.record(time.monotonic() - self._began, described)
        self._scope.__exit__(None, None, None)


def _number(code: Any) -> int:
    """A context's code is None, a number or a StatusCode."""
    if isinstance(code, grpc.StatusCode):
        return int(code.value[0])
    return code if isinstance(code, int) else 0
