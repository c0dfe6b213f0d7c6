"""A view that writes down, by key, where the events it took stand in the log: what was taken twice or late shows."""

import contextlib
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

from chassis.commits import Entry, Recorded, Subject
from chassis.database import Connection, Database
from chassis.projection import Projection
from google.protobuf.wrappers_pb2 import StringValue
from hostile_events import entries

Place = tuple[int, int]


class Lines:
    """By key, the places of the events that were taken, in the order they were taken. An event names its keys."""

    name = "lines_v1"
    contexts = frozenset({"tally"})
    handles = frozenset({"google.protobuf.StringValue"})
    ignores: frozenset[str] = frozenset()
    schema = "create table if not exists lines_v1 (key text primary key, line jsonb not null)"
    dumps: Mapping[str, str] = {"lines_v1": "key"}

    def __init__(self, poison: set[Place] | None = None) -> None:
        self.poison = set() if poison is None else poison
        """Places of events this release cannot take."""

    def keys(self, event: Recorded) -> Sequence[str]:
        return tuple(json.loads(event.body.value))

    async def load(self, connection: Connection, keys: Sequence[str]) -> dict[str, list[Any]]:
        rows = await connection.fetch("select key, line from lines_v1 where key = any($1)", keys)
        return {row["key"]: json.loads(row["line"]) for row in rows}

    def fold(self, rows: dict[str, list[Any]], event: Recorded) -> None:
        if (event.position, event.index) in self.poison:
            raise ZeroDivisionError("a value nobody may see in a log line")
        for key in self.keys(event):
            rows[key] = [*rows.get(key, ()), [event.position, event.index]]

    async def save(self, connection: Connection, rows: Mapping[str, list[Any]], touched: Sequence[str]) -> None:
        await connection.execute(
            "insert into lines_v1 (key, line) select * from unnest($1::text[], $2::jsonb[])"
            " on conflict (key) do update set line = excluded.line",
            list(touched),
            [json.dumps(rows[key]) for key in touched],
        )


def log_of(*commits: Sequence[Sequence[str]]) -> list[Entry]:
    """A log of these commits; an event is the keys it touches."""
    subject = Subject("tally", "acme", "0")
    return entries([(subject, [StringValue(value=json.dumps(list(keys))) for keys in commit]) for commit in commits])


async def taken(connection: Any) -> dict[str, list[Place]]:
    rows = await connection.fetch("select key, line from lines_v1")
    return {row["key"]: [tuple(place) for place in json.loads(row["line"])] for row in rows}


@contextlib.asynccontextmanager
async def instance(url: str, view: Lines) -> AsyncIterator[Projection[Any]]:
    """One replica with connections of its own, which is handed commits."""
    async with Database(url, "tally", connections_max=2) as database:
        projection = Projection(view, None, database)  # type: ignore[arg-type]  # it reads no log
        await projection.prepare()
        yield projection
