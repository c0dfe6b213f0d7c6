"""What no table can hold, whatever its columns: told from an event alone, before its values are mixed with others.

A table says so as well, but only of the values that are left when a round of events is written; what a later event of
the round overwrites it never sees. A replay, whose rounds end elsewhere, must park the same events.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from operator import attrgetter
from typing import Any, Final

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message

from chassis.clock import FIRST, LAST

ENUM_MIN, ENUM_MAX = -(2**15), 2**15 - 1
"""Against: PostgreSQL's smallint; no enumeration of ours has a number above 100."""
_SECONDS_MIN, _SECONDS_MAX = FIRST // 1_000_000, LAST // 1_000_000
_TIMESTAMP: Final = "google.protobuf.Timestamp"
_Getter = Callable[[Any], Sequence[Any]]


class NotStorable(ValueError):
    """A text has a NUL, an enumeration a number beyond 16 bits, or an instant is not within the years 1 to 9999."""


def check_storable(message: Message) -> None:
    """Raises NotStorable; it never quotes a value."""
    _check_of(message.DESCRIPTOR)(message)


class _Fields:
    """The fields of a kind of message that could be wrong, those of its parts by their path."""

    def __init__(self, descriptor: Descriptor) -> None:
        self.texts: list[str] = []
        self.enums: list[str] = []
        self.seconds: list[str] = []
        self.nanos: list[str] = []
        self.many: list[tuple[str, FieldDescriptor]] = []
        """Repeated fields, each of whose values is looked at."""
        self._add(descriptor, "", (descriptor.full_name,))

    def _add(self, descriptor: Descriptor, path: str, within: tuple[str, ...]) -> None:
        for field in descriptor.fields:
            name, part = path + field.name, field.message_type
            if field.is_repeated:
                if part is not None or field.type in (FieldDescriptor.TYPE_STRING, FieldDescriptor.TYPE_ENUM):
                    self.many.append((name, field))
            elif field.type == FieldDescriptor.TYPE_STRING:
                self.texts.append(name)
            elif field.type == FieldDescriptor.TYPE_ENUM:
                self.enums.append(name)
            elif part is not None and part.full_name == _TIMESTAMP:
                self.seconds.append(f"{name}.seconds")
                self.nanos.append(f"{name}.nanos")
            elif part is not None:
                if part.full_name in within:
                    raise TypeError(f"{part.full_name} has itself as a part; events of ours are flat")
                self._add(part, f"{name}.", (*within, part.full_name))


@lru_cache(maxsize=1024)
def _check_of(descriptor: Descriptor) -> Callable[[Any], None]:
    """Found once per kind of message. Against: at 50,000 events a second a microsecond is a twentieth, so all fields of
    one type are got and compared at once.
    """
    fields = _Fields(descriptor)
    texts, enums = _getter(fields.texts), _getter(fields.enums)
    seconds, nanos = _getter(fields.seconds), _getter(fields.nanos)
    many = [(attrgetter(name), _check_of_each(field)) for name, field in fields.many]

    def check(message: Any) -> None:
        if texts is not None:
            _check_texts(texts(message))
        if enums is not None:
            _check_enums(enums(message))
        if seconds is not None and nanos is not None:
            _check_instants(seconds(message), nanos(message))
        for values, check_each in many:
            if found := values(message):
                check_each(found)

    return check


def _getter(names: Sequence[str]) -> _Getter | None:
    if not names:
        return None
    get = attrgetter(*names)
    return get if len(names) > 1 else lambda message: (get(message),)


def _check_of_each(field: FieldDescriptor) -> Callable[[Any], None]:
    if field.type == FieldDescriptor.TYPE_STRING:
        return _check_texts
    if field.type == FieldDescriptor.TYPE_ENUM:
        return _check_enums
    part = field.message_type
    assert part is not None
    if part.full_name == _TIMESTAMP:
        return lambda instants: _check_instants([at.seconds for at in instants], [at.nanos for at in instants])

    def check_each(parts: Any) -> None:
        check = _check_of(part)
        for one in parts:
            check(one)

    return check_each


def _check_texts(texts: Sequence[str]) -> None:
    if "\0" in "".join(texts):
        raise NotStorable("a text has a NUL")


def _check_enums(numbers: Sequence[int]) -> None:
    if min(numbers) < ENUM_MIN or max(numbers) > ENUM_MAX:
        raise NotStorable("a number is none of an enumeration")


def _check_instants(seconds: Sequence[int], nanos: Sequence[int]) -> None:
    if min(seconds) < _SECONDS_MIN or max(seconds) > _SECONDS_MAX or min(nanos) < 0 or max(nanos) >= 1_000_000_000:
        raise NotStorable("an instant is not within the years 1 to 9999")
