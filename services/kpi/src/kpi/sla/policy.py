"""What a policy promises, what a metric means where that leaves it open, and everything that can be wrong with it.

A condition of a target is a filter over a moment of a case (`moments.FIELDS`). Left out (None) it is its metric's; of
those that may be, "" is none: nothing pauses, resets or cancels, whatever happens it is kept.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import IntEnum
from functools import lru_cache
from typing import NamedTuple

from chassis.clock import MICROS, Instant
from chassis.errors import InvalidRequest
from chassis.filters import Field, conditions, parse
from msgspec import Struct

from kpi.sla.moments import CASE_FIELDS, FIELDS, CaseNow, Holds, Origin, always, condition, never

DURATION_S_MAX = 5 * 366 * 86_400
TARGETS_MAX = 9
CONDITIONS_MAX = 200
"""Of a policy all together. Against: they are asked at every moment of every open case."""
CONDITION_BYTES_MAX = 1024
"""Of one condition. Against: all of a policy is in one fact."""


class Metric(IntEnum):
    """What is promised; `DEFAULTS` says when each runs."""

    UNSPECIFIED = 0
    FIRST_REPLY = 1
    NEXT_REPLY = 2
    PERIODIC_UPDATE = 3
    PAUSABLE_UPDATE = 4
    REQUESTER_WAIT = 5
    AGENT_WORK = 6
    TOTAL_RESOLUTION = 7
    WINDOW_EXPIRY = 8
    DEPARTMENT_TASK = 9


REPLIES = frozenset({Metric.FIRST_REPLY, Metric.NEXT_REPLY, Metric.WINDOW_EXPIRY})
"""Metrics that count from when the customer wrote what is not answered."""
AFTER_FIRST_REPLY = frozenset({Metric.NEXT_REPLY, Metric.PERIODIC_UPDATE, Metric.PAUSABLE_UPDATE})
"""Metrics that do not begin before the first reply of an episode: it has precedence until there is one."""


class Conditions(NamedTuple):
    """When an instance of a target starts, is kept, pauses, goes on, stops, starts anew and is cancelled."""

    start: str
    stop: str
    keep: str = ""
    pause: str = ""
    resume: str = ""
    reset: str = ""
    cancel: str = ""


_OTHERS_TURN = "waiting_for = CUSTOMER OR waiting_for = THIRD_PARTY"
_SETTLED = "state = RESOLVED OR state = CONFIRMED"
_GONE = "state = WITHDRAWN OR state = JOINED"
_UPDATE = Conditions(
    start="open = true AND replied = true",
    stop=f"happened:REPLIED OR {_SETTLED}",
    reset="happened:REPLIED",
    cancel=_GONE,
)
_UNTIL_RESOLVED = Conditions(start="open = true", stop=_SETTLED, cancel=_GONE)

DEFAULTS: Mapping[Metric, Conditions] = {
    Metric.FIRST_REPLY: Conditions(
        start="owed = true AND replied = false",
        stop="happened:REPLIED",
        keep="owed = true",
    ),
    Metric.NEXT_REPLY: Conditions(
        start="owed = true AND replied = true",
        stop="happened:REPLIED",
        keep="owed = true",
        reset="happened:REPLIED",
    ),
    Metric.PERIODIC_UPDATE: _UPDATE,
    Metric.PAUSABLE_UPDATE: _UPDATE._replace(pause=_OTHERS_TURN),
    Metric.REQUESTER_WAIT: _UNTIL_RESOLVED._replace(pause="state = IDLE OR waiting_for = CUSTOMER"),
    Metric.AGENT_WORK: _UNTIL_RESOLVED._replace(pause=f"state = IDLE OR {_OTHERS_TURN}"),
    Metric.TOTAL_RESOLUTION: _UNTIL_RESOLVED,
    Metric.WINDOW_EXPIRY: Conditions(
        start="owed = true AND window = true",
        stop="happened:REPLIED",
        keep="owed = true",
        reset="happened:REPLIED",
    ),
    Metric.DEPARTMENT_TASK: _UNTIL_RESOLVED,
}
"""What the metrics mean. They are Zendesk's seven, in the states of this house (a reply leaves a case with its agent, a
customer who is waited for is PENDING, who is owed nothing IDLE), the platform's window, and a department's task.
"""


class Target(Struct, frozen=True, array_like=True, gc=False):
    """One promise: so much, of a calendar's hours or of all ("").

    `duration_s` is 1..DURATION_S_MAX seconds; of WINDOW_EXPIRY it is how long before the platform's window closes the
    reply is due, from 0. `calendar_version` 0 means the one in force when an instance starts.
    """

    metric: Metric
    duration_s: int
    calendar_id: str = ""
    calendar_version: int = 0
    start: str | None = None
    stop: str | None = None
    keep: str | None = None
    pause: str | None = None
    resume: str | None = None
    reset: str | None = None
    cancel: str | None = None

    @property
    def duration(self) -> int:
        """The promise in microseconds."""
        return self.duration_s * MICROS

    @property
    def conditions(self) -> Conditions:
        """What it says itself, and its metric's of what it leaves out."""
        own = self.start, self.stop, self.keep, self.pause, self.resume, self.reset, self.cancel
        default = DEFAULTS[self.metric]
        return Conditions(*(said if mine is None else mine for mine, said in zip(own, default, strict=True)))

    def concerns(self, now: CaseNow) -> bool:
        """Whether its metric is about such a case: a task has its department's clock, and no customer's."""
        return (self.metric is Metric.DEPARTMENT_TASK) == (now.origin is Origin.TASK)


