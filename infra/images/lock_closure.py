"""Cuts one service's runtime requirements out of requirements.lock by its "# via" notes; resolves and installs nothing.

Usage: python lock_closure.py NAMES LOCK > FILTERED. NAMES lists what the service imports, a name a line. The answer
keeps the lock's pins and hashes, so what an image installs is what the tests ran on. It runs inside the build stage,
which has nothing installed yet: standard library only.
"""

import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

PIN = re.compile(r"^(?P<name>[A-Za-z0-9._-]+)(?:\[[^\]]*\])?==")
ROOT = re.compile(r"^-[rc] ")


@dataclass(frozen=True, slots=True)
class Pinned:
    """One block of the lock: its text, and the names that asked for it."""

    text: str
    required_by: frozenset[str]


def canonical(name: str) -> str:
    """The one spelling of a project's name (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def names(text: str) -> list[str]:
    """The requirement names of a list: one a line, `#` begins a remark."""
    lines = (line.split("#", 1)[0].strip() for line in text.splitlines())
    return [canonical(line) for line in lines if line]


def blocks(lock: str) -> dict[str, Pinned]:
    """Every pinned requirement of a lock that pip-compile wrote with its `# via` notes."""
    found: dict[str, Pinned] = {}
    lines: list[str] = []
    for line in [*lock.splitlines(), "end=="]:
        if PIN.match(line):
            if lines and (start := PIN.match(lines[0])):
                found[canonical(start["name"])] = Pinned("\n".join(lines) + "\n", _required_by(lines))
            lines = [line]
        elif lines and not line.startswith("# "):
            lines.append(line)
    return found


def _required_by(lines: Iterable[str]) -> frozenset[str]:
    notes = (line.strip().removeprefix("#").strip() for line in lines if line.strip().startswith("#"))
    askers = (note.removeprefix("via").strip() for note in notes)
    return frozenset(canonical(asker.split("[")[0]) for asker in askers if asker and not ROOT.match(asker))


def closure(wanted: Sequence[str], pinned: Mapping[str, Pinned]) -> list[str]:
    """The wanted names and all they need, sorted. Raises KeyError naming every wanted name that the lock lacks."""
    if missing := sorted(set(wanted) - set(pinned)):
        raise KeyError(f"not in the lock: {', '.join(missing)}")
    kept = set(wanted)
    while grown := {name for name, block in pinned.items() if block.required_by & kept} - kept:
        kept |= grown
    return sorted(kept)


def filtered(wanted: str, lock: str) -> str:
    """The lock cut down to `wanted` and what they need."""
    pinned = blocks(lock)
    return "".join(pinned[name].text for name in closure(names(wanted), pinned))


if __name__ == "__main__":
    sys.stdout.write(filtered(Path(sys.argv[1]).read_text(), Path(sys.argv[2]).read_text()))
