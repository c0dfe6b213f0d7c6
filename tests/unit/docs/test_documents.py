"""What the documents say is there is there: links, files, commands, calls, examples, and the picture."""

from __future__ import annotations

import ast
import importlib.util
import json
import re
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import click
import pytest
from chassis.clock import MICROS, Instant
from google.protobuf import descriptor_pool, json_format, message_factory
from ingest import channels
from ingest.normalise import Account, Flaw, Item, Observation, Reason, Unreadable, Withdrawal
from switchboard.ingest.v1 import post_pb2, service_pb2
from switchboard.kpi.v1 import service_pb2 as kpi_pb2
from switchboard_cli.main import COMMANDS, cli

REPOSITORY = Path(__file__).resolve().parents[3]
README = REPOSITORY / "README.md"
NOW = Instant(1_790_000_000 * MICROS)
CONTRACTS = (service_pb2, kpi_pb2)
"""Imported so that the calls in the documents can be looked up."""


@cache
def files() -> tuple[str, ...]:
    """Every file of the repository, generated contracts apart."""
    shown = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )
    if shown.returncode == 0:
        return tuple(shown.stdout.splitlines())
    found = (path.relative_to(REPOSITORY) for path in REPOSITORY.rglob("*") if path.is_file())
    return tuple(str(path) for path in found if not {".venv", ".git", "__pycache__"} & set(path.parts))


DOCUMENTS = [REPOSITORY / name for name in files() if name.endswith(".md") and (REPOSITORY / name).exists()]
RECIPES = sorted((REPOSITORY / "docs" / "recipes").glob("*.md"))
DECISIONS = sorted((REPOSITORY / "docs" / "adr").glob("[0-9]*.md"))
SHOWN = [README, *RECIPES]


def name_of(path: Path) -> str:
    return str(path.relative_to(REPOSITORY))


