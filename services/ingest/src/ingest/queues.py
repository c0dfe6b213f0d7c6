"""The queues that sources name: whether one is there, and what becomes of sources whose queue was deleted.

Queues are routing's. Ingest knows which there are from the log, and asks nobody.
"""

from __future__ import annotations

from typing import Any

from chassis.commits import Recorded
from chassis.database import Database
from chassis.errors import NotFound
from chassis.host import ShardHost
from chassis.identity import uuid5
from chassis.log import Log
from chassis.projection import Projection
from chassis.serving import deadline_s
from google.protobuf.field_mask_pb2 import FieldMask
from switchboard.ingest.v1 import service_pb2

from ingest.views import queues
from ingest.views.source_directory import SHARD, SourceDirectory

KEYS = {queues.DELETED: lambda recorded: str(recorded.body.queue_id)}
"""What moves sources to another queue, in order per queue."""
_MOVES = "3f0c6c5e-55d2-5a55-9a0d-0f0a6c8d3b77"
"""Namespace of the request ids of such moves: a move that is asked for twice is done once."""


class Queues:
    """Which queues there are, at least as of the call."""

    def __init__(self, log: Log, database: Database, view: Projection[queues.QueueRow]) -> None:
        self._log = log
        self._database = database
        self._view = view

    async def require(self, tenant: str, name: str) -> None:
        """Raises NotFound when there is no queue of this name; "" is the default one, and that is always there."""
        queue_id = name.rpartition("/")[2]
        if not name or queue_id == queues.DEFAULT_QUEUE:
            return
        await self._view.reached(await self._log.last_position(), deadline_s(), tenant)
        if not await queues.exists(self._database, tenant, queue_id):
            raise NotFound("queue", name)


class SourceMoves:
    """The reactor that gives sources of a deleted queue the one that stands for it."""

    def __init__(self, log: Log, directory: SourceDirectory, sources: ShardHost[Any, Any, Any]) -> None:
        self._log = log
        self._directory = directory
        self._sources = sources

    async def act(self, recorded: Recorded) -> None:
        """Changes every source that names the queue; those that are gone by then need nothing."""
        tenant, deleted = recorded.tenant, recorded.body
        last = await self._log.last(f"ev.post.{tenant}.{SHARD}")
        if last is None:
            return
        await self._directory.reached(last.position, deadline_s())
        place = f"tenants/{tenant}"
        for source_id in self._directory.naming(tenant, f"{place}/queues/{deleted.queue_id}"):
            successor = f"{place}/queues/{deleted.successor}" if deleted.successor else ""
            source = service_pb2.Source(name=f"{place}/sources/{source_id}", default_queue=successor)
            request_id = uuid5(_MOVES, f"{recorded.position}/{source_id}")
            mask = FieldMask(paths=["default_queue"])
            asked = service_pb2.UpdateSourceRequest(source=source, update_mask=mask, request_id=request_id)
            await self._sources.call(tenant, SHARD, asked, service_pb2.UpdateSourceResponse)
