"""`switchboard calendar`: when a house is open. It knows how to say and ask it, not what follows."""

import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import click

from switchboard_cli.connection import (
    Targets,
    asynchronous,
    calling,
    json_option,
    reaches,
    refuse_misplaced,
    tenant_option,
)
from switchboard_cli.output import Group
from switchboard_cli.report import InstantParam, timestamp

WALL = "%Y-%m-%dT%H:%M"
NEXT = 10
"""Exceptions that are shown of those to come."""
_KEYS = {"display_name", "time_zone", "hours", "closed", "open"}
_LENGTH = re.compile(r"(\d{1,9})([smh])")
_UNITS = {"s": 1, "m": 60, "h": 3_600}
id_argument = click.argument("calendar_id", metavar="[ID]", default="default")
id_option = click.option("--calendar", "calendar_id", default="default", show_default=True, metavar="ID",
                         help="Whose hours count.")  # fmt: skip
version_option = click.option("--version", type=click.IntRange(1, 2**31 - 1), metavar="N",
                              help="As this version says, instead of the latest.")  # fmt: skip
file_type = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group(cls=Group, invoke_without_command=True)
@tenant_option
@click.option("--limit", type=click.IntRange(1, 1000), default=200, show_default=True, help="At most so many.")
@json_option
@reaches
@click.pass_context
def calendar(context: click.Context, *, tenant: str, limit: int, as_json: bool, targets: Targets) -> None:
    """List calendars of business time, or show, set, fill and ask one; `default` is the tenant's own."""
    if context.invoked_subcommand is None:
        _list(tenant, limit, as_json, targets)
    else:
        refuse_misplaced(context)


@asynchronous
async def _list(tenant: str, limit: int, as_json: bool, targets: Targets) -> None:
    from switchboard.kpi.v1.service_pb2 import ListCalendarsRequest
    from switchboard.kpi.v1.service_pb2_grpc import KpiServiceStub

    from switchboard_cli.names import document, moment, short
    from switchboard_cli.output import console, print_json, say_cut, table
    from switchboard_cli.paging import first

    request = ListCalendarsRequest(parent=f"tenants/{tenant}")
    async with calling(targets, "kpi", act="to list calendars") as channel:
        page = await first(KpiServiceStub(channel).ListCalendars, request, "calendars", limit, targets.timeout_s)
    say_cut(page, "calendars")
    if as_json:
        print_json([document(one) for one in page.items])
        return
    if not page.items:
        console().print(f"tenant {tenant} has no calendars", style="quiet")
        return
    rows = table("calendar", "zone", "version", "since (UTC)", "called", right=(2,))
    for one in page.items:
        rows.add_row(short(one.name), one.time_zone, str(one.version), moment(one, "defined_at"), one.display_name)
    console().print(rows)


@calendar.command("show")
@id_argument
@tenant_option
@version_option
@json_option
@reaches
@asynchronous
async def show(*, calendar_id: str, tenant: str, version: int | None, as_json: bool, targets: Targets) -> None:
    """Show the hours of a week and what is otherwise in times to come."""
    from switchboard.kpi.v1.service_pb2 import GetCalendarRequest
    from switchboard.kpi.v1.service_pb2_grpc import KpiServiceStub

    from switchboard_cli.names import full

    request = GetCalendarRequest(name=full(tenant, "calendars", calendar_id), version=version or 0)
    async with calling(targets, "kpi", act="to show a calendar") as channel:
        found = (await KpiServiceStub(channel).GetCalendar(request, timeout=targets.timeout_s)).calendar
    _show(found, as_json=as_json)


@calendar.command("set")
@id_argument
@click.argument("file", type=file_type)
@tenant_option
@json_option
@reaches
@asynchronous
async def set_calendar(*, calendar_id: str, file: Path, tenant: str, as_json: bool, targets: Targets) -> None:
    """Define a calendar by a TOML file, or make another version of it where it is there."""
    import uuid

    import grpc
    from google.protobuf.field_mask_pb2 import FieldMask
    from switchboard.kpi.v1 import service_pb2 as api
    from switchboard.kpi.v1.service_pb2_grpc import KpiServiceStub

    from switchboard_cli.names import full, short

    wanted = written(file)
    wanted.name = full(tenant, "calendars", calendar_id)
    create = api.CreateCalendarRequest(
        parent=f"tenants/{tenant}", calendar_id=short(wanted.name), calendar=wanted, request_id=str(uuid.uuid4())
    )
    update = api.UpdateCalendarRequest(
        calendar=wanted, update_mask=FieldMask(paths=["*"]), request_id=str(uuid.uuid4())
    )
    async with calling(targets, "kpi", act=f"to set calendar {short(wanted.name)}") as channel:
        stub = KpiServiceStub(channel)
        try:
            done = (await stub.CreateCalendar(create, timeout=targets.timeout_s)).calendar
        except grpc.aio.AioRpcError as refused:
            if refused.code() is not grpc.StatusCode.ALREADY_EXISTS:
                raise
            done = (await stub.UpdateCalendar(update, timeout=targets.timeout_s)).calendar
    _show(done, as_json=as_json)


