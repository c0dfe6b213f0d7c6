"""Table `source_channels_v1`: the connected sources and their channels, as ingest says; so that nothing is to go out
through a source there is not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from chassis.commits import Recorded
from chassis.database import Connection, Database, queries
from switchboard.ingest.v1 import events_pb2, events_structs

_SQL = queries(__file__, "sources.sql")
NAME = "source_channels_v1"
CONNECTED = events_structs.SourceConnected.NAME
DISCONNECTED = events_structs.SourceDisconnected.NAME
_HANDLED = frozenset({CONNECTED, DISCONNECTED})


class SourceRow(NamedTuple):
    """One row of source_channels_v1."""

    tenant: str
    source_id: str
    channel: str


class SourcesView:
    """Folds which sources are connected; a source's channel never changes. Keys are `<tenant>/<source id>`."""

    name = NAME
    contexts = frozenset({"post"})
    handles = _HANDLED
    # Whatever else ingest may say, now or later, is about no source's being there.
    ignores = frozenset(one.full_name for one in events_pb2.DESCRIPTOR.message_types_by_name.values()) - _HANDLED
    schema = _SQL["schema"]
    dumps: Mapping[str, str] = {NAME: "tenant, source_id"}

    def keys(self, event: Recorded) -> Sequence[str]:
        """One source."""
        return (f"{event.tenant}/{event.body.source_id}",)

    async def load(self, connection: Connection, keys: Sequence[str]) -> dict[str, SourceRow]:
        """One query."""
        rows = await connection.fetch(_SQL["load"], *_split(keys))
        return {f"{row['tenant']}/{row['source_id']}": SourceRow(*row.values()) for row in rows}

    def fold(self, rows: dict[str, SourceRow], event: Recorded) -> None:
        """It is connected, or it is gone."""
        key = f"{event.tenant}/{event.body.source_id}"
        if event.type == CONNECTED:
            rows[key] = SourceRow(event.tenant, event.body.source_id, event.body.channel)
        else:
            rows.pop(key, None)

    async def save(self, connection: Connection, rows: Mapping[str, SourceRow], touched: Sequence[str]) -> None:
        """One statement for those that are there, one for those that are gone."""
        if there := [key for key in touched if key in rows]:
            channels = [rows[key].channel for key in there]
            await connection.execute(_SQL["save"], *_split(there), channels)
        if gone := [key for key in touched if key not in rows]:
            await connection.execute(_SQL["delete"], *_split(gone))


def _split(keys: Sequence[str]) -> tuple[list[str], list[str]]:
    pairs = [key.partition("/") for key in keys]
    return [tenant for tenant, _, _ in pairs], [source_id for _, _, source_id in pairs]


async def channel_of(database: Database, tenant: str, source_id: str) -> str | None:
    """The channel of a connected source, None when there is no such source, as far as the view has read."""
    found: str | None = await database.fetchval(_SQL["channel"], tenant, source_id)
    return found
