"""Forgetting and recalling: a case that left memory comes back by a fact, and nobody can tell that it was away."""

import random
from collections.abc import Sequence

import pytest
import recording
from chassis.commits import Subject
from chassis.errors import Rejected
from chassis.identity import uuid5
from hypothesis import given, settings
from hypothesis import strategies as st
from routing import commands, events
from routing.cases import Case, is_dormant
from routing.posts import threaded
from routing.recall import recall, recalled
from routing.shard import Fetched, Shard, dormant_since
from routing.state_codec import dump, dump_case, load, load_case
from routing.thread import Thread
from routing.thread_index import ThreadIndex
from routing.views.cases import CODEC, CasesView, Row

from tests.unit.routing.build import answer, apart, asked, post, run, summary, t, whole
from tests.unit.routing.test_laws import history_of, sequences

VIEW = CasesView()


class ReadModel:
    """The rows and threads of the read model, as it is told facts."""

    def __init__(self, facts: Sequence[events.Event] = ()) -> None:
        self.rows: dict[str, Row] = {}
        self.threads = ThreadIndex()
        self.position = 0
        self.add(facts)

    @property
    def cases(self) -> dict[str, Case]:
        """The cases by id."""
        return {row.case.case_id: row.case for row in self.rows.values() if row.case is not None}

    def add(self, facts: Sequence[events.Event]) -> None:
        """The facts happened."""
        for event in facts:
            self.position += 1
            recorded = recording.recorded(Subject("work", "acme", "0"), CODEC.encode(event), self.position)
            if recorded.type in VIEW.handles:
                VIEW.fold(self.rows, recorded)
        for event in apart(facts):
            match event:
                case events.PostAttached():
                    self.threads.attached(event)
                case events.PostDetached():
                    self.threads.detached(event)
                case events.CasesJoined():
                    self.threads.joined(event)
                case events.CaseOpened():
                    self.threads.opened(event.case_id, event.thread_id, event.desk, event.identity_id)
                case _ if isinstance(event, events.ThreadFact):
                    self.threads.thread_fact(event)
                case _:
                    pass

    def lend(self, shard: Shard) -> None:
        """Fetches every thread and case that it has and memory lacks."""
        lent = shard.fetched = Fetched()
        lent.cases = {case_id: case for case_id, case in self.cases.items() if case_id not in shard.cases}
        for thread in self.threads.by_id.values():
            if thread.thread_id not in shard.threads.by_id:
                lent.recalls[thread.thread_id] = facts = (remembered(thread), *self.recalls(thread))
                for fact in facts:
                    if isinstance(fact, events.ThreadRecalled):
                        lent.threads.thread_fact(fact)
                    else:
                        lent.threads.opened(fact.case_id, fact.thread_id, fact.desk, fact.identity_id)

    def recalls(self, thread: Thread) -> list[events.CaseRecalled]:
        """The facts that bring the cases of a thread back."""
        customers = [c for desk in thread.desks.values() for c in desk.customers.values()]
        case_ids = dict.fromkeys(case_id for customer in customers for case_id in customer.case_ids)
        return [recall(self.cases[case_id], thread.thread_id, t(0)) for case_id in sorted(case_ids)]


def remembered(thread: Thread) -> events.ThreadRecalled:
    """The fact that brings a thread back."""
    posts = []
    for one in sorted(thread.posts.values(), key=lambda one: (one.published_at, one.post_id)):
        for seen in one.sights:
            roles = [
                events.RecalledRole(thread.case_of(part), part.customer_id, part.role, part.answers_published_at)
                for part in seen.parts
            ]
            told = threaded(one, seen, thread.thread_id, (), (one.post_id,), t(0))
            posts.append(events.RecalledPost(told, one.is_withdrawn, tuple(roles)))
    return events.ThreadRecalled(thread.thread_id, tuple(sorted(thread.keys)), tuple(posts), t(0))


def test_a_case_that_rested_for_a_moment_only_is_not_about_to_be_forgotten() -> None:
    shard = Shard()
    run(shard, post("p1"))  # it rests until the fact that lines it up
    assert dormant_since(shard) is None
    run(shard, answer("a1", "p1", at=1))
    assert dormant_since(shard) == shard.dormant["p1"]
    run(shard, post("p2", at=2))
    assert dormant_since(shard) == shard.dormant["p1"]


