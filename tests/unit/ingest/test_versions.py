"""Copies, versions and ids of one post: in whatever order they arrive, however often, the same post in the same words.

The whole way of a delivery is taken here, on shards in memory that decide as the real ones do and may be away.
"""

import asyncio
import json
import operator
import sys
from collections.abc import Collection, Sequence
from itertools import dropwhile, permutations
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from chassis.clock import MICROS, Instant
from chassis.sealing import SubjectKey
from hypothesis import given, settings
from hypothesis import strategies as st
from ingest import answers, decider
from ingest.events import PostEvent, PostReceived, decode_received
from ingest.intake import Intake
from ingest.normalise import post_id
from ingest.shards import SHARDS, Said, from_request, shard_of
from ingest.sources import Settings, Source, Sources
from ingest.views.posts import PostRow, PostsView, Row
from ingest.views.quarantined import QuarantineEntry
from ingest.views.source_directory import connections
from opened_content import content_of
from switchboard.ingest.v1 import events_pb2, events_structs, internal_pb2, service_pb2
from switchboard.log.v1.log_structs import Sealed

sys.path.insert(0, str(Path(__file__).parent))
from candidates import content, record

NOW = Instant(1_790_000_000 * MICROS)
ACME = Settings(owned_accounts=("5", "acme"))
CONNECTED = {
    channel: connections("t", Sources({"s": Source("s", channel, "", ACME, NOW, NOW)}))["s"]
    for channel in ("x", "weibo")
}


class Away(Exception):
    """A shard's owner does not answer."""


class InMemory:
    """Shards, keys and the quarantine of one process that forgets nothing; it goes away once, at call `away_at`."""

    def __init__(self, away_at: int = 0) -> None:
        self.shards = {shard: decider.Posts() for shard in SHARDS}
        self.facts: list[PostEvent] = []
        self.contents: dict[str, bytes] = {}
        self.rows: dict[str, Row] = {}
        self.texts_then: list[dict[str, str]] = []
        """What readers of the log could show after each fact."""
        self._calls_left = away_at

    async def call(
        self, _tenant: str, shard: str, request: Said | internal_pb2.RecordPostsRequest, _response: type
    ) -> internal_pb2.RecordPostsResponse:
        self._calls_left -= 1
        if self._calls_left == 0:
            raise Away
        command, posts = from_request(request), self.shards[shard]
        events = decider.decide(command, posts)
        for event in events:
            decider.evolve(posts, event)
            if isinstance(event, PostReceived | events_structs.PostEdited | events_structs.PostCompleted):
                self.contents[event.post_id] = event.content_digest
            body = decode_received(event.encoded) if isinstance(event, PostReceived) else event
            PostsView().fold(self.rows, SimpleNamespace(tenant="t", body=body))  # type: ignore[arg-type]
            self.texts_then.append(self.texts())
        self.facts += events
        return answers.results_of(command, posts, events)

    async def keys(self, tenant: str, subject_ids: Collection[str]) -> dict[str, SubjectKey]:
        return {subject: SubjectKey(tenant, subject, bytes(32)) for subject in subject_ids}

    async def keep(self, _tenant: str, entries: Sequence[QuarantineEntry]) -> None:
        raise AssertionError([entry.detail for entry in entries])

    def now(self) -> Instant:
        return NOW

    async def versions(self, tenant: str, ids: Sequence[str]) -> dict[str, PostRow]:
        rows = {name: self.rows.get(f"{tenant}/{name}") for name in ids}
        return {name: row for name, row in rows.items() if isinstance(row, PostRow)}

    async def posts_of(self, _tenant: str, _identity: str, _until: Instant) -> Sequence[str]:
        return list(self.posts())

    def take(self, *documents: object, channel: str = "x") -> list[str]:
        """Delivers documents in one batch; the results."""
        intake = Intake(vault=self, shards=self, taken=self, quarantine=self, clock=self)  # type: ignore[arg-type]
        deliveries = [service_pb2.Delivery(payload=json.dumps(document).encode()) for document in documents]
        batch = intake.read(CONNECTED[channel], deliveries)
        asyncio.run(intake.take(batch))
        return [service_pb2.Result.Name(r.result).removeprefix("RESULT_") for r in batch.response().results]

    def posts(self) -> dict[str, bytes]:
        """Post id -> what it says, of all that are there and no versions of others."""
        return {
            name: self.contents[name]
            for posts in self.shards.values()
            for name, known in posts.known.items()
            if known.revision and not known.alias_of and not known.withdrawn
        }

    def texts(self) -> dict[str, str]:
        """Post id -> text, of all that readers are shown."""
        found = {}
        for row in self.rows.values():
            if isinstance(row, PostRow) and row.withdrawn_at is None and row.ciphertext and row.identity_id:
                sealed = Sealed(subject_id=row.identity_id, nonce=row.nonce or b"", ciphertext=row.ciphertext)
                opened = SubjectKey("t", row.identity_id, bytes(32)).open(sealed)
                found[row.post_id] = content_of(opened).text
        return found

    def known(self, name: str) -> decider.Known:
        """What the shards know of a post."""
        return next(posts.known[name] for posts in self.shards.values() if name in posts.known)

    def names(self) -> list[str]:
        return [type(event).__name__ for event in self.facts]


