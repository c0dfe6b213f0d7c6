"""A case as conditions see it: how it stands after each thing that happened. It knows no fact and no policy."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import IntEnum
from functools import lru_cache
from operator import attrgetter

from chassis.clock import Instant
from chassis.filters import (
    EQUAL,
    EVERYTHING,
    HAS,
    ORDERED,
    Condition,
    Field,
    compiled,
    language_ranges,
    one_of,
    parse,
    truth,
    whole,
)
from msgspec import Struct

COMPILED_MAX = 4096
"""Conditions that are kept ready, for all tenants of a process."""


class State(IntEnum):
    """Where a case stands, by the names that lists of cases use."""

    UNSPECIFIED = 0
    IDLE = 1
    QUEUED = 2
    OFFERED = 3
    ACCEPTED = 4
    PENDING = 5
    RESOLVED = 6
    CONFIRMED = 7
    WITHDRAWN = 8
    JOINED = 9
    SUPERVISED = 10
    CLAIMED = 11


class WaitingFor(IntEnum):
    """Whom a pending case waits for; INTERRUPTED is for its own agent, who does something more urgent first."""

    UNSPECIFIED = 0
    CUSTOMER = 1
    THIRD_PARTY = 2
    INTERRUPTED = 3


class Origin(IntEnum):
    """How a case came to be."""

    UNSPECIFIED = 0
    POST = 1
    MANUAL = 2
    TASK = 3


class Happened(IntEnum):
    """What a moment brought. REPLIED is a reply by a human of ours to the customer, BOT_REPLIED one by a machine."""

    UNSPECIFIED = 0
    OPENED = 1
    CUSTOMER_WROTE = 2
    REPLIED = 3
    BOT_REPLIED = 4
    QUEUED = 5
    TAKEN = 6
    RELEASED = 7
    PENDED = 8
    RESUMED = 9
    TRANSFERRED = 10
    ESCALATED = 11
    NOTED = 12
    RESOLVED = 13
    REOPENED = 14
    WITHDRAWN = 15
    CHANGED = 16


SETTLED = frozenset({State.RESOLVED, State.CONFIRMED, State.WITHDRAWN, State.JOINED})
"""States in which nobody is promised anything."""


class CaseNow(Struct, frozen=True, array_like=True):
    """How a case stands once a moment has happened; what is not known is "", 0 or None.

    `owed_since` is when the customer wrote the earliest post that no human has answered, None when nothing is owed.
    `replied` says that a human has replied in this episode, to something the customer wrote in it. `window_at` is until
    when the platform lets us reply.
    """

    state: State
    origin: Origin = Origin.POST
    channel: str = ""
    desk: str = ""
    queue: str = ""
    urgency: int = 0
    tier: str = ""
    language: str = ""
    labels: Mapping[str, str] = {}
    agent: str = ""
    waiting_for: WaitingFor = WaitingFor.UNSPECIFIED
    episode: int = 1
    replied: bool = False
    owed_since: Instant | None = None
    window_at: Instant | None = None

    @property
    def open(self) -> bool:
        """Whether it is not settled."""
        return self.state not in SETTLED

    @property
    def owed(self) -> bool:
        """Whether the customer waits for a reply."""
        return self.owed_since is not None

    @property
    def window(self) -> bool:
        """Whether the platform lets us reply only for a time."""
        return self.window_at is not None


class Moment(Struct, frozen=True, array_like=True):
    """Something that happened to a case at one instant, and how it stands then.

    `ref` orders moments of one instant as the log does, and names the event. Everything that one act did is one moment.
    """

    at: Instant
    ref: int
    now: CaseNow
    happened: tuple[Happened, ...] = ()

    @property
    def order(self) -> tuple[Instant, int]:
        """Where it stands among the moments of a case."""
        return self.at, self.ref


Holds = Callable[[Moment], bool]
"""A condition that can be asked."""

CASE_FIELDS: Mapping[str, Field] = {
    "channel": Field(),
    "desk": Field(),
    "queue": Field(),
    "urgency": Field(whole, ORDERED),
    "tier": Field(),
    "language": Field(str.lower, EQUAL | HAS),
    "labels": Field(operators=HAS),
    "labels.": Field(),
    "origin": Field(one_of(Origin, "CASE_ORIGIN_")),
}
"""What says which cases a policy is for."""
FIELDS: Mapping[str, Field] = {
    **CASE_FIELDS,
    "state": Field(one_of(State, "CASE_STATE_")),
    "waiting_for": Field(one_of(WaitingFor, "WAITING_FOR_")),
    "agent": Field(),
    "episode": Field(whole, ORDERED),
    "open": Field(truth),
    "owed": Field(truth),
    "replied": Field(truth),
    "window": Field(truth),
    "happened": Field(one_of(Happened), HAS),
}
"""What the other conditions of a policy may be about as well."""


@lru_cache(COMPILED_MAX)
def condition(text: str) -> Holds:
    """A condition as a function of a moment; "" always holds. Raises InvalidRequest."""
    said = parse(text, FIELDS)
    return always if said is EVERYTHING else compiled(said, _reader)


def always(moment: Moment) -> bool:
    """Whatever the moment."""
    return True


def never(moment: Moment) -> bool:
    """At no moment."""
    return False


def _reader(asked: Condition) -> Callable[[Moment], object]:
    """How what a condition compares is read of a moment."""
    name, _, key = asked.field.partition(".")
    if key:
        return lambda moment: moment.now.labels.get(key)
    if name == "happened":
        return attrgetter("happened")
    if name == "language":
        return _languages if asked.operator == ":" else _language
    return attrgetter(f"now.{name}")


def _language(moment: Moment) -> str:
    return moment.now.language.lower()


def _languages(moment: Moment) -> tuple[str, ...]:
    return language_ranges(moment.now.language)
