"""How a service begins: what keeps it from serving is said on its port until it is gone."""

import asyncio

from chassis import assembly
from chassis.config import load
from chassis.embedded import free_port
from chassis.errors import StorageExhausted
from grpc import aio
from grpc_health.v1 import health_pb2, health_pb2_grpc


async def test_a_service_that_starts_on_a_full_disk_waits_for_room_and_says_so() -> None:
    port = free_port()
    settings = load(
        {
            "SWITCHBOARD_NATS_URL": "nats://127.0.0.1:1",
            "SWITCHBOARD_DATABASE_URL": "postgresql://nobody@127.0.0.1:1/nothing",
            "SWITCHBOARD_KPI_PORT": str(port),
        },
        "kpi",
    )
    room = asyncio.Event()

    async def look() -> str | None:
        if not room.is_set():
            raise StorageExhausted("the database has no room; make some", 1.0)
        return None

    starting = asyncio.create_task(assembly._sound(settings, look))
    async with aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        stub = health_pb2_grpc.HealthStub(channel)
        call = stub.Check(health_pb2.HealthCheckRequest(service="readiness"), timeout=30, wait_for_ready=True)
        assert (await call).status == health_pb2.HealthCheckResponse.NOT_SERVING
        assert "has no room" in str(await call.trailing_metadata())
        assert not starting.done()
        room.set()
        async with asyncio.timeout(30):
            await starting
