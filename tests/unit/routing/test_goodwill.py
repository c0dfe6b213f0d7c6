"""What an agent may give a customer by itself, what waits for somebody else, and what nobody may."""

from __future__ import annotations

from typing import Any

import pytest
from chassis.errors import InvalidRequest, Rejected
from google.protobuf.field_mask_pb2 import FieldMask
from hypothesis import given
from hypothesis import strategies as st
from routing import commands
from routing.cases import GRANTS_MAX, Joined, is_dormant
from routing.commands import Reason
from routing.decider import decide
from routing.goodwill import DAY_S, DeskPolicy, limit_of
from routing.goodwill_requests import AMOUNT_MAX, changing, deciding, granting
from routing.recall import recall, recalled
from routing.shard import Shard
from routing.state_codec import load
from routing.terms import GoodwillState, GoodwillTerms, JargonTerm
from switchboard.routing.v1 import desk_pb2 as api
from switchboard.routing.v1 import events_pb2

from tests.unit.routing.build import (
    accept,
    open_case,
    post,
    presence,
    queue,
    register,
    resolve,
    run,
    summary,
    t,
    tick,
    whole,
)

ID = "01890a5d-ac96-774b-bcce-b302099a8001"
CASE = f"tenants/acme/cases/{ID}"
ALL, POINTS = GoodwillTerms("", "", "EUR", 2_000, 5_000), GoodwillTerms("", "", "points", 10, 10)


def setting(*limits: GoodwillTerms, approvers: tuple[str, ...] = (), at: float = 0) -> commands.ChangeDeskPolicy:
    """What agents may grant."""
    return commands.ChangeDeskPolicy(limits, approvers, None, t(at))


def grant(
    amount: int,
    grant_id: str = "g1",
    agent_id: str = "mia",
    case_id: str = "case-p1",
    unit: str = "EUR",
    at: float = 1,
    asks: bool = False,
) -> commands.GrantGoodwill:
    """An agent grants something."""
    return commands.GrantGoodwill(case_id, agent_id, grant_id, unit, amount, "late", asks, t(at))


def word(approves: bool, by: str = "sue", grant_id: str = "g1", at: float = 2) -> commands.DecideGoodwill:
    """Somebody says yes or no."""
    return commands.DecideGoodwill("case-p1", grant_id, by, approves, "fair", t(at))


MINE: list[commands.Command] = [
    register("mia", 9),
    presence("mia"),
    register("ben"),
    register("sue"),
    post("p1"),
    accept("case-p1", "mia"),
    setting(ALL, POINTS),
]
ASKED = [*MINE, grant(9_000, asks=True)]

