"""`switchboard join` and `split`: two cases to be worked as one, and two again. It knows how to ask, no more."""

from typing import TYPE_CHECKING

import click

from switchboard_cli.connection import Targets, asynchronous, calling, json_option, reaches, tenant_option

if TYPE_CHECKING:
    from switchboard.routing.v1.service_pb2 import Case

agent_option = click.option("--agent", default="", metavar="ID", help="Who does it; without it, a client of the API.")


@click.command()
@click.argument("case")
@click.argument("into")
@tenant_option
@agent_option
@json_option
@reaches
@asynchronous
async def join(*, case: str, into: str, tenant: str, agent: str, as_json: bool, targets: Targets) -> None:
    """Join CASE into the case INTO (their ids): one agent works both, and each keeps its customer and its contact."""
    import uuid

    from switchboard.routing.v1.service_pb2 import JoinCasesRequest
    from switchboard.routing.v1.service_pb2_grpc import RoutingServiceStub

    from switchboard_cli.names import full, short

    request = JoinCasesRequest(
        name=full(tenant, "cases", case),
        into=full(tenant, "cases", into),
        agent=full(tenant, "agents", agent) if agent else "",
        request_id=str(uuid.uuid4()),
    )
    async with calling(targets, "routing", act=f"to join case {short(request.name)}") as channel:
        gone_on = (await RoutingServiceStub(channel).JoinCases(request, timeout=targets.timeout_s)).case
    _say(gone_on, as_json=as_json)


@click.command()
@click.argument("case")
@tenant_option
@agent_option
@json_option
@reaches
@asynchronous
async def split(*, case: str, tenant: str, agent: str, as_json: bool, targets: Targets) -> None:
    """Take back that CASE (its id) was joined into another: it stands where it would, had it never been."""
    import uuid

    from switchboard.routing.v1.service_pb2 import SplitCaseRequest
    from switchboard.routing.v1.service_pb2_grpc import RoutingServiceStub

    from switchboard_cli.names import full, short

    request = SplitCaseRequest(
        name=full(tenant, "cases", case),
        agent=full(tenant, "agents", agent) if agent else "",
        request_id=str(uuid.uuid4()),
    )
    async with calling(targets, "routing", act=f"to split case {short(request.name)}") as channel:
        apart = (await RoutingServiceStub(channel).SplitCase(request, timeout=targets.timeout_s)).case
    _say(apart, as_json=as_json)


def _say(case: "Case", *, as_json: bool) -> None:
    from switchboard.routing.v1.service_pb2 import CaseState

    from switchboard_cli.names import document, short, word
    from switchboard_cli.output import console, print_json

    if as_json:
        print_json(document(case))
        return
    console().print(f"case {short(case.name)} is {word(CaseState, case.state, 'CASE_STATE_')}{joins_of(case)}")


def joins_of(case: "Case") -> str:
    """The rest of a sentence about a case: what it goes on in, or what is joined into it; "" for neither."""
    from switchboard_cli.names import short

    if case.joined_into:
        return f"; it goes on in case {short(case.joined_into)}"
    if case.joined_cases:
        named = ", ".join(short(name) for name in case.joined_cases)
        return f"; joined into it: {named}"
    return ""
