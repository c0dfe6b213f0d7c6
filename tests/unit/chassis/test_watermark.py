"""Where everything is done, by law: whatever the order things end in, nothing unfinished is ever passed."""

import pytest
from chassis.watermark import Watermark
from hypothesis import given
from hypothesis import strategies as st


@given(st.lists(st.integers(0, 4), max_size=30), st.randoms(use_true_random=False))
def test_it_stands_before_the_first_unfinished_position_whatever_ends_first(sizes: list[int], chance: object) -> None:
    watermark = Watermark(7)
    open_parts: list[int] = []
    for place, parts in enumerate(sizes, start=8):
        watermark.begin(place, parts)
        open_parts += [place] * parts
    chance.shuffle(open_parts)  # type: ignore[attr-defined]
    last = 7 + len(sizes)
    assert watermark.position == min(open_parts, default=last + 1) - 1
    while open_parts:
        before = watermark.position
        moved = watermark.done(open_parts.pop())
        assert watermark.position == min(open_parts, default=last + 1) - 1
        assert moved == (watermark.position > before)
    assert watermark.last == last


def test_positions_that_nobody_began_are_passed_over() -> None:
    watermark = Watermark(0)
    watermark.begin(5, 1)
    watermark.begin(9, 0)
    assert (watermark.position, watermark.last) == (0, 9)
    watermark.done(5)
    assert watermark.position == 9


def test_what_has_no_parts_costs_nothing_while_an_earlier_position_is_under_way() -> None:
    watermark = Watermark(0)
    watermark.begin(1, 1)
    for position in range(2, 1_000):
        watermark.begin(position, 0)
    assert (len(watermark), watermark.position, watermark.last) == (2, 0, 999)
    watermark.begin(1_000, 1)
    assert watermark.done(1)
    assert (len(watermark), watermark.position) == (1, 999)


def test_a_position_does_not_come_twice() -> None:
    watermark = Watermark(3)
    with pytest.raises(ValueError, match="3 does not come after 3"):
        watermark.begin(3, 1)
