"""Which keys of the secret file a database knows, by fingerprint, and which one wraps; no other file is served with.

A key is *spare* until it wraps; one of each use is *current*; what was current before is *superseded* until nothing is
wrapped by it, then *retired*. A *lost* one is given up, with what it wrapped. Which key of a file is current is in the
database, so that all services turn to a new one at once, in whichever order they got the file. It sees no subject.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Final, NamedTuple

from chassis.database import Connection, Database, queries
from chassis.errors import NotFound, Reason, Rejected, Unavailable
from chassis.keyfile import Entry, Kek, KeyFile, KeyFileError

SQL: Final = queries(__file__, "keyring.sql")
RETRY_AFTER_S: Final = 5.0
LOSE_S: Final = 300.0
"""How long it may take to count what goes with a lost key."""
_LOGGER = logging.getLogger(__name__)


class State(StrEnum):
    """What a key is used for; see above."""

    SPARE = "spare"
    CURRENT = "current"
    SUPERSEDED = "superseded"
    RETIRED = "retired"
    LOST = "lost"


_NEEDED: Final = frozenset({State.CURRENT, State.SUPERSEDED})
"""What every file must have: something may be wrapped by it."""


@dataclass(frozen=True, slots=True)
class Known:
    """A key as the database knows it."""

    entry: Entry
    state: State
    first_seen_at: datetime
    changed_at: datetime
    subject_keys: int
    """How many keys of single subjects it wraps; of a lost one, how many went with it."""
    trees: int
    """Of how many tenants it wraps what the keys of people are derived from; of a lost one, of how many it did."""


class Lost(NamedTuple):
    """What went with a key that was given up."""

    subject_keys: int
    trees: int


class Keyring:
    """The keys of one secret file, held against one database."""

    def __init__(self, database: Database, path: Path) -> None:
        """Reads nothing yet."""
        self._database = database
        self._path = path
        self._file: KeyFile | None = None
        self._current: Kek | None = None
        self._fitted = False
        """Whether the file was once the database's."""
        self._complained = ""

    @property
    def file(self) -> KeyFile:
        """The secret file, read when first asked for. Raises KeyFileError."""
        if self._file is None:
            self._file = KeyFile(self._path)
        return self._file

    async def finding(self) -> str | None:
        """What keeps file and database from belonging together, as a sentence with the fix; None where they do. What
        the database does not know yet it knows from then on. Raises Unavailable and TimeoutError.
        """
        if not self._fitted:
            self._file = None  # nothing depends on what was read yet: another file may be put there
        try:
            self.file.reload()
        except KeyFileError as mistake:
            if not self._fitted:
                return str(mistake)
            self._complain(str(mistake))  # what was read before is as good as it was; the next start needs the file
        async with self._database.transaction() as connection:
            await connection.execute(SQL["lock"])
            known = await _known(connection)
            found = _differences(self._path, self.file.entries, known)
            if found is None:
                await self._register(connection, known)
                self._fitted = True
        return found

    async def current(self) -> Kek:
        """The key that wraps new subject keys, as far as this process knows; who creates some checks that it still is.
        Raises Unavailable with the finding where there is none to be had.
        """
        return self._current or await self.turn()

    async def turn(self) -> Kek:
        """Asks the database anew which key is current. Raises as `current` does."""
        self._current = None
        if (found := await self.finding()) is not None:
            raise Unavailable(found, RETRY_AFTER_S)
        rows = await self._database.fetch(SQL["known"])
        now = next(row["kek_id"] for row in rows if row["use"] == "wrap" and row["state"] == State.CURRENT)
        self._current = self.file.kek(now)
        return self._current

    async def known(self) -> list[Known]:
        """All keys the database knows, in the order they came, lost and retired ones among them."""
        async with self._database.transaction(LOSE_S) as connection:
            counts = {
                row["kek_id"]: (row["subject_keys"], row["trees"]) for row in await connection.fetch(SQL["counts"])
            }
            return [
                Known(
                    Entry(row["kek_id"], row["use"], row["fingerprint"]),
                    State(row["state"]),
                    row["first_seen_at"],
                    row["changed_at"],
                    *(
                        counts.get(row["kek_id"], (0, 0))
                        if row["lost_subject_keys"] is None
                        else (row["lost_subject_keys"], row["lost_trees"])
                    ),
                )
                for row in await connection.fetch(SQL["known"])
            ]

    async def lose(self, kek_id: str) -> Lost:
        """Gives a key up for ever; what went with it. Idempotent. Raises NotFound for one the database does not know,
        and Rejected with KEY_IN_FILE for one that is there.
        """
        try:
            self.file.reload()
        except KeyFileError:
            self._file = None
        there = () if self._file is None else self._file.entries
        async with self._database.transaction(LOSE_S) as connection:
            await connection.execute(SQL["lock"])
            row = {row["kek_id"]: row for row in await connection.fetch(SQL["known"])}.get(kek_id)
            if row is None:
                raise NotFound("key", f"keys/{kek_id}")
            if row["state"] == State.LOST:
                return Lost(row["lost_subject_keys"], row["lost_trees"])
            if Entry(kek_id, row["use"], row["fingerprint"]) in there:
                detail = f"{kek_id} is in the key file {self._path}; `switchboard keys rotate` ends the use of a key"
                raise Rejected(Reason.KEY_IN_FILE, detail, resource=f"keys/{kek_id}")
            await connection.execute(SQL["barrier"])  # what is being wrapped by it is counted too
            row = await connection.fetchrow(SQL["lose"], kek_id)
            assert row is not None, "it was there under the lock"
            await connection.execute(SQL["shake"], secrets.randbits(62))
        lost = Lost(*row.values())
        self._current = None
        fields = {"kek_id": kek_id, "count": lost.subject_keys, "tenants": lost.trees}
        _LOGGER.warning("a key is given up as lost", extra={"fields": fields})
        return lost

    async def _register(self, connection: Connection, known: Mapping[str, tuple[Entry, State]]) -> None:
        """Takes the fingerprints of new keys; where a use has no current key, the file's first one becomes it."""
        states = {entry.id: state for entry, state in known.values()}
        for use in ("wrap", "blind"):
            lacking = not any(entry.use == use and state is State.CURRENT for entry, state in known.values())
            for entry in (entry for entry in self.file.entries if entry.use == use):
                chosen = lacking and states.get(entry.id, State.SPARE) is State.SPARE
                state = State.CURRENT if chosen else State.SPARE
                lacking = lacking and not chosen
                if entry.id not in states:
                    await connection.execute(SQL["register"], entry.id, entry.use, entry.fingerprint, state)
                elif chosen:
                    await connection.execute(SQL["turn"], entry.id, state)

    def _complain(self, sentence: str) -> None:
        if sentence != self._complained:
            _LOGGER.error("the key file cannot be read again", extra={"fields": {"finding": sentence}})
            self._complained = sentence


