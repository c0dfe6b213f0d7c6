"""What a shard remembers of the requests it answered: little of each, not too many, not for ever."""

import tracemalloc

from chassis.answers import ANSWERS_MAX, KEPT_US, Answers
from chassis.clock import Instant
from hypothesis import given
from hypothesis import strategies as st
from switchboard.log.v1 import log_pb2

AT = Instant(1_700_000_000_000_000)


def answer(number: int, digest: bytes = b"d" * 32) -> log_pb2.Answer:
    return log_pb2.Answer(request_id=number.to_bytes(16, "big"), request_digest=digest)


def answers(count: int, limit: int = ANSWERS_MAX) -> Answers:
    kept = Answers(limit)
    for number in range(count):
        kept.remember(AT, answer(number), number + 1)
    return kept


def found(kept: Answers, number: int) -> int | None:
    known = kept.find(number.to_bytes(16, "big"))
    return None if known is None else known.position


def test_a_request_is_recognised_by_id_and_content() -> None:
    kept = answers(3)
    known = kept.find((1).to_bytes(16, "big"))
    assert known is not None
    assert (known.position, known.is_for(b"d" * 32), known.is_for(b"e" * 32)) == (2, True, False)
    assert kept.find(b"x" * 16) is None


def test_when_there_are_too_many_the_oldest_go_first() -> None:
    kept = answers(12, limit=10)
    assert [found(kept, number) for number in (0, 1, 2, 11)] == [None, None, 3, 12]


def test_what_is_older_than_a_day_goes() -> None:
    kept = answers(3)
    kept.remember(Instant(AT + KEPT_US), answer(9), 4)
    assert (len(kept), found(kept, 9)) == (1, 4)


def test_three_hundred_thousand_answers_cost_little_memory_and_are_dumped_in_small_parts() -> None:
    tracemalloc.start()
    try:
        kept = answers(300_000)
        weighs, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(kept) == ANSWERS_MAX
    assert weighs < 80_000_000, "they took 633 MB when the answers themselves were kept"
    parts = list(kept.dump())
    assert max(map(len, parts)) < 300_000
    again = Answers()
    for part in parts:
        again.load(part)
    assert list(again.dump()) == parts


@given(st.lists(st.tuples(st.integers(0, 8), st.integers(0, 3 * KEPT_US)), max_size=60), st.integers(1, 5))
def test_a_dump_is_the_same_after_it_was_loaded_and_the_bound_holds(
    requests: list[tuple[int, int]], limit: int
) -> None:
    kept = Answers(limit)
    for position, (number, after) in enumerate(requests, 1):
        kept.remember(Instant(AT + after), answer(number), position)
        assert found(kept, number) == position
        assert len(kept) <= limit
    again = Answers(limit)
    for part in kept.dump():
        again.load(part)
    assert list(again.dump()) == list(kept.dump())
