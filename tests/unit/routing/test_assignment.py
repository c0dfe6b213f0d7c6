"""What is done by hand: a case is given to somebody, a reply comes from beside; and a reply to what has changed."""

from __future__ import annotations

from typing import Any

import pytest
from chassis.errors import InvalidRequest, Rejected
from hypothesis import given, settings
from hypothesis import strategies as st
from routing import commands, events
from routing.cases import Accepted, Case, Offered, Pending, etag, holder
from routing.commands import Reason
from routing.decider import decide
from routing.desk_handler import assigned
from routing.shard import Shard, evolve
from routing.terms import Presence, WaitingFor
from switchboard.routing.v1 import desk_pb2 as api

from tests.unit.routing.build import (
    TEXT,
    accept,
    answer,
    decline,
    open_case,
    post,
    presence,
    queue,
    register,
    reply,
    resolve,
    run,
    summary,
    t,
)

AN_ID = "01890a5d-ac96-774b-bcce-b302099a8001"
MIA: list[commands.Command] = [register("mia"), presence("mia")]
BEN: list[commands.Command] = [register("ben"), presence("ben")]
MINE: list[commands.Command] = [*MIA, post("p1"), accept("case-p1", "mia")]


def assign(
    to: str, case_id: str = "case-p1", *, by: str = "", force: bool = False, at: float = 1
) -> commands.AssignCase:
    """Somebody gives a case to somebody."""
    return commands.AssignCase(case_id, by, to, "knows_them", force, t(at))


def barge(agent_id: str, reason: str = "wrong_answer", at: float = 1, tag: str = "") -> commands.ReplyToCase:
    """Somebody replies to case-p1 from beside."""
    return commands.ReplyToCase("case-p1", agent_id, "r9", "", TEXT, 3, True, t(at), reason, tag)


DECIDED = [
    pytest.param(
        [*MINE, *BEN],
        assign("ben", by="mia"),
        ["CaseReleased case-p1 mia", "CaseAssigned case-p1 ben"],
        id="a case goes from one who has it to another",
    ),
    pytest.param(
        [*MIA, post("p1"), *BEN],
        assign("ben"),
        ["OfferRescinded case-p1 mia TAKEN", "CaseAssigned case-p1 ben"],
        id="an open offer of it is taken back",
    ),
    pytest.param(
        [*MIA, post("p1")],
        assign("mia"),
        ["OfferRescinded case-p1 mia TAKEN", "CaseAssigned case-p1 mia"],
        id="also one to the agent who gets it, whose room it takes once",
    ),
    pytest.param(
        [post("p1"), *BEN, decline("case-p1", "ben")],
        assign("ben"),
        ["CaseAssigned case-p1 ben"],
        id="even over a decline",
    ),
    pytest.param(
        [queue("vip"), register("ben", queues=["vip"]), presence("ben"), post("p1")],
        assign("ben"),
        ["CaseAssigned case-p1 ben"],
        id="and to somebody who does not serve its queue",
    ),
    pytest.param(
        [*MINE, *BEN, commands.PendCase("case-p1", "mia", WaitingFor.CUSTOMER, t(60), t(1))],
        assign("ben", at=2),
        ["CaseReleased case-p1 mia", "CaseAssigned case-p1 ben"],
        id="a pending one too",
    ),
    pytest.param(
        [queue("default", width=2), *MIA, *BEN, register("eve"), presence("eve", Presence.BUSY), post("p1")],
        assign("eve"),
        ["OfferRescinded case-p1 ben TAKEN", "OfferRescinded case-p1 mia TAKEN", "CaseAssigned case-p1 eve"],
        id="whoever else it is offered to hears that it is taken",
    ),
    pytest.param(MINE, assign("mia"), [], id="who has it has it"),
    pytest.param(
        [*MINE, register("ben")], assign("ben"), Reason.AGENT_OFFLINE, id="nobody gets it who would not see it"
    ),
    pytest.param(
        [*MINE, register("ben")],
        assign("ben", force=True),
        ["CaseReleased case-p1 mia", "CaseAssigned case-p1 ben"],
        id="but by force",
    ),
    pytest.param(
        [*MINE, register("ben"), presence("ben", Presence.BUSY)],
        assign("ben"),
        ["CaseReleased case-p1 mia", "CaseAssigned case-p1 ben"],
        id="who is busy and there gets it",
    ),
    pytest.param(
        [*MINE, post("p2"), *BEN, accept("case-p2", "ben")],
        assign("ben"),
        Reason.AGENT_FULL,
        id="who has no room does not",
    ),
    pytest.param(
        [*MINE, post("p2"), *BEN, accept("case-p2", "ben")],
        assign("ben", force=True),
        ["CaseReleased case-p1 mia", "CaseAssigned case-p1 ben over capacity"],
        id="but by force, and the fact says so",
    ),
    pytest.param(MINE, assign("eve"), Reason.AGENT_UNKNOWN, id="it goes to somebody there is"),
    pytest.param([*MINE, *BEN], assign("ben", by="eve"), Reason.AGENT_UNKNOWN, id="from somebody there is"),
    pytest.param([*MINE, *BEN], assign("ben", "case-p7"), Reason.CASE_UNKNOWN, id="and is there"),
    pytest.param([*MINE, *BEN, resolve("case-p1", "mia")], assign("ben"), Reason.CASE_CLOSED, id="and open"),
    pytest.param([*MINE, *BEN, post("p2")], assign("ben"), Reason.AGENT_FULL, id="nor has who is offered another"),
    pytest.param([*MINE, *BEN], barge("ben"), ["ReplyRequested case-p1"], id="who says why replies to another's case"),
    pytest.param([*MINE, *BEN], barge("ben", ""), Reason.NOT_YOURS, id="who does not say why does not"),
    pytest.param(MINE, barge("eve"), Reason.AGENT_UNKNOWN, id="nobody barges in who is no agent"),
    pytest.param([post("p1"), *BEN], barge("ben"), Reason.NOT_YOURS, id="what nobody has is taken, not barged into"),
    pytest.param([*MINE, *BEN, resolve("case-p1", "mia")], barge("ben"), Reason.CASE_CLOSED, id="nor what is settled"),
]


