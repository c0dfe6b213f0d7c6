"""What must be true of every order of cases with every choice of agent, whatever policy is in force."""

from collections.abc import Callable, Iterator, Sequence
from itertools import product
from math import ceil

import pytest
from chassis.clock import LAST, MICROS, Instant
from chassis.errors import Rejected
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.msgpack import encode
from msgspec.structs import replace
from routing import commands, events
from routing.agents import Agent, Held, Policy
from routing.cases import (
    Accepted,
    Broadcast,
    Case,
    Pending,
    Queued,
    Resolved,
    Wait,
    forbidden_of,
    is_closed,
    lenders_of,
    offer_to,
    offers_of,
    place_in_line,
    place_of,
    urgency_of,
)
from routing.decider import decide
from routing.geo import is_near
from routing.policies import SHARES, Crowd, Rank, choice_of, is_skilled, order_of, preferred, serves, skill_score
from routing.shard import Shard, evolve, next_due
from routing.state_codec import load
from routing.terms import (
    AgentTerms,
    ChannelCapacity,
    ChannelKind,
    Direction,
    GeoPoint,
    Interrupts,
    Ordering,
    Place,
    PostKind,
    Presence,
    Relaxation,
    Requirement,
    Rule,
    Selection,
    ShiftException,
    ShiftPhase,
    ShiftPlan,
    Skill,
    SkillWeight,
    TierHeadStart,
    WaitingFor,
    Within,
)

from tests.unit.routing.build import (
    accept,
    decline,
    open_case,
    presence,
    queue,
    record,
    register,
    resolve,
    run,
    t,
    whole,
)

ORDERINGS = [one for one in Ordering if one]
SELECTIONS = [one for one in Selection if one]
EVERY = pytest.mark.parametrize(
    "policy",
    [
        pytest.param((ordering, selection), id=f"{ordering.name.lower()}-{selection.name.lower()}")
        for ordering, selection in product(ORDERINGS, SELECTIONS)
    ],
)
FEW = settings(max_examples=15)
SKILLS = ("lang:zh", "topic:billing")
WEIGHTS = (SkillWeight("topic:billing", 4),)
CHANNELS = ("", "chat", "email", "voice")
SOME = ((), ("chat",), ("chat", "email"), ("voice",))
"""Channels an agent takes offers of; of all where there are none."""
LIMITS = ((), (), (), (ChannelCapacity("chat", 1),), (ChannelCapacity("chat", 2), ChannelCapacity("email", 0)))

RULES = (
    Rule("heavy", "language:zh AND queue = default", weight=2, requirements=(Requirement(SKILLS[1], 2, hard=True),)),
    Rule("known", "channel = chat", agent_terms=AgentTerms(("c", "a"), 1, ("b",))),
    Rule("gold", "channel = email", tier="gold"),
    Rule("near", "channel = voice", within=Within("west", 500, True)),
)
WEST, EAST, NOWHERE = GeoPoint(51.5, -0.1), GeoPoint(52.5, 13.4), GeoPoint(-41.3, 174.8)
PLACES = (Place("east", EAST), Place("west", WEST))
TIERS = ("", "gold", "silver")
HEAD_STARTS = (TierHeadStart("gold", 1), TierHeadStart("silver", 2))
RELAXATIONS = (
    Relaxation("", 1, SKILLS[0], 2),
    Relaxation("care", 1, queues=("default",), lend_waiting_max=1),
    Relaxation("", 2, SKILLS[1]),
    Relaxation("default", 2, queues=("care",)),
    Relaxation("", 2, radius_km=1_000),
    Relaxation("care", 2, languages=("en",)),
    Relaxation("default", 2, language_level=0),
)
"""Due within the steps of a test."""

