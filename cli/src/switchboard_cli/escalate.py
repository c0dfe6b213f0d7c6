"""`switchboard escalate`: a case a level up, or a post out of its community. It knows how to ask, not what follows."""

from typing import TYPE_CHECKING

import click

from switchboard_cli.connection import Targets, asynchronous, calling, json_option, reaches, tenant_option
from switchboard_cli.joins import agent_option

if TYPE_CHECKING:
    from switchboard.routing.v1.service_pb2 import Case


@click.command()
@click.argument("case", required=False)
@tenant_option
@click.option("--post", default="", metavar="ID", help="Take this post out of its community: its author gets a case.")
@click.option("--desk", default="", metavar="NAME", help="Who answers the author; with --post only.")
@click.option("--queue", default="", metavar="ID", help="The queue it goes to; without it, the one above its own.")
@click.option("--urgency", type=click.IntRange(0, 3), help="0 can wait, 3 is a crisis; without it, it stays as it is.")
@click.option("--reason", default="escalated", show_default=True, metavar="CODE", help="Why, such as 'needs_engineer'.")
@agent_option
@json_option
@reaches
@asynchronous
async def escalate(
    *,
    case: str | None,
    post: str,
    desk: str,
    queue: str,
    urgency: int | None,
    reason: str,
    agent: str,
    tenant: str,
    as_json: bool,
    targets: Targets,
) -> None:
    """Send CASE (its id) one level up, with its place and its history; or make a case of a post with --post."""
    import uuid

    from switchboard.routing.v1.service_pb2 import CaseState, EscalateCaseRequest, OpenCaseRequest
    from switchboard.routing.v1.service_pb2_grpc import RoutingServiceStub

    from switchboard_cli.names import document, full, short, word
    from switchboard_cli.output import console, print_json

    if bool(case) == bool(post):
        raise click.UsageError("name a CASE, or a post with --post; one of them")
    if desk and case:
        raise click.UsageError("--desk says who answers a post's author: it goes with --post only")
    queue_name, agent_name = (
        full(tenant, "queues", queue) if queue else "",
        full(tenant, "agents", agent) if agent else "",
    )
    up = EscalateCaseRequest(queue=queue_name, urgency=urgency, agent=agent_name, reason=reason)
    out = OpenCaseRequest(queue=queue_name, urgency=urgency or 0, agent=agent_name, reason=reason, desk=desk)
    act = f"to escalate case {short(case)}" if case else f"to take post {short(post)} out of its community"
    async with calling(targets, "routing", act=act) as channel:
        stub = RoutingServiceStub(channel)
        if case:
            up.name, up.request_id = full(tenant, "cases", case), str(uuid.uuid4())
            found = (await stub.EscalateCase(up, timeout=targets.timeout_s)).case
        else:
            out.parent, out.post, out.request_id = f"tenants/{tenant}", full(tenant, "posts", post), str(uuid.uuid4())
            found = (await stub.OpenCase(out, timeout=targets.timeout_s)).case
    if as_json:
        print_json(document(found))
        return
    state = word(CaseState, found.state, "CASE_STATE_")
    console().print(f"case {short(found.name)} is {state}, in queue {short(found.queue)}{escalation_of(found)}")


def escalation_of(case: "Case") -> str:
    """The rest of a sentence about a case: how it was escalated, "" when it never was."""
    from switchboard_cli.names import short

    if not case.HasField("escalation"):
        return ""
    how = case.escalation
    origin = f"from queue {short(how.from_queue)}" if how.from_queue else "out of a community"
    who = f" by {short(how.agent)}" if how.agent else ""
    why = f", because {how.reason}" if how.reason else ""
    return f"; escalated {origin}{who}{why} (level {how.level})"
