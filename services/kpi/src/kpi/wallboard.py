"""Wallboards: what they show, when they are computed, and that a client can tell a live one from one that hangs. Knows
no table and no metric.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from typing import NamedTuple

from chassis.clock import Instant, to_timestamp
from chassis.commits import Position
from switchboard.kpi.v1 import service_pb2 as pb

from kpi import wire

UPDATE_S = 0.5
"""A wallboard is told at most this often."""
BEAT_S = 3.0
"""And at least this often, however long it takes to compute. It is computed again after this long without events as
well, because contacts age.
"""
SHARE = 9
"""A wallboard rests this many times as long as its computation took: it never uses more than a tenth of a core."""


class Picture(NamedTuple):
    """A wallboard: as of where in the log and when (microseconds), its rows, and who waits and works."""

    position: int
    until: int
    rows: Sequence[pb.MetricRow]
    floor: pb.Floor


class _Shown(NamedTuple):
    """What a caller knows: digests of the rows by group, because a watch that nobody reads keeps them."""

    position: int
    until: int
    digests: Mapping[bytes, bytes]
    floor: pb.Floor
    took_s: float


class _Shared:
    """Wallboards that ask alike are computed once for all of them."""

    def __init__(self) -> None:
        self._computing: dict[bytes, asyncio.Future[Picture]] = {}

    async def picture(self, request: pb.WatchWallboardRequest, compute: Callable[[], Awaitable[Picture]]) -> Picture:
        """What `compute` gives, or what somebody is computing for an equal request right now."""
        bare = pb.WatchWallboardRequest()
        bare.CopyFrom(request)
        bare.ClearField("resume_token")
        key = bare.SerializeToString(deterministic=True)
        while (others := self._computing.get(key)) is not None:
            await asyncio.wait((others,))
            if not others.cancelled() and others.exception() is None:
                return others.result()
        mine: asyncio.Future[Picture] = asyncio.get_running_loop().create_future()
        self._computing[key] = mine
        try:
            mine.set_result(await compute())
        finally:  # whoever failed, or left, was not computing for the others: one of them goes on
            del self._computing[key]
            if not mine.done():
                mine.cancel()
        return mine.result()


class Wallboards:
    """The watches of a process."""

    def __init__(
        self,
        compute: Callable[[pb.WatchWallboardRequest], Awaitable[Picture]],
        wait_beyond: Callable[[int, str], Awaitable[object]],
    ) -> None:
        """`compute` makes the picture of now; `wait_beyond` returns when more than a position is in a
        tenant's tables.
        """
        self._compute = compute
        self._wait_beyond = wait_beyond
        self._shared = _Shared()

    async def watch(self, request: pb.WatchWallboardRequest) -> AsyncIterator[pb.WatchWallboardResponse]:
        """A snapshot, or nothing when the request's token stands for it; then changes; in between, beats."""
        loop = asyncio.get_running_loop()
        shown: _Shown | None = None
        coming: asyncio.Task[tuple[_Shown, pb.WatchWallboardResponse | None]] | None = None
        beat_at = 0.0
        try:
            while True:
                if coming is None:
                    coming = asyncio.create_task(self._next(request, shown))
                rest = None if shown is None else max(0.0, beat_at - loop.time())
                await asyncio.wait((coming,), timeout=rest)
                response = None
                if coming.done():
                    shown, response = coming.result()
                    coming = None
                if shown is not None and (response is not None or loop.time() >= beat_at):
                    yield response or _message(shown)
                    beat_at = loop.time() + BEAT_S
        finally:
            if coming is not None:
                coming.cancel()

    async def _next(
        self, request: pb.WatchWallboardRequest, shown: _Shown | None
    ) -> tuple[_Shown, pb.WatchWallboardResponse | None]:
        """What is to be shown now, and the message that says what changed, if anything did.

        After one that was shown it waits until something happened, or everybody has grown older.
        """
        loop = asyncio.get_running_loop()
        if shown is not None:
            await asyncio.sleep(max(UPDATE_S, SHARE * shown.took_s))
            with suppress(TimeoutError):
                async with asyncio.timeout(BEAT_S):
                    await self._wait_beyond(shown.position, wire.tenant_of(request.parent))
        began = loop.time()
        picture = await self._shared.picture(request, lambda: self._compute(request))
        digests = {wire.group_of(row): wire.digest(row) for row in picture.rows}
        now = _Shown(picture.position, picture.until, digests, picture.floor, loop.time() - began)
        known = None if shown is None else shown.digests
        if known is None and request.resume_token and wire.shows(request.resume_token, digests):
            known = digests
        before = known or {}
        changed = [row for row in picture.rows if before.get(wire.group_of(row)) != digests[wire.group_of(row)]]
        removed = [pb.DimensionGroup.FromString(group) for group in before if group not in digests]
        if known is not None and not (changed or removed):
            return now, None
        message = _message(now)
        message.MergeFrom(pb.WatchWallboardResponse(snapshot=known is None, rows=changed, removed=removed))
        return now, message


def _message(shown: _Shown) -> pb.WatchWallboardResponse:
    """What every message carries."""
    return pb.WatchWallboardResponse(
        position=Position.encode(shown.position),
        observed_until=to_timestamp(Instant(shown.until)),
        resume_token=wire.resume_token(shown.position, shown.digests),
        floor=shown.floor,
    )
