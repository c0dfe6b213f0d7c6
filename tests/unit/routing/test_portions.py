"""No decision outgrows a commit: what is due beyond that is decided by further ticks, which come to an end."""

from collections.abc import Iterator, Sequence, Set
from itertools import permutations
from typing import TypeGuard

import pytest
from chassis.clock import Instant
from hypothesis import given
from hypothesis import strategies as st
from routing import commands, events
from routing.cases import Offered, Queued, offers_of
from routing.decider import decide
from routing.reactions import KEYS_MAX
from routing.shard import Shard, evolve, next_due
from routing.state_codec import load
from routing.terms import Presence
from routing.timers import Timers
from routing.views.cases import CODEC

from tests.unit.routing.build import decline, post, presence, queue, register, resolve, run, t, tick, whole
from tests.unit.routing.test_laws import FEW, check, history_of, sequences

DECISION_MAX = 500
"""Facts of one decision; a commit takes 1,000."""
BYTES_MAX = 256 * 1024
"""Bytes of one decision with its envelopes; a commit takes 512 KiB."""


def ticks(shard: Shard, now: Instant) -> Iterator[list[events.Event]]:
    """The portions in which what is due by now is decided and recorded."""
    while (due := next_due(shard)) is not None and due <= now:
        portion = run(shard, commands.Tick(now))
        assert portion, "a tick that decides nothing has to move what is due next"
        yield portion


def bytes_of(facts: Sequence[events.Event]) -> int:
    """What the facts take of a commit, 160 bytes of envelope each."""
    return sum(len(CODEC.encode(fact)[1]) + 160 for fact in facts)


def crowd(agents: int, cases: int, capacity: int = 100) -> Shard:
    """So many agents who are offered so many cases."""
    shard = Shard()
    for n in range(agents):
        run(shard, register(f"agent-{n}", capacity=capacity), presence(f"agent-{n}"))
    for n in range(cases):
        run(shard, post(f"p{n}"))
    return shard


def test_eleven_agents_1100_cool_downs_at_once_are_decided_in_portions() -> None:
    shard = Shard()
    for n in range(11):
        run(shard, queue(f"q{n}"), commands.SetSourceQueue(f"shop-{n}", f"q{n}", t(0)))
        run(shard, register(f"agent-{n}", capacity=100, queues=[f"q{n}"]), presence(f"agent-{n}"))
        run(shard, *(post(f"p{n}-{m}", source=f"shop-{n}") for m in range(100)))
    for case in list(shard.cases.values()):
        assert isinstance(case.stage, Offered)
        run(shard, decline(case.case_id, case.stage.agent_id, at=1))
    portions = list(ticks(shard, t(301)))
    assert len(portions) > 2
    assert max(map(len, portions)) <= DECISION_MAX
    assert max(map(bytes_of, portions)) <= BYTES_MAX
    assert all(isinstance(case.stage, Offered) for case in shard.cases.values())


def test_a_queue_with_a_thousand_cases_and_three_hundred_agents_is_cleared_in_portions() -> None:
    shard = Shard()
    run(shard, queue("care"), queue("vip"), commands.SetSourceQueue("shop", "care", t(0)))
    for n in range(300):
        run(shard, register(f"agent-{n}", capacity=1, queues=["care"]))
    for n in range(1000):
        run(shard, post(f"p{n}"))
    run(shard, commands.DeleteQueue("care", True, "vip", t(1)))
    portions = list(ticks(shard, t(1)))
    assert len(portions) > 5
    assert max(map(len, portions)) <= DECISION_MAX
    assert max(map(bytes_of, portions)) <= BYTES_MAX
    assert {case.queue for case in shard.cases.values()} == {"vip"}
    assert {agent.queues for agent in shard.agents.values()} == {("vip",)}
    assert next_due(shard) is None
    assert [one for one in shard.queues if shard.has_queue(one)] == ["vip"]


def test_a_thousand_offers_that_lapse_at_once_are_decided_in_portions() -> None:
    shard = crowd(20, 1000, capacity=50)
    portions = list(ticks(shard, t(60)))
    assert max(map(len, portions)) <= DECISION_MAX
    assert max(map(bytes_of, portions)) <= BYTES_MAX
    assert all(agent.presence is Presence.AWAY and not agent.load for agent in shard.agents.values())
    assert all(isinstance(case.stage, Queued) for case in shard.cases.values())


def test_a_thousand_resolutions_that_are_confirmed_at_once_are_decided_in_portions() -> None:
    shard = crowd(10, 1000)
    for case_id, case in list(shard.cases.items()):
        assert isinstance(case.stage, Offered)
        agent_id = case.stage.agent_id
        run(shard, commands.AcceptOffer(case_id, agent_id, case.token, t(1)), resolve(case_id, agent_id, at=2))
    portions = list(ticks(shard, t(100_000)))
    assert max(map(len, portions)) <= DECISION_MAX
    assert sum(map(len, portions)) == 1000


