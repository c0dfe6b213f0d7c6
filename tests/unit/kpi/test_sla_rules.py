"""Given promises and what happened to a case, when some time has passed, then what was met, breached and cancelled.

The ids that name a product's issue are rules that it taught: see section 8 of the definitions in docs/adr/0083.
"""

import pytest
from chassis.clock import FIRST
from kpi.calendars.calendar import Calendar
from kpi.calendars.hours import Schedule
from kpi.sla.engine import NOTHING_YET, CalendarVersion, Terms, advance, governing, next_breach, passed, replay
from kpi.sla.moments import CaseNow, Happened, Moment, State, WaitingFor
from kpi.sla.policy import Metric, Target
from msgspec.structs import replace

from tests.unit.kpi.sla_stories import (
    act,
    at,
    pended,
    policy,
    promise,
    replied,
    resolved,
    resumed,
    said,
    story,
    task,
    terms,
    took,
    withdrew,
    wrote,
)

FIRST_REPLY, NEXT_REPLY = promise(Metric.FIRST_REPLY, 60), promise(Metric.NEXT_REPLY, 60)
PERIODIC, PAUSABLE = promise(Metric.PERIODIC_UPDATE, 60), promise(Metric.PAUSABLE_UPDATE, 60)
REQUESTER, WORK = promise(Metric.REQUESTER_WAIT, 60), promise(Metric.AGENT_WORK, 60)
RESOLUTION, WINDOW = promise(Metric.TOTAL_RESOLUTION, 60), promise(Metric.WINDOW_EXPIRY, 30)
OLA = promise(Metric.DEPARTMENT_TASK, 60)
REPLY = "happened:REPLIED"
THIRD_PARTY = WaitingFor.THIRD_PARTY
PAUSED_FIRST = promise(Metric.FIRST_REPLY, 60, pause="state = PENDING")


def closes(minute: float) -> dict[str, object]:
    return {"window_at": at(minute)}


