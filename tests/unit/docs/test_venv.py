"""`make venv`: which Python is taken, what is said when there is none, and that what was interrupted begins anew; and
`make format`.

The Pythons are scripts that answer as one of that version would and write down what they are asked to install.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[3]
TOOLS = ("bash", "make", "sed", "awk", "find", "sort", "dirname", "touch", "rm", "mkdir", "cp", "cat", "env")

# A Python of another version: the real one with its version changed runs what it is told, and makes an empty .venv.
FAKE = """#!{python}
import os, pathlib, sys
if sys.argv[1] == "-c":
    sys.version_info = {version!r}
    if {without!r}:
        sys.modules[{without!r}] = None
    exec(sys.argv[2])
elif sys.argv[1:3] == ["-m", "venv"]:
    made = pathlib.Path(".venv/bin/python")
    made.parent.mkdir(parents=True, exist_ok=True)
    made.write_text("#!/bin/sh\\n[ $1 != -m ] || echo $@ >> installed; [ ! -e fails ]\\n")
    made.chmod(0o755)
    protos = pathlib.Path(".venv/lib/python3.x/site-packages/google/api")
    protos.mkdir(parents=True, exist_ok=True)
    for name in ("field_behavior", "resource"):
        (protos / (name + ".proto")).touch()
"""


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A checkout with nothing in it but what `make venv` reads, and a PATH on which there is no Python."""
    made = tmp_path / "check out"
    names = ["Makefile", ".ci/venv", "requirements.lock"]
    names += [str(path.relative_to(REPOSITORY)) for path in REPOSITORY.glob("*/pyproject.toml")]
    names += [str(path.relative_to(REPOSITORY)) for path in REPOSITORY.glob("*/*/pyproject.toml")]
    for name in names:
        (made / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(REPOSITORY / name, made / name)
    (made / "protos" / "switchboard").mkdir(parents=True)
    tools = tmp_path / "tools"
    tools.mkdir()
    for tool in TOOLS:
        found = shutil.which(tool)
        assert found, tool
        (tools / tool).symlink_to(found)
    return made


def python(tree: Path, name: str, version: str, *, without: str = "") -> None:
    path = tree.parent / "tools" / name
    numbers = tuple(map(int, version.split(".")))
    path.write_text(FAKE.format(python=sys.executable, version=numbers, without=without))
    path.chmod(0o755)


def make(tree: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": str(tree.parent / "tools"), "HOME": os.environ.get("HOME", "/")}
    words = ["make", "-s", *(arguments if "format" in arguments else ("venv", *arguments))]
    return subprocess.run(words, cwd=tree, env=environment, capture_output=True, text=True, check=False)


def installs(tree: Path) -> int:
    """How often something was installed since this was asked last."""
    log = tree / "installed"
    count = len(log.read_text().splitlines()) if log.exists() else 0
    log.unlink(missing_ok=True)
    return count


@pytest.mark.parametrize(
    ("version", "without", "reason"),
    [
        ("2.7", "", "is Python 2.7, which is too old"),
        ("3.10", "", "is Python 3.10, which is too old"),
        ("3.15", "", "is Python 3.15, which is too new"),
        ("3.12", "ensurepip", "is Python 3.12 without venv and ensurepip (Debian and Ubuntu: python3.12-venv)"),
    ],
)
def test_a_python_that_does_not_do_is_named_before_anything_is_installed(
    tree: Path, version: str, without: str, reason: str
) -> None:
    python(tree, "python3", version, without=without)
    for arguments in ((), ("PYTHON=python3",)):
        done = make(tree, *arguments)
        assert done.returncode == 2
        assert f"python3 {reason}" in done.stderr.splitlines()[0]
        assert "3.11" in done.stderr.splitlines()[0]
        assert not (tree / ".venv").exists()


def test_no_python_at_all_is_said(tree: Path) -> None:
    done = make(tree)
    assert done.stderr.startswith("no Python here can run this: install CPython 3.11, 3.12, 3.13 or 3.14 with venv, ")
    done = make(tree, "PYTHON=python3.13")
    assert done.stderr.startswith("PYTHON=python3.13 is not there: name CPython 3.11, ")


@pytest.mark.parametrize("version", ["3.11", "3.12", "3.13", "3.14"])
def test_the_first_python_that_does_is_taken_and_what_is_made_stays(tree: Path, version: str) -> None:
    python(tree, "python3.11", "3.10")
    python(tree, "python3", version)
    done = make(tree)
    assert done.returncode == 0, done.stderr
    assert (tree / ".venv" / ".ready").read_text() == f"{tree}\npython3\n"
    assert installs(tree) == 2
    assert make(tree).returncode == 0
    assert installs(tree) == 0


def test_what_was_interrupted_begins_anew(tree: Path) -> None:
    python(tree, "python3", "3.12")
    (tree / "fails").touch()
    done = make(tree)
    assert done.returncode == 2
    assert "not everything in requirements.lock could be installed" in done.stderr
    assert not (tree / ".venv" / ".ready").exists()
    installs(tree)
    (tree / "fails").unlink()
    assert make(tree).returncode == 0
    assert installs(tree) == 2


@pytest.mark.parametrize("case", ["another lock", "moved", "another Python", "its Python is gone", "no marker"])
def test_what_does_not_fit_any_more_is_made_again(tree: Path, case: str) -> None:
    python(tree, "python3", "3.12")
    python(tree, "python3.13", "3.13")
    assert make(tree, "PYTHON=python3").returncode == 0
    installs(tree)
    match case:
        case "another lock":
            later = (tree / ".venv" / ".ready").stat().st_mtime + 10
            os.utime(tree / "requirements.lock", (later, later))
        case "moved":
            tree = tree.rename(tree.parent / "elsewhere")
        case "its Python is gone":
            (tree / ".venv" / "bin" / "python").unlink()
        case "no marker":
            (tree / ".venv" / ".ready").unlink()
    done = make(tree, *(["PYTHON=python3.13"] if case == "another Python" else []))
    assert done.returncode == 0, done.stderr
    assert installs(tree) == 2
    name = "python3" if case == "another lock" else "python3.13"
    assert (tree / ".venv" / ".ready").read_text() == f"{tree}\n{name}\n"


def test_what_can_be_formatted_is_formatted_even_where_something_cannot_be_mended(tree: Path) -> None:
    shutil.copy(REPOSITORY / "pyproject.toml", tree)
    (tree / ".venv").symlink_to(Path(sys.executable).parents[1])
    (tree / "loose.py").write_text("import os\nx = {  'a':1 }\n")
    (tree / "wrong.py").write_text("import sys\nx = {  'a':1 }\nprint(undefined)\n")
    done = make(tree, "-o", ".venv/.ready", "format")
    assert done.returncode != 0, "something is left to do"
    assert "undefined" in done.stdout
    assert (tree / "loose.py").read_text() == 'x = {"a": 1}\n'
    assert (tree / "wrong.py").read_text() == 'x = {"a": 1}\nprint(undefined)\n'
    (tree / "wrong.py").unlink()
    assert make(tree, "-o", ".venv/.ready", "format").returncode == 0
