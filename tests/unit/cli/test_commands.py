"""The commands without services: help, usage, where the services are, and what is printed of what they say."""

import json
import re

import pytest
from click.testing import CliRunner
from google.protobuf.any_pb2 import Any
from google.protobuf.timestamp_pb2 import Timestamp
from rich.console import Console
from switchboard.ingest.v1 import events_pb2
from switchboard.log.v1 import integrity_pb2, log_pb2, operations_pb2
from switchboard_cli.cloudevents import as_cloudevents
from switchboard_cli.connection import targets
from switchboard_cli.failures import Failure
from switchboard_cli.hints import command
from switchboard_cli.main import COMMANDS, cli
from switchboard_cli.output import THEME
from switchboard_cli.shards import shards_table


def run(*arguments: str):
    return CliRunner().invoke(cli, list(arguments))


@pytest.mark.parametrize("command", list(COMMANDS))
def test_every_command_is_there_and_explains_itself(command):
    result = run(command, "--help")
    assert result.exit_code == 0, result.output
    assert "Usage:" in result.output
    _, _, described = result.output.partition("\n\n")
    assert not re.search(r"\.\.\.$", described, re.MULTILINE), "a sentence is cut"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        pytest.param(["ingest"], "Missing argument", id="no file"),
        pytest.param(["ingest", __file__, "--channel", "x"], "--source is missing", id="no source"),
        pytest.param(
            ["ingest", __file__, "--channel", "fax", "--source", "a"], "'fax' is not one of", id="no such channel"
        ),
        pytest.param(
            ["ingest", __file__, "--channel", "x", "--source", "A b"], "lower-case letters", id="no such source id"
        ),
        pytest.param(["ingest", __file__, "--channel", "csv", "--source", "a"], "needs --map", id="csv without a map"),
        pytest.param(
            ["ingest", __file__, "--channel", "csv", "--source", "a", "--map", "id=x"],
            "author, text, at",
            id="half a map",
        ),
        pytest.param(
            ["ingest", __file__, "--channel", "x", "--source", "a", "--label", "brand"],
            "no KEY=VALUE",
            id="half a label",
        ),
        pytest.param(["ingest", __file__, "--channel", "twcs"], "has no column", id="another file than twcs"),
        pytest.param(
            ["ingest", __file__, "--channel", "twcs", "--label", "a=b"], "knows its columns", id="labels of twcs"
        ),
        pytest.param(["report", "--observed-until", "soon"], "no time such as", id="no time"),
        pytest.param(["report", "--as-of", "2026-13-01"], "no time such as", id="no time to answer as of"),
        pytest.param(["report", "--csv", "--json"], "say one of --json, --csv and --html", id="two forms of a report"),
        pytest.param(["nonsense"], "No such command", id="no command"),
    ],
)
def test_wrong_usage_is_exit_code_2_and_says_what_to_do(arguments, says):
    result = run(*arguments)
    assert result.exit_code == 2
    assert says in " ".join(result.stderr.split())


def test_without_a_stack_a_command_says_how_to_start_one(tmp_path):
    result = run("cases", "--state", str(tmp_path))
    assert result.exit_code == 1
    told = f"error: it is not known where routing is: start the stack with `{command()} up`"
    assert result.stderr.startswith(told)
    assert result.stdout == ""


@pytest.mark.parametrize("command", ["shards", "parked", "log verify", "log unreadable", "log export", "report"])
def test_nobody_who_asks_without_a_stack_is_shown_a_traceback(command, tmp_path):
    result = run(*command.split(), "--state", str(tmp_path))
    assert isinstance(result.exception, SystemExit), result.exception
    assert result.exit_code == 1
    assert result.stderr.startswith("error: it is not known where ")
    assert "--state DIR" in result.stderr


