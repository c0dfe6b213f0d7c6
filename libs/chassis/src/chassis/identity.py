"""UUIDs as text and as bytes, made fast. It knows what an id looks like, not what it names."""

import hashlib
import importlib
import os
import re
from functools import lru_cache

from chassis.clock import Instant

try:
    # hashlib's sets up an OpenSSL context for each name, which takes three times as long as hashing it.
    _sha1 = importlib.import_module("_sha1").sha1
except ImportError:
    _sha1 = hashlib.sha1

_TEXT = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_ANY_CASE = re.compile(_TEXT.pattern, re.IGNORECASE | re.ASCII)
# The two variant bits replace the upper two of a hexadecimal digit.
_VARIANT = {digit: "89ab"[int(digit, 16) & 3] for digit in "0123456789abcdef"}
_LAST_MILLISECOND = 1 << 48


def uuid5(namespace: bytes | str, name: str) -> str:
    """UUIDv5 of a name within a namespace (16 bytes or UUID text): the same input gives the same id for ever."""
    space = namespace if isinstance(namespace, bytes) else _space(namespace)
    h = _sha1(space + name.encode()).hexdigest()
    return f"{h[:8]}-{h[8:12]}-5{h[13:16]}-{_VARIANT[h[16]]}{h[17:20]}-{h[20:32]}"


def uuid5_bytes(namespace: bytes, name: str) -> bytes:
    """`uuid5` as 16 bytes."""
    digest = bytearray(_sha1(namespace + name.encode()).digest()[:16])
    digest[6] = digest[6] & 0x0F | 0x50
    digest[8] = digest[8] & 0x3F | 0x80
    return bytes(digest)


def uuid7(at: Instant) -> str:
    """A new UUIDv7 that sorts by its instant to a quarter of a microsecond; random beyond that. Needs `at` >= 0."""
    h = uuid7_bytes(at).hex()
    return f"{h[:8]}-{h[8:12]}-{h[12:16]}-{h[16:20]}-{h[20:]}"


def uuid7_bytes(at: Instant) -> bytes:
    """`uuid7` as 16 bytes. Raises ValueError before 1970 and after the year 10889."""
    milliseconds, micros = divmod(at, 1000)
    if not 0 <= milliseconds < _LAST_MILLISECOND:
        raise ValueError(f"no UUIDv7 for instant {at}")
    # RFC 9562 6.2 method 3: the fraction of the millisecond takes the twelve bits after the version.
    head = milliseconds << 16 | 0x7000 | (micros << 12) // 1000
    tail = int.from_bytes(os.urandom(8), "big") & 0x3FFF_FFFF_FFFF_FFFF | 0x8000_0000_0000_0000
    return (head << 64 | tail).to_bytes(16, "big")


def uuid_bytes(text: str) -> bytes:
    """The 16 bytes of UUID text in either case. Raises ValueError for anything but 8-4-4-4-12 hexadecimal digits."""
    if _ANY_CASE.fullmatch(text) is None:
        raise ValueError("not a UUID: 8-4-4-4-12 hexadecimal digits are expected")
    return bytes.fromhex(text.replace("-", ""))


def uuid_text(value: bytes) -> str:
    """16 bytes as lower-case UUID text. Raises ValueError for another length."""
    if len(value) != 16:
        raise ValueError(f"a UUID has 16 bytes, not {len(value)}")
    h = value.hex()
    return f"{h[:8]}-{h[8:12]}-{h[12:16]}-{h[16:20]}-{h[20:]}"


def is_uuid(text: str) -> bool:
    """Whether this is UUID text exactly as we write it: lower case, with hyphens."""
    return _TEXT.fullmatch(text) is not None


_space = lru_cache(maxsize=1024)(uuid_bytes)
