"""What a simulated operation keeps to: the same world for every policy, nobody lost, nobody served by two, I7."""

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

import pytest
from chassis.clock import LAST
from hypothesis import given, settings
from hypothesis import strategies as st
from routing import events
from routing.agents import Policy, Queue
from routing.commands import Command
from routing.simulation.chance import Constant, Exponential, LogNormal, chosen, quantile, uniform
from routing.simulation.driving import Run, drive
from routing.simulation.inference import difference, estimate, student_t
from routing.simulation.measuring import at_share, curve, jain, measure
from routing.simulation.scenario import Customers, Scenario, Team, world
from routing.simulation.world import START, Arrival, Pace, Shift, Staff, World, after
from routing.terms import Presence, Requirement, Skill

ALWAYS = (Shift(START, LAST),)
HOUR = Shift(START, after(3600))


def arrival(number: int, at_s: float, handling_s: float = 100, patience_s: float | None = None) -> Arrival:
    """A customer who asks for nothing in particular."""
    return Arrival(f"c{number}", after(at_s), "calls", "calls", handling_s, patience_s)


def staffed(*arrivals: Arrival, staff: Sequence[Staff] = (Staff("ann", ALWAYS),), target_s: int = 60) -> World:
    """A world with one queue."""
    return World((Queue("calls", "", target_s, 30),), tuple(staff), arrivals, HOUR)


def waited(run: Run) -> list[float | None]:
    return [contact.wait_s for contact in run.contacts.values()]


def test_who_comes_while_the_agent_is_busy_waits_until_it_is_done() -> None:
    run = drive(staffed(arrival(1, 0), arrival(2, 30), arrival(3, 500)), Policy())
    assert waited(run) == [0, 70, 0]
    assert measure(run)[""]["service_level"] == pytest.approx(2 / 3)
    assert measure(run)[""]["occupancy"] == pytest.approx(300 / 3600)


def test_who_loses_patience_is_withdrawn_and_takes_nobodys_time() -> None:
    run = drive(staffed(arrival(1, 0), arrival(2, 10, patience_s=50), arrival(3, 20)), Policy())
    assert waited(run) == [0, 50, 80]
    assert measure(run)[""]["abandoned"] == pytest.approx(1 / 3)
    assert run.contacts["c2"].agent_id == ""


def test_who_is_accepted_no_longer_gives_up() -> None:
    run = drive(staffed(arrival(1, 0, handling_s=100, patience_s=50)), Policy())
    assert run.contacts["c1"].gave_up_at is None
    assert run.contacts["c1"].ended_at == after(100)


def test_an_offer_that_is_accepted_too_late_lapses_and_its_agent_is_set_away() -> None:
    told: list[events.Event] = []
    slow = Staff("ann", ALWAYS, accepts_after_s=40)
    run = drive(staffed(arrival(1, 0), staff=[slow]), Policy(), lambda _, facts: told.extend(facts))
    assert sum(isinstance(fact, events.OfferExpired) for fact in told) == 3
    assert waited(run) == [None]
    assert measure(run)[""]["left_over"] == 1


def test_who_arrives_after_the_shift_is_left_over_and_who_is_being_served_is_served() -> None:
    early = Staff("ann", (Shift(START, after(60)),))
    run = drive(staffed(arrival(1, 50), arrival(2, 70), staff=[early]), Policy())
    assert waited(run) == [0, None]
    assert run.contacts["c1"].ended_at == after(150)


def test_an_agent_handles_at_the_pace_of_its_level() -> None:
    billing = Queue("billing", "", 60, 30, (Requirement("billing", 1, hard=True),))
    staff = [Staff(name, ALWAYS, (Skill("billing", level),)) for name, level in (("ann", 5), ("ben", 1), ("cat", 3))]
    arrivals = tuple(Arrival(f"c{n}", after(n), "calls", "billing", 100) for n in range(3))
    run = drive(World((billing,), tuple(staff), arrivals, HOUR, Pace(1.3, 0.9)), Policy())
    took = {c.agent_id: (c.ended_at or 0) - (c.accepted_at or 0) for c in run.contacts.values()}
    assert took == {"ann": 90_000_000, "cat": 110_000_000, "ben": 130_000_000}


def test_what_asks_for_more_units_takes_them() -> None:
    heavy = Arrival("c1", after(0), "calls", "calls", 100, weight=2)
    run = drive(staffed(heavy, arrival(2, 10), staff=[Staff("ann", ALWAYS, capacity=2)]), Policy())
    assert waited(run) == [0, 90]
    assert measure(run)[""]["occupancy"] == pytest.approx(300 / 7200)


def desk(rate: int, agents: int, capacity: int, patience: int, accepts: int, urgency: int) -> Scenario:
    """Half an hour with two groups of customers and a colleague who comes later."""
    calm = Customers("calm", (rate, 2 * rate), LogNormal(200, 0.7), 60, skills=(("a", 1.0), ("b", 2.0)))
    hasty = Customers("hasty", (rate,), Exponential(100), 20, Exponential(patience), urgency)
    team = Team("t", agents, (("a", 3), ("b", 1)), capacity, accepts_after_s=accepts)
    return Scenario(0.5, (calm, hasty), (team, Team("late", 1, (("b", 5),), 1, (0.2, 0.4))))


