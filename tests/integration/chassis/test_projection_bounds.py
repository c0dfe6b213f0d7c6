"""What may pass is waited for, what a value is to blame for is parked; waiters and transactions have their bounds."""

import asyncio
import time
from collections.abc import Mapping, Sequence

import chassis.projection
import pytest
from chassis.clock import SystemClock
from chassis.commits import Entry
from chassis.database import Connection
from chassis.parts import part_of
from chassis.projection import POLL_S, Projection, drop
from chassis.sink import Round
from lines import Lines, instance, log_of, taken
from tally import Add, SumsView, alone, opened, running, sums_database, writer_of

CLOCK = SystemClock()
REFUSE = """
create or replace function refuse() returns trigger language plpgsql as
$$ begin if new.key = 'evil' then raise exception 'refused' using errcode = '{state}'; end if; return new; end $$;
create or replace trigger refuse before insert on lines_v1 for each row execute function refuse()
"""


@pytest.mark.parametrize("state", ["53100", "40P01", "57014", "25006", "0A000", "42P01", "42P05", "55P03", "58030"])
async def test_what_speaks_of_the_server_parks_nothing_and_is_waited_for(
    database_url: str, state: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chassis.projection, "RETRY_S", 0.01)
    async with instance(database_url, Lines()) as projection:
        await projection._database.execute(REFUSE.format(state=state))
        log = log_of([["a"]], [["evil"]], [["b"]])
        waits = asyncio.Event()
        back_off = projection._back_off

        async def observed(error: Exception, retry_s: float) -> float:
            waits.set()
            return await back_off(error, retry_s)

        monkeypatch.setattr(projection, "_back_off", observed)
        writing = asyncio.create_task(projection._until_written(log, projection.cursor.parts))
        async with asyncio.timeout(30):
            await waits.wait()
        assert await projection.parked() == frozenset()
        assert await projection.cursor.reread() == 0
        await projection._database.execute("drop trigger refuse on lines_v1")
        async with asyncio.timeout(30):
            await writing
        async with projection._database.acquire() as connection:
            assert (await taken(connection)).keys() == {"a", "evil", "b"}


@pytest.mark.parametrize("state", ["22003", "23514", "21000", "54000", "P0001", "42804"])
async def test_what_speaks_of_a_value_parks_its_key_and_nothing_else(database_url: str, state: str) -> None:
    async with instance(database_url, Lines()) as projection:
        await projection._database.execute(REFUSE.format(state=state))
        await projection.apply(log_of([["a"]], [["evil"]], [["b"]], [["evil"], ["a"]]))
        assert await projection.parked() == {"evil"}
        async with projection._database.acquire() as connection:
            assert await taken(connection) == {"a": [(1, 0), (4, 1)], "b": [(3, 0)]}


class Raising(Lines):
    """Raises at one of its functions for the key "evil"."""

    def __init__(self, at: str, error: Exception) -> None:
        super().__init__()
        self.at, self.error = at, error

    async def load(self, connection: Connection, keys: Sequence[str]) -> dict[str, list[object]]:
        if self.at == "load" and "evil" in keys:
            raise self.error
        return await super().load(connection, keys)

    async def save(self, connection: Connection, rows: Mapping[str, list[object]], touched: Sequence[str]) -> None:
        if self.at == "save" and "evil" in touched:
            raise self.error
        await super().save(connection, rows, touched)


@pytest.mark.parametrize("at", ["load", "save"])
@pytest.mark.parametrize("error", [KeyError("x"), AssertionError(), RecursionError(), OverflowError(), TypeError()])
async def test_whatever_a_view_raises_parks_the_key(database_url: str, at: str, error: Exception) -> None:
    async with instance(database_url, Raising(at, error)) as projection:
        await projection.apply(log_of([["a"]], [["evil"]], [["b"]], [["evil"], ["a"]]))
        assert await projection.parked() == {"evil"}
        assert await projection._database.fetchval("select error from parked limit 1") == type(error).__name__
        async with projection._database.acquire() as connection:
            assert await taken(connection) == {"a": [(1, 0), (4, 1)], "b": [(3, 0)]}


async def test_any_number_of_waiters_for_what_another_replica_projects_share_one_look(
    nats_url: str, database_url: str
) -> None:
    async with opened(nats_url) as log, opened(nats_url) as other, sums_database(database_url) as database:
        members = [await alone(log, "tally", "one"), await alone(other, "tally", "two")]
        await members[0]._beat()
        projections = [Projection(SumsView(), log, database, member) for member in members]
        owner, watcher = sorted(projections, key=lambda one: part_of("acme") not in one._owned())
        assert part_of("acme") in owner._owned() - watcher._owned()
        looks = 0
        where = watcher.cursor.where

        async def counted() -> dict[int, int]:
            nonlocal looks
            looks += 1
            return await where()

        watcher.cursor.where = counted  # type: ignore[method-assign]
        writer = writer_of(log, CLOCK)
        async with running(writer.run, watcher.run):
            last = (await writer.submit(Add("a", 1))).position
            began_at = time.monotonic()
            waiting = [asyncio.create_task(watcher.reached(last, 60, tenant)) for tenant in ("acme", "") * 250]
            async with running(owner.run):
                await asyncio.gather(*waiting)
            assert looks <= 4 + (time.monotonic() - began_at) / POLL_S
            assert watcher.position == last


class Slow(Lines):
    """Takes a while for each event."""

    async def save(self, connection: Connection, rows: Mapping[str, list[object]], touched: Sequence[str]) -> None:
        await connection.execute("select pg_sleep($1)", 0.05 * len(touched))
        await super().save(connection, rows, touched)


async def test_a_transaction_that_takes_too_long_is_tried_with_half_of_its_commits(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chassis.projection, "WRITE_S", 1.0)
    log = log_of(*([[f"k{n}"]] for n in range(30)))
    async with instance(database_url, Slow()) as projection:
        async with asyncio.timeout(60):
            await projection._until_written(log, projection.cursor.parts)
        assert await projection.cursor.reread() == 30
        assert await projection.parked() == frozenset()


async def test_a_transaction_weighs_bytes_as_well_as_events(
    nats_url: str, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chassis.projection, "BYTES_PER_TRANSACTION", 3_000)
    async with opened(nats_url) as log, instance(database_url, Lines()) as projection:
        for entry in log_of(*([["k" * 500, str(n)]] for n in range(20))):
            await log.append(entry.subject, entry.commit, entry.position - 1)
        projector = Projection(projection.view, log, projection._database)
        weights, prepare = [], projector.sink.prepare

        async def weighed(entries: Sequence[Entry]) -> Round | None:
            weights.append(sum(len(entry.data) for entry in entries))
            return await prepare(entries)

        monkeypatch.setattr(projector.sink, "prepare", weighed)
        await projector.replay(until=20)
        assert projector.position == 20
        assert len(weights) > 3
        assert max(weights) <= 3_000


async def test_an_old_version_of_a_view_goes_with_all_it_had(database_url: str) -> None:
    async with instance(database_url, Lines({(1, 0)})) as projection:
        await projection.apply(log_of([["a"]]))
        database = projection._database
        await drop(database, "lines_v1", ["lines_v1"])
        assert await database.fetchval("select count(*) from projections") == 0
        assert await database.fetchval("select count(*) from parked") == 0
        assert await database.fetchval("select to_regclass('lines_v1')") is None
