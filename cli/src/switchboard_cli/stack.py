"""`switchboard up`: the whole of Switchboard on this machine. It knows what runs and where, not what any of it does."""

import asyncio
import contextlib
import errno
import fcntl
import json
import os
import signal
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

import click
from chassis import embedded
from chassis.child import READY_S, Child, ChildError
from chassis.embedded import LOOPBACK
from chassis.errors import Overloaded, Unavailable
from chassis.log import Log, connect_within
from chassis.tenants import Tenants

from switchboard_cli.announcement import for_people, for_programs
from switchboard_cli.connection import DEFAULT_STATE, DEFAULT_TENANT, ENDPOINTS, StateDir
from switchboard_cli.failures import Failure, first_line
from switchboard_cli.given_servers import MONITORING, judge_nats, judge_postgres
from switchboard_cli.hints import typed
from switchboard_cli.key_files import ready
from switchboard_cli.provision import ALONE, provisioned, shared
from switchboard_cli.supervision import HUNG_S, Supervisor, service_child, stop_orphans

PROCESSES = "processes.json"
ROOM_LEAST_BYTES = 64 << 20
"""Less is a full disk: a fresh cluster of PostgreSQL alone takes forty megabytes."""
ROOM_LOOK_S = 1.0
_OURS = {"lock", PROCESSES, ENDPOINTS, "kek.jsonl", "logs", "nats", "postgres"}


@dataclass(frozen=True, slots=True)
class ServiceSpec:
    """One service: its name on the command line and in the endpoints, the module that runs it, its database role."""

    name: str
    module: str
    role: str


SERVICES = (
    ServiceSpec("ingest", "ingest.main", "ingest"),
    ServiceSpec("routing", "routing.main", "routing"),
    ServiceSpec("crm", "crm_sync.main", "crm_sync"),
    ServiceSpec("kpi", "kpi.main", "kpi"),
)


@dataclass(frozen=True, slots=True)
class Ports:
    """Which port is whose. With a base they are base + 0.. in this order, else whatever is free."""

    services: Mapping[str, int]
    metrics: Mapping[str, int]
    nats: int
    nats_monitoring: int
    postgres: int

    @staticmethod
    def choose(names: Sequence[str], base: int | None) -> "Ports":
        """Raises Failure when a port at the base is taken."""
        wanted = 2 * len(names) + 3
        if base is None:
            ports = embedded.free_ports(wanted)
        else:
            ports = list(range(base, base + wanted))
            taken = [port for port in ports if not embedded.is_free(port)]
            if taken:
                listed = ", ".join(map(str, taken))
                raise Failure(f"taken on {LOOPBACK}: port {listed}; choose another --port-base, or none for free ports")
        free = iter(ports)
        return Ports(
            services={name: next(free) for name in names},
            nats=next(free),
            postgres=next(free),
            nats_monitoring=next(free),
            metrics={name: next(free) for name in names},
        )


