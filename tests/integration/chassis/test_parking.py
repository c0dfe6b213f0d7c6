"""Parked events on a real PostgreSQL: whoever takes, parks or releases, and whenever it is killed, each event is taken
once per key and in the order of the log.
"""

import asyncio
import contextlib
import json
import random
from collections.abc import Sequence
from typing import Any

import asyncpg
import chassis.parking
import pytest
from chassis.commits import Entry, Recorded
from chassis.cursor import Fenced
from chassis.database import Database
from chassis.errors import Unavailable
from chassis.parking import ParkingLot, own_key
from chassis.parts import row_of
from chassis.projection import Projection
from lines import Lines, instance, log_of, taken

Place = tuple[int, int]


def lines_of(log: Sequence[Entry]) -> dict[str, list[Place]]:
    """What the table says once everything was taken."""
    lines: dict[str, list[Place]] = {}
    for entry in log:
        for event in entry.events():
            for key in json.loads(event.body.value):
                lines.setdefault(key, []).append((event.position, event.index))
    return lines


async def check_snapshot(url: str, log: Sequence[Entry]) -> None:
    """At any instant: what was passed is taken or waits, never both, and what waits comes after what was taken."""
    async with (
        Database(url, "tally", connections_max=1) as database,
        database.transaction(isolation="repeatable_read", readonly=True) as connection,
    ):
        at = row_of("lines_v1", "acme")
        position = await connection.fetchval("select position from projections where name = $1", at)
        rows = await taken(connection)
        waiting: dict[str, list[Place]] = {}
        for row in await connection.fetch("select key, position, event_index from parked order by 2, 3"):
            waiting.setdefault(row["key"], []).append((row["position"], row["event_index"]))
    for key, places in lines_of(log[:position]).items():
        assert rows.get(key, []) + waiting.get(key, []) == places, key


MAY_HAPPEN = (Fenced, Unavailable, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError)


@pytest.mark.parametrize("seed", range(4))
async def test_whoever_takes_parks_and_releases_and_is_killed_each_event_is_taken_once_and_in_order(
    database_url: str, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    chance = random.Random(seed)
    monkeypatch.setattr(chassis.parking, "EVENTS_PER_PORTION", 3)
    names = "abcdef"
    log = log_of(
        *([chance.sample(names, chance.choice((1, 1, 1, 2))) for _ in range(chance.randint(1, 4))] for _ in range(60))
    )
    places = [(entry.position, index) for entry in log for index in range(len(entry.events()))]
    poison = set(chance.sample(places, 12))
    taking, releasing = Lines(poison), Lines(set(poison))
    finished = asyncio.Event()

    async def take(projection: Projection[Any]) -> None:
        while projection.position < len(log):
            with contextlib.suppress(*MAY_HAPPEN):
                at = await projection.cursor.reread()
                await projection.apply(log[at : at + chance.randint(1, 7)])
            await asyncio.sleep(chance.random() / 200)

    async def release(projection: Projection[Any]) -> None:
        while not finished.is_set():
            with contextlib.suppress(*MAY_HAPPEN):
                keys = sorted(await projection.parked())
                if keys:
                    await projection.release(chance.choice(keys))
                await check_snapshot(database_url, log)
                if releasing.poison and chance.random() < 0.1:
                    releasing.poison.discard(chance.choice(sorted(releasing.poison)))
            await asyncio.sleep(chance.random() / 100)

    async def until_done(work: Any, projection: Projection[Any], kills: int) -> None:
        """Does work that is killed so many times on the way."""
        for _ in range(kills):
            task = asyncio.create_task(work(projection))
            done, _ = await asyncio.wait((task,), timeout=chance.random() / 5)
            if done:
                task.result()
                return
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        await work(projection)

    async def sever() -> None:
        """Cuts connections as a server does that restarts."""
        while not finished.is_set():
            await asyncio.sleep(chance.random() / 5)
            await killer.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database()"
                " and pid <> pg_backend_pid() and random() < 0.3"
            )

    killer = await asyncpg.connect(database_url)
    async with (
        instance(database_url, taking) as one,
        instance(database_url, taking) as two,
        instance(database_url, releasing) as three,
        instance(database_url, releasing) as four,
    ):
        async with asyncio.TaskGroup() as tasks:
            for projection in (three, four):
                tasks.create_task(until_done(release, projection, 6))
            tasks.create_task(sever())
            async with asyncio.TaskGroup() as takers:
                for projection in (one, two):
                    takers.create_task(until_done(take, projection, 6))
            finished.set()
        await killer.close()
        await check_snapshot(database_url, log)
        releasing.poison.clear()
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(chassis.parking, "EVENTS_PER_PORTION", 500)
            for key in sorted(await three.parked()):
                await three.release(key)
        assert await three.parked() == frozenset()
        async with three._database.acquire() as connection:
            assert await taken(connection) == lines_of(log)


