"""Whatever is delivered gets a result, and whatever is appended can be held by every view, shard and consumer.

No server: a delivery is read, sealed and recorded as ingest does it, then folded into the posts view's rows, which are
held against the columns of its schema, and handed to routing's reaction and to crm-sync's reading of it.
"""

import copy
import json
import re
import time
from collections.abc import Iterator
from typing import Any

import pytest
import recording
from chassis import layout
from chassis.clock import FIRST, LAST, MICROS, Instant, to_timestamp
from chassis.commits import Subject
from chassis.identity import is_uuid
from chassis.sealing import SubjectKey
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ingest import decider, facts
from ingest.batch import Batch
from ingest.events import PostReceived, decode_received
from ingest.normalise import Observation, identity_id
from ingest.reading import read
from ingest.sources import Settings, Source, Sources
from ingest.views import posts
from ingest.views.source_directory import Connected, connections
from opened_content import content_of
from routing.reactions import react
from switchboard.ingest.v1 import events_pb2, events_structs, post_pb2, service_pb2

NOW = Instant(1_790_000_000 * MICROS)
KEY = bytes(range(32))
RANGES = {"smallint": 1 << 15, "integer": 1 << 31, "bigint": 1 << 63}
COLUMNS = re.findall(r"^    ([a-z_]+) (smallint|integer|bigint|text|uuid|bytea|boolean)", posts.PostsView.schema, re.M)
QUARANTINED = service_pb2.RESULT_QUARANTINED


def connected(channel: str) -> Connected:
    source = Source("main", channel, "", Settings(owned_accounts=("acme",)), NOW, NOW)
    return connections("acme", Sources({"main": source}))["main"]


def facts_of(batch: Batch) -> Iterator[Message]:
    """What a batch would append if nothing of it were known, and the edit it would be if it were."""
    for reading in batch.readings:
        name, said, received_at = reading.id, reading.said, reading.received_at
        if not isinstance(said, Observation):
            yield layout.message_of(said)
            continue
        author = identity_id(batch.connected.account.channel, "", said.author_id)
        key = SubjectKey("acme", author, KEY)
        seen = facts.received(batch.connected, said, name, received_at, key, (b"n" * 12, b"m" * 12))
        post = decode_received(seen.encoded)
        content = content_of(key.open(post.personal))
        assert [text for text in texts(content) if "\0" in text] == []
        assert len(post.personal.ciphertext) < 310 * 1024
        yield layout.message_of(post)
        before = PostReceived(name, author, 0, b"other", 1, NOW, b"")
        known = decider.evolve(decider.Posts(), before)
        yield from (layout.message_of(fact) for fact in decider.decide((seen,), known) if fact is not seen)


def texts(message: Message) -> Iterator[str]:
    for field, value in message.ListFields():
        for one in value if isinstance(value, list) or hasattr(value, "add") or hasattr(value, "append") else [value]:
            if isinstance(one, Message):
                yield from texts(one)
            elif field.cpp_type == FieldDescriptor.CPPTYPE_STRING and isinstance(one, str):
                yield one


def hold(batch: Batch) -> None:
    """Fails for a fact that a view's column, routing's command or a protobuf time cannot hold."""
    for fact in facts_of(batch):
        recorded = recording.recorded(Subject("post", "acme", "0"), fact)
        rows: dict[str, posts.Row] = {}
        view = posts.PostsView()
        (key,) = view.keys(recorded)
        if isinstance(fact, events_pb2.PostEdited | events_pb2.PostSighted):
            rows[key] = posts.PostRow("acme", fact.post_id, 1, 0, b"")
        view.fold(rows, recorded)
        row = rows[key]
        of_posts, of_deliveries = len(posts.PostRow._fields), len(posts.DeliveryRow._fields)
        columns = COLUMNS[:of_posts] if "/" in key else COLUMNS[of_posts:][:of_deliveries]
        for (name, kind), value in zip(columns, row, strict=True):
            if value is None:
                continue
            if kind in RANGES:
                assert -RANGES[kind] <= int(value) < RANGES[kind], (name, value)
            elif kind == "text":
                assert "\0" not in str(value), name
                assert len(str(value).encode()) < 1_000, name
            elif kind == "uuid":
                assert is_uuid(str(value)), (name, value)
        command = react(recorded, NOW)
        for name in getattr(command, "__slots__", ()):
            value = getattr(command, name)
            if isinstance(value, int) and name.endswith(("_at", "at")):
                to_timestamp(Instant(value)).ToDatetime()
                assert FIRST <= value <= LAST, name


