"""What Weibo's forms mean, in small hand-written payloads, and what is checked of posts in our own form."""

import json
from typing import Any

import pytest
from chassis.clock import MICROS, Instant
from google.protobuf.timestamp_pb2 import Timestamp
from ingest import channels
from ingest.channels import normalized
from ingest.language import detected, tag
from ingest.normalise import Account, Flaw, Item, Observation, Reason, Withdrawal
from opened_content import content_of
from switchboard.ingest.v1 import events_pb2, post_pb2

NOW = Instant(1_790_000_000 * MICROS)
BRAND = Account("weibo", "", frozenset({"示例航空", "99"}))
CREATED = "Thu Oct 09 04:19:24 +0800 2025"
AT = 1_759_954_764 * MICROS
USER = {"id": 7, "idstr": "7", "screen_name": "小明", "gender": "f", "location": "北京", "followers_count": 12}


def read(document: object) -> list[Item]:
    return channels.read(json.dumps(document).encode(), "", BRAND, NOW)


def only(document: object) -> Observation:
    (item,) = read(document)
    assert isinstance(item, Observation), item
    return item


def content(post: Observation) -> post_pb2.PersonalContent:
    return content_of(post.personal)


def status(**more: Any) -> dict[str, Any]:
    return {"id": 5, "mid": "5", "created_at": CREATED, "text": "航班又延误了", "user": USER, **more}


def test_a_status_is_the_head_of_its_own_conversation() -> None:
    post = only(status())
    assert (post.published_at, post.conversation, post.in_reply_to, post.language) == (AT, "5", "", "zh")
    assert {a.name: a.value for a in content(post).author.attributes}["gender"] == "female"


def test_a_comment_belongs_to_its_status_and_answers_the_comment_it_replies_to() -> None:
    comment = only({"comments": [status(id=8, status={"id": 5}, reply_comment={"id": 6})]})
    assert (comment.kind, comment.conversation, comment.in_reply_to) == (post_pb2.POST_KIND_COMMENT, "5", "6")


@pytest.mark.parametrize(
    "more",
    [
        pytest.param({"status": {"id": 5, "user": {"id": 99, "screen_name": "别名"}}}, id="whose status is commented"),
        pytest.param(
            {"status": {"id": 5, "user": {"id": 8}}, "reply_comment": {"id": 6, "user": {"idstr": "99"}}},
            id="whose comment is answered",
        ),
        pytest.param({"in_reply_to_status_id": 4, "in_reply_to_user_id": 99}, id="whose post is answered"),
    ],
)
def test_a_comment_speaks_to_whom_weibo_says_it_answers(more: dict[str, Any]) -> None:
    assert "99" in [number for number, _ in only(status(**more)).mentions]


@pytest.mark.parametrize(
    ("text", "repost", "kind"),
    [
        pytest.param("@示例航空 行李呢", False, post_pb2.POST_KIND_MENTION, id="a post that names the brand"),
        pytest.param("转发", True, post_pb2.POST_KIND_REPOST, id="a repost"),
        pytest.param("@示例航空 出来解释//@别人:好", True, post_pb2.POST_KIND_MENTION, id="a repost that complains"),
        pytest.param("好//@别人:@示例航空 行李呢", True, post_pb2.POST_KIND_REPOST, id="a repost of a complaint"),
    ],
)
def test_kinds(text: str, repost: bool, kind: int) -> None:
    more = {"retweeted_status": status(id=4)} if repost else {}
    assert only(status(text=text, **more)).kind == kind


def test_entities_are_read_off_the_text() -> None:
    text = "😀 #延误# @示例航空 看 http://t.cn/Ry4U5fQ $示例 sh601456$"
    post = only(status(text=text, url_struct=[{"short_url": "http://t.cn/Ry4U5fQ", "ori_url": "http://example.org"}]))
    found = [(e.value, text[e.start : e.end]) for e in content(post).entities]
    assert found == [
        ("延误", "#延误#"),
        ("示例航空", "@示例航空"),
        ("http://example.org", "http://t.cn/Ry4U5fQ"),
        ("示例 sh601456", "$示例 sh601456$"),
    ]


