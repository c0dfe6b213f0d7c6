"""Identities and the customers they form: the fold of the facts. It decides nothing.

A shard keeps only some rows in memory. A row that is in memory is whole: it was founded there or loaded. Facts about a
row that is not are kept in `unfolded` until it is loaded; folding a fact again that a row has already changes nothing,
so it does not matter whether the row was read before or after the read model took the fact in.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Container, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple, assert_never

import msgspec
from chassis.clock import Instant
from msgspec import Struct
from switchboard.log.v1.log_structs import Sealed

from crm_sync import events
from crm_sync.events import PLATFORM_SOURCE
from crm_sync.matching import HOLDERS_MAX, Party

Slot = tuple[str, str, bool, bytes]
"""attribute, source, whether verified, keyed index of a contact point (empty for other attributes)"""


class KeptValue(NamedTuple):
    """What a source said last in one slot, and the fact that holds it: the nonce and size of its sealed content."""

    digest: bytes
    observed_at: Instant
    nonce: bytes
    content_bytes: int
    unique: bool


@dataclass(frozen=True, slots=True)
class Tie:
    """A link from one identity to another, active or taken back."""

    reason: events.LinkReason
    active: bool
    at: Instant


class Statement(Struct, frozen=True, gc=False):
    """What a source said and when, with nonce and size of the sealed content."""

    source: str
    said: events.Assertion
    at: Instant
    nonce: bytes
    content_bytes: int


_NO_TIES: Mapping[str, Tie] = {}
_NOBODY: Mapping[str, bytes] = {}


class Identity(Struct, gc=False, eq=False):
    """One identity with everything that is decided by. Its parts are values: they are replaced, never changed."""

    identity_id: str
    founded_customer_id: str
    founded_at: Instant
    customer_id: str
    names_digest: bytes
    names_at: Instant
    names_source: str
    erased: bool = False
    profile_digests: Mapping[str, bytes] = msgspec.field(default_factory=lambda: _NOBODY)
    """The digest of all a source shows, as of the last time it said something; empty when that was not all."""
    proofs: frozenset[tuple[str, bytes]] = frozenset()
    """(attribute, keyed index) of its verified unique contact points."""
    ties: Mapping[str, Tie] = msgspec.field(default_factory=lambda: _NO_TIES)
    barred: frozenset[str] = frozenset()
    conflicts: frozenset[tuple[str, events.ConflictReason, str]] = frozenset()
    """(the other identity, reason, attribute)"""
    _statements: tuple[Statement, ...] = ()
    _values: dict[Slot, KeptValue] | None = None

    @property
    def age(self) -> tuple[Instant, str]:
        """Orders identities; the smallest of a customer is its founder."""
        return self.founded_at, self.identity_id

    @property
    def values(self) -> Mapping[Slot, KeptValue]:
        """What each source said last in each slot. Sorted out when first asked for: most identities never change."""
        if self._values is None or self._statements:
            found = self._values or {}
            for told in self._statements:
                for one in told.said.attributes:
                    slot = one.name, told.source, one.verified, one.contact
                    found[slot] = KeptValue(one.digest, told.at, told.nonce, told.content_bytes, one.unique)
            self._values, self._statements = found, ()
        return self._values

    def kept_bytes(self, replaced: Container[Slot] = ()) -> int:
        """What the facts weigh that hold values in slots other than the replaced ones."""
        facts = {value.nonce: value.content_bytes for slot, value in self.values.items() if slot not in replaced}
        return sum(facts.values())

    def take(self, source: str, said: events.Assertion, at: Instant, content: Sealed) -> None:
        """Takes in what a source said. Taking it in again changes nothing."""
        told = Statement(source, said, at, content.nonce, len(content.ciphertext))
        self._statements = (*self._statements, told)
        if self.profile_digests is _NOBODY:
            self.profile_digests = {source: said.profile_digest}
        else:
            self.profile_digests = {**self.profile_digests, source: said.profile_digest}
        for one in said.standings:
            if one.contact and one.verified:
                proof = frozenset(((said.names[one.at], one.contact),))
                self.proofs = self.proofs | proof if one.unique else self.proofs - proof

    @property
    def is_shown(self) -> bool:
        """Whether anything is known of what platforms show of it."""
        if self.names_digest and self.names_source.startswith(PLATFORM_SOURCE):
            return True
        return any(source.startswith(PLATFORM_SOURCE) for _, source, _, _ in self.values)

    def withdraw(self) -> None:
        """Nothing is left of what platforms showed of it."""
        if self.names_source.startswith(PLATFORM_SOURCE):
            self.names_digest, self.names_at, self.names_source = b"", Instant(0), ""
        shown = [slot for slot in self.values if slot[1].startswith(PLATFORM_SOURCE)]
        self._values = {slot: value for slot, value in self.values.items() if slot not in shown}
        self.profile_digests = {
            source: digest for source, digest in self.profile_digests.items() if not source.startswith(PLATFORM_SOURCE)
        }
        self.proofs = frozenset(
            (name, contact)
            for (name, _, verified, contact), value in self._values.items()
            if verified and contact and value.unique
        )

    def forget(self) -> None:
        """Nothing personal is left of it."""
        self.erased = True
        self.names_digest, self.names_at, self.names_source = b"", Instant(0), ""
        self.profile_digests, self.proofs = _NOBODY, frozenset()
        self._statements, self._values = (), None

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Identity) and self._all() == other._all()

    def __ne__(self, other: object) -> bool:
        return not self == other  # a struct's own would ask whether they are one object

    __hash__ = None  # type: ignore[assignment]

    def _all(self) -> tuple[object, ...]:
        return (
            self.identity_id,
            self.founded_customer_id,
            self.founded_at,
            self.customer_id,
            self.names_digest,
            self.names_at,
            self.names_source,
            self.erased,
            self.profile_digests,
            self.proofs,
            self.ties,
            self.barred,
            self.conflicts,
            self.values,
        )


@dataclass(slots=True)
class Customers:
    """The rows in memory and their indices."""

    identities: dict[str, Identity] = field(default_factory=dict)
    members: dict[str, set[str]] = field(default_factory=dict)
    """Identities in memory by customer."""
    founders: dict[str, str] = field(default_factory=dict)
    """The identity that founded a customer id, for all rows in memory."""
    holders: dict[bytes, set[str]] = field(default_factory=dict)
    """Identities that proved a contact point, at most HOLDERS_MAX of them."""
    unfolded: dict[str, list[events.Event]] = field(default_factory=dict)
    """Facts about rows that are not in memory, in their order."""
    complete: set[bytes] = field(default_factory=set)
    """Contact points of which all holders are known; see shard.py."""
    seen: int = 0
    """Log position the tables had reached for the tenant when that was last asked."""
    touched: set[str] = field(default_factory=set)
    """Rows changed since the last look at what may be forgotten; see shard.py."""
    changed_at: dict[str, int] = field(default_factory=dict)
    """Log position of the last commit that changed a row; see shard.py."""

    def group(self, identity_id: str) -> set[str]:
        """All identities of the customer this one belongs to."""
        return self.members[self.identities[identity_id].customer_id]

    def party(self, group: Collection[str]) -> Party:
        """A customer as the matching rules look at it."""
        proved: dict[str, set[bytes]] = {}
        barred: set[str] = set()
        for identity_id in group:
            identity = self.identities[identity_id]
            barred |= identity.barred
            for name, contact in identity.proofs:
                proved.setdefault(name, set()).add(contact)
        return Party(frozenset(group), proved, barred)

    def founder(self, group: Collection[str]) -> Identity:
        """The oldest identity; the customer bears the id it founded."""
        return min((self.identities[identity_id] for identity_id in group), key=lambda identity: identity.age)

    def path(self, start: str, end: str, cut: Collection[frozenset[str]] = ()) -> list[str]:
        """Identities from start to end over active links that are not cut, the shortest way; else empty."""
        before = {start: ""}
        queue = deque([start])
        while queue:
            here = queue.popleft()
            if here == end:
                way = [here]
                while before[way[-1]]:
                    way.append(before[way[-1]])
                return way[::-1]
            for other, tie in sorted(self.identities[here].ties.items()):
                if tie.active and other not in before and frozenset((here, other)) not in cut:
                    before[other] = here
                    queue.append(other)
        return []

    def reach(self, start: str, cut: Collection[frozenset[str]]) -> set[str]:
        """Everything that active links that are not cut connect with an identity, itself included."""
        seen = {start}
        queue = [start]
        while queue:
            here = queue.pop()
            for other, tie in self.identities[here].ties.items():
                if tie.active and other not in seen and frozenset((here, other)) not in cut:
                    seen.add(other)
                    queue.append(other)
        return seen

    def put(self, identity: Identity) -> None:
        """Takes a whole row into memory, with the facts that waited for it."""
        identity_id = identity.identity_id
        self.identities[identity_id] = identity
        self.founders[identity.founded_customer_id] = identity_id
        self.members.setdefault(identity.customer_id, set()).add(identity_id)
        for _, contact in identity.proofs:
            self._hold(contact, identity_id)
        for event in self.unfolded.pop(identity_id, ()):
            self._fold(identity, event)

    def drop(self, group: Collection[str]) -> None:
        """Forgets the rows of a whole customer; they are in the read model."""
        for identity_id in group:
            identity = self.identities.pop(identity_id)
            self.founders.pop(identity.founded_customer_id, None)
            self.members.pop(identity.customer_id, None)
            self.changed_at.pop(identity_id, None)
            for _, contact in identity.proofs:
                self.holders.pop(contact, None)
                self.complete.discard(contact)

    def _move(self, identity: Identity, customer_id: str) -> None:
        if identity.customer_id == customer_id:
            return
        left = self.members[identity.customer_id]
        left.discard(identity.identity_id)
        if not left:
            del self.members[identity.customer_id]
        identity.customer_id = customer_id
        self.members.setdefault(customer_id, set()).add(identity.identity_id)

    def _fold(self, identity: Identity, event: events.Event) -> None:
        """Applies a fact to one row it is about. Applying it again changes nothing."""
        self.touched.add(identity.identity_id)
        match event:
            case events.IdentityObserved():
                identity.names_digest = event.names_digest
                identity.names_at = event.at
                identity.names_source = event.source
                if event.said is not None:
                    self._take(identity, event.source, event.said, event.at, event.content)
            case events.AttributesAsserted():
                self._take(identity, event.source, event.said, event.observed_at, event.content)
            case events.IdentitiesLinked():
                if identity.identity_id in event.moved:
                    self._move(identity, event.customer_id)
                if other := _other(identity, event.identity_a, event.identity_b):
                    identity.ties = {**identity.ties, other: Tie(event.reason, True, event.at)}
            case events.IdentitiesUnlinked():
                if identity.identity_id in event.moved:
                    self._move(identity, event.customer_id)
                if (other := _other(identity, event.identity_a, event.identity_b)) and other in identity.ties:
                    ended = Tie(identity.ties[other].reason, False, event.at)
                    identity.ties = {**identity.ties, other: ended}
            case events.LinkForbidden():
                identity.barred = identity.barred | {_other(identity, event.identity_a, event.identity_b)}
            case events.ConflictRaised():
                other = _other(identity, event.identity_a, event.identity_b) or identity.identity_id
                identity.conflicts = identity.conflicts | {(other, event.reason, event.attribute)}
            case events.ProfileWithdrawn():
                before = identity.proofs
                identity.withdraw()
                for _, contact in before - identity.proofs:
                    self._release(contact, identity.identity_id)
            case events.SubjectErased():
                for _, contact in identity.proofs:
                    self._release(contact, identity.identity_id)
                identity.forget()
            case _:
                assert_never(event)

    def _take(self, identity: Identity, source: str, said: events.Assertion, at: Instant, content: Sealed) -> None:
        before = identity.proofs
        identity.take(source, said, at, content)
        if identity.proofs is not before:
            for _, contact in identity.proofs - before:
                self._hold(contact, identity.identity_id)

    def _hold(self, contact: bytes, identity_id: str) -> None:
        """Beyond HOLDERS_MAX a contact point is shared whoever else has it."""
        known = self.holders.setdefault(contact, set())
        if len(known) < HOLDERS_MAX:
            known.add(identity_id)

    def _release(self, contact: bytes, identity_id: str) -> None:
        """Where not all holders are known, those that are left are read again."""
        known = self.holders.get(contact, set())
        if len(known) >= HOLDERS_MAX:
            del self.holders[contact]
            self.complete.discard(contact)
        known.discard(identity_id)
        if not known:
            self.holders.pop(contact, None)

    def apply(self, event: events.Event) -> None:
        """Applies a fact to every row it is about."""
        for identity_id in about(event):
            identity = self.identities.get(identity_id)
            if identity is not None:
                self._fold(identity, event)
            elif isinstance(event, events.IdentityObserved) and event.founded_customer_id:
                self.touched.add(identity_id)
                founded = event.founded_customer_id
                identity = Identity(identity_id, founded, event.at, founded, event.names_digest, event.at, event.source)
                if event.said is not None:
                    identity.take(event.source, event.said, event.at, event.content)
                self.put(identity)
            else:
                self.unfolded.setdefault(identity_id, []).append(event)


def about(event: events.Event) -> Collection[str]:
    """The identities whose rows a fact changes."""
    match event:
        case (
            events.IdentityObserved() | events.AttributesAsserted() | events.ProfileWithdrawn() | events.SubjectErased()
        ):
            return (event.identity_id,)
        case events.IdentitiesLinked() | events.IdentitiesUnlinked():
            return sorted({event.identity_a, event.identity_b, *event.moved})
        case events.LinkForbidden() | events.ConflictRaised():
            return sorted({event.identity_a, event.identity_b})
        case _:
            assert_never(event)


def _other(identity: Identity, a: str, b: str) -> str:
    """The end of a pair that is not this identity; "" when it is none of them, or both."""
    if identity.identity_id == a:
        return b if b != a else ""
    return a if identity.identity_id == b else ""


def evolve(customers: Customers, event: events.Event) -> Customers:
    """Folds one fact, in place. Never raises."""
    customers.apply(event)
    return customers
