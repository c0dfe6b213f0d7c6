"""Given steps of relaxation, when a case has waited, then what it asks for less, and what that never changes."""

from collections.abc import Sequence

import pytest
from chassis.clock import MICROS
from chassis.errors import InvalidRequest, Rejected
from hypothesis import given, settings
from hypothesis import strategies as st
from routing import commands, events
from routing.cases import Case, Queued, asked_of, lenders_of, place_in_line
from routing.decider import decide
from routing.explain import Constraint, explain
from routing.matching import Decision
from routing.policies import is_skilled, serves
from routing.requests import command_of
from routing.shard import Shard, evolve, next_due
from routing.state_codec import load
from routing.terms import Presence, Relaxation, Requirement, RescindReason, Skill
from routing.wire import explanation_message
from switchboard.routing.v1 import service_pb2 as api

from tests.unit.routing.build import (
    accept,
    decline,
    open_case,
    policy,
    presence,
    queue,
    record,
    register,
    resolve,
    run,
    t,
    tick,
    whole,
)

ZH, BILLING = Requirement("lang:zh", 4, hard=True), Requirement("topic:billing", 2, hard=False)
CARE = queue("care", requirements=(ZH, BILLING), limits=(0, 0, 900))
OTHERS = [queue("sales"), queue("back")]
LOWER = Relaxation("care", 60, "lang:zh", 2)
DROP = Relaxation("", 120, "lang:zh")
WIDEN = Relaxation("care", 180, queues=("sales",))
LEND = Relaxation("care", 60, queues=("sales",), lend_waiting_max=1)


def relaxing(*steps: Relaxation) -> Shard:
    shard = Shard()
    run(shard, CARE, *OTHERS, policy(relaxations=steps))
    return shard


def due(shard: Shard, until: float, since: float = 0) -> list[events.Event]:
    """Time passes from then until then, step by step; every tick that is due decides something."""
    facts: list[events.Event] = []
    while (at := next_due(shard)) is not None and at <= t(until):
        decided = record(shard, decide(commands.Tick(max(at, t(since))), shard))
        assert decided, "a tick that is due decides something"
        facts += decided
    return facts


