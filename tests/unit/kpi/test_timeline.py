"""Given the facts of a case, when promises are held against them, then they see what happened inside its contacts."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import kpi_facts as e
import pytest
from chassis.clock import FIRST, Instant
from google.protobuf.message import Message
from hypothesis import given, settings
from kpi.episodes import Case, Fact, episodes
from kpi.sla.engine import Standing, Terms, replay
from kpi.sla.moments import CaseNow, Moment, State
from kpi.sla.policy import DURATION_S_MAX, Metric, Policy, Target
from kpi.timeline import timeline
from kpi.views.contact_folds import HANDLED, Row, fold
from test_running import histories

ABOUT = CaseNow(State.IDLE, channel="x", urgency=2)
BEGUN = [e.opened("c1"), e.inbound("c1", "p1", 5), e.queued("c1", "gold", 6, 600)]


def moments_of(events: Sequence[Message]) -> list[Moment]:
    rows: dict[str, Row] = {}
    for event in e.recorded([*BEGUN, *events]):
        if event.type in HANDLED:
            fold(rows, event)
    row = rows["case/acme/c1"]
    assert isinstance(row, Case)
    return timeline(row.facts, ABOUT)


def told(moment: Moment) -> str:
    """A moment as a sentence, times in seconds."""
    now = moment.now
    happened = " ".join(one.name for one in moment.happened)
    owed = "" if now.owed_since is None else f", owed since {second(now.owed_since)}"
    whom = f" for {now.waiting_for.name}" if now.waiting_for else ""
    return f"{second(moment.at)}: {happened}; {now.state.name} {now.queue} {now.agent}".rstrip() + whom + owed


def second(at: Instant) -> str:
    return f"{(at - e.T0) / e.SECOND:g}"


ASKED = ["5: CUSTOMER_WROTE; IDLE, owed since 5", "6: QUEUED; QUEUED gold, owed since 5"]


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        pytest.param([], [], id="a customer writes, and is lined up"),
        pytest.param(
            [
                e.offered("c1", "mia", 7), e.accepted("c1", "mia", 8), e.sent("c1", "mia", 9),
                e.resolved("c1", "mia", 20),
            ],
            [
                "7: ; OFFERED gold, owed since 5",
                "8: TAKEN; ACCEPTED gold mia, owed since 5",
                "9: REPLIED; ACCEPTED gold mia",
                "20: RESOLVED; RESOLVED gold",
            ],
            id="it is offered, taken, answered and resolved",
        ),
        pytest.param(
            [
                e.claimed("c1", "mia", 8), e.pended("c1", "mia", 10, for_customer=False), e.resumed("c1", 30),
                e.transferred("c1", "mia", "care", 40),
            ],
            [
                "8: TAKEN; ACCEPTED gold mia, owed since 5",
                "10: PENDED; PENDING gold mia for THIRD_PARTY, owed since 5",
                "30: RESUMED; ACCEPTED gold mia, owed since 5",
                "40: TRANSFERRED; ACCEPTED care mia, owed since 5",
            ],
            id="who has it waits for somebody else, and it moves",
        ),
        pytest.param(
            [e.accepted("c1", "mia", 8), e.interrupted("c1", "mia", "c2", 9), e.resumed("c1", 12)],
            [
                "8: TAKEN; ACCEPTED gold mia, owed since 5",
                "9: PENDED; PENDING gold mia for INTERRUPTED, owed since 5",
                "12: RESUMED; ACCEPTED gold mia, owed since 5",
            ],
            id="who is interrupted has it still",
        ),
        pytest.param(
            [e.sent("c1", "mia", 9), e.resolved("c1", "mia", 20), e.inbound("c1", "p2", 30), e.reopened("c1", 31)],
            [
                "9: REPLIED; IDLE gold",
                "20: RESOLVED; RESOLVED gold",
                "30: CUSTOMER_WROTE REOPENED; IDLE gold, owed since 30",
            ],
            id="an episode that begins is owed its own first reply",
        ),
    ],
)  # fmt: skip
def test_the_moments_of_a_case(events: list[Message], expected: list[str]) -> None:
    assert [told(one) for one in moments_of(events)] == [*ASKED, *expected]


def test_promises_are_held_against_the_facts_of_the_log() -> None:
    moments = moments_of(
        [
            e.claimed("c1", "mia", 8),
            e.pended("c1", "mia", 20),
            e.resumed("c1", 320),
            e.sent("c1", "mia", 330),
            e.resolved("c1", "mia", 340),
        ]
    )
    targets = (Target(Metric.FIRST_REPLY, 300), Target(Metric.AGENT_WORK, 60))
    terms = Terms({"care": [Policy("care", 1, FIRST, targets, "urgency = 2 AND channel = x")]})
    assert [(one.metric, one.standing, one.spent // e.SECOND) for one in replay(terms, moments, moments[-1].at)] == [
        (Metric.FIRST_REPLY, Standing.BREACHED, 325),
        (Metric.AGENT_WORK, Standing.MET, 34),
    ]


@settings(max_examples=400)
@given(histories())
def test_law_a_first_reply_is_what_contacts_call_answered(facts: list[Fact]) -> None:
    """But that no wait begins before the episode before it was over."""
    moments = timeline(facts, ABOUT)
    terms = Terms({"care": [Policy("care", 1, FIRST, (Target(Metric.FIRST_REPLY, DURATION_S_MAX),))]})
    last = max((one.at for one in moments), default=FIRST)
    met = [one for one in replay(terms, moments, last) if one.standing is Standing.MET]
    over = {
        before.now.episode: before.at for before, after in pairwise(moments) if before.now.episode < after.now.episode
    }
    answered = [
        (
            max(one.start.at, over.get(one.number - 1, FIRST)),
            max(one.answered_human.at, over.get(one.number - 1, FIRST)),
        )
        for one in episodes(facts)
        if one.answered_human is not None
    ]
    assert [(one.started_at, one.ended_at) for one in met] == answered


@settings(max_examples=300)
@given(histories())
def test_law_moments_are_in_order_and_each_is_one(facts: list[Fact]) -> None:
    orders = [one.order for one in timeline(facts, ABOUT)]
    assert all(before < after for before, after in pairwise(orders))
