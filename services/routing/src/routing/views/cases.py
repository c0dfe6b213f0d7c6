"""Cases, which thread keys lead to them, and where in the log their facts stand.

A row is the decider's own `Case`, folded by the same function, so a reader and the shard never disagree about what a
fact means; the columns beside it are what lists filter by.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, get_args

from chassis.codec import Codec
from chassis.database import Connection, Database, queries
from chassis.log import Recorded
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
    opened,
)
from routing.recall import recalled
from routing.snapshot import dump_case, load_case

SQL = queries(__file__, "cases.sql")
_PACKAGE = "switchboard.routing.v1."
_CASE_FACTS = frozenset(
    _PACKAGE + fact.__name__
    for fact in (*get_args(events.CaseFact), events.CaseOpened, events.CaseRecalled, events.CasesJoined)
)
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


class Row(NamedTuple):
    """A case, and what the events since it was loaded add beside it."""

    case: Case
    keys: tuple[str, ...] = ()
    """Thread keys that lead to it from now on."""
    places: tuple[tuple[int, int], ...] = ()
    """Position and index of its further facts."""


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
        "case_events_v1": "tenant, case_id, position, event_index",
    }

    def keys(self, event: Recorded) -> Sequence[str]:
        """The case, and the one joined into it."""
        body = event.body
        key = f"{event.tenant}/{body.case_id}"
        if isinstance(body, events_pb2.CasesJoined):
            return (key, f"{event.tenant}/{body.joined_case_id}")
        return (key,)

    async def load(self, connection: Connection, keys: Sequence[str]) -> dict[str, Row]:
        """The cases of these keys."""
        split = [key.split("/", 1) for key in keys]
        records = await connection.fetch(SQL["load"], [tenant for tenant, _ in split], [case for _, case in split])
        return {f"{r['tenant']}/{r['case_id']}": Row(load_case(r["body"])) for r in records}

    def fold(self, rows: dict[str, Row], event: Recorded) -> None:
        """What the shard did with the fact, on rows. Raises KeyError for a case nobody opened."""
        fact = CODEC.decode(event.body)
        here = ((event.position, event.index),)
        match fact:
            case events.CaseOpened():
                rows[f"{event.tenant}/{fact.case_id}"] = Row(opened(fact), (), here)
            case events.CaseRecalled():
                key = f"{event.tenant}/{fact.case_id}"
                row = rows[key]
                rows[key] = row._replace(case=recalled(fact), places=row.places + here)
            case events.CasesJoined():
                key, gone_key = f"{event.tenant}/{fact.case_id}", f"{event.tenant}/{fact.joined_case_id}"
                survivor, joined = rows[key], rows[gone_key]
                moved = tuple(key for post in joined.case.posts for key in post.thread_keys)
                rows[key] = Row(
                    absorb(survivor.case, joined.case, fact.at), survivor.keys + moved, survivor.places + here
                )
                rows[gone_key] = Row(gone_into(joined.case, fact.case_id, fact.at), (), joined.places + here)
            case (
                events.AgentRegistered()
                | events.AgentChanged()
                | events.PresenceChanged()
                | events.QueueChanged()
                | events.SourceQueueChanged()
                | events.PolicyChanged()
            ):
                pass
            case _:
                key = f"{event.tenant}/{fact.case_id}"
                row = rows[key]
                fresh = fact.thread_keys if isinstance(fact, events.PostAttached) else ()
                rows[key] = Row(evolve_case(row.case, fact), row.keys + fresh, row.places + here)

    async def save(self, connection: Connection, rows: Mapping[str, Row], touched: Sequence[str]) -> None:
        """The touched cases with their keys and places."""
        kept = [(key.split("/", 1)[0], rows[key]) for key in touched if key in rows]
        gone = [key.split("/", 1) for key in touched if key not in rows]
        if gone:
            await connection.execute(SQL["drop_cases"], [tenant for tenant, _ in gone], [case for _, case in gone])
        if not kept:
            return
        cases = [
            (
                tenant,
                row.case.case_id,
                row.case.opened_at,
                state_of(row.case),
                row.case.queue,
                holder(row.case) or row.case.agent_id,
                row.case.channel,
                row.case.source_id,
                row.case.identity_id,
                row.case.stage.into if isinstance(row.case.stage, Joined) else "",
                dump_case(row.case),
            )
            for tenant, row in kept
        ]
        await connection.execute(SQL["save_cases"], cases)
        threads = {(tenant, key): row.case.case_id for tenant, row in kept for key in row.keys}
        if threads:
            await connection.execute(SQL["save_threads"], [(*key, case_id) for key, case_id in threads.items()])
        places = [(tenant, row.case.case_id, at, index) for tenant, row in kept for at, index in row.places]
        if places:
            await connection.execute(SQL["save_events"], places)


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
    records = await database.fetch(SQL["events"], tenant, case_id, after[0], after[1], limit)
    return [(r["case_id"], r["position"], r["event_index"]) for r in records]
