"""Routing is killed with -9 while agents reply, also while PostgreSQL stands still: every acknowledged reply ends."""

import asyncio
import itertools
import signal
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import uuid4

import grpc
import grpc.aio
import psutil
import pytest
import recording
from chassis.child import Child
from chassis.clock import SystemClock, to_timestamp
from chassis.commits import Subject, events_of
from chassis.embedded import free_port
from chassis.identity import uuid7
from chassis.log import Log, connect
from chassis.tenants import Tenants
from google.protobuf.message import Message
from provisioned import provision_service
from routing.main import RESOURCES
from switchboard.ingest.v1 import events_pb2 as posts
from switchboard.ingest.v1 import post_pb2
from switchboard.log.v1 import log_pb2
from switchboard.routing.v1 import service_pb2 as api
from switchboard.routing.v1.service_pb2_grpc import RoutingServiceStub
from switchboard_cli.supervision import service_child

TENANT = "faults"
CASES = 40
CALLERS = 40
REPLIES = 1_500
KILLS = 5
AGAIN = (
    grpc.StatusCode.UNAVAILABLE,
    grpc.StatusCode.RESOURCE_EXHAUSTED,
    grpc.StatusCode.DEADLINE_EXCEEDED,
    grpc.StatusCode.NOT_FOUND,  # a process that has just begun may not have read the case yet
)
CLOCK = SystemClock()


class Killed:
    """One routing process that is killed and started again, and what agents ask of it."""

    def __init__(self, child: Child) -> None:
        self.child = child
        self.acknowledged: set[str] = set()
        self._more = asyncio.Condition()
        self._up = asyncio.Event()
        self._up.set()
        self._channel = grpc.aio.insecure_channel(f"127.0.0.1:{child.port}")
        self._stub = RoutingServiceStub(self._channel)

    async def ask(self, method: str, request: Message) -> Message:
        """Repeats a call through every outage, with the same request id."""
        while True:
            await self._up.wait()
            try:
                return await getattr(self._stub, method)(request, timeout=10)  # type: ignore[no-any-return]
            except grpc.aio.AioRpcError as error:
                if error.code() not in AGAIN:
                    raise
                await asyncio.sleep(0.05)

    async def reply(self, agent: str, case: str) -> None:
        request = api.ReplyToCaseRequest(name=case, agent=agent, text="on it", request_id=str(uuid4()))
        answer = await self.ask("ReplyToCase", request)
        async with self._more:
            self.acknowledged.add(answer.reply_id)  # type: ignore[attr-defined]
            self._more.notify_all()

    async def reached(self, count: int) -> None:
        async with self._more:
            await self._more.wait_for(lambda: len(self.acknowledged) >= count)

    async def kill(self) -> None:
        self._up.clear()
        self.child.kill9()
        await self.child.start()
        self._up.set()

    async def close(self) -> None:
        await self._channel.close()


@asynccontextmanager
async def standing_still(server: Child) -> AsyncIterator[None]:
    """PostgreSQL answers nothing and refuses nothing, as on a disk that hangs."""
    assert server.pid is not None
    processes = [psutil.Process(server.pid), *psutil.Process(server.pid).children(recursive=True)]
    try:
        for process in processes:
            process.send_signal(signal.SIGSTOP)
        yield
    finally:
        for process in processes:
            if process.is_running():
                process.send_signal(signal.SIGCONT)


