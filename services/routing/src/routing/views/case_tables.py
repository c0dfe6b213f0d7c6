"""What a round of facts writes into the tables of cases and threads. It knows no query and folds no case."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from struct import Struct
from typing import NamedTuple

from chassis.database import Connection
from chassis.view import Founding

from routing import events
from routing.cases import Case, Joined, holder
from routing.state_codec import dump_case, dump_threaded
from routing.terms import Direction, PostRole

PLACE = Struct(">QI")
"""Position and index of a fact, as `places` lists them in the order of the log."""
PLACES_MAX = 64 * PLACE.size
"""Bytes of places beside a case; what is full has a row of its own."""

PlacedFact = events.PostThreaded | events.PostAliased | events.PostAddressed | events.PostUnthreaded
"""Facts about a post's place in its thread."""
NewsFact = PlacedFact | events.CaseOpened | events.PostAttached | events.PostDetached | events.CasesJoined
Values = tuple[object, ...]
_Key = tuple[str, str]
"""A tenant and an id."""


class News(NamedTuple):
    """A fact that adds to the tables beside its case, behind those before it: a list that grows without copying."""

    before: "News | None"
    place: bytes
    fact: NewsFact


class Row(NamedTuple):
    """A case, None for what is about a thread, and what the events since it was loaded add beside it."""

    case: Case | None
    places: bytes = b""
    """Where its latest facts stand."""
    news: News | None = None


@dataclass(slots=True)
class ThreadPost:
    """What a desk knows of a post, from the first fact that tells of it to the end of the round."""

    fact: events.PostThreaded
    thread_id: str
    is_addressed: bool
    is_withdrawn: bool = False
    answers: int = 0


