"""Where kpi is put together: its shard, its tables and its server."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from chassis.assembly import Assembly
from chassis.config import Environment, Settings, read
from chassis.errors import Unavailable
from chassis.findings import Finding
from chassis.process import Build, Process, main
from chassis.provisioning import Resources
from switchboard.kpi.v1 import service_pb2_grpc

from kpi import calendar_requests, gauges, wire
from kpi.calendar_calls import CODES, CalendarCalls
from kpi.servicer import KpiServicer
from kpi.shards import CONTEXT, DECIDER, SHARD, Requests
from kpi.views.archive import EMPTIED, NAME, ArchiveSink, fits, verify
from kpi.views.calendars import CalendarsView
from kpi.views.contacts import Contacts

RESOURCES = Resources(
    "kpi", tables=(Contacts.schema, ArchiveSink.schema, CalendarsView.schema), emptied={NAME: EMPTIED}
)
CATCH_UP_S = 60.0
"""How long a verification waits for the archive to reach the end of the log."""


async def build(process: Process) -> None:
    """Constructs the service and starts it."""
    parts = await Assembly.open(process, CONTEXT, RESOURCES, fits=(fits,))
    log, database = parts.log, parts.database
    contacts = await parts.projection(Contacts())
    archive = await parts.projector(ArchiveSink())
    host = parts.host((SHARD,), DECIDER, Requests(process.settings.clock), codes=CODES)
    calendars = CalendarCalls(host, database, await parts.projection(CalendarsView()), parts.tenants)

    async def archived() -> Sequence[Finding]:
        await archive.reached(await log.last_position(), CATCH_UP_S)
        before = parts.tenants.settled("kpi")
        verdict = await verify(log, database, deleted=before)
        if parts.tenants.settled("kpi") != before:
            raise Unavailable("a tenant was deleted meanwhile; verify again", 1.0)
        return [Finding("I2", f"archive {NAME}", verdict.ok, verdict.detail, verdict.compared)]

    clock = process.settings.clock
    process.loop("gauges", lambda: gauges.run(database, parts.tenants, clock))
    servicer = KpiServicer(
        database=database,
        contacts=contacts,
        archive=archive,
        log=log,
        calendars=calendars,
        tenants=parts.tenants,
        clock=clock,
    )
    await parts.serve(
        (service_pb2_grpc.add_KpiServiceServicer_to_server, servicer),
        checks=(("I2", f"archive {NAME}", archived),),
        codes=CODES,
        limits=calendar_requests.LIMITS,
        tokens=wire.TOKENS,
        judges={**wire.judges(process.settings.clock), **calendar_requests.judges(process.settings.clock)},
    )


def configure(environment: Environment) -> tuple[Settings, Build]:
    """Settings of kpi; it seals and opens nothing."""
    return read(environment, "kpi"), build


if __name__ == "__main__":
    sys.exit(main(configure))
