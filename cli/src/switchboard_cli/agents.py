"""`switchboard agents`: who works, where and how much. It knows how to print agents."""

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
    from switchboard.routing.v1.events_pb2 import Presence
    from switchboard.routing.v1.service_pb2 import ListAgentsRequest
    from switchboard.routing.v1.service_pb2_grpc import RoutingServiceStub

    from switchboard_cli.names import document, short, word
    from switchboard_cli.output import console, print_json, table

    request = ListAgentsRequest(parent=f"tenants/{tenant}", filter=conditions, page_size=limit)
    async with calling(targets, "routing", act="to list agents") as channel:
        answer = await RoutingServiceStub(channel).ListAgents(request, timeout=targets.timeout_s)
    if as_json:
        print_json([document(agent) for agent in answer.agents])
        return
    if not answer.agents:
        console().print(f"no such agents in tenant {tenant}", style="quiet")
        return
    shown = table("agent", "name", "presence", "load", "missed", "queues", "skills", right=(3, 4))
    for agent in answer.agents:
        presence = word(Presence, agent.presence, "PRESENCE_")
        shown.add_row(
            short(agent.name),
            agent.display_name,
            f"[{'good' if presence == 'available' else 'quiet'}]{presence}[/]",
            f"{agent.load}/{agent.capacity}",
            str(agent.missed_offers),
            " ".join(short(queue) for queue in agent.queues) or "all",
            " ".join(f"{skill.name}={skill.level}" for skill in agent.skills),
        )
    console().print(shown)
