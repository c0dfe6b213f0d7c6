"""What each policy does, and what went wrong with such policies elsewhere."""

import pytest
from msgspec.structs import replace
from routing import commands, events
from routing.agents import Policy, Queue
from routing.cases import Offered, holder
from routing.decider import decide
from routing.explain import explain, explain_offer
from routing.shard import Shard, evolve
from routing.state_codec import load
from routing.terms import (
    Ordering,
    Presence,
    Requirement,
    Selection,
    ShiftException,
    ShiftPlan,
    SkillWeight,
)

from tests.unit.routing.build import (
    accept,
    decline,
    open_case,
    policy,
    post,
    presence,
    queue,
    record,
    register,
    resolve,
    run,
    summary,
    t,
    tick,
    whole,
)

BILLING = Requirement("topic:billing", 2, hard=False)
CHINESE = Requirement("lang:zh", 1, hard=False)


def offered(facts: list[events.Event]) -> list[str]:
    """Whom the offers go to, in their order."""
    return [fact.agent_id for fact in facts if isinstance(fact, events.CaseOffered)]


def served(shard: Shard, *given: commands.Command) -> list[str]:
    """The order in which one agent who comes with room for all is offered what waits."""
    facts = run(shard, *given, register("mia", 10), presence("mia", at=1000))
    return [fact.case_id for fact in facts if isinstance(fact, events.CaseOffered)]


def staff(*who: tuple[str, int, list[tuple[str, int]]]) -> list[commands.Command]:
    """Agents who take offers."""
    found: list[commands.Command] = []
    for agent_id, capacity, skills in who:
        found += [register(agent_id, capacity, skills), presence(agent_id)]
    return found


WAITING = [
    open_case("old", at=0),
    open_case("urgent", at=100, urgency=1),
    open_case("crisis", at=900, urgency=3),
    open_case("promised", "quick", at=950),
]


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        pytest.param(
            {"ordering": Ordering.FIFO},
            ["old", "urgent", "crisis", "promised"],
            id="fifo knows no urgency and no promise",
        ),
        pytest.param(
            {"ordering": Ordering.PRIORITY, "urgency_head_start_s": 300},
            ["urgent", "old", "crisis", "promised"],
            id="priority counts a step of urgency as so much waiting, and the old overtakes",
        ),
        pytest.param(
            {"ordering": Ordering.PRIORITY, "urgency_head_start_s": 86_400},
            ["crisis", "urgent", "old", "promised"],
            id="priority serves the higher number first, not the lower",
        ),
        pytest.param(
            {"ordering": Ordering.EARLIEST_DEADLINE},
            ["crisis", "urgent", "promised", "old"],
            id="earliest deadline goes by urgency, then by promise",
        ),
        pytest.param(
            {"ordering": Ordering.BALANCED},
            ["crisis", "urgent", "promised", "old"],
            id="balanced goes by urgency, then by the promise of what is due soon",
        ),
    ],
)
def test_an_ordering_says_what_is_served_first(settings: dict[str, object], expected: list[str]) -> None:
    assert served(Shard(), queue("quick", 100), policy(**settings), *WAITING) == expected


BOTH = [("topic:billing", 5), ("topic:returns", 5)]


def desks(ordering: Ordering = Ordering.BALANCED) -> list[commands.Command]:
    """Queues that each ask for a skill and promise two minutes, and who waits for each: one, then two."""
    asked = [queue(skill, 120, 60, (Requirement(f"topic:{skill}", 1, hard=True),)) for skill in ("billing", "returns")]
    waiting = [open_case("b1", "billing", 0), open_case("r1", "returns", 5), open_case("r2", "returns", 6)]
    return [policy(ordering=ordering, rescue_s=60), *asked, *waiting]


@pytest.mark.parametrize(
    ("comes_at", "others", "first"),
    [
        pytest.param(30, [], "r1", id="two wait for the one and one for the other: the one"),
        pytest.param(61, [], "b1", id="what is due within a minute comes before all that can wait"),
        pytest.param(130, [], "r1", id="what is late can wait"),
        pytest.param(30, [("ann", [("topic:returns", 5)]), ("ben", [("topic:returns", 5)])], "b1",
                     id="two wait for the one, and two are there who can do nothing else"),
        pytest.param(30, [("ann", BOTH), ("ben", BOTH)], "r1", id="who can do both is there for both alike"),
    ],
)  # fmt: skip
def test_who_can_do_much_takes_what_the_others_would_be_last_to_reach(
    comes_at: float, others: list[tuple[str, list[tuple[str, int]]]], first: str
) -> None:
    shard = Shard()
    for agent_id, skills in others:  # there, and at something else
        run(shard, register(agent_id, 1, skills), presence(agent_id), open_case(f"{agent_id}'s"))
    facts = run(shard, *desks(), register("mia", 1, BOTH), presence("mia", at=comes_at))
    assert next(fact.case_id for fact in facts if isinstance(fact, events.CaseOffered)) == first


