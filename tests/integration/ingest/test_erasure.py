"""An erasure by another process holds here from its end on: nothing readable, nothing taken back in. Real servers."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from chassis.database import Database
from chassis.vault import KeyVault
from ingest.normalise import identity_id
from switchboard.ingest.v1 import service_pb2
from switchboard.log.v1 import log_pb2

from .conftest import Stack
from .test_intake import ingest, request, results, tweet

CANARY = "zaphod-42 has lost a towel"


@pytest.fixture
async def elsewhere(stack: Stack, database_url: str, kek_file: Path) -> AsyncIterator[KeyVault]:
    """The vault of another process."""
    async with Database(database_url, "crm") as database:
        yield KeyVault(database, kek_file)


async def test_an_erasure_elsewhere_holds_at_once_in_reads_and_in_what_comes_in(
    stack: Stack, elsewhere: KeyVault
) -> None:
    source = await stack.connect("acme", "x-acme")
    (answer,) = await ingest(stack, request(source, tweet(1, CANARY, author=7), tweet(2, CANARY, author=8)))
    read = service_pb2.GetPostRequest(name=answer.results[0].posts[0].post, min_position=answer.position)
    listing = service_pb2.ListPostsRequest(parent="tenants/acme")
    assert (await stack.api.GetPost(read)).post.text == CANARY
    watch = stack.api.WatchPosts(service_pb2.WatchPostsRequest(parent="tenants/acme"))
    assert {(await watch.read()).post.text for _ in range(2)} == {CANARY}
    for author in ("7", "9"):
        await elsewhere.destroy("acme", identity_id("x", "", author))
    assert CANARY not in str((await stack.api.GetPost(read)).post)
    assert sorted(post.text for post in (await stack.api.ListPosts(listing)).posts) == ["", CANARY]
    (later,) = await ingest(
        stack,
        request(
            source, tweet(3, CANARY, author=7), tweet(1, "again", author=7), tweet(4, author=8), tweet(5, author=9)
        ),
    )
    assert results(later) == ["IGNORED", "IGNORED", "ACCEPTED", "IGNORED"]
    seen = service_pb2.WatchPostsResponse()
    while seen.post.name != later.results[2].posts[0].post:
        seen = await watch.read()
        assert seen.post.author.external_id != "7"
    watch.cancel()
    listing.min_position = later.position
    assert len((await stack.api.ListPosts(listing)).posts) == 3


async def test_what_does_not_open_says_so_in_every_read_and_hides_nobody_else(
    stack: Stack, elsewhere: KeyVault, database_url: str
) -> None:
    source = await stack.connect("acme", "x-acme")
    async with Database(database_url, "ingest") as database:
        # What is done to one person's key is done to a row: whoever had one before keys were derived keeps it.
        await database.execute("delete from vault.derivation")
        (answer,) = await ingest(stack, request(source, *(tweet(n, CANARY, author=n) for n in range(1, 6))))
        await database.execute("insert into vault.derivation default values")
    listing = service_pb2.ListPostsRequest(parent="tenants/acme", min_position=answer.position, order_by="published_at")
    await stack.api.ListPosts(listing)
    lost, gone, broken = (identity_id("x", "", str(number)) for number in (1, 2, 3))
    async with Database(database_url, "ingest") as database:
        await database.execute("update vault.subject_keys set wrapped = '\\x00' where subject_id = $1", lost)
        await database.execute("delete from vault.subject_keys where subject_id = $1", gone)
        await database.execute("update posts_v3 set ciphertext = '\\x00' where identity_id = $1", broken)
    (again,) = await ingest(stack, request(source, tweet(12, CANARY, author=2)))  # has another key from now on
    assert results(again) == ["ACCEPTED"]
    posts = {post.name: post for post in (await stack.api.ListPosts(listing)).posts}
    texts = [posts[result.posts[0].post].text for result in answer.results]
    assert [posts[result.posts[0].post].readability for result in answer.results[1:]] == [
        log_pb2.READABILITY_BROKEN,
        log_pb2.READABILITY_BROKEN,
        log_pb2.READABILITY_OPENED,
        log_pb2.READABILITY_OPENED,
    ]
    assert texts[2:] == ["", CANARY, CANARY]
    for result, text in zip(answer.results, texts, strict=True):
        read = service_pb2.GetPostRequest(name=result.posts[0].post)
        shown = (await stack.api.GetPost(read)).post
        assert (shown.text, shown.readability) == (text, posts[shown.name].readability)
    watch = stack.api.WatchPosts(service_pb2.WatchPostsRequest(parent="tenants/acme"))
    told = {}
    while not (step := await watch.read()).resume_token:
        told[step.post.name] = step.post.text
    watch.cancel()
    assert [told[result.posts[0].post] for result in answer.results] == texts
