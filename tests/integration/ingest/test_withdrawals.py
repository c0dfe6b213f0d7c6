"""After a withdrawal nothing of what the author wrote or showed is handed out or in a table, whatever came when."""

import json
from collections.abc import Sequence

import pytest
from chassis.clock import MICROS, SystemClock
from chassis.database import Database
from google.protobuf.timestamp_pb2 import Timestamp
from switchboard.ingest.v1 import post_pb2, service_pb2
from switchboard.log.v1 import integrity_pb2, integrity_pb2_grpc, log_pb2

from .conftest import Stack
from .test_intake import ingest, request, tweet

R = service_pb2
CANARY = "call me on 555-0100"
PARENT = "tenants/acme"


def post(text: str = CANARY, revision: int = 0) -> R.Delivery:
    """A post with everything that has to go."""
    return R.Delivery(
        normalized_post=post_pb2.NormalizedPost(
            external_id="5501",
            revision=revision,
            author=post_pb2.Author(external_id="900", handle=f"mara {CANARY}", display_name=CANARY),
            text=f"{text} #{CANARY}",
            subject=CANARY,
            entities=[post_pb2.Entity(kind=post_pb2.ENTITY_KIND_HASHTAG, end=4, value=CANARY)],
            media=[post_pb2.Media(kind=post_pb2.MEDIA_KIND_IMAGE, uri=f"https://example.org/{CANARY}")],
            location=post_pb2.Location(place=CANARY, latitude=1, longitude=2, has_coordinates=True),
            published_at=Timestamp(seconds=1_760_000_000),
        )
    )


def gone() -> R.Delivery:
    return R.Delivery(
        normalized_post=post_pb2.NormalizedPost(
            external_id="5501", withdrawn_at=Timestamp(seconds=1_760_000_500), withdrawal_reason="deleted"
        )
    )


async def everywhere(stack: Stack, name: str, position: str, resume: str) -> list[post_pb2.Post]:
    """The post as every read of ingest shows it."""
    got = await stack.api.GetPost(R.GetPostRequest(name=name, min_position=position))
    (listed,) = (await stack.api.ListPosts(R.ListPostsRequest(parent=PARENT, min_position=position))).posts
    found = [got.post, listed]
    for token in ("", resume):
        watch = stack.api.WatchPosts(R.WatchPostsRequest(parent=PARENT, resume_token=token))
        while not (step := await watch.read()).HasField("post"):
            pass
        found.append(step.post)
        watch.cancel()
    return found


@pytest.mark.parametrize(
    ("said", "revision"),
    [
        pytest.param([post(), gone()], 1, id="received, then deleted"),
        pytest.param([post(), post("one", 1), gone(), post("two", 2)], 2, id="edited, deleted, edited once more"),
        pytest.param([post(), gone(), gone(), post()], 1, id="deleted twice and delivered again"),
    ],
)
@pytest.mark.parametrize("at_once", [True, False], ids=["in one batch", "in batches of one, through two sources"])
async def test_what_was_withdrawn_is_shown_nowhere_and_its_ids_and_times_are(
    stack: Stack, database_url: str, said: Sequence[R.Delivery], revision: int, at_once: bool
) -> None:
    sources = [await stack.connect("acme", name, channel="letters") for name in ("town", "county")]
    watch = stack.api.WatchPosts(R.WatchPostsRequest(parent=PARENT))
    resume = (await watch.read()).resume_token
    watch.cancel()
    if at_once:
        requests = [R.IngestPostsRequest(source=sources[0], deliveries=said)]
    else:
        requests = [R.IngestPostsRequest(source=sources[n % 2], deliveries=[one]) for n, one in enumerate(said)]
    answers = await ingest(stack, *requests)
    name = answers[0].results[0].posts[0].post
    for shown in await everywhere(stack, name, answers[-1].position, resume):
        assert CANARY not in str(shown)
        assert (shown.text, shown.author.handle, len(shown.entities), len(shown.media)) == ("", "", 0, 0)
        assert not shown.HasField("location")
        assert shown.withdrawn_at.seconds == 1_760_000_500
        assert (shown.external_id, shown.author.external_id, shown.revision) == ("5501", "900", revision)
        assert shown.published_at.seconds == 1_760_000_000
        assert shown.text_length > len(CANARY)
        assert shown.readability == log_pb2.READABILITY_UNSPECIFIED
    async with Database(database_url, "ingest") as database:
        (row,) = await database.fetch("select nonce, ciphertext, digests from posts_v3")
        assert (row["nonce"], row["ciphertext"], row["digests"]) == (None, None, b"")
    await verified(stack)


async def test_what_was_deleted_before_it_came_never_comes(stack: Stack, database_url: str) -> None:
    source = await stack.connect("acme", "town", channel="letters")
    (answer,) = await ingest(stack, R.IngestPostsRequest(source=source, deliveries=[gone(), post(), post("two", 2)]))
    assert {R.Result.Name(one.result) for one in answer.results} == {"RESULT_WITHDRAWN"}
    listing = R.ListPostsRequest(parent=PARENT, min_position=answer.position)
    assert not (await stack.api.ListPosts(listing)).posts
    async with Database(database_url, "ingest") as database:
        assert await database.fetchval("select count(*) from posts_v3 where ciphertext is not null") == 0
    await verified(stack)