def relaxations(facts: Sequence[events.Event]) -> list[tuple[int, int]]:
    """(step, seconds) of each."""
    found = [fact for fact in facts if isinstance(fact, events.RequirementRelaxed)]
    return [(fact.step, (fact.at - t(0)) // MICROS) for fact in found]


def offers(facts: Sequence[events.Event]) -> list[tuple[str, str]]:
    return [(fact.case_id, fact.agent_id) for fact in facts if isinstance(fact, events.CaseOffered)]


def test_a_case_asks_for_less_step_by_step_and_keeps_its_place() -> None:
    shard = relaxing(LOWER, DROP, WIDEN)
    run(shard, open_case("m1", "care"))
    place = place_in_line(shard.cases["m1"])
    assert relaxations(due(shard, 60)) == [(1, 60)]
    assert shard.cases["m1"].requirements == (Requirement("lang:zh", 2, hard=True), BILLING)
    assert relaxations(due(shard, 300)) == [(2, 120), (3, 180)]
    case = shard.cases["m1"]
    assert (case.requirements, lenders_of(case), asked_of(case)) == ((BILLING,), ("sales",), (ZH, BILLING))
    assert place_in_line(case) == place
    assert shard.cases["m1"] == load(whole(shard)).cases["m1"]


def test_who_can_take_it_then_is_offered_it_at_once() -> None:
    shard = relaxing(LOWER, WIDEN)
    run(shard, register("ann", 1, [("lang:zh", 3)], ["care"]), presence("ann"), open_case("m1", "care"))
    assert offers(due(shard, 59)) == []
    assert offers(due(shard, 60)) == [("m1", "ann")]
    shard = relaxing(LOWER, WIDEN)
    run(shard, register("ben", 1, [("lang:zh", 3)], ["sales"]), presence("ben"), open_case("m1", "care"))
    assert offers(due(shard, 179)) == []
    assert offers(due(shard, 180)) == [("m1", "ben")]


def test_steps_are_of_a_queue_or_of_all_and_skip_what_a_case_does_not_ask() -> None:
    shard = relaxing(LOWER, DROP, WIDEN)
    run(shard, open_case("m1", "sales"))
    assert due(shard, 900) == []


def test_time_counts_from_when_it_began_to_wait_whatever_was_offered_since() -> None:
    shard = relaxing(LOWER, DROP)
    run(shard, register("ann", 1, [("lang:zh", 5)], ["care"]), presence("ann"), open_case("m1", "care"))
    assert relaxations(due(shard, 59)) == []
    run(shard, decline("m1", "ann", at=59))
    assert relaxations(due(shard, 119)) == [(1, 60)]


def test_while_it_is_offered_nothing_is_relaxed_and_what_fell_due_is_done_when_it_waits_again() -> None:
    shard = relaxing(LOWER, DROP)
    run(shard, queue("slow", offer_timeout_s=600, requirements=(ZH,)), register("ann", 1, [("lang:zh", 5)]))
    run(shard, presence("ann"), open_case("m1", "slow"))
    assert relaxations(due(shard, 200)) == []
    facts = run(shard, decline("m1", "ann", at=200))
    assert relaxations(facts) == [(2, 200)]
    assert [type(fact).__name__ for fact in facts] == ["OfferDeclined", "RequirementRelaxed"]


def test_an_offer_that_is_taken_back_leads_to_what_fell_due_meanwhile() -> None:
    shard = relaxing(LOWER)
    run(shard, register("ann", 1, [("lang:zh", 5)]), presence("ann"), open_case("m1", "care"))
    run(shard, presence("ann", Presence.BUSY, at=50))
    [rescinded] = [e for e in run(shard, presence("ann", at=51), presence("ann", Presence.AWAY, at=61))
                   if isinstance(e, events.OfferRescinded) and e.at == t(61)]  # fmt: skip
    assert rescinded.reason is RescindReason.AGENT_LEFT
    assert next_due(shard) == t(60)
    assert relaxations(due(shard, 61, 61)) == [(1, 61)]


def test_a_case_that_waits_anew_asks_what_it_asked_at_first() -> None:
    shard = relaxing(LOWER, DROP, WIDEN)
    run(shard, register("ann", 1, [], ["sales"]), presence("ann"), open_case("m1", "care"))
    due(shard, 180)
    run(shard, accept("m1", "ann", at=181), resolve("m1", "ann", at=182), presence("ann", Presence.BUSY, at=183))
    run(shard, commands.ReopenCase("m1", "again", t(200)))
    case = shard.cases["m1"]
    assert (case.requirements, lenders_of(case), case.relaxed) == ((ZH, BILLING), (), None)
    assert relaxations(due(shard, 270)) == [(1, 260)]


def test_a_case_that_is_moved_asks_what_it_asked_at_first_beside_what_its_new_queue_asks() -> None:
    shard = relaxing(LOWER, Relaxation("", 600, "topic:back"))
    run(shard, queue("new", requirements=(Requirement("topic:back", 1, hard=True),)))
    run(shard, commands.OpenCase("m1", "care", "", "", "", "", "und", 0, (Requirement("lang:zh", 5, True),), 1,
                                 1, "", t(0)))  # type: ignore[arg-type]  # fmt: skip
    due(shard, 60)
    run(shard, commands.TransferCase("m1", "", "new", None, "", t(100)))
    assert shard.cases["m1"].requirements == (Requirement("lang:zh", 5, True), Requirement("topic:back", 1, True))
    assert relaxations(due(shard, 600)) == [(2, 600)]


def test_a_supervisors_case_asks_for_nothing_less_until_it_is_back_in_line() -> None:
    shard = relaxing(Relaxation("", 1000, "lang:zh"))
    run(shard, open_case("m1", "care"))
    due(shard, 2000)
    case = shard.cases["m1"]
    assert isinstance(case.stage, Queued)
    assert case.stage.supervised == "waited"
    assert case.requirements == (ZH, BILLING)


def test_other_steps_hold_for_what_waits_from_what_it_asks_by_then() -> None:
    shard = relaxing(LOWER)
    run(shard, open_case("m1", "care"))
    due(shard, 60)
    run(shard, policy(70, relaxations=(Relaxation("", 30, "lang:zh", 3), Relaxation("", 90, "lang:zh", 1))))
    assert shard.cases["m1"].requirements[0].min_level == 2
    assert relaxations(due(shard, 100)) == [(2, 90)]


def test_a_deleted_queue_lends_what_stands_for_it_lends() -> None:
    shard = relaxing(WIDEN)
    run(shard, open_case("m1", "care"), commands.DeleteQueue("sales", force=True, successor="back", at=t(1)))
    due(shard, 180)
    assert lenders_of(shard.cases["m1"]) == ("back",)


def sal(at: float = 0) -> list[commands.Command]:
    """An agent of a queue that lends comes."""
    return [register("sal", 1, [("lang:zh", 5)], ["sales"]), presence("sal", at=at)]


def test_a_queue_lends_while_few_enough_wait_for_it_and_no_more_than_that() -> None:
    shard = relaxing(LEND)
    run(shard, *(open_case(f"s{n}", "sales") for n in range(3)), *(open_case(f"c{n}", "care", n + 1) for n in range(4)))
    assert relaxations(due(shard, 100)) == []
    run(shard, *sal(109), accept("s0", "sal", at=110))
    assert relaxations(due(shard, 110)) == []
    run(shard, resolve("s0", "sal", at=111), accept("s1", "sal", at=111))
    assert relaxations(due(shard, 111, 111)) == [(1, 111)]
    assert [case.case_id for case in shard.cases.values() if lenders_of(case)] == ["c0"]
    assert shard.segments.waiting_for("sales") == 2
    assert offers(run(shard, resolve("s1", "sal", at=112))) == [("s2", "sal")]


def test_a_lent_case_is_offered_to_whom_it_was_lent() -> None:
    shard = relaxing(LEND)
    run(shard, *sal(), open_case("c0", "care"))
    assert offers(due(shard, 60)) == [("c0", "sal")]


def test_two_queues_lend_each_by_its_own_guard() -> None:
    both = Relaxation("care", 60, queues=("back", "sales"), lend_waiting_max=0)
    shard = relaxing(both)
    run(shard, open_case("s0", "sales"), open_case("c0", "care"))
    due(shard, 60)
    assert lenders_of(shard.cases["c0"]) == ("back",)
    run(shard, *sal(69), accept("s0", "sal", at=70))
    due(shard, 70)
    assert lenders_of(shard.cases["c0"]) == ("back", "sales")


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        pytest.param(
            (LOWER, DROP),
            ["would ask for lang:zh at 2 instead of 4 in 60 s", "would no longer ask for lang:zh in 120 s"],
            id="skills",
        ),
        pytest.param((WIDEN,), ["would be offered to agents of queue sales in 180 s"], id="queues"),
        pytest.param(
            (LEND,),
            ["would be offered to agents of queue sales in 60 s, once at most 1 wait for them; now it is 2 for sales"],
            id="a guard",
        ),
    ],
)
def test_what_is_to_come_is_explained(steps: tuple[Relaxation, ...], expected: list[str]) -> None:
    shard = relaxing(*steps)
    run(shard, open_case("s0", "sales"), open_case("s1", "sales"), open_case("m1", "care"))
    told = explain(shard, shard.cases["m1"], t(0))
    assert [one.sentence for one in told.planned] == expected
    message = explanation_message("acme", shard.cases["m1"], told)
    assert [one.explanation for one in message.relaxations] == expected


