"""Takes a request to the replica that owns its shard, and answers those that others send here.

It knows NATS subjects, headers and statuses. It knows no shard and no request's meaning. Whatever bytes arrive, they
cost an answer at most.

    request    cmd.<context>.<tenant>.<shard>, an Any; headers Deadline-Seconds (what is left then),
               Known-Position (of the fact it follows from) and traceparent
    answer     an Any; with the header Refused a google.rpc.Status
"""

from __future__ import annotations

import asyncio
import logging
import math
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress

import grpc
import nats.errors
from google.protobuf.any_pb2 import Any as AnyMessage
from google.protobuf.message import DecodeError, Message
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription

from chassis import attributes as names
from chassis import telemetry
from chassis.calls import DEADLINE_S, allow, deadline_s
from chassis.commits import Subject, unpacked
from chassis.errors import (
    InvalidRequest,
    Overloaded,
    Reason,
    StatusError,
    Unavailable,
    raise_from_status_bytes,
    to_status,
)
from chassis.layout import UnknownEvent
from chassis.logs import where

MOVING_S = 6.0
"""How long a call waits for a shard without an owner. Against: a dead member is noticed after 5 s."""
FORWARDED_MAX = 10_000
"""Forwarded requests one shard has in hand at a time; more are told to come back."""
PENDING_MAX = 20_000
PENDING_BYTES_MAX = 64 * 1024 * 1024
"""What NATS's client keeps of them before they are looked at; more are lost, and their callers' deadlines pass."""
_LEFT_MAX_S = 3600.0
_ENVELOPE_BYTES = 1024
"""Room for the headers of a message."""

Execute = Callable[[Message, int], Awaitable[Message]]

_LOGGER = logging.getLogger(__name__)
_UNFORESEEN = telemetry.Instrument("switchboard.unforeseen")


class OutcomeUnreadable(Unavailable):
    """The owner executed the request and answered what this release cannot read."""

    REASON = Reason.OUTCOME_UNKNOWN

    def __init__(self, subject: Subject) -> None:
        super().__init__(f"the answer of shard {subject}'s owner cannot be read; repeat with the same request_id", 1.0)


async def forward(nc: Client, subject: Subject, request: Message, known: int) -> Message:
    """Has a request executed by the owner of a shard.

    Raises StatusError with the owner's refusal, NoRespondersError when nobody owns the shard and Unavailable when the
    request could not be sent (nothing was done then), InvalidRequest when it is too large to be sent, and TimeoutError
    when the call's deadline passes without an answer: it may have been executed then.
    """
    packed = AnyMessage()
    packed.Pack(request)
    data = packed.SerializeToString()
    if len(data) > nc.max_payload - _ENVELOPE_BYTES:
        raise InvalidRequest([("", f"the request has {len(data)} bytes; send less at once")])
    left_s = deadline_s()
    if left_s <= 0:
        raise TimeoutError
    headers = {"Deadline-Seconds": f"{left_s:.3f}", "Known-Position": str(known)}
    if traceparent := telemetry.inject():
        headers["traceparent"] = traceparent
    try:
        reply = await nc.request(_name(subject), data, timeout=left_s, headers=headers)
    except (TimeoutError, nats.errors.NoRespondersError):
        raise
    except nats.errors.Error:
        raise Unavailable(f"the request did not get to the owner of shard {subject}; try again", 0.5) from None
    if reply.headers and "Refused" in reply.headers:
        raise_from_status_bytes(reply.data)
    try:
        return unpacked(AnyMessage.FromString(reply.data))
    except (DecodeError, UnknownEvent):
        raise OutcomeUnreadable(subject) from None


