"""switchboard/log/v1/log.proto as structs: see protos/structs.py. Written by `make generate`."""

from typing import ClassVar

from msgspec import Struct

from switchboard.structs import STRUCTS


class Sealed(Struct, frozen=True, array_like=True, gc=False):
    """A personal value under the key of its data subject. Unreadable once that key is destroyed."""

    NAME: ClassVar[str] = "switchboard.log.v1.Sealed"
    """Full name of its message."""
    subject_id: str = ""
    """The data subject: UUID text of an identity."""
    nonce: bytes = b""
    """Nonce of AES-256-GCM, 12 bytes."""
    ciphertext: bytes = b""
    """Ciphertext and tag; the associated data binds tenant and subject id."""


STRUCTS |= {cls.NAME: cls for cls in (Sealed,)}
