"""Contact points: one has many spellings and all are one; two are two, however alike they look."""

import csv
import hashlib
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import phonenumbers
import pytest
from crm_sync.contact_points import Contact, Defect, compared_name, contact
from crm_sync.decider import proofs
from crm_sync.reactions import Claim, assertion
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from msgspec import structs

sys.path.insert(0, str(Path(__file__).parent))

from crm_facts import after, partition, see

INVISIBLE = [
    "\u200b",
    "\u200e",
    "\u200f",
    "\u202a",
    "\u202c",
    "\u2060",
    "\u2066",
    "\u2069",
    "\ufeff",
    "\ufe0f",
    "\u00ad",
    "\u034f",
]
DASHES = [
    "-",
    "\u2010",
    "\u2011",
    "\u2012",
    "\u2013",
    "\u2014",
    "\u2015",
    "\u2212",
    "\uff0d",
    "\u30fc",
    "\ufe63",
    "\u2043",
    "\u058a",
]
BLANKS = [" ", "\u00a0", "\u2009", "\u202f", "\u3000", "\t"]
DIGITS = [
    "0123456789",
    "\uff10\uff11\uff12\uff13\uff14\uff15\uff16\uff17\uff18\uff19",
    "٠١٢٣٤٥٦٧٨٩",
    "۰۱۲۳۴۵۶۷۸۹",
    "०१२३४५६७८९",
]

