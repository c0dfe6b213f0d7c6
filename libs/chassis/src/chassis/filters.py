"""The filters of list and watch requests, as AIP-160 writes them. It knows no field and no table.

    filter      = [ expression ]
    expression  = factor { "AND" factor }            OR binds tighter than AND, as AIP-160 has it
    factor      = term { "OR" term }
    term        = [ "NOT" | "-" ] ( restriction | "(" expression ")" )
    restriction = field operator value               field: letters a-z, digits, _ and . for the keys of a map
    operator    = "=" | "!=" | "<" | "<=" | ">" | ">=" | ":"
    value       = text in " or ' with \\ before what is meant as it is, or a bare word

`:` asks whether a list has a value, or a map a key; with `*` as the value, whether anything is there. A value that is
not there is the empty text, and is neither less nor greater than any. Every service reads its filters here, against a
table of its fields, and asks its tables (`where`) or its memory (`holds`) with what comes of it; both mean the same.
What is asked of many things is made a function of one first (`compiled`), which means the same again.

The parser is lark's, LALR(1) with terminals that never go back, so a text costs a number of steps that grows with its
length and no faster.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from dataclasses import field as declared
from datetime import datetime
from enum import IntEnum
from functools import cache
from typing import Any, Literal, TypeVar

from google.protobuf.descriptor import EnumDescriptor
from lark import Lark, Token, UnexpectedCharacters, UnexpectedInput, UnexpectedToken
from lark.visitors import Transformer, v_args

from chassis.clock import Instant, from_datetime
from chassis.errors import InvalidRequest

T = TypeVar("T")
E = TypeVar("E", bound=IntEnum)

FILTER_BYTES_MAX = 8 * 1024
CONDITIONS_MAX = 50
DEPTH_MAX = 20
"""Parentheses and negations inside one another."""
ANYTHING = "*"

EQUAL = frozenset({"=", "!="})
ORDERED = frozenset({"=", "!=", "<", "<=", ">", ">="})
HAS = frozenset({":"})

_NAME_MAX = 80
_GRAMMAR = r"""
start: expression?
?expression: factor | factor ("AND" factor)+ -> conjunction
?factor: term | term ("OR" term)+ -> disjunction
?term: simple | ("NOT" | "-") simple -> negation
?simple: restriction | "(" expression ")" -> group
restriction: FIELD OPERATOR (WORD | QUOTED)
FIELD: /[a-z][a-z0-9_]*(\.[A-Za-z0-9_]+)*/
OPERATOR: /!=|<=|>=|=|<|>|:/
WORD: /[^\s"'()=<>!,\x00-\x1f\x7f]+/
QUOTED: /"(\\[\s\S]|[^"\\])*"/ | /'(\\[\s\S]|[^'\\])*'/
%ignore /\s+/
"""
_QUOTED = re.compile(r"""\"(\\[\s\S]|[^\"\\])*\"|'(\\[\s\S]|[^'\\])*'""")
_EXPECTED = {
    "FIELD": "a field's name",
    "OPERATOR": "one of = != < <= > >= :",
    "WORD": 'a value such as "open"',
    "RPAR": "a closing parenthesis",
    "AND": "AND or OR",
}
"""What is said to be missing, by the terminal that could have stood there; the first that fits."""


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition: the field as written, the operator, the value as the field's reader returned it."""

    field: str
    operator: str
    value: object
    place: int = declared(default=0, compare=False)
    """Number of the character it begins with, from 1."""


@dataclass(frozen=True, slots=True)
class Junction:
    """All of the parts (`and`) or one of them (`or`)."""

    kind: Literal["and", "or"]
    parts: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Negation:
    """Not that."""

    part: Expression


Expression = Condition | Junction | Negation
EVERYTHING: Expression = Junction("and", ())
"""What no filter means."""


@dataclass(frozen=True, slots=True)
class Field:
    """How a field may be compared. `read` turns text into a value and raises ValueError with what was expected."""

    read: Callable[[str], object] = str
    operators: frozenset[str] = EQUAL


