"""Messages of the log that are no commits: named once each where everybody steps over them, and listed on request.

It knows positions, subjects and reasons, and never what such a message says.
"""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Final

from switchboard.log.v1 import operations_pb2

from chassis import telemetry
from chassis.commits import Entry, Position

if TYPE_CHECKING:
    from chassis.log import Log

REMEMBERED: Final = 10_000
"""Positions a process remembers to have named; one it has forgotten is named again when it is read again."""
_LOGGER = logging.getLogger(__name__)
_UNREADABLE = telemetry.Instrument("switchboard.log.unreadable")


class Reports:
    """What one process has said about unreadable messages: a line and a count for each, whoever reads it first."""

    def __init__(self) -> None:
        self._named: OrderedDict[int, None] = OrderedDict()

    def report(self, entry: Entry) -> None:
        """Names a message, the first time it is met."""
        if entry.position in self._named:
            return
        self._named[entry.position] = None
        if len(self._named) > REMEMBERED:
            self._named.popitem(last=False)
        _UNREADABLE.record(1, {"switchboard.reason": entry.unreadable})
        _LOGGER.error(
            "a message of the log is no commit; it is stepped over",
            extra={
                "fields": {
                    "position": entry.position,
                    "subject": str(entry.subject)[:200],
                    "reason": entry.unreadable,
                    "bytes": len(entry.data),
                }
            },
        )


async def unreadable_messages(log: Log, after: int) -> AsyncIterator[operations_pb2.ListUnreadableResponse]:
    """The messages after a position, up to the last one now, that are no commits. Reads all of the log in between."""
    async for batch in log.read(after):
        for entry in batch:
            if entry.unreadable:
                yield operations_pb2.ListUnreadableResponse(
                    position=Position.encode(entry.position),
                    subject=str(entry.subject),
                    reason=entry.unreadable,
                    bytes=len(entry.data),
                )
