"""What spreadsheets do to values on their way through a file, told by what is left of them. Pure; it knows no column.

A long number becomes one in scientific notation and loses its digits, a cell too narrow becomes a row of `#`, a text
that begins like a formula becomes the name of an error, a time becomes the number of days since 1900. None of it can be
taken back, so each is refused by name, before one person's words get another's id.
"""

from __future__ import annotations

import re

from ingest.normalise import Reason, Unreadable

_ROUNDED = re.compile(r"[+-]?\d+(?:[.,]\d+)?[eE][+-]\d{1,3}", re.ASCII)
"""With the sign spreadsheets and data frames write in front of an exponent, which no handle has."""
_ERRORS = frozenset(
    {"#BLOCKED!", "#BUSY!", "#CALC!", "#CONNECT!", "#DIV/0!", "#FIELD!", "#GETTING_DATA", "#N/A", "#NAME?", "#NULL!"}
    | {"#NUM!", "#REF!", "#SPILL!", "#UNKNOWN!", "#VALUE!", "#PYTHON!", "#EXTERNAL!", "Err:502", "Err:504", "Err:508"}
)
_HIDDEN = re.compile(r"#{2,}")
_SERIAL = re.compile(r"\d{5}(?:[.,]\d{1,15})?", re.ASCII)
_FIRST_DAY, _LAST_DAY = 20_000, 80_000
"""Days since 1900 that are times of posts: 1954 to 2119."""


def whole_id(value: str, where: str) -> None:
    """Raises Unreadable for an id that is not what it was. `where` names the place, never the value."""
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


def _no_error(value: str, where: str) -> None:
    if value in _ERRORS:
        raise Unreadable(
            Reason.SPREADSHEET_ERROR,
            f"{where} is a spreadsheet's error ({value}), so what stood there is lost; repair it and export again",
        )