@pytest.mark.parametrize(
    ("target", "moments", "until", "expected"),
    [
        # what the metrics mean
        pytest.param(
            FIRST_REPLY, story(wrote(0)), 30, ["FIRST_REPLY from 0, due 60"], id="a first reply is due from the post on"
        ),
        pytest.param(
            FIRST_REPLY, story(wrote(0), wrote(20), replied(30)), 99, ["FIRST_REPLY from 0, met 30 after 30"],
            id="several posts in a row are one turn, from the earliest",
        ),
        pytest.param(
            FIRST_REPLY, story(wrote(0), act(5, Happened.BOT_REPLIED), replied(30)), 99,
            ["FIRST_REPLY from 0, met 30 after 30"], id="what a machine writes is no first reply",
        ),
        pytest.param(
            FIRST_REPLY, story(act(0, Happened.OPENED), wrote(500)), 510, ["FIRST_REPLY from 500, due 560"],
            id="to whom we wrote first nothing is owed until they write",
        ),
        pytest.param(
            FIRST_REPLY, story(wrote(0), resolved(10)), 99, ["FIRST_REPLY from 0, cancelled 10 after 10"],
            id="a case that is resolved without a word is no reply in time",
        ),
        pytest.param(
            FIRST_REPLY, story(wrote(0), replied(5), resolved(6), wrote(500), replied(510)), 999,
            ["FIRST_REPLY from 0, met 5 after 5", "FIRST_REPLY from 500, met 510 after 10"],
            id="a reopening is a promise of its own (Chatwoot #12058)",
        ),
        pytest.param(
            NEXT_REPLY, story(wrote(0), replied(5), wrote(10), wrote(12), replied(30), replied(40)), 99,
            ["NEXT_REPLY from 10, met 30 after 20"], id="a next reply is due from the first post after a reply",
        ),
        pytest.param(
            NEXT_REPLY, story(wrote(0), replied(5), wrote(10), replied(30), wrote(50)), 99,
            ["NEXT_REPLY from 10, met 30 after 20", "NEXT_REPLY from 50, due 110"], id="every turn is kept",
        ),
        pytest.param(
            NEXT_REPLY, story(wrote(0), replied(5), wrote(10), replied(30, owed_since=at(25))), 40,
            ["NEXT_REPLY from 10, met 30 after 20", "NEXT_REPLY from 25, due 85"],
            id="what came while the reply was written waits from when it came",
        ),
        pytest.param(
            NEXT_REPLY, story(wrote(0), replied(30, owed_since=at(25))), 40, ["NEXT_REPLY from 25, due 85"],
            id="also where that was the first reply",
        ),
        pytest.param(
            NEXT_REPLY, story(wrote(0), replied(5), wrote(10), act(15, Happened.CHANGED, owed_since=None)), 99,
            ["NEXT_REPLY from 10, cancelled 15 after 5"], id="a courtesy that needs no reply ends the turn without one",
        ),
        pytest.param(
            PERIODIC, story(wrote(0), replied(10), replied(40), pended(50)), 120,
            ["PERIODIC_UPDATE from 10, met 40 after 30", "PERIODIC_UPDATE from 40, breached 100"],
            id="an update is due an hour after the one before, whoever is waited for",
        ),
        pytest.param(
            PERIODIC, story(wrote(0), replied(10), replied(40, Happened.RESOLVED, state=State.RESOLVED)), 200,
            ["PERIODIC_UPDATE from 10, met 40 after 30"], id="after the last word nobody is updated",
        ),
        pytest.param(
            PAUSABLE, story(wrote(0), replied(10), pended(20), resumed(100), replied(120)), 130,
            ["PAUSABLE_UPDATE from 10, met 120 after 30", "PAUSABLE_UPDATE from 120, due 180"],
            id="a pausable update is not due while somebody is waited for",
        ),
        pytest.param(
            REQUESTER, story(wrote(0), took(10), pended(20), resumed(100), resolved(110)), 200,
            ["REQUESTER_WAIT from 0, met 110 after 30"], id="what the customer is waited for is no wait of theirs",
        ),
        pytest.param(
            REQUESTER, story(wrote(0), took(10), pended(20, THIRD_PARTY), resumed(100), resolved(110)), 200,
            ["REQUESTER_WAIT from 0, breached 60, done 110 after 110"], id="what a third party is waited for is",
        ),
        pytest.param(
            WORK, story(wrote(0), took(10), pended(20, THIRD_PARTY), resumed(100), resolved(110)), 200,
            ["AGENT_WORK from 0, met 110 after 30"], id="and is no work of the agent",
        ),
        pytest.param(
            WORK, story(wrote(0), took(10), pended(20, WaitingFor.INTERRUPTED), resumed(100), resolved(110)), 200,
            ["AGENT_WORK from 0, breached 60, done 110 after 110"], id="what an agent is interrupted for is",
        ),
        pytest.param(
            RESOLUTION, story(wrote(0), took(10), pended(20), resumed(100), resolved(110)), 200,
            ["TOTAL_RESOLUTION from 0, breached 60, done 110 after 110"], id="a total resolution counts all of it",
        ),
        pytest.param(
            RESOLUTION, story(wrote(0), withdrew(10)), 200, ["TOTAL_RESOLUTION from 0, cancelled 10 after 10"],
            id="what a customer takes back is cancelled",
        ),
        pytest.param(
            WINDOW, story(wrote(0, **closes(120))), 60, ["WINDOW_EXPIRY from 0, due 90"],
            id="half an hour before the platform's window closes",
        ),
        pytest.param(
            WINDOW, story(wrote(0, **closes(120)), wrote(60, **closes(180)), replied(140)), 200,
            ["WINDOW_EXPIRY from 0, met 140 after 140"], id="the next post opens the window for longer",
        ),
        pytest.param(
            WINDOW, story(wrote(0)), 999, [], id="a platform without a window promises nothing",
        ),
        pytest.param(
            WINDOW, story(wrote(0, **closes(10))), 5, ["WINDOW_EXPIRY from 0, breached 0"],
            id="a window that is nearly closed when the post comes is missed then, not before it",
        ),
        pytest.param(
            WINDOW, story(wrote(0, **closes(120)), wrote(60, **closes(80)), replied(70)), 200,
            ["WINDOW_EXPIRY from 0, breached 50, done 70 after 70"],
            id="a window that turns out shorter was missed when it was due",
        ),
        pytest.param(
            OLA, task(act(0, Happened.OPENED), pended(10, THIRD_PARTY), resolved(90)), 200,
            ["DEPARTMENT_TASK from 0, breached 60, done 90 after 90"], id="a department's task has a clock of its own",
        ),
        pytest.param(OLA, story(wrote(0)), 200, [], id="a case is no department's task"),
        pytest.param(RESOLUTION, task(act(0, Happened.OPENED)), 200, [], id="and a task is no customer's case"),
        # edges
        pytest.param(
            FIRST_REPLY, story(wrote(0), replied(60)), 99, ["FIRST_REPLY from 0, met 60 after 60"],
            id="exactly when it is due is in time",
        ),
        pytest.param(
            FIRST_REPLY, story(wrote(0), replied(60 + 1 / 60_000_000)), 99,
            ["FIRST_REPLY from 0, breached 60, done 60 after 60"], id="a microsecond later is not",
        ),
        pytest.param(
            FIRST_REPLY, story(wrote(0)), 60, ["FIRST_REPLY from 0, due 60"], id="and it is no breach before that",
        ),
        pytest.param(
            FIRST_REPLY, story(wrote(0), replied(2_000)), 9_999,
            ["FIRST_REPLY from 0, breached 60, done 2000 after 2000"], id="a breach is when it was due, not when seen",
        ),
        pytest.param(
            promise(Metric.FIRST_REPLY, 60, "office"), story(wrote(450), replied(24 * 60 + 30)), 9_999,
            ["FIRST_REPLY from 450, met 1470 after 60"], id="half an hour before closing, half an hour after opening",
        ),
        pytest.param(
            promise(Metric.FIRST_REPLY, 30, "office"), story(wrote(450), replied(481)), 9_999,
            ["FIRST_REPLY from 450, breached 480, done 481 after 30"],
            id="what is due at closing is late in the night, though nothing has counted since",
        ),
        # pauses
        pytest.param(
            PAUSED_FIRST, story(wrote(0), pended(20)), 999, ["FIRST_REPLY from 0, paused after 20"],
            id="while it is paused it has no due time (ServiceNow's planned end)",
        ),
        pytest.param(
            PAUSED_FIRST, story(wrote(0), pended(20), resumed(100)), 110, ["FIRST_REPLY from 0, due 140"],
            id="what was left is left when it goes on",
        ),
        pytest.param(
            PAUSED_FIRST, story(wrote(0), pended(60), resumed(100), replied(100)), 110,
            ["FIRST_REPLY from 0, met 100 after 60"], id="paused when it was due, it is due when it goes on",
        ),
        pytest.param(
            PAUSED_FIRST, story(wrote(0), pended(60), resumed(100)), 110, ["FIRST_REPLY from 0, breached 100"],
            id="and breached right after",
        ),
        pytest.param(
            PAUSED_FIRST, story(wrote(0), pended(61), replied(100)), 110,
            ["FIRST_REPLY from 0, breached 60, done 100 after 61"], id="a pause that comes too late helps nobody",
        ),
        pytest.param(
            PAUSED_FIRST,
            story(wrote(0), replied(30, Happened.PENDED, state=State.PENDING, waiting_for=WaitingFor.CUSTOMER)), 999,
            ["FIRST_REPLY from 0, met 30 after 30"],
            id="a first reply in the act that pauses counts (Zammad #3551)",
        ),
        pytest.param(
            promise(Metric.FIRST_REPLY, 60, pause="state = PENDING", resume="happened:RESUMED"),
            story(wrote(0), pended(20), wrote(50), resumed(70)), 80, ["FIRST_REPLY from 0, due 110"],
            id="with a condition to go on it rests until that",
        ),
        pytest.param(
            promise(Metric.TOTAL_RESOLUTION, 60, pause="channel = x"),
            story(wrote(0, channel="x")), 999, ["TOTAL_RESOLUTION from 0, paused after 0"],
            id="what begins paused is paused from the beginning",
        ),
        # order within a moment
        pytest.param(
            promise(Metric.TOTAL_RESOLUTION, 60, start="agent = mia", stop="happened:REPLIED", keep=""),
            story(wrote(0), took(1), replied(5), wrote(6), replied(7)), 99, ["TOTAL_RESOLUTION from 1, met 5 after 4"],
            id="what has stopped starts again only when its condition becomes true again",
        ),
        pytest.param(
            promise(Metric.TOTAL_RESOLUTION, 60, start="agent = mia", stop=REPLY, reset=REPLY),
            story(wrote(0), took(1), replied(5), replied(7)), 9,
            [
                "TOTAL_RESOLUTION from 1, met 5 after 4",
                "TOTAL_RESOLUTION from 5, met 7 after 2",
                "TOTAL_RESOLUTION from 7, due 67",
            ],
            id="a reset closes one and opens the next",
        ),
        pytest.param(
            promise(Metric.TOTAL_RESOLUTION, 60, reset="happened:TRANSFERRED"),
            story(wrote(0), act(5, Happened.TRANSFERRED, queue="billing")), 9,
            ["TOTAL_RESOLUTION from 0, cancelled 5 after 5", "TOTAL_RESOLUTION from 5, due 65"],
            id="what a reset closes unfinished is cancelled",
        ),
        pytest.param(
            promise(Metric.TOTAL_RESOLUTION, 60, reset="happened:RESOLVED"),
            story(wrote(0), resolved(5)), 9, ["TOTAL_RESOLUTION from 0, met 5 after 5"],
            id="a reset opens nothing that could not start",
        ),
        pytest.param(
            promise(Metric.TOTAL_RESOLUTION, 60, keep="urgency >= 2"),
            story(wrote(0, urgency=3), act(5, Happened.CHANGED, urgency=1), act(9, Happened.CHANGED, urgency=3)), 99,
            ["TOTAL_RESOLUTION from 0, cancelled 5 after 5"], id="what is not kept is cancelled",
        ),
        pytest.param(
            promise(Metric.TOTAL_RESOLUTION, 5, keep="urgency >= 2"),
            story(wrote(0, urgency=3), act(9, Happened.CHANGED, urgency=1)), 99,
            ["TOTAL_RESOLUTION from 0, breached 5, done 9 after 9"], id="what is breached is not cancelled any more",
        ),
        pytest.param(
            promise(Metric.TOTAL_RESOLUTION, 60, cancel=""),
            story(wrote(0), withdrew(5)), 99, ["TOTAL_RESOLUTION from 0, breached 60"],
            id="where nothing cancels, not even the customer does",
        ),
    ],
)  # fmt: skip
def test_a_promise(target: Target, moments: list[Moment], until: float, expected: list[str]) -> None:
    assert said(replay(terms(policy(target)), moments, at(until))) == expected


