"""Every command against every kind of absence: an exit code and one sentence, and never a traceback.

What needs a process of its own, Ctrl-C and pipes, is in tests/integration/test_command_line.py.
"""

from __future__ import annotations

import asyncio
import json
import os
import shlex
import signal
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from every_command import call, clients, leaves
from switchboard.kpi.v1.service_pb2 import ListMetricDefinitionsRequest
from switchboard.kpi.v1.service_pb2_grpc import KpiServiceStub
from switchboard_cli import entry, hints
from switchboard_cli.connection import Targets, calling, run
from switchboard_cli.failures import Failure
from switchboard_cli.main import COMMANDS, cli

SERVICES = ("ingest", "routing", "crm", "kpi")


@pytest.fixture
def listening() -> Iterator[socket.socket]:
    """A port that takes every connection and never says a word."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen(128)
        yield server


@pytest.fixture
def closed_port() -> Iterator[int]:
    """A port that is taken and refuses every connection."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]


@pytest.fixture(autouse=True)
def signals() -> Iterator[None]:
    before = signal.getsignal(signal.SIGINT)
    yield
    signal.signal(signal.SIGINT, before)


def stale(state: Path, port: int) -> Path:
    """The directory of a stack that was killed: its endpoints are still there."""
    state.mkdir()
    url = f"nats://127.0.0.1:{port}", f"postgresql://u:secret@127.0.0.1:{port}/d"
    found = {**dict.fromkeys(SERVICES, f"127.0.0.1:{port}"), "nats": url[0], "database": url[1]}
    (state / "endpoints.json").write_text(json.dumps(found))
    return state


def said(capfd: pytest.CaptureFixture[str], code: int, *, expected: int = 1) -> str:
    """The one sentence on standard error."""
    out, err = capfd.readouterr()
    assert code == expected, err
    assert "Traceback" not in err
    assert out == ""
    assert err.startswith("error: "), err
    assert len(err.strip().splitlines()) == 1, err
    assert "secret" not in err
    return err


def test_the_walk_finds_every_command() -> None:
    assert {name.split()[0] for name, _ in leaves()} == set(COMMANDS)
    assert len(clients()) >= 13


