"""What tests may ask for: real servers, a fresh database, a key file, shared data. Knows no service."""

import asyncio
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from uuid import uuid4

import asyncpg
import hypothesis
import pytest
from chassis import embedded, keyfile
from chassis.child import Child

REPOSITORY = Path(__file__).resolve().parent.parent


PORTS_OF_A_WORKER = 5_000


def pytest_configure(config: pytest.Config) -> None:
    """No law is timed, because workers and what they test share the cores. Each worker has ports of its own, which what
    a test starts inherits; beyond four, workers share them.
    """
    hypothesis.settings.register_profile("untimed", deadline=None)
    hypothesis.settings.load_profile("untimed")
    worker = os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")
    first = 12_000 + int(worker) % 4 * PORTS_OF_A_WORKER
    os.environ[embedded.FREE_PORTS] = f"{first}-{first + PORTS_OF_A_WORKER - 1}"


# It outlives a killed test run: whatever works below the run's directory goes with it.
GUARD = """
import os, shutil, sys, psutil
sys.stdin.read()
root = sys.argv[1]
for process in psutil.process_iter():
    try:
        told = [*process.cmdline(), process.environ().get("SWITCHBOARD_STATE", "")]
        if process.pid != os.getpid() and any(root in word for word in told):
            process.kill()
    except psutil.Error:
        continue
shutil.rmtree(root, ignore_errors=True)
"""


@pytest.fixture(scope="session")
def session_dir() -> Iterator[Path]:
    """Where this run keeps everything; its processes and files are gone afterwards, even if the run is killed."""
    made = Path(tempfile.mkdtemp(prefix="switchboard-test-"))
    guard = subprocess.Popen([sys.executable, "-c", GUARD, str(made)], stdin=subprocess.PIPE, start_new_session=True)
    yield made
    assert guard.stdin
    guard.stdin.close()
    guard.wait(60)


@pytest.fixture
def state_dir(session_dir: Path) -> Iterator[Path]:
    """An empty directory for servers; gone afterwards."""
    made = Path(tempfile.mkdtemp(dir=session_dir))
    yield made
    shutil.rmtree(made, ignore_errors=True)


@pytest.fixture
async def nats_server(state_dir: Path) -> AsyncIterator[Child]:
    """A nats-server of this test alone: it may be killed and restarted."""
    server = await embedded.start_nats(state_dir)
    yield server
    server.kill9()


@pytest.fixture
def nats_url(nats_server: Child) -> str:
    return nats_server.url


@pytest.fixture(scope="session")
def postgres_server(session_dir: Path) -> Iterator[Child]:
    """The one PostgreSQL of the session. Do not kill it; a test that must starts its own with `embedded`."""
    server = asyncio.run(embedded.start_postgres(session_dir))
    yield server
    server.kill9()


@pytest.fixture
async def database_url(postgres_server: Child) -> AsyncIterator[str]:
    """A database of this test alone, dropped afterwards even if connections are left open."""
    name = f"test_{uuid4().hex[:12]}"
    admin = await asyncpg.connect(postgres_server.url, timeout=10)
    await admin.execute(f"create database {name}")
    yield postgres_server.url.rpartition("/")[0] + f"/{name}"
    await admin.execute(f"drop database {name} with (force)")
    await admin.close()


@pytest.fixture
def kek_file(tmp_path: Path) -> Path:
    """A fresh secret file for chassis.sealing: one key-encryption key and the blind-index key."""
    path = tmp_path / "kek.jsonl"
    keyfile.create(path)
    return path


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The read-only data sets that do not belong to the repository."""
    path = Path(os.environ.get("SWITCHBOARD_SHARED_DATA") or REPOSITORY.parent / "shared" / "data")
    if not path.is_dir():
        pytest.skip(f"the shared data sets are not at {path}: set SWITCHBOARD_SHARED_DATA to where they are")
    return path


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Prints the counts that fault tests recorded: what was survived, not only that it was."""
    for report in terminalreporter.getreports("passed"):
        if report.user_properties:
            counts = ", ".join(f"{name} {value}" for name, value in report.user_properties)
            terminalreporter.write_line(f"{report.nodeid.rpartition('::')[2]}: {counts}")
