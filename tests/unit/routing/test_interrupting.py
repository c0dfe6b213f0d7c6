"""What an interrupt matrix has happen: who waits for whom, and how each comes back."""

from collections.abc import Sequence

import pytest
from chassis.errors import InvalidRequest, Rejected
from google.protobuf.field_mask_pb2 import FieldMask
from routing import commands, events
from routing.agents import Policy, policy_of
from routing.cases import Accepted, Case, Joined, Offered, Pending, Queued, Resolved, Withdrawn
from routing.commands import Reason
from routing.decider import decide
from routing.explain import explain, explain_offer
from routing.requests import command_of
from routing.shard import Shard, evolve, next_due
from routing.state_codec import load
from routing.terms import ChannelKind, ClaimTerms, Interrupts, PostKind, Presence, Rule, WaitingFor
from routing.what_if import missing
from routing.wire import case_message, policy_message, queue_message
from switchboard.routing.v1 import events_pb2
from switchboard.routing.v1 import service_pb2 as api

from tests.unit.routing.build import (
    accept,
    answer,
    decline,
    open_case,
    pend,
    policy,
    post,
    presence,
    queue,
    register,
    reply,
    resolve,
    run,
    summary,
    t,
    tick,
    whole,
)

A_CASE = "11111111-1111-4111-8111-111111111111"
VOICE = Interrupts("voice", PostKind.UNSPECIFIED, (ChannelKind("email", PostKind.UNSPECIFIED),))
DIRECT = Interrupts("", PostKind.DIRECT_MESSAGE, (ChannelKind("", PostKind.POST),))
SETTINGS = {"interrupts": (VOICE,), "pending_percent": 25, "resume_percent": 125, "interrupted_s": 600}
MATRIX = policy(**SETTINGS)
NARROW = policy(**SETTINGS | {"resume_percent": 100})


def letter(case_id: str, at: float = 0, queue_id: str = "", **more: int) -> commands.OpenCase:
    """A letter that waits."""
    return open_case(case_id, queue_id, at, channel="email", **more)


def call(case_id: str = "call", at: float = 10, queue_id: str = "", **more: int) -> commands.OpenCase:
    """A call that waits."""
    return open_case(case_id, queue_id, at, channel="voice", **more)


def at_work(*letters: str, capacity: int = 0, rules: commands.Command = MATRIX, **more: int) -> Shard:
    """Mia has these letters, and no room for another."""
    shard = Shard()
    run(shard, rules, register("mia", capacity or len(letters)), presence("mia"))
    for number, case_id in enumerate(letters):
        run(shard, letter(case_id, number, **more), accept(case_id, "mia", at=number))
    return shard


def interrupted() -> Shard:
    """Mia has a letter that waits for a call she took at 20 s, until 620 s."""
    shard = at_work("letter")
    run(shard, call(), accept("call", "mia", at=20))
    return shard


def offered(facts: Sequence[events.Event]) -> list[tuple[str, str, tuple[str, ...]]]:
    """(case, agent, what would wait) of each offer."""
    return [(one.case_id, one.agent_id, one.interrupts) for one in facts if isinstance(one, events.CaseOffered)]


def waits_for(shard: Shard, case_id: str) -> str:
    """The case that interrupted another one, "" when it does not wait for any."""
    stage = shard.cases[case_id].stage
    return stage.interrupted_by if isinstance(stage, Pending) else ""


def test_what_may_interrupt_is_offered_to_who_has_no_room_and_nothing_happens_before_that_is_accepted() -> None:
    shard = at_work("letter")
    assert offered(run(shard, call())) == [("call", "mia", ("letter",))]
    assert isinstance(shard.cases["letter"].stage, Accepted)
    assert (shard.agents["mia"].load, shard.agents["mia"].free) == (1, 0)
    facts = run(shard, accept("call", "mia", at=20))
    pended, accepted = facts
    assert summary(facts) == ["CasePended letter", "OfferAccepted call mia"]
    assert isinstance(pended, events.CasePended)
    assert (pended.waiting_for, pended.interrupted_by) == (WaitingFor.INTERRUPTED, "call")
    assert (pended.until, pended.weight_percent) == (t(620), 25)
    assert isinstance(accepted, events.OfferAccepted)
    assert accepted.interrupts == ("letter",)
    assert shard.agents["mia"].load == 2  # a quarter and a whole one, rounded up; below 125 %
    assert whole(load(whole(shard))) == whole(shard)
    assert load(whole(shard)).interrupted == shard.interrupted == {"call": ("letter",)}


