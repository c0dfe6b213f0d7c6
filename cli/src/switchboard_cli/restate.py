"""`switchboard restate`: what a metric says by another version of its definition. It prints; kpi computes."""

from collections.abc import Sequence
from datetime import UTC
from typing import TYPE_CHECKING, Any

import click

from switchboard_cli.connection import Targets, asynchronous, calling, json_option, reaches, tenant_option
from switchboard_cli.report import Asked, asks, cell, definition_document, value_document

if TYPE_CHECKING:
    from switchboard.kpi.v1.service_pb2 import Difference, RestatedRow, RestateResponse

    from switchboard_cli.tables import Table


@click.command()
@click.argument("metric")
@click.option("--from", "from_version", type=click.IntRange(min=1), required=True, metavar="VERSION",
              help="The version it was reported by.")  # fmt: skip
@click.option("--to", "to_version", type=click.IntRange(min=1), metavar="VERSION", help="The version it is held "
              "against.  [default: the latest]")  # fmt: skip
@tenant_option
@asks
@json_option
@reaches
@asynchronous
async def restate(
    *,
    metric: str,
    from_version: int,
    to_version: int | None,
    tenant: str,
    asked: Asked,
    as_json: bool,
    targets: Targets,
) -> None:
    """What METRIC says by another version of its definition, of the same contacts: before, after, and the difference.

    Nothing is replaced: `switchboard report --metrics METRIC@1,METRIC` shows both for ever. docs/metrics.md has all
    versions.
    """
    from switchboard.kpi.v1.service_pb2 import RestateRequest
    from switchboard.kpi.v1.service_pb2_grpc import KpiServiceStub

    from switchboard_cli.output import console, print_json
    from switchboard_cli.projected import wait_until_projected

    position = await wait_until_projected(targets, tenant, "", targets.timeout_s, quiet=as_json)
    request = RestateRequest(
        metric=metric, from_version=from_version, to_version=to_version or 0, **asked.fields(tenant, position)
    )
    async with calling(targets, "kpi", act="to compute both") as channel:
        answer = await KpiServiceStub(channel).Restate(request, timeout=targets.timeout_s)
    if as_json:
        print_json(document_of(answer))
        return
    screen = console()
    screen.print(table_of(answer, asked.keys))
    versions = " to ".join(f"v{definition.version}" for definition in answer.definitions)
    until = answer.observed_until.ToDatetime(tzinfo=UTC)
    screen.print(
        f"{metric} {versions}, tenant {tenant}, observed until {until:%Y-%m-%d %H:%M:%S} UTC, log position "
        f"{answer.position}",
        style="quiet",
    )


def document_of(answer: "RestateResponse") -> dict[str, Any]:
    """What `--json` prints: position, both definitions, rows and total; times in seconds; null where there is none."""
    unit = answer.definitions[0].unit

    def row(one: "RestatedRow") -> dict[str, Any]:
        return {
            "group": {dimension.key: dimension.value for dimension in one.group},
            "before": value_document(one.before, unit),
            "after": value_document(one.after, unit),
            "difference": value_document(one.difference, unit),
        }

    return {
        "position": answer.position,
        "definitions": [definition_document(definition) for definition in answer.definitions],
        "rows": [row(one) for one in answer.rows],
        "total": row(answer.total),
    }


def table_of(answer: "RestateResponse", keys: Sequence[str]) -> "Table":
    """A row per group, and the total below where there are groups; `of` is what each value is taken of."""
    from switchboard_cli.output import NOTHING, count, table

    unit = answer.definitions[0].unit
    heads = ("before", "after", "difference", "of before", "of after")
    shown = table(*keys, *heads, right=tuple(range(len(keys), len(keys) + len(heads))), spill=False)

    def add(group: Sequence[str], one: "RestatedRow") -> None:
        below = [
            count(side.denominator) if side.HasField("denominator") else NOTHING for side in (one.before, one.after)
        ]
        shown.add_row(*group, cell(one.before, unit), cell(one.after, unit), signed(one.difference, unit), *below)

    for one in answer.rows:
        add([dimension.value or NOTHING for dimension in one.group], one)
    if keys:
        add(["total", *[""] * (len(keys) - 1)], answer.total)
    return shown


def signed(difference: "Difference", unit: int) -> str:
    """A difference for people, in its unit; of shares in percentage points."""
    from switchboard.kpi.v1.service_pb2 import MetricUnit, MetricValue

    from switchboard_cli.output import NOTHING

    if not difference.HasField("value"):
        return NOTHING
    sign = "+" if difference.value > 0 else "-" if difference.value < 0 else ""
    text = cell(MetricValue(value=abs(difference.value)), unit)
    return sign + (text.replace("%", "pp") if unit == MetricUnit.METRIC_UNIT_RATIO else text)
