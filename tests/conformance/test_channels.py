"""What must be true of every channel adapter. It knows one good payload of each form and how to spoil it."""

import copy
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from chassis.clock import MICROS, Instant
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ingest import channels
from ingest.normalise import Account, Flaw, Item, Observation, Reason, Unreadable
from opened_content import content_of
from switchboard.ingest.v1 import post_pb2

NOW = Instant(1_790_000_000 * MICROS)
SECRET = "Zaphod-Beeblebrox"
"""Stands wherever a personal value may stand; no refusal may repeat it."""


@dataclass(frozen=True)
class Example:
    """A good payload, where its parts are, and how its channel writes a time."""

    channel: str
    payload: dict[str, Any]
    post: Callable[[Any], dict[str, Any]]
    id_key: str
    id_text_key: str | None
    time_key: str
    text_key: str
    author_key: str
    time: Callable[[int, str, int], str | int]


def _platform(year: int, month: str, day: int) -> str:
    return f"Wed {month} {day:02} 20:19:24 +0000 {year}"


def _rfc3339(year: int, month: str, day: int) -> str:
    number = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"].index(month) + 1
    return f"{year}-{number:02}-{day:02}T20:19:24.000Z"


USER = {"id": 77, "id_str": "77", "screen_name": "user", "name": SECRET, "description": SECRET}
STATUS = {
    "id": 4611686018427387905,
    "created_at": _platform(2025, "Oct", 8),
    "text": f"{SECRET} where is my parcel 包裹 👍🏽",
    "user": USER,
}
EXAMPLES = [
    Example("x", STATUS, lambda d: d, "id", "id_str", "created_at", "text", "user", _platform),
    Example(
        "x",
        {
            **{key: STATUS[key] for key in ("created_at", "text", "user")},
            "id_str": "4611686018427387905",
            "entities": {},
        },
        lambda d: d,
        "id_str",
        None,
        "created_at",
        "text",
        "user",
        _platform,
    ),
    Example(
        "x",
        {
            "data": [
                {"id": "4611686018427387905", "author_id": "77", "created_at": _rfc3339(2025, "Oct", 8), "text": SECRET}
            ],
            "includes": {"users": [{"id": "77", "username": "user", "name": SECRET}]},
        },
        lambda d: d["data"][0],
        "id",
        None,
        "created_at",
        "text",
        "author_id",
        _rfc3339,
    ),
    Example(
        "weibo",
        {"statuses": [STATUS]},
        lambda d: d["statuses"][0],
        "id",
        "idstr",
        "created_at",
        "text",
        "user",
        _platform,
    ),
    Example(
        "weibo",
        {"comments": [{**STATUS, "status": {"id": 5}}]},
        lambda d: d["comments"][0],
        "id",
        "idstr",
        "created_at",
        "text",
        "user",
        _platform,
    ),
]
IDS = ["x v1.1", "x v1.1, plain", "x v2", "weibo status", "weibo comment"]
every_form = pytest.mark.parametrize("example", EXAMPLES, ids=IDS)


def read(example: Example, payload: bytes, content_type: str = "application/json") -> list[Item]:
    return channels.read(payload, content_type, Account(example.channel, "", frozenset()), NOW)


def spoiled(example: Example, key: str, value: object) -> bytes:
    payload = copy.deepcopy(example.payload)
    post = example.post(payload)
    if value is ...:
        del post[key]
    else:
        post[key] = value
    return json.dumps(payload).encode()


def refusal(example: Example, payload: bytes, content_type: str = "application/json") -> tuple[Reason, str]:
    """Why it was refused, wholly or its one item."""
    try:
        (flaw,) = read(example, payload, content_type)
    except Unreadable as refused:
        reason, detail = refused.reason, refused.detail
    else:
        assert isinstance(flaw, Flaw), flaw
        reason, detail = flaw.reason, flaw.detail
    assert SECRET not in detail
    return reason, detail


