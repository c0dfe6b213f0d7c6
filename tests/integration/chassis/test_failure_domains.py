"""What one command, one input or one shard holds stops nothing else: others are decided, served and told the truth."""

import asyncio
from dataclasses import replace

import pytest
import recording
import tally
from chassis.clock import Instant, SystemClock
from chassis.commands import InputCommand, InputCommit, Origin, Request
from chassis.commits import Recorded, Subject
from chassis.errors import InvalidRequest, NotFound, Resting, StatusError, Unavailable
from chassis.identity import uuid_bytes
from chassis.inputs import Inputs
from chassis.shard import ShardWriter
from chassis.shard_operations import ShardOperations
from chassis.shard_state import refold
from fragile import Begin, Broken, Faults, Spread, decider
from google.protobuf.wrappers_pb2 import BytesValue, Int64Value, StringValue
from replicas import Replica, settled
from switchboard.log.v1 import log_pb2, operations_pb2
from tally import Add, RingAt, SnapshotsInMemory, opened, running

SHARD = Subject("tally", "acme", "0")
CLOCK = SystemClock()
ID = uuid_bytes("6f1c0f5e-0000-4000-8000-000000000001")


def writer_with(
    log: object, faults: Faults, snapshots: SnapshotsInMemory | None = None, **options: object
) -> ShardWriter:  # type: ignore[type-arg]
    return ShardWriter(SHARD, decider(faults), log, CLOCK, snapshots or SnapshotsInMemory(), **options)  # type: ignore[arg-type]


@pytest.mark.parametrize("function", ["decide", "evolve", "encode"])
async def test_a_command_that_fails_unforeseen_fails_alone_and_leaves_no_trace(nats_url: str, function: str) -> None:
    async with opened(nats_url) as log:
        faults = Faults()
        writer = writer_with(log, faults)
        waiting = [asyncio.create_task(writer.submit(Add(key, 1))) for key in ("a", function, "b", "a")]
        await tally.turn()
        async with running(writer.run):
            first, broken, second, third = await asyncio.gather(*waiting, return_exceptions=True)
            assert isinstance(broken, Broken)
            assert [outcome.position for outcome in (first, second, third)] == [1, 1, 1]
            assert writer.state.by_key == {"a": 2, "b": 1}
            await writer.submit(Add("c", 1))
        again = await refold(tally.DECIDER, log, SHARD)
        assert again.state == writer.state


async def test_an_answer_that_cannot_be_built_fails_alone_too(nats_url: str) -> None:
    async with opened(nats_url) as log:
        writer = writer_with(log, Faults())

        def respond(_sums: object, _events: object) -> StringValue:
            raise Broken("no answer")

        async with running(writer.run):
            waiting = [
                asyncio.create_task(writer.submit(Add("a", 1), respond=respond)),
                asyncio.create_task(writer.submit(Add("b", 1))),
            ]
            broken, fine = await asyncio.gather(*waiting, return_exceptions=True)
            assert isinstance(broken, Broken)
            assert not isinstance(fine, BaseException)
        assert (await refold(tally.DECIDER, log, SHARD)).state.by_key == {"b": 1}


async def test_a_command_of_more_than_a_commit_holds_is_refused_to_its_caller_alone(nats_url: str) -> None:
    async with opened(nats_url) as log:
        writer = writer_with(log, Faults())
        waiting = [
            asyncio.create_task(writer.submit(command))
            for command in (Add("a", 1), Spread(900), Spread(1_001), Add("a", 1))
        ]
        await tally.turn()
        async with running(writer.run):
            first, too_heavy, too_many, second = await asyncio.gather(*waiting, return_exceptions=True)
            assert isinstance(too_heavy, InvalidRequest)
            assert isinstance(too_many, InvalidRequest)
            assert not isinstance(first, BaseException)
            assert not isinstance(second, BaseException)
        assert (await refold(tally.DECIDER, log, SHARD)).state.by_key == {"a": 2}


async def test_an_answer_too_large_to_be_kept_is_refused_and_nothing_was_done(nats_url: str) -> None:
    async with opened(nats_url) as log:
        writer = writer_with(log, Faults())
        async with running(writer.run):
            with pytest.raises(InvalidRequest, match="answer"):
                await writer.submit(
                    Add("a", 1), request=Request(ID, b"1" * 32), respond=lambda _s, _e: BytesValue(value=b"x" * 400_000)
                )
            assert await log.last_position() == 0
            await writer.submit(Add("a", 1), request=Request(ID, b"1" * 32), respond=lambda _s, _e: BytesValue())
        assert (await refold(tally.DECIDER, log, SHARD)).state.by_key == {"a": 1}


