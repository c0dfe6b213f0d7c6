"""Batches of deliveries and what is counted of their answers; no connection."""

import grpc
import pytest
from google.protobuf.duration_pb2 import Duration
from google.rpc.error_details_pb2 import RetryInfo
from google.rpc.status_pb2 import Status
from grpc.aio import AioRpcError, Metadata
from hypothesis import given, settings
from hypothesis import strategies as st
from switchboard.ingest.v1 import service_pb2 as api
from switchboard_cli.deliveries.addressed import Addressed
from switchboard_cli.deliveries.sending import (
    BATCH,
    BATCH_BYTES,
    DELIVERY_BYTES_MAX,
    Sent,
    batches,
    fold,
    worth_sending_again,
)


def addressed(source: str, payload: bytes) -> Addressed:
    return Addressed(source, api.Delivery(payload=payload))


@settings(max_examples=50)
@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 400_000)), max_size=80))
def test_law_batches_hold_every_delivery_once_in_order_and_keep_their_limits(given_):
    deliveries = [addressed(source, b"%d:" % n + b"x" * size) for n, (source, size) in enumerate(given_)]
    sent = Sent()
    made = list(batches("demo", deliveries, sent))
    for source in "abc":
        mine = [d.payload for b in made if b.source == f"tenants/demo/sources/{source}" for d in b.deliveries]
        assert mine == [item.delivery.payload for item in deliveries if item.source_id == source]
    assert all(1 <= len(b.deliveries) <= BATCH for b in made)
    assert all(len(b.deliveries) == 1 or sum(d.ByteSize() for d in b.deliveries) <= BATCH_BYTES for b in made)
    assert sent.deliveries == 0


def test_a_full_batch_goes_at_once():
    made = list(batches("demo", [addressed("a", b"%d" % n) for n in range(BATCH + 1)], Sent()))
    assert [len(b.deliveries) for b in made] == [BATCH, 1]


def test_what_no_message_can_hold_is_counted_and_the_rest_goes_on():
    sent = Sent()
    large = addressed("a", b"x" * DELIVERY_BYTES_MAX)
    made = list(batches("demo", [addressed("a", b"1"), large, addressed("a", b"2")], sent))
    assert [[d.payload for d in b.deliveries] for b in made] == [[b"1", b"2"]]
    assert sent.results == {"TOO_LARGE": 1}


def test_answers_are_counted_by_kind_and_the_last_position_stays():
    sent = Sent()
    request = api.IngestPostsRequest(deliveries=[api.Delivery(), api.Delivery(), api.Delivery()])
    results = [
        api.DeliveryResult(result=api.Result.RESULT_ACCEPTED),
        api.DeliveryResult(result=api.Result.RESULT_QUARANTINED, reason="INVALID_JSON"),
        api.DeliveryResult(result=api.Result.RESULT_ACCEPTED),
    ]
    fold(request, api.IngestPostsResponse(results=results, position="p9"), sent)
    fold(api.IngestPostsRequest(), api.IngestPostsResponse(), sent)
    assert sent.results == {"ACCEPTED": 2, "QUARANTINED": 1}
    assert sent.reasons == {"INVALID_JSON": 1}
    assert (sent.deliveries, sent.position) == (3, "p9")


def test_an_answer_of_another_size_is_our_defect():
    with pytest.raises(AssertionError, match="one result per delivery"):
        fold(api.IngestPostsRequest(deliveries=[api.Delivery()]), api.IngestPostsResponse(), Sent())


@pytest.mark.parametrize(
    ("code", "details", "again"),
    [
        (grpc.StatusCode.UNAVAILABLE, "Socket closed", True),
        (grpc.StatusCode.RESOURCE_EXHAUSTED, "the request is 5000000 bytes; at most 4194304 are read", False),
        (grpc.StatusCode.INTERNAL, "Internal error from Core", True),
        (grpc.StatusCode.INTERNAL, "internal error", False),
        (grpc.StatusCode.INVALID_ARGUMENT, "source: no such name", False),
    ],
)
def test_a_stream_that_broke_under_a_write_is_sent_again_a_refusal_is_not(code, details, again):
    assert worth_sending_again(AioRpcError(code, Metadata(), Metadata(), details)) is again


@pytest.mark.parametrize("code", [grpc.StatusCode.RESOURCE_EXHAUSTED, grpc.StatusCode.ABORTED])
def test_what_says_when_to_come_back_is_sent_again(code):
    status = Status(code=code.value[0])
    status.details.add().Pack(RetryInfo(retry_delay=Duration(seconds=1)))
    trailers = Metadata(("grpc-status-details-bin", status.SerializeToString()))
    assert worth_sending_again(AioRpcError(code, Metadata(), trailers, "the queue is full"))
