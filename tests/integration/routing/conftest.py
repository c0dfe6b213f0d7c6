"""Routing on real servers: the whole service in this process, and a stand-in for ingest that appends its facts."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import grpc
import pytest
import recording
from chassis import process
from chassis.clock import SystemClock, to_timestamp
from chassis.commits import Position, Subject
from chassis.config import Environment, read
from chassis.identity import uuid5, uuid5_bytes, uuid7_bytes
from chassis.log import Log, connect
from chassis.tenants import Tenants
from google.protobuf.message import Message
from provisioned import provision_log, provision_service
from routing.main import RESOURCES, build
from switchboard.ingest.v1 import events_pb2, post_pb2
from switchboard.log.v1 import integrity_pb2, integrity_pb2_grpc, log_pb2
from switchboard.routing.v1 import service_pb2 as api
from switchboard.routing.v1 import service_pb2_grpc

TENANT = "acme"
PLACE = f"tenants/{TENANT}"
_NAMES = "0f0e5b3c-57a4-5c39-8b39-0c3a3f1f6a10"
CLOCK = SystemClock()


def an_id(name: str) -> str:
    """A UUID for a short name, the same every time."""
    return uuid5(_NAMES, name)


def rid() -> str:
    """A new request id."""
    return str(uuid4())


class Ingest:
    """Appends facts of `post` as ingest would."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self._last: dict[Subject, int] = {}

    async def say(self, *facts: Message, shard: str = "0") -> str:
        """One commit; returns its position token."""
        subject = Subject("post", TENANT, shard)
        commit = log_pb2.Commit(commit_id=uuid7_bytes(CLOCK.now()), tenant=TENANT, shard=shard)
        for index, fact in enumerate(facts):
            event = commit.events.add(event_id=uuid5_bytes(commit.commit_id, str(index)))
            event.body.Pack(fact, deterministic=True)
        position = await self._log.append(subject, recording.written(commit), self._last.get(subject, 0))
        self._last[subject] = position
        return Position.encode(position)

    async def connect(self, source_id: str, channel: str = "x") -> str:
        """A source is connected."""
        fact = events_pb2.SourceConnected(source_id=source_id, channel=channel, at=to_timestamp(CLOCK.now()))
        return await self.say(fact, shard="sources")

    async def disconnect(self, source_id: str) -> str:
        """A source is gone."""
        fact = events_pb2.SourceDisconnected(source_id=source_id, at=to_timestamp(CLOCK.now()))
        return await self.say(fact, shard="sources")

    async def post(self, name: str, *links: str, **fields: Any) -> str:
        """One customer's post, linked to others by name."""
        return await self.say(received(name, *links, **fields))


def received(name: str, *links: str, **fields: Any) -> events_pb2.PostReceived:
    """A customer's post as ingest says it; it answers the first of its links."""
    now = to_timestamp(CLOCK.now())
    given: dict[str, Any] = {
        "post_id": an_id(name),
        "channel": "x",
        "source_id": "shop",
        "kind": post_pb2.POST_KIND_POST,
        "direction": post_pb2.DIRECTION_INBOUND,
        "author_kind": post_pb2.AUTHOR_KIND_CUSTOMER,
        "identity_id": an_id("customer"),
        "in_reply_to": an_id(links[0]) if links else "",
        "links": sorted(an_id(link) for link in links),
        "desk": "shop",
        "is_addressed": True,
        "language": "en",
        "published_at": now,
        "received_at": now,
        "reply_quota_left": -1,
        **fields,
    }
    return events_pb2.PostReceived(**given)


@dataclass
class Running:
    """A running routing service and what tests talk to it with."""

    api: Any
    integrity: Any
    ingest: Ingest
    log: Log
    database_url: str

    async def settled(self) -> str:
        """Waits until everything appended so far has had its consequences here; returns the position they end at."""
        answer = await self.integrity.WaitUntil(integrity_pb2.WaitUntilRequest(tenant=TENANT), timeout=30)
        token: str = answer.position
        return token

    async def case_of(self, name: str) -> Any:
        """The case (`Case`) that holds a post."""
        await self.settled()
        wanted = f"{PLACE}/posts/{an_id(name)}"
        listed = await self.api.ListCases(api.ListCasesRequest(parent=PLACE, page_size=1000), timeout=30)
        (found,) = [case for case in listed.cases if wanted in await self.posts_of(case.name)]
        return found

    async def posts_of(self, case: str, page_size: int = 1000) -> list[str]:
        """The posts of a case, read so many at a time."""
        found, token = [], ""
        while True:
            request = api.ListCasePostsRequest(parent=case, page_size=page_size, page_token=token)
            page = await self.api.ListCasePosts(request, timeout=30)
            found += [post.post for post in page.case_posts]
            token = page.next_page_token
            if not token:
                return found

    async def agent(self, agent_id: str = "mia", capacity: int = 1) -> str:
        """Registers an agent who is available; returns its name."""
        given = api.Agent(display_name=agent_id.title(), capacity=capacity)
        create = api.CreateAgentRequest(parent=PLACE, agent_id=agent_id, agent=given, request_id=rid())
        name: str = (await self.api.CreateAgent(create, timeout=30)).agent.name
        await self.api.SetPresence(
            api.SetPresenceRequest(name=name, presence="PRESENCE_AVAILABLE", request_id=rid()), timeout=30
        )
        return name


@pytest.fixture
async def log(nats_url: str) -> AsyncIterator[Log]:
    nc = await connect(nats_url, "test")
    made = Log(nc)
    await provision_log(nc)
    yield made
    await nc.close()


@pytest.fixture
def start(nats_url: str, database_url: str, kek_file: Path) -> Callable[[], Any]:
    """Starts one routing process in this one; an async context manager that gives its port."""

    class Service:
        async def __aenter__(self) -> int:
            await provision_service(RESOURCES, nats_url, database_url)
            environment = Environment(
                {
                    "SWITCHBOARD_NATS_URL": nats_url,
                    "SWITCHBOARD_DATABASE_URL": database_url,
                    "SWITCHBOARD_KEK_FILE": str(kek_file),
                    "SWITCHBOARD_DRAIN_DELAY_S": "0",
                    "SWITCHBOARD_DRAIN_GRACE_S": "1",
                }
            )
            settings = read(environment, "routing", sealing=True)
            environment.check()
            self.stop = asyncio.Event()
            port: asyncio.Future[int] = asyncio.get_running_loop().create_future()

            async def built(made: process.Process) -> None:
                serve = made.serve

                async def noted(server: Any) -> int:
                    port.set_result(await serve(server))
                    return port.result()

                made.serve = noted  # type: ignore[method-assign]
                await build(made)

            self.task = asyncio.create_task(process.run(settings, built, self.stop))
            await asyncio.wait((self.task, port), return_when=asyncio.FIRST_COMPLETED)
            if self.task.done():
                await self.task
            return port.result()

        async def __aexit__(self, *_: object) -> None:
            self.stop.set()
            await self.task

    return Service


@pytest.fixture
async def routing(start: Callable[[], Any], log: Log, database_url: str) -> AsyncIterator[Running]:
    await Tenants(log).ensure(TENANT)
    async with start() as port, grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        ingest = Ingest(log)
        await ingest.connect("shop")
        yield Running(
            service_pb2_grpc.RoutingServiceStub(channel),
            integrity_pb2_grpc.IntegrityServiceStub(channel),
            ingest,
            log,
            database_url,
        )
