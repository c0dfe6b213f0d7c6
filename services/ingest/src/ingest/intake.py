"""From deliveries to durable facts: read, sealed and digested where they arrive; decided at their shards.

It knows adapters, the vault and how to reach a shard; not what a delivery means, and not what is news.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import sha256
from typing import Protocol

import msgspec
from chassis import telemetry
from chassis.batch import Request
from chassis.clock import MICROS, Clock, Instant, from_timestamp, to_timestamp
from chassis.errors import InvalidRequest
from chassis.sealing import KeyVault, SubjectKey, nonces
from switchboard.ingest.v1 import events_pb2, internal_pb2, post_pb2, service_pb2

from ingest import channels, decider
from ingest.channels import normalized
from ingest.events import PostReceived
from ingest.normalise import (
    PERSONAL_BYTES_MAX,
    AuthorGone,
    Flaw,
    Item,
    Observation,
    Reason,
    Unreadable,
    Withdrawal,
    conversation_id,
    delivery_id,
    folded,
    identity_id,
    plausible,
    post_id,
)
from ingest.shards import shard_of, to_request
from ingest.views.book import Connected
from ingest.views.quarantined import Lodged, Quarantine, bytes_of

CANDIDATES_MAX = 250
CALL_BYTES_MAX = 256 * 1024
"""Of one call to a shard's owner. Against: a commit holds 1,000 events and 512 KiB, a NATS message 1 MiB."""
DELIVERIES_MAX = 1_000
_BESIDE_BYTES = 100
"""More than a candidate takes beside the fact it carries: an id of 36 bytes, a digest of 16, numbers."""

_RESULTS = telemetry.Instrument("switchboard.ingest.results")
_LAG = telemetry.Instrument("switchboard.ingest.lag")
_BRANDS = frozenset({post_pb2.AUTHOR_KIND_BRAND_HUMAN, post_pb2.AUTHOR_KIND_BRAND_BOT})
_OURS = _BRANDS | {post_pb2.AUTHOR_KIND_OTHER}
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
_NAMES: Mapping[int, str] = {value: name.removeprefix("RESULT_") for name, value in service_pb2.Result.items()}


class Shards(Protocol):
    """Reaches the owner of a `post` shard."""

    async def call(
        self,
        tenant: str,
        shard: str,
        request: internal_pb2.RecordPostsRequest,
        response: type[internal_pb2.RecordPostsResponse],
    ) -> internal_pb2.RecordPostsResponse: ...


class Authors(Protocol):
    """Finds the posts of an author that are still there, as of the log's present end or later."""

    async def posts_of(self, tenant: str, identity: str) -> Sequence[str]: ...


class Part(msgspec.Struct, gc=False):
    """What a delivery says of one post, and what became of that."""

    post_id: str = ""
    """Empty for a part that could not be read."""
    result: int = 0
    revision: int = 0
    reason: str = ""
    detail: str = ""


class Verdict(msgspec.Struct, gc=False):
    """What becomes of one delivery."""

    parts: list[Part]
    result: int = 0
    reason: str = ""
    detail: str = ""
    quarantined: str = ""


class Recipient(msgspec.Struct, gc=False):
    """Where an answer goes: a delivery's verdict, and the part of it that is about one post."""

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


@dataclass(slots=True)
class Call:
    """Candidates of one shard, and who is recipient what became of each."""

    news: list[decider.Candidate] = field(default_factory=list)
    recipient: list[Recipient] = field(default_factory=list)
    size: int = 0
    """Bytes, estimated from above."""


@dataclass(slots=True)
class Batch:
    """Deliveries of one source on their way: what was read of them, and where each shard's answers go."""

    connected: Connected
    now: Instant
    verdicts: list[Verdict] = field(default_factory=list)
    """One for each delivery, in order."""
    news: list[tuple[str, Observation | decider.Notice, Instant, Recipient]] = field(default_factory=list)
    """What was read and not yet sealed, in order: an id, an observation to seal or a candidate as it is, when it came,
    who is recipient.
    """
    oldest: Instant | None = None
    """When the oldest of the posts was published."""
    calls: dict[str, list[Call]] = field(default_factory=dict)
    gone: list[tuple[AuthorGone, Instant, Verdict]] = field(default_factory=list)
    lodged: list[Lodged] = field(default_factory=list)
    flawed: dict[int, str] = field(default_factory=dict)
    """Index of a delivery that was not wholly read -> the id its bytes are kept under."""

    def response(self) -> service_pb2.IngestPostsResponse:
        """What the caller is recipient, once all of it is known."""
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
                else:
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
        if call.recipient and (len(call.recipient) >= CANDIDATES_MAX or call.size + size > CALL_BYTES_MAX):
            call = Call()
            calls.append(call)
        call.news.append(candidate)
        call.recipient.append(recipient)
        call.size += size


