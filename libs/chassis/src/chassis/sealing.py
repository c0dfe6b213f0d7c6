"""Personal values under one key per data subject; destroying the key erases the person from an immutable log.

It knows keys, not people: what is sealed, and who a subject is, is not its business. Keys are kept in PostgreSQL
(`vault.subject_keys`), wrapped by a key-encryption key (KEK) from a secret file, and never reach NATS or a log line.
"""

import argparse
import asyncio
import os
import time
from collections.abc import Callable, Collection, Iterable
from functools import lru_cache
from hashlib import blake2b
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from switchboard.log.v1.log_pb2 import Sealed

from chassis.database import Database, queries
from chassis.errors import Unavailable
from chassis.keyfile import KeyFile, KeyFileError

NONCE_BYTES = 12
KEY_BYTES = 32
DIGEST_BYTES = 16
TRUST_S = 60.0
"""How long a cached key may outlive an erasure by another process."""
CACHE_MAX = 100_000
REWRAP_BATCH = 1_000
KNOWN_SHARE = 0.2
"""While fewer of the ids that the cache lacks are in the table, keys are made before the table is asked: a key made in
vain costs a few microseconds, a round trip for each id of a batch more.
"""
NO_ID = "00000000-0000-0000-0000-000000000000"
CREATE_ATTEMPTS = 3
"""How often keys are asked for and created before the caller is told to come back. Against: the second look finds what
another vault created meanwhile; a database that went back between the two needs a third."""

_SQL = queries(__file__, "sealing.sql")
_cipher = lru_cache(maxsize=256)(AESGCM)
"""The cipher of a key. Kept for those that are used again at once: it takes 3 KB, seven times as much as the key."""


def nonces(count: int) -> list[bytes]:
    """As many fresh random nonces; asking the system once for all of them costs a tenth."""
    drawn = os.urandom(NONCE_BYTES * count)
    return [drawn[at : at + NONCE_BYTES] for at in range(0, NONCE_BYTES * count, NONCE_BYTES)]


class SealBroken(Exception):
    """The bytes were not sealed by this subject's key, or were changed since. Says the subject, never the value."""


class KeyLost(SealBroken):
    """The key of one subject is there but does not unwrap: its KEK is not in the secret file, or its row was changed.

    Unlike an erased subject's key it may come back, with the right secret file.
    """


class SubjectKey:
    """The key of one data subject of one tenant. Cheap to hold: its ciphers are expanded when used."""

    __slots__ = ("_associated", "_digest_key", "_key", "_trusted_until", "subject_id")

    def __init__(self, tenant: str, subject_id: str, key: bytes, trusted_until: float = 0.0) -> None:
        self.subject_id = subject_id
        self._key = key
        self._associated = _associated(tenant, subject_id)
        self._digest_key: bytes | None = None
        self._trusted_until = trusted_until

    def __repr__(self) -> str:
        return f"SubjectKey({self.subject_id})"

    def seal(self, plain: bytes) -> Sealed:
        """AES-256-GCM under a fresh random nonce: sealing twice gives different bytes. Use `digest` to compare."""
        nonce = os.urandom(NONCE_BYTES)
        return Sealed(subject_id=self.subject_id, nonce=nonce, ciphertext=self.encrypt(nonce, plain))

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
        return KeyLost(f"the key of subject {self.subject_id} cannot be used: {self._why}")

    def encrypt(self, nonce: bytes, plain: bytes) -> bytes:
        raise self._lost()

    def open(self, sealed: Sealed) -> bytes:
        raise self._lost()

    def _digesting(self) -> bytes:
        raise self._lost()