def attempted(example: Example, payload: bytes) -> tuple[list[Item], Reason | None]:
    """(items, why there are none); only a refusal may be raised."""
    try:
        return read(example, payload), None
    except Unreadable as refused:
        return [], refused.reason


def one(example: Example, payload: bytes) -> Observation:
    (item,) = read(example, payload)
    assert isinstance(item, Observation), item
    return item


def content(post: Observation) -> post_pb2.PersonalContent:
    return content_of(post.personal)


def whole(example: Example) -> bytes:
    return json.dumps(example.payload).encode()


@every_form
def test_a_good_payload_is_one_post(example: Example) -> None:
    post = one(example, whole(example))
    assert post.external_id == "4611686018427387905"
    assert post.author_id == "77"
    assert post.published_at == 1_759_954_764 * MICROS
    assert content(post).text == example.post(example.payload)[example.text_key]
    assert content(post).external_id == post.external_id


@every_form
def test_reading_is_pure(example: Example) -> None:
    assert read(example, whole(example)) == read(example, whole(example))


@every_form
@pytest.mark.parametrize("form", [7, "7", "007"], ids=["a number", "text", "text with zeros"])
def test_an_id_is_the_same_as_number_and_as_text(example: Example, form: object) -> None:
    assert one(example, spoiled(example, example.id_key, form)).external_id == "7"


@every_form
def test_the_text_of_an_id_counts_where_the_number_was_rounded(example: Example) -> None:
    if example.id_text_key is None:
        pytest.skip("this form has its ids as text only")
    payload = json.loads(spoiled(example, example.id_key, 4611686018427388000))
    example.post(payload)[example.id_text_key] = "4611686018427387905"
    assert one(example, json.dumps(payload).encode()).external_id == "4611686018427387905"


@every_form
@pytest.mark.parametrize(
    ("value", "reason"),
    [
        pytest.param(7.0, Reason.INVALID_ID, id="a floating-point number"),
        pytest.param(2**64, Reason.INVALID_ID, id="more than 64 bits"),
        pytest.param(-7, Reason.INVALID_ID, id="negative"),
        pytest.param(0, Reason.INVALID_ID, id="zero"),
        pytest.param(True, Reason.INVALID_ID, id="a truth value"),
        pytest.param(SECRET, Reason.INVALID_ID, id="a word"),
        pytest.param("", Reason.INVALID_ID, id="nothing in quotes"),
        pytest.param("٧", Reason.INVALID_ID, id="a digit that is not ASCII"),
        pytest.param([7], Reason.INVALID_ID, id="an array"),
        pytest.param(..., Reason.MISSING_FIELD, id="absent"),
    ],
)
def test_an_impossible_id_is_refused(example: Example, value: object, reason: Reason) -> None:
    refused, _ = refusal(example, spoiled(example, example.id_key, value))
    assert refused in (reason, Reason.MISSING_FIELD)


@every_form
@pytest.mark.parametrize(
    ("year", "month", "day"),
    [
        pytest.param(2025, "Feb", 30, id="a day no calendar has"),
        pytest.param(2025, "Oct", 0, id="day zero"),
        pytest.param(1999, "Dec", 31, id="before 2000"),
        pytest.param(2027, "Jan", 1, id="far in the future"),
        pytest.param(9999, "Dec", 31, id="the last day there is"),
    ],
)
def test_an_impossible_time_is_refused(example: Example, year: int, month: str, day: int) -> None:
    payload = spoiled(example, example.time_key, example.time(year, month, day))
    assert refusal(example, payload)[0] is Reason.IMPOSSIBLE_TIME


@every_form
@pytest.mark.parametrize("value", [SECRET, 5, [], {}, True, "2025", 1e300], ids=str)
def test_a_time_in_another_form_is_refused(example: Example, value: object) -> None:
    assert refusal(example, spoiled(example, example.time_key, value))[0] is Reason.IMPOSSIBLE_TIME


