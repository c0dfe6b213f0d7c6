"""What a post is to cases: the rule itself, as a function of the threads it is in. Pure; it decides no fact.

Whoever speaks to us is a customer with a case of their own, and what they say from then on is their turn. A post of
ours answers whoever wrote its nearest ancestor; without one the customers it names; else the only one who had spoken to
us by then; else nobody. What others say hangs, to be read, on the case of what they said it to.
"""

from collections.abc import Iterable, Sequence
from heapq import merge
from typing import NamedTuple

from chassis.clock import Instant

from routing.posts import Part, Post, Sight
from routing.terms import PostRole
from routing.thread import CLIMB_MAX, Customer, Thread, only


class Wanted(NamedTuple):
    """What a post is to be to the case of a customer."""

    customer_id: str
    role: PostRole
    answers_published_at: Instant | None = None


class Together:
    """Threads as if they were one, because the post in hand ties them together."""

    def __init__(self, threads: Sequence[Thread], post_id: str = "") -> None:
        """`post_id` names the thread where there is none yet."""
        self.threads = threads
        self.thread_id = threads[0].thread_id if threads else post_id
        """The thread that goes on: the largest, so that little moves."""
        self.joined_thread_ids: tuple[str, ...] = ()
        """Those that become parts of it."""
        if len(threads) > 1:
            ordered = sorted(threads, key=lambda thread: (-len(thread.posts), thread.thread_id))
            self.thread_id, *others = dict.fromkeys(thread.thread_id for thread in ordered)
            self.joined_thread_ids = tuple(others)

    def find(self, key: str) -> Post | None:
        """The post that is called so."""
        for thread in self.threads:
            post = thread.find(key)
            if post is not None:
                return post
        return None

    def customers(self, desk: str, identity_id: str) -> list[Customer]:
        """What an author is to a desk, in each of the threads where they are anything."""
        found = []
        for thread in self.threads:
            customers = thread.desks.get(desk)
            customer = None if customers is None else customers.customers.get(identity_id)
            if customer is not None:
                found.append(customer)
        return found

    def case_ids(self, desk: str, identity_id: str) -> list[str]:
        """An author's cases with a desk."""
        if not self.threads:
            return []
        return [case_id for customer in self.customers(desk, identity_id) for case_id in customer.case_ids]

    def case_of(self, part: Part) -> str:
        """The case a part is of by now."""
        case_id = part.case_id
        for thread in self.threads:
            if case_id in thread.joined:
                return thread.case_of(part)
        return case_id

    def question_of(self, post: Post) -> Post | None:
        """The nearest post of a customer that a post of ours answers."""
        parent = self.find(post.parent) if post.parent and not post.is_repost else None
        if parent is None or parent.by_customer:
            return parent
        for thread in self.threads:
            if parent.post_id in thread.posts:
                return thread.question_of(parent.post_id)
        return None

    def called(self, desk: str, names: Iterable[str]) -> list[str]:
        """Customers with a case whom these mentions mean."""
        found: dict[str, None] = {}
        for name in names:
            for thread in self.threads:
                theirs = thread.desks.get(desk)
                for identity_id in () if theirs is None else theirs.called(name):
                    if any(customer.has_case for customer in self.customers(desk, identity_id)):
                        found[identity_id] = None
        return sorted(found)

    def only_customer(self, desk: str, at: Instant) -> str:
        """Who alone had spoken to us by then, "" for nobody or several."""
        first: dict[str, Instant] = {}
        known = (thread.desks[desk].firsts[:2] for thread in self.threads if desk in thread.desks)
        for spoke_at, identity_id in merge(*known):
            first.setdefault(identity_id, spoke_at)
        return only([(spoke_at, identity_id) for identity_id, spoke_at in first.items()], at)


def is_addressed(post: Post, desk: str, parent: Post | None) -> bool:
    """Whether what a post answers, or repeats with words of its own, makes it speak to the desk."""
    sight = None if parent is None else parent.sight(desk)
    if parent is None or sight is None:
        return False
    return parent.is_ours or (post.is_repost and sight.is_addressed)


def wanted(together: Together, post: Post, sight: Sight) -> list[Wanted]:
    """What a post is to be to the cases of a desk, by customer."""
    if post.is_withdrawn:
        return []
    if post.by_customer:
        return _said(together, post, sight)
    if not post.is_ours:
        return []
    question = together.question_of(post)
    if question is not None:
        return [Wanted(question.identity_id, PostRole.ANSWER, question.published_at)]
    named = together.called(sight.desk, post.mentioned_ids)
    alone = "" if named else together.only_customer(sight.desk, post.published_at)
    return [Wanted(identity_id, PostRole.ANSWER) for identity_id in (named or ([alone] if alone else []))]


def _said(together: Together, post: Post, sight: Sight) -> list[Wanted]:
    if sight.is_addressed:
        return [Wanted(post.identity_id, PostRole.CONTACT)]
    known = together.customers(sight.desk, post.identity_id)
    first = min((customer.first for customer in known if customer.first is not None), default=None)
    if first is not None and post.published_at >= first:
        return [Wanted(post.identity_id, PostRole.CONTACT)]
    if any(customer.has_case for customer in known):
        return [Wanted(post.identity_id, PostRole.CONTEXT)]
    above = _hangs_on(together, post, sight.desk)
    return [] if above is None else [Wanted(above.customer_id, PostRole.CONTEXT)]


def _hangs_on(together: Together, post: Post, desk: str) -> Part | None:
    """The part of the nearest ancestor that has one; of several the one for the least customer."""
    for _ in range(CLIMB_MAX):
        above = together.find(post.parent) if post.parent and not post.is_repost else None
        if above is None:
            return None
        sight = above.sight(desk)
        if sight is not None and sight.parts:
            return min(sight.parts, key=lambda part: part.customer_id)
        if above.by_customer and sight is not None and not above.is_withdrawn:
            return None  # it would hang where this one does
        post = above
    return None
