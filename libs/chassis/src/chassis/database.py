"""One PostgreSQL pool per service: its schema, its time limits, its outages and its spans. Knows no table."""

import contextlib
import re
import secrets
from asyncio import timeout
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import asyncpg
from asyncpg.pool import PoolConnectionProxy

from chassis import telemetry
from chassis.calls import deadline_s
from chassis.errors import StorageExhausted, Unavailable

if TYPE_CHECKING:
    Connection = PoolConnectionProxy[asyncpg.Record]
    _PlainConnection = asyncpg.Connection[asyncpg.Record]
else:
    Connection = PoolConnectionProxy
    _PlainConnection = asyncpg.Connection

_UUID_BYTES: Final = 16
RETRY_AFTER_S: Final = 1.0
STATEMENTS_KEPT: Final = 100
"""Prepared statements of a connection, where they can be kept."""
ROOM_AFTER_S: Final = 5.0
"""When to come back to a server without room: somebody has to make some first."""
CONNECT_S: Final = 5.0
FROZEN_S = 60.0
"""After which the server ends a transaction whose client says nothing. Against: a process that is paused keeps its
locks, and who moves what it moved waits for them. Who has to be silent for longer says so (`shadow`)."""
_SCHEMA = re.compile(r"[a-z][a-z0-9_]{0,50}\Z")
SCHEMA_LOCK: Final = "select pg_advisory_xact_lock(hashtext('chassis.schema'))"
"""For who creates a schema: two that create the same one at once would fail on the catalogue's unique index."""
_MAY_CREATE: Final = """
select to_regnamespace($1) is not null as there,
    has_database_privilege(current_database(), 'create') as itself,
    to_regprocedure('shadows.create_schema(text)') is not null and $1 like '%\\_replay\\_%' as shadow
"""
"""Whether a schema is there, and how we may create it: in the database, or beside our own where roles were made."""
_VERB: Final = re.compile(r"(?:\s|--[^\n]*\n)*([a-zA-Z]{2,20})\b")

_LOST: Final = ("clos", "released back to the pool")
"""How asyncpg says that a connection broke: "connection is closed", "pool is closing", taken back while in use."""

_UVLOOP_CLOSED: Final = "handler is closed"
"""How uvloop says that somebody wrote to a connection that broke a moment ago."""

OUTAGE: Final = (
    ConnectionError,
    asyncpg.PostgresConnectionError,
    asyncpg.InvalidAuthorizationSpecificationError,
    asyncpg.InvalidCatalogNameError,
    asyncpg.TransactionRollbackError,
    asyncpg.ReadOnlySQLTransactionError,
    asyncpg.IdleInTransactionSessionTimeoutError,
    asyncpg.TooManyConnectionsError,
    asyncpg.LockNotAvailableError,
    asyncpg.OperatorInterventionError,
    asyncpg.PostgresSystemError,
    asyncpg.InternalClientError,
    asyncpg.ActiveSQLTransactionError,
)
"""What asyncpg raises for the state of the server, not of the statement: it is away or goes away in the middle of a
query, it does not let us in, it is a standby, its disk fails, it ends what others wait for. The last two say that
asyncpg's own bookkeeping did not survive that ("waiter is done", a BEGIN inside a transaction it has lost sight of);
the connection is thrown away then."""