@every_form
@pytest.mark.parametrize("value", [5, None, [SECRET], {"a": SECRET}, False], ids=str)
def test_a_text_that_is_none_is_refused(example: Example, value: object) -> None:
    assert refusal(example, spoiled(example, example.text_key, value))[0] in (Reason.WRONG_TYPE, Reason.MISSING_FIELD)


@every_form
@pytest.mark.parametrize("value", [5.5, SECRET, [SECRET], ...], ids=["a fraction", "a word", "an array", "absent"])
def test_an_author_that_is_none_is_refused(example: Example, value: object) -> None:
    refusal(example, spoiled(example, example.author_key, value))


def _deep(depth: int) -> bytes:
    return b'{"a":' * depth + b"1" + b"}" * depth


@every_form
@pytest.mark.parametrize(
    ("payload", "content_type", "reason"),
    [
        pytest.param(b"", "application/json", Reason.EMPTY, id="no bytes"),
        pytest.param(b'{"id":1,"te', "application/json", Reason.INVALID_JSON, id="truncated"),
        pytest.param(b'{"id":NaN}', "application/json", Reason.INVALID_JSON, id="NaN"),
        pytest.param(b'{"id":Infinity}', "application/json", Reason.INVALID_JSON, id="Infinity"),
        pytest.param(b'{"id":1e999}', "application/json", Reason.INVALID_JSON, id="more than a number holds"),
        pytest.param(b'{"text":"\xff\xfe"}', "application/json", Reason.INVALID_UTF8, id="invalid UTF-8"),
        pytest.param(b'{"text":"\xed\xa0\x80"}', "application/json", Reason.INVALID_UTF8, id="UTF-8 of a surrogate"),
        pytest.param(b'{"text":"\\ud83d"}', "application/json", Reason.LONE_SURROGATE, id="a lone high surrogate"),
        pytest.param(b'{"text":"\\udc4d x"}', "application/json", Reason.LONE_SURROGATE, id="a lone low surrogate"),
        pytest.param(b"[" * 200_000, "application/json", Reason.TOO_DEEP, id="200,000 brackets"),
        pytest.param(_deep(100_000), "application/json", Reason.TOO_DEEP, id="100,000 objects deep"),
        pytest.param(b'"%s"' % (b"x" * 5_000_000), "application/json", Reason.TOO_LARGE, id="5 MB"),
        pytest.param(b"<xml/>", "text/xml", Reason.UNSUPPORTED_CONTENT_TYPE, id="XML"),
        pytest.param(b"{}", "application/json; charset=gb2312", Reason.UNSUPPORTED_CONTENT_TYPE, id="another charset"),
        pytest.param(b"{}", "application/json", Reason.UNKNOWN_FORM, id="an empty object"),
        pytest.param(b"[[1]]", "application/json", Reason.UNKNOWN_FORM, id="an array of an array"),
        pytest.param(b"null", "application/json", Reason.UNKNOWN_FORM, id="null"),
        pytest.param(b"17", "application/json", Reason.UNKNOWN_FORM, id="a number"),
    ],
)
def test_hostile_bytes_are_refused_precisely(
    example: Example, payload: bytes, content_type: str, reason: Reason
) -> None:
    refused, _ = refusal(example, payload, content_type)
    assert refused is reason or (payload == b"[[1]]" and refused is Reason.WRONG_TYPE)


@every_form
def test_one_bad_post_of_a_page_does_not_spoil_the_others(example: Example) -> None:
    payload = copy.deepcopy(example.payload)
    page = next((value for value in payload.values() if isinstance(value, list)), None)
    posts = [copy.deepcopy(example.post(payload)) for _ in range(3)]
    for number, post in enumerate(posts):
        post[example.id_key] = str(number + 1)
    posts[1][example.time_key] = SECRET
    document: object = posts
    if page is not None:
        page[:] = posts
        document = payload
    items = read(example, json.dumps(document).encode())
    assert [type(item).__name__ for item in items] == ["Observation", "Flaw", "Observation"]