URGENT = "urgency >= 2"


@pytest.mark.parametrize(
    ("condition", "moments", "expected"),
    [
        pytest.param(
            URGENT, story(wrote(0), act(20, Happened.CHANGED, urgency=3)), ["FIRST_REPLY from 0, due 60"],
            id="who becomes urgent has waited since they wrote",
        ),
        pytest.param(
            URGENT, story(wrote(0), pended(5), resumed(15), act(20, Happened.CHANGED, urgency=3)),
            ["FIRST_REPLY from 0, due 70"], id="and was paused when they were",
        ),
        pytest.param(
            URGENT, story(wrote(0), act(70, Happened.CHANGED, urgency=3)), ["FIRST_REPLY from 0, breached 60"],
            id="too late is too late from when it was due",
        ),
        pytest.param(
            URGENT, story(wrote(0), replied(10), act(20, Happened.CHANGED, urgency=3)), [],
            id="what was answered before was promised nothing",
        ),
        pytest.param(
            URGENT, story(wrote(0, urgency=3), act(20, Happened.CHANGED, urgency=1)),
            ["FIRST_REPLY from 0, cancelled 20 after 20"], id="who is urgent no more is promised no more",
        ),
        pytest.param(
            URGENT,
            story(wrote(0, urgency=3), act(20, Happened.CHANGED, urgency=1), act(25, Happened.CHANGED, urgency=2)),
            ["FIRST_REPLY from 0, cancelled 20 after 20", "FIRST_REPLY from 0, due 60"],
            id="and who is again has waited since they wrote",
        ),
        pytest.param(
            URGENT, story(wrote(0, urgency=3), replied(20, Happened.CHANGED, urgency=1)),
            ["FIRST_REPLY from 0, met 20 after 20"], id="a reply in the act that ends the promise has kept it",
        ),
        pytest.param(
            URGENT, story(wrote(0), replied(20, Happened.CHANGED, urgency=3)), ["FIRST_REPLY from 0, met 20 after 20"],
            id="and so has one in the act that makes it",
        ),
        pytest.param(
            "labels.brand = acme AND language:zh AND origin = POST AND queue = care",
            story(wrote(0), begins=CaseNow(State.QUEUED, queue="care", language="zh-TW", labels={"brand": "acme"})),
            ["FIRST_REPLY from 0, due 60"], id="by a label, a language, an origin and a queue",
        ),
        pytest.param(
            "channel = x AND desk = acme AND tier = gold",
            story(wrote(0), begins=CaseNow(State.QUEUED, channel="x", desk="acme", tier="silver")), [],
            id="not for another tier",
        ),
        pytest.param(
            "nonsense = x", story(wrote(0)), [], id="one that this release cannot read is for no case"
        ),
    ],
)  # fmt: skip
def test_which_cases_a_policy_is_for(condition: str, moments: list[Moment], expected: list[str]) -> None:
    found = replay(terms(policy(PAUSED_FIRST, condition=condition)), moments, moments[-1].at)
    assert said(found) == expected


