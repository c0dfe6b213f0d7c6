"""Given steps about languages, when a case waits, then which languages do as well, and nobody becomes ineligible."""

import pytest
from chassis.errors import InvalidRequest, Rejected
from hypothesis import given
from hypothesis import strategies as st
from routing import commands, events
from routing.agents import Agent
from routing.cases import Offered
from routing.decider import decide
from routing.explain import explain
from routing.policies import is_skilled, level_for, skill_score
from routing.relaxation import relaxed
from routing.requests import command_of
from routing.shard import Shard
from routing.state_codec import load
from routing.terms import ClaimTerms, Relaxation, Requirement, Skill, together
from routing.wire import case_message, policy_message
from switchboard.routing.v1 import events_pb2
from switchboard.routing.v1 import service_pb2 as api

from tests.unit.routing.build import open_case, policy, presence, queue, register, run, t, tick, whole

A_CASE = "11111111-1111-4111-8111-111111111111"
FRENCH, BILLING = Requirement("lang:fr", 4, hard=True), Requirement("topic:billing", 2, hard=True)
OR_ENGLISH = Requirement("lang:fr", 4, True, ("lang:en",))
ENGLISH = Relaxation("", 10, languages=("en", "fr"))


def house(steps: tuple[Relaxation, ...], *agents: commands.RegisterAgent) -> Shard:
    """A case that waits for French, and agents who are available."""
    shard = Shard()
    run(shard, queue("care", requirements=(FRENCH,)), policy(relaxations=steps))
    run(shard, *agents, *(presence(one.agent_id) for one in agents), open_case("m1", "care", 1))
    return shard


def offered_to(shard: Shard) -> str:
    """Whom the case is offered to, "" for nobody."""
    stage = shard.cases["m1"].stage
    return stage.agent_id if isinstance(stage, Offered) else ""


def test_another_language_does_as_well_after_a_while_at_the_level_asked_of_the_first() -> None:
    shard = house((ENGLISH,), register("ann", 1, [("lang:en", 3)]), register("ben", 1, [("lang:en", 4)]))
    [planned] = explain(shard, shard.cases["m1"], t(1)).planned
    assert planned.sentence == "would take lang:en as well as lang:fr in 10 s"
    [step, offer] = run(shard, tick(11))
    assert isinstance(step, events.RequirementRelaxed)
    assert (step.skill, step.min_level, step.requirements) == ("lang:fr", 4, (OR_ENGLISH,))
    assert isinstance(offer, events.CaseOffered)
    assert offered_to(shard) == "ben"
    message = case_message("acme", shard.cases["m1"])
    assert list(message.requirements[0].or_skills) == ["lang:en"]
    assert list(message.asked_requirements[0].or_skills) == []
    assert load(whole(shard)).cases == shard.cases


def test_who_speaks_neither_is_told_both_and_one_of_them_would_do() -> None:
    shard = house((ENGLISH,), register("ann", 1, [("lang:en", 3)]))
    run(shard, tick(11))
    told = explain(shard, shard.cases["m1"], t(12))
    assert told.candidates[0].sentence == "lacks lang:fr or lang:en"
    assert [one.sentence for one in told.alternatives] == ["ann would be offered it with lang:fr at 4"]


@pytest.mark.parametrize(
    ("level", "sentence", "after"),
    [
        pytest.param(
            2, "would ask for lang:fr at 2 instead of 4 in 10 s", (Requirement("lang:fr", 2, True),), id="less"
        ),
        pytest.param(0, "would no longer ask for lang:fr in 10 s", (), id="none"),
    ],
)
def test_whatever_language_is_asked_for_is_lowered_or_dropped(
    level: int, sentence: str, after: tuple[Requirement, ...]
) -> None:
    shard = house((Relaxation("", 10, language_level=level),))
    assert [one.sentence for one in explain(shard, shard.cases["m1"], t(1)).planned] == [sentence]
    [step] = run(shard, tick(11))
    assert isinstance(step, events.RequirementRelaxed)
    assert (step.skill, step.min_level, step.requirements) == ("lang:fr", level, after)


def test_a_step_about_languages_is_none_for_what_asks_for_no_language_or_takes_them_already() -> None:
    assert relaxed((BILLING,), ENGLISH) == (BILLING,)
    asked = (OR_ENGLISH, BILLING)
    assert relaxed(asked, ENGLISH) is asked
    assert relaxed(asked, Relaxation("", 1, language_level=4)) is asked
    assert relaxed((FRENCH, BILLING), ENGLISH) == asked


