"""Whether a spreadsheet rounded a column of ids, told by the whole column: no single id tells. It knows no file.

A spreadsheet keeps 15 digits of a number and writes zeros for the rest. An id that ends so by itself is rare, and a
column in which all long ids do is none; where even the 15th digit is a zero in all of them, they were counted so.
"""

from collections.abc import Collection, Mapping

EXACT_DIGITS = 15
"""That a spreadsheet keeps of a number."""
REASON = "ROUNDED_ID"
_ENOUGH = 3
"""Long ids that have to end in zeros before it is no accident; two are enough where they are equal."""


class RoundedIds:
    """Columns of ids while a file is read."""

    def __init__(self, own: str, others: Collection[str] = ()) -> None:
        """`own` has an id of its own in each row, in `others` one may come again."""
        self._own = own
        self._seen: dict[str, set[str]] = {column: set() for column in (own, *others)}
        self._repeated = False

    def see(self, fields: Mapping[str, str]) -> None:
        """Looks at a row."""
        for column, seen in list(self._seen.items()):
            value = fields.get(column, "").strip()
            if not is_long(value):
                continue
            if value[EXACT_DIGITS:].strip("0"):
                del self._seen[column]  # these digits are there, so nobody rounded the column
            elif column == self._own and value in seen:
                self._repeated = True
            elif len(seen) < _ENOUGH or all(one[EXACT_DIGITS - 1] == "0" for one in seen):
                seen.add(value)

    def columns(self) -> frozenset[str]:
        """Those that were rounded, once all rows were seen."""
        return frozenset(
            column
            for column, seen in self._seen.items()
            if (len(seen) >= _ENOUGH or (column == self._own and self._repeated))
            and any(one[EXACT_DIGITS - 1] != "0" for one in seen)
        )


def is_long(value: str) -> bool:
    """Whether a cell is a number of more digits than a spreadsheet keeps."""
    return len(value) > EXACT_DIGITS and value.isascii() and value.isdigit()


def problem(columns: Collection[str], fields: Mapping[str, str]) -> str:
    """What is wrong with a row where these columns were rounded, "" for one that has only short ids in them."""
    for column in sorted(columns):
        if is_long(fields.get(column, "").strip()):
            return (
                f'column "{column}" was rounded by a spreadsheet: all its ids of more than {EXACT_DIGITS} digits end '
                "in zeros from there on, so their digits are lost; export the column as text"
            )
    return ""
