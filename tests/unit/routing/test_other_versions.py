"""Facts that no decider of this version would say: folding them never fails, what is decided upon them is bounded."""

from typing import Any, get_args, get_origin

import recording
from chassis.clock import Instant
from chassis.commits import Subject
from chassis.errors import Rejected
from hypothesis import given, settings
from hypothesis import strategies as st
from routing import commands, events
from routing.decider import decide
from routing.shard import Shard, evolve
from routing.state_codec import load
from routing.terms import Requirement, Skill
from routing.views.cases import CODEC
from switchboard.log.v1.log_structs import Sealed

from tests.unit.routing.build import open_case, post, t, whole

IDS = st.sampled_from(["a", "b", "c"])
TIMES = st.integers(0, 400).map(t)
FIELDS: dict[Any, st.SearchStrategy[Any]] = {
    str: IDS,
    int: st.sampled_from([-5, 0, 1, 2, 7, 101, 2**31 - 1]),
    bool: st.booleans(),
    bytes: st.binary(max_size=300),
    float: st.sampled_from([-1e9, 0.0, 52.5, float("inf")]),
    Instant: TIMES,
    Sealed: st.just(Sealed("a", b"", b"")),
    Skill: st.builds(Skill, IDS, st.integers(-1, 9)),
    Requirement: st.builds(Requirement, IDS, st.integers(-1, 9), st.booleans()),
}


def values(hint: Any) -> st.SearchStrategy[Any]:
    """Anything a field of this type can hold."""
    if hint in FIELDS:
        return FIELDS[hint]
    if get_origin(hint) is tuple:
        return st.lists(values(get_args(hint)[0]), max_size=3).map(tuple)
    if hasattr(hint, "__struct_fields__"):
        return st.builds(hint, **{name: values(of) for name, of in hint.__annotations__.items()})
    if type(None) in get_args(hint):
        return st.one_of(st.none(), values(next(one for one in get_args(hint) if one is not type(None))))
    return st.sampled_from(list(hint))


def fact_of(kind: type[events.Event], **fixed: str) -> st.SearchStrategy[events.Event]:
    """A fact of a kind with any values."""
    given_ = {name: values(hint) for name, hint in kind.__annotations__.items()}
    return st.builds(kind, **{**given_, **{name: st.just(value) for name, value in fixed.items()}})


FREQUENT = (events.CaseQueued, events.CaseOffered, events.OfferDeclined, events.PostAttached, events.CaseQueued)


def histories() -> st.SearchStrategy[list[events.Event]]:
    """Cases and agents, and then any facts in any order, most of them impossible."""
    founding = st.tuples(
        *[fact_of(events.CaseOpened, case_id=one) for one in ("a", "b")],
        fact_of(events.AgentRegistered, agent_id="b"),
        fact_of(events.PresenceChanged, agent_id="b"),
    )
    kinds = [fact_of(kind) for kind in (*get_args(events.Event), *FREQUENT * 6)]
    return st.tuples(founding, st.lists(st.one_of(kinds), max_size=25)).map(lambda two: [*two[0], *two[1]])


@settings(max_examples=200)
@given(histories())
def test_any_facts_fold_alike_whoever_folds_them_and_lead_to_bounded_decisions(history: list[events.Event]) -> None:
    shard = Shard(keep_events=9)
    for fact in history:
        evolve(shard, CODEC.decode(recording.recorded(Subject("work", "acme", "0"), CODEC.encode(fact))))
    refolded = Shard(keep_events=9)
    for fact in history:
        evolve(refolded, fact)
    assert whole(refolded) == whole(shard) == whole(load(whole(shard)))
    wanted: list[commands.Command] = [
        commands.Tick(t(500)),
        post("a", "b", at=500),
        open_case("new", at=500),
        commands.DetachPost("a", t(500)),
        commands.AcceptOffer("a", "b", 1, t(500)),
        commands.ReplyToCase("a", "b", "c", "", Sealed("a", b"", b""), 1, True, t(500)),
        commands.RecordSent("a", "c", "", t(500)),
        commands.Tick(t(90_000)),
    ]
    for command in wanted:
        try:
            decided = decide(command, shard)
        except Rejected:
            continue
        assert len(decided) <= 500
        for fact in decided:
            evolve(shard, fact)
