"""Where ingest is put together: its shards, its tables, its server."""

from __future__ import annotations

import asyncio
import secrets
import sys
from collections.abc import Sequence
from contextlib import suppress

from chassis.config import Environment, Settings, read
from chassis.database import Database
from chassis.errors import Unavailable
from chassis.host import ShardHost
from chassis.integrity import IntegrityServicer
from chassis.log import Log, LogSettings, connect
from chassis.membership import Membership
from chassis.process import Build, Process, main
from chassis.projection import Projection
from chassis.sealing import KeyVault
from chassis.serving import Server, deadline_s
from chassis.snapshots import SCHEMA as SNAPSHOTS
from chassis.snapshots import PostgresSnapshots
from chassis.tail import Tail
from chassis.tenants import Tenants
from switchboard.ingest.v1 import service_pb2_grpc
from switchboard.log.v1 import integrity_pb2_grpc

from ingest.intake import Intake
from ingest.servicer import CODES, IngestServicer
from ingest.shards import POSTS, SHARDS, SOURCES, PostsBacking, SourceRequests, record_posts
from ingest.views import posts, sources
from ingest.views.book import SHARD, SourceBook
from ingest.views.quarantined import Quarantine

CATCH_UP_S = 60.0
"""How long withdrawing an author's posts waits for the view to know them all."""
EXPIRE_EVERY_S = 600.0


class AuthorPosts:
    """Finds an author's posts once the view has reached the log's present end."""

    def __init__(self, log: Log, database: Database, view: Projection[posts.Row]) -> None:
        self._log = log
        self._database = database
        self._view = view

    async def posts_of(self, tenant: str, identity: str) -> Sequence[str]:
        """Ids of the posts that are still there."""
        await self._view.reached(await self._log.last_position(), CATCH_UP_S)
        return await posts.of_author(self._database, tenant, identity)


async def build(process: Process) -> None:
    """Constructs the service and starts it."""
    settings = process.settings
    member = settings.member or f"ingest-{secrets.token_hex(4)}"
    nc = await connect(settings.nats_url, member)
    process.on_close(nc.close)
    log = Log(nc)
    await log.ensure(LogSettings(max_bytes=settings.log_max_bytes))
    database = await process.enter(
        Database(settings.database_url, settings.schema, application="ingest", remaining_s=deadline_s)
    )
    assert settings.kek_file is not None, "configure asks for it"
    vault = KeyVault(database, settings.kek_file)
    membership = Membership(log, settings.service, member)
    tenants = Tenants(log)
    posts_projection: Projection[posts.Row] = Projection(posts.PostsView(), log, database, membership)
    sources_projection: Projection[sources.SourceRow] = Projection(sources.SourcesView(), log, database, membership)
    quarantine = Quarantine(database, settings.clock)
    await posts_projection.prepare()
    await sources_projection.prepare()
    await quarantine.prepare()
    await database.execute(SNAPSHOTS)
    snapshots = PostgresSnapshots(database)

    post_host = ShardHost(
        context="post",
        shards=SHARDS,
        decider=POSTS,
        log=log,
        membership=membership,
        tenants=tenants,
        snapshots=snapshots,
        clock=settings.clock,
        handle=record_posts,
        backing=PostsBacking(database),
        codes=CODES,
    )
    source_host = ShardHost(
        context="post",
        shards=(SHARD,),
        decider=SOURCES,
        log=log,
        membership=membership,
        tenants=tenants,
        snapshots=snapshots,
        clock=settings.clock,
        handle=SourceRequests(settings.clock),
        codes=CODES,
    )
    book = SourceBook(log, tenants)
    tail = Tail(log)
    intake = Intake(
        vault=vault,
        shards=post_host,
        authors=AuthorPosts(log, database, posts_projection),
        quarantine=quarantine,
        clock=settings.clock,
    )

    async def connected() -> bool:
        return bool(nc.is_connected)

    async def answering() -> bool:
        try:
            return bool(await database.fetchval("select true"))
        except Unavailable:
            return False

    async def expire() -> None:
        while True:
            with suppress(Unavailable):  # the next round does it
                await quarantine.expire()
            await asyncio.sleep(EXPIRE_EVERY_S)

    server = Server(settings, codes=CODES, conditions=("nats", "database"))
    servicer = IngestServicer(
        intake=intake,
        book=book,
        source_host=source_host,
        database=database,
        posts_projection=posts_projection,
        sources_projection=sources_projection,
        quarantine=quarantine,
        vault=vault,
        tenants=tenants,
        tail=tail,
    )
    server.add(service_pb2_grpc.add_IngestServiceServicer_to_server, servicer)
    integrity = IntegrityServicer(
        context="post",
        log=log,
        database=database,
        hosts=(post_host, source_host),
        projections=(posts_projection, sources_projection),
    )
    server.add(integrity_pb2_grpc.add_IntegrityServiceServicer_to_server, integrity)
    process.loop("membership", membership.run)
    process.loop("tenants", tenants.run)
    process.loop("posts", post_host.run)
    process.loop("sources", source_host.run)
    process.loop("book", book.run)
    process.loop("tail", tail.run)
    process.loop("posts view", posts_projection.run)
    process.loop("sources view", sources_projection.run)
    process.loop("quarantine", expire)
    process.on_leave(membership.leave)
    process.probe(server, "nats", connected)
    process.probe(server, "database", answering)
    await process.serve(server)


def configure(environment: Environment) -> tuple[Settings, Build]:
    """Settings of ingest; it seals what it takes in."""
    return read(environment, "ingest", sealing=True), build


if __name__ == "__main__":
    sys.exit(main(configure))