def test_the_same_picture_in_another_size_is_the_same_content() -> None:
    one = only(status(pic_ids=["006Ett3Ugy1fnptumitakj30qo1beq7p"]))
    other = only(
        status(pic_urls=[{"thumbnail_pic": "http://wx1.example/thumbnail/006Ett3Ugy1fnptumitakj30qo1beq7p.jpg"}])
    )
    assert one.digested == other.digested
    assert one.digested != only(status()).digested


@pytest.mark.parametrize("said", ["1", 1, True, "true"])
def test_a_deleted_status_is_a_withdrawal(said: object) -> None:
    (item,) = read({"id": 5, "text": "抱歉，此微博已被作者删除。", "deleted": said})
    assert isinstance(item, Withdrawal)
    assert (item.external_id, item.reason) == ("5", events_pb2.WITHDRAWAL_REASON_DELETED)


def test_the_monitoring_feed_names_the_same_post_and_author() -> None:
    item = {
        "Author": {"DisplayName": "小明", "Id": "weibo:7", "Type": ""},
        "Id": "weibo:5",
        "Mid": "5",
        "PubTime": "/Date(1759954764000+0800)/",
        "Text": "航班又延误了",
    }
    fed, api = only([item]), only(status())
    assert (fed.external_id, fed.author_id, fed.published_at) == (api.external_id, api.author_id, api.published_at)
    assert fed.digested == api.digested


def ours(**more: Any) -> post_pb2.NormalizedPost:
    given = {
        "external_id": "m-1",
        "author": post_pb2.Author(external_id="zoe"),
        "text": "hello",
        "published_at": Timestamp(seconds=1_760_000_000),
    }
    return post_pb2.NormalizedPost(**{**given, **more})


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        pytest.param({"external_id": ""}, Reason.MISSING_FIELD, id="no id"),
        pytest.param({"external_id": "x" * 513}, Reason.INVALID_ID, id="an id of 513 bytes"),
        pytest.param({"external_id": "a\nb"}, Reason.INVALID_ID, id="an id with a line break"),
        pytest.param({"author": None}, Reason.MISSING_FIELD, id="no author"),
        pytest.param({"published_at": None}, Reason.MISSING_FIELD, id="no time"),
        pytest.param({"published_at": Timestamp(seconds=1)}, Reason.IMPOSSIBLE_TIME, id="1970"),
        pytest.param({"published_at": Timestamp(seconds=1 << 62)}, Reason.IMPOSSIBLE_TIME, id="no year that exists"),
        pytest.param({"text": "x" * 100_001}, Reason.TOO_LARGE, id="100,001 code points"),
        pytest.param({"language": "no language"}, Reason.INVALID_VALUE, id="a language that is none"),
        pytest.param({"entities": [post_pb2.Entity(start=3, end=9)]}, Reason.INVALID_VALUE, id="beyond the text"),
        pytest.param({"reach": -1}, Reason.INVALID_VALUE, id="negative reach"),
        pytest.param(
            {"author": post_pb2.Author(external_id="zoe", handle="a\0b")}, Reason.INVALID_VALUE, id="U+0000 in a handle"
        ),
        pytest.param(
            {"withdrawn_at": Timestamp(seconds=1_760_000_000), "withdrawal_reason": "moved"},
            Reason.INVALID_VALUE,
            id="a withdrawal for no reason we know",
        ),
    ],
)
def test_our_own_form_is_checked_like_any_other(more: dict[str, Any], reason: Reason) -> None:
    (item,) = normalized.read(ours(**more), BRAND, NOW)
    assert isinstance(item, Flaw)
    assert item.reason is reason


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Where is my parcel? I have been waiting for it", "en"),
        ("Wo ist mein Paket?", "und"),
        ("包裹在哪里", "zh"),
        ("荷物はどこですか", "ja"),
        ("제 소포는 어디에 있나요", "ko"),
        ("😀😀", "und"),
        ("", "und"),
    ],
)
def test_a_script_tells_what_it_can(text: str, language: str) -> None:
    assert detected(text) == language


@pytest.mark.parametrize(
    ("said", "meant"),
    [("zh-cn", "zh-CN"), ("zh_Hant_tw", "zh-Hant-TW"), ("in", "id"), ("und", ""), ("qme", ""), ("?", "")],
)
def test_platform_codes_become_tags(said: str, meant: str) -> None:
    assert tag(said) == meant
