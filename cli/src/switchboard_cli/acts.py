"""One act on one case, as commands ask for it. It knows the frame they share, and none of the acts."""

from typing import TYPE_CHECKING, Any

from switchboard_cli.connection import Targets, calling

if TYPE_CHECKING:
    from switchboard.routing.v1.service_pb2 import Case


async def case_after(targets: Targets, request: Any, act: str) -> "Case":
    """Has RoutingService do what is asked, under a fresh request id; the case as it is then. `act` is what the command
    was about to do when it fails, such as "claim case".
    """
    import uuid

    from switchboard.routing.v1.service_pb2_grpc import RoutingServiceStub

    from switchboard_cli.names import short

    request.request_id = str(uuid.uuid4())
    method = type(request).__name__.removesuffix("Request")
    async with calling(targets, "routing", act=f"to {act} {short(request.name)}") as channel:
        answer = await getattr(RoutingServiceStub(channel), method)(request, timeout=targets.timeout_s)
    found: Case = answer.case
    return found
