"""Erlang B, C and A: the reference tables to their digits, and the laws that hold for any number of agents."""

import csv
import math
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from routing.staffing.erlang import (
    Target,
    agents_needed,
    erlang_a,
    erlang_b,
    erlang_c,
    fewest,
    with_shrinkage,
)

EXACT = 1e-12
agents = st.integers(1, 2_000)
occupancies = st.floats(0.05, 1.6)
handling = st.floats(1, 3_600)
patiences = st.floats(1, 36_000)


def table(shared_data: Path, name: str) -> Sequence[dict[str, float]]:
    """The rows of a reference table."""
    with (shared_data / "acd" / "erlang_reference" / name).open(newline="", encoding="utf-8") as file:
        return [{key: float(value) for key, value in row.items()} for row in csv.DictReader(file)]


def test_erlang_b_and_c_are_the_table(shared_data: Path) -> None:
    rows = table(shared_data, "erlang_c_table.csv")
    for row in rows:
        n, rate = int(row["agents"]), row["contacts_per_interval"] / row["interval_s"]
        found = erlang_c(n, rate, row["aht_s"], row["answer_target_s"])
        assert erlang_b(n, rate * row["aht_s"]) == pytest.approx(row["erlang_b"], rel=EXACT)
        assert found.wait_share == pytest.approx(row["erlang_c_wait_prob"], rel=EXACT)
        assert found.mean_wait_s == pytest.approx(row["asa_s"], rel=EXACT)
        assert found.service_level == pytest.approx(row["service_level"], rel=EXACT)
    assert len(rows) == 168


def test_erlang_a_is_the_table(shared_data: Path) -> None:
    rows = table(shared_data, "erlang_a_table.csv")
    for row in rows:
        rate = row["contacts_per_hour"] / 3600
        found = erlang_a(int(row["agents"]), rate, row["aht_s"], row["mean_patience_s"], 20)
        assert found.wait_share == pytest.approx(row["wait_prob"], rel=EXACT)
        assert found.abandoned == pytest.approx(row["abandon_prob"], rel=EXACT)
        assert found.mean_wait_s == pytest.approx(row["mean_wait_all_s"], rel=EXACT)
        assert found.occupancy == pytest.approx(row["occupancy"], rel=EXACT)
    assert len(rows) == 42


@settings(max_examples=60, deadline=None)
@given(agents, occupancies, handling, patiences, st.floats(0, 7_200))
def test_one_agent_more_makes_everything_better(
    n: int, occupancy: float, handling_s: float, patience_s: float, target_s: float
) -> None:
    rate = n * occupancy / handling_s
    few, more = (erlang_a(k, rate, handling_s, patience_s, target_s) for k in (n, n + 1))
    close = 1e-9
    assert more.wait_share <= few.wait_share + close
    assert more.abandoned <= few.abandoned + close
    assert more.mean_wait_s <= few.mean_wait_s * (1 + close) + close
    assert more.service_level >= few.service_level - close
    assert more.occupancy <= few.occupancy + close


@settings(max_examples=60, deadline=None)
@given(agents, occupancies, handling, patiences, st.floats(0, 7_200), st.floats(1.01, 1.5))
def test_more_customers_make_everything_worse(
    n: int, occupancy: float, handling_s: float, patience_s: float, target_s: float, more: float
) -> None:
    rate = n * occupancy / handling_s
    few, many = (erlang_a(n, r, handling_s, patience_s, target_s) for r in (rate, rate * more))
    close = 1e-9
    assert many.wait_share >= few.wait_share - close
    assert many.abandoned >= few.abandoned - close
    assert many.service_level <= few.service_level + close
    assert many.occupancy >= few.occupancy - close


@settings(max_examples=60, deadline=None)
@given(agents, occupancies, handling, patiences, st.floats(0, 7_200))
def test_work_that_is_not_lost_is_done(
    n: int, occupancy: float, handling_s: float, patience_s: float, target_s: float
) -> None:
    rate = n * occupancy / handling_s
    found = erlang_a(n, rate, handling_s, patience_s, target_s)
    assert found.occupancy * n == pytest.approx(rate * handling_s * (1 - found.abandoned), rel=1e-9)
    assert found.abandoned * patience_s == pytest.approx(found.mean_wait_s, rel=1e-9, abs=1e-12)
    assert 0 <= found.service_level <= 1 - found.abandoned + 1e-12
    at_once = erlang_a(n, rate, handling_s, patience_s, 0)
    assert at_once.service_level == pytest.approx(1 - at_once.wait_share, abs=1e-12)
    at_last = erlang_a(n, rate, handling_s, patience_s, 1e7)
    assert at_last.service_level == pytest.approx(1 - at_last.abandoned, abs=1e-7)


