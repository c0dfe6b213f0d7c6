"""switchboard.kpi.v1.KpiService: a request in, a question to the view, a response out."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import grpc
from chassis.clock import Clock, Instant, to_timestamp
from chassis.commits import Position
from chassis.database import Database
from chassis.log import Log
from chassis.projection import Projection, Projector
from chassis.requests import page
from chassis.serving import deadline_s
from chassis.tenants import Tenants
from switchboard.kpi.v1 import service_pb2 as pb
from switchboard.kpi.v1 import service_pb2_grpc

from kpi import query, wire
from kpi.calendar_calls import CalendarCalls
from kpi.curves import curves_of
from kpi.metrics.contact import Contact
from kpi.metrics.metric import Basis, ItemMetric, looks_inside
from kpi.query import Contribution, Group, Known
from kpi.restatement import Restating
from kpi.views import archive, contacts
from kpi.views.contact_folds import Row
from kpi.wallboard import Picture, Wallboards
from kpi.wire import MetricsQuery

ANSWERS_AT_ONCE = 2
"""Questions that are answered at a time; one about what happened inside has the contacts of its interval in memory."""

Context = grpc.aio.ServicerContext[Any, Any]


class KpiServicer(service_pb2_grpc.KpiServiceServicer):
    """Answers from the read models of this replica's database; a calendar is changed by the owner of its shard."""

    def __init__(
        self,
        *,
        database: Database,
        contacts: Projection[Row],
        archive: Projector,
        log: Log,
        calendars: CalendarCalls,
        tenants: Tenants,
        clock: Clock,
    ) -> None:
        self._database = database
        self._contacts = contacts
        self._archive = archive
        self._log = log
        self._calendars = calendars
        self._tenants = tenants
        self._clock = clock
        self._answering = asyncio.Semaphore(ANSWERS_AT_ONCE)
        self._wallboards = Wallboards(self._picture, contacts.wait_beyond)

    async def ListMetricDefinitions(  # noqa: N802  # gRPC names it
        self, request: pb.ListMetricDefinitionsRequest, context: Context
    ) -> pb.ListMetricDefinitionsResponse:
        await self._tenants.require(wire.tenant_of(request.parent))
        return pb.ListMetricDefinitionsResponse(definitions=wire.definitions(request))

    async def QueryMetrics(  # noqa: N802
        self, request: pb.QueryMetricsRequest, context: Context
    ) -> pb.QueryMetricsResponse:
        known = await self._dimensions(request)
        asked = wire.query_of(request, self._clock.now(), known, self._zone(request))
        tally = query.Tally(asked.question)
        async with self._answering:
            position = await self._read_into(tally.add, asked)
            answer = await asyncio.to_thread(tally.answer)
        return pb.QueryMetricsResponse(
            rows=wire.rows(asked.question, answer),
            definitions=[wire.definition(metric) for metric in asked.question.metrics],
            position=Position.encode(position),
            observed_until=to_timestamp(Instant(asked.question.until)),
            time_zone=str(asked.question.zone),
            basis=pb.Basis.Name(asked.question.basis),
        )

    async def ListContributingEvents(  # noqa: N802
        self, request: pb.ListContributingEventsRequest, context: Context
    ) -> pb.ListContributingEventsResponse:
        known = await self._dimensions(request)
        asked, group = wire.cell_of(request, self._clock.now(), known, self._zone(request))
        wanted = page(request, wire.CURSOR)
        found: list[Contribution] = []

        def take(portion: Iterable[Known]) -> None:
            found.extend(query.contributions(asked.question, group, portion))

        async with self._answering:
            position = await self._read_into(take, asked)
            await asyncio.to_thread(found.sort, key=_cursor)
        rest = found if wanted.cursor is None else [one for one in found if _cursor(one) > wanted.cursor]
        shown, next_token = wanted.cut(rest[: wanted.size + 1], _cursor)
        await self._archive.reached(position, deadline_s())
        async with self._database.acquire() as connection:
            events = await archive.evidence(connection, wire.places_of(shown))
        return pb.ListContributingEventsResponse(
            contributions=[wire.contribution(asked.tenant, one, events) for one in shown],
            next_page_token=next_token,
            total_size=len(found),
            position=Position.encode(position),
        )

    async def QueryCurves(  # noqa: N802
        self, request: pb.QueryCurvesRequest, context: Context
    ) -> pb.QueryCurvesResponse:
        known = await self._dimensions(request)
        asked, points = wire.curves_asked(request, self._clock.now(), known, self._zone(request))
        groups = dict(query.by_group(asked.question, ()))

        def take(portion: Iterable[Known]) -> None:
            for group, found in query.by_group(asked.question, portion):
                groups.setdefault(group, []).extend(found)

        async with self._answering:
            position = await self._read_into(take, asked)
            curves = await asyncio.to_thread(_curves, asked, points, groups)
        return pb.QueryCurvesResponse(
            groups=curves,
            position=Position.encode(position),
            observed_until=to_timestamp(Instant(asked.question.until)),
            time_zone=str(asked.question.zone),
        )

    async def Restate(  # noqa: N802
        self, request: pb.RestateRequest, context: Context
    ) -> pb.RestateResponse:
        known = await self._dimensions(request)
        asked = wire.restatement_of(request, self._clock.now(), known, self._zone(request))
        restating = Restating(asked.question)
        async with self._answering:
            position = await self._read_into(restating.add, asked)
            told = await asyncio.to_thread(restating.answer)
        return pb.RestateResponse(
            rows=[wire.restated_row(asked.question, row) for row in told.rows],
            total=wire.restated_row(replace(asked.question, group_by=()), told.total),
            definitions=[wire.definition(metric) for metric in asked.question.metrics],
            position=Position.encode(position),
            observed_until=to_timestamp(Instant(asked.question.until)),
            time_zone=str(asked.question.zone),
            basis=pb.Basis.Name(asked.question.basis),
        )

    async def WatchWallboard(  # noqa: N802
        self, request: pb.WatchWallboardRequest, context: Context
    ) -> AsyncIterator[pb.WatchWallboardResponse]:
        known = await self._dimensions(request)
        wire.wallboard_of(request, self._clock.now(), known, self._zone(request))
        async for message in self._wallboards.watch(request):
            yield message

    async def CreateCalendar(  # noqa: N802
        self, request: pb.CreateCalendarRequest, context: Context
    ) -> pb.CreateCalendarResponse:
        return await self._calendars.change(request, pb.CreateCalendarResponse)

    async def UpdateCalendar(  # noqa: N802
        self, request: pb.UpdateCalendarRequest, context: Context
    ) -> pb.UpdateCalendarResponse:
        return await self._calendars.change(request, pb.UpdateCalendarResponse)

    async def GetCalendar(  # noqa: N802
        self, request: pb.GetCalendarRequest, context: Context
    ) -> pb.GetCalendarResponse:
        return await self._calendars.get(request)

    async def ListCalendars(  # noqa: N802
        self, request: pb.ListCalendarsRequest, context: Context
    ) -> pb.ListCalendarsResponse:
        return await self._calendars.listed(request)

    async def ImportCalendarExceptions(  # noqa: N802
        self, request: pb.ImportCalendarExceptionsRequest, context: Context
    ) -> pb.ImportCalendarExceptionsResponse:
        return await self._calendars.add(request)

    async def MeasureBusinessTime(  # noqa: N802
        self, request: pb.MeasureBusinessTimeRequest, context: Context
    ) -> pb.MeasureBusinessTimeResponse:
        return await self._calendars.measure(request)

    def _zone(self, request: wire.AnyRequest) -> str:
        """The zone the request's tenant names, "" where it names none."""
        scope = wire.scope_of(request)
        return "" if scope is None else self._tenants.settings(scope[0]).time_zone

    async def _dimensions(self, request: wire.AnyRequest) -> frozenset[str] | None:
        """What the tenant's contacts can be cut by, once the position asked for is there; None when the request does
        not say whose or where, which is another refusal's matter.
        """
        scope = wire.scope_of(request)
        if scope is None:
            return None
        tenant, position = scope
        await self._tenants.require(tenant)
        await self._contacts.reached(position, deadline_s(), tenant)
        return query.DIMENSIONS | await contacts.label_keys(self._database, tenant)

    async def _read_into(self, take: Callable[[Iterable[Known]], object], asked: MetricsQuery) -> int:
        """Gives `take` the contacts of a question, in portions and in a thread; the log position they stand for."""
        question = asked.question
        interval = asked.start, asked.end, question.until
        inside = any(map(looks_inside, question.metrics))
        shared = any(isinstance(metric, ItemMetric) and metric.is_shared for metric in question.metrics)
        if asked.as_of_time is not None:
            asked = asked.of(await self._log.position_at(asked.as_of_time))
        if asked.as_of is not None:
            await self._archive.reached(asked.as_of, deadline_s())
            rows = await archive.refolded(self._database, asked.tenant, asked.as_of, contacts.Contacts())
            contents = contacts.contents_of(rows, asked.as_of, *interval, inside=inside, shared=shared)
            await asyncio.to_thread(lambda: take(contents.known()))
            return contents.position
        since = question.since if question.basis is Basis.COMPLETION else None
        whose = self._database, asked.tenant
        return await contacts.read_into(*whose, *interval, take=take, since=since, inside=inside, shared=shared)

    async def _picture(self, request: pb.WatchWallboardRequest) -> Picture:
        asked = wire.wallboard_of(request, self._clock.now(), zone=self._zone(request))
        tally, waits = query.Tally(asked.question), query.NOBODY_WAITS

        def take(portion: Iterable[Known]) -> None:
            nonlocal waits
            known = list(portion)
            tally.add(known)
            waits = waits.with_more(query.waiting_of(asked.question, known))

        async with self._answering:
            position = await self._read_into(take, asked)
            answer = await asyncio.to_thread(tally.answer)
        agents = (await contacts.agents(self._database, [asked.tenant])).get(asked.tenant, contacts.NOBODY)
        rows = wire.rows(asked.question, answer)
        return Picture(position, asked.question.until, rows, wire.floor(waits, agents))


def _curves(asked: MetricsQuery, points: int, groups: Mapping[Group, Sequence[Contact]]) -> list[pb.GroupCurves]:
    question = asked.question
    return [
        wire.group_curves(question.group_by, group, curves_of(groups[group], question.until, points))
        for group in sorted(groups)
    ]


def _cursor(one: Contribution) -> tuple[int, str, int, int]:
    return one.contact.start, one.known.case_id, one.known.episode, one.number
