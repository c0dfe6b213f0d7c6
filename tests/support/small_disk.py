"""A stack on a disk of its own that is small and can be filled: a real file system that is really full.

    python small_disk.py DIRECTORY MEBIBYTES [--filled] COMMAND...

mounts one over DIRECTORY for itself and its children only, runs the command, and obeys lines on standard input: `fill`
leaves no byte free, `free` takes that back, each answered by a line on standard error. Root mounts in a mount namespace
of its own, anybody else in a user namespace as well; with its last process the disk is gone.
"""

import ctypes
import os
import signal
import subprocess
import sys
from pathlib import Path

CLONE_NEWNS = 0x0002_0000
CLONE_NEWUSER = 0x1000_0000
MS_REC_PRIVATE = 0x4000 | 0x4_0000
_LIBC = ctypes.CDLL(None, use_errno=True)


def _done(result: int, what: str) -> None:
    if result != 0:
        raise OSError(ctypes.get_errno(), f"{what}: {os.strerror(ctypes.get_errno())}")


def mount(directory: Path, mebibytes: int) -> None:
    """Mounts an empty disk over a directory, for this process and its children."""
    uid, gid = os.geteuid(), os.getegid()
    if uid == 0:
        _done(_LIBC.unshare(CLONE_NEWNS), "a mount namespace")
    else:
        _done(_LIBC.unshare(CLONE_NEWUSER | CLONE_NEWNS), "a user namespace")
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"{uid} {uid} 1")
        Path("/proc/self/gid_map").write_text(f"{gid} {gid} 1")
    _done(_LIBC.mount(None, b"/", None, MS_REC_PRIVATE, None), "a private mount")
    options = f"size={mebibytes}m,mode=700,uid={uid},gid={gid}".encode()
    _done(_LIBC.mount(b"tmpfs", os.fsencode(directory), b"tmpfs", 0, options), "a small disk")


def fill(filler: Path) -> None:
    """Writes until not one byte more fits."""
    with filler.open("ab", buffering=0) as file:
        size = 1 << 20
        while size:
            try:
                if file.write(bytes(size)) < size:
                    size //= 2
            except OSError:
                size //= 2


def main(directory: Path, mebibytes: int, command: list[str]) -> int:
    """See above; answers the command's exit code."""
    mount(directory, mebibytes)
    filler = directory / "filler"
    if command[0] == "--filled":
        fill(filler)
        command = command[1:]
    running = subprocess.Popen(command, stdin=subprocess.DEVNULL)
    signal.signal(signal.SIGTERM, lambda *_: running.terminate())
    for line in sys.stdin:
        if line == "fill\n":
            fill(filler)
        elif line == "free\n":
            filler.unlink()
        sys.stderr.write(f"small disk: {line}")
        sys.stderr.flush()
    return running.wait()


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]))
