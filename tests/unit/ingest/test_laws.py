"""Laws of deduplication: redelivery, order, grouping and forgetting change nothing about which posts there are."""

import sys
from collections.abc import Sequence
from pathlib import Path

import msgspec
from chassis.clock import Instant
from hypothesis import given, settings
from hypothesis import strategies as st
from ingest import decider, memory
from ingest.events import PostEvent, PostReceived
from ingest.shards import from_request, to_request
from msgspec import msgpack
from switchboard.ingest.v1 import events_structs, internal_pb2

sys.path.insert(0, str(Path(__file__).parent))
from candidates import (
    T0,
    alias,
    author_gone,
    author_unplaced,
    content,
    record,
    requeued,
    unplaced,
    unreadable,
    withdrawal,
)

NAMES = st.sampled_from("abc")
NEWS = st.one_of(
    st.builds(
        content,
        NAMES,
        st.sampled_from(["one", "two", "three"]),
        st.integers(0, 2),
        author=st.sampled_from(["mia", "mia", "ben"]),
        desk=st.sampled_from(["acme", "bolt"]),
        is_addressed=st.booleans(),
        cut_length=st.sampled_from([0, 0, 3, 5]),
        location=st.sampled_from([0, 1, 2]),
    ),
    st.builds(withdrawal, NAMES),
    st.builds(alias, NAMES, st.just("f")),
    st.builds(unplaced, NAMES),
    st.builds(unreadable, st.sampled_from("de")),
    st.builds(requeued, st.sampled_from("de")),
    st.builds(author_unplaced, st.sampled_from(["mia", "ben"]), st.sampled_from([T0, Instant(T0 - 1)])),
    st.builds(author_gone, st.sampled_from(["mia", "ben"]), st.sampled_from([T0, Instant(T0 - 1), Instant(T0 - 2)])),
)
CONTENTS = (PostReceived, events_structs.PostWithdrawn)
DELIVERIES = st.lists(NEWS, max_size=14)
NUMBERED = st.lists(
    st.one_of(
        st.builds(lambda name, number: content(name, f"v{number}", number), NAMES, st.integers(0, 3)),
        st.builds(withdrawal, NAMES),
    ),
    max_size=12,
)


def told(candidates: Sequence[decider.Candidate]) -> tuple[decider.Posts, list[PostEvent]]:
    posts = decider.Posts()
    events = [event for candidate in candidates for event in record(posts, candidate)[0]]
    return posts, events


@settings(max_examples=100)
@given(DELIVERIES)
def test_doing_it_twice_is_doing_it_once(deliveries: list[decider.Candidate]) -> None:
    contents = [candidate for candidate in deliveries if isinstance(candidate, CONTENTS)]
    posts, _ = told(contents)
    known = dict(posts.known)
    for candidate in contents:
        # A numbered edit may restore an earlier content, so only what is current or older comes again here.
        events, _ = record(posts, candidate)
        assert not events
    assert posts.known == known


@settings(max_examples=100)
@given(DELIVERIES, st.randoms(use_true_random=False))
def test_whatever_the_order_of_arrival_the_same_posts_are_there(
    deliveries: list[decider.Candidate], chance: object
) -> None:
    contents = [candidate for candidate in deliveries if isinstance(candidate, CONTENTS)]
    shuffled = contents + contents
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    one, other = told(contents)[0], told(shuffled)[0]
    assert one.known.keys() == other.known.keys()
    assert {k for k, v in one.known.items() if v.withdrawn} == {k for k, v in other.known.items() if v.withdrawn}
    mias = [candidate for candidate in contents if getattr(candidate, "identity_id", "mia") == "mia"]
    once, again = told(mias)[0], told([each for each in shuffled if each in mias])[0]
    assert desks_of(once) == desks_of(again)


def desks_of(posts: decider.Posts) -> dict[str, tuple[set[str], set[str]]]:
    """The desks that have each post that is still there, and those it speaks to."""
    there = {key: known for key, known in posts.known.items() if not known.withdrawn}
    return {key: (set(known.desks), set(known.addressed_desks)) for key, known in there.items()}


@settings(max_examples=100)
@given(NUMBERED, st.randoms(use_true_random=False))
def test_where_the_platform_numbers_edits_the_last_one_stands_in_any_order(
    deliveries: list[decider.Candidate], chance: object
) -> None:
    contents = [candidate for candidate in deliveries if isinstance(candidate, PostReceived)]
    shuffled = list(contents)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    one, other = told(contents)[0], told(shuffled)[0]
    assert {k: v.platform_revision for k, v in one.known.items()} == {
        k: v.platform_revision for k, v in other.known.items()
    }


