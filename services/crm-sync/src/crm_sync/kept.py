"""The facts a row keeps of an identity: those with a name or a value that no later one replaced. Values stay sealed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from switchboard.crm.v1 import events_pb2, internal_pb2
from switchboard.log.v1.log_pb2 import Sealed

from crm_sync import events
from crm_sync.contract import asserted_of, observed_of
from crm_sync.events import AssertedAttribute, Assertion


class Candidate(NamedTuple):
    """What one source said last in one slot; the value is at `place` of the sealed `content`."""

    tenant: str
    identity_id: str
    attribute: str
    source: str
    verified: bool
    contact: bytes
    unique: bool
    content: Sealed
    place: int
    digest: bytes
    confidence_permille: int
    observed_at: int
    purpose: str
    event_id: bytes
    cause_id: bytes


def first(event_id: bytes, observed: bytes) -> bytes:
    """What a row keeps of the founding fact: a KeptFacts around its bytes, which need not be taken apart for that."""
    fact = b"\x0a" + _sized(event_id) + b"\x12" + _sized(observed)
    return b"\x0a" + _sized(fact)


def _sized(part: bytes) -> bytes:
    """Bytes behind their length, as protobuf writes a message within a message."""
    size = len(part)
    head = bytearray()
    while size > 0x7F:
        head.append(size & 0x7F | 0x80)
        size >>= 7
    head.append(size)
    return bytes(head) + part


def added(before: bytes, event_id: bytes, body: events_pb2.IdentityObserved | events_pb2.AttributesAsserted) -> bytes:
    """The facts with a later one, without those it leaves nothing of."""
    kept = internal_pb2.KeptFacts.FromString(before)
    fact = kept.facts.add(event_id=event_id)
    if isinstance(body, events_pb2.IdentityObserved):
        fact.observed.CopyFrom(body)
    else:
        fact.asserted.CopyFrom(body)
    taken: set[tuple[str, str, bool, bytes]] = set()
    named = False
    left: list[internal_pb2.KeptFact] = []
    for fact in reversed(kept.facts):
        names = fact.HasField("observed")
        _, source, said = _said(fact)
        slots = set() if said is None else {_slot(source, one) for one in said.attributes}
        if not slots <= taken or (names and not named):
            left.append(fact)
        taken |= slots
        named = named or names
    left.reverse()
    return internal_pb2.KeptFacts(facts=left).SerializeToString(deterministic=True)


def without_shown(before: bytes) -> bytes:
    """The facts without what platforms showed: their names, their values."""
    kept = internal_pb2.KeptFacts.FromString(before)
    named = [fact.observed.source for fact in kept.facts if fact.HasField("observed")]
    loses_names = bool(named) and named[-1].startswith(events.PLATFORM_SOURCE)
    left = internal_pb2.KeptFacts()
    for fact in kept.facts:
        source = fact.observed.source if fact.HasField("observed") else fact.asserted.source
        if source.startswith(events.PLATFORM_SOURCE):
            continue
        if not fact.HasField("observed") or not loses_names:
            left.facts.append(fact)
        elif fact.observed.HasField("said"):  # older names, which only stood here for the values beside them
            body = fact.observed
            left.facts.add(
                event_id=fact.event_id,
                asserted=events_pb2.AttributesAsserted(
                    identity_id=body.identity_id,
                    source=body.source,
                    content=body.content,
                    said=body.said,
                    cause_id=body.cause_id,
                    observed_at=body.at,
                ),
            )
    return left.SerializeToString(deterministic=True)


def facts(kept: bytes) -> Iterator[tuple[bytes, events.IdentityObserved | events.AttributesAsserted]]:
    """(event id, fact), oldest first."""
    for fact in internal_pb2.KeptFacts.FromString(kept).facts:
        yield fact.event_id, observed_of(fact.observed) if fact.HasField("observed") else asserted_of(fact.asserted)


def names(kept: bytes) -> Sealed | None:
    """The sealed ProfileContent with the names; None for a row that keeps nothing."""
    found = [fact.content for _, fact in facts(kept) if isinstance(fact, events.IdentityObserved)]
    return found[-1] if found else None


def candidates(tenant: str, identity_id: str, kept: bytes) -> list[Candidate]:
    """What each source said last in each slot, sorted by slot."""
    found: dict[tuple[str, str, bool, bytes], Candidate] = {}
    for event_id, fact in facts(kept):
        at = fact.observed_at if isinstance(fact, events.AttributesAsserted) else fact.at
        if fact.said is None:
            continue
        for one in fact.said.attributes:
            found[_slot(fact.source, one)] = Candidate(
                tenant,
                identity_id,
                one.name,
                fact.source,
                one.verified,
                one.contact,
                one.unique,
                fact.content,
                one.place,
                one.digest,
                one.confidence_permille,
                at,
                fact.said.purpose,
                event_id,
                fact.cause_id,
            )
    return [found[slot] for slot in sorted(found)]


def _slot(source: str, one: AssertedAttribute) -> tuple[str, str, bool, bytes]:
    return one.name, source, one.verified, one.contact


def _said(fact: internal_pb2.KeptFact) -> tuple[bytes, str, Assertion | None]:
    body = observed_of(fact.observed) if fact.HasField("observed") else asserted_of(fact.asserted)
    return fact.event_id, body.source, body.said
