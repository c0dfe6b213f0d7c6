"""Instants and the clocks that give them. It knows no calendar, no zone but UTC and nobody's schedule.

A clock specification is one line of text, so that every process of a simulated stack can be given the same one:

    2026-03-02T00:00:00Z@1790000000*1440,+60s*86400

reads: at unix time 1790000000 it is midnight of 2 March 2026; from then on 1440 simulated seconds pass in a real one;
60 real seconds after that start the rate becomes 86400, and so on with further `,+<seconds>s*<rate>`. Offsets grow,
rates are positive decimal numbers. Before the start the simulated clock stands still at its first instant.
"""

import re
import time
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from itertools import pairwise
from typing import Protocol

from google.protobuf.timestamp_pb2 import Timestamp
from switchboard import structs

Instant = structs.Instant
"""Microseconds since 1970-01-01T00:00:00Z, negative before it."""

MICROS = 1_000_000
FIRST = Instant(-62_135_596_800 * MICROS)
"""0001-01-01T00:00:00Z, the first instant a Timestamp and a datetime can hold."""
LAST = Instant(253_402_300_800 * MICROS - 1)
"""9999-12-31T23:59:59.999999Z, the last one."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class Clock(Protocol):
    """What a service is told the time by."""

    def now(self) -> Instant:
        """The present instant."""
        ...

    def seconds_until(self, at: Instant) -> float:
        """Real seconds to wait until `now()` has reached `at`, 0.0 when it has; a sleeper checks again after waking."""
        ...


class SystemClock:
    """The machine's clock. It may jump when the machine's clock is set; order comes from the log, not from here."""

    __slots__ = ()

    def now(self) -> Instant:
        return Instant(time.time_ns() // 1000)

    def seconds_until(self, at: Instant) -> float:
        return max(0, at - time.time_ns() // 1000) / MICROS


@dataclass(frozen=True, slots=True)
class Segment:
    """From `offset_us` real microseconds after the start, `rate` simulated seconds pass in one real second."""

    offset_us: int
    rate: Fraction


class SimulatedClock:
    """Simulated time as a piecewise-linear, strictly growing function of real time, exact in integers.

    `start` is the simulated instant at real unix time `real_start_us`; `segments` begin at offset 0 and grow.
    `wall` gives real unix time in microseconds. A wall clock that is set back does not set this one back.
    """

    __slots__ = ("_latest", "_offsets", "_rates", "_real_start", "_starts", "_wall")

    def __init__(
        self,
        start: Instant,
        real_start_us: int,
        segments: tuple[Segment, ...],
        wall: Callable[[], int] = lambda: time.time_ns() // 1000,
    ) -> None:
        if not segments or segments[0].offset_us != 0:
            raise ValueError("the first segment of a simulated clock begins at offset 0")
        if any(a.offset_us >= b.offset_us for a, b in pairwise(segments)):
            raise ValueError("the offsets of a simulated clock's segments grow")
        if any(segment.rate <= 0 for segment in segments):
            raise ValueError("the rates of a simulated clock are positive")
        self._wall = wall
        self._real_start = real_start_us
        self._offsets = [segment.offset_us for segment in segments]
        self._rates = [(segment.rate.numerator, segment.rate.denominator) for segment in segments]
        self._starts: list[int] = [start]
        for (numerator, denominator), begin, end in zip(self._rates, self._offsets, self._offsets[1:], strict=False):
            self._starts.append(self._starts[-1] + (end - begin) * numerator // denominator)
        self._latest: int = start

    def now(self) -> Instant:
        elapsed = self._wall() - self._real_start
        if elapsed > 0:
            i = bisect_right(self._offsets, elapsed) - 1
            numerator, denominator = self._rates[i]
            self._latest = max(self._latest, self._starts[i] + (elapsed - self._offsets[i]) * numerator // denominator)
        return Instant(self._latest)

    def seconds_until(self, at: Instant) -> float:
        if at <= self.now():
            return 0.0
        i = bisect_right(self._starts, at) - 1
        numerator, denominator = self._rates[i]
        elapsed = self._offsets[i] - (self._starts[i] - at) * denominator // numerator  # rounds up: never too early
        return max(0, self._real_start + elapsed - self._wall()) / MICROS


_SPEC = re.compile(r"(?P<start>[0-9TZ:.+-]+)@(?P<real>\d+(?:\.\d{1,6})?)\*(?P<rate>\d+(?:\.\d+)?)(?P<rest>(?:,.*)?)")
_SEGMENT = re.compile(r"\+(?P<offset>\d+(?:\.\d{1,6})?)s\*(?P<rate>\d+(?:\.\d+)?)")
_GRAMMAR = (
    "expected <UTC time>@<unix seconds>*<rate>[,+<seconds>s*<rate>]..., such as 2026-03-02T00:00:00Z@1790000000*1440"
)


def clock_from(spec: str | None, wall: Callable[[], int] | None = None) -> Clock:
    """The system clock for None or "", else the simulated clock the specification describes.

    Raises ValueError with the grammar when it cannot be read.
    """
    if not spec:
        return SystemClock()
    read = _SPEC.fullmatch(spec)
    parts = [_SEGMENT.fullmatch(part) for part in read["rest"].split(",")[1:]] if read else []
    if read is None or None in parts:
        raise ValueError(f"unreadable clock specification: {_GRAMMAR}")
    try:
        start = datetime.fromisoformat(read["start"])
    except ValueError:
        raise ValueError(f"unreadable time in clock specification: {_GRAMMAR}") from None
    if start.tzinfo is None:
        raise ValueError(f"the time in a clock specification says its zone: {_GRAMMAR}")
    segments = [Segment(0, Fraction(read["rate"]))]
    segments += [Segment(int(Fraction(part["offset"]) * MICROS), Fraction(part["rate"])) for part in parts if part]
    real_start_us = int(Fraction(read["real"]) * MICROS)
    if wall is None:
        return SimulatedClock(from_datetime(start), real_start_us, tuple(segments))
    return SimulatedClock(from_datetime(start), real_start_us, tuple(segments), wall)


def to_timestamp(at: Instant) -> Timestamp:
    """The same instant as protobuf; exact. The caller keeps `at` within FIRST..LAST."""
    return Timestamp(seconds=at // MICROS, nanos=at % MICROS * 1000)


def from_timestamp(timestamp: Timestamp) -> Instant:
    """The same instant; what is finer than a microsecond is cut off towards the past."""
    return Instant(timestamp.seconds * MICROS + timestamp.nanos // 1000)


def to_datetime(at: Instant) -> datetime:
    """The same instant as an aware datetime in UTC. Raises OverflowError outside FIRST..LAST."""
    return _EPOCH + timedelta(microseconds=at)


def from_datetime(moment: datetime) -> Instant:
    """The same instant. Raises TypeError for a datetime that does not say its zone."""
    return Instant((moment - _EPOCH) // _MICROSECOND)


def is_time_format(text: str) -> bool:
    """Whether strptime can read times by it: it has directives, each is known and stands there once."""
    try:
        datetime.strptime("", text)  # noqa: DTZ007 (nothing is read)
    except re.error:  # a directive that stands there twice
        return False
    except ValueError as refusal:
        return "%" in text and "does not match" in str(refusal)
    return False