async def test_all_posts_of_an_author_who_is_gone_are_gone(stack: Stack) -> None:
    source = await stack.connect("acme", "x-acme")
    leaves = json.dumps({"user_delete": {"id": 900, "timestamp_ms": str(SystemClock().now() * 1000 // MICROS)}})
    before = request(source, tweet(1, CANARY, author=900), tweet(2, CANARY, author=900), tweet(3, "stays", author=901))
    *_, answer = await ingest(stack, before, request(source, tweet(4, CANARY, author=900), leaves.encode()))
    listing = R.ListPostsRequest(parent=PARENT, min_position=answer.position)
    posts = (await stack.api.ListPosts(listing)).posts
    assert sorted((post.external_id, post.text, post.HasField("withdrawn_at")) for post in posts) == [
        ("1", "", True), ("2", "", True), ("3", "stays", False), ("4", "", True),
    ]  # fmt: skip
    assert CANARY not in str(posts)
    await verified(stack)


async def test_what_comes_late_of_an_author_who_is_gone_is_no_post_and_what_they_write_later_is(
    stack: Stack, database_url: str
) -> None:
    source = await stack.connect("acme", "x-acme")
    leaves = b'{"user_delete":{"id":900,"timestamp_ms":"1770000000000"}}'
    late = [tweet(number, CANARY, author=900) for number in range(1, 9)]  # of both shards, and from before that
    back = tweet(20, "I am back", author=900, created_at="Mon Mar 02 09:00:00 +0000 2026")
    (first,) = await ingest(stack, request(source, leaves))
    (second,) = await ingest(stack, request(source, *late, back, tweet(30, author=901)))
    assert {R.Result.Name(one.result) for one in first.results} == {"RESULT_IGNORED"}, "there was none of theirs"
    assert [R.Result.Name(one.result) for one in second.results] == [
        *["RESULT_WITHDRAWN"] * len(late), "RESULT_ACCEPTED", "RESULT_ACCEPTED",
    ]  # fmt: skip
    posts = (await stack.api.ListPosts(R.ListPostsRequest(parent=PARENT, min_position=second.position))).posts
    assert sorted(post.external_id for post in posts) == ["20", "30"]
    (again,) = await ingest(stack, request(source, leaves, *late))
    assert {R.Result.Name(one.result) for one in again.results} == {"RESULT_IGNORED", "RESULT_WITHDRAWN"}
    async with Database(database_url, "ingest") as database:
        assert await database.fetchval("select count(*) from gone_authors_v3") == 1
        assert await database.fetchval("select count(*) from posts_v3") == 2
    await verified(stack)


async def verified(stack: Stack) -> None:
    """Tables equal those of a replay from zero, and shards their refolded state (I1, I5)."""
    verify = integrity_pb2_grpc.IntegrityServiceStub(stack.channel).VerifyIntegrity
    found = [one async for one in verify(integrity_pb2.VerifyIntegrityRequest(invariants=["I1", "I5"]))]
    assert {one.invariant for one in found} == {"I1", "I5"}
    assert [one for one in found if not one.ok] == []


@pytest.mark.parametrize("is_first", [False, True], ids=["deleted after it was repeated", "deleted before"])
@pytest.mark.parametrize("named", ["1", "2"], ids=["by its id", "by the id of its edit"])
async def test_a_repost_without_own_words_says_nothing_once_the_original_is_gone(
    stack: Stack, named: str, is_first: bool
) -> None:
    source = await stack.connect("acme", "x-acme")
    original = json.loads(tweet(2, CANARY, author=900, edit_history_tweet_ids=["1", "2"]))
    repost = tweet(10, f"RT @u900: {CANARY}", author=901, retweeted_status=original)
    quote = tweet(11, "see this", author=902, quoted_status=original)
    spoilt = json.dumps([json.loads(repost), {"id": "zz", "text": "x"}]).encode()
    deletion = json.dumps({"delete": {"status": {"id_str": named, "user_id_str": "900"}}}).encode()
    known = request(source, json.dumps(original).encode())
    copies = request(source, repost, quote, spoilt)
    *_, answer = await ingest(
        stack, known, *((request(source, deletion), copies) if is_first else (copies, request(source, deletion)))
    )
    listing = R.ListPostsRequest(parent=PARENT, min_position=answer.position)
    posts = {post.external_id: post for post in (await stack.api.ListPosts(listing)).posts}
    assert CANARY not in str(posts)
    assert (posts["10"].text, posts["10"].author.handle, posts["11"].text) == ("", "u901", "see this")
    assert not posts["10"].HasField("withdrawn_at")  # nobody took it back
    got = await stack.api.GetPost(R.GetPostRequest(name=posts["10"].name))
    assert got.post.text == ""
    (kept,) = (await stack.api.ListQuarantined(R.ListQuarantinedRequest(parent=PARENT))).deliveries
    assert not kept.payload
    await verified(stack)
