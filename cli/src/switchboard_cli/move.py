"""`switchboard move`: one case to another queue or urgency. It knows how to ask, not what follows from it."""

import click

from switchboard_cli.connection import Targets, asynchronous, calling, json_option, reaches, tenant_option


@click.command()
@click.argument("case")
@tenant_option
@click.option("--queue", default="", metavar="ID", help="The queue it goes to; without it, it stays where it is.")
@click.option("--urgency", type=click.IntRange(0, 3), help="0 can wait, 3 is a crisis; without it, it stays as it is.")
@click.option("--reason", default="", metavar="CODE", help="Why, such as 'wrong_queue'.")
@json_option
@reaches
@asynchronous
async def move(
    *, case: str, tenant: str, queue: str, urgency: int | None, reason: str, as_json: bool, targets: Targets
) -> None:
    """Move CASE (its id) to another queue, or give it another urgency."""
    import uuid

    from switchboard.routing.v1.service_pb2 import CaseState, TransferCaseRequest
    from switchboard.routing.v1.service_pb2_grpc import RoutingServiceStub

    from switchboard_cli.names import document, full, short, word
    from switchboard_cli.output import console, print_json

    if not queue and urgency is None:
        raise click.UsageError("say where to: --queue, --urgency or both")
    request = TransferCaseRequest(
        name=full(tenant, "cases", case),
        queue=full(tenant, "queues", queue) if queue else "",
        urgency=urgency,
        reason=reason,
        request_id=str(uuid.uuid4()),
    )
    async with calling(targets, "routing", act=f"to move case {short(request.name)}") as channel:
        moved = (await RoutingServiceStub(channel).TransferCase(request, timeout=targets.timeout_s)).case
    if as_json:
        print_json(document(moved))
    else:
        state = word(CaseState, moved.state, "CASE_STATE_")
        console().print(f"case {short(moved.name)} is {state}, in queue {short(moved.queue)}, urgency {moved.urgency}")