@pytest.mark.parametrize("state", ["/dev/null/x", "/proc/switchboard", "/proc"])
def test_a_directory_that_cannot_hold_a_stack_is_named(state):
    result = run("up", "--state", state)
    assert isinstance(result.exception, SystemExit), result.exception
    assert f"error: {state} cannot hold a stack" in result.stderr
    assert "choose another --state" in result.stderr


def test_addresses_come_from_the_endpoints_file_and_options_win(tmp_path):
    endpoints = {"ingest": "127.0.0.1:1", "crm": "127.0.0.1:3", "metrics": {"ingest": "127.0.0.1:9"}}
    (tmp_path / "endpoints.json").write_text(json.dumps(endpoints))
    found = targets(tmp_path, {"crm": "other:5", "kpi": None}, 1.0)
    assert (found.address("ingest"), found.address("crm")) == ("127.0.0.1:1", "other:5")
    with pytest.raises(Failure, match="--kpi HOST:PORT"):
        found.address("kpi")


def test_a_broken_endpoints_file_is_said_so(tmp_path):
    (tmp_path / "endpoints.json").write_text("{")
    with pytest.raises(Failure, match="is not what `switchboard up` writes"):
        targets(tmp_path, {}, 1.0)


def commit(*bodies: Any) -> integrity_pb2.ExportedCommit:
    events = [
        log_pb2.Event(
            event_id=bytes([n]) * 16, occurred_at=Timestamp(seconds=n), correlation_id=b"\x01" * 16, body=body
        )
        for n, body in enumerate(bodies)
    ]
    envelope = log_pb2.Commit(tenant="demo", shard="2", events=events)
    return integrity_pb2.ExportedCommit(position="p7", subject="ev.post.demo.2", commit=envelope)


def test_facts_leave_as_cloudevents():
    body = Any()
    body.Pack(events_pb2.PostWithdrawn(post_id="a", source_id="s"))
    (event,) = as_cloudevents(commit(body))
    assert event == {
        "specversion": "1.0",
        "id": "00000000-0000-0000-0000-000000000000",
        "source": "/switchboard/tenants/demo/post/2",
        "type": "switchboard.ingest.v1.PostWithdrawn",
        "time": "1970-01-01T00:00:00Z",
        "datacontenttype": "application/json",
        "position": "p7",
        "correlationid": "01010101-0101-0101-0101-010101010101",
        "data": {"post_id": "a", "source_id": "s"},
    }


def test_a_fact_this_command_is_too_old_for_keeps_its_bytes():
    (event,) = as_cloudevents(commit(Any(type_url="type.googleapis.com/switchboard.post.v9.Fresh", value=b"\x08\x01")))
    assert event["type"] == "switchboard.post.v9.Fresh"
    assert event["data"] == {"undecoded": "CAE="}


def test_a_resting_shard_is_shown_with_its_cause_within_eighty_columns():
    resting = operations_pb2.Shard(
        name="ev.crm.a-tenant-with-a-long-name.customers",
        state=operations_pb2.SHARD_STATE_RESTING,
        owner="crm-sync-0123abcd",
        waiting=3,
        failures=3,
        failure="ZeroDivisionError at crm_sync.matching:120",
        resting_since=Timestamp(seconds=1_700_000_000),
    )
    serving = operations_pb2.Shard(
        name="ev.work.demo.0", state=operations_pb2.SHARD_STATE_SERVING, owner="routing-0123abcd"
    )
    narrow = Console(width=80, theme=THEME)
    with narrow.capture() as captured:
        narrow.print(shards_table([resting, serving]))
    lines = captured.get().splitlines()
    assert max(map(len, lines)) <= 80
    said = "".join(line.replace(" ", "") for line in lines)
    assert "resting" in said
    assert "serving" in said
    assert "ZeroDivision" in said


def test_an_option_of_the_list_is_refused_where_a_shard_is_woken():
    result = run("shards", "--tenant", "demo", "wake", "ev.work.demo.0")
    assert result.exit_code == 2
    assert "--tenant belongs behind wake" in result.output
