"""Log and tables are compared before anything is read or appended: real NATS restored from copies, real PostgreSQL."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import uuid4

import pytest
import recording
from chassis import embedded, lineage, snapshots
from chassis.child import Child
from chassis.commits import Subject
from chassis.cursor import SCHEMA as CURSORS
from chassis.database import Database
from chassis.lineage import Lineage, Rebuilt
from chassis.log import Log, Withheld, connect
from chassis.parking import SCHEMA as PARKED
from chassis.rebuild import rebuild
from provisioned import provision_log
from switchboard.log.v1 import log_pb2

SHARD = Subject("tally", "acme", "0")
OTHER = Subject("tally", "acme", "1")


@pytest.fixture
async def tables(database_url: str) -> AsyncIterator[Database]:
    async with Database(database_url, "tally") as database:
        for schema in (CURSORS, PARKED, snapshots.SCHEMA, lineage.SCHEMA):
            await database.execute(schema)
        yield database


@asynccontextmanager
async def logged(server: Child) -> AsyncIterator[Log]:
    nc = await connect(server.url, "test")
    try:
        yield Log(nc)
    finally:
        await nc.close()


async def append(log: Log, count: int, subject: Subject = SHARD) -> int:
    """Appends commits to a shard and returns the log's end."""
    last = await log.last(str(subject))
    expected = 0 if last is None else last.position
    for _ in range(count):
        commit = log_pb2.Commit(commit_id=uuid4().bytes, tenant=subject.tenant, shard=subject.shard)
        expected = await log.append(subject, recording.written(commit), expected)
    return expected


async def copied(server: Child, state: Path, name: str) -> Path:
    """A copy of the stopped server's files; the server runs again."""
    await server.stop()
    target = state / name
    shutil.copytree(state / "nats" / "store", target)
    await server.start()
    return target


async def restored(server: Child, state: Path, copy: Path) -> None:
    await server.stop()
    shutil.rmtree(state / "nats" / "store")
    shutil.copytree(copy, state / "nats" / "store")
    await server.start()


async def test_a_fresh_database_fits_any_log(nats_server: Child, tables: Database) -> None:
    async with logged(nats_server) as log:
        await provision_log(log.nc)
        assert await Lineage(log, tables).compare() is None
        await append(log, 5)
        assert await Lineage(log, tables).compare() is None


@pytest.mark.parametrize(
    ("insert", "what"),
    [
        pytest.param("insert into projections values ('cases_v1', 9)", "cases_v1 of schema tally", id="a view"),
        pytest.param("insert into projections values ('replies', 9)", "replies of schema tally", id="a reactor"),
        pytest.param(
            "insert into shard_snapshots values ('ev.tally.acme.0', 'v', 9, 0, 0, 0)",
            "the snapshot of ev.tally.acme.0",
            id="a snapshot",
        ),
        pytest.param(
            "insert into shard_snapshots values ('ev.tally.acme.0', 'v', 2, 9, 0, 0)",
            "the snapshot of ev.tally.acme.0",
            id="the inputs of a snapshot",
        ),
        pytest.param(
            "insert into log_seen (position, fingerprint) values (9, '')",
            "what schema tally saw last",
            id="what was seen",
        ),
    ],
)
async def test_whatever_is_beyond_the_end_of_the_log_is_named_with_the_ways_out(
    insert: str, what: str, nats_server: Child, tables: Database
) -> None:
    async with logged(nats_server) as log:
        await provision_log(log.nc)
        await append(log, 5)
        await tables.execute(insert)
        finding = await Lineage(log, tables).compare()
        assert finding == (
            f"the log is older than the tables: {what} is at position 9, the log ends at 5; restore NATS from a copy"
            " that reaches 9, or refill the tables from this log: switchboard rebuild tally"
        )


async def test_a_log_restored_from_an_older_copy_is_not_appended_to_before_it_is_noticed(
    nats_server: Child, state_dir: Path, tables: Database
) -> None:
    async with logged(nats_server) as log:
        await provision_log(log.nc)
        await append(log, 20)
        old = await copied(nats_server, state_dir, "old")
        await append(log, 20, OTHER)
        kept = Lineage(log, tables)
        assert await kept.compare() is None
        log.guard = kept.guard
        await append(log, 5, OTHER)
        new = await copied(nats_server, state_dir, "new")

        await restored(nats_server, state_dir, old)
        # The shard's own last commit is in the copy: nothing but the comparison stands in the way.
        with pytest.raises(
            Withheld, match=r"what this process saw is at position 45, the log ends at 20; restore NATS"
        ):
            await append(log, 1)
        assert await log.last_position() == 20
        async with logged(nats_server) as other:
            finding = await Lineage(other, tables).compare()
            assert finding is not None
            assert "position 40, the log ends at 20" in finding

        await restored(nats_server, state_dir, new)
        assert await append(log, 1) == 46
        assert await kept.compare() is None


