"""The filters of list and watch requests: conditions joined by AND, read from left to right once. It knows no field.

    filter    = [ condition { "AND" condition } ]
    condition = field operator value            field: letters a-z, digits, _ and . ; spaces between parts are free
    operator  = "=" | "!=" | "<" | "<=" | ">" | ">="
    value     = '"' { character | "\\" character } '"'   or a bare word without spaces, quotes and =<>!

Every service reads its filters here, against a table of its fields. The parser is written by hand because it has to be
linear: it never goes back, so a text of n characters costs at most READS_MAX * n of them, whatever they are.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from chassis.errors import InvalidRequest

FILTER_BYTES_MAX = 8 * 1024
CONDITIONS_MAX = 50
READS_MAX = 4
"""Characters looked at per character of the filter; a law of the tests, not a setting."""

EQUAL = frozenset({"="})
EQUAL_OR_NOT = frozenset({"=", "!="})
ORDERED = frozenset({"=", "<", "<=", ">", ">="})

_NAME = frozenset("abcdefghijklmnopqrstuvwxyz0123456789_.")
_SIGNS = frozenset("=<>!")
_OPERATORS = ORDERED | EQUAL_OR_NOT
_NAME_MAX = 80


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition: the field as written, the operator, the value as the field's reader returned it."""

    field: str
    operator: str
    value: object


@dataclass(frozen=True, slots=True)
class Field:
    """How a field may be compared. `read` turns text into a value and raises ValueError with what was expected."""

    read: Callable[[str], object] = str
    operators: frozenset[str] = EQUAL
    repeats: bool = False
    """Whether several conditions may be about it; where not, a second one is refused instead of being dropped."""


def parse(text: str, fields: Mapping[str, Field], where: str = "filter") -> list[Condition]:
    """The conditions of a filter, none for "". A field `labels.` stands for every `labels.<key>`, `*` for any other.

    Raises InvalidRequest, about the request's field `where`, with everything that is wrong.
    """
    if len(text) > FILTER_BYTES_MAX or len(text.encode("utf-8", "surrogatepass")) > FILTER_BYTES_MAX:
        raise InvalidRequest([(where, f"is at most {FILTER_BYTES_MAX} bytes")])
    scanner = _Scanner(text)
    found: list[Condition] = []
    wrong: list[str] = []
    seen: set[str] = set()
    conditions = 0
    try:
        scanner.skip_spaces()
        while not scanner.at_end:
            conditions += 1
            if conditions > CONDITIONS_MAX:
                wrong.append(f"has at most {CONDITIONS_MAX} conditions")
                break
            name, operator, value = scanner.condition()
            try:
                found.append(_checked(name, operator, value, fields, seen))
            except ValueError as expected:
                wrong.append(f"{name} {expected}")
            if not scanner.at_end:
                scanner.conjunction()
    except _Unreadable as unreadable:
        wrong.append(str(unreadable))
    if wrong:
        raise InvalidRequest([(where, complaint) for complaint in wrong])
    return found


class _Unreadable(Exception):
    """The text does not follow the grammar; says what was expected and where."""


def _checked(name: str, operator: str, value: str, fields: Mapping[str, Field], seen: set[str]) -> Condition:
    """The condition, if there is such a field and it may be compared so. Raises ValueError with the complaint."""
    prefix, dot, key = name.partition(".")
    field = fields.get((prefix + "." if key else "") if dot else name) or (None if dot else fields.get("*"))
    if field is None:
        known = ", ".join(f"{one}<key>" if one.endswith(".") else one for one in sorted(fields))
        raise ValueError(f"is none of {known}")
    if operator not in field.operators:
        raise ValueError(f"is compared with {' or '.join(sorted(field.operators))} only")
    if name in seen and not field.repeats:
        raise ValueError("is there twice")
    seen.add(name)
    return Condition(name, operator, field.read(value))


class _Scanner:
    """Reads a text from left to right; `at` only grows, and every loop ends at the text's end."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._end = len(text)
        self._at = 0

    @property
    def at_end(self) -> bool:
        return self._at >= self._end

    def skip_spaces(self) -> None:
        while self._at < self._end and self._text[self._at].isspace():
            self._at += 1

    def condition(self) -> tuple[str, str, str]:
        """(field, operator, value), and the spaces behind it."""
        name = self._while(lambda character: character in _NAME)
        if not name[:1].islower() or len(name) > _NAME_MAX:
            raise self._expected("a field's name", len(name))
        self.skip_spaces()
        operator = self._while(lambda character: character in _SIGNS)
        if operator not in _OPERATORS:
            raise self._expected("one of = != < <= > >=", len(operator))
        self.skip_spaces()
        value = self._quoted() if self._at < self._end and self._text[self._at] == '"' else self._bare()
        self.skip_spaces()
        return name, operator, value

    def conjunction(self) -> None:
        """AND, the spaces behind it, and that something follows."""
        word = self._while(str.isalpha)
        if word != "AND":
            raise self._expected("AND", len(word))
        self.skip_spaces()
        if self.at_end:
            raise _Unreadable("ends with AND")

    def _quoted(self) -> str:
        opened = self._at
        self._at += 1
        parts: list[str] = []
        while self._at < self._end:
            character = self._text[self._at]
            self._at += 1
            if character == '"':
                return "".join(parts)
            if character == "\\":
                if self.at_end:
                    break
                character = self._text[self._at]
                self._at += 1
            parts.append(character)
        raise _Unreadable(f"the quote at character {opened + 1} is not closed")

    def _bare(self) -> str:
        value = self._while(lambda one: not one.isspace() and one != '"' and one not in _SIGNS and one.isprintable())
        if not value:
            raise self._expected('a value such as "open"', 0)
        return value

    def _while(self, fits: Callable[[str], bool]) -> str:
        begin = self._at
        while self._at < self._end and fits(self._text[self._at]):
            self._at += 1
        return self._text[begin : self._at]

    def _expected(self, what: str, back: int) -> _Unreadable:
        return _Unreadable(f"expected {what} at character {self._at - back + 1}")
