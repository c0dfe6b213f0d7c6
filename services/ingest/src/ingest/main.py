"""Where ingest is put together: its shards, its tables, its server."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import partial

from chassis.assembly import Assembly
from chassis.clock import Instant
from chassis.config import Environment, Settings, read
from chassis.database import Database
from chassis.erasures import Erasures
from chassis.errors import Overloaded, Unavailable
from chassis.log import Log
from chassis.process import Build, Process, main
from chassis.projection import Projection
from chassis.provisioning import Resources
from switchboard.crm.v1 import events_structs as crm
from switchboard.ingest.v1 import service_pb2_grpc

from ingest.checks import LIMITS
from ingest.intake import Intake
from ingest.judges import JUDGES
from ingest.queues import KEYS, Queues, SourceMoves
from ingest.servicer import CODES, IngestServicer
from ingest.shards import POSTS, SHARDS, SOURCES, PostsBacking, SourceRequests, record_posts
from ingest.views import posts, quarantined, queues, sources
from ingest.views.source_directory import SHARD, SourceDirectory

RESOURCES = Resources(
    "ingest",
    tables=(posts.PostsView.schema, sources.SourcesView.schema, queues.QueuesView.schema, quarantined.SCHEMA),
    vault=True,
)
CATCH_UP_S = 60.0
"""How long the rare delivery that is about posts taken before waits for the view to know them all."""
EXPIRE_EVERY_S = 600.0


class TakenPosts:
    """Finds posts once the view has reached the log's present end."""

    def __init__(self, log: Log, database: Database, view: Projection[posts.Row]) -> None:
        self._log = log
        self._database = database
        self._view = view

    async def posts_of(self, tenant: str, identity: str, until: Instant) -> Sequence[str]:
        """Ids of the posts published until then that are still there."""
        await self._view.reached(await self._log.last_position(), CATCH_UP_S, tenant)
        return await posts.of_author(self._database, tenant, identity, until)

    async def versions(self, tenant: str, ids: Sequence[str]) -> Mapping[str, posts.PostRow]:
        """Posts by id, sealed."""
        await self._view.reached(await self._log.last_position(), CATCH_UP_S, tenant)
        return await posts.taken(self._database, tenant, ids)


async def build(process: Process, retention_days: float) -> None:
    """Constructs the service and starts it. `retention_days`: how long what could not be read is kept."""
    parts = await Assembly.open(process, "post", RESOURCES)
    log, database = parts.log, parts.database
    vault = parts.vault(Erasures("crm", crm.SubjectErased.NAME, lambda fact: str(fact.body.identity_id)))
    posts_projection = await parts.projection(posts.PostsView())
    sources_projection = await parts.projection(sources.SourcesView())
    queues_projection = await parts.projection(queues.QueuesView())
    quarantine = quarantined.Quarantine(database, vault, process.settings.clock, retention_days)
    post_host = parts.host(SHARDS, POSTS, record_posts, backing=PostsBacking(database), codes=CODES)
    source_host = parts.host((SHARD,), SOURCES, SourceRequests(process.settings.clock), codes=CODES)
    directory = SourceDirectory(log, parts.tenants)
    await parts.reactor("ingest_queues", SourceMoves(log, directory, source_host).act, KEYS, context="work")
    intake = Intake(
        vault=vault,
        shards=post_host,
        taken=TakenPosts(log, database, posts_projection),
        quarantine=quarantine,
        clock=process.settings.clock,
    )

    async def expire() -> None:
        while True:
            with suppress(Unavailable, Overloaded, TimeoutError):  # the next round does it
                await quarantine.expire()
            await asyncio.sleep(EXPIRE_EVERY_S)

    servicer = IngestServicer(
        intake=intake,
        directory=directory,
        source_host=source_host,
        database=database,
        posts_projection=posts_projection,
        sources_projection=sources_projection,
        quarantine=quarantine,
        queues=Queues(log, database, queues_projection),
        vault=vault,
        tenants=parts.tenants,
        tail=parts.tail,
    )
    process.loop("source directory", directory.run)
    process.loop("quarantine", expire)
    await parts.serve(
        (service_pb2_grpc.add_IngestServiceServicer_to_server, servicer), codes=CODES, limits=LIMITS, judges=JUDGES
    )


def configure(environment: Environment) -> tuple[Settings, Build]:
    """Settings of ingest; it seals what it takes in."""
    retention_days = environment.number(
        "SWITCHBOARD_INGEST_QUARANTINE_DAYS", quarantined.RETENTION_DAYS, least=0.01, most=365
    )
    return read(environment, "ingest", sealing=True), partial(build, retention_days=retention_days)


if __name__ == "__main__":
    sys.exit(main(configure))
