"""The keys of data subjects: derived from secrets of their tenant, checked at every look, gone for ever once destroyed.

A tenant's tree of secrets and the few rows that people have for themselves are kept in PostgreSQL, wrapped by a
key-encryption key (KEK) from a secret file, and never reach NATS or a log line. It knows keys, not people: what is
sealed, and who a subject is, is not its business.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from hashlib import blake2b
from pathlib import Path

from switchboard.log.v1.log_structs import Sealed

from chassis.database import Database
from chassis.identity import is_uuid
from chassis.key_trees import Tree, Trees
from chassis.keyfile import KeyFileError
from chassis.keyring import Keyring
from chassis.own_keys import OwnKeys
from chassis.remembered import Remembered
from chassis.sealing import DIGEST_BYTES, LostKey, Opened, SubjectKey, opened

CACHE_MAX = 100_000


class KeyVault:
    """Subject keys, there for whoever is asked for and gone for ever once destroyed.

    Every look-up asks the database whether what is held in memory still holds: what another process destroyed before
    the call is None in its answer. `forget` empties memory of a subject, for who hears of an erasure. Safe for any
    number of vaults on one database. All methods but `blind` and `forget` may raise Unavailable and TimeoutError. A
    key that cannot be had because a secret does not unwrap is a LostKey: it fails those who use it, with KeyLost, and
    nobody else who was asked for in the same call; it is looked up again each time.

    Destroying overwrites rows; copies live on in the server's dead rows until vacuum, in its WAL and in backups.
    They end with the KEK they are wrapped by: rotate, then delete the old line from the secret file.

    Subjects whose KEK was given up as lost (`Keyring.lose`) are as if never seen: they get another key, and what was
    sealed before stays unreadable.
    """

    def __init__(
        self,
        database: Database,
        key_file: Path,
        *,
        cache_max: int = CACHE_MAX,
    ) -> None:
        """Raises KeyFileError when the secret file is missing, malformed or readable by everybody."""
        self._ring = Keyring(database, key_file)
        self._file = self._ring.file
        self._remembered = Remembered(cache_max)
        self._trees = Trees(database, self._ring, self)
        self._rows = OwnKeys(database, self._ring, cache_max, own=False)
        self._blind: dict[str, blake2b] = {}
        self.own = OwnKeys(database, self._ring, cache_max, own=True)
        """Keys with a row each, for what is destroyed as a matter of course; they are asked for here only."""

    async def keys(self, tenant: str, subject_ids: Collection[str]) -> dict[str, SubjectKey | None]:
        """The key of every id; None = erased for ever.

        Ids are UUID text in lower case; doubles are harmless. What a key is derived from is durable before this
        returns. Costs one round trip, and some more where somebody was erased since the last look.
        """
        return await self._looked_up(tenant, subject_ids, makes=True)

    async def existing(self, tenant: str, subject_ids: Collection[str]) -> dict[str, SubjectKey | None]:
        """Like `keys` but writes nothing: None = erased, or nothing there to derive a key from. It does not tell
        whether a subject was ever seen.
        """
        return await self._looked_up(tenant, subject_ids, makes=False)

    async def open_all(self, tenant: str, sealed: Sequence[Sealed]) -> list[Opened]:
        """What `opened` makes of each. One look-up."""
        keys = await self.existing(tenant, {one.subject_id for one in sealed if is_uuid(one.subject_id)})
        return [opened(keys.get(one.subject_id), one) for one in sealed]

    async def destroy(self, tenant: str, subject_id: str) -> bool:
        """Erase the subject for ever; True when this call did it. Idempotent.

        A subject never seen is erased as well: no key will be made for it.
        """
        return await self.destroy_all(tenant, [subject_id]) > 0

    async def destroy_all(self, tenant: str, subject_ids: Collection[str]) -> int:
        """`destroy` for many; how many this call erased."""
        asked = sorted({subject_id.lower() for subject_id in subject_ids})
        gone = await self._trees.puncture(tenant, asked)
        for one in asked:
            self.forget(one, tenant)
        return len(gone)

    async def destroyed(self, tenant: str, subject_ids: Collection[str]) -> frozenset[str]:
        """Those of the subjects whose keys are destroyed; an id that is no UUID never is."""
        asked = {subject_id.lower(): subject_id for subject_id in subject_ids if is_uuid(subject_id.lower())}
        return frozenset(asked[one] for one in await self._rows.destroyed(tenant, asked))

    def forget(self, subject_id: str, tenant: str | None = None) -> None:
        """Drop what this process remembers of a subject (of every tenant where none is named)."""
        for keys in (self._remembered, self._rows, self.own):
            keys.forget(subject_id, tenant)
        for one in self._trees.tenants() if tenant is None else (tenant,):
            self._trees.cut(one, [subject_id])

    def forget_tenants(self, tenants: Collection[str]) -> None:
        """Drop what this process remembers of these tenants."""
        for keys in (self._remembered, self._rows, self.own):
            keys.forget_tenants(tenants)
        self._trees.drop(tenants)

    def taken(self, tenant: str, subject_ids: Collection[str]) -> None:
        """These are erased: no key of them is in memory any more, and that there is none."""
        for subject_id in subject_ids:
            for keys in (self._remembered, self._rows, self.own):
                keys.forget(subject_id, tenant)
        self._remembered.add(tenant, dict.fromkeys(subject_ids))

    def blind(self, tenant: str, value: str) -> bytes:
        """16 bytes that are equal for equal values of one tenant: finds a contact point that nobody can read.

        The caller normalises the value. Not bound to a subject, so erasure must delete the index rows themselves.
        """
        keyed = self._blind.get(tenant)
        if keyed is None:
            keyed = blake2b(tenant.encode() + b"\0", key=self._file.blind_key, digest_size=DIGEST_BYTES)
            self._blind[tenant] = keyed
        keyed = keyed.copy()
        keyed.update(value.encode())
        return keyed.digest()

    async def _looked_up(self, tenant: str, asked: Collection[str], *, makes: bool) -> dict[str, SubjectKey | None]:
        if not asked:
            return {}
        standing = await self._trees.standing(tenant, plants=makes)
        if standing.deleted:
            return dict.fromkeys(asked)
        if standing.lost is not None:
            return await self._without_tree(tenant, asked, standing.lost)
        tree = standing.tree
        if tree is None:
            if makes:
                return await self._rows.keys(tenant, asked, before_trees=True)
            return await self._rows.existing(tenant, asked)
        found, missing = self._remembered.of(tenant, asked)
        if missing and tree.has_rows:
            kept = await self._rows.known(tenant, missing)
            found |= kept
            missing -= kept.keys()
        if missing:
            found |= await self._derived(tree, missing, makes=makes)
        return found

    async def _derived(self, tree: Tree, asked: Collection[str], *, makes: bool) -> dict[str, SubjectKey | None]:
        tenant, version, replaces = tree.tenant, tree.version, tree.generation > 1
        derived = await self._trees.derived(tree, asked)
        found: dict[str, SubjectKey | None] = {
            subject: SubjectKey(tenant, subject, key, replaces=replaces) for subject, key in derived.keys.items()
        }
        if derived.out:
            # Erased; or, once in a very long time, not erased and on the path of somebody who is.
            rows = await (self._rows.keys if makes else self._rows.existing)(tenant, derived.out)
            if makes:
                found |= {subject: None for subject, key in rows.items() if key is None}
        if self._trees.holds(tree, version):  # else another look has heard of an erasure meanwhile
            self._remembered.add(tenant, found)
        if derived.out:
            found |= rows
        for subject, why in derived.broken.items():
            found[subject] = LostKey.of(tenant, subject, why)
        return found

    async def _without_tree(
        self, tenant: str, asked: Collection[str], why: KeyFileError
    ) -> dict[str, SubjectKey | None]:
        """Who has a row has a key all the same."""
        kept = await self._rows.known(tenant, asked)
        return {subject: kept[subject] if subject in kept else LostKey.of(tenant, subject, why) for subject in asked}