@calendar.command("import")
@click.argument("file", type=file_type)
@tenant_option
@id_option
@click.option("--years", metavar="FIRST[-LAST]", help="What is taken of it; without it, this year and the next two.")
@click.option("--open", "opens", is_flag=True, help="Its events are openings, not closings.")
@json_option
@reaches
@asynchronous
async def import_file(
    *, file: Path, tenant: str, calendar_id: str, years: str | None, opens: bool, as_json: bool, targets: Targets
) -> None:
    """Add the events of an iCalendar file (.ics) to what is otherwise; importing twice is importing once."""
    import uuid

    from switchboard.kpi.v1 import service_pb2 as api
    from switchboard.kpi.v1.service_pb2_grpc import KpiServiceStub

    from switchboard_cli.names import document, full
    from switchboard_cli.output import console, print_json

    first, last = _years(years)
    request = api.ImportCalendarExceptionsRequest(
        name=full(tenant, "calendars", calendar_id),
        ical=file.read_bytes(),
        kind="EXCEPTION_KIND_OPEN" if opens else "EXCEPTION_KIND_CLOSED",
        first_year=first,
        last_year=last,
        request_id=str(uuid.uuid4()),
    )
    async with calling(targets, "kpi", act=f"to import {file}") as channel:
        done = await KpiServiceStub(channel).ImportCalendarExceptions(request, timeout=targets.timeout_s)
    if as_json:
        print_json(document(done))
        return
    found, now = done.exceptions_count, done.calendar.version
    console().print(f"{file} has {found} {'openings' if opens else 'closings'}; the calendar is at version {now}")


@calendar.command("elapsed")
@click.argument("start", metavar="FROM", type=InstantParam())
@click.argument("end", metavar="UNTIL", type=InstantParam())
@tenant_option
@id_option
@version_option
@json_option
@reaches
@asynchronous
async def elapsed(*, start: datetime, end: datetime, as_json: bool, **asked: Any) -> None:
    """Say how much of the time from FROM to UNTIL is open."""
    from switchboard_cli.names import document
    from switchboard_cli.output import console, duration, print_json

    said = await _measured(
        act="to measure business time", start_time=timestamp(start), end_time=timestamp(end), **asked
    )
    if as_json:
        print_json(document(said))
        return
    seconds = said.business_time.ToTimedelta().total_seconds()
    console().print(f"{duration(seconds)} of business time ({seconds:g} s, version {said.version})")


@calendar.command("due")
@click.argument("start", metavar="FROM", type=InstantParam())
@click.argument("length")
@tenant_option
@id_option
@version_option
@json_option
@reaches
@asynchronous
async def due(*, start: datetime, length: str, as_json: bool, **asked: Any) -> None:
    """Say when LENGTH (such as 90s, 30m or 4h) of business time is over that begins at FROM."""
    from google.protobuf.duration_pb2 import Duration

    from switchboard_cli.names import document, moment
    from switchboard_cli.output import console, print_json

    read = _LENGTH.fullmatch(length)
    if read is None:
        raise click.BadParameter(f"{length!r} is no length such as 90s, 30m or 4h", param_hint="LENGTH")
    wanted = Duration(seconds=int(read[1]) * _UNITS[read[2]])
    said = await _measured(act="to say what is due", start_time=timestamp(start), business_time=wanted, **asked)
    if as_json:
        print_json(document(said))
    elif said.HasField("end_time"):
        console().print(f"due {moment(said, 'end_time')} UTC (version {said.version})")
    else:
        console().print(f"never: it is not open so long before the year 2200 (version {said.version})")


async def _measured(
    *, tenant: str, calendar_id: str, version: int | None, act: str, targets: Targets, **question: Any
) -> Any:
    from switchboard.kpi.v1.service_pb2 import MeasureBusinessTimeRequest
    from switchboard.kpi.v1.service_pb2_grpc import KpiServiceStub

    from switchboard_cli.names import full

    name = full(tenant, "calendars", calendar_id)
    request = MeasureBusinessTimeRequest(name=name, version=version or 0, **question)
    async with calling(targets, "kpi", act=act) as channel:
        return await KpiServiceStub(channel).MeasureBusinessTime(request, timeout=targets.timeout_s)


