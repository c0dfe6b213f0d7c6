"""The secrets that a tenant's keys are derived from: a tree in PostgreSQL, branches of it in memory.

A process uses what it holds only after the database said that it still holds: one row, however many are asked for. It
hands out the bytes of keys and knows no values. How keys leave a tree is `puncturable`'s.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple, Protocol

from chassis.database import Connection, Database, queries
from chassis.errors import Unavailable
from chassis.keyfile import KeyFileError
from chassis.keyring import Keyring
from chassis.puncturable import (
    BLANK,
    BRANCH_BYTES,
    PATH_KEY_BYTES,
    ROOT,
    derive_all,
    path_of,
    prefixes,
    puncture,
    without,
)

BRANCHES_MAX: Final = 16_384
"""Branches held of all tenants; past it those far from a root are dropped, then all but the roots. 2 KB each."""
NEAR: Final = 2
"""Steps to the branches that are kept longer: at most 64 of a tenant take one step, 4,096 two."""
ATTEMPTS: Final = 8
"""How often a look is taken before the caller is told to come back. Against: each but the first needs an erasure, a
creation or a rotation that came in between."""
_STEP_BITS: Final = 32
_SQL: Final = queries(__file__, "key_trees.sql")


class Forgets(Protocol):
    """Who keeps keys that were derived, and hears when they hold no more."""

    def taken(self, tenant: str, subject_ids: Collection[str]) -> None:
        """These are erased."""

    def forget_tenants(self, tenants: Collection[str]) -> None:
        """Nothing that was derived for these tenants holds."""


@dataclass(slots=True)
class Tree:
    """The secrets that the keys of a tenant's people are derived from, as far as a process holds them."""

    tenant: str
    generation: int
    epoch: int
    version: int
    has_rows: bool
    path_key: bytes = field(repr=False)
    branches: dict[bytes, bytes] = field(repr=False)

    def cut(self, subject_id: str) -> None:
        """Takes a key out of what is held here. The last branch goes as a whole: only the database says who is out."""
        *above, last = prefixes(path := path_of(self.path_key, subject_id))
        for prefix in above:
            if (branch := self.branches.get(prefix)) is not None:
                self.branches[prefix] = without(branch, path[len(prefix)])
        self.branches.pop(last, None)


@dataclass(frozen=True, slots=True)
class Standing:
    """How a tenant's keys are made."""

    deleted: bool = False
    """Nobody has a key any more, and nobody gets one."""
    tree: Tree | None = None
    """None where keys are not derived yet, or nobody has one."""
    lost: KeyFileError | None = None
    """Why nothing can be derived: the tree's root does not open."""


class Derived(NamedTuple):
    """What came of asking for keys."""

    keys: dict[str, bytes]
    broken: dict[str, KeyFileError]
    """Whose branch is there and does not open."""
    out: list[str]
    """Who has no key here: erased, or below a branch that was given up."""


@dataclass(slots=True)
class _Loaded:
    tree: Tree | None
    """None where the tree is another one by now, or what came was overtaken by what another look brought."""
    broken: dict[bytes, KeyFileError]
    """Branches that do not open, by prefix."""