NORMALISED = [
    pytest.param("email", " Mia@Mail.Example ", "mia@mail.example", None, id="an address is compared in lower case"),
    pytest.param("email", "mi\u0301a@mail.example", "m\u00eda@mail.example", None, id="an address is composed"),
    pytest.param("email", "mia@k\u00fcche.example", "mia@xn--kche-0ra.example", None, id="a domain is ASCII"),
    pytest.param("email", "mia@XN--KCHE-0RA.example", "mia@xn--kche-0ra.example", None, id="that is what it is in DNS"),
    pytest.param("email", "mia@mail.example.", "mia@mail.example", None, id="the root's dot says nothing"),
    pytest.param("email", "mia@mail\u3002example", "mia@mail.example", None, id="a dot of a Chinese keyboard is a dot"),
    pytest.param("email", "mailto:mia@mail.example?subject=hi", "mia@mail.example", None, id="a link is its address"),
    pytest.param("email", "mailto:m%69a@mail.example", "mia@mail.example", None, id="a link is percent-encoded"),
    pytest.param("email", "Mia <mia@mail.example>", "mia@mail.example", None, id="a name before it says nothing"),
    pytest.param("email", '"mia"@mail.example', "mia@mail.example", None, id="quotes that are not needed say nothing"),
    pytest.param("email", '"m a"@mail.example', '"m a"@mail.example', Defect.MALFORMED, id="quotes that are needed do"),
    pytest.param("email", "mia..b@mail.example", "mia..b@mail.example", Defect.MALFORMED, id="two dots are no address"),
    pytest.param("email", "mia@mail", "mia@mail", Defect.MALFORMED, id="a domain has two labels"),
    pytest.param("email", "mia@mail.example@x.example", "mia@mail.example@x.example", Defect.MALFORMED, id="two ats"),
    pytest.param("email", "mia@a_b.example", "mia@a_b.example", Defect.MALFORMED, id="no host has an underscore"),
    pytest.param("email", "mia@ab--c.example", "mia@ab--c.example", None, id="but two hyphens may be"),
    pytest.param("email", "mia@192.0.2.17", "mia@192.0.2.17", Defect.MALFORMED, id="a host's number is no domain"),
    pytest.param("email", "info@mail.example", "info@mail.example", Defect.ROLE, id="a role mailbox is nobody's own"),
    pytest.param("email", "team+x@mail.example", "team+x@mail.example", Defect.ROLE, id="a tagged one neither"),
    pytest.param("email", "\uff49nfo@mail.example", "info@mail.example", Defect.ROLE, id="in whatever letters"),
    pytest.param("email", "mia@shop.test", "mia@shop.test", Defect.RESERVED, id="a test domain is nobody's own"),
    pytest.param("email", "mia", "mia", Defect.MALFORMED, id="what is no address never links"),
    pytest.param("phone", "+49 (30) 123-459 71", "+493012345971", None, id="a number is compared without decoration"),
    pytest.param("phone", "0049 30 87654 021", "+493087654021", None, id="00 is the international plus"),
    pytest.param("phone", "+49 (0)30 87654021", "+493087654021", None, id="a trunk zero is no part of it"),
    pytest.param("phone", "+39 06 1234 5971", "+390612345971", None, id="in Italy it is"),
    pytest.param("phone", "(+49) 30 87654021", "+493087654021", None, id="a country in brackets"),
    pytest.param("phone", "tel:+49-30-87654021", "+493087654021", None, id="a link is its number"),
    pytest.param("phone", "tel:87654021;phone-context=+4930", "+493087654021", None, id="a local link has a context"),
    pytest.param("phone", "+49 30 87654021 ext. 7", "+493087654021;ext=7", None, id="an extension is another phone"),
    pytest.param("phone", "tel:+493087654021;ext=7", "+493087654021;ext=7", None, id="a link may have one"),
    pytest.param("phone", "+49 30 87654021 x7", "+493087654021;ext=7", None, id="however it is written"),
    pytest.param("phone", "030 87654021", "03087654021", Defect.NATIONAL, id="a number without country never links"),
    pytest.param("phone", "+49 30 87654021 or 7", "+49 30 87654021 or 7", Defect.MALFORMED, id="two numbers are none"),
    pytest.param("phone", "+999 123", "+999123", Defect.MALFORMED, id="a country there is not"),
    pytest.param("phone", "+49 30 87654021 30 87654021", "+4930876540213087654021", Defect.MALFORMED, id="too long"),
    *[
        pytest.param("phone", f"+49{dot}30{dot}87654021", "+493087654021", None, id=f"a dot U+{ord(dot):04X}")
        for dot in "\u00b7\u2022\u2027\u2219\u22c5\u30fb\uff65\u0387"
    ],
    *[
        pytest.param("phone", f"+49 30{slash}87654021", "+493087654021", None, id=f"a slash U+{ord(slash):04X}")
        for slash in "/\u2044\u2215\uff0f"
    ],
    *[
        pytest.param("phone", f"{label}+49 30 87654021", "+493087654021", None, id=f"behind {label!r}")
        for label in ("Tel. ", "Tel.: ", "TEL", "Handy: ", "Tel. mobil ", "\u7535\u8bdd\uff1a", "\u0442\u0435\u043b. ")
    ],
    pytest.param("phone", "ask mia", "ask mia", Defect.MALFORMED, id="words are no number"),
    pytest.param("phone", "+49 30 1234567", "+49301234567", None, id="a number may end like a filler"),
    pytest.param("phone", "+1 201 555 5555", "+12015555555", None, id="or in one digit"),
    pytest.param("phone", "+49 123456789", "+49123456789", Defect.FILLER, id="one that only counts is nobody's"),
    pytest.param("phone", "+1 (987) 654-3210", "+19876543210", Defect.FILLER, id="up or down"),
    pytest.param("phone", "+1 555 555 5555", "+15555555555", Defect.FILLER, id="nor is one of a single digit"),
    pytest.param("phone", "+490000000000", "+490000000000", Defect.FILLER, id="a number of zeros never links"),
    pytest.param("phone", "a\u200b\u0308", "\u00e4", Defect.MALFORMED, id="what comes together is composed"),
    pytest.param("member_id", " A-17 ", "A-17", None, id="a member id keeps its case"),
    pytest.param("member_id", "\uff21-\u200b17", "A-17", None, id="and is compared without what nobody sees"),
    pytest.param("member_id", "0000", "0000", Defect.FILLER, id="an id of zeros never links"),
    pytest.param("member_id", "N/A", "N/A", Defect.FILLER, id="a filler never links"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "value", "normalised", "defect"), NORMALISED)
def test_normalises(kind: str, value: str, normalised: str, defect: Defect | None) -> None:
    assert contact(kind, value) == Contact(kind, normalised, defect)


