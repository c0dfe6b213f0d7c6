"""Several replicas on one log: each shard has one owner, calls reach it from anywhere, inputs arrive once."""

import asyncio
import json
from collections import Counter

import grpc
import pytest
import tally
from chassis.commits import Recorded, Subject, events_of
from chassis.errors import InvalidRequest, NotFound, StatusError
from chassis.inputs import Inputs
from chassis.membership import owner_of
from chassis.tail import Tail
from replicas import Replica, settled
from tally import Add, opened, running


async def test_a_call_reaches_its_owner_from_every_replica(nats_url: str) -> None:
    async with opened(nats_url) as log, opened(nats_url) as other:
        one, two = Replica(log, "one"), Replica(other, "two")
        async with running(one.run, two.run):
            await settled(one, two)
            await one.tenants.ensure("acme")
            for shard in range(4):
                assert await one.add(shard, "a:1") == 1
                assert await two.add(shard, "a:1") == 2
        assert await log.subjects() == {Subject("tally", "acme", str(n)): 2 for n in range(4)}


async def test_a_refusal_is_the_same_from_afar(nats_url: str) -> None:
    async with opened(nats_url) as log, opened(nats_url) as other:
        one, two = Replica(log, "one"), Replica(other, "two")
        async with running(one.run, two.run):
            await settled(one, two)
            await one.tenants.ensure("acme")
            far = next(n for n in range(4) if owner_of(f"ev.tally.acme.{n}", frozenset({"one", "two"})) == "two")
            with pytest.raises(StatusError) as refused:
                await one.add(far, "a:5000")
            assert (refused.value.code, refused.value.reason) == (grpc.StatusCode.OUT_OF_RANGE, "TOO_MUCH")
            with pytest.raises(StatusError) as invalid:
                await one.add(far, "nonsense")
            assert invalid.value.code is grpc.StatusCode.INVALID_ARGUMENT


async def test_an_unknown_tenant_does_not_exist_and_an_impossible_one_is_refused(nats_url: str) -> None:
    async with opened(nats_url) as log:
        one = Replica(log, "one")
        async with running(one.run):
            with pytest.raises(NotFound):
                await one.add(0, "a:1")
            with pytest.raises(InvalidRequest):
                await one.tenants.ensure("No Such Name")


async def test_when_a_replica_leaves_the_other_goes_on_with_the_same_state(nats_url: str) -> None:
    async with opened(nats_url) as log, opened(nats_url) as other:
        one, two = Replica(log, "one"), Replica(other, "two")
        async with running(one.run):
            async with running(two.run):
                await settled(one, two)
                await one.tenants.ensure("acme")
                assert [await one.add(n, "a:1") for n in range(4)] == [1] * 4
            await settled(one)
            assert [await one.add(n, "a:1") for n in range(4)] == [2] * 4


async def test_no_call_fails_or_counts_twice_while_shards_move_there_and_back(nats_url: str) -> None:
    async with opened(nats_url) as log, opened(nats_url) as other:
        one, two = Replica(log, "one"), Replica(other, "two")
        done = [0] * 8
        over, moved = asyncio.Event(), asyncio.Condition()

        async def caller(n: int) -> None:
            while not over.is_set():
                await one.add(n % 4, f"{n}-{done[n]}:1")
                async with moved:
                    done[n] += 1
                    moved.notify_all()

        async def everybody_answered() -> None:
            before = list(done)
            async with asyncio.timeout(60), moved:
                await moved.wait_for(lambda: all(now > then + 5 for now, then in zip(done, before, strict=True)))

        async with running(one.run, two.tail.run, two.tenants.run, two.host.run):
            await settled(one)
            await one.tenants.ensure("acme")
            async with asyncio.TaskGroup() as tasks:
                for n in range(len(done)):
                    tasks.create_task(caller(n))
                await everybody_answered()
                async with running(two.membership.run):
                    await settled(one, two)
                    await everybody_answered()
                    await two.membership.leave()
                    await settled(one)
                    await everybody_answered()
                over.set()
        added = Counter([json.loads(e.body.value)[0] async for batch in log.read() for e in events_of(batch)])
        assert added == {f"{n}-{number}": 1 for n, count in enumerate(done) for number in range(count)}


@pytest.mark.parametrize("turns", range(8))
async def test_who_is_ended_while_it_hands_over_its_shards_ends_quietly(nats_url: str, turns: int) -> None:
    async with opened(nats_url) as log:
        one = Replica(log, "one")
        running_one = asyncio.ensure_future(one.run())
        await settled(one)
        await one.tenants.ensure("acme")
        assert await one.add(0, "a:1") == 1
        leaving = asyncio.ensure_future(one.membership.leave())
        for _ in range(turns):
            await tally.turn()
        running_one.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running_one
        await leaving
        assert await log.last_position() == 1  # the connection is as good as before


async def test_inputs_become_commands_exactly_once(nats_url: str) -> None:
    def react(recorded: Recorded) -> Add | None:
        key, amount, _ = json.loads(recorded.body.value)
        return Add(f"copy-{key}", amount) if key != "skipped" else None

    async with opened(nats_url) as log:
        source = Replica(log, "one")
        async with running(source.run):
            await settled(source)
            await source.tenants.ensure("acme")
            for n in range(30):
                await source.add(n % 4, f"{('a', 'b', 'skipped')[n % 3]}:1")
            for _ in range(2):
                async with opened(nats_url) as own:
                    copies = Replica(own, "one", "copy", Inputs("tally", react))
                    async with running(copies.run):
                        await settled(copies)
                        await copies.host.caught_up("acme", await log.last_position())
                        findings = await copies.host.differences()
                        assert [difference for _, _, difference in findings] == [None] * 4
        events = [e async for batch in log.read(subject_filter="ev.copy.acme.0") for c in batch for e in c.events()]
        assert len(events) == 20


async def test_a_watch_sees_what_was_and_what_comes_without_a_seam(nats_url: str) -> None:
    async with opened(nats_url) as log:
        one, tail = Replica(log, "one"), Tail(log)
        async with running(one.run):
            await settled(one)
            await one.tenants.ensure("acme")
            for _ in range(5):
                await one.add(0, "a:1")
            seen: list[int] = []
            enough = asyncio.Event()

            async def watch() -> None:
                async for batch in tail.follow("tally", "acme", 2):
                    seen.extend(recorded.position for recorded in batch)
                    if len(seen) >= 8:
                        enough.set()

            async with running(tail.run, watch):
                for _ in range(5):
                    await one.add(1, "a:1")
                await asyncio.wait_for(enough.wait(), 10)
        assert seen == list(range(3, 11))


def test_when_a_member_leaves_only_its_own_keys_move() -> None:
    keys = [f"work.tenant-{n}.0" for n in range(300)]
    before = {key: owner_of(key, frozenset("abc")) for key in keys}
    after = {key: owner_of(key, frozenset("ab")) for key in keys}
    assert all(after[key] == owner for key, owner in before.items() if owner != "c")
    assert set(before.values()) == set("abc")
