"""Payloads decoded into declared structs, in one step: the short way for the forms a platform sends most.

What a payload means is said once, by a channel's reader of any JSON; a plain reader gives the same items faster, or
gives way. So its structs say exactly what a plain form holds: a key that is not declared, a value of another type, a
number of more than 64 bits, broken JSON, all of them are errors of decoding, and the other reader's business.
"""

from __future__ import annotations

from typing import Annotated

import msgspec

Whole = Annotated[int, msgspec.Meta(ge=-(1 << 63), le=(1 << 63) - 1)]
"""A number that every reader of JSON takes for the same."""
Unread = str | bool | Whole | float | None
"""A value that nobody looks at. It is declared, and so decoded, since msgspec skips what is not without looking whether
it is text in UTF-8, or a number that exists: a delivery with such a value is not readable.
"""


class Form(msgspec.Struct, gc=False, kw_only=True, forbid_unknown_fields=True):
    """An object of JSON all of whose keys are declared."""
