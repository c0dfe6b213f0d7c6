"""The short way says exactly what the adapter says: of every payload known, and of whatever becomes of it on the way.

A channel that gets a short way adds a payload it takes to PLAIN; its real payloads are found by its folder.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from chassis.clock import MICROS, Instant
from hypothesis import given, settings
from hypothesis import strategies as st
from ingest import channels
from ingest.normalise import Account, Item, Reason, Unreadable

NOW = Instant(1_790_000_000 * MICROS)
JSON = "application/json"
FOLDERS = {"x": "twitter", "weibo": "weibo"}
OWNED = frozenset({"acme", "99"})
MENTION = {"screen_name": "acme", "name": "Acme", "id": 99, "id_str": "99", "indices": [0, 5]}
LINK = {"url": "https://t.co/b", "expanded_url": "https://example.org/b", "display_url": "b", "indices": [23, 37]}
MEDIUM = {"id": 1, "type": "photo", "media_url_https": "https://pbs.example.org/1.jpg", "indices": [23, 37]}
USER = {
    "id": 7,
    "id_str": "7",
    "screen_name": "mia",
    "name": "Mia",
    "location": "Springfield",
    "description": None,
    "url": "https://t.co/b",
    "protected": False,
    "verified": True,
    "followers_count": 12,
    "entities": {"url": {"urls": [LINK]}, "description": {"urls": []}},
    "created_at": "Mon Nov 29 21:18:15 +0000 2010",
}
STATUS = {
    "created_at": "Wed Oct 08 20:19:24 +0000 2025",
    "id": 1975000000000000005,
    "id_str": "1975000000000000005",
    "text": "@acme #late &amp; $ACM: https://t.co/b 👍🏽",
    "truncated": False,
    "lang": "en",
    "in_reply_to_status_id": 4,
    "in_reply_to_status_id_str": "4",
    "in_reply_to_user_id": 99,
    "in_reply_to_user_id_str": "99",
    "in_reply_to_screen_name": "acme",
    "user": USER,
    "place": None,
    "entities": {
        "user_mentions": [MENTION, {**MENTION, "screen_name": "elsewhere", "id_str": "8", "indices": [0, 0]}],
        "hashtags": [{"text": "late", "indices": [6, 11]}],
        "urls": [LINK],
        "symbols": [{"text": "ACM", "indices": [18, 22]}],
        "media": [MEDIUM],
    },
    "extended_entities": {"media": [MEDIUM, {**MEDIUM, "type": "video", "sizes": {"large": {"w": 1, "h": 2}}}]},
    "matching_rules": [{"tag": "acme care", "id": 1, "id_str": "1"}],
}
POST = {
    "id": "1975000000000000005",
    "edit_history_tweet_ids": ["1975000000000000005"],
    "author_id": "7",
    "conversation_id": "4",
    "in_reply_to_user_id": "99",
    "referenced_tweets": [{"type": "replied_to", "id": "4"}],
    "created_at": "2025-10-08T20:19:24.000Z",
    "text": "@acme #late &amp; $ACM: https://t.co/b 👍🏽",
    "lang": "en",
    "public_metrics": {"like_count": 1},
    "entities": {
        "mentions": [{"start": 0, "end": 5, "username": "acme", "id": "99"}],
        "hashtags": [{"start": 6, "end": 11, "tag": "late"}],
        "cashtags": [{"start": 18, "end": 22, "tag": "ACM"}],
        "urls": [{"start": 23, "end": 37, "url": "https://t.co/b", "expanded_url": "https://example.org/b"}],
        "annotations": [{"start": 1, "end": 4, "probability": 0.9, "type": "Other", "normalized_text": "acme"}],
    },
}
POSTER = {
    "id": "7",
    "username": "mia",
    "name": "Mia",
    "location": "Springfield",
    "url": "https://t.co/b",
    "protected": False,
    "verified": True,
    "public_metrics": {"followers_count": 12, "tweet_count": 3},
}
INCLUDES = {"users": [POSTER, {"id": "99", "username": "acme", "name": "Acme", "verified": False}]}
PAGE = {
    "data": [{**POST, "entities": None, "referenced_tweets": []}, {**POST, "text": "go on… https://t.co/b"}],
    "includes": INCLUDES,
    "meta": {"result_count": 2, "newest_id": "1975000000000000005"},
}
PLAIN: list[tuple[str, dict[str, Any]]] = [
    ("x", STATUS),
    ("x", {**STATUS, "text": "go on… https://t.co/b", "user": {**USER, "protected": True}, "conversation_id": 9}),
    ("x", {**STATUS, "text": None, "full_text": "包裹 👍🏽 @acme", "truncated": True, "entities": {}}),
]
PLAIN += [
    ("x", {"data": POST, "includes": INCLUDES, "matching_rules": [{"id": "1", "tag": "acme care"}]}),
    (
        "x",
        {
            "data": {**POST, "in_reply_to_user_id": None, "referenced_tweets": [], "entities": {}},
            "includes": {"users": [POSTER, {"id": "", "username": "acme"}]},
        },
    ),
    ("x", PAGE),
]
OTHER: list[tuple[str, dict[str, Any]]] = [
    ("x", {**STATUS, "text": "👍🏽 @acme", "entities": {"user_mentions": [{**MENTION, "indices": [5, 10]}]}}),
    ("x", {**STATUS, "retweeted_status": STATUS, "text": "RT @mia: @acme…"}),
    ("x", {**STATUS, "quoted_status_id_str": "4"}),
    ("x", {**STATUS, "edit_history": {"initial_tweet_id": "4", "edit_tweet_ids": ["4"]}}),
    ("x", {"statuses": [STATUS, STATUS]}),
    ("x", {"data": {**POST, "referenced_tweets": [{"type": "quoted", "id": "3"}]}, "includes": INCLUDES}),
    ("x", {"data": {**POST, "edit_history_tweet_ids": ["1975000000000000004", POST["id"]]}, "includes": INCLUDES}),
    ("x", {"data": POST, "includes": {"users": []}}),
    ("x", {"data": POST}),
]
TOKENS = [
    *(b"null true false 0 -0 1 -1 7 99 1.5 -0.0 1e5 1e308 1e999 -1e999 1E+999 01 1. NaN Infinity -Infinity".split()),
    *(str(2**bits + off).encode() for bits in (31, 53, 63, 64) for off in (-1, 0, 1)),
    *(str(-(2**63) + off).encode() for off in (-1, 0, 1)),
    *(b"1" * digits for digits in (30, 308, 309, 400, 5000)),
    *(b'"" "x" "7" "007" "-1" "99" "en" "photo" "1e999" [] {} [[]] [null] [{}] [0] [0,5] [5,0] [0,99] [0,5,9]'.split()),
    b'[{"indices":[0,5]}]',
    b'[{"indices":[0,5],"text":"a","screen_name":"b","expanded_url":"c"}]',
    b'{"urls":[{"indices":[0,1e999]}]}',
    b'{"a":1,"a":"2"}',
    '"👍🏽 包裹 &lt;@acme&gt;"'.encode(),
    b'"Wed Oct 08 20:19:24 +0000 2025"',
    b'"Wed Oct 08 25:61:61 +0000 2025"',
    b'"on\xe2\x80\xa6 https://t.co/b"',
    b'"https://x.com/i/web/status/1975000000000000005"',
    b'"\\u0000"',
    b'"\\ud83d\\ude00"',
    b'"\\ud83d"',
    b'"\\ude00\\ud83d"',
    b'"\\x"',
    b'"\n"',
    b'"\xff"',
    b'"\xed\xa0\xbd"',
    b'"\xc0\x80"',
    b'"\xf5\x80\x80\x80"',
    b"\xef\xbb\xbf1",
    b"1/**/",
    b"",
    b'"' + b"a" * 100_001 + b'"',
    *(b"[" * depth + b"]" * depth for depth in (50, 900, 1019, 1030, 3000)),
]
UNHEARD_OF = [b'"unheard_of"', b'"\\u0069d_str"', b'"\xff"', b'"sender_id"', b'""', b"1", b'"\\ud800"']
"""Keys that no form has, or only in other words."""
SPLINTERS = [b" ", b"\n", b"\xff", b"\\", b'"', b"{", b"}", b",", b"1", b"\0", b"\xef\xbb\xbf", b"{}"]
"""What may be lost on the way into the middle of a payload."""


class Tree(list[Any]):
    """An object as its pairs, so that a key may come twice; values are trees, lists and tokens."""


def tree(value: object) -> Any:
    """A document whose values can be replaced by anything."""
    match value:
        case dict():
            return Tree([json.dumps(key).encode(), tree(one)] for key, one in value.items())
        case list():
            return [tree(one) for one in value]
        case _:
            return json.dumps(value, ensure_ascii=False).encode(errors="surrogatepass")


def written(node: Any) -> bytes:
    """The document, well-formed as far as its tokens are."""
    if isinstance(node, Tree):
        return b"{" + b",".join(key + b":" + written(value) for key, value in node) + b"}"
    if isinstance(node, list):
        return b"[" + b",".join(map(written, node)) + b"]"
    assert isinstance(node, bytes)
    return node


def nodes(node: Any) -> Iterator[Any]:
    """All objects and arrays of a document."""
    if isinstance(node, list):
        yield node
        for one in node:
            yield from nodes(one[1] if isinstance(node, Tree) else one)


def outcome(
    channel: str, payload: bytes, content_type: str = JSON, *, plainly: bool
) -> list[Item] | tuple[Reason, str]:
    """The items, or why there are none: as services read, or with the short way closed."""
    account = Account(channel, "", OWNED)
    try:
        if plainly:
            return channels.read(payload, content_type, account, NOW)
        return channels.read_any(payload, content_type, account, NOW)
    except Unreadable as refused:
        return refused.reason, refused.detail


def is_plain(channel: str, payload: bytes) -> bool:
    return channels.read_plain(payload, JSON, Account(channel, "", OWNED), NOW) is not None


def check(channel: str, payload: bytes, content_type: str = JSON) -> None:
    short = outcome(channel, payload, content_type, plainly=True)
    assert short == outcome(channel, payload, content_type, plainly=False), payload[:2000]


def real(folder: Path) -> list[bytes]:
    """What a platform sent: each file of the folder, and each object in it that might be one post."""
    found: list[bytes] = []
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            content = path.read_bytes()
            found.append(content)
            for line in (content, *content.splitlines()):
                try:
                    document = json.loads(line)
                except ValueError:
                    continue
                found += [json.dumps(one, ensure_ascii=False).encode() for one in posts(document)]
    return list(dict.fromkeys(found))


def posts(node: Any) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        if not {"text", "full_text", "data", "Author"}.isdisjoint(node):
            yield node
        for one in node.values():
            yield from posts(one)
    elif isinstance(node, list):
        for one in node:
            yield from posts(one)


@pytest.mark.parametrize(("channel", "payload"), PLAIN)
def test_the_short_way_is_taken(channel: str, payload: dict[str, Any]) -> None:
    for ascii_only in (True, False):
        raw = json.dumps(payload, ensure_ascii=ascii_only).encode()
        assert is_plain(channel, raw)
        check(channel, raw)


@pytest.mark.parametrize(("channel", "payload"), OTHER)
def test_what_is_not_plain_is_read_all_the_same(channel: str, payload: dict[str, Any]) -> None:
    raw = json.dumps(payload).encode()
    assert not is_plain(channel, raw)
    assert outcome(channel, raw, plainly=True)
    check(channel, raw)


@pytest.mark.parametrize("channel", channels.PLAIN)
def test_both_ways_say_the_same_of_what_platforms_sent(channel: str, shared_data: Path) -> None:
    payloads = real(shared_data / "payloads" / FOLDERS[channel])
    assert len(payloads) > 100
    for payload in payloads:
        check(channel, payload)
    assert sum(is_plain(channel, payload) for payload in payloads) > len(payloads) / 10


@pytest.mark.parametrize(("channel", "payload"), PLAIN)
@pytest.mark.parametrize("content_type", ["", "text/json; charset=UTF-8", "application/x-ndjson", "text/html", "a;b=c"])
def test_the_type_counts_as_before(channel: str, payload: dict[str, Any], content_type: str) -> None:
    for raw in (json.dumps(payload).encode(), b"\n" + json.dumps(payload).encode() * 2, b" " * 5_000_000):
        check(channel, raw, content_type)


@pytest.mark.parametrize(("channel", "payload"), PLAIN)
@pytest.mark.parametrize("token", TOKENS, ids=lambda token: repr(token[:20]))
def test_both_ways_say_the_same_whatever_one_value_is(channel: str, payload: dict[str, Any], token: bytes) -> None:
    whole = tree(payload)
    for node in list(nodes(whole)):
        for place, before in enumerate(node):
            node[place] = [before[0], token] if isinstance(node, Tree) else token
            check(channel, written(whole))
            node[place] = before


@settings(max_examples=400)
@given(st.data())
def test_both_ways_say_the_same_whatever_becomes_of_a_payload(data: st.DataObject) -> None:
    number = data.draw(st.integers(0, len(PLAIN + OTHER) - 1))
    channel, payload = (PLAIN + OTHER)[number]
    whole = tree(payload)
    for _ in range(data.draw(st.integers(1, 4))):
        found = list(nodes(whole))
        keys = sorted({key for one in found if isinstance(one, Tree) for key, _ in one})
        node = found[data.draw(st.integers(0, len(found) - 1))]
        place = data.draw(st.integers(0, len(node)))
        value = data.draw(st.sampled_from(TOKENS + [written(one) for one in found]))
        key = data.draw(st.sampled_from(keys + UNHEARD_OF))
        new = [key, value] if isinstance(node, Tree) else value
        match data.draw(st.sampled_from(["drop", "replace", "insert"])):
            case "drop":
                del node[place : place + 1]
            case "replace" if place < len(node):
                node[place] = [node[place][0], value] if isinstance(node, Tree) else value
            case _:
                node.insert(place, new)
    raw = written(whole)
    if data.draw(st.booleans()):
        at = data.draw(st.integers(0, len(raw)))
        raw = raw[:at] + data.draw(st.sampled_from(SPLINTERS)) + raw[at:]
    check(channel, raw)
