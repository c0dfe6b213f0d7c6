"""Whose a post is, whom it speaks to and names, what it repeats: given sources, when a post comes, then its fact."""

import json
from collections.abc import Mapping
from typing import Any

import pytest
from chassis.clock import MICROS, Instant, to_timestamp
from chassis.sealing import SubjectKey
from ingest import channels, facts
from ingest.channels import normalized
from ingest.events import Label, decode_received
from ingest.normalise import Item, Observation, conversation_id, handle_id, identity_id, messages_id, post_id
from ingest.sources import Settings, Source, Sources
from ingest.views.source_directory import Connected, connections
from switchboard.ingest.v1 import events_structs, post_pb2

NOW = Instant(1_790_000_000 * MICROS)
CREATED = "Wed Oct 08 20:19:24 +0000 2025"
DIRECT = post_pb2.POST_KIND_DIRECT_MESSAGE
INBOUND, OUTBOUND = post_pb2.DIRECTION_INBOUND, post_pb2.DIRECTION_OUTBOUND


def sources(channel: str = "x", **settings: Settings) -> dict[str, Connected]:
    there = {name: Source(name, channel, "", each, NOW, NOW) for name, each in settings.items()}
    return connections("t", Sources(there))


ACME = Settings(owned_accounts=("5", "acme"), labels=(Label("brand", "Acme"),))
BOLT = Settings(owned_accounts=("6", "bolt"), labels=(Label("brand", "Bolt"),))
TWO = sources(a=ACME, b=BOLT)


def fact(through: Connected, item: Item) -> events_structs.PostReceived:
    assert isinstance(item, Observation), item
    name = post_id("x", "", item.external_id)
    key = SubjectKey("t", identity_id(through.account.channel, "", item.author_id), bytes(32))
    seen = facts.received(through, item, name, NOW, key, (bytes(12), bytes([1] * 12)))
    told = decode_received(seen.encoded)
    assert (seen.desk, seen.is_addressed) == (told.desk, told.is_addressed)
    return told


def tweeted(through: Connected, text: str = "hello", user: tuple[str, str] = ("7", "mia"), **more: Any) -> Any:
    author = {"id_str": user[0], "screen_name": user[1]}
    document = {"id_str": "50", "created_at": CREATED, "text": text, "user": author, **more}
    (item,) = channels.read(json.dumps(document).encode(), "", through.account, NOW)
    return fact(through, item)


def spoken(through: Connected, author: str = "7", **fields: Any) -> events_structs.PostReceived:
    post = post_pb2.NormalizedPost(external_id="50", published_at=to_timestamp(NOW), **{"text": "hello", **fields})
    post.author.external_id = author
    (item,) = normalized.read(post, through.account, NOW)
    return fact(through, item)


@pytest.mark.parametrize(
    ("said", "is_addressed"),
    [
        pytest.param({}, False, id="a post that names nobody does not"),
        pytest.param({"text": "@acme hello"}, True, id="one that names an owned account does"),
        pytest.param({"text": "@bolt hello"}, False, id="one that names another desk's account does not"),
        pytest.param({"text": "@mo @Acme yes"}, True, id="anywhere in it, in any case"),
        pytest.param(
            {"text": "@x hi", "entities": [post_pb2.Entity(kind=1, start=0, end=2, value="x", external_id="5")]},
            True,
            id="or by its id",
        ),
        pytest.param({"kind": DIRECT}, True, id="a direct message does"),
        pytest.param({"kind": post_pb2.POST_KIND_EMAIL}, True, id="a mail does"),
        pytest.param({"kind": post_pb2.POST_KIND_REVIEW}, True, id="a review does"),
        pytest.param({"kind": post_pb2.POST_KIND_MENTION}, True, id="what its system calls a mention does"),
        pytest.param({"kind": post_pb2.POST_KIND_COMMENT, "in_reply_to": "4"}, False, id="a comment is judged later"),
        pytest.param({"kind": post_pb2.POST_KIND_REPOST, "repost_of": "4", "text": " "}, False, id="a bare repost"),
    ],
)
def test_whether_a_post_speaks_to_a_desk_that_owns_accounts(said: Mapping[str, Any], is_addressed: bool) -> None:
    told = spoken(TWO["a"], **said)
    assert (told.desk, told.is_addressed, told.direction) == ("Acme", is_addressed, INBOUND)


def test_whatever_a_listening_source_brings_speaks_to_its_desk_but_bare_reposts() -> None:
    ear = sources(ear=Settings(labels=(Label("brand", "Acme"),)))["ear"]
    assert spoken(ear).is_addressed
    assert not spoken(ear, kind=post_pb2.POST_KIND_REPOST, text="").is_addressed


