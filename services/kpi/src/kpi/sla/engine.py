"""What became of the promises for a case: a fold over its moments in order of time. Pure, and it knows no fact.

Per policy and metric there is at most one clock at a time, whether the policy is for the case or not: so when a case
becomes one that it is for, the instance has counted since its start condition became true and was paused when it was.
An instance is what is told of a clock while the policy is for the case.

    none --start--> running <--pause/resume--> paused          stop --> met, or breached when the due time had passed
                                                              reset, cancel, not kept, not for the case --> cancelled

At each moment new instances begin first, then those that were there are asked: stop before reset, cancel and keep,
these before pause. So what is stopped does not begin again by what stopped it, a reset does; and a reply that pauses
the case in the same act has stopped the clock.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import NamedTuple, Protocol

from chassis.clock import FIRST, Instant
from msgspec import Struct
from msgspec.structs import replace

from kpi.sla.moments import Moment
from kpi.sla.policy import AFTER_FIRST_REPLY, REPLIES, Asked, Metric, Policy, Target, applies, asked


class Measure(Protocol):
    """How time is counted; lengths in microseconds, as a calendar counts them."""

    def elapsed(self, start: Instant, end: Instant) -> int:
        """How much of [start, end) counts."""
        ...

    def due(self, start: Instant, length: int) -> Instant | None:
        """The first instant by which so much has counted since `start`; None for never."""
        ...


class AllHours:
    """Every hour counts."""

    __slots__ = ()

    def elapsed(self, start: Instant, end: Instant) -> int:
        return max(0, end - start)

    def due(self, start: Instant, length: int) -> Instant | None:
        return Instant(start + max(0, length))


class CalendarVersion(NamedTuple):
    """What a calendar means from `since` on."""

    version: int
    since: Instant
    measure: Measure


ALL_HOURS = CalendarVersion(0, Instant(0), AllHours())
"""What no calendar means."""


@dataclass(frozen=True, slots=True)
class Terms:
    """Every version of the policies and calendars of a tenant, ascending, by id."""

    policies: Mapping[str, Sequence[Policy]] = field(default_factory=dict)
    calendars: Mapping[str, Sequence[CalendarVersion]] = field(default_factory=dict)

    def in_force(self, at: Instant) -> Iterator[Policy]:
        """The version of each policy that what starts then is promised by."""
        for versions in self.policies.values():
            found = next((one for one in reversed(versions) if one.since <= at), None)
            if found is not None:
                yield found

    def policy(self, policy_id: str, version: int) -> Policy:
        """One version of a policy. Raises KeyError."""
        found = next((one for one in self.policies.get(policy_id, ()) if one.version == version), None)
        if found is None:
            raise KeyError(f"policy {policy_id} has no version {version}")
        return found

    def calendar(self, calendar_id: str, version: int) -> CalendarVersion:
        """One version of a calendar, all hours for "". Raises KeyError."""
        if not calendar_id:
            return ALL_HOURS
        found = next((one for one in self.calendars.get(calendar_id, ()) if one.version == version), None)
        if found is None:
            raise KeyError(f"calendar {calendar_id} has no version {version}")
        return found

    def as_if(self, policy_id: str, version: int, calendars: Mapping[str, int]) -> Terms:
        """The same as if versions of a policy and of calendars had been in force all along. Raises KeyError."""
        chosen = {policy_id: [replace(self.policy(policy_id, version), since=FIRST)]}
        pinned = {name: [self.calendar(name, number)] for name, number in calendars.items()}
        return Terms({**self.policies, **chosen}, {**self.calendars, **pinned})

    def calendar_of(self, target: Target, at: Instant) -> CalendarVersion:
        """The calendar that counts for what starts then: the version it names, or the one in force. Raises KeyError."""
        if not target.calendar_id or target.calendar_version:
            return self.calendar(target.calendar_id, target.calendar_version)
        versions = self.calendars.get(target.calendar_id, ())
        if not versions:
            raise KeyError(f"there is no calendar {target.calendar_id}")
        return next((one for one in reversed(versions) if one.since <= at), versions[0])


class Standing(IntEnum):
    """How an instance stands."""

    UNSPECIFIED = 0
    RUNNING = 1
    PAUSED = 2
    MET = 3
    BREACHED = 4
    CANCELLED = 5


class Instance(Struct, frozen=True, array_like=True, gc=False):
    """One time that a promise was made; lengths in microseconds.

    `number` counts those of a policy and metric that were told, from 1; 0 while it is for no case of the policy.
    `attached_at` is when it became one. `spent` has counted until `counted_from`, None while paused. `due_at` is None
    while paused and where the calendar never opens enough. What is late stays BREACHED: `ended_at` says when it was
    done after all, and `spent` is all of it then.
    """

    policy_id: str
    version: int
    metric: Metric
    number: int
    started_at: Instant
    calendar_id: str
    calendar_version: int
    spent: int
    counted_from: Instant | None
    due_at: Instant | None = None
    attached_at: Instant | None = None
    breached_at: Instant | None = None
    ended_at: Instant | None = None
    cancelled: bool = False

    @property
    def key(self) -> tuple[str, Metric]:
        """Whose clock it is."""
        return self.policy_id, self.metric

    @property
    def standing(self) -> Standing:
        """How it stands."""
        if self.breached_at is not None:
            return Standing.BREACHED
        if self.ended_at is not None:
            return Standing.CANCELLED if self.cancelled else Standing.MET
        return Standing.PAUSED if self.counted_from is None else Standing.RUNNING


class Run(Struct, frozen=True, array_like=True):
    """All that has to be kept of a case: its last moment, the clocks that are not over, and how many were told of each.

    `until` is up to when everything has been told.
    """

    last: Moment | None = None
    clocks: tuple[Instance, ...] = ()
    told: Mapping[str, int] = {}
    until: Instant | None = None

    @property
    def instances(self) -> Iterator[Instance]:
        """The clocks that are told of."""
        return (one for one in self.clocks if one.attached_at is not None)


class Step(NamedTuple):
    """What a moment leads to, and the instances of which it decided something: they are met, breached, cancelled or,
    breached before, over.
    """

    run: Run
    decided: tuple[Instance, ...]


NOTHING_YET = Run()


def is_late(run: Run, moment: Moment) -> bool:
    """Whether a moment is before something that has been told: the case is to be folded again then."""
    return (run.until is not None and moment.at < run.until) or (
        run.last is not None and moment.order <= run.last.order
    )


def advance(terms: Terms, run: Run, moment: Moment) -> Step:
    """The case after one more moment. Raises ValueError for one that is late.

    Of `terms` it asks what was in force up to the moment, so what is decided later changes nothing.
    """
    if is_late(run, moment):
        raise ValueError("a moment is before what has been told of the case")
    telling = _Telling(run.told)
    clocks: list[Instance] = []
    going = {one.key for one in run.clocks}
    for policy in terms.in_force(moment.at):
        for target in policy.targets:
            conditions = asked(target)
            if (policy.policy_id, target.metric) in going or conditions is None:
                continue
            if _may_start(target, conditions, moment) and not _could_start(target, conditions, run.last):
                clocks.append(telling.attached(_begun(terms, policy, target, conditions, moment), policy, moment))
    for clock in run.clocks:
        clocks.extend(_asked(terms, telling, clock, moment))
    run = Run(moment, tuple(sorted(clocks, key=lambda one: one.key)), telling.told, moment.at)
    return Step(run, tuple(telling.decided))


def passed(run: Run, at: Instant) -> Step:
    """The case at an instant at which nothing happens: whose due time is before it has been breached, then."""
    if run.until is not None and at <= run.until:
        return Step(run, ())
    clocks = tuple(_timed(one, at) for one in run.clocks)
    decided = [
        after
        for before, after in zip(run.clocks, clocks, strict=True)
        if after is not before and after.attached_at is not None
    ]
    return Step(replace(run, clocks=clocks, until=at), tuple(decided))


def next_breach(run: Run) -> Instant | None:
    """The first instant at which `passed` has something to tell: right after the next due time, at which a reply would
    still have been in time. None while nothing runs.
    """
    due = [one.due_at for one in run.instances if one.due_at is not None and one.breached_at is None]
    return Instant(min(due) + 1) if due else None


def replay(terms: Terms, moments: Iterable[Moment], until: Instant) -> list[Instance]:
    """Every instance that was told of a case, as it stands when `until` has come; moments after that are left out.

    It is a function of the set of moments: in whichever order they are given, they happened in theirs.
    """
    found: dict[tuple[str, Metric, int], Instance] = {}
    run = NOTHING_YET
    for moment in in_order(moments):
        if moment.at > until:
            break
        run, decided = advance(terms, run, moment)
        found.update({(*one.key, one.number): one for one in decided})
    run, decided = passed(run, until)
    found.update({(*one.key, one.number): one for one in (*decided, *run.instances)})
    return sorted(found.values(), key=lambda one: (one.started_at, one.key, one.number))


def in_order(moments: Iterable[Moment]) -> list[Moment]:
    """The moments as they happened, each once."""
    return sorted({one.order: one for one in moments}.values(), key=lambda one: one.order)


def governing(instances: Iterable[Instance]) -> Instance | None:
    """The instance whose due time a case has: the first reply until there is one, then what is due first."""
    going = [one for one in instances if one.ended_at is None]
    first = [one for one in going if one.metric is Metric.FIRST_REPLY]
    running = [one for one in first or going if one.due_at is not None]
    return min(running, key=lambda one: (one.due_at, one.key), default=None)


def elapsed(terms: Terms, instance: Instance, at: Instant) -> int:
    """How much of an instance has counted by an instant, not before what is known of it."""
    return _spent(terms.calendar(instance.calendar_id, instance.calendar_version).measure, instance, at)


class _Telling:
    """What a moment decides, and the numbers of what is told first at it."""

    def __init__(self, told: Mapping[str, int]) -> None:
        self.told = dict(told)
        self.decided: list[Instance] = []

    def attached(self, clock: Instance, policy: Policy, moment: Moment) -> Instance:
        """The clock as an instance, where the policy is for the case."""
        if clock.attached_at is not None or not applies(policy)(moment):
            return clock
        name = f"{clock.policy_id}/{int(clock.metric)}"
        self.told[name] = self.told.get(name, 0) + 1
        instance = replace(clock, number=self.told[name], attached_at=moment.at)
        if instance.breached_at is not None:
            self.decided.append(instance)
        return instance

    def over(self, clock: Instance) -> None:
        """What ended is told, if anything was told of it before."""
        if clock.attached_at is not None:
            self.decided.append(clock)


def _may_start(target: Target, conditions: Asked, moment: Moment) -> bool:
    now = moment.now
    return target.concerns(now) and (now.replied or target.metric not in AFTER_FIRST_REPLY) and conditions.start(moment)


def _could_start(target: Target, conditions: Asked, last: Moment | None) -> bool:
    """Whether the start condition was true before: what began before a policy was in force is not promised by it."""
    return last is not None and _may_start(target, conditions, replace(last, happened=()))


def _begun(terms: Terms, policy: Policy, target: Target, conditions: Asked, moment: Moment) -> Instance:
    calendar = terms.calendar_of(target, moment.at)
    started_at = moment.at
    if target.metric in REPLIES and moment.now.owed_since is not None:
        started_at = min(started_at, moment.now.owed_since)
    clock = Instance(
        policy.policy_id,
        policy.version,
        target.metric,
        number=0,
        started_at=started_at,
        calendar_id=target.calendar_id,
        calendar_version=calendar.version,
        spent=0,
        counted_from=started_at,
    )
    clock = replace(clock, due_at=_due(calendar.measure, target, clock, moment))
    return _paused(calendar.measure, target, conditions, _timed(clock, moment.at), moment)


def _asked(terms: Terms, telling: _Telling, clock: Instance, moment: Moment) -> Iterator[Instance]:
    """What is left of a clock that was there before the moment: itself, the next one after a reset, or nothing."""
    policy = terms.policy(clock.policy_id, clock.version)
    target = policy.target(clock.metric)
    conditions = None if target is None else asked(target)
    if target is None or conditions is None:
        yield clock
        return
    measure = terms.calendar(clock.calendar_id, clock.calendar_version).measure
    timed = _timed(clock, moment.at)
    if timed is not clock:
        telling.over(timed)
    clock = telling.attached(timed, policy, moment)
    stops, resets = conditions.stop(moment), conditions.reset(moment)
    if stops or resets or conditions.cancel(moment) or not (target.concerns(moment.now) and conditions.keep(moment)):
        telling.over(_ended(measure, clock, moment.at, cancelled=not stops))
        if resets:
            yield from _again(terms, telling, clock.key, moment)
        return
    clock = _paused(measure, target, conditions, clock, moment)
    timed = _timed(clock, moment.at)
    if timed is not clock:  # the platform's window has become a shorter one
        telling.over(timed)
        clock = timed
    if clock.attached_at is not None and clock.breached_at is None and not applies(policy)(moment):
        telling.over(_ended(measure, clock, moment.at, cancelled=True))
        clock = replace(clock, number=0, attached_at=None)
    yield clock


def _again(terms: Terms, telling: _Telling, key: tuple[str, Metric], moment: Moment) -> Iterator[Instance]:
    """The clock that begins where a reset closed one, by what is in force now."""
    policy_id, metric = key
    policy = next((one for one in terms.in_force(moment.at) if one.policy_id == policy_id), None)
    target = None if policy is None else policy.target(metric)
    conditions = None if target is None else asked(target)
    if policy is not None and target is not None and conditions is not None and _may_start(target, conditions, moment):
        yield telling.attached(_begun(terms, policy, target, conditions, moment), policy, moment)


def _timed(clock: Instance, at: Instant) -> Instance:
    """The clock once an instant has come: what was due before it has been breached when it was due."""
    if clock.breached_at is not None or clock.due_at is None or clock.due_at >= at:
        return clock
    return replace(clock, breached_at=clock.due_at)


def _paused(measure: Measure, target: Target, conditions: Asked, clock: Instance, moment: Moment) -> Instance:
    """The clock as the moment leaves it: counting or not, and due when. While it is paused it is not due."""
    rests = clock.counted_from is None
    pauses = conditions.pause(moment) or (rests and conditions.resume is not None and not conditions.resume(moment))
    if pauses:
        spent = _spent(measure, clock, moment.at)
        return replace(clock, spent=spent, counted_from=None, due_at=clock.breached_at)
    if rests:
        clock = replace(clock, counted_from=moment.at)
    if clock.breached_at is not None:
        return clock
    if rests or target.metric is Metric.WINDOW_EXPIRY:
        return replace(clock, due_at=_due(measure, target, clock, moment))
    return clock


def _due(measure: Measure, target: Target, clock: Instance, moment: Moment) -> Instant | None:
    """By when it is to be done; the window of a platform never closes before there is something to reply to."""
    if target.metric is Metric.WINDOW_EXPIRY:
        closes = moment.now.window_at
        return None if closes is None else Instant(max(clock.started_at, closes - target.duration))
    assert clock.counted_from is not None
    return measure.due(clock.counted_from, target.duration - clock.spent)


def _spent(measure: Measure, clock: Instance, at: Instant) -> int:
    return clock.spent if clock.counted_from is None else clock.spent + measure.elapsed(clock.counted_from, at)


def _ended(measure: Measure, clock: Instance, at: Instant, *, cancelled: bool) -> Instance:
    return replace(
        clock,
        spent=_spent(measure, clock, at),
        counted_from=None,
        ended_at=at,
        cancelled=cancelled and clock.breached_at is None,
    )
