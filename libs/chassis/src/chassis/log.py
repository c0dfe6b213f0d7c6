"""The log: one JetStream stream of commits, appended exactly once and read in order.

It knows subjects, positions and the commit envelope. It knows no event, no shard state and no database.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import json
import logging
import re
import time
from collections import deque
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import nats
import nats.errors
from google.protobuf import descriptor_pool, message_factory
from google.protobuf.any_pb2 import Any as AnyMessage
from google.protobuf.message import Message
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.js.api import (
    AckPolicy,
    ConsumerConfig,
    DeliverPolicy,
    DiscardPolicy,
    RetentionPolicy,
    StorageType,
    StoreCompression,
    StreamConfig,
)
from nats.js.errors import APIError, NotFoundError
from switchboard.log.v1 import log_pb2

from chassis import telemetry
from chassis.cancellation import raise_if_cancelled
from chassis.errors import InvalidRequest, Overloaded, Unavailable

STREAM = "EVENTS"
EVERYTHING = "ev.>"
"""The subjects of all shards."""
_LOGGER = logging.getLogger(__name__)
_APPEND_S = telemetry.Instrument("switchboard.log.append.duration")
_APPEND_EVENTS = telemetry.Instrument("switchboard.log.append.events")
_CONFLICTS = telemetry.Instrument("switchboard.shard.conflicts")
EVENTS_MAX = 1_000
"""Events in one commit."""
COMMIT_BYTES_MAX = 512 * 1024
"""Encoded size of one commit; two of them fit a server's default payload limit."""
APPEND_TIMEOUT_S = 2.0
"""How long one attempt waits for its acknowledgement. Against: an fsync takes 1-20 ms, an election 1-2 s."""
APPEND_GIVE_UP_S = 20.0
"""How long an append keeps trying before its outcome is declared unknown."""
_PULL = 256
_HEARTBEAT_S = 2.0
_WRONG_LAST_SEQUENCE = 10071
_CONFLICT_IN_FLIGHT = 10164
_FULL = frozenset({10023, 10047, 10077, 10122})
"""insufficient resources, storage resources exceeded, maximum bytes or messages exceeded"""
_SUBJECT = re.compile(r"ev\.([a-z]+)\.([a-z][a-z0-9-]{0,39})\.([a-z0-9-]+)\Z")


class Conflict(Exception):
    """Somebody else appended to the subject first; the shard's state is behind the log and must be read again."""


class OutcomeUnknown(Unavailable):
    """The log did not say whether it took the commit. Repeating the command is safe."""

    def __init__(self, subject: str) -> None:
        super().__init__(f"the log did not acknowledge a commit to {subject} in time; try again", 1.0)


class LogFull(Overloaded):
    """The log's storage is exhausted; nothing was appended and nothing that was acknowledged is lost."""


class Gap(Exception):
    """A reader was handed a position that does not follow the one before; it must read again from the last good one."""


class UnknownEvent(Exception):
    """An event's type is not known to this process: it was written by a newer version, or a contract is not
    imported.
    """


class Position:
    """A place in the log at the API: an opaque token that callers keep and hand back."""

    @staticmethod
    def encode(position: int) -> str:
        """The token of a stream sequence (0 stands before the first commit)."""
        return base64.urlsafe_b64encode(b"p" + position.to_bytes(8, "big").lstrip(b"\0")).decode().rstrip("=")

    @staticmethod
    def decode(token: str, field: str = "min_position") -> int:
        """The stream sequence of a token; "" is 0. Raises InvalidRequest for anything this class did not make."""
        if not token:
            return 0
        try:
            raw = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            raw = b""
        if not raw.startswith(b"p") or len(raw) > 9:
            raise InvalidRequest(
                [(field, "is not a position; pass one exactly as a response gave it, or leave it empty")]
            )
        return int.from_bytes(raw[1:], "big")


@dataclass(frozen=True, slots=True)
class Subject:
    """Where a shard lives."""

    context: str
    tenant: str
    shard: str

    def __str__(self) -> str:
        return f"ev.{self.context}.{self.tenant}.{self.shard}"

    @staticmethod
    @lru_cache(maxsize=4096)
    def parse(text: str) -> Subject:
        match = _SUBJECT.match(text)
        if match is None:
            raise ValueError(f"{text!r} is no subject of the log; expected ev.<context>.<tenant>.<shard>")
        return Subject(*match.groups())


