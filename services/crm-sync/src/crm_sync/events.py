"""The facts of the `crm` context as frozen data. Personal values are sealed; who can read them is not known here."""

from collections.abc import Sequence
from enum import IntEnum
from typing import NamedTuple

from chassis.clock import Instant
from msgspec import Struct
from switchboard.log.v1.log_structs import Sealed

DIGEST_BYTES = 16
PLATFORM_SOURCE = "source/"
"""What sources begin with that show what is on a platform; systems that assert values have no slash in their names."""


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


class Standing(Struct, frozen=True, array_like=True, gc=False):
    """What makes the attribute at an index of its assertion more than a claim; fields as in AssertedAttribute."""

    at: int
    contact: bytes
    verified: bool
    unique: bool


_CLAIMED = Standing(0, b"", False, False)


class Assertion(Struct, frozen=True, array_like=True, gc=False):
    """What a source said in one go, as columns: most of it is written down and never asked for one by one.

    `profile_digest` is empty unless it is all the source shows. Digests stand one after the other; a single confidence
    holds for all, no places are 0, 1, 2 and so on; an attribute without a standing is a claim and no contact point.
    """

    purpose: str
    names: tuple[str, ...]
    digests: bytes
    places: tuple[int, ...]
    confidences_permille: tuple[int, ...]
    standings: tuple[Standing, ...]
    profile_digest: bytes

    @property
    def is_whole(self) -> bool:
        """Whether its columns fit together."""
        count = len(self.names)
        return (
            len(self.digests) == DIGEST_BYTES * count
            and len(self.places) in (0, count)
            and len(self.confidences_permille) in (min(1, count), count)
            and not (self.standings and self.standings[-1].at >= count)
        )

    @classmethod
    def of(cls, purpose: str, attributes: Sequence[AssertedAttribute], profile_digest: bytes) -> "Assertion":
        """The columns of some rows."""
        places = tuple([one.place for one in attributes])
        confidences = tuple([one.confidence_permille for one in attributes])
        return cls(
            purpose,
            tuple([one.name for one in attributes]),
            b"".join([one.digest for one in attributes]),
            () if places == tuple(range(len(places))) else places,
            confidences[:1] if len(set(confidences)) == 1 else confidences,
            tuple(
                [
                    Standing(at, one.contact, one.verified, one.unique)
                    for at, one in enumerate(attributes)
                    if one.contact or one.verified
                ]
            ),
            profile_digest,
        )

    @property
    def attributes(self) -> tuple[AssertedAttribute, ...]:
        """The rows."""
        count, digests = len(self.names), self.digests
        places = self.places or range(count)
        confidences = self.confidences_permille
        if len(confidences) == 1:
            confidences *= count
        standings = {one.at: one for one in self.standings}
        return tuple(
            [
                AssertedAttribute(
                    name,
                    digests[DIGEST_BYTES * at : DIGEST_BYTES * (at + 1)],
                    standing.contact,
                    standing.verified,
                    standing.unique,
                    confidence,
                    place,
                )
                for at, (name, confidence, place) in enumerate(zip(self.names, confidences, places, strict=True))
                for standing in (standings.get(at, _CLAIMED),)
            ]
        )


class IdentityObserved(Struct, frozen=True, array_like=True, gc=False):
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


class AttributesAsserted(Struct, frozen=True, array_like=True, gc=False):
    """A source said something new about a known identity."""

    identity_id: str
    source: str
    content: Sealed
    said: Assertion
    cause_id: bytes
    observed_at: Instant


class IdentitiesLinked(Struct, frozen=True, array_like=True, gc=False):
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


class IdentitiesUnlinked(Struct, frozen=True, array_like=True, gc=False):
    """A link ended; `moved` left with the customer id of their oldest, none when other links still hold."""

    identity_a: str
    identity_b: str
    reason: UnlinkReason
    customer_id: str
    moved: tuple[str, ...]
    cause_id: bytes
    at: Instant


class LinkForbidden(Struct, frozen=True, array_like=True, gc=False):
    """Two identities must never be one customer."""

    identity_a: str
    identity_b: str
    cause_id: bytes
    at: Instant


class ConflictRaised(Struct, frozen=True, array_like=True, gc=False):
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


class ProfileWithdrawn(Struct, frozen=True, array_like=True, gc=False):
    """Nothing is known any more of what platforms showed of an identity."""

    identity_id: str
    cause_id: bytes
    at: Instant


class SubjectErased(Struct, frozen=True, array_like=True, gc=False):
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
    | ProfileWithdrawn
    | SubjectErased
)


def occurred_at(event: Event) -> Instant:
    """When it happened in the world, as far as we were told."""
    return event.observed_at if isinstance(event, AttributesAsserted) else event.at
