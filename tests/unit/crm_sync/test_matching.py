"""Contact points: what is compared, what may link, what never does."""

import pytest
from crm_sync.events import ConflictReason
from crm_sync.matching import Party, contact, objection, shared
from hypothesis import given, settings
from hypothesis import strategies as st

NORMALISED = [
    pytest.param("email", " Mia@Mail.Example ", "mia@mail.example", True, id="an address is compared in lower case"),
    pytest.param("email", "mi\u0301a@mail.example", "m\u00eda@mail.example", True, id="an address is compared in NFC"),
    pytest.param("email", "info@mail.example", "info@mail.example", False, id="a role mailbox is nobody's own"),
    pytest.param("email", "team+x@mail.example", "team+x@mail.example", False, id="a tagged role mailbox neither"),
    pytest.param("email", "mia@shop.test", "mia@shop.test", False, id="a test domain is nobody's own"),
    pytest.param("email", "mia", "mia", False, id="what is no address never links"),
    pytest.param("phone", "+49 (30) 123-459 71", "+493012345971", True, id="a number is compared without decoration"),
    pytest.param("phone", "0049 30 87654 021", "+493087654021", True, id="00 is the international plus"),
    pytest.param("phone", "030 1234", "0301234", False, id="a number without country never links"),
    pytest.param("phone", "a(\u0308", "\u00e4", False, id="what comes together by removing decoration is composed"),
    pytest.param("phone", "+490000000000", "+490000000000", False, id="a number of zeros never links"),
    pytest.param("member_id", " A-17 ", "A-17", True, id="a member id keeps its case"),
    pytest.param("member_id", "0000", "0000", False, id="an id of zeros never links"),
    pytest.param("member_id", "N/A", "N/A", False, id="a filler never links"),
]


@pytest.mark.parametrize(("kind", "value", "normalised", "unique"), NORMALISED)
def test_normalises(kind: str, value: str, normalised: str, unique: bool) -> None:
    point = contact(kind, value)
    assert point is not None
    assert (point.value, point.unique) == (normalised, unique)


@pytest.mark.parametrize("kind", ["email", "phone", "member_id"])
def test_an_empty_value_is_no_contact_point(kind: str) -> None:
    assert contact(kind, " \t") is None


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(["email", "phone", "member_id"]), st.text(max_size=30))
def test_normalising_twice_is_normalising_once(kind: str, value: str) -> None:
    once = contact(kind, value)
    if once is not None:
        assert contact(kind, once.value) == once


def party(ids: str, member: bytes = b"", barred: str = "") -> Party:
    return Party(frozenset(ids), {"member_id": {member}} if member else {}, frozenset(barred))


OBJECTIONS = [
    pytest.param(party("a"), party("b"), None, id="nothing speaks against it"),
    pytest.param(party("a", barred="b"), party("b"), ConflictReason.FORBIDDEN, id="a bar does"),
    pytest.param(party("a", b"1"), party("b", b"1"), None, id="the same member id does not"),
    pytest.param(party("a", b"1"), party("b", b"2"), ConflictReason.VALUES_DIFFER, id="two member ids do"),
    pytest.param(
        Party(frozenset(f"{n}" for n in range(100)), {}, frozenset()),
        party("b"),
        ConflictReason.CUSTOMER_TOO_LARGE,
        id="size does",
    ),
]


@pytest.mark.parametrize(("one", "other", "reason"), OBJECTIONS)
def test_objects_alike_from_both_sides(one: Party, other: Party, reason: ConflictReason | None) -> None:
    for against in (objection(one, other), objection(other, one)):
        assert (against and against[0]) == reason


def test_a_value_that_too_many_proved_says_nothing() -> None:
    assert [shared("email", 10), shared("email", 11)] == [False, True]
