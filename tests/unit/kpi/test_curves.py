"""Given contacts, when a page asks for their curves, then what the metrics of the same name say at every point."""

from __future__ import annotations

from itertools import pairwise

import pytest
from chassis.clock import Instant
from chassis.errors import InvalidRequest
from hypothesis import given, settings
from hypothesis import strategies as st
from kpi.curves import POINTS_MIN, Curves, Survival, curves_of
from kpi.metrics import estimators, waiting
from kpi.metrics.contact import DAY, Act, Contact, observed
from kpi.metrics.first_response_km_median import part_human
from kpi.query import Known, Refs, by_group
from kpi.wire import curves_asked
from switchboard.kpi.v1 import service_pb2 as pb

S = 1_000_000
T0 = 1_793_510_800 * S
acts = st.none() | st.builds(Act, st.integers(T0, T0 + 9 * DAY), st.just("mia"))
drawn = st.lists(
    st.builds(
        Contact,
        st.integers(T0, T0 + 5 * DAY),
        accepted=acts,
        answered_human=acts,
        resolved=acts,
        reopened_at=st.none() | st.integers(T0, T0 + 9 * DAY),
        withdrawn_at=st.none() | st.integers(T0, T0 + 9 * DAY),
        published_at=st.none() | st.integers(T0, T0 + 5 * DAY),
    ),
    max_size=40,
)
ends = st.integers(T0, T0 + 10 * DAY)


@settings(max_examples=100)
@given(drawn, ends, st.integers(POINTS_MIN, 60))
def test_the_backlog_at_each_of_its_times_is_the_metric_waiting_observed_until_then(
    contacts: list[Contact], until: int, points: int
) -> None:
    backlog = curves_of(contacts, until, points).backlog
    assert len(backlog) <= points
    for at, number in backlog:
        seen = [observed(contact, at) for contact in contacts]
        assert number == sum(one is not None and waiting.part(one) is not None for one in seen)
    if backlog:
        assert backlog[-1][0] == until


@settings(max_examples=100)
@given(drawn, ends, st.integers(POINTS_MIN, 60))
def test_a_survival_curve_is_the_estimate_at_each_of_its_points_and_has_no_more_than_asked_for(
    contacts: list[Contact], until: int, points: int
) -> None:
    parts = [part_human(one) for contact in contacts if (one := observed(contact, until)) is not None]
    sample = [estimators.Followed(part.us or 0, part.numerator) for part in parts]
    exact = dict(estimators.survival(estimators.risks(sample)))
    curve = curves_of(contacts, until, points).first_response
    assert len(curve) <= points
    assert [one.us for one in curve] == sorted(one.us for one in curve)
    share = 1.0
    for number, point in enumerate(curve):
        share = float(exact[point.us]) if number and point.us in exact else share
        assert point.share == pytest.approx(share)
        assert point.at_risk == len(sample) if not number else point.at_risk <= len(sample)
    if sample:
        assert curve[-1].us == max(one.time for one in sample)
        assert curve[-1].share == pytest.approx(float(min(exact.values(), default=1)))


def test_a_curve_of_many_steps_falls_by_equal_shares_and_ends_where_the_last_one_was_followed_to() -> None:
    contacts = [Contact(T0, answered_human=Act(T0 + number * S)) for number in range(1, 1001)]
    curve = curves_of(contacts, T0 + DAY, 13).first_response
    assert [curve[0].us, curve[1].us, curve[-1].us] == [0, S, 1000 * S]
    falls = [earlier.share - later.share for earlier, later in pairwise(curve)]
    assert max(falls) <= 1 / 10 + 1 / 1000
    assert len(curve) >= 11


@pytest.mark.parametrize(
    ("contacts", "expected"),
    [
        pytest.param([], Curves(0, [], []), id="nobody wrote: nothing to draw"),
        pytest.param([Contact(T0 + 1)], Curves(0, [], []), id="who writes after the observation is not there"),
        pytest.param(
            [Contact(T0)], Curves(1, [Survival(0, 1.0, 1)], [(T0, 1)]), id="who wrote just now waits, and is one point"
        ),
    ],
)
def test_edges(contacts: list[Contact], expected: Curves) -> None:
    assert curves_of(contacts, T0) == expected


@pytest.mark.parametrize(
    ("request_", "field", "says"),
    [
        pytest.param({"points_max": 9}, "points_max", "is 10 to 1000, or 0 for 100", id="too few points"),
        pytest.param({"points_max": -1}, "points_max", "is 10 to 1000, or 0 for 100", id="less than none"),
        pytest.param({"group_by": ["agent"]}, "group_by", "names agent", id="by agent"),
        pytest.param({"filter": 'agent = "mia"'}, "filter", "names agent", id="of an agent"),
        pytest.param({"group_by": ["day", "day"]}, "group_by", "names a dimension twice", id="a dimension twice"),
    ],
)
def test_what_cannot_be_drawn_is_refused(request_: dict[str, object], field: str, says: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        curves_asked(pb.QueryCurvesRequest(parent="tenants/acme", **request_), Instant(T0), None)  # type: ignore[arg-type]
    ((where, text),) = refused.value.violations
    assert where == field
    assert says in text


def test_groups_are_those_of_their_contacts() -> None:
    refs = Refs(1024, None, None, None, None, None)
    contacts = [
        Known(case, 1, Contact(T0 + after), "x", "air", {"brand": brand}, refs)
        for case, brand, after in (("c1", "B", 0), ("c2", "A", S), ("c3", "B", 2 * S), ("c4", "A", DAY))
    ]
    asked, _ = curves_asked(
        pb.QueryCurvesRequest(parent="tenants/acme", group_by=["brand"]), Instant(T0 + 5 * S), {"brand"}
    )
    assert by_group(asked.question, contacts) == [
        (("A",), [Contact(T0 + S)]),
        (("B",), [Contact(T0), Contact(T0 + 2 * S)]),
    ]
