"""The shard of calendars between the log and its callers: what a state is as bytes, and what a request means to it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from typing import Any, TypeVar

from chassis.clock import Clock
from chassis.commands import Origin, request_of
from chassis.commits import Position
from chassis.decider import Decider
from chassis.shard import ShardWriter
from google.protobuf.message import Message
from msgspec import msgpack
from switchboard.kpi.v1 import service_pb2 as api

from kpi import calendar_requests, decider, events
from kpi.decider import Calendars, Command
from kpi.views.calendars import CODEC

M = TypeVar("M", bound=Message)
CONTEXT = "kpi"
SHARD = "0"
Writer = ShardWriter[Command, Calendars, events.Event]
_decoder = msgpack.Decoder(list[events.CalendarDefined])


def dump(calendars: Calendars) -> Iterator[bytes]:
    """The latest versions by id."""
    yield msgpack.encode([calendars.defined[calendar_id] for calendar_id in sorted(calendars.defined)])


def load(raw: bytes) -> Calendars:
    """The calendars of these bytes."""
    return Calendars({one.calendar_id: one for one in _decoder.decode(raw)})


DECIDER: Decider[Command, Calendars, events.Event] = Decider(
    initial=Calendars,
    decide=decider.decide,
    evolve=decider.evolve,
    encode=CODEC.encode,
    decode=CODEC.decode,
    occurred_at=lambda event: event.at,
    dump=dump,
    load=load,
)


class Requests:
    """What requests mean to the shard, at its owner."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    async def __call__(self, writer: Writer, request: Message) -> Message:
        """Executes one request. Raises Rejected and InvalidRequest."""
        match request:
            case api.CreateCalendarRequest():
                made = calendar_requests.command_of(request, self._clock.now())
                return await _submit(writer, request, made, api.CreateCalendarResponse())
            case api.UpdateCalendarRequest():
                made = calendar_requests.command_of(request, self._clock.now())
                return await _submit(writer, request, made, api.UpdateCalendarResponse())
            case api.ImportCalendarExceptionsRequest():
                asked = calendar_requests.import_of(request, self._clock.now())
                zone = decider.known(writer.state, asked.calendar_id).time_zone
                # In a thread: a file that is hard to read takes a second.
                added = await asyncio.to_thread(calendar_requests.adding, asked, request.ical, zone, self._clock.now())
                count = len(added.exceptions)
                answer = api.ImportCalendarExceptionsResponse(exceptions_count=count)
                return await _submit(writer, request, added, answer)
            case _:
                raise TypeError(f"{type(request).__name__} is no request to a shard of calendars")


async def _submit(writer: Writer, request: Message, command: Command, answer: M) -> M:
    """Has a command decided; the answer gets the calendar and where the change stands in the log."""

    def respond(calendars: Calendars, _: Sequence[events.Event]) -> Message:
        shown = calendar_requests.message(writer.subject.tenant, calendars.defined[command.calendar_id])
        answer.calendar.CopyFrom(shown)  # type: ignore[attr-defined]
        return answer

    outcome = await writer.submit(command, origin=Origin("client"), request=request_of(request), respond=respond)
    said: Any = outcome.response
    response: Any = type(answer)()
    response.CopyFrom(said)
    response.position = Position.encode(outcome.position)
    told: M = response
    return told
