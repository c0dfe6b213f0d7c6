"""What a verification says, on a real log and a real PostgreSQL: a finding for whatever is wrong, never an exception,
for any number of callers, and without standing in anybody's way.
"""

import asyncio
import json
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from typing import Any
from uuid import uuid4

import chassis.database
import chassis.shard_verification
import pytest
import recording
from chassis.clock import SystemClock
from chassis.commits import Recorded, Subject
from chassis.database import Database
from chassis.errors import Unavailable
from chassis.findings import Finding
from chassis.identity import uuid5_bytes
from chassis.integrity import IntegrityServicer
from chassis.log import Log, connect
from chassis.obligations import Obligation, met
from chassis.projection import Projection
from chassis.shadow import drop_abandoned, shadow_of
from chassis.shard_state import refold
from google.protobuf.message import Message
from google.protobuf.wrappers_pb2 import BytesValue, StringValue
from nats.js.api import StreamConfig
from replicas import Replica, settled
from switchboard.log.v1 import integrity_pb2, log_pb2
from tally import Add, SumsView, opened, running, sums_database, writer_of

CLOCK = SystemClock()
SCHEMAS = "select count(*) from pg_namespace where nspname like '%replay%'"


async def append(log: Log, *bodies: Message, shard: str = "0", commit_id: bytes | None = None) -> int:
    """One commit of these facts; its position."""
    subject = Subject("tally", "acme", shard)
    last = await log.last(str(subject))
    commit = log_pb2.Commit(commit_id=commit_id or uuid4().bytes, tenant="acme", shard=shard)
    for index, body in enumerate(bodies):
        event = commit.events.add(event_id=uuid5_bytes(commit.commit_id, str(index)))
        event.body.Pack(body)
    return await log.append(subject, recording.written(commit), 0 if last is None else last.position)


def fact(key: str, amount: int = 1) -> StringValue:
    return StringValue(value=json.dumps([key, amount, 0]))


async def said(servicer: IntegrityServicer, *invariants: str) -> list[Finding]:
    """All findings of one verification."""
    request = integrity_pb2.VerifyIntegrityRequest(invariants=invariants)
    answers = servicer.VerifyIntegrity(request, None)  # type: ignore[arg-type]
    return [Finding(a.invariant, a.subject, a.ok, a.detail, a.compared) async for a in answers]


def servicer_of(log: Log, database: Database, **more: Any) -> IntegrityServicer:
    return IntegrityServicer(
        context="tally",
        log=log,
        database=database,
        hosts=more.pop("hosts", ()),
        projections=more.pop("projections", ()),
        **more,
    )


async def projected(log: Log, database: Database, keys: int = 5) -> Projection[Any]:
    """A view that has some rows."""
    last = 0
    for n in range(4 * keys):
        last = await append(log, fact(f"k{n % keys}"))
    projection = Projection(SumsView(), log, database)
    await projection.replay(until=last)
    return projection


async def test_several_callers_verify_at_once(nats_url: str, database_url: str) -> None:
    async with opened(nats_url) as log, sums_database(database_url) as database:
        servicer = servicer_of(log, database, projections=[await projected(log, database)])
        found = await asyncio.gather(*(said(servicer) for _ in range(5)))
        assert [finding.invariant for finding in found[0]] == ["I2", "I3", "I4", "I5"]
        assert all(findings == found[0] and all(f.ok for f in findings) for findings in found), found
        assert await database.fetchval(SCHEMAS) == 0


async def test_a_caller_who_leaves_leaves_no_schema_behind(nats_url: str, database_url: str) -> None:
    async with opened(nats_url) as log, sums_database(database_url) as database:
        projection = await projected(log, database)
        begun = asyncio.Event()

        class Endless(Projection[Any]):
            def in_database(self, database: Database) -> Any:
                begun.set()
                return self

            async def replay(self, until: int) -> None:
                await asyncio.Event().wait()

        endless = Endless(projection.view, log, database)
        asking = asyncio.create_task(said(servicer_of(log, database, projections=[endless]), "I5"))
        await asyncio.wait_for(begun.wait(), 30)
        assert await database.fetchval(SCHEMAS) == 1
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)
        assert await database.fetchval(SCHEMAS) == 0


