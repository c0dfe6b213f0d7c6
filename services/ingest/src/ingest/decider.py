"""Which posts we have: exact deduplication for ever, on the messages themselves. No IO, no clock, no key.

A post is known by its id, its latest revision, the platform's number of that revision, the digests of every content
seen, and whether it was withdrawn. Given that, a delivery says something new or it does not:

| known as          | news                                                        | fact                        |
| ----------------- | ----------------------------------------------------------- | --------------------------- |
| nothing           | content                                                     | PostReceived                |
| a post            | content with a higher number of the platform                | PostEdited                  |
| a post            | content with the same number and a digest not seen before   | PostEdited                  |
| a post            | any other content                                           | none: a duplicate           |
| anything          | withdrawal, the first one                                   | PostWithdrawn               |
| withdrawn         | content, or another withdrawal                              | none: it stays withdrawn    |

Deciding twice is harmless, and the set of posts does not depend on the order in which deliveries arrive.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from chassis.clock import Instant, from_timestamp
from switchboard.ingest.v1 import events_pb2, internal_pb2, post_pb2, service_pb2

from ingest.events import PostEvent

Record = internal_pb2.RecordPostsRequest
Recorded = internal_pb2.RecordPostsResponse


class Known(NamedTuple):
    """What must be known of a post to recognise news about it. `revision` is 0 for one withdrawn before it came."""

    revision: int
    platform_revision: int
    withdrawn: bool
    digests: tuple[bytes, ...]


_UNSEEN = Known(0, 0, False, ())


@dataclass(slots=True)
class Posts:
    """The posts and quarantined deliveries a shard has in memory; the rest says what may be forgotten when."""

    known: dict[str, Known] = field(default_factory=dict)
    quarantined: dict[str, bool] = field(default_factory=dict)
    fresh: set[str] = field(default_factory=set)
    """Ids changed by commits whose position is not yet noted."""
    recent: deque[tuple[int, tuple[str, ...]]] = field(default_factory=deque)
    """(position of the commit, ids it changed), oldest first."""
    changed_at: dict[str, int] = field(default_factory=dict)
    """Position of the last commit that changed an id of `recent`."""
    borrowed: set[str] = field(default_factory=set)
    """Ids read from the view for the batch in hand."""
    view_position: int = 0
    """Up to where the view was seen to have followed the log."""


def decide(command: Record, posts: Posts) -> list[PostEvent]:
    """The facts of one command, candidates in order; a candidate sees what those before it decided."""
    events: list[PostEvent] = []
    known = posts.known
    own: dict[str, Known] = {}
    lodged: dict[str, bool] = {}
    for candidate in command.candidates:
        news = candidate.WhichOneof("news")
        if news == "observed":
            post = candidate.observed.post
            post_id = post.post_id
            before = own.get(post_id) or known.get(post_id)
            if before is None:
                events.append(post)
                own[post_id] = Known(1, post.platform_revision, False, (post.content_digest,))
            elif _is_edit(post, before):
                edit = _edit(candidate.observed, before)
                events.append(edit)
                own[post_id] = _edited(edit, before)
        elif news == "withdrawn":
            gone = candidate.withdrawn
            before = own.get(gone.post_id) or known.get(gone.post_id)
            if before is None or not before.withdrawn:
                events.append(gone)
                own[gone.post_id] = _withdrawn(before)
        elif news == "unreadable":
            delivery = candidate.unreadable.delivery
            if not lodged.get(delivery.delivery_id, posts.quarantined.get(delivery.delivery_id, False)):
                events.append(delivery)
                lodged[delivery.delivery_id] = True
        elif news == "requeued":
            requeued = candidate.requeued
            if lodged.get(requeued.delivery_id, posts.quarantined.get(requeued.delivery_id, False)):
                events.append(requeued)
                lodged[requeued.delivery_id] = False
    return events


def _is_edit(post: events_pb2.PostReceived, before: Known) -> bool:
    if before.withdrawn or post.platform_revision < before.platform_revision:
        return False
    return post.platform_revision > before.platform_revision or post.content_digest not in before.digests


def _edit(observed: internal_pb2.Observed, before: Known) -> events_pb2.PostEdited:
    post = observed.post
    return events_pb2.PostEdited(
        post_id=post.post_id,
        revision=before.revision + 1,
        identity_id=post.identity_id,
        language=post.language,
        text_length=post.text_length,
        edited_at=observed.edited_at if observed.HasField("edited_at") else post.received_at,
        received_at=post.received_at,
        platform_revision=post.platform_revision,
        content_digest=post.content_digest,
        personal=post.personal,
        source_id=post.source_id,
    )


def _received(post: events_pb2.PostReceived, before: Known | None) -> Known:
    seen = before or _UNSEEN
    return Known(1, post.platform_revision, seen.withdrawn, (post.content_digest,))


def _edited(edit: events_pb2.PostEdited, before: Known | None) -> Known:
    seen = before or _UNSEEN
    digests = seen.digests if edit.content_digest in seen.digests else (*seen.digests, edit.content_digest)
    return Known(edit.revision, edit.platform_revision, seen.withdrawn, digests)


def _withdrawn(before: Known | None) -> Known:
    return (before or _UNSEEN)._replace(withdrawn=True)


def evolve(posts: Posts, event: PostEvent) -> Posts:
    """Takes a fact into the state, in place: a shard has one owner."""
    match event:
        case events_pb2.PostReceived():
            key = event.post_id
            posts.known[key] = _received(event, posts.known.get(key))
        case events_pb2.PostEdited():
            key = event.post_id
            posts.known[key] = _edited(event, posts.known.get(key))
        case events_pb2.PostWithdrawn():
            key = event.post_id
            posts.known[key] = _withdrawn(posts.known.get(key))
        case events_pb2.DeliveryQuarantined():
            key = event.delivery_id
            posts.quarantined[key] = True
        case events_pb2.DeliveryRequeued():
            key = event.delivery_id
            posts.quarantined[key] = False
    posts.fresh.add(key)
    return posts


def answered(command: Record, posts: Posts, events: Sequence[PostEvent]) -> Recorded:
    """What the caller is told about each candidate, from what was decided and the state it led to.

    Facts stand in the order of their candidates, so one walk over both finds each candidate's fact or that it has none.
    """
    results: list[service_pb2.Result] = []
    revisions: list[int] = []
    ahead = {event.post_id for event in events if isinstance(event, events_pb2.PostWithdrawn)}
    facts = iter(events)
    fact = next(facts, None)
    for candidate in command.candidates:
        result, key, hit = _told(candidate, fact, posts, ahead)
        results.append(result)
        known = posts.known.get(key)
        revisions.append(known.revision if known is not None else 0)
        if hit:
            fact = next(facts, None)
    return internal_pb2.RecordPostsResponse(results=results, revisions=revisions)


def _told(
    candidate: internal_pb2.Candidate, fact: PostEvent | None, posts: Posts, ahead: set[str]
) -> tuple[service_pb2.Result, str, bool]:
    news = candidate.WhichOneof("news")
    if news == "observed":
        post = candidate.observed.post
        key = post.post_id
        match fact:
            case events_pb2.PostReceived() if fact.post_id == key:
                outbound = post.direction == post_pb2.DIRECTION_OUTBOUND
                return service_pb2.RESULT_ECHO if outbound else service_pb2.RESULT_ACCEPTED, key, True
            case events_pb2.PostEdited(
                content_digest=post.content_digest, platform_revision=post.platform_revision
            ) if fact.post_id == key:
                return service_pb2.RESULT_UPDATED, key, True
        gone = key not in ahead and (known := posts.known.get(key)) is not None and known.withdrawn
        return service_pb2.RESULT_WITHDRAWN if gone else service_pb2.RESULT_DUPLICATE, key, False
    if news == "withdrawn":
        key = candidate.withdrawn.post_id
        if isinstance(fact, events_pb2.PostWithdrawn) and fact.post_id == key:
            ahead.discard(key)
            return service_pb2.RESULT_WITHDRAWN, key, True
        return service_pb2.RESULT_DUPLICATE, key, False
    if news == "unreadable":
        key = candidate.unreadable.delivery.delivery_id
        if isinstance(fact, events_pb2.DeliveryQuarantined) and fact.delivery_id == key:
            return service_pb2.RESULT_QUARANTINED, key, True
        return service_pb2.RESULT_DUPLICATE, key, False
    key = candidate.requeued.delivery_id
    hit = isinstance(fact, events_pb2.DeliveryRequeued) and fact.delivery_id == key
    return service_pb2.RESULT_IGNORED, key, hit


def keys_of(command: Record) -> Iterable[str]:
    """The ids a command touches."""
    for candidate in command.candidates:
        match candidate.WhichOneof("news"):
            case "observed":
                yield candidate.observed.post.post_id
            case "withdrawn":
                yield candidate.withdrawn.post_id
            case "unreadable":
                yield candidate.unreadable.delivery.delivery_id
            case "requeued":
                yield candidate.requeued.delivery_id


def unknown_in(posts: Posts, commands: Iterable[Record]) -> list[str]:
    """Ids that commands touch and memory does not hold: the view must be asked."""
    return list(
        dict.fromkeys(
            key
            for command in commands
            for key in keys_of(command)
            if key not in posts.known and key not in posts.quarantined
        )
    )


def forget(posts: Posts, position: int) -> None:
    """After a round: what was only borrowed goes back, and what the view has seen committed needs no memory.

    Nothing is lost by it. Let p be the position of the last commit that changed an id. The id stays in memory until the
    view was seen at p or later. Rows and position of the view commit together, so from then on every read of the view
    finds the id as p left it, until another commit changes it; and that commit's round begins by reading it back
    (`unknown_in`). So what a round sees of an id, in memory or in the view, is always its latest state, and an id found
    in neither was never decided upon.
    """
    for key in posts.borrowed - posts.fresh:
        posts.known.pop(key, None)
        posts.quarantined.pop(key, None)
    posts.borrowed.clear()
    if posts.fresh:
        posts.recent.append((position, tuple(posts.fresh)))
        posts.changed_at.update(dict.fromkeys(posts.fresh, position))
        posts.fresh.clear()
    while posts.recent and posts.recent[0][0] <= posts.view_position:
        at, keys = posts.recent.popleft()
        for key in keys:
            if posts.changed_at[key] == at:
                del posts.changed_at[key]
                posts.known.pop(key, None)
                posts.quarantined.pop(key, None)


def differs(live: Posts, again: Posts) -> str | None:
    """How a live state differs from the refolded one in what memory still holds; None when it does not."""
    wrong = [key for key, known in live.known.items() if again.known.get(key) != known]
    wrong += [key for key, lodged in live.quarantined.items() if again.quarantined.get(key) != lodged]
    return f"{len(wrong)} ids differ, the first is {min(wrong)}" if wrong else None


def occurred_at(event: PostEvent) -> Instant:
    """When it happened in the world, as far as the platform said."""
    match event:
        case events_pb2.PostReceived():
            return from_timestamp(event.published_at)
        case events_pb2.PostEdited():
            return from_timestamp(event.edited_at)
        case events_pb2.PostWithdrawn():
            return from_timestamp(event.withdrawn_at)
        case events_pb2.DeliveryQuarantined():
            return from_timestamp(event.received_at)
        case events_pb2.DeliveryRequeued():
            return from_timestamp(event.at)
