"""Keeps child processes running: starts them tier by tier, restarts what dies or hangs, stops them in reverse order."""

import asyncio
import json
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import grpc
import grpc.aio
import psutil
from chassis import embedded
from chassis.child import Child, ChildError, stop_leftovers, tail
from chassis.embedded import LOOPBACK
from chassis.health import WHY
from grpc_health.v1 import health_pb2, health_pb2_grpc  # type: ignore[import-untyped]

START_ATTEMPTS = 3
SERVING_S = 120.0  # a long log is folded again before a service is ready
WATCH_S = 0.1
LOOK_EVERY_S = 2.0
LOOKS_LEAST = 3
HUNG_S = 30.0
"""Who has said nothing for so long hangs. Against: a query of the archive holds a service's loop for a second."""
BACKOFF_LEAST_S = 0.2
BACKOFF_MOST_S = 5.0
SERVICE_STOP_S = 25.0  # the longest drain, and then some


class Supervisor:
    """Owns children in tiers: servers first, then what needs them."""

    def __init__(self, say: Callable[[str], None], processes: Path, hung_s: float = HUNG_S) -> None:
        """`processes` is a JSON file of name -> pid that is kept current, for those who want to kill one."""
        self._say = say
        self._hung_s = hung_s
        self._processes = processes
        self._tiers: list[Sequence[Child]] = []
        self._stopping: Sequence[Child] = ()
        self._hurried = False

    async def start(self, tier: Sequence[Child]) -> None:
        """Start all of a tier; returns when all answer. Raises ChildError with the end of the log of one that ended."""
        self._tiers.append(tier)
        started = await asyncio.gather(*(self._start(child) for child in tier), return_exceptions=True)
        for outcome in started:
            if isinstance(outcome, BaseException):
                raise outcome
        self._write()

    async def serving(self, services: Sequence[Child]) -> None:
        """Wait until the readiness of all says SERVING. Raises ChildError for the ones that do not within SERVING_S.

        One that says what it waits for is waited for as long as that takes: somebody has to do something.
        """
        loop = asyncio.get_running_loop()
        deadline = loop.time() + SERVING_S
        waiting = list(services)
        said: dict[str, str] = {}
        while waiting:
            answers = await asyncio.gather(*(_readiness(child.port) for child in waiting))
            for child, (_, why) in zip(waiting, answers, strict=True):
                if why:
                    deadline = loop.time() + SERVING_S
                if why and said.get(child.name) != why:
                    self._say(f"{child.name} does not serve: {why}")
                    said[child.name] = why
            waiting = [child for child, (ready, _) in zip(waiting, answers, strict=True) if not ready]
            for child in waiting:
                if not child.alive():
                    await self._start(child)
            if waiting and loop.time() > deadline:
                raise ChildError(
                    "\n".join(f"{child.name} does not serve (log {child.log}):\n{tail(child.log)}" for child in waiting)
                )
            await asyncio.sleep(WATCH_S)
        self._write()

    async def supervise(self) -> None:
        """Restart whatever dies or hangs, with growing pauses, until cancelled."""
        async with asyncio.TaskGroup() as group:
            for tier in self._tiers:
                for child in tier:
                    group.create_task(self._keep(child))

    async def stop(self) -> None:
        """Stop everything, the last tier first; idempotent."""
        while self._tiers:
            self._stopping = self._tiers.pop()
            if self._hurried:
                self.hurry()
            await asyncio.gather(*(child.stop() for child in self._stopping))
        self._processes.unlink(missing_ok=True)

    def hurry(self) -> None:
        """Kill instead of asking to stop, now and from here on; the log and the tables stand it."""
        self._hurried = True
        for child in self._stopping:
            child.kill9()

    async def _start(self, child: Child) -> None:
        for attempt in range(1, START_ATTEMPTS + 1):
            try:
                await child.start()
            except ChildError:
                if attempt == START_ATTEMPTS:
                    raise
                self._say(f"{child.name} ended while starting; trying again")
            else:
                return

    async def _keep(self, child: Child) -> None:
        pause_s = BACKOFF_LEAST_S
        loop = asyncio.get_running_loop()
        since = look_at = heard_at = loop.time()
        looks = 0
        while True:
            if child.alive():
                if loop.time() > look_at:
                    if await child.responds():
                        heard_at, looks = loop.time(), 0
                    looks += 1
                    look_at = loop.time() + LOOK_EVERY_S
                    # Several looks: where we ourselves were stopped, one look is late and says nothing.
                    if looks > LOOKS_LEAST and loop.time() - heard_at > self._hung_s:
                        self._say(f"{child.name} has said nothing for {loop.time() - heard_at:.0f} s; it is killed")
                        await asyncio.to_thread(child.kill9)
                        continue
                    if complaint := await child.complaint():
                        self._say(f"{child.name}: {complaint}")
                        await child.stop()
                        continue
                    if loop.time() - since > BACKOFF_MOST_S:
                        pause_s = BACKOFF_LEAST_S
                await asyncio.sleep(WATCH_S)
                continue
            self._say(f"{child.name} {_ending(child.exit_code)}; starting it again in {pause_s:g} s")
            await asyncio.sleep(pause_s)
            pause_s = min(BACKOFF_MOST_S, pause_s * 2)
            since = loop.time()
            try:
                await child.start()
            except (ChildError, OSError) as error:  # OSError: its log cannot be opened, the disk is full
                self._say(str(error).splitlines()[0])
                continue
            heard_at, looks = loop.time(), 0
            self._write()
            self._say(f"{child.name} is back (process {child.pid})")

    def _write(self) -> None:
        pids = {child.name: child.pid for tier in self._tiers for child in tier}
        half = self._processes.with_suffix(".new")
        try:
            half.write_text(json.dumps({"switchboard": os.getpid(), **pids}) + "\n")
            half.rename(self._processes)
        except OSError as error:
            self._say(f"{self._processes} is not current: {error.strerror}")


