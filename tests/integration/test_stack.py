"""`switchboard up` as a person and a fault test see it: one line of endpoints, restarts, kill -9 of all, a clean end.

The services here are stand-ins that only answer health, so that what is tested is the stack itself.
"""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import asyncpg
import nats
import psutil
import pytest
from chassis import embedded
from chassis.child import Child

PATIENCE_S = 90

STAND_IN = """
import asyncio, os, pathlib, signal
import asyncpg, nats
from chassis.health import Health
from chassis.provisioning import Resources
import grpc.aio
from grpc_health.v1 import health_pb2_grpc

RESOURCES = Resources("standin", vault=True)

async def main():
    trace = pathlib.Path(os.environ["SWITCHBOARD_STATE"]) / "stand-ins"
    trace.mkdir(exist_ok=True)
    stop = asyncio.Event()
    stubborn = os.environ.get("STUBBORN")
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, (lambda: None) if stubborn else stop.set)
    health = Health(["servers"])
    server = grpc.aio.server()
    health_pb2_grpc.add_HealthServicer_to_server(health.servicer, server)
    server.add_insecure_port(os.environ["SWITCHBOARD_HOST"] + ":" + os.environ["SWITCHBOARD_GRPC_PORT"])
    await server.start()
    await health.open([])
    await (await nats.connect(os.environ["SWITCHBOARD_NATS_URL"])).close()
    database = await asyncpg.connect(os.environ["SWITCHBOARD_DATABASE_URL"])
    await database.fetch("select subject_id from vault.subject_keys")
    await database.close()
    assert os.path.getsize(os.environ["SWITCHBOARD_KEK_FILE"]) > 100
    await health.set("servers", True)
    await stop.wait()
    await server.stop(1)
    (trace / f"drained-{os.getpid()}").touch()

if __name__ == "__main__":
    asyncio.run(main())
"""

RUNNER = """
import sys
from pathlib import Path
import click
from switchboard_cli.stack import ServiceSpec, Stack, run_until_signal
names = sys.argv[3].split(",")
try:
    run_until_signal(Stack(Path(sys.argv[1]), int(sys.argv[2]) or None, hung_s=4,
                           services=[ServiceSpec(n, f"standin_{n}.main", "standin") for n in names]))
except click.ClickException as failure:
    failure.show()
    sys.exit(failure.exit_code)
"""


@dataclass
class Up:
    """A running `up` and what it said."""

    process: asyncio.subprocess.Process
    endpoints: dict[str, Any]
    state: Path
    line: str
    """The one line it printed."""

    def pids(self) -> dict[str, int]:
        found: dict[str, int] = json.loads((self.state / "processes.json").read_text())
        return found

    async def heard(self, sentence: str) -> None:
        """Wait for a line on standard error."""
        assert self.process.stderr
        async with asyncio.timeout(PATIENCE_S):
            while sentence not in (line := (await self.process.stderr.readline()).decode()):
                assert line, f"it ended without saying {sentence!r}"

    async def end(self, number: signal.Signals = signal.SIGTERM) -> tuple[int, str]:
        self.process.send_signal(number)
        async with asyncio.timeout(PATIENCE_S):
            out, err = await self.process.communicate()
        assert self.process.returncode is not None
        return self.process.returncode, (out + err).decode()


async def start(
    state: Path, *, base: int = 0, names: str = "ingest,kpi", **variables: str
) -> asyncio.subprocess.Process:
    code = state.parent / "code"
    for name in ("ingest", "kpi"):
        package = code / f"standin_{name}"
        package.mkdir(parents=True, exist_ok=True)
        (package / "main.py").write_text(STAND_IN)
    here = state.parent / "here"
    here.mkdir(exist_ok=True)
    for name in ("standin_ingest", "standin_kpi", "chassis"):
        (here / f"{name}.py").write_text("raise SystemExit('what lies where somebody happens to be was imported')")
    environment = {key: value for key, value in os.environ.items() if not key.startswith("SWITCHBOARD_")}
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", "-c", RUNNER, str(state), str(base), names),
        cwd=here,
        env={**environment, "PYTHONPATH": str(code), **variables},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )


