"""What one reader may ask for and keep is bounded in bytes, and a commit is measured before it is sent."""

import asyncio
import contextlib
import json
import time
import urllib.request
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import recording
from chassis import embedded
from chassis.child import Child
from chassis.commits import STREAM, Subject
from chassis.log import BATCH_BYTES, CommitTooLarge, Log, connect
from chassis.reader import BULK, BULK_AT_ONCE, END, Portion, Reader
from provisioned import provision_log
from switchboard.log.v1 import log_pb2

COMMIT_BYTES = 500_000


@contextlib.asynccontextmanager
async def connected(url: str) -> AsyncIterator[Log]:
    """A log with two connections, as a service has them."""
    nc, bulk = await connect(url, "first"), await connect(url, "bulk")
    await provision_log(nc)
    yield Log(nc, bulk)
    await nc.close()
    await bulk.close()


async def fill(log: Log, shards: int, commits: int, size: int = COMMIT_BYTES) -> int:
    """Commits of about `size` bytes on so many shards; answers the last position."""
    position = 0
    for shard in range(shards):
        subject, last = Subject("tally", "acme", str(shard)), 0
        for number in range(commits):
            commit = log_pb2.Commit(commit_id=bytes([shard, number]) * 8, tenant="acme", shard=str(shard))
            commit.events.add().body.value = bytes(size)
            last = position = await log.append(subject, recording.written(commit), last)
    return position


def monitored(server: Child, what: str) -> Any:
    """The server's own account of something."""
    config = json.loads((Path(server.log).parent.parent / "nats" / "server.conf").read_text())
    with urllib.request.urlopen(f"http://{config['http']}/{what}", timeout=5) as answer:
        return json.load(answer)


async def connections(server: Child) -> dict[str, int]:
    """The ids of its connections by name: one that was cut has another afterwards."""
    found = await asyncio.to_thread(monitored, server, "connz")
    return {one.get("name", ""): one["cid"] for one in found["connections"]}


@pytest.fixture
async def narrow_server(state_dir: Path) -> AsyncIterator[Child]:
    """A server that cuts a connection at a twelfth of what is usual, so that little data shows what much would."""
    server = embedded.nats(state_dir, embedded.free_port())
    config = state_dir / "nats" / "server.conf"
    settings = json.loads(config.read_text()) | {"max_pending": 5 << 20, "max_payload": 1 << 20}
    config.write_text(json.dumps(settings))
    await server.start()
    yield server
    server.kill9()


def stand_still() -> None:
    """Holds the whole process, as a long computation does; the server's socket fills meanwhile."""
    time.sleep(0.1)


async def test_a_reader_that_lags_never_has_its_connection_cut(narrow_server: Child) -> None:
    async with connected(narrow_server.url) as log:
        end = await fill(log, shards=1, commits=40)
        before = await connections(narrow_server)
        seen = []
        async with asyncio.timeout(60):
            async for batch in log.read():
                seen += [entry.position for entry in batch]
                stand_still()
        assert seen == list(range(1, end + 1))
        assert await connections(narrow_server) == before
        assert (await asyncio.to_thread(monitored, narrow_server, "varz"))["slow_consumers"] == 0


