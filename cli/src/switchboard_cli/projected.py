"""Waiting until everything that follows from a position has been folded into every read model. One place knows how."""

from switchboard.log.v1.integrity_pb2 import WaitUntilRequest
from switchboard.log.v1.integrity_pb2_grpc import IntegrityServiceStub

from switchboard_cli.connection import Targets, calling

ORDER = ("ingest", "routing", "crm", "kpi")
"""Routing and crm decide on what ingest recorded; kpi reads what all of them decided, so it comes last."""


async def wait_until_projected(
    targets: Targets, tenant: str, position: str, timeout_s: float, *, quiet: bool = True
) -> str:
    """Returns the position up to which the consequences go, once every service has consumed them.

    `position` is empty for the end of the log. Raises Failure when a service cannot be reached or is still behind after
    `timeout_s` seconds. Says which one is waited for, unless `quiet`.
    """
    from switchboard_cli.progress import steps_bar

    act = "to catch up with what was written"
    with steps_bar(quiet=quiet) as steps:
        waiting = steps.add_task("", total=len(ORDER))
        for service in ORDER:
            steps.update(waiting, description=f"waiting until {service} has caught up")
            async with calling(targets, service, act=act) as channel:
                request = WaitUntilRequest(position=position, tenant=tenant)
                answer = await IntegrityServiceStub(channel).WaitUntil(request, timeout=timeout_s)
                position = answer.position or position
            steps.advance(waiting)
    return position
