"""How a person calls this command where they are. It knows paths, and of the commands their names."""

import functools
import os
import re
import shlex
import shutil
import sys
from pathlib import Path


@functools.cache
def command() -> str:
    """What starts this `switchboard`: its name where PATH leads to it, else the path that can be typed from here."""
    ours = Path(sys.executable).with_name("switchboard")
    found = shutil.which("switchboard")
    if not ours.exists() or (found is not None and Path(found).resolve() == ours.resolve()):
        return "switchboard"
    near = os.path.relpath(ours)
    return shlex.quote(str(ours) if near.startswith("..") else near)


def typed(text: str) -> str:
    """The text with every call of the command as it can be typed here: "`switchboard up`" names what to type."""
    return _call().sub(lambda _: command(), text)


@functools.cache
def _call() -> re.Pattern[str]:
    """The name where a command or an option follows it: `switchboard: stopping` is nothing to type."""
    from switchboard_cli.main import COMMANDS

    return re.compile(rf"(?<![\w./-])switchboard(?= (?:--|(?:{'|'.join(COMMANDS)})\b))")
