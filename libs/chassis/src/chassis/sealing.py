"""Personal values under one key per data subject; destroying the key erases the person from an immutable log.

It knows keys, not people: what is sealed, and who a subject is, is not its business. Keys are kept in PostgreSQL
(`vault.subject_keys`), wrapped by a key-encryption key (KEK) from a secret file, and never reach NATS or a log line.
"""

import logging
import os
from collections.abc import Callable, Collection, Iterable, Sequence
from functools import lru_cache
from hashlib import blake2b
from pathlib import Path
from typing import NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from switchboard.log.v1.log_pb2 import (
    READABILITY_BROKEN,
    READABILITY_ERASED,
    READABILITY_KEY_LOST,
    READABILITY_OPENED,
    Readability,
)
from switchboard.log.v1.log_structs import Sealed

from chassis import telemetry
from chassis.database import Database, queries
from chassis.errors import KeyUnusable, Unavailable
from chassis.identity import is_uuid
from chassis.keyfile import KeyFileError
from chassis.keyring import Keyring

NONCE_BYTES = 12
KEY_BYTES = 32
DIGEST_BYTES = 16
CACHE_MAX = 100_000
KNOWN_SHARE = 0.2
"""While fewer of the ids that the cache lacks are in the table, keys are made before the table is asked: a key made in
vain costs a few microseconds, a round trip for each id of a batch more.
"""
CREATE_ATTEMPTS = 3
"""How often keys are asked for and created before the caller is told to come back. Against: the second look finds what
another vault created meanwhile; a database that went back between the two needs a third."""

NAMED_MAX = 10_000
"""Subjects whose unreadable values were logged already; past it all are forgotten, and may be logged once more."""

_SQL = queries(__file__, "sealing.sql")
_LOGGER = logging.getLogger(__name__)
_UNREADABLE = telemetry.Instrument("switchboard.sealing.unreadable")
_named: set[str] = set()
_cipher = lru_cache(maxsize=256)(AESGCM)
"""The cipher of a key. Kept for those that are used again at once: it takes 3 KB, seven times as much as the key."""


def nonces(count: int) -> list[bytes]:
    """As many fresh random nonces; asking the system once for all of them costs a tenth."""
    drawn = os.urandom(NONCE_BYTES * count)
    return [drawn[at : at + NONCE_BYTES] for at in range(0, NONCE_BYTES * count, NONCE_BYTES)]


class SealBroken(Exception):
    """The bytes were not sealed by this subject's key, or were changed since. Says the subject, never the value."""


class KeyLost(SealBroken, KeyUnusable):
    """The key of one subject is there but does not unwrap: its KEK is not in the secret file, or its row was changed.

    Unlike an erased subject's key it may come back, with the right secret file. A caller is told FAILED_PRECONDITION.
    """


class SubjectKey:
    """The key of one data subject of one tenant. Cheap to hold: its ciphers are expanded when used."""

    __slots__ = ("_associated", "_digest_key", "_key", "subject_id")

    def __init__(self, tenant: str, subject_id: str, key: bytes) -> None:
        self.subject_id = subject_id
        self._key = key
        self._associated = associated(tenant, subject_id)
        self._digest_key: bytes | None = None

    def __repr__(self) -> str:
        return f"SubjectKey({self.subject_id})"

    def seal(self, plain: bytes) -> Sealed:
        """AES-256-GCM under a fresh random nonce: sealing twice gives different bytes. Use `digest` to compare."""
        nonce = os.urandom(NONCE_BYTES)
        return Sealed(self.subject_id, nonce, self.encrypt(nonce, plain))

    def encrypt(self, nonce: bytes, plain: bytes) -> bytes:
        """The ciphertext of `seal`, for who seals many values at once. `nonce` is of `nonces` and used only here."""
        return _cipher(self._key).encrypt(nonce, plain, self._associated)

    def open(self, sealed: Sealed) -> bytes:
        """The plain bytes. Raises SealBroken for another subject's, another tenant's or changed bytes."""
        if sealed.subject_id != self.subject_id:
            raise SealBroken(f"sealed for subject {sealed.subject_id}, opened with the key of {self.subject_id}")
        try:
            return _cipher(self._key).decrypt(sealed.nonce, sealed.ciphertext, self._associated)
        except (InvalidTag, ValueError):  # ValueError: a nonce of a length GCM does not have
            raise SealBroken(f"a sealed value of subject {self.subject_id} does not open") from None

    def digest(self, content: bytes) -> bytes:
        """16 bytes, equal for equal content of one subject, meaningless without the key: tells edit from echo."""
        return blake2b(content, key=self._digesting(), digest_size=DIGEST_BYTES).digest()

    def digester(self) -> Callable[[bytes], bytes]:
        """`digest`, for who compares many values at once: it is set up only once."""
        prepared = blake2b(key=self._digesting(), digest_size=DIGEST_BYTES)

        def digest(content: bytes) -> bytes:
            keyed = prepared.copy()
            keyed.update(content)
            return keyed.digest()

        return digest

    def _digesting(self) -> bytes:
        """The key that digests are made with."""
        key = self._digest_key
        if key is None:
            key = self._digest_key = blake2b(b"", key=self._key, digest_size=KEY_BYTES, person=b"sb.digest").digest()
        return key