@asynccontextmanager
async def up(state: Path, **how: Any) -> AsyncIterator[Up]:
    process = await start(state, **how)
    assert process.stdout
    try:
        async with asyncio.timeout(PATIENCE_S):
            line = await process.stdout.readline()
            if not line:
                assert process.stderr
                raise AssertionError((await process.stderr.read()).decode())
        yield Up(process, json.loads((state / "endpoints.json").read_text()), state, line.decode())
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
            embedded.stop_orphans(state)
            for child in psutil.process_iter():
                if _stand_in(child, state):
                    child.kill()


def _stand_in(process: psutil.Process, state: Path) -> bool:
    try:
        return "standin_" in " ".join(process.cmdline()) and process.environ().get("SWITCHBOARD_STATE") == str(state)
    except psutil.Error:
        return False


@pytest.fixture
def state(state_dir: Path) -> Path:
    return state_dir / "state"


async def test_up_prints_one_line_and_ctrl_c_stops_everything(state: Path) -> None:
    alone = {"SWITCHBOARD_SCHEMA": "elsewhere", "SWITCHBOARD_KPI_PORT": "1"}
    async with up(state, **alone) as stack:
        for name in ("ingest", "kpi"):
            handed = psutil.Process(stack.pids()[name]).environ()
            assert not alone.keys() & handed.keys(), "each has a schema and a port of its own"
        assert set(stack.endpoints) >= {"ingest", "kpi", "nats", "database", "state"}
        password = urlsplit(stack.endpoints["database"]).password
        assert password
        assert password not in stack.line
        assert json.loads(stack.line) == stack.endpoints | {
            "database": stack.endpoints["database"].replace(f":{password}@", "@")
        }
        assert state.stat().st_mode & 0o077 == 0
        assert (state / "endpoints.json").stat().st_mode & 0o077 == 0
        assert (state / "kek.jsonl").stat().st_mode & 0o077 == 0
        client = await nats.connect(stack.endpoints["nats"])
        await client.close()
        pids = stack.pids()
        assert set(pids) == {"switchboard", "nats-server", "postgres", "ingest", "kpi"}
        code, said = await stack.end(signal.SIGINT)
        assert code == 0, said
        assert "authentication is off" in said
        assert said.rstrip().endswith("stopped")
        assert not [name for name, pid in pids.items() if psutil.pid_exists(pid)]
        assert len(list((state / "stand-ins").iterdir())) == 2, "both services drained"
        assert not (state / "endpoints.json").exists()
        assert {path.name for path in (state / "logs").iterdir()} == {
            *("nats.log", "postgres.log", "ingest.log", "kpi.log")
        }


async def test_a_second_ctrl_c_kills_what_does_not_stop(state: Path) -> None:
    async with up(state, STUBBORN="yes") as stack:
        pids = stack.pids()
        stack.process.send_signal(signal.SIGINT)
        await stack.heard("stopping")
        assert psutil.pid_exists(pids["ingest"])
        code, said = await stack.end(signal.SIGINT)
        assert code == 0, said
        assert not [name for name, pid in pids.items() if psutil.pid_exists(pid)]
        assert not list((state / "stand-ins").iterdir())


async def test_what_dies_comes_back_on_its_port(state: Path) -> None:
    async with up(state) as stack:
        before = stack.pids()
        for name in ("ingest", "nats-server", "postgres"):
            os.kill(before[name], signal.SIGKILL)
            await stack.heard(f"{name} is back")
        after = stack.pids()
        assert {name for name in after if after[name] != before[name]} == {"ingest", "nats-server", "postgres"}
        connection = await asyncpg.connect(stack.endpoints["database"])
        assert await connection.fetchval("select count(*) from vault.subject_keys") == 0
        await connection.close()
        code, said = await stack.end()
        assert code == 0, said


async def test_what_hangs_is_killed_and_comes_back_and_nothing_else_is(state: Path) -> None:
    async with up(state) as stack:
        before = stack.pids()
        for name in ("ingest", "nats-server", "postgres"):
            os.kill(before[name], signal.SIGSTOP)
            await stack.heard(f"{name} has said nothing for ")
            await stack.heard(f"{name} is back")
        after = stack.pids()
        assert {name for name in after if after[name] != before[name]} == {"ingest", "nats-server", "postgres"}
        assert (await stack.end())[0] == 0


