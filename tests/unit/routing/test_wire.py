"""What a case's history shows of facts that can and that cannot be read."""

import pytest
from chassis.clock import to_timestamp
from chassis.commits import Entry, Position, Subject
from routing import events
from routing.offers import _changes_in
from routing.views.cases import CODEC
from routing.wire import case_event_message
from switchboard.log.v1 import log_pb2
from switchboard.routing.v1 import events_pb2

from tests.unit.routing.build import t

AT = to_timestamp(t(0))
OFFERED = events_pb2.CaseOffered(case_id="c", agent_id="mia", token=1, at=AT, expires_at=AT)
OFFER = (OFFERED.DESCRIPTOR.full_name, OFFERED.SerializeToString())
SUBJECT = Subject("work", "acme", "0")


def commit(*bodies: tuple[str, bytes]) -> bytes:
    """A commit whose events have these types and bytes."""
    made = log_pb2.Commit(commit_id=bytes(16), tenant="acme", shard="0")
    for name, raw in bodies:
        event = made.events.add(event_id=bytes(16))
        event.body.type_url = f"type.googleapis.com/{name}"
        event.body.value = raw
    return made.SerializeToString()


RESUMED = CODEC.message(events.CaseResumed("other", "timer", t(0)))
READABLE = (RESUMED.DESCRIPTOR.full_name, RESUMED.SerializeToString())


@pytest.mark.parametrize(
    ("entry", "type_", "case"),
    [
        pytest.param(Entry(7, SUBJECT, commit(READABLE)), READABLE[0], "other", id="a fact of a joined case"),
        pytest.param(
            Entry(7, SUBJECT, commit((READABLE[0], b"\xff\xff"))), READABLE[0], "mine", id="bytes that are no such fact"
        ),
        pytest.param(
            Entry(7, SUBJECT, commit(("switchboard.routing.v9.CaseDreamt", b""))),
            "switchboard.routing.v9.CaseDreamt",
            "mine",
            id="a fact of a later version",
        ),
        pytest.param(Entry(7, SUBJECT, b"hello"), "", "mine", id="no commit at all"),
        pytest.param(Entry(7, SUBJECT, commit()), "", "mine", id="a commit without it"),
        pytest.param(None, "", "mine", id="a position where nothing is left"),
    ],
)
def test_a_history_has_a_line_for_every_fact_whether_it_can_be_read_or_not(
    entry: Entry | None, type_: str, case: str
) -> None:
    shown = case_event_message("acme", "mine", (7, 0), entry)
    assert (shown.type, shown.case) == (type_, f"tenants/acme/cases/{case}")
    assert shown.position == Position.encode(7)
    assert shown.HasField("event") == bool(type_)


def test_an_offer_that_cannot_be_read_ends_no_watch_and_the_others_are_told() -> None:
    entry = Entry(7, SUBJECT, commit((OFFER[0], b"\xff\xff"), READABLE, OFFER, ("switchboard.routing.v9.New", b"")))
    told = [(fact.index, fact.body.agent_id) for fact in _changes_in(entry)]
    assert told == [(1, ""), (2, "mia")], "an old fact that names nobody is for nobody"
    assert _changes_in(Entry(7, SUBJECT, b"hello")) == []