async def test_what_a_killed_process_left_is_dropped_by_the_next_one_and_what_is_in_use_is_not(
    database_url: str,
) -> None:
    async with Database(database_url, "tally") as database, Database(database_url, "tally") as killed:
        await database.execute("create schema tally_replay_sums_v1")  # as releases before this one left it
        dying = shadow_of(killed)
        shadow = await dying.__aenter__()
        assert await database.fetchval(SCHEMAS) == 1, "the old one is gone"
        async with shadow_of(database) as mine:
            await mine.execute("create table t (x int)")
            assert await drop_abandoned(database) == 0
            assert killed._pool
            killed._pool.terminate()  # kill -9: its connections break, and it drops nothing

            async def dropped() -> bool:
                return await drop_abandoned(database) == 1

            async with asyncio.timeout(30):
                while not await dropped():  # noqa: ASYNC110  # the server notices the broken connection
                    await asyncio.sleep(0.01)
            assert await mine.fetchval("select count(*) from t") == 0
        assert await database.fetchval(SCHEMAS) == 0
        with pytest.raises(Exception, match=r"."):
            await dying.__aexit__(None, None, None)
        await shadow.close()


async def test_who_uses_a_shadow_may_be_silent_longer_than_a_transaction_may(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chassis.database, "FROZEN_S", 0.05)
    async with Database(database_url, "tally") as database, shadow_of(database):
        await database.execute("select pg_sleep(0.3)")
        assert await drop_abandoned(database) == 0


@pytest.fixture
async def breakable(nats_url: str) -> Any:
    """A log whose stream lets somebody delete, as ours does not."""
    nc = await connect(nats_url, "test")
    log = Log(nc)
    await log.js.add_stream(StreamConfig(name="EVENTS", subjects=["ev.>"], allow_direct=True))
    yield log
    await nc.close()


@pytest.mark.parametrize("gone", [1, 3, 6], ids=["the first", "one between", "the last"])
async def test_a_gap_of_the_log_is_a_finding(breakable: Log, database_url: str, gone: int) -> None:
    async with sums_database(database_url) as database:
        for n in range(6):
            await append(breakable, fact(f"k{n}"))
        servicer = servicer_of(breakable, database)
        assert [finding.ok for finding in await said(servicer, "I2", "I3")] == [True, True]
        await breakable.js.delete_msg("EVENTS", gone)
        gap, once = await asyncio.wait_for(said(servicer, "I2", "I3"), 30)
        assert (gap.ok, once.ok) == (False, True)
        assert gap.detail.endswith(f"1 positions are missing, the first of them {gone}")


async def test_a_view_that_cannot_be_replayed_over_a_gap_is_a_finding_too(breakable: Log, database_url: str) -> None:
    async with sums_database(database_url) as database:
        projection = await projected(breakable, database)
        await breakable.js.delete_msg("EVENTS", 3)
        gap, replay = await asyncio.wait_for(
            said(servicer_of(breakable, database, projections=[projection]), "I2", "I5"), 30
        )
        assert (gap.ok, replay.ok) == (False, False)
        assert replay.detail.startswith("the check itself failed: Fenced at chassis.projection:")


async def test_a_commit_id_that_stands_twice_is_found_and_one_that_only_resembles_another_is_not(
    nats_url: str, database_url: str
) -> None:
    async with opened(nats_url) as log, sums_database(database_url) as database:
        one, like = b"12345678" + b"87654321", b"abcdefgh" + b"87654321"
        await append(log, fact("a"), commit_id=one)
        await append(log, fact("a"), commit_id=like)
        [once] = await said(servicer_of(log, database), "I3")
        assert (once.ok, once.compared) == (True, 2)
        again = log_pb2.Commit(commit_id=one, tenant="acme", shard="1")
        await log.js.publish("ev.tally.acme.1", again.SerializeToString())  # unguarded: without its message id
        [once] = await said(servicer_of(log, database), "I3")
        assert (once.ok, once.detail) == (False, "3 commits, 1 ids more than once")


