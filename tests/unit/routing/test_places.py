"""Given where an agent is to be for a case, when it waits, then who is offered it; and how far places are apart."""

import pytest
from chassis.errors import InvalidRequest, Rejected
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from routing import commands, events
from routing.cases import Offered, Queued, asked_near
from routing.commands import CaseWithin, Reason
from routing.decider import decide
from routing.explain import Constraint, explain, explain_offer
from routing.geo import EARTH_RADIUS_M, RADIUS_MAX_KM, distance_m, is_near, nearest
from routing.requests import command_of
from routing.shard import Shard, evolve
from routing.state_codec import load
from routing.terms import GeoPoint, Near, Place, Relaxation, Rule, SourceLabel, Within
from routing.wire import case_message
from switchboard.routing.v1 import events_pb2
from switchboard.routing.v1 import service_pb2 as api

from tests.unit.routing.build import open_case, policy, post, presence, register, run, summary, t, tick, whole

A_CASE = "11111111-1111-4111-8111-111111111111"
BERLIN, POTSDAM, LONDON = GeoPoint(52.52, 13.405), GeoPoint(52.4, 13.06), GeoPoint(51.5074, -0.1278)
PLACES = (Place("berlin", BERLIN), Place("london", LONDON))
HARD, SOFT = CaseWithin("berlin", None, 50, True), CaseWithin("berlin", None, 50, False)
points = st.builds(GeoPoint, st.floats(-90, 90), st.floats(-180, 180))


@pytest.mark.parametrize(
    ("one", "other", "km"),
    [
        pytest.param(BERLIN, LONDON, 932, id="Berlin to London"),
        pytest.param(BERLIN, POTSDAM, 27, id="Berlin to Potsdam"),
        pytest.param(GeoPoint(0, 179.5), GeoPoint(0, -179.5), 111, id="over the date line"),
        pytest.param(GeoPoint(90, 0), GeoPoint(-90, 77), 20_015, id="pole to pole"),
        pytest.param(BERLIN, BERLIN, 0, id="the same point"),
    ],
)
def test_a_distance_is_that_of_a_great_circle(one: GeoPoint, other: GeoPoint, km: int) -> None:
    assert round(distance_m(one, other) / 1_000) == km


@given(points, points, points)
def test_law_distances_are_a_metric_to_the_metre_and_half_way_round_at_most(
    a: GeoPoint, b: GeoPoint, c: GeoPoint
) -> None:
    assert distance_m(a, b) == distance_m(b, a)
    assert 0 <= distance_m(a, b) <= 3.1416 * EARTH_RADIUS_M < 1_000 * RADIUS_MAX_KM
    assert distance_m(a, c) <= distance_m(a, b) + distance_m(b, c) + 2
    assert is_near(a, Near("b", b, RADIUS_MAX_KM, True))


def test_what_is_nowhere_is_near_nothing_and_the_nearest_of_two_is_told_by_id_where_they_tie() -> None:
    assert not is_near(None, Near("b", BERLIN, RADIUS_MAX_KM, True))
    assert nearest(PLACES, POTSDAM) == PLACES[0]
    assert nearest((Place("b", BERLIN), Place("a", BERLIN)), LONDON) == Place("a", BERLIN)
    assert nearest((), LONDON) is None
    assert not is_near(GeoPoint(float("inf"), 0.0), Near("b", BERLIN, RADIUS_MAX_KM, True))


def at(agent_id: str, point: GeoPoint | None) -> commands.RegisterAgent:
    """An agent who is somewhere."""
    return replace(register(agent_id), location=point)


def opened(within: CaseWithin | None, case_id: str = "m1", when: float = 1) -> commands.OpenCase:
    """A case opened by hand for who is near."""
    return replace(open_case(case_id, "default", when), within=within)


def shape(within: CaseWithin, when: float = 5) -> commands.ShapeCase:
    """Somebody says where an agent is to be for it."""
    return commands.ShapeCase("m1", "", None, t(when), None, within)


def house(*agents: tuple[str, GeoPoint | None], steps: tuple[Relaxation, ...] = ()) -> Shard:
    """Agents who are available, where they are, and the places of the house."""
    shard = Shard()
    run(shard, policy(places=PLACES, relaxations=steps))
    run(shard, *(at(*one) for one in agents), *(presence(agent_id) for agent_id, _ in agents))
    return shard


def offered_to(shard: Shard) -> str:
    """Whom the case is offered to, "" for nobody."""
    stage = shard.cases["m1"].stage
    return stage.agent_id if isinstance(stage, Offered) else ""