scenarios = st.builds(
    desk,
    st.integers(1, 60),
    st.integers(1, 4),
    st.integers(1, 3),
    st.integers(1, 300),
    st.sampled_from([0, 0, 5, 70]),
    st.integers(0, 3),
)


@settings(max_examples=25)
@given(scenarios, st.integers(0, 100))
def test_everybody_ends_once_nobody_has_two_agents_and_no_agent_more_than_it_can(scenario: Scenario, seed: int) -> None:
    lived = world(scenario, seed)
    units = {one.agent_id: one.capacity for one in lived.staff}
    holds: dict[str, str] = {}
    load: Counter[str] = Counter()

    def told(command: Command, facts: Sequence[events.Event]) -> None:
        for fact in facts:
            match fact:
                case events.CaseOffered(case_id, agent_id):
                    assert case_id not in holds
                    holds[case_id] = agent_id
                    load[agent_id] += 1
                    assert load[agent_id] <= units[agent_id]
                case events.OfferExpired() | events.OfferRescinded() | events.CaseResolved():
                    load[holds.pop(fact.case_id)] -= 1
                case events.PresenceChanged(agent_id, presence) if presence == Presence.AVAILABLE:
                    assert any(
                        s.start <= fact.at < s.end for o in lived.staff if o.agent_id == agent_id for s in o.shifts
                    )
                case _:
                    pass

    run = drive(lived, Policy(), told)
    assert not holds
    assert list(run.contacts) == [one.case_id for one in lived.arrivals]
    for contact in run.contacts.values():
        ended, gave_up, accepted = contact.ended_at, contact.gave_up_at, contact.accepted_at
        assert (accepted is None) == (ended is None)
        assert accepted is None or gave_up is None
        assert contact.arrival.at <= (accepted or gave_up or LAST)


def test_the_same_seed_is_the_same_to_the_last_fact_and_another_is_another() -> None:
    scenario = Scenario(1, (Customers("calls", (60,), Exponential(200), 30),), (Team("t", 3),))

    def facts(seed: int) -> list[events.Event]:
        told: list[events.Event] = []
        drive(world(scenario, seed), Policy(), lambda _, found: told.extend(found))
        return told

    assert facts(1) == facts(1)
    assert facts(1) != facts(2)


def test_a_customer_is_the_same_however_many_agents_there_are() -> None:
    calls = Customers("calls", (60,), Exponential(200), 30, Exponential(90), skills=(("a", 1.0), ("b", 1.0)))
    few, many = (world(Scenario(1, (calls,), (Team("t", n, (("a", 1), ("b", 1))),)), 1) for n in (1, 9))
    assert few.arrivals == many.arrivals


def test_draws_are_spread_evenly_and_do_not_follow_each_other() -> None:
    drawn = [uniform(1, "calls", n, "patience") for n in range(4000)]
    other = [uniform(1, "calls", n, "handling") for n in range(4000)]
    assert estimate(drawn).holds(0.5)
    assert estimate([(x - 0.5) * (y - 0.5) for x, y in zip(drawn, other, strict=True)]).holds(0)
    assert estimate([(x - 0.5) * (y - 0.5) for x, y in pairwise(drawn)]).holds(0)


@pytest.mark.parametrize("distribution", [Constant(300), Exponential(300), LogNormal(300, 0.6)])
def test_a_distribution_has_the_mean_that_it_says(distribution: Constant | Exponential | LogNormal) -> None:
    shares = [(n + 0.5) / 20_000 for n in range(20_000)]
    assert sum(quantile(distribution, share) for share in shares) / len(shares) == pytest.approx(300, rel=0.002)


def test_choices_are_as_likely_as_their_weights() -> None:
    shares = [(n + 0.5) / 1000 for n in range(1000)]
    assert Counter(chosen([1, 0, 3], share) for share in shares) == {0: 250, 2: 750}
    assert chosen([1, 2, 0], 1 - 2**-53) == 1


@pytest.mark.parametrize(("degrees", "t"), [(1, 12.7062), (2, 4.3027), (4, 2.7764), (9, 2.2622), (29, 2.0452)])
def test_student_t_is_that_of_the_tables(degrees: int, t: float) -> None:
    assert student_t(0.95, degrees) == pytest.approx(t, abs=1e-4)


def test_a_paired_difference_leaves_out_what_both_have_in_common() -> None:
    theirs = [10.0, 500.0, 90.0, 1000.0]
    found = difference([value + 1 for value in theirs], theirs)
    assert (found.mean, found.half_width) == (1, 0)
    assert estimate([3.0]).half_width is None


def test_jain_is_one_for_equals_and_one_nth_where_one_does_everything() -> None:
    assert jain([2, 2, 2, 2]) == 1
    assert jain([5, 0, 0, 0]) == 0.25
    assert jain([0, 0]) is None


def test_quantiles_and_curves_are_of_what_was_seen() -> None:
    values = [1.0, 2.0, 3.0, 4.0]
    assert [at_share(values, share) for share in (0.0, 0.25, 0.5, 0.95, 1.0)] == [1, 1, 2, 4, 4]
    assert curve(values, [0, 1, 2.5, 9]) == [0, 0.25, 0.5, 1]
