"""The demo's time: a simulated day, then a fast week, on one clock that every process shares. It knows no service."""

import asyncio
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from chassis.clock import MICROS, Clock, Instant, clock_from, from_datetime

CLOCK = "SWITCHBOARD_CLOCK"
START = from_datetime(datetime(2026, 3, 2, tzinfo=UTC))
"""A Monday, 08:00 in China, and in the past: a stack that goes on after the demo goes forward in time."""

HOUR_S = 3_600
DESKS_H = 12
"""From 08:00 to 20:00 the clock is slower: that is when people work and answers are measured."""
DESKS_REAL_S = 48.0
NIGHT_REAL_S = 8.0
WEEK_S = 7.1 * 24 * HOUR_S
"""Longer than the seven days after which an unanswered contact counts as abandoned."""
WEEK_REAL_S = 4.0
LEAST_ALLOWANCE_S = 4.0
AMPLE_S = 3.5
"""Where the servers need longer than this to start, the machine is slow or busy, and the day is made longer."""
FACTOR_MAX = 4.0


@dataclass(slots=True)
class Stretch:
    """How long the parts take in real seconds, all multiplied by `factor`."""

    factor: float = 1.0

    @classmethod
    def suited(cls, servers_took_s: float) -> "Stretch":
        """For a machine on which the servers took so long to start."""
        return cls(min(FACTOR_MAX, max(1.0, servers_took_s / AMPLE_S)))

    @property
    def day_s(self) -> float:
        return (DESKS_REAL_S + NIGHT_REAL_S) * self.factor

    @property
    def whole_s(self) -> float:
        return self.day_s + WEEK_REAL_S * self.factor

    def specification(self, real_start: float) -> str:
        """For SWITCHBOARD_CLOCK: the day begins at unix time `real_start`; after the week time passes as it does."""
        desks_s, night_s, week_s = DESKS_REAL_S * self.factor, NIGHT_REAL_S * self.factor, WEEK_REAL_S * self.factor
        return (
            f"2026-03-02T00:00:00Z@{real_start:.3f}*{DESKS_H * HOUR_S / desks_s:.6f}"
            f",+{desks_s:.3f}s*{(24 - DESKS_H) * HOUR_S / night_s:.6f}"
            f",+{desks_s + night_s:.3f}s*{WEEK_S / week_s:.6f}"
            f",+{desks_s + night_s + week_s:.3f}s*1"
        )


@dataclass(slots=True)
class ClockedEnvironment(Mapping[str, str]):
    """An environment whose clock is set when it is first read, which is when the services are started.

    Until the day begins the clock stands still; how long, follows from how long this machine took so far.
    """

    inherited: Mapping[str, str]
    chosen: float | None = None
    """The factor somebody chose; None lets the machine's speed choose."""
    stretch: Stretch = field(default_factory=Stretch)
    began: float = field(default_factory=time.monotonic)
    _specification: str = ""

    @property
    def specification(self) -> str:
        """The same for every process of this run."""
        if not self._specification:
            took_s = time.monotonic() - self.began
            self.stretch = Stretch.suited(took_s) if self.chosen is None else Stretch(self.chosen)
            allowance_s = max(LEAST_ALLOWANCE_S, 1.2 * took_s)
            self._specification = self.stretch.specification(time.time() + allowance_s)
        return self._specification

    def __getitem__(self, name: str) -> str:
        return self.specification if name == CLOCK else self.inherited[name]

    def __iter__(self) -> Iterator[str]:
        yield CLOCK
        yield from (name for name in self.inherited if name != CLOCK)

    def __len__(self) -> int:
        return len(self.inherited) + (CLOCK not in self.inherited)

    def clock(self) -> Clock:
        """The clock of this process."""
        return clock_from(self.specification)


def after(at: Instant, *, hours: float = 0.0, minutes: float = 0.0) -> Instant:
    """So much later."""
    return Instant(at + int((hours * 60 + minutes) * 60 * MICROS))


async def sleep_until(clock: Clock, at: Instant) -> None:
    """Returns when simulated time has reached `at`."""
    while wait_s := clock.seconds_until(at):  # noqa: ASYNC110 (nothing but time brings it about)
        await asyncio.sleep(wait_s)
