"""When two customers may be one, and when never."""

import pytest
from crm_sync.events import ConflictReason
from crm_sync.matching import Party, objection, shared


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
