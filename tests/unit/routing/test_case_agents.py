"""Given agents whom a case is for first, and whom it is not for, when it waits, then who is offered it, and who not."""

import pytest
from chassis.errors import InvalidRequest, Rejected
from hypothesis import given
from hypothesis import strategies as st
from routing import commands, events
from routing.cases import Accepted, Case, Offered, Queued, forbidden_of
from routing.commands import Reason
from routing.decider import decide
from routing.explain import Constraint, explain, explain_offer
from routing.recall import recall, recalled
from routing.requests import command_of
from routing.shard import Shard, evolve
from routing.state_codec import load
from routing.terms import AgentTerms, Presence, Requirement, RescindReason, Rule, both
from switchboard.routing.v1 import service_pb2 as api

from tests.unit.routing.build import (
    TEXT,
    accept,
    decline,
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
ANN_FIRST, NOT_ANN = AgentTerms(("ann",), 60), AgentTerms((), 0, ("ann",))
HOUSE: list[commands.Command] = [
    *(register(agent_id, 2) for agent_id in ("ann", "ben", "cat")),
    *(presence(agent_id, at=number) for number, agent_id in enumerate(("cat", "ben", "ann"))),
]


def ruled(terms: AgentTerms | None, *given: commands.Command) -> Shard:
    """A house of three whose one rule says so of every case; without it ann is first by id, then ben."""
    shard = Shard()
    rules = (Rule("terms", "", urgency=0, agent_terms=terms),)
    run(shard, *HOUSE, policy(at=3, rules=rules), *given)
    return shard


def shape(terms: AgentTerms, case_id: str = "m1", at: float = 5, by: str = "") -> commands.ShapeCase:
    """Somebody says which agents a case is for."""
    return commands.ShapeCase(case_id, by, terms, t(at))


def offered_to(shard: Shard, case_id: str = "m1") -> str:
    """Whom a case is offered to, "" for nobody."""
    stage = shard.cases[case_id].stage
    return stage.agent_id if isinstance(stage, Offered) else ""


def opened(at: float = 4, case_id: str = "m1") -> commands.OpenCase:
    """A case that goes where rules say."""
    return open_case(case_id, at=at)


@pytest.mark.parametrize("command", [opened(), post("m1", at=4, case="m1")], ids=["by hand", "by a post"])
def test_a_named_agent_is_asked_first_whoever_has_been_idle_for_longer(command: commands.Command) -> None:
    shard = ruled(AgentTerms(("cat", "ann"), 60))
    facts = run(shard, command)
    [offer] = [fact for fact in facts if isinstance(fact, events.CaseOffered)]
    assert (offer.agent_id, offer.is_preferred, offer.expires_at) == ("cat", True, t(64))
    assert shard.cases["m1"].agent_terms == AgentTerms(("cat", "ann"), 60)


@pytest.mark.parametrize(
    "given",
    [
        pytest.param([presence("ann", Presence.OFFLINE, 3)], id="offline"),
        pytest.param([presence("ann", Presence.AWAY, 3)], id="away"),
        pytest.param([commands.ChangeAgent("ann", None, None, 1, None, t(3)), opened(3.5, "m0")], id="full"),
        pytest.param([queue(requirements=(Requirement("lang:zh", 1, hard=True),)),
                      *(commands.ChangeAgent(a, None, register(a, 1, [("lang:zh", 1)]).skills, None, None, t(3))
                        for a in ("ben", "cat"))], id="without the skill"),
        pytest.param([commands.DeleteAgent("ann", t(3))], id="deleted"),
    ],
)  # fmt: skip
def test_nobody_waits_for_a_named_agent_who_could_not_take_it(given: list[commands.Command]) -> None:
    shard = ruled(ANN_FIRST, *given, opened())
    assert offered_to(shard) in ("ben", "cat")


def test_who_refuses_is_first_no_more_and_such_an_offer_stands_no_longer_than_the_preference() -> None:
    terms = AgentTerms(("cat", "ben"), 10)
    shard = ruled(terms, opened())
    assert offered_to(shard) == "cat"
    run(shard, tick(14))
    assert offered_to(shard) == "ann"  # who is first without names: the time of those who are named is over
    shard = ruled(terms, opened(), decline("m1", "cat", at=5))
    assert offered_to(shard) == "ben"


def test_a_preference_begins_anew_when_it_is_said_and_when_the_case_waits_again() -> None:
    shard = Shard()
    run(shard, register("ann"), register("ben"), presence("ben"), open_case("m0", at=1), opened(2))
    run(shard, shape(ANN_FIRST, at=900), presence("ann", at=910))
    assert offered_to(shard) == "ann"
    run(shard, accept("m1", "ann", 1, 911), commands.ResolveCase("m1", "ann", "done", (), t(912)))
    run(shard, commands.ReopenCase("m1", "again", t(5000)))
    assert offered_to(shard) == "ann"


def test_whom_somebody_named_comes_before_who_had_it() -> None:
    shard = ruled(None, opened())
    run(shard, accept("m1", "ann", at=5), commands.ResolveCase("m1", "ann", "done", (), t(6)))
    run(shard, *(presence(one, Presence.BUSY, 7) for one in ("ann", "ben", "cat")))
    run(shard, commands.ReopenCase("m1", "again", t(8)), shape(AgentTerms(("cat",), 60), at=9))
    run(shard, presence("cat", at=10), presence("cat", Presence.BUSY, 11), presence("ann", at=12))
    assert offered_to(shard) == "ann"  # had it, and cat is not there
    run(shard, presence("ann", Presence.BUSY, 13), *(presence(one, at=14) for one in ("cat", "ann")))
    assert offered_to(shard) == "cat"


def test_nobody_whom_a_case_is_not_for_is_offered_it_and_the_sentence_says_so() -> None:
    shard = ruled(NOT_ANN, presence("ben", Presence.BUSY, 3), presence("cat", Presence.BUSY, 3), opened())
    assert isinstance(shard.cases["m1"].stage, Queued)
    told = explain(shard, shard.cases["m1"], t(5))
    [ann] = [one for one in told.candidates if one.agent_id == "ann"]
    assert (ann.constraint, ann.sentence) == (Constraint.FORBIDDEN, "is forbidden for it")
    assert "ann would be offered it were it not forbidden for it" in [one.sentence for one in told.alternatives]


def test_a_step_relaxes_skills_and_never_whom_a_case_is_not_for() -> None:
    from routing.terms import Relaxation

    steps = (Relaxation("", 10, queues=("default",)), Relaxation("care", 20, queues=("default",)))
    shard = Shard()
    staff = [register("ann", queues=["default"]), presence("ann")]
    run(shard, queue("care"), queue(), *staff, policy(relaxations=steps), open_case("m1", "care", 1))
    run(shard, shape(NOT_ANN, at=2), tick(30))
    assert shard.cases["m1"].relaxed is not None
    assert isinstance(shard.cases["m1"].stage, Queued)
    run(shard, shape(AgentTerms(), at=40))
    assert offered_to(shard) == "ann"


def test_saying_that_a_case_is_not_for_who_is_offered_it_takes_the_offer_back_and_it_goes_on() -> None:
    shard = ruled(None, opened())
    facts = run(shard, shape(NOT_ANN))
    assert summary(facts) == ["CaseAgentsChanged m1", "OfferRescinded m1 ann FORBIDDEN", "CaseOffered m1 ben 2"]
    [rescinded] = [fact for fact in facts if isinstance(fact, events.OfferRescinded)]
    assert rescinded.reason is RescindReason.FORBIDDEN


def test_who_has_a_case_that_is_not_for_it_gives_it_up_and_it_keeps_its_place() -> None:
    shard = ruled(None, post("m1", at=4, case="m1"), accept("m1", "ann", at=5))
    since = shard.cases["m1"].owed_since
    facts = run(shard, shape(NOT_ANN, at=50, by="ben"))
    assert summary(facts)[:3] == ["CaseAgentsChanged m1", "CaseReleased m1 ann", "CaseQueued m1 default 0"]
    wait = shard.cases["m1"].wait
    assert wait is not None
    assert wait.waiting_since == since
    assert offered_to(shard) == "ben"


@pytest.mark.parametrize("taken", [pytest.param([], id="offered"), pytest.param([accept("case-p1", "ann")], id="had")])
def test_a_case_that_a_link_shows_to_be_one_that_is_not_for_its_agent_goes_to_another(
    taken: list[commands.Command],
) -> None:
    shard = ruled(None, post("p1", at=4), *taken, post("p2", at=4), shape(NOT_ANN, "case-p2"))
    facts = run(shard, post("p3", "p1", "p2", at=6))
    assert {forbidden_of(case) for case in shard.cases.values()} == {("ann",)}
    assert offered_to(shard, "case-p1") == "ben"
    left = [fact for fact in facts if isinstance(fact, events.CaseReleased | events.OfferRescinded)]
    assert [fact.reason for fact in left if fact.agent_id == "ann"] == [
        "forbidden" if taken else RescindReason.FORBIDDEN
    ]


def test_whom_somebody_gave_a_case_all_the_same_keeps_it_when_a_link_shows_it_to_be_another_of_that_kind() -> None:
    shard = ruled(None, post("p1", at=4), shape(NOT_ANN, "case-p1"))
    run(shard, commands.AssignCase("case-p1", "", "ann", "", True, t(5)), post("p2", at=5), shape(NOT_ANN, "case-p2"))
    run(shard, post("p3", "p1", "p2", at=6))
    assert shard.cases["case-p1"].agent_id == "ann"
    assert isinstance(shard.cases["case-p1"].stage, Accepted)


def test_saying_the_same_again_says_nothing_and_saying_nobody_takes_it_away() -> None:
    shard = ruled(None, opened(), shape(NOT_ANN))
    assert decide(shape(NOT_ANN, at=9), shard) == []
    run(shard, shape(AgentTerms(), at=10))
    assert shard.cases["m1"].agent_terms is None
    assert decide(shape(AgentTerms(), at=11), shard) == []


def test_what_rules_forbid_adds_up_and_who_is_both_is_forbidden() -> None:
    first = both(AgentTerms(("ann", "ben"), 60, ("cat",)), AgentTerms((), 0, ("ann",)))
    assert first == AgentTerms(("ben",), 60, ("ann", "cat"))
    assert both(None, first) is first
    assert both(first, AgentTerms(("cat", "dan"), 5)) == AgentTerms(("dan",), 5, ("ann", "cat"))


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        pytest.param(commands.AssignCase("m1", "", "ann", "knows", False, t(9)), Reason.AGENT_FORBIDDEN, id="given it"),
        pytest.param(commands.ReplyToCase("m1", "ann", "r", "", TEXT, 3, True, t(9), "sorry"), Reason.AGENT_FORBIDDEN,
                     id="answering it from beside"),
        pytest.param(shape(AgentTerms(("zoe",), 60, ("yan",))), Reason.AGENT_UNKNOWN, id="named and not there"),
        pytest.param(shape(NOT_ANN, by="zoe"), Reason.AGENT_UNKNOWN, id="said by nobody who is there"),
        pytest.param(shape(NOT_ANN, "m9"), Reason.CASE_UNKNOWN, id="of no case"),
    ],
)  # fmt: skip
def test_what_is_refused(command: commands.Command, reason: Reason) -> None:
    shard = ruled(NOT_ANN, post("m1", at=4, case="m1"), accept("m1", "ben", at=5))
    with pytest.raises(Rejected) as refused:
        decide(command, shard)
    assert refused.value.reason == reason


