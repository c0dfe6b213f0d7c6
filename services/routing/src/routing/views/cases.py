"""Cases, where in the log their facts stand, and which thread keys lead to those that memory may forget.

A row is the decider's own `Case`, folded by the same function, so a reader and the shard never disagree about what a
fact means; the columns beside it are what lists filter by. Thread keys are written when a case becomes dormant: until
then the shard has them in memory, and what it does not have it looks up here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from struct import Struct
from typing import NamedTuple, cast, get_args

from chassis.codec import Codec
from chassis.commits import Recorded
from chassis.database import Connection, Database, queries
from chassis.view import Founding
from switchboard.routing.v1 import events_pb2

from routing import events
from routing.cases import (
    Accepted,
    Case,
    Confirmed,
    Idle,
    Joined,
    Offered,
    Pending,
    Queued,
    Resolved,
    Stage,
    Withdrawn,
    absorb,
    evolve_case,
    gone_into,
    holder,
    is_dormant,
    needs_agent,
    opened,
)
from routing.recall import recalled
from routing.state_codec import dump_case, load_case

SQL = queries(__file__, "cases.sql")
_Fact = events.CaseFact | events.CaseOpened | events.CaseRecalled | events.CasesJoined
_PACKAGE = "switchboard.routing.v1."
_CASE_FACTS = frozenset(_PACKAGE + fact.__name__ for fact in get_args(_Fact))
_OTHER_FACTS = frozenset(
    _PACKAGE + fact.__name__
    for fact in (
        *get_args(events.AgentFact),
        events.QueueChanged,
        events.SourceQueueChanged,
        events.PolicyChanged,
    )
)
_STATES: Mapping[type[Stage], str] = {
    Idle: "IDLE",
    Queued: "QUEUED",
    Offered: "OFFERED",
    Accepted: "ACCEPTED",
    Pending: "PENDING",
    Resolved: "RESOLVED",
    Confirmed: "CONFIRMED",
    Withdrawn: "WITHDRAWN",
    Joined: "JOINED",
}
CODEC: Codec[events.Event] = Codec(get_args(events.Event), events_pb2)


_OPENED = events_pb2.CaseOpened.DESCRIPTOR.full_name
_JOINED = events_pb2.CasesJoined.DESCRIPTOR.full_name
_PLACE = Struct(">QI")
"""Position and index of a fact, as `places` lists them in the order of the log."""


class Row(NamedTuple):
    """A case, and what the events since it was loaded add beside it."""

    case: Case
    keys: tuple[str, ...] = ()
    """Thread keys that lead to it from now on."""
    places: bytes = b""
    """Where its further facts stand."""


@dataclass(frozen=True, slots=True)
class Filter:
    """What a list is narrowed to; None does not narrow."""

    state: str | None = None
    queue: str | None = None
    agent: str | None = None
    channel: str | None = None
    source: str | None = None
    identity: str | None = None

    def matches(self, case: Case) -> bool:
        """Whether the case is in the list."""
        return all(
            wanted is None or wanted == actual
            for wanted, actual in (
                (self.state, state_of(case)),
                (self.queue, case.queue),
                (self.agent, holder(case) or case.agent_id),
                (self.channel, case.channel),
                (self.source, case.source_id),
                (self.identity, case.identity_id),
            )
        )


def state_of(case: Case) -> str:
    """The state's name as the interface has it, without its prefix."""
    return _STATES[type(case.stage)]


