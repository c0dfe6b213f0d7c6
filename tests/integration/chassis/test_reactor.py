"""A reactor against a real log: every fact acted on in order, outages waited for, a crash repeats at most what was
not done.
"""

import asyncio
import json

import pytest
import tally
from chassis.clock import SystemClock
from chassis.commits import Recorded
from chassis.errors import Rejected, ResumeTokenExpired, Unavailable
from chassis.reactor import Reactor
from chassis.tail import Tail
from tally import Add, alone, opened, running, writer_of

CLOCK = SystemClock()
ADDED = "google.protobuf.StringValue"
ONE_LINE = {ADDED: lambda _: "all"}
BY_KEY = {ADDED: lambda event: str(json.loads(event.body.value)[0])}


class Deeds:
    """What was done, by event id; fails the first `failures` times."""

    def __init__(self, failures: int = 0, enough: int = 10) -> None:
        self.done: list[str] = []
        self.ids: set[bytes] = set()
        self.failures = failures
        self.enough = enough
        self.finished = asyncio.Event()

    async def act(self, event: Recorded) -> None:
        if self.failures:
            self.failures -= 1
            raise Unavailable("the platform is away", 0.0)
        key = json.loads(event.body.value)[0]
        if key == "settled":
            raise Rejected(tally.Reason.TOO_MUCH, "already settled")
        if event.event.event_id not in self.ids:
            self.ids.add(event.event.event_id)
            self.done.append(key)
        if len(self.done) >= self.enough:
            self.finished.set()


async def test_every_fact_is_acted_on_in_order_through_an_outage(nats_url: str) -> None:
    async with opened(nats_url) as log:
        writer, deeds = writer_of(log, CLOCK), Deeds(failures=3)
        reactor = Reactor("deeds", "tally", deeds.act, keys=ONE_LINE, log=log, membership=await alone(log))
        async with running(writer.run, reactor.run):
            for n in range(10):
                await writer.submit(Add(f"k{n}", 1))
            await asyncio.wait_for(deeds.finished.wait(), 20)
        assert deeds.done == [f"k{n}" for n in range(10)]


async def test_a_matter_that_is_settled_is_passed_over(nats_url: str) -> None:
    async with opened(nats_url) as log:
        writer, deeds = writer_of(log, CLOCK), Deeds(enough=1)
        reactor = Reactor("deeds", "tally", deeds.act, keys=ONE_LINE, log=log, membership=await alone(log))
        async with running(writer.run, reactor.run):
            await writer.submit(Add("settled", 1))
            await writer.submit(Add("next", 1))
            await asyncio.wait_for(deeds.finished.wait(), 20)
        assert deeds.done == ["next"]


async def test_a_new_process_goes_on_where_the_old_one_stopped(nats_url: str) -> None:
    async with opened(nats_url) as log:
        writer, first = writer_of(log, CLOCK), Deeds(enough=5)
        async with running(writer.run):
            async with running(
                Reactor("deeds", "tally", first.act, keys=ONE_LINE, log=log, membership=await alone(log)).run
            ):
                for n in range(5):
                    await writer.submit(Add(f"k{n}", 1))
                await asyncio.wait_for(first.finished.wait(), 20)
                await log.nc.flush()
            second = Deeds(enough=5)
            second.ids |= first.ids
            async with running(
                Reactor("deeds", "tally", second.act, keys=ONE_LINE, log=log, membership=await alone(log)).run
            ):
                for n in range(5, 10):
                    await writer.submit(Add(f"k{n}", 1))
                await asyncio.wait_for(second.finished.wait(), 60)
        assert first.done + second.done == [f"k{n}" for n in range(10)]


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


async def test_keys_go_side_by_side_and_each_in_its_order(nats_url: str) -> None:
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

    async with opened(nats_url) as log:
        writer = writer_of(log, CLOCK)
        async with running(writer.run):
            await asyncio.gather(*(writer.submit(Add(key, n)) for key, n in [("a", 1), ("a", 2), ("b", 1), ("a", 3)]))
            async with running(Reactor("deeds", "tally", act, keys=BY_KEY, log=log, membership=await alone(log)).run):
                await asyncio.wait_for(finished.wait(), 20)
    assert [n for key, n in done if key == "a"] == [1, 2, 3]
