"""One shard against a real log: decided in order, committed in groups, answered when durable, recovered after
anything.
"""

import asyncio
import json

import pytest
import recording
import tally
from chassis.clock import Instant, SystemClock
from chassis.commands import InputCommand, InputCommit, Origin, Request
from chassis.commits import Commit, Subject
from chassis.errors import Overloaded, Rejected, RequestIdReused, Unavailable
from chassis.identity import uuid_bytes
from chassis.shard_state import InputPosition, refold
from google.protobuf.wrappers_pb2 import Int64Value
from tally import Add, RingAt, SnapshotsInMemory, opened, running, writer_of

SHARD = Subject("tally", "acme", "0")
CLOCK = SystemClock()
ID = uuid_bytes("6f1c0f5e-0000-4000-8000-000000000001")


def fed(position: int, *commands: tuple[int, Add]) -> InputCommit[Add]:
    """What a commit of inputs leads to."""
    each = [InputCommand(index, "test.Input", Origin(), command) for index, command in commands]
    return InputCommit(position, "ev.other.acme.0", each)


def total(key: str) -> object:
    return lambda sums, _: Int64Value(value=sums.by_key[key])


async def test_commands_that_wait_together_share_one_commit(nats_url: str) -> None:
    async with opened(nats_url) as log:
        writer = writer_of(log, CLOCK)
        waiting = [asyncio.create_task(writer.submit(Add("a", 1))) for _ in range(100)]
        await tally.turn()
        async with running(writer.run):
            outcomes = await asyncio.gather(*waiting)
        assert {outcome.position for outcome in outcomes} == {1}
        assert writer.state.by_key == {"a": 100}


async def test_a_refusal_and_a_command_that_decides_nothing_leave_no_trace(nats_url: str) -> None:
    async with opened(nats_url) as log:
        writer = writer_of(log, CLOCK)
        async with running(writer.run):
            await writer.submit(Add("a", 900))
            with pytest.raises(Rejected, match="would exceed"):
                await writer.submit(Add("a", 200))
            assert (await writer.submit(Add("a", 0))).events == []
        assert await log.last_position() == 1


async def test_a_repeated_request_gets_the_same_answer_and_a_reused_id_is_refused(nats_url: str) -> None:
    async with opened(nats_url) as log:
        snapshots = SnapshotsInMemory()
        writer = writer_of(log, CLOCK, snapshots)
        request, other = Request(ID, b"1" * 32), Request(ID, b"2" * 32)
        async with running(writer.run):
            first = await writer.submit(Add("a", 5), request=request, respond=total("a"))
            await writer.submit(Add("a", 1))
            again = await writer.submit(Add("a", 5), request=request, respond=total("a"))
            assert (again.response, again.position) == (first.response, first.position)
            with pytest.raises(RequestIdReused):
                await writer.submit(Add("a", 6), request=other, respond=total("a"))
        heir = writer_of(log, CLOCK, snapshots)
        async with running(heir.run):
            again = await heir.submit(Add("a", 5), request=request, respond=total("a"))
        assert (again.response, again.position, heir.state.by_key) == (first.response, first.position, {"a": 6})


async def test_a_request_repeated_while_the_first_is_under_way_is_answered_once(nats_url: str) -> None:
    async with opened(nats_url) as log:
        writer = writer_of(log, CLOCK)
        request = Request(ID, b"1" * 32)
        both = [asyncio.create_task(writer.submit(Add("a", 5), request=request, respond=total("a"))) for _ in range(2)]
        await tally.turn()
        async with running(writer.run):
            first, second = await asyncio.gather(*both)
        assert first.response == second.response == Int64Value(value=5)
        assert (first.position, second.position, writer.state.by_key) == (1, 1, {"a": 5})


async def test_two_writers_of_one_shard_lose_and_double_nothing(nats_url: str) -> None:
    async with opened(nats_url) as log, opened(nats_url) as other_log:
        one, two = writer_of(log, CLOCK), writer_of(other_log, CLOCK)
        async with running(one.run, two.run):
            await asyncio.gather(*((one, two)[n % 2].submit(Add(f"k{n % 7}", 1)) for n in range(400)))
        again = await refold(tally.DECIDER, log, SHARD)
        assert sum(again.state.by_key.values()) == 400


