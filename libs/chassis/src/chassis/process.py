"""One process: it starts, serves until it is told to stop, drains in order and exits. It knows no service.

    async def build(process: Process) -> None:
        database = await process.enter(Database(...))
        membership = Membership(...)
        process.loop("membership", membership.run)
        process.on_leave(membership.leave)
        server = Server(process.settings, codes=CODES, conditions=["nats"])
        process.probe(server, "nats", nats_answers)
        await process.serve(server)

    def configure(environment: Environment) -> tuple[Settings, Build]:
        return read(environment, "routing", sealing=True), build

    if __name__ == "__main__":
        sys.exit(main(configure))

Drain order: readiness says no → calls are served on until every balancer has heard it → leave callbacks (membership,
subscriptions) → streams end, calls in flight finish → loops are cancelled → what was entered is closed, last first →
telemetry is flushed. A loop that fails or ends by itself ends the process.
"""

import asyncio
import gc
import logging
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from importlib.metadata import PackageNotFoundError, version
from typing import Any, TypeVar

import uvloop
from opentelemetry.sdk.metrics.export import InMemoryMetricReader

from chassis import errors, logs, telemetry
from chassis.config import ConfigurationError, Environment, Settings
from chassis.metrics_page import metrics_page
from chassis.serving import Server
from chassis.streams import ProvisioningError
from chassis.watchdog import Watchdog

LEAVE_MAX_S = 10.0
"""What one leave callback may take; after that the others get their turn."""

GARBAGE = (50_000, 20, 100)
"""When the collector of cycles looks. Nearly everything here is freed by its count; at the interpreter's 700 objects
it walked every batch several times over and, with a shard's state in memory, all of that as well."""

PROBE_EVERY_S = 1.0
PROBE_MAX_S = 2.0

T = TypeVar("T")

_log = logging.getLogger("chassis.process")

# Their texts are ours and name things by id; of every other exception only the type is told.
_TELLABLE = (
    errors.Rejected, errors.Unavailable, errors.Overloaded, errors.InvalidRequest, errors.NotFound, OSError,
    ProvisioningError,
)  # fmt: skip


class LoopError(Exception):
    """A loop that was to run for ever did not. The cause is the exception, None when it just ended."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


class Process:
    """What `build` puts a service together with."""

    def __init__(self, settings: Settings, tasks: asyncio.TaskGroup, stack: AsyncExitStack) -> None:
        self.settings = settings
        self._tasks = tasks
        self._stack = stack
        self._loops: list[asyncio.Task[None]] = []
        self._servers: list[Server] = []
        self._leave: list[Callable[[], Awaitable[object]]] = []
        self._leaving = False

    async def enter(self, resource: AbstractAsyncContextManager[T]) -> T:
        """Opens something that is closed when everything else has ended."""
        return await self._stack.enter_async_context(resource)

    def on_close(self, close: Callable[[], Awaitable[object]]) -> None:
        """The same for something that has only a way to close it."""
        self._stack.push_async_callback(close)

    def loop(self, name: str, run: Callable[[], Coroutine[Any, Any, object]]) -> None:
        """Starts something that runs until it is cancelled; its failure, or its end, ends the process."""
        self._loops.append(self._tasks.create_task(self._run(name, run), name=name))

    def on_leave(self, leave: Callable[[], Awaitable[object]]) -> None:
        """Called while draining, in the order given: leave membership, stop pulling."""
        self._leave.append(leave)

    def probe(self, server: Server, condition: str, holds: Callable[[], Awaitable[bool]]) -> None:
        """Keeps a condition of readiness true to the facts. `holds` answers False instead of raising."""

        async def watch() -> None:
            while True:
                try:
                    async with asyncio.timeout(PROBE_MAX_S):
                        now = await holds()
                except TimeoutError:
                    now = False
                await server.health.set(condition, now)
                await asyncio.sleep(PROBE_EVERY_S)

        self.loop(f"probe {condition}", watch)

    async def serve(self, server: Server) -> int:
        """Starts a server that is drained with the process; answers its port."""
        port = await server.start()
        self._servers.append(server)
        self._stack.push_async_callback(server.stop_now)
        _log.info("serving", extra={"fields": {"port": port, "services": server.services}})
        return port

    async def drain(self) -> None:
        """Everything between the signal and the end of the loops."""
        _log.info("draining")
        await asyncio.gather(*(server.withdraw() for server in self._servers))
        self._leaving = True
        for leave in self._leave:
            try:
                async with asyncio.timeout(LEAVE_MAX_S):
                    await leave()
            except TimeoutError:
                _log.warning("leaving took too long", extra={"fields": {"seconds": LEAVE_MAX_S}})
        await asyncio.gather(*(server.finish() for server in self._servers))
        for loop in reversed(self._loops):
            loop.cancel()

    async def _run(self, name: str, run: Callable[[], Coroutine[Any, Any, object]]) -> None:
        try:
            await run()
        except Exception as error:
            raise LoopError(name) from error
        this = asyncio.current_task()
        if not self._leaving and not (this and this.cancelling()):
            raise LoopError(name)


Build = Callable[[Process], Coroutine[Any, Any, object]]


async def run(settings: Settings, build: Build, stop: asyncio.Event) -> None:
    """Builds, serves until `stop` is set, drains, and returns. Raises an ExceptionGroup when a part of it fails."""
    async with AsyncExitStack() as stack, asyncio.TaskGroup() as tasks:
        process = Process(settings, tasks, stack)
        told = tasks.create_task(stop.wait(), name="stop")
        building = tasks.create_task(build(process), name="build")
        await asyncio.wait((told, building), return_when=asyncio.FIRST_COMPLETED)
        if not building.done():
            building.cancel()
        await told
        await process.drain()


async def _run_until_signal(settings: Settings, build: Build, metrics: InMemoryMetricReader | None) -> None:
    async def build_all(process: Process) -> None:
        if metrics is not None and settings.metrics_port is not None:
            await process.enter(metrics_page(settings.host, settings.metrics_port, metrics))
        await build(process)

    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(_unowned)
    this = asyncio.current_task()
    assert this is not None

    def told() -> None:
        if stop.is_set():
            this.cancel()  # whoever asks twice is in a hurry
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, told)
    try:
        with Watchdog(("chassis", settings.service.replace("-", "_"))):
            await run(settings, build_all, stop)
    finally:
        await asyncio.to_thread(telemetry.stop)


def _version(service: str) -> str:
    """The version of a service's package; that of the chassis where it has none of its own, as in tests."""
    try:
        return version(f"switchboard-{service}")
    except PackageNotFoundError:
        return version("switchboard-chassis")


