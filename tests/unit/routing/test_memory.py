"""Forgetting and recalling: a case that left memory comes back by a fact, and nobody can tell that it was away."""

from collections.abc import Sequence

import pytest
from chassis.commits import Recorded, Subject
from chassis.errors import Rejected
from chassis.identity import uuid5
from hypothesis import given, settings
from routing import commands, events
from routing.cases import Case, is_dormant
from routing.decider import decide
from routing.posts import PostIndex
from routing.recall import recall, recalled
from routing.shard import Fetched, Shard, dormant_since, evolve
from routing.state_codec import dump, dump_case, load, load_case
from routing.views.cases import CODEC, CasesView, Row
from switchboard.log.v1 import log_pb2

from tests.unit.routing.build import answer, post, run, summary, t, whole
from tests.unit.routing.test_laws import history_of, sequences

VIEW = CasesView()


class ReadModel:
    """The rows, posts and thread keys of the read model, as it is told facts."""

    def __init__(self, facts: Sequence[events.Event] = ()) -> None:
        self.rows: dict[str, Row] = {}
        self.index = PostIndex()
        self.position = 0
        self.add(facts)

    def add(self, facts: Sequence[events.Event]) -> None:
        """The facts happened."""
        for event in facts:
            self.position += 1
            envelope = log_pb2.Event()
            envelope.body.Pack(CODEC.encode(event), deterministic=True)
            recorded = Recorded(self.position, 0, Subject("work", "acme", "0"), envelope)
            if recorded.type in VIEW.handles:
                VIEW.fold(self.rows, recorded)
            match event:
                case events.PostAttached():
                    self.index.attach(event)
                case events.PostDetached():
                    self.index.detach(event)
                case events.CasesJoined():
                    self.index.join(event)
                case _:
                    pass

    def lend(self, shard: Shard) -> None:
        """Fetches everything that it has and memory lacks."""
        cases = {row.case.case_id: row.case for row in self.rows.values()}
        shard.fetched = Fetched(
            {case_id: case for case_id, case in cases.items() if case_id not in shard.cases},
            {key: case_id for key, case_id in self.index.cases.items() if key not in shard.posts.cases},
            {post_id: post for post_id, post in self.index.posts.items() if post_id not in shard.posts.posts},
            {case_id: list(self.index.latest_contacts(case_id)) for case_id in cases},
        )


def test_a_case_that_rested_for_a_moment_only_is_not_about_to_be_forgotten() -> None:
    shard = Shard()
    run(shard, post("p1"))  # it rests until the fact that lines it up
    assert dormant_since(shard) is None
    run(shard, answer("a1", "p1", at=1))
    assert dormant_since(shard) == shard.dormant["case-p1"]
    run(shard, post("p2", at=2))
    assert dormant_since(shard) == shard.dormant["case-p1"]


def test_a_shard_is_written_as_it_was_when_its_first_part_was(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("routing.state_codec.PART_MAX", 2)
    shard = Shard()
    for number in range(5):
        run(shard, post(f"p{number}"))
    then, writing = whole(shard), dump(shard)
    written = [next(writing)]
    run(shard, post("p5", at=1), answer("a1", "p4", at=1))
    written.extend(writing)
    assert len(written) == 1 + 3 * 3
    assert b"".join(written) == then == whole(load(then)) != whole(shard)


@settings(max_examples=60, deadline=None)
@given(sequences())
def test_the_read_model_says_what_the_shard_says(sequence: list[commands.Command]) -> None:
    shard = Shard()
    facts = [event for _, decided in history_of(sequence, shard) for event in decided]
    rows = ReadModel(facts).rows
    assert {key.partition("/")[2]: row.case for key, row in rows.items()} == shard.cases


@settings(max_examples=60, deadline=None)
@given(sequences())
def test_a_recalled_case_is_the_case(sequence: list[commands.Command]) -> None:
    shard = Shard()
    history_of(sequence, shard)
    for case in shard.cases.values():
        assert load_case(dump_case(case)) == case
        if is_dormant(case) and "Joined" not in type(case.stage).__name__:
            fact = CODEC.decode(CODEC.encode(recall(case, t(9))))
            assert isinstance(fact, events.CaseRecalled)
            assert _bare(recalled(fact)) == _bare(case)


BARELY = ("updated_at", "line", "refusals", "is_partial")


def _bare(case: Case) -> bytes:
    """A case but for what no later decision looks at while it is dormant."""
    kept = load_case(dump_case(case))
    return repr([getattr(kept, name) for name in kept.__struct_fields__ if name not in BARELY]).encode()


@settings(max_examples=60, deadline=None)
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
        actual += [event for event in decided if not isinstance(event, events.CaseRecalled)]
    assert actual == expected


def decided_and_recorded(shard: Shard, command: commands.Command) -> list[events.Event]:
    """Decides and records one command; what is refused decides nothing."""
    try:
        decided = list(decide(command, shard))
    except Rejected:
        return []
    for event in decided:
        evolve(shard, event)
    return decided


def test_a_dormant_case_is_forgotten_after_so_many_facts_and_recalled_by_a_late_post() -> None:
    shard = Shard(keep_events=4)
    facts = run(shard, answer("b1"), post("p1"), post("p2"))
    assert "case-b1" not in shard.cases
    assert "b1" not in shard.posts.cases
    ReadModel(facts).lend(shard)
    assert summary(run(shard, post("late", "b1", at=9))) == [
        "CaseRecalled case-b1",
        "PostAttached case-b1 late",
        "CaseQueued case-b1 default 0",
    ]


def test_forgetting_bounds_memory() -> None:
    shard = Shard(keep_events=100)
    for n in range(500):
        run(shard, answer(uuid5("5b3f0f3e-2f5c-5d0e-9a57-0d6f1f7a4f11", str(n))))
    assert len(shard.cases) <= 100
    assert len(shard.posts) <= 300
    assert whole(shard)
