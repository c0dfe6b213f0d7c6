"""The demo's agents: they watch offers, accept, reply, resolve. Clients of routing like any desktop; they know no log.

Times are simulated minutes. What an agent cannot do because somebody or something was faster is noted, not repeated;
what the service cannot do right now is tried again with the same request id.
"""

import asyncio
import uuid
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any, TypeVar

import grpc
import grpc.aio
from chassis.clock import Clock, Instant
from google.protobuf.message import Message
from switchboard.routing.v1 import service_pb2 as api
from switchboard.routing.v1.events_pb2 import Presence, Skill
from switchboard.routing.v1.service_pb2_grpc import RoutingServiceStub

from switchboard_cli.demo.brands import INDUSTRIES, Industry
from switchboard_cli.demo.day import START, after, sleep_until
from switchboard_cli.demo.journal import Journal, now
from switchboard_cli.demo.phrases import reply
from switchboard_cli.demo.tracing import Story

NAMES = (
    "An", "Bo", "Cai", "Dana", "Emin", "Fei", "Gao", "Hui", "Ida", "Jin", "Kai", "Lan", "Mei", "Nils",
)  # fmt: skip
REACTION_MIN = (0.5, 2.0)
WRAP_UP_MIN = 6.0
LATENCY_MIN = 3.0
"""What offer, acceptance and reply take of a rhythm, in simulated minutes."""
HASTE_MIN = 3.0
"""Nobody answers faster than this."""
RESOLVED_EVERY = 10
"""Each agent settles every tenth case for good."""
CALL_S = 10.0
LONGEST_S = 10.0
SENT_ATTEMPTS = 40
SENT_AGAIN_S = 0.25
AGAIN = (
    grpc.StatusCode.UNAVAILABLE,
    grpc.StatusCode.RESOURCE_EXHAUSTED,
    grpc.StatusCode.DEADLINE_EXCEEDED,
    grpc.StatusCode.ABORTED,
)
TOO_LATE = (grpc.StatusCode.FAILED_PRECONDITION, grpc.StatusCode.NOT_FOUND)

Q = TypeVar("Q", bound=Message)
A = TypeVar("A", bound=Message)


@dataclass(slots=True)
class Workplace:
    """What all agents share."""

    channel: grpc.aio.Channel
    clock: Clock
    tenant: str
    journal: Journal
    stories: Sequence[Story] = ()
    stub: Any = field(init=False)

    def __post_init__(self) -> None:
        self.stub = RoutingServiceStub(self.channel)

    async def call(self, method: Callable[..., Awaitable[A]], request: Q, act: str, traceparent: str = "") -> A | None:
        """The answer; None when it is too late for that. Tries again while the service is away."""
        metadata = (("traceparent", traceparent),) if traceparent else None
        while True:
            try:
                return await method(request, timeout=CALL_S, metadata=metadata)
            except grpc.aio.AioRpcError as error:
                if error.code() in TOO_LATE:
                    self.journal.gone[act] += 1
                    return None
                if error.code() not in AGAIN:
                    raise
                await asyncio.sleep(0.1)


@dataclass(slots=True)
class Person:
    """One agent."""

    agent_id: str
    display_name: str
    industry: Industry
    skills: tuple[tuple[str, int], ...]
    random: Random
    turns: int = 0
    """Cases taken so far, where a rhythm is kept."""
    served: int = 0
    """Cases answered so far; begins anywhere below RESOLVED_EVERY, so that not all settle the same ones."""

    def name(self, tenant: str) -> str:
        return f"tenants/{tenant}/agents/{self.agent_id}"


def staff(seed: int) -> list[Person]:
    """Everybody, the same for the same seed."""
    random = Random(seed)  # noqa: S311 (a demo's chance)
    people = []
    for industry in INDUSTRIES:
        for index in range(industry.desk.agents):
            name = NAMES[index % len(NAMES)]
            languages = (("lang:zh", random.randint(3, 5)), ("lang:en", random.randint(3, 5)))
            agent_id = f"{industry.queue}-{name.lower()}"
            chance = Random(f"{seed} {agent_id}")  # noqa: S311
            people.append(Person(agent_id, name, industry, languages, chance, served=3 * index % RESOLVED_EVERY))
    return people


