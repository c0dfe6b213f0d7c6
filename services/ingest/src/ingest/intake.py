"""From deliveries to durable facts: read, sealed and digested where they arrive; decided at their shards.

It knows adapters, the vault and how to reach a shard; not what a delivery means, and not what is news.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from hashlib import sha256
from typing import Protocol

from chassis import telemetry
from chassis.clock import MICROS, Clock, Instant
from chassis.commands import Request
from chassis.errors import InvalidRequest
from chassis.sealing import SealBroken, nonces, unreadable
from chassis.vault import KeyVault
from switchboard.ingest.v1 import events_pb2, events_structs, internal_pb2, service_pb2

from ingest import facts
from ingest.batch import Batch, Call, Held, OfVersion, Recipient, Verdict, Version
from ingest.decider import Announcement, Candidate, key_of
from ingest.events import PostReceived
from ingest.normalise import AuthorGone, LocationGone, Observation, Reason, Withdrawal, delivery_id, identity_id
from ingest.reading import part_of, quarantine, read
from ingest.shards import SHARDS, Said, shard_of
from ingest.views.posts import PostRow
from ingest.views.quarantined import Quarantine, bytes_of
from ingest.views.source_directory import Connected

DELIVERIES_MAX = 1_000
ANSWER_POSTS_MAX = 1_000
"""Posts in an answer that is kept. Against: one takes 140 bytes, a commit holds 512 KiB."""
ANSWER_WAIT_S = 2.0
"""How long a repeated request waits for the answer of the call that is at it. Against: a commit is durable in
milliseconds, and a shard that moves answers within the 6 s a call waits for it.
"""
ANSWER_LOOK_S = 0.02
_ANNOUNCEMENT_BYTES = 300
"""More than any candidate without content takes: three ids, a source, two instants."""
_BESIDE_BYTES = 100
"""More than a candidate takes beside the fact it carries: an id of 36 bytes, a digest of 16, numbers."""

_ANOTHERS = "is known as another author's post; look whether the ids are whole, spreadsheets round long ones"

_RESULTS = telemetry.Instrument("switchboard.ingest.results")
_LAG = telemetry.Instrument("switchboard.ingest.lag")
_NAMES: Mapping[int, str] = {value: name.removeprefix("RESULT_") for name, value in service_pb2.Result.items()}


class Shards(Protocol):
    """Reaches the owner of a `post` shard."""

    async def call(
        self,
        tenant: str,
        shard: str,
        request: Said | internal_pb2.RecordPostsRequest,
        response: type[internal_pb2.RecordPostsResponse],
    ) -> internal_pb2.RecordPostsResponse: ...


class Taken(Protocol):
    """What was taken in before, as of the log's present end or later."""

    async def posts_of(self, tenant: str, identity: str, until: Instant) -> Sequence[str]:
        """The posts an author published until then that are still there."""

    async def versions(self, tenant: str, ids: Sequence[str]) -> Mapping[str, PostRow]:
        """Posts by id, sealed."""


