"""What a contract says about its own fields and resources (AIP-203, AIP-123), read from the descriptors.

It knows no service: a field is required because its proto says so, and reflection tells callers the same.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from google.api import field_behavior_pb2 as behavior  # type: ignore[import-untyped]
from google.api import resource_pb2 as resource
from google.protobuf.descriptor import Descriptor, FieldDescriptor

REQUIRED: int = behavior.REQUIRED
OUTPUT_ONLY: int = behavior.OUTPUT_ONLY
IMMUTABLE: int = behavior.IMMUTABLE
IDENTIFIER: int = behavior.IDENTIFIER


def behaviors(field: FieldDescriptor) -> frozenset[int]:
    """The `google.api.field_behavior` of a field, empty for one that is optional and says nothing."""
    return frozenset(field.GetOptions().Extensions[behavior.field_behavior])


@lru_cache(maxsize=256)
def fields_with(message: Descriptor, *wanted: int) -> tuple[str, ...]:
    """Names of the message's fields with any of these behaviours, in the order of their numbers."""
    return tuple(field.name for field in _in_order(message) if behaviors(field) & set(wanted))


@lru_cache(maxsize=256)
def changeable(message: Descriptor) -> tuple[str, ...]:
    """Names of the fields of a resource that an update may change, in the order of their numbers."""
    fixed = {OUTPUT_ONLY, IMMUTABLE, IDENTIFIER}
    return tuple(field.name for field in _in_order(message) if not behaviors(field) & fixed)


def reference(field: FieldDescriptor) -> str:
    """The resource type a field names, such as `switchboard/Case`; "" for one that names none, "*" for any."""
    said = field.GetOptions().Extensions[resource.resource_reference]
    return str(said.type or said.child_type)


def is_resource(message: Descriptor) -> bool:
    """Whether a message is a resource, with a name of its own."""
    return bool(message.GetOptions().Extensions[resource.resource].type)


def patterns(file: Any) -> dict[str, str]:
    """Patterns of the resource names in a file and all it imports, by type: `switchboard/Case`."""
    found: dict[str, str] = {}
    seen: set[str] = set()
    files = [file]
    while files:
        one = files.pop()
        if one.name in seen:
            continue
        seen.add(one.name)
        files.extend(one.dependencies)
        declared = [*one.GetOptions().Extensions[resource.resource_definition]]
        declared += [
            message.GetOptions().Extensions[resource.resource] for message in one.message_types_by_name.values()
        ]
        found.update({str(each.type): str(each.pattern[0]) for each in declared if each.type})
    return found


def _in_order(message: Descriptor) -> list[FieldDescriptor]:
    return sorted(message.fields, key=lambda field: field.number)
