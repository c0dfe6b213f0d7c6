"""What `up` says when everything serves: addresses and what to try, and nothing that lets somebody in."""

from __future__ import annotations

import json
from pathlib import Path

import click
import pytest
from switchboard_cli.announcement import for_people, for_programs
from switchboard_cli.hints import command

ENDPOINTS: dict[str, object] = {
    **{name: f"127.0.0.1:740{number}" for number, name in enumerate(("ingest", "routing", "crm", "kpi"))},
    "nats": "nats://token@10.0.0.1:4222,nats://user:secret@10.0.0.2:4222",
    "nats_monitoring": "http://127.0.0.1:7406",
    "database": "postgresql://mia:secret@127.0.0.1:7405/switchboard?password=secret&sslmode=require",
    "metrics": {"ingest": "127.0.0.1:7407"},
    "state": "/srv/a stack",
}


@pytest.mark.parametrize("told", [for_people, for_programs], ids=lambda told: told.__name__)
def test_no_secret_is_said(told) -> None:
    text = told(ENDPOINTS)
    assert "secret" not in text
    assert "token" not in text
    assert "10.0.0.1:4222" in text
    assert "10.0.0.2:4222" in text


def test_a_program_gets_one_line_of_json() -> None:
    text = for_programs(ENDPOINTS)
    assert "\n" not in text
    found = json.loads(text)
    assert found["database"] == "postgresql://mia@127.0.0.1:7405/switchboard"
    assert {name: found[name] for name in ("ingest", "metrics", "state", "nats_monitoring")} == {
        name: ENDPOINTS[name] for name in ("ingest", "metrics", "state", "nats_monitoring")
    }


def test_a_person_learns_where_it_serves_whose_data_it_is_and_what_to_try(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = click.unstyle(for_people(ENDPOINTS))
    for words in ("ingest     127.0.0.1:7400", "PostgreSQL 127.0.0.1:7405", "tenant is demo", "Ctrl-C"):
        assert words in text
    assert f"{command()} report --by brand --state '/srv/a stack'" in text
    assert max(map(len, text.replace(command(), ".venv/bin/switchboard").splitlines())) <= 80
    monkeypatch.chdir(tmp_path)
    usual = for_people(ENDPOINTS | {"state": str((tmp_path / ".switchboard").resolve())})
    assert "--state" not in usual, "what every command means anyway need not be typed"