def delivered(channel: str, delivery: service_pb2.Delivery) -> Batch:
    """The delivery as it was read: with a verdict, and with a field's or a place's name where it was refused."""
    batch = read(connected(channel), [service_pb2.Delivery.FromString(delivery.SerializeToString())], NOW)
    (verdict,) = batch.verdicts
    if batch.quarantined:
        assert verdict.reason, verdict
        assert verdict.detail, verdict
        assert verdict.reason != "UNFORESEEN", verdict
        refusals = [one for one in batch.readings if isinstance(one.said, events_structs.DeliveryQuarantined)]
        assert len(refusals) == len(batch.to_quarantine) == 1
    return batch


GOOD = post_pb2.NormalizedPost(
    external_id="1",
    author=post_pb2.Author(external_id="7", handle="mia", display_name="Mia"),
    text="where is my parcel?",
    published_at=Timestamp(seconds=1_780_000_000),
)
EXTREME_TEXTS = st.sampled_from(
    ["", "x", "\0", "a\0b", "\x1b", "x" * 600, "x" * 9_000, "👍🏽" * 300, "\u202e", "\ufffe"]
)


def value_of(field: FieldDescriptor) -> st.SearchStrategy[Any]:
    """Values of a field that its type on the wire can hold, extremes first."""
    match field.cpp_type:
        case FieldDescriptor.CPPTYPE_STRING:
            return EXTREME_TEXTS
        case FieldDescriptor.CPPTYPE_INT64:
            return st.sampled_from([-(1 << 63), -1, 0, 1, (1 << 31), (1 << 63) - 1]) | st.integers(
                -(1 << 63), (1 << 63) - 1
            )
        case FieldDescriptor.CPPTYPE_INT32 | FieldDescriptor.CPPTYPE_ENUM:
            return st.sampled_from([-(1 << 31), -1, 0, 1, 9, 40_000, (1 << 31) - 1]) | st.integers(
                -(1 << 31), (1 << 31) - 1
            )
        case FieldDescriptor.CPPTYPE_DOUBLE:
            return st.floats()
        case FieldDescriptor.CPPTYPE_BOOL:
            return st.booleans()
        case _:
            return message_of(field.message_type)


def message_of(descriptor: Any) -> st.SearchStrategy[dict[str, Any]]:
    """A message with some of its fields set, as a dictionary of field names."""
    one = {
        field.name: st.lists(value_of(field), max_size=3) if field.is_repeated else value_of(field)
        for field in descriptor.fields
    }
    return st.fixed_dictionaries({}, optional=one)


def filled(message: Message, values: dict[str, Any]) -> None:
    for name, value in values.items():
        target = getattr(message, name)
        if isinstance(value, dict):
            target.SetInParent()
            filled(target, value)
        elif isinstance(value, list):
            for one in value:
                if isinstance(one, dict):
                    filled(target.add(), one)
                else:
                    target.append(one)
        else:
            setattr(message, name, value)


@settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(values=message_of(post_pb2.NormalizedPost.DESCRIPTOR), keep=st.booleans())
def test_a_post_in_our_own_form_with_any_values_is_quarantined_or_can_be_held_by_all(
    values: dict[str, Any], keep: bool
) -> None:
    post = post_pb2.NormalizedPost()
    post.CopyFrom(GOOD)
    if keep:  # what a post needs stays as it is, so that more of them get through
        for name in ("external_id", "author", "text", "published_at", "withdrawn_at"):
            values.pop(name, None)
    filled(post, values)
    hold(delivered("mail", service_pb2.Delivery(normalized_post=post)))


