"""What memory holds is given back: when every case is closed and forgotten, all tables are as small as before."""

from collections.abc import Sequence

from chassis.clock import MICROS
from chassis.errors import Rejected
from hypothesis import given
from routing import commands
from routing.cases import Accepted, Pending, offers_of
from routing.decider import decide
from routing.queue_decider import OPEN
from routing.segments import SEGMENTS_MAX
from routing.shard import Shard, evolve, next_due
from routing.terms import Presence, Requirement, Skill

from tests.unit.routing.build import answer, open_case, post, presence, register, run, t
from tests.unit.routing.test_laws import AGENTS, FEW, history_of, sequences

KEPT = 8


def attempt(shard: Shard, command: commands.Command) -> None:
    """Decides and records a command unless it is refused."""
    try:
        decided = decide(command, shard)
    except Rejected:
        return
    for fact in decided:
        evolve(shard, fact)


def close_everything(shard: Shard, now: float) -> float:
    """Agents who can do anything, and a supervisor, work until nothing is left, and the confirm window passes; when it
    has.
    """
    skills = (Skill("lang:zh", 5), Skill("topic:billing", 5))
    for agent_id in AGENTS:
        attempt(shard, register(agent_id))  # who was deleted meanwhile
        attempt(shard, commands.ChangeAgent(agent_id, None, skills, None, (), t(now)))
    for _ in range(100):
        now += 400
        for agent_id in AGENTS:
            attempt(shard, commands.SetPresence(agent_id, Presence.AVAILABLE, t(now)))
        attempt(shard, commands.Tick(t(now)))
        for case_id in list(shard.supervised):
            attempt(shard, commands.TransferCase(case_id, "", "", None, "", t(now)))
        for case_id, case in list(shard.cases.items()):
            for reply in case.unsent:
                attempt(shard, commands.RecordSent(case_id, reply.reply_id, "", t(now)))
            for offer in offers_of(case)[:1]:
                attempt(shard, commands.AcceptOffer(case_id, offer.agent_id, offer.token, t(now)))
            stage = shard.cases[case_id].stage if case_id in shard.cases else None
            if isinstance(stage, Accepted | Pending):
                attempt(shard, commands.ResolveCase(case_id, stage.agent_id, "done", (), t(now)))
        if not any(isinstance(c.stage, OPEN) for c in shard.cases.values()):
            break
    now += 100_000
    while (due := next_due(shard)) is not None and due <= t(now):
        attempt(shard, commands.Tick(t(now)))
    return now


@FEW
@given(sequences())
def test_after_all_cases_are_closed_and_forgotten_nothing_of_them_is_left(sequence: Sequence[commands.Command]) -> None:
    shard = Shard(keep_events=KEPT)
    history = history_of(sequence, shard)
    latest = max(command.at for command, _ in history)  # who registers an agent says an earlier time
    now = close_everything(shard, (latest - t(0)) / MICROS)
    for number in range(KEPT):
        run(shard, answer(f"filler-{number}", at=now))
    assert shard.cases == {}
    assert len(shard.threads) <= 3 * KEPT
    assert len(shard.timers) == 0
    assert shard.timers.entries <= 64
    assert (shard.refused, shard.unsent, shard.threads.todo) == ({}, {}, {})
    assert shard.segments.waiting() == 0
    assert len(shard.dormant) <= len(shard.dormant_order) <= KEPT
    assert all((agent.work, agent.load) == ((), 0) for agent in shard.agents.values())


def test_cases_that_each_ask_for_something_else_leave_no_segments_behind() -> None:
    shard = Shard(keep_events=KEPT)
    run(shard, register("mia"), presence("mia"))
    for number in range(3 * SEGMENTS_MAX):
        case_id = f"m{number}"
        wish = (Requirement(f"topic:{number}", 1, hard=False),)
        opened = open_case(case_id, at=number)
        run(
            shard,
            commands.OpenCase(
                **{name: getattr(opened, name) for name in opened.__struct_fields__} | {"requirements": wish}
            ),
        )
        token = shard.cases[case_id].token
        run(shard, commands.AcceptOffer(case_id, "mia", token, t(number)))
        run(shard, commands.ResolveCase(case_id, "mia", "done", (), t(number)))
    assert len(shard.segments.by_key) <= SEGMENTS_MAX
    assert len(shard.segments._ready["mia"]) <= SEGMENTS_MAX
    offered = run(shard, post("p1", at=1000))
    assert [type(fact).__name__ for fact in offered][-1] == "CaseOffered"


def test_an_agent_is_ready_where_it_was_after_empty_segments_were_dropped() -> None:
    shard = Shard()
    run(shard, register("mia", capacity=2), presence("mia"))
    run(shard, post("p0"), *(open_case(f"m{number}", at=1) for number in range(3)))
    before = {key for key, segment in shard.segments.by_key.items() if segment.count}
    shard.segments._drop_empty()
    assert shard.segments.by_key.keys() == before
    facts = run(
        shard, commands.AcceptOffer("case-p0", "mia", 1, t(2)), commands.ResolveCase("case-p0", "mia", "x", (), t(3))
    )
    assert [type(fact).__name__ for fact in facts] == ["OfferAccepted", "CaseResolved", "CaseOffered"]
