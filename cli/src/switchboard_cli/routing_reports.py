"""Reports that routing computes in a process of its own: it is started, listened to, and its refusals are told.

No service is imported: routing's package runs as a child, says how far it is and what it found, one JSON object a line.
"""

import importlib.util
import json
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from switchboard_cli.failures import Failure, first_line


def reported(module: str, arguments: Sequence[str], under_way: str, *, quiet: bool) -> dict[str, Any]:
    """What a module of routing's reports; until then a bar says how far it is, after the words `under_way`. Raises
    Failure with its sentence when it refuses.
    """
    from switchboard_cli.progress import steps_bar

    refused, report = "", None
    with steps_bar(quiet=quiet) as steps, _child(module, arguments) as lines:
        task = steps.add_task(under_way, total=None)
        for line in lines:
            said = json.loads(line)
            refused, report = said.get("refused", refused), said.get("report", report)
            if "done" in said:
                steps.update(task, completed=said["done"], total=said["of"])
    if refused:
        raise Failure(refused)
    if not isinstance(report, dict):
        raise Failure(f"the simulation ended without a report: {module} is of another version than this command")
    return report


@contextmanager
def _child(module: str, arguments: Sequence[str]) -> Iterator[Iterator[str]]:
    """The lines a child says. Raises Failure with the last it said to people when it fails unforeseen."""
    from switchboard_cli.supervision import python

    if importlib.util.find_spec(module.partition(".")[0]) is None:
        raise Failure(
            "routing is not installed here, and it is routing that is simulated; run this where `make venv` was"
        )
    argv = [*python(module), *arguments]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8") as child:  # noqa: S603
        try:
            assert child.stdout is not None
            assert child.stderr is not None
            yield iter(child.stdout)
            told = child.stderr.read()
        except BaseException:
            child.kill()
            raise
    if child.returncode not in (0, 1) or told:
        last = first_line("\n".join(reversed(told.strip().splitlines())))
        raise Failure(f"the simulation failed where it should not: {last or f'exit code {child.returncode}'}")
