"""Why a case went to whom it went, under every policy: the explanation is what the policy finds when it is asked again
of the facts before the offer, and what it says would have been otherwise is what would have been decided.
"""

from collections.abc import Sequence

import pytest
from chassis.clock import MICROS, Instant
from hypothesis import given, settings
from routing import events
from routing.agents import Agent
from routing.cases import Queued
from routing.decider import decide
from routing.explain import Alternative, Constraint, explain, explain_offer
from routing.matching import Decision
from routing.shard import Shard, evolve, refill
from routing.state_codec import load
from routing.terms import Ordering, Presence, Requirement, Selection

from tests.conformance.test_routing_policies import (
    EVERY,
    WIDTHS,
    Named,
    Step,
    end_of,
    fact,
    founded,
    happening,
    staffs,
    steps,
)
from tests.unit.routing.build import accept, open_case, presence, queue, record, register, run, t, whole

FEW = settings(max_examples=8)


def offered_under(alternative: Alternative, shard: Shard, case_id: str, now: Instant) -> str | None:
    """Whom the policy finds for a case in a world in which one thing is otherwise."""
    other = load(whole(shard))
    other.agents.pop(alternative.without, None)
    if alternative.agent.agent_id in other.agents:
        other.agents[alternative.agent.agent_id] = alternative.agent
    if alternative.case is not None:
        other.cases[case_id] = alternative.case
    refill(other)
    later = Instant(now + alternative.later_s * MICROS)
    return Decision(other, later)._best_agent(other.cases[case_id])  # what is decided, without deciding it


@EVERY
@given(staff=staffs, drawn=steps, widths=WIDTHS)
@FEW
def test_an_offer_is_explained_by_what_the_policy_finds_again(
    policy: Named, staff: Sequence[Agent], drawn: Sequence[Step], widths: tuple[int, int]
) -> None:
    shard = founded(policy, staff, widths)
    for _, facts in happening(shard, drawn):
        before = load(whole(shard))
        for said in record(shard, facts):
            if isinstance(said, events.CaseOffered):
                told = explain_offer(before, said)
                first, *others = told.candidates
                assert (first.agent_id, first.eligible, first.constraints) == (said.agent_id, True, ())
                assert all((one.constraint == Constraint.OUTRANKED) == one.eligible for one in others)
                assert all(bool(one.constraints) != one.eligible for one in others)
                assert told.policy_version == said.policy_version == 1
                for alternative in told.alternatives:
                    found = offered_under(alternative, before, said.case_id, said.at)
                    assert found == alternative.agent.agent_id, alternative.sentence
            evolve(before, said)


@EVERY
@given(staff=staffs, drawn=steps, widths=WIDTHS)
@FEW
def test_what_would_end_a_case_s_waiting_would_end_it(
    policy: Named, staff: Sequence[Agent], drawn: Sequence[Step], widths: tuple[int, int]
) -> None:
    shard, now = founded(policy, staff, widths), end_of(drawn)
    for _, facts in happening(shard, drawn):
        record(shard, facts)
    for case in [one for one in shard.cases.values() if isinstance(one.stage, Queued)]:
        for alternative in explain(shard, case, now).alternatives:
            found = offered_under(alternative, shard, case.case_id, now)
            assert found == alternative.agent.agent_id, alternative.sentence


CARE = queue("care", requirements=(Requirement("lang:zh", 3, hard=True),))


@pytest.mark.parametrize(
    ("staff", "sentence"),
    [
        pytest.param([register("ann", 1, [("lang:zh", 3)])], "ann would be offered it were it available", id="absent"),
        pytest.param(
            [register("ann", 1, [("lang:zh", 2)]), presence("ann")],
            "ann would be offered it with lang:zh at 3",
            id="a level too low",
        ),
        pytest.param(
            [register("ann", 1, [("lang:zh", 5)], ["default"]), presence("ann")],
            "ann would be offered it did it serve queue care",
            id="another queue",
        ),
        pytest.param(
            [register("ann", 1, [("lang:zh", 5)]), presence("ann"), open_case("m0", "care")],
            "ann would be offered it had it 1 unit more free",
            id="no room",
        ),
    ],
)
def test_who_waits_is_told_what_would_end_it(staff: Sequence[object], sentence: str) -> None:
    shard = Shard()
    run(shard, CARE, *staff, open_case("m1", "care"))  # type: ignore[arg-type]
    told = explain(shard, shard.cases["m1"], t(1))
    assert [one.sentence for one in told.alternatives] == [sentence]


def test_two_things_in_the_way_are_both_named_and_neither_alone_would_change_it() -> None:
    shard = Shard()
    run(shard, CARE, register("ann", 1, [("lang:zh", 1)]), presence("ann", Presence.BUSY), open_case("m1", "care"))
    told = explain(shard, shard.cases["m1"], t(1))
    assert told.candidates[0].constraints == (Constraint.PRESENCE, Constraint.SKILL)
    assert told.alternatives == ()


def test_who_came_second_is_who_would_have_been_offered_it() -> None:
    shard = Shard()
    run(shard, register("ann", 1), register("ben", 1), presence("ann"), presence("ben", at=1))
    [offered] = [one for one in decide(open_case("m1", at=2), shard) if isinstance(one, events.CaseOffered)]
    for said in decide(open_case("m1", at=2), shard):
        if said == offered:
            break
        evolve(shard, said)
    told = explain_offer(shard, offered)
    assert [one.sentence for one in told.alternatives] == ["without ann it would have been offered to ben"]
    assert told.summary == (
        "case m1 was offered to ann, who ranked first of 2 who could take it; it was number 1 of 1 in line"
        " (offer 1, policy version 0)"
    )
    assert [one.sentence for one in told.candidates] == ["was offered it", "could take it; ann is first by id"]


@pytest.mark.parametrize(
    ("selection", "sentence"),
    [
        pytest.param(Selection.BEST_FIT, "could take it; ann fits better: 5 against 3", id="best fit"),
        pytest.param(Selection.MOST_SKILLED, "could take it; ann fits better: 5 against 3", id="most skilled"),
        pytest.param(
            Selection.LEAST_SUFFICIENT,
            "could take it; ben has less skill to spare, or lacks less of what is asked for",
            id="least sufficient",
        ),
        pytest.param(Selection.LEAST_BUSY, "could take it; ben has more free: 4 units against 2", id="least busy"),
        pytest.param(
            Selection.LEAST_BUSY_SHARE, "could take it; ben is less busy: 20% against 33%", id="least busy by share"
        ),
        pytest.param(Selection.ROUND_ROBIN, "could take it; ann has been offered nothing for longer", id="round robin"),
        pytest.param(Selection.LONGEST_IDLE, "could take it; ann is first by id", id="longest idle"),
    ],
)
def test_who_came_before_whom_is_said_in_the_words_of_the_choice(selection: Selection, sentence: str) -> None:
    shard = Shard()
    evolve(shard, fact((Ordering.FIFO, selection)))
    staff = [register("ann", 3, [("lang:zh", 5)]), register("ben", 5, [("lang:zh", 3)])]
    run(shard, CARE, *staff, presence("ann"), open_case("m1", at=1), accept("m1", "ann", at=1))
    run(shard, presence("ann", Presence.BUSY, 2), presence("ben", at=2), open_case("m2", at=2), presence("ann", at=3))
    case = open_case("m3", "care", at=4)
    for told in decide(case, shard):
        if isinstance(told, events.CaseOffered):
            assert explain_offer(shard, told).candidates[1].sentence == sentence
        evolve(shard, told)
