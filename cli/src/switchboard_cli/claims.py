"""`switchboard case`: claim a case that nobody is offered, go on with it, second it, give it back; vote on an answer.

It only asks.
"""

from typing import TYPE_CHECKING

import click

from switchboard_cli.acts import case_after
from switchboard_cli.connection import Targets, asynchronous, json_option, reaches, tenant_option
from switchboard_cli.output import Group

if TYPE_CHECKING:
    from switchboard.routing.v1.service_pb2 import Case

    from switchboard_cli.tables import Table

VERDICTS = ("helpful", "not-helpful", "withdrawn")
agent_option = click.option("--agent", required=True, metavar="ID", help="The employee whose act it is.")
token_option = click.option("--token", required=True, type=click.IntRange(1), help="The token that `claim` said.")


@click.group(cls=Group)
def case() -> None:
    """Take a case that nobody is offered: claim, renew, second and release it; vote on its answers."""


@case.command()
@click.argument("case_id", metavar="CASE")
@tenant_option
@agent_option
@json_option
@reaches
@asynchronous
async def claim(*, case_id: str, tenant: str, agent: str, as_json: bool, targets: Targets) -> None:
    """Claim CASE (its id) for as long as its queue's lease."""
    from switchboard.routing.v1.service_pb2 import ClaimCaseRequest

    from switchboard_cli.names import full

    name, who = full(tenant, "cases", case_id), full(tenant, "agents", agent)
    request = ClaimCaseRequest(name=name, agent=who)
    _say(await case_after(targets, request, "claim case"), as_json=as_json)


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
    from switchboard.routing.v1.service_pb2 import RenewClaimRequest

    from switchboard_cli.names import full

    name, who = full(tenant, "cases", case_id), full(tenant, "agents", agent)
    request = RenewClaimRequest(name=name, agent=who, token=token)
    _say(await case_after(targets, request, "renew the claim of case"), as_json=as_json)


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
    from switchboard.routing.v1.service_pb2 import SecondClaimRequest

    from switchboard_cli.names import full

    name, who = full(tenant, "cases", case_id), full(tenant, "agents", agent)
    request = SecondClaimRequest(name=name, agent=who, token=token)
    _say(await case_after(targets, request, "second the claim of case"), as_json=as_json)


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
    from switchboard.routing.v1.service_pb2 import ReleaseCaseRequest

    from switchboard_cli.names import full

    name, who = full(tenant, "cases", case_id), full(tenant, "agents", agent)
    request = ReleaseCaseRequest(name=name, agent=who, reason=reason)
    _say(await case_after(targets, request, "release case"), as_json=as_json)


@case.command()
@click.argument("case_id", metavar="CASE")
@click.argument("verdict", type=click.Choice(VERDICTS))
@tenant_option
@agent_option
@click.option("--reply", default="", metavar="ID", help="Which answer of CASE; the latest unless it is given.")
@json_option
@reaches
@asynchronous
async def vote(
    *, case_id: str, verdict: str, tenant: str, agent: str, reply: str, as_json: bool, targets: Targets
) -> None:
    """Say whether an answer of CASE helped, or take that back."""
    from switchboard.routing.v1.service_pb2 import VoteOnAnswerRequest

    from switchboard_cli.names import document, full
    from switchboard_cli.output import console, print_json

    name, who = full(tenant, "cases", case_id), full(tenant, "agents", agent)
    said = f"VERDICT_{verdict.replace('-', '_').upper()}"
    request = VoteOnAnswerRequest(name=name, agent=who, reply_id=reply, verdict=said)
    voted = await case_after(targets, request, "vote in case")
    if as_json:
        print_json(document(voted))
    else:
        console().print(_answers(voted))


def _answers(voted: "Case") -> "Table":
    """What is thought of the answers of a case; the votes of those who are no experts stand in brackets."""
    from switchboard.routing.v1.events_pb2 import VERDICT_HELPFUL, Verdict

    from switchboard_cli.names import short, word
    from switchboard_cli.output import NOTHING, table

    rows = table("answer", "by", "about", "helped", "did not", "customer", whole=(0,))
    for one in voted.answers:
        sides: dict[bool, list[str]] = {True: [], False: []}
        for each in one.votes:
            by = short(each.agent)
            sides[each.verdict == VERDICT_HELPFUL].append(by if each.is_expert else f"({by})")
        customer = word(Verdict, one.customer, "VERDICT_") if one.customer else NOTHING
        votes = (" ".join(sides[side]) or NOTHING for side in (True, False))
        rows.add_row(one.reply_id, short(one.agent), " ".join(one.topics), *votes, customer)
    return rows


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