def test_an_agent_who_leaves_with_a_hundred_offers_and_another_who_takes_them_are_one_decision() -> None:
    shard = crowd(2, 100)
    run(shard, presence("agent-1", Presence.AWAY), presence("agent-1"))
    (full,) = (agent.agent_id for agent in shard.agents.values() if agent.load)
    decided = decide(presence(full, Presence.OFFLINE, at=1), shard)
    assert len(decided) == 1 + 100 + 100
    assert bytes_of(decided) <= BYTES_MAX


def test_a_post_that_links_as_many_cases_as_it_may_is_one_decision() -> None:
    shard = crowd(2, KEYS_MAX)
    decided = decide(post("hub", *(f"p{n}" for n in range(KEYS_MAX - 1)), at=1), shard)
    assert sum(isinstance(fact, events.CasesJoined) for fact in decided) == KEYS_MAX - 2
    assert len(decided) <= DECISION_MAX
    assert bytes_of(decided) <= BYTES_MAX


@FEW
@given(sequences())
def test_every_decision_is_bounded_and_ticks_come_to_an_end(sequence: list[commands.Command]) -> None:
    shard = Shard()
    history = history_of(sequence, shard)
    assert all(len(decided) <= DECISION_MAX for _, decided in history)
    now = Instant(history[-1][0].at + 10**6)
    for portion in ticks(shard, now):
        assert len(portion) <= DECISION_MAX
        check(shard)
    due = next_due(shard)
    assert due is None or due > now
    assert decide(commands.Tick(now), shard) == []


def ends(fact: events.Event, offers: Set[str]) -> TypeGuard[events.CaseFact]:
    """Whether time ended a wait, a confirm window or one of these offers. Who is offered what in between depends
    on the portions."""
    match fact:
        case events.CaseResumed() | events.ResolutionConfirmed():
            return True
        case events.OfferExpired() | events.OfferRescinded():
            return fact.offer_id in offers
        case _:
            return False


@FEW
@given(sequences(), st.sampled_from([11, 61, 400, 100_000]))
def test_portions_bring_what_one_large_decision_would(sequence: list[commands.Command], later: int) -> None:
    outcomes = []
    for portion in (1, 10**9):
        with pytest.MonkeyPatch.context() as patch:
            shard = Shard()
            history = history_of(sequence, shard)
            offers = {offer.offer_id for case in shard.cases.values() for offer in offers_of(case)}
            patch.setattr("routing.decider.PORTION", portion)
            facts = [fact for decided in ticks(shard, Instant(history[-1][0].at + later * 10**6)) for fact in decided]
            outcomes.append({(type(fact) is events.CaseResumed, fact.case_id) for fact in facts if ends(fact, offers)})
    assert outcomes[0] == outcomes[1]


moves = st.lists(
    st.tuples(st.sampled_from(["a", "b", "c", "d"]), st.one_of(st.none(), st.integers(0, 5))), max_size=200
)


@given(moves, st.integers(0, 5))
def test_timers_are_a_table_that_is_read_by_time(sequence: list[tuple[str, int | None]], now: int) -> None:
    timers, table = Timers(), dict[tuple[str, str], int]()
    for name, at in sequence:
        if at is None:
            timers.cancel(("case", name))
            table.pop(("case", name), None)
        else:
            timers.set(("case", name), Instant(at))
            table["case", name] = at
    assert timers.first() == min(table.values(), default=None)
    due = list(timers.due(Instant(now)))
    assert sorted(due) == sorted(key for key, at in table.items() if at <= now)
    assert [table[key] for key in due] == sorted(table[key] for key in due)
    assert timers.entries <= 2 * len(table) + 64


def test_timers_that_are_all_cancelled_take_no_memory() -> None:
    timers = Timers()
    for n, (one, *_) in enumerate(permutations(range(7))):
        timers.set(("case", f"{n}"), Instant(one))
    for n in range(5040):
        timers.cancel(("case", f"{n}"))
    assert len(timers) == 0
    assert timers.entries <= 64


def test_a_shard_that_was_loaded_has_the_timers_of_the_one_that_was_written() -> None:
    shard = crowd(2, 20, capacity=10)
    for case in list(shard.cases.values())[:5]:
        assert isinstance(case.stage, Offered)
        run(shard, decline(case.case_id, case.stage.agent_id, at=1))
    loaded = load(whole(shard))
    assert loaded.timers == shard.timers
    assert len(loaded.timers) == 15 + 1
    assert run(loaded, tick(400)) == run(shard, tick(400))
    for decided in decide(tick(500), shard):
        evolve(shard, decided)
