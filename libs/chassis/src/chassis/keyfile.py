"""The secret file: key-encryption keys and the blind-index key. It knows nothing of subjects or databases.

One JSON object a line, keys as base64 of 32 bytes:

    {"id": "kek-1", "use": "wrap", "key": "..."}      wraps subject keys; which one wraps new ones, `keyring` tells
    {"id": "kek-2", "use": "wrap", "key": "..."}
    {"id": "index", "use": "blind", "key": "..."}     exactly one; it is not rotated, indexes would no longer match
"""

import base64
import binascii
import hashlib
import hmac
import json
import os
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_KEY_BYTES: Final = 32
_NONCE_BYTES: Final = 12
FINGERPRINT_BYTES: Final = 16


class KeyFileError(Exception):
    """The secret file cannot be used, or lacks a key that is needed. Names lines and ids, never keys."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What may be told of one line of the file."""

    id: str
    use: str
    """"wrap" or "blind"."""
    fingerprint: bytes
    """16 bytes: HMAC-SHA256 of use and id under the key, cut. Tells one key from another and nothing of it."""


class Kek:
    """One key-encryption key. Wrapped = nonce (12 bytes), ciphertext (32), tag (16), bound to `associated`."""

    __slots__ = ("_cipher", "entry", "id")

    def __init__(self, kek_id: str, key: bytes) -> None:
        self.id = kek_id
        self.entry = _entry(kek_id, "wrap", key)
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
    """The parsed file; read again when a key id appears that it did not have, so rotation needs no restart. A key that
    was read does not become another one: a file that is swapped under a running process is refused.
    """

    def __init__(self, path: Path) -> None:
        """Raises KeyFileError as `reload` does."""
        self.path = path
        self._keks: Mapping[str, Kek] = {}
        self.blind_key = b""
        self.entries: Sequence[Entry] = ()
        """All of the file, in its order."""
        self.reload()

    def reload(self) -> None:
        """Read the file. Raises KeyFileError with every mistake at once and keeps what was known."""
        keks: dict[str, Kek] = {}
        blind: list[bytes] = []
        entries: list[Entry] = []
        mistakes: list[str] = []
        text = _text(self.path)
        lines = text.splitlines()
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            try:
                kek_id, use, key = _parse(line)
            except ValueError as mistake:
                if number == len(lines) and not text.endswith("\n"):
                    mistakes.append(f"line {number} is cut short; put the file back from its backup")
                else:
                    mistakes.append(f"line {number} {mistake}")
                continue
            if kek_id in {entry.id for entry in entries}:
                mistakes.append(f"line {number} repeats the id {kek_id}")
                continue
            entries.append(_entry(kek_id, use, key))
            if use == "blind":
                blind.append(key)
            else:
                keks[kek_id] = Kek(kek_id, key)
        before = {entry.id: entry for entry in self.entries}
        mistakes += [
            f"{entry.id} is another key than before" for entry in entries if before.get(entry.id, entry) != entry
        ]
        if not keks:
            mistakes.append('no line has "use": "wrap"')
        if len(blind) != 1:
            mistakes.append(f'{len(blind)} lines have "use": "blind", one must')
        if mistakes:
            raise KeyFileError(f"the key file {self.path}: {'; '.join(mistakes)}")
        self._keks, self.blind_key, self.entries = keks, blind[0], entries

    def find(self, kek_id: str) -> Kek | None:
        """The key of this id as the file was read last; None where it had none."""
        return self._keks.get(kek_id)

    def kek(self, kek_id: str) -> Kek:
        """Raises KeyFileError when the file has no such key, even after reading it again."""
        found = self._keks.get(kek_id)
        if found is None:
            self.reload()
            found = self._keks.get(kek_id)
        if found is None:
            raise KeyFileError(f"{self.path} has no key-encryption key {kek_id}, but subject keys are wrapped by it")
        return found


def create(path: Path, kek_id: str = "kek-1", blind_id: str = "index") -> None:
    """Write a new secret file (0600) unless there is one; never half a file, never over an old one."""
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    half = _written(path, _line(kek_id, "wrap") + _line(blind_id, "blind"))
    try:
        os.link(half, path)  # fails where somebody else was first
    except FileExistsError:
        pass
    finally:
        half.unlink()


def add_kek(path: Path, kek_id: str) -> None:
    """Adds a new random key, all of the new file or all of the old one; it wraps nothing before `rotation` says so."""
    text = _text(path)
    half = _written(path, text + ("" if text.endswith("\n") else "\n") + _line(kek_id, "wrap"))
    half.rename(path)


def back_up(path: Path, copy: Path) -> Sequence[Entry]:
    """Copies the file (0600), reads the copy back and compares; what is in it. Raises KeyFileError where the file or
    the copy cannot be used, FileExistsError and other OSErrors where the copy cannot be written.
    """
    original = KeyFile(path)
    with os.fdopen(os.open(copy, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(_text(path))
        file.flush()
        os.fsync(file.fileno())
    if KeyFile(copy).entries != original.entries:
        raise KeyFileError(f"{copy} is not what {path} is; make another backup")
    return original.entries


def _text(path: Path) -> str:
    """The file's text. Raises KeyFileError with the fix."""
    try:
        # A secret mounted for a group is usual in a cluster; one for everybody is a mistake.
        if path.stat().st_mode & 0o007:
            raise KeyFileError(f"the key file {path} is open to every user of this machine: chmod 600 {path}")
        text = path.read_text(encoding="ascii")
    except FileNotFoundError:
        raise KeyFileError(f"the key file {path} is not there: put it back from its backup") from None
    except PermissionError:
        raise KeyFileError(
            f"the key file {path} cannot be read by this user: make the user its owner, with chmod 600"
        ) from None
    except UnicodeDecodeError:
        raise KeyFileError(f"the key file {path} is no text of ASCII: put it back from its backup") from None
    except OSError as error:
        raise KeyFileError(f"the key file {path} cannot be read ({error.strerror})") from None
    if not text.strip():
        raise KeyFileError(f"the key file {path} is empty: put it back from its backup")
    return text


def _written(path: Path, text: str) -> Path:
    """A file beside `path` with this text, on disk, for its owner only."""
    half = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    with os.fdopen(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    return half


def _line(kek_id: str, use: str) -> str:
    key = base64.b64encode(secrets.token_bytes(_KEY_BYTES)).decode()
    return json.dumps({"id": kek_id, "use": use, "key": key}) + "\n"


def _entry(kek_id: str, use: str, key: bytes) -> Entry:
    said = f"switchboard key\0{use}\0{kek_id}".encode()
    return Entry(kek_id, use, hmac.digest(key, said, hashlib.sha256)[:FINGERPRINT_BYTES])


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
