"""From deliveries to durable facts: read, sealed and digested where they arrive; decided at their shards.

It knows adapters, the vault and how to reach a shard; not what a delivery means, and not what is news.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Protocol

from chassis import telemetry
from chassis.batch import Request
from chassis.clock import MICROS, Clock, Instant, from_timestamp, to_timestamp
from chassis.errors import InvalidRequest
from chassis.sealing import KeyVault, nonces
from google.protobuf.internal.containers import RepeatedCompositeFieldContainer
from google.protobuf.timestamp_pb2 import Timestamp
from switchboard.ingest.v1 import events_pb2, internal_pb2, post_pb2, service_pb2

from ingest import channels
from ingest.channels import normalized
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
from ingest.shards import shard_of
from ingest.views.book import Connected
from ingest.views.quarantined import Lodged, Quarantine, bytes_of

CANDIDATES_MAX = 250
CALL_BYTES_MAX = 256 * 1024
"""Of one call to a shard's owner. Against: a commit holds 1,000 events and 512 KiB, a NATS message 1 MiB."""
DELIVERIES_MAX = 1_000
_OUTSIDE_BYTES = 1_000
"""More than a post's fields outside the seal take: ids of at most 36 bytes, a channel of 40, a source of 63."""

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


@dataclass(slots=True)
class Told:
    """Where an answer goes: a delivery's result, and the part of it that is about one post."""

    result: service_pb2.DeliveryResult
    post: service_pb2.PostResult | None = None

    def __call__(self, outcome: int, revision: int) -> None:
        """Takes a candidate's result and the post's revision."""
        result, post = self.result, self.post
        if post is not None:
            post.result = outcome  # type: ignore[assignment]  # enums' numbers, here and below
            post.revision = revision
        else:  # the delivery itself: its parts that were not read share its fate
            for part in result.posts:
                if part.result == service_pb2.RESULT_QUARANTINED:
                    part.result = outcome  # type: ignore[assignment]
        before = result.result
        if not before or _SIGNIFICANCE[outcome] < _SIGNIFICANCE[before]:
            result.result = outcome  # type: ignore[assignment]


@dataclass(slots=True)
class Call:
    """Candidates of one shard, filled in where they are sent from, and who is told what became of each."""

    request: internal_pb2.RecordPostsRequest
    told: list[Told]
    size: int = 0
    """Bytes, estimated from above."""


