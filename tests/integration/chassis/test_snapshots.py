"""Snapshots of shards in PostgreSQL: in parts, one per version, never back."""

import pytest
from chassis.commits import Subject
from chassis.database import Database
from chassis.shard_state import InputPosition, Snapshot
from chassis.snapshots import PART_BYTES_MAX, SCHEMA, PostgresSnapshots

SHARD = Subject("tally", "acme", "0")


def snapshot(position: int, version: str = "1", state: tuple[bytes, ...] = (b"one", b"two")) -> Snapshot:
    sections = {"state": iter(state), "answers": iter([b"a" * position]), "parked": ()}
    return Snapshot(version, position, InputPosition(position, 3), sections)


async def kept(store: PostgresSnapshots, version: str = "1") -> tuple[int, bytes] | None:
    found = await store.latest(SHARD, version)
    return None if found is None else (found.position, b"".join(found.sections["state"]))


async def test_a_snapshot_comes_back_as_it_was_and_leaves_no_older_part(database_url: str) -> None:
    async with Database(database_url, "tally") as database:
        await database.execute(SCHEMA)
        store = PostgresSnapshots(database)
        assert await kept(store) is None
        assert await store.save(SHARD, snapshot(5)) == 11
        assert await store.save(SHARD, snapshot(9, state=(b"x" * (PART_BYTES_MAX + 1), b"y"))) == PART_BYTES_MAX + 11
        found = await store.latest(SHARD, "1")
        assert found is not None
        assert (found.position, found.input) == (9, InputPosition(9, 3))
        assert b"".join(found.sections["state"]) == b"x" * (PART_BYTES_MAX + 1) + b"y"
        assert found.sections["answers"] == [b"a" * 9]
        assert await database.fetchval("select count(*) from shard_snapshot_parts where position = 5") == 0


async def test_a_snapshot_never_goes_back(database_url: str) -> None:
    async with Database(database_url, "tally") as database:
        await database.execute(SCHEMA)
        store = PostgresSnapshots(database)
        await store.save(SHARD, snapshot(9))
        await store.save(SHARD, snapshot(5, state=(b"old",)))
        assert await kept(store) == (9, b"onetwo")
        assert await database.fetchval("select count(*) from shard_snapshot_parts where position = 5") == 0


async def test_two_releases_side_by_side_keep_their_own(database_url: str) -> None:
    async with Database(database_url, "tally") as database:
        await database.execute(SCHEMA)
        store = PostgresSnapshots(database)
        await store.save(SHARD, snapshot(9))
        await store.save(SHARD, snapshot(7, "2", (b"new form",)))
        assert (await kept(store), await kept(store, "2")) == ((9, b"onetwo"), (7, b"new form"))


async def test_a_snapshot_that_was_cut_off_does_not_count(database_url: str) -> None:
    def cut() -> object:
        yield b"begun"
        raise ConnectionError

    async with Database(database_url, "tally") as database:
        await database.execute(SCHEMA)
        store = PostgresSnapshots(database)
        await store.save(SHARD, snapshot(5))
        with pytest.raises(ConnectionError):
            await store.save(SHARD, Snapshot("1", 9, InputPosition(), {"state": cut()}))  # type: ignore[dict-item]
        assert await kept(store) == (5, b"onetwo")
