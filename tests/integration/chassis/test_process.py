"""Sentences about the life of a process: real processes, real signals."""

import asyncio
import json
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import grpc
import pytest
from chassis.config import load
from chassis.process import LoopError, Process, run
from chassis.serving import Server
from grpc_health.v1 import health_pb2, health_pb2_grpc

VARIABLES = {
    "SWITCHBOARD_NATS_URL": "nats://127.0.0.1:4222",
    "SWITCHBOARD_DATABASE_URL": "postgresql://sw:hunter2@127.0.0.1/x",
    "SWITCHBOARD_DRAIN_DELAY_S": "0.2",
    "SWITCHBOARD_DRAIN_GRACE_S": "2",
}

PREAMBLE = """
import asyncio, sys
from chassis.config import read
from chassis.process import main
from chassis.serving import Server

async def forever():
    await asyncio.Event().wait()

async def fails():
    raise KeyError("mia.miller@example.com")

async def ends():
    pass

async def serving(process):
    server = Server(process.settings)
    print(await process.serve(server), flush=True)
"""
END = """
sys.exit(main(lambda environment: (read(environment, "test"), build)))
"""


@asynccontextmanager
async def process(body: str, **variables: str) -> AsyncIterator[asyncio.subprocess.Process]:
    started = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        PREAMBLE + body + END,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=VARIABLES | variables,
    )
    try:
        yield started
    finally:
        if started.returncode is None:
            started.kill()
        await started.communicate()


async def end_of(started: asyncio.subprocess.Process) -> tuple[int, list[str]]:
    """(exit code, lines of standard error)."""
    async with asyncio.timeout(30):
        _, stderr = await started.communicate()
    assert started.returncode is not None
    return started.returncode, stderr.decode().splitlines()


def sentences(lines: list[str]) -> list[str]:
    return [line for line in lines if not line.startswith("{")]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "SIGINT"])
async def test_a_signal_drains_the_process(number: signal.Signals) -> None:
    body = """
async def build(process):
    process.loop("work", forever)
    await serving(process)
"""
    async with process(body) as started:
        assert started.stdout is not None
        port = int(await started.stdout.readline())
        async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
            watch = health_pb2_grpc.HealthStub(channel).Watch(health_pb2.HealthCheckRequest(service="readiness"))
            assert (await watch.read()).status == health_pb2.HealthCheckResponse.SERVING
            started.send_signal(number)
            assert (await watch.read()).status == health_pb2.HealthCheckResponse.NOT_SERVING
            assert await watch.code() is grpc.StatusCode.UNAVAILABLE
        code, lines = await end_of(started)
    assert code == 0
    assert sentences(lines) == []
    assert [json.loads(line)["message"] for line in lines] == ["serving", "draining"]


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        pytest.param(
            'async def build(process):\n    process.loop("work", fails)\n    await serving(process)\n',
            "switchboard test: work failed: KeyError at __main__:",
            id="a loop that fails ends the process",
        ),
        pytest.param(
            'async def build(process):\n    process.loop("work", ends)\n    process.loop("more", forever)\n',
            "switchboard test: work ended by itself",
            id="a loop that ends ends the process",
        ),
        pytest.param(
            "async def build(process):\n    await fails()\n",
            "switchboard test: KeyError at __main__:",
            id="what cannot be built ends the process",
        ),
        pytest.param(
            "async def build(process):\n    await asyncio.open_connection('127.0.0.1', 1)\n",
            "switchboard test: ConnectionRefusedError (",
            id="an address nobody listens at is named",
        ),
    ],
)
async def test_a_failure_is_one_sentence_and_exit_1(body: str, sentence: str) -> None:
    async with process(body) as started:
        code, lines = await end_of(started)
    assert code == 1
    (told,) = sentences(lines)
    assert told.startswith(sentence)
    assert "mia" not in "".join(lines)


