"""How things look in the terminal: consoles, numbers, durations, tables. It knows no service."""

import json
import math
from typing import Any

import click
from rich.console import Console
from rich.table import Table
from rich.theme import Theme

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
PLAIN_WIDTH = 200
"""Columns when standard output is no terminal: wide enough that no table is cut."""


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


def table(*columns: str, title: str = "", right: tuple[int, ...] = ()) -> Table:
    """An empty table in the house's look; `right` are the indexes of columns that hold numbers."""
    from rich import box

    made = Table(box=box.SIMPLE_HEAD, header_style="head", pad_edge=False, collapse_padding=True, padding=(0, 2))
    if title:
        made.title, made.title_style, made.title_justify = title, "head", "left"
    for index, column in enumerate(columns):
        number = index in right
        made.add_column(column, justify="right" if number else "left", no_wrap=number, overflow="fold")
    return made