WITHIN = (
    None,
    commands.CaseWithin("west", None, 500, False),
    None,
    commands.CaseWithin("", GeoPoint(50.0, 14.4), 500, True),
)
Named = tuple[Ordering, Selection]
instants = st.integers(0, 50).map(Instant)
names = st.sampled_from(SKILLS)
requirements = st.lists(
    st.builds(Requirement, names, st.integers(1, 5), st.booleans()), max_size=2, unique_by=lambda r: r.skill
).map(lambda found: tuple(sorted(found, key=lambda r: r.skill)))
skills = st.lists(st.builds(Skill, names, st.integers(0, 5)), max_size=2, unique_by=lambda s: s.name).map(tuple)
agents = st.builds(
    Agent,
    st.sampled_from([f"a{n}" for n in range(30)]),
    skills=skills,
    capacity=st.integers(0, 5),
    queues=st.sampled_from([(), ("care",), ("care", "default")]),
    presence=st.sampled_from(list(Presence)),
    released_at=instants,
    load=st.integers(0, 5),
    turn=st.integers(0, 9),
)
waits = st.tuples(
    st.builds(Wait, instants, instants, instants), st.integers(0, 3), st.sampled_from([f"c{n}" for n in range(40)])
)


def hours(*times: tuple[float, float]) -> ShiftPlan:
    """A plan to work at these seconds and never else."""
    return ShiftPlan("", (), tuple(ShiftException(t(starts), t(ends), False) for starts, ends in times))


SHIFTS = (None, None, None, None, hours((0, 1), (1.3, 3)), hours((0.4, 9)))


def row(channel: str, *others: str) -> Interrupts:
    """What cases of a channel may interrupt."""
    return Interrupts(channel, PostKind.UNSPECIFIED, tuple(ChannelKind(one, PostKind.UNSPECIFIED) for one in others))


MATRIX = (row("chat", "email"), row("email", "voice"), row("voice", "chat", "email"))
"""Round in a circle."""


def fact(policy: Named, version: int = 1, matrix: tuple[Interrupts, ...] = ()) -> events.PolicyChanged:
    """The policy, with numbers that matter within seconds."""
    ordering, selection = policy
    settings = ordering, selection, 3, 1, WEIGHTS, 3, 0, (), 25, 120, 0, RULES, RELAXATIONS, HEAD_STARTS
    more = {"interrupts": matrix, "interrupted_s": 1}
    return events.PolicyChanged(version, 3, 300, 86_400, t(0), *settings, places=PLACES, rescue_s=1, **more)


def founded(
    policy: Named, staff: Sequence[Agent], widths: tuple[int, int] = (1, 1), matrix: tuple[Interrupts, ...] = ()
) -> Shard:
    """A tenant under the policy, with two queues that promise little and offer to so many at once, and these agents."""
    shard, (width, other) = Shard(), widths
    evolve(shard, fact(policy, matrix=matrix))
    zh = (Requirement(SKILLS[0], 2, True),)
    default = replace(queue("default", 1, 86_400, width=width), language_level=2)
    for command in (default, replace(queue("care", 3, 86_400, zh, width=other), tier_level=2)):
        record(shard, decide(command, shard))
    for agent in staff:
        settings = agent.skills, agent.capacity, agent.queues, t(0), agent.channel_capacity
        evolve(shard, events.AgentRegistered(agent.agent_id, "", *settings, location=agent.location))
        evolve(shard, events.PresenceChanged(agent.agent_id, agent.presence, "agent", t(0), None, agent.channels))
        if agent.shifts is not None:
            command = commands.ChangeAgent(agent.agent_id, None, None, None, None, t(0), None, agent.shifts)
            record(shard, decide(command, shard))
    return shard


WIDTHS = st.tuples(st.integers(1, 4), st.integers(1, 4))
Step = tuple[int, float, int, int, tuple[Requirement, ...]]
steps = st.lists(
    st.tuples(
        st.integers(0, 12),
        st.sampled_from([0, 0, 0.1, 0.3]),
        st.integers(0, 9),
        st.integers(0, 3),
        st.just(()) | requirements,
    ),
    min_size=10,
    max_size=30,
)
"""Shorter, all together, than any cool-down."""
workers = st.builds(
    Agent,
    st.sampled_from("abcdef"),
    skills=st.tuples(st.integers(0, 3), st.integers(0, 5), st.integers(0, 3), st.integers(0, 5)).map(
        lambda levels: tuple(
            Skill(skill, level)
            for skill, level in zip(("lang:en", SKILLS[0], "tier:gold", SKILLS[1]), levels, strict=True)
        )
    ),
    capacity=st.integers(2, 5),
    queues=st.sampled_from([(), (), ("care",), ("care", "default")]),
    presence=st.sampled_from([Presence.AVAILABLE, Presence.AVAILABLE, Presence.AVAILABLE, Presence.AWAY]),
    channel_capacity=st.sampled_from(LIMITS),
    channels=st.sampled_from([(), (), *SOME]),
    shifts=st.sampled_from(SHIFTS),
    location=st.sampled_from([None, WEST, EAST, NOWHERE]),
)
staffs = st.lists(workers, min_size=2, max_size=6, unique_by=lambda agent: agent.agent_id)
"""Mostly able, so that there is somebody to choose from."""


