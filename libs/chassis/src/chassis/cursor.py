"""A cursor: a named position in the log, kept in PostgreSQL and moved only from where its holder knows it to be.

Whoever reads the log on somebody's behalf has one: a projection moves it together with its rows, a reactor after its
effects. It knows PostgreSQL and a number; what is done with the commits it passes is its holder's matter.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Final

from chassis.database import Connection, Database

SCHEMA: Final = """
create table if not exists projections (
    name text primary key,
    position bigint not null
)
"""
_MOVE = "update projections set position = $3 where name = $1 and position = $2"
_MOVED = "UPDATE 1"
_LOCK = "select position from projections where name = $1 for update"


class Fenced(Exception):
    """Another instance has moved this cursor; its holder reads the position again and goes on from there."""


class Cursor:
    """The position of one reader. Positions are log positions, 0 before the first commit.

    The fence is the compare-and-set, not ownership: two holders that both believe to own it move it once. All that is
    written on the connection `moving` hands out commits together with the move, or neither does.
    """

    def __init__(self, name: str, database: Database) -> None:
        """`name` is the reader's, unique in its schema, such as "cases_v1"."""
        self.name = name
        self.position = -1
        """Where it is as far as this holder knows, -1 before it has looked."""
        self._database = database

    async def create(self, schemas: Sequence[str] = (), *, begin: int = 0) -> None:
        """Creates its table and the tables of `schemas` where they are missing, then attaches. Idempotent; any number
        may do it at once.
        """
        async with self._database.transaction() as connection:
            # Two that create the same table at once would fail on the catalogue's unique index.
            await connection.execute("select pg_advisory_xact_lock(hashtext('chassis.views'))")
            for schema in (SCHEMA, *schemas):
                await connection.execute(schema)
        await self.attach(begin=begin)

    async def attach(self, *, begin: int = 0) -> None:
        """Puts a new cursor to `begin` and reads where it is, in a table that is there. Idempotent."""
        await self._database.execute(
            "insert into projections (name, position) values ($1, $2) on conflict (name) do nothing", self.name, begin
        )
        await self.reread()

    async def reread(self) -> int:
        """Reads where the cursor is: at the start, after `Fenced`, and whenever the outcome of a move is unknown."""
        found = await self._database.fetchval("select position from projections where name = $1", self.name)
        self.position = 0 if found is None else int(found)
        return self.position

    async def move(self, upto: int) -> None:
        """Moves it to `upto` where there is nothing to write beside. Raises Fenced, Unavailable and TimeoutError; after
        the latter two it may have moved.
        """
        if await self._database.execute(_MOVE, self.name, self.position, upto) != _MOVED:
            raise self._fenced()
        self.position = upto

    @asynccontextmanager
    async def moving(self, upto: int, timeout_s: float | None = None) -> AsyncIterator[Connection]:
        """One transaction that moves it to `upto`. Raises Fenced before the block runs; Unavailable or TimeoutError
        may mean that all of it happened: `reread` tells.

        The cursor's row is locked for the block, so nobody else moves it or has it `locked` meanwhile.
        """
        async with self._database.transaction(timeout_s) as connection:
            if await connection.execute(_MOVE, self.name, self.position, upto) != _MOVED:
                raise self._fenced()
            yield connection
        self.position = upto

    @asynccontextmanager
    async def locked(self, timeout_s: float | None = None) -> AsyncIterator[Connection]:
        """One transaction during which nobody moves it. Each statement of the block sees what the last holder left."""
        async with self._database.transaction(timeout_s) as connection:
            await connection.execute(_LOCK, self.name)
            yield connection

    def _fenced(self) -> Fenced:
        return Fenced(f"{self.name} is no longer at {self.position}")