def instant(text: str) -> Instant:
    """Reads an RFC 3339 time. Raises ValueError, also where it does not say its zone."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise ValueError("is an RFC 3339 time with its zone")
    return from_datetime(moment)


def member(enum: EnumDescriptor) -> Callable[[str], int]:
    """Reads a member's name, whole or without all of the enumeration's prefix, as its number; no other part of it."""
    prefix = enum.values_by_number[0].name.removesuffix("UNSPECIFIED")
    known = {value.name.removeprefix(prefix): value.number for value in enum.values}

    def read(name: str) -> int:
        number = known.get(name.removeprefix(prefix))
        if number is None:
            raise ValueError(f"is one of {', '.join(sorted(one for one, number in known.items() if number))}")
        return number

    return read


def one_of(members: type[E], prefix: str = "") -> Callable[[str], E]:
    """Reads a member's name, with or without the prefix that it has in the contract; UNSPECIFIED is none."""
    known = {one.name: one for one in members if one}

    def read(name: str) -> E:
        found = known.get(name.removeprefix(prefix))
        if found is None:
            raise ValueError(f"is one of {', '.join(known)}")
        return found

    return read


def language_ranges(tag: str) -> tuple[str, ...]:
    """A BCP 47 tag and all it is a variant of: zh-hant-tw, zh-hant, zh; in lower case. What `language:` asks."""
    parts = tag.lower().split("-")
    return tuple("-".join(parts[:end]) for end in range(len(parts), 0, -1))


def whole(text: str) -> int:
    """Reads a whole number of 63 bits, 0 or more. Raises ValueError."""
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise ValueError("is a whole number, 0 or more")
    return int(text)


def truth(text: str) -> bool:
    """Reads true or false. Raises ValueError."""
    if text not in ("true", "false"):
        raise ValueError("is true or false")
    return text == "true"


def parse(text: str, fields: Mapping[str, Field], where: str = "filter") -> Expression:
    """What a filter says, EVERYTHING for "". A field `labels.` stands for every `labels.<key>`, `*` for any other.

    Raises InvalidRequest, about the request's field `where`, with everything that is wrong.
    """
    if len(text) > FILTER_BYTES_MAX or len(text.encode("utf-8", "surrogatepass")) > FILTER_BYTES_MAX:
        raise InvalidRequest([(where, f"is at most {FILTER_BYTES_MAX} bytes")])
    try:
        said = _parser().parse(text)
    except UnexpectedInput as unexpected:
        raise InvalidRequest([(where, _complaint(text, unexpected))]) from None
    except _TooDeep:
        raise InvalidRequest([(where, f"has at most {DEPTH_MAX} parentheses and NOTs inside one another")]) from None
    checking = _Checking(fields)
    found = checking.expression(said)
    if checking.wrong:
        raise InvalidRequest([(where, complaint) for complaint in checking.wrong])
    return found


def conditions(expression: Expression) -> Iterator[Condition]:
    """Its conditions, from left to right."""
    match expression:
        case Condition():
            yield expression
        case Negation(part):
            yield from conditions(part)
        case Junction(_, parts):
            for part in parts:
                yield from conditions(part)


def holds(expression: Expression, value_of: Callable[[str], object]) -> bool:
    """Whether something satisfies it. `value_of` tells the value of a field, None where there is none."""
    match expression:
        case Junction("and", parts):
            return all(holds(part, value_of) for part in parts)
        case Junction(_, parts):
            return any(holds(part, value_of) for part in parts)
        case Negation(part):
            return not holds(part, value_of)
        case Condition(field, operator, wanted):
            return _compares(value_of(field), operator, wanted)


