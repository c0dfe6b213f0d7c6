"""A directory of which nothing is left: neither a file nor a process, however the bench that made it ends.

Whatever a bench starts inherits DIRECTORY in its environment, or an own variable in which the directory occurs. A
watcher holds the other end of a pipe; when that closes, because the bench left the directory or was killed with -9,
the watcher ends whoever has it and removes it. Run as a program this file is that watcher.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psutil

DIRECTORY = "BENCH_DIRECTORY"
GRACE_S = 10.0
"""From asking to killing; whoever ends well has asked already."""
LOOK_S = 0.1


@contextlib.contextmanager
def scratch() -> Iterator[Path]:
    """The directory. Leaving it waits until nothing is left."""
    made = tempfile.mkdtemp(prefix="switchboard-bench-")
    before = os.environ.get(DIRECTORY)
    # Isolated: files beside this one have the names of packages. Without an environment: another directory's watcher,
    # which the bench may have as well, would take it for a user. An own session: Ctrl-C is the bench's.
    watcher = subprocess.Popen(
        [sys.executable, "-I", __file__, made],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        env={},
        start_new_session=True,
    )
    assert watcher.stdin is not None
    os.environ[DIRECTORY] = made
    try:
        yield Path(made)
    finally:
        if before is None:
            del os.environ[DIRECTORY]
        else:
            os.environ[DIRECTORY] = before
        watcher.stdin.close()
        watcher.wait()


def users(directory: str) -> list[psutil.Process]:
    """The processes in whose environment a directory occurs, but for this one."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):  # gone meanwhile, or another user's
            if process.pid != os.getpid() and any(directory in value for value in process.environ().values()):
                found.append(process)
    return found


def sweep(directory: str) -> None:
    """Ends every user of the directory, and removes it: asks each once, and kills who takes its time."""
    asked: set[int] = set()
    patience_ends = time.monotonic() + GRACE_S
    while left := users(directory):  # and again: one of them may have started another meanwhile
        late = time.monotonic() > patience_ends
        for process in left:
            if late or process.pid not in asked:
                asked.add(process.pid)
                with contextlib.suppress(psutil.Error):
                    process.send_signal(signal.SIGKILL if late else signal.SIGTERM)
        if time.monotonic() > patience_ends + GRACE_S:
            break  # not even -9 ends a process that waits for a broken disk
        time.sleep(LOOK_S)
    for _ in range(10):  # what a killed server started goes a moment after it
        shutil.rmtree(directory, ignore_errors=True)
        if not os.path.exists(directory):
            break
        time.sleep(LOOK_S)


if __name__ == "__main__":
    sys.stdin.buffer.read()
    sweep(sys.argv[1])
