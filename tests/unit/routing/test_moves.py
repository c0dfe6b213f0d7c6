"""Where work goes that somebody moves: cases to other queues, what a deleted agent had, a queue with all in it."""

from __future__ import annotations

import pytest
from chassis.errors import Rejected
from routing import commands
from routing.cases import Offered, Queued
from routing.commands import Reason
from routing.decider import decide
from routing.shard import Shard, next_due
from routing.terms import AuthorKind, Requirement

from tests.unit.routing.build import accept, answer, post, presence, queue, register, run, summary, t, tick

VIP = queue("vip", first_response_s=60, requirements=(Requirement("vip", 1, True),))
MIA = [register("mia"), presence("mia")]
MINE = [*MIA, post("p1"), accept("case-p1", "mia")]
OURS = [queue("care"), commands.SetSourceQueue("shop", "care", t(0))]


def transfer(
    queue_id: str = "", urgency: int | None = None, case: str = "case-p1", at: float = 9
) -> commands.TransferCase:
    """Somebody moves a case."""
    return commands.TransferCase(case, "", queue_id, urgency, "", t(at))


def delete(queue_id: str, successor: str = "", *, at: float = 9) -> commands.DeleteQueue:
    """A queue is deleted, by force where something stands for it."""
    return commands.DeleteQueue(queue_id, bool(successor), successor, t(at))


CASES = [
    pytest.param(
        [VIP, post("p1")],
        transfer("vip", 2),
        ["CaseTransferred case-p1 vip 2", "CaseQueued case-p1 vip 2"],
        id="a waiting case waits in the other queue",
    ),
    pytest.param(
        [VIP, *MIA, post("p1")],
        transfer("vip"),
        ["OfferRescinded case-p1 mia TRANSFERRED", "CaseTransferred case-p1 vip 0", "CaseQueued case-p1 vip 0"],
        id="an open offer is taken back",
    ),
    pytest.param(
        [VIP, *MINE],
        transfer("vip"),
        ["CaseReleased case-p1 mia", "CaseTransferred case-p1 vip 0", "CaseQueued case-p1 vip 0"],
        id="who has it gives it up",
    ),
    pytest.param(
        MINE, transfer(urgency=3), ["CaseTransferred case-p1 default 3"], id="urgency alone leaves it where it is"
    ),
    pytest.param([post("p1")], transfer("default", 0), [], id="moving it where it is moves nothing"),
    pytest.param([post("p1")], transfer("nowhere"), Reason.QUEUE_UNKNOWN, id="there is no such queue"),
    pytest.param(
        [VIP, post("p1")],
        commands.TransferCase("case-p1", "ghost", "vip", None, "", t(9)),
        Reason.AGENT_UNKNOWN,
        id="nobody we know moves it",
    ),
    pytest.param(
        [*MINE, commands.ResolveCase("case-p1", "mia", "solved", (), t(5))],
        transfer(urgency=1),
        Reason.CASE_CLOSED,
        id="a settled case stays where it is",
    ),
    pytest.param(
        [VIP, post("p1", told=False), post("b1", "p1", author_kind=AuthorKind.BRAND_HUMAN)],
        transfer("vip", case="case-b1"),
        ["CaseTransferred case-b1 vip 0", "CaseQueued case-b1 vip 0"],
        id="what nobody waits for is asked of the queue it is sent to",
    ),
    pytest.param(
        [*MIA, post("p1")],
        commands.DeleteAgent("mia", t(9)),
        ["OfferRescinded case-p1 mia AGENT_LEFT", "AgentDeleted mia"],
        id="a deleted agent's offer is taken back",
    ),
    pytest.param(
        MINE,
        commands.DeleteAgent("mia", t(9)),
        ["CaseReleased case-p1 mia", "CaseQueued case-p1 default 0", "AgentDeleted mia"],
        id="a deleted agent's case goes back to its queue",
    ),
    pytest.param(
        [*MINE, register("ben"), presence("ben")],
        commands.DeleteAgent("mia", t(9)),
        ["CaseReleased case-p1 mia", "CaseQueued case-p1 default 0", "AgentDeleted mia", "CaseOffered case-p1 ben 2"],
        id="and is offered to who is free, not to who is gone",
    ),
    pytest.param([], commands.DeleteAgent("mia", t(9)), Reason.AGENT_UNKNOWN, id="nobody is deleted twice"),
    pytest.param([], register("mia", queues=["care"]), Reason.QUEUE_UNKNOWN, id="an agent serves queues there are"),
    pytest.param(
        MIA,
        commands.ChangeAgent("mia", None, None, None, ("care",), t(1)),
        Reason.QUEUE_UNKNOWN,
        id="an agent is sent to no queue there is not",
    ),
    pytest.param([], register("mia", queues=["default"]), ["AgentRegistered mia"], id="the default queue is there"),
    pytest.param([VIP], delete("vip"), ["QueueDeleted vip", "QueueCleared vip"], id="a queue nothing names is deleted"),
    pytest.param([], delete("vip"), Reason.QUEUE_UNKNOWN, id="a queue there is not"),
    pytest.param([], delete("default"), Reason.QUEUE_PERMANENT, id="the default queue stays"),
    pytest.param(OURS, delete("care"), Reason.QUEUE_IN_USE, id="not while a source names it"),
    pytest.param(
        [VIP, register("mia", queues=["vip"])], delete("vip"), Reason.QUEUE_IN_USE, id="nor while an agent does"
    ),
    pytest.param(
        [VIP, post("p1"), transfer("vip")], delete("vip"), Reason.QUEUE_IN_USE, id="nor while a case waits in it"
    ),
    pytest.param(OURS, delete("care", "gone"), Reason.QUEUE_UNKNOWN, id="its successor is a queue there is"),
    pytest.param([*OURS, delete("care", "default")], queue("care"), ["QueueChanged"], id="its name may be used again"),
]


