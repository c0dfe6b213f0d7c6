"""What an update changes, on every Update method there is: found in the contracts, not listed here."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from chassis.annotations import IDENTIFIER, IMMUTABLE, OUTPUT_ONLY, changeable, fields_with
from chassis.masks import changed_fields, immutable_violations
from google.protobuf import message_factory
from google.protobuf.field_mask_pb2 import FieldMask
from google.protobuf.message import Message
from hypothesis import given
from hypothesis import strategies as st
from switchboard.crm.v1 import service_pb2 as crm
from switchboard.ingest.v1 import service_pb2 as ingest
from switchboard.kpi.v1 import service_pb2 as kpi
from switchboard.log.v1 import operations_pb2, tenants_pb2
from switchboard.routing.v1 import desk_pb2
from switchboard.routing.v1 import service_pb2 as routing


def updated() -> Iterator[type[Message]]:
    """The resource of every Update method."""
    for contract in (ingest, routing, desk_pb2, crm, kpi, operations_pb2, tenants_pb2):
        for service in contract.DESCRIPTOR.services_by_name.values():
            for method in service.methods:
                if method.name.startswith("Update"):
                    resource, *others = method.input_type.fields
                    assert "update_mask" in {field.name for field in others}, method.full_name
                    assert resource.message_type.name == method.name.removeprefix("Update"), method.full_name
                    yield message_factory.GetMessageClass(resource.message_type)


RESOURCES = [pytest.param(kind, id=kind.DESCRIPTOR.name) for kind in updated()]


def populated(kind: type[Message], fields: set[str]) -> Any:
    """A resource with something in these fields."""
    made: Any = kind()
    for field in made.DESCRIPTOR.fields:
        if field.name not in fields:
            continue
        nested = field.message_type
        if nested is not None and nested.GetOptions().map_entry:
            getattr(made, field.name)["brand"] = "Acme"
        elif nested is not None:
            (getattr(made, field.name).add() if field.is_repeated else getattr(made, field.name)).SetInParent()
        elif field.cpp_type == field.CPPTYPE_STRING:
            getattr(made, field.name).append("a") if field.is_repeated else setattr(made, field.name, "a")
        else:
            setattr(made, field.name, 1)
    return made


@pytest.mark.parametrize("kind", RESOURCES)
@given(st.data())
def test_without_a_mask_exactly_what_is_populated_changes(kind: type[Message], data: st.DataObject) -> None:
    every = [field.name for field in kind.DESCRIPTOR.fields]
    chosen = data.draw(st.sets(st.sampled_from(every)))
    fields, wrong = changed_fields(populated(kind, chosen), FieldMask())
    assert set(fields) == chosen & set(changeable(kind.DESCRIPTOR))
    assert wrong == []


@pytest.mark.parametrize("kind", RESOURCES)
@given(st.data())
def test_what_never_changes_is_refused_exactly_where_it_differs(kind: type[Message], data: st.DataObject) -> None:
    fixed = fields_with(kind.DESCRIPTOR, IMMUTABLE)
    every = {field.name for field in kind.DESCRIPTOR.fields}
    sent = populated(kind, data.draw(st.sets(st.sampled_from(sorted(every)))))
    assert immutable_violations(sent, populated(kind, every), "it") == [], "it can be sent back"
    differing = [f"it.{name}" for name in fixed if getattr(sent, name)]
    assert [field for field, _ in immutable_violations(sent, kind(), "it")] == differing


@pytest.mark.parametrize("kind", RESOURCES)
def test_a_star_replaces_all_that_may_be_changed(kind: type[Message]) -> None:
    assert changed_fields(kind(), FieldMask(paths=["*"])) == (changeable(kind.DESCRIPTOR), [])


@pytest.mark.parametrize("kind", RESOURCES)
def test_what_is_named_is_taken_whether_it_is_populated_or_not(kind: type[Message]) -> None:
    for field in changeable(kind.DESCRIPTOR):
        assert changed_fields(kind(), FieldMask(paths=[field, field])) == ((field,), [])


@pytest.mark.parametrize("kind", RESOURCES)
def test_every_path_that_is_unknown_or_fixed_is_refused_by_its_name(kind: type[Message]) -> None:
    fixed = fields_with(kind.DESCRIPTOR, OUTPUT_ONLY, IMMUTABLE, IDENTIFIER)
    assert "name" in fixed
    paths = ["colour", "*", *fixed, changeable(kind.DESCRIPTOR)[0]]
    _, wrong = changed_fields(kind(), FieldMask(paths=paths))
    assert [field for field, _ in wrong] == ["update_mask"] * (len(paths) - 1)
    for path, (_, why) in zip(paths, wrong, strict=False):
        assert why.startswith(path)