def test_the_first_reply_has_precedence_until_there_is_one() -> None:
    """Zammad #5177: a next update that is due sooner hid the first reply that nobody had given."""
    promises = terms(policy(FIRST_REPLY, promise(Metric.NEXT_REPLY, 5), promise(Metric.TOTAL_RESOLUTION, 30)))
    moments = story(wrote(0), wrote(1), replied(70), wrote(71))
    waiting = replay(promises, moments[:2], at(10))
    assert said(waiting) == ["FIRST_REPLY from 0, due 60", "TOTAL_RESOLUTION from 0, due 30"]
    late, after = replay(promises, moments[:2], at(65)), replay(promises, moments, at(72))
    assert [said([one]) for one in (governing(waiting), governing(late), governing(after)) if one is not None] == [
        ["FIRST_REPLY from 0, due 60"],
        ["FIRST_REPLY from 0, breached 60"],
        ["TOTAL_RESOLUTION from 0, breached 30"],
    ]


def test_what_is_paused_has_no_due_time_to_govern_by() -> None:
    found = replay(terms(policy(PAUSED_FIRST)), story(wrote(0), pended(20)), at(999))
    assert governing(found) is None


V1 = policy(FIRST_REPLY)
V2 = policy(promise(Metric.FIRST_REPLY, 10), version=2, since=at(30))


