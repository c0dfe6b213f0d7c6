"""Given events of cases, when what is inside their contacts is counted, then values by group; however the whole is cut,
the parts are the whole's.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from zoneinfo import ZoneInfo

import kpi_facts as e
import pytest
from google.protobuf.message import Message
from hypothesis import given, settings
from hypothesis import strategies as st
from kpi.episodes import Case, Fact
from kpi.journeys import Kind, active, divided, journeys
from kpi.metrics import METRICS
from kpi.metrics.blame import Who, elapsed, pieces
from kpi.metrics.contact import observed
from kpi.metrics.metric import AnyMetric, Basis, Part, has_completion
from kpi.query import BEGINNING, END, Known, Question, answer, contributions
from kpi.views.contact_folds import HANDLED, Row, fold
from kpi.views.contacts import contents_of
from kpi.wire import wanted_of
from kpi.workload import Active, busy
from test_running import histories

UTC = ZoneInfo("UTC")
S = e.SECOND
LATER = e.T0 + 1_000 * S


def known_of(events: Sequence[Message]) -> list[Known]:
    rows: dict[str, Row] = {}
    for event in e.recorded(events):
        if event.type in HANDLED:
            fold(rows, event)
    return list(contents_of(rows, 1, BEGINNING, END, END, inside=True, shared=True).known())


def ask(metric: str, group_by: str = "", text: str = "", until: int = LATER, basis: Basis = Basis.COHORT) -> Question:
    return Question((METRICS[metric],), tuple(group_by.split()), UTC, until, wanted_of(text), basis)


def values(question: Question, contacts: Sequence[Known]) -> dict[str, tuple[float | None, ...]]:
    return {" ".join(group): tuple(measure) for group, (measure,) in answer(question, contacts)}


OPENED = [e.opened("c1"), e.inbound("c1", "p1", 0, received=10), e.queued("c1", "gold", 10, 30)]
TRANSFERRED = [
    *OPENED,
    *(e.offered("c1", "mia", 12), e.expired("c1", "mia", 20), e.offered("c1", "mia", 21), e.accepted("c1", "mia", 25)),
    *(e.released("c1", "mia", 40), e.transferred("c1", "mia", "tech", 40), e.queued("c1", "tech", 40, 50)),
    *(e.offered("c1", "leo", 41), e.accepted("c1", "leo", 50), e.sent("c1", "leo", 60)),
    *(e.inbound("c1", "p2", 100), e.pended("c1", "leo", 105, for_customer=False), e.resumed("c1", 125)),
    *(e.sent("c1", "leo", 130), e.sent("c1", "mia", 131), e.resolved("c1", "leo", 150)),
]
"""Two turns of 60 s and 30 s; asked at 0, here at 10, with mia 25-40, with leo 50-150, who waits for others 105-125."""


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        pytest.param(ask("nrt_mean"), {"": (45.0, 90.0, 2)}, id="every turn counts, not the first alone"),
        pytest.param(ask("nrt_mean", "agent"), {"leo": (45.0, 90.0, 2)}, id="under who answered it"),
        pytest.param(
            ask("nrt_mean", until=e.T0 + 120 * S), {"": (60.0, 60.0, 1)}, id="an open turn is not in the mean"
        ),
        pytest.param(
            ask("nrt_km_median", until=e.T0 + 120 * S), {"": (60.0, 1, 2)}, id="but followed in the median until now"
        ),
        pytest.param(
            ask("asa", "agent queue"), {"leo tech": (10.0, 10.0, 1), "mia gold": (15.0, 15.0, 1)}, id="a stay per queue"
        ),
        pytest.param(ask("queue_entries", "queue"), {"gold": (1, 1, None), "tech": (1, 1, None)}, id="one entry each"),
        pytest.param(ask("time_to_accept"), {"": (6.5, 13.0, 2)}, id="an offer's time runs from the offer"),
        pytest.param(
            ask("reservation_accept_rate", "agent"), {"leo": (1.0, 1, 1), "mia": (0.5, 1, 2)}, id="a missed one counts"
        ),
        pytest.param(
            ask("holding_time", "agent"), {"leo": (100.0, 100.0, 1), "mia": (15.0, 15.0, 1)}, id="each holder's segment"
        ),
        pytest.param(ask("aht_elapsed", "agent"), {"leo": (80.0, 80.0, 1), "mia": (15.0, 15.0, 1)}, id="less pending"),
        pytest.param(ask("aht_elapsed", until=e.T0 + 149 * S), {"": (15.0, 15.0, 1)}, id="what goes on is not counted"),
        pytest.param(ask("transfer_rate"), {"": (0.0, 0, 2)}, id="given up, and moved later, is no transfer"),
        pytest.param(ask("touches_per_resolution"), {"": (3.0, 3, 1)}, id="all words of humans"),
        pytest.param(
            ask("touches_per_resolution", "agent"),
            {"leo": (2.0, 2, 1), "mia": (None, 1, 0)},
            id="by author",
        ),
        pytest.param(ask("elapsed_mean"), {"": (150.0, 150.0, 1)}, id="from the start to the resolution"),
        pytest.param(ask("elapsed_by_platform"), {"": (10 / 150, 10.0, 150.0)}, id="until the post was here"),
        pytest.param(ask("elapsed_by_queue"), {"": (25 / 150, 25.0, 150.0)}, id="10-25 and 40-50"),
        pytest.param(
            ask("elapsed_by_agent", "agent"),
            {"": (0.0, 0.0, 115.0), "leo": (1.0, 20.0, 20.0), "mia": (1.0, 15.0, 15.0)},
            id="50-60, 100-105 and 125-130, and 25-40 of mia",
        ),
        pytest.param(ask("elapsed_by_department"), {"": (20 / 150, 20.0, 150.0)}, id="while leo waits for others"),
        pytest.param(ask("elapsed_by_customer"), {"": (60 / 150, 60.0, 150.0)}, id="60-100 and 130-150"),
        pytest.param(
            ask("flow_outs", basis=Basis.COMPLETION), {"": (0, 0, None)}, id="who accepted it did not let it flow out"
        ),
    ],
)
def test_values(question: Question, expected: dict[str, tuple[float | None, ...]]) -> None:
    found = values(question, known_of(TRANSFERRED))
    assert found.keys() == expected.keys()
    for group, measure in found.items():
        assert measure == pytest.approx(expected[group])


def test_out_of_one_queue_into_another_is_a_flow_out_of_the_first() -> None:
    contacts = known_of([*OPENED, e.transferred("c1", "", "tech", 40), e.queued("c1", "tech", 40, 50)])
    assert values(ask("flow_outs", "queue"), contacts) == {"gold": (1, 1, None)}


def test_a_department_has_the_time_of_its_task() -> None:
    contacts = known_of([*OPENED, e.task("c1", "t1", "books", 20), e.task_closed("c1", "t1", 50)])
    found = values(ask("elapsed_by_department", "queue", until=e.T0 + 60 * S), contacts)
    assert found["books"] == (1.0, 30.0, 30.0)


def test_late_is_counted_in_cycles_of_the_target() -> None:
    contacts = known_of([*OPENED, e.opened("c2"), e.inbound("c2", "p9", 0), e.queued("c2", "gold", 0, 100)])
    until = e.T0 + 120 * S
    assert values(ask("cycles_late", until=until), contacts) == {"": (pytest.approx(1.6), pytest.approx(3.2), 2)}
    assert values(ask("late", until=e.T0 + 100 * S), contacts) == {"": (1, 1, None)}, "at the promise is not late"
    assert values(ask("backlog", until=until), contacts) == {"": (2, 2, None)}
    assert values(ask("backlog_age_mean", until=until), contacts) == {"": (120.0, 240.0, 2)}


def test_who_has_two_contacts_at_once_divides_the_time() -> None:
    first = [e.opened("c1"), e.inbound("c1", "p1", 0), e.accepted("c1", "mia", 10), e.resolved("c1", "mia", 40)]
    second = [e.opened("c2"), e.inbound("c2", "p2", 0), e.accepted("c2", "mia", 20), e.pended("c2", "mia", 30)]
    contacts = known_of([*first, *second])
    assert values(ask("aht_elapsed"), contacts) == {"": (30.0, 30.0, 1)}
    assert values(ask("aht_workload"), contacts) == {"": (25.0, 25.0, 1)}, "10-20 and 30-40 alone, 20-30 with another"
    alone = [one for one in contacts if one.case_id == "c1"]
    assert values(ask("aht_workload"), alone) == {"": (25.0, 25.0, 1)}, "whether the question is about that or not"


@settings(max_examples=200, deadline=None)
@given(st.lists(histories(), max_size=3))
def test_the_workloads_of_an_agent_are_its_busy_time(cases: list[list[Fact]]) -> None:
    found = [(f"c{n}", list(journeys(facts).values())) for n, facts in enumerate(cases)]
    shares = divided(found, 20)
    for agent in ("mia", "leo"):
        held = [
            (case_id, span.ref, active(journey, span, 20))
            for case_id, of_case in found
            for journey in of_case
            for span in journey.spans
            if span.kind is Kind.HOLDING and span.agent == agent
        ]
        whole = busy(Active((case_id, ref), when) for case_id, ref, when in held)
        assert sum(shares[case_id][ref] for case_id, ref, _ in held) == whole


def test_a_cell_opens_to_the_events_of_what_it_counts() -> None:
    found = contributions(ask("reservation_accept_rate", "agent"), ("mia",), known_of(TRANSFERRED))
    assert [(one.number, one.part.numerator) for one in found] == [(0, False), (1, True)]
    roles = [[role for role, _ in one.item.events] for one in found if one.item is not None]
    assert roles == [["offered", "expired"], ["offered", "accepted"]]


@settings(max_examples=400)
@given(histories(), st.integers(-1, 14))
def test_the_pieces_of_a_contact_are_all_of_its_time(facts: list[Fact], until: int) -> None:
    for known in contacts_of([facts]):
        contact = observed(known.contact, until)
        if contact is None:
            continue
        assert contact.journey is not None
        begin, end = elapsed(contact, contact.journey)
        found = pieces(contact, contact.journey)
        assert [piece.at for piece in found] == [begin, *(piece.end for piece in found)][: len(found)]
        assert sum(piece.end - piece.at for piece in found) == end - begin
        assert all(piece.end > piece.at for piece in found)
        assert all((piece.who is Who.AGENT) >= bool(piece.agent) for piece in found)


def contacts_of(cases: Sequence[list[Fact]]) -> list[Known]:
    rows: dict[str, Row] = {f"case/acme/c{n}": Case(facts=tuple(facts)) for n, facts in enumerate(cases)}
    return list(contents_of(rows, 1, BEGINNING, END, END, inside=True, shared=True).known())


CUTS = ["agent", "queue", "channel", "hour", "agent queue", "source desk day"]
FILTERS = ["", 'agent = "mia"', "queue = gold", 'queue != gold AND NOT agent = "leo"', "channel = x"]


@settings(max_examples=150, deadline=None)
@given(
    st.lists(histories(), max_size=3),
    st.sampled_from(CUTS),
    st.sampled_from(FILTERS),
    st.sampled_from(Basis),
    st.integers(0, 14),
)
def test_the_groups_of_any_cut_have_the_parts_of_the_total(
    cases: list[list[Fact]], group_by: str, text: str, basis: Basis, until: int
) -> None:
    contacts = contacts_of(cases)
    for metric_id, metric in METRICS.items():
        if basis is Basis.COMPLETION and not has_completion(metric):
            continue
        whole, cut = ask(metric_id, "", text, until, basis), ask(metric_id, group_by, text, until, basis)
        ((_, (total,)),) = answer(whole, contacts)
        parts: Counter[Part] = Counter()
        for group, (measure,) in answer(cut, contacts):
            behind = [one.part for one in contributions(cut, group, contacts)]
            assert metric.combine(behind) == measure
            parts.update(behind)
        assert parts == Counter(one.part for one in contributions(whole, (), contacts))
        assert metric.combine(list(parts.elements())) == total


@settings(max_examples=150, deadline=None)
@given(st.lists(histories(), max_size=3), st.sampled_from(CUTS), st.integers(0, 14))
def test_whose_time_it_was_adds_up_in_every_group(cases: list[list[Fact]], group_by: str, until: int) -> None:
    contacts = contacts_of(cases)
    shares: list[AnyMetric] = [METRICS[f"elapsed_by_{who.name.lower()}"] for who in Who]
    asked = Question(tuple(shares), tuple(group_by.split()), UTC, until)
    for group, measures in answer(asked, contacts):
        above = [sum_us(asked, metric, group, contacts) for metric in shares]
        assert sum(numerator for numerator, _ in above) == above[0][1]
        assert len({denominator for _, denominator in above}) == 1
        assert above[0][1] == 0 or sum(one.value or 0 for one in measures) == pytest.approx(1)


def sum_us(asked: Question, metric: AnyMetric, group: tuple[str, ...], contacts: list[Known]) -> tuple[int, int]:
    """Microseconds in the numerator, and in the denominator."""
    alone = Question((metric,), asked.group_by, asked.zone, asked.until)
    found = [one.part for one in contributions(alone, group, contacts)]
    return sum(part.us or 0 for part in found if part.numerator), sum(part.us or 0 for part in found)
