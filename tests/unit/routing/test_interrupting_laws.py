"""What holds of interruptions whatever happens: who has what, how much, until when, and that it comes back."""

from collections import Counter
from collections.abc import Sequence
from contextlib import suppress

from chassis.errors import Rejected
from hypothesis import given, settings
from hypothesis import strategies as st
from routing import commands, events
from routing.cases import Accepted, Case, Pending, holder, offers_of, place_in_line
from routing.decider import decide
from routing.interrupting import row_of
from routing.matching import Decision
from routing.shard import Shard, evolve, next_due
from routing.state_codec import load
from routing.terms import ChannelKind, Interrupts, Ordering, PostKind, Presence, WaitingFor
from routing.timers import CASE

from tests.unit.routing.build import open_case, policy, queue, record, register, t, whole

AGENTS = ("ann", "ben", "cat")
CHANNELS = ("email", "email", "chat", "voice", "x")
RESUME_PERCENT = 125
INTERRUPTED_S = 40


def may_interrupt(channel: str, *others: str) -> Interrupts:
    """A row of channels."""
    return Interrupts(channel, PostKind.UNSPECIFIED, tuple(ChannelKind(one, PostKind.UNSPECIFIED) for one in others))


MATRIX = (may_interrupt("chat", "email", "x"), may_interrupt("email", "voice"), may_interrupt("voice", "chat", "email"))
"""Round in a circle, so that only the laws keep it from going on for ever."""

steps = st.lists(
    st.tuples(
        st.sampled_from([*range(17), 0, 1, 4, 4, 4, 4, 5, 7, 7]),
        st.sampled_from([0, 0, 1, 5, 11, 45]),
        st.integers(0, 11),
        st.sampled_from(AGENTS),
        st.integers(1, 3),
        st.booleans(),
    ),
    min_size=5,
    max_size=45,
)
orderings = st.sampled_from([Ordering.EARLIEST_DEADLINE, Ordering.FIFO, Ordering.BALANCED])


def staff(ordering: Ordering) -> Sequence[commands.Command]:
    """Who is there, under a matrix that goes round."""
    matrix = {"interrupts": MATRIX, "interrupted_s": INTERRUPTED_S, "pending_percent": 25}
    return (
        policy(**matrix, resume_percent=RESUME_PERCENT, ordering=ordering),
        queue("default", 60, 10),
        queue("care", 120, 20, limits=(30, 0, 0), width=2),
        commands.CreateQueue("quiet", "", 60, 10, (), t(0), is_uninterruptible=True),
        register("ann", 2),
        register("ben", 4, limits=[("voice", 3)]),
        register("cat", 1, queues=["care", "default"]),
    )


def command(shard: Shard, now: float, drawn: tuple[int, int, int, str, int, bool]) -> commands.Command:
    """One thing asked, of a case that is there or not."""
    what, _, number, agent, size, yes = drawn
    at, case_id = t(now), f"{'l' if size == 1 and what >= 7 else 'c'}{number % 8}"
    case = shard.cases.get(case_id)
    match what:
        case 0 | 1 | 2 | 3:
            channel, queue_id = CHANNELS[number % len(CHANNELS)], ("default", "care", "quiet")[size - 1]
            return open_case(case_id, queue_id, now, weight=1 + number % 3, channel=channel, urgency=size)
        case 4 | 5 | 6:
            found = [(one, offer) for one in shard.cases.values() for offer in offers_of(one)]
            offers = [(one, offer) for one, offer in found if offer.interrupts] or found
            if not offers:
                return commands.SetPresence(agent, Presence.AVAILABLE, at)
            one, offer = offers[number % len(offers)]
            if what == 6 and yes:
                return commands.DeclineOffer(one.case_id, offer.agent_id, offer.token, "busy", at)
            return commands.AcceptOffer(one.case_id, offer.agent_id, offer.token, at)
        case 7:
            others = [one for one in shard.interrupted if yes]
            case = shard.cases[others[number % len(others)]] if others else case
            has, settled = (agent, case_id) if case is None else (holder(case), case.case_id)
            return commands.ResolveCase(settled, has, "solved", (), at)
        case 8:
            return commands.ReleaseCase(case_id, agent if case is None else holder(case), "", at)
        case 9:
            until, has = t(now + 10 * size), agent if case is None else holder(case)
            return commands.PendCase(case_id, has, WaitingFor(size % 2 + 1), until, at)
        case 10:
            return commands.ResumeCase(case_id, agent if case is None else holder(case), at)
        case 11:
            return commands.TransferCase(case_id, "", "care" if yes else "default", size, "", at)
        case 12:
            return commands.SetPresence(agent, Presence.AVAILABLE if yes or size > 1 else Presence.AWAY, at)
        case 13:
            return commands.JoinCases(f"c{(number + size) % 8}", case_id, "", at)
        case 14:
            if yes:
                return commands.SplitCase(case_id, "", at)
            return commands.ReopenCase(case_id, "again", at)
        case 15:
            if yes:
                return commands.AssignCase(case_id, "", agent, "", False, at)
            return commands.ChangeAgent(agent, None, None, size, None, at)
        case _:
            return commands.DrainAgent(agent, t(now + 5 * size), at) if yes else commands.Tick(at)


