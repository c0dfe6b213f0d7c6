"""The shard of calendars between the log and its callers: what a state is as bytes, and what a request means to it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

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
        answer: type[api.CreateCalendarResponse | api.UpdateCalendarResponse]
        match request:
            case api.CreateCalendarRequest():
                answer = api.CreateCalendarResponse
            case api.UpdateCalendarRequest():
                answer = api.UpdateCalendarResponse
            case _:
                raise TypeError(f"{type(request).__name__} is no request to a shard of calendars")
        command = calendar_requests.command_of(request, self._clock.now())

        def respond(calendars: Calendars, _: Sequence[events.Event]) -> Message:
            defined = calendars.defined[command.calendar_id]
            return answer(calendar=calendar_requests.message(writer.subject.tenant, defined))

        outcome = await writer.submit(command, origin=Origin("client"), request=request_of(request), respond=respond)
        assert outcome.response is not None, "every mutation responds"
        response = answer()
        response.MergeFrom(outcome.response)  # type: ignore[arg-type]
        response.position = Position.encode(outcome.position)
        return response
