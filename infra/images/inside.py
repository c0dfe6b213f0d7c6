"""Runs inside a fresh image (`podman run -i ... - PACKAGE < inside.py`) and says whether it holds what it should."""

import importlib
import os
import sys
from pathlib import Path

USER = 65532
SHELLS = ("sh", "bash", "dash", "ash", "zsh", "busybox", "perl")
PLACES = ("/bin", "/sbin", "/usr/bin", "/usr/sbin", "/usr/local/bin", "/opt/venv/bin")


def problems(package: str) -> list[str]:
    """One sentence for everything that is wrong with the image this runs in."""
    found = []
    if os.getuid() != USER:
        found.append(f"runs as user {os.getuid()}, not {USER}")
    inside = {path.name for path in Path("/app").iterdir()}
    if inside != {package, "chassis", "switchboard"}:
        found.append(f"/app holds {sorted(inside)}")
    found += [f"{place}/{shell} is a shell" for place in PLACES for shell in SHELLS if Path(place, shell).exists()]
    try:
        Path("/app/written").touch()
        found.append("/app is writable")
    except OSError:
        pass
    try:
        importlib.import_module(f"{package}.main")
    except ImportError as error:
        found.append(f"{package}.main cannot be imported: {error}")
    return found


if __name__ == "__main__":
    wrong = problems(sys.argv[1])
    print("\n".join(wrong) or f"{sys.argv[1]}: as it should be", file=sys.stderr if wrong else sys.stdout)
    sys.exit(1 if wrong else 0)