def test_whoever_is_named_and_not_there_is_named_by_the_refusal_of_a_rule_and_of_a_case() -> None:
    shard = ruled(None)
    terms = AgentTerms(("zoe", "ann"), 60, ("yan",))
    for command in (policy(at=9, rules=(Rule("terms", "", agent_terms=terms),)), shape_opened(terms)):
        with pytest.raises(Rejected, match=r"there is no agent \w+ or ") as refused:
            decide(command, shard)
        assert refused.value.reason == Reason.AGENT_UNKNOWN


def shape_opened(terms: AgentTerms) -> commands.OpenCase:
    """A case opened by hand for some agents."""
    from msgspec.structs import replace

    return replace(opened(9), agent_terms=terms)


def test_force_gives_a_case_to_whom_it_is_not_for_and_the_fact_says_so() -> None:
    shard = ruled(NOT_ANN, opened())
    facts = run(shard, commands.AssignCase("m1", "", "ann", "only_one", True, t(9)))
    [assigned] = [fact for fact in facts if isinstance(fact, events.CaseAssigned)]
    assert (assigned.is_forbidden, assigned.is_over_capacity) == (True, False)
    assert isinstance(shard.cases["m1"].stage, Accepted)


def test_a_closed_case_is_for_nobody() -> None:
    shard = ruled(None, opened(), accept("m1", "ann", at=5))
    run(shard, commands.ResolveCase("m1", "ann", "done", (), t(6)))
    with pytest.raises(Rejected) as refused:
        decide(shape(NOT_ANN, at=7), shard)
    assert refused.value.reason == Reason.CASE_CLOSED