@pytest.mark.parametrize(("given", "when", "then"), CASES)
def test_moves(given: list[commands.Command], when: commands.Command, then: list[str] | Reason) -> None:
    shard = Shard()
    run(shard, *given)
    if isinstance(then, Reason):
        with pytest.raises(Rejected) as refusal:
            decide(when, shard)
        assert refusal.value.reason == then
    else:
        assert summary(decide(when, shard)) == then


def test_a_refusal_names_what_uses_a_queue() -> None:
    shard = Shard()
    run(shard, *OURS, register("mia", queues=["care"]), post("p1"))
    with pytest.raises(Rejected) as refusal:
        decide(delete("care"), shard)
    assert [subject for subject, _ in refusal.value.violations] == ["sources/shop", "agents/mia", "cases/case-p1"]
    assert "1 source, 1 agent, 1 case" in refusal.value.detail


def test_what_a_deleted_queue_had_is_with_its_successor_and_so_is_what_comes_later() -> None:
    shard = Shard()
    run(shard, VIP, *OURS, register("mia", queues=["care"]), post("p1"), delete("care", "vip"))
    assert next_due(shard) == t(9)
    assert summary(run(shard, tick(9))) == [
        "AgentChanged mia", "CaseTransferred case-p1 vip 0", "CaseQueued case-p1 vip 0", "QueueCleared care",
    ]  # fmt: skip
    assert next_due(shard) is None
    assert shard.agents["mia"].queues == ("vip",)
    assert summary(run(shard, post("p2", at=10)))[-1] == "CaseQueued case-p2 vip 0"


def test_a_moved_case_waits_since_when_it_waited_and_asks_what_its_queue_asks() -> None:
    shard = Shard()
    run(shard, VIP, post("p1"), transfer("vip", at=30))
    case = shard.cases["case-p1"]
    assert isinstance(case.stage, Queued)
    assert case.wait is not None
    assert (case.wait.waiting_since, case.wait.due_at) == (t(0), t(60))
    assert [requirement.skill for requirement in case.requirements] == ["vip"]


def test_who_comes_back_after_their_queue_was_deleted_asks_for_nothing_of_it() -> None:
    shard = Shard()
    run(shard, VIP, commands.SetSourceQueue("shop", "vip", t(0)), post("p1"), answer("b1", "p1", at=1))
    run(shard, delete("vip", "default"), tick(10), post("p2", "p1", at=11), *MIA)
    case = shard.cases["case-p1"]
    assert (case.queue, case.requirements) == ("default", ())
    assert isinstance(case.stage, Offered)
