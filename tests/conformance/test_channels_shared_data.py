"""Adapters against what platforms really sent: every file is read, and equals an independent plain reading.

The plain reading below shares no code with the adapters. Nothing of the data is printed: failures name files.
"""

import csv
import html
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from chassis.clock import MICROS, Instant
from ingest import channels
from ingest.channels import x_text
from ingest.normalise import Account, Flaw, Item, Observation, Reason, Unreadable, Withdrawal
from opened_content import content_of
from platform_json_by_hand import Reader, walk, weibo_post, x_post
from platform_json_by_hand import documents as documents_of
from switchboard.ingest.v1 import post_pb2

NOW = Instant(1_790_000_000 * MICROS)


def files(shared_data: Path, folder: str) -> list[Path]:
    return sorted(path for path in (shared_data / "payloads" / folder).rglob("*") if path.is_file())


def read(path: Path, channel: str) -> list[Item] | Unreadable:
    kind = "text/csv" if path.suffix == ".csv" else "application/json"
    try:
        return channels.read(path.read_bytes(), kind, Account(channel, "", frozenset()), NOW)
    except Unreadable as refused:
        return refused


def content(post: Observation) -> post_pb2.PersonalContent:
    return content_of(post.personal)


def documents(path: Path) -> list[Any]:
    text = path.read_text(encoding="utf-8-sig")
    try:
        return [json.loads(text)]
    except json.JSONDecodeError:
        return [json.loads(line) for line in text.splitlines() if line.strip()]