def test_an_agent_of_a_lending_queue_is_no_stranger_any_more() -> None:
    shard = relaxing(WIDEN)
    run(shard, register("sal", 1, [("lang:zh", 5)], ["sales"]), open_case("m1", "care"))
    assert explain(shard, shard.cases["m1"], t(0)).candidates[0].constraints == (
        Constraint.PRESENCE,
        Constraint.QUEUE,
    )
    due(shard, 180)
    assert explain(shard, shard.cases["m1"], t(180)).candidates[0].constraints == (Constraint.PRESENCE,)


SKILLS = ("lang:zh", "topic:billing")
skill_steps = st.builds(Relaxation, st.sampled_from(["", "care", "sales"]), st.integers(1, 40),
                        st.sampled_from(SKILLS), st.integers(0, 4))  # fmt: skip
queue_steps = st.builds(
    lambda queue_, after_s, queues, most: Relaxation(
        queue_, after_s, queues=tuple(sorted(queues)), lend_waiting_max=most
    ),
    st.sampled_from(["", "care"]),
    st.integers(1, 40),
    st.sets(st.sampled_from(["sales", "back", "care"]), min_size=1),
    st.sampled_from([None, None, 0, 1, 2]),
)
step_lists = st.lists(skill_steps | queue_steps, max_size=6).map(
    lambda found: tuple(sorted(found, key=lambda step: step.after_s))
)
acts = st.lists(
    st.tuples(st.sampled_from(["open", "open", "come", "go", "accept", "decline", "resolve", "wait"]),
              st.integers(0, 9), st.integers(0, 4)),
    min_size=5, max_size=25,
)  # fmt: skip


