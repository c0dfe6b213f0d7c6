"""Laws and golden tables of the estimators; the reference is slow and exact."""

from __future__ import annotations

import itertools
from fractions import Fraction
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kpi.metrics import percentiles
from kpi.metrics.estimators import Followed, happened_within, median, quantile, restricted_mean, risks, survival

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


shares = st.fractions(Fraction(1, 100), 1, max_denominator=100)


@settings(max_examples=100)
@given(samples, shares)
def test_a_quantile_is_the_first_time_by_which_it_had_happened_to_that_share(
    sample: list[Followed], share: Fraction
) -> None:
    reached = [time for time, value in brute_force(sample) if value <= 1 - share]
    assert quantile(risks(sample), share) == (reached[0] if reached else None)


def known(sample: list[Followed], time: int) -> bool:
    """Whether the curve says anything about a time: somebody was followed for that long, or it is zero already."""
    curve = brute_force(sample)
    return any(one.time >= time for one in sample) or (bool(curve) and curve[-1][1] == 0)


@settings(max_examples=100)
@given(samples, st.integers(0, 40))
def test_the_restricted_mean_is_the_area_under_the_curve_one_unit_at_a_time(
    sample: list[Followed], horizon: int
) -> None:
    curve = brute_force(sample)

    def at(time: int) -> Fraction:
        return next((value for step, value in reversed(curve) if step <= time), Fraction(1))

    area = sum((at(time) for time in range(horizon)), Fraction(0))
    expected = pytest.approx(float(area), rel=1e-12) if known(sample, horizon) else None
    assert restricted_mean(sample, horizon) == expected
    within = pytest.approx(float(1 - at(horizon)), abs=1e-12) if known(sample, horizon) else None
    assert happened_within(sample, horizon) == within


@settings(max_examples=60)
@given(st.lists(st.integers(0, 30), min_size=1, max_size=40), st.integers(30, 50))
def test_without_censoring_and_beyond_the_last_the_restricted_mean_is_the_mean(times: list[int], horizon: int) -> None:
    sample = [Followed(time, True) for time in times]
    assert restricted_mean(sample, horizon) == pytest.approx(sum(times) / len(times))


def test_the_restricted_mean_of_freireich_is_that_of_the_textbooks() -> None:
    # The 6-MP arm above up to 35 weeks: 23.287, as survfit of R prints it (rmean with rmean=35).
    happened = [6, 6, 6, 7, 10, 13, 16, 22, 23]
    censored = [6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35]
    sample = [Followed(t, True) for t in happened] + [Followed(t, False) for t in censored]
    assert restricted_mean(sample, 35) == pytest.approx(23.287, abs=5e-4)
    assert quantile(risks(sample), Fraction(9, 10)) is None


@pytest.mark.parametrize(
    ("sample", "expected"),
    [
        pytest.param([], None, id="nobody: unknown"),
        pytest.param([Followed(9, False)], None, id="followed for less than the horizon: unknown"),
        pytest.param([Followed(10, False)], 10.0, id="followed up to the horizon without an answer: all of it"),
        pytest.param([Followed(4, True), Followed(9, False)], None, id="one of two followed for less: unknown"),
        pytest.param([Followed(4, True), Followed(10, False)], 7.0, id="one of two answered"),
        pytest.param([Followed(10, True)], 10.0, id="an answer at the horizon"),
        pytest.param([Followed(0, True)], 0.0, id="an answer in no time"),
    ],
)
def test_the_restricted_mean_at_its_edges(sample: list[Followed], expected: float | None) -> None:
    assert restricted_mean(sample, 10) == expected


times_drawn = st.lists(st.integers(0, 10**13), max_size=60)


@settings(max_examples=100)
@given(times_drawn, shares)
def test_an_exact_percentile_is_the_least_time_that_the_share_did_not_exceed(times: list[int], share: Fraction) -> None:
    enough = [one for one in times if sum(other <= one for other in times) >= share * len(times)]
    assert percentiles.percentile(times, share) == (min(enough) if enough else None)


@settings(max_examples=100)
@given(times_drawn, shares)
def test_a_sketch_errs_by_no_more_than_it_declares(times: list[int], share: Fraction) -> None:
    exact = percentiles.percentile(times, share)
    found = percentiles.estimate(percentiles.sketched(times), share)
    assert (found is None) == (exact is None)
    if exact is not None:
        assert found == pytest.approx(exact, rel=percentiles.RELATIVE_ERROR * (1 + 1e-9), abs=0)


@settings(max_examples=60)
@given(st.lists(times_drawn, min_size=1, max_size=5), st.randoms(use_true_random=False), shares)
def test_sketches_merged_in_any_order_are_the_sketch_of_all(
    parts: list[list[int]], random: Random, share: Fraction
) -> None:
    whole = percentiles.sketched(itertools.chain.from_iterable(parts))
    random.shuffle(parts)
    merged = percentiles.sketched(())
    for part in parts:
        merged.merge(percentiles.sketched(part))
    assert merged.count == whole.count
    assert percentiles.estimate(merged, share) == percentiles.estimate(whole, share)


def test_beyond_what_is_sorted_the_sketch_answers() -> None:
    times = [time * 1000 for time in range(1, percentiles.EXACT_MAX + 1)]
    p90 = Fraction(9, 10)
    assert percentiles.percentile(times, p90) == 90_000_000
    more = [*times, 1]
    found = percentiles.percentile(more, p90)
    assert found == percentiles.estimate(percentiles.sketched(more), p90)
    assert found == pytest.approx(90_000_000, rel=percentiles.RELATIVE_ERROR)
