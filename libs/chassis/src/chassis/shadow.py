"""A schema of its own for somebody who recomputes tables: nobody else sees it, and it never outlives its user for long.

Its user holds an advisory lock of its name in a transaction that stays open; the next user drops what nobody holds.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from chassis.database import Database
from chassis.errors import Overloaded, Unavailable

HELD_S = 4 * 3600.0
"""How long somebody may use one."""
DROP_S = 60.0
_MARK = "_replay_"
_LOGGER = logging.getLogger(__name__)

_SILENT = "set local idle_in_transaction_session_timeout = 0"
"""Its user's holder says nothing while it is used."""
_LOCK = "select pg_advisory_xact_lock(hashtextextended($1, 0))"
_TRY_LOCK = "select pg_try_advisory_xact_lock(hashtextextended($1, 0))"
_LEFT = """
select nspname from pg_namespace
where starts_with(nspname, $1) and pg_catalog.pg_has_role(current_user, nspowner, 'member')
"""


@asynccontextmanager
async def shadow_of(database: Database) -> AsyncIterator[Database]:
    """An empty schema, open, on the same server; dropped with all that is in it when the block ends, however it ends.

    What a killed process left is dropped before. Any number may have one each. Raises Unavailable.
    """
    await drop_abandoned(database)
    name = f"{_prefix(database)}{secrets.token_hex(6)}"
    async with database.transaction(HELD_S) as holder:
        await holder.execute(_SILENT)
        await holder.execute(_LOCK, name)
        try:
            async with database.sibling(name) as shadow:  # which creates it, and only now
                yield shadow
        finally:
            await _drop(database, name)


async def drop_abandoned(database: Database) -> int:
    """Drops the schemas whose users are gone; answers how many there were."""
    dropped = 0
    for row in await database.fetch(_LEFT, _prefix(database)):
        async with database.transaction(DROP_S) as connection:
            if await connection.fetchval(_TRY_LOCK, row["nspname"]):
                await connection.execute(f'drop schema if exists "{row["nspname"]}" cascade')
                dropped += 1
    return dropped


async def _drop(database: Database, name: str) -> None:
    # Not within the time the call has left: it may have none.
    try:
        async with database.transaction(DROP_S) as connection:
            await connection.execute(f"drop schema if exists {name} cascade")
    except (Unavailable, Overloaded, TimeoutError) as away:
        _LOGGER.warning(
            "a shadow schema is left for the next user to drop", extra={"fields": {"error": type(away).__name__}}
        )


def _prefix(database: Database) -> str:
    return f"{database.schema[:30]}{_MARK}"  # with the chance at its end as long as a schema's name may be