@pytest.mark.parametrize(
    ("ordering", "served_at_once"), [(Ordering.EARLIEST_DEADLINE, {"r1": "ann"}),
                                     (Ordering.BALANCED, {"r1": "ben", "b1": "ann"})]
)  # fmt: skip
def test_of_those_who_come_at_once_who_can_do_both_leaves_the_one_to_who_can_do_nothing_else(
    ordering: Ordering, served_at_once: dict[str, str]
) -> None:
    shard, begins = Shard(), ShiftPlan("", (), (ShiftException(t(50), t(900), False),))
    run(shard, *desks(ordering)[:3], open_case("r1", "returns"), open_case("b1", "billing", 1))
    for agent_id, skills in (("ann", BOTH), ("ben", [("topic:returns", 3)])):
        run(
            shard,
            register(agent_id, 1, skills),
            commands.ChangeAgent(agent_id, None, None, None, None, t(0), None, begins),
        )
        run(shard, presence(agent_id))
    facts = decide(tick(50), shard)
    assert {one.case_id: one.agent_id for one in facts if isinstance(one, events.CaseOffered)} == served_at_once


def test_an_explanation_says_what_a_place_in_line_goes_by() -> None:
    shard = Shard()
    run(shard, register("mia", 1, BOTH), open_case("now"), presence("mia"), *desks())
    told = "its place in line goes by "
    assert told + "how crowded it is: 2 from it on for the attention of 0.5 agents" in why(shard, "r1", 30)
    assert told + "its deadline, which is within 60 s" in why(shard, "b1", 61)
    run(shard, register("ann", 1, BOTH))
    offered_one = next(one for one in decide(presence("ann", at=30), shard) if isinstance(one, events.CaseOffered))
    expected = "it was number 1 of 3 in line, by how crowded it is: 2 from it on for the attention of 0.5 agents"
    assert expected in explain_offer(shard, offered_one).summary


def why(shard: Shard, case_id: str, at: float) -> str:
    """What is said of a case."""
    return explain(shard, shard.cases[case_id], t(at)).summary


def test_late_work_has_as_many_offers_as_the_policy_says() -> None:
    shard = Shard()
    fresh = [open_case(f"c{n}", at=900) for n in range(5)]
    order = served(shard, policy(late_share=2), queue("default", 500), open_case("late1"), open_case("late2"), *fresh)
    assert [n for n, case_id in enumerate(order) if "late" in case_id] == [1, 3]


@pytest.mark.parametrize("ordering", [Ordering.BALANCED, Ordering.EARLIEST_DEADLINE])
@pytest.mark.parametrize(("late_share", "agents"), [(2, 2), (3, 3), (5, 5), (2, 4)])
def test_late_work_has_its_offers_too_where_the_only_one_who_can_do_it_is_in_step_with_the_others(
    ordering: Ordering, late_share: int, agents: int
) -> None:
    shard, calls, faults = Shard(), Requirement("topic:calls", 1, hard=True), Requirement("topic:faults", 1, hard=True)
    run(shard, queue(first_response_s=600), policy(ordering=ordering, late_share=late_share))
    run(shard, register("a0", skills=[("topic:calls", 1), ("topic:faults", 1)]), presence("a0"))
    for number in range(1, agents):
        run(shard, register(f"a{number}", skills=[("topic:calls", 1)]), presence(f"a{number}"))
    run(shard, *(replace(open_case(f"c{number}", urgency=3), requirements=(calls,)) for number in range(10 * agents)))
    run(shard, replace(open_case("rare", at=1), requirements=(faults,)))
    for now in range(10, 2_000, 10):
        given = [replace(open_case(f"{now}-{n}", at=now, urgency=3), requirements=(calls,)) for n in range(agents)]
        run(shard, *given)
        taken = [case for case in shard.cases.values() if isinstance(case.stage, Offered)]
        if "rare" in {case.case_id for case in taken}:
            return
        run(shard, *(accept(case.case_id, holder(case), case.token, at=now) for case in taken))
        run(shard, *(resolve(case.case_id, holder(case), at=now) for case in taken))
    pytest.fail("it was late for twenty minutes, and nobody was offered it")


