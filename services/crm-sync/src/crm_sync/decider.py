"""What crm-sync decides: which profiles say something new, and which identities are one customer.

Pure: values arrive sealed, equal or different is told by digests, contact points by keyed indices.

| given                                    | when                    | then                                     |
| ---------------------------------------- | ----------------------- | ---------------------------------------- |
| an identity nobody knows                 | its profile is observed | IdentityObserved with all it says        |
| a known one                              | it says something new   | AttributesAsserted                       |
| a known one                              | it has another name     | IdentityObserved with what else is new   |
| the same profile as before               | it is observed again    | nothing                                  |
| another identity proved the same contact | the contact is asserted | IdentitiesLinked, or ConflictRaised once |
| a link somebody took back, or a bar      | evidence comes again    | nothing, or ConflictRaised once          |
| an erased identity                       | anything is observed    | nothing                                  |
| what platforms showed of an identity     | its account is gone     | ProfileWithdrawn                         |
| a profile that was seen since            | its account was gone    | nothing: it came back                    |
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from typing import NamedTuple, assert_never

from chassis.clock import Instant
from chassis.errors import Rejected
from msgspec import Struct
from switchboard.log.v1.log_structs import Sealed

from crm_sync import events
from crm_sync.events import ConflictReason, LinkReason, UnlinkReason
from crm_sync.matching import KEPT_BYTES_MAX, PARTNERS_MAX, RULESET, VALUES_MAX, dispute, objection, shared
from crm_sync.state import Customers, Identity


class Reason(StrEnum):
    """Why the business says no."""

    IDENTITY_UNKNOWN = "IDENTITY_UNKNOWN"
    CUSTOMER_UNKNOWN = "CUSTOMER_UNKNOWN"
    SUBJECT_ERASED = "SUBJECT_ERASED"
    LINK_FORBIDDEN = "LINK_FORBIDDEN"
    VALUES_DIFFER = "VALUES_DIFFER"
    CUSTOMER_TOO_LARGE = "CUSTOMER_TOO_LARGE"
    NOT_LINKED = "NOT_LINKED"
    SAME_IDENTITY = "SAME_IDENTITY"
    TOO_MANY_LINKS = "TOO_MANY_LINKS"
    TOO_MANY_VALUES = "TOO_MANY_VALUES"


class Profile(Struct, frozen=True, gc=False):
    """What one source says about one identity, sealed; the same object for as long as the profile stays the same."""

    identity_id: str
    founded_customer_id: str
    """The customer it founds if nobody knows it yet; "" when it must be known already."""
    channel: str
    source: str
    names_digest: bytes
    """Empty when the source does not say what the identity is called."""
    content: Sealed | None
    """Names and values; None when there are neither."""
    said: events.Assertion
    renames: bool
    """Whether the source shows the names as they are now (a platform does, a CRM does not)."""
    proves: frozenset[bytes] = frozenset()
    """Keyed indices of the contact points among the attributes that may link identities; see `proofs`."""


def proofs(attributes: Sequence[events.AssertedAttribute]) -> list[events.AssertedAttribute]:
    """Those that may link identities: proved contact points that belong to one person only."""
    return [one for one in attributes if one.contact and one.verified and one.unique]


class Observe(Struct, frozen=True, gc=False):
    """A profile was seen. `insists`: unknown and erased identities are refused instead of passed over."""

    profile: Profile
    cause_id: bytes
    at: Instant
    known_only: bool = False
    insists: bool = False


class Withdraw(NamedTuple):
    """A platform says that an account is gone since then, or private."""

    identity_id: str
    cause_id: bytes
    at: Instant


@dataclass(frozen=True, slots=True)
class Link:
    """Somebody says that two identities are one customer."""

    a: str
    b: str
    cause_id: bytes
    at: Instant


@dataclass(frozen=True, slots=True)
class Unlink:
    """Somebody takes the link between two identities back."""

    a: str
    b: str
    cause_id: bytes
    at: Instant


@dataclass(frozen=True, slots=True)
class Forbid:
    """Somebody says that two identities are never one customer."""

    a: str
    b: str
    cause_id: bytes
    at: Instant


@dataclass(frozen=True, slots=True)
class Erase:
    """An identity, or all of a customer, is to be forgotten. One of the two is empty."""

    identity_id: str
    customer_id: str
    reason: str
    cause_id: bytes
    at: Instant


Command = Observe | Withdraw | Link | Unlink | Forbid | Erase


def decide(command: Command, customers: Customers) -> Sequence[events.Event]:
    """The facts a command leads to, in order. Raises Rejected."""
    match command:
        case Observe():
            return _observe(command, customers)
        case Withdraw():
            return _withdraw(command, customers)
        case Link():
            return _link(command, customers)
        case Unlink():
            return _unlink(command, customers)
        case Forbid():
            return _forbid(command, customers)
        case Erase():
            return _erase(command, customers)
        case _:
            assert_never(command)


def _observe(command: Observe, customers: Customers) -> Sequence[events.Event]:
    profile = command.profile
    said = profile.said
    identity = customers.identities.get(profile.identity_id)
    if identity is None:
        return _first_sight(command, customers)
    if identity.erased:
        if command.insists:
            raise _erased(identity.identity_id)
        return ()
    renamed = profile.renames and profile.names_digest != identity.names_digest and command.at >= identity.names_at
    if not renamed and said.profile_digest and identity.profile_digests.get(profile.source) == said.profile_digest:
        return ()
    return _changed(command, customers, identity, renamed=renamed and bool(profile.names_digest))


def _withdraw(command: Withdraw, customers: Customers) -> Sequence[events.Event]:
    identity = customers.identities.get(command.identity_id)
    if identity is None or not identity.is_shown or identity.names_at > command.at:
        return ()
    return (events.ProfileWithdrawn(command.identity_id, command.cause_id, command.at),)


def _changed(command: Observe, customers: Customers, identity: Identity, *, renamed: bool) -> Sequence[events.Event]:
    """What is new about a known identity, slot by slot."""
    profile, said = command.profile, command.profile.said
    news: list[events.AssertedAttribute] = []
    late = False
    for one in said.attributes:
        if _is_news(identity, one, profile.source, command.at):
            news.append(one)
        else:
            before = identity.values.get((one.name, profile.source, one.verified, one.contact))
            late = late or (before is not None and before.digest != one.digest)
    content = profile.content
    if content is not None and news and not _has_room(identity, news, profile.source, content):
        if command.insists:
            detail = (
                f"identity {identity.identity_id} has as many values as are kept ({VALUES_MAX}, {KEPT_BYTES_MAX} bytes)"
            )
            raise Rejected(Reason.TOO_MANY_VALUES, detail, resource=f"identities/{identity.identity_id}")
        news = []  # the post keeps them
    if content is None or not (news or renamed):
        return ()
    asserted = events.Assertion.of(said.purpose, news, b"" if late else said.profile_digest) if news else None
    decided: list[events.Event] = []
    if renamed:
        decided.append(_observed(command, content, asserted, founded_customer_id=""))
    elif asserted is not None:
        decided.append(
            events.AttributesAsserted(
                profile.identity_id, profile.source, content, asserted, command.cause_id, command.at
            )
        )
    if news and profile.proves:
        decided.extend(_Linking(command, customers, identity).decide(news))
    return decided


def _has_room(identity: Identity, news: Sequence[events.AssertedAttribute], source: str, content: Sealed) -> bool:
    """Whether an identity stays within its limits with what is new; what it replaces makes room."""
    replaced = {(one.name, source, one.verified, one.contact) for one in news}
    if len(identity.values.keys() | replaced) > VALUES_MAX:
        return False
    return identity.kept_bytes(replaced) + len(content.ciphertext) <= KEPT_BYTES_MAX


def _first_sight(command: Observe, customers: Customers) -> Sequence[events.Event]:
    profile = command.profile
    if command.known_only:
        return ()
    content = profile.content
    if content is None or not profile.names_digest or not profile.founded_customer_id:
        raise Rejected(
            Reason.IDENTITY_UNKNOWN,
            f"identity {profile.identity_id} is not known",
            resource=f"identities/{profile.identity_id}",
        )
    said = profile.said if profile.said.names else None
    founded = _observed(command, content, said, founded_customer_id=profile.founded_customer_id)
    if not profile.proves:
        return (founded,)
    identity = Identity(
        profile.identity_id,
        profile.founded_customer_id,
        command.at,
        profile.founded_customer_id,
        profile.names_digest,
        command.at,
        profile.source,
    )
    return (founded, *_Linking(command, customers, identity).decide(profile.said.attributes))


def _observed(
    command: Observe, content: Sealed, said: events.Assertion | None, founded_customer_id: str
) -> events.IdentityObserved:
    profile = command.profile
    return events.IdentityObserved(
        profile.identity_id,
        founded_customer_id,
        profile.channel,
        profile.source,
        profile.names_digest,
        content,
        said,
        command.cause_id,
        command.at,
    )


def _is_news(identity: Identity, one: events.AssertedAttribute, source: str, at: Instant) -> bool:
    """Whether a source says something it did not say before. Old news from a late post is none; ties go by digest."""
    before = identity.values.get((one.name, source, one.verified, one.contact))
    if before is not None:
        return one.digest != before.digest and (at, one.digest) > (before.observed_at, before.digest)
    if one.verified:
        return True
    proved = identity.values.get((one.name, source, True, one.contact))
    return proved is None or proved.digest != one.digest


def _pair(a: str, b: str) -> tuple[str, str]:
    return (a, b) if a <= b else (b, a)


class _Linking:
    """What verified contact points lead to for one identity whose new values are not in the state yet."""

    def __init__(self, command: Observe, customers: Customers, identity: Identity) -> None:
        self._command = command
        self._customers = customers
        self._identity = identity
        known = identity.identity_id in customers.identities
        self._group = set(customers.group(identity.identity_id)) if known else {identity.identity_id}
        others = self._group - {identity.identity_id}
        self._proved: dict[str, set[bytes]] = {
            name: set(found) for name, found in customers.party(others).proved.items()
        }
        for name, contact in identity.proofs:
            self._proved.setdefault(name, set()).add(contact)
        self._barred = set(customers.party(others).barred) | identity.barred
        self._moved_to: dict[str, str] = {}

    def decide(self, news: Sequence[events.AssertedAttribute]) -> Iterator[events.Event]:
        proved = proofs(news)
        for one in proved:
            self._proved.setdefault(one.name, set()).add(one.contact)
        if proved and (disputed := dispute(self._proved)):
            yield from self._contradiction(proved[0], disputed)
        for one in proved:
            yield from self._joined_by(one)

    def _contradiction(self, one: events.AssertedAttribute, disputed: str) -> Iterator[events.Event]:
        """The customer by itself now has too many values of a class: a person has to look, nothing is taken apart."""
        differing = (
            identity
            for identity in sorted(self._group - {self._identity.identity_id})
            if any(name == disputed for name, _ in self._customers.identities[identity].proofs)
        )
        other = next(differing, self._identity.identity_id)
        yield from self._conflict(other, ConflictReason.VALUES_DIFFER, one, disputed)

    def _joined_by(self, one: events.AssertedAttribute) -> Iterator[events.Event]:
        customers, me = self._customers, self._identity
        found = customers.holders.get(one.contact, ())
        holders = [customers.identities[h] for h in found if h != me.identity_id and h in customers.identities]
        holders = sorted((h for h in holders if not h.erased), key=lambda holder: holder.age)
        too_shared = shared(one.name, len(holders) + 1)
        for holder in holders:
            if holder.identity_id in self._group:
                continue
            if too_shared:
                yield from self._conflict(holder.identity_id, ConflictReason.SHARED_CONTACT, one, "")
                return
            yield from self._join(holder, one)

    def _join(self, holder: Identity, one: events.AssertedAttribute) -> Iterator[events.Event]:
        customers, me = self._customers, self._identity
        other_group = customers.group(holder.identity_id)
        theirs = customers.party(other_group)
        ours = type(theirs)(self._group, self._proved, self._barred)
        against = objection(ours, theirs)
        if against is not None:
            yield from self._conflict(holder.identity_id, against[0], one, against[1])
            return
        if self._taken_back(other_group):
            return
        self._group |= other_group
        for name, contacts in theirs.proved.items():
            self._proved.setdefault(name, set()).update(contacts)
        self._barred |= theirs.barred
        rest = self._group - {me.identity_id}
        founder = min(me, customers.founder(rest), key=lambda identity: identity.age)
        customer_id = founder.founded_customer_id
        moved = tuple(sorted(member for member in self._group if self._customer_of(member) != customer_id))
        self._moved_to.update(dict.fromkeys(moved, customer_id))
        a, b = _pair(me.identity_id, holder.identity_id)
        command = self._command
        yield events.IdentitiesLinked(
            a,
            b,
            LinkReason.SAME_VERIFIED_CONTACT,
            one.name,
            one.contact,
            RULESET,
            customer_id,
            moved,
            command.cause_id,
            command.at,
        )

    def _customer_of(self, identity_id: str) -> str:
        if identity_id in self._moved_to:
            return self._moved_to[identity_id]
        if identity_id == self._identity.identity_id:
            return self._identity.customer_id
        return self._customers.identities[identity_id].customer_id

    def _taken_back(self, other_group: set[str]) -> bool:
        """Whether somebody took a link between the two customers back: known evidence does not link them again."""
        return any(
            not tie.active
            for other in other_group
            for end, tie in self._customers.identities[other].ties.items()
            if end in self._group
        )

    def _conflict(
        self, other: str, reason: ConflictReason, one: events.AssertedAttribute, disputed: str
    ) -> Iterator[events.Event]:
        if (other, reason, one.name) in self._identity.conflicts:
            return
        known = self._customers.identities.get(other)
        if max(len(self._identity.conflicts), 0 if known is None else len(known.conflicts)) >= PARTNERS_MAX:
            return  # that it is disputed is known a thousand times over
        a, b = _pair(self._identity.identity_id, other)
        command = self._command
        yield events.ConflictRaised(
            a, b, reason, one.name, one.contact, disputed, RULESET, command.cause_id, command.at
        )


def _erased(identity_id: str) -> Rejected:
    return Rejected(Reason.SUBJECT_ERASED, f"identity {identity_id} is erased", resource=f"identities/{identity_id}")


def _known(customers: Customers, identity_id: str) -> Identity:
    identity = customers.identities.get(identity_id)
    if identity is None:
        raise Rejected(
            Reason.IDENTITY_UNKNOWN, f"identity {identity_id} is not known", resource=f"identities/{identity_id}"
        )
    return identity


_REFUSED = {
    ConflictReason.FORBIDDEN: (Reason.LINK_FORBIDDEN, "somebody said that they are two customers"),
    ConflictReason.VALUES_DIFFER: (Reason.VALUES_DIFFER, "together they would have too many verified values of"),
    ConflictReason.CUSTOMER_TOO_LARGE: (Reason.CUSTOMER_TOO_LARGE, "together they would have too many identities"),
}


def _link(command: Link, customers: Customers) -> Sequence[events.Event]:
    a, b = _known(customers, command.a), _known(customers, command.b)
    if command.a == command.b:
        raise Rejected(Reason.SAME_IDENTITY, f"{command.a} is one identity")
    for identity in (a, b):
        if identity.erased:
            raise _erased(identity.identity_id)
    tie = a.ties.get(command.b)
    if tie is not None and tie.active:
        return ()
    if tie is None and max(len(a.ties), len(b.ties)) >= PARTNERS_MAX:
        raise Rejected(
            Reason.TOO_MANY_LINKS, f"{command.a} or {command.b} was linked to {PARTNERS_MAX} identities already"
        )
    group_a, group_b = customers.group(command.a), customers.group(command.b)
    if group_a is not group_b:
        against = objection(customers.party(group_a), customers.party(group_b))
        if against is not None:
            reason, because = _REFUSED[against[0]]
            raise Rejected(reason, f"{command.a} and {command.b} stay two: {because} {against[1]}".strip())
    both = group_a | group_b
    customer_id = customers.founder(both).founded_customer_id
    moved = tuple(sorted(member for member in both if customers.identities[member].customer_id != customer_id))
    first, second = _pair(command.a, command.b)
    return [
        events.IdentitiesLinked(
            first, second, LinkReason.STATED, "", b"", RULESET, customer_id, moved, command.cause_id, command.at
        )
    ]


def _unlink(command: Unlink, customers: Customers) -> Sequence[events.Event]:
    a, _ = _known(customers, command.a), _known(customers, command.b)
    tie = a.ties.get(command.b)
    if tie is None:
        raise Rejected(Reason.NOT_LINKED, f"there is no link between {command.a} and {command.b}")
    if not tie.active:
        return ()
    cut = {frozenset((command.a, command.b))}
    return [_parted(customers, command.a, command.b, cut, command)]


def _parted(
    customers: Customers, a: str, b: str, cut: set[frozenset[str]], command: Unlink | Forbid
) -> events.IdentitiesUnlinked:
    """One link ends; `cut` holds it and those that ended before it in the same decision."""
    first, second = _pair(a, b)
    reason = UnlinkReason.STATED if isinstance(command, Unlink) else UnlinkReason.FORBIDDEN
    side_a, side_b = customers.reach(a, cut), customers.reach(b, cut)
    customer_id = ""
    moved: tuple[str, ...] = ()
    if b not in side_a:
        founder = customers.founder(side_a | side_b)
        leaving = side_b if founder.identity_id in side_a else side_a
        customer_id = customers.founder(leaving).founded_customer_id
        moved = tuple(sorted(leaving))
    return events.IdentitiesUnlinked(first, second, reason, customer_id, moved, command.cause_id, command.at)


def _forbid(command: Forbid, customers: Customers) -> Sequence[events.Event]:
    a, b = _known(customers, command.a), _known(customers, command.b)
    if command.a == command.b:
        raise Rejected(Reason.SAME_IDENTITY, f"{command.a} is one identity")
    first, second = _pair(command.a, command.b)
    decided: list[events.Event] = []
    if command.b not in a.barred:
        if max(len(a.barred), len(b.barred)) >= PARTNERS_MAX:
            detail = f"{command.a} or {command.b} is kept apart from {PARTNERS_MAX} identities already"
            raise Rejected(Reason.TOO_MANY_LINKS, detail)
        decided.append(events.LinkForbidden(first, second, command.cause_id, command.at))
    cut: set[frozenset[str]] = set()
    while way := customers.path(command.a, command.b, cut):
        end_a, end_b = _weakest(customers, way)
        cut.add(frozenset((end_a, end_b)))
        decided.append(_parted(customers, end_a, end_b, cut, command))
    return decided


def _weakest(customers: Customers, way: Sequence[str]) -> tuple[str, str]:
    """The link to give up first: one made by rule before a stated one, then the newest."""

    def strength(pair: tuple[str, str]) -> tuple[bool, int, tuple[str, str]]:
        tie = customers.identities[pair[0]].ties[pair[1]]
        return tie.reason is LinkReason.STATED, -tie.at, _pair(*pair)

    return min(pairwise(way), key=strength)


def _erase(command: Erase, customers: Customers) -> Sequence[events.Event]:
    return [
        events.SubjectErased(identity_id, command.reason, command.cause_id, command.at)
        for identity_id in subjects(command, customers)
        if not customers.identities[identity_id].erased
    ]


def subjects(command: Erase, customers: Customers) -> list[str]:
    """The identities a request to erase is about, sorted. Raises Rejected when there are none."""
    if command.identity_id:
        return [_known(customers, command.identity_id).identity_id]
    founder = customers.founders.get(command.customer_id)
    if founder is None:
        raise Rejected(
            Reason.CUSTOMER_UNKNOWN,
            f"customer {command.customer_id} is not known",
            resource=f"customers/{command.customer_id}",
        )
    return sorted(customers.group(founder))
