"""What a service's tables hold of a deleted tenant goes, in portions; whatever ends the process between two loses none.

Which tables those are is read from the catalogue: all that have a column `tenant`, or `subject` in the words of the
log. It knows no view; how far each table was walked stands beside what was deleted, in the same transaction.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from chassis.cancellation import raise_if_cancelled
from chassis.database import Connection, Database

SCHEMA: Final = """
create table if not exists tenant_deletions (
    tenant text not null,
    table_name text not null,
    page bigint not null,
    deleted bigint not null,
    keys bigint not null,
    primary key (tenant, table_name)
)
"""
"""How far a deletion is, while it lasts: pages of each table that were walked, and rows that went."""
KEYS: Final = "vault.subject_keys"
PAGES_PER_PORTION: Final = 64
"""Pages walked in one transaction. Against: 64 pages of 8 kB hold some ten thousand small rows."""
KEYS_PER_PORTION: Final = 2_000
PORTION_S: Final = 60.0
COUNT_S: Final = 600.0

_TABLES = """
select c.relname as name, coalesce(parent.relname, c.relname) as root, bool_or(a.attname = 'tenant') as by_tenant
from pg_class c
join pg_attribute a on a.attrelid = c.oid and a.attname in ('tenant', 'subject') and not a.attisdropped
left join pg_inherits i on i.inhrelid = c.oid
left join pg_class parent on parent.oid = i.inhparent
where c.relnamespace = current_schema()::regnamespace and c.relkind = 'r' and c.relname <> 'tenant_deletions'
group by c.relname, parent.relname
"""
_BEGIN = """
insert into tenant_deletions (tenant, table_name, page, deleted, keys) values ($1, $2, 0, 0, 0) on conflict do nothing
"""
_WHERE = "select page from tenant_deletions where tenant = $1 and table_name = $2 for update"
_WALKED = """
update tenant_deletions set page = $3, deleted = deleted + $4, keys = keys + $5 where tenant = $1 and table_name = $2
"""
_AGAIN = "update tenant_deletions set page = 0 where tenant = $1"
_DONE = "select table_name, deleted, keys from tenant_deletions where tenant = $1 order by table_name"
_FORGET = "delete from tenant_deletions where tenant = $1"
_PAGES = "select pg_relation_size(to_regclass($1)) / current_setting('block_size')::bigint"
_TOMBSTONE = "insert into vault.deleted_tenants (tenant) values ($1) on conflict do nothing"
_PATIENCE = "set local lock_timeout = '2s'"
"""Who waits for the lock holds up everybody behind it; so it is tried again rather than waited for."""
_BARRIER = "lock table vault.subject_keys in share row exclusive mode"
"""Whoever makes keys, or what they come from, and began before is done when this is granted; who begins later sees the
tombstone."""
_FORGET_KEYS = "select * from vault.forget_keys($1, $2) union all select * from vault.fell_trees($1, $2)"
_KEYS_THERE = """
select exists (select from vault.subject_keys where tenant = $1)
    or exists (select from vault.trees where tenant = $1) or exists (select from vault.branches where tenant = $1)
"""


@dataclass(frozen=True, slots=True)
class _Table:
    name: str
    root: str
    """The table it is a partition of, else itself."""
    condition: str
    """Which rows are the tenant's ($1)."""
    change: str
    """What becomes of them: `delete from t`, or `update t set ...`."""


