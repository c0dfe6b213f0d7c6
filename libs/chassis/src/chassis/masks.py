"""Which fields an update changes (AIP-134): those of its mask; without one, those that are populated.

It knows no resource. What may be changed at all is what the resource's proto leaves open: no identifier, nothing that
is output only or immutable.
"""

from __future__ import annotations

from google.protobuf.field_mask_pb2 import FieldMask
from google.protobuf.message import Message

from chassis.annotations import IMMUTABLE, changeable, fields_with

ALL = "*"

Violation = tuple[str, str]


def changed_fields(
    resource: Message, mask: FieldMask, where: str = "update_mask"
) -> tuple[tuple[str, ...], list[Violation]]:
    """(names of the fields to change, what is wrong with the mask as (field, description)).

    "*" replaces everything that may be changed, and a field that is named and not set is set back to its default. A
    mask that is absent or empty takes what is populated, and what may not be changed is passed over: so a resource that
    was read can be sent back. What is immutable and differs is for `immutable_violations`.
    """
    open_to_change = changeable(resource.DESCRIPTOR)
    paths = tuple(dict.fromkeys(mask.paths))
    if not paths:
        populated = {field.name for field, _ in resource.ListFields()}
        return tuple(name for name in open_to_change if name in populated), []
    if paths == (ALL,):
        return open_to_change, []
    return paths, [(where, _complaint(resource, path)) for path in paths if path not in open_to_change]


def immutable_violations(resource: Message, present: Message, where: str) -> list[Violation]:
    """What is wrong with a resource that is sent for an update: populated fields that never change (IMMUTABLE) and
    differ from what the resource has at present (AIP-203). `where` is the request's field that holds it.
    """
    fixed = fields_with(resource.DESCRIPTOR, IMMUTABLE)
    populated = {field.name for field, _ in resource.ListFields()}
    return [
        (f"{where}.{name}", "never changes, and is another one; leave it out, or make another resource")
        for name in fixed
        if name in populated and getattr(resource, name) != getattr(present, name)
    ]


def _complaint(resource: Message, path: str) -> str:
    if path == ALL:
        return f"{ALL} stands alone or not at all"
    known = ", ".join(changeable(resource.DESCRIPTOR))
    if path in resource.DESCRIPTOR.fields_by_name:
        return f"{path} cannot be changed; what can is {known}"
    return f"{path[:60]} is none of {known}"
