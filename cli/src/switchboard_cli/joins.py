"""`switchboard join` and `split`: two cases to be worked as one, and two again. It knows how to ask, no more."""

from typing import TYPE_CHECKING

import click

from switchboard_cli.acts import case_after
from switchboard_cli.connection import Targets, asynchronous, json_option, reaches, tenant_option

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
    from switchboard.routing.v1.service_pb2 import JoinCasesRequest

    from switchboard_cli.names import full

    request = JoinCasesRequest(
        name=full(tenant, "cases", case),
        into=full(tenant, "cases", into),
        agent=full(tenant, "agents", agent) if agent else "",
    )
    _say(await case_after(targets, request, "join case"), as_json=as_json)


@click.command()
@click.argument("case")
@tenant_option
@agent_option
@json_option
@reaches
@asynchronous
async def split(*, case: str, tenant: str, agent: str, as_json: bool, targets: Targets) -> None:
    """Take back that CASE (its id) was joined into another: it stands where it would, had it never been."""
    from switchboard.routing.v1.service_pb2 import SplitCaseRequest

    from switchboard_cli.names import full

    request = SplitCaseRequest(
        name=full(tenant, "cases", case),
        agent=full(tenant, "agents", agent) if agent else "",
    )
    _say(await case_after(targets, request, "split case"), as_json=as_json)


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
