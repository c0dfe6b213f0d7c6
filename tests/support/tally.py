"""A shard too small to be wrong: it keeps sums by key. For tests and benches of the machinery, not of any service."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

import asyncpg
import recording
from chassis.clock import FIRST, Instant
from chassis.commits import Recorded, Subject
from chassis.database import Database
from chassis.decider import Decider
from chassis.errors import Rejected
from chassis.log import Log, connect
from chassis.membership import Membership
from chassis.provisioning import Resources, provision_tables
from chassis.shard import ShardWriter
from chassis.shard_state import Snapshot
from chassis.streams import members, provision_streams
from google.protobuf.wrappers_pb2 import StringValue
from provisioned import provision_log


class Reason(StrEnum):
    TOO_MUCH = "TOO_MUCH"


@dataclass(frozen=True, slots=True)
class Add:
    key: str
    amount: int
    at: Instant = FIRST


@dataclass(frozen=True, slots=True)
class RingAt:
    """Asks for a Rang event at an instant."""

    at: Instant


@dataclass(frozen=True, slots=True)
class Tick:
    now: Instant


@dataclass(frozen=True, slots=True)
class Added:
    key: str
    amount: int
    at: Instant


@dataclass(slots=True)
class Sums:
    by_key: dict[str, int] = field(default_factory=dict)
    rings: list[int] = field(default_factory=list)


Command = Add | RingAt | Tick
MOST = 1_000


def decide(command: Command, sums: Sums) -> Sequence[Added]:
    match command:
        case Add(key, amount, at):
            if sums.by_key.get(key, 0) + amount > MOST:
                raise Rejected(Reason.TOO_MUCH, f"{key} would exceed {MOST}")
            return [Added(key, amount, at)] if amount else []
        case RingAt(at):
            return [Added("armed", at, at)]
        case Tick(now):
            return [Added("rang", at, Instant(now)) for at in sums.rings if at <= now]


def evolve(sums: Sums, event: Added) -> Sums:
    match event.key:
        case "armed":
            sums.rings.append(event.amount)
        case "rang":
            sums.rings.remove(event.amount)
        case key:
            sums.by_key[key] = sums.by_key.get(key, 0) + event.amount
    return sums


def next_due(sums: Sums) -> Instant | None:
    return Instant(min(sums.rings)) if sums.rings else None


def _decode(recorded: Recorded) -> Added:
    key, amount, at = json.loads(recorded.body.value)
    return Added(key, amount, Instant(at))


DECIDER: Decider[Command, Sums, Added] = Decider(
    initial=Sums,
    decide=decide,
    evolve=evolve,
    encode=lambda e: recording.packed(StringValue(value=json.dumps([e.key, e.amount, e.at]))),
    decode=_decode,
    occurred_at=lambda e: e.at,
    next_due=next_due,
    tick=Tick,
    dump=lambda s: [json.dumps([s.by_key, s.rings]).encode()],
    load=lambda raw: Sums(*json.loads(raw)),
)


class SnapshotsInMemory:
    """Keeps what a PostgreSQL table would."""

    def __init__(self) -> None:
        self.kept: dict[str, Snapshot] = {}

    async def latest(self, subject: Subject, version: str) -> Snapshot | None:
        return self.kept.get(f"{subject} {version}")

    async def save(self, subject: Subject, snapshot: Snapshot) -> int:
        sections = {name: list(parts) for name, parts in snapshot.sections.items()}
        self.kept[f"{subject} {snapshot.version}"] = replace(snapshot, sections=sections)
        return sum(len(part) for parts in sections.values() for part in parts)


@contextlib.asynccontextmanager
async def opened(url: str) -> AsyncIterator[Log]:
    """The log of a fresh server."""
    nc = await connect(url, "test")
    log = Log(nc)
    await provision_log(nc, "tally")
    yield log
    await nc.close()


@contextlib.asynccontextmanager
async def sums_database(url: str) -> AsyncIterator[Database]:
    """A database with the tables of `SumsView`."""
    await provision_tables(url, "tally", Resources("tally", tables=(SumsView.schema,)))
    async with Database(url, "tally") as database:
        yield database


@contextlib.asynccontextmanager
async def running(*runners: Callable[[], object]) -> AsyncIterator[None]:
    """Runs coroutines beside the test and ends them with it; one that fails fails the test."""
    tasks = [asyncio.ensure_future(runner()) for runner in runners]  # type: ignore[arg-type]
    try:
        yield
        for task in tasks:
            if task.done() and not task.cancelled():
                task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


class SumsView:
    """Sums by key in a table, the simplest view there is."""

    name = "sums_v1"
    contexts = frozenset({"tally"})
    handles = frozenset({"google.protobuf.StringValue"})
    ignores: frozenset[str] = frozenset()
    schema = "create table if not exists sums_v1 (key text primary key, total bigint not null, events bigint not null)"
    dumps: Mapping[str, str] = {"sums_v1": "key"}
    poison: int | None = 13
    """The amount of key "poison" it cannot fold; None once it is repaired."""

    def keys(self, event: Recorded) -> Sequence[str]:
        return (json.loads(event.body.value)[0],)

    async def load(self, connection: asyncpg.Connection, keys: Sequence[str]) -> dict[str, tuple[int, int]]:
        rows = await connection.fetch("select key, total, events from sums_v1 where key = any($1)", keys)
        return {row["key"]: (row["total"], row["events"]) for row in rows}

    def fold(self, rows: dict[str, tuple[int, int]], event: Recorded) -> None:
        key, amount, _ = json.loads(event.body.value)
        if key == "poison" and amount == self.poison:
            raise ZeroDivisionError("a value nobody may see in a log line")
        total, events = rows.get(key, (0, 0))
        rows[key] = (total + amount, events + 1)

    async def save(
        self, connection: asyncpg.Connection, rows: Mapping[str, tuple[int, int]], touched: Sequence[str]
    ) -> None:
        await connection.execute(
            "insert into sums_v1 (key, total, events) select * from unnest($1::text[], $2::bigint[], $3::bigint[])"
            " on conflict (key) do update set total = excluded.total, events = excluded.events",
            list(touched),
            [rows[key][0] for key in touched],
            [rows[key][1] for key in touched],
        )


def writer_of(log: Log, clock: object, snapshots: SnapshotsInMemory | None = None, **options: object) -> ShardWriter:  # type: ignore[type-arg]
    """A writer of the shard every test here uses."""
    return ShardWriter(Subject("tally", "acme", "0"), DECIDER, log, clock, snapshots or SnapshotsInMemory(), **options)  # type: ignore[arg-type]


async def alone(log: Log, service: str = "tally", member: str = "one") -> Membership:
    """A membership that has looked once."""
    await provision_streams(log.nc, (members(service),), replicas=1)
    membership = Membership(log, service, member)
    await membership._beat()
    return membership


async def turn() -> None:
    """Lets every task that is ready run once; it waits for nothing."""
    done = asyncio.get_running_loop().create_future()
    asyncio.get_running_loop().call_soon(done.set_result, None)
    await done