async def test_a_second_stack_in_a_directory_of_the_same_name_leaves_the_first_alone(state: Path) -> None:
    async with up(state) as first:
        pids = first.pids()
        # As after `rm -rf` under a running stack: the lock that is there is nobody's.
        for name in ("lock", "processes.json"):
            (state / name).unlink()
        moved = state.rename(state.with_name("moved"))
        async with up(state) as second:
            assert not set(pids.values()) & set(second.pids().values())
            assert all(psutil.pid_exists(pid) for pid in pids.values())
            assert (await second.end())[0] == 0
        assert all(psutil.pid_exists(pid) for pid in pids.values())
        assert (await first.end())[0] == 0
    assert moved.exists()


async def test_everything_comes_back_after_kill_9_of_all_of_it(state: Path) -> None:
    async with up(state) as stack:
        connection = await asyncpg.connect(stack.endpoints["database"])
        await connection.execute("create table kept as select 1 as n")
        await connection.close()
        client = await nats.connect(stack.endpoints["nats"], allow_reconnect=False)
        await client.jetstream().add_stream(name="KEPT", subjects=["kept"])
        await client.jetstream().publish("kept", b"fact")
        for pid in stack.pids().values():
            os.kill(pid, signal.SIGKILL)
        await client.close()
        await stack.process.wait()
    async with up(state) as stack:
        connection = await asyncpg.connect(stack.endpoints["database"])
        assert await connection.fetchval("select n from kept") == 1
        await connection.close()
        client = await nats.connect(stack.endpoints["nats"])
        assert (await client.jetstream().stream_info("KEPT")).state.messages == 1
        await client.close()
        assert (await stack.end())[0] == 0


async def test_orphans_of_a_killed_supervisor_are_replaced_on_the_same_ports(state: Path) -> None:
    base = embedded.free_port()
    async with up(state, base=base) as stack:
        orphans = stack.pids()
        stack.process.kill()
        await stack.process.wait()
        assert stack.endpoints["ingest"].endswith(f":{base}")
    async with up(state, base=base) as stack:
        assert not set(stack.pids().values()) & set(orphans.values())
        assert stack.endpoints["ingest"].endswith(f":{base}")
        assert (await stack.end())[0] == 0


async def test_a_second_up_says_who_is_there(state: Path) -> None:
    async with up(state) as stack:
        second = await start(state)
        out, err = await asyncio.wait_for(second.communicate(), PATIENCE_S)
        assert second.returncode == 1
        assert out == b""
        assert f"already running (process {stack.process.pid})".encode() in err
        assert (await stack.end())[0] == 0


async def test_given_servers_are_used_and_left_running(
    state: Path, nats_server: Child, nats_url: str, database_url: str
) -> None:
    given = {"SWITCHBOARD_NATS_URL": nats_url, "SWITCHBOARD_DATABASE_URL": database_url}
    async with up(state, **given) as stack:
        assert (stack.endpoints["nats"], stack.endpoints["database"]) == (nats_url, database_url)
        assert set(stack.pids()) == {"switchboard", "ingest", "kpi"}
        assert (await stack.end())[0] == 0
    assert nats_server.alive()


@pytest.mark.parametrize(
    ("how", "complaint"),
    [
        pytest.param({"SWITCHBOARD_NATS_URL": "nats://127.0.0.1:9"}, "no NATS answers at 127.0.0.1:9", id="no NATS"),
        pytest.param({"SWITCHBOARD_DATABASE_URL": "postgres"}, "SWITCHBOARD_DATABASE_URL", id="no address"),
        pytest.param({"names": "ingest,nobody"}, "No module named 'standin_nobody'", id="a service does not start"),
    ],
)
async def test_what_keeps_it_from_starting_is_said_and_nothing_is_left(
    state: Path, how: dict[str, str], complaint: str
) -> None:
    process = await start(state, **how)
    out, err = await asyncio.wait_for(process.communicate(), PATIENCE_S)
    assert process.returncode == 1
    assert out == b""
    assert complaint in err.decode()
    assert embedded.stop_orphans(state) == 0


async def test_a_taken_port_is_named(state: Path) -> None:
    port = embedded.free_port()
    server = await asyncio.start_server(lambda _reader, _writer: None, "127.0.0.1", port)
    async with server:
        process = await start(state, base=port - 1)
        _, err = await asyncio.wait_for(process.communicate(), PATIENCE_S)
    assert process.returncode == 1
    assert f"port {port}" in err.decode()
