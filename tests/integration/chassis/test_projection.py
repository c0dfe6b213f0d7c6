"""A projection against a real log and a real PostgreSQL: every event once, poison parked, replay byte for byte."""

import asyncio
from collections.abc import Sequence
from typing import Any

import chassis.projection
import pytest
import recording
from chassis.clock import SystemClock
from chassis.commits import Recorded, Subject
from chassis.cursor import Fenced
from chassis.database import Connection, Database
from chassis.errors import Unavailable
from chassis.integrity import positions_agree, views_replay
from chassis.projection import Projection
from chassis.view import Founding
from google.protobuf.wrappers_pb2 import BoolValue
from switchboard.log.v1 import log_pb2
from tally import Add, SumsView, alone, opened, running, sums_database, writer_of

CLOCK = SystemClock()


async def rows(database: Database) -> dict[str, tuple[int, int]]:
    found = await database.fetch("select key, total, events from sums_v1 order by key")
    return {row["key"]: (row["total"], row["events"]) for row in found}


async def add(writer: object, *pairs: tuple[str, int]) -> int:
    """Submits these one commit each; returns the last position."""
    position = 0
    for key, amount in pairs:
        position = (await writer.submit(Add(key, amount))).position  # type: ignore[attr-defined]
    return position


async def test_rows_and_position_follow_the_log(nats_url: str, database_url: str) -> None:
    async with opened(nats_url) as log, sums_database(database_url) as database:
        projection = Projection(SumsView(), log, database, await alone(log))
        writer = writer_of(log, CLOCK)
        async with running(writer.run, projection.run):
            position = await add(writer, ("a", 1), ("b", 2), ("a", 3))
            await projection.reached(position, 10)
        assert await rows(database) == {"a": (4, 2), "b": (2, 1)}
        assert await database.fetchval("select position from projections") == position


async def test_a_poison_event_parks_its_key_and_what_follows_it_and_nothing_else(
    nats_url: str, database_url: str
) -> None:
    async with opened(nats_url) as log, sums_database(database_url) as database:
        view = SumsView()
        projection = Projection(view, log, database, await alone(log))
        writer = writer_of(log, CLOCK)
        async with running(writer.run, projection.run):
            last = await add(writer, ("poison", 1), ("poison", 13), ("a", 1), ("poison", 2), ("a", 1))
            await projection.reached(last, 10)
            assert await rows(database) == {"a": (2, 2), "poison": (1, 1)}
            assert await projection.parked() == {"poison"}
            assert await database.fetchval("select error from parked order by position limit 1") == "ZeroDivisionError"

            view.poison = None
            assert await projection.release("poison") == (2, 0)
            assert await rows(database) == {"a": (2, 2), "poison": (16, 3)}
            assert await projection.parked() == set()


async def test_what_shares_a_round_with_a_poison_event_is_folded_once(nats_url: str, database_url: str) -> None:
    async with opened(nats_url) as log, sums_database(database_url) as database:
        writer = writer_of(log, CLOCK)
        async with running(writer.run):
            last = await add(writer, ("a", 1), ("poison", 1), ("poison", 13), ("a", 2), ("poison", 2), ("a", 3))
        projection = Projection(SumsView(), log, database)
        await projection.replay(until=last)
        assert await rows(database) == {"a": (6, 3), "poison": (1, 1)}
        assert await projection.parked() == {"poison"}


class Founded(SumsView):
    """Sums of which nothing is known before their first event, and there is no second one."""

    def keys(self, event: Recorded) -> tuple[str, ...]:
        return tuple(Founding(key) for key in super().keys(event))

    async def load(self, connection: Connection, keys: Sequence[str]) -> Any:
        assert not keys, "a founding key is not asked for"
        return await super().load(connection, keys)


async def test_a_replay_that_folds_ahead_of_its_transactions_parks_as_any_other(
    nats_url: str, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chassis.projection, "EVENTS_PER_TRANSACTION", 3)
    async with opened(nats_url) as log, Database(database_url, "tally") as database:
        writer = writer_of(log, CLOCK)
        async with running(writer.run):
            last = await add(writer, *((f"k{n}", n) for n in range(1, 9)), ("poison", 13), ("evil", 666), ("last", 1))
        view = Founded()
        view.schema = view.schema.replace("total bigint not null", "total bigint not null check (total <> 666)")
        projection = Projection(view, log, database)
        await projection.replay(until=last)
        assert await rows(database) == {f"k{n}": (n, 1) for n in range(1, 9)} | {"last": (1, 1)}
        assert await projection.parked() == {"poison", "evil"}
        assert projection.position == last