async def _known(connection: Connection) -> dict[str, tuple[Entry, State]]:
    return {
        row["kek_id"]: (Entry(row["kek_id"], row["use"], row["fingerprint"]), State(row["state"]))
        for row in await connection.fetch(SQL["known"])
    }


async def unfit(database: Database, path: Path) -> str | None:
    """Why nothing may be started with this path, a sentence with the fix: there is no file and the database needs one,
    the file cannot be used, or it has other keys under the names of the database's. A file that lacks a key is no such
    case: services say so themselves, and help. Changes nothing; a database without a vault needs nothing.
    """
    async with database.acquire() as connection:
        provisioned = await connection.fetchval("select to_regclass('vault.key_encryption_keys') is not null")
        known = await _known(connection) if provisioned else {}
    needed = [entry for entry, state in known.values() if state in _NEEDED]
    if path.exists():
        try:
            return "; ".join(_foreign(path, KeyFile(path).entries, known)) or None
        except KeyFileError as mistake:
            return str(mistake)
    if not needed:
        return None
    ids = " ".join(entry.id for entry in needed)
    return (
        f"there is no key file {path}, and this database was filled with the keys {', '.join(map(_named, needed))}; put"
        " their file there, from its backup. Only where it is gone for ever, with all that it opens:"
        f" `switchboard keys new`, start again, then `switchboard keys lost {ids} --yes`"
    )


def _differences(path: Path, entries: Sequence[Entry], known: Mapping[str, tuple[Entry, State]]) -> str | None:
    found = _foreign(path, entries, known)
    there = {entry.id for entry in entries}
    lacking = [entry for entry, state in known.values() if state in _NEEDED and entry.id not in there]
    if lacking:
        named = ", ".join(_named(entry) for entry in lacking)
        ids = " ".join(entry.id for entry in lacking)
        found.append(
            f"the key file {path} lacks {named}, which this database needs; put back the file that has it, or, where it"
            f" is gone for ever with all that it opens, `switchboard keys lost {ids} --yes`"
        )
    usable = {entry.use for entry in entries if known.get(entry.id, (entry, State.SPARE))[1] in {*_NEEDED, State.SPARE}}
    if not found and usable != {"wrap", "blind"}:
        found.append(f"the key file {path} has only keys that were given up; `switchboard keys new` makes another file")
    return "; ".join(found) or None


def _foreign(path: Path, entries: Sequence[Entry], known: Mapping[str, tuple[Entry, State]]) -> list[str]:
    return [
        f"the key file {path} has another key under the id {_named(entry)} than this database was filled with"
        f" (fingerprint {known[entry.id][0].fingerprint.hex()}); put back the file that belongs to it"
        for entry in entries
        if entry.id in known and known[entry.id][0] != entry
    ]


def _named(entry: Entry) -> str:
    return f"{entry.id} (fingerprint {entry.fingerprint.hex()})"
