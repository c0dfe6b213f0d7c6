"""What spreadsheets do to values on their way through a file, told by what is left of them. Pure; it knows no column.

A long number becomes one in scientific notation and loses its digits, a cell too narrow becomes a row of `#`, a text
that begins like a formula becomes the name of an error, a time becomes the number of days since 1900. None of it can be
taken back, so each is refused by name, before one person's words get another's id.
"""

from __future__ import annotations

import re
import unicodedata

from ingest.normalise import Reason, Unreadable

_ROUNDED = re.compile(r"[+-]?(?:\d+[.,]\d+[eE][+-]?|\d+[eE][+-])\d{1,3}", re.ASCII)
"""With the sign spreadsheets and data frames write in front of an exponent, or the mark in front of decimals of those
that write no sign (`4.5E15`, Java): no handle has either.
"""
_FLOAT = re.compile(r"(\d+)\.0{1,6}", re.ASCII)
"""What a data frame makes of a column of whole numbers as soon as one of them is missing."""
_EXACT_DIGITS = 15
"""That a floating-point number keeps."""
_NOTHING = frozenset({"nan", "none", "null", "<na>", "nat"})
_ERRORS = frozenset(
    {"#BLOCKED!", "#BUSY!", "#CALC!", "#CONNECT!", "#DIV/0!", "#FIELD!", "#GETTING_DATA", "#N/A", "#NAME?", "#NULL!"}
    | {"#NUM!", "#REF!", "#SPILL!", "#UNKNOWN!", "#VALUE!", "#PYTHON!", "#EXTERNAL!", "Err:502", "Err:504", "Err:508"}
    | {"Err:509", "#WERT!", "#BEZUG!", "#ZAHL!", "#NV", "#NOM?", "#VALEUR!", "#NOMBRE!", "#NUL!", "#¿NOMBRE?", "#¡REF!"}
    | {"#¡VALOR!", "#¡NUM!", "#¡DIV/0!", "#¡NULO!", "#NOME?", "#RIF!", "#VALORE!", "#N/D", "#VALOR!", "#NÚM!", "#ИМЯ?"}
    | {"#ССЫЛКА!", "#ЗНАЧ!", "#ЧИСЛО!", "#ДЕЛ/0!", "#Н/Д", "#ПУСТО!", "#NAAM?", "#VERW!", "#WAARDE!", "#GETAL!"}
    | {"#DEEL/0!", "#N/B", "#LEEG!", "#NAZWA?", "#ADR!", "#ARG!", "#LICZBA!", "#DZIEL/0!", "#N/D!"}
)
"""In the languages that spreadsheets translate them into."""
_HIDDEN = re.compile(r"#{2,}")
_SERIAL = re.compile(r"\d{5}(?:[.,]\d{1,15})?", re.ASCII)
_FIRST_DAY, _LAST_DAY = 20_000, 80_000
"""Days since 1900 that are times of posts: 1954 to 2119."""


def whole_id(value: str, where: str) -> None:
    """Raises Unreadable for an id that is not what it was. `where` names the place, never the value."""
    value = _seen(value)
    if _ROUNDED.fullmatch(value):
        raise Unreadable(
            Reason.ROUNDED_ID,
            f"{where} is in scientific notation, so a spreadsheet has rounded it and its digits are lost; "
            "export the column as text",
        )
    _no_error(value, where)
    if _HIDDEN.fullmatch(value):
        raise Unreadable(
            Reason.SPREADSHEET_ERROR, f"{where} is a row of #: its column was too narrow when the file was made"
        )


def cell_id(value: str, where: str) -> str:
    """The id that a cell of a file is: a data frame writes `12.0` for 12.

    Two columns of one file have to say one id in one way, or replies lead nowhere. Raises Unreadable like `whole_id`.
    """
    whole_id(value, where)
    number = _FLOAT.fullmatch(value)
    if number is None:
        return value
    if len(number[1]) > _EXACT_DIGITS:
        raise Unreadable(
            Reason.ROUNDED_ID,
            f"{where} is a floating-point number of more than {_EXACT_DIGITS} digits, so its last digits are lost; "
            "export the column as text",
        )
    return number[1]


def is_nothing(value: str) -> bool:
    """Whether a cell is what data frames write for none."""
    return value.lower() in _NOTHING


def whole_text(value: str, where: str) -> None:
    """Raises Unreadable for a text that a spreadsheet took for a formula."""
    _no_error(value.strip(), where)


def no_serial(value: str, where: str) -> None:
    """Raises Unreadable for a time that is a spreadsheet's number of days, or what whole_id refuses."""
    whole_id(value, where)
    if _SERIAL.fullmatch(value) and _FIRST_DAY <= int(value[:5]) <= _LAST_DAY:
        raise Unreadable(
            Reason.SPREADSHEET_DATE,
            f"{where} is a spreadsheet's serial number, days since 1900; format the column as date and time before "
            "it is exported",
        )


def _seen(value: str) -> str:
    """A value without what nobody sees and without the mark that makes a cell text; full-width digits are digits."""
    if not value.isascii():
        value = unicodedata.normalize("NFKC", value).replace("\u2212", "-")
        value = "".join(character for character in value if unicodedata.category(character) != "Cf")
    return value.strip().lstrip("'=")


def _no_error(value: str, where: str) -> None:
    if value in _ERRORS:
        raise Unreadable(
            Reason.SPREADSHEET_ERROR,
            f"{where} is a spreadsheet's error ({value}), so what stood there is lost; repair it and export again",
        )
