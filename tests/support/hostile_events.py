"""Events of any contract with values nobody should write and anybody may: valid protobuf, hostile contents.

It knows descriptors and no event. A story is a tenant's: events that found everything, then one with a hostile field.
"""

from __future__ import annotations

import contextlib
import random
from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID

import recording
from chassis.clock import MICROS, Instant
from chassis.commits import Commit, Entry, Subject, encode, event_of
from chassis.layout import message_class
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp
from switchboard.log.v1 import log_pb2

LARGE = 1_000_000
_HOSTILE: dict[int, Sequence[Any]] = {
    FieldDescriptor.TYPE_ENUM: (40_000, -1, 0),
    FieldDescriptor.TYPE_INT32: (2**31 - 1, -(2**31), 0),
    FieldDescriptor.TYPE_INT64: (2**63 - 1, -(2**63), 0),
    FieldDescriptor.TYPE_UINT32: (2**32 - 1, 0),
    FieldDescriptor.TYPE_UINT64: (2**64 - 1, 0),
    FieldDescriptor.TYPE_DOUBLE: (float("nan"), float("inf"), -1e308),
    FieldDescriptor.TYPE_FLOAT: (float("nan"), float("inf")),
    FieldDescriptor.TYPE_BOOL: (False, True),
    FieldDescriptor.TYPE_STRING: ("", "not-a-uuid", "a\0b", "a/b!c/d", "\u202e\u2028\x1b[2J", "0" * 3_000),
    FieldDescriptor.TYPE_BYTES: (b"", b"\0", b"\xff" * 4_000),
}
_ORDINARY: dict[int, Any] = {
    FieldDescriptor.TYPE_ENUM: 1,
    FieldDescriptor.TYPE_BOOL: True,
    FieldDescriptor.TYPE_STRING: "text",
    FieldDescriptor.TYPE_BYTES: b"\1" * 16,
    FieldDescriptor.TYPE_DOUBLE: 1.5,
    FieldDescriptor.TYPE_FLOAT: 1.5,
}
_INSTANTS = ((2**63 - 1, 0), (-(2**63), 0), (0, -1), (0, 2**31 - 1))
_AT = 1_780_000_000


def _repeated(field: Any) -> bool:
    return bool(field.is_repeated)


def _is_instant(field: Any) -> bool:
    return field.message_type is not None and field.message_type.full_name == Timestamp.DESCRIPTOR.full_name


def ordinary(full_name: str, key: str) -> Message:
    """An event all of whose ids are one id and whose other fields hold something usual; a number `at` is a place."""
    return _filled(message_class(full_name)(), str(UUID(int=int.from_bytes(key.encode()[-16:], "big"))))


def _filled(message: Message, id_: str) -> Message:
    for field in message.DESCRIPTOR.fields:
        if field.containing_oneof is not None and field != field.containing_oneof.fields[0]:
            continue
        if _is_instant(field):
            getattr(message, field.name).seconds = _AT
        elif field.message_type is not None:
            inner = getattr(message, field.name)
            _filled(inner.add() if _repeated(field) else inner, id_)
        else:
            named = field.type == FieldDescriptor.TYPE_STRING and _is_id(field.name)
            value = id_ if named else 0 if field.name == "at" else _ORDINARY.get(field.type, 3)
            if _repeated(field):
                getattr(message, field.name).append(value)
            else:
                setattr(message, field.name, value)
    return message


def _is_id(name: str) -> bool:
    others = {"in_reply_to", "links", "repost_of", "parent", "identity_a", "identity_b", "moved"}
    return name.endswith(("_id", "_ids")) or name in others


def hostile(full_name: str, key: str, combined: int = 10) -> Iterator[Message]:
    """The ordinary event, once for each hostile value of each of its fields, fields of parts included; and `combined`
    times with several of them at once.
    """
    changes = list(_changes(ordinary(full_name, key)))
    chance = random.Random(full_name)
    for several in [*([one] for one in changes), *(chance.sample(changes, 5) for _ in range(combined))]:
        event = ordinary(full_name, key)
        for change in several:
            with contextlib.suppress(IndexError):  # a part that another change took away
                change(event)
        yield event


def _changes(message: Message, path: tuple[tuple[str, bool], ...] = ()) -> Iterator[Any]:
    large = True
    for field in message.DESCRIPTOR.fields:
        if field.containing_oneof is not None and field != field.containing_oneof.fields[0]:
            continue
        yield lambda event, name=field.name: _at(event, path).ClearField(name)
        if _is_instant(field):
            for seconds, nanos in _INSTANTS:
                yield lambda event, name=field.name, at=(seconds, nanos): getattr(_at(event, path), name).CopyFrom(
                    Timestamp(seconds=at[0], nanos=at[1])
                )
        elif field.message_type is not None:
            inner = getattr(message, field.name)
            yield from _changes(inner[0] if _repeated(field) else inner, (*path, (field.name, _repeated(field))))
        else:
            values = list(_HOSTILE[field.type])
            if large and field.type in (FieldDescriptor.TYPE_STRING, FieldDescriptor.TYPE_BYTES):
                values.append("x" * LARGE if field.type == FieldDescriptor.TYPE_STRING else b"x" * LARGE)
                large = False
            for value in values:
                yield lambda event, field=field, value=value: _set(_at(event, path), field, value)


def _at(event: Any, path: tuple[tuple[str, bool], ...]) -> Any:
    for name, repeated in path:
        event = getattr(event, name)[0] if repeated else getattr(event, name)
    return event


def _set(message: Any, field: Any, value: Any) -> None:
    if _repeated(field):
        getattr(message, field.name)[:] = [value, value]
    else:
        setattr(message, field.name, value)


def entries(facts: Sequence[tuple[Subject, Sequence[Message | log_pb2.Event]]]) -> list[Entry]:
    """Commits of these events as they would stand in a log that begins with them; an Event is taken as it is."""
    made = []
    for position, (subject, events) in enumerate(facts, 1):
        found = [
            event_of(event) if isinstance(event, log_pb2.Event) else recording.event(event, _AT * MICROS)
            for event in events
        ]
        commit = Commit(position.to_bytes(16, "big"), subject.tenant, subject.shard, 0, 0, Instant(_AT * MICROS), found)
        made.append(Entry(position, subject, encode(commit)))
    return made


def shuffled_stories(stories: Sequence[Sequence[Any]], seed: int) -> list[Any]:
    """The stories' parts mixed, each story in its own order."""
    chance = random.Random(seed)
    order = [number for number, story in enumerate(stories) for _ in story]
    chance.shuffle(order)
    left = [iter(story) for story in stories]
    return [next(left[number]) for number in order]
