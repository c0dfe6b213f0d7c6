"""Whatever an event of the log holds, its export is JSON and nobody sees a traceback."""

import json

import hostile_events
import pytest
from facts_of_contracts import FACTS
from google.protobuf.any_pb2 import Any as AnyMessage
from google.protobuf.timestamp_pb2 import Timestamp
from hypothesis import given
from hypothesis import strategies as st
from switchboard.log.v1 import log_pb2
from switchboard.log.v1.integrity_pb2 import ExportedCommit
from switchboard_cli.cloudevents import as_cloudevents

KNOWN = ("switchboard.routing.v1.CaseOpened", "google.protobuf.Timestamp", "google.protobuf.Any", "of.Tomorrow", "")
ids = st.one_of(st.binary(max_size=20), st.binary(min_size=16, max_size=16))
events = st.builds(
    log_pb2.Event,
    event_id=ids,
    correlation_id=ids,
    causation_id=ids,
    occurred_at=st.builds(Timestamp, seconds=st.integers(-(2**63), 2**63 - 1), nanos=st.integers(-(2**31), 2**31 - 1)),
    body=st.builds(
        lambda name, value: AnyMessage(type_url=f"type.googleapis.com/{name}", value=value),
        st.sampled_from(KNOWN),
        st.binary(max_size=60),
    ),
)


@given(st.lists(events, max_size=4), st.text(max_size=30))
def test_any_event_has_a_cloudevent(written: list[log_pb2.Event], subject: str) -> None:
    exported = ExportedCommit(position="cAE", subject=subject, commit=log_pb2.Commit(events=written))
    found = list(as_cloudevents(exported))
    assert len(found) == len(written)
    for event, described in zip(written, found, strict=True):
        assert json.loads(json.dumps(described))["type"] == event.body.type_url.rpartition("/")[2]


@pytest.mark.parametrize("name", FACTS)
def test_a_fact_with_a_time_no_calendar_has_does_not_end_an_export(name: str) -> None:
    for fact in hostile_events.hostile(name, "hostile", 3):
        body = AnyMessage()
        body.Pack(fact)
        event = log_pb2.Event(event_id=bytes(16), body=body)
        (found,) = as_cloudevents(ExportedCommit(subject="ev.work.acme.0", commit=log_pb2.Commit(events=[event])))
        assert json.loads(json.dumps(found))["type"] == name


def test_what_is_packed_as_nothing_does_not_end_an_export() -> None:
    event = log_pb2.Event(event_id=bytes(16))
    event.body.Pack(AnyMessage(type_url="\u202e", value=b"x"))
    (found,) = as_cloudevents(ExportedCommit(subject="ev.work.acme.0", commit=log_pb2.Commit(events=[event])))
    assert "undecoded" in found["data"]


def test_what_is_well_formed_keeps_its_uuid_and_its_time() -> None:
    event = log_pb2.Event(event_id=bytes(16), occurred_at=Timestamp(seconds=0))
    event.body.Pack(Timestamp(seconds=1))
    (found,) = as_cloudevents(ExportedCommit(subject="ev.work.acme.0", commit=log_pb2.Commit(events=[event])))
    assert found["id"] == "00000000-0000-0000-0000-000000000000"
    assert found["time"] == "1970-01-01T00:00:00Z"
    assert found["data"] == "1970-01-01T00:00:01Z"
