"""`switchboard agent`: what one agent works, and whether it does now. It knows how to ask, not what follows."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any

import click

from switchboard_cli.connection import Targets, asynchronous, calling, json_option, reaches, tenant_option
from switchboard_cli.hours import DAYS, read, span

PRESENCES = ("available", "busy", "away", "offline")


def _counts(example: str) -> Callable[[click.Context, click.Parameter, tuple[str, ...]], dict[str, int]]:
    """Names and their numbers, of NAME=N."""

    def read(context: click.Context, parameter: click.Parameter, given: tuple[str, ...]) -> dict[str, int]:
        found = {}
        for one in given:
            name, _, number = one.rpartition("=")
            if not name or not number.isdecimal():
                raise click.BadParameter(f"{one!r} is not NAME=N, such as {example}")
            found[name] = int(number)
        return found

    return read


def _point(context: click.Context, parameter: click.Parameter, given: str | None) -> tuple[float, ...] | None:
    """(latitude, longitude), () for nowhere, of LAT,LON."""
    if not given:
        return None if given is None else ()
    with suppress(ValueError):
        north, east = map(float, given.split(","))
        return north, east
    raise click.BadParameter(f"{given!r} is not LAT,LON, such as 52.52,13.40")


def _weekly(context: click.Context, parameter: click.Parameter, given: tuple[str, ...]) -> list[tuple[int, int, int]]:
    """(weekday, start minute, end minute), of DAYS=FROM-TO."""
    try:
        return read(given)
    except ValueError as error:
        raise click.BadParameter(str(error)) from None


def _times(
    context: click.Context, parameter: click.Parameter, given: tuple[str, ...]
) -> list[tuple[datetime, datetime]]:
    """Pairs of moments, of FROM/TO in ISO 8601 with a zone."""
    found = []
    for one in given:
        with suppress(ValueError):
            starts, ends = (datetime.fromisoformat(part) for part in one.split("/"))
            if starts.tzinfo is not None and ends.tzinfo is not None:
                found.append((starts, ends))
                continue
        raise click.BadParameter(f"{one!r} is not FROM/TO, such as 2026-12-24T00:00Z/2026-12-27T00:00Z")
    return found


@click.command()
@click.argument("agent")
@tenant_option
@click.option("--name", "display_name", metavar="TEXT", help="How colleagues see it.")
@click.option("--capacity", type=click.IntRange(1, 100), metavar="N", help="Units of work at a time, in total.")
@click.option("--limit", "limits", multiple=True, metavar="CHANNEL=N", callback=_counts("voice=1"),
              help="Units of a channel at a time; those given replace all there are.")  # fmt: skip
@click.option("--no-limits", is_flag=True, help="Takes all limits of channels away.")
@click.option("--skill", "skills", multiple=True, metavar="NAME=LEVEL", callback=_counts("lang:de=4"),
              help="A skill and its level, 0 to 5; those given replace all there are.")  # fmt: skip
@click.option("--pin", "pinned", multiple=True, metavar="SKILL",
              help="A skill that stays as granted, whatever votes earn; those given replace all.")  # fmt: skip
@click.option("--no-pins", is_flag=True, help="Takes all pins away.")
@click.option("--at", "location", metavar="LAT,LON", callback=_point, help="Where it is, in degrees; '' for nowhere.")
@click.option("--queue", "queues", multiple=True, metavar="ID",
              help="A queue it serves; those given replace all there are.")  # fmt: skip
@click.option("--shift", "weekly", multiple=True, metavar="DAYS=FROM-TO", callback=_weekly,
              help="Hours of the week, such as mon-fri=09:00-17:30; those given replace all there are.")  # fmt: skip
@click.option("--time-zone", metavar="ZONE", help="Whose wall clock these are by, such as Europe/Berlin.")
@click.option("--on", "extra", multiple=True, metavar="FROM/TO", callback=_times,
              help="A time it works besides, such as 2026-12-05T10:00Z/2026-12-05T14:00Z; added.")  # fmt: skip
@click.option("--off", multiple=True, metavar="FROM/TO", callback=_times, help="A time it does not work; added.")
@click.option("--no-shifts", is_flag=True, help="Takes all shifts away: it takes offers whenever it is available.")
@click.option("--presence", type=click.Choice(PRESENCES), help="Whether it takes offers from now on.")
@click.option("--for", "channels", multiple=True, metavar="CHANNEL",
              help="Of which channel it takes them, with '--presence available'; without it, of all.")  # fmt: skip
@json_option
@reaches
@asynchronous
async def agent(
    *,
    agent: str,
    tenant: str,
    limits: Mapping[str, int],
    no_limits: bool,
    skills: Mapping[str, int],
    pinned: tuple[str, ...],
    no_pins: bool,
    queues: tuple[str, ...],
    location: tuple[float, ...] | None,
    weekly: list[tuple[int, int, int]],
    time_zone: str | None,
    extra: list[tuple[datetime, datetime]],
    off: list[tuple[datetime, datetime]],
    no_shifts: bool,
    presence: str | None,
    channels: tuple[str, ...],
    as_json: bool,
    targets: Targets,
    **settings: str | int | None,
) -> None:
    """Show AGENT (its id), or change what is given and show it then."""
    from switchboard.routing.v1 import service_pb2 as api
    from switchboard.routing.v1.events_pb2 import ChannelCapacity, GeoPoint, ShiftPlan, Skill
    from switchboard.routing.v1.service_pb2_grpc import RoutingServiceStub

    from switchboard_cli.names import document, full
    from switchboard_cli.output import print_json

    if channels and presence != "available":
        raise click.UsageError("--for says of which channels an agent is available: give --presence available with it")
    if limits and no_limits:
        raise click.UsageError("--limit sets limits and --no-limits takes them away: give one of them")
    given: dict[str, Any] = {key: value for key, value in settings.items() if value is not None}
    if limits or no_limits:
        given["channel_capacity"] = [ChannelCapacity(channel=channel, units=n) for channel, n in limits.items()]
    if skills:
        given["skills"] = [Skill(name=name, level=level) for name, level in skills.items()]
    if pinned and no_pins:
        raise click.UsageError("--pin pins skills and --no-pins takes all pins away: give one of them")
    if pinned or no_pins:
        given["pinned_skills"] = list(pinned)
    if location is not None:
        given["location"] = GeoPoint(latitude=location[0], longitude=location[1]) if location else None
    if queues:
        given["queues"] = [full(tenant, "queues", queue) for queue in queues]
    if no_shifts and (weekly or time_zone or extra or off):
        raise click.UsageError("--no-shifts takes away what the others say: give it alone")
    name = full(tenant, "agents", agent)
    is_planned = bool(weekly or time_zone or extra or off)
    if no_shifts:
        given["shifts"] = ShiftPlan()
    is_change = given or presence or is_planned
    act = f"to change agent {agent}" if is_change else f"to show agent {agent}"
    async with calling(targets, "routing", act=act) as channel:
        stub = RoutingServiceStub(channel)
        said: Any = None
        if is_planned:
            known = await stub.GetAgent(api.GetAgentRequest(name=name), timeout=targets.timeout_s)
            given["shifts"] = _plan(known.agent.shifts, weekly, time_zone, extra, off)
        if given:
            wanted = api.Agent(name=name, **given)
            said = await stub.UpdateAgent(_update(wanted, list(given)), timeout=targets.timeout_s)
        if presence:
            said = await stub.SetPresence(_presence(name, presence, channels), timeout=targets.timeout_s)
        if said is None:
            said = await stub.GetAgent(api.GetAgentRequest(name=name), timeout=targets.timeout_s)
    if as_json:
        print_json(document(said.agent))
    else:
        _show(said.agent)


def _plan(
    plan: Any,
    weekly: list[tuple[int, int, int]],
    time_zone: str | None,
    extra: list[tuple[datetime, datetime]],
    off: list[tuple[datetime, datetime]],
) -> Any:
    """The plan there is with what is given."""
    from switchboard.routing.v1.events_pb2 import WeeklyShift

    if time_zone is not None:
        plan.time_zone = time_zone
    if weekly:
        del plan.weekly[:]
        plan.weekly.extend(WeeklyShift(weekday=day, start_minute=start, end_minute=end) for day, start, end in weekly)
    for times, is_off in ((extra, False), (off, True)):
        for starts, ends in times:
            added = plan.exceptions.add(is_off=is_off)
            added.starts_at.FromDatetime(starts)
            added.ends_at.FromDatetime(ends)
    return plan


def _update(wanted: Any, mask: list[str]) -> Any:
    import uuid

    from google.protobuf.field_mask_pb2 import FieldMask
    from switchboard.routing.v1.service_pb2 import UpdateAgentRequest

    return UpdateAgentRequest(agent=wanted, update_mask=FieldMask(paths=mask), request_id=str(uuid.uuid4()))


def _presence(name: str, presence: str, channels: tuple[str, ...]) -> Any:
    import uuid

    from switchboard.routing.v1.service_pb2 import SetPresenceRequest

    value = f"PRESENCE_{presence.upper()}"
    return SetPresenceRequest(name=name, presence=value, channels=channels, request_id=str(uuid.uuid4()))


def _show(shown: Any) -> None:
    from switchboard.routing.v1.events_pb2 import ShiftPhase

    from switchboard_cli.agents import presence_of
    from switchboard_cli.names import moment, short, word
    from switchboard_cli.output import NOTHING, console, table

    rows = table("agent", short(shown.name), whole=(0,))
    rows.add_row("name", shown.display_name)
    rows.add_row("presence", presence_of(shown))
    rows.add_row("units in use", f"{shown.load} of {shown.capacity}")
    loads = {one.channel: one.units for one in shown.channel_load}
    limits = {one.channel: one.units for one in shown.channel_capacity}
    for channel in sorted({*loads, *limits}):
        most = f" of {limits[channel]}" if channel in limits else ""
        rows.add_row(f"  of {channel}", f"{loads.get(channel, 0)}{most}")
    rows.add_row("skills", " ".join(f"{skill.name}={skill.level}" for skill in shown.skills) or NOTHING)
    for one in shown.reputations:
        said = f"{one.helpful} of {one.helpful + one.not_helpful} helped, {one.score:.0%} proved"
        pin = ", pinned" if one.topic in shown.pinned_skills else ""
        rows.add_row(f"  {one.topic}", said + (f", earned {one.earned_level}{pin}" if one.earned_level else ""))
    rows.add_row("queues", " ".join(short(queue) for queue in shown.queues) or "all")
    if shown.HasField("shifts"):
        phase = word(ShiftPhase, shown.shift_phase, "SHIFT_PHASE_")
        when = f"{moment(shown, 'shift_starts_at')} to {moment(shown, 'shift_ends_at')}"
        rows.add_row("shift (UTC)", f"{phase}, {when}" if shown.HasField("shift_ends_at") else "none planned")
        hours = " ".join(f"{DAYS[one.weekday - 1]}={span(one)}" for one in shown.shifts.weekly)
        rows.add_row("hours", f"{hours} {shown.shifts.time_zone}".strip())
        for one in shown.shifts.exceptions:
            when = f"{moment(one, 'starts_at')} to {moment(one, 'ends_at')}"
            rows.add_row("  off (UTC)" if one.is_off else "  besides (UTC)", when)
    rows.add_row("missed in a row", str(shown.missed_offers))
    rows.add_row("idle since (UTC)", moment(shown, "released_at"))
    rows.add_row("cases", " ".join(short(case) for case in shown.cases) or NOTHING)
    console().print(rows)
