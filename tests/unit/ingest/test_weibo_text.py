"""What Weibo writes in a text: plain, marked up, long or cut: the words people read and what is in them."""

import json
from itertools import pairwise
from typing import Any

import pytest
from chassis.clock import MICROS, Instant
from hypothesis import given
from hypothesis import strategies as st
from ingest import channels
from ingest.normalise import Account, Observation
from ingest.texts import is_marked_up, readable
from opened_content import content_of
from switchboard.ingest.v1 import post_pb2

NOW = Instant(1_790_000_000 * MICROS)
BRAND = Account("weibo", "", frozenset({"示例家电", "99"}))
USER = {"id": 7, "idstr": "7", "screen_name": "小明"}
CREATED = "Thu Oct 09 04:19:24 +0800 2025"
LONG = "洗衣机漏水三天了，维修一直没有来" * 8
LIST = f"{LONG[:100]}\u200b...全文"
LINK, MENTION, HASHTAG = (
    post_pb2.ENTITY_KIND_LINK,
    post_pb2.ENTITY_KIND_MENTION,
    post_pb2.ENTITY_KIND_HASHTAG,
)


def only(text: str, **more: Any) -> Observation:
    document = {"idstr": "5", "created_at": CREATED, "text": text, "user": USER, **more}
    (item,) = channels.read(json.dumps(document).encode(), "", BRAND, NOW)
    assert isinstance(item, Observation), item
    return item


def content(text: str, **more: Any) -> post_pb2.PersonalContent:
    return content_of(only(text, **more).personal)


@pytest.mark.parametrize(
    ("text", "more", "whole", "is_cut"),
    [
        pytest.param(LONG[:100], {}, LONG[:100], False, id="a short one"),
        pytest.param(
            f"{LONG[:100]}\u200b...全文", {"isLongText": True}, f"{LONG[:100]}\u200b...全文", True, id="a list's"
        ),
        pytest.param(LONG[:100], {"isLongText": True}, LONG[:100], True, id="a list's that only says so"),
        pytest.param(f"{LONG[:100]}…展开", {}, f"{LONG[:100]}…展开", True, id="the site's"),
        pytest.param(LONG[:100], {"truncated": True}, LONG[:100], True, id="the old API's"),
        pytest.param(
            f"{LONG[:100]}...全文",
            {"isLongText": True, "longText": {"longTextContent": LONG}},
            LONG,
            False,
            id="with the whole beside it",
        ),
        pytest.param(
            f'{LONG[:100]}...<a href="/status/5">全文</a>',
            {},
            f"{LONG[:100]}...全文",
            True,
            id="the mobile site's list",
        ),
        pytest.param("请看全文", {}, "请看全文", False, id="who asks to read the whole text"),
    ],
)
def test_a_long_text_is_known_as_whole_or_cut(text: str, more: dict[str, Any], whole: str, is_cut: bool) -> None:
    assert (content(text, **more).text, only(text, **more).is_cut) == (whole, is_cut)


MARKED = (
    "<a href='/n/示例家电'>@示例家电</a> 漏水了"
    '<span class="url-icon"><img alt=[怒] src="https://face.example/a.png" style="width:1em" /></span><br />'
    '<a  href="https://m.weibo.example/search?q=%23维修%23"><span class="surl-text">#维修#</span></a>'
    " &lt;三天&gt; &amp; 没人"
    '<a data-url="http://t.cn/Ab1" href="https://weibo.cn/sinaurl?u=https%3A%2F%2Fexample.org%2Fa" data-hide="">'
    '<span class="url-icon"><img src="https://icon.example/b.png"></span><span class="surl-text">网页链接</span></a>'
)


def test_markup_becomes_the_text_people_read_with_its_mentions_topics_and_links() -> None:
    post = content(MARKED)
    assert post.text == "@示例家电 漏水了[怒]\n#维修# <三天> & 没人网页链接"
    assert [(e.kind, e.value, post.text[e.start : e.end]) for e in post.entities] == [
        (MENTION, "示例家电", "@示例家电"),
        (HASHTAG, "维修", "#维修#"),
        (LINK, "https://example.org/a", "网页链接"),
    ]
    assert only(MARKED).kind == post_pb2.POST_KIND_MENTION


def test_the_same_status_plain_and_marked_up_is_the_same_content() -> None:
    plain = "@示例家电 漏水了[怒]\n#维修# &lt;三天&gt; &amp; 没人http://t.cn/Ab1 \u200b\u200b"
    assert only(MARKED).digested == only(plain).digested


