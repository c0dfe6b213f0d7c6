"""A tree of secrets that keys are derived from, and that single keys can be taken out of (a punctured GGM tree).

A secret has 64 children, each a hash of it and of a step; a key is what ten steps lead to. What is kept are *branches*,
the children of one secret, by the steps that lead there. Taking a key out replaces each secret on the way to it by the
branch below, without the child that leads on: all other keys stay what they were, and no order matters. It knows no
subjects; who has the bytes of before still has the key.

Goldreich, Goldwasser, Micali: How to construct random functions, 1986. Punctured: Boneh, Waters, 2013.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from hashlib import blake2s
from typing import Final

FAN_OUT: Final = 64
DEPTH: Final = 10
"""Steps to a key: 60 bits. Against: two names with one path share a fate. Who chooses names knows no path key."""
SECRET_BYTES: Final = 32
BRANCH_BYTES: Final = FAN_OUT * SECRET_BYTES
PATH_KEY_BYTES: Final = 16
BLANK: Final = bytes(SECRET_BYTES)
ROOT: Final = b""
_STEPS: Final = tuple(bytes([step]) for step in range(FAN_OUT))
_FOLD: Final = bytes(byte % FAN_OUT for byte in range(256))


def path_of(path_key: bytes, name: str) -> bytes:
    """The steps to the key of a name, spread evenly whatever names look like."""
    return blake2s(path_key + name.encode()).digest()[:DEPTH].translate(_FOLD)


def prefixes(path: bytes) -> list[bytes]:
    """Where the branches on the way stand, the root's first."""
    return [path[:length] for length in range(DEPTH)]


def derive(branches: Mapping[bytes, bytes], path: bytes) -> bytes:
    """The key that a path leads to, BLANK where it was taken out. Raises KeyError with the prefix of a branch that is
    needed and not there.
    """
    secret, taken = _covering(branches, path)
    return secret if secret == BLANK else _below(secret, path[taken:])


def derive_all(
    branches: Mapping[bytes, bytes], path_key: bytes, names: Iterable[str]
) -> tuple[dict[str, bytes], dict[str, bytes]]:
    """(what `derive` says of each name, the prefix of the branch that it lacks for others)"""
    found: dict[str, bytes] = {}
    missing: dict[str, bytes] = {}
    root = branches[ROOT]
    for name in names:
        path = path_of(path_key, name)
        at = path[0] * SECRET_BYTES
        secret = root[at : at + SECRET_BYTES]
        if secret != BLANK:
            found[name] = _below(secret, path[1:])
            continue
        try:
            found[name] = derive(branches, path)
        except KeyError as lacking:
            missing[name] = lacking.args[0]
    return found, missing


def puncture(branches: Mapping[bytes, bytes], path: bytes) -> dict[bytes, bytes]:
    """What changes when the key at a path is taken out: branches that are new and one that has a blank more; nothing
    where it is out. Raises KeyError as `derive` does.
    """
    secret, taken = _covering(branches, path)
    if secret == BLANK:
        return {}
    above = path[: taken - 1]
    changed = {above: without(branches[above], path[taken - 1])}
    for at in range(taken, DEPTH):
        branch = grow(secret)
        secret = _child(branch, path[at])
        changed[path[:at]] = without(branch, path[at])
    return changed


def without(branch: bytes, step: int) -> bytes:
    """A branch with the child of this step blank."""
    at = step * SECRET_BYTES
    return branch[:at] + BLANK + branch[at + SECRET_BYTES :]


def grow(secret: bytes) -> bytes:
    """The branch of a secret."""
    return b"".join([blake2s(secret + step).digest() for step in _STEPS])


def _covering(branches: Mapping[bytes, bytes], path: bytes) -> tuple[bytes, int]:
    """The secret that is kept on the way to a key, and how many steps lead to it; BLANK where the key itself is out."""
    branch = branches[ROOT]
    for taken, step in enumerate(path, 1):
        secret = _child(branch, step)
        if secret != BLANK or taken == DEPTH:
            break
        branch = branches[path[:taken]]
    return secret, taken


def _below(secret: bytes, steps: bytes) -> bytes:
    for step in steps:
        secret = blake2s(secret + _STEPS[step]).digest()
    return secret


def _child(branch: bytes, step: int) -> bytes:
    return branch[step * SECRET_BYTES : (step + 1) * SECRET_BYTES]
