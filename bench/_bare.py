"""The first peer: a pipeline of nats-py, pydantic and asyncpg with batches made by hand, as one would write it today.

`intake` answers IngestPosts: it reads each payload with pydantic and publishes it under its id, which JetStream uses to
drop a repetition within two minutes. `writer` takes up to two thousand posts at a time and writes posts, authors and
contacts in one transaction; then it acknowledges. A contact is an author with posts; a new one gets the agent who has
the fewest, or waits.

With PEER_PACKED set, the posts of a call are one message, whose id is theirs together. That is much cheaper, and no
message broker's idiom: what filters, repeats, drops and acknowledges is the call then, so a post that comes in two
calls is two in the log, and every reader has to notice.

What neither has: sealed content, replay into another table, threads, desks, offers that expire, cases with a history,
customers, metrics, tenants, quarantine, a second replica of `writer`, or proof that any of it is so.
"""

from __future__ import annotations

import asyncio
import gc
import hashlib
import os
import sys
from collections import Counter
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import asyncpg
import grpc.aio
import nats
import uvloop
from _status import Status
from chassis.process import GARBAGE
from nats.js.api import ConsumerConfig, StreamConfig
from pydantic import BaseModel, TypeAdapter
from switchboard.ingest.v1 import service_pb2, service_pb2_grpc

STREAM = "POSTS"
WRITER = "writer"
AGENTS, CAPACITY = 20, 10
PACKED = bool(os.environ.get("PEER_PACKED"))
TOGETHER = 10 if PACKED else 2_000
"""Messages in one transaction."""
SCHEMA = """
create table if not exists posts (
    id text primary key,
    author_id text not null,
    kind text not null,
    text text not null,
    language text,
    in_reply_to text,
    published_at timestamptz not null,
    received_at timestamptz not null
);
create index if not exists posts_published on posts (published_at);
create index if not exists posts_author on posts (author_id, published_at);
create table if not exists authors (
    id text primary key,
    handle text not null,
    name text not null,
    location text,
    description text,
    url text,
    followers integer not null,
    verified boolean not null
);
create table if not exists contacts (
    author_id text primary key,
    first_post text not null,
    agent text,
    opened_at timestamptz not null
);
create index if not exists contacts_agent on contacts (agent) where agent is not null;
"""
NEW_POSTS = """
insert into posts select * from unnest(
    $1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::timestamptz[], $8::timestamptz[])
on conflict (id) do nothing
"""
AUTHORS = """
insert into authors select * from unnest(
    $1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::integer[], $8::boolean[])
on conflict (id) do update set handle = excluded.handle, name = excluded.name, location = excluded.location,
    description = excluded.description, url = excluded.url, followers = excluded.followers, verified = excluded.verified
"""
NEW_CONTACTS = """
insert into contacts select author_id, first_post, null, opened_at
from unnest($1::text[], $2::text[], $3::timestamptz[]) as new (author_id, first_post, opened_at)
on conflict (author_id) do nothing returning author_id
"""
ASSIGNED = """
update contacts set agent = given.agent from unnest($1::text[], $2::text[]) as given (author_id, agent)
where contacts.author_id = given.author_id
"""


class Author(BaseModel):
    id: str
    handle: str
    name: str
    location: str | None
    description: str | None
    url: str | None
    followers: int
    verified: bool


class Post(BaseModel):
    id: str
    author: Author
    kind: str
    text: str
    language: str | None
    in_reply_to: str | None
    published_at: datetime
    received_at: datetime


Batch = TypeAdapter(list[Post])


def normalised(payload: bytes, now: datetime) -> Post:
    status = Status.model_validate_json(payload)
    user = status.user
    return Post(
        id=status.id_str,
        author=Author(
            id=user.id_str,
            handle=user.screen_name,
            name=user.name,
            location=user.location,
            description=user.description,
            url=user.url,
            followers=user.followers_count,
            verified=user.verified,
        ),
        kind=status.kind("acme"),
        text=status.text,
        language=status.lang,
        in_reply_to=status.in_reply_to_status_id_str,
        published_at=status.created_at,
        received_at=now,
    )


