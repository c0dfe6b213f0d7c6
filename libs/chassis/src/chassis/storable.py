"""What no table can hold, whatever its columns: told from an event alone, before its values are mixed with others.

A table says so as well, but only of the values that are left when a round of events is written; what a later event of
the round overwrites it never sees. A replay, whose rounds end elsewhere, must park the same events.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from keyword import iskeyword
from typing import Any, Final

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message
from switchboard.structs import STRUCTS

from chassis.clock import FIRST, LAST
from chassis.layout import decoder_of, message_class

ENUM_MIN, ENUM_MAX = -(2**15), 2**15 - 1
"""Against: PostgreSQL's smallint; no enumeration of ours has a number above 100."""
INTEGER_MIN, INTEGER_MAX = -(2**31), 2**31 - 1
ID_BYTES_MAX = 1_000
"""Against: an index entry has 2,704 bytes, a key here a tenant and at most two ids; no contract has longer ones."""
_LIMITS: Final = {
    "enum": (ENUM_MIN, ENUM_MAX),
    "integer": (INTEGER_MIN, INTEGER_MAX),
    "instant": (int(FIRST), int(LAST)),
}
_INTEGERS: Final = frozenset({FieldDescriptor.TYPE_INT32, FieldDescriptor.TYPE_UINT32})
_TIMESTAMP: Final = "google.protobuf.Timestamp"


class NotStorable(ValueError):
    """A text has a NUL, an id is longer than any index takes, a number is beyond its field, or an instant is not within
    the years 1 to 9999.
    """


def check_storable(fact: Any, name: str = "") -> None:
    """Raises NotStorable for a struct with the fields of a contract's message, `name` where it does not say which; it
    never quotes a value. A fact that has none is as it is.
    """
    kind = type(fact)
    check = _known.get(kind)
    if check is None:
        check = _known[kind] = _check_of(kind, name)
    check(fact)


_known: dict[type[Any], Callable[[Any], None]] = {}


def _check_of(kind: type[Any], name: str) -> Callable[[Any], None]:
    """Written and compiled once per kind of fact, as dataclasses are. Against: at 50,000 events a second a microsecond
    is a twentieth, and each view asks this of each of its events; got by name, the fields take five times as long.
    """
    if issubclass(kind, Message):
        return _check_nothing
    name = name or kind.NAME
    decoder_of(name)
    assert name in STRUCTS, name
    alike: dict[str, list[str]] = {}
    lines = []
    for field in message_class(name).DESCRIPTOR.fields:
        value, form = f"fact.{field.name}{'_' * iskeyword(field.name)}", _form_of(field)
        part = f", {field.message_type.full_name!r}" if form == "part" and field.message_type is not None else ""
        if form and field.is_repeated:
            lines.append(f"if {value}: check_{form}s({value}{part})")
        elif form and (part or field.containing_oneof is not None):
            lines.append(f"if {value} is not None: check_{form}s(({value},){part})")
        elif form:
            alike.setdefault(form, []).append(value)
    for form, values in alike.items():
        if form in ("text", "id"):
            wrong = "'\\0' in (all_ := f'" + "".join(f"{{{value}}}" for value in values) + "')"
            if form == "id":  # together mostly shorter than one may be
                wrong += f" or len(all_) > {ID_BYTES_MAX} or not all_.isascii()"
        else:
            least, most = _LIMITS[form]
            wrong = " or ".join(f"not {least} <= {value} <= {most}" for value in values)
        lines.append(f"if {wrong}: check_{form}s(({', '.join(values)},))")
    made: dict[str, Any] = {f"check_{form}s": check for form, check in _CHECKS.items()}
    exec("\n    ".join(["def check(fact):", *lines, "return"]), made)  # noqa: S102  # of our own contracts' names
    check: Callable[[Any], None] = made["check"]
    return check


def _check_nothing(_: Any) -> None:
    """Of a message that has no struct."""


def _form_of(field: Any) -> str:
    """What a field's values are checked as, "" for those that any table holds."""
    part = field.message_type
    if part is not None:
        return "instant" if part.full_name == _TIMESTAMP else "part"
    if field.type == FieldDescriptor.TYPE_STRING:
        return "id" if field.name.endswith(("_id", "_ids")) else "text"
    if field.type == FieldDescriptor.TYPE_ENUM:
        return "enum"
    return "integer" if field.type in _INTEGERS else ""


def _check_parts(parts: Sequence[Any], name: str) -> None:
    for part in parts:
        check_storable(part, name)


def _check_texts(texts: Sequence[str]) -> None:
    if "\0" in "".join(texts):
        raise NotStorable("a text has a NUL")


def _check_ids(ids: Sequence[str]) -> None:
    _check_texts(ids)
    if any(len(one.encode(errors="surrogatepass")) > ID_BYTES_MAX for one in ids):
        raise NotStorable(f"an id has more than {ID_BYTES_MAX} bytes")


def _check_enums(numbers: Sequence[int]) -> None:
    if min(numbers) < ENUM_MIN or max(numbers) > ENUM_MAX:
        raise NotStorable("a number is none of an enumeration")


def _check_integers(numbers: Sequence[int]) -> None:
    if min(numbers) < INTEGER_MIN or max(numbers) > INTEGER_MAX:
        raise NotStorable("a number is beyond 32 bits")


def _check_instants(instants: Sequence[int]) -> None:
    if min(instants) < FIRST or max(instants) > LAST:
        raise NotStorable("an instant is not within the years 1 to 9999")


_CHECKS: Final[Mapping[str, Callable[..., None]]] = {
    "text": _check_texts,
    "id": _check_ids,
    "enum": _check_enums,
    "integer": _check_integers,
    "instant": _check_instants,
    "part": _check_parts,
}