class Purge:
    """What a deleted tenant leaves in one service's tables, and in the vault where it has one, goes in portions."""

    def __init__(
        self,
        database: Database,
        *,
        vault: bool,
        kept: Mapping[str, str] | None = None,
        pages: int = PAGES_PER_PORTION,
        keys: int = KEYS_PER_PORTION,
    ) -> None:
        """`kept` names tables whose rows stay, emptied: what they are set to, as SQL that takes the tenant away."""
        self._database = database
        self._vault = vault
        self._kept = kept or {}
        self._pages = pages
        self._keys = keys

    async def all_of(self, tenant: str) -> int:
        """Deletes everything; returns how many rows are left, 0 unless somebody wrote meanwhile: then again."""
        if self._vault:
            await self._keys_of(tenant)
        tables = await self._tables()
        for table in tables:
            while await self._portion(tenant, table):
                raise_if_cancelled()
        left = await self._left(tenant, tables)
        if left:
            await self._database.execute(_AGAIN, tenant)
        return left

    async def done(self, tenant: str) -> tuple[list[tuple[str, int]], int]:
        """(rows that went by table, keys that were destroyed) so far; partitions count as their table."""
        roots = {table.name: table.root for table in await self._tables()}
        rows: dict[str, int] = {}
        keys = 0
        for row in await self._database.fetch(_DONE, tenant):
            name = roots.get(row["table_name"], row["table_name"])
            rows[name] = rows.get(name, 0) + row["deleted"]
            keys += row["keys"]
        return sorted(rows.items()), keys

    async def forget(self, tenant: str) -> None:
        """Takes the record of a deletion away: the log has it. Idempotent."""
        await self._database.execute(_FORGET, tenant)

    async def add(self, tenant: str, what: str, count: int) -> None:
        """Notes what went elsewhere than from a table."""
        async with self._database.transaction() as connection:
            await connection.execute(_BEGIN, tenant, what)
            await connection.execute(_WALKED, tenant, what, 0, count, 0)

    async def _tables(self) -> list[_Table]:
        """What waits in the parking lot goes first: taken again, it would come back to tables that were walked. Of two
        tables, one of which refers to the other, the later by name refers."""
        found = [self._table(row["name"], row["root"], row["by_tenant"]) for row in await self._database.fetch(_TABLES)]
        return sorted(sorted(found, key=lambda one: one.name, reverse=True), key=lambda one: one.root != "parked")

    def _table(self, name: str, root: str, by_tenant: bool) -> _Table:
        # A subject is `ev.<context>.<tenant>.<shard>`; whatever else stands there is nobody's.
        condition = "tenant = $1" if by_tenant else "starts_with(subject, 'ev.') and split_part(subject, '.', 3) = $1"
        kept = self._kept.get(root)
        change = f'delete from "{name}"' if kept is None else f'update "{name}" set {kept}'  # noqa: S608  # our own
        return _Table(name, root, condition, change)

    async def _portion(self, tenant: str, table: _Table) -> bool:
        """Walks the next pages of a table; whether there are more."""
        async with self._database.transaction(PORTION_S) as connection:
            await connection.execute(_BEGIN, tenant, table.name)
            page = await connection.fetchval(_WHERE, tenant, table.name)
            end = await connection.fetchval(_PAGES, f'"{table.name}"')
            if page is None or page >= end:  # None: somebody else is through with all tables
                return False
            went = await connection.execute(
                f"{table.change} where {table.condition}"
                " and ctid >= ('(' || $2::bigint || ',0)')::tid and ctid < ('(' || $3::bigint || ',0)')::tid",
                tenant,
                page,
                page + self._pages,
            )
            await connection.execute(_WALKED, tenant, table.name, page + self._pages, _count(went), 0)
            return True

    async def _left(self, tenant: str, tables: Sequence[_Table]) -> int:
        async with self._database.transaction(COUNT_S, readonly=True) as connection:
            left = 0
            for table in tables:
                counted = f'select count(*) from "{table.name}" where {table.condition}'  # noqa: S608  # our own
                left += await connection.fetchval(counted, tenant)
            if self._vault:
                left += bool(await connection.fetchval(_KEYS_THERE, tenant))
            return left

    async def _keys_of(self, tenant: str) -> None:
        async with self._database.transaction(PORTION_S) as connection:
            await connection.execute(_PATIENCE)
            await connection.execute(_TOMBSTONE, tenant)
            await connection.execute(_BARRIER)
        more = True
        while more:
            raise_if_cancelled()
            async with self._database.transaction(PORTION_S) as connection:
                more = await self._keys_portion(connection, tenant)

    async def _keys_portion(self, connection: Connection, tenant: str) -> bool:
        """Deletes some keys; whether there are more. Other services do the same side by side."""
        await connection.execute(_BEGIN, tenant, KEYS)
        for row in await connection.fetch(_FORGET_KEYS, tenant, self._keys):
            await connection.execute(_WALKED, tenant, KEYS, 0, row["forgotten"], row["destroyed"])
        return bool(await connection.fetchval(_KEYS_THERE, tenant))


def _count(status: str) -> int:
    """The number in `DELETE 3` or `UPDATE 3`."""
    return int(status.rpartition(" ")[2])
