"""How many agents the production decider needs: as many as Erlang where all are alike, fewer where they are shared."""

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from routing.agents import Policy, Queue
from routing.simulation.driving import Contact
from routing.simulation.world import START, Arrival, Shift, Staff, after
from routing.staffing.demand import Demand, History, Kind, Times
from routing.staffing.erlang import Target, agents_needed
from routing.staffing.searching import Profile, Traffic, alone, at_a_time, mixed, profiles, shared, without_cases
from routing.terms import ChannelUnits, Ordering, PostKind, Relaxation, Requirement, Rule, Skill

FIFO = Policy(ordering=Ordering.FIFO)
TARGET = Target(0.8, 20)


def kind(name: str) -> Kind:
    return Kind(name, (Requirement(name, 1, hard=True),))


BILLING, REFUNDS = kind("billing"), kind("refunds")


def traffic(of: Kind, arrivals: float, handling_s: float = 180, patience_s: float = math.inf) -> Traffic:
    return Traffic(of, Queue(of.queue), arrivals, Times(handling_s, 1.0, patience_s), TARGET)


def team(*skills: tuple[str, ...], capacity: int = 1) -> list[Profile]:
    """Agents with these skills, of each as many, who serve every queue."""
    everything = frozenset([BILLING, REFUNDS])
    return [Profile(tuple(Skill(n, 3) for n in names), everything, capacity, 0.0, 1, 8.0) for names in skills]


@pytest.mark.parametrize(
    ("arrivals", "handling_s", "patience_s"),
    [
        pytest.param(50, 180, math.inf, id="five erlangs, nobody gives up"),
        pytest.param(60, 200, 334, id="seven erlangs, some give up"),
        pytest.param(3, 300, 600, id="half an erlang"),
    ],
)
def test_first_come_first_served_by_agents_who_are_alike_takes_what_erlang_says(
    arrivals: float, handling_s: float, patience_s: float
) -> None:
    expected = agents_needed(TARGET, arrivals / 1_800, handling_s, patience_s)
    found = alone(traffic(BILLING, arrivals, handling_s, patience_s), 1, FIFO, expected or 1)
    assert found == pytest.approx(expected, abs=1)


def test_agents_who_can_both_are_fewer_than_agents_who_can_one() -> None:
    both = [traffic(BILLING, 20), traffic(REFUNDS, 20)]
    split = shared(both, team(("billing",), ("refunds",)), FIFO, 8)
    pooled = shared(both, team(("billing", "refunds")), FIFO, 8)
    each = agents_needed(TARGET, 20 / 1_800, 180)
    together = agents_needed(TARGET, 40 / 1_800, 180)
    assert (each, together) == (4, 7)
    assert split == pytest.approx(2 * 4, abs=1)
    assert pooled == pytest.approx(7, abs=1)
    assert pooled < split


def test_whom_nobody_can_serve_no_number_of_agents_serves() -> None:
    both = [traffic(BILLING, 20), traffic(REFUNDS, 1)]
    assert shared(both, team(("billing",)), FIFO, 5) is None
    assert shared(both, [], FIFO, 5) is None


def test_the_same_is_found_again() -> None:
    asked = [traffic(BILLING, 30)], team(("billing",)), Policy(), 5
    assert shared(*asked) == shared(*asked)


def test_agents_with_room_for_two_are_half_as_many() -> None:
    one, two = (shared([traffic(BILLING, 60)], team(("billing",), capacity=n), FIFO, 8) for n in (1, 2))
    assert one is not None
    assert two is not None
    assert two in (one // 2, one // 2 + 1)


@given(st.lists(st.floats(0.1, 1_000), min_size=1, max_size=6), st.integers(1, 60))
def test_a_mix_is_as_the_team_is_and_grows_by_one(hours: list[float], agents: int) -> None:
    profiled = [Profile((), frozenset(), 1, 0.0, 1, there_h) for there_h in hours]
    found, more = mixed(profiled, agents), mixed(profiled, agents + 1)
    assert sum(found) == agents
    assert sorted(b - a for a, b in zip(found, more, strict=True)) == [0] * (len(hours) - 1) + [1]
    if len(set(hours)) == 1:
        assert max(found) - min(found) <= 1


def test_agents_are_grouped_by_what_they_can_do() -> None:
    shift = (Shift(START, after(3_600)),)
    staff = (
        Staff("mia", shift, (Skill("billing", 3),), accepts_after_s=2),
        Staff("li", shift, (Skill("billing", 3),), accepts_after_s=4),
        Staff("ann", shift, (Skill("refunds", 3),), queues=("q2",)),
        Staff("bob", shift, (Skill("cooking", 3),)),
        Staff("eve", (), (Skill("billing", 3), Skill("refunds", 1))),
    )
    kinds = {
        BILLING: Demand(Queue("q1"), frozenset(["q1"]), {}),
        REFUNDS: Demand(Queue("q2"), frozenset(["q2"]), {}),
    }
    found = profiles(History([], kinds, staff, {}))
    assert [(one.agents, one.there_h, one.accepts_after_s) for one in found] == [(2, 2.0, 3.0), (1, 1.0, 0.0)]
    assert [[one.can(BILLING), one.can(REFUNDS)] for one in found] == [[True, False], [False, True]]


@pytest.mark.parametrize(("capacity", "weight", "number"), [(1, 1, 1), (3, 1, 3), (5, 2, 2), (1, 4, 1)])
def test_an_agent_serves_as_many_at_a_time_as_it_has_room_for(capacity: int, weight: int, number: int) -> None:
    arrival = Arrival("1", START, "billing", "q1", 60, weight=weight)
    demand = Demand(Queue("q1"), frozenset(["q1"]), {START: [Contact(arrival, 60)]})
    assert at_a_time(BILLING, demand, team(("billing",), capacity=capacity)) == number


def test_what_a_policy_says_of_queues_and_posts_is_done_already() -> None:
    policy = Policy(
        ordering=Ordering.PRIORITY,
        rules=(Rule("vip", 'customer.tier = "gold"', queue="gold", urgency=3),),
        channel_units=(ChannelUnits("", PostKind.UNSPECIFIED, 4),),
        relaxations=(Relaxation("", 60, "billing", 1), Relaxation("gold", 60, queues=("billing",))),
    )
    assert without_cases(policy) == Policy(ordering=Ordering.PRIORITY, relaxations=policy.relaxations[:1])
    assert shared([traffic(BILLING, 20)], team(("billing",)), policy, 4) in (3, 4, 5)


def test_customers_who_take_two_units_take_twice_the_room() -> None:
    heavy = replace(traffic(BILLING, 60), units=2.0)
    found = shared([heavy], team(("billing",), capacity=2), FIFO, 8)
    assert found == shared([traffic(BILLING, 60)], team(("billing",), capacity=1), FIFO, 8)
