"""What the spellings of one contact point or name have in common. Pure; which contact points link is not known here.

Two spellings are one where a standard says so: Unicode (NFKC, default-ignorable code points), IDNA (UTS 46,
non-transitional) for domains, libphonenumber for numbers. Nothing is guessed: no provider's rule about dots or tags,
no country that nobody named, and what only looks alike stays different.
"""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from urllib.parse import unquote

import idna
import phonenumbers

TEXT_MAX: Final = 320
"""Characters of an address or number that are looked into. Against: RFC 5321 allows 64 + 1 + 255."""


class Defect(StrEnum):
    """Why a contact point never links anybody. Its value is compared as it is."""

    MALFORMED = "MALFORMED"
    NATIONAL = "NATIONAL"
    """A number without country, of no region that was named."""
    ROLE = "ROLE"
    RESERVED = "RESERVED"
    """A domain that is nobody's: test, invalid, localhost."""
    FILLER = "FILLER"


@dataclass(frozen=True, slots=True)
class Contact:
    """A contact point as it is compared."""

    kind: str
    value: str
    """Normalised, never empty."""
    defect: Defect | None

    @property
    def unique(self) -> bool:
        """Whether it can belong to one person only."""
        return self.defect is None

    @property
    def indexed(self) -> str:
        """What the keyed index is made of."""
        return f"{self.kind}\0{self.value}"


def contact(kind: str, value: str, region: str = "") -> Contact | None:
    """The normalised contact point; None for one of which nothing is left.

    E-mail: local part in NFKC and lower case, domain as A-labels. Phone: E.164, with ";ext=" where there is an
    extension; `region` (CLDR, such as "DE") is whose a number without country is. Ids: NFKC, case kept. What has not
    the form of its kind keeps its letters and has a defect.
    """
    text = _settled(value, visible)
    if not text:
        return None
    if not is_region(region):
        region = ""
    if kind == "email":
        found, defect = _email(value)
    elif kind == "phone":
        found, defect = _phone(text, region)
    else:
        found, defect = text, Defect.FILLER if _filler(text) else None
    return Contact(kind, found, defect) if found else None


def is_region(region: str) -> bool:
    """Whether it is a CLDR region with a numbering plan."""
    return region in phonenumbers.SUPPORTED_REGIONS


def compared_name(name: str) -> str:
    """A name as it is compared: NFKC, case folded, blanks collapsed, nothing invisible."""
    if name.isascii():
        return " ".join(name.casefold().split())
    return _settled(name, lambda text: " ".join(visible(text).casefold().split()))


_IGNORABLE: Final = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
"""What nobody sees: Default_Ignorable_Code_Point of Unicode, which Python's tables lack, and annotation marks."""
_JOINERS: Final = re.compile("[\u200c\u200d]")
"""They are ignorable, but in a domain of some scripts they tell one name from another."""
_JOINED: Final = re.compile(_IGNORABLE.pattern.replace("\u200b-\u200f", "\u200b\u200e\u200f"))


def visible(text: str, unseen: re.Pattern[str] = _IGNORABLE) -> str:
    """NFKC without outer blanks and without what nobody sees."""
    if text.isascii():
        return text.strip()
    return unicodedata.normalize("NFKC", unseen.sub("", unicodedata.normalize("NFKC", text))).strip()


def _settled(text: str, change: Callable[[str], str]) -> str:
    """Changes until nothing changes: what is removed can bring together what composes. A few rounds at most."""
    changed = change(text)
    while changed != text:
        text, changed = changed, change(changed)
    return changed


_ADDRESSED: Final = re.compile(r"[^<>@]*<([^<>]*)>")
_ATOM: Final = re.compile(r"[^\s@<>()\[\]\\,;:\"\x00-\x1f\x7f]+")
_LDH: Final = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)")
_ROLES: Final = frozenset(
    "abuse,accounts,admin,billing,careers,contact,enquiries,help,hello,hr,info,jobs,mail,marketing,no-reply,noreply,office,"  # noqa: SIM905
    "postmaster,press,reception,root,sales,security,service,shop,support,team,test,webmaster".split(",")
)
_NOBODYS: Final = frozenset({"test", "invalid", "localhost"})


def _email(text: str) -> tuple[str, Defect | None]:
    text = _settled(text, _bare_address)
    local, at, domain = text.rpartition("@")
    local = _settled(_unquoted(local), lambda part: visible(part.lower()))
    host = _host(domain) if len(text) <= TEXT_MAX else None
    if not at or host is None or _ATOM.fullmatch(local) is None or len(local.encode()) > 64:
        return _settled(text, lambda whole: _bare_address(visible(whole.lower()))), Defect.MALFORMED
    address = f"{local}@{host}"
    if local.startswith(".") or local.endswith(".") or ".." in local:
        return address, Defect.MALFORMED
    if host.rpartition(".")[2] in _NOBODYS:
        return address, Defect.RESERVED
    return address, Defect.ROLE if local.partition("+")[0] in _ROLES else None


def _bare_address(text: str) -> str:
    """Without a mailto: with its fields, and without a name before angle brackets."""
    if text[:7].lower() == "mailto:":
        text = unquote(text[7:].partition("?")[0])
    named = _ADDRESSED.fullmatch(text)
    return visible(text if named is None else named[1], _JOINED)


