"""Messages of the contracts' facts with anything in them, and how a struct says the same."""

from __future__ import annotations

import keyword
from typing import Any

from chassis.clock import FIRST, LAST, MICROS
from chassis.layout import message_class
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message
from hypothesis import strategies as st
from switchboard.crm.v1 import events_pb2 as crm
from switchboard.ingest.v1 import events_pb2 as ingest
from switchboard.ingest.v1 import post_pb2
from switchboard.kpi.v1 import events_pb2 as kpi
from switchboard.log.v1 import operations_pb2, tenants_pb2
from switchboard.routing.v1 import events_pb2 as routing

FACTS = [
    descriptor.full_name
    for file in (crm, ingest, kpi, routing)
    for descriptor in file.DESCRIPTOR.message_types_by_name.values()
]
"""Every message of the services' events."""
OTHERS = [
    kind.DESCRIPTOR.full_name
    for kind in (
        operations_pb2.InputParked,
        operations_pb2.InputReleased,
        tenants_pb2.TenantChanged,
        tenants_pb2.TenantDeleted,
        tenants_pb2.TenantPurged,
        tenants_pb2.ShardClosed,
        post_pb2.PersonalContent,
        post_pb2.PostNames,
    )
]
"""What else is written that way."""
_TIMESTAMP = "google.protobuf.Timestamp"
_VALUES: dict[int, st.SearchStrategy[Any]] = {
    FieldDescriptor.TYPE_STRING: st.text(st.characters(exclude_categories=["Cs"]), max_size=40),
    FieldDescriptor.TYPE_BYTES: st.binary(max_size=300),
    FieldDescriptor.TYPE_BOOL: st.booleans(),
    FieldDescriptor.TYPE_DOUBLE: st.floats(allow_nan=False),
    FieldDescriptor.TYPE_INT32: st.integers(-(2**31), 2**31 - 1),
    FieldDescriptor.TYPE_ENUM: st.integers(-(2**31), 2**31 - 1),
    FieldDescriptor.TYPE_UINT32: st.integers(0, 2**32 - 1),
    FieldDescriptor.TYPE_INT64: st.integers(-(2**63), 2**63 - 1),
    FieldDescriptor.TYPE_UINT64: st.integers(0, 2**64 - 1),
}


@st.composite
def messages(draw: st.DrawFn, full_name: str) -> Message:
    """A message of a type, any of its fields set to anything its type holds; instants in whole microseconds."""
    message = message_class(full_name)()
    for field in message.DESCRIPTOR.fields:
        if draw(st.booleans()):
            _fill(draw, message, field)
    return message


def _fill(draw: st.DrawFn, message: Any, field: Any) -> None:
    part: Descriptor | None = field.message_type
    count = draw(st.integers(0, 3)) if field.is_repeated else 1
    for _ in range(count):
        if part is None:
            value = draw(_VALUES[field.type])
            if field.is_repeated:
                getattr(message, field.name).append(value)
            else:
                setattr(message, field.name, value)
        else:
            into = getattr(message, field.name).add() if field.is_repeated else getattr(message, field.name)
            if part.full_name == _TIMESTAMP:
                into.seconds, micros = divmod(draw(st.integers(FIRST, LAST)), MICROS)
                into.nanos = 1000 * micros
                into.SetInParent()
            else:
                into.MergeFrom(draw(messages(part.full_name)))
                into.SetInParent()


def says_the_same(fact: Any, message: Any) -> bool:
    """Whether a struct and a message agree field by field, told by nothing but the two and the descriptor."""
    for field in message.DESCRIPTOR.fields:
        ours = getattr(fact, f"{field.name}_" if keyword.iskeyword(field.name) else field.name)
        theirs = getattr(message, field.name)
        if field.is_repeated:
            if len(ours) != len(theirs) or not all(map(_alike, ours, theirs)):
                return False
        elif field.has_presence and not message.HasField(field.name):
            is_instant = field.message_type is not None and field.message_type.full_name == _TIMESTAMP
            if ours != (0 if is_instant and field.containing_oneof is None else None):
                return False
        elif not _alike(ours, theirs):
            return False
    return True


def _alike(ours: Any, theirs: Any) -> bool:
    if not isinstance(theirs, Message):
        return type(ours) is type(theirs) and bool(ours == theirs)
    if theirs.DESCRIPTOR.full_name == _TIMESTAMP:
        return bool(ours == theirs.seconds * MICROS + theirs.nanos // 1000)  # type: ignore[attr-defined]
    return says_the_same(ours, theirs)
