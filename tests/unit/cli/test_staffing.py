"""`switchboard staffing`: what it shows of a plan in 80 columns, as CSV and JSON, and what it says of a log that is too
short or no log.
"""

import csv
import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from routing import events
from routing.agents import Policy
from routing.commands import Command
from routing.simulation.chance import Exponential, LogNormal
from routing.simulation.driving import drive
from routing.simulation.scenario import Customers, Scenario, Team, world
from switchboard_cli.main import cli
from switchboard_cli.staffing import footnotes, half_hours, heat

from tests.unit.routing.simulation.test_recorded import as_facts, exported

DAYS = 15
OPEN = tuple(6.0 if 9 <= hour < 11 else 0.0 for hour in range(24))


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["staffing", *arguments])


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two weeks and a day of a desk with two skills, open from nine to eleven, from a Monday on."""
    asks = (("billing", 2.0), ("refunds", 1.0))
    calls = Customers("calls", OPEN, LogNormal(300, 0.8), 60, Exponential(400), skills=asks)
    both = (("billing", 3), ("refunds", 2))
    teams = [Team(f"day-{day}", 2, both, shift_h=(24.0 * day + 9, 24.0 * day + 11)) for day in range(DAYS)]
    history: list[tuple[Command, Sequence[events.Event]]] = []
    scenario = Scenario(24 * DAYS, (calls,), tuple(teams))
    drive(world(scenario, 1), Policy(), lambda asked, decided: history.append((asked, decided)))
    path = tmp_path_factory.mktemp("staffing") / "--acme.jsonl"
    path.write_bytes(b"\n".join(exported(as_facts(history))))
    return path


def test_a_day_is_shown_by_half_hour_and_kind_with_the_week_and_what_it_rests_on(log: Path) -> None:
    result = run(str(log), "--no-simulation", "--shrinkage", "0.3")
    assert result.exit_code == 0, result.output
    for told in (
        "Tuesday 2026-01-20, UTC",
        "everybody",
        "calls.billing billing",
        "calls.refunds refunds",
        "agents it takes (Erlang A)",
        "who was there",
        "2 such days; at least 80.0 % in time",
        "lay in their interval",
    ):
        assert told in " ".join(result.stdout.split()), told
    lines = result.stdout.splitlines()
    assert max(map(len, lines)) <= 80
    assert [line.split()[0] for line in lines[3:] if line.startswith((" 09:", " 10:"))]


def test_json_has_all_of_it_and_the_simulator_has_fewer_agents_where_they_are_shared(log: Path) -> None:
    result = run(str(log), "--day", "monday", "--within", "60", "--json")
    assert result.exit_code == 0, result.output
    report = json.loads(result.stdout)
    assert report["day"] == "2026-01-26"
    busy = [one for one in report["half_hours"] if len(one["kinds"]) == 2]
    assert busy
    for one in busy:
        assert one["low"] <= one["expected"] <= one["high"]
        assert one["erlang_c"] >= one["erlang_a"] == sum(kind["erlang_a"] for kind in one["kinds"])
        assert all(abs(kind["simulated"] - kind["erlang_a"]) <= 1 for kind in one["kinds"])
    assert sum(one["simulated"] for one in busy) < sum(one["erlang_a"] for one in busy)


def test_csv_has_a_line_for_everybody_and_one_for_each_kind(log: Path) -> None:
    result = run(str(log), "--no-simulation", "--csv")
    assert result.exit_code == 0, result.output
    rows = list(csv.DictReader(io.StringIO(result.stdout)))
    everybody = [row for row in rows if not row["kind"]]
    kinds = [row for row in rows if row["kind"]]
    assert sum(float(row["expected"]) for row in everybody) == sum(float(row["expected"]) for row in kinds) > 0
    assert {row["kind"] for row in kinds} == {"calls.billing billing", "calls.refunds refunds"}
    assert everybody[0]["start"] == "2026-01-20T09:00:00Z"


def test_half_hours_are_those_of_the_zone(log: Path) -> None:
    report = json.loads(run(str(log), "--no-simulation", "--json", "--time-zone", "Asia/Shanghai").stdout)
    assert report["half_hours"][0]["at"] == "17:00"


def test_a_log_that_is_too_short_is_told_so_with_what_to_do(log: Path, tmp_path: Path) -> None:
    short = tmp_path / "short.jsonl"
    lines = log.read_bytes().splitlines()
    short.write_bytes(b"\n".join(lines[: len(lines) // 10]))
    result = run(str(short), "--day", "friday")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith(f"error: {short}: a Friday is forecast from earlier ones, and it goes from ")
    assert "ask for a day it has (Monday" in result.stderr


@pytest.mark.parametrize(
    ("text", "told"),
    [
        pytest.param("", "it has no facts about cases", id="nothing"),
        pytest.param("hours = 1\n", "line 1 is no JSON object", id="a scenario"),
        pytest.param('{"a": 1}\n', "line 1 is no fact of a log of ours", id="another file of JSON"),
        pytest.param("\0\n", "line 1 is no JSON object", id="no text"),
    ],
)
def test_what_is_no_log_is_told_so(text: str, told: str, tmp_path: Path) -> None:
    path = tmp_path / "other.jsonl"
    path.write_text(text)
    result = run(str(path))
    assert (result.exit_code, result.stdout) == (1, "")
    assert told in result.stderr


def test_a_zone_nobody_knows_and_a_file_that_is_not_there_are_named(log: Path, tmp_path: Path) -> None:
    assert "has no time zone 'Mars/Olympus'; name one such as" in run(str(log), "--time-zone", "Mars/Olympus").stderr
    assert run(str(tmp_path / "none")).stderr == f"error: {tmp_path}/none: No such file or directory\n"


@pytest.mark.parametrize(
    "wrong",
    [
        ["--service-level", "1"],
        ["--service-level", "nan"],
        ["--within", "-1"],
        ["--shrinkage", "1"],
        ["--day", "someday"],
        ["--csv", "--json"],
    ],
    ids=" ".join,
)
def test_wrong_usage_is_exit_code_2(wrong: list[str], log: Path) -> None:
    assert run(str(log), *wrong).exit_code == 2


def _half_hour(**told: Any) -> dict[str, Any]:
    needs = {"erlang_c": 3, "erlang_a": 3, "simulated": 2, "scheduled": 3}
    return {"at": "09:00", "expected": 4.0, "low": 1, "high": 9, "weeks": 1, "there": 2.0, "kinds": [], **needs, **told}


def _report(*half_hours: dict[str, Any], week: Sequence[dict[str, Any]] = ()) -> dict[str, Any]:
    record = {"from": "2026-01-05T00:00:00Z", "until": "2026-01-13T00:00:00Z", "time_zone": "UTC", "customers": 9}
    return {
        "record": record,
        "target": {"service_level": 0.8, "within_s": None, "shrinkage": 0.0},
        "confidence": 0.9,
        "day": "2026-01-13",
        "there_by": "presence",
        "kinds": [{"kind": "calls"}],
        "half_hours": list(half_hours),
        "week": list(week),
        "backtest": None,
    }


def test_what_no_number_of_agents_would_do_is_a_dash_that_is_explained() -> None:
    report = _report(_half_hour(), _half_hour(at="09:30", simulated=None))
    assert len(half_hours(report)) == 2
    told = list(footnotes(report))
    assert any("no number of agents mixed as they are would do" in line for line in told)
    assert any("too short to be tested" in line for line in told)


def test_the_map_shades_what_it_takes_and_marks_where_too_few_were_there() -> None:
    week = [
        {"weekday": 1, "at": "00:00", "erlang_a": 8, "there": 7.5},
        {"weekday": 1, "at": "00:30", "erlang_a": 2, "there": 2.5},
        {"weekday": 1, "at": "01:00", "erlang_a": 0, "there": 3.0},
        {"weekday": 2, "at": "23:30", "erlang_a": None, "there": 3.0},
    ]
    lines = [line.plain for line in heat(_report(week=week))]
    assert "░ to 2  ▒ to 4  ▓ to 6  █ to 8" in lines[0]
    monday, tuesday = ([line for line in lines if line.startswith(day)] for day in ("Mon", "Tue"))
    assert monday == ["Mon  █░", "Mon  ▼·▲"]
    assert tuesday == [f"Tue  {' ' * 47}?", f"Tue  {' ' * 47}▼"]