def asked(shard: Shard, step: Step, number: int, now: float) -> commands.Command:
    """A case comes, or comes back, or an agent takes, gives back, settles or refuses one, comes or goes."""
    what, _, one, urgency, requirements_ = step
    agent = sorted(shard.agents)[one % len(shard.agents)]
    held = [shard.cases[case_id] for case_id in (one.case_id for one in shard.agents[agent].work)]
    if what == 0:
        absent = shard.agents[agent].presence != Presence.AVAILABLE
        some = SOME[urgency] if absent else ()
        return presence(agent, Presence.AVAILABLE if absent else Presence.BUSY, now, some)
    if what == 11:
        return commands.Tick(t(now))
    if what == 12 and (known := sorted(case_id for case_id, case in shard.cases.items() if not is_closed(case))):
        others = sorted({*shard.agents} - {agent})
        terms = (AgentTerms((agent, *others[:1]), 1, (), t(now)), AgentTerms((), 0, (agent,), t(now)), AgentTerms())
        tier, within = (*TIERS, None)[urgency % 4], (*WITHIN, commands.CaseWithin("", None, 0, False))[one % 5]
        said = terms[urgency % 3] if one % 2 else None
        return commands.ShapeCase(known[one % len(known)], "", said, t(now), tier, within)
    if what == 9:
        limits = LIMITS[one % len(LIMITS)]
        return commands.ChangeAgent(agent, None, None, None, None, t(now), limits)
    settled = sorted(case.case_id for case in shard.cases.values() if isinstance(case.stage, Resolved))
    if what in (7, 8) and settled:
        return commands.ReopenCase(settled[one % len(settled)], "again", t(now))
    if what <= 4 or not held:
        weight, place = 1 + one % 3, ("care", "default", "")[one % 3]
        channel = CHANNELS[(one + urgency) % len(CHANNELS)]
        return commands.OpenCase(
            f"m{number}",
            place,
            channel,
            "",
            "",
            "",
            ("und", "zh-CN")[urgency % 2],
            urgency,
            requirements_,
            weight,
            Direction.INBOUND,
            "",
            t(now),
            tier=TIERS[number % len(TIERS)],
            within=WITHIN[(one + urgency) % len(WITHIN)],
        )
    case = held[urgency % len(held)]
    if (offer := offer_to(case, agent)) is not None:
        answer = decline if what == 5 else accept
        return answer(case.case_id, agent, offer.token, now)
    if what == 10:
        return commands.PendCase(case.case_id, agent, WaitingFor(1 + one % 2), t(now + 0.2), t(now))
    if isinstance(case.stage, Pending) and one % 2:
        return commands.ResumeCase(case.case_id, agent, t(now))
    return commands.ReleaseCase(case.case_id, agent, "", t(now)) if what == 5 else resolve(case.case_id, agent, now)


def happening(shard: Shard, drawn: Sequence[Step]) -> Iterator[tuple[commands.Command, Sequence[events.Event]]]:
    """What is asked, step by step, and what is decided, which whoever looks on records; but for what is refused."""
    now = 0.0
    for number, step in enumerate(drawn):
        now += step[1]
        while (due := next_due(shard)) is not None and due <= t(now):
            time = commands.Tick(t(now))
            yield time, decide(time, shard)
        command = asked(shard, step, number, now)
        try:
            facts = decide(command, shard)
        except Rejected:
            continue
        yield command, facts


