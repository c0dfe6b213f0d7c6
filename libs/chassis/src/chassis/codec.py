"""Frozen dataclasses to protobuf messages and back, matched by name. It knows no message in particular.

A codec compares its union with the generated module once, when it is built, and refuses with every difference it
found; afterwards encoding and decoding are tables of small functions.

| dataclass field              | protobuf field                                             |
| ---------------------------- | ---------------------------------------------------------- |
| str, StrEnum                 | string                                                     |
| int, bool, bytes, float      | an integer type, bool, bytes, double                       |
| IntEnum                      | enum; the same names (with or without prefix) and numbers  |
| Instant                      | google.protobuf.Timestamp                                  |
| a dataclass, a Message       | message; a Message is kept as it is                        |
| tuple[X, ...]                | repeated                                                   |
| X or None                    | a field with presence, None when absent                    |

A field whose name is a Python keyword carries a trailing underscore in the dataclass (`from_` is `from`).
"""

import keyword
import types
from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields, is_dataclass
from enum import IntEnum, StrEnum
from operator import attrgetter
from types import ModuleType
from typing import Any, Generic, TypeVar, Union, get_args, get_origin, get_type_hints

from google.protobuf.descriptor import Descriptor, EnumDescriptor, FieldDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from chassis.clock import Instant, from_timestamp, to_timestamp

E = TypeVar("E")

_Convert = Callable[[Any], Any]

_INTEGERS = frozenset(
    {
        FieldDescriptor.TYPE_INT32,
        FieldDescriptor.TYPE_INT64,
        FieldDescriptor.TYPE_UINT32,
        FieldDescriptor.TYPE_UINT64,
        FieldDescriptor.TYPE_SINT32,
        FieldDescriptor.TYPE_SINT64,
        FieldDescriptor.TYPE_FIXED32,
        FieldDescriptor.TYPE_FIXED64,
        FieldDescriptor.TYPE_SFIXED32,
        FieldDescriptor.TYPE_SFIXED64,
    }
)
_SCALARS: Mapping[type, frozenset[int]] = {
    str: frozenset({FieldDescriptor.TYPE_STRING}),
    int: _INTEGERS,
    bool: frozenset({FieldDescriptor.TYPE_BOOL}),
    bytes: frozenset({FieldDescriptor.TYPE_BYTES}),
    float: frozenset({FieldDescriptor.TYPE_DOUBLE}),  # a 32-bit float would not come back as it went
}
_TYPE_NAMES = {getattr(FieldDescriptor, n): n[5:].lower() for n in dir(FieldDescriptor) if n.startswith("TYPE_")}
_TIMESTAMP = "google.protobuf.Timestamp"


class Codec(Generic[E]):
    """Encodes and decodes the events of one union.

    `messages` is the generated module. A top-level message of it that is neither in the union, nor part of one that
    is, must be named in `elsewhere` (it belongs to another union). Raises TypeError listing every difference.
    """

    def __init__(self, union: Iterable[type[E]], messages: ModuleType, elsewhere: Iterable[str] = ()) -> None:
        descriptors: Mapping[str, Descriptor] = messages.DESCRIPTOR.message_types_by_name
        compiler = _Compiler()
        self._encoders: dict[type[E], Callable[[Any], Any]] = {}
        self._decoders: dict[type[Message], Callable[[Any], Any]] = {}
        for event in union:
            descriptor = descriptors.get(event.__name__)
            if descriptor is None:
                compiler.differences.append(f"{event.__name__}: {messages.__name__} has no such message")
            else:
                self._encoders[event], self._decoders[GetMessageClass(descriptor)] = compiler.pair(event, descriptor)
        theirs = frozenset(elsewhere)
        compiler.differences.extend(
            f"{name}: a message of {messages.__name__} without a class in the union"
            for name, descriptor in descriptors.items()
            if descriptor.full_name not in compiler.seen and name not in theirs
        )
        compiler.differences.extend(
            f"{name}: said to be elsewhere, but {'in the union' if name in descriptors else 'not in the module'}"
            for name in sorted(theirs)
            if name not in descriptors or GetMessageClass(descriptors[name]) in self._decoders
        )
        if compiler.differences:
            raise TypeError("classes and messages differ:\n  " + "\n  ".join(compiler.differences))

    def encode(self, event: E) -> Message:
        """The message of an event. Raises ValueError for a number that does not fit its field."""
        encoder = self._encoders.get(type(event))
        if encoder is None:
            raise TypeError(f"{type(event).__name__} is not in this codec's union")
        message: Message = encoder(event)
        return message

    def decode(self, message: Message) -> E:
        """The event of a message. Raises ValueError for an absent required message or an unknown enum number."""
        decoder = self._decoders.get(type(message))
        if decoder is None:
            raise TypeError(f"{message.DESCRIPTOR.full_name} is not in this codec's union")
        event: E = decoder(message)
        return event


