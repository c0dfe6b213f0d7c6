"""Every reason a refusal may carry is declared once, spelled one way, and explained in docs/errors.md."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from enum import StrEnum
from pathlib import Path

import crm_sync.decider
import crm_sync.servicer
import grpc
import ingest.servicer
import ingest.sources
import kpi.calendar_calls
import kpi.decider
import pytest
import routing.commands
import routing.servicer
from chassis import errors

ROOT = Path(__file__).resolve().parents[3]
PAGE = ROOT / "docs" / "errors.md"
SOURCES = [path for room in ("libs", "services") for path in (ROOT / room).glob("*/src/**/*.py")]
UNKNOWN = "_UNKNOWN"
SERVICES: Mapping[str, tuple[type[StrEnum], Mapping[str, grpc.StatusCode]]] = {
    "routing": (routing.commands.Reason, routing.servicer.CODES),
    "ingest": (ingest.sources.Reason, ingest.servicer.CODES),
    "crm-sync": (crm_sync.decider.Reason, crm_sync.servicer.CODES),
    "kpi": (kpi.decider.Reason, kpi.calendar_calls.CODES),
}


def table(heading: str) -> dict[str, str]:
    """The reasons and codes of a section."""
    section = PAGE.read_text().split(f"## {heading}\n")[1].split("\n## ")[0]
    return dict(re.findall(r"^\| `([A-Z_]+)` \| ([A-Z_]+) \|", section, re.MULTILINE))


@pytest.mark.parametrize("service", SERVICES)
def test_the_reasons_of_a_service_are_explained_with_their_codes(service: str) -> None:
    reasons, codes = SERVICES[service]
    expected = {
        str(reason): codes.get(reason, grpc.StatusCode.FAILED_PRECONDITION).name
        for reason in reasons
        if not reason.endswith(UNKNOWN)
    }
    assert table(f"Of {service}") == expected


def test_the_reasons_of_every_method_are_explained() -> None:
    assert table("Of every method").keys() == {str(reason) for reason in errors.Reason}


def test_what_is_not_there_is_told_by_one_reason_of_its_kind_whoever_says_it() -> None:
    decided = {str(reason): codes.get(reason) for kinds, codes in SERVICES.values() for reason in kinds}
    unknown = {reason: code.name for reason, code in decided.items() if code and reason.endswith(UNKNOWN)}
    looked_up = {errors.NotFound(kind, "").reason: "NOT_FOUND" for kind in missing_kinds()}
    assert table("What is not there") == unknown | looked_up


def missing_kinds() -> Iterator[str]:
    """The kinds of what any code says is not there."""
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "NotFound":
                assert isinstance(node.args[0], ast.Constant), f"{path}:{node.lineno} says no kind"
                yield str(node.args[0].value)


def test_every_reason_has_one_spelling_and_one_owner() -> None:
    declared = [str(reason) for kinds, _ in SERVICES.values() for reason in kinds if not reason.endswith(UNKNOWN)] + [
        str(one) for one in errors.Reason
    ]
    assert all(re.fullmatch(r"[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*", reason) for reason in declared)
    assert [reason for reason, times in Counter(declared).items() if times > 1] == []
    assert all(reason.name == reason.value for kinds, _ in SERVICES.values() for reason in kinds)
