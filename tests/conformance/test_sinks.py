"""What must be true of every sink, whether replicas share it in parts or one moves it along the whole log."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from chassis.commits import Entry, Subject
from chassis.cursor import Fenced
from chassis.database import Connection, Database
from chassis.parts import PARTS, part_of
from chassis.projection import Projector
from chassis.sink import Sink, Weight
from google.protobuf.wrappers_pb2 import StringValue
from hostile_events import entries

TENANTS = [f"tenant-{number}" for number in range(12)]
LOG = entries([(Subject("tally", TENANTS[n * 7 % 12], "0"), [StringValue(value=json.dumps([n]))]) for n in range(60)])


class Journal:
    """Writes down which commits it was given, in the order it was."""

    name = "journal_v1"
    schema = "create table if not exists journal_v1 (place bigserial, position bigint primary key, tenant text)"
    dumps: Mapping[str, str] = {"journal_v1": "position"}

    def __init__(self, parts: int) -> None:
        self.parts = parts

    def weigh(self, entry: Entry) -> Weight:
        return Weight(1, len(entry.data))

    async def prepare(self, entries: Sequence[Entry]) -> "Page":
        return Page([(entry.position, entry.subject.tenant) for entry in entries])


@dataclass
class Page:
    rows: Sequence[tuple[int, str]]
    traceparents: Iterable[str] = ()

    async def write(self, connection: Connection, *, apart: bool = False) -> None:
        await connection.executemany("insert into journal_v1 (position, tenant) values ($1, $2)", self.rows)


every_division = pytest.mark.parametrize("parts", [1, PARTS])


@asynccontextmanager
async def projectors(url: str, sink: Sink, count: int) -> AsyncIterator[list[Projector]]:
    """Some that are handed commits, with connections of their own."""
    async with Database(url, "tally", connections_max=count + 1) as database:
        made = [Projector(sink, None, database) for _ in range(count)]  # type: ignore[arg-type]  # they read no log
        for one in made:
            await one.prepare()
        yield made


async def written(projector: Projector) -> list[tuple[int, str]]:
    rows = await projector.cursor.database.fetch("select position, tenant from journal_v1 order by place")
    return [(row["position"], row["tenant"]) for row in rows]


async def states(projector: Projector) -> Mapping[int, int]:
    return await projector.cursor.where()


def of_all(log: Sequence[Entry]) -> list[tuple[int, str]]:
    return [(entry.position, entry.subject.tenant) for entry in log]


@every_division
async def test_it_is_given_every_commit_once_in_order(database_url: str, parts: int) -> None:
    async with projectors(database_url, Journal(parts), 1) as [one]:
        await one.apply(LOG[:20])
        await one.apply(LOG[10:50])
        await one.apply(LOG)
        assert await written(one) == of_all(LOG)
        assert await states(one) == dict.fromkeys(range(parts), len(LOG))


@every_division
async def test_of_those_that_move_it_at_once_one_writes(database_url: str, parts: int) -> None:
    async with projectors(database_url, Journal(parts), 3) as several:

        async def move(one: Projector) -> None:
            while one.position < len(LOG):
                try:
                    await one.apply(LOG[one.position : one.position + 7])
                except Fenced:
                    await one.cursor.reread()

        async with asyncio.TaskGroup() as tasks:
            for one in several:
                tasks.create_task(move(one))
        assert await written(several[0]) == of_all(LOG)


@every_division
async def test_where_nothing_is_written_the_position_moves(database_url: str, parts: int) -> None:
    class Blind(Journal):
        async def prepare(self, entries: Sequence[Entry]) -> Any:
            return None

    async with projectors(database_url, Blind(parts), 1) as [one]:
        await one.apply(LOG)
        assert await states(one) == dict.fromkeys(range(parts), len(LOG))


@every_division
async def test_commits_that_do_not_follow_are_refused(database_url: str, parts: int) -> None:
    async with projectors(database_url, Journal(parts), 1) as [one]:
        with pytest.raises(Fenced):
            await one.apply(LOG[1:])
        with pytest.raises(Fenced):
            await one.apply([*LOG[:3], *LOG[4:]])
        assert await written(one) == []


async def test_a_part_is_given_its_tenants_commits_and_no_others(database_url: str) -> None:
    async with projectors(database_url, Journal(PARTS), 1) as [one]:
        mine = frozenset({part_of(TENANTS[0]), part_of(TENANTS[1])})
        await one.apply(LOG, parts=mine)
        assert await written(one) == of_all([entry for entry in LOG if part_of(entry.subject.tenant) in mine])
        await one.apply(LOG, parts=one.cursor.parts - mine)
        assert sorted(await written(one)) == of_all(LOG)