@pytest.mark.parametrize(("n", "load"), [(1, 0.5), (14, 10.0), (300, 290.0), (2_000, 1_950.0)])
def test_who_has_all_the_patience_of_the_world_waits_as_erlang_c_says(n: int, load: float) -> None:
    c = erlang_c(n, load / 180, 180, 20)
    previous = math.inf
    for patience_s in (1e5, 1e7, 1e9):
        a = erlang_a(n, load / 180, 180, patience_s, 20)
        away = abs(a.service_level - c.service_level) + abs(a.wait_share - c.wait_share)
        assert away < previous
        previous = away
    assert previous < 1e-4
    assert a.mean_wait_s == pytest.approx(c.mean_wait_s, rel=1e-3, abs=1e-9)
    assert erlang_a(n, load / 180, 180, math.inf, 20) == c


@pytest.mark.parametrize(("n", "load"), [(1, 0.5), (14, 20.0), (2_000, 2_100.0)])
def test_who_has_no_patience_is_lost_as_erlang_b_says(n: int, load: float) -> None:
    found = erlang_a(n, load / 180, 180, 1e-7, 20)
    assert found.abandoned == pytest.approx(erlang_b(n, load), rel=1e-4)


def test_the_share_in_time_is_what_the_states_say() -> None:
    """Independently: who finds j in line is served in time if j+1 leave before it does and before the target."""
    n, rate, handling_s, patience_s, target_s = 3, 1 / 60, 240.0, 300.0, 60.0
    states = [1.0]
    for k in range(1, 200):
        states.append(states[-1] * rate / (min(k, n) / handling_s + max(0, k - n) / patience_s))
    steps = 60_000
    step_s = target_s / steps
    in_time = sum(states[:n])
    for j in range(30):
        # The density of a sum of exponentials with the rates n/handling + i/patience, i = 0..j (Riordan).
        x = n * patience_s / handling_s
        log_c = math.lgamma(x + j + 1) - math.lgamma(x) - math.lgamma(j + 1) - math.log(patience_s)
        share = 0.0
        for number in range(steps // 20):
            v = (number + 0.5) * step_s * 20
            share += math.exp(log_c - (x + 1) * v / patience_s) * (-math.expm1(-v / patience_s)) ** j * step_s * 20
        in_time += states[n + j] * share
    found = erlang_a(n, rate, handling_s, patience_s, target_s)
    assert found.service_level == pytest.approx(in_time / sum(states), abs=1e-6)


@settings(max_examples=60, deadline=None)
@given(st.floats(0.1, 1_900), handling, patiences, st.floats(0.5, 0.99), st.floats(0, 600), st.floats(0.5, 1))
def test_needed_is_the_fewest_that_meets_the_target(
    load: float, handling_s: float, patience_s: float, share: float, within_s: float, occupancy_max: float
) -> None:
    target = Target(share, within_s, occupancy_max, abandoned_max=0.05, mean_wait_max_s=60)
    for patience in (patience_s, math.inf):
        n = agents_needed(target, load / handling_s, handling_s, patience)
        assert n is not None
        assert target.is_met(erlang_a(n, load / handling_s, handling_s, patience, within_s))
        assert n == 1 or not target.is_met(erlang_a(n - 1, load / handling_s, handling_s, patience, within_s))


def test_agents_who_serve_several_at_a_time_come_whole() -> None:
    target = Target(0.8, 20)
    assert agents_needed(target, 200 / 3600, 180) == 14
    assert agents_needed(target, 200 / 3600, 180, step=4) == 16


def test_nobody_is_needed_for_nobody_and_no_number_for_too_much() -> None:
    assert agents_needed(Target(0.8, 20), 0, 180) == 0
    assert agents_needed(Target(0.8, 20), 1e6, 180) is None


def test_a_line_that_grows_is_waited_in_for_ever() -> None:
    found = erlang_c(10, 10 / 180, 180, 20)
    assert (found.wait_share, found.service_level, found.mean_wait_s, found.occupancy) == (1, 0, math.inf, 1)
    nobody = erlang_a(0, 10 / 180, 180, 60, 20)
    assert (nobody.abandoned, nobody.service_level) == (pytest.approx(1), 0)


@given(st.integers(1, 500), st.integers(-5, 700), st.integers(1, 600))
def test_the_fewest_is_found_from_any_guess(answer: int, guess: int, most: int) -> None:
    asked: list[int] = []

    def is_enough(n: int) -> bool:
        asked.append(n)
        return n >= answer

    assert fewest(is_enough, guess, most) == (answer if answer <= most else None)
    assert len(asked) == len(set(asked))
    assert len(asked) <= 21


@pytest.mark.parametrize(
    ("needed", "shrinkage", "scheduled"), [(7, 0.3, 10), (10, 0.0, 10), (10, 0.35, 16), (0, 0.5, 0)]
)
def test_who_is_not_at_work_is_scheduled_too(needed: int, shrinkage: float, scheduled: int) -> None:
    assert with_shrinkage(needed, shrinkage) == scheduled
