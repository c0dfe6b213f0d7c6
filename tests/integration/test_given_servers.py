"""`up` on servers that somebody else runs: one sentence and the setting for each thing that makes them no use."""

from __future__ import annotations

import asyncio
import json
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from chassis import embedded
from chassis.child import Child, has_argument
from chassis.log import StrictClient, TlsRefused, connect
from chassis.streams import ProvisioningError, Stream, provision_streams
from switchboard_cli.failures import Failure
from switchboard_cli.given_servers import judge_nats, judge_postgres

MIB = 1 << 20


@contextmanager
def nats_server(directory: Path, **settings: Any) -> Iterator[tuple[Child, str]]:
    """A nats-server with settings of its own, and where it tells of itself."""
    port, monitoring = embedded.free_port(), embedded.free_port()
    config = directory / "nats.conf"
    config.write_text(json.dumps({"listen": f"127.0.0.1:{port}", "http": f"127.0.0.1:{monitoring}", **settings}))

    async def ready() -> bool:
        return not embedded.is_free(port) and not embedded.is_free(monitoring)

    server = Child(
        "nats-server",
        argv=[str(embedded.nats_binary()), "-c", str(config)],
        leftover=has_argument("nats-server", str(config)),
        port=port,
        url=f"nats://127.0.0.1:{port}",
        log=directory / "nats.log",
        ready=ready,
        stop_signal=signal.SIGKILL,
    )
    try:
        yield server, f"http://127.0.0.1:{monitoring}"
    finally:
        server.kill9()


def jetstream(directory: Path, **settings: Any) -> dict[str, Any]:
    return {"jetstream": {"store_dir": str(directory / "store"), **settings}}


async def test_nats_without_jetstream(tmp_path: Path) -> None:
    with nats_server(tmp_path) as (server, monitoring):
        await server.start()
        with pytest.raises(Failure, match="has no JetStream for us: start it with -js"):
            await judge_nats(server.url, monitoring)


async def test_nats_that_wants_a_password(tmp_path: Path) -> None:
    authorization = {"authorization": {"user": "switchboard", "password": "right"}}
    with nats_server(tmp_path, **authorization, **jetstream(tmp_path, sync_interval="always")) as (server, monitoring):
        await server.start()
        for user in ("", "switchboard:wrong@"):
            with pytest.raises(Failure, match="does not let us in: put its user and password") as told:
                await judge_nats(f"nats://{user}127.0.0.1:{server.port}", monitoring)
            assert "wrong" not in str(told.value)
        assert await judge_nats(f"nats://switchboard:right@127.0.0.1:{server.port}", monitoring) == []


async def test_nats_that_does_not_sync_before_it_acknowledges(tmp_path: Path) -> None:
    with nats_server(tmp_path, **jetstream(tmp_path)) as (server, monitoring):
        await server.start()
        (warning,) = await judge_nats(server.url, monitoring)
        assert "syncs to disk only every 120 s" in warning
        assert "sync_interval: always" in warning
        (unseen,) = await judge_nats(server.url, "http://127.0.0.1:9")
        assert "cannot be seen at http://127.0.0.1:9 (SWITCHBOARD_NATS_MONITORING_URL" in unseen


async def test_nats_with_too_little_room(tmp_path: Path) -> None:
    with nats_server(tmp_path, **jetstream(tmp_path, max_file_store=10 * MIB)) as (server, _):
        await server.start()
        client = await connect(server.url, "test")
        with pytest.raises(ProvisioningError, match=r"reserves 104,857,600 bytes: .*max_file_store.*LOG_MAX_BYTES"):
            await provision_streams(client, [Stream("LARGE", ("large.>",), max_bytes=100 * MIB)], 1)
        with pytest.raises(ProvisioningError, match="SWITCHBOARD_LOG_REPLICAS asks for 3"):
            await provision_streams(client, [Stream("SMALL", ("small.>",), max_bytes=1 * MIB)], 3)
        await client.close()


async def test_an_address_where_nobody_listens_is_named_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("switchboard_cli.given_servers.ANSWER_S", 600.0)
    with pytest.raises(Failure, match=r"no NATS answers at 127\.0\.0\.1:9"):
        async with asyncio.timeout(30):  # who waits for an answer waits for ten minutes
            await judge_nats("nats://127.0.0.1:9")


async def test_an_address_where_nobody_or_somebody_else_listens(nats_url: str, postgres_server: Child) -> None:
    other = f"127.0.0.1:{postgres_server.port}"
    for url in ("nats://127.0.0.1:9", f"nats://{other}", "nonsense"):
        with pytest.raises(Failure, match=r"no NATS answers at .*, which SWITCHBOARD_NATS_URL names"):
            await judge_nats(url)
    for url in (
        "postgresql://u:secret@127.0.0.1:9/d",
        nats_url.replace("nats://", "postgresql://u:secret@"),
    ):
        with pytest.raises(Failure, match=r"no PostgreSQL answers at .*, which SWITCHBOARD_DATABASE_URL names") as told:
            await judge_postgres(url)
        assert "secret" not in str(told.value)


async def test_an_address_that_is_none_or_asks_for_what_is_not_there(nats_url: str, database_url: str) -> None:
    for url in (
        "nonsense",
        "postgresql://u:secret@127.0.0.1:99999/d",
        "postgresql://u:secret@127.0.0.1:port/d",
        "postgresql://u:secret@[::1/d",
        f"{database_url}?sslmode=nonsense",
    ):
        with pytest.raises(Failure, match="SWITCHBOARD_DATABASE_URL is no address") as told:
            await judge_postgres(url)
        assert "secret" not in str(told.value)
    with pytest.raises(Failure, match="has no TLS: turn its ssl on, or take sslmode out"):
        await judge_postgres(f"{database_url}?sslmode=require")
    with pytest.raises(Failure, match="wants TLS, or does not"):
        await judge_nats(nats_url.replace("nats://", "tls://"))


async def test_who_says_tls_speaks_it_or_not_at_all(nats_url: str) -> None:
    client = StrictClient()
    with pytest.raises(TlsRefused):
        await client.connect(
            nats_url.replace("nats://", "tls://u:secret@"), allow_reconnect=False, max_reconnect_attempts=0
        )
    assert not client.is_connected


async def test_postgresql_with_a_wrong_password_user_or_database(postgres_server: Child, database_url: str) -> None:
    assert await judge_postgres(database_url) == []
    right = f"postgres:{database_url.partition('postgres:')[2].partition('@')[0]}@"
    for user in ("postgres:wrong@", "nobody:wrong@"):
        with pytest.raises(
            Failure, match=r"does not let (postgres|nobody) in: put the right user and password"
        ) as told:
            await judge_postgres(database_url.replace(right, user))
        assert "wrong" not in str(told.value)
    with pytest.raises(Failure, match="has no database elsewhere: create it"):
        await judge_postgres(postgres_server.url.rpartition("/")[0] + "/elsewhere")


async def test_a_database_that_keeps_less_than_it_says(postgres_server: Child, database_url: str) -> None:
    admin = await asyncpg.connect(postgres_server.url)
    name = database_url.rpartition("/")[2]
    try:
        await admin.execute(f"alter database {name} set synchronous_commit = off")
        (warning,) = await judge_postgres(database_url)
        assert "has synchronous_commit off" in warning
        await admin.execute(f"create database {name}_latin template template0 encoding 'LATIN1' locale 'C'")
        with pytest.raises(Failure, match="is in LATIN1: create one with encoding UTF8"):
            await judge_postgres(f"{database_url}_latin")
    finally:
        await admin.execute(f"drop database if exists {name}_latin")
        await admin.close()
