"""What the customers of a case have said and what has answered them, looked up in sorted lists. It decides nothing."""

from bisect import bisect_left
from collections.abc import Callable, Sequence

from chassis.clock import Instant

from routing.cases import Case
from routing.posts import Part, Post
from routing.thread import Customer, counts_from, is_answer

Latest = tuple[str, Instant | None, Instant | None]
"""A customer's latest post, when it was published and until when it can be answered; "" and None for none."""


def contact_after(customers: Sequence[Customer], until: Instant | None, without: str = "") -> Instant | None:
    """Publication of their earliest contact later than that, None for none. What memory lacks was answered."""
    found = []
    for customer in customers:
        contacts = customer.contacts
        start = 0 if until is None else bisect_left(contacts, (Instant(until + 1),))
        found += [contacts[n][0] for n in range(start, min(start + 2, len(contacts))) if contacts[n][1] != without][:1]
    return min(found, default=None)


def latest_contact(customers: Sequence[Customer], find: Callable[[str], Post | None], without: str) -> Latest:
    """Their latest contact but that one."""
    places = [place for customer in customers for place in customer.contacts[-2:] if place[1] != without]
    post = find(max(places)[1]) if places else None
    return ("", None, None) if post is None else (post.post_id, post.published_at, post.window_expires_at)


def answered_without(
    case: Case, customers: Sequence[Customer], post: Post, part: Part
) -> tuple[Instant | None, Instant | None]:
    """(up to when its customers are answered, when they were answered first in this episode) without one answer."""
    if not is_answer(part.role, post.author_kind):
        return case.answered_until, case.answered_at
    counts = counts_from(post, part)
    last = [at for customer in customers for at, post_id in customer.answers[-2:] if post_id != post.post_id]
    until = max([at for at in (case.acted_until, *last) if at is not None], default=None)
    if case.answered_at != counts:
        return until, case.answered_at
    later = []
    for customer in customers:
        start = bisect_left(customer.answers, (counts,))
        later += [at for at, post_id in customer.answers[start : start + 2] if post_id != post.post_id][:1]
    return until, min(later, default=None)
