"""What a round of facts writes into the tables of cases and threads. It knows no query and folds no case.

Most threads are one post, and most posts are in one case: such a post is one row beside its case's, in `case_posts_v9`.
What only few have stands elsewhere: what a post of ours is to the cases it answers in `case_answers_v9`, names of
threads that are no post's own in `case_keys_v9`.
"""

from collections.abc import Callable, Mapping, Sequence
from operator import itemgetter
from struct import Struct as Layout
from typing import NamedTuple

from chassis.database import Connection
from chassis.view import Founding
from msgspec import Struct

from routing import events
from routing.cases import Case, Joined, case_id_of, holders
from routing.state_codec import dump_case, dump_threaded
from routing.terms import Direction, PostRole

PLACE = Layout(">QI")
"""Position and index of a fact, as `places` lists them in the order of the log."""
PLACES_MAX = 64 * PLACE.size
"""Bytes of places beside a case; what is full has a row of its own."""

PlacedFact = events.PostThreaded | events.PostAliased | events.PostAddressed | events.PostUnthreaded
"""Facts about a post's place in its thread."""
NewsFact = (
    PlacedFact
    | events.CaseBegun
    | events.CaseOpened
    | events.PostPlaced
    | events.PostAttached
    | events.PostDetached
    | events.CasesJoined
)
Values = tuple[object, ...]
_Key = tuple[str, str]
"""A tenant and an id."""
_Seen = tuple[str, str, str]
"""A tenant, a post and a desk."""
_PLACE_OF = itemgetter(0)
THREAD = "/thread/"
"""In the key of a row that is no case: what a fact about a post's thread adds to the tables."""


class _Thread(NamedTuple):
    """What thread a case is about, and whether the thread's first post opened it."""

    thread_id: str
    is_founded: bool


_NOWHERE = _Thread("", False)


class News(Struct, frozen=True, gc=False):
    """A fact that adds to the tables beside its case, behind those before it: a list that grows without copying."""

    before: "News | None"
    place: bytes
    fact: NewsFact


class Row(Struct, frozen=True, gc=False):
    """A case, None for what is about a thread, and what the events since it was loaded add beside it."""

    case: Case | None
    places: bytes = b""
    """Where its latest facts stand."""
    news: News | None = None


Part = tuple[str, str | None, int]
"""What a customer's post is to a case, as columns: the case, whose it is there (None for its author), its role."""
NO_PART: Part = ("", None, 0)


class SeenPost(Struct, gc=False):
    """What a desk knows of a post, from the first fact that tells of it to the end of the round."""

    fact: events.PostThreaded
    is_new: bool
    """Whether the fact that tells of it founds it."""
    thread_id: str
    is_addressed: bool
    is_withdrawn: bool = False
    answers: int = 0
    part: Part = NO_PART


class ToldAgain(ValueError):
    """A fact founds a post that something in its round told of before. Another round would find it in the table, and
    the event has to wait there as here.
    """


