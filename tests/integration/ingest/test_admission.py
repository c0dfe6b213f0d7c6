"""What not everybody could hold does not enter the log, and what one author's key cannot seal hides nobody else.

Real servers: after each the read model reaches the log's end.
"""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import grpc
import recording
from chassis.commits import Subject
from chassis.database import Database
from chassis.identity import uuid7_bytes
from chassis.log import Log, connect
from google.protobuf.any_pb2 import Any as AnyMessage
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp
from ingest.normalise import identity_id
from switchboard.ingest.v1 import events_pb2, post_pb2, service_pb2
from switchboard.log.v1 import log_pb2

from .conftest import Stack
from .test_api import refused, violations
from .test_intake import ingest, request, results, tweet

END_OF_TIME = Timestamp(seconds=(1 << 63) - 1)
BEGIN_OF_TIME = Timestamp(seconds=-(1 << 63))


def own_form(number: int, **values: object) -> service_pb2.Delivery:
    """A good post in our own form but for these values."""
    fields: dict[str, object] = {
        "external_id": str(number),
        "author": post_pb2.Author(external_id=f"a{number}"),
        "text": "hello",
        "published_at": Timestamp(seconds=1_760_000_000),
    }
    return service_pb2.Delivery(normalized_post=post_pb2.NormalizedPost(**{**fields, **values}))  # type: ignore[arg-type]


async def test_views_go_on_after_values_that_no_view_can_hold(stack: Stack) -> None:
    source = await stack.connect("acme", "shop", channel="mail")
    hostile = [
        own_form(1, kind=40_000),
        own_form(2, author_kind=40_000),
        own_form(3, visibility=-40_000),
        own_form(4, reply_window_expires_at=END_OF_TIME),
        own_form(5, reply_window_expires_at=BEGIN_OF_TIME),
        own_form(6, published_at=END_OF_TIME),
        own_form(7, withdrawn_at=BEGIN_OF_TIME),
        own_form(8, reply_quota_left=-(1 << 31)),
        own_form(9, subject="a\0b"),
        own_form(10, location=post_pb2.Location(latitude=float("nan"))),
    ]
    batch = service_pb2.IngestPostsRequest(source=source, deliveries=[*hostile, own_form(11)])
    (answer,) = await ingest(stack, batch)
    assert results(answer) == ["QUARANTINED"] * len(hostile) + ["ACCEPTED"]
    named = [result.posts[0].detail.partition(" ")[0] for result in answer.results[:-1]]
    assert named == [
        *("kind", "author_kind", "visibility", "reply_window_expires_at", "reply_window_expires_at", "published_at"),
        *("withdrawn_at", "reply_quota_left", "subject", "location.latitude"),
    ]
    read = service_pb2.GetPostRequest(name=answer.results[-1].posts[0].post, min_position=answer.position)
    assert (await stack.api.GetPost(read)).post.text == "hello"
    listed = await stack.api.ListQuarantined(
        service_pb2.ListQuarantinedRequest(parent="tenants/acme", min_position=answer.position)
    )
    assert len(listed.deliveries) == len(hostile)


EXTREMES: dict[int, list[object]] = {
    FieldDescriptor.CPPTYPE_STRING: ["\0", "\x1b", "x" * 600, "x" * 9_000, "👍🏽" * 200],
    FieldDescriptor.CPPTYPE_INT64: [-(1 << 63), -1, 1 << 31, (1 << 63) - 1],
    FieldDescriptor.CPPTYPE_INT32: [-(1 << 31), -1, 1 << 15, (1 << 31) - 1],
    FieldDescriptor.CPPTYPE_ENUM: [-1, 99, 40_000, (1 << 31) - 1],
    FieldDescriptor.CPPTYPE_DOUBLE: [float("nan"), float("inf"), -1e308],
    FieldDescriptor.CPPTYPE_BOOL: [True],
}