async def test_a_check_that_fails_is_a_finding_and_the_others_go_on(nats_url: str, database_url: str) -> None:
    async def broken() -> Sequence[Finding]:
        raise ZeroDivisionError("a value nobody may see")

    async def away() -> Sequence[Finding]:
        raise Unavailable("the database does not answer")

    async def fine() -> Sequence[Finding]:
        return [Finding("I2", "fine", True, "", 1)]

    async with opened(nats_url) as log, sums_database(database_url) as database:
        checks = [("I2", "broken", broken), ("I2", "fine", fine)]
        found = await said(servicer_of(log, database, checks=checks), "I2")
        assert [(f.subject, f.ok) for f in found] == [("log", True), ("broken", False), ("fine", True)]
        assert "ZeroDivisionError at test_integrity:" in found[1].detail.replace("tests.integration.chassis.", "")
        assert "nobody" not in found[1].detail
        seen: list[str] = []
        request = integrity_pb2.VerifyIntegrityRequest(invariants=["I2"])
        servicer = servicer_of(log, database, checks=[("I2", "away", away), ("I2", "fine", fine)])

        async def ask() -> None:
            async for answer in servicer.VerifyIntegrity(request, None):  # type: ignore[arg-type]
                seen.append(answer.subject)

        with pytest.raises(Unavailable):
            await ask()
        assert seen == ["log", "fine"], "an outage says nothing about an invariant, and stops no other check"


async def test_a_verification_lets_others_work_in_between(nats_url: str, database_url: str) -> None:
    async with opened(nats_url) as log, sums_database(database_url) as database:
        for _ in range(64):
            await append(log, *[fact("x" * 1_000)] * 64)
        turns = 0

        async def somebody() -> None:
            nonlocal turns
            while True:
                turns += 1
                await asyncio.sleep(0)

        async with running(somebody):
            found = await said(servicer_of(log, database), "I2", "I3")
        assert all(finding.ok for finding in found)
        assert turns > 2 * 64, "each commit of 64 kB leaves the loop once, in both checks"


async def test_a_busy_shard_waits_for_the_last_few_commits_of_its_verification_only(
    nats_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chassis.shard_verification, "REFOLDED_HELD", 20)
    held: list[int] = []
    async with opened(nats_url) as log:
        one = Replica(log, "one")
        written = asyncio.Condition()
        count = 0

        async def observed(*args: Any, onto: Any = None, **more: Any) -> Any:
            before = 0 if onto is None else onto.position
            if onto is None:  # while the whole log is refolded the shard goes on
                async with written:
                    now = count
                    await written.wait_for(lambda: count > now + 100)
            after = await refold(*args, onto=onto, **more)
            if len(args) == 4:  # up to where the shard stands: it waits now
                held.append(after.position - before)
            return after

        monkeypatch.setattr(chassis.shard_verification, "refold", observed)

        async def busy() -> None:
            nonlocal count
            while True:
                await one.add(0, "a:0" if count % 2 else f"k{count}:1")
                async with written:
                    count += 1
                    written.notify_all()

        async with running(one.run):
            await settled(one)
            await one.tenants.ensure("acme")
            for shard in range(4):
                await one.add(shard, "a:1")
            async with running(busy):
                differences = await one.host.differences()
        assert [difference for _, _, difference in differences] == [None] * 4
        assert max(held) <= 20


async def test_a_shard_that_moved_without_its_owners_noticing_reads_on_before_it_is_compared(nats_url: str) -> None:
    async with opened(nats_url) as log, opened(nats_url) as other:
        one = Replica(log, "one")
        async with running(one.run):
            await settled(one)
            await one.tenants.ensure("acme")
            await one.add(0, "a:1")
            heir = writer_of(other, CLOCK)
            async with running(heir.run):
                await heir.submit(Add("a", 2))
            assert {d for _, _, d in await one.host.differences()} == {None}


# What is owed.

ASKED, ENDED = StringValue.DESCRIPTOR.full_name, BytesValue.DESCRIPTOR.full_name


def key(event: Recorded) -> str:
    value = event.body.value
    return value if isinstance(value, str) else value.decode()


OWED = Obligation("things", ASKED, key, frozenset({ENDED}), limit_s=300)