@pytest.mark.parametrize(
    ("moments", "expected"),
    [
        pytest.param(story(wrote(0)), ["FIRST_REPLY from 0, due 60"], id="what has started goes on as it was promised"),
        pytest.param(story(wrote(0), wrote(31)), ["FIRST_REPLY from 0, due 60"], id="also when it is asked again"),
        pytest.param(
            story(wrote(30)), ["FIRST_REPLY from 30, due 40"], id="what starts is promised by the new version"
        ),
    ],
)
def test_a_change_applies_to_what_starts_after_it(moments: list[Moment], expected: list[str]) -> None:
    assert said(replay(terms(V1, V2), moments, at(35))) == expected


def test_a_new_policy_promises_nothing_to_who_waits_already() -> None:
    promises = terms(replace(V1, since=at(30)))
    assert said(replay(promises, story(wrote(0), wrote(31)), at(35))) == []
    assert said(replay(promises, story(wrote(0), resolved(20), wrote(31)), at(35))) == ["FIRST_REPLY from 31, due 91"]


def test_a_policy_without_targets_promises_nothing_from_then_on() -> None:
    promises = terms(V1, policy(version=2, since=at(30)))
    assert said(replay(promises, story(wrote(0), replied(31), wrote(40)), at(45))) == [
        "FIRST_REPLY from 0, met 31 after 31"
    ]