def test_what_is_declined_or_missed_interrupts_nothing_and_is_not_asked_of_that_agent_again() -> None:
    for ends in (decline("call", "mia", at=20), tick(70)):
        shard = at_work("letter")
        run(shard, call(), ends)
        assert isinstance(shard.cases["letter"].stage, Accepted)
        assert isinstance(shard.cases["call"].stage, Queued)
        assert not offered(run(shard, tick(900), presence("mia", Presence.BUSY, 901), presence("mia", at=902)))
        assert offered(run(shard, resolve("letter", "mia", 910))) == [("call", "mia", ())]


@pytest.mark.parametrize(
    ("rules", "letters", "calls"),
    [
        pytest.param(policy(), letter("l"), call(), id="without a matrix nobody is"),
        pytest.param(MATRIX, open_case("l", channel="x"), call(), id="another channel than the row names is not"),
        pytest.param(MATRIX, letter("l"), open_case("c", channel="chat", at=10), id="a channel without a row does not"),
        pytest.param(NARROW, letter("l"), call(), id="beyond the limit of what may go on nobody is"),
        pytest.param(MATRIX, letter("l", queue_id="quiet"), call(), id="who works for a quiet queue is not"),
        pytest.param(MATRIX, letter("l"), call(weight=3), id="more than the agent's capacity is not asked of it"),
    ],
)
def test_nobody_is_interrupted_whom_the_matrix_or_the_limit_does_not_let_be(
    rules: commands.Command, letters: commands.Command, calls: commands.Command
) -> None:
    shard = Shard()
    quiet = commands.CreateQueue("quiet", "", 3600, 60, (), t(0), is_uninterruptible=True)
    run(shard, rules, quiet, register("mia"), presence("mia"), letters, accept("l", "mia", at=1))
    assert not offered(run(shard, calls))


def test_a_rule_may_say_that_a_case_is_not_interruptible() -> None:
    shard = Shard()
    rule = Rule("contracts", "channel = email", is_uninterruptible=True)
    run(shard, policy(**SETTINGS, rules=(rule,)), register("mia"), presence("mia"), letter("l"), accept("l", "mia"))
    assert shard.cases["l"].is_uninterruptible
    assert not offered(run(shard, call()))


def test_a_kind_of_post_interrupts_another_kind_on_the_same_channel() -> None:
    shard = Shard()
    run(shard, policy(**SETTINGS | {"interrupts": (DIRECT,)}), register("mia"), presence("mia"))
    run(shard, post("p1", by="ann"), accept("case-p1", "mia", at=1))
    assert not offered(run(shard, post("p2", by="ben", at=5)))
    facts = run(shard, post("p3", by="cat", at=10, kind=PostKind.DIRECT_MESSAGE))
    assert offered(facts) == [("case-p3", "mia", ("case-p1",))]


def test_the_more_exact_row_holds() -> None:
    rows = (VOICE, Interrupts("voice", PostKind.DIRECT_MESSAGE, (ChannelKind("x", PostKind.UNSPECIFIED),)))
    shard = at_work("letter", rules=policy(**SETTINGS | {"interrupts": rows}))
    assert offered(run(shard, call())) == [("call", "mia", ("letter",))]


def test_who_has_room_comes_before_who_would_be_interrupted() -> None:
    shard = at_work("letter")
    run(shard, register("ben"), presence("ben"))
    assert offered(run(shard, call())) == [("call", "ben", ())]


def test_a_call_that_waits_interrupts_who_takes_a_letter_or_comes_back_later() -> None:
    shard = Shard()
    run(shard, MATRIX, register("mia"), presence("mia"), letter("letter"), call())
    assert offered(run(shard, accept("letter", "mia", at=20))) == [("call", "mia", ("letter",))]
    shard = at_work("letter")
    run(shard, presence("mia", Presence.BUSY, 5), call())
    assert offered(run(shard, presence("mia", at=30))) == [("call", "mia", ("letter",))]


