"""The facts a row keeps of an identity: those with a name or a value that no later one replaced. Values stay sealed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from msgspec import Raw, Struct, msgpack
from switchboard.log.v1.log_structs import Sealed

from crm_sync import events
from crm_sync.events import AssertedAttribute


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


class Kept(Struct, array_like=True, gc=False):
    """A fact of a row, as it stands in the log."""

    event_id: bytes
    is_observed: bool
    """IdentityObserved, else AttributesAsserted."""
    fact: Raw


_encode = msgpack.Encoder().encode
_decode = msgpack.Decoder(list[Kept]).decode
_observed = msgpack.Decoder(events.IdentityObserved).decode
_asserted = msgpack.Decoder(events.AttributesAsserted).decode


def _said(kept: Kept) -> events.IdentityObserved | events.AttributesAsserted:
    return _observed(kept.fact) if kept.is_observed else _asserted(kept.fact)


def _rows(kept: bytes) -> list[Kept]:
    return _decode(kept) if kept else []


def _written(event_id: bytes, fact: events.IdentityObserved | events.AttributesAsserted) -> Kept:
    return Kept(event_id, isinstance(fact, events.IdentityObserved), Raw(_encode(fact)))


def first(event_id: bytes, observed: Struct) -> bytes:
    """What a row keeps of the founding fact."""
    return _encode([Kept(event_id, True, Raw(_encode(observed)))])


def added(before: bytes, event_id: bytes, body: Struct) -> bytes:
    """The facts with a later one, without those it leaves nothing of."""
    is_observed = type(body).__name__ == events.IdentityObserved.__name__
    kept = [*_rows(before), Kept(event_id, is_observed, Raw(_encode(body)))]
    taken: set[tuple[str, str, bool, bytes]] = set()
    named = False
    left: list[Kept] = []
    for row in reversed(kept):
        fact = _said(row)
        slots = set() if fact.said is None else {_slot(fact.source, one) for one in fact.said.attributes}
        if not slots <= taken or (row.is_observed and not named):
            left.append(row)
        taken |= slots
        named = named or row.is_observed
    left.reverse()
    return _encode(left)


def without_shown(before: bytes) -> bytes:
    """The facts without what platforms showed: their names, their values."""
    kept = [(row, _said(row)) for row in _rows(before)]
    named = [fact.source for row, fact in kept if row.is_observed]
    loses_names = bool(named) and named[-1].startswith(events.PLATFORM_SOURCE)
    left: list[Kept] = []
    for row, fact in kept:
        if fact.source.startswith(events.PLATFORM_SOURCE):
            continue
        if not isinstance(fact, events.IdentityObserved) or not loses_names:
            left.append(row)
        elif fact.said is not None:  # older names, which only stood here for the values beside them
            bare = events.AttributesAsserted(
                fact.identity_id, fact.source, fact.content, fact.said, fact.cause_id, fact.at
            )
            left.append(_written(row.event_id, bare))
    return _encode(left) if left else b""


def facts(kept: bytes) -> Iterator[tuple[bytes, events.IdentityObserved | events.AttributesAsserted]]:
    """(event id, fact), oldest first."""
    for row in _rows(kept):
        yield row.event_id, _said(row)


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
