"""What is a commit and what is not, for whatever bytes and subject the log holds: every reader says the same."""

import pytest
from chassis import layout
from chassis.clock import FIRST
from chassis.commits import (
    NO_COMMIT,
    NO_ID,
    NO_SHARD,
    OTHER_SHARD,
    Entry,
    Event,
    Recorded,
    Subject,
    encode,
    event_of,
)
from chassis.layout import UnknownEvent
from chassis.layout import UnreadableEvent as Unreadable
from google.protobuf.any_pb2 import Any as AnyMessage
from google.protobuf.message import DecodeError
from google.protobuf.wrappers_pb2 import Int64Value, StringValue
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Raw
from switchboard.log.v1 import log_pb2

HERE = "ev.work.acme.0"


def commit(**fields: object) -> bytes:
    given = {"commit_id": b"0" * 16, "tenant": "acme", "shard": "0", **fields}
    return log_pb2.Commit(**given).SerializeToString(deterministic=True)  # type: ignore[arg-type]


def entry(data: bytes, subject: str = HERE) -> Entry:
    return Entry(7, Subject.of(subject), data)


NO_COMMITS = [
    pytest.param("ev.test", b"hello", NO_SHARD, id="a subject of two tokens"),
    pytest.param("ev.work.acme.0.more", commit(), NO_SHARD, id="a subject of five tokens"),
    pytest.param("ev.Work.acme.0", commit(), NO_SHARD, id="a context in capitals"),
    pytest.param("ev.work.Ac me.0", commit(), NO_SHARD, id="no name of a tenant"),
    pytest.param(HERE, b"hello", NO_COMMIT, id="five bytes"),
    pytest.param(HERE, commit()[:-1], NO_COMMIT, id="a commit cut short"),
    pytest.param(HERE, b"\x12\x02\xff\xfe", NO_COMMIT, id="text that is no UTF-8"),
    pytest.param(HERE, b"", NO_COMMIT, id="nothing at all"),
    pytest.param(HERE, commit(commit_id=b"0" * 15), NO_ID, id="an id of 15 bytes"),
    pytest.param(HERE, commit(tenant="other"), OTHER_SHARD, id="another tenant's commit"),
    pytest.param(HERE, commit(shard="1"), OTHER_SHARD, id="another shard's commit"),
]


@pytest.mark.parametrize(("subject", "data", "reason"), NO_COMMITS)
def test_what_is_no_commit_says_why_and_has_no_events(subject: str, data: bytes, reason: str) -> None:
    found = entry(data, subject)
    assert found.unreadable == reason
    assert found.events() == []
    assert (found.commit.events, found.commit.answers, found.commit.commit_id) == ([], [], b"")
    assert str(found.subject) == subject


def test_a_commit_is_readable_whatever_its_events_are() -> None:
    odd = log_pb2.Event(body=AnyMessage(type_url="type.googleapis.com/of.Tomorrow", value=b"\xff"))
    found = entry(commit(events=[odd, log_pb2.Event()]))
    assert found.unreadable == ""
    assert [event.type for event in found.events()] == ["of.Tomorrow", ""]


def test_it_is_reported_once_and_only_when_somebody_looks() -> None:
    told: list[Entry] = []
    found = Entry(7, Subject.of(HERE), b"hello", report=told.append)
    assert told == []
    assert (found.events(), found.unreadable, found.unreadable) == ([], NO_COMMIT, NO_COMMIT)
    assert told == [found]


@given(
    subject=st.one_of(st.just(HERE), st.text(max_size=60), st.from_regex(r"ev\.[a-z.>*-]{0,30}", fullmatch=True)),
    data=st.one_of(
        st.binary(max_size=200),
        st.builds(lambda cut: commit()[:cut], st.integers(0, 60)),
        st.builds(lambda junk: commit() + junk, st.binary(max_size=40)),
    ),
)
def test_no_message_raises_and_every_reader_says_the_same(subject: str, data: bytes) -> None:
    one, other = entry(data, subject), entry(data, subject)
    assert one.unreadable == other.unreadable
    assert str(one.subject) == subject
    if one.unreadable:
        assert one.events() == []
    else:
        assert encode(one.commit)
        assert (one.commit.tenant, one.commit.shard) == (one.subject.tenant, one.subject.shard)


@given(type_url=st.text(max_size=40), value=st.binary(max_size=60))
def test_a_body_is_a_message_or_a_typed_error(type_url: str, value: bytes) -> None:
    event = log_pb2.Event(body=AnyMessage(type_url=type_url, value=value))
    recorded = Recorded(1, 0, Subject.of(HERE), event_of(event))
    with pytest.raises(UnknownEvent):
        _ = recorded.body


@pytest.mark.parametrize("type_", [StringValue, Int64Value])
def test_a_body_whose_bytes_are_of_no_such_message_is_told_apart_from_an_unknown_type(type_: type) -> None:
    name = type_.DESCRIPTOR.full_name  # type: ignore[attr-defined]
    recorded = Recorded(1, 0, Subject.of(HERE), Event(FIRST, name, Raw(layout.as_bin(b"\x0a\xff"))))
    with pytest.raises(Unreadable, match="its bytes are no google") as caught:
        _ = recorded.body
    assert not isinstance(caught.value, UnknownEvent)
    assert isinstance(caught.value, DecodeError), "who caught what protobuf raises still does"
