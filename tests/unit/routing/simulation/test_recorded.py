"""A recorded log: decided again it gives its own decisions, and as a world it gives its own waits."""

import json
import random
from collections.abc import Sequence

import pytest
from chassis.commits import Position
from chassis.layout import wire
from google.protobuf.any_pb2 import Any as AnyMessage
from google.protobuf.timestamp_pb2 import Timestamp
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from routing import commands, events
from routing.agents import Policy
from routing.commands import Command
from routing.shard import Shard, refill
from routing.simulation.backtest import recorded
from routing.simulation.chance import Exponential, LogNormal
from routing.simulation.driving import Run, drive
from routing.simulation.recording import BadRecording, Fact, read_recording
from routing.simulation.replaying import replay
from routing.simulation.scenario import Customers, Scenario, Team, world
from routing.terms import Ordering, Selection
from routing.views.cases import CODEC
from switchboard.log.v1 import integrity_pb2, log_pb2
from switchboard_cli.cloudevents import as_cloudevents

from tests.unit.routing.test_laws import history_of, sequences

TENANT = "acme"
Decided = Sequence[tuple[Command, Sequence[events.Event]]]


def as_facts(history: Decided) -> list[Fact]:
    """Decisions as they stand in a log, each in a commit of its own; nobody asked for a tick."""
    origins = [("", "", "", "") if isinstance(asked, commands.Tick) else ("client", "", "", "") for asked, _ in history]
    return [
        Fact(position, origin, event)
        for position, (origin, (_, decided)) in enumerate(zip(origins, history, strict=True), 1)
        for event in decided
    ]