def set_to_extremes(root: Message, message: Message, depth: int = 0) -> Iterator[service_pb2.Delivery]:
    """The post `root` with each of its values, however deep, set to each extreme of its type, one at a time."""
    for field in message.DESCRIPTOR.fields:
        if field.cpp_type == FieldDescriptor.CPPTYPE_MESSAGE:
            if field.is_repeated:
                part = getattr(message, field.name).add()
                if "name" in part.DESCRIPTOR.fields_by_name:
                    part.name = "location"
            else:
                part = getattr(message, field.name)
            yield from set_to_extremes(root, part, depth + 1)
            if depth or field.name not in ("author", "published_at"):
                message.ClearField(field.name)
            continue
        for value in EXTREMES[field.cpp_type]:
            before = type(message)()
            before.CopyFrom(message)
            if field.is_repeated:
                getattr(message, field.name).append(value)
            else:
                setattr(message, field.name, value)
            yield service_pb2.Delivery(normalized_post=root)  # type: ignore[arg-type]
            message.CopyFrom(before)


async def test_any_extreme_of_any_field_has_a_result_and_stops_no_view(stack: Stack) -> None:
    source = await stack.connect("acme", "shop", channel="mail")
    post = own_form(1).normalized_post
    deliveries = list(set_to_extremes(post, post))
    for number, delivery in enumerate(deliveries):
        if delivery.normalized_post.external_id == "1":
            delivery.normalized_post.external_id = f"p{number}"
    assert len(deliveries) > 150
    (answer,) = await ingest(stack, service_pb2.IngestPostsRequest(source=source, deliveries=deliveries))
    told = Counter(results(answer))
    assert told.total() == len(deliveries)
    assert min(told["ACCEPTED"], told["QUARANTINED"]) > 30, told
    assert all(result.reason for result in answer.results if result.result == service_pb2.RESULT_QUARANTINED)
    page = service_pb2.ListPostsRequest(parent="tenants/acme", page_size=1_000, min_position=answer.position)
    listed = {one.name for one in (await stack.api.ListPosts(page)).posts}
    accepted = {r.posts[0].post for r in answer.results if r.result == service_pb2.RESULT_ACCEPTED}
    assert accepted <= listed, "every accepted post reached the view"


async def test_a_lost_key_puts_its_authors_posts_in_quarantine_until_it_is_back(
    stack: Stack, database_url: str, kek_file: Path
) -> None:
    source = await stack.connect("acme", "x-acme")
    lost = identity_id("x", "", "7")
    async with Database(database_url, "ingest") as database:
        await database.execute("delete from vault.derivation")  # everybody has a row, one of which can be spoiled
        await ingest(stack, request(source, tweet(1, author=8)))
        await database.execute(
            "insert into vault.subject_keys (tenant, subject_id, wrapped, kek_id) values ('acme', $1, '\\x00', 'gone')",
            lost,
        )
        page = b"[" + tweet(2, author=7) + b"," + tweet(3, author=8) + b"]"
        (answer,) = await ingest(stack, request(source, tweet(4, author=7), tweet(5, author=8), page))
        assert results(answer) == ["QUARANTINED", "ACCEPTED", "QUARANTINED"]
        told = [service_pb2.Result.Name(post.result).removeprefix("RESULT_") for post in answer.results[2].posts]
        assert told == ["QUARANTINED", "ACCEPTED"]
        assert {result.reason for result in answer.results} == {"KEY_LOST", ""}
        name = answer.results[0].quarantined
        listing = service_pb2.ListQuarantinedRequest(parent="tenants/acme", min_position=answer.position)
        assert len((await stack.api.ListQuarantined(listing)).deliveries) == 2
        again = await stack.api.RequeueQuarantined(service_pb2.RequeueQuarantinedRequest(name=name))
        assert again.result.reason == "KEY_LOST"
        await database.execute("delete from vault.subject_keys where subject_id = $1", lost)
    back = await stack.api.RequeueQuarantined(service_pb2.RequeueQuarantinedRequest(name=name))
    assert back.result.result == service_pb2.RESULT_ACCEPTED
    read = service_pb2.GetPostRequest(name=back.result.posts[0].post, min_position=back.position)
    assert (await stack.api.GetPost(read)).post.text


