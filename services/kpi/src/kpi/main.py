"""Where kpi is put together: its log, its tables, its server."""

from __future__ import annotations

import secrets
import sys
from collections.abc import Sequence

from chassis.config import Environment, Settings, read
from chassis.database import Database
from chassis.errors import Unavailable
from chassis.integrity import Finding, IntegrityServicer
from chassis.log import Log, LogSettings, connect
from chassis.membership import Membership
from chassis.process import Build, Process, main
from chassis.projection import Projection
from chassis.serving import Server, deadline_s
from chassis.tenants import Tenants
from switchboard.kpi.v1 import service_pb2_grpc
from switchboard.log.v1 import integrity_pb2_grpc

from kpi.servicer import KpiServicer
from kpi.views.archive import NAME, Archive, verify
from kpi.views.contacts import Contacts, Row

CATCH_UP_S = 60.0
"""How long a verification waits for the archive to reach the end of the log."""


async def build(process: Process) -> None:
    """Constructs the service and starts it."""
    settings = process.settings
    member = settings.member or f"kpi-{secrets.token_hex(4)}"
    nc = await connect(settings.nats_url, member)
    process.on_close(nc.close)
    log = Log(nc)
    await log.ensure(LogSettings(max_bytes=settings.log_max_bytes))
    database = await process.enter(
        Database(settings.database_url, settings.schema, application="kpi", remaining_s=deadline_s)
    )
    membership = Membership(log, settings.service, member)
    tenants = Tenants(log)
    contacts: Projection[Row] = Projection(Contacts(), log, database, membership)
    archive = Archive(log, database, membership)
    await contacts.prepare()
    await archive.prepare()

    async def archived() -> Sequence[Finding]:
        await archive.reached(await log.last_position(), CATCH_UP_S)
        verdict = await verify(log, database)
        return [Finding("I2", f"archive {NAME}", verdict.ok, verdict.detail, verdict.compared)]

    async def connected() -> bool:
        return bool(nc.is_connected)

    async def answering() -> bool:
        try:
            return bool(await database.fetchval("select true"))
        except Unavailable:
            return False

    server = Server(settings, conditions=("nats", "database"))
    server.add(
        service_pb2_grpc.add_KpiServiceServicer_to_server,
        KpiServicer(database=database, contacts=contacts, archive=archive, tenants=tenants, clock=settings.clock),
    )
    server.add(
        integrity_pb2_grpc.add_IntegrityServiceServicer_to_server,
        IntegrityServicer(
            context="kpi",
            log=log,
            database=database,
            hosts=(),
            projections=(contacts,),
            checks=(("I2", archived),),
        ),
    )
    process.loop("membership", membership.run)
    process.loop("tenants", tenants.run)
    process.loop("contacts", contacts.run)
    process.loop("archive", archive.run)
    process.on_leave(membership.leave)
    process.probe(server, "nats", connected)
    process.probe(server, "database", answering)
    await process.serve(server)


def configure(environment: Environment) -> tuple[Settings, Build]:
    """Settings of kpi; it seals and opens nothing."""
    return read(environment, "kpi"), build


if __name__ == "__main__":
    sys.exit(main(configure))
