"""The log against a real nats-server: appended exactly once, read in order, whatever fails in between."""

import asyncio

import pytest
import recording
import tally
from chassis.clock import FIRST, LAST, SystemClock
from chassis.commits import Commit, Position, Subject
from chassis.errors import InvalidRequest
from chassis.identity import uuid7_bytes
from chassis.log import Conflict, Log
from google.protobuf.wrappers_pb2 import StringValue

SHARD = Subject("tally", "acme", "0")


def commit(n: int = 1) -> Commit:
    made = Commit(uuid7_bytes(SystemClock().now()), "acme", "0", 0, 0, FIRST, [])
    for _ in range(n):
        made.events.append(recording.event(StringValue(value="x")))
    return made


async def test_an_appended_commit_is_read_back_as_it_was(nats_url: str) -> None:
    async with tally.opened(nats_url) as log:
        sent = commit(3)
        position = await log.append(SHARD, sent, 0)
        read = [entry async for batch in log.read() for entry in batch]
        assert [(e.position, e.subject, e.commit) for e in read] == [(position, SHARD, sent)]


async def test_what_stands_at_a_position_is_read_byte_for_byte(nats_url: str) -> None:
    async with tally.opened(nats_url) as log:
        position = await log.append(SHARD, commit(3), 0)
        entry = await log.get(position)
        assert entry is not None
        assert await log.raw(position) == (str(SHARD), entry.data) == await log._raw_of_leader(position)
        assert await log.raw(position + 1) is None


async def test_what_stood_in_the_log_at_an_instant_is_what_its_server_had_stored_by_then(nats_url: str) -> None:
    async with tally.opened(nats_url) as log:
        before = SystemClock().now()
        assert await log.position_at(before) == 0
        first = await log.append(SHARD, commit(), 0)
        between = SystemClock().now()
        while SystemClock().now() == between:
            await tally.turn()
        second = await log.append(SHARD, commit(), first)
        after = SystemClock().now()
        asked = (FIRST, before, between, after, LAST)
        assert [await log.position_at(at) for at in asked] == [0, 0, first, second, second]


async def test_repeating_an_append_whose_answer_was_lost_changes_nothing(nats_url: str) -> None:
    async with tally.opened(nats_url) as log:
        first = await log.append(SHARD, sent := commit(), 0)
        again = await log.append(SHARD, sent, 0)
        assert (again, await log.last_position()) == (first, first)


async def test_a_second_writer_at_the_same_position_is_refused(nats_url: str) -> None:
    async with tally.opened(nats_url) as log:
        await log.append(SHARD, commit(), 0)
        with pytest.raises(Conflict):
            await log.append(SHARD, commit(), 0)
        assert await log.last_position() == 1


@pytest.mark.parametrize("what", ["request", "flush"])
async def test_who_is_cancelled_in_the_turn_the_answer_comes_is_not_handed_it(nats_url: str, what: str) -> None:
    async with tally.opened(nats_url) as log:
        nc = log.nc
        asked = asyncio.create_task(nc.flush() if what == "flush" else nc.request("$JS.API.INFO"))
        while not (waiting := nc._pongs if what == "flush" else list(nc._resp_map.values())):
            await tally.turn()
        (answer,) = waiting
        answer.add_done_callback(lambda _: asked.cancel())
        await asyncio.wait([asked])
        assert answer.result() is not None
        assert asked.cancelled()


async def test_who_was_cancelled_and_tidies_up_is_answered(nats_url: str) -> None:
    async with tally.opened(nats_url) as log:
        tidied = []

        async def work() -> None:
            try:
                await asyncio.Event().wait()
            finally:
                tidied.append(await log.nc.request("$JS.API.INFO"))

        working = asyncio.create_task(work())
        await tally.turn()
        working.cancel()
        await asyncio.wait([working])
        assert working.cancelled()
        assert len(tidied) == 1


async def test_of_many_racing_writers_exactly_one_wins_each_position(nats_url: str) -> None:
    async with tally.opened(nats_url) as log:
        results = await asyncio.gather(*(log.append(SHARD, commit(), 0) for _ in range(20)), return_exceptions=True)
        assert sorted(type(r).__name__ for r in results) == ["Conflict"] * 19 + ["int"]


async def test_commits_acknowledged_around_kills_of_the_server_are_there_once(nats_server) -> None:
    async with tally.opened(nats_server.url) as log:
        acknowledged: list[bytes] = []

        async def append_all() -> None:
            last = 0
            for _ in range(300):
                sent = commit()
                last = await log.append(SHARD, sent, last)
                acknowledged.append(sent.commit_id)

        async def kill(after: int) -> None:
            while len(acknowledged) < after:
                await tally.turn()
            nats_server.kill9()
            await nats_server.restart()

        appending = asyncio.create_task(append_all())
        for after in (50, 120, 200):
            await kill(after)
        await asyncio.wait_for(appending, 60)
        read = [entry.commit.commit_id async for batch in log.read() for entry in batch]
        assert read == acknowledged


async def test_a_follower_sees_every_commit_once_through_a_kill_of_the_server(nats_server) -> None:
    async with tally.opened(nats_server.url) as log:
        seen: list[int] = []
        enough = asyncio.Event()

        async def follow() -> None:
            async for batch in log.follow(0):
                seen.extend(entry.position for entry in batch)
                if seen[-1] >= 200:
                    enough.set()

        async with tally.running(follow):
            last = 0
            for n in range(200):
                if n == 100:
                    nats_server.kill9()
                    await nats_server.restart()
                last = await log.append(SHARD, commit(), last)
            await asyncio.wait_for(enough.wait(), 30)
        assert seen == list(range(1, 201))


async def test_a_filtered_reader_gets_its_subjects_only_and_in_order(nats_url: str) -> None:
    async with tally.opened(nats_url) as log:
        last: dict[Subject, int] = {}
        for n in range(60):
            subject = Subject("tally", "acme" if n % 3 else "other", str(n % 2))
            last[subject] = await log.append(subject, commit(), last.get(subject, 0))
        read = [entry async for batch in log.read(subject_filter="ev.tally.acme.>") for entry in batch]
        assert [e.position for e in read] == [n + 1 for n in range(60) if n % 3]


def test_a_position_token_round_trips() -> None:
    for position in (0, 1, 255, 256, 2**40, 2**63 - 1):
        assert Position.decode(Position.encode(position)) == position


@pytest.mark.parametrize("token", ["x", "cDE!", "AAAA", "p1", "cAAAAAAAAAAAAA", "\ud800", "é"])
def test_anything_else_is_no_position(token: str) -> None:
    with pytest.raises(InvalidRequest):
        Position.decode(token)


async def test_the_stream_keeps_history_and_refuses_when_full(nats_url: str) -> None:
    async with tally.opened(nats_url) as log:
        info = await log.js.stream_info("EVENTS")
        assert (info.config.deny_delete, info.config.deny_purge, info.config.allow_atomic) == (True, True, True)
        assert info.config.discard == "new"
        assert isinstance(log, Log)