@dataclass(slots=True)
class Batch:
    """Deliveries of one source on their way: what was read of them, and where each shard's answers go."""

    connected: Connected
    now: Instant
    response: service_pb2.IngestPostsResponse = field(default_factory=service_pb2.IngestPostsResponse)
    news: list[tuple[str, Observation | internal_pb2.Candidate, Instant, Told]] = field(default_factory=list)
    """What was read, in order: an id, an observation to seal or a candidate as it is, when it came, who is told."""
    calls: dict[str, list[Call]] = field(default_factory=dict)
    gone: list[tuple[AuthorGone, Instant, service_pb2.DeliveryResult]] = field(default_factory=list)
    lodged: list[Lodged] = field(default_factory=list)
    flawed: dict[int, str] = field(default_factory=dict)
    """Index of a delivery that was not wholly read -> the id its bytes are kept under."""

    @property
    def results(self) -> Sequence[service_pb2.DeliveryResult]:
        """One for each delivery, in order."""
        return self.response.results

    def queue(self, shard: str, candidate: internal_pb2.Candidate, told: Told) -> None:
        """Queues a candidate for its shard."""
        self.room(shard, candidate.ByteSize(), told).append(candidate)

    def room(self, shard: str, size: int, told: Told) -> RepeatedCompositeFieldContainer[internal_pb2.Candidate]:
        """Where a candidate of at most `size` bytes for a shard is to be added."""
        calls = self.calls.get(shard)
        if calls is None:
            calls = self.calls[shard] = [Call(internal_pb2.RecordPostsRequest(), [])]
        call = calls[-1]
        if call.told and (len(call.told) >= CANDIDATES_MAX or call.size + size > CALL_BYTES_MAX):
            call = Call(internal_pb2.RecordPostsRequest(), [])
            calls.append(call)
        call.told.append(told)
        call.size += size
        return call.request.candidates


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
        result = batch.response.results.add()
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
            self._lodge(batch, result, delivery, refusal.reason, refusal.detail, received_at)
            return
        flaw: Flaw | None = None
        # A post's content is no longer than the payload it is read from, so only large payloads need a closer look.
        if size > PERSONAL_BYTES_MAX // 2:
            items = [_fitting(item) for item in items]
        for item in items:
            if type(item) is Observation:
                name = post_id(account.channel, account.account_scope, item.external_id)
                batch.news.append((name, item, received_at, _told(batch, result, name)))
            elif isinstance(item, Withdrawal):
                name = post_id(account.channel, account.account_scope, item.external_id)
                gone = _withdrawn(batch, name, item, received_at)
                batch.news.append((name, gone, received_at, _told(batch, result, name)))
            elif isinstance(item, AuthorGone):
                batch.gone.append((item, received_at, result))
            elif isinstance(item, Flaw):
                flaw = flaw or item
                result.posts.add(result=service_pb2.RESULT_QUARANTINED, reason=item.reason, detail=item.detail)
        if flaw is not None:
            self._lodge(batch, result, delivery, flaw.reason, flaw.detail, received_at)
        elif again:
            source = batch.connected.source.source_id
            lodged = delivery_id(source, sha256(bytes_of(delivery)).hexdigest())
            requeued = events_pb2.DeliveryRequeued(delivery_id=lodged, at=to_timestamp(now))
            nobody = Told(service_pb2.DeliveryResult())
            batch.news.append((lodged, internal_pb2.Candidate(requeued=requeued), now, nobody))

    def _lodge(  # noqa: PLR0917  (one argument per fact of the event)
        self,
        batch: Batch,
        result: service_pb2.DeliveryResult,
        delivery: service_pb2.Delivery,
        reason: str,
        detail: str,
        received_at: Instant,
    ) -> None:
        """Puts a delivery in quarantine: its bytes for the store, the fact for the log."""
        source = batch.connected.source.source_id
        raw = bytes_of(delivery)
        name = delivery_id(source, sha256(raw).hexdigest())
        result.reason, result.detail = reason, detail
        result.quarantined = f"tenants/{batch.connected.tenant}/quarantined/{name}"
        batch.flawed[len(batch.results) - 1] = name
        batch.lodged.append(Lodged(name, detail, delivery))
        quarantined = events_pb2.DeliveryQuarantined(
            delivery_id=name,
            source_id=source,
            reason=reason,
            payload_bytes=len(raw),
            received_at=to_timestamp(received_at),
        )
        unreadable = internal_pb2.Candidate(unreadable=internal_pb2.Unreadable(delivery=quarantined))
        batch.news.append((name, unreadable, received_at, Told(result)))

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
        for (name, seen, received_at, told), identity, nonce in zip(
            batch.news, authors, nonces(len(authors)), strict=True
        ):
            if isinstance(seen, internal_pb2.Candidate):
                batch.queue(shard_of(name), seen, told)
                continue
            key = keys[identity]
            if key is None:  # erased for ever; nothing of this person may come back
                told(service_pb2.RESULT_IGNORED, 0)
                continue
            ciphertext = key.encrypt(nonce, seen.personal.SerializeToString())
            size = len(ciphertext) + _OUTSIDE_BYTES + 38 * len(seen.links)
            observed = batch.room(shard_of(name), size, told).add().observed
            personal = observed.post.personal
            personal.subject_id = identity
            personal.nonce = nonce
            personal.ciphertext = ciphertext
            _observe(observed, connected, seen, name, received_at)
            observed.post.content_digest = key.digest(seen.digested)
        if batch.lodged:
            await self._quarantine.keep(tenant, batch.lodged)

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
        answer = await self._shards.call(tenant, shard, call.request, internal_pb2.RecordPostsResponse)
        for told, result, revision in zip(call.told, answer.results, answer.revisions, strict=True):
            told(result, revision)
        return answer.position

    async def finish(self, batch: Batch, calls: Sequence[asyncio.Task[int]]) -> int:
        """Waits until all is durable, then withdraws the posts of authors who are gone; returns the position."""
        position = max(await asyncio.gather(*calls), default=0)
        for item, received_at, result in batch.gone:
            account = batch.connected.account
            identity = identity_id(account.channel, account.account_scope, item.author_id)
            for name in await self._authors.posts_of(batch.connected.tenant, identity):
                gone = _withdrawn(batch, name, item, received_at)
                batch.queue(shard_of(name), gone, _told(batch, result, name))
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
        told = await self._shards.call(tenant, shard, ask, internal_pb2.RecordPostsResponse)
        return (told.answer if told.HasField("answer") else None), told.position

    def _measure(self, batch: Batch) -> None:
        counts = Counter([result.result for result in batch.results])
        if silent := counts.pop(service_pb2.RESULT_UNSPECIFIED, 0):
            for result in batch.results:
                result.result = result.result or service_pb2.RESULT_IGNORED
            counts[service_pb2.RESULT_IGNORED] += silent
        for outcome, count in counts.items():
            _RESULTS.record(count, {"switchboard.result": _NAMES[outcome]})
        oldest = min([seen.published_at for _, seen, _, _ in batch.news if type(seen) is Observation], default=None)
        if oldest is not None:
            _LAG.record(
                max(0.0, (batch.now - oldest) / MICROS), {"switchboard.channel": batch.connected.account.channel}
            )