async def test_a_value_the_table_refuses_parks_only_its_own_key(nats_url: str, database_url: str) -> None:
    async with opened(nats_url) as log, Database(database_url, "tally") as database:
        view = SumsView()
        view.schema = view.schema.replace("total bigint not null", "total bigint not null check (total <> 666)")
        projection = Projection(view, log, database, await alone(log))
        await projection.prepare()
        writer = writer_of(log, CLOCK)
        async with running(writer.run, projection.run):
            waiting = [asyncio.create_task(writer.submit(Add(k, n))) for k, n in [("a", 1), ("evil", 666), ("b", 2)]]
            await asyncio.gather(*waiting)
            await projection.reached(writer.position, 10)
        assert await rows(database) == {"a": (1, 1), "b": (2, 1)}
        assert await projection.parked() == {"evil"}


async def test_two_instances_count_nothing_twice(nats_url: str, database_url: str) -> None:
    async with opened(nats_url) as log, opened(nats_url) as other, sums_database(database_url) as database:
        writer = writer_of(log, CLOCK)
        async with running(writer.run):
            last = await add(writer, *((f"k{n % 5}", 1) for n in range(60)))
        one = Projection(SumsView(), log, database, await alone(log, "tally", "one"))
        two = Projection(SumsView(), other, database, await alone(other, "elsewhere", "two"))
        async with running(one.run, two.run):
            await asyncio.gather(one.reached(last, 20), two.reached(last, 20))
        assert await rows(database) == {f"k{n}": (12, 12) for n in range(5)}


async def test_an_instance_whose_position_was_moved_is_fenced(nats_url: str, database_url: str) -> None:
    async with opened(nats_url) as log, sums_database(database_url) as database:
        writer = writer_of(log, CLOCK)
        async with running(writer.run):
            await add(writer, ("a", 1))
        late = Projection(SumsView(), log, database)
        await late.prepare()
        await Projection(SumsView(), log, database).replay(until=1)
        entries = [entry async for batch in log.read() for entry in batch]
        with pytest.raises(Fenced):
            await late.apply(entries)
        assert await rows(database) == {"a": (1, 1)}


async def test_a_replay_from_zero_is_byte_for_byte_the_live_table(nats_url: str, database_url: str) -> None:
    async with opened(nats_url) as log, sums_database(database_url) as database:
        projection = Projection(SumsView(), log, database, await alone(log))
        writer = writer_of(log, CLOCK)
        async with running(writer.run, projection.run):
            await projection.reached(await add(writer, *((f"k{n % 7}", n) for n in range(1, 50))), 10)
            [finding] = await views_replay(log, database, [projection])
            assert (finding.ok, finding.compared) == (True, 7)
            [agrees] = await positions_agree(log, database, [projection])
            assert agrees.ok
            await database.execute("update sums_v1 set total = total + 1 where key = 'k3'")
            [finding] = await views_replay(log, database, [projection])
            assert not finding.ok


async def test_an_event_nobody_told_the_view_about_is_parked_alone_until_a_release_knows_it(
    nats_url: str, database_url: str
) -> None:
    async with opened(nats_url) as log, sums_database(database_url) as database:
        view = SumsView()
        projection = Projection(view, log, database, await alone(log))
        writer = writer_of(log, CLOCK)
        async with running(writer.run, projection.run):
            await add(writer, ("a", 1))
        commit = log_pb2.Commit(commit_id=b"0" * 16, tenant="acme", shard="1")
        commit.events.add().body.Pack(BoolValue(value=True))
        unknown = await log.append(Subject("tally", "acme", "1"), recording.written(commit), 0)
        writer = writer_of(log, CLOCK)
        async with running(writer.run, projection.run):
            await projection.reached(await add(writer, ("a", 2)), 10)
        assert await rows(database) == {"a": (3, 2)}
        assert await projection.parked() == {f"position/{unknown}/0"}
        assert await database.fetchval("select error from parked") == "UnknownEvent"
        [agrees] = await positions_agree(log, database, [projection])
        assert not agrees.ok
        assert "1 events parked" in agrees.detail

        view.ignores = frozenset({BoolValue.DESCRIPTOR.full_name})
        assert await projection.release(f"position/{unknown}/0") == (1, 0)
        [agrees] = await positions_agree(log, database, [projection])
        assert agrees.ok


async def test_a_reader_that_cannot_wait_longer_is_told_so(nats_url: str, database_url: str) -> None:
    async with opened(nats_url) as log, sums_database(database_url) as database:
        projection = Projection(SumsView(), log, database, await alone(log))
        async with running(projection.run):
            with pytest.raises(Unavailable):
                await projection.reached(99, 0.05)