async def test_a_wrong_environment_is_exit_2_and_every_mistake() -> None:
    body = "async def build(process):\n    pass\n"
    wrong = {"SWITCHBOARD_GRPC_PORT": "hunter2", "SWITCHBOARD_NATS_URL": ""}
    async with process(body, **wrong) as started:
        code, lines = await end_of(started)
    assert code == 2
    assert [line.split()[2] for line in lines] == ["SWITCHBOARD_GRPC_PORT", "SWITCHBOARD_NATS_URL"]
    assert "hunter2" not in "".join(lines)


async def test_a_process_told_to_stop_while_it_starts_stops() -> None:
    body = "async def build(process):\n    print('building', flush=True)\n    await forever()\n"
    async with process(body) as started:
        assert started.stdout is not None
        await started.stdout.readline()
        started.send_signal(signal.SIGTERM)
        code, lines = await end_of(started)
    assert (code, sentences(lines)) == (0, [])


async def test_a_process_told_twice_stops_at_once() -> None:
    body = "async def build(process):\n    await serving(process)\n"
    async with process(body, SWITCHBOARD_DRAIN_DELAY_S="300") as started:
        assert started.stdout is not None
        assert started.stderr is not None
        await started.stdout.readline()
        started.send_signal(signal.SIGTERM)
        while b"draining" not in (line := await started.stderr.readline()):
            assert line, "it ended before it drained"
        started.send_signal(signal.SIGTERM)
        code, lines = await end_of(started)
    assert code == 1
    assert sentences(lines) == ["switchboard test: stopped before it had drained, because it was told twice"]


async def test_an_exception_nobody_awaits_is_told_without_its_text() -> None:
    body = """
async def build(process):
    task = asyncio.create_task(fails())
    await asyncio.wait([task])
    del task
    import gc; gc.collect()
    import logging; logging.getLogger("somebody.else").warning("for mia.miller@example.com")
    print("built", flush=True)
"""
    async with process(body) as started:
        assert started.stdout is not None
        await started.stdout.readline()
        started.send_signal(signal.SIGTERM)
        code, lines = await end_of(started)
    assert code == 0
    told = [json.loads(line) for line in lines]
    assert [line["message"] for line in told] == [
        "an exception was awaited by nobody",
        "another library logged something",
        "draining",
    ]
    assert told[0]["error"] == "KeyError"
    assert "mia" not in "".join(lines)


async def test_a_process_ends_in_order() -> None:
    order: list[str] = []
    stop, probed = asyncio.Event(), asyncio.Event()

    @asynccontextmanager
    async def resource(name: str) -> AsyncIterator[str]:
        yield name
        order.append(f"close {name}")

    async def build(made: Process) -> None:
        assert await made.enter(resource("database")) == "database"
        await made.enter(resource("bus"))

        async def loop() -> None:
            try:
                await asyncio.Event().wait()
            finally:
                order.append("loop")

        async def leave() -> None:
            order.append("leave")

        made.loop("work", loop)
        made.on_leave(leave)
        server = Server(made.settings, conditions=["bus"])

        async def holds() -> bool:
            probed.set()
            return True

        made.probe(server, "bus", holds)
        await made.serve(server)
        drain, finish = server.health.drain, server.finish

        async def drained() -> None:
            order.append("not ready")
            await drain()

        async def finished() -> None:
            order.append("server")
            await finish()

        server.health.drain = drained  # type: ignore[method-assign]
        server.finish = finished  # type: ignore[method-assign]
        await probed.wait()
        stop.set()

    async with asyncio.timeout(20):
        await run(load(VARIABLES, "test"), build, stop)
    assert order == ["not ready", "leave", "server", "loop", "close bus", "close database"]


async def test_a_failing_part_brings_the_others_down() -> None:
    closed = []

    @asynccontextmanager
    async def resource() -> AsyncIterator[None]:
        try:
            yield
        finally:
            closed.append(True)

    async def build(made: Process) -> None:
        await made.enter(resource())
        await made.serve(Server(made.settings))

        async def fails() -> None:
            raise ConnectionError

        made.loop("work", fails)

    with pytest.raises(ExceptionGroup) as caught:
        await run(load(VARIABLES, "test"), build, asyncio.Event())
    (error,) = caught.value.exceptions
    assert isinstance(error, LoopError)
    assert closed == [True]
