"""What ingest refuses for a while, what it never takes back in, and that it goes on afterwards."""

import asyncio
from pathlib import Path
from uuid import uuid4

import grpc
import pytest
from chassis import embedded
from chassis.database import Database
from chassis.embedded import free_port
from chassis.vault import KeyVault
from google.rpc.error_details_pb2 import RetryInfo
from google.rpc.status_pb2 import Status
from ingest.normalise import identity_id
from switchboard.ingest.v1 import service_pb2
from switchboard.log.v1 import integrity_pb2, integrity_pb2_grpc, operations_pb2, operations_pb2_grpc

from .conftest import Stack, serving
from .test_durability import tally, until_answered
from .test_intake import ingest, request, results, tweet


def retry_after_s(refused: grpc.aio.AioRpcError) -> float:
    """What the refusal says about when to come back; fails where it says nothing."""
    details = dict(refused.trailing_metadata())["grpc-status-details-bin"]
    assert isinstance(details, bytes)
    info = RetryInfo()
    (found,) = [detail for detail in Status.FromString(details).details if detail.Is(RetryInfo.DESCRIPTOR)]
    found.Unpack(info)
    return float(info.retry_delay.ToTimedelta().total_seconds())


async def test_a_full_queue_says_when_to_come_back_and_loses_nothing(
    nats_url: str, database_url: str, kek_file: Path
) -> None:
    port = free_port()
    async with serving(nats_url, database_url, kek_file, port, SWITCHBOARD_QUEUE_MAX="1") as stack:
        source = await stack.connect("acme", "x-acme")
        # More posts of each shard than one call takes: the second call finds the queue full.
        payloads = [tweet(number + 1, author=number % 5 + 1) for number in range(1_500)]
        page = b"[" + b",".join(payloads) + b"]"
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await ingest(stack, request(source, page))
        assert refused.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
        assert retry_after_s(refused.value) > 0
        told = tally(
            [
                answer
                for at in range(0, 1_500, 100)
                for answer in await ingest(stack, request(source, *payloads[at : at + 100]))
            ]
        )
        assert told.keys() <= {"ACCEPTED", "DUPLICATE"}
        assert told.total() == 1_500
        assert tally(await ingest(stack, request(source, *payloads[:100]))) == {"DUPLICATE": 100}


async def test_nothing_of_an_erased_author_comes_back(stack: Stack, database_url: str, kek_file: Path) -> None:
    source = await stack.connect("acme", "x-acme")
    async with Database(database_url, "ingest") as database:
        await KeyVault(database, kek_file).destroy("acme", identity_id("x", "", "7"))
    for _ in range(2):
        (answer,) = await ingest(stack, request(source, tweet(1, author=7), tweet(2, author=8)))
        assert results(answer)[0] == "IGNORED"
        with pytest.raises(grpc.aio.AioRpcError) as missing:
            await stack.api.GetPost(
                service_pb2.GetPostRequest(name=answer.results[0].posts[0].post, min_position=answer.position)
            )
        assert missing.value.code() is grpc.StatusCode.NOT_FOUND
    assert results(answer) == ["IGNORED", "DUPLICATE"]


async def test_an_outage_of_the_database_is_told_and_outlived(nats_url: str, state_dir: Path, kek_file: Path) -> None:
    server = await embedded.start_postgres(state_dir)
    try:
        port = free_port()
        async with serving(nats_url, server.url, kek_file, port) as stack:
            source = await stack.connect("acme", "x-acme")
            assert tally(await ingest(stack, request(source, tweet(1, author=1)))) == {"ACCEPTED": 1}
            server.kill9()
            with pytest.raises(grpc.aio.AioRpcError) as refused:
                await ingest(stack, request(source, tweet(1, author=1), tweet(2, author=2)))
            assert refused.value.code() is grpc.StatusCode.UNAVAILABLE
            assert retry_after_s(refused.value) > 0
            await server.restart()
            again = [request(source, tweet(1, author=1), tweet(2, author=2), tweet(3, author=3))]
            assert tally(await until_answered(stack, again)) == {"DUPLICATE": 1, "ACCEPTED": 2}
    finally:
        server.kill9()


async def test_a_source_with_a_thousand_long_accounts_harms_nobody_else(stack: Stack) -> None:
    for length, request_id in ((100, str(uuid4())), (200, ""), (200, str(uuid4())), (600, "")):
        accounts = [f"{number:04}{'x' * length}" for number in range(1_000)]
        heavy = service_pb2.CreateSourceRequest(
            parent="tenants/acme",
            source_id=f"heavy-{length}{'-again' if request_id else ''}",
            source=service_pb2.Source(channel="x", owned_accounts=accounts),
            request_id=request_id,
        )
        light = [stack.connect("acme", f"light-{length}-{len(request_id)}-{n}") for n in range(5)]
        outcomes = await asyncio.gather(stack.api.CreateSource(heavy), *light, return_exceptions=True)
        assert all(isinstance(outcome, str) for outcome in outcomes[1:])
        if isinstance(outcomes[0], grpc.aio.AioRpcError):
            assert outcomes[0].code() is grpc.StatusCode.INVALID_ARGUMENT
        else:
            assert len(outcomes[0].source.owned_accounts) == 1_000


async def test_an_operator_sees_the_shards_and_wakes_one_through_the_port(stack: Stack) -> None:
    await stack.connect("acme", "x-acme")
    integrity = integrity_pb2_grpc.IntegrityServiceStub(stack.channel)
    await integrity.WaitUntil(integrity_pb2.WaitUntilRequest(tenant="acme"), timeout=30)  # every shard answers
    operations = operations_pb2_grpc.OperationsServiceStub(stack.channel)
    listed = (await operations.ListShards(operations_pb2.ListShardsRequest(tenant="acme"))).shards
    assert [shard.name for shard in listed] == ["ev.post.acme.0", "ev.post.acme.1", "ev.post.acme.sources"]
    assert {shard.state for shard in listed} == {operations_pb2.SHARD_STATE_SERVING}
    narrowed = operations_pb2.ListShardsRequest(tenant="acme", filter="state = SERVING AND failures = 0")
    assert len((await operations.ListShards(narrowed)).shards) == 3
    narrowed.filter = "state = RESTING"
    assert not (await operations.ListShards(narrowed)).shards
    woken = await operations.WakeShard(operations_pb2.WakeShardRequest(name="ev.post.acme.0"))
    assert woken.shard.name == "ev.post.acme.0"
    with pytest.raises(grpc.aio.AioRpcError) as unknown:
        await operations.WakeShard(operations_pb2.WakeShardRequest(name="ev.post.acme.7"))
    assert unknown.value.code() is grpc.StatusCode.NOT_FOUND
