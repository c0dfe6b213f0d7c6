"""A service's facts as structs of its own: compared with the contract once, then read and written as the log has them.

A codec compares its union with the generated module when it is built, and refuses with every difference it found. What
agrees needs no conversion: the layout of the log (`chassis.layout`) is that of the structs.

| struct's field               | protobuf field                                             |
| ---------------------------- | ---------------------------------------------------------- |
| str, StrEnum                 | string                                                     |
| int, bool, bytes, float      | an integer type, bool, bytes, double                       |
| IntEnum                      | enum; the same names (with or without prefix) and numbers  |
| Instant                      | google.protobuf.Timestamp                                  |
| a struct                     | message of the same name                                   |
| tuple[X, ...]                | repeated                                                   |
| X or None                    | a field with presence, None when absent                    |

Fields stand in the order of their numbers. One whose name is a Python keyword carries a trailing underscore in the
struct (`from_` is `from`).
"""

import keyword
import types
from collections.abc import Callable, Iterable, Mapping
from enum import IntEnum, StrEnum
from types import ModuleType
from typing import Any, Generic, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from google.protobuf.descriptor import Descriptor, EnumDescriptor, FieldDescriptor
from google.protobuf.message import Message
from msgspec import Struct, msgpack

from chassis import layout
from chassis.clock import Instant
from chassis.commits import Recorded

E = TypeVar("E", bound=Struct)

_INTEGERS = frozenset(
    {
        FieldDescriptor.TYPE_INT32,
        FieldDescriptor.TYPE_INT64,
        FieldDescriptor.TYPE_UINT32,
        FieldDescriptor.TYPE_UINT64,
    }
)
_SCALARS: Mapping[type, frozenset[int]] = {
    str: frozenset({FieldDescriptor.TYPE_STRING}),
    int: _INTEGERS,
    bool: frozenset({FieldDescriptor.TYPE_BOOL}),
    bytes: frozenset({FieldDescriptor.TYPE_BYTES}),
    float: frozenset({FieldDescriptor.TYPE_DOUBLE}),  # a 32-bit float would not come back as it went
}
_TYPE_NAMES = {
    getattr(FieldDescriptor, name): name.removeprefix("TYPE_").lower()
    for name in vars(FieldDescriptor)
    if name.startswith("TYPE_")
}
_TIMESTAMP = "google.protobuf.Timestamp"
_encode = msgpack.Encoder().encode


class Codec(Generic[E]):
    """Writes and reads the events of one union.

    `messages` is the generated module. A top-level message of it that is neither in the union, nor part of one that
    is, must be named in `elsewhere` (it belongs to another union). Raises TypeError listing every difference.
    """

    def __init__(self, union: Iterable[type[E]], messages: ModuleType, elsewhere: Iterable[str] = ()) -> None:
        descriptors: Mapping[str, Descriptor] = messages.DESCRIPTOR.message_types_by_name
        comparison = _Comparison()
        self._names: dict[type[E], str] = {}
        self._decoders: dict[str, Callable[[Any], E]] = {}
        for event in union:
            descriptor = descriptors.get(event.__name__)
            if descriptor is None:
                comparison.differences.append(f"{event.__name__}: {messages.__name__} has no such message")
                continue
            comparison.compare(event, descriptor)
            self._names[event] = descriptor.full_name
            self._decoders[descriptor.full_name] = msgpack.Decoder(event).decode
        theirs = frozenset(elsewhere)
        comparison.differences.extend(
            f"{name}: a message of {messages.__name__} without a class in the union"
            for name, descriptor in descriptors.items()
            if descriptor.full_name not in comparison.seen and name not in theirs
        )
        comparison.differences.extend(
            f"{name}: said to be elsewhere, but {'in the union' if name in descriptors else 'not in the module'}"
            for name in sorted(theirs)
            if name not in descriptors or descriptors[name].full_name in self._decoders
        )
        if comparison.differences:
            raise TypeError("classes and messages differ:\n  " + "\n  ".join(comparison.differences))

    def encode(self, event: E) -> tuple[str, bytes]:
        """(full name of its message, the fact as it stands in the log). Raises TypeError for one of no class in the
        union, ValueError for text that is none.
        """
        name = self._names.get(type(event))
        if name is None:
            raise TypeError(f"{type(event).__name__} is not in this codec's union")
        return name, _encode(event)

    def decode(self, recorded: Recorded) -> E:
        """The event that was recorded, decoded once. Raises UnknownEvent for one that is not in the union, and
        UnreadableEvent for bytes that are no such fact: an absent instant, an unknown number of an enumeration.
        """
        if recorded.own is None:
            decoder = self._decoders.get(recorded.type)
            if decoder is None:
                raise layout.UnknownEvent(f"{recorded.type} is not in this codec's union")
            recorded.own = layout.decode(recorded.type, decoder, memoryview(recorded.event.value))
        return cast(E, recorded.own)

    def names(self, recorded: Recorded) -> Any:
        """The event for who asks only whom it is about: one that `decode` refuses is the contract's struct. Raises as
        `Recorded.body` does.
        """
        try:
            return self.decode(recorded)
        except layout.UnreadableEvent:
            return recorded.body

    def message(self, event: E) -> Message:
        """The message of an event."""
        return layout.unpack(*self.encode(event))


