"""How a fact stands in the log: as a MessagePack array, bound to the message of the contract field by field.

| protobuf                          | MessagePack                                                |
| --------------------------------- | ---------------------------------------------------------- |
| message                           | array; element n-1 is field n, nil for an unused number    |
| string, bytes, bool, double       | str, bin, bool, float                                      |
| an integer type, enum             | int                                                        |
| google.protobuf.Timestamp         | int, microseconds since 1970; what is finer is cut off     |
| repeated                          | array                                                      |
| absent field with presence        | nil                                                        |

An array may end early, its other fields have their defaults then; one that goes on is of a later release. Nothing is
lost on the way between the two forms: the elements that this process has no fields for are a message's field REST,
those of a type that it does not know at all its field WHOLE, as MessagePack; and a fact with fields that protobuf does
not know stands in the log as a bin with the message's own bytes, as all facts did before. So the first byte says which
form it is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import lru_cache
from importlib import import_module
from typing import Any, Final

import msgspec
from google.protobuf import descriptor_pool, message_factory
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import DecodeError, Message
from google.protobuf.unknown_fields import UnknownFieldSet
from msgspec import Struct
from switchboard.structs import STRUCTS

from chassis.clock import MICROS

REST: Final = 536_870_911
"""The field of a message with the elements beyond those its descriptor has fields for. Against: it and WHOLE are the
highest numbers there are, which no contract uses."""
WHOLE: Final = REST - 1
"""The field of a message with all elements."""
_CONTRACT: Final = re.compile(r"(switchboard\.[a-z]+\.v[0-9]+)\.[A-Za-z]+\Z")
_TIMESTAMP: Final = "google.protobuf.Timestamp"
_LENGTH_DELIMITED: Final = 2
_ARRAYS: Final = frozenset({*range(0x90, 0xA0), 0xDC, 0xDD})
_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder().decode
_decode_list = msgspec.msgpack.Decoder(list[Any]).decode
_decode_bytes = msgspec.msgpack.Decoder(bytes).decode
BAD_BYTES: Final = (msgspec.MsgspecError, ValueError, TypeError, OverflowError, IndexError, RecursionError)
"""What decoding bytes of any kind may raise: msgspec lets text that is no UTF-8 through as UnicodeDecodeError, and what
is nested too deeply as RecursionError."""


class UnreadableEvent(DecodeError):
    """An event of a commit cannot be read by this process: its bytes are no fact of its type."""


class UnknownEvent(UnreadableEvent):
    """An event's type is not known to this process: it was written by a newer version."""


class _Unmapped(Exception):
    """A message that no array holds whole."""


@lru_cache(maxsize=1024)
def message_class(full_name: str) -> type[Message]:
    """The class of a message by its full name. Whose facts they are does not matter: the contracts of all services come
    with each. Raises UnknownEvent when none of them defines it.
    """
    find = descriptor_pool.Default().FindMessageTypeByName
    try:
        return message_factory.GetMessageClass(find(full_name))
    except KeyError:
        pass
    try:
        if package := _CONTRACT.match(full_name):
            import_module(f"{package[1]}.events_pb2")
        return message_factory.GetMessageClass(find(full_name))
    except (KeyError, ModuleNotFoundError):
        raise UnknownEvent(f"event type {full_name} is unknown here; deploy the release that knows it first") from None


def decoded(full_name: str, data: bytes) -> Message:
    """A message of its own bytes. Raises UnknownEvent, and UnreadableEvent when they are none of that type."""
    try:
        return message_class(full_name).FromString(data)
    except UnreadableEvent:
        raise
    except DecodeError:
        raise _unreadable(full_name) from None


def pack(message: Message) -> bytes:
    """The fact of a message, as it stands in the log."""
    try:
        return _encode(_array(message))
    except (_Unmapped, *BAD_BYTES):
        return as_bin(message.SerializeToString(deterministic=True))


def as_bin(data: bytes) -> bytes:
    """A fact whose message has these bytes, whatever its type."""
    return _encode(data)


def is_array(data: bytes | memoryview) -> bool:
    """Whether bytes are the array of a fact, of a commit or of an event, by the first of them; what was written before
    there were arrays begins with the tag of a field, and no message has as many fields as would look like one.
    """
    return len(data) > 0 and data[0] in _ARRAYS


def of_plain(plain: bytes) -> bytes:
    """What was sealed, as a fact: it is one, or, as all was before, a message's own bytes."""
    return plain if is_array(plain) else as_bin(plain)


def unpack(full_name: str, fact: bytes | memoryview) -> Message:
    """The message of a fact, with all that its class has no field for. Raises like `struct`."""
    return decoded(full_name, wire(full_name, fact))


def wire(full_name: str, fact: bytes | memoryview) -> bytes:
    """The bytes of a fact's message, also of a type that is unknown here. Raises UnreadableEvent."""
    try:
        if fact[0] not in _ARRAYS:
            return _decode_bytes(fact)
        values = _decode(fact)
        try:
            message = message_class(full_name)()
        except UnknownEvent:
            return _beside(WHOLE, values)
        _fill(message, values)
        return message.SerializeToString(deterministic=True)
    except BAD_BYTES:
        raise _unreadable(full_name) from None


