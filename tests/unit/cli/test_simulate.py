"""`switchboard simulate`: what it shows of a report, and that a simulation that fails is told in a sentence."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from switchboard_cli.main import cli
from switchboard_cli.simulate import cell, footnote, plot, verdict

REPOSITORY = Path(__file__).resolve().parents[3]
TINY = """
hours = 0.2
[[customers]]
name = "calls"
per_hour = 60
handling_s = 90
patience_s = { exponential = 60 }
[[teams]]
name = "desk"
count = 1
"""


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["simulate", *arguments])


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    path = tmp_path / "--tiny.toml"
    path.write_text(TINY)
    return path


def test_a_scenario_is_shown_with_its_measures_a_plot_and_what_they_rest_on(tiny: Path) -> None:
    result = run(str(tiny), "--replications", "2", "--seed", "7")
    assert result.exit_code == 0, result.output
    for told in (
        "in time",
        "gave up",
        "fairness",
        "accepted within",
        "2 replications, seeds 7 to 8",
        "load 1.50: more",
    ):
        assert told in result.stdout
    assert max(map(len, result.stdout.splitlines()[3:-1])) <= 80


def test_json_has_everything_in_one_object_and_the_same_seeds_give_the_same(tiny: Path) -> None:
    first, again = (run(str(tiny), "--replications", "2", "--load", "0.5", "--json") for _ in range(2))
    assert first.stdout == again.stdout
    report = json.loads(first.stdout)
    assert report["seeds"] == [1, 2]
    assert report["scenario"]["load"] == pytest.approx(0.5)
    (row, group) = report["policies"][0]["rows"]
    assert (row["customers"], group["customers"]) == (None, "calls")
    assert set(row["measures"]["mean_wait_s"]) == {"mean", "half_width"}


def test_policies_are_shown_one_by_one_and_pairwise(tiny: Path) -> None:
    tiny.write_text(TINY + '[[policies]]\nname = "ours"\n[[policies]]\nname = "idle"\nselection = "longest_idle"\n')
    result = run(str(tiny), "--replications", "2")
    assert result.exit_code == 0, result.output
    lines = [line.split() for line in result.stdout.splitlines()]
    assert [words for words in lines if words[:1] == ["policy"]] == [
        ["policy", "ours"],
        ["policy", "idle"],
        ["policy", "minus", "customers", "in", "time", "mean", "wait", "p95", "wait", "gave", "up", "fairness"],
    ]
    assert ["idle", "ours", "all", "0.0", "±0.0", "%", "0.0", "±0.0", "s"] in [words[:9] for words in lines]


def test_what_is_wrong_with_a_scenario_is_one_sentence_with_its_file_and_key(tmp_path: Path) -> None:
    path = tmp_path / "desk.toml"
    path.write_text(TINY.replace("count = 1", "count = 0"))
    result = run(str(path))
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == f"error: {path}: teams[1].count is 0; write a whole number of 1 to 2000\n"


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    result = run(str(tmp_path / "none.toml"))
    assert (result.exit_code, result.stderr) == (1, f"error: {tmp_path}/none.toml: No such file or directory\n")


@pytest.mark.parametrize("wrong", [["--replications", "0"], ["--seed", "-1"], ["--load", "0"], ["--load", "nan"], []])
def test_wrong_usage_is_exit_code_2(wrong: list[str], tiny: Path) -> None:
    assert run(*([str(tiny), *wrong] if wrong else [])).exit_code == 2


def test_a_simulation_that_fails_unforeseen_is_told_in_a_sentence(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("switchboard_cli.simulate.MODULE", "routing.simulation.nowhere")
    result = run(str(tiny))
    assert result.exit_code == 1
    assert result.stderr.startswith("error: the simulation failed where it should not: ")
    assert "Traceback" not in result.stderr


def test_where_routing_is_not_installed_that_is_said(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("switchboard_cli.simulate.MODULE", "routing_of_nobody.simulation")
    assert run(str(tiny)).stderr.startswith("error: routing is not installed here")


@pytest.mark.parametrize(
    ("measure", "found", "shown"),
    [
        ("service_level", {"mean": 0.8766, "half_width": 0.012}, "87.7 ±1.2 %"),
        ("mean_wait_s", {"mean": 44.44, "half_width": 3.21}, "44.4 ±3.2 s"),
        ("mean_wait_s", {"mean": 4444.0, "half_width": 60.0}, "74.1 ±1.0 min"),
        ("mean_wait_s", {"mean": 44.44, "half_width": None}, "44.4 s"),
        ("fairness", {"mean": 0.98765, "half_width": 0.0012}, "0.988 ±0.001"),
        ("arrived", {"mean": 1234.5, "half_width": 7}, "1,234"),
        ("occupancy", None, "–"),
    ],
)
def test_an_estimate_is_shown_in_the_unit_of_its_measure(measure: str, found: Any, shown: str) -> None:
    assert cell(measure, found) == shown


@pytest.mark.parametrize(
    ("measure", "mean", "half", "says"),
    [
        ("mean_wait_s", -5, 2, "better"),
        ("mean_wait_s", 5, 2, "worse"),
        ("service_level", 0.1, 0.05, "better"),
        ("service_level", -0.1, 0.05, "worse"),
        ("service_level", 0.1, 0.2, ""),
        ("fairness", 0.1, None, ""),
    ],
)
def test_a_difference_is_judged_only_as_far_as_it_is_seen(measure: str, mean: float, half: Any, says: str) -> None:
    assert verdict(measure, {"mean": mean, "half_width": half}) == says


def test_a_plot_has_a_mark_for_each_policy_and_fits_into_80_columns() -> None:
    seconds = [float(n) for n in range(61)]
    curves = [
        {"policy": name, "accepted_within": {"seconds": seconds, "share": [min(1.0, n / slow) for n in seconds]}}
        for name, slow in (("quick", 10), ("slow", 60))
    ]
    lines = plot({"policies": curves})
    assert max(map(len, lines)) <= 80
    assert lines[1].startswith(" 100 % │          ●")
    assert lines[-2:] == ["        ● quick", "        ○ slow"]
    still = {"policy": "a", "accepted_within": {"seconds": [0.0] * 61, "share": [1.0] * 61}}
    assert plot({"policies": [still]}) == ["nobody waited"]


LOG = """{"source": "/switchboard/tenants/acme/post/3", "type": "switchboard.ingest.v1.PostReceived", "data": {}}
{"source": "/switchboard/tenants/acme/work/0", "type": "switchboard.routing.v1.AgentRegistered", "position": "cAE",\
 "actor": "client", "data": {"agent_id": "mia", "capacity": 1, "at": "2026-03-02T09:00:00Z"}}
{"source": "/switchboard/tenants/acme/work/0", "type": "switchboard.routing.v1.PresenceChanged", "position": "cAI",\
 "actor": "client", "data": {"agent_id": "mia", "presence": "PRESENCE_AVAILABLE", "reason": "agent",\
 "at": "2026-03-02T09:01:00Z"}}
{"source": "/switchboard/tenants/acme/work/0", "type": "switchboard.routing.v1.CaseOpened", "position": "cAM",\
 "actor": "client", "data": {"case_id": "c1", "origin": "CASE_ORIGIN_MANUAL", "direction": "DIRECTION_INBOUND",\
 "weight": 1, "at": "2026-03-02T09:02:00Z"}}
{"source": "/switchboard/tenants/acme/work/0", "type": "switchboard.routing.v1.CaseQueued", "position": "cAM",\
 "actor": "client", "data": {"case_id": "c1", "queue": "default", "due_at": "2026-03-02T10:02:00Z",\
 "waiting_since": "2026-03-02T09:02:00Z", "at": "2026-03-02T09:02:00Z"}}
