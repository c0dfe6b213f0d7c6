"""Stories of a case as moments, in minutes after nine o'clock of a Monday in UTC; what was told of it as sentences."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import NamedTuple

from chassis.clock import FIRST, MICROS, Instant, from_datetime
from kpi.calendars.calendar import Calendar
from kpi.calendars.hours import Schedule, WeeklyHours
from kpi.sla.engine import CalendarVersion, Instance, Standing, Terms
from kpi.sla.moments import CaseNow, Happened, Moment, Origin, State, WaitingFor
from kpi.sla.policy import Metric, Policy, Target
from msgspec.structs import replace

MINUTE = 60 * MICROS
NINE = from_datetime(datetime(2026, 11, 30, 9, tzinfo=UTC))
OFFICE = Calendar(Schedule("UTC", tuple(WeeklyHours(day, 540, 1_020) for day in range(1, 6))))
OFFICE_HOURS = {"office": [CalendarVersion(1, FIRST, OFFICE)]}

Now = Callable[[CaseNow, Instant], CaseNow]


class Act(NamedTuple):
    """Something that happens at a minute, and what it makes of the case."""

    minute: float
    happened: tuple[Happened, ...]
    now: Now


def at(minute: float) -> Instant:
    return Instant(NINE + round(minute * MINUTE))


def act(minute: float, *happened: Happened, **changes: object) -> Act:
    return Act(minute, happened, lambda now, _: replace(now, **changes))


def wrote(minute: float, **changes: object) -> Act:
    """The customer writes, and waits if nobody has the case."""

    def now(before: CaseNow, when: Instant) -> CaseNow:
        settled = not before.open
        state = State.QUEUED if before.state is State.IDLE or settled else before.state
        waiting = State.ACCEPTED if state is State.PENDING and before.waiting_for is WaitingFor.CUSTOMER else state
        return replace(
            before,
            state=waiting,
            waiting_for=WaitingFor.UNSPECIFIED if waiting is not state else before.waiting_for,
            owed_since=when if before.owed_since is None else before.owed_since,
            replied=before.replied and not settled,
            episode=before.episode + settled,
            **changes,
        )

    return Act(minute, (Happened.CUSTOMER_WROTE,), now)


def took(minute: float) -> Act:
    return act(minute, Happened.TAKEN, state=State.ACCEPTED, agent="mia")


def replied(minute: float, *also: Happened, **changes: object) -> Act:
    """An agent replies, to all that is owed unless `owed_since` says what is left."""
    return act(minute, Happened.REPLIED, *also, **{"replied": True, "owed_since": None, **changes})


def pended(minute: float, waiting_for: WaitingFor = WaitingFor.CUSTOMER) -> Act:
    return act(minute, Happened.PENDED, state=State.PENDING, waiting_for=waiting_for)


def resumed(minute: float) -> Act:
    return act(minute, Happened.RESUMED, state=State.ACCEPTED, waiting_for=WaitingFor.UNSPECIFIED)


def resolved(minute: float, *also: Happened) -> Act:
    return act(
        minute, Happened.RESOLVED, *also, state=State.RESOLVED, waiting_for=WaitingFor.UNSPECIFIED, owed_since=None
    )


def withdrew(minute: float) -> Act:
    return act(minute, Happened.WITHDRAWN, state=State.WITHDRAWN, owed_since=None)


def story(*acts: Act, begins: CaseNow | None = None) -> list[Moment]:
    """The moments of a case, each with how it stands after it."""
    now = CaseNow(State.IDLE) if begins is None else begins
    moments = []
    for ref, one in enumerate(acts):
        now = one.now(now, at(one.minute))
        moments.append(Moment(at(one.minute), ref, now, one.happened))
    return moments


def task(*acts: Act) -> list[Moment]:
    return story(*acts, begins=CaseNow(State.QUEUED, Origin.TASK, queue="accounting"))


def promise(metric: Metric, minutes: float, calendar_id: str = "", **conditions: str | None) -> Target:
    return Target(metric, round(minutes * 60), calendar_id, **conditions)  # type: ignore[arg-type]


def policy(*targets: Target, condition: str = "", version: int = 1, since: Instant = FIRST) -> Policy:
    return Policy("care", version, since, targets, condition)


def terms(*versions: Policy) -> Terms:
    found: dict[str, list[Policy]] = {}
    for one in versions:
        found.setdefault(one.policy_id, []).append(one)
    return Terms(found, OFFICE_HOURS)


def said(instances: Iterable[Instance]) -> list[str]:
    """Instances as sentences, all times in minutes."""
    return [_said(one) for one in instances]


def _said(one: Instance) -> str:
    begins = f"{one.metric.name} from {_minute(one.started_at)}"
    match one.standing:
        case Standing.RUNNING:
            return f"{begins}, due {_minute(one.due_at)}"
        case Standing.PAUSED:
            return f"{begins}, paused after {one.spent / MINUTE:g}" + ("" if one.due_at is None else " but due")
        case Standing.BREACHED:
            done = "" if one.ended_at is None else f", done {_minute(one.ended_at)} after {one.spent / MINUTE:g}"
            return f"{begins}, breached {_minute(one.breached_at)}{done}"
        case _:
            return f"{begins}, {one.standing.name.lower()} {_minute(one.ended_at)} after {one.spent / MINUTE:g}"


def _minute(when: Instant | None) -> str:
    return "never" if when is None else f"{(when - NINE) / MINUTE:g}"
