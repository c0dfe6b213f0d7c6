"""Where the checks of the manifests live and what they read: the reviewed golden files, parsed once."""

import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[3]
sys.path[:0] = [str(REPOSITORY / "infra" / "k8s"), str(REPOSITORY / "infra" / "images")]


@pytest.fixture(scope="session")
def repository() -> Path:
    return REPOSITORY
