"""What happens around every call: deadline, span, duration, refusals as statuses, an end to streams when draining.

One interceptor covers the four shapes of RPC. Handlers may be coroutines, asynchronous generators or coroutines that
write to their context; they raise the exceptions of `chassis.errors` and know nothing of this.
"""

from __future__ import annotations

import asyncio
import inspect
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import aclosing
from contextvars import ContextVar
from typing import Any

import grpc
from google.protobuf.message import DecodeError, Message
from google.rpc.status_pb2 import Status  # type: ignore[import-untyped]
from grpc_status import rpc_status  # type: ignore[import-untyped]

from chassis import attributes as names
from chassis import telemetry
from chassis.admission import CALLS, HEALTH, STREAMS, Admission, Admitted, caller_of
from chassis.call_streams import Requests, Streams
from chassis.errors import InvalidRequest, OutOfRange, StreamIdle, TooLarge, Unavailable, Unimplemented, to_status
from chassis.forms import Judge, judged
from chassis.logs import where
from chassis.message_limits import MessageLimits
from chassis.positions import Positions
from chassis.resources import completed, tenant_in

_Behaviour = Callable[..., Any]
_HEALTH = "grpc.health.v1.Health/"
_NO_JUDGES: Mapping[type[Message], Judge] = {}
_UNKNOWN = "unknown"
"""What spans and metrics call a method there is not: its name is the caller's text."""

MESSAGE_BYTES_MAX = 4 * 1024 * 1024
"""Of one request or response. gRPC itself reads a little more, so that the refusal can say what is wrong."""
IDLE_S = 600.0
"""How long a stream of requests may send none."""

DEADLINE_S = 30.0
"""What a call gets whose client set no deadline. Streams go on beyond it; what they wait for in between does not."""

RESUME_AFTER_S = 0.5
"""When a client whose stream was ended may open it again, somewhere else."""

_PASSED_S = 0.02
"""gRPC ends a call whose deadline passes by its own clock, which may be a little ahead of ours."""

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


def allow(seconds: float) -> None:
    """Says how long the call that this task serves may still take, for one that came over the bus."""
    _ends_at.set(time.monotonic() + seconds)


