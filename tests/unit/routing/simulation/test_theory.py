"""What the production decider does with textbook traffic is what queueing theory says: M/M/c and M/M/c+M."""

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from routing.agents import Policy
from routing.simulation.chance import Exponential
from routing.simulation.comparing import estimates
from routing.simulation.driving import drive
from routing.simulation.inference import Estimate
from routing.simulation.measuring import Measures, measure
from routing.simulation.scenario import HOUR_S, Customers, Scenario, Team, world
from routing.terms import Ordering

SEEDS = range(1, 11)
HOURS = 4


def textbook(row: Mapping[str, str], *, slower: float = 1.0) -> Scenario:
    """Poisson arrivals, exponential handling and patience, agents who are alike: the traffic of a row of a table."""
    interval_s = float(row.get("interval_s", HOUR_S))
    patience = row.get("mean_patience_s")
    calls = Customers(
        name="calls",
        per_hour=(float(row["contacts_per_hour" if patience else "contacts_per_interval"]) * HOUR_S / interval_s,),
        handling_s=Exponential(float(row["aht_s"]) * slower),
        first_response_s=int(row.get("answer_target_s", 20)),
        patience_s=Exponential(float(patience)) if patience else None,
    )
    return Scenario(HOURS, (calls,), (Team("agents", int(row["agents"])),), warm_up_h=1)


def runs(scenario: Scenario) -> Sequence[Mapping[str, Measures]]:
    """The measures of every replication, first come, first served, as the theory has it."""
    policy = Policy(ordering=Ordering.FIFO)
    return [measure(drive(world(scenario, seed), policy)) for seed in SEEDS]


def found(measured: Sequence[Mapping[str, Measures]], name: str) -> Estimate:
    """A measure of all customers."""
    estimate = estimates(measured, "", name)
    assert estimate is not None
    return estimate


def row(path: Path, **wanted: int) -> Mapping[str, str]:
    """The one row of a table that has these values."""
    with path.open(newline="", encoding="utf-8") as file:
        return next(r for r in csv.DictReader(file) if all(float(r[k]) == v for k, v in wanted.items()))


ERLANG_C = [
    {"contacts_per_interval": 100, "aht_s": 180, "interval_s": 1800, "agents": 14, "answer_target_s": 20},
    {"contacts_per_interval": 20, "aht_s": 600, "interval_s": 3600, "agents": 6, "answer_target_s": 60},
]
ERLANG_A = [
    {"contacts_per_hour": 200, "aht_s": 300, "mean_patience_s": 120, "agents": 16},
    {"contacts_per_hour": 60, "aht_s": 240, "mean_patience_s": 300, "agents": 3},
]


@pytest.mark.parametrize("traffic", ERLANG_C, ids=["ten erlangs", "three erlangs"])
def test_who_waits_without_end_waits_as_erlang_c_says(traffic: dict[str, int], shared_data: Path) -> None:
    truth = row(shared_data / "acd" / "erlang_reference" / "erlang_c_table.csv", **traffic)
    measured = runs(textbook(truth))
    for name, column in (
        ("waited", "erlang_c_wait_prob"),
        ("mean_wait_s", "asa_s"),
        ("service_level", "service_level"),
    ):
        assert found(measured, name).holds(float(truth[column])), (name, found(measured, name), truth[column])
    occupancy = float(truth["offered_erlangs"]) / traffic["agents"]
    assert found(measured, "occupancy").holds(occupancy)


@pytest.mark.parametrize("traffic", ERLANG_A, ids=["more than can be done", "few agents"])
def test_who_gives_up_does_as_erlang_a_says(traffic: dict[str, int], shared_data: Path) -> None:
    truth = row(shared_data / "acd" / "erlang_reference" / "erlang_a_table.csv", **traffic)
    measured = runs(textbook(truth))
    for name, column in (
        ("waited", "wait_prob"),
        ("abandoned", "abandon_prob"),
        ("mean_wait_s", "mean_wait_all_s"),
        ("occupancy", "occupancy"),
    ):
        assert found(measured, name).holds(float(truth[column])), (name, found(measured, name), truth[column])


def test_an_interval_does_not_hold_what_is_not_so(shared_data: Path) -> None:
    truth = row(shared_data / "acd" / "erlang_reference" / "erlang_a_table.csv", **ERLANG_A[1])
    measured = runs(textbook(truth, slower=1.15))
    assert not found(measured, "abandoned").holds(float(truth["abandon_prob"]))
    assert not found(measured, "waited").holds(float(truth["wait_prob"]))
