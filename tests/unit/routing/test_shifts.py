"""When an agent works: what a plan means in instants, and what the steps of a shift lead to."""

from datetime import UTC, datetime

import pytest
from chassis.clock import MICROS, Instant
from chassis.errors import InvalidRequest
from google.protobuf.timestamp_pb2 import Timestamp
from hypothesis import given, settings
from hypothesis import strategies as st
from routing import commands, events
from routing.cases import Accepted
from routing.commands import Command
from routing.decider import decide
from routing.explain import Constraint, explain
from routing.requests import command_of
from routing.shard import Shard, evolve, next_due
from routing.shifts import next_shift
from routing.state_codec import load
from routing.terms import Presence, ShiftException, ShiftPhase, ShiftPlan, WeeklyShift
from switchboard.routing.v1 import events_pb2
from switchboard.routing.v1 import service_pb2 as api

from tests.unit.routing.build import (
    T0,
    accept,
    open_case,
    policy,
    post,
    presence,
    record,
    register,
    run,
    settle,
    summary,
    t,
    tick,
    whole,
)

AN_ID = "01890a5d-ac96-774b-bcce-b302099a8001"
BERLIN = "Europe/Berlin"
OFFICE = tuple(WeeklyShift(day, 540, 1_020) for day in range(1, 6))
NIGHT = (WeeklyShift(6, 1_320, 1_800),)


def at(text: str) -> Instant:
    """An instant of a text such as 2026-03-29T01:00, UTC."""
    return Instant(int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * MICROS)


def works(*times: tuple[float, float]) -> ShiftPlan:
    """At these seconds after the beginning, and never else."""
    return ShiftPlan("", (), tuple(ShiftException(t(starts), t(ends), False) for starts, ends in times))


def plan(shifts: ShiftPlan, agent_id: str = "mia", seconds: float = 0) -> commands.ChangeAgent:
    """An agent is to work then."""
    return commands.ChangeAgent(agent_id, None, None, None, None, t(seconds), None, shifts)


@pytest.mark.parametrize(
    ("shifts", "after", "begins", "ends"),
    [
        pytest.param(ShiftPlan(BERLIN, OFFICE), "2026-01-05T06:00", "2026-01-05T08:00", "2026-01-05T16:00",
                     id="winter in Berlin"),
        pytest.param(ShiftPlan(BERLIN, OFFICE), "2026-07-06T12:00", "2026-07-06T07:00", "2026-07-06T15:00",
                     id="summer in Berlin, in the midst of it"),
        pytest.param(ShiftPlan(BERLIN, OFFICE), "2026-07-10T15:00", "2026-07-13T07:00", "2026-07-13T15:00",
                     id="over the weekend, from the instant it ends"),
        pytest.param(ShiftPlan(BERLIN, NIGHT), "2026-03-28T12:00", "2026-03-28T21:00", "2026-03-29T04:00",
                     id="an hour less in the night that has one less"),
        pytest.param(ShiftPlan(BERLIN, NIGHT), "2026-10-24T12:00", "2026-10-24T20:00", "2026-10-25T05:00",
                     id="an hour more in the night that has one more"),
        pytest.param(ShiftPlan(BERLIN, (WeeklyShift(7, 150, 240),)), "2026-03-29T00:00", "2026-03-29T01:30",
                     "2026-03-29T02:00", id="a time that the clock leaves out is the one as much later"),
        pytest.param(ShiftPlan("Mars/Olympus", OFFICE), "2026-01-05T06:00", "2026-01-05T09:00", "2026-01-05T17:00",
                     id="a zone that the tables do not have is UTC"),
        pytest.param(ShiftPlan("", (WeeklyShift(1, 0, 720), WeeklyShift(1, 720, 1_440))), "2026-01-05T13:00",
                     "2026-01-05T00:00", "2026-01-06T00:00", id="hours that touch are one shift"),
        pytest.param(
            ShiftPlan("", OFFICE, (ShiftException(at("2026-01-05T00:00"), at("2026-12-01T12:00"), True),)),
            "2026-01-05T09:00", "2026-12-01T12:00", "2026-12-01T17:00", id="after a long absence",
        ),
        pytest.param(
            ShiftPlan("", OFFICE, (ShiftException(at("2026-01-10T10:00"), at("2026-01-10T12:00"), False),)),
            "2026-01-09T17:00", "2026-01-10T10:00", "2026-01-10T12:00", id="a Saturday besides",
        ),
    ],
)  # fmt: skip
def test_a_plan_in_instants(shifts: ShiftPlan, after: str, begins: str, ends: str) -> None:
    assert next_shift(shifts, at(after)) == (at(begins), at(ends))


