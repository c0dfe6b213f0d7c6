"""`switchboard case`: claim a case that nobody is offered, go on with it, second it, give it back. It only asks."""

from typing import TYPE_CHECKING

import click

from switchboard_cli.connection import Targets, asynchronous, calling, json_option, reaches, tenant_option

if TYPE_CHECKING:
    from switchboard.routing.v1.service_pb2 import Case

agent_option = click.option("--agent", required=True, metavar="ID", help="The employee whose act it is.")
token_option = click.option("--token", required=True, type=click.IntRange(1), help="The token that `claim` said.")


@click.group()
def case() -> None:
    """Take a case that nobody is offered: claim, renew, second and release it."""


@case.command()
@click.argument("case_id", metavar="CASE")
@tenant_option
@agent_option
@json_option
@reaches
@asynchronous
async def claim(*, case_id: str, tenant: str, agent: str, as_json: bool, targets: Targets) -> None:
    """Claim CASE (its id) for as long as its queue's lease."""
    import uuid

    from switchboard.routing.v1.service_pb2 import ClaimCaseRequest
    from switchboard.routing.v1.service_pb2_grpc import RoutingServiceStub

    from switchboard_cli.names import full, short

    name, who = full(tenant, "cases", case_id), full(tenant, "agents", agent)
    request = ClaimCaseRequest(name=name, agent=who, request_id=str(uuid.uuid4()))
    async with calling(targets, "routing", act=f"to claim case {short(name)}") as channel:
        claimed = (await RoutingServiceStub(channel).ClaimCase(request, timeout=targets.timeout_s)).case
    _say(claimed, as_json=as_json)


@case.command()
@click.argument("case_id", metavar="CASE")
@tenant_option
@agent_option
@token_option
@json_option
@reaches
@asynchronous
async def renew(*, case_id: str, tenant: str, agent: str, token: int, as_json: bool, targets: Targets) -> None:
    """Let the lease of CASE begin anew."""
    import uuid

    from switchboard.routing.v1.service_pb2 import RenewClaimRequest
    from switchboard.routing.v1.service_pb2_grpc import RoutingServiceStub

    from switchboard_cli.names import full, short

    name, who = full(tenant, "cases", case_id), full(tenant, "agents", agent)
    request = RenewClaimRequest(name=name, agent=who, token=token, request_id=str(uuid.uuid4()))
    async with calling(targets, "routing", act=f"to renew the claim of case {short(name)}") as channel:
        renewed = (await RoutingServiceStub(channel).RenewClaim(request, timeout=targets.timeout_s)).case
    _say(renewed, as_json=as_json)


@case.command()
@click.argument("case_id", metavar="CASE")
@tenant_option
@agent_option
@token_option
@json_option
@reaches
@asynchronous
async def second(*, case_id: str, tenant: str, agent: str, token: int, as_json: bool, targets: Targets) -> None:
    """Agree with what is about to be replied in CASE."""
    import uuid

    from switchboard.routing.v1.service_pb2 import SecondClaimRequest
    from switchboard.routing.v1.service_pb2_grpc import RoutingServiceStub

    from switchboard_cli.names import full, short

    name, who = full(tenant, "cases", case_id), full(tenant, "agents", agent)
    request = SecondClaimRequest(name=name, agent=who, token=token, request_id=str(uuid.uuid4()))
    async with calling(targets, "routing", act=f"to second the claim of case {short(name)}") as channel:
        seconded = (await RoutingServiceStub(channel).SecondClaim(request, timeout=targets.timeout_s)).case
    _say(seconded, as_json=as_json)


@case.command()
@click.argument("case_id", metavar="CASE")
@tenant_option
@agent_option
@click.option("--reason", default="", metavar="CODE", help="Why, such as 'not_my_topic'.")
@json_option
@reaches
@asynchronous
async def release(*, case_id: str, tenant: str, agent: str, reason: str, as_json: bool, targets: Targets) -> None:
    """Give CASE back: a claimed one to its old place."""
    import uuid

    from switchboard.routing.v1.service_pb2 import ReleaseCaseRequest
    from switchboard.routing.v1.service_pb2_grpc import RoutingServiceStub

    from switchboard_cli.names import full, short

    name, who = full(tenant, "cases", case_id), full(tenant, "agents", agent)
    request = ReleaseCaseRequest(name=name, agent=who, reason=reason, request_id=str(uuid.uuid4()))
    async with calling(targets, "routing", act=f"to give case {short(name)} back") as channel:
        released = (await RoutingServiceStub(channel).ReleaseCase(request, timeout=targets.timeout_s)).case
    _say(released, as_json=as_json)


def _say(found: "Case", *, as_json: bool) -> None:
    from switchboard.routing.v1.service_pb2 import CaseState

    from switchboard_cli.names import document, moment, short, word
    from switchboard_cli.output import console, print_json

    if as_json:
        print_json(document(found))
        return
    lease, state = found.claim, word(CaseState, found.state, "CASE_STATE_")
    said = f"case {short(found.name)} is {state}"
    if found.HasField("claim"):
        said += f" by {short(lease.agent)} until {moment(lease, 'expires_at')} UTC, token {lease.token}"
        said += f"; replies end with {lease.signature.strip()}" if lease.signature else ""
        said += f"; seconded by {short(lease.seconded_by)}" if lease.seconded_by else ""
    console().print(said)