class Listener:
    """Answers the forwarded requests of one shard. `open`, then `drain` or `close`."""

    def __init__(self, nc: Client, subject: Subject, execute: Execute, codes: Mapping[str, grpc.StatusCode]) -> None:
        self._nc = nc
        self._subject = subject
        self._execute = execute
        self._codes = codes
        self._in_hand: set[asyncio.Task[None]] = set()
        self._subscription: Subscription | None = None

    async def open(self) -> None:
        """Listens. While a shard moves two replicas do; the group sees to it that only one of them is asked."""
        self._subscription = await self._nc.subscribe(
            _name(self._subject),
            "owner",
            cb=self._take,
            pending_msgs_limit=PENDING_MAX,
            pending_bytes_limit=PENDING_BYTES_MAX,
        )

    async def drain(self) -> None:
        """Takes no more requests; those that have come are executed."""
        if self._subscription is not None:
            await _drained(self._subscription)
            self._subscription = None

    async def close(self) -> None:
        """Gives up what is in hand; idempotent."""
        if self._subscription is not None:
            with suppress(nats.errors.Error):
                await self._subscription.unsubscribe()
            self._subscription = None
        in_hand = list(self._in_hand)
        for task in in_hand:
            task.cancel()
        await asyncio.gather(*in_hand, return_exceptions=True)

    async def finish(self) -> None:
        """Waits until what is in hand is answered."""
        if self._in_hand:
            await asyncio.wait(list(self._in_hand), timeout=MOVING_S)

    async def _take(self, message: Msg) -> None:
        """One request has come. It is never waited for here, so that the time it has left is known."""
        if not message.reply:
            return  # nobody would hear what became of it
        task = asyncio.create_task(self._answer(message, time.monotonic()))
        self._in_hand.add(task)
        task.add_done_callback(self._in_hand.discard)

    async def _answer(self, message: Msg, arrived_at: float) -> None:
        """Executes one request and answers it, refusals included; raises nothing."""
        headers = message.headers or {}
        name = ""
        try:
            request = _request_in(message.data)
            name = request.DESCRIPTOR.full_name
            with telemetry.server_span(name, headers.get("traceparent", ""), "nats"):
                left_s = _seconds_left(headers) - (time.monotonic() - arrived_at)
                data = await self._executed(request, _known(headers), left_s)
            await self._reply(message, data, refused=False)
        except Exception as refusal:  # noqa: BLE001  # crosses the wire as a status, as it would from a local call
            status = to_status(refusal, self._codes)
            if status.code == grpc.StatusCode.INTERNAL.value[0]:
                self._report(name, refusal)
            with suppress(Exception):  # the caller's deadline passes
                await self._reply(message, status.SerializeToString(), refused=True)

    async def _executed(self, request: Message, known: int, left_s: float) -> bytes:
        if left_s <= 0:
            raise TimeoutError
        if len(self._in_hand) > FORWARDED_MAX:
            raise Overloaded(f"shard {self._subject} has {FORWARDED_MAX} requests in hand; slow down", 0.25)
        allow(left_s)
        async with asyncio.timeout(left_s):
            answer = await self._execute(request, known)
        response = AnyMessage()
        response.Pack(answer)
        data = response.SerializeToString()
        if len(data) > self._nc.max_payload - _ENVELOPE_BYTES:
            raise Overloaded(f"the answer has {len(data)} bytes; ask for less at once", 0.0)
        return data

    async def _reply(self, message: Msg, data: bytes, *, refused: bool) -> None:
        await self._nc.publish(message.reply, data, headers={"Refused": "1"} if refused else None)

    def _report(self, name: str, error: Exception) -> None:
        if isinstance(error, StatusError):
            return
        kind = type(error).__name__
        fields = {"subject": str(self._subject), "method": name, "error": kind, "at": where(error.__traceback__)}
        _LOGGER.error("a forwarded request failed unforeseen", extra={"fields": fields})
        _UNFORESEEN.record(1, {names.CONTEXT: self._subject.context, names.ERROR_TYPE: kind})


def _name(subject: Subject) -> str:
    return f"cmd.{subject.context}.{subject.tenant}.{subject.shard}"


def _request_in(data: bytes) -> Message:
    try:
        return unpacked(AnyMessage.FromString(data))
    except (DecodeError, UnknownEvent):
        raise InvalidRequest([("", "the bytes are no request this service knows")]) from None


def _seconds_left(headers: Mapping[str, str]) -> float:
    """What the caller says it still waits; DEADLINE_S when it says nothing. Raises InvalidRequest for no number."""
    text = headers.get("Deadline-Seconds")
    if text is None:
        return DEADLINE_S
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if math.isnan(seconds):
        raise InvalidRequest([("Deadline-Seconds", "is no number of seconds")])
    return min(seconds, _LEFT_MAX_S)


def _known(headers: Mapping[str, str]) -> int:
    """The position a request follows from, 0 for none. Raises InvalidRequest for no number."""
    text = headers.get("Known-Position", "0")
    if not (text.isascii() and text.isdigit() and len(text) < 20):
        raise InvalidRequest([("Known-Position", "is no position")])
    return int(text)


async def _drained(subscription: Subscription) -> None:
    draining = asyncio.ensure_future(subscription.drain())  # type: ignore[no-untyped-call]
    try:
        await asyncio.wait((draining,), timeout=MOVING_S)
    finally:
        # Who is cancelled here leaves it a moment: the client miscounts its pings when a flush is cut off.
        await asyncio.wait((draining,), timeout=0.5)
        draining.cancel()
        await asyncio.gather(draining, return_exceptions=True)