async def test_tables_of_another_log_are_told_from_those_of_a_shorter_one(
    state_dir: Path, nats_server: Child, tables: Database
) -> None:
    async with logged(nats_server) as log:
        await provision_log(log.nc)
        await append(log, 5)
        assert await Lineage(log, tables).compare() is None
    another = await embedded.start_nats(state_dir / "another")
    try:
        async with logged(another) as log:
            await provision_log(log.nc)
            await append(log, 9)
            finding = await Lineage(log, tables).compare()
            assert finding is not None
            assert finding.startswith("the tables belong to another log: commit 5 is not the one that schema tally saw")
            assert finding.endswith("switchboard rebuild tally")
    finally:
        another.kill9()


async def test_a_log_with_a_hole_is_named_damaged(nats_server: Child, tables: Database) -> None:
    async with logged(nats_server) as log:
        await log.js.add_stream(name="EVENTS", subjects=["ev.>"])
        await append(log, 9)
        await log.js.delete_msg("EVENTS", 4)
        finding = await Lineage(log, tables).compare()
        assert finding is not None
        assert finding.startswith("stream EVENTS lacks 1 messages between 1 and 9")


async def test_what_a_service_compares_itself_counts(nats_server: Child, tables: Database) -> None:
    async def digests_differ() -> str | None:
        return "the archive has another commit 7"

    async with logged(nats_server) as log:
        await provision_log(log.nc)
        assert await Lineage(log, tables, [digests_differ]).compare() == "the archive has another commit 7"


async def test_without_postgres_a_new_connection_is_still_compared(
    nats_server: Child, state_dir: Path, tables: Database
) -> None:
    async with logged(nats_server) as log:
        await provision_log(log.nc)
        kept = Lineage(log, tables)
        await kept.compare()
        log.guard = kept.guard
        await append(log, 3)
        await tables.close()
        await nats_server.restart()
        assert await append(log, 3) == 6


async def test_a_process_on_an_empty_log_runs_on_and_notices_only_what_was_taken_from_its_tables(
    nats_server: Child, tables: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lineage, "LOOK_EVERY_S", 0.02)
    compared = asyncio.Event()

    async def check() -> None:
        compared.set()

    async def compared_again() -> None:
        """From beginning to end, twice: the comparison under way may be older than what was done before."""
        for _ in range(3):
            compared.clear()
            seen = asyncio.create_task(compared.wait())
            async with asyncio.timeout(30):
                await asyncio.wait((seen, watching), return_when=asyncio.FIRST_COMPLETED)
            assert not watching.done(), watching.exception()

    async with logged(nats_server) as log:
        await provision_log(log.nc)
        running = Lineage(log, tables, [check])
        watching = asyncio.create_task(running.watch())
        assert await running.compare() is None
        await compared_again()

        end = await append(log, 5)
        await compared_again()
        assert await tables.fetchval("select position from log_seen") == end

        async with asyncio.timeout(30):
            while not watching.done():  # the comparison under way may write it once more
                await tables.execute("delete from log_seen")
            with pytest.raises(Rebuilt, match=f"behind position {end}"):
                await watching


async def test_after_a_rebuild_the_tables_fit_and_running_processes_begin_anew(
    nats_server: Child, tables: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lineage, "LOOK_EVERY_S", 0.02)
    await tables.execute("create table posts_v1 (n int)")
    await tables.execute("create table contacts_v32_cases (n int) partition by range (n)")
    await tables.execute(
        "create table contacts_v32_cases_p0 partition of contacts_v32_cases for values from (0) to (9)"
    )
    await tables.execute("create table quarantined (n int)")
    for table in ("posts_v1", "contacts_v32_cases", "quarantined"):
        await tables.execute(f"insert into {table} values (1)")
    async with logged(nats_server) as log:
        await provision_log(log.nc)
        await append(log, 5)
        running = Lineage(log, tables)
        assert await running.compare() is None
        watching = asyncio.create_task(running.watch())
        await tables.execute("insert into projections values ('posts_v1', 9), ('replies', 9), ('calls', 3)")
        await tables.execute("insert into projections values ('posts_v2#3', 9, null), ('posts_v2', 7, 7)")
        await tables.execute("insert into shard_snapshots values ('ev.tally.acme.0', 'v', 9, 0, 0, 0)")
        assert "at position 9" in str(await Lineage(log, tables).compare())

        assert await rebuild(tables, await log.last_position()) == ["contacts_v32_cases", "posts_v1"]

        assert await Lineage(log, tables).compare() is None
        positions = {
            row["name"]: row["position"] for row in await tables.fetch("select name, position from projections")
        }
        assert positions == {"posts_v1": 0, "posts_v2#3": 0, "posts_v2": 0, "replies": 5, "calls": 3}
        counts = [
            await tables.fetchval(f"select count(*) from {table}")
            for table in ("posts_v1", "contacts_v32_cases", "shard_snapshots", "quarantined")
        ]
        assert counts == [0, 0, 0, 1], "what no log can refill stays"
        async with asyncio.timeout(30):
            with pytest.raises(Rebuilt):
                await watching
