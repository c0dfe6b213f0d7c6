"""Provisioning: streams, buckets and tables are created and changed by a job; services only check that they are there.

    python -m chassis.provisioning ingest.main routing.main

provisions what these modules declare as RESOURCES, with the settings a service reads; so an image of one service
provisions that one. It knows no table and no stream by name but those every service has.
"""

from __future__ import annotations

import asyncio
import importlib
import logging
import os
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import asyncpg

from chassis.config import ConfigurationError, Environment, Settings, read
from chassis.database import Connection, Database
from chassis.errors import Unavailable
from chassis.lineage import SCHEMA as LINEAGE
from chassis.log import connect_within
from chassis.logs import where
from chassis.migrations import (
    VAULT_SCHEMA,
    MigrationError,
    Phase,
    in_use,
    migrate,
    pending,
    vault_steps,
    waiting,
)
from chassis.projection import SCHEMA as PROJECTIONS
from chassis.purge import SCHEMA as DELETIONS
from chassis.roles import PROVISIONER, ServiceRole, make_roles, role_of
from chassis.snapshots import SCHEMA as SNAPSHOTS
from chassis.streams import (
    TENANTS,
    Declared,
    ProvisioningError,
    Stream,
    log_stream,
    members,
    provision_streams,
)

CONNECT_S = 30.0
_LOCK = "select pg_advisory_xact_lock(hashtext('chassis.provisioning'))"
TABLES_S = 300.0
"""How long the tables of one service may take, the wait for another provisioner included."""
_CREATED = re.compile(r"create table if not exists (?:only )?([a-z0-9_]+)")
_ADDED = re.compile(r"alter table ([a-z0-9_]+) add ([a-z0-9_]+)")
_FINISH = "--finish"
_VERSIONED = re.compile(r".*?_v[0-9]+(?=_|\Z)")
"""A table of a view, up to the version of the view it is named after."""
_TABLES = """
select c.relname as name from pg_class c
where c.relnamespace = current_schema()::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
order by c.relname
"""


@dataclass(frozen=True, slots=True)
class Resources:
    """What one service needs beside the log, and nobody else declares."""

    service: str
    streams: tuple[Stream, ...] = ()
    tables: tuple[str, ...] = ()
    """SQL that creates tables and indexes where they are missing, unqualified names."""
    vault: bool = False
    """Whether it seals or opens personal values."""
    emptied: Mapping[str, str] = field(default_factory=dict)
    """Tables whose rows stay when their tenant is deleted, and what such rows are set to: SQL that leaves nothing of
    the tenant. Every other table with a column `tenant`, or `subject` in the words of the log, loses them.
    """

    def declared(self, settings: Settings) -> tuple[Declared, ...]:
        """Its streams and buckets, those that all services share among them."""
        return (log_stream(settings.log_max_bytes), TENANTS, members(self.service), *self.streams)

    @property
    def role(self) -> ServiceRole:
        """Who uses its schema, where the settings name no other."""
        return ServiceRole(role_of(self.service), self.service.partition("-")[0], self.vault)

    @property
    def schemas(self) -> tuple[str, ...]:
        """All SQL of its schema."""
        return (SNAPSHOTS, PROJECTIONS, LINEAGE, DELETIONS, *self.tables)


async def provision(settings: Settings, own: Resources, *, finish: bool = False) -> list[str]:
    """Creates and changes what a service needs; returns a sentence for each thing that was not so before.

    What older processes cannot stand waits for `finish`, but for a database that none has used yet. Idempotent; any
    number may run at once, on a fresh database too. Raises ProvisioningError, MigrationError or Unavailable.
    """
    nc = await connect_within(settings.nats_url, f"{own.service}-provisioning", CONNECT_S)
    try:
        done = await provision_streams(nc, own.declared(settings), settings.log_replicas)
    finally:
        await nc.close()
    return done + await provision_tables(settings.database_url, settings.schema, own, finish=finish)


async def provision_tables(database_url: str, schema: str, own: Resources, *, finish: bool = False) -> list[str]:
    """The part of `provision` that is in PostgreSQL."""
    acting = await _acting(database_url, replace(own.role, schema=schema))
    database = Database(
        database_url, schema, connections_max=1, application="provisioning", role=acting.get(own.role.role, "")
    )
    async with database:
        missing = await missing_tables(database, own)
        async with database.transaction(TABLES_S) as connection:
            # Two that create the same table at once would fail on the catalogue's unique index.
            await connection.execute(_LOCK)
            for sql in own.schemas:
                await connection.execute(sql)
            dropped = await _drop_former(connection, own) if finish else []
    done = [f"created {', '.join(missing)} in schema {schema}"] if missing else []
    if dropped:
        done.append(f"dropped {', '.join(dropped)} in schema {schema}, which an earlier release filled from the log")
    if own.vault:
        vault = Database(
            database_url, VAULT_SCHEMA, connections_max=1, application="provisioning", role=acting.get(PROVISIONER, "")
        )
        async with vault:
            until = Phase.POST if finish or not await in_use(vault) else Phase.PRE
            done += [f"applied {name}" for name in await migrate(vault, vault_steps(), until=until)]
            done += [
                f"{name} waits: once no older process runs, `switchboard provision --finish`"
                for name in await waiting(vault, vault_steps())
            ]
    return done


