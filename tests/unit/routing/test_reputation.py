"""Reputation: what votes make of it, and which levels it earns and loses."""

import random
from itertools import pairwise
from typing import Any

import pytest
from chassis.errors import InvalidRequest, Rejected
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from routing import commands, events
from routing.explain import explain
from routing.reputation import TOPICS_MAX, Tally, counted, earned_of, effective, level_of, reaches, score
from routing.requests import command_of
from routing.shard import Shard, evolve, next_due
from routing.state_codec import load
from routing.terms import EarnedLevel, Requirement, Skill, Verdict
from switchboard.routing.v1 import service_pb2 as api

from tests.unit.routing.build import (
    accept,
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

HELPFUL, NOT, NONE, WITHDRAWN = Verdict.HELPFUL, Verdict.NOT_HELPFUL, Verdict.UNSPECIFIED, Verdict.WITHDRAWN
STEPS = (EarnedLevel(3, 3, 30), EarnedLevel(4, 5, 50))
REFUNDS = (Requirement("refunds", 3, hard=True),)


@pytest.mark.parametrize(
    ("helpful", "unhelpful", "bound"),
    [(0, 0, 0.0), (1, 0, 0.2065), (10, 0, 0.7225), (0, 10, 0.0), (8, 2, 0.4902), (80, 20, 0.7112), (1, 1, 0.0945)],
)
def test_the_score_is_what_is_proved_of_the_share_that_helped(helpful: int, unhelpful: int, bound: float) -> None:
    assert score(Tally("x", helpful, unhelpful)) == pytest.approx(bound, abs=5e-5)


@given(st.integers(0, 500), st.integers(0, 500), st.integers(1, 99))
def test_whether_a_score_is_reached_is_told_without_fractions(helpful: int, unhelpful: int, percent: int) -> None:
    tally = Tally("x", helpful, unhelpful)
    if tally.votes and abs(score(tally) - percent / 100) > 1e-9:
        assert reaches(tally, percent) == (score(tally) >= percent / 100)


@given(st.integers(0, 300), st.integers(0, 300))
def test_one_more_that_helped_never_lowers_a_score_nor_one_more_that_did_not_raises_it(yes: int, no: int) -> None:
    assert score(Tally("x", yes + 1, no)) >= score(Tally("x", yes, no)) >= score(Tally("x", yes, no + 1)) - 1e-12


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("xy"), st.sampled_from([HELPFUL, NOT, WITHDRAWN]))))
def test_what_is_counted_is_the_last_word_of_each_voter_on_each_answer(
    said: list[tuple[str, str, Verdict]],
) -> None:
    tallies: tuple[Tally, ...] = ()
    last: dict[tuple[str, str], Verdict] = {}
    for voter, topic, verdict in said:
        tallies = counted(tallies, (topic,), verdict, last.get((voter, topic), NONE))
        last[voter, topic] = verdict
    expected = {
        topic: Tally(
            topic,
            *(sum(one == side for (_, about), one in last.items() if about == topic) for side in (HELPFUL, NOT)),
        )
        for topic in "xy"
    }
    assert {tally.topic: tally for tally in tallies} == {topic: one for topic, one in expected.items() if one.votes}


def test_topics_nobody_votes_on_any_more_are_forgotten_first() -> None:
    tallies: tuple[Tally, ...] = ()
    for number in range(TOPICS_MAX + 1):
        tallies = counted(tallies, (f"t{number}",), HELPFUL, NONE)
        tallies = counted(tallies, ("often",), NOT, NONE)
    assert len(tallies) == TOPICS_MAX
    assert tallies[-1] == Tally("often", 0, TOPICS_MAX + 1)
    assert "t0" not in {tally.topic for tally in tallies}
    assert counted((), ("gone",), NONE, HELPFUL) == ()


def test_a_level_needs_votes_and_a_share_and_only_of_what_was_granted() -> None:
    assert [level_of(Tally("x", yes, no), STEPS) for yes, no in ((2, 0), (3, 0), (5, 0), (5, 5))] == [0, 3, 4, 0]
    tallies = [Tally("refunds", 9), Tally("legal", 9), Tally("none", 9)]
    granted = (Skill("none", 0), Skill("refunds", 1))
    assert earned_of(granted, tallies, STEPS) == (Skill("refunds", 4),)
    assert earned_of(granted, tallies, ()) == ()
    assert effective(granted, [Skill("refunds", 4), Skill("legal", 4)], ()) == (Skill("none", 0), Skill("refunds", 4))
    assert effective(granted, [Skill("refunds", 4)], ("refunds",)) is granted


