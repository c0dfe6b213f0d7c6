"""`switchboard top`: the wallboard, live. It knows how to keep rows current and how to draw them; kpi computes them."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC
from typing import TYPE_CHECKING

import click

from switchboard_cli.connection import Targets, calling, reaches, run, tenant_option

if TYPE_CHECKING:
    from rich.console import RenderableType
    from switchboard.kpi.v1.service_pb2 import MetricDefinition, MetricRow, WatchWallboardResponse

RECONNECT_S = 1.0


@click.command()
@tenant_option
@click.option("--by", "groups", multiple=True, default=("brand",), show_default=True, metavar="KEY",
              help="Group by a source label, channel, source, agent, hour or day; several as KEY,KEY.")  # fmt: skip
@click.option("--filter", "conditions", default="", metavar="EXPRESSION", help="Such as 'industry = \"airlines\"'.")
@click.option("--once", is_flag=True, help="Print the first picture and leave.")
@reaches
def top(*, tenant: str, groups: Sequence[str], conditions: str, once: bool, targets: Targets) -> None:
    """The KPI table, live; Ctrl-C leaves. Goes on by itself when kpi restarts."""
    with suppress(KeyboardInterrupt):
        run(_watch(tenant, groups, conditions, once, targets))


async def _watch(tenant: str, groups: Sequence[str], conditions: str, once: bool, targets: Targets) -> None:
    import grpc
    from rich.live import Live
    from switchboard.kpi.v1 import service_pb2 as api
    from switchboard.kpi.v1.service_pb2_grpc import KpiServiceStub

    from switchboard_cli.output import console
    from switchboard_cli.report import COLUMNS

    keys = [key.strip() for group in groups for key in group.split(",") if key.strip()]
    metrics = [metric for metric, _ in COLUMNS]
    screen = console()
    board = Board(tenant, keys)
    async with calling(targets, "kpi", act="to watch the wallboard") as channel:
        stub = KpiServiceStub(channel)
        listing = api.ListMetricDefinitionsRequest(parent=f"tenants/{tenant}")
        answer = await stub.ListMetricDefinitions(listing, timeout=targets.timeout_s)
        board.definitions = [definition for definition in answer.definitions if definition.id in metrics]
        with Live(board.picture(), console=screen, screen=screen.is_terminal and not once, auto_refresh=False) as live:
            token = ""
            while True:
                request = api.WatchWallboardRequest(
                    parent=f"tenants/{tenant}", metrics=[d.id for d in board.definitions], group_by=keys,
                    filter=conditions, resume_token=token,
                )  # fmt: skip
                try:
                    async for change in stub.WatchWallboard(request):
                        board.take(change)
                        token = change.resume_token
                        live.update(board.picture(), refresh=True)
                        if once:
                            return
                except grpc.aio.AioRpcError as error:
                    if error.code() is not grpc.StatusCode.UNAVAILABLE or once:
                        raise
                    board.note = "kpi is away; waiting for it"
                    live.update(board.picture(), refresh=True)
                    await asyncio.sleep(RECONNECT_S)


class Board:
    """The rows known so far, kept current by the changes of a watch."""

    def __init__(self, tenant: str, keys: Sequence[str]) -> None:
        self.tenant = tenant
        self.keys = keys
        self.definitions: Sequence[MetricDefinition] = ()
        self.note = "waiting for the first picture"
        self._rows: dict[tuple[str, ...], MetricRow] = {}

    def take(self, change: "WatchWallboardResponse") -> None:
        """Folds one message of the watch."""
        if change.snapshot:
            self._rows.clear()
        for gone in change.removed:
            self._rows.pop(tuple(dimension.value for dimension in gone.group), None)
        for row in change.rows:
            self._rows[tuple(dimension.value for dimension in row.group)] = row
        until = change.observed_until.ToDatetime(tzinfo=UTC)
        self.note = f"tenant {self.tenant}, observed until {until:%Y-%m-%d %H:%M:%S} UTC, position {change.position}"

    def rows(self) -> list["MetricRow"]:
        """Sorted by group."""
        return [self._rows[group] for group in sorted(self._rows)]

    def picture(self) -> "RenderableType":
        """What is on the screen now."""
        from rich.console import Group
        from rich.text import Text

        from switchboard_cli.report import metric_table

        board = metric_table(self.rows(), self.definitions, self.keys)
        return Group(board, Text(self.note, style="quiet"))