@pytest.mark.parametrize("kind", ["email", "phone", "member_id"])
@pytest.mark.parametrize("value", ["", " \t", "\u200b\u202a \ufeff"])
def test_what_is_empty_or_invisible_is_no_contact_point(kind: str, value: str) -> None:
    assert contact(kind, value) is None


def test_an_address_in_brackets_of_which_nothing_is_left_is_no_contact_point() -> None:
    assert contact("email", "<>\u200c") is None


@settings(max_examples=300)
@given(
    st.sampled_from(["email", "phone", "member_id"]),
    st.one_of(
        st.text(max_size=30), st.text(alphabet='+00 49(30)-;ext=7xmailto:@<>"\\.a\u200c\u00df\u0130\u06f1', max_size=30)
    ),
)
def test_normalising_twice_is_normalising_once(kind: str, value: str) -> None:
    once = contact(kind, value)
    if once is not None:
        assert contact(kind, once.value) == once


@pytest.mark.parametrize(
    ("region", "national", "normalised"),
    [
        pytest.param("DE", "030 87654021", "+493087654021", id="a German number"),
        pytest.param("GB", "(020) 7946 0018", "+442079460018", id="a British one"),
        pytest.param("US", "(212) 736-5000", "+12127365000", id="an American one"),
        pytest.param("IT", "06 1234 5971", "+390612345971", id="an Italian one keeps its zero"),
        pytest.param("DE", "+44 20 7946 0018", "+442079460018", id="one with its own country keeps that"),
    ],
)
def test_a_national_number_is_whole_where_the_region_is_said(region: str, national: str, normalised: str) -> None:
    assert contact("phone", national, region) == Contact("phone", normalised, None) == contact("phone", normalised)


@pytest.mark.parametrize("region", ["", "XX", "de"])
def test_a_national_number_of_no_known_region_stays_what_it_is(region: str) -> None:
    assert contact("phone", "030 87654021", region) == Contact("phone", "03087654021", Defect.NATIONAL)


NUMBERS = [
    number
    for region in ("DE", "GB", "FR", "US", "BR", "IN", "JP", "CN", "SA", "ZA", "PL", "TR")
    if (example := phonenumbers.example_number_for_type(region, phonenumbers.PhoneNumberType.MOBILE)) is not None
    for number in [phonenumbers.format_number(example, phonenumbers.PhoneNumberFormat.E164)[:-1] + "0"]
    if contact("phone", number) == Contact("phone", number, None)
]
"""Numbers that numbering plans have, made of the library's own examples: those count up to the end, as fillers do."""


def sprinkled(text: st.SearchStrategy[str], marks: list[str]) -> st.SearchStrategy[str]:
    """With invisible characters anywhere."""

    @st.composite
    def made(draw: st.DrawFn) -> str:
        return "".join(draw(st.sampled_from(["", "", "", *marks])) + character for character in draw(text)) + draw(
            st.sampled_from(["", *marks])
        )

    return made()


@st.composite
def spelled_number(draw: st.DrawFn, number: str) -> str:
    digits = draw(st.sampled_from(DIGITS))
    plus = draw(st.sampled_from(["+", "\uff0b", "00", "tel:+", "TEL:+"]))
    between = ["", "", *BLANKS, *DASHES, ".", "(", ")", "/", "\uff08", "\uff09"]
    body = draw(st.sampled_from(["", "("])) if plus == "+" else ""
    for digit in number[1:]:
        body += digits[int(digit)] + draw(st.sampled_from(between))
    return draw(st.sampled_from(["", *BLANKS])) + plus + body


@settings(max_examples=150)
@given(st.data(), st.sampled_from(NUMBERS))
def test_every_spelling_of_a_number_is_that_number(data: st.DataObject, number: str) -> None:
    written = data.draw(sprinkled(spelled_number(number), INVISIBLE))
    point = contact("phone", written)
    assert point is not None
    assert point.value == number
    assert point == contact("phone", number)