def python(module: str) -> tuple[str, ...]:
    """How one of our modules is started: what lies in the directory where somebody happens to be is not looked at."""
    return sys.executable, "-P", "-m", module


def service_child(name: str, module: str, port: int, state: Path, environment: Mapping[str, str]) -> Child:
    """A service as a child: alive once its liveness answers; readiness is `Supervisor.serving`'s."""
    return Child(
        name,
        argv=[*python(module)],
        leftover=lambda process: _is_service(process, state, (module,)),
        port=port,
        url=f"{LOOPBACK}:{port}",
        log=state / "logs" / f"{name}.log",
        ready=lambda: _health(port, "liveness"),
        environment=environment,
        stop_s=SERVICE_STOP_S,
    )


def stop_orphans(state: Path, modules: Sequence[str]) -> int:
    """Stop what of this state outlived its killed owner, services before servers; returns how many there were."""
    services = stop_leftovers("a service", lambda process: _is_service(process, state, modules), stop_s=SERVICE_STOP_S)
    return services + embedded.stop_orphans(state)


def _is_service(process: psutil.Process, state: Path, modules: Sequence[str]) -> bool:
    argv = process.cmdline()
    if argv[-2:-1] != ["-m"] or argv[-1] not in modules:
        return False
    return bool(process.environ().get("SWITCHBOARD_STATE") == str(state))


async def _readiness(port: int) -> tuple[bool, str]:
    """Whether a service is ready, and the sentence that says why not where it has one."""
    async with grpc.aio.insecure_channel(f"{LOOPBACK}:{port}", options=[("grpc.enable_http_proxy", 0)]) as channel:
        call = health_pb2_grpc.HealthStub(channel).Check(
            health_pb2.HealthCheckRequest(service="readiness"), timeout=1.0
        )
        try:
            answer = await call
            told = dict(await call.trailing_metadata() or ())
        except grpc.aio.AioRpcError:
            return False, ""
    return bool(answer.status == health_pb2.HealthCheckResponse.SERVING), str(told.get(WHY, ""))


async def _health(port: int, service: str) -> bool:
    async with grpc.aio.insecure_channel(f"{LOOPBACK}:{port}", options=[("grpc.enable_http_proxy", 0)]) as channel:
        stub = health_pb2_grpc.HealthStub(channel)
        try:
            answer = await stub.Check(health_pb2.HealthCheckRequest(service=service), timeout=1.0)
        except grpc.aio.AioRpcError:
            return False
    return bool(answer.status == health_pb2.HealthCheckResponse.SERVING)


def _ending(exit_code: int | None) -> str:
    return (
        f"was killed by signal {-exit_code}" if exit_code is not None and exit_code < 0 else f"ended with {exit_code}"
    )