WINDOW = "reply_window_expires_at"


@pytest.mark.parametrize(
    ("values", "named"),
    [
        pytest.param({"kind": 40_000}, "kind", id="a kind nobody knows"),
        pytest.param({"author_kind": 40_000}, "author_kind", id="an author kind nobody knows"),
        pytest.param({"visibility": -1}, "visibility", id="a visibility nobody knows"),
        pytest.param({WINDOW: {"seconds": (1 << 63) - 1}}, WINDOW, id="a window after the end of time"),
        pytest.param({WINDOW: {"seconds": -(1 << 63)}}, WINDOW, id="a window before its begin"),
        pytest.param({"reply_quota_left": -5}, "reply_quota_left", id="fewer replies than none"),
        pytest.param({"reach": -1}, "reach", id="fewer readers than none"),
        pytest.param({"revision": -1}, "revision", id="an edit before the original"),
        pytest.param({"entities": [{"kind": 77}]}, "entities[0].kind", id="an entity nobody knows"),
        pytest.param({"media": [{"kind": -3}]}, "media[0].kind", id="a medium nobody knows"),
        pytest.param({"media": [{"alt_text": "a\0b"}]}, "media[0].alt_text", id="U+0000 in a description"),
        pytest.param({"author": {"display_name": "x" * 9_000}}, "author.display_name", id="a name without end"),
        pytest.param({"links": ["x"] * 1_001}, "links", id="more links than a thread has"),
        pytest.param({"location": {"latitude": float("nan")}}, "location.latitude", id="a latitude that is no number"),
    ],
)  # fmt: skip
def test_a_value_that_not_everybody_can_hold_is_refused_by_its_fields_name(values: dict[str, Any], named: str) -> None:
    post = post_pb2.NormalizedPost()
    post.CopyFrom(GOOD)
    filled(post, values)
    batch = delivered("mail", service_pb2.Delivery(normalized_post=post))
    (verdict,) = batch.verdicts
    assert named in verdict.detail
    assert [part.result for part in verdict.parts] == [QUARANTINED]
    assert [one for one in batch.readings if isinstance(one.said, Observation)] == []


