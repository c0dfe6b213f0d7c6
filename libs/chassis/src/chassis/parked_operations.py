"""What an operator sees and does about parked events, whoever could not take them.

Projections and reactors park in a table of the service, shards by a fact in their own subject; here it is one list.
What taking an event again means is each consumer's.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Protocol

from google.protobuf.message import Message
from switchboard.log.v1 import operations_pb2

from chassis.commits import Position, Subject
from chassis.database import Database
from chassis.errors import InvalidRequest, NotFound
from chassis.forms import Judge
from chassis.parking import ParkingLot
from chassis.requests import Int32, page

Release = Callable[[str], Awaitable[tuple[int, int]]]
"""Takes what waits under a key again; (events that went through, events that still wait)."""
_Cursor = tuple[str, str, int, int]
"""(consumer, key, position, index)."""
_SHAPE = (str, str, int, Int32)
JUDGES: Mapping[type[Message], Judge] = {operations_pb2.ListParkedRequest: lambda asked: page(asked, _SHAPE)}
"""What is wrong with the form of its requests, beyond what the contract says of their fields."""


class ShardInputs(Protocol):
    """The shards of this service, as far as inputs are parked there; `ShardOperations` is it."""

    async def parked(self, name: str = "") -> Sequence[operations_pb2.ParkedEvent]:
        """The parked inputs of all shards, or of one. Raises Unavailable when an owner does not answer."""

    async def release(self, name: str, key: str) -> operations_pb2.ReleaseParkedResponse:
        """Takes one again. Raises NotFound for a shard there is not and for an input that is not parked."""


_CONSUMER = re.compile(r"[a-z][a-z0-9_]{0,99}")


class ParkedOperations:
    """Everything that is parked in one service."""

    def __init__(self, database: Database, releases: Mapping[str, Release], shards: ShardInputs) -> None:
        """`releases` by consumer: each projection and reactor, whose events wait in the table `parked`."""
        self._database = database
        self._releases = releases
        self._shards = shards

    async def list_parked(self, request: operations_pb2.ListParkedRequest) -> operations_pb2.ListParkedResponse:
        """A page of what waits, by consumer, key and position. Raises InvalidRequest for a malformed page token, and
        Unavailable when the owner of a shard that was asked for does not answer.
        """
        asked = page(request, _SHAPE)
        after: _Cursor = asked.cursor or ("", "", -1, -1)  # type: ignore[assignment]  # the shape was checked
        found: list[tuple[_Cursor, operations_pb2.ParkedEvent]] = []
        if request.consumer not in self._releases:  # who asks for a view needs no shard
            for event in await self._shards.parked(request.consumer):
                found.append(((event.consumer, event.key, Position.decode(event.position), event.index), event))
        consumers = sorted({*self._releases, *(event.consumer for _, event in found)})
        shown: list[tuple[_Cursor, operations_pb2.ParkedEvent]] = []
        for consumer in consumers:
            if consumer < after[0] or request.consumer not in ("", consumer):
                continue
            wanted = asked.size + 1 - len(shown)
            begin = after[1:] if consumer == after[0] else None
            if consumer in self._releases:
                shown += await self._waiting(consumer, begin, wanted)
            else:
                own = sorted((one for one in found if one[0][0] == consumer), key=lambda one: one[0])
                shown += [one for one in own if begin is None or one[0][1:] > begin][:wanted]
            if len(shown) > asked.size:
                break
        events, next_token = asked.cut(shown, lambda one: one[0])
        return operations_pb2.ListParkedResponse(events=[event for _, event in events], next_page_token=next_token)

    async def _waiting(
        self, consumer: str, after: tuple[str, int, int] | None, limit: int
    ) -> list[tuple[_Cursor, operations_pb2.ParkedEvent]]:
        return [
            (
                (consumer, one.key, *one.place),
                operations_pb2.ParkedEvent(
                    consumer=consumer,
                    key=one.key,
                    position=Position.encode(one.place[0]),
                    index=one.place[1],
                    subject=one.subject,
                    type=one.type,
                    error=one.error,
                ),
            )
            for one in await ParkingLot(consumer).list_events(self._database, after, limit)
        ]

    async def release(self, consumer: str, key: str) -> operations_pb2.ReleaseParkedResponse:
        """Takes what waits under a key again. Raises InvalidRequest for what is no consumer's name, NotFound for a
        consumer this service does not have and for a key under which nothing waits.
        """
        if consumer in self._releases:
            released, waiting = await self._releases[consumer](key)
            if not released and not waiting:
                raise NotFound("parked key", f"{consumer}/{key}")
            return operations_pb2.ReleaseParkedResponse(released=released, waiting=waiting)
        try:
            Subject.parse(consumer)
        except ValueError:
            if _CONSUMER.fullmatch(consumer) is None:
                wrong = "is the name of a projection or reactor, or the subject of a shard"
                raise InvalidRequest([("consumer", wrong)]) from None
            raise NotFound("consumer", consumer) from None
        return await self._shards.release(consumer, key)
