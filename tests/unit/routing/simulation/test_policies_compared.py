"""What docs/numbers.md says of policies, in small: the same scenario for two hours, three times."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from routing import events
from routing.agents import Policy
from routing.simulation.comparing import compare, paired
from routing.simulation.driving import drive
from routing.simulation.measuring import Measures
from routing.simulation.scenario import Named, Scenario, world
from routing.simulation.scenario_file import read_scenario
from routing.terms import Selection

MIXED = Path(__file__).resolve().parents[4] / "docs" / "recipes" / "scenarios" / "mixed-skills.toml"


def shorter(hours: float) -> Scenario:
    """The scenario of docs/numbers.md at load 0.9, for so long."""
    return replace(read_scenario(MIXED.read_bytes()).at_load(0.9), hours=hours)


def runs(scenario: Scenario, *names: str) -> list[Sequence[Mapping[str, Measures]]]:
    """What policies of the scenario measure in each replication."""
    named = {one.name: one for one in scenario.policies}
    chosen: list[Named] = [named[name] for name in names]
    return [one.runs for one in compare(lambda seed: world(scenario, seed), (1, 2, 3), chosen, lambda: None)]


def test_the_earliest_deadline_answers_a_fifth_more_of_the_urgent_in_time_and_spreads_work_evenly() -> None:
    fifo, deadline = runs(shorter(2), "fifo-idle", "deadline-skilled")
    gained = paired(deadline, fifo, "urgent", "service_level")
    assert gained is not None
    assert gained.mean > 0.2
    assert all(run[""]["fairness"] > 0.95 for run in deadline)


def test_the_default_is_most_skilled_where_no_skill_has_a_weight() -> None:
    lived = world(shorter(0.2), 1)
    facts: dict[Selection, list[events.Event]] = {}
    for selection in (Selection.BEST_FIT, Selection.MOST_SKILLED):
        told = facts.setdefault(selection, [])
        drive(lived, Policy(selection=selection), lambda _, decided, told=told: told.extend(decided))  # type: ignore[misc]
    assert Policy().selection == Selection.BEST_FIT
    assert facts[Selection.BEST_FIT] == facts[Selection.MOST_SKILLED]
