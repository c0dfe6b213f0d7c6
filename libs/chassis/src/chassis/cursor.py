"""A cursor: a named position in the log, kept in PostgreSQL and moved only from where its holder knows it to be.

Whoever reads the log on somebody's behalf has one: a projection moves it together with its rows, a reactor after its
effects. Where its parts may have different holders, each part has a row. It knows PostgreSQL and numbers; what is done
with the commits it passes is its holder's matter.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from typing import Final

from chassis.database import Connection, Database
from chassis.parts import rows_of

SCHEMA: Final = """
create table if not exists projections (
    name text primary key,
    position bigint not null,
    parts_from bigint check (parts_from is null or parts_from = position)
);
do $$ begin
    if not exists (
        select from pg_attribute where attrelid = 'projections'::regclass and attname = 'parts_from'
    ) then
        alter table projections add parts_from bigint check (parts_from is null or parts_from = position);
    end if;
end $$
"""
"""`parts_from` is set on the row a cursor had before it had parts: where those began. The row stays there, so that a
process of an older release, which knows no parts, moves nothing any more. (To add a column that is there would wait for
whoever uses the table, and all others behind that.)"""
_WHERE = "select name, position from projections where name = any($1)"
_MOVE = "update projections set position = $3 where name = any($1) and position = $2"
_SKIP = """
with unhurried as (select set_config('synchronous_commit', 'off', true))
update projections set position = $3 from unhurried where name = any($1) and position = $2
"""
"""The same without waiting for the disk: where there is nothing beside, a move that is lost is done again."""
_LOCK = "select position from projections where name = any($1) order by name for update"
_ATTACH = """
insert into projections (name, position) select unnest($1::text[]), $2::bigint on conflict (name) do nothing
"""
_UNDIVIDED = "select position from projections where name = $1 and parts_from is null for update"
_DIVIDE = "update projections set parts_from = position where name = $1"


class Fenced(Exception):
    """Another instance has moved this cursor; its holder reads the position again and goes on from there."""


class Cursor:
    """The position of one reader, or of each of its parts. Positions are log positions, 0 before the first commit.

    The fence is the compare-and-set, not ownership: two holders that both believe to own it move it once. All that is
    written on the connection `moving` hands out commits together with the move, or neither does.
    """

    def __init__(self, name: str, database: Database, parts: int = 1) -> None:
        """`name` is the reader's, unique in its schema, such as "cases_v1"."""
        self.name = name
        self.database = database
        self.rows = rows_of(name, parts)
        """Names of its rows, by part."""
        self.parts = frozenset(range(parts))
        self.positions = [-1] * parts
        """Where each part is as far as this holder knows, -1 before it has looked."""

    @property
    def position(self) -> int:
        """Where the least of its parts is as far as this holder knows, -1 before it has looked."""
        return min(self.positions)

    def least(self, parts: Collection[int]) -> int:
        """The same of some of them."""
        return min([self.positions[part] for part in parts])

    async def create(self, schemas: Sequence[str] = (), *, begin: int = 0) -> None:
        """Creates its table and the tables of `schemas` where they are missing, then attaches. Idempotent; any number
        may do it at once.
        """
        async with self.database.transaction() as connection:
            # Two that create the same table at once would fail on the catalogue's unique index.
            await connection.execute("select pg_advisory_xact_lock(hashtext('chassis.views'))")
            for schema in (SCHEMA, *schemas):
                await connection.execute(schema)
        await self.attach(begin=begin)

    async def attach(self, *, begin: int = 0) -> None:
        """Puts a new cursor to `begin` and reads where it is, in a table that is there. Idempotent; any number may do
        it at once. The parts of one that had none begin where it was.
        """
        if len(await self.where()) < len(self.rows):
            async with self.database.transaction() as connection:
                if len(self.rows) > 1:
                    undivided = await connection.fetchval(_UNDIVIDED, self.name)
                    if undivided is not None:
                        begin = undivided
                        await connection.execute(_DIVIDE, self.name)
                await connection.execute(_ATTACH, self.rows, begin)
        await self.reread()

    async def where(self, connection: Connection | Database | None = None) -> dict[int, int]:
        """Where each part is that has a row, as a connection sees it."""
        found = {row["name"]: row["position"] for row in await (connection or self.database).fetch(_WHERE, self.rows)}
        return {part: found[name] for part, name in enumerate(self.rows) if name in found}

    async def reread(self) -> int:
        """Reads where the cursor is: at the start, after `Fenced`, and whenever the outcome of a move is unknown."""
        found = await self.where()
        self.positions = [found.get(part, 0) for part in range(len(self.rows))]
        return self.position

    async def move(self, upto: int) -> None:
        """Moves all of it to `upto`, for what was done elsewhere. Raises Fenced, Unavailable and TimeoutError; after
        any of them it may have moved.
        """
        await self._move(self.database, _MOVE, upto, self.parts)
        self._moved(upto, self.parts)

    async def skip(self, upto: int, parts: Collection[int]) -> None:
        """Moves some parts to `upto` where there was nothing to do for them: should PostgreSQL lose that, they are
        moved again. Raises as `move` does; parts may have moved then.
        """
        await self._move(self.database, _SKIP, upto, parts)
        self._moved(upto, parts)

    @asynccontextmanager
    async def moving(
        self, upto: int, timeout_s: float | None = None, parts: Collection[int] | None = None
    ) -> AsyncIterator[Connection]:
        """One transaction that moves it, or some parts of it, to `upto`. Raises Fenced before the block runs;
        Unavailable or TimeoutError may mean that all of it happened: `reread` tells.

        The rows are locked for the block, so nobody else moves them or has them `locked` meanwhile.
        """
        moved = self.parts if parts is None else parts
        async with self.database.transaction(timeout_s) as connection:
            await self._move(connection, _MOVE, upto, moved)
            yield connection
        self._moved(upto, moved)

    @asynccontextmanager
    async def locked(
        self, timeout_s: float | None = None, parts: Collection[int] | None = None
    ) -> AsyncIterator[Connection]:
        """One transaction during which nobody moves it, or some parts of it. Each statement of the block sees what the
        last holder left.
        """
        async with self.database.transaction(timeout_s) as connection:
            await connection.execute(_LOCK, self._names(self.parts if parts is None else parts))
            yield connection

    def _names(self, parts: Collection[int]) -> list[str]:
        return [self.rows[part] for part in sorted(parts)]

    async def _move(self, connection: Connection | Database, statement: str, upto: int, parts: Collection[int]) -> None:
        """One statement for all: each of them has to be where this holder knows it to be."""
        at = self.least(parts)
        if await connection.execute(statement, self._names(parts), at, upto) != f"UPDATE {len(parts)}":
            raise Fenced(f"{self.name} is no longer at {at}")

    def _moved(self, upto: int, parts: Collection[int]) -> None:
        for part in parts:
            self.positions[part] = upto
