"""The log: one JetStream stream of commits, appended exactly once and read in order.

It knows subjects, positions and the commit envelope. It knows no event, no shard state and no database.
"""

from __future__ import annotations

import asyncio
import base64
import json
import logging
import random
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing, suppress
from typing import Any

import nats.errors
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy
from nats.js.errors import APIError

from chassis import telemetry
from chassis.cancellation import cancellation_kept, raise_if_cancelled
from chassis.clock import LAST, Instant, to_datetime
from chassis.commits import EVERYTHING, STREAM, Commit, Entry, Subject, encode
from chassis.errors import Overloaded, Reason, StorageExhausted, Unavailable
from chassis.reader import BULK, BULK_AT_ONCE, END, Gap, Portion, Reader
from chassis.streams import subjects_of
from chassis.unreadable import Reports

_LOGGER = logging.getLogger(__name__)
_APPEND_S = telemetry.Instrument("switchboard.log.append.duration")
_APPEND_EVENTS = telemetry.Instrument("switchboard.log.append.events")
_CONFLICTS = telemetry.Instrument("switchboard.shard.conflicts")
APPEND_TIMEOUT_S = 2.0
"""How long one attempt waits for its acknowledgement. Against: an fsync takes 1-20 ms, an election 1-2 s."""
APPEND_GIVE_UP_S = 20.0
"""How long an append keeps trying before its outcome is declared unknown."""
SILENT_MAX = 3
"""Attempts in a row without an answer after which a log that answers other questions counts as stalled."""
BATCH_BYTES = 2 * 1024 * 1024
"""What a batch of commits weighs at most, and one commit more."""
_WRONG_LAST_SEQUENCE = 10071
_CONFLICT_IN_FLIGHT = 10164
_TOO_LARGE = 10054
_ITS_SUBJECT = "Nats-Subject"
"""Header of a message that was read directly: where it stands."""
HEADER_BYTES = 4 * 1024
"""Room for a commit's headers, which count against the server's limit as well."""
FULL = frozenset({10023, 10047, 10077, 10122})
"""insufficient resources, storage resources exceeded, maximum bytes or messages exceeded"""


class Conflict(Exception):
    """Somebody else appended to the subject first; the shard's state is behind the log and must be read again."""


class OutcomeUnknown(Unavailable):
    """The log did not say whether it took the commit. Repeating the command is safe."""

    REASON = Reason.OUTCOME_UNKNOWN

    def __init__(self, subject: str) -> None:
        super().__init__(f"the log did not acknowledge a commit to {subject} in time; try again", 1.0)


class LogStalled(OutcomeUnknown, StorageExhausted):
    """The log answers questions and does not acknowledge commits: its disk is full, or fails. Repeating is safe."""

    def __init__(self, subject: str) -> None:
        super().__init__(subject)
        self.detail = f"the log stores nothing, a commit to {subject} included: is its disk full? try again"
        self.retry_after_s = 5.0


class Withheld(Unavailable):
    """This log must not be appended to now: it is not the one our tables were made from. Says why, and the way out."""


class LogFull(Overloaded):
    """The log's storage is exhausted; nothing was appended and nothing that was acknowledged is lost."""


class TlsRefused(nats.errors.Error):
    """A server that `tls://` names does not speak TLS; nothing was told to it, no password either."""

    def __str__(self) -> str:
        return "nats: the server offers no tls"


class StrictClient(Client):
    """A client that means `tls://`: the library's own goes on in the clear when the server does not ask for TLS. One
    that hands no answer to a task that was cancelled while it waited, either (see `cancellation`).
    """

    async def request(self, *args: Any, **options: Any) -> Msg:
        """As the library's."""
        with cancellation_kept():
            return await super().request(*args, **options)

    async def flush(self, *args: Any, **options: Any) -> None:
        """As the library's."""
        with cancellation_kept():
            await super().flush(*args, **options)

    def _connect_command(self) -> bytes:
        here = self._current_server
        if here is not None and here.uri.scheme == "tls" and not self._server_info.get("tls_required"):
            raise TlsRefused
        return super()._connect_command()


