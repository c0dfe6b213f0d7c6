"""Where routing is put together: its shard, its table, its reactor, its server."""

from __future__ import annotations

import secrets
import sys
from collections.abc import Sequence

import nats.errors
from chassis.config import Environment, Settings, read
from chassis.database import Database
from chassis.decider import Decider
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
from chassis.tail import Tail
from chassis.tenants import Tenants
from nats.js.api import RetentionPolicy, StorageType, StreamConfig
from nats.js.errors import Error as JetStreamError
from switchboard.log.v1 import integrity_pb2_grpc
from switchboard.routing.v1 import service_pb2_grpc

from routing import events
from routing.archive import Archive
from routing.commands import Command, Tick
from routing.decider import decide
from routing.offers import Offers
from routing.owner import Owner
from routing.reactions import react
from routing.replies import Replies
from routing.servicer import CODES, SHARD, RoutingServicer
from routing.shard import Shard, evolve, next_due
from routing.snapshot import VERSION, dump, load
from routing.views.cases import CODEC, CasesView, Row

OUTBOX = StreamConfig(
    name="OUTBOX",
    subjects=["out.>"],
    storage=StorageType.FILE,
    retention=RetentionPolicy.LIMITS,
    max_age=7 * 86_400,
    duplicate_window=3600,
)
"""Replies on their way to the channels' senders; a sender that was away for a week finds nothing older."""

ROUTING: Decider[Command, Shard, events.Event] = Decider(
    initial=Shard,
    decide=decide,
    evolve=evolve,
    encode=CODEC.encode,
    decode=CODEC.decode,
    occurred_at=lambda event: event.at,
    next_due=next_due,
    tick=Tick,
    dump=dump,
    load=load,
    version=VERSION,
)


async def build(process: Process) -> None:
    """Constructs the service and starts it."""
    settings = process.settings
    member = settings.member or f"routing-{secrets.token_hex(4)}"
    nc = await connect(settings.nats_url, member)
    process.on_close(nc.close)
    log = Log(nc)
    await log.ensure(LogSettings(max_bytes=settings.log_max_bytes))
    await log.js.add_stream(OUTBOX)
    database = await process.enter(
        Database(settings.database_url, settings.schema, application="routing", remaining_s=deadline_s)
    )
    assert settings.kek_file is not None, "configure asks for it"
    vault = KeyVault(database, settings.kek_file)
    membership = Membership(log, settings.service, member)
    tenants = Tenants(log)
    cases: Projection[Row] = Projection(CasesView(), log, database, membership)
    await cases.prepare()
    await database.execute(SNAPSHOTS)
    clock = settings.clock

    def reacts(recorded: Recorded) -> Sequence[Command]:
        return react(recorded, clock.now())

    host = ShardHost(
        context="work",
        shards=(SHARD,),
        decider=ROUTING,
        log=log,
        membership=membership,
        tenants=tenants,
        snapshots=PostgresSnapshots(database),
        clock=clock,
        handle=Owner(clock).handle,
        backing=Archive(log, database, cases),
        inputs=Inputs("post", react=reacts),
        codes=CODES,
    )

    async def publish(subject: str, payload: bytes, message_id: str) -> None:
        try:
            await log.js.publish(subject, payload, timeout=5.0, headers={"Nats-Msg-Id": message_id})
        except (TimeoutError, nats.errors.Error, JetStreamError):
            raise Unavailable("the outbox does not answer", 1.0) from None

    async def connected() -> bool:
        return bool(nc.is_connected)

    async def answering() -> bool:
        try:
            return bool(await database.fetchval("select true"))
        except Unavailable:
            return False

    offers, tail = Offers(log, database), Tail(log)
    reactor = Reactor("routing_replies", "work", Replies(host, publish).act, log, membership)
    server = Server(settings, codes=CODES, conditions=("nats", "database"))
    servicer = RoutingServicer(
        host=host,
        database=database,
        projection=cases,
        log=log,
        tail=tail,
        offers=offers,
        vault=vault,
        tenants=tenants,
    )
    server.add(service_pb2_grpc.add_RoutingServiceServicer_to_server, servicer)
    integrity = IntegrityServicer(context="work", log=log, database=database, hosts=(host,), projections=(cases,))
    server.add(integrity_pb2_grpc.add_IntegrityServiceServicer_to_server, integrity)
    process.loop("membership", membership.run)
    process.loop("tenants", tenants.run)
    process.loop("cases", cases.run)
    process.loop("shards", host.run)
    process.loop("tail", tail.run)
    process.loop("offers", offers.run)
    process.loop("replies", reactor.run)
    process.on_leave(membership.leave)
    process.probe(server, "nats", connected)
    process.probe(server, "database", answering)
    await process.serve(server)


def configure(environment: Environment) -> tuple[Settings, Build]:
    """Settings of routing; it seals replies and notes."""
    return read(environment, "routing", sealing=True), build


if __name__ == "__main__":
    sys.exit(main(configure))
