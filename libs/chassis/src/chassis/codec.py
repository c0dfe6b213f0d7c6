"""Frozen dataclasses or msgspec structs to protobuf messages and back, matched by name. It knows no message.

A codec compares its union with the generated module once, when it is built, and refuses with every difference it
found; then it writes a function for each direction of each class, as `dataclasses` does for constructors. Filling a
message in place by straight-line code takes half the time of building it from keywords.

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
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from enum import IntEnum, StrEnum
from types import ModuleType
from typing import Any, Generic, TypeVar, Union, get_args, get_origin, get_type_hints

from google.protobuf.descriptor import Descriptor, EnumDescriptor, FieldDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from chassis.clock import MICROS, Instant

E = TypeVar("E")

_Convert = Callable[[Any], Any]
_Fill = Callable[[Any, Any], None]
"""Fills a message in place from an object."""

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
                pair = compiler.pair(event, descriptor)
                self._encoders[event], self._decoders[GetMessageClass(descriptor)] = pair.encode, pair.decode
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


@dataclass(frozen=True, slots=True)
class _Part:
    """How one field goes in and out. What it converts with, it carries."""

    name: str
    attribute: str
    kind: str
    """"plain", "text" (StrEnum), "number" (IntEnum), "instant", "nested" (a dataclass) or "kept" (a Message)."""
    repeated: bool
    presence: bool
    optional: bool
    """Whether absence is the event's None; else it is a defect of the message."""
    fill: _Fill | None = None
    get: _Convert | Mapping[int, IntEnum] | None = None


@dataclass(frozen=True, slots=True)
class _Value:
    """How one value goes in and out."""

    kind: str
    fill: _Fill | None = None
    get: _Convert | Mapping[int, IntEnum] | None = None


@dataclass(frozen=True, slots=True)
class _Pair:
    """The functions of one class."""

    encode: _Convert
    fill: _Fill
    decode: _Convert


class _Compiler:
    """Compares classes with descriptors, collecting differences, and writes the functions between them."""

    def __init__(self) -> None:
        self.differences: list[str] = []
        self.seen: set[str] = set()
        self._pairs: dict[tuple[type, str], _Pair] = {}

    def pair(self, cls: type, descriptor: Descriptor) -> _Pair:
        """Functions from and to the class; what is nested is compiled once."""
        key = (cls, descriptor.full_name)
        if key not in self._pairs:
            self.seen.add(descriptor.full_name)
            self._pairs[key] = self._compile(cls, descriptor)
        return self._pairs[key]

    def _compile(self, cls: type, descriptor: Descriptor) -> _Pair:
        attributes = _attributes(cls)
        if attributes is None:
            self.differences.append(f"{cls.__name__}: not a dataclass, nor a struct")
            return _Pair(_refuse, _refuse_to_fill, _refuse)
        hints = get_type_hints(cls)
        ours = {_proto_name(attribute): attribute for attribute in attributes}
        for name in ours.keys() - descriptor.fields_by_name.keys():
            self.differences.append(f"{cls.__name__}.{ours[name]}: {descriptor.full_name} has no field {name}")
        for name in descriptor.fields_by_name.keys() - ours.keys():
            self.differences.append(f"{cls.__name__}: {descriptor.full_name} has a field {name} and the class has not")
        parts = [
            part
            for name, attribute in ours.items()
            if (field := descriptor.fields_by_name.get(name)) is not None
            and (part := self._field(cls, attribute, hints[attribute], field)) is not None
        ]
        if self.differences:
            return _Pair(_refuse, _refuse_to_fill, _refuse)  # the codec is refused anyway
        return _Pair(*_filling(GetMessageClass(descriptor), parts), _decoding(cls, descriptor, parts))

    def _field(self, cls: type, attribute: str, hint: Any, field: FieldDescriptor) -> _Part | None:
        where = f"{cls.__name__}.{attribute}"
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
            return None
        value = self._value(where, get_args(hint)[0] if repeated else hint, field)
        if value is None:
            return None
        presence = field.has_presence and not repeated
        return _Part(field.name, attribute, value.kind, repeated, presence, optional, value.fill, value.get)

    def _value(self, where: str, hint: Any, field: FieldDescriptor) -> _Value | None:
        while hint is not Instant and hasattr(hint, "__supertype__"):
            hint = hint.__supertype__
        if hint is Instant:
            if field.message_type is not None and field.message_type.full_name == _TIMESTAMP:
                return _Value("instant")
        elif isinstance(hint, type):
            if field.type in _SCALARS.get(hint, ()):
                return _Value("plain")
            if issubclass(hint, StrEnum) and field.type == FieldDescriptor.TYPE_STRING:
                return _Value("text", get=hint)
            if issubclass(hint, IntEnum) and field.enum_type is not None:
                self._enum(where, hint, field.enum_type)
                return _Value("number", get=_Numbers(hint))
            if field.message_type is not None and not field.message_type.GetOptions().map_entry:
                if issubclass(hint, Message):
                    if hint is Message or hint.DESCRIPTOR is field.message_type:
                        self._see(field.message_type)
                        return _Value("kept")
                elif hint.__name__ == field.message_type.name:
                    pair = self.pair(hint, field.message_type)
                    return _Value("nested", pair.fill, pair.decode)
        wanted = field.message_type or field.enum_type
        kind = wanted.full_name if wanted is not None else _TYPE_NAMES[field.type]
        self.differences.append(f"{where}: {getattr(hint, '__name__', hint)} in the class, {kind} in the message")
        return None

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