def end_of(drawn: Sequence[Step]) -> Instant:
    """When the last step is."""
    return t(sum(step[1] for step in drawn))


def may_take(case: Case, agent: Agent) -> bool:
    """From the definitions: suits it, has room, also of the channel, has not just refused it, is not offered it, and
    nothing of it is interrupted, or to be.
    """
    room = [agent.capacity - agent.load]
    room += [
        limit.units - load_of(agent, limit.channel) for limit in agent.channel_capacity if limit.channel == case.channel
    ]
    has_room = min(room) >= case.weight
    is_new = agent.agent_id not in dict(case.refusals) and offer_to(case, agent.agent_id) is None
    return suits(case, agent) and has_room and is_new and not agent.interrupted_for


def suits(case: Case, agent: Agent) -> bool:
    """From the definitions: is there for the channel, serves the queue, has every hard skill, is near, and is not
    forbidden for it.
    """
    serving = any(serves(agent, queue) for queue in (case.queue, *lenders_of(case)))
    there = agent.presence == Presence.AVAILABLE and serving
    there = there and (not agent.channels or case.channel in agent.channels)
    there = there and agent.phase in (ShiftPhase.UNSPECIFIED, ShiftPhase.ON)
    permitted = agent.agent_id not in forbidden_of(case)
    permitted = permitted and (case.near is None or not case.near.hard or is_near(agent.location, case.near))
    return there and is_skilled(agent, case.requirements) and permitted


def may_wait_for(shard: Shard, case: Case, agent: Agent) -> list[str]:
    """From the definitions: an agent's cases that may be interrupted for a waiting case; none where it is not asked."""
    rows = [one for one in shard.policy.interrupts if one.channel == case.channel]
    refused = agent.agent_id in dict(case.refusals)
    if not rows or case.was_interrupted or refused or agent.interrupted_for or not suits(case, agent):
        return []
    limits = [limit.units for limit in agent.channel_capacity if limit.channel == case.channel]
    if min([agent.capacity, *limits]) < case.weight:
        return []
    channels = [one.channel for one in rows[0].interrupted]
    held = [shard.cases[one.case_id] for one in agent.work]
    return [
        one.case_id
        for one in held
        if isinstance(one.stage, Accepted)
        and one.channel in channels
        and not (one.stage.lease or one.stage.interrupts or one.was_interrupted)
    ]


def has_room_without(agent: Agent, case: Case, aside: Sequence[str]) -> bool:
    """Whether an agent has no more than 120 % with all of a case and a quarter of those that wait."""
    work = [replace(one, percent=25) if one.case_id in aside else one for one in agent.work]
    held = Held(case.case_id, case.weight, case.channel)
    return is_within(replace(agent, work=(*work, held), load=0), 120, counted=False)


def interruption_due(before: Shard, shard: Shard, now: Instant) -> tuple[str, str] | None:
    """From the definitions, looking at everything: the first waiting case that somebody would put something aside for,
    and who is first for it.
    """
    order, found = order_of(shard.policy), []
    floor_turn = order.is_floor_turn(shard.offers_made)
    for case in shard.cases.values():
        wait = place_in_line(case)
        could = [
            agent
            for agent in shard.agents.values()
            if (aside := may_wait_for(shard, case, agent)) and has_room_without(agent, case, aside)
        ]
        if wait is not None and could:
            place = order.place(wait, urgency_of(case), case.case_id, case.tier)
            crowd = crowd_of(before, case, now) if order.by_crowd else Crowd(0, 1, 0)
            found.append((order.key(*place, now, floor_turn, crowd), case, could))
    if not found:
        return None
    _, case, could = min(found, key=lambda one: one[0])
    return case.case_id, min(could, key=standing_for(shard, case, now)).agent_id


def check_interruption(before: Shard, shard: Shard, event: events.CaseOffered, now: Instant) -> None:
    """What is interrupted is what a look at everything finds, once nobody has room, and no more than has to be."""
    assert offer_due(shard, now) is None
    assert (event.case_id, event.agent_id) == interruption_due(before, shard, now)
    case, agent, aside = shard.cases[event.case_id], shard.agents[event.agent_id], event.interrupts
    assert {*aside} <= {*may_wait_for(shard, case, agent)}
    assert has_room_without(agent, case, aside)
    assert len(aside) == 1 or not any(has_room_without(agent, case, [b for b in aside if b != a]) for a in aside)