VOTERS = [f"v{number}" for number in range(6)]


def answered(skill: int = 2, **terms: Any) -> Shard:
    """Mia has answered what asks for refunds at 2, and others may vote."""
    shard = Shard()
    asked = (Requirement("refunds", 2, hard=True),)
    run(shard, queue(requirements=asked), queue("hard", requirements=REFUNDS), policy(**terms))
    run(shard, register("mia", 2, [("refunds", skill)]), presence("mia"), post("p1"), accept("case-p1", "mia"))
    run(shard, *(register(voter, 1, [("refunds", 2)]) for voter in VOTERS))
    run(shard, reply("case-p1", "mia", at=10), commands.RecordSent("case-p1", "r1", "", t(11)))
    return shard


def voted(shard: Shard, voters: list[str], verdict: Verdict = HELPFUL, at: float = 50) -> list[events.Event]:
    """So many say so, and what follows from it at once."""
    facts = run(shard, *(commands.VoteOnAnswer("case-p1", voter, "", verdict, t(at)) for voter in voters))
    while (due := next_due(shard)) is not None and due <= t(at):
        facts += run(shard, tick(at))
    return facts


def levels(shard: Shard, agent_id: str = "mia") -> dict[str, int]:
    """What an agent can do."""
    return {skill.name: skill.level for skill in shard.agents[agent_id].skills}


def test_votes_earn_a_level_that_is_decided_when_it_changes_and_opens_harder_work() -> None:
    shard = answered(earned_levels=STEPS)
    run(shard, commands.OpenCase("m1", "hard", "", "", "", "", "und", 0, (), 1, 1, "r", t(20)))  # type: ignore[arg-type]
    assert summary(voted(shard, VOTERS[:2])) == ["AnswerVoted case-p1"] * 2
    facts = voted(shard, VOTERS[2:3])
    assert summary(facts) == ["AnswerVoted case-p1", "SkillEarned mia refunds 3", "CaseOffered m1 mia 1"]
    assert voted(shard, VOTERS[2:3]) == []
    assert levels(shard) == {"refunds": 3}
    earned = next(fact for fact in facts if isinstance(fact, events.SkillEarned))
    assert (earned.helpful, earned.unhelpful, earned.policy_version) == (3, 0, 1)


def test_it_is_lost_with_the_votes_and_what_was_offered_meanwhile_stays() -> None:
    shard = answered(earned_levels=STEPS)
    voted(shard, VOTERS[:3])
    run(shard, commands.OpenCase("m1", "hard", "", "", "", "", "und", 0, (), 1, 1, "r", t(60)))  # type: ignore[arg-type]
    facts = voted(shard, VOTERS[2:3], WITHDRAWN, 70)
    assert summary(facts) == ["AnswerVoted case-p1", "SkillEarned mia refunds 0"]
    assert levels(shard) == {"refunds": 2}
    assert summary(run(shard, accept("m1", "mia", 1, 71))) == ["OfferAccepted m1 mia"]


def test_without_such_a_policy_votes_are_counted_and_nothing_is_earned() -> None:
    shard = answered()
    assert summary(voted(shard, VOTERS)) == ["AnswerVoted case-p1"] * len(VOTERS)
    assert shard.reputations["mia"] == (Tally("refunds", len(VOTERS)),)
    facts = run(shard, policy(60, earned_levels=STEPS), tick(60))
    assert summary(facts) == ["PolicyChanged", "SkillEarned mia refunds 4"]
    assert summary(run(shard, policy(70, earned_levels=()), tick(70))) == ["PolicyChanged", "SkillEarned mia refunds 0"]
    assert (levels(shard), next_due(shard)) == ({"refunds": 2}, None)


