"""Given a policy that somebody wrote, when it is checked, then all that is wrong with it is said, and what to do."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kpi.sla import moments
from kpi.sla.moments import CASE_FIELDS, CaseNow, Moment, State, condition
from kpi.sla.policy import (
    CONDITION_BYTES_MAX,
    CONDITIONS_MAX,
    DURATION_S_MAX,
    TARGETS_MAX,
    Metric,
    Policy,
    Target,
    asked,
    wrong_in,
)
from switchboard.routing.v1 import events_pb2, service_pb2

from tests.unit.kpi.sla_stories import NINE, policy

HOUR = 3_600
CALENDARS = {"office": 3, "nights": 1}
NO_CALENDAR = "is 0 without a calendar; say calendar_id, or leave it out for all hours"
NO_FIELD = f"is none of {', '.join(one + '<key>' if one.endswith('.') else one for one in sorted(CASE_FIELDS))}"
FIFTY = " OR ".join(["tier = a"] * 50)
METRICS = ", ".join(one.name for one in Metric if one)


@pytest.mark.parametrize(
    ("said", "wrong"),
    [
        pytest.param(policy(Target(Metric.FIRST_REPLY, HOUR)), [], id="a metric and a duration are enough"),
        pytest.param(policy(), [], id="no target ends a policy"),
        pytest.param(
            policy(*(Target(one, HOUR) for one in Metric if one), condition="urgency >= 2 AND language:zh"), [],
            id="one of each",
        ),
        pytest.param(policy(Target(Metric.FIRST_REPLY, HOUR, "office", 3)), [], id="a version of a calendar"),
        pytest.param(policy(Target(Metric.WINDOW_EXPIRY, 0)), [], id="when the platform's window closes, not before"),
        pytest.param(
            policy(Target(Metric.UNSPECIFIED, HOUR)), [("targets[0].metric", f"is one of {METRICS}")], id="no metric"
        ),
        pytest.param(
            policy(Target(Metric.FIRST_REPLY, 0), Target(Metric.NEXT_REPLY, DURATION_S_MAX + 1)),
            [
                ("targets[0].duration_s", f"is 1 to {DURATION_S_MAX} seconds"),
                ("targets[1].duration_s", f"is 1 to {DURATION_S_MAX} seconds"),
            ],
            id="no duration, and more than five years",
        ),
        pytest.param(
            policy(Target(Metric.FIRST_REPLY, HOUR), Target(Metric.FIRST_REPLY, 2 * HOUR)),
            [("targets[1].metric", "is promised in targets[0] already; another duration takes another policy")],
            id="a metric twice",
        ),
        pytest.param(
            policy(Target(Metric.FIRST_REPLY, HOUR, "offic"), Target(Metric.NEXT_REPLY, HOUR, "nights", 2)),
            [
                (
                    "targets[0].calendar_id",
                    "is a calendar of the tenant, or empty for all hours; there are nights, office",
                ),
                ("targets[1].calendar_version", "is 1 to 1, or 0 for the one in force when an instance starts"),
            ],
            id="a calendar, and a version, that is not there",
        ),
        pytest.param(
            policy(Target(Metric.FIRST_REPLY, HOUR, "", 2)),
            [("targets[0].calendar_version", NO_CALENDAR)],
            id="a version of no calendar",
        ),
        pytest.param(
            policy(Target(Metric.FIRST_REPLY, HOUR, start="", stop="")),
            [
                ("targets[0].start", "says when; leave it out for what its metric means"),
                ("targets[0].stop", "says when; leave it out for what its metric means"),
            ],
            id="a start and a stop that are nothing",
        ),
        pytest.param(
            policy(Target(Metric.AGENT_WORK, HOUR, pause="", resume="happened:RESUMED")),
            [("targets[0].resume", "says when it goes on, and nothing pauses it; say pause, or leave it out")],
            id="going on without a pause",
        ),
        pytest.param(
            policy(Target(Metric.WINDOW_EXPIRY, HOUR, "office", pause="state = PENDING")),
            [
                ("targets[0].calendar_id", "is left out: the window of a platform closes whatever our hours are"),
                ("targets[0].pause", "is left out: the window of a platform closes whatever our hours are"),
            ],
            id="a platform's window by our hours",
        ),
        pytest.param(
            policy(
                Target(Metric.FIRST_REPLY, HOUR, pause="state = SLEEPING"), condition="state = QUEUED AND urgency > x"
            ),
            [
                ("condition", f"state at character 1 {NO_FIELD}"),
                ("condition", "urgency at character 20 is a whole number, 0 or more"),
                ("targets[0].pause", "state at character 1 is one of " + ", ".join(one.name for one in State if one)),
            ],
            id="all that is wrong with its conditions",
        ),
        pytest.param(
            policy(Target(Metric.FIRST_REPLY, HOUR, pause="x" * (CONDITION_BYTES_MAX + 1))),
            [("targets[0].pause", f"is at most {CONDITION_BYTES_MAX} bytes")],
            id="a condition that is too long",
        ),
        pytest.param(
            policy(*[Target(Metric.FIRST_REPLY, HOUR)] * (TARGETS_MAX + 1)),
            [("targets", f"are at most {TARGETS_MAX}, one of each metric")],
            id="more targets than there are metrics",
        ),
        pytest.param(
            policy(
                *(
                    Target(one, HOUR, keep=FIFTY, cancel=FIFTY)
                    for one in (Metric.FIRST_REPLY, Metric.NEXT_REPLY, Metric.AGENT_WORK)
                )
            ),
            [("targets", f"have 300 conditions all together, and {CONDITIONS_MAX} are the most")],
            id="more conditions than can be asked at every moment",
        ),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_policy(said: Policy, wrong: list[tuple[str, str]]) -> None:
    assert wrong_in(said, CALENDARS) == wrong


def test_a_calendar_where_there_is_none_is_to_be_created_first() -> None:
    (wrong,) = wrong_in(policy(Target(Metric.FIRST_REPLY, HOUR, "office")), {})
    assert wrong == (
        "targets[0].calendar_id",
        "is a calendar of the tenant, or empty for all hours; there is none, create it first",
    )


@given(st.text(max_size=200), st.text(max_size=200))
def test_law_what_is_not_wrong_can_be_asked(text: str, pause: str) -> None:
    target = Target(Metric.FIRST_REPLY, HOUR, pause=pause)
    if not wrong_in(policy(target, condition=text), {}):
        assert asked(target) is not None
        assert condition(text)(Moment(NINE, 0, CaseNow(State.QUEUED))) in (True, False)


@pytest.mark.parametrize(
    ("ours", "contract"),
    [
        pytest.param(moments.State, service_pb2.CaseState, id="states"),
        pytest.param(moments.WaitingFor, events_pb2.WaitingFor, id="whom a case waits for"),
        pytest.param(moments.Origin, events_pb2.CaseOrigin, id="origins"),
    ],
)
def test_what_conditions_name_is_what_the_contract_of_routing_names(ours: type, contract: object) -> None:
    names = [(value.name, value.number) for value in contract.DESCRIPTOR.values]  # type: ignore[attr-defined]
    prefix = names[0][0].removesuffix("UNSPECIFIED")
    assert [(prefix + one.name, one.value) for one in ours] == names  # type: ignore[attr-defined]


def test_a_policy_is_for_cases_by_what_they_are_not_by_how_they_stand() -> None:
    assert sorted(CASE_FIELDS) == [
        "channel", "desk", "labels", "labels.", "language", "origin", "queue", "tier", "urgency",
    ]  # fmt: skip
