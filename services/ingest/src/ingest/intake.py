"""From deliveries to durable facts: read, sealed and digested where they arrive; decided at their shards.

It knows adapters, the vault and how to reach a shard; not what a delivery means, and not what is news.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Protocol

from chassis import telemetry
from chassis.clock import MICROS, Clock, Instant, from_timestamp, to_timestamp
from chassis.errors import InvalidRequest
from chassis.sealing import KeyVault, SubjectKey
from chassis.shard import Request
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


Told = Callable[[int, int], None]
"""Takes a candidate's result and the post's revision."""


@dataclass(slots=True)
class Batch:
    """Deliveries of one source on their way: what was read of them, and where each shard's answers go."""

    connected: Connected
    now: Instant
    results: list[service_pb2.DeliveryResult] = field(default_factory=list)
    news: list[tuple[Observation | internal_pb2.Candidate, str | Instant, Told]] = field(default_factory=list)
    """What was read, in order: an observation to seal and when it came, or a candidate and its shard."""
    candidates: dict[str, list[tuple[internal_pb2.Candidate, Told]]] = field(default_factory=dict)
    gone: list[tuple[AuthorGone, Instant, service_pb2.DeliveryResult]] = field(default_factory=list)
    lodged: list[Lodged] = field(default_factory=list)
    flawed: dict[int, str] = field(default_factory=dict)
    """Index of a delivery that was not wholly read -> the id its bytes are kept under."""

    def queue(self, shard: str, candidate: internal_pb2.Candidate, told: Told) -> None:
        """Queues a candidate for its shard."""
        self.candidates.setdefault(shard, []).append((candidate, told))


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
        result = service_pb2.DeliveryResult()
        index = len(batch.results)
        batch.results.append(result)
        received_at = now
        try:
            if delivery.HasField("received_at"):
                received_at = plausible(from_timestamp(delivery.received_at), "received_at", now)
            items: list[Item]
            match delivery.WhichOneof("form"):
                case "payload":
                    items = channels.read(delivery.payload, delivery.content_type, account, now)
                case "normalized_post":
                    items = normalized.read(delivery.normalized_post, account, now)
                case _:
                    raise Unreadable(Reason.EMPTY, "neither payload nor normalized_post is set")
        except Unreadable as refusal:
            self._lodge(batch, index, delivery, refusal.reason, refusal.detail, received_at)
            return
        flaw: Flaw | None = None
        # A post's content is no longer than the payload it is read from, so only large payloads need a closer look.
        if delivery.ByteSize() > PERSONAL_BYTES_MAX // 2:
            items = [_fitting(item) for item in items]
        for item in items:
            match item:
                case Observation():
                    batch.news.append((item, received_at, _teller(batch, result, item.external_id)))
                case Withdrawal():
                    self._withdraw(batch, item, received_at, result)
                case AuthorGone():
                    batch.gone.append((item, received_at, result))
                case Flaw():
                    flaw = flaw or item
                    result.posts.add(result=service_pb2.RESULT_QUARANTINED, reason=item.reason, detail=item.detail)
        if flaw is not None:
            self._lodge(batch, index, delivery, flaw.reason, flaw.detail, received_at)
        elif again:
            source = batch.connected.source.source_id
            lodged = delivery_id(source, sha256(bytes_of(delivery)).hexdigest())
            requeued = events_pb2.DeliveryRequeued(delivery_id=lodged, at=to_timestamp(now))
            batch.news.append((internal_pb2.Candidate(requeued=requeued), shard_of(lodged), _nobody))

    def _withdraw(
        self, batch: Batch, item: Withdrawal, received_at: Instant, result: service_pb2.DeliveryResult
    ) -> None:
        account = batch.connected.account
        name = post_id(account.channel, account.account_scope, item.external_id)
        told = _teller(batch, result, item.external_id)
        batch.news.append((_withdrawn(batch, name, item, received_at), shard_of(name), told))

    def _lodge(  # noqa: PLR0917  (one argument per fact of the event)
        self, batch: Batch, index: int, delivery: service_pb2.Delivery, reason: str, detail: str, received_at: Instant
    ) -> None:
        """Puts a delivery in quarantine: its bytes for the store, the fact for the log."""
        source = batch.connected.source.source_id
        raw = bytes_of(delivery)
        name = delivery_id(source, sha256(raw).hexdigest())
        result = batch.results[index]
        result.reason, result.detail = reason, detail
        result.quarantined = f"tenants/{batch.connected.tenant}/quarantined/{name}"
        batch.flawed[index] = name
        batch.lodged.append(Lodged(name, detail, delivery))
        quarantined = events_pb2.DeliveryQuarantined(
            delivery_id=name,
            source_id=source,
            reason=reason,
            payload_bytes=len(raw),
            received_at=to_timestamp(received_at),
        )

        def told(outcome: int, _revision: int) -> None:
            for post in result.posts:
                if post.result == service_pb2.RESULT_QUARANTINED:
                    post.result = outcome  # type: ignore[assignment]  # an enum's number
            _raise_to(result, outcome)

        unreadable = internal_pb2.Candidate(unreadable=internal_pb2.Unreadable(delivery=quarantined))
        batch.news.append((unreadable, shard_of(name), told))

    async def seal(self, batch: Batch) -> None:
        """Makes candidates of what was observed: one look-up of keys for the batch; then keeps unreadable bytes."""
        connected = batch.connected
        account, tenant = connected.account, connected.tenant
        channel, scope = account.channel, account.account_scope
        authors = [
            identity_id(channel, scope, seen.author_id) if isinstance(seen, Observation) else ""
            for seen, _, _ in batch.news
        ]
        wanted = {identity for identity in authors if identity}
        keys = await self._vault.keys(tenant, wanted) if wanted else {}
        for (seen, where_or_when, told), identity in zip(batch.news, authors, strict=True):
            if isinstance(seen, internal_pb2.Candidate):
                assert isinstance(where_or_when, str)
                batch.queue(where_or_when, seen, told)
                continue
            key = keys[identity]
            if key is None:  # erased for ever; nothing of this person may come back
                told(service_pb2.RESULT_IGNORED, 0)
                continue
            assert isinstance(where_or_when, int)
            candidate = _candidate(connected, seen, identity, key, where_or_when)
            batch.queue(shard_of(candidate.observed.post.post_id), candidate, told)
        if batch.lodged:
            await self._quarantine.keep(tenant, batch.lodged)

    def begin(self, batch: Batch) -> list[asyncio.Task[int]]:
        """Starts the calls to the shards, in order; each ends with the position at which its part is durable."""
        tasks = []
        tenant = batch.connected.tenant
        for shard, pairs in batch.candidates.items():
            tasks += [asyncio.create_task(self._call(tenant, shard, part)) for part in _parts(pairs)]
        batch.candidates.clear()
        return tasks

    async def _call(self, tenant: str, shard: str, pairs: list[tuple[internal_pb2.Candidate, Told]]) -> int:
        request = internal_pb2.RecordPostsRequest(candidates=[candidate for candidate, _ in pairs])
        answer = await self._shards.call(tenant, shard, request, internal_pb2.RecordPostsResponse)
        for (_, told), result, revision in zip(pairs, answer.results, answer.revisions, strict=True):
            told(result, revision)
        return answer.position

    async def finish(self, batch: Batch, calls: Sequence[asyncio.Task[int]]) -> int:
        """Waits until all is durable, then withdraws the posts of authors who are gone; returns the position."""
        position = max(await asyncio.gather(*calls), default=0)
        for item, received_at, result in batch.gone:
            account = batch.connected.account
            identity = identity_id(account.channel, account.account_scope, item.author_id)
            for name in await self._authors.posts_of(batch.connected.tenant, identity):
                told = _teller(batch, result, "", name)
                batch.queue(shard_of(name), _withdrawn(batch, name, item, received_at), told)
        if batch.candidates:
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
        counts: dict[int, int] = {}
        for result in batch.results:
            if result.result == service_pb2.RESULT_UNSPECIFIED:
                result.result = service_pb2.RESULT_IGNORED
            counts[result.result] = counts.get(result.result, 0) + 1
        for outcome, count in counts.items():
            _RESULTS.record(count, {"switchboard.result": _NAMES[outcome]})
        published = [seen.published_at for seen, _, _ in batch.news if isinstance(seen, Observation)]
        if published:
            oldest = min(published)
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


