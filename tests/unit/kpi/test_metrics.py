"""Given contacts, when a metric is computed, then value, numerator and denominator."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kpi.metrics import METRICS
from kpi.metrics.contact import DAY, HOUR, MINUTE, Act, Contact, observed
from kpi.metrics.metric import COUNTS, Agent, Unit, agent_of, items_of

S = 1_000_000
T0 = 1_500_000_000 * S


def compute(metric_id: str, contacts: Sequence[Contact], until: int) -> tuple[float | None, ...]:
    metric = METRICS[metric_id]
    seen = [contact for contact in (observed(one, until) for one in contacts) if contact is not None]
    return tuple(metric.combine([item.part for contact in seen for item in items_of(metric, contact)]))


def human(after: int, agent: str = "mia") -> Contact:
    act = Act(T0 + after, agent)
    return Contact(T0, accepted=act, answered_any=act, answered_human=act)


WAITING = Contact(T0)
BOT = Contact(T0, answered_any=Act(T0 + S, "bot"))
AHEAD = human(S)._replace(published_at=T0 + 40 * S, skewed=True)


def promised(contact: Contact) -> Contact:
    return contact._replace(due_at=T0 + MINUTE)


RESOLVED = Contact(T0, accepted=Act(T0 + S, "mia"), resolved=Act(T0 + HOUR, "leo"))
REOPENED = RESOLVED._replace(reopened_at=T0 + 2 * HOUR)
TAKEN = Contact(T0, accepted=Act(T0 + S, "mia"))
WITHDRAWN = Contact(T0, withdrawn_at=T0 + HOUR)
SHORT = Contact(T0, withdrawn_at=T0 + MINUTE)
HANDED = Contact(T0, answered_any=Act(T0 + 2 * S, "bot"), answered_human=Act(T0 + 10 * S, "mia"))
LATER = T0 + 30 * DAY


@pytest.mark.parametrize(
    ("metric", "contacts", "until", "expected"),
    [
        pytest.param("offered", [], LATER, (0, 0, None), id="no contacts: offered is zero, not unknown"),
        pytest.param("offered", [WAITING, BOT], LATER, (2, 2, None), id="every contact is offered"),
        pytest.param("offered", [WAITING], T0 - 1, (0, 0, None), id="what starts after the observation is not offered"),
        pytest.param("offered", [WAITING], T0, (1, 1, None), id="what starts as the observation closes is offered"),
        pytest.param("accepted", [WAITING, human(S), BOT], LATER, (1, 1, None), id="a bot's answer accepts nothing"),
        pytest.param("accepted", [human(S)], T0 + S - 1, (0, 0, None), id="an act after the end has not happened"),
        pytest.param("answered", [BOT, human(S)], LATER, (1, 1, None), id="answered means by a human"),
        pytest.param("resolved", [RESOLVED, WAITING], LATER, (1, 1, None), id="a standing resolution counts"),
        pytest.param(
            "resolved",
            [Contact(T0, resolved=Act(T0 + HOUR), reopened_at=T0 + HOUR + 72 * HOUR)],
            LATER,
            (0, 0, None),
            id="reopened within the confirm window is not resolved",
        ),
        pytest.param(
            "resolved",
            [Contact(T0, resolved=Act(T0 + HOUR), reopened_at=T0 + HOUR + 72 * HOUR + 1)],
            LATER,
            (1, 1, None),
            id="reopened after the confirm window stays resolved",
        ),
        pytest.param(
            "resolved",
            [Contact(T0, resolved=Act(T0 + HOUR), reopened_at=T0 + 2 * HOUR)],
            T0 + HOUR,
            (1, 1, None),
            id="before it was reopened it was resolved",
        ),
        pytest.param("pending", [WAITING], T0 + 7 * DAY - 1, (1, 1, None), id="public: pending up to seven days"),
        pytest.param("pending", [WAITING], T0 + 7 * DAY, (0, 0, None), id="public: mature at seven days"),
        pytest.param("pending", [Contact(T0, True)], T0 + DAY - 1, (1, 1, None), id="direct: pending up to a day"),
        pytest.param("pending", [Contact(T0, True)], T0 + DAY, (0, 0, None), id="direct: mature after a day"),
        pytest.param("pending", [human(S)], T0 + HOUR, (1, 1, None), id="young and accepted is pending as well"),
        pytest.param("abandonment", [WAITING], T0 + DAY, (None, 0, 0), id="nothing mature: no abandonment, not zero"),
        pytest.param("abandonment", [WAITING, human(7 * DAY)], LATER, (0.5, 1, 2), id="at the horizon is in time"),
        pytest.param("abandonment", [human(7 * DAY + 1)], LATER, (1.0, 1, 1), id="accepted too late is abandoned"),
        pytest.param("frt_human_mean", [WAITING, BOT], LATER, (None, 0.0, 0), id="no human answer: no mean"),
        pytest.param("frt_human_mean", [human(S), human(4 * S), BOT], LATER, (2.5, 5.0, 2), id="mean of the answered"),
        pytest.param("frt_any_mean", [human(3 * S), BOT], LATER, (2.0, 4.0, 2), id="any: the bot's answer counts"),
        pytest.param("frt_human_mean", [human(1500)], LATER, (0.0015, 0.0015, 1), id="microseconds are not lost"),
        pytest.param("frt_human_km_median", [human(S), WAITING], LATER, (1.0, 1, 2), id="half answered: median known"),
        pytest.param("frt_human_km_median", [human(S), WAITING, WAITING], LATER, (None, 1, 3), id="less: unknown"),
        pytest.param("frt_human_km_median", [], LATER, (None, 0, 0), id="nobody: unknown"),
        pytest.param(
            "frt_human_km_median",
            [human(9 * S), Contact(T0, withdrawn_at=T0 + 2 * S), WAITING],
            LATER,
            (9.0, 1, 3),
            id="who withdrew early is at risk no longer",
        ),
        pytest.param(
            "frt_human_km_median",
            [human(2 * S), Contact(T0 + S)],
            T0 + 2 * S,
            (2.0, 1, 2),
            id="young is censored so",
        ),
        pytest.param("answered_within_15m", [human(15 * MINUTE)], LATER, (1.0, 1, 1), id="exactly at 15 min is met"),
        pytest.param("answered_within_15m", [human(15 * MINUTE + 1)], LATER, (0.0, 0, 1), id="later is missed"),
        pytest.param("answered_within_15m", [WAITING], T0 + 15 * MINUTE - 1, (None, 0, 0), id="young is undecided"),
        pytest.param("answered_within_15m", [WAITING], T0 + 15 * MINUTE, (0.0, 0, 1), id="observed 15 min: missed"),
        pytest.param("answered_within_1h", [human(59 * MINUTE), WAITING], LATER, (0.5, 1, 2), id="1 h threshold"),
        pytest.param("resolution_of_offered", [RESOLVED, human(S), WAITING, BOT], LATER, (0.25, 1, 4), id="of all"),
        pytest.param("resolution_of_accepted", [RESOLVED, human(S), WAITING], LATER, (0.5, 1, 2), id="of accepted"),
        pytest.param("resolution_of_accepted", [WAITING], LATER, (None, 0, 0), id="nothing accepted: unknown"),
        pytest.param(
            "frt_human_mean", [AHEAD], LATER, (0.0, 0.0, 1), id="a clock ahead of ours makes no wait negative"
        ),
        pytest.param("frt_human_km_median", [AHEAD], LATER, (0.0, 1, 1), id="nor one of those followed"),
        pytest.param("offered", [AHEAD], T0, (1, 1, None), id="what reached us is offered, whatever its clock says"),
        pytest.param("waiting", [WAITING, BOT, human(S), RESOLVED], LATER, (2, 2, None), id="who has no human answer"),
        pytest.param("waiting", [RESOLVED], T0 + S, (1, 1, None), id="before it was settled it waited"),
        pytest.param(
            "waiting",
            [Contact(T0, resolved=Act(T0 + HOUR), reopened_at=T0 + 2 * HOUR)],
            LATER,
            (0, 0, None),
            id="of a reopened matter the new contact waits, not the old one",
        ),
        pytest.param(
            "waiting", [Contact(T0, withdrawn_at=T0 + S)], LATER, (0, 0, None), id="who withdrew waits no more"
        ),
        pytest.param("on_time", [promised(human(MINUTE))], LATER, (1.0, 1, 1), id="answered exactly when promised"),
        pytest.param("on_time", [promised(human(MINUTE + 1))], LATER, (0.0, 0, 1), id="answered later"),
        pytest.param("on_time", [promised(WAITING)], T0 + MINUTE, (None, 0, 0), id="not due yet: undecided"),
        pytest.param("on_time", [promised(WAITING)], T0 + MINUTE + 1, (0.0, 0, 1), id="waits beyond the promise"),
        pytest.param(
            "on_time", [promised(RESOLVED), human(S)], LATER, (None, 0, 0), id="nothing promised or nothing owed"
        ),
        pytest.param("confirmed", [RESOLVED], T0 + HOUR + 72 * HOUR, (1, 1, None), id="settled for a whole window"),
        pytest.param("confirmed", [RESOLVED], T0 + HOUR + 72 * HOUR - 1, (0, 0, None), id="not yet: provisional"),
        pytest.param("confirmed", [REOPENED, WAITING], LATER, (0, 0, None), id="what came back is not confirmed"),
        pytest.param("resolutions", [RESOLVED, REOPENED, WAITING], LATER, (2, 2, None), id="acts, lasting or not"),
        pytest.param("resolutions", [RESOLVED], T0 + HOUR - 1, (0, 0, None), id="an act after the end is none"),
        pytest.param("reopen_rate", [RESOLVED, REOPENED], LATER, (0.5, 1, 2), id="one of two came back"),
        pytest.param("reopen_rate", [REOPENED], T0 + 2 * HOUR - 1, (0.0, 0, 1), id="before it came back it had not"),
        pytest.param(
            "reopen_rate",
            [Contact(T0, resolved=Act(T0), reopened_at=T0 + 72 * HOUR)],
            LATER,
            (1.0, 1, 1),
            id="came back at the end of the window",
        ),
        pytest.param(
            "reopen_rate",
            [Contact(T0, resolved=Act(T0), reopened_at=T0 + 72 * HOUR + 1)],
            LATER,
            (0.0, 0, 1),
            id="came back later: another matter",
        ),
        pytest.param(
            "reopen_rate", [WAITING, Contact(T0, reopened_at=T0 + S)], LATER, (None, 0, 0), id="no resolution"
        ),
        pytest.param("abandonment_answered", [TAKEN], LATER, (1.0, 1, 1), id="taken and never answered is abandoned"),
        pytest.param("abandonment", [TAKEN], LATER, (0.0, 0, 1), id="though somebody accepted it"),
        pytest.param("abandonment_answered", [human(7 * DAY)], LATER, (0.0, 0, 1), id="answered at the horizon"),
        pytest.param("abandonment_answered", [human(7 * DAY + 1)], LATER, (1.0, 1, 1), id="answered beyond it"),
        pytest.param("abandonment_answered", [Contact(T0, True)], T0 + DAY, (1.0, 1, 1), id="direct: after a day"),
        pytest.param("abandonment_answered", [WAITING], T0 + DAY, (None, 0, 0), id="answered variant: pending apart"),
        pytest.param("abandonment_withdrawn", [], LATER, (None, 0, 0), id="nobody: no withdrawn abandonment"),
        pytest.param("abandonment_withdrawn", [WITHDRAWN, SHORT, WAITING], LATER, (2 / 3, 2, 3), id="short ones too"),
        pytest.param(
            "abandonment_withdrawn_net", [WITHDRAWN, SHORT, WAITING], LATER, (0.5, 1, 2), id="short ones apart"
        ),
        pytest.param("abandonment_withdrawn_net", [SHORT], LATER, (None, 0, 0), id="only short ones: no value"),
        pytest.param("abandoned_short", [WITHDRAWN, SHORT], LATER, (1, 1, None), id="short abandons are listed"),
        pytest.param(
            "abandoned_short", [Contact(T0, withdrawn_at=T0)], LATER, (1, 1, None), id="withdrawn in no time is short"
        ),
        pytest.param(
            "abandonment_withdrawn",
            [WITHDRAWN._replace(accepted=Act(T0 + HOUR, "mia"))],
            LATER,
            (0.0, 0, 1),
            id="withdrawn at the instant it was accepted: accepted",
        ),
        pytest.param(
            "abandonment_withdrawn",
            [WITHDRAWN._replace(accepted=Act(T0 + HOUR + 1, "mia"))],
            LATER,
            (1.0, 1, 1),
            id="accepted a microsecond after it was withdrawn",
        ),
        pytest.param("answered_share", [human(S), BOT, WAITING, WAITING], LATER, (0.25, 1, 4), id="of all, by humans"),
        pytest.param("answered_share", [], LATER, (None, 0, 0), id="of nobody no share"),
        pytest.param("human_reply_share", [human(S), BOT, HANDED], LATER, (2 / 3, 2, 3), id="a human first or later"),
        pytest.param("human_reply_share", [WAITING], LATER, (None, 0, 0), id="no answers: no share"),
        pytest.param(
            "machine_first_share", [human(S), BOT, HANDED, WAITING], LATER, (2 / 3, 2, 3), id="a machine first"
        ),
        pytest.param("machine_first_share", [HANDED], T0 + 2 * S, (1.0, 1, 1), id="a machine first, no human yet"),
        pytest.param(
            "frt_after_machine_mean", [human(S), BOT, HANDED], LATER, (8.0, 8.0, 1), id="from machine to human"
        ),
        pytest.param("frt_after_machine_mean", [human(S), BOT], LATER, (None, 0.0, 0), id="nobody handed over"),
        pytest.param(
            "frt_human_p50", [human(S), human(4 * S), WAITING], LATER, (1.0, 2, 2), id="nearest rank: the first"
        ),
        pytest.param(
            "frt_human_p90", [human(n * S) for n in range(1, 11)], LATER, (9.0, 10, 10), id="the ninth of ten"
        ),
        pytest.param("frt_any_p50", [BOT, human(3 * S), human(5 * S)], LATER, (3.0, 3, 3), id="of any answer"),
        pytest.param("frt_human_p50", [BOT, WAITING], LATER, (None, 0, 0), id="no human answer: no percentile"),
        pytest.param("frt_human_km_p90", [human(n * S) for n in range(1, 11)], LATER, (9.0, 10, 10), id="90 % at rest"),
        pytest.param("frt_human_km_p90", [human(S)] * 8 + [WAITING] * 2, LATER, (None, 8, 10), id="beyond the window"),
        pytest.param("frt_human_rmst_24h", [human(HOUR), WAITING], LATER, (45000.0, 1, 2), id="who waits counts a day"),
        pytest.param("frt_human_rmst_24h", [human(2 * DAY)], LATER, (86400.0, 1, 1), id="no more than a day"),
        pytest.param("frt_human_rmst_24h", [WAITING], T0 + DAY - 1, (None, 0, 1), id="followed for less: unknown"),
        pytest.param("frt_any_rmst_24h", [BOT], LATER, (1.0, 1, 1), id="any: the machine's answer ends the wait"),
    ],
)
def test_a_metric(metric: str, contacts: list[Contact], until: int, expected: tuple[float | None, ...]) -> None:
    assert compute(metric, contacts, until) == expected


def test_service_level_of_icmi() -> None:
    # ICMI, Service Level Calculations: 1,000 answered of which 860 in time, 60 never: 81.13 %.
    contacts = [human(MINUTE)] * 860 + [human(HOUR)] * 140 + [WAITING] * 60
    value, above, below = compute("answered_within_15m", contacts, LATER)
    assert (above, below) == (860, 1060)
    assert value is not None
    assert round(100 * value, 2) == 81.13


REPOSITORY = Path(__file__).resolve().parents[3]


def anchors(page: Path) -> set[str]:
    """What its headings can be linked by."""
    heads = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^a-z0-9 -]", "", head.lower()).replace(" ", "-") for head in heads}


def test_every_definition_says_what_it_is() -> None:
    assert list(METRICS) == sorted(METRICS)
    for metric in METRICS.values():
        definition = metric.definition
        assert definition.version >= 1
        assert definition.description
        assert definition.numerator
        path, _, anchor = definition.source.partition("#")
        assert anchor in anchors(REPOSITORY / path), definition.source
        assert bool(definition.denominator) == (definition.unit not in COUNTS)


acts = st.none() | st.builds(Act, st.integers(T0, T0 + 10 * DAY), st.sampled_from(["mia", "leo"]))
contacts_drawn = st.lists(
    st.builds(
        Contact,
        st.integers(T0, T0 + 10 * DAY),
        st.booleans(),
        acts,
        acts,
        acts,
        acts,
        st.none() | st.integers(T0, T0 + 10 * DAY),
        st.none() | st.integers(T0, T0 + 10 * DAY),
        published_at=st.none() | st.integers(T0, T0 + 11 * DAY),
        due_at=st.none() | st.integers(T0, T0 + 10 * DAY),
        until=st.just(0),
        skewed=st.booleans(),
        ended=st.just(False),
        settled=st.none(),
        journey=st.none(),
        again_at=st.none() | st.integers(T0, T0 + 20 * DAY),
    ),
    max_size=12,
)
untils = st.integers(T0 - DAY, T0 + 20 * DAY)


@settings(max_examples=60)
@given(contacts_drawn, untils, st.randoms(use_true_random=False))
def test_the_order_of_contacts_does_not_matter(contacts: list[Contact], until: int, random: object) -> None:
    shuffled = list(contacts)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    for metric_id in METRICS:
        assert compute(metric_id, contacts, until) == compute(metric_id, shuffled, until)


@settings(max_examples=60)
@given(contacts_drawn, contacts_drawn, untils)
def test_numerators_and_denominators_of_parts_add_up(one: list[Contact], two: list[Contact], until: int) -> None:
    for metric_id, metric in METRICS.items():
        _, above, below = compute(metric_id, one + two, until)
        _, above_one, below_one = compute(metric_id, one, until)
        _, above_two, below_two = compute(metric_id, two, until)
        assert below == (None if below_one is None else pytest.approx(below_one + (below_two or 0)))
        assert above == pytest.approx((above_one or 0) + (above_two or 0), rel=1e-12, abs=1e-6), metric.definition.id


@settings(max_examples=60)
@given(contacts_drawn, untils)
def test_pending_and_mature_are_all_there_is(contacts: list[Contact], until: int) -> None:
    pending, _, _ = compute("pending", contacts, until)
    offered, _, _ = compute("offered", contacts, until)
    _, _, mature = compute("abandonment", contacts, until)
    assert (pending or 0) + (mature or 0) == offered


@settings(max_examples=60)
@given(contacts_drawn, untils)
def test_shares_are_between_zero_and_one(contacts: list[Contact], until: int) -> None:
    for metric_id, metric in METRICS.items():
        value, _, _ = compute(metric_id, contacts, until)
        if value is not None and metric.definition.unit is Unit.RATIO:
            assert 0 <= value <= 1


@settings(max_examples=60)
@given(contacts_drawn, untils)
def test_observing_twice_is_observing_once(contacts: list[Contact], until: int) -> None:
    for contact in contacts:
        once = observed(contact, until)
        assert once is None or observed(once, until) == once


def test_what_came_back_is_booked_under_who_resolved_it_all_the_same() -> None:
    seen = observed(REOPENED, LATER)
    assert seen is not None
    assert (seen.resolved, agent_of(seen, Agent.RESOLVER)) == (None, "leo")


def test_a_contact_is_booked_under_the_agent_of_the_act() -> None:
    contact = Contact(T0, accepted=Act(1, "a"), answered_any=Act(2, "b"), answered_human=Act(3, "c"), resolved=None)
    assert [agent_of(contact, act) for act in Agent] == ["a", "c", "b", "", ""]