async def test_an_owner_notices_that_another_replica_released(database_url: str) -> None:
    log = log_of([["a"]], [["a"]], [["a"]])
    async with (
        instance(database_url, Lines({(1, 0)})) as owner,
        instance(database_url, Lines()) as other,
    ):
        await owner.apply(log[:2])
        assert await owner.parked() == {"a"}
        assert await other.release("a") == (2, 0)
        await owner.apply(log[2:])
        assert await owner.parked() == frozenset()
        async with owner._database.acquire() as connection:
            assert await taken(connection) == lines_of(log)


async def test_what_fails_again_stays_with_what_is_behind_it_and_the_rest_goes_through(database_url: str) -> None:
    log = log_of([["a"]], [["a", "b"]], [["b"]], [["b"]], [["c"]])
    view = Lines({(1, 0), (5, 0)})
    async with instance(database_url, view) as projection:
        await projection.apply(log)
        assert await projection.parked() == {"a", "b", "c"}
        view.poison = {(3, 0), (5, 0)}
        assert await projection.release("b") == (2, 2), "a was parked with it and comes first"
        assert await projection.parked() == {"b", "c"}
        assert await projection.release("b") == (0, 2), "repeating is harmless"
        await check_snapshot(database_url, log)


async def test_a_huge_backlog_is_released_in_portions_of_bytes(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chassis.parking, "BYTES_PER_PORTION", 1_000)
    log = log_of(*([["a", "x" * 150]] for _ in range(40)))
    view = Lines({(1, 0)})
    sizes = []
    async with instance(database_url, view) as projection:
        await projection.apply(log)
        view.poison = set()
        again = projection._view_sink.prepare_again

        async def observed(events: Sequence[Recorded]) -> Any:
            sizes.append(sum(len(event.dump()) for event in events))
            return await again(events)

        monkeypatch.setattr(projection._view_sink, "prepare_again", observed)
        assert await projection.release("a") == (40, 0)
    assert len(sizes) > 5
    assert max(sizes) < 1_000 + 400


async def test_an_event_with_many_keys_is_kept_once(database_url: str) -> None:
    log = log_of([[f"k{n}" for n in range(500)]])
    async with instance(database_url, Lines({(1, 0)})) as projection:
        await projection.apply(log)
        kept = await projection._database.fetchval("select sum(octet_length(event)) from parked")
        assert kept == len(log[0].events()[0].dump())
        listed = await ParkingLot("lines_v1").list_events(projection._database, None, 1_000)
        assert len(listed) == 500
        assert {one.type for one in listed} == {"google.protobuf.StringValue"}


@pytest.mark.parametrize(
    "key",
    [
        pytest.param("k" * 3_000, id="longer than an index takes"),
        pytest.param("a\0b", id="a NUL"),
        pytest.param("\x1b[2J", id="a terminal's commands"),
        pytest.param("", id="nothing"),
    ],
)
async def test_a_key_no_table_holds_is_kept_all_the_same(database_url: str, key: str) -> None:
    log = log_of([[key]], [["other"]], [[key]])
    async with instance(database_url, Lines({(1, 0)})) as projection:
        await projection.apply(log)
        listed = await ParkingLot("lines_v1").list_events(projection._database, None, 10)
        assert [one.place for one in listed] == [(1, 0), (3, 0)]
        async with projection._database.acquire() as connection:
            assert await taken(connection) == {"other": [(2, 0)]}


async def test_who_lists_reads_on_where_the_page_ended(database_url: str) -> None:
    log = log_of(*([[key]] for key in "abcab"))
    async with instance(database_url, Lines({(1, 0), (2, 0), (3, 0)})) as projection:
        await projection.apply(log)
        lot, at, found = ParkingLot("lines_v1"), None, []
        while page := await lot.list_events(projection._database, at, 2):
            found += page
            at = (page[-1].key, *page[-1].place)
    assert [(one.key, one.place) for one in found] == [
        ("a", (1, 0)), ("a", (4, 0)), ("b", (2, 0)), ("b", (5, 0)), ("c", (3, 0)),
    ]  # fmt: skip


def test_the_key_of_an_event_nobody_can_tell_the_keys_of_is_its_place() -> None:
    [event] = log_of([["a"]])[0].events()
    assert own_key(event) == "position/1/0"
