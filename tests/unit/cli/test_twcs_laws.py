"""The general rules give exactly the contacts the preset twcs promises, from the posts it sends, in any file."""

import csv
from collections import Counter
from pathlib import Path

import pytest
import tables_by_hand as tables
from chassis.clock import from_timestamp
from funnel_by_hand import Contact
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from switchboard.ingest.v1.post_pb2 import AuthorKind
from switchboard_cli.deliveries.files import input_file
from switchboard_cli.deliveries.rows import csv_file
from switchboard_cli.deliveries.twcs import COLUMNS, read_twcs
from threads_by_hand import CUSTOMER, HUMAN, Said, contacts_of

CUSTOMERS = ("7001", "7002", "7003")
BRANDS = ("North", "South")


@st.composite
def files(draw: st.DrawFn) -> list[dict[str, str]]:
    """Rows of a few conversations of several people; nobody answers before they are asked."""
    minutes: dict[int, int] = {}
    rows = []
    for number in range(1, draw(st.integers(1, 12)) + 1):
        author = draw(st.sampled_from(CUSTOMERS + BRANDS))
        parent = draw(st.none() | st.integers(1, number))
        replies = draw(st.lists(st.integers(1, 12), max_size=2, unique=True))
        minutes[number] = minutes.get(parent or 0, 0) + draw(st.integers(0, 3))
        names = draw(st.lists(st.sampled_from([*CUSTOMERS, *BRANDS, "NORTH", "nobody"]), max_size=2))
        rows.append(
            {
                "tweet_id": str(number),
                "author_id": author,
                "inbound": str(author in CUSTOMERS),
                "created_at": f"Tue Oct 31 22:{minutes[number]:02}:00 +0000 2017",
                "text": " ".join([f"@{name}" for name in names] + ["hello"]),
                "response_tweet_id": ",".join(map(str, replies)),
                "in_response_to_tweet_id": "" if parent is None else f"{parent}.0",
            }
        )
    return draw(st.permutations(rows))


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("twcs") / "tweets.csv"


def said_in(path: Path) -> tuple[list[Said], dict[str, str]]:
    """The posts that are sent, as they are told to ingest, and the label of each."""
    reading = read_twcs(csv_file(input_file(path)), "twcs")
    sources = {source.source_id: source for source in reading.sources}
    posts, labels = [], {}
    for item in reading.deliveries():
        post = item.delivery.normalized_post
        source = sources[item.source_id]
        role = HUMAN if post.author_kind == AuthorKind.AUTHOR_KIND_BRAND_HUMAN else CUSTOMER
        assert source.listening
        assert role == CUSTOMER or post.author.external_id in source.owned_accounts
        labels[post.external_id] = source.labels.get("brand", "")
        posts.append(
            Said(
                post.external_id,
                post.author.external_id,
                role,
                from_timestamp(post.published_at),
                frozenset({f"conversation {post.conversation}", *post.links, *filter(None, [post.in_reply_to])}),
                source.desk,
                parent=post.in_reply_to,
                mentions=frozenset(entity.external_id for entity in post.entities),
            )
        )
    return posts, labels


def shape(contact: Contact) -> tuple[int, tuple[int, ...]]:
    """When it began, and when it was answered."""
    return contact.start, tuple(sorted(answer.at for answer in contact.answers))


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(files())
def test_law_contacts_are_the_preset_s(path: Path, rows: list[dict[str, str]]) -> None:
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows(rows)
    promised = tables.twcs(path).contacts
    posts, labels = said_in(path)
    assert Counter(map(shape, contacts_of(posts))) == Counter(map(shape, promised))
    by_author = {}
    for post in posts:
        if post.role == CUSTOMER:
            key = (post.author, next(tie for tie in post.ties if tie.startswith("conversation")))
            by_author.setdefault(key, set()).add(labels[post.name])
    assert all(len(brands) == 1 for brands in by_author.values())
    assert Counter(brand for (brand,) in by_author.values()) == Counter(contact.brand for contact in promised)