async def test_a_full_queue_says_come_back(nats_url: str) -> None:
    async with opened(nats_url) as log:
        writer = writer_of(log, CLOCK, queue_max=10)
        waiting = [asyncio.create_task(writer.submit(Add("a", 1))) for _ in range(10)]
        await tally.turn()
        with pytest.raises(Overloaded):
            await writer.submit(Add("a", 1))
        async with running(writer.run):
            await asyncio.gather(*waiting)
        assert writer.state.by_key == {"a": 10}


async def test_a_recovered_writer_has_the_same_state_with_and_without_snapshot(nats_url: str) -> None:
    async with opened(nats_url) as log:
        snapshots = SnapshotsInMemory()
        writer = writer_of(log, CLOCK, snapshots, snapshot_every=3)
        async with running(writer.run):
            for n in range(10):
                await writer.submit(Add(f"k{n % 3}", n + 1))
        assert snapshots.kept
        for kept in (snapshots, SnapshotsInMemory()):
            heir = writer_of(log, CLOCK, kept)
            async with running(heir.run):
                await heir.ready.wait()
                assert (heir.state, heir.position) == (writer.state, 10)


async def test_time_itself_decides_when_something_is_due(nats_url: str) -> None:
    async with opened(nats_url) as log:
        writer = writer_of(log, CLOCK)
        async with running(writer.run):
            await writer.submit(RingAt(Instant(CLOCK.now() + 50_000)))
            rang = asyncio.Event()

            async def listen() -> None:
                async for batch in log.follow(1):
                    assert json.loads(batch[0].events()[0].body.value)[0] == "rang"
                    rang.set()

            async with running(listen):
                await asyncio.wait_for(rang.wait(), 10)
        assert writer.state.rings == []


async def test_what_is_more_than_a_commit_goes_into_several(nats_url: str) -> None:
    async with opened(nats_url) as log:
        writer = writer_of(log, CLOCK)
        waiting = [asyncio.create_task(writer.submit(Add(f"k{n}", 1))) for n in range(2_500)]
        await tally.turn()
        async with running(writer.run):
            await asyncio.gather(*waiting)
        sizes = [len(e.commit.events) async for batch in log.read() for e in batch]
        assert sum(sizes) == 2_500
        assert max(sizes) <= 1_000


async def test_inputs_are_included_once_wherever_the_writer_dies(nats_url: str) -> None:
    two = fed(7, (0, Add("a", 2)), (3, Add("b", 1)))
    async with opened(nats_url) as log:
        first = writer_of(log, CLOCK)
        async with running(first.run):
            await first.feed(two)
            await first.reached_input(7)
        heir = writer_of(log, CLOCK)
        async with running(heir.run):
            await heir.ready.wait()
            assert heir.input == InputPosition(7)
            await heir.feed(two)
            await heir.feed(fed(9, (0, Add("c", 1))))
            await heir.reached_input(9)
        assert heir.state.by_key == {"a": 2, "b": 1, "c": 1}


async def test_inputs_that_lead_to_more_than_a_commit_holds_go_on_where_it_ended(nats_url: str) -> None:
    many = fed(7, *((n, Add(f"k{n}", 1)) for n in range(2_500)))
    async with opened(nats_url) as log:
        first = writer_of(log, CLOCK)
        async with running(first.run):
            await first.feed(many)
            await first.reached_input(7)
        reached = [InputPosition(e.commit.input_position, e.commit.input_offset) async for b in log.read() for e in b]
        assert reached == [InputPosition(6, 1_000), InputPosition(6, 2_000), InputPosition(7)]


async def test_a_commit_that_took_half_of_its_inputs_is_not_decided_again(nats_url: str) -> None:
    three = fed(7, *((n, Add(f"k{n}", 1)) for n in (0, 2, 5)))
    async with opened(nats_url) as log:
        commit = Commit(ID, SHARD.tenant, SHARD.shard, 6, 3, tally.FIRST, [])
        for key in ("k0", "k2"):
            commit.events.append(recording.event(tally.DECIDER.encode(tally.Added(key, 1, tally.FIRST))))
        await log.append(SHARD, commit, 0)
        heir = writer_of(log, CLOCK)
        async with running(heir.run):
            await heir.feed(three)
            await heir.reached_input(7)
        assert heir.state.by_key == {"k0": 1, "k2": 1, "k5": 1}


