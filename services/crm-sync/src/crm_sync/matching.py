"""When two identities may be taken for one customer by rule, and when never. Pure; it sees unsealed values.

Only *verified unique* contact points link: their owner proved them (one-time code, login), and the value is one
person's. What somebody merely claims never links, because everybody can claim everything. The limits are there against
the blob customer: one shared mailbox that pulls thousands of people together.
"""

import re
import unicodedata
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from crm_sync.events import ConflictReason

RULESET = "verified-contact-1"
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
class Contact:
    """A contact point as it is compared."""

    kind: str
    value: str
    """Normalised, never empty."""
    unique: bool
    """Whether it can belong to one person only: well formed, and no role mailbox, test or filler value."""

    @property
    def indexed(self) -> str:
        """What the keyed index is made of."""
        return f"{self.kind}\0{self.value}"


_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s]+\.[^@\s.]{2,}")
_PHONE = re.compile(r"\+[1-9]\d{6,14}")
_PHONE_DECORATION = re.compile(r"[\s().\-/\u00a0]")
_ROLES = frozenset(
    "abuse,accounts,admin,billing,careers,contact,enquiries,help,hello,hr,info,jobs,mail,marketing,no-reply,noreply,office,"  # noqa: SIM905
    "postmaster,press,reception,root,sales,security,service,shop,support,team,test,webmaster".split(",")
)
_RESERVED_DOMAINS = re.compile(r"(.*\.)?(test|invalid|localhost)")
_FILLERS = frozenset("- -- . ? anonymous default dummy guest n/a na nil none null test undefined unknown".split())  # noqa: SIM905


def contact(kind: str, value: str) -> Contact | None:
    """The normalised contact point; None for an empty value. What has not the form of its kind is never unique.

    E-mail: NFC, lower case. Phone: E.164, an international "00" becomes "+". Ids: NFC, outer blanks removed, case kept.
    """
    text, before = _normalised(kind, value), value
    while text != before:  # removing a character can bring two together that compose; a few rounds at most
        text, before = _normalised(kind, text), text
    if not text:
        return None
    if kind == "email":
        return Contact(kind, text, _EMAIL.fullmatch(text) is not None and not _role(text))
    if kind == "phone":
        return Contact(kind, text, _PHONE.fullmatch(text) is not None and not _monotonous(text[-7:]))
    return Contact(kind, text, not _filler(text))


def _normalised(kind: str, value: str) -> str:
    text = unicodedata.normalize("NFC", value).strip()
    if kind == "email":
        return unicodedata.normalize("NFC", text.lower())
    if kind == "phone":
        text = _PHONE_DECORATION.sub("", unicodedata.normalize("NFKC", text)) or text
        return f"+{text[2:]}" if text.startswith("00") else text
    return text


def _role(address: str) -> bool:
    local, _, domain = address.rpartition("@")
    return local.partition("+")[0] in _ROLES or _RESERVED_DOMAINS.fullmatch(domain) is not None


def _filler(value: str) -> bool:
    return value.casefold() in _FILLERS or not value.strip("0-. ")


def _monotonous(digits: str) -> bool:
    return len(set(digits)) == 1 or digits in ("1234567", "2345678", "3456789", "4567890", "7654321")


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
