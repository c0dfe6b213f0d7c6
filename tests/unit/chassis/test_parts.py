"""Laws of how a view is divided, and of how parts that stand apart are moved along one log."""

from chassis.parts import PARTS, part_of, row_of, rows_of, stages
from hypothesis import given
from hypothesis import strategies as st

PLACES = st.dictionaries(st.integers(0, PARTS - 1), st.integers(0, 30), min_size=1)


def test_a_tenant_is_in_the_part_it_always_was_in() -> None:
    tenants = ("acme", "globex", "initech", "umbrella", "a", "demo")
    assert [part_of(tenant) for tenant in tenants] == [6, 2, 0, 6, 3, 0]


def test_tenants_are_spread_over_all_parts() -> None:
    assert {part_of(f"tenant-{number}") for number in range(100)} == set(range(PARTS))


def test_each_part_has_a_row_and_what_is_not_divided_the_one_of_its_name() -> None:
    assert rows_of("cases_v5", 3) == ("cases_v5#0", "cases_v5#1", "cases_v5#2")
    assert rows_of("archive_v2", 1) == ("archive_v2",)
    assert row_of("cases_v5", "acme") == f"cases_v5#{part_of('acme')}"
    assert row_of("archive_v2", "acme", 1) == "archive_v2"


@given(PLACES, st.data())
def test_each_part_passes_every_commit_up_to_its_goal_once_and_in_order(
    at: dict[int, int], data: st.DataObject
) -> None:
    until = {part: data.draw(st.integers(0, 30)) for part in at}
    now = dict(at)
    for stage in stages(at, until):
        assert stage.after < stage.upto
        for part in stage.parts:
            assert now[part] == stage.after, "what is moved together stands together"
            now[part] = stage.upto
    assert now == {part: max(place, until[part]) for part, place in at.items()}


@given(PLACES, st.integers(0, 30))
def test_who_stands_together_goes_together(at: dict[int, int], until: int) -> None:
    goals = dict.fromkeys(at, until)
    behind = {place for place in at.values() if place < until}
    found = stages(at, goals)
    assert len(found) == len(behind), "one round more for each place that parts stand at, and none for one place"
    if found:
        assert found[-1].parts == {part for part, place in at.items() if place < until}