HOSTS = [
    "mail.example",
    "k\u00fcche.example",
    "\u4f8b\u3048.example",
    "\u043f\u0440\u0438\u043c\u0435\u0440.example",
    "stra\u00dfe.example",
]


def wide(text: str) -> str:
    """Letters and digits as an East Asian keyboard makes them."""
    return "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text)


@st.composite
def spelled_address(draw: st.DrawFn, local: str, host: str) -> str:
    ascii_host = host.encode("idna").decode() if "\u00df" not in host else "xn--strae-oqa.example"
    spelled = draw(st.sampled_from([host, ascii_host, ascii_host.upper(), host.replace(".", "\u3002"), host + "."]))
    changes: list[Callable[[str], str]] = [str, str.upper, wide]
    name = draw(st.sampled_from(changes))(local)
    at = draw(st.sampled_from(["@", "\uff20", "\ufe6b"]))
    address = f"{name}{at}{draw(st.sampled_from([str, wide]))(spelled) if spelled.isascii() else spelled}"
    return draw(
        st.sampled_from(["{}", " {} ", "mailto:{}", "MAILTO:{}?subject=a", "Mia M\u00fcller <{}>", "<{}>"])
    ).format(address)


@settings(max_examples=150)
@given(st.data(), st.sampled_from(["mia", "mia.meier+a", "o'hara", "mia-k_1"]), st.sampled_from(HOSTS))
def test_every_spelling_of_an_address_is_that_address(data: st.DataObject, local: str, host: str) -> None:
    written = data.draw(sprinkled(spelled_address(local, host), INVISIBLE))
    assert contact("email", written) == contact("email", f"{local}@{host}")


JOINER = "\u200c"
PERSIAN = f"\u0646\u0627\u0645\u0647{JOINER}\u0627\u06cc"
"""The joiner between the two parts is of the name."""
ALIKE = [
    pytest.param("email", "mia@mail.example", "mi\u0430@mail.example", id="a Cyrillic a"),
    pytest.param("email", "mia@mail.example", "mia@m\u0430il.example", id="a Cyrillic a in the domain"),
    pytest.param("email", "mia@stra\u00dfe.example", "mia@strasse.example", id="a sharp s in a domain"),
    pytest.param("email", "stra\u00dfe@mail.example", "strasse@mail.example", id="a sharp s in a name"),
    pytest.param("email", "m.ia@mail.example", "mia@mail.example", id="a dot, whatever one provider makes of it"),
    pytest.param("email", "mia+shop@mail.example", "mia@mail.example", id="a tag"),
    pytest.param("email", "mia@mail.example", "mia@mail.example.org", id="another domain"),
    pytest.param("email", "m\u0131a@mail.example", "mia@mail.example", id="a dotless i"),
    pytest.param("email", f"mia@{PERSIAN}.example", f"mia@{PERSIAN.replace(JOINER, '')}.example", id="Persian domains"),
    pytest.param("phone", "+49 30 87654021", "+49 30 87654012", id="another number"),
    pytest.param("phone", "+49 30 87654021", "030 87654021", id="a number of no country"),
    pytest.param("phone", "+49 30 87654021", "+49 30 87654021 ext 7", id="an extension"),
    pytest.param("phone", "+39 06 1234 5971", "+39 6 1234 5971", id="an Italian zero"),
    pytest.param("phone", "+1 212 736 5000", "+12 12 736 50001", id="a digit more"),
    pytest.param("member_id", "A-17", "a-17", id="case of an id"),
    pytest.param("member_id", "A-17", "\u0410-17", id="a Cyrillic letter in an id"),
    pytest.param("member_id", "017", "17", id="a zero of an id"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "one", "other"), ALIKE)
def test_what_only_looks_alike_is_two(kind: str, one: str, other: str) -> None:
    points = contact(kind, one), contact(kind, other)
    assert None not in points
    assert points[0] != points[1]
    assert customers(kind, one, other) == 2


class Vault:
    """What an assertion asks of a vault and a key: equal for equal values, nothing else."""

    def blind(self, _tenant: str, value: str) -> bytes:
        return self.digest(value.encode())

    def digest(self, content: bytes) -> bytes:
        return hashlib.blake2b(content, digest_size=16).digest()

    def digester(self) -> Callable[[bytes], bytes]:
        return self.digest


