"""roles.sql gives each workload what it needs and not its neighbour's, shown on a real PostgreSQL.

The local stack provisions as a superuser and makes the same roles by the same statements.
"""

import importlib
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import pytest
from chassis.database import Database
from chassis.migrations import migrate_all
from chassis.provisioning import provision_tables
from chassis.shadow import drop_abandoned, shadow_of

ROLES = (Path(__file__).resolve().parents[3] / "infra" / "postgres" / "roles.sql").read_text(encoding="utf-8")
SCHEMAS = {"ingest": "ingest", "routing": "routing", "crm_sync": "crm", "kpi": "kpi"}
PASSWORD = "of-this-test"
SEALERS = ["ingest", "routing", "crm_sync"]


@pytest.fixture
async def prepared(database_url: str) -> str:
    """A database on which the roles were set up twice and the migrations ran."""
    admin = await asyncpg.connect(database_url)
    await admin.execute(ROLES)
    await admin.execute(ROLES)
    for role in (*SCHEMAS, "migrations"):
        await admin.execute(f"alter role {role} password '{PASSWORD}'")
    await admin.close()
    await migrate_all(_as("migrations", database_url))
    return database_url


def _as(role: str, url: str) -> str:
    """The same database for another role, by password: production asks for a certificate instead."""
    parts = urlsplit(url)
    return parts._replace(netloc=f"{role}:{PASSWORD}@{parts.hostname}:{parts.port}").geturl()


@pytest.mark.parametrize("role", SCHEMAS)
async def test_a_service_opens_its_own_schema(role: str, prepared: str) -> None:
    async with Database(_as(role, prepared), SCHEMAS[role]) as database, database.acquire(10.0) as connection:
        await connection.execute("create table kept (id bigint primary key)")
        assert await connection.fetchval("select count(*) from kept") == 0


@pytest.mark.parametrize("role", SEALERS)
async def test_a_sealing_service_uses_the_vault_but_deletes_nothing(role: str, prepared: str) -> None:
    async with Database(_as(role, prepared), "vault") as vault, vault.acquire(10.0) as connection:
        assert await connection.fetchval("select count(*) from subject_keys") == 0
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute("delete from subject_keys")


async def test_kpi_reads_no_subject_key(prepared: str) -> None:
    connection = await asyncpg.connect(_as("kpi", prepared))
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await connection.fetchval("select count(*) from vault.subject_keys")
    await connection.close()


async def test_a_service_reads_no_other_service(prepared: str) -> None:
    async with Database(_as("ingest", prepared), "ingest") as own, own.acquire(10.0) as connection:
        await connection.execute("create table posts (id bigint primary key)")
    other = await asyncpg.connect(_as("routing", prepared))
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await other.fetchval("select count(*) from ingest.posts")
    await other.close()


FORBIDDEN = {
    "read a file of the server": "select pg_read_file('/etc/hostname')",
    "list a directory of the server": "select pg_ls_dir('/')",
    "write a file of the server": "copy (select 1) to '/tmp/written'",
    "run a program": "copy projections from program 'id'",
    "import a file as a large object": "select lo_import('/etc/hostname')",
    "make a large object": "select lo_create(0)",
    "make a large object of bytes": "select lo_from_bytea(0, 'x')",
    "create a trusted extension": "create extension hstore",
    "create an extension": "create extension dblink",
    "load a library": "create function f() returns int language c as 'libc', 'abs'",
    "load a module": "load 'auto_explain'",
    "create a schema": "create schema another",
    "create a table in public": "create table public.left_behind (n int)",
    "create a temporary table": "create temporary table left_behind (n int)",
    "create a table among the shadows": "create table shadows.left_behind (n int)",
    "create a database": "create database another",
    "create a role": "create role another",
    "become a superuser": "alter role current_user superuser",
    "give itself a right": "alter role current_user createdb",
    "change another's password": "alter role migrations password 'x'",
    "join the role that provisions": "grant migrations to current_user",
    "act as the role that provisions": "set role migrations",
    "act as another service": "set role {other}",
    "log in as another service": "set session authorization {other}",
    "change the server's configuration": "alter system set work_mem = '1GB'",
    "switch constraints off": "set session_replication_role = replica",
    "reload the configuration": "select pg_reload_conf()",
    "force a checkpoint": "checkpoint",
    "read another service's table": "select * from {other_schema}.projections",
    "write another service's table": "insert into {other_schema}.projections values ('x', 1)",
    "drop another service's table": "drop table {other_schema}.projections",
    "create a table in another service's schema": "create table {other_schema}.intruder (n int)",
    "delete subject keys": "delete from vault.subject_keys",
    "empty the vault": "truncate vault.subject_keys",
    "drop the vault's table": "drop table vault.subject_keys",
    "create a table in the vault": "create table vault.intruder (n int)",
    "say a migration was done": "insert into vault.migrations values ('0009_pre_x', '')",
    "shadow another service's schema": "select shadows.create_schema('{other_schema}_replay_x')",
    "create a schema that is no shadow": "select shadows.create_schema('{schema}_copy')",
    "inject into a name": "select shadows.create_schema('{schema}_replay_\"; drop schema vault; --')",
    "read passwords": "select rolpassword from pg_authid",
    "end another": "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'postgres'",
}