def load_of(agent: Agent, channel: str) -> int:
    """Units of a channel in use, rounded up."""
    return ceil(sum(held.units * held.percent for held in agent.work if held.channel == channel) / 100)


def is_within(agent: Agent, percent: int = 100, *, counted: bool = True) -> bool:
    """Whether an agent has no more than so many percent of the work it is to have, in total and by channel (I7)."""
    load = sum(held.units * held.percent for held in agent.work)
    assert agent.load == ceil(load / 100) or not counted
    limits = [
        (sum(held.units * held.percent for held in agent.work if held.channel == one.channel), one.units)
        for one in agent.channel_capacity
    ]
    return all(used <= percent * most for used, most in ((load, agent.capacity), *limits))


def offer_due(shard: Shard, now: Instant) -> tuple[str, str] | None:
    """From the definitions, looking at everything: the first case that somebody could take, and who is first for it; of
    those that are offered to nobody, then of those that are offered to fewer than they may be.
    """
    order = order_of(shard.policy)
    waiting = [case for case in shard.cases.values() if isinstance(case.stage, Queued)]
    thin = [c for c in shard.cases.values() if isinstance(c.stage, Broadcast) and len(c.stage.offers) < c.stage.width]
    floor_turn = order.is_floor_turn(shard.offers_made)
    return first_of(shard, waiting, now, floor_turn=floor_turn) or first_of(shard, thin, now, floor_turn=False)


def first_of(shard: Shard, cases: Sequence[Case], now: Instant, *, floor_turn: bool) -> tuple[str, str] | None:
    """Which of these cases is first of all that somebody could take, and who is first for it."""
    order, found = order_of(shard.policy), []
    for case in cases:
        wait = place_of(case)
        could = [agent for agent in shard.agents.values() if may_take(case, agent)]
        if wait is not None and could:
            key = order.key(*order.place(wait, urgency_of(case), case.case_id, case.tier), now, floor_turn)
            found.append((key, case, could))
    if not found:
        return None
    _, case, could = min(found, key=lambda one: one[0])
    return case.case_id, min(could, key=standing_for(shard, case, now)).agent_id


def standing_for(shard: Shard, case: Case, now: Instant) -> Callable[[Agent], tuple[int, bool, Rank]]:
    """How agents stand for a case: who is to have it first, then by the choice of its queue."""
    choice, near = choice_of(shard.policy, shard.queue(case.queue).selection), case.near
    first = list(preferred(shard.policy, case, now))

    def rank(agent: Agent) -> tuple[int, bool, Rank]:
        place = first.index(agent.agent_id) if agent.agent_id in first else len(first)
        is_far = near is not None and not near.hard and not is_near(agent.location, near)
        return place, is_far, choice.rank(agent, choice.by_skills(agent, case.requirements))

    return rank