class CallInterceptor(grpc.aio.ServerInterceptor):
    """See the top of the file. `codes` maps the service's reasons to status codes."""

    def __init__(
        self,
        codes: Mapping[str, grpc.StatusCode],
        streams: Streams,
        *,
        admission: Admission,
        limits: MessageLimits,
        positions: Positions | None = None,
        judges: Mapping[type[Message], Judge] = _NO_JUDGES,
        idle_s: float = IDLE_S,
        refuse: Callable[[Message], None] | None = None,
    ) -> None:
        """`refuse` raises for a request that is in order and whose tenant is not there any more; it is asked again
        before each answer of a stream.
        """
        self._refuse = refuse
        self._codes = codes
        self._streams = streams
        self._admission = admission
        self._limits = limits
        self._positions = positions
        self._judges = judges
        self._idle_s = idle_s

    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable[Any]],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> Any:
        handler = await continuation(handler_call_details)
        method = handler_call_details.method.removeprefix("/")
        if handler is None:
            handler = grpc.stream_stream_rpc_method_handler(_unknown(method))
            method = _UNKNOWN
        traceparent = ""
        for key, value in handler_call_details.invocation_metadata or ():
            if key == "traceparent" and isinstance(value, str):
                traceparent = value
        method_ = _Method(handler, method, traceparent)
        # Bytes are read and written within the call, so that those which are no request, and answers that are too
        # large, are refused like any other mistake.
        coder = {"response_serializer": method_.write}
        match handler.request_streaming, handler.response_streaming:
            case False, False:
                return grpc.unary_unary_rpc_method_handler(self._unary(handler.unary_unary, method_), **coder)
            case True, False:
                return grpc.stream_unary_rpc_method_handler(self._unary(handler.stream_unary, method_), **coder)
            case False, True:
                return grpc.unary_stream_rpc_method_handler(self._stream(handler.unary_stream, method_), **coder)
            case _:
                return grpc.stream_stream_rpc_method_handler(self._stream(handler.stream_stream, method_), **coder)

    def _unary(self, behaviour: _Behaviour, method: _Method) -> _Behaviour:
        async def call(request: Any, context: Any) -> Any:
            async with _Call(self._codes, context, method) as this:
                left_s = this.begin(DEADLINE_S)
                with self._admitted(CALLS, context, method) as admitted:
                    async with asyncio.timeout(DEADLINE_S if left_s is None else None):
                        if method.reads_requests:
                            source = self._each_read(request, method, this, admitted)
                        else:
                            source = await self._read(request, method, this, admitted)
                        answer = behaviour(source, context)
                        return method.written(await answer if inspect.isawaitable(answer) else answer)

        return call

    def _stream(self, behaviour: _Behaviour, method: _Method) -> _Behaviour:
        async def call(request: Any, context: Any) -> None:
            async with _Call(self._codes, context, method) as this:
                this.begin(None)
                with self._admitted(STREAMS, context, method) as admitted:
                    if method.reads_requests:
                        each = self._each_read(request, method, this, admitted)
                        requests = Requests(each, self._streams.draining, self._idle_s)
                        await self._serve(behaviour, requests, context, method)
                        if requests.idle:
                            raise StreamIdle(f"nothing was sent for {self._idle_s:g} seconds; open the stream again")
                    else:
                        source = await self._read(request, method, this, admitted)
                        await self._serve(behaviour, source, context, method)

        return call

    async def _serve(self, behaviour: _Behaviour, source: Any, context: Any, method: _Method) -> None:
        """Runs a handler that streams its answers, until it ends or the server drains."""
        draining = self._streams.draining
        closed = self._streams.opened(source)
        cut = False
        try:
            responses = behaviour(source, context)
            if inspect.isawaitable(responses):
                await self._announced(context, responses)
            else:
                announced = False
                async with aclosing(responses):
                    async for response in responses:
                        if not announced:
                            await self._announce(context)
                            announced = True
                        if self._refuse is not None and isinstance(source, Message):
                            self._refuse(source)
                        await self._write(context, method.written(response))
        except asyncio.CancelledError:
            task = asyncio.current_task()
            refusal = self._streams.refusal(task)
            if refusal is not None and task is not None and not context.cancelled():
                task.uncancel()
                raise refusal from None
            if not draining.is_set() or task is None or context.cancelled():
                raise
            task.uncancel()
            cut = True
        finally:
            closed()
            if isinstance(source, Requests):
                source.close()
        if cut or (isinstance(source, Requests) and source.cut):
            raise Unavailable("this server is going away; resume elsewhere", RESUME_AFTER_S)

    async def _announced(self, context: Any, writing: Any) -> None:
        """A handler that writes its answers itself."""
        try:
            await self._announce(context)
        except BaseException:
            writing.close()  # it never began
            raise
        await writing

    async def _announce(self, context: Any) -> None:
        """Sends the headers of an answer, whoever cancels meanwhile. With the first message in one they would count as
        unsent until it has left: a stream that is ended before that would send them twice, and never end.
        """
        sending = asyncio.ensure_future(context.send_initial_metadata(()))
        try:
            await asyncio.shield(sending)
        except asyncio.CancelledError:
            await asyncio.wait((sending,), timeout=self._idle_s)
            raise

    async def _write(self, context: Any, data: bytes) -> None:
        """Sends a message; gRPC takes it as soon as the one before has left. Raises StreamIdle when nobody reads."""
        try:
            async with asyncio.timeout(self._idle_s):
                await context.write(data)
        except TimeoutError:
            detail = f"what was sent was not read for {self._idle_s:g} seconds; come back with the last resume token"
            raise StreamIdle(detail) from None

    def _admitted(self, kind: str, context: Any, method: _Method) -> Admitted:
        peer = caller_of(context.peer() or "")
        return self._admission.begin(HEALTH if method.name.startswith(_HEALTH) else kind, peer)

    async def _read(self, data: bytes, method: _Method, this: _Call, admitted: Admitted) -> Any:
        """The request in these bytes, once it is known to be in order. Raises what is wrong with it."""
        if len(data) > MESSAGE_BYTES_MAX:
            raise TooLarge(f"the request is {len(data)} bytes; at most {MESSAGE_BYTES_MAX} are read")
        try:
            request = method.read(data)
        except DecodeError:
            raise InvalidRequest([("", "the bytes are no message of this method's request type")]) from None
        if isinstance(request, Message):
            this.request = request
            admitted.read(len(data), tenant_in(request))
            wrong = self._limits.violations(request)
            named = {field for field, _ in wrong}
            wrong += [each for each in judged(request, self._judges) if each[0] not in named]
            if self._positions is not None:
                try:
                    found = await self._positions.check(request)
                except OutOfRange:
                    if not wrong:
                        raise
                else:
                    named = {field for field, _ in wrong}
                    wrong += [each for each in found if each[0] not in named]
            if wrong:
                raise InvalidRequest(wrong)
            if self._refuse is not None:
                self._refuse(request)
        else:
            admitted.read(len(data), "")
        return request

    async def _each_read(
        self, requests: AsyncIterator[bytes], method: _Method, this: _Call, admitted: Admitted
    ) -> AsyncIterator[Any]:
        async for data in requests:
            yield await self._read(data, method, this, admitted)