def test_only_who_is_near_is_offered_what_asks_for_it_and_the_others_are_told_how_far_they_are() -> None:
    shard = house(("ann", LONDON), ("ben", None))
    run(shard, opened(HARD))
    assert isinstance(shard.cases["m1"].stage, Queued)
    told = explain(shard, shard.cases["m1"], t(2))
    assert {one.agent_id: (one.constraint, one.sentence) for one in told.candidates} == {
        "ann": (Constraint.PLACE, "is 932 km away from berlin, and not within 50 km"),
        "ben": (Constraint.PLACE, "is nowhere, and not within 50 km of berlin"),
    }
    assert told.alternatives[0].sentence == "ann would be offered it were it within 50 km of berlin"
    run(shard, at("cat", POTSDAM), presence("cat", at=3))
    assert offered_to(shard) == "cat"


def test_an_agent_who_moves_is_offered_what_waits_where_it_is_now() -> None:
    shard = house(("ann", LONDON))
    run(shard, opened(HARD))
    facts = run(shard, commands.ChangeAgent("ann", None, None, None, None, t(3), location=POTSDAM))
    assert summary(facts) == ["AgentChanged ann", "CaseOffered m1 ann 1"]
    run(shard, commands.ChangeAgent("ann", None, None, None, None, t(4), is_nowhere=True))
    assert shard.agents["ann"].location is None
    assert decide(commands.ChangeAgent("ann", None, None, None, None, t(5), is_nowhere=True), shard) == []


def test_a_soft_place_asks_who_is_near_first_and_takes_others() -> None:
    shard = house(("ann", LONDON), ("ben", POTSDAM))
    for fact in (facts := decide(opened(SOFT), shard)):
        if isinstance(fact, events.CaseOffered):
            told = explain_offer(shard, fact)
            break
        evolve(shard, fact)
    assert [one.sentence for one in told.candidates] == [
        "was offered it", "could take it; ben is within 50 km of berlin",
    ]  # fmt: skip
    assert [fact.agent_id for fact in facts if isinstance(fact, events.CaseOffered)] == ["ben"]
    far = house(("ann", LONDON))
    run(far, opened(SOFT))
    assert offered_to(far) == "ann"


def test_a_rule_asks_for_who_is_near_and_another_policy_moves_no_case() -> None:
    shard, within = house(), Within("berlin", 50, True)
    rule = Rule("store", "labels.store = berlin", within=within)
    source = commands.SetSourceQueue("shop", "", t(0), (SourceLabel("store", "berlin"),))
    run(shard, source, policy(1, rules=(rule,)), post("m1", at=2, case="m1"))
    near = Near("berlin", BERLIN, 50, True)
    assert shard.cases["m1"].near == near
    assert case_message("acme", shard.cases["m1"]).near.place_id == "berlin"
    run(shard, policy(3, places=(Place("berlin", LONDON),)))
    assert shard.cases["m1"].near == near
    assert load(whole(shard)).cases == shard.cases


def test_a_post_is_not_offered_to_who_is_far_because_another_case_of_its_queue_could_be() -> None:
    shard = house(("ann", LONDON))
    run(shard, commands.ChangeAgent("ann", None, None, 2, None, t(0)))
    rule = Rule("store", "labels.store = berlin", within=Within("berlin", 50, True))
    source = commands.SetSourceQueue("shop", "", t(0), (SourceLabel("store", "berlin"),))
    run(shard, source, policy(1, rules=(rule,)), post("m0", at=2, case="m0", source="elsewhere"))
    assert isinstance(shard.cases["m0"].stage, Offered)
    run(shard, post("m1", at=3, case="m1"))
    assert isinstance(shard.cases["m1"].stage, Queued)


def test_a_point_means_the_nearest_place_and_is_in_no_fact() -> None:
    shard = house()
    facts = run(shard, opened(CaseWithin("", POTSDAM, 30, True)))
    assert shard.cases["m1"].near == Near("berlin", BERLIN, 30, True)
    assert "52.4" not in repr(facts)


def test_steps_widen_the_radius_and_drop_the_place_and_never_narrow_it() -> None:
    steps = (Relaxation("", 10, radius_km=40), Relaxation("", 20, radius_km=900), Relaxation("", 30, radius_km=0))
    shard = house(("ann", LONDON), steps=steps)
    run(shard, opened(HARD))
    planned = [one.sentence for one in explain(shard, shard.cases["m1"], t(1)).planned]
    assert planned == [
        "would ask for who is within 900 km instead of 50 km in 20 s",
        "would no longer ask for who is near berlin in 30 s",
    ]  # fmt: skip
    assert run(shard, tick(12)) == []
    [relaxed] = run(shard, tick(21))
    assert isinstance(relaxed, events.RequirementRelaxed)
    assert (relaxed.near, relaxed.skill, relaxed.step) == (Near("berlin", BERLIN, 900, True), "", 2)
    assert asked_near(shard.cases["m1"]) == Near("berlin", BERLIN, 50, True)
    assert summary(run(shard, tick(31))) == ["RequirementRelaxed m1", "CaseOffered m1 ann 1"]
    assert case_message("acme", shard.cases["m1"]).asked_near.radius_km == 50


