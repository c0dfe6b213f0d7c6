"""Agents who finish, or are gone too long: no offers, and what they have is back in its place."""

from __future__ import annotations

import pytest
from chassis.errors import Rejected
from hypothesis import given
from hypothesis import strategies as st
from routing import commands
from routing.cases import Accepted, Idle, Offered, Pending, Queued
from routing.commands import Reason
from routing.decider import decide
from routing.shard import Shard, next_due
from routing.state_codec import load
from routing.terms import Presence, WaitingFor

from tests.unit.routing.build import (
    accept,
    answer,
    open_case,
    policy,
    post,
    presence,
    queue,
    register,
    resolve,
    run,
    summary,
    t,
    tick,
    whole,
)

MIA = [register("mia", capacity=5), presence("mia")]
MINE = [*MIA, post("p1"), accept("case-p1", "mia", at=5)]
PENDING = [*MINE, commands.PendCase("case-p1", "mia", WaitingFor.THIRD_PARTY, t(1_000), t(6))]
ABSENCE = policy(absence_s=100)


def drain(until: float = 90, at: float = 50, agent: str = "mia") -> commands.DrainAgent:
    """Somebody lets an agent finish."""
    return commands.DrainAgent(agent, t(until), t(at))


BACK = ["CaseReleased case-p1 mia", "CaseQueued case-p1 default 0"]
CASES = [
    pytest.param(MIA, drain(), ["PresenceChanged mia OFFLINE drained"], id="who has nothing leaves at once"),
    pytest.param(
        [*MIA, post("p1", at=40)],
        drain(),
        ["OfferRescinded case-p1 mia AGENT_LEFT", "PresenceChanged mia OFFLINE drained"],
        id="an open offer is taken back",
    ),
    pytest.param(MINE, drain(), ["PresenceChanged mia BUSY drain"], id="who has something finishes it"),
    pytest.param(
        [*MINE, drain(at=20)], resolve("case-p1", "mia", at=50), ["CaseResolved case-p1 mia"], id="it may settle it"
    ),
    pytest.param(
        [*MINE, drain(at=20), resolve("case-p1", "mia", at=30)],
        tick(30),
        ["PresenceChanged mia OFFLINE drained"],
        id="and leaves as soon as it has",
    ),
    pytest.param(
        [*MINE, drain(at=20)],
        tick(90),
        ["PresenceChanged mia OFFLINE drained", *BACK],
        id="what it has not finished by then goes back",
    ),
    pytest.param(
        MINE, drain(until=50), ["PresenceChanged mia OFFLINE drained", *BACK], id="all of it at once, if it is to be so"
    ),
    pytest.param(
        [*PENDING, answer("a1", "p1", at=10)],
        drain(until=50),
        ["PresenceChanged mia OFFLINE drained", *BACK],
        id="what waits for somebody goes back too, since it would wake up to nobody",
    ),
    pytest.param(
        [*MINE, answer("a1", "p1", at=10)],
        drain(until=50),
        ["PresenceChanged mia OFFLINE drained", "CaseReleased case-p1 mia"],
        id="what is answered waits for nobody",
    ),
    pytest.param([*MINE, drain(at=20)], drain(at=50), [], id="to drain twice is to drain once"),
    pytest.param(
        [*MINE, drain(at=20)], drain(until=70), ["PresenceChanged mia BUSY drain"], id="another time is another time"
    ),
    pytest.param([*MINE, drain(at=20)], presence("mia", Presence.BUSY, 50), [], id="to be busy is what it is"),
    pytest.param([register("mia")], drain(), [], id="who is not there leaves nothing behind"),
    pytest.param([], drain(), Reason.AGENT_UNKNOWN, id="there is no such agent"),
    pytest.param(
        [ABSENCE, *MINE, presence("mia", Presence.AWAY, 50)],
        tick(150),
        ["PresenceChanged mia OFFLINE absent", *BACK],
        id="who is away for too long has nothing any more",
    ),
    pytest.param(
        [ABSENCE, *MINE, presence("mia", Presence.OFFLINE, 50)],
        tick(150),
        ["PresenceChanged mia OFFLINE absent", *BACK],
        id="nor has who is offline",
    ),
    pytest.param(
        [*MINE, drain(at=20), presence("mia", Presence.OFFLINE, 50)],
        tick(90),
        ["PresenceChanged mia OFFLINE absent", *BACK],
        id="who goes while it drains leaves when it was to",
    ),
    pytest.param(
        PENDING, commands.ReleaseCase("case-p1", "mia", "", t(20)), BACK,
        id="a pending case that its agent gives back waits for another",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("given_", "when", "then"), CASES)
def test_how_an_agent_leaves(given_: list[commands.Command], when: commands.Command, then: list[str] | Reason) -> None:
    shard = Shard()
    run(shard, *given_)
    if isinstance(then, Reason):
        with pytest.raises(Rejected) as refused:
            decide(when, shard)
        assert refused.value.reason == then
    else:
        assert summary(decide(when, shard)) == then


def test_who_comes_back_drains_no_more_and_is_offered_work() -> None:
    shard = Shard()
    run(shard, *MINE, drain(at=20), post("p2", at=30, by="ben"))
    assert isinstance(shard.cases["case-p2"].stage, Queued)
    assert next_due(shard) == t(90)
    run(shard, presence("mia", at=40))
    assert isinstance(shard.cases["case-p2"].stage, Offered)
    assert shard.agents["mia"].leaves_at is None
    run(shard, tick(95))
    assert isinstance(shard.cases["case-p1"].stage, Accepted)


def test_what_goes_back_has_its_place_and_is_offered_to_somebody_else() -> None:
    shard = Shard()
    run(shard, *MINE, post("p2", at=6, by="ben"), accept("case-p2", "mia", at=7), open_case(at=8), accept("m1", "mia"))
    run(shard, accept("m1", "mia", at=9), drain(until=50))
    assert {case.case_id: case.wait.waiting_since for case in shard.cases.values() if case.wait is not None} == {
        "case-p1": t(0), "case-p2": t(6), "m1": t(8),
    }  # fmt: skip
    run(shard, register("eve"), presence("eve", at=60))
    assert isinstance(shard.cases["case-p1"].stage, Offered)


def test_without_a_policy_nobody_loses_anything() -> None:
    shard = Shard()
    run(shard, *MINE, presence("mia", Presence.OFFLINE, 50))
    assert next_due(shard) is None
    assert isinstance(shard.cases["case-p1"].stage, Accepted)


def test_a_stage_that_nobody_has_is_left_alone() -> None:
    shard = Shard()
    run(shard, *MIA, post("p1"), accept("case-p1", "mia"), answer("a1", "p1", at=3), drain(until=50))
    assert isinstance(shard.cases["case-p1"].stage, Idle)


STEPS = st.lists(st.tuples(st.integers(0, 6), st.integers(1, 60)), max_size=20)


@given(STEPS)
def test_once_the_time_is_up_nobody_who_left_has_anything(steps: list[tuple[int, int]]) -> None:
    shard, now = Shard(), 10.0
    run(shard, ABSENCE, *MIA, *(post(f"p{n}", by=f"c{n}") for n in range(3)))
    for what, later in steps:
        now += later
        asked = [
            *(accept(f"case-p{n}", "mia", shard.cases[f"case-p{n}"].token, now) for n in range(3)),
            drain(now + 30, now),
            presence("mia", Presence(1 + later % 4), now),
            commands.PendCase("case-p0", "mia", WaitingFor.CUSTOMER, t(now + 500), t(now)),
            resolve("case-p1", "mia", now),
        ]
        for command in (asked[what], tick(now)):
            try:
                run(shard, command)
            except Rejected:
                continue
        assert load(whole(shard)).timers == shard.timers
    run(shard, drain(now + 5, now))
    while (due := next_due(shard)) is not None and due <= t(now + 101):
        assert run(shard, commands.Tick(max(due, t(now))))
    mia = shard.agents["mia"]
    assert (mia.presence, mia.work) == (Presence.OFFLINE, ())
    assert not any(isinstance(case.stage, Accepted | Pending | Offered) for case in shard.cases.values())


def test_who_is_registered_under_the_id_of_somebody_deleted_is_offered_what_was_opened_meanwhile() -> None:
    shard = Shard()
    run(shard, register("ann"), presence("ann"), open_case("m0"), accept("m0", "ann"), resolve("m0", "ann", at=1))
    run(shard, commands.DeleteAgent("ann", t(2)), queue("care"), open_case("m1", "care", at=3), register("ann"))
    loaded = load(whole(shard))
    assert summary(run(shard, presence("ann", at=4))) == [
        "PresenceChanged ann AVAILABLE agent",
        "CaseOffered m1 ann 1",
    ]
    run(loaded, presence("ann", at=4))
    assert whole(loaded) == whole(shard)


def test_who_works_elsewhere_for_a_while_is_offered_what_was_opened_meanwhile() -> None:
    shard, away = Shard(), presence("ann", Presence.OFFLINE, at=2)
    run(shard, register("ann"), presence("ann"), open_case("m0"), accept("m0", "ann"), resolve("m0", "ann", at=1), away)
    run(shard, queue("care"), queue("calls"), commands.ChangeAgent("ann", None, None, None, ("calls",), t(3)))
    run(shard, open_case("m1", "care", at=4), commands.ChangeAgent("ann", None, None, None, (), t(5)))
    assert summary(run(shard, presence("ann", at=6)))[1:] == ["CaseOffered m1 ann 1"]
