"""An id that comes with another author, as rounded ids do: quarantined with its reason, and nobody's post changes."""

import json

import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from switchboard.ingest.v1 import post_pb2, service_pb2

from .conftest import Stack
from .test_intake import ingest, results

R = service_pb2


def letter(author: str, text: str, number: str = "4500000000000000", revision: int = 0) -> R.Delivery:
    return R.Delivery(
        normalized_post=post_pb2.NormalizedPost(
            external_id=number,
            revision=revision,
            author=post_pb2.Author(external_id=author),
            text=text,
            published_at=Timestamp(seconds=1_760_000_000),
        )
    )


async def shown(stack: Stack, position: str) -> list[tuple[str, str, int]]:
    """(author, text, revision) of every post."""
    listing = R.ListPostsRequest(parent="tenants/acme", min_position=position)
    posts = (await stack.api.ListPosts(listing)).posts
    return sorted((post.author.external_id, post.text, post.revision) for post in posts)


@pytest.mark.parametrize("at_once", [True, False], ids=["in one batch", "in batches of one, through two sources"])
async def test_an_id_that_is_anothers_is_quarantined_and_changes_nobodys_post(stack: Stack, at_once: bool) -> None:
    sources = [await stack.connect("acme", name, channel="letters") for name in ("town", "county")]
    said = [letter("mia", "lamp broken"), letter("ben", "no reply", revision=2), letter("ben", "second", number="46")]
    if at_once:
        requests = [R.IngestPostsRequest(source=sources[0], deliveries=said)]
    else:
        requests = [R.IngestPostsRequest(source=sources[n % 2], deliveries=[one]) for n, one in enumerate(said)]
    answers = await ingest(stack, *requests)
    told = [result for answer in answers for result in answer.results]
    assert [R.Result.Name(result.result) for result in told] == [
        "RESULT_ACCEPTED", "RESULT_QUARANTINED", "RESULT_ACCEPTED",
    ]  # fmt: skip
    assert told[1].reason == told[1].posts[0].reason == "AUTHOR_DIFFERS"
    assert "another author" in told[1].detail
    position = answers[-1].position
    assert await shown(stack, position) == [("ben", "second", 1), ("mia", "lamp broken", 1)]
    listed = await stack.api.ListQuarantined(R.ListQuarantinedRequest(parent="tenants/acme", min_position=position))
    (kept,) = listed.deliveries
    assert (kept.name, kept.reason, kept.detail) == (told[1].quarantined, "AUTHOR_DIFFERS", told[1].detail)
    assert kept.payload == said[1].normalized_post.SerializeToString(deterministic=True)
    again = await ingest(stack, *requests)
    assert {name for answer in again for name in results(answer)} == {"DUPLICATE"}
    assert await shown(stack, again[-1].position) == [("ben", "second", 1), ("mia", "lamp broken", 1)]


async def test_requeued_it_stays_in_quarantine_as_long_as_the_id_is_anothers(stack: Stack) -> None:
    source = await stack.connect("acme", "town", channel="letters")
    (answer,) = await ingest(
        stack, R.IngestPostsRequest(source=source, deliveries=[letter("mia", "one"), letter("ben", "two")])
    )
    name = answer.results[1].quarantined
    again = await stack.api.RequeueQuarantined(R.RequeueQuarantinedRequest(name=name))
    assert (again.result.result, again.result.reason) == (R.RESULT_QUARANTINED, "AUTHOR_DIFFERS")
    listing = R.ListQuarantinedRequest(parent="tenants/acme", min_position=again.position)
    assert [one.name for one in (await stack.api.ListQuarantined(listing)).deliveries] == [name]
    assert await shown(stack, again.position) == [("mia", "one", 1)]


async def test_what_is_wrong_with_the_page_keeps_its_good_posts(stack: Stack) -> None:
    """A page of X with one status under a taken id: the page is quarantined, the others are recorded."""
    source = await stack.connect("acme", "x-acme")
    mine = {"id": 41, "created_at": "Mon Mar 02 09:00:00 +0000 2020", "text": "mine", "user": {"id": 1}}

    def page(*statuses: dict[str, object]) -> R.Delivery:
        return R.Delivery(payload=json.dumps({"statuses": statuses}).encode())

    await stack.api.IngestPost(R.IngestPostRequest(source=source, delivery=page(mine)))
    other = {**mine, "user": {"id": 2}}
    answer = await stack.api.IngestPost(R.IngestPostRequest(source=source, delivery=page(other, {**mine, "id": 42})))
    assert [(R.Result.Name(one.result), one.reason) for one in answer.result.posts] == [
        ("RESULT_QUARANTINED", "AUTHOR_DIFFERS"),
        ("RESULT_ACCEPTED", ""),
    ]
    assert "statuses[0]" in answer.result.posts[0].detail
