"""What the read model writes down of a case, and when."""

from chassis.commits import Recorded, Subject
from chassis.identity import uuid5_bytes
from chassis.view import Founding
from hypothesis import given
from routing import commands, events
from routing.shard import Shard
from routing.views.cases import CODEC, PLACES_MAX, CasesView, Row, Tables
from switchboard.log.v1 import log_pb2

from tests.unit.routing.build import post, run
from tests.unit.routing.test_laws import FEW, history_of, sequences

VIEW = CasesView()
CASE_FACTS = VIEW.handles
SUBJECT = Subject("work", "acme", "0")


def recorded(position: int, fact: events.Event) -> Recorded:
    """The fact as it stands in the log."""
    event = log_pb2.Event(event_id=uuid5_bytes(bytes(16), str(position)))
    event.body.Pack(CODEC.encode(fact), deterministic=True)
    return Recorded(position, 0, SUBJECT, event)


def rows_after(facts: list[events.Event]) -> dict[str, Row]:
    """The rows after these facts."""
    rows: dict[str, Row] = {}
    for position, fact in enumerate(facts, 1):
        event = recorded(position, fact)
        if event.type in CASE_FACTS:
            VIEW.fold(rows, event)
    return rows


def written(rows: dict[str, Row], touched: list[str]) -> Tables:
    """What a round with these rows writes."""
    return Tables.of(rows, touched)


def test_a_row_lists_every_fact_of_its_case_once() -> None:
    facts = run(Shard(), post("p1"), post("p2"), post("p3", "p1"))
    rows = rows_after(facts)
    mine = [n for n, fact in enumerate(facts, 1) if getattr(fact, "case_id", "") == "case-p1"]
    assert len(rows["acme/case-p1"].places) == 12 * len(mine)
    assert [int.from_bytes(rows["acme/case-p1"].places[i * 12 :][:8], "big") for i in range(len(mine))] == mine


def test_places_that_are_full_are_written_once_and_the_rest_stays_with_the_case() -> None:
    rows = rows_after(run(Shard(), post("p0"), *(post(f"p{n}", "p0") for n in range(1, 200))))
    tables = written(rows, ["acme/case-p0"])
    ((*_, rest, _),) = tables.cases
    full = [row[-1] for row in tables.places]
    assert isinstance(rest, bytes)
    assert {len(part) for part in full if isinstance(part, bytes)} == {PLACES_MAX}
    assert 0 < len(rest) <= PLACES_MAX
    assert b"".join([*full, rest]) == rows["acme/case-p0"].places  # type: ignore[list-item]


def test_the_keys_of_a_post_that_opens_a_case_are_new_and_those_of_a_later_one_may_be_known() -> None:
    rows = rows_after(run(Shard(), post("p1", "thread"), post("p2", "thread", "other")))
    tables = written(rows, [Founding("acme/case-p1")])
    assert {key for _, key in tables.new_keys} == {"p1", "thread"}
    assert {entry[1]: entry[2] for entry in tables.entries.values()} == dict.fromkeys(
        ("p1", "p2", "thread", "other"), "case-p1"
    )
    assert {entry[1] for entry in tables.entries.values() if entry[3] is not None} == {"p1", "p2"}


@FEW
@given(sequences())
def test_a_row_is_what_the_shard_has(sequence: list[commands.Command]) -> None:
    shard = Shard()
    rows = rows_after([fact for _, decided in history_of(sequence, shard) for fact in decided])
    assert {key: row.case for key, row in rows.items()} == {f"acme/{c}": case for c, case in shard.cases.items()}