class _Compiler:
    """Compares classes with descriptors, collecting differences, and builds the functions between them."""

    def __init__(self) -> None:
        self.differences: list[str] = []
        self.seen: set[str] = set()
        self._pairs: dict[tuple[type, str], tuple[_Convert, _Convert]] = {}

    def pair(self, cls: type, descriptor: Descriptor) -> tuple[_Convert, _Convert]:
        """Functions from and to the class; what is nested is compiled once."""
        key = (cls, descriptor.full_name)
        if key not in self._pairs:
            self.seen.add(descriptor.full_name)
            self._pairs[key] = self._compile(cls, descriptor)
        return self._pairs[key]

    def _compile(self, cls: type, descriptor: Descriptor) -> tuple[_Convert, _Convert]:
        if not is_dataclass(cls):
            self.differences.append(f"{cls.__name__}: not a dataclass")
            return _refuse, _refuse
        hints = get_type_hints(cls)
        ours = {_proto_name(field.name): field.name for field in fields(cls)}
        for name in ours.keys() - descriptor.fields_by_name.keys():
            self.differences.append(f"{cls.__name__}.{ours[name]}: {descriptor.full_name} has no field {name}")
        for name in descriptor.fields_by_name.keys() - ours.keys():
            self.differences.append(f"{cls.__name__}: {descriptor.full_name} has a field {name} and the class has not")
        converted: list[tuple[str, str, _Convert | None, _Convert | None, bool]] = []
        for name, attribute in ours.items():
            field = descriptor.fields_by_name.get(name)
            if field is not None:
                converted.append(
                    (name, attribute, *self._field(f"{cls.__name__}.{attribute}", hints[attribute], field))
                )
        return _encoder(GetMessageClass(descriptor), converted), _decoder(cls, descriptor, converted)

    def _field(self, where: str, hint: Any, field: FieldDescriptor) -> tuple[_Convert | None, _Convert | None, bool]:
        """(to protobuf, from protobuf, whether absence is an event's None or a message's defect)."""
        optional = get_origin(hint) in (Union, types.UnionType) and type(None) in get_args(hint)
        if optional:
            hint = next(arg for arg in get_args(hint) if arg is not type(None))
            if not field.has_presence:
                self.differences.append(f"{where}: may be None, but the field cannot be absent")
        elif field.has_presence and field.type != FieldDescriptor.TYPE_MESSAGE:
            self.differences.append(f"{where}: the field can be absent, but never None in the class")
        repeated = get_origin(hint) is tuple
        if repeated != field.is_repeated:
            self.differences.append(f"{where}: {'repeated' if field.is_repeated else 'not repeated'} in the message")
            return None, None, False
        if repeated:
            put, get = self._value(where, get_args(hint)[0], field)
            return _each(put, list) if put else None, _each(get, tuple) if get else tuple, False
        put, get = self._value(where, hint, field)
        if not field.has_presence:
            return put, get, False
        if optional:
            return (lambda v: None if v is None else put(v)) if put else None, get, True
        return put, get, True

    def _value(self, where: str, hint: Any, field: FieldDescriptor) -> tuple[_Convert | None, _Convert | None]:
        while hint is not Instant and hasattr(hint, "__supertype__"):
            hint = hint.__supertype__
        if hint is Instant:
            if field.message_type is not None and field.message_type.full_name == _TIMESTAMP:
                return to_timestamp, from_timestamp
        elif isinstance(hint, type):
            if field.type in _SCALARS.get(hint, ()):
                return None, None
            if issubclass(hint, StrEnum) and field.type == FieldDescriptor.TYPE_STRING:
                return str, hint
            if issubclass(hint, IntEnum) and field.enum_type is not None:
                self._enum(where, hint, field.enum_type)
                return None, _numbers(hint)
            if field.message_type is not None and not field.message_type.GetOptions().map_entry:
                if issubclass(hint, Message):
                    if hint is Message or hint.DESCRIPTOR is field.message_type:
                        self._see(field.message_type)
                        return None, None
                elif hint.__name__ == field.message_type.name:
                    return self.pair(hint, field.message_type)
        wanted = field.message_type or field.enum_type
        kind = wanted.full_name if wanted is not None else _TYPE_NAMES[field.type]
        self.differences.append(f"{where}: {getattr(hint, '__name__', hint)} in the class, {kind} in the message")
        return None, None

    def _see(self, descriptor: Descriptor) -> None:
        """Counts a message that is kept as it is, and all of its parts, as used."""
        if descriptor.full_name not in self.seen:
            self.seen.add(descriptor.full_name)
            for field in descriptor.fields:
                if field.message_type is not None:
                    self._see(field.message_type)

    def _enum(self, where: str, ours: type[IntEnum], theirs: EnumDescriptor) -> None:
        prefix = "".join(f"_{c}" if c.isupper() else c.upper() for c in theirs.name).lstrip("_") + "_"
        there = {value.number: value.name for value in theirs.values}
        here = {int(member): member.name for member in ours}
        for number in sorted(here.keys() | there.keys()):
            if number not in here or there.get(number) not in (here[number], prefix + here[number]):
                a, b = here.get(number, "nothing"), there.get(number, "nothing")
                self.differences.append(f"{where}: {number} is {a} in {ours.__name__}, {b} in {theirs.full_name}")


