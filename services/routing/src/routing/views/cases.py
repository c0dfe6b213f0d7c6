"""Cases, their posts, the threads they are about, and where in the log their facts stand.

A row is the decider's own `Case`, folded by the same function, so a reader and the shard never disagree about what a
fact means; the columns beside it are what lists filter by. What grows with a case or a thread has rows of its own,
written once: each post and thread key one, and each 64 places one. So the n-th post of a case costs what the first did.
"""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import NamedTuple, cast, get_args

from chassis.clock import Instant
from chassis.codec import Codec
from chassis.commits import Recorded
from chassis.database import Connection, Database, queries
from chassis.filters import ANYTHING, Condition, Expression, Junction, Negation, bound, holds, where
from chassis.parts import row_of
from chassis.view import Founding
from switchboard.routing.v1 import events_pb2, events_structs

from routing import events
from routing.cases import (
    Accepted,
    Broadcast,
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
    begun,
    holders,
)
from routing.changes import case_changes
from routing.state_codec import load_case
from routing.terms import AuthorKind, Direction, PostRole
from routing.views.case_tables import PLACE, PLACES_MAX, THREAD, News, PlacedFact, Row, Tables

SQL = queries(__file__, "cases.sql")
_PACKAGE = "switchboard.routing.v1."
CASE_FACTS = frozenset(_PACKAGE + fact.__name__ for fact in get_args(events.CaseEvent))
"""Full names of the facts about cases."""
_THREAD_FACTS = frozenset(_PACKAGE + fact.__name__ for fact in get_args(PlacedFact))
_OTHER_FACTS = frozenset(_PACKAGE + fact.__name__ for fact in get_args(events.Event)) - CASE_FACTS - _THREAD_FACTS
_STATES: Mapping[type[Stage], str] = {
    Idle: "IDLE",
    Queued: "QUEUED",
    Offered: "OFFERED",
    Broadcast: "OFFERED",
    Accepted: "ACCEPTED",
    Pending: "PENDING",
    Resolved: "RESOLVED",
    Confirmed: "CONFIRMED",
    Withdrawn: "WITHDRAWN",
    Joined: "JOINED",
}
CODEC: Codec[events.Event] = Codec(get_args(events.Event), events_pb2)


_BEGUN = events_structs.CaseBegun.NAME
_OPENED = events_structs.CaseOpened.NAME
_WITH_POST = frozenset({_BEGUN, events_structs.PostPlaced.NAME})
_JOINED = events_structs.CasesJoined.NAME
_SPLIT = events_structs.CaseSplit.NAME
_TASKS = frozenset({events_structs.TaskOpened.NAME, events_structs.TaskClosed.NAME})


class CasePost(NamedTuple):
    """A post of a case, as it is listed."""

    post_id: str
    published_at: Instant
    window_expires_at: Instant | None
    direction: Direction
    author_kind: AuthorKind
    role: PostRole


_COLUMNS = {name: name for name in ("state", "queue", "channel", "source", "identity", "desk", "opened_at")}
"""What cases can be filtered by, and where it stands."""
_COLUMNS["agent"] = "string_to_array(agent, ' ')"


def matches(wanted: Expression, case: Case) -> bool:
    """Whether the case is in a list, as `list_cases` would have it."""
    return holds(_of_agents(wanted), partial(_value_of, case))


def _of_agents(wanted: Expression) -> Expression:
    """What is asked of a case's agent, asked of its agents: one that is offered to several has all of them."""
    match wanted:
        case Condition("agent", operator, value):
            has = Condition("agent", ":", value or ANYTHING)
            return has if (operator == "=") == bool(value) else Negation(has)
        case Negation(part):
            return Negation(_of_agents(part))
        case Junction(kind, parts):
            return Junction(kind, tuple([_of_agents(part) for part in parts]))
        case _:
            return wanted


def _value_of(case: Case, field: str) -> object:
    match field:
        case "state":
            return state_of(case)
        case "queue":
            return case.queue
        case "agent":
            return holders(case) or ((case.agent_id,) if case.agent_id else ())
        case "channel":
            return case.channel
        case "source":
            return case.source_id
        case "identity":
            return case.identity_id
        case "desk":
            return case.desk
        case _:
            return case.opened_at


