"""Splitting JSON files into deliveries: which ones, and with which bytes."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from switchboard_cli.deliveries.documents import split


@pytest.mark.parametrize(
    ("content", "payloads"),
    [
        pytest.param(b'{"id": 1}', [b'{"id": 1}'], id="one object is one delivery"),
        pytest.param(b' [ {"id": 1} ,\n {"id":2}]\n', [b'{"id": 1}', b'{"id":2}'], id="an array is split"),
        pytest.param(
            b'{"statuses": [{"id": 1}, {"id": 2}], "total_number": 2}',
            [b'{"id": 1}', b'{"id": 2}'],
            id="a page of statuses is split",
        ),
        pytest.param(b'{"total_number": 2, "comments": [{"id": 1}]}', [b'{"id": 1}'], id="so is a page of comments"),
        pytest.param(
            b'{"data": [{"id": "1"}], "includes": {}}',
            [b'{"data": [{"id": "1"}], "includes": {}}'],
            id="a page of version 2 stays whole",
        ),
        pytest.param(
            b'{"user": {"statuses": [1]}}', [b'{"user": {"statuses": [1]}}'], id="an inner list is none of ours"
        ),
        pytest.param(b'{"statuses": 3}', [b'{"statuses": 3}'], id="nor is a number of that name"),
        pytest.param(
            b'{"id": 1}\n\n{"id": 2}\r\n', [b'{"id": 1}', b'{"id": 2}'], id="JSON lines are one delivery each"
        ),
        pytest.param(
            b'{"id": 1}\n{"id": \n{"id": 3}',
            [b'{"id": 1}', b'{"id":', b'{"id": 3}'],
            id="a broken line goes as it stands, the others are read",
        ),
        pytest.param(
            b'{"id": 1, "text": "cut of', [b'{"id": 1, "text": "cut of'], id="a truncated file is one delivery"
        ),
        pytest.param(
            b"no JSON at all\nnot here either", [b"no JSON at all\nnot here either"], id="so is any other text"
        ),
        pytest.param(b'{"text": "\xff\xfe"}', [b'{"text": "\xff\xfe"}'], id="bytes that are no UTF-8 are kept"),
        pytest.param(b'{"text": "\\ud83d"}', [b'{"text": "\\ud83d"}'], id="a lone surrogate stays escaped"),
        pytest.param(
            b'{"id": 12345678901234567890123}',
            [b'{"id": 12345678901234567890123}'],
            id="large numbers keep their digits",
        ),
        pytest.param(b"", [], id="an empty file has none"),
        pytest.param(b"[]", [], id="nor has an empty array"),
        pytest.param(
            '{"text": "a\u2028b"}\n{"id": 2}'.encode(),
            ['{"text": "a\u2028b"}'.encode(), b'{"id": 2}'],
            id="only a line feed ends a line",
        ),
    ],
)
def test_split(content, payloads):
    assert split(content) == payloads


def test_json_nested_too_deeply_is_one_delivery():
    content = b"[" * 200_000 + b"]" * 200_000
    assert split(content) == [content]


OBJECTS = st.dictionaries(
    st.text(max_size=5),
    st.recursive(st.none() | st.integers() | st.text(max_size=8), lambda inner: st.lists(inner, max_size=3)),
    min_size=1,
    max_size=4,
)


@settings(max_examples=60)
@given(st.lists(OBJECTS, max_size=6), st.sampled_from([None, 2]))
def test_law_nothing_is_lost_or_changed(objects, indent):
    content = json.dumps(objects, indent=indent).encode()
    assert [json.loads(payload) for payload in split(content)] == objects
