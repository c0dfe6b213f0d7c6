"""A real server with a servicer of every shape of RPC on bare bytes, and a client, for sentences about serving."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from enum import StrEnum
from typing import Any

import grpc
from chassis.config import Settings, load
from chassis.errors import InvalidRequest, Overloaded, Rejected
from chassis.serving import Server, deadline_s

FLOOD = b"x" * (1 << 20)
"""More than gRPC sends to a client that does not read."""
CODES = {"TAKEN": grpc.StatusCode.ABORTED}


class Reason(StrEnum):
    TAKEN = "TAKEN"
    OTHER = "OTHER"


async def refuse(request: bytes) -> bytes:
    """Fails as the request says."""
    match request:
        case b"taken":
            raise Rejected(Reason.TAKEN, "case 42 is with mia")
        case b"other":
            raise Rejected(Reason.OTHER, "not now")
        case b"invalid":
            raise InvalidRequest([("a", "is empty"), ("b", "is too long")])
        case b"overloaded":
            raise Overloaded("the queue of shard 0 is full", 2.0)
        case b"late":
            raise TimeoutError
        case b"bug":
            raise KeyError("mia.miller@example.com")
    return request


class Echo:
    """A servicer of every shape of RPC, on bare bytes."""

    def __init__(self) -> None:
        self.entered = asyncio.Event()
        self.release = asyncio.Event()

    async def one(self, request: bytes, context: Any) -> bytes:
        if request == b"deadline":
            return f"{deadline_s():.1f}".encode()
        if request == b"abort":
            await context.abort(grpc.StatusCode.DATA_LOSS, "by hand")
        if request == b"wait":
            self.entered.set()
            await self.release.wait()
        return await refuse(request)

    async def down(self, request: bytes, context: Any) -> AsyncIterator[bytes]:
        while request == b"flood":
            yield FLOOD
        for _ in range(3):
            yield request
        if request == b"watch":
            await asyncio.Event().wait()
        yield await refuse(request)

    async def down_by_writing(self, request: bytes, context: Any) -> None:
        while request == b"flood":
            await context.write(FLOOD)
        await context.write(request)
        await context.write(await refuse(request))

    async def up(self, requests: AsyncIterator[bytes], context: Any) -> bytes:
        return await refuse(b"+".join([request async for request in requests]))

    async def both(self, requests: AsyncIterator[bytes], context: Any) -> AsyncIterator[bytes]:
        async for request in requests:
            if request == b"wait":
                self.entered.set()
                await self.release.wait()
            yield await refuse(request)


def register(echo: Echo, server: Any) -> None:
    methods = {
        "One": grpc.unary_unary_rpc_method_handler(echo.one),
        "Down": grpc.unary_stream_rpc_method_handler(echo.down),
        "Written": grpc.unary_stream_rpc_method_handler(echo.down_by_writing),
        "Up": grpc.stream_unary_rpc_method_handler(echo.up),
        "Both": grpc.stream_stream_rpc_method_handler(echo.both),
    }
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("test.Echo", methods),))


def settings(**more: str) -> Settings:
    variables = {
        "SWITCHBOARD_NATS_URL": "nats://127.0.0.1:4222",
        "SWITCHBOARD_DATABASE_URL": "postgresql://127.0.0.1/x",
        "SWITCHBOARD_DRAIN_DELAY_S": "0",
        "SWITCHBOARD_DRAIN_GRACE_S": "5",
    }
    return load(variables | more, "test")


class Running:
    """A server, its servicer and a client."""

    def __init__(self, server: Server, echo: Echo, channel: grpc.aio.Channel) -> None:
        self.server = server
        self.echo = echo
        self.channel = channel

    def call(self, method: str, request: Any, **options: Any) -> Any:
        """A call in flight; streams are given as lists."""
        up, down = {
            "One": (False, False),
            "Down": (False, True),
            "Written": (False, True),
            "Up": (True, False),
            "Both": (True, True),
        }[method]
        kind = f"{'stream' if up else 'unary'}_{'stream' if down else 'unary'}"
        return getattr(self.channel, kind)(f"/test.Echo/{method}")(request, **options)


@asynccontextmanager
async def running(ping_every_s: float = 10.0, **more: str) -> AsyncIterator[Running]:
    """A server that listens, with these settings; drained afterwards."""
    echo = Echo()
    server = Server(settings(**more), codes=CODES, ping_every_s=ping_every_s)
    server.add(register, echo)
    port = await server.start()
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        yield Running(server, echo, channel)
    echo.release.set()
    await server.finish()
