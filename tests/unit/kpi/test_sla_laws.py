"""Laws of promises: for any history, any instants at which somebody looks, and any versions that come in between."""

from __future__ import annotations

from datetime import datetime
from itertools import pairwise

from chassis.clock import FIRST, Instant, from_datetime
from chassis.zones import zone
from hypothesis import given, settings
from hypothesis import strategies as st
from kpi.calendars.calendar import Calendar
from kpi.calendars.hours import WEEK_MINUTES, Schedule, WeeklyHours
from kpi.sla.engine import (
    NOTHING_YET,
    CalendarVersion,
    Instance,
    Measure,
    Run,
    Standing,
    Terms,
    advance,
    in_order,
    is_late,
    next_breach,
    passed,
    replay,
)
from kpi.sla.moments import CaseNow, Happened, Moment, State, WaitingFor
from kpi.sla.policy import DEFAULTS, Metric, Policy, Target, asked

from tests.unit.kpi.sla_stories import MINUTE

BERLIN = "Europe/Berlin"
BEGINS = from_datetime(datetime(2026, 10, 24, 12, tzinfo=zone(BERLIN)))
"""Half a day before a day of 25 hours."""
SPAN_MINUTES = 3 * 1_440
NIGHTS = tuple(WeeklyHours(day, 1_320, 1_800) for day in range(1, 8))
CALENDARS = {
    "always": [CalendarVersion(1, FIRST, Calendar(Schedule(BERLIN, (WeeklyHours(1, 0, WEEK_MINUTES),))))],
    "nights": [
        CalendarVersion(1, FIRST, Calendar(Schedule(BERLIN, NIGHTS))),
        CalendarVersion(2, Instant(BEGINS + 700 * MINUTE), Calendar(Schedule(BERLIN, (WeeklyHours(7, 60, 600),)))),
    ],
}


def when(minute: int) -> Instant:
    return Instant(BEGINS + minute * MINUTE)


MINUTES = st.integers(0, SPAN_MINUTES)
CASES = st.builds(
    CaseNow,
    state=st.sampled_from([one for one in State if one]),
    urgency=st.integers(0, 3),
    waiting_for=st.sampled_from(WaitingFor),
    replied=st.booleans(),
    owed_since=st.none() | MINUTES.map(when),
    window_at=st.none() | MINUTES.map(when),
    agent=st.sampled_from(["", "mia"]),
)
MOMENTS = st.lists(
    st.builds(
        Moment,
        at=MINUTES.map(when),
        ref=st.integers(0, 3),
        now=CASES,
        happened=st.lists(st.sampled_from([one for one in Happened if one]), max_size=2).map(tuple),
    ),
    max_size=14,
).map(in_order)
TARGETS = st.builds(
    Target,
    metric=st.sampled_from([one for one in Metric if one]),
    duration_s=st.integers(1, 24 * 60).map(lambda minutes: minutes * 60),
    calendar_id=st.sampled_from(["", "always", "nights"]),
    pause=st.sampled_from([None, "", "state = PENDING", "agent = mia"]),
    resume=st.sampled_from([None, "happened:RESUMED"]),
    reset=st.sampled_from([None, "happened:TRANSFERRED"]),
    keep=st.sampled_from([None, "urgency > 0"]),
)
TARGET_LISTS = st.lists(TARGETS, min_size=1, max_size=3, unique_by=lambda one: one.metric).map(tuple)
CONDITIONS = st.sampled_from(["", "urgency >= 2", "agent = mia"])


@st.composite
def policies(draw: st.DrawFn) -> dict[str, list[Policy]]:
    """Up to two policies with up to three versions each."""
    found: dict[str, list[Policy]] = {}
    for name in ("care", "vip")[: draw(st.integers(1, 2))]:
        sinces = [FIRST, *sorted(draw(st.lists(MINUTES.map(when), max_size=2)))]
        found[name] = [
            Policy(name, number, since, draw(TARGET_LISTS), draw(CONDITIONS))
            for number, since in enumerate(sinces, start=1)
        ]
    return found


def known_at(terms: Terms, at: Instant) -> Terms:
    """The terms as far as anybody has decided them then."""
    return Terms(
        {name: [one for one in versions if one.since <= at] for name, versions in terms.policies.items()},
        {name: [one for one in versions if one.since <= at] for name, versions in terms.calendars.items()},
    )


class Live:
    """Somebody who sees moments as they come, knows what is decided by then, and looks at the clock in between."""

    def __init__(self, terms: Terms) -> None:
        self._terms = terms
        self.run: Run = NOTHING_YET
        self.told: dict[tuple[str, Metric, int], Instance] = {}
        self.breaches: list[tuple[Instance, Instant]] = []

    def sees(self, moment: Moment) -> None:
        self.run, decided = advance(known_at(self._terms, moment.at), self.run, moment)
        self._tells(decided, moment.at)

    def looks(self, at: Instant) -> None:
        self.run, decided = passed(self.run, at)
        self._tells(decided, at)

    def _tells(self, decided: tuple[Instance, ...], at: Instant) -> None:
        for one in decided:
            before = self.told.get((*one.key, one.number))
            if one.breached_at is not None and (before is None or before.breached_at is None):
                self.breaches.append((one, at))
            self.told[*one.key, one.number] = one