def test_the_least_urgent_waits_of_those_the_one_taken_last_and_as_few_as_have_to() -> None:
    shard = at_work("l1", "l2", capacity=3)
    run(shard, letter("l3", 5, urgency=1), accept("l3", "mia", at=6))
    assert offered(run(shard, call())) == [("call", "mia", ("l2",))]
    shard = at_work("l1", "l2", "l3", "l4", "l5")
    assert offered(run(shard, call(weight=5))) == [("call", "mia", ("l5", "l4", "l3", "l2", "l1"))]
    facts = run(shard, accept("call", "mia", at=20))
    assert summary(facts)[-1] == "OfferAccepted call mia"
    assert shard.agents["mia"].load == 7  # five quarters and five, rounded up; 6.25 is 125 % of five
    facts = run(shard, resolve("call", "mia", 30))
    assert [line for line in summary(facts) if line.startswith("CaseResumed")] == [
        f"CaseResumed l{number} interruption_over" for number in (1, 2, 3, 4, 5)
    ]


def test_one_large_case_waits_instead_of_several_small_ones() -> None:
    shard = at_work("small", capacity=6)
    run(shard, letter("large", 1, weight=5), accept("large", "mia", at=1), letter("rest", 2, urgency=3))
    assert offered(run(shard, call(weight=3))) == [("call", "mia", ("large",))]


def test_who_is_asked_or_was_interrupted_is_offered_nothing_else() -> None:
    shard = at_work("letter", capacity=2)
    run(shard, letter("big", 1), accept("big", "mia", at=1), call(weight=2))
    run(shard, resolve("big", "mia", 12), letter("next", 13))
    assert isinstance(shard.cases["next"].stage, Queued)
    facts = run(shard, accept("call", "mia", at=20))
    assert summary(facts) == ["CasePended letter", "OfferAccepted call mia"]
    facts = run(shard, resolve("call", "mia", 30))
    assert "CaseResumed letter interruption_over" in summary(facts)
    assert ("next", "mia", ()) in offered(facts)


def test_an_agent_has_one_interruption_at_a_time() -> None:
    shard = at_work(*(f"l{number}" for number in range(8)))
    run(shard, call())
    assert not offered(run(shard, call("second", 12)))
    run(shard, accept("call", "mia", at=20))
    assert not offered(run(shard, call("third", 22)))
    assert offered(run(shard, resolve("call", "mia", 30))) == [("second", "mia", ("l6",))]


def test_who_has_room_by_the_time_it_accepts_puts_nothing_aside() -> None:
    shard = at_work("letter")
    run(shard, call(), resolve("letter", "mia", 15))
    facts = run(shard, accept("call", "mia", at=20))
    assert summary(facts) == ["OfferAccepted call mia"]
    assert shard.agents["mia"].load == 1
    shard = at_work("letter")
    run(shard, call(), pend("letter", "mia", 900, 15))
    assert summary(run(shard, accept("call", "mia", at=20))) == ["OfferAccepted call mia"]
    assert waits_for(shard, "letter") == ""


def test_who_has_no_room_even_so_by_the_time_it_accepts_is_told() -> None:
    shard = at_work("letter")
    run(shard, call())
    run(shard, letter("more", 11))
    run(shard, commands.AssignCase("more", "", "mia", "", True, t(12)))
    with pytest.raises(Rejected, match="no room for the 1 of case call") as refused:
        decide(accept("call", "mia", at=20), shard)
    assert refused.value.reason == Reason.AGENT_FULL


BACK = ["CaseResumed letter interruption_over"]


@pytest.mark.parametrize(
    "ends",
    [
        pytest.param(resolve("call", "mia", 30), id="is resolved"),
        pytest.param(commands.ReleaseCase("call", "mia", "", t(30)), id="is released"),
        pytest.param(commands.TransferCase("call", "mia", "other", None, "", t(30)), id="is transferred"),
        pytest.param(commands.EscalateCase("call", "mia", "other", None, "hard", t(30)), id="is escalated"),
        pytest.param(commands.AssignCase("call", "", "ben", "", True, t(30)), id="is given to somebody else"),
        pytest.param(commands.JoinCases("other-case", "call", "", t(30)), id="is joined into another"),
        pytest.param(pend("call", "mia", 900, 30), id="waits for its customer"),
    ],
)
def test_an_interrupted_case_goes_on_once_what_interrupted_it(ends: commands.Command) -> None:
    shard = interrupted()
    run(shard, register("ben"), queue("other"), letter("other-case", 21, "other"))
    facts = run(shard, ends)
    assert [line for line in summary(facts) if "letter" in line] == BACK
    assert isinstance(shard.cases["letter"].stage, Accepted)
    assert not shard.interrupted