def test_claiming_a_case_that_is_not_for_somebody_is_refused_with_the_reason() -> None:
    from routing.terms import ClaimTerms

    shard = Shard()
    floor = commands.CreateQueue("floor", "", 60, 60, (), t(0), claim_terms=ClaimTerms(300))
    run(shard, floor, *HOUSE, open_case("m1", "floor", 4), shape(NOT_ANN))
    with pytest.raises(Rejected, match="is forbidden for it") as refused:
        decide(commands.ClaimCase("m1", "ann", t(6)), shard)
    assert refused.value.reason == Reason.NOT_ELIGIBLE
    assert decide(commands.ClaimCase("m1", "ben", t(6)), shard)


def test_an_offer_to_a_named_agent_is_explained_by_that() -> None:
    shard = ruled(ANN_FIRST)
    facts = decide(opened(), shard)
    for fact in facts:
        if isinstance(fact, events.CaseOffered):
            told = explain_offer(shard, fact)
            break
        evolve(shard, fact)
    assert "was offered to ann, who is named for it and is asked first of 3 who could take it" in told.summary
    assert told.candidates[1].sentence == "could take it; ann is named for it and is asked first"


def test_another_policy_leaves_a_case_as_its_rules_made_it() -> None:
    shard = ruled(NOT_ANN, opened())
    run(shard, policy(at=9, rules=()))
    assert forbidden_of(shard.cases["m1"]) == ("ann",)
    assert load(whole(shard)).cases == shard.cases


