"""A cursor on a real PostgreSQL: one of many holders moves it, and what is written beside goes with the move."""

import asyncio

import pytest
from chassis.cursor import Cursor, Fenced
from chassis.database import Database


async def test_of_two_that_move_it_at_once_one_is_fenced_and_writes_nothing(database_url: str) -> None:
    async with Database(database_url, "tally") as database:
        one, two = Cursor("readers_v1", database), Cursor("readers_v1", database)
        await asyncio.gather(*(each.create(["create table if not exists done (who text)"]) for each in (one, two)))

        async def move(cursor: Cursor, who: str) -> None:
            async with cursor.moving(7) as connection:
                await connection.execute("insert into done (who) values ($1)", who)

        outcomes = await asyncio.gather(move(one, "one"), move(two, "two"), return_exceptions=True)
        assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Fenced", "NoneType"]
        assert await database.fetchval("select count(*) from done") == 1
        assert {await one.reread(), await two.reread()} == {7}


async def test_what_fails_beside_a_move_takes_the_move_back(database_url: str) -> None:
    async with Database(database_url, "tally") as database:
        cursor = Cursor("readers_v1", database)
        await cursor.create(begin=3)
        with pytest.raises(ZeroDivisionError):
            async with cursor.moving(9):
                raise ZeroDivisionError
        assert cursor.position == await cursor.reread() == 3


async def test_a_holder_that_was_overtaken_goes_on_where_the_other_is(database_url: str) -> None:
    async with Database(database_url, "tally") as database:
        late, ahead = Cursor("readers_v1", database), Cursor("readers_v1", database)
        await late.create()
        await ahead.create()
        await ahead.move(5)
        with pytest.raises(Fenced, match="readers_v1 is no longer at 0"):
            await late.move(4)
        assert await late.reread() == 5
        await late.move(6)
        assert await ahead.reread() == 6


async def test_who_creates_a_cursor_that_is_there_leaves_it_where_it_is(database_url: str) -> None:
    async with Database(database_url, "tally") as database:
        first, again = Cursor("readers_v1", database), Cursor("readers_v1", database)
        await first.create(begin=2)
        await first.move(8)
        await again.create(begin=2)
        assert again.position == 8


async def test_nobody_moves_a_locked_cursor(database_url: str) -> None:
    async with Database(database_url, "tally") as database:
        cursor, other = Cursor("readers_v1", database), Cursor("readers_v1", database)
        await cursor.create()
        await other.create()
        async with cursor.locked() as connection:
            move = asyncio.create_task(other.move(1))
            waiting = (
                "select count(*) from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()"
            )
            while not await database.fetchval(waiting):  # noqa: ASYNC110  # PostgreSQL signals nobody
                await asyncio.sleep(0.01)
            assert await connection.fetchval("select position from projections") == 0
        await move
        assert await cursor.reread() == 1


async def test_what_is_skipped_is_fenced_as_well_and_leaves_the_session_as_it_was(database_url: str) -> None:
    async with Database(database_url, "tally", connections_max=1) as database:
        one, other = Cursor("readers_v1", database, 4), Cursor("readers_v1", database, 4)
        await one.create()
        await other.create()
        await one.skip(5, {1, 2})
        assert await one.where() == {0: 0, 1: 5, 2: 5, 3: 0}
        with pytest.raises(Fenced, match="readers_v1 is no longer at 0"):
            await other.skip(5, {1})
        assert await database.fetchval("select current_setting('synchronous_commit')") == "on", (
            "facts' rows are lasting"
        )
        await one.skip(5, {0, 3})
        await one.move(6)
        assert await other.reread() == 6