def test_an_interrupted_case_goes_on_when_the_customer_takes_back_what_interrupted_it() -> None:
    shard = Shard()
    run(shard, policy(**SETTINGS | {"interrupts": (DIRECT,)}), register("mia"), presence("mia"))
    run(shard, post("p1", by="ann"), accept("case-p1", "mia", at=1))
    run(shard, post("p3", by="cat", at=10, kind=PostKind.DIRECT_MESSAGE), accept("case-p3", "mia", at=12))
    assert waits_for(shard, "case-p1") == "case-p3"
    facts = run(shard, commands.DetachPost("p3", t(15)))
    assert "CaseResumed case-p1 interruption_over" in summary(facts)


def test_an_interrupted_case_whose_customer_takes_it_back_is_over() -> None:
    shard = Shard()
    run(shard, policy(**SETTINGS | {"interrupts": (DIRECT,)}), register("mia"), presence("mia"))
    run(shard, post("p1", by="ann"), accept("case-p1", "mia", at=1))
    run(shard, post("p3", by="cat", at=10, kind=PostKind.DIRECT_MESSAGE), accept("case-p3", "mia", at=12))
    run(shard, commands.DetachPost("p1", t(15)))
    assert isinstance(shard.cases["case-p1"].stage, Withdrawn)
    assert not shard.interrupted
    assert shard.agents["mia"].load == 1


def test_a_link_that_joins_what_interrupted_with_another_case_leaves_nobody_waiting_for_it() -> None:
    shard = Shard()
    rows = (DIRECT, Interrupts("", PostKind.MENTION, (ChannelKind("", PostKind.POST),)))
    run(shard, policy(**SETTINGS | {"interrupts": rows}), register("mia"), register("ben"), presence("mia"))
    run(shard, post("p1", by="ann"), accept("case-p1", "mia", at=1))
    run(shard, post("p3", by="cat", at=10, kind=PostKind.MENTION), accept("case-p3", "mia", at=12))
    run(shard, presence("ben", at=13), post("p0", by="cat", at=14), accept("case-p0", "ben", at=15))
    facts = run(shard, post("p4", "p3", "p0", by="cat", at=20))
    gone = {one.joined_case_id for one in facts if isinstance(one, events.CasesJoined)}
    assert gone
    assert ("CaseResumed case-p1 interruption_over" in summary(facts)) is ("case-p3" in gone)
    assert bool(shard.interrupted) is ("case-p3" not in gone)


def test_an_interrupted_case_goes_on_when_nothing_was_done_in_time_with_what_interrupted_it() -> None:
    shard = at_work("letter")
    run(shard, queue("calls", limits=(60, 0, 0)), call(queue_id="calls"), accept("call", "mia", at=20))
    facts = run(shard, tick(80))
    assert summary(facts)[0] == "CaseReleased call mia"
    assert BACK[0] in summary(facts)


def test_when_its_time_is_up_it_goes_on_where_there_is_room_and_else_waits_in_its_old_place() -> None:
    shard = at_work("letter", "second", capacity=4, rules=policy(**SETTINGS | {"resume_percent": 150}))
    run(shard, letter("third", 3), accept("third", "mia", at=3), letter("fourth", 4), accept("fourth", "mia", at=4))
    run(shard, call(), accept("call", "mia", at=20))
    assert "CaseResumed fourth timer" in summary(run(shard, tick(620)))  # five of six
    shard = interrupted()
    facts = run(shard, tick(620))
    released, queued = facts[:2]
    assert summary(facts)[0] == "CaseReleased letter mia"
    assert isinstance(released, events.CaseReleased)
    assert released.is_crowded_out
    assert isinstance(queued, events.CaseQueued)
    assert (queued.waiting_since, queued.due_at) == (t(0), t(3600))
    assert isinstance(shard.cases["letter"].stage, Queued)
    assert offered(run(shard, resolve("call", "mia", 700))) == [("letter", "mia", ())]


def test_who_waited_for_a_call_longer_than_it_may_does_not_interrupt_and_is_not_interrupted_again() -> None:
    rows = (VOICE, Interrupts("email", PostKind.UNSPECIFIED, (ChannelKind("voice", PostKind.UNSPECIFIED),)))
    shard = at_work("letter", rules=policy(**SETTINGS | {"interrupts": rows}))
    run(shard, call(), accept("call", "mia", at=20))
    assert not offered(run(shard, tick(620)))
    run(shard, resolve("call", "mia", 630), accept("letter", "mia", 2, 640))
    assert not offered(run(shard, call("second", 650)))
    assert shard.cases["letter"].was_interrupted


