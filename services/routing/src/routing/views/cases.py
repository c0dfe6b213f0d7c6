"""Cases, their posts, the thread keys that lead to them, and where in the log their facts stand.

A row is the decider's own `Case`, folded by the same function, so a reader and the shard never disagree about what a
fact means; the columns beside it are what lists filter by. What grows with a case has rows of its own, written once:
each post and thread key one, and each 64 places one. So the n-th post of a case costs what the first did.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from struct import Struct
from typing import Any, NamedTuple, cast, get_args

from chassis.clock import Instant
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
    holder,
)
from routing.changes import case_changes
from routing.posts import Post
from routing.state_codec import dump_case, load_case
from routing.terms import AuthorKind, Direction

SQL = queries(__file__, "cases.sql")
_PACKAGE = "switchboard.routing.v1."
_CASE_FACTS = frozenset(_PACKAGE + fact.__name__ for fact in get_args(events.CaseEvent))
_OTHER_FACTS = frozenset(
    _PACKAGE + fact.__name__ for fact in (*get_args(events.AgentFact), *get_args(events.SettingFact))
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
PLACES_MAX = 64 * _PLACE.size
"""Bytes of places beside a case; what is full has a row of its own."""

Entry = tuple[str, str, str, Instant | None, Instant | None, int, int, bool]
"""A row of `case_threads_v2`: tenant, thread key, case; and of a key that is a post's own id publication, end of the
reply window, direction, author kind, and whether it was withdrawn. A key that is none has publication None.
"""


class _News(NamedTuple):
    """A fact that adds to the tables beside its case, behind those before it: a list that grows without copying."""

    before: "_News | None"
    place: bytes
    fact: events.PostAttached | events.PostDetached | events.CasesJoined


class Row(NamedTuple):
    """A case, and what the events since it was loaded add beside it."""

    case: Case
    places: bytes = b""
    """Where its latest facts stand."""
    news: _News | None = None


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
    """The projection `cases_v2`."""

    name = "cases_v2"
    contexts = frozenset({"work"})
    handles = _CASE_FACTS
    ignores = _OTHER_FACTS
    schema = SQL["schema"]
    dumps: Mapping[str, str] = {
        "cases_v2": "tenant, case_id",
        "case_threads_v2": "tenant, thread_key",
        "case_places_v2": "tenant, case_id, last_position, last_index",
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
        return {f"{r['tenant']}/{r['case_id']}": Row(load_case(r["body"]), r["places"]) for r in records}

    def fold(self, rows: dict[str, Row], event: Recorded) -> None:
        """What the shard did with the fact, on rows. Raises KeyError for a case nobody opened."""
        fact, tenant = cast(events.CaseEvent, CODEC.decode(event.body)), event.tenant

        def case_of(case_id: str) -> Case:
            return rows[f"{tenant}/{case_id}"].case

        here = _PLACE.pack(event.position, event.index)
        opens = isinstance(fact, events.CaseOpened)
        if not opens:
            case_of(fact.case_id)
        for _, after in case_changes(fact, case_of):
            key = f"{tenant}/{after.case_id}"
            places, news = (b"", None) if opens else rows[key][1:]
            match fact:
                case events.PostAttached() | events.PostDetached():
                    news = _News(news, here, fact)
                case events.CasesJoined(joined_case_id=after.case_id):
                    news = _News(news, here, fact)
                case _:
                    pass
            rows[key] = Row(after, places + here, news)

    async def save(self, connection: Connection, rows: Mapping[str, Row], touched: Sequence[str]) -> None:
        """The touched cases with their places, posts and thread keys; what is new goes in by COPY."""
        await Tables.of(rows, touched).save(connection)


class Tables:
    """What a round writes, table by table."""

    def __init__(self) -> None:
        self.new_cases: list[tuple[object, ...]] = []
        self.cases: list[tuple[object, ...]] = []
        self.news: list[tuple[bytes, str, events.PostAttached | events.PostDetached | events.CasesJoined, bool]] = []
        """(place, tenant, fact, whether it opens its case)."""
        self.gone: list[tuple[str, str]] = []
        self.places: list[tuple[object, ...]] = []
        self.joined: dict[tuple[str, str], str] = {}
        """(tenant, case) to the case it was joined into."""
        self.entries: dict[tuple[str, str], Entry] = {}
        self.new_keys: set[tuple[str, str]] = set()
        self.withdrawn: list[tuple[str, str]] = []

    @staticmethod
    def of(rows: Mapping[str, Row], touched: Sequence[str]) -> "Tables":
        """What a round writes that left these rows."""
        tables = Tables()
        for key in touched:
            tables._add(key, rows.get(key))
        tables._apply_news()
        return tables

    def _add(self, key: str, row: Row | None) -> None:
        """A row as it is after the round, None when it was never there."""
        tenant, _, case_id = key.partition("/")
        if row is None:
            self.gone.append((tenant, case_id))
            return
        places = row.places
        while len(places) > PLACES_MAX:
            full, places = places[:PLACES_MAX], places[PLACES_MAX:]
            self.places.append((tenant, case_id, *_PLACE.unpack(full[-_PLACE.size :]), full))
        is_new = type(key) is Founding
        (self.new_cases if is_new else self.cases).append(_columns(tenant, row.case, places))
        news = row.news
        while news is not None:
            self.news.append((news.place, tenant, news.fact, is_new and news.before is None))
            news = news.before

    def _apply_news(self) -> None:
        """In the order of the log, whatever case a fact is of: cases may share a key, and the last one has it then."""
        for _, tenant, fact, opens in sorted(self.news, key=lambda one: one[0]):
            match fact:
                case events.PostAttached():
                    self._attach(tenant, fact, opens=opens)
                case events.PostDetached():
                    self.withdrawn.append((tenant, fact.post_id))
                case events.CasesJoined():
                    self.joined[tenant, fact.joined_case_id] = fact.case_id

    def _attach(self, tenant: str, fact: events.PostAttached, *, opens: bool) -> None:
        """A post with its keys; nobody knows those of a post that opens a case."""
        for key in dict.fromkeys((*fact.thread_keys, fact.post_id)):
            entry: Entry = (tenant, key, fact.case_id, None, None, 0, 0, False)
            if key == fact.post_id:
                published, window = fact.published_at, fact.window_expires_at
                entry = (
                    tenant,
                    key,
                    fact.case_id,
                    published,
                    window,
                    int(fact.direction),
                    int(fact.author_kind),
                    False,
                )
            if (known := self.entries.get((tenant, key))) is not None:
                entry = _merged(known, entry)
            self.entries[tenant, key] = entry
            if opens:
                self.new_keys.add((tenant, key))

    async def save(self, connection: Connection) -> None:
        """Writes it, one statement a table and kind."""
        if self.gone:
            await connection.execute(SQL["drop_cases"], *zip(*self.gone, strict=True))
        if self.new_cases:
            await connection.copy_records_to_table("cases_v2", records=self.new_cases)
        if self.cases:
            await connection.execute(SQL["save_cases"], self.cases)
        if self.places:
            await connection.copy_records_to_table("case_places_v2", records=self.places)
        if self.joined:
            ends = [(tenant, case_id, self._end(tenant, case_id)) for tenant, case_id in self.joined]
            await connection.execute(SQL["join_threads"], *zip(*ends, strict=True))
        new: list[Entry] = []
        known: list[Entry] = []
        for (tenant, key), entry in self.entries.items():
            row: Entry = (tenant, key, self._end(tenant, entry[2]), *entry[3:])
            (new if (tenant, key) in self.new_keys else known).append(row)
        if new:
            await connection.copy_records_to_table("case_threads_v2", records=new)
        if known:
            await connection.execute(SQL["save_threads"], known)
        if self.withdrawn:
            await connection.execute(SQL["withdraw_posts"], *zip(*self.withdrawn, strict=True))

    def _end(self, tenant: str, case_id: str) -> str:
        """The case a case is part of now."""
        while (into := self.joined.get((tenant, case_id))) is not None:
            case_id = into
        return case_id


def _merged(known: Entry, later: Entry) -> Entry:
    """What `save_threads` makes of two entries of one key."""
    published, window = (new if new is not None else old for new, old in zip(later[3:5], known[3:5], strict=True))
    return (*later[:3], published, window, max(known[5], later[5]), max(known[6], later[6]), False)


def _columns(tenant: str, case: Case, places: bytes) -> tuple[object, ...]:
    """The row as the table has it."""
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
        places,
        dump_case(case),
    )


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


async def threads_of(database: Database, tenant: str, keys: Sequence[str]) -> tuple[dict[str, str], dict[str, Post]]:
    """(thread keys and the cases they lead to, the posts among them by id); unknown ones are left out."""
    records = await database.fetch(SQL["of_threads"], tenant, list(keys))
    posts = {r["thread_key"]: _post(r) for r in records if r["published_at"] is not None}
    return {r["thread_key"]: r["case_id"] for r in records}, posts


async def posts_of(
    database: Database, tenant: str, case_id: str, after: tuple[int, str] | None, limit: int
) -> list[Post]:
    """A case's posts by publication, then id, from behind such a pair; withdrawn ones are left out."""
    at, post_id = after or (None, "")
    return [_post(r) for r in await database.fetch(SQL["posts"], tenant, case_id, at, post_id, limit)]


async def latest_of(database: Database, tenant: str, case_id: str, limit: int) -> list[Post]:
    """A case's latest contacts that are not withdrawn, the latest first."""
    contact = int(Direction.INBOUND), int(AuthorKind.CUSTOMER)
    return [_post(r) for r in await database.fetch(SQL["latest"], tenant, case_id, *contact, limit)]


def _post(record: Any) -> Post:
    window = record["window_expires_at"]
    return Post(
        record["thread_key"],
        Direction(record["direction"]),
        AuthorKind(record["author_kind"]),
        Instant(record["published_at"]),
        None if window is None else Instant(window),
        record["withdrawn"],
    )


async def places_of(
    database: Database, tenant: str, case_id: str, after: tuple[int, int], limit: int
) -> list[tuple[int, int]]:
    """(position, index) of the facts of a case and of those joined into it, each once, in order, after one."""
    full = limit * _PLACE.size // PLACES_MAX + 2
    records = await database.fetch(SQL["places"], tenant, case_id, *after, full)
    places = {(at, index) for r in records for at, index in _PLACE.iter_unpack(r["places"])}
    return sorted(place for place in places if place > after)[:limit]
