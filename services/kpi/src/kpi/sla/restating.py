"""What another version would have made of the same moments: both values and their signed difference. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import zip_longest
from typing import NamedTuple

from chassis.clock import Instant

from kpi.sla.engine import Instance, Standing, Terms, replay
from kpi.sla.moments import Moment
from kpi.sla.policy import Metric


class Change(NamedTuple):
    """An instance before and after; None where there was or is none. Differences are after minus before."""

    before: Instance | None
    after: Instance | None

    @property
    def breaches(self) -> int:
        """1 where it has become a breach, -1 where it is none any more, else 0."""
        return _is(self.after, Standing.BREACHED) - _is(self.before, Standing.BREACHED)

    @property
    def met(self) -> int:
        """1 where it is met now, -1 where it is not any more, else 0."""
        return _is(self.after, Standing.MET) - _is(self.before, Standing.MET)

    @property
    def spent(self) -> int:
        """How much more has counted, microseconds, up to the last thing known of it."""
        return (0 if self.after is None else self.after.spent) - (0 if self.before is None else self.before.spent)

    @property
    def due(self) -> int | None:
        """How much later it is due, microseconds; None where it is not due in both."""
        if self.before is None or self.after is None or self.before.due_at is None or self.after.due_at is None:
            return None
        return self.after.due_at - self.before.due_at


class Totals(NamedTuple):
    """How many instances stand so."""

    met: int
    breached: int
    cancelled: int
    open: int


def totals(instances: Iterable[Instance]) -> Totals:
    """Instances by how they stand."""
    standings = [one.standing for one in instances]
    going = standings.count(Standing.RUNNING) + standings.count(Standing.PAUSED)
    met, breached, cancelled = Standing.MET, Standing.BREACHED, Standing.CANCELLED
    return Totals(standings.count(met), standings.count(breached), standings.count(cancelled), going)


def changes(before: Sequence[Instance], after: Sequence[Instance]) -> list[Change]:
    """What differs, in order of start. Instances of one policy and metric that started at one instant are the same one;
    what only has another number or version does not differ.

    It is how what was told is held against what is computed now: a fact that arrives late, about something earlier,
    makes a change here and never a silent one.
    """
    found: dict[tuple[Instant, str, Metric], tuple[list[Instance], list[Instance]]] = defaultdict(lambda: ([], []))
    for side, instances in enumerate((before, after)):
        for one in sorted(instances, key=lambda one: one.number):
            found[one.started_at, one.policy_id, one.metric][side].append(one)
    pairs = [pair for key in sorted(found) for pair in zip_longest(*found[key])]
    return [Change(was, now) for was, now in pairs if _told(was) != _told(now)]


def restated(
    terms: Terms,
    moments: Sequence[Moment],
    until: Instant,
    *,
    policy_id: str,
    version: int,
    calendars: Mapping[str, int] | None = None,
) -> tuple[list[Instance], list[Instance], list[Change]]:
    """(the policy's instances as they were promised, as they would be by one version of it all along, what differs).

    `calendars` are versions of calendars to count by, for what names none. Nothing that was told changes by it.
    Raises KeyError for a version that there is not.
    """
    before = [one for one in replay(terms, moments, until) if one.policy_id == policy_id]
    other = terms.as_if(policy_id, version, calendars or {})
    after = [one for one in replay(other, moments, until) if one.policy_id == policy_id]
    return before, after, changes(before, after)


def _is(instance: Instance | None, standing: Standing) -> int:
    return int(instance is not None and instance.standing is standing)


def _told(instance: Instance | None) -> tuple[object, ...]:
    if instance is None:
        return ()
    return instance.standing, instance.due_at, instance.breached_at, instance.ended_at, instance.spent