def test_once_its_customer_is_answered_a_case_may_be_interrupted_again() -> None:
    shard = Shard()
    run(shard, policy(**SETTINGS | {"interrupts": (DIRECT,)}), register("mia"), presence("mia"))
    run(shard, post("p1", by="ann"), accept("case-p1", "mia", at=1))
    run(shard, post("p3", by="cat", at=10, kind=PostKind.DIRECT_MESSAGE), accept("case-p3", "mia", at=12))
    run(shard, resolve("case-p3", "mia", 15))
    assert not offered(run(shard, post("p4", by="dan", at=20, kind=PostKind.DIRECT_MESSAGE)))
    facts = run(shard, answer("a1", "p1", at=30))
    assert offered(facts) == [("case-p4", "mia", ("case-p1",))]


def test_what_interrupted_is_not_interrupted_itself() -> None:
    rows = (VOICE, Interrupts("alarm", PostKind.UNSPECIFIED, (ChannelKind("voice", PostKind.UNSPECIFIED),)))
    shard = at_work("letter", rules=policy(**SETTINGS | {"interrupts": rows}))
    run(shard, call(), accept("call", "mia", at=20))
    assert not offered(run(shard, open_case("alarm", channel="alarm", at=30)))


def case_of(shard: Shard, case_id: str = "letter") -> Case:
    """A case as it is."""
    return shard.cases[case_id]


def stays(shard: Shard) -> None:
    """The letter waits for the call still, until then."""
    assert waits_for(shard, "letter") == "call"
    assert next_due(shard) == t(620)


def test_what_its_customer_writes_is_seen_when_it_goes_on() -> None:
    shard = Shard()
    run(shard, policy(**SETTINGS | {"interrupts": (DIRECT,)}), register("mia"), presence("mia"))
    run(shard, post("p1", by="ann"), accept("case-p1", "mia", at=1))
    run(shard, post("p3", by="cat", at=10, kind=PostKind.DIRECT_MESSAGE), accept("case-p3", "mia", at=12))
    run(shard, post("p2", "p1", by="ann", at=15))
    assert waits_for(shard, "case-p1") == "case-p3"
    assert shard.cases["case-p1"].owed_since == t(0)


def test_its_agent_may_go_on_with_it_where_there_is_room_and_is_told_where_there_is_none() -> None:
    shard = interrupted()
    resumed = commands.ResumeCase("letter", "mia", t(30))
    with pytest.raises(Rejected, match="no room") as refused:
        decide(resumed, shard)
    assert refused.value.reason == Reason.AGENT_FULL
    stays(shard)
    shard = at_work("l1", "l2", "l3", "l4", rules=policy(**SETTINGS))
    run(shard, call(), accept("call", "mia", at=20))
    assert summary(run(shard, commands.ResumeCase("l4", "mia", t(30)))) == ["CaseResumed l4 agent"]
    assert isinstance(shard.cases["call"].stage, Accepted)


@pytest.mark.parametrize(
    ("act", "stage"),
    [
        pytest.param(pend("letter", "mia", 900, 30), Pending, id="its agent lets it wait for its customer"),
        pytest.param(resolve("letter", "mia", 30), Resolved, id="its agent settles it"),
        pytest.param(commands.ReleaseCase("letter", "mia", "", t(30)), Queued, id="its agent gives it back"),
        pytest.param(commands.TransferCase("letter", "", "other", None, "", t(30)), Queued, id="it is transferred"),
        pytest.param(commands.EscalateCase("letter", "", "other", None, "", t(30)), Queued, id="it is escalated"),
        pytest.param(commands.AssignCase("letter", "", "ben", "", True, t(30)), Accepted, id="a supervisor moves it"),
    ],
)
def test_it_waits_for_the_call_no_more_once(act: commands.Command, stage: type[object]) -> None:
    shard = interrupted()
    run(shard, register("ben"), queue("other"), act)
    assert isinstance(case_of(shard).stage, stage)
    assert waits_for(shard, "letter") == ""
    assert not shard.interrupted
    assert not [line for line in summary(run(shard, resolve("call", "mia", 40))) if line.startswith("CaseResumed")]


@pytest.mark.parametrize(
    "act",
    [
        pytest.param(
            commands.AssignCase("letter", "", "mia", "", True, t(30)), id="a supervisor gives it to its agent"
        ),
        pytest.param(commands.TransferCase("letter", "", "", 2, "", t(30)), id="its urgency is another"),
        pytest.param(commands.JoinCases("letter", "other-case", "", t(30)), id="another case is joined into it"),
        pytest.param(presence("mia", Presence.AWAY, 30), id="its agent is away"),
        pytest.param(policy(30, interrupts=()), id="the matrix is gone"),
        pytest.param(commands.ChangeAgent("mia", None, None, 5, None, t(30)), id="its agent has more capacity"),
    ],
)
def test_it_waits_for_the_call_still_when(act: commands.Command) -> None:
    shard = interrupted()
    run(shard, queue("other"), letter("other-case", 21, "other"), act)
    assert waits_for(shard, "letter") == "call"
    after = load(whole(shard))
    assert after.interrupted == {"call": ("letter",)}


