"""What is a commit and what is not, for whatever bytes and subject the log holds: every reader says the same."""

import pytest
from chassis import layout
from chassis.clock import FIRST, LAST, Instant, to_timestamp
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
from chassis.export import pages
from chassis.layout import UnknownEvent
from chassis.layout import UnreadableEvent as Unreadable
from google.protobuf.any_pb2 import Any as AnyMessage
from google.protobuf.message import DecodeError
from google.protobuf.wrappers_pb2 import Int64Value, StringValue
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Raw, msgpack
from switchboard.log.v1 import log_pb2

HERE = "ev.work.acme.0"


def commit(**fields: object) -> bytes:
    given = {"commit_id": b"0" * 16, "tenant": "acme", "shard": "0", **fields}
    return log_pb2.Commit(**given).SerializeToString(deterministic=True)  # type: ignore[arg-type]


def entry(data: bytes, subject: str = HERE) -> Entry:
    return Entry(7, Subject.of(subject), data)


def today(
    *, tenant: object = "acme", at: int = 5, position: int = 0, offset: int = 0, events: bytes = b"\x90"
) -> bytes:
    """A commit as it is written, put together element by element."""
    elements = [b"0" * 16, tenant, "0", position, offset, at, Raw(events), []]
    return msgpack.encode(elements)


def one_event(fact: bytes, *, at: int = 5, actor: object = "") -> bytes:
    return msgpack.encode([[at, "switchboard.ingest.v1.PostReceived", Raw(fact), b"", b"", actor]])


TOO_DEEP = b"\x91" * 100_000 + b"\x90"
NO_TEXT = Raw(b"\xa4\xff\xff\xff\xff")
NO_COMMITS = [
    pytest.param("ev.test", b"hello", NO_SHARD, id="a subject of two tokens"),
    pytest.param("ev.work.acme.0.more", commit(), NO_SHARD, id="a subject of five tokens"),
    pytest.param("ev.Work.acme.0", commit(), NO_SHARD, id="a context in capitals"),
    pytest.param("ev.work.Ac me.0", commit(), NO_SHARD, id="no name of a tenant"),
    pytest.param(HERE, b"hello", NO_COMMIT, id="five bytes"),
    pytest.param(HERE, commit()[:-1], NO_COMMIT, id="a commit cut short"),
    pytest.param(HERE, b"\x12\x02\xff\xfe", NO_COMMIT, id="text that is no UTF-8"),
    pytest.param(HERE, b"", NO_COMMIT, id="nothing at all"),
    pytest.param(HERE, today(tenant=NO_TEXT), NO_COMMIT, id="a name that is no UTF-8"),
    pytest.param(HERE, today(events=one_event(b"\x90", actor=NO_TEXT)), NO_COMMIT, id="an actor that is no UTF-8"),
    pytest.param(HERE, today(events=one_event(TOO_DEEP)), NO_COMMIT, id="a fact nested beyond measure"),
    pytest.param(HERE, b"\x99" + today()[1:] + TOO_DEEP, NO_COMMIT, id="more elements, nested beyond measure"),
    pytest.param(HERE, today(events=b"\xdd\xff\xff\xff\xff"), NO_COMMIT, id="four billion events"),
    pytest.param(HERE, today(events=msgpack.encode([[0, "", None]] * 65_537)), NO_COMMIT, id="more events than ids"),
    pytest.param(HERE, today(position=2**63), NO_COMMIT, id="a position beyond 63 bits"),
    pytest.param(HERE, today(position=-1), NO_COMMIT, id="a position before the log"),
    pytest.param(HERE, today(offset=2**32), NO_COMMIT, id="an offset beyond 32 bits"),
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
        st.builds(lambda cut: today(events=one_event(b"\x91\xa1p"))[:cut], st.integers(0, 80)),
        st.builds(lambda junk: today(events=b"\x91" + junk), st.binary(max_size=40)),
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


@pytest.mark.parametrize("at", [2**64 - 1, -(2**63), LAST + 1, FIRST - 1])
def test_an_instant_no_calendar_has_is_the_nearest_one_and_is_exported(at: int) -> None:
    found = entry(today(at=at, events=one_event(b"\x91\xa1p", at=at)))
    nearest = LAST if at > 0 else FIRST
    assert (found.commit.decided_at, found.events()[0].event.occurred_at) == (nearest, nearest)
    ((exported,),) = [page.commits for page in pages([found])]
    assert exported.commit.decided_at.ToJsonString()
    assert exported.commit.events[0].occurred_at.ToJsonString()


@given(type_url=st.text(max_size=40), value=st.binary(max_size=60))
def test_a_body_is_a_message_or_a_typed_error(type_url: str, value: bytes) -> None:
    event = log_pb2.Event(body=AnyMessage(type_url=type_url, value=value))
    recorded = Recorded.of(1, 0, Subject.of(HERE), event_of(event))
    with pytest.raises(UnknownEvent):
        _ = recorded.body


@pytest.mark.parametrize("type_", [StringValue, Int64Value])
def test_a_body_whose_bytes_are_of_no_such_message_is_told_apart_from_an_unknown_type(type_: type) -> None:
    name = type_.DESCRIPTOR.full_name  # type: ignore[attr-defined]
    recorded = Recorded.of(1, 0, Subject.of(HERE), Event(FIRST, name, Raw(layout.as_bin(b"\x0a\xff"))))
    with pytest.raises(Unreadable, match="its bytes are no google") as caught:
        _ = recorded.body
    assert not isinstance(caught.value, UnknownEvent)
    assert isinstance(caught.value, DecodeError), "who caught what protobuf raises still does"


@given(
    event_id=st.sampled_from([b"", b"\1" * 16]),
    at=st.sampled_from([FIRST, Instant(0), LAST]),
    value=st.binary(max_size=20),
)
def test_an_event_that_was_parked_as_a_message_is_still_read(event_id: bytes, at: Instant, value: bytes) -> None:
    before = log_pb2.Event(
        event_id=event_id, occurred_at=to_timestamp(at), body=AnyMessage(type_url="x/a.b.C", value=value)
    )
    read = Recorded.load(7, 3, Subject.of(HERE), before.SerializeToString())
    assert (read.event_id, read.event.occurred_at, read.type) == (event_id or b"\0\3", at, "a.b.C")
    assert bytes(read.event.value) == layout.as_bin(value)
    again = Recorded.load(7, 3, Subject.of(HERE), read.dump())
    assert (again.event_id, again.event.occurred_at, again.type) == (read.event_id, at, "a.b.C")