async def test_commands_survive_a_kill_of_the_log_and_are_decided_once(nats_server) -> None:
    async with opened(nats_server.url) as log:
        writer = writer_of(log, CLOCK)
        done = 0

        async def add(n: int) -> None:
            nonlocal done
            await writer.submit(Add(f"k{n}", 1))
            done += 1

        async with running(writer.run):
            for wave in range(5):
                adding = [asyncio.create_task(add(100 * wave + n)) for n in range(100)]
                await tally.turn()
                nats_server.kill9()
                await nats_server.restart()
                await asyncio.wait_for(asyncio.gather(*adding), 30)
        again = await refold(tally.DECIDER, log, SHARD)
        assert (done, len(again.state.by_key), set(again.state.by_key.values())) == (500, 500, {1})


async def test_whoever_waits_when_a_writer_stops_is_told_to_try_again(nats_url: str) -> None:
    async with opened(nats_url) as log:
        writer = writer_of(log, CLOCK)
        async with running(writer.run):
            await writer.ready.wait()
            await writer.commit_lock.acquire()
            waiting = asyncio.create_task(writer.submit(Add("a", 1)))
            await tally.turn()
        with pytest.raises(Unavailable):
            await asyncio.wait_for(waiting, 5)


async def test_an_owner_that_is_behind_reads_what_it_is_told_of_before_it_decides(nats_url: str) -> None:
    async with opened(nats_url) as log, opened(nats_url) as other:
        late, owner = writer_of(log, CLOCK), writer_of(other, CLOCK)
        async with running(late.run):
            await late.submit(Add("a", 1))
            async with running(owner.run):
                position = (await owner.submit(Add("a", 2))).position
            assert late.state.by_key == {"a": 1}, "nothing told it yet"
            await asyncio.wait_for(late.reached(position), 20)
            assert (late.position, late.state.by_key) == (position, {"a": 3})
            await asyncio.wait_for(late.reached(1), 20)
            with pytest.raises(Unavailable):
                await asyncio.wait_for(late.reached(position + 1), 20)
            assert (await late.submit(Add("a", 4))).position == position + 1


async def test_an_owner_that_was_deposed_refuses_nothing_that_its_successor_made_possible(nats_url: str) -> None:
    async with opened(nats_url) as log, opened(nats_url) as other:
        deposed, successor = writer_of(log, CLOCK), writer_of(other, CLOCK)
        async with running(deposed.run, successor.run):
            await deposed.submit(Add("a", 900))
            await successor.submit(Add("a", -500))
            assert deposed.state.by_key == {"a": 900}, "nothing told it yet"
            await deposed.submit(Add("a", 200))
            assert deposed.state.by_key == {"a": 600}

            position = (await successor.submit(Add("a", 300))).position
            assert (await deposed.submit(Add("a", 0))).position == position, "what is done already is done as of then"
            await successor.submit(Add("a", 100))
            with pytest.raises(Rejected, match="would exceed"):
                await deposed.submit(Add("a", 1))
            assert deposed.state.by_key == {"a": 1_000}

            await successor.submit(Add("b", 1))
            assert await deposed.read_on()
            assert deposed.state.by_key == {"a": 1_000, "b": 1}
            assert not await deposed.read_on()


async def test_a_backlog_is_looked_up_once_and_not_again_for_every_commit(nats_url: str) -> None:
    class Backing:
        looked_up = 0

        async def position(self, tenant: str) -> int:
            return 0

        async def load(self, tenant: str, state: object, commands: list[Add]) -> None:
            self.looked_up += len(commands)

        def evict(self, state: object, position: int) -> None: ...

    async with opened(nats_url) as log:
        backing = Backing()
        writer = writer_of(log, CLOCK, backing=backing)
        long = "x" * 20_000  # some 25 of them fill a commit
        waiting = [asyncio.create_task(writer.submit(Add(f"{long}{n}", 1))) for n in range(600)]
        await tally.turn()
        async with running(writer.run):
            await asyncio.gather(*waiting)
        assert len(writer.state.by_key) == 600
        assert backing.looked_up < 3 * 600, (
            "each command was looked up a dozen times, once for every commit before its own"
        )


async def test_of_one_request_id_with_many_bodies_one_has_an_effect(nats_url: str) -> None:
    async with opened(nats_url) as log:
        writer = writer_of(log, CLOCK)

        async def ask(n: int) -> bool:
            try:
                await writer.submit(
                    Add(f"body-{n}", 1), request=Request(ID, bytes([n]) * 32), respond=total(f"body-{n}")
                )
            except RequestIdReused:
                return False
            return True

        async with running(writer.run):
            done = await asyncio.gather(*(ask(n) for n in range(200)))
            assert sum(done) == 1
            assert writer.state.by_key == {f"body-{done.index(True)}": 1}