class _Method:
    """What is known of the method before the call: its name, its shape, and how its messages become bytes."""

    __slots__ = ("_serialize", "name", "read", "reads_requests", "traceparent")

    def __init__(self, handler: Any, name: str, traceparent: str) -> None:
        self.name = name
        self.traceparent = traceparent
        self.reads_requests = bool(handler.request_streaming)
        self.read: Callable[[bytes], Any] = handler.request_deserializer or _as_it_is
        self._serialize: Callable[[Any], bytes] = handler.response_serializer or _as_it_is

    def write(self, response: Any) -> bytes:
        """The bytes of a response; of one that was written before, the same."""
        return response if isinstance(response, bytes) else self._serialize(response)

    def written(self, response: Any) -> bytes:
        """The same. Raises TooLarge for more than any client reads."""
        data = self.write(response)
        if len(data) > MESSAGE_BYTES_MAX:
            raise TooLarge(
                f"the answer would be {len(data)} bytes; at most {MESSAGE_BYTES_MAX} are sent, ask for less at a time"
            )
        return data


def _as_it_is(data: bytes) -> bytes:
    return data


def _unknown(method: str) -> _Behaviour:
    async def refuse(requests: Any, context: Any) -> AsyncIterator[bytes]:
        raise Unimplemented(method)
        yield b""  # makes it a stream

    return refuse


class _Call:
    """One call: its deadline, its span, and the status it ends with."""

    __slots__ = ("_began", "_codes", "_context", "_method", "_scope", "_span", "_traceparent", "request")

    def __init__(self, codes: Mapping[str, grpc.StatusCode], context: Any, method: _Method) -> None:
        self._codes = codes
        self._context = context
        self._method = method.name
        self._traceparent = method.traceparent
        self.request: Message | None = None
        """The last one that was read; a refusal is about what it names."""

    async def __aenter__(self) -> _Call:
        self._began = time.monotonic()
        # Probes come every few seconds and say nothing about anybody's work.
        probe = self._method.startswith(_HEALTH)
        self._scope = telemetry.SILENT if probe else telemetry.server_span(self._method, self._traceparent)
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
        if isinstance(error, asyncio.CancelledError | grpc.aio.InternalError):
            # The second is what a write to a client says that has just gone, before gRPC cancels the handler.
            code = "CANCELLED" if deadline_s() > _PASSED_S else "DEADLINE_EXCEEDED"
        elif isinstance(error, grpc.aio.AbortError):
            code = _NAMES.get(_number(self._context.code()), "UNKNOWN")
        elif isinstance(error, Exception):
            status = completed(to_status(error, self._codes), self.request)
            code = _NAMES.get(status.code, "UNKNOWN")
            if code == "INTERNAL":
                self._unforeseen(error)
        elif error is None:
            code = _NAMES.get(_number(self._context.code()), "OK")
        else:
            code = "UNKNOWN"
        self._finish(code, error)
        if status is not None and not self._context.done():
            try:
                await self._context.abort_with_status(rpc_status.to_status(status))
            except grpc.aio.AbortError as abort:
                asyncio.get_running_loop().call_soon(_let_go, abort)
                raise

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


def _let_go(abort: BaseException) -> None:
    """Parts an abort from the call, once gRPC has caught it: gRPC keeps it with the call's state, which the call's
    frames refer to. The request and all that was read of it, 140 MB at worst, would stay until the collector of cycles
    comes to its oldest objects.
    """
    abort.__traceback__ = abort.__context__ = None


def _number(code: Any) -> int:
    """A context's code is None, a number or a StatusCode."""
    if isinstance(code, grpc.StatusCode):
        return int(code.value[0])
    return code if isinstance(code, int) else 0
