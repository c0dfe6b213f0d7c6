"""Given a wrong definition and its correction, when a metric is restated, then both values and their difference."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from chassis.clock import Instant, to_timestamp
from chassis.errors import InvalidRequest
from hypothesis import given, settings
from hypothesis import strategies as st
from kpi import wire
from kpi.metrics import METRICS, REGISTRY
from kpi.metrics.contact import DAY, Act, Contact, observed
from kpi.metrics.metric import AnyMetric, Measure, Unit, items_of
from kpi.metrics.registry import Registry
from kpi.query import Known, Question, Refs
from kpi.restatement import Restatement, Restating
from kpi.wire import UTC, cell_of, definitions, query_of, restatement_of
from restatements import CORRECTED, COUNTED_MACHINES, PEOPLE_ONLY
from switchboard.kpi.v1 import service_pb2 as pb

S = 1_000_000
T0 = 1_793_510_800 * S
UNTIL = T0 + 30 * DAY
NUMBERS = ("", "0", "3", "-1", "1@2", " 1", "²", "9" * 5000)
"""What is no version of a metric that has two."""


def known(case_id: str, contact: Contact, brand: str = "A") -> Known:
    return Known(case_id, 1, contact, "x", "air", {"brand": brand}, Refs(1024, None, None, None, None, None))


def restating(before: AnyMetric, after: AnyMetric, contacts: list[Known], *group_by: str) -> Restatement:
    made = Restating(Question((before, after), group_by, UTC, UNTIL))
    for one in contacts:
        made.add([one])
    return made.answer()


MACHINE_FIRST = Contact(T0, answered_any=Act(T0 + 10 * S, ""), answered_human=Act(T0 + 60 * S, "mia"))
MACHINE_ONLY = Contact(T0, answered_any=Act(T0 + 20 * S, ""))
PERSON_ONLY = Contact(T0, answered_any=Act(T0 + 30 * S, "leo"), answered_human=Act(T0 + 30 * S, "leo"))
CONTACTS = [
    known("c1", MACHINE_FIRST, "A"),
    known("c2", MACHINE_ONLY, "A"),
    known("c3", MACHINE_ONLY, "B"),
    known("c4", PERSON_ONLY, "C"),
]


def test_the_deliberate_proof() -> None:
    rows, total = restating(COUNTED_MACHINES, PEOPLE_ONLY, CONTACTS, "brand")
    assert [(row.group, row.difference) for row in rows] == [
        (("A",), Measure(45, 30, -1)),
        (("B",), Measure(None, -20, -1)),
        (("C",), Measure(0, 0, 0)),
    ]
    assert [(row.before.value, row.after.value) for row in rows] == [(15, 60), (20, None), (30, 30)]
    assert (total.group, total.before, total.after) == ((), Measure(20, 80, 4), Measure(45, 90, 2))
    assert total.difference == Measure(25, 10, -2)


def test_a_group_that_only_one_version_has_is_there() -> None:
    rows, _ = restating(COUNTED_MACHINES, PEOPLE_ONLY, CONTACTS[1:2], "agent")
    assert [(row.group, row.before, row.after) for row in rows] == [(("",), Measure(20, 20, 1), Measure(None, 0, 0))]


def answered(after: int, start: int, direct: bool, machine: Act | None, human: Act | None, brand: str) -> Known:
    """A contact whose customer's clock is `after` microseconds off."""
    contact = Contact(start, direct, answered_any=machine, answered_human=human, published_at=start + after)
    return known(f"c{start}", contact, brand)


acts = st.none() | st.builds(Act, st.integers(T0, T0 + 9 * DAY), st.sampled_from("ab"))
starts = st.integers(T0, T0 + 5 * DAY)
contacts_drawn = st.lists(
    st.builds(answered, st.integers(-DAY, DAY), starts, st.booleans(), acts, acts, st.sampled_from("AB")), max_size=12
)
keys = st.sampled_from(["brand", "agent", "day"])


@settings(max_examples=50)
@given(contacts_drawn, keys)
def test_the_difference_is_that_of_the_contacts_and_adds_up(contacts: list[Known], key: str) -> None:
    rows, total = restating(COUNTED_MACHINES, PEOPLE_ONLY, contacts, key)
    seconds = people = 0.0
    for one in contacts:
        contact = observed(one.contact, UNTIL)
        assert contact is not None
        for metric, sign in ((COUNTED_MACHINES, -1), (PEOPLE_ONLY, 1)):
            for item in items_of(metric, contact):
                seconds, people = seconds + sign * (item.part.us or 0) / S, people + sign
    assert total.difference.numerator == pytest.approx(seconds, abs=1e-6)
    assert total.difference.denominator == people
    assert sum(row.difference.numerator or 0 for row in rows) == pytest.approx(seconds, abs=1e-6)
    assert sum(row.difference.denominator or 0 for row in rows) == people


@settings(max_examples=50)
@given(contacts_drawn, keys)
def test_there_and_back_is_nowhere(contacts: list[Known], key: str) -> None:
    there, there_total = restating(COUNTED_MACHINES, PEOPLE_ONLY, contacts, key)
    back, back_total = restating(PEOPLE_ONLY, COUNTED_MACHINES, contacts, key)
    assert [row.group for row in there] == [row.group for row in back]
    for one, other in zip([*there, there_total], [*back, back_total], strict=True):
        for more, less in zip(one.difference, other.difference, strict=True):
            assert (more is None) == (less is None)
            assert (more or 0) + (less or 0) == 0


@settings(max_examples=20)
@given(contacts_drawn, keys)
def test_a_version_differs_from_itself_by_nothing(contacts: list[Known], key: str) -> None:
    for metric in METRICS.values():
        rows, total = restating(metric, metric, contacts, key)
        assert {number for row in (*rows, total) for number in row.difference} <= {0, None}, metric.definition.id


