"""Deliveries through the API on real servers: results, durability, reads. Knows no platform beyond a plain post."""

import json

import grpc
import pytest
from switchboard.ingest.v1 import service_pb2

from .conftest import Stack

R = service_pb2.Result


def tweet(number: int, text: str = "where is my parcel?", author: int = 7, **more: object) -> bytes:
    return json.dumps(
        {
            "id": number,
            "id_str": str(number),
            "created_at": "Wed Oct 08 20:19:24 +0000 2025",
            "text": text,
            "user": {"id": author, "id_str": str(author), "screen_name": f"u{author}", "name": "U"},
            **more,
        }
    ).encode()


def request(source: str, *payloads: bytes) -> service_pb2.IngestPostsRequest:
    return service_pb2.IngestPostsRequest(
        source=source, deliveries=[service_pb2.Delivery(payload=payload) for payload in payloads]
    )


async def ingest(stack: Stack, *requests: service_pb2.IngestPostsRequest) -> list[service_pb2.IngestPostsResponse]:
    return [answer async for answer in stack.api.IngestPosts(iter(requests))]


def results(answer: service_pb2.IngestPostsResponse) -> list[str]:
    return [R.Name(result.result).removeprefix("RESULT_") for result in answer.results]


async def test_every_result_there_is(stack: Stack) -> None:
    source = await stack.connect("acme", "x-acme", owned_accounts=["@Acme"])
    first, second = await ingest(
        stack,
        request(
            source,
            tweet(1),
            tweet(1),
            tweet(2, author=8),
            tweet(3, user={"id": 99, "screen_name": "acme"}),
            b'{"delete":{"status":{"id":2,"user_id":8},"timestamp_ms":"1760000000000"}}',
            tweet(2, author=8),
            b'{"friends":[1,2]}',
            b'{"id":1,',
            b'{"id":1,',
        ),
        request(source, tweet(1, text="where is my parcel, please?"), tweet(1)),
    )
    assert results(first) == [
        "ACCEPTED",
        "DUPLICATE",
        "ACCEPTED",
        "ECHO",
        "WITHDRAWN",
        "WITHDRAWN",
        "IGNORED",
        "QUARANTINED",
        "DUPLICATE",
    ]
    assert results(second) == ["UPDATED", "DUPLICATE"]
    assert first.results[7].reason == "INVALID_JSON"
    post = (
        await stack.api.GetPost(
            service_pb2.GetPostRequest(name=first.results[0].posts[0].post, min_position=second.position)
        )
    ).post
    assert (post.text, post.revision, post.author.handle) == ("where is my parcel, please?", 2, "u7")


async def test_an_unknown_source_is_refused_with_its_name(stack: Stack) -> None:
    await stack.connect("acme", "x-acme")
    for source, kind in (("tenants/acme/sources/none", "source"), ("tenants/nobody/sources/x-acme", "tenant")):
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await ingest(stack, request(source, tweet(1)))
        assert refused.value.code() is grpc.StatusCode.NOT_FOUND
        assert kind in (refused.value.details() or "")