class Intake:
    """Takes deliveries. One per process; safe for any number of batches at once."""

    def __init__(
        self, *, vault: KeyVault, shards: Shards, authors: Authors, quarantine: Quarantine, clock: Clock
    ) -> None:
        self._vault = vault
        self._shards = shards
        self._authors = authors
        self._quarantine = quarantine
        self._clock = clock

    def read(self, connected: Connected, deliveries: Sequence[service_pb2.Delivery], *, again: bool = False) -> Batch:
        """Reads a batch; never raises for what is in a delivery. `again`: for deliveries out of the quarantine."""
        batch = Batch(connected, self._clock.now())
        for delivery in deliveries:
            self._read_one(batch, delivery, again)
        return batch

    def _read_one(self, batch: Batch, delivery: service_pb2.Delivery, again: bool) -> None:
        account, now = batch.connected.account, batch.now
        verdict = Verdict([])
        batch.verdicts.append(verdict)
        received_at = now
        try:
            if delivery.HasField("received_at"):
                received_at = plausible(from_timestamp(delivery.received_at), "received_at", now)
            items: list[Item]
            size = 0
            if payload := delivery.payload:
                size = len(payload)
                items = channels.read(payload, delivery.content_type, account, now)
            elif delivery.HasField("normalized_post"):
                size = delivery.ByteSize()
                items = normalized.read(delivery.normalized_post, account, now)
            elif delivery.HasField("payload"):
                items = channels.read(payload, delivery.content_type, account, now)
            else:
                raise Unreadable(Reason.EMPTY, "neither payload nor normalized_post is set")
        except Unreadable as refusal:
            self._lodge(batch, verdict, delivery, refusal.reason, refusal.detail, received_at)
            return
        flaw: Flaw | None = None
        # A post's content is no longer than the payload it is read from, so only large payloads need a closer look.
        if size > PERSONAL_BYTES_MAX // 2:
            items = [_fitting(item) for item in items]
        for item in items:
            if type(item) is Observation:
                name = post_id(account.channel, account.account_scope, item.external_id)
                batch.news.append((name, item, received_at, _told(verdict, name)))
            elif isinstance(item, Withdrawal):
                name = post_id(account.channel, account.account_scope, item.external_id)
                gone = _withdrawn(batch, name, item, received_at)
                batch.news.append((name, gone, received_at, _told(verdict, name)))
            elif isinstance(item, AuthorGone):
                batch.gone.append((item, received_at, verdict))
            elif isinstance(item, Flaw):
                flaw = flaw or item
                verdict.parts.append(Part("", service_pb2.RESULT_QUARANTINED, 0, item.reason, item.detail))
        if flaw is not None:
            self._lodge(batch, verdict, delivery, flaw.reason, flaw.detail, received_at)
        elif again:
            source = batch.connected.source.source_id
            lodged = delivery_id(source, sha256(bytes_of(delivery)).hexdigest())
            requeued = events_pb2.DeliveryRequeued(delivery_id=lodged, at=to_timestamp(now))
            nobody = Recipient(Verdict([]))
            batch.news.append((lodged, requeued, now, nobody))

    def _lodge(  # noqa: PLR0917  (one argument per fact of the event)
        self,
        batch: Batch,
        verdict: Verdict,
        delivery: service_pb2.Delivery,
        reason: str,
        detail: str,
        received_at: Instant,
    ) -> None:
        """Puts a delivery in quarantine: its bytes for the store, the fact for the log."""
        source = batch.connected.source.source_id
        raw = bytes_of(delivery)
        name = delivery_id(source, sha256(raw).hexdigest())
        verdict.reason, verdict.detail = reason, detail
        verdict.quarantined = f"tenants/{batch.connected.tenant}/quarantined/{name}"
        batch.flawed[len(batch.verdicts) - 1] = name
        batch.lodged.append(Lodged(name, detail, delivery))
        quarantined = events_pb2.DeliveryQuarantined(
            delivery_id=name,
            source_id=source,
            reason=reason,
            payload_bytes=len(raw),
            received_at=to_timestamp(received_at),
        )
        batch.news.append((name, quarantined, received_at, Recipient(verdict)))

    async def seal(self, batch: Batch) -> None:
        """Makes candidates of what was observed: one look-up of keys for the batch; then keeps unreadable bytes."""
        connected = batch.connected
        account, tenant = connected.account, connected.tenant
        channel, scope = account.channel, account.account_scope
        authors = [
            identity_id(channel, scope, seen.author_id) if type(seen) is Observation else ""
            for _, seen, _, _ in batch.news
        ]
        wanted = {identity for identity in authors if identity}
        keys = await self._vault.keys(tenant, wanted) if wanted else {}
        for (name, seen, received_at, recipient), identity, nonce in zip(
            batch.news, authors, nonces(len(authors)), strict=True
        ):
            if not isinstance(seen, Observation):
                batch.queue(shard_of(name), seen, seen.ByteSize(), recipient)
                continue
            key = keys[identity]
            if key is None:  # erased for ever; nothing of this person may come back
                recipient(service_pb2.RESULT_IGNORED, 0)
                continue
            post = _received(connected, seen, name, received_at, key, nonce)
            batch.queue(shard_of(name), post, len(post.encoded) + _BESIDE_BYTES, recipient)
        seen_at = [seen.published_at for _, seen, _, _ in batch.news if type(seen) is Observation]
        batch.oldest = min(seen_at, default=None)
        batch.news.clear()
        if batch.lodged:
            await self._quarantine.keep(tenant, batch.lodged)
            batch.lodged.clear()

    def begin(self, batch: Batch) -> list[asyncio.Task[int]]:
        """Starts the calls to the shards, in order; each ends with the position at which its part is durable."""
        tenant = batch.connected.tenant
        tasks = [
            asyncio.create_task(self._call(tenant, shard, call))
            for shard, calls in batch.calls.items()
            for call in calls
        ]
        batch.calls.clear()
        return tasks

    async def _call(self, tenant: str, shard: str, call: Call) -> int:
        answer = await self._shards.call(tenant, shard, to_request(call.news), internal_pb2.RecordPostsResponse)
        for recipient, result, revision in zip(call.recipient, answer.results, answer.revisions, strict=True):
            recipient(result, revision)
        return answer.position

    async def finish(self, batch: Batch, calls: Sequence[asyncio.Task[int]]) -> int:
        """Waits until all is durable, then withdraws the posts of authors who are gone; returns the position."""
        position = max(await asyncio.gather(*calls), default=0)
        for item, received_at, verdict in batch.gone:
            account = batch.connected.account
            identity = identity_id(account.channel, account.account_scope, item.author_id)
            for name in await self._authors.posts_of(batch.connected.tenant, identity):
                gone = _withdrawn(batch, name, item, received_at)
                batch.queue(shard_of(name), gone, gone.ByteSize(), _told(verdict, name))
        if batch.calls:
            position = max(position, *(await asyncio.gather(*self.begin(batch))))
        self._measure(batch)
        return position

    async def take(self, batch: Batch) -> int:
        """`seal`, `begin` and `finish` for a batch that nobody overtakes."""
        await self.seal(batch)
        return await self.finish(batch, self.begin(batch))

    async def answer_of(
        self, tenant: str, request: Request, answer: service_pb2.DeliveryResult | None = None
    ) -> tuple[service_pb2.DeliveryResult | None, int]:
        """What a request id was answered, and where that stands; with `answer`, keeps it. Raises RequestIdReused."""
        ask = internal_pb2.RecordPostsRequest(
            request_id=request.request_id, request_digest=request.digest, answer=answer
        )
        shard = shard_of(request.request_id.hex())
        recipient = await self._shards.call(tenant, shard, ask, internal_pb2.RecordPostsResponse)
        return (recipient.answer if recipient.HasField("answer") else None), recipient.position

    def _measure(self, batch: Batch) -> None:
        for verdict in batch.verdicts:
            verdict.result = verdict.result or service_pb2.RESULT_IGNORED
        for outcome, count in Counter([verdict.result for verdict in batch.verdicts]).items():
            _RESULTS.record(count, {"switchboard.result": _NAMES[outcome]})
        if batch.oldest is not None:
            behind_s = max(0.0, (batch.now - batch.oldest) / MICROS)
            _LAG.record(behind_s, {"switchboard.channel": batch.connected.account.channel})


