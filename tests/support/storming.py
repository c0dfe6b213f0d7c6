"""Several routing processes that are killed -9, and callers who go on through every outage. It knows no test."""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import grpc
import grpc.aio
import live_stack
import psutil
from chassis import embedded
from chassis.child import Child
from switchboard.routing.v1 import service_pb2 as routing
from switchboard.routing.v1.events_pb2 import PRESENCE_AVAILABLE
from switchboard.routing.v1.service_pb2_grpc import RoutingServiceStub
from switchboard_cli.deliveries.sending import worth_sending_again
from switchboard_cli.supervision import service_child

AGAIN = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.RESOURCE_EXHAUSTED, grpc.StatusCode.DEADLINE_EXCEEDED)
REFUSED = (grpc.StatusCode.FAILED_PRECONDITION, grpc.StatusCode.NOT_FOUND)


class Processes:
    """The routing processes: that of the stack, and more beside it."""

    def __init__(self, stack: live_stack.LiveStack) -> None:
        self._stack = stack
        self._more: list[Child] = []
        self.stubs = [RoutingServiceStub(stack.channel("routing"))]

    async def start(self, more: int) -> None:
        first = psutil.Process(self._stack.pids()["routing"])
        environment, module = first.environ(), first.cmdline()[-1]
        for number in range(1, more + 1):
            port = embedded.free_port()
            own = {
                "SWITCHBOARD_GRPC_PORT": str(port),
                "SWITCHBOARD_METRICS_PORT": str(embedded.free_port()),
                "SWITCHBOARD_MEMBER": f"routing-{number}",
            }
            state = Path(environment["SWITCHBOARD_STATE"])
            child = service_child(f"routing-{number}", module, port, state, environment | own)
            self._more.append(child)
            self.stubs.append(RoutingServiceStub(grpc.aio.insecure_channel(f"127.0.0.1:{port}")))
        await asyncio.gather(*(child.start() for child in self._more))

    async def kill(self, number: int) -> None:
        """kill -9 of one, which is started again."""
        if number == 0:
            await self._stack.kill("routing")
            return
        child = self._more[number - 1]
        child.kill9()
        await child.start()

    async def stop(self) -> None:
        await asyncio.gather(*(child.stop() for child in self._more))


class Storm:
    """What all agents do at once, and how much of it there has been."""

    def __init__(self, processes: Processes, chance: random.Random) -> None:
        self.processes = processes
        self.chance = chance
        self.acts: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()
        self.is_calm = False
        """From now on everybody ends what there is."""
        self.progress = asyncio.Condition()

    async def until(self, holds: Callable[[], bool]) -> None:
        async with self.progress:
            await self.progress.wait_for(holds)

    async def happened(self, what: str) -> None:
        async with self.progress:
            self.acts[what] += 1
            self.progress.notify_all()

    async def ask(self, method: str, request: Any) -> Any:
        """The answer of any process, through every outage and under one request id; None when it is refused."""
        if "request_id" in request.DESCRIPTOR.fields_by_name:
            request.request_id = request.request_id or str(uuid4())
        while True:
            stub = self.chance.choice(self.processes.stubs)
            try:
                return await getattr(stub, method)(request, timeout=20, wait_for_ready=True)
            except grpc.aio.AioRpcError as error:
                if error.code() in REFUSED:
                    self.refused[str(error.details()).partition(" ")[0]] += 1
                    return None
                demand_again(error)

    async def call(self, method: str, request: Any) -> bool:
        """The same; False when it is refused."""
        return await self.ask(method, request) is not None

    async def be_there(self, agent: str) -> None:
        await self.call("SetPresence", routing.SetPresenceRequest(name=agent, presence=PRESENCE_AVAILABLE))

    async def offers(self, agent: str) -> AsyncIterator[routing.WatchOffersResponse]:
        """What an agent hears of its offers, from whichever process is there."""
        token = ""
        while True:
            stub = self.chance.choice(self.processes.stubs)
            request = routing.WatchOffersRequest(agent=agent, resume_token=token)
            try:
                async for change in stub.WatchOffers(request, wait_for_ready=True):
                    token = change.resume_token or token
                    yield change
            except grpc.aio.AioRpcError as error:
                demand_again(error)


def demand_again(error: grpc.aio.AioRpcError) -> None:
    """Raises the error unless it is one that passes."""
    if error.code() not in AGAIN and not worth_sending_again(error):
        raise error