def main(configure: Callable[[Environment], tuple[Settings, Build]]) -> int:
    """The whole life of a service's process; answers its exit code: 0 drained, 1 failed, 2 wrong configuration."""
    environment = Environment(os.environ)
    settings, build = configure(environment)
    try:
        environment.check()
    except ConfigurationError as error:
        for problem in error.problems:
            _say(settings.service, problem)
        return 2
    gc.freeze()  # what was imported stays
    gc.set_threshold(*GARBAGE)
    logs.set_up(settings.service, ("chassis", settings.service.replace("-", "_")))
    metrics = None if settings.metrics_port is None else InMemoryMetricReader()
    telemetry.start(
        settings.service,
        member=settings.member,
        version=_version(settings.service),
        trace_ratio=settings.trace_ratio,
        sampler=settings.trace_sampler,
        export=settings.export,
        metric_readers=() if metrics is None else [metrics],
    )
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(_run_until_signal(settings, build, metrics))
    except asyncio.CancelledError:
        _say(settings.service, "stopped before it had drained, because it was told twice")
        return 1
    except Exception as error:  # noqa: BLE001 (it ends the process)
        _say(settings.service, "; ".join(_sentence(leaf) for leaf in _leaves(error)))
        return 1
    return 0


def _leaves(error: BaseException) -> list[BaseException]:
    if isinstance(error, BaseExceptionGroup):
        return [leaf for part in error.exceptions for leaf in _leaves(part)]
    return [error]


def _sentence(error: BaseException) -> str:
    """What failed, on one line and without values."""
    if isinstance(error, LoopError):
        if error.__cause__ is None:
            return f"{error.name} ended by itself"
        return f"{error.name} failed: {'; '.join(_sentence(leaf) for leaf in _leaves(error.__cause__))}"
    kind, at = type(error).__name__, logs.where(error.__traceback__)
    told = f" ({' '.join(str(error).split())})" if isinstance(error, _TELLABLE) else ""
    return f"{kind}{told} at {at}"


def _say(service: str, sentence: str) -> None:
    sys.stderr.write(f"switchboard {service}: {sentence}\n")


def _unowned(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """An exception nobody awaited: its type and place are told, never its text."""
    error = context.get("exception")
    fields = {"error": type(error).__name__, "at": logs.where(error.__traceback__)} if error is not None else {}
    _log.error("an exception was awaited by nobody", extra={"fields": fields})
