"""Given a request, when it is more than may be read, then every field that is wrong is named; nothing is parsed."""

from __future__ import annotations

from typing import Any

import pytest
from chassis.clock import FIRST, LAST
from chassis.message_limits import (
    ID_BYTES_MAX,
    ITEMS_MAX,
    NAME_BYTES_MAX,
    REQUEST_TEXT_BYTES_MAX,
    TEXT_BYTES_MAX,
    VIOLATIONS_MAX,
    MessageLimits,
)
from google.protobuf.message import Message
from hypothesis import given
from hypothesis import strategies as st
from switchboard.crm.v1 import service_pb2 as crm
from switchboard.ingest.v1 import service_pb2 as ingest
from switchboard.kpi.v1 import service_pb2 as kpi
from switchboard.routing.v1 import events_pb2
from switchboard.routing.v1 import service_pb2 as routing

LIMITS = MessageLimits(
    texts={"switchboard.routing.v1.ReplyToCaseRequest.text": 40_000},
    totals={"switchboard.crm.v1.AssertAttributesRequest": 128 * 1024},
    unchecked=frozenset({"switchboard.ingest.v1.Delivery"}),
)


def fields(request: Message) -> list[str]:
    return [field for field, _ in LIMITS.violations(request)]


@pytest.mark.parametrize(
    ("request_", "wrong"),
    [
        pytest.param(routing.GetCaseRequest(name="n" * NAME_BYTES_MAX), [], id="a name as long as it may be"),
        pytest.param(routing.GetCaseRequest(name="n" * (NAME_BYTES_MAX + 1)), ["name"], id="a name a byte longer"),
        pytest.param(routing.GetCaseRequest(name="很" * (NAME_BYTES_MAX // 3 + 1)), ["name"], id="bytes, not letters"),
        pytest.param(ingest.CreateSourceRequest(source_id="i" * (ID_BYTES_MAX + 1)), ["source_id"], id="a long id"),
        pytest.param(
            routing.ListCasesRequest(filter="f" * 8193, page_token="t" * (TEXT_BYTES_MAX + 1)),
            ["page_token", "filter"],
            id="every field that is too long",
        ),
        pytest.param(routing.ReplyToCaseRequest(text="t" * 40_000), [], id="a reply may be longer"),
        pytest.param(routing.ReplyToCaseRequest(text="t" * 40_001), ["text"], id="but has an end too"),
        pytest.param(routing.NoteCaseRequest(text="a\0b"), ["text"], id="a NUL"),
        pytest.param(
            ingest.CreateSourceRequest(source=ingest.Source(labels={"a\0": "b", "c": "d\0"})),
            ["source.labels", "source.labels"],
            id="a NUL in a map's key and value",
        ),
        pytest.param(kpi.QueryMetricsRequest(metrics=["m"] * (ITEMS_MAX + 1)), ["metrics"], id="a list without end"),
        pytest.param(
            crm.AssertAttributesRequest(attributes=[crm.AttributeAssertion(), crm.AttributeAssertion(value="\0")]),
            ["attributes[1].value"],
            id="an item is named by its place",
        ),
        pytest.param(
            kpi.QueryMetricsRequest(group_by=["k" * 4000] * 17), [""], id="texts that are fine one by one, but too many"
        ),
        pytest.param(
            crm.AssertAttributesRequest(attributes=[crm.AttributeAssertion(value="v" * 4000)] * 17),
            [],
            id="a request may be allowed more of them",
        ),
        pytest.param(routing.SetPresenceRequest(presence=40_000), ["presence"], id="a number no enumeration has"),
        pytest.param(routing.SetPresenceRequest(presence=events_pb2.PRESENCE_AWAY), [], id="one that it has"),
        pytest.param(
            crm.AssertAttributesRequest(attributes=[crm.AttributeAssertion(confidence=float("nan"))]),
            ["attributes[0].confidence"],
            id="no number",
        ),
        pytest.param(
            kpi.QueryMetricsRequest(start_time={"seconds": 1 << 62}, end_time={"nanos": -1}),
            ["start_time", "end_time"],
            id="times no calendar has",
        ),
        pytest.param(
            kpi.QueryMetricsRequest(
                start_time={"seconds": FIRST // 1_000_000},
                end_time={"seconds": LAST // 1_000_000, "nanos": 999_999_999},
            ),
            [],
            id="the first and the last instant",
        ),
        pytest.param(
            ingest.IngestPostsRequest(source="s\0", deliveries=[ingest.Delivery(content_type="\0" * 9999)]),
            ["source"],
            id="a message that is judged by itself is left alone",
        ),
        pytest.param(
            ingest.IngestPostsRequest(deliveries=[ingest.Delivery()] * (ITEMS_MAX + 1)),
            ["deliveries"],
            id="but not any number of them",
        ),
    ],
)
def test_what_a_request_may_carry(request_: Message, wrong: list[str]) -> None:
    assert fields(request_) == wrong


def test_a_refusal_has_an_end() -> None:
    request = kpi.QueryMetricsRequest(metrics=["\0"] * ITEMS_MAX)
    assert len(fields(request)) == VIOLATIONS_MAX


REQUESTS = [
    each._concrete_class
    for contract in (crm, ingest, kpi, routing)
    for each in contract.DESCRIPTOR.message_types_by_name.values()
    if each.name.endswith("Request")
]


@given(st.sampled_from(REQUESTS), st.binary(max_size=400))
def test_whatever_bytes_read_as_a_request_are_checked_without_failing(kind: Any, data: bytes) -> None:
    request = kind()
    try:
        request.ParseFromString(data)
    except Exception:  # noqa: BLE001  (these bytes are no message; the call is refused before this)
        return
    assert all(isinstance(field, str) and text for field, text in LIMITS.violations(request))


@given(st.text(max_size=3000), st.integers(1, 40))
def test_a_request_that_passes_is_within_its_limits(text: str, times: int) -> None:
    request = kpi.QueryMetricsRequest(filter=text, metrics=[text] * times)
    if not LIMITS.violations(request):
        size = len(text.encode())
        assert size <= TEXT_BYTES_MAX
        assert size * (times + 1) <= REQUEST_TEXT_BYTES_MAX
        assert "\0" not in text
