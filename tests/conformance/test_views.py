"""What must be true of every view: it knows each event of its contexts, and its names carry its version."""

import importlib
import re
import typing
from types import UnionType
from typing import Any

from chassis.commits import Subject
from chassis.parts import PARTS
from chassis.view import ViewSink
from every_view import SERVICES, VIEWS, every_view
from hostile_events import entries, ordinary

CONTEXTS = {
    "ingest": ("post", "ingest"),
    "routing": ("work", "routing"),
    "crm_sync": ("crm", "crm"),
    "kpi": ("kpi", "kpi"),
}
"""Service -> the context it owns, the contract's name."""


def events_of(package: str) -> set[str]:
    """Full names of all members of a service's event unions."""
    module = importlib.import_module(f"{package}.events")
    unions = [v for v in vars(module).values() if isinstance(v, UnionType)] or [module.Event]
    contract = CONTEXTS[package][1]
    members = [member for union in unions for member in typing.get_args(union) or (union,)]
    return {f"switchboard.{contract}.v1.{member.__name__}" for member in members}


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


@every_view
def test_each_row_of_a_view_is_of_one_tenant(view: Any) -> None:
    tables = re.findall(r"create table if not exists ([a-z0-9_]+) \((.*?)\n\)", view.schema, flags=re.DOTALL)
    assert {table for table, _ in tables} >= set(view.dumps)
    for table, columns in tables:
        assert re.search(r"^ *tenant text\b.* not null", columns, flags=re.MULTILINE), f"{table} has no tenant"
        unique = [
            *re.findall(r"(?:primary key|unique) \(([^)]*)\)", columns),
            *re.findall(rf"create unique index if not exists \S+\s+on {table} \(([^)]*)\)", view.schema),
        ]
        assert unique, f"{table} has no key"
        assert all("tenant" in re.split(r",\s*", one) for one in unique), f"two tenants share a key of {table}"


@every_view
def test_no_two_tenants_events_touch_a_row_of_a_view_together(view: Any) -> None:
    # The same ids and all else, of two tenants; replicas fold them side by side.
    one, other = view(), view()
    for name in sorted(view.handles):
        context = next(context for context, known in KNOWN.items() if name in known)
        facts = [(Subject(context, tenant, "0"), [ordinary(name, "k")]) for tenant in ("acme", "globex")]
        [mine], [others] = (entry.events() for entry in entries(facts))
        mine_keys, others_keys = set(one.keys(mine)), set(other.keys(others))
        assert mine_keys, f"{name} touches nothing"
        assert mine_keys.isdisjoint(others_keys), f"{name} of two tenants touches {mine_keys & others_keys}"


@every_view
def test_replicas_share_every_view(view: Any) -> None:
    assert ViewSink(view()).parts == PARTS
