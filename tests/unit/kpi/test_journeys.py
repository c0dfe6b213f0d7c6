"""Given the facts of a case, when they are looked at together, then what happened inside its contacts."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import kpi_facts as e
import pytest
from google.protobuf.message import Message
from hypothesis import given, settings
from kpi.episodes import EVENTS_PER_COMMIT, Case, Fact, LetGo, Moved, Posted, Queued, Took, Wrote, episodes
from kpi.journeys import Journey, Kind, Span, journeys, observed_journey
from kpi.views.contact_folds import HANDLED, Row, fold
from test_running import histories

OPENED = e.opened("c1")
ASKED = e.inbound("c1", "p1", 5)
LINED_UP = e.queued("c1", "gold", 5, 600)


def journeys_of(events: Sequence[Message], case: str = "c1") -> dict[int, Journey]:
    rows: dict[str, Row] = {}
    for event in e.recorded(events):
        if event.type in HANDLED:
            fold(rows, event)
    row = rows[f"case/acme/{case}"]
    assert isinstance(row, Case)
    return journeys(row.facts)


def told(span: Span) -> tuple[object, ...]:
    """What a span says, times in seconds, without references to the log."""
    end = None if span.end is None else (span.end - e.T0) / e.SECOND
    return (span.kind.name, (span.at - e.T0) / e.SECOND, end, span.how, span.agent, span.queue)


@pytest.mark.parametrize(
    ("events", "kinds", "expected"),
    [
        pytest.param(
            [LINED_UP, e.inbound("c1", "p2", 7), e.sent("c1", "mia", 9), e.sent("c1", "mia", 10)],
            "TURN",
            [("TURN", 5.0, 9.0, "replied", "mia", "gold")],
            id="several posts in a row are one turn, which the first of several answers ends",
        ),
        pytest.param(
            [e.sent("c1", "mia", 9), e.inbound("c1", "p2", 12), e.sent("c1", "leo", 13), e.inbound("c1", "p3", 20)],
            "TURN",
            [
                ("TURN", 5.0, 9.0, "replied", "mia", ""),
                ("TURN", 12.0, 13.0, "replied", "leo", ""),
                ("TURN", 20.0, None, "", "", ""),
            ],
            id="each turn has its own answerer, and the last one is open, not dropped",
        ),
        pytest.param(
            [e.outbound("c1", "b1", 6, human=False), e.outbound("c1", "h1", 8)],
            "TURN ANSWER",
            [("TURN", 5.0, 8.0, "replied", "", ""), ("ANSWER", 8.0, 8.0, "", "", "")],
            id="a machine's word ends no turn",
        ),
        pytest.param(
            [e.sent("c1", "mia", 9, "r1"), e.outbound("c1", "r1", 9)],
            "ANSWER",
            [("ANSWER", 9.0, 9.0, "", "mia", "")],
            id="a reply and its echo are one word",
        ),
        pytest.param(
            [e.resolved("c1", "mia", 30)],
            "TURN",
            [("TURN", 5.0, 30.0, "resolved", "", "")],
            id="a resolution without a word ends a turn unanswered",
        ),
        pytest.param(
            [
                LINED_UP,
                e.offered("c1", "mia", 6),
                e.expired("c1", "mia", 7),
                e.offered("c1", "leo", 8),
                e.accepted("c1", "leo", 9),
            ],
            "STAY OFFER HOLDING",
            [
                ("STAY", 5.0, 9.0, "accepted", "leo", "gold"),
                ("OFFER", 6.0, 7.0, "expired", "mia", "gold"),
                ("OFFER", 8.0, 9.0, "accepted", "leo", "gold"),
                ("HOLDING", 9.0, None, "", "leo", "gold"),
            ],
            id="a failed offer keeps the case in its place, and the one after ends the stay",
        ),
        pytest.param(
            [
                LINED_UP,
                e.accepted("c1", "mia", 9),
                e.released("c1", "mia", 20),
                e.transferred("c1", "mia", "tech", 20),
                e.queued("c1", "tech", 20, 600),
                e.accepted("c1", "leo", 30),
                e.resolved("c1", "leo", 40),
            ],
            "STAY HOLDING MOVE",
            [
                ("STAY", 5.0, 9.0, "accepted", "mia", "gold"),
                ("HOLDING", 9.0, 20.0, "released", "mia", "gold"),
                ("MOVE", 20.0, 20.0, "tech", "mia", "gold"),
                ("STAY", 20.0, 30.0, "accepted", "leo", "tech"),
                ("HOLDING", 30.0, 40.0, "resolved", "leo", "tech"),
            ],
            id="a transfer is two stays and two holdings, each in the queue and under the name of its time",
        ),
        pytest.param(
            [LINED_UP, e.transferred("c1", "", "tech", 20), e.queued("c1", "tech", 20, 600), e.withdrawn("c1", 25)],
            "STAY",
            [("STAY", 5.0, 20.0, "moved", "", "gold"), ("STAY", 20.0, 25.0, "withdrawn", "", "tech")],
            id="out of a queue into another is a flow-out, and no withdrawal",
        ),
        pytest.param(
            [LINED_UP, e.transferred("c1", "mia", "gold", 20)],
            "STAY MOVE",
            [("STAY", 5.0, None, "", "", "gold")],
            id="more urgent in the same queue is no transfer",
        ),
        pytest.param(
            [LINED_UP, e.outbound("c1", "h1", 8)],
            "STAY",
            [("STAY", 5.0, 8.0, "accepted", "", "gold")],
            id="who answers first from elsewhere has accepted it",
        ),
        pytest.param(
            [LINED_UP, e.claimed("c1", "mia", 8), e.lapsed("c1", "mia", 20)],
            "STAY HOLDING",
            [
                ("STAY", 5.0, 8.0, "accepted", "mia", "gold"),
                ("HOLDING", 8.0, 20.0, "lapsed", "mia", "gold"),
                ("STAY", 20.0, None, "", "", "gold"),
            ],
            id="a claim that lapsed leaves the case in its place",
        ),
        pytest.param(
            [
                e.accepted("c1", "mia", 8),
                e.pended("c1", "mia", 9),
                e.resumed("c1", 12),
                e.pended("c1", "mia", 13, for_customer=False),
            ],
            "PARKED PARKED_FOR_CUSTOMER",
            [("PARKED_FOR_CUSTOMER", 9.0, 12.0, "woke", "mia", ""), ("PARKED", 13.0, None, "", "mia", "")],
            id="a holder waits for the customer, or for somebody else",
        ),
        pytest.param(
            [e.accepted("c1", "mia", 8), e.interrupted("c1", "mia", "c2", 9), e.resumed("c1", 12)],
            "HOLDING PARKED PARKED_FOR_CUSTOMER INTERRUPTED",
            [("HOLDING", 8.0, None, "", "mia", ""), ("INTERRUPTED", 9.0, 12.0, "woke", "mia", "")],
            id="who is interrupted has it still, and waits for nobody",
        ),
        pytest.param(
            [e.task("c1", "t1", "books", 8), e.task_closed("c1", "t1", 20), e.task("c1", "t2", "shop", 21)],
            "TASK",
            [("TASK", 8.0, 20.0, "delivered", "", "books"), ("TASK", 21.0, None, "", "", "shop")],
            id="a task is of its department's queue",
        ),
        pytest.param(
            [LINED_UP, e.offered("c1", "mia", 6), e.opened("c0"), e.joined("c1", "c0", 7), e.accepted("c0", "leo", 8)],
            "STAY OFFER HOLDING",
            [
                ("STAY", 5.0, None, "", "", "gold"),
                ("OFFER", 6.0, None, "", "mia", "gold"),
                ("HOLDING", 8.0, None, "", "leo", ""),
            ],
            id="who takes a part of a case takes what that is",
        ),
        pytest.param(
            [
                e.opened("c0"),
                e.inbound("c0", "p0", 6),
                e.queued("c0", "tech", 6, 60),
                e.offered("c0", "leo", 7),
                LINED_UP,
                e.joined("c1", "c0", 9),
                e.sent("c0", "leo", 10),
            ],
            "TURN STAY OFFER",
            [
                ("TURN", 5.0, 10.0, "replied", "leo", "gold"),
                ("STAY", 5.0, 10.0, "accepted", "leo", "gold"),
                ("STAY", 6.0, 9.0, "joined", "", "tech"),
                ("OFFER", 7.0, 9.0, "joined", "leo", "tech"),
            ],
            id="cases that a link joined keep the course they had, and are answered as one",
        ),
    ],
)
def test_what_happened(events: list[Message], kinds: str, expected: list[tuple[object, ...]]) -> None:
    (journey,) = journeys_of([OPENED, ASKED, *events]).values()
    assert [told(span) for span in journey.spans if span.kind.name in kinds.split()] == expected


def test_what_is_given_up_in_order_to_move_it_ends_as_a_transfer() -> None:
    place = "", "p1", False, "x", "s", "d", 5
    facts: list[Fact] = [Wrote(1024, 5, *place), Queued(2048, 5, "", "gold", 9), Took(3072, 6, "", "mia")]
    facts += [LetGo(4096, 7, "", "mia", "released"), Moved(4097, 7, "", "mia", "tech")]
    (journey,) = journeys(facts).values()
    assert [span.how for span in journey.spans if span.kind is Kind.HOLDING] == ["moved"]


def test_a_post_on_its_way_to_us_lags() -> None:
    (journey,) = journeys_of([OPENED, e.inbound("c1", "p1", 5, received=11), e.sent("c1", "mia", 12)]).values()
    assert [told(span)[:3] for span in journey.spans] == [
        ("LAG", 5.0, 11.0),
        ("TURN", 5.0, 12.0),
        ("ANSWER", 12.0, 12.0),
    ]


def test_each_episode_has_a_journey_and_the_case_stays_in_its_queue() -> None:
    first = [LINED_UP, e.accepted("c1", "mia", 8), e.resolved("c1", "mia", 9)]
    found = journeys_of(
        [OPENED, ASKED, *first, e.inbound("c1", "p2", 20), e.reopened("c1", 20), e.sent("c1", "leo", 30)]
    )
    assert [(number, journey.closed_at) for number, journey in found.items()] == [(1, e.T0 + 9 * e.SECOND), (2, None)]
    assert [told(span) for span in found[2].spans if span.kind is Kind.TURN] == [
        ("TURN", 20.0, 30.0, "replied", "leo", "gold")
    ]


@settings(max_examples=400)
@given(histories())
def test_the_first_turn_is_the_first_response(facts: list[Fact]) -> None:
    found = journeys(facts)
    for episode in episodes(facts):
        turn = next(span for span in found[episode.number].spans if span.kind is Kind.TURN)
        answer = episode.answered_human
        assert (turn.at, turn.since) == (episode.start.at, episode.start.published)
        assert (turn.how == "replied") == (answer is not None)
        assert answer is None or (turn.end, turn.agent, turn.end_ref) == (answer.at, answer.agent, answer.ref)


@settings(max_examples=400)
@given(histories())
def test_turns_follow_each_other_and_leave_no_post_out(facts: list[Fact]) -> None:
    found = journeys(facts)
    for episode in episodes(facts):
        turns = [span for span in found[episode.number].spans if span.kind is Kind.TURN]
        assert all(one.end is not None for one in turns[:-1]), "only the last one can be open"
        assert len({one.ref for one in turns}) == len(turns)


@settings(max_examples=300)
@given(histories())
def test_no_span_ends_before_it_began_and_no_two_agents_hold_one_case(facts: list[Fact]) -> None:
    alone = [fact for fact in facts if not fact.origin]
    for journey in journeys(alone).values():
        assert all(span.end is None or span.end >= span.at for span in journey.spans)
        held = sorted((span.ref, span.end_ref) for span in journey.spans if span.kind is Kind.HOLDING)
        assert all(end is not None and end <= after for (_, end), (after, _) in itertools.pairwise(held))


@settings(max_examples=300)
@given(histories())
def test_observing_twice_is_observing_once(facts: list[Fact]) -> None:
    for journey in journeys(facts).values():
        for until in range(-1, 14, 3):
            once = observed_journey(journey, until)
            assert observed_journey(once, until) == once
            assert all(span.at <= until and (span.end is None or span.end <= until) for span in once.spans)
        assert observed_journey(journey, 10**6) == journey


def test_ten_thousand_posts_are_looked_at_once() -> None:
    facts: list[Fact] = [
        Wrote(n * EVENTS_PER_COMMIT, n, "", f"p{n}", False, "x", "s", "d", n)
        if n % 2
        else Posted(n * EVENTS_PER_COMMIT, n, "", f"p{n}", True)
        for n in range(1, 10_001)
    ]
    (journey,) = journeys(facts).values()
    assert sum(span.kind is Kind.TURN and span.how == "replied" for span in journey.spans) == 5_000


def test_ten_thousand_moves_look_at_what_ended_once() -> None:
    facts: list[Fact] = [Wrote(0, 0, "", "p", False, "x", "s", "d", 0)]
    for n in range(1, 10_001):
        first = n * EVENTS_PER_COMMIT
        given_up = LetGo(first + 1, n, "", "mia", "released")
        facts += [Took(first, n, "", "mia"), given_up, Moved(first + 2, n, "", "leo", f"q{n % 2}")]
    (journey,) = journeys(facts).values()
    assert sum(span.kind is Kind.HOLDING and span.how == "moved" for span in journey.spans) == 10_000