@settings(max_examples=100, deadline=None)
@given(policies=policies(), moments=MOMENTS, looks=st.lists(MINUTES.map(when), max_size=6), data=st.data())
def test_law_what_is_told_live_is_what_a_replay_tells(
    policies: dict[str, list[Policy]], moments: list[Moment], looks: list[Instant], data: st.DataObject
) -> None:
    """Whoever wakes at `next_breach` tells every breach once, right after it was due and never before."""
    terms, until = Terms(policies, CALENDARS), when(2 * SPAN_MINUTES)
    live = Live(terms)
    pending = list(moments)
    for at in sorted([*looks, until]):
        while pending and pending[0].at <= at:
            moment = pending.pop(0)
            while (wakes := next_breach(live.run)) is not None and wakes <= moment.at:
                live.looks(wakes)
            live.sees(moment)
        while (wakes := next_breach(live.run)) is not None and wakes <= at:
            live.looks(wakes)
        live.looks(at)

    expected = replay(terms, data.draw(st.permutations(moments)), until)
    assert {(*one.key, one.number): one for one in expected} == {
        **live.told, **{(*one.key, one.number): one for one in live.run.instances}
    }  # fmt: skip
    assert len({(*one.key, one.number) for one, _ in live.breaches}) == len(live.breaches)
    instants = {moment.at for moment in moments}
    for one, told_at in live.breaches:
        assert one.breached_at is not None
        assert told_at > one.breached_at
        assert told_at == one.breached_at + 1 or told_at in instants


@settings(max_examples=100, deadline=None)
@given(policies=policies(), moments=MOMENTS, cut=st.integers(0, 14), look=MINUTES.map(when))
def test_law_a_beginning_and_the_rest_are_all(
    policies: dict[str, list[Policy]], moments: list[Moment], cut: int, look: Instant
) -> None:
    terms = Terms(policies, CALENDARS)
    whole, looked = NOTHING_YET, NOTHING_YET
    for number, moment in enumerate(moments):
        if number == cut and not is_late(passed(looked, look).run, moment):
            looked = passed(looked, look).run
        whole, looked = advance(terms, whole, moment).run, advance(terms, looked, moment).run
        assert whole == looked


@settings(max_examples=100, deadline=None)
@given(
    target=TARGETS.filter(lambda one: one.metric is not Metric.WINDOW_EXPIRY),
    moments=MOMENTS,
)  # fmt: skip
def test_law_a_breach_is_when_the_promise_has_been_counted(target: Target, moments: list[Moment]) -> None:
    """Counted again, span by span between moments, without the engine: at the breach all of it has been, before it not;
    what is met has not had more, and what is over has had what is said.
    """
    terms, until = Terms({"care": [Policy("care", 1, FIRST, (target,))]}, CALENDARS), when(2 * SPAN_MINUTES)
    conditions = asked(target)
    assert conditions is not None
    for one in replay(terms, moments, until):
        measure = terms.calendar(one.calendar_id, one.calendar_version).measure
        inside = [moment for moment in moments if one.attached_at is not None and moment.at >= one.attached_at]
        edges: list[tuple[Instant, bool]] = [(one.started_at, False)]
        for moment in moments:
            begun = (moment.at, moment.ref) >= (inside[0].at, inside[0].ref)
            if begun and (one.ended_at is None or moment.at < one.ended_at):
                rests = edges[-1][1]
                held = rests and conditions.resume is not None and not conditions.resume(moment)
                edges.append((moment.at, conditions.pause(moment) or held))

        def counted(end: Instant, edges: list[tuple[Instant, bool]] = edges, measure: Measure = measure) -> int:
            spans = pairwise([*(edge for edge in edges if edge[0] < end), (end, True)])
            return sum(measure.elapsed(begins, ends) for (begins, rests), (ends, _) in spans if not rests)

        if one.breached_at is not None:
            assert counted(one.breached_at) == target.duration
            assert counted(Instant(one.breached_at - 1)) < target.duration or one.breached_at == edges[-1][0]
        elif one.ended_at is not None:
            assert counted(one.ended_at) <= target.duration
        if one.ended_at is not None:
            assert counted(one.ended_at) == one.spent
        elif one.standing is Standing.PAUSED:
            assert one.due_at is None


def test_every_metric_has_conditions_that_can_be_read() -> None:
    assert set(DEFAULTS) == {one for one in Metric if one}
    assert all(asked(Target(metric, 60)) is not None for metric in DEFAULTS)