def test_capacity_is_not_lowered_below_what_is_in_use_with_it() -> None:
    shard = at_work("l1", "l2", "l3", "l4")
    run(shard, call(), accept("call", "mia", at=20))
    with pytest.raises(Rejected) as refused:
        decide(commands.ChangeAgent("mia", None, None, 3, None, t(30)), shard)
    assert refused.value.reason == Reason.CAPACITY_IN_USE


def test_who_leaves_leaves_neither_the_call_nor_the_letter_behind() -> None:
    for leaves in (commands.DrainAgent("mia", t(40), t(40)), commands.DeleteAgent("mia", t(40))):
        shard = interrupted()
        run(shard, leaves, tick(41))
        assert isinstance(shard.cases["letter"].stage, Queued)
        assert isinstance(shard.cases["call"].stage, Queued)
        assert not shard.interrupted
        place = shard.cases["letter"].wait
        assert place is not None
        assert place.waiting_since == t(0)


def test_who_goes_away_is_asked_nothing_any_more() -> None:
    shard = at_work("letter")
    run(shard, call())
    facts = run(shard, presence("mia", Presence.AWAY, 12))
    assert "OfferRescinded call mia AGENT_LEFT" in summary(facts)
    assert shard.agents["mia"].interrupted_for == ""


def test_an_interrupted_case_that_is_joined_into_another_is_given_up_and_waits_in_line_there() -> None:
    shard = interrupted()
    run(shard, queue("other"), letter("other-case", 21, "other"), commands.JoinCases("other-case", "letter", "", t(30)))
    assert isinstance(shard.cases["letter"].stage, Joined)
    assert not shard.interrupted
    assert [one.case_id for one in shard.agents["mia"].work] == ["call"]
    assert offered(run(shard, resolve("call", "mia", 40))) == [("other-case", "mia", ())]


def test_a_split_case_goes_its_way_and_the_other_one_waits_on() -> None:
    shard = interrupted()
    run(shard, queue("other"), letter("other-case", 21, "other"), commands.JoinCases("letter", "other-case", "", t(30)))
    run(shard, commands.SplitCase("other-case", "", t(40)))
    assert isinstance(shard.cases["other-case"].stage, Queued)
    assert waits_for(shard, "letter") == "call"


def test_the_time_its_agent_had_left_to_act_goes_on_with_it() -> None:
    shard = Shard()
    run(shard, MATRIX, queue("letters", limits=(100, 0, 0)), register("mia"), presence("mia"))
    run(shard, letter("letter", 0, "letters"), accept("letter", "mia", at=5), call(), accept("call", "mia", at=25))
    run(shard, resolve("call", "mia", 200))
    stage = shard.cases["letter"].stage
    assert isinstance(stage, Accepted)
    assert (stage.reply_due_at, stage.waiting_since) == (t(280), t(0))


def test_of_an_interrupted_case_whose_customer_was_erased_nothing_is_written_and_it_is_settled() -> None:
    shard = interrupted()
    with pytest.raises(Rejected) as refused:
        decide(commands.NoteCase("letter", "mia", "n1", None, t(30)), shard)
    assert refused.value.reason == Reason.CUSTOMER_ERASED
    run(shard, resolve("letter", "mia", 31))
    assert isinstance(shard.cases["letter"].stage, Resolved)
    assert not shard.interrupted


def test_a_reply_while_it_waits_is_an_act_and_leaves_it_waiting() -> None:
    shard = Shard()
    run(shard, policy(**SETTINGS | {"interrupts": (DIRECT,)}), queue(limits=(100, 0, 0)), register("mia"))
    run(shard, presence("mia"), post("p1", by="ann"), accept("case-p1", "mia", at=1))
    run(shard, post("p3", by="cat", at=10, kind=PostKind.DIRECT_MESSAGE), accept("case-p3", "mia", at=12))
    run(shard, reply("case-p1", "mia", at=15))
    assert waits_for(shard, "case-p1") == "case-p3"
    run(shard, resolve("case-p3", "mia", 30))
    stage = shard.cases["case-p1"].stage
    assert isinstance(stage, Accepted)
    assert stage.reply_due_at is None


