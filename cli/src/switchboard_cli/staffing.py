"""`switchboard staffing`: how many agents a day takes. The plan is a process of routing's; here it is only shown."""

import csv
import math
import sys
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import click

from switchboard_cli.connection import json_option
from switchboard_cli.routing_reports import reported

if TYPE_CHECKING:
    from rich.text import Text

    from switchboard_cli.tables import Table

MODULE = "routing.staffing"
DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
SHARE_MAX = 0.9999
SECONDS_MAX = 2_592_000
CSV = ("start", "at", "kind", "expected", "low", "high", "erlang_c", "erlang_a", "simulated", "scheduled", "there")
"""`kind` is empty for everybody, `there` for one kind."""


class Number(click.FloatRange):
    """A number in a range; nan is none."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        found = super().convert(value, param, ctx)
        if math.isnan(found):
            self.fail("nan is no number such as 0.9", param, ctx)
        return found


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--tenant", default="", help="Whose facts of the log are meant, where it has those of several.")
@click.option("--time-zone", default="UTC", show_default=True, metavar="NAME",
              help="Zone in which days and half-hours are cut.")  # fmt: skip
@click.option("--day", type=click.Choice(DAYS, case_sensitive=False), metavar="WEEKDAY",
              help="The next such day is planned.  [default: the day after the log's last]")  # fmt: skip
@click.option("--service-level", type=Number(0.01, SHARE_MAX), default=0.8, show_default=True, metavar="SHARE",
              help="Of all who come, so many are to be accepted in time.")  # fmt: skip
@click.option("--within", type=Number(0, SECONDS_MAX), metavar="SECONDS",
              help="What in time is.  [default: what each queue promises]")  # fmt: skip
@click.option("--max-occupancy", type=Number(0.05, 1), metavar="SHARE", help="Of agents' time, at most so much work.")
@click.option("--max-abandoned", type=Number(0.0001, 1), metavar="SHARE",
              help="Of all who come, at most so many give up.")  # fmt: skip
@click.option("--max-wait", type=Number(0, SECONDS_MAX), metavar="SECONDS", help="The mean wait is at most so long.")
@click.option("--shrinkage", type=Number(0, 0.95), default=0.0, show_default=True, metavar="SHARE",
              help="Of scheduled time, what is not work on customers: breaks, training, illness.")  # fmt: skip
@click.option("--no-simulation", is_flag=True, help="Erlang alone: in seconds.")
@click.option("--csv", "as_csv", is_flag=True, help="Print a line of CSV for each half-hour and kind of customers.")
@json_option
def staffing(
    *,
    file: Path,
    tenant: str,
    time_zone: str,
    day: str | None,
    service_level: float,
    within: float | None,
    max_occupancy: float | None,
    max_abandoned: float | None,
    max_wait: float | None,
    shrinkage: float,
    no_simulation: bool,
    as_csv: bool,
    as_json: bool,
) -> None:
    """Plan a day from FILE, a recorded log: who is expected, how many agents that takes. Needs no stack.

    The log is what `switchboard log export` prints. Every half-hour is forecast from the same one of earlier weeks.
    How many agents it takes is said three times: by Erlang C, in which nobody gives up, by Erlang A, with the patience
    customers had, and by simulating the routing of production with agents who have the skills they have. Erlang
    shares no agent between kinds of customers; of everybody it has the sum.

    docs/recipes/staffing.md says what the numbers are and how far to trust them.

    \b
    switchboard staffing acme.jsonl --time-zone Asia/Shanghai --within 60
    switchboard staffing acme.jsonl --day monday --shrinkage 0.3 --max-occupancy 0.85
    switchboard staffing acme.jsonl --no-simulation --csv > monday.csv
    """
    from switchboard_cli.output import console, print_json

    if as_csv and as_json:
        raise click.UsageError("--csv and --json are two forms of one plan; leave one out")
    numbers = {
        "--service-level": service_level,
        "--within-s": within,
        "--occupancy-max": max_occupancy,
        "--abandoned-max": max_abandoned,
        "--mean-wait-max-s": max_wait,
        "--shrinkage": shrinkage,
        "--weekday": None if day is None else DAYS.index(day.lower()) + 1,
    }
    arguments = [f"{name}={value}" for name, value in numbers.items() if value is not None]
    arguments += [f"--tenant={tenant}", f"--time-zone={time_zone}", *(["--no-simulation"] if no_simulation else [])]
    report = reported(MODULE, [*arguments, "--", str(file)], "planning; half-hours done:", quiet=as_json or as_csv)
    if as_json:
        print_json(report)
    elif as_csv:
        write_csv(report, sys.stdout)
    else:
        screen = console(plain_width=80)
        for part in (half_hours(report), kinds(report)):
            screen.print(part)
            screen.print()
        for line in heat(report):
            screen.print(line)
        for sentence in footnotes(report):
            screen.print(sentence, style="quiet", markup=False)


def write_csv(report: dict[str, Any], to: TextIO) -> None:
    """A line for everybody in each half-hour, then one for each kind."""
    lines = csv.DictWriter(to, CSV, lineterminator="\n", extrasaction="ignore")
    lines.writeheader()
    for one in report["half_hours"]:
        for row in (one | {"kind": ""}, *one["kinds"]):
            lines.writerow({"start": one["start"], "at": one["at"]} | row)


def half_hours(report: dict[str, Any]) -> "Table":
    """The day's table: everybody, and each kind where there are several."""
    from switchboard_cli.output import table

    several = len(report["kinds"]) > 1
    interval = f"{report['confidence'] * 100:.0f} %"
    needs = _needs(report)
    heads = ["from", "come", interval, *needs.values(), "there"]
    shown = table(*heads, "customers", right=tuple(range(1, len(heads))), whole=(0,), spill=False)
    day = date.fromisoformat(report["day"])
    shown.title = f"{day:%A} {day}, {report['record']['time_zone']}: who comes, and the agents it takes"
    for one in report["half_hours"]:
        there = _there(one["there"], one["simulated"] if one["simulated"] is not None else one["erlang_a"])
        shown.add_row(one["at"], *_cells(one, needs), there, "everybody" if several else "")
        for kind in one["kinds"] if several else ():
            shown.add_row("", *_cells(kind, needs), "", kind["kind"], style="quiet")
    return shown


