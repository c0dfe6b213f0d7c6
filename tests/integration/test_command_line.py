"""Every command as a process: interrupted at any moment, or writing where nobody reads. No word and the right code."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest
from every_command import call, clients, leaves

SCRIPT = str(Path(sys.executable).with_name("switchboard"))
# What the script does, but that it says when the first of our lines has run: before it, Python alone is there.
STARTED = "import sys; from switchboard_cli.entry import main; sys.stdout.write('\\n'); sys.stdout.flush(); main()"
PATIENCE_S = 60
AT_ONCE = 4


@pytest.fixture
def listening() -> Iterator[int]:
    """A port that takes every connection and never says a word."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen(128)
        yield server.getsockname()[1]


def addresses(port: int) -> list[str]:
    return [word for name in ("ingest", "routing", "crm", "kpi") for word in (f"--{name}", f"127.0.0.1:{port}")]


async def every(names: list[str], one) -> list[str]:
    """What was wrong with any of them, a few at a time."""
    free = asyncio.Semaphore(AT_ONCE)

    async def guarded(name: str) -> str:
        async with free:
            return await one(name)

    return [wrong for wrong in await asyncio.gather(*map(guarded, names)) if wrong]


@pytest.mark.parametrize("after_s", [0, 0.1, 0.7])
@pytest.mark.parametrize("ignored", [False, True], ids=["", "started where SIGINT is ignored"])
async def test_ctrl_c_is_130_without_a_word(after_s: float, ignored: bool, tmp_path: Path, listening: int) -> None:
    def ignore() -> None:
        signal.signal(signal.SIGINT, signal.SIG_IGN)

    async def interrupted(name: str) -> str:
        child = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", STARTED, *call(name, tmp_path), *addresses(listening)),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            preexec_fn=ignore if ignored else None,
        )
        assert child.stdout
        await child.stdout.readline()
        await asyncio.sleep(after_s)
        with suppress(ProcessLookupError):  # what ended by itself says so below
            child.send_signal(signal.SIGINT)
        try:
            out, err = await asyncio.wait_for(child.communicate(), PATIENCE_S)
        except TimeoutError:
            child.kill()
            await child.wait()
            return f"{name}: goes on {PATIENCE_S} s after it was interrupted"
        # `top` is left by Ctrl-C, that is how it ends.
        right = child.returncode == 130 or (name == "top" and child.returncode == 0)
        # `ingest` says what it had sent, in one sentence.
        said = (out + err).decode().strip()
        right = right and (not said or (name == "ingest" and re.fullmatch(r"interrupted: .+", said) is not None))
        return "" if right else f"{name}: {child.returncode} {(out + err).decode()}"

    assert await every(clients() if not ignored else ["top", "ingest"], interrupted) == []


@pytest.mark.parametrize("where", ["a pipe that nobody reads", "/dev/full", "nowhere"])
async def test_what_cannot_be_written_ends_in_order(where: str) -> None:
    async def helped(name: str) -> str:
        reading, writing = os.pipe()
        os.close(reading)
        target = os.open("/dev/full", os.O_WRONLY) if where == "/dev/full" else writing
        child = await asyncio.create_subprocess_exec(
            *((SCRIPT,) if where != "nowhere" else ("sh", "-c", 'exec "$0" "$@" >&-', SCRIPT)),
            *(*name.split(), "--help"),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=target,
            stderr=asyncio.subprocess.PIPE,
        )
        _, err = await asyncio.wait_for(child.communicate(), PATIENCE_S)
        for end in {target, writing}:
            os.close(end)
        full = where == "/dev/full"
        right = child.returncode == (1 if full else 0) and err.decode() == (
            "error: what it writes to cannot be used: No space left on device; see that there is room\n" if full else ""
        )
        return "" if right else f"{name}: {child.returncode} {err.decode()}"

    assert await every([name for name, _ in leaves()], helped) == []


async def test_a_demo_that_is_interrupted_leaves_no_process_and_no_file(tmp_path: Path) -> None:
    child = await asyncio.create_subprocess_exec(
        *(SCRIPT, "demo", "--deliveries", "500"),
        env={**os.environ, "TMPDIR": str(tmp_path)},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    assert child.stdout
    async with asyncio.timeout(PATIENCE_S):
        while not (line := await child.stdout.readline()).startswith(b"endpoints"):
            assert line, "it ended before it served"
    (directory,) = tmp_path.glob("switchboard-demo-*")
    pids = json.loads((directory / "processes.json").read_text())
    child.send_signal(signal.SIGINT)
    _, err = await asyncio.wait_for(child.communicate(), PATIENCE_S)
    assert child.returncode == 130
    assert err.decode().startswith("error: stopped before the end; run ")
    assert len(err.splitlines()) == 1
    assert not list(tmp_path.iterdir())
    assert not [name for name, pid in pids.items() if psutil.pid_exists(pid)]
