"""What the read model writes down of a case, and when."""

from chassis.commits import Recorded, Subject
from chassis.identity import uuid5_bytes
from hypothesis import given
from routing import commands, events
from routing.shard import Shard
from routing.views.cases import CODEC, CasesView, Row
from switchboard.log.v1 import log_pb2

from tests.unit.routing.build import answer, post, presence, register, resolve, run, tick
from tests.unit.routing.test_laws import FEW, asked, told

VIEW = CasesView()
CASE_FACTS = VIEW.handles
SUBJECT = Subject("work", "acme", "0")


def recorded(position: int, fact: events.Event) -> Recorded:
    """The fact as it stands in the log."""
    event = log_pb2.Event(event_id=uuid5_bytes(bytes(16), str(position)))
    event.body.Pack(CODEC.encode(fact), deterministic=True)
    return Recorded(position, 0, SUBJECT, event)


def written(facts: list[events.Event]) -> tuple[dict[str, Row], dict[str, str]]:
    """The rows, and which case each thread key leads to, when every fact is a batch of its own."""
    rows: dict[str, Row] = {}
    threads: dict[str, str] = {}
    for position, fact in enumerate(facts, 1):
        event = recorded(position, fact)
        if event.type in CASE_FACTS:
            VIEW.fold(rows, event)
            for key in VIEW.keys(event):
                threads.update(dict.fromkeys(rows[key].keys, rows[key].case.case_id))
                rows[key] = rows[key]._replace(keys=())
    return rows, threads


def test_the_thread_keys_of_a_case_are_written_when_it_rests() -> None:
    shard = Shard()
    waiting = run(shard, post("p1", "thread"))
    assert written(waiting)[1] == {}
    resting = run(shard, answer("a1", "thread", at=5))
    assert written(waiting + resting)[1] == dict.fromkeys(("p1", "thread", "a1"), "case-p1")


def test_a_row_lists_every_fact_of_its_case_once() -> None:
    facts = run(Shard(), post("p1"), post("p2"), post("p3", "p1"))
    rows, _ = written(facts)
    mine = [n for n, fact in enumerate(facts, 1) if getattr(fact, "case_id", "") == "case-p1"]
    assert len(rows["acme/case-p1"].places) == 12 * len(mine)
    assert [int.from_bytes(rows["acme/case-p1"].places[i * 12 :][:8], "big") for i in range(len(mine))] == mine


def test_a_settled_case_is_found_by_its_keys() -> None:
    shard = Shard()
    given_: list[commands.Command] = [register("mia"), presence("mia"), post("p1", "thread")]
    facts = run(shard, *given_, commands.AcceptOffer("case-p1", "mia", 1, post("p1").at), resolve("case-p1", "mia", 1))
    assert written(facts)[1] == {}
    facts += run(shard, tick(100_000))
    assert written(facts)[1] == {"p1": "case-p1", "thread": "case-p1"}


@FEW
@given(asked())
def test_what_memory_may_forget_is_found_by_every_key_it_had(sequence: list[commands.Command]) -> None:
    shard = Shard()
    facts = [fact for _, decided in told(sequence, shard) for fact in decided]
    rows, threads = written(facts)
    for case_id, case in shard.cases.items():
        assert rows[f"acme/{case_id}"].case == case
    for case_id in shard.dormant:
        keys = [key for one in shard.cases[case_id].posts for key in one.thread_keys]
        assert {threads.get(key) for key in keys} <= {case_id}
