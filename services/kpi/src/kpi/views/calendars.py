"""Table `calendars_v1`: every version of every calendar, as the fact says it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import get_args

from chassis.codec import Codec
from chassis.commits import Recorded
from chassis.database import Connection, Database, queries
from msgspec import msgpack
from switchboard.kpi.v1 import events_pb2

from kpi import events

_SQL = queries(__file__, "calendars.sql")
NAME = "calendars_v1"
CODEC: Codec[events.Event] = Codec(get_args(events.Event) or (events.Event,), events_pb2)
"""The facts of `kpi` as they stand in the log."""
_DEFINED = events_pb2.CalendarDefined.DESCRIPTOR.full_name
_decode = msgpack.Decoder(events.CalendarDefined).decode


class CalendarsView:
    """Keeps what calendars mean. Keys are `<tenant>/<calendar id>/<version>`."""

    name = NAME
    contexts = frozenset({"kpi"})
    handles = frozenset({_DEFINED})
    ignores: frozenset[str] = frozenset()
    schema = _SQL["schema"]
    dumps: Mapping[str, str] = {NAME: "tenant, calendar_id, version"}

    def keys(self, event: Recorded) -> Sequence[str]:
        """One version of one calendar."""
        defined = CODEC.decode(event)
        return (f"{event.tenant}/{defined.calendar_id}/{defined.version}",)

    async def load(self, connection: Connection, keys: Sequence[str]) -> dict[str, events.CalendarDefined]:
        """Nothing: the fact says all there is."""
        return {}

    def fold(self, rows: dict[str, events.CalendarDefined], event: Recorded) -> None:
        """One version, also one that this release could not compute by: another may."""
        defined = CODEC.decode(event)
        rows[f"{event.tenant}/{defined.calendar_id}/{defined.version}"] = defined

    async def save(
        self, connection: Connection, rows: Mapping[str, events.CalendarDefined], touched: Sequence[str]
    ) -> None:
        """One statement."""
        if touched:
            tenants = [key.partition("/")[0] for key in touched]
            there = [rows[key] for key in touched]
            ids, versions = [one.calendar_id for one in there], [one.version for one in there]
            facts = [msgpack.encode(one) for one in there]
            await connection.execute(_SQL["save"], tenants, ids, versions, facts)


async def calendar_of(
    database: Database, tenant: str, calendar_id: str, version: int = 0
) -> events.CalendarDefined | None:
    """A version of a calendar, the latest for 0; None when there is none, as far as the view has read."""
    if version:
        found = await database.fetchval(_SQL["version"], tenant, calendar_id, version)
    else:
        found = await database.fetchval(_SQL["latest"], tenant, calendar_id)
    return None if found is None else _decode(found)


async def calendars_of(database: Database, tenant: str, after: str, limit: int) -> list[events.CalendarDefined]:
    """The latest versions of calendars by id, those after an id."""
    async with database.acquire() as connection:
        rows = await connection.fetch(_SQL["page"], tenant, after, limit)
    return [_decode(row["fact"]) for row in rows]
