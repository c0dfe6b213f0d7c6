"""`switchboard assign`: one case to one agent, by hand. It knows how to ask, not what follows from it."""

import click

from switchboard_cli.connection import Targets, asynchronous, calling, json_option, reaches, tenant_option


@click.command()
@click.argument("case")
@click.argument("agent")
@tenant_option
@click.option("--reason", required=True, metavar="CODE", help="Why, such as 'knows_the_customer'.")
@click.option("--by", "supervisor", default="", metavar="ID", help="The agent who does it; without it, a client.")
@click.option("--force", is_flag=True, help="Also to an agent who is offline, or has no room for it.")
@json_option
@reaches
@asynchronous
async def assign(
    *, case: str, agent: str, tenant: str, reason: str, supervisor: str, force: bool, as_json: bool, targets: Targets
) -> None:
    """Give CASE to AGENT (their ids), whoever has it, whatever the agent declined."""
    import uuid

    from switchboard.routing.v1.desk_pb2 import AssignCaseRequest
    from switchboard.routing.v1.desk_pb2_grpc import DeskServiceStub
    from switchboard.routing.v1.service_pb2 import CaseState

    from switchboard_cli.names import document, full, short, word
    from switchboard_cli.output import console, print_json

    request = AssignCaseRequest(
        name=full(tenant, "cases", case),
        agent=full(tenant, "agents", agent),
        supervisor=full(tenant, "agents", supervisor) if supervisor else "",
        reason=reason,
        force=force,
        request_id=str(uuid.uuid4()),
    )
    async with calling(targets, "routing", act=f"to assign case {short(request.name)}") as channel:
        given = (await DeskServiceStub(channel).AssignCase(request, timeout=targets.timeout_s)).case
    if as_json:
        print_json(document(given))
    else:
        state = word(CaseState, given.state, "CASE_STATE_")
        console().print(f"case {short(given.name)} is {state} by {short(given.agent)}")