def compiled(expression: Expression, reader: Callable[[Condition], Callable[[T], object]]) -> Callable[[T], bool]:
    """The same as a function of one thing. `reader` says how the value that a condition compares is read of it."""
    match expression:
        case Junction(_, ()):
            return lambda thing: True
        case Junction(kind, parts):
            *others, last = (compiled(part, reader) for part in parts)
            for other in reversed(others):
                last = _both(other, last) if kind == "and" else _either(other, last)
            return last
        case Negation(part):
            positive = compiled(part, reader)
            return lambda thing: not positive(thing)
        case Condition(_, operator, wanted):
            value_of = reader(expression)
            if operator == "=" and isinstance(wanted, str):
                return lambda thing: (value_of(thing) or "") == wanted
            if operator == "=":
                return lambda thing: bool(value_of(thing) == wanted)
            return lambda thing: _compares(value_of(thing), operator, wanted)


def _both(one: Callable[[T], bool], other: Callable[[T], bool]) -> Callable[[T], bool]:
    return lambda thing: one(thing) and other(thing)


def _either(one: Callable[[T], bool], other: Callable[[T], bool]) -> Callable[[T], bool]:
    return lambda thing: one(thing) or other(thing)


def _compares(value: Any, operator: str, wanted: Any) -> bool:
    match operator:
        case "=":
            return bool((value or "") == wanted if isinstance(wanted, str) else value == wanted)
        case "!=":
            return not _compares(value, "=", wanted)
        case ":":
            return bool(value) if wanted == ANYTHING else value is not None and wanted in value
        case _ if value is None:
            return False
        case "<":
            return bool(value < wanted)
        case "<=":
            return bool(value <= wanted)
        case ">":
            return bool(value > wanted)
        case _:
            return bool(value >= wanted)


def bound(values: list[object]) -> Callable[[object], str]:
    """Binds values to the placeholders of a statement whose arguments are `values`, to which it adds them."""

    def bind(value: object) -> str:
        values.append(value)
        return f"${len(values)}"

    return bind


def where(expression: Expression, columns: Mapping[str, str], bind: Callable[[object], str]) -> str:
    """The same as a condition of SQL.

    `columns` says what a field is there: a column or expression; for a field that is asked with `:`, an array; for
    `labels.` an expression with `{}` in the place of the key. `bind` takes a value and returns its placeholder: no text
    of a caller becomes part of a statement.
    """
    return _where(expression, columns, bind, sure=False)


def _where(expression: Expression, columns: Mapping[str, str], bind: Callable[[object], str], *, sure: bool) -> str:
    """`sure`: it must not be null, which is as good as false only where nothing negates it and indexes can be used."""
    match expression:
        case Junction(_, ()):
            return "true"
        case Junction(kind, parts):
            return "(" + f" {kind} ".join(_where(part, columns, bind, sure=sure) for part in parts) + ")"
        case Negation(part):
            return f"(not {_where(part, columns, bind, sure=True)})"
        case Condition(field, operator, wanted):
            said = _comparison(field, operator, wanted, columns, bind)
            return f"coalesce({said}, false)" if sure else said


def _comparison(
    field: str, operator: str, wanted: object, columns: Mapping[str, str], bind: Callable[[object], str]
) -> str:
    prefix, dot, key = field.partition(".")
    column = columns[prefix + "."].format(bind(key)) if dot else columns[field]
    match operator:
        case ":" if wanted == ANYTHING:
            return f"cardinality({column}) > 0"
        case ":":
            return f"{bind(wanted)} = any({column})"
        case "=" if wanted == "":
            return f"({column} is null or {column}::text = '')"
        case "!=" if wanted == "":
            return f"({column} is not null and {column}::text <> '')"
        case "!=":
            return f"({column} is distinct from {bind(wanted)})"
        case _:
            return f"{column} {operator} {bind(wanted)}"


