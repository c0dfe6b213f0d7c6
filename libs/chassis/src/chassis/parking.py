"""The parking lot: events that one consumer of the log could not take, and what waits behind them under the same keys.

It knows the table `parked` and the order of the log. What taking an event means is its holder's matter; all of it
happens while the consumer's cursor is locked, so nobody decides upon what somebody else is just changing.
"""

from __future__ import annotations

import hashlib
import logging
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, MutableMapping, Sequence
from typing import Final, NamedTuple

import asyncpg

from chassis.calls import deadline_s
from chassis.commits import Recorded, Subject
from chassis.cursor import Cursor
from chassis.database import OUTAGE, Connection, Database
from chassis.errors import Overloaded, Unavailable
from chassis.parts import part_of

SCHEMA: Final = """
create table if not exists parked (
    projection text not null,
    key text not null,
    position bigint not null,
    event_index integer not null,
    subject text not null,
    error text not null,
    event bytea not null,
    primary key (projection, key, position, event_index)
);
create index if not exists parked_place on parked (projection, position, event_index)
"""
KEY_LENGTH_MAX: Final = 200
"""Characters of a key as it is kept. Against: what a B-tree holds is 2,704 bytes, and a person has to type it."""
EVENTS_PER_PORTION: Final = 500
BYTES_PER_PORTION: Final = 4 * 1024 * 1024
"""What one transaction of a release takes at most, and one event more."""
EVENTS_PER_READ: Final = 16
"""Events read at once to list them. Against: one has at most 512 KiB."""
BEHIND: Final = "an earlier event of this key is parked"

Place = tuple[int, int]
"""(position, index) of an event in the log."""

_LOGGER = logging.getLogger(__name__)
_ENVIRONMENT: Final = ("08", "0A", "25", "26", "28", "3D", "3F", "40", "53", "55", "57", "58", "F0", "XX")
"""Classes of SQLSTATE that speak of the server, its resources, statements it prepared and other sessions, never of a
value."""
_SCHEMA_AWAY: Final = frozenset({"42501", "42703", "42883", "42P01", "42P05"})
"""Not privileged; undefined column, function, table: the schema is not the one this release needs; a name that a pooler
gave to another session's statement."""

_ANY = "select exists (select from parked where projection = $1)"
_BLOCKED = """
select distinct on (key) key, position, event_index from parked
where projection = $1 and key = any($2::text[]) order by key, position, event_index
"""
_PARK = """
insert into parked (projection, key, position, event_index, subject, error, event)
values ($1, $2, $3, $4, $5, $6, $7) on conflict do nothing
"""
_NEXT = """
select position, event_index, max(octet_length(event)) as size from parked
where projection = $1 and key = any($2::text[]) and (position, event_index) > ($3, $4)
group by position, event_index order by position, event_index limit $5
"""
_KEYS_AT = """
select distinct key from parked
join unnest($2::bigint[], $3::integer[]) as place (at, index) on position = at and event_index = index
where projection = $1
"""
_EVENTS_AT = """
select distinct on (position, event_index) position, event_index, subject, event from parked
join unnest($2::bigint[], $3::integer[]) as place (at, index) on position = at and event_index = index
where projection = $1 order by position, event_index, octet_length(event) desc
"""
_DELETE_AT = """
delete from parked using unnest($2::bigint[], $3::integer[]) as place (at, index)
where projection = $1 and position = at and event_index = index
"""
_STAYED_AT = """
select count(distinct (position, event_index)) from parked
join unnest($2::bigint[], $3::integer[]) as place (at, index) on position = at and event_index = index
where projection = $1
"""
_SUBJECT_OF = "select subject from parked where projection = $1 and key = $2 limit 1"
_WAITING = """
select count(*) from (
    select distinct position, event_index from parked where projection = $1 and key = any($2::text[])
) as events
"""
_LIST = """
select key, position, event_index, subject, error, (
    select event from parked whole where whole.projection = p.projection and whole.position = p.position
    and whole.event_index = p.event_index order by octet_length(event) desc limit 1
) as event
from parked p
where projection = $1 and (key, position, event_index) > ($2, $3::bigint, $4::bigint)
order by key, position, event_index limit $5
"""
_COUNT_KEYS = """
select count(*) from (select distinct key from parked where projection = $1 limit $2) as keys
"""