@lru_cache(maxsize=1024)
def message_class(full_name: str) -> type[Message]:
    """The class of a message by its full name. Raises UnknownEvent when no contract imported here defines it."""
    try:
        return message_factory.GetMessageClass(descriptor_pool.Default().FindMessageTypeByName(full_name))
    except KeyError:
        raise UnknownEvent(f"event type {full_name} is unknown here; deploy the release that knows it first") from None


def unpacked(packed: AnyMessage) -> Message:
    """The message in an `Any`. Raises UnknownEvent when no contract imported here defines it."""
    message = message_class(packed.TypeName())()
    packed.Unpack(message)
    return message


@lru_cache(maxsize=1024)
def _name(type_url: str) -> str:
    return type_url.rpartition("/")[2]


class Recorded:
    """One event as it stands in the log."""

    __slots__ = ("_body", "context", "event", "index", "position", "shard", "tenant", "type")

    def __init__(self, position: int, index: int, subject: Subject, event: log_pb2.Event) -> None:
        self.position = position
        self.index = index
        self.context = subject.context
        self.tenant = subject.tenant
        self.shard = subject.shard
        self.event = event
        self.type = _name(event.body.type_url)
        self._body: Message | None = None

    @property
    def body(self) -> Any:
        """The fact, decoded once. Raises UnknownEvent when its contract is not imported in this process."""
        if self._body is None:
            self._body = message_class(self.type).FromString(self.event.body.value)
        return self._body


@dataclass(slots=True)
class Entry:
    """One commit as it stands in the log, its bytes not yet decoded."""

    position: int
    subject: Subject
    data: bytes
    reply: str = ""
    behind: int = 0
    """Commits that waited behind it for the same reader when it was handed out."""
    appended_at_s: float = 0.0
    """When the log took it, unix seconds by the server's clock; for measuring lag only."""
    _commit: log_pb2.Commit | None = None
    _events: list[Recorded] | None = None

    @property
    def commit(self) -> log_pb2.Commit:
        if self._commit is None:
            self._commit = log_pb2.Commit.FromString(self.data)
        return self._commit

    def events(self) -> list[Recorded]:
        """The commit's events in their order; their bodies are decoded once, whoever asks."""
        if self._events is None:
            self._events = [Recorded(self.position, i, self.subject, e) for i, e in enumerate(self.commit.events)]
        return self._events


@dataclass(frozen=True, slots=True)
class LogSettings:
    """How the stream is created; a stream that exists with other limits is updated where the server allows it."""

    max_bytes: int = 64 * 1024**3
    replicas: int = 1


def stream_config(settings: LogSettings) -> StreamConfig:
    """The one declaration of the log's stream; `deny_delete` and `deny_purge` can never be undone on it."""
    return StreamConfig(
        name=STREAM,
        subjects=[EVERYTHING],
        storage=StorageType.FILE,
        retention=RetentionPolicy.LIMITS,
        discard=DiscardPolicy.NEW,
        max_bytes=settings.max_bytes,
        deny_delete=True,
        deny_purge=True,
        allow_direct=True,
        allow_atomic=True,
        duplicate_window=120,
        compression=StoreCompression.S2,
        num_replicas=settings.replicas,
    )


async def connect(url: str, name: str) -> Client:
    """A connection that outlives server restarts: it reconnects for ever, four times a second."""
    return await nats.connect(
        url,
        name=name,
        max_reconnect_attempts=-1,
        reconnect_time_wait=0.25,
        connect_timeout=2,
        ping_interval=5,
        max_outstanding_pings=2,
        pending_size=64 * 1024 * 1024,
        error_cb=_on_error,
    )


async def _on_error(error: Exception) -> None:
    _LOGGER.warning("the nats connection reports an error", extra={"fields": {"error": type(error).__name__}})