DECIDED = [
    pytest.param(MINE, grant(2_000), ["GoodwillGranted case-p1"], id="within its limit an agent grants by itself"),
    pytest.param(MINE, grant(2_001), Reason.OVER_LIMIT, id="above it it does not"),
    pytest.param(MINE, grant(2_001, asks=True), ["GoodwillAsked case-p1"], id="but it may ask"),
    pytest.param(MINE, grant(2_000, asks=True), ["GoodwillGranted case-p1"], id="who may grant need not ask"),
    pytest.param(
        [*MINE, grant(1_500)], grant(501, "g2"), Reason.OVER_LIMIT, id="a case's limit is of all grants of it"
    ),
    pytest.param([*MINE, grant(1_500)], grant(500, "g2"), ["GoodwillGranted case-p1"], id="to the last cent"),
    pytest.param(
        [*MINE, grant(1_500)], grant(10, "g2", unit="points"), ["GoodwillGranted case-p1"], id="each unit has its own"
    ),
    pytest.param(MINE, grant(1, unit="USD"), Reason.OVER_LIMIT, id="a unit nobody named is not granted"),
    pytest.param(MINE[:-1], grant(1), Reason.OVER_LIMIT, id="without limits nothing is"),
    pytest.param([*MINE, grant(2_000)], grant(2_000), [], id="granting twice is granting once"),
    pytest.param(MINE, grant(1, agent_id="ben"), Reason.NOT_YOURS, id="only who has the case grants"),
    pytest.param(MINE, grant(1, case_id="case-p2"), Reason.CASE_UNKNOWN, id="in a case there is"),
    pytest.param([*MINE, resolve("case-p1", "mia")], grant(1), Reason.CASE_CLOSED, id="that is not settled"),
    pytest.param(
        [*MINE, open_case("m1"), accept("m1", "mia")], grant(1, case_id="m1"), Reason.NO_CUSTOMER, id="to a customer"
    ),
    pytest.param(ASKED, word(True), ["GoodwillApproved case-p1"], id="somebody else approves"),
    pytest.param(ASKED, word(False), ["GoodwillRefused case-p1"], id="or refuses"),
    pytest.param(ASKED, word(True, by="mia"), Reason.GOODWILL_OWN, id="nobody approves their own"),
    pytest.param(ASKED, word(True, by="eve"), Reason.AGENT_UNKNOWN, id="whoever approves is an agent"),
    pytest.param(
        [*ASKED, setting(ALL, approvers=("sue",))], word(True, by="ben"), Reason.NOT_APPROVER, id="of those who may"
    ),
    pytest.param(
        [*ASKED, setting(ALL, approvers=("sue",))], word(True), ["GoodwillApproved case-p1"], id="who are named"
    ),
    pytest.param([*ASKED, word(True)], word(True), [], id="approving twice is approving once"),
    pytest.param([*ASKED, word(True)], word(False), Reason.GOODWILL_DECIDED, id="what was approved is not refused"),
    pytest.param([*ASKED, word(False)], word(True, by="ben"), Reason.GOODWILL_DECIDED, id="nor the other way round"),
    pytest.param([*MINE, grant(1)], word(True), Reason.GOODWILL_DECIDED, id="what is granted waits for nobody"),
    pytest.param(MINE, word(True), Reason.GOODWILL_UNKNOWN, id="what nobody asked for is not there"),
    pytest.param(
        [*ASKED, resolve("case-p1", "mia")], word(True), ["GoodwillApproved case-p1"], id="a settled case's waits on"
    ),
    pytest.param(
        [*ASKED, word(True)],
        grant(2_000, "g2"),
        ["GoodwillGranted case-p1"],
        id="what was approved takes nothing of a limit",
    ),
    pytest.param(
        [*MINE, *(grant(1, f"g{n}") for n in range(GRANTS_MAX))],
        grant(1, "more"),
        Reason.TOO_MUCH_GOODWILL,
        id="there is a limit",
    ),
    pytest.param(
        [*MINE, setting(ALL, POINTS, at=5)], setting(ALL, POINTS, at=6), [], id="settings that are so already"
    ),
    pytest.param(
        [], setting(GoodwillTerms("mia", "", "EUR", 1, 1)), Reason.AGENT_UNKNOWN, id="limits of agents there are"
    ),
    pytest.param([], setting(approvers=("sue",)), Reason.AGENT_UNKNOWN, id="approvers too"),
    pytest.param([], setting(GoodwillTerms("", "vip", "EUR", 1, 1)), Reason.QUEUE_UNKNOWN, id="and of queues"),
]


@pytest.mark.parametrize(("given_", "when", "then"), DECIDED)
def test_decide(given_: list[commands.Command], when: commands.Command, then: list[str] | Reason) -> None:
    shard = Shard()
    run(shard, *given_)
    if isinstance(then, Reason):
        with pytest.raises(Rejected) as refusal:
            decide(when, shard)
        assert refusal.value.reason == then
    else:
        assert summary(run(shard, when)) == then


def test_a_refusal_says_what_is_left() -> None:
    shard = Shard()
    run(shard, *MINE, grant(1_500))
    with pytest.raises(Rejected) as refusal:
        decide(grant(700, "g2"), shard)
    assert "500 EUR are left, of 2000 a case and 5000 a day" in str(refusal.value)


def test_a_day_is_the_last_24_hours_of_an_agent_wherever_it_grants() -> None:
    shard = Shard()
    run(shard, *MINE)
    for number in range(2, 5):
        run(shard, post(f"p{number}", by=f"c{number}", at=1), accept(f"case-p{number}", "mia", at=1))
    run(
        shard,
        grant(2_000),
        grant(2_000, "g2", case_id="case-p2", at=100),
        grant(1_000, "g3", case_id="case-p3", at=200),
    )
    with pytest.raises(Rejected):
        decide(grant(1, "g4", case_id="case-p4", at=DAY_S), shard)
    assert summary(run(shard, grant(2_000, "g4", case_id="case-p4", at=1 + DAY_S))) == ["GoodwillGranted case-p4"]


