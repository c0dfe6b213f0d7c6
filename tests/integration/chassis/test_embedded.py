"""The embedded servers against kill -9, stale owners and restarts."""

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import asyncpg
import nats
import psutil
import pytest
from chassis import embedded
from chassis.child import Child, ChildError


async def test_nats_keeps_an_acknowledged_message_through_kill_9(state_dir: Path) -> None:
    server = await embedded.start_nats(state_dir)
    try:
        client = await nats.connect(server.url, allow_reconnect=False)
        stream = client.jetstream()
        await stream.add_stream(name="KEPT", subjects=["kept.>"])
        for number in range(20):
            await stream.publish(f"kept.{number}", b"fact")
        server.kill9()
        await client.close()
        assert not server.alive()
        await server.restart()
        client = await nats.connect(server.url)
        assert (await client.jetstream().stream_info("KEPT")).state.messages == 20
        assert client.max_payload == 8 << 20
        await client.close()
    finally:
        server.kill9()


async def test_postgres_keeps_a_committed_row_through_kill_9(state_dir: Path) -> None:
    server = await embedded.start_postgres(state_dir)
    try:
        connection = await asyncpg.connect(server.url)
        assert await connection.fetchval("show server_encoding") == "UTF8"
        assert await connection.fetchval("show fsync") == "on"
        await connection.execute("create table kept (word text)")
        await connection.execute("insert into kept values ('事实')")
        before = server.pid
        server.kill9()
        await server.restart()
        assert server.pid != before
        connection = await asyncpg.connect(server.url)
        assert await connection.fetchval("select word from kept") == "事实"
        await connection.close()
        await server.stop()
        assert not server.alive()
    finally:
        server.kill9()


STARTER = """
import asyncio, os, signal, sys
from pathlib import Path
from chassis import embedded
async def main():
    a = await embedded.start_nats(Path(sys.argv[1]))
    b = await embedded.start_postgres(Path(sys.argv[1]))
    print(a.pid, b.pid, flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
asyncio.run(main())
"""


async def test_servers_whose_owner_was_killed_are_replaced(state_dir: Path) -> None:
    owner = await asyncio.to_thread(
        subprocess.run, [sys.executable, "-c", STARTER, str(state_dir)], capture_output=True, text=True, timeout=60
    )
    orphans = [int(pid) for pid in owner.stdout.split()]
    assert len(orphans) == 2
    assert all(psutil.pid_exists(pid) for pid in orphans)
    bus = await embedded.start_nats(state_dir)
    database = await embedded.start_postgres(state_dir)
    try:
        assert {bus.pid, database.pid}.isdisjoint(orphans)
        for pid in orphans:
            assert not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    finally:
        bus.kill9()
        database.kill9()


async def test_an_interrupted_initdb_starts_anew(state_dir: Path) -> None:
    half = state_dir / "postgres" / "data.new"
    half.mkdir(parents=True)
    (half / "PG_VERSION").write_text("18\n")
    server = await embedded.start_postgres(state_dir)
    server.kill9()


async def test_a_taken_port_is_named_in_the_error(state_dir: Path, nats_server: Child) -> None:
    with pytest.raises(ChildError, match="address already in use"):
        await embedded.start_nats(state_dir / "other", nats_server.port)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root is given another user for PostgreSQL")
async def test_as_root_postgres_runs_as_nobody_below_a_directory_only_root_may_enter(state_dir: Path) -> None:
    assert state_dir.stat().st_mode & 0o077 == 0
    server = await embedded.start_postgres(state_dir)
    try:
        assert psutil.Process(server.pid).username() == "nobody"
        assert state_dir.stat().st_mode & 0o077 == 0
    finally:
        server.kill9()