class Log:
    """The log over one NATS connection."""

    def __init__(self, nc: Client) -> None:
        self.nc = nc
        self.js = nc.jetstream(timeout=5)

    async def ensure(self, settings: LogSettings | None = None) -> None:
        """Creates the stream if it is not there. Idempotent."""
        config = stream_config(settings or LogSettings())
        try:
            info = await self.js.stream_info(STREAM)
        except NotFoundError:
            await self.js.add_stream(config)
            return
        if settings is not None and (info.config.max_bytes, info.config.num_replicas) != (
            config.max_bytes,
            config.num_replicas,
        ):
            await self.js.update_stream(config)

    async def append(
        self, subject: Subject, commit: log_pb2.Commit, expected: int, *, data: bytes | None = None
    ) -> int:
        """Appends a commit to a shard exactly once and returns its position; it is on disk then.

        `expected` is the position of the shard's last commit, 0 for none. Repeats through lost acknowledgements,
        time-outs and server restarts: the same commit is never there twice. Raises Conflict when another commit came
        first, LogFull when the storage is exhausted, OutcomeUnknown when the log stays silent for APPEND_GIVE_UP_S.
        """
        name = str(subject)
        payload = commit.SerializeToString(deterministic=True) if data is None else data
        headers = {
            "Nats-Msg-Id": commit.commit_id.hex(),
            "Nats-Expected-Last-Subject-Sequence": str(expected),
        }
        began_at = time.monotonic()
        give_up_at = began_at + APPEND_GIVE_UP_S
        labels = {"switchboard.context": subject.context, "switchboard.shard": subject.shard}
        with telemetry.append_span(f"ev.{subject.context}.*", (event.traceparent for event in commit.events)):
            if traceparent := telemetry.inject():
                headers["traceparent"] = traceparent
            while True:
                raise_if_cancelled()
                try:
                    reply = await self.nc.request(name, payload, timeout=APPEND_TIMEOUT_S, headers=headers)
                    answer = json.loads(reply.data)
                    if (error := answer.get("error")) is None:
                        _APPEND_S.record(time.monotonic() - began_at, labels)
                        _APPEND_EVENTS.record(len(commit.events), labels)
                        return int(answer["seq"])
                    code = error.get("err_code", 0)
                    if code in (_WRONG_LAST_SEQUENCE, _CONFLICT_IN_FLIGHT):
                        standing = await self._first_after(name, expected)
                        if standing is not None:
                            if standing.commit.commit_id == commit.commit_id:
                                return standing.position
                            _CONFLICTS.record(1, labels)
                            raise Conflict(f"{name} has moved past {expected}")
                        await asyncio.sleep(0.01)
                    elif code in _FULL:
                        raise LogFull("the log is full; add storage, nothing acknowledged was lost", 5.0)
                    elif error.get("code") != 503:
                        raise RuntimeError(f"the log refused a commit to {name}: {error}")
                except (TimeoutError, nats.errors.Error):
                    await asyncio.sleep(0.05)
                if time.monotonic() > give_up_at:
                    raise OutcomeUnknown(name)

    async def _first_after(self, subject: str, position: int) -> Entry | None:
        """The first commit of a subject after a position, asked of the stream's leader (a direct read may lag)."""
        return await self._get({"seq": position + 1, "next_by_subj": subject})

    async def _get(self, request: dict[str, object]) -> Entry | None:
        """One message by the stream's message API."""
        answer = await self._ask("MSG.GET", request)
        if answer is None:
            return None
        message = answer["message"]
        return Entry(message["seq"], Subject.parse(message["subject"]), base64.b64decode(message["data"]))

    async def _ask(self, what: str, request: dict[str, object]) -> dict[str, Any] | None:
        """What the stream's leader says, None for what it does not have. Raises Unavailable when it stays silent."""
        give_up_at = time.monotonic() + APPEND_GIVE_UP_S
        while True:
            raise_if_cancelled()
            try:
                asked = f"$JS.API.STREAM.{what}.{STREAM}"
                reply = await self.nc.request(asked, json.dumps(request).encode(), timeout=APPEND_TIMEOUT_S)
                answer: dict[str, Any] = json.loads(reply.data)
                if (error := answer.get("error")) is None:
                    return answer
                if error.get("code") == 404:
                    return None
            except (TimeoutError, nats.errors.Error):
                pass  # asked again below, within the limit
            if time.monotonic() > give_up_at:
                raise Unavailable("the log does not answer; try again", 1.0)
            await asyncio.sleep(0.05)

    async def get(self, position: int) -> Entry | None:
        """The commit at a position, None where there is none."""
        return await self._get({"seq": position})

    async def last(self, subject_filter: str = EVERYTHING) -> Entry | None:
        """The last commit on a subject or wildcard, None when there is none."""
        return await self._get({"last_by_subj": subject_filter})

    async def last_position(self) -> int:
        """Position of the last commit of the log, 0 for an empty log."""
        info = await self._ask("INFO", {})
        return 0 if info is None else int(info["state"]["last_seq"])

    async def subjects(self, subject_filter: str = EVERYTHING) -> dict[Subject, int]:
        """Every subject of the log that matches, with its number of commits."""
        info = await self.js.stream_info(STREAM, subjects_filter=subject_filter)
        return {Subject.parse(name): count for name, count in (info.state.subjects or {}).items()}

    async def read(
        self, after: int = 0, subject_filter: str = EVERYTHING, until: int | None = None
    ) -> AsyncGenerator[list[Entry], None]:
        """The commits after a position up to `until` (default: the last one now), in order, in batches."""
        if subject_filter == EVERYTHING:
            end = await self.last_position()
        else:
            last = await self.last(subject_filter)
            end = 0 if last is None else last.position
        if until is not None and until < end:
            end = until
        if end <= after:
            return
        async with aclosing(self.follow(after, subject_filter)) as batches:
            async for batch in batches:
                inside = [entry for entry in batch if entry.position <= end]
                if inside:
                    yield inside
                if batch[-1].position >= end:
                    return

    def follow(
        self, after: int, subject_filter: str = EVERYTHING, *, batch_bytes: int = 2 * 1024 * 1024
    ) -> AsyncGenerator[list[Entry], None]:
        """The commits after a position for ever, in order and without gaps, in batches of what is there.

        Survives reconnects and server restarts by reading on from the last commit it yielded. The batch must be done
        with when the next one is asked for.
        """
        return self._batches(after, subject_filter, None, batch_bytes)

    def consume(self, durable: str, subject_filter: str) -> AsyncGenerator[list[Entry], None]:
        """The commits a named consumer has not acknowledged yet, then those that come; acknowledge with `ack`.

        After a crash, or while two of the same name run, unacknowledged commits come again.
        """
        return self._batches(0, subject_filter, durable, 256 * 1024)

    async def _batches(
        self, after: int, subject_filter: str, durable: str | None, batch_bytes: int
    ) -> AsyncGenerator[list[Entry], None]:
        while True:
            raise_if_cancelled()
            reader = _Reader(self, after, subject_filter, durable, batch_bytes)
            try:
                await reader.open()
                while True:
                    batch = await reader.next()
                    after = batch[-1].position if durable is None else 0
                    yield batch
            except (TimeoutError, Gap, nats.errors.Error, APIError):
                await asyncio.sleep(0.1)
            finally:
                await reader.close()

    async def mark(self, name: str, position: int) -> None:
        """Shows operators how far a reader is: a consumer of that name whose pending messages are the reader's lag.

        Nothing is read through it. Failing to move it is harmless; the next mark moves it further.
        """
        config = ConsumerConfig(
            durable_name=name, ack_policy=AckPolicy.ALL, deliver_policy=DeliverPolicy.ALL, max_deliver=-1
        )
        try:
            await self.js.add_consumer(STREAM, config)
            await self.js.reset_consumer(STREAM, name, seq=position + 1)
        except (TimeoutError, nats.errors.Error, APIError):
            return

    async def ack(self, entry: Entry) -> None:
        """Moves a durable reader's visible position up to this commit. A lost acknowledgement is harmless."""
        if entry.reply:
            await self.nc.publish(entry.reply, b"+ACK")