class Tables:
    """What a round writes, table by table."""

    def __init__(self) -> None:
        self.new_cases: list[Values] = []
        self.cases: list[Values] = []
        self.gone: list[_Key] = []
        self.places: list[Values] = []
        self.joined: dict[_Key, str] = {}
        """Case to the one it was joined into."""
        self.posts: dict[_Key, list[SeenPost]] = {}
        """Posts the round tells of first, by desk; what is in the table already stays as it is there."""
        self.parts: dict[_Seen, tuple[Part, events.PostAttached]] = {}
        """What customers' posts that were told of before are to cases, with the fact that said so first: of a post that
    nothing tells of, it is all there is, and another round would find it in the table.
    """
        self.parted: dict[tuple[str, str, str, str], None] = {}
        """Such posts, and the cases they left."""
        self.answering: dict[_Key, dict[str, events.PostAttached | None]] = {}
        """Case to the posts of ours that answer it, None for one that does not any more."""
        self.answers: dict[_Key, int] = {}
        """Post of ours to how many cases more it answers."""
        self.joined_threads: dict[_Key, str] = {}
        self.keys: dict[_Key, tuple[str, str]] = {}
        """Thread key that is no post's own id to its thread, and the post it is another id of or ""."""
        self.addressed: list[_Seen] = []
        self.withdrawn: list[_Key] = []
        self._news: list[tuple[bytes, str, str, NewsFact]] = []
        self._opened: dict[_Key, _Thread] = {}
        self._rows: list[tuple[bool, str, Case, bytes]] = []

    @staticmethod
    def of(rows: Mapping[str, Row], touched: Sequence[str], state_of: Callable[[Case], str]) -> "Tables":
        """What a round writes that left these rows."""
        tables = Tables()
        for key in touched:
            tables._add(key, rows.get(key))
        for _, tenant, desk, fact in sorted(tables._news, key=_PLACE_OF):
            tables._apply(tenant, desk, fact)
        for is_new, tenant, case, places in tables._rows:
            opened = tables._opened.get((tenant, case.case_id), _NOWHERE)
            (tables.new_cases if is_new else tables.cases).append(_columns(tenant, case, state_of, opened, places))
        return tables

    def _add(self, key: str, row: Row | None) -> None:
        """A row as it is after the round, None when it was never there."""
        tenant, _, case_id = key.partition("/")
        if row is None:
            if THREAD not in key:  # else all that is told of the post is told with its case
                self.gone.append((tenant, case_id))
            return
        desk = ""
        if row.case is not None:
            places, desk = row.places, row.case.desk
            while len(places) > PLACES_MAX:
                full, places = places[:PLACES_MAX], places[PLACES_MAX:]
                self.places.append((tenant, case_id, *PLACE.unpack(full[-PLACE.size :]), full))
            self._rows.append((type(key) is Founding, tenant, row.case, places))
        news = row.news
        while news is not None:
            self._news.append((news.place, tenant, desk, news.fact))
            news = news.before

    def _apply(self, tenant: str, desk: str, fact: NewsFact) -> None:
        """In the order of the log, whatever case or thread a fact is of; the desk is that of the case."""
        match fact:
            case events.CaseBegun(post=told):
                self._thread(tenant, told, (fact.case_id, None, int(PostRole.CONTACT)))
                self._opened[tenant, fact.case_id] = _Thread(told.thread_id, told.thread_id == told.post_id)
            case events.PostPlaced():
                self._thread(tenant, fact.post, NO_PART)
                self._apply(tenant, desk, fact.attached)
            case events.PostThreaded():
                self._thread(tenant, fact)
            case events.CaseOpened():
                is_founded = fact.case_id == case_id_of(tenant, f"{fact.desk}\n{fact.thread_id}")
                self._opened[tenant, fact.case_id] = _Thread(fact.thread_id, is_founded)
            case events.PostAttached() if fact.direction == Direction.OUTBOUND:
                self.answering.setdefault((tenant, fact.case_id), {})[fact.post_id] = fact
                self._answered(tenant, fact, 1)
            case events.PostAttached():
                self._attach(tenant, desk, fact)
            case events.PostDetached() if fact.direction == Direction.OUTBOUND:
                self.answering.setdefault((tenant, fact.case_id), {})[fact.post_id] = None
                self._answered(tenant, fact, -1)
            case events.PostDetached():
                self._detach(tenant, desk, fact)
            case events.CasesJoined():
                self._join(tenant, fact.joined_case_id, fact.case_id)
            case events.PostAliased():
                self._tie(tenant, fact.thread_id, fact.joined_thread_ids)
                for key in fact.alias_ids:
                    self._lead(tenant, key, fact.thread_id, fact.post_id)
            case events.PostAddressed():
                self.addressed.append((tenant, fact.post_id, fact.desk))
                if post := self._find(tenant, fact.post_id, fact.desk):
                    post.is_addressed = True
            case events.PostUnthreaded():
                self.withdrawn.append((tenant, fact.post_id))
                for post in self.posts.get((tenant, fact.post_id), ()):
                    post.is_withdrawn = True

    def _thread(self, tenant: str, fact: events.PostThreaded, founds: Part | None = None) -> None:
        """A post is told of; `founds` is what it is to its case where that was said with it. Raises ToldAgain."""
        post_id = fact.post_id
        if fact.joined_thread_ids:
            self._tie(tenant, fact.thread_id, fact.joined_thread_ids)
        for key in fact.thread_keys:
            if key != post_id:
                self._lead(tenant, key, fact.thread_id, post_id if key in fact.alias_ids else "")
        seen = self.posts.setdefault((tenant, post_id), [])
        known = any(post.fact.desk == fact.desk for post in seen) if seen else False
        if founds is None:
            if not known:
                seen.append(SeenPost(fact, False, fact.thread_id, fact.is_addressed))
        elif known or (self.parts and (tenant, post_id, fact.desk) in self.parts):
            raise ToldAgain(post_id)
        else:
            seen.append(SeenPost(fact, True, fact.thread_id, fact.is_addressed, part=founds))

    def _find(self, tenant: str, post_id: str, desk: str) -> SeenPost | None:
        """What a desk knows of a post that the round tells of."""
        for post in self.posts.get((tenant, post_id), ()):
            if post.fact.desk == desk:
                return post
        return None

    def _attach(self, tenant: str, desk: str, fact: events.PostAttached) -> None:
        customer = None if fact.customer_id == fact.identity_id else fact.customer_id
        part, post = (fact.case_id, customer, int(fact.role)), self._find(tenant, fact.post_id, desk)
        if post is not None:
            post.part = part
        else:
            _, first = self.parts.get((tenant, fact.post_id, desk), (part, fact))
            self.parts[tenant, fact.post_id, desk] = part, first

    def _detach(self, tenant: str, desk: str, fact: events.PostDetached) -> None:
        seen, post = (tenant, fact.post_id, desk), self._find(tenant, fact.post_id, desk)
        if post is not None and post.part[0] == fact.case_id:
            post.part = NO_PART
        if seen in self.parts and self.parts[seen][0][0] == fact.case_id:
            self.parts[seen] = NO_PART, self.parts[seen][1]
        self.parted[*seen, fact.case_id] = None

    def _join(self, tenant: str, gone: str, into: str) -> None:
        """What was of a case is of the one that it goes on in."""
        _redirect(self.joined, (tenant, gone), into)
        self.joined[tenant, gone] = into
        moved = self.answering.pop((tenant, gone), {})
        self.answering[tenant, into] = {**moved, **self.answering.get((tenant, into), {})}
        for (owner, _), posts in self.posts.items():
            for post in posts:
                if post.part[0] == gone and owner == tenant:
                    post.part = (into, *post.part[1:])
        for seen, (part, fact) in self.parts.items():
            if part[0] == gone and seen[0] == tenant:
                self.parts[seen] = (into, *part[1:]), fact
        for left in [left for left in self.parted if left[3] == gone and left[0] == tenant]:
            del self.parted[left]
            self.parted[*left[:3], into] = None

    def _answered(self, tenant: str, fact: events.PostAttached | events.PostDetached, more: int) -> None:
        if fact.role == PostRole.ANSWER:
            self.answers[tenant, fact.post_id] = self.answers.get((tenant, fact.post_id), 0) + more
            for post in self.posts.get((tenant, fact.post_id), ()):
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
            for (owner, _), posts in self.posts.items():
                for post in posts:
                    if (owner, post.thread_id) == gone:
                        post.thread_id = thread_id
            for key, opened in self._opened.items():
                if (key[0], opened.thread_id) == gone:
                    self._opened[key] = _Thread(thread_id, False)
            _redirect(self.joined_threads, gone, thread_id)
            self.joined_threads[gone] = thread_id

    def _lead(self, tenant: str, key: str, thread_id: str, alias_of: str) -> None:
        known = self.keys.get((tenant, key), ("", ""))
        self.keys[tenant, key] = thread_id, max(alias_of, known[1])

    def rows_of_posts(self) -> tuple[list[Values], list[Values]]:
        """(rows of what desks know of posts that are new, rows of those that may be there)."""
        new: list[Values] = []
        told: list[Values] = []
        for (tenant, post_id), posts in self.posts.items():
            for post in posts:
                fact = post.fact
                row = (
                    tenant,
                    post_id,
                    fact.desk,
                    post.thread_id,
                    fact.identity_id,
                    fact.published_at,
                    fact.window_expires_at,
                    int(fact.direction),
                    int(fact.author_kind),
                    post.answers,
                    post.is_addressed,
                    post.is_withdrawn,
                    *post.part,
                    dump_threaded(fact),
                )
                (new if post.is_new else told).append(row)
        return new, told

    def rows_of_parts(self) -> list[Values]:
        """The same of posts that were told of before, with nothing but what they are to a case."""
        return [
            (
                *seen,
                "",
                fact.identity_id,
                fact.published_at,
                fact.window_expires_at,
                int(fact.direction),
                int(fact.author_kind),
                0,
                False,
                False,
                *part,
                b"",
            )
            for seen, (part, fact) in self.parts.items()
        ]

    def rows_of_answers(self) -> tuple[list[Values], list[tuple[str, str, str]]]:
        """(rows of posts of ours that answer cases, those that do not any more)."""
        new: list[Values] = []
        gone: list[tuple[str, str, str]] = []
        for (tenant, case_id), posts in self.answering.items():
            for post_id, fact in posts.items():
                if fact is None:
                    gone.append((tenant, case_id, post_id))
                else:
                    new.append((tenant, case_id, *_answer(fact)))
        return new, gone

    def rows_of_keys(self) -> list[Values]:
        """Rows of thread keys."""
        return [(tenant, key, thread, alias_of) for (tenant, key), (thread, alias_of) in self.keys.items()]

    async def save(self, connection: Connection, sql: Mapping[str, str]) -> None:
        """Writes it, one statement a table and kind: first what is there moves, then what is new goes in."""
        if self.gone:
            await connection.execute(sql["drop_cases"], *zip(*self.gone, strict=True))
        if self.cases:
            await connection.execute(sql["save_cases"], self.cases)
        if self.places:
            await connection.copy_records_to_table("case_places_v9", records=self.places)
        if self.joined_threads:
            await self._save_joined_threads(connection, sql)
        if self.new_cases:  # what was tied before they opened is not theirs; what was tied since, they know
            await connection.copy_records_to_table("cases_v9", records=self.new_cases)
        if self.joined:
            ends = [(*gone, into) for gone, into in self.joined.items()]
            for name in ("join_posts", "join_founding_posts", "join_answers"):
                await connection.execute(sql[name], *zip(*ends, strict=True))
        if self.parted:
            await connection.execute(sql["part_posts"], *zip(*self.parted, strict=True))
        answers, gone = self.rows_of_answers()
        if gone:
            await connection.execute(sql["drop_answers"], *zip(*gone, strict=True))
        if answers:
            await connection.execute(sql["save_answers"], answers)
        if self.keys:
            await connection.execute(sql["save_keys"], self.rows_of_keys())
        if self.addressed:
            await connection.execute(sql["address_posts"], *zip(*self.addressed, strict=True))
        if self.withdrawn:
            await connection.execute(sql["withdraw_posts"], *zip(*self.withdrawn, strict=True))
        counts = [(tenant, post_id, more) for (tenant, post_id), more in self.answers.items() if more]
        if counts:
            await connection.execute(sql["count_answers"], *zip(*counts, strict=True))
        new, told = self.rows_of_posts()
        if new:
            await connection.copy_records_to_table("case_posts_v9", records=new)
        if told:
            await connection.execute(sql["save_posts"], told)
        if self.parts:
            await connection.execute(sql["attach_posts"], self.rows_of_parts())

    async def _save_joined_threads(self, connection: Connection, sql: Mapping[str, str]) -> None:
        """What a thread began with is found by its id, the rest by an index."""
        ends = [(*gone, into) for gone, into in self.joined_threads.items()]
        began = await connection.fetch(sql["desks_of"], *zip(*self.joined_threads, strict=True))
        founded = [
            (r["tenant"], case_id_of(r["tenant"], f"{r['desk']}\n{r['post_id']}"), r["post_id"], into)
            for r in began
            if (into := self.joined_threads.get((r["tenant"], r["post_id"])))
        ]
        for name in ("join_keys", "join_thread_posts", "join_first_posts", "join_thread_cases"):
            await connection.execute(sql[name], *zip(*ends, strict=True))
        if founded:
            await connection.execute(sql["join_first_cases"], *zip(*founded, strict=True))


def _answer(fact: events.PostAttached) -> Values:
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


def _columns(tenant: str, case: Case, state_of: Callable[[Case], str], opened: _Thread, places: bytes) -> Values:
    """The row as the table has it. What thread a case is about is written when it opens."""
    stage = case.stage
    return (
        tenant,
        case.case_id,
        case.opened_at,
        state_of(case),
        case.queue,
        " ".join(holders(case)) or case.agent_id,  # several where it is offered to several, and no id has a space
        case.channel,
        case.source_id,
        case.identity_id,
        case.desk,
        opened.thread_id,
        opened.is_founded,
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
