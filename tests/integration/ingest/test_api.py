"""The API on real servers: sources, request ids, reads, watches, quarantine, authors who are gone, our own form."""

import uuid
from collections.abc import Callable

import grpc
import pytest
from google.protobuf.field_mask_pb2 import FieldMask
from google.protobuf.timestamp_pb2 import Timestamp
from google.rpc import error_details_pb2
from grpc_status import rpc_status
from switchboard.ingest.v1 import post_pb2, service_pb2

from .conftest import Stack
from .test_intake import ingest, request, results, tweet

R = service_pb2


async def refused(call: object) -> grpc.aio.AioRpcError:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call  # type: ignore[misc]
    return caught.value


def violations(error: grpc.aio.AioRpcError) -> list[str]:
    status = rpc_status.from_call(error)
    assert status is not None
    bad = error_details_pb2.BadRequest()
    return [v.field for detail in status.details if detail.Unpack(bad) for v in bad.field_violations]


async def test_connecting_is_idempotent_and_an_id_means_one_source(stack: Stack) -> None:
    asked = R.CreateSourceRequest(
        parent="tenants/acme",
        source_id="x-acme",
        source=R.Source(channel="x", labels={"brand": "Acme"}, owned_accounts=["@Acme", "acme"]),
        request_id=str(uuid.uuid4()),
    )
    first, again = await stack.api.CreateSource(asked), await stack.api.CreateSource(asked)
    assert first == again
    assert list(first.source.owned_accounts) == ["acme"]
    asked.source.labels["brand"] = "Other"
    assert (await refused(stack.api.CreateSource(asked))).code() is grpc.StatusCode.ALREADY_EXISTS  # the request id
    asked.request_id = ""
    assert (await refused(stack.api.CreateSource(asked))).code() is grpc.StatusCode.ALREADY_EXISTS  # the source id


async def test_every_violation_of_a_source_is_told_at_once(stack: Stack) -> None:
    wrong = R.Source(channel="No Channel", labels={"Bad Key": ""}, owned_accounts=[""])
    error = await refused(
        stack.api.CreateSource(R.CreateSourceRequest(parent="tenants/acme", source_id="-", source=wrong))
    )
    assert error.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert {"source_id", "source.channel", "source.labels", "source.owned_accounts[0]"} <= set(violations(error))


async def test_a_source_is_changed_listed_and_disconnected(stack: Stack) -> None:
    for number in range(3):
        await stack.connect("acme", f"x-{number}", labels={"brand": str(number)})
    name = "tenants/acme/sources/x-1"
    changed = await stack.api.UpdateSource(
        R.UpdateSourceRequest(
            source=R.Source(name=name, display_name="One"), update_mask=FieldMask(paths=["display_name"])
        )
    )
    assert (changed.source.display_name, changed.source.labels["brand"]) == ("One", "1")
    found = await stack.api.GetSource(R.GetSourceRequest(name=name, min_position=changed.position))
    assert found.source.display_name == "One"
    one = await stack.api.ListSources(R.ListSourcesRequest(parent="tenants/acme", filter='labels.brand = "2"'))
    assert [source.name for source in one.sources] == ["tenants/acme/sources/x-2"]
    page = await stack.api.ListSources(R.ListSourcesRequest(parent="tenants/acme", page_size=2))
    rest = await stack.api.ListSources(
        R.ListSourcesRequest(parent="tenants/acme", page_size=2, page_token=page.next_page_token)
    )
    assert [len(page.sources), len(rest.sources), rest.next_page_token] == [2, 1, ""]
    fixed = R.UpdateSourceRequest(source=R.Source(name=name), update_mask=FieldMask(paths=["channel"]))
    assert violations(await refused(stack.api.UpdateSource(fixed))) == ["update_mask"]
    other = R.UpdateSourceRequest(source=R.Source(name=name, channel="weibo", account_scope="y", display_name="Two"))
    assert violations(await refused(stack.api.UpdateSource(other))) == ["source.channel", "source.account_scope"]
    same = await stack.api.UpdateSource(R.UpdateSourceRequest(source=found.source))
    assert same.source == found.source, "what was read can be sent back"
    gone = await stack.api.DeleteSource(R.DeleteSourceRequest(name=name))
    for call in (
        stack.api.GetSource(R.GetSourceRequest(name=name, min_position=gone.position)),
        stack.api.DeleteSource(R.DeleteSourceRequest(name=name)),
        ingest(stack, request(name, tweet(1))),
    ):
        assert (await refused(call)).code() is grpc.StatusCode.NOT_FOUND


