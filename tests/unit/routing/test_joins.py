"""Cases joined and split by somebody: worked as one, and as if they never had been when that is taken back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import pytest
from cases_by_hand import ByHand, Told
from chassis.errors import Rejected
from hypothesis import given
from hypothesis import strategies as st
from routing import commands, events
from routing.cases import JOINED_MAX, Case, Joined, Queued, is_apart
from routing.commands import Reason
from routing.decider import decide
from routing.explain import explain
from routing.joins import as_joined
from routing.shard import Shard, next_due
from routing.state_codec import load
from routing.terms import PostKind, Requirement, WaitingFor

from tests.unit.routing.build import (
    TEXT,
    accept,
    answer,
    decline,
    open_case,
    post,
    presence,
    queue,
    record,
    register,
    reply,
    resolve,
    run,
    settle,
    sight,
    summary,
    t,
    tick,
    whole,
)
from tests.unit.routing.test_contacts import MANY, cases_of, deliveries, tales
from tests.unit.routing.test_memory import ReadModel

VIP = queue("vip", first_response_s=60)
TWO = [post("p1", by="ann"), post("p2", by="ben", at=1)]
"""Two customers wait."""
MIA = [register("mia"), presence("mia")]


def join(case: str = "case-p2", into: str = "case-p1", agent: str = "", at: float = 9) -> commands.JoinCases:
    """Somebody joins a case into another."""
    return commands.JoinCases(into, case, agent, t(at))


def split(case: str = "case-p2", agent: str = "", at: float = 9) -> commands.SplitCase:
    """Somebody takes that back."""
    return commands.SplitCase(case, agent, t(at))


JOINED = [*TWO, join()]
HELD = [*JOINED, *MIA, accept("case-p1", "mia")]
"""Mia has both."""
OFFERED_FOR_BEN = [*TWO, answer("b1", "p1", at=2), join(), *MIA]
"""Ann's case owes nothing and is offered for Ben's."""
MANUAL = [open_case("m1"), post("p1", by="ann")]


CASES = [
    pytest.param(TWO, join(), ["CasesJoined case-p1 case-p2"], id="a waiting case is joined into a waiting one"),
    pytest.param(TWO, join(agent="ghost"), Reason.AGENT_UNKNOWN, id="by nobody we know nothing is joined"),
    pytest.param(JOINED, split(agent="ghost"), Reason.AGENT_UNKNOWN, id="nor split"),
    pytest.param(JOINED, join(), [], id="joining twice is joining once"),
    pytest.param(JOINED, split(), ["CaseSplit case-p1"], id="what was joined is split"),
    pytest.param(
        [*TWO, answer("b1", "p1", at=2)],
        join(),
        ["CasesJoined case-p1 case-p2", "CaseQueued case-p1 default 0"],
        id="a case that owes nothing waits for what is joined into it",
    ),
    pytest.param(
        [*TWO, answer("b1", "p1", at=2), join()],
        answer("b2", "p2", at=10),
        ["PostAttached case-p2 b2 ANSWER", "JoinedCasePlaced case-p1 case-p2"],
        id="and no longer once that is answered",
    ),
    pytest.param(
        [*TWO, answer("b1", "p1", at=2), join()],
        post("p3", "p1", by="ann", at=10),
        ["PostAttached case-p1 p3", "CaseQueued case-p1 default 0"],
        id="its own customer waits there from when they wrote",
    ),
    pytest.param(
        [*MIA, *TWO[:1], accept("case-p1", "mia"), post("p2", by="ben", at=1)],
        join(),
        ["CasesJoined case-p1 case-p2"],
        id="who has the one has both",
    ),
    pytest.param(
        [*TWO[:1], *MIA, post("p2", by="ben", at=1)],
        join("case-p1", "case-p2"),
        ["OfferRescinded case-p1 mia CASE_SETTLED", "CasesJoined case-p2 case-p1", "CaseOffered case-p2 mia 1"],
        id="an open offer of what is joined is taken back",
    ),
    pytest.param(
        [*TWO[:1], *MIA, accept("case-p1", "mia"), post("p2", by="ben", at=1)],
        join("case-p1", "case-p2"),
        [
            "CaseReleased case-p1 mia",
            "CaseQueued case-p1 default 0",
            "CasesJoined case-p2 case-p1",
            "CaseOffered case-p2 mia 1",
        ],
        id="who has what is joined gives it up",
    ),
    pytest.param(
        [
            register("mia", capacity=2),
            presence("mia"),
            *TWO,
            accept("case-p1", "mia"),
            accept("case-p2", "mia", at=2),
            join(),
        ],
        split(),
        ["CaseSplit case-p1", "CaseOffered case-p2 mia 2"],
        id="and refused nothing: it is offered to who had it as soon as it is split",
    ),
    pytest.param(
        [*TWO, answer("b1", "p1", at=2), join(), *MIA],
        split(),
        ["OfferRescinded case-p1 mia CASE_SETTLED", "CaseSplit case-p1", "CaseOffered case-p2 mia 1"],
        id="after a split nobody is offered what waited for the other only",
    ),
    pytest.param(
        HELD,
        reply("case-p2", "mia", at=10),
        ["ReplyRequested case-p2"],
        id="who has a case replies in what is joined into it",
    ),
    pytest.param(
        HELD,
        commands.ReplyToCase("case-p1", "mia", "r1", "p2", TEXT, 3, True, t(10)),
        Reason.NOT_THE_CUSTOMERS,
        id="and not to one customer from the other's case",
    ),
    pytest.param(
        HELD,
        resolve("case-p1", "mia", at=10),
        ["CaseResolved case-p1 mia", "CaseResolved case-p2 mia", "JoinedCasePlaced case-p1 case-p2"],
        id="what settles a case settles what is joined into it",
    ),
    pytest.param(
        [*HELD, resolve("case-p1", "mia", at=10)],
        post("p3", "p2", by="ben", at=11),
        [
            "PostAttached case-p2 p3",
            "CaseReopened case-p2 customer 2",
            "CaseQueued case-p2 default 0",
            "CaseSplit case-p1",
            "CaseOffered case-p2 mia 1",
        ],
        id="what is settled takes nobody in: whoever writes then goes their own way",
    ),
    pytest.param(
        [*HELD, resolve("case-p1", "mia", at=10)],
        tick(10_000_000),
        ["ResolutionConfirmed case-p1", "CaseSplit case-p1"],
        id="a join lasts until what went on is confirmed",
    ),
    pytest.param(
        JOINED,
        commands.DetachPost("p1", t(10)),
        ["PostUnthreaded p1", "PostDetached case-p1 p1", "CaseWithdrawn case-p1", "CaseSplit case-p1"],
        id="or until its customer takes it back",
    ),
    pytest.param(
        JOINED,
        commands.DetachPost("p2", t(10)),
        ["PostUnthreaded p2", "PostDetached case-p2 p2", "CaseWithdrawn case-p2", "JoinedCasePlaced case-p1 case-p2"],
        id="a customer takes back what was joined",
    ),
    pytest.param(
        [*HELD, commands.PendCase("case-p1", "mia", WaitingFor.CUSTOMER, t(500), t(10)), answer("b2", "p2", at=11)],
        post("p3", "p2", by="ben", at=12),
        [
            "PostAttached case-p2 p3",
            "CaseQueued case-p2 default 0",
            "JoinedCasePlaced case-p1 case-p2",
            "CaseResumed case-p1 joined",
        ],
        id="a case that waits for its customer wakes up for the other one",
    ),
    pytest.param(
        OFFERED_FOR_BEN,
        post("p3", "p1", by="ann", at=10),
        ["PostAttached case-p1 p3", "CaseQueued case-p1 default 0"],
        id="offered for what is joined into it only, it begins to wait for its own customer when they write",
    ),
    pytest.param(
        [*OFFERED_FOR_BEN, post("p3", "p1", by="ann", at=10)],
        split(at=11),
        ["CaseSplit case-p1"],
        id="and is still offered for them after a split",
    ),
    pytest.param(
        [*OFFERED_FOR_BEN, post("p3", "p1", by="ann", at=10), decline("case-p1", "mia", at=11)],
        split(at=12),
        ["CaseSplit case-p1", "CaseOffered case-p2 mia 1"],
        id="or waits for them, in the place that is theirs",
    ),
    pytest.param(
        [VIP, *HELD],
        commands.TransferCase("case-p1", "", "vip", None, "", t(10)),
        ["CaseReleased case-p1 mia", "CaseTransferred case-p1 vip 0", "CaseQueued case-p1 vip 0"],
        id="both are moved as one",
    ),
    pytest.param(
        [VIP, *TWO, answer("b1", "p1", at=2), join()],
        commands.TransferCase("case-p1", "", "vip", None, "", t(10)),
        ["CaseTransferred case-p1 vip 0", "CaseQueued case-p1 vip 0"],
        id="also while only what is joined waits",
    ),
    pytest.param(
        [*HELD, answer("b1", "p1", at=10)],
        commands.ReleaseCase("case-p1", "mia", "", t(11)),
        ["CaseReleased case-p1 mia", "CaseQueued case-p1 default 0"],
        id="given back, it waits for what is joined into it",
    ),
    pytest.param(
        MANUAL, join("m1"), ["CasesJoined case-p1 m1"], id="a case somebody opened by hand is joined as any other"
    ),
    pytest.param(
        [*MANUAL, join("case-p1", "m1")], split("case-p1"), ["CaseSplit m1"], id="or has another joined into it"
    ),
    pytest.param(TWO, join("case-p1", "case-p1"), Reason.CASE_JOINED, id="none is joined into itself"),
    pytest.param(TWO, join("case-p3"), Reason.CASE_UNKNOWN, id="there is no such case"),
    pytest.param(TWO, join(into="case-p3"), Reason.CASE_UNKNOWN, id="nor one to go on in"),
    pytest.param([*JOINED, post("p3", by="cat")], join("case-p3", "case-p2"), Reason.CASE_JOINED, id="a joined case"),
    pytest.param([*JOINED, post("p3", by="cat")], join(into="case-p3"), Reason.CASE_JOINED, id="joined elsewhere"),
    pytest.param(JOINED, join("case-p1", "case-p2"), Reason.CASE_JOINED, id="there are no circles"),
    pytest.param(
        [*JOINED, post("p3", by="cat")], join("case-p1", "case-p3"), Reason.CASE_HAS_JOINED, id="nor are there chains"
    ),
    pytest.param(
        [*TWO[:1], *MIA, accept("case-p1", "mia"), resolve("case-p1", "mia"), *TWO[1:]],
        join(),
        Reason.CASE_CLOSED,
        id="nothing is joined into a settled case",
    ),
    pytest.param(
        [*TWO[:1], *MIA, accept("case-p1", "mia"), resolve("case-p1", "mia"), *TWO[1:]],
        join("case-p1", "case-p2"),
        Reason.CASE_CLOSED,
        id="and none that is settled into another",
    ),
    pytest.param(TWO, split(), Reason.NOT_JOINED, id="what was not joined is not split"),
    pytest.param(JOINED, split("case-p1"), Reason.NOT_JOINED, id="nor what another was joined into"),
    pytest.param(
        [post("p1"), post("p2"), post("p3", "p1", "p2")], split(), Reason.NOT_JOINED, id="nor what a link joined"
    ),
    pytest.param(HELD, resolve("case-p2", "mia"), Reason.CASE_CLOSED, id="it is settled with the other one"),
    pytest.param(JOINED, accept("case-p2", "mia"), Reason.OFFER_GONE, id="and not offered by itself"),
    pytest.param(
        JOINED,
        commands.TransferCase("case-p2", "", "default", 2, "", t(10)),
        Reason.CASE_CLOSED,
        id="nor moved by itself",
    ),
]


LIMITED = [queue(limits=(20, 0, 0)), *HELD]
"""Mia has both, and 20 seconds to do something."""


def test_who_does_nothing_with_joined_cases_in_time_has_them_no_longer() -> None:
    shard = Shard()
    run(shard, *LIMITED)
    due = next_due(shard)
    assert due == t(20)
    run(shard, post("p9", "p2", by="ben", at=10))
    assert next_due(shard) == t(20), "that a customer writes is no act of hers"
    facts = summary(run(shard, tick(20)))
    assert facts[:2] == ["CaseReleased case-p1 mia", "CaseQueued case-p1 default 0"]


@pytest.mark.parametrize("case", ["case-p1", "case-p2"])
def test_what_is_done_with_one_of_joined_cases_is_done_with_all_in_time(case: str) -> None:
    shard = Shard()
    run(shard, *LIMITED, commands.NoteCase(case, "mia", "n1", TEXT, t(10)))
    assert summary(run(shard, tick(20))) == []
    note = commands.NoteCase("case-p2", "ghost", "n2", TEXT, t(10))
    other = Shard()
    run(other, *LIMITED, register("ghost"), note)
    assert next_due(other) == t(20), "what others do is not what she does"


@pytest.mark.parametrize(("given", "when", "then"), CASES)
def test_joins(given: list[commands.Command], when: commands.Command, then: list[str] | Reason) -> None:
    shard = Shard()
    run(shard, *given)
    if isinstance(then, Reason):
        with pytest.raises(Rejected) as refusal:
            decide(when, shard)
        assert refusal.value.reason == then
    else:
        assert summary(decide(when, shard)) == then


def test_what_was_offered_for_another_waits_for_its_own_customer_after_a_split() -> None:
    shard = Shard()
    run(shard, *OFFERED_FOR_BEN, post("p3", "p1", by="ann", at=10), decline("case-p1", "mia", at=11), split(at=12))
    case = shard.cases["case-p1"]
    assert isinstance(case.stage, Queued)
    assert case.wait is not None
    assert case.wait.waiting_since == t(10)


def test_a_queue_that_is_deleted_meanwhile_leaves_nothing_on_what_is_joined() -> None:
    french = (Requirement("lang:fr", 1, hard=True),)
    given = [queue("vip", requirements=french), commands.SetSourceQueue("shop", "vip", t(0)), *TWO]
    gone = [commands.DeleteQueue("vip", True, "default", t(5)), tick(6), tick(7)]
    acted, alone_ = Shard(), Shard()
    run(acted, *given, join(at=4), *gone, split(at=8))
    run(alone_, *given, *gone)
    places = [{one: (c.queue, c.requirements, c.wait) for one, c in s.cases.items()} for s in (acted, alone_)]
    assert places[0] == places[1]


def test_who_joined_and_who_has_both_is_said() -> None:
    shard = Shard()
    facts = run(shard, *MIA, *TWO[:1], accept("case-p1", "mia"), *TWO[1:], join(agent="mia"))
    (fact,) = (fact for fact in facts if isinstance(fact, events.CasesJoined))
    assert (fact.actor, fact.agent_id) == ("agent/mia", "mia")
    (fact,) = (fact for fact in run(shard, split()) if isinstance(fact, events.CaseSplit))
    assert (fact.actor, fact.post_ids) == ("client", ())
    (fact,) = (fact for fact in run(Shard(), *HELD) if isinstance(fact, events.OfferAccepted))
    assert fact.joined_case_ids == ("case-p2",)


def test_a_case_has_at_most_so_many_joined_into_it() -> None:
    shard = Shard()
    run(shard, *(post(f"p{n}", by=f"c{n}") for n in range(1, JOINED_MAX + 3)))
    run(shard, *(join(f"case-p{n}") for n in range(2, JOINED_MAX + 2)))
    with pytest.raises(Rejected) as refusal:
        decide(join(f"case-p{JOINED_MAX + 2}"), shard)
    assert refusal.value.reason == Reason.TOO_MANY_JOINED


def test_nobody_loses_a_place_in_line() -> None:
    shard = Shard()
    urgent = PostKind.DIRECT_MESSAGE
    run(shard, post("p1", by="ann", at=5), post("p2", by="ben", kind=urgent), post("p3", by="cat", at=1), join())
    offered = [fact for fact in run(shard, *MIA) if isinstance(fact, events.CaseOffered)]
    assert [fact.case_id for fact in offered] == ["case-p1"]


def test_what_a_late_link_shows_to_be_one_stays_joined() -> None:
    shard = Shard()
    run(shard, post("p2", by="ben"), post("p1", by="ann", at=1), post("q2", by="ben", at=2))
    run(shard, join("case-q2", "case-p1"), post("q3", "q2", "p2", by="ben", at=10))
    stage = shard.cases["case-p2"].stage
    assert isinstance(stage, Joined)
    assert (stage.into, stage.actor) == ("case-p1", "client")
    assert [one.case_id for one in shard.cases["case-p1"].joined] == ["case-p2"]


def test_two_cases_that_somebody_joined_are_one_when_a_link_shows_it() -> None:
    shard = Shard()
    run(shard, post("p1"), post("p2", at=1), join(), post("p3", "p1", "p2", at=10))
    assert shard.cases["case-p2"].stage == Joined("case-p1")
    assert not shard.cases["case-p1"].joined


def test_a_customer_who_took_all_back_and_writes_again_goes_on_in_the_same_episode_joined_or_not() -> None:
    by_ben = {"by": "ben", "parent": "p1"}
    episodes = []
    for joins in ([], [join()]):
        shard = Shard()
        run(shard, post("p1"), post("p2", "p1", at=1, **by_ben), *joins, post("p3", "p1", at=3, told=False, **by_ben))
        run(shard, commands.DetachPost("p2", t(4)), sight("p3", "shop", 5))
        split_all(shard)
        episodes.append(shard.cases["case-p2"].episode)
    assert episodes == [1, 1]


def test_joined_cases_stay_in_memory_together() -> None:
    shard = Shard(keep_events=3)
    run(shard, *TWO, answer("b1", "p1", at=2), answer("b2", "p2", at=2), join())
    run(shard, *(post(f"x{n}", by="cat", at=20) for n in range(9)))
    assert {"case-p1", "case-p2"} <= shard.cases.keys()
    run(shard, split())
    run(shard, *(post(f"y{n}", by="cat", at=20) for n in range(9)))
    assert not {"case-p1", "case-p2"} & shard.cases.keys()


@st.composite
def acts(draw: st.DrawFn, given: Sequence[commands.Command]) -> list[commands.Command | None]:
    """Where in a sequence somebody joins or splits some of the cases there are then; None is what is given."""
    plan: list[commands.Command | None] = []
    for _ in given:
        plan.append(None)
        for _ in range(draw(st.integers(0, 2))):
            plan.append(commands.JoinCases(str(draw(st.integers(0, 9))), str(draw(st.integers(0, 9))), "", t(10)))
        if draw(st.integers(0, 3)) == 0:
            plan.append(commands.SplitCase(str(draw(st.integers(0, 9))), "", t(10)))
    return plan


def perform(
    shard: Shard, given: Sequence[commands.Command], plan: Iterable[commands.Command | None]
) -> list[events.Event]:
    """What is given with what somebody does in between, on the case of each number; what is refused is not done."""
    facts: list[events.Event] = []
    left = iter(given)
    for act in plan:
        if act is None:
            facts += run(shard, next(left))
            continue
        command = named(act, sorted(shard.cases))
        if command is None:
            continue
        try:
            facts += run(shard, command)
        except Rejected:
            continue
    return facts


@MANY
@given(st.data(), st.integers(4, 12))
def test_a_shard_that_forgets_and_is_refolded_is_the_live_one(data: st.DataObject, keep: int) -> None:
    """Also where what is joined had been forgotten."""
    live, refolded, model = Shard(keep_events=keep), Shard(keep_events=keep), ReadModel()
    given = data.draw(deliveries(data.draw(tales())))
    left = iter(given)
    for act in data.draw(acts(given)):
        model.lend(live)
        command = next(left) if act is None else named(act, sorted(model.cases))
        if command is None:
            continue
        try:
            decided = record(live, decide(command, live))
        except Rejected:
            continue
        decided = [*decided, *settle(live, command.at)]
        model.add(decided)
        record(refolded, decided)
        assert whole(live) == whole(refolded) == whole(load(whole(live)))
        assert live.joins == refolded.joins == load(whole(live)).joins
        assert all(model.cases[case_id] == case for case_id, case in live.cases.items())


def named(act: commands.Command, ids: Sequence[str]) -> commands.Command | None:
    """An act on the cases of its numbers, None while there are none."""
    match act:
        case _ if not ids:
            return None
        case commands.JoinCases(case_id=into, joined_case_id=case_id):
            return join(ids[int(case_id) % len(ids)], ids[int(into) % len(ids)], at=10)
        case commands.SplitCase(case_id=case_id):
            return split(ids[int(case_id) % len(ids)], at=10)
        case _:
            raise TypeError(act)


def split_all(shard: Shard) -> None:
    """Everything that somebody joined is split."""
    for case_id in sorted(shard.joins):
        run(shard, split(case_id, at=10))


WHEN = ("updated_at", "queue", "requirements")
"""What a join leaves behind: when something happened last, and which queue a case would wait in that never waited."""


def bare(case: Case) -> list[object]:
    """A case but for that."""
    return [getattr(case, name) for name in case.__struct_fields__ if name not in WHEN]


@MANY
@given(st.data())
def test_joining_and_splitting_is_never_having_joined(data: st.DataObject) -> None:
    posts = data.draw(tales())
    given = data.draw(deliveries(posts))
    acted, alone = Shard(), Shard()
    perform(acted, given, data.draw(acts(given)))
    split_all(acted)
    run(alone, *given)
    assert cases_of(acted, posts) == cases_of(alone, posts) == ByHand(posts).cases()
    assert {one: bare(case) for one, case in acted.cases.items()} == {
        one: bare(case) for one, case in alone.cases.items()
    }


@MANY
@given(st.data())
def test_a_joined_case_has_the_posts_it_would_have_and_who_waits_is_waited_for(data: st.DataObject) -> None:
    posts: list[Told] = data.draw(tales())
    given = data.draw(deliveries(posts))
    shard = Shard()
    perform(shard, given, data.draw(acts(given)))
    assert cases_of(shard, posts) == ByHand(posts).cases()
    for case in shard.cases.values():
        into = case.stage.into if isinstance(case.stage, Joined) and is_apart(case) else ""
        survivor = shard.cases[into or case.case_id]
        assert into == "" or as_joined(case) in survivor.joined
        if case.owed_since is not None:
            assert isinstance(survivor.stage, Queued)


def test_a_joined_case_is_explained_by_the_one_it_goes_on_in() -> None:
    shard = Shard()
    for command in [*JOINED, *MIA]:
        run(shard, command)
    told = explain(shard, shard.cases["case-p2"], t(10))
    there = explain(shard, shard.cases["case-p1"], t(10))
    assert told.summary.startswith("case case-p2 ")
    assert told.summary.endswith(there.summary)
    assert told.candidates == there.candidates
    assert [(one.agent_id, one.sentence) for one in told.candidates] == [("mia", "is offered it")]
