"""Progress bars that say how many, how fast and how long. They go to standard error, so that output can be piped."""

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    SpinnerColumn,
    Task,
    TextColumn,
    TimeElapsedColumn,
)
from rich.text import Text

from switchboard_cli.output import console


class RateColumn(ProgressColumn):
    """Things per second over the last moments."""

    def render(self, task: Task) -> Text:
        speed = task.finished_speed or task.speed
        return Text("" if speed is None else f"{speed:,.0f}/s", style="quiet")


def delivery_bar(*, quiet: bool) -> Progress:
    """Not started. Draws nothing when quiet or when standard error is no terminal."""
    screen = console(stderr=True)
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(bar_width=40),
        MofNCompleteColumn(),
        RateColumn(),
        TimeElapsedColumn(),
        console=screen,
        disable=quiet or not screen.is_terminal,
        transient=True,
        speed_estimate_period=5.0,
    )


def steps_bar(*, quiet: bool) -> Progress:
    """For waiting that has steps and no rate. Not started. Draws nothing when quiet or when there is no terminal."""
    screen = console(stderr=True)
    return Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=screen,
        disable=quiet or not screen.is_terminal,
        transient=True,
    )


def day_bar(screen: Console) -> Progress:
    """The demo's day: simulated time, deliveries, rate, offers accepted. Not started; nothing when no terminal."""
    return Progress(
        TextColumn("[accent]{task.fields[clock]}[/]"),
        BarColumn(bar_width=40),
        MofNCompleteColumn(),
        RateColumn(),
        TextColumn("[quiet]{task.fields[open]:,} offers accepted[/]"),
        TimeElapsedColumn(),
        console=screen,
        disable=not screen.is_terminal,
        transient=True,
        speed_estimate_period=5.0,
        refresh_per_second=5,
    )