async def test_a_repeated_request_repeats_its_answer_and_another_body_is_refused(stack: Stack) -> None:
    source = await stack.connect("acme", "x-acme")
    asked = R.IngestPostRequest(source=source, delivery=R.Delivery(payload=tweet(1)), request_id=str(uuid.uuid4()))
    first, again = await stack.api.IngestPost(asked), await stack.api.IngestPost(asked)
    assert first.result == again.result
    assert first.result.result == R.RESULT_ACCEPTED
    asked.delivery.payload = tweet(2)
    assert (await refused(stack.api.IngestPost(asked))).code() is grpc.StatusCode.ALREADY_EXISTS
    missing = await refused(
        stack.api.GetPost(R.GetPostRequest(name="tenants/acme/posts/00000000-0000-5000-8000-000000000000"))
    )
    assert missing.code() is grpc.StatusCode.NOT_FOUND
    asked.request_id = ""
    assert (await stack.api.IngestPost(asked)).result.result == R.RESULT_ACCEPTED  # nothing of it was applied before


async def test_posts_are_listed_by_conversation_author_source_and_time(stack: Stack) -> None:
    source = await stack.connect("acme", "x-acme")
    other = await stack.connect("acme", "x-other", account_scope="other")
    payloads = [tweet(n, author=n % 2 + 7, conversation_id=n % 3 + 1) for n in range(1, 13)]
    await ingest(stack, request(source, *payloads))
    (answer,) = await ingest(stack, request(other, tweet(99)))

    async def listed(**asked: object) -> R.ListPostsResponse:
        return await stack.api.ListPosts(
            R.ListPostsRequest(parent="tenants/acme", min_position=answer.position, **asked)  # type: ignore[arg-type]
        )

    everything = (await listed()).posts
    assert len(everything) == 13
    post = next(post for post in everything if post.source == source)
    same: list[Callable[[post_pb2.Post], object]] = [lambda p: p.conversation, lambda p: p.author.identity]
    for field, key in zip(("conversation", "author"), same, strict=True):
        mine = (await listed(filter=f'{field} = "{key(post)}"')).posts
        assert {key(p) for p in mine} == {key(post)}
        assert len(mine) == sum(key(p) == key(post) for p in everything)
    assert len((await listed(filter=f'source = "{other}" AND kind = POST')).posts) == 1
    for text, count in (
        (f'source = "{other}" OR NOT source = "{other}"', 13),
        (
            f'source != "{other}" AND (kind = POST OR kind != POST)',
            13 - len((await listed(filter=f'source = "{other}"')).posts),
        ),
        (f"source = {other.rpartition('/')[2]}", len((await listed(filter=f'source = "{other}"')).posts)),
        ("desks:nobody", 0),
        ("NOT desks:nobody", 13),
    ):
        assert len((await listed(filter=text)).posts) == count, text
    assert not (await listed(filter='published_at > "2025-10-08T20:19:24Z"')).posts
    assert len((await listed(filter='published_at >= "2025-10-08T20:19:24Z"')).posts) == 13
    seen, token = [], ""
    while True:
        page = await listed(page_size=5, page_token=token, order_by="published_at")
        seen += [post.name for post in page.posts]
        token = page.next_page_token
        if not token:
            break
    assert sorted(seen) == sorted(post.name for post in everything)
    error = await refused(listed(filter='author = "x" OR text = "y"', order_by="text"))
    assert error.code() is grpc.StatusCode.INVALID_ARGUMENT


