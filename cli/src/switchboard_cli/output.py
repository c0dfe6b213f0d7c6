"""How things look in the terminal: consoles, numbers, durations, tables. It knows no service."""

import json
import math
from typing import Any

import click
from rich.console import Console
from rich.theme import Theme

from switchboard_cli.paging import Page
from switchboard_cli.tables import Table

THEME = Theme(
    {
        "accent": "bold cyan",
        "quiet": "bright_black",
        "good": "green",
        "bad": "bold red",
        "warn": "yellow",
        "head": "bold",
        "bar.complete": "cyan",
        "bar.finished": "green",
        "progress.percentage": "cyan",
    }
)
NOTHING = "–"
SENTENCE_MAX = 1_000
PLAIN_WIDTH = 200
"""Columns when standard output is no terminal: wide enough that no table is cut."""


class Group(click.Group):
    """A group whose help says of each command the whole first sentence, on as many lines as that takes."""

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        commands = [(name, self.get_command(ctx, name)) for name in self.list_commands(ctx)]
        with formatter.section("Commands"):
            formatter.write_dl([(name, one.get_short_help_str(SENTENCE_MAX)) for name, one in commands if one])


def console(*, stderr: bool = False, plain_width: int = PLAIN_WIDTH) -> Console:
    """Where people read; plain and `plain_width` columns wide when it is no terminal."""
    found = Console(theme=THEME, stderr=stderr, highlight=False)
    if not found.is_terminal:
        return Console(theme=THEME, stderr=stderr, highlight=False, width=plain_width)
    return found


def print_json(value: Any) -> None:
    """One line of JSON on standard output."""
    click.echo(json.dumps(value, ensure_ascii=False, separators=(", ", ": ")))


def count(value: float | None) -> str:
    """12,345"""
    return NOTHING if value is None else f"{value:,.0f}"


def share(value: float | None) -> str:
    """0.123 as 12.3 %"""
    return NOTHING if value is None else f"{value * 100:.1f} %"


def duration(seconds: float | None) -> str:
    """In the unit a person would choose: 850 ms, 42.0 s, 12.5 min, 3.4 h, 2.1 d."""
    if seconds is None or math.isnan(seconds):
        return NOTHING
    size = abs(seconds)
    if size < 1:
        return f"{seconds * 1000:.0f} ms"
    if size < 120:
        return f"{seconds:.1f} s"
    if size < 2 * 3600:
        return f"{seconds / 60:.1f} min"
    if size < 2 * 86400:
        return f"{seconds / 3600:.1f} h"
    return f"{seconds / 86400:.1f} d"


def table(*heads: str, right: tuple[int, ...] = (), whole: tuple[int, ...] = (), spill: bool = True) -> Table:
    """An empty table in the house's look; `right` are the indexes of columns of numbers, `whole` of ids and times."""
    return Table(heads, frozenset(right), frozenset(whole), spill)


def say_cut(page: Page, what: str) -> None:
    """Says on standard error how many of a list are shown, where not all are."""
    if note := page.note(what):
        console(stderr=True).print(note, style="quiet")