@pytest.mark.parametrize(("given_", "when", "then"), DECIDED)
def test_decide(given_: list[commands.Command], when: commands.Command, then: list[str] | Reason) -> None:
    shard = Shard()
    run(shard, *given_)
    if isinstance(then, Reason):
        with pytest.raises(Rejected) as refusal:
            decide(when, shard)
        assert refusal.value.reason == then
        assert refusal.value.resource
    else:
        facts = summary(run(shard, when))
        assert facts[: len(then)] == then
        assert all(line.startswith("CaseOffered") for line in facts[len(then) :])


def test_whose_case_was_taken_gets_the_next_one_at_once() -> None:
    shard = Shard()
    run(shard, *MINE, *BEN, post("p2"), decline("case-p2", "ben"), post("p3"))
    facts = summary(run(shard, commands.SetPresence("ben", Presence.BUSY, t(1)), assign("ben", force=True)))
    assert any(line.startswith("CaseOffered") and " mia " in line for line in facts)


def test_an_act_by_force_is_no_reason_to_refuse_a_change_of_the_agent() -> None:
    shard = Shard()
    run(shard, *MINE, post("p2"), *BEN, accept("case-p2", "ben"), assign("ben", force=True))
    renamed = commands.ChangeAgent("ben", "Benedict", None, None, None, t(2))
    assert summary(run(shard, renamed)) == ["AgentChanged ben"]
    lower = commands.ChangeAgent("mia", None, None, 0, None, t(2))
    assert shard.agents["ben"].load == 2
    assert shard.agents["ben"].free == 0
    assert summary(run(shard, lower)) == ["AgentChanged mia"]


def test_the_time_to_reply_begins_with_the_assignment() -> None:
    shard = Shard()
    run(shard, queue("default", limits=(30, 0, 0)), *MINE, *BEN)
    run(shard, assign("ben", at=20))
    stage = shard.cases["case-p1"].stage
    assert isinstance(stage, Accepted)
    assert stage.reply_due_at == t(50)
    assert "CaseReleased case-p1 ben" in summary(run(shard, commands.Tick(t(50))))


def test_a_reply_from_beside_is_no_act_of_who_has_the_case_and_says_why() -> None:
    shard = Shard()
    run(shard, queue("default", limits=(30, 0, 0)), *MIA, post("p1"), accept("case-p1", "mia"), register("ben"))
    (asked,) = decide(barge("ben"), shard)
    assert isinstance(asked, events.ReplyRequested)
    assert (asked.agent_id, asked.barge_reason) == ("ben", "wrong_answer")
    evolve(shard, asked)
    stage = shard.cases["case-p1"].stage
    assert isinstance(stage, Accepted)
    assert stage.reply_due_at == t(30)
    (own,) = decide(commands.ReplyToCase("case-p1", "mia", "r8", "", TEXT, 3, True, t(1), "for_no_reason"), shard)
    assert isinstance(own, events.ReplyRequested)
    assert own.barge_reason == ""


SAID = [
    pytest.param([post("p2", "p1", at=1)], True, id="the customer writes again"),
    pytest.param([post("p9", at=1, by="other")], False, id="somebody else writes"),
    pytest.param([answer("b1", "p1", at=1)], True, id="a colleague answers on the platform"),
    pytest.param(
        [commands.ReplyToCase("case-p1", "ben", "r1", "", TEXT, 3, True, t(1), "urgent")], True, id="a reply leaves"
    ),
    pytest.param([commands.NoteCase("case-p1", "ben", "n1", TEXT, t(1))], False, id="somebody notes something"),
    pytest.param([commands.SaveDraft("case-p1", "ben", TEXT, 3, t(1))], False, id="somebody writes a draft"),
    pytest.param([post("p3", "p1", at=1), commands.DetachPost("p3", t(1))], False, id="what is said is taken back"),
]


