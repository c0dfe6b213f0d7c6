"""Given a policy that is not set, then everything that is wrong with it here, or what its rules would have made of the
cases that began last; and nothing is changed by asking.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from chassis.errors import InvalidRequest
from routing.agents import Policy
from routing.policy_check import check_policy
from routing.rules import ready
from routing.shard import Shard
from routing.terms import AgentTerms, GeoPoint, Place, Relaxation, Requirement, Rule, Within
from routing.what_if import CASES_MAX, foresee, missing
from switchboard.routing.v1 import events_pb2
from switchboard.routing.v1 import service_pb2 as api

from tests.unit.routing.build import open_case, policy, post, queue, register, run, t, whole

NAME = "tenants/acme/routingPolicy"
BERLIN = Place("berlin", GeoPoint(52.5, 13.4))
VIP = Rule(
    "vip", "channel = x AND reach = 0", "vip", urgency=2, weight=3, first_response_s=60,
    requirements=(Requirement("topic:billing", 2, hard=False),), agent_terms=AgentTerms(("mia",), 60, ("ben",)),
    tier="gold", within=Within("berlin", 50, True),
)  # fmt: skip


def house() -> Shard:
    """Two queues, two agents, a case of a post and one opened by hand."""
    shard = Shard()
    run(shard, queue("vip"), register("mia"), register("ben"), post("p1", at=1), open_case("m1", at=2, channel="mail"))
    return shard


def test_what_rules_would_have_made_is_said_of_the_latest_cases_and_what_would_be_otherwise() -> None:
    shard = house()
    before = whole(shard)
    by_hand, of_post = foresee(shard, Policy(rules=(VIP,), places=(BERLIN,)), 50)
    assert (by_hand.case_id, by_hand.rule_ids, by_hand.outcomes) == ("m1", (), ())
    assert (of_post.case_id, of_post.rule_ids) == ("case-p1", ("vip",))
    assert of_post.outcomes == (
        "queue vip", "urgency 2", "weight 3", "first_response_s 60", "tier gold", "asks topic:billing=2?",
        "prefers mia", "forbids ben", "within 50 km of berlin",
    )  # fmt: skip
    assert of_post.differences == (
        "queue vip instead of default", "urgency 2 instead of 0", "weight 3 instead of 1",
        "first_response_s 60 instead of 3600", "tier gold instead of none", "asks topic:billing=2? instead of nothing",
        "prefers mia instead of nobody", "forbids ben instead of nobody", "within 50 km of berlin instead of anywhere",
    )  # fmt: skip
    assert whole(shard) == before


def test_what_is_foreseen_is_what_comes_of_the_next_post_once_the_policy_is_set() -> None:
    shard = house()
    [foreseen] = foresee(shard, Policy(rules=(VIP,), places=(BERLIN,)), 1 + 1)[1:]
    run(shard, policy(3, rules=(VIP,), places=(BERLIN,)), post("p2", at=4))
    [again] = [one for one in foresee(shard, shard.policy, 50) if one.case_id == "case-p2"]
    assert again.outcomes == foreseen.outcomes
    assert again.differences == ()


def test_so_many_cases_are_looked_at_and_no_more() -> None:
    shard = Shard()
    run(shard, *(open_case(f"m{number:03}", at=number) for number in range(CASES_MAX + 50)))
    assert [one.case_id for one in foresee(shard, Policy(), 2)] == ["m249", "m248"]
    assert len(foresee(shard, Policy(), 10_000)) == CASES_MAX


def test_all_that_a_policy_names_and_that_is_not_there_is_told_with_its_field() -> None:
    terms, within = AgentTerms(("zoe",), 60, ("yan",)), Within("paris", 5, True)
    rules = (Rule("a", "", "nowhere", agent_terms=terms, within=within),)
    steps = (Relaxation("gone", 5, queues=("care", "default")),)
    wrong = missing(house(), Policy(rules=rules, relaxations=steps, places=(BERLIN,)), "routing_policy")
    assert [field.removeprefix("routing_policy.") for field, _ in wrong] == [
        "rules[0].queue", "rules[0].agents", "rules[0].agents", "rules[0].within", "relaxations[0].queue",
        "relaxations[0].queues",
    ]  # fmt: skip
    assert wrong[0][1] == "names queue nowhere, which is not there"


def asked(shard: Shard, wanted: api.RoutingPolicy, *mask: str, count: int = 0) -> Any:
    """The answer to a check."""
    request = api.CheckRoutingPolicyRequest(routing_policy=wanted, case_count=count)
    request.update_mask.paths.extend(mask)
    writer: Any = SimpleNamespace(state=shard, subject=SimpleNamespace(tenant="acme"))
    return check_policy(writer, request, t(9))


def test_a_check_is_answered_as_the_update_would_be_refused_with_every_mistake_at_once() -> None:
    rule = api.RequirementRule(rule_id="A!", condition="colour = red", queue="tenants/acme/queues/nowhere", weight=99)
    step = api.RelaxationStep(after_s=0, queues=["tenants/acme/queues/gone"])
    with pytest.raises(InvalidRequest) as refused:
        asked(house(), api.RoutingPolicy(name=NAME, rules=[rule], relaxations=[step]), count=999)
    assert {field.removeprefix("routing_policy.") for field, _ in refused.value.violations} == {
        "rules[0].rule_id", "rules[0].condition", "rules[0].queue", "rules[0].weight", "relaxations[0].after_s",
        "relaxations[0].queues", "case_count",
    }  # fmt: skip


def test_a_check_counts_what_holds_and_what_would_be_otherwise_and_sets_nothing() -> None:
    shard = house()
    rule = api.RequirementRule(rule_id="x", condition="channel = x", urgency=0, tier="gold")
    said = asked(shard, api.RoutingPolicy(name=NAME, rules=[rule]), "rules")
    assert (len(said.cases), said.ruled_count, said.changed_count) == (2, 1, 1)
    [one] = [case for case in said.cases if case.rule_ids]
    assert (one.case, list(one.outcomes)) == ("tenants/acme/cases/case-p1", ["urgency 0", "tier gold"])
    assert list(one.differences) == ["tier gold instead of none"]
    assert (shard.policy, ready(shard.policy.rules)) == (Policy(), ())


def test_places_of_the_policy_that_is_there_count_where_the_mask_leaves_them() -> None:
    shard = house()
    run(shard, policy(3, places=(BERLIN,)))
    rule = api.RequirementRule(rule_id="x", within=events_pb2.Within(place_id="berlin", radius_km=9))
    assert asked(shard, api.RoutingPolicy(name=NAME, rules=[rule]), "rules").ruled_count == 2
    with pytest.raises(InvalidRequest):
        asked(shard, api.RoutingPolicy(name=NAME, rules=[rule]), "rules", "places")
