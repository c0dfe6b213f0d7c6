"""Which cases a set of posts makes, and what each post is to them, by looking at all of it. Knows no order."""

from collections.abc import Iterable
from dataclasses import dataclass, field

CONTACT, ANSWER, CONTEXT = "CONTACT", "ANSWER", "CONTEXT"
CLIMB_MAX = 64


@dataclass(frozen=True)
class Told:
    """A post as it came in: `desks` are those that were brought it, to whether it speaks to them by itself."""

    name: str
    author: str
    at: int
    desks: dict[str, bool] = field(default_factory=dict, hash=False)
    parent: str = ""
    ties: frozenset[str] = frozenset()
    ours: bool = False
    repost: bool = False
    mentions: frozenset[str] = frozenset()
    aliases: frozenset[str] = frozenset()
    handle: str = ""
    withdrawn: bool = False

    @property
    def keys(self) -> frozenset[str]:
        """What ties it to others; a repost does not belong to the thread of its original."""
        own = {self.name, *self.aliases, *self.ties}
        return frozenset(own | ({self.parent} if self.parent and not self.repost else set()))


Case = tuple[str, str, frozenset[str]]
"""Desk, customer, and the posts of the thread."""
Roles = dict[Case, dict[str, str]]
"""Case to its posts and what they are to it."""


class ByHand:
    """What follows from a set of posts."""

    def __init__(self, posts: Iterable[Told]) -> None:
        self.posts = {post.name: post for post in posts}
        names = {alias: post.name for post in self.posts.values() for alias in post.aliases}
        self.names = {**names, **{name: name for name in self.posts}}
        self.threads = self._threads()

    def _threads(self) -> dict[str, frozenset[str]]:
        """Each post's thread, as the posts of it: whatever a chain of shared keys connects."""
        found: dict[str, frozenset[str]] = {}
        for post in self.posts.values():
            if post.name in found:
                continue
            together, keys = {post.name}, set(post.keys)
            while more := {p.name for p in self.posts.values() if p.keys & keys} - together:
                together |= more
                keys |= {key for name in more for key in self.posts[name].keys}
            found.update(dict.fromkeys(together, frozenset(together)))
        return found

    def above(self, post: Told) -> Told | None:
        """What a post answers or repeats."""
        return self.posts.get(self.names.get(post.parent, ""))

    def addressed(self, post: Told, desk: str) -> bool:
        """Whether a post speaks to a desk."""
        if post.ours or desk not in post.desks:
            return False
        parent = self.above(post)
        if post.desks[desk] or (parent is not None and parent.ours and desk in parent.desks):
            return True
        return post.repost and parent is not None and self.addressed(parent, desk)

    def question(self, post: Told) -> Told | None:
        """The nearest ancestor that a customer wrote."""
        seen: set[str] = set()
        while post.parent and not post.repost and post.name not in seen:
            seen.add(post.name)
            parent = self.above(post)
            if parent is None or not parent.ours:
                return parent
            post = parent
        return None

    def said(self, desk: str, thread: frozenset[str], customer: str) -> list[Told]:
        """What an author has said in a thread a desk knows."""
        posts = (self.posts[name] for name in thread)
        return [p for p in posts if not p.ours and p.author == customer and desk in p.desks and not p.withdrawn]

    def first(self, desk: str, thread: frozenset[str], customer: str) -> int | None:
        """When an author first spoke to the desk."""
        return min((p.at for p in self.said(desk, thread, customer) if self.addressed(p, desk)), default=None)

    def exists(self, desk: str, thread: frozenset[str], customer: str) -> bool:
        """Whether an author has a case."""
        if self.first(desk, thread, customer) is not None:
            return True
        ours = (self.posts[name] for name in thread if self.posts[name].ours)
        asked = (self.question(p) for p in ours if desk in p.desks and not p.withdrawn)
        return any(question is not None and question.author == customer for question in asked)

    def authors(self, thread: frozenset[str], desk: str) -> dict[str, set[str]]:
        """Who has spoken in a thread, and by which names they are mentioned there."""
        found: dict[str, set[str]] = {}
        for post in (self.posts[name] for name in thread):
            if not post.ours and desk in post.desks:
                found.setdefault(post.author, {post.author}).add(post.handle)
        return found

    def answers(self, post: Told, desk: str) -> list[str]:
        """Whom a post of ours answers."""
        thread, question = self.threads[post.name], self.question(post)
        if question is not None:
            return [question.author]
        customers = {a: names for a, names in self.authors(thread, desk).items() if self.exists(desk, thread, a)}
        named = [author for author, names in customers.items() if names & post.mentions]
        if named:
            return sorted(named)
        spoken = [a for a in customers if (first := self.first(desk, thread, a)) is not None and first <= post.at]
        return spoken if len(spoken) == 1 else []

    def roles(self, post: Told, desk: str, depth: int = 0) -> dict[str, str]:
        """What a post is to the cases of a desk in its thread, by customer."""
        if post.withdrawn or desk not in post.desks:
            return {}
        if post.ours:
            return dict.fromkeys(self.answers(post, desk), ANSWER)
        thread = self.threads[post.name]
        first = self.first(desk, thread, post.author)
        if self.addressed(post, desk) or (first is not None and post.at >= first):
            return {post.author: CONTACT}
        if self.exists(desk, thread, post.author):
            return {post.author: CONTEXT}
        parent = None if post.repost else self.above(post)
        while parent is not None and depth < CLIMB_MAX:
            found = self.roles(parent, desk, depth + 1)
            if found:
                return {min(found): CONTEXT}
            if not parent.ours and not parent.withdrawn and desk in parent.desks:
                return {}
            parent, depth = (None if parent.repost else self.above(parent)), depth + 1
        return {}

    def cases(self) -> Roles:
        """All cases that have a post, with their posts."""
        found: Roles = {}
        for post in self.posts.values():
            for desk in post.desks:
                for customer, role in self.roles(post, desk).items():
                    found.setdefault((desk, customer, self.threads[post.name]), {})[post.name] = role
        return found

    def unattributed(self) -> set[str]:
        """Posts of ours that answer nobody."""
        ours = [p for p in self.posts.values() if p.ours and not p.withdrawn]
        return {p.name for p in ours if not any(self.roles(p, desk) for desk in p.desks)}