class Waiting(NamedTuple):
    """An event that has to wait, and the kind of the error; never its text, which may quote a personal value."""

    event: Recorded
    keys: Sequence[str]
    error: str


class Parked(NamedTuple):
    """An event that waits under one of its keys, as people are shown it."""

    key: str
    place: Place
    subject: str
    type: str
    error: str


class Released(NamedTuple):
    """How many events went through, and how many still wait under the same keys."""

    released: int
    waiting: int


def place(event: Recorded) -> Place:
    """Where an event stands."""
    return event.position, event.index


def own_key(event: Recorded) -> str:
    """The key of an event whose keys nobody can tell."""
    return f"position/{event.position}/{event.index}"


def stored_key(key: str) -> str:
    """A key as the lot keeps it: itself, or a digest where it is long or has characters no terminal should be sent.
    Names of types, which anybody may write into the log, are shown alike.
    """
    if len(key) <= KEY_LENGTH_MAX and key.isprintable():
        return key
    return f"sha256/{hashlib.sha256(key.encode('utf-8', 'surrogatepass')).hexdigest()}"


def is_poison(error: Exception, connection: Connection) -> bool:
    """Whether an exception speaks of what an event holds, so that the event is parked. Anything else (an outage, a full
    disk, a deadlock, a table that is not there) may pass, and is waited for.
    """
    if connection.is_closed():
        return False
    if isinstance(error, asyncpg.ProtocolViolationError):
        return True  # the connection is there: the bytes of a value were not those of its type
    if isinstance(error, (Unavailable, Overloaded, TimeoutError, *OUTAGE)):
        return False
    if isinstance(error, asyncpg.PostgresError):
        state = getattr(error, "sqlstate", None) or ""
        return state[:2] not in _ENVIRONMENT and state not in _SCHEMA_AWAY
    return True


def is_blocked(blocked: Mapping[str, Place], event: Recorded, keys: Iterable[str]) -> bool:
    """Whether an event has to wait because an earlier one waits under one of its keys."""
    return any((first := blocked.get(stored_key(key))) is not None and first < place(event) for key in keys)


def block(blocked: MutableMapping[str, Place], event: Recorded, keys: Iterable[str]) -> None:
    """Notes that an event waits under these keys."""
    for key in map(stored_key, keys):
        blocked[key] = min(blocked.get(key, place(event)), place(event))


