"""How long a case will wait: told from what is observed, or not told."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from routing import commands
from routing.explain import place
from routing.pace import OBSERVED_MIN, OBSERVED_S, SPAN_MIN_S, ExpectedWait, expected_wait
from routing.shard import DEPARTURES_MAX, Shard, refill
from routing.terms import ClaimTerms, Ordering, Presence

from tests.unit.routing.build import accept, open_case, policy, presence, queue, register, run, t


def taken(shard: Shard, at: list[int], name: str = "done", capacity: int = 200) -> None:
    """An agent takes a case at each of these seconds, and is busy in the end."""
    run(shard, register("mia", capacity), presence("mia"))
    for number, second in enumerate(at):
        case_id = f"{name}{number}"
        run(shard, open_case(case_id, at=second), accept(case_id, "mia", at=second))
    run(shard, presence("mia", Presence.BUSY, at=at[-1] if at else 0))


def wait_of(shard: Shard, case_id: str, now: float) -> ExpectedWait | None:
    """What is told of a case."""
    return expected_wait(shard, shard.cases[case_id], t(now))


def test_a_case_waits_its_place_over_the_pace_of_its_queue() -> None:
    shard = Shard()
    taken(shard, [0, 100, 200, 300, 400, 500])
    run(shard, open_case("first", at=510), open_case("second", at=520))
    assert wait_of(shard, "first", 600) == ExpectedWait(600 // 5, 1, 6, 600)
    assert wait_of(shard, "second", 600) == ExpectedWait(2 * 600 // 5, 2, 6, 600)


SILENT = [
    pytest.param([0, 100, 200, 300], [], 600, id="too few were taken"),
    pytest.param([0, 10, 20, 30, 40, 50], [], 59, id="all of them in a burst"),
    pytest.param([0, 100, 200, 300, 400], [], 400 + OBSERVED_S, id="too long ago"),
    pytest.param([0, 100, 200, 300, 400], [presence("mia", Presence.OFFLINE, 500)], 600, id="nobody is there"),
    pytest.param(
        [0, 100, 200, 300, 400],
        [commands.TransferCase("waits", "", "elsewhere", None, "", t(500))],
        600,
        id="in a queue of which nothing is known",
    ),
    pytest.param([0, 100, 200, 300, 400], [presence("mia", at=500)], 600, id="it is offered already"),
]


@pytest.mark.parametrize(("at", "then", "now"), SILENT)
def test_what_cannot_be_told_is_not_told(at: list[int], then: list[commands.Command], now: float) -> None:
    shard = Shard()
    run(shard, queue("elsewhere"))
    taken(shard, at)
    run(shard, open_case("waits", at=at[-1]), *then)
    assert wait_of(shard, "waits", now) is None


def test_who_may_claim_it_comes_when_they_like() -> None:
    shard = Shard()
    taken(shard, [0, 100, 200, 300, 400])
    terms = ClaimTerms(600)
    run(shard, open_case("waits", at=450), queue())
    assert wait_of(shard, "waits", 600) is not None
    settings = {name: None for name in commands.ChangeQueue.__struct_fields__ if name not in ("queue_id", "at")}
    run(shard, commands.ChangeQueue("default", at=t(500), **{**settings, "claim_terms": terms}))  # type: ignore[arg-type]
    assert wait_of(shard, "waits", 600) is None


def test_a_case_that_came_back_is_one_of_those_that_wait() -> None:
    shard = Shard()
    taken(shard, [0, 100, 200, 300, 400])
    run(shard, commands.ReleaseCase("done0", "mia", "", t(500)))
    assert wait_of(shard, "done0", 600) == ExpectedWait(600 // 4, 1, 5, 600)


def test_a_pace_outlives_a_restart() -> None:
    shard = Shard()
    taken(shard, [0, 100, 200, 300, 400])
    run(shard, open_case("waits", at=450))
    before = wait_of(shard, "waits", 600)
    assert before is not None
    assert wait_of(refill(shard), "waits", 600) == before


@given(
    cases=st.lists(
        st.tuples(st.integers(0, 4_000), st.integers(0, 3), st.sampled_from(("", "slow")), st.integers(1, 2)),
        max_size=30,
    ),
    ordering=st.sampled_from(Ordering),
    offered=st.integers(0, 6),
    now=st.integers(0, 9_000),
)
def test_a_place_is_what_counting_says(
    cases: list[tuple[int, int, str, int]], ordering: Ordering, offered: int, now: int
) -> None:
    shard = Shard()
    run(shard, queue("slow", first_response_s=90), policy(ordering=ordering or None))
    for number, (at, urgency, queue_id, weight) in enumerate(cases):
        run(shard, open_case(f"m{number}", queue_id, at, weight, urgency=urgency))
    shard.offers_made = offered
    order = shard.segments.order
    turn = order.is_floor_turn(offered)
    keys = sorted(
        (order.key(line, one, t(now), turn, segment.crowd(line, one, t(now))), one.case_id)
        for segment in shard.segments.by_key.values()
        for line, those in enumerate(segment.waiting)
        for one in those
    )
    assert [place(shard, shard.cases[case_id], t(now)) for _, case_id in keys] == list(range(1, len(cases) + 1))


@given(
    at=st.lists(st.integers(0, 5_000), min_size=1, max_size=60).map(sorted),
    behind=st.integers(1, 5),
    later=st.integers(0, 5_000),
)
def test_what_is_told_is_told_from_enough_and_grows_with_the_place(at: list[int], behind: int, later: int) -> None:
    shard, now = Shard(), at[-1] + later
    taken(shard, at)
    run(shard, *(open_case(f"w{number}", at=at[-1]) for number in range(behind)))
    told = [wait_of(shard, f"w{number}", now) for number in range(behind)]
    recent = sum(now - OBSERVED_S < one <= now for one in at)
    if told[0] is None:
        earliest = min([one for one in at if one > now - OBSERVED_S][-DEPARTURES_MAX:], default=now)
        assert recent < OBSERVED_MIN or now - earliest < SPAN_MIN_S
        return
    for number, one in enumerate(told, 1):
        assert one is not None
        assert (one.place, one.taken) == (number, min(recent, DEPARTURES_MAX))
        assert SPAN_MIN_S <= one.observed_s <= OBSERVED_S
        assert one.duration_s == number * one.observed_s // (one.taken - 1)
