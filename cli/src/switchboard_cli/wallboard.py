"""A wallboard: who waits, who can answer, and the rows that burn. It knows how to keep and draw one, no connection."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC
from typing import TYPE_CHECKING

from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.text import Text

from switchboard_cli.output import count, duration, share
from switchboard_cli.report import metric_table

if TYPE_CHECKING:
    from switchboard.kpi.v1.service_pb2 import (
        Floor,
        MetricDefinition,
        MetricRow,
        WatchWallboardRequest,
        WatchWallboardResponse,
    )

HANGS_S = 10.0
"""A board that was sent nothing for so long hangs: kpi sends something every few seconds, changed or not."""
ON_TIME = (0.9, 0.7)
"""Shares from which on it is good, and below which it is bad."""
LONGEST_S = (15 * 60.0, 3600.0)
"""Waits up to which it is good, and beyond which it is bad."""


class Wallboard:
    """What kpi told so far; rich prints it as it is at that moment, in the size there is then."""

    def __init__(
        self,
        request: "WatchWallboardRequest",
        definitions: "Sequence[MetricDefinition]",
        *,
        burning_first: bool = True,
        now_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._tenant = request.parent.partition("/")[2]
        self._keys = list(request.group_by)
        self._definitions = [definition for definition in definitions if definition.id in request.metrics]
        self._burning_first = burning_first
        self._now_s = now_s
        self._rows: dict[tuple[str, ...], MetricRow] = {}
        self._floor: Floor | None = None
        self._as_of = ""
        self._told_s: float | None = None
        self._lost = ""

    def take(self, change: "WatchWallboardResponse") -> None:
        """Takes one message of the watch."""
        if change.snapshot:
            self._rows.clear()
        for gone in change.removed:
            self._rows.pop(tuple(dimension.value for dimension in gone.group), None)
        for row in change.rows:
            self._rows[tuple(dimension.value for dimension in row.group)] = row
        self._floor = change.floor
        until = change.observed_until.ToDatetime(tzinfo=UTC)
        self._as_of = f"{until:%Y-%m-%d %H:%M:%S} UTC, position {change.position}"
        self._observed_s = change.observed_until.ToMicroseconds() / 1e6
        self._told_s, self._lost = self._now_s(), ""

    def lost(self, why: str) -> None:
        """The watch broke; it is tried again until something is told."""
        self._lost = why

    def rows(self) -> "list[MetricRow]":
        """The groups in their order."""
        by_name = [self._rows[group] for group in sorted(self._rows)]
        return sorted(by_name, key=_unanswered, reverse=True) if self._burning_first else by_name

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        if self._floor is None:
            yield self._state()
            return
        floor = list(self._floor_lines(self._floor, options.max_width))
        rows = self.rows()
        if console.is_terminal:
            yield from self._within(console, options, [*floor, Text()], rows)
        else:
            yield from [*floor, Text(), *self._table(rows, len(rows)), self._state()]

    def _table(self, rows: "Sequence[MetricRow]", room: int) -> list[RenderableType]:
        """So many rows, and how many more there are."""
        shown: list[RenderableType] = [metric_table(rows[:room], self._definitions, self._keys)]
        if not rows:
            shown.append(Text(" no contacts yet", "quiet"))
        if len(rows) > room:
            shown.append(Text(f" … {len(rows) - room:,} more", "quiet"))
        return shown

    def _within(
        self, console: Console, options: ConsoleOptions, floor: list[Text], rows: "Sequence[MetricRow]"
    ) -> Iterator[RenderableType]:
        """As many rows as the height has room for; who waits comes before rows, how alive the picture is before all."""
        height, state = console.size.height, self._state()
        state.no_wrap, state.overflow = True, "ellipsis"

        def lines(parts: Sequence[RenderableType]) -> int:
            unbounded = options.update(height=None)
            return sum(len(console.render_lines(part, unbounded, pad=False)) for part in parts)

        left = height - lines(floor) - 1
        room = min(len(rows), max(0, left))
        table = self._table(rows, room)
        while room and lines(table) > left:
            room -= 1
            table = self._table(rows, room)
        if lines(table) <= left:
            yield from floor
            yield from table
        else:
            yield from floor[: height - 1]
        yield state

    def _floor_lines(self, floor: "Floor", width: int) -> Iterator[Text]:
        longest_s = None
        if floor.HasField("oldest_waiting_start"):
            longest_s = max(0.0, self._observed_s - floor.oldest_waiting_start.ToMicroseconds() / 1e6)
        on_time = floor.answered_on_time / floor.due if floor.due else None
        nobody = floor.waiting > 0 and floor.agents_free == 0
        parts = [
            (f"{count(floor.waiting)} waiting", "bad" if nobody else "warn" if floor.waiting else "good"),
            (f"longest {duration(longest_s)}", _grade(longest_s, LONGEST_S, least=True)),
            (f"on time {share(on_time)}", _grade(on_time, ON_TIME, least=False)),
            (f"agents {count(floor.agents_free)} free", "bad" if nobody else "good" if floor.agents_free else "quiet"),
            (f"{count(floor.agents_busy)} busy", ""),
            (f"{count(floor.agents_away)} away", "quiet"),
        ]
        line = Text(" ")
        for text, style in parts:
            if line.cell_len > 1 and line.cell_len + 3 + len(text) > width:
                yield line
                line = Text(" ")
            line.append("   " if line.cell_len > 1 else "")
            line.append(text, style)
        yield line

    def _state(self) -> Text:
        """How alive the picture is."""
        if self._told_s is None:
            return Text(f" {self._lost}; trying again" if self._lost else " waiting for the first picture", "warn")
        age_s = self._now_s() - self._told_s
        if self._lost:
            return Text(f" {self._lost}, trying again; the picture is {age_s:.0f} s old, of {self._as_of}", "bad")
        if age_s >= HANGS_S:
            return Text(f" nothing was heard for {age_s:.0f} s: kpi or the way to it hangs; of {self._as_of}", "bad")
        return Text(f" ● live {self._tenant}, {self._as_of}", "quiet")


def _grade(value: float | None, limits: tuple[float, float], *, least: bool) -> str:
    """The style of a value; `least` when little is good."""
    if value is None:
        return "quiet"
    good, bad = limits
    if least:
        return "good" if value <= good else "bad" if value > bad else "warn"
    return "good" if value >= good else "bad" if value < bad else "warn"


def _unanswered(row: "MetricRow") -> float:
    """How many customers of a group nobody has answered."""
    values: Mapping[str, float] = {value.metric: value.value for value in row.values}
    return values.get("offered", 0.0) - values.get("answered", 0.0)
