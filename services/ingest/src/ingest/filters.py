"""The filters of list requests: comparisons joined by AND, checked against a table of fields. It knows no SQL."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from chassis.errors import InvalidRequest

_COMPARISON = re.compile(
    r'\s*([a-z_]+(?:\.[a-z0-9_]+)?)\s*(>=|<=|=|<|>)\s*(?:"((?:[^"\\]|\\.)*)"|([A-Za-z0-9_./:-]+))\s*'
)
_AND = re.compile(r"AND(?=\s)")
_ESCAPED = re.compile(r"\\(.)")


@dataclass(frozen=True, slots=True)
class Comparison:
    """One comparison: the field as written, the operator, the value as the field's reader returned it."""

    field: str
    operator: str
    value: object


@dataclass(frozen=True, slots=True)
class Field:
    """How a field may be compared. `read` turns text into a value and raises ValueError with what was expected."""

    read: Callable[[str], object]
    ordered: bool = False


def parse(text: str, fields: Mapping[str, Field], where: str = "filter") -> list[Comparison]:
    """The comparisons of a filter, none for "". A field `labels.` is any `labels.<key>`. Raises InvalidRequest."""
    found: list[Comparison] = []
    wrong: list[tuple[str, str]] = []
    at = 0
    while at < len(text):
        match = _COMPARISON.match(text, at)
        if match is None:
            wrong.append((where, f'expected <field> <operator> "<value>" at character {at + 1}'))
            break
        name, operator, quoted, bare = match.groups()
        field = fields.get(name) or fields.get(name.partition(".")[0] + ".")
        if field is None:
            wrong.append((where, f"{name} is none of {', '.join(sorted(fields))}"))
        elif operator != "=" and not field.ordered:
            wrong.append((where, f"{name} is compared with = only"))
        else:
            try:
                value = field.read(_ESCAPED.sub(r"\1", quoted) if quoted is not None else bare)
                found.append(Comparison(name, operator, value))
            except ValueError as expected:
                wrong.append((where, f"{name}: {expected}"))
        at = match.end()
        if at < len(text):
            joined = _AND.match(text, at)
            if joined is None:
                wrong.append((where, f"expected AND at character {at + 1}"))
                break
            at = joined.end()
            if not text[at:].strip():
                wrong.append((where, "ends with AND"))
                break
    if wrong:
        raise InvalidRequest(wrong)
    return found
