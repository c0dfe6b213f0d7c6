"""A rotation: another key of the secret file becomes current, and every subject key is wrapped by it anew.

Beside running services, in batches; what was interrupted goes on where it is asked again. It opens subject keys and
nothing that they open.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Final

from chassis.database import Database
from chassis.errors import NotFound, Reason, Rejected
from chassis.keyfile import KeyFileError
from chassis.keyring import SQL, Keyring, State
from chassis.sealing import associated

BATCH: Final = 1_000
_FIRST: Final = ("", "00000000-0000-0000-0000-000000000000")


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a rotation is. Counts are of this run."""

    rewrapped: int
    unreadable: int
    """Subject keys that do not unwrap: they stay as they are, and what wrapped them stays in use."""
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
    after = _FIRST
    while True:
        async with database.transaction() as connection:
            rows = await connection.fetch(SQL["wrapped_by_others"], *after, to, BATCH)
            if not rows:
                break
            after = (rows[-1]["tenant"], rows[-1]["subject_id"])
            opened: list[tuple[str, str, bytes]] = []
            for row in rows:
                tenant, subject = row["tenant"], row["subject_id"]
                try:
                    old = keyring.file.kek(row["kek_id"])
                    opened.append((tenant, subject, old.unwrap(row["wrapped"], associated(tenant, subject))))
                except KeyFileError:
                    unreadable += 1
            again = kek.wrap_all([(key, associated(tenant, subject)) for tenant, subject, key in opened])
            tenants, subjects = [tenant for tenant, _, _ in opened], [subject for _, subject, _ in opened]
            await connection.execute(SQL["rewrap"], tenants, subjects, again, to)
        rewrapped += len(opened)
        yield Progress(rewrapped, unreadable)
    retired = tuple(sorted(row["kek_id"] for row in await database.fetch(SQL["retire"])))
    await keyring.turn()
    yield Progress(rewrapped, unreadable, retired, done=True)
