"""`switchboard agents`: who works, where and how much. It knows how to print agents."""

from typing import Any

import click

from switchboard_cli.connection import Targets, asynchronous, calling, json_option, reaches, tenant_option


@click.command()
@tenant_option
@click.option("--filter", "conditions", default="", metavar="EXPRESSION", help="Such as 'presence = AVAILABLE'.")
@click.option("--limit", type=click.IntRange(1, 1000), default=200, show_default=True, help="At most so many.")
@json_option
@reaches
@asynchronous
async def agents(*, tenant: str, conditions: str, limit: int, as_json: bool, targets: Targets) -> None:
    """List agents with presence, load and skills."""
    from rich.text import Text
    from switchboard.routing.v1.service_pb2 import ListAgentsRequest
    from switchboard.routing.v1.service_pb2_grpc import RoutingServiceStub

    from switchboard_cli.names import document, short
    from switchboard_cli.output import console, print_json, say_cut, table
    from switchboard_cli.paging import first

    request = ListAgentsRequest(parent=f"tenants/{tenant}", filter=conditions)
    async with calling(targets, "routing", act="to list agents") as channel:
        page = await first(RoutingServiceStub(channel).ListAgents, request, "agents", limit, targets.timeout_s)
    say_cut(page, "agents")
    if as_json:
        print_json([document(agent) for agent in page.items])
        return
    if not page.items:
        console().print(f"no such agents in tenant {tenant}", style="quiet")
        return
    shown = table("agent", "presence", "load", "name", "queues", "skills", "missed", right=(2, 6))
    for agent in page.items:
        presence = presence_of(agent)
        shown.add_row(
            short(agent.name),
            Text(presence, "good" if presence.startswith("available") else "quiet"),
            f"{agent.load}/{agent.capacity}",
            agent.display_name,
            " ".join(short(queue) for queue in agent.queues) or "all",
            " ".join(f"{skill.name}={skill.level}" for skill in agent.skills),
            str(agent.missed_offers),
        )
    console().print(shown)


def presence_of(agent: Any) -> str:
    """Whether an agent takes offers, of what, and why not."""
    from switchboard.routing.v1.events_pb2 import Presence, ShiftPhase

    from switchboard_cli.names import word

    presence = word(Presence, agent.presence, "PRESENCE_")
    if agent.presence_reason not in ("", "agent"):
        return f"{presence}, {agent.presence_reason.replace('_', ' ')}"
    if agent.channels:
        presence = f"{presence} for {' '.join(agent.channels)}"
    if presence.startswith("available") and agent.shift_phase == ShiftPhase.SHIFT_PHASE_PLANNED:
        return f"{presence}, in no shift"
    if presence.startswith("available") and agent.shift_phase == ShiftPhase.SHIFT_PHASE_CLOSING:
        return f"{presence}, shift ends soon"
    return presence
