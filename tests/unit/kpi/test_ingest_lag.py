"""Given posts that were on their way, when somebody asks, then both clocks."""

from __future__ import annotations

from collections.abc import Sequence
from zoneinfo import ZoneInfo

import kpi_facts as e
import pytest
from google.protobuf.message import Message
from kpi.metrics import METRICS
from kpi.query import BEGINNING, END, Question, answer
from kpi.views.contacts import Contacts, Row, contents_of

OPENED = e.opened("c1")
IDS = ("ingest_lag_mean", "ingest_lag_p90", "frt_human_mean", "frt_human_ingested_mean", "frt_human_ingested_p90")


def told(events: Sequence[Message], until_s: float) -> dict[str, float | None]:
    """What the metrics say of these events at that second."""
    view, rows = Contacts(), dict[str, Row]()
    for event in e.recorded(events):
        view.fold(rows, event)
    until = e.T0 + round(until_s * e.SECOND)
    question = Question(tuple(METRICS[one] for one in IDS), (), ZoneInfo("UTC"), until)
    [(_, measures)] = answer(question, contents_of(rows, 1, BEGINNING, END, until, inside=True).known())
    return {one: measure.value for one, measure in zip(IDS, measures, strict=True)}


LATE = e.inbound("c1", "p1", 5, received=65)


@pytest.mark.parametrize(
    ("events", "until_s", "expected"),
    [
        pytest.param([], 99, (None, None, None, None, None), id="nobody: nothing"),
        pytest.param(
            [OPENED, LATE, e.sent("c1", "mia", 95)], 99, (60, 60, 90, 30, 30), id="a minute late: both clocks"
        ),
        pytest.param(
            [OPENED, e.inbound("c1", "p1", 5), e.sent("c1", "mia", 95)], 99, (0, 0, 90, 90, 90), id="at once: one clock"
        ),
        pytest.param(
            [OPENED, e.inbound("c1", "p1", 65, received=5), e.sent("c1", "mia", 95)],
            99,
            (0, 0, 30, 90, 90),
            id="a clock ahead of ours was on its way for no time",
        ),
        pytest.param([OPENED, LATE], 64, (None, None, None, None, None), id="still on its way"),
        pytest.param([OPENED, LATE], 65, (60, 60, None, None, None), id="here, and nobody has answered"),
        pytest.param([OPENED, LATE, e.sent("c1", "mia", 95)], 94, (60, 60, None, None, None), id="not answered yet"),
        pytest.param(
            [OPENED, LATE, e.outbound("c1", "b1", 35)],
            99,
            (60, 60, 30, 0, 0),
            id="answered elsewhere before it reached us: no time",
        ),
        pytest.param(
            [
                *(OPENED, LATE, e.sent("c1", "mia", 95)),
                *(e.opened("c2"), e.inbound("c2", "p2", 10, received=14), e.sent("c2", "mia", 24)),
            ],
            99,
            (32, 60, 52, 20, 30),
            id="two of them: means and the later of both",
        ),
        pytest.param(
            [OPENED, LATE, e.inbound("c1", "p2", 70, received=99), e.sent("c1", "mia", 95)],
            99,
            (60, 60, 90, 30, 30),
            id="of later posts of a contact nothing counts",
        ),
    ],
)
def test_both_clocks(events: Sequence[Message], until_s: float, expected: tuple[float | None, ...]) -> None:
    assert tuple(told(events, until_s).values()) == expected
