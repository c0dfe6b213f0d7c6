"""A bank's calls of February 1999 as facts of the log: what kpi says of them is what counting the file's lines says.

A call that hung up before it reached the queue was offered to nobody, and a PHANTOM is none. The voice words are ours:
a call is answered when an agent takes it, and who hangs up in the queue has taken the contact back.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path
from zoneinfo import ZoneInfo

import kpi_facts as e
import pytest
from google.protobuf.message import Message
from kpi.metrics import METRICS
from kpi.metrics.metric import AnyMetric, Measure
from kpi.metrics.service_level import SHORT, Threshold
from kpi.query import BEGINNING, END, Known, Question, answer
from kpi.views.contacts import Contacts, Row, contents_of

T_S = 20
LEVELS = {metric.definition.id: metric for metric in Threshold(T_S * e.SECOND, "20s").variants()}
MONTH_OF_THE_BANK = 0.127
"""The share of the whole month's calls that gave up."""


@dataclass(frozen=True, slots=True)
class Call:
    """A call that came to the queue or straight to an agent: its day, its second of that day, how long it waited."""

    day: str
    second: int
    waited_s: int
    server: str
    """"" of one that hung up."""


def calls_of(path: Path) -> list[Call]:
    """The calls of the file that count."""
    found = []
    with path.open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file, delimiter="\t"):
            queued = row["q_start"] != "0:00:00"
            if row["outcome"] == "AGENT" or (row["outcome"] == "HANG" and queued):
                hours, minutes, seconds = (row["q_start"] if queued else row["vru_exit"]).split(":")
                found.append(
                    Call(
                        f"19{row['date'][:2]}-{row['date'][2:4]}-{row['date'][4:]}",
                        int(hours) * 3600 + int(minutes) * 60 + int(seconds),
                        int(row["q_time"]) if queued else 0,
                        row["server"] if row["outcome"] == "AGENT" else "",
                    )
                )
    return found


def facts(number: int, call: Call) -> list[Message]:
    """What the log would say of a call."""
    case = f"call-{number:05}"
    midnight = datetime.fromisoformat(call.day).replace(tzinfo=UTC).timestamp() - e.T0 / e.SECOND
    at = midnight + call.second
    ended = at + call.waited_s
    began = [e.opened(case), e.inbound(case, f"post-{number:05}", at)]
    if not call.server:
        return [*began, e.withdrawn(case, ended)]
    return [*began, e.accepted(case, call.server, ended), e.sent(case, call.server, ended)]


@pytest.fixture(scope="module")
def calls(shared_data: Path) -> list[Call]:
    return calls_of(shared_data / "acd" / "anonymous_bank_feb1999" / "calls_feb_01_14.txt")


@pytest.fixture(scope="module")
def contacts(calls: Sequence[Call]) -> list[Known]:
    view, rows = Contacts(), dict[str, Row]()
    for event in e.recorded([fact for number, call in enumerate(calls) for fact in facts(number, call)]):
        view.fold(rows, event)
    return list(contents_of(rows, 1, BEGINNING, END, END).known())


def told(contacts: Sequence[Known], metrics: Sequence[AnyMetric], group_by: str = "") -> dict[str, list[Measure]]:
    """The measures by the value of the dimension, "" for all."""
    question = Question(tuple(metrics), tuple(group_by.split()), ZoneInfo("UTC"), until=10**16)
    return {"".join(group): measures for group, measures in answer(question, contacts)}


def gave_up(calls: Sequence[Call]) -> Fraction:
    """The share of calls without an agent."""
    return Fraction(sum(not call.server for call in calls), len(calls))


def test_who_gave_up_in_the_queue_is_who_counting_lines_says(calls: list[Call], contacts: list[Known]) -> None:
    ((measure,),) = told(contacts, [METRICS["abandonment_withdrawn"]]).values()
    assert (measure.numerator, measure.denominator) == (sum(not call.server for call in calls), len(calls))
    assert measure.value == pytest.approx(float(gave_up(calls)))
    assert measure.value == pytest.approx(MONTH_OF_THE_BANK, abs=0.015)  # we have its first half


def test_every_day_has_its_own_share(calls: list[Call], contacts: list[Known]) -> None:
    days: Mapping[str, list[Call]] = defaultdict(list)
    for call in calls:
        days[call.day].append(call)
    shares = {
        day: measure.value for day, (measure,) in told(contacts, [METRICS["abandonment_withdrawn"]], "day").items()
    }
    assert shares == pytest.approx({day: float(gave_up(of)) for day, of in days.items()})


def test_short_abandons_are_counted_apart(calls: list[Call], contacts: list[Known]) -> None:
    short = sum(not call.server and call.waited_s * e.SECOND <= SHORT for call in calls)
    count, net = told(contacts, [METRICS["abandoned_short"], METRICS["abandonment_withdrawn_net"]])[""]
    assert count.value == short
    gone = sum(not call.server for call in calls)
    assert net.value == pytest.approx((gone - short) / (len(calls) - short))


def test_the_service_levels_are_their_formulas(calls: list[Call], contacts: list[Known]) -> None:
    answered = [call.waited_s for call in calls if call.server]
    gone = [call.waited_s for call in calls if not call.server]
    a, a_t = len(answered), sum(waited <= T_S for waited in answered)
    b, b_t = len(gone), sum(waited <= T_S for waited in gone)
    s = sum(waited <= SHORT // e.SECOND for waited in gone)
    expected = {
        "sl1": Fraction(a_t, a + b),
        "sl2": Fraction(a_t, a + b - b_t),
        "sl4": Fraction(a_t, a),
        "sl5": Fraction(a_t + s, a + b),
        "sl6": Fraction(a_t, a + b - s),
    }
    ids = [f"{name}_20s_completion" for name in expected]
    measures = told(contacts, [LEVELS[id_] for id_ in ids])[""]
    assert [one.value for one in measures] == pytest.approx([float(share) for share in expected.values()])


def test_the_social_service_level_is_one_product_over_the_seconds(calls: list[Call], contacts: list[Known]) -> None:
    still = Fraction(1)
    for second in range(T_S + 1):
        at_risk = sum(call.waited_s >= second for call in calls)
        still *= 1 - Fraction(sum(call.waited_s == second and call.server != "" for call in calls), at_risk)
    (measure,) = told(contacts, [LEVELS["sl8_20s_cohort"]])[""]
    assert measure.value == pytest.approx(float(1 - still))


def test_every_agent_has_the_calls_that_were_theirs(calls: list[Call], contacts: list[Known]) -> None:
    by_server: dict[str, int] = defaultdict(int)
    for call in calls:
        if call.server:
            by_server[call.server] += 1
    assert {agent: one.value for agent, (one,) in told(contacts, [METRICS["accepted"]], "agent").items()} == by_server
