"""Servers that somebody else runs: whether a stack can work on them, said before anything is made on them.

It knows how NATS and PostgreSQL say no and which setting that is; it knows no stream and no table.
"""

import asyncio
import json
from typing import Any
from urllib.parse import urlsplit

import asyncpg
import nats
import nats.errors
from chassis.log import StrictClient
from nats.aio.client import Client

from switchboard_cli.failures import Failure

NATS = "SWITCHBOARD_NATS_URL"
DATABASE = "SWITCHBOARD_DATABASE_URL"
ANSWER_S = 5.0
POSTGRES_LEAST = 16
MONITORING = "SWITCHBOARD_NATS_MONITORING_URL"
"""Where that NATS tells of itself over HTTP; by default at the usual port of the same host."""
NATS_PORT, NATS_MONITORING_PORT, POSTGRES_PORT = 4222, 8222, 5432
_NO_ADDRESS = (
    f"{DATABASE} is no address that can be used, in its scheme, port or options such as sslmode: set it to something"
    " like postgresql://user@127.0.0.1:5432/switchboard"
)
_NOT_ENABLED = (10039, 10076)
"""JetStream's codes for an account and for a server without it."""


async def judge_nats(url: str, monitoring: str = "") -> list[str]:
    """What would lose facts on this NATS, a sentence each; [] for nothing. Raises Failure where it cannot be used.

    `monitoring` is what MONITORING says, "" for its default.
    """
    where = _place(url, NATS_PORT, NATS)
    nc = StrictClient()
    try:
        async with asyncio.timeout(2 * ANSWER_S):
            await nc.connect(
                [one.strip() for one in url.split(",")],
                name="up",
                allow_reconnect=False,
                connect_timeout=int(ANSWER_S),
                max_reconnect_attempts=1,  # 0 is for ever
                reconnect_time_wait=0.1,  # type: ignore[arg-type]  # it sleeps so long
                error_cb=_unheard,
            )
    except (nats.errors.Error, OSError, TimeoutError, ValueError) as error:
        told = str(error).lower()
        if "authorization" in told or "authentication" in told or "permissions" in told:
            raise Failure(
                f"NATS at {where} does not let us in: put its user and password, or its token, into {NATS}"
            ) from None
        if "tls" in told or "ssl" in told:
            raise Failure(f"NATS at {where} wants TLS, or does not: use tls:// or nats:// in {NATS}") from None
        raise Failure(_away("NATS", where, NATS)) from None
    try:
        try:
            answer: dict[str, Any] = json.loads((await nc.request("$JS.API.INFO", b"", timeout=ANSWER_S)).data)
        except (nats.errors.NoRespondersError, TimeoutError):
            raise Failure(_no_jetstream(where)) from None
        error_of = answer.get("error", {})
        if error_of.get("err_code") in _NOT_ENABLED:
            raise Failure(_no_jetstream(where))
        if error_of:
            raise Failure(f"JetStream of NATS at {where} does not answer: {error_of.get('description', 'no reason')}")
        return await _unsynced(nc, where, monitoring)
    finally:
        await nc.close()