def _needs(report: dict[str, Any]) -> dict[str, str]:
    """What is shown of agents needed, with its head; not of what nobody asked for."""
    needs = {"erlang_c": "C", "erlang_a": "A"}
    if any(one["simulated"] is not None for one in report["half_hours"]):
        needs["simulated"] = "sim."
    if report["target"]["shrinkage"]:
        needs["scheduled"] = "plan"
    return needs


def _cells(one: dict[str, Any], needs: Iterable[str]) -> list[str]:
    from switchboard_cli.output import count

    return [f"{one['expected']:.1f}", f"{one['low']}–{one['high']}", *(count(one[name]) for name in needs)]


def _there(there: float, needed: int | None) -> "Text":
    """Who is to be there, in the colour of whether that is enough."""
    from rich.text import Text

    return Text(f"{there:.1f}", "bad" if needed is None or there < needed else "good")


def kinds(report: dict[str, Any]) -> "Table":
    """What is known of each kind of customers."""
    from switchboard_cli.output import NOTHING, count, duration, table

    heads = ("came", "handling", "patience", "in time", "at a time", "agents")
    shown = table("customers", *heads, right=tuple(range(1, 7)), spill=False)
    for one in report["kinds"]:
        patience = NOTHING if one["patience_s"] is None else duration(one["patience_s"])
        shown.add_row(
            one["kind"],
            count(one["customers"]),
            duration(one["handling_s"]),
            patience,
            duration(one["within_s"]),
            count(one["at_a_time"]),
            count(one["agents"]),
        )
    return shown


SHADES = " ░▒▓█"
TOO_FEW, ENOUGH, MORE = "▼", "·", "▲"
LABEL = 5


