"""Two services with different key files: the first serves, the other says why not, until it has the right one."""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import grpc
import pytest
from chassis import keyfile
from chassis.child import Child
from chassis.embedded import free_port
from chassis.health import WHY
from chassis.keyfile import KeyFile
from grpc_health.v1 import health_pb2, health_pb2_grpc
from switchboard.crm.v1 import service_pb2 as crm
from switchboard.crm.v1.service_pb2_grpc import CustomerServiceStub
from switchboard.log.v1.keys_pb2 import ListKeysRequest
from switchboard.log.v1.keys_pb2_grpc import KeyServiceStub
from switchboard_cli.provision import provisioned
from switchboard_cli.supervision import service_child

PATIENCE_S = 90


@pytest.fixture
async def environment(nats_url: str, database_url: str) -> Mapping[str, str]:
    """Servers with what ingest and crm-sync need."""
    made = {
        **{name: value for name, value in os.environ.items() if not name.startswith("SWITCHBOARD_")},
        "SWITCHBOARD_NATS_URL": nats_url,
        "SWITCHBOARD_DATABASE_URL": database_url,
        "SWITCHBOARD_DRAIN_DELAY_S": "0",
    }
    await provisioned(made, ["ingest.main", "crm_sync.main"])
    return made


@asynccontextmanager
async def service(module: str, key_file: Path, tmp_path: Path, environment: Mapping[str, str]) -> AsyncIterator[Child]:
    """A process that answers, whether it serves or not."""
    port = free_port()
    own = {**environment, "SWITCHBOARD_KEK_FILE": str(key_file), "SWITCHBOARD_GRPC_PORT": str(port)}
    child = service_child(module.partition(".")[0], module, port, tmp_path, own)
    await child.start()
    try:
        yield child
    finally:
        await child.stop()


async def why_not(channel: grpc.aio.Channel) -> str:
    """What readiness says; "" where it serves."""
    # The server that only refuses makes room for the one that serves: for a moment nobody listens.
    request = health_pb2.HealthCheckRequest(service="readiness")
    call = health_pb2_grpc.HealthStub(channel).Check(request, timeout=30, wait_for_ready=True)
    answer = await call
    told = dict(await call.trailing_metadata() or ())
    return "" if answer.status == health_pb2.HealthCheckResponse.SERVING else str(told.get(WHY, "not yet"))


async def until_it_says(channel: grpc.aio.Channel, part: str) -> str:
    """Waits for readiness to say a sentence with this part; for nothing at all where it is empty."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            said = await why_not(channel)
            if part in said and bool(part) == bool(said):
                return said
            await asyncio.sleep(0.1)


async def test_a_service_with_another_key_file_refuses_until_it_has_the_right_one(
    environment: Mapping[str, str], kek_file: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other.jsonl"
    keyfile.create(other)
    async with (
        service("ingest.main", kek_file, tmp_path, environment) as ingest,
        grpc.aio.insecure_channel(ingest.url) as first,
    ):
        await until_it_says(first, "")
        async with (
            service("crm_sync.main", other, tmp_path, environment) as refusing,
            grpc.aio.insecure_channel(refusing.url) as channel,
        ):
            said = await until_it_says(channel, "another key under the id kek-1")
            for named in (str(other), KeyFile(kek_file).entries[0].fingerprint.hex(), "put back the file"):
                assert named in said
            with pytest.raises(grpc.aio.AioRpcError, match="another key under the id kek-1"):
                await CustomerServiceStub(channel).ListCustomers(crm.ListCustomersRequest(parent="tenants/acme"))
            listed = await KeyServiceStub(channel).ListKeys(ListKeysRequest())
            assert "another key under the id kek-1" in listed.finding
            assert [key.in_file for key in listed.keys] == [False, False]
            shutil.copy(kek_file, other)
            await until_it_says(channel, "")
            assert not (await KeyServiceStub(channel).ListKeys(ListKeysRequest())).finding