def asked(name: str) -> StringValue:
    return StringValue(value=name)


def ended(name: str) -> BytesValue:
    return BytesValue(value=name.encode())


ACCOUNTS = [
    pytest.param([], 300, True, "0 asked for, 0 ended, 0 under way, 0 overdue after 300 s", id="nothing is owed"),
    pytest.param(
        [asked("a"), asked("b"), ended("b"), ended("a")],
        300,
        True,
        "2 asked for, 2 ended, 0 under way, 0 overdue after 300 s",
        id="what was asked for came about, in any order",
    ),
    pytest.param(
        [asked("a"), asked("b"), ended("b")],
        300,
        True,
        "2 asked for, 1 ended, 1 under way, 0 overdue after 300 s",
        id="what is younger than the limit is under way",
    ),
    pytest.param(
        [asked("a"), asked("b"), ended("b")],
        -60,
        False,
        "2 asked for, 1 ended, 0 under way, 1 overdue after -60 s; 1 ended later than that: acme/a",
        id="what is older than the limit is overdue and named",
    ),
    pytest.param(
        [*(asked(f"k{n}") for n in range(5))],
        -60,
        False,
        "5 asked for, 0 ended, 0 under way, 5 overdue after -60 s: acme/k0, acme/k1, acme/k2 and more",
        id="three of many are named",
    ),
    pytest.param(
        [ended("a"), asked("b"), ended("b"), ended("b")],
        300,
        True,
        "1 asked for, 1 ended, 0 under way, 0 overdue after 300 s",
        id="an end nobody asked for, or a second one, is nothing",
    ),
]


@pytest.mark.parametrize(("facts", "limit_s", "ok", "detail"), ACCOUNTS)
async def test_what_was_asked_for_is_accounted_for(
    nats_url: str, facts: list[Message], limit_s: float, ok: bool, detail: str
) -> None:
    async with opened(nats_url) as log:
        for one in facts:
            await append(log, one)
        found = await met(log, "tally", replace(OWED, limit_s=limit_s))
        assert (found.invariant, found.subject, found.ok, found.detail) == ("I9", "things", ok, detail)


async def test_a_clock_that_was_set_back_excuses_nothing_that_is_overdue_by_the_logs(
    nats_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(nats_url) as log:
        await append(log, asked("a"))
        await append(log, asked("b"))
        now = time.time()
        set_to: Callable[[float], None] = lambda to: monkeypatch.setattr("chassis.obligations.time.time", lambda: to)  # noqa: E731
        set_to(now - 86_400)
        assert (await met(log, "tally", replace(OWED, limit_s=0))).detail.startswith(
            "2 asked for, 0 ended, 1 under way, 1 o"
        )
        assert (await met(log, "tally", OWED)).ok
        set_to(now + 86_400)
        assert not (await met(log, "tally", OWED)).ok


async def test_what_no_fact_ends_is_looked_up_in_portions(nats_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chassis.obligations.LOOKED_UP_AT_ONCE", 10)
    looked_up: list[int] = []

    async def gone(tenant: str, keys: Sequence[str]) -> Collection[str]:
        assert tenant == "acme"
        looked_up.append(len(keys))
        return [one for one in keys if one != "k7"]

    async with opened(nats_url) as log:
        for n in range(25):
            await append(log, asked(f"k{n}"))
        found = await met(log, "tally", replace(OWED, ends=frozenset(), ended=gone, limit_s=-60))
        assert looked_up == [10, 10, 5]
        assert found.detail == "25 asked for, 24 ended, 0 under way, 1 overdue after -60 s: acme/k7"


async def test_a_fact_that_cannot_be_read_owes_nothing_and_is_counted(nats_url: str) -> None:
    async with opened(nats_url) as log:
        commit = log_pb2.Commit(commit_id=uuid4().bytes, tenant="acme", shard="0")
        broken = commit.events.add().body
        broken.type_url, broken.value = f"type.googleapis.com/{ASKED}", b"\xff\xff"
        await log.append(Subject("tally", "acme", "0"), recording.written(commit), 0)
        found = await met(log, "tally", OWED)
        assert (found.ok, found.detail.endswith("; 1 facts cannot be read")) == (True, True)