def written(path: Path) -> Any:
    """The calendar of a file. Raises BadParameter that says what of it cannot be read."""
    import tomllib

    from switchboard.kpi.v1.events_pb2 import WeeklyHours
    from switchboard.kpi.v1.service_pb2 import Calendar

    from switchboard_cli.hours import read

    try:
        said = tomllib.loads(path.read_text(encoding="utf-8"))
        if other := said.keys() - _KEYS:
            raise ValueError(f"it has {min(other)}, and can have {', '.join(sorted(_KEYS))}")
        made = Calendar(
            display_name=_text(said, "display_name"),
            time_zone=_text(said, "time_zone"),
            weekly=[
                WeeklyHours(weekday=day, start_minute=start, end_minute=end)
                for day, start, end in read(_texts(said, "hours"))
            ],
        )
        for key in ("closed", "open"):
            for number, one in enumerate(_tables(said, key), 1):
                made.exceptions.append(_exception(one, key, f"[[{key}]] number {number}"))
    except (ValueError, RecursionError) as error:
        raise click.BadParameter(f"{path} cannot be read: {error}") from None
    return made


def _exception(one: dict[str, Any], key: str, where: str) -> Any:
    """A closing or an opening: a `day`, or `from` one wall time `until` another."""
    from switchboard.kpi.v1.events_pb2 import CalendarException

    if one.keys() - {"name"} == {"day"}:
        starts = _wall(one["day"], f"day of {where}")
        ends = starts + timedelta(days=1)
    elif one.keys() - {"name"} == {"from", "until"}:
        starts, ends = (_wall(one[edge], f"{edge} of {where}") for edge in ("from", "until"))
    else:
        raise ValueError(f"{where} has a day, or from and until; and a name")
    return CalendarException(
        start=starts.strftime(WALL),
        end=ends.strftime(WALL),
        kind=f"EXCEPTION_KIND_{key.upper()}",
        display_name=_text(one, "name"),
    )


def _wall(value: object, what: str) -> datetime:
    """A wall time to the minute, of a day its midnight."""
    if isinstance(value, datetime) and value.tzinfo is None and not value.second and not value.microsecond:
        return value
    if isinstance(value, date) and not isinstance(value, datetime):
        return datetime(value.year, value.month, value.day)  # noqa: DTZ001 (a wall time)
    raise ValueError(f"{what} is a day such as 2026-12-25 or a local time such as 2026-12-24T14:00:00, without quotes")


def _text(said: dict[str, Any], key: str) -> str:
    found = said.get(key, "")
    if not isinstance(found, str):
        raise ValueError(f"{key} is a text")
    return found


def _texts(said: dict[str, Any], key: str) -> list[str]:
    found = said.get(key, [])
    if not isinstance(found, list) or not all(isinstance(one, str) for one in found):
        raise ValueError(f'{key} is a list of texts such as "mon-fri=09:00-17:30"')
    return found


def _tables(said: dict[str, Any], key: str) -> list[dict[str, Any]]:
    found = said.get(key, [])
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise ValueError(f"{key} are tables, each under [[{key}]]")
    return found


def _years(given: str | None) -> tuple[int, int]:
    """(first, last), 0 for what is not said."""
    if given is None:
        return 0, 0
    read = re.fullmatch(r"(\d{4})(?:-(\d{4}))?", given)
    if read is None:
        raise click.BadParameter(f"{given!r} is not FIRST-LAST, such as 2026-2028", param_hint="--years")
    return int(read[1]), int(read[2] or read[1])


def _show(found: Any, *, as_json: bool) -> None:
    from switchboard.kpi.v1.events_pb2 import ExceptionKind

    from switchboard_cli.hours import DAYS, span
    from switchboard_cli.names import document, moment, short, word
    from switchboard_cli.output import console, print_json, table

    if as_json:
        print_json(document(found))
        return
    called = f" ({found.display_name})" if found.display_name else ""
    console().print(f"calendar {short(found.name)}{called}, {found.time_zone}", markup=False)
    since = moment(found, "defined_at")
    console().print(f"version {found.version} since {since} UTC, zone tables {found.tzdata_version}", style="quiet")
    week = table("day", "open")
    for number, day in enumerate(DAYS, 1):
        week.add_row(day, ", ".join(span(one) for one in found.weekly if one.weekday == number) or "closed")
    console().print(week)
    today = datetime.now(UTC).strftime(WALL)
    coming = sorted((one for one in found.exceptions if one.end > today), key=lambda one: one.start)
    if coming:
        rows = table("from", "until", "then", "called", whole=(0, 1))
        for one in coming[:NEXT]:
            times = (one.start.replace("T", " "), one.end.replace("T", " "))
            rows.add_row(*times, word(ExceptionKind, one.kind, "EXCEPTION_KIND_"), one.display_name)
        console().print(rows)
    if (more := len(coming) - NEXT) > 0:
        console().print(f"and {more} more to come; --json has all", style="quiet")
