"""What is remembered of keys is bounded, and what was asked for lately is there."""

from __future__ import annotations

from chassis.remembered import Remembered
from hypothesis import given
from hypothesis import strategies as st

SUBJECTS = [f"subject-{number}" for number in range(12)]
MOST = 8
TOGETHER = 5
subjects = st.lists(st.sampled_from(SUBJECTS), max_size=TOGETHER)
steps = st.lists(st.tuples(st.sampled_from(["add", "ask", "forget", "forget everywhere"]), subjects), max_size=40)


@given(steps)
def test_it_holds_no_more_than_it_may_and_nothing_that_was_to_be_forgotten(done: list[tuple[str, list[str]]]) -> None:
    remembered = Remembered(MOST)
    for what, some in done:
        if what == "add":
            remembered.add("acme", dict.fromkeys(some))
        elif what == "ask":
            found, missing = remembered.of("acme", some)
            assert found.keys() | missing == set(some)
        for subject in some if what.startswith("forget") else ():
            remembered.forget(subject, "acme" if what == "forget" else None)
            assert ("acme", subject) not in remembered
        assert len(remembered) <= 2 * max(MOST // 2, TOGETHER)


@given(st.lists(st.sampled_from(SUBJECTS), min_size=1))
def test_what_was_forgotten_takes_no_room(forgotten: list[str]) -> None:
    remembered = Remembered(MOST)
    for subject in forgotten:
        remembered.add("acme", {subject: None})
        remembered.forget(subject)
    kept = [f"kept-{number}" for number in range(MOST // 2)]
    for subject in kept:
        remembered.add("acme", {subject: None})
    assert remembered.of("acme", kept) == (dict.fromkeys(kept), set())
    assert remembered._older.get("acme", {}) == {}, "none of the kept had to make room"
