"""The preset twcs: conversations, brands, sources and broken rows, on a file written for this test."""

from collections import defaultdict
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from switchboard.ingest.v1.post_pb2 import AuthorKind
from switchboard_cli.deliveries.addressed import CSV
from switchboard_cli.deliveries.files import input_file
from switchboard_cli.deliveries.rows import csv_file, parse_rows
from switchboard_cli.deliveries.twcs import ColumnsError, parse, read_twcs, source_id
from switchboard_cli.deliveries.twcs_contacts import Place, Tweet, conversations_of, places_of

FILE = Path(__file__).parents[2] / "fixtures" / "cli" / "twcs.csv"
READING = read_twcs(csv_file(input_file(FILE)), "twcs")


def tweet(tweet_id, author="9", *, brand=False, at=0, replies=(), parents=(), mentions=()):
    return Tweet(tweet_id, author, brand, at, tuple(replies), tuple(parents), tuple(mentions))


def places(*tweets):
    return places_of({each.tweet_id: each for each in tweets})


def test_tweets_with_rounded_ids_are_nobody_s(tmp_path):
    rows = [
        f"{n},{who},{inbound},Tue Oct 31 22:10:47 +0000 2017,@A help,,{parent}"
        for n, who, inbound, parent in (
            ("1234567890123450000", "9", True, ""),
            ("1234567890123450000", "8", True, ""),
            ("12", "A", False, "1234567890123450000"),
            ("13", "7", True, ""),
        )
    ]
    header = "tweet_id,author_id,inbound,created_at,text,response_tweet_id,in_response_to_tweet_id"
    file = tmp_path / "rounded.csv"
    file.write_text("\n".join((header, *rows, "")), encoding="utf-8")
    reading = read_twcs(csv_file(input_file(file)), "twcs")
    assert set(reading.tweets) == {12, 13}
    sent = [item.delivery for item in reading.deliveries()]
    assert [delivery.row.reason for delivery in sent] == ["ROUNDED_ID", "ROUNDED_ID", "", ""]


@pytest.mark.parametrize(
    ("tweet_id", "conversation", "brand"),
    [
        pytest.param(10, 10, "SouthRail", id="the author of the earliest answer to it, not of the first in the file"),
        pytest.param(12, 10, "SouthRail", id="all tweets of a contact share it"),
        pytest.param(11, 10, "SouthRail", id="a brand's tweet has that of the contact it answers"),
        pytest.param(
            20, 20, "SouthRail", id="without a brand tweet, the first mentioned account that is a brand, in any case"
        ),
        pytest.param(30, 30, "unknown", id="without either it is unknown"),
        pytest.param(100, 99, None, id="what answers nobody has none"),
        pytest.param(40, 40, "NorthRail", id="a link out of the file joins nothing"),
        pytest.param(41, 41, "SouthRail", id="and not the other tweet that has the same link either"),
    ],
)
def test_conversation_and_brand(tweet_id, conversation, brand):
    found = READING.places[tweet_id]
    assert (found.conversation_id, found.brand) == (conversation, brand)


ASKED = tweet(1, "mia", at=1)
OTHER = tweet(2, "ben", at=2, parents=[1])


@pytest.mark.parametrize(
    ("thread", "place"),
    [
        pytest.param([ASKED, tweet(9, "A", brand=True, at=5, parents=[1])], Place(1, "A"), id="the parent's author"),
        pytest.param(
            [ASKED, OTHER, tweet(3, "A", brand=True, at=3, parents=[2]), tweet(9, "A", brand=True, at=5, parents=[3])],
            Place(1, "A"),
            id="of the nearest customer above, past tweets of brands",
        ),
        pytest.param(
            [ASKED, OTHER, tweet(9, "A", brand=True, at=5, parents=[7, 1], mentions=["x", "ben", "mia"])],
            Place(1, "A", "ben"),
            id="only the first link is the parent; without it, the first mentioned customer of the conversation",
        ),
        pytest.param(
            [ASKED, tweet(9, "A", brand=True, at=0, replies=[1], mentions=["x"])],
            Place(1, "A", "mia"),
            id="else the only customer, also one who comes later",
        ),
        pytest.param([ASKED, OTHER, tweet(9, "A", brand=True, at=5, replies=[1])], Place(1, None), id="else nobody"),
        pytest.param([tweet(9, "A", brand=True)], Place(9, None), id="there may be no customer at all"),
        pytest.param(
            [ASKED, tweet(3, "A", brand=True, parents=[9]), tweet(9, "B", brand=True, parents=[3], replies=[1])],
            Place(1, "A", "mia"),
            id="tweets that answer each other in a ring have no parent",
        ),
    ],
)
def test_whom_a_brand_s_tweet_answers(thread, place):
    assert places(*thread)[9] == place