A, B, C = "1975000000000000000", "1975000004194304000", "1975000008388608000"
POST = post_id("x", "", A)


def version(own: str, *chain: str, text: str = "") -> dict[str, Any]:
    history = {"edit_history": {"initial_tweet_id": chain[0], "edit_tweet_ids": list(chain)}} if chain else {}
    created = "Wed Oct 08 20:19:24 +0000 2025"
    user = {"id_str": "7", "screen_name": "mia"}
    return {"id_str": own, "created_at": created, "text": text or f"@acme {own}", "user": user, **history}


def deletion(own: str) -> dict[str, Any]:
    return {"delete": {"status": {"id_str": own, "user_id_str": "7"}, "timestamp_ms": "1763629260000"}}


def cut(own: str, *chain: str) -> dict[str, Any]:
    return {**version(own, *chain, text=f"@acme {own[:13]}…"), "truncated": True}


def test_a_deletion_that_names_a_version_takes_the_post_away() -> None:
    there = InMemory()
    assert there.take(version(A, A), version(B, A, B), deletion(B)) == ["ACCEPTED", "UPDATED", "WITHDRAWN"]
    assert not there.posts()
    assert there.take(deletion(B), deletion(A), version(B, A, B)) == ["DUPLICATE", "DUPLICATE", "WITHDRAWN"]


def test_a_version_that_was_deleted_before_it_came_takes_the_post_away() -> None:
    there = InMemory()
    there.take(version(A, A))
    assert there.take(deletion(B)) == ["WITHDRAWN"]
    assert there.posts().keys() == {POST}  # nobody said yet what B is
    assert there.take(version(B, A, B)) == ["WITHDRAWN"]
    assert not there.posts()


def test_a_version_that_came_as_a_post_of_its_own_stops_being_one() -> None:
    there = InMemory()
    there.take(version(B))
    there.take(version(A, A, B))
    assert there.posts().keys() == {POST}
    assert there.take(version(B)) == ["DUPLICATE"]
    gone = next(event for event in there.facts if isinstance(event, events_structs.PostWithdrawn))
    assert gone.reason == events_pb2.WITHDRAWAL_REASON_SUPERSEDED
    assert there.take(deletion(B)) == ["WITHDRAWN"]
    assert not there.posts()


def test_what_is_said_of_a_version_names_the_post_to_the_caller() -> None:
    there = InMemory()
    there.take(version(A, A, B))
    intake = Intake(vault=there, shards=there, taken=there, quarantine=there, clock=there)  # type: ignore[arg-type]
    batch = intake.read(CONNECTED["x"], [service_pb2.Delivery(payload=json.dumps(deletion(B)).encode())])
    asyncio.run(intake.take(batch))
    assert batch.response().results[0].posts[0].post == f"tenants/t/posts/{POST}"


def test_a_cut_copy_is_no_edit_and_the_whole_text_completes_it() -> None:
    there = InMemory()
    assert there.take(cut(A), version(A), cut(A), version(A)) == ["ACCEPTED", "UPDATED", "DUPLICATE", "DUPLICATE"]
    assert there.names() == ["PostReceived", "PostCompleted"]


STATES = st.lists(
    st.sampled_from(
        [
            version(A, A),
            version(A, A, B),
            version(B, A, B),
            version(B, A, B, C),
            version(C, A, B, C),
            version(B),
            cut(A, A),
            cut(C, A, B, C),
            deletion(A),
            deletion(B),
            deletion(C),
        ]
    ),
    min_size=1,
    max_size=9,
)