def heat(report: dict[str, Any]) -> Iterator["Text"]:
    """The week as two maps of a row for each day: agents it takes, and whether so many were there."""
    from rich.text import Text

    week = {(one["weekday"], one["at"]): one for one in report["week"]}
    at = [f"{half // 2:02}:{half % 2 * 30:02}" for half in range(48)]
    most = max((one["erlang_a"] or 0 for one in week.values()), default=0)
    hours = " " * LABEL + "".join(f"{hour:<6}" for hour in range(0, 24, 3)).rstrip()
    steps = {most * n // 4: SHADES[n] for n in range(4, 0, -1)}
    legend = "  ".join(f"{shade} to {agents}" for agents, shade in sorted(steps.items()) if agents)
    yield Text(f"agents it takes (Erlang A)   {legend}".rstrip(), "head")
    yield Text(hours, "quiet")
    for number, name in enumerate(DAYS, 1):
        cells = [_shade(week.get((number, half)), most) for half in at]
        yield Text.assemble((f"{name[:3].capitalize():<{LABEL}}", "quiet"), ("".join(cells).rstrip(), "accent"))
    yield Text()
    yield Text(f"who was there   {TOO_FEW} too few  {ENOUGH} enough  {MORE} at least two more", "head")
    yield Text(hours, "quiet")
    for number, name in enumerate(DAYS, 1):
        line = Text(f"{name[:3].capitalize():<{LABEL}}", "quiet")
        for half in at:
            mark = _mark(week.get((number, half)))
            line.append(mark, {TOO_FEW: "bad", ENOUGH: "good", MORE: "warn"}.get(mark, ""))
        line.rstrip()
        yield line
    yield Text()


def _shade(one: dict[str, Any] | None, most: int) -> str:
    """The shade of what a half-hour takes; ? where no number of agents would do."""
    if one is None or one["erlang_a"] == 0:
        return SHADES[0]
    return "?" if one["erlang_a"] is None else SHADES[math.ceil(one["erlang_a"] / most * (len(SHADES) - 1))]


def _mark(one: dict[str, Any] | None) -> str:
    if one is None or (one["erlang_a"] == 0 and not one["there"]):
        return " "
    if one["erlang_a"] is None or one["there"] < one["erlang_a"]:
        return TOO_FEW
    return MORE if one["there"] >= one["erlang_a"] + 2 else ENOUGH


def footnotes(report: dict[str, Any]) -> Iterator[str]:
    """What the numbers rest on, what sharing agents is worth, and how the same would have done last week."""
    from switchboard_cli.output import count, duration, share

    record, target = report["record"], report["target"]
    weeks = max((one["weeks"] for one in report["half_hours"]), default=0)
    within = "in time" if target["within_s"] is None else f"within {duration(target['within_s'])}"
    by = "planned shifts" if report["there_by"] == "shifts" else "who was there before"
    simulated = ", sim. is the routing of production, simulated" if "simulated" in _needs(report) else ""
    yield f"C and A are Erlang's{simulated}; there: {by}"
    if not report["half_hours"]:
        yield "on such a day nobody came and nobody was there"
    yield (
        f"{count(record['customers'])} customers from {record['from'][:10]} to {record['until'][:10]}, {weeks} such"
        f" {'day' if weeks == 1 else 'days'}; at least {share(target['service_level'])} {within}"
    )
    yield from _sharing(report["half_hours"])
    if (backtest := report["backtest"]) is None:
        yield "too short to be tested: a forecast of its last week needs a whole week before that"
        return
    arrivals, waited = backtest["arrivals"], backtest["erlang_a"]
    yield (
        f"forecast from before {backtest['from']}, the last week's half-hours would have been missed by"
        f" {share(arrivals['wape'])} (like yesterday {share(arrivals['wape_yesterday'])}, like the mean"
        f" {share(arrivals['wape_mean'])}); {share(arrivals['covered'])} lay in their interval"
    )
    if waited is not None and waited["mean_wait_s"] is not None:
        yield (
            f"with who was there, Erlang A has {share(waited['abandoned'])} give up and a mean wait of"
            f" {duration(waited['mean_wait_s'])}; it was {share(waited['abandoned_really'])} and"
            f" {duration(waited['mean_wait_really_s'])}"
        )


def _sharing(half_hours: Sequence[dict[str, Any]]) -> Iterator[str]:
    both = [one for one in half_hours if one["simulated"] is not None and one["erlang_a"] is not None]
    erlang, simulated = sum(one["erlang_a"] for one in both), sum(one["simulated"] for one in both)
    if both and any(len(one["kinds"]) > 1 for one in both):
        yield (
            f"simulated with agents as they are, who are shared: {simulated / 2:g} hours of agents; Erlang A, each kind"
            f" with agents of its own: {erlang / 2:g}"
        )
    if any(one["simulated"] is None for one in half_hours) and both:
        yield "– : no number of agents mixed as they are would do; somebody with other skills is needed"
