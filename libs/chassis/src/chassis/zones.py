"""Time zones by IANA name, from the tables that are pinned beside the other packages (`tzdata`), never the machine's.

`zoneinfo` alone prefers what the machine has: two replicas would disagree for as long as one is patched and one is not.
"""

from functools import cache
from importlib import resources
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import tzdata

VERSION: str = tzdata.IANA_VERSION
"""The release of the tables, such as "2026b"."""
NAMES = frozenset((resources.files("tzdata") / "zones").read_text().split())
"""Every name they have, links included."""


@cache
def zone(name: str) -> ZoneInfo:
    """The zone of a name. Raises ZoneInfoNotFoundError (a KeyError) for one that the tables do not have."""
    if name not in NAMES:
        raise ZoneInfoNotFoundError(f"tzdata {VERSION} has no time zone {name!r}")
    with resources.files("tzdata").joinpath("zoneinfo", *name.split("/")).open("rb") as table:
        return ZoneInfo.from_file(table, key=name)