def test_a_place_said_of_a_case_in_line_is_asked_from_then_on_and_saying_it_again_says_nothing() -> None:
    shard = house(("ann", LONDON), ("ben", POTSDAM))
    run(shard, presence("ann"), opened(None))
    assert summary(run(shard, shape(HARD))) == ["CaseNearChanged m1"]  # the open offer stands
    assert decide(shape(HARD, 6), shard) == []
    run(shard, commands.DeclineOffer("m1", "ann", 1, "far", t(7)))
    assert offered_to(shard) == "ben"
    run(shard, commands.DeclineOffer("m1", "ben", 2, "far", t(8)), shape(CaseWithin("", None, 0, False), 9))
    assert shard.cases["m1"].near is None


@pytest.mark.parametrize(
    "command",
    [
        pytest.param(shape(CaseWithin("paris", None, 5, True)), id="of a case"),
        pytest.param(opened(CaseWithin("paris", None, 5, True), "m2"), id="of a case that is opened"),
        pytest.param(policy(9, rules=(Rule("a", "", within=Within("paris", 5, True)),)), id="in a rule"),
        pytest.param(policy(9, places=PLACES[1:]), id="which a rule still names"),
    ],
)
def test_a_place_that_is_not_there_is_named_by_the_refusal(command: commands.Command) -> None:
    shard = house()
    run(shard, policy(1, rules=(Rule("b", "", within=Within("berlin", 5, True)),)), opened(None))
    with pytest.raises(Rejected, match="has no place") as refused:
        decide(command, shard)
    assert refused.value.reason == Reason.PLACE_UNKNOWN


def test_a_point_is_nearest_to_nothing_where_the_policy_has_no_places() -> None:
    shard = Shard()
    with pytest.raises(Rejected) as refused:
        decide(opened(CaseWithin("", BERLIN, 5, True)), shard)
    assert refused.value.reason == Reason.PLACE_UNKNOWN


def test_cases_of_a_thousand_points_wait_in_as_many_kinds_as_there_are_places() -> None:
    shard = house()
    for number in range(1_000):
        point = GeoPoint(45 + number / 100, number / 50)
        run(shard, opened(CaseWithin("", point, 50, True), f"m{number}"))
    assert len(shard.segments.by_key) <= len(PLACES)


def test_all_that_is_wrong_with_a_request_is_said_at_once() -> None:
    name, nowhere = f"tenants/acme/cases/{A_CASE}", events_pb2.GeoPoint(latitude=float("nan"))
    for within, fields in (
        (api.CaseWithin(place_id="Berlin", point=nowhere), {"within.place_id", "within.point", "within.radius_km"}),
        (api.CaseWithin(radius_km=5), {"within.place_id"}),
    ):
        with pytest.raises(InvalidRequest) as refused:
            command_of(api.ShapeCaseRequest(name=name, within=within, request_id=A_CASE), t(1))
        assert {field for field, _ in refused.value.violations} == fields
    bad = api.RoutingPolicy(
        name="tenants/acme/routingPolicy",
        places=[events_pb2.Place(place_id="a"), events_pb2.Place(place_id="b", point=nowhere)],
        rules=[api.RequirementRule(rule_id="a", within=events_pb2.Within(radius_km=0))],
        relaxations=[
            api.RelaxationStep(after_s=5, radius_km=-1),
            api.RelaxationStep(after_s=6, skill="a", radius_km=5),
        ],
    )
    with pytest.raises(InvalidRequest) as refused:
        command_of(api.UpdateRoutingPolicyRequest(routing_policy=bad, request_id=A_CASE), t(1))
    assert {field.removeprefix("routing_policy.") for field, _ in refused.value.violations} == {
        "places", "places.point", "rules[0].within.place_id", "rules[0].within.radius_km", "relaxations[0].radius_km",
        "relaxations[1]",
    }  # fmt: skip
    agent = api.Agent(location=events_pb2.GeoPoint(latitude=91))
    with pytest.raises(InvalidRequest) as refused:
        command_of(api.CreateAgentRequest(parent="tenants/acme", agent_id="mia", agent=agent, request_id=A_CASE), t(1))
    assert [field for field, _ in refused.value.violations] == ["agent.location"]


def test_an_agent_is_said_to_be_somewhere_and_to_be_nowhere() -> None:
    where = api.Agent(name="tenants/acme/agents/mia", location=events_pb2.GeoPoint(latitude=52.5, longitude=13.4))
    update = api.UpdateAgentRequest(agent=where, request_id=A_CASE)
    update.update_mask.paths.append("location")
    said = command_of(update, t(1))
    assert isinstance(said, commands.ChangeAgent)
    assert (said.location, said.is_nowhere) == (GeoPoint(52.5, 13.4), False)
    update.agent.ClearField("location")
    said = command_of(update, t(1))
    assert isinstance(said, commands.ChangeAgent)
    assert (said.location, said.is_nowhere) == (None, True)