def _withdrawn(batch: Batch, name: str, item: Withdrawal | AuthorGone, received_at: Instant) -> internal_pb2.Candidate:
    withdrawn = events_pb2.PostWithdrawn(
        post_id=name,
        reason=item.reason,  # type: ignore[arg-type]  # an enum's number
        withdrawn_at=to_timestamp(received_at if item.at is None else item.at),
        received_at=to_timestamp(received_at),
        source_id=batch.connected.source.source_id,
    )
    return internal_pb2.Candidate(withdrawn=withdrawn)


def _fitting(item: Item) -> Item:
    """The item, or a flaw where its personal content is too large for a commit."""
    if isinstance(item, Observation) and item.personal.ByteSize() > PERSONAL_BYTES_MAX:
        detail = f"{item.where or 'the post'} has more than {PERSONAL_BYTES_MAX} bytes of content"
        return Flaw(item.where, Reason.TOO_LARGE, detail)
    return item


def _told(batch: Batch, result: service_pb2.DeliveryResult, name: str) -> Told:
    post = result.posts.add()
    post.post = f"tenants/{batch.connected.tenant}/posts/{name}"
    return Told(result, post)


def _observe(
    observed: internal_pb2.Observed, connected: Connected, seen: Observation, name: str, received_at: Instant
) -> None:
    """Fills in what is outside the seal. In place: building parts first and copying them in takes three times as
    long.
    """
    account = connected.account
    channel, scope = account.channel, account.account_scope
    stated = seen.author_kind
    if seen.author_id.casefold() in account.owned or (seen.handle and folded(seen.handle) in account.owned):
        direction = post_pb2.DIRECTION_OUTBOUND
        author_kind = stated if stated in _OURS else post_pb2.AUTHOR_KIND_BRAND_HUMAN
    else:
        direction = post_pb2.DIRECTION_OUTBOUND if stated in _BRANDS else post_pb2.DIRECTION_INBOUND
        author_kind = stated or post_pb2.AUTHOR_KIND_CUSTOMER
    post = observed.post
    post.post_id = name
    post.channel = channel
    post.source_id = connected.source.source_id
    post.kind = seen.kind  # type: ignore[assignment]  # enums' numbers, here and below
    post.direction = direction
    post.author_kind = author_kind  # type: ignore[assignment]
    post.identity_id = post.personal.subject_id
    if seen.conversation:
        post.conversation_id = conversation_id(channel, scope, seen.conversation)
    if seen.in_reply_to:
        post.in_reply_to = post_id(channel, scope, seen.in_reply_to)
    if seen.links:
        post.links.extend(sorted({post_id(channel, scope, link) for link in seen.links}))
    post.language = seen.language
    post.text_length = len(seen.personal.text)
    if seen.reach:
        post.reach = seen.reach
    post.visibility = seen.visibility  # type: ignore[assignment]
    _set(post.published_at, seen.published_at)
    _set(post.received_at, received_at)
    post.reply_quota_left = seen.reply_quota_left
    if seen.platform_revision:
        post.platform_revision = seen.platform_revision
    if seen.reply_window_expires_at is not None:
        _set(post.reply_window_expires_at, seen.reply_window_expires_at)
    if seen.edited_at is not None:
        _set(observed.edited_at, seen.edited_at)


def _set(timestamp: Timestamp, at: Instant) -> None:
    timestamp.seconds, rest = divmod(at, MICROS)
    if rest:
        timestamp.nanos = rest * 1000


def check_batch(deliveries: Sequence[service_pb2.Delivery], where: str) -> None:
    """Raises InvalidRequest for a batch that is none."""
    if not 1 <= len(deliveries) <= DELIVERIES_MAX:
        raise InvalidRequest([(where, f"1 to {DELIVERIES_MAX} deliveries are expected, not {len(deliveries)}")])