class _Comparison:
    """Compares classes with descriptors, collecting differences."""

    def __init__(self) -> None:
        self.differences: list[str] = []
        self.seen: set[str] = set()
        self._compared: set[tuple[type, str]] = set()

    def compare(self, cls: type, descriptor: Descriptor) -> None:
        """Compares a class and all it is made of, each once."""
        if (cls, descriptor.full_name) in self._compared:
            return
        self._compared.add((cls, descriptor.full_name))
        self.seen.add(descriptor.full_name)
        if not issubclass(cls, Struct) or not cls.__struct_config__.array_like:
            self.differences.append(f"{cls.__name__}: not a struct with array_like=True")
            return
        hints = get_type_hints(cls)
        ours = {_proto_name(attribute): attribute for attribute in cls.__struct_fields__}
        for name in ours.keys() - descriptor.fields_by_name.keys():
            self.differences.append(f"{cls.__name__}.{ours[name]}: {descriptor.full_name} has no field {name}")
        for name in descriptor.fields_by_name.keys() - ours.keys():
            self.differences.append(f"{cls.__name__}: {descriptor.full_name} has a field {name} and the class has not")
        theirs = [None if field is None else field.name for field in layout.fields_by_number(descriptor)]
        if len(ours) == len(theirs) and list(ours) != theirs:
            self.differences.append(f"{cls.__name__}: its fields are not in the order of their numbers: {theirs}")
        for name, attribute in ours.items():
            if (field := descriptor.fields_by_name.get(name)) is not None:
                self._field(cls, attribute, hints[attribute], field)

    def _field(self, cls: type, attribute: str, hint: Any, field: FieldDescriptor) -> None:
        where = f"{cls.__name__}.{attribute}"
        if get_origin(hint) in (Union, types.UnionType) and type(None) in get_args(hint):
            hint = next(arg for arg in get_args(hint) if arg is not type(None))
            if not field.has_presence:
                self.differences.append(f"{where}: may be None, but the field cannot be absent")
        elif field.has_presence and field.type != FieldDescriptor.TYPE_MESSAGE:
            self.differences.append(f"{where}: the field can be absent, but never None in the class")
        repeated = get_origin(hint) is tuple
        if repeated != field.is_repeated:
            self.differences.append(f"{where}: {'repeated' if field.is_repeated else 'not repeated'} in the message")
            return
        hint = get_args(hint)[0] if repeated else hint
        if not self._agrees(where, hint, field):
            wanted = field.message_type or field.enum_type
            kind = wanted.full_name if wanted is not None else _TYPE_NAMES[field.type]
            self.differences.append(f"{where}: {getattr(hint, '__name__', hint)} in the class, {kind} in the message")

    def _agrees(self, where: str, hint: Any, field: FieldDescriptor) -> bool:
        while hint is not Instant and hasattr(hint, "__supertype__"):
            hint = hint.__supertype__
        part = field.message_type
        if hint is Instant:
            return part is not None and part.full_name == _TIMESTAMP
        if not isinstance(hint, type):
            return False
        if field.type in _SCALARS.get(hint, ()):
            return True
        if issubclass(hint, StrEnum):
            return field.type == FieldDescriptor.TYPE_STRING
        if issubclass(hint, IntEnum) and field.enum_type is not None:
            self._enum(where, hint, field.enum_type)
            return True
        if part is not None and hint.__name__ == part.name:
            self.compare(hint, part)
            return True
        return False

    def _enum(self, where: str, ours: type[IntEnum], theirs: EnumDescriptor) -> None:
        prefix = "".join(f"_{c}" if c.isupper() else c.upper() for c in theirs.name).lstrip("_") + "_"
        there = {value.number: value.name for value in theirs.values}
        here = {int(member): member.name for member in ours}
        for number in sorted(here.keys() | there.keys()):
            if number not in here or there.get(number) not in (here[number], prefix + here[number]):
                a, b = here.get(number, "nothing"), there.get(number, "nothing")
                self.differences.append(f"{where}: {number} is {a} in {ours.__name__}, {b} in {theirs.full_name}")


def _proto_name(attribute: str) -> str:
    bare = attribute.removesuffix("_")
    return bare if keyword.iskeyword(bare) else attribute