def test_a_customer_counts_as_a_voter_does() -> None:
    shard = answered(earned_levels=(EarnedLevel(3, 1, 20),))
    run(shard, resolve("case-p1", "mia", 20))
    facts = run(shard, tick(20 + 86_400), tick(20 + 86_400))
    assert summary(facts) == ["ResolutionConfirmed case-p1", "SkillEarned mia refunds 3"]
    again = answered()
    run(again, resolve("case-p1", "mia", 20), post("p2", "p1", at=30))
    assert again.reputations["mia"] == (Tally("refunds", 0, 1),)


def test_who_is_no_expert_by_grant_counts_nothing_however_much_it_has_earned() -> None:
    shard = answered(earned_levels=STEPS)
    run(shard, register("low", 1, [("refunds", 1)]))
    assert summary(voted(shard, ["low"])) == ["AnswerVoted case-p1"]
    assert "mia" not in shard.reputations


def test_a_supervisor_has_the_last_word() -> None:
    shard = answered(earned_levels=STEPS)
    voted(shard, VOTERS[:3])
    pin = commands.ChangeAgent("mia", None, None, None, None, t(60), pinned_skills=("refunds",))
    assert summary(run(shard, pin, tick(60))) == ["AgentChanged mia"]
    assert levels(shard) == {"refunds": 2}
    assert shard.agents["mia"].earned == (Skill("refunds", 3),)
    free = commands.ChangeAgent("mia", None, None, None, None, t(61), pinned_skills=())
    run(shard, free)
    assert levels(shard) == {"refunds": 3}
    granted = commands.ChangeAgent("mia", None, (Skill("refunds", 5),), None, None, t(62))
    assert summary(run(shard, granted, tick(62))) == ["AgentChanged mia"]
    assert levels(shard) == {"refunds": 5}
    taken = commands.ChangeAgent("mia", None, (), None, None, t(63))
    assert summary(run(shard, taken, tick(63))) == ["AgentChanged mia", "SkillEarned mia refunds 0"]
    assert levels(shard) == {}


def test_what_is_changed_of_an_agent_grants_nothing_it_has_earned() -> None:
    shard = answered(earned_levels=STEPS)
    voted(shard, VOTERS[:3])
    (fact,) = run(shard, commands.ChangeAgent("mia", "Mia M.", None, None, None, t(60)))
    assert isinstance(fact, events.AgentChanged)
    assert fact.skills == (Skill("refunds", 2),)
    assert levels(shard) == {"refunds": 3}


def test_a_restricted_topic_is_never_earned_by_who_was_not_granted_it() -> None:
    shard = Shard()
    soft = (Requirement("legal", 1, hard=False),)
    run(shard, queue(requirements=soft), policy(earned_levels=(EarnedLevel(5, 1, 1),)))
    run(shard, register("mia"), presence("mia"), post("p1"), accept("case-p1", "mia"))
    run(shard, register("ann", 1, [("legal", 1)]))
    run(shard, reply("case-p1", "mia", at=10), commands.RecordSent("case-p1", "r1", "", t(11)))
    assert summary(voted(shard, ["ann"])) == ["AnswerVoted case-p1"]
    assert shard.reputations["mia"] == (Tally("legal", 1),)
    assert levels(shard) == {}


def test_an_explanation_says_which_level_is_earned() -> None:
    shard = answered(earned_levels=STEPS)
    voted(shard, VOTERS[:3])
    facts = run(shard, commands.OpenCase("m1", "hard", "", "", "", "", "und", 0, (), 1, 1, "r", t(60)))  # type: ignore[arg-type]
    said = {one.agent_id: one.sentence for one in explain(shard, shard.cases["m1"], t(61)).candidates}
    assert said["mia"] == "is offered it; has refunds at 3 by votes, granted at 2"
    assert "by votes" not in said["v0"]
    assert facts


def test_a_snapshot_and_a_log_read_again_say_the_same_and_a_deleted_agent_leaves_nothing() -> None:
    shard = answered(earned_levels=STEPS)
    run(shard, *(commands.VoteOnAnswer("case-p1", voter, "", HELPFUL, t(50)) for voter in VOTERS[:3]))
    loaded = load(whole(shard))
    assert next_due(loaded) == next_due(shard)
    assert next_due(shard) is not None
    run(shard, tick(51))
    run(loaded, tick(51))
    assert whole(loaded) == whole(shard)
    assert levels(loaded) == {"refunds": 3}
    run(shard, commands.DeleteAgent("mia", t(60)))
    assert "mia" not in shard.reputations
    evolve(shard, events.AnswerVoted("case-p1", "r1", "v5", HELPFUL, True, "mia", ("refunds",), NONE, t(61)))
    assert shard.reputations == {}


