"""Sentences about instants and clocks."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from chassis.clock import (
    FIRST,
    LAST,
    Instant,
    SimulatedClock,
    SystemClock,
    clock_from,
    from_datetime,
    from_timestamp,
    to_datetime,
    to_timestamp,
)
from google.protobuf.timestamp_pb2 import Timestamp
from hypothesis import given, settings
from hypothesis import strategies as st

instants = st.integers(FIRST, LAST).map(Instant)
MIDNIGHT = from_datetime(datetime(2026, 3, 2, tzinfo=UTC))
START = 1_790_000_000_000_000
SPEC = "2026-03-02T00:00:00Z@1790000000*1440,+60s*86400"


class Wall:
    """A wall clock that stands where it is put, microseconds."""

    def __init__(self, at: int) -> None:
        self.at = at

    def __call__(self) -> int:
        return self.at


@given(instants)
@settings(max_examples=100)
def test_an_instant_survives_protobuf_and_datetime(at: Instant) -> None:
    timestamp = to_timestamp(at)
    assert 0 <= timestamp.nanos < 1_000_000_000
    assert from_timestamp(timestamp) == at
    assert from_datetime(to_datetime(at)) == at
    assert timestamp.ToMicroseconds() == at


@pytest.mark.parametrize(
    ("at", "seconds", "nanos"),
    [
        pytest.param(0, 0, 0, id="the epoch is zero"),
        pytest.param(-1, -1, 999_999_000, id="a microsecond before 1970 counts its nanos forward"),
        pytest.param(-1_500_000, -2, 500_000_000, id="before 1970 seconds round down"),
        pytest.param(1_500_001, 1, 500_001_000, id="after 1970 likewise"),
    ],
)
def test_timestamps_are_exact(at: int, seconds: int, nanos: int) -> None:
    assert to_timestamp(Instant(at)) == Timestamp(seconds=seconds, nanos=nanos)


def test_what_is_finer_than_a_microsecond_is_cut_off() -> None:
    assert from_timestamp(Timestamp(seconds=-1, nanos=999_999_999)) == -1


def test_a_datetime_in_any_zone_is_the_same_instant() -> None:
    beijing = datetime(2026, 3, 2, 8, tzinfo=timezone(timedelta(hours=8)))
    assert from_datetime(beijing) == MIDNIGHT


def test_a_datetime_without_a_zone_is_refused() -> None:
    with pytest.raises(TypeError):
        from_datetime(datetime(2026, 3, 2))  # noqa: DTZ001 (the refusal is what is tested)


@pytest.mark.parametrize("spec", [None, ""], ids=["unset is the system clock", "empty is the system clock"])
def test_without_a_specification_time_is_real(spec: str | None) -> None:
    clock = clock_from(spec)
    assert isinstance(clock, SystemClock)
    before = from_datetime(datetime.now(UTC))
    assert 0 <= clock.now() - before < 60_000_000
    assert clock.seconds_until(Instant(before - 1)) == 0.0
    assert 3500 < clock.seconds_until(Instant(before + 3_600_000_000)) <= 3600


@pytest.mark.parametrize(
    ("elapsed_us", "simulated_us"),
    [
        pytest.param(-5_000_000, 0, id="before the start it stands still"),
        pytest.param(0, 0, id="it starts where it says"),
        pytest.param(1, 1440, id="a real microsecond is 1440 simulated ones"),
        pytest.param(60_000_000, 86_400_000_000, id="a real minute is a simulated day"),
        pytest.param(61_000_000, 2 * 86_400_000_000, id="afterwards a second is a day"),
    ],
)
def test_a_simulated_clock_follows_its_segments(elapsed_us: int, simulated_us: int) -> None:
    clock = clock_from(SPEC, Wall(START + elapsed_us))
    assert clock.now() - MIDNIGHT == simulated_us


@pytest.mark.parametrize(
    ("at_us", "seconds"),
    [
        pytest.param(0, 0.0, id="what has been needs no wait"),
        pytest.param(1440, 0.000001, id="a wait within the first segment"),
        pytest.param(86_400_000_000, 60.0, id="a wait to the corner"),
        pytest.param(3 * 86_400_000_000, 62.0, id="a wait across the corner"),
        pytest.param(1, 0.000001, id="a wait is rounded up, never too short"),
    ],
)
def test_waits_are_real_seconds(at_us: int, seconds: float) -> None:
    clock = clock_from(SPEC, Wall(START))
    assert clock.seconds_until(Instant(MIDNIGHT + at_us)) == pytest.approx(seconds)


def test_a_wait_before_the_start_includes_the_time_to_the_start() -> None:
    clock = clock_from(SPEC, Wall(START - 2_000_000))
    assert clock.seconds_until(Instant(MIDNIGHT + 1440)) == pytest.approx(2.000001)


def test_a_wall_clock_set_back_does_not_set_simulated_time_back() -> None:
    wall = Wall(START + 10_000_000)
    clock = clock_from(SPEC, wall)
    later = clock.now()
    wall.at = START + 5_000_000
    assert clock.now() == later


rates = st.fractions(min_value="0.01", max_value=100_000, max_denominator=1000)


@given(
    st.lists(st.integers(0, 10**9), min_size=2, max_size=20),
    st.lists(st.tuples(st.integers(1, 10**8), rates), min_size=1, max_size=4),
    st.integers(0, 10**13),
)
@settings(max_examples=100)
def test_simulated_time_is_monotone_and_waits_are_enough(reals: list[int], pieces: list[Any], ahead: int) -> None:
    from chassis.clock import Segment

    offsets = [0]
    for length, _ in pieces[1:]:
        offsets.append(offsets[-1] + length)
    segments = tuple(Segment(offset, rate) for offset, (_, rate) in zip(offsets, pieces, strict=True))
    wall = Wall(START)
    clock = SimulatedClock(MIDNIGHT, START, segments, wall)
    seen = []
    for real in sorted(reals):
        wall.at = START + real
        seen.append(clock.now())
    assert seen == sorted(seen)
    goal = Instant(clock.now() + ahead)
    wall.at += round(clock.seconds_until(goal) * 1_000_000)
    # A float of seconds holds microseconds exactly only up to 2**53; a sleeper looks at the clock again anyway.
    wall.at += 1 if clock.seconds_until(goal) else 0
    assert clock.now() >= goal


@pytest.mark.parametrize(
    "spec",
    [
        pytest.param("yesterday", id="no grammar at all"),
        pytest.param("2026-03-02T00:00:00Z*3", id="no real start"),
        pytest.param("2026-03-02T00:00:00@1790000000*1", id="a time without a zone"),
        pytest.param("2026-13-02T00:00:00Z@1790000000*1", id="an impossible time"),
        pytest.param("2026-03-02T00:00:00Z@1790000000*0", id="a rate of zero"),
        pytest.param("2026-03-02T00:00:00Z@1790000000*1,+60*2", id="an offset without its unit"),
        pytest.param("2026-03-02T00:00:00Z@1790000000*1,+60s*2,+60s*3", id="offsets that do not grow"),
        pytest.param("2026-03-02T00:00:00Z@1790000000*1,", id="a trailing comma"),
    ],
)
def test_an_unreadable_specification_is_refused(spec: str) -> None:
    with pytest.raises(ValueError, match="clock"):
        clock_from(spec)
