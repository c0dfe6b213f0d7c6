"""Bad input over the API of the running stack: a precise status or result, nothing half applied, the rest goes on.

Every case asserts what the caller is told, not that something failed.
"""

import json
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from refusals import refused
from running_stack import RunningStack
from switchboard.ingest.v1 import service_pb2 as api
from switchboard.ingest.v1 import service_pb2_grpc
from switchboard.ingest.v1.post_pb2 import Author, NormalizedPost

TENANT = "hostile"
SOURCE = f"tenants/{TENANT}/sources/x"
MESSAGE_BYTES_MAX = 4 * 1024 * 1024
PATIENCE_S = 30


@pytest.fixture(scope="module")
def ingest(stack: RunningStack) -> Iterator[Any]:
    """A client of ingest, and a source of channel x."""
    with stack.channel("ingest") as channel:
        stub = service_pb2_grpc.IngestServiceStub(channel)
        source = api.Source(channel="x", owned_accounts=["77"])
        stub.CreateSource(api.CreateSourceRequest(parent=f"tenants/{TENANT}", source_id="x", source=source))
        yield stub


def status(number: Any, **changes: Any) -> bytes:
    """A status as X sends it."""
    said = {"id": number, "created_at": "Mon Mar 02 08:00:00 +0000 2020", "text": "the ferry left without us",
            "user": {"id": 61, "screen_name": "ana"}}  # fmt: skip
    return json.dumps({**said, **changes}).encode()


def delivered(payload: bytes, content_type: str = "application/json", **more: Any) -> api.Delivery:
    return api.Delivery(payload=payload, content_type=content_type, **more)


def own_form(**values: Any) -> api.Delivery:
    """A post in our own form, good but for these values."""
    said = {"external_id": "90001", "author": Author(external_id="61"), "text": "the ferry left without us",
            "published_at": Timestamp(seconds=1_583_136_000)}  # fmt: skip
    return api.Delivery(normalized_post=NormalizedPost(**{**said, **values}))


def one(ingest: Any, delivery: api.Delivery, **request: Any) -> api.DeliveryResult:
    request = {"source": SOURCE, "delivery": delivery, **request}
    return ingest.IngestPost(api.IngestPostRequest(**request), timeout=PATIENCE_S).result


def posts(ingest: Any, position: str) -> set[str]:
    """The names of all posts of the tenant as of a position."""
    request = api.ListPostsRequest(parent=f"tenants/{TENANT}", page_size=1000, min_position=position)
    return {post.name for post in ingest.ListPosts(request, timeout=PATIENCE_S).posts}