@pytest.mark.parametrize(
    ("steps", "wrong"),
    [
        pytest.param([(3, 10, 50), (4, 20, 70)], "", id="higher levels ask for more"),
        pytest.param([], "", id="or nothing is earned"),
        pytest.param([(4, 10, 50), (3, 20, 70)], "stand in the order", id="in another order"),
        pytest.param([(3, 10, 50), (3, 20, 70)], "stand in the order", id="one level twice"),
        pytest.param([(3, 20, 50), (4, 10, 50)], "no fewer votes", id="more for less"),
        pytest.param([(6, 10, 50)], "of a level of 1 to 5", id="a level there is not"),
        pytest.param([(3, 0, 50)], "min_votes", id="without a vote"),
        pytest.param([(3, 1, 100)], "percent", id="what no votes can prove"),
    ],
)
def test_what_votes_earn_is_said_in_order(steps: list[tuple[int, int, int]], wrong: str) -> None:
    wanted = api.RoutingPolicy(name="tenants/acme/routingPolicy")
    for level, votes, percent in steps:
        wanted.earned_levels.add(level=level, min_votes=votes, percent=percent)
    request = api.UpdateRoutingPolicyRequest(
        routing_policy=wanted,
        update_mask={"paths": ["earned_levels"]},
        request_id="11111111-1111-4111-8111-111111111111",
    )
    if not wrong:
        expected = tuple(EarnedLevel(*step) for step in steps)
        assert command_of(request, t(1)) == commands.ChangePolicy(t(1), earned_levels=expected)
        return
    with pytest.raises(InvalidRequest) as refused:
        command_of(request, t(1))
    assert [field for field, _ in refused.value.violations] == ["routing_policy.earned_levels"]
    assert wrong in refused.value.violations[0][1]


@settings(max_examples=30)
@given(
    st.lists(
        st.tuples(st.sampled_from(VOTERS), st.sampled_from([HELPFUL, NOT, WITHDRAWN])),
        max_size=25,
    ),
    st.integers(1, 2),
)
def test_whoever_votes_how_often_the_level_is_what_the_votes_that_stand_earn(
    said: list[tuple[str, Verdict]], skill: int
) -> None:
    shard = answered(2, earned_levels=STEPS)
    run(shard, commands.ChangeAgent("mia", None, (Skill("refunds", skill),), None, None, t(15)))
    facts: list[events.Event] = []
    for number, (voter, verdict) in enumerate(said):
        facts += voted(shard, [voter], verdict, 50 + number)
    votes = [vote.verdict for answer in shard.cases["case-p1"].answers for vote in answer.votes]
    expected = level_of(Tally("refunds", votes.count(HELPFUL), votes.count(NOT)), STEPS)
    assert levels(shard)["refunds"] == max(skill, expected)
    changes = [fact.level for fact in facts if isinstance(fact, events.SkillEarned)]
    assert all(one != other for one, other in pairwise(changes))


ACTS = ("vote",) * 8 + ("reply",) * 3 + ("resolve", "wait") * 2 + ("again", "policy", "grant")
EASY = (EarnedLevel(3, 1, 20), EarnedLevel(4, 3, 40))


def spelled(number: int, step: tuple[str, str, Verdict, int]) -> list[commands.Command]:
    """What one step asks for, some of it in vain."""
    what, who, verdict, n = step
    at = 100 + 10 * number
    match what:
        case "vote":
            return [commands.VoteOnAnswer("case-p1", who, "r1" if n == 1 else "", verdict, t(at))]
        case "reply":
            taken = [accept("case-p1", "mia", token, at) for token in range(1, 30)]
            sent = commands.RecordSent("case-p1", f"r{number + 2}", "", t(at))
            return [*taken, reply("case-p1", "mia", f"r{number + 2}", at), sent]
        case "resolve":
            return [resolve("case-p1", "mia", at)]
        case "again":
            return [post(f"p{number + 2}", "p1", at=at)]
        case "wait":
            return [tick(at), tick(at)]
        case "policy":
            return [policy(at, earned_levels=EASY[: n % 3], confirm_window_s=15)]
        case "grant":
            granted = (Skill("refunds", n),) if n else ()
            return [
                commands.ChangeAgent("mia", None, granted, None, None, t(at), pinned_skills=("refunds",) * (n == 3))
            ]
        case _:
            again = replace(register("mia", 2, [("refunds", 2)]), at=t(at))
            return [commands.DeleteAgent("mia", t(at)), again, presence("mia", at=at)]


