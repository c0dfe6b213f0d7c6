"""Everything is killed with -9 at random moments while deliveries go in; then the numbers still add up."""

import asyncio
import random
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import grpc
import grpc.aio
import live_stack
import pytest
import witness
from chassis.clock import SystemClock
from switchboard.ingest.v1.service_pb2 import Delivery, IngestPostsRequest, Result
from switchboard.ingest.v1.service_pb2_grpc import IngestServiceStub
from switchboard.routing.v1 import service_pb2 as routing
from switchboard.routing.v1.events_pb2 import PRESENCE_AVAILABLE
from switchboard.routing.v1.service_pb2_grpc import RoutingServiceStub
from switchboard_cli.deliveries.sending import Stopwatch, worth_sending_again
from switchboard_cli.demo.brands import INDUSTRIES
from switchboard_cli.demo.feed import connect
from switchboard_cli.demo.generator import Planned, generate

TENANT = "faults"
DELIVERIES = 20_000
KILLS = 36
BATCH = 100
UNDER_WAY = 4
VICTIMS = ("ingest", "routing", "crm", "kpi", "nats-server", "postgres")
AGAIN = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.RESOURCE_EXHAUSTED, grpc.StatusCode.DEADLINE_EXCEEDED)
AGENTS = 12


def again(error: grpc.aio.AioRpcError) -> bool:
    """Whether a call may be repeated: somebody is away, or the connection broke under it."""
    return error.code() in AGAIN or worth_sending_again(error)


class Sender:
    """Hands over batches until each was answered; remembers what it was told and never trusts silence."""

    def __init__(self, stack: live_stack.LiveStack, batches: list[IngestPostsRequest]) -> None:
        self._stack = stack
        self._batches = batches
        self.answered = 0
        self.results: Counter[str] = Counter()
        self.acknowledged: set[str] = set()
        self.repeats = 0
        self.progress = asyncio.Condition()

    async def run(self) -> None:
        room = asyncio.Semaphore(UNDER_WAY)
        async with asyncio.TaskGroup() as tasks:
            for batch in self._batches:
                await room.acquire()
                tasks.create_task(self._hand_over(batch)).add_done_callback(lambda _: room.release())

    async def _hand_over(self, batch: IngestPostsRequest) -> None:
        stub = IngestServiceStub(self._stack.channel("ingest"))
        while True:
            try:
                [answer] = [a async for a in stub.IngestPosts(iter([batch]), timeout=60, wait_for_ready=True)]
            except grpc.aio.AioRpcError as error:
                if not again(error):
                    raise
                self.repeats += 1
                continue
            break
        for result in answer.results:
            self.results[Result.Name(result.result).removeprefix("RESULT_")] += 1
            for post in result.posts:
                if post.result in (Result.RESULT_ACCEPTED, Result.RESULT_ECHO):
                    self.acknowledged.add(post.post.rpartition("/")[2])
        async with self.progress:
            self.answered += len(batch.deliveries)
            self.progress.notify_all()


class Desk:
    """One agent who accepts whatever is offered, answers it and settles it, through every outage."""

    def __init__(self, stack: live_stack.LiveStack, number: int) -> None:
        self.name = f"tenants/{TENANT}/agents/agent-{number}"
        self._stack = stack
        self._stub = RoutingServiceStub(stack.channel("routing"))
        self.settled = 0

    async def hire(self) -> None:
        agent = routing.Agent(display_name=self.name[-8:], capacity=3)
        request = routing.CreateAgentRequest(
            parent=f"tenants/{TENANT}", agent_id=self.name.rpartition("/")[2], agent=agent, request_id=str(uuid4())
        )
        await self._insist(self._stub.CreateAgent, request)
        await self._insist(
            self._stub.SetPresence,
            routing.SetPresenceRequest(name=self.name, presence=PRESENCE_AVAILABLE, request_id=str(uuid4())),
        )

    async def create_queues(self) -> None:
        """Those that the sources name."""
        for industry in INDUSTRIES:
            request = routing.CreateQueueRequest(
                parent=f"tenants/{TENANT}", queue_id=industry.queue, request_id=str(uuid4())
            )
            await self._insist(self._stub.CreateQueue, request)

    async def work(self) -> None:
        seen: set[str] = set()
        while True:
            try:
                async for change in self._stub.WatchOffers(
                    routing.WatchOffersRequest(agent=self.name), wait_for_ready=True
                ):
                    if change.change == routing.OFFER_CHANGE_OPEN and change.offer.offer_id not in seen:
                        seen.add(change.offer.offer_id)
                        await self._serve(change.offer)
            except grpc.aio.AioRpcError as error:
                if not again(error):
                    raise

    async def _serve(self, offer: routing.Offer) -> None:
        case = offer.case
        steps = (
            (self._stub.AcceptOffer, routing.AcceptOfferRequest(name=case, agent=self.name, token=offer.token)),
            (self._stub.ReplyToCase, routing.ReplyToCaseRequest(name=case, agent=self.name, text="on it")),
            (self._stub.ResolveCase, routing.ResolveCaseRequest(name=case, agent=self.name, disposition="solved")),
        )
        for call, request in steps:
            request.request_id = str(uuid4())
            if not await self._insist(call, request):
                return
        self.settled += 1

    async def _insist(self, call: object, request: object) -> bool:
        """Repeats through outages under the same request id; False when the matter has moved on meanwhile."""
        while True:
            try:
                await call(request, timeout=30, wait_for_ready=True)  # type: ignore[operator]
                return True
            except grpc.aio.AioRpcError as error:
                if again(error):
                    continue
                if error.code() in (grpc.StatusCode.FAILED_PRECONDITION, grpc.StatusCode.NOT_FOUND):
                    return False
                raise


