"""A file of NATS that lost its second half: the server starts without a word, and we do not."""

import asyncio
import os
from pathlib import Path

import pytest
import recording
from chassis.child import Child
from chassis.commits import STREAM, Subject
from chassis.database import Database
from chassis.lineage import Lineage
from chassis.log import Damaged, Log, connect
from chassis.provisioning import Resources, provision_tables
from chassis.streams import stream_info
from provisioned import provision_log
from switchboard.log.v1 import log_pb2

COMMITS = 90


async def fill(url: str) -> None:
    """Some 18 MB that do not compress: three files."""
    nc = await connect(url, "test")
    await provision_log(nc)
    log, last = Log(nc), 0
    for number in range(COMMITS):
        commit = log_pb2.Commit(commit_id=number.to_bytes(16, "big"), tenant="acme", shard="0")
        commit.events.add().body.value = os.urandom(200_000)
        last = await log.append(Subject("tally", "acme", "0"), recording.written(commit), last)
    await nc.close()


@pytest.mark.parametrize("number", [1, 3], ids=["a file in the middle", "the last file"])
async def test_a_truncated_file_is_found_at_the_start_and_by_who_reads_and_heals(
    number: int, nats_server: Child, state_dir: Path, database_url: str
) -> None:
    await fill(nats_server.url)
    await nats_server.stop()
    (block,) = (state_dir / "nats").rglob(f"{STREAM}/msgs/{number}.blk")
    whole = block.read_bytes()
    os.truncate(block, len(whole) // 2)
    await nats_server.start()
    await provision_tables(database_url, "tally", Resources("tally"))
    nc = await connect(nats_server.url, "test")
    log = Log(nc)
    async with Database(database_url, "tally") as database:
        info = await stream_info(nc, STREAM)
        assert info is not None
        assert info["state"]["last_seq"] == COMMITS, "the server says that nothing is missing at the end"
        finding = await Lineage(log, database).compare()
        assert finding is not None
        assert "restore" in finding
        if number == 1:
            assert finding.startswith("the log cannot be read at position ")
            with pytest.raises(Damaged, match="cannot be read at position 1:"):
                async with asyncio.timeout(30):
                    _ = [entry async for batch in log.read() for entry in batch]
            await nats_server.stop()
            block.write_bytes(whole)
            await nats_server.start()
            assert await Lineage(log, database).compare() is None
            assert sum([len(batch) async for batch in log.read()]) == COMMITS
        else:
            assert "stream EVENTS lacks " in finding
    await nc.close()