def _filling(cls: type[Message], parts: Sequence[_Part]) -> tuple[_Convert, _Fill]:
    """(a function that makes a message of an object, one that fills a given message)"""
    body: list[str] = []
    for number, part in enumerate(parts):
        field = f"m.{part.name}" if not keyword.iskeyword(part.name) else f"getattr(m, {part.name!r})"
        body.append(f"v = e.{part.attribute}")
        lines: list[str]
        match part.kind, part.repeated:
            case "instant", False:
                lines = [f"t = {field}", f"t.seconds = v // {MICROS}", f"t.nanos = v % {MICROS} * 1000"]
                lines.append("t.SetInParent() if not v else None")
            case "nested", False:
                lines = [f"t = {field}", "t.SetInParent()", f"fill{number}(t, v)"]
            case "kept", False:
                lines = [f"t = {field}", "t.CopyFrom(v)", "t.SetInParent()"]
            case "instant", True:
                lines = ["for x in v:", f"    {field}.add(seconds=x // {MICROS}, nanos=x % {MICROS} * 1000)"]
            case "nested", True:
                lines = ["for x in v:", f"    fill{number}({field}.add(), x)"]
            case "text", True:
                lines = [f"{field}.extend([str(x) for x in v])"]
            case _, True:
                lines = [f"{field}.extend(v)"]
            case kind, _:
                value = "str(v)" if kind == "text" else "v"
                plain = f"{field} = {value}" if field[0] == "m" else f"setattr(m, {part.name!r}, {value})"
                lines = [plain]
        if part.optional or part.repeated:
            body.append("if v is not None:" if part.optional else "if v:")
            lines = [f"    {line}" for line in lines]
        body.extend(lines)
    known = {"cls": cls, **{f"fill{number}": part.fill for number, part in enumerate(parts)}}
    return (
        _written("encode", "e", ["m = cls()", *body, "return m"], known),
        _written("fill", "m, e", body or ["pass"], known),
    )


def _decoding(cls: type, descriptor: Descriptor, parts: Sequence[_Part]) -> _Convert:
    """A function that makes an object of a message."""
    body: list[str] = []
    for number, part in enumerate(parts):
        field = f"m.{part.name}" if not keyword.iskeyword(part.name) else f"getattr(m, {part.name!r})"
        get, value = f"get{number}", f"v{number}"
        micros = f".seconds * {MICROS} + "
        absent = f"{value} = None" if part.optional else f"raise ValueError(lacks + {part.name!r})"
        match part.kind, part.repeated:
            case "instant", False:  # asking for presence costs more than reading what is nearly always there
                body += [f"t = {field}", f"{value} = t{micros}t.nanos // 1000"]
                body += [f"if not {value} and not m.HasField({part.name!r}):", f"    {absent}"]
                continue
            case "instant", True:
                body.append(f"{value} = tuple([x{micros}x.nanos // 1000 for x in {field}])")
            case (("plain" | "kept"), True):
                body.append(f"{value} = tuple({field}[:])")  # a slice is made at once, an iteration asks for each
            case "number", True:
                body.append(f"{value} = tuple([{get}[x] for x in {field}])")
            case "number", False:
                body.append(f"{value} = {get}[{field}]")
            case _, True:
                body.append(f"{value} = tuple([{get}(x) for x in {field}])")
            case (("plain" | "kept"), False):
                body.append(f"{value} = {field}")
            case _:
                body.append(f"{value} = {get}({field})")
        if part.presence:
            body[-1:] = [f"if m.HasField({part.name!r}):", f"    {body[-1]}", "else:", f"    {absent}"]
    positional = tuple(part.attribute for part in parts) == getattr(cls, "__match_args__", ())
    given = [f"v{n}" if positional else f"{part.attribute}=v{n}" for n, part in enumerate(parts)]
    known = {"cls": cls, "lacks": f"{descriptor.full_name} lacks its field "}
    known |= {f"get{number}": part.get for number, part in enumerate(parts)}
    return _written("decode", "m", [*body, f"return cls({', '.join(given)})"], known)


def _written(name: str, parameters: str, body: Sequence[str], known: Mapping[str, Any]) -> Callable[..., Any]:
    """A function of these lines, which are made of names that a contract and a class of ours declare, never of data."""
    source = f"def {name}({parameters}):\n" + "".join(f"    {line}\n" for line in body)
    scope = dict(known)
    exec(compile(source, f"<chassis.codec {name}>", "exec"), scope)  # noqa: S102
    function: Callable[..., Any] = scope[name]
    return function


class _Numbers(dict[int, IntEnum]):
    """The members of an enum by number. A number it does not have raises ValueError."""

    def __init__(self, enum: type[IntEnum]) -> None:
        super().__init__({int(member): member for member in enum})
        self._enum = enum

    def __missing__(self, number: int) -> IntEnum:
        raise ValueError(f"{number} is no {self._enum.__name__}")


def _attributes(cls: type) -> tuple[str, ...] | None:
    """The names of a class's fields, None when it is no class of values."""
    if is_dataclass(cls):
        return tuple(field.name for field in fields(cls))
    names: tuple[str, ...] | None = getattr(cls, "__struct_fields__", None)
    return names


def _proto_name(attribute: str) -> str:
    bare = attribute.removesuffix("_")
    return bare if keyword.iskeyword(bare) else attribute


def _refuse(value: Any) -> Any:
    raise TypeError(f"{type(value).__name__} was never compiled")


def _refuse_to_fill(message: Any, value: Any) -> None:
    _refuse(value)
