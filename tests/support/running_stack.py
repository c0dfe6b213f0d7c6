"""The whole stack as a person runs it: `switchboard up` in a process of its own, and the command line beside it.

Knows processes, exit codes and endpoints; knows no post, no metric and no code of a service.
"""

import contextlib
import json
import os
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import grpc

PATIENCE_S = 150
COMMAND = str(Path(sys.executable).with_name("switchboard"))


@dataclass
class RunningStack:
    """One state directory and, between `start` and `stop`, the processes that work on it."""

    state: Path
    endpoints: dict[str, Any] = field(default_factory=dict)
    _up: "subprocess.Popen[str] | None" = None

    @property
    def said(self) -> str:
        """What `up` has written to standard error so far."""
        return self.state.with_suffix(".err").read_text()

    def start(self) -> None:
        """Runs `switchboard up` until it prints its one line; fails with its own words when it does not."""
        environment = {key: value for key, value in os.environ.items() if not key.startswith("SWITCHBOARD_")}
        with self.state.with_suffix(".err").open("a") as errors:
            self._up = subprocess.Popen(
                [COMMAND, "up", "--state", str(self.state)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                env=environment,
            )
        assert self._up.stdout
        ready, _, _ = select.select([self._up.stdout], [], [], PATIENCE_S)
        line = self._up.stdout.readline() if ready else ""
        assert line, f"it did not print its endpoints:\n{self.said[-4000:]}"
        assert json.loads(line)
        self.endpoints = json.loads((self.state / "endpoints.json").read_text())

    def stop(self) -> int:
        """SIGTERM, and the exit code."""
        assert self._up
        self._up.send_signal(signal.SIGTERM)
        out, _ = self._up.communicate(timeout=PATIENCE_S)
        assert out == "", "one line is all it prints"
        return self._up.returncode

    def pids(self) -> dict[str, int]:
        """The processes of the stack by name."""
        found: dict[str, int] = json.loads((self.state / "processes.json").read_text())
        return found

    def kill9(self) -> dict[str, int]:
        """SIGKILL to everything that runs, the supervisor too; answers what was killed."""
        assert self._up
        pids = self.pids()
        for pid in pids.values():
            os.kill(pid, signal.SIGKILL)
        self._up.wait(PATIENCE_S)
        assert self._up.stdout
        self._up.stdout.close()
        return pids

    def run(self, *arguments: str, code: int = 0) -> str:
        """Standard output of a command against this stack, which must end with `code`."""
        done = subprocess.run(
            [COMMAND, *arguments, "--state", str(self.state)],
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=False,
        )
        assert done.returncode == code, (
            f"switchboard {arguments[0]} ended with {done.returncode}: {done.stderr[-4000:]}"
        )
        return done.stdout

    def told(self, *arguments: str) -> Any:
        """What a command prints with --json."""
        return json.loads(self.run(*arguments, "--json"))

    def facts(self, tenant: str, after: str = "") -> list[dict[str, Any]]:
        """The tenant's facts after a position, as `log export` prints them."""
        since = ("--after", after) if after else ()
        return [json.loads(line) for line in self.run("log", "export", "--tenant", tenant, *since).splitlines()]

    def complaints(self) -> str:
        """The last lines of the services' logs that are worse than information."""
        lines = [
            f"{log.name}: {line}"
            for log in sorted((self.state / "logs").glob("*.log"))
            for line in log.read_text(errors="replace").splitlines()[-200:]
            if '"level":"INFO"' not in line and log.stem not in ("nats", "postgres")
        ]
        return "\n".join(lines[-40:])

    @contextlib.contextmanager
    def channel(self, service: str) -> Iterator[grpc.Channel]:
        """A plain gRPC channel with no limit of its own on what it sends."""
        options = [("grpc.enable_http_proxy", 0), ("grpc.max_send_message_length", -1)]
        with grpc.insecure_channel(self.endpoints[service], options=options) as opened:
            yield opened
