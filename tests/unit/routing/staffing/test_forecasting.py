"""A forecast's mean and interval: what Bayes says where weeks differ by chance alone, wider where they differ more."""

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from routing.staffing.demand import Slot
from routing.staffing.forecasting import CONFIDENCE, dispersion, forecast

counts = st.lists(st.integers(0, 5_000), min_size=1, max_size=8)


def slots(*seen: list[int]) -> dict[Slot, list[int]]:
    return {Slot(1 + number % 7, number // 7): one for number, one in enumerate(seen)}


def below(count: int, size: float, p: float) -> float:
    """The probability of at most so many, summed term by term."""
    return sum(
        math.exp(
            math.lgamma(k + size) - math.lgamma(size) - math.lgamma(k + 1) + size * math.log(p) + k * math.log(1 - p)
        )
        for k in range(count + 1)
    )


@pytest.mark.parametrize("seen", [[0], [1], [20], [3, 4, 5], [0, 0, 0, 0], [400, 420], [9_000]])
def test_without_differences_the_interval_is_that_of_a_jeffreys_prior(seen: list[int]) -> None:
    found = forecast(seen, 0.0)
    size, p = sum(seen) + 0.5, len(seen) / (len(seen) + 1)
    tail = (1 - CONFIDENCE) / 2
    for count, share in ((found.low, tail), (found.high, 1 - tail)):
        assert below(count, size, p) >= share - 1e-6
        assert count == 0 or below(count - 1, size, p) < share + 1e-6


@given(counts, st.floats(0, 0.5))
def test_the_mean_lies_in_its_interval_and_more_difference_makes_it_wider(seen: list[int], phi: float) -> None:
    found, wider = forecast(seen, phi), forecast(seen, phi + 0.2)
    assert found.mean == pytest.approx(sum(seen) / len(seen))
    assert found.weeks == len(seen)
    assert 0 <= found.low <= found.high
    assert found.low <= math.ceil(found.mean)
    assert found.high >= found.mean * 0.8
    assert wider.high - wider.low >= found.high - found.low


def test_weeks_that_differ_by_chance_alone_have_no_dispersion_and_others_theirs() -> None:
    rng = random.Random(7)

    def weeks(phi: float) -> list[int]:
        rate = 40.0
        drawn = []
        for _ in range(4):
            of_week = rng.gammavariate(1 / phi, rate * phi) if phi else rate
            drawn.append(sum(rng.random() < of_week / 2_000 for _ in range(2_000)))
        return drawn

    assert dispersion(slots(*(weeks(0) for _ in range(300)))) == pytest.approx(0, abs=0.005)
    assert dispersion(slots(*(weeks(0.1) for _ in range(300)))) == pytest.approx(0.1, abs=0.025)


def test_where_no_half_hour_was_seen_twice_other_weekdays_stand_for_other_weeks() -> None:
    one_week = {Slot(day, 20): [count] for day, count in enumerate([40, 60, 50, 45, 0, 0, 55], 1)}
    assert dispersion(one_week) == pytest.approx((62.5 - 50) / 50**2)
    assert dispersion({Slot(1, 20): [40]}) == dispersion({}) == 0


def test_nine_of_ten_lie_in_the_interval_when_weeks_are_alike() -> None:
    rng = random.Random(3)
    hits = 0
    for _ in range(2_000):
        rate = rng.uniform(2, 40)
        first, second = (sum(rng.random() < rate / 400 for _ in range(400)) for _ in range(2))
        found = forecast([first], 0.0)
        hits += found.low <= second <= found.high
    assert 0.89 <= hits / 2_000 <= 0.97
