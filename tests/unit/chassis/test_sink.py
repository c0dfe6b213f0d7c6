"""Laws of how commits are cut into transactions."""

from dataclasses import dataclass

from chassis.commits import Entry, Subject
from chassis.sink import Weight, portions
from hypothesis import given
from hypothesis import strategies as st

SUBJECT = Subject("tally", "acme", "0")


@dataclass
class Scales:
    """Knows what each commit weighs."""

    weights: list[Weight]

    def weigh(self, entry: Entry) -> Weight:
        return self.weights[entry.position - 1]


@given(
    st.lists(st.builds(Weight, st.integers(0, 50), st.integers(0, 500)), max_size=60),
    st.builds(Weight, st.integers(1, 100), st.integers(1, 1_000)),
)
def test_a_part_weighs_no_more_than_it_may_unless_it_is_one_commit(weights: list[Weight], most: Weight) -> None:
    batch = [Entry(position, SUBJECT, b"") for position in range(1, len(weights) + 1)]
    parts = portions(batch, Scales(weights).weigh, most)
    assert [entry for part in parts for entry in part] == batch
    for part in parts:
        weighed = [weights[entry.position - 1] for entry in part]
        assert len(part) == 1 or sum(one.events for one in weighed) <= most.events
        assert len(part) == 1 or sum(one.bytes for one in weighed) <= most.bytes
