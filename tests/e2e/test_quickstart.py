"""docs/quickstart.md, line by line, against a fresh stack; only addresses and directories are put in its place."""

from __future__ import annotations

import re
import select
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from running_stack import COMMAND, PATIENCE_S, RunningStack

REPOSITORY = Path(__file__).resolve().parents[2]
PAGE = (REPOSITORY / "docs" / "quickstart.md").read_text(encoding="utf-8")
BLOCKS = [text for _, text in re.findall(r"^```(\w*)\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)]


@pytest.fixture
def stack(state_dir: Path) -> Iterator[RunningStack]:
    running = RunningStack(state_dir / "state")
    running.start()
    yield running
    assert running.stop() == 0


def run(script: str, directory: Path) -> str:
    done = subprocess.run(
        ["bash", "-eu", "-c", script], cwd=directory, capture_output=True, text=True, timeout=PATIENCE_S, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_quickstart_does_what_it_says(stack: RunningStack, tmp_path: Path) -> None:
    up, protoc, code, agent, complaint = BLOCKS
    assert up == "make up ARGS='--port-base 7400'\n"
    assert stack.told("cases") == [], "a fresh stack knows its tenant"

    (tmp_path / "protos").symlink_to(REPOSITORY / "protos")
    (tmp_path / ".venv").symlink_to(Path(sys.executable).parents[1])
    run(protoc, tmp_path)
    assert (tmp_path / "stubs" / "switchboard" / "routing" / "v1" / "service_pb2_grpc.py").exists()
    for stub in (tmp_path / "stubs").rglob("*.py"):
        for package, module in re.findall(r"^from (switchboard\.\S+) import (\w+)", stub.read_text(), re.MULTILINE):
            assert (tmp_path / "stubs" / package.replace(".", "/") / f"{module}.py").exists(), f"{stub.name}: {module}"

    (tmp_path / "agent.py").write_text(code)
    words = shlex.split(agent.replace("127.0.0.1:7401", stack.endpoints["routing"]))
    complaint = re.sub(r"\.venv/bin/switchboard (\w+)", rf"{COMMAND} \1 --state {stack.state}", complaint)
    working = subprocess.Popen(words, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        run(complaint, tmp_path)
        assert working.stdout
        ready, _, _ = select.select([working.stdout], [], [], PATIENCE_S)
        said = working.stdout.readline() if ready else ""
        assert re.fullmatch(r"answered tenants/demo/cases/\S+\n", said)
        shown = run(complaint, tmp_path)
    finally:
        working.kill()
        _, err = working.communicate()
    assert err == ""
    assert "DUPLICATE" in shown, "the same complaint again is known"
    (row,) = stack.told("report", "--by", "brand")["rows"]
    assert row["group"] == {"brand": "Acme"}
    counts = {metric: row["metrics"][metric]["value"] for metric in ("offered", "accepted", "answered", "resolved")}
    assert counts == dict.fromkeys(counts, 1)
    lines = stack.run("report", "--by", "brand", "--csv").splitlines()
    assert lines[0] == "brand,metric,version,value,numerator,denominator"
    assert "Acme,offered,1,1,1," in lines
    for language, title in (("en", "Customer service report"), ("zh", "客户服务报告")):
        stack.run("report", "--by", "brand", "--html", str(tmp_path / "page.html"), "--language", language)
        page = (tmp_path / "page.html").read_text(encoding="utf-8")
        assert (title in page, "Acme" in page, page.count("<svg")) == (True, True, 3)
    stack.run("report", "--html", str(tmp_path / "nowhere" / "page.html"), code=1)