def exported(facts: Sequence[Fact], tenant: str = TENANT) -> list[bytes]:
    """The lines that `switchboard log export` prints of facts."""
    lines = []
    for fact in facts:
        name, value = CODEC.encode(fact.event)
        body = AnyMessage(type_url=f"type.googleapis.com/{name}", value=wire(name, value))
        at = Timestamp(seconds=fact.event.at // 1_000_000)
        event = log_pb2.Event(event_id=bytes(16), occurred_at=at, actor=fact.origin[0], body=body)
        commit = log_pb2.Commit(tenant=tenant, shard="0", events=[event])
        position = Position.encode(fact.position)
        told = integrity_pb2.ExportedCommit(position=position, subject=f"ev.work.{tenant}.0", commit=commit)
        lines += [json.dumps(line).encode() for line in as_cloudevents(told)]
    return lines


def lived(policy: Policy) -> tuple[Run, list[Fact]]:
    """An hour and a half of a desk whose agents are sometimes too slow, and the log of it."""
    calls = Customers("calls", (50,), LogNormal(240, 0.8), 60, Exponential(400), skills=(("a", 1.0), ("b", 1.0)))
    private = Customers("private", (20,), Exponential(180), 30, urgency=1)
    teams = Team("both", 3, (("a", 2), ("b", 4)), accepts_after_s=5), Team("one", 2, (("a", 5),), 2, (0.1, 1.2), 61)
    history: list[tuple[Command, Sequence[events.Event]]] = []
    scenario = Scenario(1.5, (calls, private), teams)
    run = drive(world(scenario, 1), policy, lambda asked, decided: history.append((asked, decided)))
    return run, as_facts(history)


POLICIES = [Policy(), Policy(ordering=Ordering.FIFO, selection=Selection.LONGEST_IDLE)]
POLICIES += [Policy(ordering=Ordering.PRIORITY, selection=selection) for selection in Selection if selection]


@settings(max_examples=100)
@given(sequences())
def test_whatever_is_asked_is_decided_again_as_it_was(sequence: list[Command]) -> None:
    facts = as_facts(history_of(sequence, Shard()))
    again = replay(facts)
    assert (again.differing, again.offers) == (0, sum(isinstance(fact.event, events.CaseOffered) for fact in facts))


@settings(max_examples=50)
@given(sequences())
def test_what_is_exported_is_read_as_it_was(sequence: list[Command]) -> None:
    facts = as_facts(history_of(sequence, Shard()))
    assert read_recording(exported(facts)) == facts


@settings(max_examples=60)
@given(sequences(), st.randoms(use_true_random=False), st.booleans())
def test_a_log_that_is_torn_or_out_of_order_is_told_so_and_served_as_far_as_it_goes(
    sequence: list[Command], rng: random.Random, torn: bool
) -> None:
    facts = as_facts(history_of(sequence, Shard()))
    spoilt = [fact for fact in facts if rng.random() < 0.8] if torn else sorted(facts, key=lambda _: rng.random())
    if spoilt:
        assert replay(spoilt).differing <= len(spoilt)
        run = recorded(spoilt)
        assert len(drive(run.world, Policy()).contacts) == len(run.contacts)


@pytest.mark.parametrize("policy", POLICIES, ids=lambda policy: f"{policy.ordering.name}-{policy.selection.name}")
def test_a_simulated_log_is_decided_again_to_the_last_offer(policy: Policy) -> None:
    _, facts = lived(policy)
    again = replay(facts, refill(Shard(policy=policy)))
    assert again.differences == []
    assert again.offers > 50
    assert again.by_time > 3


def test_an_offer_to_somebody_else_is_found() -> None:
    _, facts = lived(Policy())
    place = max(n for n, fact in enumerate(facts) if isinstance(fact.event, events.CaseOffered))
    offer = facts[place].event
    assert isinstance(offer, events.CaseOffered)
    other = replace(offer, agent_id="both-2" if offer.agent_id != "both-2" else "both-3")
    spoilt = [*facts[:place], Fact(facts[place].position, facts[place].origin, other), *facts[place + 1 :]]
    again = replay(spoilt)
    assert again.differing >= 1
    assert again.differences[0].recorded[-1] == other
    assert again.differences[0].decided[-1] == offer


def test_a_log_is_not_what_another_policy_decides() -> None:
    _, facts = lived(POLICIES[1])
    assert replay(facts).differing > 10


def test_a_recorded_world_is_what_really_was_and_becomes_so_again_under_its_policy() -> None:
    for policy in POLICIES[:2]:
        quick = Team("both", 4, (("a", 2), ("b", 4)), accepts_after_s=5)
        calls = Customers("calls", (50,), LogNormal(240, 0.8), 60, Exponential(400), skills=(("a", 1.0), ("b", 1.0)))
        history: list[tuple[Command, Sequence[events.Event]]] = []
        lived_world = world(Scenario(1.5, (calls,), (quick,)), 2)
        run = drive(lived_world, policy, lambda asked, decided, told=history: told.append((asked, decided)))  # type: ignore[misc]
        really = recorded(as_facts(history))
        waited = [contact.wait_s for contact in run.contacts.values()]
        assert [contact.wait_s for contact in really.contacts.values()] == waited
        again = drive(really.world, policy)
        assert [contact.wait_s for contact in again.contacts.values()] == waited
        assert [c.agent_id for c in again.contacts.values()] == [c.agent_id for c in run.contacts.values()]


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        pytest.param([b"{"], "line 1 is no JSON object", id="half a line"),
        pytest.param([b"[]"], "line 1 is no JSON object", id="a list"),
        pytest.param([b'{"type": "a"}'], "line 1 is no fact of a log of ours", id="another's event"),
        pytest.param([], "it has no facts about cases; write it with", id="nothing"),
        pytest.param(
            [b"", b'{"source": "/switchboard/tenants/acme/work/0", "type": "switchboard.routing.v1.CaseQueued"}'],
            "line 2 is no CaseQueued that this release can read",
            id="a fact without data",
        ),
        pytest.param(
            [b'{"source": "/switchboard/tenants/a/work/0", "type": "switchboard.routing.v9.CaseDreamt", "data": {}}'],
            "line 1 is no CaseDreamt that this release can read",
            id="a fact of another release",
        ),
    ],
)
def test_what_is_no_recorded_log_is_refused_in_a_sentence(lines: list[bytes], says: str) -> None:
    with pytest.raises(BadRecording) as refused:
        read_recording(lines)
    assert str(refused.value).startswith(says)


def test_of_two_tenants_one_has_to_be_named() -> None:
    _, facts = lived(Policy())
    lines = [*exported(facts[:9], "acme"), *exported(facts[:9], "other")]
    with pytest.raises(BadRecording, match="it has the facts of acme and other; say whose are meant with --tenant"):
        read_recording(lines)
    assert read_recording(lines, "other") == facts[:9]
    with pytest.raises(BadRecording, match="it has no facts of tenant third about cases"):
        read_recording(lines, "third")
