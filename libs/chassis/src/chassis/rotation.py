"""A rotation: another key of the secret file becomes current, and all that the others wrap is wrapped by it anew.

Those are subject keys and the branches that others are derived from. Beside running services, in batches; what was
interrupted goes on where it is asked again. It opens keys and nothing that they open.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any, Final

from chassis.database import Connection, Database
from chassis.errors import NotFound, Reason, Rejected
from chassis.key_trees import bound
from chassis.keyfile import Kek, KeyFileError
from chassis.keyring import SQL, Keyring, State
from chassis.sealing import associated

BATCH: Final = 1_000


@dataclass(frozen=True, slots=True)
class _Table:
    """Where something wrapped is kept."""

    find: str
    """The statement for those that another key wraps, after a row."""
    replace: str
    row: tuple[str, ...]
    """What tells rows apart."""
    first: tuple[object, ...]
    """Before every row."""
    bound: Callable[..., bytes]
    """What a row's bytes are bound to."""


_TABLES: Final = (
    _Table(
        "wrapped_by_others",
        "rewrap",
        ("tenant", "subject_id"),
        ("", "00000000-0000-0000-0000-000000000000"),
        associated,
    ),
    _Table("branches_wrapped_by_others", "rewrap_branches", ("tenant", "generation", "prefix"), ("", 0, b""), bound),
)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a rotation is. Counts are of this run."""

    rewrapped: int
    unreadable: int
    """What does not unwrap: it stays as it is, and what wrapped it stays in use."""
    retired: tuple[str, ...] = ()
    """Keys that wrap nothing any more; given with the last progress only."""
    done: bool = False


async def rotate(database: Database, keyring: Keyring, to: str) -> AsyncIterator[Progress]:
    """Turns to the key `to` of the file and wraps everything by it; a progress after each batch, and a last one.

    Safe for any number at once, and to repeat. Raises NotFound for a key the file does not have, Rejected with
    KEY_GIVEN_UP for one that is retired or lost, and Unavailable where file and database do not fit.
    """
    await keyring.turn()
    kek = keyring.file.find(to)
    if kek is None:
        raise NotFound("key", f"keys/{to}")
    async with database.transaction() as connection:
        await connection.execute(SQL["lock"])
        known = {row["kek_id"]: row["state"] for row in await connection.fetch(SQL["known"]) if row["use"] == "wrap"}
        if known[to] in (State.RETIRED, State.LOST):
            detail = f"{to} was given up ({known[to]}); rotate to a new key"
            raise Rejected(Reason.KEY_GIVEN_UP, detail, resource=f"keys/{to}")
        if known[to] != State.CURRENT:
            for kek_id, state in known.items():
                if state == State.CURRENT:
                    await connection.execute(SQL["turn"], kek_id, State.SUPERSEDED)
            await connection.execute(SQL["turn"], to, State.CURRENT)
    async with database.transaction() as connection:
        await connection.execute(SQL["barrier"])
    rewrapped = unreadable = 0
    for table in _TABLES:
        after: tuple[object, ...] = table.first
        while True:
            async with database.transaction() as connection:
                rows = await connection.fetch(SQL[table.find], *after, to, BATCH)
                if not rows:
                    break
                after = tuple(rows[-1][name] for name in table.row)
                done = await _rewrapped(connection, keyring, kek, table, rows)
            rewrapped += done
            unreadable += len(rows) - done
            yield Progress(rewrapped, unreadable)
    retired = tuple(sorted(row["kek_id"] for row in await database.fetch(SQL["retire"])))
    await keyring.turn()
    yield Progress(rewrapped, unreadable, retired, done=True)


async def _rewrapped(connection: Connection, keyring: Keyring, kek: Kek, table: _Table, rows: list[Any]) -> int:
    """Wraps rows anew, as far as they open; how many."""
    opened: list[tuple[object, ...]] = []
    keys: list[tuple[bytes, bytes]] = []
    for row in rows:
        named = tuple(row[name] for name in table.row)
        context = table.bound(*named)
        try:
            keys.append((keyring.file.kek(row["kek_id"]).unwrap(row["wrapped"], context), context))
        except KeyFileError:
            continue
        opened.append(named)
    if opened:
        columns = [list(column) for column in zip(*opened, strict=True)]
        await connection.execute(SQL[table.replace], *columns, kek.wrap_all(keys), kek.id)
    return len(opened)
