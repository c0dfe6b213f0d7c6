"""Refused means not done: of all bodies under one request id exactly one has an effect, whoever asks where and when."""

import asyncio
import random
import uuid
from collections.abc import AsyncIterator
from pathlib import Path

import grpc
import pytest
from chassis.embedded import free_ports
from chassis.migrations import migrate_all
from switchboard.ingest.v1 import service_pb2

from .conftest import Stack, serving
from .test_intake import ingest, request, tweet

R = service_pb2


@pytest.fixture
async def replicas(nats_url: str, database_url: str, kek_file: Path) -> AsyncIterator[list[Stack]]:
    """Two replicas of ingest on the same servers."""
    await migrate_all(database_url)
    one, two = free_ports(2)
    async with (
        serving(nats_url, database_url, kek_file, one) as first,
        serving(nats_url, database_url, kek_file, two) as second,
    ):
        yield [first, second]


async def posted(stack: Stack, asked: R.IngestPostRequest) -> R.DeliveryResult | None:
    """What became of it, None when the id was another body's."""
    try:
        return (await stack.api.IngestPost(asked, timeout=60)).result
    except grpc.aio.AioRpcError as refused:
        if refused.code() is not grpc.StatusCode.ALREADY_EXISTS:
            raise
        return None


async def listed(stack: Stack) -> set[str]:
    """The platform's ids of all posts at the log's end."""
    (answer,) = await ingest(stack, request("tenants/acme/sources/x-acme", b'{"friends":[1]}', tweet(999_999)))
    page = await stack.api.ListPosts(
        R.ListPostsRequest(parent="tenants/acme", page_size=1_000, min_position=answer.position)
    )
    return {post.external_id for post in page.posts} - {"999999"}


async def test_of_many_bodies_under_one_request_id_one_is_done_and_the_others_are_not(replicas: list[Stack]) -> None:
    source = await replicas[0].connect("acme", "x-acme")
    chance = random.Random(6)
    winners = set()
    for number in range(12):
        request_id, bodies = str(uuid.uuid4()), range(number * 100 + 1, number * 100 + 16)
        calls = [body for body in bodies for _ in range(chance.choice((1, 2)))]
        chance.shuffle(calls)
        asked = [
            R.IngestPostRequest(source=source, request_id=request_id, delivery=R.Delivery(payload=tweet(body)))
            for body in calls
        ]
        told = await asyncio.gather(*(posted(chance.choice(replicas), one) for one in asked))
        done = {body for body, result in zip(calls, told, strict=True) if result is not None}
        assert len(done) == 1, done
        answers = [result for result in told if result is not None]
        assert len(answers) == calls.count(*done), "who repeats the body that was done is answered"
        assert all(answer == answers[0] for answer in answers), "and all alike"
        assert answers[0].result == R.RESULT_ACCEPTED
        again = R.IngestPostRequest(
            source=source, request_id=request_id, delivery=R.Delivery(payload=tweet(next(iter(done))))
        )
        assert await posted(chance.choice(replicas), again) == answers[0]
        winners |= done
    assert await listed(replicas[0]) == {str(body) for body in winners}


async def test_a_delivery_is_requeued_once_however_often_and_with_whatever_it_is_asked(replicas: list[Stack]) -> None:
    await replicas[0].connect("acme", "x-acme")
    source = await replicas[0].connect("acme", "notes", channel="notes")
    kept = [
        await replicas[0].api.IngestPost(R.IngestPostRequest(source=source, delivery=R.Delivery(payload=tweet(number))))
        for number in (1, 2)
    ]
    await replicas[0].api.ListQuarantined(
        R.ListQuarantinedRequest(parent="tenants/acme", min_position=kept[-1].position)
    )
    await replicas[0].api.DeleteSource(R.DeleteSourceRequest(name=source))
    await replicas[0].connect("acme", "notes", channel="x")
    request_id = str(uuid.uuid4())

    async def requeued(number: int) -> R.DeliveryResult | None:
        asked = R.RequeueQuarantinedRequest(name=kept[number % 2].result.quarantined, request_id=request_id)
        try:
            return (await replicas[number % 3 % 2].api.RequeueQuarantined(asked, timeout=60)).result
        except grpc.aio.AioRpcError as refused:
            if refused.code() is not grpc.StatusCode.ALREADY_EXISTS:
                raise
            return None

    told = await asyncio.gather(*map(requeued, range(12)))
    answers = [[result for result in told[at::2] if result is not None] for at in (0, 1)]
    (done,) = [found for found in answers if found]
    assert len(done) == 6
    assert all(answer == done[0] for answer in done)
    assert done[0].result == R.RESULT_ACCEPTED
    assert len(await listed(replicas[0])) == 1


async def test_a_kept_answer_has_an_end_and_a_large_delivery_is_done_all_the_same(stack: Stack) -> None:
    source = await stack.connect("acme", "x-acme")
    page = b"[" + b",".join(tweet(number, text="x") for number in range(1, 3_001)) + b"]"
    asked = R.IngestPostRequest(source=source, delivery=R.Delivery(payload=page), request_id=str(uuid.uuid4()))
    first = (await stack.api.IngestPost(asked, timeout=60)).result
    assert len(first.posts) == 1_000
    assert (await stack.api.IngestPost(asked, timeout=60)).result == first
    (rest,) = await ingest(stack, request(source, tweet(3_000, text="x")))
    assert rest.results[0].result == R.RESULT_DUPLICATE