@dataclass(slots=True)
class Stack:
    """The servers and services of one state directory. `run` is all a caller needs."""

    state: Path
    port_base: int | None = None
    environment: Mapping[str, str] = field(default_factory=lambda: os.environ)
    services: Sequence[ServiceSpec] = SERVICES
    patient: bool = True
    """Whether a full disk is waited for."""
    hung_s: float = HUNG_S
    supervisor: Supervisor | None = None
    say: Callable[[str], None] = lambda sentence: click.echo(f"switchboard: {typed(sentence)}", err=True)

    async def run(self, announce: Callable[[Mapping[str, object]], None]) -> None:
        """Start everything, announce the endpoints, keep it running until cancelled; then stop it in order.

        Raises Failure when it cannot start, with everything stopped again; a full disk is waited for. One owner per
        state directory.
        """
        with self._owned(await self._lock()):
            supervisor = self.supervisor = Supervisor(self.say, self.state / PROCESSES, self.hung_s)
            try:
                endpoints = await self._start_with_room(supervisor)
                announce(endpoints)
                await supervisor.supervise()
            finally:
                (self.state / ENDPOINTS).unlink(missing_ok=True)
                await supervisor.stop()

    async def _lock(self) -> TextIO:
        """The open lock of the state directory, which is made where it is not there."""
        said = False
        while True:
            try:
                self.state = self.state.resolve()
                self.state.mkdir(mode=0o700, parents=True, exist_ok=True)
                _make_private(self.state)
                return (self.state / "lock").open("a+")
            except (OSError, RuntimeError) as error:  # RuntimeError: links that lead in a circle
                if not self.patient or getattr(error, "errno", 0) not in (errno.ENOSPC, errno.EDQUOT):
                    raise Failure(
                        f"{self.state} cannot hold a stack ({getattr(error, 'strerror', error)}): choose another"
                        " --state, on a disk with room that this user may write to"
                    ) from None
            if not said:
                self.say(f"the disk of {self.state} is full; it starts once there is room")
            said = True
            await asyncio.sleep(ROOM_LOOK_S)

    async def _start_with_room(self, supervisor: Supervisor) -> dict[str, object]:
        """`_start`, again and again while the disk has no room: who makes some need not start anything."""
        if unused := [name for name in ALONE if self.environment.get(name)]:
            self.say(f"{' and '.join(unused)} not used here: each service has a schema and a port of its own")
        self.say(f"authentication is off; everything listens on {LOOPBACK} only")
        said = False
        while True:
            try:
                return await self._start(supervisor)
            except Failure as failure:
                if not self.patient or _has_room(self.state):
                    raise
                if not said:
                    why = first_line(failure.message)
                    self.say(f"the disk of {self.state} is full ({why}); it starts once there is room")
                said = True
            await supervisor.stop()
            while not _has_room(self.state):  # noqa: ASYNC110 - nobody tells when a disk has room
                await asyncio.sleep(ROOM_LOOK_S)

    async def _start(self, supervisor: Supervisor) -> dict[str, object]:
        (self.state / ENDPOINTS).unlink(missing_ok=True)
        try:
            if left := await asyncio.to_thread(stop_orphans, self.state, [spec.module for spec in self.services]):
                self.say(f"stopped {left} processes that an earlier run left behind")
            ports = Ports.choose([spec.name for spec in self.services], self.port_base)
            nats_url, database_url = await self._servers(supervisor, ports)
            key_file = await ready(self.state, self.environment, nats_url, database_url)
            bound = {
                "SWITCHBOARD_STATE": str(self.state),
                "SWITCHBOARD_NATS_URL": nats_url,
                "SWITCHBOARD_DATABASE_URL": database_url,
                "SWITCHBOARD_KEK_FILE": str(key_file),
                "SWITCHBOARD_HOST": LOOPBACK,
                "PYTHONUNBUFFERED": "1",
            }
            optional = {"SWITCHBOARD_DRAIN_DELAY_S": "0"}  # nobody balances between replicas here
            modules = [spec.module for spec in self.services]
            # Whoever runs on this state is started here: nothing older does.
            await provisioned({**shared(self.environment), **bound}, modules, finish=True)
            await _first_tenant(nats_url)
            children = []
            for spec in self.services:
                own = {
                    "SWITCHBOARD_GRPC_PORT": str(ports.services[spec.name]),
                    "SWITCHBOARD_METRICS_PORT": str(ports.metrics[spec.name]),
                }
                if not self.environment.get("SWITCHBOARD_DATABASE_URL"):
                    own["SWITCHBOARD_DATABASE_URL"] = await embedded.role_url(database_url, spec.role)
                if not self.environment.get("SWITCHBOARD_NATS_URL"):
                    # The one replica there can be: after a kill it owns its shards at once, nobody waits for an expiry.
                    own["SWITCHBOARD_MEMBER"] = f"{spec.name}-0"
                environment = {**optional, **shared(self.environment), **bound, **own}
                children.append(
                    service_child(spec.name, spec.module, ports.services[spec.name], self.state, environment)
                )
            endpoints: dict[str, object] = {
                **{name: f"{LOOPBACK}:{port}" for name, port in ports.services.items()},
                "nats": nats_url,
                "nats_monitoring": f"http://{LOOPBACK}:{ports.nats_monitoring}",
                "database": database_url,
                "metrics": {name: f"{LOOPBACK}:{port}" for name, port in ports.metrics.items()},
                "state": str(self.state),
            }
            await supervisor.start(children)
            # Before all of them serve: who has to help one of them needs to reach the servers.
            _write(self.state / ENDPOINTS, endpoints)
            await supervisor.serving(children)
        except (ChildError, Unavailable, Overloaded, OSError) as error:
            told = f"{error.filename}: {error.strerror}" if isinstance(error, OSError) and error.filename else error
            raise Failure(f"the stack did not start: {told}") from error
        return endpoints

    async def _servers(self, supervisor: Supervisor, ports: Ports) -> tuple[str, str]:
        """The URLs of the servers given, or of our own."""
        nats_url = self.environment.get("SWITCHBOARD_NATS_URL", "")
        database_url = self.environment.get("SWITCHBOARD_DATABASE_URL", "")
        own: list[Child] = []
        if nats_url:
            for warning in await judge_nats(nats_url, self.environment.get(MONITORING, "")):
                self.say(warning)
        else:
            own.append(embedded.nats(self.state, ports.nats, monitoring_port=ports.nats_monitoring))
            nats_url = own[-1].url
        if database_url:
            for warning in await judge_postgres(database_url):
                self.say(warning)
            await supervisor.start(own)
        else:
            own.append(await asyncio.to_thread(embedded.postgres, self.state, ports.postgres))
            await supervisor.start(own)
            database_url = await embedded.create_database(own[-1].url, "switchboard")
        return nats_url, database_url

    @contextlib.contextmanager
    def _owned(self, lock: TextIO) -> Iterator[None]:
        """The kernel drops this lock with its process, however that ends."""
        with lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                lock.seek(0)
                raise Failure(
                    f"the stack in {self.state} is already running (process {lock.read().strip() or 'unknown'}); "
                    f"use it with --state, stop it with Ctrl-C or SIGTERM, or choose another --state"
                ) from None
            with contextlib.suppress(OSError):  # on a full disk nobody learns who we are, no more
                lock.truncate(0)
                lock.write(f"{os.getpid()}\n")
                lock.flush()
            yield


