"""A whole ingest process on real servers, in this event loop, and a client of it. Knows no test."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import grpc
import pytest
from chassis.config import Environment
from chassis.embedded import free_port
from chassis.process import run
from grpc_health.v1 import health_pb2, health_pb2_grpc
from ingest.main import RESOURCES, configure
from provisioned import provision_service
from switchboard.ingest.v1 import service_pb2, service_pb2_grpc


class Stack:
    """A running ingest service."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self.channel = channel
        self.api = service_pb2_grpc.IngestServiceStub(channel)

    async def connect(self, tenant: str, source: str, channel: str = "x", **settings: object) -> str:
        """Connects a source and answers its name."""
        request = service_pb2.CreateSourceRequest(
            parent=f"tenants/{tenant}", source_id=source, source=service_pb2.Source(channel=channel, **settings)
        )
        return (await self.api.CreateSource(request)).source.name


@asynccontextmanager
async def serving(
    nats_url: str, database_url: str, kek_file: Path, port: int, **variables: str
) -> AsyncIterator[Stack]:
    """Runs the service until the block ends, then drains it; `variables` are further settings."""
    await provision_service(RESOURCES, nats_url, database_url)
    environment = Environment(
        {
            "SWITCHBOARD_NATS_URL": nats_url,
            "SWITCHBOARD_DATABASE_URL": database_url,
            "SWITCHBOARD_KEK_FILE": str(kek_file),
            "SWITCHBOARD_INGEST_PORT": str(port),
            "SWITCHBOARD_DRAIN_DELAY_S": "0",
            "SWITCHBOARD_DRAIN_GRACE_S": "1",
            **variables,
        }
    )
    settings, build = configure(environment)
    environment.check()
    stop = asyncio.Event()
    process = asyncio.create_task(run(settings, build, stop))
    try:
        async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
            health = health_pb2_grpc.HealthStub(channel)
            async with asyncio.timeout(30):
                watch = health.Watch(health_pb2.HealthCheckRequest(service="readiness"), wait_for_ready=True)
                async for status in watch:
                    if status.status == health_pb2.HealthCheckResponse.SERVING or process.done():
                        break
                watch.cancel()
            if process.done():
                process.result()
            yield Stack(channel)
    finally:
        stop.set()
        async with asyncio.timeout(30):
            await process


@pytest.fixture
async def stack(nats_url: str, database_url: str, kek_file: Path) -> AsyncIterator[Stack]:
    async with serving(nats_url, database_url, kek_file, free_port()) as running:
        yield running
