"""Parts of a case that other departments do: cases of their own, tied to it."""

from __future__ import annotations

import pytest
from chassis.errors import Rejected
from hypothesis import given
from hypothesis import strategies as st
from routing import commands
from routing.cases import TASKS_MAX, Offered, Queued, Resolved
from routing.commands import Reason
from routing.decider import decide
from routing.shard import Shard
from routing.state_codec import load
from routing.terms import CaseOrigin, Requirement, WaitingFor

from tests.unit.routing.build import (
    accept,
    answer,
    post,
    presence,
    queue,
    register,
    reply,
    resolve,
    run,
    summary,
    t,
    tick,
    whole,
)

MONEY = (Requirement("money", 1, True),)
BOOKS = [queue("books", first_response_s=600, requirements=MONEY)]
MIA = [register("mia", queues=["default"]), presence("mia")]
EVE = [register("eve", skills=[("money", 3)], queues=["books"]), presence("eve")]
MINE = [*BOOKS, *MIA, post("p1"), accept("case-p1", "mia", at=5)]


def task(
    task_id: str = "t1", case: str = "case-p1", queue_id: str = "books", *, agent: str = "", at: float = 10
) -> commands.CreateTask:
    """A department gets its part of a case."""
    return commands.CreateTask(case, task_id, queue_id, "refund", 1, (), 1, agent, "request", t(at))


def close(task_id: str = "t1", *, agent: str = "", at: float = 50) -> commands.CloseTask:
    """Somebody closes a task."""
    return commands.CloseTask(task_id, agent, "done", t(at))


def resolve_all(case: str = "case-p1", agent: str = "mia", at: float = 50) -> commands.ResolveCase:
    """An agent settles a case, whatever its tasks are at."""
    return commands.ResolveCase(case, agent, "solved", (), t(at), cancel_tasks=True)


GIVEN = [*MINE, task()]
TAKEN = [*GIVEN, *EVE, accept("t1", "eve", at=12)]
OPENED = ["CaseOpened t1", "TaskOpened case-p1", "CaseQueued t1 books 1"]
WAITS = commands.PendCase("case-p1", "mia", WaitingFor.THIRD_PARTY, t(900), t(11))