@every_form
def test_white_space_is_a_keep_alive_and_a_byte_order_mark_is_overlooked(example: Example) -> None:
    assert read(example, b"\r\n") == []
    assert one(example, b"\xef\xbb\xbf" + whole(example)).external_id == "4611686018427387905"


@every_form
def test_a_stream_of_lines_is_read_line_by_line(example: Example) -> None:
    lines = b"\r\n".join([whole(example), b"", spoiled(example, example.id_key, "8")])
    assert [item.external_id for item in read(example, lines) if isinstance(item, Observation)] == [
        "4611686018427387905",
        "8",
    ]


@every_form
def test_a_zero_character_does_not_reach_a_database(example: Example) -> None:
    assert content(one(example, spoiled(example, example.text_key, "a\0b"))).text == "a\ufffdb"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


def _places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [path] if path else []
    if isinstance(value, dict):
        for key, inner in value.items():
            found += _places(inner, (*path, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            found += _places(inner, (*path, index))
    return found


def _rich(example: Example) -> Any:
    """The example with every optional part a real payload has, so that each can be spoiled."""
    payload = copy.deepcopy(example.payload)
    post = example.post(payload)
    post.update(
        entities={
            "user_mentions": [{"id": 1, "id_str": "1", "screen_name": "acme", "indices": [0, 3]}],
            "urls": [{"url": "https://t.co/1", "expanded_url": "https://example.org", "indices": [0, 3]}],
            "mentions": [{"start": 0, "end": 3, "username": "acme", "id": "1"}],
            "media": [{"type": "photo", "media_url_https": "https://example.org/1.jpg", "indices": [0, 3]}],
        },
        coordinates={"type": "Point", "coordinates": [13.4, 52.5]},
        geo={"coordinates": [52.5, 13.4], "place_id": "p"},
        place={"full_name": "Berlin"},
        edit_history={"edit_tweet_ids": ["1", "2"]},
        edit_history_tweet_ids=["1", "2"],
        referenced_tweets=[{"type": "replied_to", "id": "5"}],
        attachments={"media_keys": ["m"]},
        in_reply_to_status_id=9,
        conversation_id="9",
        lang="en",
        pic_ids=["0123456789ab"],
        pic_infos={"0123456789ab": {"large": {"url": "https://example.org"}}},
        pic_urls=[{"thumbnail_pic": "https://example.org/2.jpg"}],
        annotations=[{"place": {"title": "here"}}],
        url_struct=[{"short_url": "http://t.cn/1", "ori_url": "http://example.org"}],
        visible={"type": 0},
        longText={"longTextContent": "long"},
        reply_comment={"id": 6},
    )
    return payload


@every_form
@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_whatever_stands_in_a_payload_no_exception_escapes(example: Example, data: st.DataObject) -> None:
    payload = _rich(example)
    for _ in range(data.draw(st.integers(1, 3))):
        path = data.draw(st.sampled_from(_places(payload)))
        inner = payload
        for key in path[:-1]:
            inner = inner[key]
        inner[path[-1]] = data.draw(JSON)
        if not _places(payload):
            break
    raw = json.dumps(payload).encode("utf-8", "surrogatepass")
    items, reason = attempted(example, raw)
    assert reason is not Reason.UNFORESEEN
    for item in items:
        if isinstance(item, Observation):
            personal = content(item)
            assert item.text_length == len(personal.text)
            assert all(0 <= e.start <= e.end <= item.text_length for e in personal.entities)


@every_form
@settings(max_examples=100)
@given(raw=st.binary(max_size=200))
def test_no_bytes_raise_anything_but_a_refusal(example: Example, raw: bytes) -> None:
    assert attempted(example, raw)[1] is not Reason.UNFORESEEN


def test_a_channel_without_an_adapter_says_what_to_send_instead() -> None:
    with pytest.raises(Unreadable) as refused:
        channels.read(b"{}", "application/json", Account("csv", "", frozenset()), NOW)
    assert refused.value.reason is Reason.NO_ADAPTER
    assert "normalized_post" in refused.value.detail
