"""`switchboard drain`: an agent finishes and leaves nothing behind. It knows how to ask, not what follows from it."""

import click

from switchboard_cli.connection import Targets, asynchronous, calling, json_option, reaches, tenant_option


@click.command()
@click.argument("agent")
@tenant_option
@click.option(
    "--finish-s",
    type=click.IntRange(0, 604_800),
    default=0,
    show_default=True,
    metavar="S",
    help="Seconds it keeps what it has; 0 gives all of it back at once.",
)
@json_option
@reaches
@asynchronous
async def drain(*, agent: str, tenant: str, finish_s: int, as_json: bool, targets: Targets) -> None:
    """Let AGENT (its id) finish: no more offers, and what it still has goes back to its place in line."""
    import uuid
    from datetime import UTC, datetime, timedelta

    from switchboard.routing.v1.events_pb2 import Presence
    from switchboard.routing.v1.service_pb2 import DrainAgentRequest
    from switchboard.routing.v1.service_pb2_grpc import RoutingServiceStub

    from switchboard_cli.names import document, full, moment, short, word
    from switchboard_cli.output import console, print_json

    request = DrainAgentRequest(name=full(tenant, "agents", agent), request_id=str(uuid.uuid4()))
    if finish_s:
        request.until.FromDatetime(datetime.now(UTC) + timedelta(seconds=finish_s))
    async with calling(targets, "routing", act=f"to let {agent} finish") as channel:
        found = (await RoutingServiceStub(channel).DrainAgent(request, timeout=targets.timeout_s)).agent
    if as_json:
        print_json(document(found))
        return
    presence = word(Presence, found.presence, "PRESENCE_")
    left = f"; it keeps {len(found.cases)} until {moment(found, 'leaves_at')}" if found.cases else "; it has nothing"
    console().print(f"agent {short(found.name)} is {presence}{left}")