async def hire(workplace: Workplace, people: Sequence[Person]) -> None:
    """Queues and agents; the desks that open with the day are open after this."""
    parent = f"tenants/{workplace.tenant}"
    stub = workplace.stub
    for industry in INDUSTRIES:
        queue = api.Queue(
            display_name=industry.key.title(), first_response_s=industry.desk.promise_s, offer_timeout_s=4 * 3_600
        )
        request = api.CreateQueueRequest(parent=parent, queue_id=industry.queue, queue=queue, request_id=_fresh())
        await workplace.call(stub.CreateQueue, request, "create a queue")

    async def one(person: Person) -> None:
        agent = api.Agent(
            display_name=person.display_name,
            capacity=person.industry.desk.capacity,
            skills=[Skill(name=name, level=level) for name, level in sorted(person.skills)],
            queues=[f"{parent}/queues/{person.industry.queue}"],
        )
        request = api.CreateAgentRequest(parent=parent, agent_id=person.agent_id, agent=agent, request_id=_fresh())
        await workplace.call(stub.CreateAgent, request, "create an agent")
        if person.industry.desk.opens_h == 0:
            await _open(workplace, person)

    await asyncio.gather(*(one(person) for person in people))


async def _present(workplace: Workplace, person: Person, presence: Presence) -> None:
    request = api.SetPresenceRequest(name=person.name(workplace.tenant), presence=presence, request_id=_fresh())
    await workplace.call(workplace.stub.SetPresence, request, "set presence")


async def _open(workplace: Workplace, person: Person) -> None:
    await _present(workplace, person, Presence.PRESENCE_AVAILABLE)
    workplace.journal.free[person.industry.key] += person.industry.desk.capacity


async def work(workplace: Workplace, person: Person) -> None:
    """One agent's day; returns when the desk has closed and the last case is done."""
    closes = after(START, hours=person.industry.desk.closes_h)
    if person.industry.desk.opens_h > 0:
        await sleep_until(workplace.clock, after(START, hours=person.industry.desk.opens_h))
        await _open(workplace, person)
    async with asyncio.TaskGroup() as group:
        watching = group.create_task(_watch(workplace, person, group))
        await sleep_until(workplace.clock, closes)
        watching.cancel()
        await _present(workplace, person, Presence.PRESENCE_OFFLINE)
        workplace.journal.free[person.industry.key] = 0


async def _watch(workplace: Workplace, person: Person, group: asyncio.TaskGroup) -> None:
    token = ""
    known: set[str] = set()
    while True:
        request = api.WatchOffersRequest(agent=person.name(workplace.tenant), resume_token=token)
        try:
            async for change in workplace.stub.WatchOffers(request):
                token = change.resume_token or token
                if change.change == api.OfferChange.OFFER_CHANGE_OPEN and change.offer.offer_id not in known:
                    known.add(change.offer.offer_id)
                    group.create_task(_take(workplace, person, change.offer, now()))
        except grpc.aio.AioRpcError as error:
            if error.code() not in (*AGAIN, grpc.StatusCode.OUT_OF_RANGE):
                raise
            if error.code() is grpc.StatusCode.OUT_OF_RANGE:
                token = ""
        await asyncio.sleep(0.1)


async def _take(workplace: Workplace, person: Person, offer: api.Offer, arrived: float) -> None:
    """One case from offer to wrap-up."""
    journal, industry = workplace.journal, person.industry.key
    journal.free[industry] -= 1
    try:
        await _minutes(workplace, person.random.uniform(*REACTION_MIN))
        await _serve(workplace, person, offer, arrived)
    finally:
        journal.free[industry] += 1