def test_who_works_round_the_clock_has_one_shift_after_the_other() -> None:
    always = ShiftPlan("", tuple(WeeklyShift(day, 0, 1_440) for day in range(1, 8)))
    first = next_shift(always, T0)
    assert first is not None
    assert first[0] <= T0 < first[1] <= T0 + 7 * 86_400 * MICROS
    second = next_shift(always, first[1])
    assert second is not None
    assert second[0] <= first[1] < second[1]
    assert next_shift(works((0, 5)), t(5)) is None


plans = st.builds(
    ShiftPlan,
    st.sampled_from(["", BERLIN, "America/New_York", "Asia/Kathmandu"]),
    st.lists(
        st.tuples(st.integers(1, 7), st.integers(0, 1_439), st.integers(1, 1_440)).map(
            lambda one: WeeklyShift(one[0], one[1], one[1] + one[2])
        ),
        max_size=3,
    ).map(tuple),
    st.lists(
        st.tuples(st.integers(0, 9 * 86_400), st.integers(1, 9 * 86_400), st.booleans()).map(
            lambda one: ShiftException(t(one[0]), t(one[0] + one[1]), one[2])
        ),
        max_size=3,
    ).map(tuple),
)


@settings(max_examples=40)
@given(plans, st.integers(0, 9 * 86_400))
def test_the_next_shift_is_not_over_and_never_in_what_is_off(shifts: ShiftPlan, seconds: int) -> None:
    found = next_shift(shifts, t(seconds))
    if found is None:
        assert not shifts.weekly
        return
    starts, ends = found
    assert t(seconds) < ends
    assert starts < ends
    assert not [one for one in shifts.exceptions if one.is_off and one.starts_at < ends and starts < one.ends_at]
    assert next_shift(shifts, max(starts, t(seconds))) == found


STAFF: list[Command] = [policy(wind_down_s=20), register("mia", 2), presence("mia")]


def offers(facts: list[events.Event]) -> list[str]:
    """Cases that were offered."""
    return [fact.case_id for fact in facts if isinstance(fact, events.CaseOffered)]


def test_a_shift_from_its_plan_to_its_end() -> None:
    shard = Shard()
    facts = run(shard, *STAFF, plan(works((10, 100), (200, 300))), post("p1"))
    assert summary(facts)[-4] == "ShiftChanged mia PLANNED"
    assert offers(facts) == []
    assert next_due(shard) == t(10)
    assert summary(run(shard, tick(10))) == ["ShiftChanged mia ON", "CaseOffered case-p1 mia 1"]
    run(shard, accept("case-p1", "mia", at=11))
    assert summary(run(shard, tick(80))) == ["ShiftChanged mia CLOSING"]
    assert offers(run(shard, post("p2", by="ben", at=81))) == []
    assert summary(run(shard, tick(100))) == ["PresenceChanged mia OFFLINE shift_ended", "ShiftChanged mia PLANNED"]
    assert isinstance(shard.cases["case-p1"].stage, Accepted)
    facts = run(shard, tick(200), presence("mia", at=201))
    assert [summary([fact])[0] for fact in facts][:2] == ["ShiftChanged mia ON", "PresenceChanged mia AVAILABLE agent"]
    assert offers(facts) == ["case-p2"]
    facts = run(shard, tick(300))
    assert (shard.agents["mia"].phase, next_due(shard)) == (ShiftPhase.PLANNED, None)
    assert whole(load(whole(shard))) == whole(shard)


@pytest.mark.parametrize(
    ("given", "when", "then"),
    [
        pytest.param(
            [plan(works((0, 50))), post("p1")],
            tick(50),
            ["PresenceChanged mia OFFLINE shift_ended", "OfferRescinded case-p1 mia AGENT_LEFT",
             "ShiftChanged mia PLANNED"],
            id="an offer that is open at the end goes back",
        ),
        pytest.param(
            [post("p1")],
            plan(works((10, 50))),
            ["AgentChanged mia", "ShiftChanged mia PLANNED", "OfferRescinded case-p1 mia AGENT_LEFT"],
            id="who is to work later has no offer now",
        ),
        pytest.param(
            [plan(works((10, 50))), post("p1")],
            plan(ShiftPlan("")),
            ["AgentChanged mia", "CaseOffered case-p1 mia 1"],
            id="without a plan it is there whenever it is available",
        ),
        pytest.param(
            [plan(works((0, 50))), tick(30)],
            plan(works((0, 99)), seconds=30),
            ["AgentChanged mia", "ShiftChanged mia ON"],
            id="a longer shift has its last part later",
        ),
        pytest.param([plan(works((0, 50)))], plan(works((0, 50))), [], id="the same plan is no news"),
        pytest.param([plan(works((10, 50)))], commands.DeleteAgent("mia", t(1)), ["AgentDeleted mia"],
                     id="who is gone has no shift"),
    ],
)  # fmt: skip
def test_what_becomes_of_a_shift(given: list[Command], when: Command, then: list[str]) -> None:
    shard = Shard()
    run(shard, register("mia", 1), policy(wind_down_s=20), presence("mia"), *given)
    assert summary(run(shard, when)) == then
    due = next_due(shard)
    if due is not None:
        assert decide(commands.Tick(due), shard)
    assert whole(load(whole(shard))) == whole(shard)