@settings(max_examples=150)
@given(STATES, st.data())
def test_any_order_grouping_and_repetition_ends_in_the_same_posts(
    documents: list[dict[str, Any]], data: st.DataObject
) -> None:
    one, other = InMemory(), InMemory()
    for document in documents:
        one.take(document)
    again = data.draw(st.permutations(documents + documents[: len(documents) // 2]))
    at = data.draw(st.integers(0, len(again)))
    for group in (again[:at], again[at:]):
        if group:
            other.take(*group)
    assert one.posts() == other.posts()


@settings(max_examples=100)
@given(STATES, st.integers(1, 12))
def test_what_a_crash_leaves_unsaid_is_said_when_it_is_delivered_again(
    documents: list[dict[str, Any]], away_at: int
) -> None:
    one, other = InMemory(), InMemory(away_at)
    one.take(*documents)
    try:
        other.take(*documents)
    except Away:
        other.take(*documents)
    assert one.posts() == other.posts()


CHAIN = (A, B, C)
SHOWN = st.lists(
    st.one_of(
        st.builds(lambda at: version(CHAIN[at], *CHAIN[: at + 1]), st.integers(0, 2)),
        st.builds(lambda at, upto: version(CHAIN[at], *CHAIN[: max(at, upto) + 1]), st.integers(0, 2), st.just(2)),
        st.builds(lambda at: version(CHAIN[at], A, CHAIN[at]), st.integers(1, 2)),
        st.builds(lambda at: version(CHAIN[at]), st.integers(0, 2)),
        st.builds(lambda at: cut(CHAIN[at]), st.integers(0, 2)),
    ),
    min_size=1,
    max_size=6,
)


@settings(max_examples=200)
@given(SHOWN, st.data())
def test_in_any_order_the_post_says_its_latest_version_and_its_author_is_never_gone(
    documents: list[dict[str, Any]], data: st.DataObject
) -> None:
    documents = [version(C, A, B, C), *documents] if data.draw(st.booleans()) else [version(A, A, B, C), *documents]
    there = InMemory()
    for group in data.draw(st.permutations(documents + documents[:3])):
        there.take(group)
    latest = max(CHAIN.index(one["id_str"]) for one in documents)
    shown = [one["text"] for one in documents if one["id_str"] == CHAIN[latest]]
    assert there.texts() == {POST: max(shown, key=lambda text: (not text.endswith("…"), len(text)))}
    assert all(dropwhile(operator.not_, there.texts_then))
    assert there.known(POST).addressed_desks == ("5",)


def test_a_version_that_came_without_its_chain_speaks_to_whom_it_spoke() -> None:
    original = version(A, A, B, text="the old words")
    unchained, edited = version(B, text="@acme the new words"), version(B, A, B, text="@acme the new words")
    for documents in permutations([original, unchained, edited]):
        there = InMemory()
        for document in documents:
            there.take(document)
        assert there.texts() == {POST: "@acme the new words"}
        assert there.known(POST).addressed_desks == ("5",)


def test_a_version_that_overtakes_its_original_does_not_tell_when_the_post_was_published() -> None:
    there, away = InMemory(), InMemory()
    there.take(version(A, A, B))
    alias = next(event for event in there.facts if isinstance(event, events_structs.PostAliased))
    record(away.shards[shard_of(alias.alias_id)], alias)  # another batch holds the original until this is durable
    away.take({**version(B), "created_at": "Wed Oct 08 21:00:00 +0000 2025"})
    away.take(version(A, A, B))
    (first,) = [event for event in there.facts if isinstance(event, PostReceived)]
    (post,) = [event for event in away.facts if isinstance(event, PostReceived)]
    assert (post.post_id, post.published_at) == (POST, first.published_at)
    assert away.texts() == {POST: f"@acme {B}"}


def test_nobody_s_post_becomes_a_version_of_somebody_else_s() -> None:
    there = InMemory()
    there.take({**version(B), "user": {"id_str": "8", "screen_name": "ben"}})
    there.take(version(A, A, B))
    assert set(there.texts().values()) == {f"@acme {A}", f"@acme {B}"}


def picture(*, asked: bool) -> dict[str, Any]:
    """A direct message with a picture, as a subscription delivers it that asked for attachments, or did not."""
    said = {"event_type": "MessageCreate", "id": "9102", "text": "see", "sender_id": "7", "dm_conversation_id": "5-7"}
    media = [{"media_key": "3_1", "type": "photo", "url": "https://media.example/1.jpg"}]
    attached = {"attachments": {"media_keys": ["3_1"]}} if asked else {}
    return {
        "data": [{**said, **attached, "created_at": "2025-10-08T20:19:24.000Z"}],
        "includes": {"media": media if asked else []},
    }


def noted(*, asked: bool) -> dict[str, Any]:
    """A long post of v2, as a note or as what other copies show of it, without a mark that it is cut."""
    text = "@acme " + "the machine leaks again " * 20
    note = {"note_tweet": {"text": text}} if asked else {}
    return {"data": {"id": A, "author_id": "7", "text": text[:280], **note}}


def pictured(*, asked: bool) -> dict[str, Any]:
    """A status with a picture, and the copy of a list that leaves pictures out."""
    user = {"id": 7, "idstr": "7", "screen_name": "mia"}
    status = {
        "id": 41,
        "idstr": "41",
        "created_at": "Wed Oct 08 20:19:24 +0800 2025",
        "text": "@acme 坏了",
        "user": user,
    }
    return {**status, "pic_ids": ["0067abcdly1h1"]} if asked else status


@pytest.mark.parametrize(("copy", "channel"), [(picture, "x"), (noted, "x"), (pictured, "weibo")])
def test_a_copy_that_shows_less_of_a_version_takes_nothing_away(copy: Any, channel: str) -> None:
    there, turned = InMemory(), InMemory()
    assert there.take(copy(asked=True), channel=channel) == ["ACCEPTED"]
    assert there.take(copy(asked=False), channel=channel) == ["DUPLICATE"]
    assert turned.take(copy(asked=False), channel=channel) == ["ACCEPTED"]
    assert turned.take(copy(asked=True), channel=channel) == ["UPDATED"]
    assert turned.names()[1:] == ["PostCompleted"]  # its author changed nothing
    assert there.posts() == turned.posts()


EXTENTS = st.lists(st.tuples(st.integers(0, 2), st.integers(1, 4)), min_size=1, max_size=8)


@given(EXTENTS, st.data())
def test_copies_of_numbered_versions_end_in_the_fullest_of_the_latest(
    shown: list[tuple[int, int]], data: st.DataObject
) -> None:
    posts = decider.Posts()
    for number, extent in data.draw(st.permutations(shown + shown)):
        record(posts, content("a", f"{number}:{extent}", number, extent=extent))
    (known,) = posts.known.values()
    assert (known.platform_revision, known.extent) == max(shown)


COPIES = st.lists(
    st.builds(
        lambda number, length: content("a", f"{number}:{length}", number, cut_length=length),
        st.integers(0, 2),
        st.sampled_from([0, 40, 80]),
    ),
    min_size=1,
    max_size=10,
)


@given(COPIES, st.data())
def test_copies_cut_and_whole_end_in_the_longest_of_the_latest_version(
    copies: list[PostReceived], data: st.DataObject
) -> None:
    posts = decider.Posts()
    facts: list[Any] = []
    for copy in data.draw(st.permutations(copies + copies)):
        facts += record(posts, copy)[0]
    latest = max(copies, key=lambda copy: (copy.platform_revision, copy.cut_length or 1_000))
    (known,) = posts.known.values()
    assert (known.platform_revision, known.cut_length) == (latest.platform_revision, latest.cut_length)
    assert facts[-1].content_digest == latest.content_digest


def weibo(text: str, **more: Any) -> dict[str, Any]:
    user = {"idstr": "7", "screen_name": "小麦"}
    return {"idstr": "41", "created_at": "Thu Nov 20 17:00:00 +0800 2025", "text": text, "user": user, **more}


@pytest.mark.parametrize(
    "said",
    [
        pytest.param({"edit_count": 1, "edit_at": "Thu Nov 20 17:08:00 +0800 2025"}, id="by number and time"),
        pytest.param({"edit_count": 1}, id="by number"),
        pytest.param({"edit_at": "Thu Nov 20 17:08:00 +0800 2025"}, id="by time"),
        pytest.param({"edit_config": {"edited": True}}, id="by a word"),
    ],
)
def test_a_weibo_that_arrives_after_its_edit_is_no_edit(said: dict[str, Any]) -> None:
    there = InMemory()
    before, after = weibo("灯不亮，尾号 26", edit_count=0), weibo("灯不亮，尾号 62", **said)
    assert there.take(after, before, channel="weibo") == ["ACCEPTED", "DUPLICATE"]
    other = InMemory()
    assert other.take(before, after, channel="weibo") == ["ACCEPTED", "UPDATED"]
    assert there.posts() == other.posts()


FIRST = {"edit_at": "Thu Nov 20 17:08:00 +0800 2025", "edit_config": {"edited": True}}
SECOND = {"edit_count": 2, "edit_at": "Thu Nov 20 17:18:00 +0800 2025"}


@given(st.permutations([weibo("一"), weibo("二", **FIRST), weibo("三", **SECOND)]))
def test_edits_of_a_weibo_that_tell_their_time_are_in_its_order_counted_or_not(copies: list[dict[str, Any]]) -> None:
    there, last = InMemory(), InMemory()
    there.take(*copies, channel="weibo")
    last.take(weibo("三", **SECOND), channel="weibo")
    assert there.posts() == last.posts()


def test_a_list_s_copy_of_a_long_weibo_is_no_news_and_is_completed_by_the_whole() -> None:
    whole = "漏水三天了，维修一直没有来，" * 12
    listed = weibo(f"{whole[:130]}\u200b...全文", isLongText=True)
    long = {**listed, "longText": {"longTextContent": whole}}
    there, other = InMemory(), InMemory()
    assert there.take(long, listed, channel="weibo") == ["ACCEPTED", "DUPLICATE"]
    assert other.take(listed, long, listed, channel="weibo") == ["ACCEPTED", "UPDATED", "DUPLICATE"]
    assert there.posts() == other.posts()


BERLIN = {"coordinates": {"type": "Point", "coordinates": [13.4, 52.5]}, "place": {"full_name": "Berlin"}}
NOWHERE = {"coordinates": None, "place": None, "geo": None}


def scrub(until: str) -> dict[str, Any]:
    gone = {"user_id": 7, "user_id_str": "7", "up_to_status_id_str": until, "timestamp_ms": "1763629260000"}
    return {"scrub_geo": gone}


def scrub_v2(until: str) -> dict[str, Any]:
    return {"data": {"scrub_geo": {"user": {"id": "7"}, "up_to_tweet_id": until, "event_at": "2025-10-09T00:00:00Z"}}}


@pytest.mark.parametrize(
    "taken_back",
    [
        pytest.param({**version(A, A), **NOWHERE}, id="by a copy without it"),
        pytest.param(scrub(B), id="by the stream"),
        pytest.param(scrub_v2(B), id="by the stream of v2"),
    ],
)
def test_a_place_that_was_taken_back_is_gone(taken_back: dict[str, Any]) -> None:
    there = InMemory()
    there.take({**version(A, A), **BERLIN})
    assert there.known(POST).has_location
    assert there.take(taken_back) == ["UPDATED"]
    assert not there.known(POST).has_location
    assert there.take({**version(A, A), **BERLIN}, taken_back) == ["DUPLICATE", "DUPLICATE"]
    assert not there.known(POST).has_location


THERE = {**BERLIN, "created_at": "Sun Oct 05 20:19:24 +0000 2025"}
"""A place, and a time before those that the ids tell."""


@pytest.mark.parametrize("taken_back", [scrub(B), scrub_v2(B)], ids=["by the stream", "by the stream of v2"])
def test_a_place_that_was_taken_back_before_it_came_never_comes(taken_back: dict[str, Any]) -> None:
    there = InMemory()
    there.take(taken_back)
    assert there.take({**version(A, A), **THERE}) == ["ACCEPTED"]
    assert not there.known(POST).has_location
    assert there.take({**version(A, A), **THERE}, taken_back) == ["DUPLICATE", "DUPLICATE"]
    later = version(C, text="@acme from here")
    assert there.take({**later, **BERLIN}) == ["ACCEPTED"]
    assert there.known(post_id("x", "", C)).has_location


@pytest.mark.parametrize("fuller", [version(A), version(B, A, B)], ids=["the whole text", "an edit"])
def test_a_place_that_was_taken_back_comes_with_no_later_copy(fuller: dict[str, Any]) -> None:
    there = InMemory()
    there.take({**cut(A), **THERE}, scrub(B))
    assert there.take({**fuller, **THERE}) == ["UPDATED"]
    assert not there.known(POST).has_location


PLACED = [{**version(A, A), **THERE}, {**cut(A), **THERE}, {**version(B, A, B), **THERE}, scrub(B)]


@settings(max_examples=60)
@given(st.permutations(PLACED + PLACED[-2:]), st.integers(0, 6))
def test_whenever_a_place_is_taken_back_it_is_gone(documents: list[dict[str, Any]], at: int) -> None:
    there = InMemory()
    for group in (documents[:at], documents[at:]):
        if group:
            there.take(*group)
    assert not there.known(POST).has_location