def test_markup_beside_what_its_author_typed_is_left_for_that() -> None:
    assert content(MARKED, text_raw="@示例家电 漏水了").text == "@示例家电 漏水了"


@pytest.mark.parametrize(
    ("text", "read"),
    [
        pytest.param("5 < 6 and 7 > 6", "5 < 6 and 7 > 6", id="a comparison is no markup"),
        pytest.param("<3 &lt;br&gt;", "<3 <br>", id="a break that its author typed is none"),
        pytest.param("a<br>b<script>x</script><style>y</style>c", "a\nbc", id="what nobody reads"),
        pytest.param("<p>one</p><p>two</p>", "one\ntwo\n", id="paragraphs"),
        pytest.param("<b>1 < 2</b> &#128512; &nbsp;&copy;", "1 < 2 😀 \xa0©", id="escapes by number and by name"),
        pytest.param('<a href="javascript:alert(1)">here</a><br>', "here\n", id="a link to nowhere"),
        pytest.param("<b>open <i", "open <i", id="what never ends"),
    ],
)
def test_whatever_stands_there_is_read(text: str, read: str) -> None:
    post = content(text)
    assert post.text == read
    assert not [entity for entity in post.entities if entity.kind == LINK]


@pytest.mark.parametrize(
    ("text", "values"),
    [
        pytest.param("@示例家电 行李呢", ["示例家电"], id="a blank ends a handle"),
        pytest.param("@示例家电，行李呢", ["示例家电"], id="a comma does"),
        pytest.param("@mia-2_b：好", ["mia-2_b"], id="a colon does, hyphen and underscore do not"),
        pytest.param("出来//@别人:好", ["别人"], id="of whom a chain quotes"),
        pytest.param("写信 help@mail.example.com 或@示例家电", ["示例家电"], id="an address of mail is none"),
        pytest.param("看 http://t.cn/Ry4U5fQ漏水", ["http://t.cn/Ry4U5fQ"], id="a link before Chinese"),
        pytest.param("看 https://example.org/a?b=1.", ["https://example.org/a?b=1"], id="a link at the end"),
    ],
)
def test_what_stands_in_a_text_ends_where_weibo_ends_it(text: str, values: list[str]) -> None:
    assert [entity.value for entity in content(text).entities] == values


@pytest.mark.parametrize(
    "more",
    [
        pytest.param({"pic": {"pid": "006Ett3Ugy1", "url": "https://wx1.example/006Ett3Ugy1.jpg"}}, id="of a comment"),
        pytest.param(
            {"pics": [{"pid": "006Ett3Ugy1", "large": {"url": "https://wx1.example/large/006Ett3Ugy1.jpg"}}]},
            id="of the mobile site",
        ),
    ],
)
def test_pictures_are_kept(more: dict[str, Any]) -> None:
    assert [medium.kind for medium in content("图片评论", **more).media] == [post_pb2.MEDIA_KIND_IMAGE]
    assert only("图片评论", **more).digested == only("图片评论", pic_ids=["006Ett3Ugy1"]).digested


def test_a_film_beneath_a_text_is_kept() -> None:
    page = {"type": "video", "media_info": {"stream_url": "https://f.video.example/1.mp4"}}
    assert [(m.kind, m.uri) for m in content("漏水视频", page_info=page).media] == [
        (post_pb2.MEDIA_KIND_VIDEO, "https://f.video.example/1.mp4")
    ]


PIECES = (
    "< > <a </a> <a\xa0href='/n/x'> <a\xa0href=\" <br/> <!-- --> <![CDATA[ &amp; &#0; <img\xa0alt= <script> <? <p> ' \""
    " @示例 #话题# http://t.cn/1 …全文 \u200b 好\u3000"
)
PARTS = st.lists(st.sampled_from([piece.replace("\xa0", " ") for piece in PIECES.split(" ")]), max_size=40)


@given(PARTS)
def test_no_markup_breaks_the_reader_or_puts_anything_outside_the_text(parts: list[str]) -> None:
    post = content("".join(parts))
    assert all(0 <= entity.start < entity.end <= len(post.text) for entity in post.entities)
    spans = [(entity.start, entity.end) for entity in post.entities]
    assert all(one[1] <= other[0] for one, other in pairwise(spans))


@given(st.text(max_size=60))
def test_a_text_without_tags_is_read_as_it_stands(text: str) -> None:
    plain = text.replace("<", "").replace("&", "").replace("\r", "")
    assert not is_marked_up(plain)
    assert readable(plain).text == plain