def in_batches(plan: list[Planned]) -> list[IngestPostsRequest]:
    """The plan in its order, one source per batch."""
    waiting: dict[str, IngestPostsRequest] = {}
    full = []
    for planned in plan:
        name = f"tenants/{TENANT}/sources/{planned.source_id}"
        batch = waiting.setdefault(name, IngestPostsRequest(source=name))
        batch.deliveries.append(Delivery(payload=planned.payload, content_type="application/json"))
        if len(batch.deliveries) == BATCH:
            full.append(waiting.pop(name))
    return full + list(waiting.values())


async def kill_at_random_moments(stack: live_stack.LiveStack, sender: Sender, chance: random.Random) -> Counter[str]:
    """One kill whenever the deliveries have passed the next random mark; every victim is killed equally often."""
    marks = sorted(chance.sample(range(200, DELIVERIES - 1_000), KILLS))
    victims = list(VICTIMS) * (KILLS // len(VICTIMS))
    chance.shuffle(victims)
    killed: Counter[str] = Counter()
    for mark, victim in zip(marks, victims, strict=True):
        async with sender.progress:
            await sender.progress.wait_for(lambda mark=mark: sender.answered >= mark)  # type: ignore[misc]
        await stack.kill(victim)
        killed[victim] += 1
    return killed


@pytest.mark.timeout(600)
async def test_nothing_acknowledged_is_lost_or_doubled_whoever_is_killed(
    state_dir: Path, record_property: Callable[[str, object], None]
) -> None:
    seed = 20_100_514
    plan = generate(SystemClock().now(), DELIVERIES, seed)
    async with live_stack.LiveStack(state_dir) as stack:
        desks = [Desk(stack, n) for n in range(AGENTS)]
        await desks[0].create_queues()
        await connect(stack.channel("ingest"), TENANT)
        for desk in desks:
            await desk.hire()
        clock = Stopwatch()
        sender = Sender(stack, in_batches(list(plan)))
        working = [asyncio.create_task(desk.work()) for desk in desks]
        killing = asyncio.create_task(kill_at_random_moments(stack, sender, random.Random(seed)))
        async with asyncio.timeout(420):
            await sender.run()
            killed = await killing
        for task in working:
            assert not task.done(), task
            task.cancel()
        await asyncio.gather(*working, return_exceptions=True)
        fed_s = clock.seconds()
        await stack.caught_up(TENANT)
        caught_up_s = clock.seconds() - fed_s

        findings = await stack.verify()
        seen = await witness.testify(stack.channel("kpi"), TENANT)

    assert killed == dict.fromkeys(VICTIMS, KILLS // len(VICTIMS))
    assert sum(sender.results.values()) == len(plan)
    assert [f"{f.invariant} {f.subject}: {f.detail}" for f in findings if not f.ok] == []
    assert {f.invariant for f in findings} >= {"I1", "I2", "I3", "I4", "I5", "I9"}
    assert seen.violations == []
    assert sender.acknowledged <= seen.received.keys(), "an acknowledged post is missing"
    assert {post: n for post, n in seen.received.items() if n > 1} == {}, "a post was received twice"
    assert {key: n for key, n in seen.attached.items() if n > 1} == {}, "a post was attached twice"
    assert seen.threaded == seen.received.keys(), "a post has no place in a thread"
    assert seen.addressed <= {post for _, post in seen.attached}, "who spoke to us has no case"
    assert len(seen.addressed) > DELIVERIES // 3
    assert sum(desk.settled for desk in desks) > 0
    record_property("kills", sum(killed.values()))
    record_property("batches repeated", sender.repeats)
    record_property("posts acknowledged", len(sender.acknowledged))
    record_property("commits", seen.commits)
    record_property("events", sum(seen.events.values()))
    record_property("cases settled", sum(desk.settled for desk in desks))
    record_property("seconds", f"fed {fed_s:.0f}, caught up {caught_up_s:.0f}, all {clock.seconds():.0f}")