def _withdrawn(
    batch: Batch, name: str, item: Withdrawal | AuthorGone, received_at: Instant
) -> events_pb2.PostWithdrawn:
    return events_pb2.PostWithdrawn(
        post_id=name,
        reason=item.reason,  # type: ignore[arg-type]  # an enum's number
        withdrawn_at=to_timestamp(received_at if item.at is None else item.at),
        received_at=to_timestamp(received_at),
        source_id=batch.connected.source.source_id,
    )


def _fitting(item: Item) -> Item:
    """The item, or a flaw where its personal content is too large for a commit."""
    if isinstance(item, Observation) and len(item.personal) > PERSONAL_BYTES_MAX:
        detail = f"{item.where or 'the post'} has more than {PERSONAL_BYTES_MAX} bytes of content"
        return Flaw(item.where, Reason.TOO_LARGE, detail)
    return item


def _told(verdict: Verdict, name: str) -> Recipient:
    part = Part(name)
    verdict.parts.append(part)
    return Recipient(verdict, part)


def _received(  # noqa: PLR0917  (all that a fact is made of)
    connected: Connected, seen: Observation, name: str, received_at: Instant, key: SubjectKey, nonce: bytes
) -> PostReceived:
    """The fact, sealed, digested and encoded."""
    account = connected.account
    channel, scope = account.channel, account.account_scope
    stated = seen.author_kind
    if seen.author_id.casefold() in account.owned or (seen.handle and folded(seen.handle) in account.owned):
        direction = post_pb2.DIRECTION_OUTBOUND
        author_kind = stated if stated in _OURS else post_pb2.AUTHOR_KIND_BRAND_HUMAN
    else:
        direction = post_pb2.DIRECTION_OUTBOUND if stated in _BRANDS else post_pb2.DIRECTION_INBOUND
        author_kind = stated or post_pb2.AUTHOR_KIND_CUSTOMER
    digest = key.digest(seen.digested)
    # Set field by field: keywords cost more, and parts that are built first and copied in cost three times as much.
    post = events_pb2.PostReceived()
    post.post_id = name
    post.channel = channel
    post.source_id = connected.source.source_id
    post.kind = seen.kind  # type: ignore[assignment]  # enums' numbers, here and below
    post.direction = direction
    post.author_kind = author_kind  # type: ignore[assignment]
    post.identity_id = key.subject_id
    if seen.conversation:
        post.conversation_id = conversation_id(channel, scope, seen.conversation)
    if seen.in_reply_to:
        post.in_reply_to = post_id(channel, scope, seen.in_reply_to)
    if seen.links:
        post.links.extend(sorted({post_id(channel, scope, link) for link in seen.links}))
    post.language = seen.language
    post.text_length = seen.text_length
    post.reach = seen.reach
    post.visibility = seen.visibility  # type: ignore[assignment]
    post.published_at.CopyFrom(_stamp(seen.published_at))
    post.received_at.CopyFrom(_stamp(received_at))
    if seen.reply_window_expires_at is not None:
        post.reply_window_expires_at.CopyFrom(_stamp(seen.reply_window_expires_at))
    post.reply_quota_left = seen.reply_quota_left
    if seen.platform_revision:
        post.platform_revision = seen.platform_revision
    post.content_digest = digest
    personal = post.personal
    personal.subject_id = key.subject_id
    personal.nonce = nonce
    personal.ciphertext = key.encrypt(nonce, seen.personal)
    return PostReceived(
        name,
        seen.platform_revision,
        digest,
        direction,
        seen.published_at,
        post.SerializeToString(deterministic=True),
        seen.edited_at,
    )


_stamp = lru_cache(maxsize=4096)(to_timestamp)
"""Only to copy from: posts share the seconds in which they come, and copying takes a third of setting."""


def check_batch(deliveries: Sequence[service_pb2.Delivery], where: str) -> None:
    """Raises InvalidRequest for a batch that is none."""
    if not 1 <= len(deliveries) <= DELIVERIES_MAX:
        raise InvalidRequest([(where, f"1 to {DELIVERIES_MAX} deliveries are expected, not {len(deliveries)}")])
