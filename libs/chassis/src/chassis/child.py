"""One child process: started, known to answer, stopped, killed, started again; also after its owner was killed.

It knows no server and no service: what to run and when it is ready is told.
"""

import asyncio
import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path

import psutil

OWNER = "SWITCHBOARD_OWNER"
"""Variable of every child: its owner's pid and start, so that nobody takes a living owner's child for a leftover."""
START_TOLERANCE_S = 2.0
"""A process's start is told by the machine's clock, which may be set."""
READY_S = 60.0  # crash recovery of a large store is the slowest start there is
STOP_S = 15.0
POLL_S = 0.02


class ChildError(Exception):
    """A process did not start or stop; the text says which, why, and where its log is."""


class Child:
    """A process bound to one directory of state, on one port of loopback.

    `start` is idempotent while it lives. It first stops whatever an earlier, killed owner left running on the same
    state (`leftover` recognises it), so the caller must be the only owner. `restart` keeps the port. `transient` are
    sentences in the log of a failed start after which it is worth trying again.
    """

    def __init__(
        self,
        name: str,
        *,
        argv: Sequence[str],
        leftover: Callable[[psutil.Process], bool],
        port: int,
        url: str,
        log: Path,
        ready: Callable[[], Awaitable[bool]],
        cwd: Path = Path("/"),
        environment: Mapping[str, str] | None = None,
        stop_signal: signal.Signals = signal.SIGTERM,
        stop_s: float = STOP_S,
        transient: Sequence[str] = (),
        complaint: Callable[[], Awaitable[str]] | None = None,
        responds: Callable[[], Awaitable[bool]] | None = None,
    ) -> None:
        """`complaint` tells what is wrong with a running server that only a restart mends, "" for nothing. `responds`
        is whether it says anything at all, where that is less than being ready; both have a limit of their own.
        """
        self.name = name
        self.port = port
        self.url = url
        self.log = log
        self._argv = list(argv)
        self._leftover = leftover
        self._ready = ready
        self._cwd = cwd
        self._environment = environment
        self._stop_signal = stop_signal
        self._stop_s = stop_s
        self._transient = tuple(transient)
        self._complaint = complaint
        self._responds = responds or ready
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        if self._process is None:
            raise ChildError(f"{self.name} has not been started")
        return self._process.pid

    @property
    def exit_code(self) -> int | None:
        """None while it lives or before it was started; -9 when it was killed."""
        return None if self._process is None else self._process.poll()

    def alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    async def complaint(self) -> str:
        """What only a restart mends, "" for nothing or where nobody can tell."""
        return "" if self._complaint is None else await self._complaint()

    async def responds(self) -> bool:
        """Whether it says anything; one that lives and does not, for long, hangs."""
        return await self._responds()

    async def start(self) -> None:
        """Return when the server answers. Raises ChildError with the end of its log after READY_S seconds."""
        if self.alive():
            return
        await asyncio.to_thread(stop_leftovers, self.name, self._leftover, self._stop_signal, self._stop_s)
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
                raise ChildError(f"{self.name} {why} (log {self.log}):\n{said}")
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
        """Ask the server to end and wait; after `stop_s` seconds it is killed. Harmless when it is not running."""
        process = self._process
        if process is None or process.poll() is not None:
            return
        process.send_signal(self._stop_signal)
        try:
            await asyncio.to_thread(process.wait, self._stop_s)
        except subprocess.TimeoutExpired:
            self.kill9()

    async def restart(self) -> None:
        """Stop it if it runs, start it again on the same port and state."""
        await self.stop()
        await self.start()

    def _spawn(self) -> None:
        self.log.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with self.log.open("ab", buffering=0) as log:
            with contextlib.suppress(OSError):  # a full disk is no reason not to start
                log.write(f"-- starting {self.name} on port {self.port}\n".encode())
            # An own session: Ctrl-C at the terminal reaches the owner only, who stops the servers last.
            self._process = subprocess.Popen(  # noqa: S603 - the arguments are ours
                self._argv,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self._cwd,
                env={**(os.environ if self._environment is None else self._environment), OWNER: _me()},
                start_new_session=True,
            )

    async def _answers(self, deadline: float) -> bool:
        while asyncio.get_running_loop().time() < deadline:
            if not self.alive():
                return False
            if await self._ready():
                return True
            await asyncio.sleep(POLL_S)
        return False


def has_argument(program: str, argument: str) -> Callable[[psutil.Process], bool]:
    """Recognises a process by its program's name and one argument, such as the absolute path of its state.

    Unlike a pid file that also finds a process whose owner died before it could write the pid down.
    """

    def recognises(process: psutil.Process) -> bool:
        argv = process.cmdline()
        return len(argv) > 1 and Path(argv[0]).name == program and argument in argv[1:]

    return recognises


def stop_leftovers(
    name: str, leftover: Callable[[psutil.Process], bool], how: signal.Signals = signal.SIGTERM, stop_s: float = STOP_S
) -> int:
    """Stop processes that an owner killed with -9 left behind; returns how many there were.

    What a living owner started is left alone, and so is what runs in another container under a path of the same name.
    """
    left = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):  # gone meanwhile, or another user's
            if leftover(process) and _orphaned(process):
                left.append(process)
    for step, patience_s in ((how, stop_s), (signal.SIGKILL, STOP_S)):
        for process in left:
            with contextlib.suppress(psutil.Error):
                process.send_signal(step)
        deadline = time.monotonic() + patience_s
        while time.monotonic() < deadline:
            if not any(_runs(process) for process in left):
                return len(left)
            time.sleep(POLL_S)
    raise ChildError(f"{name} with pid {left[0].pid} of an earlier run cannot be stopped")


def _me() -> str:
    return f"{os.getpid()} {psutil.Process().create_time():.2f}"


def _orphaned(process: psutil.Process) -> bool:
    """Whether the owner that a process names has ended. It has not where that cannot be told."""
    if _world(process.pid) != _world(os.getpid()):
        return False
    pid, _, start = process.environ().get(OWNER, "").partition(" ")
    if not pid:
        return True
    try:
        owner = psutil.Process(int(pid))
        return abs(owner.create_time() - float(start)) > START_TOLERANCE_S or not _runs(owner)
    except (psutil.NoSuchProcess, ValueError):
        return True


def _world(pid: int) -> str:
    """The namespace of process ids a process is in; "" where the system has none."""
    try:
        return os.readlink(f"/proc/{pid}/ns/pid")
    except OSError:
        return ""


def tail(path: Path, lines: int = 15) -> str:
    """The last lines of a log, for an error message."""
    try:
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - 8192))
            text = file.read().decode(errors="replace")
    except FileNotFoundError:
        return "(no log)"
    return "\n".join(text.rpartition("-- starting ")[2].splitlines()[1:][-lines:])


def _runs(process: psutil.Process) -> bool:
    """A zombie does not: where process 1 reaps nobody, an orphan stays one for ever."""
    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False