USER = {"id": 77, "id_str": "77", "screen_name": "mia", "name": "Mia", "followers_count": 5, "location": "Oslo"}
TIME = "Wed Oct 08 20:19:24 +0000 2025"
STATUS: dict[str, Any] = {
    "id": 4611686018427387905, "created_at": TIME, "text": "@acme where &amp; how #lost https://t.co/x", "user": USER,
    "lang": "en", "in_reply_to_status_id": 5, "conversation_id": "5", "place": {"full_name": "Oslo"},
    "edit_history": {"edit_tweet_ids": ["4611686018427387905"]}, "coordinates": {"coordinates": [10.7, 59.9]},
    "entities": {"user_mentions": [{"screen_name": "acme", "id_str": "9", "indices": [0, 5]}],
                 "media": [{"media_url_https": "https://m/1.jpg", "type": "photo"}]},
}  # fmt: skip
WEIBO: dict[str, Any] = {
    **STATUS, "idstr": "4611686018427387905", "pic_ids": ["abcdefgh12"], "geo": {"coordinates": [59.9, 10.7]},
    "annotations": [{"place": {"title": "Oslo"}}], "visible": {"type": 0}, "deleted": "0",
    "url_struct": [{"short_url": "https://t.co/x", "ori_url": "https://example.org"}],
}  # fmt: skip
TWEET = {
    "id": "4611686018427387905", "author_id": "77", "created_at": "2025-10-08T20:19:24.000Z", "text": "lost &amp; sad",
    "edit_history_tweet_ids": ["4611686018427387905"], "conversation_id": "5", "geo": {"place_id": "1"},
    "attachments": {"media_keys": ["3_1"]}, "referenced_tweets": [{"type": "replied_to", "id": "5"}],
    "entities": {"mentions": [{"start": 0, "end": 4, "username": "acme", "id": "9"}]},
}  # fmt: skip
INCLUDES = {
    "users": [{"id": "77", "username": "mia", "public_metrics": {"followers_count": 1}}],
    "media": [{"media_key": "3_1", "type": "photo", "url": "https://m/1.jpg"}],
    "places": [{"id": "1", "full_name": "Oslo"}],
}
MESSAGE = {
    "type": "message_create", "id": "9", "created_timestamp": "1760000000000",
    "message_create": {"sender_id": "77", "target": {"recipient_id": "5"}, "message_data": {"text": "hello &lt;3"}},
}  # fmt: skip
SHAPES: list[tuple[str, Any]] = [
    ("x", STATUS),
    ("x", [STATUS, STATUS]),
    ("x", {"for_user_id": "5", "tweet_create_events": [STATUS], "users": {"77": USER},
           "direct_message_events": [MESSAGE],
           "tweet_delete_events": [{"status": {"id": "1", "user_id": "2"}, "timestamp_ms": "1760000000000"}]}),
    ("x", {"data": [TWEET, TWEET], "includes": INCLUDES}),
    ("x", {"data": {"delete": {"tweet": {"id": "1"}, "event_at": "2025-10-08T20:19:24Z"}}}),
    ("x", {"data": {"id": "1", "event_type": "MessageCreate", "text": "hi", "sender_id": "7",
                    "dm_conversation_id": "7-8", "created_at": "2025-10-08T20:19:24Z"}}),
    ("x", {"user_delete": {"id": 7, "timestamp_ms": "1760000000000"}}),
    ("weibo", {"statuses": [WEIBO], "comments": [{**WEIBO, "status": {"id": 5}, "reply_comment": {"id": 6}}]}),
    ("weibo", {"Author": {"Id": "weibo:77", "DisplayName": "Mia"}, "Mid": "5", "PubTime": "/Date(1760000000000+0800)/",
               "Text": "where?", "ImageUrls": ["https://i/1.jpg"]}),
    ("weibo", {"id": "9", "deleted": "1"}),
]  # fmt: skip
EXTREMES: list[Any] = [
    None, True, False, 0, -1, 5, 1 << 31, 1 << 53, (1 << 63) - 1, (1 << 64) - 1, 0.5, -1e308, 1e308, "", "\0",
    "x" * 600,
    "0", "-7", "7" * 45, "18446744073709551615", "9223372036854775807", "Wed Feb 30 25:61:61 +9999 9999",
    "9999-12-31T23:59:59.999999Z", "0001-01-01T00:00:00Z", "/Date(9999999999999999)/", "&amp;" * 50, "@acme " * 50,
    [], {}, [[[]]], [None], {"id": {}}, [1 << 63, -1], ["x", 1], {"\0": 1}, "👍🏽" * 100, "1760000000000", 1e400,
]  # fmt: skip