def queries(beside: str | Path, name: str) -> Mapping[str, str]:
    """The statements of the SQL file `name` beside the module `beside` (its `__file__`), or in that directory.

    A section begins with `-- name: word`; its text goes to the next one. Each statement begins with the comment
    `-- file.word`: the name is all that spans ever show of it. ValueError for text before the first name
    (comments aside), a name twice, or an empty section.
    """
    place = Path(beside)
    path = (place if place.is_dir() else place.parent) / name
    found: dict[str, str] = {}
    head, *sections = re.split(r"^-- name: *(\S+) *$", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    if any(line.strip() and not line.startswith("--") for line in head.splitlines()):
        raise ValueError(f"{path.name}: a statement before the first '-- name:'")
    for word, text in zip(sections[::2], sections[1::2], strict=True):
        if word in found:
            raise ValueError(f"{path.name}: '-- name: {word}' stands there twice")
        if not text.strip():
            raise ValueError(f"{path.name}: '-- name: {word}' has no statement")
        found[word] = f"-- {path.stem}.{word}\n{text.strip()}"
    return found


class Database:
    """A pool of connections whose tables are found in `schema` and nowhere else.

    `remaining_s` tells how many seconds the current call has left; nothing waits longer unless it says so itself.
    While the server is away every use raises Unavailable at once, and the next use after its return works: nothing
    has to be reopened. Where its disk or memory is full, that is StorageExhausted. TimeoutError when the time is up.
    Error messages carry no values of rows or parameters.
    uuid columns are text (str) in both directions. Session settings survive a release to the pool, so settings and
    advisory locks belong inside transactions (`set local`, `pg_advisory_xact_lock`). A pooler in between, in whatever
    mode, is noticed and costs three round trips a use.
    """

    def __init__(
        self,
        url: str,
        schema: str,
        *,
        connections_max: int = 8,
        application: str = "switchboard",
        role: str = "",
        remaining_s: Callable[[], float] = deadline_s,
    ) -> None:
        """`role` is acted as, where it is given; who logs in must be allowed to."""
        if not _SCHEMA.match(schema):
            raise ValueError(f"{schema!r} is no schema name of ours ([a-z][a-z0-9_]*, at most 51 characters)")
        self.url = url
        self.schema = schema
        self._remaining_s = remaining_s
        self._connections_max = connections_max
        self._application = application
        self._role = role
        self._pooler: bool | None = None
        self._pool: asyncpg.Pool[asyncpg.Record] | None = None

    async def open(self) -> "Database":
        """Connect and create the schema if it is missing and may be created by us. Idempotent. Raises Unavailable."""
        if self._pool is not None:
            return self
        with _outages_named(OSError):
            if self._pooler is None:
                self._pooler = await _behind_pooler(self.url)
            plain = {"application_name": f"{self._application}.{self.schema}"}
            pool = await asyncpg.create_pool(
                self.url,
                min_size=0,
                max_size=self._connections_max,
                max_inactive_connection_lifetime=120.0,
                timeout=CONNECT_S,
                init=_init,
                connection_class=_PooledConnection if self._pooler else _Connection,
                # A pooler takes no such parameters and keeps no prepared statement from one transaction to the next.
                server_settings=plain if self._pooler else plain | self._settings(),
                statement_cache_size=0 if self._pooler else STATEMENTS_KEPT,
            )
        self._pool = pool
        try:
            async with self.transaction() as connection:
                await connection.execute(SCHEMA_LOCK)
                await self._create_schema(connection)
        except BaseException:
            await self.close()
            raise
        return self

    def _settings(self) -> dict[str, str]:
        own = {"search_path": self.schema, "idle_in_transaction_session_timeout": f"{1000 * FROZEN_S:.0f}"}
        return own | ({"role": self._role} if self._role else {})

    async def _create_schema(self, connection: Connection) -> None:
        found = await connection.fetchrow(_MAY_CREATE, self.schema)
        assert found is not None, "a row of conditions"
        if found["there"]:
            return
        if found["itself"]:
            await connection.execute(f"create schema if not exists {self.schema}")
        elif found["shadow"]:
            await connection.execute("select shadows.create_schema($1)", self.schema)

    async def close(self) -> None:
        """Wait up to CONNECT_S for connections in use, then cut them. Idempotent."""
        pool, self._pool = self._pool, None
        if pool is None:
            return
        try:
            async with timeout(CONNECT_S):
                await pool.close()
        except (TimeoutError, *OUTAGE):
            pool.terminate()

    async def __aenter__(self) -> "Database":
        return await self.open()

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    @contextlib.asynccontextmanager
    async def acquire(self, timeout_s: float | None = None) -> AsyncIterator[Connection]:
        """A connection for the block; the whole block ends within `timeout_s` (default: what the call has left).

        Behind a pooler the block is one transaction: only within one is the next statement's server the last one's.
        """
        async with self._acquired(timeout_s) as connection:
            if self._pooler:
                async with self._in_transaction(connection):
                    yield connection
            else:
                yield connection

    @contextlib.asynccontextmanager
    async def _in_transaction(self, connection: Connection, **options: Any) -> AsyncIterator[None]:
        async with connection.transaction(**options):
            if self._pooler:
                for name, value in self._settings().items():
                    await connection.execute(f'set local {name} = "{value}"')
            yield

    @contextlib.asynccontextmanager
    async def _acquired(self, timeout_s: float | None) -> AsyncIterator[Connection]:
        if self._pool is None:
            raise RuntimeError(f"the database of schema {self.schema} is not open")
        limit = self._remaining_s() if timeout_s is None else timeout_s
        async with timeout(max(0.0, limit)):
            with _outages_named(OSError):  # no route, no such host
                connection = await self._pool.acquire()
            try:
                with _outages_named(), _observed(connection):
                    yield connection
            except Unavailable:
                with contextlib.suppress(asyncpg.InterfaceError, RuntimeError):  # thrown away already
                    connection.terminate()
                raise
            finally:
                # What was done in the block stands, whatever the connection suffers on its way back.
                with contextlib.suppress(Unavailable, asyncpg.InterfaceError), _outages_named():
                    await self._pool.release(connection)

    @contextlib.asynccontextmanager
    async def transaction(self, timeout_s: float | None = None, **options: Any) -> AsyncIterator[Connection]:
        """Like `acquire`, inside one transaction. `options`: isolation, readonly, deferrable."""
        async with self._acquired(timeout_s) as connection, self._in_transaction(connection, **options):
            yield connection

    async def fetch(self, query: str, *args: object) -> list[asyncpg.Record]:
        async with self.acquire() as connection:
            return await connection.fetch(query, *args)

    async def fetchrow(self, query: str, *args: object) -> asyncpg.Record | None:
        async with self.acquire() as connection:
            return await connection.fetchrow(query, *args)

    async def fetchval(self, query: str, *args: object) -> Any:
        async with self.acquire() as connection:
            return await connection.fetchval(query, *args)

    async def execute(self, query: str, *args: object) -> str:
        async with self.acquire() as connection:
            return await connection.execute(query, *args)

    async def executemany(self, query: str, rows: Sequence[Sequence[object]]) -> None:
        async with self.acquire() as connection:
            await connection.executemany(query, rows)

    def sibling(self, schema: str) -> "Database":
        """The same server and limits with another schema, not yet open: a shadow to replay into."""
        sibling = Database(
            self.url,
            schema,
            connections_max=self._connections_max,
            application=self._application,
            role=self._role,
            remaining_s=self._remaining_s,
        )
        sibling._pooler = self._pooler
        return sibling


class _Connection(_PlainConnection):
    """Released without a round trip: nothing of ours outlives its transaction."""

    def get_reset_query(self) -> str:
        return ""


class _PooledConnection(_Connection):
    """Named so that what another process left prepared on the same server is never in the way."""

    def _get_unique_id(self, prefix: str) -> str:
        return f"switchboard_{prefix}_{secrets.token_hex(8)}"


async def _behind_pooler(url: str) -> bool:
    """Whether something between us and PostgreSQL hands its connections from one client to another.

    Such a pooler makes up the process id that a client is told when it connects.
    """
    connection = await asyncpg.connect(url, timeout=CONNECT_S, statement_cache_size=0)
    try:
        async with connection.transaction():
            return bool(await connection.fetchval("select pg_backend_pid()") != connection.get_server_pid())
    except (asyncpg.ProtocolViolationError, asyncpg.ConnectionDoesNotExistError):
        raise Unavailable(
            "the connection to PostgreSQL ended with its first transaction; if a pooler is in front of it, set its"
            " pool_mode to transaction or session, or give the address of the server itself",
            ROOM_AFTER_S,
        ) from None
    finally:
        connection.terminate()


async def _init(connection: _PlainConnection) -> None:
    async with connection.transaction():  # it asks for the type's number, behind a pooler as well
        await connection.set_type_codec(
            "uuid", schema="pg_catalog", format="binary", encoder=_to_uuid, decoder=_from_uuid
        )


def _to_uuid(text: str) -> bytes:
    data = bytes.fromhex(text.replace("-", ""))
    if len(data) != _UUID_BYTES:  # the server would take it for a breach of the protocol, and so for an outage
        raise ValueError("a UUID of 32 hexadecimal digits is expected")
    return data


def _from_uuid(data: bytes) -> str:
    digits = data.hex()
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


@contextlib.contextmanager
def _outages_named(*also: type[Exception]) -> Iterator[None]:
    """An outage becomes Unavailable; any other database error loses the values it would tell."""
    try:
        yield
    except TimeoutError:
        raise  # an OSError, but ours: the time is up
    except asyncpg.DataError as error:
        raise ValueError(f"a query argument has the wrong type or range (SQLSTATE {error.sqlstate})") from None
    except asyncpg.InterfaceError as error:
        if isinstance(error, ValueError):  # asyncpg's own DataError, which it does not export
            raise ValueError("a query argument has the wrong type or range") from None
        if not any(word in str(error) for word in _LOST):
            raise  # the rest is a mistake of ours
        raise _unavailable(error) from error
    except OUTAGE as error:
        raise _unavailable(error) from error
    except asyncpg.InsufficientResourcesError as error:
        raise StorageExhausted(
            f"the database has no room ({type(error).__name__}); make some, nothing acknowledged was lost", ROOM_AFTER_S
        ) from error
    except RuntimeError as error:
        if _UVLOOP_CLOSED not in str(error):
            raise
        raise _unavailable(error) from error
    except AttributeError as error:
        if not _is_asyncpgs(error):
            raise
        raise _unavailable(error) from error
    except asyncpg.PostgresError as error:
        error.detail = None
        error.context = None
        raise
    except also as error:
        raise _unavailable(error) from error


def _is_asyncpgs(error: Exception) -> bool:
    """Whether asyncpg misses a part of a connection that broke in the middle of something."""
    if not str(error).startswith("'NoneType' object"):
        return False
    at = error.__traceback__
    while at is not None and at.tb_next is not None:
        at = at.tb_next
    return at is not None and str(at.tb_frame.f_globals.get("__name__", "")).startswith("asyncpg.")


def _unavailable(error: Exception) -> Unavailable:
    return Unavailable(f"the database does not answer ({type(error).__name__})", RETRY_AFTER_S)


@contextlib.contextmanager
def _observed(connection: Connection) -> Iterator[None]:
    """Tells of the statements of the block, only where somebody records them."""
    if not telemetry.observes_statements():
        yield
        return
    connection.add_query_logger(_ended)
    try:
        yield
    finally:
        connection.remove_query_logger(_ended)


def _ended(done: Any) -> None:
    """One statement, by its name and verb: the text stays out, and so do the arguments."""
    operation, summary = _described(done.query)
    if operation != "BEGIN":
        telemetry.statement(operation, summary, done.elapsed, done.exception)


@lru_cache(maxsize=1024)
def _described(query: str) -> tuple[str, str]:
    """The verb of a statement and the name `queries` gave it, else the verb again."""
    name, text = "", query
    if query.startswith("-- "):
        head, _, text = query.partition("\n")
        name = head[3:]
    verb = _VERB.match(text)
    operation = "OTHER" if verb is None else verb[1].upper()
    return operation, name or operation
