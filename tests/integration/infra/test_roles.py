"""roles.sql gives each workload what it needs and not its neighbour's, shown on a real PostgreSQL."""

from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import pytest
from chassis.database import Database
from chassis.migrations import migrate_all

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