@pytest.mark.parametrize("name", clients())
def test_with_nothing_there(name: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    code = entry.complete([*call(name, tmp_path), "--state", str(tmp_path / "none")])
    assert "switchboard up`" in said(capfd, code)


@pytest.mark.parametrize("name", clients())
def test_with_a_stack_that_was_killed(
    name: str, tmp_path: Path, closed_port: int, capfd: pytest.CaptureFixture[str]
) -> None:
    code = entry.complete([*call(name, tmp_path), "--state", str(stale(tmp_path / "s", closed_port))])
    assert f"127.0.0.1:{closed_port}" in said(capfd, code)


@pytest.mark.parametrize("name", clients())
def test_with_a_port_that_takes_connections_and_says_nothing(
    name: str, tmp_path: Path, listening: socket.socket, capfd: pytest.CaptureFixture[str]
) -> None:
    state = stale(tmp_path / "s", listening.getsockname()[1])
    code = entry.complete([*call(name, tmp_path), "--state", str(state), "--timeout", "0.2"])
    assert "did not answer within 0.2 s" in said(capfd, code)


@pytest.mark.parametrize("name", [*clients(), "provision", "rebuild"])
@pytest.mark.parametrize("content", ["", "{", "null", "[]", '{"ingest": 3, "nats": null}', "\0\0"], ids=repr)
def test_with_half_a_file_of_endpoints(
    name: str, content: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    for variable in ("SWITCHBOARD_NATS_URL", "SWITCHBOARD_DATABASE_URL"):
        monkeypatch.delenv(variable, raising=False)
    (tmp_path / "endpoints.json").write_text(content)
    said(capfd, entry.complete([*call(name, tmp_path), "--state", str(tmp_path)]))


@pytest.mark.parametrize("name", [*clients(), "rebuild"])
def test_with_endpoints_that_cannot_be_read(name: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "endpoints.json").mkdir()
    assert "cannot be read (Is a directory)" in said(
        capfd, entry.complete([*call(name, tmp_path), "--state", str(tmp_path)])
    )


STATEFUL = [name for name, command in leaves() if any("--state" in option.opts for option in command.params)]


@pytest.mark.parametrize("name", STATEFUL)
def test_with_a_state_directory_that_has_no_name(name: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert entry.complete([*call(name, tmp_path), "--state", ""]) == 2
    assert "names no directory; leave --state out" in " ".join(capfd.readouterr().err.split())


@pytest.mark.parametrize("name", [name for name, _ in leaves()])
def test_with_a_word_too_many(name: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert entry.complete([*call(name, tmp_path), "--no-such-option"]) == 2
    err = capfd.readouterr().err
    assert "No such option" in err
    assert "Traceback" not in err


def fails_with(error: BaseException, monkeypatch: pytest.MonkeyPatch) -> None:
    """One command that ends so."""

    @click.command()
    def broken() -> None:
        raise error

    monkeypatch.setattr(cli, "get_command", lambda _context, _name: broken)
    monkeypatch.delenv(entry.TRACEBACK, raising=False)


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        pytest.param(
            KeyError("mia@example.org"),
            "KeyError at tests.unit.cli.test_absence:",
            id="a fault of ours names its place",
        ),
        pytest.param(ExceptionGroup("", [ValueError("mia")]), "ValueError at ", id="in a group"),
        pytest.param(PermissionError(13, "Permission denied", "/x"), "/x cannot be used: Permission denied", id="file"),
        pytest.param(OSError(28, "No space left on device"), "No space left on device", id="a full disk"),
        pytest.param(Failure("no `switchboard up` here"), f"`{hints.command()} up` here", id="a failure"),
    ],
)
def test_what_no_command_foresaw_is_a_sentence_without_values(
    error: BaseException, sentence: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    fails_with(error, monkeypatch)
    told = said(capfd, entry.complete(["report"]))
    assert sentence in told
    assert "mia" not in told


@pytest.mark.parametrize("error", [KeyboardInterrupt(), click.Abort()], ids=type)
def test_an_interruption_is_130_and_says_nothing(
    error: BaseException, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    fails_with(error, monkeypatch)
    assert entry.complete(["report"]) == 130
    assert capfd.readouterr().err.strip() == ""


def test_where_nobody_reads_on_a_command_has_done_its_work(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    fails_with(BrokenPipeError(32, "Broken pipe"), monkeypatch)
    assert entry.complete(["report"]) == 0
    assert capfd.readouterr() == ("", "")


def test_a_hint_names_the_command_as_it_can_be_typed_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    venv = tmp_path / "a b" / ".venv" / "bin"
    venv.mkdir(parents=True)
    for name in ("python", "switchboard"):
        (venv / name).touch(mode=0o755)
    monkeypatch.setattr(sys, "executable", str(venv / "python"))
    text = (
        "start it with `switchboard up`, see switchboard --help; switchboard is not ./switchboard up nor switchboard-x"
    )
    for here, path, word in (
        (venv.parents[1], os.devnull, ".venv/bin/switchboard"),
        (tmp_path, os.devnull, shlex.quote("a b/.venv/bin/switchboard")),
        (Path("/"), os.devnull, shlex.quote(str(venv / "switchboard"))),
        (tmp_path, str(venv), "switchboard"),
    ):
        monkeypatch.chdir(here)
        monkeypatch.setenv("PATH", path)
        hints.command.cache_clear()
        expected = text.replace("`switchboard up", f"`{word} up").replace("see switchboard", f"see {word}")
        if here != Path("/"):
            assert hints.typed(text) == expected
        else:
            assert Path(shlex.split(hints.command())[0]).resolve() == venv / "switchboard"
    monkeypatch.undo()
    hints.command.cache_clear()


def test_what_is_refused_beside_other_tasks_is_told_like_anything_else(closed_port: int) -> None:
    async def board() -> None:
        targets = Targets({"kpi": f"127.0.0.1:{closed_port}"}, 5.0, Path("none"))
        async with calling(targets, "kpi", act="to watch") as channel, asyncio.TaskGroup() as tasks:
            tasks.create_task(asyncio.sleep(0))
            await KpiServiceStub(channel).ListMetricDefinitions(ListMetricDefinitionsRequest())

    with pytest.raises(Failure, match=r"cannot reach kpi at .* to watch"):
        run(board())
