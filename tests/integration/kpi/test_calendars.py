"""Calendars on real servers, as their callers see them."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import grpc
from chassis import embedded
from chassis.config import load
from chassis.log import Log
from chassis.process import run
from chassis.tenants import Tenants
from google.protobuf.duration_pb2 import Duration
from google.protobuf.field_mask_pb2 import FieldMask
from google.protobuf.timestamp_pb2 import Timestamp
from google.rpc import error_details_pb2  # type: ignore[import-untyped]
from grpc_status import rpc_status  # type: ignore[import-untyped]
from kpi import main
from provisioned import provision_service
from switchboard.kpi.v1 import events_pb2, service_pb2_grpc
from switchboard.kpi.v1 import service_pb2 as api
from switchboard.log.v1 import integrity_pb2, integrity_pb2_grpc

LIMIT_S = 30.0
PLACE = "tenants/acme"
CHRISTMAS = b"""BEGIN:VCALENDAR\r
BEGIN:VEVENT\r
UID:1\r
DTSTART;VALUE=DATE:20001225\r
RRULE:FREQ=YEARLY\r
SUMMARY:Christmas Day\r
END:VEVENT\r
END:VCALENDAR\r
"""
OFFICE = [events_pb2.WeeklyHours(weekday=day, start_minute=540, end_minute=1_020) for day in range(1, 6)]


@asynccontextmanager
async def serving(nats_url: str, database_url: str) -> AsyncIterator[grpc.aio.Channel]:
    """kpi as `main` builds it."""
    port, stop = embedded.free_port(), asyncio.Event()
    variables = {
        "SWITCHBOARD_NATS_URL": nats_url,
        "SWITCHBOARD_DATABASE_URL": database_url,
        "SWITCHBOARD_KPI_PORT": str(port),
        "SWITCHBOARD_DRAIN_DELAY_S": "0",
        "SWITCHBOARD_DRAIN_GRACE_S": "1",
    }
    running = asyncio.create_task(run(load(variables, "kpi"), main.build, stop))
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        ready = asyncio.create_task(channel.channel_ready())
        await asyncio.wait((running, ready), return_when=asyncio.FIRST_COMPLETED, timeout=60)
        assert ready.done()
        yield channel
    stop.set()
    await running


async def refused(call: Any, request: Any) -> str:
    """The reason of a refusal."""
    try:
        await call(request, timeout=LIMIT_S)
    except grpc.aio.AioRpcError as refusal:
        info = error_details_pb2.ErrorInfo()
        for detail in rpc_status.from_call(refusal).details:
            detail.Unpack(info)
        return str(info.reason)
    raise AssertionError("it was not refused")


async def test_every_version_of_a_calendar_is_measured_by_and_outlives_the_process(
    nats_url: str, database_url: str, log: Log
) -> None:
    await provision_service(main.RESOURCES, nats_url, database_url)
    await Tenants(log).ensure("acme")
    friday = Timestamp(seconds=1_795_791_600)  # Friday, 27 November 2026, four in the afternoon in Berlin

    async with serving(nats_url, database_url) as channel:
        kpi = service_pb2_grpc.KpiServiceStub(channel)
        create = api.CreateCalendarRequest(
            parent=PLACE,
            calendar_id="default",
            calendar=api.Calendar(time_zone="Europe/Berlin", weekly=OFFICE),
            request_id=str(uuid.uuid4()),
        )
        created = await kpi.CreateCalendar(create, timeout=LIMIT_S)
        assert created.calendar.version == 1
        assert await kpi.CreateCalendar(create, timeout=LIMIT_S) == created
        create.request_id = str(uuid.uuid4())
        assert await refused(kpi.CreateCalendar, create) == "CALENDAR_EXISTS"
        monday = events_pb2.CalendarException(
            start="2026-11-30T00:00", end="2026-12-01T00:00", kind=events_pb2.EXCEPTION_KIND_CLOSED
        )
        update = api.UpdateCalendarRequest(
            calendar=api.Calendar(name=created.calendar.name, exceptions=[monday]),
            update_mask=FieldMask(paths=["exceptions"]),
            expected_version=1,
            request_id=str(uuid.uuid4()),
        )
        changed = await kpi.UpdateCalendar(update, timeout=LIMIT_S)
        assert (changed.calendar.version, list(changed.calendar.weekly)) == (2, OFFICE)
        update.request_id = str(uuid.uuid4())
        assert await refused(kpi.UpdateCalendar, update) == "CALENDAR_CHANGED"

    async with serving(nats_url, database_url) as channel:
        kpi = service_pb2_grpc.KpiServiceStub(channel)
        name, least = created.calendar.name, changed.position
        get = api.GetCalendarRequest(name=name, min_position=least)
        assert (await kpi.GetCalendar(get, timeout=LIMIT_S)).calendar == changed.calendar
        get.version = 1
        assert (await kpi.GetCalendar(get, timeout=LIMIT_S)).calendar == created.calendar
        get.version = 3
        assert await refused(kpi.GetCalendar, get) == "CALENDAR_UNKNOWN"
        listed = await kpi.ListCalendars(api.ListCalendarsRequest(parent=PLACE), timeout=LIMIT_S)
        assert list(listed.calendars) == [changed.calendar]

        imported = api.ImportCalendarExceptionsRequest(
            name=name, ical=CHRISTMAS, first_year=2026, request_id=str(uuid.uuid4())
        )
        once = await kpi.ImportCalendarExceptions(imported, timeout=LIMIT_S)
        imported.request_id = str(uuid.uuid4())
        twice = await kpi.ImportCalendarExceptions(imported, timeout=LIMIT_S)
        assert [one.start for one in once.calendar.exceptions[1:]] == [f"{y}-12-25T00:00" for y in (2026, 2027, 2028)]
        assert (once.exceptions_count, twice.calendar) == (3, once.calendar)
        imported.ical, imported.request_id = b"Date;Holiday", str(uuid.uuid4())
        assert await refused(kpi.ImportCalendarExceptions, imported) == "INVALID_REQUEST"

        two_hours = Duration(seconds=7_200)
        asked = api.MeasureBusinessTimeRequest(name=name, start_time=friday, business_time=two_hours)
        due = {}
        for version in (0, 1, 2):
            asked.version = version
            measured = await kpi.MeasureBusinessTime(asked, timeout=LIMIT_S)
            due[measured.version] = measured.end_time
            back = api.MeasureBusinessTimeRequest(
                name=name, version=version, start_time=friday, end_time=measured.end_time
            )
            assert (await kpi.MeasureBusinessTime(back, timeout=LIMIT_S)).business_time == two_hours
        assert due[2].seconds - due[1].seconds == 86_400  # Tuesday instead of Monday, at ten
        assert due[1].seconds == friday.seconds + 66 * 3_600

        verified = integrity_pb2_grpc.IntegrityServiceStub(channel).VerifyIntegrity(
            integrity_pb2.VerifyIntegrityRequest(), timeout=LIMIT_S
        )
        findings = [finding async for finding in verified]
        assert all(finding.ok for finding in findings)
        assert "ev.kpi.acme.0" in " ".join(finding.subject for finding in findings)