def _nobody(_result: int, _revision: int) -> None:
    """For candidates nobody is told about."""


def _teller(batch: Batch, result: service_pb2.DeliveryResult, external_id: str, name: str = "") -> Told:
    account = batch.connected.account
    post = result.posts.add()
    name = name or post_id(account.channel, account.account_scope, external_id)
    post.post = f"tenants/{batch.connected.tenant}/posts/{name}"

    def told(outcome: int, revision: int) -> None:
        post.result = outcome  # type: ignore[assignment]  # an enum's number
        post.revision = revision
        _raise_to(result, outcome)

    return told


def _raise_to(result: service_pb2.DeliveryResult, outcome: int) -> None:
    """A delivery's result is the most significant one of its parts."""
    if result.result == service_pb2.RESULT_UNSPECIFIED or _SIGNIFICANCE[outcome] < _SIGNIFICANCE[result.result]:
        result.result = outcome  # type: ignore[assignment]  # an enum's number


def _parts(
    pairs: list[tuple[internal_pb2.Candidate, Told]],
) -> list[list[tuple[internal_pb2.Candidate, Told]]]:
    parts: list[list[tuple[internal_pb2.Candidate, Told]]] = [[]]
    size = 0
    for pair in pairs:
        bytes_of_pair = pair[0].ByteSize()
        if parts[-1] and (len(parts[-1]) >= CANDIDATES_MAX or size + bytes_of_pair > CALL_BYTES_MAX):
            parts.append([])
            size = 0
        parts[-1].append(pair)
        size += bytes_of_pair
    return parts


