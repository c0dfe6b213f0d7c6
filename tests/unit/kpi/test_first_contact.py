"""Given what customers and agents did, when first contact resolution is asked for, then gross and net."""

from __future__ import annotations

from collections.abc import Sequence
from zoneinfo import ZoneInfo

import kpi_facts as e
import pytest
from google.protobuf.message import Message
from kpi.metrics import METRICS
from kpi.query import BEGINNING, END, Question, answer
from kpi.views.contacts import Contacts, Row, contents_of

DAY_S = 86_400
WEEK_S = 7 * DAY_S


def told(events: Sequence[Message], until_s: float, before_s: float | None = None) -> list[tuple[float | None, ...]]:
    """(value, numerator, denominator) of gross and of net, of the contacts that start before a second."""
    view, rows = Contacts(), dict[str, Row]()
    for event in e.recorded(events):
        view.fold(rows, event)
    until = e.T0 + round(until_s * e.SECOND)
    end = END if before_s is None else e.T0 + round(before_s * e.SECOND)
    question = Question((METRICS["fcr_gross"], METRICS["fcr_net"]), (), ZoneInfo("UTC"), until)
    [(_, measures)] = answer(question, contents_of(rows, 1, BEGINNING, end, until, inside=True).known())
    return [tuple(measure) for measure in measures]


def case(name: str, at: float, customer: str = "ann", desk: str = "air") -> list[Message]:
    return [e.opened(name, desk=desk, customer=customer), e.inbound(name, f"{name}-1", at)]


ONCE = [*case("c1", 0), e.sent("c1", "mia", 10), e.resolved("c1", "mia", 20)]
YES, NO = (1.0, 1, 1), (0.0, 0, 1)
LATER = 60 * DAY_S


@pytest.mark.parametrize(
    ("events", "until_s", "gross", "net"),
    [
        pytest.param([], LATER, (None, 0, 0), (None, 0, 0), id="nobody: no share"),
        pytest.param(ONCE, LATER, YES, YES, id="asked once, answered, resolved"),
        pytest.param(ONCE, 19, NO, NO, id="not resolved yet"),
        pytest.param(case("c1", 0), LATER, NO, NO, id="never resolved counts against"),
        pytest.param(
            [*case("c1", 0), e.inbound("c1", "c1-2", 5), e.sent("c1", "mia", 10), e.resolved("c1", "mia", 20)],
            LATER,
            YES,
            YES,
            id="two posts before the answer are one turn",
        ),
        pytest.param(
            [*ONCE[:3], e.inbound("c1", "c1-2", 15), e.sent("c1", "mia", 16), e.resolved("c1", "mia", 20)],
            LATER,
            NO,
            NO,
            id="a second turn is a second contact",
        ),
        pytest.param(
            [*ONCE, e.inbound("c1", "c1-2", 20 + WEEK_S), e.reopened("c1", 20 + WEEK_S)],
            20 + WEEK_S,
            (0.0, 0, 2),
            (0.0, 0, 2),
            id="reopened after exactly a week came back, and is a contact of its own",
        ),
        pytest.param(
            [*ONCE, e.inbound("c1", "c1-2", 21 + WEEK_S), e.reopened("c1", 21 + WEEK_S)],
            LATER,
            (0.5, 1, 2),
            (0.5, 1, 2),
            id="reopened later is another matter",
        ),
        pytest.param(
            [*ONCE, *case("c2", 20 + WEEK_S)], LATER, (0.0, 0, 2), (0.0, 0, 2), id="the same customer in another thread"
        ),
        pytest.param(
            [*ONCE, *case("c2", 20 + WEEK_S)], 19 + WEEK_S, YES, YES, id="who has not come again yet has not come again"
        ),
        pytest.param(
            [*ONCE, *case("c2", 21 + WEEK_S)], LATER, (0.5, 1, 2), (0.5, 1, 2), id="the same customer after the window"
        ),
        pytest.param([*ONCE, *case("c2", DAY_S, "bob")], LATER, (0.5, 1, 2), (0.5, 1, 2), id="another customer"),
        pytest.param(
            [*ONCE, *case("c2", DAY_S, desk="rail")],
            LATER,
            (0.5, 1, 2),
            (0.5, 1, 2),
            id="another desk is another topic",
        ),
        pytest.param(
            [*ONCE, *case("c2", 15)], LATER, (0.5, 1, 2), (0.5, 1, 2), id="what came before the resolution is no return"
        ),
        pytest.param(
            [
                *(*case("c1", 0, ""), e.sent("c1", "mia", 10), e.resolved("c1", "mia", 20)),
                *case("c2", DAY_S, ""),
            ],
            LATER,
            (0.5, 1, 2),
            (0.5, 1, 2),
            id="two of whom nobody knows who they are are not the same",
        ),
        pytest.param(
            [
                *(*case("c1", 0), e.queued("c1", "gold", 1, 600), e.transferred("c1", "mia", "legal", 5)),
                *(e.queued("c1", "legal", 5, 600), e.sent("c1", "leo", 10), e.resolved("c1", "leo", 20)),
            ],
            LATER,
            YES,
            (None, 0, 0),
            id="what was moved to another queue is in the gross share alone",
        ),
        pytest.param(
            [*ONCE, *case("c2", DAY_S), e.joined("c1", "c2", DAY_S)],
            LATER,
            NO,
            NO,
            id="a thread that a link joined later is a second turn of the same contact",
        ),
    ],
)
def test_first_contact_resolution(
    events: Sequence[Message], until_s: float, gross: tuple[float | None, ...], net: tuple[float | None, ...]
) -> None:
    assert told(events, until_s) == [gross, net]


def test_who_came_again_after_the_interval_is_seen() -> None:
    assert told([*ONCE, *case("c2", DAY_S)], LATER, before_s=DAY_S) == [NO, NO]