class Trees:
    """The trees of all tenants. All methods but `cut` and `drop` may raise Unavailable and TimeoutError."""

    def __init__(self, database: Database, ring: Keyring, forgets: Forgets) -> None:
        self._database = database
        self._ring = ring
        self._forgets = forgets
        self._trees: dict[str, Tree] = {}

    async def standing(self, tenant: str, *, plants: bool) -> Standing:
        """How it is with a tenant now, its tree brought up to date; `plants`: one is made where there is none.

        One round trip where nothing changed since the last look.
        """
        for _ in range(ATTEMPTS):
            row = await self._database.fetchrow(_SQL["look"], tenant)
            assert row is not None, "a row of conditions"
            if row["is_deleted"]:
                self.drop((tenant,))
                return Standing(deleted=True)
            if row["generation"] is None:
                self.drop((tenant,))
                if not row["derives"] or not plants:
                    return Standing()
                await self._plant(tenant)
                continue
            tree = self._trees.get(tenant)
            if tree is None or not _same(tree, row):
                loaded = await self._load(tenant, row["generation"], ())
                if ROOT in loaded.broken:
                    return Standing(lost=loaded.broken[ROOT])
                tree = loaded.tree
            if tree is not None:
                return Standing(tree=tree)
        raise _overtaken(tenant)

    async def derived(self, tree: Tree, subject_ids: Iterable[str]) -> Derived:
        """The keys of subjects, as far as they can be had."""
        keys, missing = derive_all(tree.branches, tree.path_key, subject_ids)
        broken: dict[str, KeyFileError] = {}
        for whole in (False, True):  # memory may lack more than what was missed first
            if missing:
                more, missing = await self._derived_below(tree, missing, broken, whole=whole)
                keys |= more
        out = [*missing, *(subject for subject, key in keys.items() if key == BLANK)]
        for subject in out:
            keys.pop(subject, None)
        return Derived(keys, broken, out)

    async def _derived_below(
        self, tree: Tree, missing: Mapping[str, bytes], broken: dict[str, KeyFileError], *, whole: bool
    ) -> tuple[dict[str, bytes], dict[str, bytes]]:
        """As `derive_all`, after what is missing was loaded; `whole`: all of each way, not only what comes next."""
        wanted = {
            prefix
            for subject, lacking in missing.items()
            for prefix in prefixes(path_of(tree.path_key, subject))
            if whole or len(lacking) <= len(prefix) <= len(lacking) + 1
        }
        for _ in range(ATTEMPTS):
            loaded = await self._load(tree.tenant, tree.generation, wanted)
            if loaded.tree is not None:
                break
        else:
            raise _overtaken(tree.tenant)
        found, left = derive_all(loaded.tree.branches, loaded.tree.path_key, missing)
        broken |= {subject: loaded.broken[lacking] for subject, lacking in left.items() if lacking in loaded.broken}
        self._prune()
        return found, {subject: lacking for subject, lacking in left.items() if subject not in broken}

    async def puncture(self, tenant: str, subject_ids: Sequence[str]) -> list[str]:
        """Takes subjects out for ever and keeps a tombstone of each; whom this call took.

        All in one transaction, one after the other within a tenant. Raises Unavailable where a branch that would have
        to be replaced does not open: nothing is erased then.
        """
        for _ in range(ATTEMPTS):
            if (await self._database.fetchrow(_SQL["look"], tenant))["generation"] is None:  # type: ignore[index]
                if (gone := await self._entombed(tenant, subject_ids)) is not None:
                    return gone
                continue
            kek = await self._ring.current()
            try:
                async with self._database.transaction() as connection:
                    await connection.execute(_SQL["guard"])
                    tree = await connection.fetchrow(_SQL["hold"], tenant)
                    if tree is None:
                        continue
                    at = tenant, tree["generation"]
                    version = tree["version"] + _step()
                    gone = [row["subject_id"] for row in await connection.fetch(
                        _SQL["entomb"], tenant, subject_ids, version
                    )]  # fmt: skip
                    if not gone:
                        return []
                    changed = await self._punctured(connection, *at, gone)
                    wrapped = kek.wrap_all([(branch, bound(*at, prefix)) for prefix, branch in changed.items()])
                    entry = kek.entry
                    if not await connection.fetchval(
                        _SQL["cut"], *at, list(changed), wrapped, entry.id, entry.fingerprint
                    ):
                        raise _Superseded
                    await connection.execute(_SQL["age"], *at, version)
            except _Superseded:
                await self._ring.turn()
            else:
                return gone
        raise _overtaken(tenant)

    async def _entombed(self, tenant: str, subject_ids: Sequence[str]) -> list[str] | None:
        """As `puncture`, where there is no tree: one that is planted later knows of the tombstones, and None where one
        was planted meanwhile. Against: it would go on leading to keys that are said to be destroyed.
        """
        async with self._database.transaction() as connection:
            await connection.execute(_SQL["guard"])
            await connection.execute(_SQL["unplanted"])
            if await connection.fetchrow(_SQL["hold"], tenant) is not None:
                return None
            rows = await connection.fetch(_SQL["entomb"], tenant, subject_ids, None)
            return [row["subject_id"] for row in rows]

    async def _punctured(
        self, connection: Connection, tenant: str, generation: int, subject_ids: Sequence[str]
    ) -> dict[bytes, bytes]:
        """The branches that change, locked until the transaction ends."""
        found, path_key = await self._reached(connection, tenant, generation, [ROOT])
        paths = [path_of(path_key, subject) for subject in subject_ids]
        below = {prefix for path in paths for prefix in prefixes(path)[1:]}
        found |= (await self._reached(connection, tenant, generation, sorted(below)))[0]
        changed: dict[bytes, bytes] = {}
        for path in paths:
            try:
                more = puncture(found, path)
            except KeyError:
                continue  # below a branch that was given up: there is nothing to take out
            changed |= more
            found |= more
        if ROOT in changed:
            changed[ROOT] += path_key
        return changed

    async def _reached(
        self, connection: Connection, tenant: str, generation: int, wanted: Sequence[bytes]
    ) -> tuple[dict[bytes, bytes], bytes]:
        """(branches by prefix, the path key where the root is among them)"""
        rows = await connection.fetch(_SQL["reach"], tenant, generation, wanted)
        try:
            found = {row["prefix"]: self._unwrapped(tenant, generation, row) for row in rows}
        except KeyFileError as mistake:
            raise Unavailable(f"nobody can be erased: {mistake}") from None
        return _parted(found)

    def cut(self, tenant: str, subject_ids: Iterable[str]) -> None:
        """Takes keys out of what this process holds; what the database still has comes back with the next look."""
        if (tree := self._trees.get(tenant)) is not None:
            for subject in subject_ids:
                tree.cut(subject)

    def holds(self, tree: Tree, version: int) -> bool:
        """Whether what was derived from a tree at a version holds still, as far as this process has heard."""
        return self._trees.get(tree.tenant) is tree and tree.version == version

    def tenants(self) -> list[str]:
        """Of whom something is held."""
        return list(self._trees)

    def drop(self, tenants: Iterable[str]) -> None:
        """Forgets all that is held of tenants."""
        if held := [tenant for tenant in tenants if self._trees.pop(tenant, None) is not None]:
            self._forgets.forget_tenants(held)

    async def _plant(self, tenant: str) -> None:
        """Makes a tree, unless there is one by then or the tenant is deleted."""
        kek = await self._ring.current()
        async with self._database.transaction() as connection:
            await connection.execute(_SQL["guard"])
            generation = await connection.fetchval(_SQL["next"], tenant)
            root = os.urandom(BRANCH_BYTES + PATH_KEY_BYTES)
            wrapped = kek.wrap(root, bound(tenant, generation, ROOT))
            entry = kek.entry
            wraps = await connection.fetchval(
                _SQL["plant"], tenant, generation, wrapped, entry.id, entry.fingerprint, secrets.randbits(62), _step()
            )
        if not wraps:
            await self._ring.turn()

    async def _load(self, tenant: str, generation: int, wanted: Iterable[bytes]) -> _Loaded:
        """Brings what is held up to date and adds branches to it."""
        before = self._trees.get(tenant)
        if before is not None and before.generation != generation:
            self.drop((tenant,))
            before = None
        held = None if before is None else before.version
        asked = [*wanted] if held is not None else [ROOT, *wanted]
        rows = await self._database.fetch(_SQL["load"], tenant, generation, asked, held)
        broken: dict[bytes, KeyFileError] = {}
        found: dict[bytes, bytes] = {}
        gone: dict[str, int] = {}
        head = None
        for row in rows:
            if row["prefix"] is not None:
                try:
                    found[row["prefix"]] = self._unwrapped(tenant, generation, row)
                except KeyFileError as mistake:
                    broken[row["prefix"]] = mistake
            elif row["subject_id"] is not None:
                gone[row["subject_id"]] = row["version"]
            else:
                head = row
        found, path_key = _parted(found)
        tree = self._trees.get(tenant)
        if head is None or tree is not before:  # it is gone, or another look was faster
            return _Loaded(None, broken)
        if tree is None:
            if ROOT not in found:
                return _Loaded(None, broken)
            tree = Tree(tenant, generation, head["epoch"], head["version"], head["has_rows"], path_key, found)
            self._trees[tenant] = tree
            return _Loaded(tree, broken)
        versions = {head["version"], *gone.values()}
        if tree.epoch != head["epoch"] or held not in versions:
            self.drop((tenant,))  # a key was given up, the database went back, or nobody was erased before
            return _Loaded(None, broken)
        if tree.version not in versions:  # a look that began later was faster
            return _Loaded(None, broken)
        if tree.version != head["version"]:
            for subject in gone:
                tree.cut(subject)
            self._forgets.taken(tenant, gone)
            tree.version = head["version"]
        tree.branches.update(found)
        return _Loaded(tree, broken)

    def _unwrapped(self, tenant: str, generation: int, row: Any) -> bytes:
        prefix = row["prefix"]
        return self._ring.file.kek(row["kek_id"]).unwrap(row["wrapped"], bound(tenant, generation, prefix))

    def _prune(self) -> None:
        for far in (NEAR, 0):
            if sum(len(tree.branches) for tree in self._trees.values()) > BRANCHES_MAX:
                for tree in self._trees.values():
                    tree.branches = {prefix: kept for prefix, kept in tree.branches.items() if len(prefix) <= far}


class _Superseded(Exception):
    """Another key wraps since."""


def bound(tenant: str, generation: int, prefix: bytes) -> bytes:
    """What a wrapped branch is bound to: it opens at its place in its tree and nowhere else."""
    return f"{tenant}\0tree {generation}\0".encode() + prefix


def _parted(found: dict[bytes, bytes]) -> tuple[dict[bytes, bytes], bytes]:
    """(branches, the path key that stands behind the root's)"""
    root = found.get(ROOT)
    if root is None:
        return found, b""
    return found | {ROOT: root[:BRANCH_BYTES]}, root[BRANCH_BYTES:]


def _same(tree: Tree, row: Any) -> bool:
    return (tree.generation, tree.epoch, tree.version) == (row["generation"], row["epoch"], row["version"])


def _step() -> int:
    return 1 + secrets.randbits(_STEP_BITS)


def _overtaken(tenant: str) -> Unavailable:
    return Unavailable(f"the keys of tenant {tenant} change at the moment; try again", 1.0)