@settings(max_examples=100)
@given(DELIVERIES, st.booleans())
def test_a_post_has_one_author_and_whoever_else_comes_with_its_id_is_refused(
    deliveries: list[decider.Candidate], at_once: bool
) -> None:
    contents = [candidate for candidate in deliveries if isinstance(candidate, CONTENTS)]
    posts = decider.Posts()
    groups = [contents] if at_once else [[candidate] for candidate in contents]
    said = [part for group in groups for part in zip(group, record(posts, *group)[1], strict=True)]
    author: dict[str, str] = {}
    gone: set[str] = set()
    for candidate, result in said:
        name = candidate.post_id
        if not isinstance(candidate, PostReceived):
            gone.add(name)
        elif name not in gone:
            anothers = author.setdefault(name, candidate.identity_id) != candidate.identity_id
            assert (result == "QUARANTINED") == anothers
        else:
            assert result == "WITHDRAWN"
    assert {name: known.author for name, known in posts.known.items() if known.author} == author


@settings(max_examples=100)
@given(DELIVERIES, st.lists(st.integers(1, 5), min_size=14, max_size=14))
def test_how_deliveries_are_grouped_into_commands_does_not_matter(
    deliveries: list[decider.Candidate], sizes: list[int]
) -> None:
    alone, facts = told(deliveries)
    grouped, together, at = decider.Posts(), [], 0
    for size in sizes:
        if deliveries[at : at + size]:
            together += record(grouped, *deliveries[at : at + size])[0]
        at += size
    assert [msgpack.encode(event) for event in facts] == [msgpack.encode(event) for event in together]
    assert (alone.known, alone.quarantined) == (grouped.known, grouped.quarantined)


@settings(max_examples=100)
@given(DELIVERIES, st.booleans())
def test_a_shard_s_owner_hears_what_was_said_in_its_order(deliveries: list[decider.Candidate], edited: bool) -> None:
    said = list(deliveries)
    for place, candidate in enumerate(deliveries):
        if edited and isinstance(candidate, PostReceived):
            said[place] = msgspec.structs.replace(candidate, edited_at=T0)
    carried = to_request(said).SerializeToString()
    assert from_request(internal_pb2.RecordPostsRequest.FromString(carried)) == said


@settings(max_examples=100)
@given(DELIVERIES)
def test_deciding_is_pure(deliveries: list[decider.Candidate]) -> None:
    posts, _ = told(deliveries[:7])
    asked = deliveries[7:]
    once = [msgpack.encode(event) for event in decider.decide(asked, posts)]
    assert once == [msgpack.encode(event) for event in decider.decide(asked, posts)]


class View:
    """A read model that follows the log at its own pace, as the posts view does."""

    def __init__(self) -> None:
        self.log: list[tuple[int, list[PostEvent]]] = []
        self.position = 0
        self._state = decider.Posts()

    def follow(self, upto: int) -> None:
        for position, events in self.log:
            if self.position < position <= upto:
                for event in events:
                    decider.evolve(self._state, event)
                self.position = position

    def lend(self, posts: decider.Posts, asked: decider.Candidates) -> None:
        posts.view_position = max(posts.view_position, self.position)
        unknown = memory.unknown_in(posts, [asked])
        there = self._state
        memory.borrow(
            posts,
            unknown,
            {key: there.known[key] for key in unknown.posts if key in there.known},
            {key: there.quarantined[key] for key in unknown.deliveries if key in there.quarantined},
            {key: there.gone_authors[key] for key in unknown.authors if key in there.gone_authors},
        )

    def restarted(self) -> decider.Posts:
        """A shard's memory after a restart: what the log has that this has not."""
        posts = decider.Posts()
        for position, events in self.log:
            for event in events if position > self.position else ():
                decider.evolve(posts, event)
        return posts


@settings(max_examples=300)
@given(st.lists(st.tuples(st.lists(NEWS, min_size=1, max_size=4), st.integers(0, 4), st.booleans()), max_size=12))
def test_a_shard_that_forgets_decides_as_one_that_remembers_all(
    rounds: list[tuple[list[decider.Candidate], int, bool]],
) -> None:
    remembering, forgetting, view = decider.Posts(), decider.Posts(), View()
    position = 0
    for news, lag, is_restarted in rounds:
        asked = news
        view.follow(position - lag)
        if is_restarted:
            forgetting = view.restarted()
        view.lend(forgetting, asked)
        expected = decider.decide(asked, remembering)
        decided = decider.decide(asked, forgetting)
        assert [msgpack.encode(e) for e in decided] == [msgpack.encode(e) for e in expected]
        for event in expected:
            decider.evolve(remembering, event)
        for event in decided:
            decider.evolve(forgetting, event)
        if decided:
            position += 1
            view.log.append((position, list(decided)))
        memory.forget(forgetting, position)
        assert memory.differs(forgetting, remembering) is None
    view.follow(position)
    forgetting.view_position = position
    memory.forget(forgetting, position)
    assert not forgetting.known
    assert not forgetting.gone_authors
    assert not forgetting.changed_at