@settings(max_examples=25)
@given(plans, st.lists(st.integers(1, 3 * 86_400), min_size=2, max_size=8))
def test_outside_its_shifts_nobody_is_offered_anything(shifts: ShiftPlan, waits: list[int]) -> None:
    shard, now = Shard(), 0
    run(shard, policy(wind_down_s=600), register("mia", 9), presence("mia"), plan(shifts))
    for number, wait in enumerate(waits):
        now += wait
        while (due := next_due(shard)) is not None and due <= t(now):
            record(shard, decide(commands.Tick(due), shard))
        facts = run(
            shard, presence("mia", Presence.BUSY, now), presence("mia", at=now), open_case(f"m{number}", at=now)
        )
        settle(shard, t(now))
        found = next_shift(shifts, t(now)) if shifts.weekly or shifts.exceptions else (t(0), t(now + 601))
        is_on = found is not None and found[0] <= t(now) < max(found[0], found[1] - 600 * MICROS)
        if found is not None and found[1] - found[0] < 7 * 86_400 * MICROS:  # longer ones come in parts
            assert bool(offers(facts)) == (is_on and shard.agents["mia"].load > 0)


def test_a_log_read_again_asks_no_table_of_time_zones() -> None:
    shard, again = Shard(), Shard()
    for fact in run(shard, *STAFF, plan(ShiftPlan(BERLIN, OFFICE)), tick(7 * 86_400)):
        evolve(again, fact)
    assert whole(again) == whole(shard)
    said = shard.agents["mia"]
    assert said.shift_starts_at is not None
    assert said.shift_ends_at is not None


@pytest.mark.parametrize(
    ("seconds", "sentence", "alternatives"),
    [
        pytest.param(4, "is in no shift for 6 s", ["mia would be offered it 6 s later"], id="before it"),
        pytest.param(
            95, "has a shift that ends in 5 s", ["mia would be offered it were its shift longer"], id="at its end"
        ),
        pytest.param(101, "is offline", [], id="after it"),
    ],
)
def test_that_an_agent_is_in_no_shift_is_said(seconds: int, sentence: str, alternatives: list[str]) -> None:
    shard = Shard()
    run(shard, *STAFF, plan(works((10, 100))))
    for due in (10, 80, 100):
        if due <= seconds:
            run(shard, tick(due))
    run(shard, open_case("m1", at=seconds))
    told = explain(shard, shard.cases["m1"], t(seconds))
    assert told.candidates[0].sentence == sentence
    assert Constraint.SHIFT in told.candidates[0].constraints
    assert [one.sentence for one in told.alternatives] == alternatives


def test_a_plan_is_refused_with_all_that_is_wrong_with_it_at_once() -> None:
    wrong = events_pb2.ShiftPlan(
        time_zone="Europe/Atlantis",
        weekly=[events_pb2.WeeklyShift(weekday=8, start_minute=0, end_minute=0)],
        exceptions=[events_pb2.ShiftException(starts_at=Timestamp(seconds=9), ends_at=Timestamp(seconds=9))],
    )
    agent = api.Agent(name="tenants/acme/agents/mia", shifts=wrong)
    with pytest.raises(InvalidRequest) as refused:
        command_of(api.UpdateAgentRequest(agent=agent, request_id=AN_ID), t(0))
    fields = [field.removeprefix("agent.shifts.") for field, _ in refused.value.violations]
    assert sorted(fields) == ["exceptions", "time_zone", "weekly", "weekly"]
    agent.shifts.exceptions[0].ClearField("ends_at")
    with pytest.raises(InvalidRequest, match="from when and until when"):
        command_of(api.UpdateAgentRequest(agent=agent, request_id=AN_ID), t(0))