async def test_answers_count_against_the_commit(nats_url: str) -> None:
    async with opened(nats_url) as log:
        writer = writer_with(log, Faults())
        requests = [Request(n.to_bytes(16, "big"), b"1" * 32) for n in range(100)]
        waiting = [
            asyncio.create_task(
                writer.submit(Add("a", 0), request=request, respond=lambda _s, _e: BytesValue(value=b"x" * 100_000))
            )
            for request in requests
        ]
        await tally.turn()
        async with running(writer.run):
            outcomes = await asyncio.gather(*waiting)
            assert {len(outcome.response.value) for outcome in outcomes} == {100_000}  # type: ignore[union-attr]
            again = await writer.submit(Add("a", 0), request=requests[50], respond=lambda _s, _e: BytesValue())
            assert len(again.response.value) == 100_000  # type: ignore[union-attr]
        sizes = [len(entry.data) async for batch in log.read() for entry in batch]
        assert max(sizes) <= 960 * 1024


async def test_a_decision_in_portions_continues_by_itself_and_lets_others_in_between(nats_url: str) -> None:
    async with opened(nats_url) as log:
        writer = writer_with(log, Faults())
        async with running(writer.run):
            await writer.submit(Begin(3_000))
            await writer.submit(Add("a", 1))
            assert writer.state.by_key["left"] > 0  # whoever comes meanwhile does not wait for all of it
            async with asyncio.timeout(20):
                while writer.state.by_key["left"]:
                    await writer.submit(Add("a", 1))
            await writer.submit(Add("a", 1))  # the state runs ahead of the log: this one is behind the last portion
        keys = (await refold(tally.DECIDER, log, SHARD)).state.by_key
        assert sum(key.startswith("portion") for key in keys) == 3_000
        commits = [entry async for batch in log.read() for entry in batch]
        assert max(len(entry.commit.events) for entry in commits) <= 1_000


async def test_an_input_that_cannot_be_taken_is_parked_by_a_fact_and_what_is_behind_it_goes_on(nats_url: str) -> None:
    async with opened(nats_url) as log:
        faults, snapshots = Faults(), SnapshotsInMemory()
        writer = writer_with(log, faults, snapshots, snapshot_every=1)
        commands = [
            InputCommand(0, "test.Input", Origin(), Add("a", 1)),
            InputCommand(1, "test.Input", Origin(), Add("decide", 1)),
            InputCommand(2, "test.Input", Origin(), Add("evolve", 1)),
            InputCommand(3, "test.Input", Origin(), Spread(1_001)),
            InputCommand(4, "test.Input", Origin(), None, "UnknownEvent"),
            InputCommand(5, "test.Input", Origin(), Add("b", 1)),
        ]
        async with running(writer.run):
            await writer.feed(InputCommit(7, "ev.other.acme.0", commands))
            await writer.reached_input(7)
            assert writer.state.by_key == {"a": 1, "b": 1}
            assert {place: fact.error for place, fact in writer.parked.items()} == {
                (7, 1): "Broken",
                (7, 2): "Broken",
                (7, 3): "TooLarge",
                (7, 4): "UnknownEvent",
            }
            await writer.submit(Add("c", 1))
        again = await refold(decider(faults), log, SHARD)
        assert (again.state, again.parked) == (writer.state, writer.parked)
        for kept in (snapshots, SnapshotsInMemory()):
            heir = writer_with(log, faults, kept)
            async with running(heir.run):
                await heir.ready.wait()
                assert (heir.state, heir.parked, heir.input) == (writer.state, writer.parked, writer.input)


def fragile_replica(log: object, member: str, faults: Faults, inputs: Inputs | None = None) -> Replica:  # type: ignore[type-arg]
    replica = Replica(log, member, "copy" if inputs else "tally", inputs)  # type: ignore[arg-type]
    replica.host._decider = decider(faults)
    return replica


async def rests(replica: Replica) -> operations_pb2.Shard:
    """Waits until acme's first shard rests."""
    async with asyncio.timeout(30):
        while True:
            shard = (await replica.host.describe("acme"))[0]
            if shard.state == operations_pb2.SHARD_STATE_RESTING:
                return shard
            await tally.turn()