class LostKey(SubjectKey):
    """Stands for a key that does not unwrap: every use raises KeyLost, so that only this subject's values suffer."""

    __slots__ = ("_why",)

    def __init__(self, tenant: str, subject_id: str, why: KeyFileError) -> None:
        super().__init__(tenant, subject_id, b"")
        self._why = why

    def _lost(self) -> KeyLost:
        return KeyLost(self.subject_id, str(self._why))

    def encrypt(self, nonce: bytes, plain: bytes) -> bytes:
        raise self._lost()

    def open(self, sealed: Sealed) -> bytes:
        raise self._lost()

    def _digesting(self) -> bytes:
        raise self._lost()


class Opened(NamedTuple):
    """What became of opening a sealed value: its plain bytes, or why there are none."""

    plain: bytes | None
    readability: Readability


class KeyVault:
    """Subject keys, created on first use and gone for ever once destroyed.

    Every look-up asks the table whether the keys are still there, those in memory included: what another process
    destroyed before the call is None in its answer. Memory saves unwrapping only; `forget` empties it of a subject, for
    who hears of an erasure. Safe for any number of vaults on one database. All methods but `blind` and `forget` may
    raise Unavailable and TimeoutError. A key that does not unwrap is a LostKey: it fails those who use it, with
    KeyLost, and nobody else who was asked for in the same call; it is looked up again each time.

    Destroying overwrites the row; copies live on in the server's dead rows until vacuum, in its WAL and in backups.
    They end with the KEK they are wrapped by: rotate, then delete the old line from the secret file.

    Subjects whose KEK was given up as lost (`Keyring.lose`) are as if never seen: `existing` has no key of them, `keys`
    makes another one, and what was sealed before stays unreadable.
    """

    def __init__(
        self,
        database: Database,
        key_file: Path,
        *,
        cache_max: int = CACHE_MAX,
    ) -> None:
        """Raises KeyFileError when the secret file is missing, malformed or readable by everybody."""
        self._database = database
        self._ring = Keyring(database, key_file)
        self._file = self._ring.file
        # Least recently used, approximately: what was not asked for during one whole filling of `_recent` is dropped.
        self._recent: dict[tuple[str, str], SubjectKey | None] = {}
        self._older: dict[tuple[str, str], SubjectKey | None] = {}
        self._generation_max = max(1, cache_max // 2)
        self._blind: dict[str, blake2b] = {}
        self._mostly_new = False

    async def keys(self, tenant: str, subject_ids: Collection[str]) -> dict[str, SubjectKey | None]:
        """The key of every id, created where there was none; None = erased for ever.

        Ids are UUID text in lower case; doubles are harmless. A created key is durable before this returns. Costs one
        round trip where ids are as new, or as known, as those before them; else two.
        """
        found, missing = self._cached(tenant, subject_ids)
        held, asked, create_first = tuple(found), len(missing), self._mostly_new and bool(missing)
        if create_first:
            missing = await self._create(tenant, missing, found, held)
            self._mostly_new = len(missing) <= asked * KNOWN_SHARE
        elif found or missing:
            missing = await self._stored(tenant, missing, found, held)
            if asked:
                self._mostly_new = asked - len(missing) <= asked * KNOWN_SHARE
        for _ in range(CREATE_ATTEMPTS):
            # What a creation leaves was there: another vault was faster. Its rows are committed, our insert waited.
            if missing and not create_first:
                missing = await self._create(tenant, missing, found)
            if not missing:
                return found
            missing, create_first = await self._stored(tenant, missing, found), False
        raise Unavailable(f"{len(missing)} subject keys were neither created nor found; try again", 1.0)

    async def existing(self, tenant: str, subject_ids: Collection[str]) -> dict[str, SubjectKey | None]:
        """Like `keys` but creates nothing: None = erased, or never seen. Costs one round trip."""
        found, missing = self._cached(tenant, subject_ids)
        if found or missing:
            for subject in await self._stored(tenant, missing, found, tuple(found)):
                found[subject] = None
        return found

    async def open_all(self, tenant: str, sealed: Sequence[Sealed]) -> list[Opened]:
        """What `opened` makes of each. One round trip."""
        keys = await self.existing(tenant, {one.subject_id for one in sealed if is_uuid(one.subject_id)})
        return [opened(keys.get(one.subject_id), one) for one in sealed]

    async def destroy(self, tenant: str, subject_id: str) -> bool:
        """Erase the subject for ever; True when this call did it. Idempotent.

        A subject never seen is erased as well: no key will be created for it.
        """
        return await self.destroy_all(tenant, [subject_id]) > 0

    async def destroy_all(self, tenant: str, subject_ids: Collection[str]) -> int:
        """`destroy` for many; how many this call erased."""
        rows = await self._database.fetch(_SQL["destroy"], tenant, sorted(set(subject_ids)))
        for subject_id in subject_ids:
            self.forget(subject_id, tenant)
            self._remember(tenant, subject_id, None)
        return len(rows)

    async def destroyed(self, tenant: str, subject_ids: Collection[str]) -> frozenset[str]:
        """Those of the subjects whose keys the table has as destroyed; an id that is no UUID never is."""
        asked = {subject_id.lower(): subject_id for subject_id in subject_ids if is_uuid(subject_id.lower())}
        rows = await self._database.fetch(_SQL["destroyed"], tenant, list(asked))
        return frozenset(asked[row["subject_id"]] for row in rows)

    def forget(self, subject_id: str, tenant: str | None = None) -> None:
        """Drop what this process remembers of a subject (of every tenant where none is named)."""
        _cipher.cache_clear()
        for generation in (self._recent, self._older):
            if tenant is not None:
                generation.pop((tenant, subject_id), None)
                continue
            for at in [at for at in generation if at[1] == subject_id]:
                del generation[at]

    def forget_tenants(self, tenants: Collection[str]) -> None:
        """Drop what this process remembers of these tenants."""
        _cipher.cache_clear()
        for generation in (self._recent, self._older):
            for at in [at for at in generation if at[0] in tenants]:
                del generation[at]

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

    def _cached(self, tenant: str, subject_ids: Iterable[str]) -> tuple[dict[str, SubjectKey | None], set[str]]:
        found: dict[str, SubjectKey | None] = {}
        missing: set[str] = set()
        recent = self._recent
        for subject in subject_ids:
            at = (tenant, subject)
            if at in recent:
                key = recent[at]
            elif at in self._older:
                key = self._remember(tenant, subject, self._older[at])
                recent = self._recent  # remembering may have begun a new generation
            else:
                missing.add(subject)
                continue
            found[subject] = key
        return found, missing

    async def _stored(
        self, tenant: str, wanted: set[str], found: dict[str, SubjectKey | None], held: Sequence[str] = ()
    ) -> set[str]:
        """Add what the table knows of `wanted` to `found`, and correct `found` about those `held` in memory; returns
        those that the table does not know.
        """
        rows = await self._database.fetch(_SQL["find"], tenant, list(wanted), held)
        unknown = set(wanted)
        for row in rows:
            subject, kek_id = row["subject_id"], row["kek_id"]
            if row["wrapped"] is None:
                self._correct(tenant, subject, kek_id, found, unknown)
                continue
            unknown.discard(subject)
            try:
                key = SubjectKey(
                    tenant, subject, self._file.kek(kek_id).unwrap(row["wrapped"], associated(tenant, subject))
                )
            except KeyFileError as mistake:
                found[subject] = LostKey(tenant, subject, mistake)
            else:
                found[subject] = self._remember(tenant, subject, key)
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
            found[subject] = self._remember(tenant, subject, None)
            unknown.discard(subject)

    async def _create(
        self, tenant: str, wanted: set[str], found: dict[str, SubjectKey | None], held: Sequence[str] = ()
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
        wrapped = kek.wrap_all([(key._key, key._associated) for key in made])
        rows = await self._database.fetch(_SQL["create"], tenant, ordered, wrapped, kek.id, held, kek.entry.fingerprint)
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
        for subject, key in zip(ordered, made, strict=True):
            if subject in created:
                found[subject] = self._remember(tenant, subject, key)
        return left

    def _remember(self, tenant: str, subject: str, key: SubjectKey | None) -> SubjectKey | None:
        if len(self._recent) >= self._generation_max:
            self._older = self._recent
            self._recent = {}
        self._recent[(tenant, subject)] = key
        return key


def opened(key: SubjectKey | None, sealed: Sealed) -> Opened:
    """The plain bytes, or why there are none; one value that does not open is no reason to fail for others.

    No key is ERASED: destroyed, or never there. What is there and does not open is counted, and logged once with the
    subject's id.
    """
    if key is None:
        return Opened(None, READABILITY_ERASED)
    try:
        return Opened(key.open(sealed), READABILITY_OPENED)
    except SealBroken as broken:
        return Opened(None, unreadable(sealed.subject_id, broken))


def unreadable(subject_id: str, why: Exception) -> Readability:
    """Counts a sealed value that is there and cannot be read, and logs its subject once; what its item is to say."""
    _UNREADABLE.record(1, {"error.type": type(why).__name__})
    readability = READABILITY_KEY_LOST if isinstance(why, KeyLost) else READABILITY_BROKEN
    if subject_id in _named:
        return readability
    if len(_named) >= NAMED_MAX:
        _named.clear()
    _named.add(subject_id)
    fields = {"subject_id": subject_id[:36], "error": type(why).__name__}
    _LOGGER.error("a sealed value cannot be read; what it belongs to is shown without it", extra={"fields": fields})
    return readability


def associated(tenant: str, subject_id: str) -> bytes:
    """What a ciphertext is bound to: it opens for this subject of this tenant and nowhere else."""
    return f"{tenant}\0{subject_id}".encode()
