"""Table `queues_v1`: the ids of the queues there are, as routing says; so that a source names none there is not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from chassis.commits import Recorded
from chassis.database import Connection, Database, queries
from switchboard.routing.v1 import events_pb2, events_structs

_SQL = queries(__file__, "queues.sql")
NAME = "queues_v1"
DEFAULT_QUEUE = "default"
"""The queue every tenant has before anybody creates it."""
CHANGED = events_structs.QueueChanged.NAME
DELETED = events_structs.QueueDeleted.NAME
_HANDLED = frozenset({CHANGED, DELETED})


class QueueRow(NamedTuple):
    """One row of queues_v1."""

    tenant: str
    queue_id: str


class QueuesView:
    """Folds which queues there are. Keys are `<tenant>/<queue id>`."""

    name = NAME
    contexts = frozenset({"work"})
    handles = _HANDLED
    # Whatever else routing may say, now or later, is about no queue's being there.
    ignores = frozenset(one.full_name for one in events_pb2.DESCRIPTOR.message_types_by_name.values()) - _HANDLED
    schema = _SQL["schema"]
    dumps: Mapping[str, str] = {NAME: "tenant, queue_id"}

    def keys(self, event: Recorded) -> Sequence[str]:
        """One queue."""
        return (f"{event.tenant}/{event.body.queue_id}",)

    async def load(self, connection: Connection, keys: Sequence[str]) -> dict[str, QueueRow]:
        """One query."""
        rows = await connection.fetch(_SQL["load"], *_split(keys))
        return {f"{row['tenant']}/{row['queue_id']}": QueueRow(*row.values()) for row in rows}

    def fold(self, rows: dict[str, QueueRow], event: Recorded) -> None:
        """It is there, or it is gone."""
        key = f"{event.tenant}/{event.body.queue_id}"
        if event.type == CHANGED:
            rows[key] = QueueRow(event.tenant, event.body.queue_id)
        else:
            rows.pop(key, None)

    async def save(self, connection: Connection, rows: Mapping[str, QueueRow], touched: Sequence[str]) -> None:
        """One statement for those that are there, one for those that are gone."""
        if there := [key for key in touched if key in rows]:
            await connection.execute(_SQL["save"], *_split(there))
        if gone := [key for key in touched if key not in rows]:
            await connection.execute(_SQL["delete"], *_split(gone))


def _split(keys: Sequence[str]) -> tuple[list[str], list[str]]:
    pairs = [key.partition("/") for key in keys]
    return [tenant for tenant, _, _ in pairs], [queue_id for _, _, queue_id in pairs]


async def exists(database: Database, tenant: str, queue_id: str) -> bool:
    """Whether there is such a queue, as far as the view has read."""
    return queue_id == DEFAULT_QUEUE or bool(await database.fetchval(_SQL["exists"], tenant, queue_id))
