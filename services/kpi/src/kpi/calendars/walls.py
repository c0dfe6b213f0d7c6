"""When a zone's wall clock shows a time: the one way from what people say to instants. It knows no hours.

A clock that is set forward never shows some times, one that is set back shows some twice. The instant of a time is the
first at which the clock has reached it: of two the earlier, and of none the one at which the clock was set. So what is
later on the wall is never an earlier instant, and hours within what a clock leaves out have no length.
"""

from datetime import datetime
from zoneinfo import ZoneInfo

from chassis.clock import MICROS, Instant


def reached(wall: datetime, zone: ZoneInfo) -> Instant:
    """The first instant at which the clock of a zone shows a wall time (whole seconds, no zone) or a later one."""
    first, second = (int(wall.replace(tzinfo=zone, fold=fold).timestamp()) for fold in (0, 1))
    return Instant((first if first <= second else _set_forward(wall, second, first, zone)) * MICROS)


def _set_forward(wall: datetime, early: int, late: int, zone: ZoneInfo) -> int:
    """The second between two at which a clock was set beyond a time that it never shows."""
    while late - early > 1:
        middle = (early + late) // 2
        if datetime.fromtimestamp(middle, zone).replace(tzinfo=None) < wall:
            early = middle
        else:
            late = middle
    return late
