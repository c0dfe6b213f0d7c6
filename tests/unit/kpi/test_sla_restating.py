"""Given what was promised and told, when another version is held against it, then both values and their difference."""

import pytest
from kpi.calendars.calendar import Calendar
from kpi.calendars.hours import Schedule, WeeklyHours
from kpi.sla.engine import CalendarVersion, Terms, replay
from kpi.sla.explaining import explained, length
from kpi.sla.moments import Moment
from kpi.sla.policy import Metric, Policy, Target
from kpi.sla.restating import Totals, changes, restated, totals

from tests.unit.kpi.sla_stories import (
    MINUTE,
    OFFICE_HOURS,
    at,
    pended,
    policy,
    promise,
    replied,
    said,
    story,
    terms,
    took,
    wrote,
)

V1 = policy(promise(Metric.FIRST_REPLY, 60))
V2 = policy(promise(Metric.FIRST_REPLY, 20), version=2, since=at(1_000))
TURNS = story(wrote(0), replied(30), wrote(40))


def test_another_version_restates_what_was_promised_before_it_and_leaves_it() -> None:
    promises = terms(V1, V2)
    before, after, differ = restated(promises, TURNS, at(99), policy_id="care", version=2)
    assert said(before) == ["FIRST_REPLY from 0, met 30 after 30"] == said(replay(promises, TURNS, at(99)))
    assert said(after) == ["FIRST_REPLY from 0, breached 20, done 30 after 30"]
    assert [(one.breaches, one.met, one.due, one.spent) for one in differ] == [(1, -1, -40 * MINUTE, 0)]
    assert (totals(before), totals(after)) == (Totals(1, 0, 0, 0), Totals(0, 1, 0, 0))


def test_the_same_version_restates_nothing() -> None:
    before, after, differ = restated(terms(V1, V2), TURNS, at(99), policy_id="care", version=1)
    assert (before, differ) == (after, [])


def test_a_version_there_is_not_is_named() -> None:
    with pytest.raises(KeyError, match="policy care has no version 3"):
        restated(terms(V1, V2), TURNS, at(99), policy_id="care", version=3)
    with pytest.raises(KeyError, match="calendar office has no version 9"):
        restated(terms(V1), TURNS, at(99), policy_id="care", version=1, calendars={"office": 9})


def test_another_version_of_a_calendar_restates_what_counted_by_it() -> None:
    short = Calendar(Schedule("UTC", tuple(WeeklyHours(day, 540, 560) for day in range(1, 6))))
    calendars = {"office": [*OFFICE_HOURS["office"], CalendarVersion(2, at(1_000), short)]}
    promises = Terms({"care": [policy(promise(Metric.FIRST_REPLY, 60, "office"))]}, calendars)
    moments = story(wrote(0), replied(90))
    _, _, differ = restated(promises, moments, at(99), policy_id="care", version=1, calendars={"office": 2})
    (change,) = differ
    assert (change.breaches, change.met, change.spent) == (-1, 1, -70 * MINUTE)


@pytest.mark.parametrize(
    ("late", "expected"),
    [
        pytest.param(story(wrote(0), replied(30)), [(-1, 1)], id="a reply that was there in time takes a breach back"),
        pytest.param(story(wrote(-10), wrote(0)), [(1, 0), (-1, 0)], id="an earlier post is another wait"),
        pytest.param(story(wrote(0)), [], id="nothing late, nothing different"),
    ],
)
def test_what_arrives_late_is_a_change_of_what_was_told(late: list[Moment], expected: list[tuple[int, int]]) -> None:
    told = replay(terms(V1), story(wrote(0)), at(99))
    differ = changes(told, replay(terms(V1), late, at(99)))
    assert [(one.breaches, one.met) for one in differ] == expected
    assert (
        sum(one.breaches for one in differ) == totals(replay(terms(V1), late, at(99))).breached - totals(told).breached
    )


def test_a_change_of_what_is_in_only_one_of_both_is_due_no_later() -> None:
    told = replay(terms(V1), story(wrote(0)), at(99))
    (gone,) = changes(told, [])
    assert (gone.due, gone.breaches, gone.spent) == (None, -1, 0)


PAUSED = policy(Target(Metric.FIRST_REPLY, 3_600, "office", pause="state = PENDING"), condition="agent = mia")


@pytest.mark.parametrize(
    ("said", "moments", "until", "expected"),
    [
        pytest.param(
            PAUSED, story(wrote(0), took(5)), 30,
            [
                "policy care version 1 promises FIRST_REPLY within 1 h, calendar office version 1",
                "it counts since 2026-11-30T09:00:00Z, for this case since 2026-11-30T09:05:00Z",
                "30 min have counted; it is due 2026-11-30T10:00:00Z, and in time until then",
            ],
            id="running",
        ),
        pytest.param(
            PAUSED, story(wrote(0), took(5), pended(20)), 99,
            ["paused after 20 min; it has no due time until it goes on, with 40 min left"], id="paused",
        ),
        pytest.param(
            V1, story(wrote(0)), 90, ["breached 2026-11-30T10:00:00Z, when it was due", "1 h 30 min have counted"],
            id="breached",
        ),
        pytest.param(
            V1, story(wrote(0), replied(90)), 99,
            ["breached 2026-11-30T10:00:00Z, when it was due", "done 2026-11-30T10:30:00Z, after 1 h 30 min"],
            id="breached, and done after all",
        ),
        pytest.param(V1, story(wrote(0), replied(10)), 99, ["met 2026-11-30T09:10:00Z, after 10 min"], id="met"),
        pytest.param(
            policy(Target(Metric.WINDOW_EXPIRY, 1_800)), story(wrote(0, window_at=at(90))), 9,
            [
                "policy care version 1 promises WINDOW_EXPIRY 30 min before the platform's window closes, all hours",
                "it counts since 2026-11-30T09:00:00Z",
                "9 min have counted; it is due 2026-11-30T10:00:00Z, and in time until then",
            ],
            id="a platform's window",
        ),
    ],
)  # fmt: skip
def test_an_instance_explains_itself(said: Policy, moments: list[Moment], until: float, expected: list[str]) -> None:
    (one,) = replay(terms(said), moments, at(until))
    assert list(explained(terms(said), one, at(until)))[-len(expected) :] == expected


def test_an_instance_that_is_never_due_says_why() -> None:
    shut = {"shut": [CalendarVersion(1, at(0), Calendar(Schedule("UTC")))]}
    promises = Terms({"care": [policy(promise(Metric.FIRST_REPLY, 1, "shut"))]}, shut)
    (one,) = replay(promises, story(wrote(0)), at(9))
    assert explained(promises, one, at(9))[-1] == (
        "0 s have counted, and calendar shut version 1 never has enough for the rest"
    )


@pytest.mark.parametrize(
    ("micros", "expected"),
    [
        pytest.param(0, "0 s", id="nothing"),
        pytest.param(999_999, "0 s", id="less than a second"),
        pytest.param(61_000_000, "1 min 1 s", id="two units"),
        pytest.param(90_061_000_000, "1 d 1 h", id="no more than two"),
    ],
)
def test_a_length_is_said_in_two_units(micros: int, expected: str) -> None:
    assert length(micros) == expected
