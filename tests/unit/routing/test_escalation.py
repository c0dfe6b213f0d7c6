"""Cases that go a level up, with their place and all that was said of them; threads taken out of a community."""

from __future__ import annotations

from itertools import permutations

import pytest
from chassis.errors import Rejected
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from routing import commands
from routing.cases import Queued
from routing.commands import Reason
from routing.decider import decide
from routing.escalation import case_id_of_post
from routing.shard import Shard
from routing.state_codec import load
from routing.terms import AuthorKind, Presence, Requirement

from tests.unit.routing.build import (
    accept,
    answer,
    open_case,
    post,
    presence,
    queue,
    register,
    resolve,
    run,
    summary,
    t,
    whole,
)

HARD = (Requirement("engineer", 1, True),)


def above(queue_id: str, higher: str, at: float = 0) -> commands.ChangeQueue:
    """A queue escalates to another one."""
    return commands.ChangeQueue(queue_id, None, None, None, None, t(at), escalates_to=higher)


def escalate(
    case: str = "case-p1", queue_id: str = "", *, agent: str = "", urgency: int | None = None, at: float = 50
) -> commands.EscalateCase:
    """Somebody sends a case up."""
    return commands.EscalateCase(case, agent, queue_id, urgency, "too_hard", t(at))


def take_out(
    post_id: str = "p1", queue_id: str = "", *, desk: str = "", urgency: int = 0, at: float = 50
) -> commands.EscalatePost:
    """Somebody takes a post out of its community."""
    return commands.EscalatePost(post_id, desk, queue_id, urgency, "", "nobody_knows", t(at))


LEVELS = [queue("second", requirements=HARD), queue("third"), above("default", "second"), above("second", "third")]
MIA = [register("mia", capacity=2), presence("mia")]
MINE = [*MIA, post("p1"), accept("case-p1", "mia", at=5)]
UP = ["CaseEscalated case-p1 default second 1", "CaseQueued case-p1 second 0"]

CASES = [
    pytest.param([*LEVELS, post("p1")], escalate(), UP, id="a waiting case waits a level up"),
    pytest.param(
        [*LEVELS, *MIA, post("p1")],
        escalate(agent="mia"),
        ["OfferRescinded case-p1 mia TRANSFERRED", *UP],
        id="an open offer is taken back",
    ),
    pytest.param([*LEVELS, *MINE], escalate(agent="mia"), ["CaseReleased case-p1 mia", *UP], id="who has it is free"),
    pytest.param(
        [*LEVELS, *MINE, answer("a1", "p1", at=20)],
        escalate(),
        ["CaseReleased case-p1 mia", *UP],
        id="what is answered goes up as well, since somebody asks for it",
    ),
    pytest.param(
        [*LEVELS, post("p1"), escalate(at=9)],
        escalate(),
        ["CaseEscalated case-p1 second third 2", "CaseQueued case-p1 third 0"],
        id="a second time it goes up one level more",
    ),
    pytest.param(
        [*LEVELS, post("p1")],
        escalate(queue_id="third", urgency=3),
        ["CaseEscalated case-p1 default third 1", "CaseQueued case-p1 third 3"],
        id="whoever escalates may say how far, and how urgent it is",
    ),
    pytest.param(
        [*LEVELS, queue("care"), commands.DeleteQueue("second", True, "care", t(1)), post("p1")],
        escalate(),
        ["CaseEscalated case-p1 default care 1", "CaseQueued case-p1 care 0"],
        id="where the level above was deleted, what stands for it is",
    ),
    pytest.param([post("p1")], escalate(), Reason.NO_HIGHER_QUEUE, id="there is no level above"),
    pytest.param(
        [*LEVELS, commands.DeleteQueue("second", True, "default", t(1)), post("p1")],
        escalate(),
        Reason.NO_HIGHER_QUEUE,
        id="nor where the queue itself stands for the level above",
    ),
    pytest.param([post("p1")], escalate(queue_id="default"), Reason.NO_HIGHER_QUEUE, id="it is there already"),
    pytest.param([post("p1")], escalate(queue_id="nowhere"), Reason.QUEUE_UNKNOWN, id="there is no such queue"),
    pytest.param([*LEVELS, post("p1")], escalate(agent="ghost"), Reason.AGENT_UNKNOWN, id="there is no such agent"),
    pytest.param([*LEVELS, *MINE, resolve("case-p1", "mia", at=9)], escalate(), Reason.CASE_CLOSED, id="it is settled"),
    pytest.param([], escalate("nothing"), Reason.CASE_UNKNOWN, id="there is no such case"),
    pytest.param(LEVELS, above("third", "default"), Reason.ESCALATION_CIRCLE, id="no level leads round to itself"),
    pytest.param(LEVELS, above("third", "third"), Reason.ESCALATION_CIRCLE, id="none is above itself"),
    pytest.param(LEVELS, above("third", "nowhere"), Reason.QUEUE_UNKNOWN, id="nor above what is not there"),
    pytest.param(
        [*LEVELS, commands.DeleteQueue("second", True, "default", t(1))],
        replace(queue("second"), escalates_to="default"),
        Reason.ESCALATION_CIRCLE,
        id="nor when a queue that others still name is there again",
    ),
    pytest.param(
        LEVELS,
        commands.DeleteQueue("third", False, "default", t(9)),
        Reason.QUEUE_IN_USE,
        id="what others escalate to is in use",
    ),
]


