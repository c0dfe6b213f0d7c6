"""Requests on their way to a shard's owner: what has expired is not executed, what cannot be read costs an answer."""

import asyncio
import random
import time

import grpc
import nats
import pytest
import tally
from chassis.calls import allow
from chassis.clock import SystemClock
from chassis.commits import Subject
from chassis.errors import InvalidRequest, Moved, Overloaded, StatusError
from chassis.forwarding import Listener, forward
from chassis.membership import owner_of
from google.protobuf.any_pb2 import Any as AnyMessage
from google.protobuf.message import Message
from google.protobuf.wrappers_pb2 import Int64Value, StringValue
from google.rpc.status_pb2 import Status
from replicas import Replica, settled
from switchboard.log.v1 import integrity_pb2, log_pb2, operations_pb2
from tally import Add, opened, running, writer_of
from waiting import becomes

SHARD = Subject("tally", "acme", "0")
COMMAND = "cmd.tally.acme.0"


def packed(message: Message) -> bytes:
    made = AnyMessage()
    made.Pack(message)
    return made.SerializeToString()


def hostile(chance: random.Random) -> tuple[bytes, dict[str, str] | None]:
    """Bytes and headers that no caller of ours would send."""
    data = chance.choice(
        [
            lambda: chance.randbytes(chance.randrange(200)),
            lambda: AnyMessage(
                type_url=chance.choice(["", "x", "a/b.C", "type.googleapis.com/"]), value=b"\xff"
            ).SerializeToString(),
            lambda: AnyMessage(
                type_url="type.googleapis.com/google.protobuf.StringValue", value=chance.randbytes(30)
            ).SerializeToString(),
            lambda: packed(StringValue(value=chance.choice(["", "a", "a:x", ":", "a:1:2", "\0:9"]))),
            lambda: packed(log_pb2.Commit(commit_id=chance.randbytes(16))),
            lambda: packed(
                integrity_pb2.WaitUntilRequest(position=chance.choice(["", "no position", "cAE", "cP______"]))
            ),
            lambda: packed(operations_pb2.ReleaseParkedRequest(key=chance.choice(["", "1.1", ".", "cAE.0", "cAE.-9"]))),
            lambda: packed(operations_pb2.ListParkedRequest(page_token="no token")),
            lambda: packed(operations_pb2.WakeShardRequest()),
        ]
    )()
    left = chance.choice([None, "0.2", "nan", "-1", "x", "", "inf", "1e308", "0x1p3", "٣"])
    known = chance.choice([None, None, "-1", "x", "nan", "9" * 40])
    headers = {"Deadline-Seconds": left, "Known-Position": known, "traceparent": chance.choice([None, "00-x", "\t"])}
    return data, {name: text for name, text in headers.items() if text is not None} or None


@pytest.mark.parametrize("seed", range(3))
async def test_hostile_bytes_on_the_bus_end_nothing(nats_url: str, seed: int) -> None:
    chance = random.Random(seed)
    async with opened(nats_url) as log:
        one = Replica(log, "one")
        stranger = await nats.connect(nats_url)
        async with running(one.run):
            await settled(one)
            await one.tenants.ensure("acme")
            assert await one.add(0, "a:1") == 1
            waiting = []
            for _ in range(200):
                data, headers = hostile(chance)
                if chance.random() < 0.3:
                    await stranger.publish(COMMAND, data, headers=headers)
                else:
                    waiting.append(stranger.request(COMMAND, data, timeout=20, headers=headers))
            for reply in await asyncio.gather(*waiting):
                if reply.headers and "Refused" in reply.headers:
                    status = Status.FromString(reply.data)
                    assert status.code not in {grpc.StatusCode.OK.value[0], grpc.StatusCode.UNKNOWN.value[0]}
                else:
                    AnyMessage.FromString(reply.data)
            assert await one.add(0, "b:1") == 1
            assert (await one.host.describe("acme"))[0].failures == 0
            assert [difference for _, _, difference in await one.host.differences()] == [None] * 4
        await stranger.close()