def test_round_robin_goes_round_whoever_is_done_first_and_goes_on_after_a_restart() -> None:
    shard = Shard()
    people = staff(("ann", 9, []), ("ben", 9, []), ("cat", 9, []))
    run(shard, policy(selection=Selection.ROUND_ROBIN), *people)
    order = []
    for number in range(7):
        order += offered(run(shard, open_case(f"c{number}", at=number)))
        if number % 2 == 0:
            run(shard, accept(f"c{number}", order[-1]), resolve(f"c{number}", order[-1], at=number))
        shard = load(whole(shard))
    assert order == ["ann", "ben", "cat", "ann", "ben", "cat", "ann"]


def test_round_robin_stays_even_under_caps_as_chatwoot_11034_did_not() -> None:
    shard = Shard()
    run(shard, policy(selection=Selection.ROUND_ROBIN), *staff(("ann", 1, []), ("ben", 9, []), ("cat", 9, [])))
    order = [name for number in range(6) for name in offered(run(shard, open_case(f"c{number}", at=number)))]
    assert order == ["ann", "ben", "cat", "ben", "cat", "ben"]
    run(shard, accept("c0", "ann", at=9), resolve("c0", "ann", at=9))
    assert offered(run(shard, open_case("c6", at=10), open_case("c7", at=11))) == ["ann", "cat"]


@pytest.mark.parametrize(("selection", "first"), [(Selection.LEAST_BUSY, "big"), (Selection.LEAST_BUSY_SHARE, "small")])
def test_one_unit_of_two_is_less_busy_than_eight_of_ten_only_by_share(selection: Selection, first: str) -> None:
    shard = Shard()
    run(shard, *staff(("big", 10, [])), *(open_case(f"b{n}") for n in range(8)))
    run(shard, *(accept(f"b{n}", "big") for n in range(8)), presence("big", Presence.BUSY))
    run(shard, *staff(("small", 2, [])), open_case("s1"), accept("s1", "small"))
    run(shard, presence("big"), policy(selection=selection))
    assert offered(run(shard, open_case("next", at=1))) == [first]


EXPERTS = staff(
    ("expert", 9, [("topic:billing", 5), ("lang:zh", 1)]),
    ("enough", 9, [("topic:billing", 2), ("lang:zh", 3)]),
    ("little", 9, [("topic:billing", 1), ("lang:zh", 4)]),
)


@pytest.mark.parametrize(
    ("settings", "first"),
    [
        pytest.param({"selection": Selection.LEAST_SUFFICIENT}, "enough", id="least sufficient spares the expert"),
        pytest.param({"selection": Selection.MOST_SKILLED}, "expert", id="most skilled takes the highest level"),
        pytest.param(
            {"selection": Selection.BEST_FIT, "skill_weights": (SkillWeight("lang:zh", 9),)},
            "little",
            id="best fit weighs the skills",
        ),
    ],
)
def test_a_selection_says_who_serves(settings: dict[str, object], first: str) -> None:
    shard = Shard()
    run(shard, policy(**settings), queue("default", requirements=(CHINESE, BILLING)), *EXPERTS)
    assert offered(run(shard, open_case("c1"))) == [first]


def test_a_queue_may_choose_otherwise_and_stops_doing_so() -> None:
    shard = Shard()
    run(shard, queue("spare", requirements=(BILLING,), selection=Selection.LEAST_SUFFICIENT))
    run(shard, queue("other", requirements=(BILLING,)), *EXPERTS)
    assert offered(run(shard, open_case("c1", "spare"), open_case("c2", "other"))) == ["enough", "expert"]
    run(shard, commands.ChangeQueue("spare", None, None, None, None, t(1), selection=Selection.BEST_FIT))
    assert offered(run(shard, open_case("c3", "spare", at=2))) == ["expert"]


def test_a_policy_is_a_fact_with_a_version_and_what_is_so_already_is_none() -> None:
    shard = Shard()
    (first,) = run(shard, policy(at=3, ordering=Ordering.FIFO))
    assert isinstance(first, events.PolicyChanged)
    assert (first.version, first.ordering, first.selection) == (1, Ordering.FIFO, Selection.BEST_FIT)
    assert run(shard, policy(at=4, ordering=Ordering.FIFO)) == []
    (second,) = run(shard, policy(at=5, preferred_s=0))
    assert isinstance(second, events.PolicyChanged)
    assert (second.version, second.ordering, shard.policy.preferred_s) == (2, Ordering.FIFO, 0)
    assert load(whole(shard)).policy == shard.policy
    assert load(whole(shard)).segments.order == shard.segments.order


