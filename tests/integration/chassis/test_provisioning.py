"""Given servers, when provisioning runs, then streams, buckets and tables are there; services only look."""

import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest
from chassis.child import Child
from chassis.commits import STREAM
from chassis.config import Settings, load
from chassis.database import Database
from chassis.log import connect
from chassis.migrations import migrate, vault_steps
from chassis.provisioning import Resources, provision, provision_tables, table_findings
from chassis.streams import ProvisioningError, Stream, stream_findings, stream_info
from nats.aio.client import Client
from nats.js.api import StreamConfig
from tally import SumsView

GIB = 1 << 30
OWN = Resources("tally", streams=(Stream("SENT", ("sent.>",)),), tables=(SumsView.schema,), vault=True)


def settings_of(nats_url: str, database_url: str, **more: str) -> Settings:
    return load({"SWITCHBOARD_NATS_URL": nats_url, "SWITCHBOARD_DATABASE_URL": database_url, **more}, "tally")


@contextlib.asynccontextmanager
async def connected(url: str) -> AsyncIterator[Client]:
    nc = await connect(url, "test")
    yield nc
    await nc.close()


async def config(nc: Client, stream: str = STREAM) -> dict[str, Any]:
    info = await stream_info(nc, stream)
    assert info is not None
    found: dict[str, Any] = info["config"]
    return found


async def test_a_service_finds_each_thing_that_is_missing_and_nothing_after_provisioning(
    nats_url: str, database_url: str
) -> None:
    settings = settings_of(nats_url, database_url)
    declared = OWN.declared(settings)
    async with connected(nats_url) as nc, Database(database_url, "tally") as database:
        assert [one.split(" is ")[0] for one in await stream_findings(nc, declared, 1)] == [
            "stream EVENTS",
            "stream KV_TENANTS",
            "stream KV_MEMBERS-tally",
            "stream SENT",
        ]
        missing = await table_findings(database, OWN)
        assert "schema tally lacks shard_snapshots, " in missing[0]
        assert "sums_v1" in missing[0]
        assert "schema vault lacks 0001_pre_subject_keys, 0002_pre_key_encryption_keys" in missing[1]
        assert len(await provision(settings, OWN)) >= 6
        assert await stream_findings(nc, declared, 1) == []
        assert await table_findings(database, OWN) == []
        assert await provision(settings, OWN) == [], "the second time there is nothing to do"


async def test_what_older_processes_cannot_stand_waits_until_somebody_says_that_none_runs(
    nats_url: str, database_url: str
) -> None:
    settings = settings_of(nats_url, database_url)
    before = [step for step in vault_steps() if step.name < "0004"]
    async with Database(database_url, "vault") as vault:
        await migrate(vault, before)
        told = await asyncio.gather(*(provision(settings, OWN) for _ in range(3)))
        assert sum("applied 0004_pre_key_trees" in one for one in told) == 1
        for one in told:
            assert "0005_post_derived_keys waits: once no older process runs, `switchboard provision --finish`" in one
        async with Database(database_url, "tally") as database:
            assert await table_findings(database, OWN) == [], "it stops nobody"
        assert await vault.fetchval("select count(*) from derivation") == 0
        assert await provision(settings, OWN, finish=True) == ["applied 0005_post_derived_keys"]
        assert await vault.fetchval("select count(*) from derivation") == 1
        assert await provision(settings, OWN) == []


async def test_of_an_earlier_version_of_a_view_nothing_is_left_once_an_upgrade_is_through(
    nats_url: str, database_url: str
) -> None:
    settings = settings_of(nats_url, database_url)
    earlier = SumsView.schema.replace("_v1", "_v0"), "create table if not exists kept (a int)"
    before = Resources("tally", tables=earlier)
    async with Database(database_url, "tally") as database:
        await provision_tables(database_url, "tally", before)
        await database.execute("create table sums_v0_contacts (contact bytea)")
        for view in ("sums_v0", "sums_v1"):
            for row in (view, f"{view}#3"):
                await database.execute("insert into projections (name, position) values ($1, 7)", row)
            await database.execute("insert into parked values ($1, 'k', 1, 0, 'ev.tally.acme.0', 'E', '')", view)
        await provision(settings, OWN)
        assert await database.fetchval("select to_regclass('sums_v0_contacts')") is not None, "an older process may run"
        [told] = [one for one in await provision(settings, OWN, finish=True) if one.startswith("dropped")]
        assert "sums_v0_contacts in schema tally" in told
        assert [row["relname"] for row in await database.fetch(
            "select relname from pg_class where relnamespace = 'tally'::regnamespace and relname like 'sums%v0%'"
        )] == []  # fmt: skip
        for table, column, left in (
            ("projections", "name", ["sums_v1", "sums_v1#3"]),
            ("parked", "projection", ["sums_v1"]),
        ):
            found = await database.fetch(f"select {column} as name from {table} order by name")
            assert [row["name"] for row in found] == left
        assert await database.fetchval("select to_regclass('kept')") is not None, "it is no view's"
        assert await provision(settings, OWN, finish=True) == []


