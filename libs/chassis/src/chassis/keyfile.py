"""The secret file: key-encryption keys and the blind-index key. It knows nothing of subjects or databases.

One JSON object a line, keys as base64 of 32 bytes:

    {"id": "kek-2", "use": "wrap", "key": "..."}      the first "wrap" line is current, later ones can still unwrap
    {"id": "kek-1", "use": "wrap", "key": "..."}
    {"id": "index", "use": "blind", "key": "..."}     exactly one; it is not rotated, indexes would no longer match
"""

import base64
import binascii
import json
import os
import secrets
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_KEY_BYTES: Final = 32
_NONCE_BYTES: Final = 12


class KeyFileError(Exception):
    """The secret file cannot be used, or lacks a key that is needed. Names lines and ids, never keys."""


class Kek:
    """One key-encryption key. Wrapped = nonce (12 bytes), ciphertext (32), tag (16), bound to `associated`."""

    __slots__ = ("_cipher", "id")

    def __init__(self, kek_id: str, key: bytes) -> None:
        self.id = kek_id
        self._cipher = AESGCM(key)

    def wrap(self, key: bytes, associated: bytes) -> bytes:
        return self.wrap_all([(key, associated)])[0]

    def wrap_all(self, pairs: Sequence[tuple[bytes, bytes]]) -> list[bytes]:
        """Wrap each (key, associated), in order."""
        nonces = os.urandom(_NONCE_BYTES * len(pairs))
        encrypt = self._cipher.encrypt
        return [
            (nonce := nonces[at * _NONCE_BYTES : (at + 1) * _NONCE_BYTES]) + encrypt(nonce, key, associated)
            for at, (key, associated) in enumerate(pairs)
        ]

    def unwrap(self, wrapped: bytes, associated: bytes) -> bytes:
        try:
            return self._cipher.decrypt(wrapped[:_NONCE_BYTES], wrapped[_NONCE_BYTES:], associated)
        except (InvalidTag, ValueError):
            raise KeyFileError(
                f"key-encryption key {self.id} does not open what it is said to have wrapped: another key under its id?"
            ) from None


class KeyFile:
    """The parsed file; read again when a key id appears that it did not have, so rotation needs no restart."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._keks: Mapping[str, Kek] = {}
        self.blind_key = b""
        self.current: Kek
        self.reload()

    def reload(self) -> None:
        """Read the file. Raises KeyFileError with every mistake at once and keeps what was known."""
        try:
            # A secret mounted for a group is usual in a cluster; one for everybody is a mistake.
            if self._path.stat().st_mode & 0o007:
                raise KeyFileError(f"{self._path} is open to every user of this machine: chmod 600")
            lines = self._path.read_text(encoding="ascii").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise KeyFileError(f"the key file {self._path} cannot be read ({type(error).__name__})") from None
        keks: dict[str, Kek] = {}
        blind: list[bytes] = []
        mistakes: list[str] = []
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            try:
                kek_id, use, key = _parse(line)
            except ValueError as mistake:
                mistakes.append(f"line {number} {mistake}")
                continue
            if use == "blind":
                blind.append(key)
            elif kek_id in keks:
                mistakes.append(f"line {number} repeats the id {kek_id}")
            else:
                keks[kek_id] = Kek(kek_id, key)
        if not keks:
            mistakes.append('no line has "use": "wrap"')
        if len(blind) != 1:
            mistakes.append(f'{len(blind)} lines have "use": "blind", one must')
        if mistakes:
            raise KeyFileError(f"{self._path}: {'; '.join(mistakes)}")
        self._keks, self.blind_key, self.current = keks, blind[0], next(iter(keks.values()))

    def kek(self, kek_id: str) -> Kek:
        """Raises KeyFileError when the file has no such key, even after reading it again."""
        found = self._keks.get(kek_id)
        if found is None:
            self.reload()
            found = self._keks.get(kek_id)
        if found is None:
            raise KeyFileError(f"{self._path} has no key-encryption key {kek_id}, but subject keys are wrapped by it")
        return found


def create(path: Path) -> None:
    """Write a new secret file (0600) unless there is one; never half a file, never over an old one."""
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    half = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    with os.fdopen(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        for kek_id, use in (("kek-1", "wrap"), ("index", "blind")):
            key = base64.b64encode(secrets.token_bytes(_KEY_BYTES)).decode()
            file.write(json.dumps({"id": kek_id, "use": use, "key": key}) + "\n")
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(half, path)  # fails where somebody else was first
    except FileExistsError:
        pass
    finally:
        half.unlink()


def prepend_kek(path: Path, kek_id: str) -> None:
    """Make a new random key the current one. The first step of a rotation; `KeyVault.rotate` is the second."""
    line = json.dumps({"id": kek_id, "use": "wrap", "key": base64.b64encode(secrets.token_bytes(_KEY_BYTES)).decode()})
    half = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    with os.fdopen(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(line + "\n" + path.read_text(encoding="ascii"))
        file.flush()
        os.fsync(file.fileno())
    half.rename(path)


def _parse(line: str) -> tuple[str, str, bytes]:
    try:
        row = json.loads(line)
        kek_id, use, key = row["id"], row["use"], base64.b64decode(row["key"], validate=True)
    except (ValueError, KeyError, TypeError, binascii.Error):
        raise ValueError('is not {"id", "use", "key"} with a base64 key') from None
    if not isinstance(kek_id, str) or not kek_id:
        raise ValueError("has no id")
    if use not in ("wrap", "blind"):
        raise ValueError('has another "use" than wrap and blind')
    if len(key) != _KEY_BYTES:
        raise ValueError(f"has a key of {len(key)} bytes, not {_KEY_BYTES}")
    return kek_id, use, key