CASES = [
    pytest.param(MINE, task(agent="mia"), OPENED, id="a task waits in its department's queue"),
    pytest.param([*MINE, *EVE], task(), [*OPENED, "CaseOffered t1 eve 1"], id="and is offered there"),
    pytest.param(
        TAKEN, resolve("t1", "eve", at=50), ["CaseResolved t1 eve", "TaskClosed case-p1"], id="who has it resolves it"
    ),
    pytest.param(TAKEN, close(), ["CaseResolved t1 ", "TaskClosed case-p1"], id="somebody else closes it"),
    pytest.param([*TAKEN, close(at=20)], close(), [], id="closing twice is closing once"),
    pytest.param(
        [*GIVEN, *EVE],
        close(agent="mia"),
        ["OfferRescinded t1 eve CASE_SETTLED", "CaseResolved t1 mia", "TaskClosed case-p1"],
        id="its open offer is taken back",
    ),
    pytest.param(
        [*TAKEN, WAITS],
        resolve("t1", "eve", at=50),
        ["CaseResolved t1 eve", "TaskClosed case-p1", "CaseResumed case-p1 task"],
        id="its case goes on that waited for it",
    ),
    pytest.param(
        [*TAKEN, task("t2"), WAITS],
        resolve("t1", "eve", at=50),
        ["CaseResolved t1 eve", "TaskClosed case-p1", "CaseOffered t2 eve 1"],
        id="unless another one is open",
    ),
    pytest.param(TAKEN, resolve("case-p1", "mia", at=50), Reason.TASKS_OPEN, id="nothing is settled with open tasks"),
    pytest.param(
        TAKEN,
        resolve_all(),
        ["CaseResolved case-p1 mia", "CaseResolved t1 mia", "TaskClosed case-p1"],
        id="unless they are cancelled with it",
    ),
    pytest.param(TAKEN, resolve("case-p1", "eve", at=50), Reason.NOT_YOURS, id="nor by whoever does not have it"),
    pytest.param(
        TAKEN,
        commands.DetachPost("p1", t(50)),
        ["PostUnthreaded p1", "PostDetached case-p1 p1", "CaseWithdrawn case-p1", "CaseResolved t1 ",
         "TaskClosed case-p1"],
        id="what its customer takes back needs no tasks",
    ),
    pytest.param(TAKEN, reply("t1", "eve", at=50), Reason.IS_TASK, id="nobody writes to a customer from a task"),
    pytest.param(TAKEN, task("t2", "t1"), Reason.IS_TASK, id="a task has no tasks"),
    pytest.param(TAKEN, task(at=50), Reason.CASE_EXISTS, id="what is there is not made anew under whoever has it"),
    pytest.param(
        [*TAKEN, close(at=20)], commands.ReopenCase("t1", "again", t(50)), Reason.IS_TASK, id="nor is it opened again"
    ),
    pytest.param(
        [*TAKEN, post("q1", by="ben")], commands.JoinCases("case-q1", "t1", "", t(50)), Reason.IS_TASK,
        id="nor joined into a case",
    ),
    pytest.param(
        [*TAKEN, post("q1", by="ben")], commands.JoinCases("t1", "case-q1", "", t(50)), Reason.IS_TASK,
        id="nor a case into it",
    ),
    pytest.param(MINE, close("case-p1"), Reason.NOT_TASK, id="a case is not closed as a task is"),
    pytest.param(MINE, task(queue_id="nowhere"), Reason.QUEUE_UNKNOWN, id="there is no such queue"),
    pytest.param(MINE, task(agent="ghost"), Reason.AGENT_UNKNOWN, id="there is no such agent"),
    pytest.param(MINE, task(case="nothing"), Reason.CASE_UNKNOWN, id="there is no such case"),
    pytest.param([*MINE, resolve("case-p1", "mia", at=6)], task(), Reason.CASE_CLOSED, id="a settled case gets none"),
    pytest.param(
        [*MINE, *(task(f"t{n}") for n in range(TASKS_MAX))], task("more"), Reason.TOO_MANY_TASKS, id="it has enough"
    ),
]  # fmt: skip


@pytest.mark.parametrize(("given_", "when", "then"), CASES)
def test_what_comes_of_tasks(given_: list[commands.Command], when: commands.Command, then: list[str] | Reason) -> None:
    shard = Shard()
    run(shard, *given_)
    if isinstance(then, Reason):
        with pytest.raises(Rejected) as refused:
            decide(when, shard)
        assert refused.value.reason == then
    else:
        assert summary(decide(when, shard)) == then


def test_a_task_has_its_own_clock_and_its_case_stays_where_it_is() -> None:
    shard = Shard()
    run(shard, *GIVEN)
    case, part = shard.cases["case-p1"], shard.cases["t1"]
    assert (part.origin, part.parent_id, part.identity_id, part.desk) == (
        CaseOrigin.TASK,
        "case-p1",
        "customer",
        "shop",
    )
    assert part.wait is not None
    assert (part.wait.due_at, part.requirements, part.stage) == (t(610), MONEY, Queued())
    assert case.tasks == ("t1",)
    assert [held.case_id for held in shard.agents["mia"].work] == ["case-p1"]
    run(shard, answer("a1", "p1", at=20), post("p2", "p1", at=30))
    assert shard.cases["t1"].post_count == 0
    assert isinstance(shard.cases["t1"].stage, Queued), "what is said with the customer is none of its business"
    assert shard.tasks == {"t1": "case-p1"}


