"""What stands on the page and where it comes from: answers of kpi in, HTML out. It computes no metric."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple
from zoneinfo import ZoneInfo

from switchboard.kpi.v1 import service_pb2 as api

from switchboard_cli.page import figures
from switchboard_cli.page.figures import SHOWN_MAX, Hour, Line
from switchboard_cli.page.words import Words
from switchboard_cli.report import cell, columns_of, name_of

if TYPE_CHECKING:
    from switchboard.kpi.v1.service_pb2_grpc import KpiServiceAsyncStub

PROMISE = "answered_within_1h"
"""The service level drawn over the day."""


class Answers(NamedTuple):
    """All that a page is made of: the table, its total where it has groups, hours, curves by the first key."""

    table: api.QueryMetricsResponse
    total: api.QueryMetricsResponse | None
    hours: api.QueryMetricsResponse
    curves: api.QueryCurvesResponse


async def asked(stub: "KpiServiceAsyncStub", request: api.QueryMetricsRequest, timeout_s: float) -> Answers:
    """Asks for all of it, observed until the same moment."""
    table = await stub.QueryMetrics(request, timeout=timeout_s)
    same = api.QueryMetricsRequest()
    same.CopyFrom(request)
    same.observed_until.CopyFrom(table.observed_until)
    same.min_position = table.position
    if request.as_of or request.HasField("as_of_time"):
        same.as_of = table.position
        same.ClearField("as_of_time")
    del same.group_by[:]
    total = await stub.QueryMetrics(same, timeout=timeout_s) if request.group_by else None
    same.group_by.append("hour")
    same.metrics[:] = [PROMISE]
    hours = await stub.QueryMetrics(same, timeout=timeout_s)
    drawn = api.QueryCurvesRequest(
        parent=request.parent,
        group_by=request.group_by[:1],
        time_zone=request.time_zone,
        observed_until=table.observed_until,
        filter=request.filter,
        min_position=table.position,
        as_of=same.as_of,
    )
    for field in ("start_time", "end_time"):
        if request.HasField(field):
            getattr(drawn, field).CopyFrom(getattr(request, field))
    return Answers(table, total, hours, await stub.QueryCurves(drawn, timeout=timeout_s))


def rendered(answers: Answers, request: api.QueryMetricsRequest, words: Words) -> str:
    """The page. The same answers give the same page."""
    from jinja2 import Environment, PackageLoader

    table = answers.table
    definitions = {name_of(definition): definition for definition in table.definitions}
    units = {metric: definition.unit for metric, definition in definitions.items()}
    chosen = list(definitions) if request.metrics else ()
    heads = {metric: head for metric, head in columns_of(chosen, words) if metric in units}
    columns = list(heads)
    template = Environment(loader=PackageLoader("switchboard_cli.page", "."), autoescape=True).get_template("page.html")
    return template.render(
        words=words,
        tenant=request.parent.removeprefix("tenants/"),
        about=_about(table, request, words),
        keys=list(request.group_by),
        heads=list(heads.values()),
        rows=[
            ([dimension.value or words.nothing for dimension in row.group], _cells(row, columns, units))
            for row in table.rows
        ],
        total=_cells(answers.total.rows[0], columns, units) if answers.total is not None else None,
        figures=_figures(answers, words),
        colours=figures.COLOURS,
        meanings=[
            (
                head,
                f"{one.id} v{one.version}",
                words.meanings.get((one.id, one.version), one.description),
            )
            for one, head in ((definitions[metric], head) for metric, head in heads.items())
        ],
    )


def _cells(row: api.MetricRow, columns: Sequence[str], units: Mapping[str, int]) -> list[str]:
    values = {value.metric: value for value in row.values}
    return [cell(values.get(metric), units[metric]) for metric in columns]


def _about(table: api.QueryMetricsResponse, request: api.QueryMetricsRequest, words: Words) -> str:
    zone = ZoneInfo(table.time_zone)

    def local(field: str) -> str:
        moment: datetime = getattr(request, field).ToDatetime(tzinfo=UTC)
        return f"{moment.astimezone(zone):%Y-%m-%d %H:%M}"

    known = [field for field in ("start_time", "end_time") if request.HasField(field)]
    form = {(): words.ever, ("start_time",): words.since, ("end_time",): words.before}.get(tuple(known), words.between)
    begins, ends = (local(field) if field in known else "" for field in ("start_time", "end_time"))
    interval = form.format(begins=begins, ends=ends)
    until = f"{table.observed_until.ToDatetime(tzinfo=UTC).astimezone(zone):%Y-%m-%d %H:%M:%S}"
    tenant = request.parent.removeprefix("tenants/")
    return words.about.format(
        tenant=tenant, interval=interval, until=until, zone=table.time_zone, position=table.position
    )


class Figure(NamedTuple):
    """A drawing with what is said of it; `names` are those of its lines, in the order of their colours."""

    title: str
    note: str
    drawing: str
    names: Sequence[str] = ()


def _figures(answers: Answers, words: Words) -> list[Figure]:
    groups = sorted(answers.curves.groups, key=lambda group: -group.contacts)
    shown = sorted(groups[:SHOWN_MAX], key=lambda group: [dimension.value for dimension in group.group])
    note = words.others.format(number=len(groups) - SHOWN_MAX) if len(groups) > SHOWN_MAX else ""
    names = [group.group[0].value or words.nothing if group.group else words.total for group in shown]
    waits = [
        Line(name, [(point.seconds, point.waiting_share) for point in group.first_response])
        for name, group in zip(names, shown, strict=True)
    ]
    numbers = [
        Line(name, [(point.at.ToDatetime(tzinfo=UTC).timestamp(), float(point.waiting)) for point in group.backlog])
        for name, group in zip(names, shown, strict=True)
    ]
    begun = [line.points[0][0] for line in numbers if line.points]
    if not begun:
        return []
    zone = ZoneInfo(answers.table.time_zone)
    until = answers.table.observed_until.ToDatetime(tzinfo=UTC).astimezone(zone)
    begins = datetime.fromtimestamp(min(begun), zone)
    promise_note = words.promise_note.format(zone=answers.table.time_zone)
    return [
        Figure(words.survival, f"{words.survival_note} {note}", figures.survival(waits, words), names),
        Figure(words.backlog, f"{words.backlog_note} {note}", figures.backlog(numbers, begins, until), names),
        Figure(words.promise, promise_note, figures.hours(hours_of(answers.hours))),
    ]


def hours_of(answer: api.QueryMetricsResponse) -> list[Hour]:
    """The hours of all days as hours of one: sums of what was in time and what can be judged."""
    judged: dict[int, int] = {}
    in_time: dict[int, int] = {}
    for row in answer.rows:
        hour = datetime.fromisoformat(row.group[0].value).hour
        (value,) = row.values
        judged[hour] = judged.get(hour, 0) + int(value.denominator)
        in_time[hour] = in_time.get(hour, 0) + int(value.numerator)
    return [Hour(hour, judged[hour], in_time[hour]) for hour in sorted(judged)]
