"""What agents have room for, in total and of each channel, and what a case takes of it."""

import pytest
from chassis.errors import InvalidRequest, Rejected
from hypothesis import given
from hypothesis import strategies as st
from routing import commands
from routing.agents import Agent, Held, Policy, units_of
from routing.commands import Reason
from routing.decider import decide
from routing.explain import Constraint, explain
from routing.requests import command_of
from routing.shard import Shard
from routing.state_codec import load
from routing.terms import ChannelCapacity, ChannelUnits, PostKind, Presence
from switchboard.routing.v1 import events_pb2
from switchboard.routing.v1 import service_pb2 as api

from tests.unit.routing.build import (
    accept,
    open_case,
    policy,
    post,
    presence,
    register,
    resolve,
    run,
    summary,
    t,
    whole,
)

AN_ID = "01890a5d-ac96-774b-bcce-b302099a8001"
ANY = PostKind.UNSPECIFIED
UNITS = (
    ChannelUnits("", PostKind.DIRECT_MESSAGE, 2),
    ChannelUnits("x", PostKind.MENTION, 3),
    ChannelUnits("x", ANY, 4),
    ChannelUnits("voice", ANY, 5),
)
EVERYTHING: list[commands.Command] = [register("ann", 3, limits=[("chat", 1), ("voice", 0)]), presence("ann")]
"""Ann works three units at a time, one of them of chat and none of voice."""


def opened(case_id: str, channel: str = "", weight: int = 1, at: float = 0) -> commands.OpenCase:
    """A case of a channel is opened by hand."""
    return open_case(case_id, at=at, weight=weight, channel=channel)


def changed(agent_id: str, capacity: int | None = None, limits: dict[str, int] | None = None) -> commands.ChangeAgent:
    """An agent is to work more or less at a time, in total or of channels."""
    named = None if limits is None else tuple(ChannelCapacity(*one) for one in sorted(limits.items()))
    return commands.ChangeAgent(agent_id, None, None, capacity, None, t(5), named)


@pytest.mark.parametrize(
    ("channel", "kind", "units"),
    [
        pytest.param("x", PostKind.MENTION, 3, id="its channel and kind first"),
        pytest.param("x", PostKind.DIRECT_MESSAGE, 4, id="then its channel"),
        pytest.param("mastodon", PostKind.DIRECT_MESSAGE, 2, id="then its kind"),
        pytest.param("mastodon", PostKind.POST, 1, id="one, where nothing is said"),
        pytest.param("voice", ANY, 5, id="by hand it has a channel alone"),
    ],
)
def test_what_a_case_takes_is_said_by_the_policy(channel: str, kind: PostKind, units: int) -> None:
    assert units_of(Policy(channel_units=UNITS), channel, kind) == units


def test_a_post_and_a_case_by_hand_weigh_what_the_policy_says_and_what_there_was_stays() -> None:
    shard = Shard()
    run(shard, post("p1"), opened("m1", "voice", 0), policy(channel_units=UNITS))
    run(shard, post("p2", kind=PostKind.MENTION), post("p3"), opened("m2", "voice", 0), opened("m3", "voice", 7))
    found = {case_id: shard.cases[case_id].weight for case_id in ("case-p1", "case-p2", "case-p3", "m1", "m2", "m3")}
    assert found == {"case-p1": 1, "case-p2": 3, "case-p3": 4, "m1": 1, "m2": 5, "m3": 7}


CASES = [
    pytest.param([], [opened("m1", "chat"), opened("m2", "chat")], ["m1"], id="no more of a channel than its limit"),
    pytest.param([], [opened("m1", "voice")], [], id="none of a channel that is not theirs"),
    pytest.param([], [opened(f"m{n}", "email") for n in range(5)], ["m0", "m1", "m2"], id="no more in total"),
    pytest.param(
        [opened("m1", "chat"), opened("m2", "chat"), opened("m3", "email"), accept("m1", "ann")],
        [resolve("m1", "ann")],
        ["m2"],
        id="room of a channel goes to the next of it",
    ),
    pytest.param(
        [opened("m1", "chat"), opened("m2", "chat")],
        [changed("ann", limits={"chat": 2})],
        ["m2"],
        id="a wider limit is used at once",
    ),
    pytest.param(
        [register("ben", 2), opened("m1", "chat"), opened("m2", "chat"), opened("m3")],
        [presence("ben", channels=("email",))],
        [],
        id="who is there for a channel that nobody named before is offered that alone",
    ),
    pytest.param(
        [register("ben", 2), opened("m1", "chat"), opened("m2", "chat"), opened("m3", "voice")],
        [presence("ben", channels=("voice",)), presence("ben", channels=("chat", "voice"))],
        ["m3", "m2"],
        id="who is there for more is offered that as well",
    ),
    pytest.param(
        [register("ben"), presence("ben", channels=("voice",)), opened("m1", "voice")],
        [presence("ben", channels=("chat",)), presence("ben")],
        ["m1"],
        id="an offer of a channel one is there for no longer is taken back, and comes again",
    ),
]