NEAR = [
    GoodwillTerms("", "", "EUR", 1, 9),
    GoodwillTerms("", "vip", "EUR", 2, 9),
    GoodwillTerms("mia", "", "EUR", 3, 9),
    GoodwillTerms("mia", "vip", "EUR", 4, 9),
    GoodwillTerms("ben", "", "EUR", 9, 9),
]


@pytest.mark.parametrize(("known", "then"), [(1, 1), (2, 2), (3, 3), (4, 4), (5, 4), (0, 0)])
def test_the_nearest_limit_counts(known: int, then: int) -> None:
    policy = DeskPolicy(tuple(NEAR[:known]))
    assert limit_of(policy, ("mia", "vip"), "EUR", (), ()).left == then


@given(st.lists(st.tuples(st.integers(1, 3_000), st.booleans(), st.integers(0, 2 * DAY_S)), max_size=25))
def test_no_case_and_no_day_has_more_than_its_limit_by_itself(asked: list[tuple[int, bool, int]]) -> None:
    shard, now, given_alone = Shard(), 1, list[tuple[int, int]]()
    run(shard, *MINE)
    for number, (amount, asks, later) in enumerate(asked):
        now += later
        try:
            run(shard, grant(amount, f"g{number}", at=now, asks=asks))
        except Rejected:
            continue
        found = shard.cases["case-p1"].goodwill[-1]
        if found.state is GoodwillState.GRANTED:
            given_alone.append((now, amount))
    assert sum(amount for _, amount in given_alone) <= ALL.per_case
    for at, _ in given_alone:
        assert sum(amount for then, amount in given_alone if at - DAY_S < then <= at) <= ALL.per_day


def test_what_waits_keeps_its_case_awake_and_comes_back_with_it() -> None:
    shard = Shard()
    run(shard, *ASKED, resolve("case-p1", "mia", at=3), tick(3 + 2 * DAY_S))
    assert not is_dormant(shard.cases["case-p1"])
    run(shard, word(True, at=4 + 2 * DAY_S))
    case = shard.cases["case-p1"]
    assert is_dormant(case)
    assert recalled(recall(case, "p1", case.updated_at)) == case
    again = load(whole(shard))
    assert (again.desk_policy, again.granted, whole(again)) == (shard.desk_policy, shard.granted, whole(shard))


def test_what_was_granted_goes_on_with_its_case_and_counts_for_its_limit() -> None:
    shard = Shard()
    run(shard, *MINE, post("p2", at=1), accept("case-p2", "mia", at=1))
    run(
        shard, grant(1_500), grant(9_000, "g2", case_id="case-p2", asks=True), grant(400, "g3", case_id="case-p2", at=3)
    )
    run(shard, post("p3", "p1", "p2", at=4))
    gone, goes_on = sorted(
        ("case-p1", "case-p2"), key=lambda one: isinstance(shard.cases[one].stage, Joined), reverse=True
    )
    assert shard.cases[gone].goodwill == ()
    assert [one.grant_id for one in shard.cases[goes_on].goodwill] == ["g1", "g2", "g3"]
    with pytest.raises(Rejected) as refusal:
        decide(grant(101, "g4", case_id=goes_on, at=5), shard)
    assert "100 EUR are left" in str(refusal.value)
    decided = commands.DecideGoodwill(goes_on, "g2", "sue", True, "fair", t(6))
    assert summary(run(shard, decided)) == [f"GoodwillApproved {goes_on}"]


def test_who_is_gone_has_granted_nothing_today() -> None:
    shard = Shard()
    run(shard, *MINE, grant(1_000), commands.DeleteAgent("mia", t(2)))
    assert shard.granted == {}


