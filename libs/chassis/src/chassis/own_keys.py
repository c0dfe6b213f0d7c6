"""Keys of single subjects: a random one each, wrapped in a row of `vault.subject_keys`. What was erased keeps its row.

Of whom no key is derived (`key_trees`): those who had a row before keys were derived, and what has a key of its own so
that it can be destroyed in passing. Every look-up asks the table whether the keys are still there, those in memory too.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Sequence

from switchboard.log.v1.log_structs import Sealed

from chassis.database import Database, queries
from chassis.errors import Unavailable
from chassis.keyfile import KeyFileError
from chassis.keyring import Keyring
from chassis.remembered import Remembered
from chassis.sealing import KEY_BYTES, LostKey, Opened, SubjectKey, associated, opened

KNOWN_SHARE = 0.2
"""While fewer of the ids that the cache lacks are in the table, keys are made before the table is asked: a key made in
vain costs a few microseconds, a round trip for each id of a batch more.
"""
CREATE_ATTEMPTS = 3
"""How often keys are asked for and created before the caller is told to come back. Against: the second look finds what
another vault created meanwhile; a database that went back between the two needs a third."""

_SQL = queries(__file__, "own_keys.sql")


class OwnKeys:
    """Keys with a row each, created on first use and gone for ever once destroyed."""

    def __init__(self, database: Database, ring: Keyring, cache_max: int, *, own: bool) -> None:
        """`own`: whoever asks for these keys knows that they are here."""
        self._database = database
        self._ring = ring
        self._own = own
        self._remembered = Remembered(cache_max)
        self._mostly_new = False

    async def keys(
        self, tenant: str, subject_ids: Collection[str], *, before_trees: bool = False
    ) -> dict[str, SubjectKey | None]:
        """As `KeyVault.keys`. One round trip where ids are as new, or as known, as those before them; else two.

        `before_trees`: they are made only while no keys are derived, as is known here; once they are, who looks for
        a subject of a tree does not look here, and this raises Unavailable.
        """
        found, missing = self._remembered.of(tenant, subject_ids)
        held, asked, create_first = tuple(found), len(missing), self._mostly_new and bool(missing)
        if create_first:
            missing = await self._create(tenant, missing, found, held, before_trees=before_trees)
            self._mostly_new = len(missing) <= asked * KNOWN_SHARE
        elif found or missing:
            missing = await self._stored(tenant, missing, found, held)
            if asked:
                self._mostly_new = asked - len(missing) <= asked * KNOWN_SHARE
        for _ in range(CREATE_ATTEMPTS):
            # What a creation leaves was there: another vault was faster. Its rows are committed, our insert waited.
            if missing and not create_first:
                missing = await self._create(tenant, missing, found, before_trees=before_trees)
            if not missing:
                return found
            missing, create_first = await self._stored(tenant, missing, found), False
        raise Unavailable(f"{len(missing)} subject keys were neither created nor found; try again", 1.0)

    async def known(self, tenant: str, subject_ids: Collection[str]) -> dict[str, SubjectKey | None]:
        """Those that are in the table, None for those erased. Costs one round trip."""
        found, missing = self._remembered.of(tenant, subject_ids)
        if found or missing:
            await self._stored(tenant, missing, found, tuple(found))
        return found

    async def existing(self, tenant: str, subject_ids: Collection[str]) -> dict[str, SubjectKey | None]:
        """As `KeyVault.existing`. Costs one round trip."""
        return dict.fromkeys(subject_ids) | await self.known(tenant, subject_ids)

    async def open_all(self, tenant: str, sealed: Sequence[Sealed]) -> list[Opened]:
        """What `opened` makes of each. One round trip."""
        keys = await self.existing(tenant, {one.subject_id for one in sealed})
        return [opened(keys[one.subject_id], one) for one in sealed]

    async def destroy(self, tenant: str, subject_ids: Collection[str]) -> int:
        """Overwrites their rows for ever; how many this call erased. Idempotent."""
        rows = await self._database.fetch(_SQL["destroy"], tenant, sorted(set(subject_ids)), self._own)
        for subject_id in subject_ids:
            self.forget(subject_id, tenant)
        self._remembered.add(tenant, dict.fromkeys(subject_ids))
        return len(rows)

    async def destroyed(self, tenant: str, subject_ids: Iterable[str]) -> list[str]:
        """Those of the subjects, UUIDs all, that are erased."""
        return [row["subject_id"] for row in await self._database.fetch(_SQL["destroyed"], tenant, list(subject_ids))]

    def forget(self, subject_id: str, tenant: str | None = None) -> None:
        """As `KeyVault.forget`."""
        self._remembered.forget(subject_id, tenant)

    def forget_tenants(self, tenants: Collection[str]) -> None:
        """As `KeyVault.forget_tenants`."""
        self._remembered.forget_tenants(tenants)

    async def _stored(
        self, tenant: str, wanted: set[str], found: dict[str, SubjectKey | None], held: Sequence[str] = ()
    ) -> set[str]:
        """Add what the table knows of `wanted` to `found`, and correct `found` about those `held` in memory; returns
        those that the table does not know.
        """
        rows = await self._database.fetch(_SQL["find"], tenant, list(wanted), held)
        unknown = set(wanted)
        unwrapped: dict[str, SubjectKey | None] = {}
        for row in rows:
            subject, kek_id = row["subject_id"], row["kek_id"]
            if row["wrapped"] is None:
                self._correct(tenant, subject, kek_id, found, unknown)
                continue
            unknown.discard(subject)
            try:
                kek = self._ring.file.kek(kek_id)
                unwrapped[subject] = SubjectKey(
                    tenant, subject, kek.unwrap(row["wrapped"], associated(tenant, subject))
                )
            except KeyFileError as mistake:
                found[subject] = LostKey.of(tenant, subject, mistake)
        self._remembered.add(tenant, unwrapped)
        found |= unwrapped
        return unknown

    def _correct(
        self, tenant: str, subject: str, kek_id: str | None, found: dict[str, SubjectKey | None], unknown: set[str]
    ) -> None:
        """Takes in that a subject has no key in the table: erased, or never there (`kek_id` None)."""
        if kek_id is None:  # in memory only: the database went back
            self.forget(subject, tenant)
            found.pop(subject, None)
            unknown.add(subject)
        else:
            found[subject] = None
            self._remembered.add(tenant, {subject: None})
            unknown.discard(subject)

    async def _create(
        self,
        tenant: str,
        wanted: set[str],
        found: dict[str, SubjectKey | None],
        held: Sequence[str] = (),
        *,
        before_trees: bool,
    ) -> set[str]:
        """Create keys and add them to `found`, and correct `found` about those `held` in memory; returns those of
        `wanted` that were there already, whoever made or erased them, and those held that the table does not know.
        """
        # In one order everywhere: two that create overlapping sets would else wait for each other for ever.
        ordered = sorted(wanted)
        fresh = os.urandom(KEY_BYTES * len(ordered))
        made = [
            SubjectKey(tenant, subject, fresh[at * KEY_BYTES : (at + 1) * KEY_BYTES])
            for at, subject in enumerate(ordered)
        ]
        kek = await self._ring.current()
        wrapped = kek.wrap_all([(key._key, key.associated) for key in made])
        rows = await self._database.fetch(
            _SQL["create"], tenant, ordered, wrapped, kek.id, held, kek.entry.fingerprint, self._own, before_trees
        )
        if any(row["superseded"] for row in rows):
            await self._ring.turn()  # nothing was created: another key wraps since, or the file is not the database's
            return wanted
        if any(row["tenant_deleted"] for row in rows):  # nobody has a key any more, and nobody gets one
            found.update(dict.fromkeys((*wanted, *held)))
            return set()
        created = {row["subject_id"] for row in rows if row["created"]}
        left = wanted - created
        for row in rows:
            if not row["created"]:
                self._correct(tenant, row["subject_id"], row["kek_id"], found, left)
        kept = {key.subject_id: key for key in made if key.subject_id in created}
        self._remembered.add(tenant, kept)
        found |= kept
        return left