def struct(full_name: str, fact: bytes | memoryview) -> Any:
    """A fact as its struct; as its message where it has none. An absent instant that is not optional is 0, as protobuf
    has it. Raises UnknownEvent for a type of no contract, and UnreadableEvent for bytes that are no such fact.
    """
    decoder = decoder_of(full_name)
    if decoder is None:
        return unpack(full_name, fact)
    try:
        return decode(full_name, decoder, fact)
    except UnreadableEvent:
        return decode(full_name, decoder, _for_reading(full_name, wire(full_name, fact), absent=0))


def message_of(part: Struct) -> Any:
    """The message of a generated struct."""
    return unpack(part.NAME, _encode(part))  # type: ignore[attr-defined]


def struct_of(message: Message) -> Any:
    """The struct of a message. Raises like `struct`."""
    return struct(message.DESCRIPTOR.full_name, pack(message))


def decode(full_name: str, decoder: Callable[[Any], Any], fact: bytes | memoryview) -> Any:
    """A fact by the decoder of a class that has its layout. Raises UnreadableEvent."""
    try:
        if fact[0] not in _ARRAYS:
            fact = _for_reading(full_name, _decode_bytes(fact))
        return decoder(fact)
    except BAD_BYTES:
        raise _unreadable(full_name) from None


def _for_reading(full_name: str, data: bytes, absent: int | None = None) -> bytes:
    """The array of a message's bytes, without what it has no fields for."""
    message = decoded(full_name, data)
    message.DiscardUnknownFields()
    try:
        return _encode(_array(message, absent))
    except (_Unmapped, *BAD_BYTES):
        raise _unreadable(full_name) from None


@lru_cache(maxsize=1024)
def decoder_of(full_name: str) -> Callable[[Any], Any] | None:
    """What makes the struct of a fact in array form, None where there is none. Raises UnknownEvent for a type of no
    contract.
    """
    if full_name not in STRUCTS:
        home = message_class(full_name).DESCRIPTOR.file.name.removesuffix(".proto").replace("/", ".")
        with suppress(ModuleNotFoundError):
            import_module(f"{home}_structs")
    cls = STRUCTS.get(full_name)
    return None if cls is None else msgspec.msgpack.Decoder(cls).decode


def fields_by_number(descriptor: Descriptor) -> Sequence[FieldDescriptor | None]:
    """The fields of a message in the order of its array, None where a number is not used."""
    fields = {field.number: field for field in descriptor.fields}
    return [fields.get(number) for number in range(1, max(fields, default=0) + 1)]


def _unreadable(full_name: str) -> UnreadableEvent:
    return UnreadableEvent(f"its bytes are no {full_name}")


_fields_of = lru_cache(maxsize=1024)(fields_by_number)


def _array(message: Message, absent: int | None = None) -> list[Any]:
    fields = _fields_of(message.DESCRIPTOR)
    values = [None if field is None else _value(message, field, absent) for field in fields]
    for unknown in UnknownFieldSet(message):  # type: ignore[attr-defined]
        if unknown.field_number not in (REST, WHOLE) or unknown.wire_type != _LENGTH_DELIMITED:
            raise _Unmapped
        values = ([] if unknown.field_number == WHOLE else values) + _decode_list(unknown.data)
    return values


def _value(message: Message, field: FieldDescriptor, absent: int | None) -> Any:
    value = getattr(message, field.name)
    part = field.message_type
    if part is not None and part.GetOptions().map_entry:
        raise _Unmapped
    if field.is_repeated:
        return list(value) if part is None else [_part(each, absent) for each in value]
    if field.has_presence and not message.HasField(field.name):
        required = part is not None and part.full_name == _TIMESTAMP and field.containing_oneof is None
        return absent if required else None
    return value if part is None else _part(value, absent)


def _part(value: Any, absent: int | None) -> Any:
    if value.DESCRIPTOR.full_name == _TIMESTAMP:
        return value.seconds * MICROS + value.nanos // 1000
    return _array(value, absent)


def _fill(message: Message, values: Sequence[Any]) -> None:
    if not isinstance(values, list):
        raise TypeError
    fields = _fields_of(message.DESCRIPTOR)
    for field, value in zip(fields, values, strict=False):
        if field is None or value is None:
            continue
        part = field.message_type
        if field.is_repeated:
            into = getattr(message, field.name)
            if part is None:
                into.extend(value)
            elif part.GetOptions().map_entry:
                raise TypeError
            else:
                for each in value:
                    _fill_part(into.add(), each)
        elif part is None:
            setattr(message, field.name, value)
        else:
            into = getattr(message, field.name)
            into.SetInParent()
            _fill_part(into, value)
    if len(values) > len(fields):
        message.MergeFromString(_beside(REST, values[len(fields) :]))


def _fill_part(message: Any, value: Any) -> None:
    if message.DESCRIPTOR.full_name == _TIMESTAMP:
        message.seconds, micros = divmod(value, MICROS)
        message.nanos = 1000 * micros
    else:
        _fill(message, value)


def _beside(number: int, values: Sequence[Any]) -> bytes:
    """Field REST or WHOLE of a message, as protobuf writes it."""
    data = _encode(values)
    return _varint(number << 3 | _LENGTH_DELIMITED) + _varint(len(data)) + data


def _varint(number: int) -> bytes:
    written = bytearray()
    while number > 0x7F:
        written.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*written, number])
