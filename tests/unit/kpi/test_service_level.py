"""Given contacts and a threshold, when their service level is computed, then that of the textbooks, to the digit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kpi.metrics.contact import DAY, Act, Contact, observed
from kpi.metrics.metric import Part, ratio
from kpi.metrics.service_level import (
    ABANDONS,
    ANSWERS,
    METRICS,
    RULES,
    Booking,
    Outcome,
    Threshold,
    booked_at,
    outcome,
    part_by,
    switched,
)
from kpi.metrics.waits import km_within

S = 1_000_000
T0 = 1_500_000_000 * S
T, SHORT = 20 * S, 5 * S
LATER = T0 + DAY


def seen(contacts: Sequence[Contact], until: int = LATER) -> list[Contact]:
    return [contact for one in contacts if (contact := observed(one, until)) is not None]


def level(rule: Mapping[Outcome, Part | None], booking: Booking, contacts: Sequence[Contact]) -> tuple[float, float]:
    """(percent to two digits, contacts that count)"""
    part = part_by(rule, booking, T, SHORT)
    value, _, below = ratio([made for contact in seen(contacts) if (made := part(contact)) is not None])
    assert value is not None
    assert below is not None
    return round(100 * value, 2), below


def answered(after: int, withdrawn: int | None = None) -> Contact:
    return Contact(
        T0, answered_human=Act(T0 + after, "mia"), withdrawn_at=None if withdrawn is None else T0 + withdrawn
    )


def withdrawn(after: int) -> Contact:
    return Contact(T0, withdrawn_at=T0 + after)


def left(after: int) -> Contact:
    return Contact(T0, resolved=Act(T0 + after, "mia"))


# ICMI, Service Level Calculations: 1,000 answered, 860 of them within 20 s; 60 abandoned, 20 of them within 20 s and 10
# of these within 5 s. The figures are printed at callcentrehelper.com as well.
ICMI = [
    *[answered(T)] * 860,
    *[answered(T + 1)] * 140,
    *[withdrawn(SHORT)] * 10,
    *[withdrawn(T)] * 10,
    *[withdrawn(T + 1)] * 40,
]


@pytest.mark.parametrize(
    ("id_", "booking", "expected"),
    [
        pytest.param("sl1", Booking.COMPLETION, (81.13, 1060), id="SL-1: abandons count against"),
        pytest.param("sl2", Booking.COMPLETION, (82.69, 1040), id="SL-2: abandons within T ignored"),
        pytest.param("sl3", Booking.COMPLETION, (83.02, 1060), id="SL-3: abandons within T count as met"),
        pytest.param("sl4", Booking.COMPLETION, (86.00, 1000), id="SL-4: answered only"),
        pytest.param("sl5", Booking.COMPLETION, (82.08, 1060), id="SL-5: short abandons forgiven as met"),
        pytest.param("sl6", Booking.COMPLETION, (81.90, 1050), id="SL-6: short abandons removed"),
        pytest.param("sl1", Booking.EVENT, (81.13, 1060), id="SL-1 by event: all is booked by now"),
        pytest.param("sl2", Booking.EVENT, (82.69, 1040), id="SL-2 by event"),
        pytest.param("sl3", Booking.EVENT, (83.02, 1060), id="SL-3 by event"),
        pytest.param("sl4", Booking.EVENT, (82.69, 1040), id="SL-4 by event: late abandons were booked at T"),
        pytest.param("sl5", Booking.EVENT, (82.08, 1060), id="SL-5 by event"),
        pytest.param("sl6", Booking.EVENT, (81.90, 1050), id="SL-6 by event"),
    ],
)
def test_icmi(id_: str, booking: Booking, expected: tuple[float, float]) -> None:
    assert level(RULES[id_][1], booking, ICMI) == expected


# Cisco Unified Contact Center, service level types: of 100 calls 70 answered and 10 abandoned within the threshold, 20
# have exceeded it: answered, abandoned or still waiting.
CISCO = [
    *[answered(T)] * 70,
    *[withdrawn(T)] * 10,
    *[answered(T + 1)] * 5,
    *[withdrawn(T + 1)] * 5,
    *[Contact(T0)] * 10,
]


@pytest.mark.parametrize(
    ("id_", "booking", "expected"),
    [
        pytest.param("sl2", Booking.EVENT, (77.78, 90), id="ignore abandoned calls: 77.8 %"),
        pytest.param("sl1", Booking.EVENT, (70.00, 100), id="abandoned calls have a negative impact: 70 %"),
        pytest.param("sl3", Booking.EVENT, (80.00, 100), id="abandoned calls have a positive impact: 80 %"),
        pytest.param("sl2", Booking.COMPLETION, (87.50, 80), id="by completion who still waits is not there: ignored"),
        pytest.param("sl1", Booking.COMPLETION, (77.78, 90), id="by completion: negative"),
        pytest.param("sl3", Booking.COMPLETION, (88.89, 90), id="by completion: positive"),
    ],
)
def test_cisco(id_: str, booking: Booking, expected: tuple[float, float]) -> None:
    assert level(RULES[id_][1], booking, CISCO) == expected


GENESYS = [*ICMI, *[left(T)] * 30, *[left(T + 1)] * 10]


@pytest.mark.parametrize(
    ("abandons", "short", "those_left", "expected"),
    [
        pytest.param(False, False, False, (86.00, 1000), id="all off: the answered only"),
        pytest.param(True, False, False, (81.90, 1050), id="abandons: short ones are taken away once"),
        pytest.param(True, True, False, (81.13, 1060), id="abandons and short ones"),
        pytest.param(False, True, False, (85.15, 1010), id="short ones alone"),
        pytest.param(False, False, True, (82.69, 1040), id="who left"),
        pytest.param(True, False, True, (78.90, 1090), id="who left and abandons"),
        pytest.param(False, True, True, (81.90, 1050), id="who left and short ones"),
        pytest.param(True, True, True, (78.18, 1100), id="all on: all that was completed"),
    ],
)
def test_genesys(abandons: bool, short: bool, those_left: bool, expected: tuple[float, float]) -> None:
    rule = switched(abandons=abandons, short=short, left=those_left)
    assert level(rule, Booking.COMPLETION, GENESYS) == expected


def test_without_those_who_left_the_switches_are_three_of_the_others() -> None:
    assert switched(abandons=False, short=False, left=False) == ANSWERS
    assert switched(abandons=True, short=True, left=False) == ABANDONS
    sl6 = {became: part for became, part in RULES["sl6"][1].items() if part is not None}
    assert switched(abandons=True, short=False, left=False) == sl6


def test_the_sets_of_the_switches_are_disjoint() -> None:
    for on in product((False, True), repeat=3):
        counted = switched(abandons=on[0], short=on[1], left=on[2])
        alone = [
            switched(abandons=on[0], short=False, left=False),
            switched(abandons=False, short=on[1], left=False),
            switched(abandons=False, short=False, left=on[2]),
        ]
        assert len(counted) - len(ANSWERS) == sum(len(one) - len(ANSWERS) for one in alone)


@pytest.mark.parametrize(
    ("contact", "until", "expected"),
    [
        pytest.param(answered(T), LATER, Outcome.ANSWERED, id="answered exactly at the threshold"),
        pytest.param(answered(T + 1), LATER, Outcome.ANSWERED_LATE, id="a microsecond later"),
        pytest.param(answered(0), LATER, Outcome.ANSWERED, id="answered in no time"),
        pytest.param(withdrawn(0), LATER, Outcome.SHORT_ABANDON, id="withdrawn in no time"),
        pytest.param(withdrawn(SHORT), LATER, Outcome.SHORT_ABANDON, id="withdrawn as short as short is"),
        pytest.param(withdrawn(SHORT + 1), LATER, Outcome.ABANDONED, id="a microsecond longer"),
        pytest.param(withdrawn(T), LATER, Outcome.ABANDONED, id="withdrawn exactly at the threshold"),
        pytest.param(withdrawn(T + 1), LATER, Outcome.ABANDONED_LATE, id="withdrawn after it"),
        pytest.param(answered(9 * S, 8 * S), LATER, Outcome.ABANDONED, id="answered after it was withdrawn"),
        pytest.param(answered(9 * S, 9 * S), LATER, Outcome.ANSWERED, id="withdrawn at the instant of the answer"),
        pytest.param(answered(9 * S, 10 * S), LATER, Outcome.ANSWERED, id="withdrawn after the answer"),
        pytest.param(left(T), LATER, Outcome.LEFT, id="settled without an answer"),
        pytest.param(left(T + 1), LATER, Outcome.LEFT_LATE, id="settled late without an answer"),
        pytest.param(
            left(T)._replace(reopened_at=T0 + 9 * T),
            LATER,
            Outcome.LEFT,
            id="whose settling did not last left when it was settled",
        ),
        pytest.param(Contact(T0), T0 + T - 1, None, id="waits and is young"),
        pytest.param(Contact(T0), T0 + T, Outcome.WAITING_BEYOND, id="waits and has reached the threshold"),
        pytest.param(answered(30 * S), T0 + T, Outcome.WAITING_BEYOND, id="an answer after the end has not happened"),
        pytest.param(
            answered(S)._replace(published_at=T0 + 9 * T, skewed=True),
            LATER,
            Outcome.ANSWERED,
            id="a clock ahead of ours makes no wait negative",
        ),
        pytest.param(
            Contact(T0, answered_any=Act(T0 + S, "bot")), LATER, Outcome.WAITING_BEYOND, id="a machine answers nobody"
        ),
    ],
)
def test_what_became_of_a_contact(contact: Contact, until: int, expected: Outcome | None) -> None:
    [one] = seen([contact], until)
    assert outcome(one, T, SHORT) is expected


@pytest.mark.parametrize(
    ("contact", "by_completion", "by_event"),
    [
        pytest.param(answered(S), S, S, id="answered in time"),
        pytest.param(answered(T + S), T + S, T, id="answered late: by event it was booked at the threshold"),
        pytest.param(withdrawn(T + S), T + S, T, id="withdrawn late"),
        pytest.param(Contact(T0), None, T, id="who waits is booked by event alone"),
    ],
)
def test_when_a_contact_is_booked(contact: Contact, by_completion: int | None, by_event: int) -> None:
    [one] = seen([contact])
    assert booked_at(Booking.COMPLETION, T)(one) == (None if by_completion is None else T0 + by_completion)
    assert booked_at(Booking.EVENT, T)(one) == T0 + by_event


def test_a_threshold_shorter_than_a_short_abandon_leaves_every_formula_what_it_is() -> None:
    # T = 3 s, short = 5 s: two answered, one of them in time; abandoned after 2 s and 4 s (both short) and 9 s.
    contacts = seen([answered(3 * S), answered(4 * S), withdrawn(2 * S), withdrawn(4 * S), withdrawn(9 * S)])
    shares = {}
    for id_, (_, rule) in RULES.items():
        part = part_by(rule, Booking.COMPLETION, 3 * S, SHORT)
        shares[id_] = ratio([made for one in contacts if (made := part(one)) is not None]).value
    assert shares == {"sl1": 1 / 5, "sl2": 1 / 4, "sl3": 2 / 5, "sl4": 1 / 2, "sl5": 3 / 5, "sl6": 1 / 3}


def test_no_contacts_no_service_level() -> None:
    assert [metric.combine([]).value for metric in METRICS] == [None] * len(METRICS)


def test_the_social_service_level_counts_whoever_was_offered() -> None:
    # Two answered in time, one withdrew between, one waits: S(T) = (1 - 1/4) * (1 - 1/2).
    contacts = seen([answered(S), withdrawn(3 * S), answered(T), Contact(T0)])
    metric = Threshold(T, "20s").of_all()
    parts = [metric.part(contact) for contact in contacts]
    value, above, below = km_within(T)([part for part in parts if part is not None])
    assert value == pytest.approx(1 - 3 / 4 * 1 / 2)
    assert (above, below) == (2, 4)
    young = metric.part(seen([Contact(T0)], T0 + T - 1)[0])
    assert young is not None
    assert metric.combine([young]).value is None


moments = st.none() | st.integers(0, 40).map(lambda s: T0 + s * S)
drawn = st.lists(
    st.builds(
        lambda human, gone, done: Contact(
            T0,
            answered_human=None if human is None else Act(human),
            withdrawn_at=gone,
            resolved=None if done is None else Act(done),
        ),
        moments,
        moments,
        moments,
    ),
    max_size=12,
)


@settings(max_examples=100)
@given(drawn, st.integers(0, 60))
def test_the_variants_keep_their_order_and_every_contact_is_in_one_set(contacts: list[Contact], after: int) -> None:
    watched = seen(contacts, T0 + after * S)
    for booking in Booking:
        of = {
            id_: ratio([made for one in watched if (made := part_by(rule, booking, T, SHORT)(one)) is not None])
            for id_, (_, rule) in RULES.items()
        }
        assert of["sl1"].denominator == of["sl3"].denominator == of["sl5"].denominator
        assert (of["sl1"].value or 0) <= (of["sl5"].value or 0) <= (of["sl3"].value or 0)
        assert (of["sl1"].value or 0) <= (of["sl6"].value or 0) <= (of["sl2"].value or 0) <= (of["sl4"].value or 0)
        for one in watched:
            at = booked_at(booking, T)(one)
            assert at is None or outcome(one, T, SHORT) is None or at <= one.until
