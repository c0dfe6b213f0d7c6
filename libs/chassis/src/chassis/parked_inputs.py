"""The inputs a shard could not take, and taking one again. It knows where they stand in the log, not what they mean."""

from __future__ import annotations

import logging
from typing import Any

from switchboard.log.v1 import operations_pb2

from chassis.commits import Position, Recorded
from chassis.errors import InvalidRequest, NotFound, Overloaded, Unavailable
from chassis.inputs import Inputs, command_of
from chassis.log import Log
from chassis.logs import where
from chassis.shard import ShardWriter
from chassis.shard_state import Place

PAGE = 1_000
"""Parked inputs in one answer. Against: each has some 200 bytes, and an answer over NATS has a megabyte."""
_LOGGER = logging.getLogger(__name__)


def list_parked(writer: ShardWriter[Any, Any, Any], after: str = "") -> operations_pb2.ListParkedResponse:
    """A page of what a shard has parked, by position; `after` is the key it begins behind."""
    begin = _place_of(after) if after else (0, -1)
    places = sorted(place for place in writer.parked if place > begin)
    response = operations_pb2.ListParkedResponse()
    for place in places[:PAGE]:
        fact = writer.parked[place]
        response.events.add(
            consumer=str(writer.subject),
            key=_key_of(place),
            position=Position.encode(fact.input_position),
            index=fact.input_index,
            subject=fact.subject,
            type=fact.type,
            error=fact.error,
        )
    if len(places) > PAGE:
        response.next_page_token = response.events[-1].key
    return response


async def release(
    writer: ShardWriter[Any, Any, Any], inputs: Inputs[Any] | None, log: Log, key: str
) -> operations_pb2.ReleaseParkedResponse:
    """Reacts to a parked input and decides what it leads to with the code as it is now; what still fails stays parked.

    Raises NotFound when nothing is parked under the key, Unavailable and Overloaded when it cannot be tried now.
    """
    place = _place_of(key)
    if inputs is None or place not in writer.parked:
        raise NotFound("parked key", f"{writer.subject}/{key}")
    recorded = await _read(log, place)
    try:
        found = None if recorded is None else await command_of(inputs, recorded)
        if found is not None and found.failure:
            return operations_pb2.ReleaseParkedResponse(waiting=1)
        if found is None:
            await writer.submit(None, releases=place)
        else:
            await writer.submit(found.command, origin=found.origin, releases=place)
    except (Unavailable, Overloaded, TimeoutError):
        raise
    except Exception as error:  # noqa: BLE001  # it stays where it is
        fields = {"subject": str(writer.subject), "position": place[0], "error": type(error).__name__}
        _LOGGER.error("an input stays parked", extra={"fields": fields | {"at": where(error.__traceback__)}})
        return operations_pb2.ReleaseParkedResponse(waiting=1)
    return operations_pb2.ReleaseParkedResponse(released=1)


async def _read(log: Log, place: Place) -> Recorded | None:
    entry = await log.get(place[0])
    recorded = [] if entry is None else entry.recorded()
    return recorded[place[1]] if place[1] < len(recorded) else None


def _key_of(place: Place) -> str:
    return f"{Position.encode(place[0])}.{place[1]}"


def _place_of(key: str) -> Place:
    token, _, index = key.rpartition(".")
    try:
        return Position.decode(token), int(index)
    except (InvalidRequest, ValueError):
        raise NotFound("parked key", key) from None