async def test_many_readers_share_what_may_be_under_way_and_all_reach_the_end(
    nats_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    standing = most = 0
    asks, ends = Reader._ask_for_more, Reader._ended

    async def asked(reader: Reader) -> None:
        nonlocal standing, most
        before = reader._left
        await asks(reader)
        standing += bool(reader._left and not before)
        most = max(most, standing)

    def ended(reader: Reader) -> None:
        nonlocal standing
        standing -= bool(reader._left)
        ends(reader)

    monkeypatch.setattr(Reader, "_ask_for_more", asked)
    monkeypatch.setattr(Reader, "_ended", ended)
    async with connected(nats_url) as log:
        end = await fill(log, shards=4, commits=8, size=100_000)
        reads = 3 * BULK_AT_ONCE

        async def read() -> int:
            return sum([len(batch) async for batch in log.read()])

        assert await asyncio.gather(*(read() for _ in range(reads))) == [end] * reads
        assert most <= BULK_AT_ONCE


async def test_readers_that_nobody_consumes_hold_up_no_other(nats_url: str) -> None:
    async with connected(nats_url) as log:
        end = await fill(log, shards=1, commits=12)
        idle = [log.read() for _ in range(2 * BULK_AT_ONCE)]
        for one in idle:
            await asyncio.wait_for(anext(one), 20)
        async with asyncio.timeout(30):
            assert sum([len(batch) async for batch in log.read()]) == end
        for one in idle:
            await one.aclose()


async def test_a_batch_exceeds_its_bytes_by_one_commit_at_most(nats_url: str) -> None:
    async with connected(nats_url) as log:
        await fill(log, shards=1, commits=20)
        async for batch in log.read():
            assert sum(len(entry.data) for entry in batch[:-1]) < BATCH_BYTES


@pytest.mark.parametrize("portion", [END, BULK], ids=["at the end", "in bulk"])
async def test_what_waits_in_a_reader_is_bounded(nats_url: str, portion: Portion) -> None:
    async with connected(nats_url) as log:
        await fill(log, shards=1, commits=24)
        reader = Reader(log.nc, log.js, 0, "ev.>", portion, 1)
        await reader.open()
        most = 0
        for _ in range(24):
            await reader.next()
            most = max(most, reader._waiting_bytes)
        await reader.close()
        assert most <= 2 * portion.bytes + COMMIT_BYTES


async def test_a_message_larger_than_a_portion_is_read_all_the_same(nats_url: str) -> None:
    async with connected(nats_url) as log:
        await log.js.publish("ev.tally.acme.0", bytes(7_000_000))
        end = await fill(log, shards=1, commits=0) or 1
        for read in (log.read, lambda: log.follow(0)):
            async with contextlib.aclosing(read()) as batches:
                batch = await asyncio.wait_for(anext(batches), 20)
            assert [(entry.position, len(entry.data)) for entry in batch] == [(end, 7_000_000)]


async def test_a_commit_the_server_would_not_take_is_refused_before_it_is_sent(nats_url: str) -> None:
    async with connected(nats_url) as log:
        subject = Subject("tally", "acme", "0")
        commit = log_pb2.Commit(commit_id=b"0" * 16, tenant="acme", shard="0")
        commit.events.add().body.value = bytes(9 << 20)
        sent = log.nc.stats["out_msgs"]
        with pytest.raises(CommitTooLarge, match=r"a commit to ev\.tally\.acme\.0 has 9437\d+ bytes, the server takes"):
            await log.append(subject, recording.written(commit), 0)
        assert log.nc.stats["out_msgs"] == sent
        await narrow(log, max_msg_size=100_000)
        del commit.events[:]
        commit.events.add().body.value = bytes(200_000)
        with pytest.raises(CommitTooLarge, match="more than stream EVENTS takes"):
            await log.append(subject, recording.written(commit), 0)
        assert await log.last_position() == 0


async def narrow(log: Log, **changes: object) -> None:
    """Changes the stream as an operator might."""
    info = await log.nc.request(f"$JS.API.STREAM.INFO.{STREAM}", b"{}")
    config = json.loads(info.data)["config"] | changes
    await log.nc.request(f"$JS.API.STREAM.UPDATE.{STREAM}", json.dumps(config).encode())


async def test_a_read_in_bulk_leaves_the_first_connection_free(nats_url: str) -> None:
    async with connected(nats_url) as log:
        end = await fill(log, shards=1, commits=20)
        before = log.nc.stats["in_bytes"]
        assert sum([len(batch) async for batch in log.read()]) == end
        assert log.nc.stats["in_bytes"] - before < 2 * COMMIT_BYTES, "the last commit, which says where the end is"
