"""What no table can hold, whatever its columns: told from an event alone, before its values are mixed with others.

A table says so as well, but only of the values that are left when a round of events is written; what a later event of
the round overwrites it never sees. A replay, whose rounds end elsewhere, must park the same events.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from operator import attrgetter
from typing import Any, Final

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message
from switchboard.structs import STRUCTS

from chassis.clock import FIRST, LAST
from chassis.layout import message_class

ENUM_MIN, ENUM_MAX = -(2**15), 2**15 - 1
"""Against: PostgreSQL's smallint; no enumeration of ours has a number above 100."""
INTEGER_MIN, INTEGER_MAX = -(2**31), 2**31 - 1
_INTEGERS: Final = frozenset({FieldDescriptor.TYPE_INT32, FieldDescriptor.TYPE_UINT32})
_TIMESTAMP: Final = "google.protobuf.Timestamp"
_Check = Callable[[Sequence[Any]], None]


class NotStorable(ValueError):
    """A text has a NUL, a number is beyond its field, or an instant is not within the years 1 to 9999."""


def check_storable(fact: Any) -> None:
    """Raises NotStorable for a struct of a contract's; it never quotes a value. A fact that has none is as it is."""
    if not isinstance(fact, Message):
        _check_of(fact.NAME)(fact)


@lru_cache(maxsize=1024)
def _check_of(full_name: str) -> Callable[[Any], None]:
    """Found once per kind of fact. Against: at 50,000 events a second a microsecond is a twentieth, so all fields of
    one type are got and compared at once.
    """
    assert full_name in STRUCTS, full_name
    descriptor = message_class(full_name).DESCRIPTOR
    alike: dict[_Check, list[str]] = {}
    each: list[tuple[Callable[[Any], Any], _Check]] = []
    for field in descriptor.fields:
        check = _check_for(field)
        if check is None:
            continue
        if field.is_repeated:
            each.append((attrgetter(field.name), check))
        elif (check is not _check_instants and field.message_type is not None) or field.containing_oneof is not None:
            each.append((_present(attrgetter(field.name)), check))
        else:
            alike.setdefault(check, []).append(field.name)
    together = [(_getter(names), check) for check, names in alike.items()]

    def check_all(fact: Any) -> None:
        for get, check in together:
            check(get(fact))
        for get, check in each:
            if found := get(fact):
                check(found)

    return check_all


def _check_for(field: Any) -> _Check | None:
    """What is to be checked of a field's values."""
    part = field.message_type
    if part is not None:
        return _check_instants if part.full_name == _TIMESTAMP else _check_parts
    if field.type == FieldDescriptor.TYPE_STRING:
        return _check_texts
    if field.type == FieldDescriptor.TYPE_ENUM:
        return _check_enums
    return _check_integers if field.type in _INTEGERS else None


def _getter(names: Sequence[str]) -> Callable[[Any], Sequence[Any]]:
    get = attrgetter(*names)
    return get if len(names) > 1 else lambda fact: (get(fact),)


def _present(get: Callable[[Any], Any]) -> Callable[[Any], Sequence[Any]]:
    def found(fact: Any) -> Sequence[Any]:
        value = get(fact)
        return () if value is None else (value,)

    return found


def _check_parts(parts: Sequence[Any]) -> None:
    for part in parts:
        _check_of(part.NAME)(part)


def _check_texts(texts: Sequence[str]) -> None:
    if "\0" in "".join(texts):
        raise NotStorable("a text has a NUL")


def _check_enums(numbers: Sequence[int]) -> None:
    if min(numbers) < ENUM_MIN or max(numbers) > ENUM_MAX:
        raise NotStorable("a number is none of an enumeration")


def _check_integers(numbers: Sequence[int]) -> None:
    if min(numbers) < INTEGER_MIN or max(numbers) > INTEGER_MAX:
        raise NotStorable("a number is beyond 32 bits")


def _check_instants(instants: Sequence[int]) -> None:
    if min(instants) < FIRST or max(instants) > LAST:
        raise NotStorable("an instant is not within the years 1 to 9999")
