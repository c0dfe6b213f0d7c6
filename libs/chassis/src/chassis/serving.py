"""One gRPC server: services, health, reflection, limits, and a drain no caller notices. It knows no service.

    server = Server(settings, codes=REASONS, conditions=("nats", "database"))
    server.add(add_IngestServiceServicer_to_server, servicer)
    port = await server.start()
    await server.health.set("nats", True)
    ...
    await server.drain()

Drain order: readiness says no; the server goes on serving until every balancer has heard it; it takes no new call;
streams end with UNAVAILABLE and RetryInfo; calls in flight finish within the grace period.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from typing import Any

import grpc
from google.protobuf.message import Message
from grpc_health.v1 import health_pb2_grpc  # type: ignore[import-untyped]

from chassis import reflecting
from chassis.admission import Admission, Limits
from chassis.call_streams import Streams
from chassis.calls import DEADLINE_S, MESSAGE_BYTES_MAX, CallInterceptor, deadline_s
from chassis.config import Settings
from chassis.errors import Unavailable
from chassis.forms import Judge
from chassis.health import Health
from chassis.message_limits import MessageLimits
from chassis.positions import Positions
from chassis.requests import (
    Page,
    check_tenant,
    instant,
    optional_instant,
    page,
    parse_name,
    request_uuid,
)

__all__ = [
    "DEADLINE_S",
    "MESSAGE_BYTES_MAX",
    "Health",
    "Page",
    "Server",
    "check_tenant",
    "deadline_s",
    "instant",
    "optional_instant",
    "page",
    "parse_name",
    "request_uuid",
]

PING_EVERY_S = 10.0
"""How often a client may probe a silent connection without being sent away."""
_PING_SLACK = 0.5
"""The share of it after which the next probe counts as one too many: networks gather what was sent apart."""
_ROOM = 4 * 1024 * 1024
"""What gRPC reads beyond MESSAGE_BYTES_MAX, so that the usual mistake gets a status with details."""


def options(ping_every_s: float = PING_EVERY_S) -> list[tuple[str, int]]:
    """The channel options of a server."""
    return [
        ("grpc.max_receive_message_length", MESSAGE_BYTES_MAX + _ROOM),
        ("grpc.max_send_message_length", MESSAGE_BYTES_MAX),
        # Silent connections are probed, and clients may probe us.
        ("grpc.keepalive_time_ms", 60_000),
        ("grpc.keepalive_timeout_ms", 20_000),
        ("grpc.keepalive_permit_without_calls", 1),
        ("grpc.http2.min_ping_interval_without_data_ms", int(ping_every_s * 1000 * _PING_SLACK)),
        ("grpc.http2.max_ping_strikes", 5),
        # Connections are renewed so that new replicas get their share; calls on an old one may finish.
        ("grpc.max_connection_age_ms", 600_000),
    ]


class Server:
    """One grpc.aio server. `codes` maps the service's refusal reasons to status codes, default FAILED_PRECONDITION.

    `conditions` must all be set on `health` before readiness says yes. `interceptors` come before ours, so that what
    they refuse costs nothing more. Without `credentials` the port is plain text. `limits` says what requests may carry,
    `positions` holds the position tokens in them against the log, `judges` say what else is wrong in form;
    `refuse_request` raises for one that is in order and is not answered all the same.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        codes: Mapping[str, grpc.StatusCode] | None = None,
        conditions: Iterable[str] = (),
        interceptors: Sequence[grpc.aio.ServerInterceptor] = (),
        credentials: grpc.ServerCredentials | None = None,
        reuse_port: bool = False,
        limits: MessageLimits | None = None,
        positions: Positions | None = None,
        judges: Mapping[type[Message], Judge] | None = None,
        ping_every_s: float = PING_EVERY_S,
        refuse_request: Callable[[Message], None] | None = None,
    ) -> None:
        self.admission = Admission(
            Limits(
                calls=settings.concurrent_rpcs_max,
                streams=settings.streams_max,
                bytes=settings.request_bytes_max,
                share=settings.caller_share,
            )
        )
        self.health = Health(conditions)
        self.services: list[str] = []
        self.port = 0
        self._refusing: _Refusing | None = None
        self._settings = settings
        self._credentials = credentials
        self._streams = Streams()
        self._refuse_request = refuse_request
        self._server = grpc.aio.server(
            interceptors=[
                *interceptors,
                CallInterceptor(
                    codes or {},
                    self._streams,
                    admission=self.admission,
                    limits=limits or MessageLimits(),
                    positions=positions,
                    judges=judges or {},
                    idle_s=settings.stream_idle_s,
                    refuse=refuse_request,
                ),
            ],
            options=[*options(ping_every_s), ("grpc.so_reuseport", int(reuse_port))],
        )

    def look_again(self) -> None:
        """Ends the watches whose request is refused by now, at once and not with their next answer."""
        if self._refuse_request is not None:
            self._streams.look_again(self._refuse_request)

    @property
    def draining(self) -> asyncio.Event:
        """Set when streams are about to end: a watch may still send its last resume token."""
        return self._streams.draining

    def add(self, register: Callable[[Any, Any], None], servicer: object) -> None:
        """Adds a service by its generated `add_...Servicer_to_server`. Before `start`."""
        register(servicer, _Registrar(self._server, self.services))

    def refuse(self, why: Callable[[], str]) -> None:
        """Answers every call of no service of ours UNAVAILABLE with a sentence. Before `start`; for a server that only
        says why it does not serve.
        """
        self._refusing = _Refusing(why)

    async def start(self) -> int:
        """Listens and answers the port. Raises OSError when the address is taken."""
        services = tuple(self.services)
        self.add(health_pb2_grpc.add_HealthServicer_to_server, self.health.servicer)
        reflecting.enable(self.services, self._server)
        if self._refusing is not None:
            self._server.add_generic_rpc_handlers((self._refusing,))
        address = f"{self._settings.host}:{self._settings.port}"
        try:
            if self._credentials is None:
                self.port = self._server.add_insecure_port(address)
            else:
                self.port = self._server.add_secure_port(address, self._credentials)
        except RuntimeError:
            raise OSError(f"cannot listen on {address}; is another process there?") from None
        await self._server.start()
        await self.health.open(services)
        return self.port

    async def withdraw(self) -> None:
        """Readiness says no, and calls are served on until every balancer has heard it."""
        await self.health.drain()
        await asyncio.sleep(self._settings.drain_delay_s)

    async def finish(self) -> None:
        """No new call; streams end; calls in flight finish within the grace period or are cancelled."""
        stopped = asyncio.ensure_future(self._server.stop(self._settings.drain_grace_s))
        await asyncio.sleep(0)  # lets it close the port before the first stream ends and its client comes back
        await self._streams.end(self._settings.drain_grace_s / 2)
        await stopped

    async def stop_now(self) -> None:
        """Cancels whatever is left; harmless after `finish`."""
        await self._server.stop(None)

    async def drain(self) -> None:
        """`withdraw`, then `finish`."""
        await self.withdraw()
        await self.finish()


class _Registrar:
    """What generated code registers a service with; notes the service's name in passing."""

    def __init__(self, server: grpc.aio.Server, services: list[str]) -> None:
        self._server = server
        self._services = services

    def add_generic_rpc_handlers(self, handlers: Sequence[grpc.GenericRpcHandler]) -> None:
        self._services.extend(
            handler.service_name() for handler in handlers if isinstance(handler, grpc.ServiceRpcHandler)
        )
        self._server.add_generic_rpc_handlers(handlers)

    def add_registered_method_handlers(self, service: str, handlers: Mapping[str, Any]) -> None:
        self._server.add_registered_method_handlers(service, dict(handlers))


class _Refusing(grpc.GenericRpcHandler):
    """Refuses whatever is called, in any of the four shapes."""

    def __init__(self, why: Callable[[], str]) -> None:
        self._why = why

    def service(self, handler_call_details: grpc.HandlerCallDetails) -> "grpc.RpcMethodHandler[Any, Any]":
        """The handler of any method."""
        return grpc.stream_stream_rpc_method_handler(self._refuse)

    async def _refuse(self, requests: object, context: object) -> AsyncIterator[bytes]:
        raise Unavailable(self._why(), 5.0)
        yield b""
