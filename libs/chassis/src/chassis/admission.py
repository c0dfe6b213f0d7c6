"""How much may be under way at once: calls, streams and bytes of requests, of all callers and of each of them.

A limit of the whole process keeps it alive; the share of one caller, or of one tenant, keeps a place free for the
others. What is refused here was not begun. Health checks have places of their own: a server whose streams are all
taken is busy, not ill.
"""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from types import TracebackType
from urllib.parse import unquote

from chassis.errors import Overloaded

HEALTH_MAX = 256
"""Health checks and watches at a time."""
RETRY_S = 1.0
HOUR_S = 3600.0

CALLS, STREAMS, HEALTH, BYTES = "calls", "streams", "health checks", "bytes of requests"

caller: ContextVar[str] = ContextVar("caller", default="")
"""Who makes the current call: the address of the peer, "" outside of calls."""


def caller_of(peer: str) -> str:
    """The address in a gRPC peer such as `ipv4:192.0.2.1:5000` or `ipv6:%5B::1%5D:5000`: one caller, many ports."""
    kind, _, rest = unquote(peer).partition(":")
    return rest.rpartition(":")[0].strip("[]") if kind in ("ipv4", "ipv6") else kind


@dataclass(frozen=True, slots=True)
class Limits:
    """Of one process; `share` is the part of each that one caller or one tenant may have, above 0 to 1."""

    calls: int
    streams: int
    bytes: int
    share: float = 1.0


class Admission:
    """Counts what is under way. Nothing waits here: what does not fit is refused with Overloaded."""

    def __init__(self, limits: Limits) -> None:
        self._most: Mapping[str, int] = {
            CALLS: limits.calls,
            STREAMS: limits.streams,
            BYTES: limits.bytes,
            HEALTH: HEALTH_MAX,
        }
        self._share = limits.share
        self._used: Counter[tuple[str, str]] = Counter()

    @property
    def used(self) -> Mapping[tuple[str, str], int]:
        """(what, of whom) under way; "" is everybody, and who has nothing under way is not there."""
        return self._used

    def begin(self, kind: str, peer: str) -> Admitted:
        """Takes a place of this kind for as long as the answer is entered. Raises Overloaded."""
        return Admitted(self, kind, peer)

    def take(self, wanted: Iterable[tuple[str, str, int]]) -> list[tuple[str, str, int]]:
        """Takes amounts of (what, of whom) together, or none of them. Raises Overloaded."""
        asked = [one for one in wanted if one[2]]
        for kind, whom, amount in asked:
            most = self._most[kind]
            if whom:
                # A share is never so small that nobody could do anything at all.
                most = max(1, int(most * self._share))
            used = self._used[kind, whom]
            if used and used + amount > most:
                raise Overloaded(_sentence(kind, whom, most), RETRY_S)
        for kind, whom, amount in asked:
            self._used[kind, whom] += amount
        return asked

    def give_back(self, taken: Iterable[tuple[str, str, int]]) -> None:
        """What was taken is free again."""
        for kind, whom, amount in taken:
            self._used[kind, whom] -= amount
            if not self._used[kind, whom]:
                del self._used[kind, whom]


class Admitted:
    """One call that has its place."""

    __slots__ = ("_admission", "_caller", "_kind", "_of_request", "_place", "_token")

    def __init__(self, admission: Admission, kind: str, peer: str) -> None:
        self._admission = admission
        self._kind = kind
        self._caller = f"caller {peer}" if kind != HEALTH else ""
        self._of_request: list[tuple[str, str, int]] = []
        self._place: list[tuple[str, str, int]] = []
        self._token = caller.set(peer)

    def __enter__(self) -> Admitted:
        places = {(self._kind, ""), (self._kind, self._caller)}
        self._place = self._admission.take((kind, whom, 1) for kind, whom in sorted(places))
        return self

    def read(self, size: int, tenant: str) -> None:
        """Counts a request of this many bytes instead of the one before. Raises Overloaded."""
        self._admission.give_back(self._of_request)
        self._of_request = []
        if self._kind == HEALTH:
            return
        wanted = [(BYTES, "", size), (BYTES, self._caller, size)]
        if tenant:
            wanted += [(BYTES, f"tenant {tenant}", size), (self._kind, f"tenant {tenant}", 1)]
        self._of_request = self._admission.take(wanted)

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._admission.give_back(self._of_request)
        self._admission.give_back(self._place)


class TenantAllowance:
    """How many tenants there may be, and how many of them one caller may bring into being in an hour."""

    def __init__(self, most: int, of_caller: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._most = most
        self._of_caller = of_caller
        self._clock = clock
        self._made: dict[str, deque[float]] = {}

    def __call__(self, known: int) -> None:
        """Counts one more for the current caller, where `known` are there already. Raises Overloaded."""
        if known >= self._most:
            raise Overloaded(f"there are {known} tenants, as many as there may be; raise the limit first", HOUR_S)
        now = self._clock()
        for who, times in tuple(self._made.items()):
            while times and times[0] <= now - HOUR_S:
                times.popleft()
            if not times:
                del self._made[who]
        made = self._made.setdefault(caller.get(), deque())
        if len(made) >= self._of_caller:
            detail = f"this caller has made {len(made)} tenants within an hour, as many as it may; try again later"
            raise Overloaded(detail, made[0] + HOUR_S - now)
        made.append(now)


def _sentence(kind: str, whom: str, most: int) -> str:
    if whom.startswith("tenant "):
        return f"{whom} has its share of {most} {kind} under way at this replica; try again when some have ended"
    if whom:
        return f"this caller has its share of {most} {kind} under way at this replica; try again when some have ended"
    return f"this replica has {most} {kind} under way and takes no more; try again"