async def test_a_source_too_large_for_a_commit_is_refused_and_every_violation_told(stack: Stack) -> None:
    await stack.connect("acme", "x-acme")
    accounts = [f"{number:04}" + "x" * 196 for number in range(1_000)]
    asked = service_pb2.CreateSourceRequest(
        parent="tenants/acme", source_id="huge", source=service_pb2.Source(channel="x", owned_accounts=accounts)
    )
    assert (await refused(stack.api.CreateSource(asked))).code() is grpc.StatusCode.INVALID_ARGUMENT
    asked.source.display_name = "n" * 201
    asked.source.owned_accounts[:] = [*accounts[:100], "", "y" * 201]
    told = {"source.display_name", "source.owned_accounts[100]", "source.owned_accounts[101]"}
    assert set(violations(await refused(stack.api.CreateSource(asked)))) == told
    largest = service_pb2.Source(
        channel="x",
        owned_accounts=[f"{number:03}" + "x" * 50 for number in range(1_000)],
        labels={f"k{number}": "👍" * 200 for number in range(10)},
        display_name="n" * 200,
        secrets_ref="s" * 200,
    )
    for number in range(60):
        asked = service_pb2.CreateSourceRequest(parent="tenants/acme", source_id=f"large-{number}", source=largest)
        answer = await stack.api.CreateSource(asked)
    (own,) = await ingest(stack, request("tenants/acme/sources/x-acme", tweet(1)))
    assert results(own) == ["ACCEPTED"]
    seen: list[str] = []
    listing = service_pb2.ListSourcesRequest(parent="tenants/acme", page_size=1_000, min_position=answer.position)
    while not seen or listing.page_token:
        page = await stack.api.ListSources(listing)
        seen += [source.name for source in page.sources]
        listing.page_token = page.next_page_token
    assert len(seen) == len(set(seen)) == 61


async def test_garbage_in_the_shard_of_sources_stops_no_source_and_no_delivery(stack: Stack, nats_url: str) -> None:
    source = await stack.connect("acme", "x-acme")
    nc = await connect(nats_url, "test")
    log = Log(nc)
    known = events_pb2.SourceConnected.DESCRIPTOR.full_name
    changed = AnyMessage()
    changed.Pack(events_pb2.SourceChanged(source_id="never-seen"))
    bodies = [
        AnyMessage(type_url="type.googleapis.com/switchboard.ingest.v9.SourceMoved", value=b"x"),
        AnyMessage(type_url=f"type.googleapis.com/{known}", value=b"\xff\xff\xff"),
        changed,
    ]
    # The shards of a tenant that no replica owns yet: what stands there is read by everybody's directory of sources.
    last = 0
    for body in bodies:
        commit = log_pb2.Commit(commit_id=uuid7_bytes(0), tenant="other", shard="sources")  # type: ignore[arg-type]
        commit.events.add().body.CopyFrom(body)
        last = await log.append(Subject("post", "other", "sources"), recording.written(commit), last)
    await nc.close()
    second = await stack.connect("acme", "x-second")  # waits until the directory has read up to here
    (answer,) = await ingest(stack, request(source, tweet(1)))
    (other,) = await ingest(stack, request(second, tweet(2)))
    assert results(answer) + results(other) == ["ACCEPTED", "ACCEPTED"]


async def test_a_watch_steps_over_what_cannot_be_read(stack: Stack, nats_url: str) -> None:
    source = await stack.connect("acme", "x-acme")
    watch = stack.api.WatchPosts(service_pb2.WatchPostsRequest(parent="tenants/acme", filter="channel = x"))
    await watch.read()
    nc = await connect(nats_url, "test")
    garbage = AnyMessage(type_url=f"type.googleapis.com/{events_pb2.PostReceived.DESCRIPTOR.full_name}", value=b"\xff")
    no_uuid = AnyMessage()
    no_uuid.Pack(events_pb2.PostReceived(post_id="no uuid"))
    commit = log_pb2.Commit(commit_id=uuid7_bytes(0), tenant="acme", shard="7")  # type: ignore[arg-type]
    commit.events.add().body.CopyFrom(garbage)
    commit.events.add().body.CopyFrom(no_uuid)
    await Log(nc).append(Subject("post", "acme", "7"), recording.written(commit), 0)
    await nc.close()
    (answer,) = await ingest(stack, request(source, tweet(1)))
    step = await watch.read()
    while not step.HasField("post"):
        step = await watch.read()
    assert step.post.name == answer.results[0].posts[0].post
    watch.cancel()
