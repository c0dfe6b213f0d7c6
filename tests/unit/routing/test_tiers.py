"""Given that somebody says of which tier a case's customer is, then what it asks, where it stands in line, and for how
long.
"""

import pytest
from chassis.errors import InvalidRequest, Rejected
from msgspec.structs import replace
from routing import commands, events
from routing.cases import Offered, asked_of
from routing.commands import Reason
from routing.decider import decide
from routing.explain import Constraint, explain
from routing.lines import asked_in
from routing.requests import command_of
from routing.shard import Shard
from routing.state_codec import load
from routing.terms import Ordering, Relaxation, Requirement, Rule, SourceLabel, TierHeadStart
from routing.wire import case_message
from switchboard.routing.v1 import events_pb2
from switchboard.routing.v1 import service_pb2 as api

from tests.unit.routing.build import (
    accept,
    open_case,
    policy,
    post,
    presence,
    queue,
    register,
    run,
    summary,
    t,
    tick,
    whole,
)

A_CASE = "11111111-1111-4111-8111-111111111111"
GOLD, ENGLISH = Requirement("tier:gold", 2, hard=True), Requirement("lang:en", 1, hard=False)
TIERED = replace(queue("care", requirements=(ENGLISH,)), tier_level=2)
LABELLED = commands.SetSourceQueue("shop", "care", t(0), (SourceLabel("tier", "gold"),))
BY_LABEL = Rule("gold", "labels.tier = gold", tier="gold")


def opened(case_id: str = "m1", tier: str = "", at: float = 1, queue_id: str = "care") -> commands.OpenCase:
    """A case opened by hand, of a tier."""
    return replace(open_case(case_id, queue_id, at), tier=tier)


def shape(tier: str, case_id: str = "m1", at: float = 5) -> commands.ShapeCase:
    """Somebody says of which tier a case is."""
    return commands.ShapeCase(case_id, "", None, t(at), tier)


def test_a_queue_asks_for_the_tier_of_a_case_as_a_skill_where_it_says_at_which_level() -> None:
    shard = Shard()
    run(shard, TIERED)
    settings = shard.queue("care")
    assert asked_in(settings, "und", "gold") == (ENGLISH, GOLD)
    assert asked_in(settings, "und", "") == (ENGLISH,)
    assert asked_in(replace(settings, tier_level=0), "und", "gold") == (ENGLISH,)


@pytest.mark.parametrize(
    ("given", "tier"),
    [
        pytest.param([LABELLED, policy(rules=(BY_LABEL,)), post("m1", case="m1")], "gold", id="by a source's label"),
        pytest.param(
            [policy(rules=(Rule("her", "identity = ann", tier="gold"),)), post("m1", case="m1", by="ann")],
            "gold",
            id="by who wrote it",
        ),
        pytest.param([TIERED, opened(tier="gold")], "gold", id="by whoever opened it"),
        pytest.param(
            [policy(rules=(Rule("all", "", tier="silver"),)), opened(tier="gold", queue_id="")],
            "gold",
            id="whoever opened it has the last word",
        ),
        pytest.param(
            [policy(rules=(Rule("one", "", tier="silver"), Rule("two", "tier = gold", tier="gold"))),
             opened(queue_id="")], "silver", id="of rules the last one that holds",
        ),
        pytest.param([post("m1", case="m1"), shape("gold")], "gold", id="by hand"),
        pytest.param([post("m1", case="m1"), shape("gold"), shape("")], "", id="and taken back by hand"),
    ],
)  # fmt: skip
def test_where_a_tier_comes_from(given: list[commands.Command], tier: str) -> None:
    shard = Shard()
    run(shard, *given)
    assert shard.cases["m1"].tier == tier
    assert case_message("acme", shard.cases["m1"]).tier == tier
    assert load(whole(shard)).cases == shard.cases


def test_who_does_not_serve_the_tier_is_told_so_and_what_would_change_it() -> None:
    shard = Shard()
    run(shard, TIERED, register("ann"), presence("ann"), opened(tier="gold"))
    told = explain(shard, shard.cases["m1"], t(2))
    assert [one.constraint for one in told.candidates] == [Constraint.SKILL]
    assert [one.sentence for one in told.alternatives] == ["ann would be offered it with tier:gold at 2"]


def test_a_tier_that_is_taken_back_makes_the_offer_possible_that_it_kept_back() -> None:
    shard = Shard()
    run(shard, TIERED, register("ann"), presence("ann"), opened(tier="gold"))
    facts = run(shard, shape(""))
    assert summary(facts) == ["CaseTierChanged m1", "CaseOffered m1 ann 1"]
    assert decide(shape("", at=6), shard) == []


def test_a_tier_said_of_a_case_in_line_asks_for_it_and_touches_neither_its_place_nor_an_open_offer() -> None:
    shard = Shard()
    run(shard, TIERED, opened())
    wait = shard.cases["m1"].wait
    run(shard, shape("gold"))
    assert (shard.cases["m1"].requirements, shard.cases["m1"].wait) == ((ENGLISH, GOLD), wait)
    run(shard, opened("m2", at=6), register("ann"), presence("ann", at=7))
    assert isinstance(shard.cases["m2"].stage, Offered)
    assert summary(run(shard, shape("gold", "m2", 8))) == ["CaseTierChanged m2"]
    assert isinstance(shard.cases["m2"].stage, Offered)
    run(shard, accept("m2", "ann", 1, 9))
    assert summary(run(shard, shape("", "m2", 10))) == ["CaseTierChanged m2"]