async def test_a_watch_begins_with_what_is_there_and_goes_on_after_its_token(stack: Stack) -> None:
    source = await stack.connect("acme", "x-acme")
    (answer,) = await ingest(stack, request(source, tweet(1)))
    name = answer.results[0].posts[0].post
    await stack.api.GetPost(R.GetPostRequest(name=name, min_position=answer.position))
    watch = stack.api.WatchPosts(R.WatchPostsRequest(parent="tenants/acme"))
    first, bookmark = await watch.read(), await watch.read()
    assert (first.change, first.post.name) == (R.POST_CHANGE_SNAPSHOT, name)
    edited = tweet(3, text="again", edit_history={"initial_tweet_id": "1", "edit_tweet_ids": ["1", "3"]})
    await ingest(stack, request(source, edited, tweet(2)))
    changes = {}
    while len(changes) < 2:
        step = await watch.read()
        if step.HasField("post"):
            changes[step.post.name] = step.change
    assert sorted(changes.values()) == [R.POST_CHANGE_RECEIVED, R.POST_CHANGE_EDITED]
    watch.cancel()
    resumed = stack.api.WatchPosts(R.WatchPostsRequest(parent="tenants/acme", resume_token=bookmark.resume_token))
    again = set()
    while len(again) < 2:
        step = await resumed.read()
        if step.HasField("post"):
            again.add(step.post.name)
    assert again == changes.keys()
    resumed.cancel()


async def test_quarantined_bytes_are_kept_and_can_be_read_again(stack: Stack) -> None:
    source = await stack.connect("acme", "shop", channel="csv")
    late = post_pb2.NormalizedPost(external_id="1", text="hello")
    delivery = R.Delivery(normalized_post=late)
    raw = R.Delivery(payload=b"id,text\n1,x\n", content_type="text/csv")
    answer = await stack.api.IngestPost(R.IngestPostRequest(source=source, delivery=delivery))
    assert answer.result.reason == "MISSING_FIELD"
    second = await stack.api.IngestPost(R.IngestPostRequest(source=source, delivery=raw))
    assert second.result.reason == "NO_ADAPTER"
    listed = await stack.api.ListQuarantined(
        R.ListQuarantinedRequest(parent="tenants/acme", min_position=second.position)
    )
    assert {(q.reason, q.payload) for q in listed.deliveries} == {
        ("MISSING_FIELD", late.SerializeToString(deterministic=True)),
        ("NO_ADAPTER", raw.payload),
    }
    one = await stack.api.ListQuarantined(
        R.ListQuarantinedRequest(parent="tenants/acme", filter="reason = NO_ADAPTER", min_position=second.position)
    )
    assert [q.name for q in one.deliveries] == [second.result.quarantined]
    for bytes_max in (2**31, 10**18 - 1):
        small = await stack.api.ListQuarantined(
            R.ListQuarantinedRequest(parent="tenants/acme", filter=f"payload_bytes < {bytes_max}")
        )
        assert len(small.deliveries) == 2, bytes_max
    again = await stack.api.RequeueQuarantined(R.RequeueQuarantinedRequest(name=second.result.quarantined))
    assert (again.result.result, again.result.reason) == (R.RESULT_QUARANTINED, "NO_ADAPTER")


async def test_what_became_readable_leaves_the_quarantine(stack: Stack) -> None:
    source = await stack.connect("acme", "notes", channel="notes")
    payload = R.Delivery(payload=tweet(5))
    kept = await stack.api.IngestPost(R.IngestPostRequest(source=source, delivery=payload))
    assert kept.result.reason == "NO_ADAPTER"
    await stack.api.DeleteSource(R.DeleteSourceRequest(name=source))
    await stack.connect("acme", "notes", channel="x")  # the fix
    asked = R.RequeueQuarantinedRequest(name=kept.result.quarantined, request_id=str(uuid.uuid4()))
    listed = await stack.api.ListQuarantined(
        R.ListQuarantinedRequest(parent="tenants/acme", min_position=kept.position)
    )
    assert len(listed.deliveries) == 1
    read = await stack.api.RequeueQuarantined(asked)
    assert read.result.result == R.RESULT_ACCEPTED
    assert (await stack.api.RequeueQuarantined(asked)).result == read.result
    empty = await stack.api.ListQuarantined(R.ListQuarantinedRequest(parent="tenants/acme", min_position=read.position))
    assert not empty.deliveries
    gone = await refused(stack.api.RequeueQuarantined(R.RequeueQuarantinedRequest(name=kept.result.quarantined)))
    assert gone.code() is grpc.StatusCode.NOT_FOUND