def test_a_shard_is_written_as_it_was_when_its_first_part_was(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("routing.state_codec.PART_MAX", 2)
    shard = Shard()
    for number in range(5):
        run(shard, post(f"p{number}"))
    then, writing = whole(shard), dump(shard)
    written = [next(writing)]
    run(shard, post("p5", at=1), answer("a1", "p4", at=1))
    written.extend(writing)
    assert len([part for part in written if part]) == 1 + 3 + 5
    assert b"".join(written) == then == whole(load(then)) != whole(shard)


@settings(max_examples=60)
@given(st.randoms(use_true_random=False), st.integers(0, 60), st.sampled_from([4, 20_000]))
def test_whatever_happens_meanwhile_a_shard_is_written_as_it_was(
    rng: random.Random, begun: int, keep_events: int
) -> None:
    shard = Shard(keep_events)
    sequence = asked(rng, 90)
    for command in sequence[:begun]:
        decided_and_recorded(shard, command)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("routing.state_codec.PART_MAX", 1)
        then, writing = whole(shard), dump(shard)
        other, written = dump(shard), []
        for command in sequence[begun:]:
            decided_and_recorded(shard, command)
            written.append(next(writing, b""))
        assert b"".join([*written, *writing]) == then == b"".join(other)


@settings(max_examples=60)
@given(sequences())
def test_the_read_model_says_what_the_shard_says(sequence: list[commands.Command]) -> None:
    shard = Shard()
    facts = [event for _, decided in history_of(sequence, shard) for event in decided]
    assert ReadModel(facts).cases == shard.cases


@settings(max_examples=60)
@given(sequences())
def test_a_recalled_case_is_the_case(sequence: list[commands.Command]) -> None:
    shard = Shard()
    history_of(sequence, shard)
    for case in shard.cases.values():
        assert load_case(dump_case(case)) == case
        if is_dormant(case) and "Joined" not in type(case.stage).__name__:
            fact = CODEC.decode(recording.recorded(Subject("work", "acme", "0"), CODEC.encode(recall(case, "", t(9)))))
            assert isinstance(fact, events.CaseRecalled)
            assert _bare(recalled(fact)) == _bare(case)


BARELY = ("updated_at", "line", "refusals")


def _bare(case: Case) -> bytes:
    """A case but for what no later decision looks at while it is dormant."""
    kept = load_case(dump_case(case))
    return repr([getattr(kept, name) for name in kept.__struct_fields__ if name not in BARELY]).encode()


@settings(max_examples=60)
@given(sequences())
def test_a_forgetful_shard_decides_as_one_that_remembers(sequence: list[commands.Command]) -> None:
    """The forgetful one keeps a dormant case for four facts only and is lent the read model before every command."""
    remembering, forgetful = Shard(), Shard(keep_events=4)
    expected, actual = [], []
    read_model = ReadModel()
    for command in sequence:
        expected += decided_and_recorded(remembering, command)
        read_model.lend(forgetful)
        decided = decided_and_recorded(forgetful, command)
        read_model.add(decided)
        actual += [e for e in decided if not isinstance(e, events.CaseRecalled | events.ThreadRecalled)]
    assert actual == expected


def decided_and_recorded(shard: Shard, command: commands.Command) -> list[events.Event]:
    """Decides and records one command and what follows; what is refused decides nothing."""
    try:
        return run(shard, command)
    except Rejected:
        return []


def test_a_dormant_thread_is_forgotten_after_so_many_facts_and_comes_back_with_a_late_post() -> None:
    shard = Shard(keep_events=2)
    facts = run(shard, post("p1"), answer("b1", "p1", at=1), post("p2"), post("p3"))
    assert "case-p1" not in shard.cases
    assert shard.threads.find("b1") is None
    ReadModel(facts).lend(shard)
    assert summary(run(shard, post("late", "b1", at=9))) == [
        "CaseRecalled case-p1",
        "PostAttached case-p1 late",
        "CaseQueued case-p1 default 0",
    ]
    assert shard.threads.find("p1") is not None


def test_forgetting_bounds_memory() -> None:
    shard = Shard(keep_events=100)
    for n in range(500):
        asked = uuid5("5b3f0f3e-2f5c-5d0e-9a57-0d6f1f7a4f11", str(n))
        run(shard, post(asked), answer(f"b-{asked}", asked))
    assert len(shard.cases) <= 100
    assert len(shard.threads) <= 600
    assert whole(shard)
