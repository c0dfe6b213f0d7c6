"""`switchboard report`: the KPI table. It knows what kpi answers and how to print it; it computes nothing."""

import csv
import functools
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, ParamSpec, TypeVar

import click

from switchboard_cli.connection import Targets, asynchronous, calling, json_option, reaches, tenant_option
from switchboard_cli.hints import typed
from switchboard_cli.page.words import ENGLISH, LANGUAGES, Words

if TYPE_CHECKING:
    from google.protobuf.timestamp_pb2 import Timestamp
    from switchboard.kpi.v1.service_pb2 import (
        Difference,
        MetricDefinition,
        MetricRow,
        MetricValue,
        QueryMetricsRequest,
        QueryMetricsResponse,
    )
    from switchboard.kpi.v1.service_pb2_grpc import KpiServiceAsyncStub

    from switchboard_cli.tables import Table

P = ParamSpec("P")
R = TypeVar("R")
COLUMNS = tuple(ENGLISH.heads.items())
"""Metric ids a person sees, with their column heads, the most important first. JSON has all there are."""


class InstantParam(click.ParamType[datetime]):
    """An RFC 3339 time; UTC when it does not say its zone."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        if isinstance(value, datetime):
            return value
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            self.fail(f"{value!r} is no time such as 2026-03-09T08:00:00Z", param, ctx)
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


class AsOfParam(InstantParam):
    """A time as there, or the log position of an answer, which begins with a letter."""

    name = "time or position"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if isinstance(value, str) and value[:1].isalpha():
            return value
        return super().convert(value, param, ctx)


class Asked(NamedTuple):
    """What a person asks of contacts: cut how, which ones, and as of when."""

    groups: Sequence[str]
    observed_until: datetime | None
    as_of: datetime | str | None
    since: datetime | None
    until: datetime | None
    time_zone: str
    conditions: str

    @property
    def keys(self) -> list[str]:
        """The dimensions it is cut by."""
        return _listed(self.groups)

    def fields(self, tenant: str, position: str) -> dict[str, Any]:
        """The same as fields of a request, which waits for `position` unless it is about the past."""
        return {
            "parent": f"tenants/{tenant}",
            "group_by": self.keys,
            "time_zone": self.time_zone,
            "filter": self.conditions,
            "min_position": position if self.as_of is None else "",
            "as_of": self.as_of if isinstance(self.as_of, str) else "",
            "as_of_time": timestamp(self.as_of) if isinstance(self.as_of, datetime) else None,
            "observed_until": timestamp(self.observed_until),
            "start_time": timestamp(self.since),
            "end_time": timestamp(self.until),
        }


def asks(command: Callable[P, R]) -> Callable[..., R]:
    """Adds the options of a question about contacts to a command, which gets them as one `asked`."""

    @functools.wraps(command)
    def wrapped(*args: P.args, **rest: P.kwargs) -> R:
        asked = Asked(*(rest.pop(field) for field in Asked._fields))  # type: ignore[arg-type]  # as click read them
        return command(*args, asked=asked, **rest)  # type: ignore[arg-type]  # a keyword the caller does not see

    options = [
        click.option("--by", "groups", multiple=True, metavar="KEY", help="Group by a source label (brand, industry, "
                     "...), desk, queue, channel, source, agent, language, tier, hour, day, week or month; several as "
                     "KEY,KEY."),
        click.option("--observed-until", type=InstantParam(), metavar="TIME", help="Close the observation here; "
                     "default now."),
        click.option("--as-of", "as_of", type=AsOfParam(), metavar="TIME|POSITION", help="What was known then: a "
                     "time by the clock of the log's servers, or the log position of an answer."),
        click.option("--since", type=InstantParam(), metavar="TIME", help="Contacts that start at or after this."),
        click.option("--until", type=InstantParam(), metavar="TIME", help="Contacts that start before this."),
        click.option("--time-zone", default="", metavar="NAME", help="Zone in which hours, days, weeks and months are "
                     "cut.  [default: the tenant's, UTC]"),
        click.option("--filter", "conditions", default="", metavar="EXPRESSION", help="Such as "
                     "'brand = \"Acme\" AND channel = \"x\"'."),
    ]  # fmt: skip
    decorated: Callable[..., R] = wrapped
    for option in reversed(options):
        decorated = option(decorated)
    return decorated


@click.command()
@tenant_option
@asks
@click.option("--metrics", "chosen", multiple=True, metavar="ID", help="These metrics instead of the usual ones; "
              "several as ID,ID, an earlier version as ID@1. docs/metrics.md has all.")  # fmt: skip
@click.option("--html", "page", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE",
              help="Write one page: the table, figures of waits, of the day and of the backlog, and what every number "
              "means.")  # fmt: skip
@click.option("--csv", "as_csv", is_flag=True, help="Print a line per number: its group, metric and version, value, "
              "numerator and denominator.")  # fmt: skip
@click.option("--language", type=click.Choice(sorted(LANGUAGES)), default="en", show_default=True,
              help="Of the table and the page.")  # fmt: skip
@json_option
@reaches
@asynchronous
async def report(
    *,
    tenant: str,
    asked: Asked,
    chosen: Sequence[str],
    page: Path | None,
    as_csv: bool,
    language: str,
    as_json: bool,
    targets: Targets,
) -> None:
    """The funnel offered, accepted, answered, resolved, and how long customers waited.

    FRT is the first response time by a human. Its mean leaves out whoever was never answered; the Kaplan-Meier median
    does not, and is empty when half of the customers have no answer. Waits until what was ingested before is counted.
    """
    from switchboard.kpi.v1.service_pb2 import QueryMetricsRequest
    from switchboard.kpi.v1.service_pb2_grpc import KpiServiceStub

    from switchboard_cli.output import print_json
    from switchboard_cli.projected import wait_until_projected

    if as_json + as_csv + (page is not None) > 1:
        raise click.UsageError("say one of --json, --csv and --html")
    position = await wait_until_projected(targets, tenant, "", targets.timeout_s, quiet=as_json or as_csv)
    metrics, words = _listed(chosen), LANGUAGES[language]
    request = QueryMetricsRequest(
        metrics=metrics or (() if as_json or as_csv else words.heads), **asked.fields(tenant, position)
    )
    async with calling(targets, "kpi", act="to compute the report") as channel:
        if page is not None:
            await write_page(KpiServiceStub(channel), request, page, words, targets.timeout_s)
            return
        answer = await KpiServiceStub(channel).QueryMetrics(request, timeout=targets.timeout_s)
    if as_json:
        print_json(as_document(answer))
    elif as_csv:
        print_csv(answer, asked.keys)
    else:
        named = [name_of(definition) for definition in answer.definitions] if metrics else []
        show(answer, tenant, columns_of(named, words), asked.keys, named=bool(metrics))


def _listed(given: Sequence[str]) -> list[str]:
    """What an option that may be given several times, and have several with commas between them, names."""
    return [word.strip() for one in given for word in one.split(",") if word.strip()]


def columns_of(metrics: Sequence[str], words: Words) -> list[tuple[str, str]]:
    """What a report has columns of, and their heads: the metrics that were named, or the most important ones."""
    return [(metric, words.heads.get(metric, metric)) for metric in metrics or words.heads]


def name_of(definition: "MetricDefinition") -> str:
    """What its values are called in an answer; a kpi of an earlier release has no versions beside the latest."""
    return definition.metric or definition.id


async def write_page(
    stub: "KpiServiceAsyncStub", request: "QueryMetricsRequest", path: Path, words: Words, timeout_s: float
) -> None:
    """Writes the page and says where. Raises ClickException where the file cannot be written."""
    from switchboard_cli.output import console
    from switchboard_cli.page.page import asked, rendered

    text = rendered(await asked(stub, request, timeout_s), request, words)
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise click.ClickException(f"{path} cannot be written: {error.strerror}") from error
    console().print(typed(f"{path}: open it in a browser, or print it on one page of A4"), style="quiet")


def timestamp(moment: datetime | None) -> "Timestamp | None":
    """A point in time for a request, None where none was said."""
    from chassis.clock import from_datetime, to_timestamp

    return None if moment is None else to_timestamp(from_datetime(moment))


def as_document(answer: "QueryMetricsResponse") -> dict[str, Any]:
    """What `--json` prints: position, definitions, rows; times in seconds; null where there is no value."""
    units = {name_of(definition): definition.unit for definition in answer.definitions}
    return {
        "position": answer.position,
        "definitions": [definition_document(definition) for definition in answer.definitions],
        "rows": [
            {
                "group": {dimension.key: dimension.value for dimension in row.group},
                "metrics": {value.metric: value_document(value, units.get(value.metric, 0)) for value in row.values},
            }
            for row in answer.rows
        ],
    }


def definition_document(definition: "MetricDefinition") -> dict[str, Any]:
    """A definition as JSON has it."""
    from switchboard.kpi.v1.service_pb2 import MetricUnit

    return {
        "id": definition.id,
        "version": definition.version,
        "name": definition.display_name,
        "unit": MetricUnit.Name(definition.unit).removeprefix("METRIC_UNIT_").lower(),
        "description": definition.description,
        "numerator": definition.numerator,
        "denominator": definition.denominator,
        "source": definition.source,
        "parameters": {parameter.name: parameter.seconds for parameter in definition.parameters},
    }


def value_document(value: "MetricValue | Difference", unit: int) -> dict[str, float | int | None]:
    """Value, numerator and denominator as JSON has them; None where there is none."""
    from switchboard.kpi.v1.service_pb2 import MetricUnit

    def part(name: str, whole: bool) -> float | int | None:
        if not value.HasField(name):
            return None
        number: float = getattr(value, name)
        return int(number) if whole and number.is_integer() else number

    return {
        "value": part("value", unit in (MetricUnit.METRIC_UNIT_CONTACTS, MetricUnit.METRIC_UNIT_ITEMS)),
        "numerator": part("numerator", unit != MetricUnit.METRIC_UNIT_SECONDS),
        "denominator": part("denominator", whole=True),
    }


def print_csv(answer: "QueryMetricsResponse", keys: Sequence[str]) -> None:
    """A line per number on standard output; a field is empty where there is no value."""
    lines = csv.writer(sys.stdout, lineterminator="\n")
    lines.writerow([*keys, "metric", "version", "value", "numerator", "denominator"])
    units = {name_of(definition): definition.unit for definition in answer.definitions}
    for row in answer.rows:
        group = [dimension.value for dimension in row.group]
        for value in row.values:
            parts = value_document(value, units.get(value.metric, 0)).values()
            lines.writerow([*group, value.metric, value.definition_version, *parts])


def show(
    answer: "QueryMetricsResponse",
    tenant: str,
    columns: Sequence[tuple[str, str]],
    keys: Sequence[str],
    *,
    named: bool,
) -> None:
    """The same as a table; `named` says that somebody asked for these columns, contacts or not."""
    from switchboard_cli.output import console

    screen = console()
    if not (any(_offered(row) for row in answer.rows) or named):
        screen.print(typed(f"no contacts yet in tenant {tenant}: send some with `switchboard ingest`"), style="quiet")
        return
    screen.print(metric_table(answer.rows, answer.definitions, keys, columns))
    until = answer.observed_until.ToDatetime(tzinfo=UTC)
    screen.print(
        f"tenant {tenant}, observed until {until:%Y-%m-%d %H:%M:%S} UTC, log position {answer.position}", style="quiet"
    )


def _offered(row: "MetricRow") -> float:
    return next((value.value for value in row.values if value.metric == "offered"), 0.0)


def metric_table(
    rows: Sequence["MetricRow"],
    definitions: Sequence["MetricDefinition"],
    keys: Sequence[str],
    columns: Sequence[tuple[str, str]] = COLUMNS,
) -> "Table":
    """Rows of metrics with the columns (metric id, head) that the definitions know, as many as find room."""
    from switchboard_cli.output import table

    units = {name_of(definition): definition.unit for definition in definitions}
    columns = [(metric, head) for metric, head in columns if metric in units]
    right = tuple(range(len(keys), len(keys) + len(columns)))
    shown = table(*keys, *(head for _, head in columns), right=right, spill=False)
    for row in rows:
        values = {value.metric: value for value in row.values}
        groups = [dimension.value or "–" for dimension in row.group]
        shown.add_row(*groups, *(cell(values.get(metric), units[metric]) for metric, _ in columns))
    return shown


def cell(value: "MetricValue | None", unit: int) -> str:
    """One metric for people, in its unit."""
    from switchboard.kpi.v1.service_pb2 import MetricUnit

    from switchboard_cli.output import NOTHING, count, duration, share

    if value is None or not value.HasField("value"):
        return NOTHING
    if unit == MetricUnit.METRIC_UNIT_SECONDS:
        return duration(value.value)
    if unit == MetricUnit.METRIC_UNIT_NUMBER:
        return f"{value.value:,.2f}"
    return share(value.value) if unit == MetricUnit.METRIC_UNIT_RATIO else count(value.value)
