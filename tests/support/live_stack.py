"""The same stack for tests that do many things at once: asynchronous channels, and kills at any moment."""

import asyncio
import json
import os
import shutil
import signal
from pathlib import Path

import grpc
import grpc.aio
import psutil
from running_stack import RunningStack
from switchboard.log.v1.integrity_pb2 import VerifyIntegrityRequest, VerifyIntegrityResponse, WaitUntilRequest
from switchboard.log.v1.integrity_pb2_grpc import IntegrityServiceStub

SERVICES = ("ingest", "routing", "crm", "kpi")
CAUGHT_UP_S = 120.0
MESSAGE_BYTES = [("grpc.max_receive_message_length", 64 * 1024 * 1024)]


class LiveStack:
    """`async with LiveStack(directory)` is a stack that serves; leaving it stops it as Ctrl-C would.

    With SWITCHBOARD_KEEP_LOGS set, the logs of a run that failed are copied to that directory.
    """

    def __init__(self, state: Path) -> None:
        self._running = RunningStack(state)
        self._channels: dict[str, grpc.aio.Channel] = {}

    async def __aenter__(self) -> "LiveStack":
        await asyncio.to_thread(self._running.start)
        return self

    async def __aexit__(self, kind: type[BaseException] | None, *_: object) -> None:
        keep = os.environ.get("SWITCHBOARD_KEEP_LOGS")
        if kind is not None and keep:
            shutil.copytree(self._running.state / "logs", keep, dirs_exist_ok=True)
        for channel in self._channels.values():
            await channel.close()
        assert await asyncio.to_thread(self._running.stop) == 0, "a stack that is told to stop ends with 0"

    async def kill(self, name: str) -> None:
        """kill -9 of one process; one that is just being restarted is waited for."""
        async with asyncio.timeout(60):
            while not psutil.pid_exists(self.pids().get(name, 0)):  # noqa: ASYNC110  # another process writes it
                await asyncio.sleep(0.02)
        os.kill(self.pids()[name], signal.SIGKILL)

    @property
    def nats_url(self) -> str:
        """Where its log is, for who writes past the services."""
        return str(self._running.endpoints["nats"])

    def pids(self) -> dict[str, int]:
        """Its processes by name."""
        found: dict[str, int] = json.loads((self._running.state / "processes.json").read_text())
        return found

    def channel(self, service: str) -> grpc.aio.Channel:
        """One channel per service, kept."""
        if service not in self._channels:
            self._channels[service] = grpc.aio.insecure_channel(self._running.endpoints[service], MESSAGE_BYTES)
        return self._channels[service]

    async def caught_up(self, tenant: str, position: str = "") -> str:
        """Waits until every service has consumed what there is; returns the position after all consequences."""
        for service in SERVICES:
            stub = IntegrityServiceStub(self.channel(service))
            request = WaitUntilRequest(position=position, tenant=tenant)
            async with asyncio.timeout(CAUGHT_UP_S):
                while True:
                    try:
                        position = (await stub.WaitUntil(request, timeout=CAUGHT_UP_S, wait_for_ready=True)).position
                        break
                    except grpc.aio.AioRpcError as error:
                        # A connection to a process that was just killed may break only under this call.
                        if error.code() is not grpc.StatusCode.UNAVAILABLE:
                            raise
        return position

    async def verify(self) -> list[VerifyIntegrityResponse]:
        """Every finding of every service."""
        found = []
        for service in SERVICES:
            stub = IntegrityServiceStub(self.channel(service))
            async for finding in stub.VerifyIntegrity(VerifyIntegrityRequest(), timeout=300, wait_for_ready=True):
                found.append(finding)
        return found