def asked(shard: Shard, what: str, one: int, number: int, now: float) -> commands.Command:
    agent = ("ann", "ben", "cat")[one % 3]
    held = [shard.cases[held.case_id] for held in shard.agents[agent].work]
    match what:
        case "open":
            return open_case(f"m{number}", ("care", "sales", "back")[one % 3], now)
        case "come" | "go":
            return presence(agent, Presence.AVAILABLE if what == "come" else Presence.BUSY, now)
        case "accept" if held and not isinstance(held[0].stage, Queued):
            return accept(held[0].case_id, agent, held[0].token, now)
        case "decline" if held:
            return decline(held[0].case_id, agent, held[0].token, now)
        case "resolve" if held:
            return resolve(held[0].case_id, agent, now)
        case _:
            return tick(now)


def eligible(shard: Shard, case: Case) -> set[str]:
    """Who could ever take it, whoever is there now."""
    queues = (case.queue, *lenders_of(case))
    return {
        agent.agent_id
        for agent in shard.agents.values()
        if any(serves(agent, queue) for queue in queues) and is_skilled(agent, case.requirements)
    }


def founded(steps: tuple[Relaxation, ...]) -> Shard:
    shard = relaxing(*steps)
    for agent_id, skills, queues in (
        ("ann", (Skill("lang:zh", 5), Skill("topic:billing", 3)), ("care",)),
        ("ben", (Skill("lang:zh", 2),), ("sales", "back")),
        ("cat", (), ("sales",)),
    ):
        run(shard, commands.RegisterAgent(agent_id, "", skills, 2, queues, t(0)))
    return shard


@settings(max_examples=60)
@given(step_lists, acts)
def test_laws_of_relaxing(steps: tuple[Relaxation, ...], drawn: list[tuple[str, int, int]]) -> None:
    shard, now = founded(steps), 0.0
    told: list[events.Event] = []
    for number, (what, one, later) in enumerate(drawn):
        now += later
        facts: list[events.Event] = []
        while (at := next_due(shard)) is not None and at <= t(now):
            decided = decide(commands.Tick(max(at, t(now - later))), shard)
            assert decided, "a tick that is due decides something"
            facts += _watched(shard, decided)
        try:
            decided = decide(asked(shard, what, one, number, now), shard)
        except Rejected:
            decided = ()
        facts += _watched(shard, decided)
        told += facts
        for case_id in shard.segments.case_ids():  # nobody waits while somebody who could take it is free
            assert Decision(shard, t(now))._best_agent(shard.cases[case_id]) is None
        _counted(shard)
    before = founded(steps)
    for fact in told:
        evolve(before, fact)
    assert whole(before) == whole(shard)
    assert before.timers == shard.timers
    assert (before.lending, before.lendable) == (shard.lending, shard.lendable)
    fresh = load(whole(shard))
    assert fresh.timers == shard.timers
    assert (fresh.lending, fresh.lendable) == (shard.lending, shard.lendable)