def test_what_was_asked_beyond_queue_and_tier_stays_and_a_move_asks_what_the_other_queue_asks_of_it() -> None:
    shard, billing = Shard(), Requirement("topic:billing", 3, hard=True)
    run(shard, TIERED, queue("desk"), replace(opened(), requirements=(billing,)), shape("gold"))
    assert shard.cases["m1"].requirements == (ENGLISH, GOLD, billing)
    run(shard, shape("silver", at=6))
    assert [one.skill for one in shard.cases["m1"].requirements] == ["lang:en", "tier:silver", "topic:billing"]
    run(shard, commands.TransferCase("m1", "", "desk", None, "", t(7)))
    assert shard.cases["m1"].requirements == (billing,)


def test_steps_relax_a_tier_as_any_skill_also_when_it_is_said_later() -> None:
    shard = Shard()
    run(shard, TIERED, policy(relaxations=(Relaxation("", 10, "tier:gold"),)), opened(tier="gold"), tick(12))
    assert shard.cases["m1"].requirements == (ENGLISH,)
    run(shard, opened("m2", at=20))
    facts = run(shard, shape("gold", "m2", at=40))
    assert summary(facts) == ["CaseTierChanged m2", "RequirementRelaxed m2"]
    assert asked_of(shard.cases["m2"]) == (ENGLISH, GOLD)


ORDERS = [one for one in Ordering if one]


def served(ordering: Ordering, head_start_s: int, later_s: float, urgency: int = 0) -> str:
    """Which is offered first to who becomes available: plain, or gold that came so much later."""
    shard = Shard()
    gold = replace(opened("gold", "gold", later_s, ""), urgency=urgency)
    run(shard, policy(ordering=ordering, tier_head_starts=(TierHeadStart("gold", head_start_s),)))
    run(shard, opened("plain", at=0, queue_id=""), gold, register("ann"), presence("ann", at=later_s + 1))
    [held] = shard.agents["ann"].work
    return held.case_id


@pytest.mark.parametrize("ordering", ORDERS)
def test_a_tier_stands_as_much_earlier_as_the_policy_says_and_no_more(ordering: Ordering) -> None:
    assert served(ordering, 600, 599) == "gold"
    assert served(ordering, 600, 601) == "plain"


def test_a_head_start_moves_where_a_case_stands_and_not_when_it_is_late() -> None:
    shard = Shard()
    run(shard, queue(first_response_s=100), policy(tier_head_starts=(TierHeadStart("gold", 1_000),), late_share=100))
    run(shard, opened("plain", at=0, queue_id=""), opened("gold", "gold", 50, ""))
    run(shard, register("ann"), presence("ann", at=120))  # plain is late, gold is due in 30 s
    assert [held.case_id for held in shard.agents["ann"].work] == ["gold"]


def test_another_policy_orders_what_waits_anew_and_changes_no_case() -> None:
    shard = Shard()
    run(shard, opened("plain", at=0, queue_id=""), opened("gold", "gold", 5, ""))
    cases = dict(shard.cases)
    run(shard, policy(at=6, tier_head_starts=(TierHeadStart("gold", 60),)))
    assert shard.cases == cases
    run(shard, register("ann"), presence("ann", at=7))
    assert [held.case_id for held in shard.agents["ann"].work] == ["gold"]


def test_what_is_refused() -> None:
    shard = Shard()
    run(shard, register("ann"), presence("ann"), opened("m1", queue_id=""), accept("m1", "ann", at=2))
    run(shard, commands.ResolveCase("m1", "ann", "done", (), t(3)))
    with pytest.raises(Rejected) as refused:
        decide(shape("gold"), shard)
    assert refused.value.reason == Reason.CASE_CLOSED


def test_requests_say_tiers_and_are_told_all_that_is_wrong_with_them() -> None:
    name = f"tenants/acme/cases/{A_CASE}"
    said = command_of(api.ShapeCaseRequest(name=name, tier="", request_id=A_CASE), t(1))
    assert said == commands.ShapeCase(A_CASE, "", None, t(1), "")
    starts = [events_pb2.TierHeadStart(tier="gold", head_start_s=60), events_pb2.TierHeadStart(head_start_s=0)]
    rule = api.RequirementRule(rule_id="a", tier="Gold!")
    bad = api.RoutingPolicy(name="tenants/acme/routingPolicy", rules=[rule], tier_head_starts=starts)
    with pytest.raises(InvalidRequest) as refused:
        command_of(api.UpdateRoutingPolicyRequest(routing_policy=bad, request_id=A_CASE), t(1))
    fields = {field for field, _ in refused.value.violations}
    assert fields == {"routing_policy.tier_head_starts", "routing_policy.rules[0].tier"}
    del bad.rules[:], bad.tier_head_starts[1:]
    made = command_of(api.UpdateRoutingPolicyRequest(routing_policy=bad, request_id=A_CASE), t(1))
    assert isinstance(made, commands.ChangePolicy)
    assert made.tier_head_starts == (TierHeadStart("gold", 60),)
    for wrong in (
        api.ShapeCaseRequest(name=name, tier="a b", request_id=A_CASE),
        api.OpenCaseRequest(parent="tenants/acme", tier="a b", request_id=A_CASE),
        api.OpenCaseRequest(parent="tenants/acme", post=f"tenants/acme/posts/{A_CASE}", tier="gold", request_id=A_CASE),
    ):
        with pytest.raises(InvalidRequest) as refused:
            command_of(wrong, t(1))
        assert [field for field, _ in refused.value.violations] == ["tier"]


def test_a_fact_says_the_tier_that_shaped_what_it_asks() -> None:
    shard = Shard()
    facts = run(shard, TIERED, LABELLED, policy(rules=(BY_LABEL,)), post("m1", case="m1"))
    [begun] = [fact for fact in facts if isinstance(fact, events.CaseBegun)]
    assert (begun.tier, begun.requirements, begun.rule_ids) == ("gold", (ENGLISH, GOLD), ("gold",))
