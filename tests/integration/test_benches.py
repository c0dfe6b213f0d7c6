"""Every number's program runs: `make bench` ends with an answer. What it measures is not looked at here."""

import subprocess
import sys
from pathlib import Path

import pytest

BENCH = Path(__file__).resolve().parents[2] / "bench"
SHORT = {
    "codec": (),
    "ingest": ("--deliveries", "2000", "--streams", "2", "--replicas", "1"),
    "rebuild": ("--posts", "500"),
    "pipeline": ("sustained", "--seconds", "1"),
}
LONG = {"append", "soak"}
"""They have no short form: a minute, and ten."""


def test_every_bench_is_known() -> None:
    assert {path.stem for path in BENCH.glob("[a-z]*.py")} == SHORT.keys() | LONG


@pytest.mark.parametrize("name", SHORT)
def test_a_bench_ends_with_numbers(name: str) -> None:
    done = subprocess.run(
        [sys.executable, str(BENCH / f"{name}.py"), *SHORT[name]],
        capture_output=True, text=True, timeout=200, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    assert any(letter.isdigit() for letter in done.stdout)
