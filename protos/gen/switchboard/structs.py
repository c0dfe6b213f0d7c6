"""The structs of all facts that were imported, by their messages' names. Written by protos/structs.py."""

from typing import NewType

from msgspec import Struct

Instant = NewType("Instant", int)
"""Microseconds since 1970-01-01T00:00:00Z, negative before it."""

STRUCTS: dict[str, type[Struct]] = {}
"""Full name of a message: its struct."""
