"""Facts to protobuf messages and back. The two facts that posts lead to are written out; the rest goes by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, cast

from chassis.clock import MICROS, from_timestamp
from chassis.codec import Codec
from google.protobuf.message import Message
from switchboard.crm.v1 import events_pb2 as pb

from crm_sync import events
from crm_sync.events import DIGEST_BYTES, Assertion, Standing

_BY_HAND = ("IdentityObserved", "AttributesAsserted", "Assertion", "Standing")
_CODEC: Codec[Any] = Codec(
    (
        events.IdentitiesLinked,
        events.IdentitiesUnlinked,
        events.LinkForbidden,
        events.ConflictRaised,
        events.ProfileWithdrawn,
        events.SubjectErased,
    ),
    pb,
    elsewhere=_BY_HAND,
)


def said_into(message: pb.Assertion, said: Assertion) -> None:
    """Fills in an empty message."""
    message.purpose = said.purpose
    message.profile_digest = said.profile_digest
    message.names.extend(said.names)
    message.digests = said.digests
    message.confidences_permille.extend(said.confidences_permille)
    if said.places:
        message.places.extend(said.places)
    for at, contact, verified, unique in said.standings:
        message.standings.add(at=at, contact=contact, verified=verified, unique=unique)


def said_of(message: pb.Assertion) -> Assertion:
    """The assertion of a message. Raises ValueError when its columns do not fit together."""
    names, digests = tuple(message.names), message.digests
    confidences, places = tuple(message.confidences_permille), tuple(message.places)
    standings = tuple([Standing(one.at, one.contact, one.verified, one.unique) for one in message.standings])
    count = len(names)
    if (
        len(digests) != DIGEST_BYTES * count
        or len(places) not in (0, count)
        or len(confidences) not in (min(1, count), count)
        or (standings and standings[-1].at >= count)
    ):
        raise ValueError("the columns of an assertion differ in length")
    return Assertion(message.purpose, names, digests, places, confidences, standings, message.profile_digest)


def _observed(event: events.IdentityObserved) -> pb.IdentityObserved:
    identity_id, founded_customer_id, channel, source, names_digest, content, said, cause_id, at = event
    message = pb.IdentityObserved()
    message.identity_id = identity_id
    message.founded_customer_id = founded_customer_id
    message.channel = channel
    message.source = source
    message.names_digest = names_digest
    message.cause_id = cause_id
    message.content.CopyFrom(content)
    if said is not None:
        said_into(message.said, said)
    when = message.at
    when.seconds, micros = divmod(at, MICROS)
    when.nanos = 1000 * micros
    return message


def _asserted(event: events.AttributesAsserted) -> pb.AttributesAsserted:
    message = pb.AttributesAsserted(
        identity_id=event.identity_id, source=event.source, content=event.content, cause_id=event.cause_id
    )
    said_into(message.said, event.said)
    when = message.observed_at
    when.seconds, micros = divmod(event.observed_at, MICROS)
    when.nanos = 1000 * micros
    return message


def observed_of(message: pb.IdentityObserved) -> events.IdentityObserved:
    """The fact of a message."""
    return events.IdentityObserved(
        message.identity_id,
        message.founded_customer_id,
        message.channel,
        message.source,
        message.names_digest,
        message.content,
        said_of(message.said) if message.HasField("said") else None,
        message.cause_id,
        from_timestamp(message.at),
    )


def asserted_of(message: pb.AttributesAsserted) -> events.AttributesAsserted:
    """The fact of a message."""
    return events.AttributesAsserted(
        message.identity_id,
        message.source,
        message.content,
        said_of(message.said),
        message.cause_id,
        from_timestamp(message.observed_at),
    )


_ENCODERS: Mapping[type, Callable[[Any], Message]] = {
    events.IdentityObserved: _observed,
    events.AttributesAsserted: _asserted,
}
_DECODERS: Mapping[type, Callable[[Any], events.Event]] = {
    pb.IdentityObserved: observed_of,
    pb.AttributesAsserted: asserted_of,
}


def encode(event: events.Event) -> Message:
    """The message of a fact."""
    encoder = _ENCODERS.get(type(event))
    return _CODEC.encode(event) if encoder is None else encoder(event)


def decode(message: Message) -> events.Event:
    """The fact of a message. Raises ValueError for a message that lacks something."""
    decoder = _DECODERS.get(type(message))
    return cast(events.Event, _CODEC.decode(message)) if decoder is None else decoder(message)
