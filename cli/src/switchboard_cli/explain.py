"""`switchboard explain`: why a case is where it is, why an attribute has its value. It knows how to print reasons."""

from typing import TYPE_CHECKING

import click

from switchboard_cli.connection import Targets, asynchronous, calling, json_option, reaches, tenant_option
from switchboard_cli.output import Group

if TYPE_CHECKING:
    from switchboard.crm.v1.service_pb2 import ExplainAttributeResponse

    from switchboard_cli.tables import Table


@click.group(cls=Group)
def explain() -> None:
    """Why a case is where it is, or why an attribute has its value."""


@explain.command("case")
@click.argument("case")
@click.option(
    "--offer",
    "token",
    type=click.IntRange(1),
    help="Explain the offer with this token, counted from 1 for each case, as it was decided.",
)
@tenant_option
@json_option
@reaches
@asynchronous
async def explain_case(*, case: str, token: int | None, tenant: str, as_json: bool, targets: Targets) -> None:
    """Every agent for CASE (its id): who may take it, how they rank, what rules the others out, and what would have
    changed it.
    """
    from rich.text import Text
    from switchboard.routing.v1.service_pb2 import Constraint, ExplainDecisionRequest
    from switchboard.routing.v1.service_pb2_grpc import RoutingServiceStub

    from switchboard_cli.names import document, full, short, word
    from switchboard_cli.output import console, print_json, table

    async with calling(targets, "routing", act=f"to explain case {case}") as channel:
        request = ExplainDecisionRequest(name=full(tenant, "cases", case), token=token or 0)
        answer = await RoutingServiceStub(channel).ExplainDecision(request, timeout=targets.timeout_s)
    if as_json:
        print_json(document(answer))
        return
    screen = console()
    screen.print(answer.summary, style="head")
    shown = table("agent", "may", "what keeps them", "why", "skill", "free", right=(4, 5))
    for candidate in answer.candidates:
        constraint = word(Constraint, candidate.constraint, "CONSTRAINT_")
        shown.add_row(
            short(candidate.agent),
            Text("yes", "good") if candidate.eligible else Text("no", "quiet"),
            "–" if constraint == "unspecified" else constraint,
            candidate.explanation,
            f"{candidate.skill_score:.1f}",
            str(candidate.free_units),
        )
    screen.print(shown)
    for sentence in (*answer.alternatives, *(step.explanation for step in answer.relaxations)):
        screen.print(sentence)


@explain.command("attribute")
@click.argument("customer")
@click.argument("attribute")
@tenant_option
@json_option
@reaches
@asynchronous
async def explain_attribute(*, customer: str, attribute: str, tenant: str, as_json: bool, targets: Targets) -> None:
    """Every candidate for ATTRIBUTE of CUSTOMER (its id), best first, and why the first one is shown."""
    from switchboard.crm.v1.service_pb2 import ExplainAttributeRequest
    from switchboard.crm.v1.service_pb2_grpc import CustomerServiceStub

    from switchboard_cli.names import document, full
    from switchboard_cli.output import console, print_json

    async with calling(targets, "crm", act=f"to explain {attribute}") as channel:
        request = ExplainAttributeRequest(name=full(tenant, "customers", customer), attribute=attribute)
        answer = await CustomerServiceStub(channel).ExplainAttribute(request, timeout=targets.timeout_s)
    if as_json:
        print_json(document(answer))
    elif not answer.candidates:
        console().print(f"nobody said anything about {attribute} of this customer", style="quiet")
    else:
        console().print(candidate_table(answer))


def candidate_table(answer: "ExplainAttributeResponse") -> "Table":
    """Candidates, best first, and what put each behind the one before."""
    from rich.text import Text
    from switchboard.crm.v1.service_pb2 import DecidedBy

    from switchboard_cli.names import moment, word
    from switchboard_cli.output import table

    shown = table(
        "", "value", "proved", "confidence", "said by", "since (UTC)", "behind by", "event", right=(3,), whole=(5, 7)
    )
    for candidate in answer.candidates:
        value = candidate.value
        behind = word(DecidedBy, candidate.behind_by, "DECIDED_BY_")
        shown.add_row(
            Text("✓", "good") if candidate.winner else "",
            value.value,
            "yes" if value.verified else "no",
            f"{value.confidence:g}",
            value.source,
            moment(value, "observed_at"),
            "" if behind == "unspecified" else behind,
            value.event_id,
        )
    return shown
