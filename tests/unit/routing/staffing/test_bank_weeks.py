"""A bank's second week of February 1999, forecast from its first and held against what happened: how many called in
every half-hour, and what Erlang A makes of the agents who were there.
"""

from functools import cache
from pathlib import Path

import pytest
from chassis.zones import zone
from routing.staffing.backtesting import judge, split, with_who_was_there
from routing.staffing.demand import History, history, times
from routing.staffing.forecasting import forecasts
from routing.staffing.planning import Asked, half_hours_of, plan

from tests.unit.routing.simulation.bank import CALLS, days
from tests.unit.routing.staffing.bank_weeks import as_run


@cache
def weeks(path: Path) -> tuple[History, History]:
    """The first week and the second."""
    parts = split(history(as_run(days(path)), zone("UTC")))
    assert parts is not None
    return parts


@pytest.fixture
def first(shared_data: Path) -> History:
    return weeks(shared_data / CALLS)[0]


@pytest.fixture
def second(shared_data: Path) -> History:
    return weeks(shared_data / CALLS)[1]


def test_the_weeks_are_the_two_there_are(first: History, second: History) -> None:
    assert [(len(week.half_hours), week.half_hours[0].slot.weekday) for week in (first, second)] == [(336, 1)] * 2
    assert (len(first.contacts), len(second.contacts)) == (8_276, 7_997)
    assert sum(map(second.arrived, second.half_hours)) == 7_997


def test_calls_are_forecast_better_than_like_yesterday_or_like_the_mean(first: History, second: History) -> None:
    judged = judge(first, second)
    assert judged is not None
    assert judged.arrived == 7_997
    assert judged.expected == pytest.approx(judged.arrived, rel=0.05)
    assert judged.wape < 0.35
    assert judged.wape < 0.8 * judged.wape_mean < judged.wape_yesterday


def test_nine_of_ten_half_hours_lie_in_their_interval(first: History, second: History) -> None:
    judged = judge(first, second)
    assert judged is not None
    assert judged.half_hours == 201
    assert 0.88 <= judged.covered <= 0.97


def test_opening_hours_are_those_of_the_weekday(first: History) -> None:
    expected = forecasts(first.half_hours, first.arrived)
    afternoon = {slot.weekday: one.mean for slot, one in expected.items() if str(slot) == "15:00"}
    evening = {slot.weekday: one.mean for slot, one in expected.items() if str(slot) == "21:00"}
    assert afternoon[5] == afternoon[6] == 0
    assert evening[5] == 0 < evening[6]
    assert all(afternoon[day] > 30 for day in (7, 1, 2, 3, 4))


def test_erlang_a_says_how_many_give_up_with_who_was_there_to_a_third(first: History, second: History) -> None:
    found = with_who_was_there(first, second)
    assert found is not None
    assert found.abandoned_really == pytest.approx(0.128, abs=0.001)
    assert found.abandoned == pytest.approx(found.abandoned_really, rel=1 / 3)
    assert found.mean_wait_s == pytest.approx(found.mean_wait_really_s, rel=0.4)
    # It errs on the safe side: agents are inferred from the calls they took, so who was free for long is missing.
    assert found.abandoned > found.abandoned_really


def test_the_day_after_is_planned_by_kind_and_half_hour(first: History, second: History) -> None:
    made = plan(second, Asked(within_s=60), half_hours_of(second.half_hours[0].day, zone("UTC")), simulate=False)
    assert made.half_hours[0].half_hour.slot.half_hour >= 13
    regular = next(one for kind, one in made.kinds.items() if str(kind) == "PS")
    assert regular.times == times(regular.demand.contacts)
    noon = next(one for one in made.half_hours if str(one.half_hour.slot) == "13:30")
    assert noon.forecast.mean == 60
    of_kinds = [needs for _, needs in noon.kinds.values()]
    assert noon.needs.erlang_c == sum(one.erlang_c or 0 for one in of_kinds)
    assert noon.needs.erlang_c >= (noon.needs.erlang_a or 0) > 60 * 198 / 1800