async def test_a_parked_input_is_released_with_the_repaired_code_and_its_consequences_in_one_commit(
    nats_url: str,
) -> None:
    faults = Faults(keys=set())
    broken = True

    def react(recorded: Recorded) -> Add | None:
        added = tally.DECIDER.decode(recorded)
        if broken and added.key == "b":
            raise Broken("the reaction has a mistake")
        return Add(f"copy-{added.key}", added.amount)

    async with opened(nats_url) as log, opened(nats_url) as own:
        source = Replica(log, "one")
        copies = fragile_replica(own, "one", faults, Inputs("tally", react))
        async with running(source.run, copies.run):
            await settled(source)
            await settled(copies)
            await source.tenants.ensure("acme")
            for key in ("a", "b", "c"):
                await source.add(0, f"{key}:1")
            await copies.host.caught_up("acme", await log.last_position())
            parked = await copies.host.parked("acme")
            assert {(event.type, event.error) for event in parked} == {("google.protobuf.StringValue", "Broken")}
            assert len(parked) == 4  # one for each of the shards that take these inputs
            first = Subject.parse(parked[0].consumer)
            still = await copies.host.release(first, parked[0].key)
            assert (still.released, still.waiting) == (0, 1)
            broken = False
            assert (await copies.host.release(first, parked[0].key)).released == 1
            with pytest.raises(NotFound):
                await copies.host.release(first, parked[0].key)
            assert len(await copies.host.parked("acme")) == 3

            operations = ShardOperations([copies.host])
            left = await operations.parked()
            assert len(left) == 3
            assert await operations.parked(left[0].consumer) == left[:1]
            assert await operations.parked("lines_v1") == await operations.parked("ev.other.acme.0") == []
            assert (await operations.release(left[0].consumer, left[0].key)).released == 1
            assert await operations.parked() == left[1:]
            assert [difference for _, _, difference in await copies.host.differences()] == [None] * 4
        last = await own.last(str(first))
        assert last is not None
        types = [recorded.type.rpartition(".")[2] for recorded in last.recorded()]
        assert types == ["StringValue", "InputReleased"]
        assert [recorded.type for recorded in last.events()] == ["google.protobuf.StringValue"]