def interrupting_id(case: Case) -> str:
    """The case that interrupted it, "" for none."""
    return case.stage.interrupted_by if isinstance(case.stage, Pending) else ""


def check_prefix(shard: Shard, interrupted: Counter[str], event: events.Event) -> None:
    """What holds after every fact."""
    for agent in shard.agents.values():
        share = sum(held.share for held in agent.work)
        assert share <= RESUME_PERCENT * agent.capacity
        assert agent.load == -(-share // 100)
        for limit in agent.channel_capacity:
            assert agent.load_of(limit.channel) * 100 <= RESUME_PERCENT * limit.units + 99
        held = {case.case_id for case in shard.cases.values() if agent.agent_id in _having(case)}
        assert held == {one.case_id for one in agent.work}
    for case in shard.cases.values():
        if interrupting_id(case):
            assert isinstance(case.stage, Pending)
            assert shard.timers._at[CASE, case.case_id] == case.stage.until
        if not case.was_interrupted:
            del interrupted[case.case_id]
    if isinstance(event, events.CasePended) and event.interrupted_by:
        interrupted[event.case_id] += 1
        assert interrupted[event.case_id] == 1  # once, until its customer is answered
        assert shard.cases[event.case_id].was_interrupted


def _having(case: Case) -> tuple[str, ...]:
    offered = tuple(offer.agent_id for offer in offers_of(case))
    return offered or ((holder(case),) if holder(case) else ())


def check_decision(shard: Shard, at: int) -> None:
    """What holds after every decision."""
    for case in shard.cases.values():
        by = interrupting_id(case)
        if by:
            first = shard.cases[by]
            assert isinstance(first.stage, Accepted | Pending)
            assert holder(first) == holder(case)
            assert not interrupting_id(first)  # no chains, so no circles
            assert shard.agents[holder(case)].interrupted_for == by
        if place_in_line(case) is not None and row_of(shard.policy.interrupts, case) is not None:
            assert Decision(shard, at)._best_to_interrupt(case) is None  # type: ignore[arg-type]
    asked = {case.case_id for case in shard.cases.values() for offer in offers_of(case) if offer.interrupts}
    waited_for = {interrupting_id(case) for case in shard.cases.values()} - {""}
    for agent in shard.agents.values():
        assert agent.interrupted_for in {"", *asked, *waited_for}


def play(
    drawn: Sequence[tuple[int, int, int, str, int, bool]], ordering: Ordering
) -> tuple[Shard, list[events.Event], float]:
    """A world in which all of it is asked, checked throughout; its facts; and what time it is then."""
    shard, facts, now = Shard(), list[events.Event](), 0.0
    interrupted: Counter[str] = Counter()

    def follow(asked: commands.Command) -> None:
        with suppress(Rejected):
            for event in decide(asked, shard):
                evolve(shard, event)
                facts.append(event)
                check_prefix(shard, interrupted, event)
        check_decision(shard, asked.at)

    for one in staff(ordering):
        follow(one)
    for agent in AGENTS:
        follow(commands.SetPresence(agent, Presence.AVAILABLE, t(0)))
    for number in range(7):
        follow(open_case(f"l{number}", channel=("email", "email", "chat")[number % 3]))
        for case in tuple(shard.cases.values()):
            for offer in offers_of(case):
                follow(commands.AcceptOffer(case.case_id, offer.agent_id, offer.token, t(0)))
    for step in drawn:
        now += step[1]
        while (due := next_due(shard)) is not None and due <= t(now):
            follow(commands.Tick(t(now)))
        follow(command(shard, now, step))
    for _ in range(60):
        due = next_due(shard)
        if due is None or due > t(now + INTERRUPTED_S):
            break
        follow(commands.Tick(due))
    return shard, facts, now


@settings(max_examples=150, deadline=None)
@given(steps, orderings)
def test_units_and_holders_hold_at_every_prefix_and_every_interrupted_case_is_worked_waits_in_line_or_ends(
    drawn: list[tuple[int, int, int, str, int, bool]], ordering: Ordering
) -> None:
    shard, _, now = play(drawn, ordering)
    due = next_due(shard)
    if due is None or due > t(now + INTERRUPTED_S):  # all that was due by then is decided
        late = [case for case in shard.cases.values() if interrupting_id(case)]
        assert all(isinstance(case.stage, Pending) and case.stage.until > t(now + INTERRUPTED_S) for case in late)


@settings(max_examples=50, deadline=None)
@given(steps, orderings)
def test_the_fold_of_the_facts_is_the_live_shard_and_its_snapshot_with_what_waits_for_what(
    drawn: list[tuple[int, int, int, str, int, bool]], ordering: Ordering
) -> None:
    live, facts, _ = play(drawn, ordering)
    refolded = Shard()
    record(refolded, facts)
    assert whole(refolded) == whole(live)
    loaded = load(whole(live))
    assert whole(loaded) == whole(live)
    assert (loaded.interrupted, loaded.interruptible) == (live.interrupted, live.interruptible)
    assert loaded.timers == live.timers