def _candidate(
    connected: Connected, seen: Observation, identity: str, key: SubjectKey, received_at: Instant
) -> internal_pb2.Candidate:
    account = connected.account
    channel, scope = account.channel, account.account_scope
    stated = seen.author_kind
    if seen.author_id.casefold() in account.owned or (seen.handle and folded(seen.handle) in account.owned):
        direction = post_pb2.DIRECTION_OUTBOUND
        author_kind = stated if stated in _OURS else post_pb2.AUTHOR_KIND_BRAND_HUMAN
    else:
        direction = post_pb2.DIRECTION_OUTBOUND if stated in _BRANDS else post_pb2.DIRECTION_INBOUND
        author_kind = stated or post_pb2.AUTHOR_KIND_CUSTOMER
    # Filled in place: building the parts first and copying them in takes three times as long.
    candidate = internal_pb2.Candidate()
    observed = candidate.observed
    post = observed.post
    post.post_id = post_id(channel, scope, seen.external_id)
    post.channel = channel
    post.source_id = connected.source.source_id
    post.kind = seen.kind  # type: ignore[assignment]  # enums' numbers, here and below
    post.direction = direction
    post.author_kind = author_kind  # type: ignore[assignment]
    post.identity_id = identity
    if seen.conversation:
        post.conversation_id = conversation_id(channel, scope, seen.conversation)
    if seen.in_reply_to:
        post.in_reply_to = post_id(channel, scope, seen.in_reply_to)
    if seen.links:
        post.links.extend(sorted({post_id(channel, scope, link) for link in seen.links}))
    post.language = seen.language
    post.text_length = len(seen.personal.text)
    post.reach = seen.reach
    post.visibility = seen.visibility  # type: ignore[assignment]
    _set(post.published_at, seen.published_at)
    _set(post.received_at, received_at)
    post.reply_quota_left = seen.reply_quota_left
    post.platform_revision = seen.platform_revision
    post.content_digest = key.digest(seen.digested)
    post.personal.CopyFrom(key.seal(seen.personal.SerializeToString()))
    if seen.reply_window_expires_at is not None:
        _set(post.reply_window_expires_at, seen.reply_window_expires_at)
    if seen.edited_at is not None:
        _set(observed.edited_at, seen.edited_at)
    return candidate


def _set(timestamp: Timestamp, at: Instant) -> None:
    timestamp.seconds, rest = divmod(at, MICROS)
    timestamp.nanos = rest * 1000


def check_batch(deliveries: Sequence[service_pb2.Delivery], where: str) -> None:
    """Raises InvalidRequest for a batch that is none."""
    if not 1 <= len(deliveries) <= DELIVERIES_MAX:
        raise InvalidRequest([(where, f"1 to {DELIVERIES_MAX} deliveries are expected, not {len(deliveries)}")])