@pytest.mark.parametrize(
    ("through", "user", "direction", "desk"),
    [
        pytest.param("a", ("7", "mia"), INBOUND, "Acme", id="somebody's is the desk's that was brought it"),
        pytest.param("a", ("5", "acme"), OUTBOUND, "Acme", id="ours is the desk's whose account wrote it"),
        pytest.param("b", ("5", "whatever"), OUTBOUND, "Acme", id="whoever brings it, by id"),
        pytest.param("a", ("60", "Bolt"), OUTBOUND, "Bolt", id="or by handle"),
    ],
)
def test_whose_a_post_is(through: str, user: tuple[str, str], direction: int, desk: str) -> None:
    told = tweeted(TWO[through], user=user)
    assert (told.direction, told.desk, told.is_addressed) == (direction, desk, False)


def test_an_account_of_several_desks_speaks_for_the_one_that_brings_its_post_else_for_the_first() -> None:
    shared = Settings(owned_accounts=("5",))
    there = sources(a=Settings(), b=Settings("b", ("5",), desk="B"), c=Settings("c", ("5",), desk="C"), d=shared)
    assert [tweeted(there[name], user=("5", "acme")).desk for name in "abcd"] == ["B", "B", "C", "5"]


def test_an_account_is_ours_on_its_channel_and_in_its_scope_only() -> None:
    there = {
        "x": Source("x", "x", "", ACME, NOW, NOW),
        "weibo": Source("weibo", "weibo", "", Settings(), NOW, NOW),
        "scoped": Source("scoped", "x", "s", Settings(), NOW, NOW),
    }
    connected = connections("t", Sources(there))
    assert [spoken(connected[name], "5").direction for name in ("x", "weibo", "scoped")] == [OUTBOUND, INBOUND, INBOUND]


def test_a_mention_leads_to_the_author_by_id_or_by_handle() -> None:
    entities = {"user_mentions": [{"id_str": "8", "screen_name": "jo", "indices": [0, 3]}]}
    by_id = tweeted(TWO["a"], "@jo hi", ("5", "acme"), entities=entities)
    by_handle = tweeted(TWO["a"], "@Mia hi @mia", ("5", "acme"))
    assert list(by_id.mentioned_ids) == [identity_id("x", "", "8")]
    assert list(by_handle.mentioned_ids) == [tweeted(TWO["a"], user=("7", "MIA")).handle_id]
    assert by_handle.mentioned_ids != by_id.mentioned_ids
    assert spoken(TWO["a"]).handle_id == ""


@pytest.mark.parametrize(
    ("more", "text", "repeats", "is_bare"),
    [
        pytest.param({"retweeted_status": {"id_str": "4"}}, "RT @jo: @acme hi", "4", True, id="a retweet"),
        pytest.param({"retweeted_status": {"text": "?"}}, "RT @jo: hi", "", True, id="a retweet of who knows what"),
        pytest.param({"quoted_status_id_str": "4"}, "@acme look https://t.co/a", "4", False, id="a quote with words"),
        pytest.param({"quoted_status": {"id": 4}}, "look", "4", False, id="a quote that holds what it quotes"),
        pytest.param({"quoted_status_id": 4}, "https://t.co/a ", "4", True, id="a quote that says nothing"),
        pytest.param({}, "hello", "", False, id="a post of its own"),
    ],
)
def test_what_a_post_of_x_repeats(more: Mapping[str, Any], text: str, repeats: str, is_bare: bool) -> None:
    told = tweeted(TWO["a"], text, **more)
    assert (told.repost_of, told.is_bare_repost) == (post_id("x", "", repeats) if repeats else "", is_bare)
    assert (told.in_reply_to, told.conversation_id, list(told.links)) == ("", "", [])
    assert told.is_addressed is (not is_bare and "@acme" in text)
    assert bool(told.mentioned_ids) is told.is_addressed


@pytest.mark.parametrize(
    ("said", "repeats", "is_bare"),
    [
        pytest.param({"repost_of": "4", "text": ""}, "4", True, id="without a word"),
        pytest.param({"kind": post_pb2.POST_KIND_REPOST, "text": ""}, "", True, id="of what is not told"),
        pytest.param({"repost_of": "4", "text": "so true"}, "4", False, id="with own words"),
        pytest.param({"repost_of": "4", "text": "", "media": [post_pb2.Media(uri="u")]}, "4", False, id="or a picture"),
        pytest.param({"text": ""}, "", False, id="an empty post that repeats nothing"),
    ],
)
def test_a_repost_in_our_own_form(said: Mapping[str, Any], repeats: str, is_bare: bool) -> None:
    told = spoken(TWO["a"], **said)
    assert (told.repost_of, told.is_bare_repost) == (post_id("x", "", repeats) if repeats else "", is_bare)