def test_each_customer_of_a_conversation_has_a_brand_of_their_own():
    found = places(
        tweet(1, "mia", at=1, mentions=["north"]),
        tweet(2, "ben", at=2, parents=[1], mentions=["NORTH"]),
        tweet(3, "kim", at=3, parents=[1]),
        tweet(4, "South", brand=True, at=4, parents=[1]),
        tweet(5, "North", brand=True, at=5, parents=[1]),
        tweet(6, "mia", at=6, parents=[5]),
    )
    assert {number: found[number].brand for number in found} == {
        1: "South",
        2: "North",
        3: "unknown",
        4: "South",
        5: "South",
        6: "South",
    }


def test_each_row_is_one_delivery_with_its_place_and_broken_rows_go_as_they_are_with_what_is_wrong():
    sent = list(READING.deliveries())
    assert len(sent) == READING.expected == 14
    assert [item.delivery.place for item in sent][:2] == ["twcs.csv, line 2", "twcs.csv, line 4"]
    broken = [item for item in sent if item.delivery.HasField("row")]
    assert {item.delivery.content_type for item in broken} == {CSV}
    assert [item.delivery.row.record.split(b",")[0] for item in broken] == [b"10", b"11", b"12", b"13"]
    assert broken[3].delivery.row.record == b"13,52,7007,True"
    assert {item.source_id for item in broken} == {"twcs-unknown"}
    assert {item.delivery.row.reason for item in broken} == {"INVALID_VALUE"}
    assert "4 fields, the header" in broken[3].delivery.row.detail


def test_a_brand_row_is_a_human_of_ours_whose_account_its_source_owns():
    by_id = {item.delivery.normalized_post.external_id: item for item in READING.deliveries()}
    north = by_id["11"]
    sources = {source.source_id: source for source in READING.sources}
    assert north.delivery.normalized_post.author_kind == AuthorKind.AUTHOR_KIND_BRAND_HUMAN
    assert "NorthRail" in sources[north.source_id].owned_accounts
    assert sources[north.source_id].labels == {"brand": "SouthRail"}
    assert (sources[north.source_id].desk, sources[north.source_id].listening) == ("twcs", True)
    assert by_id["10"].delivery.normalized_post.author_kind == AuthorKind.AUTHOR_KIND_CUSTOMER
    assert by_id["10"].delivery.normalized_post.text == "@NorthRail my train\nnever came"


def test_links_lead_only_to_tweets_of_the_file():
    posts = {item.delivery.normalized_post.external_id: item.delivery.normalized_post for item in READING.deliveries()}
    assert posts["40"].in_reply_to == ""
    assert posts["11"].in_reply_to == "10"
    assert list(posts["11"].links) == ["12", "13"]
    assert {posts[key].conversation for key in ("10", "11", "12", "13")} == {"10"}


def test_one_source_per_brand_and_one_for_what_answers_nobody():
    assert [(source.source_id, source.labels.get("brand"), source.desk) for source in READING.sources] == [
        (source_id("twcs", "NorthRail"), "NorthRail", "twcs"),
        (source_id("twcs", "SouthRail"), "SouthRail", "twcs"),
        ("twcs-unknown", "unknown", "twcs"),
        ("twcs--nobody", None, "twcs--nobody"),
    ]
    through = {item.delivery.normalized_post.external_id: item.source_id for item in READING.deliveries()}
    assert (through["99"], through["100"]) == ("twcs--nobody", "twcs--nobody")


