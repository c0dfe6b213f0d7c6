"""Laws and golden tables of the estimators; the reference is slow and exact."""

from __future__ import annotations

import itertools
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kpi.metrics.estimators import Followed, median, risks, survival

samples = st.lists(st.builds(Followed, st.integers(0, 30), st.booleans()), max_size=40)


def brute_force(sample: list[Followed]) -> list[tuple[int, Fraction]]:
    """S after each time at which it happened, straight from the definition."""
    curve = []
    value = Fraction(1)
    for time in sorted({one.time for one in sample if one.happened}):
        at_risk = sum(one.time >= time for one in sample)
        happened = sum(one.time == time and one.happened for one in sample)
        value *= 1 - Fraction(happened, at_risk)
        curve.append((time, value))
    return curve


@settings(max_examples=100)
@given(samples)
def test_the_curve_is_the_definition(sample: list[Followed]) -> None:
    assert survival(risks(sample)) == brute_force(sample)


@settings(max_examples=100)
@given(samples)
def test_the_median_is_the_first_time_at_which_half_or_less_still_wait(sample: list[Followed]) -> None:
    reached = [time for time, value in brute_force(sample) if value <= Fraction(1, 2)]
    assert median(risks(sample)) == (reached[0] if reached else None)


@settings(max_examples=60)
@given(samples.flatmap(lambda sample: st.tuples(st.just(sample), st.permutations(sample))))
def test_the_order_of_the_sample_does_not_matter(both: tuple[list[Followed], list[Followed]]) -> None:
    assert risks(both[0]) == risks(both[1])


@settings(max_examples=60)
@given(st.lists(st.integers(0, 30), min_size=1, max_size=40))
def test_without_censoring_it_is_the_empirical_distribution(times: list[int]) -> None:
    for time, value in survival(risks(Followed(time, True) for time in times)):
        assert value == Fraction(sum(other > time for other in times), len(times))


@settings(max_examples=60)
@given(samples)
def test_the_curve_only_falls(sample: list[Followed]) -> None:
    values = [Fraction(1)] + [value for _, value in survival(risks(sample))]
    assert all(later < earlier for earlier, later in itertools.pairwise(values))


def test_the_remission_times_of_freireich_are_those_of_the_textbooks() -> None:
    # 6-MP arm of Freireich et al. 1963, as tabled by Cox and Oakes 1984 and Kleinbaum: the median is 23 weeks.
    happened = [6, 6, 6, 7, 10, 13, 16, 22, 23]
    censored = [6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35]
    table = risks([Followed(t, True) for t in happened] + [Followed(t, False) for t in censored])
    assert [(time, round(float(value), 4)) for time, value in survival(table)] == [
        (6, 0.8571),
        (7, 0.8067),
        (10, 0.7529),
        (13, 0.6902),
        (16, 0.6275),
        (22, 0.5378),
        (23, 0.4482),
    ]
    assert median(table) == 23


@pytest.mark.parametrize(
    ("sample", "expected"),
    [
        pytest.param([], None, id="nobody waits: no median"),
        pytest.param([Followed(5, False)], None, id="nobody was answered: no median"),
        pytest.param([Followed(0, True)], 0, id="an answer in no time is a median of zero"),
        pytest.param([Followed(1, True), Followed(9, True)], 1, id="exactly one half is enough"),
        pytest.param([Followed(1, True), Followed(1, False)], 1, id="who is censored at a time is at risk at it"),
        pytest.param([Followed(1, True)] + [Followed(9, False)] * 2, None, id="over one half it stays unknown"),
        pytest.param([Followed(1, False), Followed(5, True)], 5, id="the last one at risk brings it to zero"),
    ],
)
def test_the_median_at_its_edges(sample: list[Followed], expected: int | None) -> None:
    assert median(risks(sample)) == expected


def test_a_tie_after_many_censored_times_is_decided_exactly() -> None:
    # 2/3 * 3/4 = 1/2 exactly; doubles alone could land on either side.
    sample = [Followed(1, True)] * 10 + [Followed(1, False)] * 8 + [Followed(2, True)] * 3 + [Followed(3, False)] * 9
    curve = survival(risks(sample))
    assert curve == [(1, Fraction(2, 3)), (2, Fraction(1, 2))]
    assert median(risks(sample)) == 2
