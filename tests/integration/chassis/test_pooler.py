"""Behind a pooler in transaction mode all works as without one; behind any other the start says what to set."""

import asyncio
import os
import shutil
import subprocess
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

import asyncpg
import pytest
from chassis import embedded
from chassis.database import Database
from chassis.errors import Unavailable
from transaction_pooler import pooling

Pooler = Callable[[str, Path], AbstractAsyncContextManager[str]]


@asynccontextmanager
async def ours(url: str, _: Path) -> AsyncIterator[str]:
    parts = urlsplit(url)
    assert parts.hostname
    assert parts.port
    async with pooling(parts.hostname, parts.port) as (pooler, port):
        yield parts._replace(netloc=f"{parts.username}:{parts.password}@127.0.0.1:{port}").geturl()
        assert pooler.moves > 20, "transactions went from server to server"


@asynccontextmanager
async def pgbouncer(url: str, directory: Path) -> AsyncIterator[str]:
    parts, port = urlsplit(url), embedded.free_port()
    settings = directory / "pgbouncer.ini"
    settings.write_text(
        f"[databases]\n* = host={parts.hostname} port={parts.port} user={parts.username} password={parts.password}\n"
        f"[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\nauth_type = any\npool_mode = transaction\n"
        f"unix_socket_dir =\ndefault_pool_size = 3\n{'user = nobody' if os.geteuid() == 0 else ''}\n"
    )
    process = await asyncio.create_subprocess_exec("pgbouncer", str(settings), stderr=subprocess.DEVNULL)
    try:
        async with asyncio.timeout(30):
            while embedded.is_free(port):  # noqa: ASYNC110  # another process opens it
                await asyncio.sleep(0.02)
        yield parts._replace(netloc=f"{parts.username}@127.0.0.1:{port}").geturl()
    finally:
        process.kill()
        await process.wait()


POOLERS = [pytest.param(ours, id="one that never keeps a server")]
if shutil.which("pgbouncer"):
    POOLERS.append(pytest.param(pgbouncer, id="PgBouncer, where it is installed"))


@pytest.mark.parametrize("pooler", POOLERS)
async def test_a_pooler_in_transaction_mode_changes_nothing_but_the_time(
    pooler: Pooler, database_url: str, tmp_path: Path
) -> None:
    async with (
        pooler(database_url, tmp_path) as url,
        Database(url, "first") as first,
        Database(url, "second") as second,
        first.sibling("shadow") as shadow,
    ):
        everyone = {"first": first, "second": second, "shadow": shadow}
        for name, database in everyone.items():
            await database.execute("create table rows (id uuid primary key, number int, word text)")
            await database.execute("insert into rows values ($1, 0, $2)", str(uuid4()), name)

        async def used(name: str, database: Database, number: int) -> None:
            async with database.transaction() as connection:
                await connection.execute("insert into rows values ($1, $2, $3)", str(uuid4()), number, name)
            assert await database.fetchval("select count(*) from rows where number = $1", number) == 1
            words = await database.fetch("select distinct word from rows where id = any(select id from rows)")
            assert [row["word"] for row in words] == [name]

        async with asyncio.timeout(120), asyncio.TaskGroup() as tasks:
            for name, database in everyone.items():
                for number in range(1, 31):
                    tasks.create_task(used(name, database, number))
        await first.executemany("insert into rows values ($1, $2, 'first')", [(str(uuid4()), n) for n in range(50, 80)])
        async with second.transaction(isolation="repeatable_read", readonly=True) as connection:
            numbers = [row["number"] async for row in connection.cursor("select number from rows order by number")]
            assert numbers == list(range(31))
        async with second.transaction() as connection:
            await connection.copy_records_to_table("rows", records=[(str(uuid4()), 90, "second")])
        counts = [await database.fetchval("select count(*) from rows") for database in everyone.values()]
        assert counts == [61, 32, 31]


async def test_a_pooler_in_statement_mode_is_refused_with_what_to_set(database_url: str) -> None:
    parts = urlsplit(database_url)
    assert parts.hostname
    assert parts.port
    async with pooling(parts.hostname, parts.port, statement_mode=True) as (_, port):
        url = parts._replace(netloc=f"{parts.username}:{parts.password}@127.0.0.1:{port}").geturl()
        with pytest.raises(Unavailable, match="set its pool_mode to transaction or session, or give the address"):
            await Database(url, "first").open()


async def test_without_a_pooler_prepared_statements_are_kept(database_url: str) -> None:
    async with Database(database_url, "first", connections_max=1) as database:
        await database.fetchval("select 41 + $1::int", 1)
        kept = "select count(*) from pg_prepared_statements where statement like '%41 +%' and name <> ''"
        assert await database.fetchval(kept) >= 1


async def test_this_pooler_breaks_a_client_that_counts_on_its_session(database_url: str) -> None:
    async with ours_unchecked(database_url) as url:
        with pytest.raises(asyncpg.ProtocolViolationError, match="unsupported startup parameter: search_path"):
            await asyncpg.connect(url, server_settings={"search_path": "first"})
        clients = [await asyncpg.connect(url) for _ in range(3)]
        with pytest.raises(asyncpg.PostgresError, match="prepared statement"):
            await asked_in_turn(clients)
        for client in clients:
            client.terminate()


async def asked_in_turn(clients: Sequence["asyncpg.Connection[asyncpg.Record]"]) -> None:
    for client in (client for client in clients for _ in range(2)):
        await client.fetchval("select 1 + $1::int", 1)


@asynccontextmanager
async def ours_unchecked(url: str) -> AsyncIterator[str]:
    parts = urlsplit(url)
    assert parts.hostname
    assert parts.port
    async with pooling(parts.hostname, parts.port) as (_, port):
        yield parts._replace(netloc=f"{parts.username}:{parts.password}@127.0.0.1:{port}").geturl()