async def accepted_cases(log: Log, routing: Killed) -> list[tuple[str, str]]:
    """Cases of as many customers, each with the agent who has it: (agent, case)."""
    for n in range(2):
        agent = api.Agent(display_name=f"agent {n}", capacity=CASES // 2)
        create = api.CreateAgentRequest(
            parent=f"tenants/{TENANT}", agent_id=f"agent-{n}", agent=agent, request_id=str(uuid4())
        )
        name = (await routing.ask("CreateAgent", create)).agent.name  # type: ignore[attr-defined]
        presence = api.SetPresenceRequest(name=name, presence="PRESENCE_AVAILABLE", request_id=str(uuid4()))
        await routing.ask("SetPresence", presence)
    now = CLOCK.now()
    connected = log_pb2.Commit(commit_id=uuid4().bytes, tenant=TENANT, shard="sources")
    shop = posts.SourceConnected(source_id="shop", channel="x", at=to_timestamp(now))
    connected.events.add(event_id=uuid4().bytes).body.Pack(shop)
    await log.append(Subject("post", TENANT, "sources"), recording.written(connected), 0)
    commit = log_pb2.Commit(commit_id=uuid4().bytes, tenant=TENANT, shard="0")
    for _ in range(CASES):
        fact = posts.PostReceived(
            post_id=uuid7(now),
            channel="x",
            source_id="shop",
            kind=post_pb2.POST_KIND_POST,
            direction=post_pb2.DIRECTION_INBOUND,
            author_kind=post_pb2.AUTHOR_KIND_CUSTOMER,
            identity_id=uuid7(now),
            desk="shop",
            is_addressed=True,
            language="en",
            published_at=to_timestamp(now),
            received_at=to_timestamp(now),
        )
        commit.events.add(event_id=uuid4().bytes).body.Pack(fact)
    await log.append(Subject("post", TENANT, "0"), recording.written(commit), 0)
    listed: list[api.Case] = []
    while len([case for case in listed if case.offer.token]) < CASES:
        request = api.ListCasesRequest(parent=f"tenants/{TENANT}", page_size=1000)
        listed = list((await routing.ask("ListCases", request)).cases)  # type: ignore[attr-defined]
        await asyncio.sleep(0.05)
    for case in listed:
        accept = api.AcceptOfferRequest(
            name=case.name, agent=case.offer.agent, token=case.offer.token, request_id=str(uuid4())
        )
        await routing.ask("AcceptOffer", accept)
    return [(case.offer.agent, case.name) for case in listed]


async def replies_by_end(log: Log) -> tuple[Counter[str], Counter[str]]:
    """How often each reply was asked for, and how often it ended, as the log says."""
    asked: Counter[str] = Counter()
    ended: Counter[str] = Counter()
    async for batch in log.read(subject_filter=f"ev.work.{TENANT}.>"):
        for event in events_of(batch):
            kind = event.type.rpartition(".")[2]
            if kind == "ReplyRequested":
                asked[event.body.reply_id] += 1
            elif kind in ("ReplySent", "ReplyFailed"):
                ended[event.body.reply_id] += 1
    return asked, ended


async def everything_ended(log: Log) -> tuple[Counter[str], Counter[str]]:
    """Waits until all replies ended, at most a minute."""
    asked, ended = await replies_by_end(log)
    for _ in range(120):
        if asked.keys() <= ended.keys():
            break
        await asyncio.sleep(0.5)
        asked, ended = await replies_by_end(log)
    return asked, ended


@pytest.mark.parametrize("stalled", [False, True], ids=["postgresql answers", "postgresql stands still"])
async def test_every_acknowledged_reply_is_sent_whoever_is_killed(
    *,
    stalled: bool,
    nats_url: str,
    postgres_server: Child,
    database_url: str,
    kek_file: Path,
    state_dir: Path,
    record_property: Callable[[str, object], None],
) -> None:
    await provision_service(RESOURCES, nats_url, database_url)
    nc = await connect(nats_url, "test")
    log = Log(nc)
    await Tenants(log).ensure(TENANT)
    (state_dir / "logs").mkdir(exist_ok=True)
    port = free_port()
    environment = {
        "SWITCHBOARD_STATE": str(state_dir),
        "SWITCHBOARD_NATS_URL": nats_url,
        "SWITCHBOARD_DATABASE_URL": database_url,
        "SWITCHBOARD_KEK_FILE": str(kek_file),
        "SWITCHBOARD_GRPC_PORT": str(port),
        "SWITCHBOARD_MEMBER": "routing-0",
        "SWITCHBOARD_DRAIN_DELAY_S": "0",
    }
    child = service_child("routing", "routing.main", port, state_dir, environment)
    await child.start()
    routing = Killed(child)
    try:
        async with asyncio.timeout(60):
            held = await accepted_cases(log, routing)
        turns = iter(itertools.islice(itertools.cycle(held), REPLIES))

        async def caller() -> None:
            for agent, case in turns:
                await routing.reply(agent, case)

        async with asyncio.timeout(240), asyncio.TaskGroup() as tasks:
            for _ in range(CALLERS):
                tasks.create_task(caller())
            for kill in range(1, KILLS + 1):
                await routing.reached(kill * REPLIES // (KILLS + 1))
                if stalled:
                    async with standing_still(postgres_server):
                        await asyncio.sleep(0.3)  # the fault itself, not a wait for it
                        routing.child.kill9()
                await routing.kill()
        asked, ended = await everything_ended(log)
        outbox = await log.js.stream_info("OUTBOX")
    finally:
        child.kill9()
        await routing.close()
        await nc.close()
    assert len(routing.acknowledged) == REPLIES
    assert routing.acknowledged <= asked.keys()
    assert asked.keys() - ended.keys() == set(), "neither sent nor failed"
    assert {reply: n for reply, n in ended.items() if n > 1} == {}
    assert outbox.state.messages == len(asked), "each left once"
    record_property("kills", KILLS)
    record_property("replies acknowledged", len(routing.acknowledged))
    record_property("ended", sum(ended.values()))
