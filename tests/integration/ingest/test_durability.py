"""What was answered is there: after restarts, with two replicas at once, and whatever else is in a batch."""

import asyncio
from collections import Counter
from pathlib import Path

import grpc
import pytest
from chassis.embedded import free_port, free_ports
from switchboard.ingest.v1 import service_pb2
from switchboard.log.v1 import integrity_pb2, integrity_pb2_grpc

from .conftest import Stack, serving
from .test_intake import ingest, request, results, tweet

R = service_pb2


async def verdicts(stack: Stack) -> dict[str, bool]:
    """Every invariant ingest checks of itself, and whether it holds everywhere."""
    found: dict[str, bool] = {}
    api = integrity_pb2_grpc.IntegrityServiceStub(stack.channel)
    await api.WaitUntil(integrity_pb2.WaitUntilRequest())
    async for finding in api.VerifyIntegrity(integrity_pb2.VerifyIntegrityRequest()):
        found[finding.invariant] = found.get(finding.invariant, True) and finding.ok
    return found


def batches(source: str, posts: int, size: int = 100) -> list[R.IngestPostsRequest]:
    payloads = [tweet(number + 1, author=number % 37 + 1) for number in range(posts)]
    return [request(source, *payloads[at : at + size]) for at in range(0, posts, size)]


def tally(answers: list[R.IngestPostsResponse]) -> Counter[str]:
    return Counter(result for answer in answers for result in results(answer))


async def test_a_post_is_recognised_for_ever_also_by_a_process_that_never_saw_it(
    nats_url: str, database_url: str, kek_file: Path
) -> None:
    port = free_port()
    async with serving(nats_url, database_url, kek_file, port) as stack:
        source = await stack.connect("acme", "x-acme")
        assert tally(await ingest(stack, *batches(source, 1_200))) == {"ACCEPTED": 1_200}
        assert tally(await ingest(stack, *batches(source, 1_200))) == {"DUPLICATE": 1_200}
    async with serving(nats_url, database_url, kek_file, port) as stack:
        assert tally(await ingest(stack, *batches(source, 1_300))) == {"DUPLICATE": 1_200, "ACCEPTED": 100}
        held = await verdicts(stack)
        assert held.keys() >= {"I1", "I2", "I3", "I4", "I5"}
        assert all(held.values()), held


async def test_two_replicas_accept_each_post_once_between_them(
    nats_url: str, database_url: str, kek_file: Path
) -> None:
    one_port, other_port = free_ports(2)
    async with (
        serving(nats_url, database_url, kek_file, one_port) as one,
        serving(nats_url, database_url, kek_file, other_port) as other,
    ):
        source = await one.connect("acme", "x-acme")
        both = await asyncio.gather(*(until_answered(stack, batches(source, 800)) for stack in (one, other)))
        assert tally([*both[0], *both[1]]) == {"ACCEPTED": 800, "DUPLICATE": 800}
        listed = 0
        token = ""
        position = both[0][-1].position
        while True:
            page = await other.api.ListPosts(
                R.ListPostsRequest(parent="tenants/acme", page_size=500, page_token=token, min_position=position)
            )
            listed += len(page.posts)
            token = page.next_page_token
            if not token:
                break
        assert listed == 800


async def until_answered(stack: Stack, asked: list[R.IngestPostsRequest]) -> list[R.IngestPostsResponse]:
    """Sends what was not answered again while shards find their owners."""
    answers: list[R.IngestPostsResponse] = []
    async with asyncio.timeout(60):
        while len(answers) < len(asked):
            try:
                async for answer in stack.api.IngestPosts(iter(asked[len(answers) :])):
                    answers.append(answer)
            except grpc.aio.AioRpcError as error:
                if error.code() is not grpc.StatusCode.UNAVAILABLE:
                    raise
    return answers


async def test_hostile_deliveries_do_not_disturb_their_batch(stack: Stack) -> None:
    source = await stack.connect("acme", "x-acme")
    hostile = [
        b"[" * 100_000,
        b'{"id":1,"te',
        b'{"text":"\xff"}',
        b'{"text":"\\ud83d"}',
        tweet(7, created_at="Wed Feb 30 20:19:24 +0000 2025"),
        tweet(7, created_at="Wed Oct 08 20:19:24 +0000 2999"),
        tweet(7).replace(b'"id": 7, "id_str": "7"', b'"id": 7.5'),
        b"",
    ]
    mixed = [payload for number, bad in enumerate(hostile) for payload in (tweet(100 + number), bad)]
    asked = request(source, *mixed)
    asked.deliveries.add(payload=tweet(200), content_type="text/xml")
    asked.deliveries.add(payload=tweet(201)).received_at.FromJsonString("2999-01-01T00:00:00Z")
    asked.deliveries.add()
    (answer,) = await ingest(stack, asked)
    assert results(answer)[0 : 2 * len(hostile) : 2] == ["ACCEPTED"] * len(hostile)
    rest = [*answer.results[1 : 2 * len(hostile) : 2], *answer.results[2 * len(hostile) :]]
    outcomes = [R.Result.Name(result.result).removeprefix("RESULT_") for result in rest]
    assert outcomes == ["QUARANTINED"] * (len(rest) - 1) + ["DUPLICATE"]  # the last has the same bytes as another: none
    assert [result.reason for result in rest] == [
        "TOO_DEEP",
        "INVALID_JSON",
        "INVALID_UTF8",
        "LONE_SURROGATE",
        "IMPOSSIBLE_TIME",
        "IMPOSSIBLE_TIME",
        "INVALID_ID",
        "EMPTY",
        "UNSUPPORTED_CONTENT_TYPE",
        "IMPOSSIBLE_TIME",
        "EMPTY",
    ]
    assert all(result.detail for result in rest)


async def test_five_megabytes_are_refused_and_the_connection_goes_on(stack: Stack) -> None:
    source = await stack.connect("acme", "x-acme")
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await ingest(stack, request(source, b'"' + b"x" * 5_000_000 + b'"'))
    assert refused.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert tally(await ingest(stack, request(source, tweet(1)))) == {"ACCEPTED": 1}


async def test_a_batch_that_is_none_is_refused(stack: Stack) -> None:
    source = await stack.connect("acme", "x-acme")
    for asked in (R.IngestPostsRequest(source=source), R.IngestPostsRequest(source="nonsense")):
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await ingest(stack, asked)
        assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT


async def test_content_larger_than_a_commit_takes_is_quarantined(stack: Stack) -> None:
    source = await stack.connect("acme", "x-acme")
    fits, exceeds = tweet(1, text="包" * 90_000), tweet(2, text="😀" * 90_000)
    (answer,) = await ingest(stack, request(source, fits, exceeds, tweet(3)))
    assert results(answer) == ["ACCEPTED", "QUARANTINED", "ACCEPTED"]
    assert answer.results[1].reason == "TOO_LARGE"
