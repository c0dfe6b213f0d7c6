"""Every reason a refusal may carry is declared once, spelled one way, and explained in docs/errors.md."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path

import crm_sync.decider
import crm_sync.servicer
import grpc
import ingest.servicer
import ingest.sources
import pytest
import routing.commands
import routing.servicer
from chassis import errors

PAGE = Path(__file__).resolve().parents[3] / "docs" / "errors.md"
SERVICES: Mapping[str, tuple[type[StrEnum], Mapping[str, grpc.StatusCode]]] = {
    "routing": (routing.commands.Reason, routing.servicer.CODES),
    "ingest": (ingest.sources.Reason, ingest.servicer.CODES),
    "crm-sync": (crm_sync.decider.Reason, crm_sync.servicer.CODES),
}


def table(heading: str) -> dict[str, str]:
    """The reasons and codes of a section."""
    section = PAGE.read_text().split(f"## {heading}\n")[1].split("\n## ")[0]
    return dict(re.findall(r"^\| `([A-Z_]+)` \| ([A-Z_]+) \|", section, re.MULTILINE))


@pytest.mark.parametrize("service", SERVICES)
def test_the_reasons_of_a_service_are_explained_with_their_codes(service: str) -> None:
    reasons, codes = SERVICES[service]
    expected = {str(reason): codes.get(reason, grpc.StatusCode.FAILED_PRECONDITION).name for reason in reasons}
    assert table(f"Of {service}") == expected


def test_the_reasons_of_every_method_are_explained() -> None:
    assert table("Of every method").keys() == {str(reason) for reason in errors.Reason}


def test_every_reason_has_one_spelling_and_one_owner() -> None:
    declared = [str(reason) for kinds, _ in SERVICES.values() for reason in kinds] + [str(one) for one in errors.Reason]
    assert all(re.fullmatch(r"[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*", reason) for reason in declared)
    assert [reason for reason, times in Counter(declared).items() if times > 1] == []
    assert all(reason.name == reason.value for kinds, _ in SERVICES.values() for reason in kinds)