class Intake:
    """Takes deliveries. One per process; safe for any number of batches at once."""

    def __init__(self, *, vault: KeyVault, shards: Shards, taken: Taken, quarantine: Quarantine, clock: Clock) -> None:
        self._vault = vault
        self._shards = shards
        self._taken = taken
        self._quarantine = quarantine
        self._clock = clock

    def read(self, connected: Connected, deliveries: Sequence[service_pb2.Delivery], *, again: bool = False) -> Batch:
        """Reads a batch; never raises for what is in a delivery. `again`: for deliveries out of the quarantine."""
        return read(connected, deliveries, self._clock.now(), again=again)

    async def seal(self, batch: Batch) -> None:
        """Makes candidates of what was read: one look-up of keys for the batch; then keeps unreadable bytes."""
        tenant = batch.connected.tenant
        authors = [reading.author for reading in batch.readings if reading.author]
        keys = await self._vault.keys(tenant, set(authors)) if authors else {}
        drawn = iter(nonces(2 * len(authors)))
        at = 0
        while at < len(batch.readings):  # grows by what is put in quarantine on the way
            reading = batch.readings[at]
            said, recipient = reading.said, reading.recipient
            at += 1
            if not isinstance(said, Observation):
                requeued = isinstance(said, events_structs.DeliveryRequeued)
                if requeued and recipient.verdict.number in batch.quarantined:
                    pass  # it went back into quarantine on the way
                elif requeued and batch.held:  # not before all of it is said
                    batch.moved.append((said, recipient))
                else:
                    queue(batch, said, recipient)
                continue
            batch.oldest = said.published_at if batch.oldest is None else min(batch.oldest, said.published_at)
            key, fresh = keys[reading.author], (next(drawn), next(drawn))
            if key is None:  # erased for ever; nothing of this person may come back
                recipient(service_pb2.RESULT_IGNORED, 0)
                continue
            try:
                post = facts.received(batch.connected, said, reading.id, reading.received_at, key, fresh)
            except SealBroken as lost:
                unreadable(reading.author, lost)
                detail = "the key of an author cannot be used at the moment; requeue when it can"
                if recipient.part is not None:
                    recipient.part.reason, recipient.part.detail = Reason.KEY_LOST, detail
                recipient(service_pb2.RESULT_QUARANTINED, 0)
                quarantine(batch, recipient.verdict, Reason.KEY_LOST, detail, reading.received_at)
                continue
            if said.alias_ids:
                held = Held(post, recipient)
                batch.held.append(held)
                for alias in facts.aliased(batch.connected, said, reading.id, reading.received_at):
                    queue(batch, alias, OfVersion(recipient.verdict, held=held))
            else:
                queue(batch, post, recipient)
        batch.readings.clear()
        if batch.to_quarantine:
            await self._quarantine.keep(tenant, batch.to_quarantine)
            batch.to_quarantine.clear()

    def begin(self, batch: Batch) -> list[asyncio.Task[int]]:
        """Starts the calls to the shards, in order; each ends with the position at which its part is durable."""
        tasks = [
            asyncio.create_task(self._call(batch, shard, call))
            for shard, calls in batch.calls.items()
            for call in calls
        ]
        batch.calls.clear()
        return tasks

    async def _call(self, batch: Batch, shard: str, call: Call) -> int:
        """Takes what the shard answers to whom it is for, and notes what has to be said elsewhere or put away."""
        tenant, ask = batch.connected.tenant, Said(call.candidates, call.size)
        answer = await self._shards.call(tenant, shard, ask, internal_pb2.RecordPostsResponse)
        answers = zip(call.candidates, call.recipients, answer.results, answer.revisions, strict=True)
        for candidate, recipient, result, revision in answers:
            if result == service_pb2.RESULT_QUARANTINED and isinstance(candidate, PostReceived):
                batch.refused.append(recipient)
            else:
                recipient(result, revision)
        for moved in answer.moved:
            recipient = call.recipients[moved.place]
            said = call.candidates[moved.place]
            if isinstance(said, events_structs.PostAliased):
                of_delivery = recipient.verdict.number
                batch.versions[said.alias_id] = Version(said, moved.post_id, moved.number, of_delivery)
                continue
            if recipient.part is not None:
                recipient.part.post_id = moved.post_id
            published_at = Instant(moved.published_at_us) if moved.published_at_us else None
            batch.moved.append((facts.of_another(said, moved.post_id, moved.number, published_at), recipient))
        return answer.position

    async def _follow(self, batch: Batch) -> int:
        """Says what waited for ids of versions, and of their posts what was said of those ids; returns the position.

        A version's id and the post it means may be in two shards. Whatever was said of either first, the id's shard saw
        both, and so did whoever came second: they say the rest. What a crash leaves unsaid is said when the platform
        or the caller delivers again, since an id answers what it means every time.
        """
        position = 0
        while batch.held or batch.moved or batch.versions:
            said: list[tuple[Recipient, Candidate, bool]]
            said = [(held.recipient, held.post, held.is_gone) for held in batch.held]
            said += [(recipient, candidate, False) for candidate, recipient in batch.moved]
            batch.held.clear()
            batch.moved.clear()
            for recipient, candidate, is_gone in sorted(said, key=lambda each: each[0].verdict.number):
                if is_gone and isinstance(candidate, PostReceived):
                    gone = Withdrawal("", "", events_pb2.WITHDRAWAL_REASON_DELETED, None)
                    fact = facts.withdrawn(batch.connected, candidate.post_id, gone, recipient.verdict.received_at)
                    queue(batch, fact, Recipient(Verdict(recipient.verdict.number, [])))
                queue(batch, candidate, recipient)
            position = max([position, *(await asyncio.gather(*self.begin(batch)))])
            if batch.versions:
                position = max(position, await self._bring_over(batch))
        return position

    async def _bring_over(self, batch: Batch) -> int:
        """Says of their posts what came under the ids of versions before; returns the position.

        The post comes first, then the version stops being a post of its own: whoever reads the log never finds the
        customer gone in between, and what a crash leaves half done is done when the id's chain comes again.
        """
        versions = dict(batch.versions)
        batch.versions.clear()
        rows = await self._taken.versions(batch.connected.tenant, list(versions))
        told = {name: Recipient(Verdict(version.of_delivery, [])) for name, version in versions.items()}
        for name, version in versions.items():
            if row := rows.get(name):
                for candidate in facts.brought_over(row, version.post_id, version.number):
                    queue(batch, candidate, told[name])
        position = max(await asyncio.gather(*self.begin(batch)), default=0)
        for name, recipient in told.items():
            if recipient.verdict.result:  # taken, or known to be gone; not refused
                queue(batch, facts.superseded(versions[name].alias), Recipient(Verdict(versions[name].of_delivery, [])))
        return max([position, *(await asyncio.gather(*self.begin(batch)))])

    async def _put_away(self, batch: Batch) -> int:
        """Quarantines the deliveries of posts with the id of another author's; returns the position."""
        for recipient in batch.refused:
            verdict, part = recipient.verdict, recipient.part
            place = f"the id of {part.where}" if part is not None and part.where else "its id"
            detail = f"{place} {_ANOTHERS}"
            if part is not None:
                part.result, part.reason, part.detail = service_pb2.RESULT_QUARANTINED, Reason.AUTHOR_DIFFERS, detail
            quarantine(batch, verdict, Reason.AUTHOR_DIFFERS, detail, verdict.received_at)
        batch.refused.clear()
        await self.seal(batch)
        return max(await asyncio.gather(*self.begin(batch)), default=0)

    async def _let_go(self, batch: Batch) -> int:
        """Records of files that lay in quarantine and were read this time, by another mapping, leave it; returns the
        position. One look-up for a batch with records.
        """
        tenant, source = batch.connected.tenant, batch.connected.source.source_id
        refused = set(batch.quarantined.values())
        taken = {
            name: delivery
            for delivery in batch.deliveries
            if delivery.HasField("row") and not delivery.row.is_reply
            if (name := delivery_id(source, sha256(bytes_of(delivery)).hexdigest())) not in refused
        }
        lodged = await self._quarantine.lodged(tenant, list(taken)) if taken else []
        # The reply of a record comes as a delivery of its own, and is kept under the same id where it cannot be read.
        whole = [name for name in lodged if not self.read(batch.connected, [taken[name]], again=True).quarantined]
        for name in whole:
            requeued = events_structs.DeliveryRequeued(delivery_id=name, at=batch.now)
            queue(batch, requeued, Recipient(Verdict(0, [])))
        position = max(await asyncio.gather(*self.begin(batch)), default=0)
        for name in whole:
            await self._quarantine.release(tenant, name)
        return position

    async def finish(self, batch: Batch, calls: Sequence[asyncio.Task[int]]) -> int:
        """Waits until all is durable, then says what is said of all posts of an author; returns the position."""
        position = max(await asyncio.gather(*calls), default=0)
        position = max(position, await self._follow(batch))
        account = batch.connected.account
        gone = [
            (identity_id(account.channel, account.account_scope, item.author_id), item, received_at, verdict)
            for item, received_at, verdict in batch.of_authors
            if isinstance(item, AuthorGone)
        ]
        unplaced = [
            (identity_id(account.channel, account.account_scope, item.author_id), item, received_at, verdict)
            for item, received_at, verdict in batch.of_authors
            if isinstance(item, LocationGone)
        ]
        authors: list[tuple[Announcement, Verdict]] = [
            (facts.author_withdrawn(batch.connected, identity, item, received_at), verdict)
            for identity, item, received_at, verdict in gone
        ]
        authors += [
            (facts.author_location_removed(batch.connected, identity, told, received_at), verdict)
            for identity, told, received_at, verdict in unplaced
        ]
        for author, verdict in authors:  # first, so that none can come behind what is found below
            for shard in SHARDS:
                batch.queue(shard, author, _ANNOUNCEMENT_BYTES, Recipient(Verdict(verdict.number, [])))
        if authors:
            position = max(position, *(await asyncio.gather(*self.begin(batch))))
        for identity, item, received_at, verdict in gone:
            for name in await self._taken.posts_of(batch.connected.tenant, identity, item.at or received_at):
                fact = facts.withdrawn(batch.connected, name, item, received_at)
                queue(batch, fact, part_of(verdict, name))
        for identity, told, received_at, verdict in unplaced:
            until = told.until or told.at or received_at
            for name in await self._taken.posts_of(batch.connected.tenant, identity, until):
                removed = facts.location_removed(batch.connected, name, told, received_at)
                queue(batch, removed, part_of(verdict, name))
        if batch.calls:
            position = max(position, *(await asyncio.gather(*self.begin(batch))))
        if batch.refused:
            position = max(position, await self._put_away(batch))
        position = max(position, await self._let_go(batch))
        batch.deliveries = ()
        self._measure(batch)
        return position

    async def take(self, batch: Batch) -> int:
        """`seal`, `begin` and `finish` for a batch that nobody overtakes."""
        await self.seal(batch)
        return await self.finish(batch, self.begin(batch))

    async def once(
        self, tenant: str, request: Request, do: Callable[[], Awaitable[tuple[service_pb2.DeliveryResult, int]]]
    ) -> tuple[service_pb2.DeliveryResult, int]:
        """Does what a request asks for unless it was done; returns (its answer, a position that includes it).

        The id is claimed before anything is done, so of several bodies one has an effect, and the others are refused
        with RequestIdReused. Of several calls with that body one does it, and all get its answer. When that one does
        not come to an end in time, another does it again, which changes nothing that was done: a post is a DUPLICATE
        of itself.
        """
        mine = os.urandom(16)
        give_up_at = time.monotonic() + ANSWER_WAIT_S
        claim = await self._claim(tenant, request, mine)
        while claim.claimant != mine and not claim.HasField("answer") and time.monotonic() < give_up_at:
            await asyncio.sleep(ANSWER_LOOK_S)
            claim = await self._claim(tenant, request, mine)
        if claim.HasField("answer"):
            return claim.answer, claim.position
        result, position = await do()
        del result.posts[ANSWER_POSTS_MAX:]
        ask = internal_pb2.RecordPostsRequest(
            request_id=request.request_id, request_digest=request.digest, answer=result
        )
        kept = await self._of_request(tenant, ask)
        return kept.answer, max(position, kept.position)

    async def _claim(self, tenant: str, request: Request, claimant: bytes) -> internal_pb2.RecordPostsResponse:
        return await self._of_request(
            tenant,
            internal_pb2.RecordPostsRequest(
                request_id=request.request_id, request_digest=request.digest, claimant=claimant
            ),
        )

    async def _of_request(self, tenant: str, ask: internal_pb2.RecordPostsRequest) -> internal_pb2.RecordPostsResponse:
        shard = shard_of(ask.request_id.hex())
        return await self._shards.call(tenant, shard, ask, internal_pb2.RecordPostsResponse)

    def _measure(self, batch: Batch) -> None:
        for verdict in batch.verdicts:
            verdict.result = verdict.result or service_pb2.RESULT_IGNORED
        for outcome, count in Counter([verdict.result for verdict in batch.verdicts]).items():
            _RESULTS.record(count, {"switchboard.result": _NAMES[outcome]})
        if batch.oldest is not None:
            behind_s = max(0.0, (batch.now - batch.oldest) / MICROS)
            _LAG.record(behind_s, {"switchboard.channel": batch.connected.account.channel})


def queue(batch: Batch, candidate: Candidate, recipient: Recipient) -> None:
    """Puts a candidate among what the batch says to its shard."""
    size = len(candidate.encoded) + _BESIDE_BYTES if isinstance(candidate, PostReceived) else _ANNOUNCEMENT_BYTES
    batch.queue(shard_of(key_of(candidate)), candidate, size, recipient)


def check_batch(deliveries: Sequence[service_pb2.Delivery], where: str) -> None:
    """Raises InvalidRequest for a batch that is none."""
    if not 1 <= len(deliveries) <= DELIVERIES_MAX:
        raise InvalidRequest([(where, f"1 to {DELIVERIES_MAX} deliveries are expected, not {len(deliveries)}")])