def state_of(case: Case) -> str:
    """The state's name as the interface has it, without its prefix."""
    stage = case.stage
    if isinstance(stage, Queued) and stage.supervised:
        return "SUPERVISED"
    return "CLAIMED" if isinstance(stage, Accepted) and stage.lease is not None else _STATES[type(stage)]


class CasesView:
    """The projection `cases_v9`."""

    name = "cases_v9"
    contexts = frozenset({"work"})
    handles = CASE_FACTS | _THREAD_FACTS
    ignores = _OTHER_FACTS
    schema = SQL["schema"]
    dumps: Mapping[str, str] = {
        "cases_v9": "tenant, case_id",
        "case_posts_v9": "tenant, post_id, desk",
        "case_answers_v9": "tenant, case_id, post_id",
        "case_keys_v9": "tenant, thread_key",
        "case_places_v9": "tenant, case_id, last_position, last_index",
    }

    def keys(self, event: Recorded) -> Sequence[str]:
        """The case, and one that is joined into it or split from it; the post, where the fact tells of one. Nothing is
        known of a case before it opens.
        """
        kind, fact = event.type, CODEC.names(event)
        if kind in _THREAD_FACTS:
            return (f"{event.tenant}{THREAD}{fact.post_id}",)
        key = f"{event.tenant}/{fact.case_id}"
        if kind == _OPENED:
            return (Founding(key),)
        if kind in _WITH_POST:
            case_key = Founding(key) if kind == _BEGUN else key
            told = fact.post  # None where the fact is none, and will be parked
            return (case_key,) if told is None else (case_key, f"{event.tenant}{THREAD}{told.post_id}")
        if kind == _JOINED:
            return (key, f"{event.tenant}/{fact.joined_case_id}")
        if kind in _TASKS:
            return (key, f"{event.tenant}/{fact.task_id}")
        if kind == _SPLIT:
            return (key, f"{event.tenant}/{fact.new_case_id}")
        return (key,)

    async def load(self, connection: Connection, keys: Sequence[str]) -> dict[str, Row]:
        """The cases of these keys."""
        split = [key.split("/", 1) for key in keys if THREAD not in key]
        if not split:
            return {}
        records = await connection.fetch(SQL["load"], [tenant for tenant, _ in split], [case for _, case in split])
        return {f"{r['tenant']}/{r['case_id']}": Row(load_case(r["body"]), r["places"]) for r in records}

    def fold(self, rows: dict[str, Row], event: Recorded) -> None:
        """Applies one fact."""
        tenant, fact = event.tenant, CODEC.decode(event)
        here = PLACE.pack(event.position, event.index)
        if event.type in _THREAD_FACTS:
            placed = cast(PlacedFact, fact)
            key = f"{tenant}{THREAD}{placed.post_id}"
            known = rows.get(key)
            rows[key] = Row(None, b"", News(None if known is None else known.news, here, placed))
            return
        if isinstance(fact, events.CaseBegun):
            rows[f"{tenant}/{fact.case_id}"] = Row(begun(fact), here, News(None, here, fact))
            return
        fact = cast(events.CaseEvent, fact)

        def case_of(case_id: str) -> Case:
            case = rows[f"{tenant}/{case_id}"].case
            assert case is not None, "only threads have rows without a case"
            return case

        key = f"{tenant}/{fact.case_id}"
        known = None if event.type == _OPENED else rows[key]
        for _, after in case_changes(fact, case_of):
            if after.case_id != fact.case_id:
                row_key = f"{tenant}/{after.case_id}"
                row: Row | None = rows[row_key]
            else:
                row_key, row = key, known
            places, news = (b"", None) if row is None else (row.places, row.news)
            match fact:
                case events.PostPlaced() | events.PostAttached() | events.CaseOpened() | events.PostDetached():
                    news = News(news, here, fact)
                case events.CasesJoined(joined_case_id=after.case_id, actor=""):  # somebody's join moves no post
                    news = News(news, here, fact)
                case _:
                    pass
            rows[row_key] = Row(after, places + here, news)

    async def save(self, connection: Connection, rows: Mapping[str, Row], touched: Sequence[str]) -> None:
        """The touched cases with their places, and what is new of posts and threads."""
        await Tables.of(rows, touched, state_of).save(connection, SQL)


