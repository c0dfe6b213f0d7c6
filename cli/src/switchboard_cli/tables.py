"""Tables for people, laid out once for all of them. It knows widths, no service.

Ids, times and numbers are whole wherever they stand, so that they can be copied; text may be folded. What finds no
room beside the others stands below its row, or, in a table that does not spill, nowhere. Columns come in the order of
their importance, the most important first.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderResult
from rich.text import Text

GAP = 2
LEAST = 10
"""Cells that a text which may be folded gets at least."""
WORD = 32
"""Cells up to which a word is not broken, in a table that has room for the rest below a row."""


@dataclass(slots=True)
class Table:
    """Rows under heads; printed by rich, in the width there is then."""

    heads: Sequence[str]
    right: frozenset[int] = frozenset()
    """Columns of numbers."""
    whole: frozenset[int] = frozenset()
    """Columns of ids and times."""
    spill: bool = True
    """Whether what finds no room stands below its row."""
    title: str = ""
    _rows: list[tuple[list[Text], str]] = field(default_factory=list)

    def add_row(self, *cells: str | Text, style: str = "") -> None:
        """A row; a string is shown as it is, whatever brackets it has."""
        texts = [cell if isinstance(cell, Text) else Text(printable(cell)) for cell in cells]
        texts += [Text()] * (len(self.heads) - len(texts))
        self._rows.append((texts, style))

    def __len__(self) -> int:
        return len(self._rows)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        widths = self._widths(options.max_width)
        if self.title:
            yield Text(self.title, "head")
        heads = [Text(head, "head") for head in self.heads]
        yield from self._lines(console, widths, heads, "")
        yield Text(" " + "─" * (sum(widths.values()) + GAP * (len(widths) - 1)), "quiet")
        for cells, style in self._rows:
            yield from self._lines(console, widths, cells, style)
            yield from self._below(console, options.max_width, [i for i in range(len(cells)) if i not in widths], cells)

    def _widths(self, room: int) -> dict[int, int]:
        """The columns that find room, and how wide each is."""
        natural = [
            max([*map(cell_len, head.split("\n")), *(cell.cell_len for cell in cells)])
            for head, *cells in zip(self.heads, *(row for row, _ in self._rows), strict=True)
        ]
        folds = [i for i in range(len(natural)) if i not in self.right and i not in self.whole]
        room -= 1 - GAP
        widths: dict[int, int] = {}
        for i, head in enumerate(self.heads):
            least = natural[i]
            if i in folds:
                word = min(WORD, self._longest_word(i)) if self.spill else 0
                least = min(natural[i], max(LEAST, word, *map(cell_len, head.split("\n"))))
            if i == 0:
                least = min(least, room - GAP)
            if least + GAP <= room:
                widths[i] = least
                room -= least + GAP
        for i in folds:
            if i in widths:
                more = min(room, natural[i] - widths[i])
                widths[i] += more
                room -= more
        return widths

    def _longest_word(self, column: int) -> int:
        return max((cell_len(word) for row, _ in self._rows for word in row[column].plain.split()), default=0)

    def _lines(self, console: Console, widths: dict[int, int], cells: Sequence[Text], style: str) -> Iterable[Text]:
        folded = {i: cells[i].wrap(console, width, overflow="fold") or [Text()] for i, width in widths.items()}
        for n in range(max(map(len, folded.values()), default=0)):
            line = Text(" ", style, no_wrap=True, overflow="ignore")
            for i, width in widths.items():
                part = folded[i][n] if n < len(folded[i]) else Text()
                part.rstrip()
                padding = " " * (width - part.cell_len)
                line.append_text(Text.assemble(padding, part) if i in self.right else Text.assemble(part, padding))
                line.append(" " * GAP)
            line.rstrip()
            yield line

    def _below(self, console: Console, width: int, left: Sequence[int], cells: Sequence[Text]) -> Iterable[Text]:
        """What found no room, as long as somebody said something; each begins a line that it would not fit on."""
        said = [
            Text.assemble((f"{self.heads[i]} ".lstrip(), "quiet"), cells[i])
            for i in (left if self.spill else ())
            if cells[i].plain.strip("– ")
        ]
        line = Text()
        for part in said:
            if line and line.cell_len + 3 + part.cell_len > width - 3:
                yield from _indented(line.wrap(console, width - 3, overflow="fold"))
                line = Text()
            line = Text.assemble(line, "   ", part) if line else part
        if line:
            yield from _indented(line.wrap(console, width - 3, overflow="fold"))


def _indented(lines: Iterable[Text]) -> Iterable[Text]:
    return (Text.assemble("   ", line) for line in lines)


def printable(text: str) -> str:
    """The text without what a terminal would obey: control characters become spaces."""
    return "".join(each if each.isprintable() else " " for each in text)
