"""The views of all services, for tests that hold for each of them."""

import importlib
import inspect
import pkgutil
from collections.abc import Iterator
from typing import Any

import pytest

SERVICES = ("ingest", "routing", "crm_sync", "kpi")


def views() -> Iterator[Any]:
    """Every class of a service's `views` that says what it folds."""
    for package in SERVICES:
        parent = importlib.import_module(f"{package}.views")
        for found in pkgutil.iter_modules(parent.__path__):
            module = importlib.import_module(f"{parent.__name__}.{found.name}")
            for value in vars(module).values():
                if inspect.isclass(value) and value.__module__ == module.__name__ and hasattr(value, "handles"):
                    yield value


VIEWS = sorted(views(), key=lambda view: str(view.name))
every_view = pytest.mark.parametrize("view", VIEWS, ids=[view.name for view in VIEWS])
