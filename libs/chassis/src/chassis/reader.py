"""One pull consumer of the log: asks for a bounded portion at a time and hands out what has arrived, without gaps.

It knows NATS's acknowledgement subjects and status messages, and nothing of what is in a commit. What it has asked for
and not yet handed out is bounded in bytes, at the server as well as here: a reader that lags must not fill the server's
buffer of a connection, which is cut then for all that use it.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy
from nats.js.client import JetStreamContext

from chassis.cancellation import raise_if_cancelled
from chassis.commits import STREAM, Entry, Subject

ENVELOPE_BYTES: Final = 64 * 1024
"""Room for subject, headers and acknowledgement subject of one message, which the server counts too."""
SILENT_S: Final = 1.5
"""How long after a sign of life was due the consumer is taken for lost: its node is gone, or its memory."""


class Gap(Exception):
    """A reader was handed a position that does not follow the one before; it must read again from the last good one."""


@dataclass(frozen=True, slots=True)
class Portion:
    """How much a reader asks for at a time, and how long such a request stands when there is nothing."""

    messages: int
    bytes: int
    expires_s: float
    heartbeat_s: float
    """How often the server says that it is there, 0 for a request that ends before anybody would wonder."""

    @property
    def silent_s(self) -> float:
        """How long without a sign the consumer is taken for lost."""
        return (self.heartbeat_s or self.expires_s) + SILENT_S


END: Final = Portion(messages=256, bytes=1024 * 1024, expires_s=30.0, heartbeat_s=1.0)
"""For who waits at the end of the log."""
BULK: Final = Portion(messages=1024, bytes=2 * 1024 * 1024, expires_s=1.0, heartbeat_s=0.0)
"""For who reads what there is and then stops."""
BULK_AT_ONCE: Final = 16
"""Requests of bulk readers that stand at a time on their connection. Against: the server cuts it at 64 MiB unless it is
told otherwise."""


class Reader:
    """One pull consumer. One request stands at a time, so what is under way is known exactly."""

    def __init__(  # noqa: PLR0917  (what a consumer is made of)
        self,
        nc: Client,
        js: JetStreamContext,
        after: int,
        subject_filter: str,
        portion: Portion,
        batch_bytes: int,
        turns: asyncio.Semaphore | None = None,
        report: Callable[[Entry], None] | None = None,
    ) -> None:
        """`turns` bounds the requests of all readers that share it; it is held from a request to its end, which does
        not depend on who consumes.
        """
        self._nc = nc
        self._js = js
        self._after = after
        self._filter = subject_filter
        self._portion = portion
        self._batch_bytes = batch_bytes
        self._turns = turns
        self._report = report
        self._waiting: deque[Msg] = deque()
        self._waiting_bytes = 0
        self._arrived = asyncio.Event()
        self._left = 0
        """Messages the standing request may still bring, 0 while none stands."""
        self._brought = 0
        self._empty = False
        """The last request ended without a message."""
        self._one_large = False
        """The next message alone is larger than a portion."""
        self._lost: Gap | None = None
        self._seen_at = time.monotonic()
        self._consumer = ""
        self._sequence = 0
        self._subscription: Any = None

    async def open(self) -> None:
        self._inbox = self._nc.new_inbox()
        self._subscription = await self._nc.subscribe(
            self._inbox, cb=self._take, pending_msgs_limit=-1, pending_bytes_limit=-1
        )
        config = ConsumerConfig(
            ack_policy=AckPolicy.NONE,
            deliver_policy=DeliverPolicy.BY_START_SEQUENCE,
            opt_start_seq=self._after + 1,
            filter_subject=self._filter,
            inactive_threshold=30,
            mem_storage=True,
            num_replicas=1,  # one that is lost with its node is made anew from the last position handed out
        )
        info = await self._js.add_consumer(STREAM, config)
        self._consumer = info.name
        self._next_request = f"$JS.API.CONSUMER.MSG.NEXT.{STREAM}.{self._consumer}"

    async def next(self) -> list[Entry]:
        """Waits for at least one message; the batch weighs `batch_bytes` and one message more at most. Raises
        TimeoutError when the consumer has gone silent, Gap when it is gone, or has nothing for who reads in bulk.
        """
        while True:
            raise_if_cancelled()
            if self._lost is not None:
                raise self._lost
            if self._empty and not self._waiting and not self._portion.heartbeat_s:
                raise Gap(f"consumer {self._consumer} has nothing, where there must be something")
            await self._ask_for_more()
            batch: list[Entry] = []
            size = 0
            while self._waiting and size < self._batch_bytes:
                message = self._waiting.popleft()
                size += len(message.data)
                batch.append(self._entry(message))
            self._waiting_bytes -= size
            if batch:
                return batch
            if not self._left:
                continue
            self._arrived.clear()
            try:
                async with asyncio.timeout(self._portion.silent_s):
                    await self._arrived.wait()
            except TimeoutError:
                if time.monotonic() - self._seen_at > self._portion.silent_s:
                    raise

    async def _ask_for_more(self) -> None:
        """Keeps a request standing while there is room for what it may bring."""
        if self._left or self._waiting_bytes > self._portion.bytes:
            return
        if self._turns is not None:
            if self._waiting and self._turns.locked():
                return  # what is here comes first
            await self._turns.acquire()
        messages, limit = self._portion.messages, self._portion.bytes
        if self._one_large:
            messages, limit, self._one_large = 1, self._nc.max_payload + ENVELOPE_BYTES, False
        request: dict[str, int] = {
            "batch": messages,
            "max_bytes": limit,
            "expires": int(self._portion.expires_s * 1e9),
        }
        if self._portion.heartbeat_s:
            request["idle_heartbeat"] = int(self._portion.heartbeat_s * 1e9)
        self._left, self._brought, self._empty = messages, 0, False
        self._seen_at = time.monotonic()
        try:
            await self._nc.publish(self._next_request, json.dumps(request).encode(), reply=self._inbox)
        except BaseException:
            self._ended()
            raise

    def _ended(self) -> None:
        if self._left:
            self._left = 0
            if self._turns is not None:
                self._turns.release()

    async def _take(self, message: Msg) -> None:
        """Whatever the server says, as soon as it says it."""
        self._seen_at = time.monotonic()
        headers = message.headers
        if headers and "Status" in headers:
            self._status(headers["Status"], headers.get("Description", ""))
        else:
            self._waiting.append(message)
            self._waiting_bytes += len(message.data)
            self._brought += 1
            if self._left == 1:
                self._ended()
            elif self._left:
                self._left -= 1
        self._arrived.set()

    def _status(self, status: str, description: str) -> None:
        if status == "100" or "Batch Completed" in description:
            return  # a heartbeat; or what the count has said already
        if status in ("404", "408"):
            self._empty = self._brought == 0
            self._ended()
        elif status == "409" and "MaxBytes" in description:
            self._one_large = self._brought == 0
            self._ended()
        else:
            self._lost = Gap(f"consumer {self._consumer}: {status} {description}")

    def _entry(self, message: Msg) -> Entry:
        # $JS.ACK.<stream>.<consumer>.<delivered>.<stream sequence>.<consumer sequence>.<time>.<pending>, with domain
        # two more
        tokens = message.reply.split(".")
        position, sequence = int(tokens[-4]), int(tokens[-3])
        if sequence != self._sequence + 1:
            raise Gap(f"consumer {self._consumer} jumped from {self._sequence} to {sequence}")
        self._sequence = sequence
        return Entry(
            position,
            Subject.of(message.subject),
            message.data,
            int(tokens[-1]),
            int(tokens[-2]) / 1e9,
            self._report,
        )

    async def close(self) -> None:
        self._ended()
        if self._subscription is not None and self._nc.is_connected:
            await self._subscription.unsubscribe()
        if self._consumer and self._nc.is_connected:
            await self._nc.publish(f"$JS.API.CONSUMER.DELETE.{STREAM}.{self._consumer}", b"")