def recounted(facts: list[events.Event]) -> dict[str, dict[str, tuple[int, int]]]:
    """The reputations of a log, counted again from its beginning and in another way."""
    given: dict[str, tuple[str, tuple[str, ...]]] = {}
    sent: list[str] = []
    said: dict[tuple[str, str], Verdict] = {}
    is_resolved = False
    for fact in facts:
        match fact:
            case events.ReplyRequested():
                given[fact.reply_id] = fact.agent_id, fact.topics
            case events.ReplySent():
                sent.append(fact.reply_id)
            case events.AnswerVoted():
                said[fact.reply_id, fact.agent_id] = fact.verdict if fact.is_expert else WITHDRAWN
            case events.CaseResolved():
                is_resolved = True
            case events.ResolutionConfirmed() | events.CaseReopened(reason="customer"):
                if is_resolved and sent:
                    said[sent[-1], ""] = HELPFUL if isinstance(fact, events.ResolutionConfirmed) else NOT
                is_resolved = False
            case events.AgentDeleted():  # whoever has its id after that has given none of these answers
                given = {reply_id: one for reply_id, one in given.items() if one[0] != fact.agent_id}
            case _:
                pass
    found: dict[str, dict[str, tuple[int, int]]] = {}
    for (reply_id, _), verdict in said.items():
        agent_id, topics = given.get(reply_id, ("", ()))
        for topic in topics:
            helpful, unhelpful = found.setdefault(agent_id, {}).get(topic, (0, 0))
            found[agent_id][topic] = helpful + (verdict == HELPFUL), unhelpful + (verdict == NOT)
    return {
        agent_id: kept
        for agent_id, about in found.items()
        if (kept := {topic: counts for topic, counts in about.items() if any(counts)})
    }


@settings(max_examples=40)
@given(st.randoms(use_true_random=False))
def test_reputations_are_what_the_log_says_counted_again_and_levels_are_what_they_earn(rng: random.Random) -> None:
    day = [
        (
            rng.choice((*ACTS, *ACTS, *ACTS, "leave")),
            rng.choice([*VOTERS[:3], "mia"]),
            rng.choice([HELPFUL, HELPFUL, NOT, WITHDRAWN]),
            rng.randrange(4),
        )
        for _ in range(80)
    ]
    shard = Shard()
    facts: list[events.Event] = []
    begun = [queue(requirements=(Requirement("refunds", 2, hard=False),)), register("mia", 2, [("refunds", 2)])]
    begun += [policy(earned_levels=EASY, confirm_window_s=15), presence("mia"), post("p1"), accept("case-p1", "mia")]
    begun += [register(voter, 1, [("refunds", 2)]) for voter in VOTERS[:3]]
    begun += [reply("case-p1", "mia", "r1", 10), commands.RecordSent("case-p1", "r1", "", t(11))]
    for command in [*begun, *(one for number, step in enumerate(day) for one in spelled(number, step))]:
        try:
            facts += run(shard, command)
        except Rejected:
            continue
        while (due := next_due(shard)) is not None and due <= command.at:
            decided = run(shard, commands.Tick(command.at))
            assert decided, "a tick that is due decides something"
            facts += decided
        agent = shard.agents.get("mia")
        if agent is not None:
            earned = earned_of(agent.granted, shard.reputations.get("mia", ()), shard.policy.earned_levels)
            assert agent.earned == earned
            assert agent.skills == effective(agent.granted, earned, agent.pinned_skills)
    counts = {
        agent_id: {tally.topic: (tally.helpful, tally.unhelpful) for tally in tallies}
        for agent_id, tallies in shard.reputations.items()
    }
    assert counts == recounted(facts)
    again = Shard()
    for fact in facts:
        evolve(again, fact)
    assert whole(again) == whole(shard) == whole(load(whole(shard)))