@pytest.mark.parametrize(("meanwhile", "is_refused"), SAID)
def test_a_reply_is_refused_once_if_something_was_said_that_its_writer_has_not_seen(
    meanwhile: list[commands.Command], is_refused: bool
) -> None:
    shard = Shard()
    run(shard, *MINE, *BEN)
    seen = etag(shard.cases["case-p1"])
    run(shard, *meanwhile)
    late = commands.ReplyToCase("case-p1", "mia", "r2", "", TEXT, 3, True, t(2), "", seen)
    if not is_refused:
        assert summary(decide(late, shard)) == ["ReplyRequested case-p1"]
        return
    with pytest.raises(Rejected) as refusal:
        decide(late, shard)
    assert refusal.value.reason == Reason.CASE_CHANGED
    now = etag(shard.cases["case-p1"])
    assert now in str(refusal.value)
    for confirmed in (now, ""):
        again = commands.ReplyToCase("case-p1", "mia", "r2", "", TEXT, 3, True, t(2), "", confirmed)
        assert summary(decide(again, shard)) == ["ReplyRequested case-p1"]


def test_a_reply_that_came_through_is_no_other_when_it_comes_again() -> None:
    shard = Shard()
    run(shard, *MINE)
    asked = commands.ReplyToCase("case-p1", "mia", "r2", "", TEXT, 3, True, t(2), "", etag(shard.cases["case-p1"]))
    run(shard, asked)
    assert decide(asked, shard) == []


ACTS = st.lists(
    st.tuples(st.sampled_from(["assign", "force", "accept", "decline", "release", "post", "pend", "resolve"]),
              st.sampled_from(["mia", "ben"]), st.sampled_from(["p1", "p2", "p3"]), st.integers(1, 3)),
    max_size=25,
)  # fmt: skip


def act(what: str, agent: str, name: str, token: int, at: float) -> commands.Command:
    case: dict[str, Any] = {"case_id": f"case-{name}", "agent_id": agent, "at": t(at)}
    match what:
        case "assign" | "force":
            return assign(agent, f"case-{name}", force=what == "force", at=at)
        case "accept":
            return accept(f"case-{name}", agent, token, at)
        case "decline":
            return decline(f"case-{name}", agent, token, at)
        case "release":
            return commands.ReleaseCase(reason="", **case)
        case "pend":
            return commands.PendCase(waiting_for=WaitingFor.CUSTOMER, until=t(at + 9), **case)
        case "resolve":
            return resolve(f"case-{name}", agent, at)
        case _:
            return post(name, at=at)


@settings(max_examples=60)
@given(ACTS)
def test_nobody_carries_more_than_capacity_and_what_was_given_by_force(acts: list[tuple[str, str, str, int]]) -> None:
    shard, over = Shard(), set[str]()
    run(shard, *MIA, *BEN)
    for number, (what, agent, name, token) in enumerate(acts):
        try:
            facts = run(shard, act(what, agent, name, token, number))
        except Rejected:
            continue
        for fact in facts:
            if isinstance(fact, events.CaseAssigned) and fact.is_over_capacity:
                over.add(fact.case_id)
        held: dict[str, list[Case]] = {"mia": [], "ben": []}
        for case in shard.cases.values():
            if isinstance(case.stage, Offered | Accepted | Pending):
                held[holder(case)].append(case)
        for agent_id, cases in held.items():
            carried = shard.agents[agent_id]
            assert sorted(one.case_id for one in carried.work) == sorted(case.case_id for case in cases)
            assert carried.load <= carried.capacity or over & {case.case_id for case in cases}
            assert carried.free == 0 or carried.load < carried.capacity


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"reason": ""}, ["reason"]),
        ({"reason": "Because I say so"}, ["reason"]),
        ({"supervisor": "tenants/globex/agents/eve"}, ["supervisor"]),
        ({"agent": "", "name": "x", "request_id": ""}, ["request_id", "name", "agent"]),
    ],
)
def test_an_assignment_is_refused_with_all_that_is_wrong_with_it(fields: dict[str, str], wrong: list[str]) -> None:
    given_ = {
        "name": f"tenants/acme/cases/{AN_ID}", "agent": "tenants/acme/agents/ben", "reason": "ill", "request_id": AN_ID,
    }  # fmt: skip
    right = assigned(api.AssignCaseRequest(**given_, supervisor="tenants/acme/agents/mia"), t(0))
    assert right == commands.AssignCase(AN_ID, "mia", "ben", "ill", False, t(0))
    with pytest.raises(InvalidRequest) as refused:
        assigned(api.AssignCaseRequest(**{**given_, **fields}), t(0))
    assert list(dict.fromkeys(field for field, _ in refused.value.violations)) == wrong


def test_a_manual_case_is_given_as_any_other() -> None:
    shard = Shard()
    run(shard, open_case(), *BEN, *MIA)
    facts = summary(run(shard, assign("mia", "m1")))
    assert "CaseAssigned m1 mia" in facts
    run(shard, reply("m1", "mia")) if shard.cases["m1"].identity_id else None