@pytest.mark.parametrize(("given_", "when", "then"), CASES)
def test_what_escalating_decides(
    given_: list[commands.Command], when: commands.Command, then: list[str] | Reason
) -> None:
    shard = Shard()
    run(shard, *given_)
    if isinstance(then, Reason):
        with pytest.raises(Rejected) as refused:
            decide(when, shard)
        assert refused.value.reason == then
    else:
        assert summary(decide(when, shard)) == then


def test_who_gets_an_escalated_case_sees_who_sent_it_and_why_and_it_has_waited_since_it_was_asked() -> None:
    shard = Shard()
    run(shard, *LEVELS, *MINE, post("p2", "p1", at=20), escalate(agent="mia", at=50))
    case = shard.cases["case-p1"]
    assert case.escalation is not None
    assert (case.escalation.level, case.escalation.agent_id, case.escalation.from_queue, case.escalation.reason) == (
        (1, "mia", "default", "too_hard")
    )
    assert case.wait is not None
    assert (case.wait.waiting_since, case.requirements) == (t(0), HARD)
    assert shard.agents["mia"].work == ()
    eve = [register("eve", skills=[("engineer", 3)]), presence("eve", at=55)]
    assert "CaseOffered case-p1 eve 2" in summary(run(shard, *eve))
    run(shard, accept("case-p1", "eve", 2, at=60), resolve("case-p1", "eve", at=70))
    assert shard.cases["case-p1"].escalation == case.escalation
    assert load(whole(shard)).cases == shard.cases


def test_what_is_opened_by_hand_has_waited_since_it_was_opened() -> None:
    shard = Shard()
    run(shard, *LEVELS, *MIA, open_case(at=3), accept("m1", "mia", at=5), escalate("m1", at=50))
    case = shard.cases["m1"]
    assert case.wait is not None
    assert case.wait.waiting_since == t(3)


def test_a_supervised_case_that_is_escalated_is_in_line_again() -> None:
    shard = Shard()
    limits = queue(limits=(0, 1, 0))
    run(shard, limits, *LEVELS, *MIA, post("p1"), commands.DeclineOffer("case-p1", "mia", 1, "no", t(4)))
    assert shard.supervised
    run(shard, escalate())
    assert not shard.supervised
    assert shard.cases["case-p1"].stage == Queued()


def attempt(shard: Shard, command: commands.Command) -> str:
    """Does what is asked; why it is refused, "" when it is done."""
    try:
        run(shard, command)
    except Rejected as refused:
        return refused.reason
    return ""


QUEUES = ["default", "a", "b", "c"]


@given(st.lists(st.tuples(st.sampled_from(QUEUES), st.sampled_from(QUEUES)), max_size=12))
def test_whatever_is_said_of_levels_a_case_gets_to_the_top(said: list[tuple[str, str]]) -> None:
    shard = Shard()
    run(shard, *(queue(one) for one in QUEUES[1:]), post("p1"))
    refused = {reason for lower, higher in said if (reason := attempt(shard, above(lower, higher)))}
    assert refused <= {Reason.ESCALATION_CIRCLE}
    been = [shard.cases["case-p1"].queue]
    while not (reason := attempt(shard, escalate())):
        been.append(shard.cases["case-p1"].queue)
    assert reason == Reason.NO_HIGHER_QUEUE
    assert len(set(been)) == len(been) <= len(QUEUES)


# Out of a community.

BEN, CAT = "ben", "cat"
TALK = [
    post("p1", by=BEN, told=False, at=1),
    post("c1", "p1", by=CAT, told=False, at=2),
    post("p2", "c1", by=BEN, told=False, at=3),
]
"""A question that nobody told us of, somebody's idea, and that it did not help."""