def test_a_policy_of_a_log_from_before_orders_as_there_was_none() -> None:
    shard = Shard()
    evolve(shard, events.PolicyChanged(1, 3, 300, 86_400, t(0)))
    assert shard.segments.order == Shard().segments.order
    assert (shard.policy.selection, shard.policy.preferred_s) == (Policy().selection, 0)
    assert Queue("default").selection is Selection.UNSPECIFIED


def test_an_offer_says_which_policy_decided_it_and_another_one_leaves_it_alone() -> None:
    shard = Shard()
    run(shard, policy(ordering=Ordering.FIFO), *staff(("mia", 1, [])))
    (*_, offer) = run(shard, open_case("c1", at=1))
    assert isinstance(offer, events.CaseOffered)
    assert offer.policy_version == 1
    before = shard.cases["c1"]
    assert summary(run(shard, policy(at=2, selection=Selection.LEAST_BUSY))) == ["PolicyChanged"]
    assert shard.cases["c1"] == before
    assert explain(shard, before, t(3)).policy_version == 2
    assert summary(run(shard, accept("c1", "mia", at=4))) == ["OfferAccepted c1 mia"]


def test_another_policy_moves_the_timers_it_sets() -> None:
    shard = Shard()
    run(
        shard,
        *staff(("mia", 1, []), ("ben", 1, [])),
        post("p1"),
        decline("case-p1", "ben"),
        decline("case-p1", "mia", 2),
    )
    run(shard, presence("ben", Presence.AWAY), policy(at=1, decline_cooldown_s=2))
    assert summary(run(shard, tick(2))) == ["CaseOffered case-p1 mia 3"]


BACK: list[commands.Command] = [
    *staff(("ann", 1, []), ("ben", 1, [])),
    open_case("c1"),
    accept("c1", "ann"),
    resolve("c1", "ann", at=10),
]
"""Ann had a case and has been idle for less time than ben."""
AGAIN = commands.ReopenCase("c1", "again", t(20))


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        pytest.param([], ["ann"], id="goes to whoever had it"),
        pytest.param([policy(preferred_s=0)], ["ben"], id="goes to anybody where nobody is preferred"),
        pytest.param([presence("ann", Presence.OFFLINE, 15)], ["ben"],
                     id="never goes to somebody offline, as chatwoot 4158, 7204 and 6858 did, and waits for nobody"),
        pytest.param([presence("ben", Presence.BUSY, 12), open_case("c2", at=13), presence("ben", at=14)], ["ben"],
                     id="goes to nobody over capacity"),
        pytest.param([commands.ChangeAgent("ann", None, None, None, ("vip",), t(15))], ["ben"],
                     id="goes to nobody who has lost the queue, as zammad 3029 kept an owner"),
        pytest.param([commands.DeleteAgent("ann", t(15))], ["ben"], id="goes to nobody who is gone"),
    ],
)  # fmt: skip
def test_a_case_that_comes_back(given: list[commands.Command], expected: list[str]) -> None:
    shard = Shard()
    run(shard, queue("vip"), *BACK, *given)
    facts = list(record(shard, decide(AGAIN, shard)))
    assert offered(facts) == expected
    (offer,) = (fact for fact in facts if isinstance(fact, events.CaseOffered))
    assert offer.is_preferred == (expected == ["ann"])


def test_a_preference_ends_and_the_next_is_asked_as_if_there_had_been_none() -> None:
    shard = Shard()
    run(shard, policy(preferred_s=5), *BACK)
    (*_, offer) = run(shard, AGAIN)
    assert isinstance(offer, events.CaseOffered)
    assert (offer.agent_id, offer.expires_at) == ("ann", t(25))
    assert summary(run(shard, tick(25))) == ["OfferExpired c1 ann 1", "CaseOffered c1 ben 3"]


def test_whoever_gave_a_case_back_is_not_preferred() -> None:
    shard = Shard()
    run(
        shard,
        policy(decline_cooldown_s=0),
        *staff(("ann", 1, []), ("ben", 1, [])),
        open_case("c1"),
        accept("c1", "ann"),
    )
    assert offered(run(shard, commands.ReleaseCase("c1", "ann", "", t(5)))) == ["ben"]


def test_what_waits_is_served_on_release_and_not_only_on_arrival_as_chatwoot_10583() -> None:
    for ordering in [one for one in Ordering if one]:
        shard = Shard()
        run(shard, policy(ordering=ordering), *staff(("mia", 1, [])), open_case("c1"), open_case("c2", at=1))
        run(shard, accept("c1", "mia", at=2))
        assert offered(run(shard, resolve("c1", "mia", at=3))) == ["mia"]