async def get_case(database: Database, tenant: str, case_id: str) -> Case | None:
    """One case, None when there is none."""
    body = await database.fetchval(SQL["get"], tenant, case_id)
    return None if body is None else load_case(body)


async def cases_of(database: Database, tenant: str, case_ids: Sequence[str]) -> list[Case]:
    """These cases, in any order; missing ones are left out."""
    return [load_case(r["body"]) for r in await database.fetch(SQL["of_ids"], tenant, list(case_ids))]


async def list_cases(
    database: Database | Connection, tenant: str, wanted: Expression, after: tuple[int, str] | None, limit: int
) -> list[Case]:
    """Cases that satisfy an expression newest first, from behind a (time of opening, id)."""
    values: list[object] = [tenant, *(after or (None, ""))]
    statement = f"{SQL['list']} and {where(_of_agents(wanted), _COLUMNS, bound(values))}"
    statement += f"\norder by opened_at desc, case_id limit {limit:d}"
    return [load_case(r["body"]) for r in await database.fetch(statement, *values)]


async def cases_of_customer(
    database: Database, tenant: str, identities: Sequence[str], but: Sequence[str], limit: int
) -> list[Case]:
    """Cases of any of these identities, the latest first; none that goes on in another, and none of `but`."""
    asked = [identity for identity in dict.fromkeys(identities) if identity]
    records = await database.fetch(SQL["of_identities"], tenant, asked, list(but), limit) if asked else []
    return [load_case(r["body"]) for r in records]


async def confirmed_cases(database: Database, tenant: str, queue: str, limit: int) -> list[Case]:
    """Cases that were settled in a queue, and nobody objected; those that were opened last."""
    return [load_case(r["body"]) for r in await database.fetch(SQL["confirmed"], tenant, queue, limit)]


async def together_of(database: Database, tenant: str, case_id: str, limit: int) -> list[str]:
    """The case and those that go on in it, so many at most."""
    return [r["case_id"] for r in await database.fetch(SQL["together"], tenant, case_id, limit)]


async def position(connection: Connection, tenant: str) -> int:
    """Log position of a tenant's rows as this connection sees them."""
    return int(await connection.fetchval(SQL["position"], row_of(CasesView.name, tenant)) or 0)


_POST_COLUMNS = {field: f"p.{field}" for field in ("direction", "author_kind", "role", "published_at")}
"""What a case's posts can be filtered by, and where it stands."""


async def posts_of(
    database: Database, tenant: str, case_id: str, wanted: Expression, *, after: tuple[int, str] | None, limit: int
) -> list[CasePost]:
    """The posts of a case and of those joined into it that satisfy an expression, by publication, then id, from behind
    such a pair, each once; withdrawn ones are left out.
    """
    values: list[object] = [tenant, case_id, *(after or (None, "")), limit]
    statement = SQL["posts"].replace("{wanted}", where(wanted, _POST_COLUMNS, bound(values)))
    return [
        CasePost(
            r["post_id"],
            Instant(r["published_at"]),
            None if r["window_expires_at"] is None else Instant(r["window_expires_at"]),
            Direction(r["direction"]),
            AuthorKind(r["author_kind"]),
            PostRole(r["role"]),
        )
        for r in await database.fetch(statement, *values)
    ]


async def places_of(
    database: Database, tenant: str, case_id: str, after: tuple[int, int], limit: int
) -> list[tuple[int, int]]:
    """(position, index) of the facts of a case and of those joined into it, each once, in order, after one."""
    full = limit * PLACE.size // PLACES_MAX + 2
    records = await database.fetch(SQL["places"], tenant, case_id, *after, full)
    places = {(at, index) for r in records for at, index in PLACE.iter_unpack(r["places"])}
    return sorted(place for place in places if place > after)[:limit]
