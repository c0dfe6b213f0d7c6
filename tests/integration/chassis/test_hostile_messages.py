"""Whatever stands in the log, on the bus or among the inputs: nobody ends, and others go on."""

import json
import random

import nats
import pytest
import recording
from chassis.clock import SystemClock
from chassis.commits import Recorded, Subject
from chassis.identity import uuid5_bytes, uuid7_bytes
from chassis.inputs import Inputs
from google.protobuf.message import Message
from google.protobuf.wrappers_pb2 import BytesValue, Int64Value, StringValue
from msgspec import msgpack
from replicas import Replica, settled
from switchboard.log.v1 import log_pb2, operations_pb2
from tally import Add, opened, running


def commit_of(subject: Subject, chance: random.Random) -> log_pb2.Commit:
    """A commit that nothing is wrong with but what is in it."""
    commit = log_pb2.Commit(commit_id=uuid7_bytes(SystemClock().now()), tenant=subject.tenant, shard=subject.shard)
    for index in range(chance.randrange(1, 5)):
        event = commit.events.add(event_id=uuid5_bytes(commit.commit_id, str(index)))
        kind = chance.choice(["unknown type", "random body", "another message", "odd value", "no type", "fine"])
        match kind:
            case "unknown type":
                event.body.type_url = "type.googleapis.com/switchboard.work.v9.SomethingNew"
                event.body.value = chance.randbytes(20)
            case "random body":
                event.body.type_url = "type.googleapis.com/google.protobuf.StringValue"
                event.body.value = chance.randbytes(20)
            case "another message":
                event.body.Pack(chance.choice([Int64Value(value=1), BytesValue(value=b"x"), log_pb2.Commit()]))
            case "odd value":
                event.body.Pack(StringValue(value=chance.choice(["", "[]", "null", '["a"]', '["a", "1", 2]', "\0"])))
            case "fine":
                event.body.Pack(StringValue(value=json.dumps(["a", 1, 1])))
    return commit


def garbage(subject: Subject, chance: random.Random) -> bytes:
    """What is no commit of this shard."""
    foreign: Message = chance.choice(
        [
            StringValue(value="x"),
            log_pb2.Commit(commit_id=b"short"),
            log_pb2.Event(actor="x"),
            operations_pb2.Shard(name="y"),
        ]
    )
    begins = b"\x98" + msgpack.encode(bytes(16)) + msgpack.encode(subject.tenant) + msgpack.encode(subject.shard)
    no_text, too_deep = b"\xa2\xff\xff", b"\x91" * 10_000
    return chance.choice(
        [
            chance.randbytes(chance.randrange(300)),
            foreign.SerializeToString(),
            b"hello",
            begins + no_text,
            begins + bytes(3) + b"\x91\x93\x00\xa0" + too_deep,
        ]
    )


def react(recorded: Recorded) -> Add | None:
    key, amount, _ = json.loads(recorded.body.value)
    return Add(f"copy-{key}", amount + 0)


@pytest.mark.parametrize("seed", range(2))
async def test_whatever_is_in_the_log_no_task_group_ends_and_other_tenants_go_on(nats_url: str, seed: int) -> None:
    chance = random.Random(seed)
    async with opened(nats_url) as log, opened(nats_url) as own:
        tallies, copies = Replica(log, "one"), Replica(own, "one", "copy", Inputs("source", react))
        stranger = await nats.connect(nats_url)
        async with running(tallies.run, copies.run):
            await settled(tallies)
            await settled(copies)
            for tenant in ("acme", "bravo"):
                await tallies.tenants.ensure(tenant)
                assert (await tallies.host.call(tenant, "0", StringValue(value="a:1"), Int64Value)).value == 1
            expected, end = 0, 0
            source = Subject("source", "acme", "0")
            for round_ in range(40):
                # garbage on a shard's own subject, well-formed commits of another version on a second one's
                await log.js.publish("ev.tally.acme.0", garbage(Subject("tally", "acme", "0"), chance), timeout=10)
                if round_ == 20:
                    other = Subject("tally", "acme", "1")
                    await log.js.publish(str(other), commit_of(other, chance).SerializeToString(), timeout=10)
                await stranger.publish(f"cmd.tally.acme.{chance.randrange(4)}", garbage(source, chance), reply="nobody")
                inputs = commit_of(source, chance)
                end = await log.append(source, recording.written(inputs), end)
                expected += len(inputs.events)
                if round_ % 10 == 9:
                    value = (await tallies.host.call("bravo", "0", StringValue(value="a:1"), Int64Value)).value
                    assert value == 2 + round_ // 10
            assert (await tallies.host.call("acme", "0", StringValue(value="a:1"), Int64Value)).value == 2
            await copies.host.caught_up("acme", end)
            await copies.host.caught_up("bravo", end)
            parked = await copies.host.parked("acme")
            taken = [owned.writer.state.by_key.get("copy-a", 0) for owned in copies.host._owned.values()]
            assert len(parked) + sum(taken) == 4 * expected
            for host in (tallies.host, copies.host):
                wrong = [str(subject) for subject, _, difference in await host.differences() if difference]
                assert set(wrong) <= {"ev.tally.acme.1"}
            states = {shard.name: shard.state for shard in await tallies.host.describe()}
            del states["ev.tally.acme.1"]
            assert set(states.values()) == {operations_pb2.SHARD_STATE_SERVING}
        await stranger.close()
