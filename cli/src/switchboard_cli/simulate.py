"""`switchboard simulate`: what a policy would do. The simulation is a process of routing's; here it is only shown."""

import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from switchboard_cli.connection import json_option
from switchboard_cli.failures import Failure
from switchboard_cli.routing_reports import reported

if TYPE_CHECKING:
    from rich.text import Text

    from switchboard_cli.tables import Table

MODULE = "routing.simulation"
REPLICATIONS_MAX = 1_000
SEED_MAX = 2**31 - 1

SHARES = {"service_level", "abandoned", "left_over", "waited", "occupancy"}
COLUMNS = (
    ("arrived", "arrived"),
    ("service_level", "in time"),
    ("mean_wait_s", "mean wait"),
    ("p95_wait_s", "p95 wait"),
    ("abandoned", "gave up"),
    ("occupancy", "occupancy"),
    ("fairness", "fairness"),
    ("mean_handling_s", "handling"),
    ("left_over", "left over"),
)
"""Measures a person sees, with their column heads, the most important first. JSON has all there are."""
MORE_IS_BETTER = {
    "service_level": True,
    "mean_wait_s": False,
    "p95_wait_s": False,
    "abandoned": False,
    "fairness": True,
}
COMPARED = tuple(MORE_IS_BETTER)


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--replications", type=click.IntRange(1, REPLICATIONS_MAX), default=10, show_default=True,
              metavar="NUMBER", help="How often it happens, each time with another seed.")  # fmt: skip
@click.option("--seed", type=click.IntRange(0, SEED_MAX), default=1, show_default=True, metavar="NUMBER",
              help="The first seed. The same seeds give the same report.")  # fmt: skip
@click.option("--load", type=click.FloatRange(0.01, 10), metavar="SHARE",
              help="Bring as many customers as take this share of all agents' time, such as 0.9.")  # fmt: skip
@click.option("--tenant", default="", help="Whose facts of a recorded log are meant, where it has those of several.")
@click.option("--policies", type=click.Path(path_type=Path, dir_okay=False), metavar="TOML",
              help="Policies to serve a recorded log by, as [[policies]] in a scenario.")  # fmt: skip
@json_option
def simulate(
    *,
    file: Path,
    replications: int,
    seed: int,
    load: float | None,
    tenant: str,
    policies: Path | None,
    as_json: bool,
) -> None:
    """Simulate FILE, a scenario or a recorded log: the routing of production on a simulated clock. Needs no stack.

    A scenario is a TOML file of customers, teams and policies. Shows service level, waits, abandonment, occupancy and
    fairness (Jain's index) with 95 % confidence intervals, how many were accepted by when, and how policies differ:
    every policy meets the same customers, who take as long and wait as patiently.

    A recorded log is what `switchboard log export` prints. It is decided again, every offer must come out as it was
    recorded, or the exit code is 1; --policies says by what else it is to be served.

    docs/recipes/simulating.md has all keys and examples.

    \b
    switchboard simulate docs/recipes/scenarios/small-desk.toml
    switchboard simulate docs/recipes/scenarios/mixed-skills.toml --load 0.95 --replications 20
    switchboard simulate acme.jsonl --policies docs/recipes/policies.toml
    """
    from switchboard_cli.output import console, print_json

    if load is not None and math.isnan(load):
        raise click.BadParameter("nan is no number such as 0.9", param_hint="--load")
    arguments = ["--replications", str(replications), "--seed", str(seed)]
    arguments += [] if load is None else ["--load", str(load)]
    arguments += [f"--tenant={tenant}"] if tenant else []
    arguments += [] if policies is None else [f"--policies={policies}"]
    report = reported(MODULE, [*arguments, "--", str(file)], "simulating; runs done:", quiet=as_json)
    if as_json:
        print_json(report)
    else:
        screen = console()
        for table in tables(report):
            screen.print(table)
            screen.print()
        for line in plot(report):
            screen.print(line, markup=False)
        screen.print(footnote(report), style="quiet")
    if report.get("recorded", {}).get("differing"):
        raise Failure(different(report["recorded"]))


def different(again: dict[str, Any]) -> str:
    """One sentence for a log that did not come out again as it was recorded."""
    first = again["differences"][0]
    return (
        f"{again['differing']} of {again['decisions']} decisions come out differently, the first at position"
        f" {first['position']}: recorded {_facts(first['recorded'])}, decided {_facts(first['decided'])};"
        " either another release decided them, or the log does not begin at its beginning"
    )


def _facts(told: Sequence[str]) -> str:
    return ", ".join(told) or "nothing"


def tables(report: dict[str, Any]) -> Iterator["Table"]:
    """Each policy's measures, and where there are several, how each differs from those before it."""
    from switchboard_cli.output import table

    several = len(report["policies"]) > 1
    for one in report["policies"]:
        measures = [measure for row in one["rows"] for measure in row["measures"]]
        columns = [(measure, head) for measure, head in COLUMNS if measure in measures]
        shown = table("customers", *(head for _, head in columns), right=tuple(range(1, len(columns) + 1)), spill=False)
        shown.title = f"policy {one['policy']}" if several else ""
        for row in _rows(one):
            cells = [cell(measure, row["measures"].get(measure)) for measure, _ in columns]
            shown.add_row(row["customers"] or "all", *cells)
        yield shown
    if several:
        yield _differences(report["differences"])