def _watched(shard: Shard, decided: Sequence[events.Event]) -> Sequence[events.Event]:
    """The facts happen; a relaxation makes nobody ineligible, takes no place, and comes to nobody who is offered."""
    for fact in decided:
        if isinstance(fact, events.RequirementRelaxed):
            before = shard.cases[fact.case_id]
            wait, could = place_in_line(before), eligible(shard, before)
            step = shard.policy.relaxations[fact.step - 1]
            assert wait is not None, "nobody who is offered is relaxed"
            assert fact.at >= wait.waiting_since + step.after_s * MICROS
            for lender in set(fact.queues) - set(lenders_of(before)):
                most = step.lend_waiting_max
                assert most is None or shard.segments.waiting_for(lender) <= most
            evolve(shard, fact)
            after = shard.cases[fact.case_id]
            assert could <= eligible(shard, after)
            assert place_in_line(after) == wait
            assert asked_of(after) == asked_of(before)
        else:
            evolve(shard, fact)
    return decided


def _counted(shard: Shard) -> None:
    """What is counted is what is there."""
    for queue_id in ("sales", "back", "care"):
        cases = [shard.cases[case_id] for case_id in shard.segments.case_ids()]
        there = sum(queue_id == case.queue or queue_id in lenders_of(case) for case in cases)
        if queue_id in shard.segments.guarded:
            assert shard.segments.waiting_for(queue_id) == there


@settings(max_examples=60)
@given(st.lists(skill_steps, max_size=6), st.integers(0, 45), st.lists(st.integers(0, 45), max_size=4))
def test_law_what_is_asked_follows_from_since_when_it_waits_alone(
    drawn: list[Relaxation], until: int, looks: list[int]
) -> None:
    steps = tuple(sorted(drawn, key=lambda step: step.after_s))
    often, once = relaxing(*steps), relaxing(*steps)
    for shard in (often, once):
        run(shard, open_case("m1", "care"))
    for at in sorted(look for look in looks if look <= until):
        run(often, tick(at))
    run(often, tick(until))
    run(once, tick(until))
    assert often.cases["m1"].requirements == once.cases["m1"].requirements


def asking(*steps: api.RelaxationStep) -> list[str]:
    wanted = api.RoutingPolicy(name="tenants/acme/routingPolicy", relaxations=steps)
    request = api.UpdateRoutingPolicyRequest(routing_policy=wanted, request_id="11111111-1111-4111-8111-111111111111")
    try:
        command = command_of(request, t(0))
    except InvalidRequest as invalid:
        return [field.removeprefix("routing_policy.relaxations") for field, _ in invalid.violations]
    assert isinstance(command, commands.ChangePolicy)
    assert command.relaxations is not None
    assert len(command.relaxations) == len(steps)
    return []


SALES = "tenants/acme/queues/sales"


@pytest.mark.parametrize(
    ("steps", "wrong"),
    [
        pytest.param([api.RelaxationStep(after_s=60, skill="lang:zh", min_level=4)], [], id="a skill"),
        pytest.param([api.RelaxationStep(queue=SALES, after_s=1, skill="lang:zh")], [], id="of a queue"),
        pytest.param([api.RelaxationStep(after_s=60, queues=[SALES], lend_waiting_max=0)], [], id="queues"),
        pytest.param([api.RelaxationStep(skill="x", min_level=5)], ["[0].after_s", "[0].min_level"], id="all numbers"),
        pytest.param([api.RelaxationStep(after_s=1)], ["[0]"], id="nothing"),
        pytest.param([api.RelaxationStep(after_s=1, skill="x", queues=[SALES])], ["[0]"], id="both"),
        pytest.param([api.RelaxationStep(after_s=1, skill="Ä")], ["[0].skill"], id="no skill"),
        pytest.param(
            [api.RelaxationStep(after_s=1, skill="x", lend_waiting_max=1)], ["[0].lend_waiting_max"], id="no lender"
        ),
        pytest.param(
            [api.RelaxationStep(after_s=1, queues=["tenants/other/queues/sales"])], ["[0].queues"], id="another's"
        ),
        pytest.param(
            [api.RelaxationStep(after_s=2, skill="x"), api.RelaxationStep(after_s=1, skill="x")], [""], id="order"
        ),
        pytest.param([api.RelaxationStep(after_s=1, skill="x")] * 21, [""], id="too many"),
        pytest.param(
            [api.RelaxationStep(after_s=1, queues=[f"{SALES}{n}" for n in range(11)])], ["[0].queues"], id="lenders"
        ),
    ],
)
def test_steps_are_judged(steps: list[api.RelaxationStep], wrong: list[str]) -> None:
    assert asking(*steps) == wrong
