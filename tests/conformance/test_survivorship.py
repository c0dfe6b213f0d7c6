"""Every mode of survivorship is a maximum over a total order: arrival order never changes what is shown."""

from __future__ import annotations

from itertools import pairwise

import pytest
from crm_sync.survivorship import Candidate, DecidedBy, Mode, decided_by, kept, order_key, ranked, rule, said, winners
from hypothesis import given, settings
from hypothesis import strategies as st

DAY = 86_400_000_000
ATTRIBUTES = ["display_name", "location", "segment", "email"]
candidates = st.builds(
    Candidate,
    value=st.binary(min_size=1, max_size=1),
    verified=st.booleans(),
    source=st.sampled_from(["source/x", "crm", "shop", "agent", "partner"]),
    confidence_permille=st.integers(1, 1000),
    observed_at=st.integers(0, 5).map(lambda days: days * DAY),
    event_id=st.binary(min_size=1, max_size=1),
    identity_id=st.sampled_from("ab"),
)


def test_the_attributes_of_this_suite_cover_every_mode() -> None:
    assert {rule(attribute).mode for attribute in ATTRIBUTES} == set(Mode)


def best(attribute: str, some: list[Candidate]) -> list[Candidate]:
    return winners(attribute, ranked(attribute, some))


@pytest.mark.parametrize("attribute", ATTRIBUTES)
@settings(max_examples=60)
@given(st.data())
def test_order_and_repetition_of_arrival_do_not_matter(attribute: str, data: st.DataObject) -> None:
    some = data.draw(st.lists(candidates, min_size=1, max_size=6, unique=True))
    shuffled = data.draw(st.permutations(some))
    assert best(attribute, some) == best(attribute, [*shuffled, *some[:2]])


@pytest.mark.parametrize("attribute", ATTRIBUTES)
@settings(max_examples=60)
@given(st.data())
def test_choosing_among_winners_is_choosing_among_all(attribute: str, data: st.DataObject) -> None:
    """Associative and idempotent: merged customers may be merged again, in any grouping."""
    some = data.draw(st.lists(candidates, max_size=6, unique=True))
    cut = data.draw(st.integers(0, len(some)))
    parts = best(attribute, some[:cut]) + best(attribute, some[cut:])
    assert best(attribute, parts) == best(attribute, some)


@pytest.mark.parametrize("attribute", ATTRIBUTES)
@settings(max_examples=60)
@given(st.lists(candidates, min_size=1, max_size=6, unique=True))
def test_losers_are_kept_and_everyone_knows_why_it_lost(attribute: str, some: list[Candidate]) -> None:
    best_first = ranked(attribute, some)
    assert sorted(best_first, key=repr) == sorted(some, key=repr)
    assert len({order_key(attribute, one) for one in some}) == len(some), "no two candidates are equal"
    for better, behind in pairwise(best_first):
        assert decided_by(attribute, better, behind) is not DecidedBy.FIRST


@pytest.mark.parametrize("attribute", ATTRIBUTES)
@settings(max_examples=60)
@given(st.lists(candidates, min_size=2, max_size=6, unique=True), st.integers(0, 3650))
def test_time_passing_changes_no_order(attribute: str, some: list[Candidate], days: int) -> None:
    """The decayed confidences, computed at any moment, order candidates as the clockless sum does."""
    half_life = rule(attribute).half_life_days
    if not half_life:
        return
    now = 5 * DAY + days * DAY

    def decayed(one: Candidate) -> float:
        return one.confidence_permille / 1000 * 2 ** ((one.observed_at - now) / (half_life * DAY))

    for one in some:
        for other in some:
            alike = (one.verified, one.source) == (other.verified, other.source)
            if alike and decayed(one) > decayed(other) * (1 + 1e-9):
                assert order_key(attribute, one) > order_key(attribute, other)


def candidate(value: str, **rest: object) -> Candidate:
    facts: dict[str, object] = {
        "verified": False,
        "source": "source/x",
        "confidence_permille": 1000,
        "observed_at": 0,
        "event_id": value.encode(),
        "identity_id": "a",
    }
    return Candidate(value=value.encode(), **{**facts, **rest})  # type: ignore[arg-type]


CHOSEN = [
    pytest.param(
        "display_name",
        [candidate("claimed", source="agent", observed_at=9 * DAY), candidate("proved", verified=True)],
        ["proved"],
        DecidedBy.VERIFIED,
        id="a proved name beats a newer claimed one of a better source",
    ),
    pytest.param(
        "segment",
        [candidate("theirs", verified=True), candidate("ours", source="crm")],
        ["ours"],
        DecidedBy.SOURCE_RANK,
        id="our own system says which segment",
    ),
    pytest.param(
        "location",
        [candidate("old", source="crm", verified=True), candidate("new", observed_at=DAY)],
        ["new"],
        DecidedBy.OBSERVED_AT,
        id="the place is where the person said last",
    ),
    pytest.param(
        "display_name",
        [candidate("unsure", confidence_permille=500, observed_at=364 * DAY), candidate("sure")],
        ["sure"],
        DecidedBy.FRESHNESS,
        id="half the confidence is worth one half-life: a day less loses",
    ),
    pytest.param(
        "display_name",
        [candidate("unsure", confidence_permille=500, observed_at=366 * DAY), candidate("sure")],
        ["unsure"],
        DecidedBy.FRESHNESS,
        id="half the confidence is worth one half-life: a day more wins",
    ),
    pytest.param(
        "email",
        [candidate("one"), candidate("two", verified=True), candidate("one", event_id=b"z")],
        ["two", "one"],
        DecidedBy.VERIFIED,
        id="every address is kept, once, proved ones first",
    ),
]


@pytest.mark.parametrize(("attribute", "some", "shown", "why"), CHOSEN)
def test_chooses(attribute: str, some: list[Candidate], shown: list[str], why: DecidedBy) -> None:
    best_first = ranked(attribute, some)
    assert [one.value.decode() for one in winners(attribute, best_first)] == shown
    assert decided_by(attribute, best_first[0], best_first[1]) is why


def test_empty_says_nothing_and_counters_are_not_kept() -> None:
    assert [said(" \n"), said(" x ")] == ["", "x"]
    assert [kept("followers_count"), kept("location")] == [False, True]
