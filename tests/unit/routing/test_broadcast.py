"""A case that is offered to several agents at once: who accepts first has it, and nobody else is held up for it."""

from collections.abc import Sequence
from typing import Any

import pytest
from chassis.errors import Rejected
from routing import commands, events
from routing.cases import Accepted, Broadcast, Queued, holders
from routing.commands import Reason
from routing.decider import decide
from routing.explain import Constraint, explain, explain_offer
from routing.measures import measure
from routing.shard import Shard, evolve
from routing.state_codec import dump_case, load, load_case
from routing.terms import Presence, Requirement

from tests.unit.routing.build import (
    accept,
    answer,
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

CREW = ("ann", "ben", "cat", "dan")
WIDE = queue(width=3)


def crew(*agents: str, capacity: int = 1) -> list[commands.Command]:
    """Agents who take offers, the first idle for longest by their ids."""
    return [one for agent in agents for one in (register(agent, capacity), presence(agent))]


def given(*sequence: commands.Command) -> Shard:
    """A tenant to whom this has happened."""
    shard = Shard()
    run(shard, *sequence)
    return shard


def narrowed(at: float = 0) -> commands.Command:
    """From now on the default queue's cases are offered to one agent at a time."""
    return commands.ChangeQueue("default", None, None, None, None, t(at), offer_width=1)


OFFERED = (WIDE, *crew(*CREW), open_case("m1"))
"""Case m1 is offered to ann, ben and cat, and dan is free."""


@pytest.mark.parametrize(
    ("before", "asked", "expected"),
    [
        pytest.param(
            [WIDE, *crew("ann", "ben")],
            open_case("m1"),
            ["CaseOpened m1", "CaseQueued m1 default 0", "CaseOffered m1 ann 1", "CaseOffered m1 ben 2"],
            id="as many as there are, up to the width",
        ),
        pytest.param(
            [WIDE, *crew("ann", "ben")],
            post("p1"),
            [
                "CaseOpened case-p1",
                "PostAttached case-p1 p1",
                "CaseQueued case-p1 default 0",
                "CaseOffered case-p1 ann 1",
                "CaseOffered case-p1 ben 2",
            ],
            id="a customer's post as well as what is opened by hand",
        ),
        pytest.param(
            OFFERED,
            accept("m1", "ben", 2),
            ["OfferRescinded m1 ann TAKEN", "OfferRescinded m1 cat TAKEN", "OfferAccepted m1 ben"],
            id="who accepts first has it",
        ),
        pytest.param([*OFFERED, accept("m1", "ben", 2)], accept("m1", "ben", 2), [], id="accepting twice is once"),
        pytest.param(
            [*OFFERED, accept("m1", "ben", 2)], accept("m1", "ann", 1), Reason.OFFER_GONE, id="the second is too late"
        ),
        pytest.param(
            [*OFFERED, accept("m1", "ben", 2)],
            accept("m1", "ben", 1),
            Reason.OFFER_GONE,
            id="who has it did not accept another's offer",
        ),
        pytest.param(OFFERED, accept("m1", "ann", 2), Reason.OFFER_TOKEN_STALE, id="each has a token of its own"),
        pytest.param(OFFERED, accept("m1", "dan", 1), Reason.OFFER_GONE, id="who is not asked is refused"),
        pytest.param(
            OFFERED,
            decline("m1", "ben", 2),
            ["OfferDeclined m1 ben", "CaseOffered m1 dan 4"],
            id="who declines is replaced by the next",
        ),
        pytest.param(
            [*OFFERED, decline("m1", "ben", 2)],
            decline("m1", "dan", 4),
            ["OfferDeclined m1 dan"],
            id="and by nobody who has declined while others are asked",
        ),
        pytest.param(
            [*OFFERED, decline("m1", "ben", 2), decline("m1", "dan", 4)],
            register("eve"),
            ["AgentRegistered eve"],
            id="who is not there is not asked",
        ),
        pytest.param(
            [*OFFERED, decline("m1", "ben", 2), decline("m1", "dan", 4), register("eve")],
            presence("eve"),
            ["PresenceChanged eve AVAILABLE agent", "CaseOffered m1 eve 5"],
            id="who comes is asked beside the others",
        ),
        pytest.param(
            OFFERED,
            presence("ann", Presence.BUSY),
            ["PresenceChanged ann BUSY agent", "OfferRescinded m1 ann AGENT_LEFT", "CaseOffered m1 dan 4"],
            id="only the offer of who leaves is taken back",
        ),
        pytest.param(
            OFFERED,
            tick(60),
            [
                "OfferExpired m1 ann 1",
                "OfferExpired m1 ben 1",
                "OfferExpired m1 cat 1",
                "CaseOffered m1 dan 4",
            ],
            id="offers lapse, and the case is back in line",
        ),
        pytest.param(
            [*OFFERED, queue("vip")],
            commands.TransferCase("m1", "", "vip", None, "", t(1)),
            [
                "OfferRescinded m1 ann TRANSFERRED",
                "OfferRescinded m1 ben TRANSFERRED",
                "OfferRescinded m1 cat TRANSFERRED",
                "CaseTransferred m1 vip 0",
                "CaseQueued m1 vip 0",
                "CaseOffered m1 ann 4",
            ],
            id="all are taken back when it goes to a queue that asks one at a time",
        ),
        pytest.param(
            [*OFFERED, queue("vip")],
            commands.EscalateCase("m1", "", "vip", None, "", t(1)),
            [
                "OfferRescinded m1 ann TRANSFERRED",
                "OfferRescinded m1 ben TRANSFERRED",
                "OfferRescinded m1 cat TRANSFERRED",
                "CaseEscalated m1 default vip 1",
                "CaseQueued m1 vip 0",
                "CaseOffered m1 ann 4",
            ],
            id="or one level up",
        ),
        pytest.param(
            [WIDE, *crew("ann", "ben"), post("p1")],
            commands.DetachPost("p1", t(1)),
            [
                "PostUnthreaded p1",
                "OfferRescinded case-p1 ann CASE_SETTLED",
                "OfferRescinded case-p1 ben CASE_SETTLED",
                "PostDetached case-p1 p1",
                "CaseWithdrawn case-p1",
            ],
            id="and when the customer takes it back",
        ),
        pytest.param(
            [WIDE, *crew("ann", "ben"), post("p1")],
            answer("b1", "p1", at=1),
            [
                "OfferRescinded case-p1 ann CASE_SETTLED",
                "OfferRescinded case-p1 ben CASE_SETTLED",
                "PostAttached case-p1 b1 ANSWER",
            ],
            id="and when it is answered elsewhere",
        ),
        pytest.param(
            [WIDE, *crew("ann", "ben"), open_case("m1"), open_case("m2", at=1)],
            decline("m1", "ann", 1, at=2),
            ["OfferDeclined m1 ann", "CaseOffered m2 ann 1"],
            id="who waits comes before who is asked more widely",
        ),
        pytest.param(
            [WIDE, *crew("ann", "ben"), open_case("m1"), narrowed(), register("cat")],
            presence("cat"),
            ["PresenceChanged cat AVAILABLE agent", "CaseOffered m1 cat 3"],
            id="what is offered keeps the width it had",
        ),
        pytest.param(
            [WIDE, *crew("ann", "ben"), open_case("m1"), narrowed(), decline("m1", "ann", 1), decline("m1", "ben", 2)],
            presence("ann", Presence.AWAY, 400),
            ["PresenceChanged ann AWAY agent"],
            id="and once it is back in line it is offered to one",
        ),
        pytest.param(
            [*OFFERED, accept("m1", "ben", 2)],
            tick(60),
            [],
            id="nothing is left of offers that were taken back",
        ),
    ],
)
def test_what_is_decided(
    before: Sequence[commands.Command], asked: commands.Command, expected: Sequence[str] | Reason
) -> None:
    shard = given(*before)
    if isinstance(expected, Reason):
        with pytest.raises(Rejected) as refused:
            decide(asked, shard)
        assert refused.value.reason is expected
    else:
        assert summary(run(shard, asked)) == expected


def test_who_has_the_case_is_one_and_the_others_have_room_again() -> None:
    shard = given(*OFFERED)
    assert holders(shard.cases["m1"]) == ("ann", "ben", "cat")
    assert [shard.agents[agent].free for agent in CREW] == [0, 0, 0, 1]
    run(shard, accept("m1", "ben", 2))
    assert isinstance(shard.cases["m1"].stage, Accepted)
    assert [(shard.agents[agent].free, shard.agents[agent].missed) for agent in CREW] == [
        (1, 0),
        (0, 0),
        (1, 0),
        (1, 0),
    ]


def test_the_place_in_line_is_kept_through_any_number_of_offers() -> None:
    shard = given(WIDE, *crew("ann", "ben"), open_case("m1"), open_case("m2", at=1))
    run(shard, decline("m1", "ann", 1, at=2), decline("m1", "ben", 2, at=2))
    assert isinstance(shard.cases["m1"].stage, Queued)
    assert [shard.cases["m1"].returns, shard.cases["m1"].wait.waiting_since] == [1, t(0)]  # type: ignore[union-attr]
    assert summary(run(shard, *crew("cat")))[-1] == "CaseOffered m1 cat 3"


def test_a_case_is_back_only_when_nobody_is_asked_any_more() -> None:
    shard = given(queue(width=3, limits=(0, 1, 0)), *crew("ann", "ben"), open_case("m1"))
    assert summary(run(shard, decline("m1", "ann", 1))) == ["OfferDeclined m1 ann"]
    assert summary(run(shard, decline("m1", "ben", 2))) == ["OfferDeclined m1 ben", "CaseSupervised m1"]


def test_who_had_it_before_is_asked_alone_and_then_all() -> None:
    shard = given(policy(preferred_s=20), WIDE, *crew("ann", "ben", "cat"), open_case("m1"))
    run(shard, accept("m1", "cat", 3), resolve("m1", "cat"), commands.ReopenCase("m1", "again", t(5)))
    assert holders(shard.cases["m1"]) == ("cat",)
    assert summary(run(shard, decline("m1", "cat", 4, at=6))) == [
        "OfferDeclined m1 cat",
        "CaseOffered m1 ann 5",
        "CaseOffered m1 ben 6",
    ]


def test_offers_beside_others_take_no_turn_from_late_work() -> None:
    """Every so many offers one is the latest case's; with offers to as many at once it would always be one of these."""
    shard = given(*OFFERED)
    assert shard.offers_made == 1
    run(shard, decline("m1", "ann", 1))
    assert shard.offers_made == 1


def test_each_offer_has_its_reason_and_who_is_asked_already_is_named() -> None:
    shard = given(WIDE, *crew(*CREW))
    decided = decide(open_case("m1"), shard)
    told = []
    for fact in decided:
        if isinstance(fact, events.CaseOffered):
            told.append(explain_offer(shard, fact))
        evolve(shard, fact)
    assert [one.summary for one in told] == [
        "case m1 was offered to ann, who ranked first of 4 who could take it; it was number 1 of 1 in line"
        " (offer 1, policy version 0)",
        "case m1 was offered to ben, who ranked first of 3 who could take it; it was offered to ann already, and may be"
        " to 3 at once (offer 2, policy version 0)",
        "case m1 was offered to cat, who ranked first of 2 who could take it; it was offered to ann, ben already, and"
        " may be to 3 at once (offer 3, policy version 0)",
    ]
    assert [(one.agent_id, one.sentence) for one in told[2].candidates] == [
        ("cat", "was offered it"),
        ("dan", "could take it; cat is first by id"),
        ("ann", "is offered it already"),
        ("ben", "is offered it already"),
    ]
    assert told[2].candidates[2].constraints == (Constraint.OFFERED,)
    assert [one.sentence for one in told[2].alternatives] == ["without cat it would have been offered to dan"]


def test_as_it_stands_all_who_are_asked_are_named() -> None:
    shard = given(*OFFERED)
    told = explain(shard, shard.cases["m1"], t(1))
    assert told.summary == "case m1 is offered to ann, ben and cat"
    assert [one.sentence for one in told.candidates] == [
        "is offered it",
        "is offered it",
        "is offered it",
        "could take it; ann, ben, cat ranked before",
    ]
    run(shard, decline("m1", "ann", 1))
    again = explain(shard, shard.cases["m1"], t(1)).candidates
    assert (again[-1].agent_id, again[-1].sentence) == ("ann", "declined or missed it, and others are still asked")


def test_how_long_an_offer_stood_is_that_offers_own() -> None:
    shard = given(WIDE, *crew("ann"), open_case("m1"), *crew("ben"), presence("ben", Presence.AWAY))
    run(shard, presence("ben", at=30))
    accepted = decide(accept("m1", "ann", 1, at=40), shard)
    assert [seen and seen[1] for seen in (measure(shard, fact) for fact in accepted)] == [10, 40]


def test_one_at_a_time_costs_no_byte_and_what_is_stored_reads_back() -> None:
    narrow, wide = given(*crew("ann"), open_case("m1")), given(*OFFERED)
    assert b"Broadcast" not in whole(narrow)
    assert isinstance(wide.cases["m1"].stage, Broadcast)
    assert load_case(dump_case(wide.cases["m1"])) == wide.cases["m1"]
    loaded = load(whole(wide))
    for shard in (loaded, wide):
        record(shard, decide(decline("m1", "ann", 1), shard))
    assert whole(loaded) == whole(wide)
    assert loaded.segments.thin_ids() == wide.segments.thin_ids() == []
    for shard in (loaded, wide):
        record(shard, decide(decline("m1", "dan", 4), shard))
    assert loaded.segments.thin_ids() == wide.segments.thin_ids() == ["m1"]


def test_a_widening_is_a_look_however_many_cases_are_offered_to_fewer_than_they_may_be(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shard = given(queue(width=2))
    kind = type(shard.segments.order)
    looks: list[object] = []
    key, counts = kind.key, []

    def counted(*seen: Any) -> Any:
        looks.append(seen)
        return key(*seen)

    monkeypatch.setattr(kind, "key", counted)
    for first, last in ((0, 5), (5, 100)):
        run(shard, *(open_case(f"m{number}") for number in range(first, last)))
        run(shard, *crew(*(f"busy-{number}" for number in range(first, last))))
        looks.clear()
        assert len(shard.segments.thin_ids()) == last - first
        run(shard, *crew(f"mia-{last}", capacity=last - first))
        counts.append(len(looks) / (last - first))
    assert counts[1] <= counts[0] + 1


def test_what_an_agent_lacks_is_asked_of_each() -> None:
    zh = (Requirement("lang:zh", 2, hard=True),)
    shard = given(queue("care", requirements=zh, width=4), register("ann", 1, [("lang:zh", 5)]), presence("ann"))
    run(shard, *crew("ben", "cat"), open_case("m1", "care"))
    assert holders(shard.cases["m1"]) == ("ann",)
