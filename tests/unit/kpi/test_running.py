"""A summary of a case is the summary of all its facts, however they came; and what it cannot tell it says."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given, settings
from hypothesis import strategies as st
from kpi.episodes import (
    EVENTS_PER_COMMIT,
    Began,
    Delegated,
    Delivered,
    Ended,
    Episode,
    Fact,
    Gone,
    Interrupted,
    LetGo,
    Moved,
    Offered,
    Parked,
    Posted,
    Queued,
    Reopened,
    Sent,
    Settled,
    Took,
    Unoffered,
    Withdrew,
    Woke,
    Wrote,
    episodes,
)
from kpi.running import Running, advance, contact_of, dump_running, load_running, running_of, tells
from msgspec.structs import replace

times = st.integers(0, 12)
origins = st.sampled_from(["", "", "", "c2"])
agents = st.sampled_from(["", "mia", "leo"])
posts = st.sampled_from(["", "p1", "p2", "p3"])
kinds = st.one_of(
    st.builds(
        lambda at, ahead, origin, post: Wrote(0, at, origin, post, False, "x", "s", "d", at + ahead),
        times,
        st.sampled_from([0, 0, 5]),
        origins,
        st.sampled_from(["a", "b", "c"]),
    ),
    st.builds(
        lambda at, ahead, origin, post, due: Began(
            0, at, origin, post, False, "x", "s", "d", at + ahead, "gold", due, at
        ),
        times,
        st.sampled_from([0, 0, 5]),
        origins,
        st.sampled_from(["a", "b", "c"]),
        times,
    ),
    st.builds(Posted, st.just(0), times, origins, posts, st.booleans()),
    st.builds(Posted, st.just(0), times, origins, posts, st.booleans(), times, st.booleans()),
    st.builds(Gone, st.just(0), times, origins, posts),
    st.builds(Queued, st.just(0), times, origins, st.sampled_from(["gold", "default"]), times),
    st.builds(Sent, st.just(0), times, origins, posts, st.booleans(), agents),
    st.builds(Took, st.just(0), times, origins, agents),
    st.builds(Settled, st.just(0), times, origins, agents),
    st.builds(Reopened, st.just(0), times, origins),
    st.builds(Withdrew, st.just(0), times, origins),
    st.builds(Offered, st.just(0), times, origins, agents),
    st.builds(Unoffered, st.just(0), times, origins, agents, st.sampled_from(["declined", "expired", "rescinded"])),
    st.builds(LetGo, st.just(0), times, origins, agents, st.sampled_from(["released", "lapsed"])),
    st.builds(Moved, st.just(0), times, origins, agents, st.sampled_from(["gold", "default"])),
    st.builds(Parked, st.just(0), times, origins, st.booleans()),
    st.builds(Interrupted, st.just(0), times, origins),
    st.builds(Woke, st.just(0), times, origins),
    st.builds(Delegated, st.just(0), times, origins, posts, st.sampled_from(["books", "shop"])),
    st.builds(Delivered, st.just(0), times, origins, posts),
    st.builds(Ended, st.just(0), times, st.just("c2")),
)


@st.composite
def histories(draw: st.DrawFn) -> list[Fact]:
    """Facts in log order; some share a commit."""
    found: list[Fact] = []
    ref = EVENTS_PER_COMMIT
    for fact in draw(st.lists(kinds, max_size=14)):
        ref = ref + 1 if draw(st.booleans()) else (ref // EVENTS_PER_COMMIT + 1) * EVENTS_PER_COMMIT
        found.append(replace(fact, ref=ref))
    return found


@settings(max_examples=500)
@given(histories())
def test_taking_facts_one_by_one_is_taking_them_all_or_says_that_it_is_not(facts: list[Fact]) -> None:
    running = Running()
    concluded: list[Episode] = []
    for count, fact in enumerate(facts, start=1):
        taken = advance(running, fact)
        if taken is None:  # from here on somebody who has all facts takes over
            concluded = [one for one in episodes(facts[:count]) if one.number < running_of(facts[:count]).number]
            running = running_of(facts[:count])
            continue
        running, ended = taken
        concluded += [] if ended is None else [ended]
        assert running == running_of(facts[:count])
        if not tells(running):
            continue
        current = contact_of(running)
        assert [*concluded, *([] if current is None else [current])] == episodes(facts[:count])


@settings(max_examples=300)
@given(histories())
def test_a_summary_survives_being_written_down(facts: list[Fact]) -> None:
    assert load_running(dump_running(running_of(facts))) == running_of(facts)


@settings(max_examples=200)
@given(histories())
def test_a_fact_that_is_included_changes_nothing(facts: list[Fact]) -> None:
    running = running_of(facts)
    assert all(advance(running, fact) == (running, None) for fact in facts)


def thread(posts: int) -> Sequence[Fact]:
    """A customer and the brand write in turn, the clocks of both go forward."""
    return [
        Wrote(n * EVENTS_PER_COMMIT, n, "", f"p{n}", False, "x", "s", "d", n)
        if n % 3
        else Posted(n * EVENTS_PER_COMMIT, n, "", f"p{n}", True)
        for n in range(1, posts + 1)
    ]


def test_a_long_thread_never_needs_all_of_its_facts_and_its_summary_stays_small() -> None:
    running = Running()
    sizes = []
    for fact in thread(5_000):
        taken = advance(running, fact)
        assert taken is not None
        running, _ = taken
        assert tells(running)
        sizes.append(len(dump_running(running)))
    assert max(sizes) < 400
    assert running == running_of(thread(5_000))
