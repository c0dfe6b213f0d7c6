"""The threads in memory: which keys lead to them, which cases hang on them, and what is to be looked at again.

Facts fill it; it decides nothing. Whatever a fact may make different beyond itself is put on a list, `todo`, which the
shard's clock works off at once (`reviews.py`), one post at a time: so a decision stays as small as what it is about.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple
from weakref import ref

from chassis.clock import Instant
from msgspec.structs import replace

from routing import events
from routing.posts import Part, Post, post_of, sight_of
from routing.terms import PostRole
from routing.thread import Customer, Look, Thread, is_alone, nobody


class Kept(NamedTuple):
    """A thread as a snapshot keeps it: what all else follows from."""

    thread_id: str
    keys: tuple[str, ...]
    posts: tuple[Post, ...]
    joined: tuple[tuple[str, str], ...]
    cases: tuple[tuple[str, str, tuple[str, ...]], ...]
    """(desk, customer, their cases)."""
    is_partial: bool


class Snapshot:
    """The threads as they were when it began, although each is only looked at when it is asked for: a hundred thousand
    of them at once would keep everybody waiting for a quarter of a second. Whatever changes a thread keeps it first.
    """

    __slots__ = ("__weakref__", "_number", "_threads", "before")

    def __init__(self, number: int, threads: list[Thread]) -> None:
        self._number = number
        self._threads = threads
        self.before: dict[int, Kept] = {}
        """Threads that have changed since, as they were, by identity of the object."""

    def __iter__(self) -> Iterator[Kept]:
        for thread in self._threads:
            kept = self.before.pop(id(thread), None)
            if kept is None:
                thread.snapshot = self._number
                kept = _kept(thread)
            yield kept


class ThreadIndex:
    """All threads in memory."""

    __slots__ = ("_at", "_customers", "_snapshot", "_snapshots", "by_id", "by_key", "of_case", "quotes", "todo")

    def __init__(self) -> None:
        self.by_id: dict[str, Thread] = {}
        self.by_key: dict[str, Thread] = {}
        self.of_case: dict[str, Thread] = {}
        self._customers: dict[str, list[Customer]] = {}
        """Case to its customers, but for threads that are alone."""
        self.quotes: dict[str, dict[str, None]] = {}
        """Id to the posts that repeat the post of that id with words of their own."""
        self.todo: dict[str, Instant] = {}
        """Posts to look at again, and cases to join others into; since when, in the order in which that came up."""
        self._at = Instant(0)
        self._snapshots = 0
        self._snapshot: Callable[[], Snapshot | None] = _no_snapshot
        """The one under way."""

    def __len__(self) -> int:
        """How many entries it has, for whoever wants to see it shrink."""
        indexes: tuple[Mapping[str, object], ...] = (self.by_key, self.of_case, self.quotes, self.todo)
        return sum(map(len, self.by_id.values())) + sum(map(len, indexes))

    def find(self, key: str) -> Post | None:
        """The post that is called so."""
        thread = self.by_key.get(key)
        return None if thread is None else thread.find(key)

    def customers_of(self, case_id: str) -> Sequence[Customer]:
        """The customers of a case."""
        thread = self.of_case.get(case_id)
        if thread is not None:
            self._open(thread)
        return self._customers.get(case_id, ())

    def next_todo(self) -> Instant | None:
        """Since when something is to be looked at again."""
        return next(iter(self.todo.values()), None)

    # What facts make of it; each returns the thread it is about.

    def thread_fact(self, event: events.ThreadFact) -> Thread | None:
        """What a fact about a thread makes of it."""
        thread: Thread | None
        match event:
            case events.PostThreaded():
                return self._threaded(event)
            case events.PostAliased():
                thread = self._tied(event.thread_id, event.joined_thread_ids, event.alias_ids, event.at)
                post = thread.posts.get(event.post_id)
                if post is not None:
                    thread.name(post, event.alias_ids, self._look(event.at))
                    self._quoted(thread.posts[event.post_id], event.at)
                return thread
            case events.PostAddressed():
                thread = self.by_id.get(event.thread_id)
                if thread is not None:
                    self._keep(thread)
                    thread.address(event.post_id, event.desk, self._look(event.at))
                    self._quoted(thread.posts.get(event.post_id), event.at)
                return thread
            case events.PostUnthreaded():
                thread = self.by_id.get(event.thread_id)
                if thread is not None:
                    self._keep(thread)
                    thread.withdraw(event.post_id, self._look(event.at))
                return thread
            case events.ThreadReviewed():
                for key in event.ids:
                    self.todo.pop(key, None)
                return None
            case events.ThreadRecalled():
                return self._recalled(event)

    def begun(self, event: events.CaseBegun) -> None:
        """A post has a place in a thread, and opened a case there."""
        told, part = event.post, Part(event.case_id, event.post.identity_id, PostRole.CONTACT)
        if told.thread_id not in self.by_id:
            post = post_of(told, (part,))
            if is_alone(post, told.thread_keys):
                self._stand(told.thread_id, post)
                if self.quotes:
                    self._quoted(post, event.at)
                return
        thread = self._hung(told, part)
        self._hang(thread, thread.customer(told.desk, told.identity_id), event.case_id)

    def placed(self, event: events.PostPlaced) -> None:
        """A post has a place in a thread, and is part of a case there."""
        self._hung(event.post, Part(event.case_id, event.customer_id, event.role, event.answers_published_at))

    def opened(self, case_id: str, thread_id: str, desk: str, identity_id: str) -> None:
        """A thread has a case."""
        thread = self.by_id.get(thread_id)
        if thread is not None and case_id not in self.of_case:
            self._keep(thread)
            self._hang(thread, thread.customer(desk, identity_id), case_id)

    def attached(self, event: events.PostAttached) -> None:
        """A post became part of a case."""
        thread, customers = self.of_case.get(event.case_id), self.customers_of(event.case_id)
        if thread is not None and customers:
            self._keep(thread)
            part = Part(event.case_id, event.customer_id, event.role, event.answers_published_at)
            thread.take(part, event.post_id, customers[0].desk, self._look(event.at))

    def detached(self, event: events.PostDetached) -> None:
        """A post is no part of a case any more."""
        thread, customers = self.of_case.get(event.case_id), self.customers_of(event.case_id)
        if thread is not None and customers:
            self._keep(thread)
            thread.drop(event.case_id, event.post_id, customers[0].desk, self._look(event.at))

    def joined(self, event: events.CasesJoined) -> None:
        """What hung on one case hangs on another, when a link showed it; somebody's join moves nothing."""
        if event.actor:
            return
        thread, ended = self.of_case.get(event.case_id), self.customers_of(event.joined_case_id)
        self._customers.pop(event.joined_case_id, None)
        if thread is None or event.case_id == event.joined_case_id:
            return
        self._keep(thread)
        thread.joined[event.joined_case_id] = event.case_id
        self.of_case[event.joined_case_id] = thread
        customers = self._customers.setdefault(event.case_id, [])
        for customer in ended:
            if event.joined_case_id in customer.case_ids:
                customer.case_ids.remove(event.joined_case_id)
            if event.case_id not in customer.case_ids:
                customer.case_ids.append(event.case_id)
            if customer not in customers:
                customers.append(customer)
        self.todo.pop(event.joined_case_id, None)

    def forget(self, thread_id: str) -> Iterator[str]:
        """A thread leaves memory; its cases."""
        thread = self.by_id.pop(thread_id)
        for key in thread.keys:
            if self.by_key.get(key) is thread:
                del self.by_key[key]
        for post in thread.posts.values():
            if post.is_repost and post.parent in self.quotes:
                self.quotes[post.parent].pop(post.post_id, None)
                if not self.quotes[post.parent]:
                    del self.quotes[post.parent]
        for case_id in thread.joined:
            self.of_case.pop(case_id, None)
            yield case_id
        for desk in thread.desks.values():
            for customer in desk.customers.values():
                for case_id in customer.case_ids:
                    self._customers.pop(case_id, None)
                    if self.of_case.pop(case_id, None) is not None:
                        yield case_id

    # Snapshots.

    def kept(self) -> Iterable[Kept]:
        """The threads as a snapshot keeps them, as they are now. Of two at the same time the second is made at once."""
        threads = list(self.by_id.values())
        if self._snapshot() is not None:
            return [_kept(thread) for thread in threads]
        self._snapshots += 1
        snapshot = Snapshot(self._snapshots, threads)
        self._snapshot = ref(snapshot)
        return snapshot

    def _keep(self, thread: Thread) -> None:
        """A thread is about to change: a snapshot that has not come to it yet keeps it as it is."""
        self._open(thread)
        if thread.snapshot != self._snapshots:
            thread.snapshot = self._snapshots
            snapshot = self._snapshot()
            if snapshot is not None:
                snapshot.before[id(thread)] = _kept(thread)

    def restore(self, kept: Kept) -> None:
        """A thread of a snapshot, or a part of one."""
        alone = _alone(kept)
        if alone is not None and kept.thread_id not in self.by_id:
            self._stand(kept.thread_id, alone)
            return
        thread = self._tied(kept.thread_id, (), kept.keys, Instant(0))
        thread.is_partial |= kept.is_partial
        thread.joined.update(kept.joined)
        self.of_case.update(dict.fromkeys(thread.joined, thread))
        for post in kept.posts:
            self._add(thread, post, nobody)
        for desk, identity_id, case_ids in kept.cases:
            for case_id in case_ids:
                self._hang(thread, thread.customer(desk, identity_id), case_id)

    # Parts of the above.

    def _stand(self, thread_id: str, post: Post) -> None:
        """A thread is there that is one post and the case it opened."""
        thread = self.by_id[thread_id] = Thread(thread_id, post)
        thread.snapshot = self._snapshots
        self.by_key[post.post_id] = self.of_case[post.sights[0].parts[0].case_id] = thread
        self._repeats(post)

    def _open(self, thread: Thread) -> None:
        """A thread is not alone any more, or somebody wants to know of it what only others have."""
        post = thread.alone
        if post is not None:
            (sight,) = post.sights
            self._customers[sight.parts[0].case_id] = [thread.customer(sight.desk, post.identity_id)]
            thread.alone = None

    def _look(self, at: Instant) -> Look:
        """Puts on the list what a fact of that time makes different."""
        self._at = at
        return self._put

    def _put(self, ids: Iterable[str]) -> None:
        for key in sorted(ids):
            self.todo.setdefault(key, self._at)

    def _threaded(self, event: events.PostThreaded, parts: tuple[Part, ...] = ()) -> Thread:
        thread = self._tied(event.thread_id, event.joined_thread_ids, event.thread_keys, event.at)
        known, look = thread.posts.get(event.post_id), self._look(event.at)
        if known is None:
            self._add(thread, post_of(event, parts), look)
        elif known.sight(event.desk) is None:
            thread.see(event.post_id, sight_of(event, parts), look)
        if self.quotes:
            post = thread.posts[event.post_id]
            if post.is_ours or event.is_addressed:
                self._quoted(post, event.at)
        return thread

    def _hung(self, event: events.PostThreaded, part: Part) -> Thread:
        """A post that is part of a case from the start: what was said to it may hang there as well."""
        thread = self._threaded(event, (part,))
        if thread.children:
            self._look(event.at)(thread.remarks_on(thread.posts[event.post_id], event.desk))
        return thread

    def _add(self, thread: Thread, post: Post, look: Look) -> None:
        thread.add(post, look)
        self._repeats(post)

    def _repeats(self, post: Post) -> None:
        if post.is_repost:
            self.quotes.setdefault(post.parent, {})[post.post_id] = None

    def _quoted(self, post: Post | None, at: Instant) -> None:
        """Whoever repeats what speaks to us, or what we wrote, with words of their own speaks to us."""
        for key in () if post is None else post.ids:
            self._look(at)(self.quotes.get(key, ()))

    def _tied(self, thread_id: str, joined: Iterable[str], keys: Iterable[str], at: Instant) -> Thread:
        """The thread, one with those that are parts of it now; the smaller one moves."""
        thread = self.by_id.get(thread_id)
        if thread is None:
            thread = self.by_id[thread_id] = Thread(thread_id)
            thread.snapshot = self._snapshots
        else:
            self._keep(thread)
        for other_id in joined:
            other = self.by_id.pop(other_id, None)
            if other is None or other is thread:
                continue
            self._keep(other)
            if len(other) > len(thread):
                thread, other = other, thread
            self.by_key.update(dict.fromkeys(other.keys, thread))
            self.of_case.update(dict.fromkeys(other.joined, thread))
            for desk in other.desks.values():
                for customer in desk.customers.values():
                    self.of_case.update(dict.fromkeys(customer.case_ids, thread))
            theirs = [(name, c.identity_id) for name, desk in other.desks.items() for c in desk.customers.values()]
            thread.absorb(other, self._look(at))
            self._same_customers(thread, theirs, at)
        thread.thread_id = thread_id
        self.by_id[thread_id] = thread
        for key in keys:
            thread.keys[key] = None
            self.by_key[key] = thread
        return thread

    def _same_customers(self, thread: Thread, met: Iterable[tuple[str, str]], at: Instant) -> None:
        """After two threads became one: who had a case in each is one customer with two."""
        for desk, identity_id in met:
            customer = thread.customer(desk, identity_id)
            for case_id in customer.case_ids:
                customers = self._customers.setdefault(case_id, [])
                customers[:] = [one for one in customers if one.identity_id != identity_id] + [customer]
            if len(customer.case_ids) > 1:
                self._look(at)(customer.case_ids[:1])

    def _hang(self, thread: Thread, customer: Customer, case_id: str) -> None:
        if case_id not in customer.case_ids:
            customer.case_ids.append(case_id)
        self.of_case[case_id] = thread
        customers = self._customers.setdefault(case_id, [])
        if customer not in customers:
            customers.append(customer)

    def _recalled(self, event: events.ThreadRecalled) -> Thread:
        """Everything as it was left: nothing is to be looked at."""
        thread = self._tied(event.thread_id, (), event.thread_keys, event.at)
        thread.is_partial |= event.is_partial
        for recalled in event.posts:
            told = recalled.threaded
            parts = tuple(Part(r.case_id, r.customer_id, r.role, r.answers_published_at) for r in recalled.roles)
            sight, known = replace(sight_of(told), parts=parts), thread.posts.get(told.post_id)
            if known is None:
                post = replace(post_of(told), is_withdrawn=recalled.is_withdrawn, sights=(sight,))
                self._add(thread, post, nobody)
            elif known.sight(told.desk) is None:
                thread.see(told.post_id, sight, nobody)
        return thread


