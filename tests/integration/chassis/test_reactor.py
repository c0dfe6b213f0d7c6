"""A reactor against a real log and a real PostgreSQL: every fact acted on in order, outages waited for, nothing lost
when it moves, and one fact that cannot be acted on stops nobody else.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from uuid import uuid4

import asyncpg
import chassis.reactor
import grpc
import pytest
import recording
import tally
from chassis.clock import SystemClock
from chassis.commits import Recorded, Subject
from chassis.database import Database
from chassis.errors import NotFound, Overloaded, Rejected, ResumeTokenExpired, StatusError, Unavailable
from chassis.log import Log
from chassis.parked_facts import ParkedFacts
from chassis.reactor import Reactor
from chassis.tail import Tail
from google.protobuf.wrappers_pb2 import StringValue
from google.rpc.status_pb2 import Status
from switchboard.log.v1 import log_pb2
from tally import Add, alone, opened, running, writer_of

CLOCK = SystemClock()
ADDED = "google.protobuf.StringValue"
ONE_LINE = {ADDED: lambda _: "all"}
BY_KEY = {ADDED: lambda event: str(json.loads(event.body.value)[0])}
PATIENCE_S = 60.0

Act = Callable[[Recorded], Awaitable[None]]


class Deeds:
    """What was done, in order; `wait` until it is enough. Keys that `refuses` names are refused with what it says."""

    def __init__(self, **refuses: Exception | None) -> None:
        self.done: list[str] = []
        self.refuses = refuses
        self.tried: dict[str, int] = {}
        self._more = asyncio.Condition()

    async def act(self, event: Recorded) -> None:
        key, amount, _ = json.loads(event.body.value)
        async with self._more:
            self.tried[key] = self.tried.get(key, 0) + 1
            self._more.notify_all()
        if (refusal := self.refuses.get(key)) is not None:
            raise refusal
        async with self._more:
            self.done.append(f"{key}{amount}")
            self._more.notify_all()

    async def wait(self, until: Callable[[], bool]) -> None:
        async with asyncio.timeout(PATIENCE_S), self._more:
            await self._more.wait_for(until)


@asynccontextmanager
async def reacting(
    log: Log, database: Database, act: Act, keys: object = ONE_LINE, member: str = "one"
) -> AsyncIterator[Reactor]:
    """A reactor of a process of its own, running."""
    tail = Tail(log)
    reactor = Reactor(
        "deeds",
        "tally",
        act,
        keys=keys,  # type: ignore[arg-type]
        tail=tail,
        database=database,
        membership=await alone(log, "tally", member),
    )
    await reactor.prepare()
    async with running(tail.run, reactor.run):
        yield reactor


async def append(log: Log, tenant: str, facts: list[tuple[str, int]]) -> int:
    """One commit of these facts; its position."""
    subject = Subject("tally", tenant, "0")
    last = await log.last(str(subject))
    commit = log_pb2.Commit(commit_id=uuid4().bytes, tenant=tenant, shard="0")
    for index, (key, amount) in enumerate(facts):
        event = commit.events.add(event_id=commit.commit_id[:12] + index.to_bytes(4, "big"))
        event.body.Pack(StringValue(value=json.dumps([key, amount, 0])))
    return await log.append(subject, recording.written(commit), 0 if last is None else last.position)


async def saved(database: Database, position: int) -> None:
    """Waits until the position in the table is that far."""
    async with asyncio.timeout(PATIENCE_S):
        while await database.fetchval("select position from projections where name = 'deeds'") < position:  # noqa: ASYNC110
            await asyncio.sleep(0.01)


def status(code: grpc.StatusCode) -> StatusError:
    """What the owner of a shard elsewhere says."""
    return StatusError(Status(code=code.value[0], message="says the owner"))


async def test_every_fact_is_acted_on_in_order_through_an_outage(nats_url: str, database_url: str) -> None:
    async with opened(nats_url) as log, Database(database_url, "tally") as database:
        deeds = Deeds(k=Unavailable("the platform is away", 0.0))
        async with reacting(log, database, deeds.act):
            last = await append(log, "acme", [("k", n) for n in range(5)])
            await deeds.wait(lambda: deeds.tried.get("k", 0) >= 2)
            assert deeds.done == []
            deeds.refuses.clear()
            await deeds.wait(lambda: len(deeds.done) == 5)
            await saved(database, last)
        assert deeds.done == [f"k{n}" for n in range(5)]


SETTLED = [
    pytest.param(Rejected(tally.Reason.TOO_MUCH, "already settled"), id="refused here"),
    pytest.param(NotFound("case", "cases/c"), id="not there"),
    pytest.param(status(grpc.StatusCode.FAILED_PRECONDITION), id="refused by an owner elsewhere"),
    pytest.param(status(grpc.StatusCode.NOT_FOUND), id="unknown to an owner elsewhere"),
]


@pytest.mark.parametrize("refusal", SETTLED)
async def test_a_matter_that_is_settled_is_passed_over(nats_url: str, database_url: str, refusal: Exception) -> None:
    async with opened(nats_url) as log, Database(database_url, "tally") as database:
        deeds = Deeds(k=refusal)
        async with reacting(log, database, deeds.act):
            last = await append(log, "acme", [("k", 1), ("next", 1)])
            await deeds.wait(lambda: deeds.done == ["next1"])
            await saved(database, last)
        assert deeds.tried["k"] == 1
        assert await ParkedFacts("deeds", database).keys() == set()


AWAY = [
    pytest.param(Unavailable("away", 0.0), id="the world is away"),
    pytest.param(Overloaded("full", 0.0), id="a queue is full"),
    pytest.param(TimeoutError(), id="no answer in time"),
    pytest.param(status(grpc.StatusCode.UNAVAILABLE), id="the owner's shard rests"),
    pytest.param(status(grpc.StatusCode.RESOURCE_EXHAUSTED), id="the owner has no room"),
    pytest.param(status(grpc.StatusCode.DEADLINE_EXCEEDED), id="the owner is slow"),
]


@pytest.mark.parametrize("refusal", AWAY)
async def test_who_is_away_is_waited_for_and_holds_up_nobody_else(
    nats_url: str, database_url: str, refusal: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chassis.reactor, "WINDOW", 4)
    monkeypatch.setattr(chassis.reactor, "HOLD_S", 0.0)
    monkeypatch.setattr(chassis.reactor, "WAITING_S", 0.05)
    async with opened(nats_url) as log, Database(database_url, "tally") as database:
        deeds = Deeds(k=refusal)
        async with reacting(log, database, deeds.act, BY_KEY) as reactor:
            await append(log, "acme", [("k", n) for n in range(20)])
            last = await append(log, "other", [("free", n) for n in range(20)])
            await deeds.wait(lambda: len(deeds.done) == 20)
            await saved(database, last)
            assert deeds.done == [f"free{n}" for n in range(20)], "they were not held up"
            assert await ParkedFacts("deeds", database).waiting() == {"acme": ["acme k"]}
            deeds.refuses.clear()
            await deeds.wait(lambda: len(deeds.done) == 40)
            await append(log, "acme", [("k", 20)])
            await deeds.wait(lambda: len(deeds.done) == 41)
            assert deeds.done[20:] == [f"k{n}" for n in range(21)], "it comes back by itself, in order"
            assert await reactor.release("acme k") == (0, 0)


async def test_a_fact_that_waits_holds_back_only_so_many_that_are_done(
    nats_url: str, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chassis.reactor, "WINDOW_POSITIONS", 5)
    monkeypatch.setattr(chassis.reactor, "HOLD_S", 0.0)
    monkeypatch.setattr(chassis.reactor, "WAITING_S", 0.05)
    async with opened(nats_url) as log, Database(database_url, "tally") as database:
        deeds = Deeds(k=Unavailable("away", 0.0))
        async with reacting(log, database, deeds.act, BY_KEY):
            last = 0
            for n in range(30):
                last = await append(log, "acme", [("free" if n else "k", n)])
            await saved(database, last)
            assert deeds.done == [f"free{n}" for n in range(1, 30)]
            deeds.refuses.clear()
            await deeds.wait(lambda: deeds.done[-1] == "k0")


FAILED = [
    pytest.param(ZeroDivisionError("a value nobody may see"), "ZeroDivisionError", id="a mistake of ours"),
    pytest.param(status(grpc.StatusCode.INTERNAL), "StatusError", id="a mistake at the owner"),
]


@pytest.mark.parametrize(("refusal", "named"), FAILED)
async def test_a_fact_that_fails_parks_its_key_until_it_is_released(
    nats_url: str, database_url: str, refusal: Exception, named: str
) -> None:
    async with opened(nats_url) as log, Database(database_url, "tally") as database:
        deeds = Deeds(poison=refusal)
        async with reacting(log, database, deeds.act, BY_KEY) as reactor:
            last = await append(log, "acme", [("poison", 1), ("a", 1), ("poison", 2), ("a", 2)])
            await saved(database, last)
            assert deeds.done == ["a1", "a2"]
            assert deeds.tried["poison"] == chassis.reactor.TRIES
            rows = await database.fetch(
                "select error, subject from parked where projection = 'deeds' order by position"
            )
            assert {tuple(row) for row in rows} == {
                (named, "ev.tally.acme.0"),
                ("an earlier event of this key is parked", "ev.tally.acme.0"),
            }
            assert await reactor.release("acme poison") == (0, 2), "it still fails"
            deeds.refuses.clear()
            assert await reactor.release("acme poison") == (2, 0)
            await append(log, "acme", [("poison", 3)])
            await deeds.wait(lambda: len(deeds.done) == 5)
        assert deeds.done == ["a1", "a2", "poison1", "poison2", "poison3"]


async def test_what_is_parked_stays_parked_for_the_next_owner_and_is_released_by_anybody(
    nats_url: str, database_url: str
) -> None:
    async with opened(nats_url) as log, Database(database_url, "tally") as database:
        deeds = Deeds(poison=ZeroDivisionError())
        async with reacting(log, database, deeds.act, BY_KEY):
            await saved(database, await append(log, "acme", [("poison", 1)]))
        deeds.refuses.clear()
        async with reacting(log, database, deeds.act, BY_KEY) as owner:
            await saved(database, await append(log, "acme", [("poison", 2), ("a", 1)]))
            assert deeds.done == ["a1"], "a later one does not overtake"
            bystander = Reactor(
                "deeds",
                "tally",
                deeds.act,
                keys=BY_KEY,
                tail=Tail(log),
                database=database,
                membership=await alone(log, "elsewhere"),
            )
            assert await bystander.release("acme poison") == (2, 0)
            await append(log, "acme", [("poison", 3)])
            await deeds.wait(lambda: len(deeds.done) == 4)
            assert await owner.release("acme poison") == (0, 0)
        assert deeds.done == ["a1", "poison1", "poison2", "poison3"]


async def test_a_fact_that_cannot_say_what_it_concerns_is_alone(nats_url: str, database_url: str) -> None:
    async with opened(nats_url) as log, Database(database_url, "tally") as database:
        deeds = Deeds()
        commit = log_pb2.Commit(commit_id=uuid4().bytes, tenant="acme", shard="0")
        commit.events.add().body.Pack(StringValue(value="no JSON"))
        unreadable = commit.events.add().body
        unreadable.type_url, unreadable.value = f"type.googleapis.com/{ADDED}", b"\xff\xff"
        for key in ("with\0nothing", "l" * 9_000, "é" * 300):
            commit.events.add().body.Pack(StringValue(value=json.dumps([key, 1, 0])))
        commit.events.add().body.Pack(StringValue(value=json.dumps(["good", 1, 0])))
        deeds.refuses = {key: ZeroDivisionError() for key in ("with\0nothing", "l" * 9_000, "é" * 300)}
        async with reacting(log, database, deeds.act, BY_KEY):
            await saved(database, await log.append(Subject("tally", "acme", "0"), recording.written(commit), 0))
        assert deeds.done == ["good1"]
        assert len(await ParkedFacts("deeds", database).keys()) == 5


async def test_a_new_process_goes_on_where_the_old_one_stopped(nats_url: str, database_url: str) -> None:
    async with opened(nats_url) as log, Database(database_url, "tally") as database:
        first, second = Deeds(), Deeds()
        async with reacting(log, database, first.act):
            await append(log, "acme", [("k", n) for n in range(5)])
            await first.wait(lambda: len(first.done) == 5)
        await append(log, "acme", [("k", n) for n in range(5, 10)])
        async with reacting(log, database, second.act, member="two"):
            await second.wait(lambda: len(second.done) == 5)
        assert first.done + second.done == [f"k{n}" for n in range(10)]


async def test_a_database_that_goes_back_makes_it_go_back_too(nats_url: str, database_url: str) -> None:
    async with opened(nats_url) as log, Database(database_url, "tally") as database:
        deeds = Deeds(poison=ZeroDivisionError())
        async with reacting(log, database, deeds.act, BY_KEY):
            await saved(database, await append(log, "acme", [("a", 1), ("poison", 1)]))
            async with database.transaction() as connection:
                await connection.execute("update projections set position = 0 where name = 'deeds'")
                await connection.execute("delete from parked")
            last = await append(log, "acme", [("a", 2), ("poison", 2)])
            await deeds.wait(lambda: deeds.done == ["a1", "a2", "a1", "a2"] or deeds.done == ["a1", "a1", "a2"])
            await saved(database, last)
            assert await ParkedFacts("deeds", database).count("acme poison") == 2, "what it had parked is there again"


async def test_a_database_that_takes_no_writes_for_a_while_is_waited_for(nats_url: str, database_url: str) -> None:
    async with opened(nats_url) as log, Database(database_url, "tally") as database:
        deeds, name = Deeds(poison=ZeroDivisionError()), database_url.rpartition("/")[2]
        async with reacting(log, database, deeds.act, BY_KEY):
            await saved(database, await append(log, "acme", [("a", 1)]))
            admin = await asyncpg.connect(database_url)
            await admin.execute(f"alter database {name} set default_transaction_read_only = on")
            others = (
                "select pg_terminate_backend(pid) from pg_stat_activity where datname = $1 and pid <> pg_backend_pid()"
            )
            await admin.execute("set default_transaction_read_only = off")
            await admin.fetch(others, name)
            await append(log, "acme", [("a", 2)])
            await deeds.wait(lambda: deeds.done == ["a1", "a2"])
            last = await append(log, "acme", [("poison", 1), ("b", 1)])
            await deeds.wait(lambda: deeds.done[:3] == ["a1", "a2", "b1"])
            assert await admin.fetchval("select position from tally.projections where name = 'deeds'") == 1
            await admin.execute(f"alter database {name} reset default_transaction_read_only")
            await admin.fetch(others, name)
            async with asyncio.timeout(PATIENCE_S):
                query = "select position from tally.projections where name = 'deeds'"
                while await admin.fetchval(query) < last:  # noqa: ASYNC110  # another connection writes it
                    await asyncio.sleep(0.01)
            assert await admin.fetchval("select key from tally.parked") == "acme poison"
            await admin.close()


async def test_a_watch_from_too_far_back_is_told_to_begin_again(nats_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chassis.tail.BEHIND_MAX", 3)
    async with opened(nats_url) as log:
        writer, tail = writer_of(log, CLOCK), Tail(log)
        async with running(writer.run):
            for _ in range(5):
                await writer.submit(Add("a", 1))
        async with running(tail.run):
            with pytest.raises(ResumeTokenExpired):
                await anext(tail.follow("tally", "acme", 1))


async def test_keys_go_side_by_side_and_each_in_its_order(nats_url: str, database_url: str) -> None:
    done: list[tuple[str, int]] = []
    b_was_there, finished = asyncio.Event(), asyncio.Event()

    async def act(event: Recorded) -> None:
        key, amount, _ = json.loads(event.body.value)
        if key == "a" and amount == 1:
            await b_was_there.wait()
        done.append((key, amount))
        if key == "b":
            b_was_there.set()
        if len(done) == 4:
            finished.set()

    async with (
        opened(nats_url) as log,
        Database(database_url, "tally") as database,
        reacting(log, database, act, BY_KEY),
    ):
        await append(log, "acme", [("a", 1), ("a", 2), ("b", 1), ("a", 3)])
        await asyncio.wait_for(finished.wait(), PATIENCE_S)
    assert [n for key, n in done if key == "a"] == [1, 2, 3]


async def test_one_tenant_that_hangs_leaves_room_for_the_others(nats_url: str, database_url: str) -> None:
    async with opened(nats_url) as log, Database(database_url, "tally") as database:
        deeds, never = Deeds(), asyncio.Event()

        async def act(event: Recorded) -> None:
            if event.tenant == "acme":
                await never.wait()
            await deeds.act(event)

        async with reacting(log, database, act, BY_KEY):
            await append(log, "acme", [(f"k{n}", n) for n in range(2 * chassis.reactor.AT_ONCE)])
            await append(log, "other", [(f"k{n}", n) for n in range(10)])
            await deeds.wait(lambda: len(deeds.done) == 10)