class _Reader:
    """One pull consumer: keeps a window of pull requests open and hands out what has arrived."""

    def __init__(self, log: Log, after: int, subject_filter: str, durable: str | None, batch_bytes: int) -> None:
        self._log = log
        self._after = after
        self._filter = subject_filter
        self._durable = durable
        self._batch_bytes = batch_bytes
        self._waiting: deque[Msg] = deque()
        self._arrived = asyncio.Event()
        self._credit = 0
        self._seen_at = time.monotonic()
        self._consumer = ""
        self._consumer_sequence = 0
        self._subscription: Any = None

    async def open(self) -> None:
        js = self._log.js
        self._inbox = self._log.nc.new_inbox()
        self._subscription = await self._log.nc.subscribe(
            self._inbox, cb=self._take, pending_msgs_limit=-1, pending_bytes_limit=-1
        )
        if self._durable is None:
            config = ConsumerConfig(
                ack_policy=AckPolicy.NONE,
                deliver_policy=DeliverPolicy.BY_START_SEQUENCE,
                opt_start_seq=self._after + 1,
                filter_subject=self._filter,
                inactive_threshold=30,
                mem_storage=True,
                num_replicas=1,
            )
        else:
            config = ConsumerConfig(
                durable_name=self._durable,
                ack_policy=AckPolicy.ALL,
                deliver_policy=DeliverPolicy.ALL,
                filter_subject=self._filter,
                max_deliver=-1,
                ack_wait=30,
                max_ack_pending=4 * _PULL,
            )
        info = await js.add_consumer(STREAM, config)
        self._consumer = info.name
        self._next_request = f"$JS.API.CONSUMER.MSG.NEXT.{STREAM}.{self._consumer}"
        self._pull = json.dumps(
            {
                "batch": _PULL,
                "expires": 30_000_000_000,
                "idle_heartbeat": int(_HEARTBEAT_S * 1e9),
            }
        ).encode()

    async def _take(self, message: Msg) -> None:
        self._seen_at = time.monotonic()
        self._waiting.append(message)
        self._arrived.set()

    async def next(self) -> list[Entry]:
        """Waits for at least one commit; raises TimeoutError when the server has gone silent."""
        while True:
            if self._credit <= _PULL // 2:
                await self._log.nc.publish(self._next_request, self._pull, reply=self._inbox)
                self._credit += _PULL
            batch: list[Entry] = []
            size = 0
            while self._waiting and size < self._batch_bytes:
                message = self._waiting.popleft()
                if message.headers and "Status" in message.headers:
                    self._status(message)
                    continue
                self._credit -= 1
                batch.append(self._entry(message))
                size += len(message.data)
            if batch:
                return batch
            if self._waiting or self._credit <= _PULL // 2:
                continue
            self._arrived.clear()
            try:
                async with asyncio.timeout(2 * _HEARTBEAT_S + 0.5):
                    await self._arrived.wait()
            except TimeoutError:
                if time.monotonic() - self._seen_at > 2 * _HEARTBEAT_S:
                    raise

    def _status(self, message: Msg) -> None:
        assert message.headers is not None
        status = message.headers["Status"]
        if status == "100":
            return
        if status in ("408", "404") or (status == "409" and "Exceeded" in message.headers.get("Description", "")):
            self._credit -= int(message.headers.get("Nats-Pending-Messages", self._credit))
            self._credit = max(self._credit, 0)
            return
        raise Gap(f"consumer {self._consumer}: {status} {message.headers.get('Description', '')}")

    def _entry(self, message: Msg) -> Entry:
        # $JS.ACK.<stream>.<consumer>.<delivered>.<stream sequence>.<consumer sequence>.<time>.<pending>, with domain
        # two more
        tokens = message.reply.split(".")
        position, sequence = int(tokens[-4]), int(tokens[-3])
        if self._durable is None:
            if sequence != self._consumer_sequence + 1:
                raise Gap(f"consumer {self._consumer} jumped from {self._consumer_sequence} to {sequence}")
            self._consumer_sequence = sequence
        return Entry(
            position,
            Subject.parse(message.subject),
            message.data,
            message.reply,
            int(tokens[-1]),
            int(tokens[-2]) / 1e9,
        )

    async def close(self) -> None:
        if self._subscription is not None and self._log.nc.is_connected:
            await self._subscription.unsubscribe()
        if self._consumer and self._durable is None and self._log.nc.is_connected:
            await self._log.nc.publish(f"$JS.API.CONSUMER.DELETE.{STREAM}.{self._consumer}", b"")


def events_of(batch: Sequence[Entry]) -> list[Recorded]:
    """All events of a batch of commits, in log order."""
    return [recorded for entry in batch for recorded in entry.events()]
