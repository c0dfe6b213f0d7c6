"""The facts a reactor could not act on, in the table `parked`: by key, in the order of the log.

It shares the table with the projections and knows no effect. Rows of one key are added and taken away one at a time
under a lock of that key, so that whoever releases a key and whoever adds to it agree on when it is empty.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from chassis.commits import Recorded, Subject
from chassis.database import Connection, Database
from chassis.parking import BEHIND
from chassis.settlement import Verdict

WAITS = "waits for "
"""How the error of a fact begins that is tried again by itself."""

_FIRST = """
select position, event_index, subject, event from parked where projection = $1 and key = $2
order by position, event_index limit 1
"""
_ADD = """
insert into parked (projection, key, position, event_index, subject, error, event) values ($1, $2, $3, $4, $5, $6, $7)
on conflict (projection, key, position, event_index) do update set error = excluded.error
"""
_REMOVE = "delete from parked where projection = $1 and key = $2 and position = $3 and event_index = $4"
_AGAIN = "update parked set error = $5 where projection = $1 and key = $2 and position = $3 and event_index = $4"
_WAITING = """
select min(split_part(subject, '.', 3)) as tenant, key from parked where projection = $1 and error like $2 || '%'
group by key order by min(position) limit $3
"""
WAITING_MAX = 1_000
"""Keys that are tried again at a time."""


class ParkedFacts:
    """What waits for one reactor. Everything raises Unavailable or TimeoutError while the database is away."""

    def __init__(self, reactor: str, database: Database) -> None:
        self._reactor = reactor
        self._database = database

    async def keys(self) -> set[str]:
        """The keys under which something waits."""
        rows = await self._database.fetch("select distinct key from parked where projection = $1", self._reactor)
        return {row["key"] for row in rows}

    async def waiting(self) -> dict[str, list[str]]:
        """The keys that wait for somebody who is away, by tenant, oldest first; at most WAITING_MAX."""
        found: dict[str, list[str]] = {}
        for row in await self._database.fetch(_WAITING, self._reactor, WAITS, WAITING_MAX):
            found.setdefault(row["tenant"], []).append(row["key"])
        return found

    async def count(self, key: str) -> int:
        """How many facts wait under a key."""
        query = "select count(*) from parked where projection = $1 and key = $2"
        return int(await self._database.fetchval(query, self._reactor, key))

    async def park(self, key: str, fact: Recorded, verdict: Verdict, error: Exception) -> None:
        """Keeps a fact that could not be acted on. Idempotent."""
        async with self._locked(key) as connection:
            await self._add(connection, key, fact, named(verdict, error))

    async def behind(self, key: str, fact: Recorded) -> bool:
        """Keeps a fact behind the earlier ones of its key; False, and nothing is kept, where there are none."""
        async with self._locked(key) as connection:
            if await connection.fetchrow(_FIRST, self._reactor, key) is None:
                return False
            await self._add(connection, key, fact, BEHIND)
            return True

    async def first(self, key: str) -> Recorded | None:
        """The earliest fact of a key."""
        async with self._locked(key) as connection:
            return await self._first(connection, key)

    async def done(self, key: str, fact: Recorded) -> Recorded | None:
        """Takes away a fact that was acted on; answers the next one of its key. Idempotent."""
        async with self._locked(key) as connection:
            await connection.execute(_REMOVE, self._reactor, key, fact.position, fact.index)
            return await self._first(connection, key)

    async def again(self, key: str, fact: Recorded, verdict: Verdict, error: Exception) -> None:
        """Notes why a fact still waits, if it does."""
        await self._database.execute(
            _AGAIN,
            self._reactor,
            key,
            fact.position,
            fact.index,
            named(verdict, error),
        )

    @asynccontextmanager
    async def _locked(self, key: str) -> AsyncIterator[Connection]:
        async with self._database.transaction() as connection:
            await connection.execute(
                "select pg_advisory_xact_lock(hashtext($1), hashtext($2))", f"parked {self._reactor}", key
            )
            yield connection

    async def _first(self, connection: Connection, key: str) -> Recorded | None:
        row = await connection.fetchrow(_FIRST, self._reactor, key)
        if row is None:
            return None
        subject = Subject.parse(row["subject"])
        return Recorded.load(row["position"], row["event_index"], subject, row["event"])

    async def _add(self, connection: Connection, key: str, fact: Recorded, error: str) -> None:
        await connection.execute(
            _ADD,
            self._reactor,
            key,
            fact.position,
            fact.index,
            str(Subject(fact.context, fact.tenant, fact.shard)),
            error,
            fact.dump(),
        )


def named(verdict: Verdict, error: Exception) -> str:
    """An error without its text: the text may quote a personal value."""
    return f"{WAITS}{type(error).__name__}" if verdict is Verdict.AWAY else type(error).__name__