def asking(**fields: Any) -> api.GrantGoodwillRequest:
    """A grant, right but for what is given."""
    what = {"unit": "EUR", "amount": 5, "reason": "late"}
    usual = {"name": CASE, "agent": "tenants/acme/agents/mia", "request_id": ID, **what}
    return api.GrantGoodwillRequest(**{**usual, **fields})


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"unit": "euro"}, ["unit"]),
        ({"unit": "POINTS"}, ["unit"]),
        ({"amount": 0}, ["amount"]),
        ({"amount": -5}, ["amount"]),
        ({"amount": AMOUNT_MAX + 1}, ["amount"]),
        ({"reason": "Because!"}, ["reason"]),
        ({"agent": "tenants/globex/agents/mia"}, ["agent"]),
        ({"request_id": "", "name": "x", "unit": "", "amount": 0}, ["request_id", "name", "name", "unit", "amount"]),
    ],
)
def test_a_grant_is_refused_with_all_that_is_wrong_with_it(fields: dict[str, Any], wrong: list[str]) -> None:
    assert granting(asking(), t(0)).grant_id == granting(asking(amount=6), t(1)).grant_id
    with pytest.raises(InvalidRequest) as refused:
        granting(asking(**fields), t(0))
    assert sorted({field for field, _ in refused.value.violations}) == sorted(set(wrong))


def test_a_word_names_what_it_is_about() -> None:
    given_ = {"name": f"{CASE}/goodwill/{ID}", "agent": "tenants/acme/agents/sue", "reason": "fair", "request_id": ID}
    yes, no = deciding(api.ApproveGoodwillRequest(**given_), t(0)), deciding(api.RefuseGoodwillRequest(**given_), t(0))
    assert (yes.case_id, yes.grant_id, yes.by_agent_id) == (ID, ID, "sue")
    assert (yes.approves, no.approves) == (True, False)
    with pytest.raises(InvalidRequest) as refused:
        deciding(api.ApproveGoodwillRequest(name=CASE, agent="sue", request_id=ID), t(0))
    assert {field for field, _ in refused.value.violations} == {"name", "agent", "reason"}


def policy(**fields: Any) -> api.UpdateDeskPolicyRequest:
    """Settings of desks."""
    given_ = api.DeskPolicy(name="tenants/acme/deskPolicy", **fields)
    return api.UpdateDeskPolicyRequest(desk_policy=given_, update_mask=FieldMask(paths=["*"]), request_id=ID)


LIMIT = api.GoodwillLimit(agent="tenants/acme/agents/mia", unit="EUR", per_case=5, per_day=9)


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"goodwill_limits": [LIMIT, LIMIT]}, "goodwill_limits"),
        ({"goodwill_limits": [api.GoodwillLimit(unit="eur")]}, "goodwill_limits"),
        ({"goodwill_limits": [api.GoodwillLimit(unit="EUR", per_day=-1)]}, "goodwill_limits"),
        ({"goodwill_limits": [api.GoodwillLimit(unit="EUR", queue="vip")]}, "goodwill_limits"),
        ({"goodwill_approvers": ["sue"]}, "goodwill_approvers"),
        ({"jargon": [events_pb2.JargonTerm(term=" ")]}, "jargon"),
        ({"jargon": [events_pb2.JargonTerm(term="SLA"), events_pb2.JargonTerm(term="sla")]}, "jargon"),
        ({"jargon": [events_pb2.JargonTerm(term="x" * 61)]}, "jargon"),
    ],
)
def test_settings_are_refused_with_what_is_wrong_with_them(fields: dict[str, Any], wrong: str) -> None:
    right = changing(policy(goodwill_limits=[LIMIT], jargon=[events_pb2.JargonTerm(term="SLA", instead="delay")]), t(0))
    assert right.limits == (GoodwillTerms("mia", "", "EUR", 5, 9),)
    assert (right.approvers, right.jargon) == ((), (JargonTerm("SLA", "delay"),))
    with pytest.raises(InvalidRequest) as refused:
        changing(policy(**fields), t(0))
    assert {field for field, _ in refused.value.violations} == {f"desk_policy.{wrong}"}


def test_an_update_takes_what_it_names() -> None:
    shard = Shard()
    run(shard, queue("vip"), *MINE, setting(ALL, approvers=("sue",)))
    run(shard, commands.ChangeDeskPolicy(None, None, (JargonTerm("SLA"),), t(9)))
    assert shard.desk_policy == DeskPolicy((ALL,), ("sue",), (JargonTerm("SLA"),), t(9))
