"""Which posts we have: exact deduplication for ever, on the messages themselves. No IO, no clock, no key.

A post is known by its id, its author, its latest revision, the platform's number of that revision, the digests of every
content seen, how much of a cut text we have, whether it was withdrawn, whether it is ours, and the desks that were
brought it. Given that, a delivery says something new or it does not:

| known as          | it says                                                     | fact                        |
| ----------------- | ----------------------------------------------------------- | --------------------------- |
| nothing           | content                                                     | PostReceived                |
| a post            | content with a higher number of the platform                | PostEdited                  |
| the beginning     | content with the same number, whole or at least longer      | PostCompleted               |
| a whole text      | the same number of a platform that numbers edits, and more  | PostCompleted               |
| a whole text      | whole content, the same number, a digest not seen before    | PostEdited                  |
| a post            | any other content                                           | none: a duplicate           |
| a post            | content of another author                                   | none: refused, quarantined  |
| anything          | withdrawal, the first one                                   | PostWithdrawn               |
| nothing           | content from before its author was gone                     | none: it is gone            |
| a post's place    | that it was taken back, or content of this version without  | PostLocationRemoved         |
| a place taken back| content with it, of an author who took theirs back          | … and PostLocationRemoved   |
| withdrawn         | content, or another withdrawal                              | none: it stays withdrawn    |
| anything          | that its id is another post's version, the first time       | PostAliased                 |
| a version's id    | content, withdrawal                                         | those of the post it means  |

Beside that, content of a post of somebody else that a desk has not been brought before, or that is addressed to a desk
it was not addressed to, is PostSighted. One of ours is no news to a further desk.

Deciding twice is harmless, and the set of posts does not depend on the order in which deliveries arrive. Who wrote a
post is said by its first delivery and by none after it: an id that comes with another author is somebody's mistake, a
rounded number most often, and nobody's words become a version of somebody else's.

Where every version has an id of its own, the post is named by the first one, and the others' ids are in shards of their
own: they know which post they mean, and whoever says something of them is told to say it there.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import msgspec
from chassis.clock import FIRST, Instant
from switchboard.ingest.v1 import events_pb2, events_structs, post_pb2

from ingest.events import Location, PostEvent, PostReceived, decode_received

Announcement = (
    events_structs.PostWithdrawn
    | events_structs.AuthorWithdrawn
    | events_structs.AuthorLocationRemoved
    | events_structs.PostAliased
    | events_structs.PostLocationRemoved
    | events_structs.DeliveryQuarantined
    | events_structs.DeliveryRequeued
)
"""What is short enough to be a message until it is stored."""
_FOUNDING = (PostReceived, events_structs.DeliveryQuarantined, events_structs.DeliveryRequeued)
"""Facts that say all there is to know of what they are about, whatever was before."""
Candidate = PostReceived | Announcement
"""What a delivery says, as the fact it is if nothing like it is known."""
Candidates = Sequence[Candidate]
"""What one caller has to say, in order."""


class Known(msgspec.Struct, frozen=True, gc=False):
    """What must be known of a post to recognise news about it.

    `revision` is 0 for one withdrawn before it came, and for an id that never was but a version of another post.
    """

    revision: int
    platform_revision: int
    withdrawn: bool
    digests: tuple[bytes, ...]
    """Of every content it had, the present one last."""
    author: str
    """Identity of the author, empty for a post that was withdrawn before it came."""
    is_ours: bool = False
    desks: tuple[str, ...] = ()
    """Those that were brought it, the first one first."""
    addressed_desks: tuple[str, ...] = ()
    """Those of them it speaks to."""
    cut_length: int = 0
    """Length of its text where the platform cut it, 0 where we have the whole."""
    alias_of: str = ""
    """The post that this id means, empty when it is one itself; `platform_revision` is then which version of it."""
    has_location: bool = False
    extent: int = 0
    """How much of its version we have, 0 where the platform does not number every edit."""
    of_post_from: int = 0
    """When the post that this id means was published; 0 where content came under the id itself."""


_UNSEEN = Known(0, 0, False, (), "")


class Left(NamedTuple):
    """What an author took back of all they published until then; FIRST for nothing."""

    gone_at: Instant
    """The posts."""
    unplaced_until: Instant
    """Where they were written."""


_NOTHING = Left(FIRST, FIRST)


@dataclass(slots=True)
class Posts:
    """The posts and quarantined deliveries a shard has in memory; the rest says what may be forgotten when."""

    known: dict[str, Known] = field(default_factory=dict)
    quarantined: dict[str, bool] = field(default_factory=dict)
    gone_authors: dict[str, Left] = field(default_factory=dict)
    """Authors who took all back until some time; what they published later may be received."""
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
    unfounded: dict[str, list[PostEvent]] = field(default_factory=dict)
    """Facts about ids that nothing in memory founds, in their order: after a restart the view has what was before. See
    `memory.borrow`."""


def decide(command: Candidates, posts: Posts) -> list[PostEvent]:
    """The facts of one command, candidates in order; a candidate sees what those before it decided."""
    events: list[PostEvent] = []
    known = posts.known
    own: dict[str, Known | PostReceived] = {}
    in_quarantine: dict[str, bool] = {}
    left: dict[str, Left] = {}
    for candidate in command:
        match candidate:
            case PostReceived(post_id=post_id, identity_id=author):
                before = _before(own, known, post_id)
                took = left.get(author, posts.gone_authors.get(author, _NOTHING))
                if before is None and candidate.published_at <= took.gone_at:
                    continue
                is_unplaced = candidate.published_at <= took.unplaced_until
                if before is None:
                    events.append(candidate)
                    own[post_id] = candidate
                    if is_unplaced and candidate.location == Location.TOLD:
                        events.append(_removal(candidate))
                        own[post_id] = _unplaced(_received(candidate, None))
                elif not before.alias_of and not _is_anothers(candidate, before):
                    if news := _news(candidate, before):
                        events.append(news)
                        own[post_id] = before = _edited(news, before)
                        if is_unplaced and before.has_location:
                            events.append(_removal(candidate))
                            own[post_id] = before = _unplaced(before)
                    elif _takes_location_back(candidate, before):
                        events.append(_removal(candidate))
                        own[post_id] = before = _unplaced(before)
                    if _is_sighting(candidate, before):
                        sighting = _sighting(candidate, before)
                        events.append(sighting)
                        own[post_id] = _sighted(sighting, before)
            case events_structs.PostWithdrawn(post_id=post_id):
                before = _before(own, known, post_id)
                if is_superseding(candidate):
                    is_news = before is not None and holds_version(before)
                else:
                    is_news = before is None or not before.withdrawn
                if is_news:
                    events.append(candidate)
                    own[post_id] = _withdrawn(candidate, before)
            case events_structs.AuthorWithdrawn(identity_id=author):
                took = left.get(author, posts.gone_authors.get(author, _NOTHING))
                if candidate.withdrawn_at > took.gone_at:
                    events.append(candidate)
                    left[author] = _left(candidate, took)
            case events_structs.AuthorLocationRemoved(identity_id=author):
                took = left.get(author, posts.gone_authors.get(author, _NOTHING))
                if candidate.until > took.unplaced_until:
                    events.append(candidate)
                    left[author] = _left(candidate, took)
            case events_structs.PostLocationRemoved(post_id=post_id):
                before = _before(own, known, post_id)
                if before is not None and before.has_location and not before.withdrawn:
                    events.append(candidate)
                    own[post_id] = _unplaced(before)
            case events_structs.PostAliased(alias_id=alias_id):
                before = _before(own, known, alias_id)
                if before is None or not (before.alias_of or _is_of_anothers(candidate, before)):
                    events.append(candidate)
                    own[alias_id] = _aliased(candidate, before)
            case events_structs.DeliveryQuarantined(delivery_id=name):
                if not in_quarantine.get(name, posts.quarantined.get(name, False)):
                    events.append(candidate)
                    in_quarantine[name] = True
            case events_structs.DeliveryRequeued(delivery_id=name):
                if in_quarantine.get(name, posts.quarantined.get(name, False)):
                    events.append(candidate)
                    in_quarantine[name] = False
    return events


def _before(own: dict[str, Known | PostReceived], known: Mapping[str, Known], key: str) -> Known | None:
    """What is known of an id within a command. Most posts are named once: the others become Known where it is asked."""
    seen = own.get(key)
    if isinstance(seen, PostReceived):
        seen = own[key] = _received(seen, None)
    return seen or known.get(key)


def is_superseding(candidate: Candidate) -> bool:
    """Whether it says that a post is none but a version of another, whose content it then is."""
    if not isinstance(candidate, events_structs.PostWithdrawn):
        return False
    return candidate.reason == events_pb2.WITHDRAWAL_REASON_SUPERSEDED


def holds_version(known: Known) -> bool:
    """Whether content came under the id of a version and nobody said yet that it was brought over to its post."""
    return bool(known.alias_of and known.digests and not known.withdrawn)


def is_unplaced(posts: Posts, post: PostReceived) -> bool:
    """Whether its author took back where they wrote it."""
    return post.published_at <= posts.gone_authors.get(post.identity_id, _NOTHING).unplaced_until


def _left(fact: events_structs.AuthorWithdrawn | events_structs.AuthorLocationRemoved, before: Left) -> Left:
    if isinstance(fact, events_structs.AuthorWithdrawn):
        return before._replace(gone_at=max(before.gone_at, fact.withdrawn_at))
    return before._replace(unplaced_until=max(before.unplaced_until, fact.until))


def _is_anothers(post: PostReceived, before: Known) -> bool:
    """Whether the id is known with another author. A post that is gone stays gone, whoever comes with it."""
    return not before.withdrawn and post.identity_id != before.author


def _is_of_anothers(alias: events_structs.PostAliased, before: Known) -> bool:
    """Whether the id that is said to be a version is known as a post of somebody else."""
    return bool(before.author) and not before.withdrawn and alias.identity_id != before.author


def _news(seen: PostReceived, before: Known) -> events_structs.PostEdited | events_structs.PostCompleted | None:
    """What content says that is new: a version, or more of the one we have.

    The version is the platform's, by its number; of one version the whole text counts before a cut one and a longer cut
    one before a shorter, so that copies come to the same content in any order. Where the platform numbers every edit,
    two copies of one number are the same version, and the one that shows more of it counts: a subscription that did not
    ask for pictures takes none away. Where versions have no numbers, whole texts are versions in their order of
    arrival, and a cut text cannot tell whether it is one.
    """
    if before.withdrawn or seen.platform_revision < before.platform_revision:
        return None
    if seen.platform_revision > before.platform_revision:
        return _edit(seen, before)
    if before.cut_length and (not seen.cut_length or seen.cut_length > before.cut_length):
        return _completion(seen, before)
    if seen.cut_length:
        return None
    if seen.extent and before.extent:
        return _completion(seen, before) if seen.extent > before.extent else None
    if seen.content_digest in before.digests:
        return None
    return _edit(seen, before)


def _edit(seen: PostReceived, before: Known) -> events_structs.PostEdited:
    post = decode_received(seen.encoded)
    return events_structs.PostEdited(
        post_id=post.post_id,
        revision=before.revision + 1,
        identity_id=post.identity_id,
        language=post.language,
        text_length=post.text_length,
        edited_at=post.received_at if seen.edited_at is None else seen.edited_at,
        received_at=post.received_at,
        platform_revision=post.platform_revision,
        content_digest=post.content_digest,
        personal=post.personal,
        source_id=post.source_id,
        alias_ids=post.alias_ids,
        is_cut=post.is_cut,
        has_location=post.has_location,
        extent=post.extent,
    )


def _completion(seen: PostReceived, before: Known) -> events_structs.PostCompleted:
    post = decode_received(seen.encoded)
    return events_structs.PostCompleted(
        post_id=post.post_id,
        revision=before.revision + 1,
        identity_id=post.identity_id,
        language=post.language,
        text_length=post.text_length,
        received_at=post.received_at,
        content_digest=post.content_digest,
        personal=post.personal,
        source_id=post.source_id,
        alias_ids=post.alias_ids,
        is_cut=post.is_cut,
        has_location=post.has_location,
        extent=post.extent,
    )


def _takes_location_back(seen: PostReceived, before: Known) -> bool:
    """A copy of the version we have says that it has no place, and we have one: it was taken back since.

    It shows no less than we have: a lesser one may be older. Where the platform does not number every edit, so may be
    a copy of another content with the same number.
    """
    if seen.location != Location.NONE or not before.has_location or before.withdrawn:
        return False
    if seen.platform_revision != before.platform_revision or (seen.cut_length and not before.cut_length):
        return False
    if seen.extent and before.extent:
        return seen.extent >= before.extent
    return seen.content_digest == before.digests[-1] and seen.cut_length >= before.cut_length


def _removal(seen: PostReceived) -> events_structs.PostLocationRemoved:
    """A copy that says it has no location takes back the one we have."""
    post = decode_received(seen.encoded)
    return events_structs.PostLocationRemoved(
        post_id=post.post_id,
        removed_at=post.received_at,
        received_at=post.received_at,
        source_id=post.source_id,
    )


def _is_sighting(post: PostReceived, before: Known) -> bool:
    if before.withdrawn or before.is_ours or post.direction == post_pb2.DIRECTION_OUTBOUND:
        return False
    return post.desk not in before.desks or (post.is_addressed and post.desk not in before.addressed_desks)


def _sighting(seen: PostReceived, before: Known) -> events_structs.PostSighted:
    post = decode_received(seen.encoded)
    return events_structs.PostSighted(
        post_id=post.post_id,
        source_id=post.source_id,
        desk=post.desk,
        is_addressed=post.is_addressed,
        kind=post.kind,
        received_at=post.received_at,
        is_first=post.desk not in before.desks,
    )


def _received(post: PostReceived, before: Known | None) -> Known:
    gone = before is not None and before.withdrawn
    return Known(
        1,
        post.platform_revision,
        gone,
        () if gone else (post.content_digest,),
        post.identity_id,
        post.direction == post_pb2.DIRECTION_OUTBOUND,
        (post.desk,),
        (post.desk,) if post.is_addressed else (),
        post.cut_length,
        has_location=post.location == Location.TOLD,
        extent=post.extent,
    )


def _edited(edit: events_structs.PostEdited | events_structs.PostCompleted, before: Known | None) -> Known:
    seen = before or _UNSEEN
    others = (digest for digest in seen.digests if digest != edit.content_digest)
    return msgspec.structs.replace(
        seen,
        revision=edit.revision,
        platform_revision=edit.platform_revision
        if isinstance(edit, events_structs.PostEdited)
        else seen.platform_revision,
        digests=seen.digests if seen.withdrawn else (*others, edit.content_digest),
        author=edit.identity_id,
        cut_length=max(edit.text_length, 1) if edit.is_cut else 0,
        has_location=edit.has_location,
        extent=edit.extent,
    )


def _unplaced(before: Known | None) -> Known:
    return msgspec.structs.replace(before or _UNSEEN, has_location=False)


def _sighted(sighting: events_structs.PostSighted, before: Known | None) -> Known:
    seen = before or _UNSEEN
    desk = sighting.desk
    return msgspec.structs.replace(
        seen,
        desks=seen.desks if desk in seen.desks else (*seen.desks, desk),
        addressed_desks=(*seen.addressed_desks, desk)
        if sighting.is_addressed and desk not in seen.addressed_desks
        else seen.addressed_desks,
    )


def _withdrawn(gone: events_structs.PostWithdrawn, before: Known | None) -> Known:
    """Gone for ever, so nothing needs to be told from what it said: even the digests of that go.

    A version that only stopped being a post of its own does not take the post away.
    """
    return msgspec.structs.replace(before or _UNSEEN, withdrawn=not is_superseding(gone), digests=())


def _aliased(alias: events_structs.PostAliased, before: Known | None) -> Known:
    seen = before or _UNSEEN
    since = 0 if seen.revision else alias.published_at
    return msgspec.structs.replace(seen, alias_of=alias.post_id, platform_revision=alias.number, of_post_from=since)


def evolve(posts: Posts, event: PostEvent) -> Posts:
    """Takes a fact into the state, in place: a shard has one owner. A fact about anything else changes nothing."""
    if posts.unfounded or not isinstance(event, _FOUNDING):
        _note_unfounded(posts, event)
    match event:
        case PostReceived(post_id=key):
            posts.known[key] = _received(event, posts.known.get(key))
        case events_structs.PostEdited() | events_structs.PostCompleted():
            key = event.post_id
            posts.known[key] = _edited(event, posts.known.get(key))
        case events_structs.PostSighted():
            key = event.post_id
            posts.known[key] = _sighted(event, posts.known.get(key))
        case events_structs.PostWithdrawn():
            key = event.post_id
            posts.known[key] = _withdrawn(event, posts.known.get(key))
        case events_structs.PostLocationRemoved():
            key = event.post_id
            posts.known[key] = _unplaced(posts.known.get(key))
        case events_structs.PostAliased():
            key = event.alias_id
            posts.known[key] = _aliased(event, posts.known.get(key))
        case events_structs.AuthorWithdrawn() | events_structs.AuthorLocationRemoved():
            key = event.identity_id
            posts.gone_authors[key] = _left(event, posts.gone_authors.get(key, _NOTHING))
        case events_structs.DeliveryQuarantined():
            key = event.delivery_id
            posts.quarantined[key] = True
        case events_structs.DeliveryRequeued():
            key = event.delivery_id
            posts.quarantined[key] = False
        case _:
            return posts
    posts.fresh.add(key)
    return posts


def _note_unfounded(posts: Posts, event: PostEvent) -> None:
    key = key_of(event)
    if key in posts.unfounded or not (isinstance(event, _FOUNDING) or key in posts.known or key in posts.gone_authors):
        posts.unfounded.setdefault(key, []).append(event)


def key_of(fact: Candidate | PostEvent) -> str:
    """The id that a candidate, or a fact, is about."""
    match fact:
        case events_structs.AuthorWithdrawn() | events_structs.AuthorLocationRemoved():
            return fact.identity_id
        case events_structs.PostAliased():
            return fact.alias_id
        case events_structs.DeliveryQuarantined() | events_structs.DeliveryRequeued():
            return fact.delivery_id
        case _:
            return fact.post_id


def occurred_at(event: PostEvent) -> Instant:
    """When it happened in the world, as far as the platform said."""
    match event:
        case PostReceived(published_at=at):
            return at
        case events_structs.PostEdited():
            return event.edited_at
        case events_structs.PostWithdrawn() | events_structs.AuthorWithdrawn():
            return event.withdrawn_at
        case events_structs.PostLocationRemoved() | events_structs.AuthorLocationRemoved():
            return event.removed_at
        case (
            events_structs.PostSighted()
            | events_structs.PostCompleted()
            | events_structs.PostAliased()
            | events_structs.DeliveryQuarantined()
        ):
            return event.received_at
        case events_structs.DeliveryRequeued():
            return event.at
