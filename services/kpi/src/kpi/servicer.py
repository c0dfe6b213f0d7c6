"""switchboard.kpi.v1.KpiService: a request in, a question to the view, a response out."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any

import grpc
from chassis import watches
from chassis.clock import Clock, Instant, to_timestamp
from chassis.commits import Position
from chassis.database import Database
from chassis.projection import Projection, Projector
from chassis.requests import page
from chassis.serving import deadline_s
from chassis.tenants import Tenants
from switchboard.kpi.v1 import service_pb2 as pb
from switchboard.kpi.v1 import service_pb2_grpc

from kpi import query, wire
from kpi.metrics import METRICS
from kpi.query import Answer, Contribution, Group
from kpi.views import archive, contacts
from kpi.wire import MetricsQuery

UPDATE_S = 0.5
"""A wallboard is told at most this often."""
REFRESH_S = 5.0
"""A wallboard is computed again after this long without events, because contacts age."""
SHARE = 9
"""A wallboard rests this many times as long as its computation took: it never uses more than a tenth of a core."""

ANSWERS_AT_ONCE = 2
"""Questions that are answered at a time; each has the contacts of its interval in memory."""

Context = grpc.aio.ServicerContext[Any, Any]
Rows = tuple[int, list[pb.MetricRow]]
"""(as of where, the rows)"""


class _Boards:
    """Wallboards that ask alike are computed once for all of them."""

    def __init__(self) -> None:
        self._computing: dict[bytes, asyncio.Future[Rows]] = {}

    async def rows(self, request: pb.WatchWallboardRequest, compute: Callable[[], Awaitable[Rows]]) -> Rows:
        """What `compute` gives, or what somebody is computing for an equal request right now."""
        bare = pb.WatchWallboardRequest()
        bare.CopyFrom(request)
        bare.ClearField("resume_token")
        key = bare.SerializeToString(deterministic=True)
        while (others := self._computing.get(key)) is not None:
            await asyncio.wait((others,))
            if not others.cancelled() and others.exception() is None:
                return others.result()
        mine: asyncio.Future[Rows] = asyncio.get_running_loop().create_future()
        self._computing[key] = mine
        try:
            mine.set_result(await compute())
        finally:  # whoever failed, or left, was not computing for the others: one of them goes on
            del self._computing[key]
            if not mine.done():
                mine.cancel()
        return mine.result()


class KpiServicer(service_pb2_grpc.KpiServiceServicer):
    """Answers from the read models of this replica's database; writes nothing."""

    def __init__(
        self,
        *,
        database: Database,
        contacts: Projection[contacts.Row],
        archive: Projector,
        tenants: Tenants,
        clock: Clock,
    ) -> None:
        self._database = database
        self._contacts = contacts
        self._archive = archive
        self._tenants = tenants
        self._clock = clock
        self._answering = asyncio.Semaphore(ANSWERS_AT_ONCE)
        self._boards = _Boards()

    async def ListMetricDefinitions(  # noqa: N802  # gRPC names it
        self, request: pb.ListMetricDefinitionsRequest, context: Context
    ) -> pb.ListMetricDefinitionsResponse:
        await self._tenants.require(wire.tenant_of(request.parent))
        return pb.ListMetricDefinitionsResponse(
            definitions=[wire.definition(one.definition) for one in METRICS.values()]
        )

    async def QueryMetrics(  # noqa: N802
        self, request: pb.QueryMetricsRequest, context: Context
    ) -> pb.QueryMetricsResponse:
        asked = wire.query_of(request, self._clock.now(), await self._dimensions(request))
        position, rows = await self._rows(asked)
        return pb.QueryMetricsResponse(
            rows=rows,
            definitions=[wire.definition(metric.definition) for metric in asked.question.metrics],
            position=Position.encode(position),
            observed_until=to_timestamp(Instant(asked.question.until)),
            time_zone=str(asked.question.zone),
        )

    async def ListContributingEvents(  # noqa: N802
        self, request: pb.ListContributingEventsRequest, context: Context
    ) -> pb.ListContributingEventsResponse:
        asked, group = wire.cell_of(request, self._clock.now(), await self._dimensions(request))
        wanted = page(request, (int, str, int))
        async with self._answering:
            contents = await self._contents(asked)
            found = await asyncio.to_thread(_contributions, asked, group, contents)
        rest = found if wanted.cursor is None else [one for one in found if _cursor(one) > wanted.cursor]
        shown, next_token = wanted.cut(rest[: wanted.size + 1], _cursor)
        position = contents.position
        await self._archive.reached(position, deadline_s())
        async with self._database.acquire() as connection:
            events = await archive.evidence(connection, wire.places_of(shown))
        return pb.ListContributingEventsResponse(
            contributions=[wire.contribution(asked.tenant, one, events) for one in shown],
            next_page_token=next_token,
            total_size=len(found),
            position=Position.encode(position),
        )

    async def WatchWallboard(  # noqa: N802
        self, request: pb.WatchWallboardRequest, context: Context
    ) -> AsyncIterator[pb.WatchWallboardResponse]:
        wire.wallboard_of(request, self._clock.now(), await self._dimensions(request))
        known: dict[bytes, bytes] | None = None
        loop = asyncio.get_running_loop()
        given, given_at = 0, loop.time()
        while True:
            began = loop.time()
            position, known, response = await self._board(request, known)
            if response is not None or (position > given and began >= given_at + watches.BOOKMARK_S):
                yield response or pb.WatchWallboardResponse(
                    position=Position.encode(position),
                    observed_until=to_timestamp(self._clock.now()),
                    resume_token=wire.resume_token(position, known),
                )
                given, given_at = position, loop.time()
                del response
            await asyncio.sleep(max(UPDATE_S, SHARE * (loop.time() - began)))
            try:
                async with asyncio.timeout(REFRESH_S):
                    await self._contacts.wait_beyond(position)
            except TimeoutError:
                continue  # nothing happened, but everybody is older

    async def _board(
        self, request: pb.WatchWallboardRequest, known: Mapping[bytes, bytes] | None
    ) -> tuple[int, dict[bytes, bytes], pb.WatchWallboardResponse | None]:
        """(as of where, digests of the rows by group, what differs from the `known` ones if anything does).

        Digests, because a watch that nobody reads keeps them. None for `known` is a watch that begins.
        """
        asked = wire.wallboard_of(request, self._clock.now())
        position, rows = await self._boards.rows(request, lambda: self._rows(asked))
        now = {wire.group_of(row): wire.digest(row) for row in rows}
        first = known is None
        if first and request.resume_token and wire.shows(request.resume_token, now):
            known, first = now, False
        before = known or {}
        changed = [row for row in rows if before.get(wire.group_of(row)) != now[wire.group_of(row)]]
        removed = [pb.DimensionGroup.FromString(group) for group in before if group not in now]
        if not (first or changed or removed):
            return position, now, None
        response = pb.WatchWallboardResponse(
            snapshot=first,
            rows=changed,
            removed=removed,
            position=Position.encode(position),
            observed_until=to_timestamp(Instant(asked.question.until)),
            resume_token=wire.resume_token(position, now),
        )
        return position, now, response

    async def _dimensions(self, request: wire.AnyRequest) -> frozenset[str] | None:
        """What the tenant's contacts can be cut by, once the position asked for is there; None when the request does
        not say whose or where, which is another refusal's matter.
        """
        scope = wire.scope_of(request)
        if scope is None:
            return None
        tenant, position = scope
        await self._tenants.require(tenant)
        await self._contacts.reached(position, deadline_s())
        return query.DIMENSIONS | await contacts.label_keys(self._database, tenant)

    async def _contents(self, asked: MetricsQuery) -> contacts.Contents:
        if asked.as_of:
            await self._archive.reached(asked.as_of, deadline_s())
            rows = await archive.refolded(self._database, asked.tenant, asked.as_of, contacts.Contacts())
            return contacts.contents_of(rows, asked.as_of, asked.start, asked.end, asked.question.until)
        return await contacts.read(self._database, asked.tenant, asked.start, asked.end, asked.question.until)

    async def _rows(self, asked: MetricsQuery) -> Rows:
        async with self._answering:
            contents = await self._contents(asked)
            # In a thread, so that other calls are answered while a large one computes.
            answer = await asyncio.to_thread(_answer, asked, contents)
            return contents.position, wire.rows(asked.question, answer)


def _answer(asked: MetricsQuery, contents: contacts.Contents) -> Answer:
    return query.answer(asked.question, contents.known())


def _contributions(asked: MetricsQuery, group: Group, contents: contacts.Contents) -> list[Contribution]:
    return query.contributions(asked.question, group, contents.known())


def _cursor(one: Contribution) -> tuple[int, str, int]:
    return one.contact.start, one.known.case_id, one.known.episode
