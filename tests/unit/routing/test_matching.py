"""Who gets what, and in which order, over several decisions."""

import pytest
from chassis.errors import Rejected
from routing import commands, events
from routing.decider import decide
from routing.explain import Constraint, explain
from routing.shard import Shard
from routing.terms import Presence, Requirement

from tests.unit.routing.build import accept, decline, post, presence, queue, register, resolve, run, summary, t, tick

MIA: list[commands.Command] = [register("mia"), presence("mia")]
BEN: list[commands.Command] = [register("ben"), presence("ben")]
MINE: list[commands.Command] = [*MIA, post("p1"), accept("case-p1", "mia")]
"""Case p1 is with mia."""


@pytest.mark.parametrize(
    "end",
    [tick(60), decline("case-p1", "mia", at=59), presence("mia", Presence.BUSY, at=59)],
    ids=["expired", "declined", "rescinded"],
)
def test_an_offer_that_ends_returns_its_case_to_the_same_place(end: commands.Command) -> None:
    shard = Shard()
    run(shard, *MIA, post("p1", at=0), post("p2", at=1))
    before = shard.cases["case-p1"].wait
    run(shard, end)
    assert shard.cases["case-p1"].wait == before


def test_an_expired_offer_is_offered_before_what_came_later() -> None:
    shard = Shard()
    run(shard, *MIA, post("p1", at=0), post("p2", at=1))
    run(shard, tick(60))
    assert summary(run(shard, accept("case-p2", "mia", at=61), *BEN))[-1:] == ["CaseOffered case-p1 ben 2"]


def test_what_its_agent_did_nothing_with_returns_to_the_same_place() -> None:
    shard = Shard()
    run(shard, queue(limits=(20, 0, 0)), *MIA, post("p1"), post("p2", at=1))
    before = shard.cases["case-p1"].wait
    run(shard, accept("case-p1", "mia", at=5), tick(25))
    assert shard.cases["case-p1"].wait == before
    assert summary(run(shard, presence("mia", Presence.OFFLINE, at=26), *BEN))[-1:] == ["CaseOffered case-p1 ben 2"]


def test_a_case_that_waits_for_a_supervisor_is_explained() -> None:
    shard = Shard()
    run(shard, queue(limits=(0, 1, 0)), *MIA, post("p1"), decline("case-p1", "mia", at=1))
    told = explain(shard, shard.cases["case-p1"], t(99))
    assert "waits for a supervisor in queue default, because it came back once" in told.summary
    assert (told.binding, told.rank) == (Constraint.SUPERVISED, 0)
    assert [(one.eligible, one.constraint) for one in told.candidates] == [(False, Constraint.SUPERVISED)]


def test_the_more_skilled_agent_is_preferred_and_then_the_longer_idle() -> None:
    shard = Shard()
    asks = (Requirement("topic:billing", 1, hard=False),)
    run(shard, queue("default", requirements=asks))
    run(shard, register("ann", skills=[("topic:billing", 2)]), presence("ann"))
    run(shard, register("ben", skills=[("topic:billing", 5)]), presence("ben"))
    run(shard, register("cat", skills=[("topic:billing", 5)]), presence("cat"))
    assert summary(run(shard, post("p1")))[-1] == "CaseOffered case-p1 ben 1"
    run(shard, accept("case-p1", "ben"), resolve("case-p1", "ben", at=9))
    assert summary(run(shard, post("p2", at=10)))[-1] == "CaseOffered case-p2 cat 1"
    assert summary(run(shard, post("p3", at=10)))[-1] == "CaseOffered case-p3 ben 1"
    assert summary(run(shard, post("p4", at=10)))[-1] == "CaseOffered case-p4 ann 1"


def test_the_earliest_deadline_is_served_first_and_the_platforms_window_counts() -> None:
    shard = Shard()
    run(shard, post("p1", at=0), post("p2", at=5), post("p3", at=6, window=600))
    served = run(shard, register("mia", capacity=3), presence("mia", at=7))
    assert [e.case_id for e in served if isinstance(e, events.CaseOffered)] == ["case-p3", "case-p1", "case-p2"]


def test_late_work_keeps_a_fifth_of_the_offers() -> None:
    shard = Shard()
    run(shard, post("late1", at=0), post("late2", at=1), *(post(f"p{n}", at=5000) for n in range(9)))
    served = run(shard, register("mia", capacity=10), presence("mia", at=5001))
    order = [e.case_id for e in served if isinstance(e, events.CaseOffered)]
    assert [n for n, case_id in enumerate(order) if "late" in case_id] == [4, 9]


def test_a_refusal_names_the_thing_and_who_has_it() -> None:
    shard = Shard()
    run(shard, *MINE, *BEN)
    with pytest.raises(Rejected) as refusal:
        decide(accept("case-p1", "ben", token=1), shard)
    assert "case case-p1" in refusal.value.detail
    assert "is with mia" in refusal.value.detail


def test_a_case_knows_when_it_was_opened_and_last_touched() -> None:
    shard = Shard()
    opened = next(e for e in run(shard, post("p1", at=3)) if isinstance(e, events.CaseBegun))
    assert shard.cases["case-p1"].opened_at == opened.at
    late = run(shard, post("p2", "p1", at=9))[-1]
    assert (shard.cases["case-p1"].opened_at, shard.cases["case-p1"].updated_at) == (opened.at, late.at)
