"""What may stand in a field of a request and should not, by the field's type. Knows descriptors, no method."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

from chassis.commits import Position
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message

LONG = 200_000
TEXTS = (
    "",
    "\0",
    "a\0b",
    "x" * 300,
    "x" * 5_000,
    "很" * 3_000,
    "x" * LONG,
    "../../etc/passwd",
    "tenants/",
    "tenants//cases/1",
    "tenants/UPPER/cases/1",
    "tenants/nobody",
    "tenants/nobody/cases/not-a-uuid",
    "' or 1=1 --",
    "%00%0a\r\n",
    "\u202etxt",
    "{}",
    "$1",
    'a = "' + "\\" * 999,
    " AND ".join(["a = 1"] * 40_000),
    "a = " + "(" * 8_000,
    Position.encode(1 << 40),
    Position.encode((1 << 64) - 1),
    base64.urlsafe_b64encode(b"p" + b"\xff" * 30).decode(),
    base64.urlsafe_b64encode(b'["x"]').decode(),
    "00000000-0000-0000-0000-000000000000",
    "9" * 40,
    "-1",
    "NaN",
    "2026-02-30T00:00:00Z",
    "1e999",
)
FEW = ("", "\0", "x" * 5_000, "\u202etxt", "NaN", "tenants/nobody/cases/not-a-uuid")
"""What is tried in messages within messages: each of them multiplies."""
INT32 = (-1, 1, 2**31 - 1, -(2**31))
INT64 = (-1, 1, 2**63 - 1, -(2**63))
DOUBLES = (-1.0, 2.0, 1e308, -1e308, float("nan"), float("inf"), float("-inf"), 5e-324)
ENUMS = (40_000, -1, 2**31 - 1)
TIMES = ((1 << 62, 0), (-(1 << 62), 0), (0, -1), (0, 2**31 - 1), (-62_135_596_801, 0), (253_402_300_800, 0),
         (-62_135_596_800, 0), (253_402_300_799, 999_999_999))  # fmt: skip
ITEMS = 2_000
DEPTH_MAX = 4


def variants(request: Message, names: tuple[str, ...]) -> Iterator[tuple[str, Message]]:
    """(what was changed, the request with one field changed), for every field and everything that may stand in it.

    `names` are resource names, some of them of other kinds or of nothing, to try wherever a text may stand.
    """
    yield from _fields(request, request, (), names)


def _fields(root: Message, at: Message, path: tuple[str, ...], names: tuple[str, ...]) -> Iterator[tuple[str, Message]]:
    for field in at.DESCRIPTOR.fields:
        for label, change in _changes(field, None if len(path) >= 2 else names):
            made = type(root)()
            made.CopyFrom(root)
            holder: Any = made
            for step in path:
                holder = getattr(holder, step)
            change(holder)
            yield f"{'.'.join((*path, field.name))} {label}", made
        if _descends(field) and len(path) < DEPTH_MAX:
            yield from _fields(root, getattr(at, field.name), (*path, field.name), names)


def _descends(field: FieldDescriptor) -> bool:
    return field.message_type is not None and not field.is_repeated and not _known(field.message_type)


def _known(message: Any) -> bool:
    return str(message.full_name).startswith("google.protobuf.")


def _changes(field: FieldDescriptor, names: tuple[str, ...] | None) -> Iterator[tuple[str, Any]]:
    name = field.name
    yield "left out", lambda holder: holder.ClearField(name)
    if field.message_type is not None and field.message_type.GetOptions().map_entry:
        odd = {"\0": "\0", "": "", "x" * 999: "y" * 9_999}
        yield "of odd entries", lambda holder: getattr(holder, name).update(odd)
        return
    if field.is_repeated:
        if field.message_type is not None:
            yield "empty twice", lambda holder: [getattr(holder, name).add() for _ in range(2)]
            yield "of too many", lambda holder: [getattr(holder, name).add() for _ in range(ITEMS)]
            for label, change in _within(field.message_type):
                yield f"[0].{label}", lambda holder, change=change: change(getattr(holder, name).add())
        else:
            values = list(_values(field, names))
            short = [one for one in values if not isinstance(one, str) or len(one) < 999]
            yield "twice the same", lambda holder: getattr(holder, name).extend(values[-1:] * 2)
            yield "of too many", lambda holder: getattr(holder, name).extend((short * ITEMS)[:ITEMS])
            for value in values:
                yield _label(value), lambda holder, value=value: getattr(holder, name).append(value)
        return
    if field.message_type is not None:
        yield "empty", lambda holder: getattr(holder, name).SetInParent()
        if field.message_type.full_name in ("google.protobuf.Timestamp", "google.protobuf.Duration"):
            for seconds, nanos in TIMES:
                yield f"{seconds} s {nanos} ns", lambda holder, s=seconds, n=nanos: _set_time(holder, name, s, n)
        elif field.message_type.full_name == "google.protobuf.FieldMask":
            for paths in (["*", "name"], ["nonsense"], ["\0"], ["x"] * ITEMS, ["x" * 5_000]):
                yield f"mask {_label(paths[0])}", lambda holder, p=paths: getattr(holder, name).paths.extend(p)
        return
    for value in _values(field, names):
        yield _label(value), lambda holder, value=value: setattr(holder, name, value)


def _within(message: Descriptor) -> Iterator[tuple[str, Any]]:
    for field in message.fields:
        for label, change in _changes(field, None):
            yield f"{field.name} {label}", change


def _set_time(holder: Any, name: str, seconds: int, nanos: int) -> None:
    getattr(holder, name).seconds = seconds
    getattr(holder, name).nanos = nanos


def _values(field: FieldDescriptor, names: tuple[str, ...] | None) -> tuple[Any, ...]:
    match field.type:
        case FieldDescriptor.TYPE_STRING:
            return FEW if names is None else (*TEXTS, *names)
        case FieldDescriptor.TYPE_BYTES:
            return (b"", b"\xff" * 100, b"\0")
        case FieldDescriptor.TYPE_INT32:
            return INT32
        case FieldDescriptor.TYPE_INT64:
            return INT64
        case FieldDescriptor.TYPE_DOUBLE:
            return DOUBLES
        case FieldDescriptor.TYPE_ENUM:
            return ENUMS
        case FieldDescriptor.TYPE_BOOL:
            return (True,)
        case _:
            raise TypeError(f"{field.full_name}: say what is hostile in a field of this type")


def _label(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 40 else f"{text[:30]}... ({len(text)})"
