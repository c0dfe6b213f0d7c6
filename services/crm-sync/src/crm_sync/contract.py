"""The facts of `crm` as they stand in the log, and what a source said as a message between replicas."""

from __future__ import annotations

from typing import Any, get_args

from chassis.codec import Codec
from chassis.commits import Recorded
from chassis.layout import UnreadableEvent
from switchboard.crm.v1 import events_pb2 as pb

from crm_sync import events
from crm_sync.events import Assertion, Standing

_CODEC: Codec[Any] = Codec(get_args(events.Event), pb)
encode = _CODEC.encode
message = _CODEC.message


def decode(recorded: Recorded) -> events.Event:
    """The fact that was recorded. Raises UnreadableEvent for one that lacks something, or whose columns differ in
    length.
    """
    fact: events.Event = _CODEC.decode(recorded)
    if isinstance(fact, SAYING) and fact.said is not None and not fact.said.is_whole:
        raise UnreadableEvent("the columns of an assertion differ in length")
    return fact


SAYING = (events.IdentityObserved, events.AttributesAsserted)
"""The facts with an assertion."""


def said_into(message: pb.Assertion, said: Assertion) -> None:
    """Fills in an empty message."""
    message.purpose = said.purpose
    message.profile_digest = said.profile_digest
    message.names.extend(said.names)
    message.digests = said.digests
    message.confidences_permille.extend(said.confidences_permille)
    if said.places:
        message.places.extend(said.places)
    for one in said.standings:
        message.standings.add(at=one.at, contact=one.contact, verified=one.verified, unique=one.unique)


def said_of(message: pb.Assertion) -> Assertion:
    """The assertion of a message. Raises ValueError when its columns do not fit together."""
    said = Assertion(
        message.purpose,
        tuple(message.names),
        message.digests,
        tuple(message.places),
        tuple(message.confidences_permille),
        tuple([Standing(one.at, one.contact, one.verified, one.unique) for one in message.standings]),
        message.profile_digest,
    )
    if not said.is_whole:
        raise ValueError("the columns of an assertion differ in length")
    return said