class Tables:
    """What a round writes, table by table."""

    def __init__(self) -> None:
        self.new_cases: list[Values] = []
        self.cases: list[Values] = []
        self.gone: list[_Key] = []
        self.places: list[Values] = []
        self.joined: dict[_Key, str] = {}
        """Case to the one it was joined into."""
        self.posts: dict[_Key, dict[str, Values | None]] = {}
        """Case to its posts that are new, None for one that is gone."""
        self.answers: dict[_Key, int] = {}
        """Post of ours to how many cases more it answers."""
        self.joined_threads: dict[_Key, str] = {}
        self.keys: dict[_Key, tuple[str, str]] = {}
        """Thread key to its thread, and the post it is another id of or ""."""
        self.thread_posts: dict[_Key, dict[str, ThreadPost]] = {}
        """Post to what each desk knows of it; what is in the table already stays as it is there."""
        self.addressed: list[tuple[str, str, str]] = []
        self.withdrawn: list[_Key] = []
        self._news: list[tuple[bytes, str, NewsFact]] = []
        self._opened: dict[_Key, str] = {}
        self._rows: list[tuple[bool, str, Case, bytes]] = []

    @staticmethod
    def of(rows: Mapping[str, Row], touched: Sequence[str], state_of: Callable[[Case], str]) -> "Tables":
        """What a round writes that left these rows."""
        tables = Tables()
        for key in touched:
            tables._add(key, rows.get(key))
        for _, tenant, fact in sorted(tables._news, key=lambda one: one[0]):
            tables._apply(tenant, fact)
        for is_new, tenant, case, places in tables._rows:
            thread_id = tables._opened.get((tenant, case.case_id), "")
            (tables.new_cases if is_new else tables.cases).append(_columns(tenant, case, state_of, thread_id, places))
        return tables

    def _add(self, key: str, row: Row | None) -> None:
        """A row as it is after the round, None when it was never there."""
        tenant, _, case_id = key.partition("/")
        if row is None:
            self.gone.append((tenant, case_id))
            return
        if row.case is not None:
            places = row.places
            while len(places) > PLACES_MAX:
                full, places = places[:PLACES_MAX], places[PLACES_MAX:]
                self.places.append((tenant, case_id, *PLACE.unpack(full[-PLACE.size :]), full))
            self._rows.append((type(key) is Founding, tenant, row.case, places))
        news = row.news
        while news is not None:
            self._news.append((news.place, tenant, news.fact))
            news = news.before

    def _apply(self, tenant: str, fact: NewsFact) -> None:
        """In the order of the log, whatever case or thread a fact is of."""
        match fact:
            case events.CaseOpened():
                self._opened[tenant, fact.case_id] = fact.thread_id
            case events.PostAttached():
                self.posts.setdefault((tenant, fact.case_id), {})[fact.post_id] = _post(fact)
                self._answered(tenant, fact, 1)
            case events.PostDetached():
                self.posts.setdefault((tenant, fact.case_id), {})[fact.post_id] = None
                self._answered(tenant, fact, -1)
            case events.CasesJoined():
                gone = tenant, fact.joined_case_id
                _redirect(self.joined, gone, fact.case_id)
                self.joined[gone] = fact.case_id
                moved = self.posts.pop((tenant, fact.joined_case_id), {})
                self.posts[tenant, fact.case_id] = {**moved, **self.posts.get((tenant, fact.case_id), {})}
            case events.PostThreaded():
                self._tie(tenant, fact.thread_id, fact.joined_thread_ids)
                for key in fact.thread_keys:
                    self._lead(tenant, key, fact.thread_id, fact.post_id if key in fact.alias_ids else "")
                one = ThreadPost(fact, fact.thread_id, fact.is_addressed)
                self.thread_posts.setdefault((tenant, fact.post_id), {}).setdefault(fact.desk, one)
            case events.PostAliased():
                self._tie(tenant, fact.thread_id, fact.joined_thread_ids)
                for key in fact.alias_ids:
                    self._lead(tenant, key, fact.thread_id, fact.post_id)
            case events.PostAddressed():
                self.addressed.append((tenant, fact.post_id, fact.desk))
                if post := self.thread_posts.get((tenant, fact.post_id), {}).get(fact.desk):
                    post.is_addressed = True
            case events.PostUnthreaded():
                self.withdrawn.append((tenant, fact.post_id))
                for post in self.thread_posts.get((tenant, fact.post_id), {}).values():
                    post.is_withdrawn = True

    def _answered(self, tenant: str, fact: events.PostAttached | events.PostDetached, more: int) -> None:
        if fact.role == PostRole.ANSWER:
            self.answers[tenant, fact.post_id] = self.answers.get((tenant, fact.post_id), 0) + more
            for post in self.thread_posts.get((tenant, fact.post_id), {}).values():
                if post.fact.direction == Direction.OUTBOUND:
                    post.answers += more

    def _tie(self, tenant: str, thread_id: str, joined: Sequence[str]) -> None:
        """What was of these threads is of that one now, one after the other: a circle of joins leads on no further."""
        for other in joined:
            gone = tenant, other
            if other == thread_id:
                continue
            for key, (known, alias_of) in self.keys.items():
                if (key[0], known) == gone:
                    self.keys[key] = thread_id, alias_of
            for (owner, _), desks in self.thread_posts.items():
                for post in desks.values():
                    if (owner, post.thread_id) == gone:
                        post.thread_id = thread_id
            _redirect(self._opened, gone, thread_id)
            _redirect(self.joined_threads, gone, thread_id)
            self.joined_threads[gone] = thread_id

    def _lead(self, tenant: str, key: str, thread_id: str, alias_of: str) -> None:
        known = self.keys.get((tenant, key), ("", ""))
        self.keys[tenant, key] = thread_id, max(alias_of, known[1])

    def rows_of_posts(self) -> tuple[list[Values], list[tuple[str, str, str]]]:
        """(rows of posts of cases, those that are gone)."""
        new: list[Values] = []
        gone: list[tuple[str, str, str]] = []
        for (tenant, case_id), posts in self.posts.items():
            for post_id, values in posts.items():
                if values is None:
                    gone.append((tenant, case_id, post_id))
                else:
                    new.append((tenant, case_id, *values))
        return new, gone

    def rows_of_keys(self) -> list[Values]:
        """Rows of thread keys."""
        return [(tenant, key, thread, alias_of) for (tenant, key), (thread, alias_of) in self.keys.items()]

    def rows_of_thread_posts(self) -> list[Values]:
        """Rows of what desks know of posts."""
        return [
            (
                tenant,
                post_id,
                desk,
                post.thread_id,
                post.fact.identity_id,
                post.fact.published_at,
                post.fact.direction == Direction.OUTBOUND,
                post.answers,
                post.is_addressed,
                post.is_withdrawn,
                dump_threaded(post.fact),
            )
            for (tenant, post_id), desks in self.thread_posts.items()
            for desk, post in desks.items()
        ]

    async def save(self, connection: Connection, sql: Mapping[str, str]) -> None:
        """Writes it, one statement a table and kind: first what is there moves, then what is new goes in."""
        if self.gone:
            await connection.execute(sql["drop_cases"], *zip(*self.gone, strict=True))
        if self.cases:
            await connection.execute(sql["save_cases"], self.cases)
        if self.places:
            await connection.copy_records_to_table("case_places_v4", records=self.places)
        if self.joined_threads:
            ends = [(*gone, into) for gone, into in self.joined_threads.items()]
            for name in ("join_threads", "join_thread_posts", "join_thread_cases"):
                await connection.execute(sql[name], *zip(*ends, strict=True))
        if self.new_cases:  # what was tied before they opened is not theirs; what was tied since, they know
            await connection.copy_records_to_table("cases_v4", records=self.new_cases)
        if self.joined:
            ends = [(*gone, into) for gone, into in self.joined.items()]
            await connection.execute(sql["join_posts"], *zip(*ends, strict=True))
        posts, gone = self.rows_of_posts()
        if gone:
            await connection.execute(sql["drop_posts"], *zip(*gone, strict=True))
        if posts:
            await connection.execute(sql["save_posts"], posts)
        if self.keys:
            await connection.execute(sql["save_keys"], self.rows_of_keys())
        if self.addressed:
            await connection.execute(sql["address_posts"], *zip(*self.addressed, strict=True))
        if self.withdrawn:
            await connection.execute(sql["withdraw_posts"], *zip(*self.withdrawn, strict=True))
        counts = [(tenant, post_id, more) for (tenant, post_id), more in self.answers.items() if more]
        if counts:
            await connection.execute(sql["count_answers"], *zip(*counts, strict=True))
        if self.thread_posts:
            await connection.execute(sql["save_thread_posts"], self.rows_of_thread_posts())


def _post(fact: events.PostAttached) -> Values:
    return (
        fact.post_id,
        fact.published_at,
        fact.window_expires_at,
        int(fact.direction),
        int(fact.author_kind),
        int(fact.role),
        fact.customer_id,
        fact.answers_published_at,
    )


def _columns(tenant: str, case: Case, state_of: Callable[[Case], str], thread_id: str, places: bytes) -> Values:
    """The row as the table has it. What thread a case is about is written when it opens."""
    stage = case.stage
    return (
        tenant,
        case.case_id,
        case.opened_at,
        state_of(case),
        case.queue,
        holder(case) or case.agent_id,
        case.channel,
        case.source_id,
        case.identity_id,
        case.desk,
        thread_id,
        stage.into if isinstance(stage, Joined) else "",
        places,
        dump_case(case),
    )


def _redirect(known: dict[tuple[str, str], str], gone: tuple[str, str], into: str) -> None:
    """What led to something that has ended leads to where that went."""
    tenant, ended = gone
    for key, target in known.items():
        if key[0] == tenant and target == ended:
            known[key] = into
