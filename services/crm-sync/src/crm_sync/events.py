"""The facts of the `crm` context as frozen data. Personal values are sealed; who can read them is not known here.

The facts that posts lead to are tuples: a frozen dataclass takes five times as long to make.
"""

from dataclasses import dataclass
from enum import IntEnum
from typing import NamedTuple

from chassis.clock import Instant
from switchboard.log.v1.log_pb2 import Sealed


class LinkReason(IntEnum):
    """Why two identities were taken for one customer."""

    UNSPECIFIED = 0
    SAME_VERIFIED_CONTACT = 1
    STATED = 2


class UnlinkReason(IntEnum):
    """Why a link ended."""

    UNSPECIFIED = 0
    STATED = 1
    FORBIDDEN = 2


class ConflictReason(IntEnum):
    """Why two customers that share a verified contact point stayed two."""

    UNSPECIFIED = 0
    VALUES_DIFFER = 1
    SHARED_CONTACT = 2
    CUSTOMER_TOO_LARGE = 3
    FORBIDDEN = 4


class AssertedAttribute(NamedTuple):
    """One value as one source gave it, without the value: that is at `place` of the sealed content.

    `contact` is the keyed index of a contact point, `unique` whether it may link identities.
    """

    name: str
    digest: bytes
    contact: bytes
    verified: bool
    unique: bool
    confidence_permille: int
    place: int


class Assertion(NamedTuple):
    """What a source said in one go; `profile_digest` is empty unless it is all the source shows."""

    purpose: str
    attributes: tuple[AssertedAttribute, ...]
    profile_digest: bytes


class IdentityObserved(NamedTuple):
    """An identity was seen for the first time (then it founds a customer), or shows another name."""

    identity_id: str
    founded_customer_id: str
    channel: str
    source: str
    names_digest: bytes
    content: Sealed
    said: Assertion | None
    cause_id: bytes
    at: Instant


class AttributesAsserted(NamedTuple):
    """A source said something new about a known identity."""

    identity_id: str
    source: str
    content: Sealed
    said: Assertion
    cause_id: bytes
    observed_at: Instant


@dataclass(frozen=True, slots=True)
class IdentitiesLinked:
    """Two identities were taken for one customer; `moved` belong to it now and did not before."""

    identity_a: str
    identity_b: str
    reason: LinkReason
    attribute: str
    contact: bytes
    ruleset: str
    customer_id: str
    moved: tuple[str, ...]
    cause_id: bytes
    at: Instant


@dataclass(frozen=True, slots=True)
class IdentitiesUnlinked:
    """A link ended; `moved` left with the customer id of their oldest, none when other links still hold."""

    identity_a: str
    identity_b: str
    reason: UnlinkReason
    customer_id: str
    moved: tuple[str, ...]
    cause_id: bytes
    at: Instant


@dataclass(frozen=True, slots=True)
class LinkForbidden:
    """Two identities must never be one customer."""

    identity_a: str
    identity_b: str
    cause_id: bytes
    at: Instant


@dataclass(frozen=True, slots=True)
class ConflictRaised:
    """Evidence says one customer, a rule says two."""

    identity_a: str
    identity_b: str
    reason: ConflictReason
    attribute: str
    contact: bytes
    disputed: str
    ruleset: str
    cause_id: bytes
    at: Instant


@dataclass(frozen=True, slots=True)
class SubjectErased:
    """The key of an identity is destroyed, or about to be."""

    identity_id: str
    reason: str
    cause_id: bytes
    at: Instant


Event = (
    IdentityObserved
    | AttributesAsserted
    | IdentitiesLinked
    | IdentitiesUnlinked
    | LinkForbidden
    | ConflictRaised
    | SubjectErased
)


def occurred_at(event: Event) -> Instant:
    """When it happened in the world, as far as we were told."""
    return event.observed_at if isinstance(event, AttributesAsserted) else event.at
