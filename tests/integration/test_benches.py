"""Every number's program runs: `make bench` ends with an answer, and however one ends, nothing of it goes on running.
What it measures is not looked at here.
"""

import contextlib
import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
from waiting import until

BENCH = Path(__file__).resolve().parents[2] / "bench"
SHORT = [
    ("append", "--seconds", "0.3"),
    ("codec",),
    ("ingest", "--deliveries", "2000", "--streams", "2", "--replicas", "1"),
    ("keys",),
    ("kpi", "--contacts", "500", "--seconds", "1"),
    ("limit", "--seconds", "1", "--rounds", "1"),
    ("matching", "--size", "20", "100", "--seconds", "1"),
    ("rebuild", "--posts", "500"),
    ("pipeline", "replicas", "--seconds", "4", "--rounds", "1"),
    ("pipeline", "idle", "--seconds", "1"),
    ("work", "--posts", "500"),
    ("peers", "--seconds", "1", "--rounds", "1", "--only", "packed,our ingest,eventsourcing"),
    ("peers", "--kill", "--posts", "2000", "--kills", "2", "--only", "bare,our ingest"),
    ("ratios", "--checkout", str(BENCH.parent), "--rounds", "1", "--only", "ingest", "--deliveries", "2000"),
]
LONG = {"soak"}
"""It has no short form: ten minutes."""


def test_every_bench_is_known() -> None:
    assert {path.stem for path in BENCH.glob("[a-z]*.py")} == {name for name, *_ in SHORT} | LONG


@pytest.mark.parametrize(
    ("name", "arguments"), [pytest.param(one, rest, id=" ".join((one, *rest[:1]))) for one, *rest in SHORT]
)
def test_a_bench_ends_with_numbers(name: str, arguments: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, str(BENCH / f"{name}.py"), *arguments],
        capture_output=True, text=True, timeout=200, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    assert any(letter.isdigit() for letter in done.stdout)


def running_below(directory: Path, word: str = "") -> list[psutil.Process]:
    """What has the directory in its environment or arguments, as everything a bench starts has its TMPDIR.

    With a word only who has an argument, or a path's last part, that is the word.
    """
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):  # gone meanwhile
            argv = process.cmdline()
            if process.status() == psutil.STATUS_ZOMBIE or (word and word not in (Path(part).name for part in argv)):
                continue
            if any(str(directory) in one for one in (*argv, *process.environ().values())):
                found.append(process)
    return found


@pytest.mark.parametrize(
    ("name", "victim", "how"),
    [
        pytest.param("append", "append.py", "SIGTERM", id="append is asked to end"),
        pytest.param("ingest", "ingest.py", "SIGKILL", id="ingest is killed"),
        pytest.param("ingest", "ingest.main", "SIGKILL", id="a replica of ingest is killed"),
        pytest.param("pipeline", "pipeline.py", "SIGINT", id="pipeline is interrupted"),
        pytest.param("pipeline", "pipeline.py", "SIGTERM", id="pipeline is asked to end"),
        pytest.param("pipeline", "pipeline.py", "SIGKILL", id="pipeline is killed"),
        pytest.param("pipeline", "switchboard", "SIGKILL", id="the stack below pipeline is killed"),
        pytest.param("peers", "peers.py", "SIGKILL", id="peers is killed, with a directory for each of them"),
    ],
)
def test_a_bench_that_breaks_leaves_nothing(tmp_path: Path, name: str, victim: str, how: str) -> None:
    last = {"append": "nats-server", "ingest": "ingest.main", "pipeline": "kpi.main", "peers": "_eventsourced.py"}[name]
    arguments = ("--only", "packed,eventsourcing") if name == "peers" else ()
    bench = subprocess.Popen(
        [sys.executable, str(BENCH / f"{name}.py"), *arguments],
        env={**os.environ, "TMPDIR": str(tmp_path)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509  # in the background it is ignored
    )
    try:
        until(lambda: bool(running_below(tmp_path, last)), 150)
        running_below(tmp_path, victim)[0].send_signal(getattr(signal, how))
        assert bench.wait(120) != 0
        until(lambda: not running_below(tmp_path), 60)
        until(lambda: not list(tmp_path.iterdir()), 60)
    finally:
        bench.kill()
        for left in running_below(tmp_path):
            with contextlib.suppress(psutil.NoSuchProcess):
                left.kill()


def test_whatever_a_bench_starts_is_in_a_scratch_directory() -> None:
    starting = [path for path in BENCH.glob("*.py") if "tempfile" in path.read_text()]
    assert [path.name for path in starting] == ["_scratch.py"]