class KeyVault:
    """Subject keys, created on first use and gone for ever once destroyed.

    An answer may be up to TRUST_S seconds old: another process may have erased the subject meanwhile. Call `forget`
    on the SubjectErased fact to end that at once. Safe for any number of vaults on one database. All methods but
    `blind` and `forget` may raise Unavailable and TimeoutError. A key that does not unwrap is a LostKey: it fails
    those who use it, with KeyLost, and nobody else who was asked for in the same call; it is looked up again each time.

    Destroying overwrites the row; copies live on in the server's dead rows until vacuum, in its WAL and in backups.
    They end with the KEK they are wrapped by: rotate, then delete the old line from the secret file.
    """

    def __init__(
        self,
        database: Database,
        key_file: Path,
        *,
        trust_s: float = TRUST_S,
        cache_max: int = CACHE_MAX,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Raises KeyFileError when the secret file is missing, malformed or readable by everybody."""
        self._database = database
        self._file = KeyFile(key_file)
        self._trust_s = trust_s
        self._monotonic = monotonic
        # Least recently used, approximately: what was not asked for during one whole filling of `_recent` is dropped.
        self._recent: dict[tuple[str, str], SubjectKey | None] = {}
        self._older: dict[tuple[str, str], SubjectKey | None] = {}
        self._generation_max = max(1, cache_max // 2)
        self._blind: dict[str, blake2b] = {}
        self._mostly_new = False

    async def keys(self, tenant: str, subject_ids: Collection[str]) -> dict[str, SubjectKey | None]:
        """The key of every id, created where there was none; None = erased for ever.

        Ids are UUID text in lower case; doubles are harmless. A created key is durable before this returns. What the
        cache does not hold costs one round trip where ids are as new, or as known, as those before them; else two.
        """
        found, missing = self._cached(tenant, subject_ids)
        if not missing:
            return found
        asked, create_first = len(missing), self._mostly_new
        if create_first:
            missing = await self._create(tenant, missing, found)
            self._mostly_new = len(missing) <= asked * KNOWN_SHARE
        for attempt in range(CREATE_ATTEMPTS):
            missing = await self._stored(tenant, missing, found) if missing else missing
            if attempt == 0 and not create_first:
                self._mostly_new = asked - len(missing) <= asked * KNOWN_SHARE
            # What is left was there: another vault was faster. Its rows are committed, our insert waited for them.
            missing = await self._create(tenant, missing, found) if missing else missing
            if not missing:
                return found
        raise Unavailable(f"{len(missing)} subject keys were neither created nor found; try again", 1.0)

    async def existing(self, tenant: str, subject_ids: Collection[str]) -> dict[str, SubjectKey | None]:
        """Like `keys` but creates nothing: None = erased, or never seen."""
        found, missing = self._cached(tenant, subject_ids)
        if missing:
            for subject in await self._stored(tenant, missing, found):
                found[subject] = None
        return found

    async def destroy(self, tenant: str, subject_id: str) -> bool:
        """Erase the subject for ever; True when this call did it. Idempotent.

        A subject never seen is erased as well: no key will be created for it.
        """
        destroyed = await self._database.fetchval(_SQL["destroy"], tenant, subject_id, self._file.current.id)
        self.forget(subject_id, tenant)
        self._remember(tenant, subject_id, None)
        return destroyed is not None

    def forget(self, subject_id: str, tenant: str | None = None) -> None:
        """Drop what this process remembers of a subject (of every tenant where none is named)."""
        _cipher.cache_clear()
        for generation in (self._recent, self._older):
            if tenant is not None:
                generation.pop((tenant, subject_id), None)
                continue
            for at in [at for at in generation if at[1] == subject_id]:
                del generation[at]

    async def rotate(self) -> int:
        """Wrap every key that is under another KEK with the first of the secret file; returns how many there were.

        Safe beside running services that know both KEKs, and after an interruption. Erases nothing. Raises
        KeyFileError after everything else is rewrapped when keys do not unwrap: the old line must stay in the file.
        """
        self._file.reload()
        kek = self._file.current
        count = 0
        lost: list[KeyFileError] = []
        after = ("", NO_ID)
        while True:
            async with self._database.transaction() as connection:
                rows = await connection.fetch(_SQL["wrapped_by_others"], *after, kek.id, REWRAP_BATCH)
                if not rows:
                    break
                after = (rows[-1]["tenant"], rows[-1]["subject_id"])
                opened: list[tuple[str, str, bytes]] = []
                for row in rows:
                    tenant, subject = row["tenant"], row["subject_id"]
                    try:
                        key = self._file.kek(row["kek_id"]).unwrap(row["wrapped"], _associated(tenant, subject))
                    except KeyFileError as mistake:
                        lost.append(mistake)
                    else:
                        opened.append((tenant, subject, key))
                again = kek.wrap_all([(key, _associated(tenant, subject)) for tenant, subject, key in opened])
                tenants, subjects = [tenant for tenant, _, _ in opened], [subject for _, subject, _ in opened]
                await connection.execute(_SQL["rewrap"], tenants, subjects, again, kek.id)
            count += len(opened)
        if lost:
            raise KeyFileError(f"{count} subject keys are rewrapped, {len(lost)} cannot be: {lost[0]}")
        return count

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
        now = self._monotonic()
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
            if key is None or key._trusted_until > now:
                found[subject] = key
            else:
                missing.add(subject)
        return found, missing

    async def _stored(self, tenant: str, wanted: set[str], found: dict[str, SubjectKey | None]) -> set[str]:
        """Add what the table knows of `wanted` to `found`; returns those it does not know."""
        until = self._monotonic() + self._trust_s  # counted from before we asked
        rows = await self._database.fetch(_SQL["find"], tenant, list(wanted))
        for row in rows:
            subject = row["subject_id"]
            wrapped = row["wrapped"]
            known = self._recent.get((tenant, subject))
            if wrapped is None:
                key = None
            elif known is not None:
                key = known  # unwrapped before, and still there
                key._trusted_until = until
            else:
                try:
                    plain = self._file.kek(row["kek_id"]).unwrap(wrapped, _associated(tenant, subject))
                except KeyFileError as mistake:
                    found[subject] = LostKey(tenant, subject, mistake)
                    continue
                key = SubjectKey(tenant, subject, plain, until)
            found[subject] = self._remember(tenant, subject, key)
        return wanted - {row["subject_id"] for row in rows}

    async def _create(self, tenant: str, wanted: set[str], found: dict[str, SubjectKey | None]) -> set[str]:
        """Create keys and add them to `found`; returns those that were there already, whoever made or erased them."""
        # In one order everywhere: two that create overlapping sets would else wait for each other for ever.
        ordered = sorted(wanted)
        fresh = os.urandom(KEY_BYTES * len(ordered))
        until = self._monotonic() + self._trust_s
        made = [
            SubjectKey(tenant, subject, fresh[at * KEY_BYTES : (at + 1) * KEY_BYTES], until)
            for at, subject in enumerate(ordered)
        ]
        kek = self._file.current
        wrapped = kek.wrap_all([(key._key, key._associated) for key in made])
        rows = await self._database.fetch(_SQL["create"], tenant, ordered, wrapped, kek.id)
        created = wanted if len(rows) == len(ordered) else {row["subject_id"] for row in rows}
        for subject, key in zip(ordered, made, strict=True):
            if subject in created:
                found[subject] = self._remember(tenant, subject, key)
        return wanted - created

    def _remember(self, tenant: str, subject: str, key: SubjectKey | None) -> SubjectKey | None:
        if len(self._recent) >= self._generation_max:
            self._older = self._recent
            self._recent = {}
        self._recent[(tenant, subject)] = key
        return key


def _associated(tenant: str, subject_id: str) -> bytes:
    """What a ciphertext is bound to: it opens for this subject of this tenant and nowhere else."""
    return f"{tenant}\0{subject_id}".encode()


def main() -> None:
    """`python -m chassis.sealing URL_FILE KEY_FILE`: rewrap every subject key with the first key of the secret file.

    The second step of a rotation, beside running services. First every service has the new key in its file; last,
    when this has said 0, the old key leaves it.
    """
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("url_file", type=Path)
    parser.add_argument("key_file", type=Path)
    given = parser.parse_args()
    try:
        print(asyncio.run(_rotate(given.url_file.read_text().strip(), given.key_file)))  # noqa: T201 - a command line
    except (KeyFileError, Unavailable, TimeoutError, OSError) as error:
        parser.exit(1, f"{error}\n")


async def _rotate(url: str, key_file: Path) -> int:
    async with Database(url, "vault", connections_max=1, application="rotation") as database:
        return await KeyVault(database, key_file).rotate()


if __name__ == "__main__":
    main()
