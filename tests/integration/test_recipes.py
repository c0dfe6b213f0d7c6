"""The recipes for an event and for a metric, followed step by step in a copy of the repository.

Each step names the next, and at the end style, types and tests agree.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
PACKAGES = (
    "protos/gen",
    "libs/chassis/src",
    "cli/src",
    *(f"services/{s}/src" for s in ("ingest", "routing", "crm-sync", "kpi")),
)
PATIENCE_S = 600

pytestmark = pytest.mark.timeout(900)
"""Each step begins without a cache: a slow machine takes minutes, and hangs by name all the same."""

ROUTING = "services/routing/src/routing"


class Copy:
    """A copy of the repository whose code is what is imported in it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        ignored = shutil.ignore_patterns(
            ".git", ".*cache*", "__pycache__", ".venv", ".hypothesis", ".switchboard", "wheels"
        )
        shutil.copytree(REPOSITORY, root, ignore=ignored)
        (root / ".venv").symlink_to(Path(sys.executable).parents[1])
        self.environment = {**os.environ, "PYTHONPATH": os.pathsep.join(str(root / package) for package in PACKAGES)}

    def run(self, *words: str, fails: bool = False) -> str:
        """What a command says; it must fail or not, as told."""
        done = subprocess.run(
            words, cwd=self.root, env=self.environment, capture_output=True, text=True, timeout=PATIENCE_S, check=False
        )
        assert (done.returncode != 0) is fails, f"{words}: {done.stdout[-3000:]}{done.stderr[-3000:]}"
        return done.stdout + done.stderr

    def make(self, *targets: str) -> str:
        return self.run("make", "-s", "-o", ".venv/.ready", "-o", ".venv/googleapis", *targets)

    def tool(self, name: str, *words: str, fails: bool = False) -> str:
        return self.run(f".venv/bin/{name}", *words, fails=fails)

    def edit(self, path: str, change: Callable[[str], str]) -> None:
        file = self.root / path
        before = file.read_text(encoding="utf-8")
        after = change(before)
        assert after != before, f"{path}: there is no such place"
        file.write_text(after, encoding="utf-8")


@pytest.fixture
def copy(tmp_path: Path) -> Copy:
    return Copy(tmp_path / "repository")


