"""The stack that the modules of this folder share. Knows how it starts and ends, not what is done with it."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from running_stack import RunningStack


@pytest.fixture(scope="package")
def stack(session_dir: Path) -> Iterator[RunningStack]:
    """`switchboard up` on an empty directory; it must end by SIGTERM with exit code 0."""
    running = RunningStack(Path(tempfile.mkdtemp(dir=session_dir, prefix="e2e-")) / "state")
    running.start()
    yield running
    assert running.stop() == 0, running.said[-4000:]
    assert running.said.rstrip().endswith("stopped")
