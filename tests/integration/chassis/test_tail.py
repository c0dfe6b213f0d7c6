"""One reader of the log for many: whoever is slow, new or choosy sees the same commits in the same order."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from contextlib import aclosing

import pytest
import recording
from chassis import tail as tails
from chassis.clock import SystemClock
from chassis.commits import Subject
from chassis.identity import uuid7_bytes
from chassis.log import Log
from chassis.tail import Tail
from google.protobuf.wrappers_pb2 import StringValue
from switchboard.log.v1 import log_pb2
from tally import opened, running, turn

PATIENCE_S = 20.0
Write = Callable[[str, int], Awaitable[None]]


def writing(log: Log) -> Write:
    """A function that appends so many commits to the shard of a tenant."""
    last: dict[str, int] = {}

    async def write(tenant: str, count: int) -> None:
        subject = Subject("tally", tenant, "0")
        for _ in range(count):
            commit = log_pb2.Commit(commit_id=uuid7_bytes(SystemClock().now()), tenant=tenant, shard="0")
            commit.events.add().body.Pack(StringValue(value="x"))
            last[tenant] = await log.append(subject, recording.written(commit), last.get(tenant, 0))

    return write


async def until(seen: list[int], position: int, moved: asyncio.Event) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not seen or seen[-1] < position:
            moved.clear()
            await moved.wait()


async def test_a_reader_that_falls_behind_what_is_kept_misses_nothing(
    nats_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tails, "KEPT", 5)
    async with opened(nats_url) as log:
        write, tail = writing(log), Tail(log)
        await write("acme", 10)  # before anybody read
        seen: list[int] = []
        moved, gate = asyncio.Event(), asyncio.Event()
        gate.set()

        async def read() -> None:
            async for batch in tail.entries(3):
                await gate.wait()
                seen.extend(entry.position for entry in batch)
                moved.set()

        async with running(tail.run, read):
            await until(seen, 10, moved)
            gate.clear()
            await write("acme", 30)  # six times what is kept, while the reader sleeps
            async with aclosing(tail.entries(10)) as batches:
                async for batch in batches:
                    if batch[-1].position == 40:
                        break
            gate.set()
            await write("acme", 1)
            await until(seen, 41, moved)
        assert seen == list(range(4, 42))


async def test_a_reader_whose_cancellation_the_client_swallows_ends_all_the_same(
    nats_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(nats_url) as log:
        asked = log.js.add_consumer

        async def swallowing(*given: object, **named: object) -> object:
            """What `asyncio.wait_for` of Python 3.11 does when the answer comes in the turn of the cancellation."""
            answer = await asked(*given, **named)  # type: ignore[arg-type]
            reading.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await turn()
            return answer

        monkeypatch.setattr(log.js, "add_consumer", swallowing)
        reading = asyncio.ensure_future(Tail(log).run())
        await asyncio.wait((reading,), timeout=PATIENCE_S)
        assert reading.cancelled()


async def test_who_wants_one_tenant_is_told_how_far_it_is_while_others_write(nats_url: str) -> None:
    async with opened(nats_url) as log:
        write, tail = writing(log), Tail(log)
        await write("acme", 2)
        await write("other", 2)
        seen: list[int] = []
        upto: list[int] = []
        moved = asyncio.Event()

        async def read() -> None:
            async for position, batch in tail.of(0, "tally", "acme"):
                seen.extend(entry.position for entry in batch)
                upto.append(position)
                moved.set()

        async with running(tail.run, read):
            await until(upto, 4, moved)
            await write("other", 3)
            await until(upto, 7, moved)
            await write("acme", 1)
            await until(upto, 8, moved)
        assert seen == [1, 2, 8]
        assert upto == sorted(upto)