def micros(moment: datetime) -> int:
    return round((moment - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds() * 1000) * 1000


def platform_micros(text: str) -> int:
    return micros(datetime.strptime(text, "%a %b %d %H:%M:%S %z %Y"))


def whole_text_of_x(document: dict[str, Any]) -> Any:
    """The longest text a post carries; of a retweet `RT @who: ` and the longest text of what it repeats."""
    body = document.get("extended_tweet", document)
    text = body.get("full_text", document.get("full_text", document.get("text")))
    if isinstance(text, str) and text.startswith("RT @") and isinstance(document.get("retweeted_status"), dict):
        return f"{text.split(': ', 1)[0]}: {whole_text_of_x(document['retweeted_status'])}"
    return text


def plain_x(document: Any) -> Iterator[tuple[str, int, str]]:
    """(id, microseconds, text) of every post of a v1.1 or v2 document, in order."""
    if isinstance(document, list):
        for element in document:
            yield from plain_x(element)
    elif isinstance(document, dict):
        text = whole_text_of_x(document)
        if isinstance(text, str) and "user" in document:
            # Some relay rounded a number here; its text is right.
            number = document.get("id_str") or document["id"]
            yield str(number), platform_micros(document["created_at"]), html.unescape(text)
        elif isinstance(text, str) and "sender_id" in document and "created_at" in document:
            if "event_type" in document:
                at = micros(datetime.fromisoformat(document["created_at"]))
            else:
                at = platform_micros(document["created_at"])
            yield str(document["id"]), at, html.unescape(text)
        elif isinstance(text, str) and "author_id" in document:
            yield document["id"], micros(datetime.fromisoformat(document["created_at"])), html.unescape(text)
        elif "message_create" in document:
            at = int(document["created_timestamp"]) * 1000
            yield document["id"], at, html.unescape(document["message_create"]["message_data"]["text"])
        else:
            pages = (
                "statuses",
                "results",
                "data",
                "event",
                "events",
                "direct_message",
                "twitter_objects",
                "tweets",
                "id",
            )
            for page in pages:
                inner = document.get(page)
                if page in ("tweets", "id") and isinstance(inner, dict):
                    inner = list(inner.values())
                if isinstance(inner, list | dict):
                    yield from plain_x(inner)


def plain_weibo(document: Any) -> Iterator[tuple[str, int, str]]:
    if isinstance(document, list):
        for element in document:
            yield from plain_weibo(element)
    elif "statuses" in document:
        yield from plain_weibo(document["statuses"])
    elif "PubTime" in document:
        number = document["Mid"] if "Mid" in document else document["Id"]
        text = document["Text"] if "Text" in document else document["Content"]
        yield number, int("".join(filter(str.isdigit, document["PubTime"]))) * 1000, text
    elif "text" in document:
        yield str(document["id"]), platform_micros(document["created_at"]), html.unescape(document["text"])


@pytest.mark.parametrize(("channel", "folder", "least"), [("x", "twitter", 1_000), ("weibo", "weibo", 400)])
def test_every_file_is_read_and_equals_a_plain_reading(
    shared_data: Path, channel: str, folder: str, least: int
) -> None:
    plain = plain_x if channel == "x" else plain_weibo
    total = 0
    for path in files(shared_data, folder):
        found = read(path, channel)
        if isinstance(found, Unreadable):
            assert found.reason in (Reason.UNKNOWN_FORM, Reason.UNSUPPORTED_CONTENT_TYPE), path.name
            continue
        seen = [
            (item.external_id, item.published_at, content(item).text) for item in found if isinstance(item, Observation)
        ]
        expected = [post for document in documents(path) for post in plain(document)]
        assert [post[:2] for post in seen] == [post[:2] for post in expected], path.name
        different = sum(mine[2] != theirs[2] for mine, theirs in zip(seen, expected, strict=True))
        assert different == 0, f"{path.name}: {different} texts differ"
        assert all(item.reason is Reason.MISSING_FIELD for item in found if isinstance(item, Flaw)), path.name
        total += len(seen)
    assert total >= least


@pytest.mark.parametrize(
    ("channel", "folder", "reader", "least"), [("x", "twitter", x_post, 20), ("weibo", "weibo", weibo_post, 5)]
)
def test_what_is_passed_on_and_whether_with_own_words_equals_a_plain_reading(
    shared_data: Path, channel: str, folder: str, reader: Reader, least: int
) -> None:
    bare = 0
    for path in files(shared_data, folder):
        found = {item.external_id: item for item in _items(read(path, channel)) if isinstance(item, Observation)}
        plain = {post.name: post for document in documents_of(path.read_bytes()) for post in walk(document, reader)}
        assert {name: (found[name].repost_of, found[name].is_bare_repost) for name in found.keys() & plain.keys()} == {
            name: (plain[name].repeats, plain[name].bare) for name in found.keys() & plain.keys()
        }, path.name
        bare += sum(item.is_bare_repost for item in found.values())
    assert bare >= least


def test_mentions_and_hashtags_of_x_stand_where_the_text_says(shared_data: Path) -> None:
    """Offsets are code points, also behind emoji and behind unescaped characters; only a cut text ends before them."""
    right = wrong = behind_emoji = 0
    for path in files(shared_data, "twitter"):
        found = read(path, "x")
        for item in found if isinstance(found, list) else []:
            if not isinstance(item, Observation):
                continue
            personal = content(item)
            text = personal.text
            for entity in personal.entities:
                if entity.kind in (1, 2):
                    named = text[entity.start : entity.end].casefold()[1:] == entity.value.casefold()
                    right, wrong = right + named, wrong + (not named)
                    behind_emoji += named and any(ord(c) > 0xFFFF for c in text[: entity.start])
    assert right > 800
    assert behind_emoji > 100
    assert wrong <= 15


def test_a_stream_s_deletion_is_a_withdrawal(shared_data: Path) -> None:
    found = [item for path in files(shared_data, "twitter") for item in _items(read(path, "x"))]
    assert sum(isinstance(item, Withdrawal) for item in found) == 1


def test_the_monitoring_feed_and_the_api_name_a_weibo_post_alike(shared_data: Path) -> None:
    path = shared_data / "payloads" / "weibo" / "monitoring_feed" / "weibo.json"
    for item in _items(read(path, "weibo")):
        assert isinstance(item, Observation)
        assert item.external_id.isdigit()
        assert item.author_id.isdigit()


def test_a_table_is_refused_and_says_why(shared_data: Path) -> None:
    path = shared_data / "payloads" / "weibo" / "comments_csv" / "weibo_comments.csv"
    with path.open(encoding="utf-8-sig") as table:
        assert next(csv.reader(table))
    refused = read(path, "weibo")
    assert isinstance(refused, Unreadable)
    assert refused.reason is Reason.UNSUPPORTED_CONTENT_TYPE


def _items(found: list[Item] | Unreadable) -> list[Item]:
    return found if isinstance(found, list) else []


def statuses_of_x(document: Any) -> Iterator[dict[str, Any]]:
    """Every v1.1 status anywhere in a document, embedded ones included."""
    if isinstance(document, list):
        for element in document:
            yield from statuses_of_x(element)
    elif isinstance(document, dict):
        if isinstance(document.get("text"), str) and isinstance(document.get("entities"), dict):
            yield document
        for inner in document.values():
            yield from statuses_of_x(inner)


def test_what_is_read_off_a_text_of_x_is_what_x_found_in_it(shared_data: Path) -> None:
    """Mentions and hashtags without the platform's entities: a cut text ends before some, a handle may be gone."""
    agreed = different = 0
    for path in files(shared_data, "twitter"):
        try:
            found = list(statuses_of_x(documents(path)))
        except ValueError:
            continue
        for status in found:
            text = status["text"]
            if "…" in text[-40:] or "user_mentions" not in status["entities"]:
                continue
            said = status["entities"]
            theirs = {("@", tuple(e["indices"])) for e in said["user_mentions"]}
            theirs |= {("#", tuple(e["indices"])) for e in said.get("hashtags", [])}
            kinds = {post_pb2.ENTITY_KIND_MENTION: "@", post_pb2.ENTITY_KIND_HASHTAG: "#"}
            ours = {(kinds[e.kind], (e.start, e.end)) for e in x_text.textual(text) if e.kind in kinds}
            agreed += len(ours & theirs)
            different += len(theirs - ours)
    assert agreed > 800
    assert different <= agreed // 50, f"{different} of {agreed + different}"


def test_a_repost_of_x_is_cut_only_where_its_original_is(shared_data: Path) -> None:
    reposts = 0
    for path in files(shared_data, "twitter"):
        for item in _items(read(path, "x")):
            if isinstance(item, Observation) and item.is_bare_repost and item.repost_of:
                reposts += 1
                assert not content(item).text.rstrip().endswith("…") or item.is_cut, path.name
    assert reposts > 50


def test_links_and_topics_of_weibo_are_those_it_lists_itself(shared_data: Path) -> None:
    """`url_struct` and `topic_struct` tell what stands in a text; nothing else of Weibo's does."""
    agreed = different = 0
    for path in files(shared_data, "weibo/yykit_timelines"):
        for document in documents(path):
            for status in document.get("statuses", []):
                raw = json.dumps(status).encode()
                for item in channels.read(raw, "application/json", Account("weibo", "", frozenset()), NOW):
                    assert isinstance(item, Observation), path.name
                    post = content(item)
                    shown = {post.text[e.start : e.end] for e in post.entities}
                    listed = {link["short_url"] for link in status.get("url_struct", []) if "short_url" in link}
                    listed |= {f"#{topic['topic_title']}#" for topic in status.get("topic_struct", [])}
                    there = {each for each in listed if each in post.text}
                    agreed += len(there & shown)
                    different += len(there - shown)
    assert agreed > 30
    assert different == 0