async def _drop_former(connection: Connection, own: Resources) -> list[str]:
    """Drops the tables of views that this release has in another version, with their cursors and what is parked there.
    Against: nobody keeps them up any more, so that what is erased, withdrawn or deleted stays there. The rows that only
    keep a release from moving what has parts now go as well.
    """
    await connection.execute("delete from projections where parts_from is not null")
    declared = {name for sql in own.schemas for name in _CREATED.findall(sql)}
    there = [row["name"] for row in await connection.fetch(_TABLES)]
    former = {name: found[0] for name in there if name not in declared and (found := _VERSIONED.match(name))}
    for name in former:
        await connection.execute(f'drop table "{name}"')
    kept = {found[0] for name in declared if (found := _VERSIONED.match(name))}
    if views := sorted({*former.values()} - kept):
        await connection.execute("delete from projections where split_part(name, '#', 1) = any($1)", views)
        await connection.execute("delete from parked where projection = any($1)", views)
    return list(former)


async def _acting(database_url: str, own: ServiceRole) -> dict[str, str]:
    """The roles there are to act as, so that each owns what is created for it. A superuser makes them first; anybody
    else takes those somebody made, or is the owner himself.
    """
    async with (
        Database(database_url, "public", connections_max=1, application="provisioning") as database,
        database.transaction(TABLES_S) as connection,
    ):
        await connection.execute(_LOCK)
        if await connection.fetchval("select rolsuper from pg_roles where rolname = current_user"):
            await make_roles(connection, own)
        rows = await connection.fetch(
            "select rolname from pg_roles where rolname = any($1) and rolname <> current_user"
            " and pg_has_role(current_user, oid, 'set')",
            [own.role, PROVISIONER],
        )
    return {row["rolname"]: row["rolname"] for row in rows}


async def missing_tables(database: Database, own: Resources) -> list[str]:
    """The tables of a service that are not there, and the columns that tables of an older release lack."""
    names = [name for sql in own.schemas for name in _CREATED.findall(sql)]
    rows = await database.fetch(
        "select name from unnest($1::text[]) as wanted (name) where to_regclass(name) is null", names
    )
    columns = [found for sql in own.schemas for found in _ADDED.findall(sql)]
    lacking = await database.fetch(
        "select name || '.' || named as name from unnest($1::text[], $2::text[]) as wanted (name, named)"
        " where to_regclass(name) is not null and not exists"
        " (select from pg_attribute where attrelid = to_regclass(name) and attname = named and not attisdropped)",
        [table for table, _ in columns],
        [column for _, column in columns],
    )
    return [row["name"] for row in (*rows, *lacking)]


async def table_findings(database: Database, own: Resources) -> list[str]:
    """What is missing in PostgreSQL, one sentence each. Raises Unavailable."""
    found = []
    if missing := await missing_tables(database, own):
        found.append(f"schema {database.schema} lacks {', '.join(missing)}; run `switchboard provision`")
    if own.vault:
        async with database.sibling(VAULT_SCHEMA) as vault:
            if steps := await pending(vault, vault_steps()):
                found.append(f"schema {VAULT_SCHEMA} lacks {', '.join(steps)}; run `switchboard provision`")
    return found


async def provision_all(modules: Sequence[str], environment: Environment, *, finish: bool = False) -> list[str]:
    """Provisions what these modules declare. Raises ConfigurationError with all that is wrong with the settings."""
    owns: list[Resources] = [importlib.import_module(module).RESOURCES for module in modules]
    settings = [read(environment, own.service) for own in owns]
    environment.check()
    done = []
    for own, one in zip(owns, settings, strict=True):
        done += [f"{own.service}: {sentence}" for sentence in await provision(one, own, finish=finish)]
    return done


def main(arguments: Sequence[str]) -> int:
    """Provisions; a sentence per change on standard output. Exit codes: 0 done, 1 failed, 2 wrong settings."""
    modules = [one for one in arguments if one != _FINISH]
    environment = Environment(os.environ)
    logging.getLogger("chassis").addHandler(logging.NullHandler())  # what matters is said below, in sentences
    try:
        for sentence in asyncio.run(provision_all(modules, environment, finish=_FINISH in arguments)):
            sys.stdout.write(f"{sentence}\n")
    except ConfigurationError as error:
        for problem in error.problems:
            sys.stderr.write(f"switchboard provision: {problem}\n")
        return 2
    except (ProvisioningError, MigrationError, Unavailable, TimeoutError, OSError) as error:
        told = " ".join(str(error).split()) or "the servers took too long; run it again"
    except asyncpg.InsufficientPrivilegeError as error:
        told = f"{error}; let the user of SWITCHBOARD_DATABASE_URL create schemas, or make its roles and schemas first"
    except ImportError as error:
        told = f"{error}; install what is missing (make venv)"
    except asyncpg.PostgresError as error:
        told = f"PostgreSQL refuses: {error}"
    except Exception as error:  # noqa: BLE001 (it ends the process; of what nobody foresaw only kind and place are told)
        told = (
            f"it failed where it should not ({type(error).__name__} at {where(error.__traceback__)}): please report it"
        )
    else:
        return 0
    sys.stderr.write(f"switchboard provision: {told}\n")
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
