"""Reads deliveries: what each says of which post, what cannot be read, what may not enter the log. Pure.

Whatever a delivery holds, it has a verdict, and what is read of it can be held by whoever reads the log (`validation`).
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256

from chassis.clock import Instant, from_timestamp
from chassis.identity import uuid5
from switchboard.ingest.v1 import events_structs, service_pb2

from ingest import channels, facts
from ingest.batch import Batch, OfAuthor, Part, Reading, Recipient, Verdict
from ingest.channels import normalized, rows
from ingest.instants import plausible
from ingest.normalise import (
    AuthorGone,
    Flaw,
    Item,
    LocationGone,
    Observation,
    Reason,
    Unreadable,
    Withdrawal,
    delivery_id,
)
from ingest.validation import admitted
from ingest.views.quarantined import QuarantineEntry, bytes_of
from ingest.views.source_directory import Connected


def read(
    connected: Connected, deliveries: Sequence[service_pb2.Delivery], now: Instant, *, again: bool = False
) -> Batch:
    """Reads a batch; never raises for what is in a delivery. `again`: for deliveries out of the quarantine."""
    batch = Batch(connected, now, deliveries)
    for delivery in deliveries:
        _read_one(batch, delivery, again)
    return batch


def _read_one(batch: Batch, delivery: service_pb2.Delivery, again: bool) -> None:
    now, spaces = batch.now, batch.connected.account.spaces
    verdict = Verdict(len(batch.verdicts), [], now)
    batch.verdicts.append(verdict)
    received_at = now
    try:
        if delivery.HasField("received_at"):
            received_at = plausible(from_timestamp(delivery.received_at), "received_at", now)
            verdict.received_at = received_at
        items = _items(batch, delivery, again)
    except Unreadable as refusal:
        quarantine(batch, verdict, refusal.reason, refusal.detail, received_at)
        return
    flaw: Flaw | None = None
    for read in items:
        item = admitted(read, now)
        if type(item) is Observation:
            name = uuid5(spaces.post, item.external_id)
            author = uuid5(spaces.identity, item.author_id)
            batch.readings.append(Reading(name, item, received_at, part_of(verdict, name, item.where), author))
            if item.repost_of:  # the original stands in the delivery as well
                verdict.repeats.append(uuid5(spaces.post, item.repost_of))
        elif isinstance(item, Withdrawal):
            name = uuid5(spaces.post, item.external_id)
            fact = facts.withdrawn(batch.connected, name, item, received_at)
            batch.readings.append(Reading(name, fact, received_at, part_of(verdict, name)))
        elif isinstance(item, AuthorGone | LocationGone):
            batch.of_authors.append(OfAuthor(item, received_at, verdict))
        elif isinstance(item, Flaw):
            flaw = flaw or item
            verdict.parts.append(Part("", service_pb2.RESULT_QUARANTINED, 0, item.reason, item.detail))
    if flaw is not None:
        quarantine(batch, verdict, flaw.reason, flaw.detail, received_at)
    elif again:
        source = batch.connected.source.source_id
        name = delivery_id(source, sha256(bytes_of(delivery)).hexdigest())
        requeued = events_structs.DeliveryRequeued(delivery_id=name, at=now)
        batch.readings.append(Reading(name, requeued, now, Recipient(Verdict(verdict.number, []))))


def _items(batch: Batch, delivery: service_pb2.Delivery, again: bool) -> list[Item]:
    """Raises Unreadable for the delivery as a whole."""
    account, now = batch.connected.account, batch.now
    if payload := delivery.payload:
        return channels.read(payload, delivery.content_type, account, now)
    if delivery.HasField("normalized_post"):
        return normalized.read(delivery.normalized_post, account, now)
    if delivery.HasField("row"):
        return rows.read(delivery.row, account, now, again=again)
    if delivery.HasField("payload"):
        return channels.read(payload, delivery.content_type, account, now)
    raise Unreadable(Reason.EMPTY, "none of payload, normalized_post and row is set")


def quarantine(batch: Batch, verdict: Verdict, reason: str, detail: str, received_at: Instant) -> None:
    """Puts a delivery in quarantine, once: its bytes for the store, the fact for the log."""
    if verdict.number in batch.quarantined:
        return
    source = batch.connected.source.source_id
    delivery = batch.deliveries[verdict.number]
    raw = bytes_of(delivery)
    name = delivery_id(source, sha256(raw).hexdigest())
    verdict.reason, verdict.detail = reason, detail
    verdict.quarantined = f"tenants/{batch.connected.tenant}/quarantined/{name}"
    batch.quarantined[verdict.number] = name
    posts = (*(part.post_id for part in verdict.parts if part.post_id), *verdict.repeats)
    batch.to_quarantine.append(QuarantineEntry(name, source, detail, delivery, posts))
    fact = events_structs.DeliveryQuarantined(
        delivery_id=name,
        source_id=source,
        reason=reason,
        payload_bytes=len(raw),
        received_at=received_at,
    )
    batch.readings.append(Reading(name, fact, received_at, Recipient(verdict)))


def part_of(verdict: Verdict, name: str, where: str = "") -> Recipient:
    """A further part of a delivery, about one post that stands in it at `where`."""
    part = Part(name, where=where)
    verdict.parts.append(part)
    return Recipient(verdict, part)
