"""`switchboard agent`: what one agent works, and whether it does now. It knows how to ask, not what follows."""

from collections.abc import Callable, Mapping
from typing import Any

import click

from switchboard_cli.connection import Targets, asynchronous, calling, json_option, reaches, tenant_option

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
@click.option("--queue", "queues", multiple=True, metavar="ID",
              help="A queue it serves; those given replace all there are.")  # fmt: skip
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
    queues: tuple[str, ...],
    presence: str | None,
    channels: tuple[str, ...],
    as_json: bool,
    targets: Targets,
    **settings: str | int | None,
) -> None:
    """Show AGENT (its id), or change what is given and show it then."""
    from switchboard.routing.v1 import service_pb2 as api
    from switchboard.routing.v1.events_pb2 import ChannelCapacity, Skill
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
    if queues:
        given["queues"] = [full(tenant, "queues", queue) for queue in queues]
    name = full(tenant, "agents", agent)
    act = f"to change agent {agent}" if given or presence else f"to show agent {agent}"
    async with calling(targets, "routing", act=act) as channel:
        stub = RoutingServiceStub(channel)
        said: Any = None
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
    from switchboard_cli.agents import presence_of
    from switchboard_cli.names import moment, short
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
    rows.add_row("queues", " ".join(short(queue) for queue in shown.queues) or "all")
    rows.add_row("missed in a row", str(shown.missed_offers))
    rows.add_row("idle since (UTC)", moment(shown, "released_at"))
    rows.add_row("cases", " ".join(short(case) for case in shown.cases) or NOTHING)
    console().print(rows)