@click.command()
@click.option(
    "--state",
    type=StateDir(),
    default=DEFAULT_STATE,
    show_default=True,
    help="Directory for data, logs and endpoints; the same directory goes on where it stopped.",
)
@click.option(
    "--port-base",
    type=click.IntRange(1024, 65000),
    default=None,
    help="First of a run of ports (ingest, routing, crm, kpi, nats, postgres, ...); free ports by default.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the endpoints as JSON also in a terminal.")
def up(state: Path, port_base: int | None, as_json: bool) -> None:
    """Start NATS, PostgreSQL and the four services here; Ctrl-C stops them.

    When all of them serve it says where and what to try; where standard output is no terminal, as one line of JSON.
    SWITCHBOARD_NATS_URL and SWITCHBOARD_DATABASE_URL, where set, name servers to use instead of own ones. A fresh
    stack has the tenant demo, which every command means that is given no --tenant.
    """
    told = for_programs if as_json or not (sys.stdout and sys.stdout.isatty()) else for_people
    run_until_signal(Stack(state, port_base), told)


def run_until_signal(stack: Stack, told: Callable[[Mapping[str, object]], str] = for_programs) -> None:
    """Run the stack until SIGINT, SIGTERM or SIGHUP; returns when everything has stopped. Raises Failure.

    `told` makes the endpoints into what is printed when everything serves. A second signal kills what takes its time.
    """
    asyncio.run(_until_signal(stack, told))


async def _until_signal(stack: Stack, told: Callable[[Mapping[str, object]], str]) -> None:
    running = asyncio.ensure_future(stack.run(lambda endpoints: click.echo(told(endpoints))))
    asked = False

    def ask() -> None:
        nonlocal asked
        if not asked:
            asked = True
            stack.say("stopping")
            running.cancel()
        elif stack.supervisor is not None:
            stack.say("killing what does not stop")
            stack.supervisor.hurry()

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, ask)
    try:
        await running
    except asyncio.CancelledError:
        if not asked:
            raise
        stack.say("stopped")


def _make_private(state: Path) -> None:
    """A directory that is a stack's and nothing else is its owner's alone: keys and passwords are below it."""
    if set(os.listdir(state)) <= _OURS and state.stat().st_mode & 0o077:
        state.chmod(0o700)


def _has_room(state: Path) -> bool:
    disk = os.statvfs(state)
    return disk.f_bavail * disk.f_frsize >= ROOM_LEAST_BYTES and (disk.f_files == 0 or disk.f_favail > 0)


async def _first_tenant(nats_url: str) -> None:
    """On a log that nobody has used, registers the tenant that commands mean by default."""
    nc = await connect_within(nats_url, "up", READY_S)
    try:
        log = Log(nc)
        if await log.last_position() == 0:
            await Tenants(log).ensure(DEFAULT_TENANT)
    finally:
        await nc.close()


def _write(path: Path, content: Mapping[str, object]) -> None:
    """All of the new file or all of the old one, for its owner only: the database's password is in it."""
    half = path.with_suffix(".new")
    half.touch(mode=0o600)
    half.write_text(json.dumps(content, indent=1) + "\n")
    half.rename(path)