class Intake(service_pb2_grpc.IngestServiceServicer):
    def __init__(self, js: nats.js.JetStreamContext) -> None:
        self._js = js

    async def IngestPosts(  # type: ignore[override]  # noqa: N802
        self, requests: AsyncIterator[service_pb2.IngestPostsRequest], context: grpc.aio.ServicerContext
    ) -> AsyncIterator[service_pb2.IngestPostsResponse]:
        accepted = service_pb2.DeliveryResult(result=service_pb2.RESULT_ACCEPTED)
        async for request in requests:
            now = datetime.now(UTC)
            posts = [normalised(delivery.payload, now) for delivery in request.deliveries]
            position = await (self._packed(posts) if PACKED else self._each(posts))
            yield service_pb2.IngestPostsResponse(results=[accepted] * len(posts), position=str(position))

    async def _each(self, posts: list[Post]) -> int:
        told = [
            await self._js.publish_async("posts.x", Batch.dump_json([post]), headers={"Nats-Msg-Id": post.id})
            for post in posts
        ]
        return max(one.seq for one in await asyncio.gather(*told))

    async def _packed(self, posts: list[Post]) -> int:
        batch_id = hashlib.sha256(" ".join([post.id for post in posts]).encode()).hexdigest()
        told = await self._js.publish("posts.x", Batch.dump_json(posts), headers={"Nats-Msg-Id": batch_id})
        return told.seq


class Writer:
    def __init__(self, js: nats.js.JetStreamContext, database: asyncpg.Connection) -> None:
        self._js = js
        self._database = database
        self._load: Counter[str] = Counter({f"agent-{number}": 0 for number in range(AGENTS)})

    async def run(self) -> None:
        held = await self._database.fetch("select agent, count(*) from contacts where agent is not null group by agent")
        self._load.update(dict(held))  # type: ignore[arg-type]
        config = ConsumerConfig(ack_wait=5.0, max_ack_pending=5 * TOGETHER)
        waiting = await self._js.pull_subscribe("posts.>", durable=WRITER, stream=STREAM, config=config)
        while True:
            try:
                messages = await waiting.fetch(TOGETHER, timeout=5.0)
            except TimeoutError:
                continue
            if messages:  # nats-py may also answer with none
                await self._write([post for message in messages for post in Batch.validate_json(message.data)])
            for message in messages:
                await message.ack()

    async def _write(self, posts: list[Post]) -> None:
        authors = {post.author.id: post.author for post in posts}
        first = {post.author.id: post for post in reversed(posts)}
        async with self._database.transaction():
            columns = zip(
                *(
                    (p.id, p.author.id, p.kind, p.text, p.language, p.in_reply_to, p.published_at, p.received_at)
                    for p in posts
                ),
                strict=True,
            )
            await self._database.execute(NEW_POSTS, *columns)
            await self._database.execute(
                AUTHORS,
                *zip(
                    *(
                        (a.id, a.handle, a.name, a.location, a.description, a.url, a.followers, a.verified)
                        for a in authors.values()
                    ),
                    strict=True,
                ),
            )
            opened = await self._database.fetch(
                NEW_CONTACTS, list(first), [p.id for p in first.values()], [p.received_at for p in first.values()]
            )
            given, load = self._given([row[0] for row in opened])
            if given:
                await self._database.execute(ASSIGNED, list(given), list(given.values()))
        self._load = load

    def _given(self, authors: list[str]) -> tuple[dict[str, str], Counter[str]]:
        """Whom each new contact goes to while anybody has room, and the load after it."""
        load, given = self._load.copy(), {}
        for author in authors:
            agent = min(load, key=load.__getitem__)
            if load[agent] >= CAPACITY:
                break
            load[agent] += 1
            given[author] = agent
        return given, load


async def provision(nats_url: str, database_url: str) -> None:
    nc = await nats.connect(nats_url)
    await nc.jetstream().add_stream(StreamConfig(name=STREAM, subjects=["posts.>"]))
    await nc.close()
    database = await asyncpg.connect(database_url)
    await database.execute(SCHEMA)
    await database.close()


async def main(what: str) -> None:
    nc = await nats.connect(os.environ["PEER_NATS"], max_reconnect_attempts=-1)
    js = nc.jetstream(timeout=30)
    if what == "writer":
        await Writer(js, await asyncpg.connect(os.environ["PEER_DATABASE"])).run()
    server = grpc.aio.server()
    service_pb2_grpc.add_IngestServiceServicer_to_server(Intake(js), server)
    server.add_insecure_port(f"127.0.0.1:{os.environ['PEER_PORT']}")
    await server.start()
    await server.wait_for_termination()


if __name__ == "__main__":
    gc.freeze()
    gc.set_threshold(*GARBAGE)  # as in our services
    uvloop.run(main(sys.argv[1]))
