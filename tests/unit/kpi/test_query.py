"""Given contacts, when they are asked about, then groups, filters and cells."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from chassis.clock import Instant, to_timestamp
from chassis.errors import InvalidRequest
from chassis.filters import conditions
from hypothesis import given, settings
from hypothesis import strategies as st
from kpi.journeys import Journey, Span
from kpi.metrics import METRICS
from kpi.metrics.contact import DAY, Act, Contact
from kpi.metrics.metric import IN, Agent, Basis, Definition, Item, ItemMetric, Unit, count
from kpi.query import (
    BEGINNING,
    NOBODY_WAITS,
    Known,
    Question,
    Refs,
    Tally,
    answer,
    contributions,
    local_time,
    waiting_of,
    week_of,
)
from kpi.wire import cell_of, query_of, wallboard_of, wanted_of
from switchboard.kpi.v1 import service_pb2 as pb

S = 1_000_000
T0 = 1_793_510_800 * S  # 2026-11-01T05:26:40Z
UTC = ZoneInfo("UTC")
REFS = Refs(1024, None, None, None, None, None)


def known(case: str, contact: Contact, channel: str = "x", source: str = "air", **labels: str) -> Known:
    return Known(case, 1, contact, channel, source, labels, REFS)


def act(after: int, agent: str) -> Act:
    return Act(T0 + after, agent)


ANSWERED = Contact(T0, accepted=act(S, "mia"), answered_any=act(2 * S, "leo"), answered_human=act(2 * S, "leo"))
CONTACTS = [
    known("c1", ANSWERED, brand="A"),
    known("c2", Contact(T0 + S), brand="B"),
    known("c3", Contact(T0 + 3600 * S), channel="weibo", brand="B"),
    known("c4", Contact(T0))._replace(language="zh-Hant", tier="gold"),
]


def replies(contact: Contact) -> list[Item]:
    """An answer of mia in the first queue, one of leo a day later in another, and one that is still to come."""
    events = (("replied", 2048),)
    return [
        Item(IN, "mia", None, contact.start + S, events),
        Item(IN, "leo", "gold", contact.start + DAY, events),
        Item(IN, "leo"),
    ]


REPLIES = ItemMetric(
    Definition("replies", 1, "Replies", "Of all agents.", Unit.ITEMS, "replies", "", "", Agent.OWN), replies, count
)


def ask(metrics: str, group_by: str = "", text: str = "", zone: str = "UTC", until: int = T0 + 30 * DAY) -> Question:
    return Question(
        tuple(METRICS[one] for one in metrics.split()),
        tuple(group_by.split()),
        ZoneInfo(zone),
        until,
        wanted_of(text),
    )


def table(question: Question) -> dict[tuple[str, ...], tuple[float | None, ...]]:
    return {group: tuple(one.value for one in measures) for group, measures in answer(question, CONTACTS)}


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        pytest.param(ask("offered answered"), {(): (4, 1)}, id="the total"),
        pytest.param(ask("offered", "brand"), {("",): (1,), ("A",): (1,), ("B",): (2,)}, id="by a label"),
        pytest.param(ask("offered", "channel"), {("weibo",): (1,), ("x",): (3,)}, id="by channel"),
        pytest.param(ask("offered", "language"), {("",): (3,), ("zh-Hant",): (1,)}, id="by language"),
        pytest.param(ask("offered", "tier", 'language = "zh-Hant"'), {("gold",): (1,)}, id="by tier, of a language"),
        pytest.param(ask("offered", "source"), {("air",): (4,)}, id="by source"),
        pytest.param(
            ask("accepted answered", "agent"), {("leo",): (0, 1), ("mia",): (1, 0)}, id="by the agent of each act"
        ),
        pytest.param(
            ask("offered", "agent channel"),
            {("", "weibo"): (1,), ("", "x"): (2,), ("mia", "x"): (1,)},
            id="by agent and channel, in the order asked",
        ),
        pytest.param(
            ask("offered", "hour", zone="Asia/Kolkata"),
            {("2026-11-01T10:00+05:30",): (3,), ("2026-11-01T11:00+05:30",): (1,)},
            id="by local hour, with half an hour's offset",
        ),
        pytest.param(
            ask("offered", "hour", zone="America/New_York"),
            {("2026-11-01T01:00-04:00",): (3,), ("2026-11-01T01:00-05:00",): (1,)},
            id="the hour that comes twice when clocks go back is two hours",
        ),
        pytest.param(ask("offered", "day", zone="Pacific/Honolulu"), {("2026-10-31",): (4,)}, id="by local day"),
        pytest.param(
            ask("offered", "week", zone="Pacific/Honolulu"), {("2026-W44",): (4,)}, id="by local week, from Monday on"
        ),
        pytest.param(ask("offered", "month"), {("2026-11",): (4,)}, id="by month"),
        pytest.param(
            ask("offered", "month", zone="Pacific/Honolulu"), {("2026-10",): (4,)}, id="by local month, still October"
        ),
        pytest.param(
            ask("offered", text="week = 2026-W44 AND month = 2026-11"), {(): (4,)}, id="of a week and a month"
        ),
        pytest.param(ask("offered", text='brand = "B"'), {(): (2,)}, id="filtered by a label"),
        pytest.param(ask("offered", text='brand != "B" AND channel = x'), {(): (2,)}, id="filtered by two"),
        pytest.param(ask("accepted answered", text='agent = "leo"'), {(): (0, 1)}, id="filtered by agent of the act"),
        pytest.param(ask("offered", until=T0 - 1), {(): (0,)}, id="the total is there without contacts"),
        pytest.param(ask("offered", "brand", until=T0 - 1), {}, id="groups are not"),
    ],
)
def test_answers(question: Question, expected: dict[tuple[str, ...], tuple[float | None, ...]]) -> None:
    assert table(question) == expected


@pytest.mark.parametrize(
    ("group_by", "basis", "expected"),
    [
        pytest.param("agent", Basis.COHORT, {("leo",): 2, ("mia",): 1}, id="each under its own agent"),
        pytest.param("queue", Basis.COHORT, {("",): 2, ("gold",): 1}, id="and in the queue of its moment"),
        pytest.param("day", Basis.COHORT, {("2026-11-01",): 3}, id="of a cohort all on the day the contact arrived"),
        pytest.param(
            "day", Basis.COMPLETION, {("2026-11-01",): 1, ("2026-11-02",): 1}, id="by completion on their own days"
        ),
        pytest.param("", Basis.COMPLETION, {(): 2}, id="where what is not completed is not counted"),
    ],
)
def test_things_inside_a_contact(group_by: str, basis: Basis, expected: dict[tuple[str, ...], int]) -> None:
    question = Question((REPLIES,), tuple(group_by.split()), UTC, T0 + 30 * DAY, basis=basis)
    contacts = [known("c1", ANSWERED)]
    assert {group: one.value for group, (one,) in answer(question, contacts)} == expected
    for group, number in expected.items():
        assert [one.number for one in contributions(question, group, contacts)] == list(range(number))


def test_by_completion_an_interval_is_of_events() -> None:
    question = ask("answered offered")
    question = replace(question, basis=Basis.COMPLETION, since=T0 + 2 * S, before=T0 + 3 * S)
    assert table(question) == {(): (1, 0)}
    asked = query_of(
        pb.QueryMetricsRequest(
            parent="tenants/acme", basis=pb.BASIS_COMPLETION, start_time=to_timestamp(Instant(T0)), metrics=["answered"]
        ),
        Instant(T0 + DAY),
        None,
    )
    assert (asked.start, asked.question.since) == (BEGINNING, T0)


def test_a_metric_of_a_cohort_is_refused_by_completion_where_it_is_named() -> None:
    request = pb.QueryMetricsRequest(parent="tenants/acme", basis=pb.BASIS_COMPLETION, metrics=["pending", "offered"])
    with pytest.raises(InvalidRequest) as refused:
        query_of(request, Instant(T0), None)
    assert refused.value.violations == (("basis", "pending is about a cohort; ask for it with COHORT"),)
    every = pb.QueryMetricsRequest(parent="tenants/acme", basis=pb.BASIS_COMPLETION)
    ids = {metric.definition.id for metric in query_of(every, Instant(T0), None).question.metrics}
    assert "offered" in ids
    assert "pending" not in ids


def test_an_unknown_basis_is_refused() -> None:
    request = pb.QueryMetricsRequest.FromString(b"\x0a\x0ctenants/acme" + b"\x58\x09")
    with pytest.raises(InvalidRequest, match="basis"):
        query_of(request, Instant(T0), None)


@pytest.mark.parametrize("text", ["a", "a =", "= b", "a = b c = d", "a = b AND", "a < b", 'a = "b', "A = b"])
def test_filters_that_do_not(text: str) -> None:
    with pytest.raises(InvalidRequest):
        wanted_of(text)


def requests(key: str) -> list[Any]:
    """Every way to ask for a dimension."""
    condition = f'{key} = "Acme"'
    return [
        pb.QueryMetricsRequest(parent="tenants/acme", group_by=[key]),
        pb.QueryMetricsRequest(parent="tenants/acme", filter=condition),
        pb.WatchWallboardRequest(parent="tenants/acme", group_by=[key]),
        pb.WatchWallboardRequest(parent="tenants/acme", filter=condition),
        pb.ListContributingEventsRequest(
            parent="tenants/acme", metric="offered", group=[pb.Dimension(key=key, value="Acme")]
        ),
        pb.ListContributingEventsRequest(parent="tenants/acme", metric="offered", filter=condition),
    ]


READERS = {
    pb.QueryMetricsRequest: query_of,
    pb.WatchWallboardRequest: wallboard_of,
    pb.ListContributingEventsRequest: cell_of,
}


@pytest.mark.parametrize("number", range(6))
def test_a_dimension_that_is_not_there_is_refused_by_name_with_those_that_are(number: int) -> None:
    request = requests("brnad")[number]
    with pytest.raises(InvalidRequest) as refused:
        READERS[type(request)](request, Instant(T0), frozenset(("brand", "channel")))
    ((field, sentence),) = refused.value.violations
    assert field in ("group_by", "group", "filter")
    assert sentence == "'brnad' is no dimension and no label of a source; there are brand, channel"
    known = requests("brand")[number]
    assert READERS[type(known)](known, Instant(T0), frozenset(("brand", "channel")))


def test_a_contact_at_the_end_of_the_calendar_spoils_no_report() -> None:
    first = -62_135_596_800 * S  # 0001-01-01T00:00:00Z
    contacts = [*CONTACTS, known("c9", Contact(first))]
    question = ask("offered", "day", zone="Pacific/Honolulu")
    assert [(group, measures[0].value) for group, measures in answer(question, contacts)] == [
        (("0001-01-01",), 1),
        (("2026-10-31",), 4),
    ]


def test_a_cell_opens_to_its_contacts() -> None:
    found = contributions(ask("abandonment", "brand"), ("B",), CONTACTS)
    assert [(one.known.case_id, one.part.numerator) for one in found] == [("c2", True), ("c3", True)]


times_drawn = st.integers(T0, T0 + 9 * DAY)
journeys_drawn = st.builds(
    Journey,
    st.lists(
        st.builds(Span, at=times_drawn, end=st.none() | times_drawn, since=times_drawn, agent=st.sampled_from("ab")),
        max_size=4,
    ).map(tuple),
    st.none() | times_drawn,
    st.just({}),
)
known_drawn = st.lists(
    st.builds(
        known,
        st.uuids().map(str),
        st.builds(
            Contact,
            st.integers(T0, T0 + 5 * DAY),
            st.booleans(),
            st.none() | st.builds(Act, st.integers(T0, T0 + 9 * DAY), st.sampled_from("ab")),
            st.none() | st.builds(Act, st.integers(T0, T0 + 9 * DAY), st.sampled_from("ab")),
            st.none() | st.builds(Act, st.integers(T0, T0 + 9 * DAY), st.sampled_from("ab")),
            published_at=st.none() | st.integers(T0, T0 + 5 * DAY),
            due_at=st.none() | st.integers(T0, T0 + 9 * DAY),
            journey=st.none() | journeys_drawn,
        ),
        st.sampled_from(["x", "weibo"]),
        brand=st.sampled_from(["A", "B"]),
    ),
    max_size=12,
)


@settings(max_examples=50)
@given(known_drawn, st.sampled_from(["brand", "channel", "agent", "hour", "day brand"]))
def test_groups_add_up_to_the_total(contacts: list[Known], group_by: str) -> None:
    ids = " ".join(METRICS)
    (_, total), *_ = answer(ask(ids), contacts)
    groups = answer(ask(ids, group_by), contacts)
    for index, measure in enumerate(total):
        above = sum(measures[index].numerator or 0 for _, measures in groups)
        below = sum(measures[index].denominator or 0 for _, measures in groups)
        assert above == pytest.approx(measure.numerator)
        assert below == pytest.approx(measure.denominator or 0)


@settings(max_examples=50)
@given(known_drawn, st.sampled_from(["", "brand", "agent", "hour"]), st.integers(1, 12), st.randoms())
def test_contacts_in_portions_and_any_order_have_the_answer_of_all_together(
    contacts: list[Known], group_by: str, size: int, chance: Random
) -> None:
    question = ask(" ".join(METRICS), group_by)
    shuffled = chance.sample(contacts, len(contacts))
    tally, waits = Tally(question), NOBODY_WAITS
    for at in range(0, len(shuffled), size):
        tally.add(shuffled[at : at + size])
        waits = waits.with_more(waiting_of(question, shuffled[at : at + size]))
    assert tally.answer() == answer(question, contacts)
    assert waits == waiting_of(question, contacts)


@settings(max_examples=200)
@given(
    st.integers(-(10**11), 10**11).map(lambda at: at * S // 10),
    st.sampled_from([ZoneInfo(name) for name in ("Asia/Kathmandu", "Australia/Lord_Howe", "Africa/Monrovia", "UTC")]),
)
def test_a_name_of_a_time_is_that_of_its_instant(at: int, zone: ZoneInfo) -> None:
    local = local_time(at, zone)
    (group, _), *_ = answer(replace(ask("offered", "hour day"), zone=zone, until=at), [known("c1", Contact(at))])
    assert group == (local.replace(minute=0, second=0).isoformat(timespec="minutes"), local.date().isoformat())


@settings(max_examples=50)
@given(known_drawn, st.sampled_from(["", "brand", "agent"]))
def test_a_cell_has_as_many_contacts_as_it_counts(contacts: list[Known], group_by: str) -> None:
    for metric_id, metric in METRICS.items():
        question = ask(metric_id, group_by)
        for group, (measure,) in answer(question, contacts):
            found = contributions(question, group, contacts)
            assert metric.combine([one.part for one in found]) == measure


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("day = x", "day at character 1 is a date", id="no date"),
        pytest.param("day != 2026-02-30", "day at character 1 is a date", id="a date that is none"),
        pytest.param("week = 2026-W54", "week at character 1 is a week of ISO 8601", id="a week the year has not"),
        pytest.param("week = 9", "week at character 1 is a week of ISO 8601", id="no week"),
        pytest.param("month = 2026-13", "month at character 1 is a month", id="no month"),
        pytest.param("month = 2026-03-02", "month at character 1 is a month", id="a day"),
        pytest.param("hour = 9", "hour at character 1 is the beginning of an hour", id="no hour"),
        pytest.param('hour = "2026-03-02T09:00"', "hour at character 1 is the beginning of an hour", id="no zone"),
        pytest.param(
            'hour = "2026-03-02T09:30+00:00"', "hour at character 1 is the beginning of an hour", id="within an hour"
        ),
    ],
)
def test_a_day_or_an_hour_that_nothing_can_match_is_refused(text: str, expected: str) -> None:
    with pytest.raises(InvalidRequest, match=expected):
        wanted_of(text)


def test_times_are_read_as_contacts_have_them() -> None:
    found = wanted_of(
        'day = 20260302 OR hour = "2026-03-02T09Z" OR week = 2026-W9 OR week = 2026-03-01 OR month = 2026-03'
    )
    assert [one.value for one in conditions(found)] == [
        "2026-03-02",
        "2026-03-02T09:00+00:00",
        "2026-W09",
        "2026-W09",
        "2026-03",
    ]


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        pytest.param(date(2026, 12, 31), "2026-W53", id="a year of 53 weeks"),
        pytest.param(date(2027, 1, 3), "2026-W53", id="a Sunday in January that is still of the last week"),
        pytest.param(date(2027, 1, 4), "2027-W01", id="the Monday after it"),
        pytest.param(date(2024, 12, 30), "2025-W01", id="a Monday in December that begins the next year's first week"),
        pytest.param(date(1, 1, 1), "0001-W01", id="the first day there is"),
    ],
)
def test_weeks_are_those_of_iso_8601(day: date, expected: str) -> None:
    assert week_of(day) == expected
