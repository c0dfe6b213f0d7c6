"""The sentence a rollout rests on: restarting one replica after the other fails no call."""

import asyncio
import json
from typing import Any

import grpc
from chassis.config import Settings, load
from chassis.serving import Server

SERVICE_CONFIG = json.dumps(
    {"loadBalancingConfig": [{"round_robin": {}}], "healthCheckConfig": {"serviceName": "readiness"}}
)


def settings(port: int = 0) -> Settings:
    variables = {
        "SWITCHBOARD_NATS_URL": "nats://127.0.0.1:4222",
        "SWITCHBOARD_DATABASE_URL": "postgresql://127.0.0.1/x",
        "SWITCHBOARD_GRPC_PORT": str(port),
        "SWITCHBOARD_DRAIN_DELAY_S": "0.3",
    }
    return load(variables, "test")


async def replica(name: bytes, port: int = 0) -> Server:
    async def one(request: bytes, context: Any) -> bytes:
        return name

    def register(_: object, server: Any) -> None:
        handlers = {"One": grpc.unary_unary_rpc_method_handler(one)}
        server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("test.Echo", handlers),))

    server = Server(settings(port))
    server.add(register, None)
    await server.start()
    return server


async def test_restarting_one_replica_after_the_other_fails_no_call() -> None:
    servers = [await replica(b"a1"), await replica(b"b1")]
    target = "ipv4:" + ",".join(f"127.0.0.1:{server.port}" for server in servers)
    answers: list[bytes] = []
    over = asyncio.Event()
    answered = asyncio.Condition()

    async def answered_by(*names: bytes) -> None:
        """Waits until each of these answered at least one call from now on."""
        since = len(answers)
        async with asyncio.timeout(20), answered:
            await answered.wait_for(lambda: set(names) <= set(answers[since:]))

    # Reconnecting after a restart is a matter of back-off; a second of it is not what is tested.
    options = [("grpc.service_config", SERVICE_CONFIG), ("grpc.max_reconnect_backoff_ms", 200)]
    async with grpc.aio.insecure_channel(target, options=options) as channel, asyncio.TaskGroup() as tasks:

        async def caller() -> None:
            call = channel.unary_unary("/test.Echo/One")
            while not over.is_set():
                answer = await call(b"x", timeout=10)
                async with answered:
                    answers.append(answer)
                    answered.notify_all()

        for _ in range(4):
            tasks.create_task(caller())
        await answered_by(b"a1", b"b1")
        for i, name in enumerate((b"a", b"b")):
            port = servers[i].port
            await servers[i].drain()
            since = len(answers)
            servers[i] = await replica(name + b"2", port)
            await answered_by(name + b"2")
            assert name + b"1" not in answers[since:]
        over.set()
    assert len(answers) > 20
    for server in servers:
        await server.finish()
