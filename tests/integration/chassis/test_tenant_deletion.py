"""A deleted tenant on a real log and a real PostgreSQL: nothing is appended, nothing is left, nobody else notices."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import asyncpg
import pytest
from chassis.child import Child
from chassis.clock import Instant, SystemClock
from chassis.commits import Recorded, Subject
from chassis.database import Database
from chassis.errors import NotFound, TenantDeleted, Unavailable
from chassis.integrity import log_gapless, positions_agree, views_replay
from chassis.log import Log
from chassis.projection import Projection
from chassis.provisioning import Resources, provision_tables
from chassis.purge import Purge
from chassis.shard import ShardWriter
from chassis.shard_state import InputPosition, Snapshot
from chassis.snapshots import PostgresSnapshots
from chassis.tenant_deletion import TenantDeletions
from chassis.tenant_facts import TenantSettings
from chassis.tenants import Tenants
from tally import DECIDER, Add, SnapshotsInMemory, alone, opened, running

CLOCK = SystemClock()
SERVICE = "tally"
GONE, STAYS = "gone", "stays"
MANY = 400
"""Rows of a tenant: enough for several pages of a table."""


class KeptView:
    """Sums by tenant and key, with a long text so that a page holds few rows."""

    name = "kept_v1"
    contexts = frozenset({"tally"})
    handles = frozenset({"google.protobuf.StringValue"})
    ignores: frozenset[str] = frozenset()
    schema = (
        "create table if not exists kept_v1"
        " (tenant text, key text, total bigint, filler text, primary key (tenant, key))"
    )
    dumps: Mapping[str, str] = {"kept_v1": "tenant, key"}

    def keys(self, event: Recorded) -> Sequence[str]:
        return (f"{event.tenant} {json.loads(event.body.value)[0]}",)

    async def load(self, connection: asyncpg.Connection, keys: Sequence[str]) -> dict[str, int]:
        rows = await connection.fetch(
            "select tenant || ' ' || key as at, total from kept_v1 where tenant || ' ' || key = any($1)", keys
        )
        return {row["at"]: row["total"] for row in rows}

    def fold(self, rows: dict[str, int], event: Recorded) -> None:
        key, amount, _ = json.loads(event.body.value)
        if key == "poison":
            raise ZeroDivisionError
        at = f"{event.tenant} {key}"
        rows[at] = rows.get(at, 0) + amount

    async def save(self, connection: asyncpg.Connection, rows: Mapping[str, int], touched: Sequence[str]) -> None:
        await connection.executemany(
            "insert into kept_v1 values (split_part($1, ' ', 1), split_part($1, ' ', 2), $2, repeat('x', 200))"
            " on conflict (tenant, key) do update set total = excluded.total",
            [(at, rows[at]) for at in touched],
        )


class Killed(Exception):
    """Stands for the end of the process."""


class Interrupted(Purge):
    """Is killed after so many portions."""

    left = 2

    async def _portion(self, tenant: str, table: Any) -> bool:
        more = await super()._portion(tenant, table)
        if more and table.name == "kept_v1":
            self.left -= 1
            if self.left == 0:
                raise Killed
        return more


@dataclass
class World:
    log: Log
    database: Database
    tenants: Tenants
    projection: Projection[int]

    def deletions(self, purge: Purge | None = None) -> TenantDeletions:
        return TenantDeletions(
            SERVICE,
            log=self.log,
            database=self.database,
            membership=self.projection._membership,  # type: ignore[arg-type]
            tenants=self.tenants,
            clock=CLOCK,
            purge=purge or Purge(self.database, vault=False, pages=1),
            shards=lambda: [("tally", "0"), ("tally", "1")],
            cursors=lambda tenant: [self.projection.row_of(tenant)],
            settle_s=0,
        )

    def writer(self, tenant: str, shard: str = "0") -> ShardWriter[Any, Any, Any]:
        subject = Subject("tally", tenant, shard)
        return ShardWriter(subject, DECIDER, self.log, CLOCK, SnapshotsInMemory())

    async def rows(self) -> dict[str, int]:
        found = await self.database.fetch("select tenant, count(*) as rows from kept_v1 group by tenant")
        return {row["tenant"]: row["rows"] for row in found}


@asynccontextmanager
async def world(nats_url: str, database_url: str) -> AsyncIterator[World]:
    """Two tenants with facts in the log, rows in the tables, a snapshot and a parked event each."""
    await provision_tables(database_url, SERVICE, Resources(SERVICE, tables=(KeptView.schema,)))
    async with opened(nats_url) as log, Database(database_url, SERVICE) as database:
        tenants = Tenants(log)
        projection = Projection(KeptView(), log, database, await alone(log), tenants=tenants)
        made = World(log, database, tenants, projection)
        position = 0
        for tenant in (GONE, STAYS):
            await tenants.ensure(tenant, TenantSettings("Acme"))
            writer = made.writer(tenant)
            async with running(writer.run):
                for number in range(MANY):
                    command = Add(f"k{number}", 1, Instant(number))
                    done = writer.submit(command)
                    position = (await done).position
                position = (await writer.submit(Add("poison", 1))).position
            snapshots = PostgresSnapshots(database)
            await snapshots.save(
                writer.subject, Snapshot("1", 1, InputPosition(), {"state": [b"of " + tenant.encode()]})
            )
        async with running(projection.run):
            await projection.reached(position, 30)
        yield made


async def everywhere(database: Database, text: str) -> list[str]:
    """The tables of the schema in which any row has this text anywhere."""
    found = []
    for row in await database.fetch(
        "select table_name from information_schema.tables where table_schema = $1", SERVICE
    ):
        name = row["table_name"]
        rows = await database.fetchval(f'select count(*) from "{name}" t where strpos(t::text, $1) > 0', text)
        encoded = await database.fetchval(
            f"select count(*) from \"{name}\" t where strpos(t::text, encode($1::text::bytea, 'hex')) > 0",
            text,
        )
        if rows or encoded:
            found.append(name)
    return sorted(found)


async def test_what_was_deleted_is_nowhere_and_a_rebuild_brings_nothing_back(nats_url: str, database_url: str) -> None:
    async with world(nats_url, database_url) as here:
        there = ["kept_v1", "parked", "shard_snapshot_parts", "shard_snapshots"]
        assert await everywhere(here.database, GONE) == there
        deletion = await here.tenants.delete(GONE, "ticket 7")
        assert (deletion.requested_by, deletion.services, deletion.missing) == ("ticket 7", (SERVICE,), (SERVICE,))
        with pytest.raises(Unavailable, match="is being deleted"):
            here.tenants.settled(SERVICE)

        async with running(here.projection.run):
            await here.deletions().delete(GONE)

        assert await everywhere(here.database, GONE) == []
        assert await everywhere(here.database, STAYS) == there
        assert await here.rows() == {STAYS: MANY}
        done = here.tenants.deletion(GONE)
        assert done is not None
        assert dict(done.purged[SERVICE].rows) == {
            "kept_v1": MANY, "parked": 1, "shard_snapshots": 1, "shard_snapshot_parts": 1
        }  # fmt: skip
        assert (done.purged[SERVICE].left, done.missing) == (0, ())
        assert done.done_at is not None
        findings = await views_replay(here.log, here.database, [here.projection], lambda: here.tenants.settled(SERVICE))
        findings += await log_gapless(here.log)
        assert all(finding.ok for finding in findings), findings
        assert "2 rows" not in findings[0].detail
        assert (await positions_agree(here.log, here.database, [here.projection]))[0].detail.endswith("1 events parked")


async def test_nothing_is_appended_for_a_deleted_tenant_and_its_id_is_not_used_again(
    nats_url: str, database_url: str
) -> None:
    async with world(nats_url, database_url) as here:
        writer, fresh, other = here.writer(GONE), here.writer(GONE, "1"), here.writer(STAYS)
        async with running(writer.run, fresh.run, other.run):
            await writer.until_ready()  # who owned the shard hears of nothing but its append
            await fresh.until_ready()
            await here.tenants.delete(GONE)
            with pytest.raises(TenantDeleted):
                await writer.submit(Add("late", 1))
            async with running(here.projection.run):
                await here.deletions().delete(GONE)
            with pytest.raises(TenantDeleted):
                await fresh.submit(Add("late", 1))
            await other.submit(Add("k0", 1))
        elsewhere = Tenants(here.log)
        for tenants in (here.tenants, elsewhere):
            for refused in (
                tenants.require(GONE),
                tenants.ensure(GONE),
                tenants.ensure(GONE, TenantSettings("Again")),
                tenants.change(GONE, lambda settings: settings),
            ):
                with pytest.raises(TenantDeleted):
                    await refused
            assert (tenants.known, tenants.deleted) == ({STAYS}, {GONE})
            assert tenants.settings(GONE) == TenantSettings()
        end = await here.log.last_position()
        assert (await here.tenants.delete(GONE)).requested_by == ""
        assert await here.log.last_position() == end, "deleting again is no fact"
        with pytest.raises(NotFound):
            await here.tenants.delete("nobody")


async def test_a_process_killed_between_two_portions_loses_nothing(nats_url: str, database_url: str) -> None:
    async with world(nats_url, database_url) as here:
        await here.tenants.delete(GONE)
        async with running(here.projection.run):
            with pytest.raises(Killed):
                await here.deletions(Interrupted(here.database, vault=False, pages=1)).delete(GONE)
        half = (await here.rows())[GONE]
        assert 0 < half < MANY
        again = Tenants(here.log)
        await again._look()
        resumed = World(here.log, here.database, again, here.projection)
        await resumed.deletions().delete(GONE)
        done = again.deletion(GONE)
        assert done is not None
        assert dict(done.purged[SERVICE].rows)["kept_v1"] == MANY, "each row was counted once"
        assert await here.rows() == {STAYS: MANY}
        end = await here.log.last_position()
        await resumed.deletions().delete(GONE)
        assert await here.log.last_position() == end, "what is done is not done again"


async def test_one_that_is_through_takes_the_record_from_under_another_that_is_not(
    nats_url: str, database_url: str
) -> None:
    async with world(nats_url, database_url) as here:
        purges = [Purge(here.database, vault=False, pages=1) for _ in range(4)]

        async def forget() -> None:
            for _ in range(200):
                await purges[0].forget(GONE)

        await asyncio.gather(*(one.all_of(GONE) for one in purges), forget())
        assert await purges[0].all_of(GONE) == 0
        assert await here.rows() == {STAYS: MANY}


async def test_a_projection_that_was_away_meanwhile_writes_nothing_of_it(nats_url: str, database_url: str) -> None:
    async with world(nats_url, database_url) as here:
        writer = here.writer(GONE)
        async with running(writer.run):
            position = (await writer.submit(Add("unseen", 1))).position
        await here.tenants.delete(GONE)
        late = Projection(KeptView(), here.log, here.database, await alone(here.log), tenants=Tenants(here.log))
        async with running(late.run, here.deletions().run):
            await late.reached(position, 30)
            while (found := here.tenants.deletion(GONE)) is None or found.missing:
                await here.tenants._look()
        assert await here.rows() == {STAYS: MANY}


async def test_a_deletion_that_fails_holds_up_nobody_else(
    nats_url: str, database_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    class Failing(Purge):
        async def all_of(self, tenant: str) -> int:
            if tenant == GONE:
                raise ZeroDivisionError("a value nobody may see in a log line")
            return await super().all_of(tenant)

    async with world(nats_url, database_url) as here:
        for tenant in (GONE, STAYS):
            await here.tenants.delete(tenant)
        async with running(here.projection.run, here.deletions(Failing(here.database, vault=False)).run):
            while (found := here.tenants.deletion(STAYS)) is None or found.missing:
                await here.tenants._look()
        assert here.tenants.deletion(GONE).missing == (SERVICE,)  # type: ignore[union-attr]
        assert "failed unforeseen" in caplog.text
        assert "nobody may see" not in caplog.text
        assert await here.rows() == {GONE: MANY}


async def test_a_tenant_is_refused_when_only_the_log_says_so(nats_server: Child) -> None:
    async with opened(nats_server.url) as log:
        tenants = Tenants(log)
        await tenants.ensure("acme")
        await tenants.delete("acme")
        await log.js.purge_stream("KV_TENANTS")
        looked = Tenants(log)
        with pytest.raises(TenantDeleted):
            await looked.require("acme")