def test_each_policy_that_is_for_a_case_promises_for_itself() -> None:
    other = replace(policy(promise(Metric.FIRST_REPLY, 10)), policy_id="vip")
    found = replay(terms(V1, other), story(wrote(0), replied(5)), at(45))
    assert [(one.policy_id, one.due_at) for one in found] == [("care", at(60)), ("vip", at(10))]


def test_a_tick_has_nothing_to_tell_before_a_reply_would_be_late() -> None:
    promises = terms(V1)
    run, decided = advance(promises, NOTHING_YET, *story(wrote(0)))
    assert (decided, next_breach(run)) == ((), at(60) + 1)
    assert passed(run, at(60)).decided == ()
    run, decided = passed(run, at(60) + 1)  # type: ignore[arg-type]
    assert (said(decided), next_breach(run)) == (["FIRST_REPLY from 0, breached 60"], None)
    assert passed(run, at(61)).decided == ()


def test_a_moment_before_what_was_told_is_late() -> None:
    promises = terms(V1)
    first, second = story(wrote(0), replied(50))
    run = passed(advance(promises, NOTHING_YET, first).run, at(61)).run
    with pytest.raises(ValueError, match="before what has been told"):
        advance(promises, run, second)
    with pytest.raises(ValueError, match="before what has been told"):
        advance(promises, run, first)


def test_instances_are_numbered_per_policy_and_metric() -> None:
    found = replay(
        terms(policy(NEXT_REPLY, FIRST_REPLY)), story(wrote(0), replied(1), wrote(2), replied(3), wrote(4)), at(5)
    )
    assert [(one.metric.name, one.number) for one in found] == [
        ("FIRST_REPLY", 1),
        ("NEXT_REPLY", 1),
        ("NEXT_REPLY", 2),
    ]


def test_where_a_calendar_never_opens_enough_it_is_never_due() -> None:
    shut = {"shut": [CalendarVersion(1, FIRST, Calendar(Schedule("UTC")))]}
    found = replay(Terms({"care": [policy(promise(Metric.FIRST_REPLY, 1, "shut"))]}, shut), story(wrote(0)), at(9_999))
    assert said(found) == ["FIRST_REPLY from 0, due never"]


def test_a_task_does_not_stop_its_cases_clock() -> None:
    """S14: the department's promise and the customer's are both told, each of its own case."""
    promises = terms(policy(RESOLUTION, OLA))
    customer = story(wrote(0), took(5), pended(10, THIRD_PARTY), resumed(40), resolved(50))
    department = task(act(10, Happened.OPENED), took(20), resolved(40))
    assert said(replay(promises, customer, at(99))) == ["TOTAL_RESOLUTION from 0, met 50 after 50"]
    assert said(replay(promises, department, at(99))) == ["DEPARTMENT_TASK from 10, met 40 after 30"]
