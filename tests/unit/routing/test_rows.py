"""What the read model writes down of a case, and when."""

from collections.abc import Sequence
from itertools import chain

import recording
from chassis.commits import Recorded, Subject
from hypothesis import given
from routing import commands, events
from routing.shard import Shard
from routing.terms import Direction, PostRole
from routing.views.case_tables import PLACES_MAX, Row, Tables
from routing.views.cases import CODEC, CasesView, state_of

from tests.unit.routing.build import answer, post, run
from tests.unit.routing.test_laws import FEW, history_of, sequences

VIEW = CasesView()
CASE_FACTS = VIEW.handles
SUBJECT = Subject("work", "acme", "0")


def recorded(position: int, fact: events.Event) -> Recorded:
    """The fact as it stands in the log."""
    return recording.recorded(SUBJECT, CODEC.encode(fact), position)


def rows_after(facts: list[events.Event]) -> dict[str, Row]:
    """The rows after these facts."""
    rows: dict[str, Row] = {}
    for position, fact in enumerate(facts, 1):
        event = recorded(position, fact)
        if event.type in CASE_FACTS:
            VIEW.fold(rows, event)
    return rows


def written(rows: dict[str, Row], touched: Sequence[str] = ()) -> Tables:
    """What a round writes that touched these rows, or all."""
    return Tables.of(rows, touched or list(rows), state_of)


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


def test_a_post_is_kept_with_its_thread_and_its_keys_and_with_what_it_is_to_a_case() -> None:
    rows = rows_after(run(Shard(), post("p1", "thread"), post("p2", "thread", "other"), answer("b1", "p2", at=1)))
    tables = written(rows, list(rows))
    assert {key: thread for _, key, thread, _ in tables.rows_of_keys()} == dict.fromkeys(
        ("p2", "thread", "other"), "p1"
    )
    assert {(row[1], row[3], row[7], *row[12:15]) for row in chain(*tables.rows_of_posts())} == {
        ("p1", "p1", Direction.INBOUND, "case-p1", None, PostRole.CONTACT),
        ("p2", "p1", Direction.INBOUND, "case-p1", None, PostRole.CONTACT),
        ("b1", "p1", Direction.OUTBOUND, "", None, 0),
    }
    new, gone = tables.rows_of_answers()
    assert {(case_id, post_id, role) for _, case_id, post_id, _, _, _, _, role, *_ in new} == {
        ("case-p1", "b1", PostRole.ANSWER)
    }
    assert gone == []
    assert tables.answers == {("acme", "b1"): 1}


@FEW
@given(sequences())
def test_a_row_is_what_the_shard_has(sequence: list[commands.Command]) -> None:
    shard = Shard()
    rows = rows_after([fact for _, decided in history_of(sequence, shard) for fact in decided])
    kept = {key: row.case for key, row in rows.items() if row.case is not None}
    assert kept == {f"acme/{c}": case for c, case in shard.cases.items()}


def test_what_is_told_of_a_post_waits_for_the_fact_that_told_of_it_first() -> None:
    told = [*run(Shard(), post("p1", "p0"), post("p2", "p1"), post("p3", "p2"), answer("b1", "p2", at=1))]
    assert {type(fact) for fact in told} >= {events.CaseBegun, events.PostPlaced}
    for fact in told:
        about = getattr(fact, "post", fact)
        if isinstance(about, events.PostThreaded):
            gone = events.PostUnthreaded(about.post_id, about.thread_id, about.at)
            addressed = events.PostAddressed(about.post_id, about.desk, about.thread_id, about.at)
            keys = {str(key) for key in VIEW.keys(recorded(1, fact))}
            for later in (gone, addressed):
                assert not keys.isdisjoint(VIEW.keys(recorded(2, later)))


def test_a_round_that_only_begins_cases_drops_none() -> None:
    facts = run(Shard(), post("p1"), post("p2", "p1"))
    touched = [str(key) for position, fact in enumerate(facts, 1) for key in VIEW.keys(recorded(position, fact))]
    tables = written(rows_after(facts), list(dict.fromkeys(touched)))
    assert len(touched) > len(facts)
    assert tables.gone == []