def test_whom_an_answer_without_a_parent_is_for_is_named_where_it_stands_in_the_text(tmp_path):
    path = tmp_path / "named.csv"
    header = "tweet_id,author_id,inbound,created_at,text,response_tweet_id,in_response_to_tweet_id"
    day = "Tue Oct 31 22:00:00 +0000 2017"
    rows = [f"1,mia,True,{day},hi,2,", f"2,North,False,{day},yes @mia,,", f"3,North,False,{day},yes,1,"]
    path.write_text("\n".join([header, *rows]))
    posts = {item.delivery.normalized_post.external_id: item.delivery.normalized_post
             for item in read_twcs(csv_file(input_file(path)), "twcs").deliveries()}  # fmt: skip
    named = {key: [(e.start, e.end, e.external_id) for e in post.entities] for key, post in posts.items()}
    assert named == {"1": [], "2": [(4, 8, "mia")], "3": [(0, 0, "mia")]}


def test_an_account_that_is_a_customer_in_one_row_is_no_owned_account(tmp_path):
    path = tmp_path / "both.csv"
    header = "tweet_id,author_id,inbound,created_at,text,response_tweet_id,in_response_to_tweet_id"
    day = "Tue Oct 31 22:00:00 +0000 2017"
    path.write_text("\n".join([header, f"1,North,True,{day},hi,,", f"2,north,False,{day},yes,,1"]))
    assert [source.owned_accounts for source in read_twcs(csv_file(input_file(path)), "twcs").sources] == [[]]


def test_source_ids_are_the_same_everywhere_and_tell_brands_apart():
    assert source_id("twcs", "NorthRail") == source_id("twcs", "NorthRail") == "twcs-northrail"
    assert len({source_id("twcs", brand) for brand in ("a_b", "a-b", "ab", "a__b", "北方", "x" * 100)}) == 6
    assert all(len(source_id("twcs", "x" * size)) <= 63 for size in range(1, 100))


def test_a_file_without_the_columns_is_wrong_usage(tmp_path):
    path = tmp_path / "other.csv"
    path.write_text("tweet_id,text\n1,a\n")
    with pytest.raises(ColumnsError, match="author_id, inbound, created_at"):
        read_twcs(csv_file(input_file(path)), "twcs")


@pytest.mark.parametrize("column", [0, 1], ids=["with a leading unnamed column", "without it"])
def test_the_leading_column_may_be_missing(column):
    lines = [
        "n,tweet_id,author_id,inbound,created_at,text,response_tweet_id,in_response_to_tweet_id\n",
        "0,1,a,True,Tue Oct 31 22:00:00 +0000 2017,x,2.0,3\n",
    ]
    rows = list(parse_rows(iter([line.split(",", column)[-1] for line in lines])))
    read = parse(rows[0])
    assert not isinstance(read, str)
    assert (read.tweet_id, read.replies, read.parent) == (1, (2,), 3)


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
    tweets = [tweet(n, at=n % 3, parents=[parents[n]] if n in parents else [], replies=sorted(replies[n]))
              for n in range(12)]  # fmt: skip
    random.shuffle(tweets)
    found = [{each.tweet_id for each in thread} for thread in conversations_of({t.tweet_id: t for t in tweets})]

    reached = {n: {n} for n in range(12)}  # the slow way: grow each tweet's set until nothing changes
    pairs = [(n, m) for n in range(12) for m in ({parents[n]} if n in parents else set()) | replies[n] if m < 12]
    for _ in range(12):
        for one, other in pairs:
            both = reached[one] | reached[other]
            for member in both:
                reached[member] = reached[member] | both
    assert {frozenset(members) for members in found} == {frozenset(members) for members in reached.values()}
