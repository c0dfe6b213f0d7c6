"""What X's forms mean, in small hand-written payloads: given a payload, then these items."""

import json
from typing import Any

import pytest
from chassis.clock import MICROS, Instant
from ingest import channels
from ingest.normalise import Account, AuthorGone, Flaw, Item, Observation, Withdrawal, folded
from opened_content import content_of
from switchboard.ingest.v1 import events_pb2, post_pb2

NOW = Instant(1_790_000_000 * MICROS)
ACME = Account("x", "", frozenset({"acme", "99"}))
USER = {"id": 7, "id_str": "7", "screen_name": "mia", "name": "Mia", "followers_count": 12, "verified": False}
CREATED = "Wed Oct 08 20:19:24 +0000 2025"
AT = 1_759_954_764 * MICROS


def read(document: object) -> list[Item]:
    return channels.read(json.dumps(document).encode(), "", ACME, NOW)


def only(document: object) -> Observation:
    (item,) = read(document)
    assert isinstance(item, Observation), item
    return item


def content(post: Observation) -> post_pb2.PersonalContent:
    return content_of(post.personal)


def status(**more: Any) -> dict[str, Any]:
    return {"id": 5, "created_at": CREATED, "text": "hello", "user": USER, **more}


@pytest.mark.parametrize(
    ("more", "kind"),
    [
        pytest.param({}, post_pb2.POST_KIND_POST, id="a post of its own"),
        pytest.param({"text": "@Acme hi"}, post_pb2.POST_KIND_MENTION, id="names an owned account in its text"),
        pytest.param(
            {"entities": {"user_mentions": [{"id_str": "99", "screen_name": "new", "indices": [0, 3]}]}},
            post_pb2.POST_KIND_MENTION,
            id="names an owned account by its id after a change of handle",
        ),
        pytest.param({"in_reply_to_status_id": 4, "text": "@acme hi"}, post_pb2.POST_KIND_COMMENT, id="a reply"),
        pytest.param({"retweeted_status": status(), "text": "RT @acme: hi"}, post_pb2.POST_KIND_REPOST, id="a retweet"),
    ],
)
def test_kinds(more: dict[str, Any], kind: int) -> None:
    assert only(status(**more)).kind == kind


@pytest.mark.parametrize(
    "more",
    [
        pytest.param(
            {"entities": {"user_mentions": [{"id_str": "99", "screen_name": "new", "indices": [500, 504]}]}},
            id="behind the end of the text",
        ),
        pytest.param(
            {"entities": {"user_mentions": [{"id_str": "99", "screen_name": "new", "indices": [-1, -1]}]}},
            id="nowhere in the text",
        ),
        pytest.param({"entities": {"user_mentions": [{"id_str": "99", "screen_name": "new"}]}}, id="without a place"),
        pytest.param({"entities": {"user_mentions": [{"id": 99, "indices": [0, 2]}]}}, id="by its number"),
        pytest.param({"in_reply_to_status_id": 4, "in_reply_to_user_id_str": "99"}, id="as whose post it answers"),
        pytest.param({"in_reply_to_user_id": 99}, id="as whose post it answers, which is gone"),
        pytest.param({"in_reply_to_status_id": 4, "in_reply_to_screen_name": "ACME"}, id="as its handle answers"),
    ],
)
def test_whom_x_says_a_post_speaks_to_it_speaks_to_wherever_the_text_names_them(more: dict[str, Any]) -> None:
    post = only(status(**more))
    assert any(number == "99" or folded(handle) == "acme" for number, handle in post.mentions)
    assert all(e.end <= len("hello") for e in content(post).entities)


def test_v2_says_whose_post_is_answered() -> None:
    said = {"id": "5", "author_id": "7", "text": "hello", "created_at": "2025-10-08T20:19:24.000Z"}
    assert only({"data": {**said, "in_reply_to_user_id": "99"}}).mentions == [("99", "")]
    users = [{"id": "98", "username": "acme"}]
    post = only({"data": {**said, "in_reply_to_user_id": "98"}, "includes": {"users": users}})
    assert post.mentions == [("98", "acme")]


def test_offsets_are_code_points_of_the_text_as_its_author_wrote_it() -> None:
    text = "👍🏽 fish &amp; chips &lt;3 @acme #Späti &amp;lt;"
    mention, hashtag = text.index("@acme"), text.index("#Späti")
    post = content(
        only(
            status(
                text=text,
                entities={
                    "user_mentions": [{"screen_name": "acme", "id_str": "99", "indices": [mention, mention + 5]}],
                    "hashtags": [{"text": "Späti", "indices": [hashtag, hashtag + 6]}],
                },
            )
        )
    )
    assert post.text == "👍🏽 fish & chips <3 @acme #Späti &lt;"
    assert [post.text[e.start : e.end] for e in post.entities] == ["@acme", "#Späti"]


def test_an_extended_text_stands_for_the_cut_one() -> None:
    post = only(status(truncated=True, extended_tweet={"full_text": "the whole text", "entities": {}}))
    assert content(post).text == "the whole text"