FAR = Timestamp(seconds=4_102_444_800)  # 2100
UNREADABLE = [
    pytest.param(delivered(status(1), "text/html"), "UNSUPPORTED_CONTENT_TYPE", id="a wrong content type"),
    pytest.param(delivered(status(2), "application/json; charset=gbk"), "UNSUPPORTED_CONTENT_TYPE",
                 id="another character set"),
    pytest.param(delivered(status(1)[:-9]), "INVALID_JSON", id="truncated JSON"),
    pytest.param(delivered(b""), "EMPTY", id="nothing"),
    pytest.param(delivered(b"[" * 10_000 + b"]" * 10_000), "TOO_DEEP", id="arrays 10,000 deep"),
    pytest.param(delivered(b'{"a":' * 10_000 + b"1" + b"}" * 10_000), "TOO_DEEP", id="objects 10,000 deep"),
    pytest.param(delivered(status(1).replace(b"ferry", b"ferr\xff")), "INVALID_UTF8", id="a byte that is no UTF-8"),
    pytest.param(delivered(status(1).replace(b"ferry", b"\\ud83d")), "LONE_SURROGATE", id="half an emoji, escaped"),
    pytest.param(delivered(status(1).replace(b"ferry", b"\xed\xa0\xbd")), "INVALID_UTF8", id="half an emoji, raw"),
    pytest.param(delivered(status(1, created_at="Mon Feb 30 08:00:00 +0000 2020")), "IMPOSSIBLE_TIME",
                 id="a day no calendar has"),
    pytest.param(delivered(status(1, created_at="Mon Mar 02 25:00:00 +0000 2020")), "IMPOSSIBLE_TIME",
                 id="an hour no day has"),
    pytest.param(delivered(status(1, created_at="Mon Mar 02 08:00:00 +0000 2099")), "IMPOSSIBLE_TIME",
                 id="a far future"),
    pytest.param(delivered(status(1, created_at=None)), "MISSING_FIELD", id="no time"),
    pytest.param(delivered(status(3), received_at=FAR), "IMPOSSIBLE_TIME", id="received in a far future"),
    pytest.param(delivered(status(-7)), "INVALID_ID", id="a negative id"),
    pytest.param(delivered(status(1.5)), "INVALID_ID", id="an id that is no whole number"),
    pytest.param(delivered(status(1 << 70)), "INVALID_ID", id="an id of more than 64 bits"),
    pytest.param(delivered(status("12a")), "INVALID_ID", id="an id with a letter"),
    pytest.param(delivered(status(1, user=None)), "MISSING_FIELD", id="no author"),
    pytest.param(delivered(status(1, text=["x"])), "WRONG_TYPE", id="a text that is an array"),
    pytest.param(delivered(status(1, text="x" * 100_001)), "TOO_LARGE", id="a text of 100,001 characters"),
    pytest.param(delivered(b'{"nobody": "knows"}'), "UNKNOWN_FORM", id="a form nobody knows"),
    pytest.param(delivered(b'"words"'), "UNKNOWN_FORM", id="a bare text"),
    pytest.param(own_form(kind=40_000), "INVALID_VALUE", id="a kind no column holds"),
    pytest.param(own_form(author_kind=40_000), "INVALID_VALUE", id="an author kind nobody knows"),
    pytest.param(own_form(reply_window_expires_at=Timestamp(seconds=(1 << 63) - 1)), "IMPOSSIBLE_TIME",
                 id="a window after the end of time"),
    pytest.param(own_form(reply_window_expires_at=Timestamp(seconds=-(1 << 63))), "IMPOSSIBLE_TIME",
                 id="a window before its begin"),
    pytest.param(own_form(reply_quota_left=-(1 << 31)), "INVALID_VALUE", id="fewer replies than none"),
]  # fmt: skip


@pytest.mark.parametrize(("delivery", "reason"), UNREADABLE)
def test_an_unreadable_delivery_is_kept_and_explained(ingest: Any, delivery: api.Delivery, reason: str) -> None:
    request = api.IngestPostRequest(source=SOURCE, delivery=delivery)
    answer = ingest.IngestPost(request, timeout=PATIENCE_S)
    assert (api.Result.Name(answer.result.result), answer.result.reason) == ("RESULT_QUARANTINED", reason)
    assert answer.result.detail
    assert "ferr" not in answer.result.detail
    asked = api.ListQuarantinedRequest(parent=f"tenants/{TENANT}", page_size=1000, min_position=answer.position)
    kept = {one.name: one for one in ingest.ListQuarantined(asked, timeout=PATIENCE_S).deliveries}
    assert kept[answer.result.quarantined].reason == reason
    if 0 < len(delivery.payload) < 10_000:
        assert kept[answer.result.quarantined].payload == delivery.payload
    again = ingest.IngestPost(request, timeout=PATIENCE_S)
    assert api.Result.Name(again.result.result) == "RESULT_DUPLICATE"


def test_a_delivery_with_neither_payload_nor_post_is_empty(ingest: Any) -> None:
    result = one(ingest, api.Delivery())
    assert api.Result.Name(result.result) in ("RESULT_QUARANTINED", "RESULT_DUPLICATE")
    assert result.reason == "EMPTY"


def test_the_rest_of_the_batch_goes_on(ingest: Any) -> None:
    bad = [case.values[0] for case in UNREADABLE]
    good = [delivered(status(20_000 + number)) for number in range(len(bad))]
    mixed = [delivery for pair in zip(bad, good, strict=True) for delivery in pair]
    batch = api.IngestPostsRequest(source=SOURCE, deliveries=mixed)
    (answer,) = ingest.IngestPosts(iter([batch]), timeout=PATIENCE_S)
    results = [api.Result.Name(result.result).removeprefix("RESULT_") for result in answer.results]
    assert set(results[0::2]) <= {"QUARANTINED", "DUPLICATE"}
    assert results[1::2] == ["ACCEPTED"] * len(good)
    assert {result.posts[0].post for result in answer.results[1::2]} <= posts(ingest, answer.position)