@pytest.fixture
async def provisioned_url(database_url: str) -> str:
    """A database that the local stack's provisioning prepared for all services."""
    admin = await asyncpg.connect(database_url)
    for role, schema in SCHEMAS.items():
        await provision_tables(database_url, schema, importlib.import_module(f"{role}.main").RESOURCES)
        await admin.execute(f"alter role {role} password '{PASSWORD}'")
    await admin.close()
    return database_url


async def test_no_service_may_do_what_is_forbidden(provisioned_url: str) -> None:
    done = []
    for role, schema in SCHEMAS.items():
        other = "kpi" if role == "ingest" else "ingest"
        connection = await asyncpg.connect(_as(role, provisioned_url), server_settings={"search_path": schema})
        for act, statement in FORBIDDEN.items():
            sql = statement.format(schema=schema, other=other, other_schema=SCHEMAS[other])
            try:
                await connection.execute(sql)
            except asyncpg.InsufficientPrivilegeError:
                continue
            except asyncpg.PostgresError as otherwise:
                done.append(f"{role}: {act}: {type(otherwise).__name__}")
            else:
                done.append(f"{role}: {act}")
        await connection.close()
    assert done == []


async def test_a_service_owns_its_schema_and_what_is_in_it_and_makes_shadows_of_it(provisioned_url: str) -> None:
    for role, schema in SCHEMAS.items():
        connection = await asyncpg.connect(_as(role, provisioned_url))
        owned = await connection.fetch(
            "select distinct n.nspname from pg_class c join pg_namespace n on n.oid = c.relnamespace"
            " where c.relowner = $1::regrole and n.nspname not like 'pg_%'"
            " union select nspname from pg_namespace where nspowner = $1::regrole"
            " union select 'pg_proc' from pg_proc where proowner = $1::regrole"
            " union select datname from pg_database where datdba = $1::regrole",
            role,
        )
        assert {row["nspname"] for row in owned} == {schema}
        strangers = await connection.fetchval(
            "select count(*) from pg_class where relnamespace = $1::regnamespace and relkind in ('r', 'p')"
            " and relowner <> $2::regrole",
            schema,
            role,
        )
        assert strangers == 0
        await connection.close()
        async with Database(_as(role, provisioned_url), schema) as database:
            async with shadow_of(database) as shadow:
                await shadow.execute("create table copied (n int)")
            async with database.sibling(f"{schema}_replay_left"):
                assert await drop_abandoned(database) == 1


async def test_provisioning_takes_over_what_a_superuser_owned(database_url: str) -> None:
    own = importlib.import_module("kpi.main").RESOURCES
    async with Database(database_url, "kpi") as before:
        await before.execute("create table older (n int)")
    await provision_tables(database_url, "kpi", own)
    connection = await asyncpg.connect(database_url)
    owners = await connection.fetch(
        "select distinct pg_get_userbyid(relowner) as owner from pg_class"
        " where relnamespace = 'kpi'::regnamespace and relkind in ('r', 'p')"
    )
    assert [row["owner"] for row in owners] == ["kpi"]
    await connection.close()


def test_the_file_for_a_production_database_is_what_the_services_declare() -> None:
    modules = ["ingest.main", "routing.main", "crm_sync.main", "kpi.main"]
    made = subprocess.run([sys.executable, "-m", "chassis.roles", *modules], capture_output=True, text=True, check=True)
    assert made.stdout == ROLES, "run `make roles`"