class CasesView:
    """The projection `cases_v1`."""

    name = "cases_v1"
    contexts = frozenset({"work"})
    handles = _CASE_FACTS
    ignores = _OTHER_FACTS
    schema = SQL["schema"]
    dumps: Mapping[str, str] = {
        "cases_v1": "tenant, case_id",
        "case_threads_v1": "tenant, thread_key",
    }

    def keys(self, event: Recorded) -> Sequence[str]:
        """The case, and the one joined into it. Nothing is known of a case before it opens."""
        key = f"{event.tenant}/{event.body.case_id}"
        if event.type == _OPENED:
            return (Founding(key),)
        if event.type == _JOINED:
            return (key, f"{event.tenant}/{event.body.joined_case_id}")
        return (key,)

    async def load(self, connection: Connection, keys: Sequence[str]) -> dict[str, Row]:
        """The cases of these keys."""
        if not keys:
            return {}
        split = [key.split("/", 1) for key in keys]
        records = await connection.fetch(SQL["load"], [tenant for tenant, _ in split], [case for _, case in split])
        return {f"{r['tenant']}/{r['case_id']}": Row(load_case(r["body"])) for r in records}

    def fold(self, rows: dict[str, Row], event: Recorded) -> None:
        """What the shard did with the fact, on rows. Raises KeyError for a case nobody opened."""
        fact = cast(_Fact, CODEC.decode(event.body))
        here = _PLACE.pack(event.position, event.index)
        match fact:
            case events.CaseOpened():
                rows[f"{event.tenant}/{fact.case_id}"] = Row(opened(fact), (), here)
            case events.CaseRecalled():
                key = f"{event.tenant}/{fact.case_id}"
                row = rows[key]
                rows[key] = Row(recalled(fact), row.keys, row.places + here)
            case events.CasesJoined():
                key, gone_key = f"{event.tenant}/{fact.case_id}", f"{event.tenant}/{fact.joined_case_id}"
                survivor, joined = rows[key], rows[gone_key]
                case = absorb(survivor.case, joined.case, fact.at)
                keys = _all_keys(case) if is_dormant(case) else ()
                rows[key] = Row(case, survivor.keys + keys, survivor.places + here)
                rows[gone_key] = Row(gone_into(joined.case, fact.case_id, fact.at), joined.keys, joined.places + here)
            case _:
                key = f"{event.tenant}/{fact.case_id}"
                row = rows[key]
                case = evolve_case(row.case, fact)
                keys = _forgettable_keys(row.case, case, fact) if is_dormant(case) else ()
                rows[key] = Row(case, row.keys + keys, row.places + here)

    async def save(self, connection: Connection, rows: Mapping[str, Row], touched: Sequence[str]) -> None:
        """The touched cases with their places, new ones by COPY, and the keys of dormant ones."""
        new: list[tuple[object, ...]] = []
        known: list[tuple[object, ...]] = []
        gone: list[Sequence[str]] = []
        threads: dict[tuple[str, str], str] = {}
        for key in touched:
            row = rows.get(key)
            tenant, _, case_id = key.partition("/")
            if row is None:
                gone.append((tenant, case_id))
                continue
            (new if type(key) is Founding else known).append(_columns(tenant, row))
            for thread_key in row.keys:
                threads[tenant, thread_key] = case_id
        if gone:
            await connection.execute(SQL["drop_cases"], [tenant for tenant, _ in gone], [case for _, case in gone])
        if new:
            await connection.copy_records_to_table("cases_v1", records=new)
        if known:
            await connection.execute(SQL["save_cases"], known)
        if threads:
            flat = [(tenant, key, case_id) for (tenant, key), case_id in threads.items()]
            await connection.execute(SQL["save_threads"], flat)


def _columns(tenant: str, row: Row) -> tuple[object, ...]:
    """The row as the table has it."""
    case = row.case
    stage = case.stage
    return (
        tenant,
        case.case_id,
        case.opened_at,
        _STATES[type(stage)],
        case.queue,
        holder(case) or case.agent_id,
        case.channel,
        case.source_id,
        case.identity_id,
        stage.into if isinstance(stage, Joined) else "",
        row.places,
        dump_case(case),
    )


def _all_keys(case: Case) -> tuple[str, ...]:
    return tuple(dict.fromkeys(key for post in case.posts for key in post.thread_keys))


def _forgettable_keys(before: Case, after: Case, fact: events.CaseFact) -> tuple[str, ...]:
    """The thread keys to write now that a case is dormant after a fact.

    A post that leaves an idle case in need of an agent is always followed by its queueing, in the same commit. Of a
    case that was dormant already only a new post's keys are news.
    """
    if isinstance(fact, events.PostAttached):
        if isinstance(after.stage, Idle) and needs_agent(after):
            return ()
        if is_dormant(before):
            return fact.thread_keys
    return _all_keys(after)


async def get_case(database: Database, tenant: str, case_id: str) -> Case | None:
    """One case, None when there is none."""
    body = await database.fetchval(SQL["get"], tenant, case_id)
    return None if body is None else load_case(body)


async def cases_of(database: Database, tenant: str, case_ids: Sequence[str]) -> list[Case]:
    """These cases, in any order; missing ones are left out."""
    return [load_case(r["body"]) for r in await database.fetch(SQL["of_ids"], tenant, list(case_ids))]


async def list_cases(
    database: Database | Connection, tenant: str, wanted: Filter, after: tuple[int, str] | None, limit: int
) -> list[Case]:
    """Cases newest first, from behind a (time of opening, id)."""
    records = await database.fetch(
        SQL["list"],
        tenant,
        wanted.state,
        wanted.queue,
        wanted.agent,
        wanted.channel,
        wanted.source,
        wanted.identity,
        None if after is None else after[0],
        "" if after is None else after[1],
        limit,
    )
    return [load_case(r["body"]) for r in records]


async def position(connection: Connection) -> int:
    """Log position of the rows this connection sees."""
    return int(await connection.fetchval(SQL["position"]) or 0)


async def threads_of(database: Database, tenant: str, keys: Sequence[str]) -> dict[str, str]:
    """Thread keys and the cases they lead to; unknown ones are left out."""
    records = await database.fetch(SQL["of_threads"], tenant, list(keys))
    return {r["thread_key"]: r["case_id"] for r in records}


async def places_of(
    database: Database, tenant: str, case_id: str, after: tuple[int, int], limit: int
) -> list[tuple[str, int, int]]:
    """(case, position, index) of the facts of a case and of those joined into it, in the log's order, after a place."""
    records = await database.fetch(SQL["places"], tenant, case_id)
    places = [(at, index, r["case_id"]) for r in records for at, index in _PLACE.iter_unpack(r["places"])]
    return [(case, at, index) for at, index, case in sorted(places) if (at, index) > after][:limit]