class _Checking:
    """Holds what was said against the fields there are, and remembers every complaint."""

    def __init__(self, fields: Mapping[str, Field]) -> None:
        self._fields = fields
        self._conditions = 0
        self.wrong: list[str] = []

    def expression(self, said: Expression) -> Expression:
        match said:
            case Junction(kind, parts):
                return Junction(kind, tuple(self.expression(part) for part in parts))
            case Negation(part):
                return Negation(self.expression(part))
            case Condition(name, operator, value, place):
                self._conditions += 1
                if self._conditions == CONDITIONS_MAX + 1:
                    self.wrong[:] = [f"has at most {CONDITIONS_MAX} conditions"]
                if self._conditions > CONDITIONS_MAX:
                    return said
                try:
                    return Condition(name, operator, self._value(name, operator, str(value)), place)
                except ValueError as expected:
                    self.wrong.append(f"{name[:_NAME_MAX]} at character {place} {expected}")
                return said

    def _value(self, name: str, operator: str, value: str) -> object:
        """The value, if there is such a field and it may be compared so. Raises ValueError with the complaint."""
        prefix, dot, _ = name.partition(".")
        field = self._fields.get(prefix + "." if dot else name) or (None if dot else self._fields.get("*"))
        if field is None or len(name) > _NAME_MAX:
            known = ", ".join(f"{one}<key>" if one.endswith(".") else one for one in sorted(self._fields))
            raise ValueError(f"is none of {known}")
        if operator not in field.operators:
            raise ValueError(f"is compared with {' or '.join(sorted(field.operators))} only")
        return value if operator == ":" and value == ANYTHING else field.read(value)


class _TooDeep(Exception):
    """Nested deeper than anybody means."""


@dataclass(frozen=True, slots=True)
class _Nested:
    """An expression while it is read, and how deep it is; lark builds them from the inside out, so nothing recurses."""

    said: Expression
    depth: int = 0

    def inside(self, said: Expression) -> _Nested:
        """The same, one deeper."""
        if self.depth >= DEPTH_MAX:
            raise _TooDeep
        return _Nested(said, self.depth + 1)


@v_args(inline=True)
class _Building(Transformer[Token, Expression]):
    """Makes an expression of what the parser recognises."""

    def start(self, nested: _Nested | None = None) -> Expression:
        return EVERYTHING if nested is None else nested.said

    def conjunction(self, *parts: _Nested) -> _Nested:
        return _Nested(Junction("and", tuple(part.said for part in parts)), max(part.depth for part in parts))

    def disjunction(self, *parts: _Nested) -> _Nested:
        return _Nested(Junction("or", tuple(part.said for part in parts)), max(part.depth for part in parts))

    def negation(self, nested: _Nested) -> _Nested:
        return nested.inside(Negation(nested.said))

    def group(self, nested: _Nested) -> _Nested:
        return nested.inside(nested.said)

    def restriction(self, field: Token, operator: Token, value: Token) -> _Nested:
        return _Nested(Condition(str(field), str(operator), _unquoted(value), (field.start_pos or 0) + 1))


def _unquoted(value: Token) -> str:
    return str(value) if value.type == "WORD" else re.sub(r"\\([\s\S])", r"\1", value[1:-1])


@cache
def _parser() -> Any:
    return Lark(_GRAMMAR, parser="lalr", lexer="contextual", transformer=_Building())


def _complaint(text: str, unexpected: UnexpectedInput) -> str:
    """What is wrong with the text, without a word of it: where, and what could have stood there."""
    place = len(text) if unexpected.pos_in_stream is None or unexpected.pos_in_stream < 0 else unexpected.pos_in_stream
    accepted: set[str] = set()
    if isinstance(unexpected, UnexpectedToken):
        accepted = set(unexpected.accepts or unexpected.expected)
        if unexpected.token.type == "$END":
            place = len(text)
    elif isinstance(unexpected, UnexpectedCharacters):
        accepted = set(unexpected.allowed or ())
        if text[place] in "\"'":
            return f"the quote at character {place + 1} is not closed"
    before = _QUOTED.sub("", text[:place])
    if before.count("(") <= before.count(")"):  # the lexer knows no depth
        accepted.discard("RPAR")
    wanted = next((said for terminal, said in _EXPECTED.items() if terminal in accepted), "the end")
    return f"expected {wanted} at character {place + 1}"
