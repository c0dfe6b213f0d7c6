"""What came by half-hour: whole ones of the wall clock in every zone, each customer once, agents by their share."""

from collections.abc import Sequence
from datetime import date, datetime
from itertools import pairwise

import pytest
from chassis.clock import MICROS, Instant
from chassis.zones import NAMES, zone
from hypothesis import given, settings
from hypothesis import strategies as st
from routing.agents import Queue
from routing.simulation.driving import Contact, Run
from routing.simulation.world import START, Arrival, Shift, Staff, World, after
from routing.staffing.demand import HALF_HOUR_S, Kind, half_hours, history, times
from routing.staffing.planning import half_hours_of
from routing.terms import Requirement

UTC = zone("UTC")


def run_of(contacts: Sequence[Contact], hours: float = 24, staff: tuple[Staff, ...] = ()) -> Run:
    """What became of some, in the hours after START."""
    queues = tuple(Queue(name) for name in sorted({one.arrival.queue for one in contacts}))
    return Run(World(queues, staff, (), Shift(START, after(hours * 3600))), {c.arrival.case_id: c for c in contacts})


def came(number: int, at_s: float, *, waited_s: float = 0, handled_s: float | None = None) -> Contact:
    """Somebody who was served, or gave up."""
    at, end = after(at_s), after(at_s + waited_s)
    arrival = Arrival(str(number), at, "calls", "calls", handled_s or 1)
    if handled_s is None:
        return Contact(arrival, 20, gave_up_at=end)
    return Contact(arrival, 20, "mia", accepted_at=end, ended_at=after(at_s + waited_s + handled_s))


@pytest.mark.parametrize(
    ("name", "day", "number"),
    [
        pytest.param("Asia/Jerusalem", date(1999, 2, 1), 48, id="an ordinary day"),
        pytest.param("Europe/Berlin", date(2026, 3, 29), 46, id="a day of 23 hours"),
        pytest.param("Europe/Berlin", date(2026, 10, 25), 50, id="a day of 25 hours"),
        pytest.param("Australia/Lord_Howe", date(2026, 4, 5), 49, id="a day of 24 hours and a half"),
        pytest.param("Asia/Kathmandu", date(2026, 1, 5), 48, id="a zone of 5 hours and 45 minutes"),
    ],
)
def test_a_day_has_the_half_hours_its_wall_clock_shows(name: str, day: date, number: int) -> None:
    halves = half_hours_of(day, zone(name))
    assert len(halves) == number
    assert {half.day for half in halves} == {day}
    assert [half.start for half in halves[1:]] == [half.end for half in halves[:-1]]


@settings(max_examples=200)
@given(st.sampled_from(sorted(NAMES)), st.integers(1_500_000_000, 1_900_000_000), st.integers(0, 200_000))
def test_half_hours_tile_the_time_whatever_the_zone(name: str, start_s: int, seconds: int) -> None:
    start, end = Instant(start_s * MICROS), Instant((start_s + seconds) * MICROS)
    halves = list(half_hours(start, end, zone(name)))
    for one, following in pairwise(halves):
        assert one.end == following.start
    for half in halves:
        assert start <= half.start < half.end <= end
        wall = datetime.fromtimestamp(half.start // MICROS, zone(name))
        assert (wall.minute % 30, wall.second) == (0, 0)
        assert (half.slot.weekday, half.slot.half_hour) == (wall.isoweekday(), wall.hour * 2 + wall.minute // 30)
    covered_s = len(halves) * HALF_HOUR_S
    assert seconds - 2 * HALF_HOUR_S < covered_s <= seconds


@given(st.lists(st.floats(0, 24 * 3600 - 1), max_size=60))
def test_everybody_is_counted_once(at_s: list[float]) -> None:
    found = history(run_of([came(number, at) for number, at in enumerate(at_s)]), UTC)
    assert sum(map(found.arrived, found.half_hours)) == len(at_s) == len(found.contacts)
    middle = found.half_hours[20].start
    parts = found.since(START, middle), found.since(middle, found.half_hours[-1].end)
    assert sum(len(part.contacts) for part in parts) == len(at_s)


def test_an_hour_that_was_cut_off_is_not_counted() -> None:
    found = history(run_of([came(1, 100), came(2, 4_000)], hours=1.25), UTC)
    assert [str(half.slot) for half in found.half_hours] == ["00:00", "00:30"]
    assert [one.arrival.case_id for one in found.contacts] == ["1"]


def test_agents_count_for_as_much_of_a_half_hour_as_they_are_there() -> None:
    staff = (
        Staff("mia", (Shift(after(900), after(2_400)), Shift(after(3_000), after(7_200)))),
        Staff("li", (Shift(START, after(1_800)),)),
    )
    found = history(run_of([], hours=3, staff=staff), UTC)
    assert [found.there.get(half.start, 0.0) for half in found.half_hours] == pytest.approx(
        [1.5, (600 + 600) / 1_800, 1, 1, 0, 0]
    )


def test_who_asks_for_the_same_is_of_one_kind() -> None:
    asks = Requirement("lang:de", 2, hard=True), Requirement("calm", 1, hard=False)
    contacts = [came(1, 10), came(2, 20), came(3, 30)]
    run = run_of(contacts)
    queues = Queue("calls", requirements=asks), Queue("calls", requirements=asks[:1]), Queue("calls")
    run.world = World(queues[:1], (), (), run.world.counted)
    (kind,) = history(run, UTC).kinds
    assert kind == Kind("calls", asks[:1])
    assert str(kind) == "calls lang:de≥2"


def test_who_was_answered_is_patient_for_longer_than_it_waited() -> None:
    found = times([came(1, 0, waited_s=30), came(2, 0, waited_s=90, handled_s=200), came(3, 0, handled_s=100)])
    assert (found.patience_s, found.handling_s, found.handling_cv) == (120, 150, pytest.approx(1 / 3))
    nobody = times([came(1, 0, waited_s=90, handled_s=200)])
    assert nobody.patience_s == float("inf")
    assert times([]).handling_s != times([]).handling_s