def test_a_registry_keeps_every_version() -> None:
    assert CORRECTED.latest == {"first_reply": PEOPLE_ONLY}
    assert CORRECTED.every == (COUNTED_MACHINES, PEOPLE_ONLY)
    found = [CORRECTED.find(name) for name in ("first_reply", "first_reply@1", "first_reply@2")]
    assert found == [PEOPLE_ONLY, COUNTED_MACHINES, PEOPLE_ONLY]
    assert [CORRECTED.name(metric) for metric in CORRECTED.every] == ["first_reply@1", "first_reply"]


@pytest.mark.parametrize("name", ["", "@", "@1", "x", *(f"first_reply@{one}" for one in NUMBERS)])
def test_no_other_name_finds_a_metric(name: str) -> None:
    assert CORRECTED.find(name) is None


@pytest.mark.parametrize(
    "versions", [pytest.param((2,), id="the first is missing"), pytest.param((1, 1), id="one is there twice")]
)
def test_a_registry_with_a_gap_does_not_start(versions: tuple[int, ...]) -> None:
    offered = METRICS["offered"]
    with pytest.raises(ValueError, match="offered has the versions"):
        Registry(replace(offered, definition=replace(offered.definition, version=one)) for one in versions)


def test_every_metric_of_the_product_is_in_its_registry_once() -> None:
    assert len(set(map(REGISTRY.name, REGISTRY.every))) == len(REGISTRY.every) >= len(METRICS)


@pytest.fixture
def corrected(monkeypatch: pytest.MonkeyPatch) -> None:
    """A release that has the correction."""
    seconds = replace(PEOPLE_ONLY.definition, id="odd")
    odd = [seconds, replace(seconds, version=1, unit=Unit.NUMBER)]
    every = (*CORRECTED.every, *(replace(PEOPLE_ONLY, definition=one) for one in odd))
    monkeypatch.setattr(wire, "REGISTRY", Registry(every))


def asked(**fields: Any) -> pb.RestateRequest:
    return pb.RestateRequest(parent="tenants/acme", **{"metric": "first_reply", "from_version": 1, **fields})


@pytest.mark.parametrize(
    ("request_", "numbers"),
    [
        pytest.param(asked(), [1, 2], id="to the latest"),
        pytest.param(asked(from_version=2, to_version=1), [2, 1], id="back"),
        pytest.param(asked(to_version=1), [1, 1], id="to itself"),
    ],
)
@pytest.mark.usefixtures("corrected")
def test_which_versions_are_asked_for(request_: pb.RestateRequest, numbers: list[int]) -> None:
    question = restatement_of(request_, Instant(UNTIL), None).question
    assert [metric.definition.version for metric in question.metrics] == numbers


@pytest.mark.parametrize(
    ("request_", "violations"),
    [
        pytest.param(
            asked(metric="nothing"),
            [("metric", "'nothing' is no metric; see ListMetricDefinitions")],
            id="no metric",
        ),
        pytest.param(
            asked(from_version=0, to_version=7),
            [
                ("from_version", "0 is no version of first_reply; it has 1, 2"),
                ("to_version", "7 is no version of first_reply; it has 1, 2"),
            ],
            id="no versions",
        ),
        pytest.param(
            asked(metric="odd"),
            [
                (
                    "to_version",
                    "is in SECONDS, from_version in NUMBER: there is no difference; ask for both with QueryMetrics",
                )
            ],
            id="another unit",
        ),
        pytest.param(
            asked(metric="nothing", time_zone="Nowhere/At_All", start_time=to_timestamp(Instant(2)),
                  end_time=to_timestamp(Instant(1))),
            None,
            id="everything at once",
        ),
    ],
)  # fmt: skip
@pytest.mark.usefixtures("corrected")
def test_what_cannot_be_restated_is_refused(
    request_: pb.RestateRequest, violations: list[tuple[str, str]] | None
) -> None:
    with pytest.raises(InvalidRequest) as refused:
        restatement_of(request_, Instant(UNTIL), None)
    if violations is None:
        assert {field for field, _ in refused.value.violations} == {"metric", "time_zone", "end_time"}
    else:
        assert list(refused.value.violations) == violations


@pytest.mark.usefixtures("corrected")
def test_a_version_is_asked_for_by_name() -> None:
    request = pb.QueryMetricsRequest(parent="tenants/acme", metrics=["first_reply@1", "first_reply"])
    assert query_of(request, Instant(UNTIL), None).question.metrics == (COUNTED_MACHINES, PEOPLE_ONLY)
    cell = pb.ListContributingEventsRequest(parent="tenants/acme", metric="first_reply@1")
    assert cell_of(cell, Instant(UNTIL), None)[0].question.metrics == (COUNTED_MACHINES,)
    for names, why in (
        (["first_reply@2", "first_reply"], "names a metric twice"),
        (["first_reply@9"], "'first_reply@9' is no version of a metric; first_reply has 1, 2"),
    ):
        with pytest.raises(InvalidRequest) as refused:
            query_of(pb.QueryMetricsRequest(parent="tenants/acme", metrics=names), Instant(UNTIL), None)
        assert list(refused.value.violations) == [("metrics", why)]


@pytest.mark.usefixtures("corrected")
def test_definitions_are_the_latest_unless_all_are_asked_for() -> None:
    wanted = pb.ListMetricDefinitionsRequest(parent="tenants/acme", filter="id = first_reply")
    assert [one.metric for one in definitions(wanted)] == ["first_reply"]
    wanted.all_versions = True
    assert [(one.id, one.version, one.metric) for one in definitions(wanted)] == [
        ("first_reply", 1, "first_reply@1"),
        ("first_reply", 2, "first_reply"),
    ]
