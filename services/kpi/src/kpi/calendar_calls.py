"""Calls about calendars at any replica: changes go to the shard's owner, the rest is read from the table."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from functools import lru_cache
from typing import TypeVar

import grpc
from chassis.clock import FIRST, Instant, to_timestamp
from chassis.commits import Position
from chassis.database import Database
from chassis.errors import NotFound, Rejected
from chassis.host import ShardHost
from chassis.projection import Projection
from chassis.requests import page, parse_name
from chassis.serving import deadline_s
from chassis.tenants import Tenants
from google.protobuf.message import Message
from switchboard.kpi.v1 import service_pb2 as api

from kpi import calendar_requests, events
from kpi.calendar_requests import Changing, Measure
from kpi.calendars.calendar import Calendar
from kpi.calendars.hours import Schedule, wrong_in
from kpi.decider import Calendars, Command, Reason
from kpi.shards import SHARD
from kpi.views.calendars import calendar_of, calendars_of

M = TypeVar("M", bound=Message)

CODES: Mapping[str, grpc.StatusCode] = {
    Reason.CALENDAR_EXISTS: grpc.StatusCode.ALREADY_EXISTS,
    Reason.CALENDAR_UNKNOWN: grpc.StatusCode.NOT_FOUND,
}
"""Reasons that are no FAILED_PRECONDITION."""
MEASURED_AT_ONCE = 2
"""Questions that are measured at a time; one of decades lays months out for seconds."""
KEPT_MAX = 64
"""Calendars whose months stay laid out. Against: one of years takes a few hundred kilobytes."""
laid_out = lru_cache(maxsize=KEPT_MAX)(Calendar)
"""The calendar of a schedule, the same one for the same schedule."""


class CalendarCalls:
    """What callers ask of calendars."""

    def __init__(
        self,
        host: ShardHost[Command, Calendars, events.Event],
        database: Database,
        projection: Projection[events.CalendarDefined],
        tenants: Tenants,
    ) -> None:
        self._host = host
        self._database = database
        self._projection = projection
        self._tenants = tenants
        self._measuring = asyncio.Semaphore(MEASURED_AT_ONCE)

    async def change(self, request: Changing, response: type[M]) -> M:
        """Defines a calendar or another version of one."""
        calendar_requests.command_of(request, FIRST)  # who asks for nothing right brings no tenant into being
        tenant = calendar_requests.tenant_of(request)
        if isinstance(request, api.CreateCalendarRequest):
            await self._tenants.ensure(tenant)
        return await self._host.call(tenant, SHARD, request, response)

    async def add(self, request: api.ImportCalendarExceptionsRequest) -> api.ImportCalendarExceptionsResponse:
        """Adds what a file says; it is read by the owner of the shard."""
        tenant, _ = calendar_requests.calendar_named(request)
        return await self._host.call(tenant, SHARD, request, api.ImportCalendarExceptionsResponse)

    async def get(self, request: api.GetCalendarRequest) -> api.GetCalendarResponse:
        """One calendar. Raises NotFound."""
        tenant, calendar_id = calendar_requests.calendar_named(request)
        found = await self._found(tenant, calendar_id, request.version, request.min_position)
        return api.GetCalendarResponse(calendar=calendar_requests.message(tenant, found))

    async def listed(self, request: api.ListCalendarsRequest) -> api.ListCalendarsResponse:
        """A page of calendars by id."""
        tenant, part = parse_name("tenants/{tenant}", request.parent, "parent")["tenant"], page(request)
        await self._reached(tenant, request.min_position)
        after = str(part.cursor[0]) if part.cursor else ""
        rows = await calendars_of(self._database, tenant, after, part.size + 1)
        shown, token = part.cut(rows, _cursor)
        messages = [calendar_requests.message(tenant, one) for one in shown]
        of_page, token = part.within(shown, messages, token, _cursor)
        return api.ListCalendarsResponse(calendars=of_page, next_page_token=token)

    async def measure(self, request: api.MeasureBusinessTimeRequest) -> api.MeasureBusinessTimeResponse:
        """Business time of an interval, or the end of so much. Raises NotFound, and Rejected for a calendar of another
        release that this one does not understand.
        """
        asked = calendar_requests.measure_of(request)
        found = await self._found(asked.tenant, asked.calendar_id, asked.version, request.min_position)
        for field, why in wrong_in(found.schedule):
            detail = f"version {found.version} of calendar {found.calendar_id} is not for this release: {field} {why}"
            raise Rejected(Reason.CALENDAR_NOT_COMPUTABLE, detail)
        async with self._measuring:
            # In a thread, so that other calls are answered while months are laid out.
            length, end = await asyncio.to_thread(_measured, found.schedule, asked)
        return api.MeasureBusinessTimeResponse(
            business_time=calendar_requests.duration(length),
            end_time=None if end is None else to_timestamp(end),
            version=found.version,
        )

    async def _found(self, tenant: str, calendar_id: str, version: int, min_position: str) -> events.CalendarDefined:
        await self._reached(tenant, min_position)
        found = await calendar_of(self._database, tenant, calendar_id, version)
        if found is None:
            name = f"tenants/{tenant}/calendars/{calendar_id}"
            raise NotFound("calendar", f"{name}@{version}" if version else name)
        return found

    async def _reached(self, tenant: str, min_position: str) -> None:
        await self._tenants.require(tenant)
        if min_position:
            await self._projection.reached(Position.decode(min_position), deadline_s(), tenant)


def _measured(schedule: Schedule, asked: Measure) -> tuple[int, Instant | None]:
    """(business time in µs, where the interval ends)."""
    calendar = laid_out(schedule)
    if asked.end is not None:
        return calendar.elapsed(asked.start, asked.end), asked.end
    length = asked.length or 0
    return length, calendar.due(asked.start, length)


def _cursor(one: events.CalendarDefined) -> tuple[str]:
    return (one.calendar_id,)