def test_of_two_words_about_a_skill_only_what_does_for_both_does() -> None:
    assert together((OR_ENGLISH,), (FRENCH,)) == (FRENCH,)
    both = Requirement("lang:fr", 5, False, ("lang:de", "lang:en"))
    assert together((OR_ENGLISH,), (both,)) == (Requirement("lang:fr", 5, True, ("lang:en",)),)


skills = st.dictionaries(st.sampled_from(["lang:fr", "lang:en", "topic:billing"]), st.integers(0, 5))
asks = st.builds(
    Requirement, st.sampled_from(["lang:fr", "lang:en", "topic:billing"]), st.integers(1, 5), st.booleans()
)
steps = st.builds(
    Relaxation, st.just(""), st.just(1), language_level=st.none() | st.integers(0, 4),
) | st.builds(Relaxation, st.just(""), st.just(1), languages=st.sampled_from([("en",), ("de", "fr")]))  # fmt: skip


@given(skills, st.lists(asks, max_size=3, unique_by=lambda one: one.skill).map(tuple), steps)
def test_law_nobody_becomes_ineligible_or_fits_worse_by_a_step(
    levels: dict[str, int], asked: tuple[Requirement, ...], step: Relaxation
) -> None:
    agent = Agent("ann", skills=tuple(Skill(name, level) for name, level in levels.items()))
    after = relaxed(asked, step)
    assert is_skilled(agent, after) or not is_skilled(agent, asked)
    if len(after) == len(asked):
        assert skill_score(agent, after) >= skill_score(agent, asked)
    for one in after:
        assert level_for(levels, one) >= levels.get(one.skill, 0)
    assert relaxed(after, step) is after


def test_what_does_as_well_does_so_for_a_claim_too() -> None:
    shard = Shard()
    floor = commands.CreateQueue("floor", "", 60, 60, (OR_ENGLISH,), t(0), claim_terms=ClaimTerms(300))
    staff = [register("ann", 1, [("lang:en", 4)]), register("ben", 1, [("lang:en", 3)])]
    run(shard, floor, *staff, presence("ann"), presence("ben"), open_case("m1", "floor", 1))
    with pytest.raises(Rejected, match="has lang:fr or lang:en at 3, not at 4"):
        decide(commands.ClaimCase("m1", "ben", t(2)), shard)
    assert decide(commands.ClaimCase("m1", "ann", t(2)), shard)


def test_requests_say_such_steps_and_skills_and_are_told_all_that_is_wrong() -> None:
    name = "tenants/acme/routingPolicy"
    good = [api.RelaxationStep(after_s=5, language_level=0), api.RelaxationStep(after_s=6, languages=["en"])]
    asked = events_pb2.Requirement(skill="lang:fr", min_level=4, hard=True, or_skills=["lang:en"])
    rule = api.RequirementRule(rule_id="a", requirements=[asked])
    made = command_of(
        api.UpdateRoutingPolicyRequest(
            routing_policy=api.RoutingPolicy(name=name, relaxations=good, rules=[rule]), request_id=A_CASE
        ),
        t(1),
    )
    assert isinstance(made, commands.ChangePolicy)
    assert made.relaxations == (Relaxation("", 5, language_level=0), Relaxation("", 6, languages=("en",)))
    assert made.rules is not None
    assert made.rules[0].requirements == (OR_ENGLISH,)
    shard = Shard()
    run(shard, policy(relaxations=made.relaxations))
    assert list(policy_message("acme", shard.policy).relaxations) == good
    bad = [
        api.RelaxationStep(after_s=5, language_level=5),
        api.RelaxationStep(after_s=6, languages=["English"]),
        api.RelaxationStep(after_s=7, languages=["en"], skill="lang:fr"),
    ]
    with pytest.raises(InvalidRequest) as refused:
        command_of(
            api.UpdateRoutingPolicyRequest(
                routing_policy=api.RoutingPolicy(name=name, relaxations=bad), request_id=A_CASE
            ),
            t(1),
        )
    assert {field.removeprefix("routing_policy.relaxations") for field, _ in refused.value.violations} == {
        "[0].language_level", "[1].languages", "[2]",
    }  # fmt: skip