def roles_of(shard: Shard, case_id: str) -> dict[str, str]:
    thread = shard.threads.of_case[case_id]
    return {
        post_id: part.role.name
        for post_id, one in thread.posts.items()
        for sight in one.sights
        for part in sight.parts
        if thread.case_of(part) == case_id
    }


def test_a_thread_is_taken_out_in_one_step_with_everything_that_was_said() -> None:
    shard = Shard()
    run(shard, queue("care"), *TALK)
    assert not shard.cases
    facts = summary(run(shard, take_out("p1", "care", urgency=2)))
    assert facts[0] == "PostAddressed p1"
    assert "CaseEscalated case-p1 - care 1" in facts
    case = shard.cases["case-p1"]
    assert (case.identity_id, case.queue, case.urgency, case.stage) == (BEN, "care", 2, Queued())
    assert roles_of(shard, "case-p1") == {"p1": "CONTACT", "c1": "CONTEXT", "p2": "CONTACT"}
    assert case.escalation is not None
    assert (case.escalation.reason, case.escalation.from_queue) == ("nobody_knows", "")
    assert case_id_of_post(shard, "p1", "") == case_id_of_post(shard, "p1", "shop") == "case-p1"
    assert run(shard, take_out("p1", "care", at=60)) == [], "twice is once"


def test_what_was_said_before_is_context() -> None:
    shard = Shard()
    run(shard, *TALK, take_out("p2"))
    assert roles_of(shard, "case-p2") == {"p1": "CONTEXT", "c1": "CONTEXT", "p2": "CONTACT"}


@pytest.mark.parametrize("order", list(permutations(range(len(TALK)))))
def test_the_case_is_the_same_whatever_came_before_it_was_taken_out_and_after(order: tuple[int, ...]) -> None:
    whole_talk = Shard()
    run(whole_talk, *TALK, take_out("p1"))
    shard = Shard()
    for place in order:
        run(shard, TALK[place])
        if place == 0:
            run(shard, take_out("p1"))
    assert roles_of(shard, "case-p1") == roles_of(whole_talk, "case-p1")


def test_who_had_a_case_with_us_keeps_it() -> None:
    shard = Shard()
    run(shard, post("p1", by=BEN), *TALK[1:2], post("p2", "c1", by=CAT, told=False, at=3), take_out("c1"))
    assert set(shard.cases) == {"case-p1", "case-c1"}
    assert roles_of(shard, "case-c1") == {"c1": "CONTACT", "p2": "CONTACT"}
    assert run(shard, take_out("p1")) == []
    assert shard.cases["case-p1"].escalation is None


def test_an_agent_is_offered_it_at_once_and_a_smaller_urgency_takes_none_away() -> None:
    shard = Shard()
    facts = summary(run(shard, *MIA, *TALK, take_out("p1")))
    assert "CaseOffered case-p1 mia 1" in facts
    assert facts.count("CaseQueued case-p1 default 0") == 1, "it is where it would be"
    assert shard.agents["mia"].presence == Presence.AVAILABLE


REFUSED = [
    pytest.param([], take_out("nothing"), Reason.POST_UNKNOWN, id="there is no such post"),
    pytest.param(TALK, take_out("p1", desk="other"), Reason.POST_UNKNOWN, id="the desk does not know it"),
    pytest.param(TALK, take_out("p1", "nowhere"), Reason.QUEUE_UNKNOWN, id="there is no such queue"),
    pytest.param(
        [post("b1", author_kind=AuthorKind.BRAND_HUMAN)], take_out("b1"), Reason.NOT_THE_CUSTOMERS, id="we wrote it"
    ),
    pytest.param(
        [*TALK, commands.DetachPost("p1", t(5))], take_out("p1"), Reason.POST_WITHDRAWN, id="its author took it back"
    ),
    pytest.param(
        [*TALK, commands.SightPost("p1", "case-o", "other", "other", TALK[0].kind, False, t(1), t(1))],
        take_out("p1"),
        Reason.DESK_UNCLEAR,
        id="two desks know it",
    ),
]


@pytest.mark.parametrize(("given_", "when", "then"), REFUSED)
def test_what_is_not_taken_out(given_: list[commands.Command], when: commands.Command, then: Reason) -> None:
    shard = Shard()
    run(shard, *given_)
    with pytest.raises(Rejected) as refused:
        decide(when, shard)
    assert refused.value.reason == then