def customers(kind: str, *values: str) -> int:
    """How many customers come of as many accounts, each of which proved one of these values."""
    commands = []
    for at, value in enumerate(values):
        vault: Any = Vault()
        said, _ = assertion(vault, "acme", vault, "service", [Claim(kind, value, True, 1000)], whole=False)
        seen = see(f"account-{at}", at=at)
        proved = frozenset(one.contact for one in proofs(said.attributes))
        commands.append(structs.replace(seen, profile=structs.replace(seen.profile, said=said, proves=proved)))
    return len(partition(after(commands)))


@settings(max_examples=50)
@given(st.data(), st.sampled_from(NUMBERS), st.sampled_from(HOSTS))
def test_accounts_that_proved_spellings_of_one_contact_point_are_one_customer(
    data: st.DataObject, number: str, host: str
) -> None:
    numbers, addresses = spelled_number(number), spelled_address("mia.meier", host)
    assert customers("phone", *(data.draw(sprinkled(numbers, INVISIBLE)) for _ in range(3)), number) == 1
    assert customers("email", *(data.draw(sprinkled(addresses, INVISIBLE)) for _ in range(3)), f"mia.meier@{host}") == 1


def test_two_guides_write_the_numbers_of_the_same_restaurants_differently(shared_data: Path) -> None:
    guides = shared_data / "identity" / "restaurants"

    def rows(name: str) -> dict[str, list[str]]:
        with (guides / name).open(encoding="utf-8") as file:
            return {row[0]: row for row in csv.reader(file, delimiter="|")}

    one, other, same = rows("rest1.csv"), rows("rest2.csv"), rows("gt.csv")
    pairs = [(one[a][2], other[b[1]][2]) for a, b in same.items() if a in one and b[1] in other]
    numbers = [(a, b) for a, b in pairs if a and b]
    assert len(numbers) == 89
    assert sum(a == b for a, b in numbers) == 0
    assert sum(contact("phone", a, "US") == contact("phone", b, "US") for a, b in numbers) == 85, (
        "four have two numbers"
    )


@settings(max_examples=200)
@given(st.data(), st.sampled_from(NUMBERS), st.sampled_from(NUMBERS))
def test_no_spelling_of_a_number_is_another_one(data: st.DataObject, one: str, other: str) -> None:
    assume(one != other)
    assert contact("phone", data.draw(spelled_number(one))) != contact("phone", data.draw(spelled_number(other)))


LETTERS = st.text(alphabet=st.characters(categories=["L", "Nd"], max_codepoint=0x24F), min_size=1, max_size=8)


@settings(max_examples=200)
@given(st.tuples(LETTERS, LETTERS))
def test_two_local_parts_of_different_letters_are_two_mailboxes(parts: tuple[str, str]) -> None:
    import unicodedata

    one, other = (unicodedata.normalize("NFKC", part).lower() for part in parts)
    assume(unicodedata.normalize("NFKC", one) != unicodedata.normalize("NFKC", other))
    assert contact("email", f"{one}@mail.example") != contact("email", f"{other}@mail.example")


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        pytest.param("Mia  M\u00dcLLER", "mia mu\u0308ller", True, id="case, composition and blanks"),
        pytest.param("\u202aMia\u202c\u3000Meier", "Mia Meier", True, id="what nobody sees"),
        pytest.param("\uff2d\uff49\uff41", "Mia", True, id="full-width letters"),
        pytest.param("Stra\u00dfe", "STRASSE", True, id="case folding"),
        pytest.param("Mia Meier", "MiaMeier", False, id="a blank that is not there"),
        pytest.param("Mi\u0430", "Mia", False, id="a Cyrillic a"),
        pytest.param("Mi\u00e1", "Mia", False, id="an accent"),
    ],
)
def test_names_are_compared_as_people_read_them(one: str, other: str, same: bool) -> None:
    assert (compared_name(one) == compared_name(other)) is same
    assert compared_name(compared_name(one)) == compared_name(one)