def blocks(recipe: str) -> list[tuple[str, str]]:
    """(language, text) of everything a recipe shows."""
    text = (REPOSITORY / "docs" / "recipes" / recipe).read_text(encoding="utf-8")
    return re.findall(r"^```(\w*)\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)


def after(pattern: str, addition: str) -> Callable[[str], str]:
    """Puts something after the first place that matches."""
    return lambda text: re.sub(
        pattern, lambda found: found[0] + addition, text, count=1, flags=re.DOTALL | re.MULTILINE
    )


def before(pattern: str, addition: str) -> Callable[[str], str]:
    return lambda text: re.sub(
        pattern, lambda found: addition + found[0], text, count=1, flags=re.DOTALL | re.MULTILINE
    )


def added(diff: str) -> str:
    return "".join(f"{line[1:]}\n" for line in diff.splitlines() if line.startswith("+"))


def test_adding_an_event_works_as_written(copy: Copy) -> None:
    shown = blocks("adding-an-event.md")
    protos = [text for language, text in shown if language == "proto"]
    codes = [text for language, text in shown if language == "python"]
    diffs = [added(text) for language, text in shown if language == "diff"]
    told = [text for language, text in shown if not language]
    message, rpc, request_and_answer = protos
    fact, evolve, command, decide, tag, handle, method = codes
    cases, ignored = diffs

    copy.edit("protos/switchboard/routing/v1/events.proto", after(r"^message CaseResolved \{.*?^\}\n", f"\n{message}"))
    copy.make("generate")
    copy.tool("buf", "lint")
    complaint = re.search(r"^  (CaseTagged: .*)$", told[1], re.MULTILINE)
    assert complaint
    assert complaint[1] in copy.tool("python", "-c", "import routing.views.cases", fails=True)

    union = r"^    \| CaseResolved\n"
    copy.edit(f"{ROUTING}/events.py", after(r"^class CaseResolved\(.*?\n\n\n", f"{fact}\n\n"))
    copy.edit(f"{ROUTING}/events.py", after(union, "    | CaseTagged\n"))
    unhandled = 'Argument 1 to "assert_never" has incompatible type "CaseTagged"'
    assert unhandled in told[2]
    found = copy.tool("mypy", ROUTING, fails=True)
    assert f"{ROUTING}/cases.py" in found
    assert unhandled in found

    copy.edit(f"{ROUTING}/cases.py", after(r"^def _evolve\(.*?    match event:\n", evolve))
    copy.edit(f"{ROUTING}/commands.py", after(r"^class ResolveCase\(.*?\n\n\n", f"{command}\n\n"))
    copy.edit(f"{ROUTING}/commands.py", after(r"^    \| ResolveCase\n", "    | TagCase\n"))
    found = copy.tool("mypy", ROUTING, fails=True)
    assert f"{ROUTING}/case_decider.py" in found
    copy.edit(f"{ROUTING}/case_decider.py", before(r"^        case commands\.ResolveCase\(\):\n", decide))
    assert "Success" in copy.tool("mypy", ROUTING)

    copy.edit("tests/unit/routing/test_decider.py", after(r"^CASES = \[\n", cases))
    copy.edit("tests/unit/routing/test_decider.py", after(r"^    t,\n", "    tag,\n"))
    copy.edit("tests/unit/routing/build.py", lambda text: f"{text}\n\n{tag}")
    unread = re.search(r"^AssertionError: (.*)$", told[3], re.MULTILINE)
    assert unread
    assert unread[1] in copy.tool(
        "pytest", "-q", "tests/conformance/test_views.py", "-p", "no:cacheprovider", fails=True
    )
    copy.edit("services/kpi/src/kpi/views/contact_folds.py", after(r"^_IGNORED = \(\n", ignored))

    service = "protos/switchboard/routing/v1/service.proto"
    copy.edit(service, after(r"^service RoutingService \{.*?(?=^\})", rpc))
    copy.edit(service, lambda text: f"{text}\n{request_and_answer}")
    copy.make("generate")
    copy.edit(f"{ROUTING}/requests.py", before(r"^        case api\.ReopenCaseRequest\(\):\n", handle))
    copy.edit(f"{ROUTING}/servicer.py", before(r"^    async def ReopenCase\(", f"{method}\n"))
    copy.tool("python", "docs/draw.py")
    copy.tool("python", "docs/glossary.py")

    copy.make("format")
    copy.tool("buf", "lint")
    copy.tool("lint-imports", "--no-cache")
    assert "Success" in copy.tool("mypy", ROUTING, "services/kpi/src/kpi")
    layout = "tests/unit/chassis/test_layout.py"
    lacking = "['switchboard.routing.v1.CaseTagged']"
    assert lacking in copy.tool("pytest", "-q", layout, "-p", "no:cacheprovider", fails=True)
    golden = next(line for block in told for line in block.splitlines() if "golden.py" in line)
    copy.run(*golden.split())
    # What goes over every fact and command there is; the rest of the tests has been run without this one.
    folding = (f"tests/unit/routing/test_{name}.py" for name in ("decider", "form", "rows", "other_versions", "memory"))
    chosen = (*folding, layout, "tests/unit/docs/test_documents.py", "tests/conformance/test_views.py")
    copy.tool("pytest", "-q", "-x", *chosen, "-p", "no:cacheprovider")


def test_adding_a_metric_works_as_written(copy: Copy) -> None:
    ((_, code),) = [block for block in blocks("adding-a-metric.md") if block[0] == "python"]
    package = "services/kpi/src/kpi/metrics"
    (copy.root / package / "skewed.py").write_text(code, encoding="utf-8")
    copy.edit(f"{package}/__init__.py", after(r"^    waiting,\n", "    skewed,\n"))
    copy.edit(f"{package}/__init__.py", after(r"^    waiting\.METRIC,\n", "    skewed.METRIC,\n"))
    copy.tool("python", "-c", "from kpi.metrics import METRICS; assert 'skewed_share' in METRICS")
    copy.tool("python", "docs/metrics.py")
    copy.make("format")
    assert "Success" in copy.tool("mypy", "services/kpi/src/kpi")
    copy.tool("pytest", "-q", "-x", "tests/unit/kpi", "tests/unit/docs/test_documents.py", "-p", "no:cacheprovider")