async def connect(url: str, name: str) -> Client:
    """A connection that outlives server restarts: it reconnects for ever, four times a second. `url` may name several
    servers of one cluster, separated by commas; with `tls://` it speaks TLS or not at all.
    """
    client = StrictClient()
    await client.connect(
        [one.strip() for one in url.split(",")],
        name=name,
        max_reconnect_attempts=-1,
        reconnect_time_wait=0.25,  # type: ignore[arg-type]  # it sleeps so long
        connect_timeout=2,
        ping_interval=5,
        max_outstanding_pings=2,
        pending_size=64 * 1024 * 1024,
        error_cb=_on_error,
    )
    return client


async def connect_within(url: str, name: str, seconds: float) -> Client:
    """`connect` for who does not wait for ever: a job, a command. Raises Unavailable."""
    try:
        async with asyncio.timeout(seconds):
            return await connect(url, name)
    except (TimeoutError, nats.errors.Error, OSError) as error:
        told = "" if isinstance(error, TimeoutError) else f" ({error})"
        raise Unavailable(
            f"NATS does not answer where SWITCHBOARD_NATS_URL says within {seconds:g} s{told}; start it, then again",
            1.0,
        ) from None


async def _on_error(error: Exception) -> None:
    _LOGGER.warning("the nats connection reports an error", extra={"fields": {"error": type(error).__name__}})


class Damaged(Unavailable):
    """What stands in the log cannot be read: a file of NATS is damaged, though the server itself says nothing."""

    def __init__(self, position: int) -> None:
        super().__init__(damage_at(position), 5.0)


def damage_at(position: int) -> str:
    """The sentence for an operator."""
    return (
        f"the log cannot be read at position {position}: a file of NATS is damaged; restore NATS from a replica or a"
        " copy, then start it again"
    )


class CommitTooLarge(Exception):
    """A commit is larger than the server takes; it was not sent. What decided it must decide less at a time."""


