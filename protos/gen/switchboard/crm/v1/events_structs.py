"""switchboard/crm/v1/events.proto as structs: see protos/structs.py. Written by `make generate`."""

from typing import ClassVar

from msgspec import Struct

from switchboard.log.v1.log_structs import Sealed
from switchboard.structs import STRUCTS, Instant


class Standing(Struct, frozen=True, array_like=True, gc=False):
    """What makes a value more than a claim about an attribute."""

    NAME: ClassVar[str] = "switchboard.crm.v1.Standing"
    """Full name of its message."""
    at: int = 0
    """Index of the attribute in its Assertion, 0..99; ascending within it."""
    contact: bytes = b""
    """For contact points only: keyed index of kind and normalised value, 16 bytes, alike for everybody of the tenant. Empty else."""
    verified: bool = False
    """Whether the owner proved it (one-time code, login), not merely claimed it."""
    unique: bool = False
    """Whether it may link identities: a contact point of a unique class whose value is no known shared or empty one."""


class Assertion(Struct, frozen=True, array_like=True, gc=False):
    """Values that one source gave in one go, as columns: the n-th entry of each belongs to the n-th attribute. The values themselves are in the sealed ProfileContent of the same event."""

    NAME: ClassVar[str] = "switchboard.crm.v1.Assertion"
    """Full name of its message."""
    purpose: str = ""
    """What they may be used for, such as "service"; empty when not restricted."""
    names: tuple[str, ...] = ()
    """Names of the attributes, sorted, `[a-z][a-z0-9_]{0,62}`, such as "location", "email" or "member_id"; 1..100. A name is there more than once for several contact points, and for a claim beside a proved value."""
    digests: bytes = b""
    """Keyed digests of the values under the identity's key, 16 bytes each, one after the other."""
    places: tuple[int, ...] = ()
    """Index of each value in ProfileContent.values, 0..99; empty when they are 0, 1, 2 and so on."""
    confidences_permille: tuple[int, ...] = ()
    """How much the source trusts each, in thousandths, 1..1000; a single entry holds for all."""
    standings: tuple[Standing, ...] = ()
    """Which of them are proved or contact points; the rest are claims about other attributes."""
    profile_digest: bytes = b""
    """Keyed digest of everything the source shows of the identity, 16 bytes: as long as it shows the same, nothing is news. Empty when the source says only a part, or said something older than what is known."""


class IdentityObserved(Struct, frozen=True, array_like=True, gc=False):
    """An identity (an account on a channel, a member of a shop) was seen for the first time, or shows another name than before. What else was said in the same go comes with it."""

    NAME: ClassVar[str] = "switchboard.crm.v1.IdentityObserved"
    """Full name of its message."""
    identity_id: str = ""
    """The identity: UUIDv5 of channel, account scope and external id."""
    founded_customer_id: str = ""
    """The customer this identity founds; it is the customer's id while this is the oldest identity of it. Empty when the identity was known before and only shows another name."""
    channel: str = ""
    """The channel's name, such as "x", "weibo" or "crm"."""
    source: str = ""
    """Who showed it: "source/<source_id>" for a post, else the name of the system that said it."""
    names_digest: bytes = b""
    """Keyed digest of the names and ids under the identity's key, 16 bytes: equal names have equal digests."""
    content: Sealed | None = None
    """ProfileContent under the identity's key."""
    said: Assertion | None = None
    """What the source said that it had not said before, absent when nothing but names."""
    cause_id: bytes = b""
    """The event or request this was learnt from, 16 bytes."""
    at: Instant = Instant(0)
    """When it was shown, by the customer's clock."""


class AttributesAsserted(Struct, frozen=True, array_like=True, gc=False):
    """A source said something about a known identity that it had not said before."""

    NAME: ClassVar[str] = "switchboard.crm.v1.AttributesAsserted"
    """Full name of its message."""
    identity_id: str = ""
    """The identity."""
    source: str = ""
    """Who said it: "source/<source_id>" for a post, else the name of the system."""
    content: Sealed | None = None
    """ProfileContent under the identity's key."""
    said: Assertion | None = None
    """What was said."""
    cause_id: bytes = b""
    """The event or request this was learnt from, 16 bytes."""
    observed_at: Instant = Instant(0)
    """Since when the source says so."""


