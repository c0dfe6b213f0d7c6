"""A day ahead: which day can be planned, what is expected and needed in it, and who will be there."""

import json
from datetime import date

import pytest
from chassis.zones import zone
from hypothesis import given, settings
from hypothesis import strategies as st
from routing.agents import Agent
from routing.simulation.world import Shift, Staff, after
from routing.staffing.backtesting import judge, split, with_who_was_there
from routing.staffing.demand import History, history
from routing.staffing.document import document
from routing.staffing.erlang import agents_needed
from routing.staffing.planning import Asked, TooLittle, day_to_plan, half_hours_of, plan
from routing.terms import ShiftPlan, WeeklyShift

from tests.unit.routing.staffing.test_demand import came, run_of

UTC = zone("UTC")
DAY_S = 86_400
STAFF = (Staff("mia", tuple(Shift(after(d * DAY_S + 32_400), after(d * DAY_S + 43_200)) for d in range(15))),)


def weeks(days: float, *, is_served: bool = True) -> History:
    """From Monday, 2026-01-05, on, three customers a half-hour come from nine to twelve; Mia is there."""
    handled_s = 240 if is_served else None
    contacts = [
        came(day * 100 + number, day * DAY_S + 32_400 + number * 600 + 1, waited_s=number % 3, handled_s=handled_s)
        for day in range(int(days))
        for number in range(18)
    ]
    return history(run_of(contacts, hours=days * 24, staff=STAFF), UTC)


@pytest.mark.parametrize(
    ("days", "weekday", "planned"),
    [
        pytest.param(14, None, date(2026, 1, 19), id="the day after the last"),
        pytest.param(14, 7, date(2026, 1, 25), id="the next Sunday after a Sunday"),
        pytest.param(10.5, None, date(2026, 1, 16), id="the day after one that was cut off"),
        pytest.param(2, 2, date(2026, 1, 13), id="a Tuesday after a Tuesday alone"),
    ],
)
def test_the_day_that_is_planned_is_the_next_of_its_kind(days: float, weekday: int | None, planned: date) -> None:
    assert day_to_plan(weeks(days), weekday) == planned


def test_a_weekday_that_was_never_seen_is_refused_with_those_that_were() -> None:
    with pytest.raises(TooLittle, match=r"a Wednesday is .* 2026-01-05 00:00 to 2026-01-06 23:30.*Monday, Tuesday"):
        day_to_plan(weeks(2), None)
    with pytest.raises(TooLittle, match="without half of a Monday; export a longer log"):
        day_to_plan(weeks(1.2).since(after(0), after(9 * 3_600 + 1_800)), 1)


def test_a_record_of_nobody_is_refused() -> None:
    with pytest.raises(TooLittle, match="holds nobody who came"):
        day_to_plan(weeks(0.4), None)
    with pytest.raises(TooLittle, match="nobody in it was served to the end"):
        plan(weeks(14, is_served=False), Asked(), half_hours_of(date(2026, 1, 19), UTC))


def test_open_half_hours_are_planned_with_what_each_takes() -> None:
    found = weeks(14)
    asked = Asked(0.9, within_s=30)
    made = plan(found, asked, half_hours_of(date(2026, 1, 19), UTC), simulate=False)
    assert [str(one.half_hour.slot) for one in made.half_hours] == [
        "09:00",
        "09:30",
        "10:00",
        "10:30",
        "11:00",
        "11:30",
    ]
    (known,) = made.kinds.values()
    for one in made.half_hours:
        assert (one.forecast.mean, one.forecast.weeks, one.there) == (3, 2, 1.0)
        assert one.needs.erlang_c == agents_needed(known.target, 3 / 1_800, 240)
        assert one.needs.simulated is None
    assert not made.is_by_shifts
    assert len(made.week) == 7 * 48


def test_what_is_simulated_is_within_an_agent_of_erlang_where_all_are_alike() -> None:
    seen: list[tuple[int, int]] = []
    made = plan(
        weeks(14),
        Asked(within_s=30),
        half_hours_of(date(2026, 1, 19), UTC),
        done=lambda done, of: seen.append((done, of)),
    )
    assert seen[-1] == (6, 6)
    for one in made.half_hours:
        assert one.needs.simulated == pytest.approx(one.needs.erlang_a, abs=1)


def test_who_will_be_there_is_what_planned_shifts_say() -> None:
    shifts = ShiftPlan(time_zone="UTC", weekly=(WeeklyShift(1, 9 * 60 + 15, 11 * 60),))
    agents = [Agent("mia", shifts=shifts), Agent("li", shifts=shifts), Agent("ann")]
    made = plan(weeks(14), Asked(), half_hours_of(date(2026, 1, 19), UTC), agents=agents, simulate=False)
    assert made.is_by_shifts
    assert [one.there for one in made.half_hours] == [1.0, 2.0, 2.0, 2.0, 0.0, 0.0]


def test_two_equal_weeks_are_foretold_to_the_last_customer() -> None:
    parts = split(weeks(14))
    assert parts is not None
    judged = judge(*parts)
    assert judged is not None
    assert (judged.half_hours, judged.wape, judged.wape_yesterday, judged.covered) == (42, 0, 0, 1)
    waited = with_who_was_there(*parts)
    assert waited is not None
    assert (waited.arrived, waited.abandoned_really) == (126, 0)


def test_less_than_two_weeks_are_not_tested() -> None:
    assert split(weeks(13)) is None


def test_a_plan_is_one_document_of_json_without_infinities() -> None:
    found, asked = weeks(14), Asked(within_s=30)
    made = plan(found, asked, half_hours_of(date(2026, 1, 19), UTC), simulate=False)
    told = json.loads(json.dumps(document(found, made, asked, "UTC", 0.3), allow_nan=False))
    assert told["kinds"][0]["patience_s"] is None
    assert told["half_hours"][0]["at"] == "09:00"
    assert told["half_hours"][0]["scheduled"] == 3
    assert told["backtest"]["arrivals"]["wape"] == 0


somebody = st.tuples(
    st.integers(0, 15 * DAY_S - 1), st.sampled_from([0, 0.5, 30, 9_000]), st.sampled_from([None, 0, 1e-6, 90, 1e6])
)


@settings(max_examples=60, deadline=None)
@given(st.lists(somebody, max_size=40), st.sampled_from([None, 0.0, 20.0]), st.integers(0, 7))
def test_whatever_a_record_holds_is_planned_or_refused_in_a_sentence(
    people: list[tuple[int, float, float | None]], within_s: float | None, weekday: int
) -> None:
    contacts = [came(n, at, waited_s=wait, handled_s=took) for n, (at, wait, took) in enumerate(people)]
    found = history(run_of(contacts, hours=15 * 24, staff=STAFF), zone("Europe/Berlin"))
    asked = Asked(0.9, within_s, occupancy_max=0.9, abandoned_max=0.1, mean_wait_max_s=60)
    try:
        day = day_to_plan(found, weekday or None)
        made = plan(found, asked, half_hours_of(day, zone("Europe/Berlin")), simulate=False)
    except TooLittle as refusal:
        assert str(refusal).endswith("export a longer log")  # noqa: PT017
        return
    told = json.loads(json.dumps(document(found, made, asked, "Europe/Berlin", 0.0), allow_nan=False))
    for one in told["half_hours"]:
        assert 0 <= one["low"] <= one["high"]
        assert one["erlang_c"] is None or one["erlang_c"] >= one["erlang_a"] >= len(one["kinds"])
