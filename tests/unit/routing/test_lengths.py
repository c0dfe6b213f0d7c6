"""How long replies are where they go: as each platform counts, and what is refused before it is asked for."""

import pytest
from chassis.errors import Rejected
from hypothesis import given
from hypothesis import strategies as st
from routing import commands
from routing.commands import Reason
from routing.decider import decide
from routing.lengths import length_max, length_of
from routing.shard import Shard
from routing.terms import PostKind, SourceLabel

from tests.unit.routing.build import TEXT, accept, post, presence, queue, register, run, summary, t


@pytest.mark.parametrize(
    ("text", "on_x", "on_weibo"),
    [
        pytest.param("", 0, 0, id="nothing"),
        pytest.param("Hi!", 3, 2, id="two of ASCII are one on Weibo"),
        pytest.param("你好", 4, 2, id="a Chinese character is two on X, and one there"),
        pytest.param("héllo", 5, 3, id="what is no ASCII is one there"),
        pytest.param("e\u0301", 1, 2, id="composed before it is counted"),
        pytest.param("see https://shop.example/a/very/long/path?with=query now", 31, 28, id="a link is 23"),
        pytest.param("\U0001f468\u200d\U0001f469\u200d\U0001f467", 2, 5, id="a family is one emoji"),
        pytest.param("\U0001f44d\U0001f3fd", 2, 2, id="whatever its skin"),
        pytest.param("\U0001f1e9\U0001f1ea", 2, 2, id="a flag"),
        pytest.param("1\ufe0f\u20e3", 2, 3, id="a key"),
    ],
)
def test_every_platform_counts_in_its_own_way(text: str, on_x: int, on_weibo: int) -> None:
    assert (length_of("x", text), length_of("weibo", text)) == (on_x, on_weibo)
    assert length_of("care", text) == len(text)


@given(st.text(), st.text())
def test_more_words_are_never_shorter(text: str, more: str) -> None:
    for channel in ("x", "weibo", "care"):
        assert 0 <= length_of(channel, text) <= length_of(channel, f"{text} {more}") + 23


@given(st.text(st.characters(max_codepoint=0x24F, exclude_categories=["M"]).filter(lambda one: one != "/")))
def test_plain_letters_count_as_they_are_written(text: str) -> None:
    assert length_of("x", text) <= len(text)


@pytest.mark.parametrize(
    ("labels", "public", "private"),
    [
        pytest.param({}, 280, 10_000, id="what X takes of everybody"),
        pytest.param({"reply_length_max": "25000"}, 25_000, 10_000, id="who pays may say more"),
        pytest.param({"message_length_max": "1000"}, 280, 1_000, id="or the house wants less"),
        pytest.param({"reply_length_max": "0"}, 0, 10_000, id="0 is no limit"),
        pytest.param({"reply_length_max": "many"}, 280, 10_000, id="what is no number says nothing"),
        pytest.param({"reply_length_max": "9" * 99}, 1_000_000, 10_000, id="a number beyond all texts"),
    ],
)
def test_a_source_says_it_better_than_its_platform(labels: dict[str, str], public: int, private: int) -> None:
    assert length_max("x", labels, is_private=False) == public
    assert length_max("x", labels, is_private=True) == private
    assert length_max("care", {}, is_private=False) == 0


def reply(length: int, counted: int) -> commands.ReplyToCase:
    """An agent replies with so many code points, which count so many in public."""
    asked = "case-p1", "mia", "r1", "", TEXT, length, True, t(10)
    return commands.ReplyToCase(*asked, platform_length=counted)


def taken(kind: PostKind = PostKind.POST, *labels: tuple[str, str]) -> Shard:
    """Mia has a case that came through a source with these labels."""
    shard = Shard()
    named = tuple(SourceLabel(*label) for label in labels)
    run(shard, queue(), commands.SetSourceQueue("shop", "", t(0), named), register("mia"), presence("mia"))
    run(shard, post("p1", kind=kind), accept("case-p1", "mia"))
    return shard


def test_a_reply_longer_than_its_platform_takes_is_refused_and_says_by_how_much() -> None:
    shard = taken()
    assert summary(decide(reply(400, 280), shard)) == ["ReplyRequested case-p1"]
    with pytest.raises(Rejected) as refused:
        decide(reply(200, 312), shard)
    assert refused.value.reason == Reason.TEXT_TOO_LONG
    assert refused.value.detail == (
        "the reply to case case-p1 counts 312 on x with its tag, and a public reply takes 280 there; shorten it by 32"
    )


def test_a_direct_message_may_be_longer_and_counts_its_code_points() -> None:
    assert summary(decide(reply(9_000, 18_000), taken(PostKind.DIRECT_MESSAGE))) == ["ReplyRequested case-p1"]
    with pytest.raises(Rejected, match="a direct message takes 100 there; shorten it by 20"):
        decide(reply(120, 10), taken(PostKind.DIRECT_MESSAGE, ("message_length_max", "100")))


def test_a_label_of_the_source_is_what_counts() -> None:
    shard = taken(PostKind.POST, ("reply_length_max", "4000"))
    assert summary(decide(reply(4_000, 4_000), shard)) == ["ReplyRequested case-p1"]
    with pytest.raises(Rejected, match="shorten it by 1"):
        decide(reply(4_001, 4_001), shard)
