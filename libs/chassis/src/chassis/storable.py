"""What no table can hold, whatever its columns: told from an event alone, before its values are mixed with others.

A table says so as well, but only of the values that are left when a round of events is written; what a later event of
the round overwrites it never sees. A replay, whose rounds end elsewhere, must park the same events.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any, Final

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message

from chassis.clock import FIRST, LAST

ENUM_MIN, ENUM_MAX = -(2**15), 2**15 - 1
"""Against: PostgreSQL's smallint; no enumeration of ours has a number above 100."""
_SECONDS_MIN, _SECONDS_MAX = FIRST // 1_000_000, LAST // 1_000_000
_TIMESTAMP: Final = "google.protobuf.Timestamp"


class NotStorable(ValueError):
    """A text has a NUL, an enumeration a number beyond 16 bits, or an instant is not within the years 1 to 9999."""


def check_storable(message: Message) -> None:
    """Raises NotStorable, with the field and never its value."""
    _check_of(message.DESCRIPTOR)(message)


@lru_cache(maxsize=1024)
def _check_of(descriptor: Descriptor) -> Callable[[Any], None]:
    """One look at each field that could be wrong, found once per kind of message."""
    if descriptor.full_name == _TIMESTAMP:
        return _check_instant
    texts, enums, parts = [], [], []
    for field in descriptor.fields:
        if field.type == FieldDescriptor.TYPE_STRING:
            texts.append((field.name, bool(field.is_repeated)))
        elif field.type == FieldDescriptor.TYPE_ENUM:
            enums.append((field.name, bool(field.is_repeated)))
        elif field.message_type is not None:
            parts.append((field.name, bool(field.is_repeated), field.message_type))
    if not texts and not enums and not parts:
        return _nothing

    def check(message: Any) -> None:
        for name, repeated in texts:
            value = getattr(message, name)
            if ("\0" in "".join(value)) if repeated else ("\0" in value):
                raise NotStorable(f"{name} has a NUL")
        for name, repeated in enums:
            value = getattr(message, name)
            if any(not ENUM_MIN <= one <= ENUM_MAX for one in (value if repeated else (value,))):
                raise NotStorable(f"{name} is no number of an enumeration")
        for name, repeated, part in parts:
            if repeated:
                for one in getattr(message, name):
                    _check_of(part)(one)
            elif message.HasField(name):
                _check_of(part)(getattr(message, name))

    return check


def _check_instant(at: Any) -> None:
    if not _SECONDS_MIN <= at.seconds <= _SECONDS_MAX or not 0 <= at.nanos < 1_000_000_000:
        raise NotStorable("an instant is not within the years 1 to 9999")


def _nothing(message: Any) -> None:
    """There is nothing in such a message that could be wrong."""
