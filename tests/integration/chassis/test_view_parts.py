"""A view in parts that replicas share: parts go from one to another at any moment, and every event is taken once."""

import asyncio
import contextlib
import json
import random
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from uuid import uuid4

import asyncpg
import chassis.database
import chassis.projection
import pytest
import recording
from chassis.cancellation import raise_if_cancelled
from chassis.commits import Entry, Recorded, Subject
from chassis.cursor import Cursor, Fenced
from chassis.database import Database
from chassis.errors import Unavailable
from chassis.integrity import positions_agree, views_replay
from chassis.log import Log
from chassis.membership import Membership
from chassis.parts import PARTS, part_of, row_of
from chassis.projection import Projection
from chassis.provisioning import Resources, provision_tables, table_findings
from chassis.tail import Tail
from google.protobuf.wrappers_pb2 import StringValue
from lines import Lines, Place, instance, taken
from mortal import Mortal
from provisioned import provision_log
from switchboard.log.v1 import log_pb2
from tally import alone, opened, running
from waiting import becomes

TENANTS = [f"tenant-{number}" for number in range(12)]
"""In all of the parts but one."""


class TenantLines(Lines):
    """Lines whose keys are a tenant's, as those of every view are."""

    def keys(self, event: Recorded) -> Sequence[str]:
        return [f"{event.tenant}/{key}" for key in super().keys(event)]


