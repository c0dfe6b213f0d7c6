"""Personal values under one key per data subject; destroying the key erases the person from an immutable log.

It knows keys, not people: what is sealed, and who a subject is, is not its business. Where keys come from is told by
`vault`.
"""

import logging
import os
from collections.abc import Callable
from functools import lru_cache
from hashlib import blake2b
from typing import NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from msgspec import Struct
from switchboard.log.v1.log_pb2 import (
    READABILITY_BROKEN,
    READABILITY_ERASED,
    READABILITY_KEY_LOST,
    READABILITY_OPENED,
    Readability,
)
from switchboard.log.v1.log_structs import Sealed

from chassis import telemetry
from chassis.errors import KeyUnusable

NONCE_BYTES = 12
KEY_BYTES = 32
DIGEST_BYTES = 16

NAMED_MAX = 10_000
"""Subjects whose unreadable values were logged already; past it all are forgotten, and may be logged once more."""

_LOGGER = logging.getLogger(__name__)
_UNREADABLE = telemetry.Instrument("switchboard.sealing.unreadable")
_named: set[str] = set()
_cipher = lru_cache(maxsize=256)(AESGCM)
"""The cipher of a key. Kept for those that are used again at once: it takes 3 KB, seven times as much as the key."""
forget_ciphers = _cipher.cache_clear
"""For who forgets a key."""


def nonces(count: int) -> list[bytes]:
    """As many fresh random nonces; asking the system once for all of them costs a tenth."""
    drawn = os.urandom(NONCE_BYTES * count)
    return [drawn[at : at + NONCE_BYTES] for at in range(0, NONCE_BYTES * count, NONCE_BYTES)]


class SealBroken(Exception):
    """The bytes were not sealed by this subject's key, or were changed since. Says the subject, never the value."""


class SealedBefore(SealBroken):
    """What does not open may have been sealed by a key of this subject that was given up as lost."""


class KeyLost(SealBroken, KeyUnusable):
    """The key of one subject is there but does not unwrap: its KEK is not in the secret file, or its row was changed.

    Unlike an erased subject's key it may come back, with the right secret file. A caller is told FAILED_PRECONDITION.
    """


class SubjectKey(Struct, gc=False, eq=False):
    """The key of one data subject of one tenant. Cheap to hold: its ciphers are expanded when used."""

    tenant: str
    subject_id: str
    _key: bytes
    replaces: bool = False
    """The subject may have had another key, which was lost."""
    _digest_key: bytes | None = None

    def __repr__(self) -> str:
        return f"SubjectKey({self.subject_id})"

    @property
    def associated(self) -> bytes:
        """What is sealed by it is bound to."""
        return associated(self.tenant, self.subject_id)

    def seal(self, plain: bytes) -> Sealed:
        """AES-256-GCM under a fresh random nonce: sealing twice gives different bytes. Use `digest` to compare."""
        nonce = os.urandom(NONCE_BYTES)
        return Sealed(self.subject_id, nonce, self.encrypt(nonce, plain))

    def encrypt(self, nonce: bytes, plain: bytes) -> bytes:
        """The ciphertext of `seal`, for who seals many values at once. `nonce` is of `nonces` and used only here."""
        return _cipher(self._key).encrypt(nonce, plain, self.associated)

    def seal_both(self, fresh: tuple[bytes, bytes], one: bytes, other: bytes) -> tuple[Sealed, Sealed]:
        """`seal` for two values that belong together: a cipher that is needed once is set up once. `fresh` as the
        nonce of `encrypt`.
        """
        subject_id, bound, (nonce, further) = self.subject_id, self.associated, fresh
        encrypt = _cipher(self._key).encrypt
        return (
            Sealed(subject_id, nonce, encrypt(nonce, one, bound)),
            Sealed(subject_id, further, encrypt(further, other, bound)),
        )

    def open(self, sealed: Sealed) -> bytes:
        """The plain bytes. Raises SealBroken for another subject's, another tenant's or changed bytes."""
        if sealed.subject_id != self.subject_id:
            raise SealBroken(f"sealed for subject {sealed.subject_id}, opened with the key of {self.subject_id}")
        try:
            return _cipher(self._key).decrypt(sealed.nonce, sealed.ciphertext, self.associated)
        except (InvalidTag, ValueError):  # ValueError: a nonce of a length GCM does not have
            broken = SealedBefore if self.replaces else SealBroken
            raise broken(f"a sealed value of subject {self.subject_id} does not open") from None

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


class LostKey(SubjectKey, gc=True, eq=False):
    """Stands for a key that does not unwrap: every use raises KeyLost, so that only this subject's values suffer."""

    _why: Exception | None = None

    @staticmethod
    def of(tenant: str, subject_id: str, why: Exception) -> "LostKey":
        """The key of a subject that cannot be had, and why."""
        return LostKey(tenant, subject_id, b"", _why=why)

    def _lost(self) -> KeyLost:
        return KeyLost(self.subject_id, str(self._why))

    def encrypt(self, nonce: bytes, plain: bytes) -> bytes:
        raise self._lost()

    def seal_both(self, fresh: tuple[bytes, bytes], one: bytes, other: bytes) -> tuple[Sealed, Sealed]:
        raise self._lost()

    def open(self, sealed: Sealed) -> bytes:
        raise self._lost()

    def _digesting(self) -> bytes:
        raise self._lost()


class Opened(NamedTuple):
    """What became of opening a sealed value: its plain bytes, or why there are none."""

    plain: bytes | None
    readability: Readability


def opened(key: SubjectKey | None, sealed: Sealed) -> Opened:
    """The plain bytes, or why there are none; one value that does not open is no reason to fail for others.

    No key is ERASED: destroyed, never there, or lost with another one in its place. What else does not open is counted,
    and logged once with the subject's id.
    """
    if key is None:
        return Opened(None, READABILITY_ERASED)
    try:
        return Opened(key.open(sealed), READABILITY_OPENED)
    except SealedBefore:
        return Opened(None, READABILITY_ERASED)
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
