"""Table `sources_v2`: the connected sources, for those who ask; ingest itself keeps a directory of them in memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from chassis.clock import Instant
from chassis.codec import Codec
from chassis.commits import Recorded
from chassis.database import Connection, Database, queries
from chassis.filters import Expression, bound, where
from switchboard.ingest.v1 import events_pb2

from ingest import events, sources

_SQL = queries(__file__, "sources.sql")
NAME = "sources_v2"
_PACKAGE = "switchboard.ingest.v1."
_HANDLED = ("SourceConnected", "SourceChanged", "SourceDisconnected")
_ELSEWHERE = (
    "PostReceived",
    "PostSighted",
    "PostEdited",
    "PostCompleted",
    "PostAliased",
    "AuthorWithdrawn",
    "AuthorLocationRemoved",
    "PostLocationRemoved",
    "PostWithdrawn",
    "DeliveryQuarantined",
    "DeliveryRequeued",
    "GapDetected",
    "GapFilled",
)

CODEC: Codec[events.SourceEvent] = Codec(
    (events.SourceConnected, events.SourceChanged, events.SourceDisconnected), events_pb2, elsewhere=_ELSEWHERE
)


class SourceRow(NamedTuple):
    """One row of sources_v2, in the order of its columns."""

    tenant: str
    source_id: str
    channel: str
    account_scope: str
    display_name: str
    owned_accounts: list[str]
    label_keys: list[str]
    label_values: list[str]
    secrets_ref: str
    default_queue: str
    desk: str
    listening: bool | None
    effective_desk: str
    connected_at: Instant
    changed_at: Instant


class SourcesView:
    """Folds the facts about sources. Keys are `<tenant>/<source id>`."""

    name = NAME
    contexts = frozenset({"post"})
    handles = frozenset(_PACKAGE + event for event in _HANDLED)
    ignores = frozenset(_PACKAGE + event for event in _ELSEWHERE)
    schema = _SQL["schema"]
    dumps: Mapping[str, str] = {NAME: "tenant, source_id"}

    def keys(self, event: Recorded) -> Sequence[str]:
        """One source."""
        return (f"{event.tenant}/{CODEC.decode(event).source_id}",)

    async def load(self, connection: Connection, keys: Sequence[str]) -> dict[str, SourceRow]:
        """One query."""
        tenants, ids = _split(keys)
        rows = [SourceRow(*row.values()) for row in await connection.fetch(_SQL["load"], tenants, ids)]
        return {f"{row.tenant}/{row.source_id}": row for row in rows}

    def fold(self, rows: dict[str, SourceRow], event: Recorded) -> None:
        """The same facts as `sources.evolve`, kept for readers."""
        fact = CODEC.decode(event)
        key = f"{event.tenant}/{fact.source_id}"
        match fact:
            case events.SourceConnected():
                rows[key] = SourceRow(
                    event.tenant, fact.source_id, fact.channel, fact.account_scope, *_settings(fact), fact.at, fact.at
                )
            case events.SourceChanged():
                before = rows[key]
                rows[key] = SourceRow(
                    event.tenant,
                    fact.source_id,
                    before.channel,
                    before.account_scope,
                    *_settings(fact),
                    before.connected_at,
                    fact.at,
                )
            case events.SourceDisconnected():
                rows.pop(key, None)

    async def save(self, connection: Connection, rows: Mapping[str, SourceRow], touched: Sequence[str]) -> None:
        """Sources change rarely, and their arrays do not go through unnest: one statement for all, executed per row."""
        there = [rows[key] for key in touched if key in rows]
        if there:
            await connection.executemany(_SQL["save"], there)
        tenants, ids = _split([key for key in touched if key not in rows])
        if ids:
            await connection.execute(_SQL["delete"], tenants, ids)


def _settings(
    fact: events.SourceConnected | events.SourceChanged,
) -> tuple[str, list[str], list[str], list[str], str, str, str, bool | None, str]:
    return (
        fact.display_name,
        list(fact.owned_accounts),
        [label.key for label in fact.labels],
        [label.value for label in fact.labels],
        fact.secrets_ref,
        fact.default_queue,
        fact.desk,
        fact.listening,
        sources.desk_of(fact.source_id, sources.declared(fact)),
    )


def _split(keys: Sequence[str]) -> tuple[list[str], list[str]]:
    pairs = [key.partition("/") for key in keys]
    return [tenant for tenant, _, _ in pairs], [name for _, _, name in pairs]


async def get(database: Database, tenant: str, source_id: str) -> SourceRow | None:
    """One source."""
    row = await database.fetchrow(_SQL["get"], tenant, source_id)
    return None if row is None else SourceRow(*row.values())


_COLUMNS = {
    "channel": "channel",
    "desk": "effective_desk",
    "labels": "label_keys",
    "labels.": "label_values[array_position(label_keys, {})]",
    "owned_accounts": "owned_accounts",
}
"""What sources can be filtered by, and where it stands."""


async def select(database: Database, tenant: str, wanted: Expression, after: str, limit: int) -> list[SourceRow]:
    """Sources that satisfy an expression by id, after an id."""
    values: list[object] = [tenant, after]
    statement = f"{_SQL['select']} and {where(wanted, _COLUMNS, bound(values))}\norder by source_id limit {limit:d}"
    return [SourceRow(*row.values()) for row in await database.fetch(statement, *values)]