class IdentitiesLinked(Struct, frozen=True, array_like=True, gc=False):
    """Two identities were taken for one customer. Reversible: nothing but membership changes."""

    NAME: ClassVar[str] = "switchboard.crm.v1.IdentitiesLinked"
    """Full name of its message."""
    identity_a: str = ""
    """The smaller of the two identity ids."""
    identity_b: str = ""
    """The larger one."""
    reason: int = 0
    """Why."""
    attribute: str = ""
    """Name of the attribute that both proved, such as "email"; empty unless the reason is a contact."""
    contact: bytes = b""
    """Keyed index of the contact point both proved, 16 bytes; empty unless the reason is a contact."""
    ruleset: str = ""
    """Rules in force, such as "verified-contact-2"."""
    customer_id: str = ""
    """The customer both belong to now: the one founded by the oldest identity."""
    moved: tuple[str, ...] = ()
    """Identities that belong to that customer now and did not before, sorted; empty when both were of one customer already."""
    cause_id: bytes = b""
    """The event or request this was learnt from, 16 bytes."""
    at: Instant = Instant(0)
    """When."""


class IdentitiesUnlinked(Struct, frozen=True, array_like=True, gc=False):
    """A link ended; every fact goes with the identity it was learnt of."""

    NAME: ClassVar[str] = "switchboard.crm.v1.IdentitiesUnlinked"
    """Full name of its message."""
    identity_a: str = ""
    """The smaller of the two identity ids."""
    identity_b: str = ""
    """The larger one."""
    reason: int = 0
    """Why."""
    customer_id: str = ""
    """The customer of the part that left: the one its oldest identity founded. Empty when other links still hold them together."""
    moved: tuple[str, ...] = ()
    """Identities of the part that left, sorted."""
    cause_id: bytes = b""
    """The event or request this was learnt from, 16 bytes."""
    at: Instant = Instant(0)
    """When."""


class LinkForbidden(Struct, frozen=True, array_like=True, gc=False):
    """Two identities must never be one customer."""

    NAME: ClassVar[str] = "switchboard.crm.v1.LinkForbidden"
    """Full name of its message."""
    identity_a: str = ""
    """The smaller of the two identity ids."""
    identity_b: str = ""
    """The larger one."""
    cause_id: bytes = b""
    """The event or request this was learnt from, 16 bytes."""
    at: Instant = Instant(0)
    """When."""


class ConflictRaised(Struct, frozen=True, array_like=True, gc=False):
    """Evidence says one customer, a rule says two; they stay two until a person decides. Raised once per pair and reason."""

    NAME: ClassVar[str] = "switchboard.crm.v1.ConflictRaised"
    """Full name of its message."""
    identity_a: str = ""
    """The smaller of the two identity ids."""
    identity_b: str = ""
    """The larger one; the same one when an identity contradicts itself."""
    reason: int = 0
    """Which rule."""
    attribute: str = ""
    """Name of the attribute that both proved."""
    contact: bytes = b""
    """Keyed index of the contact point both proved, 16 bytes."""
    disputed: str = ""
    """Name of the attribute whose values contradict each other, such as "member_id"; empty for other reasons."""
    ruleset: str = ""
    """Rules in force."""
    cause_id: bytes = b""
    """The event or request this was learnt from, 16 bytes."""
    at: Instant = Instant(0)
    """When."""


class ProfileWithdrawn(Struct, frozen=True, array_like=True, gc=False):
    """The platform says that an account is gone, or private: what its sources showed of it is dropped by whoever reads the log, names and values alike. What other systems asserted stays, and so does the key: an account that comes back is seen again."""

    NAME: ClassVar[str] = "switchboard.crm.v1.ProfileWithdrawn"
    """Full name of its message."""
    identity_id: str = ""
    """The identity."""
    cause_id: bytes = b""
    """The event this was learnt from, 16 bytes."""
    at: Instant = Instant(0)
    """When the platform says it happened."""


class SubjectErased(Struct, frozen=True, array_like=True, gc=False):
    """The key of an identity was destroyed: nothing personal of it can be read any more, and nothing new is learnt of it."""

    NAME: ClassVar[str] = "switchboard.crm.v1.SubjectErased"
    """Full name of its message."""
    identity_id: str = ""
    """The identity."""
    reason: str = ""
    """Why, such as "request", "platform" or "retention", `[a-z][a-z0-9_-]{0,39}`."""
    cause_id: bytes = b""
    """The event or request this was learnt from, 16 bytes."""
    at: Instant = Instant(0)
    """When."""


STRUCTS |= {cls.NAME: cls for cls in (Standing, Assertion, IdentityObserved, AttributesAsserted, IdentitiesLinked, IdentitiesUnlinked, LinkForbidden, ConflictRaised, ProfileWithdrawn, SubjectErased,)}