def test_a_call_is_offered_to_one_agent_although_its_queue_is_wide() -> None:
    shard = at_work("letter")
    run(shard, queue("calls", width=3), register("ben"), presence("ben"), letter("second", 2))
    run(shard, accept("second", "ben", at=3))
    facts = run(shard, call(queue_id="calls"))
    assert len(offered(facts)) == 1
    assert isinstance(shard.cases["call"].stage, Offered)


def test_a_matrix_that_frees_nobody_is_refused() -> None:
    with pytest.raises(Rejected, match="set pending_percent below 100") as refused:
        decide(policy(interrupts=(VOICE,)), Shard())
    assert refused.value.reason == Reason.INTERRUPTION_FREES_NOTHING
    shard = Shard()
    run(shard, MATRIX)
    with pytest.raises(Rejected):
        decide(policy(1, pending_percent=100), shard)


def why(shard: Shard, case_id: str = "call", at: float = 30) -> dict[str, tuple[bool, str, tuple[str, ...]]]:
    """Of each agent whether it may take a case, why, and what would wait."""
    found = explain(shard, shard.cases[case_id], t(at))
    return {one.agent_id: (one.eligible, one.sentence, one.interrupts) for one in found.candidates}


def test_an_explanation_says_what_an_offer_would_interrupt_and_then_what_waits_until_when() -> None:
    shard = at_work("letter")
    run(shard, register("ben"), call())
    told = explain(shard, shard.cases["call"], t(15))
    assert told.summary == "case call is offered to mia; once it is accepted, case letter would wait for it"
    run(shard, accept("call", "mia", at=20))
    waiting = "case letter is with mia and waits for case call, until 2026-09-21 14:23:40 UTC at most"
    assert explain(shard, shard.cases["call"], t(25)).summary == f"case call is with mia; {waiting}"
    assert explain(shard, shard.cases["letter"], t(25)).summary == waiting


def test_an_explanation_of_an_offer_says_what_it_would_interrupt_and_why_of_whom() -> None:
    shard = at_work("letter")
    run(shard, presence("mia", Presence.BUSY, 5), call())
    there, made = decide(presence("mia", at=10), shard)
    evolve(shard, there)
    assert isinstance(made, events.CaseOffered)
    told = explain_offer(shard, made)
    assert "was offered to mia, who ranked first of 1 who could take it; case letter would wait for it" in told.summary
    assert told.candidates[0].interrupts == ("letter",)
    assert told.candidates[0].sentence == "was offered it, and case letter would wait for it"


def test_an_explanation_says_why_an_agent_is_not_interrupted() -> None:
    quiet = commands.CreateQueue("quiet", "", 3600, 60, (), t(0), is_uninterruptible=True)
    shard = Shard()
    run(shard, NARROW, quiet)
    for agent_id, case in (
        ("ann", open_case("other", channel="x")),
        ("ben", letter("calm", queue_id="quiet")),
        ("cat", letter("full")),
    ):
        run(shard, register(agent_id), presence(agent_id), case, accept(case.case_id, agent_id, at=1))
    run(shard, call())
    why_not = "has 1 of 1 units in use, and is not interrupted for it: "
    assert why(shard) == {
        "ann": (False, f"{why_not}case other is none that voice interrupts", ()),
        "ben": (False, f"{why_not}case calm is not interruptible", ()),
        "cat": (False, f"{why_not}what could wait makes no room", ()),
    }
    shard = interrupted()
    run(shard, call("second", 30), open_case("chat", channel="chat", at=30))
    busy = "has 2 of 1 units in use, and is not interrupted again before case call is done"
    assert why(shard, "second") == {"mia": (False, busy, ())}
    run(shard, resolve("call", "mia", 40))
    assert why(shard, "second")["mia"][1] == (
        f"{why_not}case letter was interrupted before, and its customer is not answered since"
    )
    assert why(shard, "chat")["mia"][1] == "has 1 of 1 units in use, and chat interrupts nothing"


def test_nobody_is_interrupted_for_what_is_there_to_be_claimed() -> None:
    shard = at_work("letter")
    floor = commands.CreateQueue("floor", "", 3600, 60, (), t(0), claim_terms=ClaimTerms(300))
    assert not offered(run(shard, floor, call(queue_id="floor")))
    assert why(shard)["mia"][::2] == (False, ())