class Policy(Struct, frozen=True, array_like=True):
    """A version of a policy: what it promises the cases for which `condition` holds, in force from `since`.

    It holds for what starts while it is in force. One without targets promises nothing from then on.
    """

    policy_id: str
    version: int
    since: Instant
    targets: tuple[Target, ...]
    condition: str = ""
    display_name: str = ""

    def target(self, metric: Metric) -> Target | None:
        """What it promises of a metric."""
        return next((one for one in self.targets if one.metric is metric), None)


class Asked(NamedTuple):
    """The conditions of a target as they are asked; without a `resume` it goes on as soon as nothing pauses it."""

    start: Holds
    stop: Holds
    keep: Holds
    pause: Holds
    resume: Holds | None
    reset: Holds
    cancel: Holds


@lru_cache(1024)
def asked(target: Target) -> Asked | None:
    """A target's conditions, ready; None where another release wrote one that this one cannot read."""
    said = target.conditions
    try:
        return Asked(
            condition(said.start),
            condition(said.stop),
            condition(said.keep) if said.keep else always,
            condition(said.pause) if said.pause else never,
            condition(said.resume) if said.resume else None,
            condition(said.reset) if said.reset else never,
            condition(said.cancel) if said.cancel else never,
        )
    except InvalidRequest:
        return None


def applies(policy: Policy) -> Holds:
    """Whether a policy is for the case; one that this release cannot read is for none."""
    try:
        return condition(policy.condition)
    except InvalidRequest:
        return never


def wrong_in(policy: Policy, calendars: Mapping[str, int]) -> list[tuple[str, str]]:
    """Everything that is wrong with a policy: (field, what it is to be). `calendars` has the latest version of each."""
    wrong: list[tuple[str, str]] = []
    count = _asks("condition", policy.condition, CASE_FIELDS, wrong)
    if len(policy.targets) > TARGETS_MAX:
        return [*wrong, ("targets", f"are at most {TARGETS_MAX}, one of each metric")]
    first: dict[Metric, int] = {}
    for number, target in enumerate(policy.targets):
        where = f"targets[{number}]"
        if target.metric is Metric.UNSPECIFIED:
            wrong.append((f"{where}.metric", f"is one of {', '.join(one.name for one in Metric if one)}"))
            continue
        if first.setdefault(target.metric, number) != number:
            said = f"is promised in targets[{first[target.metric]}] already; another duration takes another policy"
            wrong.append((f"{where}.metric", said))
        wrong.extend((f"{where}.{field}", why) for field, why in _wrong_of(target, calendars))
        for field in Conditions._fields:
            mine = getattr(target, field)
            if mine:
                count += _asks(f"{where}.{field}", mine, FIELDS, wrong)
    if count > CONDITIONS_MAX:
        wrong.append(("targets", f"have {count} conditions all together, and {CONDITIONS_MAX} are the most"))
    return wrong


def _wrong_of(target: Target, calendars: Mapping[str, int]) -> Iterator[tuple[str, str]]:
    window = target.metric is Metric.WINDOW_EXPIRY
    shortest = 0 if window else 1
    if not shortest <= target.duration_s <= DURATION_S_MAX:
        yield "duration_s", f"is {shortest} to {DURATION_S_MAX} seconds"
    yield from _wrong_calendar(target, calendars)
    for field in ("start", "stop"):
        if getattr(target, field) == "":
            yield field, "says when; leave it out for what its metric means"
    if target.resume and not target.conditions.pause:
        yield "resume", "says when it goes on, and nothing pauses it; say pause, or leave it out"
    if window:
        for field in ("calendar_id", "pause", "resume"):
            if getattr(target, field):
                yield field, "is left out: the window of a platform closes whatever our hours are"


def _wrong_calendar(target: Target, calendars: Mapping[str, int]) -> Iterator[tuple[str, str]]:
    latest = calendars.get(target.calendar_id)
    if not target.calendar_id:
        if target.calendar_version:
            yield "calendar_version", "is 0 without a calendar; say calendar_id, or leave it out for all hours"
    elif latest is None:
        known = f"; there are {', '.join(sorted(calendars)[:20])}" if calendars else "; there is none, create it first"
        yield "calendar_id", f"is a calendar of the tenant, or empty for all hours{known}"
    elif not 0 <= target.calendar_version <= latest:
        yield "calendar_version", f"is 1 to {latest}, or 0 for the one in force when an instance starts"


def _asks(where: str, text: str, fields: Mapping[str, Field], wrong: list[tuple[str, str]]) -> int:
    """How many conditions there are in one; adds what is wrong with it."""
    if len(text.encode("utf-8", "surrogatepass")) > CONDITION_BYTES_MAX:
        wrong.append((where, f"is at most {CONDITION_BYTES_MAX} bytes"))
        return 0
    try:
        return sum(1 for _ in conditions(parse(text, fields, where)))
    except InvalidRequest as invalid:
        wrong.extend(invalid.violations)
        return 0