def test_the_good_items_of_a_half_readable_page_are_recorded(ingest: Any) -> None:
    page = [status(30_001), status(30_002, user=None), status(30_003)]
    result = one(ingest, delivered(b"[" + b",".join(page) + b"]"))
    assert api.Result.Name(result.result) == "RESULT_QUARANTINED"
    told = {api.Result.Name(post.result).removeprefix("RESULT_"): post.reason for post in result.posts}
    assert told == {"ACCEPTED": "", "QUARANTINED": "MISSING_FIELD"}
    assert sum(bool(post.post) for post in result.posts) == 2


def test_an_id_as_number_and_as_text_is_one_post(ingest: Any) -> None:
    forms = [40_001, "40001", "0040001"]
    results = [one(ingest, delivered(status(form, id_str=None))) for form in forms]
    assert [api.Result.Name(result.result) for result in results] == ["RESULT_ACCEPTED", *["RESULT_DUPLICATE"] * 2]
    assert len({result.posts[0].post for result in results}) == 1


def test_a_payload_just_under_the_limit_is_read(ingest: Any) -> None:
    padded = status(50_001, source="x" * (MESSAGE_BYTES_MAX - 1_000))
    request = api.IngestPostRequest(source=SOURCE, delivery=delivered(padded))
    assert MESSAGE_BYTES_MAX - 1_000 < request.ByteSize() <= MESSAGE_BYTES_MAX
    assert api.Result.Name(one(ingest, delivered(padded)).result) == "RESULT_ACCEPTED"


@pytest.mark.parametrize("size", [MESSAGE_BYTES_MAX, 5 * 1024 * 1024], ids=["4 MiB and its frame", "5 MiB"])
def test_a_message_over_the_limit_is_refused_and_the_connection_goes_on(ingest: Any, size: int) -> None:
    request = api.IngestPostRequest(source=SOURCE, delivery=delivered(b" " * size))
    refusal = refused(lambda: ingest.IngestPost(request, timeout=PATIENCE_S))
    assert refusal.code == "RESOURCE_EXHAUSTED"
    assert str(MESSAGE_BYTES_MAX) in refusal.message
    assert api.Result.Name(one(ingest, delivered(status(20_000))).result) == "RESULT_DUPLICATE"


UNKNOWN = [
    pytest.param("tenants/nobody-here/sources/x", "NOT_FOUND", "TENANT_UNKNOWN", id="an unknown tenant"),
    pytest.param(f"tenants/{TENANT}/sources/nothing", "NOT_FOUND", "SOURCE_UNKNOWN", id="an unknown source"),
    pytest.param("sources/x", "INVALID_ARGUMENT", "INVALID_REQUEST", id="no resource name"),
    pytest.param("tenants/UPPER/sources/x", "INVALID_ARGUMENT", "INVALID_REQUEST", id="no tenant id"),
    pytest.param("", "INVALID_ARGUMENT", "INVALID_REQUEST", id="no source"),
]


@pytest.mark.parametrize(("source", "code", "reason"), UNKNOWN)
@pytest.mark.parametrize("method", ["IngestPost", "IngestPosts"])
def test_a_wrong_address_is_refused_with_details(ingest: Any, method: str, source: str, code: str, reason: str) -> None:
    delivery = delivered(status(60_001))
    if method == "IngestPost":
        single = api.IngestPostRequest(source=source, delivery=delivery)
        refusal = refused(lambda: ingest.IngestPost(single, timeout=PATIENCE_S))
    else:
        batch = api.IngestPostsRequest(source=source, deliveries=[delivery])
        refusal = refused(lambda: list(ingest.IngestPosts(iter([batch]), timeout=PATIENCE_S)))
    assert (refusal.code, refusal.reason, refusal.domain) == (code, reason, "switchboard")
    if code == "NOT_FOUND":
        assert refusal.resource is not None
        assert refusal.resource[1] in source
    else:
        assert list(refusal.fields) == ["source"]


@pytest.mark.parametrize(
    ("service", "path"),
    [
        ("ingest", "/switchboard.ingest.v1.IngestService/GetPost"),
        ("routing", "/switchboard.routing.v1.RoutingService/GetCase"),
        ("crm", "/switchboard.crm.v1.CustomerService/GetCustomer"),
        ("kpi", "/switchboard.kpi.v1.KpiService/QueryMetrics"),
    ],
)
def test_bytes_that_are_no_message_are_an_invalid_argument(stack: RunningStack, service: str, path: str) -> None:
    with stack.channel(service) as channel:
        call = channel.unary_unary(path)
        refusal = refused(lambda: call(b"\xff\xff\xff", timeout=PATIENCE_S))
    assert (refusal.code, refusal.reason) == ("INVALID_ARGUMENT", "INVALID_REQUEST")


