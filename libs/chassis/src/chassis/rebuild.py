"""Makes a service refill its tables from the log it has now: after a log was restored that is older than they are.

What is no table of a view stays: subject keys, quarantined bytes. A view's
tables are those whose names carry its version, such as posts_v1 or contacts_v3_cases.
"""

from __future__ import annotations

from chassis.database import Database
from chassis.log import Log, connect_within

REBUILD_S = 300.0
CONNECT_S = 10.0
_TABLES = """
select c.relname as name from pg_class c
where c.relnamespace = current_schema()::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
order by c.relname
"""
_VIEW = r"_v[0-9]+(_|#|$)"


async def rebuild(database: Database, end: int) -> list[str]:
    """Empties the views of a schema in one transaction and returns their tables' names. Idempotent.

    Views begin at 0. A cursor of something that acts (its name carries no version) is moved to `end`, the log's last
    position, where it lies beyond: nothing is done twice. Snapshots and parked events go. Running services notice and
    begin anew. Raises Unavailable and TimeoutError; then nothing was done.
    """
    async with database.transaction(REBUILD_S) as connection:
        names = [row["name"] for row in await connection.fetch(_TABLES)]
        views = [
            row["name"]
            for row in await connection.fetch(
                "select name from unnest($1::text[]) as t (name) where name ~ $2", names, _VIEW
            )
        ]
        if views:
            await connection.execute("truncate " + ", ".join(f'"{name}"' for name in views))
        for table in sorted({"shard_snapshots", "shard_snapshot_parts", "parked"} & set(names)):
            await connection.execute(f"delete from {table}")  # noqa: S608 - one of these
        if "projections" in names:
            await connection.execute(
                "update projections set position = case when name ~ $1 then 0 else least(position, $2) end,"
                " parts_from = case when parts_from is not null then 0 end",
                _VIEW,
                end,
            )
        if "log_seen" in names:
            await connection.execute("update log_seen set position = 0, fingerprint = '', rebuilt = rebuilt + 1")
    return views


async def rebuild_service(nats_url: str, database_url: str, schema: str) -> str:
    """`rebuild` for the servers of one service; returns a sentence that says what was done. Raises as `rebuild`."""
    nc = await connect_within(nats_url, f"{schema}-rebuild", CONNECT_S)
    try:
        end = await Log(nc).last_position()
    finally:
        await nc.close()
    async with Database(database_url, schema, connections_max=1, application="rebuild") as database:
        views = await rebuild(database, end)
    return f"{schema}: {len(views)} tables are refilled from the log's {end} commits"