def crowd_of(before: Shard, case: Case, now: Instant) -> Crowd:
    """From the definitions: how many were waiting for the same before a decision, from the case on, the late last; and
    what agents who were there had for it.
    """
    mine = place_of(case)
    assert mine is not None

    def turn(wait: Wait, one: Case) -> tuple[object, ...]:
        earlier_s = sum(tier.head_start_s for tier in before.policy.tier_head_starts if tier.tier == one.tier)
        return wait.deadline < now, wait.deadline - earlier_s * MICROS, wait.waiting_since, one.case_id

    others = [
        turn(wait, one)
        for one in before.cases.values()
        if (wait := place_in_line(one)) is not None
        and (work_of(one), urgency_of(one)) == (work_of(case), urgency_of(case))
    ]
    here = turn(mine, case)
    there = [
        agent
        for agent in before.agents.values()
        if agent.takes_offers
        and agent.agent_id not in forbidden_of(case)
        and min(agent.capacity, agent.limit(case.channel)) >= case.weight
        and any(serves(agent, one) for one in (case.queue, *lenders_of(case)))
        and is_skilled(agent, case.requirements)
        and (case.near is None or not case.near.hard or is_near(agent.location, case.near))
    ]
    shares = [SHARES // max(1, sum(skill.level > 0 for skill in agent.skills)) for agent in there]
    turns = sum(share * agent.turn for share, agent in zip(shares, there, strict=True))
    return Crowd(len({one for one in others if one >= here} | {here}), sum(shares), turns)


def work_of(case: Case) -> tuple[object, ...]:
    """What makes cases ask for the same of the same agents, whatever their channel."""
    return case.queue, case.requirements, case.weight, lenders_of(case), forbidden_of(case), case.near


def together(before: Shard, shard: Shard, now: Instant) -> list[tuple[Case, dict[str, int]]]:
    """From the definitions, looking at everything: the cases that are offered at once, one to an agent, each with who
    could take it and how they rank.
    """
    order, made = order_of(shard.policy), shard.offers_made
    waiting = {case.case_id: case for case in shard.cases.values() if place_in_line(case) is not None}
    crowds = {case_id: crowd_of(before, case, now) for case_id, case in waiting.items()}
    found: list[tuple[Case, dict[str, int]]] = []

    def key(case: Case) -> object:
        wait = place_of(case)
        assert wait is not None
        floor_turn = order.is_floor_turn(made + len(found))
        place = order.place(wait, urgency_of(case), case.case_id, case.tier)
        return order.key(*place, now, floor_turn, crowds[case.case_id])

    while waiting:
        case = waiting.pop(min(waiting.values(), key=key).case_id)  # type: ignore[arg-type]
        could = [agent for agent in shard.agents.values() if may_take(case, agent)]
        could.sort(key=standing_for(shard, case, now))
        ranks = {agent.agent_id: rank for rank, agent in enumerate(could)}
        if ways([*(one for _, one in found), ranks]):
            found.append((case, ranks))
    return found


def ways(ranks: Sequence[dict[str, int]]) -> list[int]:
    """Of each way to serve them all, one each, the sum of the ranks."""
    if not ranks or len({agent_id for one in ranks for agent_id in one}) < len(ranks):
        return [] if ranks else [0]
    first, *others = ranks
    return [
        rank + rest
        for agent_id, rank in first.items()
        for rest in ways([{a: r for a, r in one.items() if a != agent_id} for one in others])
    ]


def check_offers(shard: Shard, facts: Sequence[events.Event], now: Instant) -> None:
    """Records a decision. What is offered is what a look at everything finds, to who may take it, until nothing more
    can be offered.
    """
    before = load(whole(shard))
    by_crowd = order_of(shard.policy).by_crowd
    pending = [one for one in facts if isinstance(one, events.CaseOffered) and not one.interrupts]
    for event in facts:
        if isinstance(event, events.CaseOffered) and event.interrupts:
            check_interruption(before, shard, event, now)
        elif isinstance(event, events.CaseOffered):
            if by_crowd and pending:
                check_together(before, shard, pending, now)
            elif not by_crowd:
                assert (event.case_id, event.agent_id) == offer_due(shard, now)
            pending = [] if by_crowd else pending
            assert may_take(shard.cases[event.case_id], shard.agents[event.agent_id])
            assert event.policy_version == 1
        evolve(shard, event)
        assert all(is_within(agent, 120) for agent in shard.agents.values())
        if isinstance(event, events.CaseOffered) and not event.interrupts:
            assert is_within(shard.agents[event.agent_id])
    assert offer_due(shard, now) is None
    assert interruption_due(before, shard, now) is None


def check_together(before: Shard, shard: Shard, offers: Sequence[events.CaseOffered], now: Instant) -> None:
    """What is offered at once is what a look at everything finds, in rounds of one to each agent; then to more."""
    offers, shard = list(offers), load(whole(shard))
    while expected := together(before, shard, now):
        these, offers = offers[: len(expected)], offers[len(expected) :]
        assert [one.case_id for one in these] == [case.case_id for case, _ in expected]
        assert len({one.agent_id for one in these}) == len(these)
        ranks = [ranks for _, ranks in expected]
        assert sum(rank[one.agent_id] for one, rank in zip(these, ranks, strict=True)) == min(ways(ranks))
        record(shard, these)
    for one in offers:
        assert (one.case_id, one.agent_id) == offer_due(shard, now)
        evolve(shard, one)


@EVERY
@FEW
@given(staffs, steps, WIDTHS)
def test_every_offer_is_the_one_that_a_look_at_everything_finds(
    policy: Named, staff: list[Agent], drawn: list[Step], widths: tuple[int, int]
) -> None:
    shard = founded(policy, staff, widths)
    for command, facts in happening(shard, drawn):
        check_offers(shard, facts, command.at)


@EVERY
@FEW
@given(staffs, steps, WIDTHS)
def test_with_an_interrupt_matrix_who_has_room_comes_first_and_then_who_would_put_as_little_aside_as_has_to_be(
    policy: Named, staff: list[Agent], drawn: list[Step], widths: tuple[int, int]
) -> None:
    shard = founded(policy, staff, widths, MATRIX)
    for number in range(8):
        letter = open_case(f"letter{number}", "default", channel=("email", "email", "chat")[number % 3])
        check_offers(shard, decide(letter, shard), letter.at)
        for case in tuple(shard.cases.values()):
            for offer in offers_of(case)[:1]:
                taken = accept(case.case_id, offer.agent_id, offer.token)
                check_offers(shard, decide(taken, shard), taken.at)
    for command, facts in happening(shard, drawn):
        check_offers(shard, facts, command.at)


at_once = st.lists(
    st.tuples(st.floats(0, 4), st.integers(0, 9), st.integers(0, 3), st.just(()) | requirements), min_size=1, max_size=9
)
"""Cases that come while nobody is there: when, what else, how urgent, asking for what."""


@EVERY
@FEW
@given(staffs, at_once, WIDTHS)
def test_who_comes_at_the_same_time_is_offered_what_a_look_at_everything_finds(
    policy: Named,
    staff: list[Agent],
    cases: list[tuple[float, int, int, tuple[Requirement, ...]]],
    widths: tuple[int, int],
) -> None:
    plan = hours((5, 9))
    shard = founded(policy, [replace(agent, shifts=plan, presence=Presence.AVAILABLE) for agent in staff], widths)
    for number, (at, what, urgency, wanted) in enumerate(sorted(cases, key=lambda one: one[0])):
        step = (3, 0.0, what, urgency, wanted)
        record(shard, decide(asked(shard, step, number, at), shard))
    facts = decide(commands.Tick(t(5)), shard)
    assert len([one for one in facts if isinstance(one, events.ShiftChanged)]) == len(staff)
    check_offers(shard, facts, t(5))


@EVERY
@FEW
@given(staffs, steps, WIDTHS)
def test_the_same_state_and_question_have_the_same_answer_however_the_state_came_to_be(
    policy: Named, staff: list[Agent], drawn: list[Step], widths: tuple[int, int]
) -> None:
    shard = founded(policy, staff, widths)
    for command, facts in happening(shard, drawn):
        assert encode(decide(command, shard)) == encode(facts)
        assert encode(decide(command, load(whole(shard)))) == encode(facts)
        record(shard, facts)


@EVERY
def test_nobody_waits_for_ever_though_more_urgent_cases_keep_coming(policy: Named) -> None:
    shard = founded(policy, [])
    run(shard, register("mia", 1, [("lang:zh", 5)]), presence("mia"))
    served: list[str] = []
    for number in range(60):
        urgency = 0 if number == 3 else 3
        opened = open_case(f"m{number}", "default", 10 * number, urgency=urgency)
        record(shard, decide(opened, shard))
        case_id = shard.agents["mia"].work[0].case_id
        if number % 2:  # twice as much comes as can be done
            served.append(case_id)
            run(
                shard,
                accept(case_id, "mia", shard.cases[case_id].token, 10 * number),
                resolve(case_id, "mia", 10 * number),
            )
    assert "m3" in served


@EVERY
def test_a_match_is_a_look_however_many_cases_wait(policy: Named, monkeypatch: pytest.MonkeyPatch) -> None:
    shard = founded(policy, [])
    kind, looks = type(shard.segments.order), []
    key = kind.key
    monkeypatch.setattr(kind, "key", lambda *seen: looks.append(seen) or key(*seen))
    counts = []
    for first, last in ((0, 20), (20, 500)):
        for number in range(first, last):
            record(shard, decide(open_case(f"m{number}", urgency=number % 4), shard))
        looks.clear()
        run(shard, register(f"mia-{last}", 1), presence(f"mia-{last}", at=2))
        counts.append(len(looks))
    assert 0 < counts[1] <= counts[0] <= 2 * shard.segments.order.lines


@EVERY
@FEW
@given(staffs, steps, WIDTHS, st.sampled_from(SELECTIONS), st.sampled_from(ORDERINGS))
def test_another_policy_touches_nothing_that_was_decided(
    policy: Named,
    staff: list[Agent],
    drawn: list[Step],
    widths: tuple[int, int],
    selection: Selection,
    ordering: Ordering,
) -> None:
    shard, now = founded(policy, staff, widths), end_of(drawn)
    for _, facts in happening(shard, drawn):
        record(shard, facts)
    cases, staff_before = dict(shard.cases), dict(shard.agents)
    evolve(shard, fact((ordering, selection), version=2))
    assert (shard.cases, shard.agents) == (cases, staff_before)
    assert offer_due(shard, now) is None
    if (next_due(shard) or LAST) > now:
        assert not [event for event in decide(commands.Tick(now), shard) if isinstance(event, events.CaseOffered)]


@pytest.mark.parametrize("ordering", ORDERINGS)
@given(
    st.lists(st.tuples(waits, st.sampled_from(TIERS)), min_size=1, max_size=12, unique_by=lambda one: one[0][2]),
    instants,
    st.booleans(),
)
def test_no_two_cases_tie_and_a_lines_two_heads_are_all_that_can_be_first(
    ordering: Ordering, waiting: list[tuple[tuple[Wait, int, str], str]], now: Instant, floor_turn: bool
) -> None:
    order = order_of(Policy(ordering=ordering, tier_head_starts=HEAD_STARTS))
    placed = [order.place(*one, tier) for one, tier in waiting]
    keys = {order.key(line, entry, now, floor_turn) for line, entry in placed}
    assert len(keys) == len(waiting)
    heads = []
    for line in range(order.lines):
        entries = sorted(entry for theirs, entry in placed if theirs == line)
        late = [entry for entry in entries if entry.by < order.late_before(now)]
        heads += [order.key(line, band[0], now, floor_turn) for band in (late, entries[len(late) :]) if band]
    assert min(heads) == min(keys)


@pytest.mark.parametrize("selection", SELECTIONS)
@given(st.lists(agents, min_size=1, max_size=8, unique_by=lambda agent: agent.agent_id), requirements)
def test_no_two_agents_tie_and_equals_are_served_longest_idle_first(
    selection: Selection, staff: list[Agent], wanted: tuple[Requirement, ...]
) -> None:
    choice = choice_of(Policy(skill_weights=WEIGHTS), selection)
    ranks = [choice.rank(agent, choice.by_skills(agent, wanted)) for agent in staff]
    assert len(set(ranks)) == len(ranks)
    first = min(ranks)
    assert first.released_at == min(rank.released_at for rank in ranks if rank.score == first.score)


@given(agents, requirements)
def test_only_a_hard_requirement_excludes(agent: Agent, wanted: tuple[Requirement, ...]) -> None:
    levels = {skill.name: skill.level for skill in agent.skills}
    assert is_skilled(agent, wanted) == all(levels.get(r.skill, 0) >= r.min_level for r in wanted if r.hard)
    assert 0 <= skill_score(agent, wanted, {"topic:billing": 4}) <= 5


@given(agents)
def test_who_names_no_queue_serves_them_all(agent: Agent) -> None:
    assert serves(agent, "anything") == (not agent.queues)
    assert all(serves(agent, named) for named in agent.queues)


@given(agents)
def test_only_who_is_available_has_room(agent: Agent) -> None:
    assert 0 <= agent.free <= agent.capacity
    assert agent.presence == Presence.AVAILABLE or agent.free == 0