def _differences(pairs: Sequence[dict[str, Any]]) -> "Table":
    """How each policy differs from each before it, in what one of them can be better at."""
    from switchboard_cli.output import table

    heads = (dict(COLUMNS)[measure] for measure in COMPARED)
    shown = table("policy", "minus", "customers", *heads, spill=False)
    for one in pairs:
        for row in _rows(one):
            names = one["policy"], one["against"], row["customers"] or "all"
            shown.add_row(*names, *(_difference(measure, row["measures"].get(measure)) for measure in COMPARED))
    return shown


def _difference(measure: str, found: dict[str, float | None] | None) -> "Text":
    from rich.text import Text

    said = "" if found is None else verdict(measure, found)
    style = {"better": "good", "worse": "bad"}.get(said, "quiet")
    return Text(f"{cell(measure, found)} {said}".rstrip(), style)


def _rows(one: dict[str, Any]) -> list[dict[str, Any]]:
    """All customers, and each group where there are several."""
    rows: list[dict[str, Any]] = one["rows"]
    return rows if len(rows) > 2 else rows[:1]


def cell(measure: str, found: dict[str, float | None] | None) -> str:
    """An estimate with half of its interval, in the unit of its measure."""
    from switchboard_cli.output import NOTHING, count, duration

    if found is None or found["mean"] is None:
        return NOTHING
    mean, half = found["mean"], found["half_width"]
    if measure in SHARES:
        return f"{mean * 100:.1f} %" if half is None else f"{mean * 100:.1f} ±{half * 100:.1f} %"
    if measure == "fairness":
        return f"{mean:.3f}" if half is None else f"{mean:.3f} ±{half:.3f}"
    if measure == "arrived":
        return count(mean)
    if half is None:
        return duration(mean)
    return f"{mean:.1f} ±{half:.1f} s" if abs(mean) + half < 1_000 else f"{mean / 60:.1f} ±{half / 60:.1f} min"


def verdict(measure: str, found: dict[str, float | None]) -> str:
    """What a difference says of the first policy: better, worse, or "" where the interval holds 0."""
    mean, half = found["mean"], found["half_width"]
    if mean is None or half is None or abs(mean) <= half:
        return ""
    return "better" if (mean > 0) == MORE_IS_BETTER[measure] else "worse"


WIDTH, HEIGHT = 61, 11
"""Of the plot's field: with its labels it fits into 80 columns."""
MARKS = "●○×+◆◇▲△■□"


def plot(report: dict[str, Any]) -> list[str]:
    """Which share of all customers was accepted within so many seconds, a mark for each policy; 80 columns at most."""
    from switchboard_cli.output import duration

    curves = [(one["policy"], one["accepted_within"]) for one in report["policies"]]
    seconds = curves[0][1]["seconds"]
    if not seconds or seconds[-1] <= 0:
        return ["nobody waited"]
    field = [[" "] * WIDTH for _ in range(HEIGHT)]
    for (_, curve), mark in zip(reversed(curves), reversed(_marks(len(curves))), strict=True):
        for column in range(WIDTH):
            share = curve["share"][column * (len(seconds) - 1) // (WIDTH - 1)]
            field[HEIGHT - 1 - round(share * (HEIGHT - 1))][column] = mark
    lines = ["accepted within"]
    for number, row in enumerate(field):
        label = f"{100 - number * 100 // (HEIGHT - 1)} %" if number % 2 == 0 else ""
        lines.append(f"{label:>6} │{''.join(row)}".rstrip())
    lines.append(f"{'':>6} └{'─' * WIDTH}")
    middle, end = duration(seconds[len(seconds) // 2]), duration(seconds[-1])
    lines.append(f"{'':>8}0{middle:^{WIDTH - len(end) - 1}}{end}")
    if len(curves) > 1:
        lines += [f"{'':>8}{mark} {name}" for (name, _), mark in zip(curves, _marks(len(curves)), strict=True)]
    return lines


def _marks(number: int) -> str:
    return (MARKS * (number // len(MARKS) + 1))[:number]


def footnote(report: dict[str, Any]) -> str:
    """What the numbers rest on."""
    if again := report.get("recorded"):
        return (
            f"{again['from']} to {again['until']}: {again['decisions']:,} decisions with {again['offers']:,} offers,"
            f" {again['decisions'] - again['differing']:,} decided again as they were recorded"
        )
    about, seeds = report["scenario"], report["seeds"]
    interval = "no intervals of one replication" if len(seeds) < 2 else "± is half of a 95 % confidence interval"
    if len(report["policies"]) > 1 and len(seeds) > 1:
        interval += ", better and worse are what it does not explain"
    load = about["load"]
    busy = f"load {load:.2f}" + (": more comes than can be done" if load > 1 else "")
    return f"{about['hours']:g} h, {len(seeds)} replications, seeds {seeds[0]} to {seeds[-1]}, {busy}; {interval}"