def places(node: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The paths of everything in a document."""
    yield at
    if isinstance(node, dict):
        for key, value in node.items():
            yield from places(value, (*at, key))
    elif isinstance(node, list):
        for index, value in enumerate(node):
            yield from places(value, (*at, index))


def changed(document: Any, number: int, value: Any) -> Any:
    """The document with the value in one of its places."""
    value = copy.deepcopy(value)
    found = list(places(document))
    *way, last = found[number % len(found)] or (None,)
    if last is None:
        return value
    node = document
    for step in way:
        node = node[step]
    node[last] = value
    return document


JSON = st.sampled_from(EXTREMES) | st.recursive(
    st.none() | st.booleans() | st.integers(-(1 << 64), 1 << 64) | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow])
@given(shape=st.sampled_from(SHAPES), changes=st.lists(st.tuples(st.integers(0, 1 << 20), JSON), max_size=3))
def test_a_platforms_payload_with_anything_anywhere_is_quarantined_or_can_be_held_by_all(
    shape: tuple[str, Any], changes: list[tuple[int, Any]]
) -> None:
    channel, document = shape[0], copy.deepcopy(shape[1])
    for number, value in changes:
        document = changed(document, number, value)
    hold(delivered(channel, service_pb2.Delivery(payload=json.dumps(document).encode())))


@settings(max_examples=150)
@given(
    channel=st.sampled_from(["x", "weibo", "mail"]),
    content_type=st.text(max_size=20)
    | st.sampled_from(["", "application/json", "application/x-ndjson", "text/xml", "application/json; charset=gbk"]),
    payload=st.binary(max_size=200)
    | st.sampled_from(
        [b"\xef\xbb\xbf" * 5, b"[" * 2_000, b'{"a":' * 2_000, b"\xff\xfe{\x00}\x00", b"1e999999999", b"9" * 5_000,
         b'<!DOCTYPE z [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><z>&b;</z>', b'{"id":' + b"9" * 400 + b"}",
         b"null\nnull"]
    ),
    seconds=st.integers(-(1 << 63), (1 << 63) - 1),
    nanos=st.integers(-(1 << 31), (1 << 31) - 1),
)  # fmt: skip
def test_any_bytes_of_any_type_from_any_time_have_a_verdict(
    channel: str, content_type: str, payload: bytes, seconds: int, nanos: int
) -> None:
    received_at = Timestamp(seconds=seconds, nanos=nanos)
    for delivery in (
        service_pb2.Delivery(payload=payload, content_type=content_type),
        service_pb2.Delivery(payload=payload, content_type=content_type, received_at=received_at),
    ):
        hold(delivered(channel, delivery))


MIB4 = 4 * 1024 * 1024
HUGE = [
    pytest.param("x", b"[" + b"0," * (MIB4 // 2 - 2) + b"0]", id="two million elements that are nothing"),
    pytest.param("weibo", b'{"statuses":[' + b"0," * (MIB4 // 2 - 20) + b"0]}", id="a page of as many"),
    pytest.param("x", b'{"data":[' + b"{}," * (MIB4 // 3 - 20) + b"{}]}", id="a page of empty tweets"),
    pytest.param("x", b"{}\n" * (MIB4 // 3), id="a million lines"),
    pytest.param("x", b"\n" * (MIB4 - 10) + b"{}\n{}", id="four million empty lines"),
    pytest.param("x", b"\xef\xbb\xbf" * (MIB4 // 3), id="a million byte order marks"),
    pytest.param(
        "x",
        json.dumps({
            **STATUS,
            "text": "&amp;" * 20_000,
            "entities": {"hashtags": [{"text": "a", "indices": [n, n + 1]} for n in range(40_000)]},
        }).encode(),
        id="escapes times entities",
    ),
    pytest.param(
        "x", b"[" + b",".join([json.dumps({**STATUS, "entities": None, "text": "@a " * 33_000}).encode()] * 30) + b"]",
        id="mentions without end",
    ),
    pytest.param(
        "weibo", json.dumps([{**WEIBO, "text": "#" * 99_999}] * 40).encode(), id="hashtags that never end",
    ),
    pytest.param("x", json.dumps([{**STATUS, "text": " #" + "1" * 99_990}] * 40).encode(), id="hashtags of digits"),
]  # fmt: skip


@pytest.mark.parametrize(("channel", "payload"), HUGE)
def test_the_largest_payload_is_read_with_bounded_work(channel: str, payload: bytes) -> None:
    begun = time.process_time()
    batch = delivered(channel, service_pb2.Delivery(payload=payload[:MIB4]))
    assert time.process_time() - begun < 4.0, "far more than it takes, far less than work that is not bounded"
    assert len(batch.verdicts[0].parts) <= 10_000
