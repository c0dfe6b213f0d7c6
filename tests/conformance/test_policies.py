"""What must be true of any order of cases and any choice of agent, whatever policy is in force."""

from itertools import pairwise

from chassis.clock import Instant
from hypothesis import given, settings
from hypothesis import strategies as st
from routing.agents import Agent
from routing.policies import (
    LATE_SHARE,
    Waiting,
    is_floor_turn,
    is_skilled,
    order_key,
    rank,
    serves,
    skill_score,
)
from routing.terms import Presence, Requirement, Skill

FEW = settings(max_examples=100, deadline=None)
instants = st.integers(0, 50).map(Instant)
ids = st.sampled_from([f"c{n}" for n in range(40)])
waiting = st.builds(Waiting, instants, instants, ids)
cases = st.lists(st.tuples(waiting, st.integers(0, 3)), min_size=1, max_size=12, unique_by=lambda c: c[0].case_id)
names = st.sampled_from(["lang:zh", "lang:en", "topic:billing"])
requirements = st.lists(
    st.builds(Requirement, names, st.integers(1, 5), st.booleans()), max_size=3, unique_by=lambda r: r.skill
).map(lambda found: tuple(sorted(found, key=lambda r: r.skill)))
agents = st.builds(
    Agent,
    st.sampled_from([f"a{n}" for n in range(30)]),
    skills=st.lists(st.builds(Skill, names, st.integers(0, 5)), max_size=3, unique_by=lambda s: s.name).map(tuple),
    capacity=st.integers(0, 5),
    queues=st.sampled_from([(), ("care",), ("default", "care")]),
    presence=st.sampled_from(list(Presence)),
    released_at=instants,
)


@FEW
@given(cases, instants, st.booleans())
def test_the_order_is_total(queue: list[tuple[Waiting, int]], now: Instant, floor_turn: bool) -> None:
    keys = [order_key(case, urgency, now, floor_turn) for case, urgency in queue]
    assert len(set(keys)) == len(keys)


@FEW
@given(cases, instants, st.booleans(), st.randoms(use_true_random=False))
def test_the_order_does_not_depend_on_how_the_queue_is_stored(
    queue: list[tuple[Waiting, int]], now: Instant, floor_turn: bool, random: object
) -> None:
    shuffled = list(queue)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    first = min(queue, key=lambda c: order_key(c[0], c[1], now, floor_turn))
    assert min(shuffled, key=lambda c: order_key(c[0], c[1], now, floor_turn)) == first


@FEW
@given(cases, instants)
def test_what_can_be_kept_comes_before_what_is_late_within_an_urgency(
    queue: list[tuple[Waiting, int]], now: Instant
) -> None:
    served = sorted(queue, key=lambda c: order_key(c[0], c[1], now, floor_turn=False))
    for (one, urgency), (other, other_urgency) in pairwise(served):
        assert urgency >= other_urgency
        if urgency == other_urgency:
            assert (one.deadline < now) <= (other.deadline < now)
            if (one.deadline < now) == (other.deadline < now):
                assert one.deadline <= other.deadline


@FEW
@given(cases, instants)
def test_a_floor_turn_serves_the_latest_of_the_late_whatever_its_urgency(
    queue: list[tuple[Waiting, int]], now: Instant
) -> None:
    first, _ = min(queue, key=lambda c: order_key(c[0], c[1], now, floor_turn=True))
    late = [case for case, _ in queue if case.deadline < now]
    assert not late or first.deadline == min(case.deadline for case in late)


def test_floor_turns_come_again_for_ever() -> None:
    assert [n for n in range(3 * LATE_SHARE) if is_floor_turn(n)] == [
        LATE_SHARE - 1,
        2 * LATE_SHARE - 1,
        3 * LATE_SHARE - 1,
    ]


@FEW
@given(st.lists(agents, min_size=1, max_size=8, unique_by=lambda a: a.agent_id), requirements)
def test_the_choice_is_total_and_prefers_skill_then_idleness(
    staff: list[Agent], asked: tuple[Requirement, ...]
) -> None:
    ranks = [rank(agent, asked) for agent in staff]
    assert len(set(ranks)) == len(ranks)
    best = min(staff, key=lambda agent: rank(agent, asked))
    assert skill_score(best, asked) == max(skill_score(agent, asked) for agent in staff)
    equals = [agent for agent in staff if skill_score(agent, asked) == skill_score(best, asked)]
    assert best.released_at == min(agent.released_at for agent in equals)


@FEW
@given(agents, requirements)
def test_only_a_hard_requirement_excludes(agent: Agent, asked: tuple[Requirement, ...]) -> None:
    levels = {skill.name: skill.level for skill in agent.skills}
    assert is_skilled(agent, asked) == all(levels.get(r.skill, 0) >= r.min_level for r in asked if r.hard)
    assert 0 <= skill_score(agent, asked) <= 5


@FEW
@given(agents)
def test_who_names_no_queue_serves_them_all(agent: Agent) -> None:
    assert serves(agent, "anything") == (not agent.queues)
    assert all(serves(agent, queue) for queue in agent.queues)


@FEW
@given(agents)
def test_only_who_is_available_has_room(agent: Agent) -> None:
    assert 0 <= agent.free <= agent.capacity
    assert agent.presence == Presence.AVAILABLE or agent.free == 0
