"""A whole crm-sync process on real servers, posts as ingest would write them, and clients. Knows no test."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import grpc
import pytest
import recording
from chassis.clock import Instant, to_timestamp
from chassis.commits import Position, Subject
from chassis.config import Environment
from chassis.database import Database
from chassis.embedded import free_port
from chassis.identity import uuid5_bytes, uuid7_bytes
from chassis.layout import message_of
from chassis.log import Log, connect
from chassis.process import run
from chassis.tenants import Tenants
from chassis.vault import KeyVault
from crm_sync.main import RESOURCES, configure
from crm_sync.naming import identity_id
from google.protobuf.message import Message
from grpc_health.v1 import health_pb2, health_pb2_grpc
from provisioned import provision_log, provision_service
from switchboard.crm.v1 import service_pb2_grpc
from switchboard.ingest.v1 import events_pb2, post_pb2
from switchboard.log.v1 import integrity_pb2, integrity_pb2_grpc, log_pb2, tenants_pb2_grpc

TENANT = "acme"
NOON = Instant(1_770_000_000_000_000)


@dataclass(slots=True)
class Stack:
    """A running crm-sync with its log, its database and its clients."""

    api: service_pb2_grpc.CustomerServiceAsyncStub
    integrity: integrity_pb2_grpc.IntegrityServiceAsyncStub
    tenants: tenants_pb2_grpc.TenantServiceAsyncStub
    log: Log
    database: Database
    vault: KeyVault
    last: int = 0
    number: int = 0

    async def write(self, events: Sequence[Message]) -> int:
        """One commit of post events; returns its position."""
        commit = log_pb2.Commit(commit_id=uuid7_bytes(NOON), tenant=TENANT, shard="0")
        for index, body in enumerate(events):
            event = commit.events.add(event_id=uuid5_bytes(commit.commit_id, str(index)))
            event.body.Pack(body, deterministic=True)
        self.last = await self.log.append(Subject("post", TENANT, "0"), recording.written(commit), self.last)
        return self.last

    async def post(self, author: post_pb2.Author, *, minute: int = 0, text: str = "hello", **rest: object) -> Message:
        """A post of this author as ingest would record it."""
        self.number += 1
        who = identity_id("x", "", author.external_id)
        key = (await self.vault.keys(TENANT, [who]))[who]
        assert key is not None
        content = post_pb2.PersonalContent(text=text, author=author, external_id=str(self.number))
        fields: dict[str, object] = {
            "post_id": f"post-{self.number}",
            "channel": "x",
            "source_id": "x-main",
            "direction": post_pb2.DIRECTION_INBOUND,
            "author_kind": post_pb2.AUTHOR_KIND_CUSTOMER,
            "identity_id": who,
            "published_at": to_timestamp(Instant(NOON + minute * 60_000_000)),
            "personal": message_of(key.seal(content.SerializeToString(deterministic=True))),
        }
        return events_pb2.PostReceived(**{**fields, **rest})  # type: ignore[arg-type]

    async def taken_in(self, position: int) -> str:
        """Waits until posts up to a position are included; returns where customers stand then, as `min_position`."""
        request = integrity_pb2.WaitUntilRequest(position=Position.encode(position), tenant=TENANT)
        return (await self.integrity.WaitUntil(request)).position

    async def see(self, *authors: post_pb2.Author, minute: int = 0) -> str:
        """One post of each author, taken in."""
        return await self.taken_in(await self.write([await self.post(author, minute=minute) for author in authors]))


@asynccontextmanager
async def serving(nats_url: str, database_url: str, kek_file: Path) -> AsyncIterator[grpc.aio.Channel]:
    """Runs the service until the block ends, then drains it."""
    await provision_service(RESOURCES, nats_url, database_url)
    port = free_port()
    environment = Environment(
        {
            "SWITCHBOARD_NATS_URL": nats_url,
            "SWITCHBOARD_DATABASE_URL": database_url,
            "SWITCHBOARD_KEK_FILE": str(kek_file),
            "SWITCHBOARD_CRM_SYNC_PORT": str(port),
            "SWITCHBOARD_CRM_PORT": str(port),
            "SWITCHBOARD_DRAIN_DELAY_S": "0",
            "SWITCHBOARD_DRAIN_GRACE_S": "1",
        }
    )
    settings, build = configure(environment)
    environment.check()
    assert settings.port == port
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
            yield channel
    finally:
        stop.set()
        async with asyncio.timeout(30):
            await process


@asynccontextmanager
async def stacked(nats_url: str, database_url: str, kek_file: Path) -> AsyncIterator[Stack]:
    """A serving stack with clients; run it twice on the same servers to restart it."""
    nc = await connect(nats_url, "test")
    log = Log(nc)
    await provision_log(nc)
    await Tenants(log).ensure(TENANT)
    before = await log.last(f"ev.post.{TENANT}.0")
    async with Database(database_url, "crm") as database, serving(nats_url, database_url, kek_file) as channel:
        yield Stack(
            api=service_pb2_grpc.CustomerServiceStub(channel),
            integrity=integrity_pb2_grpc.IntegrityServiceStub(channel),
            tenants=tenants_pb2_grpc.TenantServiceStub(channel),
            log=log,
            database=database,
            vault=KeyVault(database, kek_file),
            last=0 if before is None else before.position,
        )
    await nc.close()


@pytest.fixture
async def stack(nats_url: str, database_url: str, kek_file: Path) -> AsyncIterator[Stack]:
    async with stacked(nats_url, database_url, kek_file) as running:
        yield running
