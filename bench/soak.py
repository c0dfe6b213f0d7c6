"""A working day in minutes, to see whether memory has an end: `make soak`. Prints a table and fails above a ceiling.

Posts come at a steady rate, one in twenty into the same hot thread; agents accept, note, reply and resolve; watches of
every kind are opened and never read; malformed and oversized requests come all the while. Memory is what a process has
for itself (USS), sampled every few seconds. It is bounded in time and stays on loopback.

What holds at the end: no process was restarted, no service is above its ceiling, no hostile request was answered
INTERNAL, and `log verify` finds nothing.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import sys
import time
import uuid
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import grpc
import grpc.aio
import psutil
import uvloop
from _load import SERVICES, TENANT, Posts, Stack
from switchboard.crm.v1 import service_pb2 as crm
from switchboard.crm.v1 import service_pb2_grpc as crm_grpc
from switchboard.ingest.v1 import service_pb2 as ingest
from switchboard.ingest.v1 import service_pb2_grpc as ingest_grpc
from switchboard.kpi.v1 import service_pb2 as kpi
from switchboard.kpi.v1 import service_pb2_grpc as kpi_grpc
from switchboard.log.v1 import integrity_pb2, integrity_pb2_grpc
from switchboard.routing.v1 import service_pb2 as routing
from switchboard.routing.v1 import service_pb2_grpc as routing_grpc
from switchboard.routing.v1.events_pb2 import PRESENCE_AVAILABLE

MIB = 1 << 20
CEILING_MIB = {"ingest": 500, "routing": 600, "crm": 600, "kpi": 400, "nats-server": 600}
"""Against: an idle service has 70 to 90 MiB, its caches up to 200, and a day's dormant cases the rest."""
SAMPLE_S = 5.0
AGENTS = 20
UNREAD = 40
"""Watches of each kind that nobody reads."""
HOT_SHARE = 0.05
PARENT = f"tenants/{TENANT}"
_FILES = {"ingest": "ingest", "routing": "routing", "crm-sync": "crm", "kpi": "kpi", "nats-server": "nats-server"}