def test_direct_messages_of_a_customer_and_an_account_are_one_thread_in_both_directions() -> None:
    thread = messages_id("x", "", "5", "7")
    asked = spoken(TWO["a"], kind=DIRECT, recipient_id="5", conversation="monday")
    again = spoken(TWO["a"], kind=DIRECT, recipient_id="5", conversation="friday")
    answer = spoken(TWO["a"], "5", kind=DIRECT, recipient_id="7")
    assert {asked.conversation_id, again.conversation_id, answer.conversation_id} == {thread}
    elsewhere = spoken(TWO["a"], kind=DIRECT, recipient_id="6")
    somebody = spoken(TWO["a"], "8", kind=DIRECT, recipient_id="5")
    assert len({elsewhere.conversation_id, somebody.conversation_id, thread}) == 3


def test_where_the_recipient_is_not_told_the_customer_s_sessions_are_one_thread_and_our_messages_lie_in_theirs() -> (
    None
):
    asked = spoken(TWO["a"], kind=DIRECT, conversation="monday")
    again = spoken(TWO["a"], kind=DIRECT, conversation="friday")
    answer = spoken(TWO["a"], "5", kind=DIRECT, conversation="friday")
    assert asked.conversation_id == again.conversation_id == messages_id("x", "", "a", "7")
    assert again.session_id == answer.conversation_id == conversation_id("x", "", "friday")


@pytest.mark.parametrize(
    ("document", "thread"),
    [
        pytest.param(
            {
                "direct_message_events": [
                    {
                        "id": "50",
                        "type": "message_create",
                        "created_timestamp": "1759954764000",
                        "message_create": {
                            "sender_id": "7",
                            "target": {"recipient_id": "5"},
                            "message_data": {"text": "hi"},
                        },
                    }
                ],
                "for_user_id": "5",
            },
            messages_id("x", "", "5", "7"),
            id="as v1.1 tells it",
        ),
        pytest.param(
            {
                "data": {
                    "id": "50",
                    "event_type": "MessageCreate",
                    "sender_id": "5",
                    "created_at": "2025-10-08T20:19:24Z",
                    "text": "hi",
                    "dm_conversation_id": "5-7",
                }
            },
            messages_id("x", "", "5", "7"),
            id="as v2 tells our answer",
        ),
        pytest.param(
            {
                "data": {
                    "id": "50",
                    "event_type": "MessageCreate",
                    "sender_id": "5",
                    "created_at": "2025-10-08T20:19:24Z",
                    "text": "hi",
                    "dm_conversation_id": "1234",
                }
            },
            conversation_id("x", "", "1234"),
            id="a group's is its own",
        ),
    ],
)
def test_the_thread_of_a_direct_message_on_x(document: object, thread: str) -> None:
    (item,) = channels.read(json.dumps(document).encode(), "", TWO["a"].account, NOW)
    assert fact(TWO["a"], item).conversation_id == thread


WEIBO = sources("weibo", a=Settings(owned_accounts=("99", "示例航空")))["a"]


@pytest.mark.parametrize(
    ("text", "is_bare", "is_addressed"),
    [
        pytest.param("转发微博", True, False, id="Weibo's words for none"),
        pytest.param("Repost", True, False, id="in its other language"),
        pytest.param("轉發微博。 ", True, False, id="however it is ended"),
        pytest.param("//@小红:@示例航空 行李呢", True, False, id="a chain alone is others' words"),
        pytest.param("转发微博 //@小红:好", True, False, id="so is a chain after no words"),
        pytest.param("太过分了//@小红:@示例航空 行李呢", False, False, id="own words before a chain that names us"),
        pytest.param("@示例航空 出来解释//@小红:好", False, True, id="own words that name us"),
        pytest.param("[怒]", False, False, id="a smiley is a word"),
    ],
)
def test_what_a_repost_of_weibo_says_itself(text: str, is_bare: bool, is_addressed: bool) -> None:
    user = {"idstr": "7", "screen_name": "小明"}
    original = {"idstr": "4", "text": "行李呢", "created_at": CREATED}
    document = {"idstr": "50", "text": text, "created_at": CREATED, "user": user, "retweeted_status": original}
    (item,) = channels.read(json.dumps(document).encode(), "", WEIBO.account, NOW)
    told = fact(WEIBO, item)
    assert (told.is_bare_repost, told.is_addressed) == (is_bare, is_addressed)
    assert told.repost_of == post_id("weibo", "", "4")
    assert handle_id("weibo", "", "小红") not in told.mentioned_ids
