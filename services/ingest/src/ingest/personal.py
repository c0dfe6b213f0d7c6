"""What is sealed of a post, as adapters build it and as it is stored: PersonalContent, see post.proto."""

from __future__ import annotations

import re

from msgspec import msgpack
from switchboard.ingest.v1.post_structs import Location

encoded = msgpack.Encoder().encode
"""The bytes as they are sealed."""
_AT_START = re.compile(rb"\x90(?<![\xf0-\xf4].)[\x91-\x9f]\x95\x01\0", re.DOTALL)
_BEFORE_START = 4
"""A mention at the start of a text, as in most posts: in an author without contact points, the first of some entities.

In UTF-8 three bytes of 0x80 to 0xbf stand only behind one of 0xf0 to 0xf4, so this is no part of a text.
"""


def located(place: str, pair: object, *, longitude_first: bool = True) -> Location | None:
    """A place by its name, and by its coordinates if they are two numbers on the globe; None where it has neither."""
    if type(pair) is list and len(pair) == 2:
        longitude, latitude = pair if longitude_first else (pair[1], pair[0])
        if type(longitude) in (int, float) and type(latitude) in (int, float):  # noqa: SIM102  (the range reads better alone)
            if -180 <= longitude <= 180 and -90 <= latitude <= 90:
                return Location(float(latitude), float(longitude), True, place)
    return Location(place=place) if place else None


def may_hold_nul(content: bytes) -> bool:
    """Whether U+0000 may stand in one of the texts: only then is it worth reading all of it."""
    at = content.find(b"\0")
    if at < 0:
        return False
    return content.find(b"\0", at + 1) >= 0 or _AT_START.match(content, max(0, at - _BEFORE_START)) is None