def test_a_match_is_a_look_however_many_waiting_cases_an_agent_is_forbidden_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shard, looks = Shard(), []
    run(shard, register("ann", 1), register("ben", 1), policy(rules=(Rule("terms", "", agent_terms=NOT_ANN),)))
    run(shard, *(open_case(f"m{number}", at=1) for number in range(300)))
    kind = type(shard.segments.order)
    key = kind.key
    monkeypatch.setattr(kind, "key", lambda *seen: looks.append(seen) or key(*seen))
    run(shard, presence("ann", at=2))
    assert looks == []
    run(shard, presence("ben", at=3))
    assert 0 < len(looks) <= 4


ids = st.lists(st.sampled_from("abc"), max_size=2, unique=True).map(tuple)


@given(st.builds(AgentTerms, ids, st.integers(1, 9), ids, st.none()))
def test_a_recalled_case_is_for_whom_it_was(terms: AgentTerms) -> None:
    case = Case("c1", *opened_as(), agent_terms=terms)  # type: ignore[arg-type]
    assert recalled(recall(case, "", t(1))).agent_terms == terms


def opened_as() -> tuple[object, ...]:
    """What every case has."""
    from routing.terms import CaseOrigin, Direction

    return CaseOrigin.MANUAL, Direction.INBOUND, "", "", "", "und", 1


NAME = f"tenants/acme/cases/{A_CASE}"
MIA, BEN = "tenants/acme/agents/mia", "tenants/acme/agents/ben"


def test_a_request_says_whom_a_case_is_for() -> None:
    agents = api.CaseAgents(preferred=[MIA], forbidden=[BEN])
    found = command_of(api.ShapeCaseRequest(name=NAME, agents=agents, request_id=A_CASE), t(7))
    assert found == commands.ShapeCase(A_CASE, "", AgentTerms(("mia",), 300, ("ben",), t(7)), t(7))
    request = api.OpenCaseRequest(parent="tenants/acme", agents=agents, request_id=A_CASE)
    opens = command_of(request, t(7))
    assert isinstance(opens, commands.OpenCase)
    assert opens.agent_terms == AgentTerms(("mia",), 300, ("ben",), t(7))


def test_all_that_is_wrong_with_a_request_is_said_at_once() -> None:
    agents = api.CaseAgents(preferred=[MIA, "tenants/other/agents/x"], preferred_s=99_999, forbidden=[MIA])
    with pytest.raises(InvalidRequest) as refused:
        command_of(api.ShapeCaseRequest(name=NAME, agents=agents, request_id=A_CASE), t(7))
    fields = sorted(field for field, _ in refused.value.violations)
    assert fields == ["agents.forbidden", "agents.preferred", "agents.preferred_s"]
    with pytest.raises(InvalidRequest) as refused:
        command_of(api.ShapeCaseRequest(name=NAME, request_id=A_CASE), t(7))
    assert [field for field, _ in refused.value.violations] == ["agents"]
    rule = api.RequirementRule(rule_id="a", agents=api.CaseAgents(preferred_s=5))
    routing_policy = api.RoutingPolicy(name="tenants/acme/routingPolicy", rules=[rule])
    with pytest.raises(InvalidRequest) as refused:
        command_of(api.UpdateRoutingPolicyRequest(routing_policy=routing_policy, request_id=A_CASE), t(7))
    assert {field for field, _ in refused.value.violations} == {
        "routing_policy.rules[0].agents.preferred_s", "routing_policy.rules[0].agents",
    }  # fmt: skip
