"""Sending deliveries through IngestPosts: bounded, in batches, again where no answer came. It knows no file format."""

import asyncio
import time
from collections import Counter, defaultdict, deque
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

import grpc
from switchboard.ingest.v1.service_pb2 import IngestPostsRequest, IngestPostsResponse, Result
from switchboard.ingest.v1.service_pb2_grpc import IngestServiceStub

from switchboard_cli.connection import MESSAGE_BYTES_MAX
from switchboard_cli.deliveries.addressed import Addressed
from switchboard_cli.failures import passes

BATCH = 200
BATCH_BYTES = 1024 * 1024
UNDER_WAY_MAX = 8
"""Batches sent and not yet answered: enough to keep the log busy, few enough to send again."""
DELIVERY_BYTES_MAX = MESSAGE_BYTES_MAX - 4096
TOO_LARGE = "TOO_LARGE"
"""Counted like a result: the one thing a client cannot hand over."""
ATTEMPTS_MAX = 8
"""Times in a row without any progress, about 20 s, before the last error is final."""
BROKE_UNDER_A_WRITE = "Internal error from Core"
"""What grpc.aio itself reports, as INTERNAL, when a stream ends while a request is being written."""


class First(NamedTuple):
    """The first delivery that was quarantined for a reason."""

    place: str
    detail: str


@dataclass(slots=True)
class Sent:
    """What became of everything sent so far. `position` is the latest any batch was answered with."""

    deliveries: int = 0
    results: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    first: dict[str, First] = field(default_factory=dict)
    """Of each reason."""
    position: str = ""
    first_too_large: int = 0


def batches(tenant: str, deliveries: Iterable[Addressed], sent: Sent) -> Iterator[IngestPostsRequest]:
    """One source per batch, at most BATCH deliveries and BATCH_BYTES each; order is kept within a source.

    What is larger than a message is counted in `sent` and not sent.
    """
    waiting: defaultdict[str, list[Addressed]] = defaultdict(list)
    bytes_waiting: Counter[str] = Counter()

    def flush(source: str) -> IngestPostsRequest:
        batch = waiting.pop(source)
        del bytes_waiting[source]
        return IngestPostsRequest(
            source=f"tenants/{tenant}/sources/{source}", deliveries=[item.delivery for item in batch]
        )

    for item in deliveries:
        size = item.delivery.ByteSize()
        if size > DELIVERY_BYTES_MAX:
            sent.results[TOO_LARGE] += 1
            sent.deliveries += 1
            sent.first_too_large = sent.first_too_large or size
            continue
        source = item.source_id
        if source in waiting and bytes_waiting[source] + size > BATCH_BYTES:
            yield flush(source)
        waiting[source].append(item)
        bytes_waiting[source] += size
        if len(waiting[source]) >= BATCH:
            yield flush(source)
    for source in list(waiting):
        yield flush(source)


async def send(
    channel: grpc.aio.Channel,
    requests: AsyncIterator[IngestPostsRequest],
    sent: Sent,
    answered: Callable[[IngestPostsRequest, IngestPostsResponse], None] = lambda request, response: None,
    under_way_max: int = UNDER_WAY_MAX,
) -> None:
    """Sends every batch and folds every answer into `sent`, then tells `answered`. What was not answered when a stream
    broke is sent again, which is harmless. Raises grpc.RpcError when that does not help."""
    unanswered: deque[IngestPostsRequest] = deque()
    exhausted = False
    attempts = 0
    while not exhausted or unanswered:
        room = asyncio.Semaphore(under_way_max)

        async def feed(room: asyncio.Semaphore = room) -> AsyncIterator[IngestPostsRequest]:
            nonlocal exhausted
            for request in list(unanswered):
                await room.acquire()
                yield request
            while not exhausted:
                await room.acquire()
                try:
                    fresh = await anext(requests)
                except StopAsyncIteration:
                    exhausted = True
                    return
                unanswered.append(fresh)
                yield fresh

        try:
            async for response in IngestServiceStub(channel).IngestPosts(feed()):
                request = unanswered.popleft()
                fold(request, response, sent)
                room.release()
                attempts = 0
                answered(request, response)
        except grpc.aio.AioRpcError as error:
            attempts += 1
            if not worth_sending_again(error) or attempts >= ATTEMPTS_MAX:
                raise
            await asyncio.sleep(min(0.1 * 2**attempts, 5.0))


def worth_sending_again(error: grpc.aio.AioRpcError) -> bool:
    """Whether what broke a stream passes by itself: the service is away or full, or its process ended under a write."""
    broke = error.code() is grpc.StatusCode.INTERNAL and error.details() == BROKE_UNDER_A_WRITE
    return broke or passes(error)


async def one_by_one(requests: Iterator[IngestPostsRequest]) -> AsyncIterator[IngestPostsRequest]:
    """The same batches for `send`; lets other work go on between them."""
    for request in requests:
        yield request
        await asyncio.sleep(0)


def fold(request: IngestPostsRequest, response: IngestPostsResponse, sent: Sent) -> None:
    """Counts one answered batch."""
    if len(response.results) != len(request.deliveries):
        raise AssertionError("ingest answers a batch with one result per delivery")
    sent.deliveries += len(response.results)
    for delivery, result in zip(request.deliveries, response.results, strict=True):
        sent.results[Result.Name(result.result).removeprefix("RESULT_")] += 1
        if result.reason:
            sent.reasons[result.reason] += 1
            sent.first.setdefault(result.reason, First(delivery.place, result.detail))
    sent.position = response.position or sent.position


class Stopwatch:
    """Real seconds since it was made."""

    __slots__ = ("_start",)

    def __init__(self) -> None:
        self._start = time.monotonic()

    def seconds(self) -> float:
        return time.monotonic() - self._start