async def judge_postgres(url: str) -> list[str]:
    """The same for this PostgreSQL."""
    where = _place(url, POSTGRES_PORT, DATABASE)
    try:
        parts = urlsplit(url)
    except ValueError:
        raise Failure(_NO_ADDRESS) from None
    user, name = parts.username or "the user", parts.path.lstrip("/") or "its database"
    try:
        connection = await asyncpg.connect(url, timeout=ANSWER_S)
    except asyncpg.InvalidCatalogNameError:
        raise Failure(
            f"PostgreSQL at {where} has no database {name}: create it (createdb), or name another in {DATABASE}"
        ) from None
    except asyncpg.InvalidAuthorizationSpecificationError:  # a wrong password is one of these
        raise Failure(
            f"PostgreSQL at {where} does not let {user} in: put the right user and password into {DATABASE},"
            " and see its pg_hba.conf"
        ) from None
    except asyncpg.TooManyConnectionsError:
        raise Failure(
            f"PostgreSQL at {where} has no connection left: raise its max_connections (a stack takes up to 60)"
        ) from None
    except asyncpg.CannotConnectNowError:
        raise Failure(f"PostgreSQL at {where} is just starting, or stopping: try again in a moment") from None
    except asyncpg.PostgresError as error:
        raise Failure(f"PostgreSQL at {where} refuses a connection: {error}; see {DATABASE}") from None
    except (OverflowError, ValueError) as error:  # asyncpg counts what it cannot say as a wrong value too
        if isinstance(error, asyncpg.InterfaceError) and not isinstance(error, asyncpg.ClientConfigurationError):
            raise Failure(_away("PostgreSQL", where, DATABASE)) from None
        raise Failure(_NO_ADDRESS) from None
    except ConnectionError as error:
        if "rejected SSL" not in str(error) or "sslmode" not in parts.query:
            raise Failure(_away("PostgreSQL", where, DATABASE)) from None
        raise Failure(f"PostgreSQL at {where} has no TLS: turn its ssl on, or take sslmode out of {DATABASE}") from None
    except (OSError, TimeoutError, asyncpg.InterfaceError):
        raise Failure(_away("PostgreSQL", where, DATABASE)) from None
    try:
        async with asyncio.timeout(ANSWER_S):
            row = await connection.fetchrow(_SETTINGS)
    finally:
        await connection.close(timeout=2.0)
    assert row is not None
    if row["version"] < POSTGRES_LEAST * 10_000:
        raise Failure(
            f"PostgreSQL at {where} is version {row['version'] // 10_000}: it must be {POSTGRES_LEAST} or later"
        )
    if row["encoding"] != "UTF8":
        raise Failure(
            f"database {name} at {where} is in {row['encoding']}: create one with encoding UTF8, and name it in"
            f" {DATABASE}"
        )
    if row["standby"]:
        raise Failure(f"PostgreSQL at {where} is a standby and takes nothing: name its primary in {DATABASE}")
    off = [setting for setting in ("fsync", "synchronous_commit", "full_page_writes") if row[setting] == "off"]
    return [
        f"PostgreSQL at {where} has {setting} off: after a crash it may have lost what it said it had; set it on"
        for setting in off
    ]


_SETTINGS = """
select current_setting('server_version_num')::int as version, current_setting('server_encoding') as encoding,
    pg_is_in_recovery() as standby, current_setting('fsync') as fsync,
    current_setting('synchronous_commit') as synchronous_commit,
    current_setting('full_page_writes') as full_page_writes
"""


async def _unsynced(nc: Client, where: str, monitoring: str) -> list[str]:
    """NATS tells a client nothing of its disk; its monitoring does."""
    host = (nc.connected_url.hostname if nc.connected_url else None) or ""
    monitoring = monitoring or f"http://{host}:{NATS_MONITORING_PORT}"
    found = await _varz(monitoring)
    config = found.get("jetstream", {}).get("config", {})
    if not config or found.get("server_id") != nc._server_info.get("server_id"):
        return [
            f"whether NATS at {where} syncs to disk before it acknowledges cannot be seen at {monitoring}"
            f" ({MONITORING} names another place): its jetstream block needs sync_interval: always"
        ]
    if config.get("sync_always"):
        return []
    every_s = config.get("sync_interval", 0) / 1e9
    return [
        f"NATS at {where} syncs to disk only every {every_s:g} s: what it acknowledged in between is lost with its"
        " machine; set sync_interval: always in its jetstream block"
    ]


async def _varz(monitoring: str) -> dict[str, Any]:
    """What NATS tells over HTTP; {} where it does not."""
    try:
        parts = urlsplit(monitoring)
        async with asyncio.timeout(ANSWER_S / 2):
            reader, writer = await asyncio.open_connection(parts.hostname, parts.port or NATS_MONITORING_PORT)
            try:
                writer.write(f"GET /varz HTTP/1.0\r\nHost: {parts.netloc}\r\n\r\n".encode())
                answer = await reader.read()
            finally:
                writer.close()
        found = json.loads(answer.partition(b"\r\n\r\n")[2])
    except (OSError, TimeoutError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _place(url: str, port: int, variable: str) -> str:
    """host:port of a server, or of several; never its password."""
    places = []
    for one in url.split(","):
        try:
            parts = urlsplit(one.strip())
            places.append(f"{parts.hostname}:{parts.port or port}" if parts.hostname else f"the address in {variable}")
        except ValueError:
            places.append(f"the address in {variable}")
    return ", ".join(places)


def _away(what: str, where: str, variable: str) -> str:
    return (
        f"no {what} answers at {where}, which {variable} names: start it, correct the address, or unset {variable}"
        " to have one here"
    )


def _no_jetstream(where: str) -> str:
    return (
        f"NATS at {where} has no JetStream for us: start it with -js, or with a jetstream block in its configuration"
        " (and for our account)"
    )


async def _unheard(_: Exception) -> None:
    """What fails is raised by what was tried."""