def blocks(text: str, language: str = "") -> list[str]:
    """The fenced blocks of a language, "" for those that name none."""
    found = re.findall(r"^```(\w*)\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
    return [block for tag, block in found if tag == language]


def lines_of_shell(text: str) -> Iterator[str]:
    """Commands of the blocks that name no language, continuations joined, comments cut."""
    for block in blocks(text):
        for line in block.replace("\\\n", " ").splitlines():
            yield re.sub(r"\s+# .*", "", line).strip()


@pytest.mark.parametrize("document", DOCUMENTS, ids=name_of)
def test_links_lead_somewhere(document: Path) -> None:
    text = re.sub(r"^```.*?^```$", "", document.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        path, _, _ = target.partition("#")
        if path and not re.match(r"[a-z]+:", path):
            assert (document.parent / path).exists(), f"{target} leads nowhere"


def program(name: str) -> Any:
    """A program of docs/ as a module."""
    spec = importlib.util.spec_from_file_location(name, REPOSITORY / "docs" / f"{name}.py")
    assert spec
    assert spec.loader
    made = importlib.util.module_from_spec(spec)
    sys.modules[name] = made  # dataclasses look their module up
    spec.loader.exec_module(made)
    return made


def test_the_glossary_is_the_one_the_code_and_the_contracts_give() -> None:
    glossary = program("glossary")
    written = glossary.GLOSSARY.read_text(encoding="utf-8")
    assert written == glossary.page(), "write it again: .venv/bin/python docs/glossary.py"


def test_the_page_of_settings_is_what_the_services_ask_for() -> None:
    settings = program("settings")
    written = settings.SETTINGS.read_text(encoding="utf-8")
    assert written == settings.page(), "write it again: .venv/bin/python docs/settings.py"


def test_the_page_of_metrics_is_what_the_table_of_metrics_and_its_files_say() -> None:
    metrics = program("metrics")
    written = metrics.METRICS_PAGE.read_text(encoding="utf-8")
    assert written == metrics.page(), "write it again: .venv/bin/python docs/metrics.py"


MARKS = frozenset({"SWITCHBOARD_STATE", "SWITCHBOARD_OWNER"})
"""What a process carries so that it is known whose it is; nobody sets it."""


def test_the_page_of_settings_has_every_variable_that_any_code_names_and_no_other() -> None:
    named: set[str] = set()
    for path in files():
        if re.match(r"(?:cli|libs/chassis|services/[a-z-]+)/src/.*\.py", path):
            for node in ast.walk(ast.parse((REPOSITORY / path).read_text())):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    named |= set(re.findall(r"\ASWITCHBOARD_[A-Z_]+\Z", node.value))
    services = {"INGEST", "ROUTING", "CRM_SYNC", "KPI"}
    named |= {f"SWITCHBOARD_{service}_PORT" for service in services}
    page = program("settings").page()
    assert set(re.findall(r"^\| `(SWITCHBOARD_[A-Z_]+)`", page, re.MULTILINE)) == named - MARKS


def test_the_picture_is_the_one_the_code_draws() -> None:
    draw = program("draw")
    drawn = draw.picture(draw.services())
    assert draw.PICTURE.read_text(encoding="utf-8") == drawn, "draw it again: .venv/bin/python docs/draw.py"


def test_the_followed_event_is_where_the_readme_says() -> None:
    text = README.read_text(encoding="utf-8")
    (event,) = re.findall(r"git grep -w (\w+)", text)
    table = text.partition(f"| {event} is | in |")[2].partition("\n\n")[0]
    found = re.findall(r"\]\(([^)]+)\)", table)
    assert len(found) >= 5
    for path in found:
        assert re.search(rf"\b{event}\b", (REPOSITORY / path).read_text(encoding="utf-8")), f"{path} without {event}"


@pytest.mark.parametrize("recipe", RECIPES, ids=name_of)
def test_files_that_a_recipe_names_exist_or_are_made_by_it(recipe: Path) -> None:
    text = recipe.read_text(encoding="utf-8")
    made = set(re.findall(r'`([^`]+\.py)`:\n\n```python\n"""', text))
    for path in made:
        assert (REPOSITORY / path).parent.is_dir()
    prose = re.sub(r"^```.*?^```$", "", text, flags=re.DOTALL | re.MULTILINE)
    for path in set(re.findall(r"`([\w./-]+\.(?:py|proto|sql|md|toml))`", prose)) - made:
        assert any(f"/{name}".endswith(f"/{path}") for name in files()), f"{path} does not exist"


@pytest.mark.parametrize("recipe", RECIPES, ids=name_of)
def test_what_a_recipe_puts_something_beside_is_there(recipe: Path) -> None:
    for path, neighbour in re.findall(r"`([\w./-]+/[\w.-]+)`, beside `(\w+)`", recipe.read_text(encoding="utf-8")):
        assert re.search(rf"\b{neighbour}\b", (REPOSITORY / path).read_text(encoding="utf-8")), f"{path}: {neighbour}"


PLACES_MAX = 6
EVENT_RECIPE = REPOSITORY / "docs" / "recipes" / "adding-an-event.md"


def places_of_the_recipe() -> list[str]:
    """The files that the recipe for events says a fact touches."""
    table = EVENT_RECIPE.read_text(encoding="utf-8").partition("| place |")[2].partition("\n\n")[0]
    return re.findall(r"^\| `([^`]+)` \|", table, re.MULTILINE)


def mentioning(name: str) -> set[str]:
    """Files of ours with that word: contracts and sources, not tests, documents or what is generated."""
    sources = [
        file for file in files() if re.match(r"protos/switchboard/.+\.proto|(services|libs|cli)/.+\.(py|sql)$", file)
    ]
    return {
        file
        for file in sources
        if (REPOSITORY / file).exists() and re.search(rf"\b{name}\b", (REPOSITORY / file).read_text(encoding="utf-8"))
    }


def test_a_fact_is_added_in_six_places_at_most_and_the_recipe_has_a_step_for_each() -> None:
    places = places_of_the_recipe()
    assert 0 < len(places) <= PLACES_MAX
    steps = EVENT_RECIPE.read_text(encoding="utf-8").partition("## 1.")[2].partition("## 7.")[0]
    named = set(re.findall(r"`((?:protos|services|libs|cli)/[\w./-]+\.(?:py|proto|sql))`", steps))
    assert named == set(places)


@pytest.mark.parametrize(("fact", "command"), [("CaseResolved", "ResolveCase"), ("CasePended", "PendCase")])
def test_the_facts_that_are_there_stand_where_the_recipe_says(fact: str, command: str) -> None:
    routing = "services/routing/src/routing"
    # A look that may be spared, a look on, and what ends with a case.
    not_needed = {f"{routing}/{one}.py" for one in ("matching", "simulation/driving", "views/drafts", "tasks")}
    places = {*places_of_the_recipe(), *not_needed}
    assert {"events.proto", "events.py", "cases.py"} <= {Path(place).name for place in mentioning(fact)}
    assert mentioning(fact) <= places
    call = {f"services/routing/src/routing/{name}.py" for name in ("requests", "servicer", "decider")}
    asking = {place for place in mentioning(command) if not place.startswith("cli/")}
    assert asking - call <= places | {"protos/switchboard/routing/v1/service.proto"}


@pytest.mark.parametrize("document", SHOWN, ids=name_of)
def test_make_has_every_target_that_is_named(document: Path) -> None:
    targets = set(re.findall(r"^([a-z0-9-]+):.*## ", (REPOSITORY / "Makefile").read_text(), re.MULTILINE))
    for line in lines_of_shell(document.read_text(encoding="utf-8")):
        for command in line.split("&&"):
            words = shlex.split(command)
            if words[:1] == ["make"]:
                assert {word for word in words[1:] if "=" not in word} <= targets, command


@pytest.mark.parametrize("document", SHOWN, ids=name_of)
def test_the_command_line_understands_what_is_typed(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    for line in lines_of_shell(text):
        words = shlex.split(line) if line.startswith(".venv/bin/switchboard ") else []
        if words:
            understood(words[1:])
    for named in re.findall(r"`switchboard ([a-z]+)", text):
        assert named in COMMANDS


def understood(words: list[str]) -> None:
    """Parses a command line without running it. Raises click's NoSuchOption or UsageError."""
    command: click.Command = cli
    while isinstance(command, click.Group):
        found = command.get_command(click.Context(command), words[0])
        assert found is not None, f"there is no command {words[0]}"
        command, words = found, words[1:]
    command.make_parser(click.Context(command)).parse_args(words)


def test_the_calls_of_the_readme_fit_the_contracts() -> None:
    calls = [line for line in lines_of_shell(README.read_text(encoding="utf-8")) if "buf curl" in line]
    assert calls
    for line in calls:
        words = shlex.split(line)
        service, _, method = words[-1].partition("://")[2].partition("/")[2].partition("/")
        if method:
            called = descriptor_pool.Default().FindServiceByName(service).FindMethodByName(method)
            request = message_factory.GetMessageClass(called.input_type)()
            json_format.Parse(words[words.index("-d") + 1], request)


def test_the_posts_of_the_readme_are_what_it_says_they_are() -> None:
    (made,) = re.findall(r"<<'END'\n(.*?)^END$", README.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    items = channels.read(made.encode(), "application/json", Account("x", "", frozenset({"acme", "5"})), NOW)
    posts = [item for item in items if isinstance(item, Observation)]
    assert len(posts) == len(items) == 3
    assert [post.author_id == "5" for post in posts] == [False, True, False]
    assert posts[1].in_reply_to == posts[0].external_id
    assert posts[1].published_at - posts[0].published_at == 7.5 * 60 * MICROS


@pytest.mark.parametrize("page", DECISIONS, ids=name_of)
def test_a_decision_is_numbered_titled_and_listed(page: Path) -> None:
    number = int(page.name[:4])
    first, _, text = page.read_text(encoding="utf-8").partition("\n")
    title = re.fullmatch(rf"# {number}\. (.+)", first)
    assert title, f"{page.name} begins with {first!r}"
    assert re.search(r"\*\*(Context|Problem)\.\*\*", text)
    assert "**Decision.**" in text
    index = (page.parent / "README.md").read_text(encoding="utf-8")
    assert f"| {number} | [{title[1]}]({page.name}) |" in index


def test_no_two_decisions_share_a_number() -> None:
    numbers = [page.name[:4] for page in DECISIONS]
    assert len(numbers) == len(set(numbers))


@pytest.mark.parametrize("service", ["ingest", "routing", "crm-sync", "kpi"])
def test_a_service_says_of_each_of_its_files_once_what_it_knows(service: str) -> None:
    package = REPOSITORY / "services" / service / "src" / service.replace("-", "_")
    page = (REPOSITORY / "services" / service / "README.md").read_text(encoding="utf-8")
    table = re.search(r"^\| file \| knows \|\n(?:\|.*\n)+", page, re.MULTILINE)
    assert table
    named = [name for row in table[0].splitlines() for name in re.findall(r"`([\w/]+(?:\.py|/))`", row.split("|")[1])]
    rooms = tuple(name for name in named if name.endswith("/"))
    files = [str(file.relative_to(package)) for file in package.rglob("*.py") if file.name != "__init__.py"]
    assert sorted(name for name in named if name not in rooms) == sorted(
        file for file in files if not file.startswith(rooms)
    )


def example_adapter() -> Any:
    """`read` of the adapter in the recipe."""
    (code, *_) = blocks((REPOSITORY / "docs/recipes/adding-a-channel.md").read_text(encoding="utf-8"), "python")
    names: dict[str, Any] = {}
    exec(compile(code, "adding-a-channel.md", "exec"), names)
    return names["read"]


GOOD = {"id": 7, "created_at": "2025-10-08T20:19:24Z", "text": "late again", "author": {"id": "077", "name": "mia"}}


@pytest.mark.parametrize(
    ("payload", "kinds"),
    [
        pytest.param(GOOD, [Observation], id="one review"),
        pytest.param({"reviews": [GOOD, {**GOOD, "id": 8, "reply_to": 7}]}, [Observation] * 2, id="a page of them"),
        pytest.param({"reviews": [{"id": 7, "removed": True}]}, [Withdrawal], id="a removal"),
        pytest.param([{**GOOD, "id": 1.5}, GOOD], [Flaw, Observation], id="a bad one harms no other"),
    ],
)
def test_the_example_adapter_reads(payload: object, kinds: list[type[Item]]) -> None:
    items = example_adapter()(json.dumps(payload).encode(), "", Account("reviews", "", frozenset()), NOW)
    assert [type(item) for item in items] == kinds


def test_the_example_adapter_keeps_ids_kinds_and_threads() -> None:
    page = json.dumps([GOOD, {**GOOD, "id": 8, "reply_to": 7}]).encode()
    review, reply = example_adapter()(page, "", Account("reviews", "", frozenset()), NOW)
    assert (review.external_id, review.author_id, review.kind) == ("7", "77", post_pb2.POST_KIND_REVIEW)
    assert (reply.in_reply_to, reply.kind) == ("7", post_pb2.POST_KIND_COMMENT)


def test_the_example_adapter_refuses_what_is_no_review() -> None:
    with pytest.raises(Unreadable) as refused:
        example_adapter()(b"17", "", Account("reviews", "", frozenset()), NOW)
    assert refused.value.reason is Reason.UNKNOWN_FORM


def test_message_and_class_of_the_example_event_agree() -> None:
    text = (REPOSITORY / "docs/recipes/adding-an-event.md").read_text(encoding="utf-8")
    message, *_ = blocks(text, "proto")
    fields = re.findall(r"^  (?:repeated )?[\w.]+ (\w+) = \d+;", message, re.MULTILINE)
    classes = [
        node
        for block in blocks(text, "python")
        if block.startswith("class ")
        for node in ast.parse(block).body
        if isinstance(node, ast.ClassDef)
    ]
    event = next(node for node in classes if f"message {node.name} " in message)
    assert [ast.unparse(line.target) for line in event.body if isinstance(line, ast.AnnAssign)] == fields


def test_every_package_says_its_licence() -> None:
    assert (REPOSITORY / "LICENSE").read_text(encoding="utf-8").lstrip().startswith("Apache License\n")
    projects = [REPOSITORY / name for name in files() if name.endswith("/pyproject.toml")]
    assert len(projects) == 7
    for path in projects:
        assert tomllib.loads(path.read_text(encoding="utf-8"))["project"]["license"] == "Apache-2.0", path
