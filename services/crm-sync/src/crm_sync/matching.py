"""When two identities may be taken for one customer by rule, and when never. Pure; it sees no value.

Only *verified unique* contact points link: their owner proved them (one-time code, login), and the value is one
person's. What somebody merely claims never links, because everybody can claim everything. The limits are there against
the blob customer: one shared mailbox that pulls thousands of people together.
"""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from crm_sync.events import ConflictReason

RULESET = "verified-contact-2"
"""Name of these rules; a change of them is a new name."""
CUSTOMER_IDENTITIES_MAX = 100
"""Identities one customer may have. Against: people have under ten accounts; a cluster above a hundred is an error."""
VALUES_MAX = 1_000
"""Values one identity may have, by attribute, source, contact point and whether it is verified."""
KEPT_BYTES_MAX = 128 * 1024
"""What the facts with those values may weigh. Against: a profile has two kilobytes, and the row of an identity is
written anew whenever something is said of it.
"""
PARTNERS_MAX = 1_000
"""Identities that one may be linked to, barred from or in conflict with, each. More is no evidence."""
PROOFS_MAX = 10
"""Contact points of one assertion that may link identities; those behind them are kept and link nothing."""
HOLDERS_MAX = 100
"""Holders of a contact point that a decision looks at. Against: the widest class counts as shared from 51 on."""


@dataclass(frozen=True, slots=True)
class ContactClass:
    """Limits of a kind of contact point."""

    values_max: int
    """Different verified values one customer may have."""
    identities_max: int
    """Identities that may prove the same value before it counts as shared."""


_ADDRESS = ContactClass(values_max=5, identities_max=10)
_LOGIN = ContactClass(values_max=1, identities_max=50)
_CLASSES = {"email": _ADDRESS, "phone": _ADDRESS}


def contact_class(attribute: str) -> ContactClass | None:
    """The class of a contact point ("email", "phone", any login id ending in "_id"); None for other attributes."""
    known = _CLASSES.get(attribute)
    return _LOGIN if known is None and attribute.endswith("_id") else known


@dataclass(frozen=True, slots=True)
class Party:
    """One customer as far as the rules look at it."""

    identities: AbstractSet[str]
    proved: Mapping[str, AbstractSet[bytes]]
    """Keyed indices of its verified unique contact points by attribute."""
    barred: AbstractSet[str]
    """Identities that somebody said are not this customer's."""


def dispute(proved: Mapping[str, AbstractSet[bytes]]) -> str:
    """The first attribute, by name, of which one customer would have too many verified values; "" for none."""
    for attribute in sorted(proved):
        limits = contact_class(attribute)
        if limits is not None and len(proved[attribute]) > limits.values_max:
            return attribute
    return ""


def objection(one: Party, other: Party) -> tuple[ConflictReason, str] | None:
    """(why two customers must stay two, the disputed attribute); None when they may be one. Symmetric."""
    if not one.barred.isdisjoint(other.identities) or not other.barred.isdisjoint(one.identities):
        return ConflictReason.FORBIDDEN, ""
    if disputed := dispute(together(one.proved, other.proved)):
        return ConflictReason.VALUES_DIFFER, disputed
    if len(one.identities | other.identities) > CUSTOMER_IDENTITIES_MAX:
        return ConflictReason.CUSTOMER_TOO_LARGE, ""
    return None


def together(
    one: Mapping[str, AbstractSet[bytes]], other: Mapping[str, AbstractSet[bytes]]
) -> dict[str, AbstractSet[bytes]]:
    """The verified values two customers have together."""
    return {name: one.get(name, frozenset()) | other.get(name, frozenset()) for name in {**one, **other}}


def shared(attribute: str, holders: int) -> bool:
    """Whether a value that so many identities proved is too widely shared to say anything."""
    limits = contact_class(attribute)
    return limits is None or holders > limits.identities_max