class Log:
    """The log over one NATS connection, and a second one for reading much at once."""

    def __init__(self, nc: Client, bulk: Client | None = None) -> None:
        """`bulk` is the connection `read` uses; without one it shares the other, as is fine where little is read."""
        self.nc = nc
        self.js = nc.jetstream(timeout=5)
        self._bulk = nc if bulk is None else bulk
        self._bulk_js = self.js if bulk is None else bulk.jetstream(timeout=5)
        self._bulk_turns = asyncio.Semaphore(BULK_AT_ONCE)
        self.guard: Callable[[], Awaitable[None]] | None = None
        """Awaited before every attempt to append; raises Withheld where it must not be."""
        self.appended = 0
        """The furthest position that an append of this process was acknowledged at."""
        self._reports = Reports()
        self._hole = 0
        """A position that could not be read the last time, 0 for none."""

    async def append(self, subject: Subject, commit: Commit, expected: int, *, data: bytes | None = None) -> int:
        """Appends a commit to a shard exactly once and returns its position; it is on disk then.

        `expected` is the position of the shard's last commit, 0 for none. Repeats through lost acknowledgements,
        time-outs and server restarts: the same commit is never there twice. Raises Conflict when another commit came
        first, LogFull when the storage is exhausted, OutcomeUnknown when the log stays silent for APPEND_GIVE_UP_S,
        LogStalled when it is silent about this only, Withheld when this is not the log it was, and CommitTooLarge,
        before anything is sent, for more than the server takes.
        """
        name = str(subject)
        payload = encode(commit) if data is None else data
        self._check_size(name, len(payload))
        headers = {
            "Nats-Msg-Id": commit.commit_id.hex(),
            "Nats-Expected-Last-Subject-Sequence": str(expected),
        }
        began_at = time.monotonic()
        give_up_at = began_at + APPEND_GIVE_UP_S
        silent = 0
        labels = {"switchboard.context": subject.context, "switchboard.shard": subject.shard}
        with telemetry.append_span(f"ev.{subject.context}.*", (event.traceparent for event in commit.events)):
            if traceparent := telemetry.inject():
                headers["traceparent"] = traceparent
            while True:
                raise_if_cancelled()
                if self.guard is not None:
                    await self.guard()
                try:
                    reply = await self.nc.request(name, payload, timeout=APPEND_TIMEOUT_S, headers=headers)
                    answer = json.loads(reply.data)
                    if (error := answer.get("error")) is None:
                        _APPEND_S.record(time.monotonic() - began_at, labels)
                        _APPEND_EVENTS.record(len(commit.events), labels)
                        self.appended = max(self.appended, int(answer["seq"]))
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
                    elif code in FULL:
                        raise LogFull("the log is full; add storage, nothing acknowledged was lost", 5.0)
                    elif code == _TOO_LARGE:
                        raise CommitTooLarge(
                            f"a commit to {name} has {len(payload)} bytes, more than stream {STREAM} takes; decide "
                            "less at a time, or raise its max_msg_size"
                        )
                    elif error.get("code") != 503:
                        raise RuntimeError(f"the log refused a commit to {name}: {error}")
                    silent = 0
                except (TimeoutError, nats.errors.Error) as error:
                    silent = silent + 1 if isinstance(error, TimeoutError) else 0
                    await asyncio.sleep(0.05)
                if silent >= SILENT_MAX and await self._answers():
                    raise LogStalled(name)
                if time.monotonic() > give_up_at:
                    raise OutcomeUnknown(name)

    async def _answers(self) -> bool:
        """Whether the stream's leader answers a question at once. A server whose disk is full does, and stores nothing
        without a word.
        """
        try:
            reply = await self.nc.request(f"$JS.API.STREAM.INFO.{STREAM}", b"", timeout=APPEND_TIMEOUT_S)
        except (TimeoutError, nats.errors.Error):
            return False
        return "error" not in json.loads(reply.data)

    def _check_size(self, name: str, size: int) -> None:
        """The client would raise at every attempt, and it would look like silence."""
        room = self.nc.max_payload - HEADER_BYTES
        if size > room:
            raise CommitTooLarge(
                f"a commit to {name} has {size} bytes, the server takes {room}; decide less at a time, "
                "or raise max_payload of NATS"
            )

    async def _first_after(self, subject: str, position: int) -> Entry | None:
        """The first commit of a subject after a position, asked of the stream's leader (a direct read may lag)."""
        return await self._get({"seq": position + 1, "next_by_subj": subject})

    async def _get(self, request: dict[str, object]) -> Entry | None:
        """One message by the stream's message API."""
        answer = await self._ask("MSG.GET", request)
        if answer is None:
            return None
        message = answer["message"]
        data = base64.b64decode(message.get("data", ""))
        return Entry(message["seq"], Subject.of(message["subject"]), data, report=self._reports.report)

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

    async def has_after(self, subject: Subject, position: int) -> bool:
        """Whether a shard has a commit after a position, as the stream's leader knows. Raises Unavailable."""
        return await self._ask("MSG.GET", {"seq": position + 1, "next_by_subj": str(subject)}) is not None

    async def last_position(self) -> int:
        """Position of the last commit of the log, 0 for an empty log."""
        return int((await self.state()).get("last_seq", 0))

    async def position_at(self, at: Instant) -> int:
        """Position of the last commit that stood in the log at an instant, by the clock of its servers; 0 before the
        first. Raises Unavailable.
        """
        if at >= LAST:
            return await self.last_position()
        answer = await self._ask("MSG.GET", {"start_time": to_datetime(Instant(at + 1)).isoformat()})
        return await self.last_position() if answer is None else int(answer["message"]["seq"]) - 1

    async def state(self) -> dict[str, Any]:
        """What the stream's leader says of its messages: `first_seq`, `last_seq`, `messages`; {} without a stream."""
        info = await self._ask("INFO", {})
        return {} if info is None else dict(info["state"])

    async def raw(self, position: int) -> tuple[str, bytes] | None:
        """Subject and bytes of whatever stands at a position, readable or not; None where nothing does.

        Any replica sends them as they are; one that lags lacks them, so that the leader has the last word.
        """
        with suppress(TimeoutError, nats.errors.Error):
            asked = json.dumps({"seq": position}).encode()
            reply = await self.nc.request(f"$JS.API.DIRECT.GET.{STREAM}", asked, timeout=APPEND_TIMEOUT_S)
            if reply.headers and (subject := reply.headers.get(_ITS_SUBJECT)):
                return subject, reply.data
        return await self._raw_of_leader(position)

    async def _raw_of_leader(self, position: int) -> tuple[str, bytes] | None:
        """The same as text within JSON, which costs everybody a multiple."""
        answer = await self._ask("MSG.GET", {"seq": position})
        if answer is None:
            return None
        message = answer["message"]
        return str(message["subject"]), base64.b64decode(message.get("data", ""))

    async def _last_there(self, subject_filter: str) -> int:
        """Position of the last message that is there; of a stream that lets somebody delete, not every one is."""
        if subject_filter == EVERYTHING:
            info = await self._ask("INFO", {})
            if info is None or not info["state"].get("num_deleted"):
                return 0 if info is None else int(info["state"]["last_seq"])
        last = await self.last(subject_filter)
        return 0 if last is None else last.position

    async def subjects(self, subject_filter: str = EVERYTHING) -> dict[Subject, int]:
        """Every shard of the log whose subject matches, with its number of messages."""
        there = await subjects_of(self.nc, STREAM, subject_filter)
        found = {Subject.of(name): count for name, count in there.items()}
        return {subject: count for subject, count in found.items() if subject.context}

    async def read(
        self, after: int = 0, subject_filter: str = EVERYTHING, until: int | None = None
    ) -> AsyncGenerator[list[Entry], None]:
        """The commits after a position up to `until` (default: the last one now), in order, in batches of about
        BATCH_BYTES. For reading much: it uses the connection for that.
        """
        end = await self._last_there(subject_filter)
        if until is not None and until < end:
            end = until
        if end <= after:
            return
        async with aclosing(self._batches(after, subject_filter, BULK, BATCH_BYTES)) as batches:
            async for batch in batches:
                inside = [entry for entry in batch if entry.position <= end]
                if inside:
                    yield inside
                if batch[-1].position >= end:
                    return

    def follow(
        self, after: int, subject_filter: str = EVERYTHING, *, batch_bytes: int = BATCH_BYTES
    ) -> AsyncGenerator[list[Entry], None]:
        """The commits after a position for ever, in order and without gaps, in batches of what is there.

        Survives reconnects and server restarts by reading on from the last commit it yielded. The batch must be done
        with when the next one is asked for.
        """
        return self._batches(after, subject_filter, END, batch_bytes)

    async def _batches(
        self, after: int, subject_filter: str, portion: Portion, batch_bytes: int
    ) -> AsyncGenerator[list[Entry], None]:
        nc, js, turns = self.nc, self.js, None
        if portion is BULK:
            nc, js, turns = self._bulk, self._bulk_js, self._bulk_turns
        while True:
            raise_if_cancelled()
            reader = Reader(nc, js, after, subject_filter, portion, batch_bytes, turns, self._reports.report)
            try:
                await reader.open()
                while True:
                    batch = await reader.next()
                    after = batch[-1].position
                    yield batch
            except (TimeoutError, Gap, nats.errors.Error, APIError):
                await asyncio.sleep(0.1)
                if portion is BULK:  # who reads in bulk knows that there is more
                    await self._check_readable(after, subject_filter)
            finally:
                await reader.close()

    async def _check_readable(self, after: int, subject_filter: str) -> None:
        """A consumer that meets a damaged file stands still without a word; asked for the message, the server has
        none.
        """
        if await self._get({"seq": after + 1, "next_by_subj": subject_filter}) is None:
            self._hole = after + 1
            raise Damaged(self._hole)

    async def damage(self, last: int, probes: int = 0) -> str | None:
        """A sentence where something in the log, whose `last` position is known, cannot be read, as far as so many
        positions show, spread over all of it; None where nothing was found. One that was found before is looked at
        again, so that it heals.

        A damaged file makes all messages in it unreadable, 8 MiB of them.
        """
        positions = {self._hole} if 0 < self._hole <= last else set[int]()
        if last <= probes:
            positions |= {*range(1, last + 1)}
        else:
            positions |= {1 + int((n + random.random()) * last / probes) for n in range(probes)}  # noqa: S311
        self._hole = 0
        for position in sorted(positions):
            if await self._raw_of_leader(min(position, last)) is None:
                self._hole = position
                return damage_at(position)
        return None

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