async def _serve(workplace: Workplace, person: Person, offer: api.Offer, arrived: float) -> None:
    journal, stub, industry = workplace.journal, workplace.stub, person.industry
    agent = person.name(workplace.tenant)
    story = await _story(workplace, offer)
    take = api.AcceptOfferRequest(name=offer.case, agent=agent, token=offer.token, request_id=_fresh())
    accepted = await _told(workplace, story, "accepts the offer", method=stub.AcceptOffer, request=take, act="accept")
    if accepted is None:
        return
    journal.accepted[industry.key] += 1
    journal.offered(await _posts(workplace, offer.case, accepted.position), arrived)
    await _handle(workplace, person)
    text = reply(accepted.case.language.startswith("zh"), person.display_name, person.random.randrange(100))
    say = api.ReplyToCaseRequest(name=offer.case, agent=agent, text=text, request_id=_fresh())
    if (
        await _told(workplace, story, "replies to the customer", method=stub.ReplyToCase, request=say, act="reply")
        is not None
    ):
        journal.replied[industry.key] += 1
    person.served += 1
    await _minutes(workplace, WRAP_UP_MIN)
    await _sent(workplace, offer.case)
    if story is not None or person.served % RESOLVED_EVERY == 0:
        settle = api.ResolveCaseRequest(name=offer.case, agent=agent, disposition="solved", request_id=_fresh())
        if (
            await _told(workplace, story, "resolves the case", method=stub.ResolveCase, request=settle, act="resolve")
            is not None
        ):
            journal.resolved[industry.key] += 1
    else:
        release = api.ReleaseCaseRequest(name=offer.case, agent=agent, reason="answered", request_id=_fresh())
        await workplace.call(stub.ReleaseCase, release, "release")


async def _sent(workplace: Workplace, case: str) -> None:
    """Until the channel has taken the reply: whoever lets go of a case before finds it in the queue again."""
    request = api.GetCaseRequest(name=case)
    for _ in range(SENT_ATTEMPTS):
        answer = await workplace.call(workplace.stub.GetCase, request, "look")
        if answer is None or answer.case.HasField("answered_at"):
            return
        await asyncio.sleep(SENT_AGAIN_S)


async def _handle(workplace: Workplace, person: Person) -> None:
    """The time between taking a case and answering. Whoever has one case at a time keeps to a rhythm, so that a slow
    machine makes nobody work less; the others take their time after each offer."""
    desk = person.industry.desk
    minutes = person.random.uniform(*desk.handling_min)
    if desk.capacity > 1:
        await _minutes(workplace, minutes)
        return
    rhythm = sum(desk.handling_min) / 2 + WRAP_UP_MIN + LATENCY_MIN
    answered = after(START, hours=desk.opens_h, minutes=person.turns * rhythm + minutes)
    person.turns += 1
    soonest = after(workplace.clock.now(), minutes=HASTE_MIN)
    await _until(workplace, max(answered, soonest))


async def _told(
    workplace: Workplace,
    story: Story | None,
    name: str,
    *,
    method: Callable[..., Awaitable[A]],
    request: Q,
    act: str,
) -> A | None:
    if story is None:
        return await workplace.call(method, request, act)
    with story.act("desktop", name) as traceparent:
        return await workplace.call(method, request, act, traceparent)


async def _story(workplace: Workplace, offer: api.Offer) -> Story | None:
    """The story this offer belongs to; asked for only while one is still without its case."""
    open_stories = {story.post: story for story in workplace.stories if story.post and not story.case}
    if not open_stories:
        return None
    for post in await _posts(workplace, offer.case):
        if post in open_stories:
            open_stories[post].case = offer.case
            return open_stories[post]
    return None


async def _posts(workplace: Workplace, case: str, position: str = "") -> list[str]:
    """The case's posts, a thousand at most; none when nobody can say: a story without a case has no end."""
    request = api.ListCasePostsRequest(parent=case, page_size=1000, min_position=position)
    try:
        answer = await workplace.stub.ListCasePosts(request, timeout=CALL_S)
    except grpc.aio.AioRpcError:
        return []
    return [post.post for post in answer.case_posts]


async def _minutes(workplace: Workplace, minutes: float) -> None:
    await _until(workplace, after(workplace.clock.now(), minutes=minutes))


async def _until(workplace: Workplace, instant: Instant) -> None:
    """Until that instant; a moment at most when the day is over and time passes as it does."""
    await asyncio.sleep(min(LONGEST_S, workplace.clock.seconds_until(instant)))


def _fresh() -> str:
    return str(uuid.uuid4())
