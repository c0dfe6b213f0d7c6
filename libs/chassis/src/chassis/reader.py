"""One pull consumer of the log: a window of requests is kept open, and what has arrived is handed out without gaps.

It knows NATS's acknowledgement subjects and status messages, and nothing of what is in a commit.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections import deque
from collections.abc import Callable
from typing import Any

from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy
from nats.js.client import JetStreamContext

from chassis.cancellation import raise_if_cancelled
from chassis.commits import STREAM, Entry, Subject

_PULL = 256
_HEARTBEAT_S = 2.0


class Gap(Exception):
    """A reader was handed a position that does not follow the one before; it must read again from the last good one."""


class Reader:
    """One pull consumer: keeps a window of pull requests open and hands out what has arrived."""

    def __init__(  # noqa: PLR0917  (what a consumer is made of)
        self,
        nc: Client,
        js: JetStreamContext,
        after: int,
        subject_filter: str,
        durable: str | None,
        batch_bytes: int,
        report: Callable[[Entry], None] | None = None,
    ) -> None:
        self._nc = nc
        self._js = js
        self._after = after
        self._filter = subject_filter
        self._durable = durable
        self._batch_bytes = batch_bytes
        self._report = report
        self._waiting: deque[Msg] = deque()
        self._arrived = asyncio.Event()
        self._credit = 0
        self._seen_at = time.monotonic()
        self._consumer = ""
        self._consumer_sequence = 0
        self._subscription: Any = None

    async def open(self) -> None:
        self._inbox = self._nc.new_inbox()
        self._subscription = await self._nc.subscribe(
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
        info = await self._js.add_consumer(STREAM, config)
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
            raise_if_cancelled()
            if self._credit <= _PULL // 2:
                await self._nc.publish(self._next_request, self._pull, reply=self._inbox)
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
            Subject.of(message.subject),
            message.data,
            message.reply,
            int(tokens[-1]),
            int(tokens[-2]) / 1e9,
            self._report,
        )

    async def close(self) -> None:
        if self._subscription is not None and self._nc.is_connected:
            await self._subscription.unsubscribe()
        if self._consumer and self._durable is None and self._nc.is_connected:
            await self._nc.publish(f"$JS.API.CONSUMER.DELETE.{STREAM}.{self._consumer}", b"")