@pytest.mark.parametrize(("given", "when", "then"), CASES)
def test_room_is_filled_and_no_more(
    given: list[commands.Command], when: list[commands.Command], then: list[str]
) -> None:
    shard = Shard()
    run(shard, *EVERYTHING, *given)
    facts = run(shard, *when)
    assert [line.split()[1] for line in summary(facts) if line.startswith("CaseOffered")] == then
    assert whole(load(whole(shard))) == whole(shard)


def test_what_is_open_of_other_channels_is_taken_back() -> None:
    shard = Shard()
    run(shard, register("ben", 2), presence("ben"), opened("m1", "voice"), opened("m2", "chat"))
    facts = run(shard, presence("ben", channels=("chat",)))
    assert summary(facts) == ["PresenceChanged ben AVAILABLE agent", "OfferRescinded m1 ben AGENT_LEFT"]
    assert decide(presence("ben", channels=("chat",), at=1), shard) == []
    assert [held.case_id for held in shard.agents["ben"].work] == ["m2"]


@pytest.mark.parametrize(
    ("command", "sentence"),
    [
        pytest.param(changed("ann", limits={"chat": 0}), "1 units of channel chat in use, more than 0", id="a channel"),
        pytest.param(changed("ann", 1), "2 units in use, more than 1", id="in total"),
        pytest.param(changed("ann", 1, {"chat": 0}), "more than 1, and 1 units of channel chat", id="both at once"),
    ],
)
def test_nobody_is_left_with_more_than_they_may_have(command: commands.Command, sentence: str) -> None:
    shard = Shard()
    run(shard, *EVERYTHING, opened("m1", "chat"), opened("m2", "email"))
    with pytest.raises(Rejected, match=sentence) as refused:
        decide(command, shard)
    assert refused.value.reason == Reason.CAPACITY_IN_USE


@pytest.mark.parametrize(
    ("given", "channel", "constraint", "sentence", "alternative"),
    [
        pytest.param([opened("m0", "chat")], "chat", Constraint.CAPACITY,
                     "has 1 of 1 units of channel chat in use",
                     "ann would be offered it had it 1 unit of channel chat more free", id="a limit"),
        pytest.param([presence("ann", channels=("chat",))], "email", Constraint.PRESENCE, "takes offers of chat only",
                     "ann would be offered it did it take channel email", id="another channel"),
        pytest.param([presence("ann", channels=("chat",))], "", Constraint.PRESENCE, "takes offers of chat only",
                     "ann would be offered it did it take work without a channel", id="no channel"),
    ],
)  # fmt: skip
def test_what_a_channel_has_to_do_with_it_is_said(
    given: list[commands.Command], channel: str, constraint: Constraint, sentence: str, alternative: str
) -> None:
    shard = Shard()
    run(shard, *EVERYTHING, *given, opened("m1", channel))
    told = explain(shard, shard.cases["m1"], t(1))
    assert (told.binding, told.candidates[0].sentence) == (constraint, sentence)
    assert [one.sentence for one in told.alternatives] == [alternative]


limits = st.lists(
    st.builds(ChannelCapacity, st.sampled_from("abc"), st.integers(0, 5)), max_size=3, unique_by=lambda one: one.channel
).map(tuple)
work = st.lists(st.builds(Held, st.uuids().map(str), st.integers(1, 3), st.sampled_from("abc")), max_size=4).map(tuple)


@given(st.integers(0, 9), limits, st.lists(st.sampled_from("abc"), max_size=2).map(tuple), work)
def test_room_of_a_channel_is_what_neither_total_nor_limit_has_taken(
    capacity: int, limited: tuple[ChannelCapacity, ...], channels: tuple[str, ...], held: tuple[Held, ...]
) -> None:
    load = sum(one.units for one in held)
    agent = Agent(
        "ann", capacity=capacity, presence=Presence.AVAILABLE, work=held, load=load,
        channel_capacity=limited, channels=channels,
    )  # fmt: skip
    for channel in "abc":
        left = [capacity - load, *(one.units - agent.load_of(channel) for one in limited if one.channel == channel)]
        assert agent.room(channel) == (max(0, min(left)) if not channels or channel in channels else 0)


def test_a_limit_is_refused_with_all_that_is_wrong_with_it_at_once() -> None:
    pair = [events_pb2.ChannelCapacity(channel="Chat", units=1), events_pb2.ChannelCapacity(channel="Chat", units=101)]
    agent = api.Agent(name="tenants/acme/agents/ann", channel_capacity=pair)
    wrong = [events_pb2.ChannelUnits(channel="", units=11), events_pb2.ChannelUnits(channel="", units=0)]
    rules = api.RoutingPolicy(name="tenants/acme/routingPolicy", channel_units=wrong)
    away = api.SetPresenceRequest(
        name="tenants/acme/agents/ann", presence=3, channels=["Chat"], request_id=AN_ID  # type: ignore[arg-type]
    )  # fmt: skip
    for request, field, count in (
        (api.UpdateAgentRequest(agent=agent, request_id=AN_ID), "agent.channel_capacity", 2),
        (api.UpdateRoutingPolicyRequest(routing_policy=rules, request_id=AN_ID), "routing_policy.channel_units", 3),
        (away, "channels", 2),
    ):
        with pytest.raises(InvalidRequest) as refused:
            command_of(request, t(0))
        assert [name for name, _ in refused.value.violations] == [field] * count