def _encoder(cls: type[Message], converted: list[tuple[str, str, _Convert | None, _Convert | None, bool]]) -> _Convert:
    plain = [(name, attribute) for name, attribute, put, _, _ in converted if put is None]
    names = tuple(name for name, _ in plain)
    values = _getter([attribute for _, attribute in plain])
    puts = tuple((name, attrgetter(attribute), put) for name, attribute, put, _, _ in converted if put is not None)

    def encode(event: Any) -> Message:
        arguments = dict(zip(names, values(event), strict=True))
        for name, value, put in puts:
            arguments[name] = put(value(event))
        return cls(**arguments)

    return encode


def _decoder(
    cls: type, descriptor: Descriptor, converted: list[tuple[str, str, _Convert | None, _Convert | None, bool]]
) -> _Convert:
    hints = get_type_hints(cls)
    values = _getter([name for name, *_ in converted])
    gets = tuple((i, get) for i, (_, _, _, get, present) in enumerate(converted) if get is not None and not present)
    presences = tuple(
        (i, name, get, type(None) in get_args(hints[attribute]))
        for i, (name, attribute, _, get, present) in enumerate(converted)
        if present
    )
    positional = [attribute for _, attribute, *_ in converted] == [f.name for f in fields(cls) if not f.kw_only]
    attributes = tuple(attribute for _, attribute, *_ in converted)

    def decode(message: Any) -> Any:
        row = list(values(message))
        for i, get in gets:
            row[i] = get(row[i])
        for i, name, take, optional in presences:
            if message.HasField(name):
                if take is not None:
                    row[i] = take(row[i])
            elif optional:
                row[i] = None
            else:
                raise ValueError(f"{descriptor.full_name} lacks its field {name}")
        return cls(*row) if positional else cls(**dict(zip(attributes, row, strict=True)))

    return decode


def _getter(names: list[str]) -> Callable[[Any], tuple[Any, ...]]:
    match names:
        case []:
            return lambda _: ()
        case [name]:
            one = attrgetter(name)
            return lambda owner: (one(owner),)
        case _:
            return attrgetter(*names)


def _each(convert: _Convert, into: type) -> _Convert:
    return lambda values: into([convert(value) for value in values])


def _numbers(enum: type[IntEnum]) -> _Convert:
    known = {int(member): member for member in enum}

    def get(number: int) -> IntEnum:
        member = known.get(number)
        if member is None:
            raise ValueError(f"{number} is no {enum.__name__}")
        return member

    return get


def _proto_name(attribute: str) -> str:
    bare = attribute.removesuffix("_")
    return bare if keyword.iskeyword(bare) else attribute


def _refuse(value: Any) -> Any:
    raise TypeError(f"{type(value).__name__} was never compiled")