async def test_a_forwarded_request_that_expired_while_it_waited_is_not_executed(nats_url: str) -> None:
    async with opened(nats_url) as log, opened(nats_url) as other:
        one, two = Replica(log, "one"), Replica(other, "two")
        async with running(one.run, two.run):
            await settled(one, two)
            await one.tenants.ensure("acme")
            number = next(n for n in range(4) if owner_of(f"ev.tally.acme.{n}", frozenset({"one", "two"})) == "two")
            await one.add(number, "a:1")
            writer = two.host._owned["acme", str(number)].writer
            async with writer.commit_lock:
                allow(0.3)
                with pytest.raises(TimeoutError):
                    await one.add(number, "late:1")
                waiting = writer.queue._waiting
                # What it took to get there came on top.
                await becomes(lambda: [one.expires_at < time.monotonic() for one in waiting] == [True], 5)
                allow(30)
            assert await one.add(number, "a:1") == 2
            assert "late" not in writer.state.by_key


async def test_a_command_whose_caller_has_gone_or_waited_too_long_is_not_decided(nats_url: str) -> None:
    async with opened(nats_url) as log:
        writer = writer_of(log, SystemClock())
        gone = asyncio.create_task(writer.submit(Add("gone", 1)))

        async def late() -> None:
            allow(0.0)
            await writer.submit(Add("late", 1))

        waiting, fine = asyncio.create_task(late()), asyncio.create_task(writer.submit(Add("fine", 1)))
        await tally.turn()
        gone.cancel()
        async with running(writer.run):
            await fine
            with pytest.raises(TimeoutError):
                await waiting
        assert writer.state.by_key == {"fine": 1}


async def test_a_request_nobody_answers_in_time_is_told_apart_from_one_that_was_never_sent(nats_url: str) -> None:
    async with opened(nats_url) as log:
        with pytest.raises(nats.errors.NoRespondersError):
            await forward(log.nc, SHARD, StringValue(value="a:1"), 0)
        heard = asyncio.Event()

        async def never(_request: Message, _known: int) -> Message:
            heard.set()
            return await asyncio.Future()

        listener = Listener(log.nc, SHARD, never, {})
        await listener.open()
        allow(0.3)
        with pytest.raises(TimeoutError):
            await forward(log.nc, SHARD, StringValue(value="a:1"), 0)
        assert heard.is_set()
        allow(0.0)
        heard.clear()
        with pytest.raises(TimeoutError):
            await forward(log.nc, SHARD, StringValue(value="a:1"), 0)
        assert not heard.is_set()
        allow(30)
        await listener.close()


async def test_what_is_too_large_for_the_bus_is_refused_before_it_is_sent(nats_url: str) -> None:
    async with opened(nats_url) as log:

        async def large(_request: Message, _known: int) -> Message:
            return StringValue(value="x" * log.nc.max_payload)

        listener = Listener(log.nc, SHARD, large, {})
        await listener.open()
        with pytest.raises(InvalidRequest):
            await forward(log.nc, SHARD, StringValue(value="x" * log.nc.max_payload), 0)
        with pytest.raises(StatusError) as refused:
            await forward(log.nc, SHARD, StringValue(value="a:1"), 0)
        assert refused.value.code is grpc.StatusCode.RESOURCE_EXHAUSTED
        await listener.close()


async def test_an_owner_that_moves_away_says_that_nothing_was_done(nats_url: str) -> None:
    async with opened(nats_url) as log:

        async def moved(_request: Message, _known: int) -> Message:
            raise Moved(SHARD)

        listener = Listener(log.nc, SHARD, moved, {})
        await listener.open()
        with pytest.raises(StatusError) as refused:
            await forward(log.nc, SHARD, Int64Value(), 0)
        assert refused.value.reason == "SHARD_MOVED"
        await listener.close()


async def test_requests_in_hand_are_bounded_in_bytes(nats_url: str) -> None:
    async with opened(nats_url) as log:
        writer = writer_of(log, SystemClock())
        with writer.queue.admitted(60 * 1024 * 1024):
            with pytest.raises(Overloaded), writer.queue.admitted(5 * 1024 * 1024):
                pass
            with writer.queue.admitted(1024):
                assert writer.queue.bytes > 60 * 1024 * 1024
        assert writer.queue.bytes == 0