async def test_an_author_who_is_gone_takes_all_posts_along_also_those_of_the_same_batch(stack: Stack) -> None:
    source = await stack.connect("acme", "x-acme")
    await ingest(stack, request(source, tweet(1, author=8), tweet(2, author=9)))
    gone = b'{"user_protect":{"id":8,"timestamp_ms":"1760000000000"}}'
    (answer,) = await ingest(stack, request(source, tweet(3, author=8), gone, b'{"user_delete":{"id":404}}'))
    assert results(answer) == ["ACCEPTED", "WITHDRAWN", "IGNORED"]
    assert len(answer.results[1].posts) == 2
    listed = await stack.api.ListPosts(R.ListPostsRequest(parent="tenants/acme", min_position=answer.position))
    assert {post.external_id: post.HasField("withdrawn_at") for post in listed.posts} == {
        "1": True,
        "2": False,
        "3": True,
    }


async def test_our_own_form_carries_everything_through(stack: Stack) -> None:
    source = await stack.connect("acme", "shop", channel="mail", owned_accounts=["support@acme.example"])
    post = post_pb2.NormalizedPost(
        external_id="m-1",
        kind=post_pb2.POST_KIND_EMAIL,
        author=post_pb2.Author(external_id="zoe@example.org", display_name="Zoë"),
        text="Wo ist mein Paket? 👍🏽",
        subject="Paket",
        language="de",
        conversation="thread-1",
        links=["m-0"],
        published_at=Timestamp(seconds=1_760_000_000, nanos=123_000_000),
        reply_quota_left=3,
    )
    reply = post_pb2.NormalizedPost(
        external_id="m-2",
        author=post_pb2.Author(external_id="Support@Acme.example"),
        text="Unterwegs!",
        published_at=Timestamp(seconds=1_760_000_060),
        in_reply_to="m-1",
        author_kind=post_pb2.AUTHOR_KIND_BRAND_BOT,
    )
    batch = R.IngestPostsRequest(source=source, deliveries=[R.Delivery(normalized_post=p) for p in (post, reply, post)])
    (answer,) = await ingest(stack, batch)
    assert results(answer) == ["ACCEPTED", "ECHO", "DUPLICATE"]
    names = [result.posts[0].post for result in answer.results]
    first, second = [
        (await stack.api.GetPost(R.GetPostRequest(name=name, min_position=answer.position))).post for name in names[:2]
    ]
    assert (first.text, first.text_length, first.language, first.visibility) == (
        post.text,
        len(post.text),
        "de",
        post_pb2.VISIBILITY_PRIVATE,
    )
    assert first.published_at == post.published_at
    assert (first.reply_quota_left, second.reply_quota_left, len(first.links)) == (3, -1, 1)
    assert (second.direction, second.author_kind) == (post_pb2.DIRECTION_OUTBOUND, post_pb2.AUTHOR_KIND_BRAND_BOT)
    assert second.in_reply_to == first.name


async def test_an_expired_deadline_is_told_as_one(stack: Stack) -> None:
    source = await stack.connect("acme", "x-acme")
    asked = R.IngestPostRequest(source=source, delivery=R.Delivery(payload=tweet(1)))
    late = await refused(stack.api.IngestPost(asked, timeout=0.0001))
    assert late.code() is grpc.StatusCode.DEADLINE_EXCEEDED
    again = await stack.api.IngestPost(asked)
    assert again.result.result in (R.RESULT_ACCEPTED, R.RESULT_DUPLICATE)
