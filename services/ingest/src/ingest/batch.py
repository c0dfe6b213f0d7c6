"""Deliveries of one source on their way: what was read of them, what goes to which shard, and what became of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import msgspec
from chassis.clock import Instant
from switchboard.ingest.v1 import events_structs, service_pb2

from ingest import decider
from ingest.events import PostReceived
from ingest.normalise import AuthorGone, LocationGone, Observation
from ingest.views.quarantined import QuarantineEntry
from ingest.views.source_directory import Connected

CANDIDATES_MAX = 250
CALL_BYTES_MAX = 256 * 1024
"""Of one call to a shard's owner. Against: a commit holds 1,000 events and 512 KiB, a NATS message 1 MiB."""

_SIGNIFICANCE: Mapping[int, int] = {
    result: rank
    for rank, result in enumerate(
        (
            service_pb2.RESULT_QUARANTINED,
            service_pb2.RESULT_ACCEPTED,
            service_pb2.RESULT_UPDATED,
            service_pb2.RESULT_WITHDRAWN,
            service_pb2.RESULT_ECHO,
            service_pb2.RESULT_DUPLICATE,
            service_pb2.RESULT_IGNORED,
        )
    )
}


class Part(msgspec.Struct, gc=False):
    """What a delivery says of one post, and what became of that."""

    post_id: str = ""
    """Empty for a part that could not be read."""
    result: int = 0
    revision: int = 0
    reason: str = ""
    detail: str = ""
    where: str = ""
    """Where in the delivery it stands."""


class Verdict(msgspec.Struct, gc=False):
    """What becomes of one delivery, the batch's `number`th."""

    number: int
    parts: list[Part]
    received_at: Instant = Instant(0)
    result: int = 0
    reason: str = ""
    detail: str = ""
    quarantined: str = ""
    repeats: list[str] = msgspec.field(default_factory=list)
    """Posts that posts of the delivery repeat: their words are in it too."""


class Recipient(msgspec.Struct, gc=False):
    """Whom a candidate's result is for: a delivery's verdict, and the part of it that is about one post."""

    verdict: Verdict
    part: Part | None = None

    def __call__(self, outcome: int, revision: int) -> None:
        """Takes a candidate's result and the post's revision."""
        verdict, part = self.verdict, self.part
        if part is not None:
            part.result = outcome
            part.revision = revision
        else:  # the delivery itself: its parts that were not read share its fate
            for other in verdict.parts:
                if other.result == service_pb2.RESULT_QUARANTINED:
                    other.result = outcome
        before = verdict.result
        if not before or _SIGNIFICANCE[outcome] < _SIGNIFICANCE[before]:
            verdict.result = outcome


class Held(msgspec.Struct, gc=False):
    """A post with further ids: its content is said once it is known that none of them was withdrawn."""

    post: PostReceived
    recipient: Recipient
    is_gone: bool = False
    """One of the ids was withdrawn before, and so the post is."""


class OfVersion(Recipient, gc=False, kw_only=True):
    """Whom the result of an id of a version is for: the content that waits for it, and no delivery."""

    held: Held

    def __call__(self, outcome: int, revision: int) -> None:
        """Takes whether the id was withdrawn."""
        self.held.is_gone |= outcome == service_pb2.RESULT_WITHDRAWN


class Version(NamedTuple):
    """A post that turned out to be a version of another, which its content is to be said of."""

    alias: events_structs.PostAliased
    post_id: str
    number: int
    of_delivery: int


class Reading(msgspec.Struct, gc=False):
    """One thing that was read and is to be said to a shard: an observation to seal, or a candidate as it is."""

    id: str
    said: Observation | decider.Announcement
    received_at: Instant
    recipient: Recipient
    author: str = ""
    """Identity of who wrote an observed post."""


class OfAuthor(NamedTuple):
    """Posts of an author are to be withdrawn, or shown without their place, once all else of the batch is durable."""

    item: AuthorGone | LocationGone
    received_at: Instant
    verdict: Verdict


@dataclass(slots=True)
class Call:
    """Candidates of one shard, and whom each one's result is for."""

    candidates: list[decider.Candidate] = field(default_factory=list)
    recipients: list[Recipient] = field(default_factory=list)
    size: int = 0
    """Bytes, estimated from above."""


@dataclass(slots=True)
class Batch:
    """Deliveries of one source on their way."""

    connected: Connected
    now: Instant
    deliveries: Sequence[service_pb2.Delivery]
    """As they came, until all of them is durable: a shard may find that an id is another author's."""
    verdicts: list[Verdict] = field(default_factory=list)
    """One for each delivery, in order."""
    readings: list[Reading] = field(default_factory=list)
    """What was read and not yet sealed, in order."""
    oldest: Instant | None = None
    """When the oldest of the posts was published."""
    calls: dict[str, list[Call]] = field(default_factory=dict)
    of_authors: list[OfAuthor] = field(default_factory=list)
    to_quarantine: list[QuarantineEntry] = field(default_factory=list)
    refused: list[Recipient] = field(default_factory=list)
    """Whose posts have the id of another author's."""
    held: list[Held] = field(default_factory=list)
    """Posts with further ids, in order."""
    moved: list[tuple[decider.Candidate, Recipient]] = field(default_factory=list)
    """What was said of a version's id and is to be said of the post it means."""
    versions: dict[str, Version] = field(default_factory=dict)
    """What came under a version's id before and is to be said of the post, by that id."""
    quarantined: dict[int, str] = field(default_factory=dict)
    """Number of a delivery that was not wholly taken -> the id its bytes are kept under."""

    def response(self) -> service_pb2.IngestPostsResponse:
        """What the caller is told, once all of it is known."""
        response = service_pb2.IngestPostsResponse()
        posts = f"tenants/{self.connected.tenant}/posts/"
        for verdict in self.verdicts:
            # Set field by field: keywords cost more.
            result = response.results.add()
            result.result = verdict.result  # type: ignore[assignment]  # enums' numbers, here and below
            for part in verdict.parts:
                post = result.posts.add()
                post.result = part.result  # type: ignore[assignment]
                if part.post_id:
                    post.post = posts + part.post_id
                    post.revision = part.revision
                if part.reason:
                    post.reason, post.detail = part.reason, part.detail
            if verdict.reason:
                result.reason, result.detail = verdict.reason, verdict.detail
                result.quarantined = verdict.quarantined
        return response

    def queue(self, shard: str, candidate: decider.Candidate, size: int, recipient: Recipient) -> None:
        """Queues a candidate of at most `size` bytes for its shard."""
        calls = self.calls.get(shard)
        if calls is None:
            calls = self.calls[shard] = [Call()]
        call = calls[-1]
        if call.recipients and (len(call.recipients) >= CANDIDATES_MAX or call.size + size > CALL_BYTES_MAX):
            call = Call()
            calls.append(call)
        call.candidates.append(candidate)
        call.recipients.append(recipient)
        call.size += size
