"""Which posts the cases in memory have, and which thread keys lead to them: the index a post finds its case by.

What it costs to attach a post does not grow with its case. Of a case that was recalled it knows only what has come
since; its earlier posts are in the read model (`dormant_cases.py` fetches what a decision needs of them).
"""

from bisect import bisect_left, insort
from collections.abc import Iterator
from dataclasses import dataclass, field

from chassis.clock import Instant
from msgspec import Struct
from msgspec.structs import replace

from routing import events
from routing.cases import NEVER, of_customer
from routing.terms import AuthorKind, Direction


class Post(Struct, frozen=True, array_like=True, gc=False):
    """What deciding needs to know of a post."""

    post_id: str
    direction: Direction
    author_kind: AuthorKind
    published_at: Instant
    window_expires_at: Instant | None
    is_withdrawn: bool = False

    @property
    def by_customer(self) -> bool:
        """Whether it is a contact."""
        return of_customer(self.direction, self.author_kind)


@dataclass(slots=True)
class _OfCase:
    keys: list[str] = field(default_factory=list)
    contacts: list[tuple[Instant, str]] = field(default_factory=list)
    """The customer's posts that are not withdrawn: publication and id, sorted."""


class PostIndex:
    """The posts and thread keys of all cases in memory."""

    __slots__ = ("_of_case", "cases", "posts")

    def __init__(self) -> None:
        self.cases: dict[str, str] = {}
        """Thread key to case."""
        self.posts: dict[str, Post] = {}
        """By id; withdrawn ones stay, so that nobody attaches them again."""
        self._of_case: dict[str, _OfCase] = {}

    @classmethod
    def of(cls, cases: dict[str, str], posts: dict[str, Post]) -> "PostIndex":
        """The index of what another one held."""
        index = cls()
        index.cases, index.posts = cases, posts
        for key, case_id in cases.items():
            index._case(case_id).keys.append(key)
        for post in posts.values():
            if post.by_customer and not post.is_withdrawn:
                index._case(cases[post.post_id]).contacts.append((post.published_at, post.post_id))
        for case in index._of_case.values():
            case.contacts.sort()
        return index

    def __len__(self) -> int:
        """How many entries it has, for whoever wants to see it shrink."""
        return len(self.cases) + len(self.posts) + len(self._of_case)

    def attach(self, event: events.PostAttached) -> None:
        """A post became part of a case."""
        case = self._case(event.case_id)
        for key in event.thread_keys:
            self._lead(key, event.case_id, case)
        self._lead(event.post_id, event.case_id, case)
        post = Post(event.post_id, event.direction, event.author_kind, event.published_at, event.window_expires_at)
        self.posts[event.post_id] = post
        if post.by_customer:
            insort(case.contacts, (event.published_at, event.post_id))

    def detach(self, event: events.PostDetached) -> None:
        """A post of a case was withdrawn; of a case that was recalled it may be one that is not known here."""
        case, known = self._case(event.case_id), self.posts.get(event.post_id)
        self._lead(event.post_id, event.case_id, case)
        if known is None:
            known = Post(event.post_id, event.direction, event.author_kind, NEVER, None)
        else:
            place = bisect_left(case.contacts, (known.published_at, known.post_id))
            if case.contacts[place : place + 1] == [(known.published_at, known.post_id)]:
                del case.contacts[place]
        self.posts[event.post_id] = replace(known, is_withdrawn=True)

    def join(self, event: events.CasesJoined) -> None:
        """What one case had is another's."""
        joined = self._of_case.pop(event.joined_case_id, None)
        if joined is None:
            return
        survivor = self._case(event.case_id)
        self.cases.update(dict.fromkeys(joined.keys, event.case_id))
        survivor.keys += joined.keys
        few, many = sorted((survivor.contacts, joined.contacts), key=len)
        if len(few) * 16 < len(many):
            for contact in few:
                insort(many, contact)
            survivor.contacts = many
        else:
            survivor.contacts = sorted(many + few)

    def forget(self, case_id: str) -> None:
        """The case left memory."""
        case = self._of_case.pop(case_id, None)
        for key in () if case is None else case.keys:
            if self.cases.get(key) == case_id:
                del self.cases[key]
                self.posts.pop(key, None)

    def contact_after(self, case_id: str, until: Instant | None, without: str = "") -> Instant | None:
        """Publication of the case's earliest contact later than that, None when there is none."""
        contacts = self._contacts(case_id)
        start = 0 if until is None else bisect_left(contacts, (Instant(until + 1),))
        return next((contacts[n][0] for n in range(start, len(contacts)) if contacts[n][1] != without), None)

    def latest_contacts(self, case_id: str) -> Iterator[Post]:
        """The case's contacts, the latest first."""
        return (self.posts[post_id] for _, post_id in reversed(self._contacts(case_id)))

    def _contacts(self, case_id: str) -> list[tuple[Instant, str]]:
        case = self._of_case.get(case_id)
        return [] if case is None else case.contacts

    def _case(self, case_id: str) -> _OfCase:
        case = self._of_case.get(case_id)
        if case is None:
            case = self._of_case[case_id] = _OfCase()
        return case

    def _lead(self, key: str, case_id: str, case: _OfCase) -> None:
        if self.cases.get(key) != case_id:
            self.cases[key] = case_id
            case.keys.append(key)