@pytest.mark.parametrize("form", ["v1.1", "v2"])
def test_a_chain_of_edits_is_one_post_named_by_its_first_id(form: str) -> None:
    chain = ["1975000000000000000", "1975000004194304000"]
    if form == "v1.1":
        post = only(status(id_str=chain[1], id=int(chain[1]), edit_history={"edit_tweet_ids": chain}))
    else:
        post = only(
            {
                "data": {
                    "id": chain[1],
                    "author_id": "7",
                    "text": "x",
                    "created_at": "2025-10-08T20:19:24.000Z",
                    "edit_history_tweet_ids": chain,
                }
            }
        )
    assert (post.external_id, post.platform_revision, post.edited_at) == (chain[0], 1_000, AT)
    minted = ((int(chain[0]) >> 22) + 1_288_834_974_657) * 1000
    assert post.published_at == (minted if form == "v2" else minted // MICROS * MICROS)  # as each tells times


def test_v2_takes_authors_media_and_places_from_the_includes() -> None:
    post = only(
        {
            "data": {
                "id": "5",
                "author_id": "7",
                "text": "look @acme",
                "created_at": "2025-10-08T20:19:24.500Z",
                "conversation_id": "4",
                "lang": "in",
                "referenced_tweets": [{"type": "replied_to", "id": "4"}],
                "attachments": {"media_keys": ["m1"]},
                "geo": {"place_id": "p1"},
                "entities": {"mentions": [{"start": 5, "end": 10, "username": "acme", "id": "99"}]},
            },
            "includes": {
                "users": [{"id": "7", "username": "mia", "name": "Mia", "public_metrics": {"followers_count": 12}}],
                "media": [{"media_key": "m1", "type": "video", "preview_image_url": "https://example.org/1.jpg"}],
                "places": [{"id": "p1", "full_name": "Berlin"}],
            },
        }
    )
    personal = content(post)
    assert (post.published_at, post.in_reply_to, post.conversation, post.reach) == (AT + 500_000, "4", "4", 12)
    assert (post.language, post.handle, personal.author.display_name) == ("id", "mia", "Mia")
    assert (personal.media[0].kind, personal.location.place) == (post_pb2.MEDIA_KIND_VIDEO, "Berlin")


def test_account_activity_brings_posts_messages_and_deletions() -> None:
    message = {
        "type": "message_create",
        "id": "11",
        "created_timestamp": "1759954764123",
        "message_create": {
            "sender_id": "7",
            "target": {"recipient_id": "99"},
            "message_data": {"text": "my order &gt; 3 days"},
        },
    }
    items = read(
        {
            "for_user_id": "99",
            "users": {"7": {"id": "7", "screen_name": "mia", "name": "Mia"}},
            "tweet_create_events": [status()],
            "direct_message_events": [message, {"type": "participants_join"}],
            "tweet_delete_events": [{"status": {"id": "4", "user_id": "7"}, "timestamp_ms": 1759954764123}],
        }
    )
    post, direct, gone = items
    assert isinstance(post, Observation)
    assert isinstance(direct, Observation)
    assert isinstance(gone, Withdrawal)
    assert (direct.kind, direct.visibility) == (post_pb2.POST_KIND_DIRECT_MESSAGE, post_pb2.VISIBILITY_PRIVATE)
    assert (content(direct).text, direct.handle, direct.conversation) == ("my order > 3 days", "mia", "7-99")
    assert (gone.external_id, gone.at) == ("4", AT + 123_000)


@pytest.mark.parametrize(
    ("document", "external_id", "reason"),
    [
        pytest.param(
            {"delete": {"status": {"id": 4, "user_id": 7}}}, "4", events_pb2.WITHDRAWAL_REASON_DELETED, id="v1.1 delete"
        ),
        pytest.param(
            {"status_withheld": {"id": 4, "user_id": 7, "withheld_in_countries": ["XX"]}},
            "4",
            events_pb2.WITHDRAWAL_REASON_WITHHELD,
            id="v1.1 withheld",
        ),
        pytest.param(
            {"data": {"delete": {"tweet": {"id": "4", "author_id": "7"}, "event_at": "2025-10-08T20:19:24.000Z"}}},
            "4",
            events_pb2.WITHDRAWAL_REASON_DELETED,
            id="v2 delete",
        ),
        pytest.param(
            {"data": {"withheld": {"tweet": {"id": "4"}, "withheld_in_countries": ["xx"]}}},
            "4",
            events_pb2.WITHDRAWAL_REASON_WITHHELD,
            id="v2 withheld",
        ),
    ],
)
def test_compliance_takes_a_post_away(document: object, external_id: str, reason: int) -> None:
    (item,) = read(document)
    assert isinstance(item, Withdrawal)
    assert (item.external_id, item.reason) == (external_id, reason)


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        pytest.param({"user_delete": {"id": 7}}, events_pb2.WITHDRAWAL_REASON_DELETED, id="v1.1 user_delete"),
        pytest.param({"user_protect": {"id": 7}}, events_pb2.WITHDRAWAL_REASON_PROTECTED, id="v1.1 user_protect"),
        pytest.param(
            {"data": {"user_protect": {"user": {"id": "7"}, "event_at": "2025-10-08T20:19:24Z"}}},
            events_pb2.WITHDRAWAL_REASON_PROTECTED,
            id="v2 user_protect",
        ),
    ],
)
def test_compliance_takes_an_author_away(document: object, reason: int) -> None:
    (item,) = read(document)
    assert isinstance(item, AuthorGone)
    assert (item.author_id, item.reason) == ("7", reason)


@pytest.mark.parametrize(
    "document",
    [
        {"favorite_events": [], "for_user_id": "99"},
        {"data": {"undrop": {"tweet": {"id": "4"}}}},
        {"data": [{"id": "7", "username": "mia", "name": "Mia"}]},
        {"limit": {"track": 5}},
        {"errors": [{"code": 32}]},
        {"meta": {"result_count": 0}, "data": []},
    ],
    ids=["a like", "an undrop", "users", "a limit notice", "an error", "an empty page"],
)
def test_what_holds_no_post_is_no_flaw(document: object) -> None:
    assert read(document) == []


def test_v2_without_an_author_says_which_parameter_is_missing() -> None:
    (item,) = read({"data": [{"id": "5", "text": "hello"}]})
    assert isinstance(item, Flaw)
    assert "tweet.fields=author_id" in item.detail
