"""Sentences about what one caller may hold of a server, and what it is told: a real server and real clients."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import grpc
import pytest
from chassis.serving import MESSAGE_BYTES_MAX
from echo_server import Running, running
from google.rpc import error_details_pb2 as details
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_status import rpc_status

PING = 0x6
ACK = 0x1


def told(error: grpc.aio.AioRpcError) -> tuple[str, str, bool]:
    """(code, reason, whether to come back) of a refusal."""
    status = rpc_status.from_call(error)
    assert status is not None
    info, retry, again = details.ErrorInfo(), details.RetryInfo(), False
    for detail in status.details:
        detail.Unpack(info)
        again = again or detail.Unpack(retry)
    assert info.domain == "switchboard"
    return error.code().name, info.reason, again


async def refusal(call: Any) -> tuple[str, str, bool]:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call
    return told(caught.value)


async def opened(up: Running) -> Any:
    """A watch that has begun."""
    watch = up.call("Down", b"watch")
    await watch.read()
    return watch


async def healthy(up: Running) -> str:
    answer = await health_pb2_grpc.HealthStub(up.channel).Check(health_pb2.HealthCheckRequest(service="liveness"))
    return str(health_pb2.HealthCheckResponse.ServingStatus.Name(answer.status))


async def test_streams_have_places_of_their_own_and_health_is_asked_whatever_is_taken() -> None:
    async with running(SWITCHBOARD_STREAMS_MAX="2", SWITCHBOARD_CALLER_SHARE="1") as up:
        watches = [await opened(up) for _ in range(2)]
        assert await refusal(up.call("Down", b"watch").read()) == ("RESOURCE_EXHAUSTED", "OVERLOADED", True)
        assert await up.call("One", b"x") == b"x"
        assert await healthy(up) == "SERVING"
        health = health_pb2_grpc.HealthStub(up.channel).Watch(health_pb2.HealthCheckRequest(service="liveness"))
        assert (await health.read()).status == health_pb2.HealthCheckResponse.SERVING
        watches[0].cancel()
        async with asyncio.timeout(10):
            while up.server.admission.used["streams", ""] == 2:
                await healthy(up)
        await opened(up)


async def test_calls_that_are_all_taken_leave_health_alone() -> None:
    async with running(SWITCHBOARD_CONCURRENT_RPCS_MAX="1", SWITCHBOARD_CALLER_SHARE="1") as up:
        first = asyncio.ensure_future(up.call("One", b"wait"))
        await up.echo.entered.wait()
        assert await refusal(up.call("One", b"x")) == ("RESOURCE_EXHAUSTED", "OVERLOADED", True)
        assert await healthy(up) == "SERVING"
        await opened(up)
        up.echo.release.set()
        assert await first == b"wait"


async def test_one_caller_has_its_share_only() -> None:
    async with running(SWITCHBOARD_STREAMS_MAX="4", SWITCHBOARD_CALLER_SHARE="0.5") as up:
        for _ in range(2):
            await opened(up)
        assert await refusal(up.call("Down", b"watch").read()) == ("RESOURCE_EXHAUSTED", "OVERLOADED", True)


async def test_a_stream_on_which_nothing_is_sent_is_ended_with_its_answers() -> None:
    async with running(SWITCHBOARD_STREAM_IDLE_S="0.3") as up:
        stream = up.call("Both", None)
        await stream.write(b"first")
        assert await stream.read() == b"first"
        assert await refusal(stream.read()) == ("ABORTED", "STREAM_IDLE", True)


@pytest.mark.parametrize("has_read", [True, False], ids=["any more", "at all"])
async def test_a_stream_that_nobody_reads_is_ended_and_its_place_is_free(*, has_read: bool) -> None:
    async with running(SWITCHBOARD_STREAM_IDLE_S="0.3", SWITCHBOARD_STREAMS_MAX="1") as up:
        flood = up.call("Down", b"flood")
        await (flood.read() if has_read else flood.initial_metadata())
        async with asyncio.timeout(30):
            while up.server.admission.used["streams", ""]:
                await healthy(up)

        async def drained() -> None:
            while await flood.read() is not grpc.aio.EOF:
                pass

        assert await refusal(drained()) == ("ABORTED", "STREAM_IDLE", True)


async def test_what_is_too_large_is_said_so_and_not_to_be_repeated(up: Running) -> None:
    assert await refusal(up.call("One", b"x" * (MESSAGE_BYTES_MAX + 1))) == (
        "RESOURCE_EXHAUSTED", "MESSAGE_TOO_LARGE", False,
    )  # fmt: skip
    assert await refusal(up.call("Up", [b"x" * MESSAGE_BYTES_MAX] * 2)) == (
        "RESOURCE_EXHAUSTED", "MESSAGE_TOO_LARGE", False,
    )  # fmt: skip
    assert await up.call("One", b"x") == b"x"


async def test_a_method_there_is_not_is_refused_like_everything_else(up: Running) -> None:
    assert await refusal(up.channel.unary_unary("/test.Echo/Nothing")(b"")) == ("UNIMPLEMENTED", "UNIMPLEMENTED", False)
    assert await refusal(up.channel.unary_unary("/nobody.Home/Nothing")(b"")) == (
        "UNIMPLEMENTED", "UNIMPLEMENTED", False,
    )  # fmt: skip


@pytest.fixture
async def up() -> AsyncIterator[Running]:
    async with running() as it:
        yield it


class Pings:
    """A way to a server that counts the probes of the client: PING frames that are no answers (RFC 9113, 6.7)."""

    def __init__(self) -> None:
        self.seen = asyncio.Semaphore(0)
        self.port = 0

    async def forward(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, to: int) -> None:
        server_reader, server_writer = await asyncio.open_connection("127.0.0.1", to)
        back = asyncio.create_task(self._back(server_reader, writer))
        try:
            server_writer.write(await reader.readexactly(24))  # the preface
            while True:
                head = await reader.readexactly(9)
                body = await reader.readexactly(int.from_bytes(head[:3], "big"))
                if head[3] == PING and not head[4] & ACK:
                    self.seen.release()
                server_writer.write(head + body)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            server_writer.close()
            back.cancel()

    async def _back(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65536):
            writer.write(data)
        writer.close()


@asynccontextmanager
async def counted(port: int) -> AsyncIterator[Pings]:
    pings = Pings()
    server = await asyncio.start_server(lambda r, w: pings.forward(r, w, port), "127.0.0.1", 0)
    pings.port = server.sockets[0].getsockname()[1]
    yield pings
    server.close()


async def test_a_client_that_probes_a_silent_watch_as_often_as_is_promised_keeps_it() -> None:
    """The promise is ten seconds; here it is one, which is as often as this client probes at all."""
    async with running(ping_every_s=1.0) as up, counted(up.server.port) as pings:
        channel_options = [
            ("grpc.keepalive_time_ms", 1000),
            ("grpc.keepalive_permit_without_calls", 1),
            ("grpc.http2.max_pings_without_data", 0),
        ]
        async with grpc.aio.insecure_channel(f"127.0.0.1:{pings.port}", options=channel_options) as channel:
            watch = channel.unary_stream("/test.Echo/Down")(b"watch")
            for _ in range(3):
                await watch.read()
            async with asyncio.timeout(60):
                for _ in range(9):
                    await pings.seen.acquire()
            assert not watch.done(), "a server that minds sends the connection away after seven"
            assert await channel.unary_unary("/test.Echo/One")(b"x") == b"x"