def _no_snapshot() -> None:
    """None is under way."""


def _alone(kept: Kept) -> Post | None:
    """The post of a thread that is one post and the case it opened, None for any other."""
    if len(kept.posts) != 1 or len(kept.cases) != 1 or kept.joined or kept.is_partial:
        return None
    (post,), ((desk, identity_id, case_ids),) = kept.posts, kept.cases
    if len(case_ids) != 1 or post.identity_id != identity_id or not is_alone(post, kept.keys):
        return None
    parts = (Part(case_ids[0], identity_id, PostRole.CONTACT),)
    return post if [(one.desk, one.parts) for one in post.sights] == [(desk, parts)] else None


def _kept(thread: Thread) -> Kept:
    post = thread.alone
    if post is not None:
        (sight,) = post.sights
        case = sight.desk, post.identity_id, (sight.parts[0].case_id,)
        return Kept(thread.thread_id, (post.post_id,), (post,), (), (case,), False)
    cases = [
        (name, customer.identity_id, tuple(customer.case_ids))
        for name, desk in thread.desks.items()
        for customer in desk.customers.values()
        if customer.case_ids
    ]
    cases.sort()  # a thread that was loaded met its customers in another order
    joined, posts = tuple(thread.joined.items()), tuple(thread.posts.values())
    return Kept(thread.thread_id, tuple(thread.keys), posts, joined, tuple(cases), thread.is_partial)
