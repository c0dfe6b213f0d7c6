"""Ids that occur twice are found in a few bytes each, by law."""

from collections import Counter

from chassis.duplicates import Seen, shortened
from hypothesis import given
from hypothesis import strategies as st

IDS = st.binary(min_size=16, max_size=16) | st.sampled_from([b"a" * 16, b"b" * 16, b"other---" + b"a" * 8])


@given(st.lists(IDS | st.binary(max_size=20), max_size=60))
async def test_every_id_that_occurs_twice_is_suspected(ids: list[bytes]) -> None:
    seen = Seen()
    for one in ids:
        seen.add(one)
    suspects = await seen.suspects()
    assert seen.count == len(ids)
    assert {shortened(one) for one, n in Counter(ids).items() if n > 1} <= suspects
    assert suspects == {short for short, n in Counter(map(shortened, ids)).items() if n > 1}
