"""What a caller is told about each thing it said, from what was decided and the state it led to. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeGuard

from switchboard.ingest.v1 import events_structs, internal_pb2, post_pb2, service_pb2

from ingest.decider import Candidate, Candidates, Known, Posts, holds_version, is_superseding, is_unplaced, key_of
from ingest.events import Location, PostEvent, PostReceived

Recorded = internal_pb2.RecordPostsResponse


def results_of(command: Candidates, posts: Posts, events: Sequence[PostEvent]) -> Recorded:
    """What the caller is told about each candidate, from what was decided and the state it led to.

    A post whose id is another author's is answered QUARANTINED without a fact: its delivery has to be kept first. That
    an id is another post's version is answered WITHDRAWN where the id was withdrawn before: then the post is gone too.
    Facts stand in the order of their candidates, so one walk over both finds each candidate's fact or that it has none.
    """
    told = internal_pb2.RecordPostsResponse()
    results: list[service_pb2.Result] = []  # a message's own lists take one at a time three times as slowly
    revisions: list[int] = []
    withdrawn_later = {event.post_id for event in events if _is_gone(event)}
    facts = iter(events)
    fact = next(facts, None)
    accepted, inbound = service_pb2.RESULT_ACCEPTED, post_pb2.DIRECTION_INBOUND
    for place, candidate in enumerate(command):
        key = candidate.post_id if isinstance(candidate, PostReceived) else key_of(candidate)
        known = posts.known.get(key)
        revisions.append(0 if known is None else known.revision)
        if known is not None and known.alias_of and _is_to_move(candidate, known):
            told.moved.add(
                place=place, post_id=known.alias_of, number=known.platform_revision, published_at_us=known.of_post_from
            )
        gone = known is not None and known.withdrawn and key not in withdrawn_later
        if known is None and isinstance(candidate, PostReceived):
            gone = True  # content that led to nothing at all: its author took all back
        if candidate is fact:
            is_inbound = isinstance(candidate, PostReceived) and candidate.direction == inbound
            results.append(accepted if is_inbound else _result_of(candidate, gone=gone))
            fact = next(facts, None)
            if isinstance(candidate, events_structs.PostWithdrawn):
                withdrawn_later.discard(key)
            elif _unplaces(fact, candidate, posts):
                fact = next(facts, None)
        elif isinstance(candidate, PostReceived):
            result = service_pb2.RESULT_UNSPECIFIED
            anothers = known is not None and not known.alias_of and candidate.identity_id != known.author
            if not anothers and _is_of(fact, candidate):
                result = service_pb2.RESULT_UPDATED
                fact = next(facts, None)
                if _unplaces(fact, candidate, posts):
                    fact = next(facts, None)
            if not anothers and isinstance(fact, events_structs.PostSighted) and _is_sight_of(fact, candidate):
                result = service_pb2.RESULT_ACCEPTED if fact.is_first else result or service_pb2.RESULT_DUPLICATE
                fact = next(facts, None)
            if not result:
                otherwise = service_pb2.RESULT_QUARANTINED if anothers else service_pb2.RESULT_DUPLICATE
                result = service_pb2.RESULT_WITHDRAWN if gone else otherwise
            results.append(result)
        elif isinstance(candidate, events_structs.DeliveryRequeued | events_structs.PostAliased):
            results.append(_result_of(candidate, gone=gone))
        else:
            results.append(service_pb2.RESULT_DUPLICATE)
    told.results.extend(results)
    told.revisions.extend(revisions)
    return told


def _result_of(candidate: Candidate, *, gone: bool) -> service_pb2.Result:
    match candidate:
        case PostReceived(direction=post_pb2.DIRECTION_OUTBOUND):
            return service_pb2.RESULT_ECHO
        case PostReceived():
            return service_pb2.RESULT_ACCEPTED
        case events_structs.PostWithdrawn() | events_structs.AuthorWithdrawn():
            return service_pb2.RESULT_WITHDRAWN
        case events_structs.DeliveryQuarantined():
            return service_pb2.RESULT_QUARANTINED
        case events_structs.PostLocationRemoved() | events_structs.AuthorLocationRemoved():
            return service_pb2.RESULT_UPDATED
        case events_structs.PostAliased():
            return service_pb2.RESULT_WITHDRAWN if gone else service_pb2.RESULT_IGNORED
        case events_structs.DeliveryRequeued():
            return service_pb2.RESULT_IGNORED


def _is_gone(event: PostEvent) -> TypeGuard[events_structs.PostWithdrawn]:
    return isinstance(event, events_structs.PostWithdrawn) and not is_superseding(event)


def _is_to_move(candidate: Candidate, known: Known) -> bool:
    """Whether something is to be said of the post that a version's id means: what was said of it now, or before."""
    if isinstance(candidate, events_structs.PostAliased):
        return holds_version(known)
    return not is_superseding(candidate)


def _unplaces(fact: PostEvent | None, seen: Candidate, posts: Posts) -> bool:
    """Whether a fact takes back the place of what this content led to, because its author took all theirs back."""
    if not isinstance(seen, PostReceived) or not isinstance(fact, events_structs.PostLocationRemoved):
        return False
    return fact.post_id == seen.post_id and seen.location == Location.TOLD and is_unplaced(posts, seen)


def _is_of(fact: PostEvent | None, seen: PostReceived) -> bool:
    """Whether a fact is what this content led to."""
    match fact:
        case events_structs.PostEdited():
            said = (fact.post_id, fact.content_digest, fact.platform_revision)
            return said == (seen.post_id, seen.content_digest, seen.platform_revision)
        case events_structs.PostLocationRemoved():
            return fact.post_id == seen.post_id and seen.location == Location.NONE
        case events_structs.PostCompleted():
            return (fact.post_id, fact.content_digest) == (seen.post_id, seen.content_digest)
        case _:
            return False


def _is_sight_of(sighting: events_structs.PostSighted, seen: PostReceived) -> bool:
    return (sighting.post_id, sighting.desk, sighting.is_addressed) == (seen.post_id, seen.desk, seen.is_addressed)
