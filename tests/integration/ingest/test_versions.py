"""Versions of one post on real servers: two shards, the view behind their memory, a caller who names any of the ids."""

import json
from itertools import permutations

import grpc
import pytest
from switchboard.ingest.v1 import service_pb2

from .conftest import Stack
from .test_intake import ingest, request, results, tweet

A, B = 1975000000000000000, 1975000004194304000


def version(own: int, *chain: int, **more: object) -> bytes:
    return tweet(own, f"@acme {own}", edit_history={"edit_tweet_ids": [str(each) for each in chain]}, **more)


def deletion(own: int) -> bytes:
    return json.dumps({"delete": {"status": {"id_str": str(own), "user_id_str": "7"}}}).encode()


async def posts(stack: Stack, tenant: str, position: str) -> list[tuple[str, str, bool]]:
    """(external id, text, whether it is there) of all that are listed and no versions of others."""
    answer = await stack.api.ListPosts(service_pb2.ListPostsRequest(parent=f"tenants/{tenant}", min_position=position))
    return [(post.external_id, post.text) for post in answer.posts if not post.HasField("withdrawn_at")]


@pytest.mark.parametrize("deleted", [None, A, B], ids=["nothing is deleted", "the first id is", "the second id is"])
async def test_any_order_ends_in_the_same_post(stack: Stack, deleted: int | None) -> None:
    deliveries = [version(A, A), version(B, A, B), tweet(B, f"@acme {B}")]
    if deleted is not None:
        deliveries.append(deletion(deleted))
    for number, order in enumerate(permutations(deliveries)):
        tenant = f"v{deleted is not None:d}{deleted == A:d}-{number}"
        source = await stack.connect(tenant, "x", owned_accounts=["acme"])
        answers = await ingest(stack, *(request(source, delivery) for delivery in order))
        there = await posts(stack, tenant, answers[-1].position)
        assert there == ([(str(A), f"@acme {B}")] if deleted is None else []), order


async def test_a_version_s_id_leads_to_the_post(stack: Stack) -> None:
    source = await stack.connect("alias", "x", owned_accounts=["acme"])
    (answer,) = await ingest(stack, request(source, version(A, A), version(B, A, B), tweet(B, f"@acme {B}")))
    assert results(answer) == ["ACCEPTED", "UPDATED", "DUPLICATE"]
    first, second, third = (result.posts[0].post for result in answer.results)
    assert first == second == third
    (bare,) = await ingest(stack, request(source, tweet(5, in_reply_to_status_id_str=str(B))))
    ask = service_pb2.GetPostRequest(name=bare.results[0].posts[0].post, min_position=bare.position)
    parent = (await stack.api.GetPost(ask)).post.in_reply_to
    assert parent != first
    found = (await stack.api.GetPost(service_pb2.GetPostRequest(name=parent))).post
    assert (found.name, found.text) == (first, f"@acme {B}")


async def test_a_cut_text_is_shown_as_cut_until_it_is_completed(stack: Stack) -> None:
    source = await stack.connect("cut", "x", owned_accounts=["acme"])
    whole = "@acme the machine leaks since Monday and nobody comes"
    answers = await ingest(
        stack,
        request(source, tweet(1, f"{whole[:20]}…", truncated=True)),
        request(source, tweet(1, f"{whole[:20]}…", truncated=True, extended_tweet={"full_text": whole})),
        request(source, tweet(1, f"{whole[:20]}…", truncated=True)),
    )
    assert [results(answer) for answer in answers] == [["ACCEPTED"], ["UPDATED"], ["DUPLICATE"]]
    name = answers[0].results[0].posts[0].post
    ask = service_pb2.GetPostRequest(name=name, min_position=answers[2].position)
    post = (await stack.api.GetPost(ask)).post
    assert (post.text, post.is_cut, post.revision) == (whole, False, 2)


async def test_a_place_that_was_taken_back_is_shown_to_nobody(stack: Stack) -> None:
    source = await stack.connect("place", "x", owned_accounts=["acme"])
    place = {"place": {"full_name": "Berlin"}, "coordinates": {"type": "Point", "coordinates": [13.4, 52.5]}}
    (came,) = await ingest(stack, request(source, version(A, A, **place), tweet(B + 1, author=8, **place)))
    names = [result.posts[0].post for result in came.results]
    scrub = {"scrub_geo": {"user_id_str": "7", "up_to_status_id_str": "1977000000000000000"}}
    (answer,) = await ingest(stack, request(source, json.dumps(scrub).encode()))
    assert results(answer) == ["UPDATED"]
    asked = [service_pb2.GetPostRequest(name=name, min_position=answer.position) for name in names]
    hers, others = [(await stack.api.GetPost(ask)).post for ask in asked]
    assert (hers.HasField("location"), others.location.place) == (False, "Berlin")
    assert hers.text


async def test_an_id_nobody_knows_is_not_found(stack: Stack) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await stack.api.GetPost(
            service_pb2.GetPostRequest(name="tenants/alias/posts/00000000-0000-5000-8000-000000000000")
        )
    assert refused.value.code() is grpc.StatusCode.NOT_FOUND
