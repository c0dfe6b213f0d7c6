"""What the facts of a case up to now amount to, in a few fields: how a case of any size takes one more fact.

`episodes` computes contacts from the whole set of facts, and is what is true. `advance` takes a summary of some facts
and the next fact to the summary of both, or says that only the whole set can tell: an answer older than the question, a
reply that names the post of an earlier one. Such facts are rare, and acts of people.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import msgspec
from msgspec.structs import astuple

from kpi.episodes import (
    EVENTS_PER_COMMIT,
    Acts,
    Began,
    Done,
    Episode,
    Fact,
    Gone,
    Posted,
    Queued,
    Reopened,
    Sent,
    Settled,
    Took,
    Withdrew,
    Wrote,
    answer_of,
    concluded,
    earlier,
    is_human,
    order,
    phases,
    sooner,
    standing,
)


class Running(NamedTuple):
    """A summary of facts in log order; equal sets, equal summaries."""

    ref: int = 0
    """The last fact."""
    number: int = 1
    """The episode that is under way."""
    start: Wrote | None = None
    took: Done | None = None
    any: Done | None = None
    human: Done | None = None
    resolved: Done | None = None
    withdrawn: Done | None = None
    settled_at: int | None = None
    """Since when the episode is settled."""
    early: bool = False
    """Whether the episode has an answer that its clock put before its start, counted or not, or no start yet and an
    answer: another start would make it another answer.
    """
    answered: bool = False
    """Whether any episode has a post or a reply of the brand."""
    named: bool = False
    """Whether any reply named its post."""
    later: Wrote | None = None
    """The first of the posts that were written after the episode was settled."""
    older: Wrote | None = None
    """The first of those that came after it was settled, and were written before."""
    newest: Wrote | None = None
    """The first of all that came since, within the last commit that brought one."""
    rest: Wrote | None = None
    """The first of those within the commits before."""
    queued: Queued | None = None


def running_of(facts: Sequence[Fact]) -> Running:
    """The summary of a set of facts, by looking at all of them."""
    last_ref = facts[-1].ref if facts else 0
    facts = standing(facts)
    _, number, current, waiting, settled_at = phases(facts)
    running = Running(last_ref, number, settled_at=settled_at)
    start = _first(*(fact for fact in current if type(fact) is Wrote))
    senders = {fact.post: fact for fact in facts if type(fact) is Sent and fact.post}
    first_ref = min((fact.ref for fact in current if type(fact) is Wrote), default=0)
    for fact in current:
        if isinstance(fact, Posted | Sent):
            done = None if start is None else answer_of(fact, start.at, first_ref, senders)
            if start is None or done is None:
                running = running._replace(early=True)
            else:
                running = _with_answer(running, done, is_human(fact, senders), fact.at < start.at)
    for fact in current:
        running = _act(running, fact)
    last = waiting[-1].ref // EVENTS_PER_COMMIT if waiting else 0
    return running._replace(
        start=start,
        answered=any(type(fact) in (Posted, Sent) for fact in facts),
        named=bool(senders),
        later=_first(*(post for post in waiting if _is_later(post, settled_at))),
        older=_first(*(post for post in waiting if not _is_later(post, settled_at))),
        newest=_first(*(post for post in waiting if post.ref // EVENTS_PER_COMMIT == last)),
        rest=_first(*(post for post in waiting if post.ref // EVENTS_PER_COMMIT != last)),
    )


def advance(running: Running, fact: Fact) -> tuple[Running, Episode | None] | None:
    """The summary with one more fact, and the episode it concluded; None when only the whole set can tell.

    A fact that the summary includes already changes nothing.
    """
    if fact.ref <= running.ref:
        return running, None
    running = running._replace(ref=fact.ref)
    match fact:
        case Began():
            after = _wrote(running, fact.wrote)
            after = None if after is None else _act(after, fact.promise)
        case Wrote():
            after = _wrote(running, fact)
        case Posted() | Sent():
            after = _answered(running, fact)
        case Gone():
            after = None  # only who has all answers knows the next one
        case Reopened() if not fact.origin and running.withdrawn is not None:
            after = None  # it goes on as if nothing had been taken back
        case Reopened() if not fact.origin:
            return _reopened(running, fact)
        case Settled() | Withdrew() if not fact.origin and running.newest is not None:
            after = None  # what waits is measured against another moment now
        case Settled() | Withdrew() if not fact.origin:
            after = _act(running, fact)._replace(settled_at=fact.at)
        case _:
            after = _act(running, fact)
    return None if after is None else (after, None)


def tells(running: Running) -> bool:
    """Whether `contact_of` is right: not while a post that waits is older than an answer that did not count."""
    return not running.early or _first(running.start, running.later, running.older) is running.start


def contact_of(running: Running) -> Episode | None:
    """The episode under way, where the summary `tells`; None when no customer wrote in it."""
    start = _first(running.start, running.later, running.older)
    return None if start is None else _episode(running, start, None)


def dump_running(running: Running) -> str:
    """As JSON: equal summaries, equal text."""
    return msgspec.json.encode(
        [astuple(value) if isinstance(value, Wrote | Queued) else value for value in running]
    ).decode()


def load_running(text: str) -> Running:
    """The summary of `dump_running`."""
    return Running._make(map(_loaded, Running._fields, msgspec.json.decode(text)))


_PARTS: Mapping[str, type[Any]] = {
    **dict.fromkeys(("start", "later", "older", "newest", "rest"), Wrote),
    **dict.fromkeys(("took", "any", "human", "resolved", "withdrawn"), Done),
    "queued": Queued,
}


def _loaded(name: str, value: Any) -> Any:
    return value if value is None or name not in _PARTS else _PARTS[name](*value)


def _first(*posts: Wrote | None) -> Wrote | None:
    return min((post for post in posts if post is not None), key=order, default=None)


def _is_later(post: Wrote, settled_at: int | None) -> bool:
    return settled_at is None or post.at > settled_at


def _act(running: Running, fact: Fact) -> Running:
    match fact:
        case Took():
            return running._replace(took=earlier(running.took, Done(fact.at, fact.agent, fact.ref)))
        case Settled() if not fact.origin:
            return running._replace(resolved=Done(fact.at, fact.agent, fact.ref))
        case Withdrew() if not fact.origin:
            return running._replace(withdrawn=earlier(running.withdrawn, Done(fact.at, "", fact.ref)))
        case Queued():
            return running._replace(queued=sooner(running.queued, fact))
        case _:
            return running


def _wrote(running: Running, post: Wrote) -> Running | None:
    if running.settled_at is not None:
        if _is_later(post, running.settled_at):
            running = running._replace(later=_first(running.later, post))
        else:
            running = running._replace(older=_first(running.older, post))
        newest = running.newest
        if newest is not None and newest.ref // EVENTS_PER_COMMIT == post.ref // EVENTS_PER_COMMIT:
            return running._replace(newest=_first(newest, post))
        return running._replace(newest=post, rest=_first(running.rest, newest))
    return _started(running, post)


def _started(running: Running, post: Wrote | None) -> Running | None:
    """With a post of the episode that may be its start."""
    if post is None or (running.start is not None and order(running.start) <= order(post)):
        return running
    return None if running.early else running._replace(start=post)


def _answered(running: Running, fact: Posted | Sent) -> Running | None:
    names = type(fact) is Sent and bool(fact.post)
    if names and running.answered:
        return None  # it may be the sender of a post that is there, in whichever episode
    before, running = running, running._replace(answered=True, named=running.named or names)
    start = running.start
    done = None if start is None else answer_of(fact, start.at, start.ref, {})
    if start is None or done is None:
        return running._replace(early=True)
    if type(fact) is Posted and before.named:
        return None  # its sender may be known
    if any(known is not None and done.at <= known.at for known in (running.any, running.human)):
        return None  # it comes before an answer that counted
    return _with_answer(running, done, is_human(fact, {}), fact.at < start.at)


def _with_answer(running: Running, done: Done, human: bool, early: bool) -> Running:
    running = running._replace(any=earlier(running.any, done), early=running.early or early)
    return running._replace(human=earlier(running.human, done)) if human else running


def _reopened(running: Running, fact: Reopened) -> tuple[Running, Episode | None] | None:
    """The episode ends; the posts that reopened it begin the next, the others that waited stay with it."""
    newest = running.newest
    if running.later is not None:
        begin, stays = running.later, running.older
    elif newest is not None and newest.ref // EVENTS_PER_COMMIT == fact.ref // EVENTS_PER_COMMIT:
        begin, stays = newest, running.rest
    else:
        begin, stays = None, running.older
    ended = _started(running, stays)
    if ended is None:
        return None
    return (
        Running(fact.ref, running.number + 1, begin, answered=running.answered, named=running.named),
        None if ended.start is None else _episode(ended, ended.start, fact.at),
    )


def _episode(running: Running, start: Wrote, reopened_at: int | None) -> Episode:
    acts = Acts(running.took, running.any, running.human, running.resolved, running.withdrawn, running.queued)
    return concluded(running.number, start, acts, reopened_at)
