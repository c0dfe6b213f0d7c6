"""Whether the tables of a service belong to the log it reads: same history, and nothing in them beyond its end.

A log restored from an older copy takes positions a second time: what is appended there, the tables skip. So nothing is
read or appended before log and tables were compared, and nothing is appended to a log that went back while we run. It
knows positions and a fingerprint of one commit; what is in a commit or a row it never asks.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from chassis.cancellation import raise_if_cancelled
from chassis.commits import STREAM
from chassis.database import Database
from chassis.errors import Unavailable
from chassis.log import Log, Withheld
from chassis.streams import incomplete

SCHEMA: Final = """
create table if not exists log_seen (
    one boolean primary key default true check (one),
    position bigint not null,
    fingerprint bytea not null,
    rebuilt integer not null default 0
)
"""
"""The last commit of the log that this service is sure of, and how often its tables were rebuilt."""

LOOK_EVERY_S = 1.0
NOTE_EVERY = 5
"""Every so many looks the tables are asked, and what was seen is kept. Against: it costs a row a time, and a log that
goes back is noticed by the reconnecting append, not by this."""
PROBES = 64
"""Places at which the log is read at the start. Against: a file has 8 MiB, so of half a gigabyte none is left out; then
one place a time, and in the end all."""
RETRY_AFTER_S = 5.0

_LOGGER = logging.getLogger(__name__)
_POSITIONS: Final = {
    "projections": "select split_part(name, '#', 1) || ' of schema ' || current_schema() as what, position"
    " from projections",
    "shard_snapshots": "select 'the snapshot of ' || subject, greatest(position, input_position) from shard_snapshots",
    "log_seen": "select 'what schema ' || current_schema() || ' saw last', position from log_seen",
}
_SEEN = "select position, fingerprint, rebuilt from log_seen"
_NOTE = """
insert into log_seen (position, fingerprint) values ($1, $2)
on conflict (one) do update set position = excluded.position, fingerprint = excluded.fingerprint
where log_seen.position < excluded.position
"""

Check = Callable[[], Awaitable[str | None]]


class Rebuilt(Unavailable):
    """The tables are others than those this process knows: rebuilt, or back at an older state. It begins anew."""


class Lineage:
    """Compares one log with one schema, at the start and then for ever.

    `finding` is the sentence that keeps the process from serving: what does not fit, and the ways out. None where all
    fits. `checks` are a service's own comparisons; each answers such a sentence or None.
    """

    def __init__(self, log: Log, database: Database, checks: Sequence[Check] = ()) -> None:
        self._log = log
        self._database = database
        self._checks = checks
        self._seen = (0, b"")
        """Position and fingerprint of the last commit this process is sure of."""
        self._of_log: str | None = None
        self._of_tables: str | None = None
        self._rebuilt: int | None = None
        self._noted = 0
        """The last position this process kept in the tables: where they are behind it, they went back."""
        self._looked_at = -1
        """Which connection to the log, counted from 0, the last look was taken on."""

    @property
    def finding(self) -> str | None:
        """What keeps the process from serving, as of the last look."""
        return self._of_log or self._of_tables

    async def compare(self) -> str | None:
        """Compares log and tables completely; returns `finding`. Raises Unavailable and TimeoutError."""
        await self._look(PROBES if self._looked_at < 0 else 1)
        finding = await self._ahead() or await self._other_history()
        for check in self._checks:
            finding = finding or await check()
        self._conclude(self._of_log, finding)
        if self.finding is None:
            await self._note()
        return self.finding

    async def guard(self) -> None:
        """For `Log.guard`: raises Withheld where an append would be lost. After each new connection to the log that is
        found out first, without PostgreSQL.
        """
        if self._looked_at != self._connections():
            try:
                await self._look()
            except (Unavailable, TimeoutError):
                raise Withheld("the log does not answer; try again", 1.0) from None
        if self.finding is not None:
            raise Withheld(self.finding, RETRY_AFTER_S)

    async def watch(self) -> None:
        """Looks for ever. Raises Rebuilt when this process must forget what it holds."""
        looks = 0
        while True:
            raise_if_cancelled()
            await asyncio.sleep(LOOK_EVERY_S)
            looks += 1
            try:
                if looks % NOTE_EVERY == 0:
                    await self._still_ours()
                    await self.compare()
                else:
                    await self._look()
            except Rebuilt:
                raise
            except (Unavailable, TimeoutError):
                continue  # the last verdict stands until it can be compared again

    async def _look(self, probes: int = 0) -> None:
        """Whether the log still has what this process saw of it, and can be read at so many more places."""
        connection = self._connections()
        least = max(self._seen[0], self._log.appended)  # before the log is asked: what we have, it has
        state = await self._log.state()
        end = int(state.get("last_seq", 0))
        damaged = "; ".join(incomplete(STREAM, state)) or await self._log.damage(end, probes)
        self._conclude(damaged or await self._lost(least, end), self._of_tables)
        self._looked_at = connection

    async def _lost(self, least: int, end: int) -> str | None:
        if least > end:
            return self._older("what this process saw", least, end)
        position, fingerprint = self._seen
        if position and await self._fingerprint(position) != fingerprint:
            return self._foreign(position)
        if end > position:
            self._seen = end, await self._fingerprint(end)
        return None

    async def _ahead(self) -> str | None:
        """The furthest position of any table, where it lies beyond the log's end."""
        there = await self._database.fetch(
            "select name from unnest($1::text[]) as wanted (name) where to_regclass(name) is not null",
            list(_POSITIONS),
        )
        if not there:
            return None
        every = " union all ".join(_POSITIONS[row["name"]] for row in there)
        furthest = await self._database.fetchrow(f"{every} order by 2 desc limit 1")
        end = await self._end()  # after the tables: what they have, the log had before
        if furthest is None or furthest["position"] <= end:
            return None
        return self._older(furthest["what"], furthest["position"], end)

    async def _other_history(self) -> str | None:
        row = await self._database.fetchrow(_SEEN)
        if row is None or not row["position"]:
            return None
        if await self._fingerprint(row["position"]) != row["fingerprint"]:
            return self._foreign(row["position"])
        return None

    async def _note(self) -> None:
        if self._seen[0]:
            await self._database.execute(_NOTE, *self._seen)
            self._noted = self._seen[0]
        if self._rebuilt is None:
            row = await self._database.fetchrow(_SEEN)
            self._rebuilt = 0 if row is None else row["rebuilt"]

    async def _still_ours(self) -> None:
        row = await self._database.fetchrow(_SEEN)
        if self._rebuilt is not None and row is not None and row["rebuilt"] > self._rebuilt:
            raise Rebuilt("the tables were rebuilt; starting anew with them")
        if (0 if row is None else row["position"]) < self._noted:
            raise Rebuilt(f"PostgreSQL went back behind position {self._noted}; starting anew with its tables")

    async def _end(self) -> int:
        return int((await self._log.state()).get("last_seq", 0))

    async def _fingerprint(self, position: int) -> bytes:
        found = await self._log.raw(position)
        if found is None:
            return b""
        subject, data = found
        return hashlib.sha256(subject.encode() + b"\0" + data).digest()

    def _connections(self) -> int:
        return int(self._log.nc.stats["reconnects"])

    def _conclude(self, of_log: str | None, of_tables: str | None) -> None:
        before = self.finding
        self._of_log, self._of_tables = of_log, of_tables
        if self.finding is not None and self.finding != before:
            _LOGGER.error("log and tables do not fit; nothing is served", extra={"fields": {"finding": self.finding}})
        if self.finding is None and before is not None:
            _LOGGER.warning("log and tables fit again")

    def _older(self, what: str, position: int, end: int) -> str:
        return (
            f"the log is older than the tables: {what} is at position {position}, the log ends at {end};"
            f" restore NATS from a copy that reaches {position}, or {self._rebuild()}"
        )

    def _foreign(self, position: int) -> str:
        return (
            f"the tables belong to another log: commit {position} is not the one that schema {self._database.schema}"
            f" saw there; give the service the NATS and the PostgreSQL that belong together, or {self._rebuild()}"
        )

    def _rebuild(self) -> str:
        return f"refill the tables from this log: switchboard rebuild {self._database.schema}"