@dataclass(slots=True)
class Memory:
    """What the processes of a stack have for themselves, in MiB, sample by sample."""

    stack: Stack
    samples: dict[str, list[float]] = field(default_factory=dict)
    pids: dict[str, int] = field(default_factory=dict)
    restarts: int = 0

    async def run(self) -> None:
        """Samples until cancelled."""
        while True:
            found: dict[str, int] = json.loads((self.stack.state / "processes.json").read_text())
            for process, name in _FILES.items():
                pid = found.get(process, found.get(name, 0))
                self.restarts += self.pids.get(name, pid) != pid
                self.pids[name] = pid
                with suppress(psutil.NoSuchProcess):
                    uss = psutil.Process(pid).memory_full_info().uss
                    self.samples.setdefault(name, []).append(uss / MIB)
            await asyncio.sleep(SAMPLE_S)

    def growth(self, name: str, minutes: float) -> float:
        """MiB per minute over the second half, by its first and last quarter."""
        half = self.samples[name][len(self.samples[name]) // 2 :]
        quarter = max(1, len(half) // 4)
        return (sum(half[-quarter:]) - sum(half[:quarter])) / quarter / max(minutes * 3 / 8, 1 / 60)


class Day:
    """Everything that happens to a stack while it is watched."""

    def __init__(self, stack: Stack, rate: float) -> None:
        self.stack = stack
        self.rate = rate
        self.done: Counter[str] = Counter()
        self.hostile: Counter[str] = Counter()
        self._chance = random.Random(1)
        self._posts = Posts(seed=7)
        self._source = ""
        self.position = ""

    async def run(self, seconds: float) -> None:
        """Lets it happen for so long."""
        self._source = await self.stack.connect()
        until = time.monotonic() + seconds
        agents = [await self._hired(number) for number in range(AGENTS)]
        async with asyncio.TaskGroup() as tasks:
            background = [tasks.create_task(self._work(name)) for name in agents]
            background += [tasks.create_task(self._unread(open_watch)) for open_watch in self._watches(agents[0])]
            background.append(tasks.create_task(self._hostile()))
            await self._deliver(until)
            for task in background:
                task.cancel()

    async def _hired(self, number: int) -> str:
        api = routing_grpc.RoutingServiceStub(self.stack.channels["routing"])
        agent = routing.Agent(display_name=f"Agent {number}", capacity=5)
        asked = routing.CreateAgentRequest(
            parent=PARENT, agent_id=f"soak-{number}", agent=agent, request_id=str(uuid.uuid4())
        )
        name = (await api.CreateAgent(asked, timeout=30, wait_for_ready=True)).agent.name
        await api.SetPresence(
            routing.SetPresenceRequest(name=name, presence=PRESENCE_AVAILABLE, request_id=str(uuid.uuid4()))
        )
        return name

    async def _deliver(self, until: float) -> None:
        api = ingest_grpc.IngestServiceStub(self.stack.channels["ingest"])
        hot = self._posts.take(1)[0]
        hot_id = int(json.loads(hot)["id_str"])

        async def outgoing() -> AsyncIterator[ingest.IngestPostsRequest]:
            began, sent = time.monotonic(), 0
            yield ingest.IngestPostsRequest(source=self._source, deliveries=[ingest.Delivery(payload=hot)])
            while time.monotonic() < until:
                due = int((time.monotonic() - began) * self.rate) - sent
                if due > 0:
                    deliveries = [
                        ingest.Delivery(payload=self._maybe_hot(one, hot_id)) for one in self._posts.take(min(due, 200))
                    ]
                    sent += len(deliveries)
                    yield ingest.IngestPostsRequest(source=self._source, deliveries=deliveries)
                await asyncio.sleep(0.05)

        async for response in api.IngestPosts(outgoing()):
            self.done["posts"] += len(response.results)
            self.position = response.position

    def _maybe_hot(self, payload: bytes, hot_id: int) -> bytes:
        if self._chance.random() >= HOT_SHARE:
            return payload
        status = json.loads(payload)
        status["in_reply_to_status_id"], status["in_reply_to_status_id_str"] = hot_id, str(hot_id)
        return json.dumps(status).encode()

    async def _work(self, agent: str) -> None:
        """Takes what is offered, notes, answers and resolves it; what fails is left, as people do."""
        api = routing_grpc.RoutingServiceStub(self.stack.channels["routing"])
        while True:
            with suppress(grpc.aio.AioRpcError):
                async for change in api.WatchOffers(routing.WatchOffersRequest(agent=agent)):
                    if change.change == routing.OFFER_CHANGE_OPEN and change.HasField("offer"):
                        await self._serve(api, agent, change.offer)
            await asyncio.sleep(0.5)

    async def _serve(self, api: Any, agent: str, offer: Any) -> None:
        about = {"name": offer.case, "agent": agent}
        steps: list[tuple[str, Callable[[], Awaitable[object]]]] = [
            (
                "accepted",
                lambda: api.AcceptOffer(
                    routing.AcceptOfferRequest(**about, token=offer.token, request_id=str(uuid.uuid4()))
                ),
            ),
            (
                "noted",
                lambda: api.NoteCase(routing.NoteCaseRequest(**about, text="seen", request_id=str(uuid.uuid4()))),
            ),
            (
                "replied",
                lambda: api.ReplyToCase(
                    routing.ReplyToCaseRequest(**about, text="We are on it.", request_id=str(uuid.uuid4()))
                ),
            ),
            (
                "resolved",
                lambda: api.ResolveCase(
                    routing.ResolveCaseRequest(**about, disposition="solved", request_id=str(uuid.uuid4()))
                ),
            ),
        ]
        for what, step in steps:
            with suppress(grpc.aio.AioRpcError):
                await step()
                self.done[what] += 1

    def _watches(self, agent: str) -> list[Callable[[], Any]]:
        channels = self.stack.channels
        posts = ingest_grpc.IngestServiceStub(channels["ingest"])
        cases = routing_grpc.RoutingServiceStub(channels["routing"])
        board = kpi_grpc.KpiServiceStub(channels["kpi"])
        return [
            *[lambda: posts.WatchPosts(ingest.WatchPostsRequest(parent=PARENT))] * UNREAD,
            *[lambda: cases.WatchCases(routing.WatchCasesRequest(parent=PARENT))] * UNREAD,
            *[lambda: cases.WatchOffers(routing.WatchOffersRequest(agent=agent))] * UNREAD,
            *[lambda: board.WatchWallboard(kpi.WatchWallboardRequest(parent=PARENT))] * UNREAD,
        ]

    async def _unread(self, open_watch: Callable[[], Any]) -> None:
        """One watch, opened and never read; opened again only when the service ends it."""
        while True:
            watch = open_watch()
            self.done["unread watches"] += 1
            with suppress(grpc.aio.AioRpcError):
                await watch.code()
            await asyncio.sleep(5.0)

    async def _hostile(self) -> None:
        """Requests nobody should send, a few a second; what they are answered is counted."""
        posts = ingest_grpc.IngestServiceStub(self.stack.channels["ingest"])
        cases = routing_grpc.RoutingServiceStub(self.stack.channels["routing"])
        customers = crm_grpc.CustomerServiceStub(self.stack.channels["crm"])
        board = kpi_grpc.KpiServiceStub(self.stack.channels["kpi"])
        wide = " AND ".join(["state=OPEN"] * 10_000)
        owned = ["x" * 200 + str(n) for n in range(1_000)]
        source = ingest.Source(channel="x", owned_accounts=owned)
        calls: list[Callable[[], Awaitable[object]]] = [
            lambda: posts.ListPosts(ingest.ListPostsRequest(parent=PARENT, filter=wide), timeout=20),
            lambda: posts.ListPosts(ingest.ListPostsRequest(parent=PARENT, page_token="bm8gdG9rZW4"), timeout=20),
            lambda: posts.CreateSource(
                ingest.CreateSourceRequest(parent=PARENT, source_id=f"s{uuid.uuid4().hex[:8]}", source=source),
                timeout=20,
            ),
            lambda: posts.IngestPost(
                ingest.IngestPostRequest(source=self._source, delivery=ingest.Delivery(payload=b"[" * 100_000)),
                timeout=20,
            ),
            lambda: cases.ListCases(routing.ListCasesRequest(parent=PARENT, filter="(" * 7_000), timeout=20),
            lambda: cases.GetCase(routing.GetCaseRequest(name=f"{PARENT}/cases/\0"), timeout=20),
            lambda: customers.LookupCustomer(
                crm.LookupCustomerRequest(parent=PARENT, identity=f"{PARENT}/identities/not-a-uuid"), timeout=20
            ),
            lambda: board.QueryMetrics(
                kpi.QueryMetricsRequest(parent=PARENT, metrics=["offered"], filter=wide), timeout=20
            ),
        ]
        while True:
            try:
                await self._chance.choice(calls)()
                self.hostile["OK"] += 1
            except grpc.aio.AioRpcError as error:
                self.hostile[error.code().name] += 1
            await asyncio.sleep(0.2)


async def _verified(stack: Stack) -> list[str]:
    """What `log verify` finds wrong."""
    wrong = []
    for service in SERVICES:
        api = integrity_pb2_grpc.IntegrityServiceStub(stack.channels[service])
        async for finding in api.VerifyIntegrity(integrity_pb2.VerifyIntegrityRequest(), timeout=900):
            if not finding.ok:
                wrong.append(f"{service}: {finding.invariant} {finding.subject}: {finding.detail}")
    return wrong


async def soak(minutes: float, rate: float) -> int:
    """Runs it and prints what was seen; the number of things that do not hold."""
    async with Stack.up() as stack:
        memory, day = Memory(stack), Day(stack, rate)
        sampling = asyncio.create_task(memory.run())
        await day.run(minutes * 60)
        await stack.lags(day.position)
        sampling.cancel()
        wrong = await _verified(stack)
    print(f"{minutes:g} minutes, {rate:g} posts/s, {4 * UNREAD} unread watches, {AGENTS} agents")
    print(f"{'process':<12} {'start':>7} {'most':>7} {'end':>7} {'MiB/min':>8} {'ceiling':>8}")
    for name, seen in memory.samples.items():
        growth = memory.growth(name, minutes)
        print(f"{name:<12} {seen[0]:7.0f} {max(seen):7.0f} {seen[-1]:7.0f} {growth:8.1f} {CEILING_MIB[name]:8}")
        if max(seen) > CEILING_MIB[name]:
            wrong.append(f"{name} had {max(seen):.0f} MiB, its ceiling is {CEILING_MIB[name]}")
    print("done: ", ", ".join(f"{what} {count}" for what, count in sorted(day.done.items())))
    print("hostile requests answered: ", ", ".join(f"{code} {count}" for code, count in sorted(day.hostile.items())))
    if memory.restarts:
        wrong.append(f"{memory.restarts} processes were started again")
    if day.hostile["INTERNAL"] or day.hostile["UNKNOWN"]:
        wrong.append(f"{day.hostile['INTERNAL'] + day.hostile['UNKNOWN']} hostile requests were answered INTERNAL")
    for sentence in wrong:
        print(f"NOT: {sentence}")
    print("holds" if not wrong else f"{len(wrong)} things do not hold")
    return len(wrong)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--rate", type=float, default=150.0, help="posts a second")
    asked = parser.parse_args()
    sys.exit(min(1, uvloop.run(soak(asked.minutes, asked.rate))))


if __name__ == "__main__":
    main()
