"""The preset twcs: conversations, brands, sources and broken rows, on a file written for this test."""

from collections import defaultdict
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from switchboard.ingest.v1.post_pb2 import AuthorKind
from switchboard_cli.deliveries.addressed import RAW_ROW
from switchboard_cli.deliveries.rows import parse_rows
from switchboard_cli.deliveries.twcs import (
    ColumnsError,
    Tweet,
    conversations_of,
    parse,
    read_twcs,
    source_id,
)

FILE = Path(__file__).parents[2] / "fixtures" / "cli" / "twcs.csv"
READING = read_twcs(FILE, "twcs")


def tweet(tweet_id, author="9", *, brand=False, at=0, replies=(), parent=None, mentions=()):
    return Tweet(tweet_id, author, brand, at, tuple(replies), parent, tuple(mentions))


@pytest.mark.parametrize(
    ("tweet_id", "conversation", "brand"),
    [
        pytest.param(10, 10, "SouthRail", id="the author of the earliest brand tweet, not of the first in the file"),
        pytest.param(12, 10, "SouthRail", id="all tweets of a component share it"),
        pytest.param(
            20, 20, "SouthRail", id="without a brand tweet, the first mentioned account that is a brand, in any case"
        ),
        pytest.param(30, 30, "unknown", id="without either it is unknown"),
        pytest.param(100, 99, "SouthRail", id="equal times are ordered by number, not by text"),
        pytest.param(40, 40, "NorthRail", id="a link out of the file joins nothing"),
        pytest.param(41, 41, "SouthRail", id="and not the other tweet that has the same link either"),
    ],
)
def test_conversation_and_brand(tweet_id, conversation, brand):
    found = READING.conversations[tweet_id]
    assert (found.conversation_id, found.brand) == (conversation, brand)


def test_each_row_is_one_delivery_and_broken_rows_go_as_they_are():
    sent = list(READING.deliveries())
    assert len(sent) == READING.expected == 14
    broken = [item for item in sent if item.delivery.payload]
    assert {item.delivery.content_type for item in broken} == {RAW_ROW}
    assert [item.delivery.payload.split(b",")[0] for item in broken] == [b"10", b"11", b"12", b"13"]
    assert broken[3].delivery.payload == b"13,52,7007,True"
    assert {item.source_id for item in broken} == {"twcs-unknown"}


def test_a_brand_row_is_a_human_of_ours_whose_account_its_source_owns():
    by_id = {item.delivery.normalized_post.external_id: item for item in READING.deliveries()}
    north = by_id["11"]
    sources = {source.source_id: source for source in READING.sources}
    assert north.delivery.normalized_post.author_kind == AuthorKind.AUTHOR_KIND_BRAND_HUMAN
    assert "NorthRail" in sources[north.source_id].owned_accounts
    assert sources[north.source_id].labels == {"brand": "SouthRail"}
    assert by_id["10"].delivery.normalized_post.author_kind == AuthorKind.AUTHOR_KIND_CUSTOMER
    assert by_id["10"].delivery.normalized_post.text == "@NorthRail my train\nnever came"


def test_links_lead_only_to_tweets_of_the_file():
    posts = {item.delivery.normalized_post.external_id: item.delivery.normalized_post for item in READING.deliveries()}
    assert posts["40"].in_reply_to == ""
    assert posts["11"].in_reply_to == "10"
    assert list(posts["11"].links) == ["12", "13"]
    assert {posts[key].conversation for key in ("10", "11", "12", "13")} == {"10"}


def test_one_source_per_brand():
    assert [(source.source_id, source.labels["brand"]) for source in READING.sources] == [
        (source_id("twcs", "NorthRail"), "NorthRail"),
        (source_id("twcs", "SouthRail"), "SouthRail"),
        ("twcs-unknown", "unknown"),
    ]


def test_source_ids_are_the_same_everywhere_and_tell_brands_apart():
    assert source_id("twcs", "NorthRail") == source_id("twcs", "NorthRail") == "twcs-northrail"
    assert len({source_id("twcs", brand) for brand in ("a_b", "a-b", "ab", "a__b", "北方", "x" * 100)}) == 6
    assert all(len(source_id("twcs", "x" * size)) <= 63 for size in range(1, 100))


def test_a_file_without_the_columns_is_wrong_usage(tmp_path):
    path = tmp_path / "other.csv"
    path.write_text("tweet_id,text\n1,a\n")
    with pytest.raises(ColumnsError, match="author_id, inbound, created_at"):
        read_twcs(path, "twcs")


@pytest.mark.parametrize("column", [0, 1], ids=["with a leading unnamed column", "without it"])
def test_the_leading_column_may_be_missing(column):
    lines = [
        "n,tweet_id,author_id,inbound,created_at,text,response_tweet_id,in_response_to_tweet_id\n",
        "0,1,a,True,Tue Oct 31 22:00:00 +0000 2017,x,2.0,\n",
    ]
    rows = list(parse_rows(iter([line.split(",", column)[-1] for line in lines])))
    read = parse(rows[0])
    assert read is not None
    assert (read.tweet_id, read.replies, read.parent) == (1, (2,), None)


LINKS = st.lists(st.tuples(st.integers(0, 15), st.integers(0, 15), st.booleans()), max_size=20)


@settings(max_examples=60)
@given(LINKS, st.randoms(use_true_random=False))
def test_law_conversations_are_the_components_whatever_the_order(links, random):
    parents: dict[int, int] = {}
    replies = defaultdict(set)
    for one, other, as_parent in links:
        if as_parent and one not in parents:
            parents[one] = other
        else:
            replies[other].add(one)
    tweets = [tweet(n, at=n % 3, parent=parents.get(n), replies=sorted(replies[n])) for n in range(12)]
    random.shuffle(tweets)
    found = conversations_of({each.tweet_id: each for each in tweets})

    reached = {n: {n} for n in range(12)}  # the slow way: grow each tweet's set until nothing changes
    pairs = [(n, m) for n in range(12) for m in ({parents[n]} if n in parents else set()) | replies[n] if m < 12]
    for _ in range(12):
        for one, other in pairs:
            both = reached[one] | reached[other]
            for member in both:
                reached[member] = reached[member] | both
    assert {n: found[n].conversation_id for n in range(12)} == {n: min(reached[n]) for n in range(12)}
