"""Several cases for several agents at once, against all the ways there are."""

from collections.abc import Mapping, Sequence
from itertools import permutations

from hypothesis import given
from hypothesis import strategies as st
from routing.pairing import Pairing

Rows = Sequence[Mapping[int, int]]
COLUMNS = 5
rows = st.lists(st.dictionaries(st.integers(0, COLUMNS - 1), st.integers(0, 6)), max_size=6)


def cheapest(wanted: Rows) -> int | None:
    """The least cost of serving all of these, None where they cannot be."""
    costs = [
        sum(one[column] for one, column in zip(wanted, columns, strict=True))
        for columns in permutations(range(COLUMNS), len(wanted))
        if all(column in one for one, column in zip(wanted, columns, strict=True))
    ]
    return min(costs, default=None)


def paired(wanted: Rows) -> tuple[list[Mapping[int, int]], list[tuple[int, int]]]:
    """The rows that are served, and their pairs."""
    pairing = Pairing()
    served = [row for row in wanted if pairing.add(row)]
    return served, list(pairing.pairs())


@given(rows)
def test_whoever_comes_first_is_served_if_it_can_be_at_the_least_cost_of_all(wanted: Rows) -> None:
    served, pairs = paired(wanted)
    expected: list[Mapping[int, int]] = []
    for row in wanted:
        if cheapest([*expected, row]) is not None:
            expected.append(row)
    assert served == expected
    assert len({column for _, column in pairs}) == len(pairs) == len(served)
    assert [row for row, _ in pairs] == list(range(len(served)))
    assert sum(served[row][column] for row, column in pairs) == cheapest(served)


@given(rows)
def test_nobody_is_left_out_who_could_have_been_served_beside_the_others(wanted: Rows) -> None:
    served, _ = paired(wanted)
    sets = [[row for at, row in enumerate(wanted) if chosen >> at & 1] for chosen in range(2 ** len(wanted))]
    assert len(served) == max(len(some) for some in sets if cheapest(some) is not None)


@given(rows)
def test_the_same_rows_have_the_same_pairs(wanted: Rows) -> None:
    assert paired(wanted) == paired([dict(sorted(row.items(), reverse=True)) for row in wanted])


def test_who_can_do_both_leaves_the_one_to_who_can_do_nothing_else() -> None:
    only_expert, anybody = {0: 0}, {0: 0, 1: 1}
    assert paired([anybody, only_expert]) == ([anybody, only_expert], [(0, 1), (1, 0)])
