"""Sentences about names, pages, ids and instants in requests."""

from base64 import urlsafe_b64encode
from types import ModuleType
from typing import Any

import orjson
import pytest
from chassis.clock import Instant
from chassis.errors import InvalidRequest
from chassis.requests import check_tenant, instant, optional_instant, page, parse_name, request_uuid
from google.protobuf import descriptor_pb2, descriptor_pool
from google.protobuf.message_factory import GetMessageClass
from google.protobuf.text_format import Parse
from hypothesis import given, settings
from hypothesis import strategies as st

PROTO = """
name: "chassis_requests.proto" package: "chassisrequests" syntax: "proto3" dependency: "google/protobuf/timestamp.proto"
message_type { name: "ListRequest"
  field { name: "parent" number: 1 type: TYPE_STRING label: LABEL_OPTIONAL }
  field { name: "page_size" number: 2 type: TYPE_INT32 label: LABEL_OPTIONAL }
  field { name: "page_token" number: 3 type: TYPE_STRING label: LABEL_OPTIONAL }
  field { name: "min_position" number: 4 type: TYPE_STRING label: LABEL_OPTIONAL }
  field { name: "since" number: 5 type: TYPE_MESSAGE type_name: ".google.protobuf.Timestamp" label: LABEL_OPTIONAL } }
"""


def request_type() -> Any:
    __import__("google.protobuf.timestamp_pb2")
    file = descriptor_pool.Default().AddSerializedFile(
        Parse(PROTO, descriptor_pb2.FileDescriptorProto()).SerializeToString()
    )
    assert not isinstance(file, ModuleType)
    return GetMessageClass(file.message_types_by_name["ListRequest"])


ListRequest = request_type()
POST = "tenants/{tenant}/posts/{post}"


def test_a_name_gives_its_variables() -> None:
    assert parse_name(POST, "tenants/acme-1/posts/a.B_9") == {"tenant": "acme-1", "post": "a.B_9"}


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("", id="empty"),
        pytest.param("posts/1", id="another form"),
        pytest.param("tenants/Acme/posts/1", id="a tenant in upper case"),
        pytest.param("tenants/1a/posts/1", id="a tenant that begins with a digit"),
        pytest.param(f"tenants/{'a' * 41}/posts/1", id="a tenant too long"),
        pytest.param("tenants/a.b/posts/1", id="a tenant that would be two subject tokens"),
        pytest.param("tenants/*/posts/1", id="a tenant that would be a wildcard"),
        pytest.param("tenants/a/posts/", id="an empty variable"),
        pytest.param("tenants/a/posts/1/2", id="one segment too many"),
        pytest.param("tenants/a/posts/1\n", id="a line break at the end"),
        pytest.param("tenants/ä/posts/1", id="letters beyond ASCII"),
        pytest.param(f"tenants/a/posts/{'x' * 256}", id="a variable too long"),
        pytest.param("tenants/a/posts/" + "(" * 100_000, id="something huge"),
    ],
)
def test_another_name_is_refused(name: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        parse_name(POST, name, "post.name")
    assert caught.value.violations == (("post.name", f"a resource name of the form {POST} is expected"),)


def test_a_tenant_is_checked_alone() -> None:
    assert check_tenant("demo") == "demo"
    with pytest.raises(InvalidRequest):
        check_tenant("Demo>")


def test_a_request_id_is_a_uuid_in_either_case() -> None:
    assert request_uuid("0190A1B2-C3D4-7E5F-8A9B-0C1D2E3F4A5B") == "0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b"
    with pytest.raises(InvalidRequest) as caught:
        request_uuid("")
    assert caught.value.violations[0][0] == "request_id"


@pytest.mark.parametrize(
    ("asked", "given_"),
    [
        pytest.param(0, 50, id="nothing asked is fifty"),
        pytest.param(7, 7, id="what is asked is given"),
        pytest.param(5000, 1000, id="too much is a thousand"),
    ],
)
def test_pages_have_a_size(asked: int, given_: int) -> None:
    assert page(ListRequest(page_size=asked)).size == given_


@given(st.tuples(st.text(st.characters(exclude_categories=["Cs", "Cc"])), st.integers(-(2**63), 2**63 - 1)))
@settings(max_examples=50)
def test_a_token_brings_its_cursor_back(cursor: tuple[str, int]) -> None:
    token = page(ListRequest(parent="tenants/a"), (str, int)).token_after(cursor)
    again = page(ListRequest(parent="tenants/a", page_token=token, page_size=3, min_position="x"), (str, int))
    assert again.cursor == cursor


def test_a_page_is_cut_from_one_row_more() -> None:
    asked = page(ListRequest(page_size=2))
    assert asked.cut(["a", "b"], lambda row: (row,)) == (["a", "b"], "")
    rows, token = asked.cut(["a", "b", "c"], lambda row: (row,))
    assert rows == ["a", "b"]
    assert page(ListRequest(page_token=token)).cursor == ("b",)


def forged(*values: Any) -> str:
    return urlsafe_b64encode(orjson.dumps(list(values))).decode()


FINGERPRINT = page(ListRequest())._fingerprint


@pytest.mark.parametrize(
    "token",
    [
        pytest.param("x", id="no base64"),
        pytest.param("é", id="no ASCII"),
        pytest.param("QUJD", id="no JSON"),
        pytest.param(forged(), id="nothing in it"),
        pytest.param(urlsafe_b64encode(b'{"a":1}').decode(), id="not a list"),
        pytest.param(forged(FINGERPRINT, 1), id="a number for a text"),
        pytest.param(forged(FINGERPRINT, None), id="a null for a text"),
        pytest.param(forged(FINGERPRINT, "a", "b"), id="too many values"),
        pytest.param(forged(FINGERPRINT, "a\0"), id="a text no database takes"),
        pytest.param("W" * 100_000, id="something huge"),
        pytest.param(urlsafe_b64encode(b"[" * 2000).decode(), id="something deep"),
    ],
)
def test_a_forged_token_is_refused(token: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        page(ListRequest(page_token=token, page_size=-1))
    assert [field for field, _ in caught.value.violations] == ["page_size", "page_token"]


def test_a_number_no_database_takes_is_refused() -> None:
    fingerprint = page(ListRequest(), (int,))._fingerprint
    token = urlsafe_b64encode(f'["{fingerprint}",{2**63}]'.encode()).decode()
    with pytest.raises(InvalidRequest):
        page(ListRequest(page_token=token), (int,))


def test_a_token_belongs_to_its_request() -> None:
    token = page(ListRequest(parent="tenants/a")).token_after(("k",))
    with pytest.raises(InvalidRequest, match="other fields"):
        page(ListRequest(parent="tenants/b", page_token=token))


def test_an_instant_is_read() -> None:
    request = ListRequest(since={"seconds": 1, "nanos": 5000})
    assert instant(request, "since") == Instant(1_000_005)
    assert optional_instant(ListRequest(), "since") is None
    with pytest.raises(InvalidRequest, match="required"):
        instant(ListRequest(), "since")


@pytest.mark.parametrize(
    ("seconds", "nanos"),
    [(2**62, 0), (-(2**62), 0), (0, -1), (0, 10**9)],
    ids=["after the year 9999", "before the year 1", "negative nanos", "a second of nanos"],
)
def test_an_instant_that_does_not_exist_is_refused(seconds: int, nanos: int) -> None:
    with pytest.raises(InvalidRequest):
        instant(ListRequest(since={"seconds": seconds, "nanos": nanos}), "since")
