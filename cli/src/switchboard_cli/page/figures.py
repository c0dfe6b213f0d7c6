"""The page's figures as SVG. It knows what is drawn and how it looks; pygal draws."""

import math
from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import pairwise
from typing import Any, NamedTuple
from xml.etree.ElementTree import Element

from switchboard_cli.page.words import Words

SHOWN_MAX = 6
"""Lines of a figure; more than colours can be told apart are none."""
COLOURS = ("#0b6e99", "#d9730d", "#448361", "#9065b0", "#c4554d", "#6b6b6b")
TICKS_S = (1, 10, 60, 600, 3_600, 6 * 3_600, 86_400, 7 * 86_400, 28 * 86_400)
SOONEST_S = 1.0
"""Where the axis of waits begins: it is logarithmic, and what came at once stands there."""


class Line(NamedTuple):
    """A named line; points are (x, y), in order."""

    name: str
    points: Sequence[tuple[float, float]]


class Hour(NamedTuple):
    """An hour of the day, 0..23: how many contacts can be judged, and how many of them were answered in time."""

    hour: int
    judged: int
    in_time: int


def survival(lines: Sequence[Line], words: Words) -> str:
    """Shares that still wait, 0..1, over seconds, as steps."""
    longest = max((points[-1][0] for _, points in lines if points), default=0.0)
    ticks = [one for one in TICKS_S if one <= max(longest, 60)]
    chart = _chart("XY", "survival", range=(0, 1), xrange=(0, math.log10(max(longest, 60))))
    chart.x_labels = [{"label": words.long(one), "value": math.log10(one)} for one in ticks]
    chart.y_labels = [{"label": f"{share} %", "value": share / 100} for share in (0, 25, 50, 75, 100)]
    for name, points in lines:
        chart.add(name, [(math.log10(max(x, SOONEST_S)), y) for x, y in _steps(points)])
    return str(chart.render(is_unicode=True))


def backlog(lines: Sequence[Line], begins: datetime, ends: datetime) -> str:
    """Numbers of people over time, in seconds since 1970 UTC, on the clock of the two times' zone."""
    most = max((y for _, points in lines for _, y in points), default=0.0)
    chart = _chart("XY", "backlog", range=(0, max(1.0, most)), xrange=(begins.timestamp(), ends.timestamp()))
    form = "%H:%M" if (ends - begins).total_seconds() <= 2 * 86_400 else "%m-%d"
    span = ends.timestamp() - begins.timestamp()
    at = [begins.timestamp() + span * step / 5 for step in range(6)]
    chart.x_labels = [{"label": datetime.fromtimestamp(one, begins.tzinfo).strftime(form), "value": one} for one in at]
    chart.y_labels = [{"label": f"{one:,}", "value": one} for one in _round_numbers(most)]
    for name, points in lines:
        chart.add(name, _steps(points))
    return str(chart.render(is_unicode=True))


def hours(day: Sequence[Hour]) -> str:
    """Which share was answered in time in each hour of the day."""
    known = {one.hour: one for one in day}
    chart = _chart("Bar", "hours", range=(0, 1))
    chart.x_labels = [str(hour) if hour % 3 == 0 else "" for hour in range(24)]
    chart.y_labels = [{"label": f"{share} %", "value": share / 100} for share in (0, 25, 50, 75, 100)]
    chart.add("", [_bar(known.get(hour)) for hour in range(24)])
    return str(chart.render(is_unicode=True))


def _bar(hour: Hour | None) -> Mapping[str, Any] | None:
    if hour is None or not hour.judged:
        return None
    return {"value": hour.in_time / hour.judged, "label": f"{hour.in_time:,} / {hour.judged:,}"}


def _chart(kind: str, name: str, **looks: Any) -> Any:
    """An empty figure that is the same bytes every time, and runs nothing."""
    import pygal  # type: ignore[import-untyped]
    from pygal.style import Style  # type: ignore[import-untyped]

    style = Style(
        background="transparent",
        plot_background="transparent",
        foreground="var(--ink)",
        foreground_strong="var(--ink)",
        foreground_subtle="var(--line)",
        guide_stroke_color="var(--line)",
        major_guide_stroke_color="var(--line)",
        colors=COLOURS,
        font_family="inherit",
        label_font_size=11,
        major_label_font_size=11,
        opacity="1",
        stroke_opacity="1",
    )
    chart = getattr(pygal, kind)(
        js=[],
        style=style,
        width=440,
        height=250,
        margin=4,
        margin_right=18,
        show_dots=False,
        show_legend=False,
        show_x_guides=False,
        pretty_print=False,
        disable_xml_declaration=True,
        **looks,
    )
    chart.uuid = name
    chart.add_xml_filter(_bare)
    return chart


def _bare(root: Element) -> Element:
    """A drawing without the script that carries pygal's settings, and without the comment that carries the day."""
    for inside in (root, *root):
        for one in [one for one in inside if one.tag == "script" or not isinstance(one.tag, str)]:
            inside.remove(one)
    return root


def _steps(points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """Points as corners: what holds at one holds until the next."""
    corners = [corner for (x, y), (later, _) in pairwise(points) for corner in ((x, y), (later, y))]
    return [*corners, *points[-1:]]


def _round_numbers(most: float) -> list[int]:
    """Whole numbers at equal distances, from 0 to `most` or a little less; no more than six."""
    least = max(1.0, most) / 5
    size = 10 ** math.floor(math.log10(least))
    step = max(1, math.ceil(least / size) * int(size) if size >= 1 else 1)
    return list(range(0, int(most) + 1, step)) or [0]