async def test_looking_changes_nothing(nats_url: str, database_url: str) -> None:
    settings = settings_of(nats_url, database_url)
    async with connected(nats_url) as nc, Database(database_url, "tally") as database:
        await stream_findings(nc, OWN.declared(settings), 1)
        await table_findings(database, OWN)
        assert (await nc.jetstream().account_info()).streams == 0
        assert await database.fetchval("select count(*) from pg_tables where schemaname = 'tally'") == 0


async def test_a_limit_that_an_operator_raised_survives_provisioning_and_starts(
    nats_url: str, database_url: str
) -> None:
    settings = settings_of(nats_url, database_url, SWITCHBOARD_LOG_MAX_BYTES=str(GIB))
    async with connected(nats_url) as nc:
        await provision(settings, OWN)
        raised = StreamConfig(**{**vars((await nc.jetstream().stream_info(STREAM)).config), "max_bytes": 7 * GIB})
        await nc.jetstream().update_stream(raised)
        assert await provision(settings, OWN) == []
        assert (await config(nc))["max_bytes"] == 7 * GIB
        larger = settings_of(nats_url, database_url, SWITCHBOARD_LOG_MAX_BYTES=str(9 * GIB))
        assert await provision(larger, OWN) == ["changed max_bytes of EVENTS"]
        assert (await config(nc))["max_bytes"] == 9 * GIB


async def test_a_stream_of_an_earlier_release_is_narrowed_and_keeps_what_it_has(
    nats_url: str, database_url: str
) -> None:
    settings = settings_of(nats_url, database_url)
    async with connected(nats_url) as nc:
        await nc.jetstream().add_stream(StreamConfig(name=STREAM, subjects=["ev.>"], max_bytes=GIB))
        await nc.jetstream().publish("ev.test", b"hello")
        found = await stream_findings(nc, OWN.declared(settings)[:1], 1)
        assert len(found) == 4, found
        await provision(settings, OWN)
        assert await stream_findings(nc, OWN.declared(settings), 1) == []
        info = await stream_info(nc, STREAM)
        assert info is not None
        assert info["state"]["messages"] == 1
        with pytest.raises(Exception, match="no response from stream"):
            await nc.jetstream().publish("ev.test", b"hello")


async def test_any_number_of_provisioners_start_at_once_on_fresh_servers(nats_url: str, database_url: str) -> None:
    settings = settings_of(nats_url, database_url)
    done = await asyncio.gather(*(provision(settings, OWN) for _ in range(12)))
    async with connected(nats_url) as nc, Database(database_url, "tally") as database:
        assert await stream_findings(nc, OWN.declared(settings), 1) == []
        assert await table_findings(database, OWN) == []
    assert sum("applied 0001_pre_subject_keys" in one for one in done) == 1


async def test_twenty_pairs_of_provisioners_and_services_start_at_once_on_fresh_databases(
    nats_url: str, postgres_server: Child
) -> None:
    admin = await asyncpg.connect(postgres_server.url)
    for number in range(20):
        name = f"pair_{number}"
        await admin.execute(f"create database {name}")
        url = postgres_server.url.rpartition("/")[0] + f"/{name}"
        databases = [Database(url, "tally") for _ in range(2)]
        await asyncio.gather(
            *(provision_tables(url, "tally", OWN) for _ in range(2)), *(database.open() for database in databases)
        )
        assert await table_findings(databases[0], OWN) == []
        for database in databases:
            await database.close()
        await admin.execute(f"drop database {name} with (force)")
    await admin.close()


async def test_what_the_server_refuses_is_said_in_one_sentence(nats_url: str, database_url: str) -> None:
    settings = settings_of(nats_url, database_url, SWITCHBOARD_LOG_REPLICAS="3")
    with pytest.raises(ProvisioningError, match=r"stream EVENTS cannot be created: .*replicas"):
        await provision(settings, OWN)


async def test_the_program_provisions_what_a_module_declares(nats_url: str, database_url: str) -> None:
    job = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "chassis.provisioning", "routing.main", stdout=asyncio.subprocess.PIPE,
        env={"SWITCHBOARD_NATS_URL": nats_url, "SWITCHBOARD_DATABASE_URL": database_url},
    )  # fmt: skip
    out, _ = await asyncio.wait_for(job.communicate(), 60)
    assert job.returncode == 0
    assert "routing: created OUTBOX" in out.decode().splitlines()
    connection = await asyncpg.connect(database_url)
    assert await connection.fetchval("select count(*) from routing.projections") == 0
    await connection.close()
