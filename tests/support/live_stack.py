"""A whole stack as an operator runs it: `switchboard up` in a process of its own. For end-to-end and fault tests."""

import asyncio
import json
import os
import shutil
import signal
import sys
from pathlib import Path

import grpc.aio
import psutil
from switchboard.log.v1.integrity_pb2 import VerifyIntegrityRequest, VerifyIntegrityResponse, WaitUntilRequest
from switchboard.log.v1.integrity_pb2_grpc import IntegrityServiceStub

SWITCHBOARD = Path(sys.executable).with_name("switchboard")
SERVICES = ("ingest", "routing", "crm", "kpi")
UP_S = 120.0
CAUGHT_UP_S = 120.0
MESSAGE_BYTES = [("grpc.max_receive_message_length", 64 * 1024 * 1024)]


class LiveStack:
    """`async with LiveStack(directory)` is a stack that serves; leaving it stops it as Ctrl-C would.

    With SWITCHBOARD_KEEP_LOGS set, the logs of a run that failed are copied to that directory.
    """

    def __init__(self, state: Path, **environment: str) -> None:
        self.state = state
        self.endpoints: dict[str, str] = {}
        self._environment = {**os.environ, **environment}
        self._process: asyncio.subprocess.Process | None = None
        self._channels: dict[str, grpc.aio.Channel] = {}

    async def __aenter__(self) -> "LiveStack":
        self._process = await asyncio.create_subprocess_exec(
            SWITCHBOARD,
            "up",
            "--state",
            str(self.state),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            env=self._environment,
        )
        assert self._process.stdout is not None
        async with asyncio.timeout(UP_S):
            line = await self._process.stdout.readline()
        assert line, f"the stack did not start; see {self.state / 'logs'}"
        self.endpoints = json.loads(line)
        return self

    async def __aexit__(self, kind: type[BaseException] | None, *_: object) -> None:
        keep = os.environ.get("SWITCHBOARD_KEEP_LOGS")
        if kind is not None and keep:
            shutil.copytree(self.state / "logs", keep, dirs_exist_ok=True)
        for channel in self._channels.values():
            await channel.close()
        self._channels.clear()
        assert self._process is not None
        if self._process.returncode is None:
            self._process.send_signal(signal.SIGTERM)
            async with asyncio.timeout(60):
                assert await self._process.wait() == 0, "a stack that is told to stop ends with 0"

    def pids(self) -> dict[str, int]:
        """Name -> pid of everything that runs, the supervisor included, as of now."""
        found: dict[str, int] = json.loads((self.state / "processes.json").read_text())
        return found

    async def kill(self, name: str) -> None:
        """kill -9 of one process; one that is just being restarted is waited for."""
        async with asyncio.timeout(60):
            while not psutil.pid_exists(self.pids().get(name, 0)):  # noqa: ASYNC110  # another process writes it
                await asyncio.sleep(0.02)
        os.kill(self.pids()[name], signal.SIGKILL)

    async def kill_everything(self) -> None:
        """kill -9 of the supervisor first, so that nothing is restarted, then of all the rest."""
        pids = self.pids()
        for name in sorted(pids, key=lambda name: name != "switchboard"):
            os.kill(pids[name], signal.SIGKILL)
        assert self._process is not None
        await self._process.wait()

    def channel(self, service: str) -> grpc.aio.Channel:
        """One channel per service, kept."""
        if service not in self._channels:
            self._channels[service] = grpc.aio.insecure_channel(self.endpoints[service], MESSAGE_BYTES)
        return self._channels[service]

    async def caught_up(self, tenant: str, position: str = "") -> str:
        """Waits until every service has consumed what there is; returns the position after all consequences."""
        for service in SERVICES:
            stub = IntegrityServiceStub(self.channel(service))
            request = WaitUntilRequest(position=position, tenant=tenant)
            position = (await stub.WaitUntil(request, timeout=CAUGHT_UP_S, wait_for_ready=True)).position
        return position

    async def verify(self) -> list[VerifyIntegrityResponse]:
        """Every finding of every service."""
        found = []
        for service in SERVICES:
            stub = IntegrityServiceStub(self.channel(service))
            async for finding in stub.VerifyIntegrity(VerifyIntegrityRequest(), timeout=300, wait_for_ready=True):
                found.append(finding)
        return found
