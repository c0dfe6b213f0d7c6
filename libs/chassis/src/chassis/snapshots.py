"""Snapshots of shards in PostgreSQL: an optimisation of recovery, never a source of facts.

A snapshot is kept in parts, so that neither writing nor reading one holds everything up; it counts from the moment its
head is written. Each version has its own: two releases that run side by side do not take each other's away.
"""

from __future__ import annotations

import asyncio

from chassis.commits import Subject
from chassis.database import Database
from chassis.shard_state import InputPosition, Snapshot

SCHEMA = """
create table if not exists shard_snapshots (
    subject text not null,
    version text not null,
    position bigint not null,
    input_position bigint not null,
    input_offset integer not null,
    parts integer not null,
    primary key (subject, version)
);
create table if not exists shard_snapshot_parts (
    subject text not null,
    version text not null,
    position bigint not null,
    part integer not null,
    section text not null,
    -- As it is: squeezing it takes PostgreSQL four times as long as writing it.
    data bytea storage external not null,
    primary key (subject, version, position, part)
)
"""
PART_BYTES_MAX = 4 * 1024 * 1024
"""Of one row; a longer part is cut."""

_HEAD = """
select position, input_position, input_offset, parts from shard_snapshots where subject = $1 and version = $2
"""
_PART = """
select section, data from shard_snapshot_parts
where subject = $1 and version = $2 and position = $3 and part = $4
"""
_SAVE_PART = """
insert into shard_snapshot_parts (subject, version, position, part, section, data) values ($1, $2, $3, $4, $5, $6)
on conflict (subject, version, position, part) do update set section = excluded.section, data = excluded.data
"""
# A snapshot never goes back: a writer that lost its shard may still be saving an older one.
_SAVE_HEAD = """
insert into shard_snapshots (subject, version, position, input_position, input_offset, parts)
values ($1, $2, $3, $4, $5, $6)
on conflict (subject, version) do update set position = excluded.position, input_position = excluded.input_position,
    input_offset = excluded.input_offset, parts = excluded.parts
where shard_snapshots.position <= excluded.position
"""
_CLEAR = """
delete from shard_snapshot_parts p using shard_snapshots s
where p.subject = $1 and p.version = $2 and s.subject = p.subject and s.version = p.version and p.position < s.position
"""


class PostgresSnapshots:
    """The snapshot store of one service. Raises Unavailable while PostgreSQL is away."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def latest(self, subject: Subject, version: str) -> Snapshot | None:
        """The latest complete one of a version; None also when it is replaced while it is read."""
        head = await self._database.fetchrow(_HEAD, str(subject), version)
        if head is None:
            return None
        sections: dict[str, list[bytes]] = {}
        for part in range(head["parts"]):
            row = await self._database.fetchrow(_PART, str(subject), version, head["position"], part)
            if row is None:
                return None
            sections.setdefault(row["section"], []).append(row["data"])
        return Snapshot(
            version, head["position"], InputPosition(head["input_position"], head["input_offset"]), sections
        )

    async def save(self, subject: Subject, snapshot: Snapshot) -> int:
        """Writes the parts, then the head; what an older one left behind goes."""
        name, version, position = str(subject), snapshot.version, snapshot.position
        size, number = 0, 0
        for section, parts in snapshot.sections.items():
            for part in parts:
                for at in range(0, len(part), PART_BYTES_MAX):
                    data = part[at : at + PART_BYTES_MAX]
                    await self._database.execute(_SAVE_PART, name, version, position, number, section, data)
                    size, number = size + len(data), number + 1
                await asyncio.sleep(0)  # the others first
        reached = snapshot.input
        await self._database.execute(_SAVE_HEAD, name, version, position, reached.position, reached.offset, number)
        await self._database.execute(_CLEAR, name, version)
        return size