"""


def test_a_log_that_misses_an_offer_is_exit_code_1_and_names_the_decision(tmp_path: Path) -> None:
    path = tmp_path / "acme.jsonl"
    path.write_text(LOG)
    result = run(str(path))
    assert result.exit_code == 1
    assert "3 decisions with 0 offers, 2 decided again as they were recorded" in result.stdout
    assert result.stderr.startswith(
        "error: 1 of 3 decisions come out differently, the first at position cAM: recorded CaseOpened, CaseQueued,"
        " decided CaseOpened, CaseQueued, CaseOffered c1 mia 1; either another release"
    )


def test_what_belongs_to_a_scenario_is_refused_with_a_log_and_the_other_way_round(tiny: Path, tmp_path: Path) -> None:
    path = tmp_path / "acme.jsonl"
    path.write_text(LOG)
    assert run(str(path), "--load", "1").stderr == (
        f"error: {path}: a recorded log has the customers it has; leave --load out\n"
    )
    assert "leave --tenant and --policies out" in run(str(tiny), "--tenant", "acme").stderr
    assert run(str(path), "--policies", str(tmp_path / "none")).stderr == (
        f"error: {tmp_path}/none: No such file or directory\n"
    )


def test_other_policies_stand_beside_what_was(tmp_path: Path) -> None:
    path, policies = tmp_path / "acme.jsonl", tmp_path / "other.toml"
    path.write_text(LOG)
    policies.write_text('[[policies]]\nname = "other"\nordering = "fifo"\n')
    result = run(str(path), "--policies", str(policies), "--json")
    (really, other) = json.loads(result.stdout)["policies"]
    assert (really["policy"], other["policy"]) == ("as recorded", "other")
    left_over = [one["rows"][0]["measures"]["left_over"]["mean"] for one in (really, other)]
    assert left_over == [1, 0]  # in the log nobody offers the case, and a policy would


def test_one_replication_has_no_intervals_and_says_so() -> None:
    about = {"scenario": {"hours": 8.0, "load": 0.9}, "seeds": [3], "policies": [{}]}
    assert footnote(about) == "8 h, 1 replications, seeds 3 to 3, load 0.90; no intervals of one replication"
