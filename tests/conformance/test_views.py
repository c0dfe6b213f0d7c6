"""What must be true of every view: it knows each event of its contexts, and its names carry its version."""

import importlib
import re
import typing
from types import UnionType
from typing import Any

from every_view import SERVICES, VIEWS, every_view

CONTEXTS = {"ingest": ("post", "ingest"), "routing": ("work", "routing"), "crm_sync": ("crm", "crm")}
"""Service -> the context it owns, the contract's name."""


def events_of(package: str) -> set[str]:
    """Full names of all members of a service's event unions."""
    unions = [v for v in vars(importlib.import_module(f"{package}.events")).values() if isinstance(v, UnionType)]
    contract = CONTEXTS[package][1]
    return {f"switchboard.{contract}.v1.{member.__name__}" for union in unions for member in typing.get_args(union)}


KNOWN = {context: events_of(package) for package, (context, _) in CONTEXTS.items()}


def test_every_service_has_one() -> None:
    assert {view.__module__.partition(".")[0] for view in VIEWS} == set(SERVICES)


@every_view
def test_a_view_folds_or_ignores_each_event_of_its_contexts(view: Any) -> None:
    for context in sorted(view.contexts):
        for event in sorted(KNOWN[context]):
            assert event in view.handles | view.ignores, f"{view.name} knows nothing of {event}"


@every_view
def test_a_view_does_not_ignore_what_it_folds(view: Any) -> None:
    assert not view.handles & view.ignores


@every_view
def test_a_view_creates_only_tables_that_carry_its_version(view: Any) -> None:
    version = re.fullmatch(r"[a-z_]+(_v\d+)", view.name)
    assert version, f"{view.name} does not end in its version"
    created = re.findall(r"create table if not exists (\S+)", view.schema)
    assert created
    assert all(version[1] in table for table in created), created


@every_view
def test_a_view_says_how_each_of_its_tables_is_ordered(view: Any) -> None:
    created = set(re.findall(r"create table if not exists ([a-z0-9_]+)", view.schema))
    assert set(view.dumps) <= created
