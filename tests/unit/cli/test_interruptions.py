"""The interrupt matrix on the command line: how it is given, and what is said of cases that wait for others."""

from pathlib import Path

import pytest
from click.testing import CliRunner
from google.protobuf.timestamp_pb2 import Timestamp
from switchboard.ingest.v1 import post_pb2
from switchboard.routing.v1 import service_pb2 as api
from switchboard_cli.interruptions import interruption_of
from switchboard_cli.main import cli
from switchboard_cli.policy import _row_of, _written

RECIPE = Path(__file__).parents[3] / "docs/recipes/interrupting.md"


@pytest.mark.parametrize("given", ["voice", "voice=", "=email", "voice=email,", "voice:shout=email", "voice=:"])
def test_what_is_no_row_is_refused_with_an_example(given: str) -> None:
    result = CliRunner().invoke(cli, ["policy", "--interrupt", given])
    assert result.exit_code == 2
    assert "is not ROW=COLUMN,COLUMN, such as voice=email,:post" in " ".join(result.output.split())


def test_a_matrix_is_not_given_and_taken_away_at_once() -> None:
    result = CliRunner().invoke(cli, ["policy", "--interrupt", "voice=email", "--no-interrupts"])
    assert result.exit_code == 2
    assert "give one" in result.output


def test_the_recipes_file_is_a_row_of_a_policy(tmp_path: Path) -> None:
    file = tmp_path / "policy.toml"
    file.write_text(RECIPE.read_text().partition("```\n[[")[2].partition("```")[0].join(("[[", "")))
    [row] = _written(file, "acme").interrupts
    assert _row_of(row) == "voice=email,:post,:direct_message"
    assert row.interrupted[1].kind == post_pb2.POST_KIND_POST


@pytest.mark.parametrize(
    ("case", "told"),
    [
        pytest.param(api.Case(), "", id="of most there is nothing to say"),
        pytest.param(
            api.Case(interrupted_by="tenants/acme/cases/c1", pending_until=Timestamp(seconds=1_790_000_000)),
            "; it waits for case c1 until 2026-09-21 14:13:20 UTC at most",
            id="one that was interrupted waits for another",
        ),
        pytest.param(
            api.Case(interrupts=["tenants/acme/cases/c1", "tenants/acme/cases/c2"]),
            "; it interrupted c1, c2",
            id="one that interrupted others names them",
        ),
        pytest.param(
            api.Case(offers=[api.Offer(agent="tenants/acme/agents/mia", interrupts=["tenants/acme/cases/c1"])]),
            "; it would interrupt, of mia, c1",
            id="one that is offered says what it would interrupt",
        ),
    ],
)
def test_what_is_said_of_a_case(case: api.Case, told: str) -> None:
    assert interruption_of(case) == told
