"""Given an unsafe log, when a service starts, then it says so, changes nothing, and serves once that is mended."""

import asyncio
import json
from contextlib import suppress
from typing import Any

import grpc.aio
from chassis import embedded
from chassis.commits import STREAM
from chassis.config import load
from chassis.health import WHY
from chassis.log import connect
from chassis.process import run
from grpc_health.v1 import health_pb2, health_pb2_grpc
from kpi import main
from nats.aio.client import Client
from provisioned import provision_service

PATIENCE_S = 60
RAISED = 96 << 30


async def config(nc: Client) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((await nc.request(f"$JS.API.STREAM.INFO.{STREAM}", b"{}")).data)["config"]
    return found


async def readiness(channel: grpc.aio.Channel, wanted: int) -> str:
    """Waits until readiness is as wanted; what it says is missing."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            with suppress(grpc.aio.AioRpcError):
                call = health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(service="readiness"))
                if (await call).status == wanted:
                    said: Any = dict(await call.trailing_metadata() or ())
                    return str(said.get(WHY, ""))
            await asyncio.sleep(0.1)


async def test_a_service_does_not_serve_on_an_unsafe_log_and_leaves_it_as_it_is(
    nats_url: str, database_url: str
) -> None:
    await provision_service(main.RESOURCES, nats_url, database_url)
    nc = await connect(nats_url, "operator")
    unsafe = await config(nc) | {"discard": "old", "max_bytes": RAISED}
    await nc.request(f"$JS.API.STREAM.UPDATE.{STREAM}", json.dumps(unsafe).encode())
    port, stop = embedded.free_port(), asyncio.Event()
    variables = {
        "SWITCHBOARD_NATS_URL": nats_url,
        "SWITCHBOARD_DATABASE_URL": database_url,
        "SWITCHBOARD_KPI_PORT": str(port),
        "SWITCHBOARD_LOG_REPLICAS": "3",
        "SWITCHBOARD_DRAIN_DELAY_S": "0",
    }
    process = asyncio.create_task(run(load(variables, "kpi"), main.build, stop))
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        said = await readiness(channel, health_pb2.HealthCheckResponse.NOT_SERVING)
        for sentence in (
            "stream EVENTS has 1 of 3 replicas",
            "stream EVENTS drops its oldest messages when it is full",
            "stream KV_MEMBERS-kpi has 1 of 3 replicas",
        ):
            assert sentence in said
        assert {key: (await config(nc))[key] for key in ("discard", "num_replicas", "max_bytes")} == {
            "discard": "old", "num_replicas": 1, "max_bytes": RAISED,
        }  # fmt: skip
    stop.set()
    with suppress(asyncio.CancelledError):
        await asyncio.wait_for(process, PATIENCE_S)

    stop, variables["SWITCHBOARD_LOG_REPLICAS"] = asyncio.Event(), "1"
    process = asyncio.create_task(run(load(variables, "kpi"), main.build, stop))
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        said = await readiness(channel, health_pb2.HealthCheckResponse.NOT_SERVING)
        assert "replicas" not in said
        await provision_service(main.RESOURCES, nats_url, database_url)
        await readiness(channel, health_pb2.HealthCheckResponse.SERVING)
    assert {key: (await config(nc))[key] for key in ("discard", "max_bytes")} == {"discard": "new", "max_bytes": RAISED}
    stop.set()
    await asyncio.wait_for(process, PATIENCE_S)
    await nc.close()