async def test_a_shard_that_fails_three_times_rests_alone_and_goes_on_when_it_is_woken(
    nats_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    faults = Faults(keys=set())
    async with opened(nats_url) as log, opened(nats_url) as other:
        one, two = fragile_replica(log, "one", faults), fragile_replica(other, "two", faults)
        operations = ShardOperations([two.host])
        async with running(one.run, two.run):
            await settled(one, two)
            await one.tenants.ensure("acme")
            await one.tenants.ensure("bravo")
            await one.add(0, "a:1")
            owner = next(replica for replica in (one, two) if ("acme", "0") in replica.host._owned)
            faults.tick = True
            await owner.host._owned["acme", "0"].writer.submit(RingAt(Instant(1)))
            resting = await rests(two)
            assert (resting.name, resting.failures) == ("ev.tally.acme.0", 3)
            assert resting.failure.startswith("Broken at fragile:")
            assert resting.HasField("resting_since")
            for replica in (one, two):
                with pytest.raises((Resting, StatusError)) as refused:
                    await replica.add(0, "a:1")
                reason = refused.value.reason if isinstance(refused.value, StatusError) else refused.value.REASON
                assert reason == "SHARD_RESTING"
                assert await replica.add(1, "a:1") > 0  # the tenant's other shards
            assert (await two.host.call("bravo", "0", StringValue(value="a:1"), Int64Value)).value == 1
            assert not [record for record in caplog.records if "somebody" in record.getMessage()]
            assert [record.getMessage() for record in caplog.records if record.name == "chassis.supervision"]
            faults.tick = False
            await operations.wake("ev.tally.acme.0")
            assert await two.add(0, "a:1") == 2
            woken = (await operations.list_shards("acme"))[0]
            assert (woken.state, woken.failures) == (operations_pb2.SHARD_STATE_SERVING, 0)
            assert (await operations.wake("ev.tally.acme.0")).state == operations_pb2.SHARD_STATE_SERVING


@pytest.mark.parametrize("cause", ["its own log cannot be read", "a tick decides nothing", "its inputs cannot be read"])
async def test_whatever_keeps_a_shard_from_going_on_is_shown_and_the_process_lives(nats_url: str, cause: str) -> None:
    faults = Faults(keys=set())
    async with opened(nats_url) as log:
        if cause == "its own log cannot be read":
            commit = log_pb2.Commit(commit_id=ID, tenant="acme", shard="0")
            commit.events.add().body.type_url = "type.googleapis.com/switchboard.work.v9.OfferWhatever"
            await log.append(SHARD, recording.written(commit), 0)
        one = fragile_replica(log, "one", faults)
        if cause == "a tick decides nothing":
            one.host._decider = replace(
                one.host._decider, next_due=lambda sums: Instant(1) if "a" in sums.by_key else None
            )
        if cause == "its inputs cannot be read":
            one.host._inputs = Inputs("tally", react=lambda _: None)
            one.host._tail = None  # type: ignore[assignment]
        async with running(one.run):
            await settled(one)
            await one.tenants.ensure("acme")
            if cause == "a tick decides nothing":
                await one.add(0, "a:1")
            assert (await rests(one)).failures == 3
            if cause != "its inputs cannot be read":
                assert await one.add(1, "b:1") == 1


async def test_an_outage_of_what_a_shard_needs_never_takes_it_to_rest(nats_url: str) -> None:
    async with opened(nats_url) as log:
        source = Replica(log, "one")
        copies = fragile_replica(log, "one", Faults(keys=set()), Inputs("tally", lambda r: Add("a", 1)))
        tail, outages = copies.tail, 0

        class Away:
            def of(self, after: int, context: str, tenant: str) -> object:
                nonlocal outages
                outages += 1
                if outages > 4 * 4:
                    return tail.of(after, context, tenant)
                raise Unavailable("the log does not answer", 1.0)

        copies.host._tail = Away()  # type: ignore[assignment]
        async with running(source.run, copies.run):
            await settled(source)
            await settled(copies)
            await source.tenants.ensure("acme")
            await source.add(0, "a:1")
            assert await copies.host.caught_up("acme", await log.last_position()) > 0
            assert {(shard.state, shard.failures) for shard in await copies.host.describe("acme")} == {
                (operations_pb2.SHARD_STATE_SERVING, 0)
            }


async def test_a_snapshot_that_cannot_be_loaded_is_left_aside(nats_url: str) -> None:
    async with opened(nats_url) as log:
        snapshots = SnapshotsInMemory()
        writer = writer_with(log, Faults(), snapshots, snapshot_every=1)
        async with running(writer.run):
            await writer.submit(Add("a", 1))
            await writer.submit(Add("a", 1))
        (name, kept), *_ = snapshots.kept.items()
        snapshots.kept[name] = replace(kept, sections={"state": [b"\xff"], "answers": [b"odd"], "parked": [b"no"]})
        heir = writer_with(log, Faults(), snapshots)
        async with running(heir.run):
            await heir.submit(Add("a", 1))
        assert heir.state.by_key == {"a": 3}


async def test_a_snapshot_that_cannot_be_made_or_written_costs_nothing_but_time(nats_url: str) -> None:
    class Full(SnapshotsInMemory):
        async def save(self, subject: Subject, snapshot: object) -> int:
            raise Broken("no room")

    async with opened(nats_url) as log:
        for snapshots, dump in ((Full(), tally.DECIDER.dump), (SnapshotsInMemory(), lambda _: 1 / 0)):
            faulty = replace(decider(Faults()), dump=dump)
            writer = ShardWriter(SHARD, faulty, log, CLOCK, snapshots, snapshot_every=1)
            async with running(writer.run):
                for _ in range(3):
                    await writer.submit(Add("a", 1))
        assert (await refold(tally.DECIDER, log, SHARD)).state.by_key == {"a": 6}


async def test_a_look_up_that_fails_for_one_command_fails_that_one(nats_url: str) -> None:
    class Backing:
        async def position(self, tenant: str) -> int:
            return 0

        async def load(self, tenant: str, state: object, commands: list[Add]) -> None:
            if any(command.key == "not-a-uuid" for command in commands):
                raise Broken("invalid input syntax for type uuid")

        def evict(self, state: object, position: int) -> None: ...

    async with opened(nats_url) as log:
        writer = writer_with(log, Faults(), backing=Backing())
        waiting = [asyncio.create_task(writer.submit(Add(key, 1))) for key in ("a", "not-a-uuid", "b")]
        await tally.turn()
        async with running(writer.run):
            first, broken, second = await asyncio.gather(*waiting, return_exceptions=True)
            assert isinstance(broken, Broken)
            assert (first.position, second.position) == (1, 1)
            commands = [InputCommand(n, "test.Input", Origin(), Add(k, 1)) for n, k in enumerate(("c", "not-a-uuid"))]
            await writer.feed(InputCommit(7, "ev.other.acme.0", commands))
            await writer.reached_input(7)
            assert list(writer.parked) == [(7, 1)]
        assert writer.state.by_key == {"a": 1, "b": 1, "c": 1}


async def test_garbage_on_a_shards_own_subject_is_stepped_over(nats_url: str) -> None:
    async with opened(nats_url) as log:
        writer = writer_with(log, Faults())
        async with running(writer.run):
            await writer.submit(Add("a", 1))
            await log.js.publish(str(SHARD), b"garbage", timeout=5)
            async with asyncio.timeout(20):
                await writer.submit(Add("a", 1))
            await log.js.publish(str(SHARD), b"\xff\xff", timeout=5)
        heir = writer_with(log, Faults())
        async with running(heir.run), asyncio.timeout(20):
            await heir.submit(Add("a", 1))
        assert (await refold(tally.DECIDER, log, SHARD)).state.by_key == {"a": 3}