def _unquoted(local: str) -> str:
    """A quoted local part is the same mailbox as the one without quotes, where it needs none (RFC 5321, 4.1.2)."""
    if len(local) > 2 and local[0] == local[-1] == '"':
        plain = re.sub(r"\\(.)", r"\1", local[1:-1])
        if _ATOM.fullmatch(plain) is not None:
            return plain
    return local


def _host(domain: str) -> str | None:
    """The domain as A-labels in lower case; None for none that mail could be sent to."""
    domain = re.sub("[\u3002\uff0e\uff61]", ".", domain).strip().removesuffix(".")
    host = _a_labels(domain) or _a_labels(_JOINERS.sub("", domain))
    if host is None:
        host = domain.lower()  # a few plain names are outside IDNA 2008, such as those with "--" in them
        if "xn--" in host or not all(_LDH.fullmatch(label) for label in host.split(".")):
            return None
    top = host.rpartition(".")
    if not top[0] or len(top[2]) < 2 or top[2].isdigit() or len(host) > 253:
        return None
    return host


def _a_labels(domain: str) -> str | None:
    try:
        return idna.encode(domain, uts46=True).decode("ascii")
    except (UnicodeError, ValueError, IndexError):
        return None


_DASHES: Final = "\u2043\u2212\u30fc"
_DOTS: Final = "\u00b7\u0387\u2022\u2024\u2027\u2219\u22c5\u30fb\uff65"
_SLASHES: Final = "\u2044\u2215\u29f8"
_LABELLED: Final = re.compile(r"(?:[^\W\d_]{1,15}[.:\s]+){1,3}(?=[+(\[\d])|[^\W\d_]{1,15}(?=\+)")
"""What people write before a number, in any language: `Tel. `, `Handy: `, `电话：`."""
_NUMBER: Final = re.compile(r"[\s(\[]*(\+?)([\d\s().\-/\[\]~]*)")
_EXTENSION: Final = re.compile(
    r"(.*\d)[\s().\-/,]*(?:;ext=|\b(?:ext|extn|extension|durchwahl|anexo|int|доб)\b\.?:?|x|#)[\s.:\-]*(\d{1,7})",
    re.IGNORECASE,
)


def _phone(text: str, region: str) -> tuple[str, Defect | None]:
    text = _settled(text, _plain_number)
    extended = _EXTENSION.fullmatch(text)
    number, extension = (extended[1], extended[2]) if extended else (text, "")
    formed = _NUMBER.fullmatch(number)
    digits = "".join(character for character in number if character.isdigit()) if formed else ""
    if formed is None or not digits or len(text) > TEXT_MAX:
        return text, Defect.MALFORMED
    international = f"+{digits}" if formed[1] else f"+{digits[2:]}" if digits.startswith("00") else ""
    tail = f";ext={extension}" if extension else ""
    parsed = _parsed(international, None) if international else _parsed(digits, region)
    if parsed is None:
        plain = f"{international or digits}{tail}"
        return plain, Defect.MALFORMED if international or region else Defect.NATIONAL
    whole = international
    if not international or phonenumbers.is_valid_number(parsed):  # else it may lose a zero that belongs to it
        whole = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
    return whole + tail, Defect.FILLER if _monotonous(str(parsed.national_number)) else None


def _plain_number(text: str) -> str:
    """ASCII digits, plain dashes, no tel: and none of its parameters but an extension."""
    text = "".join(_plain(character) for character in visible(text))
    if text[:4].lower() != "tel:":
        label = _LABELLED.match(text)
        return text if label is None else text[label.end() :]
    number, *parameters = text[4:].split(";")
    said = {name.strip().lower(): value for name, _, value in (one.partition("=") for one in parameters)}
    context = said.get("phone-context", "")
    if context.startswith("+") and not number.startswith("+"):
        number = context + number
    return f"{number};ext={said['ext']}" if said.get("ext") else number


def _plain(character: str) -> str:
    if character.isascii():
        return character
    if character.isdecimal():
        return str(unicodedata.decimal(character))
    if character in _DOTS:
        return "."
    if character in _SLASHES:
        return "/"
    return "-" if character in _DASHES or unicodedata.category(character) == "Pd" else character


def _parsed(number: str, region: str | None) -> phonenumbers.PhoneNumber | None:
    """None where the numbering plan has no such number, by its length and its beginning."""
    try:
        found = phonenumbers.parse(number, region or None)
    except phonenumbers.NumberParseException:
        return None
    return found if phonenumbers.is_possible_number(found) else None


_FILLERS: Final = frozenset({
    "-", "--", ".", "?", "anonymous", "default", "dummy", "guest", "n/a", "na", "nil", "none", "null", "test",
    "undefined", "unknown",
})  # fmt: skip


def _filler(value: str) -> bool:
    return value.casefold() in _FILLERS or not value.strip("0-. ")


def _monotonous(digits: str) -> bool:
    """Whether a whole number, without its country, is one digit again and again, or counts up or down."""
    return len(set(digits)) == 1 or digits in _COUNTED_UP or digits in _COUNTED_UP[::-1]


_COUNTED_UP: Final = "01234567890123456789"
