"""Snapshots of shards in PostgreSQL: an optimisation of recovery, never a source of facts."""

from __future__ import annotations

from chassis.commits import Subject
from chassis.database import Database
from chassis.shard_state import InputPosition, Snapshot

SCHEMA = """
create table if not exists snapshots (
    subject text primary key,
    version text not null,
    position bigint not null,
    input_position bigint not null,
    input_offset integer not null,
    state bytea not null,
    answers bytea not null
)
"""

_LATEST = """
select version, position, input_position, input_offset, state, answers from snapshots where subject = $1
"""

# A snapshot never goes back: a writer that lost its shard may still be saving an older one.
_SAVE = """
insert into snapshots (subject, version, position, input_position, input_offset, state, answers)
values ($1, $2, $3, $4, $5, $6, $7)
on conflict (subject) do update set version = excluded.version, position = excluded.position,
    input_position = excluded.input_position, input_offset = excluded.input_offset,
    state = excluded.state, answers = excluded.answers
where snapshots.position <= excluded.position
"""


class PostgresSnapshots:
    """The snapshot store of one service. Raises Unavailable while PostgreSQL is away."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def latest(self, subject: Subject) -> Snapshot | None:
        row = await self._database.fetchrow(_LATEST, str(subject))
        if row is None:
            return None
        reached = InputPosition(row["input_position"], row["input_offset"])
        return Snapshot(row["version"], row["position"], reached, row["state"], row["answers"])

    async def save(self, subject: Subject, snapshot: Snapshot) -> None:
        await self._database.execute(
            _SAVE,
            str(subject),
            snapshot.version,
            snapshot.position,
            snapshot.input.position,
            snapshot.input.offset,
            snapshot.state,
            snapshot.answers,
        )
