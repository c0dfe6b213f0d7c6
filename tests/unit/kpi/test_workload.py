"""Given what an agent had in hand, when its time is divided, then every microsecond is somebody's, once."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kpi.workload import Active, busy, without, workloads

intervals = st.tuples(st.integers(0, 40), st.integers(0, 40)).map(sorted).map(tuple)
things = st.lists(st.lists(intervals, max_size=3), max_size=6).map(
    lambda drawn: [Active((f"c{n}", n), disjoint(found)) for n, found in enumerate(drawn)]  # type: ignore[arg-type]
)


def disjoint(found: list[tuple[int, int]]) -> list[tuple[int, int]]:
    left: list[tuple[int, int]] = []
    for begin, end in found:
        left += without(begin, end, left)
    return left


@given(things)
def test_the_shares_are_the_agents_busy_time(drawn: list[Active]) -> None:
    shares = workloads(drawn)
    assert sum(shares.values()) == busy(drawn)
    assert busy(drawn) == len({t for one in drawn for begin, end in one.intervals for t in range(begin, end)})
    assert all(shares[one.key] <= sum(end - begin for begin, end in one.intervals) for one in drawn)


@given(things, st.randoms(use_true_random=False))
def test_the_order_of_things_does_not_matter(drawn: list[Active], random: object) -> None:
    shuffled = list(drawn)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert workloads(shuffled) == workloads(drawn)


@pytest.mark.parametrize(
    ("drawn", "expected"),
    [
        pytest.param([[(0, 10)]], [10], id="alone it has all of the time"),
        pytest.param([[(0, 10)], [(0, 10)]], [5, 5], id="two at once have half each"),
        pytest.param([[(0, 10)], [(5, 20)]], [8, 12], id="what does not divide goes to the first"),
        pytest.param([[(0, 4), (8, 12)], [(4, 8)]], [8, 4], id="what is pending has nothing"),
        pytest.param([[]], [0], id="nothing has nothing"),
    ],
)
def test_shares(drawn: list[list[tuple[int, int]]], expected: list[int]) -> None:
    assert list(workloads([Active((f"c{n}", n), one) for n, one in enumerate(drawn)]).values()) == expected


@given(intervals, st.lists(intervals, max_size=4))
def test_an_interval_less_others_is_what_is_in_none_of_them(
    whole: tuple[int, int], breaks: list[tuple[int, int]]
) -> None:
    left = without(*whole, breaks)
    assert [t for begin, end in left for t in range(begin, end)] == [
        t for t in range(*whole) if not any(begin <= t < end for begin, end in breaks)
    ]
