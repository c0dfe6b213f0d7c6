"""`switchboard top`: the wallboard, live. It keeps a watch going; kpi computes, `wallboard` draws."""

import asyncio
import signal
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import click

from switchboard_cli.connection import Targets, calling, json_option, reaches, run, tenant_option
from switchboard_cli.entry import leave_at_once
from switchboard_cli.failures import passes

if TYPE_CHECKING:
    from rich.console import Console
    from switchboard.kpi.v1.service_pb2 import WatchWallboardRequest
    from switchboard.kpi.v1.service_pb2_grpc import KpiServiceAsyncStub

    from switchboard_cli.wallboard import Wallboard

RECONNECT_S = 1.0
REDRAW_S = 1.0
UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


class SinceParam(click.ParamType[datetime]):
    """An RFC 3339 time, or how long ago: 90m, 8h, 7d."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        if isinstance(value, datetime):
            return value
        number, unit = value[:-1], value[-1:]
        try:
            if unit in UNITS and number.isascii() and number.isdigit():
                return datetime.now(UTC) - timedelta(seconds=int(number) * UNITS[unit])
            moment = datetime.fromisoformat(value)
        except (ValueError, OverflowError):
            self.fail(f"{value!r} is neither how long ago, such as 8h, nor a time such as 2026-03-09T08:00:00Z")
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


@click.command()
@tenant_option
@click.option("--by", "groups", multiple=True, default=("brand",), show_default=True, metavar="KEY",
              help="Group by a source label, desk, queue, channel, source, agent, language, tier, hour, day, week or "
              "month; several as KEY,KEY.")  # fmt: skip
@click.option("--filter", "conditions", default="", metavar="EXPRESSION", help="Such as 'industry = \"airlines\"'.")
@click.option("--since", type=SinceParam(), metavar="TIME", help="Contacts that start at or after this: a time, or how "
              "long ago, such as 8h.")  # fmt: skip
@click.option("--sort", "order", type=click.Choice(["burn", "name"]), default="burn", show_default=True,
              help="What burns first (most customers unanswered), or by name.")  # fmt: skip
@click.option("--once", is_flag=True, help="Print the first picture and leave.")
@json_option
@reaches
def top(
    *,
    tenant: str,
    groups: Sequence[str],
    conditions: str,
    since: datetime | None,
    order: str,
    once: bool,
    as_json: bool,
    targets: Targets,
) -> None:
    """Who waits, who can answer, and the KPI table, live; Ctrl-C leaves. Goes on by itself when kpi restarts.

    Waiting, the longest wait and the on-time share are green, yellow or red. The last line says how old the picture is:
    kpi sends something every few seconds, so a picture that ages is one that hangs.
    """
    from switchboard.kpi.v1.service_pb2 import WatchWallboardRequest

    from switchboard_cli.report import COLUMNS, timestamp

    keys = [key.strip() for group in groups for key in group.split(",") if key.strip()]
    request = WatchWallboardRequest(
        parent=f"tenants/{tenant}", group_by=keys, filter=conditions, start_time=timestamp(since),
        metrics=[metric for metric, _ in COLUMNS],
    )  # fmt: skip
    try:
        run(_watch(request, order, targets, once=once or as_json, as_json=as_json))
    except KeyboardInterrupt:
        leave_at_once(0)


async def _watch(request: "WatchWallboardRequest", order: str, targets: Targets, *, once: bool, as_json: bool) -> None:
    from rich.live import Live
    from switchboard.kpi.v1 import service_pb2 as api
    from switchboard.kpi.v1.service_pb2_grpc import KpiServiceStub

    from switchboard_cli.output import console
    from switchboard_cli.wallboard import Wallboard

    screen = console()
    async with calling(targets, "kpi", act="to watch the wallboard") as channel:
        stub = KpiServiceStub(channel)
        listing = api.ListMetricDefinitionsRequest(parent=request.parent)
        known = (await stub.ListMetricDefinitions(listing, timeout=targets.timeout_s)).definitions
        there = {definition.id for definition in known}
        request.metrics[:] = [metric for metric in request.metrics if metric in there]
        board = Wallboard(request, known, burning_first=order == "burn")
        if once:
            await _first(stub, request, board, screen, as_json=as_json)
        elif not screen.is_terminal:
            await _follow(stub, request, board, lambda: screen.print(board, ""))
        else:
            with Live(board, console=screen, screen=True, auto_refresh=False, vertical_overflow="crop") as live:
                await _live(stub, request, board, live.refresh)


async def _first(
    stub: "KpiServiceAsyncStub",
    request: "WatchWallboardRequest",
    board: "Wallboard",
    screen: "Console",
    *,
    as_json: bool,
) -> None:
    from switchboard_cli.names import document
    from switchboard_cli.output import print_json

    async for change in stub.WatchWallboard(request):
        board.take(change)
        if as_json:
            print_json(document(change))
        else:
            screen.print(board)
        return


async def _live(stub: "KpiServiceAsyncStub", request: "WatchWallboardRequest", board: "Wallboard", draw: Any) -> None:
    """Draws at every change, every second, since the picture ages, and when the window is given another size."""
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGWINCH, draw)

    async def redraw() -> None:
        while True:
            await asyncio.sleep(REDRAW_S)
            draw()

    async with asyncio.TaskGroup() as tasks:
        drawing = tasks.create_task(redraw())
        await _follow(stub, request, board, draw)
        drawing.cancel()


async def _follow(stub: "KpiServiceAsyncStub", request: "WatchWallboardRequest", board: "Wallboard", draw: Any) -> None:
    """Keeps the board current, whatever happens to kpi, for ever."""
    import grpc

    while True:
        try:
            async for change in stub.WatchWallboard(request):
                board.take(change)
                request.resume_token = change.resume_token
                draw()
            board.lost("kpi ended the watch")
        except grpc.aio.AioRpcError as error:
            if error.code() is grpc.StatusCode.OUT_OF_RANGE and request.resume_token:
                request.resume_token = ""  # too long ago to go on from: begin with a snapshot
                continue
            if not passes(error):
                raise
            board.lost("kpi is away")
        draw()
        await asyncio.sleep(RECONNECT_S)