def test_tasks_go_with_their_case_when_a_link_shows_that_it_is_another_ones() -> None:
    shard = Shard()
    run(
        shard, *BOOKS, post("p1"), post("p2", at=1), task(case="case-p1"), task("t2", "case-p2"), post("p3", "p1", "p2")
    )
    (went_on,) = {shard.tasks[one] for one in ("t1", "t2")}
    assert shard.cases[went_on].tasks == ("t1", "t2")
    assert f"TaskClosed {went_on}" in summary(run(shard, close("t1"), close("t2")))
    assert not shard.tasks


def test_what_is_joined_by_somebody_is_settled_with_all_tasks_of_both() -> None:
    shard = Shard()
    run(shard, *MINE, post("q1", by="ben"), task("t2", "case-q1"), commands.JoinCases("case-p1", "case-q1", "", t(11)))
    with pytest.raises(Rejected, match="t2"):
        decide(resolve("case-p1", "mia", at=50), shard)
    run(shard, resolve_all())
    assert isinstance(shard.cases["t2"].stage, Resolved)


def test_a_task_goes_up_is_drained_and_comes_back_as_a_case_does() -> None:
    shard = Shard()
    run(shard, *TAKEN, commands.DrainAgent("eve", t(20), t(20)))
    part = shard.cases["t1"]
    assert part.wait is not None
    assert (part.stage, part.wait.waiting_since) == (Queued(), t(10))
    run(shard, queue("heads"), commands.EscalateCase("t1", "", "heads", None, "hard", t(30)))
    assert (shard.cases["t1"].queue, shard.cases["case-p1"].tasks) == ("heads", ("t1",))


def test_a_case_with_an_open_task_is_remembered_and_a_closed_task_forgotten() -> None:
    shard = Shard(keep_events=4)
    run(shard, *MINE, task(), answer("a1", "p1", at=11), commands.ReleaseCase("case-p1", "mia", "", t(12)))
    run(shard, *(post(f"x{n}", at=20 + n, author_kind=2) for n in range(9)))  # type: ignore[arg-type]
    assert {"case-p1", "t1"} <= set(shard.cases)
    run(shard, close(at=40), tick(100_000))
    run(shard, *(post(f"y{n}", at=100_001, author_kind=2) for n in range(9)))  # type: ignore[arg-type]
    assert not {"case-p1", "t1"} & set(shard.cases)


STEPS = st.lists(st.tuples(st.integers(0, 8), st.integers(0, 2), st.booleans()), max_size=25)


@given(STEPS)
def test_a_case_knows_its_open_tasks_and_no_others_whatever_happens(steps: list[tuple[int, int, bool]]) -> None:
    shard, now = Shard(), 1.0
    run(shard, *BOOKS, *MIA, *EVE, *(post(f"p{n}", by=f"c{n}") for n in range(3)))
    for what, which, yes in steps:
        now += 3
        case, part = f"case-p{which}", f"t{which}"
        token = shard.cases[case].token
        asked: list[commands.Command] = [
            task(f"t{which}{now}" if yes else part, case, at=now),
            close(part, at=now),
            accept(case, "mia", token, now),
            accept(part, "eve", shard.cases[part].token if part in shard.cases else 1, now),
            resolve_all(case, at=now) if yes else resolve(case, "mia", now),
            resolve(part, "eve", now),
            commands.JoinCases(case, f"case-p{(which + 1) % 3}", "", t(now)),
            commands.SplitCase(case, "", t(now)),
            commands.DetachPost(f"p{which}", t(now)) if yes else post(f"r{now}", f"p{which}", at=now, by=f"c{which}"),
        ]
        try:
            run(shard, asked[what])
        except Rejected:
            continue
        open_tasks = {
            one.case_id: one.parent_id for one in shard.cases.values()
            if one.parent_id and not isinstance(one.stage, Resolved)
        }  # fmt: skip
        assert shard.tasks == open_tasks
        assert all(one in shard.cases[parent].tasks for one, parent in open_tasks.items())
        assert load(whole(shard)).tasks == shard.tasks
        assert not any(
            isinstance(c.stage, Offered) and c.stage.agent_id == "mia" for c in map(shard.cases.get, open_tasks) if c
        )
