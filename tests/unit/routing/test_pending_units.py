"""What a case takes of its agent while it waits for its customer, and what happens when it is to go on."""

import pytest
from chassis.errors import Rejected
from routing import commands
from routing.cases import Queued, needs_agent
from routing.commands import Reason
from routing.decider import decide
from routing.shard import Shard
from routing.state_codec import load
from routing.terms import Presence, WaitingFor

from tests.unit.routing.build import (
    accept,
    pend,
    policy,
    post,
    presence,
    register,
    reply,
    resolve,
    run,
    summary,
    t,
    tick,
    whole,
)

QUARTER = policy(pending_percent=25)
LENIENT = policy(pending_percent=25, resume_percent=150)
THIRD_PARTY = WaitingFor.THIRD_PARTY


def busy(count: int, *, pending: int, capacity: int = 2, rules: commands.Command = QUARTER) -> Shard:
    """Mia has so many cases, the first of which wait for their customers."""
    shard = Shard()
    run(shard, rules, register("mia", capacity), presence("mia"))
    for number in range(count):
        run(shard, post(f"p{number}", at=number, by=f"c{number}"), accept(f"case-p{number}", "mia", at=number))
        if number < pending:
            run(shard, pend(f"case-p{number}", "mia", 500, number))
    return shard


def test_what_waits_for_its_customer_takes_a_part_and_what_that_frees_is_filled() -> None:
    shard = busy(2, pending=0)
    run(shard, post("p9", by="other", at=5))
    facts = run(shard, pend("case-p0", "mia", 500, 6))
    assert summary(facts) == ["CasePended case-p0"]  # three quarters are not a whole one
    facts = run(shard, pend("case-p1", "mia", 500, 7))
    assert summary(facts) == ["CasePended case-p1", "CaseOffered case-p9 mia 1"]
    assert (shard.agents["mia"].load, shard.agents["mia"].free) == (2, 0)
    assert whole(load(whole(shard))) == whole(shard)


def test_without_such_a_policy_and_for_somebody_else_all_of_it_is_taken() -> None:
    for shard, for_whom in (
        (busy(2, pending=0, rules=policy(pending_percent=100)), WaitingFor.CUSTOMER),
        (busy(2, pending=0), THIRD_PARTY),
    ):
        run(shard, pend("case-p0", "mia", 500, 6, for_whom), pend("case-p1", "mia", 500, 6, for_whom))
        assert shard.agents["mia"].load == 2


@pytest.mark.parametrize(
    "when",
    [
        pytest.param(post("p8", "p0", by="c0", at=50), id="its customer writes"),
        pytest.param(tick(500), id="its time is up"),
    ],
)
def test_who_comes_back_to_an_agent_without_room_waits_and_is_offered_to_that_agent_first(
    when: commands.Command,
) -> None:
    shard = busy(5, pending=4)
    facts = run(shard, register("ben"), when)
    assert "CaseReleased case-p0 mia" in summary(facts)
    assert isinstance(shard.cases["case-p0"].stage, Queued)
    assert shard.agents["mia"].load == 2
    at = 50 if when.at < t(500) else 500
    run(shard, resolve("case-p4", "mia", at + 10))
    facts = run(shard, accept("case-p0", "mia", 2, at + 11))
    assert summary(facts) == ["OfferAccepted case-p0 mia"]


def test_who_comes_back_to_an_agent_without_room_goes_to_somebody_who_has_some() -> None:
    shard = busy(5, pending=4)
    run(shard, register("ben"), presence("ben", at=40))
    facts = run(shard, post("p8", "p0", by="c0", at=50))
    released, queued, offered = summary(facts)[-3:]
    assert (released, offered) == ("CaseReleased case-p0 mia", "CaseOffered case-p0 ben 2")
    assert queued.startswith("CaseQueued case-p0 default")


def test_up_to_the_hard_limit_it_goes_on_and_nothing_new_comes() -> None:
    shard = busy(5, pending=4, rules=LENIENT)
    facts = run(shard, post("p8", "p0", by="c0", at=50), post("p9", by="other", at=51))
    assert "CaseResumed case-p0 customer" in summary(facts)
    assert not [line for line in summary(facts) if line.startswith("CaseOffered")]
    assert shard.agents["mia"].load == 3
    facts = run(shard, post("p10", "p1", by="c1", at=52))
    assert "CaseReleased case-p1 mia" in summary(facts)


@pytest.mark.parametrize(
    "command",
    [
        pytest.param(commands.ResumeCase("case-p0", "mia", t(50)), id="goes on"),
        pytest.param(pend("case-p0", "mia", 900, 50, THIRD_PARTY), id="waits for somebody else"),
    ],
)
def test_an_agent_who_has_no_room_is_told_so_and_keeps_the_case(command: commands.Command) -> None:
    shard = busy(5, pending=4)
    with pytest.raises(Rejected, match="no room for the 1 of case case-p0; settle, pend or release") as refused:
        decide(command, shard)
    assert refused.value.reason == Reason.AGENT_FULL
    run(shard, resolve("case-p4", "mia", 51), command)
    assert shard.agents["mia"].load == 2


def test_what_nobody_is_owed_for_is_looked_at_again_all_the_same() -> None:
    shard = busy(4, pending=4)
    run(shard, reply("case-p0", "mia", at=5), commands.RecordSent("case-p0", "r1", "", t(6)))
    run(shard, post("p4", by="c4", at=7), accept("case-p4", "mia", at=8), presence("mia", Presence.BUSY, 9))
    assert not needs_agent(shard.cases["case-p0"])
    assert "CaseReleased case-p0 mia" in summary(run(shard, tick(500)))
    assert isinstance(shard.cases["case-p0"].stage, Queued)
    assert needs_agent(shard.cases["case-p0"])
