"""Where crm-sync is put together: its shard, its tables, its server."""

from __future__ import annotations

import secrets
import sys

from chassis.config import Environment, Settings, read
from chassis.database import Database
from chassis.errors import Unavailable
from chassis.host import Inputs, ShardHost
from chassis.integrity import IntegrityServicer
from chassis.log import Log, LogSettings, Recorded, connect
from chassis.membership import Membership
from chassis.process import Build, Process, main
from chassis.projection import Projection
from chassis.reactor import Reactor
from chassis.sealing import KeyVault
from chassis.serving import Server, deadline_s
from chassis.snapshots import SCHEMA as SNAPSHOTS
from chassis.snapshots import PostgresSnapshots
from chassis.tenants import Tenants
from switchboard.crm.v1 import events_pb2, service_pb2_grpc
from switchboard.log.v1 import integrity_pb2_grpc

from crm_sync.decider import Command
from crm_sync.events import Event
from crm_sync.reactions import Reactions
from crm_sync.servicer import CODES, CONTEXT, SHARD, CustomerServicer
from crm_sync.shards import DECIDER, CustomersBacking, Requests
from crm_sync.state import Customers as State
from crm_sync.views.customers import Customers, Row

_ERASED = events_pb2.SubjectErased.DESCRIPTOR.full_name


async def build(process: Process) -> None:
    """Constructs the service and starts it."""
    settings = process.settings
    member = settings.member or f"crm-sync-{secrets.token_hex(4)}"
    nc = await connect(settings.nats_url, member)
    process.on_close(nc.close)
    log = Log(nc)
    await log.ensure(LogSettings(max_bytes=settings.log_max_bytes))
    database = await process.enter(
        Database(settings.database_url, settings.schema, application="crm-sync", remaining_s=deadline_s)
    )
    assert settings.kek_file is not None, "configure asks for it"
    vault = KeyVault(database, settings.kek_file)
    membership = Membership(log, settings.service, member)
    tenants = Tenants(log)
    projection: Projection[Row] = Projection(Customers(), log, database, membership)
    await projection.prepare()
    await database.execute(SNAPSHOTS)

    async def destroy(event: Recorded) -> None:
        if event.type == _ERASED:
            await vault.destroy(event.tenant, event.body.identity_id)

    reactor = Reactor("crm-erasures", CONTEXT, destroy, log, membership)
    inputs: Inputs[Command] = Inputs(context="post", prepare=Reactions(vault).prepare)
    host: ShardHost[Command, State, Event] = ShardHost(
        context=CONTEXT,
        shards=(SHARD,),
        decider=DECIDER,
        log=log,
        membership=membership,
        tenants=tenants,
        snapshots=PostgresSnapshots(database),
        clock=settings.clock,
        handle=Requests(vault, settings.clock),
        backing=CustomersBacking(database),
        inputs=inputs,
        codes=CODES,
    )

    async def connected() -> bool:
        return bool(nc.is_connected)

    async def answering() -> bool:
        try:
            return bool(await database.fetchval("select true"))
        except Unavailable:
            return False

    server = Server(settings, codes=CODES, conditions=("nats", "database"))
    server.add(
        service_pb2_grpc.add_CustomerServiceServicer_to_server,
        CustomerServicer(
            host=host,
            database=database,
            projection=projection,
            tenants=tenants,
            vault=vault,
            clock=settings.clock,
        ),
    )
    server.add(
        integrity_pb2_grpc.add_IntegrityServiceServicer_to_server,
        IntegrityServicer(context=CONTEXT, log=log, database=database, hosts=(host,), projections=(projection,)),
    )
    process.loop("membership", membership.run)
    process.loop("tenants", tenants.run)
    process.loop("shards", host.run)
    process.loop("customers", projection.run)
    process.loop("erasures", reactor.run)
    process.on_leave(membership.leave)
    process.probe(server, "nats", connected)
    process.probe(server, "database", answering)
    await process.serve(server)


def configure(environment: Environment) -> tuple[Settings, Build]:
    """Settings of crm-sync."""
    return read(environment, "crm-sync", sealing=True), build


if __name__ == "__main__":
    sys.exit(main(configure))
