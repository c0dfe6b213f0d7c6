"""Who looks at a case, as one of them hears of it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from routing.viewers import GONE_S, VIEWERS_MAX, Company, Said, Sign, _read


def said(viewer: str, sign: Sign, agent_id: str = "ben") -> Said:
    """A sign."""
    return Said(viewer, agent_id, sign)


HEARD = [
    pytest.param([said("b1", Sign.ARRIVED)], [Sign.PRESENT], id="who comes is there"),
    pytest.param([said("b1", Sign.PRESENT)], [Sign.PRESENT], id="who was there is there"),
    pytest.param([said("b1", Sign.ARRIVED), said("b1", Sign.PRESENT)], [Sign.PRESENT, None], id="once"),
    pytest.param(
        [said("b1", Sign.ARRIVED), said("b2", Sign.ARRIVED)], [Sign.PRESENT, None], id="from two windows once"
    ),
    pytest.param([said("b1", Sign.ARRIVED), said("b1", Sign.LEFT)], [Sign.PRESENT, Sign.LEFT], id="and leaves"),
    pytest.param(
        [said("b1", Sign.ARRIVED), said("b2", Sign.ARRIVED), said("b1", Sign.LEFT), said("b2", Sign.LEFT)],
        [Sign.PRESENT, None, None, Sign.LEFT],
        id="with the last window",
    ),
    pytest.param([said("b1", Sign.LEFT)], [None], id="who never came does not leave"),
    pytest.param([said("", Sign.TYPING)], [Sign.TYPING], id="who writes is heard of wherever they look"),
    pytest.param([said("m2", sign, "mia") for sign in Sign], [None] * 4, id="nobody is told of themselves"),
]


@pytest.mark.parametrize(("signs", "news"), HEARD)
def test_what_is_heard(signs: list[Said], news: list[Sign | None]) -> None:
    company = Company("mia")
    assert [company.hears(one, 0.0) for one in signs] == news


def test_who_is_not_heard_of_any_more_has_left_once() -> None:
    company = Company("mia")
    company.hears(said("b1", Sign.ARRIVED), 0.0)
    company.hears(said("e1", Sign.ARRIVED, "eve"), 0.0)
    company.hears(said("b1", Sign.PRESENT), GONE_S - 1)
    assert company.misses(GONE_S - 1) == []
    assert company.misses(GONE_S) == ["eve"]
    assert company.misses(GONE_S) == []
    assert company.hears(said("e1", Sign.PRESENT, "eve"), GONE_S) is Sign.PRESENT


def test_a_crowd_is_told_of_up_to_a_limit() -> None:
    company = Company("mia")
    news = [company.hears(said(f"v{n}", Sign.ARRIVED, f"a{n}"), 0.0) for n in range(VIEWERS_MAX + 5)]
    assert news == [Sign.PRESENT] * VIEWERS_MAX + [None] * 5


@given(st.binary(max_size=60))
def test_bytes_that_are_no_sign_are_none(data: bytes) -> None:
    assert _read(data) is None or isinstance(_read(data), Said)


SIGNS = st.lists(
    st.tuples(st.sampled_from(["b1", "b2", "e1"]), st.sampled_from(list(Sign)), st.integers(0, 40)), max_size=30
)


@given(SIGNS)
def test_somebody_leaves_only_after_they_came_and_comes_only_after_they_left(
    signs: list[tuple[str, Sign, int]],
) -> None:
    company, there, now = Company("mia"), set[str](), 0.0
    for viewer, sign, later in signs:
        now += later
        for gone in company.misses(now):
            assert gone in there
            there.remove(gone)
        agent_id = {"b": "ben", "e": "eve"}[viewer[0]]
        news = company.hears(said(viewer, sign, agent_id), now)
        if news is Sign.PRESENT:
            assert agent_id not in there
            there.add(agent_id)
        elif news is Sign.LEFT:
            there.remove(agent_id)