class ParkingLot:
    """The events that one consumer of the log could not take, and what waits behind them.

    Every method with a connection wants one of its cursor's transactions: `moving` or `locked`; nothing is remembered
    between two of them.
    """

    def __init__(self, consumer: str) -> None:
        """`consumer` is the name of its cursor."""
        self.consumer = consumer

    async def blocked(self, connection: Connection, keys: Iterable[str]) -> dict[str, Place]:
        """Those of the keys, as they are kept, under which something waits, with the place of the first that does."""
        if not await connection.fetchval(_ANY, self.consumer):
            return {}
        rows = await connection.fetch(_BLOCKED, self.consumer, list({stored_key(key) for key in keys}))
        return {row["key"]: (row["position"], row["event_index"]) for row in rows}

    async def park(self, connection: Connection, waiting: Sequence[Waiting]) -> None:
        """Lets events wait under all of their keys. Idempotent. An alarm rings: a line in the log, and the metric."""
        rows = []
        for event, keys, error in waiting:
            subject = str(Subject(event.context, event.tenant, event.shard))
            data = event.dump()
            for key in dict.fromkeys(map(stored_key, keys)):
                rows.append((self.consumer, key, event.position, event.index, subject, error, data))
                data = b""  # once is enough: all keys of an event leave together
        await connection.executemany(_PARK, rows)
        first = min(waiting, key=lambda one: place(one.event))
        _LOGGER.error(
            "events are parked",
            extra={
                "fields": {
                    "projection": self.consumer,
                    "count": len(waiting),
                    "position": first.event.position,
                    "error": first.error,
                }
            },
        )

    async def release(
        self, cursor: Cursor, key: str, take: Callable[[Connection, Sequence[Recorded]], Awaitable[None]]
    ) -> Released:
        """Takes what waits under a key again, in the order of the log, with the code as it is now.

        Keys that were parked together come back together. It goes in portions, each its own transaction with the part
        of the cursor locked that their tenant is in; there `take` takes the events it is handed or parks them again,
        and what is behind one that fails again stays too. Any replica may do it, killed it goes on where it was, and
        repeating is harmless. Ends when all was tried once or most of the call's time is up.
        """
        ends_at = time.monotonic() + 0.7 * deadline_s()
        keys, after, released = {stored_key(key)}, (-1, -1), 0
        subject = await cursor.database.fetchval(_SUBJECT_OF, self.consumer, stored_key(key))
        if subject is None:
            return Released(0, 0)
        parts = (part_of(Subject.parse(subject).tenant, len(cursor.parts)),)  # no key is of two tenants
        while time.monotonic() < ends_at:
            async with cursor.locked(parts=parts) as connection:
                places, found = await self._portion(connection, keys, after)
                if not found <= keys:  # what they wait behind comes first, from its begin
                    keys, after = keys | found, (-1, -1)
                    continue
                if not places:
                    break
                columns = [position for position, _ in places], [index for _, index in places]
                events = [_recorded(row) for row in await connection.fetch(_EVENTS_AT, self.consumer, *columns)]
                await connection.execute(_DELETE_AT, self.consumer, *columns)
                await take(connection, events)
                stayed = await connection.fetchval(_STAYED_AT, self.consumer, *columns)
            after = places[-1]
            released += len(places) - int(stayed)
        async with cursor.locked(parts=parts) as connection:
            return Released(released, int(await connection.fetchval(_WAITING, self.consumer, list(keys))))

    async def _portion(self, connection: Connection, keys: set[str], after: Place) -> tuple[list[Place], set[str]]:
        """The next events under these keys, and all the keys they wait under."""
        rows = await connection.fetch(_NEXT, self.consumer, list(keys), *after, EVENTS_PER_PORTION)
        places: list[Place] = []
        size = 0
        for row in rows:
            places.append((row["position"], row["event_index"]))
            size += row["size"]
            if size >= BYTES_PER_PORTION:
                break
        columns = [position for position, _ in places], [index for _, index in places]
        found = await connection.fetch(_KEYS_AT, self.consumer, *columns) if places else []
        return places, {row["key"] for row in found}

    async def list_events(self, database: Database, after: tuple[str, int, int] | None, limit: int) -> list[Parked]:
        """What waits, in the order of key and place, after a (key, position, index); at most `limit` of them."""
        found: list[Parked] = []
        at = after or ("", -1, -1)
        while len(found) < limit:
            wanted = min(limit - len(found), EVENTS_PER_READ)
            rows = await database.fetch(_LIST, self.consumer, *at, wanted)
            for row in rows:
                recorded = _recorded(row)
                found.append(
                    Parked(row["key"], place(recorded), row["subject"], stored_key(recorded.type), row["error"])
                )
            if len(rows) < wanted:
                break
            at = rows[-1]["key"], rows[-1]["position"], rows[-1]["event_index"]
        return found

    async def keys(self, database: Database, limit: int) -> int:
        """Under how many keys something waits, counted no further than `limit`."""
        return int(await database.fetchval(_COUNT_KEYS, self.consumer, limit))


def _recorded(row: asyncpg.Record) -> Recorded:
    return Recorded.load(row["position"], row["event_index"], Subject.parse(row["subject"]), row["event"])
