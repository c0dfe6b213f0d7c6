"""Everything a log, a bus and a caller can be made to hold is thrown at one tenant; the others notice nothing."""

import asyncio
import random
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import grpc.aio
import hostile_events
import live_stack
import pytest
import recording
from chassis.commits import Subject
from chassis.identity import uuid5_bytes, uuid7_bytes
from chassis.log import Conflict, Log, connect
from google.protobuf.message import Message
from switchboard.crm.v1 import events_pb2 as crm_events
from switchboard.ingest.v1 import events_pb2 as post_events
from switchboard.ingest.v1 import service_pb2 as ingest
from switchboard.ingest.v1.service_pb2_grpc import IngestServiceStub
from switchboard.kpi.v1 import events_pb2 as kpi_events
from switchboard.log.v1 import log_pb2, operations_pb2
from switchboard.log.v1.operations_pb2_grpc import OperationsServiceStub
from switchboard.routing.v1 import events_pb2 as work_events
from switchboard.routing.v1 import service_pb2 as routing
from switchboard.routing.v1.events_pb2 import PRESENCE_AVAILABLE
from switchboard.routing.v1.service_pb2_grpc import RoutingServiceStub

GOOD, EVIL = "tenants/good", "tenants/evil"
BYTES_MAX = 50_000
"""Of one hostile event; larger ones are the business of the laws of the chassis."""
PER_TYPE = 10
CONTEXTS = {"post": post_events, "work": work_events, "crm": crm_events, "kpi": kpi_events}


def hostile_events_of(file: object, chance: random.Random) -> list[Message]:
    """A few hostile events of every type of a contract."""
    found = []
    for name in file.DESCRIPTOR.message_types_by_name.values():  # type: ignore[attr-defined]
        events = [one for one in hostile_events.hostile(name.full_name, "evil", 10) if one.ByteSize() < BYTES_MAX]
        found += chance.sample(events, min(PER_TYPE, len(events)))
    return found


def commit_of(subject: Subject, events: list[Message], chance: random.Random) -> log_pb2.Commit:
    """A well-formed commit of events nobody should have decided, one of an unknown type among them."""
    commit = log_pb2.Commit(commit_id=uuid7_bytes(chance.randrange(2**40)), tenant=subject.tenant, shard=subject.shard)
    for index, body in enumerate(events):
        event = commit.events.add(event_id=uuid5_bytes(commit.commit_id, str(index)))
        event.body.Pack(body, deterministic=True)
    unknown = commit.events.add(event_id=uuid5_bytes(commit.commit_id, str(len(events))))
    unknown.body.type_url = f"type.googleapis.com/switchboard.future.v{chance.randrange(9)}.Happened"
    unknown.body.value = chance.randbytes(20)
    return commit


class Tenant:
    """One tenant as its people use it."""

    def __init__(self, stack: live_stack.LiveStack, parent: str) -> None:
        self.parent = parent
        self.source = f"{parent}/sources/own"
        self.ingest = IngestServiceStub(stack.channel("ingest"))
        self.routing = RoutingServiceStub(stack.channel("routing"))
        self.number = 0

    async def begin(self) -> None:
        source = ingest.Source(channel="x")
        await self.ingest.CreateSource(
            ingest.CreateSourceRequest(parent=self.parent, source_id="own", source=source), wait_for_ready=True
        )
        agent = routing.Agent(display_name="Mia", capacity=100)
        made = await self.routing.CreateAgent(
            routing.CreateAgentRequest(parent=self.parent, agent_id="mia", agent=agent, request_id=str(uuid4())),
            wait_for_ready=True,
        )
        await self.routing.SetPresence(
            routing.SetPresenceRequest(name=made.agent.name, presence=PRESENCE_AVAILABLE, request_id=str(uuid4()))
        )

    async def post(self) -> str:
        """Hands over one post; the position at which it is durable."""
        self.number += 1
        payload = b'{"id_str":"%d","created_at":"Mon Mar 02 09:00:00 +0000 2026","text":"where is it?",' % self.number
        payload += b'"user":{"id_str":"7%d","screen_name":"u%d"}}' % (self.number, self.number)
        request = ingest.IngestPostRequest(source=self.source, delivery=ingest.Delivery(payload=payload))
        answer = await self.ingest.IngestPost(request, timeout=30)
        assert answer.result.result == ingest.RESULT_ACCEPTED
        return answer.position


@pytest.fixture
def chance() -> random.Random:
    return random.Random(20261128)


async def test_whatever_one_tenant_holds_no_process_ends_and_the_other_tenants_go_on(
    tmp_path: Path, chance: random.Random, record_property: Callable[[str, object], None]
) -> None:
    async with live_stack.LiveStack(tmp_path / "stack") as stack:
        good, evil = Tenant(stack, GOOD), Tenant(stack, EVIL)
        await good.begin()
        await evil.begin()
        await evil.post()
        await stack.caught_up("good")
        pids = stack.pids()
        nc = await connect(stack.nats_url, "hostile")
        log = Log(nc)
        thrown: Counter[str] = Counter()
        for context, file in CONTEXTS.items():
            events = hostile_events_of(file, chance)
            chance.shuffle(events)
            shards = sorted({s for s in await log.subjects() if (s.context, s.tenant) == (context, "evil")}, key=str)
            for subject in shards or [Subject(context, "evil", "0")]:
                for at in range(0, len(events), 20):
                    commit = commit_of(subject, events[at : at + 20], chance)
                    while True:  # the shard's owner writes as well
                        last = await log.last(str(subject))
                        try:
                            await log.append(subject, recording.written(commit), 0 if last is None else last.position)
                            break
                        except Conflict:
                            continue
                    thrown["hostile events"] += len(commit.events)
                    await nc.publish(str(subject), chance.randbytes(chance.randrange(200)))
                    await nc.publish(f"cmd.{context}.evil.{subject.shard}", chance.randbytes(40), reply="nobody.there")
                    await nc.publish(f"cmd.{context}.evil.{subject.shard}", b"", headers={"Deadline-Seconds": "nan"})
                    thrown["garbage"] += 3
            position = await good.post()
            await asyncio.gather(evil.post(), return_exceptions=True)
            await stack.caught_up("good", position)
        await nc.close()
        assert stack.pids() == pids, "every process is the one that was there before"
        offers = {case.state for case in (await good.routing.ListCases(routing.ListCasesRequest(parent=GOOD))).cases}
        assert offers == {routing.CASE_STATE_OFFERED}
        shards = []
        for service in ("ingest", "routing", "crm", "kpi"):
            api = OperationsServiceStub(stack.channel(service))
            shards += (await api.ListShards(operations_pb2.ListShardsRequest(), timeout=30)).shards
        of_good = [one for one in shards if ".good." in one.name]
        assert of_good
        assert {one.state for one in of_good} == {operations_pb2.SHARD_STATE_SERVING}
        assert all(one.failure for one in shards if one.state == operations_pb2.SHARD_STATE_RESTING)
        findings = await stack.verify()
        wrong = [f for f in findings if not f.ok and f.invariant in ("I2", "I3", "I5")]
        assert not wrong, wrong
        assert not [f for f in findings if not f.ok and ".good." in f.subject]
        for what, count in thrown.items():
            record_property(what, count)
        record_property("shards that rest", sum(one.state == operations_pb2.SHARD_STATE_RESTING for one in shards))
        assert isinstance(stack.channel("kpi"), grpc.aio.Channel)
