"""Full storage of NATS: callers are told RESOURCE_EXHAUSTED, nobody loses anything, and room is all it takes."""

import asyncio
import contextlib
import json
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import recording
from chassis import embedded
from chassis.commits import STREAM, Subject
from chassis.errors import Overloaded
from chassis.log import Log, LogFull, connect
from chassis.membership import Membership
from chassis.tenants import Tenants
from nats.js.api import StreamConfig
from nats.js.errors import APIError
from provisioned import provision_log
from switchboard.log.v1 import log_pb2
from tally import running
from waiting import becomes

STORE_BYTES = 12 << 20
PATIENCE_S = 40


@contextlib.asynccontextmanager
async def small_server(state_dir: Path) -> AsyncIterator[Log]:
    """A log on a server whose streams may have STORE_BYTES together."""
    server = embedded.nats(state_dir, embedded.free_port(), store_bytes_max=STORE_BYTES)
    await server.start()
    nc = await connect(server.url, "test")
    try:
        await provision_log(nc, "tally", log_bytes=4 << 20)
        yield Log(nc)
    finally:
        await nc.close()
        server.kill9()


def commit_of(number: int) -> log_pb2.Commit:
    commit = log_pb2.Commit(commit_id=number.to_bytes(16, "big"), tenant="acme", shard="0")
    commit.events.add().body.value = os.urandom(400_000)
    return commit


async def fill(log: Log, size: int) -> None:
    """Publishes until the server refuses."""
    while True:
        await log.js.publish("filler", os.urandom(size))


async def alive(log: Log) -> int:
    """How many heartbeats the bucket has that did not expire."""
    info = await log.js.stream_info("KV_MEMBERS-tally")
    return info.state.messages


async def test_a_full_log_refuses_and_takes_the_same_commit_once_its_limit_is_raised(state_dir: Path) -> None:
    async with small_server(state_dir) as log:
        subject, last = Subject("tally", "acme", "0"), 0
        for number in range(20):
            try:
                last = await log.append(subject, recording.written(commit_of(number)), last)
            except LogFull:
                break
        else:
            raise AssertionError("it is never full")
        kept = await log.last_position()
        assert kept == last, "what was acknowledged is there, what was refused is not"
        info = json.loads((await log.nc.request(f"$JS.API.STREAM.INFO.{STREAM}", b"{}")).data)
        raised = info["config"] | {"max_bytes": 6 << 20}
        await log.nc.request(f"$JS.API.STREAM.UPDATE.{STREAM}", json.dumps(raised).encode())
        assert await log.append(subject, recording.written(commit_of(number)), last) == kept + 1


async def test_full_storage_takes_no_member_its_shards_and_a_tenant_is_registered_when_there_is_room(
    state_dir: Path,
) -> None:
    async with small_server(state_dir) as log:
        tenants = Tenants(log)
        members = [Membership(log, "tally", name) for name in ("one", "two")]
        changes: list[frozenset[str]] = []
        async with running(*(member.run for member in members)):
            await becomes(lambda: all(member.members == {"one", "two"} for member in members), PATIENCE_S)
            for member in members:
                member.on_change(lambda: changes.append(frozenset()))
            await log.js.add_stream(StreamConfig(name="FILLER", subjects=["filler"]))
            for size in (400_000, 10_000, 100):
                with pytest.raises(APIError):
                    await fill(log, size)
            with pytest.raises(Overloaded, match="full"):
                await tenants.ensure("acme")
            async with asyncio.timeout(PATIENCE_S):
                while await alive(log):  # noqa: ASYNC110  # until every heartbeat has expired
                    await asyncio.sleep(0.1)
            assert changes == []
            assert all(member.members == {"one", "two"} for member in members)
            await log.js.purge_stream("FILLER")
            await tenants.ensure("acme")
            async with asyncio.timeout(PATIENCE_S):
                while await alive(log) < 2:  # noqa: ASYNC110  # until both beat again
                    await asyncio.sleep(0.1)
            assert changes == []
        looked = Tenants(log)
        await looked.require("acme")