class Writer:
    """Appends commits of all tenants."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self._ends: Counter[str] = Counter()
        self.last = 0

    async def add(self, tenant: str, *keys: str) -> int:
        commit = log_pb2.Commit(commit_id=uuid4().bytes, tenant=tenant, shard="0")
        for key in keys:
            commit.events.add().body.Pack(StringValue(value=json.dumps([key])))
        subject = Subject("tally", tenant, "0")
        position = await self._log.append(subject, recording.written(commit), self._ends[tenant])
        self.last = self._ends[tenant] = position
        return position


class Replica(Mortal):
    """One process with its parts of the view."""

    def __init__(self, log: Log, tail: Tail, url: str) -> None:
        super().__init__(log, "tally", url, connections_max=3)
        self.projection = Projection(TenantLines(), log, self._database, self.membership, tail)

    async def start(self) -> None:
        await self._database.open()
        await self.live(self.projection.run())

    async def cancel(self) -> None:
        """Ended in the middle of whatever it does, by itself."""
        await self.membership.leave()
        await self.end()


def lines_of(log: Sequence[Entry]) -> dict[str, list[Place]]:
    """What the table says once everything was taken."""
    lines: dict[str, list[Place]] = {}
    for entry in log:
        for event in entry.events():
            for key in json.loads(event.body.value):
                lines.setdefault(f"{entry.subject.tenant}/{key}", []).append((event.position, event.index))
    return lines


async def snapshot(database: Database) -> tuple[dict[int, int], dict[str, list[Place]]]:
    """Where the parts are and what the table says at one instant."""
    async with database.transaction(isolation="repeatable_read", readonly=True) as connection:
        return await Cursor(TenantLines.name, database, PARTS).where(connection), await taken(connection)


def check(seen: tuple[dict[int, int], dict[str, list[Place]]], log: Sequence[Entry]) -> list[int]:
    """The rows of each tenant are those of the log up to its part's position; returns the positions. The log is read
    after the tables were looked at: what they have, it has.
    """
    where, rows = seen
    assert rows == lines_of([entry for entry in log if entry.position <= where[part_of(entry.subject.tenant)]])
    return [where[part] for part in range(PARTS)]


async def check_snapshot(database: Database, log: Sequence[Entry]) -> list[int]:
    """The same now, of a log that nobody appends to."""
    return check(await snapshot(database), log)


@contextlib.asynccontextmanager
async def tables(url: str) -> AsyncIterator[Database]:
    await provision_tables(url, "tally", Resources("tally", tables=(TenantLines.schema,)))
    async with Database(url, "tally", connections_max=3) as database:
        yield database


@pytest.mark.parametrize(("together", "seed"), [(2, 1), (3, 2)])
async def test_parts_that_change_hands_at_any_moment_take_every_event_once(
    nats_url: str, database_url: str, together: int, seed: int
) -> None:
    chance = random.Random(seed)
    async with opened(nats_url) as log, tables(database_url) as database:
        await provision_log(log.nc, "tally")
        tail, writer = Tail(log), Writer(log)
        replicas: list[Replica] = []
        apart = 0

        async def beat() -> None:
            """Each hears of the others when it does: they disagree in between."""
            while True:
                raise_if_cancelled()  # nats-py may have swallowed it
                await asyncio.sleep(chance.random() / 30)
                if replicas:
                    await chance.choice(replicas).membership._beat()

        async def write() -> None:
            while not moved.is_set():
                await writer.add(chance.choice(TENANTS), *(chance.choice("abc") for _ in range(chance.randint(1, 3))))
                await asyncio.sleep(chance.random() / 200)

        async def move() -> None:
            nonlocal apart
            for _ in range(16):
                while len(replicas) < together:
                    replicas.append(Replica(log, tail, database_url))
                    await replicas[-1].start()
                await asyncio.sleep(chance.random() / 4)
                seen = await snapshot(database)
                entries = [entry async for batch in log.read() for entry in batch]
                apart += len(set(check(seen, entries))) > 1
                replica = chance.choice(replicas)
                match chance.choice(("kill", "cancel", "give up", "expire")):
                    case "kill":
                        replicas.remove(replica)
                        await replica.kill()
                    case "cancel":
                        replicas.remove(replica)
                        await replica.cancel()
                    case "give up":
                        replicas.remove(replica)
                        await replica.give_up()
                        given_up.append(replica)
                    case _:
                        await replica.expire()
            moved.set()

        moved = asyncio.Event()
        given_up: list[Replica] = []
        async with running(tail.run, beat):
            await asyncio.gather(write(), move())
            replicas.append(Replica(log, tail, database_url))
            await replicas[-1].start()
            for replica in replicas:
                await asyncio.gather(*(replica.projection.reached(writer.last, 60, tenant) for tenant in TENANTS))
                await replica.projection.reached(writer.last, 60)
            entries = [entry async for batch in log.read() for entry in batch]
            assert set(await check_snapshot(database, entries)) == {writer.last}
            [finding] = await views_replay(log, database, [replicas[-1].projection])
            assert finding.ok, finding.detail
            for replica in (*replicas, *given_up):
                await replica.end()
        assert apart, "no part was ever elsewhere than the others"


async def test_who_is_behind_in_one_part_is_fenced_in_all_and_writes_nothing(nats_url: str, database_url: str) -> None:
    async with opened(nats_url) as log, tables(database_url) as database:
        writer = Writer(log)
        for tenant in TENANTS:
            await writer.add(tenant, "a")
        entries = [entry async for batch in log.read() for entry in batch]
        late, other = (Projection(TenantLines(), log, database) for _ in range(2))
        await late.attach()
        await other.attach()
        await other.apply(entries[:5], parts=frozenset({part_of(TENANTS[0])}))
        with pytest.raises(Fenced):
            await late.apply(entries)
        assert (await check_snapshot(database, entries)).count(0) == PARTS - 1
        await late.cursor.reread()
        with pytest.raises(Fenced):  # nor are parts moved together that stand apart
            await late.apply(entries)
        assert (await check_snapshot(database, entries)).count(0) == PARTS - 1


async def test_one_that_is_paused_in_a_transaction_keeps_its_parts_from_others_no_longer_than_it_may(
    nats_url: str, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chassis.database, "FROZEN_S", 1.0)
    async with (
        opened(nats_url) as log,
        tables(database_url) as database,
        Database(database_url, "tally", connections_max=1) as paused,
    ):
        writer = Writer(log)
        for tenant in TENANTS:
            await writer.add(tenant, "a")
        entries = [entry async for batch in log.read() for entry in batch]
        late, other = (Projection(TenantLines(), log, one) for one in (paused, database))
        await late.attach()
        await other.attach()
        with pytest.raises(Unavailable):  # noqa: PT012  (what it was in the middle of is lost, whatever it says next)
            async with late.cursor.moving(1, parts={0}) as connection:
                async with asyncio.timeout(30):
                    await other.apply(entries)
                await connection.execute("delete from lines_v1")
        assert set(await check_snapshot(database, entries)) == {writer.last}


async def test_a_part_that_is_behind_or_ahead_joins_the_others(nats_url: str, database_url: str) -> None:
    async with opened(nats_url) as log, tables(database_url) as database:
        writer = Writer(log)
        for _ in range(5):
            for tenant in TENANTS:
                await writer.add(tenant, "a")
        entries = [entry async for batch in log.read() for entry in batch]
        other = Projection(TenantLines(), log, database)
        await other.attach()
        await other.apply(entries[:20])
        await other.apply(entries[20:40], parts=frozenset({1, 2}))
        await other.apply(entries[20:30], parts=frozenset({4}))
        assert set(await check_snapshot(database, entries)) == {20, 30, 40}
        projection = Projection(TenantLines(), log, database, await alone(log))
        async with running(projection.run):
            await projection.reached(writer.last, 30)
        assert set(await check_snapshot(database, entries)) == {writer.last}


async def test_tables_whose_parts_stand_apart_are_proved_each_up_to_its_position(
    nats_url: str, database_url: str
) -> None:
    async with opened(nats_url) as log, tables(database_url) as database:
        writer = Writer(log)
        for _ in range(3):
            for tenant in TENANTS:
                await writer.add(tenant, "a", "b")
        entries = [entry async for batch in log.read() for entry in batch]
        projection = Projection(TenantLines(), log, database)
        await projection.attach()
        await projection.apply(entries[:20], parts=frozenset({0, 1, 2, 3}))
        await projection.apply(entries[:33], parts=frozenset({5, 6}))
        [finding] = await views_replay(log, database, [projection])
        assert finding.ok, finding.detail
        [agrees] = await positions_agree(log, database, [projection])
        assert agrees.ok
        assert "at 0 to 33 of 36" in agrees.detail

        await database.execute("update projections set position = 19 where name = $1", row_of("lines_v1", TENANTS[0]))
        before = lines_of([entry for entry in entries[:20] if entry.subject.tenant == TENANTS[0]])
        await database.execute("delete from lines_v1 where key = $1", next(iter(before)))
        [finding] = await views_replay(log, database, [projection])
        assert not finding.ok, "a row is missing"
        await database.execute("delete from projections where name = 'lines_v1#3'")
        [agrees] = await positions_agree(log, database, [projection])
        assert not agrees.ok
        assert "1 of 8 positions are missing" in agrees.detail


async def test_who_waits_for_a_tenant_waits_for_nobody_elses_part(nats_url: str, database_url: str) -> None:
    async with opened(nats_url) as log, tables(database_url) as database:
        writer = Writer(log)
        for tenant in TENANTS:
            await writer.add(tenant, "a")
        entries = [entry async for batch in log.read() for entry in batch]
        mine, others = part_of(TENANTS[0]), frozenset(range(PARTS)) - {part_of(TENANTS[0])}
        other = Projection(TenantLines(), log, database)
        await other.attach()
        await other.apply(entries, parts=frozenset({mine}))
        watcher = Projection(TenantLines(), log, database, Membership(log, "tally", "nobody"))
        async with running(watcher.run):
            await watcher.reached(writer.last, 30, TENANTS[0])
            assert watcher.position_of(TENANTS[0]) == writer.last
            with pytest.raises(Unavailable):
                await watcher.reached(writer.last, 0.2)
            least = asyncio.create_task(watcher.wait_beyond(0))
            await other.apply(entries, parts=others)
            assert await asyncio.wait_for(least, 30) == writer.last


async def test_commits_of_others_are_passed_and_moved_past_when_somebody_waits_or_after_a_while(
    nats_url: str, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chassis.projection, "PASSED_S", 3_600.0)
    monkeypatch.setattr(chassis.projection, "PACE_S", 0.0)
    monkeypatch.setattr(chassis.projection, "HURRIED_S", 0.0)
    async with opened(nats_url) as log, tables(database_url) as database:
        writer, tail = Writer(log), Tail(log)
        projection = Projection(TenantLines(), log, database, await alone(log), tail)
        monkeypatch.setattr(TenantLines, "contexts", frozenset({"elsewhere"}))
        async with running(tail.run, projection.run):
            for _ in range(3):
                last = await writer.add("tenant-1", "a")
                await becomes(lambda last=last: projection._passed == last, 30)  # type: ignore[misc]
            assert (await projection.cursor.where())[part_of("tenant-1")] == 0, "nothing was written, nobody waited"
            await projection.reached(last, 30, "tenant-1")  # though nothing comes any more
            assert set((await projection.cursor.where()).values()) == {last}

            passed = await writer.add("tenant-1", "a")
            await becomes(lambda: projection._passed == passed, 30)
            monkeypatch.setattr(TenantLines, "contexts", frozenset({"tally"}))
            last = await writer.add("tenant-1", "b")
            await projection.reached(last, 30)
            async with database.acquire() as connection:
                assert await taken(connection) == {"tenant-1/b": [(last, 0)]}

            monkeypatch.setattr(chassis.projection, "PASSED_S", 0.01)
            monkeypatch.setattr(TenantLines, "contexts", frozenset({"elsewhere"}))
            last = await writer.add("tenant-1", "a")
            other = Projection(TenantLines(), log, database, Membership(log, "tally", "nobody"))
            async with running(other.run):
                await other.reached(last, 30)


async def test_what_is_released_waits_for_who_moves_its_part_and_for_nobody_else(database_url: str) -> None:
    async with instance(database_url, TenantLines()) as projection:
        cursor, database = projection.cursor, projection._database
        mine = part_of("acme")
        async with cursor.moving(1, parts=frozenset(range(PARTS)) - {mine}) as connection:
            await connection.execute(
                "insert into parked values ('lines_v1', 'acme/a', 1, 0, 'ev.tally.acme.0', 'E', $1)", _event()
            )
        cursor.positions[mine] = 0
        async with cursor.moving(2, parts=frozenset(range(PARTS)) - {mine}):
            assert await asyncio.wait_for(projection.release("acme/a"), 30) == (1, 0)
        await database.execute(
            "insert into parked values ('lines_v1', 'acme/b', 1, 1, 'ev.tally.acme.0', 'E', $1)", _event()
        )
        async with cursor.moving(1, parts={mine}):
            release = asyncio.create_task(projection.release("acme/b"))
            await somebody_waits(database_url)
            assert not release.done()
        assert await asyncio.wait_for(release, 30) == (1, 0)


def _event() -> bytes:
    commit = log_pb2.Commit(commit_id=bytes(16), tenant="acme", shard="0")
    commit.events.add().body.Pack(StringValue(value=json.dumps(["a"])))
    written = recording.written(commit)
    return Recorded(1, 0, Subject("tally", "acme", "0"), written.events[0], written.commit_id).dump()


async def somebody_waits(url: str) -> None:
    """Returns when a session waits for a lock."""
    waiting = "select count(*) from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()"
    connection = await asyncpg.connect(url)
    try:
        async with asyncio.timeout(30):
            while not await connection.fetchval(waiting):  # noqa: ASYNC110  # PostgreSQL signals nobody
                await asyncio.sleep(0.01)
    finally:
        await connection.close()


OLDER = "create table projections (name text primary key, position bigint not null)"


async def test_a_view_that_had_one_position_goes_on_from_there_in_all_parts(nats_url: str, database_url: str) -> None:
    async with opened(nats_url) as log, Database(database_url, "tally", connections_max=4) as database:
        await database.execute(OLDER)
        await database.execute("insert into projections values ('lines_v1', 7), ('replies', 3)")
        own = Resources("tally", tables=(TenantLines.schema,))
        assert "projections.parts_from" in str(await table_findings(database, own))
        [told] = await provision_tables(database_url, "tally", own)
        assert "projections.parts_from" in told
        assert await table_findings(database, own) == []
        several = [Projection(TenantLines(), log, database) for _ in range(4)]
        await asyncio.gather(*(one.attach() for one in several))
        for one in several:
            assert one.cursor.positions == [7] * PARTS
        await several[0].cursor.move(9)
        again = Projection(TenantLines(), log, database)
        await again.attach()
        assert again.position == 9, "it began once"

        undivided = Cursor("lines_v1", database)  # as a process of an older release has it
        await undivided.attach()
        assert undivided.position == 7
        with pytest.raises(asyncpg.CheckViolationError):
            await undivided.move(8)
        with pytest.raises(asyncpg.CheckViolationError):
            async with undivided.moving(8):
                pytest.fail("it writes")

        await provision_tables(database_url, "tally", own, finish=True)
        rows = [row["name"] for row in await database.fetch("select name from projections order by name")]
        assert rows == [*(f"lines_v1#{part}" for part in range(PARTS)), "replies"]
        await again.attach()
        assert again.position == 9


async def test_one_that_is_moved_while_it_gets_parts_begins_where_it_was_moved_to(
    nats_url: str, database_url: str
) -> None:
    async with opened(nats_url) as log, tables(database_url) as database:
        older = Cursor("lines_v1", database)
        await older.attach()
        projection = Projection(TenantLines(), log, database)
        async with older.moving(5) as connection:
            await connection.execute("insert into lines_v1 values ('tenant-1/a', '[]')")
            attaching = asyncio.create_task(projection.attach())
            await somebody_waits(database_url)
        await attaching
        assert projection.cursor.positions == [5] * PARTS