def test_every_violation_of_a_request_is_told_at_once(ingest: Any) -> None:
    source = api.Source(channel="No Channel", owned_accounts=[""], labels={"Bad Key": "v"}, default_queue="q" * 300)
    request = api.CreateSourceRequest(parent=f"tenants/{TENANT}", source_id="-bad", source=source)
    refusal = refused(lambda: ingest.CreateSource(request, timeout=PATIENCE_S))
    assert (refusal.code, refusal.reason) == ("INVALID_ARGUMENT", "INVALID_REQUEST")
    told = {"source_id", "source.channel", "source.owned_accounts[0]", "source.labels", "source.default_queue"}
    assert set(refusal.fields) == told


def test_a_request_id_answers_the_same_body_and_refuses_another(ingest: Any) -> None:
    request_id = str(uuid.uuid4())
    request = api.IngestPostRequest(source=SOURCE, delivery=delivered(status(70_001)), request_id=request_id)
    first = ingest.IngestPost(request, timeout=PATIENCE_S)
    assert api.Result.Name(first.result.result) == "RESULT_ACCEPTED"
    assert ingest.IngestPost(request, timeout=PATIENCE_S).result == first.result
    other = api.IngestPostRequest(source=SOURCE, delivery=delivered(status(70_002)), request_id=request_id)
    refusal = refused(lambda: ingest.IngestPost(other, timeout=PATIENCE_S))
    assert (refusal.code, refusal.reason, refusal.domain) == ("ALREADY_EXISTS", "REQUEST_ID_REUSED", "switchboard")
    fresh = one(ingest, delivered(status(70_002)))
    assert api.Result.Name(fresh.result) == "RESULT_ACCEPTED", "the refused request recorded nothing"


def test_a_request_id_that_is_no_uuid_is_named(ingest: Any) -> None:
    request = api.IngestPostRequest(source=SOURCE, delivery=delivered(status(70_003)), request_id="once")
    refusal = refused(lambda: ingest.IngestPost(request, timeout=PATIENCE_S))
    assert refusal.code == "INVALID_ARGUMENT"
    assert list(refusal.fields) == ["request_id"]


def test_an_expired_deadline_leaves_nothing_half_done(ingest: Any) -> None:
    batch = [delivered(status(80_000 + number)) for number in range(100)]
    request = api.IngestPostsRequest(source=SOURCE, deliveries=batch)
    refusal = refused(lambda: list(ingest.IngestPosts(iter([request]), timeout=0.000_001)))
    assert refusal.code == "DEADLINE_EXCEEDED"
    (answer,) = ingest.IngestPosts(iter([request]), timeout=PATIENCE_S)
    assert {api.Result.Name(result.result) for result in answer.results} <= {"RESULT_ACCEPTED", "RESULT_DUPLICATE"}
    assert {result.posts[0].post for result in answer.results} <= posts(ingest, answer.position)


def test_a_position_that_is_none_is_named(ingest: Any) -> None:
    request = api.ListPostsRequest(parent=f"tenants/{TENANT}", min_position="not a token")
    refusal = refused(lambda: ingest.ListPosts(request, timeout=PATIENCE_S))
    assert (refusal.code, list(refusal.fields)) == ("INVALID_ARGUMENT", ["min_position"])


def test_a_batch_of_nothing_and_one_of_too_much_are_refused(ingest: Any) -> None:
    for size in (0, 1_001):
        batch = api.IngestPostsRequest(source=SOURCE, deliveries=[delivered(b"{}")] * size)
        refusal = refused(lambda batch=batch: list(ingest.IngestPosts(iter([batch]), timeout=PATIENCE_S)))
        assert (refusal.code, list(refusal.fields)) == ("INVALID_ARGUMENT", ["deliveries"])


def test_no_bad_input_reached_a_case(stack: RunningStack, ingest: Any) -> None:
    facts = stack.facts(TENANT)
    received = {fact["data"]["post_id"] for fact in facts if fact["type"].endswith(".PostReceived")}
    placed = [fact["data"]["post"]["post_id"] for fact in facts if fact["type"].endswith((".CaseBegun", ".PostPlaced"))]
    threaded = [fact["data"]["post_id"] for fact in facts if fact["type"].endswith(".PostThreaded")]
    assert received
    assert sorted(placed + threaded) == sorted(received)
