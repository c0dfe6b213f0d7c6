"""Names what holds the event loop: while one piece of code computes, nobody else in the process is served.

A thread asks the loop for a sign every PERIOD_S. One that takes longer than HELD_S is looked into: the innermost frame
of our own on the loop's stack is the place. A C function that keeps the interpreter to itself is seen as it returns,
which is still within the function of ours that called it.
"""

from __future__ import annotations

import asyncio
import logging
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from types import FrameType

from chassis import attributes as names
from chassis import telemetry

HELD_S = 0.1
"""How long the loop may not come round before somebody is named."""
PERIOD_S = 0.1
"""Against: twice as often takes 0.4 % of a core in every idle process, and this 0.2; what holds the loop for twice
HELD_S is always seen."""
AGAIN_S = 60.0
"""The same place is logged at most this often; the metric has every time."""
PLACES_MAX = 1_000

_log = logging.getLogger("chassis.watchdog")
_held = telemetry.Instrument("switchboard.loop.held")


class Watchdog:
    """Watches the loop it is entered in. `ours` are the packages whose functions are named."""

    def __init__(self, ours: Iterable[str], clock: Callable[[], float] = time.monotonic) -> None:
        self._ours = frozenset(ours)
        self._clock = clock
        self._stop = threading.Event()
        self._sign = threading.Event()
        self._logged: dict[str, float] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._watched = 0
        self._below: frozenset[int] = frozenset()
        self._thread = threading.Thread(target=self._run, name="watchdog", daemon=True)

    def __enter__(self) -> Watchdog:
        self._loop = asyncio.get_running_loop()
        self._watched = threading.get_ident()
        self._below = frozenset(map(id, _frames(sys._getframe())))
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._sign.set()
        self._thread.join()

    def _run(self) -> None:
        loop = self._loop
        assert loop is not None
        while not self._stop.wait(PERIOD_S):
            self._sign.clear()
            asked_at = time.monotonic()
            try:
                loop.call_soon_threadsafe(self._sign.set)
            except RuntimeError:
                return  # the loop is closed
            if self._sign.wait(HELD_S):
                continue
            place = self._place(sys._current_frames().get(self._watched))
            while not self._sign.wait(HELD_S) and not self._stop.is_set():
                pass
            if place and not self._stop.is_set():
                self._report(place, time.monotonic() - asked_at)

    def _place(self, frame: FrameType | None) -> tuple[str, int] | None:
        """(module.function, line) of the innermost frame of ours; None when there is none, as in a loop that waits."""
        for one in _frames(frame):
            module = str(one.f_globals.get("__name__", ""))
            if module.partition(".")[0] in self._ours and id(one) not in self._below:
                return f"{module}.{one.f_code.co_name}", one.f_lineno
        return None

    def _report(self, place: tuple[str, int], held_s: float) -> None:
        function, line = place
        _held.record(held_s, {names.CODE_FUNCTION: function})
        now = self._clock()
        if now - self._logged.get(function, -AGAIN_S) < AGAIN_S:
            return
        if len(self._logged) >= PLACES_MAX:
            self._logged.clear()
        self._logged[function] = now
        fields = {"at": f"{function}:{line}", "seconds": round(held_s, 3)}
        _log.warning("the event loop was held", extra={"fields": fields})


def _frames(frame: FrameType | None) -> Iterator[FrameType]:
    """A stack from its innermost frame outwards."""
    while frame is not None:
        yield frame
        frame = frame.f_back