def test_an_explanation_says_who_would_be_interrupted_behind_who_has_room() -> None:
    shard = at_work("letter")
    run(shard, register("ben"), presence("ben"), call())
    assert why(shard)["mia"] == (
        True,
        "could take it, and case letter would wait for it; ben ranked before",
        ("letter",),
    )


def test_what_is_shown_of_cases_and_offers_says_what_waits_for_what() -> None:
    shard = at_work("letter")
    run(shard, call())
    shown = case_message("acme", shard.cases["call"])
    assert list(shown.offer.interrupts) == ["tenants/acme/cases/letter"]
    run(shard, accept("call", "mia", at=20))
    shown = case_message("acme", shard.cases["call"])
    assert (list(shown.interrupts), shown.interrupted_by) == (["tenants/acme/cases/letter"], "")
    shown = case_message("acme", shard.cases["letter"])
    assert shown.interrupted_by == "tenants/acme/cases/call"
    assert (shown.state, shown.waiting_for) == (api.CASE_STATE_PENDING, events_pb2.WAITING_FOR_INTERRUPTED)
    assert shown.pending_until.ToMicroseconds() == t(620)


def test_requests_say_a_matrix_and_are_told_all_that_is_wrong_with_it() -> None:
    def asked(*rows: events_pb2.Interrupts, **more: int) -> commands.Command:
        wanted = api.RoutingPolicy(name="tenants/acme/routingPolicy", interrupts=rows, pending_percent=25, **more)
        return command_of(api.UpdateRoutingPolicyRequest(routing_policy=wanted, request_id=A_CASE), t(1))

    kind = events_pb2.ChannelKind
    post_kind = PostKind.DIRECT_MESSAGE.value
    rows = (
        events_pb2.Interrupts(channel="voice", interrupted=[kind(kind=PostKind.POST.value), kind(channel="email")]),
        events_pb2.Interrupts(kind=post_kind, interrupted=[kind(channel="email")]),
    )
    made = asked(*rows)
    assert isinstance(made, commands.ChangePolicy)
    letters = ChannelKind("email", PostKind.UNSPECIFIED)
    assert made.interrupts == (
        Interrupts("", PostKind.DIRECT_MESSAGE, (letters,)),
        Interrupts("voice", PostKind.UNSPECIFIED, (ChannelKind("", PostKind.POST), letters)),
    )
    run(shard := Shard(), made)
    assert policy_of(decide(policy(2, interrupted_s=5), shard)[0]).interrupts == made.interrupts  # type: ignore[arg-type]
    shown = policy_message("acme", shard.policy)
    assert sorted(row.channel for row in shown.interrupts) == ["", "voice"]
    bad = (
        events_pb2.Interrupts(interrupted=[kind(channel="email")]),
        events_pb2.Interrupts(channel="Voice!", interrupted=[kind()]),
        events_pb2.Interrupts(channel="voice", kind=99),  # type: ignore[arg-type]
        events_pb2.Interrupts(channel="chat", interrupted=[kind(channel="x"), kind(channel="x")]),
        events_pb2.Interrupts(channel="chat", interrupted=[kind(channel="x")]),
    )
    with pytest.raises(InvalidRequest) as refused:
        asked(*bad, interrupted_s=86_401)
    at = "routing_policy.interrupts"
    assert {field for field, _ in refused.value.violations} == {
        "routing_policy.interrupted_s",
        at,
        f"{at}[0]",
        f"{at}[1]",
        f"{at}[1].interrupted",
        f"{at}[2].kind",
        f"{at}[2].interrupted",
        f"{at}[3].interrupted",
    }


def test_a_check_says_that_a_matrix_frees_nobody() -> None:
    wrong = missing(Shard(), Policy(interrupts=(VOICE,)), "routing_policy")
    assert wrong == [
        (
            "routing_policy.interrupts",
            "frees nobody while a case that waits takes all of its units; set pending_percent below 100",
        )
    ]


def test_what_a_queue_says_of_interruptions_is_changed_alone() -> None:
    shard = Shard()
    run(shard, queue("letters"))
    asked = api.UpdateQueueRequest(
        queue=api.Queue(name="tenants/acme/queues/letters", uninterruptible=True),
        update_mask=FieldMask(paths=["uninterruptible"]),
        request_id=A_CASE,
    )
    run(shard, command_of(asked, t(1)))
    assert shard.queues["letters"].is_uninterruptible
    assert queue_message("acme", shard.queues["letters"], 0, 0).uninterruptible
